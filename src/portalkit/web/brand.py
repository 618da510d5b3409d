"""Brands: how an agency looks on the pages its clients see, with colours that can be read."""

from __future__ import annotations

import colorsys
import logging
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import Attribute, field, frozen

from portalkit.clean import url
from portalkit.errors import ConfigError

__all__ = ["Brand", "Colours", "Palette", "colours", "contrast"]

_log = logging.getLogger("portalkit.brand")

READABLE: Final = 4.6
"""Contrast that text needs (WCAG 2.2 AA asks for 4.5), with room for rounding."""

DEFAULT_ACCENT: Final = "#2f5d50"
PAPER, CARD = "#fbfaf7", "#ffffff"
DARK_PAPER, DARK_CARD = "#121513", "#191d1b"

Scheme = Literal["auto", "light", "dark"]


def _checked_links(instance: object, attribute: object, value: tuple[tuple[str, str], ...]) -> None:
    for _, address in value:
        url(address)


def _checked_scheme(instance: object, attribute: Attribute[Any], value: str) -> None:
    if value not in ("auto", "light", "dark"):
        raise ConfigError(
            "there is no such scheme of colours", remedy="Use auto, light or dark", scheme=value
        )


@frozen(kw_only=True)
class Brand:
    """An agency's looks.

    Attributes:
        name: shown at the top of every page.
        accent: one colour as ``#rrggbb``; corrected where text in it could not be read, see `colours`.
        logo: path of an SVG, PNG, JPEG or WebP file, or ``None`` for a letter in the accent colour.
        footer: a line at the bottom of every page.
        links: pairs of label and address at the bottom: imprint, privacy.
        scheme: ``light`` or ``dark`` for pages that are always so; ``auto`` follows the page around
            ours, and in our own shell the reader.

    Raises:
        ConfigError: there is no such scheme; use one of the three.
        Invalid: an address of a link is none; use ``https://...`` or ``mailto:...``.
    """

    name: str
    accent: str = DEFAULT_ACCENT
    logo: str | None = None
    footer: str = ""
    links: tuple[tuple[str, str], ...] = field(default=(), validator=_checked_links)
    scheme: Scheme = field(default="auto", validator=_checked_scheme)


@frozen
class Palette:
    """The colours derived from an accent, for light or for dark pages.

    Attributes:
        accent: for links, buttons, marks; text in it can be read on every ground of the pages.
        ink: for text on the accent.
        soft: a soft ground, for tags and what is chosen.
    """

    accent: str
    ink: str
    soft: str


@frozen
class Colours:
    """What became of a brand's accent.

    Attributes:
        light: the colours on light pages.
        dark: the colours on dark pages: always lighter, of the same hue.
        problem: why the accent is not used on light pages as it was given, or ``""``.
    """

    light: Palette
    dark: Palette
    problem: str = ""


def colours(brand: Brand) -> Colours:
    """Return the colours that pages of a brand have, and what had to be corrected.

    An accent in which text could not be read is moved towards black, on dark pages towards white, until
    it can; what is no colour gives way to the accent of a brand without one. When an app starts, a
    correction is logged once as a warning under ``portalkit.brand``, and ``doctor`` tells it too.

    Args:
        brand: the brand.
    """
    is_colour = re.fullmatch(r"#[0-9a-fA-F]{6}", brand.accent) is not None
    asked = brand.accent.lower() if is_colour else DEFAULT_ACCENT
    light = palette(asked, paper=PAPER, card=CARD)
    dark = palette(_lifted(asked), paper=DARK_PAPER, card=DARK_CARD)
    return Colours(light, dark, _problem(brand.accent, asked, light))


def _problem(given: str, asked: str, light: Palette) -> str:
    """Say in one sentence what is wrong with an accent, and what is used in its place."""
    if given.lower() != asked:
        return f"the accent {given!r} is no #rrggbb colour, so {asked} is used"
    if light.accent == asked:
        return ""
    ratio = min(contrast(asked, ground) for ground in (PAPER, CARD, light.soft))
    return (
        f"text in the accent {given} has a contrast of {ratio:.1f} on light pages and needs 4.5,"
        f" so {light.accent} is used there"
    )


def warn(brands: Mapping[str, Brand]) -> None:
    """Log what had to be corrected in the accents of brands."""
    for key, brand in brands.items():
        if problem := colours(brand).problem:
            _log.warning("brand %s: %s", key or brand.name, problem)


def palette(accent: str, *, paper: str, card: str) -> Palette:
    """Return readable colours for an accent (``#rrggbb``) on a paper and a card colour.

    The accent is moved towards black or white until text in it can be read on paper, card and
    its own soft shade, and until its ink can be read on it.
    """
    dark = _luminance(paper) < 0.2
    towards = "#ffffff" if dark else "#000000"
    for step in range(101):
        tried = _mix(accent, towards, step / 100)
        soft = _mix(paper, tried, 0.14 if dark else 0.1)
        ink = max(("#ffffff", "#10140f"), key=lambda i: contrast(i, tried))
        if min(contrast(tried, s) for s in (paper, card, soft)) >= READABLE <= contrast(ink, tried):
            break
    return Palette(tried, ink, soft)


def stylesheet(brand: Brand) -> str:
    """Return a brand's custom properties as a stylesheet; `portal.css` says how the schemes work."""
    found = colours(brand)
    pairs = [
        (name, getattr(found.light, part), getattr(found.dark, part))
        for name, part in (("accent", "accent"), ("accent-ink", "ink"), ("accent-soft", "soft"))
    ]
    light = "".join(f"--pk-{name}:{light};" for name, light, _ in pairs)
    both = "".join(f"--pk-{name}:light-dark({light},{dark});" for name, light, dark in pairs)
    sheet = f".pk{{{light}}}\n@supports (color:light-dark(#000,#fff)){{.pk{{{both}}}}}\n"
    if brand.scheme != "auto":
        sheet += f"@media screen{{.pk,.pk.pk-shell{{color-scheme:{brand.scheme}}}}}\n"
    return sheet


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in channels)


def _mix(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    red, green, blue = (a + (b - a) * share for a, b in pairs)
    return _hex((red, green, blue))


def _lifted(colour: str) -> str:
    """Return a colour for dark paper: lighter and a little less saturated, of the same hue."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    return _hex(colorsys.hls_to_rgb(hue, max(0.66, lightness), saturation * 0.75))

"""The stylesheets keep to their part of a page, so that a host can take them in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit.web.brand import (
    CARD,
    DARK_CARD,
    DARK_PAPER,
    PAPER,
    Brand,
    contrast,
    palette,
    stylesheet,
)

ROOT = Path(__file__).parent.parent.parent
SHEET = files("portalkit.web").joinpath("static/portal.css").read_text("utf-8")
SHEETS = {"portal.css": SHEET, "a theme": stylesheet(Brand(name="Northlight", accent="#ff00aa"))}
CHANNEL = st.integers(0, 255)
ACCENTS = st.builds("#{:02x}{:02x}{:02x}".format, CHANNEL, CHANNEL, CHANNEL)


def selectors(sheet: str) -> Iterator[str]:
    """Every single selector; the preludes of at-rules are none."""
    plain = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    for prelude in re.findall(r"([^{};]+)\{", plain):
        if not prelude.strip().startswith("@"):
            yield from (s.strip() for s in re.split(r",(?![^(]*\))", prelude))


@pytest.mark.parametrize("name", SHEETS)
def test_every_selector_stays_below_our_own_class(name: str) -> None:
    """A selector begins with .pk, so no rule reaches a host's own elements."""
    found = list(selectors(SHEETS[name]))
    assert found
    assert [s for s in found if not re.match(r"\.pk(?![\w])", s)] == []


def test_a_selector_names_our_root_and_something_in_it() -> None:
    """Except for the root itself, each has a class and one thing more: it wins over a host's `main p`."""
    for selector in selectors(SHEET):
        parts = re.findall(r"[.:\[]?[\w-]+|\*", selector)
        assert selector == ".pk" or len(parts) >= 2, selector


@pytest.mark.parametrize("name", SHEETS)
def test_there_are_no_cascade_layers(name: str) -> None:
    """Rules in a layer would lose against any plain rule of a host."""
    assert "@layer" not in SHEETS[name]
    assert "@import" not in SHEETS[name]


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_is_fetched_or_forced(name: str) -> None:
    """No addresses, so nothing is loaded; nothing !important, so a host can restyle everything."""
    assert "url(" not in SHEETS[name]
    assert "!important" not in SHEETS[name]


@pytest.mark.parametrize(
    ("paper", "card"), [(PAPER, CARD), (DARK_PAPER, DARK_CARD)], ids=["light", "dark"]
)
@given(accent=ACCENTS)
def test_any_accent_can_be_read(accent: str, paper: str, card: str) -> None:
    """Whatever colour a brand has, text in it or on it has a contrast of 4.5 (WCAG 2.2, 1.4.3)."""
    colours = palette(accent, paper=paper, card=card)
    for background in (paper, card, colours.soft):
        assert contrast(colours.accent, background) >= 4.5
    assert contrast(colours.ink, colours.accent) >= 4.5


@given(accent=ACCENTS)
def test_the_stylesheet_of_any_brand_can_be_read(accent: str) -> None:
    """What a theme says to browsers keeps the contrast too, in light and dark."""
    sheet = stylesheet(Brand(name="Any", accent=accent))
    for scheme, paper, card in (("light", PAPER, CARD), ("dark", DARK_PAPER, DARK_CARD)):
        values = variables(scheme, sheet)
        for background in (paper, card, values["accent-soft"]):
            assert contrast(values["accent"], background) >= 4.5
        assert contrast(values["accent-ink"], values["accent"]) >= 4.5


def variables(scheme: str, sheet: str = SHEET) -> dict[str, str]:
    """The colours that a stylesheet sets for one scheme."""
    colour = r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b"
    both = re.findall(rf"--pk-([\w-]+): ?light-dark\({colour}, ?{colour}\)", sheet)
    pairs = [(name, light if scheme == "light" else dark) for name, light, dark in both]
    return {name: "#" + (c if len(c) == 6 else "".join(2 * x for x in c)) for name, c in pairs}


@pytest.mark.parametrize("name", SHEETS)
def test_old_browsers_get_the_light_colours(name: str) -> None:
    """What is said plainly, for browsers without light-dark(), is what the others get for light pages."""
    plain = re.findall(
        r"--pk-([\w-]+): ?(#[0-9a-fA-F]{3,6})\b", SHEETS[name].partition("@supports")[0]
    )
    full = {n: "#" + (c[1:] if len(c) == 7 else "".join(2 * x for x in c[1:])) for n, c in plain}
    assert full == variables("light", SHEETS[name])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_fixed_colours_can_be_read(scheme: str) -> None:
    """Ink, muted text and warnings have a contrast of 4.5 on everything they stand on; edges of fields 3."""
    values = variables(scheme)
    assert (values["paper"], values["card"]) == (
        (PAPER, CARD) if scheme == "light" else (DARK_PAPER, DARK_CARD)
    ), "brands are corrected for the papers that the stylesheet has"
    for text in ("ink", "muted", "warn", "accent"):
        for background in ("paper", "card", "accent-soft"):
            assert contrast(values[text], values[background]) >= 4.5, (text, background)
    for text in ("ink", "muted", "warn"):
        assert contrast(values[text], values["warn-soft"]) >= 4.5, text
    assert contrast(values["accent-ink"], values["accent"]) >= 4.5
    for background in ("paper", "card"):
        assert contrast(values["field"], values[background]) >= 3


def test_the_drawing_of_the_tokens_shows_these_values() -> None:
    """The guide on looks draws each colour with its value on light and on dark pages."""
    drawing = (ROOT / "docs" / "images" / "tokens.svg").read_text("utf-8")
    drawn = re.findall(r">--pk-([\w-]+)<.*\n.*fill=\"(#\w+)\".*\n.*fill=\"(#\w+)\"", drawing)
    light, dark = variables("light"), variables("dark")
    assert {name: (one, other) for name, one, other in drawn} == {
        n: (light[n], dark[n]) for n in light
    }

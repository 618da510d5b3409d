"""Values to HTML, and to the text of mails: the only user of Jinja.

Escaping is always on in HTML, and templates only look.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from portalkit.errors import ConfigError
from portalkit.language import Language
from portalkit.media import sniff
from portalkit.pages.letter import unlinked
from portalkit.web.brand import Brand, stylesheet
from portalkit.web.markdown import markdown
from portalkit.web.overrides import Overrides

__all__ = ["Asset", "Assets", "Page", "Renderer"]

FOLDER: Final = Path(__file__).parent
LOGO_TYPES: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
}


@frozen
class Page:
    """A page on its way into a shell, ours or the host's.

    Attributes:
        title: plain text for ``<title>``.
        language: the page's language, for the shell's own words and ``lang``.
        brand: the agency's looks.
        logo: the address of the agency's logo, or ``""``.
        viewer: who looks, or ``""`` on pages for nobody in particular.
        client: the name of the client, or ``""``.
        home: the address of the project page, or ``""``.
    """

    title: str
    language: Language
    brand: Brand
    _head: Callable[[], Markup]
    _body: Callable[[], str]
    logo: str = ""
    viewer: str = ""
    client: str = ""
    home: str = ""

    @property
    def head(self) -> Markup:
        """Markup for ``<head>``: the stylesheets, and the scripts of a page that has some."""
        return self._head()

    @property
    def body(self) -> Markup:
        """Markup for the body; its root element carries the class ``pk``."""
        return Markup(self._body())

    @property
    def initials(self) -> str:
        """The viewer's initials."""
        words = [word for word in self.viewer.split() if word[0].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@frozen
class Asset:
    """A static file: its name with digest, type and bytes."""

    name: str
    type: str
    body: bytes


class Assets:
    """The stylesheets, the scripts and logos, each under a name that holds its digest."""

    def __init__(self, brands: Mapping[str, Brand]) -> None:
        self._by_name: dict[str, Asset] = {}
        self.style = self._add(
            "portal.css", "text/css", (FOLDER / "static/portal.css").read_bytes()
        )
        self.seen = self._add_script("seen.js")
        self.upload = self._add_script("upload.js")
        self.themes: dict[str, str] = {}
        self.logos: dict[str, str] = {}
        for key, brand in brands.items():
            text = stylesheet(brand).encode()
            self.themes[key] = self._add(f"theme-{_slug(key)}.css", "text/css", text)
            if brand.logo is not None:
                self.logos[key] = self._add_logo(key, brand.logo)

    def get(self, name: str) -> Asset | None:
        """Return the asset of this name, or ``None``."""
        return self._by_name.get(name)

    def _add(self, name: str, kind: str, body: bytes) -> str:
        full = f"{name}-{hashlib.sha256(body).hexdigest()[:16]}"
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        self._by_name[full] = Asset(full, kind + charset, body)
        return full

    def _add_script(self, name: str) -> str:
        return self._add(name, "text/javascript", (FOLDER / "static" / name).read_bytes())

    def _add_logo(self, key: str, path: str) -> str:
        kind, body = read_logo(path)
        return self._add(f"logo-{_slug(key)}.{LOGO_TYPES[kind]}", kind, body)


def read_logo(path: str) -> tuple[str, bytes]:
    """Return the type and the bytes of a logo; raise `ConfigError` if it is no image that can be read."""
    try:
        body = Path(path).read_bytes()
    except (OSError, TypeError, ValueError) as error:
        raise ConfigError(
            "a brand's logo cannot be read", remedy="Correct its path", logo=str(path)
        ) from error
    svg = Path(path).suffix == ".svg" and b"<svg" in body
    kind = "image/svg+xml" if svg else sniff(body[:512])
    if kind not in LOGO_TYPES:
        raise ConfigError(
            "a brand's logo is no image", remedy="Use SVG, PNG, JPEG or WebP", logo=str(path)
        )
    return kind, body


def _slug(key: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-") or "default"


class Renderer:
    """Renders templates by name; a host's own folder is asked first.

    Args:
        folders: folders with templates that replace ours of the same name.  They may extend ours
            as ``portalkit/<name>``.

    Raises:
        ConfigError: one of them cannot be used.
    """

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        self._folders = tuple(Path(folder) for folder in folders)
        self._environment = _environment(self._folders)

    def without_effect(self) -> Iterator[ConfigError]:
        """Yield what is written in vain in the host's templates: blocks and names that ours do not have."""
        return Overrides(self._environment, self._folders, _OURS).without_effect()

    def render(self, template: str, values: Mapping[str, Any]) -> Markup:
        """Return a template's markup."""
        return Markup(self._environment.get_template(template).render(values))

    def plain(self, template: str, values: Mapping[str, Any]) -> str:
        """Return the plain text of a template whose name ends in ``.txt``; nothing is escaped there."""
        return self._environment.get_template(template).render(values)


_OURS: Final = PackageLoader("portalkit.web")


class _Context(Context):
    """What a template is rendered in.

    Words are asked for some five hundred times for a page.  Jinja looks at each callable whether it wants
    the context, which takes longer than the answer; those of `Language` never do.
    """

    def call(
        self,
        asked: Any,
        /,
        *args: Any,
        _block_vars: Any = None,
        _loop_vars: Any = None,
        **words: Any,
    ) -> Any:
        if type(getattr(asked, "__self__", None)) is Language:
            return asked(*args, **words)
        return super().call(asked, *args, _block_vars=_block_vars, _loop_vars=_loop_vars, **words)


class _Environment(Environment):
    context_class = _Context


@lru_cache(maxsize=16)
def _environment(folders: tuple[Path, ...]) -> Environment:
    """Return what compiles the templates: once in a process, however many apps it makes."""
    ours = PrefixLoader({"portalkit": _OURS})
    theirs: list[BaseLoader] = [FileSystemLoader(folder) for folder in folders]
    environment = _Environment(
        loader=ChoiceLoader([*theirs, _OURS, ours]),
        autoescape=_is_markup,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "markdown": markdown,
        "fill": fill,
        "ext": ending,
        "unlinked": unlinked,
    }
    Overrides(environment, folders, _OURS)
    for name in ("message.html", "shell.html"):  # the page for trouble must not need a file then
        environment.get_template(name)
    return environment


def _is_markup(template: str | None) -> bool:
    """Whether a template makes markup: all of them do but the plain texts of mails."""
    return template is None or not template.endswith(".txt")


_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def fill(message: str, **values: object) -> Markup:
    """Return a translated message with markup put in place of its ``{name}`` parts."""
    return Markup(_PLACEHOLDER.sub(lambda m: escape(values.get(m[1], "")), escape(message)))


def ending(name: str) -> str:
    """Return the ending of a file name for its badge: ``PDF``."""
    stem, dot, end = name.rpartition(".")
    return end.upper() if stem and dot and 1 <= len(end) <= 4 and end.isalnum() else "···"

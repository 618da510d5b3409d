"""Markup made inert: it can be read and not used, and leads nowhere but where it is told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Final

from markupsafe import Markup, escape

__all__ = ["inert"]

Attributes = Sequence[tuple[str, "str | None"]]

_CONTROLS: Final = ("button", "input", "select", "textarea", "fieldset")
_DROPPED: Final = ("script", "iframe", "object", "embed", "link", "meta", "base")
_LINKS: Final = ("href", "src", "srcset", "poster", "background", "ping", "target", "style")
_SENDS: Final = ("action", "formaction", "method", "enctype")
_ALIVE: Final = (*_LINKS, *_SENDS)


def inert(markup: str, leads_to: Callable[[str], str | None]) -> Markup:
    """Return markup in which forms are switched off and links lead where they are told to.

    Hidden fields, scripts and pictures are left out: pictures would be fetched.

    Args:
        markup: whole elements.
        leads_to: where a link with this address leads instead, or ``None`` for nowhere.
    """
    parser = _Inert(leads_to)
    parser.feed(markup)
    parser.close()
    return Markup("".join(parser.parts))


class _Inert(HTMLParser):
    """Copies markup, changing what is alive in it."""

    def __init__(self, leads_to: Callable[[str], str | None]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._leads_to = leads_to
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        if tag in _DROPPED:
            self._silent = "script" if tag == "script" else ""
        elif tag == "img":
            self._open("span", [("class", "pk-muted")])
            self.parts.append(f"{escape(given.get('alt') or '')}</span>")
        elif tag == "form":
            self._open("div", [("role", "group"), ("aria-disabled", "true"), *_still(attrs)])
        elif tag == "a":
            self._open("a", self._link(given, attrs))
        elif tag in _CONTROLS:
            if given.get("type") != "hidden":
                self._open(
                    tag, [*(a for a in _still(attrs) if a[0] != "disabled"), ("disabled", None)]
                )
        else:
            self._open(tag, _still(attrs))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._silent = ""
        else:
            self.parts.append(f"</{'div' if tag == 'form' else tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def _link(self, given: dict[str, str | None], attrs: Attributes) -> Attributes:
        address = given.get("href") or ""
        onward = address if address.startswith("#") else self._leads_to(address)
        if onward is not None:
            return [("href", onward), *_still(attrs)]
        classes = f"{given.get('class') or ''} pk-inert".strip()
        others = [(n, v) for n, v in _still(attrs) if n not in ("class", "rel", "role")]
        return [("class", classes), ("role", "link"), ("aria-disabled", "true"), *others]

    def _open(self, tag: str, attrs: Attributes) -> None:
        shown = "".join(f" {n}" if v is None else f' {n}="{escape(v)}"' for n, v in attrs)
        self.parts.append(f"<{tag}{shown}>")


def _still(attrs: Attributes) -> list[tuple[str, str | None]]:
    """Return attributes that neither lead nor send anywhere, and run nothing."""
    return [
        (name, value)
        for name, value in attrs
        if name not in _ALIVE and not name.startswith(("on", "data-"))
    ]

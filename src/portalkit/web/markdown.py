"""Markdown to safe HTML: no raw HTML, no images (they would be trackers), no automatic links.

A few letters of it may stand for much HTML, so what clients can make of a text is bounded: there are no
references, a table has no more cells than letters, and a text that would still grow too much, or lose what
lies too deep in it, is shown as it was typed.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from markupsafe import Markup, escape

from portalkit.web.cache import Bodies

__all__ = ["forget", "markdown"]

_KEPT: Final = Bodies(4 * 1024 * 1024)
"""What was rendered before, by digest; every app of a process uses it."""

_GROWTH: Final = 20
"""How many times as long as the text its HTML may be."""

_DEEPEST: Final = 20
"""So deep may quotes and lists lie in each other; what lies deeper the parser would drop without a word."""

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_NARROW = 3
"""A table with more columns may have to scroll on a phone, so the keyboard must reach it."""


_PLAIN = re.compile(r"(?!.*_)[^\W\d_][\w ,.;:?()'\"%/–—…-]*(?<! )")
"""One line of words and ordinary marks: nothing in it means anything to Markdown or to HTML."""


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline", "reference"])
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    return parser


def markdown(text: str, top: int = 4, *, keep: bool = True) -> Markup:
    """Return a text as HTML that is safe to show.

    Args:
        text: Markdown.
        top: the level of its highest headings: one below the heading that it stands under.
        keep: whether to remember the HTML; not for a draft, which nobody may ever see again.
    """
    if not text:
        return Markup("")
    if _PLAIN.fullmatch(text):
        return Markup(f"<p>{text}</p>")
    if not keep:
        return Markup(_rendered(text, top))
    key = hashlib.sha256(f"{top} {text}".encode()).digest()
    html = _KEPT.get(key, 0)
    if html is None:
        html = _rendered(text, top)
        _KEPT.put(key, html, 1)
    return Markup(html)


def forget() -> None:
    """Let go of everything that was rendered before."""
    _KEPT.clear()


def _rendered(text: str, top: int) -> str:
    tokens = _parser().parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return _as_typed(text)
    _level(tokens, top)
    _make_reachable(tokens)
    html = nh3.clean(
        _parser().renderer.render(tokens, _parser().options, {}),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}, "table": {"tabindex"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    ).strip()
    return html if len(html) <= _GROWTH * len(text) else _as_typed(text)


def _as_typed(text: str) -> str:
    lines = Markup("<br>\n").join(escape(line) for line in text.splitlines())
    return str(Markup("<p>{}</p>").format(lines))


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a table, unless it would have more cells than letters: a row that is too short is filled up."""
    if silent or not table(state, first, end, True):
        return table(state, first, end, silent)
    last = first
    while last + 1 < end and not state.isEmpty(last + 1):
        last += 1
    columns = state.src.count("|", state.bMarks[first], state.eMarks[first]) + 1
    letters = state.eMarks[last] - state.bMarks[first] + 1
    return columns * (last - first + 1) <= letters and table(state, first, end, False)


def _level(tokens: list[Token], top: int) -> None:
    """Give the headings of a text levels that fit the page and leave none out."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    ranks = {tag: rank for rank, tag in enumerate(sorted({token.tag for token in headings}))}
    level = top - 1
    for token in headings:
        if token.type == "heading_open":
            level = min(6, level + 1, top + ranks[token.tag])
        token.tag = f"h{level}"


def _make_reachable(tokens: list[Token]) -> None:
    table, columns = None, 0
    for token in tokens:
        if token.type == "table_open":
            table, columns = token, 0
        elif token.type == "th_open":
            columns += 1
            if table is not None and columns > _NARROW:
                table.attrSet("tabindex", "0")

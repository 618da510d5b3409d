"""Markdown to safe HTML: no raw HTML, no images (they would be trackers), no automatic links."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

__all__ = ["markdown"]

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
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return parser.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])


@lru_cache(maxsize=4096)
def markdown(text: str, top: int = 4) -> Markup:
    """Return a text as HTML that is safe to show.

    Args:
        text: Markdown.
        top: the level of its highest headings: one below the heading that it stands under.
    """
    if not text:
        return Markup("")
    if _PLAIN.fullmatch(text):
        return Markup(f"<p>{text}</p>")
    tokens = _parser().parse(text)
    _level(tokens, top)
    _make_reachable(tokens)
    html = _parser().renderer.render(tokens, _parser().options, {})
    return Markup(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}, "table": {"tabindex"}},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
        ).strip()
    )


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

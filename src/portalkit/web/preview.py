"""Previews: a client's page as staff see it, without a browser, a cookie or a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from markupsafe import Markup

from portalkit.errors import NotFound
from portalkit.language import Language
from portalkit.portal import Preview
from portalkit.web.app import Web
from portalkit.web.http import Request
from portalkit.web.inert import inert
from portalkit.web.render import Page
from portalkit.web.routes import match
from portalkit.web.views.showing import SHOWING
from portalkit.web.visitor import Viewer

__all__ = ["Address", "preview_page"]

Address = Callable[[str], str]
"""Returns the host's own address for the preview of a page, by the page's path, such as ``m/<milestone>``."""

_BASE: Final = "preview:"
"""What the addresses of a preview begin with, until the host's take their place; no text has this scheme."""


def preview_page(
    web: Web, preview: Preview, path: str, *, address: Address, staff: Language
) -> Page:
    """Return one of a client's pages with a banner, forms switched off, and links to other previews.

    Args:
        web: the portal's web.
        preview: the client's pages.
        path: the page below the link: ``""``, ``m/<milestone>``, ``u/<update>``, ``a/<approval>``,
            ``history`` with its query.
        address: returns the host's own address for such a path.
        staff: the language of the banner.

    Raises:
        NotFound: there is no such page for this client.
    """
    path, _, query = path.partition("?")
    found = match(f"/p/-/{path}")
    if found is None or found.route.name not in SHOWING:
        raise NotFound("there is no preview of such a page", path=path)
    visit = preview
    language = web.language_of(visit)
    viewer = Viewer(visit, base=_BASE, language=language, now=web.portal.clock())
    request = Request(method="GET", path=f"/p/-/{path}", query=query)
    shown = SHOWING[found.route.name](web, request, found.values, viewer)

    def body() -> str:
        banner = web.body(viewer, staff, "preview.html", state=preview.link_state)
        return Markup(banner) + inert(shown.body(), lambda link: _onward(link, address))

    return web.page_for(viewer, language, shown.title, body, home=address(""))


def _onward(link: str, address: Address) -> str | None:
    """Return the host's address for a link of a page, or ``None`` if it leads out of the previews."""
    path, mark, anchor = link.removeprefix(_BASE).partition("#")
    found = match(f"/p/-/{unquote(path.partition('?')[0])}") if link.startswith(_BASE) else None
    if found is None or found.route.name not in SHOWING:
        return None
    return f"{address(path)}{mark}{anchor}"

"""Entering by a token, asking for the link again, leaving."""

from __future__ import annotations

from portalkit.language import N_
from portalkit.portal import FETCHED
from portalkit.web.app import Web
from portalkit.web.forms import read_form
from portalkit.web.http import Request, Response
from portalkit.web.routes import match
from portalkit.web.views.shared import Values, visitor_form
from portalkit.web.visitor import Visitor

__all__ = ["enter", "leave", "resend"]


def enter(web: Web, request: Request, values: Values, _: None) -> Response:
    """Verify a token, set the cookie, and send the browser on: to the project or deeper."""
    visit = web.portal.visit(values["token"])
    visit.note(FETCHED)
    link, now = visit.link, web.portal.clock()
    home = f"/p/{link.id}/"
    response = web.redirect(home + _deeper(home, values.get("path", "")) + "?entered=1")
    web.jar.hand(response, web.jar.fresh(link, now), link, now)
    return response


def _deeper(home: str, path: str) -> str:
    """Return a path if it leads to a page of this link, else nothing: there are no open redirects."""
    found = match(home + path)
    return path if found and "GET" in found.route.methods and "link" in found.values else ""


def resend(web: Web, request: Request, values: Values, _: None) -> Response:
    """Note that the link is wanted again; the answer is the same whether it exists or not.

    Where it is posted from proves nothing: anybody may ask without a cookie, and once a day it is noted.
    And the door behind a token sends no referrer, so that browsers call its origin ``null``.
    """
    read_form(request, ())
    web.portal.request_link(values["link"])
    return web.message(
        request,
        200,
        N_("Your request was noted"),
        N_(
            "If this is the address of a project, the link comes to the e-mail address on file. One that has "
            "expired or was closed comes as soon as the agency has opened it again."
        ),
    )


def leave(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Delete the cookie: on this device the link must be opened again."""
    visitor_form(web, request, visitor, ())
    response = web.message(
        request,
        200,
        N_("You have left the project"),
        N_("To come back, open the link from your e-mail."),
    )
    web.jar.take(response, visitor.visit.link.id)
    return response

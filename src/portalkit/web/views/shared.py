"""What several views need: a whole and unedited form, and a cookie that remembers what was shown."""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from portalkit.errors import NotAllowed
from portalkit.web.app import Web
from portalkit.web.forms import LARGEST_FORM, check_origin, read_form
from portalkit.web.http import Request, Response
from portalkit.web.visitor import Visitor

__all__ = ["Values", "remembered", "visitor_form"]

Values = dict[str, str]


def visitor_form(
    web: Web,
    request: Request,
    visitor: Visitor,
    allowed: Collection[str],
    *,
    limit: int = LARGEST_FORM,
) -> dict[str, str]:
    """Return the fields of a form that this visitor's own page sent, whole and unedited."""
    check_origin(request, web.portal.base_url)
    fields = read_form(request, ("pk_csrf", *allowed), limit=limit)
    session = visitor.cookie.session
    if not web.portal.keys.check_form_token(
        fields.pop("pk_csrf", ""), visitor.visit.link.id, session
    ):
        raise NotAllowed(
            "this form was not made for this browser",
            remedy="Open the page again and send it there",
        )
    return fields


def remembered(web: Web, visitor: Visitor, response: Response, version: int) -> Response:
    """Let the cookie remember what was shown, if that is news to it."""
    cookie = visitor.cookie
    if version > cookie.seen_seq:
        cookie = evolve(cookie, seen_seq=version)
    if cookie != visitor.sent:
        web.jar.give(response, cookie, visitor.visit.link, visitor.now)
    return response

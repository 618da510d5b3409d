"""Seeing: a person is here, as far as a script can tell."""

from __future__ import annotations

from portalkit.web.app import Web
from portalkit.web.http import Request, Response
from portalkit.web.views.shared import Values, visitor_form
from portalkit.web.visitor import Visitor

__all__ = ["seen"]


def seen(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Take in what `seen.js` says; the access log notes it like any form that is accepted."""
    visitor_form(web, request, visitor, ())
    return Response(204)

"""The pages to look at: project, JSON twin, milestone, update, history."""

from __future__ import annotations

import json

from attrs import evolve

from portalkit import pages
from portalkit.web.app import Web
from portalkit.web.http import Request, Response
from portalkit.web.views.shared import Values, remembered
from portalkit.web.views.showing import (
    Shown,
    asking,
    show_history,
    show_milestone,
    show_project,
    show_update,
)
from portalkit.web.visitor import Visitor

__all__ = ["history", "milestone", "project", "project_json", "show", "update"]


def show(
    web: Web,
    request: Request,
    visitor: Visitor,
    shown: Shown,
    *,
    status: int = 200,
    version: int = 0,
) -> Response:
    """Put a page into the shell, and let the cookie remember up to which entry it was shown."""
    response = web.shelled(
        request,
        visitor,
        visitor.language,
        title=shown.title,
        body=shown.body,
        status=status,
        script=shown.script,
        key=shown.key,
    )
    return remembered(web, visitor, response, version)


def project(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The project page."""
    return show(web, request, visitor, show_project(web, visitor), version=visitor.project.version)


def project_json(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The project page's answers as data."""
    page = pages.project_page(visitor.project, visitor.reader)
    data = pages.as_json(page, chain=visitor.visit.chain)
    response = Response(200, json.dumps(data, ensure_ascii=False, indent=1).encode())
    response.set("Content-Type", "application/json")
    return response


def milestone(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Everything about one milestone; ``?about=`` unfolds the form that asks about it or a thing in it."""
    found = visitor.visit.milestone(values["milestone"])
    about = request.parameter("about")
    thing = "" if about == found.id else about
    asked = evolve(asking(visitor, found.id, thing), open=True) if about else None
    return show(web, request, visitor, show_milestone(web, request, visitor, found, asked=asked))


def update(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The permanent page of an update."""
    return show(web, request, visitor, show_update(web, visitor, values["update"]))


def history(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The history, newest first, of the project or of one milestone."""
    return show(web, request, visitor, show_history(web, request, visitor))

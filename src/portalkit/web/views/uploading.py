"""Uploading: files that a client hands in, with or without script, all of them or none."""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve

from portalkit.errors import Invalid, Outdated, OverQuota, PortalError, TooLarge, Vetoed
from portalkit.language import N_
from portalkit.model import Milestone, Scope
from portalkit.rules import require
from portalkit.storage import Readable
from portalkit.web.app import Web
from portalkit.web.forms import LARGEST_FORM, BadForm
from portalkit.web.http import Request, Response
from portalkit.web.views.looking import show
from portalkit.web.views.shared import Values, visitor_form
from portalkit.web.views.showing import Attempt, room, show_milestone
from portalkit.web.visitor import Visitor

__all__ = ["FILES", "upload"]

FILES: Final = "files"
"""The field with the files."""

_ONCE: Final = re.compile(r"[a-z2-7]{26}")


def upload(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """Hand files in at a milestone; what goes wrong is said on the milestone's page."""
    milestone = visitor.visit.milestone(values["milestone"])
    require(visitor.project, visitor.visit.scopes, Scope.UPLOAD)
    attempt = Attempt()
    try:
        fields = visitor_form(
            web,
            request,
            visitor,
            ("once", "request", "note", FILES),
            limit=_longest(web, request),
        )
        if fields.get(FILES):  # a browser sends an empty one where no file was chosen
            raise BadForm("the form is not one of ours", fields=[FILES])
        attempt = Attempt(request=fields.get("request", ""), note=fields.get("note", ""))
        first = _handed_in(visitor, milestone, fields.get("once", ""), _sent(request), attempt)
    except (Invalid, Outdated, OverQuota, TooLarge, Vetoed) as error:
        status, problem = _problem(web, request, visitor, error)
        attempt = evolve(attempt, status=status, problem=problem)
        shown = show_milestone(web, request, visitor, milestone, attempt=attempt)
        return show(web, request, visitor, shown, status=attempt.status)
    return web.redirect(f"/p/{visitor.visit.link.id}/m/{milestone.id}?sent={first}")


def _longest(web: Web, request: Request) -> int:
    """How long the body may be; more than a link may hand in within a whole day is not even read.

    More than is left of the day is read all the same: its files may be in, and this the form a second time.
    """
    together, day = room(web, request).together, web.portal.uploads.day_bytes
    length = request.header("content-length")
    sent = int(length) if length.isdecimal() and len(length) < 16 else 0
    if day + LARGEST_FORM < sent <= together:
        raise OverQuota("this is more than a link may hand in within 24 hours", day_bytes=day)
    return together + LARGEST_FORM


def _sent(request: Request) -> list[tuple[str, Readable]]:
    """The files of the form; where none was chosen, a framework may hand over one without a name."""
    files = list(request.files())
    if any(file.field != FILES for file in files):
        raise BadForm("the form is not one of ours", fields=[file.field for file in files])
    return [(file.name, file.stream) for file in files if file.name]


def _handed_in(
    visitor: Visitor,
    milestone: Milestone,
    once: str,
    files: list[tuple[str, Readable]],
    attempt: Attempt,
) -> str:
    if not _ONCE.fullmatch(once):
        raise BadForm("the form is not one of ours", remedy="Open the page again", once=once)
    handed_in = visitor.visit.upload(
        milestone, files, request=attempt.request or None, note=attempt.note, once=once
    )
    return handed_in[0].id


def _problem(web: Web, request: Request, visitor: Visitor, error: PortalError) -> tuple[int, str]:
    """The status and the words for what kept files from being handed in."""
    say, limits, evidence = visitor.language, web.portal.uploads, error.evidence
    match error:
        case Vetoed():
            return 422, say.text(
                N_("“{name}” was not accepted: {reason}"),
                name=evidence["file"],
                reason=evidence["reason"],
            )
        case OverQuota():
            return 429, say.text(
                N_("Within 24 hours you can hand in {files} files with {size} together."),
                files=limits.day_files,
                size=say.size(limits.day_bytes),
            )
        case TooLarge() if "file" in evidence:
            return 413, say.text(
                N_("“{name}” is too large: a file may have up to {size}."),
                name=evidence["file"],
                size=say.size(int(str(evidence["limit"]))),
            )
        case TooLarge() if "files" in evidence:
            return 413, say.text(
                N_("These are too many: {count} files can be sent at once."), count=limits.files
            )
        case TooLarge():
            return 413, say.text(
                N_("These are too large: {size} can be sent at once."),
                size=say.size(room(web, request).together),
            )
        case Outdated():
            return 409, say.text(N_("What this answers is no longer asked for."))
        case Invalid() if evidence.get("field") == "files":
            return 422, say.text(N_("Choose at least one file."))
        case Invalid() if evidence.get("field") == "note":
            return 422, say.text(N_("The note may have at most 500 characters."))
    raise error

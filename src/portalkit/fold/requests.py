"""Folding requests for files: the open ones stay at hand, the ended ones are in the log."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from portalkit.facts import Entry, Fact, FileRequested, RequestFulfilled, RequestWithdrawn
from portalkit.fold.changes import Changes, put
from portalkit.model import FileRequest, Project

__all__ = ["fold_request", "request_ended", "request_made"]


def _request(entry: Entry, fact: FileRequested) -> FileRequest:
    return FileRequest(
        id=entry.subject,
        milestone=entry.milestone,
        title=fact.title,
        people=fact.people,
        asked_by=entry.actor,
        asked_at=entry.at,
        seq=entry.seq,
        note=fact.note,
        due=fact.due,
        reminders=fact.reminders,
    )


def _ended(old: FileRequest, entry: Entry) -> FileRequest:
    match entry.fact:
        case RequestFulfilled(files=files):
            return evolve(old, files=files, ended_at=entry.at)
        case RequestWithdrawn(reason=reason):
            return evolve(old, withdrawn=reason, ended_at=entry.at)
    return old


def request_made(project: Project, entry: Entry, fact: FileRequested) -> Changes:
    return {"requests": put(project.requests, _request(entry, fact))}


def request_ended(project: Project, entry: Entry, fact: Fact) -> Changes:
    left = {id: request for id, request in project.requests.items() if id != entry.subject}
    return {"requests": left}


def fold_request(entries: Iterable[Entry]) -> FileRequest | None:
    """Return one request for a file, however old, from the entries about it."""
    request: FileRequest | None = None
    for entry in entries:
        if isinstance(entry.fact, FileRequested):
            request = _request(entry, entry.fact)
        elif request is not None:
            request = _ended(request, entry)
    return request

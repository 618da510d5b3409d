"""Rules of what clients hand in: requests for files, deliveries, quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from portalkit import clean
from portalkit.errors import Invalid, NotAllowed, Outdated, OverQuota
from portalkit.facts import (
    Entry,
    FileDelivered,
    FileQuarantined,
    FileReleased,
    FileRequested,
    Line,
    RequestFulfilled,
    RequestWithdrawn,
)
from portalkit.model import FileRequest, Project, Reminders, RequestState, Version
from portalkit.moments import as_day
from portalkit.rules.finding import across, find_asked, find_file, find_milestone
from portalkit.rules.notices import checked_reminders
from portalkit.rules.requests import Allowance, Delivered, UploadLimits

__all__ = [
    "allowance",
    "fulfil_request",
    "hand_in",
    "release_file",
    "request_file",
    "withdraw_request",
]


def request_file(
    project: Project,
    id: str,
    *,
    milestone: str,
    title: str,
    people: Sequence[str],
    note: str = "",
    due: date | None = None,
    reminders: Reminders | None = None,
) -> list[Line]:
    """Ask clients to hand a file in."""
    place = find_milestone(project, milestone)
    if place.internal:
        raise NotAllowed(
            "clients cannot see an internal milestone, so they cannot hand anything in there",
            remedy="Make the milestone visible first",
            milestone=place.title,
        )
    fact = FileRequested(
        title=clean.line(title, "title"),
        people=find_asked(project, people),
        note=clean.prose(note, "note", limit=2000),
        due=as_day(due, "due"),
        reminders=checked_reminders(reminders),
    )
    return [Line(fact, milestone=milestone, subject=id)]


def fulfil_request(project: Project, request: FileRequest, files: Sequence[str]) -> list[Line]:
    """Say that what an open request asked for is there, in these files of its milestone."""
    _open(request)
    named = tuple(dict.fromkeys(files))
    if not named:
        raise Invalid("a request is fulfilled by files", remedy="Name them", field="files")
    for id in named:
        file = find_file(project, id)
        if file.milestone != request.milestone:
            raise across("a request and what fulfils it", request.milestone, file.milestone)
    return [_fulfilled(request, named)]


def withdraw_request(request: FileRequest, reason: str) -> list[Line]:
    """Take an open request back, for a reason that everybody can read."""
    _open(request)
    fact = RequestWithdrawn(clean.prose(reason, "reason", required=True), request.title)
    return [Line(fact, milestone=request.milestone, subject=request.id)]


def allowance(
    limits: UploadLimits, entries: Iterable[Entry], *, link: str, since: int
) -> Allowance:
    """Return what a link may still hand in, after what it has handed in since an instant."""
    sizes = [
        entry.fact.size
        for entry in entries
        if entry.at > since and isinstance(entry.fact, FileDelivered) and entry.fact.link == link
    ]
    return Allowance(max(0, limits.day_files - len(sizes)), max(0, limits.day_bytes - sum(sizes)))


def hand_in(
    project: Project,
    files: Mapping[str, Delivered],
    *,
    milestone: str,
    link: str,
    left: Allowance,
    request: FileRequest | None = None,
    note: str = "",
) -> list[Line]:
    """Hand files in together, perhaps as the answer to a request.

    A file whose id is there already was handed in before: it adds nothing.  A request that somebody
    else has answered meanwhile takes these files too.
    """
    find_milestone(project, milestone)
    new = {id: delivered for id, delivered in files.items() if id not in project.files}
    if files and not new:
        return []
    _within(left, new.values())
    if request is not None:
        _takes_files(request, milestone)
    note = clean.prose(note, "note", limit=500)
    lines: list[Line] = []
    for id, delivered in new.items():
        fact = FileDelivered(
            key=delivered.key,
            size=delivered.size,
            sha256=delivered.sha256,
            type=delivered.type,
            link=link,
            request=request.id if request else "",
            purpose=request.title if request else "",
            name=clean.file_name(delivered.name),
            note=note,
        )
        lines.append(Line(fact, milestone=milestone, subject=id))
        if delivered.quarantine is not None:
            kept = FileQuarantined(1, delivered.quarantine)
            lines.append(Line(kept, milestone=milestone, subject=id))
    if new and request is not None and request.state is RequestState.OPEN:
        lines.append(_fulfilled(request, tuple(new)))
    return lines


def _within(left: Allowance, files: Iterable[Delivered]) -> None:
    sizes = [delivered.size for delivered in files]
    if len(sizes) > left.files or sum(sizes) > left.bytes:
        raise OverQuota(
            "this is more than the link may still hand in within 24 hours",
            remedy="Send less, try again tomorrow, or raise the limits",
            files_left=left.files,
            bytes_left=left.bytes,
        )


def _takes_files(request: FileRequest, milestone: str) -> None:
    if request.milestone != milestone:
        raise across("a request and what answers it", milestone, request.milestone)
    if request.state is RequestState.WITHDRAWN:
        raise _ended(request)


def _open(request: FileRequest) -> None:
    if request.state is not RequestState.OPEN:
        raise _ended(request)


def _ended(request: FileRequest) -> Outdated:
    return Outdated(
        "this request for a file is no longer open",
        remedy="Look at what became of it",
        request=request.id,
        state=str(request.state),
    )


def _fulfilled(request: FileRequest, files: tuple[str, ...]) -> Line:
    fact = RequestFulfilled(files, request.title)
    return Line(fact, milestone=request.milestone, subject=request.id)


def release_file(project: Project, file: str, version: Version) -> list[Line]:
    """Let a version out of quarantine: whoever may see the file can open it from now on."""
    if not version.quarantined:
        return []
    milestone = find_file(project, file).milestone
    return [Line(FileReleased(version.number), milestone=milestone, subject=file)]

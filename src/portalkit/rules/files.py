"""Rules of files: versions say what changed, and supersede the requests about older ones."""

from __future__ import annotations

from collections.abc import Callable

from portalkit import clean
from portalkit.errors import NotAllowed
from portalkit.facts import (
    ApprovalRequested,
    ApprovalSuperseded,
    ApprovalVoided,
    FileAdded,
    FileStateChanged,
    FileWithdrawn,
    Line,
    VersionAdded,
)
from portalkit.model import (
    Approval,
    ApprovalState,
    File,
    FileState,
    ManifestItem,
    Project,
    Version,
)
from portalkit.rules.approvals import manifest_digest
from portalkit.rules.finding import find_file, find_milestone, find_person
from portalkit.rules.requests import Delivered

__all__ = ["add_file", "add_version", "own_name", "set_file_state", "withdraw_file"]


def add_file(
    project: Project,
    id: str,
    *,
    milestone: str,
    delivered: Delivered,
    purpose: str,
    state: FileState | str = FileState.DRAFT,
) -> list[Line]:
    """Deliver a file in its milestone, saying why it is there."""
    find_milestone(project, milestone)
    fact = FileAdded(
        name=clean.file_name(delivered.name),
        purpose=clean.prose(purpose, "purpose", required=True, limit=500),
        key=delivered.key,
        size=delivered.size,
        sha256=delivered.sha256,
        type=delivered.type,
        state=clean.choice(FileState, state, "state"),
    )
    return [Line(fact, milestone=milestone, subject=id)]


def add_version(
    project: Project,
    file: str,
    *,
    delivered: Delivered,
    changed: str,
    fresh: Callable[[str], str],
    state: FileState | str | None = None,
) -> list[Line]:
    """Deliver a newer version; open requests about the file are superseded by a new round of each.

    ``fresh`` gives the id of the round that takes the place of a request.
    """
    old = find_file(project, file)
    fact = VersionAdded(
        version=old.versions + 1,
        name=clean.file_name(delivered.name),
        changed=clean.prose(changed, "changed", required=True, limit=500),
        key=delivered.key,
        size=delivered.size,
        sha256=delivered.sha256,
        type=delivered.type,
        state=clean.choice(FileState, state, "state") if state else old.state,
    )
    lines = [Line(fact, milestone=old.milestone, subject=file)]
    item = ManifestItem(file, fact.version, fact.name, fact.size, fact.type, fact.sha256)
    for approval in _open_about(project, file):
        people = _still_here(project, approval.people)
        lines += _next_round(approval, people, item, fresh(approval.id))
    return lines


def _open_about(project: Project, file: str, version: int | None = None) -> list[Approval]:
    return [
        approval
        for approval in project.approvals.values()
        if approval.state is ApprovalState.OPEN
        and any(i.file == file and version in (None, i.version) for i in approval.files)
    ]


def _still_here(project: Project, people: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out people whose data were erased, unless nobody would be left to ask."""
    return tuple(id for id in people if not find_person(project, id).redacted) or people


def _next_round(old: Approval, people: tuple[str, ...], item: ManifestItem, id: str) -> list[Line]:
    files = tuple(item if i.file == item.file else i for i in old.files)
    again = ApprovalRequested(
        title=old.title,
        manifest=manifest_digest(id, old.title, old.statement, files),
        people=people,
        statement=old.statement,
        files=files,
        needed=None if old.needed is None else min(old.needed, len(people)),
        due=old.due,
        round=old.round + 1,
        previous=old.id,
        reminders=old.reminders,
    )
    why = f"{item.name} v{item.version}"
    return [
        Line(ApprovalSuperseded(id, why, old.title), milestone=old.milestone, subject=old.id),
        Line(again, milestone=old.milestone, subject=id),
    ]


def set_file_state(project: Project, file: str, state: FileState | str) -> list[Line]:
    """Label the current version of a file draft or final."""
    old = find_file(project, file)
    state = clean.choice(FileState, state, "state")
    if old.current.withdrawn:
        raise NotAllowed(
            "this file version was withdrawn", remedy="Deliver a new version first", file=old.name
        )
    if old.state is state:
        return []
    fact = FileStateChanged(old.current.number, state, own_name(old))
    return [Line(fact, milestone=old.milestone, subject=file)]


def own_name(file: File) -> str:
    """Return a file's name, unless it is in a client's words: those stand in one place, to be forgotten."""
    return "" if file.current.delivered else file.name


def withdraw_file(project: Project, file: str, version: Version, reason: str) -> list[Line]:
    """Take back a wrong delivery: its bytes are given out no more, and open requests about it are void.

    What was taken back before adds nothing: the reason that was given first stands.
    """
    old = find_file(project, file)
    if version.withdrawn:
        return []
    reason = clean.prose(reason, "reason", required=True, limit=500)
    fact = FileWithdrawn(version.number, reason, own_name(old))
    lines = [Line(fact, milestone=old.milestone, subject=file)]
    for approval in _open_about(project, file, version.number):
        void = ApprovalVoided(reason, approval.title)
        lines.append(Line(void, milestone=approval.milestone, subject=approval.id))
    return lines

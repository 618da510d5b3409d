"""Folding files: the current version stays at hand, every version is in the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from attrs import evolve

from portalkit.facts import (
    Entry,
    FileAdded,
    FileDelivered,
    FileQuarantined,
    FileReleased,
    FileStateChanged,
    FileWithdrawn,
    VersionAdded,
)
from portalkit.fold.changes import Changes, put
from portalkit.model import (
    File,
    FileState,
    Project,
    Version,
)

__all__ = [
    "file_added",
    "file_delivered",
    "file_quarantined",
    "file_released",
    "file_state",
    "file_withdrawn",
    "nameless",
    "version_added",
    "versions",
]


def nameless(file: File) -> File:
    """Forget the words of the client who handed a file in: its name, and their note on it."""
    current = evolve(file.current, name=_NAMELESS) if file.current.delivered else file.current
    return evolve(file, purpose=file.asked_for, current=current)


def _version(entry: Entry, fact: FileAdded | VersionAdded) -> Version:
    return Version(
        number=fact.version if isinstance(fact, VersionAdded) else 1,
        name=fact.name,
        key=fact.key,
        size=fact.size,
        sha256=fact.sha256,
        type=fact.type,
        state=fact.state,
        by=entry.actor,
        at=entry.at,
        seq=entry.seq,
        changed=fact.changed if isinstance(fact, VersionAdded) else "",
    )


def _delivered(entry: Entry, fact: FileDelivered) -> Version:
    return Version(
        number=1,
        name=fact.name or _NAMELESS,
        key=fact.key,
        size=fact.size,
        sha256=fact.sha256,
        type=fact.type,
        state=FileState.FINAL,
        by=entry.actor,
        at=entry.at,
        seq=entry.seq,
        delivered=True,
    )


_NAMELESS: Final = "file"
"""What a file is called once the name that its client gave it was erased."""


def file_delivered(project: Project, entry: Entry, fact: FileDelivered) -> Changes:
    file = File(
        entry.subject,
        entry.milestone,
        fact.note or fact.purpose,
        _delivered(entry, fact),
        handed_in_by=entry.actor,
        asked_for=fact.purpose,
    )
    return {"files": put(project.files, file)}


def file_quarantined(project: Project, entry: Entry, fact: FileQuarantined) -> Changes:
    return _on_current(project, entry, fact.version, quarantined=True)


def file_released(project: Project, entry: Entry, fact: FileReleased) -> Changes:
    return _on_current(project, entry, fact.version, quarantined=False)


def file_added(project: Project, entry: Entry, fact: FileAdded) -> Changes:
    file = File(entry.subject, entry.milestone, fact.purpose, _version(entry, fact))
    return {"files": put(project.files, file)}


def version_added(project: Project, entry: Entry, fact: VersionAdded) -> Changes:
    file = project.files.get(entry.subject)
    if file is None:
        return {}
    newer = evolve(file, current=_version(entry, fact), versions=fact.version)
    return {"files": put(project.files, newer)}


def file_state(project: Project, entry: Entry, fact: FileStateChanged) -> Changes:
    return _on_current(project, entry, fact.version, state=FileState(fact.state))


def file_withdrawn(project: Project, entry: Entry, fact: FileWithdrawn) -> Changes:
    return _on_current(project, entry, fact.version, withdrawn=fact.reason)


def _on_current(project: Project, entry: Entry, number: int, **changes: Any) -> Changes:
    file = project.files.get(entry.subject)
    if file is None or file.current.number != number:
        return {}
    changed = evolve(file, current=evolve(file.current, **changes))
    return {"files": put(project.files, changed)}


def versions(entries: Iterable[Entry]) -> tuple[Version, ...]:
    """Return every version of one file, oldest first, from the entries about it."""
    found: dict[int, Version] = {}
    for entry in entries:
        match entry.fact:
            case FileAdded() | VersionAdded() as fact:
                version = _version(entry, fact)
                found[version.number] = version
            case FileDelivered() as fact:
                found[1] = _delivered(entry, fact)
            case FileQuarantined(version=number) if number in found:
                found[number] = evolve(found[number], quarantined=True)
            case FileReleased(version=number) if number in found:
                found[number] = evolve(found[number], quarantined=False)
            case FileStateChanged(version=number, state=state) if number in found:
                found[number] = evolve(found[number], state=state)
            case FileWithdrawn(version=number, reason=reason) if number in found:
                found[number] = evolve(found[number], withdrawn=reason)
    return tuple(found.values())

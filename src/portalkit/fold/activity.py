"""The line of the history that an entry makes."""

from __future__ import annotations

from typing import Final

from portalkit.facts import (
    ApprovalDecided,
    Entry,
    Fact,
    FileDelivered,
    FileQuarantined,
    FileReleased,
    FileStateChanged,
    FileWithdrawn,
    LinkChanged,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    LinkRotated,
    MilestoneCompleted,
    PersonAdded,
    PersonChanged,
    ProjectStatusChanged,
    RecapRecorded,
    UpdatePosted,
    UpdateRevised,
    VersionAdded,
)
from portalkit.model import (
    Activity,
    headline,
)

__all__ = ["activity_of"]


def activity_of(entry: Entry) -> Activity:
    """Return the line of the history that an entry makes; it holds no personal text."""
    fact = entry.fact
    happened: int | None = getattr(fact, "happened", None)
    return Activity(
        seq=entry.seq,
        at=happened or entry.at,
        actor=entry.actor,
        kind=entry.kind,
        milestone=entry.milestone,
        subject=entry.subject,
        title=_headline(fact),
        detail=_detail(fact),
        note=_note(fact),
        recorded=entry.at if happened else None,
    )


def _headline(fact: Fact) -> str:
    if isinstance(fact, UpdatePosted | UpdateRevised):
        return headline(fact.title, fact.need, fact.done, fact.doing, fact.next, fact.body)
    if isinstance(fact, PersonAdded | PersonChanged | FileDelivered):
        return ""
    return str(getattr(fact, "title", "") or getattr(fact, "name", ""))


def _note(fact: Fact) -> str:
    if isinstance(fact, MilestoneCompleted):
        return fact.outcome
    return next((str(v) for name in _NOTES if (v := getattr(fact, name, ""))), "")


def _detail(fact: Fact) -> str:
    """One word that tells alike facts apart: outcome, status, state, version or person concerned."""
    match fact:
        case ApprovalDecided():
            return f"{fact.outcome} {fact.person}"
        case ProjectStatusChanged():
            return str(fact.status)
        case FileStateChanged():
            return str(fact.state)
        case VersionAdded() | FileWithdrawn() | FileQuarantined() | FileReleased():
            return str(fact.version)
        case RecapRecorded():
            return str(fact.source)
        case LinkIssued() | LinkRotated() | LinkChanged() | LinkRevoked() | LinkRequested():
            return fact.person
    return ""


_NOTES: Final = ("changed", "reason", "why", "purpose")

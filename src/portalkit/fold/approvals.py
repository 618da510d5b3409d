"""Folding approvals: what is open or still asks for another round stays at hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve

from portalkit.facts import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalSuperseded,
    ApprovalVoided,
    Entry,
    Fact,
)
from portalkit.fold.changes import Changes, put
from portalkit.model import (
    Approval,
    ApprovalState,
    Decision,
    File,
    Outcome,
    Project,
)

__all__ = ["approval_moved", "approval_requested", "ended_by", "fold_approval", "fold_approvals"]

_ABOUT_APPROVALS: Final = (ApprovalRequested, ApprovalDecided, ApprovalSuperseded, ApprovalVoided)


def _approval(entry: Entry, fact: ApprovalRequested) -> Approval:
    return Approval(
        id=entry.subject,
        milestone=entry.milestone,
        title=fact.title,
        manifest=fact.manifest,
        people=fact.people,
        asked_by=entry.actor,
        asked_at=entry.at,
        seq=entry.seq,
        statement=fact.statement,
        files=fact.files,
        needed=fact.needed,
        due=fact.due,
        round=fact.round,
        previous=fact.previous,
        reminders=fact.reminders,
    )


def _approval_step(old: Approval, entry: Entry) -> Approval:
    match entry.fact:
        case ApprovalDecided() as fact:
            decided = evolve(old, decisions=(*old.decisions, _decision(entry, fact)))
            ended = old.ended_at is None and decided.outcome is not None
            return evolve(decided, ended_at=fact.happened or entry.at) if ended else decided
        case ApprovalSuperseded() as fact:
            return evolve(old, superseded_by=fact.by, superseded_why=fact.why, ended_at=entry.at)
        case ApprovalVoided() as fact:
            return evolve(old, void_why=fact.reason, ended_at=entry.at)
    return old


def _decision(entry: Entry, fact: ApprovalDecided) -> Decision:
    return Decision(
        person=fact.person,
        outcome=fact.outcome,
        at=fact.happened or entry.at,
        seq=entry.seq,
        by=entry.actor,
        recognised=fact.recognised,
        comment=fact.comment,
        typed_name=fact.typed_name,
        source=fact.source,
    )


def approval_requested(project: Project, entry: Entry, fact: ApprovalRequested) -> Changes:
    approvals = put(project.approvals, _approval(entry, fact))
    before = approvals.get(fact.previous)
    if before is not None:
        approvals[before.id] = evolve(before, followed_by=entry.subject)
    return {"approvals": _trimmed(approvals, entry.milestone)}


def approval_moved(project: Project, entry: Entry, fact: Fact) -> Changes:
    old = project.approvals.get(entry.subject)
    if old is None:
        return {}
    moved = _approval_step(old, entry)
    approvals = put(project.approvals, moved)
    changes: Changes = {"approvals": _trimmed(approvals, entry.milestone)}
    if moved.outcome in (Outcome.APPROVED, Outcome.APPROVED_WITH_CHANGES):
        changes["files"] = {**project.files, **_approved(project, moved)}
    return changes


def _approved(project: Project, approval: Approval) -> dict[str, File]:
    """The files that an approval was about, each with the newest version that was ever approved."""
    pairs = ((project.files[i.file], i.version) for i in approval.files if i.file in project.files)
    return {file.id: evolve(file, approved=max(file.approved, number)) for file, number in pairs}


def ended_by(approval: Approval, entry: Entry) -> bool:
    """Return whether nothing is awaited any more after an entry about a request."""
    return _approval_step(approval, entry).state is not ApprovalState.OPEN


def _trimmed(approvals: dict[str, Approval], milestone: str) -> dict[str, Approval]:
    """Keep what is open in a milestone, what was closed last, and what still asks for another round."""
    ended = [
        a
        for a in approvals.values()
        if a.milestone == milestone and a.state is not ApprovalState.OPEN
    ]
    closed = [a for a in ended if a.state is ApprovalState.CLOSED]
    last = max(closed, key=lambda a: a.decisions[-1].seq if a.decisions else a.seq, default=None)
    for approval in ended:
        if approval is not last and not approval.returned:
            del approvals[approval.id]
    return approvals


def fold_approvals(entries: Iterable[Entry]) -> tuple[Approval, ...]:
    """Return every approval that entries tell of, the newest first, each with the round that followed it."""
    about: dict[str, list[Entry]] = {}
    for entry in entries:
        if isinstance(entry.fact, _ABOUT_APPROVALS):
            about.setdefault(entry.subject, []).append(entry)
    found = [approval for told in about.values() if (approval := fold_approval(told))]
    following = {approval.previous: approval.id for approval in found if approval.previous}
    followed = (evolve(a, followed_by=following.get(a.id, "")) for a in found)
    return tuple(sorted(followed, key=lambda approval: -approval.seq))


def fold_approval(entries: Iterable[Entry]) -> Approval | None:
    """Return one approval, however old, from the entries about it."""
    approval: Approval | None = None
    for entry in entries:
        if isinstance(entry.fact, ApprovalRequested):
            approval = _approval(entry, entry.fact)
        elif approval is not None:
            approval = _approval_step(approval, entry)
    return approval

"""Rules of approvals: an exact subject, the people asked, one decision each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date

from attrs import evolve

from portalkit import clean
from portalkit.canonical import canonical, digest
from portalkit.errors import Invalid, NotAllowed, Outdated
from portalkit.facts import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalSuperseded,
    ApprovalVoided,
    Line,
)
from portalkit.model import (
    Approval,
    ApprovalState,
    Decision,
    ManifestItem,
    Outcome,
    Project,
    Reminders,
)
from portalkit.moments import as_day
from portalkit.rules.finding import across, find_asked, find_file, find_milestone, find_present
from portalkit.rules.notices import checked_reminders
from portalkit.rules.requests import Needed

__all__ = ["decide", "manifest_digest", "request_approval", "void_approval"]


def manifest_digest(id: str, title: str, statement: str, files: Iterable[ManifestItem]) -> str:
    """Return the digest of what an approval is about: its exact words and exact file versions."""
    items = sorted(files, key=lambda item: (item.file, item.version))
    subject = {
        "approval": id,
        "title": title,
        "statement": statement,
        "files": [
            {
                "file": i.file,
                "version": i.version,
                "name": i.name,
                "size": i.size,
                "type": i.type,
                "sha256": i.sha256,
            }
            for i in items
        ],
    }
    return digest("portalkit.manifest.1\n" + canonical(subject))


def request_approval(
    project: Project,
    id: str,
    *,
    milestone: str,
    title: str,
    people: Sequence[str],
    statement: str = "",
    files: Sequence[str] = (),
    needed: Needed = "all",
    due: date | None = None,
    previous: Approval | None = None,
    reminders: Reminders | None = None,
) -> list[Line]:
    """Ask clients to decide about the current versions of files, a statement, or both.

    ``previous`` is the round before, with the one that followed it, however long ago; if it is still open,
    this request supersedes it.
    """
    place = find_milestone(project, milestone)
    if place.internal:
        raise NotAllowed(
            "clients cannot see an internal milestone, so they cannot decide in it",
            remedy="Make the milestone visible first",
            milestone=place.title,
        )
    asked = find_asked(project, people)
    items = tuple(_item(project, milestone, file) for file in dict.fromkeys(files))
    title = clean.line(title, "title")
    statement = clean.prose(statement, "statement")
    if not items and not statement:
        raise Invalid(
            "an approval needs something to decide about",
            remedy="Name files, a statement, or both",
            field="files",
        )
    fact = ApprovalRequested(
        title=title,
        manifest=manifest_digest(id, title, statement, items),
        people=asked,
        statement=statement,
        files=items,
        needed=_needed(needed, len(asked)),
        due=as_day(due, "due"),
        round=previous.round + 1 if previous else 1,
        previous=previous.id if previous else "",
        reminders=checked_reminders(reminders),
    )
    lines = _supersede(previous, id, milestone) if previous else []
    return [*lines, Line(fact, milestone=milestone, subject=id)]


def _item(project: Project, milestone: str, id: str) -> ManifestItem:
    file = find_file(project, id)
    if file.milestone != milestone:
        raise across("a file and the approval about it", milestone, file.milestone)
    version = file.current
    if version.withdrawn:
        raise NotAllowed(
            "this file version was withdrawn", remedy="Deliver a new version first", file=file.name
        )
    if version.quarantined:
        raise NotAllowed(
            "this file version is in quarantine", remedy="Release it first", file=file.name
        )
    return ManifestItem(
        id, version.number, version.name, version.size, version.type, version.sha256
    )


def _needed(needed: Needed, people: int) -> int | None:
    if needed == "all":
        return None
    count: object = 1 if needed == "any" else needed
    if not isinstance(count, int) or not 1 <= count <= people:
        raise Invalid(
            "an approval can need 'all', 'any', or at least n of its people",
            remedy="Use a number from 1 to the number of people asked",
            field="needed",
            needed=needed,
            people=people,
        )
    return count


def _supersede(previous: Approval, by: str, milestone: str) -> list[Line]:
    if previous.superseded_by or previous.followed_by:
        raise Outdated(
            "this round has been followed by another already",
            remedy="Name the newest round as the previous one",
            approval=previous.id,
            by=previous.superseded_by or previous.followed_by,
        )
    if previous.milestone != milestone:
        raise across("a round and the one before it", milestone, previous.milestone)
    if previous.state is not ApprovalState.OPEN:
        return []
    fact = ApprovalSuperseded(by, f"#{previous.round + 1}", previous.title)
    return [Line(fact, milestone=milestone, subject=previous.id)]


def void_approval(project: Project, approval: Approval, reason: str) -> list[Line]:
    """Call off an open request, for a reason that everybody can read."""
    _open(approval)
    fact = ApprovalVoided(clean.prose(reason, "reason", required=True), approval.title)
    return [Line(fact, milestone=approval.milestone, subject=approval.id)]


def decide(project: Project, approval: Approval, decision: ApprovalDecided) -> list[Line]:
    """Record one person's decision about exactly what they were shown.

    The same decision given twice is one decision: the second adds nothing.  It is the same in all that it
    says; what differs in a word, or in who vouches for it, was not recorded, and is not answered as if.
    """
    outcome = clean.choice(Outcome, decision.outcome, "outcome")
    if decision.person not in approval.people:
        raise NotAllowed(
            "this decision was asked of somebody else",
            remedy="Let the people who were asked decide",
            approval=approval.id,
        )
    made = approval.decision_of(decision.person)
    if made is not None:
        if decision.manifest == approval.manifest and _repeats(made, decision, outcome):
            return []
        raise Outdated(
            "this person has decided already",
            remedy="Show the decision that stands",
            approval=approval.id,
            outcome=str(made.outcome),
        )
    _open(approval)
    find_present(project, decision.person)
    if decision.manifest != approval.manifest:
        raise Outdated(
            "this is not what the approval is about",
            remedy="Show the subject again and let the person decide on it",
            shown=decision.manifest,
            stands=approval.manifest,
        )
    if decision.evidence_file:
        evidence = find_file(project, decision.evidence_file)
        if evidence.milestone != approval.milestone:
            raise across("a decision and its evidence", approval.milestone, evidence.milestone)
    fact = evolve(
        decision,
        outcome=outcome,
        comment=_comment(decision.comment, outcome),
        typed_name=_typed_name(decision),
        title=approval.title,
        round=approval.round,
        locale=clean.reported(decision.locale),
        sentence=clean.prose(decision.sentence, "sentence", limit=2 * clean.PROSE_LIMIT),
        session=clean.reported(decision.session),
        address=clean.reported(decision.address),
        user_agent=clean.reported(decision.user_agent),
    )
    return [Line(fact, milestone=approval.milestone, subject=approval.id)]


def _repeats(made: Decision, again: ApprovalDecided, outcome: Outcome) -> bool:
    """Return whether a decision says nothing that the one on record does not say."""
    if (made.outcome, made.recognised, made.source) != (outcome, again.recognised, again.source):
        return False
    with suppress(Invalid):
        words = _comment(again.comment, outcome), _typed_name(again)
        return words == (made.comment, made.typed_name)
    return False


def _open(approval: Approval) -> None:
    if approval.state is not ApprovalState.OPEN:
        raise Outdated(
            "this request for approval is no longer open",
            remedy="Look at what took its place",
            approval=approval.id,
            state=str(approval.state),
            by=approval.superseded_by,
        )


def _comment(comment: str, outcome: Outcome) -> str:
    required = outcome in (Outcome.CHANGES_REQUESTED, Outcome.DECLINED)
    return clean.prose(comment, "comment", required=required, limit=5000)


def _typed_name(decision: ApprovalDecided) -> str:
    if decision.recognised == "elsewhere":
        return clean.line(decision.typed_name, "typed_name", required=False)
    name = clean.line(decision.typed_name, "typed_name")
    if sum(clean.visible(c) and c.isalpha() for c in name) < 2:
        raise Invalid(
            "this is no name", remedy="Type your full name", field="typed_name", value=name
        )
    return name

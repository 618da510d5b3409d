"""Approvals: what was asked of whom, what they decided, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from attrs import frozen

from portalkit.model.files import Reminders

__all__ = ["Approval", "ApprovalState", "Decision", "ManifestItem", "Outcome"]


class Outcome(StrEnum):
    """What a person decided, or how a request for approval ended."""

    APPROVED = "approved"
    APPROVED_WITH_CHANGES = "approved_with_changes"
    CHANGES_REQUESTED = "changes_requested"
    DECLINED = "declined"
    ABSTAINED = "abstained"

    @property
    def positive(self) -> bool:
        """Whether this lets the work go on."""
        return self in _POSITIVE


_POSITIVE = (Outcome.APPROVED, Outcome.APPROVED_WITH_CHANGES)


_ASKING = (Outcome.CHANGES_REQUESTED, Outcome.DECLINED)


_WORST_FIRST = (
    Outcome.DECLINED,
    Outcome.CHANGES_REQUESTED,
    Outcome.APPROVED_WITH_CHANGES,
    Outcome.APPROVED,
    Outcome.ABSTAINED,
)


class ApprovalState(StrEnum):
    """Where a request for approval stands."""

    OPEN = "open"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    VOID = "void"


@frozen
class ManifestItem:
    """One exact file version that a decision is bound to.

    Attributes:
        file: the file's id.
        version: its number.
        name: the file name.
        size: in bytes.
        type: media type.
        sha256: of the bytes, in hex.
    """

    file: str
    version: int
    name: str
    size: int
    type: str
    sha256: str


@frozen
class Decision:
    """What one person decided, when, and who wrote it down.

    Attributes:
        person: who decided.
        outcome: what.
        at: when it was given, in UTC milliseconds.
        seq: its entry.
        by: who wrote it down: differs from ``person`` when staff recorded a decision given elsewhere.
        recognised: how the person was recognised: ``link``, ``host``, or ``elsewhere`` if staff recorded it.
        comment: their words.
        typed_name: the name they typed.
        source: where it was given, if it was recorded by staff.
    """

    person: str
    outcome: Outcome
    at: int
    seq: int
    by: str
    recognised: str = ""
    comment: str = ""
    typed_name: str = ""
    source: str = ""


@frozen
class Approval:
    """A request for a decision about an immutable subject: exact file versions, a statement, or both.

    Attributes:
        id: stable.
        milestone: where it belongs.
        title: what is decided on.
        manifest: the digest of the subject; a decision names it.
        people: the ids of those who are asked.
        asked_by: the id of the person who asked.
        asked_at: when, in UTC milliseconds.
        seq: its first entry.
        statement: words to decide on, in Markdown.
        files: the exact file versions.
        needed: how many positive decisions end it well; ``None`` means everyone who does not abstain.
        due: the day by whose end the decision is wanted, or ``None``.
        round: 1, and one more for each request that took the place of another.
        previous: the round before, or empty.
        followed_by: the round after; known only while the project keeps this one.
        decisions: what was decided so far, in order.
        superseded_by: what took its place, or empty.
        superseded_why: why, or empty.
        void_why: why it was called off, or empty.
        ended_at: when it ended, in UTC milliseconds, or ``None``.
        reminders: when people are reminded; ``None`` for the portal's own.
    """

    id: str
    milestone: str
    title: str
    manifest: str
    people: tuple[str, ...]
    asked_by: str
    asked_at: int
    seq: int
    statement: str = ""
    files: tuple[ManifestItem, ...] = ()
    needed: int | None = None
    due: date | None = None
    round: int = 1
    previous: str = ""
    followed_by: str = ""
    decisions: tuple[Decision, ...] = ()
    superseded_by: str = ""
    superseded_why: str = ""
    void_why: str = ""
    ended_at: int | None = None
    reminders: Reminders | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended by decisions, or ``None`` while a better or worse end is still possible.

        One rule: it ends when enough positive decisions are there (the worst positive one counts)
        or when they can no longer come (the worst negative one counts; none at all is `Outcome.ABSTAINED`).
        """
        if not self.decisions and (self.needed or 1) <= len(self.people):
            return None  # as most requests are: nobody has answered yet
        given = [decision.outcome for decision in self.decisions]
        positive = [outcome for outcome in given if outcome.positive]
        negative = [o for o in given if not o.positive and o is not Outcome.ABSTAINED]
        waiting = len(self.people) - len(given)
        if self.needed is None:
            if negative:
                return _worst(negative)
            return None if waiting else _worst(positive)
        if len(positive) >= self.needed:
            return _worst(positive)
        return None if len(positive) + waiting >= self.needed else _worst(negative)

    @property
    def state(self) -> ApprovalState:
        """Open, closed by decisions, superseded by something newer, or void."""
        if self.void_why:
            return ApprovalState.VOID
        if self.superseded_why:
            return ApprovalState.SUPERSEDED
        ended = self.ended_at is not None or self.outcome is not None
        return ApprovalState.CLOSED if ended else ApprovalState.OPEN

    @property
    def returned(self) -> bool:
        """Whether the decisions ask the agency for more work that no later round has taken up."""
        asks = any(decision.outcome in _ASKING for decision in self.decisions)
        if not asks or self.followed_by or self.state is not ApprovalState.CLOSED:
            return False
        return self.outcome in _ASKING

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """Ids of the people whose decision is still awaited."""
        if self.state is not ApprovalState.OPEN:
            return ()
        given = {decision.person for decision in self.decisions}
        return tuple(person for person in self.people if person not in given)

    def decision_of(self, person: str) -> Decision | None:
        """Return what a person decided, or ``None``.

        Args:
            person: the person's id.
        """
        return next((d for d in self.decisions if d.person == person), None)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return min(outcomes, key=_WORST_FIRST.index, default=Outcome.ABSTAINED)

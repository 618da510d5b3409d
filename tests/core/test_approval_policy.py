"""When a request for approval has ended, and how: compared with every way it could still go."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from portalkit import Approval, ApprovalState, Decision, Outcome

PEOPLE = ("p1", "p2", "p3")
BAD = (Outcome.DECLINED, Outcome.CHANGES_REQUESTED)
GOOD = (Outcome.APPROVED_WITH_CHANGES, Outcome.APPROVED)
ABSTAINED = Outcome.ABSTAINED
Votes = tuple[Outcome | None, ...]


def approval(votes: Votes, needed: int | None, **rest: str) -> Approval:
    people = PEOPLE[: len(votes)]
    decisions = tuple(
        Decision(person, outcome, at=seq, seq=seq, by=person)
        for seq, (person, outcome) in enumerate(zip(people, votes, strict=True))
        if outcome is not None
    )
    return Approval(
        "a1", "m1", "T", "digest", people, "x", 0, 1, needed=needed, decisions=decisions, **rest
    )  # type: ignore[arg-type]


def is_good(votes: Sequence[Outcome], needed: int | None) -> bool:
    """Whether a request ends well once everybody has decided."""
    positive = [vote for vote in votes if vote in GOOD]
    if needed is None:
        return bool(positive) and len(positive) == sum(vote is not ABSTAINED for vote in votes)
    return len(positive) >= needed


def reference(votes: Votes, needed: int | None) -> Outcome | None:
    """The one rule, from its words: ended when nothing that may still come can turn it."""
    choices = [[vote] if vote else list(Outcome) for vote in votes]
    ends = {is_good(continuation, needed) for continuation in product(*choices)}
    if len(ends) == 2:
        return None
    worst_first = GOOD if ends == {True} else BAD
    return next((outcome for outcome in worst_first if outcome in votes), ABSTAINED)


@pytest.mark.parametrize("people", [1, 2, 3])
def test_an_approval_ends_exactly_when_no_further_decision_can_turn_it(people: int) -> None:
    """All combinations of any, all and at least n with every outcome of every person."""
    for votes in product((None, *Outcome), repeat=people):
        for needed in (None, *range(1, people + 1)):
            assert approval(votes, needed).outcome is reference(votes, needed), (votes, needed)


@pytest.mark.parametrize(
    ("needed", "votes", "outcome"),
    [
        (None, [Outcome.APPROVED, None], None),
        (None, [Outcome.APPROVED, ABSTAINED], Outcome.APPROVED),
        (None, [Outcome.DECLINED, None], Outcome.DECLINED),
        (None, [Outcome.APPROVED, Outcome.APPROVED_WITH_CHANGES], Outcome.APPROVED_WITH_CHANGES),
        (None, [ABSTAINED, ABSTAINED], ABSTAINED),
        (1, [Outcome.DECLINED, None], None),
        (1, [Outcome.APPROVED, None], Outcome.APPROVED),
        (1, [Outcome.CHANGES_REQUESTED, Outcome.DECLINED], Outcome.DECLINED),
        (2, [Outcome.APPROVED, Outcome.DECLINED, None], None),
        (2, [Outcome.CHANGES_REQUESTED, ABSTAINED, None], Outcome.CHANGES_REQUESTED),
    ],
)
def test_examples_of_the_policy(
    needed: int | None, votes: list[Outcome | None], outcome: Outcome | None
) -> None:
    assert approval(tuple(votes), needed).outcome is outcome


def test_an_open_approval_waits_for_those_who_have_not_decided() -> None:
    asked = approval((None, Outcome.APPROVED, None), None)
    assert asked.state is ApprovalState.OPEN
    assert asked.waiting_for == ("p1", "p3")
    assert asked.decision_of("p2") == asked.decisions[0]
    assert asked.decision_of("p1") is None


def test_an_approval_that_ended_waits_for_nobody() -> None:
    asked = approval((Outcome.APPROVED, None), 1)
    assert asked.state is ApprovalState.CLOSED
    assert asked.waiting_for == ()


@pytest.mark.parametrize("votes", [(None, None), (Outcome.APPROVED, None), (Outcome.APPROVED,) * 2])
def test_superseded_and_void_stand_above_any_decisions(votes: Votes) -> None:
    superseded = approval(votes, None, superseded_why="v2", superseded_by="a2")
    void = approval(votes, None, superseded_why="v2", void_why="mistake")
    assert superseded.state is ApprovalState.SUPERSEDED
    assert void.state is ApprovalState.VOID
    assert superseded.waiting_for == void.waiting_for == ()


def test_approving_and_approving_with_changes_let_the_work_go_on() -> None:
    assert {outcome for outcome in Outcome if outcome.positive} == set(GOOD)

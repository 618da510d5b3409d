"""Rules of milestones: planned, started, completed, reopened, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve

from portalkit import clean
from portalkit.errors import Invalid, NotAllowed
from portalkit.facts import (
    Line,
    MilestoneAdded,
    MilestoneChanged,
    MilestoneCompleted,
    MilestoneReopened,
    MilestonesOrdered,
    MilestoneStarted,
)
from portalkit.model import (
    Milestone,
    MilestoneStatus,
    Project,
)
from portalkit.moments import as_day
from portalkit.rules.finding import changed, find_milestone

__all__ = [
    "add_milestone",
    "change_milestone",
    "complete_milestone",
    "order_milestones",
    "reopen_milestone",
    "start_milestone",
]

_Described = TypeVar("_Described", MilestoneAdded, MilestoneChanged)


def add_milestone(project: Project, id: str, description: MilestoneAdded) -> list[Line]:
    """Plan a milestone after the existing ones."""
    return [Line(_described(description), milestone=id)]


def change_milestone(project: Project, id: str, changes: Mapping[str, Any]) -> list[Line]:
    """Change a milestone's title, summary, starts, due or internal."""
    old = find_milestone(project, id)
    now = MilestoneChanged(old.title, old.summary, old.starts, old.due, old.internal)
    new = _described(changed(now, changes))
    return [] if new == now else [Line(new, milestone=id)]


def _described(fact: _Described) -> _Described:
    starts, due = as_day(fact.starts, "starts"), as_day(fact.due, "due")
    if starts and due and starts > due:
        raise Invalid(
            "a milestone cannot be due before it starts",
            remedy="Swap or correct the dates",
            field="due",
            starts=starts.isoformat(),
            due=due.isoformat(),
        )
    return evolve(
        fact,
        title=clean.line(fact.title, "title"),
        summary=clean.prose(fact.summary, "summary"),
        internal=clean.flag(fact.internal, "internal"),
    )


def order_milestones(project: Project, order: Sequence[str]) -> list[Line]:
    """Put the milestones in this order; every one is named exactly once."""
    for id in order:
        find_milestone(project, id)
    if len(order) != len(project.milestones) or len(set(order)) != len(order):
        raise Invalid(
            "an order names every milestone exactly once",
            remedy="List the ids of all milestones of the project",
            field="order",
            named=len(order),
            milestones=len(project.milestones),
        )
    return (
        [] if list(order) == list(project.milestones) else [Line(MilestonesOrdered(tuple(order)))]
    )


def start_milestone(project: Project, id: str, happened: int | None = None) -> list[Line]:
    """Begin work on a planned milestone."""
    _in_status(find_milestone(project, id), MilestoneStatus.PLANNED)
    return [Line(MilestoneStarted(happened), milestone=id)]


def complete_milestone(
    project: Project, id: str, outcome: str = "", happened: int | None = None
) -> list[Line]:
    """Complete a milestone that is planned or in progress, with its outcome."""
    _in_status(find_milestone(project, id), MilestoneStatus.PLANNED, MilestoneStatus.IN_PROGRESS)
    return [Line(MilestoneCompleted(clean.prose(outcome, "outcome"), happened), milestone=id)]


def reopen_milestone(project: Project, id: str, reason: str) -> list[Line]:
    """Take up a completed milestone again, for a reason that everybody can read."""
    _in_status(find_milestone(project, id), MilestoneStatus.COMPLETED)
    fact = MilestoneReopened(clean.prose(reason, "reason", required=True))
    return [Line(fact, milestone=id)]


def _in_status(milestone: Milestone, *allowed: MilestoneStatus) -> None:
    if milestone.status not in allowed:
        raise NotAllowed(
            "the milestone is not in the state for this",
            remedy="Start what is planned, complete what is in progress, reopen what is completed",
            milestone=milestone.title,
            status=str(milestone.status),
        )

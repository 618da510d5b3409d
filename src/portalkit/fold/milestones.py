"""Folding milestones: a function for each fact gives what an entry of it changes."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from portalkit.facts import (
    Entry,
    MilestoneAdded,
    MilestoneChanged,
    MilestoneCompleted,
    MilestoneReopened,
    MilestonesOrdered,
    MilestoneStarted,
)
from portalkit.fold.changes import Changes, mark_of, put
from portalkit.model import (
    Milestone,
    MilestoneStatus,
    Project,
)

__all__ = [
    "milestone_added",
    "milestone_changed",
    "milestone_completed",
    "milestone_reopened",
    "milestone_started",
    "milestones_ordered",
    "on_milestone",
]


def milestone_added(project: Project, entry: Entry, fact: MilestoneAdded) -> Changes:
    milestone = Milestone(
        id=entry.milestone,
        title=fact.title,
        summary=fact.summary,
        starts=fact.starts,
        due=fact.due,
        internal=fact.internal,
        seq=entry.seq,
        mark=mark_of(entry),
    )
    return {"milestones": put(project.milestones, milestone)}


def milestone_changed(project: Project, entry: Entry, fact: MilestoneChanged) -> Changes:
    return on_milestone(
        project,
        entry,
        title=fact.title,
        summary=fact.summary,
        starts=fact.starts,
        due=fact.due,
        internal=fact.internal,
    )


def milestones_ordered(project: Project, entry: Entry, fact: MilestonesOrdered) -> Changes:
    named = {id: project.milestones[id] for id in fact.order if id in project.milestones}
    return {"milestones": {**named, **project.milestones, **named}}


def milestone_started(project: Project, entry: Entry, fact: MilestoneStarted) -> Changes:
    return on_milestone(
        project,
        entry,
        status=MilestoneStatus.IN_PROGRESS,
        started_at=fact.happened or entry.at,
    )


def milestone_completed(project: Project, entry: Entry, fact: MilestoneCompleted) -> Changes:
    return on_milestone(
        project,
        entry,
        status=MilestoneStatus.COMPLETED,
        completed_at=fact.happened or entry.at,
        outcome=fact.outcome,
    )


def milestone_reopened(project: Project, entry: Entry, fact: MilestoneReopened) -> Changes:
    return on_milestone(
        project, entry, status=MilestoneStatus.IN_PROGRESS, completed_at=None, outcome=""
    )


def on_milestone(project: Project, entry: Entry, **changes: Any) -> Changes:
    """Change the milestone that an entry concerns, if there is one, and mark its place in the log."""
    milestone = project.milestones.get(entry.milestone)
    if milestone is None:
        return {}
    moved = evolve(milestone, seq=entry.seq, mark=mark_of(entry), **changes)
    return {"milestones": put(project.milestones, moved)}

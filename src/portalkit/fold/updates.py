"""Folding updates: the latest of each milestone stay at hand, every revision is in the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve

from portalkit.facts import (
    Entry,
    UpdatePosted,
    UpdateRevised,
)
from portalkit.fold.changes import Changes, put
from portalkit.fold.milestones import on_milestone
from portalkit.model import (
    Project,
    Update,
)

__all__ = ["UPDATES_KEPT", "fold_update", "revised", "update_of", "update_posted", "update_revised"]

UPDATES_KEPT: Final = 3


def update_of(entry: Entry, fact: UpdatePosted | UpdateRevised) -> Update:
    return Update(
        id=entry.subject,
        milestone=entry.milestone,
        author=entry.actor,
        at=entry.at,
        seq=entry.seq,
        title=fact.title,
        done=fact.done,
        doing=fact.doing,
        next=fact.next,
        need=fact.need,
        body=fact.body,
        about=fact.about,
    )


def update_posted(project: Project, entry: Entry, fact: UpdatePosted) -> Changes:
    updates = put(project.updates, update_of(entry, fact))
    mine = [u for u in updates.values() if u.milestone == entry.milestone]
    for old in sorted(mine, key=lambda update: update.seq)[:-UPDATES_KEPT]:
        del updates[old.id]
    milestone = project.milestones.get(entry.milestone)
    counted = milestone.updates + 1 if milestone else 1
    return {"updates": updates, **on_milestone(project, entry, updates=counted)}


def update_revised(project: Project, entry: Entry, fact: UpdateRevised) -> Changes:
    old = project.updates.get(entry.subject)
    if old is None:
        return {}
    return {"updates": put(project.updates, revised(old, entry, fact))}


def revised(old: Update, entry: Entry, fact: UpdateRevised) -> Update:
    """Return an update after a revision: author, time and place in the log stay the first ones."""
    return evolve(
        update_of(entry, fact),
        author=old.author,
        at=old.at,
        seq=old.seq,
        revision=fact.revision,
        revised_at=entry.at,
    )


def fold_update(entries: Iterable[Entry]) -> tuple[Update, ...]:
    """Return every revision of one update, oldest first, from the entries about it."""
    found: list[Update] = []
    for entry in entries:
        if isinstance(entry.fact, UpdatePosted):
            found = [update_of(entry, entry.fact)]
        elif isinstance(entry.fact, UpdateRevised) and found:
            found.append(revised(found[-1], entry, entry.fact))
    return tuple(found)

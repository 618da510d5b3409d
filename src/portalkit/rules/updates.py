"""Rules of updates: posted about something, and revised openly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import evolve

from portalkit import clean
from portalkit.errors import Invalid, NotFound
from portalkit.facts import (
    Line,
    UpdatePosted,
    UpdateRevised,
)
from portalkit.model import (
    Approval,
    Project,
    Update,
)
from portalkit.rules.finding import across, changed, find_milestone

__all__ = ["post_update", "revise_update"]

_Text = TypeVar("_Text", UpdatePosted, UpdateRevised)


def post_update(
    project: Project,
    id: str,
    *,
    milestone: str,
    text: UpdatePosted,
    strict: bool = False,
    about: Approval | None = None,
) -> list[Line]:
    """Post news of a milestone.

    ``about`` is the approval named by ``text.about`` where it lies outside the folded project.  In strict
    mode an update that refers to neither an outcome nor a decision is refused.
    """
    find_milestone(project, milestone)
    _refers(project, milestone, text.about, about)
    _strictly(strict, text.about)
    return [Line(_worded(text), milestone=milestone, subject=id)]


def revise_update(
    project: Project,
    old: Update,
    changes: Mapping[str, Any],
    *,
    strict: bool = False,
    about: Approval | None = None,
) -> list[Line]:
    """Give an update a new text; old revisions stay readable.  ``strict``, ``about``: as in `post_update`."""
    now = UpdateRevised(
        revision=old.revision + 1,
        title=old.title,
        done=old.done,
        doing=old.doing,
        next=old.next,
        need=old.need,
        body=old.body,
        about=old.about,
    )
    new = _worded(changed(now, changes, fixed=("revision",)))
    if "about" in changes:
        _refers(project, old.milestone, new.about, about)
        _strictly(strict, new.about)
    return [] if new == now else [Line(new, milestone=old.milestone, subject=old.id)]


def _strictly(strict: bool, about: str) -> None:
    if strict and not about:
        raise Invalid(
            "an update must refer to an outcome or to a pending decision",
            remedy="Pass about= the approval, the file or the milestone whose outcome it reports",
            field="about",
        )


def _worded(text: _Text) -> _Text:
    said = evolve(
        text,
        title=clean.line(text.title, "title", required=False),
        done=clean.prose(text.done, "done"),
        doing=clean.prose(text.doing, "doing"),
        next=clean.prose(text.next, "next"),
        need=clean.prose(text.need, "need"),
        body=clean.prose(text.body, "body"),
    )
    if not any((said.title, said.done, said.doing, said.next, said.need, said.body)):
        raise Invalid(
            "an update must say something",
            remedy="Fill done, doing, next, need or body",
            field="update",
        )
    return said


def _refers(project: Project, milestone: str, about: str, old: Approval | None) -> None:
    if not about or about == milestone:
        return
    thing = project.approvals.get(about) or project.files.get(about) or old
    if thing is None:
        raise NotFound("the update refers to nothing in this project", about=about)
    if thing.milestone != milestone:
        raise across("an update and what it refers to", milestone, thing.milestone)

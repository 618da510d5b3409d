"""The history in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from portalkit.language import N_
from portalkit.model import (
    Activity,
    Project,
)
from portalkit.pages.parts import name_of, question_view
from portalkit.pages.values import Line, Reader

__all__ = ["MESSAGES", "OTHER", "RECORDED", "history_lines"]

MESSAGES: Final[Mapping[str, str]] = {
    "project.opened": N_("{actor} opened the project"),
    "project.changed": N_("{actor} changed the project's description"),
    "project.status active": N_("{actor} made the project active"),
    "project.status on_hold": N_("{actor} put the project on hold"),
    "project.status completed": N_("{actor} completed the project"),
    "project.status archived": N_("{actor} archived the project"),
    "project.resources": N_("{actor} changed the quick links"),
    "person.added": N_("{thing} joined the project"),
    "person.changed": N_("{thing}: particulars changed by {actor}"),
    "person.redacted": N_("The personal data of a person were erased"),
    "link.issued": N_("{actor} issued the link of {thing}"),
    "link.rotated": N_("{actor} replaced the link of {thing}"),
    "link.changed": N_("{actor} changed the link of {thing}"),
    "link.revoked": N_("{actor} revoked the link of {thing}"),
    "link.requested": N_("{thing} asked for the link again"),
    "milestone.added": N_("{actor} planned {thing}"),
    "milestone.changed": N_("{actor} changed {thing}"),
    "milestone.ordered": N_("{actor} changed the order of the milestones"),
    "milestone.started": N_("{actor} started {thing}"),
    "milestone.completed": N_("{actor} completed {thing}"),
    "milestone.reopened": N_("{actor} reopened {thing}"),
    "update.posted": N_("{actor} posted {thing}"),
    "update.revised": N_("{actor} revised {thing}"),
    "file.added": N_("{actor} added {thing}"),
    "file.version": N_("{actor} added {thing}, version {number}"),
    "file.state draft": N_("{actor} marked {thing} as draft"),
    "file.state final": N_("{actor} marked {thing} as final"),
    "file.withdrawn": N_("{actor} withdrew {thing}, version {number}"),
    "file.delivered": N_("{actor} handed in {thing}"),
    "file.quarantined": N_("{thing} is being checked before it is given out"),
    "file.released": N_("{actor} released {thing}"),
    "request.made": N_("{actor} asked for a file: {thing}"),
    "request.fulfilled": N_("{actor} delivered what was asked for: {thing}"),
    "request.withdrawn": N_("{actor} withdrew the request for a file: {thing}"),
    "approval.requested": N_("{actor} asked for a decision on {thing}"),
    "approval.decided approved": N_("{actor} approved {thing}"),
    "approval.decided approved_with_changes": N_("{actor} approved {thing} with changes"),
    "approval.decided changes_requested": N_("{actor} asked for changes on {thing}"),
    "approval.decided declined": N_("{actor} declined {thing}"),
    "approval.decided abstained": N_("{actor} abstained on {thing}"),
    "approval.superseded": N_("{thing} was superseded by a newer request"),
    "approval.voided": N_("{actor} called off the request about {thing}"),
    "question.asked": N_("{actor} asked about {thing}"),
    "question.answered": N_("{actor} answered a question about {thing}"),
    "question.closed": N_("{actor} closed a question about {thing}"),
    "question.reopened": N_("{actor} reopened a question about {thing}"),
    "recap.asked": N_("{actor} asked on the page where the project stands"),
    "recap.recorded mail": N_("{thing} asked by mail where the project stands"),
    "recap.recorded call": N_("{thing} asked by telephone where the project stands"),
    "recap.recorded chat": N_("{thing} asked in a chat where the project stands"),
    "recap.recorded meeting": N_("{thing} asked in a meeting where the project stands"),
}
"""What each kind of entry says in the history."""


OTHER: Final = N_("{actor} did something that a newer version of this portal will explain")
RECORDED: Final = N_("recorded by {name}")


def history_lines(
    project: Project, activities: Iterable[Activity], reader: Reader, limit: int
) -> list[Line]:
    return [_line(project, activity, reader) for activity in list(activities)[:limit]]


def _line(project: Project, activity: Activity, reader: Reader) -> Line:
    say = reader.language
    detail, _, decider = activity.detail.partition(" ")
    message = MESSAGES.get(f"{activity.kind} {detail}") or MESSAGES.get(activity.kind, OTHER)
    actor = name_of(project, decider or activity.actor, reader)
    note = activity.note
    if activity.kind == "recap.recorded" or (decider and decider != activity.actor):
        note = say.text(RECORDED, name=name_of(project, activity.actor, reader))
    translated = say.text(message).replace("{number}", detail)
    return Line(
        activity=activity,
        message=translated,
        actor=actor,
        thing=_thing(project, activity, reader),
        path=_path(activity),
        new=reader.new(activity.seq),
        note=note,
        milestone=project.milestones.get(activity.milestone),
    )


def _thing(project: Project, activity: Activity, reader: Reader) -> str:
    if activity.kind.startswith(("person.", "recap.")):
        return name_of(project, activity.subject, reader)
    if activity.kind.startswith("link."):
        return name_of(project, activity.detail, reader)
    if activity.title:
        return activity.title
    if activity.kind.startswith("file.") and activity.subject in project.files:
        return project.files[activity.subject].name
    if activity.kind.startswith("question.") and activity.subject in project.questions:
        _, _, title = question_view(project, project.questions[activity.subject], reader).about
        if title:
            return title
    milestone = project.milestones.get(activity.milestone)
    return milestone.title if milestone else ""


def _path(activity: Activity) -> str:
    """Where the thing of a line is, below the link's pages."""
    room, _, what = activity.kind.partition(".")
    match room:
        case "update":
            return f"u/{activity.subject}"
        case "approval":
            return f"a/{activity.subject}"
        case "question":
            return f"q/{activity.subject}"
        case "milestone" if what != "ordered":
            return f"m/{activity.milestone}"
        case "request":
            return f"m/{activity.milestone}"
        case "file" if what in ("added", "delivered"):
            return f"f/{activity.subject}/1"
        case "file" if what == "version":
            return f"f/{activity.subject}/{activity.detail}"
        case "file":
            return f"m/{activity.milestone}"
    return ""

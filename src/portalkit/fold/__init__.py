"""The fold: a project and its next entry give the project as it then stands.

Pure and total: it never reads a clock, never refuses and never looks anything up.  Whether something
may happen is decided by the rules before it enters the log; what is in the log has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import evolve

from portalkit.facts import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalSuperseded,
    ApprovalVoided,
    Entry,
    Fact,
    FileAdded,
    FileDelivered,
    FileQuarantined,
    FileReleased,
    FileRequested,
    FileStateChanged,
    FileWithdrawn,
    LinkChanged,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    LinkRotated,
    MilestoneAdded,
    MilestoneChanged,
    MilestoneCompleted,
    MilestoneReopened,
    MilestonesOrdered,
    MilestoneStarted,
    NoticesBounced,
    NoticesChosen,
    NoticesSent,
    PersonAdded,
    PersonChanged,
    PersonRedacted,
    ProjectChanged,
    ProjectOpened,
    ProjectStatusChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RecapAsked,
    RecapRecorded,
    ReminderNudged,
    RequestFulfilled,
    RequestWithdrawn,
    ResourcesChanged,
    UnknownFact,
    UpdatePosted,
    UpdateRevised,
    VersionAdded,
)
from portalkit.fold.activity import activity_of
from portalkit.fold.approvals import (
    approval_moved,
    approval_requested,
    fold_approval,
    fold_approvals,
)
from portalkit.fold.changes import Changes, mark_of
from portalkit.fold.files import (
    file_added,
    file_delivered,
    file_quarantined,
    file_released,
    file_state,
    file_withdrawn,
    version_added,
    versions,
)
from portalkit.fold.milestones import (
    milestone_added,
    milestone_changed,
    milestone_completed,
    milestone_reopened,
    milestone_started,
    milestones_ordered,
    on_milestone,
)
from portalkit.fold.news import (
    NEWS_KINDS,
    Lane,
    concerned,
    lane,
    notices_bounced,
    notices_chosen,
    notices_sent,
    told_of,
    waits,
)
from portalkit.fold.people import (
    link_changed,
    link_issued,
    link_requested,
    link_revoked,
    link_rotated,
    person_added,
    person_changed,
    person_redacted,
)
from portalkit.fold.project import (
    project_changed,
    project_opened,
    project_status,
    resources,
    unchanged,
    unknown,
)
from portalkit.fold.questions import (
    fold_question,
    question_moved,
    recap_asked,
)
from portalkit.fold.requests import fold_request, request_ended, request_made
from portalkit.fold.updates import fold_update, update_posted, update_revised
from portalkit.model import Activity, Project

__all__ = [
    "FOLD_NUMBER",
    "NEWS_KINDS",
    "RECENT_KEPT",
    "Lane",
    "activity_of",
    "apply",
    "concerned",
    "fold",
    "fold_approval",
    "fold_approvals",
    "fold_question",
    "fold_request",
    "fold_update",
    "lane",
    "notices_sent",
    "versions",
    "waits",
]

FOLD_NUMBER: Final = 3
"""Raised by hand whenever the same log folds to something else; older snapshots are then replayed."""

RECENT_KEPT: Final = 30
"""So many lines of the history are at hand, and as many of internal milestones."""


def fold(entries: Iterable[Entry], project: Project | None = None) -> Project | None:
    """Apply entries in order; return the project, or ``None`` if there was nothing to begin with."""
    for entry in entries:
        project = apply(project, entry)
    return project


def apply(project: Project | None, entry: Entry) -> Project:
    """Return the project as it stands after one more entry."""
    if project is None:
        project = Project(entry.project, "", "", created_at=entry.at)
    handler = _HANDLERS.get(type(entry.fact), unknown)
    changes = {**handler(project, entry, entry.fact), "version": entry.seq, "updated_at": entry.at}
    activity = activity_of(entry)
    changes["latest"] = {**project.latest, activity.kind: entry.seq}
    changes |= told_of(project, entry, changes.get("news", project.news), activity)
    if not entry.milestone:
        changes["mark"] = mark_of(entry)
    elif "milestones" not in changes:
        changes |= on_milestone(project, entry)
    if not isinstance(entry.fact, _BEHIND_THE_SCENES):
        changes["recent"] = _recent(project, activity)
    return evolve(project, **changes)


def _recent(project: Project, newest: Activity) -> tuple[Activity, ...]:
    """The latest lines: those of internal milestones count apart, and push out none that clients see."""
    hidden = {id for id, milestone in project.milestones.items() if milestone.internal}
    lines = [newest, *project.recent]
    like_it = [
        n for n, a in enumerate(lines) if (a.milestone in hidden) == (newest.milestone in hidden)
    ]
    for surplus in reversed(like_it[RECENT_KEPT:]):
        del lines[surplus]
    return tuple(lines)


_BEHIND_THE_SCENES: Final = (
    LinkIssued,
    LinkRotated,
    LinkChanged,
    LinkRevoked,
    LinkRequested,
    RecapAsked,
    RecapRecorded,
    ReminderNudged,
    NoticesChosen,
    NoticesSent,
    NoticesBounced,
    UnknownFact,
)
_HANDLERS: Final[dict[type[Fact], Callable[[Project, Entry, Any], Changes]]] = {
    ProjectOpened: project_opened,
    ProjectChanged: project_changed,
    ProjectStatusChanged: project_status,
    ResourcesChanged: resources,
    PersonAdded: person_added,
    PersonChanged: person_changed,
    PersonRedacted: person_redacted,
    LinkIssued: link_issued,
    LinkRotated: link_rotated,
    LinkChanged: link_changed,
    LinkRevoked: link_revoked,
    LinkRequested: link_requested,
    MilestoneAdded: milestone_added,
    MilestoneChanged: milestone_changed,
    MilestonesOrdered: milestones_ordered,
    MilestoneStarted: milestone_started,
    MilestoneCompleted: milestone_completed,
    MilestoneReopened: milestone_reopened,
    UpdatePosted: update_posted,
    UpdateRevised: update_revised,
    FileAdded: file_added,
    VersionAdded: version_added,
    FileStateChanged: file_state,
    FileWithdrawn: file_withdrawn,
    FileDelivered: file_delivered,
    FileQuarantined: file_quarantined,
    FileReleased: file_released,
    FileRequested: request_made,
    RequestFulfilled: request_ended,
    RequestWithdrawn: request_ended,
    ApprovalRequested: approval_requested,
    ApprovalDecided: approval_moved,
    ApprovalSuperseded: approval_moved,
    ApprovalVoided: approval_moved,
    QuestionAsked: question_moved,
    QuestionAnswered: question_moved,
    QuestionClosed: question_moved,
    QuestionReopened: question_moved,
    RecapAsked: recap_asked,
    RecapRecorded: unchanged,
    ReminderNudged: unchanged,
    NoticesChosen: notices_chosen,
    NoticesSent: notices_sent,
    NoticesBounced: notices_bounced,
}

"""The project as it stands: frozen values that the fold builds and everything else reads.

Nothing here reads a clock.  Instants are integers in UTC milliseconds; days are `datetime.date` and
mean the whole day in the project's time zone.  The model is bounded: it keeps what the project page
and the rules need (per milestone the latest updates, the current version of each file, the open
approvals and the last closed one); everything older is an index look-up in the log.
"""

from __future__ import annotations

from portalkit.model.approvals import Approval, ApprovalState, Decision, ManifestItem, Outcome
from portalkit.model.files import File, FileRequest, FileState, Reminders, RequestState, Version
from portalkit.model.ids import new_id
from portalkit.model.milestones import Milestone, MilestoneStatus, Update, headline
from portalkit.model.notices import (
    Activity,
    HookRun,
    HookState,
    News,
    NoticeMode,
    Sending,
    SendingState,
    Subscription,
)
from portalkit.model.people import CLIENT, READER, Link, LinkState, Person, Scope, Side
from portalkit.model.project import Answers, Project, ProjectStatus, Resource
from portalkit.model.questions import Question, QuestionState, RecapSource, Remark

__all__ = [
    "CLIENT",
    "READER",
    "Activity",
    "Answers",
    "Approval",
    "ApprovalState",
    "Decision",
    "File",
    "FileRequest",
    "FileState",
    "HookRun",
    "HookState",
    "Link",
    "LinkState",
    "ManifestItem",
    "Milestone",
    "MilestoneStatus",
    "News",
    "NoticeMode",
    "Outcome",
    "Person",
    "Project",
    "ProjectStatus",
    "Question",
    "QuestionState",
    "RecapSource",
    "Remark",
    "Reminders",
    "RequestState",
    "Resource",
    "Scope",
    "Sending",
    "SendingState",
    "Side",
    "Subscription",
    "Update",
    "Version",
    "headline",
    "new_id",
]

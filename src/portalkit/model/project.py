"""The project: everything of it at one place of its log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from attrs import Factory, evolve, frozen

from portalkit.model.approvals import Approval
from portalkit.model.files import File, FileRequest
from portalkit.model.milestones import Milestone, MilestoneStatus, Update
from portalkit.model.notices import Activity, HookState, News, Subscription
from portalkit.model.people import Link, Person
from portalkit.model.questions import Question

__all__ = ["Answers", "Project", "ProjectStatus", "Resource"]


class ProjectStatus(StrEnum):
    """The state of a project; an archived one can be read, and clients cannot write."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    ARCHIVED = "archived"


@frozen
class Resource:
    """A quick link to something outside, such as a staging site or a brand guide.

    Attributes:
        label: what is shown.
        url: where it leads.
    """

    label: str
    url: str


@frozen
class Answers:
    """The four answers.  Each visible milestone is in exactly one of the first, second and last.

    Attributes:
        completed: milestones that are completed.
        in_progress: milestones that are being worked on.
        needs_decision: open requests, the most urgent first.
        next: milestones that are planned.
        needs_files: files that clients are asked to hand in; they belong to the third answer.
    """

    completed: tuple[Milestone, ...]
    in_progress: tuple[Milestone, ...]
    needs_decision: tuple[Approval, ...]
    next: tuple[Milestone, ...]
    needs_files: tuple[FileRequest, ...] = ()

    def of(self, person: str) -> Answers:
        """Return the answers with only what waits for one person.

        Args:
            person: the person's id.
        """
        return evolve(
            self,
            needs_decision=tuple(a for a in self.needs_decision if person in a.waiting_for),
            needs_files=tuple(r for r in self.needs_files if person in r.people),
        )


@frozen
class Project:
    """A project as it stands after entry ``version`` of its log.

    Attributes:
        id: stable.
        title: what it is called.
        client_name: the client's name.
        client: the host's own key of the client, or empty.
        account: the tenant it belongs to.
        ref: the host's own key of the project, or ``None``.
        summary: what it is about, in Markdown.
        zone: IANA name of the client's time zone.
        locale: language of people who have none of their own.
        brand: the key of its brand, or empty for the first.
        status: active, on hold, completed or archived.
        status_reason: why, or empty.
        created_at: UTC milliseconds.
        updated_at: UTC milliseconds of the last entry.
        version: how many entries it has.
        mark: names the last entry that concerned the whole project, for cache keys.
        newer: whether the log holds facts that this portalkit does not know: it cannot be written.
        people: by id.
        links: by id.
        milestones: by id, in order.
        updates: by id; of each milestone the latest three.
        files: by id, each with its current version.
        approvals: by id; the open ones, and of each milestone the one closed last.
        requests: the open requests for files, by id.
        resources: the quick links, in order.
        recent: the latest lines of the history, newest first: thirty, and as many of internal milestones.
        questions: by id; the open ones, and of each milestone the three others that moved last.
        recaps: when each person last asked "where are we?" with the button, in UTC milliseconds.
        news: what people still have to be told by mail, oldest first.
        brought: by ``<person>/news`` and ``<person>/asks``, how many things that others are told of each
            has brought.
        subscriptions: by the id of the person; who has none wants everything.
        reminded: by ``<approval or request>/<person>``, how often they were reminded, and when they were last
            told or reminded, in UTC milliseconds.
        hooked: by name, how far each durable hook came.
        latest: the last entry of each kind of fact.
    """

    id: str
    title: str
    client_name: str
    client: str = ""
    account: str = ""
    ref: str | None = None
    summary: str = ""
    zone: str = "UTC"
    locale: str = "en"
    brand: str = ""
    status: ProjectStatus = ProjectStatus.ACTIVE
    status_reason: str = ""
    created_at: int = 0
    updated_at: int = 0
    version: int = 0
    mark: str = ""
    newer: bool = False
    people: Mapping[str, Person] = Factory(dict)
    links: Mapping[str, Link] = Factory(dict)
    milestones: Mapping[str, Milestone] = Factory(dict)
    updates: Mapping[str, Update] = Factory(dict)
    files: Mapping[str, File] = Factory(dict)
    approvals: Mapping[str, Approval] = Factory(dict)
    requests: Mapping[str, FileRequest] = Factory(dict)
    resources: tuple[Resource, ...] = ()
    recent: tuple[Activity, ...] = ()
    questions: Mapping[str, Question] = Factory(dict)
    recaps: Mapping[str, int] = Factory(dict)
    news: tuple[News, ...] = ()
    brought: Mapping[str, int] = Factory(dict)
    subscriptions: Mapping[str, Subscription] = Factory(dict)
    reminded: Mapping[str, tuple[int, int]] = Factory(dict)
    hooked: Mapping[str, HookState] = Factory(dict)
    latest: Mapping[str, int] = Factory(dict)

    @property
    def answers(self) -> Answers:
        """The four answers with all that waits for clients, which is what staff see of them together."""
        hidden = {milestone.id for milestone in self.milestones.values() if milestone.internal}
        pending = [
            a for a in self.approvals.values() if a.waiting_for and a.milestone not in hidden
        ]
        wanted = [r for r in self.requests.values() if r.milestone not in hidden]
        by_status: dict[MilestoneStatus, list[Milestone]] = {s: [] for s in MilestoneStatus}
        for milestone in self.milestones.values():
            by_status[milestone.status].append(milestone)
        return Answers(
            completed=tuple(by_status[MilestoneStatus.COMPLETED]),
            in_progress=tuple(by_status[MilestoneStatus.IN_PROGRESS]),
            needs_decision=tuple(sorted(pending, key=_urgency)),
            next=tuple(by_status[MilestoneStatus.PLANNED]),
            needs_files=tuple(sorted(wanted, key=_urgency)),
        )

    def answers_for(self, person: str) -> Answers:
        """Return the four answers with only what waits for one person.

        Args:
            person: the person's id.
        """
        return self.answers.of(person)

    @property
    def latest_update(self) -> Update | None:
        """The update that was posted last, or ``None``."""
        return max(self.updates.values(), key=lambda update: update.seq, default=None)

    def updates_of(self, milestone: str) -> tuple[Update, ...]:
        """Return the latest updates of a milestone, newest first.

        Args:
            milestone: the milestone's id.
        """
        found = [u for u in self.updates.values() if u.milestone == milestone]
        return tuple(sorted(found, key=lambda update: -update.seq))

    def files_of(self, milestone: str) -> tuple[File, ...]:
        """Return the files of a milestone in the order they were added.

        Args:
            milestone: the milestone's id.
        """
        return tuple(f for f in self.files.values() if f.milestone == milestone)

    def approvals_of(self, milestone: str) -> tuple[Approval, ...]:
        """Return the open approvals and the last closed one of a milestone, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(a for a in self.approvals.values() if a.milestone == milestone)

    def requests_of(self, milestone: str) -> tuple[FileRequest, ...]:
        """Return the open requests for files of a milestone, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(r for r in self.requests.values() if r.milestone == milestone)

    def questions_of(self, milestone: str) -> tuple[Question, ...]:
        """Return the questions of a milestone that are at hand, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(q for q in self.questions.values() if q.milestone == milestone)

    def subscription_of(self, person: str) -> Subscription:
        """Return what a person wants to be told by mail, and how far they were told.

        Args:
            person: the person's id.
        """
        return self.subscriptions.get(person) or Subscription(person)

    def link_of(self, person: str) -> Link | None:
        """Return a person's link, or ``None`` if none was issued.

        Args:
            person: the person's id.
        """
        return next((link for link in self.links.values() if link.person == person), None)


def _urgency(asked: Approval | FileRequest) -> tuple[date, int]:
    return (asked.due or date.max, asked.seq)

"""What is due: who is to be told what and from when on, by project, instant and policy alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from attrs import evolve, frozen

from portalkit.fold import Lane, lane, waits
from portalkit.model import (
    Activity,
    Link,
    LinkState,
    News,
    NoticeMode,
    Person,
    Project,
    ProjectStatus,
    Sending,
    SendingState,
    Side,
    Subscription,
)
from portalkit.moments import at_hour, day_of
from portalkit.notices.policy import Policy
from portalkit.notices.reminders import asked_of, awaited, next_reminder

__all__ = ["ATTEMPTS", "BACK_OFF_MS", "LEADING", "Due", "due", "first_due", "wake"]

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
BACK_OFF_MS: Final = (
    *(1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE),
    *(1 * _HOUR, 4 * _HOUR, 12 * _HOUR, 24 * _HOUR),
)
"""How long to wait after each attempt that failed."""

ATTEMPTS: Final = len(BACK_OFF_MS) + 1
"""After so many attempts a message is given up."""

LEADING: Final = (
    "approval.requested",
    "request.made",
    "reminder.nudged",
    "question.answered",
    "approval.decided",
    "question.asked",
    "recap.asked",
    "question.reopened",
    "question.closed",
    "request.fulfilled",
    "request.withdrawn",
    "approval.voided",
    "approval.superseded",
    "link.issued",
    "link.rotated",
    "link.requested",
    "link.revoked",
    "milestone.completed",
    "milestone.reopened",
    "project.status",
    "update.posted",
    "file.withdrawn",
    "file.delivered",
    "file.version",
    "file.added",
)
"""Every kind of fact that somebody is told of, the most important first: it leads its notice."""

_RANK: Final = {kind: rank for rank, kind in enumerate(LEADING)}
_OF_ARCHIVED: Final = ("link.", "project.status", "approval.decided")
"""What people are told of an archived project: that it is one, what was decided before, and how to get in."""

_ASKING: Final = frozenset({"approval.requested", "request.made", "reminder.nudged"})


@frozen(kw_only=True)
class Due:
    """One message for one person, and from when on it may be sent.

    Attributes:
        at: UTC milliseconds; it may lie ahead.
        kind: what leads, such as ``update.posted``; or ``reminder``, ``digest`` or ``catch_up``.
        person: who is told.
        key: with project and person, what the message's id is made of: what is the same at every attempt.
        news: what they are told of, most important first; empty for a reminder.
        about: the id of what leads; empty where many things are told and none of them is asked for.
        milestone: where that is, or empty.
        told: the last entry that it tells of, of those that need or answer the person; or 0.
        informed: the last entry that it tells of, of those that are news; or 0.
        asks: ids of the requests that it asks for or reminds of.
        attempt: which attempt it will be, from 1.
    """

    at: int
    kind: str
    person: Person
    key: str
    news: tuple[Activity, ...] = ()
    about: str = ""
    milestone: str = ""
    told: int = 0
    informed: int = 0
    asks: tuple[str, ...] = ()
    attempt: int = 1

    def id(self, project: str) -> str:
        """Return the id of the message, 32 hex characters.

        Args:
            project: the project's id.
        """
        text = "\n".join((project, self.person.id, self.key))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def sending(self, project: str, state: SendingState, problem: str = "") -> Sending:
        """Return the record of an attempt.

        Args:
            project: the project's id.
            state: what became of it.
            problem: why it failed.
        """
        return Sending(
            id=self.id(project),
            person=self.person.id,
            notice=self.kind,
            state=state,
            told=self.told,
            informed=self.informed,
            asks=self.asks,
            attempt=self.attempt,
            problem=problem,
        )


def due(project: Project, now: int, policy: Policy) -> list[Due]:
    """Return the messages that may be sent at an instant, person by person, each in its order.

    Args:
        project: the project.
        now: UTC milliseconds.
        policy: what people are told, and at what hours.
    """
    return [message for message in _coming(project, now, policy) if message.at <= now]


def first_due(project: Project, now: int, policy: Policy) -> Due | None:
    """Return the first of the messages that `due` gives, or ``None``; the others are not worked out.

    Args:
        project: the project.
        now: UTC milliseconds.
        policy: what people are told, and at what hours.
    """
    return next((m for m in _coming(project, now, policy) if m.at <= now), None)


def wake(project: Project, now: int, policy: Policy) -> int | None:
    """Return the next instant at which a message may be sent, or ``None`` if none will be.

    Args:
        project: the project.
        now: UTC milliseconds; what was missed before is made up for from here on.
        policy: what people are told, and at what hours.
    """
    earliest: int | None = None
    for message in _coming(project, now, policy):
        if earliest is None or message.at < earliest:
            earliest = message.at
            if earliest <= now:
                break
    return earliest


def _coming(project: Project, now: int, policy: Policy) -> Iterator[Due]:
    """Yield what people are to be told next; what costs little to find out comes first."""
    links = {link.person: link for link in project.links.values()}
    recipients = [
        _Recipient(
            project, person, links.get(person.id), project.subscription_of(person.id), now, policy
        )
        for person in project.people.values()
        if person.email and not person.redacted
    ]
    if project.news:
        for recipient in recipients:
            yield from recipient.at_once()
        for recipient in recipients:
            yield from recipient.digest()
    if project.approvals or project.requests:
        for recipient in recipients:
            yield from recipient.reminders()


@frozen
class _Recipient:
    """Somebody with an address, and what they are to be told."""

    project: Project
    person: Person
    link: Link | None
    subscription: Subscription
    now: int
    policy: Policy

    @property
    def zone(self) -> str:
        return self.person.zone or self.project.zone

    @property
    def held(self) -> int:
        """Until when nothing is tried again after what failed."""
        failed_at, attempts = self.subscription.failed_at, self.subscription.attempts
        if failed_at is None:
            return 0
        return failed_at + BACK_OFF_MS[min(attempts, len(BACK_OFF_MS)) - 1]

    # -- news -----------------------------------------------------------------------------------

    def at_once(self) -> Iterator[Due]:
        """Yield a message for each commit, or one for all if there are too many."""
        commits = []
        for _, commit in groupby(self.project.news, lambda item: (item.at, item.activity.actor)):
            theirs = self._theirs(commit, Lane.AT_ONCE)
            told = self._standing(theirs)
            if told:
                commits.append((theirs[0].seq, told))
        if len(commits) > self.policy.at_most:
            if "catch_up" not in self.policy.off:
                first = commits[0][0]
                yield self._told("catch_up", first, [item for _, told in commits for item in told])
            return
        for first, told in commits:
            yield self._told("", first, told)

    def digest(self) -> Iterator[Due]:
        """Yield a message of all that waits for the hour of the next digest."""
        mode = self.subscription.mode
        if mode not in (NoticeMode.DAILY, NoticeMode.WEEKLY) or "digest" in self.policy.off:
            return
        theirs = self._theirs(self.project.news, Lane.DIGEST)
        told = self._standing(theirs)
        if told:
            digest = self._told("digest", theirs[0].seq, told)
            slot = self._slot(told[0].at, weekly=mode is NoticeMode.WEEKLY)
            yield evolve(digest, at=self._open(slot, self.policy.digest_hour))

    def _theirs(self, news: Iterable[News], way: Lane) -> list[News]:
        """What they have not been told yet and want to be told this way, though it may be over by now."""
        id, subscription = self.person.id, self.subscription
        return [
            item
            for item in news
            if id in item.people
            and waits(item, subscription)
            and lane(item.activity.kind, subscription.mode) is way
        ]

    def _standing(self, news: Iterable[News]) -> list[News]:
        off = self.policy.off
        return [n for n in news if n.activity.kind not in off and self._stands(n.activity)]

    def _stands(self, activity: Activity) -> bool:
        """Whether it is still true and may still be told."""
        archived = self.project.status is ProjectStatus.ARCHIVED
        if archived and not activity.kind.startswith(_OF_ARCHIVED):
            return False
        if self.person.side is Side.CLIENT:
            link = self.link
            if link is None or (link.state(self.now) is LinkState.ACTIVE) == (
                activity.kind == "link.revoked"
            ):
                return False
            milestone = self.project.milestones.get(activity.milestone)
            if milestone is not None and milestone.internal:
                return False
        if activity.kind == "link.requested":
            return self._wished(activity)
        if activity.kind in _ASKING:
            return awaited(self.project, activity.subject, self.person.id)
        return True

    def _wished(self, activity: Activity) -> bool:
        """Whether a link still has to be sent again to its holder, or opened again by the agency."""
        link = self.project.links.get(activity.subject)
        if link is None or self.person.side is Side.AGENCY:
            return link is not None and link.state(self.now) is not LinkState.ACTIVE
        return link.issued_at <= activity.at  # else a newer mail has brought it

    def _told(self, kind: str, first: int, news: Sequence[News]) -> Due:
        """A message that tells of this; what is over by now names it, so that its id stays the same."""
        ranked = sorted((item.activity for item in news), key=lambda a: _RANK[a.kind])
        leading, last = ranked[0], news[-1].seq
        leads = not kind or leading.kind in _ASKING
        return Due(
            at=max(news[0].at, self.held),
            kind=kind or ("reminder" if leading.kind == "reminder.nudged" else leading.kind),
            person=self.person,
            key=f"{kind} {first}",
            news=tuple(ranked),
            about=leading.subject if leads else "",
            milestone=leading.milestone if leads else "",
            told=0 if kind == "digest" else last,
            informed=last if kind == "digest" or self.subscription.mode is NoticeMode.ALL else 0,
            asks=tuple(dict.fromkeys(a.subject for a in ranked if a.kind in _ASKING)),
            attempt=self.subscription.attempts + 1,
        )

    def _slot(self, since: int, *, weekly: bool) -> int:
        """When the first digest after an instant is due."""
        day = day_of(since, self.zone)
        while not self._is_slot(day, weekly) or self._strikes(day) <= since:
            day += timedelta(days=1)
        return self._strikes(day)

    def _is_slot(self, day: date, weekly: bool) -> bool:
        """Whether a digest comes on this day: on each working day, or on the first of the week."""
        monday = day - timedelta(days=day.weekday())
        return day == self.policy.working_day(monday if weekly else day)

    def _strikes(self, day: date) -> int:
        return at_hour(day, self.policy.digest_hour, self.zone)

    # -- reminders ------------------------------------------------------------------------------

    def reminders(self) -> Iterator[Due]:
        """Yield a message for each request of which they are to be reminded again."""
        active = self.link is not None and self.link.state(self.now) is LinkState.ACTIVE
        if not active or "reminder" in self.policy.off:
            return
        coming = self._standing(self._theirs(self.project.news, Lane.AT_ONCE))
        told_now = {item.activity.subject for item in coming}
        for asked in asked_of(self.project, self.person):
            slot = next_reminder(self.project, self.person, asked, self.policy)
            if slot is not None and asked.id not in told_now:
                times, _ = self.project.reminded.get(f"{asked.id}/{self.person.id}", (0, 0))
                yield Due(
                    at=self._open(slot, self.policy.opens),
                    kind="reminder",
                    person=self.person,
                    key=f"reminder {asked.id} {times + 1}",
                    about=asked.id,
                    milestone=asked.milestone,
                    asks=(asked.id,),
                    attempt=self.subscription.attempts + 1,
                )

    def _open(self, slot: int, opens: int) -> int:
        """When it may be sent: from its hour on, not at quiet hours, not before a new attempt is due."""
        return self.policy.open_from(max(slot, self.held, self.now), opens, self.zone)

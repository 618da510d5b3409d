"""Folding what people have to be told: whom an entry concerns, and how far everybody was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
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
    FileRequested,
    FileWithdrawn,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    LinkRotated,
    MilestoneCompleted,
    MilestoneReopened,
    NoticesBounced,
    NoticesChosen,
    NoticesSent,
    ProjectStatusChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RecapAsked,
    ReminderNudged,
    RequestFulfilled,
    RequestWithdrawn,
    UpdatePosted,
    VersionAdded,
)
from portalkit.fold.approvals import ended_by
from portalkit.fold.changes import Changes, put
from portalkit.model import (
    Activity,
    ApprovalState,
    HookRun,
    HookState,
    Link,
    LinkState,
    News,
    NoticeMode,
    Person,
    Project,
    Sending,
    SendingState,
    Side,
    Subscription,
)

__all__ = [
    "NEWS_KINDS",
    "Lane",
    "concerned",
    "lane",
    "notices_bounced",
    "notices_chosen",
    "notices_sent",
    "told_of",
    "waiting",
    "waits",
]

NEWS_KEPT: Final = 100
"""Of one person's news the newest so many are told: what came before is history, which is in the portal."""

ASKS_KEPT: Final = 1000
"""So many of what else one person brings, which needs or answers others: one block may ask for hundreds of
things.  Each person's are counted apart, so that nobody can make history of what others have to say."""

NEWS_MS: Final = 14 * 86_400_000
"""After so long nobody is told any more."""

SKEW_MS: Final = 86_400_000
"""By so much a clock may have been set back between two entries."""


class Lane(StrEnum):
    """How a person is told of something."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NEVER = "never"


NEWS_KINDS: Final = frozenset(
    {
        "update.posted",
        "file.added",
        "file.version",
        "file.withdrawn",
        "file.delivered",
        "milestone.completed",
        "milestone.reopened",
        "project.status",
    }
)
"""What a digest may collect; everything else that somebody is told of needs them, or answers them."""


def lane(kind: str, mode: NoticeMode) -> Lane:
    """Return how a person who chose a mode is told of a kind of fact."""
    if kind not in NEWS_KINDS or mode is NoticeMode.ALL:
        return Lane.AT_ONCE
    return Lane.NEVER if mode is NoticeMode.DECISIONS else Lane.DIGEST


# -- whom an entry concerns ---------------------------------------------------------------------


def concerned(project: Project, entry: Entry) -> tuple[str, ...]:
    """Return the ids of those whom an entry that follows this project concerns and whom mail reaches.

    Nobody is told of what they did themselves, except that who decides gets a receipt.
    """
    audience = _AUDIENCES.get(type(entry.fact))
    if audience is None:
        return ()
    named = dict.fromkeys(audience(project, entry, entry.fact))
    if isinstance(entry.fact, _ABOUT_A_LINK):
        return tuple(id for id in named if _has_address(project.people.get(id)))
    if not (isinstance(entry.fact, ApprovalDecided) and entry.actor == entry.fact.person):
        named.pop(entry.actor, None)
    place = project.milestones.get(entry.milestone)
    hidden = place is not None and place.internal
    links = {link.person: link for link in project.links.values()}
    return tuple(id for id in named if _reached(project.people.get(id), hidden, links))


def _has_address(person: Person | None) -> bool:
    return person is not None and not person.redacted and bool(person.email)


def _reached(person: Person | None, hidden: bool, links: Mapping[str, Link]) -> bool:
    if person is None or not _has_address(person):
        return False
    if person.side is Side.AGENCY:
        return True
    link = links.get(person.id)
    return not hidden and link is not None and link.revoked_at is None


def _clients(project: Project, entry: Entry, fact: Fact) -> Iterable[str]:
    return _side(project, Side.CLIENT)


def _agency(project: Project, entry: Entry, fact: Fact) -> Iterable[str]:
    return _side(project, Side.AGENCY)


def _side(project: Project, side: Side) -> list[str]:
    return [person.id for person in project.people.values() if person.side is side]


def _named(
    project: Project, entry: Entry, fact: ApprovalRequested | FileRequested | ReminderNudged
) -> Iterable[str]:
    return fact.people


def _holder(
    project: Project, entry: Entry, fact: LinkIssued | LinkRotated | LinkRevoked
) -> Iterable[str]:
    return (fact.person,)


def _holder_or_agency(project: Project, entry: Entry, fact: LinkRequested) -> Iterable[str]:
    """Its holder; and the agency if the link opens nothing at the moment, for only they can open it again."""
    link = project.links.get(entry.subject)
    shut = link is not None and link.state(entry.at) is not LinkState.ACTIVE
    return (fact.person, *(_side(project, Side.AGENCY) if shut else ()))


def _asked_to_decide(project: Project, entry: Entry, fact: Fact) -> Iterable[str]:
    approval = project.approvals.get(entry.subject)
    return approval.people if approval else ()


def _decided(project: Project, entry: Entry, fact: ApprovalDecided) -> Iterable[str]:
    """The agency, who decided, and everybody who was asked once nothing is awaited any more."""
    approval = project.approvals.get(entry.subject)
    over = approval is not None and ended_by(approval, entry)
    asked = approval.people if approval and over else ()
    return (*_side(project, Side.AGENCY), fact.person, *asked)


def _asked_for_a_file(project: Project, entry: Entry, fact: Fact) -> Iterable[str]:
    request = project.requests.get(entry.subject)
    return request.people if request else ()


def _who_asked(project: Project, entry: Entry, fact: Fact) -> Iterable[str]:
    question = project.questions.get(entry.subject)
    return (question.person,) if question else ()


_ABOUT_A_LINK: Final = (LinkIssued, LinkRotated, LinkRequested, LinkRevoked)
_AUDIENCES: Final[dict[type[Fact], Callable[[Project, Entry, Any], Iterable[str]]]] = {
    LinkIssued: _holder,
    LinkRotated: _holder,
    LinkRequested: _holder_or_agency,
    LinkRevoked: _holder,
    UpdatePosted: _clients,
    FileAdded: _clients,
    VersionAdded: _clients,
    FileWithdrawn: _clients,
    FileDelivered: _agency,
    MilestoneCompleted: _clients,
    MilestoneReopened: _clients,
    ProjectStatusChanged: _clients,
    FileRequested: _named,
    RequestFulfilled: _asked_for_a_file,
    RequestWithdrawn: _asked_for_a_file,
    ApprovalRequested: _named,
    ApprovalDecided: _decided,
    ApprovalSuperseded: _asked_to_decide,
    ApprovalVoided: _asked_to_decide,
    QuestionAsked: _agency,
    QuestionAnswered: _who_asked,
    QuestionClosed: _who_asked,
    QuestionReopened: _who_asked,
    RecapAsked: _agency,
    ReminderNudged: _named,
}


def told_of(project: Project, entry: Entry, news: tuple[News, ...], activity: Activity) -> Changes:
    """Return the news after an entry that follows this project, and whose line of history is given.

    What becomes history depends on the entries alone, never on who was told: so a person can be
    forgotten, and the rest is as if they had never been.
    """
    # the oldest has, within a day, the earliest time
    if news and entry.at - news[0].at >= NEWS_MS - SKEW_MS:
        news = tuple([item for item in news if item.at > entry.at - NEWS_MS])
    if type(entry.fact) not in _AUDIENCES:
        return {"news": news}
    series, kept = _series(activity)
    number = project.brought.get(series, 0) + 1
    news = _without(news, series, number - kept)
    item = News(activity, concerned(project, entry), entry.at, number)
    if _still(item, project.subscriptions):
        news = (*news, item)
    return {"news": news, "brought": {**project.brought, series: number}}


def _series(activity: Activity) -> tuple[str, int]:
    """Return with what something is numbered, by whose it is, and how many of those are kept."""
    if activity.kind in NEWS_KINDS:
        return f"{activity.actor}/news", NEWS_KEPT
    return f"{activity.actor}/asks", ASKS_KEPT


def _without(news: tuple[News, ...], series: str, number: int) -> tuple[News, ...]:
    """Leave out what has a number in a series: if it still waits, it is among the oldest."""
    if number < 1:
        return news
    found = (
        n for n, i in enumerate(news) if i.number == number and _series(i.activity)[0] == series
    )
    place = next(found, None)
    return news if place is None else news[:place] + news[place + 1 :]


# -- telling ------------------------------------------------------------------------------------


def waits(news: News, subscription: Subscription) -> bool:
    """Return whether a person whom news concerns has not been told of it and wants to be."""
    kind = news.activity.kind
    if kind not in NEWS_KINDS:
        return news.seq > subscription.told
    wanted = subscription.mode is not NoticeMode.DECISIONS
    return wanted and news.seq > subscription.informed


def waiting(news: Iterable[News], subscriptions: Mapping[str, Subscription]) -> tuple[News, ...]:
    """Return the news of which somebody has to be told yet."""
    return tuple(item for item in news if _still(item, subscriptions))


def _still(news: News, subscriptions: Mapping[str, Subscription]) -> bool:
    return any(waits(news, subscriptions.get(id) or Subscription(id)) for id in news.people)


def notices_chosen(project: Project, entry: Entry, fact: NoticesChosen) -> Changes:
    old = project.subscription_of(entry.subject)
    # what was left out under the old choice is not told under the new one
    left_out = entry.seq if old.mode is NoticeMode.DECISIONS else 0
    chosen = evolve(old, mode=fact.mode, informed=max(old.informed, left_out))
    subscriptions = put(project.subscriptions, chosen)
    return {"subscriptions": subscriptions, "news": waiting(project.news, subscriptions)}


def notices_sent(project: Project, entry: Entry, fact: NoticesSent) -> Changes:
    subscriptions, reminded = dict(project.subscriptions), dict(project.reminded)
    for sending in fact.sent:
        old = subscriptions.get(sending.person) or Subscription(sending.person)
        subscriptions[old.id] = _told(old, sending, entry.at)
        if sending.state is not SendingState.FAILED:
            again = sending.notice == "reminder"
            for id in sending.asks:
                key = f"{id}/{sending.person}"
                reminded[key] = (reminded.get(key, (0, 0))[0] + again, entry.at)
    hooked = {**project.hooked, **{run.name: _ran(run, entry.at) for run in fact.hooks}}
    return {
        "subscriptions": subscriptions,
        "reminded": _of_open(project, reminded),
        "hooked": hooked,
        "news": waiting(project.news, subscriptions),
    }


def _told(old: Subscription, sending: Sending, at: int) -> Subscription:
    if sending.state is SendingState.FAILED:
        problem = sending.problem
        return evolve(old, attempts=sending.attempt, failed_at=at, problem=problem, bounced_at=None)
    return evolve(
        old,
        told=max(old.told, sending.told),
        informed=max(old.informed, sending.informed),
        attempts=0,
        failed_at=None,
        problem=sending.problem,
        bounced_at=None,
    )


def notices_bounced(project: Project, entry: Entry, fact: NoticesBounced) -> Changes:
    """Mark whom it did not reach; what was told stays told, so that nothing is sent again by itself."""
    old = project.subscription_of(entry.subject)
    marked = evolve(old, problem=fact.problem, bounced_at=entry.at)
    return {"subscriptions": put(project.subscriptions, marked)}


def _ran(run: HookRun, at: int) -> HookState:
    if run.state is SendingState.FAILED:
        return HookState(run.name, run.through, run.attempt, at, run.problem)
    return HookState(run.name, run.through, problem=run.problem)


def _of_open(
    project: Project, reminded: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Keep what was asked for and is still open."""
    open_ = {a.id for a in project.approvals.values() if a.state is ApprovalState.OPEN}
    open_ |= set(project.requests)
    return {key: times for key, times in reminded.items() if key.partition("/")[0] in open_}

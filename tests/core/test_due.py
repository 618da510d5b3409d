"""What is due: who is told what and when, by project, instant and policy alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import (
    CLIENT,
    READER,
    Activity,
    Approval,
    ConfigError,
    Decision,
    Entry,
    FileRequest,
    Link,
    Milestone,
    News,
    NoticeMode,
    NoticesSent,
    Outcome,
    Person,
    Project,
    ProjectStatus,
    Reminders,
    SendingState,
    Side,
    Subscription,
)
from portalkit.fold import notices_sent
from portalkit.notices import Due, Policy, due, first_due, wake
from portalkit.notices.due import ATTEMPTS, BACK_OFF_MS

HOUR = 3_600_000
DAY = 24 * HOUR
MONDAY = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp() * 1000)
POLICY = Policy(reminders=None)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]


def person(id: str, side: Side = Side.CLIENT, **more: Any) -> Person:
    return Person(id, side, id.title(), f"{id}@x.example", **more)


def link(id: str, **more: Any) -> Link:
    return Link(f"p.{id}", id, more.pop("scopes", CLIENT), "nonce", 0, **more)


def news(kind: str, seq: int, *people: str, at: int = MONDAY, **more: Any) -> News:
    activity = Activity(
        seq, at, more.pop("actor", "ben"), kind, "m1", more.pop("subject", f"s{seq}")
    )
    return News(activity, people or ("anna",), at)


def project(*told: News, **more: Any) -> Project:
    people = [person("anna"), person("bob"), person("ben", Side.AGENCY)]
    base = Project("p", "Site", "Acme", zone="UTC", news=told)
    return evolve(
        base,
        **{
            "people": {p.id: p for p in people},
            "links": {f"p.{id}": link(id) for id in ("anna", "bob")},
            "milestones": {"m1": Milestone("m1", "Design")},
            **more,
        },
    )


def approval(*people: str, at: int = MONDAY, **more: Any) -> Approval:
    return Approval("a1", "m1", "Home", "digest", people or ("anna",), "ben", at, 1, **more)


def kinds(messages: list[Due]) -> list[tuple[str, str]]:
    return [(message.person.id, message.kind) for message in messages]


def after(
    project: Project, *messages: Due, at: int, state: SendingState = SendingState.SENT
) -> Project:
    """The project once it is on record what became of messages."""
    fact = NoticesSent(tuple(message.sending(project.id, state) for message in messages))
    entry = Entry("p", project.version + 1, at, "", "", "", fact, "")
    return evolve(project, **notices_sent(project, entry, fact))


# -- at once --------------------------------------------------------------------------------------


def test_the_news_of_one_commit_are_one_message_led_by_the_most_important() -> None:
    told = project(
        news("file.added", 5),
        news("update.posted", 6),
        news("approval.requested", 7, subject="a1"),
        news("update.posted", 8, at=MONDAY + 1),
        approvals={"a1": approval()},
    )
    first, second = due(told, MONDAY + 1, POLICY)
    assert [a.kind for a in first.news] == ["approval.requested", "update.posted", "file.added"]
    assert (first.kind, first.about, first.milestone) == ("approval.requested", "a1", "m1")
    assert (first.told, first.informed, first.asks) == (7, 7, ("a1",))
    assert second.kind == "update.posted"


def wished(**of_link: Any) -> Project:
    """Anna has asked for her link at nine on Monday."""
    wish = news("link.requested", 5, "anna", "ben", actor="", subject="p.anna")
    return project(wish, links={"p.anna": link("anna", **of_link), "p.bob": link("bob")})


@pytest.mark.parametrize("shut", [{"expires_at": MONDAY - HOUR}, {"revoked_at": MONDAY - HOUR}])
def test_a_wish_for_a_link_goes_to_the_agency_while_the_link_opens_nothing(
    shut: dict[str, int],
) -> None:
    """As soon as it opens something again, the wish is the holder's, who gets the link."""
    assert kinds(list(due(wished(**shut), MONDAY, POLICY))) == [("ben", "link.requested")]
    assert kinds(list(due(wished(), MONDAY, POLICY))) == [("anna", "link.requested")]


def test_a_link_that_was_issued_again_is_not_sent_twice() -> None:
    """The mail that brings the new one answers the wish."""
    again = evolve(link("anna"), issued_at=MONDAY + HOUR)
    told = (*wished().news, news("link.issued", 6, at=MONDAY + HOUR, subject="p.anna"))
    found = evolve(wished(), links={"p.anna": again}, news=told)
    assert kinds(list(due(found, MONDAY + HOUR, POLICY))) == [("anna", "link.issued")]


def test_what_two_people_did_at_the_same_moment_are_two_messages() -> None:
    told = project(news("update.posted", 5), news("update.posted", 6, actor="eve"))
    assert len(due(told, MONDAY, POLICY)) == 2


def test_people_are_told_only_what_concerns_them() -> None:
    told = project(news("update.posted", 5, "anna", "bob"), news("question.asked", 6, "ben"))
    assert kinds(due(told, MONDAY, POLICY)) == [
        ("anna", "update.posted"),
        ("bob", "update.posted"),
        ("ben", "question.asked"),
    ]


def test_what_was_told_is_not_due_again() -> None:
    told = project(news("update.posted", 5), news("question.answered", 6, at=MONDAY + 1))
    first, second = due(told, MONDAY + 1, POLICY)
    assert first_due(told, MONDAY + 1, POLICY) == first
    assert first_due(told, MONDAY - 1, POLICY) is None
    told = after(told, first, at=MONDAY)
    assert due(told, MONDAY + 1, POLICY) == [second]
    assert due(after(told, second, at=MONDAY), MONDAY + 1, POLICY) == []


def test_the_id_of_a_message_is_the_same_whatever_arrives_later_and_whatever_is_over() -> None:
    asks = [news("approval.requested", 5, subject="a1"), news("update.posted", 6)]
    told = project(*asks, approvals={"a1": approval()})
    (message,) = due(told, MONDAY, POLICY)
    assert len(message.id("p")) == 32
    later = evolve(told, news=(*asks, news("update.posted", 7, at=MONDAY + 9)))
    assert due(later, MONDAY + 9, POLICY)[0].id("p") == message.id("p")
    (over,) = due(evolve(told, approvals={}), MONDAY, POLICY)
    assert (over.kind, over.id("p")) == ("update.posted", message.id("p"))


def test_ids_differ_by_project_person_and_entry() -> None:
    told = project(news("update.posted", 5, "anna", "bob"), news("update.posted", 6, at=MONDAY + 1))
    ids = [m.id(p) for m in due(told, MONDAY + 1, POLICY) for p in ("p", "q")]
    assert len(set(ids)) == len(ids)


def test_too_much_at_once_is_one_message_to_catch_up() -> None:
    many = [news("update.posted", n, at=MONDAY + n) for n in range(1, 7)]
    assert len(due(project(*many[:5]), MONDAY + 9, POLICY)) == 5
    (message,) = due(
        project(*many, news("question.answered", 8, at=MONDAY + 8)), MONDAY + 9, POLICY
    )
    assert (message.kind, message.about, message.milestone) == ("catch_up", "", "")
    assert (message.told, message.informed, len(message.news)) == (8, 8, 7)
    assert message.news[0].kind == "question.answered"
    assert due(project(*many), MONDAY + 9, Policy(off={"catch_up"})) == []


def test_what_is_asked_of_somebody_leads_all_that_they_are_told_at_once() -> None:
    many = [news("update.posted", n, at=MONDAY + n) for n in range(1, 7)]
    asked = news("approval.requested", 8, subject="a1", at=MONDAY + 8)
    told = project(*many, asked, approvals={"a1": approval()})
    (message,) = due(told, MONDAY + 9, POLICY)
    assert (message.kind, message.about, message.milestone) == ("catch_up", "a1", "m1")
    assert (message.told, len(message.news), message.asks) == (8, 7, ("a1",))


def test_what_is_over_when_its_turn_comes_is_left_out() -> None:
    asked = news("approval.requested", 5, "anna", "bob", subject="a1")
    nudged = news("reminder.nudged", 6, "anna", subject="a1", at=MONDAY + 1)
    wanted = news("request.made", 7, "anna", subject="r1", at=MONDAY + 2)
    told = project(asked, nudged, wanted, approvals={"a1": approval("anna", "bob")})
    assert kinds(due(told, MONDAY + 2, POLICY)) == [
        ("anna", "approval.requested"),
        ("anna", "reminder"),
        ("bob", "approval.requested"),
    ]
    yes = Decision("anna", Outcome.APPROVED, MONDAY, 8, "anna")
    decided = evolve(told, approvals={"a1": approval("anna", "bob", decisions=(yes,))})
    assert kinds(due(decided, MONDAY + 2, POLICY)) == [("bob", "approval.requested")]
    void = evolve(told, approvals={"a1": approval("anna", "bob", void_why="No")})
    assert due(void, MONDAY + 2, POLICY) == []


def test_a_file_is_asked_for_as_long_as_it_is_awaited() -> None:
    request = FileRequest("r1", "m1", "Logo", ("anna",), "ben", MONDAY, 7)
    told = project(news("request.made", 7, subject="r1"), requests={"r1": request})
    assert kinds(due(told, MONDAY, POLICY)) == [("anna", "request.made")]


def test_a_kind_that_is_off_is_told_to_nobody() -> None:
    told = project(news("update.posted", 5), news("file.added", 6))
    (message,) = due(told, MONDAY, Policy(off={"update.posted"}))
    assert [a.kind for a in message.news] == ["file.added"]
    assert due(told, MONDAY, Policy(off={"update.posted", "file.added"})) == []


def test_people_are_told_as_long_as_mail_reaches_them() -> None:
    told = project(news("update.posted", 5), news("question.answered", 6))

    def changed(**more: Any) -> list[Due]:
        return due(evolve(told, **more), MONDAY, POLICY)

    assert changed()
    for anna in (
        Person("anna", Side.CLIENT, "Anna"),
        Person("anna", Side.CLIENT, "", "a@x.example"),
    ):
        assert changed(people={"anna": anna}) == []
    for links in ([], [link("anna", revoked_at=1)], [link("anna", expires_at=MONDAY)]):
        assert changed(links={item.id: item for item in links}) == []
    assert changed(milestones={"m1": Milestone("m1", "Design", internal=True)}) == []
    assert changed(milestones={})


def test_that_a_link_was_revoked_is_told_only_while_it_is() -> None:
    told = project(news("link.issued", 4), news("link.revoked", 5, at=MONDAY + 1))
    assert kinds(due(told, MONDAY + 1, POLICY)) == [("anna", "link.issued")]
    revoked = evolve(told, links={"p.anna": link("anna", revoked_at=1)})
    assert kinds(due(revoked, MONDAY + 1, POLICY)) == [("anna", "link.revoked")]


def test_of_an_archived_project_links_are_told_and_what_was_decided_before() -> None:
    """Nothing that still asks, and no news; but a decision has its receipt, and that it is archived is said."""
    told = project(
        news("update.posted", 5),
        news("link.rotated", 6, at=MONDAY + 1),
        news("question.asked", 7, "ben"),
        status=ProjectStatus.ARCHIVED,
    )
    assert kinds(due(told, MONDAY + 1, POLICY)) == [("anna", "link.rotated")]
    told = project(
        news("approval.decided", 5, "anna", "ben"),
        news("project.status", 6, "bob"),
        status=ProjectStatus.ARCHIVED,
    )
    assert kinds(due(told, MONDAY + 1, POLICY)) == [
        ("anna", "approval.decided"),
        ("bob", "project.status"),
        ("ben", "approval.decided"),
    ]


# -- failures -------------------------------------------------------------------------------------


def test_who_could_not_be_told_waits_longer_each_time_and_others_do_not() -> None:
    told = project(news("update.posted", 5, "anna", "bob"), news("update.posted", 6, at=MONDAY + 1))
    now = MONDAY + 1
    for attempt, pause in enumerate(BACK_OFF_MS, start=1):
        first = due(told, now, POLICY)[0]
        assert (first.person.id, first.attempt) == ("anna", attempt)
        told = after(told, first, at=now, state=SendingState.FAILED)
        waiting = [m for m in due(told, now + pause - 1, POLICY) if m.person.id == "anna"]
        assert waiting == []
        assert ("bob", "update.posted") in kinds(due(told, now, POLICY))
        now += pause
    last = due(told, now, POLICY)[0]
    assert last.attempt == ATTEMPTS
    told = after(told, last, at=now, state=SendingState.GIVEN_UP)
    assert due(told, now, POLICY)[0].news[0].seq == 6


# -- digests --------------------------------------------------------------------------------------


def digest(mode: NoticeMode, *told: News, now: int, zone: str = "UTC", **more: Any) -> list[Due]:
    return due(
        project(*told, zone=zone, subscriptions={"anna": Subscription("anna", mode)}, **more),
        now,
        POLICY,
    )


def at(day: int, hour: int, zone: str = "UTC", minute: int = 0) -> int:
    """An instant in January 2026; the 5th is a Monday."""
    return int(datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("mode", "since", "hour"),
    [
        (NoticeMode.DAILY, at(5, 9), at(6, 8)),
        (NoticeMode.DAILY, at(5, 7), at(5, 8)),
        (NoticeMode.DAILY, at(9, 8), at(12, 8)),
        (NoticeMode.DAILY, at(10, 12), at(12, 8)),
        (NoticeMode.WEEKLY, at(5, 7), at(5, 8)),
        (NoticeMode.WEEKLY, at(5, 8), at(12, 8)),
        (NoticeMode.WEEKLY, at(11, 23), at(12, 8)),
    ],
)
def test_a_digest_comes_at_eight_on_the_next_working_day_or_monday(
    mode: NoticeMode, since: int, hour: int
) -> None:
    update = news("update.posted", 5, at=since)
    assert digest(mode, update, now=hour - 1) == []
    (message,) = digest(mode, update, now=hour)
    assert (message.kind, message.told, message.informed) == ("digest", 0, 5)


def test_a_digest_is_of_the_recipients_morning() -> None:
    update = news("update.posted", 5, at=at(5, 12))
    hour = at(6, 8, "Asia/Kathmandu")
    assert digest(NoticeMode.DAILY, update, now=hour - 1, zone="Asia/Kathmandu") == []
    assert digest(NoticeMode.DAILY, update, now=hour, zone="Asia/Kathmandu")


def test_a_digest_that_was_missed_is_made_up_for_at_no_quiet_hour() -> None:
    update = news("update.posted", 5, at=at(5, 12))
    assert digest(NoticeMode.DAILY, update, now=at(6, 17, minute=59))
    assert digest(NoticeMode.DAILY, update, now=at(6, 18)) == []
    assert digest(NoticeMode.DAILY, update, now=at(10, 12)) == []


def test_what_needs_somebody_does_not_wait_for_the_digest() -> None:
    told = [news("update.posted", 5, at=at(5, 9)), news("question.answered", 6, at=at(5, 10))]
    (message,) = digest(NoticeMode.WEEKLY, *told, now=at(5, 10))
    assert (message.kind, message.told, message.informed) == ("question.answered", 6, 0)


def test_digests_can_be_switched_off() -> None:
    told = project(
        news("update.posted", 5), subscriptions={"anna": Subscription("anna", NoticeMode.DAILY)}
    )
    assert due(told, MONDAY + DAY, POLICY)
    assert due(told, MONDAY + DAY, Policy(off={"digest"})) == []


# -- reminders ------------------------------------------------------------------------------------


def test_who_may_not_answer_is_not_reminded() -> None:
    asked = {"a1": approval("anna", at=at(5, 9))}
    plan = Policy(reminders=Reminders(first=1))

    def changed(**more: Any) -> list[tuple[str, str]]:
        return kinds(due(project(**{"approvals": asked, **more}), at(6, 9), plan))

    assert changed() == [("anna", "reminder")]
    for other in (
        {"links": {}},
        {"links": {"p.anna": link("anna", scopes=READER)}},
        {"links": {"p.anna": link("anna", expires_at=at(6, 9))}},
        {"links": {"p.anna": link("anna", revoked_at=1)}},
        {"status": ProjectStatus.ON_HOLD},
        {"milestones": {"m1": Milestone("m1", "Design", internal=True)}},
        {"approvals": {"a1": approval("ben", at=at(5, 9))}},
        {"approvals": {"a1": approval("anna", at=at(5, 9), void_why="No")}},
        {"approvals": {"a1": approval("anna", at=at(6, 8))}},
    ):
        assert changed(**other) == []


def test_a_reminder_that_was_missed_waits_for_the_next_open_hour() -> None:
    asked = project(approvals={"a1": approval("anna", at=at(8, 9), reminders=Reminders(first=1))})
    assert due(asked, at(9, 17, minute=59), POLICY)
    assert due(asked, at(9, 18), POLICY) == []
    assert due(asked, at(10, 12), POLICY) == [], "a Saturday"
    assert wake(asked, at(9, 18), POLICY) == at(12, 9)


def test_reminders_can_be_switched_off_and_a_request_may_have_its_own() -> None:
    own = Reminders(first=1)
    asked = project(approvals={"a1": approval("anna", at=at(5, 9), reminders=own)})
    assert due(asked, at(6, 9), POLICY)
    assert due(asked, at(6, 9), Policy(off={"reminder"})) == []
    assert due(project(approvals={"a1": approval("anna", at=at(5, 9))}), at(16, 9), POLICY) == []


def test_who_is_being_asked_this_moment_is_not_reminded_too() -> None:
    """After a long downtime people are asked, and reminded some days later."""
    asked = project(
        news("approval.requested", 5, subject="a1", at=at(5, 9)),
        approvals={"a1": approval("anna", at=at(5, 9))},
    )
    plan = Policy(reminders=Reminders(first=1, every=7))
    (message,) = due(asked, at(14, 9), plan)
    assert message.kind == "approval.requested"
    told = after(asked, message, at=at(14, 9))
    assert due(told, at(19, 9), plan) == []
    assert wake(told, at(14, 9), plan) == at(20, 9)


PLANS = st.builds(
    Reminders,
    first=st.none() | st.integers(1, 9),
    every=st.none() | st.integers(1, 9),
    before=st.lists(st.integers(1, 9), max_size=2).map(tuple),
    after=st.lists(st.integers(1, 9), max_size=2).map(tuple),
    most=st.integers(0, 8),
)
TICK = HOUR // 4  # some zones are a quarter of an hour off
_SPANS = st.lists(st.tuples(st.integers(0, 40 * 24), st.integers(0, 10 * 24)), max_size=3)
"""Hours after the request, and for how many."""


def within(spans: list[tuple[int, int]], hours: float) -> bool:
    return any(start <= hours < start + length for start, length in spans)


def reference(
    asked_at: int,
    wanted: date | None,
    plan: Reminders,
    zone: str,
    ticks: list[tuple[int, bool]],
) -> list[int]:
    """When reminders are sent, by looking at the clock on the wall four times an hour.

    A tick is an instant, and whether anything could be sent then.
    """
    place = ZoneInfo(zone)

    def day_at(instant: int) -> date:
        return datetime.fromtimestamp(instant / 1000, place).date()

    def no_weekend(day: date) -> date:
        while day.strftime("%a") in ("Sat", "Sun"):
            day += timedelta(days=1)
        return day

    asked_on = day_at(asked_at)
    days: set[date] = set()
    if plan.first is not None:
        days.add(asked_on + timedelta(days=plan.first))
        for n in range(1, 90 if plan.every else 0):
            days.add(asked_on + timedelta(days=plan.first + n * (plan.every or 0)))
    if wanted is not None:
        days |= {wanted - timedelta(days=n) for n in plan.before}
        days |= {wanted + timedelta(days=n) for n in plan.after}
    days = {no_weekend(day) for day in days}
    sent: list[int] = []
    last = asked_on
    for instant, possible in ticks:
        wall = datetime.fromtimestamp(instant / 1000, place)
        if not possible or len(sent) == plan.most or wall.strftime("%a") in ("Sat", "Sun"):
            continue
        if 9 <= wall.hour < 18 and any(last < day <= wall.date() for day in days):
            sent.append(instant)
            last = wall.date()
    return sent


@given(
    plan=PLANS,
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    wanted=st.none() | st.integers(-3, 30),
    down=_SPANS,
    paused=_SPANS,
    decided=st.integers(1, 45 * 24),
)
@settings(max_examples=100, deadline=None)
def test_the_schedule_is_that_of_a_reference_that_looks_at_the_clock_all_the_time(
    plan: Reminders,
    zone: str,
    start: datetime,
    wanted: int | None,
    down: list[tuple[int, int]],
    paused: list[tuple[int, int]],
    decided: int,
) -> None:
    """Across zones, daylight saving, weekends, downtime, pauses, and until the decision."""
    asked_at = int(start.replace(tzinfo=UTC).timestamp()) // 900 * 900_000
    last_day = None if wanted is None else start.date() + timedelta(days=wanted)
    asked = approval("anna", at=asked_at, due=last_day, reminders=plan)
    state = project(zone="UTC", approvals={"a1": asked})
    state = evolve(state, people={"anna": person("anna", zone=zone)})
    sent: list[int] = []
    ticks: list[tuple[int, bool]] = []
    for instant in range(asked_at, asked_at + 45 * DAY, TICK):
        hours = (instant - asked_at) / HOUR
        up, running = not within(down, hours), not within(paused, hours)
        open_ = hours < decided
        ticks.append((instant, up and running and open_))
        if not up:
            continue
        status = ProjectStatus.ACTIVE if running else ProjectStatus.ON_HOLD
        state = evolve(state, status=status, approvals={"a1": asked} if open_ else {})
        woken = wake(state, instant, POLICY)
        messages = due(state, instant, POLICY)
        assert bool(messages) == (woken is not None and woken <= instant)
        if messages:
            (message,) = messages
            assert message.kind == "reminder"
            sent.append(instant)
            state = after(state, message, at=instant)
    assert sent == reference(asked_at, last_day, plan, zone, ticks)


# -- waking ---------------------------------------------------------------------------------------

_KINDS = st.sampled_from(["update.posted", "question.answered", "approval.requested", "file.added"])
_NEWS = st.lists(st.tuples(_KINDS, st.integers(0, 3 * DAY), st.booleans()), max_size=8)


@given(
    told=_NEWS,
    mode=st.sampled_from(NoticeMode),
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 300),
    attempts=st.integers(0, 8),
    plan=st.none() | PLANS,
)
@settings(max_examples=200, deadline=None)
def test_a_project_wakes_exactly_when_something_is_due(
    told: list[tuple[str, int, bool]],
    mode: NoticeMode,
    zone: str,
    start: int,
    attempts: int,
    plan: Reminders | None,
) -> None:
    """Nothing is due before, something is due then, and so on until nothing is left to be sent."""
    now = MONDAY + start * DAY // 7
    items = [
        news(kind, seq, *(["anna", "bob"] if both else ["anna"]), at=now + delay, subject="a1")
        for seq, (kind, delay, both) in enumerate(told, start=1)
    ]
    anna = Subscription("anna", mode, attempts=attempts, failed_at=now if attempts else None)
    asked = approval("anna", "bob", at=now, due=date(2026, 6, 1), reminders=plan)
    state = project(*items, zone=zone, subscriptions={"anna": anna}, approvals={"a1": asked})
    for _ in range(60):
        woken = wake(state, now, POLICY)
        if woken is None:
            assert due(state, now + 30 * DAY, POLICY) == []
            return
        for part in (0.2, 0.9) if woken > now else ():
            assert due(state, now + int((woken - now) * part), POLICY) == []
        now = max(now, woken)
        messages = due(state, now, POLICY)
        assert messages
        state = after(state, messages[0], at=now)
    assert plan is not None


# -- the policy -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"off": {"update.psoted"}},
        {"off": "reminder"},
        {"off": None},
        {"off": [["reminder"]]},
        {"reminders": Reminders(every=0)},
        {"reminders": Reminders(first=367)},
        {"reminders": Reminders(every=1.0)},  # type: ignore[arg-type]
        {"reminders": Reminders(first=True)},
        {"reminders": Reminders(before=2)},  # type: ignore[arg-type]
        {"reminders": Reminders(after=("7",))},  # type: ignore[arg-type]
        {"reminders": Reminders(most=-1)},
        {"reminders": False},
        {"reminders": 3},
        {"opens": 0},
        {"closes": 24},
        {"rest_days": {7}},
        {"opens": 18},
        {"digest_hour": 18},
        {"rest_days": range(7)},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Policy(**wrong)


def test_rest_days_and_hours_are_the_hosts_to_say() -> None:
    policy = Policy(reminders=Reminders(first=1), rest_days={4, 5}, opens=11, closes=13)
    asked = project(approvals={"a1": approval("anna", at=at(8, 9))})
    assert wake(asked, at(8, 9), policy) == at(11, 11)
    assert due(asked, at(11, 13), policy) == []

"""What people still have to be told, as the fold keeps it: whom it concerns, how far they were told, what is over."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portalkit import (
    CLIENT,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalSuperseded,
    ApprovalVoided,
    Entry,
    Fact,
    FileAdded,
    FileDelivered,
    FileRequested,
    HookRun,
    HookState,
    LinkChanged,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    MilestoneAdded,
    MilestoneCompleted,
    NoticeMode,
    NoticesChosen,
    NoticesSent,
    Outcome,
    PersonAdded,
    PersonRedacted,
    Project,
    ProjectOpened,
    QuestionAnswered,
    QuestionAsked,
    RecapAsked,
    ReminderNudged,
    RequestWithdrawn,
    Sending,
    SendingState,
    Side,
    Subscription,
    UpdatePosted,
)
from portalkit.facts import KINDS, Line
from portalkit.fold import NEWS_KINDS, Lane, apply, concerned, fold, lane, waits
from portalkit.fold.news import ASKS_KEPT, NEWS_KEPT, NEWS_MS
from portalkit.notices.due import LEADING
from tests.core.world import LINES

DELIVERED = FileDelivered("k", 1, "s", "t", link="l", name="f")
SENT, FAILED, GIVEN_UP = SendingState.SENT, SendingState.FAILED, SendingState.GIVEN_UP

UNTOLD = {
    "project.opened": "nobody has a link yet",
    "project.changed": "titles and zones are no news",
    "project.resources": "quick links stand on the page",
    "person.added": "a client is told by their link",
    "person.changed": "particulars are no news",
    "person.redacted": "who is forgotten is not written to",
    "link.changed": "scopes and expiry count at the next click",
    "milestone.added": "a plan; an update tells of it",
    "milestone.changed": "a plan; an update tells of it",
    "milestone.ordered": "a plan; an update tells of it",
    "milestone.started": "an update tells of it",
    "update.revised": "the update was told; its revisions stand on the page",
    "file.state": "a label, seen where the file is",
    "file.quarantined": "a matter of the agency, which made the rule",
    "file.released": "the file was told of when it was delivered",
    "recap.recorded": "the agency wrote it down itself",
    "notices.chosen": "who chose knows",
    "notices.sent": "the trace of notices",
    "notices.bounced": "mail does not reach them, and staff look at failures",
}
"""Why nobody is told of these kinds of facts."""


class Log:
    """A project to which one fact after the other is added."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.at = 1_000
        self.add(ProjectOpened("Site", "Acme"))
        for id, side in (("anna", Side.CLIENT), ("bob", Side.CLIENT), ("ben", Side.AGENCY)):
            self.add(PersonAdded(side, name=id.title(), email=f"{id}@x.example"), subject=id)
        for id in ("anna", "bob"):
            self.add(LinkIssued(id, tuple(CLIENT), nonce="n"), subject=f"p.{id}")
        self.add(MilestoneAdded("Design"), milestone="m1")
        self.add(MilestoneAdded("Margins", internal=True), milestone="secret")
        self.told()

    def add(
        self, fact: Fact, subject: str = "", milestone: str = "", actor: str = "ben", **place: Any
    ) -> Entry:
        self.at += 1_000
        seq = len(self.entries) + 1
        entry = Entry("p", seq, self.at, actor, milestone, subject, fact, f"{seq:064x}")
        self.entries.append(evolve(entry, **place))
        return self.entries[-1]

    def told(self, *people: str, state: SendingState = SENT, **fields: Any) -> None:
        """Say that people were told everything."""
        seq = len(self.entries)
        fields = {"told": seq, "informed": seq, **fields}
        sent = [
            Sending("id", p, "update.posted", state, **fields)
            for p in people or ("anna", "bob", "ben")
        ]
        self.add(NoticesSent(tuple(sent)), actor="")

    @property
    def project(self) -> Project:
        project = fold(self.entries)
        assert project is not None
        return project

    @property
    def news(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(item.activity.kind, item.people) for item in self.project.news]


@pytest.fixture
def log() -> Log:
    return Log()


def ask(log: Log, *people: str, id: str = "a1", needed: int | None = None) -> None:
    log.add(ApprovalRequested("Home", "digest", people, needed=needed), id, "m1")


def decide(log: Log, person: str, *, actor: str = "", id: str = "a1") -> None:
    log.add(ApprovalDecided(person, Outcome.APPROVED, "digest"), id, "m1", actor or person)


# -- whom an entry concerns -----------------------------------------------------------------------


def test_every_kind_of_fact_concerns_somebody_or_stands_in_the_list_with_a_reason() -> None:
    assert {*LEADING, *UNTOLD} == set(KINDS)
    assert not set(LEADING) & set(UNTOLD)
    assert set(LEADING) >= NEWS_KINDS


def test_news_of_the_agency_concerns_every_client_but_not_who_wrote_it(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "m1")
    assert log.news == [("update.posted", ("anna", "bob"))]
    log.add(UpdatePosted("Up"), "u2", "m1", actor="bob")
    assert log.news[1:] == [("update.posted", ("anna",))]


def test_nobody_is_told_of_an_internal_milestone(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "secret")
    assert log.news == []


def test_what_happens_in_an_internal_milestone_may_concern_staff(log: Log) -> None:
    log.add(QuestionAsked(), "q1", "secret", actor="anna")
    assert log.news == [("question.asked", ("ben",))]


def test_who_is_asked_is_told_and_nobody_else(log: Log) -> None:
    ask(log, "bob")
    log.add(FileRequested("Logo", ("anna",)), "r1", "m1")
    log.add(ReminderNudged(("bob",)), "a1", "m1")
    assert log.news == [
        ("approval.requested", ("bob",)),
        ("request.made", ("anna",)),
        ("reminder.nudged", ("bob",)),
    ]


def test_a_decision_is_told_to_the_agency_and_as_a_receipt_to_who_decided(log: Log) -> None:
    ask(log, "anna", "bob")
    log.told()
    decide(log, "anna")
    assert log.news == [("approval.decided", ("ben", "anna"))]


def test_the_decision_that_ends_a_request_is_told_to_everybody_who_was_asked(log: Log) -> None:
    ask(log, "anna", "bob")
    decide(log, "anna")
    log.told()
    decide(log, "bob")
    assert log.news == [("approval.decided", ("ben", "bob", "anna"))]


def test_one_of_several_decisions_ends_a_request_that_needs_one(log: Log) -> None:
    ask(log, "anna", "bob", needed=1)
    log.told()
    decide(log, "anna")
    assert log.news == [("approval.decided", ("ben", "anna", "bob"))]


def test_a_decision_recorded_by_staff_is_told_to_who_gave_it_and_not_to_who_wrote_it(
    log: Log,
) -> None:
    ask(log, "anna", "bob")
    log.told()
    decide(log, "anna", actor="ben")
    assert log.news == [("approval.decided", ("anna",))]


def test_a_decision_about_an_unknown_request_is_told_to_who_gave_it(log: Log) -> None:
    decide(log, "anna", id="gone")
    assert log.news == [("approval.decided", ("ben", "anna"))]


def test_those_who_were_asked_hear_that_a_request_is_off(log: Log) -> None:
    ask(log, "anna")
    ask(log, "bob", id="a2")
    log.add(FileRequested("Logo", ("bob",)), "r1", "m1")
    log.told()
    log.add(ApprovalVoided("No"), "a1", "m1")
    log.add(ApprovalSuperseded("a3", "newer"), "a2", "m1")
    log.add(RequestWithdrawn("No"), "r1", "m1")
    for fact in (ApprovalVoided("No"), RequestWithdrawn("No"), QuestionAnswered("Yes")):
        log.add(fact, "unknown", "m1")
    assert log.news == [
        ("approval.voided", ("anna",)),
        ("approval.superseded", ("bob",)),
        ("request.withdrawn", ("bob",)),
    ]


def test_a_question_is_told_to_the_agency_and_its_answer_to_who_asked(log: Log) -> None:
    log.add(QuestionAsked(), "q1", "m1", actor="anna")
    log.add(QuestionAnswered("Soon"), "q1", "m1")
    log.add(RecapAsked(), "bob", actor="bob")
    assert log.news == [
        ("question.asked", ("ben",)),
        ("question.answered", ("anna",)),
        ("recap.asked", ("ben",)),
    ]


def test_a_link_concerns_its_holder_alone_even_revoked(log: Log) -> None:
    log.add(LinkRequested("anna"), "p.anna", actor="")
    log.add(LinkRevoked("anna"), "p.anna")
    log.add(LinkRevoked("stranger"), "p.stranger")
    assert log.news == [("link.requested", ("anna",)), ("link.revoked", ("anna",))]


@pytest.mark.parametrize("fate", ["expired", "revoked"])
def test_a_wish_for_a_link_that_opens_nothing_concerns_the_agency_too(log: Log, fate: str) -> None:
    """Only they can open it again; the holder gets it then."""
    if fate == "expired":
        log.add(LinkChanged("anna", tuple(CLIENT), expires_at=log.at + 1), "p.anna")
    else:
        log.add(LinkRevoked("anna"), "p.anna")
        log.told("anna", "bob", "ben")
    log.add(LinkRequested("anna"), "p.anna", actor="")
    assert log.news == [("link.requested", ("anna", "ben"))]


def test_whom_mail_does_not_reach_is_not_waited_for(log: Log) -> None:
    """Neither without an address, nor with a revoked link, nor without one, nor unknown."""
    log.add(PersonAdded(Side.CLIENT, name="Eve"), subject="eve")
    log.add(PersonAdded(Side.CLIENT, name="Max", email="max@x.example"), subject="max")
    log.add(LinkRevoked("bob"), "p.bob")
    log.told("bob")
    ask(log, "anna", "bob", "eve", "max", "stranger")
    assert log.news == [("approval.requested", ("anna",))]


# -- modes ----------------------------------------------------------------------------------------


def test_decisions_come_at_once_in_every_mode_and_news_as_the_mode_says() -> None:
    ways = {mode: lane("update.posted", mode) for mode in NoticeMode}
    assert ways == {
        NoticeMode.ALL: Lane.AT_ONCE,
        NoticeMode.DECISIONS: Lane.NEVER,
        NoticeMode.DAILY: Lane.DIGEST,
        NoticeMode.WEEKLY: Lane.DIGEST,
    }
    assert {lane("approval.requested", mode) for mode in NoticeMode} == {Lane.AT_ONCE}


def test_who_wants_only_decisions_is_not_told_the_news_afterwards(log: Log) -> None:
    log.add(NoticesChosen(NoticeMode.DECISIONS), "anna", actor="anna")
    log.add(UpdatePosted("Up"), "u1", "m1", actor="bob")
    assert log.news == []
    log.add(NoticesChosen(NoticeMode.ALL), "anna", actor="anna")
    assert not any(waits(item, log.project.subscription_of("anna")) for item in log.project.news)


def test_choosing_only_decisions_lets_go_of_the_news_that_wait(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "m1", actor="bob")
    log.add(NoticesChosen(NoticeMode.DECISIONS), "anna", actor="anna")
    assert log.news == []


def test_changing_between_at_once_and_digest_tells_nothing_twice_and_leaves_nothing_out(
    log: Log,
) -> None:
    log.add(UpdatePosted("One"), "u1", "m1", actor="bob")
    log.add(NoticesChosen(NoticeMode.DAILY), "anna", actor="anna")
    ask(log, "anna")
    log.told("anna", informed=0)
    assert log.news == [("update.posted", ("anna",))]
    log.add(NoticesChosen(NoticeMode.ALL), "anna", actor="anna")
    assert log.news == [("update.posted", ("anna",))]
    log.told("anna")
    log.add(NoticesChosen(NoticeMode.WEEKLY), "anna", actor="anna")
    assert log.news == []


# -- telling --------------------------------------------------------------------------------------


def test_news_stay_until_the_last_person_was_told(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "m1")
    log.told("anna")
    assert log.news == [("update.posted", ("anna", "bob"))]
    log.told("bob")
    assert log.news == []


def test_a_failure_is_kept_with_its_problem_until_a_message_arrives(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "m1")
    log.told("anna", state=FAILED, attempt=2, problem="451 4.3.0")
    anna = log.project.subscription_of("anna")
    assert (anna.told, anna.attempts, anna.failed_at, anna.problem) == (8, 2, log.at, "451 4.3.0")
    log.told("anna")
    anna = log.project.subscription_of("anna")
    assert (anna.attempts, anna.failed_at, anna.problem) == (0, None, "")


def test_who_was_given_up_is_not_waited_for_and_the_problem_stays(log: Log) -> None:
    log.add(UpdatePosted("Up"), "u1", "m1", actor="bob")
    log.told("anna", state=GIVEN_UP, problem="550 5.1.1")
    assert log.news == []
    assert log.project.subscription_of("anna").problem == "550 5.1.1"


def test_reminders_are_counted_and_being_asked_is_noted_while_the_request_is_open(log: Log) -> None:
    ask(log, "anna")
    log.add(FileRequested("Logo", ("bob",)), "r1", "m1")

    def tell(person: str, id: str, notice: str, state: SendingState = SENT) -> None:
        log.add(NoticesSent((Sending("id", person, notice, state, asks=(id,)),)), actor="")

    tell("anna", "a1", "approval.requested")
    assert log.project.reminded == {"a1/anna": (0, log.at)}
    tell("anna", "a1", "reminder")
    tell("bob", "r1", "reminder", GIVEN_UP)
    tell("anna", "a1", "reminder", FAILED)
    assert {key: times for key, (times, _) in log.project.reminded.items()} == {
        "a1/anna": 1,
        "r1/bob": 1,
    }
    log.add(ApprovalVoided("No"), "a1", "m1")
    log.told()
    assert list(log.project.reminded) == ["r1/bob"]


def test_a_durable_hook_is_as_far_as_its_last_run_says(log: Log) -> None:
    log.add(
        NoticesSent(hooks=(HookRun("invoice", 4, SENT), HookRun("crm", 3, FAILED, 2, "OSError")))
    )
    assert log.project.hooked == {
        "invoice": HookState("invoice", 4),
        "crm": HookState("crm", 3, 2, log.at, "OSError"),
    }
    log.add(NoticesSent(hooks=(HookRun("crm", 4, GIVEN_UP, 8, "OSError"),)))
    assert log.project.hooked["crm"] == HookState("crm", 4, problem="OSError")


# -- what is over ---------------------------------------------------------------------------------


def post(log: Log, *, actor: str = "ben") -> None:
    log.add(UpdatePosted("Up"), "u1", "m1", actor=actor)


def test_of_one_persons_news_the_newest_are_told_and_what_needs_people_longer(log: Log) -> None:
    ask(log, "anna")
    post(log)
    for _ in range(NEWS_KEPT - 1):
        log.add(MilestoneAdded("Step"), milestone="m2")
        post(log)
    assert len(log.news) == NEWS_KEPT + 1
    first = log.project.news[1].seq
    post(log)
    seqs = [item.seq for item in log.project.news]
    assert len(seqs) == NEWS_KEPT + 1
    assert first not in seqs


def test_what_needs_people_is_told_however_much_news_follows_but_not_without_end(log: Log) -> None:
    ask(log, "anna")
    first = log.project.news[0].seq
    for _ in range(ASKS_KEPT - 1):
        log.add(ReminderNudged(("anna",)), "a1", "m1")
    post(log)
    assert log.project.news[0].seq == first
    log.add(ReminderNudged(("anna",)), "a1", "m1")
    assert log.project.news[0].seq == first + 1
    assert len(log.project.news) == ASKS_KEPT + 1


def test_traces_in_the_background_make_no_news_history(log: Log) -> None:
    """As many of them as there may be in two weeks: sendings, choices, clicks on old links."""
    post(log)
    for number in range(3 * NEWS_KEPT):
        mode = NoticeMode.DAILY if number % 2 else NoticeMode.WEEKLY
        log.add(NoticesChosen(mode), "anna", actor="anna")
        log.told("bob")
        log.add(LinkRequested("bob"), "p.bob", actor="")
    assert ("update.posted", ("anna", "bob")) in log.news


def test_nobody_makes_history_of_what_others_have_to_say(log: Log) -> None:
    """A client who hands in and asks without end takes the room of their own things alone."""
    post(log)
    ask(log, "anna")
    log.add(DELIVERED, "f1", "m1", actor="anna")
    log.add(QuestionAsked(), "q1", "m1", actor="anna")
    before = log.news
    for number in range(ASKS_KEPT + 1):
        log.add(QuestionAsked(), f"q{number}", "m1", actor="bob")
        log.add(DELIVERED, f"f{number}", "m1", actor="bob")
    assert log.news[:4] == before
    kinds = [item.activity.kind for item in log.project.news[4:]]
    assert kinds.count("file.delivered") == NEWS_KEPT
    assert kinds.count("question.asked") == ASKS_KEPT


def test_after_two_weeks_everything_is_history(log: Log) -> None:
    ask(log, "anna")
    log.at += NEWS_MS - 2_000
    log.add(MilestoneAdded("Step"), milestone="m2")
    assert [kind for kind, _ in log.news] == ["approval.requested"]
    log.add(MilestoneAdded("Step"), milestone="m2")
    assert log.news == []


def test_what_is_written_down_late_is_news_all_the_same(log: Log) -> None:
    log.add(MilestoneCompleted("Done", happened=1), milestone="m1")
    log.add(MilestoneAdded("Step"), milestone="m2")
    assert [kind for kind, _ in log.news] == ["milestone.completed"]


# -- forgetting -----------------------------------------------------------------------------------

PEOPLE = ["anna", "bob", "ben"]
_SENDINGS = st.builds(
    Sending,
    st.just("id"),
    st.sampled_from(PEOPLE),
    st.sampled_from(["update.posted", "digest", "reminder"]),
    st.sampled_from(list(SendingState)),
    st.integers(0, 30),
    st.integers(0, 30),
    asks=st.sampled_from([(), ("a1",)]),
)
_STEPS = st.one_of(
    st.builds(Line, st.builds(UpdatePosted, st.just("Up")), st.just("m1"), st.just("u1")),
    st.builds(Line, st.just(FileAdded("f", "why", "k", 1, "s", "t")), st.just("m1"), st.just("f1")),
    st.builds(
        Line,
        st.lists(st.sampled_from(PEOPLE)).map(lambda p: ApprovalRequested("A", "d", tuple(p))),
        st.just("m1"),
        st.just("a1"),
    ),
    st.builds(
        Line,
        st.builds(NoticesChosen, st.sampled_from(NoticeMode)),
        st.just(""),
        st.sampled_from(PEOPLE),
    ),
    st.builds(Line, st.lists(_SENDINGS, max_size=3).map(lambda s: NoticesSent(tuple(s)))),
    LINES,
)


def _forgotten(entry: Entry, person: str) -> Entry:
    """An entry as it is read once its person was forgotten."""
    fact = entry.fact
    if entry.subject == person and isinstance(fact, PersonAdded):
        return evolve(entry, fact=evolve(fact, name="", email="", ref=""))
    return entry


@given(st.lists(_STEPS, max_size=25), st.sampled_from(PEOPLE))
def test_who_is_forgotten_might_never_have_been(lines: list[Line], person: str) -> None:
    """What is still to be told after an erasure is what a replay of the emptied rows leaves to be told."""
    log = Log()
    for line in lines:
        if line.subject == person and not isinstance(line.fact, NoticesChosen):
            continue
        log.add(line.fact, line.subject, line.milestone, actor="anna")
    log.add(PersonRedacted(), person)
    replayed = fold(_forgotten(entry, person) for entry in log.entries)
    assert replayed is not None
    assert log.project.news == replayed.news


@given(st.lists(_STEPS, max_size=25))
def test_whatever_is_kept_somebody_waits_for_and_nobody_waits_for_what_is_gone(
    lines: list[Line],
) -> None:
    project: Project | None = None
    log = Log()
    for line in lines:
        log.add(line.fact, line.subject, line.milestone, actor="bob")
    for entry in log.entries:
        before, project = project, apply(project, entry)
        for item in project.news:
            subscriptions = [project.subscription_of(id) for id in item.people]
            assert any(waits(item, subscription) for subscription in subscriptions)
        if before is not None:
            kept = {item.seq for item in project.news}
            assert kept <= {*(item.seq for item in before.news), entry.seq}
            assert set(concerned(before, entry)) <= set(before.people)


def test_a_person_without_choice_is_told_everything() -> None:
    assert Subscription("anna").mode is NoticeMode.ALL

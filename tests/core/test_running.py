"""The background work: what is due is sent once, recorded once, and whatever fails is tried again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from portalkit import (
    AddressRefused,
    ApprovalDecided,
    ConfigError,
    Desk,
    Event,
    Fact,
    Handle,
    Message,
    NewerLog,
    NotAllowed,
    Notice,
    NoticesSent,
    Notify,
    Policy,
    Portal,
    Ran,
    Reminders,
    SendFailed,
    SendingState,
    Side,
    StoreError,
    UnknownFact,
    UpdatePosted,
)
from portalkit.facts import Line
from portalkit.model import Activity
from portalkit.notices.due import _Recipient
from portalkit.portal import running
from portalkit.portal.running import LEASE_MS
from portalkit.storage.memory import MemoryAccessLog, MemoryStore
from portalkit.testing import FixedClock
from portalkit.transports import Outbox
from tests.core.world import BEN, Passing, make_portal, stream

NOTHING = Ran()


def rendered(notice: Notice) -> Message:
    """The plainest mail."""
    return Message(
        id=notice.id,
        to=notice.person.email,
        sender="portal@agency.example",
        subject=f"{notice.project.title}: {notice.kind}",
        text=notice.url,
        at=notice.at,
    )


class Refusing(Outbox):
    """A mail system that does not take everything."""

    def __init__(self, refuse: Callable[[Message], Exception | None]) -> None:
        self.refuse = refuse
        self.closed = 0

    def __call__(self, message: Message) -> None:
        error = self.refuse(message)
        if error is not None:
            raise error
        self.append(message)

    def close(self) -> None:
        self.closed += 1


class World:
    """A portal that tells people, a project with two clients, and what was sent."""

    def __init__(self, transport: Outbox | None = None, **options: Any) -> None:
        self.clock = FixedClock()
        self.box = Outbox() if transport is None else transport
        self.portal = make_portal(**{"clock": self.clock, **options})
        self.tell(self.portal)
        self.desk: Desk = self.portal.desk(BEN)
        self.anna, self.bob, self.design = self.open("p1")
        self.portal.run_due()
        self.box.clear()
        self.tick()

    def tell(self, portal: Portal, **options: Any) -> None:
        policy = Policy(reminders=Reminders(first=3, every=None))
        portal.notify(Notify(render=rendered, transport=self.box, policy=policy, **options))

    def open(self, id: str) -> tuple[Handle, Handle, Handle]:
        with self.desk.open("Site", client="Acme", id=id) as change:
            anna = change.add_person("Anna", email="anna@acme.example")
            bob = change.add_person("Bob", email="bob@acme.example")
            change.issue_link(anna)
            change.issue_link(bob)
            return anna, bob, change.add_milestone("Design").start()

    def tick(self, seconds: float = 1, **options: Any) -> None:
        self.clock.advance(seconds=seconds, **options)

    def post(self, text: str = "Up", project: str = "p1", milestone: Any = None) -> Handle:
        with self.desk.change(project) as change:
            update = change.post_update(milestone or self.design, text)
        self.tick()
        return update

    def ask(self, **options: Any) -> Handle:
        with self.desk.change("p1") as change:
            ask = change.request_approval(
                self.design, "Home", people=[self.anna], statement="All of it", **options
            )
        self.tick()
        return ask

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(message.to[0], message.subject.partition(" ")[2]) for message in self.box]

    @property
    def record(self) -> NoticesSent:
        fact = self.portal.entries("p1")[-1].fact
        assert isinstance(fact, NoticesSent)
        return fact

    def head(self, project: str = "p1") -> Any:
        loaded = self.portal.ledger.store.load(project)
        assert loaded is not None
        return loaded[0]


@pytest.fixture
def world() -> World:
    return World()


# -- sending --------------------------------------------------------------------------------------


def test_a_commit_sends_nothing_and_says_when_there_is_something_to_send(world: World) -> None:
    before = world.head().wake_at
    world.post()
    assert (before, world.box) == (None, [])
    assert world.head().wake_at == world.head().updated_at


def test_what_is_due_is_sent_and_recorded_as_one_entry(world: World) -> None:
    world.post()
    before = world.portal.project("p1").version
    assert world.portal.run_due() == Ran(projects=1, sent=2)
    assert world.sent == [("a", "update.posted"), ("b", "update.posted")]
    assert world.portal.project("p1").version == before + 1
    assert [(s.person, s.state, s.attempt) for s in world.record.sent] == [
        (world.anna.id, SendingState.SENT, 1),
        (world.bob.id, SendingState.SENT, 1),
    ]
    assert world.portal.run_due() == NOTHING
    assert (world.head().wake_at, world.head().leased_until) == (None, 0)
    assert world.portal.verify("p1").ok


def test_a_message_leads_behind_the_persons_link_to_the_thing(world: World) -> None:
    update, ask = world.post(), world.ask()
    with world.desk.change("p1") as change:
        change.add_file(world.design, stream(), name="a.pdf", purpose="All")
        change.change_person(world.bob, email="")
    world.portal.run_due()
    paths = [message.text.split("/l/")[1].partition("/")[2] for message in world.box]
    assert paths == [f"u/{update.id}", f"a/{ask.id}", f"m/{world.design.id}"]
    token = world.box[0].text.split("/l/")[1].partition("/")[0]
    assert world.portal.visit(token).person.id == world.anna.id


def test_reminders_lead_to_what_is_awaited(world: World) -> None:
    ask = world.ask()
    with world.desk.change("p1") as change:
        change.request_file(world.design, "Logo", people=[world.bob])
        change.nudge(ask)
    world.portal.run_due()
    world.box.clear()
    world.tick(days=3)
    assert world.portal.run_due().sent == 2
    assert [message.text.rpartition("/l/")[2].partition("/")[2] for message in world.box] == [
        f"a/{ask.id}",
        f"m/{world.design.id}",
    ]


def test_an_answer_leads_to_its_question(world: World) -> None:
    question = world.portal.visit_as("p1", world.anna.id).ask(world.design, "Which font?")
    with world.desk.change("p1") as change:
        change.answer(question, "Inter.")
    world.portal.run_due()
    [text] = [message.text for message in world.box if "anna" in message.to]
    assert text.rpartition("/l/")[2].partition("/")[2] == f"q/{question.id}"


def test_staff_are_led_to_the_hosts_own_page(world: World) -> None:
    world.tell(world.portal, staff_url=lambda project: f"https://crm.example/{project.id}")
    ask = world.ask()
    visit = world.portal.visit_as("p1", world.anna.id)
    visit.decide(ask, "approved", manifest=visit.approval(ask).manifest, typed_name="Anna")
    world.portal.run_due()
    assert [(message.to, message.text) for message in world.box if "ben" in message.to] == [
        ("ben@studio.example", "https://crm.example/p1")
    ]


def test_news_can_be_ended_with_one_click_and_what_needs_somebody_cannot() -> None:
    notices: list[Notice] = []
    world = World()

    def render(notice: Notice) -> Message:
        notices.append(notice)
        return rendered(notice)

    world.portal.notify(Notify(render=render, transport=world.box))
    world.post()
    world.ask()
    world.portal.run_due()
    addresses = {
        world.portal.unsubscribe_url(n.project, n.person.id) for n in notices if n.unsubscribe
    }
    assert {(notice.kind, notice.unsubscribe) for notice in notices} == {
        *(("update.posted", address) for address in addresses),
        ("approval.requested", ""),
    }
    assert addresses


def test_people_are_shown_the_project_as_they_may_see_it(world: World) -> None:
    notices: list[Notice] = []

    def render(notice: Notice) -> Message:
        notices.append(notice)
        return rendered(notice)

    with world.desk.change("p1") as change:
        change.add_milestone("Margins", internal=True)
    world.portal.notify(Notify(render=render, transport=world.box))
    world.post()
    world.portal.run_due()
    titles = [[m.title for m in n.project.milestones.values()] for n in notices]
    assert titles == [["Design"], ["Design"]]
    assert {link.person for link in notices[0].project.links.values()} == {world.anna.id}


def test_who_has_decided_meanwhile_is_not_asked(world: World) -> None:
    """Each message is chosen by how the project stands when its turn comes."""
    ask = world.ask()

    def decide_first(message: Message) -> None:
        if "update" in message.subject:
            with world.desk.change("p1") as change:
                change.void_approval(ask, "Another round")

    world = world
    with world.desk.change("p1") as change:
        change.change_person(world.bob, email="")
    world.post("Later")
    world.box = Refusing(lambda message: decide_first(message))  # type: ignore[func-returns-value]
    world.tell(world.portal)
    world.portal.run_due()
    assert ("a", "approval.requested") in world.sent


def test_a_revoked_link_is_told_without_an_address(world: World) -> None:
    with world.desk.change("p1") as change:
        change.revoke_link(world.anna)
    world.portal.run_due()
    assert [(message.subject, message.text) for message in world.box] == [
        ("Site: link.revoked", "")
    ]


def test_a_portal_that_tells_nobody_leaves_it_to_one_that_does() -> None:
    """Whoever sends looks at every project that the other has written, at its next run."""
    store, clock = MemoryStore(), FixedClock()
    silent = make_portal(store, clock=clock)
    world = World(store=store)
    with silent.desk(BEN).change("p1") as change:
        change.post_update(world.design, "Up")
    assert world.head().wake_at == 0
    assert silent.run_due() == NOTHING
    assert world.portal.run_due() == Ran(projects=1, sent=2)


def test_a_run_takes_no_more_projects_than_it_may_and_stops_when_asked(world: World) -> None:
    for id in ("p2", "p3", "p4"):
        world.open(id)
    assert world.portal.run_due(limit=2).projects == 2
    assert world.portal.run_due(stop=lambda: True) == NOTHING
    assert world.portal.run_due().projects == 1


def test_who_stops_in_the_middle_records_what_was_sent(world: World) -> None:
    world.post()
    ran = world.portal.run_due(stop=lambda: bool(world.box))
    assert (ran.sent, len(world.record.sent)) == (1, 1)
    assert world.portal.run_due().sent == 1
    assert world.sent == [("a", "update.posted"), ("b", "update.posted")]


def test_nothing_is_sent_inside_a_transaction_of_the_host(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post()
    monkeypatch.setattr(type(world.portal.ledger), "provisional", True)
    with pytest.raises(NotAllowed):
        world.portal.run_due()


def test_a_project_that_was_erased_under_the_lease_is_let_go(world: World) -> None:
    world.post()
    world.box = Refusing(lambda message: world.portal.care.erase("p1"))  # type: ignore[func-returns-value,arg-type]
    world.tell(world.portal)
    assert world.portal.run_due().projects == 1
    assert world.portal.run_due() == NOTHING


def test_a_project_erased_before_its_turn_is_nothing_to_do(world: World) -> None:
    class Late(Passing):
        def claim(self, now: int, *, lease: int, limit: int) -> Any:
            return [] if gone else (gone.append(1), ["nobody"])[1]

    gone: list[int] = []
    portal = make_portal(Late(), clock=world.clock)
    world.tell(portal)
    assert portal.run_due() == Ran(projects=1)


def test_a_log_of_a_newer_portalkit_is_left_alone(world: World, caplog: Any) -> None:
    world.post()
    state = world.portal.ledger.read("p1")
    world.portal.ledger._commit("p1", state, "", [Line(UnknownFact("future.thing", "{}", ""))])
    assert world.portal.run_due() == Ran(projects=1)
    assert world.box == []
    assert "newer portalkit" in caplog.text
    with pytest.raises(NewerLog):
        world.portal.ledger.settle("p1", lambda state: ("", []), leased_until=0)


# -- failures -------------------------------------------------------------------------------------


def test_a_failure_is_recorded_tried_again_and_visible_to_staff() -> None:
    down = True
    world = World(Refusing(lambda message: None))
    assert isinstance(world.box, Refusing)
    world.box.refuse = lambda message: (
        SendFailed("busy", code="451 4.3.0") if down and "anna" in message.to else None
    )
    world.post()
    assert world.portal.run_due() == Ran(projects=1, sent=1, failed=1)
    (failure,) = world.desk.failures("p1")
    assert (failure.person.name, failure.problem, failure.given_up) == ("Anna", "451 4.3.0", False)
    assert world.portal.run_due() == NOTHING
    world.tick(58)
    assert world.portal.run_due() == NOTHING
    down = False
    world.tick(2)
    assert world.portal.run_due() == Ran(projects=1, sent=1)
    assert world.desk.failures("p1") == []
    assert world.record.sent[0].attempt == 2


def test_an_address_that_is_refused_for_good_is_given_up_at_once() -> None:
    world = World(Refusing(lambda message: None))
    assert isinstance(world.box, Refusing)
    world.box.refuse = lambda message: AddressRefused("unknown", code="550 5.1.1")
    world.post()
    assert world.portal.run_due() == Ran(projects=1, given_up=2)
    assert [f.given_up for f in world.desk.failures("p1")] == [True, True]
    assert world.portal.run_due() == NOTHING
    world.box.refuse = lambda message: None
    world.post("More")
    assert world.portal.run_due().sent == 2


def test_after_eight_attempts_a_message_is_given_up() -> None:
    world = World(Refusing(lambda message: None))
    assert isinstance(world.box, Refusing)
    world.box.refuse = lambda message: OSError("anna@acme.example cannot be reached")
    world.post()
    total = Ran()
    for _ in range(20):
        total += world.portal.run_due()
        world.tick(days=1)
    assert (total.failed, total.given_up, total.sent) == (14, 2, 0)
    assert world.record.sent[0].problem == "OSError"
    assert world.box.closed > 0


def test_what_cannot_be_rendered_stops_nobody_else(world: World, caplog: Any) -> None:
    def render(notice: Notice) -> Message:
        if notice.person.name == "Anna":
            raise ValueError("a template is broken")
        return rendered(notice)

    world.portal.notify(Notify(render=render, transport=world.box))
    world.post()
    with caplog.at_level(logging.WARNING, "portalkit.notices"):
        assert world.portal.run_due() == Ran(projects=1, sent=1, failed=1)
    assert "a template is broken" in caplog.text
    assert world.desk.failures("p1")[0].problem == "ValueError"


def test_a_store_that_fails_in_one_project_stops_no_other(world: World, caplog: Any) -> None:
    """The lease of that one runs out; what was sent is known from the journal and not sent again."""

    class Broken(Passing):
        def commit(self, head: Any, rows: Any, *, expected: str, redact: Any = ()) -> None:
            if failing and head.project == "p1" and head.leased_until == 0:
                raise StoreError("the disk is full")
            super().commit(head, rows, expected=expected, redact=redact)

    failing = False
    world = World(store=Broken())
    world.open("p2")
    world.post()
    failing = True
    assert world.portal.run_due() == Ran(projects=2, sent=2, stuck=1)
    assert "the disk is full" in caplog.text
    assert len(world.box) == 4
    failing = False
    assert world.portal.run_due() == NOTHING
    world.tick(LEASE_MS / 1000)
    assert world.portal.run_due() == Ran(projects=1, sent=2)
    assert len(world.box) == 4


# -- the journal ----------------------------------------------------------------------------------


class Killed(BaseException):
    """The end of a process."""


def test_what_was_accepted_before_the_sender_died_is_recorded_and_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post()

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.portal.ledger, "settle", die)
        with pytest.raises(Killed):
            world.portal.run_due()
    assert len(world.box) == 2
    world.post("Meanwhile")
    assert world.portal.run_due() == NOTHING, "the dead sender's lease still stands"
    world.tick(LEASE_MS / 1000)
    assert world.portal.run_due().sent == 4
    assert [message.subject for message in world.box].count("Site: update.posted") == 4
    assert len({message.id for message in world.box}) == 4


def test_news_that_joined_a_message_after_it_was_accepted_are_told_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest grows while its first delivery waits to be recorded."""
    with world.desk.change("p1") as change:
        change.choose_notices(world.anna, "daily")
        change.change_person(world.bob, email="")
    world.post("One")
    world.tick(days=1)

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.portal.ledger, "settle", die)
        with pytest.raises(Killed):
            world.portal.run_due()
    world.post("Two")
    world.tick(days=1)
    world.portal.run_due()
    world.tick(days=1)
    world.portal.run_due()
    assert world.sent == [("a", "digest"), ("a", "digest")]


def test_without_a_journal_everything_is_sent_all_the_same(caplog: Any) -> None:
    class Full(MemoryAccessLog):
        def record(self, project: str, link: str, what: str, at: int) -> None:
            raise OSError("disk full")

        def of(self, project: str) -> Any:
            raise StoreError("disk full")

    world = World(access=Full())
    world.post()
    assert world.portal.run_due().sent == 2
    assert "could not be written" in caplog.text
    assert "could not be read" in caplog.text


def test_the_journal_is_no_use_of_a_link(world: World) -> None:
    world.post()
    world.portal.run_due()
    assert {access.link for access in world.portal.access.of("p1")} == {""}
    assert [info.last_used for info in world.desk.links("p1")] == [None, None]


# -- several workers ------------------------------------------------------------------------------


def test_a_commit_during_a_lease_is_kept_and_causes_no_second_sending(world: World) -> None:
    """Neither does it hand the project to another worker, nor is it forgotten when the lease ends."""
    other = make_portal(world.portal.ledger.store, clock=world.clock)
    world.tell(other)
    seen: list[Ran] = []

    def meanwhile(message: Message) -> None:
        if not seen:
            with other.desk(BEN).change("p1") as change:
                change.add_milestone("Build")
            seen.append(other.run_due())

    world.box = Refusing(lambda message: meanwhile(message))  # type: ignore[func-returns-value]
    world.tell(world.portal)
    world.post()
    assert world.portal.run_due().sent == 2
    assert seen == [NOTHING]
    assert world.portal.run_due() == NOTHING
    assert len(world.box) == 2


def test_news_that_come_during_a_lease_are_sent_by_the_same_worker_or_at_the_next_run(
    world: World,
) -> None:
    posted: list[Handle] = []

    def meanwhile(message: Message) -> None:
        if not posted:
            posted.append(world.post("More"))

    world.box = Refusing(lambda message: meanwhile(message))  # type: ignore[func-returns-value]
    world.tell(world.portal)
    world.post()
    world.portal.run_due()
    world.portal.run_due()
    assert sorted(world.sent) == [("a", "update.posted")] * 2 + [("b", "update.posted")] * 2


def test_what_another_worker_recorded_is_not_recorded_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker is so slow that its lease runs out; the second takes over."""
    ask = world.ask()
    with world.desk.change("p1") as change:
        change.change_person(world.bob, email="")
    world.portal.run_due()
    world.tick(days=3)
    with world.desk.change("p1") as change:
        change.post_update(world.design, "Up")
    world.tick()
    second = make_portal(world.portal.ledger.store, clock=world.clock, access=world.portal.access)
    box, done = Outbox(), []
    second.notify(evolve(world.portal._runner.notify, transport=box))  # type: ignore[arg-type]
    settle = world.portal.ledger.settle

    def late(*args: Any, **options: Any) -> Any:
        if not done:
            done.append(1)
            world.tick(LEASE_MS / 1000)
            assert second.run_due().sent == 2
        return settle(*args, **options)

    monkeypatch.setattr(world.portal.ledger, "settle", late)
    world.portal.run_due()
    assert box == [], "the journal told the second worker that both were accepted"
    facts = [e.fact for e in world.portal.entries("p1") if isinstance(e.fact, NoticesSent)]
    assert [len(fact.sent) for fact in facts[-2:]] == [1, 2]
    assert world.portal.project("p1").reminded[f"{ask.id}/{world.anna.id}"][0] == 1


def test_a_failure_that_another_worker_recorded_is_not_recorded_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.desk.change("p1") as change:
        change.change_person(world.bob, email="")
    world.post()
    world.box = Refusing(lambda message: OSError("down"))
    world.tell(world.portal)
    second = make_portal(world.portal.ledger.store, clock=world.clock)
    world.tell(second)
    settle, done = world.portal.ledger.settle, []

    def late(*args: Any, **options: Any) -> Any:
        if not done:
            done.append(1)
            world.tick(LEASE_MS / 1000)
            assert second.run_due().failed == 1
        return settle(*args, **options)

    monkeypatch.setattr(world.portal.ledger, "settle", late)
    world.portal.run_due()
    assert world.portal.project("p1").subscription_of(world.anna.id).attempts == 1
    facts = [e.fact for e in world.portal.entries("p1") if isinstance(e.fact, NoticesSent)]
    assert [s.state for s in facts[-1].sent] == [SendingState.FAILED]
    assert facts[-2].sent[0].state is SendingState.SENT


def take_long(world: World, monkeypatch: pytest.MonkeyPatch, part: float) -> None:
    """Let each message take a part of the lease."""
    real, slow = time.monotonic, [0.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: real() + slow[0])

    def dawdle(message: Message) -> None:
        slow[0] += LEASE_MS / 1000 * part

    world.box = Refusing(lambda message: dawdle(message))  # type: ignore[func-returns-value]
    world.tell(world.portal)


def test_who_has_used_up_half_of_the_lease_lets_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post()
    take_long(world, monkeypatch, 0.6)
    assert world.portal.run_due(limit=1).sent == 1
    assert world.head().leased_until == 0
    assert world.portal.run_due(limit=1).sent == 1


def test_who_comes_back_after_the_lease_does_not_end_that_of_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post()
    take_long(world, monkeypatch, 1.1)
    world.portal.run_due(limit=1)
    assert world.head().leased_until > world.clock()


# -- durable hooks --------------------------------------------------------------------------------


@pytest.fixture
def calls(world: World) -> list[tuple[str, int]]:
    """What a durable hook for every fact was called for."""
    found: list[tuple[str, int]] = []
    world.portal.on(Fact, lambda e: found.append((e.entry.kind, e.entry.seq)), durable="all")
    return found


def test_a_durable_hook_is_called_for_every_entry_in_order_and_once(
    world: World, calls: list[tuple[str, int]]
) -> None:
    world.post()
    assert calls == []
    assert world.portal.run_due().hooks == len(calls)
    kinds = [kind for kind, _ in calls]
    assert kinds[:2] == ["project.opened", "person.added"]
    assert kinds[-1] == "update.posted"
    assert "notices.sent" not in kinds
    assert [seq for _, seq in calls] == sorted(seq for _, seq in calls)
    assert world.portal.run_due() == NOTHING
    before = len(calls)
    world.post()
    world.portal.run_due()
    assert [kind for kind, _ in calls[before:]] == ["update.posted"]


def test_a_durable_hook_needs_no_mail() -> None:
    portal = make_portal(clock=FixedClock())
    seen: list[Event[UpdatePosted]] = []
    portal.on(UpdatePosted, seen.append, durable="crm")
    with portal.desk(BEN).open("Site", client="Acme", id="p1") as change:
        change.post_update(change.add_milestone("Design"), "Up")
    assert portal.run_due() == Ran(projects=1, hooks=1)
    assert (seen[0].body, seen[0].project.title) == ("Up", "Site")
    assert portal.run_due() == NOTHING


def test_a_durable_hook_that_fails_is_called_again_and_holds_back_what_follows(
    world: World,
) -> None:
    broken, done = True, []

    @world.portal.on(UpdatePosted, durable="invoice")
    def invoice(event: Event[UpdatePosted]) -> None:
        if broken and event.body == "Two":
            raise RuntimeError("no paper")
        done.append(event.body)

    for title in ("One", "Two", "Three"):
        world.post(title)
    assert world.portal.run_due() == Ran(projects=1, sent=6, hooks=1)
    state = world.portal.project("p1").hooked["invoice"]
    assert (state.attempts, state.problem) == (1, "RuntimeError")
    assert world.portal.run_due() == NOTHING
    world.tick(59)
    world.portal.run_due()
    assert world.portal.project("p1").hooked["invoice"].attempts == 1
    world.tick(2)
    world.portal.run_due()
    assert world.portal.project("p1").hooked["invoice"].attempts == 2
    broken = False
    world.tick(days=1)
    assert world.portal.run_due().hooks == 2
    assert done == ["One", "Two", "Three"]
    assert world.portal.project("p1").hooked["invoice"].problem == ""


def test_an_entry_that_a_durable_hook_cannot_take_is_given_up_in_the_end(world: World) -> None:
    done = []

    @world.portal.on(UpdatePosted, durable="invoice")
    def invoice(event: Event[UpdatePosted]) -> None:
        if event.body == "One":
            raise RuntimeError("never")
        done.append(event.body)

    world.post("One")
    world.post("Two")
    for _ in range(20):
        world.portal.run_due()
        world.tick(days=1)
    assert done == ["Two"]


def test_a_durable_hook_may_begin_later(world: World) -> None:
    world.post("Before")
    since, seen = world.clock.date(), []
    world.post("After")
    world.portal.on(UpdatePosted, durable="crm", since=since)(lambda e: seen.append(e.body))
    world.portal.run_due()
    assert seen == ["After"]


def test_a_durable_hook_that_is_stopped_goes_on_where_it_was(
    world: World, calls: list[tuple[str, int]]
) -> None:
    world.post()
    world.portal.run_due(stop=lambda: len(calls) == 3)
    assert len(calls) == 3
    world.portal.run_due()
    assert [seq for _, seq in calls] == sorted({seq for _, seq in calls})


def test_a_durable_hook_reads_a_long_log_in_pages(
    world: World, calls: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(running, "_PAGE", 2)
    world.post()
    world.portal.run_due()
    assert len(calls) == len({seq for _, seq in calls}) > 6


@pytest.mark.parametrize(("kind", "name"), [(UpdatePosted, "No Name"), (NoticesSent, "loop")])
def test_a_durable_hook_needs_a_name_and_a_kind(world: World, kind: Any, name: str) -> None:
    with pytest.raises(ConfigError):
        world.portal.on(kind, print, durable=name)


def test_the_name_of_a_durable_hook_is_its_own(world: World) -> None:
    world.portal.on(UpdatePosted, print, durable="crm")
    with pytest.raises(ConfigError):
        world.portal.on(ApprovalDecided, print, durable="crm")


# -- no circles -----------------------------------------------------------------------------------


def test_a_run_takes_each_project_once(world: World) -> None:
    """Even if something is due again at once: that is for the next run."""
    world.portal.on(UpdatePosted, lambda event: world.post("Echo"), durable="echo")
    world.post()
    ran = world.portal.run_due()
    assert ran.projects == 1
    assert world.head().leased_until == 0


def test_staff_without_an_address_are_not_written_to(world: World) -> None:
    with world.desk.change("p1") as change:
        change.add_person("Kim", side=Side.AGENCY)
    ask = world.ask()
    visit = world.portal.visit_as("p1", world.anna.id)
    visit.decide(ask, "approved", manifest=visit.approval(ask).manifest, typed_name="Anna")
    world.portal.run_due()
    assert {message.to for message in world.box} == {"anna@acme.example", "ben@studio.example"}


# -- many people ----------------------------------------------------------------------------------


def test_twice_as_many_people_are_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is worked out by itself, and not anew with all that wait behind it."""
    stands = _Recipient._stands
    looked: list[str] = []

    def counted(recipient: _Recipient, activity: Activity) -> bool:
        looked.append(activity.subject)
        return stands(recipient, activity)

    monkeypatch.setattr(_Recipient, "_stands", counted)
    work = {}
    for people in (10, 20):
        world = World()
        with world.desk.change("p1") as change:
            for number in range(people):
                person = change.add_person(f"P {number}", email=f"p{number}@acme.example")
                change.issue_link(person)
        world.portal.run_due()
        world.tick()
        world.box.clear()
        looked.clear()
        with world.desk.change("p1") as change:
            for _ in range(5):
                change.post_update(world.design, "Up")
        assert world.portal.run_due().sent == people + 2 == len(world.box)
        work[people] = len(looked)
    assert work[20] < 2.5 * work[10]

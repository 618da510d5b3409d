"""Mails that come back are noted where they were sent, once, with whom they did not reach."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import (
    AddressRefused,
    Conflict,
    Event,
    Handle,
    Message,
    NewerLog,
    Notice,
    NoticesBounced,
    NoticesSent,
    Notify,
    Policy,
    Ran,
    SendFailed,
    UnknownFact,
)
from portalkit.facts import Line
from portalkit.notices.naming import name_of, read_name
from portalkit.portal import ledger
from portalkit.testing import FixedClock
from portalkit.transports import Outbox
from tests.core.world import BEN, make_portal, token_of

DAY = 86_400


def rendered(notice: Notice) -> Message:
    """The plainest mail."""
    return Message(
        id=notice.id,
        to=notice.person.email,
        sender="portal@agency.example",
        subject=notice.kind,
        text=notice.url,
        at=notice.at,
    )


class Scene:
    """A project whose people were just sent their links."""

    def __init__(self, id: str = "acme.site", **options: Any) -> None:
        self.id = id
        self.clock = FixedClock()
        self.portal = make_portal(**{"clock": self.clock, **options})
        self.box = Outbox()
        self.refuse: dict[str, Exception] = {}
        self.portal.notify(
            Notify(render=rendered, transport=self.send, policy=Policy(reminders=None))
        )
        self.desk = self.portal.desk(BEN)
        with self.desk.open("Site", client="Acme", id=id) as change:
            self.anna = change.add_person("Anna", email="anna@acme.example")
            self.bob = change.add_person("Bob", email="bob@acme.example")
            change.issue_link(self.anna)
            change.issue_link(self.bob)
            self.design = change.add_milestone("Design")
        self.portal.run_due()
        self.clock.advance(seconds=1)

    def send(self, message: Message) -> None:
        if message.to in self.refuse:
            raise self.refuse[message.to]
        self.box(message)

    def post(self) -> None:
        with self.desk.change(self.id) as change:
            change.post_update(self.design, "Up")
        self.clock.advance(seconds=1)

    def mail_to(self, person: Handle) -> str:
        """The Message-ID of the last mail to somebody."""
        address = self.portal.project(self.id).people[person.id].email
        return [message.message_id for message in self.box if message.to == address][-1]

    @property
    def version(self) -> int:
        return self.portal.project(self.id).version

    @property
    def failures(self) -> list[tuple[str, str, bool]]:
        found = self.desk.failures(self.id)
        return [(f.person.name, f.problem, f.bounced_at is not None) for f in found]


@pytest.fixture
def scene() -> Scene:
    return Scene()


# -- what is noted --------------------------------------------------------------------------------


def test_a_message_id_names_message_and_project(scene: Scene) -> None:
    named = read_name(scene.mail_to(scene.anna))
    fact = scene.portal.entries(scene.id)[-1].fact
    assert isinstance(fact, NoticesSent)
    (sending,) = (s for s in fact.sent if s.person == scene.anna.id)
    assert named == (sending.id, scene.id)
    assert scene.mail_to(scene.anna) == f"<{sending.id}.acme!site@agency.example>"


def test_a_long_message_id_stands_in_the_mail_as_it_is() -> None:
    """In one line, and not encoded: a report gives it back as it was."""
    scene = Scene("a.b-c_d." * 8)
    message = scene.box[-1]
    assert f"Message-ID: {message.message_id}\r\n".encode() in message.email().as_bytes()
    assert read_name(message.message_id)
    assert scene.portal.bounced(message.message_id)


def test_a_mail_that_came_back_is_noted_and_staff_see_it(scene: Scene) -> None:
    assert scene.portal.bounced(scene.mail_to(scene.anna), "550 5.1.1 <anna@acme.example>")
    entry = scene.portal.entries(scene.id)[-1]
    id, _ = read_name(scene.mail_to(scene.anna)) or ("", "")
    assert (entry.actor, entry.subject, entry.milestone) == ("", scene.anna.id, "")
    assert entry.fact == NoticesBounced(id, "5.1.1")
    assert scene.failures == [("Anna", "5.1.1", True)]
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.bounced_at, failure.given_up, failure.attempts) == (entry.at, True, 0)


@pytest.mark.parametrize("form", ["{}", "<{}@agency.example>", "{}@agency.example", " <{}@x> \r\n"])
def test_its_name_may_come_in_any_form(scene: Scene, form: str) -> None:
    name = scene.mail_to(scene.anna)[1:].partition("@")[0]
    assert scene.portal.bounced(form.format(name))
    assert scene.failures == [("Anna", "bounced", True)]


def test_the_caretaker_notes_it_too(scene: Scene) -> None:
    assert scene.portal.care.bounced(scene.mail_to(scene.anna))
    assert scene.failures == [("Anna", "bounced", True)]


def test_hooks_hear_of_it(scene: Scene) -> None:
    heard: list[str] = []

    @scene.portal.on(NoticesBounced)
    def hear(event: Event[NoticesBounced]) -> None:
        heard.append(event.project.people[event.entry.subject].name)

    scene.portal.bounced(scene.mail_to(scene.bob))
    assert heard == ["Bob"]


def test_the_same_mail_comes_back_once(scene: Scene) -> None:
    name = scene.mail_to(scene.anna)
    assert scene.portal.bounced(name, "4.4.7")
    before = scene.version
    assert not scene.portal.bounced(name, "5.1.1")
    assert scene.version == before
    assert scene.portal.bounced(scene.mail_to(scene.bob), "5.1.1")
    assert scene.failures == [("Anna", "4.4.7", True), ("Bob", "5.1.1", True)]


# -- what follows ---------------------------------------------------------------------------------


def test_nothing_is_sent_again_and_nothing_waits(scene: Scene) -> None:
    sent = len(scene.box)
    scene.portal.bounced(scene.mail_to(scene.anna))
    head = scene.portal.ledger.store.load(scene.id)
    assert head is not None
    assert head[0].wake_at is None
    assert scene.portal.run_due() == Ran()
    scene.post()
    assert scene.portal.run_due() == Ran(projects=1, sent=2)
    assert len(scene.box) == sent + 2


def test_the_next_mail_that_is_accepted_ends_the_mark(scene: Scene) -> None:
    scene.portal.bounced(scene.mail_to(scene.anna))
    scene.post()
    scene.portal.run_due()
    assert scene.failures == []
    assert scene.portal.bounced(scene.mail_to(scene.anna))
    assert scene.failures == [("Anna", "bounced", True)]


@pytest.mark.parametrize("error", [SendFailed("x", code="451"), AddressRefused("x", code="550")])
def test_the_next_mail_that_fails_shows_that_instead(scene: Scene, error: SendFailed) -> None:
    scene.portal.bounced(scene.mail_to(scene.anna))
    scene.refuse["anna@acme.example"] = error
    scene.post()
    scene.portal.run_due()
    assert scene.failures == [("Anna", error.code, False)]


def test_what_is_tried_again_stays_so(scene: Scene) -> None:
    """An older mail comes back while a newer one waits for its next attempt."""
    older = scene.mail_to(scene.anna)
    scene.refuse["anna@acme.example"] = SendFailed("busy", code="451")
    scene.post()
    scene.portal.run_due()
    assert scene.portal.bounced(older, "5.2.2")
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.attempts, failure.given_up) == ("5.2.2", 1, False)
    scene.refuse.clear()
    scene.clock.advance(seconds=60)
    assert scene.portal.run_due() == Ran(projects=1, sent=1)
    assert scene.failures == []


def test_no_client_hears_of_it(scene: Scene) -> None:
    scene.portal.bounced(scene.mail_to(scene.anna), "5.7.508")
    for person in (scene.anna, scene.bob):
        visit = scene.portal.visit(token_of(scene.portal, scene.id, person))
        kinds = {line.kind for line in (*visit.activity(), *visit.project.recent)}
        assert not {kind for kind in kinds if kind.startswith("notices.")}
    assert scene.anna.id not in visit.project.subscriptions


# -- what is not noted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("", "x", "<CAF=x@mail.gmail.com>", "<@>", "\0", "0" * 100_000),
        *(name_of("0" * 32, "acme.site"), name_of("0" * 32, "other"), name_of("0" * 32, ".")),
        *(None, b"x", 7),
    ],
)
def test_what_was_never_sent_changes_nothing(scene: Scene, name: Any) -> None:
    before = scene.version
    assert scene.portal.bounced(name, "5.1.1") is False
    assert (scene.version, scene.failures) == (before, [])


def test_a_message_counts_only_in_the_project_that_sent_it(scene: Scene) -> None:
    with scene.desk.open("Other", client="Beta", id="other") as change:
        change.add_person("Eve", email="eve@beta.example")
    id, _ = read_name(scene.mail_to(scene.anna)) or ("", "")
    assert not scene.portal.bounced(name_of(id, "other"))
    assert scene.failures == []


def test_who_was_forgotten_stays_so(scene: Scene) -> None:
    name = scene.mail_to(scene.anna)
    scene.portal.care.redact(scene.id, scene.anna.id)
    before = scene.version
    assert not scene.portal.bounced(name, "5.1.1")
    assert scene.version == before


def test_a_project_that_was_erased_stays_so(scene: Scene) -> None:
    name = scene.mail_to(scene.anna)
    scene.portal.care.erase(scene.id)
    assert not scene.portal.bounced(name)


def test_what_was_sent_a_month_ago_is_not_looked_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mail system keeps a mail for so long; and the log since then is read page by page."""
    monkeypatch.setattr(ledger, "_PAGE", 3)
    names = scene.mail_to(scene.anna), scene.mail_to(scene.bob)
    scene.clock.advance(seconds=29 * DAY)
    for _ in range(7):
        scene.post()
    assert scene.portal.bounced(names[0])
    scene.clock.advance(seconds=1 * DAY)
    assert not scene.portal.bounced(names[1])


# -- while it is being sent -----------------------------------------------------------------------


def test_a_mail_that_comes_back_before_its_run_has_ended_is_to_be_reported_again(
    scene: Scene,
) -> None:
    """The run records what it sent at its end, and a mail may be back by then."""
    early: list[str] = []

    def send(message: Message) -> None:
        scene.box(message)
        if len(early) == 1:
            with pytest.raises(Conflict, match="again in ten minutes"):
                scene.portal.bounced(early[0], "5.1.1")
        early.append(message.message_id)

    scene.portal.notify(Notify(render=rendered, transport=send, policy=Policy(reminders=None)))
    scene.post()
    assert scene.portal.run_due().sent == 2
    assert len(early) == 2
    assert scene.portal.bounced(early[0], "5.1.1")
    assert scene.failures == [("Anna", "5.1.1", True)]


def test_what_no_run_ever_recorded_is_let_go_of_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody who writes waits for it meanwhile: no write is even begun."""
    lost = "1f" * 16
    monkeypatch.setattr(scene.portal.ledger, "write", None)
    scene.portal.access.record(scene.id, "", f"mail:{lost}?1", scene.clock())
    with pytest.raises(Conflict):
        scene.portal.bounced(name_of(lost, scene.id))
    scene.clock.advance(seconds=3 * 3600)
    assert not scene.portal.bounced(name_of(lost, scene.id))


def test_a_project_of_a_newer_portalkit_is_not_written(scene: Scene) -> None:
    name = scene.mail_to(scene.anna)
    future = UnknownFact("future.thing", "{}", "")
    scene.portal.ledger.write(scene.id, lambda state: ("", [Line(future)]))
    with pytest.raises(NewerLog):
        scene.portal.bounced(name)


def test_two_reports_at_once_are_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds what the first wrote between its look at the log and its commit."""
    name = scene.mail_to(scene.anna)
    second = make_portal(scene.portal.ledger.store, clock=scene.clock)
    commit, done = scene.portal.ledger.store.commit, []

    def late(*args: Any, **options: Any) -> Any:
        if not done:
            done.append(True)
            assert second.bounced(name)
        return commit(*args, **options)

    monkeypatch.setattr(scene.portal.ledger.store, "commit", late)
    assert scene.portal.bounced(name) is False
    assert len([e for e in scene.portal.entries(scene.id) if e.kind == "notices.bounced"]) == 1

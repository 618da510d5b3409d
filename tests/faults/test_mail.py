"""Mail against a real server that is down, slow, refuses or hangs, and with senders that are killed.

Every message arrives at least once and at most twice, always under the same Message-ID; and nobody who
uses the portal waits for it.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from portalkit import (
    AddressRefused,
    Message,
    NoticesSent,
    Outcome,
    Portal,
    Ran,
    SendFailed,
    SendingState,
)
from portalkit.bounces import read
from portalkit.moments import now
from portalkit.portal.running import LEASE_MS
from tests.faults.mail import MailServer, with_mail
from tests.faults.world import MAYA, TORTURE, Scene, close, forked, open_project, portal_at, result

KILLS = 100 if TORTURE else 15
DUE = 1000 if TORTURE else 150
MINUTE = 60_000


class Clock:
    """The clock of the machine, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that is up."""
    with MailServer() as server:
        yield server


@pytest.fixture
def portal(quick: Path, clock: Clock, server: MailServer) -> Portal:
    """A portal whose mail goes to the server."""
    return with_mail(portal_at(quick / "portal", clock=clock), server)


@pytest.fixture
def scene(portal: Portal, server: MailServer, clock: Clock) -> Scene:
    """A project whose client has got her link already."""
    scene = open_project(portal)
    portal.run_due()
    server.received.clear()
    clock.ahead += 1
    return scene


def open_many(portal: Portal, count: int, *, people: int = 1) -> set[str]:
    """Open projects whose people wait for their links; return the addresses."""
    desk, addresses = portal.desk(MAYA), set()
    for number in range(count):
        with desk.open(f"Site {number}", client="Acme", id=f"p{number}") as change:
            for place in range(people):
                address = f"c{place}@p{number}.example"
                change.issue_link(change.add_person(f"Client {place}", email=address))
                addresses.add(address)
    return addresses


def states(scene: Scene) -> list[SendingState]:
    """What became of each attempt, by the log, after the link was sent."""
    facts = [e.fact for e in scene.entries if isinstance(e.fact, NoticesSent)]
    return [sending.state for fact in facts[1:] for sending in fact.sent]


# -- the server misbehaves ------------------------------------------------------------------------


def test_a_message_arrives_once_the_server_is_back(
    scene: Scene, server: MailServer, clock: Clock
) -> None:
    """Down for a minute: tried after one, and there is one delivery."""
    server.stop()
    scene.post("Up")
    assert scene.portal.run_due() == Ran(projects=1, failed=1)
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.attempts) == ("SendFailed", 1)
    server.start()
    assert scene.portal.run_due() == Ran()
    clock.ahead += MINUTE
    assert scene.portal.run_due() == Ran(projects=1, sent=1)
    assert list(server.times.values()) == [1]
    assert scene.desk.failures(scene.id) == []


def test_a_slow_server_gets_every_message_once(scene: Scene, server: MailServer) -> None:
    """It may take its time for the last answer, when the message is its own already."""
    server.delay = 1.5
    with_mail(scene.portal, server, timeout=0.5)
    scene.post("Up")
    assert scene.portal.run_due().sent == 1
    assert list(server.times.values()) == [1]


@pytest.mark.parametrize("stage", ["recipient", "message"])
def test_what_is_refused_for_now_is_tried_again_under_the_same_id(
    scene: Scene, server: MailServer, clock: Clock, stage: str
) -> None:
    attempts: list[str] = []

    def answer(address: str) -> str:
        attempts.append(address)
        return "451 4.7.1 greylisted, try again" if len(attempts) < 3 else "250 OK"

    setattr(server, stage, answer)
    scene.post("Up")
    for _ in range(3):
        scene.portal.run_due()
        clock.ahead += 10 * MINUTE
    assert states(scene) == [SendingState.FAILED, SendingState.FAILED, SendingState.SENT]
    assert list(server.times.values()) == [1]
    ids = {s.id for e in scene.entries if isinstance(e.fact, NoticesSent) for s in e.fact.sent}
    assert len(ids) == 2, "that of the link, and the one that was tried three times"


@pytest.mark.parametrize("stage", ["recipient", "message"])
def test_what_is_refused_for_good_is_given_up_at_once_and_staff_see_it(
    scene: Scene, server: MailServer, clock: Clock, stage: str
) -> None:
    setattr(server, stage, lambda address: f"550 5.1.1 no such user: {address}")
    scene.post("Up")
    assert scene.portal.run_due() == Ran(projects=1, given_up=1)
    clock.ahead += 60 * MINUTE
    assert scene.portal.run_due() == Ran()
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.given_up) == ("550 5.1.1", True)
    assert "anna@" not in repr(scene.entries[-1].fact), "the log names no address"


def test_one_whose_address_is_refused_holds_up_nobody(portal: Portal, server: MailServer) -> None:
    addresses = open_many(portal, 2, people=3)
    server.recipient = lambda to: "550 5.1.1 no" if to.startswith("c1@") else "250 OK"
    assert portal.run_due() == Ran(projects=2, sent=4, given_up=2)
    assert {mail.to for mail in server.received} == {a for a in addresses if "c1@" not in a}


def test_a_line_with_a_dot_alone_is_no_end(scene: Scene, server: MailServer) -> None:
    """The text of a mail arrives as it was written."""
    text = "one\n.\n..two\n.three\n"
    message = Message(
        id="i", to="anna@acme.example", sender="portal@agency.example", subject="S", text=text, at=0
    )
    transport = server.transport()
    transport(message)
    transport(message)  # on the same connection
    transport.close()
    assert [mail.text.replace("\r\n", "\n") for mail in server.received] == [text, text]


def test_a_connection_that_was_lost_is_made_anew(scene: Scene, server: MailServer) -> None:
    transport = server.transport()
    message = Message(
        id="i", to="anna@acme.example", sender="portal@agency.example", subject="S", text="T", at=0
    )
    transport(message)
    server.stop()
    server.start()
    transport(message)
    transport.close()
    assert len(server.received) == 2


def test_a_decision_does_not_wait_for_a_server_that_hangs(scene: Scene, clock: Clock) -> None:
    """The sender waits, the client does not; and the decision stands under the sender's lease."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        hanging = MailServer()
        hanging.port = deaf.getsockname()[1]
        sender = with_mail(portal_at(_data(scene), clock=clock), hanging, timeout=3)
        scene.post("Up")
        thread = threading.Thread(target=sender.run_due)
        thread.start()
        connection, _ = deaf.accept()
        with connection:
            start = time.monotonic()
            visit = scene.visit()
            manifest = visit.approval(scene.ask).manifest
            visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
            took = time.monotonic() - start
            assert thread.is_alive(), "the sender waits for an answer"
        thread.join()
    assert took < 1
    assert [decision.outcome for decision in scene.decisions] == [Outcome.APPROVED]
    assert SendingState.FAILED in states(scene)


def _data(scene: Scene) -> Path:
    return Path(scene.portal.files._root).parent  # type: ignore[attr-defined]


def test_a_server_that_wants_a_name_and_a_password_gets_them(server: MailServer) -> None:
    asked: list[tuple[bytes, bytes]] = []

    def authenticator(
        server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        asked.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    server.stop()
    server.options = {"authenticator": authenticator, "auth_require_tls": False}
    server.start()
    message = Message(
        id="i", to="anna@acme.example", sender="portal@agency.example", subject="S", text="T", at=0
    )
    right = server.transport(user="portal", password="right")
    right(message)
    right.close()
    with pytest.raises(SendFailed) as caught:
        server.transport(user="portal", password="wrong")(message)
    assert caught.value.code.startswith("535")
    assert not isinstance(caught.value, AddressRefused), "the address is not to blame"
    assert asked[0] == (b"portal", b"right")
    assert len(server.received) == 1


@pytest.mark.parametrize("tls", ["starttls", "always"])
def test_nothing_is_said_in_the_clear_to_a_server_without_tls(server: MailServer, tls: str) -> None:
    message = Message(
        id="i", to="anna@acme.example", sender="portal@agency.example", subject="S", text="T", at=0
    )
    with pytest.raises(SendFailed):
        server.transport(tls=tls)(message)
    assert server.received == []


def test_a_sender_that_the_server_does_not_want_is_nobodys_address(server: MailServer) -> None:
    """Settings are to blame: it is tried again once they are mended."""
    server.sender = "550 5.7.1 not from you"
    message = Message(
        id="i", to="anna@acme.example", sender="portal@agency.example", subject="S", text="T", at=0
    )
    with pytest.raises(SendFailed) as caught:
        server.transport()(message)
    assert caught.value.code == "550 5.7.1"
    assert not isinstance(caught.value, AddressRefused)


def test_what_was_handed_over_twice_without_an_answer_is_not_handed_over_again(
    scene: Scene, server: MailServer, clock: Clock
) -> None:
    """The server takes a message and its answer never comes: it may be there, and staff are told so."""
    server.delay = 1.0
    with_mail(scene.portal, server, patience=0.1)
    scene.post("Up")
    for _ in range(4):
        scene.portal.run_due()
        clock.ahead += 60 * MINUTE
    assert list(server.times.values()) == [2]
    assert states(scene) == [SendingState.FAILED, SendingState.FAILED, SendingState.GIVEN_UP]
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.given_up) == ("unanswered", True)


# -- mails come back ------------------------------------------------------------------------------


def test_what_the_server_took_and_sends_back_marks_whom_it_was_for(
    scene: Scene, server: MailServer, clock: Clock
) -> None:
    """By the very bytes that went over the wire, to another process on the same data."""
    scene.post("Up")
    scene.portal.run_due()
    head = server.received[-1].raw.partition(b"\r\n\r\n")[0]
    report = b"\r\n".join(
        (
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            *(b"", b"--b", b"Content-Type: message/delivery-status"),
            *(b"", b"Action: failed", b"Status: 5.1.1"),
            *(b"", b"--b", b"Content-Type: text/rfc822-headers", b"", head, b"", b"--b--", b""),
        )
    )
    other = portal_at(_data(scene), clock=clock)
    (bounce,) = read(report)
    assert other.bounced(bounce.message_id, bounce.problem)
    assert not scene.portal.bounced(bounce.message_id, bounce.problem)
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.bounced_at is not None) == ("5.1.1", True)
    assert scene.portal.run_due() == Ran(projects=1), "looked at, and nothing is sent again"
    close(other)


# -- addresses of any script ----------------------------------------------------------------------

INTERNATIONAL = {
    "anna@müller.example": "anna@xn--mller-kva.example",
    "anna@MÜLLER.Example": "anna@xn--mller-kva.Example",
    "anna@straße.example": "anna@xn--strae-oqa.example",  # and not strasse.example: somebody else's
    "anna@例え.example": "anna@xn--r8jz45g.example",
}


def addressed(to: str, **more: str) -> Message:
    """A mail to an address."""
    fields = {"sender": "portal@agency.example", "to_name": "Änna", "text": "Grüße", **more}
    return Message(id="i", to=to, subject="Größe", at=0, **fields)


@pytest.mark.parametrize("offered", [True, False])
@pytest.mark.parametrize("address", INTERNATIONAL)
def test_a_domain_of_any_script_is_sent_in_ascii(
    server: MailServer, address: str, offered: bool
) -> None:
    server.stop()
    server.options = {"enable_SMTPUTF8": offered}
    server.start()
    sender = {"sender": "portal@ägentur.example", "reply_to": "maya@ägentur.example"}
    with closing(server.transport()) as transport:
        transport(addressed(address, **sender))
    (mail,) = server.received
    assert mail.to == INTERNATIONAL[address]
    assert mail.id == "<i@xn--gentur-9ta.example>"
    head = mail.raw.partition(b"\r\n\r\n")[0].decode("ascii")
    assert f"<{INTERNATIONAL[address]}>" in head
    assert head.count("@xn--gentur-9ta.example") == 3


def test_a_name_of_any_script_needs_a_server_that_takes_it(server: MailServer) -> None:
    transport = server.transport()
    transport(addressed("änna@müller.example"))
    transport(addressed("bob@acme.example"))  # on the same connection
    transport.close()
    anna, bob = server.received
    assert (anna.to, bob.to) == ("änna@xn--mller-kva.example", "bob@acme.example")
    assert "<änna@xn--mller-kva.example>".encode() in anna.raw
    assert bob.raw.partition(b"\r\n\r\n")[0].isascii()


def test_without_such_a_server_the_message_is_given_up_at_once_and_staff_are_told_why(
    scene: Scene, server: MailServer, clock: Clock
) -> None:
    server.stop()
    server.options = {"enable_SMTPUTF8": False}
    server.start()
    with scene.desk.change(scene.id) as change:
        bob = change.add_person("Bob", email="bob@acme.example")
        change.issue_link(bob)
        change.change_person(scene.anna, email="änna@acme.example")
    clock.ahead += 1  # what is committed in one millisecond is told in one message
    scene.post("Up")
    assert scene.portal.run_due() == Ran(projects=1, sent=2, given_up=1)
    assert {mail.to for mail in server.received} == {"bob@acme.example"}
    (failure,) = scene.desk.failures(scene.id)
    assert (failure.problem, failure.given_up) == ("5.6.7 no SMTPUTF8", True)
    assert "änna" not in repr(scene.entries[-1].fact)


@pytest.mark.parametrize("field", ["sender", "reply_to"])
def test_an_address_of_our_own_that_the_server_does_not_take_is_nobodys_fault(
    server: MailServer, field: str
) -> None:
    """Settings are to blame: it is tried again once they are mended."""
    server.stop()
    server.options = {"enable_SMTPUTF8": False}
    server.start()
    with closing(server.transport()) as transport, pytest.raises(SendFailed) as caught:
        transport(addressed("anna@acme.example", **{field: "pörtal@agency.example"}))
    assert not isinstance(caught.value, AddressRefused)
    assert caught.value.code == "5.6.7 no SMTPUTF8"


def test_a_domain_that_cannot_be_one_is_given_up_at_once(server: MailServer) -> None:
    server.recipient = lambda address: "501 5.1.3 bad address"
    with closing(server.transport()) as transport, pytest.raises(AddressRefused):
        transport(addressed("anna@acme..example"))


# -- senders are killed ---------------------------------------------------------------------------


def test_a_sender_killed_again_and_again_sends_everything_and_nothing_thrice(
    quick: Path, server: MailServer
) -> None:
    """Killed in the middle of a run, often while the server has a message in its hands."""
    data, clock = quick / "portal", Clock()
    portal = with_mail(portal_at(data, clock=clock), server)
    addresses = open_many(portal, 10, people=3 * KILLS // 2)
    server.delay = 0.001

    def send() -> Ran:
        return with_mail(portal_at(data, clock=clock), server).run_due()

    interrupted = 0
    for _ in range(KILLS):
        sent = len(server.received)
        child = forked(send)
        deadline = time.monotonic() + 30
        while len(server.received) <= sent and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        interrupted += os.WIFSIGNALED(status)
        clock.ahead += LEASE_MS
    assert interrupted > KILLS / 2, "most were killed in the middle of their work"
    assert len({mail.to for mail in server.received}) < len(addresses), "and left something to do"

    send()
    assert {mail.to for mail in server.received} == addresses
    assert len(server.times) == len(addresses), "each message has one id"
    assert max(server.times.values()) <= 2
    clock.ahead += LEASE_MS
    assert send() == Ran()
    for number in range(10):
        assert portal.verify(f"p{number}").ok


def test_two_workers_share_the_projects_and_send_nothing_twice(
    quick: Path, server: MailServer
) -> None:
    data = quick / "portal"
    addresses = open_many(with_mail(portal_at(data), server), DUE)

    def send() -> None:
        ran = with_mail(portal_at(data), server).run_due()
        assert ran.projects > DUE / 10, "this one had its share"

    assert [result(child) for child in [forked(send), forked(send)]] == [0, 0]
    assert {mail.to for mail in server.received} == addresses
    assert set(server.times.values()) == {1}


def test_a_worker_killed_with_a_claim_delays_and_loses_nothing(
    scene: Scene, clock: Clock, server: MailServer
) -> None:
    scene.post("Up")
    reading, writing = os.pipe()

    def hang(message: Message) -> None:
        os.write(writing, b"!")
        signal.pause()

    def work() -> None:
        worker = with_mail(portal_at(_data(scene), clock=clock), server)
        notify = worker._runner.notify
        assert notify is not None
        worker.notify(type(notify)(render=notify.render, transport=hang, policy=notify.policy))
        worker.run_due()

    child = forked(work)
    assert os.read(reading, 1) == b"!"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert scene.portal.run_due() == Ran(), "the claim of the dead stands"
    clock.ahead += LEASE_MS
    assert scene.portal.run_due() == Ran(projects=1, sent=1)
    assert list(server.times.values()) == [1]


def test_a_decision_while_a_worker_sends_causes_no_second_delivery(
    scene: Scene, server: MailServer, clock: Clock
) -> None:
    server.delay = 1.0
    scene.post("Up")

    def work() -> None:
        with_mail(portal_at(_data(scene), clock=clock), server).run_due()

    child = forked(work)
    while not server.received:
        time.sleep(0.01)
    visit = scene.visit()
    manifest = visit.approval(scene.ask).manifest
    visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    assert scene.portal.run_due() == Ran()
    assert result(child) == 0
    server.delay = 0
    while scene.portal.run_due().projects:
        pass
    assert set(server.times.values()) == {1}
    told = [mail.subject.partition(": ")[2] for mail in server.received]
    assert sorted(told) == ["approval.decided", "approval.decided", "update.posted"]

"""Transports that need no server: a stream, and a list.  Those by SMTP are tested against a real server."""

from __future__ import annotations

import io

import pytest

from portalkit import AddressRefused, Message, SendFailed
from portalkit.transports import Console, Outbox

MESSAGE = Message(
    id="abc",
    to="anna@acme.example",
    sender="portal@agency.example",
    subject="Homepage: your decision",
    text="Please decide.",
    at=0,
)


def test_a_console_shows_what_the_recipient_would_read() -> None:
    out = io.StringIO()
    Console(out)(MESSAGE)
    shown = out.getvalue()
    assert "To: anna@acme.example" in shown
    assert "Subject: Homepage: your decision" in shown
    assert "Message-ID: <abc@agency.example>" in shown
    assert "Please decide." in shown


def test_a_console_writes_to_standard_output_unless_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console()(MESSAGE)
    assert "Please decide." in capsys.readouterr().out


def test_an_outbox_keeps_messages_in_order() -> None:
    box = Outbox()
    box(MESSAGE)
    assert box == [MESSAGE]


def test_the_code_of_a_failure_is_evidence_that_names_no_address() -> None:
    assert SendFailed("busy", code="451 4.3.0").code == "451 4.3.0"
    assert AddressRefused("unknown").code == ""

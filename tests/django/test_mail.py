"""Mail through Django: a message arrives as the core made it, by whatever backend the project has."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest

from tests.django import settings as _django_is_set_up  # noqa: F401

# isort: split

from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings

from portalkit import AddressRefused, Message
from portalkit.django.mail import DjangoMail

MESSAGE = Message(
    id="abc",
    to="anna@acme.example",
    to_name="Anna Kellér",
    sender="portal@agency.example",
    sender_name="Studio, Berlin",
    reply_to="ben@agency.example",
    subject="Homepage\r\nBcc: x@evil.example",
    text="Please decide.",
    html="<p>Please decide.</p>",
    at=1_767_603_600_000,
    thread="p1",
    headers=(("List-Unsubscribe", "<https://agency.example/portal/n/token>"),),
)
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


class Refusing(EmailBackend):
    """A backend whose server refuses everybody."""

    code = 550

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({"anna@acme.example": (self.code, b"no")})


@pytest.fixture
def sent() -> Any:
    """What Django's memory backend took in."""
    with override_settings(EMAIL_BACKEND=LOCMEM):
        mail.outbox = []
        DjangoMail()(MESSAGE)
        yield mail.outbox[0]


def test_headers_and_parts_are_those_of_the_core(sent: Any) -> None:
    made = sent.message()
    assert made["Message-ID"] == "<abc@agency.example>"
    assert made["Reply-To"] == "ben@agency.example"
    assert made["References"] == "<p1@agency.example>"
    assert made["List-Unsubscribe"] == "<https://agency.example/portal/n/token>"
    assert made["Date"] == "Mon, 05 Jan 2026 09:00:00 +0000"
    assert len(made.get_all("Message-ID")) == len(made.get_all("Date")) == 1
    parts = {part.get_content_type(): part for part in made.walk()}
    assert {"text/plain", "text/html"} <= set(parts)


def test_no_title_becomes_a_header(sent: Any) -> None:
    made = sent.message()
    assert made["Bcc"] is None
    assert "\n" not in sent.subject
    assert sent.recipients() == [sent.to[0]]
    assert sent.to[0].endswith("<anna@acme.example>")
    assert sent.from_email == '"Studio, Berlin" <portal@agency.example>'


def test_a_refusal_for_good_is_told_apart_from_one_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(EMAIL_BACKEND=f"{__name__}.Refusing"):
        with pytest.raises(AddressRefused) as caught:
            DjangoMail()(MESSAGE)
        assert caught.value.code == "550"
        monkeypatch.setattr(Refusing, "code", 451)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            DjangoMail()(MESSAGE)

"""Mail through Django: a message arrives as the core made it, by whatever backend the project has."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from tests.django import settings as _django_is_set_up  # noqa: F401

# isort: split

from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings

from portalkit import AddressRefused, Message
from portalkit.django.mail import DjangoMail
from tests.faults.mail import MailServer

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
def server() -> Iterator[MailServer]:
    """A mail server that is up."""
    with MailServer() as server:
        yield server


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


def test_a_domain_of_any_script_is_sent_in_ascii(sent: Any) -> None:
    """Django's own way follows an older rule, in which this is strasse.example: somebody else's."""
    DjangoMail()(evolve(MESSAGE, to="anna@straße.example", sender="portal@ägentur.example"))
    made = mail.outbox[-1]
    assert made.to[0].endswith("<anna@xn--strae-oqa.example>")
    assert made.from_email.endswith("<portal@xn--gentur-9ta.example>")
    assert made.message()["Message-ID"] == "<abc@xn--gentur-9ta.example>"


def test_a_name_of_any_script_is_given_up_at_once(sent: Any) -> None:
    with pytest.raises(AddressRefused) as caught:
        DjangoMail()(evolve(MESSAGE, to="änna@acme.example"))
    assert caught.value.code == "5.6.7 no SMTPUTF8"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("domain", ["acme..example", "x" * 64 + ".example"])
def test_a_domain_that_cannot_be_one_is_given_up_at_once(server: MailServer, domain: str) -> None:
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    settings = {"EMAIL_BACKEND": smtp, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port}
    with override_settings(**settings):
        DjangoMail()(evolve(MESSAGE, to="anna@müller.example"))
        with pytest.raises(AddressRefused):
            DjangoMail()(evolve(MESSAGE, to=f"anna@{domain}"))
    assert [got.to for got in server.received] == ["anna@xn--mller-kva.example"]

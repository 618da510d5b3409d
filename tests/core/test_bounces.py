"""Mails that come back: what is read of reports as mail systems write them, and of whatever else comes in."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit import clean
from portalkit.bounces import LARGEST, Bounce, read
from portalkit.notices.naming import name_of, read_name

MAILS = Path(__file__).parent.parent / "mails"
NAME = "0123456789abcdef0123456789abcdef.acme!site"
REPORTS = {
    "postfix": "5.1.1",
    "exim": "5.2.1",
    "exim-before-reports": "5.1.1",
    "office365": "5.1.10",
    "gmail": "5.2.2",
    "smtputf8": "5.4.6",
}


def mail(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes()


# -- what mail systems write ----------------------------------------------------------------------


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_tells_which_mail_came_back_and_why(name: str, ends: bytes) -> None:
    (bounce,) = read(mail(name).replace(b"\n", ends))
    assert bounce.message_id == f"<{NAME}@agency.example>"
    assert clean.mail_problem(bounce.problem) == REPORTS[name]


@pytest.mark.parametrize("name", ["postfix-delayed", "vacation", "receipt"])
def test_delays_replies_and_receipts_are_no_bounces(name: str) -> None:
    assert read(mail(name)) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Action: failed", b"Action: relayed"),
        (b"multipart/report", b"multipart/mixed"),
        (b"report-type=delivery-status;", b""),
        (b"message/delivery-status", b"text/plain"),
        (b"text/rfc822-headers", b"text/plain"),
        (b"Message-ID: <0123", b"X-Other: <0123"),
        (b"boundary=", b"border="),
    ],
)
def test_a_report_with_a_part_missing_tells_nothing(old: bytes, new: bytes) -> None:
    whole = mail("postfix")
    assert old in whole
    assert read(whole.replace(old, new)) == ()


def test_a_report_may_be_shouted_and_explained() -> None:
    text = mail("postfix").replace(b"Action: failed", b"ACTION: Failed (for good)")
    text = text.replace(b"multipart/report; report-type=d", b"Multipart/Report; Report-Type=D")
    assert len(read(text)) == 1


def test_a_vague_status_gives_way_to_what_the_other_side_said() -> None:
    text = mail("exim").replace(b"smtp; 550 5.2.1 <anna@acme.example>", b"smtp; mailbox full")
    assert clean.mail_problem(read(text)[0].problem) == "mailbox full account disabled"
    text = mail("exim").replace(b"Diagnostic-Code", b"X-Other")
    assert read(text)[0].problem == "5.0.0"


def test_one_of_several_recipients_is_enough() -> None:
    """The mail of a notice has one; a forwarder may make more of it."""
    group = b"Final-Recipient: rfc822; bob@acme.example\nAction: delivered\nStatus: 2.0.0\n\n"
    text = mail("postfix").replace(b"Final-Recipient", group + b"Final-Recipient", 1)
    assert read(text)[0].problem == "5.1.1"


def test_words_without_the_mail_tell_nothing() -> None:
    whole = mail("exim-before-reports")
    assert read(whole.partition(b"------ This")[0]) == ()
    assert read(whole.replace(b"X-Failed-Recipients", b"X-Other")) == ()


# -- whatever comes in ----------------------------------------------------------------------------

HEAD = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
FAILED = b"--b\nContent-Type: message/delivery-status\n\n\nAction: failed\nStatus: 5.1.1\n\n"
BACK = b"--b\nContent-Type: message/rfc822\n\n"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "parts": lambda: HEAD + b"--b\n\n" * 100_000,
    "parts in parts": lambda: b"".join(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=%d\n\n--%d\n"
        % (n, n)
        for n in range(100_000)
    ),
    "mails in mails": lambda: HEAD + FAILED + BACK + b"Content-Type: message/rfc822\n\n" * 100_000,
    "groups": lambda: (
        HEAD + FAILED.replace(b"failed", b"delayed") + b"Action: delayed\n\n" * 100_000
    ),
    "a long header": lambda: b"Content-Type: " + b"x" * 1_000_000 + b"\n\n",
    "a long header that goes on": lambda: b"Content-Type: x;\n" + b" y;\n" * 300_000 + b"\n",
    "a header of 8 bits": lambda: b"Content-Type: " + b"\xff" * 1_000_000 + b"\n\n",
    "many headers": lambda: b"X: y\n" * 200_000 + HEAD,
    "headers without a name": lambda: b": y\n" * 200_000 + HEAD,
    "no end of a quote": lambda: b'Content-Type: multipart/report; boundary="' + b';"' * 200_000,
    "semicolons": lambda: b"Content-Type: multipart/report" + b"; " * 200_000 + b"\n\n",
    "a long boundary": lambda: HEAD.replace(b"=b", b"=" + b"b" * 900) + b"--" + b"b" * 500_000,
    "blanks behind a boundary": lambda: HEAD + (b"--b" + b" " * 1000 + b"x\n") * 250,
    "blanks between lines": lambda: HEAD + FAILED + b"\n" + b" " * 200_000 + b"x",
    "line breaks": lambda: b"\n" * 500_000,
    "carriage returns": lambda: HEAD + b"\r" * 500_000,
    "dashes": lambda: b"X-Failed-Recipients: x\n\n" + b"-" * 300_000,
    "base64 that is none": lambda: (
        HEAD + b"--b\nContent-Type: message/delivery-status\n"
        b"Content-Transfer-Encoding: base64\n\n=" + b"A" * 200_001
    ),
    "soft line breaks": lambda: (
        HEAD + b"--b\nContent-Type: message/delivery-status\n"
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 100_000
    ),
    "encoded words": lambda: HEAD + FAILED + BACK + b"Message-ID: " + b"=?x?q?y?= " * 50_000,
    "zeroes": lambda: bytes(1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_takes_no_time(name: str) -> None:
    """The worst takes two tenths of a second; a busy machine may take five times as long."""
    data = HOSTILE[name]()
    start = time.process_time()
    for bounce in read(data):
        assert len(bounce.message_id) <= 1000
        assert len(bounce.problem) <= 1000
    assert time.process_time() - start < 1


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    whole = HEAD + FAILED + BACK + b"Message-ID: <x>\n\n"
    assert read(whole + b"x" * LARGEST) == (Bounce("<x>", "5.1.1"),)
    assert read(HEAD + FAILED + b"x" * LARGEST + b"\n" + BACK + b"Message-ID: <x>\n\n") == ()


PIECES = [
    *(
        HEAD,
        FAILED,
        BACK,
        b"--b\n",
        b"--b--\n",
        b"\n",
        b"\r\n",
        b"Message-ID: <x>\n",
        b"\xff\xfe",
        b"\0",
    ),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n"),
    *(
        b"X-Failed-Recipients: x\n",
        b"------ This is a copy of it\n",
        b"failed:",
        b"Action: failed\n",
    ),
    *(
        b"Content-Type: message/delivery-status; charset=nul\n",
        b": x\n",
        b" x\n",
        b"From x\n",
        b"=?x?b?=?=",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30))
def test_no_mail_whatever_makes_reading_fail(pieces: list[bytes]) -> None:
    for bounce in read(b"".join(pieces)):
        assert bounce.message_id


@given(st.sampled_from([*REPORTS, "vacation", "receipt"]), st.data())
def test_a_report_that_was_damaged_does_not_make_it_fail(name: str, data: st.DataObject) -> None:
    whole = mail(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 200, len(whole))))
    assert len(read(whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:])) <= 1


# -- names and problems ---------------------------------------------------------------------------

PROJECTS = st.from_regex(r"[a-z0-9._-]{1,64}", fullmatch=True).filter(lambda id: id.strip("."))
HEX = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)


@given(
    HEX, PROJECTS, st.sampled_from(["{}", "<{}@a.example>", "{}@a.example", "<{}>", " <{}@a>\n"])
)
def test_a_name_leads_back_to_message_and_project(id: str, project: str, form: str) -> None:
    name = name_of(id, project)
    assert read_name(form.format(name)) == (id, project)
    assert ".." not in name, "it can stand before an @ as it is"
    assert not name.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        *("", "<>", "<@>", "x", "<x@agency.example>", "0" * 32, "0" * 32 + ".", "0" * 31 + ".p"),
        *(
            f"{NAME}@a@b",
            f"{NAME}@",
            f"{NAME} x",
            f"{NAME.upper()}",
            f"<{NAME}@a\nb>",
            "0" * 100_000,
        ),
        *(f"{NAME}{'p' * 64}", f"{NAME}/../x", f"{NAME}\0", "0" * 32 + ".p.q", b"x", None, 7),
    ],
)
def test_any_other_name_leads_nowhere(text: object) -> None:
    assert read_name(text) is None


@given(st.text() | st.binary() | st.none())
def test_no_text_whatever_makes_reading_a_name_fail(text: object) -> None:
    assert read_name(text) is None


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("5.1.1", "5.1.1"),
        ("smtp; 550 5.1.1 <anna@acme.example>: Recipient address rejected", "5.1.1"),
        ("smtp; 552-5.2.2 The recipient's inbox is out of storage", "5.2.2"),
        ("host mx.acme.example[5.9.1.2] said: 550 No such user anna", "550"),
        ("host 4.10.2.1 did not answer", "host not"),
        ("mailbox full", "mailbox full"),
        ("HardBounce", "hard"),
        ("SpamComplaint", "spam complaint"),
        ("MailboxFull", "mailbox full"),
        ("DNS error", "dns error"),
        ("Anna Keller <anna@acme.example> is away", "bounced"),
        ("Postfach voll", "bounced"),
        ("", "bounced"),
        (None, "bounced"),
        (b"5.1.1", "bounced"),
        ("\r\nBcc: x@evil.example\r\n\ud800 mail", "mail"),
    ],
)
def test_of_a_problem_only_codes_and_known_words_are_kept(said: object, kept: str) -> None:
    assert clean.mail_problem(said) == kept


@given(st.text())
def test_no_problem_names_anybody(text: str) -> None:
    kept = clean.mail_problem(f"{text} Xavier Quilla xavier@quilla.example {text}")
    assert "x" not in kept.replace("mailbox", "").replace("exceeded", "").replace("expired", "")
    assert len(kept) <= 100
    assert set(kept) <= set("abcdefghijklmnopqrstuvwxyz .0123456789")

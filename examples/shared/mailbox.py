"""The mail of the demo: it leaves for a folder, and staff read there what clients would get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from portalkit import Message

__all__ = ["SANDBOX", "SENDER", "Letter", "Mailbox", "keep_sending", "letters_in"]

SENDER = "Northlight Studio <studio@northlight.example>"
SHOWN = 40
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""The content security policy of a mail's HTML: as in a mail program, nothing in it runs or is loaded."""


@dataclass(frozen=True)
class Letter:
    """A mail as staff read it here."""

    id: str
    at: int
    to: str
    subject: str
    text: str
    html: str


class Mailbox:
    """Hands mails to a folder, one file for each; a real agency would set `Smtp` here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, message: Message) -> None:
        """Keep a mail; sent again, it is still one."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        draft = self._folder / f"{message.id}.new"
        draft.write_bytes(message.email().as_bytes())
        draft.rename(draft.with_suffix(".eml"))


def letters_in(folder: Path) -> list[Letter]:
    """Return the latest mails of a folder, newest first."""
    mails = (mail for path in sorted(folder.glob("*.[el]*")) for mail in _mails(path))
    return sorted(mails, key=lambda letter: -letter.at)[:SHOWN]


def _mails(path: Path) -> Iterator[Letter]:
    """The mails of one file; Django's own backend for folders puts a line behind each."""
    for raw in path.read_bytes().split(b"-" * 79 + b"\n"):
        if raw.strip():
            mail = message_from_bytes(raw, policy=default)
            assert isinstance(mail, EmailMessage)
            sent = parsedate_to_datetime(str(mail["Date"]))
            yield Letter(
                id=str(mail["Message-ID"]).strip(" <>"),
                at=int(sent.timestamp() * 1000),
                to=str(mail["To"]),
                subject=str(mail["Subject"]),
                text=_body(mail, "plain"),
                html=_body(mail, "html"),
            )


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body else ""


def keep_sending(run_due: Callable[[], object], pause: float = 2.0) -> None:
    """Send what is due again and again; in real life that is a process, `portalkit run`."""
    while True:
        run_due()
        time.sleep(pause)

"""What is told and how it travels: a notice is what one person is told, a message is its mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from portalkit.model import Activity, Person, Project
from portalkit.moments import local
from portalkit.notices.addresses import travelling

if TYPE_CHECKING:
    from email.message import EmailMessage
    from email.policy import EmailPolicy, Policy

__all__ = ["Message", "Notice", "Render", "Transport"]


@frozen(kw_only=True)
class Notice:
    """What one person is told in one message.

    Attributes:
        id: the same at every attempt to send it; its mail is named by it, and leads back here by it.
        kind: what leads, such as ``update.posted``; or ``reminder``, ``digest`` or ``catch_up``.
        person: who is told.
        project: the project as this person may see it.
        news: what they are told of, most important first; empty for a reminder.
        about: the id of what leads: an approval, a request, a file, a question, ...; empty where many things
            are told and none of them is asked for.
        milestone: the id of the milestone where that is, or empty.
        through: the last entry that the notice tells of; 0 for a reminder.
        attempt: which attempt this is, from 1.
        url: where the person sees it all: the way behind their own link, or the host's page for staff; empty
            when there is none.
        unsubscribe: where one click ends messages of this kind, or empty when they cannot be ended.
        at: UTC milliseconds of this attempt.
    """

    id: str
    kind: str
    person: Person
    project: Project
    news: tuple[Activity, ...] = ()
    about: str = ""
    milestone: str = ""
    through: int = 0
    attempt: int = 1
    url: str = ""
    unsubscribe: str = ""
    at: int = 0


@frozen(kw_only=True)
class Message:
    """A mail, ready for a transport.

    Attributes:
        id: of the notice; tells a second attempt from another message.  A mail that comes back is known by
            it.
        to: the address of the recipient.
        to_name: their name.
        sender: the address that it comes from.
        sender_name: the name that it comes from.
        reply_to: where answers go, or empty.
        subject: one line.
        text: the plain text.
        html: the same for those who read HTML, or empty.
        at: UTC milliseconds.
        thread: what messages of the same project have in common.
        headers: further headers, such as ``List-Unsubscribe``.
    """

    id: str
    to: str
    to_name: str = ""
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    subject: str
    text: str
    html: str = ""
    at: int
    thread: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def message_id(self) -> str:
        """The same at every attempt, so that whoever got it twice can tell."""
        return self._named(self.id)

    def _named(self, id: str) -> str:
        return f"<{id}@{travelling(self.sender).rpartition('@')[2]}>"

    def email(self) -> EmailMessage:
        """Return the mail for Python's own mail package.

        No header can hold a line break, whatever a title or a name holds.
        """
        from email.message import EmailMessage  # takes a while, and only a sender needs it
        from email.utils import format_datetime

        mail = EmailMessage(policy=_policy())
        mail["Message-ID"] = self.message_id
        mail["Date"] = format_datetime(local(self.at, "UTC"))
        mail["From"] = _addressed(self.sender_name, self.sender)
        mail["To"] = _addressed(self.to_name, self.to)
        mail["Subject"] = _one_line(self.subject)
        if self.reply_to:
            mail["Reply-To"] = travelling(self.reply_to)
        if self.thread:
            mail["References"] = self._named(self.thread)
        for name, value in self.headers:
            mail[name] = _one_line(value)
        mail.set_content(self.text)
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        return mail


@cache
def _policy() -> EmailPolicy[EmailMessage]:
    """Return how mails are written: headers that hold an address stand as they are, however long.

    Left to itself, Python encodes what is longer than a line, and no mail program finds an address in that;
    names that it reads and writes again lose the quotes around what they must not say.
    """
    from email.headerregistry import HeaderRegistry, UnstructuredHeader
    from email.policy import SMTP

    class Verbatim(UnstructuredHeader):
        @classmethod
        def parse(cls, value: str, kwds: dict[str, Any]) -> None:
            kwds.update(decoded=value, parse_tree=None)

        def fold(self, *, policy: Policy) -> str:
            return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]

    headers = HeaderRegistry()
    for name in ("from", "to", "references", "list-unsubscribe"):
        headers.map_to_type(name, Verbatim)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=headers)


def _addressed(name: str, address: str) -> str:
    """Return an address with a name, quoted or encoded, so that the name is a name and nothing else."""
    from email.header import Header
    from email.utils import formataddr

    name, address = _one_line(name)[:_NAME], travelling(address)
    if not name:
        return address
    if name.isascii():
        quoted = formataddr((name, "")).removesuffix(" <>")  # it takes no address that is not ASCII
    else:
        lines = Header(name, "utf-8").encode().splitlines()
        quoted = " ".join(line.strip() for line in lines)
    return f"{quoted} <{address}>"


_NAME: Final = 100
"""So many letters of a name travel: a line of a header holds 998 bytes, and a letter may take seven."""

_BREAKS: Final = {**dict.fromkeys(range(32), " "), 0x7F: " ", 0x85: " ", 0x2028: " ", 0x2029: " "}


def _one_line(text: str) -> str:
    """Return a text that is one line, and stays one: a name may hold line breaks that are encoded."""
    return text.translate(_BREAKS).replace("=?", "=\u200b?")


Render = Callable[[Notice], Message]
"""Makes the mail of a notice."""

Transport = Callable[[Message], object]
"""Hands a message to a mail system; raises `SendFailed` or anything else if that did not work."""

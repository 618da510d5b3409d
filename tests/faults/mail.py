"""A real mail server that can be slow, refuse, hang and be away, and a portal whose mail goes there."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from typing import Any, Self

from aiosmtpd.controller import Controller
from attrs import frozen

from portalkit import Message, Notice, Notify, Policy, Portal
from portalkit.transports import Smtp

Answer = Callable[[str], str]
"""Returns what is answered to a recipient's address; ``250 ...`` takes it."""


@frozen
class Received:
    """A mail that the server took in."""

    to: str
    id: str
    subject: str
    text: str
    raw: bytes = b""


class MailServer:
    """A mail server on a port of its own; as a context, it is up."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.received: list[Received] = []
        self.recipient: Answer = lambda address: "250 OK"
        self.message: Answer = lambda address: "250 OK"
        self.sender = "250 OK"
        self.delay = 0.0
        self.options: dict[str, Any] = {}
        self._controller: Controller | None = None

    def start(self) -> None:
        """Come up."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.options)
        self._controller.start()

    def stop(self) -> None:
        """Go away."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        answer = self.recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.message(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content)
            for to in envelope.rcpt_tos:
                text = str(mail.get_payload())
                head = mail["Message-ID"], mail["Subject"]
                self.received.append(Received(to, *head, text, envelope.content))
        await asyncio.sleep(self.delay)
        return answer

    @property
    def times(self) -> Counter[str]:
        """How often each message arrived, by its id."""
        return Counter(mail.id for mail in self.received)

    def transport(self, **options: Any) -> Smtp:
        """A transport that hands mail to this server."""
        return Smtp("127.0.0.1", self.port, **{"tls": "never", "timeout": 5, **options})


def rendered(notice: Notice) -> Message:
    """The plainest mail."""
    return Message(
        id=notice.id,
        to=notice.person.email,
        sender="portal@agency.example",
        subject=f"{notice.project.title}: {notice.kind}",
        text=notice.url + "\n",
        at=notice.at,
    )


def with_mail(portal: Portal, server: MailServer, **options: Any) -> Portal:
    """Let a portal tell people through a server."""
    policy = Policy(reminders=None, at_most=1000)
    portal.notify(Notify(render=rendered, transport=server.transport(**options), policy=policy))
    return portal

"""Transports: how messages leave, by SMTP, to a stream, or into a list.

A transport is any callable that takes a ``Message`` and raises if it could not hand it over.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final, Literal, TextIO

from portalkit.errors import AddressRefused, SendFailed
from portalkit.notices import Message
from portalkit.notices.addresses import travelling

__all__ = ["Console", "Outbox", "Smtp"]

Tls = Literal["starttls", "always", "never"]


class Outbox(list[Message]):
    """Keeps messages in a list, for tests."""

    def __call__(self, message: Message) -> None:
        """Keep a message.

        Args:
            message: what to keep.
        """
        self.append(message)


class Console:
    """Prints messages, for development.

    Args:
        stream: where to; standard output if not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __call__(self, message: Message) -> None:
        """Print a message as its recipient would read it.

        Args:
            message: what to print.
        """
        out = self._stream or sys.stdout
        line = "-" * 79
        heads = {"To": message.to, "Subject": message.subject, "Message-ID": message.message_id}
        told = "\n".join(f"{name}: {value}" for name, value in heads.items())
        print(f"{line}\n{told}\n\n{message.text}\n{line}", file=out, flush=True)


class Smtp:
    """Hands messages to a mail server; one connection serves a whole run.

    Threads and processes may share it: each has a connection of its own.

    Args:
        host: the server's name.
        port: 587 for submission, 465 with ``tls="always"``, 25 for a server on this machine.
        user: for servers that ask who you are.
        password: the user's.
        tls: ``starttls`` before anything is said, ``always`` from the first byte, or ``never``.
        timeout: how many seconds to wait for an answer.
        patience: how many seconds to wait for the last one, after the message itself: the server may have
            taken it already, and who gives up here sends it twice.
    """

    def __init__(
        self,
        host: str,
        port: int = 587,
        user: str = "",
        password: str = "",
        *,
        tls: Tls = "starttls",
        timeout: float = 20,
        patience: float = 240,
    ) -> None:
        self._host = host
        self._port = port
        self._login = (user, password)
        self._tls = tls
        self._timeout = timeout
        self._patience = patience
        self._local = threading.local()

    def __call__(self, message: Message) -> None:
        """Hand a message over.

        Args:
            message: what to send.

        Raises:
            AddressRefused: the server refuses the address or the message for good.
            SendFailed: it cannot be reached, does not answer in time, or does not take it now.
        """
        self.deliver(message, handing_over=lambda: None)

    def deliver(self, message: Message, *, handing_over: Callable[[], object]) -> None:
        """Hand a message over, and say when it may have been accepted.

        Args:
            message: what to send.
            handing_over: called when only the message itself is left to be sent.

        Raises:
            AddressRefused: the server refuses the address or the message for good.
            SendFailed: it cannot be reached, does not answer in time, or does not take it now.
        """
        email, utf8 = message.email(), _needs_utf8(message)
        policy = email.policy.clone(cte_type="7bit", utf8=utf8)  # type: ignore[call-arg]
        mail = email.as_bytes(policy=policy)  # every server takes a body of 7 bits
        try:
            connection = self._connected()
            self._announce(connection, message, ("SMTPUTF8", "BODY=8BITMIME") if utf8 else ())
            handing_over()
            self._hand_over(connection, mail)
        except smtplib.SMTPResponseException as error:
            self.close()
            numbers = _code(error.smtp_code, error.smtp_error)
            raise SendFailed("the mail server refuses us", remedy=_LOOK, code=numbers) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise SendFailed("the mail server did not answer", remedy=_LOOK) from error

    def _announce(self, connection: smtplib.SMTP, message: Message, options: Sequence[str]) -> None:
        """Say who writes to whom, up to where the message itself begins."""
        connection.ehlo_or_helo_if_needed()
        if options and not connection.has_extn("smtputf8"):
            raise _no_utf8(message)
        code, text = connection.mail(travelling(message.sender), options)
        if code != 250:
            raise smtplib.SMTPResponseException(code, text)
        for code, text in (connection.rcpt(travelling(message.to)), connection.docmd("data")):
            if code not in (250, 251, 354):
                connection.rset()
                raise _refusal(code, text)

    def _hand_over(self, connection: smtplib.SMTP, mail: bytes) -> None:
        """Send the message itself; `smtplib` would wait for every answer equally long."""
        assert connection.sock is not None
        connection.sock.settimeout(self._patience)
        connection.send(re.sub(rb"(?m)^\.", b"..", mail) + b".\r\n")
        code, text = connection.getreply()
        connection.sock.settimeout(self._timeout)
        if code != 250:
            raise _refusal(code, text)

    def close(self) -> None:
        """Close the connection of this thread; another message opens one again."""
        connection: smtplib.SMTP | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        connection: smtplib.SMTP | None = getattr(self._local, "connection", None)
        if connection is not None and _is_alive(connection):
            return connection
        self.close()
        self._local.connection = connection = self._connect()
        return connection

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        make: Callable[..., smtplib.SMTP] = smtplib.SMTP
        options = {}
        if self._tls == "always":
            make, options = smtplib.SMTP_SSL, {"context": context}
        connection = make(self._host, self._port, timeout=self._timeout, **options)
        try:
            if self._tls == "starttls":
                connection.starttls(context=context)
            if self._login[0]:
                connection.login(*self._login)
        except BaseException:
            connection.close()
            raise
        return connection


_LOOK: Final = "Look at the settings of the transport and at the server's log"


def _needs_utf8(message: Message) -> bool:
    """Whether an address cannot be written in ASCII, as its domain always can."""
    addresses = (message.to, message.sender, message.reply_to)
    return not all(travelling(address).isascii() for address in addresses)


def _no_utf8(message: Message) -> SendFailed:
    """For good if the recipient's address needs it; else settings are to blame."""
    kind = SendFailed if travelling(message.to).isascii() else AddressRefused
    return kind(
        "the mail server takes no address that is not ASCII before the @",
        remedy="Use another address, or a server that offers SMTPUTF8",
        code="5.6.7 no SMTPUTF8",
    )


def _is_alive(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _refusal(code: int, text: bytes | str) -> SendFailed:
    """For good from 500 on, for now below that."""
    kind = AddressRefused if code >= 500 else SendFailed
    told = "the mail server does not take this message"
    return kind(told, remedy="Look at the server's answer in the log", code=_code(code, text))


def _code(code: int, text: bytes | str) -> str:
    """The numbers of an answer: its words may hold an address."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    first = words.partition(" ")[0]
    enhanced = first if first.replace(".", "").isdigit() and first.count(".") == 2 else ""
    return f"{code} {enhanced}".strip()

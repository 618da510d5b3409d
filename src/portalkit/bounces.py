"""Bounces: what the mails say that mail systems send back.

Anybody may send such a mail, so nothing here trusts one: reading is bounded in time and size and never
fails, and what it gives counts only once `Portal.bounced` has found the message in the log.
"""

from __future__ import annotations

import base64
import quopri
import re
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice
from typing import Final

from attrs import frozen

__all__ = ["LARGEST", "Bounce", "read"]

LARGEST: Final = 256 * 1024
"""How many bytes of a mail are read; reports begin with what matters and end with the mail itself."""

_PARTS: Final = 20
_GROUPS: Final = 100
_LONGEST: Final = 1000
_STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)
_EMPTY_LINE: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
_EXIMS: Final = re.compile(rb"^-+ This is a copy of .*$", re.MULTILINE)


@frozen
class Bounce:
    """A mail that came back, as the mail system tells it.

    Attributes:
        message_id: the Message-ID of the mail that came back.
        problem: why, such as ``5.1.1``, or the words of the mail system.
    """

    message_id: str
    problem: str


def read(mail: bytes) -> tuple[Bounce, ...]:
    """Return what a mail reports as never delivered; nothing for any other mail, whatever it holds.

    Reports are read as RFC 3464 has them, and as Exim wrote them before.  Delays, replies and receipts are
    no bounces.

    Args:
        mail: as it came in; what lies beyond `LARGEST` is not read.
    """
    part = _part(mail[:LARGEST])
    if part.kind == "multipart/report":
        return _reported(part)
    if _value(part.head, "x-failed-recipients"):
        return _told_by_exim(part)
    return ()


@frozen
class _Part:
    head: Message
    body: bytes

    @property
    def kind(self) -> str:
        return _value(self.head, "content-type").partition(";")[0].strip().lower()

    @property
    def content(self) -> bytes:
        """The body, without the encoding that it travelled in."""
        match _value(self.head, "content-transfer-encoding").lower():
            case "base64":
                return _from_base64(self.body)
            case "quoted-printable":
                return quopri.decodestring(self.body)
        return self.body

    def parameter(self, name: str) -> str:
        """A parameter of the content type, or nothing."""
        pattern = rf';\s*{name}\s*=\s*(?:"([^"]*)"|([^\s;"]+))'
        found = re.search(pattern, _value(self.head, "content-type"), re.IGNORECASE)
        return (found[1] or found[2] or "") if found else ""


def _from_base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data)
    except ValueError:
        return b""


def _part(data: bytes) -> _Part:
    """Part the head from the body; a part may begin with the empty line between them."""
    end = re.match(rb"\r?\n", data) or _EMPTY_LINE.search(data)
    if end is None:
        return _Part(_head(data), b"")
    return _Part(_head(data[: end.start()]), data[end.end() :])


def _head(data: bytes) -> Message:
    return BytesHeaderParser().parsebytes(data)


def _value(head: Message, name: str) -> str:
    """A field in one line, or nothing."""
    return " ".join(str(head.get(name, ""))[:_LONGEST].split())


def _reported(report: _Part) -> tuple[Bounce, ...]:
    if report.parameter("report-type").lower() != "delivery-status":
        return ()
    parts = _parts(report)
    problems = [p for part in parts if part.kind in _STATUS for p in _problems(part.content)]
    returned = next((part.content for part in parts if part.kind in _RETURNED), b"")
    return _bounce(returned, problems[0]) if problems else ()


def _parts(whole: _Part) -> list[_Part]:
    """The parts of a mail, not those within them: nobody builds a report deeper than that."""
    boundary = whole.parameter("boundary").encode("utf-8", "replace")
    if not boundary:
        return []
    mark = re.compile(rb"^--" + re.escape(boundary) + rb"(?:--)?[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
    marks = list(islice(mark.finditer(whole.body), _PARTS + 1))
    ends = [*(found.start() for found in marks[1:]), len(whole.body)]
    return [_part(whole.body[found.end() : end]) for found, end in zip(marks, ends, strict=False)]


def _problems(status: bytes) -> list[str]:
    """Why it was given up, for each recipient who will not get it."""
    groups = [_head(group.lstrip()) for group in _EMPTY_LINE.split(status, _GROUPS)]
    return [_problem(group) for group in groups if _failed(group)]


def _failed(group: Message) -> bool:
    return _value(group, "action").lower().split()[:1] == ["failed"]


def _problem(group: Message) -> str:
    """The status code; where that says nothing, what the other mail system answered."""
    status = _value(group, "status").partition(" ")[0]
    vague = not status or status.endswith(".0.0")
    return (_value(group, "diagnostic-code") or status) if vague else status


def _told_by_exim(mail: _Part) -> tuple[Bounce, ...]:
    """Words for a reader, a line, and the mail: so it was before it wrote reports."""
    found = _EXIMS.search(mail.content)
    if found is None:
        return ()
    said = mail.content[: found.start()].decode("utf-8", "replace")
    reason = said.rpartition("failed:")[2] or said
    returned = mail.content[found.end() :].lstrip(b"\r\n")
    return _bounce(returned, " ".join(reason[:_LONGEST].split()))


def _bounce(returned: bytes, problem: str) -> tuple[Bounce, ...]:
    message_id = _value(_part(returned).head, "message-id")
    return (Bounce(message_id, problem),) if message_id else ()

"""Files, their versions, and requests for them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

__all__ = ["File", "FileRequest", "FileState", "Reminders", "RequestState", "Version"]


class FileState(StrEnum):
    """A label that clients see, which says whether this version is meant to stay."""

    DRAFT = "draft"
    FINAL = "final"


class RequestState(StrEnum):
    """Where a request for a file stands."""

    OPEN = "open"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"


@frozen
class Version:
    """One delivery of a file.

    Attributes:
        number: from 1.
        name: the file name.
        key: where the bytes are in the file store.
        size: in bytes.
        sha256: of the bytes, in hex.
        type: media type, told by the bytes.
        state: draft or final.
        by: the id of the person who delivered it.
        at: when, in UTC milliseconds.
        seq: the place of its delivery in the log.
        changed: what is different from the version before.
        withdrawn: why staff took it back, or empty.
        delivered: whether a client handed it in.
        quarantined: whether its bytes are kept back from every client.
    """

    number: int
    name: str
    key: str
    size: int
    sha256: str
    type: str
    state: FileState
    by: str
    at: int
    seq: int
    changed: str = ""
    withdrawn: str = ""
    delivered: bool = False
    quarantined: bool = False


@frozen
class File:
    """A file in its context.

    Attributes:
        id: stable over versions.
        milestone: where it belongs.
        purpose: why it is there; of what a client handed in, their note, or what was asked for.
        current: the newest version.
        versions: how many there are.
        handed_in_by: the id of the client who handed it in, or empty.
        asked_for: the title of the request that they answered with it, or empty.
        approved: the number of the newest version that was approved, or 0.
    """

    id: str
    milestone: str
    purpose: str
    current: Version
    versions: int = 1
    handed_in_by: str = ""
    asked_for: str = ""
    approved: int = 0

    @property
    def name(self) -> str:
        """The name of the current version."""
        return self.current.name

    @property
    def state(self) -> FileState:
        """The label of the current version, draft or final."""
        return self.current.state


@frozen
class Reminders:
    """When people are reminded of what they were asked for, in days of their own zone.

    Attributes:
        first: so many days after they were asked, or ``None``.
        every: so many days after each reminder of that kind, or ``None``.
        before: so many days before it is due.
        after: so many days after it was due.
        most: how many reminders one person gets of one thing.
    """

    first: int | None = 3
    every: int | None = 3
    before: tuple[int, ...] = (1,)
    after: tuple[int, ...] = (1, 7)
    most: int = 10


@frozen
class FileRequest:
    """A request for a file, which staff ask clients to hand in.

    Attributes:
        id: stable.
        milestone: the id of the milestone where the file will belong.
        title: what is asked for.
        people: ids of those who are asked; whoever may hand in there can answer.
        asked_by: the id of the person who asked.
        asked_at: when, in UTC milliseconds.
        seq: the place of the request in the log.
        note: what they should know, in Markdown.
        due: the day by which it is wanted, or ``None``.
        files: ids of the files that fulfilled it.
        withdrawn: why staff took it back, or empty.
        ended_at: when it was fulfilled or withdrawn, in UTC milliseconds, or ``None``.
        reminders: when people are reminded; ``None`` for the portal's own.
    """

    id: str
    milestone: str
    title: str
    people: tuple[str, ...]
    asked_by: str
    asked_at: int
    seq: int
    note: str = ""
    due: date | None = None
    files: tuple[str, ...] = ()
    withdrawn: str = ""
    ended_at: int | None = None
    reminders: Reminders | None = None

    @property
    def state(self) -> RequestState:
        """Open, fulfilled by files, or withdrawn."""
        if self.withdrawn:
            return RequestState.WITHDRAWN
        return RequestState.OPEN if self.ended_at is None else RequestState.FULFILLED

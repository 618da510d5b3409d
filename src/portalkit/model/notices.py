"""What people are told: news, how far each was told, and what background work did."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

__all__ = [
    "Activity",
    "HookRun",
    "HookState",
    "News",
    "NoticeMode",
    "Sending",
    "SendingState",
    "Subscription",
]


class NoticeMode(StrEnum):
    """What a person wants to be told by mail; what needs their decision comes at once in every mode."""

    ALL = "all"
    DECISIONS = "decisions"
    DAILY = "daily"
    WEEKLY = "weekly"


class SendingState(StrEnum):
    """What became of an attempt to send: handed over, to be tried again, or given up."""

    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"


@frozen
class Activity:
    """One line of the history: who did what to which milestone and when.

    Attributes:
        seq: its entry.
        at: when it happened, in UTC milliseconds.
        actor: the id of the person who did it.
        kind: the kind of fact.
        milestone: where, or empty.
        subject: the id of what it is about, or empty.
        title: what that is called.
        detail: more, by kind: an outcome, a status, the number of a version, the id of a person.
        note: a reason or comment.
        recorded: when it was written down, where it had happened before, in UTC milliseconds.
    """

    seq: int
    at: int
    actor: str
    kind: str
    milestone: str = ""
    subject: str = ""
    title: str = ""
    detail: str = ""
    note: str = ""
    recorded: int | None = None


@frozen
class News:
    """Something that people of the project still have to be told by mail.

    Attributes:
        activity: what happened.
        people: ids of those whom it concerns and whom mail reaches.
        at: when it was written, in UTC milliseconds; it may have happened before.
        number: its number among those of the same person: of news, or of what needs or answers others.
    """

    activity: Activity
    people: tuple[str, ...]
    at: int
    number: int = 0

    @property
    def seq(self) -> int:
        """Its entry."""
        return self.activity.seq


@frozen
class Sending:
    """One attempt to send one message to one person.

    Attributes:
        id: of the message; the same at every attempt, and what its Message-ID is made of.
        person: the id of whom it is for.
        notice: what kind of message it is, such as ``update.posted``, ``digest`` or ``reminder``.
        state: what became of it.
        told: the last entry that it tells of, of those that need or answer the person; or 0.
        informed: the last entry that it tells of, of those that are news; or 0.
        asks: ids of the approvals and requests that it asks for or reminds of.
        attempt: which attempt it was, from 1.
        problem: why it failed, such as ``550 5.1.1``; never a text that may name an address.
    """

    id: str
    person: str
    notice: str
    state: SendingState
    told: int = 0
    informed: int = 0
    asks: tuple[str, ...] = ()
    attempt: int = 1
    problem: str = ""


@frozen
class HookRun:
    """One run of a durable hook over entries of this project.

    Attributes:
        name: the hook's.
        through: the last entry that it is done with, be it by giving up.
        state: done with them (``sent``), to be tried again at the next one, or given up at the last one.
        attempt: which attempt it was, from 1.
        problem: the name of the error that it failed with, or empty.
    """

    name: str
    through: int
    state: SendingState
    attempt: int = 1
    problem: str = ""


@frozen
class Subscription:
    """What a person wants to be told by mail, and how far they were told.

    Attributes:
        id: the person's.
        mode: what they want.
        told: the last entry of which they were told, of those that need or answer them.
        informed: the last entry of which they were told, of those that are news; at once or by a digest.
        attempts: how often in a row the next message failed.
        failed_at: when it last failed, in UTC milliseconds, or ``None``.
        problem: why the last message failed, was given up or came back; empty after one that was sent.
        bounced_at: when one came back after the last that was sent, in UTC milliseconds, or ``None``.
    """

    id: str
    mode: NoticeMode = NoticeMode.ALL
    told: int = 0
    informed: int = 0
    attempts: int = 0
    failed_at: int | None = None
    problem: str = ""
    bounced_at: int | None = None


@frozen
class HookState:
    """How far a durable hook came in this project.

    Attributes:
        id: the hook's name.
        through: the last entry that it is done with.
        attempts: how often in a row it failed at the next one.
        failed_at: when it last failed, in UTC milliseconds, or ``None``.
        problem: why; empty after a run that went well.
    """

    id: str
    through: int = 0
    attempts: int = 0
    failed_at: int | None = None
    problem: str = ""

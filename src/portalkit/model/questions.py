"""Questions that clients ask, and requests to be told where things stand."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

__all__ = ["Question", "QuestionState", "RecapSource", "Remark"]


class QuestionState(StrEnum):
    """Where a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class RecapSource(StrEnum):
    """Where somebody asked "where are we?": with the button of the page, or elsewhere."""

    PAGE = "page"
    MAIL = "mail"
    CALL = "call"
    CHAT = "chat"
    MEETING = "meeting"


@frozen
class Remark:
    """What somebody said in a question: the question itself, an answer, or a question after that.

    Attributes:
        by: the id of the person who said it.
        at: when, in UTC milliseconds.
        seq: its entry.
        text: their words; empty once they were erased.
    """

    by: str
    at: int
    seq: int
    text: str = ""


@frozen
class Question:
    """A question of a client, in its context, and what was said to it.

    Attributes:
        id: stable.
        milestone: where it belongs.
        person: the id of the client who asked.
        about: the id of the file, approval or update that it is about, or empty.
        remarks: what was said, the question first.
        answered: whether the agency had the last word.
        closed_at: when staff closed it, in UTC milliseconds, or ``None``.
        closed_why: why, or empty.
    """

    id: str
    milestone: str
    person: str
    about: str = ""
    remarks: tuple[Remark, ...] = ()
    answered: bool = False
    closed_at: int | None = None
    closed_why: str = ""

    @property
    def state(self) -> QuestionState:
        """Open while the agency owes an answer, else answered or closed."""
        if self.closed_at is not None:
            return QuestionState.CLOSED
        return QuestionState.ANSWERED if self.answered else QuestionState.OPEN

    @property
    def text(self) -> str:
        """The first words of the question; empty once they were erased."""
        return self.remarks[0].text if self.remarks else ""

    @property
    def asked_at(self) -> int:
        """When it was first asked, in UTC milliseconds."""
        return self.remarks[0].at if self.remarks else 0

    @property
    def waiting_since(self) -> int:
        """When the first words of the client came that nobody has answered, or else their last words."""
        said = [r.at for r in self.remarks if r.by == self.person]
        answered = [r.seq for r in self.remarks if r.by != self.person]
        waiting = [r.at for r in self.remarks if r.seq > max(answered, default=0)]
        return min(waiting, default=max(said, default=0))

    @property
    def waits(self) -> tuple[tuple[int, int], ...]:
        """When each answer came and how long the client had waited for it, both in milliseconds."""
        found, since = [], None
        for remark in self.remarks:
            if remark.by == self.person:
                since = remark.at if since is None else since
            elif since is not None:
                found.append((remark.at, max(0, remark.at - since)))
                since = None
        return tuple(found)

    @property
    def seq(self) -> int:
        """The entry of the last remark."""
        return self.remarks[-1].seq if self.remarks else 0

"""Milestones and the updates about them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

__all__ = ["Milestone", "MilestoneStatus", "Update", "headline"]


class MilestoneStatus(StrEnum):
    """Where a milestone stands; each visible one is in exactly one of the first three answers."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


@frozen
class Milestone:
    """A step of the project that ends in an outcome.

    Attributes:
        id: stable.
        title: what it is called.
        summary: what it is about, in Markdown.
        starts: the day on which it shall begin, or ``None``.
        due: the day by whose end it shall be done, or ``None``.
        internal: whether it is hidden from clients.
        status: planned, in progress or completed.
        started_at: when it began, in UTC milliseconds, or ``None``.
        completed_at: when it was completed, in UTC milliseconds, or ``None``.
        outcome: what it led to, in Markdown.
        updates: how many updates it has.
        seq: the last entry that changed the milestone itself.
        mark: names the last entry that concerned it (a piece of its chain), for cache keys.
    """

    id: str
    title: str
    summary: str = ""
    starts: date | None = None
    due: date | None = None
    internal: bool = False
    status: MilestoneStatus = MilestoneStatus.PLANNED
    started_at: int | None = None
    completed_at: int | None = None
    outcome: str = ""
    updates: int = 0
    seq: int = 0
    mark: str = ""


def headline(*texts: str) -> str:
    """Return the first line of ``texts`` that says something, without the marks of a heading."""
    for text in texts:
        line = text.strip().partition("\n")[0].strip().lstrip("#").strip()
        if line:
            return line
    return ""


@frozen
class Update:
    """News of one milestone, structured (done, doing, next, need) or free Markdown (``body``).

    Attributes:
        id: stable over revisions.
        milestone: where it belongs.
        author: the id of the person who posted it.
        at: when, in UTC milliseconds.
        seq: its first entry.
        title: its headline, or empty; see `headline`.
        done: what was finished.
        doing: what is being worked on.
        next: what happens next.
        need: what is needed from the client.
        body: free Markdown.
        about: the id of the approval it announces, the file it is about, or the milestone whose outcome
            it
            reports; or empty.
        revision: 1, and one more with each new text.
        revised_at: when this text was written, in UTC milliseconds, or ``None`` for the first.
    """

    id: str
    milestone: str
    author: str
    at: int
    seq: int
    title: str = ""
    done: str = ""
    doing: str = ""
    next: str = ""
    need: str = ""
    body: str = ""
    about: str = ""
    revision: int = 1
    revised_at: int | None = None

    @property
    def headline(self) -> str:
        """The title, or else the first line that says something."""
        return headline(self.title, self.need, self.done, self.doing, self.next, self.body)

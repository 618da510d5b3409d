"""The values that pages are made of; none of them holds markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import frozen

from portalkit.language import Language
from portalkit.model import (
    Activity,
    Answers,
    Approval,
    Decision,
    File,
    FileRequest,
    ManifestItem,
    Milestone,
    Person,
    Project,
    Question,
    Remark,
    Update,
    Version,
)

__all__ = [
    "FILES_SHOWN",
    "ApprovalPage",
    "Ask",
    "FileView",
    "HistoryPage",
    "Line",
    "MilestonePage",
    "MilestoneView",
    "News",
    "ProjectPage",
    "QuestionPage",
    "QuestionView",
    "Reader",
    "SeenView",
    "Sentence",
    "UpdatePage",
    "Wanted",
]

FILES_SHOWN: Final = 20


@frozen
class Reader:
    """Who looks, and from when: everything a view depends on besides the project.

    ``marker`` is the newest entry of the visit before: what comes after it is new.  ``now`` is UTC
    milliseconds.  ``decides``, ``uploads`` and ``asks`` say whether the person's link allows decisions,
    handing files in, and questions.
    """

    person: Person
    language: Language
    now: int
    marker: int = 0
    decides: bool = True
    uploads: bool = True
    asks: bool = True

    def new(self, seq: int) -> bool:
        """Whether an entry came after the visit before; on a first visit nothing is called new."""
        return 0 < self.marker < seq

    def late(self, day: date | None) -> bool:
        """Whether a day is over, in the project's time zone."""
        return day is not None and self.language.over(day, self.now)


@frozen
class Sentence:
    """The four answers in words: what waits for the reader, then where the project stands."""

    lead: str
    rest: str

    def __str__(self) -> str:
        return f"{self.lead} {self.rest}".strip()


@frozen
class Ask:
    """An approval as one reader sees it.

    ``changes`` says by the id of a file what the version that is asked about changed, and ``withdrawn`` why
    it was taken back, where that is at hand.
    """

    approval: Approval
    milestone: Milestone
    asked_by: str
    late: bool
    mine: bool
    waiting_for: tuple[str, ...]
    decisions: tuple[tuple[str, Decision], ...]
    changes: Mapping[str, str]
    withdrawn: Mapping[str, str]


@frozen
class Wanted:
    """A request for a file as one reader sees it; ``files`` are what fulfilled it."""

    request: FileRequest
    milestone: Milestone
    asked_by: str
    late: bool
    mine: bool
    open_to_reader: bool
    others: tuple[str, ...]
    files: tuple[File, ...]


@frozen
class News:
    """An update with its author and what it refers to.

    ``mine`` says whether what it needs is needed from the reader.
    """

    update: Update
    milestone: Milestone
    author: str
    new: bool
    mine: bool
    about: tuple[str, str, str] = ("", "", "")


@frozen
class FileView:
    """A file with its older versions (milestone page only) and whether it is new to the reader.

    ``by`` is the client who handed it in, if it came from one.
    """

    file: File
    new: bool
    approved: int | None = None
    older: tuple[Version, ...] = ()
    by: str = ""


@frozen
class QuestionView:
    """A question as one reader sees it: who said what, and what it is about.

    ``own`` says whether the reader asked it, ``open_to_reader`` whether they can ask further.  ``about`` is
    kind, id and title of what it is about; the kind is empty where that is no longer at hand.
    """

    question: Question
    milestone: Milestone
    asked_by: str
    remarks: tuple[tuple[str, Remark], ...]
    about: tuple[str, str, str]
    own: bool
    open_to_reader: bool
    new: bool


@frozen
class MilestoneView:
    """A milestone as the project page shows it."""

    milestone: Milestone
    news: tuple[News, ...]
    files: tuple[FileView, ...]
    more_files: int
    asks: tuple[Ask, ...]
    wanted: tuple[Wanted, ...]
    questions: tuple[QuestionView, ...]
    last: Ask | None
    late: bool
    new: bool
    unanswered: int


@frozen
class Line:
    """A line of the history: a message with ``{actor}`` and ``{thing}``, and where the thing is."""

    activity: Activity
    message: str
    actor: str
    thing: str
    path: str
    new: bool
    note: str = ""
    milestone: Milestone | None = None

    @property
    def text(self) -> str:
        """The line as plain text."""
        before, _, after = self.message.partition("{actor}")
        parts = [part.replace("{thing}", self.thing) for part in (before, after)]
        return self.actor.join(parts) if "{actor}" in self.message else parts[0]


@frozen
class ProjectPage:
    """Everything on the project page, except the milestones (see `milestone_view`).

    ``new`` counts the lines at hand that are new to the reader; ``more`` says that there may be others.
    ``earlier`` is how many milestones, from the first on, were completed so long ago that they are folded.
    """

    project: Project
    reader: Reader
    answers: Answers
    sentence: Sentence
    asks: tuple[Ask, ...]
    wanted: tuple[Wanted, ...]
    latest: News | None
    activity: tuple[Line, ...]
    new: int
    more: bool
    earlier: int


@frozen
class MilestonePage:
    """Everything about one milestone: updates, files, approvals, requests, questions, history."""

    view: MilestoneView
    news: tuple[News, ...]
    files: tuple[FileView, ...]
    asks: tuple[Ask, ...]
    wanted: tuple[Wanted, ...]
    questions: tuple[QuestionView, ...]
    history: tuple[Line, ...]


@frozen
class UpdatePage:
    """One update with all its revisions, newest first."""

    news: News
    revisions: tuple[Update, ...]
    questions: tuple[QuestionView, ...]


@frozen
class QuestionPage:
    """One question with all that was said to it."""

    asked: QuestionView


@frozen
class ApprovalPage:
    """One request for approval: its subject, what was decided, and what became of it.

    ``before`` is the latest round before in which somebody decided.  ``waiting`` is how many other things
    wait for the reader, ``next`` the first decision among them.
    """

    ask: Ask
    files: tuple[tuple[ManifestItem, bool], ...]
    asked: tuple[str, ...]
    own: Decision | None
    open_to_reader: bool
    questions: tuple[QuestionView, ...]
    before: Ask | None
    waiting: int
    next: Ask | None


@frozen
class SeenView:
    """What is known of one client's visits, in words; of ``downloads`` the newest first."""

    person: Person
    said: tuple[str, ...]
    downloads: tuple[str, ...]


@frozen
class HistoryPage:
    """One page of the history, and where the next one begins (0: there is none)."""

    lines: tuple[Line, ...]
    milestone: Milestone | None
    older: int

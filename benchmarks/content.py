"""The typical project, as plain data, so that every contestant shows and stores the same content.

12 milestones, 40 files in 100 versions, 15 approvals, 60 updates: about 250 entries.  A larger one is the
same so many times over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from attrs import frozen

TODAY = date(2026, 11, 24)
TITLE = "Relaunch of the online shop"
CLIENT = "Acme Ceramics"
ZONE = "Europe/Berlin"
CLIENTS = ("Anna Keller", "Jonas Brandt")
STAFF = "Maya Lindt"
SUMMARY = (
    "A new shop for **Acme Ceramics**: quicker to search, easier to pay in, and simple to keep.\n\n"
    "We deliver in twelve milestones. Each ends in something you can see and decide on."
)
RESOURCES = (
    ("Staging site", "https://staging.acme.example/"),
    ("Brand guide", "https://brand.acme.example/guide"),
    ("Meeting notes", "https://notes.acme.example/relaunch"),
)
MILESTONES = (
    "Kick-off", "Research", "Concept", "Information architecture", "Design", "Photography",
    "Catalogue import", "Front end", "Checkout", "Search", "Training", "Launch",
)  # fmt: skip
STAGES = len(MILESTONES)
COMPLETED, STARTED = 5, 9
"""The first milestones are completed, those up to the second number are in progress."""

TYPICAL = "typical"
UPDATES, FILES, VERSIONS, APPROVALS, OPEN = 60, 40, 100, 15, 3
APPROVAL_TITLE = "Approve the delivery of {milestone}"


@frozen
class Text:
    """The words of an update."""

    done: str
    doing: str
    next: str
    need: str


@frozen
class Document:
    """A file: its milestone (by place), name, purpose, and the notes of its later versions."""

    milestone: int
    name: str
    purpose: str
    changes: tuple[str, ...]


@frozen
class Question:
    """An approval: its milestone (by place), the file it is about, and whether it is still open."""

    milestone: int
    file: int
    title: str
    statement: str
    open: bool


def text(number: int) -> Text:
    """Return the words of the ``number``-th update."""
    return Text(
        done=f"Step {number}: drafts, samples, list of open points",
        doing=f"Your remarks on step {number}: the **tone** of the headings and the order of pages.",
        next=f"Step {number + 1}, with the new photographs and the prices of the winter season.",
        need=f"A word on sample {number}, if you can." if number % 3 == 0 else "",
    )


def milestones(times: int = 1) -> list[str]:
    """Return the titles of the milestones."""
    again = [f"{title} {round}" for round in range(2, times + 1) for title in MILESTONES]
    return [*MILESTONES, *again]


def is_started(place: int) -> bool:
    """Whether the milestone at this place has begun."""
    return place % STAGES < STARTED


def is_completed(place: int) -> bool:
    """Whether the milestone at this place is completed."""
    return place % STAGES < COMPLETED


def updates(times: int = 1) -> Iterator[tuple[int, Text]]:
    """Yield the updates, oldest first: the milestone (by place) and the words."""
    for number in range(UPDATES * times):
        yield number // UPDATES * STAGES + number % UPDATES % STARTED, text(number)


def documents(times: int = 1) -> list[Document]:
    """Return the files with their later versions."""
    return [_document(number) for number in range(FILES * times)]


def _document(number: int) -> Document:
    round, place = divmod(number, FILES)
    title, more = MILESTONES[place % STAGES].lower(), VERSIONS - FILES
    return Document(
        milestone=round * STAGES + place % STAGES,
        name=f"{title}-{number + 1:02}.pdf",
        purpose="All screens of this step",
        changes=tuple(
            f"Headings of version {v} shorter, colours corrected"
            for v in range(2, 2 + more // FILES + (place < more % FILES))
        ),
    )


def questions(times: int = 1) -> list[Question]:
    """Return the approvals, oldest first; the last ones are open, in milestones in progress."""
    return [_question(number) for number in range(APPROVALS * times)]


def _question(number: int) -> Question:
    round, turn = divmod(number, APPROVALS)
    still_open = turn >= APPROVALS - OPEN
    place = COMPLETED + turn % OPEN if still_open else turn % STARTED
    return Question(
        milestone=round * STAGES + place,
        file=round * FILES + place,  # the first file of a milestone has the milestone's own number
        title=APPROVAL_TITLE.format(milestone=MILESTONES[place]),
        statement="The delivery is complete and the work of the next step may begin.",
        open=still_open,
    )


def is_final(number: int) -> bool:
    """Whether the file of this number is marked as final."""
    return number % FILES < 24


def due(place: int) -> date:
    """Return when a milestone (by place) is due."""
    return TODAY + timedelta(days=14 * (place % STAGES - COMPLETED) + 4)

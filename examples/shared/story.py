"""How the demo's past is told: through the API that the app uses, on a clock that moves forward.

The clock goes from weeks ago to yesterday, so the demo is fresh whenever it is started first.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from portalkit import (
    Approval,
    ApprovalDecided,
    Change,
    Circumstances,
    Desk,
    Event,
    Handle,
    Outcome,
    Portal,
    Question,
    Staff,
    Visit,
)
from portalkit.portal import FETCHED, SEEN

__all__ = ["PASSWORD", "STAFF", "USERS", "Books", "Story", "said", "stream"]

STAFF = "maya"
PASSWORD = "lighthouse"
USERS = (
    (STAFF, "Maya Lindt", "maya@northlight.example", "Project lead"),
    ("tom", "Tom Brandt", "tom@northlight.example", "Designer"),
)
"""Who works at the agency: login, name, address, role."""

WORDS = {
    "approved": "approved",
    "approved_with_changes": "approved with changes:",
    "changes_requested": "asked for changes on",
    "declined": "declined",
    "abstained": "abstained from",
}


def said(event: Event[ApprovalDecided]) -> str:
    """Say in one line what a client decided, for the agency's own news."""
    who = event.person.name if event.person else "Somebody"
    return f"{who} {WORDS[event.outcome]} {event.title}"


class Books(Protocol):
    """What a story asks of the agency's own database."""

    def staff(self, login: str) -> Staff:
        """Return somebody who works at the agency."""
        ...

    def add_job(self, ref: str, title: str, *, client: str, city: str, zone: str) -> None:
        """Book a project, together with its client if that is new."""
        ...

    def note(self, event: Event[ApprovalDecided]) -> None:
        """Note a client's decision in the agency's news."""
        ...


class Clock:
    """A clock that goes where a story takes it, and never back."""

    def __init__(self) -> None:
        self._now = 0

    def __call__(self) -> int:
        """Return UTC milliseconds."""
        return self._now

    def move(self, moment: datetime) -> None:
        """Go to a moment, or on by a quarter of an hour if it is past."""
        self._now = max(int(moment.timestamp() * 1000), self._now + 15 * 60_000)


class Story:
    """One project: what the agency books, and what happened in the portal.

    Subclasses tell it in `tell`.  ``ref`` is what both databases know the project by.
    """

    ref: str
    id: str
    title: str
    client: str
    client_key: str
    summary: str
    city: str
    zone: str
    locale: str = "en"

    def __init__(self, books: Books, portal: Portal, keys: list[str]) -> None:
        self._books = books
        self.clock = Clock()
        self.portal = Portal(
            store=portal.ledger.store,
            files=portal.files,
            access=portal.access,
            base_url=portal.base_url,
            keys=keys,
            clock=self.clock,
        )
        self.maya, self.tom = (self.portal.desk(books.staff(login)) for login, *_ in USERS)
        self.today = datetime.now(ZoneInfo(self.zone)).date()

    def book(self) -> None:
        """Tell the story, and book the project once it is told to the end."""
        decided: list[Event[ApprovalDecided]] = []
        self.portal.on(ApprovalDecided, decided.append)
        self.portal.ledger.store.erase(self.id)  # left behind where a first start was interrupted
        self.tell()
        self._books.add_job(
            self.ref, self.title, client=self.client, city=self.city, zone=self.zone
        )
        for event in decided:
            self._books.note(event)

    def tell(self) -> None:
        """Do in the portal what happened in this project."""
        raise NotImplementedError

    # -- words to tell it with ------------------------------------------------------------------

    def ago(self, days: int, at: str = "10:00") -> None:
        """Move the clock to a time of day so many days ago, or to the Friday before a weekend."""
        day = self.today - timedelta(days=days)
        day -= timedelta(days=max(0, day.weekday() - 4))
        self.clock.move(datetime.combine(day, time.fromisoformat(at), ZoneInfo(self.zone)))

    def ahead(self, days: int) -> date:
        """Return the day in so many days, or the Monday after a weekend."""
        day = self.today + timedelta(days=days)
        return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)

    def opens(self, desk: Desk) -> Change:
        """Let somebody of the agency open the project, in a block."""
        return desk.open(
            self.title,
            client=self.client,
            client_key=self.client_key,
            id=self.id,
            ref=self.ref,
            summary=self.summary,
            zone=self.zone,
            locale=self.locale,
            brand="northlight",
        )

    def decides(
        self, person: Handle, ask: Handle | Approval, outcome: Outcome, comment: str = ""
    ) -> None:
        """Let a client open their link, look at the files, and decide."""
        visit = self._visit(person)
        approval = visit.approval(ask)
        visit.note(FETCHED)
        for item in approval.files:
            visit.note(f"file:{item.file}/{item.version}")
        visit.note(SEEN)
        visit.decide(
            ask,
            outcome,
            manifest=approval.manifest,
            typed_name=visit.person.name,
            comment=comment,
            circumstances=Circumstances(confirmed=True, served_at=self.clock() - 180_000),
        )

    def visits(self, person: Handle) -> None:
        """Let a client, or a scanner of their mail, open the page of the project."""
        self._visit(person).note(FETCHED)

    def asks(
        self, person: Handle, milestone: Handle, text: str, *, about: Handle | None = None
    ) -> Question:
        """Let a client ask something where it belongs."""
        return self._visit(person).ask(milestone, text, about=about)

    def misses(self, person: Handle) -> None:
        """Let a client say that the page does not tell where the project stands."""
        self._visit(person).recap()

    def _visit(self, person: Handle) -> Visit:
        return self.portal.visit(self.maya.link_url(self.id, person).rpartition("/")[2])

    def open_ask(self, milestone: Handle) -> Approval:
        """Return the request that is open in a milestone."""
        asks: Iterable[Approval] = self.maya.project(self.id).approvals_of(milestone.id)
        return next(ask for ask in asks if ask.waiting_for)


def stream(data: bytes) -> io.BytesIO:
    """Return bytes as a stream."""
    return io.BytesIO(data)

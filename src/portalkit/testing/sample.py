"""Builders: a portal in memory whose clock stands still, and a project in the middle of its life."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from attrs import frozen

from ..model import CLIENT, READER, Link, Project
from ..portal import Desk, Portal, Visit
from ..rules import Staff
from ..storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from .clock import FixedClock

__all__ = ["BASE_URL", "KEY", "STAFF", "Sample", "memory_portal", "open_sample"]

BASE_URL: Final = "https://agency.example/portal"
KEY: Final = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
"""A signing key for tests: public, so good for nothing else."""

STAFF: Final = Staff("maya", "Maya Lindt", "maya@agency.example", "Design lead")
"""Who does what staff do in a sample."""


def memory_portal(*, clock: Callable[[], int] | None = None, **options: Any) -> Portal:
    """Return a portal that keeps everything in memory, for tests.

    Args:
        clock: returns UTC milliseconds; a `FixedClock` if not given.
        options: any argument of `Portal`, in place of the one for tests.

    Raises:
        ConfigError: an option is unsafe, as in `Portal`.
    """
    usual: dict[str, Any] = {
        "store": MemoryStore(),
        "files": MemoryFiles(),
        "access": MemoryAccessLog(),
        "base_url": BASE_URL,
        "keys": [KEY],
    }
    return Portal(**{**usual, "clock": clock or FixedClock(), **options})


@frozen(kw_only=True)
class Sample:
    """A project in the middle of its life; its parts by id.

    Attributes:
        portal: where it is.
        id: the project.
        anna: a client who decides.
        bob: a client who decides too.
        rita: a client who may only look.
        kickoff: a completed milestone.
        design: the milestone in progress.
        vault: an internal milestone, hidden from clients.
        home: a PDF in two versions, in ``design``.
        notes: a text, in ``design``.
        wrong: a file whose only version was withdrawn, in ``design``.
        secret: a file in ``vault``.
        ask: the open request about ``home``, in its second round; it waits for Anna and Bob.
        former: the first round of it, superseded.
        news: the latest update.
        question: a question of Anna about ``home``, not answered yet.
    """

    portal: Portal
    id: str
    anna: str
    bob: str
    rita: str
    kickoff: str
    design: str
    vault: str
    home: str
    notes: str
    wrong: str
    secret: str
    ask: str
    former: str
    news: str
    question: str

    @property
    def desk(self) -> Desk:
        """The desk at which the project was opened."""
        return self.portal.desk(STAFF)

    @property
    def project(self) -> Project:
        """The project as it stands."""
        return self.portal.project(self.id)

    def link(self, person: str) -> Link:
        """Return a person's link.

        Args:
            person: one of its clients.

        Raises:
            NotFound: they have no link.
        """
        self.url(person)
        link = self.project.link_of(person)
        assert link is not None
        return link

    def url(self, person: str, path: str = "") -> str:
        """Return the address of a person's link, or of a page behind it.

        Args:
            person: one of its clients.
            path: of the page behind it.

        Raises:
            NotFound: they have no link.
        """
        return self.desk.link_url(self.id, person, path)

    def token(self, person: str) -> str:
        """Return the token in the address of a person's link.

        Args:
            person: one of its clients.

        Raises:
            NotFound: they have no link.
        """
        return self.url(person).rpartition("/")[2]

    def visit(self, person: str) -> Visit:
        """Return what a person's link opens.

        Args:
            person: one of its clients.

        Raises:
            NotFound: they have no link.
            LinkGone: it has expired or was revoked.
        """
        return self.portal.visit(self.token(person))


def open_sample(portal: Portal, *, id: str | None = None, ref: str | None = None) -> Sample:
    """Open a project in a portal and bring it to the middle of its life.

    Args:
        portal: where to open it; `memory_portal` makes one.
        id: the project's id; generated if not given.
        ref: the host's own key of it.

    Raises:
        Conflict: the id or ref is taken.
    """
    desk = portal.desk(STAFF)
    with desk.open("Website relaunch", client="Acme Ceramics", id=id, ref=ref) as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example", role="Owner")
        bob = change.add_person("Bob Ray", email="bob@acme.example", locale="de")
        rita = change.add_person("Rita Moss")
        kickoff = change.add_milestone("Kick-off").complete("We know what is wanted")
        design = change.add_milestone("Design", due=date(2026, 1, 30)).start()
        vault = change.add_milestone("Margins", internal=True)
        home = change.add_file(
            design, _pdf("one"), name="Entwurf ö “1”.pdf", purpose="All screens", state="final"
        )
        notes = change.add_file(
            design, io.BytesIO(b"Bring the logo.\n"), name="notes.txt", purpose="For the workshop"
        )
        wrong = change.add_file(design, _pdf("wrong"), name="wrong.pdf", purpose="A slip")
        change.withdraw_file(wrong, "Meant for somebody else")
        secret = change.add_file(vault, _pdf("sums"), name="sums.pdf", purpose="For us alone")
        former = change.request_approval(
            design, "Homepage", files=[home], people=[anna, bob], due=date(2026, 1, 20)
        )
        change.post_update(kickoff, "Thank you for **the workshop**.")
        change.issue_link(anna, scopes=CLIENT)
        change.issue_link(bob, scopes=CLIENT)
        change.issue_link(rita, scopes=READER)
    with desk.change(change.project) as change:
        change.add_version(home, _pdf("two"), changed="The hero is tighter")
        ask = next(a.id for a in change.project.approvals.values() if a.previous == former.id)
        news = change.post_update(
            design, done="Homepage", next="Build", need="Your decision", about=ask
        )
    visit = portal.visit(desk.link_url(change.project, anna).rpartition("/")[2])
    question = visit.ask(design, "Is the hero final?", about=home)
    return Sample(
        portal=portal,
        id=change.project.id,
        anna=anna.id,
        bob=bob.id,
        rita=rita.id,
        kickoff=kickoff.id,
        design=design.id,
        vault=vault.id,
        home=home.id,
        notes=notes.id,
        wrong=wrong.id,
        secret=secret.id,
        ask=ask,
        former=former.id,
        news=news.id,
        question=question.id,
    )


def _pdf(text: str) -> io.BytesIO:
    return io.BytesIO(b"%PDF-1.7 " + text.encode())

"""A store that is locked, fails at a write, or loses the acknowledgement of one."""

from __future__ import annotations

import io
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from portalkit import Conflict, Fact, Outcome, Portal, StoreError
from portalkit.storage import Head, Row, Store, TakesTurns
from portalkit.storage.memory import MemoryFiles
from portalkit.storage.sqlite import SQLiteStore
from tests.faults.world import (
    BASE_URL,
    KEY,
    MAYA,
    PATIENCE,
    PDF,
    Scene,
    forked,
    open_project,
    portal_at,
    result,
)
from tests.flask.host import browser, hidden, make_app, seed

# -- locked by somebody else --------------------------------------------------------------------


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program, which knows nothing of our queue, holds the database for writing."""
    with closing(sqlite3.connect(database, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        yield
        foreign.execute("ROLLBACK")


def test_a_write_waits_for_a_lock(tmp_path: Path, scene: Scene) -> None:
    """While another program holds the database for a second, a write waits; then it succeeds."""
    writer = threading.Thread(target=lambda: scene.post("patient"))
    with locked(tmp_path / "portal" / "portal.sqlite3"):
        writer.start()
        writer.join(1.0)
        assert writer.is_alive()
        assert scene.texts == []
        assert scene.visit().project.title == "Website relaunch"  # reading goes on meanwhile
    writer.join(PATIENCE)
    assert scene.texts == ["patient"]


@pytest.fixture
def hasty(tmp_path: Path) -> Scene:
    """A project in a store that waits a tenth of a second for others."""
    store = SQLiteStore(tmp_path / "portal" / "portal.sqlite3", timeout=0.1)
    return open_project(portal_at(tmp_path / "portal", store=store))


def test_a_lock_held_too_long(tmp_path: Path, hasty: Scene) -> None:
    """Beyond the timeout it is a `StoreError` that says what to do; nothing is written, and later it works."""
    before = hasty.entries
    visit = hasty.visit()
    manifest = visit.approval(hasty.ask).manifest

    def decide() -> None:
        visit.decide(hasty.ask, "approved", manifest=manifest, typed_name="Anna Keller")

    with locked(tmp_path / "portal" / "portal.sqlite3"):
        for write in (lambda: hasty.post("hasty"), decide, lambda: open_project(hasty.portal)):
            with pytest.raises(StoreError) as caught:
                write()
            assert not isinstance(caught.value, Conflict)
            assert caught.value.evidence["cause"] == "database is locked"
            assert "End the program that keeps it locked" in caught.value.remedy
        assert hasty.entries == before
    hasty.post("later")
    decide()
    assert hasty.texts == ["later"]
    assert len(hasty.decisions) == 1
    assert hasty.whole()


def test_a_client_meets_a_locked_database(tmp_path: Path) -> None:
    """Pages go on; a decision is 503 on the calm page, keeps nothing, and succeeds when sent again."""
    store = SQLiteStore(tmp_path / "portal.sqlite3", timeout=0.1)
    app = make_app(tmp_path, PORTALKIT_STORE=store)
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    form = hidden(anna.review(seeded.ask))
    fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
    before = store.history(seeded.project)
    with locked(tmp_path / "portal.sqlite3"):
        assert anna.get("").status_code == 200
        answer = anna.post(f"a/{seeded.ask}", fields)
        assert answer.status_code == 503
        assert "Nothing was changed. Please try again in a few minutes." in answer.text
        assert "database" not in answer.text
    assert store.history(seeded.project) == before
    assert anna.post(f"a/{seeded.ask}", fields).status_code == 303
    assert len(store.history(seeded.project)) == len(before) + 1


def test_a_database_that_another_program_keeps_to_itself(tmp_path: Path) -> None:
    """Locked even for reading, by another process: 503 on the calm page, for pages too; then all goes on."""
    app = make_app(tmp_path, PORTALKIT_STORE=SQLiteStore(tmp_path / "portal.sqlite3", timeout=0.1))
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    app.extensions["portalkit"].portal.ledger.store.close()
    locked, onwards = os.pipe(), os.pipe()

    def keep() -> None:
        foreign = sqlite3.connect(tmp_path / "portal.sqlite3", isolation_level=None)
        foreign.execute("PRAGMA locking_mode = EXCLUSIVE")
        foreign.execute("BEGIN EXCLUSIVE")
        os.write(locked[1], b"!")
        os.read(onwards[0], 1)

    child = forked(keep)
    try:
        assert os.read(locked[0], 1)
        for _ in range(2):
            answer = anna.get("")
            assert answer.status_code == 503
            assert "Please try again in a few minutes." in answer.text
    finally:
        os.write(onwards[1], b"!")
        assert result(child) == 0
        for descriptor in (*locked, *onwards):
            os.close(descriptor)
    assert anna.get("").status_code == 200
    assert anna.decide(seeded.ask).status_code == 303


def test_a_lock_file_that_is_deleted(tmp_path: Path, scene: Scene) -> None:
    """Whoever deletes the lock file, again and again, ends the fairness of the queue and nothing else."""
    data, each, writers = tmp_path / "portal", 15, 2
    over = threading.Event()

    def delete() -> None:
        while not over.wait(0.005):
            (data / "portal.sqlite3.lock").unlink(missing_ok=True)

    def write(number: int) -> None:
        portal = portal_at(data)
        for turn in range(each):
            scene.post(f"{number} {turn}", portal)

    deleting = threading.Thread(target=delete)
    children = [forked(partial(write, number)) for number in range(writers)]
    deleting.start()
    try:
        assert [result(child) for child in children] == [0] * writers
    finally:
        over.set()
        deleting.join(PATIENCE)
    assert sorted(scene.texts) == sorted(f"{n} {t}" for n in range(writers) for t in range(each))
    assert scene.whole()


def test_a_lock_file_deleted_in_somebodys_turn(tmp_path: Path, scene: Scene) -> None:
    """Another then has the turn too; both write, one after the other, and neither is lost."""
    store = scene.portal.ledger.store
    assert isinstance(store, TakesTurns)
    with store.turn(scene.id):
        before = scene.entries
        (tmp_path / "portal" / "portal.sqlite3.lock").unlink()
        assert result(forked(lambda: scene.post("other", portal_at(tmp_path / "portal")))) == 0
        assert len(scene.entries) == len(before) + 1
        scene.post("mine")
    assert scene.texts == ["other", "mine"]
    assert scene.whole()


# -- the n-th write fails -----------------------------------------------------------------------


class Failing(Store, TakesTurns):
    """A store whose n-th commit fails, before it is written or after.

    Attributes:
        fails: which commit fails, counted from 1; 0 is none.
        written: whether it is written all the same: only its acknowledgement is lost.
        mute: whether nothing can be read after that failure either, until `heal`.
    """

    def __init__(self, store: SQLiteStore) -> None:
        self._store = store
        self.fails = 0
        self.written = False
        self.mute = False
        self._silent = False

    def fail(self, at: int, *, written: bool, mute: bool = False) -> None:
        """Let the n-th commit from now on fail."""
        self.fails, self.written, self.mute = at, written, mute

    def heal(self) -> None:
        """Answer again."""
        self._silent = False

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        self.fails -= 1
        if self.fails == 0:
            self._silent = self.mute
            if self.written:
                self._store.commit(head, rows, expected=expected, redact=redact)
            raise StoreError("the connection was lost", remedy="Try again")
        self._store.commit(head, rows, expected=expected, redact=redact)

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        self._check()
        return self._store.load(project, known=known)

    def history(self, project: str, **select: Any) -> Sequence[Row]:
        self._check()
        return self._store.history(project, **select)

    def _check(self) -> None:
        if self._silent:
            raise StoreError("the connection was lost", remedy="Try again")

    def projects(self, **select: Any) -> Sequence[Head]:
        return self._store.projects(**select)

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        return self._store.claim(now, lease=lease, limit=limit)

    def erase(self, project: str) -> None:
        self._store.erase(project)

    def turn(self, project: str) -> Any:
        return self._store.turn(project)


@pytest.fixture
def failing(tmp_path: Path) -> Failing:
    """A store that can fail."""
    return Failing(SQLiteStore(tmp_path / "portal.sqlite3"))


@pytest.fixture
def frail(failing: Failing) -> Scene:
    """A project in it."""
    return open_project(Portal(store=failing, files=MemoryFiles(), base_url=BASE_URL, keys=[KEY]))


def journey(scene: Scene) -> list[Callable[[], object]]:
    """Steps of a project's life, each one commit, each repeatable by whoever did it."""

    def deliver() -> None:
        with scene.portal.desk(MAYA).change(scene.id) as change:
            change.add_version(scene.home, _stream(), changed="Tightened")

    def decide() -> None:
        visit = scene.visit()
        (open_now,) = visit.answers.needs_decision
        visit.decide(
            open_now, Outcome.APPROVED, manifest=open_now.manifest, typed_name="Anna Keller"
        )

    def complete() -> None:
        with scene.portal.desk(MAYA).change(scene.id) as change:
            change.complete(scene.design, "It is right")

    return [lambda: scene.post("one"), deliver, decide, lambda: scene.post("two"), complete]


def _stream() -> io.BytesIO:
    return io.BytesIO(PDF + b" again")


STEPS = 5


def picture(scene: Scene) -> list[tuple[str, ...]]:
    """What is on record, without ids and times."""
    return [(entry.kind, getattr(entry.fact, "body", "")) for entry in scene.entries]


@pytest.fixture
def undisturbed(tmp_path: Path) -> list[tuple[str, ...]]:
    """What is on record after the journey when nothing fails."""
    scene = open_project(portal_at(tmp_path / "undisturbed"))
    for step in journey(scene):
        step()
    return picture(scene)


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_a_write_that_fails(
    failing: Failing, frail: Scene, undisturbed: list[tuple[str, ...]], at: int
) -> None:
    """Whichever write fails, its caller hears of it, nothing of it is there, and trying again is enough."""
    heard: list[int] = []
    frail.portal.on(Fact, lambda event: heard.append(event.entry.seq))
    first = len(frail.entries) + 1
    failing.fail(at, written=False)
    for number, step in enumerate(journey(frail), 1):
        if number == at:
            before = frail.entries
            with pytest.raises(StoreError, match="connection was lost"):
                step()
            assert frail.entries == before
        step()
    assert picture(frail) == undisturbed
    assert heard == list(range(first, len(frail.entries) + 1))
    assert frail.whole()


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_a_lost_acknowledgement(
    failing: Failing, frail: Scene, undisturbed: list[tuple[str, ...]], at: int
) -> None:
    """Written but not acknowledged: the portal looks, finds its own entry, and nobody is told of an error."""
    heard: list[int] = []
    frail.portal.on(Fact, lambda event: heard.append(event.entry.seq))
    first = len(frail.entries) + 1
    failing.fail(at, written=True)
    for step in journey(frail):
        step()
    assert failing.fails <= 0, "no write failed"
    assert picture(frail) == undisturbed
    assert heard == list(range(first, len(frail.entries) + 1))
    assert frail.whole()


def test_a_lost_acknowledgement_that_cannot_be_looked_up(failing: Failing, frail: Scene) -> None:
    """If the store stays silent after the write, it is an error; the same decision again is still one."""
    visit = frail.visit()
    manifest = visit.approval(frail.ask).manifest

    def decide() -> Outcome:
        return visit.decide(
            frail.ask, Outcome.APPROVED, manifest=manifest, typed_name="Anna Keller"
        ).outcome

    failing.fail(1, written=True, mute=True)
    with pytest.raises(StoreError):
        decide()
    failing.heal()
    assert decide() is Outcome.APPROVED
    assert len(frail.decisions) == 1
    assert frail.whole()


def test_delivered_bytes_outlive_a_lost_acknowledgement(failing: Failing, frail: Scene) -> None:
    """When nobody knows whether the entry was written, its bytes stay: it may name them."""
    failing.fail(1, written=True, mute=True)
    with pytest.raises(StoreError), frail.portal.desk(MAYA).change(frail.id) as change:
        change.add_version(frail.home, _stream(), changed="Tightened")
    failing.heal()
    download = frail.visit().download(frail.home, 2)
    assert b"".join(download.read()) == PDF + b" again"
    assert frail.whole()


def test_an_open_that_lost_its_acknowledgement(failing: Failing, frail: Scene) -> None:
    """A new project whose first commit was written but not acknowledged is there, once."""
    failing.fail(1, written=True)
    with frail.portal.desk(MAYA).open("Second", client="Acme", ref="crm:18", id="p2") as change:
        change.add_milestone("Begin")
    assert frail.portal.project(ref="crm:18").title == "Second"
    assert [head.project for head in failing.projects(ref="crm:18")] == ["p2"]
    assert frail.portal.verify("p2").ok

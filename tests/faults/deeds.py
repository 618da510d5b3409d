"""What the loops of faults do, deed after deed, and the law that must hold whatever comes between.

Each deed is told before it is tried and once it was acknowledged.  `check` compares what was told with
what is there: everything acknowledged, exactly; of everything else all or nothing; nothing broken.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from random import Random

from attrs import astuple, evolve, field, frozen

from portalkit import Handle, LinkError, NotFound, Person, Portal, Project, Refused, Side
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from tests.faults.world import Scene, portal_at

BLOCKS = {"update": 2, "deliver": 2, "ask": 2, "decide": 1}
"""How many entries a block of each kind adds; each of them holds the block's mark."""

SIDE = {"open", "redact", "erase"}
"""What is done to a project beside the main one, which comes and goes."""

SCRIPT = (
    *("update", "deliver", "ask", "decide", "open", "open", "redact", "erase"),
    *("collect", "rebuild", "update"),
)
"""Every kind of deed, in an order in which each finds something to do."""


@frozen
class Told:
    """What a worker told: a deed is about to be tried, or it was acknowledged (``done``).

    ``project`` is that beside the main one which the deed is about.
    """

    kind: str
    mark: str
    project: str = ""
    done: bool = False


@contextmanager
def opened(scene: Scene, data: Path) -> Iterator[Scene]:
    """Open a scene's data anew, as another process would, and close it again."""
    portal = portal_at(data)
    try:
        yield evolve(scene, portal=portal)
    finally:
        for closable in (portal.ledger.store, portal.access):
            assert isinstance(closable, SQLiteStore | SQLiteAccessLog)
            closable.close()


@frozen
class Hand:
    """Does deeds on a portal, as staff, as the client and as the operator.

    Args:
        scene: the main project, in a portal of this process.
        data: the portal's folder.
        tell: told of each deed before it is tried and after it was acknowledged.
        chance: decides what is left to chance.
        began: seconds; files not written to since then were left by the dead.
    """

    scene: Scene
    data: Path
    tell: Callable[[Told], object]
    chance: Random
    began: float = field()

    def do(self, kind: str) -> Handle | None:
        """Do something; what somebody else has made impossible meanwhile stays unacknowledged."""
        told = Told(kind, f"mark-{secrets.token_hex(8)}")
        if kind in SIDE:
            told = evolve(told, project=self._beside(told))
        self.tell(told)
        try:
            made: Handle | None = getattr(self, f"_{kind}")(told)
        except (NotFound, Refused, LinkError):
            return None
        self.tell(evolve(told, done=True))
        return made

    def _beside(self, told: Told) -> str:
        """Choose the project that a deed is about."""
        known = [id for id in self.scene.portal.care.projects() if id.startswith("side-")]
        if told.kind == "open" or not known:
            return f"side-{told.mark.removeprefix('mark-')}"
        return self.chance.choice(known)

    def _bytes(self) -> io.BytesIO:
        return io.BytesIO(self.chance.randbytes(self.chance.randrange(1, 300_000)))

    def _update(self, told: Told) -> None:
        with self.scene.desk.change(self.scene.id) as change:
            for part in ("one", "two"):
                change.post_update(self.scene.design, f"{told.mark} {part}")

    def _deliver(self, told: Told) -> None:
        with self.scene.desk.change(self.scene.id) as change:
            change.add_version(self.scene.home, self._bytes(), changed=told.mark)
            change.post_update(self.scene.design, told.mark, about=self.scene.home)

    def _ask(self, told: Told) -> Handle:
        with self.scene.desk.change(self.scene.id) as change:
            asked = change.request_approval(
                self.scene.design, "A question", statement=told.mark, people=[self.scene.anna]
            )
            change.post_update(self.scene.design, told.mark, about=asked)
        return asked

    def _decide(self, told: Told) -> None:
        asked = self.do("ask")
        assert asked is not None
        visit = self.scene.visit()
        manifest = visit.approval(asked).manifest
        visit.note("page")
        visit.decide(
            asked, "approved", manifest=manifest, typed_name="Anna Keller", comment=told.mark
        )

    def _open(self, told: Told) -> None:
        with self.scene.desk.open(told.mark, client="Acme", id=told.project) as change:
            secret = secret_of(told.project)
            zora = change.add_person(f"Zora {secret}", email=f"{secret}@zora.example")
            design = change.add_milestone("Design").start()
            change.add_file(design, self._bytes(), name="home.pdf", purpose="Screens")
            change.issue_link(zora)

    def _redact(self, told: Told) -> None:
        project = self.scene.portal.care.project(told.project)
        self.scene.portal.care.redact(project.id, client_of(project).id)

    def _erase(self, told: Told) -> None:
        self.scene.portal.care.erase(told.project)

    def _collect(self, told: Told) -> None:
        age(self.data, before=self.began)
        self.scene.portal.care.collect(list(self.scene.portal.care.projects()))

    def _rebuild(self, told: Told) -> None:
        self.scene.portal.care.rebuild([self.scene.id])


def secret_of(project: str) -> str:
    """What the name and the address of the client of a project beside the main one hold."""
    return project.removeprefix("side-")[::-1]


def client_of(project: Project) -> Person:
    """The one client of a project beside the main one."""
    [zora] = [person for person in project.people.values() if person.side is Side.CLIENT]
    return zora


def age(data: Path, before: float) -> None:
    """Make every file of bytes look days old that nobody has written to since a moment."""
    for path in (data / "files").rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < before:
                os.utime(path, (1, 1))


# -- the law ------------------------------------------------------------------------------------


def check(data: Path, scene: Scene, told: Sequence[Told], *, strict: bool = False) -> None:
    """See that everything acknowledged is there exactly, all else whole or not at all, and all verifies.

    Args:
        data: the portal's folder.
        scene: the main project.
        told: everything that was told since the project was opened.
        strict: what was not acknowledged was refused, so that nothing of it may be there.
    """
    _check_lock(data)
    with opened(scene, data) as scene:
        care = scene.portal.care
        projects = list(care.projects())
        for verification in care.verify(projects):
            assert verification.ok, verification
        for problem in care.check_files(projects):
            assert problem.problem == "orphaned", problem
        _check_blocks(scene, told, strict)
        for project in {each.project for each in told if each.project}:
            _check_beside(scene.portal, data, [each for each in told if each.project == project])
        scene.visit()


def _check_lock(data: Path) -> None:
    """The dead hold no turn."""
    with (data / "portal.sqlite3.lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _check_blocks(scene: Scene, told: Sequence[Told], strict: bool) -> None:
    kinds = {each.mark: each.kind for each in told if each.kind in BLOCKS}
    done = {each.mark for each in told if each.done}
    found = Counter(
        value.split()[0]
        for entry in scene.entries
        for value in astuple(entry.fact)
        if isinstance(value, str) and value.startswith("mark-")
    )
    assert found.keys() <= kinds.keys()
    for mark, kind in kinds.items():
        right = {BLOCKS[kind]} if mark in done else {0} if strict else {0, BLOCKS[kind]}
        assert found[mark] in right, f"{kind} {mark}: {found[mark]} entries, not {right}"


def _check_beside(portal: Portal, data: Path, told: Sequence[Told]) -> None:
    tried, done = ({t.kind for t in told if t.done >= least} for least in (False, True))
    id, store = told[0].project, portal.ledger.store
    there = store.load(id) is not None
    if "erase" in done:
        assert not there
        assert not list(portal.files.keys(id))
        assert not portal.access.of(id)
    elif "open" in done and "erase" not in tried:
        assert there, f"lost: {told}"
    if there:
        _check_person(portal, id, tried, done)
    else:
        assert not store.history(id), "an erasure by halves"
    if done & {"redact", "erase"}:
        assert not traces(data, secret_of(id)), f"traces of {told}"


def _check_person(portal: Portal, id: str, tried: set[str], done: set[str]) -> None:
    project = portal.project(id)
    zora, [file] = client_of(project), project.files.values()
    assert file.current.size
    if not zora.redacted:
        assert "redact" not in done
        assert zora.name == f"Zora {secret_of(id)}"
        assert portal.care.would_redact(id, zora.id).entries == 2
    else:
        assert "redact" in tried
        assert portal.care.would_redact(id, zora.id).entries == 0, "a redaction by halves"


def traces(data: Path, text: str) -> list[str]:
    """The files beside the bytes in which a text occurs."""
    return [
        path.name
        for path in data.iterdir()
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def check_leaks(data: Path, scene: Scene, told: Sequence[Told]) -> None:
    """See that nothing is left over once what was broken off is done again and a day has passed."""
    with opened(scene, data) as scene:
        care = scene.portal.care
        for id in {each.project for each in told if each.kind == "erase"} - set(care.projects()):
            with suppress(NotFound):
                care.erase(id)
            assert not traces(data, secret_of(id))
        for project in map(care.project, [id for id in care.projects() if id != scene.id]):
            if client_of(project).redacted:
                care.redact(project.id, client_of(project).id)
                assert not traces(data, secret_of(project.id))
        age(data, before=float("inf"))
        projects = list(care.projects())
        care.collect(projects)
        for id in {stray.project for stray in care.strays()}:
            care.erase(id)
        entries = chain.from_iterable(map(scene.portal.entries, projects))
        named = {getattr(entry.fact, "key", "") for entry in entries} - {""}
        kept = [path for path in (data / "files").rglob("*") if path.is_file()]
        assert {str(path.relative_to(data / "files")) for path in kept} == named
    for name in ("portal.sqlite3", "access.sqlite3"):
        with closing(sqlite3.connect(data / name)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    left = {path.name for path in data.iterdir()}
    assert left == {"files"} | {
        f"{name}.sqlite3{end}" for name in ("portal", "access") for end in ("", ".lock")
    }

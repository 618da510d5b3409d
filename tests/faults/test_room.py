"""No room: a full disk, a disk that cannot be written, no more files; clear errors, and all goes on afterwards."""

from __future__ import annotations

import ctypes
import errno
import io
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from attrs import define, field
from flask import Flask

from portalkit import FileError, PortalError, StoreError
from portalkit.flask import current_portal
from portalkit.portal.visit import _software
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteStore
from tests.faults.deeds import age, opened
from tests.faults.shim import Fault, Preloaded, compiled
from tests.faults.world import MAYA, forked, open_project, portal_at, result
from tests.flask.host import PDF, Browser, Seeded, browser, hidden, make_app, seed

MEGABYTE = 1024 * 1024
NEW_NAMESPACE, NEW_USERS, PRIVATE, READ_ONLY = 0x20000, 0x10000000, 0x44000, 1 | 32
CANNOT_MOUNT = 77

libc = ctypes.CDLL(None, use_errno=True)


def mount(kind: str | None, place: Path | str, flags: int, options: str = "") -> None:
    """Mount, in this process alone; raises `OSError`."""
    words = [word and word.encode() for word in (kind, str(place), kind)]
    if libc.mount(*words, ctypes.c_ulong(flags), options.encode()):
        raise OSError(ctypes.get_errno(), f"mount {place}")


def be_root_of_a_world_of_our_own() -> bool:
    """Let this process, which may not mount, do so where nobody else sees it; tell whether that worked."""
    me = Path("/proc/self")
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(NEW_NAMESPACE | NEW_USERS):
        return False
    (me / "setgroups").write_text("deny")
    (me / "uid_map").write_text(f"0 {user} 1")
    (me / "gid_map").write_text(f"0 {group} 1")
    return True


def on_a_small_disk(place: Path, work: Callable[[], None]) -> None:
    """Do something in a child for which a folder is a disk of four megabytes; skip where none can be mounted."""

    def mounted() -> None:
        if libc.unshare(NEW_NAMESPACE) and not be_root_of_a_world_of_our_own():
            os._exit(CANNOT_MOUNT)
        try:
            mount(None, "/", PRIVATE)
            mount("tmpfs", place, 0, "size=4m")
        except PermissionError:
            os._exit(CANNOT_MOUNT)
        work()

    ended = result(forked(mounted))
    if ended == CANNOT_MOUNT:
        pytest.skip(
            "no disk can be mounted here; the library before C's own fills one up all the same"
        )
    assert ended == 0


@define
class House:
    """An agency's app and its client, who has entered, and staff at their desk."""

    folder: Path
    app: Flask = field(init=False)
    seeded: Seeded = field(init=False)
    anna: Browser = field(init=False)
    fields: dict[str, str] = field(init=False)
    before: object = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.app = make_app(self.folder)
        self.app.testing = False
        self.seeded = seed(self.app)
        self.anna = browser(self.app)
        self.anna.enter(self.seeded.url)
        form = hidden(self.anna.review(self.seeded.ask))
        self.fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
        self.before = self.kept()

    def deliver(self, size: int) -> None:
        """Deliver a version as staff do."""
        with (
            self.app.app_context(),
            current_portal.desk(MAYA).change(self.seeded.project) as change,
        ):
            change.post_update(self.seeded.design, "News")
            change.add_version(self.seeded.home, io.BytesIO(bytes(size)), changed="Larger")

    def update(self) -> None:
        """Post a long update as staff do."""
        with (
            self.app.app_context(),
            current_portal.desk(MAYA).change(self.seeded.project) as change,
        ):
            change.post_update(self.seeded.design, "News. " * 3000)

    def decide(self) -> int:
        """Confirm as the client what she has prepared, and return the status of the answer."""
        answer = self.anna.post(f"a/{self.seeded.ask}", self.fields)
        if answer.status_code == 503:
            assert "Nothing was changed. Please try again in a few minutes." in answer.text
        return answer.status_code

    def kept(self) -> object:
        """The log, and every file of bytes, half ones too."""
        with self.app.app_context():
            log = current_portal.entries(self.seeded.project)
        return log, sorted(map(str, (self.folder / "portal" / "files").rglob("*")))

    def read(self) -> None:
        """Look at pages and bytes as the client does."""
        for path in ("", "history", "project.json", f"a/{self.seeded.ask}"):
            assert self.anna.get(path).status_code == 200, path
        assert self.anna.get(f"f/{self.seeded.home}/1").data == PDF

    def refuses(self) -> None:
        """Nothing is taken in, each with an error that says so; reading goes on; nothing is left behind."""
        self.read()
        for work in (lambda: self.deliver(MEGABYTE), lambda: self.deliver(10), self.update):
            with pytest.raises((FileError, StoreError)) as caught:
                work()
            assert caught.value.remedy
        assert self.decide() == 503
        self.read()
        assert self.kept() == self.before

    def goes_on(self) -> None:
        """Everything works again, and the first try has left nothing."""
        assert self.decide() == 303
        self.update()
        self.deliver(MEGABYTE)
        self.read()
        with self.app.app_context():
            care = current_portal.care
            assert all(found.ok for found in care.verify(care.projects()))
            assert list(care.check_files(care.projects())) == []
            assert not list((self.folder / "portal" / "files").rglob("*.part"))


def fill(place: Path) -> Path:
    """Fill a disk to the last byte with a file."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        for size in (65_536, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


def test_a_full_disk(tmp_path: Path) -> None:
    """With not a byte left: calm refusals, reading goes on; with room again everything goes on."""

    def work() -> None:
        house = House(tmp_path)
        filler = fill(tmp_path)
        house.refuses()
        filler.unlink()
        house.goes_on()

    on_a_small_disk(tmp_path, work)


def test_a_disk_that_becomes_full(tmp_path: Path) -> None:
    """Staff deliver until the disk is full: each version is there whole, the last one not at all.

    If it was the log that found no room, the bytes stay for the collector: a commit of which nobody knows
    whether it was written may name them.
    """

    def work() -> None:
        house = House(tmp_path)
        delivered = 0
        with pytest.raises(PortalError):
            while delivered < 100:
                house.deliver(100_000)
                delivered += 1
        assert 3 < delivered < 100
        with house.app.app_context():
            care, project = current_portal.care, current_portal.project(house.seeded.project)
            assert project.files[house.seeded.home].versions == delivered + 1
            left = [problem.problem for problem in care.check_files([project.id])]
            assert left in ([], ["orphaned"])
            age(tmp_path / "portal", before=float("inf"))
            assert care.collect([project.id]) == len(left)
        assert not list(tmp_path.rglob("*.part"))

    on_a_small_disk(tmp_path, work)


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    """A portal does not start on it, and its files take nothing in; the errors say what to do."""

    def work() -> None:
        data = tmp_path / "portal"
        scene = open_project(portal_at(data))
        with opened(scene, data):
            pass
        for closable in (scene.portal.ledger.store, scene.portal.access):
            closable.close()  # type: ignore[attr-defined]
        mount(None, tmp_path, READ_ONLY)
        with pytest.raises(StoreError) as caught:
            SQLiteStore(data / "portal.sqlite3")
        assert "let this user write" in caught.value.remedy
        files = DirectoryFiles(data / "files")
        with pytest.raises(FileError):
            files.save(scene.id, io.BytesIO(b"new"), limit=9)
        [key] = files.keys(scene.id)
        assert b"".join(files.open(key)) == PDF

    on_a_small_disk(tmp_path, work)


@contextmanager
def no_more_files() -> Iterator[None]:
    """Open files until this process may open no other one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, soft), hard))
    held: list[int] = []
    try:
        with pytest.raises(OSError) as caught:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        assert caught.value.errno == errno.EMFILE
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_many_open_files(tmp_path: Path) -> None:
    """Calm refusals, also where a page cannot be read; then everything goes on."""

    def work() -> None:
        house = House(tmp_path)
        _software()  # the first decision of a process reads the version of portalkit from a file
        with no_more_files():
            assert house.anna.get("").status_code == 200
            assert house.anna.get(f"f/{house.seeded.home}/1").status_code == 503
            for write in (lambda: house.deliver(10), house.update):
                with pytest.raises((FileError, StoreError)):
                    write()
            assert house.decide() == 503
        assert house.kept() == house.before
        house.goes_on()

    assert result(forked(work)) == 0


def test_a_disk_filled_by_a_library(tmp_path: Path) -> None:
    """The same where no disk can be mounted: after so many bytes every further write finds no room."""
    data = tmp_path / "portal"
    scene = open_project(portal_at(data))
    scene.portal.ledger.store.close()  # type: ignore[attr-defined]
    with Preloaded.start(compiled(tmp_path), tmp_path) as preloaded:
        for room in (0, 1, 5_000, 50_000):
            assert preloaded.run("full", scene, data, Fault(), room=room).ended == 0
    with closing(SQLiteStore(data / "portal.sqlite3")):
        assert scene.whole()
        assert scene.texts == [f"after {room}" for room in (0, 1, 5_000, 50_000)]
        assert not list(data.rglob("*.part"))

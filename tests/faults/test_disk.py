"""A disk that is full or fails, the order in which things reach it, and what a crash leaves on it."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from portalkit import FileError, NotFound, Portal, PortalError, Refused
from portalkit.model import new_id
from portalkit.storage import Blob, FileStore, Head, Readable, Row
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteStore
from tests.faults.app import create_app
from tests.faults.world import BASE_URL, KEY, MAYA, Scene, open_project, portal_at

MEGABYTE = 1024 * 1024


# -- a disk that fails --------------------------------------------------------------------------


class Failing(FileStore):
    """A file store whose disk fails in the middle of a file, after ``after`` bytes of all files."""

    def __init__(self, files: DirectoryFiles) -> None:
        self._files = files
        self.after = MEGABYTE * 1000
        self.error = errno.ENOSPC

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        return self._files.save(project, _Breaking(stream, self), limit=limit)

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return self._files.open(key, start, length)

    def delete(self, key: str) -> None:
        self._files.delete(key)

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        return self._files.keys(project, older_than)


class _Breaking:
    def __init__(self, stream: Readable, store: Failing) -> None:
        self._stream = stream
        self._store = store

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        self._store.after -= len(chunk)
        if self._store.after < 0:
            raise OSError(self._store.error, os.strerror(self._store.error))
        return chunk


def folder_of(scene: Scene, data: Path) -> list[str]:
    """Every file in the project's folder, hidden ones too."""
    return sorted(os.listdir(data / "files" / scene.id))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE])
@pytest.mark.parametrize("after", [0, 1, 100_000, MEGABYTE + 1000])
def test_a_disk_that_fails_in_the_middle(tmp_path: Path, after: int, code: int) -> None:
    """Full or broken in the first or second file: the block is refused, the log and the folder are as before."""
    files = Failing(DirectoryFiles(tmp_path / "files"))
    scene = open_project(portal_at(tmp_path, files=files))
    before = scene.entries, folder_of(scene, tmp_path)
    files.after, files.error = after, code
    with pytest.raises(OSError, match=os.strerror(code)), _block(scene) as change:
        change.post_update(scene.design, "Two files")
        change.add_version(scene.home, io.BytesIO(bytes(MEGABYTE)), changed="Tightened")
        change.add_file(scene.design, io.BytesIO(bytes(MEGABYTE)), name="b", purpose="More")
    assert (scene.entries, folder_of(scene, tmp_path)) == before

    files.after = MEGABYTE * 1000
    with _block(scene) as change:
        change.add_version(scene.home, io.BytesIO(bytes(MEGABYTE)), changed="Tightened")
    assert scene.visit().download(scene.home, 2).version.size == MEGABYTE
    assert scene.whole()


def _block(scene: Scene) -> Any:
    return scene.portal.desk(MAYA).change(scene.id)


def fails_at(
    monkeypatch: pytest.MonkeyPatch, name: str, at: int, code: int = errno.EIO
) -> Callable[[], int]:
    """Let the n-th call of a function of `os` fail; returns how many calls there were."""
    real, calls = getattr(os, name), 0

    def call(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    monkeypatch.setattr(os, name, call)
    return lambda: calls


@pytest.mark.parametrize(("name", "at"), [("fsync", 1), ("fsync", 2), ("rename", 1), ("fstat", 1)])
def test_each_step_to_the_disk_may_fail(
    tmp_path: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    """An fsync or rename that fails is `FileError`: an upload that may not last is never acknowledged."""
    data = tmp_path / "portal"
    before = scene.entries, folder_of(scene, data)
    with monkeypatch.context() as patched:
        calls = fails_at(patched, name, at)
        with pytest.raises(FileError) as caught, _block(scene) as change:
            change.add_version(scene.home, io.BytesIO(b"new"), changed="Tightened")
        assert calls() >= at
    assert "Make room on the disk" in caught.value.remedy
    assert (scene.entries, folder_of(scene, data)) == before
    with _block(scene) as change:
        change.add_version(scene.home, io.BytesIO(b"new"), changed="Tightened")
    assert scene.whole()


def test_a_new_folder_that_cannot_be_made(
    tmp_path: Path, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the folder of a new project's files cannot be made durable, the project is not opened."""
    with monkeypatch.context() as patched:
        fails_at(patched, "fsync", 1, errno.EROFS)
        with pytest.raises(FileError):
            open_project(portal)
    with pytest.raises(NotFound):
        portal.project(ref="crm:17")
    assert open_project(portal).whole()


REFUSED: dict[str, Callable[[Any, Scene], object]] = {
    "a step that is refused": lambda change, scene: change.post_update(scene.design, "x" * 30_000),
    "a thing that is not there": lambda change, scene: change.start("nothing"),
    "an error of the host": lambda change, scene: {}["nothing"],
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_block_leaves_no_bytes(tmp_path: Path, scene: Scene, case: str) -> None:
    """Whatever ends a block early, the files it took in go with it."""
    data = tmp_path / "portal"
    before = scene.entries, folder_of(scene, data)
    with pytest.raises((PortalError, KeyError)), _block(scene) as change:
        change.add_version(scene.home, io.BytesIO(b"one"), changed="One")
        change.add_file(scene.design, io.BytesIO(b"two"), name="two.txt", purpose="Two")
        REFUSED[case](change, scene)
    assert (scene.entries, folder_of(scene, data)) == before


def test_bytes_that_cannot_be_deleted_hide_no_error(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the files of a refused block cannot be deleted either, its caller still hears why it was refused."""

    def fail(key: str) -> None:
        raise FileError("the disk did not do its part")

    monkeypatch.setattr(scene.portal.files, "delete", fail)
    before = scene.entries
    with pytest.raises(Refused), _block(scene) as change:
        change.add_version(scene.home, io.BytesIO(b"one"), changed="One")
        change.post_update(scene.design, "x" * 30_000)
    assert scene.entries == before


# -- what a crash leaves ------------------------------------------------------------------------


def test_what_a_crash_leaves_disturbs_nothing(tmp_path: Path, scene: Scene) -> None:
    """Half files, bytes that no entry names, and strangers in the folder: all goes on beside them."""
    data = tmp_path / "portal"
    folder = data / "files" / scene.id
    (folder / f".{new_id()}.part").write_bytes(b"half")
    (folder / new_id()).write_bytes(b"saved, and then the power went")
    (folder / "notes.txt").write_bytes(b"somebody's")
    (data / "files" / "lost+found").mkdir()
    named = {getattr(entry.fact, "key", "") for entry in scene.entries} - {""}

    again = portal_at(data)
    assert named < set(again.files.keys())
    assert len(set(again.files.keys()) - named) == 1, "a half file or a stranger counts as bytes"
    with again.desk(MAYA).change(scene.id) as change:
        change.add_version(scene.home, io.BytesIO(b"new"), changed="Tightened")
    assert b"".join(scene.visit(again).download(scene.home, 2).read()) == b"new"
    assert scene.whole()


# -- the order ----------------------------------------------------------------------------------


class Recorder:
    """Notes, in order, what reaches the disk, the log and the client."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
        self.events: list[str] = []
        self._data = data
        fsync, rename = os.fsync, os.rename

        def noted_fsync(descriptor: int) -> None:
            place = os.readlink(f"/proc/self/fd/{descriptor}")
            kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
            fsync(descriptor)
            self.events.append(f"fsync {kind} {self._short(place)}")

        def noted_rename(source: Any, target: Any, **options: Any) -> None:
            rename(source, target, **options)
            self.events.append(f"rename {self._short(source)} to {self._short(target)}")

        monkeypatch.setattr(os, "fsync", noted_fsync)
        monkeypatch.setattr(os, "rename", noted_rename)

    def _short(self, path: Any) -> str:
        return str(Path(path).relative_to(self._data))


class Recorded(SQLiteStore):
    """A store that notes its commits."""

    recorder: Recorder | None = None

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        super().commit(head, rows, expected=expected, redact=redact)
        if self.recorder:
            self.recorder.events.append("commit " + " ".join(row.kind for row in rows))


def test_an_upload_is_on_the_disk_before_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's bytes, its name, its folder, then the log, then the answer: in this order and no other."""
    for name, value in {
        "FAULTS_DATA": str(tmp_path),
        "FAULTS_BASE_URL": BASE_URL,
        "FAULTS_KEY": KEY,
        "FAULTS_TOKEN": "told",
    }.items():
        monkeypatch.setenv(name, value)
    store = Recorded(tmp_path / "portal.sqlite3")
    monkeypatch.setattr("portalkit.flask.SQLiteStore", lambda path: store)
    app = create_app()
    scene = open_project(portal_at(tmp_path, store=store))

    store.recorder = recorder = Recorder(monkeypatch, tmp_path)
    answer = app.test_client().post(
        f"/staff/{scene.id}/{scene.design.id}/file/{scene.home.id}?changed=Tightened",
        data=b"new bytes",
        headers={"X-Staff-Token": "told"},
    )
    recorder.events.append(f"answer {answer.status_code}")

    name = scene.portal.project(scene.id).files[scene.home.id].current.key
    folder, _, random = name.partition("/")
    assert recorder.events == [
        f"fsync file files/{folder}/.{random}.part",
        f"rename files/{folder}/.{random}.part to files/{name}",
        f"fsync folder files/{folder}",
        "commit file.version approval.superseded approval.requested update.posted",
        "answer 200",
    ]


def test_a_new_folder_is_on_the_disk_before_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file of a project: the name of its folder is durable too before the project is."""
    store = Recorded(tmp_path / "portal.sqlite3")
    portal = portal_at(tmp_path, store=store)
    store.recorder = recorder = Recorder(monkeypatch, tmp_path)
    scene = open_project(portal)
    kinds = [event.split()[0] for event in recorder.events]
    assert kinds == ["fsync", "fsync", "rename", "fsync", "commit"]
    assert recorder.events[0] == "fsync folder files"
    assert recorder.events[3] == f"fsync folder files/{scene.id}"


def test_a_commit_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    """SQLite itself is told to fsync each commit: journal WAL, ``synchronous`` FULL, on every connection."""
    store = SQLiteStore(tmp_path / "portal.sqlite3")
    open_project(portal_at(tmp_path, store=store))
    for _ in range(2):
        assert store._database.run(_pragmas) == ("wal", 2)
        store.close()  # the next one is a fresh connection


def _pragmas(db: Any) -> tuple[str, int]:
    (journal,) = db.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = db.execute("PRAGMA synchronous").fetchone()
    return journal, synchronous


def test_bytes_are_what_was_sent(scene: Scene) -> None:
    """Size and digest on record are those of the bytes on the disk, however they arrived."""

    class Drops:
        """A stream that gives a few bytes at a time."""

        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def read(self, size: int, /) -> bytes:
            return self._data.read(min(size, 1 + self._data.tell() % 7777))

    data = os.urandom(200_000)
    with _block(scene) as change:
        change.add_version(scene.home, Drops(data), changed="Drops")
    download = scene.visit().download(scene.home, 2)
    assert b"".join(download.read()) == data
    assert download.version.sha256 == hashlib.sha256(data).hexdigest()
    assert download.version.size == len(data)

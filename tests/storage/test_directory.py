"""The directory store obeys every law, and leaves the disk as it should."""

from __future__ import annotations

import gc
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit.errors import BlobMissing, FileError, Invalid, TooLarge
from portalkit.storage import FileStore, base
from portalkit.storage.directory import DirectoryFiles
from portalkit.testing import FileStoreContract


class TestDirectoryFiles(FileStoreContract):
    has_path = True
    sweeps = True

    @pytest.fixture
    def files(self, root: Path) -> DirectoryFiles:
        self.root = root
        return DirectoryFiles(root)

    def reopen(self, files: FileStore) -> DirectoryFiles:
        return DirectoryFiles(self.root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new" / "files"


@pytest.fixture
def files(root: Path) -> DirectoryFiles:
    return DirectoryFiles(root)


def names(root: Path) -> list[str]:
    """Every file below a directory, hidden ones too."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


class Stream(io.BytesIO):
    """A stream of some bytes that does something when it is read for the second time."""

    def __init__(self, second: Callable[[], object]) -> None:
        super().__init__(b"x" * 100_000)
        self._steps = iter([lambda: None, second])

    def read(self, size: int | None = -1, /) -> bytes:
        next(self._steps, lambda: None)()
        return super().read(size)


def test_a_key_is_the_path(files: DirectoryFiles, root: Path) -> None:
    blob = files.save("p", io.BytesIO(b"abc"), limit=3)
    assert names(root) == [blob.key]
    assert files.path(blob.key) == str(root / blob.key)


def test_others_cannot_read(files: DirectoryFiles, root: Path) -> None:
    """The owner's group may (a web server that serves the files itself), nobody else."""
    blob = files.save("p", io.BytesIO(b"abc"), limit=3)
    made = [root.parent, root, root / "p", root / blob.key]
    assert [stat.S_IMODE(path.stat().st_mode) & 0o027 for path in made] == [0] * 4


@pytest.mark.parametrize("project", ["", ".", "..", "a/b", "/a", "A", "ä", "a\n", "a" * 65, "a b"])
def test_a_project_that_is_no_id_is_refused(
    files: DirectoryFiles, root: Path, project: str
) -> None:
    with pytest.raises(Invalid):
        files.save(project, io.BytesIO(b"abc"), limit=3)
    assert names(root.parent) == []


@given(st.text("./\\ab\0%", max_size=12) | st.text(max_size=40))
def test_no_key_leads_elsewhere(key: str) -> None:
    """Whatever is asked for, only a project id and a random id make a path."""
    files = DirectoryFiles("/")
    for ask in (files.open, files.path):
        with pytest.raises(BlobMissing):
            ask(key)


def test_the_disk_has_it_before_save_returns(
    files: DirectoryFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order: the new directory's name, the bytes, the rename, the file's name."""
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noted_sync(descriptor: int) -> None:
        done.append("sync " + Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        sync(descriptor)

    def noted_rename(path: Path, target: Path) -> Path:
        done.append("rename " + path.name)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    for expected in (["sync files"], []):
        name = files.save("p", io.BytesIO(b"abc"), limit=3).key.partition("/")[2]
        part = f".{name}.part"
        assert done == [*expected, f"sync {part}", f"rename {part}", "sync p"]
        done.clear()


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_disk_that_fails_leaves_nothing(
    files: DirectoryFiles, root: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Whichever step to the disk fails, it is a `FileError`, and no file is left."""
    steps = iter(range(9))
    sync = os.fsync

    def failing_sync(descriptor: int) -> None:
        if next(steps) == nth:
            raise OSError("disk failure")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing_sync)
    with pytest.raises(FileError) as caught:
        files.save("p", io.BytesIO(b"abc"), limit=3)
    assert caught.value.evidence["cause"] == "disk failure"
    assert names(root) == []


def test_a_save_that_breaks_off_leaves_no_file(files: DirectoryFiles, root: Path) -> None:
    """Neither a broken stream nor one that is too long leaves its temporary file."""

    def break_off() -> None:
        assert len(names(root)) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.save("p", Stream(break_off), limit=10**6)
    with pytest.raises(TooLarge):
        files.save("p", Stream(lambda: None), limit=10)
    assert names(root) == []


def test_what_a_killed_process_left_is_no_key(files: DirectoryFiles, root: Path) -> None:
    """Unfinished and foreign files are not listed, opened or counted as blobs."""
    blob = files.save("p", io.BytesIO(b"abc"), limit=3)
    (root / "p" / f".{'a' * 26}.part").write_bytes(b"half")
    (root / "p" / "README").write_bytes(b"foreign")
    (root / "lost+found").mkdir()
    (root / "file").write_bytes(b"foreign")
    assert list(files.keys()) == [blob.key]


def test_a_sweep_deletes_what_killed_processes_left(files: DirectoryFiles, root: Path) -> None:
    """Half files, of one project or all, untouched since a moment; never bytes, nor what is not ours."""
    kept = [files.save(project, io.BytesIO(b"abc"), limit=3).key for project in ("p", "q")]
    (root / "p" / "README").write_bytes(b"foreign")
    (root / "p" / ".notes.part").write_bytes(b"foreign")
    parts = [root / project / f".{'a' * 26}.part" for project in ("p", "q", "p")]
    parts[2] = parts[2].with_name(f".{'b' * 26}.part")
    for part, milliseconds in zip(parts, (1_999, 1_999, 2_000), strict=True):
        part.write_bytes(b"half")
        os.utime(part, ns=(0, milliseconds * 1_000_000))
    assert files.sweep("p", older_than=2_000) == 1
    assert [part.exists() for part in parts] == [False, True, True]
    assert files.sweep(older_than=2_000) == 1
    assert files.sweep("q") == 0
    assert files.sweep("p") == 1
    assert names(root) == sorted([*kept, "p/.notes.part", "p/README"])


def test_a_sweep_of_a_running_save_fails_it(files: DirectoryFiles, root: Path) -> None:
    """A save that wrote nothing for so long that its half file was swept is an error, and keeps nothing."""
    with pytest.raises(FileError):
        files.save("p", Stream(files.sweep), limit=10**6)
    assert names(root) == []


def test_a_directory_whose_name_may_be_lost_is_not_taken_for_made(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If its parent could not be synced, the next try makes and syncs it again: no shortcut."""
    synced: list[Path] = []
    sync = base.sync_directory

    def failing(directory: Path) -> None:
        raise OSError("disk failure")

    def noted(directory: Path) -> None:
        synced.append(directory)
        sync(directory)

    root.parent.mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(base, "sync_directory", failing)
        with pytest.raises(FileError):
            DirectoryFiles(root)
    monkeypatch.setattr(base, "sync_directory", noted)
    DirectoryFiles(root)
    assert synced == [root.parent]


def test_keys_older_than_a_moment(files: DirectoryFiles, root: Path) -> None:
    old = files.save("p", io.BytesIO(b"old"), limit=3).key
    new = files.save("p", io.BytesIO(b"new"), limit=3).key
    os.utime(root / old, ns=(0, 1_999_999_999))
    os.utime(root / new, ns=(0, 2_000_000_000))
    assert list(files.keys(older_than=2000)) == [old]
    assert list(files.keys(older_than=1999)) == []


@pytest.mark.parametrize(
    "leave",
    [
        lambda chunks: list(chunks),
        lambda chunks: chunks.close(),
        lambda chunks: (next(chunks), chunks.close()),
        lambda chunks: None,
    ],
    ids=["exhausted", "closed at once", "closed early", "forgotten"],
)
def test_the_file_is_closed(files: DirectoryFiles, leave: Callable[[Any], object]) -> None:
    """However a reader leaves, its file is closed."""
    key = files.save("p", io.BytesIO(b"x" * 200_000), limit=10**6).key
    chunks = files.open(key)
    assert _is_open(files.path(key))
    leave(chunks)
    del chunks
    gc.collect()
    assert not _is_open(files.path(key))


def _is_open(path: str) -> bool:
    """Whether this process has a file open."""
    links = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
    return path in [os.readlink(link) for link in links if os.path.islink(link)]


def test_a_reader_outlives_a_delete(files: DirectoryFiles) -> None:
    """Who has opened a file reads it to its end, though it is deleted meanwhile."""
    key = files.save("p", io.BytesIO(b"x" * 200_000), limit=10**6).key
    chunks = files.open(key)
    files.delete(key)
    assert sum(map(len, chunks)) == 200_000


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError):
        DirectoryFiles(tmp_path / "file" / "files")

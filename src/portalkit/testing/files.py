"""What every file store must pass: the laws of a `FileStore`, one test or more for each."""

from __future__ import annotations

import io
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from ..errors import BlobMissing, TooLarge
from ..storage import Blob, FileStore, HasPath, Sweeps, offers
from .laws import check_durable, law, race, unless_durable

__all__ = ["FileStoreContract"]


class _Dribble:
    """A stream that gives a few bytes at a time, however many are asked for."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, 7))


class _Breaks:
    """A stream that gives some bytes and then raises."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self._chunks = [b"x" * 100_000]

    def read(self, size: int, /) -> bytes:
        if self._chunks:
            return self._chunks.pop()
        raise self._error


class _Pauses:
    """A stream that stops halfway until it may go on, though not for ever."""

    def __init__(self) -> None:
        self._chunks = [b"b" * 100_000, b"a" * 100_000]
        self.paused, self.may_go_on = threading.Event(), threading.Event()

    def read(self, size: int, /) -> bytes:
        if len(self._chunks) == 1:
            self.paused.set()
            self.may_go_on.wait(timeout=5)
        return self._chunks.pop() if self._chunks else b""


class FileStoreContract:
    """The laws of a `FileStore`; override `files`, and what differs.

    Attributes:
        durable: bytes outlive the process; override `reopen` too.
        has_path: the bytes lie in the file system, where `path` leads (`HasPath`).
        sweeps: a broken-off save may leave something behind, which `sweep` deletes (`Sweeps`).
    """

    durable: bool = True
    has_path: bool = False
    sweeps: bool = False

    @pytest.fixture
    def files(self) -> FileStore:
        """Give an empty file store."""
        raise NotImplementedError("override the fixture `files` with an empty file store of yours")

    def reopen(self, files: FileStore) -> FileStore:
        """Return the file store as another process would open it, while the first is still open.

        Args:
            files: what the fixture gave.
        """
        return unless_durable(self, files)

    @law
    def test_what_is_declared_is_so(self, files: FileStore) -> None:
        """FileStore law 1: it outlives the process and has paths exactly if that is declared."""
        key = _save(files, b"kept").key
        again = self.reopen(files)
        check_durable(self, files, again)
        assert _bytes(again, key) == b"kept"
        assert offers(files, HasPath) == self.has_path, "declare has_path as it is"
        assert offers(files, Sweeps) == self.sweeps, "declare sweeps as it is"

    # Law 1

    @pytest.mark.parametrize("size", [0, 1, 65_536, 300_000])
    @law
    def test_what_was_saved_can_be_opened(self, files: FileStore, size: int) -> None:
        """FileStore law 1: what `save` returns can be opened at once, byte for byte."""
        data = (bytes(range(256)) * (size // 256 + 1))[:size]
        blob = _save(files, data)
        assert (blob.size, blob.sha256) == (size, sha256(data).hexdigest())
        assert _bytes(files, blob.key) == data
        assert _bytes(self.reopen(files), blob.key) == data

    @law
    def test_short_reads_lose_nothing(self, files: FileStore) -> None:
        """FileStore law 1: a stream that gives less than asked for is read to its end."""
        data = b"0123456789" * 50
        blob = files.save("p", _Dribble(data), limit=500)
        assert (blob.size, _bytes(files, blob.key)) == (500, data)

    # Law 2

    @pytest.mark.parametrize("limit", [0, 9, 200_000])
    @law
    def test_a_stream_beyond_the_limit_is_refused(self, files: FileStore, limit: int) -> None:
        """FileStore law 2: more than ``limit`` bytes raise `TooLarge` and leave nothing behind."""
        with pytest.raises(TooLarge) as caught:
            files.save("p", io.BytesIO(b"x" * (limit + 1)), limit=limit)
        assert caught.value.evidence["limit"] == limit
        assert list(files.keys()) == []
        assert files.save("p", io.BytesIO(b"x" * limit), limit=limit).size == limit

    @pytest.mark.parametrize("error", [OSError("gone"), ValueError(), KeyboardInterrupt()])
    @law
    def test_a_stream_that_raises_leaves_nothing(
        self, files: FileStore, error: BaseException
    ) -> None:
        """FileStore law 2: a stream's own error comes out unchanged and leaves nothing behind."""
        with pytest.raises(type(error)) as caught:
            files.save("p", _Breaks(error), limit=1_000_000)
        assert caught.value is error
        assert list(self.reopen(files).keys()) == []

    # Law 3

    @law
    def test_keys_are_never_shared(self, files: FileStore) -> None:
        """FileStore law 3: keys are ``<project>/<random>``, also new for the same bytes."""
        keys = {_save(files, b"same", project).key for project in ("p", "p", "q.r-s_1", "p")}
        assert len(keys) == 4
        assert sorted(key.partition("/")[0] for key in keys) == ["p", "p", "p", "q.r-s_1"]
        assert all(key.count("/") == 1 for key in keys)

    @law
    def test_racing_saves_do_not_meet(self, files: FileStore) -> None:
        """FileStore law 3: saves at the same time do not disturb each other."""
        blobs = race(lambda number: _save(files, bytes([number]) * 100_000, "new"))
        for number, blob in enumerate(blobs):
            assert isinstance(blob, Blob)
            assert _bytes(files, blob.key) == bytes([number]) * 100_000

    @law
    def test_keys_can_be_listed(self, files: FileStore) -> None:
        """FileStore law 3: `keys` gives every key once, of one project or saved before a time."""
        p = {_save(files, b"1").key, _save(files, b"2").key}
        q = {_save(files, b"3", "q").key}
        p2 = {_save(files, b"4", "p2").key}
        assert sorted(files.keys()) == sorted(p | q | p2)
        assert sorted(self.reopen(files).keys("p")) == sorted(p)
        assert list(files.keys("unknown")) == []
        assert list(files.keys(older_than=0)) == []
        assert sorted(files.keys("q", older_than=_FAR_FUTURE)) == sorted(q)

    @law
    def test_the_age_of_keys_is_counted_in_milliseconds(self, files: FileStore) -> None:
        """FileStore law 3: `keys` compares ``older_than`` with the time of the save, in UTC ms.

        Whoever counts in seconds, or in local time, deletes the bytes of an upload that is under way.
        """
        key = _save(files, b"now").key
        for project in (None, "p"):
            assert list(files.keys(project, _now() - _MINUTE)) == []
            assert list(files.keys(project, _now() + _MINUTE)) == [key]

    # Law 4

    @pytest.mark.parametrize("start", [0, 1, 65_535, 65_536, 150_000])
    @pytest.mark.parametrize("length", [None, 0, 1, 65_536, 65_537])
    @law
    def test_exactly_the_bytes_asked_for(
        self, files: FileStore, start: int, length: int | None
    ) -> None:
        """FileStore law 4: `open` gives exactly the bytes asked for, as far as there are any."""
        data = bytes(number % 251 for number in range(150_000))
        blob = _save(files, data)
        end = None if length is None else start + length
        assert b"".join(files.open(blob.key, start, length)) == data[start:end]

    @pytest.mark.parametrize(
        "key",
        [
            "p/" + "a" * 26,
            "p",
            "",
            "/",
            "p/",
            "../p",
            "p/..",
            "p/../p",
            "/etc/hostname",
            "p/\n",
            ".",
        ],
    )
    @law
    def test_an_unknown_key_is_missing_at_the_call(self, files: FileStore, key: str) -> None:
        """FileStore law 4: an unknown key, of whatever shape, raises `BlobMissing` at the call."""
        _save(files, b"something")
        with pytest.raises(BlobMissing):
            files.open(key)
        if offers(files, HasPath):
            with pytest.raises(BlobMissing):
                files.path(key)

    @law
    def test_a_large_file_is_read_in_chunks(self, files: FileStore) -> None:
        """FileStore law 4: `open` reads as it is asked, and not all of it before its first chunk."""
        key = files.save("p", io.BytesIO(bytes(_LARGE)), limit=_LARGE).key
        tracemalloc.start()
        try:
            chunks = files.open(key)
            assert any(chunks)
            _, most = tracemalloc.get_traced_memory()
            _close(chunks)
        finally:
            tracemalloc.stop()
        assert most < _LARGE // 2, "as much memory was taken as the file is large"

    @law
    def test_an_iterator_may_be_left(self, files: FileStore) -> None:
        """FileStore law 4: a reader may stop early, and two readers do not disturb each other."""
        key = _save(files, b"ab" * 100_000).key
        first, second, third = files.open(key), files.open(key), files.open(key, 1)
        next(first)
        _close(first)
        _close(third)
        assert b"".join(second) == b"ab" * 100_000

    @law
    def test_a_path_leads_to_the_bytes(self, files: FileStore) -> None:
        """FileStore law 4: a file store that has paths gives one to exactly these bytes."""
        if not self.has_path:
            return
        assert isinstance(files, HasPath)
        with open(files.path(_save(files, b"here").key), "rb") as file:
            assert file.read() == b"here"

    # Law 5

    @law
    def test_delete_is_final_and_may_be_repeated(self, files: FileStore) -> None:
        """FileStore law 5: `delete` takes exactly one blob; of an unknown key it is no error."""
        gone, kept = _save(files, b"gone").key, _save(files, b"kept").key
        for key in (gone, gone, "p/" + "a" * 26, "../p", "", "p"):
            files.delete(key)
        files = self.reopen(files)
        with pytest.raises(BlobMissing):
            files.open(gone)
        assert list(files.keys()) == [kept]
        assert _bytes(files, kept) == b"kept"

    # Law 6

    @law
    def test_a_sweep_takes_no_bytes(self, files: FileStore) -> None:
        """FileStore law 6: `sweep` keeps what a key names, and disturbs no other project."""
        if not self.sweeps:
            return
        assert isinstance(files, Sweeps)
        kept = {_save(files, b"1").key, _save(files, b"2", "q").key}
        for project in ("p", "q", "unknown", ".."):
            assert files.sweep(project) == files.sweep(project, _FAR_FUTURE) == 0
        assert files.sweep() == files.sweep(older_than=_FAR_FUTURE) == 0
        assert set(self.reopen(files).keys()) == kept

    @law
    def test_a_sweep_spares_a_save_that_is_under_way(self, files: FileStore) -> None:
        """FileStore law 6: `sweep` spares what was last written to after ``older_than``, in UTC ms."""
        if not self.sweeps:
            return
        assert isinstance(files, Sweeps)
        stream = _Pauses()
        with ThreadPoolExecutor(1) as pool:
            saving = pool.submit(files.save, "p", stream, limit=200_000)
            stream.paused.wait(timeout=5)
            swept = files.sweep(older_than=_now() - _MINUTE)
            stream.may_go_on.set()
            assert _bytes(files, saving.result().key) == b"a" * 100_000 + b"b" * 100_000
        assert swept == 0


_FAR_FUTURE = 2**52
_MINUTE = 60_000
_LARGE = 16 * 1024 * 1024


def _now() -> int:
    return time.time_ns() // 1_000_000


def _save(files: FileStore, data: bytes, project: str = "p") -> Blob:
    return files.save(project, io.BytesIO(data), limit=len(data))


def _bytes(files: FileStore, key: str) -> bytes:
    return b"".join(files.open(key))


def _close(chunks: Iterator[bytes]) -> None:
    """Close an iterator the way a web server does, if it can be closed."""
    close = getattr(chunks, "close", None)
    if close:
        close()

"""A file store in a directory of the local disk."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from ..errors import FileError, Invalid
from ..model import new_id
from . import Blob, FileStore, HasPath, Readable, Sweeps
from .base import (
    BLOB_NAME,
    is_key,
    is_project,
    limited,
    make_directory,
    missing,
    stretch,
    sync_directory,
)

__all__ = ["DirectoryFiles"]

_PART = re.compile(r"\.[a-z0-9]{26}\.part")
_FILE_MODE = 0o640  # as for directories: a web server of our group may serve the files itself


class DirectoryFiles(FileStore, HasPath, Sweeps):
    """A `FileStore` that keeps each blob as the file ``<root>/<project>/<random id>``.

    Threads and processes may share it.  What `save` returned is on the disk: file, name and
    directory.  A process that is killed while it saves leaves a file ``.<random id>.part`` behind,
    which no key names and `sweep` deletes.  Trouble with the disk raises `FileError`.

    Args:
        root: the directory; made when it is missing.

    Raises:
        FileError: the directory cannot be made.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root).absolute()
        with _disk():
            make_directory(self._root)

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        """Take in a stream, durably.

        Args:
            project: the project's id.
            stream: what to read, to its end; its own errors are passed on.
            limit: the most bytes to accept.

        Returns:
            The key, size and sha256 of the bytes.

        Raises:
            TooLarge: the stream is longer than ``limit``; nothing was kept.
            Invalid: ``project`` is not a project id.
            FileError: the disk is full or fails; nothing was kept.
        """
        if not is_project(project):
            raise Invalid(
                "this is not a project id",
                remedy="Use 1 to 64 of the characters a-z, 0-9, dot, underscore and hyphen",
                field="project",
                project=project,
            )
        directory = self._root / project
        name = new_id()
        part = directory / f".{name}.part"
        try:
            with _disk():
                make_directory(directory)
            size, sha256 = _write(part, stream, limit)
            with _disk():
                part.rename(directory / name)
                sync_directory(directory)
        except BaseException:
            for path in (part, directory / name):
                with suppress(OSError):  # the first error is the one to tell
                    path.unlink()
            raise
        return Blob(key=f"{project}/{name}", size=size, sha256=sha256)

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        chunks = _read(self._locate(key), key, start, length)
        next(chunks)  # opens the file now: it raises here, and closing the iterator closes it
        return chunks

    def delete(self, key: str) -> None:
        if is_key(key):
            with _disk():
                (self._root / key).unlink(missing_ok=True)

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        return self._find(BLOB_NAME, project, older_than)

    def sweep(self, project: str | None = None, older_than: int | None = None) -> int:
        """Delete the half files that killed processes left; return how many.

        Args:
            project: only of this project.
            older_than: only those last written to before this instant, in UTC milliseconds.

        Raises:
            FileError: the disk fails.
        """
        swept = 0
        for part in self._find(_PART, project, older_than):
            with _disk():
                (self._root / part).unlink(missing_ok=True)
            swept += 1
        return swept

    def path(self, key: str) -> str:
        path = self._locate(key)
        if not path.is_file():
            raise missing(key)
        return str(path)

    def _locate(self, key: str) -> Path:
        if not is_key(key):
            raise missing(key)
        return self._root / key

    def _find(
        self, shape: re.Pattern[str], project: str | None, older_than: int | None
    ) -> Iterator[str]:
        """Yield ``<project>/<name>`` of the files whose name has this shape."""
        for owner in [project] if project is not None else _names(self._root):
            if not is_project(owner):
                continue
            for name in _names(self._root / owner):
                found = f"{owner}/{name}"
                if shape.fullmatch(name) and self._is_older(found, older_than):
                    yield found

    def _is_older(self, name: str, moment: int | None) -> bool:
        """Whether a file was last written before a moment, or there is none to compare with."""
        if moment is None:
            return True
        try:
            return (self._root / name).stat().st_mtime_ns // 1_000_000 < moment
        except FileNotFoundError:
            return False  # deleted meanwhile


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _write(part: Path, stream: Readable, limit: int) -> tuple[int, str]:
    """Write a stream to a new file, down to the disk, and return its size and sha256."""
    digest = hashlib.sha256()
    with _created(part) as file:
        for chunk in limited(stream, limit):
            digest.update(chunk)
            with _disk():
                _write_whole(file, chunk)
        with _disk():
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size, digest.hexdigest()


def _write_whole(file: FileIO, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


def _created(path: Path) -> FileIO:
    with _disk():
        return FileIO(path, "xb", opener=_private)


def _opened(path: Path, key: str) -> FileIO:
    with _disk():
        try:
            return FileIO(path)
        except FileNotFoundError:
            raise missing(key) from None


def _read(path: Path, key: str, start: int, length: int | None) -> Iterator[bytes]:
    """Yield nothing first, once the file is open, and then its bytes."""
    with _opened(path, key) as file, _disk():
        yield b""
        yield from stretch(file, start, length)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


@contextmanager
def _disk() -> Iterator[None]:
    """Turn trouble with the disk into our error; trouble with the stream stays what it is."""
    try:
        yield
    except OSError as error:
        raise FileError(
            "the disk did not do its part",
            remedy="Make room on the disk, and let this user write the directory of the files",
            cause=str(error),
        ) from error

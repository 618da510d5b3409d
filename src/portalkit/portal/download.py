"""Downloads: one exact version of a file, ready to be read by whoever may have it.

Bytes that are not the ones that were delivered never pass for them.  A whole file is hashed on its way,
and its last mebibyte stays back until the digest is right.  A part proves nothing by itself, so the file
that it is a part of is hashed first, once for as long as it lies untouched.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from attrs import frozen

from portalkit.errors import BlobCorrupt, NotFound, Quarantined, Withdrawn
from portalkit.facts import Entry
from portalkit.fold import versions
from portalkit.model import File, Version
from portalkit.storage import FileStore, HasPath, offers

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["Check", "Download", "checker", "find_download", "find_version"]

HELD: Final = 1024 * 1024
"""So many bytes stay back until all are known to be right; a file of no more is checked before it is sent."""

RESTED: Final = 2_000_000_000
"""A file touched less than so many nanoseconds ago could be touched again without a new time."""

Check = Callable[[Version, object], None]


@frozen
class Download:
    """One version of a file, ready to be read.

    Attributes:
        file: the file.
        version: which version of it.
        newest: whether that is the newest one.
    """

    file: File
    version: Version
    newest: bool

    _portal: Portal

    @property
    def divisible(self) -> bool:
        """Whether parts can be had; where a check cannot be remembered, only those of a small file."""
        return self.version.size <= HELD or offers(self._portal.files, HasPath)

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield bytes in chunks, checked against the sha256 of the version.

        Args:
            start: where to begin.
            length: how many bytes; to the end if not given.

        Raises:
            BlobMissing: the file store does not hold them; restore the file from a backup.
            BlobCorrupt: it holds others; restore the file from a backup.  Of a file of more than a mebibyte
                that is read whole the iterator raises it, at the latest in place of the last mebibyte.
        """
        if start == 0 and length in (None, self.version.size):
            chunks = _whole(self._portal.files, self.version)
            next(chunks)
            return chunks
        self.check()
        return self._portal.files.open(self.version.key, start, length)

    def check(self) -> None:
        """Raise `BlobCorrupt` or `BlobMissing` unless the bytes are the ones that were delivered.

        They are hashed whole, once for as long as their file lies untouched on the disk.
        """
        self._portal.check_bytes(self.version, _place(self._portal.files, self.version.key))


def checker(files: FileStore) -> Check:
    """Return what checks the bytes of a version that lie at a place, and remembers that they are right."""
    check = partial(_check, files)
    remembered = lru_cache(maxsize=4096)(check)  # a refusal is raised, and so not remembered
    return lambda version, place: (remembered if place else check)(version, place)


def _check(files: FileStore, version: Version, place: object) -> None:
    for _ in _whole(files, version):
        pass


def _place(files: FileStore, key: str) -> object:
    """Return what changes whenever the file of a key is touched, or ``None`` if nothing is sure to."""
    if not offers(files, HasPath):
        return None
    try:
        found = os.stat(files.path(key))
    except OSError:
        return None  # reading it will say what the matter is
    if time.time_ns() - found.st_ctime_ns < RESTED:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _whole(files: FileStore, version: Version) -> Iterator[bytes]:
    """Yield nothing first, once as much as can be is known to be right, and then the bytes."""
    digest, held, size = hashlib.sha256(), deque([b""]), 0
    # One byte more than there should be: a file that has grown shows before its end was sent.
    more = 1
    chunks = files.open(version.key, 0, version.size + more)
    try:
        for chunk in chunks:
            digest.update(chunk)
            held.append(chunk)
            size += len(chunk)
            while size - len(held[0]) > HELD + more:
                size -= len(held[0])
                yield held.popleft()
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    if digest.hexdigest() != version.sha256:
        raise BlobCorrupt(
            "the bytes are not the ones that were delivered",
            remedy="Restore this file from a backup; `portalkit fsck` finds others",
            key=version.key,
            sha256=version.sha256,
        )
    yield from held


def find_download(
    portal: Portal, project: str, file: File, number: int, *, quarantined: bool = False
) -> Download:
    """Return a version of a file that the caller may have, on request also one in quarantine.

    Raises:
        NotFound: the file has no such version.
        Withdrawn: it was taken back.
        Quarantined: it is kept back.
    """
    version = find_version(file, number, lambda: portal.entries(project, subject=file.id))
    if version.withdrawn:
        raise Withdrawn(
            "this version was withdrawn",
            remedy="Look for a newer version",
            reason=version.withdrawn,
            sha256=version.sha256,
        )
    if version.quarantined and not quarantined:
        raise Quarantined(
            "this version is in quarantine",
            remedy="Wait until staff release it",
            sha256=version.sha256,
        )
    return Download(file, version, version.number == file.current.number, portal)


def find_version(file: File, number: int, entries: Callable[[], Iterable[Entry]]) -> Version:
    """Return a version of a file; an older one is looked up in the entries about the file.

    Raises:
        NotFound: the file has no such version.
    """
    if number == file.current.number:
        return file.current
    for version in versions(entries()):
        if version.number == number:
            return version
    raise NotFound("the file has no such version", version=number)

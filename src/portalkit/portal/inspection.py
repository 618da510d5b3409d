"""Inspection: the host looks at what was taken in, before anything names it.

A hook accepts a file by returning ``None``, refuses it with a `Veto`, or keeps it back with a
`Quarantine`.  Whatever else it does, such as raising an error, refuses the file too.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from portalkit import clean
from portalkit.errors import FileError, Vetoed
from portalkit.model import Milestone, Person, Project
from portalkit.rules import Delivered

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from portalkit.portal import Portal

__all__ = ["Inspect", "Quarantine", "Upload", "Veto", "inspected"]

_log = logging.getLogger("portalkit.inspect")


@frozen
class Upload:
    """A file that was taken in and that no entry names yet.

    Attributes:
        project: the project as it stands.
        person: who delivers it, of either side.
        milestone: where it will belong.
        name: its clean name.
        type: what its first bytes prove, never what a browser says.
        size: in bytes.
        sha256: in hex.
    """

    project: Project
    person: Person
    milestone: Milestone
    name: str
    type: str
    size: int
    sha256: str
    _read: Callable[[], Iterator[bytes]] = field(repr=False, eq=False)

    @classmethod
    def of(
        cls,
        portal: Portal,
        project: Project,
        person: Person,
        milestone: Milestone,
        delivered: Delivered,
    ) -> Upload:
        """Return what was taken in, for the host to look at."""
        return cls(
            project=project,
            person=person,
            milestone=milestone,
            name=delivered.name,
            type=delivered.type,
            size=delivered.size,
            sha256=delivered.sha256,
            read=lambda: portal.files.open(delivered.key),
        )

    def open(self) -> io.BufferedReader:
        """Return its bytes as a stream of their own, to be closed by the caller."""
        return io.BufferedReader(_Chunks(self._read()))


@frozen
class Veto:
    """Refuses a file, and with it all that came together.

    Attributes:
        reason: why; whoever sent the file reads it.
    """

    reason: str


@frozen
class Quarantine:
    """Takes a client's file and keeps its bytes back until staff release or withdraw it.

    What staff deliver is refused in place of being kept back.

    Attributes:
        reason: why; it stands in the history.
    """

    reason: str = ""


Inspect = Callable[[Upload], Veto | Quarantine | None]


def inspected(inspect: Inspect | None, upload: Upload, delivered: Delivered) -> Delivered:
    """Return what was delivered, with what the host's inspection says of it.

    Raises:
        Vetoed: it was refused.
        FileError: the inspection failed or gave no verdict; nobody knows whether the file is good.
    """
    if inspect is None:
        return delivered
    try:
        verdict: object = inspect(upload)
    except Exception as error:
        _log.exception("the inspection failed, so the file is refused: %s", upload.name)
        raise _failed(upload) from error
    match verdict:
        case None:
            return delivered
        case Veto(reason):
            raise Vetoed(
                "the inspection refused this file",
                remedy="Send another one",
                file=upload.name,
                reason=clean.reported(reason),
            )
        case Quarantine(reason):
            return evolve(delivered, quarantine=clean.reported(reason))
    _log.error("the inspection gave no verdict, so the file is refused: %r", verdict)
    raise _failed(upload)


def _failed(upload: Upload) -> FileError:
    return FileError(
        "the inspection of this file failed",
        remedy="Look into the log of portalkit.inspect, and send the file again",
        file=upload.name,
    )


class _Chunks(io.RawIOBase):
    """Chunks as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        end = getattr(self._chunks, "close", None)
        if end is not None:
            end()
        super().close()

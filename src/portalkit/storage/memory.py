"""Stores that live in memory: the reference for the laws, for tests, examples and trying out.

They obey every law of `portalkit.storage` except surviving the process.  All of them may be
shared by threads.
"""

from __future__ import annotations

import hashlib
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter

from attrs import evolve, frozen

from ..model import new_id
from . import (
    Access,
    AccessLog,
    Blob,
    FileStore,
    Head,
    Order,
    Readable,
    Row,
    Store,
    TakesTurns,
    Waiting,
)
from .base import (
    CHUNK,
    HOUR,
    limited,
    listed,
    merged,
    missing,
    moved_on,
    picked,
    redacted,
    ref_taken,
)

__all__ = ["MemoryAccessLog", "MemoryFiles", "MemoryStore"]


@frozen
class _Log:
    """One project, whole: replaced at each commit and never changed, so reading needs no lock."""

    head: Head
    rows: tuple[Row, ...]

    def after(self, seq: int) -> tuple[Row, ...]:
        return self.rows[bisect_right(self.rows, seq, key=attrgetter("seq")) :]


class MemoryStore(Store, TakesTurns):
    """A `Store` that keeps everything in memory and takes turns."""

    def __init__(self) -> None:
        self._logs: dict[str, _Log] = {}
        self._writing = threading.RLock()

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        log = self._logs.get(project)
        if log is None:
            return None
        head = log.head
        if head.doc_version <= known <= head.version:
            return evolve(head, doc=None), log.after(known)
        return head, log.after(head.doc_version)

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        with self._writing:
            old = self._logs.get(head.project)
            if expected != (old.head.chain if old else ""):
                raise moved_on(head, expected)
            if self._is_taken(head):
                raise ref_taken(head)
            before = old.rows if old else ()
            self._logs[head.project] = _Log(
                head=merged(old.head if old else None, head),
                rows=redacted((*before, *rows), redact),
            )

    def _is_taken(self, head: Head) -> bool:
        if head.ref is None:
            return False
        key = (head.account, head.ref)
        others = (log.head for log in self._logs.values() if log.head.project != head.project)
        return any((other.account, other.ref) == key for other in others)

    def history(
        self,
        project: str,
        *,
        after: int = 0,
        limit: int | None = None,
        milestone: str | None = None,
        subject: str | None = None,
        newest: bool = False,
    ) -> Sequence[Row]:
        log = self._logs.get(project)
        if log is None:
            return ()
        return picked(
            log.rows,
            after=after,
            limit=limit,
            milestone=milestone,
            subject=subject,
            newest=newest,
        )

    def projects(
        self,
        *,
        account: str = "",
        ref: str | None = None,
        client: str | None = None,
        status: str | None = "active",
        waiting: Waiting | None = None,
        text: str | None = None,
        order: Order = "project",
        after: tuple[int | str, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Head]:
        return listed(
            self._heads(),
            account=account,
            ref=ref,
            client=client,
            status=status,
            waiting=waiting,
            text=text,
            order=order,
            after=after,
            limit=limit,
        )

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        with self._writing:
            due = [
                (head.wake_at, head.project)
                for head in self._heads()
                if head.wake_at is not None
                and head.wake_at <= now
                and (head.leased_until or 0) <= now
            ]
            claimed = [project for _, project in sorted(due)[:limit]]
            for project in claimed:
                log = self._logs[project]
                leased = evolve(log.head, leased_until=now + lease)
                self._logs[project] = evolve(log, head=leased)
            return claimed

    def erase(self, project: str) -> None:
        with self._writing:
            self._logs.pop(project, None)

    @contextmanager
    def turn(self, project: str) -> Iterator[None]:
        """Hold the writers' turn, of all projects at once; a thread may take it again inside."""
        with self._writing:
            yield

    def _heads(self) -> list[Head]:
        return [log.head for log in list(self._logs.values())]


class MemoryFiles(FileStore):
    """A `FileStore` that keeps bytes in memory."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, int]] = {}

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        data = b"".join(limited(stream, limit))
        key = f"{project}/{new_id()}"
        self._blobs[key] = data, time.time_ns() // 1_000_000
        return Blob(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if key not in self._blobs:
            raise missing(key)
        data, _ = self._blobs[key]
        end = len(data) if length is None else min(start + length, len(data))
        return (data[at : min(at + CHUNK, end)] for at in range(start, end, CHUNK))

    def delete(self, key: str) -> None:
        self._blobs.pop(key, None)

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        for key, (_, saved_at) in sorted(self._blobs.copy().items()):
            if project not in (None, key.partition("/")[0]):
                continue
            if older_than is None or saved_at < older_than:
                yield key


class MemoryAccessLog(AccessLog):
    """An `AccessLog` that keeps everything in memory."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str, int], int] = {}

    def record(self, project: str, link: str, what: str, at: int) -> None:
        self._seen.setdefault((project, link, what, at // HOUR), at)

    def of(self, project: str) -> Sequence[Access]:
        uses = [
            Access(link=link, what=what, at=at)
            for (owner, link, what, _), at in self._seen.copy().items()
            if owner == project
        ]
        return sorted(uses, key=attrgetter("at", "link", "what"))

    def erase(self, project: str) -> None:
        for key in [key for key in self._seen.copy() if key[0] == project]:
            self._seen.pop(key, None)

"""Mistakes that authors of stores make, each in a store that is right in everything else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from attrs import evolve

from portalkit.errors import Conflict, StoreError
from portalkit.model import new_id
from portalkit.storage import Access, Blob, Head, Readable, Row
from portalkit.storage.base import HOUR, limited, listed, missing, picked, redacted
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore

# -- stores: what comes back --------------------------------------------------------------------


class RaisesForTheUnknown(MemoryStore):
    def load(self, project: str, *, known: int = 0) -> Any:
        return super().load(project, known=known) or self._logs[project]


class Strips(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, [evolve(row, data=row.data.strip()) for row in rows], **options)


class ReadsAndWritesJson(MemoryStore):
    """As a JSON column does that is no text column."""

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, [evolve(row, data=_again(row.data)) for row in rows], **options)


def _again(text: str) -> str:
    try:
        return json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
    except ValueError:
        return text


class KeepsNumbersAsFloats(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, [evolve(row, at=float(row.at)) for row in rows], **options)  # type: ignore[arg-type]


class ForgetsNothingIsThere(MemoryStore):
    """Keeps no ref as an empty one."""

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(evolve(head, ref=head.ref or head.project), rows, **options)


class TakesZeroForNothing(MemoryStore):
    def load(self, project: str, *, known: int = 0) -> Any:
        found = super().load(project, known=known)
        return found and (evolve(found[0], next_due=found[0].next_due or None), found[1])


class Keeps(MemoryStore):
    """Keeps one column of heads, or of rows, not as it was given."""

    def __init__(self, table: type[Head | Row], column: str, change: Callable[[Any], Any]) -> None:
        super().__init__()
        self._table, self._column, self._change = table, column, change

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(self._changed(head), [self._changed(row) for row in rows], **options)

    def _changed(self, kept: Any) -> Any:
        value = isinstance(kept, self._table) and getattr(kept, self._column)
        return evolve(kept, **{self._column: self._change(value)}) if value else kept


class CutsProjects(MemoryStore):
    """As a column of 63 characters does."""

    def load(self, project: str, *, known: int = 0) -> Any:
        return super().load(project[:63], known=known)

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(evolve(head, project=head.project[:63]), rows, **options)


class LeasesIn32Bits(MemoryStore):
    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        claimed = super().claim(now, lease=lease, limit=limit)
        for project in claimed:
            log = self._logs[project]
            head = evolve(log.head, leased_until=(now + lease) % 2**31)
            self._logs[project] = evolve(log, head=head)
        return claimed


class CarriesLeasesIn32Bits(MemoryStore):
    """In a commit that leaves the lease alone."""

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, rows, **options)
        log = self._logs[head.project]
        lease = (log.head.leased_until or 0) % 2**31
        self._logs[head.project] = evolve(log, head=evolve(log.head, leased_until=lease))


class PagesIn32Bits(MemoryStore):
    def projects(self, *, after: tuple[Any, str] | None = None, **query: Any) -> Sequence[Head]:
        if after and not isinstance(after[0], str):
            after = after[0] % 2**31, after[1]
        return super().projects(after=after, **query)


# -- stores: reading ----------------------------------------------------------------------------


class IncludesAfter(MemoryStore):
    def history(self, project: str, *, after: int = 0, **query: Any) -> Sequence[Row]:
        return super().history(project, after=max(after - 1, 0), **query)


class IgnoresTheLimit(MemoryStore):
    def history(self, project: str, *, limit: int | None = None, **query: Any) -> Sequence[Row]:
        return super().history(project, **query)


class GivesTheNewestAscending(MemoryStore):
    def history(self, project: str, *, newest: bool = False, **query: Any) -> Sequence[Row]:
        found = super().history(project, newest=newest, **query)
        return found[::-1] if newest else found


class StartsTheNewestAtZero(MemoryStore):
    """Takes an ``after`` of 0 for a row number."""

    def history(self, project: str, *, newest: bool = False, after: int = 0, **query: Any) -> Any:
        if newest and not after:
            return []
        return super().history(project, newest=newest, after=after, **query)


class LimitsBeforeItSelects(MemoryStore):
    def history(self, project: str, *, limit: int | None = None, **query: Any) -> Sequence[Row]:
        rows = super().history(project, after=query.get("after", 0), newest=query.get("newest", False))  # fmt: skip
        wanted = {name: query[name] for name in ("milestone", "subject") if name in query}
        return picked(rows[:limit], **wanted)


class TrustsWhatTheCallerKnows(MemoryStore):
    """Gives what follows ``known`` even where that is ahead of the head."""

    def load(self, project: str, *, known: int = 0) -> Any:
        found = super().load(project, known=known)
        if not found or not known:
            return found
        return evolve(found[0], doc=None), [row for row in found[1] if row.seq > known]


class LoadsInTwoSteps(MemoryStore):
    """Reads the head, and the rows when somebody has written."""

    def load(self, project: str, *, known: int = 0) -> Any:
        found = super().load(project, known=known)
        if not found or threading.current_thread() is threading.main_thread():
            return found
        for _ in range(1000):
            later = super().load(project, known=known)
            if later is None or later[0].chain != found[0].chain:
                break
            threading.Event().wait(0.001)
        return found[0], (later or found)[1]


# -- stores: committing -------------------------------------------------------------------------


class TakesEmptyForAnything(MemoryStore):
    """An ``expected`` of ``""`` overwrites."""

    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        found = self.load(head.project)
        super().commit(
            head, rows, expected=expected or (found[0].chain if found else ""), **options
        )


class RedactsThenChecks(MemoryStore):
    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        found = self.load(head.project)
        if found and redact:
            super().commit(found[0], [], expected=found[0].chain, redact=redact)
        super().commit(head, rows, expected=expected)


class ComparesVersions(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        found = self.load(head.project)
        if found and found[0].version == head.version - len(rows):
            expected = found[0].chain
        super().commit(head, rows, expected=expected, **options)


class ChecksThenWrites(MemoryStore):
    """Between its check and its write another one checks too."""

    def __init__(self) -> None:
        super().__init__()
        self._two = threading.Barrier(2)

    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        found = self.load(head.project)
        if expected != (found[0].chain if found else ""):
            raise Conflict("too late")
        if expected:
            with suppress(threading.BrokenBarrierError):
                self._two.wait(timeout=5)
        found = self.load(head.project)
        super().commit(head, rows, expected=found[0].chain if found else "", **options)


class LocksEachForItself(ChecksThenWrites):
    """One lock in each process, over data that they share."""

    def opened_again(self) -> LocksEachForItself:
        other = type(self)()
        other._logs, other._two = self._logs, self._two
        return other


class WritesInTwoSteps(MemoryStore):
    """Its second row waits until somebody has seen its head without it."""

    def __init__(self) -> None:
        super().__init__()
        self._seen = threading.Event()

    def load(self, project: str, *, known: int = 0) -> Any:
        if threading.current_thread() is not threading.main_thread():
            self._seen.set()
        return super().load(project, known=known)

    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        super().commit(head, rows[:1], expected=expected, **options)
        if expected:
            self._seen.clear()
            self._seen.wait(timeout=0.2)
        super().commit(head, rows[1:], expected=head.chain)


class WritesRowByRow(MemoryStore):
    """And leaves those that it has written when the next one fails."""

    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        for row in rows:
            at = evolve(head, version=row.seq, chain=row.chain)
            super().commit(at, [row], expected=expected, **options)
            expected = row.chain


class IgnoresACommitWithoutRows(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        if rows:
            super().commit(head, rows, **options)


class WritesLater(MemoryStore):
    """What it acknowledges is in memory; the disk has what was there before."""

    disk: dict[str, Any]

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        self.disk = dict(self._logs)
        super().commit(head, rows, **options)

    def opened_again(self) -> WritesLater:
        other = type(self)()
        other._logs = dict(self.disk)
        return other


class HoldsNoTurn(MemoryStore):
    """Its turn is granted to everybody, and they meet in it."""

    def __init__(self) -> None:
        super().__init__()
        self._two = threading.Barrier(2)

    def load(self, project: str, *, known: int = 0) -> Any:
        found = super().load(project, known=known)
        if threading.current_thread() is not threading.main_thread():
            with suppress(threading.BrokenBarrierError):
                self._two.wait(timeout=2)
        return found

    @contextmanager
    def turn(self, project: str) -> Iterator[None]:
        yield


class HangsInASecondTurn(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self._queue = threading.Lock()

    @contextmanager
    def turn(self, project: str) -> Iterator[None]:
        if not self._queue.acquire(timeout=0.2):
            raise TimeoutError("this thread waits for itself")
        try:
            yield
        finally:
            self._queue.release()


class IsBusyOnce(MemoryStore):
    """As a database is that waits for nobody."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 4

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        self._left -= 1
        if not self._left:
            raise StoreError("the database is locked", remedy="Wait for it")
        super().commit(head, rows, **options)


# -- stores: projects, redaction, snapshots, leases, erasure ------------------------------------


class ErasesByPrefix(MemoryStore):
    def erase(self, project: str) -> None:
        for known in list(self._logs):
            if known.startswith(project[:1]):
                super().erase(known)


class FindsByWildcard(MemoryStore):
    """``p_`` is a pattern to LIKE."""

    def erase(self, project: str) -> None:
        for known in list(self._logs):
            if fnmatch(known, project.replace("_", "?")):
                super().erase(known)


class RedactsEverywhere(MemoryStore):
    """Forgets to name the project."""

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        super().commit(head, rows, expected=expected, redact=redact)
        for project, log in list(self._logs.items()):
            self._logs[project] = evolve(log, rows=redacted(log.rows, redact))


class RedactsUpTo(MemoryStore):
    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        redact = range(1, max(redact, default=0) + 1)
        super().commit(head, rows, expected=expected, redact=redact)


class RedactsTheDigestToo(MemoryStore):
    def history(self, project: str, **query: Any) -> Sequence[Row]:
        rows = super().history(project, **query)
        return [evolve(row, sealed_digest=row.sealed_digest if row.sealed else "") for row in rows]


class RedactsTheDataToo(MemoryStore):
    def history(self, project: str, **query: Any) -> Sequence[Row]:
        rows = super().history(project, **query)
        return [row if row.sealed else evolve(row, data="{}") for row in rows]


class ForgetsTheSnapshot(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(evolve(head, doc=head.doc or ""), rows, **options)


class LetsTheSnapshotDrift(MemoryStore):
    """Keeps the document and counts it as of the newest version."""

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, rows, **options)
        log = self._logs[head.project]
        if log.head.doc is not None:
            self._logs[head.project] = evolve(
                log, head=evolve(log.head, doc_version=head.doc_version)
            )


class ReleasesLeases(MemoryStore):
    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(evolve(head, leased_until=0), rows, **options)


class KeepsLeases(MemoryStore):
    """Takes the 0 that releases for nothing."""

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(evolve(head, leased_until=head.leased_until or None), rows, **options)


class GrantsTwice(MemoryStore):
    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        return super().claim(now + 10 * lease, lease=-9 * lease, limit=limit)


class ClaimsWithoutALock(MemoryStore):
    """Two callers look before either of them writes."""

    def __init__(self) -> None:
        super().__init__()
        self._two = threading.Barrier(2)

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        due = [head.project for head in self._heads() if (head.leased_until or 0) <= now][:limit]
        with suppress(threading.BrokenBarrierError):
            self._two.wait(timeout=1)
        super().claim(now, lease=lease, limit=limit)
        return due


class MovesTheHeadToClaim(MemoryStore):
    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        claimed = super().claim(now, lease=lease, limit=limit)
        for project in claimed:
            log = self._logs[project]
            self._logs[project] = evolve(log, head=evolve(log.head, chain=f"{log.head.chain}+"))
        return claimed


class ClaimsWhatIsNotDue(MemoryStore):
    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        due = [h.project for h in self._heads() if h.wake_at is not None and h.wake_at <= now + 1]
        super().claim(now, lease=lease, limit=limit)
        return sorted(due)[:limit]


class LeavesTheSnapshot(MemoryStore):
    """So that the id is free and remembers."""

    def __init__(self) -> None:
        super().__init__()
        self._docs: dict[str, Head] = {}

    def commit(self, head: Head, rows: Sequence[Row], *, expected: str, **options: Any) -> None:
        if head.doc is None and not expected and head.project in self._docs:
            old = self._docs[head.project]
            head = evolve(head, doc=old.doc, doc_version=old.doc_version, fold=old.fold)
        if head.doc is not None:
            self._docs[head.project] = head
        super().commit(head, rows, expected=expected, **options)


class LeavesTheRef(MemoryStore):
    def erase(self, project: str) -> None:
        found = self.load(project)
        super().erase(project)
        if found and found[0].ref:
            super().commit(evolve(found[0], project="", account="gone"), [], expected="")


# -- stores: lists ------------------------------------------------------------------------------


class Lists(MemoryStore):
    """Lists as it should, with one clause changed in what follows."""

    def projects(self, **query: Any) -> Sequence[Head]:
        return listed(self._heads(), **query)


class ListsDocuments(Lists):
    def projects(self, **query: Any) -> Sequence[Head]:
        return [self._logs[head.project].head for head in super().projects(**query)]


class ListsNulls(Lists):
    """As ``ORDER BY`` does by itself."""

    def projects(self, *, order: str = "project", **query: Any) -> Sequence[Head]:
        found = super().projects(order=order, **query)
        rest = [h for h in super().projects(**query) if getattr(h, order) is None]
        return [*(evolve(head, doc=None) for head in rest), *found]


class LeavesTiesToChance(Lists):
    def projects(self, *, order: str = "project", **query: Any) -> Sequence[Head]:
        found = super().projects(order=order, **query)
        heads = sorted(found, key=lambda head: head.project, reverse=True)
        turned = order == "updated_at"
        return sorted(heads, key=lambda head: getattr(head, order), reverse=turned)


class PagesByTheValueAlone(Lists):
    def projects(self, *, after: tuple[Any, str] | None = None, **query: Any) -> Sequence[Head]:
        return super().projects(after=after and (after[0], "~"), **query)


class RepeatsTheLastOfAPage(Lists):
    def projects(self, *, after: tuple[Any, str] | None = None, **query: Any) -> Sequence[Head]:
        return super().projects(after=after and (after[0], after[1][:-1]), **query)


class ListsTheOldestUpdateFirst(Lists):
    def projects(self, *, order: str = "project", **query: Any) -> Sequence[Head]:
        found = super().projects(order=order, **query)
        return sorted(found, key=lambda h: h.updated_at) if order == "updated_at" else found


class ForgetsTheAccount(Lists):
    def projects(self, *, account: str = "", **query: Any) -> Sequence[Head]:
        return listed([evolve(head, account="") for head in self._heads()], **query)


class ForgetsTheStatus(Lists):
    def projects(self, *, status: str | None = "active", **query: Any) -> Sequence[Head]:
        return super().projects(status=None, **query)


class IgnoresTheCaseOfAsciiOnly(Lists):
    def projects(self, *, text: str | None = None, **query: Any) -> Sequence[Head]:
        return [h for h in super().projects(**query) if not text or _mentions(h, text)]


def _mentions(head: Head, text: str) -> bool:
    texts = (head.title, head.client_name, head.ref or "")
    return any(_lower(text) in _lower(found) for found in texts)


def _lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


class SearchesByWildcard(Lists):
    """``%`` and ``_`` are patterns to LIKE."""

    def projects(self, *, text: str | None = None, **query: Any) -> Sequence[Head]:
        found = super().projects(**query)
        if not text:
            return found
        like = f"*{text}*".casefold().replace("%", "*").replace("_", "?")
        return [
            h for h in found if fnmatch(f"{h.title}\0{h.client_name}\0{h.ref}".casefold(), like)
        ]


class ListsWhatWasFirst(Lists):
    """Writes its columns once."""

    def __init__(self) -> None:
        super().__init__()
        self._first: dict[str, Head] = {}

    def commit(self, head: Head, rows: Sequence[Row], **options: Any) -> None:
        super().commit(head, rows, **options)
        self._first.setdefault(head.project, head)

    def projects(self, **query: Any) -> Sequence[Head]:
        return listed(self._first.values(), **query)


class SharesRefs(MemoryStore):
    def _is_taken(self, head: Head) -> bool:
        return False


class ChecksTheRefAcrossAccounts(MemoryStore):
    def _is_taken(self, head: Head) -> bool:
        others = (h for h in self._heads() if h.project != head.project)
        return head.ref is not None and any(h.ref == head.ref for h in others)


class ChecksTheRefOfNewProjectsOnly(MemoryStore):
    def _is_taken(self, head: Head) -> bool:
        return head.version == 1 and super()._is_taken(head)


# -- file stores --------------------------------------------------------------------------------


class TakesOneByteMore(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        return super().save(project, stream, limit=limit + 1)


class ReadsOnce(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        return super().save(project, _Once(stream), limit=limit)


class _Once:
    def __init__(self, stream: Readable) -> None:
        self._stream: Readable | None = stream

    def read(self, size: int, /) -> bytes:
        stream, self._stream = self._stream, None
        return stream.read(size) if stream else b""


class KeepsHalves(MemoryFiles):
    """What had come when it was too much stays."""

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        key = f"{project}/{new_id()}"
        self._blobs[key] = b"", 0
        digest = hashlib.sha256()
        for chunk in limited(stream, limit):
            digest.update(chunk)
            self._blobs[key] = self._blobs[key][0] + chunk, 0
        return Blob(key, len(self._blobs[key][0]), digest.hexdigest())


class SwallowsErrors(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        return super().save(project, _Calm(stream), limit=limit)


class _Calm:
    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except OSError:
            return b""


class HashesTheFirstChunk(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        blob = super().save(project, stream, limit=limit)
        first = next(super().open(blob.key), b"")
        return evolve(blob, sha256=hashlib.sha256(first).hexdigest())


class NamesByDigest(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        blob = super().save(project, stream, limit=limit)
        key = f"{project}/{blob.sha256}"
        self._blobs[key] = self._blobs.pop(blob.key)
        return evolve(blob, key=key)


class NamesWithFolders(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        blob = super().save(project, stream, limit=limit)
        key = blob.key.replace("/", "/ab/")
        self._blobs[key] = self._blobs.pop(blob.key)
        return evolve(blob, key=key)


class MissesLate(MemoryFiles):
    """A generator raises when it is first asked, not when it is called."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield from super().open(key, start, length)


class CountsTheLastByteIn(MemoryFiles):
    """As in ``Range``, where the last byte is named."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return super().open(key, start, None if length is None else length + 1)


class StartsAtAChunk(MemoryFiles):
    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return super().open(key, start - start % 65_536, length)


class ReadsAllBeforeItGivesAny(MemoryFiles):
    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return iter(list(super().open(key, start, length)))


class TrustsKeys(MemoryFiles):
    """Opens whatever path it is given."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if key in self._blobs:
            return super().open(key, start, length)
        with suppress(FileNotFoundError):
            return iter([Path("/srv/files", key).read_bytes()])
        raise missing(key)


class MissesWhatItDeletes(MemoryFiles):
    def delete(self, key: str) -> None:
        if key not in self._blobs:
            raise missing(key)
        super().delete(key)


class DeletesTheProject(MemoryFiles):
    def delete(self, key: str) -> None:
        for other in list(self.keys(key.partition("/")[0] if key in self._blobs else "-")):
            super().delete(other)


class ListsByPrefix(MemoryFiles):
    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        found = super().keys(older_than=older_than)
        return (key for key in found if key.startswith(project or ""))


class ListsTheYoungToo(MemoryFiles):
    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        return super().keys(project)


class CountsAgesInSeconds(MemoryFiles):
    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        blob = super().save(project, stream, limit=limit)
        data, saved_at = self._blobs[blob.key]
        self._blobs[blob.key] = data, saved_at // 1000
        return blob


class TakesAnyAgeForOld(MemoryFiles):
    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        return super().keys(project, older_than and 2**52)


class SweepsWhatIsYoung(DirectoryFiles):
    def sweep(self, project: str | None = None, older_than: int | None = None) -> int:
        return super().sweep(project, older_than and older_than * 1000)


# -- access logs --------------------------------------------------------------------------------


class NotesEveryUse(MemoryAccessLog):
    def record(self, project: str, link: str, what: str, at: int) -> None:
        self._seen[project, link, what, at] = at

    def erase(self, project: str) -> None:
        self._seen = {key: at for key, at in self._seen.items() if key[0] != project}


class NotesTheLastUse(MemoryAccessLog):
    def record(self, project: str, link: str, what: str, at: int) -> None:
        self._seen[project, link, what, at // HOUR] = at


class NotesOneLink(MemoryAccessLog):
    def record(self, project: str, link: str, what: str, at: int) -> None:
        links = [key[1] for key in self._seen if (key[0], *key[2:]) == (project, what, at // HOUR)]
        super().record(project, links[0] if links else link, what, at)


class GivesTheNewestFirst(MemoryAccessLog):
    def of(self, project: str) -> Sequence[Access]:
        return super().of(project)[::-1]


class GivesThoseOfAll(MemoryAccessLog):
    def of(self, project: str) -> Sequence[Access]:
        return [
            use for owner in sorted({key[0] for key in self._seen}) for use in super().of(owner)
        ]


class ForgetsAll(MemoryAccessLog):
    def erase(self, project: str) -> None:
        self._seen.clear()


class ForgetsNothing(MemoryAccessLog):
    def erase(self, project: str) -> None:
        return None

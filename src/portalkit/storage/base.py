"""What the shipped stores share: streams within a limit, durable directories, lists, refusals.

Useful for a store of your own too; nothing here is required by the protocols.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from attrs import evolve

from ..errors import BlobMissing, Conflict, TooLarge
from . import Head, Order, Readable, Row, Waiting

__all__ = [
    "BLOB_NAME",
    "CHUNK",
    "HOUR",
    "is_key",
    "is_project",
    "limited",
    "listed",
    "make_directory",
    "mentions",
    "merged",
    "missing",
    "moved_on",
    "picked",
    "redacted",
    "ref_taken",
    "stretch",
    "sync_directory",
]

CHUNK = 64 * 1024
"""How many bytes are read and handed on at a time."""

HOUR = 3_600_000
"""One hour in milliseconds: an access log notes a use of the same thing once in it."""

_PROJECT = re.compile(r"(?!\.{1,2}\Z)[a-z0-9._-]{1,64}")
BLOB_NAME = re.compile(r"[a-z0-9]{26}")


def is_project(text: str) -> bool:
    """Tell whether a text is a project id, so that it can be the name of a folder."""
    return _PROJECT.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Tell whether a text is a key as the shipped file stores make them: ``<project>/<random id>``."""
    project, slash, name = text.partition("/")
    return bool(slash and is_project(project) and BLOB_NAME.fullmatch(name))


def limited(stream: Readable, limit: int) -> Iterator[bytes]:
    """Yield a stream's bytes in chunks.

    Args:
        stream: what to read, to its end.
        limit: how many bytes it may hold.

    Raises:
        TooLarge: it holds more; throw away what was yielded.
    """
    total = 0
    while chunk := stream.read(CHUNK):
        total += len(chunk)
        if total > limit:
            raise TooLarge(
                "the file is larger than allowed",
                remedy="Send a smaller file, or raise the limit",
                limit=limit,
            )
        yield chunk


def stretch(file: IO[bytes], start: int, length: int | None) -> Iterator[bytes]:
    """Yield a stretch of a file in chunks.

    Args:
        file: where to look; it can be sought in.
        start: where to begin.
        length: how many bytes; to the end if ``None``.
    """
    file.seek(start)
    left = length
    while chunk := file.read(CHUNK if left is None else min(left, CHUNK)):
        yield chunk
        if left is not None:
            left -= len(chunk)


def make_directory(directory: Path) -> None:
    """Make a directory with its parents, closed to others, each on the disk before the next."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    with suppress(FileExistsError):
        directory.mkdir(0o750)
    try:
        sync_directory(directory.parent)
    except OSError:
        with suppress(OSError):  # the next call must not take it for one that is on the disk
            directory.rmdir()
        raise


def sync_directory(directory: Path) -> None:
    """See that the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def mentions(folded: str, *texts: str | None) -> bool:
    """Tell whether one of the texts contains the case-folded text."""
    return any(folded in text.casefold() for text in texts if text)


def merged(old: Head | None, new: Head) -> Head:
    """Return the head to keep: the new one, with the old lease and snapshot where it has none."""
    if new.leased_until is None:
        new = evolve(new, leased_until=old.leased_until if old else 0)
    if new.doc is not None:
        return new
    if old is None:
        return evolve(new, doc_version=0, fold="")
    return evolve(new, doc=old.doc, doc_version=old.doc_version, fold=old.fold)


def redacted(rows: Iterable[Row], redact: Collection[int]) -> tuple[Row, ...]:
    """Return the rows, with ``sealed`` emptied in those whose ``seq`` is named."""
    if not redact:
        return tuple(rows)
    return tuple(evolve(row, sealed="") if row.seq in redact else row for row in rows)


def picked(
    rows: Sequence[Row],
    *,
    after: int = 0,
    limit: int | None = None,
    milestone: str | None = None,
    subject: str | None = None,
    newest: bool = False,
) -> list[Row]:
    """Return what `Store.history` is asked for, out of all rows of a project."""
    if newest:
        rows = [row for row in reversed(rows) if not after or row.seq < after]
    else:
        rows = [row for row in rows if row.seq > after]
    found = [
        row for row in rows if milestone in (None, row.milestone) and subject in (None, row.subject)
    ]
    return found[:limit]


def listed(
    heads: Iterable[Head],
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
) -> list[Head]:
    """Return what `Store.projects` is asked for, out of all heads."""
    found = {
        _rank(order, getattr(head, order), head.project): head
        for head in heads
        if head.account == account
        and ref in (None, head.ref)
        and client in (None, head.client)
        and status in (None, head.status)
        and (waiting != "client" or head.waiting_since is not None)
        and (waiting != "us" or head.waiting_us_since is not None)
        and (not text or mentions(text.casefold(), head.title, head.client_name, head.ref))
        and getattr(head, order) is not None
    }
    ranks = sorted(found)
    if after is not None:
        ranks = ranks[bisect_right(ranks, _rank(order, *after)) :]
    return [evolve(found[rank], doc=None) for rank in ranks[:limit]]


def _rank(order: Order, value: int | str, project: str) -> tuple[int | str, str]:
    """Return where a head stands in a list; the most recently updated stand first."""
    if order == "updated_at":
        return -int(value), project
    return value, project


def missing(key: str) -> BlobMissing:
    """Return the error for a key that a file store does not hold."""
    return BlobMissing(
        "the file store does not hold these bytes",
        remedy="Restore them from a backup, or withdraw the file version that names them",
        key=key,
    )


def moved_on(head: Head, expected: str) -> Conflict:
    """Return the error for a commit whose ``expected`` chain is not the stored one."""
    return Conflict(
        "the project is not at the expected chain",
        remedy="Load the project again and repeat the change",
        project=head.project,
        expected=expected,
    )


def ref_taken(head: Head) -> Conflict:
    """Return the error for a commit whose ref belongs to another project of the account."""
    return Conflict(
        "another project of this account has this ref",
        remedy="Open the project that has it, or choose another ref",
        project=head.project,
        account=head.account,
        ref=head.ref,
    )

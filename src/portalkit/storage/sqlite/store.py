"""The log on SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from attrs import evolve

from .. import Head, Order, Row, Scrubs, Store, TakesTurns, Waiting
from ..base import moved_on, ref_taken
from . import statements as sql
from .database import Database

__all__ = ["SQLiteStore"]

_NO_LIMIT = -1


class SQLiteStore(Store, TakesTurns, Scrubs):
    """A `Store` in one SQLite file, for a single machine; threads and processes may share it.

    A commit that returned is on the disk.  The file is made when it is missing, with its
    directory, readable by its owner alone.  Every method may raise `StoreError`: the database is
    locked, full or damaged; nothing was changed, and the remedy says what to do.  Only if the disk
    stops in the very act of a commit may that one turn up later, whole.

    Args:
        path: the database file; ``<path>.lock``, ``-wal`` and ``-shm`` lie beside it.
        timeout: how many seconds to wait for a program that locks the database outside our queue.

    Raises:
        ConfigError: the file was written by a newer portalkit; upgrade.
        StoreError: the file cannot be made or opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        self._database = Database(path, sql.LOG, timeout=timeout)

    def scrub(self) -> None:
        """Carry the write-ahead log over into the file, where erased text is overwritten.

        Raises:
            StoreError: a reader holds the write-ahead log for longer than ``timeout``, or the disk fails.
        """
        self._database.scrub()

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        return self._database.run(_load, project, known)

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        with self._database.turn():
            self._database.run(_commit, head, rows, expected=expected, redact=redact)

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
        query = _Query().equal("project", project)
        query.equal("milestone", milestone).equal("subject", subject)
        if after or not newest:
            query.where("seq < ?" if newest else "seq > ?", after)
        query.end("ORDER BY seq DESC LIMIT ?" if newest else "ORDER BY seq LIMIT ?", limit)
        return [Row(*values) for values in self._database.run(query.fetch, sql.ROWS)]

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
        query = _Query().equal("account", account).equal("ref", ref)
        query.equal("client", client).equal("status", status)
        ordered, column = sql.ORDERS[order], f"heads.{order}"
        query.where(f"{column} IS NOT NULL")
        if waiting is not None:
            query.where(sql.WAITING[waiting])
        if text:
            query.where("mentions(?, title, client_name, ref)", text.casefold())
        if after is not None:
            value, project = after
            beyond = "<" if order == "updated_at" else ">"
            query.where(f"{column} {beyond}= ?", value)  # where the index is entered
            query.where(f"({column} {beyond} ? OR heads.project > ?)", value, project)
        query.end(f"ORDER BY {ordered} LIMIT ?", limit)
        return [Head(*values) for values in self._database.run(query.fetch, sql.HEADS)]

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        with self._database.turn():
            return self._database.run(_claim, now, lease=lease, limit=limit)

    def erase(self, project: str) -> None:
        with self._database.turn():
            self._database.run(_erase, project)

    @contextmanager
    def turn(self, project: str) -> Iterator[None]:
        """Hold the writers' turn, of all projects at once; a thread may take it again inside.

        Args:
            project: whose turn to take; the file has one queue for all.

        Raises:
            StoreError: the lock file cannot be opened.
        """
        with self._database.turn():
            yield

    def close(self) -> None:
        """Close the connections that no call uses; another call opens the file again."""
        self._database.close()


class _Query:
    """The end of a SELECT, put together: what rows must fulfil, their order and number."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self._values: list[int | str] = []
        self._end = ""

    def where(self, condition: str, *values: int | str) -> Self:
        self._conditions.append(condition)
        self._values.extend(values)
        return self

    def equal(self, column: str, value: str | None) -> Self:
        return self if value is None else self.where(f"{column} = ?", value)

    def end(self, clause: str, limit: int | None) -> None:
        self._end = clause
        self._values.append(_NO_LIMIT if limit is None else limit)

    def fetch(self, db: sqlite3.Connection, select: str) -> list[Any]:
        where = " AND ".join(self._conditions)
        return db.execute(f"{select} WHERE {where} {self._end}", self._values).fetchall()


def _load(db: sqlite3.Connection, project: str, known: int) -> tuple[Head, Sequence[Row]] | None:
    if known:
        head = _head(db, project)
        if head is not None and head.doc_version <= known == head.version:
            return head, ()
    db.execute("BEGIN")  # all that follows is of one moment
    head = _head(db, project)
    if head is None:
        return None
    after = known
    if not head.doc_version <= known <= head.version:
        snapshot = db.execute(sql.DOC_OF, (project,)).fetchone()
        if snapshot is None:  # somebody has deleted it
            head = evolve(head, doc_version=0, fold="")
        else:
            head = evolve(head, doc=snapshot[0])
        after = head.doc_version
    rows = [Row(*values) for values in db.execute(sql.ROWS_AFTER, (project, after))]
    db.execute("COMMIT")
    return head, rows


def _head(db: sqlite3.Connection, project: str) -> Head | None:
    values = db.execute(sql.HEAD_OF, (project,)).fetchone()
    return values and Head(*values)


def _commit(
    db: sqlite3.Connection,
    head: Head,
    rows: Sequence[Row],
    *,
    expected: str,
    redact: Sequence[int],
) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        _put_head(db, head, expected)
        db.executemany(sql.ADD_ROW, map(sql.row_values, rows))
    except sqlite3.IntegrityError as error:
        if "heads.ref" in str(error):
            raise ref_taken(head) from error
        raise moved_on(head, expected) from error
    if head.doc is not None:
        db.execute(sql.PUT_DOC, (head.project, head.doc))
        db.execute(sql.PLACE_DOC, sql.snapshot_values(head))
    if redact:
        db.executemany(sql.REDACT, [(head.project, seq) for seq in redact])
    db.execute("COMMIT")


def _put_head(db: sqlite3.Connection, head: Head, expected: str) -> None:
    moved, listed = sql.moved_values(head), sql.listed_values(head)
    if not expected:
        db.execute(sql.ADD_HEAD, (*moved, *listed))
        return
    if not db.execute(sql.MOVE_HEAD, (*moved, expected)).rowcount:
        raise moved_on(head, expected)
    db.execute(sql.LIST_HEAD, (*listed, head.project, *listed))


def _claim(db: sqlite3.Connection, now: int, *, lease: int, limit: int) -> list[str]:
    db.execute("BEGIN IMMEDIATE")
    claimed = [project for (project,) in db.execute(sql.DUE, {"now": now, "limit": limit})]
    db.executemany(sql.LEASE, [(now + lease, project) for project in claimed])
    db.execute("COMMIT")
    return claimed


def _erase(db: sqlite3.Connection, project: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in sql.ERASE:
        db.execute(statement, (project,))
    db.execute("COMMIT")

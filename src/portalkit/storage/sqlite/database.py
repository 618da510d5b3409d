"""A database file and its connections: shared by threads, given up before a fork, queued for."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from attrs import field, frozen

from ...errors import ConfigError, StoreError
from ..base import make_directory, mentions

__all__ = ["Database", "Schema", "fetch"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@frozen
class Schema:
    """What a new file is filled with; ``version`` is kept in its ``user_version``.

    ``upgrades`` has, by version, what makes the next one of a file.
    """

    version: int
    synchronous: str
    statements: tuple[str, ...]
    upgrades: Mapping[int, tuple[str, ...]] = field(factory=dict)


class Database:
    """One database file and its connections: taken for a call, then kept for the next one."""

    def __init__(self, path: str | os.PathLike[str], schema: Schema, *, timeout: float) -> None:
        self._path = Path(path).absolute()
        self._schema = schema
        self._timeout = timeout
        self._idle: list[sqlite3.Connection] = []
        self._open: set[sqlite3.Connection] = set()
        self._locks: set[int] = set()
        self._here = threading.local()
        weakref.finalize(self, _close_all, self._idle)
        with _opening:
            _databases.add(self)
        self._create()

    def run(
        self,
        work: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """Return what ``work`` makes of a connection; a transaction it leaves open is undone."""
        db = self._take()
        try:
            return work(db, *args, **kwargs)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        finally:
            self._give_back(db)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock file; a thread that holds it already goes straight on."""
        if getattr(self._here, "has_turn", False):
            yield
            return
        descriptor = self._lock()
        self._here.has_turn = True
        try:
            yield
        finally:
            self._here.has_turn = False
            self._unlock(descriptor)

    def scrub(self) -> None:
        """Carry the journal over into the file, where erased text is overwritten, and empty it."""
        with self.turn():
            if self.run(_checkpoint):
                raise StoreError(
                    "what was erased may still lie in the write-ahead log, because somebody reads it",
                    remedy="Do the same again in a while: only that is left to do",
                )
            self._sync_journal()

    def _sync_journal(self) -> None:
        """See that the journal is empty on the disk too: SQLite does not wait for that."""
        try:
            with open(f"{self._path}-wal", "rb") as journal:
                os.fsync(journal.fileno())
        except FileNotFoundError:
            pass  # somebody has chosen another journal mode
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with suppress(IndexError):
            while True:
                self._close(self._idle.pop())

    def close_before_fork(self, deadline: float) -> None:
        """Close all connections, waiting until ``deadline`` for those that other threads use."""
        self.close()
        while self._open and time.monotonic() < deadline:
            time.sleep(0.001)
            self.close()

    def forget_after_fork(self) -> set[sqlite3.Connection]:
        """Let go of the parent's turn, and hand out its connections that could not be closed."""
        # A copy of its lock would keep everybody waiting if the parent were killed in its turn.
        self._here = threading.local()
        while self._locks:
            os.close(self._locks.pop())
        inherited, self._open = self._open, set()
        return inherited

    def _create(self) -> None:
        try:
            make_directory(self._path.parent)
            # Only ever a new file: closing any descriptor of a database drops all locks that this
            # process holds on it, and then its journal is deleted under its hands.
            with _opening, suppress(FileExistsError):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise self._failure(error) from error
        with self.turn():  # changing the journal mode does not wait for others, so we do
            found = self.run(_prepare, self._schema)
        if found > self._schema.version:
            raise ConfigError(
                "the database was written by a newer portalkit",
                remedy="Upgrade portalkit, or restore a backup from before the upgrade",
                path=str(self._path),
                found=found,
                known=self._schema.version,
            )

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, db: sqlite3.Connection) -> None:
        try:
            if db.in_transaction:
                db.rollback()
        except sqlite3.Error:
            self._close(db)
        else:
            self._idle.append(db)

    def _connect(self) -> sqlite3.Connection:
        with _opening:
            try:
                db = sqlite3.connect(
                    # never create: a file that was moved away must not come back empty
                    f"{self._path.as_uri()}?mode=rw",
                    uri=True,
                    timeout=self._timeout,
                    isolation_level=None,
                    check_same_thread=False,  # one thread at a time has it
                )
                self._open.add(db)
            except sqlite3.Error as error:
                raise self._failure(error) from error
        try:
            db.execute(f"PRAGMA synchronous = {self._schema.synchronous}")
            db.execute("PRAGMA secure_delete = ON")  # what is redacted is overwritten
            db.create_function("mentions", 4, mentions, deterministic=True)
        except sqlite3.Error as error:
            self._close(db)
            raise self._failure(error) from error
        return db

    def _close(self, db: sqlite3.Connection) -> None:
        db.close()
        self._open.discard(db)

    def _lock(self) -> int:
        try:
            with _opening:
                descriptor = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
                self._locks.add(descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except BaseException:
                self._unlock(descriptor)
                raise
        except OSError as error:
            raise self._failure(error) from error
        return descriptor

    def _unlock(self, descriptor: int) -> None:
        if descriptor in self._locks:  # else we are a child forked meanwhile, and it is closed
            self._locks.discard(descriptor)
            # Closing alone would leave it locked while a child is just being forked.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _failure(self, error: sqlite3.Error | OSError) -> StoreError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN)
        return StoreError(
            "the database could not be used",
            remedy=_REMEDIES.get(code & 0xFF, "Read what SQLite says"),
            path=str(self._path),
            cause=str(error),
        )


_REMEDIES = {
    sqlite3.SQLITE_BUSY: "End the program that keeps it locked, or give a longer timeout",
    sqlite3.SQLITE_FULL: "Make room on the disk",
    sqlite3.SQLITE_IOERR: "Check the disk and the room on it",
    sqlite3.SQLITE_READONLY: "Let this user write the file and its directory",
    sqlite3.SQLITE_CANTOPEN: "See that the file is there, and let this user write its directory",
    sqlite3.SQLITE_CORRUPT: "Restore the file from a backup",
    sqlite3.SQLITE_NOTADB: "Give the path of a database that portalkit made, or a new one",
}


def fetch(db: sqlite3.Connection, sql: str, values: Sequence[int | str]) -> list[Any]:
    """Return all rows of one statement."""
    return db.execute(sql, values).fetchall()


def _prepare(db: sqlite3.Connection, schema: Schema) -> int:
    """Fill a new file or upgrade an old one, and return the schema version that the file has."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found >= schema.version:
        return int(found)
    if not found:
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    for statement in _missing(schema, found):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {schema.version}")
    db.execute("COMMIT")
    return schema.version


def _missing(schema: Schema, found: int) -> Iterator[str]:
    """Yield what makes a file of this schema: all of it, or the steps since the file's version."""
    if not found:
        yield from schema.statements
        return
    for version in range(found, schema.version):
        yield from schema.upgrades[version]


def _checkpoint(db: sqlite3.Connection) -> bool:
    """Checkpoint to the end, and return whether readers still need the journal after ``timeout``."""
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


# No connection lives through a fork.  A child that inherits one, even unused, shares SQLite's
# memory of locks that only the parent holds; the parent then deletes the journal under the child's
# hands, and acknowledged commits are lost.

_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_opening = threading.RLock()
_inherited: set[sqlite3.Connection] = set()
_FORK_WAITS = 5.0


def _before_fork() -> None:
    _opening.acquire()
    deadline = time.monotonic() + _FORK_WAITS
    for database in _databases:
        database.close_before_fork(deadline)


def _after_fork_in_child() -> None:
    for database in _databases:
        _inherited.update(database.forget_after_fork())  # closing them is as bad as using them
    _opening.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_opening.release,
    after_in_child=_after_fork_in_child,
)

"""Named fail points: places in the library where something may happen, set from outside of it.

The library knows nothing of them.  A point is a function that is about to be called or has returned, or
a statement that SQLite is about to run; while it is `armed`, what is wanted happens at its n-th pass.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from attrs import frozen

from portalkit.storage import directory
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore, store

Pass = Callable[[], object]


class Point(Protocol):
    """A place in the library."""

    def install(self, patch: pytest.MonkeyPatch, passed: Pass) -> None:
        """Call ``passed`` at each pass, until the patch is undone."""
        ...


@frozen
class Before:
    """A function is about to be called."""

    owner: Any
    name: str

    def install(self, patch: pytest.MonkeyPatch, passed: Pass) -> None:
        real = getattr(self.owner, self.name)

        def call(*args: Any, **options: Any) -> Any:
            passed()
            return real(*args, **options)

        patch.setattr(self.owner, self.name, call)


@frozen
class After:
    """A function has returned, and its caller does not know it yet."""

    owner: Any
    name: str

    def install(self, patch: pytest.MonkeyPatch, passed: Pass) -> None:
        real = getattr(self.owner, self.name)

        def call(*args: Any, **options: Any) -> Any:
            result = real(*args, **options)
            passed()
            return result

        patch.setattr(self.owner, self.name, call)


@frozen
class Statement:
    """SQLite is about to run a statement of a write that begins like this, in any database."""

    start: str

    def install(self, patch: pytest.MonkeyPatch, passed: Pass) -> None:
        start, connect = self.start, sqlite3.connect

        class Connection(sqlite3.Connection):
            writing = False

            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                self._run(sql)
                return super().execute(sql, *args)

            def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
                self._run(sql)
                return super().executemany(sql, *args)

            def _run(self, sql: str) -> None:
                if sql.startswith("BEGIN"):
                    self.writing = sql == "BEGIN IMMEDIATE"
                if self.writing and sql.startswith(start):
                    passed()

        def connected(*args: Any, **options: Any) -> sqlite3.Connection:
            return connect(*args, factory=Connection, **options)

        patch.setattr(sqlite3, "connect", connected)


POINTS: dict[str, Point] = {
    # bytes
    "after-folder-made": After(directory, "make_directory"),
    "after-temp-created": Before(directory, "_write_whole"),
    "amid-temp": After(directory, "_write_whole"),
    "after-temp-written": After(directory, "_write"),
    "after-rename-before-dirsync": After(Path, "rename"),
    "after-blob-before-commit": After(DirectoryFiles, "save"),
    "before-blob-deleted": Before(DirectoryFiles, "delete"),
    "after-blob-deleted": After(DirectoryFiles, "delete"),
    "before-sweep": Before(DirectoryFiles, "sweep"),
    # the log
    "holding-the-turn": Before(store, "_commit"),
    "before-commit": Statement("BEGIN IMMEDIATE"),
    "before-rows": Statement("INSERT INTO entries"),
    "after-rows": Statement("COMMIT"),
    "after-commit-before-reply": After(SQLiteStore, "commit"),
    "during-snapshot": Statement("INSERT OR REPLACE INTO snapshots"),
    "during-redact": Statement("UPDATE entries SET sealed"),
    "during-erase": Statement("DELETE FROM entries"),
    "after-erase-before-blobs": After(SQLiteStore, "erase"),
    "before-uses-erased": Before(SQLiteAccessLog, "erase"),
    "before-scrub": Before(SQLiteStore, "scrub"),
    "after-scrub": After(SQLiteStore, "scrub"),
}


def die() -> None:
    """Kill this process, as nothing can catch."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def armed(name: str, nth: int = 1, act: Callable[[], object] = die) -> Iterator[None]:
    """Let something happen at the n-th pass of a point."""
    left = nth

    def passed() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            act()

    with pytest.MonkeyPatch.context() as patch:
        POINTS[name].install(patch, passed)
        yield

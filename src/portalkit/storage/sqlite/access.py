"""The access log on SQLite."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from ...errors import StoreError
from .. import Access, AccessLog
from ..base import HOUR
from .database import Database, Schema, fetch

__all__ = ["SQLiteAccessLog"]

_log = logging.getLogger(__name__)

_ACCESSES = Schema(
    version=1,
    synchronous="OFF",
    statements=(
        """CREATE TABLE accesses (
            project TEXT, link TEXT, what TEXT, hour INTEGER, at INTEGER,
            PRIMARY KEY (project, link, what, hour)
        ) WITHOUT ROWID""",
    ),
)
_ADD_ACCESS = "INSERT OR IGNORE INTO accesses VALUES (?, ?, ?, ?, ?)"
_ACCESSES_OF = "SELECT link, what, at FROM accesses WHERE project = ? ORDER BY at, link, what"
_ERASE_ACCESSES = "DELETE FROM accesses WHERE project = ?"
_REMEMBERED = 10_000


class SQLiteAccessLog(AccessLog):
    """An `AccessLog` in one SQLite file of its own, so that it never holds up a commit.

    It trades safety for speed: the last uses before a power cut may be lost, and a `record` that
    fails is logged as a warning and never raised, because a page must not fail over it.  `of` and
    `erase` raise `StoreError`.

    Args:
        path: the database file, not that of a `SQLiteStore`; made when it is missing.

    Raises:
        ConfigError: the file was written by a newer portalkit; upgrade.
        StoreError: the file cannot be made or opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._database = Database(path, _ACCESSES, timeout=0.2)
        self._recent: set[tuple[str, str, str, int]] = set()

    def record(self, project: str, link: str, what: str, at: int) -> None:
        use = (project, link, what, at // HOUR)
        if use in self._recent:
            return
        try:
            self._database.run(fetch, _ADD_ACCESS, (*use, at))
        except StoreError as error:
            _log.warning("a use of a link was not recorded: %s", error)
            return
        if len(self._recent) >= _REMEMBERED:
            self._recent = set()
        self._recent.add(use)

    def of(self, project: str) -> Sequence[Access]:
        found = self._database.run(fetch, _ACCESSES_OF, (project,))
        return [Access(*values) for values in found]

    def erase(self, project: str) -> None:
        self._database.run(fetch, _ERASE_ACCESSES, (project,))
        self._recent = {use for use in self._recent.copy() if use[0] != project}
        self._database.scrub()

    def close(self) -> None:
        """Close the connections that no call uses; another call opens the file again."""
        self._database.close()

"""The tables of a log, and every constant statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from attrs import fields

from .. import Head, Order, Row, Waiting
from .database import Schema

_ROW = tuple(field.name for field in fields(Row))
_HEAD = tuple(field.name for field in fields(Head))
_SNAPSHOT = ("doc_version", "fold")
# Rewriting an index that did not change costs a quarter of the write rate, so these columns have
# an UPDATE of their own that finds nothing to do most of the time.
_LISTED = ("account", "ref", "client", "waiting_since", "waiting_us_since", "next_due", "wake_at")
_MOVED = tuple(
    name for name in _HEAD if name not in {"project", "leased_until", "doc", *_SNAPSHOT, *_LISTED}
)

row_values = attrgetter(*_ROW)
moved_values = attrgetter(*_MOVED, "leased_until", "project")
listed_values = attrgetter(*_LISTED)
snapshot_values = attrgetter(*_SNAPSHOT, "project")


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _marks(names: Sequence[str]) -> str:
    return _list(["?"] * len(names))


def _assignments(names: Sequence[str]) -> str:
    return _list([f"{name} = ?" for name in names])


HEADS = f"SELECT {_list(['NULL' if name == 'doc' else name for name in _HEAD])} FROM heads"
HEAD_OF = f"{HEADS} WHERE project = ?"
DOC_OF = "SELECT doc FROM snapshots WHERE project = ?"
ROWS = f"SELECT {_list(_ROW)} FROM entries"
ROWS_AFTER = f"{ROWS} WHERE project = ? AND seq > ? ORDER BY seq"
ADD_HEAD = (
    f"INSERT INTO heads ({_list(_MOVED)}, leased_until, project, {_list(_LISTED)})"
    f" VALUES ({_marks(_MOVED)}, ifnull(?, 0), ?, {_marks(_LISTED)})"
)
MOVE_HEAD = (
    f"UPDATE heads SET {_assignments(_MOVED)}, leased_until = ifnull(?, leased_until)"
    " WHERE project = ? AND chain = ?"
)
LIST_HEAD = (
    f"UPDATE heads SET {_assignments(_LISTED)}"
    f" WHERE project = ? AND ({_list(_LISTED)}) IS NOT ({_marks(_LISTED)})"
)
ADD_ROW = f"INSERT INTO entries ({_list(_ROW)}) VALUES ({_marks(_ROW)})"
PUT_DOC = "INSERT OR REPLACE INTO snapshots (project, doc) VALUES (?, ?)"
PLACE_DOC = f"UPDATE heads SET {_assignments(_SNAPSHOT)} WHERE project = ?"
REDACT = "UPDATE entries SET sealed = '' WHERE project = ? AND seq = ?"
DUE = (
    "SELECT project FROM heads WHERE wake_at <= :now AND leased_until <= :now"
    " ORDER BY wake_at, project LIMIT :limit"
)
LEASE = "UPDATE heads SET leased_until = ? WHERE project = ?"
ERASE = tuple(
    f"DELETE FROM {table} WHERE project = ?" for table in ("heads", "snapshots", "entries")
)
WAITING: dict[Waiting, str] = {
    "client": "waiting_since IS NOT NULL",
    "us": "waiting_us_since IS NOT NULL",
}
ORDERS: dict[Order, str] = {
    "project": "heads.project",
    "waiting_since": "heads.waiting_since, heads.project",
    "waiting_us_since": "heads.waiting_us_since, heads.project",
    "next_due": "heads.next_due, heads.project",
    "updated_at": "heads.updated_at DESC, heads.project",
}

_SNAPSHOTS = "CREATE TABLE snapshots (project TEXT PRIMARY KEY, doc TEXT) WITHOUT ROWID"
LOG = Schema(
    version=2,
    synchronous="FULL",
    statements=(
        """CREATE TABLE heads (
            project TEXT PRIMARY KEY, version INTEGER, chain TEXT, leased_until INTEGER,
            account TEXT, ref TEXT, client TEXT, client_name TEXT, title TEXT, status TEXT,
            waiting_since INTEGER, waiting_us_since INTEGER, next_due INTEGER,
            pending INTEGER, questions INTEGER, created_at INTEGER, updated_at INTEGER,
            wake_at INTEGER, figures TEXT, doc_version INTEGER DEFAULT 0, fold TEXT DEFAULT ''
        ) WITHOUT ROWID""",
        "CREATE UNIQUE INDEX heads_ref ON heads (account, ref) WHERE ref IS NOT NULL",
        "CREATE INDEX heads_project ON heads (account, project)",
        "CREATE INDEX heads_client ON heads (account, client, project)",
        "CREATE INDEX heads_updated ON heads (account, updated_at DESC, project)",
        *(
            f"CREATE INDEX heads_{name} ON heads (account, {name}, project)"
            f" WHERE {name} IS NOT NULL"
            for name in ("waiting_since", "waiting_us_since", "next_due")
        ),
        "CREATE INDEX heads_wake ON heads (wake_at, project) WHERE wake_at IS NOT NULL",
        _SNAPSHOTS,
        # With rowid: its pages fill in order of arrival, and long rows need no overflow page.
        """CREATE TABLE entries (
            project TEXT, seq INTEGER, at INTEGER, actor TEXT, milestone TEXT, subject TEXT,
            kind TEXT, data TEXT, sealed TEXT, sealed_digest TEXT, chain TEXT,
            PRIMARY KEY (project, seq)
        )""",
        "CREATE INDEX entries_milestone ON entries (project, milestone, seq)",
        "CREATE INDEX entries_subject ON entries (project, subject, seq)",
    ),
    upgrades={
        1: (  # snapshots said themselves where they stand, and each look at a head had to join them
            "ALTER TABLE heads ADD COLUMN doc_version INTEGER DEFAULT 0",
            "ALTER TABLE heads ADD COLUMN fold TEXT DEFAULT ''",
            "DROP TABLE snapshots",  # a cache: they come back
            _SNAPSHOTS,
        ),
    },
)

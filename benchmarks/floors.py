"""The floors: what Flask and SQLite cost by themselves on this machine."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from flask import Flask, Response
from wsgi import Browser

from portalkit.storage import Head, Row
from portalkit.storage.sqlite import statements


def bare_flask(body: bytes) -> Browser:
    """Return a browser on the page of a Flask app that does nothing but return these bytes."""
    app = Flask("bare")
    app.add_url_rule("/", "page", lambda: Response(body, mimetype="text/html"))
    browser = Browser(app)
    browser.get("/")
    return browser


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a file with the tables, indexes and pragmas of our store."""
    new = not path.exists()
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA secure_delete = ON")
    for statement in statements.LOG.statements if new else ():
        database.execute(statement)
    return database


class RawWriter:
    """Writes an entry again and again by hand: INSERT the row, UPDATE the head, COMMIT.

    Args:
        path: the database file.
        head: the head to move.
        row: the row to repeat, with a new place each time.
    """

    def __init__(self, path: Path, head: Head, row: Row) -> None:
        self._database = connect(path)
        self._row = row
        self._project = row.project
        self._seq, self._at, self._chain = head.version, head.updated_at, head.chain
        add = statements.ADD_HEAD.replace("INSERT", "INSERT OR REPLACE", 1)
        self._database.execute(
            add, (*statements.moved_values(head), *statements.listed_values(head))
        )

    def write(self) -> None:
        """Write one entry."""
        row, execute = self._row, self._database.execute
        chain = os.urandom(32).hex()
        seq, at = self._seq + 1, self._at + 1
        execute("BEGIN IMMEDIATE")
        execute(
            statements.ADD_ROW,
            (
                row.project,
                seq,
                at,
                row.actor,
                row.milestone,
                row.subject,
                row.kind,
                row.data,
                row.sealed,
                row.sealed_digest,
                chain,
            ),
        )
        execute(
            "UPDATE heads SET version = ?, chain = ?, updated_at = ?"
            " WHERE project = ? AND chain = ?",
            (seq, chain, at, self._project, self._chain),
        )
        execute("COMMIT")
        self._seq, self._at, self._chain = seq, at, chain


def first_waiting(database: sqlite3.Connection, limit: int) -> list[tuple[str, int]]:
    """Return the projects whose decisions have been pending longest, straight from the index."""
    return database.execute(
        "SELECT project, waiting_since FROM heads WHERE account = '' AND status = 'active'"
        " AND waiting_since IS NOT NULL ORDER BY waiting_since, project LIMIT ?",
        (limit,),
    ).fetchall()

"""What the agency knows by itself: its staff, clients and projects, in its own SQLite database.

The portal is kept elsewhere.  The one thing that both know is the project's ``ref``.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

__all__ = ["Database", "Job", "News", "User"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL,
    role TEXT NOT NULL, password TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS clients (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, city TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS projects (
    id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    client INTEGER NOT NULL REFERENCES clients, zone TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS news (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, ref TEXT NOT NULL, text TEXT NOT NULL
);
"""
NOBODY = generate_password_hash(secrets.token_hex())
"""Stands in for the hash of an unknown login, so that it takes as long as a wrong password."""
JOBS = """
SELECT projects.id, ref, title, clients.name AS client, city, zone
FROM projects JOIN clients ON clients.id = projects.client
"""


@dataclass(frozen=True)
class User:
    """Somebody who works at the agency."""

    id: int
    login: str
    name: str
    email: str
    role: str

    @property
    def ref(self) -> str:
        """The agency's key of this user, by which the portal knows them."""
        return f"user:{self.id}"


@dataclass(frozen=True)
class Job:
    """A project as the agency books it; ``ref`` is its key in the portal."""

    id: int
    ref: str
    title: str
    client: str
    city: str
    zone: str


@dataclass(frozen=True)
class News:
    """Something that happened in the portal and matters to the whole agency."""

    at: int
    job: int
    title: str
    text: str


class Database:
    """The agency's database; each call opens and closes a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connect() as db:
            db.executescript(SCHEMA)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as db, db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            yield db

    def _all(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self._connect() as db:
            return [dict(row) for row in db.execute(query, values)]

    # -- staff ----------------------------------------------------------------------------------

    def add_user(self, login: str, name: str, email: str, role: str, password: str) -> None:
        """Add a user, unless the login exists."""
        with self._connect() as db:
            db.execute(
                "INSERT OR IGNORE INTO users (login, name, email, role, password) "
                "VALUES (?, ?, ?, ?, ?)",
                (login, name, email, role, generate_password_hash(password)),
            )

    def user(self, login: str) -> User | None:
        """Return a user by login."""
        found = self._all("SELECT id, login, name, email, role FROM users WHERE login = ?", login)
        return User(**found[0]) if found else None

    def log_in(self, login: str, password: str) -> User | None:
        """Return the user, if the password is right."""
        found = self._all("SELECT password FROM users WHERE login = ?", login)
        known = found[0]["password"] if found else NOBODY
        return self.user(login) if check_password_hash(known, password) else None

    # -- clients and projects -------------------------------------------------------------------

    def add_job(self, ref: str, title: str, *, client: str, city: str, zone: str) -> None:
        """Book a project, together with its client if that is new."""
        with self._connect() as db:
            db.execute("INSERT OR IGNORE INTO clients (name, city) VALUES (?, ?)", (client, city))
            db.execute(
                "INSERT INTO projects (ref, title, client, zone) "
                "SELECT ?, ?, id, ? FROM clients WHERE name = ?",
                (ref, title, zone, client),
            )

    def jobs(self) -> list[Job]:
        """Return all projects, in the order in which they were booked."""
        return [Job(**row) for row in self._all(f"{JOBS} ORDER BY projects.id")]

    def job(self, id: int) -> Job | None:
        """Return one project."""
        found = self._all(f"{JOBS} WHERE projects.id = ?", id)
        return Job(**found[0]) if found else None

    # -- news -----------------------------------------------------------------------------------

    def add_news(self, ref: str, text: str, at: int | None = None) -> None:
        """Note something that happened in a project, now or at UTC milliseconds."""
        moment = time.time_ns() // 1_000_000 if at is None else at
        with self._connect() as db:
            db.execute("INSERT INTO news (at, ref, text) VALUES (?, ?, ?)", (moment, ref, text))

    def news(self, limit: int = 5) -> list[News]:
        """Return what happened last, newest first."""
        found = self._all(
            "SELECT at, projects.id AS job, title, text FROM news JOIN projects USING (ref) "
            "ORDER BY at DESC, news.id DESC LIMIT ?",
            limit,
        )
        return [News(**row) for row in found]

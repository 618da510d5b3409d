"""A Flask app, with the stores that it has by default."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import render_template_string

from portalkit import Portal
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.web import Web
from tests.faults.server import Server
from tests.flask.host import make_app
from tests.hosts import Database, Host
from tests.hosts.door import WSGI

__all__ = ["FlaskHost"]


OWN_PAGE = """<p>{{ portal_sentence("crm:17") }}</p>
{% for a in portal_pending("crm:17") %}<p>{{ a.title }}</p>{% endfor %}
{% for m in portal_answers("crm:17").in_progress %}<p title="{{ m.title }}">{{ m.title }}</p>{% endfor %}"""


class SQLiteDatabase(Database):
    """A file of SQLite."""

    entries = "entries"

    def __init__(self, path: Path) -> None:
        self._path = path

    def store(self) -> SQLiteStore:
        return SQLiteStore(self._path)

    def access(self) -> SQLiteAccessLog:
        return SQLiteAccessLog(self._path.with_suffix(".access"))

    def run(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path)) as database, database:
            return database.execute(statement, values).fetchall()

    def copy(self) -> SQLiteDatabase:
        copy = self._path.with_suffix(".copy")
        with closing(sqlite3.connect(self._path)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
        return SQLiteDatabase(copy)


class FlaskHost(Host):
    """Flask, and SQLite without an ORM."""

    def database(self) -> SQLiteDatabase:
        return SQLiteDatabase(self._path(".sqlite3"))

    def app(self, web: Web) -> WSGI:
        app = make_app(
            self.folder, PORTALKIT_STORE=web.portal.ledger.store, PORTALKIT_FILES=web.portal.files
        )
        state = app.extensions["portalkit"]

        def asked(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            state.web = web
            return app(environ, start)

        return asked

    def configured(self, **settings: Any) -> tuple[WSGI, Portal]:
        given = {f"PORTALKIT_{name}": value for name, value in settings.items()}
        self._configured = make_app(self._path(""), **given)
        return self._configured, self._configured.extensions["portalkit"].portal

    def own_page(self) -> str:
        with self._configured.app_context():
            return render_template_string(OWN_PAGE)

    def server(self, **options: Any) -> Server:
        return self._end.enter_context(Server(self.folder, **options))

"""A Django project, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cache
from itertools import count
from typing import Any
from unittest import mock

from tests.django import settings as project

# isort: split

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections
from django.template import Context, Template
from django.test import override_settings

from portalkit import Portal
from portalkit.django import current_portal, views
from portalkit.django.site import Site
from portalkit.django.store import DjangoAccessLog, DjangoStore
from portalkit.storage.directory import DirectoryFiles
from portalkit.web import Web
from portalkit.web.host import Host as OwnPages
from tests.django.server import DjangoServer
from tests.flask.host import BASE_URL
from tests.hosts import Database, Host
from tests.hosts.door import WSGI

__all__ = ["DjangoHost", "PostgresHost", "showing"]

_numbers = count(1)

OWN_PAGE = """{% load portalkit %}<p>{% portal_sentence "crm:17" %}</p>
{% portal_pending "crm:17" as asks %}{% for a in asks %}<p>{{ a.title }}</p>{% endfor %}
{% portal_answers "crm:17" as answers %}
{% for m in answers.in_progress %}<p title="{{ m.title }}">{{ m.title }}</p>{% endfor %}"""


class DjangoDatabase(Database):
    """A database of the project, under an alias of its own."""

    entries = "portalkit_entry"

    def __init__(self, host: DjangoHost, alias: str) -> None:
        self._host = host
        self.alias = alias

    def store(self) -> DjangoStore:
        return DjangoStore(self.alias)

    def access(self) -> DjangoAccessLog:
        return DjangoAccessLog(self.alias)

    def run(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(statement.replace("%", "%%").replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else ()

    def copy(self) -> DjangoDatabase:
        return self._host.cloned(self.alias)


class DjangoHost(Host):
    """Django on SQLite."""

    def database(self) -> DjangoDatabase:
        return self.cloned(self._empty())

    def _empty(self) -> str:
        """The alias of a database that has the tables and nothing in them."""
        return _empty_sqlite()

    def cloned(self, alias: str) -> DjangoDatabase:
        """A copy of a database, gone when the host is left."""
        connections[alias].close()
        new = f"host_{next(_numbers)}"
        name = self._clone(alias, new)
        connections.settings[new] = {**connections.settings[alias], "NAME": name}
        self._end.callback(self._drop, new)
        return DjangoDatabase(self, new)

    def _clone(self, alias: str, new: str) -> object:
        path = self.folder / "portal" / f"{new}.sqlite3"  # where a server has its data
        path.parent.mkdir(exist_ok=True)
        shutil.copy(connections.settings[alias]["NAME"], path)  # the last to close it tidied up
        return path

    def _drop(self, alias: str) -> None:
        _forget(alias)

    def app(self, web: Web) -> WSGI:
        return showing(web)

    def configured(self, **given: Any) -> tuple[WSGI, Portal]:
        files = DirectoryFiles(self._path(""))
        portalkit = {**settings.PORTALKIT, "BASE_URL": BASE_URL, "FILES": files, **given}
        self._end.enter_context(override_settings(PORTALKIT=portalkit))
        return _handler(), current_portal

    def own_page(self) -> str:
        return Template(OWN_PAGE).render(Context())

    def server(self, **options: Any) -> DjangoServer:
        alias = self.database().alias
        return self._end.enter_context(DjangoServer(self.folder, alias, **options))


class PostgresHost(DjangoHost):
    """Django on PostgreSQL; the fixture `postgres_server` runs."""

    def _empty(self) -> str:
        return _empty_postgres()

    def _clone(self, alias: str, new: str) -> object:
        _postgres(f"CREATE DATABASE {new} TEMPLATE {connections.settings[alias]['NAME']}")
        return new

    def _drop(self, alias: str) -> None:
        _forget(alias)
        _postgres(f"DROP DATABASE {alias} WITH (FORCE)")


def showing(web: Web) -> WSGI:
    """The project's app, whose views show a portal that is given, clock and all."""
    host, site = _handler(), Site(web, OwnPages(web, "en"))

    def shown() -> Site:
        return site

    def asked(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        with mock.patch.object(views, "site", shown):
            return host(environ, start)

    return asked


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _forget(alias: str) -> None:
    connections[alias].close()
    del connections[alias]
    del connections.settings[alias]


@cache
def _empty_sqlite() -> str:
    return _migrated("empty", {**connections.settings["default"], "NAME": project.FOLDER / "empty"})


@cache
def _empty_postgres() -> str:
    _postgres("CREATE DATABASE empty")
    return _migrated("empty_postgres", {**connections.settings["postgres"], "NAME": "empty"})


def _migrated(alias: str, database: dict[str, Any]) -> str:
    connections.settings[alias] = database
    call_command("migrate", "host", database=alias, verbosity=0)
    connections[alias].close()
    return alias


def _postgres(statement: str) -> None:
    with closing(connections["postgres"]), connections["postgres"].cursor() as cursor:
        cursor.execute(statement)

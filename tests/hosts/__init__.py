"""The hosts that a portal lives in: a Flask app, and a Django project on SQLite and on PostgreSQL.

A test that takes `host` runs at each of them, on a database of its own: what holds at one must hold at all.
`Host.stage` has the core's own stage behind the host's app, `Host.home` has an app that is set up by settings,
`Host.server` has it on a real server.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Self

from attrs import frozen
from werkzeug.test import Client

from portalkit import Portal
from portalkit.storage import AccessLog, Store
from portalkit.web import Web
from tests.faults.server import Server
from tests.flask.host import Browser, Seeded, decisions_of, seed_in
from tests.hosts.door import WSGI, Door
from tests.web import stage

__all__ = ["Database", "Home", "Host"]


class Database(ABC):
    """Where a host keeps the log of a portal.

    Attributes:
        entries: the name of the table of entries.
    """

    entries: str

    @abstractmethod
    def store(self) -> Store:
        """A store on it, as a process that has just started makes it."""

    @abstractmethod
    def access(self) -> AccessLog:
        """An access log on it."""

    @abstractmethod
    def run(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """What somebody with a SQL prompt does: run one statement, with ``?`` for each value."""

    @abstractmethod
    def copy(self) -> Database:
        """A backup, restored beside it."""


@frozen
class Home:
    """An app that is set up by its settings, with a project in it.

    Attributes:
        wsgi: the app.
        portal: its portal.
        it: the project, by its ids.
    """

    wsgi: WSGI
    portal: Portal
    it: Seeded

    def browser(self) -> Browser:
        """A fresh browser."""
        return Browser(Client(self.wsgi))

    def enter(self) -> Browser:
        """A browser in which the client has opened her link."""
        anna = self.browser()
        anna.enter(self.it.url)
        return anna

    @property
    def chain(self) -> str:
        """Where the log stands."""
        return self.portal.state(self.it.project, ref=None, account="").chain

    @property
    def decisions(self) -> list[Any]:
        """The decisions in the log."""
        return decisions_of(self.portal, self.it)


class Host(ABC):
    """A host; what it keeps is gone when it is left.

    Args:
        folder: where it may write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        self._end = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @abstractmethod
    def app(self, web: Web) -> WSGI:
        """The host's app with the web of a portal in it."""

    @abstractmethod
    def configured(self, **settings: Any) -> tuple[WSGI, Portal]:
        """The host's app and its portal, made from settings without their prefix."""

    @abstractmethod
    def server(self, **options: Any) -> Server:
        """A real server with the host's app, not started yet."""

    @abstractmethod
    def own_page(self) -> str:
        """A page of the host's own, set up by settings, with all that the adapter gives of the project."""

    # -- with the core's own stage ------------------------------------------------------------------

    def portal(self, **options: Any) -> Portal:
        """A portal on a database of its own, whose clock stands still."""
        if "store" not in options:
            database = self.database()
            options = {"store": database.store(), "access": database.access(), **options}
        return stage.make_portal(**options)

    def web(self, portal: Portal, **looks: Any) -> Door:
        """The web of a portal, behind the host's app."""
        web = stage.make_web(portal, **looks)
        return Door(web, self.app(web))

    def stage(self, portal: Portal | None = None, **looks: Any) -> stage.Stage:
        """A stage, on a portal of its own or on a given one."""
        return stage.make_stage(portal or self.portal(), web=self.web, **looks)

    # -- set up by settings -------------------------------------------------------------------------

    def home(self, *, seed: Mapping[str, Any] = {}, **settings: Any) -> Home:
        """An app with a project in it, on a database of its own."""
        if "STORE" not in settings:
            database = self.database()
            settings = {"STORE": database.store(), "ACCESS": database.access(), **settings}
        wsgi, portal = self.configured(**settings)
        return Home(wsgi, portal, seed_in(portal, **seed))

    def _path(self, ending: str) -> Path:
        return self.folder / f"{next(self._numbers)}{ending}"

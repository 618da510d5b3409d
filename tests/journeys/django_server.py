"""The stage of the journeys with a Django project on it, on SQLite, in portalkit's own shell."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import connections

from portalkit import Portal
from portalkit.storage.directory import DirectoryFiles
from portalkit.web import Looks, Web
from tests.hosts.django import DjangoHost, showing
from tests.journeys.server import KEY, OWN, Stage


class DjangoStage(Stage):
    """The server, with one app."""

    def __init__(self, folder: Path) -> None:
        self._host = DjangoHost(folder)
        self._lock = threading.Lock()
        super().__init__(folder, {})

    def close(self) -> None:
        super().close()
        self._host.__exit__()

    def _open(self, shells: Mapping[str, str]) -> Portal:
        database = self._host.database()
        connections.settings[database.alias]["CONN_MAX_AGE"] = 0  # threads come and go
        portal = Portal(
            store=database.store(),
            files=DirectoryFiles(self._host.folder / "files"),
            access=database.access(),
            base_url=self.mount(),
            keys=[KEY],
            clock=self.clock,
        )
        app = showing(Web(portal, Looks(brands={"": self._brand()}, locales=[self._locales])))

        def below(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            """As a proxy that takes a part of the path away."""
            path = environ["PATH_INFO"].removeprefix(f"/{OWN}")
            with (
                self._lock
            ):  # one view after the other: all of them look for their portal in one place
                return app({**environ, "PATH_INFO": path}, start)

        self._apps = {OWN: below}
        return portal

"""A real server with the Django project of `tests.django.project`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import connections

from portalkit import Portal
from portalkit.django.store import DjangoAccessLog, DjangoStore
from tests.faults.server import Server
from tests.faults.world import portal_at


class DjangoServer(Server):
    """Gunicorn with the Django project, on a database of this process."""

    app = "tests.django.project:create_app()"

    def __init__(self, folder: Path, alias: str, **options: Any) -> None:
        super().__init__(folder, **options)
        found = connections.settings[alias]
        names = ("ENGINE", "NAME", "USER", "HOST", "PORT", "OPTIONS", "CONN_MAX_AGE")
        self._alias = alias
        self._database = {name: found[name] for name in names if found.get(name) is not None}

    def _environment(self) -> dict[str, str]:
        database = json.dumps(self._database, default=str)
        return {**super()._environment(), "FAULTS_DATABASE": database}

    def portal(self) -> Portal:
        store, access = DjangoStore(self._alias), DjangoAccessLog(self._alias)
        return portal_at(
            self.data, key=self.key, base_url=self.base_url, store=store, access=access
        )

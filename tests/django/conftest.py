"""Two databases for the Django adapter: SQLite, and a PostgreSQL server of our own.

Each test has them empty: SQLite in a file that was migrated once, PostgreSQL in a schema of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.django import settings

# isort: split

from django.core.management import call_command
from django.db import connections

from tests.django.postgres import Server

ALIASES = ["default", "postgres"]


@pytest.fixture(scope="session")
def migrated() -> Iterator[None]:
    """SQLite with all tables of the host."""
    call_command("migrate", verbosity=0)
    yield
    connections["default"].close()


@pytest.fixture(params=ALIASES)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The alias of an empty database that holds the portal; each test runs on both."""
    yield from _emptied(request, request.param)


@pytest.fixture
def sqlite(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite, empty."""
    yield from _emptied(request, "default")


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """PostgreSQL, empty."""
    yield from _emptied(request, "postgres")


def _emptied(request: pytest.FixtureRequest, alias: str) -> Iterator[str]:
    settings.Chosen.alias = alias
    if alias == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        with server.schema():
            yield alias
    else:
        request.getfixturevalue("migrated")
        call_command("flush", database=alias, verbosity=0, interactive=False)
        yield alias
    settings.Chosen.alias = "default"

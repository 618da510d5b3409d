"""What a `conftest.py` imports so that its tests run at every host.

The mark ``hosts`` says at which ones, if not at `USUAL`.  `host` is for one test; `lasting_host` for what is
made once for all tests of a module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.server import Server
from tests.hosts import Host
from tests.hosts.django import DjangoHost, PostgresHost
from tests.hosts.flask import FlaskHost

__all__ = [
    "EVERY",
    "USUAL",
    "gunicorn",
    "host",
    "host_kind",
    "lasting_host",
    "pytest_generate_tests",
]

KINDS: dict[str, type[Host]] = {
    "flask": FlaskHost,
    "django": DjangoHost,
    "django-postgresql": PostgresHost,
}
EVERY = tuple(KINDS)
USUAL = ("flask", "django")

Kind = Callable[[Path], Host]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that needs a host at every host that its mark names; some modules choose themselves."""
    if "host_kind" in metafunc.fixturenames and not hasattr(
        metafunc.module, "pytest_generate_tests"
    ):
        mark = metafunc.definition.get_closest_marker("hosts")
        hosts = mark.args if mark else USUAL
        metafunc.parametrize("host_kind", hosts, indirect=True, scope="module")


@pytest.fixture(scope="module")
def host_kind(request: pytest.FixtureRequest) -> Kind:
    """Makes hosts of one kind."""
    if request.param == "django-postgresql":
        request.getfixturevalue("postgres_server")
    return KINDS[request.param]


@pytest.fixture
def host(host_kind: Kind, tmp_path: Path) -> Iterator[Host]:
    """A host for one test."""
    with host_kind(tmp_path) as host:
        yield host


@pytest.fixture(scope="module")
def lasting_host(host_kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host for all tests of a module."""
    with host_kind(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture
def gunicorn(host: Host) -> Server:
    """A real server that was not started yet; killed after the test."""
    return host.server()

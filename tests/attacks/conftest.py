"""A stage at every host, and a real server."""

from __future__ import annotations

import pytest

from tests.hosts import Host
from tests.hosts.fixtures import (
    gunicorn,
    host,
    host_kind,
    lasting_host,
    pytest_generate_tests,
)
from tests.web.conftest import anna, base, clock
from tests.web.stage import Stage

__all__ = [
    "anna",
    "base",
    "clock",
    "gunicorn",
    "host",
    "host_kind",
    "lasting_host",
    "pytest_generate_tests",
]


@pytest.fixture
def stage(host: Host) -> Stage:
    """Two projects that must know nothing of each other, and their web behind a host's app."""
    return host.stage()

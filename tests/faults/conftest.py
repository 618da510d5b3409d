"""A portal on the disk with a project, and a real server of every host."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portalkit import Portal
from tests.faults.server import Server
from tests.faults.world import TORTURE, Scene, open_project, portal_at
from tests.hosts import Host
from tests.hosts.fixtures import host, host_kind, pytest_generate_tests

__all__ = ["host", "host_kind", "portal", "pytest_generate_tests", "quick", "scene", "server"]


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    """A portal on the disk."""
    return portal_at(tmp_path / "portal")


@pytest.fixture
def scene(portal: Portal) -> Scene:
    """A project in that portal."""
    return open_project(portal)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where a sync costs nothing; on the disk in torture, or where memory is scarce."""
    memory = Path("/dev/shm")
    if TORTURE or not memory.is_dir() or shutil.disk_usage(memory).free < 1024**3:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def server(host: Host) -> Server:
    """A real server that was not started yet; killed after the test."""
    return host.server()

"""Long files and how much of them is in memory: for the downloads of both adapters."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

LARGE = 30 * 1024 * 1024
LITTLE = 2 * 1024 * 1024


class Stream:
    """A long file that is never in memory whole."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        chunk = os.urandom(min(size, self._left, 64 * 1024))
        self._left -= len(chunk)
        self.digest.update(chunk)
        return chunk


@pytest.fixture
def measured() -> Iterator[None]:
    """Count the memory that Python takes, from here on."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def open_files(folder: Path) -> list[str]:
    """Which files below a folder this process has open."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except FileNotFoundError:
            pass  # the descriptor that listed the others
    return [path for path in found if path.startswith(str(folder))]

"""The stores in memory obey every law."""

from __future__ import annotations

import pytest

from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.testing import AccessLogContract, FileStoreContract, StoreContract


class TestMemoryStore(StoreContract):
    durable = False
    takes_turns = True

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestMemoryFiles(FileStoreContract):
    durable = False

    @pytest.fixture
    def files(self) -> MemoryFiles:
        return MemoryFiles()


class TestMemoryAccessLog(AccessLogContract):
    durable = False

    @pytest.fixture
    def log(self) -> MemoryAccessLog:
        return MemoryAccessLog()

"""Generated lives of projects, with crashes, on the shipped stores; the guide runs them on the store that it builds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from portalkit.storage import FileStore, Store
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryStore
from portalkit.storage.sqlite import SQLiteStore
from portalkit.testing.life import LIFE, Life
from tests.storage.mistakes import ListsWhatWasFirst, RedactsTheDigestToo, RedactsUpTo


class LifeInMemory(Life):
    durable = False

    def open(self, folder: Path) -> Store:
        return MemoryStore()


class LifeInSQLite(Life):
    def open(self, folder: Path) -> Store:
        return SQLiteStore(folder / "portal.sqlite3")

    def open_files(self, folder: Path) -> FileStore:
        return DirectoryFiles(folder)


TestLifeInMemory = LifeInMemory.TestCase
TestLifeInMemory.settings = LIFE
TestLifeInSQLite = LifeInSQLite.TestCase
TestLifeInSQLite.settings = LIFE


@pytest.mark.parametrize("broken", [RedactsUpTo, RedactsTheDigestToo, ListsWhatWasFirst])
def test_a_life_finds_what_is_wrong_with_a_store(broken: type[MemoryStore]) -> None:
    """The stories reach what they are for: redaction, rows and lists of a broken store are noticed."""

    class Broken(LifeInMemory):
        def open(self, folder: Path) -> Store:
            return broken()

    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Broken, settings=settings(LIFE, phases=[Phase.generate]))

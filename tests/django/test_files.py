"""Files on Django's storages: the laws, and never a whole object for a part of it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from portalkit import FileError
from portalkit.django.files import StorageFiles
from portalkit.storage import FileStore
from portalkit.testing import FileStoreContract


class TestStorageFiles(FileStoreContract):
    """Every law of a file store, on a storage that is no folder of ours."""

    durable = False

    @pytest.fixture
    def files(self) -> StorageFiles:
        return StorageFiles(InMemoryStorage())


class TestStorageFilesOnDisk(FileStoreContract):
    """And on one that behaves like most: a folder, without our care for the disk."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> StorageFiles:
        self.folder = tmp_path
        return StorageFiles(FileSystemStorage(tmp_path))

    def reopen(self, files: FileStore) -> StorageFiles:
        return StorageFiles(FileSystemStorage(self.folder))


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        Counting.read_bytes += len(data)
        return data


def test_a_part_is_read_and_never_the_whole() -> None:
    class Storage(InMemoryStorage):
        def _open(self, name: str, mode: str = "rb") -> Any:
            return Counting(super()._open(name, mode).read())

    files = StorageFiles(Storage())
    blob = files.save("p", io.BytesIO(bytes(1_000_000)), limit=2_000_000)
    Counting.read_bytes = 0
    assert b"".join(files.open(blob.key, 10, 100)) == bytes(100)
    assert Counting.read_bytes == 100


def test_a_storage_that_renames_is_refused() -> None:
    """Keys are ours, and what is kept under another name would never be found again."""

    class Renaming(InMemoryStorage):
        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return f"{name}-1"

    storage = Renaming()
    with pytest.raises(FileError, match="names"):
        StorageFiles(storage).save("p", io.BytesIO(b"x"), limit=9)
    assert storage.listdir("p")[1] == []


def test_whatever_a_storage_raises_is_our_error() -> None:
    class Broken(InMemoryStorage):
        def _save(self, *_: Any) -> str:
            raise RuntimeError("the bucket is gone")

    with pytest.raises(FileError, match="the bucket is gone"):
        StorageFiles(Broken()).save("p", io.BytesIO(b"x"), limit=9)

"""Files on the project's own storage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import SpooledTemporaryFile
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage, InvalidStorageError, Storage, storages
from django.utils.timezone import is_naive, make_aware

from portalkit.django.conf import written
from portalkit.errors import BlobMissing, ConfigError, FileError, PortalError
from portalkit.model import new_id
from portalkit.storage import Blob, FileStore, Readable
from portalkit.storage.base import is_key, limited, missing, stretch
from portalkit.storage.directory import DirectoryFiles

__all__ = ["StorageFiles", "storage_files"]

SPOOLED: Final = 1024 * 1024
"""How many bytes of an upload are kept in memory; the rest waits on the disk for the storage."""


def storage_files(alias: str) -> FileStore:
    """Return the file store on a storage of the project, by its alias in ``STORAGES``.

    Django's own storage on the local disk is written as `DirectoryFiles` does: bytes, name and directory are
    on the disk before the entry that names them.

    Raises:
        ConfigError: there is no such storage, or it cannot be made.
    """
    try:
        storage = storages[alias]
    except InvalidStorageError as error:
        raise ConfigError(
            "there is no such storage",
            remedy=f"Give STORAGES an alias {alias!r}, or name another in {written('STORAGE')}",
            alias=alias,
            cause=str(error),
        ) from error
    if type(storage) is FileSystemStorage:
        return DirectoryFiles(storage.location)
    return StorageFiles(storage)


class StorageFiles(FileStore):
    """A `FileStore` on any storage of Django; how durable it is, the storage says.

    A part of a file is read by ``seek`` and ``read``, never as a whole.

    Args:
        storage: keeps the bytes; names that are free must be kept as they are.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        key = f"{project}/{new_id()}"
        digest = hashlib.sha256()
        with SpooledTemporaryFile(SPOOLED) as spool:  # some storages look at a file twice
            for chunk in limited(stream, limit):
                digest.update(chunk)
                spool.write(chunk)
            size = spool.tell()
            spool.seek(0)
            try:
                self._save(key, File(spool))
            except BaseException:
                with suppress(Exception):  # the first error is the one to tell
                    self._storage.delete(key)
                raise
        return Blob(key, size, digest.hexdigest())

    def _save(self, key: str, content: File[bytes]) -> None:
        with _trouble(key):
            saved = self._storage.save(key, content)
            if saved != key:
                self._storage.delete(saved)
                raise FileError(
                    "the storage keeps files under other names than those it is given",
                    remedy="Use a storage that takes free names as they are",
                    key=key,
                    saved=saved,
                )

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        chunks = self._read(key, start, length)
        next(chunks)  # opens the file now: it raises here, and closing the iterator closes it
        return chunks

    def _read(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        """Yield nothing first, once the file is open, and then its bytes."""
        if not is_key(key):
            raise missing(key)
        with _trouble(key):
            file = self._storage.open(key, "rb")
        with file, _trouble(key):
            yield b""
            yield from stretch(file, start, length)

    def delete(self, key: str) -> None:
        if is_key(key):  # of anything else a storage might delete a folder
            with suppress(BlobMissing), _trouble():
                self._storage.delete(key)

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        for owner in [project] if project is not None else sorted(self._listed("")[0]):
            for name in sorted(self._listed(owner)[1]):
                key = f"{owner}/{name}"
                if is_key(key) and (older_than is None or self._is_older(key, older_than)):
                    yield key

    def _listed(self, folder: str) -> tuple[list[str], list[str]]:
        with suppress(BlobMissing), _trouble():
            return self._storage.listdir(folder)
        return [], []

    def _is_older(self, key: str, moment: int) -> bool:
        with suppress(BlobMissing), _trouble():
            saved = self._storage.get_modified_time(key)
            return (make_aware(saved) if is_naive(saved) else saved).timestamp() * 1000 < moment
        return False  # deleted meanwhile


@contextmanager
def _trouble(key: str = "") -> Iterator[None]:
    """Turn whatever a storage raises into our errors."""
    try:
        yield
    except PortalError:
        raise
    except (FileNotFoundError, SuspiciousOperation) as error:
        raise missing(key) from error
    except Exception as error:
        raise FileError(
            "the storage did not do its part",
            remedy="See that it can be reached and has room",
            cause=str(error),
        ) from error

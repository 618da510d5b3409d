"""A cache of rendered texts, bounded in bytes; the least recently used go first."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any
from weakref import WeakSet

__all__ = ["Bodies"]

_OVERHEAD = 400


class Bodies:
    """Keeps texts by key until an instant (UTC milliseconds) or until room is needed.

    Threads may share it, and a child forked meanwhile begins with nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._kept: OrderedDict[Hashable, tuple[int, str | bytes]] = OrderedDict()
        self._lock = Lock()
        _caches.add(self)

    def begin_anew(self) -> None:
        """Forget everything without waiting for anybody: in a child that was forked in the middle of it."""
        self._lock = Lock()
        self.clear()

    def get(self, key: Hashable, now: int) -> Any:
        """Return the text under a key, unless its time is over."""
        found = self._kept.get(key)
        if found is None or found[0] <= now:
            return None
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
        return found[1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._used = 0

    def put(self, key: Hashable, text: str | bytes, good_until: int) -> None:
        """Keep a text until ``good_until``; one that would need a tenth of the room is not kept."""
        size = _size(text)
        if size * 10 > self._limit:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self._used += size - (_size(old[1]) if old else 0)
            self._kept[key] = (good_until, text)
            while self._used > self._limit:
                _, (_, gone) = self._kept.popitem(last=False)
                self._used -= _size(gone)


# A thread that holds a lock while another one forks does not go on in the child, which would wait for ever.
_caches: WeakSet[Bodies] = WeakSet()


def _after_fork_in_child() -> None:
    for cache in list(_caches):
        cache.begin_anew()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _size(text: str | bytes) -> int:
    return sys.getsizeof(text) + _OVERHEAD

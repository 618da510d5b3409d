"""Stores on the standard library's SQLite: nothing to install, nothing to run beside the app.

Threads and processes of one machine may share a file.  Writers queue at a lock file beside it,
because SQLite itself makes them poll, and then some wait for seconds.  The files belong on a local
disk: neither SQLite's locks nor ours can be trusted on a network share.
"""

from __future__ import annotations

from .access import SQLiteAccessLog
from .store import SQLiteStore

__all__ = ["SQLiteAccessLog", "SQLiteStore"]

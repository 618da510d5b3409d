"""Ids: unique without asking anybody."""

from __future__ import annotations

import base64
import os
import time

__all__ = ["new_id"]


def new_id() -> str:
    """Return a fresh id: 26 lowercase base32 characters, 48 bits of milliseconds and 80 random.

    Nothing relies on the order of ids.
    """
    stamp = (time.time_ns() // 1_000_000) & 0xFFFFFFFFFFFF
    raw = stamp.to_bytes(6, "big") + os.urandom(10)
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()

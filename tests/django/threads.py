"""Threads of tests: each gives its connections up after a call, as a server's does after a request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


def closing_threads(cls: type[T]) -> type[T]:
    """Return a class whose calls from other threads close that thread's connections at their end."""

    def closing(name: str) -> Any:
        method = getattr(cls, name)

        @wraps(method)
        def run(*args: Any, **options: Any) -> Any:
            with request():
                return method(*args, **options)

        @contextmanager
        def hold(*args: Any) -> Iterator[None]:
            with request(), method(*args):
                yield

        return hold if name == "turn" else run

    names = [name for name, value in vars(cls).items() if callable(value) and name[0] != "_"]
    return type(cls.__name__, (cls,), {name: closing(name) for name in names})


@contextmanager
def request() -> Iterator[None]:
    """Close this thread's connections at the end, unless it is the main one or in a transaction."""
    try:
        yield
    finally:
        if threading.current_thread() is not threading.main_thread():
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:
                    connection.close()

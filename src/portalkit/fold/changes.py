"""What an entry changes in a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from portalkit.facts import Entry

__all__ = ["Changes", "mark_of", "put"]

Changes = dict[str, Any]
"""What an entry changes in a project, by attribute; the handler of its kind returns this."""


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_HasId)


def put(items: Mapping[str, _Item], value: _Item) -> dict[str, _Item]:
    return {**items, value.id: value}


def mark_of(entry: Entry) -> str:
    """Return what tells one state of a thing from another: the beginning of the entry's chain."""
    return entry.chain[:16]

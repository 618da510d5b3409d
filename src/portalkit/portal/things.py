"""Things and times as callers give them: by object or id, by instant or day."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol, TypeVar

from portalkit.errors import Invalid

__all__ = ["HasId", "Thing", "When", "derived_id", "id_of", "ids_of", "listed"]

T = TypeVar("T")


class HasId(Protocol):
    """Anything with an ``id``, such as a handle of a change, a milestone, a file, a person."""

    @property
    def id(self) -> str: ...


Thing = str | HasId
When = datetime | date | int | None


def id_of(thing: Thing) -> str:
    """Return the id of a thing that is given by itself or by its id."""
    return thing if isinstance(thing, str) else thing.id


def listed(values: Iterable[T], field: str) -> list[T]:
    """Return values as a list; raise `Invalid` for a single text, whose letters are no values."""
    if isinstance(values, str):
        raise Invalid("this must be a list", remedy="Pass [it]", field=field, value=values)
    return list(values)


def ids_of(things: Iterable[Thing], field: str) -> list[str]:
    """Return the ids of several things; raise `Invalid` for a single id."""
    return [id_of(thing) for thing in listed(things, field)]


def derived_id(*parts: str) -> str:
    """Return an id that is always the same for the same parts, and like any other to look at."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return base64.b32encode(digest[:16]).decode("ascii").rstrip("=").lower()

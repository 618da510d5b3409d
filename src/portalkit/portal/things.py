"""Things and times as callers give them: by object or id, by instant or day."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from portalkit.errors import Invalid

__all__ = ["HasId", "Thing", "When", "derived_id", "id_of", "ids_of", "listed", "pairs"]

T = TypeVar("T")


class HasId(Protocol):
    """Anything with an ``id``, such as a handle of a change, a milestone, a file, a person."""

    @property
    def id(self) -> str: ...


Thing = str | HasId
When = datetime | date | int | None


def id_of(thing: Thing) -> str:
    """Return the id of a thing that is given by itself or by its id; raise `Invalid` for what has none."""
    id = thing if isinstance(thing, str) else getattr(thing, "id", None)
    if not isinstance(id, str):
        raise Invalid(
            "this is no thing of a project",
            remedy="Pass the thing itself, the handle that made it, or its id",
            field="id",
            value=thing,
        )
    return id


def listed(values: Iterable[T], field: str) -> list[T]:
    """Return values as a list; raise `Invalid` for one alone, such as a text, whose letters are no values."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise Invalid("this must be a list", remedy="Pass [it]", field=field, value=values)
    return list(values)


def ids_of(things: Iterable[Thing], field: str) -> list[str]:
    """Return the ids of several things; raise `Invalid` for a single id."""
    return [id_of(thing) for thing in listed(things, field)]


def pairs(values: Iterable[tuple[str, T]], field: str) -> list[tuple[str, T]]:
    """Return pairs as a list; raise `Invalid` for what is none."""
    found: list[Any] = listed(values, field)
    for value in found:
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
            raise Invalid(
                "this must be a list of pairs",
                remedy="Pass [(..., ...)]",
                field=field,
                value=value,
            )
    return found


def derived_id(*parts: str) -> str:
    """Return an id that is always the same for the same parts, and like any other to look at."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return base64.b32encode(digest[:16]).decode("ascii").rstrip("=").lower()

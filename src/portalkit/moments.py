"""Instants and days: UTC milliseconds inside, days as whole days of a time zone."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from portalkit.errors import Invalid

__all__ = [
    "as_day",
    "as_deadline",
    "as_instant",
    "at_hour",
    "day_of",
    "end_of_day",
    "local",
    "now",
    "start_of_day",
    "zone_of",
]


def now() -> int:
    """Return the current instant in UTC milliseconds: the default clock of a portal."""
    return time.time_ns() // 1_000_000


@lru_cache(maxsize=128)
def zone_of(name: str) -> ZoneInfo:
    """Return the named IANA time zone.

    Raises:
        Invalid: there is no such zone; use a name such as ``Europe/Berlin``.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(
            "unknown time zone",
            remedy="Use an IANA name such as 'Europe/Berlin'",
            field="zone",
            value=name,
        ) from error


def local(instant: int, zone: str) -> datetime:
    """Return an instant (UTC milliseconds) as wall-clock time in a zone."""
    return datetime.fromtimestamp(instant / 1000, zone_of(zone))


@lru_cache(maxsize=4096)
def day_of(instant: int, zone: str) -> date:
    """Return the day on which an instant (UTC milliseconds) falls in a zone."""
    return local(instant, zone).date()


def start_of_day(day: date, zone: str) -> int:
    """Return the instant (UTC milliseconds) at which a day begins in a zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone))
    return int(midnight.timestamp() * 1000)


@lru_cache(maxsize=4096)
def end_of_day(day: date, zone: str) -> int:
    """Return the instant (UTC milliseconds) at which a day is over in a zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)) + timedelta(days=1)
    return int(midnight.timestamp() * 1000)


@lru_cache(maxsize=4096)
def at_hour(day: date, hour: int, zone: str) -> int:
    """Return the instant (UTC milliseconds) at which the clocks of a zone strike an hour of a day."""
    struck = datetime(day.year, day.month, day.day, hour, tzinfo=zone_of(zone))
    return int(struck.timestamp() * 1000)


def as_day(value: object, field: str) -> date | None:
    """Return a day, or ``None`` if none is given.

    Raises:
        Invalid: anything else, a datetime too: a day is a whole day of the project's time zone.
    """
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime) and value.year in _YEARS:
        return value
    raise Invalid(
        "this is no day",
        remedy="Pass a datetime.date of the years 2 to 9998",
        field=field,
        value=value,
    )


def as_instant(value: object, zone: str, field: str) -> int | None:
    """Return when something happened: UTC milliseconds of an aware datetime, or of a day's beginning.

    Raises:
        Invalid: the datetime is naive (give it a ``tzinfo``), an integer looks like seconds, or the value
            is no instant at all.
    """
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime) and value.year in _YEARS:
        return start_of_day(value, zone)
    instant = _milliseconds(value, field)
    if instant is None or instant not in _INSTANTS:
        raise Invalid(
            "this is no instant",
            remedy="Pass an aware datetime, a date, or UTC milliseconds, of the years 2 to 9998",
            field=field,
            value=value,
        )
    return instant


def as_deadline(value: object, zone: str, field: str) -> int | None:
    """Return when something ends: UTC milliseconds of an aware datetime, or of a day's end.

    Raises:
        Invalid: as `as_instant`.
    """
    if isinstance(value, date) and not isinstance(value, datetime) and value.year in _YEARS:
        return end_of_day(value, zone)
    return as_instant(value, zone, field)


def _milliseconds(value: object, field: str) -> int | None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Invalid(
                "a datetime without time zone is ambiguous",
                remedy="Pass an aware datetime, for instance datetime.now(UTC)",
                field=field,
                value=value.isoformat(),
            )
        return _instant_of(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    if abs(value) < _LIKE_SECONDS:
        raise Invalid(
            "this looks like seconds",
            remedy="Pass an aware datetime, or multiply by 1000: an integer is UTC milliseconds",
            field=field,
            value=value,
        )
    return value


def _instant_of(value: datetime) -> int:
    return (value - _EPOCH) // timedelta(milliseconds=1)


_LIKE_SECONDS: Final = 10**11
"""Below this an integer is no millisecond that anybody means (1973), but seconds of the next 3,000 years."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Some hours away, in another zone, there must still be a date.
_YEARS: Final = range(2, 9999)
_INSTANTS: Final = range(
    _instant_of(datetime(_YEARS.start, 1, 1, tzinfo=UTC)),
    _instant_of(datetime(_YEARS.stop, 1, 1, tzinfo=UTC)),
)

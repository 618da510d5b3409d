"""Instants and days: a day is a whole day of a zone, however long it is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import Invalid
from portalkit.moments import (
    as_day,
    as_deadline,
    as_instant,
    day_of,
    end_of_day,
    local,
    now,
    start_of_day,
)

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
]
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("day", "zone", "end", "hours"),
    [
        pytest.param(date(2026, 3, 28), "Europe/Berlin", "2026-03-28T23:00", 24, id="the day before"),
        pytest.param(date(2026, 3, 29), "Europe/Berlin", "2026-03-29T22:00", 23, id="Berlin, spring"),
        pytest.param(date(2026, 10, 25), "Europe/Berlin", "2026-10-25T23:00", 25, id="Berlin, autumn"),
        pytest.param(date(2026, 3, 8), "America/New_York", "2026-03-09T04:00", 23, id="New York, spring"),
        pytest.param(date(2026, 11, 1), "America/New_York", "2026-11-02T05:00", 25, id="New York, autumn"),
        pytest.param(date(2026, 10, 4), "Australia/Lord_Howe", "2026-10-04T13:00", 23.5, id="half an hour"),
        pytest.param(date(2018, 11, 3), "America/Sao_Paulo", "2018-11-04T03:00", 24, id="before a day without midnight"),
        pytest.param(date(2018, 11, 4), "America/Sao_Paulo", "2018-11-05T02:00", 23, id="a day without midnight"),
        pytest.param(date(2026, 4, 23), "Africa/Cairo", "2026-04-23T22:00", 24, id="before Cairo's spring"),
        pytest.param(date(2026, 4, 24), "Africa/Cairo", "2026-04-24T21:00", 23, id="Cairo, spring"),
        pytest.param(date(2026, 10, 29), "Africa/Cairo", "2026-10-29T22:00", 25, id="Cairo, autumn"),
        pytest.param(date(2026, 11, 1), "America/Havana", "2026-11-02T05:00", 25, id="a day with two midnights"),
        pytest.param(date(2026, 10, 31), "America/Havana", "2026-11-01T04:00", 24, id="ends at the first midnight"),
        pytest.param(date(2011, 12, 29), "Pacific/Apia", "2011-12-30T10:00", 24, id="before a skipped day"),
        pytest.param(date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00", 0, id="a skipped day"),
        pytest.param(date(2011, 12, 31), "Pacific/Apia", "2011-12-31T10:00", 24, id="after a skipped day"),
    ],
)  # fmt: skip
def test_a_day_ends_at_the_midnight_of_its_zone(
    day: date, zone: str, end: str, hours: float
) -> None:
    found = end_of_day(day, zone)
    assert found == datetime.fromisoformat(f"{end}+00:00").timestamp() * 1000
    assert found - end_of_day(day - timedelta(days=1), zone) == hours * HOUR


@given(st.dates(date(2012, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
@settings(max_examples=300)
def test_the_last_moment_of_a_day_falls_on_it_and_the_next_does_not(day: date, zone: str) -> None:
    end = end_of_day(day, zone)
    assert day_of(end - 1, zone) == day
    assert day_of(end, zone) == day + timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2011, 2018, 2026])
def test_every_moment_of_a_year_falls_on_a_day_that_is_not_over(zone: str, year: int) -> None:
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    for at in range(start, start + 366 * 24 * HOUR, 7 * HOUR):
        assert at < end_of_day(day_of(at, zone), zone)
        assert at >= end_of_day(day_of(at, zone) - timedelta(days=1), zone)


def test_an_instant_is_shown_as_the_clocks_of_the_zone_show_it() -> None:
    instant = int(datetime(2026, 7, 1, 22, 30, tzinfo=UTC).timestamp() * 1000)
    assert local(instant, "Europe/Berlin").isoformat() == "2026-07-02T00:30:00+02:00"
    assert day_of(instant, "Europe/Berlin") == date(2026, 7, 2)


# -- what comes in ------------------------------------------------------------------------------


@given(
    st.integers(-62_000_000_000_000, 250_000_000_000_000),
    st.integers(-23 * 60, 23 * 60),
    st.integers(0, 999),
)
@settings(max_examples=150)
def test_a_datetime_is_the_same_millisecond_in_whatever_zone_it_is_given(
    instant: int, minutes: int, microseconds: int
) -> None:
    value = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=instant, microseconds=microseconds
    )
    moved = value.astimezone(timezone(timedelta(minutes=minutes)))
    assert as_instant(moved, "UTC", "happened") == instant


def test_an_instant_may_be_given_as_milliseconds_a_day_or_not_at_all() -> None:
    assert as_instant(1_700_000_000_000, "UTC", "happened") == 1_700_000_000_000
    assert as_instant(None, "UTC", "happened") is None
    day = date(2026, 3, 29)
    assert as_instant(day, "Europe/Berlin", "happened") == start_of_day(day, "Europe/Berlin")
    assert day_of(start_of_day(day, "Europe/Berlin"), "Europe/Berlin") == day


def test_a_deadline_on_a_day_is_its_end() -> None:
    day = date(2026, 3, 29)
    assert as_deadline(day, "Europe/Berlin", "expires") == end_of_day(day, "Europe/Berlin")
    assert as_deadline(1_700_000_000_000, "UTC", "expires") == 1_700_000_000_000
    assert as_deadline(None, "UTC", "expires") is None
    with pytest.raises(Invalid):
        as_deadline(date.max, "UTC", "expires")


@pytest.mark.parametrize(
    "value",
    [
        *(datetime(2026, 1, 1), datetime.max, 2**53, -(2**53), 1.5, "2026-01-01", object(), 0, -1),
        *(date.max, date.min, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_what_is_no_instant_or_out_of_reach_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        as_instant(value, "UTC", "happened")


@pytest.mark.parametrize("day", [date(2, 1, 1), date(9998, 12, 31)])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_end_of_every_day_that_is_taken_can_be_shown_everywhere(day: date, zone: str) -> None:
    assert as_day(day, "due") == day
    for shown in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert local(end_of_day(day, zone), shown)


@pytest.mark.parametrize(
    "value", [date.max, date.min, datetime(2026, 1, 1), "2026-01-01", 20260101, 0, ""]
)
def test_what_is_no_day_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        as_day(value, "due")
    assert refusal.value.evidence == {"field": "due", "value": value}


def test_no_day_is_no_day() -> None:
    assert as_day(None, "due") is None


def test_the_default_clock_counts_utc_milliseconds() -> None:
    assert abs(now() - datetime.now(UTC).timestamp() * 1000) < 60_000

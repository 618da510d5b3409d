"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["FixedClock"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class FixedClock:
    """A clock for tests: calling it gives the UTC milliseconds at which it stands.

    Args:
        now: where it starts, an aware datetime; a Monday morning if nothing is said.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)) -> None:
        self.set(now)

    def __call__(self) -> int:
        """Return the UTC milliseconds."""
        return self._now

    def date(self, *, days: float = 0) -> datetime:
        """Return where it stands, or some days later, as an aware datetime.

        Args:
            days: how many days later.
        """
        return _EPOCH + timedelta(milliseconds=self._now, days=days)

    def set(self, now: datetime) -> None:
        """Put the clock to another instant, also an earlier one.

        Args:
            now: an aware datetime.
        """
        self._now = (now - _EPOCH) // _MILLISECOND

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Move the clock on; negative values turn it back.

        Args:
            seconds: how many.
            days: how many.
        """
        self._now += timedelta(days=days, seconds=seconds) // _MILLISECOND

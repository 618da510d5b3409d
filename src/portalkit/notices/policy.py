"""What a portal tells people of, and at what hours: the part of notices that a host decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from attrs import field, frozen

from portalkit.errors import ConfigError, Invalid
from portalkit.facts import KINDS
from portalkit.model import Reminders
from portalkit.moments import at_hour, local
from portalkit.rules import checked_reminders

__all__ = ["OTHER_KINDS", "Policy"]

OTHER_KINDS: Final = ("reminder", "digest", "catch_up")
"""Kinds of notices that no single fact causes."""

_HOURS: Final = range(1, 24)


def _kinds(off: Iterable[str]) -> frozenset[str]:
    known = {*KINDS, *OTHER_KINDS}
    if not isinstance(off, (list, tuple, set, frozenset)):
        raise ConfigError(
            "kinds of notices stand in a list", remedy='Write ["reminder"], for instance', off=off
        )
    for kind in off:
        if not isinstance(kind, str) or kind not in known:
            raise ConfigError(
                "there is no such kind of notice",
                remedy=f"There are {', '.join(sorted(known))}",
                kind=kind,
            )
    return frozenset(off)


@frozen(kw_only=True)
class Policy:
    """What people are told, and when what has time is sent.

    Attributes:
        off: kinds of which nobody is told: kinds of facts, ``reminder``, ``digest`` or ``catch_up``.
        reminders: when people are reminded of what has no schedule of its own; ``None`` for never.
        opens: the hour from which reminders are sent, in the recipient's zone.
        closes: the hour from which neither reminders nor digests are sent.
        digest_hour: the hour from which digests are sent.
        rest_days: days of the week without reminders and digests; Monday is 0.
        at_most: of so many things people are told one by one; if more wait at once, in one message.

    Raises:
        ConfigError: there is no such kind, hour or day, or a number of the reminders is unusable.
    """

    off: frozenset[str] = field(default=frozenset(), converter=_kinds)
    reminders: Reminders | None = field(factory=Reminders)
    opens: int = 9
    closes: int = 18
    digest_hour: int = 8
    rest_days: frozenset[int] = field(default=frozenset({5, 6}), converter=frozenset)
    at_most: int = 5

    def __attrs_post_init__(self) -> None:
        try:
            checked_reminders(self.reminders)
        except Invalid as error:
            raise ConfigError(
                error.problem, remedy=error.remedy, reminders=self.reminders
            ) from error
        _only("hour", (self.opens, self.closes, self.digest_hour), set(_HOURS))
        _only("day of the week", self.rest_days, set(range(7)))
        if max(self.opens, self.digest_hour) >= self.closes or len(self.rest_days) == 7:
            raise ConfigError(
                "nothing could ever be sent",
                remedy="Leave hours between opening and closing, and a day that is no rest day",
                opens=self.opens,
                closes=self.closes,
                digest_hour=self.digest_hour,
            )

    def working_day(self, day: date) -> date:
        """Return the day itself, or the first one after it that is no rest day.

        Args:
            day: any day.
        """
        while day.weekday() in self.rest_days:
            day += timedelta(days=1)
        return day

    def open_from(self, instant: int, opens: int, zone: str) -> int:
        """Return the first instant from one on that is neither at a quiet hour nor on a rest day.

        Args:
            instant: UTC milliseconds.
            opens: the hour at which quiet hours end.
            zone: whose hours and days are meant.
        """
        there = local(instant, zone)
        day = self.working_day(there.date())
        if day != there.date() or there.hour < opens:
            return at_hour(day, opens, zone)
        if there.hour < self.closes:
            return instant
        return at_hour(self.working_day(day + timedelta(days=1)), opens, zone)


def _only(what: str, given: Iterable[int], known: set[int]) -> None:
    for value in given:
        if value not in known:
            raise ConfigError(
                f"there is no such {what}", remedy="Correct the policy of notices", value=value
            )

"""Words, days and times in a person's language and time zone.

Every text of portalkit is a message id in English, translated by compiled gettext catalogues; month
names, date patterns and separators are messages too, so a language is one catalogue and nothing else.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from attrs import frozen

from portalkit.model import (
    ApprovalState,
    FileState,
    LinkState,
    MilestoneStatus,
    NoticeMode,
    Outcome,
    ProjectStatus,
    QuestionState,
    RecapSource,
    RequestState,
    Scope,
)
from portalkit.moments import day_of, end_of_day, local, start_of_day

__all__ = ["Language", "Languages"]

DOMAIN: Final = "portalkit"
SHIPPED: Final = Path(__file__).parent / "locale"


def N_(message: str) -> str:
    """Mark a message for extraction; it is translated where it is used."""
    return message


def _C(context: str, message: str) -> str:
    return message


MONTHS: Final = (
    _C("month", "January"),
    _C("month", "February"),
    _C("month", "March"),
    _C("month", "April"),
    _C("month", "May"),
    _C("month", "June"),
    _C("month", "July"),
    _C("month", "August"),
    _C("month", "September"),
    _C("month", "October"),
    _C("month", "November"),
    _C("month", "December"),
)
SHORT_MONTHS: Final = (
    _C("short month", "Jan"),
    _C("short month", "Feb"),
    _C("short month", "Mar"),
    _C("short month", "Apr"),
    _C("short month", "May"),
    _C("short month", "Jun"),
    _C("short month", "Jul"),
    _C("short month", "Aug"),
    _C("short month", "Sep"),
    _C("short month", "Oct"),
    _C("short month", "Nov"),
    _C("short month", "Dec"),
)
WEEKDAYS: Final = (
    _C("short weekday", "Mon"),
    _C("short weekday", "Tue"),
    _C("short weekday", "Wed"),
    _C("short weekday", "Thu"),
    _C("short weekday", "Fri"),
    _C("short weekday", "Sat"),
    _C("short weekday", "Sun"),
)
ZONES: Final = (
    _C("time zone", "WET"),
    _C("time zone", "WEST"),
    _C("time zone", "CET"),
    _C("time zone", "CEST"),
    _C("time zone", "EET"),
    _C("time zone", "EEST"),
)
"""Abbreviations that some languages spell their own way; all others stay as they are."""

UNITS: Final = (
    _C("file size", "{number} B"),
    _C("file size", "{number} KB"),
    _C("file size", "{number} MB"),
    _C("file size", "{number} GB"),
)
NUMBERS: Final = (
    N_("Two"),
    N_("Three"),
    N_("Four"),
    N_("Five"),
    N_("Six"),
    N_("Seven"),
    N_("Eight"),
    N_("Nine"),
)
LABELS: Final = {
    Outcome.APPROVED: N_("Approved"),
    Outcome.APPROVED_WITH_CHANGES: N_("Approved with changes"),
    Outcome.CHANGES_REQUESTED: N_("Changes requested"),
    Outcome.DECLINED: N_("Declined"),
    Outcome.ABSTAINED: N_("Abstained"),
    MilestoneStatus.PLANNED: N_("Planned"),
    MilestoneStatus.IN_PROGRESS: N_("In progress"),
    MilestoneStatus.COMPLETED: N_("Completed"),
    ProjectStatus.ACTIVE: N_("Active"),
    ProjectStatus.ON_HOLD: N_("On hold"),
    ProjectStatus.COMPLETED: N_("Completed"),
    ProjectStatus.ARCHIVED: N_("Archived"),
    FileState.DRAFT: N_("Draft"),
    FileState.FINAL: N_("Final"),
    ApprovalState.OPEN: N_("Open"),
    ApprovalState.CLOSED: N_("Closed"),
    ApprovalState.SUPERSEDED: N_("Superseded"),
    ApprovalState.VOID: N_("Called off"),
    QuestionState.ANSWERED: N_("Answered"),
    RecapSource.PAGE: N_("On the page"),
    RecapSource.MAIL: N_("By mail"),
    RecapSource.CALL: N_("By telephone"),
    RecapSource.CHAT: N_("In a chat"),
    RecapSource.MEETING: N_("In a meeting"),
    RequestState.FULFILLED: N_("Fulfilled"),
    RequestState.WITHDRAWN: N_("Withdrawn"),
    LinkState.ACTIVE: N_("Active"),
    LinkState.EXPIRED: N_("Expired"),
    LinkState.REVOKED: N_("Revoked"),
    NoticeMode.ALL: N_("Everything, as it happens"),
    NoticeMode.DECISIONS: N_("Only what needs me or answers me"),
    NoticeMode.DAILY: N_("A summary each day"),
    NoticeMode.WEEKLY: N_("A summary each week"),
    Scope.VIEW: N_("View"),
    Scope.DOWNLOAD: N_("Download"),
    Scope.UPLOAD: N_("Upload"),
    Scope.COMMENT: N_("Comment"),
    Scope.DECIDE: N_("Decide"),
}


@frozen(eq=False)
class Language:
    """One language and time zone: the only place where values become words.

    Args:
        locale: the language tag of the catalogue, for the page's ``lang``.
        zone: IANA name of the time zone in which days and times are told.
        catalogue: the translations.
        due_zone: IANA name of the project's time zone: by when something is wanted is a day there.
    """

    locale: str
    zone: str
    catalogue: gettext.NullTranslations
    due_zone: str

    # -- texts ----------------------------------------------------------------------------------

    def text(self, message: str, /, **values: object) -> str:
        """Return a message in this language, with ``{name}`` replaced by values."""
        translated = self.catalogue.gettext(message)
        return translated.format(**values) if values else translated

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Return the form of a message that fits a count; ``{count}`` is the number."""
        return self.catalogue.ngettext(one, many, count).format(count=count, **values)

    def context(self, context: str, message: str, /, **values: object) -> str:
        """Return a message that means different things in different contexts."""
        translated = self.catalogue.pgettext(context, message)
        return translated.format(**values) if values else translated

    def label(self, value: object) -> str:
        """Return the name of an outcome, a status, a state, a scope or a mode of notices."""
        return self.text(LABELS[value])  # type: ignore[index]

    @property
    def direction(self) -> str:
        """The writing direction, ``ltr`` or ``rtl``."""
        return self.context("writing direction: ltr or rtl", "ltr")

    def listed(self, names: Sequence[str]) -> str:
        """Return names as a list in words: ``A``, ``A and B``, ``A, B and C``."""
        if len(names) < 2:
            return "".join(names)
        separator = self.context("list separator", ", ")
        return self.text("{first} and {last}", first=separator.join(names[:-1]), last=names[-1])

    def count(self, number: int) -> str:
        """Return a small number as a word with a capital, a larger one in digits."""
        if 2 <= number <= 9:
            return self.text(NUMBERS[number - 2])
        return str(number)

    def size(self, size: int) -> str:
        """Return a size in bytes for people: ``640 KB``, ``2.4 MB``."""
        value, unit = float(size), 0
        while value >= 999.5 and unit < len(UNITS) - 1:
            value, unit = value / 1000, unit + 1
        digits = f"{value:.1f}" if value < 9.95 and unit > 1 else f"{value:.0f}"
        digits = digits.replace(".", self.context("decimal separator", "."))
        return self.context("file size", UNITS[unit], number=digits)

    def span(self, milliseconds: int) -> str:
        """Return how long something took, in the one unit that fits: ``40 minutes``, ``3 days``."""
        minutes = max(1, round(milliseconds / 60_000))
        if minutes < 90:
            return self.plural("1 minute", "{count} minutes", minutes)
        hours = round(minutes / 60)
        if hours < 36:
            return self.plural("1 hour", "{count} hours", hours)
        return self.plural("1 day", "{count} days", round(hours / 24))

    # -- days and times -------------------------------------------------------------------------

    def local(self, instant: int) -> datetime:
        """Return an instant (UTC milliseconds) as wall-clock time here."""
        return local(instant, self.zone)

    def today(self, now: int) -> date:
        """Return the day that it is here at an instant."""
        return day_of(now, self.zone)

    def midnight_after(self, now: int) -> int:
        """Return the instant at which the day of ``now`` is over, here or where the project is."""
        return min(end_of_day(day_of(now, zone), zone) for zone in (self.zone, self.due_zone))

    def day(self, value: date | int, now: int) -> str:
        """Return a day in short: ``Fri 28 Nov``, with the year when it is another one."""
        day = self._day_of(value) if isinstance(value, int) else value
        return _day(self, day, day.year == self.today(now).year)

    def short_day(self, value: date, now: int) -> str:
        """Return a day where there is little room: ``28 Nov``, with the year when it is another one."""
        pattern = self.context("very short day", "{day} {month}")
        if value.year != self.today(now).year:
            pattern = self.context("short day with year", "{day} {month} {year}")
        month = self.context("short month", SHORT_MONTHS[value.month - 1])
        return pattern.format(day=value.day, month=month, year=value.year)

    def long_day(self, value: date | int, now: int) -> str:
        """Return a day in a sentence: ``30 October``, with the year when it is another one."""
        day = self._day_of(value) if isinstance(value, int) else value
        pattern = self.context("day in a sentence", "{day} {month}")
        if day.year != self.today(now).year:
            pattern = self.context("day in a sentence with year", "{day} {month} {year}")
        month = self.context("month", MONTHS[day.month - 1])
        return pattern.format(day=day.day, month=month, year=day.year)

    def moment(self, instant: int, now: int) -> str:
        """Return a day and time with its zone: ``Mon 23 Nov, 16:40 CET``.

        What begins with a day of the project is that day alone: nobody gave a time.
        """
        return _moment(self, instant, self.today(instant).year == self.today(now).year)

    def _day_of(self, instant: int) -> date:
        return _day_given(instant, self.due_zone) or self.today(instant)

    def iso(self, instant: int) -> str:
        """Return an instant for machines, with its offset."""
        return _iso(self, instant)

    def over(self, day: date, now: int) -> bool:
        """Return whether a day is over where the project is, wherever the reader is."""
        return day < day_of(now, self.due_zone)

    def due(self, day: date, now: int) -> str:
        """Return when something is wanted: ``Due today``, ``Overdue since Fri 28 Nov``.

        It is a day of the project, and so is today: wherever it is read, it is late when it is over there.
        """
        distance = (day - day_of(now, self.due_zone)).days
        if distance == 0:
            return self.text("Due today")
        if distance == 1:
            return self.text("Due tomorrow")
        if distance == -1:
            return self.text("Due yesterday")
        shown = self.day(day, now)
        if distance < 0:
            return self.text("Overdue since {day}", day=shown)
        return self.text("Due {day}", day=shown)


# The same days and times stand on many pages, so they are put into words once.


@lru_cache(maxsize=4096)
def _day(say: Language, day: date, this_year: bool) -> str:
    pattern = (
        say.context("short day", "{weekday} {day} {month}")
        if this_year
        else say.context("short day with year", "{day} {month} {year}")
    )
    return pattern.format(
        weekday=say.context("short weekday", WEEKDAYS[day.weekday()]),
        day=day.day,
        month=say.context("short month", SHORT_MONTHS[day.month - 1]),
        year=day.year,
    )


@lru_cache(maxsize=4096)
def _day_given(instant: int, zone: str) -> date | None:
    """The day that begins at an instant: what somebody enters for a day stands at its beginning."""
    day = day_of(instant, zone)
    return day if start_of_day(day, zone) == instant else None


@lru_cache(maxsize=4096)
def _moment(say: Language, instant: int, this_year: bool) -> str:
    given = _day_given(instant, say.due_zone)
    if given is not None:
        return _day(say, given, this_year)
    when = say.local(instant)
    return say.context(
        "day and time",
        "{day}, {time} {zone}",
        day=_day(say, when.date(), this_year),
        time=f"{when:%H:%M}",
        zone=say.context("time zone", _zone_name(when)),
    )


@lru_cache(maxsize=4096)
def _iso(say: Language, instant: int) -> str:
    return say.local(instant).isoformat(timespec="seconds")


def _zone_name(when: datetime) -> str:
    name = when.tzname() or "UTC"
    return f"UTC{name}" if name[:1] in "+-" else name


class Languages:
    """Finds the catalogue that fits a language tag best.

    Args:
        folders: more folders with ``<language>/LC_MESSAGES/portalkit.mo``, asked before the shipped one;
            what a catalogue does not say, a later one may.
    """

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        self._folders = [*map(Path, folders), SHIPPED]
        self._find = lru_cache(maxsize=64)(self._load)
        self._choose = lru_cache(maxsize=512)(self._chosen)

    def choose(self, wanted: Sequence[str], zone: str, due_zone: str = "") -> Language:
        """Return the first wanted language that there is, else English.

        Args:
            wanted: language tags, the best first.
            zone: the time zone in which days and times are told.
            due_zone: the time zone of the project, where that is another one.
        """
        return self._choose(tuple(wanted), zone, due_zone or zone)

    def _chosen(self, wanted: tuple[str, ...], zone: str, due_zone: str) -> Language:
        names = (name for tag in (*wanted, "en") for name in _spellings(tag))
        found = ((name, self._find(name)) for name in names)
        return next(
            Language(name, zone, texts, due_zone) for name, texts in found if texts is not None
        )

    def _load(self, name: str) -> gettext.NullTranslations | None:
        found = gettext.NullTranslations() if name == "en" else None
        for folder in reversed(self._folders):
            path = folder / name.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.mo"
            if path.is_file():
                with path.open("rb") as file:
                    catalogue = gettext.GNUTranslations(file)
                if found is not None:
                    catalogue.add_fallback(found)
                found = catalogue
        return found


_TAG: Final = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}")


def _spellings(tag: str) -> list[str]:
    """Return a tag and its shorter forms: ``de-AT``, ``de``; nothing for what is no tag."""
    if not _TAG.fullmatch(tag):
        return []
    language, *rest = tag.replace("_", "-").split("-")
    parts = [language.lower(), *(part.upper() if len(part) == 2 else part for part in rest)]
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]

"""Rules of notices: what people choose to be told, when and who is reminded, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve

from portalkit import clean
from portalkit.errors import Invalid, NotAllowed, Outdated, OverQuota
from portalkit.facts import Entry, Line, NoticesBounced, NoticesChosen, NoticesSent, ReminderNudged
from portalkit.model import (
    Approval,
    ApprovalState,
    FileRequest,
    NoticeMode,
    Project,
    Reminders,
    Sending,
)
from portalkit.rules.finding import find_present

__all__ = [
    "CHOICES_A_DAY",
    "came_back",
    "checked_reminders",
    "choices_left",
    "choose_notices",
    "find_sending",
    "nudge",
]

LONGEST: Final = 366
"""Days that may lie between a request and a reminder."""


CHOICES_A_DAY: Final = 20
"""How often one person may choose anew within 24 hours."""


def choices_left(entries: Iterable[Entry], *, person: str, since: int) -> int:
    """Return how often a person may still choose, after the choices they have made since an instant."""
    chosen = [e for e in entries if e.at > since and isinstance(e.fact, NoticesChosen)]
    return max(0, CHOICES_A_DAY - sum(e.actor == person for e in chosen))


def choose_notices(
    project: Project, person: str, mode: NoticeMode | str, *, left: int = 1
) -> list[Line]:
    """Choose what a person is told by mail; what needs their decision comes in every mode."""
    find_present(project, person)
    chosen = clean.choice(NoticeMode, mode, "mode")
    if chosen is project.subscription_of(person).mode:
        return []
    if left < 1:
        raise OverQuota(
            "this person has chosen as often as they may within 24 hours",
            remedy="Choose again tomorrow",
            choices=CHOICES_A_DAY,
        )
    return [Line(NoticesChosen(chosen), subject=person)]


def find_sending(entries: Iterable[Entry], message: str) -> Sending | None:
    """Return an attempt to send a message that is on record, or ``None`` if none is."""
    facts = (entry.fact for entry in entries)
    sent = (sending for fact in facts if isinstance(fact, NoticesSent) for sending in fact.sent)
    return next((sending for sending in sent if sending.id == message), None)


def came_back(
    project: Project, entries: Iterable[Entry], sending: Sending, problem: object
) -> list[Line]:
    """Note that a message came back: once, and only as long as its recipient was not forgotten."""
    person = project.people.get(sending.person)
    if person is None or person.redacted:
        return []
    facts = (entry.fact for entry in entries)
    if any(isinstance(fact, NoticesBounced) and fact.message == sending.id for fact in facts):
        return []
    return [Line(NoticesBounced(sending.id, clean.mail_problem(problem)), subject=person.id)]


def nudge(
    project: Project, asked: Approval | FileRequest, people: Sequence[str] | None = None
) -> list[Line]:
    """Remind people at once of what they were asked for; everybody it waits for if nobody is named."""
    waiting = _waited_for(asked)
    named = tuple(dict.fromkeys(waiting if people is None else people))
    for id in named:
        find_present(project, id)
        if id not in waiting:
            raise NotAllowed(
                "nothing is awaited from this person",
                remedy="Name people who were asked and have not answered",
                person=id,
            )
    if not named:
        raise Invalid("somebody must be reminded", remedy="Name people", field="people")
    fact = ReminderNudged(named, asked.title)
    return [Line(fact, milestone=asked.milestone, subject=asked.id)]


def _waited_for(asked: Approval | FileRequest) -> tuple[str, ...]:
    if isinstance(asked, Approval):
        is_open, people = asked.state is ApprovalState.OPEN, asked.waiting_for
    else:
        is_open, people = asked.ended_at is None, asked.people
    if not is_open:
        raise Outdated(
            "this request is no longer open", remedy="Look at what became of it", request=asked.id
        )
    return people


def _whole(number: object, least: int) -> bool:
    return type(number) is int and least <= number <= LONGEST


def checked_reminders(reminders: object) -> Reminders | None:
    """Return a schedule of reminders with its days in order; ``None`` stands for the portal's own.

    Raises:
        Invalid: it is none, or a number in it is not whole, below one, or out of reach.
    """
    if reminders is None:
        return None
    if not isinstance(reminders, Reminders) or not all(
        isinstance(days, (tuple, list)) for days in (reminders.before, reminders.after)
    ):
        raise Invalid(
            "this is no schedule of reminders",
            remedy="Pass Reminders(...), in which before and after are tuples",
            field="reminders",
            value=reminders,
        )
    days = [day for day in (reminders.first, reminders.every) if day is not None]
    if not all(_whole(day, 1) for day in (*days, *reminders.before, *reminders.after)):
        raise Invalid(
            "a reminder comes whole days before or after",
            remedy=f"Give numbers of days from 1 to {LONGEST}",
            field="reminders",
            value=reminders,
        )
    if not _whole(reminders.most, 0):
        raise Invalid(
            "so many reminders are too many",
            remedy=f"Give at most {LONGEST}",
            field="reminders",
            most=reminders.most,
        )
    return evolve(
        reminders,
        before=tuple(sorted(set(reminders.before), reverse=True)),
        after=tuple(sorted(set(reminders.after))),
    )

"""Reminders: the days on which people are reminded, from the request, its schedule and the log alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from portalkit.model import (
    Approval,
    ApprovalState,
    FileRequest,
    Person,
    Project,
    ProjectStatus,
    Reminders,
    Scope,
)
from portalkit.moments import at_hour, day_of
from portalkit.notices.policy import Policy

__all__ = ["asked_of", "awaited", "next_day", "next_reminder"]


def asked_of(project: Project, person: Person) -> Iterator[Approval | FileRequest]:
    """Yield the open requests that wait for a person who may answer them, the oldest first.

    Nobody is reminded of what their link does not let them do, or what they cannot see.
    """
    link = project.link_of(person.id)
    scopes = link.scopes if link else frozenset()
    hidden = {milestone.id for milestone in project.milestones.values() if milestone.internal}
    if Scope.DECIDE in scopes:
        for approval in project.approvals.values():
            if approval.milestone not in hidden and person.id in approval.waiting_for:
                yield approval
    if Scope.UPLOAD in scopes:
        for request in project.requests.values():
            if request.milestone not in hidden and person.id in request.people:
                yield request


def awaited(project: Project, id: str, person: str) -> bool:
    """Return whether something is still awaited from a person by the request of this id."""
    approval, request = project.approvals.get(id), project.requests.get(id)
    if approval is not None:
        return approval.state is ApprovalState.OPEN and person in approval.waiting_for
    return request is not None and person in request.people


def next_reminder(
    project: Project, person: Person, asked: Approval | FileRequest, policy: Policy
) -> int | None:
    """Return the instant from which a person is to be reminded of a request again, or ``None``.

    It may lie in the past: then a reminder was missed, and one makes up for all that were.
    """
    plan = asked.reminders or policy.reminders
    times, last = project.reminded.get(f"{asked.id}/{person.id}", (0, asked.asked_at))
    if plan is None or times >= plan.most or project.status is not ProjectStatus.ACTIVE:
        return None
    zone = person.zone or project.zone
    told_on = max(day_of(asked.asked_at, zone), day_of(last, zone))
    day = next_day(plan, policy, day_of(asked.asked_at, zone), asked.due, after=told_on)
    return None if day is None else at_hour(day, policy.opens, zone)


def next_day(
    plan: Reminders, policy: Policy, asked_on: date, due: date | None, *, after: date
) -> date | None:
    """Return the first day after one on which a schedule has a reminder; rest days make it wait.

    Args:
        plan: the schedule.
        policy: knows the rest days.
        asked_on: the day of the request.
        due: the day by which the answer is wanted.
        after: the day of the last reminder, or of the request.
    """
    days = [_regular(plan, policy, asked_on, after)]
    if due is not None:
        days += [policy.working_day(due - timedelta(days=n)) for n in plan.before]
        days += [policy.working_day(due + timedelta(days=n)) for n in plan.after]
    return min((day for day in days if day is not None and day > after), default=None)


def _regular(plan: Reminders, policy: Policy, asked_on: date, after: date) -> date | None:
    """The first day after one that lies ``first`` days after the request, or so many times ``every`` more."""
    if plan.first is None:
        return None
    day = asked_on + timedelta(days=plan.first)
    if plan.every is None:
        return policy.working_day(day)
    day += timedelta(days=max(0, (after - day).days // plan.every) * plan.every)
    while policy.working_day(day) <= after:
        day += timedelta(days=plan.every)
    return policy.working_day(day)

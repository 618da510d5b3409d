"""Rules of people: clients, and staff who join at their first write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import evolve

from portalkit import clean
from portalkit.errors import Invalid
from portalkit.facts import (
    Line,
    PersonAdded,
    PersonChanged,
)
from portalkit.model import (
    Person,
    Project,
    Side,
)
from portalkit.rules.finding import changed, find_present
from portalkit.rules.requests import Staff

__all__ = ["add_person", "change_person", "checked_staff", "join_staff", "person_of"]

_Particulars = TypeVar("_Particulars", PersonAdded, PersonChanged)


def add_person(project: Project, id: str, person: PersonAdded) -> list[Line]:
    """Add a person to the project."""
    return [Line(_particulars(person), subject=id)]


def change_person(project: Project, id: str, changes: Mapping[str, Any]) -> list[Line]:
    """Change a person's name, email, role, locale or zone."""
    old = find_present(project, id)
    now = PersonChanged(old.role, old.locale, old.zone, old.name, old.email)
    new = _particulars(changed(now, changes))
    return [] if new == now else [Line(new, subject=id)]


def _particulars(person: _Particulars) -> _Particulars:
    return evolve(
        person,
        name=clean.line(person.name, "name"),
        email=clean.email(person.email),
        role=clean.line(person.role, "role", required=False),
        locale=clean.locale(person.locale) if person.locale else "",
        zone=clean.zone(person.zone) if person.zone else "",
    )


def checked_staff(staff: object) -> Staff:
    """Return a staff member with clean particulars; without a ``ref`` they could not be told apart."""
    if not isinstance(staff, Staff):
        raise Invalid(
            "this is no staff member",
            remedy="Pass a portalkit.Staff, made of what your login knows",
            field="staff",
            type=type(staff).__name__,
        )
    return Staff(
        ref=clean.line(staff.ref, "ref"),
        name=clean.line(staff.name, "name"),
        email=clean.email(staff.email),
        role=clean.line(staff.role, "role", required=False),
    )


def person_of(project: Project | None, staff: Staff) -> Person | None:
    """Return the person that a staff member is in a project, or ``None`` before their first write."""
    people = project.people.values() if project else ()
    return next((p for p in people if p.side is Side.AGENCY and p.ref == staff.ref), None)


def join_staff(project: Project | None, staff: Staff, id: str) -> list[Line]:
    """Add a staff member as a person of the project at their first write.

    An address that the host did not know then is taken over later: without one they are told nothing.
    """
    me = person_of(project, staff)
    if project is not None and me is not None:
        lacking = staff.email and not me.email
        return change_person(project, me.id, {"email": staff.email}) if lacking else []
    staff = checked_staff(staff)
    person = PersonAdded(
        side=Side.AGENCY, name=staff.name, email=staff.email, role=staff.role, ref=staff.ref
    )
    return [Line(person, subject=id)]

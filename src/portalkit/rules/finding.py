"""Finding things in a project by id, and saying what does not belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, fields

from portalkit.errors import Invalid, NotAllowed, NotFound
from portalkit.facts import MilestoneChanged, PersonChanged, ProjectChanged, UpdateRevised
from portalkit.model import (
    File,
    Milestone,
    Person,
    Project,
    Side,
)

__all__ = [
    "across",
    "changed",
    "find_asked",
    "find_file",
    "find_milestone",
    "find_person",
    "find_present",
    "people_named",
    "refuse_others",
]

_Thing = TypeVar("_Thing")
_Text = TypeVar("_Text", ProjectChanged, PersonChanged, MilestoneChanged, UpdateRevised)


def find_milestone(project: Project, id: str) -> Milestone:
    """Return a milestone; raise `NotFound`."""
    return _found(project.milestones, id, "milestone")


def find_person(project: Project, id: str) -> Person:
    """Return a person; raise `NotFound`."""
    return _found(project.people, id, "person")


def find_present(project: Project, id: str) -> Person:
    """Return a person whose data were not erased: nothing new is written about a forgotten one."""
    person = find_person(project, id)
    if person.redacted:
        raise NotAllowed(
            "the personal data of this person were erased",
            remedy="Add them anew, as another person",
            person=id,
        )
    return person


def people_named(project: Project, name: str) -> list[str]:
    """Return the ids of those whom an id or an e-mail address names; nothing names those without one."""
    if not name or name in project.people:
        return [name] if name else []
    address = name.casefold()
    return [person.id for person in project.people.values() if person.email.casefold() == address]


def find_asked(project: Project, people: Sequence[str]) -> tuple[str, ...]:
    """Return the clients who are asked for something, each once; raise `Invalid` without any."""
    asked = tuple(dict.fromkeys(people))
    for id in asked:
        if find_present(project, id).side is not Side.CLIENT:
            raise Invalid(
                "only clients can be asked",
                remedy="Name people of the client's side",
                field="people",
                person=id,
            )
    if not asked:
        raise Invalid("somebody must be asked", remedy="Name people", field="people")
    return asked


def find_file(project: Project, id: str) -> File:
    """Return a file; raise `NotFound`."""
    return _found(project.files, id, "file")


def _found(things: Mapping[str, _Thing], id: str, what: str) -> _Thing:
    try:
        return things[id]
    except KeyError:
        raise NotFound(f"no such {what} in this project", **{what: id}) from None


def changed(now: _Text, changes: Mapping[str, Any], *, fixed: Sequence[str] = ()) -> _Text:
    """Return a description with changes; refuse names it does not have, and those that are fixed.

    Raises:
        Invalid: there is nothing of that name to change; the remedy lists what there is.
    """
    refuse_others(changes, [f.name for f in fields(type(now)) if f.name not in fixed])
    return evolve(now, **changes)


def refuse_others(changes: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse to change what has none of these names."""
    unknown = sorted(set(changes) - set(names))
    if unknown:
        raise Invalid(
            "this cannot be changed",
            remedy="Change one of: " + ", ".join(names),
            field=unknown[0],
        )


def across(what: str, here: str, there: str) -> Invalid:
    return Invalid(
        f"{what} must belong to the same milestone",
        remedy="Choose something of this milestone",
        milestone=here,
        other=there,
    )

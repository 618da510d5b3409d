"""Who may see what, and what a careful colleague would say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve

from portalkit.facts import (
    ApprovalRequested,
    Fact,
    FileRequested,
    Line,
    MilestoneCompleted,
    UpdatePosted,
)
from portalkit.model import (
    Activity,
    Link,
    LinkState,
    Person,
    Project,
    Scope,
    Side,
)

__all__ = ["advice", "advice_at_end", "enters", "see", "sees"]


def advice(project: Project, line: Line) -> str:
    """Return what a careful colleague would say to a line that is allowed, or ``""``."""
    fact: Fact = line.fact
    milestone = project.milestones.get(line.milestone)
    if isinstance(fact, UpdatePosted) and not fact.about:
        return "The update refers to neither an outcome nor a pending decision."
    if isinstance(fact, MilestoneCompleted) and milestone is not None:
        if not milestone.updates:
            return f"“{milestone.title}” was completed without an update; tell the client about it."
        if any(a.waiting_for for a in project.approvals_of(milestone.id)):
            return f"“{milestone.title}” was completed while a decision is still awaited."
        if project.requests_of(milestone.id):
            return f"“{milestone.title}” was completed while a file is still awaited."
    return ""


def advice_at_end(project: Project, lines: Iterable[Line], now: int) -> list[str]:
    """Return what a careful colleague would say to a whole block: whom it asks in vain, as things stand."""
    asked = dict.fromkeys(pair for line in lines for pair in _asked(project, line))
    return [
        f"{_name(project, id)} is asked for a {what}, and no link of theirs lets them answer."
        for id, what in asked
        if not _allows(project.link_of(id), _ANSWERED_BY[what], now)
    ]


_ANSWERED_BY: Final = {"decision": Scope.DECIDE, "file": Scope.UPLOAD}


def _asked(project: Project, line: Line) -> list[tuple[str, str]]:
    """Return who is still asked for what by a line, if it asks."""
    match line.fact:
        case ApprovalRequested():
            approval = project.approvals.get(line.subject)
            return [(id, "decision") for id in approval.waiting_for] if approval else []
        case FileRequested():
            request = project.requests.get(line.subject)
            return [(id, "file") for id in request.people] if request else []
    return []


def _name(project: Project, person: str) -> str:
    return project.people[person].name or "Somebody whose name was erased"


def _allows(link: Link | None, scope: Scope, now: int) -> bool:
    if link is None or not link.nonce:  # whoever was forgotten has an empty one
        return False
    return link.state(now) is LinkState.ACTIVE and scope in link.scopes


def enters(project: Project, person: Person, milestone: str) -> bool:
    """Return whether a milestone of the (whole) project exists for a person."""
    found = project.milestones.get(milestone)
    return found is not None and (person.side is Side.AGENCY or not found.internal)


_AGENCY_ONLY: Final = ("link.", "note.", "notices.", "recap.", "reminder.")


def sees(project: Project, person: Person, activity: Activity) -> bool:
    """Return whether a person may see a line of the history of the (whole) project."""
    if person.side is Side.AGENCY:
        return True
    milestone = project.milestones.get(activity.milestone)
    hidden = milestone is not None and milestone.internal
    return not hidden and not activity.kind.startswith(_AGENCY_ONLY)


def see(project: Project, person: Person) -> Project:
    """Return the project as one person may see it: the only source of pages, JSON, files and mail."""
    if person.side is Side.AGENCY:
        return project
    links = {id: link for id, link in project.links.items() if link.person == person.id}
    recent = tuple(a for a in project.recent if sees(project, person, a))
    hidden = {id for id in project.milestones if not enters(project, person, id)}
    own: dict[str, Any] = {
        "links": links,
        "recent": recent,
        "recaps": {id: at for id, at in project.recaps.items() if id == person.id},
        "subscriptions": {id: s for id, s in project.subscriptions.items() if id == person.id},
        "news": (),
        "brought": {},
        "reminded": {},
        "hooked": {},
        "latest": {},
    }
    if not hidden:
        return evolve(project, **own)

    def shown(things: Mapping[str, Any]) -> dict[str, Any]:
        return {id: thing for id, thing in things.items() if thing.milestone not in hidden}

    return evolve(
        project,
        **own,
        milestones={id: m for id, m in project.milestones.items() if id not in hidden},
        updates=shown(project.updates),
        files=shown(project.files),
        approvals=shown(project.approvals),
        requests=shown(project.requests),
        questions=shown(project.questions),
    )

"""Why somebody can or cannot see a thing: the rules of seeing, told one by one."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from portalkit.model import LinkState, Person, Project, Scope, Side, Version

__all__ = ["Visibility", "Why", "why_visible"]


class Why(StrEnum):
    """A reason for which somebody can or cannot see a thing."""

    UNKNOWN = "unknown"
    STAFF = "staff"
    ERASED = "erased"
    SHARED = "shared"
    INTERNAL = "internal"
    NO_LINK = "no_link"
    LINK_ACTIVE = "link_active"
    LINK_EXPIRED = "link_expired"
    LINK_REVOKED = "link_revoked"
    NO_DOWNLOADS = "no_downloads"
    WITHDRAWN = "withdrawn"
    QUARANTINED = "quarantined"


@frozen
class Visibility:
    """Whether somebody can see a thing at the moment, and why.

    Attributes:
        person: who would look.
        visible: whether they see that it is there.
        opens: whether it opens for them too; of a file that is seen the bytes may still be out of reach.
        reasons: why, the most general first.
    """

    person: Person
    visible: bool
    opens: bool
    reasons: tuple[Why, ...]


_LINKS = {
    LinkState.ACTIVE: Why.LINK_ACTIVE,
    LinkState.EXPIRED: Why.LINK_EXPIRED,
    LinkState.REVOKED: Why.LINK_REVOKED,
}
_BYTES = (Why.NO_DOWNLOADS, Why.WITHDRAWN, Why.QUARANTINED)
_HIDES = (Why.ERASED, Why.INTERNAL, Why.NO_LINK, Why.LINK_EXPIRED, Why.LINK_REVOKED)


def why_visible(
    project: Project,
    person: Person,
    now: int,
    *,
    milestone: str,
    version: Version | None = None,
) -> Visibility:
    """Return whether a person can see a thing at ``now`` (UTC milliseconds), and why.

    Args:
        project: the whole project.
        person: somebody of it.
        now: UTC milliseconds.
        milestone: the id of the milestone that the thing belongs to, or is; empty for an unknown thing.
        version: the version that is looked for, if the thing is a file.
    """
    if milestone not in project.milestones:
        return Visibility(person, visible=False, opens=False, reasons=(Why.UNKNOWN,))
    reasons = [*_of_person(project, person, milestone, now), *_of_bytes(project, person, version)]
    visible = not any(why in _HIDES for why in reasons)
    opens = visible and not any(why in _BYTES for why in reasons)
    return Visibility(person, visible, opens, tuple(reasons))


def _of_person(project: Project, person: Person, milestone: str, now: int) -> list[Why]:
    if person.side is Side.AGENCY:
        return [Why.STAFF]
    if person.redacted:
        return [Why.ERASED]
    link = project.link_of(person.id)
    return [
        Why.INTERNAL if project.milestones[milestone].internal else Why.SHARED,
        _LINKS[link.state(now)] if link else Why.NO_LINK,
    ]


def _of_bytes(project: Project, person: Person, version: Version | None) -> list[Why]:
    if version is None:
        return []
    link = project.link_of(person.id)
    found = {
        Why.NO_DOWNLOADS: link is not None and Scope.DOWNLOAD not in link.scopes,
        Why.WITHDRAWN: bool(version.withdrawn),
        Why.QUARANTINED: bool(version.quarantined),
    }
    return [why for why, holds in found.items() if holds]

"""Rules of links: their life, whom they let in, and what they allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from portalkit import clean
from portalkit.errors import ExpiredLink, Invalid, NotAllowed, RevokedLink
from portalkit.facts import (
    Line,
    LinkChanged,
    LinkIssued,
    LinkRequested,
    LinkRevoked,
    LinkRotated,
)
from portalkit.model import (
    Link,
    LinkState,
    Project,
    ProjectStatus,
    Scope,
    Side,
)
from portalkit.rules.finding import find_present

__all__ = [
    "DAY_MS",
    "admit",
    "change_link",
    "issue_link",
    "refuse_archived",
    "request_link",
    "require",
    "revoke_link",
    "rotate_link",
]

DAY_MS: Final = 86_400_000


def issue_link(
    project: Project,
    person: str,
    *,
    link: str,
    nonce: str,
    scopes: Iterable[Scope],
    expires_at: int | None = None,
) -> list[Line]:
    """Issue a client's link, or issue it again after a revocation; its address stays the same."""
    who = find_present(project, person)
    if who.side is not Side.CLIENT:
        raise Invalid(
            "links are for clients",
            remedy="Staff use the desk through the host's login",
            field="person",
            person=person,
        )
    old = project.link_of(person)
    if old is not None and old.revoked_at is None:
        raise NotAllowed(
            "this person has a link already",
            remedy="Rotate it for a new secret, or change its scopes or expiry",
            link=old.id,
        )
    fact = LinkIssued(person, _scopes(scopes), expires_at, nonce, who.email)
    return [Line(fact, subject=old.id if old else link)]


def rotate_link(project: Project, person: str, nonce: str) -> list[Line]:
    """Replace the link's secret; older tokens and cookies stop working, the address stays."""
    link = _standing_link(project, person)
    return [Line(LinkRotated(person, nonce), subject=link.id)]


def change_link(project: Project, person: str, changes: Mapping[str, Any]) -> list[Line]:
    """Change the link's ``scopes`` or ``expires_at``; this also revives an expired link."""
    link = _standing_link(project, person)
    scopes = _scopes(changes.get("scopes", link.scopes))
    expires_at = changes.get("expires_at", link.expires_at)
    if frozenset(scopes) == link.scopes and expires_at == link.expires_at:
        return []
    return [Line(LinkChanged(person, scopes, expires_at), subject=link.id)]


def revoke_link(project: Project, person: str, reason: str = "") -> list[Line]:
    """Close the link at once; issuing it again is the way back."""
    link = _standing_link(project, person)
    return [Line(LinkRevoked(person, clean.prose(reason, "reason")), subject=link.id)]


def request_link(project: Project, link: Link, now: int) -> list[Line]:
    """Note that somebody asked for the link to be sent again; at most once a day.

    The link of a person whose data were erased is never sent again: nothing is noted.
    """
    if not link.nonce:
        return []
    if link.requested_at is not None and 0 <= now - link.requested_at < DAY_MS:
        return []
    return [Line(LinkRequested(link.person), subject=link.id)]


def _standing_link(project: Project, person: str) -> Link:
    find_present(project, person)
    link = project.link_of(person)
    if link is None or link.revoked_at is not None:
        raise NotAllowed(
            "this person has no link that stands", remedy="Issue one first", person=person
        )
    return link


def _scopes(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    return tuple(sorted({Scope.VIEW, *(clean.choice(Scope, scope, "scopes") for scope in scopes)}))


def admit(link: Link, now: int) -> None:
    """Let a link in that is neither revoked nor expired at ``now`` (UTC milliseconds)."""
    match link.state(now):
        case LinkState.REVOKED:
            raise RevokedLink("this link was revoked", remedy="Ask for a new one", link=link.id)
        case LinkState.EXPIRED:
            raise ExpiredLink("this link has expired", remedy="Ask for a longer one", link=link.id)


def require(project: Project, scopes: frozenset[Scope], scope: Scope) -> None:
    """Refuse what the scopes do not include, and client writes to an archived project."""
    if scope not in scopes:
        raise NotAllowed("this link does not allow that", remedy="Ask the agency", scope=scope)
    if scope not in (Scope.VIEW, Scope.DOWNLOAD):
        refuse_archived(project)


def refuse_archived(project: Project) -> None:
    """Refuse what a client writes to an archived project."""
    if project.status is ProjectStatus.ARCHIVED:
        raise NotAllowed(
            "this project is archived; it can be read and not changed",
            remedy="Ask the agency to reactivate it",
        )

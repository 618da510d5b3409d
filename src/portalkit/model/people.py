"""People and their links: who they are, and what a link lets them do."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

__all__ = ["CLIENT", "READER", "Link", "LinkState", "Person", "Scope", "Side"]


class Side(StrEnum):
    """Which side of the project a person stands on."""

    CLIENT = "client"
    AGENCY = "agency"


class Scope(StrEnum):
    """What a link allows its person to do."""

    VIEW = "view"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    COMMENT = "comment"
    DECIDE = "decide"


READER = frozenset({Scope.VIEW, Scope.DOWNLOAD})
"""Look and download only, for somebody who follows the project."""


CLIENT = frozenset(Scope)
"""All scopes, which is what a client who decides usually gets."""


class LinkState(StrEnum):
    """What a link is good for at a given instant."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@frozen
class Person:
    """Somebody on either side.

    Attributes:
        id: stable in this project; says nothing about who it is.
        side: client or agency.
        name: as everybody sees it; empty once the personal data were erased.
        email: where their link is sent, or empty.
        role: what they are in the project, or empty.
        locale: their language tag; empty for the project's.
        zone: IANA name of their time zone; empty for the project's.
        ref: the host's own key of a staff member.
    """

    id: str
    side: Side
    name: str
    email: str = ""
    role: str = ""
    locale: str = ""
    zone: str = ""
    ref: str = ""

    @property
    def redacted(self) -> bool:
        """Whether the personal data were erased; everybody else has a name."""
        return not self.name


@frozen
class Link:
    """One person's door.

    Attributes:
        id: stable for the person in this project.
        person: whose it is.
        scopes: what it allows.
        nonce: its secret.
        issued_at: when, in UTC milliseconds.
        expires_at: when it ends, in UTC milliseconds, or ``None``.
        revoked_at: when it was closed, in UTC milliseconds, or ``None``.
        former: the secrets it had before.
        requested_at: when it was last asked for again, in UTC milliseconds, or ``None``.
    """

    id: str
    person: str
    scopes: frozenset[Scope]
    nonce: str
    issued_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    former: tuple[str, ...] = ()
    requested_at: int | None = None

    def state(self, now: int) -> LinkState:
        """Return what the link is good for at an instant.

        Args:
            now: UTC milliseconds.
        """
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkState.EXPIRED
        return LinkState.ACTIVE

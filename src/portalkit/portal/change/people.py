"""Steps about the project as a whole, its people and their links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalkit import clean, rules
from portalkit.facts import PersonAdded
from portalkit.links import link_id, new_nonce
from portalkit.model import CLIENT, NoticeMode, ProjectStatus, Scope, Side, new_id
from portalkit.moments import as_deadline
from portalkit.portal.change.block import Block, Handle
from portalkit.portal.things import Thing, When, id_of, listed, pairs

__all__ = ["PeopleSteps"]


class PeopleSteps(Block):
    """Steps about the project as a whole, its people and their links."""

    def describe(self, **changes: Any) -> None:
        """Change the description of the project.

        Args:
            changes: any of ``title``, ``client``, ``client_key``, ``summary``, ``zone``, ``locale``,
                ``brand``, as `Desk.open` takes them.

        Raises:
            Invalid: a value is unusable, or something else is named.
        """
        self.step(lambda project: rules.change_project(project, changes))

    def set_status(self, status: ProjectStatus | str, reason: str = "") -> None:
        """Make the project active, on hold, completed or archived.

        Args:
            status: the new status; in an archived project clients can read and not write.
            reason: why; clients read it.

        Raises:
            Invalid: there is no such status.
        """
        self.step(lambda project: rules.set_status(project, status, reason))

    def set_resources(self, resources: Iterable[tuple[str, str]]) -> None:
        """Replace the ordered quick links.

        Args:
            resources: pairs of label and address (``https``, ``http`` or ``mailto``), in order.

        Raises:
            Invalid: a label is empty, or an address is none or has an unsafe scheme.
        """
        links = pairs(resources, "resources")
        self.step(lambda project: rules.set_resources(project, links))

    def add_person(
        self,
        name: str,
        *,
        email: str = "",
        role: str = "",
        locale: str = "",
        zone: str = "",
        side: Side | str = Side.CLIENT,
        id: str | None = None,
    ) -> Handle:
        """Add a person; clients get in with a link, see `issue_link`.

        Args:
            name: as it is shown to everybody.
            email: where their link is sent; needed for "send it again".
            role: what they are in this project; shown beside the name.
            locale: their language tag; the project's if empty.
            zone: IANA name of their time zone; the project's if empty.
            side: ``client``, or ``agency`` for a colleague who is named without writing.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the person's id.

        Raises:
            Invalid: a value is unusable.
        """
        fact = PersonAdded(clean.choice(Side, side, "side"), role, locale, zone, name, email)
        return self._make(id, lambda project, id: rules.add_person(project, id, fact))

    def change_person(self, person: Thing, **changes: Any) -> None:
        """Change the particulars of a person.

        Args:
            person: somebody of this project.
            changes: any of ``name``, ``email``, ``role``, ``locale``, ``zone``.

        Raises:
            NotFound: no such person here.
            NotAllowed: their personal data were erased; add them anew.
            Invalid: a value is unusable, or something else is named.
        """
        self.step(lambda project: rules.change_person(project, id_of(person), changes))

    def choose_notices(self, person: Thing, mode: NoticeMode | str) -> None:
        """Choose what a person is told by mail; what needs their decision comes in every mode.

        Args:
            person: somebody of this project.
            mode: ``all``, ``decisions``, ``daily`` or ``weekly``.

        Raises:
            NotFound: no such person here.
            NotAllowed: their personal data were erased.
            Invalid: there is no such mode.
        """
        self.step(lambda project: rules.choose_notices(project, id_of(person), mode))

    def issue_link(
        self, person: Thing, *, scopes: Iterable[Scope] | None = None, expires: When = None
    ) -> Handle:
        """Issue a client's persistent link, for the first time or again after a revocation.

        Args:
            person: a client of this project.
            scopes: what the link allows; `~portalkit.model.people.CLIENT` is everything,
                `~portalkit.model.people.READER` to look and download.
                If not given: what the person's revoked link allowed, else everything.
            expires: an aware datetime, or a day at whose end (in the project's zone) it expires.

        Returns:
            A handle with the link's id; `Desk.link_url` gives the address once the block is over.

        Raises:
            NotFound: no such person here.
            NotAllowed: they have a link that was not revoked (change that one), or were erased.
            Invalid: the person is no client, or scopes or expiry are unusable.
        """
        id, nonce = link_id(self._id, new_id()), new_nonce()
        old = self.project.link_of(id_of(person))
        standing = old.scopes if old else CLIENT
        chosen = listed(standing if scopes is None else scopes, "scopes")
        expires_at = as_deadline(expires, self.project.zone, "expires")
        self.step(
            lambda project: rules.issue_link(
                project,
                id_of(person),
                link=id,
                nonce=nonce,
                scopes=chosen,
                expires_at=expires_at,
            )
        )
        link = self.project.link_of(id_of(person))
        return Handle(link.id if link else id)

    def rotate_link(self, person: Thing) -> None:
        """Replace the link's secret: older addresses and cookies stop working, bookmarks survive.

        Args:
            person: a client with a link; send them the new address afterwards.

        Raises:
            NotFound: no such person here.
            NotAllowed: they have no link that stands; issue one.
        """
        nonce = new_nonce()
        self.step(lambda project: rules.rotate_link(project, id_of(person), nonce))

    def extend_link(self, person: Thing, expires: When) -> None:
        """Set a new expiry; this revives an expired link too.

        Args:
            person: a client with a link.
            expires: an aware datetime, a day for its end in the project's zone, or ``None`` for no end.

        Raises:
            NotFound: no such person here.
            NotAllowed: they have no link that stands; issue one.
            Invalid: the datetime has no zone.
        """
        changes = {"expires_at": as_deadline(expires, self.project.zone, "expires")}
        self.step(lambda project: rules.change_link(project, id_of(person), changes))

    def set_scopes(self, person: Thing, scopes: Iterable[Scope]) -> None:
        """Change what the link allows, from the next request on.

        Args:
            person: a client with a link.
            scopes: all that it allows from now on; ``view`` is always among them.

        Raises:
            NotFound: no such person here.
            NotAllowed: they have no link that stands; issue one.
            Invalid: there is no such scope.
        """
        changes = {"scopes": listed(scopes, "scopes")}
        self.step(lambda project: rules.change_link(project, id_of(person), changes))

    def revoke_link(self, person: Thing, reason: str = "") -> None:
        """Close the link at once, files included; `issue_link` is the way back.

        Args:
            person: a client with a link.
            reason: why, for the history.

        Raises:
            NotFound: no such person here.
            NotAllowed: they have no link that stands.
        """
        self.step(lambda project: rules.revoke_link(project, id_of(person), reason))

"""The desk: what staff do, through the host's own login."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol, get_args

from attrs import frozen

from portalkit import clean, rules
from portalkit.errors import Invalid, NotFound
from portalkit.facts import (
    KINDS,
    Entry,
    ProjectOpened,
)
from portalkit.fold import fold_approvals
from portalkit.model import (
    Approval,
    LinkState,
    Person,
    Project,
    ProjectStatus,
    Scope,
    new_id,
)
from portalkit.portal.download import Download, find_download
from portalkit.portal.ledger import State
from portalkit.portal.looking import Preview, preview_of
from portalkit.portal.reviewing import review_of
from portalkit.portal.seen import Seen, last_uses, seen_by_clients
from portalkit.rules import Staff, Visibility
from portalkit.storage import Head, Order, Waiting

if TYPE_CHECKING:
    from portalkit.pages import Review
    from portalkit.portal import Portal
from portalkit.portal.change import Change
from portalkit.portal.things import Thing, id_of

__all__ = ["Desk", "Failure", "LinkInfo"]


_ON_APPROVALS: Final = frozenset(kind for kind in KINDS if kind.startswith("approval."))
"""All that is decoded for the list of approvals: most of a log is about other things."""


class _Placed(Protocol):
    @property
    def milestone(self) -> str: ...


@frozen
class LinkInfo:
    """A person's link as staff see it.

    Attributes:
        person: whose it is.
        url: its address, a secret; empty once the person's data were erased, for nothing opens it any
            more.
        state: active, expired or revoked, at the moment.
        scopes: what it allows.
        expires_at: UTC milliseconds, or ``None`` for no end.
        last_used: UTC milliseconds of its last use as far as the access log knows, or ``None``.
        requested_at: UTC milliseconds when somebody last asked for it again, or ``None``.
    """

    person: Person
    url: str
    state: LinkState
    scopes: frozenset[Scope]
    expires_at: int | None
    last_used: int | None
    requested_at: int | None


@frozen
class Failure:
    """Somebody whose last message did not arrive.

    Attributes:
        person: whom it was for.
        problem: what the mail system answered, such as ``550 5.1.1``, or the name of the error.
        attempts: how often in a row it failed; 0 once it was given up.
        failed_at: UTC milliseconds of the last attempt, or ``None`` once it was given up.
        bounced_at: UTC milliseconds when it came back although it had been accepted, or ``None``.
    """

    person: Person
    problem: str
    attempts: int
    failed_at: int | None
    bounced_at: int | None = None

    @property
    def given_up(self) -> bool:
        """Whether it is not tried again; look at the person's address."""
        return self.failed_at is None


class Desk:
    """What one staff member does, in one account.  Made by `Portal.desk`.

    Attributes:
        staff: who acts.
        account: the tenant; this desk sees nothing of others.
    """

    def __init__(self, portal: Portal, staff: Staff, account: str) -> None:
        self._portal = portal
        clean.text(account, "account")
        self.staff = rules.checked_staff(staff)
        self.account = account

    def open(
        self,
        title: str,
        *,
        client: str,
        id: str | None = None,
        ref: str | None = None,
        client_key: str = "",
        summary: str = "",
        zone: str = "UTC",
        locale: str = "en",
        brand: str = "",
    ) -> Change:
        """Open a new project in a block; everything in the block commits at its end, or nothing.

        Args:
            title: what the project is called.
            client: the client's name, shown to everybody.
            id: the project's id (``[a-z0-9._-]{1,64}``); generated if not given.
            ref: the host's own key, unique in the account.
            client_key: the host's own key of the client, for lists by client.
            summary: what the project is about.
            zone: IANA name of the client's time zone.
            locale: language of people who have none of their own.
            brand: key of the brand to show.

        Raises:
            Invalid: one of the values is unusable (at the beginning of the block).
            Conflict: the id or ref is taken (at the end of the block).
        """
        description = ProjectOpened(
            title=title,
            client_name=client,
            client=client_key,
            account=self.account,
            ref=ref,
            summary=summary,
            zone=zone,
            locale=locale,
            brand=brand,
        )
        project = new_id() if id is None else clean.identifier(id, "id")
        return Change(
            self._portal,
            self.staff,
            project,
            None,
            expected="",
            first=lambda state: rules.open_project(description),
        )

    def change(
        self, project: Thing | None = None, *, ref: str | None = None, expected: str | None = None
    ) -> Change:
        """Change a project in a block; everything in the block commits at its end, or nothing.

        Args:
            project: the project or its id; or else ``ref``.
            ref: the host's own key of the project.
            expected: refuse with `Conflict` unless the log is exactly at this chain.

        Raises:
            NotFound: there is no such project in this account.
        """
        state = self.state(project, ref=ref)
        return Change(self._portal, self.staff, state.project.id, state, expected=expected)

    def project(self, project: Thing | None = None, *, ref: str | None = None) -> Project:
        """Return a project as it stands, internal milestones included.

        Args:
            project: the project or its id; or else ``ref``.
            ref: the host's own key of the project.

        Raises:
            NotFound: there is no such project in this account.
        """
        return self.state(project, ref=ref).project

    def state(self, project: Thing | None = None, *, ref: str | None = None) -> State:
        """Return a project together with its place in the log (``chain``).

        Args:
            project: the project or its id; or else ``ref``.
            ref: the host's own key of the project.

        Raises:
            NotFound: there is no such project in this account.
        """
        id = None if project is None else id_of(project)
        return self._portal.state(id, ref=ref, account=self.account)

    def projects(
        self,
        *,
        ref: str | None = None,
        client: str | None = None,
        status: ProjectStatus | str | None = ProjectStatus.ACTIVE,
        waiting: Waiting | None = None,
        text: str | None = None,
        order: Order = "project",
        after: tuple[int | str, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Head]:
        """Return the heads of this account's projects: columns for lists, without folding a log.

        Args:
            ref: only the one with this key of the host's.
            client: only those with the host's own key of this client.
            status: only those that stand so; ``None`` for all.
            waiting: only those in which something waits for this side.
            text: only those that mention it in title, client's name or ref, in any case.
            order: the column by which they ascend (``updated_at``: descend); heads without a value in it
                are left out.
            after: continue after this head: its value in the ordering column, and its id.
            limit: at most so many.

        Raises:
            Invalid: one of these is none of those there are, or not of its kind.
        """
        for value, field in ((ref, "ref"), (client, "client"), (text, "text")):
            if value is not None:
                clean.text(value, field)
        if waiting is not None:
            clean.one_of(waiting, get_args(Waiting), "waiting")
        clean.one_of(order, get_args(Order), "order")
        clean.count(limit, "limit")
        return self._portal.ledger.store.projects(
            account=self.account,
            ref=ref,
            client=client,
            status=None if status is None else clean.choice(ProjectStatus, status, "status").value,
            waiting=waiting,
            text=text,
            order=order,
            after=None if after is None else _place(after, order),
            limit=limit,
        )

    def history(
        self,
        project: Thing,
        *,
        after: int = 0,
        limit: int | None = None,
        milestone: Thing | None = None,
        subject: Thing | None = None,
        newest: bool = False,
    ) -> list[Entry]:
        """Return entries of a project's log, oldest first.

        Args:
            project: the project or its id.
            after: only those after this ``seq``; with ``newest``, only those before it, and 0 is the end.
            limit: at most so many; all if not given.
            milestone: only those of this milestone, or of the one with this id.
            subject: only those about this thing, or about the one with this id.
            newest: the newest first.

        Raises:
            NotFound: there is no such project in this account.
            Invalid: one of these is not of its kind.
        """
        return self._portal.entries(
            self.state(project).project,
            after=after,
            limit=limit,
            milestone=milestone,
            subject=subject,
            newest=newest,
        )

    def approvals(self, project: Thing, *, milestone: Thing | None = None) -> tuple[Approval, ...]:
        """Return all that was ever put up for approval, with what was decided and said: the newest first.

        It reads the log.  What a project holds itself are the open ones, and of each milestone the last.

        Args:
            project: the project or its id.
            milestone: only those of this milestone, or of the one with this id.

        Raises:
            NotFound: there is no such project in this account.
        """
        entries = self._portal.ledger.entries(
            self.state(project).project.id,
            kinds=_ON_APPROVALS,
            milestone=None if milestone is None else id_of(milestone),
        )
        return fold_approvals(entries)

    def review(self, project: Thing, *, week: date | None = None) -> Review:
        """Return what one week brought: by milestone, with the time to answer, and recap requests.

        Args:
            project: the project or its id.
            week: a day of the week, which begins on Monday in the project's zone; if not given, the last
                week that is over.

        Raises:
            NotFound: there is no such project in this account.
            Invalid: this is no day.
        """
        return review_of(self._portal, self.project(project), week)

    def links(self, project: Thing) -> list[LinkInfo]:
        """Return the links of a project's people.

        Args:
            project: the project or its id.

        Raises:
            NotFound: there is no such project in this account.
        """
        now = self._portal.clock()
        found = self.project(project)
        uses = last_uses(self._portal.access.of(found.id))
        return [
            LinkInfo(
                person=found.people[link.person],
                url=self._portal.link_url(found, link.person) if link.nonce else "",
                state=link.state(now),
                scopes=link.scopes,
                expires_at=link.expires_at,
                last_used=max(uses.get(link.id, {}).values(), default=None),
                requested_at=link.requested_at,
            )
            for link in found.links.values()
        ]

    def failures(self, project: Thing) -> list[Failure]:
        """Return the people whose last message did not arrive.

        Args:
            project: the project or its id.

        Raises:
            NotFound: there is no such project in this account.
        """
        found = self.project(project)
        return [
            Failure(found.people[s.id], s.problem, s.attempts, s.failed_at, s.bounced_at)
            for s in found.subscriptions.values()
            if s.problem and s.id in found.people
        ]

    def seen(self, project: Thing) -> tuple[Seen, ...]:
        """Return what is known of each client's visits: opened, acted, downloaded; best effort.

        Args:
            project: the project or its id.

        Raises:
            NotFound: there is no such project in this account.
            StoreError: the access log could not be read.
        """
        return seen_by_clients(self._portal, self.project(project))

    def view_as(self, project: Thing, person: Thing) -> Preview:
        """Return a project exactly as one of its clients sees it; looking leaves no trace.

        Args:
            project: the project or its id.
            person: the client or their id; they need no link.

        Raises:
            NotFound: no such project or client here.
            NotAllowed: the personal data of this client were erased.
        """
        return preview_of(self._portal, self.state(project), id_of(person))

    def why_visible(self, project: Thing, person: Thing, thing: Thing) -> Visibility:
        """Return whether somebody can see a thing at the moment, and why.

        Args:
            project: the project or its id.
            person: the person or their id.
            thing: a milestone, update, file, approval, request or question, or its id.

        Raises:
            NotFound: no such project or person here.
        """
        found, id = self.project(project), id_of(thing)
        file = found.files.get(id)
        return rules.why_visible(
            found,
            rules.find_person(found, id_of(person)),
            self._portal.clock(),
            milestone=_milestone_of(
                found, id, lambda: self._portal.entries(found.id, subject=id, limit=1)
            ),
            version=file.current if file else None,
        )

    def download(
        self,
        project: Thing,
        file: Thing,
        number: int | None = None,
        *,
        quarantined: bool = False,
    ) -> Download:
        """Return one version of a file, ready to be read.

        Args:
            project: the project or its id.
            file: the file or its id.
            number: the number of the version; the current one if not given.
            quarantined: whether bytes in quarantine are wanted too, for instance to look into them.

        Raises:
            NotFound: no such project, file or version here.
            Withdrawn: this version was taken back; look for a newer one.
            Quarantined: this version is kept back; release it, or ask for it with ``quarantined``.
        """
        found = self.project(project)
        named = found.files.get(id_of(file))
        if named is None:
            raise NotFound("no such file in this project", file=id_of(file))
        return find_download(
            self._portal,
            found.id,
            named,
            named.current.number if number is None else number,
            quarantined=quarantined,
        )

    def link_url(self, project: Thing, person: Thing, path: str = "") -> str:
        """Return the address of a person's link.

        Args:
            project: the project or its id.
            person: the person or their id.
            path: a page behind the link, such as ``a/<approval>``; the project page if empty.

        Raises:
            NotFound: no such project here, or the person has no link; issue one.
        """
        return self._portal.link_url(self.project(project), id_of(person), path)


def _place(after: object, order: Order) -> tuple[int | str, str]:
    """Return where a list goes on; a value of another kind each store would take in a way of its own."""
    match after:
        case (str() as value, str() as project) if order == "project":
            return value, project
        case (int() as value, str() as project) if order != "project":
            return value, project
    raise Invalid(
        "this is no place in a list",
        remedy=f"Pass (head.{order}, head.id) of the last head that you have",
        field="after",
        value=after,
    )


def _milestone_of(project: Project, thing: str, entries: Callable[[], Sequence[Entry]]) -> str:
    """Return the milestone that a thing belongs to, or is; empty if there is no such thing to look at."""
    if thing in project.milestones:
        return thing
    kinds: tuple[Mapping[str, _Placed], ...] = (
        project.files,
        project.updates,
        project.approvals,
        project.requests,
        project.questions,
    )
    found = next((things[thing].milestone for things in kinds if thing in things), "")
    return found or next((entry.milestone for entry in entries()), "")  # older than what is at hand

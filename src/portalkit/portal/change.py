"""A change: a block of steps that commit together or not at all, one method for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache, cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from portalkit import clean, rules
from portalkit.errors import (
    Conflict,
    FileError,
    Invalid,
    NewerLog,
    NotAllowed,
    NotFound,
    Refused,
    Vetoed,
)
from portalkit.facts import (
    ApprovalDecided,
    Entry,
    Line,
    MilestoneAdded,
    PersonAdded,
    UpdatePosted,
)
from portalkit.fold import apply, fold_approval, fold_question, fold_request, fold_update
from portalkit.links import link_id, new_nonce
from portalkit.model import (
    CLIENT,
    Approval,
    FileRequest,
    FileState,
    NoticeMode,
    Outcome,
    Person,
    Project,
    ProjectStatus,
    Question,
    RecapSource,
    Reminders,
    Scope,
    Side,
    Update,
    Version,
    new_id,
)
from portalkit.moments import as_deadline, as_instant
from portalkit.portal.download import find_version
from portalkit.portal.inspection import Upload, inspected
from portalkit.portal.ledger import State
from portalkit.rules import Delivered, Needed, Staff
from portalkit.rules.finding import find_file
from portalkit.storage import Readable

if TYPE_CHECKING:
    from portalkit.portal import Portal
from portalkit.portal.things import Thing, When, id_of, ids_of, listed

__all__ = ["Change", "Handle", "MilestoneHandle", "Step"]


@frozen
class Handle:
    """A thing made or changed in a block.

    Attributes:
        id: its final id, usable in this block and ever after.
    """

    id: str


@frozen
class MilestoneHandle(Handle):
    """A milestone in a block, with the steps of its life."""

    _change: Change = field(repr=False, eq=False)

    def start(self, happened: When = None) -> MilestoneHandle:
        """Begin work on it; see `Change.start`.

        Args:
            happened: when it really began, if that was before now.

        Returns:
            Itself, so that steps can be chained.
        """
        self._change.start(self, happened=happened)
        return self

    def complete(self, outcome: str = "", *, happened: When = None) -> MilestoneHandle:
        """Complete it; see `Change.complete`.

        Args:
            outcome: what it led to, in Markdown.
            happened: when it really was completed, if that was before now.

        Returns:
            Itself, so that steps can be chained.
        """
        self._change.complete(self, outcome, happened=happened)
        return self


Step = Callable[[Project], Sequence[Line]]


class Change:
    """A block of steps that commit together or not at all.  Made by `Desk.open` and `Desk.change`.

    Each step is checked at once against the project as the earlier steps leave it, so a refusal is
    raised where it was caused.  If somebody else commits in the meantime, the steps run again in
    order on the newer project at the end of the block; one refusal then refuses all.

    Wherever a step takes a thing (a person, a milestone, a file, ...), its id will do, and anything with
    an ``id``.

    Attributes:
        advice: what a careful colleague would say to the steps so far, and after the block to all of it.

    Raises:
        NotFound: by any step: a thing that it names is not in this project.
        Invalid: by any step: a value is malformed, too long or missing; ``evidence["field"]`` names it.
        NotAllowed: by any step: the state of things does not permit it, or the block is over.
        Conflict: at the end of the block: others kept writing, or the log is not at the ``expected``
            chain; nothing was written, so show it to the user and start over.
        NewerLog: at the end of the block: the log holds facts of a newer portalkit; upgrade first.
        StoreError: at the end of the block: the store failed; nothing was written.
    """

    def __init__(
        self,
        portal: Portal,
        staff: Staff,
        project: str,
        state: State | None,
        *,
        expected: str | None,
    ) -> None:
        self._portal = portal
        self._staff = staff
        self._id = project
        self._expected = expected
        self._steps: list[Step] = []
        self._lines: list[Line] = []
        self._base = state
        self._project = state.project if state else Project(project, "", "")
        self._ahead: list[Line] = []
        self._kept: list[str] = []
        self._done = False
        self._opening = state is None
        self.advice: list[str] = []

    @property
    def project(self) -> Project:
        """The project as the steps so far leave it."""
        if self._ahead:
            self._project = _applied(self._project, self._id, self._ahead)
            self._ahead = []
        return self._project

    # -- the block ------------------------------------------------------------------------------

    def __enter__(self) -> Change:
        if self._done:
            raise NotAllowed("this block is over", remedy="Open a new one with desk.change")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done = True
        if kind is not None:
            self._portal.discard(self._kept)
        elif self._lines:
            self._commit()

    def _commit(self) -> None:
        try:
            written = self._portal.ledger.write(
                self._id, self._run, checked=self._base, expected=self._expected
            )
        except (Refused, NotFound, Conflict, NewerLog):
            self._portal.discard(self._kept)
            raise
        self._project, self._ahead = written.state.project, []
        self.advice += rules.advice_at_end(self._project, self._lines, self._portal.clock())
        named = {getattr(entry.fact, "key", "") for entry in written.entries}
        self._portal.discard(key for key in self._kept if key not in named)
        self._portal.announce(written)

    def _run(self, state: State | None) -> tuple[str, list[Line]]:
        if (state.chain if state else "") == (self._base.chain if self._base else ""):
            lines = self._lines
        else:
            lines = self._again(state)
        if not lines:
            return "", []
        opening, rest = (lines[:1], lines[1:]) if self._opening else ([], lines)
        project = state.project if state else None
        me = rules.person_of(project, self._staff)
        if me is not None:
            return me.id, lines
        joining = rules.join_staff(project, self._staff, self._joining)
        return self._joining, [*opening, *joining, *rest]

    @cached_property
    def _joining(self) -> str:
        """The id under which the staff member joins the project, if they have to."""
        return new_id()

    def _again(self, state: State | None) -> list[Line]:
        """Run all steps in order on a newer project than the one they were checked against."""
        if state is None:
            raise NotFound("the project was erased", project=self._id)
        project, self._base, self._lines = state.project, state, []
        for step in self._steps:
            added = step(project)
            project = _applied(project, self._id, added)
            self._lines += added
        return self._lines

    def step(self, step: Step) -> None:
        """Check a step of your own now and run it again when the block commits.

        Args:
            step: takes the project and returns the lines it adds; it must be pure, for it may run twice.

        Raises:
            NotAllowed: the block is over; open a new one.
            Refused: what the step itself raises.
        """
        if self._done:
            raise NotAllowed("this block is over", remedy="Open a new one with desk.change")
        lines = step(self.project)
        self.advice += filter(None, (rules.advice(self.project, line) for line in lines))
        self._ahead += lines
        self._steps.append(step)
        self._lines += lines

    def _make(self, given: str | None, step: Callable[[Project, str], Sequence[Line]]) -> Handle:
        """Take a step that makes a new thing; one that is there already is not made again."""
        id = _id_of_new(given)
        if given is None:
            self.step(lambda project: step(project, id))
        else:
            self.step(lambda project: () if self._is_there(project, id) else step(project, id))
        return Handle(id)

    def _is_there(self, project: Project, id: str) -> bool:
        kept = (
            project.people,
            project.milestones,
            project.updates,
            project.files,
            project.approvals,
            project.requests,
        )
        return any(id in things for things in kept) or bool(self._entries_about(id))

    def _past(self, happened: When) -> int | None:
        """Return when something happened; what lies ahead has not happened yet."""
        at = as_instant(happened, self.project.zone)
        if at is not None and at > self._portal.clock():
            raise Invalid(
                "this has not happened yet",
                remedy="Pass an instant or a day that is not in the future",
                field="happened",
                happened=at,
            )
        return at

    # -- project and people ---------------------------------------------------------------------

    def describe(self, **changes: Any) -> None:
        """Change the description of the project.

        Args:
            changes: any of ``title``, ``client_name``, ``client``, ``summary``, ``zone``, ``locale``,
                ``brand``.

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
        pairs = list(resources)
        self.step(lambda project: rules.set_resources(project, pairs))

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

    # -- links ----------------------------------------------------------------------------------

    def issue_link(
        self, person: Thing, *, scopes: Iterable[Scope] | None = None, expires: When = None
    ) -> Handle:
        """Issue a client's persistent link, for the first time or again after a revocation.

        Args:
            person: a client of this project.
            scopes: what the link allows; `CLIENT` is everything, `READER` to look and download.
                If not given: what the person's revoked link allowed, else `CLIENT`.
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
        expires_at = as_deadline(expires, self.project.zone)
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
        changes = {"expires_at": as_deadline(expires, self.project.zone)}
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

    # -- milestones -----------------------------------------------------------------------------

    def add_milestone(
        self,
        title: str,
        *,
        summary: str = "",
        starts: date | None = None,
        due: date | None = None,
        internal: bool = False,
        id: str | None = None,
    ) -> MilestoneHandle:
        """Plan a milestone after the existing ones.

        Args:
            title: what it is called.
            summary: what it is about, in Markdown.
            starts: the day on which it shall begin.
            due: the day by whose end it shall be done.
            internal: hide it from clients, with all that belongs to it.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the milestone's id, and with steps of its own.

        Raises:
            Invalid: a value is unusable, or it is due before it starts.
        """
        fact = MilestoneAdded(title, summary, starts, due, internal)
        made = self._make(id, lambda project, id: rules.add_milestone(project, id, fact))
        return MilestoneHandle(made.id, self)

    def change_milestone(self, milestone: Thing, **changes: Any) -> None:
        """Change the description of a milestone.

        Args:
            milestone: one of this project.
            changes: any of ``title``, ``summary``, ``starts``, ``due``, ``internal``.

        Raises:
            NotFound: no such milestone here.
            Invalid: a value is unusable, or something else is named.
        """
        self.step(lambda project: rules.change_milestone(project, id_of(milestone), changes))

    def order_milestones(self, milestones: Iterable[Thing]) -> None:
        """Put the milestones in another order.

        Args:
            milestones: every milestone of the project, each exactly once.

        Raises:
            Invalid: one is missing, named twice, or not of this project.
        """
        order = ids_of(milestones, "milestones")
        self.step(lambda project: rules.order_milestones(project, order))

    def start(self, milestone: Thing, *, happened: When = None) -> None:
        """Begin work on a planned milestone.

        Args:
            milestone: a planned one.
            happened: when it really began: an aware datetime or a day, not in the future.

        Raises:
            NotFound: no such milestone here.
            NotAllowed: it is not planned any more.
            Invalid: ``happened`` lies ahead or has no zone.
        """
        at = self._past(happened)
        self.step(lambda project: rules.start_milestone(project, id_of(milestone), at))

    def complete(self, milestone: Thing, outcome: str = "", *, happened: When = None) -> None:
        """Complete a milestone with its outcome.

        Args:
            milestone: a planned one or one in progress.
            outcome: what it led to, in Markdown.
            happened: when it really was completed: an aware datetime or a day, not in the future.

        Raises:
            NotFound: no such milestone here.
            NotAllowed: it is completed already; `reopen` it first.
            Invalid: ``happened`` lies ahead or has no zone, or the outcome is too long.
        """
        at = self._past(happened)
        self.step(lambda project: rules.complete_milestone(project, id_of(milestone), outcome, at))

    def reopen(self, milestone: Thing, reason: str) -> None:
        """Take up a completed milestone again.

        Args:
            milestone: a completed one.
            reason: why; clients read it.

        Raises:
            NotFound: no such milestone here.
            NotAllowed: it is not completed.
            Invalid: there is no reason.
        """
        self.step(lambda project: rules.reopen_milestone(project, id_of(milestone), reason))

    # -- updates --------------------------------------------------------------------------------

    def post_update(
        self,
        milestone: Thing,
        body: str = "",
        *,
        title: str = "",
        done: str = "",
        doing: str = "",
        next: str = "",
        need: str = "",
        about: Thing | None = None,
        id: str | None = None,
    ) -> Handle:
        """Post news of a milestone: structured, or free Markdown in ``body``.

        Args:
            milestone: where the news belongs.
            body: free Markdown.
            title: a headline; the first line that says something otherwise.
            done: what was finished.
            doing: what is being worked on.
            next: what happens next.
            need: what is needed from the client.
            about: the approval, file or milestone (its outcome) that the update refers to.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the update's id.

        Raises:
            NotFound: no such milestone here, or ``about`` is nothing of this project.
            Invalid: it says nothing, refers to another milestone, or, where the portal is strict, to
                neither an
                outcome nor a decision.
        """
        text = UpdatePosted(title, done, doing, next, need, body, id_of(about) if about else "")

        def step(project: Project, id: str) -> list[Line]:
            return rules.post_update(
                project,
                id,
                milestone=id_of(milestone),
                text=text,
                strict=self._portal.strict,
                about=self._closed(project, text.about),
            )

        return self._make(id, step)

    def revise_update(self, update: Thing, **changes: Any) -> None:
        """Give an update a new text; the old one stays readable.

        Args:
            update: the update, however old.
            changes: any of ``title``, ``body``, ``done``, ``doing``, ``next``, ``need``, ``about``.

        Raises:
            NotFound: no such update here, or ``about`` is nothing of this project.
            Invalid: as for `post_update`, or something else is named.
        """
        if "about" in changes:
            changes["about"] = id_of(changes["about"]) if changes["about"] else ""

        def step(project: Project) -> list[Line]:
            return rules.revise_update(
                project,
                self._update(project, update),
                changes,
                strict=self._portal.strict,
                about=self._closed(project, changes.get("about", "")),
            )

        self.step(step)

    def _update(self, project: Project, update: Thing) -> Update:
        found = project.updates.get(id_of(update))
        if found is None:
            revisions = fold_update(self._entries_about(id_of(update)))
            if not revisions:
                raise NotFound("no such update in this project", update=id_of(update))
            found = revisions[-1]
        return found

    # -- files ----------------------------------------------------------------------------------

    def add_file(
        self,
        milestone: Thing,
        stream: Readable,
        *,
        name: str,
        purpose: str,
        state: FileState | str = FileState.DRAFT,
        id: str | None = None,
    ) -> Handle:
        """Deliver a file in its milestone.

        Args:
            milestone: where the file belongs.
            stream: read to its end, in chunks.
            name: its file name; cleaned once, here.
            purpose: why it is there.
            state: ``draft`` or ``final``, a label that clients see.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the file's id.

        Raises:
            NotFound: no such milestone here.
            Invalid: name, purpose or state is unusable.
            TooLarge: more bytes than the portal takes; nothing was kept.
            FileError: the bytes could not be kept; try again.
            Vetoed: the host's inspection refused it; nothing was kept.
        """
        file, is_given = _id_of_new(id), id is not None
        if is_given and self._is_there(self.project, file):
            return Handle(file)

        def step(project: Project, delivered: Delivered) -> Sequence[Line]:
            if is_given and self._is_there(project, file):
                return ()
            return rules.add_file(
                project,
                file,
                milestone=id_of(milestone),
                delivered=delivered,
                purpose=purpose,
                state=state,
            )

        self._deliver(id_of(milestone), self._take_in(stream, name), step)
        return Handle(file)

    def add_version(
        self,
        file: Thing,
        stream: Readable,
        *,
        changed: str,
        name: str = "",
        state: FileState | str | None = None,
    ) -> None:
        """Deliver a newer version of a file, saying what changed.

        Open requests for approval about the file are superseded, visibly, each by a new round that
        asks the same people about the new version.

        Args:
            file: the file.
            stream: read to its end, in chunks.
            changed: what is different from the version before.
            name: a new file name; the old one if empty.
            state: ``draft`` or ``final``; the old one if not given.

        Raises:
            NotFound: no such file here.
            Invalid: it does not say what changed, or a value is unusable.
            TooLarge: more bytes than the portal takes; nothing was kept.
            FileError: the bytes could not be kept; try again.
        """
        old = self.project.files.get(id_of(file))
        fresh = cache(lambda superseded: new_id())
        self._deliver(
            old.milestone if old else "",
            self._take_in(stream, name or (old.name if old else "")),
            lambda project, delivered: rules.add_version(
                project,
                id_of(file),
                delivered=delivered,
                changed=changed,
                fresh=fresh,
                state=state,
            ),
        )

    def set_file_state(self, file: Thing, state: FileState | str) -> None:
        """Label the current version of a file.

        Args:
            file: the file.
            state: ``draft`` or ``final``.

        Raises:
            NotFound: no such file here.
            NotAllowed: the current version was withdrawn; deliver a newer one.
            Invalid: there is no such label.
        """
        self.step(lambda project: rules.set_file_state(project, id_of(file), state))

    def withdraw_file(self, file: Thing, reason: str, *, version: int | None = None) -> None:
        """Take back a wrong delivery: its bytes are given out no more, digest and reason stay.

        What was taken back before stays as it is, with the reason that was given first.

        Args:
            file: the file.
            reason: why; clients read it.
            version: the number of the version; the current one if not given.

        Raises:
            NotFound: no such file or version here.
            Invalid: there is no reason.
        """

        def step(project: Project) -> list[Line]:
            found = self._version(project, file, version)
            return rules.withdraw_file(project, id_of(file), found, reason)

        self.step(step)

    def _version(self, project: Project, file: Thing, number: int | None) -> Version:
        found = find_file(project, id_of(file))
        if number is None:
            return found.current
        return find_version(found, number, lambda: self._entries_about(found.id))

    def _take_in(self, stream: Readable, name: str) -> Delivered:
        delivered = self._portal.take_in(self._id, stream, name)
        self._kept.append(delivered.key)
        return delivered

    def _deliver(
        self,
        milestone: str,
        delivered: Delivered,
        step: Callable[[Project, Delivered], Sequence[Line]],
    ) -> None:
        """Run the step that names bytes just taken in; if it is refused, they are not kept."""
        try:
            self._inspect(milestone, delivered)
            self.step(lambda project: step(project, delivered))
        except (Refused, NotFound, FileError):
            self._kept.remove(delivered.key)
            self._portal.discard([delivered.key])
            raise

    def _inspect(self, milestone: str, delivered: Delivered) -> None:
        """Let the host look at what was taken in; staff have no quarantine, so that is a refusal."""
        place = self.project.milestones.get(milestone)
        if place is None:
            return  # the step will say so
        upload = Upload.of(self._portal, self.project, self._me(), place, delivered)
        seen = inspected(self._portal.inspect, upload, delivered)
        if seen.quarantine is not None:
            raise Vetoed(
                "the inspection wants to keep this file back",
                remedy="Deliver another one, or let the inspection accept what staff deliver",
                file=delivered.name,
                reason=seen.quarantine,
            )

    def _me(self) -> Person:
        """Return the staff member as a person of the project, who may be about to join it."""
        staff = self._staff
        return rules.person_of(self.project, staff) or Person(
            self._joining, Side.AGENCY, staff.name, staff.email, staff.role, ref=staff.ref
        )

    # -- notices --------------------------------------------------------------------------------

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

    def nudge(self, asked: Thing, people: Iterable[Thing] | None = None) -> None:
        """Remind people at once of what they were asked for.

        Args:
            asked: the open request for a decision or for a file.
            people: who is reminded; everybody it waits for if not given.

        Raises:
            NotFound: no such request or person here.
            NotAllowed: nothing is awaited from a person, or they were erased.
            Outdated: the request is no longer open; look at what became of it.
            Invalid: nobody is named.
        """
        named = None if people is None else ids_of(people, "people")
        self.step(lambda project: rules.nudge(project, self._asked(project, asked), named))

    def _asked(self, project: Project, asked: Thing) -> Approval | FileRequest:
        id = id_of(asked)
        is_file = id in project.requests or fold_request(self._entries_about(id)) is not None
        return self._request(project, asked) if is_file else self._approval(project, asked)

    # -- requests for files ---------------------------------------------------------------------

    def request_file(
        self,
        milestone: Thing,
        title: str,
        *,
        people: Iterable[Thing],
        note: str = "",
        due: date | None = None,
        reminders: Reminders | None = None,
        id: str | None = None,
    ) -> Handle:
        """Ask clients to hand a file in.

        Args:
            milestone: where the file will belong.
            title: what is asked for.
            people: the clients who are asked; whoever may hand in there can answer.
            note: what they should know: format, size, where to find it.
            due: the day by which it is wanted, in the client's zone.
            reminders: when they are reminded; as the portal does it if not given.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the request's id.

        Raises:
            NotFound: no such milestone or person here.
            Invalid: title, people, note or day is unusable.
            NotAllowed: the milestone is internal, or a person was erased.
        """
        asked = ids_of(people, "people")
        return self._make(
            id,
            lambda project, id: rules.request_file(
                project,
                id,
                milestone=id_of(milestone),
                title=title,
                people=asked,
                note=note,
                due=due,
                reminders=reminders,
            ),
        )

    def fulfil_request(self, request: Thing, files: Iterable[Thing]) -> None:
        """Say that an open request is answered by these files, which came another way.

        Args:
            request: the request for a file.
            files: files of its milestone.

        Raises:
            NotFound: no such request or file here.
            Invalid: no file is named, or one belongs to another milestone.
            Outdated: the request is no longer open; look at what became of it.
        """
        named = ids_of(files, "files")
        self.step(
            lambda project: rules.fulfil_request(project, self._request(project, request), named)
        )

    def withdraw_request(self, request: Thing, reason: str) -> None:
        """Take an open request for a file back.

        Args:
            request: the request for a file.
            reason: why; everybody can read it.

        Raises:
            NotFound: no such request here.
            Invalid: the reason is missing or unusable.
            Outdated: the request is no longer open; look at what became of it.
        """
        self.step(lambda project: rules.withdraw_request(self._request(project, request), reason))

    def release_file(self, file: Thing, *, version: int | None = None) -> None:
        """Let a file out of quarantine; `withdraw_file` is the other end of it.

        Args:
            file: the file.
            version: the number of the version; the current one if not given.

        Raises:
            NotFound: no such file or version here.
        """

        def step(project: Project) -> list[Line]:
            return rules.release_file(project, id_of(file), self._version(project, file, version))

        self.step(step)

    def _request(self, project: Project, request: Thing) -> FileRequest:
        id = id_of(request)
        found = project.requests.get(id) or fold_request(self._entries_about(id))
        if found is None:
            raise NotFound("no such request for a file in this project", request=id)
        return found

    # -- approvals ------------------------------------------------------------------------------

    def request_approval(
        self,
        milestone: Thing,
        title: str,
        *,
        people: Iterable[Thing],
        files: Iterable[Thing] = (),
        statement: str = "",
        needed: Needed = "all",
        due: date | None = None,
        previous: Thing | None = None,
        reminders: Reminders | None = None,
        id: str | None = None,
    ) -> Handle:
        """Ask clients to decide about the current versions of files, a statement, or both.

        Args:
            milestone: where the decision belongs; all files must belong there too.
            title: what is decided on.
            people: the clients who are asked.
            files: the files whose current versions are meant.
            statement: words to decide on, or an introduction to the files.
            needed: ``"all"`` who do not abstain, ``"any"`` one, or at least n.
            due: the day by which the decision is wanted, in the client's zone.
            previous: the round before; if it is still open, this one supersedes it.
            reminders: when they are reminded; as the portal does it if not given.
            id: one that `new_id` made when the form was shown, so that a form sent twice has one effect.

        Returns:
            A handle with the request's id.

        Raises:
            NotFound: no such milestone, person, file or round here.
            Invalid: nothing to decide on, nobody asked, a file of another milestone, or not so many
                people.
            NotAllowed: the milestone is internal, a file was withdrawn, or a person was erased.
            Outdated: the round before has been followed by another already.
        """
        asked, named = ids_of(people, "people"), ids_of(files, "files")

        def step(project: Project, id: str) -> list[Line]:
            return rules.request_approval(
                project,
                id,
                milestone=id_of(milestone),
                title=title,
                people=asked,
                statement=statement,
                files=named,
                needed=needed,
                due=due,
                previous=self._approval(project, previous) if previous else None,
                reminders=reminders,
            )

        return self._make(id, step)

    def void_approval(self, approval: Thing, reason: str) -> None:
        """Call off an open request.

        Args:
            approval: the request.
            reason: why; everybody can read it.

        Raises:
            NotFound: no such request here.
            Outdated: it is no longer open; look at what took its place.
            Invalid: there is no reason.
        """
        self.step(
            lambda project: rules.void_approval(project, self._approval(project, approval), reason)
        )

    def record_decision(
        self,
        approval: Thing,
        person: Thing,
        outcome: Outcome | str,
        *,
        source: str,
        comment: str = "",
        happened: When = None,
        evidence: Thing | None = None,
    ) -> None:
        """Record a decision that a client gave elsewhere; it is marked as recorded by staff.

        Args:
            approval: the open request.
            person: who decided.
            outcome: what they decided.
            source: where it was given: mail, phone, meeting.
            comment: their words.
            happened: when it was given: an aware datetime or a day, not in the future.  It may be before
                the request was written down, as in a project that is taken over with its decisions.
            evidence: a file of this milestone that shows it.

        Raises:
            NotFound: no such request or evidence here.
            NotAllowed: somebody else was asked.
            Outdated: the request is no longer open, or this person has decided otherwise.
            Invalid: source, outcome, comment or time is missing or unusable.
        """
        source, at = clean.line(source, "source"), self._past(happened)

        def step(project: Project) -> list[Line]:
            found = self._approval(project, approval)
            fact = ApprovalDecided(
                person=id_of(person),
                outcome=clean.choice(Outcome, outcome, "outcome"),
                manifest=found.manifest,
                recognised="elsewhere",
                happened=at,
                source=source,
                evidence_file=id_of(evidence) if evidence else "",
                comment=comment,
            )
            return rules.decide(project, found, fact)

        self.step(step)

    # -- questions and recaps -------------------------------------------------------------------

    def answer(self, question: Thing, text: str) -> None:
        """Say something to a client's question; this also answers one that was closed.

        Args:
            question: the question.
            text: the answer, in Markdown; everybody who sees the milestone reads it.

        Raises:
            NotFound: no such question here.
            Invalid: there is no text.
        """
        self.step(lambda project: rules.answer_question(self._question(project, question), text))

    def close_question(self, question: Thing, reason: str = "") -> None:
        """Close a question, answered or not; one that is closed already stays as it is.

        Args:
            question: the question.
            reason: why, if you want to say so; clients read it.

        Raises:
            NotFound: no such question here.
            Invalid: the reason is too long.
        """
        self.step(lambda project: rules.close_question(self._question(project, question), reason))

    def reopen_question(self, question: Thing, reason: str = "") -> None:
        """Open a question again that was answered or closed.

        Args:
            question: the question.
            reason: why, if you want to say so; clients read it.

        Raises:
            NotFound: no such question here.
            Outdated: it is open.
            Invalid: the reason is too long.
        """
        self.step(lambda project: rules.reopen_question(self._question(project, question), reason))

    def record_recap(
        self,
        source: RecapSource | str,
        *,
        person: Thing | None = None,
        happened: When = None,
        note: str = "",
    ) -> None:
        """Note that somebody asked "where are we?" elsewhere, so that it is counted.

        Args:
            source: where: mail, call, chat or meeting.
            person: who asked, if that is known.
            happened: when: an aware datetime or a day, not in the future.
            note: what they wanted to know; personal, erased with the person.

        Raises:
            NotFound: no such person here.
            Invalid: source, time or note is unusable.
        """
        at, who = self._past(happened), "" if person is None else id_of(person)
        self.step(
            lambda project: rules.record_recap(project, source, person=who, happened=at, note=note)
        )

    def _question(self, project: Project, question: Thing) -> Question:
        id = id_of(question)
        found = project.questions.get(id) or fold_question(self._entries_about(id))
        if found is None:
            raise NotFound("no such question in this project", question=id)
        return found

    def _approval(self, project: Project, approval: Thing) -> Approval:
        found = project.approvals.get(id_of(approval)) or self._closed(project, id_of(approval))
        if found is None:
            raise NotFound("no such approval in this project", approval=id_of(approval))
        return found

    def _closed(self, project: Project, id: str) -> Approval | None:
        """Look up an approval that is no longer in the folded project."""
        if not id or id in project.approvals or id in project.milestones or id in project.files:
            return None
        return fold_approval(self._entries_about(id))

    def _entries_about(self, subject: str) -> list[Entry]:
        """Return the entries about something, with those that the steps so far will add."""
        written = self._portal.entries(self._id, subject=subject)
        coming = [line for line in self._lines if line.subject == subject]
        return written + [_entry(self._id, 0, line) for line in coming]


def _id_of_new(given: str | None) -> str:
    return new_id() if given is None else clean.new_id(given, "id")


def _applied(project: Project, id: str, lines: Iterable[Line]) -> Project:
    """Return the project as lines will leave it, before they have an author and a place in the log."""
    for line in lines:
        project = apply(project, _entry(id, project.version + 1, line))
    return project


def _entry(project: str, seq: int, line: Line) -> Entry:
    return Entry(project, seq, 0, "", line.milestone, line.subject, line.fact, "")

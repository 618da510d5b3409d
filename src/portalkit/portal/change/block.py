"""A block of steps: checked one by one, committed together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from attrs import evolve, frozen

from portalkit import clean, rules
from portalkit.errors import Conflict, Invalid, NewerLog, NotAllowed, NotFound, Refused
from portalkit.facts import ApprovalRequested, Entry, Line
from portalkit.fold import apply, fold_approval, fold_request
from portalkit.model import Approval, FileRequest, Person, Project, Side, new_id
from portalkit.moments import as_instant
from portalkit.portal.ledger import State
from portalkit.portal.things import Thing, When, id_of
from portalkit.rules import Staff

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["Block", "Handle", "Step", "id_of_new"]

Step = Callable[[Project], Sequence[Line]]
"""Takes the project and returns the lines it adds."""


@frozen
class Handle:
    """A thing made or changed in a block.

    Attributes:
        id: its final id, usable in this block and ever after.
    """

    id: str


class Block:
    """Collects steps and commits them; what the steps are is said by its subclasses."""

    def __init__(
        self,
        portal: Portal,
        staff: Staff,
        project: str,
        state: State | None,
        *,
        expected: str | None,
        first: Step | None = None,
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
        self._first = first
        self._entered = self._done = False
        self._opening = state is None
        self.advice: list[str] = []

    @property
    def project(self) -> Project:
        """The project as the steps so far leave it."""
        if self._ahead:
            self._project = _applied(self._project, self._id, self._ahead)
            self._ahead = []
        return self._project

    def __enter__(self) -> Self:
        if self._entered:
            raise NotAllowed("this block is over", remedy="Open a new one with desk.change")
        self._entered = True
        if self._first is not None:
            self.step(self._first)
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
        joining = rules.join_staff(project, self._staff, self._joining)
        return me.id if me else self._joining, [*opening, *joining, *rest]

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
            NotAllowed: the block is over, or has not begun, so that nothing would ever be committed.
            Refused: what the step itself raises.
        """
        if not self._entered:
            raise NotAllowed(
                "this block has not begun",
                remedy="Take its steps inside of 'with desk.change(...) as change:'",
            )
        if self._done:
            raise NotAllowed("this block is over", remedy="Open a new one with desk.change")
        lines = step(self.project)
        self.advice += filter(None, (rules.advice(self.project, line) for line in lines))
        self._ahead += lines
        self._steps.append(step)
        self._lines += lines

    def _make(self, given: str | None, step: Callable[[Project, str], Sequence[Line]]) -> Handle:
        """Take a step that makes a new thing; one that is there already is not made again."""
        id = id_of_new(given)
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
        at = as_instant(happened, self.project.zone, "happened")
        if at is not None and at > self._portal.clock():
            raise Invalid(
                "this has not happened yet",
                remedy="Pass an instant or a day that is not in the future",
                field="happened",
                happened=at,
            )
        return at

    def _me(self) -> Person:
        """Return the staff member as a person of the project, who may be about to join it."""
        staff = self._staff
        return rules.person_of(self.project, staff) or Person(
            self._joining, Side.AGENCY, staff.name, staff.email, staff.role, ref=staff.ref
        )

    # -- looking things up ----------------------------------------------------------------------

    def _approval(self, project: Project, approval: Thing) -> Approval:
        found = project.approvals.get(id_of(approval)) or self._closed(project, id_of(approval))
        if found is None:
            raise NotFound("no such approval in this project", approval=id_of(approval))
        return found

    def _round_before(self, project: Project, approval: Thing) -> Approval:
        """Return an approval with the round that followed it, which its own entries do not name."""
        found = self._approval(project, approval)
        if found.id in project.approvals:
            return found
        later = (
            entry.subject
            for entry in self._entries("milestone", found.milestone)
            if isinstance(entry.fact, ApprovalRequested) and entry.fact.previous == found.id
        )
        return evolve(found, followed_by=next(later, ""))

    def _closed(self, project: Project, id: str) -> Approval | None:
        """Look up an approval that is no longer in the folded project."""
        if not id or id in project.approvals or id in project.milestones or id in project.files:
            return None
        return fold_approval(self._entries_about(id))

    def _request(self, project: Project, request: Thing) -> FileRequest:
        id = id_of(request)
        found = project.requests.get(id) or fold_request(self._entries_about(id))
        if found is None:
            raise NotFound("no such request for a file in this project", request=id)
        return found

    def _entries_about(self, subject: str) -> list[Entry]:
        """Return the entries about something, with those that the steps so far will add."""
        return self._entries("subject", subject)

    def _entries(self, place: Literal["subject", "milestone"], id: str) -> list[Entry]:
        selected: dict[str, Any] = {place: id}
        written = self._portal.entries(self._id, **selected)
        coming = [line for line in self._lines if getattr(line, place) == id]
        return written + [_entry(self._id, 0, line) for line in coming]


def id_of_new(given: str | None) -> str:
    return new_id() if given is None else clean.new_id(given, "id")


def _applied(project: Project, id: str, lines: Iterable[Line]) -> Project:
    """Return the project as lines will leave it, before they have an author and a place in the log."""
    for line in lines:
        project = apply(project, _entry(id, project.version + 1, line))
    return project


def _entry(project: str, seq: int, line: Line) -> Entry:
    return Entry(project, seq, 0, "", line.milestone, line.subject, line.fact, "")

"""Looking: a project as one of its clients sees it.

Ids only select inside what that person may see: a foreign id answers exactly like an unknown one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import evolve

from portalkit import clean, rules
from portalkit.errors import NotAllowed, NotFound
from portalkit.facts import Entry
from portalkit.fold import (
    activity_of,
    fold_approval,
    fold_question,
    fold_request,
    fold_update,
    versions,
)
from portalkit.model import (
    CLIENT,
    Activity,
    Answers,
    Approval,
    File,
    FileRequest,
    Link,
    LinkState,
    Milestone,
    Person,
    Project,
    Question,
    Scope,
    Side,
    Update,
    Version,
)
from portalkit.portal.ledger import State
from portalkit.portal.things import Thing, id_of

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["Looking", "Preview"]


class _InMilestone(Protocol):
    @property
    def milestone(self) -> str: ...


T = TypeVar("T", bound=_InMilestone)
S = TypeVar("S")


class Looking:
    """A project as one person may see it: everything to look at, and nothing that leaves a trace.

    Args:
        portal: where the project is.
        state: the project as it stands.
        person: who looks.
        scopes: what they may do.
    """

    def __init__(
        self, portal: Portal, state: State, person: Person, scopes: frozenset[Scope]
    ) -> None:
        self._portal = portal
        self._state = state
        self._scopes = scopes
        self.person = person

    @property
    def scopes(self) -> frozenset[Scope]:
        """What this person may do."""
        return self._scopes

    @property
    def chain(self) -> str:
        """The place in the log that this shows."""
        return self._state.chain

    @property
    def project(self) -> Project:
        """The project as this person may see it."""
        return self._state.seen_by(self.person)

    @property
    def locale(self) -> str:
        """The person's language, or else the project's."""
        return self.person.locale or self._state.project.locale

    @property
    def zone(self) -> str:
        """The person's time zone, or else the project's."""
        return self.person.zone or self._state.project.zone

    @property
    def answers(self) -> Answers:
        """The four answers, with what waits for this person and is theirs to do."""
        answers = self.project.answers_for(self.person.id)
        return evolve(
            answers,
            needs_decision=answers.needs_decision if self.may_decide else (),
            needs_files=answers.needs_files if self.may_upload else (),
        )

    @property
    def may_decide(self) -> bool:
        """Whether the link allows decisions and the project still takes them."""
        return self._may(Scope.DECIDE)

    @property
    def may_upload(self) -> bool:
        """Whether the link allows handing files in and the project still takes them."""
        return self._may(Scope.UPLOAD)

    @property
    def may_ask(self) -> bool:
        """Whether the link allows questions and the project still takes them."""
        return self._may(Scope.COMMENT)

    def _may(self, scope: Scope) -> bool:
        try:
            rules.require(self._state.project, self.scopes, scope)
        except NotAllowed:
            return False
        return True

    # -- looking --------------------------------------------------------------------------------

    def milestone(self, milestone: Thing) -> Milestone:
        """Return a milestone.

        Args:
            milestone: the milestone or its id.

        Raises:
            NotFound: it is unknown, or hidden from this person: both read the same.
        """
        return self._found(self.project.milestones.get(id_of(milestone)))

    def update(self, update: Thing) -> tuple[Update, ...]:
        """Return every revision of an update, oldest first.

        Args:
            update: the update or its id, however old.

        Raises:
            NotFound: it is unknown, or hidden from this person.
        """
        return self._visible(fold_update(self._entries_about(update)))

    def approval(self, approval: Thing) -> Approval:
        """Return a request for approval.

        Args:
            approval: the request or its id, however old.

        Raises:
            NotFound: it is unknown, or hidden from this person.
        """
        return self._however_old(self._state.project.approvals, approval, fold_approval)

    def request(self, request: Thing) -> FileRequest:
        """Return a request for a file.

        Args:
            request: the request or its id, however old.

        Raises:
            NotFound: it is unknown, or hidden from this person.
        """
        return self._however_old(self._state.project.requests, request, fold_request)

    def question(self, question: Thing) -> Question:
        """Return a question with all that was said to it.

        Args:
            question: the question or its id, however old.

        Raises:
            NotFound: it is unknown, or hidden from this person.
        """
        return self._however_old(self._state.project.questions, question, fold_question)

    def subject(self, about: Thing) -> File | Approval | Update:
        """Return what a question may be about, with its newest text.

        Args:
            about: a file, an approval or an update, or its id, however old.

        Raises:
            NotFound: it is none of these, unknown, or hidden from this person.
        """
        file = self.project.files.get(id_of(about))
        if file is not None:
            return file
        with suppress(NotFound):
            return self.approval(about)
        return self.update(about)[-1]

    def versions(self, file: Thing) -> tuple[Version, ...]:
        """Return every version of a file, oldest first.

        Args:
            file: the file or its id.

        Raises:
            NotFound: it is unknown, or hidden from this person.
        """
        self._file(file)
        return versions(self._entries_about(file))

    def activity(
        self, *, before: int = 0, limit: int = 50, milestone: Thing | None = None
    ) -> list[Activity]:
        """Return lines of the history that this person may see, newest first.

        Args:
            before: the ``seq`` to continue before; 0 starts at the newest.
            limit: how many lines to return at most.
            milestone: only what concerns this milestone.

        Raises:
            NotFound: the milestone is unknown, or hidden from this person.
            Invalid: ``before`` or ``limit`` is no usable whole number.
        """
        clean.count(before, "before", least=0)
        clean.count(limit, "limit")
        chosen = self.milestone(milestone).id if milestone else None
        found: list[Activity] = []
        while len(found) < limit:
            rows = self._portal.entries(
                self._state.project.id, after=before, limit=100, milestone=chosen, newest=True
            )
            lines = (activity_of(entry) for entry in rows)
            found += [a for a in lines if rules.sees(self._state.project, self.person, a)]
            if len(rows) < 100:
                break
            before = rows[-1].seq
        return found[:limit]

    # -- finding --------------------------------------------------------------------------------

    def _entries_about(self, thing: Thing) -> list[Entry]:
        return self._portal.entries(self._state.project.id, subject=id_of(thing))

    def _however_old(
        self,
        at_hand: Mapping[str, T],
        thing: Thing,
        fold: Callable[[Iterable[Entry]], T | None],
    ) -> T:
        """Return a thing that is at hand, or else what the log says of it."""
        found = at_hand.get(id_of(thing))
        if found is None or not self._enters(found.milestone):
            found = fold(self._entries_about(thing))  # hidden costs what unknown costs
        return self._visible((found,) if found else ())[0]

    def _file(self, file: Thing) -> File:
        return self._found(self.project.files.get(id_of(file)))

    def _visible(self, things: tuple[T, ...]) -> tuple[T, ...]:
        if not things or not self._enters(things[0].milestone):
            raise unknown()
        return things

    def _enters(self, milestone: str) -> bool:
        return rules.enters(self._state.project, self.person, milestone)

    def _found(self, thing: S | None) -> S:
        if thing is None:
            raise unknown()
        return thing


class Preview(Looking):
    """A client's pages as staff see them: nothing is written, no link is used.  Made by `Desk.view_as`.

    Their scopes are those of their link, or of a new one.

    Attributes:
        link: their link, or ``None``.
    """

    def __init__(self, portal: Portal, state: State, person: Person) -> None:
        link = state.project.link_of(person.id)
        super().__init__(portal, state, person, link.scopes if link else CLIENT)
        self.link: Link | None = link

    @property
    def link_state(self) -> LinkState | None:
        """What has become of their link at the moment; ``None`` if they have none."""
        return self.link.state(self._portal.clock()) if self.link else None


def preview_of(portal: Portal, state: State, person: str) -> Preview:
    """Return the pages of a project as one of its clients sees them.

    Raises:
        NotFound: there is no such client in this project.
        NotAllowed: the personal data of this client were erased.
    """
    found = state.project.people.get(person)
    if found is None or found.side is not Side.CLIENT:
        raise NotFound("there is no such client in this project", person=person)
    return Preview(portal, state, rules.find_present(state.project, person))


def unknown() -> NotFound:
    """Return the error for what is not there, and for what is not shown: both read the same."""
    return NotFound("there is no such thing here")

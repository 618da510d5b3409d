"""Steps about approvals, and reminders of what is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from portalkit import clean, rules
from portalkit.facts import ApprovalDecided, Line
from portalkit.fold import fold_request
from portalkit.model import Approval, FileRequest, Outcome, Project, Reminders
from portalkit.portal.change.block import Block, Handle
from portalkit.portal.things import Thing, When, id_of, ids_of
from portalkit.rules import Needed

__all__ = ["ApprovalSteps"]


class ApprovalSteps(Block):
    """Steps about approvals, and reminders of what is asked for."""

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
                previous=self._round_before(project, previous) if previous else None,
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

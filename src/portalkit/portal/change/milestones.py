"""Steps about milestones and updates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from attrs import field, frozen

from portalkit import rules
from portalkit.errors import NotFound
from portalkit.facts import Line, MilestoneAdded, UpdatePosted
from portalkit.fold import fold_update
from portalkit.model import Project, Update
from portalkit.portal.change.block import Block, Handle
from portalkit.portal.things import Thing, When, id_of, ids_of

__all__ = ["MilestoneHandle", "MilestoneSteps"]


@frozen
class MilestoneHandle(Handle):
    """A milestone in a block, with the steps of its life."""

    _change: MilestoneSteps = field(repr=False, eq=False)

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


class MilestoneSteps(Block):
    """Steps about milestones and updates."""

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
                neither an outcome nor a decision.
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

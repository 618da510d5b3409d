"""Steps about questions and recaps."""

from __future__ import annotations

from portalkit import rules
from portalkit.errors import NotFound
from portalkit.fold import fold_question
from portalkit.model import Project, Question, RecapSource
from portalkit.portal.change.block import Block
from portalkit.portal.things import Thing, When, id_of

__all__ = ["QuestionSteps"]


class QuestionSteps(Block):
    """Steps about questions and recaps."""

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

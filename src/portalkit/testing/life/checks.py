"""What must be so after each step of a life: the portal answers as the model does."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis.stateful import invariant

from ...errors import BadLink, ExpiredLink, ReplacedLink, RevokedLink, Withdrawn
from ...facts import ApprovalDecided, QuestionAsked, UpdatePosted
from ...model import QuestionState, Side
from ...portal import Visit
from .machine import STAFF, Machine
from .model import Link, Project

__all__ = ["Checked"]

_FORMER: Final = 5
"""How many former secrets a link knows; a token from before them is one that never was."""


class Checked(Machine):
    """A machine that is looked at after each step."""

    @invariant()
    def every_project_verifies(self) -> None:
        for id in self._model:
            found = self._portal.verify(id)
            assert found.ok, found.problem
            rows = self._store.history(id)
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))

    @invariant()
    def the_portal_answers_as_the_model(self) -> None:
        listed = {head.project: head for head in self._store.projects(status=None)}
        assert set(listed) == set(self._model)
        for id, expected in self._model.items():
            project = self._portal.project(id)
            clients = {p.id: p.name for p in project.people.values() if p.side is Side.CLIENT}
            assert clients == {p: person.name for p, person in expected.people.items()}
            milestones = {m.id: str(m.status) for m in project.milestones.values()}
            assert milestones == expected.milestones
            waiting = {ask.id for ask in expected.asks.values() if ask.open}
            assert {ask.id for ask in project.answers.needs_decision} == waiting
            assert listed[id].pending == len(waiting)
            for ask in waiting:
                assert project.approvals[ask].round == expected.asks[ask].round
            asked = {q for q, question in expected.questions.items() if question.open}
            states = {q.id: q.state for q in project.questions.values()}
            assert {q for q, state in states.items() if state is QuestionState.OPEN} == asked
            assert listed[id].questions == len(asked)
            assert project.recaps == expected.recaps
            facts = [(entry.subject, entry.fact) for entry in self._portal.entries(id)]
            updates = [fact.body for _, fact in facts if isinstance(fact, UpdatePosted)]
            assert updates == expected.updates
            decided = [
                (subject, fact.person, fact.typed_name)
                for subject, fact in facts
                if isinstance(fact, ApprovalDecided)
            ]
            assert decided == expected.decided
            words = {q: fact.text for q, fact in facts if isinstance(fact, QuestionAsked)}
            assert words == {q: question.text for q, question in expected.questions.items()}

    @invariant()
    def every_version_has_its_bytes(self) -> None:
        desk = self._portal.desk(STAFF)
        for id, expected in self._model.items():
            assert set(self._portal.project(id).files) == set(expected.files)
            for file, kept in expected.files.items():
                for number, data in enumerate(kept.versions, start=1):
                    if number in kept.withdrawn:
                        with pytest.raises(Withdrawn):
                            desk.download(id, file, number)
                    else:
                        assert b"".join(desk.download(id, file, number).read()) == data

    @invariant()
    def every_link_opens_what_it_should(self) -> None:
        for token in self._dead_tokens:
            assert isinstance(self._visit(token), BadLink)
        for expected in self._model.values():
            for who, person in expected.people.items():
                if person.link:
                    self._check_link(expected, who, person.link)

    def _check_link(self, project: Project, who: str, link: Link) -> None:
        *former, newest = link.tokens
        for age, token in enumerate(reversed(former)):
            known = ReplacedLink if age < _FORMER else BadLink
            assert isinstance(self._visit(token), known)
        visit = self._visit(newest)
        if link.revoked:
            assert isinstance(visit, RevokedLink)
        elif link.expires is not None and link.expires <= self._clock():
            assert isinstance(visit, ExpiredLink)
        else:
            assert isinstance(visit, Visit), visit
            asked = {a.id for a in project.asks.values() if a.open and who in a.people}
            waiting = {a for a in asked if who not in project.asks[a].decisions}
            answers = {ask.id for ask in visit.answers.needs_decision}
            assert answers == (waiting if link.decides else set())

    @invariant()
    def what_is_forgotten_is_gone(self) -> None:
        for id, name in self._forgotten:
            if id in self._model:
                found = self._store.load(id)
                assert found
                texts = [found[0].doc or "", *(row.sealed for row in self._store.history(id))]
                assert not any(name in text for text in texts), "a name outlived its redaction"
        for id in self._erased:
            assert self._store.load(id) is None
            assert list(self._store.history(id)) == []
            assert list(self._files.keys(id)) == []

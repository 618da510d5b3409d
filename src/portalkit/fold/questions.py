"""Folding questions and recaps: the open ones and a few others stay at hand, the rest is in the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve

from portalkit.facts import (
    Entry,
    Fact,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RecapAsked,
)
from portalkit.fold.changes import Changes, put
from portalkit.model import Project, Question, QuestionState, Remark

__all__ = ["QUESTIONS_KEPT", "fold_question", "question_moved", "recap_asked"]

QUESTIONS_KEPT: Final = 3


def question_moved(project: Project, entry: Entry, fact: Fact) -> Changes:
    moved = _step(project.questions.get(entry.subject), entry)
    if moved is None:
        return {}
    return {"questions": _trimmed(put(project.questions, moved), entry.milestone)}


def _step(old: Question | None, entry: Entry) -> Question | None:
    fact = entry.fact
    if isinstance(fact, QuestionAsked) and old is None:
        old = Question(entry.subject, entry.milestone, entry.actor, fact.about)
    if old is None:
        return None
    match fact:
        case QuestionAsked(text=text):
            asked = (*old.remarks, Remark(entry.actor, entry.at, entry.seq, text))
            return evolve(old, remarks=asked, answered=False, closed_at=None, closed_why="")
        case QuestionAnswered(text=text):
            said = (*old.remarks, Remark(entry.actor, entry.at, entry.seq, text))
            return evolve(old, remarks=said, answered=True, closed_at=None, closed_why="")
        case QuestionClosed(reason=reason):
            return evolve(old, closed_at=entry.at, closed_why=reason)
        case QuestionReopened():
            return evolve(old, answered=False, closed_at=None, closed_why="")
    return old


def _trimmed(questions: dict[str, Question], milestone: str) -> dict[str, Question]:
    """Keep what is open in a milestone, and the latest of the others."""
    ended = [
        q
        for q in questions.values()
        if q.milestone == milestone and q.state is not QuestionState.OPEN
    ]
    for question in sorted(ended, key=lambda q: q.seq)[:-QUESTIONS_KEPT]:
        del questions[question.id]
    return questions


def fold_question(entries: Iterable[Entry]) -> Question | None:
    """Return one question, however old, from the entries about it."""
    question: Question | None = None
    for entry in entries:
        question = _step(question, entry)
    return question


def recap_asked(project: Project, entry: Entry, fact: RecapAsked) -> Changes:
    return {"recaps": {**project.recaps, entry.subject: entry.at}}

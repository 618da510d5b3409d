"""Rules of questions and recap requests: what clients ask, and what staff say to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from portalkit import clean
from portalkit.errors import Invalid, NotAllowed, Outdated, OverQuota
from portalkit.facts import (
    Entry,
    Line,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RecapAsked,
    RecapRecorded,
)
from portalkit.model import Project, Question, QuestionState, RecapSource
from portalkit.rules.finding import across, find_milestone, find_person
from portalkit.rules.links import DAY_MS, refuse_archived

__all__ = [
    "QUESTIONS_A_DAY",
    "answer_question",
    "ask_further",
    "ask_question",
    "ask_recap",
    "close_question",
    "questions_left",
    "record_recap",
    "reopen_question",
]

QUESTIONS_A_DAY: Final = 50
"""How many questions one link may ask within 24 hours."""


def questions_left(entries: Iterable[Entry], *, link: str, since: int) -> int:
    """Return how many questions a link may still ask, after those it has asked since an instant."""
    asked = [e.fact for e in entries if e.at > since and isinstance(e.fact, QuestionAsked)]
    return max(0, QUESTIONS_A_DAY - sum(fact.link == link for fact in asked))


def ask_question(
    project: Project,
    id: str,
    text: str,
    *,
    milestone: str,
    link: str,
    left: int,
    about: str = "",
    about_milestone: str = "",
) -> list[Line]:
    """Ask something in a milestone, or about a thing in it."""
    find_milestone(project, milestone)
    text = clean.prose(text, "text", required=True, limit=2000)
    if about and about_milestone != milestone:
        raise across("a question and what it is about", milestone, about_milestone)
    _within(left)
    return [Line(QuestionAsked(about, link, text), milestone=milestone, subject=id)]


def ask_further(question: Question, text: str, *, person: str, link: str, left: int) -> list[Line]:
    """Ask further in one's own question; the same words twice in a row are said once."""
    if question.person != person:
        raise NotAllowed(
            "this is somebody else's question", remedy="Ask one of your own", question=question.id
        )
    text = clean.prose(text, "text", required=True, limit=2000)
    last = question.remarks[-1]
    if (last.by, last.text) == (person, text):
        return []
    _within(left)
    fact = QuestionAsked(question.about, link, text)
    return [Line(fact, milestone=question.milestone, subject=question.id)]


def _within(left: int) -> None:
    if left < 1:
        raise OverQuota(
            "this link has asked as much as it may within 24 hours",
            remedy="Wait for answers, or call",
            questions=QUESTIONS_A_DAY,
        )


def answer_question(question: Question, text: str) -> list[Line]:
    """Say something to a question; this also answers one that was closed."""
    text = clean.prose(text, "text", required=True, limit=5000)
    return [_line(question, QuestionAnswered(text))]


def close_question(question: Question, reason: str = "") -> list[Line]:
    """Close a question; one that is closed already stays as it is."""
    if question.state is QuestionState.CLOSED:
        return []
    return [_line(question, QuestionClosed(clean.prose(reason, "reason", limit=500)))]


def reopen_question(question: Question, reason: str = "") -> list[Line]:
    """Open a question again that was answered or closed."""
    if question.state is QuestionState.OPEN:
        raise Outdated(
            "this question is open", remedy="Answer it, or close it", question=question.id
        )
    return [_line(question, QuestionReopened(clean.prose(reason, "reason", limit=500)))]


def _line(question: Question, fact: QuestionAnswered | QuestionClosed | QuestionReopened) -> Line:
    return Line(fact, milestone=question.milestone, subject=question.id)


def ask_recap(project: Project, person: str, *, link: str, now: int) -> list[Line]:
    """Note that a person asks "where are we?"; it counts once in 24 hours."""
    refuse_archived(project)
    last = project.recaps.get(person)
    if last is not None and 0 <= now - last < DAY_MS:
        return []
    return [Line(RecapAsked(link), subject=person)]


def record_recap(
    project: Project,
    source: RecapSource | str,
    *,
    person: str = "",
    happened: int | None = None,
    note: str = "",
) -> list[Line]:
    """Note that somebody asked "where are we?" elsewhere: by mail, on the telephone, in a chat."""
    if person:
        find_person(project, person)
    source = clean.choice(RecapSource, source, "source")
    if source is RecapSource.PAGE:
        raise Invalid(
            "what is asked with the button of the page is counted there",
            remedy="Say where it was asked: mail, call, chat or meeting",
            field="source",
        )
    fact = RecapRecorded(source, happened, clean.prose(note, "note", limit=500))
    return [Line(fact, subject=person)]

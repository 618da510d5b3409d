"""What the weekly review of a project is made of, fetched from its log."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from portalkit.fold import fold_question
from portalkit.model import Project, Question, QuestionState
from portalkit.moments import as_day

if TYPE_CHECKING:
    from portalkit.pages import Review, Week
    from portalkit.portal import Portal

__all__ = ["review_of"]


def review_of(portal: Portal, project: Project, day: date | None) -> Review:
    """Return the review of the week of a day, or of the last week that is over.

    Args:
        portal: where the log is.
        project: the project as it stands.
        day: a day of the week, or ``None``.

    Raises:
        Invalid: this is no day.
    """
    from portalkit.pages import (  # values of pages; only a review needs them here
        review_page,
        week_of,
    )

    week = week_of(as_day(day, "week"), project.zone, portal.clock())
    entries = portal.ledger.recent(project.id, week.before.since)
    moved = [e.subject for e in entries if e.kind.startswith("question.") and e.at >= week.since]
    waiting = [q.id for q in project.questions.values() if q.state is QuestionState.OPEN]
    questions = (_as_it_stood(portal, project, id, week) for id in {*moved, *waiting})
    return review_page(project, entries, [q for q in questions if q], week)


def _as_it_stood(portal: Portal, project: Project, question: str, week: Week) -> Question | None:
    """Return a question as it stood when a week was over."""
    entries = portal.entries(project.id, subject=question)
    return fold_question(entry for entry in entries if entry.at < week.until)

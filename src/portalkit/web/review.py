"""The weekly review in words: for a page of the host, and as a mail."""

from __future__ import annotations

import hashlib
from typing import Any

from attrs import frozen
from markupsafe import Markup

from portalkit.language import N_, Language
from portalkit.model import Person, Side
from portalkit.notices import Message
from portalkit.pages import Line, MilestoneReview, QuestionReview, Reader, Review
from portalkit.pages.history import history_lines
from portalkit.pages.parts import name_of
from portalkit.web.app import Web

__all__ = ["Part", "review_mail", "review_markup"]


@frozen
class Part:
    """A milestone of a review in words: who asked what, and the lines of its history."""

    milestone: MilestoneReview
    questions: tuple[tuple[str, QuestionReview], ...]
    lines: tuple[Line, ...]


def review_markup(web: Web, review: Review, language: Language) -> Markup:
    """Return a review as markup for a page of the host; its root element carries the class ``pk``."""
    return Markup(web.body(None, language, "review.html", **_values(web, review, language)))


def review_mail(
    web: Web,
    review: Review,
    language: Language,
    *,
    to: str,
    to_name: str = "",
    sender: str,
    sender_name: str = "",
    url: str = "",
) -> Message:
    """Return a review as a mail; the same review to the same address has the same id.

    Args:
        web: the web whose templates are used.
        review: the week.
        language: of the recipient.
        to: the recipient's address.
        to_name: their name.
        sender: the address that it comes from.
        sender_name: the name that it comes from.
        url: where the recipient sees the project, or empty.
    """
    values = {**_values(web, review, language), "url": url}
    named = "\n".join(("portalkit.review.1", review.project.id, str(review.week.starts), to))
    return Message(
        id=hashlib.sha256(named.encode()).hexdigest()[:32],
        to=to,
        to_name=to_name,
        sender=sender,
        sender_name=sender_name,
        subject=language.text(
            N_("{project}: the week to {day}"),
            project=review.project.title,
            day=language.long_day(review.week.ends, values["at"]),
        ),
        text=web.body(None, language, "mail/review.txt", **values).strip() + "\n",
        html=web.body(None, language, "mail/review.html", **values),
        at=values["at"],
        thread=review.project.id,
    )


def _values(web: Web, review: Review, language: Language) -> dict[str, Any]:
    at = web.portal.clock()
    reader = Reader(Person("nobody", Side.AGENCY, ""), language, at)
    return {
        "review": review,
        "parts": [_part(review, milestone, reader) for milestone in review.milestones],
        "at": at,
    }


def _part(review: Review, found: MilestoneReview, reader: Reader) -> Part:
    project = review.project
    activities = (*found.decisions, *found.files, *found.updates)
    return Part(
        milestone=found,
        questions=tuple((name_of(project, q.question.person, reader), q) for q in found.questions),
        lines=tuple(history_lines(project, activities, reader, len(activities))),
    )

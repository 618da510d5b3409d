"""The weekly review: what one week brought, milestone by milestone, for the agency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from attrs import frozen

from portalkit.facts import Entry, RecapAsked, RecapRecorded
from portalkit.fold import activity_of
from portalkit.model import Activity, Milestone, Project, Question, QuestionState, RecapSource
from portalkit.moments import day_of, local, start_of_day

__all__ = [
    "MilestoneReview",
    "QuestionReview",
    "Review",
    "Week",
    "review_as_json",
    "review_page",
    "week_of",
]


@frozen
class Week:
    """Seven days of a time zone, from a Monday on.

    Attributes:
        starts: the Monday.
        zone: IANA name of the time zone.
    """

    starts: date
    zone: str

    @property
    def ends(self) -> date:
        """The Sunday."""
        return self.starts + timedelta(days=6)

    @property
    def since(self) -> int:
        """The instant at which it begins, in UTC milliseconds."""
        return start_of_day(self.starts, self.zone)

    @property
    def until(self) -> int:
        """The instant at which it is over, in UTC milliseconds."""
        return start_of_day(self.starts + timedelta(days=7), self.zone)

    @property
    def before(self) -> Week:
        """The week before."""
        return Week(self.starts - timedelta(days=7), self.zone)

    def __contains__(self, instant: int) -> bool:
        return self.since <= instant < self.until


def week_of(day: date | None, zone: str, now: int) -> Week:
    """Return the week of a day; without one the last week that is over."""
    chosen = day if day is not None else day_of(now, zone) - timedelta(days=7)
    return Week(chosen - timedelta(days=chosen.weekday()), zone)


@frozen
class QuestionReview:
    """A question as the week left it.

    Attributes:
        question: as it stood when the week was over.
        asked: whether the client said something in it in this week.
        answered: whether it was answered in this week.
        waited: how long the client waited for the first answer of this week, in milliseconds, or ``None``.
    """

    question: Question
    asked: bool
    answered: bool
    waited: int | None


@frozen
class MilestoneReview:
    """What the week brought to one milestone.

    Attributes:
        milestone: as it stands.
        questions: those that were asked, answered or closed in this week, and those still open.
        decisions: who decided what.
        files: what was delivered, handed in, withdrawn.
        updates: what was posted and revised.
    """

    milestone: Milestone
    questions: tuple[QuestionReview, ...]
    decisions: tuple[Activity, ...]
    files: tuple[Activity, ...]
    updates: tuple[Activity, ...]

    @property
    def asked(self) -> int:
        """In how many questions a client said something."""
        return sum(q.asked for q in self.questions)

    @property
    def answered(self) -> int:
        """How many questions were answered."""
        return sum(q.answered for q in self.questions)

    @property
    def open(self) -> int:
        """How many questions were open when the week was over."""
        return sum(q.question.state is QuestionState.OPEN for q in self.questions)


@frozen
class Review:
    """What one week brought to a project.

    Attributes:
        project: as it stands, internal milestones included.
        week: which week.
        milestones: those to which it brought something or in which a question is open, in their order.
        recaps: how often somebody asked "where are we?", by source; sources that were not used are left out.
        recaps_before: how often they did in the week before, by whatever source.
    """

    project: Project
    week: Week
    milestones: tuple[MilestoneReview, ...]
    recaps: Mapping[RecapSource, int]
    recaps_before: int = 0

    @property
    def asked(self) -> int:
        """In how many questions a client said something."""
        return sum(m.asked for m in self.milestones)

    @property
    def answered(self) -> int:
        """How many questions were answered."""
        return sum(m.answered for m in self.milestones)

    @property
    def open(self) -> int:
        """How many questions were open when the week was over."""
        return sum(m.open for m in self.milestones)

    @property
    def waited(self) -> int | None:
        """The time within which half of the answers came, in milliseconds, or ``None`` without one."""
        found = (q.waited for m in self.milestones for q in m.questions)
        waits = sorted(waited for waited in found if waited is not None)
        return waits[(len(waits) - 1) // 2] if waits else None


_FILES: Final = ("file.added", "file.version", "file.delivered", "file.withdrawn")
_UPDATES: Final = ("update.posted", "update.revised")


def review_page(
    project: Project, entries: Iterable[Entry], questions: Iterable[Question], week: Week
) -> Review:
    """Return what a week brought.

    Args:
        project: the project as staff see it.
        entries: at least all that were written from the beginning of the week before on.
        questions: at least all that were touched in the week or were open at its end, as they stood then.
        week: which week; what happened counts in the week in which it happened, whenever it was recorded.
    """
    found = [(entry, activity_of(entry)) for entry in entries]
    last = week.before
    inside = sorted(
        ((e, a) for e, a in found if a.at in week), key=lambda pair: (pair[1].at, pair[1].seq)
    )
    asked = list(questions)
    parts = [
        _of_milestone(milestone, [a for _, a in inside], asked, week)
        for milestone in project.milestones.values()
    ]
    return Review(
        project=project,
        week=week,
        milestones=tuple(p for p in parts if p.questions or p.decisions or p.files or p.updates),
        recaps=_recaps(entry for entry, _ in inside),
        recaps_before=sum(_recaps(entry for entry, a in found if a.at in last).values()),
    )


def _of_milestone(
    milestone: Milestone, lines: Sequence[Activity], questions: Iterable[Question], week: Week
) -> MilestoneReview:
    here = [line for line in lines if line.milestone == milestone.id]
    moved = {line.subject for line in here if line.kind.startswith("question.")}
    seen = (
        _of_question(question, week)
        for question in questions
        if question.milestone == milestone.id
        and (question.id in moved or question.state is QuestionState.OPEN)
    )
    return MilestoneReview(
        milestone=milestone,
        questions=tuple(sorted(seen, key=lambda q: (q.question.asked_at, q.question.id))),
        decisions=tuple(a for a in here if a.kind == "approval.decided"),
        files=tuple(a for a in here if a.kind in _FILES),
        updates=tuple(a for a in here if a.kind in _UPDATES),
    )


def _of_question(question: Question, week: Week) -> QuestionReview:
    waits = [waited for answered_at, waited in question.waits if answered_at in week]
    said = [r for r in question.remarks if r.at in week]
    return QuestionReview(
        question=question,
        asked=any(r.by == question.person for r in said),
        answered=any(r.by != question.person for r in said),
        waited=waits[0] if waits else None,
    )


def _recaps(entries: Iterable[Entry]) -> dict[RecapSource, int]:
    counts = dict.fromkeys(RecapSource, 0)
    for entry in entries:
        match entry.fact:
            case RecapAsked():
                counts[RecapSource.PAGE] += 1
            case RecapRecorded(source=source):
                counts[source] += 1
    return {source: count for source, count in counts.items() if count}


def review_as_json(review: Review) -> dict[str, Any]:
    """Return a review as data, for machines.

    Days are ISO dates and instants ISO times with offset, both of the week's zone; waits are milliseconds.
    """
    return {
        "project": {"id": review.project.id, "title": review.project.title},
        "week": {
            "starts": review.week.starts.isoformat(),
            "ends": review.week.ends.isoformat(),
            "zone": review.week.zone,
        },
        "questions": _counts(review),
        "waited_ms": review.waited,
        "recaps": {str(source): count for source, count in review.recaps.items()},
        "recaps_before": review.recaps_before,
        "milestones": [_milestone_json(m, review) for m in review.milestones],
    }


def _counts(counted: Review | MilestoneReview) -> dict[str, int]:
    return {"asked": counted.asked, "answered": counted.answered, "open": counted.open}


def _milestone_json(found: MilestoneReview, review: Review) -> dict[str, Any]:
    return {
        "id": found.milestone.id,
        "title": found.milestone.title,
        "counts": _counts(found),
        "questions": [_question_json(q, review) for q in found.questions],
        **{
            name: [_line_json(line, review) for line in getattr(found, name)]
            for name in ("decisions", "files", "updates")
        },
    }


def _question_json(found: QuestionReview, review: Review) -> dict[str, Any]:
    question = found.question
    return {
        "id": question.id,
        "person": question.person,
        "text": question.text,
        "about": question.about,
        "state": str(question.state),
        "asked_at": _when(question.asked_at, review),
        "asked": found.asked,
        "answered": found.answered,
        "waited_ms": found.waited,
    }


def _line_json(line: Activity, review: Review) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "at": _when(line.at, review),
        "kind": line.kind,
        "subject": line.subject,
        "actor": line.actor,
        "title": line.title,
        "detail": line.detail,
    }


def _when(instant: int, review: Review) -> str:
    return local(instant, review.week.zone).isoformat(timespec="seconds")

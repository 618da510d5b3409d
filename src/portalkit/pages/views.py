"""One function for each page: a project as one person may see it gives the page's values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from typing import Final

from portalkit.facts import Entry
from portalkit.fold import (
    RECENT_KEPT,
    activity_of,
    fold_approval,
    fold_approvals,
    fold_question,
    fold_request,
    fold_update,
    versions,
)
from portalkit.model import (
    Activity,
    Answers,
    Approval,
    File,
    Milestone,
    MilestoneStatus,
    Project,
    Question,
    QuestionState,
    RequestState,
    Update,
)
from portalkit.pages.history import history_lines
from portalkit.pages.parts import (
    ask_view,
    file_views,
    milestone_view,
    name_of,
    news_view,
    question_view,
    questions_about,
    wanted_view,
)
from portalkit.pages.values import (
    ApprovalPage,
    Ask,
    HistoryPage,
    MilestonePage,
    ProjectPage,
    QuestionPage,
    QuestionView,
    Reader,
    UpdatePage,
    Wanted,
)
from portalkit.pages.wording import sentence
from portalkit.rules import sees

__all__ = [
    "ACTIVITY_SHOWN",
    "COMPLETED_SHOWN",
    "approval_page",
    "history_page",
    "milestone_page",
    "project_page",
    "question_page",
    "update_page",
]

ACTIVITY_SHOWN: Final = 8
COMPLETED_SHOWN: Final = 3


def project_page(project: Project, reader: Reader) -> ProjectPage:
    """Return the project page's values for a project as the reader may see it."""
    answers = project.answers_for(reader.person.id)
    asks, files = _waiting(project, answers, reader)
    latest = project.latest_update
    new = [reader.new(activity.seq) for activity in project.recent]
    return ProjectPage(
        project=project,
        reader=reader,
        answers=answers,
        sentence=sentence(project, answers, reader, len(asks) + len(files)),
        asks=asks,
        wanted=files,
        latest=news_view(project, latest, reader) if latest else None,
        activity=tuple(history_lines(project, project.recent, reader, ACTIVITY_SHOWN)),
        new=sum(new),
        more=len(new) >= RECENT_KEPT and all(new),
        earlier=_earlier(project, reader),
    )


def _earlier(project: Project, reader: Reader) -> int:
    """How many milestones at the beginning are folded; one alone takes no more room than the fold."""
    stages = project.milestones.values()
    completed = list(takewhile(lambda m: m.status is MilestoneStatus.COMPLETED, stages))
    old = takewhile(lambda m: not reader.new(m.seq), completed[:-COMPLETED_SHOWN])
    earlier = len(list(old))
    return earlier if earlier > 1 else 0


def _waiting(
    project: Project, answers: Answers, reader: Reader
) -> tuple[tuple[Ask, ...], tuple[Wanted, ...]]:
    """What waits for the reader: decisions and files, the most urgent first."""
    asks = tuple(ask_view(project, a, reader) for a in answers.needs_decision if reader.decides)
    files = tuple(wanted_view(project, r, reader) for r in answers.needs_files if reader.uploads)
    return asks, files


def milestone_page(
    project: Project, milestone: Milestone, reader: Reader, entries: Sequence[Entry]
) -> MilestonePage:
    """Return the values of one milestone's page from its entries (oldest first)."""
    by_subject: dict[str, list[Entry]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, []).append(entry)
    updates = [r[-1] for s in by_subject.values() if (r := fold_update(s))]
    files = file_views(
        project, milestone, reader, lambda file: versions(by_subject.get(file, ()))[-2::-1]
    )
    asks = [ask_view(project, a, reader) for a in fold_approvals(entries)]
    requests = [q for s in by_subject.values() if (q := fold_request(s))]
    wanted = [wanted_view(project, request, reader) for request in requests]
    asked = [a for s in by_subject.values() if (a := fold_question(s))]
    questions = [
        question_view(project, a, reader, _subject(by_subject.get(a.about, ()))) for a in asked
    ]
    lines = [activity_of(entry) for entry in reversed(entries)]
    shown = [line for line in lines if sees(project, reader.person, line)]
    return MilestonePage(
        view=milestone_view(project, milestone, reader),
        news=tuple(news_view(project, u, reader) for u in sorted(updates, key=lambda u: -u.seq)),
        files=tuple(files),
        asks=tuple(asks),
        wanted=tuple(sorted(wanted, key=_nearness)),
        questions=tuple(sorted(questions, key=_openness)),
        history=tuple(history_lines(project, shown, reader, len(shown))),
    )


def _nearness(wanted: Wanted) -> tuple[bool, bool, date, int]:
    """What waits for the reader comes first, then what is open, what is wanted soon, what is old."""
    request = wanted.request
    ended = request.state is not RequestState.OPEN
    return (ended, not wanted.mine, request.due or date.max, request.seq)


def _subject(entries: Sequence[Entry]) -> Approval | Update | None:
    """The approval or update that these entries are about; a file is always at hand."""
    if revisions := fold_update(entries):
        return revisions[-1]
    return fold_approval(entries)


def _openness(view: QuestionView) -> tuple[bool, int]:
    """What waits for an answer comes first, the longest wait in front; then the newest answers."""
    question = view.question
    if question.state is QuestionState.OPEN:
        return (False, question.waiting_since)
    return (True, -question.seq)


def update_page(project: Project, revisions: Sequence[Update], reader: Reader) -> UpdatePage:
    """Return the values of an update's permanent page."""
    update = revisions[-1]
    return UpdatePage(
        news=news_view(project, update, reader),
        revisions=tuple(reversed(revisions)),
        questions=questions_about(project, update.milestone, {update.id}, reader),
    )


def question_page(
    project: Project, question: Question, reader: Reader, about: File | Approval | Update | None
) -> QuestionPage:
    """Return the values of a question's permanent page; ``about`` is what it is about."""
    return QuestionPage(question_view(project, question, reader, about))


def approval_page(
    project: Project, approval: Approval, reader: Reader, before: Approval | None = None
) -> ApprovalPage:
    """Return the values of the page on which a person reviews and decides; ``before`` is an earlier round."""
    ask = ask_view(project, approval, reader)
    asks, wanted = _waiting(project, project.answers_for(reader.person.id), reader)
    others = [other for other in asks if other.approval.id != approval.id]
    current = {f.id: f.current.number for f in project.files.values()}
    return ApprovalPage(
        ask=ask,
        files=tuple((item, current.get(item.file) == item.version) for item in approval.files),
        asked=tuple(name_of(project, id, reader) for id in approval.people),
        own=approval.decision_of(reader.person.id),
        open_to_reader=ask.mine,
        questions=questions_about(
            project,
            approval.milestone,
            {approval.id, *(item.file for item in approval.files)},
            reader,
        ),
        before=ask_view(project, before, reader) if before else None,
        waiting=len(others) + len(wanted),
        next=others[0] if others else None,
    )


def history_page(
    project: Project,
    lines: Sequence[Activity],
    reader: Reader,
    *,
    milestone: Milestone | None,
    size: int,
) -> HistoryPage:
    """Return one page of the history; ``lines`` may hold one more than ``size``, which proves a next page."""
    shown = lines[:size]
    older = shown[-1].seq if len(lines) > size else 0
    return HistoryPage(tuple(history_lines(project, shown, reader, size)), milestone, older)

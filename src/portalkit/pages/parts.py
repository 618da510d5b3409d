"""The parts that several pages share: names, approvals, updates, files, milestones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from attrs import evolve

from portalkit.model import (
    Approval,
    ApprovalState,
    File,
    FileRequest,
    Milestone,
    MilestoneStatus,
    Project,
    ProjectStatus,
    Question,
    QuestionState,
    RequestState,
    Update,
    Version,
)
from portalkit.pages.values import (
    FILES_SHOWN,
    Ask,
    FileView,
    MilestoneView,
    News,
    QuestionView,
    Reader,
    Wanted,
)

__all__ = [
    "ask_view",
    "file_views",
    "milestone_view",
    "name_of",
    "news_view",
    "question_view",
    "questions_about",
    "reference",
    "wanted_view",
]


def name_of(project: Project, person: str, reader: Reader) -> str:
    """Return a person's name, or "You" for the reader; nobody known is the agency itself."""
    if person == reader.person.id:
        return reader.language.text("You")
    found = project.people.get(person)
    if found is None:
        return reader.language.text("Somebody")
    return found.name or reader.language.text("Somebody whose name was erased")


_Dated = TypeVar("_Dated", Approval, FileRequest, Milestone)


def _wanted_by_no_day(project: Project, thing: _Dated) -> _Dated:
    """In an archived project nothing is late, and nothing waits for its day."""
    return evolve(thing, due=None) if project.status is ProjectStatus.ARCHIVED else thing


def ask_view(project: Project, approval: Approval, reader: Reader) -> Ask:
    approval = _wanted_by_no_day(project, approval)
    names = {id: name_of(project, id, reader) for id in approval.people}
    awaited = () if project.status is ProjectStatus.ARCHIVED else approval.waiting_for
    waiting = [names[id] for id in awaited if id != reader.person.id]
    versions = _versions_at_hand(project, approval)
    return Ask(
        approval=approval,
        milestone=project.milestones[approval.milestone],
        asked_by=name_of(project, approval.asked_by, reader),
        late=approval.state is ApprovalState.OPEN and reader.late(approval.due),
        mine=reader.decides and reader.person.id in approval.waiting_for,
        waiting_for=tuple(waiting),
        decisions=tuple((names.get(d.person, ""), d) for d in approval.decisions),
        changes={id: version.changed for id, version in versions.items() if version.changed},
        withdrawn={id: version.withdrawn for id, version in versions.items() if version.withdrawn},
    )


def _versions_at_hand(project: Project, approval: Approval) -> dict[str, Version]:
    """The versions that an approval is about, by file, where they are the newest ones."""
    files = ((item.version, project.files.get(item.file)) for item in approval.files)
    return {f.id: f.current for number, f in files if f is not None and f.current.number == number}


def wanted_view(project: Project, request: FileRequest, reader: Reader) -> Wanted:
    request = _wanted_by_no_day(project, request)
    open_to_reader = reader.uploads and request.state is RequestState.OPEN
    asked = () if project.status is ProjectStatus.ARCHIVED else request.people
    others = [id for id in asked if id != reader.person.id]
    return Wanted(
        request=request,
        milestone=project.milestones[request.milestone],
        asked_by=name_of(project, request.asked_by, reader),
        late=request.state is RequestState.OPEN and reader.late(request.due),
        mine=open_to_reader and reader.person.id in request.people,
        open_to_reader=open_to_reader,
        others=tuple(name_of(project, id, reader) for id in others),
        files=tuple(project.files[id] for id in request.files if id in project.files),
    )


def news_view(project: Project, update: Update, reader: Reader) -> News:
    return News(
        update=update,
        milestone=project.milestones[update.milestone],
        author=name_of(project, update.author, reader),
        new=reader.new(update.seq),
        mine=bool(update.need) and _is_asked(project, update.milestone, reader),
        about=_about(project, update),
    )


def _is_asked(project: Project, milestone: str, reader: Reader) -> bool:
    """Whether a milestone asks the reader; one that asks nobody by name means all who can answer."""
    if project.status is ProjectStatus.ARCHIVED:
        return False
    asked = {
        *(id for approval in project.approvals_of(milestone) for id in approval.people),
        *(id for request in project.requests_of(milestone) for id in request.people),
    }
    return reader.person.id in asked if asked else reader.decides or reader.uploads


def _about(project: Project, update: Update) -> tuple[str, str, str]:
    """What an update refers to: kind, id and title (empty where it is no longer at hand)."""
    if not update.about:
        return ("", "", "")
    if update.about == update.milestone:
        return ("milestone", update.about, project.milestones[update.milestone].title)
    found = _at_hand(project, update.about)
    return reference(found) if found else ("approval", update.about, "")


def reference(thing: File | Approval | Update) -> tuple[str, str, str]:
    """What something refers to: kind, id (of a file with its newest version) and title."""
    match thing:
        case File():
            return ("file", f"{thing.id}/{thing.current.number}", thing.name)
        case Approval():
            return ("approval", thing.id, thing.title)
    return ("update", thing.id, thing.headline)


def _at_hand(project: Project, id: str) -> File | Approval | Update | None:
    return project.files.get(id) or project.approvals.get(id) or project.updates.get(id)


def question_view(
    project: Project,
    question: Question,
    reader: Reader,
    about: File | Approval | Update | None = None,
) -> QuestionView:
    """A question as a reader sees it; ``about`` is what it is about, where that is not at hand."""
    found = about or _at_hand(project, question.about)
    own = question.person == reader.person.id
    said_last = question.remarks[-1]
    return QuestionView(
        question=question,
        milestone=project.milestones[question.milestone],
        asked_by=name_of(project, question.person, reader),
        remarks=tuple((name_of(project, r.by, reader), r) for r in question.remarks),
        about=reference(found) if found else ("", question.about, ""),
        own=own,
        open_to_reader=own and reader.asks,
        new=reader.new(said_last.seq) and said_last.by != reader.person.id,
    )


def questions_about(
    project: Project, milestone: str, ids: Collection[str], reader: Reader
) -> tuple[QuestionView, ...]:
    """The questions at hand that are about one of these things of a milestone, oldest first."""
    found = (q for q in project.questions_of(milestone) if q.about in ids)
    return tuple(question_view(project, question, reader) for question in found)


def _in_short(project: Project, milestone: Milestone, reader: Reader) -> tuple[QuestionView, ...]:
    """The open questions of a milestone, and the one that was answered last."""
    views = [question_view(project, q, reader) for q in project.questions_of(milestone.id)]
    ended = [v for v in views if v.question.state is not QuestionState.OPEN]
    last = max(ended, key=lambda view: view.question.seq, default=None)
    return tuple(v for v in views if v.question.state is QuestionState.OPEN or v is last)


def file_views(
    project: Project,
    milestone: Milestone,
    reader: Reader,
    older: Callable[[str], tuple[Version, ...]] = lambda file: (),
) -> list[FileView]:
    """The files of a milestone, each with its newest approved version."""
    return [
        FileView(
            file,
            reader.new(file.current.seq),
            file.approved or None,
            older(file.id),
            name_of(project, file.current.by, reader) if file.current.delivered else "",
        )
        for file in project.files_of(milestone.id)
    ]


def milestone_view(project: Project, milestone: Milestone, reader: Reader) -> MilestoneView:
    """Return a milestone as the project page shows it."""
    milestone = _wanted_by_no_day(project, milestone)
    archived = project.status is ProjectStatus.ARCHIVED
    files = file_views(project, milestone, reader)
    asks = [ask_view(project, a, reader) for a in project.approvals_of(milestone.id)]
    closed = [ask for ask in asks if ask.approval.state is ApprovalState.CLOSED]
    requests = () if archived else project.requests_of(milestone.id)
    questions = _in_short(project, milestone, reader)
    return MilestoneView(
        milestone=milestone,
        news=tuple(news_view(project, u, reader) for u in project.updates_of(milestone.id)),
        files=tuple(files[:FILES_SHOWN]),
        more_files=max(0, len(files) - FILES_SHOWN),
        asks=tuple(a for a in asks if a.approval.state is ApprovalState.OPEN and not archived),
        wanted=tuple(wanted_view(project, r, reader) for r in requests),
        questions=questions,
        last=closed[-1] if closed else None,
        late=milestone.status is not MilestoneStatus.COMPLETED and reader.late(milestone.due),
        new=reader.new(milestone.seq),
        unanswered=sum(1 for asked in questions if asked.question.state is QuestionState.OPEN),
    )

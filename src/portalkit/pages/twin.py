"""The JSON twin: the project page as data for machines."""

from __future__ import annotations

from datetime import date
from typing import Any

from portalkit.language import Language
from portalkit.model import (
    Milestone,
)
from portalkit.pages.parts import milestone_view
from portalkit.pages.values import (
    Ask,
    FileView,
    Line,
    MilestoneView,
    News,
    ProjectPage,
    QuestionView,
    Wanted,
)

__all__ = ["as_json"]


def as_json(page: ProjectPage, *, chain: str) -> dict[str, Any]:
    """Return the project page as data: the same answers, for machines.

    Days are ISO dates in the project's zone; instants are ISO times with offset, in the reader's zone.
    """
    project, say = page.project, page.reader.language
    return {
        "project": {
            "id": project.id,
            "title": project.title,
            "client": project.client_name,
            "summary": project.summary,
            "status": str(project.status),
            "zone": project.zone,
        },
        "viewer": {
            "id": page.reader.person.id,
            "name": page.reader.person.name,
            "side": str(page.reader.person.side),
            "locale": say.locale,
            "zone": say.zone,
            "decides": page.reader.decides,
            "uploads": page.reader.uploads,
            "may_ask": page.reader.asks,
        },
        "answers": {
            "sentence": str(page.sentence),
            "completed": [_milestone_ref(m, say) for m in page.answers.completed],
            "in_progress": [_milestone_ref(m, say) for m in page.answers.in_progress],
            "needs_decision": [_ask_json(ask, say) for ask in page.asks],
            "needs_files": [_wanted_json(wanted, say) for wanted in page.wanted],
            "next": [_milestone_ref(m, say) for m in page.answers.next],
        },
        "latest_update": _news_json(page.latest, say) if page.latest else None,
        "milestones": [
            _milestone_json(milestone_view(project, m, page.reader), say)
            for m in project.milestones.values()
        ],
        "resources": [{"label": r.label, "url": r.url} for r in project.resources],
        "activity": [_line_json(line, say) for line in page.activity],
        "as_of": say.iso(page.reader.now),
        "chain": chain,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _when(instant: int | None, say: Language) -> str | None:
    return say.iso(instant) if instant is not None else None


def _milestone_ref(milestone: Milestone, say: Language) -> dict[str, Any]:
    return {
        "id": milestone.id,
        "title": milestone.title,
        "status": str(milestone.status),
        "starts": _day(milestone.starts),
        "due": _day(milestone.due),
        "completed_at": _when(milestone.completed_at, say),
        "outcome": milestone.outcome,
    }


def _milestone_json(view: MilestoneView, say: Language) -> dict[str, Any]:
    asks = [*view.asks, *([view.last] if view.last else [])]
    return {
        **_milestone_ref(view.milestone, say),
        "summary": view.milestone.summary,
        "updates": [_news_json(news, say) for news in view.news],
        "files": [_file_json(file, say) for file in view.files],
        "more_files": view.more_files,
        "approvals": [_ask_json(ask, say) for ask in asks],
        "requests": [_wanted_json(wanted, say) for wanted in view.wanted],
        "questions": [_question_json(question, say) for question in view.questions],
    }


def _news_json(news: News, say: Language) -> dict[str, Any]:
    update = news.update
    return {
        "id": update.id,
        "milestone": update.milestone,
        "author": news.author,
        "at": say.iso(update.at),
        "title": update.title,
        "done": update.done,
        "doing": update.doing,
        "next": update.next,
        "need": update.need,
        "body": update.body,
        "about": update.about,
        "revision": update.revision,
        "new": news.new,
    }


def _file_json(view: FileView, say: Language) -> dict[str, Any]:
    version = view.file.current
    return {
        "id": view.file.id,
        "name": version.name,
        "purpose": view.file.purpose,
        "version": version.number,
        "state": str(version.state),
        "changed": version.changed,
        "size": version.size,
        "type": version.type,
        "sha256": version.sha256,
        "at": say.iso(version.at),
        "withdrawn": version.withdrawn,
        "handed_in_by": view.by,
        "quarantined": version.quarantined,
        "approved_version": view.approved,
    }


def _ask_json(ask: Ask, say: Language) -> dict[str, Any]:
    approval = ask.approval
    return {
        "id": approval.id,
        "milestone": approval.milestone,
        "title": approval.title,
        "statement": approval.statement,
        "round": approval.round,
        "state": str(approval.state),
        "outcome": str(approval.outcome) if approval.outcome else None,
        "due": _day(approval.due),
        "late": ask.late,
        "asked_by": ask.asked_by,
        "asked_at": say.iso(approval.asked_at),
        "waits_for_you": ask.mine,
        "manifest": approval.manifest,
        "files": [
            {
                "file": i.file,
                "version": i.version,
                "name": i.name,
                "size": i.size,
                "type": i.type,
                "sha256": i.sha256,
            }
            for i in approval.files
        ],
        "decisions": [
            {"person": name, "outcome": str(d.outcome), "at": say.iso(d.at), "comment": d.comment}
            for name, d in ask.decisions
        ],
    }


def _wanted_json(wanted: Wanted, say: Language) -> dict[str, Any]:
    request = wanted.request
    return {
        "id": request.id,
        "milestone": request.milestone,
        "title": request.title,
        "note": request.note,
        "state": str(request.state),
        "due": _day(request.due),
        "late": wanted.late,
        "asked_by": wanted.asked_by,
        "asked_at": say.iso(request.asked_at),
        "waits_for_you": wanted.mine,
    }


def _question_json(view: QuestionView, say: Language) -> dict[str, Any]:
    question = view.question
    return {
        "id": question.id,
        "milestone": question.milestone,
        "about": question.about,
        "state": str(question.state),
        "asked_by": view.asked_by,
        "asked_at": say.iso(question.asked_at),
        "closed_at": _when(question.closed_at, say),
        "reason": question.closed_why,
        "remarks": [
            {"by": name, "at": say.iso(remark.at), "text": remark.text}
            for name, remark in view.remarks
        ],
        "yours": view.own,
        "new": view.new,
    }


def _line_json(line: Line, say: Language) -> dict[str, Any]:
    return {
        "seq": line.activity.seq,
        "at": say.iso(line.activity.at),
        "kind": line.activity.kind,
        "text": line.text,
        "path": line.path,
        "new": line.new,
    }

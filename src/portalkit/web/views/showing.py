"""What the pages show, whoever looks at them: a visitor, or staff who see what a client sees."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen
from markupsafe import Markup

from portalkit import pages
from portalkit.errors import NotFound
from portalkit.language import N_
from portalkit.model import Approval, File, Milestone, Outcome, Question, new_id
from portalkit.portal.looking import unknown
from portalkit.web.app import Web
from portalkit.web.http import Request
from portalkit.web.views.shared import Values
from portalkit.web.visitor import Viewer

__all__ = [
    "CHOICES",
    "HISTORY_SIZE",
    "MILESTONE_ENTRIES",
    "PROBLEMS",
    "SHOWING",
    "Asking",
    "Attempt",
    "Draft",
    "Room",
    "Shown",
    "asking",
    "room",
    "show_history",
    "show_milestone",
    "show_project",
    "show_question",
    "show_review",
    "show_update",
]

HISTORY_SIZE: Final = 50
MILESTONE_ENTRIES: Final = 500

CHOICES: Final = (
    (Outcome.APPROVED, N_("Approve"), N_("It is right as it is.")),
    (
        Outcome.APPROVED_WITH_CHANGES,
        N_("Approve with changes"),
        N_("It may go on; say what still has to change."),
    ),
    (
        Outcome.CHANGES_REQUESTED,
        N_("Request changes"),
        N_("It needs another round; say what has to change."),
    ),
    (Outcome.DECLINED, N_("Decline"), N_("It should not be done; say why.")),
    (Outcome.ABSTAINED, N_("Abstain"), N_("You leave the decision to the others.")),
)

PROBLEMS: Final = {
    "outcome": N_("Choose what you decide."),
    "comment": N_("Say what has to change, or why; at most 5,000 characters."),
    "reviewed": N_("Tick the box once you have looked at everything."),
    "typed_name": N_("Type your full name; it stands under your decision."),
}


@frozen
class Shown:
    """A page on its way into a shell.

    Attributes:
        title: plain text for ``<title>``.
        body: makes the markup, with marks where form tokens go.
        key: under which the text is kept for the day, or empty.
        script: the script of the page's own, or ``""``.
    """

    title: str
    body: Callable[[], str]
    key: tuple[Hashable, ...] = ()
    script: str = ""


@frozen
class Attempt:
    """An attempt to hand files in that did not succeed: what was filled in, and what is the matter."""

    status: int = 200
    problem: str = ""
    request: str = ""
    note: str = ""


@frozen(kw_only=True)
class Asking:
    """The form that asks: what it is about, and, if it was sent in vain, what was typed and what is wrong.

    ``reference`` is kind, id and title of what it is about; ``open`` says whether it is unfolded.
    """

    milestone: str
    once: str
    about: str = ""
    reference: tuple[str, str, str] = ("", "", "")
    question: str = ""
    text: str = ""
    problem: str = ""
    status: int = 200
    open: bool = False


@frozen
class Draft:
    """What a person has filled in so far, and which fields still have a problem."""

    outcome: str = ""
    comment: str = ""
    typed_name: str = ""
    problems: tuple[str, ...] = ()


@frozen
class Room:
    """How much may be handed in at once: files, bytes of each, bytes together."""

    files: int
    each: int
    together: int


def _body(web: Web, viewer: Viewer, template: str, **values: Any) -> Callable[[], str]:
    return partial(web.body, viewer, viewer.language, template, **values)


# -- the project --------------------------------------------------------------------------------


def show_project(web: Web, viewer: Viewer) -> Shown:
    """The project page."""
    visit, language = viewer.visit, viewer.language
    return Shown(
        title=viewer.project.title,
        body=partial(_project_body, web, viewer),
        key=(
            viewer.project.id,
            visit.chain,
            *viewer.key,
            language.locale,
            language.zone,
            viewer.marker,
        ),
    )


def _project_body(web: Web, viewer: Viewer) -> str:
    page = pages.project_page(viewer.project, viewer.reader)
    parts = [_milestone_part(web, viewer, m) for m in viewer.project.milestones.values()]
    return web.body(viewer, viewer.language, "project.html", page=page, parts=parts)


def _milestone_part(web: Web, viewer: Viewer, milestone: Milestone) -> Markup:
    """A milestone on the project page, rendered again only when something in it has changed."""
    reader = viewer.reader
    key = (
        "milestone",
        milestone.id,
        milestone.mark,
        viewer.project.mark,
        *viewer.key,
        reader.decides,
        reader.uploads,
        reader.asks,
        reader.language.locale,
        reader.language.zone,
        reader.marker if reader.new(milestone.seq) else 0,
    )

    def make() -> str:
        view = pages.milestone_view(viewer.project, milestone, reader)
        return web.body(viewer, reader.language, "milestone_part.html", view=view)

    return Markup(web.kept(viewer, key, make))


# -- a milestone --------------------------------------------------------------------------------


def show_milestone(
    web: Web,
    request: Request,
    viewer: Viewer,
    found: Milestone,
    *,
    attempt: Attempt | None = None,
    asked: Asking | None = None,
) -> Shown:
    """The page of a milestone, also as the answer to an attempt to hand files in or to ask there."""
    entries = web.portal.entries(
        viewer.project.id, milestone=found.id, newest=True, limit=MILESTONE_ENTRIES
    )
    return Shown(
        title=f"{found.title} · {viewer.project.title}",
        script=web.assets.upload if viewer.reader.uploads else "",
        body=_body(
            web,
            viewer,
            "milestone.html",
            page=pages.milestone_page(viewer.project, found, viewer.reader, entries[::-1]),
            cut=len(entries) == MILESTONE_ENTRIES,
            attempt=attempt or Attempt(),
            arrived=_arrived(viewer, found, request.parameter("sent")),
            room=room(web, request),
            once=new_id(),
            asking=asked or asking(viewer, found.id),
        ),
    )


def asking(viewer: Viewer, milestone: str, about: str = "") -> Asking:
    """Return a form that asks about a milestone, or about a thing in it.

    Raises:
        NotFound: there is no such thing in this milestone.
    """
    if not about:
        return Asking(milestone=milestone, once=new_id())
    thing = viewer.visit.subject(about)
    if thing.milestone != milestone:
        raise unknown()
    reference = pages.reference(thing)
    return Asking(milestone=milestone, once=new_id(), about=about, reference=reference)


def _arrived(viewer: Viewer, milestone: Milestone, id: str) -> tuple[File, ...]:
    """What this person has just handed in, by one of the files: an address alone claims nothing."""
    files = [
        file
        for file in viewer.project.files_of(milestone.id)
        if file.current.delivered and file.current.by == viewer.visit.person.id
    ]
    at = next((file.current.at for file in files if file.id == id), None)
    return tuple(file for file in files if file.current.at == at)


def room(web: Web, request: Request) -> Room:
    """Return how much may be handed in at once."""
    limits = web.portal.uploads
    each = min(limits.file_bytes, web.portal.largest_file)
    together = limits.files * each
    return Room(limits.files, each, min(together, request.limit or together))


# -- updates, history, approvals ----------------------------------------------------------------


def show_update(web: Web, viewer: Viewer, update: str) -> Shown:
    """The permanent page of an update."""
    revisions = viewer.visit.update(update)
    page = pages.update_page(viewer.project, revisions, viewer.reader)
    title = f"{page.news.update.headline} · {viewer.project.title}"
    about = asking(viewer, page.news.milestone.id, page.news.update.id)
    return Shown(title, _body(web, viewer, "update.html", page=page, asking=about))


def show_question(
    web: Web, viewer: Viewer, question: Question, form: Asking | None = None
) -> Shown:
    """The permanent page of a question, with the form to ask further."""
    about = viewer.visit.subject(question.about) if question.about else None
    page = pages.question_page(viewer.project, question, viewer.reader, about)
    name = viewer.language.text(N_("Question by {name}"), name=page.asked.asked_by)
    form = form or evolve(asking(viewer, question.milestone), question=question.id)
    return Shown(
        f"{name} · {viewer.project.title}",
        _body(web, viewer, "question.html", page=page, asking=form),
    )


def show_history(web: Web, request: Request, viewer: Viewer) -> Shown:
    """The history, newest first, of the project or of one milestone."""
    chosen = request.parameter("milestone")
    milestone = viewer.visit.milestone(chosen) if chosen else None
    before = request.parameter("before")
    lines = viewer.visit.activity(
        before=int(before) if before.isdecimal() and len(before) < 16 else 0,
        limit=HISTORY_SIZE + 1,
        milestone=milestone,
    )
    page = pages.history_page(
        viewer.project, lines, viewer.reader, milestone=milestone, size=HISTORY_SIZE
    )
    title = f"{viewer.language.text(N_('History'))} · {viewer.project.title}"
    return Shown(title, _body(web, viewer, "history.html", page=page))


def show_review(
    web: Web, viewer: Viewer, approval: Approval, *, draft: Draft | None = None, signed: str = ""
) -> Shown:
    """The page on which a person reviews and decides; ``signed`` is what its form proves to have shown."""
    say, draft = viewer.language, draft or Draft()
    before = _decided_before(viewer, approval)
    page = pages.approval_page(viewer.project, approval, viewer.reader, before)
    return Shown(
        title=f"{approval.title} · {viewer.project.title}",
        body=_body(
            web,
            viewer,
            "decide.html",
            page=page,
            draft=draft,
            choices=[
                (outcome, say.text(label), say.text(hint))
                for outcome, label, hint in CHOICES
                if outcome is not Outcome.ABSTAINED or len(approval.people) > 1
            ],
            problems={name: say.text(PROBLEMS[name]) for name in draft.problems},
            shown=signed if page.open_to_reader else "",
            asking=asking(viewer, approval.milestone, approval.id),
        ),
    )


def _decided_before(viewer: Viewer, approval: Approval) -> Approval | None:
    """The latest round before this one in which somebody decided."""
    before = approval
    try:
        while before.previous:
            before = viewer.visit.approval(before.previous)
            if before.decisions:
                return before
    except NotFound:
        pass  # its milestone is hidden
    return None


SHOWING: Final[Mapping[str, Callable[[Web, Request, Values, Viewer], Shown]]] = {
    "project": lambda web, request, values, viewer: show_project(web, viewer),
    "milestone": lambda web, request, values, viewer: show_milestone(
        web, request, viewer, viewer.visit.milestone(values["milestone"])
    ),
    "update": lambda web, request, values, viewer: show_update(web, viewer, values["update"]),
    "question": lambda web, request, values, viewer: show_question(
        web, viewer, viewer.visit.question(values["question"])
    ),
    "history": lambda web, request, values, viewer: show_history(web, request, viewer),
    "decide": lambda web, request, values, viewer: show_review(
        web, viewer, viewer.visit.approval(values["approval"])
    ),
}
"""The pages that can be looked at without a browser's cookie, by the name of their route."""

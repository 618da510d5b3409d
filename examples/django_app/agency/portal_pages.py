"""The pages on which staff move a project on: the project, its clients' links, and what clients see.

Everything about the portal goes through its public API: `desk().project` to read, and one `desk().change`
block for each form.  If the portal refuses, the page comes back with the reason at the form, and with
everything that was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from actions import LINK_ACTIONS, PROJECT_ACTIONS, Action, Sent
from agency import portal_forms as forms
from agency.models import Job
from agency.portal_mail import letter, mail
from portalkit import Approval, Desk, File, Milestone, PortalError, Project, Question, Side, Staff
from portalkit.django import current_portal, view_as

__all__ = ["change_links", "change_project", "links", "project", "urlpatterns", "view_as_client"]

NEXT = {"planned": "start", "in_progress": "complete"}
"""What can be done to a milestone, by its status."""


def desk(request: HttpRequest) -> Desk:
    """Return the portal's desk of the user who is logged in."""
    user: Any = request.user
    role = user.groups.values_list("name", flat=True).first() or ""
    return current_portal.desk(Staff(f"user:{user.pk}", user.get_full_name(), user.email, role))


# -- pages ----------------------------------------------------------------------------------------


@login_required
def project(request: HttpRequest, id: int) -> HttpResponse:
    """One project: how it stands, and the forms to move it on."""
    return _project_page(request, get_object_or_404(Job, id=id))


@login_required
def links(request: HttpRequest, id: int) -> HttpResponse:
    """The personal links of a project."""
    return _links_page(request, get_object_or_404(Job, id=id))


@login_required
def view_as_client(request: HttpRequest, id: int, person: str) -> HttpResponse:
    """The project exactly as a client sees it, page by page."""
    job, here = get_object_or_404(Job, id=id), reverse("view_as_client", args=[id, person])
    page = view_as(
        job.ref,
        person,
        request.GET.get("page", ""),
        address=lambda page: f"{here}?{urlencode({'page': page})}",
    )
    return render(request, "view_as.html", {"job": job, "page": page})


@login_required
@require_POST
def change_project(request: HttpRequest, id: int, action: str) -> HttpResponse:
    """Do what a form of the project page asks for."""
    job = get_object_or_404(Job, id=id)
    refusal = _perform(request, job, PROJECT_ACTIONS, action)
    if refusal:
        return _project_page(request, job, action, refusal)
    return redirect("project", id)


@login_required
@require_POST
def change_links(request: HttpRequest, id: int, action: str) -> HttpResponse:
    """Do what a form of the links page asks for."""
    job = get_object_or_404(Job, id=id)
    refusal = _perform(request, job, LINK_ACTIONS, action)
    if refusal:
        return _links_page(request, job, refusal)
    return redirect("links", id)


def _perform(
    request: HttpRequest, job: Job, actions: Mapping[str, Action], name: str
) -> PortalError | None:
    if name not in actions:
        raise Http404
    upload = request.FILES.get("upload")
    sent = Sent(request.POST, upload.name or "", upload) if upload else Sent(request.POST)
    try:
        with desk(request).change(ref=job.ref) as change:
            done = actions[name](change, sent)
    except PortalError as error:
        return error
    messages.success(request, done)
    for advice in change.advice:
        messages.info(request, advice)
    return None


# -- what the pages show --------------------------------------------------------------------------


def _project_page(
    request: HttpRequest, job: Job, action: str = "", refusal: PortalError | None = None
) -> HttpResponse:
    project = desk(request).project(ref=job.ref)
    sheets = [
        (name, title, form(project, request.POST if action == name else None))
        for name, (title, form) in forms.PROJECT_FORMS.items()
        if name != "version" or project.files
    ]
    values = {
        "job": job,
        "project": project,
        "milestones": list(_milestones(project, desk(request).approvals(project))),
        "today": datetime.now(ZoneInfo(job.zone)).date(),
        "failures": desk(request).failures(project),
        "questions": [_question(project, q) for q in _asked(project) if q.state == "open"],
        "sheets": sheets,
        "action": action,
        "refusal": refusal,
    }
    return render(request, "project.html", values, status=422 if refusal else 200)


def _milestones(project: Project, approvals: Iterable[Approval]) -> Iterator[dict[str, Any]]:
    for milestone in project.milestones.values():
        yield {
            "milestone": milestone,
            "status": milestone.status.replace("_", " "),
            "next": NEXT.get(milestone.status),
            "updates": project.updates_of(milestone.id)[:2],
            "files": [(file, _label(project, file)) for file in project.files_of(milestone.id)],
            "wanted": [
                (wanted, ", ".join(project.people[id].name for id in wanted.people))
                for wanted in project.requests_of(milestone.id)
            ],
            "asks": list(_asks(project, milestone, approvals)),
            "answered": [
                _question(project, question)
                for question in project.questions_of(milestone.id)
                if question.state != "open"
            ],
        }


def _asked(project: Project) -> list[Question]:
    """Every question at hand, the longest wait first."""
    return sorted(project.questions.values(), key=lambda question: question.waiting_since)


def _question(project: Project, question: Question) -> dict[str, Any]:
    names = {person.id: person.name or "Somebody" for person in project.people.values()}
    said = [(names[remark.by], remark.text or "(erased)") for remark in question.remarks]
    place = project.milestones[question.milestone].title
    return {"question": question, "asker": names[question.person], "said": said, "place": place}


def _label(project: Project, file: File) -> str:
    """What stands behind the name of a file."""
    if file.current.quarantined:
        return "in quarantine"
    if file.current.delivered:
        return f"from {project.people[file.current.by].name}"
    return f"v{file.current.number} {file.state}"


def _asks(
    project: Project, milestone: Milestone, approvals: Iterable[Approval]
) -> Iterator[dict[str, Any]]:
    names = {person.id: person.name for person in project.people.values()}
    for ask in approvals:
        if ask.milestone != milestone.id:
            continue
        said = [(names[d.person], d.outcome.replace("_", " "), d.comment) for d in ask.decisions]
        waits = ", ".join(names[person] for person in ask.waiting_for)
        yield {"ask": ask, "said": said, "waits": waits}


def _links_page(request: HttpRequest, job: Job, refusal: PortalError | None = None) -> HttpResponse:
    project = desk(request).project(ref=job.ref)
    found = {link.person.id: link for link in desk(request).links(project)}
    holders = [
        (person, found.get(person.id))
        for person in project.people.values()
        if person.side is Side.CLIENT
    ]
    values = {"job": job, "holders": holders, "invite": forms.Invite(), "refusal": refusal}
    return render(request, "links.html", values, status=422 if refusal else 200)


urlpatterns = [
    path("mail", mail, name="mail"),
    path("mail/<id>", letter, name="letter"),
    path("<int:id>", project, name="project"),
    path("<int:id>/links", links, name="links"),
    path("<int:id>/as/<person>", view_as_client, name="view_as_client"),
    path("<int:id>/links/<action>", change_links, name="change_links"),
    path("<int:id>/<action>", change_project, name="change_project"),
]

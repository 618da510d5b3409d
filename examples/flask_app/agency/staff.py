"""The pages that staff work on: all projects, one project, its links, and what its clients see.

Everything about the portal goes through its public API: `desk().project` to read, and one
`desk().change` block for each form.  If the portal refuses, the page comes back with the reason
beside the form, and with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from mailbox import SANDBOX, letters_in
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from actions import LINK_ACTIONS, PROJECT_ACTIONS, Action, Sent
from portalkit import Desk, LinkInfo, Person, PortalError, Project, Side, Staff
from portalkit.flask import current_portal, view_as

from .database import Job
from .login import current_user, database, keep_private, require_login

__all__ = ["staff"]

staff = Blueprint("staff", __name__)
staff.before_request(require_login)
staff.after_request(keep_private)


def desk() -> Desk:
    """Return the portal's desk of the user who is logged in."""
    user = current_user()
    assert user is not None  # or else `require_login` had answered
    return current_portal.desk(
        Staff(ref=user.ref, name=user.name, email=user.email, role=user.role)
    )


@dataclass(frozen=True)
class Refusal:
    """What the portal said no to: the form, and the thing that it was about."""

    form: str
    about: str
    problem: str
    remedy: str


# -- pages --------------------------------------------------------------------------------------


@staff.get("/")
def projects() -> ResponseReturnValue:
    """All projects: how they stand, and what waits for whom."""
    heads = {head.ref: head for head in desk().projects(status=None)}
    jobs, news = database().jobs(), database().news()
    return render_template("projects.html", jobs=jobs, heads=heads, news=news)


@staff.get("/mail")
def mail() -> ResponseReturnValue:
    """What was mailed to clients and staff; in this demo it goes no further."""
    return render_template("mail.html", letters=letters_in(current_app.config["MAIL_FOLDER"]))


@staff.get("/mail/<id>")
def letter(id: str) -> ResponseReturnValue:
    """One mail as a mail program shows it."""
    letters = letters_in(current_app.config["MAIL_FOLDER"])
    found = next((letter for letter in letters if letter.id == id), None) or abort(404)
    return found.html, {"Content-Security-Policy": SANDBOX}


@staff.get("/projects/<int:id>")
def project(id: int) -> ResponseReturnValue:
    """One project: how it stands, and the forms to move it on."""
    return _project_page(_job(id))


@staff.get("/projects/<int:id>/links")
def links(id: int) -> ResponseReturnValue:
    """The personal links of a project."""
    return _links_page(_job(id))


@staff.get("/projects/<int:id>/as/<person>")
def view_as_client(id: int, person: str) -> ResponseReturnValue:
    """The project exactly as a client sees it, page by page."""
    job = _job(id)

    def here(page: str) -> str:
        return url_for("staff.view_as_client", id=id, person=person, page=page)

    shown = view_as(job.ref, person, request.args.get("page", ""), address=here)
    return render_template("view_as.html", job=job, page=shown)


@staff.post("/projects/<int:id>/<action>")
def change_project(id: int, action: str) -> ResponseReturnValue:
    """Do what a form of the project page asks for."""
    job = _job(id)
    refusal = _perform(job, PROJECT_ACTIONS, action)
    if refusal:
        return _project_page(job, refusal), 422
    return redirect(url_for("staff.project", id=id, _anchor="said"), 303)


@staff.post("/projects/<int:id>/links/<action>")
def change_links(id: int, action: str) -> ResponseReturnValue:
    """Do what a form of the links page asks for."""
    job = _job(id)
    refusal = _perform(job, LINK_ACTIONS, action)
    if refusal:
        return _links_page(job, refusal), 422
    return redirect(url_for("staff.links", id=id, _anchor="said"), 303)


def _job(id: int) -> Job:
    return database().job(id) or abort(404)


def _perform(job: Job, actions: Mapping[str, Action], name: str) -> Refusal | None:
    action = actions.get(name) or abort(404)
    try:
        with desk().change(ref=job.ref) as change:
            done = action(change, _sent())
    except PortalError as error:
        named = map(request.form.get, ("question", "asked", "person", "milestone"))
        about = next(filter(None, named), "")
        return Refusal(name, about, error.problem, error.remedy)
    flash(done)
    for advice in change.advice:
        flash(advice, "advice")
    return None


def _sent() -> Sent:
    upload = request.files.get("upload")
    if upload is None:
        return Sent(request.form)
    return Sent(request.form, upload.filename or "", upload.stream)


def _project_page(job: Job, refusal: Refusal | None = None) -> str:
    project = desk().project(ref=job.ref)
    clients = [person for person in project.people.values() if person.side is Side.CLIENT]
    return render_template(
        "project.html",
        job=job,
        project=project,
        clients=clients,
        approvals=desk().approvals(project),
        today=datetime.now(ZoneInfo(job.zone)).date(),
        failures=desk().failures(project),
        refusal=refusal,
    )


def _links_page(job: Job, refusal: Refusal | None = None) -> str:
    project = desk().project(ref=job.ref)
    return render_template("links.html", job=job, holders=_holders(project), refusal=refusal)


def _holders(project: Project) -> list[tuple[Person, LinkInfo | None]]:
    """Return every client of a project, with their link if they have one."""
    links = {link.person.id: link for link in desk().links(project)}
    clients = (person for person in project.people.values() if person.side is Side.CLIENT)
    return [(person, links.get(person.id)) for person in clients]


# -- how the pages say when ---------------------------------------------------------------------


@staff.app_template_filter()
def moment(at: int | None, zone: str) -> str:
    """Say an instant (UTC milliseconds) in a time zone."""
    if at is None:
        return "never"
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


@staff.app_template_filter()
def day(value: date | None) -> str:
    """Say a day."""
    return f"{value.day} {value:%b %Y}" if value else ""


@staff.app_template_test()
def overdue(due: date | None, zone: str) -> bool:
    """Whether a day is over in a time zone."""
    return due is not None and due < datetime.now(ZoneInfo(zone)).date()


@staff.app_template_filter()
def spoken(value: str) -> str:
    """Say a state or an outcome in words."""
    return str(value).replace("_", " ")

"""Northlight Studio: a small agency app that shows its clients their projects with portalkit.

It has a login, a database and a look of its own.  The portal is mounted beside it; the two meet in
`agency.staff`, where staff move projects on, and in `noted` below, where the agency learns what a
client decided.
"""

from __future__ import annotations

from mailbox import SENDER, Mailbox
from pathlib import Path

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from portalkit import ApprovalDecided, Event, NotFound, Project
from portalkit.flask import PortalKit
from portalkit.web import Brand
from story import said
from tour import load_keys

from .database import Database
from .login import login
from .staff import staff

__all__ = ["create_app", "noted", "page_of"]

SHARED = Path(__file__).parent.parent.parent / "shared"
BRAND = Brand(
    name="Northlight Studio",
    accent="#2f5d50",
    logo=str(SHARED / "static" / "northlight.svg"),
    footer="Northlight Studio · Hafenstraße 12, Hamburg",
    links=(("Imprint", "https://northlight.example/imprint"),),
)


def create_app(data: Path, base_url: str) -> Flask:
    """Make the app.

    Args:
        data: the directory that holds everything: keys, the agency's database, the portal.
        base_url: the public address of the portal; its path is where the portal is mounted.
    """
    keys = load_keys(data / "keys.json")
    database = Database(data / "agency.db")
    app = Flask(__name__, static_folder=SHARED / "static")
    app.config.update(
        SECRET_KEY=keys["session"],
        SESSION_COOKIE_NAME="northlight",
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form that stays open over lunch is not lost
        PORTALKIT_KEYS=keys["portal"],
        PORTALKIT_BASE_URL=base_url,
        PORTALKIT_DATA=data.resolve() / "portal",
        PORTALKIT_BRANDS={"northlight": BRAND},
        MAIL_FOLDER=data / "mail",
        PORTALKIT_MAIL=Mailbox(data / "mail"),
        PORTALKIT_MAIL_FROM=SENDER,
        PORTALKIT_STAFF_URL=lambda project: page_of(database, project, base_url),
    )
    app.extensions["agency"] = database
    CSRFProtect(app)
    kit = PortalKit()
    kit.init_app(app)
    kit.on(ApprovalDecided, lambda event: noted(database, event))
    app.register_blueprint(login)
    app.register_blueprint(staff)
    app.register_error_handler(HTTPException, show_error)
    app.register_error_handler(NotFound, show_missing)
    return app


def page_of(database: Database, project: Project, base_url: str) -> str:
    """Return the agency's own page of a project, where mails to staff lead."""
    found = [job.id for job in database.jobs() if job.ref == project.ref]
    return base_url.removesuffix("portal") + (f"projects/{found[0]}" if found else "")


def noted(database: Database, event: Event[ApprovalDecided]) -> None:
    """Note a client's decision in the agency's own news; runs after the portal's commit."""
    database.add_news(event.project.ref or "", said(event), event.entry.at)


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Show an error of the web in the app's own look."""
    return render_template(
        "error.html", title=error.name, text=error.description
    ), error.code or 500


def show_missing(error: NotFound) -> ResponseReturnValue:
    """Show that the portal does not know a thing."""
    return render_template("error.html", title="Not found", text=error.problem), 404

"""The agency's own login: a name and a password, kept in Flask's session."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from .database import Database, User

__all__ = ["current_user", "database", "keep_private", "login", "require_login"]

login = Blueprint("login", __name__)


def database() -> Database:
    """Return the agency's database."""
    found: Database = current_app.extensions["agency"]
    return found


@login.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"user": current_user()}


def current_user() -> User | None:
    """Return the user who is logged in, or ``None``."""
    if "user" not in g:
        name = session.get("login")
        g.user = database().user(name) if name else None
    found: User | None = g.user
    return found


def require_login() -> ResponseReturnValue | None:
    """Send somebody who is not logged in to the login page, and back afterwards."""
    if current_user():
        return None
    if request.method == "GET":
        session["wanted"] = request.full_path.rstrip("?")
    return redirect(url_for("login.enter"))


def keep_private(response: Response) -> Response:
    """Keep staff pages, which show clients' links, out of caches and other sites' frames."""
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
    response.headers["Referrer-Policy"] = "same-origin"
    return response


login.after_request(keep_private)


@login.get("/login")
def enter() -> ResponseReturnValue:
    """Ask for name and password."""
    return render_template("login.html")


@login.post("/login")
def check() -> ResponseReturnValue:
    """Log in, if the password is right."""
    user = database().log_in(request.form.get("name", ""), request.form.get("password", ""))
    if user is None:
        return render_template("login.html", wrong=True), 401
    wanted = session.get("wanted") or url_for("staff.projects")
    session.clear()
    session["login"] = user.login
    return redirect(wanted, 303)


@login.post("/logout")
def leave() -> ResponseReturnValue:
    """Log out."""
    session.clear()
    flash("You are logged out.")
    return redirect(url_for("login.enter"), 303)

"""An agency's app for the tests of faults: a portal, and what staff do, over HTTP behind a token.

It takes everything from the environment: ``FAULTS_DATA``, ``FAULTS_BASE_URL``, ``FAULTS_KEY`` and
``FAULTS_TOKEN``.  Each request of staff is one block of two entries, so that half of one would show.
"""

from __future__ import annotations

import os
import secrets

from flask import Blueprint, Flask, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from portalkit import Change, Staff
from portalkit.flask import PortalKit, current_portal
from tests.faults.world import number_of

MAYA = Staff("maya", "Maya Lindt", "maya@studio.example")

staff = Blueprint("staff", __name__, url_prefix="/staff")


def create_app() -> Flask:
    """Make the app, as gunicorn's workers do."""
    app = Flask(__name__)
    app.config.update(
        FAULTS_TOKEN=os.environ["FAULTS_TOKEN"],
        PORTALKIT_KEYS=[os.environ["FAULTS_KEY"]],
        PORTALKIT_BASE_URL=os.environ["FAULTS_BASE_URL"],
        PORTALKIT_DATA=os.environ["FAULTS_DATA"],
    )
    app.register_blueprint(staff)
    PortalKit(app)
    return app


@staff.before_request
def check() -> None:
    """Let in only who knows the token."""
    given = request.headers.get("X-Staff-Token", "")
    if not secrets.compare_digest(given, current_app.config["FAULTS_TOKEN"]):
        abort(403)


def change(project: str) -> Change:
    """Open a block of Maya's."""
    return current_portal.desk(MAYA).change(project)


@staff.post("/<project>/<milestone>/update")
def update(project: str, milestone: str) -> ResponseReturnValue:
    """Post two updates with the same text, together."""
    text = request.get_data(as_text=True)
    with change(project) as block:
        made = [block.post_update(milestone, f"{text} {part}") for part in ("one", "two")]
    return jsonify([handle.id for handle in made])


@staff.post("/<project>/<milestone>/file/<file>")
def upload(project: str, milestone: str, file: str) -> ResponseReturnValue:
    """Deliver the body as the next version of a file, and post an update about it, together."""
    text = request.args["changed"]
    with change(project) as block:
        block.add_version(file, request.stream, changed=text)
        block.post_update(milestone, text, about=file)
    return jsonify(version=number_of(current_portal, block.project.id, file, text))


@staff.post("/<project>/<milestone>/ask/<person>")
def ask(project: str, milestone: str, person: str) -> ResponseReturnValue:
    """Request an approval of a statement, and post an update about it, together."""
    text = request.get_data(as_text=True)
    with change(project) as block:
        asked = block.request_approval(milestone, "A question", statement=text, people=[person])
        block.post_update(milestone, text, about=asked)
    return jsonify(asked.id)

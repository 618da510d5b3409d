"""Files from clients through the extension: settings, other extensions, the host's own routes and hooks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_wtf import CSRFProtect
from werkzeug.test import TestResponse

from portalkit import Event, FileDelivered, Veto
from portalkit.flask import PortalKit, current_portal
from tests.flask.host import Browser, Seeded, browser, make_app, seed


def hand_in(visitor: Browser, seeded: Seeded, *files: tuple[str, bytes]) -> TestResponse:
    """Hand files in by the form of the milestone."""
    form = visitor.form(f"m/{seeded.design}")
    fields: dict[str, Any] = {name: form[name] for name in ("pk_csrf", "once")}
    sent = [(io.BytesIO(data), name) for name, data in files]
    return visitor.post(f"m/{seeded.design}/files", {**fields, "note": "", "files": sent})


def touch(form: object) -> None:
    """Read a form and do nothing with it, as some hosts do for every request."""


def names(app: Flask, seeded: Seeded) -> list[str]:
    """The names of the files that clients have handed in."""
    with app.app_context():
        files = current_portal.project(seeded.project).files.values()
        return [file.name for file in files if file.current.delivered]


def test_files_arrive_beside_csrf_protection_and_hooks_that_read_forms(tmp_path: Path) -> None:
    """Flask-WTF leaves the form alone, and a host that has read it already is no obstacle."""

    def before(app: Flask) -> None:
        app.config["SECRET_KEY"] = "x"
        CSRFProtect(app)
        app.before_request(lambda: touch(request.form))

    app = make_app(tmp_path, before=before)
    seeded = seed(app)
    visitor = browser(app)
    visitor.enter(seeded.url)
    answer = hand_in(visitor, seeded, ("a.txt", b"one"), ("b.bin", bytes(300_000)))
    assert answer.status_code == 303
    assert names(app, seeded) == ["a.txt", "b.bin"]


def test_settings_limit_what_clients_hand_in_and_inspect_it(tmp_path: Path) -> None:
    """Each setting reaches the rule that it is about."""
    app = make_app(
        tmp_path,
        PORTALKIT_UPLOAD_FILES=2,
        PORTALKIT_UPLOAD_FILE_BYTES=10,
        PORTALKIT_UPLOAD_DAY_FILES=3,
        PORTALKIT_UPLOAD_DAY_BYTES=25,
        PORTALKIT_INSPECT=lambda upload: Veto("No") if upload.name == "virus" else None,
    )
    seeded = seed(app)
    visitor = browser(app)
    visitor.enter(seeded.url)
    for files, status in (
        ([("a", b"1"), ("b", b"2"), ("c", b"3")], 413),
        ([("a", b"x" * 11)], 413),
        ([("virus", b"x")], 422),
        ([("a", b"x" * 10), ("b", b"y" * 10)], 303),
        ([("c", b"z" * 10)], 429),
        ([("c", b"1")], 303),
        ([("d", b"2")], 429),
    ):
        assert hand_in(visitor, seeded, *files).status_code == status, files
    assert names(app, seeded) == ["a", "b", "c"]


def test_the_hosts_own_routes_keep_its_limit(tmp_path: Path) -> None:
    """What the portal takes changes nothing for the rest of the app, and the other way round."""
    app = make_app(tmp_path, MAX_CONTENT_LENGTH=50_000)
    app.add_url_rule("/own", "own", lambda: str(len(request.form)), methods=["POST"])
    seeded = seed(app)
    visitor = browser(app)
    visitor.enter(seeded.url)
    assert "together up to 50 KB" in visitor.get(f"m/{seeded.design}").text
    answer = hand_in(visitor, seeded, ("a", bytes(60_000)))
    assert (answer.status_code, "50 KB can be sent" in answer.text) == (413, True)
    assert hand_in(visitor, seeded, ("a", bytes(40_000))).status_code == 303
    client = app.test_client()
    assert client.post("/own", data={"x": "y" * 60_000}).status_code == 413
    assert client.post("/own", data={str(n): "y" for n in range(200)}).text == "200"


def test_a_hook_hears_who_handed_in_what(tmp_path: Path) -> None:
    """After the commit, as for everything else."""
    kit, heard = PortalKit(), []

    @kit.on(FileDelivered)
    def note(event: Event[FileDelivered]) -> None:
        heard.append((event.person.name if event.person else "", event.name, event.project.ref))

    app = make_app(tmp_path, kit=kit)
    seeded = seed(app)
    visitor = browser(app)
    visitor.enter(seeded.url)
    hand_in(visitor, seeded, ("logo.svg", b"<svg/>"))
    assert heard == [("Anna Keller", "logo.svg", "crm:17")]

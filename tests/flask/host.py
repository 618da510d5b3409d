"""What the tests of the Flask adapter share: a host's app, a seeded project, a client's browser."""

from __future__ import annotations

import html
import io
import re
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, frozen
from flask import Flask
from werkzeug.test import Client, TestResponse

from portalkit import CLIENT, ApprovalDecided, Entry, Portal, Staff
from portalkit.flask import PortalKit, current_portal

MAYA = Staff("maya", "Maya Lindt", "maya@studio.example")
BASE_URL = "http://localhost/portal"
PDF = b"%PDF-1.7 a page"


def new_key() -> str:
    """A signing key as the remedy of a missing one makes it."""
    return secrets.token_urlsafe(48)


def make_app(
    data: Path,
    *,
    kit: PortalKit | None = None,
    before: Callable[[Flask], object] | None = None,
    templates: Path | None = None,
    **config: Any,
) -> Flask:
    """A host's app with a portal; ``before`` runs on the app before the extension does."""
    folder = str(templates) if templates else "templates"
    app = Flask(
        "studio",
        root_path=str(data),
        instance_path=str(data / "instance"),
        template_folder=folder,
    )
    app.config.update(
        PORTALKIT_KEYS=[new_key()],
        PORTALKIT_BASE_URL=BASE_URL,
        PORTALKIT_DATA=data / "portal",
    )
    app.config.update(config)
    if before is not None:
        before(app)
    (kit or PortalKit()).init_app(app)
    return app


@frozen
class Seeded:
    """A project with an open request, an update and a file, by their ids."""

    project: str
    person: str
    url: str
    design: str
    ask: str
    update: str
    home: str


def seed(app: Flask, ref: str | None = "crm:17", **options: Any) -> Seeded:
    """Open a project through the desk, as the host does."""
    with app.app_context():
        return seed_in(current_portal, ref, **options)


def seed_in(
    portal: Portal, ref: str | None = "crm:17", *, account: str = "", **options: Any
) -> Seeded:
    """Open a project in a portal."""
    desk = portal.desk(MAYA, account=account)
    with desk.open("Website relaunch", client="Acme", ref=ref, **options) as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example", locale="en")
        design = change.add_milestone("Design", due=date(2026, 12, 4)).start()
        home = change.add_file(
            design, io.BytesIO(PDF), name="homepage.pdf", purpose="All screens", state="final"
        )
        ask = change.request_approval(
            design, "Homepage design", files=[home], people=[anna], due=date(2026, 12, 1)
        )
        update = change.post_update(
            design, done="Homepage", next="Build", need="Your decision", about=ask
        )
        change.issue_link(anna, scopes=CLIENT)
    url = desk.link_url(change.project, anna)
    return Seeded(change.project.id, anna.id, url, design.id, ask.id, update.id, home.id)


def decisions_of(portal: Portal, seeded: Seeded) -> list[Entry]:
    """The decisions in a project's log."""
    entries = portal.entries(seeded.project)
    return [entry for entry in entries if isinstance(entry.fact, ApprovalDecided)]


@define
class Browser:
    """A client's browser: it follows redirects, keeps cookies, and fills in forms.

    Addresses may be given whole, below the server's root, or relative to the link's pages (``base``).
    """

    client: Client
    server: str = "http://localhost"
    base: str = ""

    def enter(self, url: str) -> TestResponse:
        """Open a link as it stands in a mail, and remember where its pages are."""
        response = self.get(url)
        for _ in range(5):
            if response.status_code != 303:
                break
            response = self.get(response.headers["Location"])
        assert response.status_code == 200, response.status
        found = re.match(r".*/p/[^/]+/", response.request.path)
        assert found
        self.base = found[0]
        return response

    def get(self, path: str = "", **options: Any) -> TestResponse:
        """Get a page."""
        return self.client.get(self._whole(path), base_url=self.server, **options)

    def post(self, path: str, data: dict[str, str], **options: Any) -> TestResponse:
        """Send a form, with the end that every form of ours has."""
        whole = {**data, "pk_end": "whole"}
        return self.client.post(self._whole(path), base_url=self.server, data=whole, **options)

    def form(self, path: str, **options: Any) -> dict[str, str]:
        """The hidden fields of the forms on a page."""
        response = self.get(path, **options)
        assert response.status_code == 200, response.status
        return hidden(response)

    def review(self, ask: str, outcome: str = "approved", **fields: str) -> TestResponse:
        """Fill in the review of a request and go on to its confirmation."""
        form = self.form(f"a/{ask}")
        filled = {"outcome": outcome, "comment": "", "reviewed": "yes", "typed_name": "Anna Keller"}
        sent = {"pk_csrf": form["pk_csrf"], "shown": form["shown"], **filled, **fields}
        return self.post(f"a/{ask}", sent)

    def decide(self, ask: str, outcome: str = "approved", **options: Any) -> TestResponse:
        """Review, confirm, and return the answer to the confirmation."""
        response = self.review(ask, outcome, comment="" if outcome == "approved" else "See below")
        assert response.status_code == 200, response.text
        form = hidden(response)
        fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
        return self.post(f"a/{ask}", fields, **options)

    def _whole(self, path: str) -> str:
        if path.startswith("http"):
            parts = urlsplit(path)
            return parts.path + (f"?{parts.query}" if parts.query else "")
        return path if path.startswith("/") else self.base + path


def browser(app: Flask) -> Browser:
    """A fresh browser at an app."""
    return Browser(app.test_client())


def hidden(response: TestResponse) -> dict[str, str]:
    """The hidden fields on a page."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', response.text)
    return {name: html.unescape(value) for name, value in found}


def is_ours(response: TestResponse) -> bool:
    """Whether the core gave this answer: every one of its answers carries these headers."""
    return response.headers.get("X-Robots-Tag", "").startswith("noindex") and (
        response.headers.get("X-Content-Type-Options") == "nosniff"
    )

"""portalkit as a contestant: the typical project, pages through WSGI, writes through the doors."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import content
from flask import Flask
from wsgi import ORIGIN, Browser

from portalkit import CLIENT, Change, Handle, Outcome, Portal, Staff
from portalkit.flask import PortalKit
from portalkit.transports import Outbox

KEY = secrets.token_urlsafe(48)
STAFF = Staff("maya", content.STAFF, "maya@agency.example")
BASE_URL = f"{ORIGIN}/portal"


def make_app(folder: Path, key: str = KEY, **settings: Any) -> Flask:
    """Return a Flask app with the portal mounted, on SQLite files in a folder."""
    app = Flask("agency")
    app.config.update(
        PORTALKIT_KEYS=[key],
        PORTALKIT_BASE_URL=BASE_URL,
        PORTALKIT_DATA=str(folder),
        **settings,
    )
    PortalKit(app)
    return app


def portal_of(app: Flask) -> Portal:
    """Return the portal of an app."""
    portal: Portal = app.extensions["portalkit"].portal
    return portal


def seed(portal: Portal, project: str, times: int = 1) -> None:
    """Store the typical project, or one that is so many times as large."""
    with portal.desk(STAFF).open(
        content.TITLE,
        id=project,
        client=content.CLIENT,
        summary=content.SUMMARY,
        zone=content.ZONE,
    ) as change:
        people = [change.add_person(name, email="a@acme.example") for name in content.CLIENTS]
        for person in people:
            change.issue_link(person, scopes=CLIENT)
        change.set_resources(content.RESOURCES)
        milestones = [
            change.add_milestone(title, starts=due - timedelta(days=14), due=due)
            for due, title in ((content.due(n), t) for n, t in enumerate(content.milestones(times)))
        ]
        for place, milestone in enumerate(milestones):
            if content.is_started(place):
                milestone.start()
        files = _deliver(change, milestones, content.documents(times))
        _ask(change, milestones, files, people[0], content.questions(times))
        for place, text in content.updates(times):
            post(change, milestones[place], text)
        for number, file in enumerate(files):
            if content.is_final(number):
                change.set_file_state(file, "final")
        for place, milestone in enumerate(milestones):
            if content.is_completed(place):
                milestone.complete("Everything that was agreed is delivered.")


def mailing(folder: Path) -> Portal:
    """Return a portal on the same files whose ``run_due`` mails to people what they were not told yet."""
    return portal_of(
        make_app(
            folder, PORTALKIT_MAIL=Outbox(), PORTALKIT_MAIL_FROM="Studio <portal@agency.example>"
        )
    )


def seed_history(portal: Portal, project: str, entries: int) -> None:
    """Store a project of milestones and updates with so many entries; they look alike."""
    desk = portal.desk(STAFF)
    with desk.open(content.TITLE, id=project, client=content.CLIENT) as change:
        change.issue_link(change.add_person(content.CLIENTS[0]))
        milestones = [change.add_milestone(title) for title in content.MILESTONES]
        for milestone in milestones[: content.STARTED]:
            milestone.start()
        missing = entries - 1 - change.project.version
        for number in range(missing):
            post(change, milestones[number % content.STARTED], content.text(number))


def _deliver(
    change: Change, milestones: Sequence[Handle], documents: Sequence[content.Document]
) -> list[Handle]:
    files = []
    for document in documents:
        file = change.add_file(
            milestones[document.milestone],
            io.BytesIO(b"%PDF-1.7 sample"),
            name=document.name,
            purpose=document.purpose,
        )
        for changed in document.changes:
            change.add_version(file, io.BytesIO(b"%PDF-1.7 newer"), changed=changed)
        files.append(file)
    return files


def _ask(
    change: Change,
    milestones: Sequence[Handle],
    files: Sequence[Handle],
    person: Handle,
    questions: Sequence[content.Question],
) -> None:
    for question in questions:
        approval = change.request_approval(
            milestones[question.milestone],
            question.title,
            people=[person],
            files=[files[question.file]],
            statement=question.statement,
            due=content.TODAY + timedelta(days=4),
        )
        if not question.open:
            change.record_decision(approval, person, Outcome.APPROVED, source="phone")


def post(change: Change, milestone: Handle | str, text: content.Text) -> None:
    """Post an update with these words."""
    change.post_update(milestone, done=text.done, doing=text.doing, next=text.next, need=text.need)


def enter(app: Any, project: str, portal: Portal | None = None) -> Browser:
    """Return a browser that has opened the first client's link and stands on the project page."""
    portal = portal or portal_of(app)
    state = portal.project(project)
    link = next(iter(state.links.values()))
    browser = Browser(app)
    home = f"/portal/p/{link.id}/"
    for address in (portal.link_url(state, link.person), f"{home}?entered=1", home):
        browser.get(address)
    browser.reload()
    return browser

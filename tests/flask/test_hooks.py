"""Hooks: the host hears of what happened after it is on record, and never before."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_request_context

from portalkit import (
    ApprovalDecided,
    Event,
    Fact,
    LinkRequested,
    Outcome,
    ProjectOpened,
    Refused,
    UpdatePosted,
)
from portalkit.flask import PortalKit, current_portal
from portalkit.storage.sqlite import SQLiteStore
from tests.flask.host import MAYA, Browser, Seeded, browser, hidden, make_app, seed


@pytest.fixture
def kit() -> PortalKit:
    """The extension whose hooks a test sets."""
    return PortalKit()


@pytest.fixture
def app(tmp_path: Path, kit: PortalKit) -> Flask:
    """An app with that extension."""
    return make_app(tmp_path, kit=kit)


@pytest.fixture
def other_store(tmp_path: Path, app: Flask) -> Iterator[SQLiteStore]:
    """The same log, seen from outside: by connections that share nothing with the portal's."""
    with closing(SQLiteStore(tmp_path / "portal" / "portal.sqlite3")) as store:
        yield store


def test_a_hook_hears_a_decision_after_its_commit(
    app: Flask, kit: PortalKit, anna: Browser, seeded: Seeded, other_store: SQLiteStore
) -> None:
    """When the hook runs, everybody else can see the entry already, and it knows who, what and how."""
    heard: list[Any] = []

    @kit.on(ApprovalDecided)
    def noted(event: Event[ApprovalDecided]) -> None:
        last = other_store.history(event.project.id, newest=True, limit=1)[0]
        heard.append((last.seq == event.entry.seq, last.chain == event.entry.chain))
        heard.append((event.outcome, event.title, event.person and event.person.name))
        heard.append((event.project.ref, event.project.approvals[seeded.ask].outcome))
        heard.append(has_request_context())

    assert anna.decide(seeded.ask).status_code == 303
    assert heard == [
        (True, True),
        (Outcome.APPROVED, "Homepage design", "Anna Keller"),
        ("crm:17", Outcome.APPROVED),
        True,
    ]


def test_a_hook_may_be_given_as_a_function(app: Flask, kit: PortalKit) -> None:
    """`PortalKit.on` takes the function as its second argument too, before or after `init_app`."""
    heard: list[str] = []
    kit.on(ProjectOpened, lambda event: heard.append(event.title))
    seed(app)
    assert heard == ["Website relaunch"]


def test_a_hook_on_every_fact_hears_them_in_order(app: Flask, kit: PortalKit) -> None:
    """A hook on `Fact` hears every entry of a block once, in the order of the log."""
    heard: list[int] = []
    kit.on(Fact, lambda event: heard.append(event.entry.seq))
    seeded = seed(app)
    with app.app_context():
        version = current_portal.project(seeded.project).version
    assert heard == list(range(1, version + 1))


def test_what_was_refused_is_not_heard(app: Flask, kit: PortalKit, seeded: Seeded) -> None:
    """A block that fails at its last step has told nobody of the steps before."""
    heard: list[Any] = []
    kit.on(Fact, heard.append)
    with app.app_context(), pytest.raises(Refused):
        with current_portal.desk(MAYA).change(seeded.project) as change:
            change.post_update(seeded.design, "Good news")
            change.add_milestone("")
    assert heard == []


def test_what_changes_nothing_is_not_heard_again(
    app: Flask, kit: PortalKit, anna: Browser, seeded: Seeded
) -> None:
    """A double click is one decision: the hook runs once."""
    heard: list[Any] = []
    kit.on(ApprovalDecided, heard.append)
    form = hidden(anna.review(seeded.ask))
    fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
    for _ in range(3):
        assert anna.post(f"a/{seeded.ask}", fields).status_code == 303
    assert len(heard) == 1


def test_a_failing_hook_costs_the_client_nothing(
    app: Flask,
    kit: PortalKit,
    anna: Browser,
    seeded: Seeded,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The decision stands and the client sees it; the failure is logged, and later hooks still run."""
    heard: list[Any] = []

    def fail(event: Event[ApprovalDecided]) -> None:
        raise RuntimeError("the CRM is down")

    kit.on(ApprovalDecided, fail)
    kit.on(ApprovalDecided, heard.append)
    answer = anna.decide(seeded.ask)
    assert answer.status_code == 303
    assert "Your decision is on record" in anna.get(answer.headers["Location"]).text
    assert len(heard) == 1
    (record,) = [r for r in caplog.records if r.name == "portalkit.hooks"]
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert "the commit stands" in record.message
    assert "Anna" not in record.message


def test_a_hook_may_write_on(app: Flask, kit: PortalKit, anna: Browser, seeded: Seeded) -> None:
    """A hook may commit again; what it wrote is heard after it has ended, never inside it."""
    heard: list[str] = []

    @kit.on(ApprovalDecided)
    def go_on(event: Event[ApprovalDecided]) -> None:
        heard.append("decided: begin")
        with current_portal.desk(MAYA).change(event.project) as change:
            change.post_update(seeded.design, "We begin to build")
        heard.append("decided: end")

    kit.on(UpdatePosted, lambda event: heard.append(f"posted by {event.actor.name}"))
    assert anna.decide(seeded.ask).status_code == 303
    assert heard == ["decided: begin", "decided: end", "posted by Maya Lindt"]
    assert "We begin to build" in anna.get("").text


def test_looking_is_never_heard(app: Flask, kit: PortalKit, seeded: Seeded) -> None:
    """Opening a link, pages and files is no fact: scanners do it all day."""
    heard: list[Any] = []
    kit.on(Fact, heard.append)
    scanner = browser(app)
    scanner.enter(seeded.url)
    for path in ("", "history", f"a/{seeded.ask}", f"f/{seeded.home}/1", "project.json"):
        assert scanner.get(path).status_code == 200
    assert heard == []


def test_a_wish_for_the_link_is_heard_once_a_day(
    app: Flask, kit: PortalKit, anna: Browser, seeded: Seeded
) -> None:
    """The host is told that somebody wants the link again, so that it can send it: once, not at each click."""
    heard: list[Any] = []
    kit.on(LinkRequested, lambda event: heard.append(event.person and event.person.email))
    stranger = browser(app)
    for _ in range(3):
        assert stranger.post(f"{anna.base}resend", {}).status_code == 200
    assert heard == ["anna@acme.example"]

"""A portal in memory, a desk, and a project in the middle of its life."""

from __future__ import annotations

from datetime import date

import pytest

from portalkit import Desk, Portal
from portalkit.testing import FixedClock
from tests.core.world import BEN, Scene, make_portal, stream


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still until a test moves it."""
    return FixedClock()


@pytest.fixture
def portal(clock: FixedClock) -> Portal:
    """A portal in memory."""
    return make_portal(clock=clock)


@pytest.fixture
def desk(portal: Portal) -> Desk:
    """Ben's desk."""
    return portal.desk(BEN)


@pytest.fixture
def scene(portal: Portal, desk: Desk) -> Scene:
    """Design in progress with a file under approval; build planned; one done; one internal."""
    with desk.open("Website relaunch", client="Acme Ceramics", id="p1", ref="crm:17") as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example")
        bob = change.add_person("Bob Stone")
        design = change.add_milestone("Design", due=date(2026, 12, 4)).start()
        build = change.add_milestone("Build")
        done = change.add_milestone("Kick-off").complete("We know each other")
        secret = change.add_milestone("Margins", internal=True)
        home = change.add_file(design, stream(), name="homepage.pdf", purpose="All screens")
        plan = change.add_file(build, stream(b"plan"), name="plan.txt", purpose="The plan")
        leak = change.add_file(secret, stream(b"sums"), name="sums.txt", purpose="For us")
        ask = change.request_approval(design, "Homepage", files=[home], people=[anna, bob])
        news = change.post_update(design, done="Homepage", about=ask)
        change.issue_link(anna)
        change.issue_link(bob)
    return Scene(
        portal, desk, "p1", anna, bob, design, build, done, secret, home, plan, leak, ask, news
    )

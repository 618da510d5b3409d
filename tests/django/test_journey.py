"""The way of a client in a real browser, through Django on a real server, on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.django.server import DjangoServer
from tests.faults.world import open_project
from tests.journeys.visits import follow, go_on


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[DjangoServer]:
    """A real server that was not started yet; killed after the test."""
    with DjangoServer(tmp_path, database) as server:
        yield server


def test_a_client_decides(server: DjangoServer, page_at: Callable[..., Page]) -> None:
    """On a phone, from the link in the mail to the decision on record; axe finds nothing on the way."""
    scene = open_project(server.portal())
    server.start()
    page = page_at(360, 740)
    page.goto(scene.url)
    assert "/l/" not in page.url, "the token must not stay in the address bar"
    expect(page.locator(".pk-lede")).to_contain_text("One thing waits for you.")
    assert axe(page) == []
    follow(page, page.get_by_role("link", name="Review and decide").first)
    assert axe(page) == []
    page.check("input[value=approved]")
    page.check("input[name=reviewed]")
    page.fill("input[name=typed_name]", "Anna Keller")
    go_on(page)
    assert scene.decisions == []
    assert axe(page) == []
    go_on(page)
    expect(page.locator("body")).to_contain_text("Your decision is on record.")
    assert axe(page) == []
    assert [decision.outcome for decision in scene.decisions] == ["approved"]
    assert scene.whole()
    server.stop()
    assert "Traceback" not in server.log.read_text()

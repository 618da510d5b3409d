"""The policy lets through what a page shows, in our own shell and in a host's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.shells import SHELLS
from tests.journeys.tales import Tale


def test_previews_are_shown_under_the_policy(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """The pictures that a decision is about can be seen where the decision is made."""
    page = page_at(1280, 2000)
    tale = told["rich"]
    page.goto(tale.link())
    page.goto(tale.home() + tale.paths["decision open"])
    page.wait_for_load_state("networkidle")
    widths = page.evaluate(
        "[...document.querySelectorAll('.pk-preview img')].map(i => i.naturalWidth)"
    )
    assert widths == [640]


def test_the_logo_is_seen_and_serves_as_icon(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """The brand's logo loads, and browsers need not look for another icon."""
    page = page_at()
    page.goto(told["rich"].link())
    assert page.evaluate("document.querySelector('.pk-logo').naturalWidth") > 0
    icon = page.get_attribute("link[rel=icon]", "href")
    assert icon == page.get_attribute(".pk-logo", "src")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hosts_shell_gets_the_policy_that_lets_it_work(
    shell: str, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """In a host's page its own styles count, and still nothing can be embedded or sent elsewhere."""
    page = page_at()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    answer = page.goto(told["rich"].link(app=shell))
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    for directive in ("object-src 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy
    assert "style-src" not in policy
    assert not [s for s in said if "favicon" not in s and "404" not in s]


@pytest.mark.parametrize("link", ["late", "gone", "old link"])
@pytest.mark.parametrize("either_stage", ["flask", "django"], indirect=True)
def test_a_browser_can_ask_for_the_link_where_it_opens_nothing(
    link: str, either_stage: Stage, page_at: Callable[..., Page]
) -> None:
    """The page behind a token sends no referrer, and with that no browser tells its origin."""
    page = page_at(360, 740, java_script_enabled=False)
    tale = tales.small(either_stage)
    page.goto(tale.things[link] if link in tale.things else tale.link(link))
    expect(page.get_by_role("button", name="Ask for the link")).to_be_visible()
    page.get_by_role("button", name="Ask for the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your request was noted")
    entry = either_stage.portal.entries(tale.project)[-1]
    assert entry.kind == "link.requested"

"""The first screen answers: nobody has to scroll for what they came for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import Tale


@pytest.fixture(scope="session", params=["en", "de"])
def tale(request: pytest.FixtureRequest, stage: Stage) -> Tale:
    """The rich project, told to somebody who reads this language."""
    return tales.rich(stage, request.param)


def test_on_a_phone_the_first_screen_holds_sentence_decision_and_latest_update(
    tale: Tale, page_at: Callable[..., Page]
) -> None:
    """At 360 × 740: the four answers, the first decision with its whole button, the latest update's line."""
    page = page_at(360, 740)
    page.goto(tale.link())
    for part in (
        page.locator(".pk-lede"),
        page.locator(".pk-latest"),
        page.locator(".pk-ask h3").first,
        page.locator(".pk-ask .pk-button").first,
    ):
        _on_screen(page, part)


def test_on_a_desk_the_first_screen_holds_the_text_of_the_latest_update_too(
    tale: Tale, page_at: Callable[..., Page]
) -> None:
    """At 1280 × 800: the same, and every word of the latest update."""
    page = page_at(1280, 800)
    page.goto(tale.link())
    for part in (
        page.locator(".pk-lede"),
        page.locator(".pk-latest"),
        page.locator(".pk-ask .pk-button").first,
        page.locator(".pk-update h2"),
        page.locator(".pk-update .pk-four"),
    ):
        _on_screen(page, part)


def test_the_latest_line_leads_to_the_update(tale: Tale, page_at: Callable[..., Page]) -> None:
    """On a phone one touch brings the update's heading onto the screen."""
    page = page_at(360, 740)
    page.goto(tale.link())
    page.locator(".pk-latest a").click()
    _on_screen(page, page.locator(".pk-update h2"))


@pytest.mark.parametrize("name", ["empty", "completed", "planned"])
def test_a_quiet_project_says_so_on_the_first_screen(
    name: str, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Without anything to decide, the sentence says that nothing waits, and how the project stands."""
    page = page_at(360, 740)
    page.goto(told[name].link())
    lede = page.locator(".pk-lede")
    assert lede.inner_text().startswith("Nothing waits for you.")
    assert len(lede.inner_text()) > len("Nothing waits for you. ")
    _on_screen(page, lede)


def _on_screen(page: Page, part: Locator) -> None:
    box, size = part.bounding_box(), page.viewport_size
    assert box is not None, "it is not shown at all"
    assert size is not None
    assert box["width"] > 0
    assert box["height"] > 0
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]

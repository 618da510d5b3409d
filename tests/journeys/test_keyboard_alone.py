"""Nobody needs a mouse: everything is reached, seen and done from the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portalkit import Outcome
from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import Tale
from tests.journeys.visits import visits

MANY = 400
"""More stops than any page has: who tabs longer is caught in a trap."""

FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    what: element.outerHTML.slice(0, 120), outline: style.outlineStyle,
    width: parseFloat(style.outlineWidth), colour: style.outlineColor,
    inside: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
      && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def stops(page: Page) -> list[dict[str, Any]]:
    """Where the tab key stops from the top of the page on, once around."""
    found: list[dict[str, Any]] = []
    for _ in range(MANY):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return found
        found.append(stop)
    raise AssertionError(f"the keyboard is caught at {found[-1]['what']}")


def test_the_first_stop_leads_past_the_bar(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """The first tab shows a link that skips to the content, and it does."""
    page = page_at()
    page.goto(told["rich"].link())
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_have_text("Skip to the content")
    expect(skip).to_be_in_viewport(ratio=1)
    box = skip.bounding_box()
    assert box is not None
    assert box["height"] >= 24, "it can be read, not only heard"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_decision_comes_before_everything_else(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """From the skip link on, the first pending decision is two stops away: the latest update, then it."""
    page = page_at()
    page.goto(told["rich"].link())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Review and decide")


@pytest.mark.parametrize(
    ("where", "width", "scheme"), [("rich", 1280, "light"), ("states", 360, "dark")]
)
def test_focus_is_seen_everywhere(
    where: str,
    width: int,
    scheme: str,
    stage: Stage,
    told: dict[str, Tale],
    page_at: Callable[..., Page],
) -> None:
    """Wherever the keyboard stops, an outline of two pixels or more shows it, on the screen."""
    page = page_at(width, 740, color_scheme=scheme)
    for name in visits(where, page, stage, told):
        if name.startswith(("rich: history", "rich: milestone completed")):
            continue  # the same lines and links as elsewhere, many times over
        for stop in stops(page):
            seen = stop["outline"] not in ("none", "") and stop["width"] >= 2
            assert seen, f"{name}: {stop}"
            assert stop["inside"], f"{name}: {stop}"


def test_a_client_decides_with_the_keyboard_alone(
    stage: Stage, page_at: Callable[..., Page]
) -> None:
    """Radio buttons, text, box, name, continue and confirm: no click anywhere."""
    tale = tales.small(stage)
    page = page_at(java_script_enabled=False)
    page.goto(tale.link())
    _tab_to(page, "a.pk-button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/*")
    _tab_to(page, "input[type=radio]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=approved_with_changes]")).to_be_checked()
    _tab_to(page, "textarea")
    page.keyboard.type("A larger logo")
    _tab_to(page, "input[type=checkbox]")
    page.keyboard.press("Space")
    _tab_to(page, "input[type=text]")
    page.keyboard.type("Anna Keller")
    _tab_to(page, "button")
    page.keyboard.press("Enter")
    expect(page.locator("#pk-sentence")).to_contain_text("I, Anna Keller, approve “Brochure”")
    _tab_to(page, ".pk-form button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your decision is on record.")
    (decision,) = tale.approval("ask").decisions
    assert decision.outcome is Outcome.APPROVED_WITH_CHANGES
    assert decision.comment == "A larger logo"


def test_milestones_open_from_the_keyboard(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """A folded milestone unfolds with the enter key, without script."""
    page = page_at(java_script_enabled=False)
    page.goto(told["rich"].link())
    step = page.locator(".pk-step", has_text="Wireframes").first
    expect(step.locator(".pk-inside")).to_be_hidden()
    step.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(step.locator(".pk-inside")).to_be_visible()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the keyboard never reaches {selector}")

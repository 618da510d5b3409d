"""Robots in a real Chromium that open everything and press everything: none of them is called a person.

The robots hide that they are driven (``navigator.webdriver``), so that it takes what they do to tell them
from people.  What people do is tried too, or the tests would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from attrs import frozen
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import Tale

HIDDEN = "Object.defineProperty(navigator, 'webdriver', {get: () => false})"
DWELL = 5_000
"""Milliseconds for which a page must have been in sight."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A real server with projects in memory."""
    stage = Stage(tmp_path_factory.mktemp("stage"), {"host": HOST})
    yield stage
    stage.close()


HOST = "<!doctype html><title>{{ page.title }}</title>{{ page.head }}<h1>A host</h1>{{ page.body }}"


@frozen
class Visited:
    """A page that is open in a browser, and what the access log says of its project."""

    stage: Stage
    tale: Tale
    page: Page

    @property
    def noted(self) -> set[str]:
        """What the link was used for, files apart."""
        uses = self.stage.portal.access.of(self.tale.project)
        return {use.what for use in uses if not use.what.startswith("file:")}

    def wait(self, milliseconds: int = DWELL + 2_500) -> None:
        """Let time go by, and let the page's clock see it."""
        self.page.clock.run_for(milliseconds)
        self.page.wait_for_timeout(200)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that does not say that it is driven."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.add_init_script(HIDDEN)
    context.set_default_timeout(5_000)
    yield context
    context.close()


@pytest.fixture
def visited(context: BrowserContext, stage: Stage) -> Visited:
    """Anna's project page, just opened; its clock can be put forward."""
    return opened(context, stage)


def opened(context: BrowserContext, stage: Stage, app: str = "own") -> Visited:
    tale = tales.small(stage)
    page = context.new_page()
    page.clock.install()
    page.goto(tale.link().replace(stage.mount(), stage.mount(app)))
    return Visited(stage, tale, page)


# -- people ---------------------------------------------------------------------------------------


def move(page: Page) -> None:
    """Lead the pointer across the page, for a second, in small steps."""
    for number in range(60):
        page.mouse.move(200 + 6 * number, 200 + 3 * number)
        page.wait_for_timeout(20)


def scroll(page: Page) -> None:
    """Turn the wheel, a few times."""
    page.mouse.move(300, 300)
    for _ in range(4):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(300)


def walk(page: Page) -> None:
    """Go through the page by keyboard."""
    for _ in range(4):
        page.keyboard.press("Tab")
        page.wait_for_timeout(300)


@pytest.mark.parametrize("act", [move, scroll, walk])
def test_a_person_is_seen(visited: Visited, act: Callable[[Page], None]) -> None:
    """By pointer, by wheel or by keyboard alone: once the page has been in sight for five seconds."""
    act(visited.page)
    assert visited.noted == {"fetched"}
    visited.wait()
    assert visited.noted == {"fetched", "seen"}


def test_a_person_is_seen_in_a_host_s_shell_too(context: BrowserContext, stage: Stage) -> None:
    """The script comes with the head that the host puts into its page."""
    visited = opened(context, stage, "host")
    scroll(visited.page)
    visited.wait()
    assert "seen" in visited.noted


def test_a_person_says_it_once_for_each_page(visited: Visited) -> None:
    """What goes on after that is nobody's business."""
    said: list[str] = []
    visited.page.on(
        "request", lambda asked: said.append(asked.url[-5:]) if asked.method == "POST" else None
    )
    for _ in range(3):
        scroll(visited.page)
        visited.wait()
    assert said == ["/seen"]


def test_a_short_glance_is_not_seen(visited: Visited) -> None:
    """Somebody who moves and goes away at once may have taken it for something else."""
    scroll(visited.page)
    visited.wait(2_000)
    visited.page.goto("about:blank")
    assert visited.noted == {"fetched"}


def test_a_page_that_lies_open_is_not_seen(visited: Visited) -> None:
    """Hours in sight, and nobody there."""
    visited.wait(3_600_000)
    assert visited.noted == {"fetched"}


# -- robots ---------------------------------------------------------------------------------------


def press_everything(page: Page) -> None:
    """Press every link and button in turn, and come back to the page each time."""
    here = page.url
    pressed = page.locator("a[href], button, summary, input:not([type=hidden]), label")
    for number in range(pressed.count()):
        with suppress(BrowserError):  # what cannot be pressed, or leads to a download
            pressed.nth(number).click(timeout=300)
        page.wait_for_timeout(50)
        if page.url != here:
            with suppress(BrowserError):
                page.goto(here)


def press_in_place(page: Page) -> None:
    """Press all over the page, however near one place is to the next, without leaving it."""
    page.evaluate("document.addEventListener('click', e => e.preventDefault(), true)")
    for number in range(40):
        page.mouse.click(100 + 15 * number, 200 + number)
        page.wait_for_timeout(20)


def dispatch(page: Page) -> None:
    """Make events by script, as many as a person would."""
    page.evaluate("""() => {
      for (let n = 0; n < 200; n++) {
        dispatchEvent(new PointerEvent('pointermove', {clientX: 5 * n, clientY: n, bubbles: true}));
        dispatchEvent(new WheelEvent('wheel', {deltaY: 50, bubbles: true}));
        dispatchEvent(new KeyboardEvent('keydown', {key: 'Tab', bubbles: true}));
        scrollTo(0, 10 * n);
      }
    }""")


def hover(page: Page) -> None:
    """Jump from place to place, far apart."""
    for number in range(30):
        page.mouse.move(50 + 400 * (number % 3), 60 + 300 * (number % 2))
        page.wait_for_timeout(20)


@pytest.mark.parametrize("act", [press_everything, press_in_place, dispatch, hover])
def test_a_robot_is_not_seen(visited: Visited, act: Callable[[Page], None]) -> None:
    """However long it stays: it jumps, or its events are made by script."""
    act(visited.page)
    visited.wait()
    assert visited.noted == {"fetched"}


def design_of(visited: Visited) -> str:
    """The id of the one milestone."""
    return next(iter(visited.stage.portal.project(visited.tale.project).milestones))


def test_a_robot_that_opens_and_presses_everything_is_not_seen_and_writes_nothing(
    context: BrowserContext, stage: Stage
) -> None:
    """Every page of the link, every button on it, and long enough in sight on each."""
    visited = opened(context, stage)
    portal = stage.portal
    before = portal.state(visited.tale.project, ref=None, account="").chain
    things = visited.tale.things
    for path in ("", f"m/{design_of(visited)}", f"a/{things['ask'].id}", "history"):
        for act in (press_in_place, press_everything):
            visited.page.goto(visited.tale.link())
            visited.page.goto(visited.tale.home() + path)
            act(visited.page)
            visited.wait()
    assert visited.noted == {"fetched"}
    assert portal.state(visited.tale.project, ref=None, account="").chain == before


def test_a_robot_that_is_honest_about_itself_is_never_seen(browser: Browser, stage: Stage) -> None:
    """What drives a browser by the book says so, and then not even a person's movements count."""
    context = browser.new_context()
    visited = opened(context, stage)
    scroll(visited.page)
    visited.wait()
    assert visited.noted == {"fetched"}
    context.close()


def test_without_script_the_page_is_whole(browser: Browser, stage: Stage) -> None:
    """Nothing is said, and nothing is missing."""
    context = browser.new_context(java_script_enabled=False)
    visited = Visited(stage, tales.small(stage), context.new_page())
    visited.page.goto(visited.tale.link())
    assert visited.page.locator(".pk-decisions .pk-button").count() > 0
    assert visited.noted == {"fetched"}
    context.close()

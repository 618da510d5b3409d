"""Inside a host's page, whatever its rules for elements, our pages look as they do in our own shell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import axe
from tests.journeys.server import OWN
from tests.journeys.shells import LOOKS
from tests.journeys.tales import Tale
from tests.journeys.visits import fill_in, go_on

LOOK = """() => {
  const sides = ['top', 'right', 'bottom', 'left'];
  const names = ['display', 'position', 'float', 'color', 'background-color', 'background-image',
    'font-family', 'font-size', 'font-style', 'font-weight', 'line-height', 'letter-spacing',
    'word-spacing', 'text-align', 'text-decoration-line', 'text-indent', 'text-shadow',
    'text-transform', 'white-space', 'list-style-type', 'list-style-position', 'box-shadow',
    'box-sizing', 'border-top-left-radius', 'border-collapse', 'vertical-align', 'opacity',
    'cursor', 'overflow-wrap', 'width', 'height', 'max-width', 'min-height',
    ...sides.flatMap(side => [`margin-${side}`, `padding-${side}`, `border-${side}-width`])];
  const root = document.querySelector('.pk-page'), from = root.getBoundingClientRect();
  return [...root.querySelectorAll('*')].filter(e => e.type !== 'hidden').map(e => {
    const style = getComputedStyle(e), box = e.getBoundingClientRect(), look = {};
    for (const name of names) look[name] = style.getPropertyValue(name);
    for (const side of sides) {
      const edge = `border-${side}`, there = style.getPropertyValue(`${edge}-width`) !== '0px';
      look[edge] = there ? style.getPropertyValue(`${edge}-style`) + style.getPropertyValue(`${edge}-color`) : '';
    }
    look.place = [box.x - from.x, box.y - from.y].map(Math.round).join();
    return [e.localName + (e.className ? '.' + e.className : ''), look];
  });
}"""

PATHS = (
    "project",
    "milestone in progress",
    "update with revisions",
    "history of a milestone",
    "decision open",
    "decision decided",
)


@pytest.fixture(scope="module")
def ours(browser: Any, told: dict[str, Tale]) -> dict[str, Any]:
    """How each page looks in our own shell."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    looks = _looks(context.new_page(), told["rich"], OWN)
    context.close()
    return looks


@pytest.mark.parametrize("shell", LOOKS)
def test_a_page_looks_the_same_in_a_hosts_shell(
    shell: str, ours: dict[str, Any], told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Every element of every kind of page has the same colours, fonts, spaces, borders and place."""
    theirs = _looks(page_at(), told["rich"], shell)
    different: Counter[str] = Counter()
    for name, elements in ours.items():
        assert len(elements) == len(theirs[name])
        for (what, look), (_, other) in zip(elements, theirs[name], strict=True):
            for key in look:
                if look[key] != other[key]:
                    different[f"{name}: {what}: {key}: {look[key]} became {other[key]}"] += 1
    assert not different, "\n".join(list(different)[:80])


GROUND = """() => {
  const style = getComputedStyle(document.querySelector('.pk-page'));
  return [style.backgroundColor, style.color].map(c => Math.round(
    c.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3));
}"""
LIGHT, DARK = "light", "dark"


@pytest.mark.parametrize(
    ("shell", "reader", "scheme"),
    [
        ("plain", DARK, LIGHT),
        ("bootstrap", DARK, LIGHT),
        ("tailwind 3", DARK, LIGHT),
        ("both", DARK, DARK),
        ("both", LIGHT, LIGHT),
        ("dark", LIGHT, DARK),
        ("dark bootstrap", LIGHT, DARK),
        (OWN, DARK, DARK),
        (OWN, LIGHT, LIGHT),
    ],
)
def test_a_page_is_as_light_or_dark_as_the_page_around_it(
    shell: str, reader: str, scheme: str, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """A light page never holds a dark block, whatever the reader's system is set to."""
    page, tale = page_at(color_scheme=reader), told["rich"]
    page.goto(tale.link(app=shell))
    ground, text = page.evaluate(GROUND)
    assert (ground > 240 and text < 60) if scheme == LIGHT else (ground < 30 and text > 200)
    assert axe(page) == []


@pytest.mark.parametrize("reader", [LIGHT, DARK])
@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_a_brand_may_be_always_light_or_always_dark(
    scheme: str, reader: str, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """In our own shell too, and down to the canvas and the fields of forms; on paper it is light."""
    page, tale = page_at(color_scheme=reader), told["rich"]
    page.goto(tale.link(app=f"always {scheme}"))
    ground, text = page.evaluate(GROUND)
    assert (ground > 240 and text < 60) if scheme == LIGHT else (ground < 30 and text > 200)
    canvas = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate("document.querySelector('meta[name=color-scheme]').content") == scheme
    assert page.evaluate(canvas) in ("normal", scheme)
    page.emulate_media(media="print", color_scheme=reader)  # type: ignore[arg-type]
    assert page.evaluate(GROUND) == [255, 0]


@pytest.mark.parametrize("reader", [LIGHT, DARK])
@pytest.mark.parametrize("accent", ["#ffee00", "#00ff00", "#101010", "no colour"])
def test_a_bad_accent_can_be_read(
    accent: str, reader: str, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Whatever a brand asks for, axe finds every text on the page readable."""
    page, tale = page_at(color_scheme=reader), told["rich"]
    page.goto(tale.link(app=accent))
    assert axe(page) == []
    page.goto(tale.home(app=accent) + tale.paths["decision open"])
    assert axe(page) == []


def _looks(page: Page, tale: Tale, app: str) -> dict[str, Any]:
    page.goto(tale.link(app=app))
    looks = {}
    for name in PATHS:
        page.goto(tale.home(app=app) + tale.paths[name])
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.evaluate("document.querySelectorAll('[hidden]').forEach(e => { e.hidden = false })")
        page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })")
        page.wait_for_function("[...document.images].every(i => i.complete)")
        looks[name] = page.evaluate(LOOK)
    page.goto(tale.home(app=app) + tale.paths["decision open"])
    go_on(page)
    looks["problems"] = page.evaluate(LOOK)
    fill_in(page, "changes_requested", "More *air*.")
    looks["confirmation"] = page.evaluate(LOOK)
    return looks

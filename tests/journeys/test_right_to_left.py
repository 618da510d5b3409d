"""From right to left: every page is the mirror image, and nothing is lost at its edges."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import axe
from tests.journeys import tales
from tests.journeys.mirrored import LOCALE
from tests.journeys.server import OWN, Stage
from tests.journeys.survey import UNFOLD
from tests.journeys.tales import Tale
from tests.journeys.test_stylesheets import SHEET

PATHS = (
    "project",
    "milestone in progress",
    "update with revisions",
    "history of a milestone",
    "decision open",
    "decision decided",
)

OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll('.pk-page *')]
    .filter(e => e.checkVisibility() && !e.closest('.pk-sr, .pk-skip, thead, table'))
    .filter(e => { const box = e.getBoundingClientRect();
      return box.width && (box.left < -1 || box.right > width + 1); })
    .map(e => e.outerHTML.slice(0, 120));
}"""

SIDES = """() => {
  const place = selector => document.querySelector(selector).getBoundingClientRect();
  const style = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo);
  const ask = style('.pk-ask'), side = place('.pk-side'), line = place('.pk-line');
  return {
    direction: style('.pk-page').direction,
    heading: style('h1').textAlign,
    'edge of a decision': parseFloat(ask.borderRightWidth) > parseFloat(ask.borderLeftWidth) ? 'right' : 'left',
    'side column': side.left < line.left ? 'left' : 'right',
    'marks of milestones': parseFloat(style('.pk-step').paddingRight) > 0 ? 'right' : 'left',
  };
}"""


@pytest.fixture(scope="module")
def mirror(stage: Stage) -> Tale:
    """The rich project, for people who read from right to left."""
    return tales.rich(stage, LOCALE)


@pytest.mark.parametrize("shell", [OWN, "bootstrap"])
def test_a_page_is_mirrored(shell: str, mirror: Tale, page_at: Callable[..., Page]) -> None:
    """In our own shell, and inside a host's page that says nothing about directions."""
    page = page_at(1280, 800)
    page.goto(mirror.link(app=shell))
    assert page.evaluate(SIDES) == {
        "direction": "rtl",
        "heading": "right",
        "edge of a decision": "right",
        "side column": "left",
        "marks of milestones": "right",
    }


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_lost_at_the_edges(
    path: str, mirror: Tale, page_at: Callable[..., Page]
) -> None:
    """At every width, with everything unfolded; and axe finds nothing."""
    page = page_at()
    page.goto(mirror.link())
    page.goto(mirror.home() + mirror.paths[path])
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("lang") == LOCALE
    assert axe(page) == []
    page.evaluate(UNFOLD)
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


ORDER = """() => {
  const text = [...document.querySelectorAll('.pk-clamp p')].find(p => /^24 /.test(p.textContent)).firstChild;
  const at = (from, to) => { const range = document.createRange();
    range.setStart(text, from); range.setEnd(text, to); return range.getBoundingClientRect(); };
  const end = text.textContent.length;
  return [at(0, 2).left < at(3, 8).left, at(end - 1, end).left > at(end - 8, end - 1).left];
}"""


def test_text_of_the_other_direction_keeps_its_order(
    mirror: Tale, page_at: Callable[..., Page]
) -> None:
    """An English sentence begins with its number and ends with its full stop, as it was written."""
    page = page_at(1280, 800)
    page.goto(mirror.link())
    assert page.evaluate(ORDER) == [True, True]


def test_the_stylesheet_knows_no_left_and_right() -> None:
    """Sides are said as start and end, so that no rule has to be written twice."""
    plain = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.S)
    sided = r"(?<![\w-])(margin-|padding-|border-|inset-)?(left|right)(-[a-z]+)?\s*:"
    assert re.findall(sided, plain) == []
    assert re.findall(r"(?:text-align|float|clear)\s*:\s*(?:left|right)", plain) == []
    uneven = re.findall(
        r"(?<![\w-])(?:margin|padding|inset):" + r"\s+([^\s;}()]+)" * 4 + r"\s*[;}]", plain
    )
    assert [sides for sides in uneven if sides[1] != sides[3]] == []

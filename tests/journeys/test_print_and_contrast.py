"""On paper, and in the colours that a reader's system forces on pages."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.tales import Tale

COLOURS = """() => {
  const style = getComputedStyle(document.querySelector('.pk-page'));
  const button = getComputedStyle(document.querySelector('.pk-tag--completed, .pk-tag--final'));
  return [style.color, style.backgroundColor, button.backgroundColor];
}"""


def test_a_page_can_be_printed(told: dict[str, Tale], page_at: Callable[..., Page]) -> None:
    """The printed project page is a document of some pages."""
    page = page_at(1280, 800)
    page.goto(told["rich"].link())
    page.emulate_media(media="print")
    document = page.pdf(format="A4")
    assert document.startswith(b"%PDF-")
    assert 1 <= document.count(b"/Type /Page\n") <= 12


def test_paper_is_white_even_for_readers_of_dark_pages(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Nobody prints light text on dark paper, nor the accents that are made for it."""
    page, tale = page_at(color_scheme="dark"), told["rich"]
    page.goto(tale.link())
    page.emulate_media(media="print", color_scheme="dark")
    dark = page.evaluate(COLOURS)
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate(COLOURS) == dark
    assert dark[:2] == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_forced_colours_keep_the_milestones_apart(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Completed, current and planned milestones still have different marks, and say so in words too."""
    page = page_at(forced_colors="active")
    page.goto(told["rich"].link())
    look = """status => {
      const style = getComputedStyle(document.querySelector(`.pk-step--${status}`), '::before');
      return [style.backgroundColor, style.boxShadow].join();
    }"""
    marks = {page.evaluate(look, s) for s in ("completed", "in_progress", "planned")}
    assert len(marks) == 3
    expect(page.locator(".pk-step--completed summary").first).to_contain_text("Completed")


def test_only_what_is_new_is_marked_as_new_in_forced_colours(
    told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """Transparent edges become visible in forced colours, so old lines of the history have none at all."""
    page, tale = page_at(forced_colors="active"), told["rich"]
    page.goto(tale.link())
    page.goto(tale.home() + "history")
    widths = page.evaluate(
        "[...document.querySelectorAll('.pk-log li:not(.pk-fresh)')]"
        ".map(e => getComputedStyle(e).borderInlineStartWidth)"
    )
    assert set(widths) == {"0px"}

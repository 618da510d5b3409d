"""A client chooses what they are told, without a script; and every mail fits on the screen of a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from playwright.sync_api import Page

from portalkit.model import NoticeMode
from tests.browser import axe
from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.survey import TOO_WIDE
from tests.journeys.visits import follow, unsubscribe_url
from tests.web.test_web_mail import KINDS_TOLD, STATUSES, Desk, desk, poisoned

__all__ = ["desk"]

PageAt = Callable[..., Page]


def mode_of(stage: Stage, tale: tales.Tale) -> NoticeMode:
    """What Anna is told."""
    project = stage.portal.project(tale.project)
    return project.subscription_of(tale.people["anna"].id).mode


def test_a_client_chooses_without_a_script(page_at: PageAt, stage: Stage) -> None:
    """From the foot of the project page, there and back."""
    tale = tales.small(stage)
    page = page_at(java_script_enabled=False)
    page.goto(tale.link())
    follow(page, page.locator(".pk-closing a"))
    page.get_by_label("A summary each day").check()
    follow(page, page.get_by_role("button", name="Save"))
    assert page.get_by_role("status").inner_text() == "Your choice was saved."
    assert page.get_by_label("A summary each day").is_checked()
    assert mode_of(stage, tale) is NoticeMode.DAILY


def test_mail_is_ended_without_a_script_and_without_a_cookie(page_at: PageAt, stage: Stage) -> None:
    """From the mail, in whatever browser it opens; looking alone changes nothing."""
    tale = tales.small(stage)
    page = page_at(java_script_enabled=False)
    page.goto(unsubscribe_url(stage, tale))
    assert mode_of(stage, tale) is NoticeMode.ALL
    page.get_by_label("Send me no more news").check()
    follow(page, page.get_by_role("button", name="Save"))
    assert page.get_by_role("heading").inner_text() == "You get no more news by mail"
    assert mode_of(stage, tale) is NoticeMode.DECISIONS


# -- how mails look -----------------------------------------------------------------------------

SCREEN = (360, 740)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mail_fits_on_the_screen_of_a_phone(page_at: PageAt, desk: Desk, scheme: str) -> None:
    """In both languages, with a list as long as it gets; axe finds every text readable."""
    page = page_at(*SCREEN, color_scheme=scheme)
    for kind in (*KINDS_TOLD, *STATUSES):
        for locale in ("en", "de"):
            count = 9 if kind in ("digest", "catch_up") else 1
            notice = desk.notice(kind, count=count)
            message = desk.mails.render(evolve(notice, person=evolve(notice.person, locale=locale)))
            page.set_content(message.html)
            assert page.evaluate(TOO_WIDE) == [], kind
            assert page.evaluate("document.body.scrollHeight") <= SCREEN[1], kind
        assert axe(page, disable=("landmark-one-main", "region")) == [], kind


@pytest.mark.parametrize("text", ["a" * 200, "Ωμέγα " * 40, "\U0001f469\u200d\U0001f3a8" * 60])
@pytest.mark.parametrize("kind", ["digest", "approval.requested", "update.posted"])
def test_the_longest_words_stay_inside(page_at: PageAt, desk: Desk, kind: str, text: str) -> None:
    """Nothing is wider than the screen, and the button stands on the first one or the second."""
    project = poisoned(desk, text, text)
    page = page_at(320, 740)
    page.set_content(desk.render(kind, project=project, title=text, count=9).html)
    assert page.evaluate(TOO_WIDE) == []
    box: Any = page.locator(".button").bounding_box()
    assert box["y"] + box["height"] < 2 * 740


def test_long_titles_leave_the_button_on_the_first_screen(page_at: PageAt, desk: Desk) -> None:
    """Names as people write them, only longer: a digest of them is cut, not scrolled."""
    text = (
        "A milestone whose title goes on and on, as titles do that a committee has written for it"
    )
    page = page_at(*SCREEN)
    page.set_content(
        desk.render("digest", project=poisoned(desk, text, text), title=text, count=9).html
    )
    box: Any = page.locator(".button").bounding_box()
    assert box["y"] + box["height"] <= SCREEN[1]


def test_a_mail_loads_nothing(page_at: PageAt, desk: Desk) -> None:
    """No picture, no font, no sheet: opening it tells nobody anything."""
    page = page_at(*SCREEN)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for kind in KINDS_TOLD:
        html = desk.render(kind).html
        page.set_content(html)
        assert not re.search(r"<(img|link|script|iframe|object|video|audio)\b", html)
    assert asked == []

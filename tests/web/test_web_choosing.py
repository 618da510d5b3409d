"""What a person is told by mail: chosen on a page of their link, or ended from a mail (RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import LinkGone, NotFound
from portalkit.model import NoticeMode
from tests.web.stage import END, Answer, Browser, Stage

ONE_CLICK = [("List-Unsubscribe", "One-Click")]


def mode_of(stage: Stage) -> NoticeMode:
    """What Anna is told."""
    return stage.project().subscription_of(stage.own.anna.id).mode


def choices(stage: Stage) -> list[Any]:
    """Every choice in the log."""
    return [e for e in stage.portal.entries("p-own") if e.kind == "notices.chosen"]


def unsubscribe_url(stage: Stage) -> str:
    """The address in Anna's mails."""
    return stage.portal.unsubscribe_url(stage.project(), stage.own.anna.id)


def checked(answer: Answer) -> list[str]:
    """The radios of a page that are chosen."""
    radios = [e for e in answer.page.elements if e.get("type") == "radio"]
    return [e.get("value") for e in radios if "checked" in dict(e.attributes)]


# -- the page behind the link -------------------------------------------------------------------


def test_every_page_of_the_project_leads_there(anna: Browser, base: str) -> None:
    assert base + "notices" in anna.get(base).page.links
    assert base + "notices" in anna.get(base + "history").page.links


def test_whoever_chose_nothing_is_told_everything(anna: Browser, base: str) -> None:
    assert checked(anna.get(base + "notices")) == ["all"]


def test_who_chooses_without_end_is_told_that_it_is_too_much(stage: Stage) -> None:
    """The log does not grow by a form that is sent again and again."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = anna.get(base + "notices").form("notices")
    answers = [anna.submit(form, mode=m) for _ in range(10) for m in ("daily", "weekly")]
    assert {a.status for a in answers} == {303}
    refused = anna.submit(form, mode="all")
    assert refused.status == 429
    assert "That is too much for one day" in refused.text
    assert len(choices(stage)) == 20


@pytest.mark.parametrize("mode", list(NoticeMode))
def test_a_choice_counts_and_is_shown(stage: Stage, mode: NoticeMode) -> None:
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = anna.get(base + "notices").form("notices")
    answer = anna.submit(form, mode=mode)
    if mode is NoticeMode.ALL:  # as it was: nothing to write, and no sign of a person
        assert answer.status == 200
        assert stage.portal.access.of("p-own")[-1].what == "fetched"
    shown = answer if answer.status == 200 else anna.follow(answer.header("location"))
    assert checked(shown) == [mode]
    assert "Your choice was saved." in shown.text
    assert mode_of(stage) is mode
    assert len(choices(stage)) == (mode is not NoticeMode.ALL)


def test_an_address_claims_nothing(anna: Browser, base: str) -> None:
    """Only what is chosen was saved, whatever the address says."""
    assert "Your choice was saved." not in anna.get(base + "notices?saved=weekly").text
    assert "Your choice was saved." not in anna.get(base + "notices").text


@pytest.mark.parametrize("mode", ["", "never", "ALL", "all ", "decisions,all"])
def test_what_cannot_be_chosen_changes_nothing(
    stage: Stage, anna: Browser, base: str, mode: str
) -> None:
    form = anna.get(base + "notices").form("notices")
    assert anna.submit(form, mode=mode).status == 400
    assert choices(stage) == []


def test_a_form_of_another_browser_changes_nothing(stage: Stage, anna: Browser, base: str) -> None:
    form = anna.get(base + "notices").form("notices")
    assert stage.enter().submit(form, mode="decisions").status == 403
    evil = {"origin": "https://evil.example", "referer": None}
    assert anna.post(form.action, form.data(mode="decisions"), headers=evil).status == 403
    assert choices(stage) == []


def test_in_an_archived_project_it_can_still_be_chosen(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Mail can be ended where nothing else is taken any more."""
    with stage.change() as change:
        change.set_status("archived")
    assert anna.submit(anna.get(base + "notices").form("notices"), mode="decisions").status == 303
    assert mode_of(stage) is NoticeMode.DECISIONS


def test_the_page_says_where_the_mails_go(stage: Stage, anna: Browser, base: str) -> None:
    with stage.change() as change:
        change.change_person(stage.own.anna, email="anna@quokka.example")
    assert "We write to anna@quokka.example." in anna.get(base + "notices").text


# -- one click of a mail program ----------------------------------------------------------------


def one_click(stage: Stage, url: str, **headers: str) -> Answer:
    """What a mail service sends when its user clicks: no cookie, no origin, no referer."""
    bare: dict[str, str | None] = {"origin": None, "referer": None, "sec-fetch-site": None}
    return stage.browser().post(url, ONE_CLICK, headers={**bare, **headers})


def test_one_click_ends_the_news(stage: Stage) -> None:
    answer = one_click(stage, unsubscribe_url(stage))
    assert answer.status == 200
    assert "You get no more news by mail" in answer.text
    assert mode_of(stage) is NoticeMode.DECISIONS
    [entry] = choices(stage)
    assert (entry.actor, entry.subject) == (stage.own.anna.id, stage.own.anna.id)


def test_one_click_from_a_web_mail_counts_too(stage: Stage) -> None:
    """Its page is of another site, and says so; the token in the address is all that is asked for."""
    url = unsubscribe_url(stage)
    assert one_click(stage, url, origin="https://mail.example").status == 200
    assert mode_of(stage) is NoticeMode.DECISIONS


def test_one_click_twice_is_one_choice(stage: Stage) -> None:
    url = unsubscribe_url(stage)
    assert one_click(stage, url).status == one_click(stage, url).status == 200
    assert len(choices(stage)) == 1


def test_one_click_in_an_archived_project_counts(stage: Stage) -> None:
    url = unsubscribe_url(stage)
    with stage.change() as change:
        change.set_status("archived")
    assert one_click(stage, url).status == 200
    assert mode_of(stage) is NoticeMode.DECISIONS


def test_one_click_counts_when_the_link_has_expired(stage: Stage) -> None:
    """Nobody has to be let in to be left alone."""
    with stage.change() as change:
        change.extend_link(stage.own.anna, stage.clock() + 60_000)
    url = unsubscribe_url(stage)
    stage.clock.advance(days=1)
    assert one_click(stage, url).status == 200
    assert mode_of(stage) is NoticeMode.DECISIONS


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("List-Unsubscribe", "one-click")],
        [("list-unsubscribe", "One-Click")],
        [("List-Unsubscribe", "One-Clic")],
        [*ONE_CLICK, *ONE_CLICK],
        [*ONE_CLICK, ("more", "x")],
        [*ONE_CLICK, END],
        [("choice", "decisions")],
        [("choice", "decisions"), ("choice", "decisions"), END],
        [("choice", "decisions"), ("choice", "same"), END],
    ],
)
def test_nothing_but_one_click_is_one_click(stage: Stage, fields: list[tuple[str, str]]) -> None:
    """A cut or edited body is no wish."""
    assert stage.browser().post(unsubscribe_url(stage), fields).status == 400
    assert choices(stage) == []


def test_without_a_length_nothing_is_read(stage: Stage) -> None:
    headers = {"content-length": None}
    answer = stage.browser().post(unsubscribe_url(stage), ONE_CLICK, headers=headers)
    assert answer.status == 411
    assert choices(stage) == []


# -- the page of the address --------------------------------------------------------------------


def test_looking_at_the_address_changes_nothing(stage: Stage) -> None:
    """Gateways open every address of a mail before the person does."""
    before = stage.picture()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert stage.browser().ask(method, unsubscribe_url(stage)).status in (200, 204)
    assert stage.picture() == before


def test_the_page_asks_before_it_changes_anything(stage: Stage) -> None:
    browser = Browser(stage.web)
    answer = browser.get(unsubscribe_url(stage))
    assert "Relaunch quokka" in answer.text
    assert checked(answer) == []
    [form] = answer.page.forms
    refused = browser.submit(form)
    assert refused.status == 422
    assert "Nothing was chosen" in refused.text
    assert browser.submit(form, choice="same").status == 200
    assert choices(stage) == []
    assert browser.submit(form, choice="decisions").status == 200
    assert mode_of(stage) is NoticeMode.DECISIONS
    assert browser.get(unsubscribe_url(stage)).page.forms == []


def test_the_form_of_the_page_counts_only_from_there(stage: Stage) -> None:
    browser = Browser(stage.web)
    [form] = browser.get(unsubscribe_url(stage)).page.forms
    evil: dict[str, str | None] = {"origin": "https://evil.example"}
    answer = browser.post(form.action, form.data(choice="decisions"), headers=evil)
    assert answer.status == 403
    assert choices(stage) == []


def test_the_address_opens_nothing_of_the_project(stage: Stage) -> None:
    """Its token is no token of the link, and the link's is none of the address."""
    url = unsubscribe_url(stage)
    token = url.rpartition("/")[2]
    browser = Browser(stage.web)
    assert browser.get(f"/portal/l/{token}").status == 403
    assert browser.get(f"/portal/n/{stage.token(stage.own.anna)}").status == 403
    assert one_click(stage, f"/portal/n/{stage.token(stage.own.anna)}").status == 403
    answer = browser.get(url)
    assert answer.all("set-cookie") == []
    for hidden in ("Anna", "Homepage", "Design", stage.link(stage.own.anna)):
        assert hidden not in answer.text
    assert choices(stage) == []


@pytest.mark.parametrize("end", ["rotate_link", "revoke_link"])
def test_the_address_ends_with_the_link(stage: Stage, end: str) -> None:
    url = unsubscribe_url(stage)
    with stage.change() as change:
        getattr(change, end)(stage.own.anna)
    assert stage.browser().get(url).status == 410
    assert one_click(stage, url).status == 410
    assert choices(stage) == []
    with pytest.raises(LinkGone):
        stage.portal.unsubscribe(url.rpartition("/")[2])


def test_the_address_of_a_forgotten_person_is_unknown(stage: Stage) -> None:
    url = unsubscribe_url(stage)
    stage.portal.care.redact(stage.own.id, stage.own.anna.id)
    assert stage.browser().get(url).status == 403
    assert one_click(stage, url).status == 403


def test_the_address_of_an_erased_project_is_unknown(stage: Stage) -> None:
    url = unsubscribe_url(stage)
    stage.portal.care.erase(stage.own.id)
    assert stage.browser().get(url).status == 403
    assert one_click(stage, url).status == 403


def test_who_has_no_link_has_no_such_address(stage: Stage) -> None:
    with stage.change() as change:
        carl = change.add_person("Carl")
    with pytest.raises(NotFound):
        stage.portal.unsubscribe_url(stage.project(), carl.id)


def test_german(stage: Stage) -> None:
    answer = Browser(stage.web, language="de").get(unsubscribe_url(stage))
    assert "Weniger E-Mails" in answer.text

"""Fetched apart from seen: opening a link is a machine's or a person's doing, acting on a page a person's."""

from __future__ import annotations

import pytest

from portalkit.storage.base import HOUR
from tests.web.stage import END, Answer, Browser, Stage, decide, filled, make_stage, review


def noted(stage: Stage) -> set[str]:
    """What the access log knows of Anna's link, files apart."""
    link = stage.link(stage.own.anna)
    uses = stage.portal.access.of(stage.own.id)
    return {use.what for use in uses if use.link == link and not use.what.startswith("file:")}


def script_of(answer: Answer) -> dict[str, str]:
    """What the page tells its script: where to say that a person is here, and with which token."""
    (script,) = [e for e in answer.page.elements if e.tag == "script" and e.get("data-seen")]
    return {name: script.get(f"data-{name}") for name in ("seen", "csrf")}


def say_seen(browser: Browser, page: Answer) -> Answer:
    """Do what the script does."""
    told = script_of(page)
    return browser.post(told["seen"], [("pk_csrf", told["csrf"]), END])


def test_entering_is_a_fetch_and_no_more(stage: Stage) -> None:
    """Whoever opens the address, without going on: nobody knows whether that was a person."""
    stage.browser().get(stage.url(stage.own.anna))
    assert noted(stage) == {"fetched"}


@pytest.mark.parametrize("path", ["", "project.json", "m/{m}", "u/{u}", "history", "a/{a}"])
def test_every_page_that_is_opened_is_a_fetch(stage: Stage, path: str) -> None:
    """A cookie that was stolen, or is old, shows in the log whatever it opens."""
    anna, own = stage.enter(), stage.own
    stage.portal.access.erase(own.id)
    filled_in = path.format(m=own.design.id, u=own.news.id, a=own.ask)
    assert anna.get(stage.base(own.anna) + filled_in).status == 200
    assert noted(stage) == {"fetched"}


def test_a_file_that_is_opened_is_a_fetch_and_a_download(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The bytes to their end are noted by version."""
    anna.get(f"{base}f/{stage.own.home.id}/2")
    assert noted(stage) == {"fetched"}
    uses = {use.what for use in stage.portal.access.of(stage.own.id)}
    assert f"file:{stage.own.home.id}/2" in uses


def test_what_is_refused_is_noted_nowhere(stage: Stage) -> None:
    """No cookie, a page that there is not, a revoked link: nothing was opened."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    stage.portal.access.erase(stage.own.id)
    assert stage.browser().get(base).status == 403
    assert anna.get(base + "m/nowhere").status == 404
    with stage.change() as change:
        change.revoke_link(stage.own.anna, "Left")
    assert anna.get(base).status == 410
    assert stage.browser().get(stage.url(stage.own.anna)).status == 410
    assert noted(stage) == set()


def test_a_script_that_heard_a_person_says_so(stage: Stage, anna: Browser, base: str) -> None:
    """The answer is empty, and nothing but the access log knows of it: no entry, no head that moved."""
    before = stage.picture()
    answer = say_seen(anna, anna.get(base))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("set-cookie") == []
    assert noted(stage) == {"fetched", "seen"}
    assert stage.picture() == before


def test_it_is_noted_once_an_hour(stage: Stage, anna: Browser, base: str) -> None:
    """However often a page says it."""
    page = anna.get(base)
    for _ in range(5):
        assert say_seen(anna, page).status == 204
    stage.clock.advance(seconds=HOUR / 1000)
    say_seen(anna, page)
    seen = [use.at for use in stage.portal.access.of(stage.own.id) if use.what == "seen"]
    assert len(seen) == 2


def test_only_the_own_page_can_say_it(stage: Stage, anna: Browser, base: str) -> None:
    """Token, origin, whole form and cookie, as for every form; a GET says nothing."""
    token = ("pk_csrf", script_of(anna.get(base))["csrf"])
    bob = script_of(stage.enter(stage.own.bob).get(stage.base(stage.own.bob)))["csrf"]
    address = base + "seen"
    evil = {"origin": "https://evil.example"}
    assert anna.post(address, [token, END], headers=evil).status == 403
    assert anna.post(address, [("pk_csrf", bob), END]).status == 403
    assert anna.post(address, [END]).status == 403
    assert anna.post(address, [token]).status == 400
    assert anna.post(address, [token, ("at", "1"), END]).status == 400
    assert stage.browser().post(address, [token, END]).status == 403
    assert anna.get(address).status == 405
    assert noted(stage) == {"fetched"}


def test_a_form_that_was_accepted_is_a_person(stage: Stage, anna: Browser, base: str) -> None:
    """A recorded decision; files handed in are tested with the uploads."""
    assert decide(anna, base, stage.own.ask).status == 303
    assert "seen" in noted(stage)


def test_files_that_were_handed_in_are_a_person(stage: Stage, anna: Browser, base: str) -> None:
    """Without any script."""
    form = anna.get(f"{base}m/{stage.own.design.id}").form("/files")
    assert anna.hand_in(form, ("notes.txt", b"Words")).status == 303
    assert "seen" in noted(stage)


def test_a_form_that_was_not_accepted_is_nobody(stage: Stage, anna: Browser, base: str) -> None:
    """Buttons pressed with nothing filled in, a confirmation never sent, leaving, asking for the link."""
    ask = f"{base}a/{stage.own.ask}"
    assert anna.post(ask, filled(anna.get(ask).form(ask), reviewed="")).status == 422
    assert review(anna, base, stage.own.ask).status == 200
    form = anna.get(f"{base}m/{stage.own.design.id}").form("/files")
    assert anna.hand_in(form).status == 422
    assert anna.post(base + "resend", [END]).status == 200
    assert anna.submit(anna.get(base).form("leave")).status == 200
    assert noted(stage) == {"fetched"}


def test_pages_to_nobody_say_nothing(stage: Stage, anna: Browser, base: str) -> None:
    """The door and a page that there is not run no script."""
    for answer in (stage.browser().get(base), stage.browser().get(stage.web.mount + "/nowhere")):
        assert [e for e in answer.page.elements if e.tag == "script"] == []
        assert "script-src" not in answer.header("content-security-policy")


def test_in_a_host_s_shell_the_script_has_its_token_too() -> None:
    """It comes with the head that the host puts into its page."""
    stage = make_stage(shell=lambda page, request: f"<html>{page.head}{page.body}</html>")
    anna, base = stage.enter(), stage.base(stage.own.anna)
    page = anna.get(base)
    assert "\0" not in page.raw
    assert say_seen(anna, page).status == 204

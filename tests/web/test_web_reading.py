"""Looking changes nothing: scanners open every address, unfurlers ask with HEAD, robots click."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest

from tests.web.stage import (
    MALFORMED,
    UNKNOWN,
    Answer,
    Browser,
    Stage,
    below,
    crawl,
    fill,
    hidden_parts,
    parts_of,
    unknown_link,
)

LOOKING = ("GET", "HEAD", "OPTIONS")


def addresses(stage: Stage, browser: Browser) -> list[str]:
    """Every address that the portal shows to Anna, and every one that the route table knows."""
    found = {stage.url(stage.own.anna), stage.url(stage.own.anna, f"a/{stage.own.ask}")}
    for answer in crawl(browser, stage.url(stage.own.anna)):
        found.add(answer.url)
        if answer.header("content-type").startswith("text/html"):
            found |= {urljoin(answer.url, form.action) for form in answer.page.forms}
    base = stage.base(stage.own.anna)
    for values in (*parts_of(stage.own), *parts_of(stage.far), hidden_parts(stage.own), UNKNOWN):
        for _, _, path in below():
            found.add(urljoin(stage.portal.base_url, base) + fill(path, {"version": "1", **values}))
    return sorted(found)


@pytest.fixture
def walked(stage: Stage) -> list[str]:
    """Every address there is."""
    return addresses(stage, stage.enter())


def test_the_walk_finds_every_page_of_the_project(stage: Stage, walked: list[str]) -> None:
    """Otherwise the tests below would prove little."""
    place, link = stage.own, stage.link(stage.own.anna)
    paths = {url.partition(f"/p/{link}/")[2] for url in walked}
    assert paths >= {
        "",
        "project.json",
        "history",
        "leave",
        f"m/{place.design.id}",
        f"u/{place.news.id}",
        f"u/{place.old.id}",
        f"a/{place.ask}",
        f"a/{place.first}",
        f"a/{place.void.id}",
        f"f/{place.home.id}/1",
        f"f/{place.home.id}/2?download=1",
        f"history?milestone={place.build.id}",
    }
    assert any("/s/portal.css" in url for url in walked)


@pytest.mark.parametrize("method", LOOKING)
@pytest.mark.parametrize("who", ["nobody", "anna", "zoe"])
def test_looking_at_every_address_adds_no_entry_and_moves_no_head(
    stage: Stage, walked: list[str], who: str, method: str
) -> None:
    """Whole content of the stores before and after, with no cookie, one's own and a stranger's."""
    browser = {
        "nobody": stage.browser,
        "anna": stage.enter,
        "zoe": lambda: stage.enter(place=stage.far),
    }[who]()
    before = stage.picture()
    for url in walked:
        answer = browser.ask(method, url)
        assert answer.status < 500, (method, url, answer.status)
    assert stage.picture() == before


def test_a_head_has_the_headers_of_the_page_and_no_body(stage: Stage, walked: list[str]) -> None:
    """A HEAD tells what a GET would say, by every address and for everybody."""
    for browser in (stage.enter(), stage.browser(keeps=False)):
        browser.keeps = False
        for url in walked:
            page, head = browser.ask("GET", url), browser.ask("HEAD", url)
            assert head.body == b"", url
            assert head.status == page.status, url
            assert without_session(head) == without_session(page), url


def without_session(answer: Answer) -> list[tuple[str, str]]:
    """The headers, but for the value of a cookie that holds a fresh session each time."""
    return [(n, re.sub(r"(pk-new_[^=]*)=[^;]*", r"\1", v)) for n, v in answer.headers]


def test_asking_with_odd_ids_and_queries_changes_nothing_and_never_fails(stage: Stage) -> None:
    """What cannot be an id, in every place of every route, and queries nobody would send."""
    browser, base, before = stage.enter(), stage.base(stage.own.anna), stage.picture()
    queries = ("", "?entered=1", "?before=²", "?before=9999999999999999999", "?before=-1",
               "?milestone=..", "?" + "a&" * 50, "?%00=%00", "?download=1&download=2")  # fmt: skip
    for name, _, path in below():
        for id in MALFORMED:
            parts = dict.fromkeys(UNKNOWN, id)
            for query in queries:
                for version in ("1", "0", "x", "99999999999"):
                    url = base + fill(path, {**parts, "version": version}) + query
                    answer = browser.get(url)
                    assert answer.status in (200, 303, 404, 405), (name, url, answer.status)
                    if "<version>" not in path:
                        break
    assert stage.picture() == before


@pytest.mark.parametrize("value", ["%00", "a%00b"])
def test_a_parameter_with_a_nul_counts_as_absent(
    stage: Stage, anna: Browser, base: str, value: str
) -> None:
    """Some stores cannot even be asked for one."""
    for path in (f"m/{stage.own.design.id}?about=", "history?milestone=", "history?before="):
        assert anna.get(base + path + value).status == 200, path


def press_everything(browser: Browser, start: str) -> list[Answer]:
    """Open everything and send every form found, by every button, as it stands."""
    pages = [a for a in crawl(browser, start) if a.header("content-type").startswith("text/html")]
    answers = []
    for page in pages:
        for place, form in enumerate(page.page.forms):
            for button in range(len(form.buttons)):
                browser.follow(start)  # a robot that has left the project comes back
                fresh = browser.follow(page.url).page.forms[place]
                answers.append(browser.post(fresh.action, fresh.buttons[button]))
    return answers


def test_a_robot_that_clicks_everything_records_no_decision(stage: Stage) -> None:
    """Mail scanners run real browsers that follow every link and press every button."""
    browser = stage.browser()
    answers = press_everything(browser, stage.url(stage.own.anna))
    reviews = [a for a in answers if "/a/" in a.url]
    assert reviews, "there was nothing to press"
    assert {a.status for a in reviews} == {422}
    assert stage.decisions() == []
    assert stage.project().answers.needs_decision, "the decision still waits"


def test_a_robot_that_also_fills_in_fields_and_ticks_boxes_stops_at_the_confirmation(
    stage: Stage,
) -> None:
    """What is filled in once is only restated; recording needs a form that comes after it."""
    browser, base = stage.enter(), stage.base(stage.own.anna)
    for approval in (stage.own.ask, stage.own.terms.id):
        form = browser.get(f"{base}a/{approval}").form(f"a/{approval}")
        filled = form.data(outcome="approved", reviewed="yes", typed_name="xx", comment="xx")
        answer = browser.post(form.action, filled)
        assert answer.status == 200
        assert "Nothing is recorded yet" in answer.text
    assert stage.decisions() == []


@pytest.mark.parametrize(
    "press",
    [
        pytest.param(lambda browser, url: browser.get(url), id="get"),
        pytest.param(lambda browser, url: browser.ask("HEAD", url), id="head"),
        pytest.param(lambda browser, url: browser.ask("OPTIONS", url), id="options"),
    ],
)
def test_decision_fields_in_the_query_decide_nothing(
    stage: Stage, anna: Browser, base: str, press: Callable[[Browser, str], Answer]
) -> None:
    """A decision is made by POST alone, whatever an address says."""
    before = stage.picture()
    page = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    query = f"?outcome=approved&reviewed=yes&typed_name=Anna+K&shown={page.value('shown')}&pk_csrf={page.value('pk_csrf')}&pk_end=whole"
    answer = press(anna, f"{base}a/{stage.own.ask}{query}")
    assert answer.status in (200, 204)
    assert stage.picture() == before


def test_no_page_offers_a_form_that_is_sent_by_get(stage: Stage) -> None:
    """A form by GET would put its fields into addresses, logs and referrers."""
    pages = list(crawl(stage.enter(), stage.url(stage.own.anna)))
    pages += [stage.browser().get(f"/portal/p/{unknown_link()}/")]
    html = [a for a in pages if a.header("content-type").startswith("text/html")]
    forms = [form for answer in html for form in answer.page.forms]
    assert forms
    assert {form.method for form in forms} == {"POST"}


def test_every_form_ends_in_the_field_that_proves_it_is_whole(stage: Stage) -> None:
    """Servers hand over cut bodies as if they were whole."""
    pages = list(crawl(stage.enter(), stage.url(stage.own.anna)))
    html = [a for a in pages if a.header("content-type").startswith("text/html")]
    html += [stage.browser().get(f"/portal/p/{unknown_link()}/")]
    forms = [form for answer in html for form in answer.page.forms]
    assert forms
    assert all(form.fields[-1] == ("pk_end", "whole") for form in forms)
    assert all(way[-1] == ("pk_end", "whole") for form in forms for way in form.buttons)


def test_no_page_holds_the_secret_of_a_link(stage: Stage) -> None:
    """Neither the token nor the nonce stands in a body: a page that is saved or printed opens nothing."""
    link = stage.project().link_of(stage.own.anna.id)
    assert link is not None
    browser = stage.enter()
    cookie = next(iter(browser.sent(stage.base(stage.own.anna)).values()))
    for answer in crawl(browser, stage.url(stage.own.anna)):
        body = answer.body.decode("utf-8", "replace")
        for secret in (stage.token(stage.own.anna), link.nonce, cookie):
            assert secret not in body, answer.url

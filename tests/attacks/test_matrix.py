"""Nobody sees what is not theirs: every route, with every kind of id and every kind of cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from portalkit import NotFound
from portalkit.links import Keys
from portalkit.web import ROUTES
from tests.hosts.fixtures import EVERY, USUAL
from tests.web.stage import (
    END,
    KEY,
    MALFORMED,
    MAYA,
    UNKNOWN,
    Answer,
    Browser,
    Stage,
    below,
    fill,
    hidden_parts,
    leaks,
    parts_of,
    plain,
    secrets_of,
    strings_of,
    unknown_link,
)

pytestmark = pytest.mark.hosts(*USUAL)

Cookies = Mapping[str, str]
Holder = Callable[[Stage, str], Cookies]
"""Given the link that is asked for, the cookies that somebody sends there."""


# -- who holds what -----------------------------------------------------------------------------


def nothing(stage: Stage, link: str) -> Cookies:
    return {}


def own(stage: Stage, link: str = "") -> Cookies:
    return dict([stage.cookie(stage.own.anna)])


def colleague(stage: Stage, link: str) -> Cookies:
    return dict([stage.cookie(stage.own.bob)])


def stranger(stage: Stage, link: str) -> Cookies:
    return dict([stage.cookie(stage.far.anna, stage.far)])


def revoked(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    with stage.change() as change:
        change.revoke_link(stage.own.anna)
    return {name: value}


def expired(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    with stage.change() as change:
        change.extend_link(stage.own.anna, stage.clock() + 1000)
    stage.clock.advance(seconds=2)
    return {name: value}


def rotated(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    with stage.change() as change:
        change.rotate_link(stage.own.anna)
    return {name: value}


def malleated(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    return {name: value + "="}


def flipped(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    return {name: ("B" if value[0] != "B" else "C") + value[1:]}


def leaked_key(stage: Stage, link: str) -> Cookies:
    """A cookie with a right signature and an invented secret: what a leaked key alone can make."""
    name, value = stage.cookie(stage.own.anna)
    keys = Keys([KEY])
    cookie = keys.read_cookie(value)
    forged = type(cookie)(cookie.link, "0" * 32, "s", cookie.born, cookie.born, 0, 0)
    return {name: keys.cookie(forged)}


def other_key(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    return {name: Keys(["z" + KEY[::-1]]).cookie(Keys([KEY]).read_cookie(value))}


def token_as_cookie(stage: Stage, link: str) -> Cookies:
    name, _ = stage.cookie(stage.own.anna)
    return {name: stage.token(stage.own.anna)}


def confirmation_as_cookie(stage: Stage, link: str) -> Cookies:
    name, value = stage.cookie(stage.own.anna)
    cookie = Keys([KEY]).read_cookie(value)
    return {name: Keys([KEY]).intent({"link": cookie.link, "nonce": cookie.nonce})}


def under_asked_name(stage: Stage, link: str) -> Cookies:
    """A stranger's genuine cookie under the name of the cookie that is asked for."""
    _, value = stage.cookie(stage.far.anna, stage.far)
    return {stage.web.jar.name(link): value, stage.web.jar.entering(link): value}


def colleague_under_asked_name(stage: Stage, link: str) -> Cookies:
    _, value = stage.cookie(stage.own.bob)
    return {stage.web.jar.name(link): value, stage.web.jar.entering(link): value}


def empty(stage: Stage, link: str) -> Cookies:
    return {stage.web.jar.name(link): "", stage.web.jar.entering(link): "."}


HOLDERS: dict[str, tuple[Holder, str]] = {
    "no cookie": (nothing, ""),
    "own": (own, "own anna"),
    "colleague": (colleague, "own bob"),
    "stranger": (stranger, "far anna"),
    "revoked": (revoked, ""),
    "expired": (expired, ""),
    "rotated": (rotated, ""),
    "malleated": (malleated, ""),
    "flipped": (flipped, ""),
    "leaked key": (leaked_key, ""),
    "other key": (other_key, ""),
    "token": (token_as_cookie, ""),
    "confirmation": (confirmation_as_cookie, ""),
    "under the asked name": (under_asked_name, "far anna"),
    "colleague under the asked name": (colleague_under_asked_name, "own bob"),
    "empty": (empty, ""),
}
"""Each kind of holder, and whose pages their cookies may open."""


# -- what is asked ------------------------------------------------------------------------------


def links_of(stage: Stage) -> dict[str, str]:
    return {
        "own anna": stage.link(stage.own.anna),
        "own bob": stage.link(stage.own.bob),
        "far anna": stage.link(stage.far.anna, stage.far),
        "unknown": unknown_link(),
        "unknown of a project": unknown_link("p-own"),
    }


def ids_of(stage: Stage) -> list[dict[str, str]]:
    unknown = {**UNKNOWN, "version": "1"}
    malformed = [{**unknown, **dict.fromkeys(UNKNOWN, id)} for id in MALFORMED[:3]]
    return [
        *parts_of(stage.own),
        *parts_of(stage.far),
        hidden_parts(stage.own),
        hidden_parts(stage.far),
        unknown,
        *malformed,
    ]


def requests(stage: Stage, link: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, address and ids of every request below a link, with every kind of id."""
    for _, methods, path in below():
        seen = set()
        for values in ids_of(stage):
            address = f"{stage.web.mount}/p/{link}/" + fill(path, values)
            if address in seen:
                continue
            seen.add(address)
            for method in (*methods, *(("HEAD", "OPTIONS") if "GET" in methods else ())):
                yield method, address, values
    history = f"{stage.web.mount}/p/{link}/history?milestone="
    for values in ids_of(stage):
        yield "GET", history + values["milestone"], values


def ask(stage: Stage, method: str, address: str, cookies: Cookies, session: str = "") -> Answer:
    """Send a request, a POST as a form that would be in order but for who sends it."""
    browser = Browser(stage.web, keeps=False)
    if method != "POST":
        return browser.ask(method, address, cookies=cookies)
    link = address.split("/p/")[1].split("/")[0]
    token = stage.portal.keys.form_token(link, session)
    return browser.post(address, [("pk_csrf", token), END], cookies=cookies)


def session_of(stage: Stage, cookies: Cookies) -> str:
    for value in cookies.values():
        try:
            return stage.portal.keys.read_cookie(value).session
        except Exception:
            continue
    return ""


@pytest.mark.hosts(*EVERY)
@pytest.mark.parametrize("kind", HOLDERS)
def test_not_a_byte_of_another_project_reaches_anybody(stage: Stage, kind: str) -> None:
    """Every route, method and kind of id: bodies and headers are searched for all that is not theirs."""
    holder, may_open = HOLDERS[kind]
    secrets = {
        "own": secrets_of(stage.store, "p-own", beside="p-far"),
        "far": secrets_of(stage.store, "p-far", beside="p-own"),
    }
    hidden = {s for s in secrets["own"] if "mongoose" in s} | set(hidden_parts(stage.own).values())
    hidden -= {"1"}
    assert len(secrets["own"]) > 100
    assert len(secrets["far"]) > 100
    cookies: Cookies = {}
    for whose, link in links_of(stage).items():
        if not cookies or "asked name" in kind:
            cookies = holder(stage, link)
        session = session_of(stage, cookies)
        allowed = may_open == whose
        readable = may_open.split()[0] if allowed else ""
        forbidden = hidden.union(*(known for side, known in secrets.items() if side != readable))
        opened = 0
        for method, address, values in requests(stage, link):
            answer = ask(stage, method, address, cookies, session)
            assert answer.status < 500, (method, address)
            asked = (link, *(v for v in values.values() if len(v) > 1))
            found = leaks(answer, forbidden, asked)
            assert not found, (kind, method, address, found)
            opened += answer.status == 200 and method == "GET"
        assert (opened > 10) == allowed, (kind, whose, opened)


@pytest.mark.parametrize("kind", [kind for kind in HOLDERS if kind != "own"])
def test_without_a_cookie_that_stands_nothing_answers_but_the_door(kind: str, stage: Stage) -> None:
    """Pages, data, files, forms: 403 for everybody, and 410 for holders of what was once genuine."""
    gone = {"revoked", "expired", "rotated"}
    link = stage.link(stage.own.anna)
    cookies = HOLDERS[kind][0](stage, link)
    statuses = {}
    for method, address, values in requests(stage, link):
        answer = ask(stage, method, address, cookies, session_of(stage, cookies))
        matched = not any(id in address for id in MALFORMED if id in values.values())
        if method in ("GET", "POST") and matched and not address.endswith("/resend"):
            statuses[method, address] = answer.status
    expected = 410 if kind in gone else 403
    found = {status for (_, address), status in statuses.items() if "/f/" not in address}
    assert found == {expected}, statuses


def test_a_wrong_version_number_is_told_apart_from_nothing(
    stage: Stage, anna: Browser, base: str
) -> None:
    """A version that is no number is no address, one that was never delivered is unknown."""
    for version in ("3", "999999999", "0", "x", "1.0", "-1", "٢"):
        assert anna.get(f"{base}f/{stage.own.home.id}/{version}").status == 404, version


# -- foreign is unknown -------------------------------------------------------------------------


def foreign_ids(stage: Stage) -> Iterator[tuple[str, dict[str, str]]]:
    for values in parts_of(stage.far):
        yield "far", values
    yield "far hidden", hidden_parts(stage.far)
    yield "hidden", hidden_parts(stage.own)


@pytest.mark.parametrize("kind", HOLDERS)
def test_foreign_and_hidden_ids_answer_exactly_like_unknown_ones(stage: Stage, kind: str) -> None:
    """Status, headers and body are the same but for the id that was asked for."""
    link = stage.link(stage.own.anna)
    cookies = HOLDERS[kind][0](stage, link)
    session = session_of(stage, cookies)
    compared = 0
    for _, methods, path in below():
        for what, values in foreign_ids(stage):
            unknown = {**UNKNOWN, "version": values["version"]}
            for method in (*methods, "HEAD", "OPTIONS"):
                answers = [
                    plain(
                        ask(
                            stage,
                            method,
                            f"{stage.web.mount}/p/{link}/" + fill(path, ids),
                            cookies,
                            session,
                        ),
                        *UNKNOWN.values(),
                        *(id for id in values.values() if len(id) > 1),
                    )
                    for ids in (values, unknown)
                ]
                if "<" in path:
                    assert answers[0] == answers[1], (kind, what, method, path)
                    compared += 1
    assert compared > 50
    for what, values in foreign_ids(stage):
        queries = (values["milestone"], UNKNOWN["milestone"])
        answers = [
            plain(
                ask(stage, "GET", f"{stage.web.mount}/p/{link}/history?milestone={id}", cookies),
                *queries,
            )
            for id in queries
        ]
        assert answers[0] == answers[1], (kind, what)


@pytest.mark.parametrize("scope", ["view", "download"])
def test_foreign_ids_answer_like_unknown_ones_also_when_the_link_allows_little(
    stage: Stage, scope: str
) -> None:
    """What a scope refuses it refuses before it looks whether there is anything."""
    with stage.change() as change:
        change.set_scopes(stage.own.anna, [scope])
    cookies = own(stage)
    link = stage.link(stage.own.anna)
    for _, methods, path in below():
        for _, values in foreign_ids(stage):
            for method in methods:
                ids = [values, {**UNKNOWN, "version": values["version"]}]
                answers = [
                    plain(
                        ask(stage, method, f"{stage.web.mount}/p/{link}/" + fill(path, i), cookies,
                            session_of(stage, cookies)),
                        *UNKNOWN.values(),
                        *(id for id in values.values() if len(id) > 1),
                    )
                    for i in ids
                ]  # fmt: skip
                assert answers[0] == answers[1], (method, path)


# -- unknown links ------------------------------------------------------------------------------


def existing_links(stage: Stage) -> list[str]:
    return [
        stage.link(stage.own.anna),
        stage.link(stage.own.rita),
        stage.link(stage.far.anna, stage.far),
    ]


@pytest.mark.hosts(*USUAL)  # no store is asked: see test_timing
@pytest.mark.parametrize("kind", ["no cookie", "stranger", "malleated", "under the asked name"])
def test_existing_and_unknown_links_answer_with_the_same_page(stage: Stage, kind: str) -> None:
    """Nobody learns which links there are: every route, method and query, whatever cookie is sent."""
    holder = HOLDERS[kind][0]
    for _, methods, path in below():
        for values in (parts_of(stage.own)[0], {**UNKNOWN, "version": "1"}):
            for query in ("", "?entered=1"):
                for method in (*methods, "HEAD", "OPTIONS", "PUT"):
                    seen = set()
                    for link in (*existing_links(stage)[:2], unknown_link(), unknown_link("p-own")):
                        cookies = holder(stage, link)
                        address = f"{stage.web.mount}/p/{link}/" + fill(path, values) + query
                        seen.add(plain(ask(stage, method, address, cookies), link))
                    assert len(seen) == 1, (kind, method, path, query)


def test_revoked_and_expired_links_look_like_unknown_ones_to_everybody_else(stage: Stage) -> None:
    """410 is for holders of something genuine; all others get the page that unknown links get."""
    with stage.change() as change:
        change.revoke_link(stage.own.anna)
        change.extend_link(stage.own.bob, stage.clock() + 1)
        change.rotate_link(stage.own.rita)
    stage.clock.advance(seconds=1)
    links = [stage.link(who) for who in (stage.own.anna, stage.own.bob, stage.own.rita)]
    seen = {
        plain(stage.browser().get(f"/portal/p/{link}/"), link) for link in (*links, unknown_link())
    }
    assert {status for status, _, _ in seen} == {403}
    assert len(seen) == 1


def test_asking_for_a_link_again_has_one_answer_for_every_link(stage: Stage) -> None:
    """Existing, unknown, malformed, revoked, expired, for the first and the second time."""
    with stage.change() as change:
        change.revoke_link(stage.own.bob)
        change.extend_link(stage.own.rita, stage.clock() + 1)
    stage.clock.advance(seconds=1)
    known = [stage.link(p) for p in (stage.own.anna, stage.own.bob, stage.own.rita)]
    seen = set()
    for link in (*known, *known, unknown_link(), unknown_link("p-own"), "nope", "~"):
        browser = stage.browser()
        seen.add(plain(browser.post(f"/portal/p/{link}/resend", [END]), link))
    assert len(seen) == 1
    assert {status for status, _, _ in seen} == {200}
    requested = [e for e in stage.portal.entries("p-own") if e.kind == "link.requested"]
    assert len(requested) == 3, "each of the three was noted once"


def test_malformed_links_get_the_page_that_unknown_ones_get(stage: Stage) -> None:
    """As long as the route table takes it for a link at all."""
    expected = plain(stage.browser().get(f"/portal/p/{(u := unknown_link())}/"), u)
    for link in ("nope", "p-own", "p-own.", ".abc", "P-OWN." + "a" * 26, "a" * 120, "~", "..."):
        answer = stage.browser().get(f"/portal/p/{link}/")
        assert plain(answer, f"/p/{link}/") == tuple_with(expected, link), link


def tuple_with(expected: tuple[int, Any, str], link: str) -> tuple[int, Any, str]:
    status, headers, body = expected
    return status, headers, body.replace("/p/<asked>/", "<asked>")


def test_tokens_that_open_nothing_all_look_the_same(stage: Stage) -> None:
    """Garbage, a right signature over an unknown link or an invented secret: one answer, 403."""
    keys, ticket = stage.portal.keys, stage.portal.keys.read_token(stage.token(stage.own.anna))
    tokens = [
        "garbage",
        "a.b",
        stage.token(stage.own.anna) + "=",
        stage.token(stage.own.anna)[:-1],
        keys.token(type(ticket)(unknown_link(), ticket.nonce)),
        keys.token(type(ticket)(ticket.link, "0" * 32)),
        keys.token(type(ticket)(stage.link(stage.far.anna, stage.far), ticket.nonce)),
        keys.cookie(keys.read_cookie(stage.cookie(stage.own.anna)[1])),
        keys.intent({"link": ticket.link}),
        "%00",
        "é",
    ]
    seen = {plain(stage.browser().get(f"/portal/l/{token}"), token) for token in tokens}
    assert len(seen) == 1
    assert {status for status, _, _ in seen} == {403}


def test_every_route_of_the_table_is_walked_by_these_tests() -> None:
    """A route that is added must be added here too: with its ids, methods and forms."""
    places = {"link", "milestone", "update", "file", "version", "approval", "question"}
    for route in ROUTES:
        parts = {
            route.path.split("<")[i].split(">")[0] for i in range(1, route.path.count("<") + 1)
        }
        assert parts <= places or not route.path.startswith("/p/"), route
    others = {route.name for route in ROUTES if not route.path.startswith("/p/")}
    assert others == {"enter", "enter_at", "unsubscribe", "static"}


def test_the_search_for_leaks_would_find_one(stage: Stage, anna: Browser, base: str) -> None:
    """Anna's own page is full of what a stranger must not see, and of nothing hidden from her."""
    own_secrets = secrets_of(stage.store, "p-own", beside="p-far")
    assert len(leaks(anna.get(base), own_secrets)) > 30
    assert any("mongoose" in s for s in strings_of(stage.store, "p-own"))


# -- scopes, accounts, doubled parameters -------------------------------------------------------

OPTIONAL = ("download", "upload", "comment", "decide")
NEEDS = {
    ("file", "GET"): "download",
    ("decide", "POST"): "decide",
    ("upload", "POST"): "upload",
    ("ask", "POST"): "comment",
}
"""Which scope a route needs beyond that of looking, which every link has."""


@pytest.mark.parametrize(
    "allowed", [c for n in range(5) for c in combinations(OPTIONAL, n)], ids="+".join
)
def test_every_set_of_scopes_opens_exactly_its_routes(
    stage: Stage, allowed: tuple[str, ...]
) -> None:
    """The whole table: what the link does not allow is 403, known and unknown alike; all else is as without the set."""
    cookies = own(stage)
    session = session_of(stage, cookies)
    with stage.change() as change:
        change.set_scopes(stage.own.anna, list(allowed))
    before = stage.picture()
    usual = {
        "project": 200,
        "project_json": 200,
        "milestone": 200,
        "update": 200,
        "history": 200,
        "file": 200,
        "decide": 200,
        "notices": 200,
        "leave": 200,
        "seen": 204,
        "resend": 400,
        "upload": 400,
        "question": 200,
        "ask": 400,
        "recap": 422,
    }
    walked = set()
    for name, methods, path in below():
        for method in methods:
            needed = NEEDS.get((name, method), "")
            may = not needed or needed in allowed
            expected = (
                400 if (name, method) in (("decide", "POST"), ("notices", "POST")) else usual[name]
            )  # a form without its fields
            for values, status in (
                (parts_of(stage.own)[0], expected),
                ({**UNKNOWN, "version": "1"}, 404 if "<" in path else expected),
            ):
                answer = ask(
                    stage,
                    method,
                    f"{stage.base(stage.own.anna)}{fill(path, values)}",
                    cookies,
                    session,
                )
                shown = status if may or (status == 404 and name in ("decide", "upload")) else 403
                assert answer.status == shown, (name, method, status)
            walked.add((name, method))
    assert set(NEEDS) < walked
    assert stage.picture() == before


def test_a_desk_of_another_account_knows_of_no_project(stage: Stage) -> None:
    """Every method that takes a project says of another tenant's what it says of one that never was."""
    theirs = stage.portal.desk(MAYA, account="other")
    before = stage.picture()
    said = []
    for project in ("p-own", "p-far", "p-none"):
        for call in (
            lambda p: theirs.project(p), lambda p: theirs.history(p), lambda p: theirs.links(p), lambda p: theirs.link_url(p, stage.own.anna),
            lambda p: theirs.seen(p), lambda p: theirs.view_as(p, stage.own.anna), lambda p: theirs.why_visible(p, stage.own.anna, stage.own.home),
            lambda p: theirs.change(p).__enter__(), lambda p: theirs.download(p, stage.own.home, 1),
        ):  # fmt: skip
            with pytest.raises(NotFound) as refusal:
                call(project)
            said.append(refusal.value.problem)
    assert len(set(said)) == 1
    assert list(theirs.projects()) == []
    assert stage.picture() == before


@pytest.mark.parametrize("path", ["history", "", "project.json"])
def test_a_parameter_given_twice_selects_nothing(
    stage: Stage, anna: Browser, base: str, path: str
) -> None:
    """One's own id beside a foreign one, in both orders, in lists, in other letters: never the foreign one."""
    secrets = secrets_of(stage.store, "p-far", beside="p-own")
    mine, foreign, hidden = stage.own.design.id, stage.far.design.id, stage.own.vault.id
    for query in (
        f"milestone={mine}&milestone={foreign}", f"milestone={foreign}&milestone={mine}", f"milestone[]={foreign}", f"milestone={mine},{foreign}",
        f"milestone={mine}%00{foreign}", f"MILESTONE={foreign}", f"milestone={mine}&milestone={hidden}", f"milestone={mine};milestone={hidden}",
        f"project=p-far&milestone={foreign}", f"link={stage.link(stage.far.anna, stage.far)}", "p=p-far", "account=other",
    ):  # fmt: skip
        answer = anna.get(f"{base}{path}?{query}")
        assert answer.status in (200, 404), query
        assert (
            leaks(
                answer, secrets, (foreign, hidden, stage.link(stage.far.anna, stage.far), "p-far")
            )
            == []
        ), query
        assert "mongoose" not in answer.raw

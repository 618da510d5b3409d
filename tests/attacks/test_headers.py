"""The headers of every answer: of each kind of answer, by each route and method."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from portalkit.web import ROUTES, Request
from tests.hosts import Host
from tests.web.stage import (
    BASE,
    END,
    UNKNOWN,
    Answer,
    Browser,
    Stage,
    answered,
    below,
    fill,
    filled,
    parts_of,
    unknown_link,
)

METHODS = (
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "get",
    "",
)
PAGE_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
SEEN, UPLOAD = f"{BASE}/s/seen.js", f"{BASE}/s/upload.js"


def policy_of(answer: Answer) -> dict[str, str]:
    """The directives of the content security policy."""
    parts = (
        part.strip().partition(" ") for part in answer.header("content-security-policy").split(";")
    )
    return {name: value for name, _, value in parts if name}


def everything(stage: Stage) -> Iterator[tuple[str, str, Answer]]:
    """Method, path and answer of every route, known and unknown things, with and without a cookie."""
    link = stage.link(stage.own.anna)
    paths = [
        "/",
        "/nowhere",
        "//evil.example",
        f"/p/{link}",
        f"/p/{unknown_link()}",
        "/l/",
        "/s/none",
    ]
    paths += [
        f"/l/{stage.token(stage.own.anna)}",
        f"/l/{stage.token(stage.own.anna)}/history",
        "/l/x/y",
    ]
    paths += ["/s/" + stage.web.assets.style, "/s/" + stage.web.assets.themes[""]]
    for values in (*parts_of(stage.own), {**UNKNOWN, "version": "1"}):
        for place in (link, unknown_link()):
            paths += [f"/p/{place}/" + fill(path, values) for _, _, path in below()]
    cookies = dict([stage.cookie(stage.own.anna)])
    for path in dict.fromkeys(paths):
        for method in METHODS:
            for sent in ({}, cookies):
                request = Request(
                    method=method,
                    path=path,
                    headers={"content-length": "20", "origin": "https://agency.example"},
                    cookies=sent,
                    form=lambda: [END],
                )
                yield method, path, answered(path, stage.web.handle(request))


def rare(stage: Stage) -> Iterator[tuple[str, str, Answer]]:
    """Answers that need more than an address: parts of files, forms with problems, trouble."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    file, ask = f"{base}f/{stage.own.home.id}/2", f"{base}a/{stage.own.ask}"
    tag = anna.ask("HEAD", file).header("etag")
    form = anna.get(ask).form(f"a/{stage.own.ask}")
    found = [
        anna.get(file, range="bytes=0-1"),
        anna.get(file, range="bytes=99999-"),
        anna.get(file, if_none_match=tag),
        anna.post(ask, filled(form, reviewed="")),
        anna.post(ask, filled(form)),
        anna.post(ask, filled(form)[:-1]),
        anna.post(ask, filled(form), headers={"origin": "https://evil.example"}),
        anna.post(ask, filled(form), headers={"content-length": None}),
        anna.post(ask, filled(form), headers={"content-length": "9999999"}),
        anna.post(f"{base}resend", [END]),
    ]
    with stage.change() as change:
        change.void_approval(stage.own.ask, "Not needed")
    found.append(anna.post(ask, filled(form)))
    for key in list(stage.portal.files.keys()):
        stage.portal.files.delete(key)
    found.append(anna.get(file))
    found.append(anna.submit(anna.get(base).form("leave")))
    for answer in found:
        yield (
            "GET" if answer.url.endswith(file) else "POST",
            answer.url.partition("/portal")[2],
            answer,
        )


@pytest.fixture(scope="module")
def answers(lasting_host: Host) -> list[tuple[str, str, Answer]]:
    """Every answer there is, once for all tests of this file."""
    return [*everything(lasting_host.stage()), *rare(lasting_host.stage())]


def test_every_kind_of_answer_is_among_them(answers: list[tuple[str, str, Answer]]) -> None:
    """Otherwise the tests below would prove little."""
    found = {a.status for _, _, a in answers}
    assert found >= {
        200,
        204,
        206,
        301,
        303,
        304,
        400,
        403,
        404,
        405,
        409,
        410,
        411,
        413,
        416,
        422,
        503,
    }
    kinds = {a.header("content-type").partition(";")[0] for _, _, a in answers}
    assert kinds >= {"text/html", "application/json", "application/pdf", "text/css", ""}
    assert len(answers) > 1000


def test_every_answer_has_the_headers_that_all_have(answers: list[tuple[str, str, Answer]]) -> None:
    """nosniff, not for search engines, a policy with frame-ancestors or sandbox, a referrer policy, once each."""
    for method, path, answer in answers:
        case = (method, path, answer.status)
        assert answer.header("x-content-type-options") == "nosniff", case
        assert answer.header("x-robots-tag") == "noindex, nofollow, noarchive, nosnippet", case
        assert answer.header("referrer-policy") in ("same-origin", "no-referrer"), case
        assert answer.header("cache-control"), case
        assert answer.header("cross-origin-resource-policy") == "same-origin", case
        policy = policy_of(answer)
        assert policy["default-src"] == "'none'", case
        assert "sandbox" in policy or policy["frame-ancestors"] == "'none'", case


def test_no_header_stands_twice_but_set_cookie(answers: list[tuple[str, str, Answer]]) -> None:
    """Browsers and proxies disagree about doubled headers."""
    for method, path, answer in answers:
        names = [name.lower() for name, _ in answer.headers if name.lower() != "set-cookie"]
        assert len(names) == len(set(names)), (method, path, names)


def test_no_answer_opens_itself_to_other_sites(answers: list[tuple[str, str, Answer]]) -> None:
    """No CORS header of any kind, whatever is asked."""
    for method, path, answer in answers:
        names = {name.lower() for name, _ in answer.headers}
        assert not [n for n in names if n.startswith("access-control-")], (method, path)
        assert "timing-allow-origin" not in names
        assert "server" not in names
        assert "x-powered-by" not in names


def test_a_preflight_gets_no_permission(stage: Stage, anna: Browser, base: str) -> None:
    """OPTIONS says which methods there are and nothing else."""
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for name, methods, path in below():
        answer = anna.ask("OPTIONS", base + fill(path, parts_of(stage.own)[0]), headers=headers)
        assert answer.status == 204
        assert answer.body == b""
        allowed = {"OPTIONS", *methods, *(("HEAD",) if "GET" in methods else ())}
        assert set(answer.header("allow").split(", ")) == allowed, name
        assert "evil" not in answer.raw


def test_pages_are_not_kept_and_tell_their_address_to_nobody_else(
    answers: list[tuple[str, str, Answer]],
) -> None:
    """HTML of every status: no-store, same-origin, utf-8, and a policy that knows our two scripts by address.

    A page that a link opened may run the one that tells of a person, one with a form for files also the one
    that shows how far an upload is, and both may ask their own site.  Pages to nobody run nothing.
    """
    seen = 0
    ran: set[str] = set()
    for method, path, answer in answers:
        if answer.header("content-type").startswith("text/html"):
            seen += 1
            case = (method, path)
            assert answer.header("content-type") == "text/html; charset=utf-8", case
            assert answer.header("cache-control") == "no-store", case
            expected = "no-referrer" if path.startswith("/l/") else "same-origin"
            assert answer.header("referrer-policy") == expected, case
            policy = policy_of(answer)
            script = re.sub(r"-[0-9a-f]{16}\b", "", policy.get("script-src", ""))
            if script:
                policy["script-src"] = script
            running = {"script-src": script, "connect-src": "'self'"} if script else {}
            assert policy == PAGE_POLICY | running, case
            if method != "HEAD":
                loaded = [e.get("src") for e in answer.page.elements if e.tag == "script"]
                names = [urljoin(BASE, re.sub("-[0-9a-f]{16}$", "", src)) for src in loaded]
                assert script == " ".join(names), case
                assert (UPLOAD in names) == answer.has_form("/files"), case
            ran.add(script)
    assert seen > 300
    assert ran == {"", SEEN, f"{SEEN} {UPLOAD}"}


def test_data_is_not_kept_either(stage: Stage, anna: Browser, base: str) -> None:
    """The JSON twin is as private as the page."""
    answer = anna.get(base + "project.json")
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == "no-store"
    assert answer.header("referrer-policy") == "same-origin"
    assert policy_of(answer)["default-src"] == "'none'"


def test_files_are_asked_for_again_and_tell_their_address_to_nobody(
    answers: list[tuple[str, str, Answer]],
) -> None:
    """Private, revalidated with the digest, no referrer, sandboxed."""
    seen = 0
    for method, path, answer in answers:
        if "/f/" in path and answer.status == 200:
            seen += 1
            assert answer.header("cache-control") == "private, no-cache"
            assert answer.header("referrer-policy") == "no-referrer"
            assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
            assert re.fullmatch(r'"[0-9a-f]{64}"', answer.header("etag"))
            assert answer.header("accept-ranges") == "bytes"
            assert answer.header("content-disposition").startswith(("inline; ", "attachment; "))
            assert answer.all("set-cookie") == [], (method, path)
    assert seen >= 6


def test_redirects_stay_on_the_site_and_are_not_kept(
    answers: list[tuple[str, str, Answer]],
) -> None:
    """A path below the mount point and no more; no body."""
    seen = 0
    for method, path, answer in answers:
        if answer.status in (301, 303):
            seen += 1
            assert answer.header("location").startswith("/portal/p/"), (method, path)
            assert answer.header("cache-control") == "no-store"
            assert answer.body == b""
        else:
            assert answer.header("location") == "", (method, path)
    assert seen >= 8


def test_static_files_are_kept_for_ever_under_names_with_their_digest(stage: Stage) -> None:
    """A changed file has another name; what never was there is not kept."""
    for name in (stage.web.assets.style, *stage.web.assets.themes.values()):
        answer = stage.browser().get(f"/portal/s/{name}")
        assert answer.status == 200
        assert answer.header("cache-control") == "public, max-age=31536000, immutable"
        assert answer.header("content-type") == "text/css; charset=utf-8"
        assert answer.all("set-cookie") == []
        assert re.search(r"-[0-9a-f]{16}$", name)
        missing = stage.browser().get(f"/portal/s/{name[:-1]}")
        assert (missing.status, missing.header("cache-control")) == (404, "no-store")


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../app.py",
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "/etc/passwd",
        "portal.css",
        "shell.html",
    ],
)
def test_static_files_are_only_those_of_the_list(stage: Stage, name: str) -> None:
    """There is no path to a folder behind it."""
    from urllib.parse import unquote

    request = Request(method="GET", path="/s/" + unquote(name))
    assert stage.web.handle(request).status == 404


def test_methods_that_a_route_does_not_take_are_refused_with_the_list(
    answers: list[tuple[str, str, Answer]], stage: Stage
) -> None:
    """405 and Allow, with and without a cookie, and before anybody looks whether there is anything."""
    for method, path, answer in answers:
        if answer.status == 405:
            allowed = answer.header("allow").split(", ")
            assert method not in allowed, (method, path)
            assert "OPTIONS" in allowed
            assert ("HEAD" in allowed) == ("GET" in allowed)
        else:
            assert method == "OPTIONS" or answer.header("allow") == ""
    for route in ROUTES:
        values = {**parts_of(stage.own)[0], "link": stage.link(stage.own.anna), "token": "t",
                  "path": "x", "asset": "y"}  # fmt: skip
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            request = Request(method=method, path=fill(route.path, values))
            assert stage.web.handle(request).status == 405, route.name


def test_the_length_is_that_of_the_body(answers: list[tuple[str, str, Answer]]) -> None:
    """So that a cut answer is noticed."""
    for method, path, answer in answers:
        if method != "HEAD" and answer.status not in (204, 304):
            assert int(answer.header("content-length")) == len(answer.body), (method, path)
        if answer.status == 204:
            assert answer.body == b""


def test_frames_are_opened_only_for_the_listed_origins(host: Host) -> None:
    """`frame_ancestors` goes into the policy of every page."""
    stage = host.stage(frame_ancestors="https://intranet.example")
    anna, base = stage.enter(), stage.base(stage.own.anna)
    for answer in (anna.get(base), stage.browser().get(base), anna.get("/portal/nowhere")):
        assert policy_of(answer)["frame-ancestors"] == "https://intranet.example"
    assert policy_of(anna.get(f"{base}f/{stage.own.home.id}/1")) == {
        "default-src": "'none'",
        "sandbox": "",
    }


def test_the_hosts_shell_gets_a_policy_that_its_scripts_survive(host: Host) -> None:
    """Only what cannot be given up, unless the host passes its own; all else stays."""
    shell = lambda page, request: f"<!doctype html><p>Host</p>{page.head}{page.body}"  # noqa: E731
    stage = host.stage(shell=shell)
    anna, base = stage.enter(), stage.base(stage.own.anna)
    answer = anna.get(base)
    assert "Host" in answer.text
    assert policy_of(answer) == {
        "object-src": "'none'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-content-type-options") == "nosniff"
    assert policy_of(anna.get(base + "project.json"))["default-src"] == "'none'"
    own = host.stage(shell=shell, policy="default-src 'self'")
    answer = own.enter().get(own.base(own.own.anna))
    assert policy_of(answer) == {"default-src": "'self'"}

"""The same requests through Flask and to the core alone: the same answers, and the same in the log."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portalkit.flask import PortalKit
from portalkit.web import Brand
from tests.web.stage import (
    BASE,
    KEY,
    Answer,
    Browser,
    Stage,
    below,
    crawl,
    fill,
    filled,
    hidden_parts,
    parts_of,
    review,
    unknown_link,
)

HTTPS = "https://agency.example"


@pytest.fixture
def app(stage: Stage) -> Flask:
    """A Flask app on the stores of the stage, with the clock of the stage."""
    app = Flask("host")
    app.config.update(
        PORTALKIT_KEYS=[KEY],
        PORTALKIT_BASE_URL=BASE,
        PORTALKIT_STORE=stage.store,
        PORTALKIT_FILES=stage.portal.files,
        PORTALKIT_ACCESS=stage.portal.access,
        PORTALKIT_BRANDS={"": Brand(name="Studio North")},
    )
    PortalKit().init_app(app)
    app.extensions["portalkit"].portal.clock = stage.clock
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that keeps no cookies; each request brings its own."""
    return app.test_client(use_cookies=False)


def send(
    client: FlaskClient, method: str, url: str, cookie: str = "", **options: object
) -> TestResponse:
    """Send a request to the app as if to its public address."""
    parts = urlsplit(url)
    headers = {"Accept-Language": "en", "User-Agent": "Small/1.0", **options.pop("headers", {})}  # type: ignore[dict-item]
    if cookie:
        headers["Cookie"] = cookie
    return client.open(
        parts.path + (f"?{parts.query}" if parts.query else ""),
        method=method,
        base_url=HTTPS,
        headers=headers,
        **options,  # type: ignore[arg-type]
    )


def cookie_of(browser: Browser, base: str) -> str:
    """The Cookie header that a browser sends to the pages of a link."""
    return "; ".join(f"{name}={value}" for name, value in browser.sent(base).items())


def said(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of what Flask answered."""
    return response.status_code, sorted(response.headers.items()), same(response.data)


def expected(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """What the core alone answered, as it should come out of Flask."""
    return answer.status, sorted(answer.headers), same(answer.body)


def same(body: bytes) -> bytes:
    """A body without the ids that each form gets anew."""
    return re.sub(rb'name="once" value="[a-z2-7]{26}"', b"", body)


def test_every_address_answers_the_same(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Pages, data, files, redirects, errors; by GET, HEAD and OPTIONS; with the cookie and without."""
    anna.get(base)
    urls = {urlsplit(a.url)._replace(scheme="", netloc="").geturl() for a in crawl(anna, base)}
    for values in (*parts_of(stage.own), parts_of(stage.far)[0], hidden_parts(stage.own)):
        for link in (stage.link(stage.own.anna), unknown_link()):
            urls |= {f"/portal/p/{link}/" + fill(path, values) for _, _, path in below()}
    urls |= {"/portal/", "/portal/x", base.rstrip("/"), "/portal/l/x", "/portal/p/%C3%A9/", "/portal/s/none",
             base + "m/%3Cscript%3E", base + "history?before=%C2%B2", base + "?" + "a&" * 40, base + "?entered=1",
             base + "f/%2e%2e/1"}  # fmt: skip
    core = Browser(stage.web, keeps=False)
    cookie = cookie_of(anna, base)
    compared = 0
    for url in sorted(urls):
        for method in ("GET", "HEAD", "OPTIONS"):
            for sent in (cookie, ""):
                answer = core.ask(method, url, cookies=anna.sent(base) if sent else {})
                assert said(send(client, method, url, sent)) == expected(answer), (method, url)
                compared += 1
    assert compared > 300


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-3"}, {"Range": "bytes=4-"}, {"Range": "bytes=0-1,3-4"}, {"Range": "bytes=900-"},
        {"Range": "bytes=0-3", "If-Range": '"x"'}, {"If-None-Match": "{tag}"}, {"If-None-Match": '"x"'},
        {"If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"}, {"If-Match": '"x"'},
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_downloads_answer_the_same(
    stage: Stage,
    client: FlaskClient,
    anna: Browser,
    base: str,
    headers: dict[str, str],
    method: str,
) -> None:
    """Ranges and validators are the core's; the framework adds nothing of its own."""
    url = f"{base}f/{stage.own.home.id}/2"
    tag = anna.ask("HEAD", url).header("etag")
    given = {name: value.replace("{tag}", tag) for name, value in headers.items()}
    answer = anna.ask(method, url, headers={name.lower(): value for name, value in given.items()})
    response = send(client, method, url, cookie_of(anna, base), headers=given)
    assert said(response) == expected(answer)


def journey(
    client: FlaskClient, stage: Stage, anna: Browser, base: str
) -> tuple[str, str, list[tuple[str, str]]]:
    """Address, cookie and fields of a review form that Flask served."""
    cookie = cookie_of(anna, base)
    url = f"{base}a/{stage.own.ask}"
    response = send(client, "GET", url, cookie)
    answer = Answer(url, 200, tuple(response.headers.items()), response.data)
    return url, cookie, filled(answer.form(f"a/{stage.own.ask}"))


def post(
    client: FlaskClient, url: str, cookie: str, data: object, **options: object
) -> TestResponse:
    """POST as a browser on the page would."""
    headers = {"Origin": HTTPS, "Sec-Fetch-Site": "same-origin"}
    return send(client, "POST", url, cookie, data=data, headers=headers, **options)


def test_a_decision_through_flask_is_the_same_decision(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Bob decides by the core alone, Anna through Flask: but for the person, the entries agree."""
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    restated = review(bob, theirs, stage.own.ask)
    bob.submit(next(f for f in restated.page.forms if "intent" in dict(f.fields)))
    url, cookie, fields = journey(client, stage, anna, base)
    answer = post(client, url, cookie, urlencode(fields).encode(), content_type=FORM)
    page = Answer(url, answer.status_code, tuple(answer.headers.items()), answer.data)
    form = next(f for f in page.page.forms if "intent" in dict(f.fields))
    response = post(client, form.action, cookie, urlencode(form.fields).encode(), content_type=FORM)
    assert response.status_code == 303
    assert response.headers["Location"] == url
    first, second = (entry.fact for entry in stage.decisions())
    differing = {
        name for name in type(first).__slots__
        if not name.startswith("_") and getattr(first, name) != getattr(second, name)
    }  # fmt: skip
    assert differing <= {"person", "link", "session", "address"}


FORM = "application/x-www-form-urlencoded"


def test_a_form_cut_anywhere_is_refused(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """A server that hands over the beginning of a body as if it were whole: always 400."""
    url, cookie, fields = journey(client, stage, anna, base)
    body = urlencode(fields).encode()
    for length in [*range(0, len(body), 23), *range(len(body) - 20, len(body))]:
        response = post(client, url, cookie, body[:length], content_type=FORM)
        assert response.status_code == 400, length
    assert post(client, url, cookie, body, content_type=FORM).status_code == 200


def multipart(fields: list[tuple[str, str]], *extra: bytes) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
        for n, v in fields
    ]
    return b"".join([*parts, *extra, b"--x--\r\n"])


def test_a_multipart_form_cut_anywhere_is_refused(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Werkzeug makes an empty or shorter form of a cut one, without an error."""
    url, cookie, fields = journey(client, stage, anna, base)
    body = multipart(fields)
    kind = "multipart/form-data; boundary=x"
    assert post(client, url, cookie, body, content_type=kind).status_code == 200
    end = body.index(b"whole")
    for length in [*range(0, end, 37), end, end + 4]:
        response = post(client, url, cookie, body[:length], content_type=kind)
        assert response.status_code == 400, length
    assert stage.decisions() == []


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/plain", "application/xml", "multipart/form-data", "", "garbage"],
)
def test_what_is_no_form_is_refused(
    stage: Stage, client: FlaskClient, anna: Browser, base: str, kind: str
) -> None:
    """Fetches of other sites can send text/plain without asking; JSON has duplicate keys."""
    url, cookie, fields = journey(client, stage, anna, base)
    bodies = [
        urlencode(fields).encode(),
        b'{"outcome":"approved","pk_end":"whole"}',
        b"\xff\xfe",
        b"",
    ]
    for body in bodies:
        expected = (400,) if body else (400, 411)
        assert post(client, url, cookie, body, content_type=kind).status_code in expected
    assert stage.decisions() == []


def test_bytes_that_are_no_text_never_break_the_page(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Invalid UTF-8 in a name, a value, the address, the query, a header or a cookie: no 500."""
    url, cookie, fields = journey(client, stage, anna, base)
    body = urlencode(fields).encode()
    for broken in (body.replace(b"typed_name", b"typed%FFname"), body.replace(b"Anna", b"An%C3%28"),
                   body.replace(b"comment=", b"comment=\xff\xfe%80%00"), b"%FF=%FF&" + body):  # fmt: skip
        answer = post(client, url, cookie, broken, content_type=FORM)
        assert answer.status_code in (200, 400, 413, 422)  # to Werkzeug 3.0.0 they are too much
    for address in (
        "/portal/p/%FF%FE/",
        base + "m/%FF",
        base + "?%FF=%FF",
        base + "history?before=%FF",
        "/portal/l/%FF",
    ):
        assert send(client, "GET", address, cookie).status_code in (200, 403, 404)
    for sent in (
        "pk=\xff",
        cookie + "\xff",
        "\xff=\xfe; " + cookie,
        "=; =; ;;;",
        cookie + "; " + cookie,
    ):
        assert send(client, "GET", base, sent.encode("latin-1").decode("latin-1")).status_code in (
            200,
            403,
        )
    for name in (
        "Range",
        "If-None-Match",
        "If-Range",
        "Accept-Language",
        "Origin",
        "Referer",
        "User-Agent",
    ):
        response = send(
            client, "GET", f"{base}f/{stage.own.home.id}/2", cookie, headers={name: "\xff\xfe"}
        )
        assert response.status_code == 200
    assert stage.decisions() == []


def test_a_long_header_of_the_length_is_refused(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Numbers that Python would refuse to read are no reason to fail."""
    url, cookie, fields = journey(client, stage, anna, base)
    for length, status in (("9" * 5000, 413), ("99999999", 413), ("x", 411), ("-5", 411)):
        response = client.open(
            url, method="POST", base_url=HTTPS, data=urlencode(fields).encode(), content_type=FORM,
            headers={"Cookie": cookie, "Origin": HTTPS}, environ_overrides={"CONTENT_LENGTH": length},
        )  # fmt: skip
        assert response.status_code == status, length
    assert stage.decisions() == []


def test_pages_hold_no_trace_of_the_framework(
    stage: Stage, client: FlaskClient, anna: Browser, base: str
) -> None:
    """Errors of the core's routes are the core's pages."""
    for url in ("/portal/x", base + "x/y/z", base + "m/none", "/portal/p/none/"):
        text = send(client, "GET", url, cookie_of(anna, base)).text
        assert not re.search(
            r"werkzeug|flask|Not Found</title>|The requested URL", text, re.IGNORECASE
        )
        assert urljoin(HTTPS, "/portal/s/").removeprefix(HTTPS) in text

"""Flask answers as the core does; and what adapters get wrong is found."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import pytest
from flask import Flask

from portalkit import Portal
from portalkit.flask import PortalKit
from portalkit.testing import AdapterContract
from portalkit.testing.adapter import LAWS
from portalkit.testing.asks import FORM
from portalkit.testing.cases import CASES
from portalkit.testing.sample import KEY
from portalkit.web import Looks, Web


def flask_app(portal: Portal, looks: Looks) -> Flask:
    """A host's app whose extension shows the portal that it is given, clock and all."""
    app = Flask("host")
    app.config.update(PORTALKIT_KEYS=[KEY], PORTALKIT_BASE_URL=portal.base_url)
    app.config.update(PORTALKIT_STORE=portal.ledger.store, PORTALKIT_FILES=portal.files)
    PortalKit().init_app(app)
    app.extensions["portalkit"].web = Web(portal, looks)
    return app


# Werkzeug leaves the file of a part that was cut to the garbage collector
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
class TestFlask(AdapterContract):
    def app(self, portal: Portal, looks: Looks) -> Flask:
        return flask_app(portal, looks)


# -- mistakes -----------------------------------------------------------------------------------

WSGI = Callable[..., Iterable[bytes]]
Start = Callable[..., Any]


def strips_a_header(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app(
        environ, _changed(start, lambda h: [x for x in h if x[0] != "X-Content-Type-Options"])
    )


def sets_a_header(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app(environ, _changed(start, lambda h: [*h, ("Cache-Control", "max-age=60")]))


def renames_downloads(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app(environ, _changed(start, lambda h: [x for x in h if x[0] != "Content-Disposition"]))


def sends_one_cookie(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Headers in a dict: the second of a name replaces the first."""
    return app(environ, _changed(start, lambda h: list(dict(h).items())))


def adds_a_slash(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    if not environ["PATH_INFO"].endswith("/"):
        start("308 Permanent Redirect", [("Location", environ["PATH_INFO"] + "/")])
        return []
    return app(environ, start)


def merges_slashes(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    path = re.sub("/+", "/", environ["PATH_INFO"])
    return app({**environ, "PATH_INFO": path}, start)


def decodes_twice(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app({**environ, "PATH_INFO": unquote(environ["PATH_INFO"])}, start)


def answers_head_with_a_body(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    method = environ["REQUEST_METHOD"].replace("HEAD", "GET")
    return app({**environ, "REQUEST_METHOD": method}, start)


def answers_options(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "OPTIONS":
        start("200 OK", [("Allow", "GET, HEAD, OPTIONS")])
        return []
    return app(environ, start)


def knows_get_and_post(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] in ("PUT", "PATCH", "DELETE"):
        start("405 Method Not Allowed", [])
        return []
    return app(environ, start)


def overrides_the_method(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", environ["REQUEST_METHOD"])
    return app({**environ, "REQUEST_METHOD": method}, start)


def forgets_the_query(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app({**environ, "QUERY_STRING": ""}, start)


def forgets_ranges(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app({k: v for k, v in environ.items() if k != "HTTP_RANGE"}, start)


def takes_the_last_cookie(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    cookies = dict(c.partition("=")[::2] for c in environ.get("HTTP_COOKIE", "").split("; "))
    return app({**environ, "HTTP_COOKIE": "; ".join(f"{n}={v}" for n, v in cookies.items())}, start)


def merges_fields(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Fields in a dict: one of each name arrives."""
    return app(_with_form(environ, lambda pairs: list(dict(pairs).items())), start)


def drops_empty_fields(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app(_with_form(environ, lambda pairs: [p for p in pairs if p[1]]), start)


def judges_cut_bodies(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Says by itself what is the matter."""
    if environ.get("CONTENT_TYPE", "") == FORM:
        body = environ["wsgi.input"].read()
        if len(body) < int(environ["CONTENT_LENGTH"]):
            start("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"Bad Request"]
        environ["wsgi.input"] = io.BytesIO(body)
    return app(environ, start)


def hides_the_client(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return app({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)


def reads_bodies_first(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
    return app(environ, start)


def collects_bodies(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    return [b"".join(app(environ, start))]


def leaves_files_open(app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    KEPT.append(app(environ, start))
    return map(bytes, KEPT[-1])


KEPT: list[Any] = []


class keeps_answers:
    """A cache that knows addresses and no cookies."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def __call__(self, app: WSGI, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        address = environ["REQUEST_METHOD"] + environ["PATH_INFO"].partition("/p/")[0]
        if address not in self.kept:
            said: list[Any] = []
            body = b"".join(app(environ, lambda *args: said.append(args)))
            self.kept[address] = said[-1], body
        head, body = self.kept[address]
        start(*head)
        return [body]


def _changed(start: Start, change: Callable[[list[tuple[str, str]]], object]) -> Start:
    return lambda status, headers, *rest: start(status, change(headers), *rest)


def _with_form(environ: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    if environ.get("CONTENT_TYPE", "") != FORM:
        return environ
    body = environ["wsgi.input"].read().decode("latin-1")
    again = urlencode(
        change(parse_qsl(body, True, encoding="latin-1")), encoding="latin-1"
    ).encode()
    return {**environ, "wsgi.input": io.BytesIO(again), "CONTENT_LENGTH": str(len(again))}


@pytest.mark.parametrize(
    ("law", "mistake", "case"),
    [
        (2, strips_a_header, "GET project"),
        (2, sets_a_header, "GET project"),
        (2, renames_downloads, "GET file"),
        (6, sends_one_cookie, "leave"),
        (1, adds_a_slash, "path: what is not there"),
        (1, merges_slashes, "path: two slashes within"),
        (1, decodes_twice, "page: an encoded letter, encoded again"),
        (2, answers_head_with_a_body, "HEAD project"),
        (2, answers_options, "OPTIONS decide"),
        (2, knows_get_and_post, "DELETE project"),
        (3, overrides_the_method, "x-http-method-override: DELETE"),
        (3, forgets_the_query, "query before=9"),
        (5, forgets_ranges, "GET range bytes=0-3"),
        (3, takes_the_last_cookie, "cookie: first of two"),
        (6, merges_fields, "a field twice"),
        (6, drops_empty_fields, "review with an empty field more"),
        (6, judges_cut_bodies, "a body cut by 1"),
        (6, hides_the_client, "confirm a decision"),
        (3, keeps_answers(), "cookie: edited"),
    ],
)
def test_a_mistake_of_an_adapter_is_found(law: int, mistake: Any, case: str) -> None:
    """Each mistake changes the answer or the log of a case, and the failure names the law."""

    class Broken(AdapterContract):
        def app(self, portal: Portal, looks: Looks) -> WSGI:
            inner = flask_app(portal, looks)
            return lambda environ, start: mistake(inner, environ, start)

    contract = Broken()
    pair = contract.made()
    with contextlib.suppress(AssertionError):  # a cache has to be filled
        contract.check(pair, next(c for c in CASES if c.name == "GET history"))
    with pytest.raises(AssertionError) as caught:
        contract.check(pair, next(c for c in CASES if c.name == case))
    assert f"Adapter law {law}:" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("mistake", "test"),
    [
        (reads_bodies_first, "the_body_of_a_refused_form_is_not_read"),
        (collects_bodies, "a_file_is_sent_as_it_is_read"),
        (leaves_files_open, "a_file_is_sent_as_it_is_read"),
    ],
)
def test_a_mistake_with_streams_is_found(mistake: Any, test: str) -> None:
    class Broken(AdapterContract):
        def app(self, portal: Portal, looks: Looks) -> WSGI:
            inner = flask_app(portal, looks)
            return lambda environ, start: mistake(inner, environ, start)

    contract = Broken()
    with pytest.raises(AssertionError) as caught:
        getattr(contract, f"test_{test}")(contract.made())
    while KEPT:
        KEPT.pop().close()
    assert "Adapter law 4:" in caught.value.__notes__[0]


def test_the_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 300
    assert {case.law for case in CASES} | {4} == set(LAWS)

"""Where the portal lies: at the path of the base URL, behind proxies, and beside the host's own routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client
from werkzeug.wrappers import Response

from portalkit.flask import current_portal
from portalkit.web import ROUTES
from tests.flask.host import Browser, Seeded, browser, hidden, is_ours, make_app, seed

MOUNTS = {
    "root": "",
    "root with a slash": "/",
    "one step": "/portal",
    "a slash at the end": "/portal/",
    "nested": "/clients/of/ours/portal",
    "escaped": "/our%20clients",
}


@pytest.mark.parametrize("mount", MOUNTS)
def test_it_lies_at_the_path_of_the_base_url(tmp_path: Path, mount: str) -> None:
    """From the mailed link to the decision, everything lies below the base URL and nothing beside it."""
    path = MOUNTS[mount].rstrip("/")
    app = make_app(tmp_path, PORTALKIT_BASE_URL=f"http://localhost{MOUNTS[mount]}")
    seeded = seed(app)
    assert seeded.url.startswith(f"http://localhost{path}/l/")
    anna = browser(app)
    page = anna.enter(seeded.url)
    assert f'href="{path}/p/' in page.text
    assert f'href="{path}/s/portal.css' in page.text
    assert anna.get(f"f/{seeded.home}/1").data.startswith(b"%PDF")
    assert anna.decide(seeded.ask).headers["Location"].startswith(f"{path}/p/")
    assert "Your decision is on record" in anna.get(f"a/{seeded.ask}").text


def test_the_cookie_is_for_the_links_pages_alone(tmp_path: Path) -> None:
    """The cookie's path is that of the link below the mount: the host's other pages never get it."""
    app = make_app(tmp_path, PORTALKIT_BASE_URL="https://agency.example/clients/portal")
    anna = Browser(app.test_client(), server="https://agency.example")
    answer = anna.get(seed(app).url)
    given = answer.headers.getlist("Set-Cookie")
    answer = anna.get(answer.headers["Location"])
    given += answer.headers.getlist("Set-Cookie")
    given += anna.get(answer.headers["Location"]).headers.getlist("Set-Cookie")
    assert len(given) >= 2
    for cookie in given:
        assert cookie.startswith("__Secure-pk")
        assert re.search("; Path=/clients/portal/p/[^/]+/;", cookie)
        assert {"HttpOnly", "Secure", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


VALUES = {
    "token": "abc.def",
    "path": "m/design",
    "link": "p1.l1",
    "milestone": "m1",
    "update": "u1",
    "file": "f1",
    "version": "2",
    "approval": "a1",
    "question": "q1",
    "asset": "portal.css-0123",
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_url_for_knows_every_route_by_name(tmp_path: Path, route: Any) -> None:
    """Each route of the core's table has its name in Flask, and ``url_for`` writes its path."""
    app = make_app(tmp_path, PORTALKIT_BASE_URL="http://localhost/clients/portal")
    expected = route.path
    for name, value in VALUES.items():
        expected = expected.replace(f"<{name}>", value)
    given = {name: value for name, value in VALUES.items() if f"<{name}>" in route.path}
    with app.test_request_context():
        assert url_for(f"portalkit.{route.name}", **given) == f"/clients/portal{expected}"


def test_url_for_in_a_host_page_leads_to_the_project(app: Flask, anna: Browser) -> None:
    """A host that keeps a link's id can send its visitor to ``url_for("portalkit.project")``."""
    link = anna.base.split("/")[-2]
    with app.test_request_context():
        address = url_for("portalkit.project", link=link)
    assert address == anna.base
    assert anna.get(address).status_code == 200


# -- behind a proxy -----------------------------------------------------------------------------


class Proxy:
    """A web server in front of the app, at ``https://agency.example``.

    It takes ``prefix`` off the path, tells so in ``X-Forwarded-Prefix``, and forwards to an inner
    address that no client knows.
    """

    def __init__(self, app: Any, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        inner = dict(environ)
        path = environ["PATH_INFO"]
        if not path.startswith(self._prefix):
            return Response("the proxy knows no such place", 404)(environ, start_response)
        inner["PATH_INFO"] = path[len(self._prefix) :]
        inner["HTTP_HOST"] = "10.0.0.5:8000"
        inner["wsgi.url_scheme"] = "http"
        inner["REMOTE_ADDR"] = "10.0.0.1"
        inner |= {
            "HTTP_X_FORWARDED_FOR": "203.0.113.7",
            "HTTP_X_FORWARDED_PROTO": "https",
            "HTTP_X_FORWARDED_HOST": "agency.example",
            "HTTP_X_FORWARDED_PREFIX": self._prefix,
        }
        return list(self._app(inner, start_response))


PROXIES = {
    "a part is taken off": ("/clients", "/portal"),
    "all of it is taken off": ("/clients/portal", ""),
    "all of it, mount with a slash": ("/clients/portal", "/"),
    "nothing is taken off": ("", None),
}


@pytest.mark.parametrize("case", PROXIES)
def test_behind_a_proxy(tmp_path: Path, case: str) -> None:
    """Whatever the proxy takes off the path, ``PORTALKIT_MOUNT`` says what is left, and all works."""
    prefix, mount = PROXIES[case]
    app = make_app(
        tmp_path,
        PORTALKIT_BASE_URL="https://agency.example/clients/portal",
        PORTALKIT_MOUNT=mount,
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    seeded = seed(app)
    anna = Browser(Client(Proxy(app, prefix)), server="https://agency.example")
    assert "Website relaunch" in anna.enter(seeded.url).text
    assert anna.base.startswith("/clients/portal/p/")
    origin = {"Origin": "https://agency.example"}
    assert anna.decide(seeded.ask, headers=origin).status_code == 303
    assert anna.get("nothing").status_code == 404
    with app.app_context():
        (decided,) = current_portal.entries(seeded.project, subject=seeded.ask)[1:]
    assert decided.fact.address == "203.0.113.7"  # type: ignore[attr-defined]


def test_below_another_wsgi_app(tmp_path: Path) -> None:
    """Mounted by a dispatcher, the app sees only the rest of the path; ``PORTALKIT_MOUNT`` says which."""
    app = make_app(
        tmp_path, PORTALKIT_BASE_URL="http://localhost/studio/portal", PORTALKIT_MOUNT="/portal"
    )
    both = DispatcherMiddleware(Response("the root", 200), {"/studio": app.wsgi_app})
    seeded = seed(app)
    anna = Browser(Client(both))
    anna.enter(seeded.url)
    assert anna.base.startswith("/studio/portal/p/")
    assert anna.decide(seeded.ask).status_code == 303


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_a_poisoned_host_is_never_believed(app: Flask, header: str) -> None:
    """Pages, redirects and links come from the base URL: what a request says of the host is ignored."""
    seeded = seed(app)
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    poison = {header: value, "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil.example"}
    server = "http://evil.example" if header == "Host" else "http://localhost"
    anna = Browser(app.test_client(), server=server)
    entered = anna.get(seeded.url, headers=poison)
    assert entered.headers["Location"].startswith("/portal/p/")
    assert "Domain" not in entered.headers["Set-Cookie"]
    anna.enter(seeded.url)
    for path in ("", "history", f"a/{seeded.ask}", f"m/{seeded.design}", "nothing"):
        answer = anna.get(path, headers=poison)
        assert is_ours(answer)
        assert "evil" not in answer.text + str(answer.headers)
    with app.test_request_context("/", base_url=server, headers=poison):
        assert (
            current_portal.link_url(current_portal.project(seeded.project), seeded.person)
            == seeded.url
        )


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost"])
def test_the_origin_is_compared_with_the_base_url(app: Flask, seeded: Seeded, origin: str) -> None:
    """A form from elsewhere is refused, even when the poisoned ``Host`` fits its origin."""
    anna = Browser(app.test_client(), server="http://evil.example")
    anna.enter(seeded.url)
    form = hidden(anna.review(seeded.ask))
    fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
    assert anna.post(f"a/{seeded.ask}", fields, headers={"Origin": origin}).status_code == 403
    good = {"Origin": "http://localhost"}
    assert anna.post(f"a/{seeded.ask}", fields, headers=good).status_code == 303


# -- what the core answers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/portal", 404),
        ("/portal/", 404),
        ("/portal/nothing", 404),
        ("/portal//", 404),
        ("/portal//evil.example/", 404),
        ("/portal/p/", 404),
        ("/portal/p/x.y//", 404),
        ("/portal/p/x.y/m/z/", 404),
        ("/portal/p/x.y/a/b/c/d", 404),
        ("/portal/s/portal.css", 404),
        ("/portal/%2e%2e/secret", 404),
        ("/portal/p/x.y/", 403),
        ("/portal/l/not-a-token", 403),
        ("/portal/l/not-a-token/", 403),
        ("/portal/l/not-a-token/a//b", 403),
    ],
)
def test_everything_below_the_mount_is_the_cores(app: Flask, path: str, status: int) -> None:
    """Every path below the mount, known or not, is answered by the core's own calm pages."""
    app.register_error_handler(404, lambda error: ("the host's own", 404))
    app.register_error_handler(403, lambda error: ("the host's own", 403))
    answer = app.test_client().get(path)
    assert answer.status_code == status
    assert is_ours(answer)
    assert answer.text.startswith("<!doctype html>")


def test_a_missing_slash_is_led_home(anna: Browser) -> None:
    """The project's address without its slash leads to the page, by the core and below the mount."""
    answer = anna.get(anna.base.rstrip("/"))
    assert (answer.status_code, answer.headers["Location"]) == (301, anna.base)
    assert is_ours(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_a_page_does_not_take(anna: Browser, method: str) -> None:
    """It is 405 by the core, with the methods that are allowed, and nothing happens."""
    answer = anna.client.open(anna.base, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert is_ours(answer)


def test_options_are_answered_by_the_core(anna: Browser, seeded: Seeded) -> None:
    """``OPTIONS`` tells the methods of each page and touches nothing."""
    for path, allowed in [
        (anna.base, "GET, HEAD, OPTIONS"),
        (f"{anna.base}a/{seeded.ask}", "GET, HEAD, POST, OPTIONS"),
        (f"{anna.base}leave", "POST, OPTIONS"),
    ]:
        answer = anna.client.options(path)
        assert (answer.status_code, answer.headers["Allow"]) == (204, allowed)
        assert answer.data == b""
        assert is_ours(answer)


def test_head_is_get_without_its_body(anna: Browser, seeded: Seeded) -> None:
    """``HEAD`` answers as ``GET`` would, length included, and sends no byte of it."""
    for path in ("", f"m/{seeded.design}", f"f/{seeded.home}/1"):
        whole = anna.get(path)
        head = anna.client.head(anna.base + path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == str(len(whole.data))


# -- the host's own routes ----------------------------------------------------------------------


def with_routes(app: Flask) -> None:
    """Give a host a few pages and its own look of errors."""
    app.add_url_rule("/", "front", lambda: "the host's front page")
    app.add_url_rule("/about/", "about", lambda: "about the host")
    app.add_url_rule("/send", "send", lambda: "sent", methods=["POST"])
    app.add_url_rule("/portals", "portals", lambda: "all portals")
    app.add_url_rule("/portal-news/<path:rest>", "news", lambda rest: f"news {rest}")
    app.register_error_handler(404, lambda error: ("the host's 404", 404))
    app.register_error_handler(405, lambda error: ("the host's 405", 405))


@pytest.mark.parametrize("order", ["routes first", "portal first"])
def test_the_hosts_routes_stay_as_they_were(tmp_path: Path, order: str) -> None:
    """Pages, slashes, errors and methods of the host answer as without a portal, in either order."""
    early = order == "routes first"
    app = make_app(tmp_path, before=with_routes if early else None)
    if not early:
        with_routes(app)
    bare = Flask("bare")
    with_routes(bare)
    for method, path in [
        ("GET", "/"),
        ("GET", "/about/"),
        ("GET", "/about"),
        ("GET", "/portals"),
        ("GET", "/portals/"),
        ("GET", "/portal-news/a/b"),
        ("GET", "/nothing"),
        ("GET", "/about//"),
        ("GET", "/send"),
        ("POST", "/send"),
        ("POST", "/about/"),
        ("OPTIONS", "/send"),
        ("HEAD", "/"),
        ("GET", "/static/nothing.css"),
    ]:
        answers = [a.test_client().open(path, method=method) for a in (app, bare)]
        kept = [
            (a.status, a.data, a.headers.get("Location"), sorted(a.headers.get_all("Allow")))
            for a in answers
        ]
        assert kept[0][:3] == kept[1][:3], (method, path)
        assert not is_ours(answers[0])


def test_a_portal_at_the_root_leaves_the_hosts_pages(tmp_path: Path) -> None:
    """Mounted at the root, the portal answers what the host does not, and only that."""
    app = make_app(tmp_path, PORTALKIT_BASE_URL="http://localhost", before=with_routes)
    client = app.test_client()
    assert client.get("/about/").text == "about the host"
    assert client.post("/send").text == "sent"
    assert client.get("/portal-news/x").text == "news x"
    assert client.get("/").text == "the host's front page"
    assert is_ours(client.get("/nothing"))
    assert browser(app).enter(seed(app).url).status_code == 200

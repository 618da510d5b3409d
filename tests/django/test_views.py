"""The portal mounted in a Django project, with the host's middleware on: requests in, answers out."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import django.test
import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import override_settings
from django.urls import resolve, reverse
from werkzeug.datastructures import FileStorage
from werkzeug.test import Client, encode_multipart

from portalkit import ApprovalDecided, Veto
from portalkit.django import current_portal
from portalkit.storage.directory import DirectoryFiles
from portalkit.web import ROUTES
from tests.django.settings import FOLDER
from tests.faults.world import MAYA, PDF, Scene, open_project
from tests.flask.host import Browser, hidden, is_ours
from tests.streams import LARGE, LITTLE, Stream, measured, open_files

__all__ = ["measured"]


@pytest.fixture
def scene(database: str) -> Scene:
    """A project in the host's portal, on each database."""
    return open_project(current_portal)


@pytest.fixture
def anna(scene: Scene) -> Browser:
    """The browser of a client who has opened her link."""
    anna = browser()
    anna.enter(scene.url)
    return anna


@pytest.fixture
def on_sqlite(sqlite: str) -> Scene:
    """A project where the database makes no difference."""
    return open_project(current_portal)


def browser() -> Browser:
    """A fresh browser at the host's project."""
    return Browser(Client(WSGIHandler()), server="http://127.0.0.1")


# -- the way of a client --------------------------------------------------------------------------


def test_a_client_decides(scene: Scene, anna: Browser) -> None:
    """From the link in a mail to the decision on record, past the host's CSRF protection."""
    assert "One thing waits for you." in anna.get().text
    answer = anna.decide(scene.ask.id)
    assert answer.status_code == 303
    assert [decision.typed_name for decision in scene.decisions] == ["Anna Keller"]
    assert "Your decision is on record." in anna.get(answer.headers["Location"]).text
    assert scene.whole()


def test_the_test_client_of_django_follows_where_the_portal_leads(on_sqlite: Scene) -> None:
    """A link of a client, as a host's own tests would open it."""
    client = django.test.Client()
    page = client.get(urlsplit(on_sqlite.url).path, follow=True)
    assert page.status_code == 200
    assert "One thing waits for you." in page.content.decode()
    assert {status for _, status in page.redirect_chain} == {303}
    assert all(address.startswith("/portal/p/") for address, _ in page.redirect_chain)
    assert not hasattr(page, "url"), "only what leads elsewhere says where"


def test_a_decision_is_bound_to_what_was_shown(scene: Scene, anna: Browser) -> None:
    """A newer version in between makes the confirmation outdated: 409, and nothing is recorded."""
    form = hidden(anna.review(scene.ask.id))
    with scene.desk.change(scene.id) as change:
        change.add_version(scene.home, io.BytesIO(PDF + b"2"), changed="Hero tightened")
    answer = anna.post(f"a/{scene.ask.id}", {"pk_csrf": form["pk_csrf"], "intent": form["intent"]})
    assert answer.status_code == 409
    assert scene.decisions == []


def test_a_revoked_link_opens_nothing(scene: Scene, anna: Browser) -> None:
    with scene.desk.change(scene.id) as change:
        change.revoke_link(scene.anna)
    assert anna.get().status_code == 410
    assert browser().get(scene.url).status_code == 410


@pytest.mark.parametrize("atomic", [False, True])
def test_what_is_answered_is_committed(database: str, atomic: bool) -> None:
    """With ``ATOMIC_REQUESTS`` too: the portal's views run outside, so an answer never comes too early."""
    settings = connections.settings[database]
    before, settings["ATOMIC_REQUESTS"] = settings["ATOMIC_REQUESTS"], atomic
    open_blocks: list[bool] = []
    scene = open_project(current_portal)
    hook = lambda event: open_blocks.append(connections[database].in_atomic_block)  # noqa: E731
    current_portal.on(ApprovalDecided, hook)
    try:
        anna = browser()
        anna.enter(scene.url)
        assert anna.decide(scene.ask.id).status_code == 303
    finally:
        settings["ATOMIC_REQUESTS"] = before
        current_portal._hooks._hooks.remove((ApprovalDecided, hook))
    assert open_blocks == [False]
    assert len(scene.decisions) == 1


# -- forms ------------------------------------------------------------------------------------------


def test_the_hosts_own_forms_stay_protected(on_sqlite: Scene) -> None:
    """The portal's views are exempt from the host's protection, and nothing else is."""
    assert browser().post("/own", {"text": "hello"}).status_code == 403


def test_the_portals_forms_stay_protected(on_sqlite: Scene) -> None:
    """Exempt from the host's protection does not mean open: without our token it is 403."""
    anna = browser()
    anna.enter(on_sqlite.url)
    form = hidden(anna.review(on_sqlite.ask.id))
    for token in ("", "x" * 64):
        fields = {"pk_csrf": token, "intent": form["intent"]}
        answer = anna.post(f"a/{on_sqlite.ask.id}", fields)
        assert answer.status_code == 403
        assert is_ours(answer)
    assert on_sqlite.decisions == []


FORM = "application/x-www-form-urlencoded"
BOUNDARY = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body", "length", "status"),
    [
        (FORM, b"pk_csrf=x&typed_name=Anna", None, 400),  # cut before its end
        (FORM, b"pk_csrf=x&pk_en", 4000, 400),  # the client went away
        (FORM, b"a=" + b"x" * 70_000 + b"&pk_end=whole", None, 413),
        (FORM, b"&".join(b"a%d=1" % n for n in range(2000)) + b"&pk_end=whole", None, 400),
        (FORM + "; charset=utf-16", b"pk_end=whole", None, 400),
        ("multipart/form-data", b"--b--", None, 400),  # no boundary
        (BOUNDARY, b"--b\r\nContent-Disposition: form-data; name", None, 400),
        ("application/json", b"{}", None, 400),
        ("text/plain", b"pk_end=whole", None, 400),
    ],
)
def test_a_form_that_is_no_whole_form_of_ours_is_answered_calmly(
    on_sqlite: Scene, kind: str, body: bytes, length: int | None, status: int
) -> None:
    """What Django raises or lets pass becomes the core's answer, and nothing is recorded."""
    anna = browser()
    anna.enter(on_sqlite.url)
    answer = anna.client.post(
        f"{anna.base}a/{on_sqlite.ask.id}",
        data=body,
        content_type=kind,
        base_url=anna.server,
        environ_overrides={"CONTENT_LENGTH": str(length)} if length else {},
    )
    assert answer.status_code == status
    assert is_ours(answer)
    assert on_sqlite.decisions == []


def test_hosts_limits_of_forms_become_the_cores_answer(on_sqlite: Scene) -> None:
    anna = browser()
    anna.enter(on_sqlite.url)
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        answer = anna.post(f"a/{on_sqlite.ask.id}", {"pk_csrf": "x" * 64})
    assert answer.status_code == 413
    assert is_ours(answer)


# -- files from clients -----------------------------------------------------------------------------


def hand_in(anna: Browser, scene: Scene, *files: tuple[str, bytes]) -> Any:
    """Hand files in by the form of the milestone."""
    form = anna.form(f"m/{scene.design.id}")
    fields: dict[str, Any] = {name: form[name] for name in ("pk_csrf", "once")}
    sent = [FileStorage(io.BytesIO(data), name) for name, data in files]
    whole = {**fields, "note": "", "files": sent, "pk_end": "whole"}
    boundary, body = encode_multipart(whole)
    path = f"{anna.base}m/{scene.design.id}/files"
    kind = f"multipart/form-data; boundary={boundary}"
    at = {"base_url": anna.server, "buffered": True}  # and close it, as a server does
    return anna.client.post(path, data=body, content_type=kind, **at)


def delivered(scene: Scene) -> dict[str, bytes]:
    """What clients have handed in."""
    files = current_portal.project(scene.id).files.values()
    read = current_portal.files.open
    return {f.name: b"".join(read(f.current.key)) for f in files if f.current.delivered}


def test_a_client_hands_files_in(scene: Scene, anna: Browser) -> None:
    """Small ones from memory, large ones from the temporary folder, past the host's CSRF protection."""
    files = {"a.txt": b"one", "b.bin": os.urandom(3_000_000)}
    assert hand_in(anna, scene, *files.items()).status_code == 303
    assert delivered(scene) == files
    assert scene.whole()


def test_a_form_that_was_cut_between_two_files_hands_in_nothing(on_sqlite: Scene) -> None:
    """Django takes the first for the whole form; the mark at its end is missing."""
    anna = browser()
    anna.enter(on_sqlite.url)
    form = anna.form(f"m/{on_sqlite.design.id}")
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = b"".join(
        part % (name.encode(), b"", form[name].encode()) for name in ("pk_csrf", "once")
    )
    body += part % (b"files", b'; filename="a.txt"', b"one")
    body += part[:-2] % (b"files", b'; filename="b.txt"', b"tw")
    path = f"{anna.base}m/{on_sqlite.design.id}/files"
    answer = anna.client.post(path, data=body, content_type=BOUNDARY, base_url=anna.server)
    assert answer.status_code == 400
    assert delivered(on_sqlite) == {}


def test_more_files_than_the_host_takes_are_too_many(on_sqlite: Scene) -> None:
    anna = browser()
    anna.enter(on_sqlite.url)
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=1):
        answer = hand_in(anna, on_sqlite, ("a", b"1"), ("b", b"2"))
    assert answer.status_code == 413
    assert is_ours(answer)
    assert delivered(on_sqlite) == {}


def refuse(upload: Any) -> Veto:
    """A host's inspection that likes nothing."""
    return Veto("no files today")


def test_an_inspection_by_its_dotted_path(on_sqlite: Scene) -> None:
    anna = browser()
    anna.enter(on_sqlite.url)
    with override_settings(PORTALKIT={**settings.PORTALKIT, "INSPECT": f"{__name__}.refuse"}):
        answer = hand_in(anna, on_sqlite, ("a.txt", b"one"))
    assert answer.status_code == 422
    assert "no files today" in answer.text
    assert delivered(on_sqlite) == {}


# -- addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_has_its_name(route: Any) -> None:
    """`reverse` gives the address of each route, and that address leads to it."""
    values = {"version": "1", "path": "a/x"}
    parts = [part.strip("<>") for part in route.path.split("/") if part.startswith("<")]
    given = {part: values.get(part, "abc") for part in parts}
    address = reverse(f"portalkit:{route.name}", kwargs=given)
    assert address == "/portal" + route.filled(given)
    assert resolve(address).view_name == f"portalkit:{route.name}"


@pytest.mark.parametrize(
    "path", ["", "nowhere", "p/", "p//", "/x", "p/a%0Ab", "l/", "%2e%2e/own", "p/x/f/y/0"]
)
def test_what_no_route_takes_is_the_cores_to_answer(on_sqlite: Scene, path: str) -> None:
    answer = browser().get(f"/portal/{path}")
    assert answer.status_code in (403, 404)
    assert is_ours(answer)


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", 204), ("PUT", 405), ("DELETE", 405), ("PATCH", 405)]
)
def test_other_methods_are_the_cores_to_answer(on_sqlite: Scene, method: str, status: int) -> None:
    answer = browser().client.open("/portal/p/abc/", method=method)
    assert answer.status_code == status
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert is_ours(answer)


def test_a_missing_slash_is_added_by_the_core(on_sqlite: Scene) -> None:
    answer = browser().get("/portal/p/abc.def")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/portal/p/abc.def/"


def test_headers_are_the_cores_and_what_the_hosts_middleware_adds(
    on_sqlite: Scene,
) -> None:
    """The host's middleware adds headers of its own and changes none of ours."""
    anna = browser()
    answer = anna.enter(on_sqlite.url)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    cookies = [
        cookie for _, cookie in browser().get(on_sqlite.url).headers.items() if "pk" in cookie
    ]
    assert all("HttpOnly" in c and "SameSite=Lax" in c for c in cookies if c.startswith("pk"))
    assert "Content-Type" not in anna.client.options("/portal/p/abc/").headers


# -- files ------------------------------------------------------------------------------------------


def deliver(scene: Scene, stream: Stream) -> str:
    """Deliver a film and return its id."""
    with scene.desk.change(scene.id) as change:
        return change.add_file(scene.design, stream, name="film.mov", purpose="Film").id


def test_files_lie_on_the_hosts_storage(on_sqlite: Scene) -> None:
    files = current_portal.files
    assert isinstance(files, DirectoryFiles)
    (key,) = on_sqlite.blobs
    assert Path(files.path(key)).read_bytes() == PDF


def test_a_part_of_a_file(on_sqlite: Scene) -> None:
    anna = browser()
    anna.enter(on_sqlite.url)
    answer = anna.get(f"f/{on_sqlite.home.id}/1", headers={"Range": "bytes=5-7"})
    assert (answer.status_code, answer.data) == (206, PDF[5:8])
    assert answer.headers["Content-Range"] == f"bytes 5-7/{len(PDF)}"
    tag = answer.headers["ETag"]
    again = anna.get(f"f/{on_sqlite.home.id}/1", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_large_file_needs_little_memory(on_sqlite: Scene, measured: None) -> None:
    """30 MB go up and down in pieces: memory stays below 2 MB, every byte arrives."""
    stream = Stream(LARGE)
    anna = browser()
    anna.enter(on_sqlite.url)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    film = deliver(on_sqlite, stream)
    answer = anna.get(f"f/{film}/1")
    digest = hashlib.sha256()
    for chunk in answer.iter_encoded():
        digest.update(chunk)
    answer.close()
    assert tracemalloc.get_traced_memory()[1] - before < LITTLE
    assert answer.headers["Content-Length"] == str(LARGE)
    assert digest.digest() == stream.digest.digest()


def download_by_asgi(anna: Browser, path: str, hear: Callable[[dict[str, Any]], None]) -> None:
    """Get one of Anna's files from an asynchronous server, and let each message of the answer be heard."""
    cookie = "; ".join(f"{c.key}={c.value}" for c in anna.client._cookies.values())

    async def download() -> None:
        gone = asyncio.Event()
        asked = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not asked:
                await gone.wait()
            return asked.pop()

        async def send(message: dict[str, Any]) -> None:
            hear(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{anna.base}{path}",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await ASGIHandler()(scope, receive, send)

    with ThreadPoolExecutor(1) as pool:  # the main thread may have an event loop of a browser
        with mock.patch.dict(connections.settings["default"], CONN_MAX_AGE=0):  # as Django advises
            pool.submit(lambda: asyncio.run(download())).result()


def test_a_large_file_needs_little_memory_under_asgi(on_sqlite: Scene, measured: None) -> None:
    """Django would collect the whole of it first; ours hands on one chunk after the other."""
    stream = Stream(LARGE)
    film = deliver(on_sqlite, stream)
    anna = browser()
    anna.enter(on_sqlite.url)
    digest, largest, status = hashlib.sha256(), 0, 0
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]

    def hear(message: dict[str, Any]) -> None:
        nonlocal largest, status
        status = message.get("status", status)
        digest.update(message.get("body", b""))
        largest = max(largest, len(message.get("body", b"")))

    download_by_asgi(anna, f"f/{film}/1", hear)
    assert status == 200
    assert tracemalloc.get_traced_memory()[1] - before < LITTLE
    assert digest.digest() == stream.digest.digest()
    assert largest <= 64 * 1024


def test_the_end_of_a_download_is_noted_on_the_connection_of_its_request(on_sqlite: Scene) -> None:
    """Django closes that one; one of another thread would stay open for ever, and go stale."""
    film = deliver(on_sqlite, Stream(3 * 1024 * 1024))
    anna = browser()
    anna.enter(on_sqlite.url)
    opened: list[object] = []

    def count(connection: object, **_: object) -> None:
        opened.append(connection)

    connection_created.connect(count)
    try:
        download_by_asgi(anna, f"f/{film}/1", lambda message: None)
    finally:
        connection_created.disconnect(count)
    assert any(use.what == f"file:{film}/1" for use in current_portal.access.of(on_sqlite.id))
    assert len(opened) == 1


@pytest.mark.parametrize("read", [0, 1, 3])
def test_a_broken_download_leaves_nothing_open(on_sqlite: Scene, read: int) -> None:
    film = deliver(on_sqlite, Stream(3 * 1024 * 1024))
    anna = browser()
    anna.enter(on_sqlite.url)
    answer = anna.get(f"f/{film}/1")
    chunks = answer.iter_encoded()
    for _ in range(read):
        next(chunks)
    assert len(open_files(FOLDER / "files")) == 1
    answer.close()
    assert open_files(FOLDER / "files") == []


def test_the_desk_is_that_of_the_core(on_sqlite: Scene) -> None:
    """`current_portal` is the portal: what it opens is what the web shows."""
    desk = current_portal.desk(MAYA)
    assert desk.project(ref="crm:17").id == on_sqlite.id

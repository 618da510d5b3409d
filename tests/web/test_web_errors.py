"""When something fails: a calm page, the right status, nothing of the inside, and nothing lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from portalkit import BlobMissing, Conflict, FileError, StoreError
from portalkit.storage import Head, Row, Store
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.web import ROUTES, Request
from tests.web.stage import (
    END,
    Browser,
    Stage,
    answered,
    below,
    confirm,
    fill,
    make_portal,
    make_stage,
    parts_of,
    review,
    unknown_link,
)

INSIDE = "disk I/O error in /srv/secret/portal.sqlite3"
CALM = "This cannot be shown at the moment"


class Failing(Store):
    """A store that fails when it is told to."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.reading: Exception | None = None
        self.history_: Exception | None = None
        self.writing: Exception | None = None

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        if self.reading:
            raise self.reading
        return self._store.load(project, known=known)

    def history(self, project: str, **select: Any) -> Sequence[Row]:
        if self.history_:
            raise self.history_
        return self._store.history(project, **select)

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        if self.writing:
            raise self.writing
        self._store.commit(head, rows, expected=expected, redact=redact)

    def projects(self, **select: Any) -> Sequence[Head]:
        return self._store.projects(**select)

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        return self._store.claim(now, lease=lease, limit=limit)

    def erase(self, project: str) -> None:
        self._store.erase(project)


@pytest.fixture
def store() -> Failing:
    """A store that works, for now."""
    return Failing()


@pytest.fixture
def broken(store: Failing) -> tuple[Stage, Browser, str]:
    """A stage on that store, with Anna inside."""
    stage = make_stage(make_portal(store=store))
    return stage, stage.enter(), stage.base(stage.own.anna)


def calm(text: str, raw: str) -> None:
    assert CALM in text
    assert "Nothing was changed" in text
    for word in ("Traceback", "sqlite", "/srv", "secret", "StoreError", "error in"):
        assert word not in raw


def test_a_store_that_cannot_be_read_is_a_calm_503_on_every_route(
    store: Failing, broken: tuple[Stage, Browser, str], caplog: pytest.LogCaptureFixture
) -> None:
    """With and without a cookie, for every method: words for people, the cause for the log."""
    stage, anna, base = broken
    token = stage.token(stage.own.anna)
    store.reading = StoreError(INSIDE)
    caplog.set_level(logging.ERROR, "portalkit.web")
    failed = 0
    for _, methods, path in below():
        for method in methods:
            url = base + fill(path, parts_of(stage.own)[0])
            answer = anna.ask(method, url, headers={"content-length": "15", "origin": anna.origin})
            if path == "resend":
                answer = anna.post(url, [END])
            assert answer.status == 503, (method, path)
            calm(answer.text, answer.raw)
            assert answer.header("cache-control") == "no-store"
            assert answer.header("x-content-type-options") == "nosniff"
            assert answer.all("set-cookie") == []
            failed += 1
    assert failed >= len(below())
    answer = stage.browser().get(f"/portal/l/{token}")
    assert answer.status == 503
    calm(answer.text, answer.raw)
    assert INSIDE in caplog.text
    assert token not in caplog.text
    store.reading = None
    assert anna.get(base).status == 200, "it comes back by itself"


def test_a_history_that_cannot_be_read_is_a_calm_503(
    store: Failing, broken: tuple[Stage, Browser, str]
) -> None:
    """Pages that need more than the head fail one by one; the others stay."""
    stage, anna, base = broken
    store.history_ = StoreError(INSIDE)
    for path in (
        "history",
        f"m/{stage.own.design.id}",
        f"u/{stage.own.old.id}",
        f"f/{stage.own.home.id}/1",
    ):
        answer = anna.get(base + path)
        assert answer.status == 503, path
        calm(answer.text, answer.raw)
        assert "Back to the project" in answer.text
    assert anna.get(base).status == 200


@pytest.mark.parametrize("error", [StoreError(INSIDE), Conflict(INSIDE)])
def test_a_decision_that_cannot_be_written_says_so_and_can_be_sent_again(
    store: Failing,
    broken: tuple[Stage, Browser, str],
    error: StoreError,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """503, nothing recorded, and the same confirmation works once the store does."""
    monkeypatch.setattr("portalkit.portal.ledger.PATIENCE", 0.01)
    stage, anna, base = broken
    answer = review(anna, base, stage.own.ask)
    store.writing = error
    failed = confirm(anna, answer)
    assert failed.status == 503
    calm(failed.text, failed.raw)
    assert stage.decisions() == []
    store.writing = None
    assert confirm(anna, answer).status == 303
    assert len(stage.decisions()) == 1


def test_asking_for_the_link_again_fails_calmly(
    store: Failing, broken: tuple[Stage, Browser, str]
) -> None:
    """503 like anything else that cannot be written."""
    stage, _, base = broken
    store.writing = StoreError(INSIDE)
    answer = stage.browser().post(f"{base}resend", [END])
    assert answer.status == 503
    calm(answer.text, answer.raw)


class Lame(MemoryFiles):
    """A file store that fails when it is told to."""

    error: Exception | None = None

    def open(self, key: str, start: int = 0, length: int | None = None) -> Any:
        if self.error:
            raise self.error
        return super().open(key, start, length)


@pytest.mark.parametrize("error", [FileError(INSIDE), BlobMissing(INSIDE)])
def test_bytes_that_cannot_be_read_are_a_calm_503(error: Exception) -> None:
    """Before the first byte, without the headers of a file."""
    files = Lame()
    stage = make_stage(make_portal(files=files))
    anna, base = stage.enter(), stage.base(stage.own.anna)
    files.error = error
    for headers in ({}, {"range": "bytes=0-1"}):
        answer = anna.ask("GET", f"{base}f/{stage.own.home.id}/2", headers=headers)
        assert answer.status == 503
        calm(answer.text, answer.raw)
        assert answer.header("etag") == ""
        assert answer.header("content-disposition") == ""


def test_a_mistake_of_ours_is_not_hidden(
    stage: Stage, anna: Browser, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no error of the portal's goes up to the host, whose tools report it."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("portalkit.pages.update_page", fail)
    with pytest.raises(ZeroDivisionError):
        anna.get(f"{base}u/{stage.own.news.id}")


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "/x", "/p", "/p/", "/l", "/l/", "/s", "/s/", "//", "//evil.example", "/p//", "/p//history",
        "/P/x/", "/p/x/y", "/p/x/m", "/p/x/m/", "/p/x/m/y/", "/p/x/m/y/z", "/p/x/history/", "/p/x/f/y", "/p/x/f/y/1/",
        "/p/x/a/y/certificate/", "/p/x/project.json/", "/p/x/project.JSON", "/static/x", "/admin", "/.env", "/p/x/..",
        "/p/x/m/a/../../..", "/\0", "/p/a b/", "/p/" + "x" * 121 + "/", "/p/x/m/" + "y" * 121, "/" + "z" * 5000,
        "/p/x\n/", "/p/x/\n", "/p/x/m/y\n",
    ],
)  # fmt: skip
def test_what_is_no_address_is_a_calm_404(stage: Stage, path: str) -> None:
    """For every method but those that a route takes; with the door's headers and no link anywhere."""
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        answer = answered(path, stage.web.handle(Request(method=method, path=path)))
        if method in ("GET", "HEAD") and path in ("/p/x",):
            continue
        assert answer.status == 404, (method, path)
        if method != "HEAD":
            assert "There is no such page" in answer.text
        assert answer.header("location") == ""


def test_a_project_address_without_its_slash_gets_it(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Existing and unknown links alike, below the mount point, by GET and HEAD alone."""
    for link in (stage.link(stage.own.anna), unknown_link(), "x"):
        for method in ("GET", "HEAD"):
            answer = anna.ask(method, f"/portal/p/{link}")
            assert answer.status == 301
            assert answer.header("location") == f"/portal/p/{link}/"
        assert anna.ask("POST", f"/portal/p/{link}").status == 404


def test_methods_are_refused_before_anything_is_looked_at(store: Failing) -> None:
    """405 comes from the table alone: same for everybody, and also when the store fails."""
    stage = make_stage(make_portal(store=store))
    store.reading = StoreError(INSIDE)
    for route in ROUTES:
        values = {**parts_of(stage.own)[0], "link": "x", "token": "t", "path": "p", "asset": "a"}
        for method in ("PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "BREW"):
            answer = answered(
                "", stage.web.handle(Request(method=method, path=fill(route.path, values)))
            )
            assert answer.status == 405
            assert "OPTIONS" in answer.header("allow")
            assert "This page does not take that" in answer.text


def test_post_to_a_page_that_only_shows_is_refused(stage: Stage, anna: Browser, base: str) -> None:
    """405 with what it takes instead."""
    for path in (
        "",
        "history",
        "project.json",
        f"m/{stage.own.design.id}",
        f"f/{stage.own.home.id}/2",
    ):
        answer = anna.post(base + path, [END])
        assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")
    for path in ("leave", "resend"):
        answer = anna.get(base + path)
        assert (answer.status, answer.header("allow")) == (405, "POST, OPTIONS")


def test_the_page_of_a_mistake_leads_back_when_the_visitor_is_known(
    stage: Stage, anna: Browser, base: str
) -> None:
    """A way out on every calm page, in the person's language."""
    with stage.change() as change:
        change.change_person(stage.own.anna, locale="de")
    for path in ("m/unknown", "nowhere", "m/"):
        answer = anna.get(base + path)
        assert answer.status == 404
        assert base in answer.page.links
        assert answer.page.elements[0].get("lang") == "de"
        assert base not in stage.browser().get(base + path).page.links


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"), ("de-AT,de;q=0.9,en;q=0.8", "de"), ("en;q=0.1, de;q=0.2", "de"), ("de;q=0, en", "en"), ("fr", "en"),
        ("", "en"), ("*", "en"), ("../../etc", "en"), ("de;q=x", "de"), ("x" * 10_000, "en"), (",;,;q=", "en"),
        ("d\0e", "en"), ("de\r\nX: y", "en"),
    ],
)  # fmt: skip
def test_strangers_are_answered_in_the_language_their_browser_asks_for(
    stage: Stage, header: str, language: str
) -> None:
    """Whatever the header holds; English where there is nothing better."""
    answer = stage.browser().ask(
        "GET", f"/portal/p/{unknown_link()}/", headers={"accept-language": header}
    )
    assert answer.status == 403
    assert answer.page.elements[0].get("lang") == language

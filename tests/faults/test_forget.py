"""A person is erased: name, address and words are nowhere any more, neither on the disk nor in the process."""

from __future__ import annotations

import base64
import gc
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from portalkit import Desk, NotFound
from portalkit.flask import current_portal
from tests.faults.world import MAYA, PDF
from tests.flask.host import Browser, browser, hidden, make_app

NAME, MAIL = "Žofie Křemínková", "zofie@kreminkova.example"
TYPED, COMMENT = "Ž. Křemínková-Nová", "Ale prosím „větší“ <písmo> & více"
AGENT, ADDRESS = "Netscape/4.79 (Zofie's Computer)", "203.0.113.77"
PERSONAL = (NAME, MAIL, TYPED, COMMENT, AGENT, ADDRESS)


def forms(text: str) -> set[bytes]:
    """How a text may lie somewhere: in the usual encodings, and as JSON, HTML, addresses and base64 write it."""
    words = {text, text.casefold(), text.upper(), escape(text), json.dumps(text)[1:-1], quote(text)}
    plain = {word.encode(code) for word in words for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return plain | {form for word in (text, text.casefold()) for form in _base64(word.encode())}


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield what all base64 texts that hold these bytes have in common, for each of three beginnings."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data + bytes(2))
        inside = whole[-(-before * 4 // 3) + (1 if before else 0) : -4]
        yield inside
        yield inside.replace(b"+", b"-").replace(b"/", b"_")


FORMS = {form: text for text in PERSONAL for form in forms(text)}


def found_in(data: bytes) -> set[str]:
    """The personal texts that occur in bytes, in whatever form."""
    return {text for form, text in FORMS.items() if form in data}


def on_the_disk(folder: Path) -> dict[str, set[str]]:
    """The files below a folder in which something personal occurs, in their bytes or names."""
    found = {}
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if texts := found_in(data + str(path).encode()):
            found[path.name] = texts
    return found


def in_the_process(app: Flask) -> set[str]:
    """The personal texts in whatever can be reached from the portal, its pages, and portalkit's modules."""
    todo: list[Any] = [app.extensions["portalkit"], *_rooms()]
    seen: set[int] = set()
    texts: list[bytes] = []
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, ModuleType | FrameType):
            continue
        seen.add(id(thing))
        if isinstance(thing, str | bytes | bytearray):
            plain = thing.encode(errors="surrogatepass") if isinstance(thing, str) else thing
            texts.append(bytes(plain))
        elif isinstance(thing, FunctionType):
            todo += [thing.__defaults__, thing.__kwdefaults__, thing.__closure__, vars(thing)]
        else:
            todo += gc.get_referents(thing)
    return found_in(b"\n".join(texts))


def _rooms() -> Iterator[dict[str, Any]]:
    """What portalkit's modules hold, without what loaded them: that may be pytest, which knows all tests."""
    for name, module in list(sys.modules.items()):
        if name.startswith("portalkit") and not name.startswith("portalkit.testing"):
            yield {key: value for key, value in vars(module).items() if not key.startswith("__")}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An app on the disk whose temporary files can be looked through."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return make_app(tmp_path / "app")


class Story:
    """A project in which Žofie and Bob have decided, looked around and downloaded; long enough for snapshots."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            desk = current_portal.desk(MAYA)
            with desk.open("Website", client="Acme", id="web") as change:
                self.zofie = change.add_person("Somebody", email="before@kreminkova.example").id
                change.change_person(self.zofie, name=NAME, email=MAIL)
                self.bob = change.add_person("Bob Stone", email="bob@acme.example").id
                self.design = change.add_milestone("Design").start().id
                self.home = change.add_file(
                    self.design, io.BytesIO(PDF), name="home.pdf", purpose="Screens"
                ).id
                for person in (self.zofie, self.bob):
                    change.issue_link(person)
                change.rotate_link(self.zofie)
            self.asks = [self._ask(desk, number) for number in range(12)]
            self.urls = {p: desk.link_url("web", p) for p in (self.zofie, self.bob)}
        self.visitors = {person: self._visit(person) for person in (self.zofie, self.bob)}

    def _ask(self, desk: Desk, number: int) -> str:
        with desk.change("web") as change:
            asked = change.request_approval(
                self.design, f"Page {number}", files=[self.home], people=[self.zofie, self.bob]
            )
            change.post_update(self.design, f"Page {number} waits", about=asked)
            return str(asked.id)

    def _visit(self, person: str) -> Browser:
        """Enter, look at everything, decide about everything."""
        mine = person == self.zofie
        client = browser(self.app)
        client.client.environ_base.update(
            REMOTE_ADDR=ADDRESS if mine else "192.0.2.1",
            HTTP_USER_AGENT=AGENT if mine else "Firefox",
        )
        client.enter(self.urls[person])
        for path in self.paths:
            assert client.get(path).status_code == 200
        for ask in self.asks:
            form = hidden(
                client.review(
                    ask,
                    "approved",
                    comment=COMMENT if mine else "Larger",
                    typed_name=TYPED if mine else "Bob Stone",
                )
            )
            sent = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
            assert client.post(f"a/{ask}", sent).status_code == 303
        for path in self.paths:
            assert client.get(path).status_code == 200
        return client

    @property
    def paths(self) -> list[str]:
        """Every kind of page of the project, and its file."""
        pages = ["", "history", "project.json", f"m/{self.design}", f"f/{self.home}/1"]
        return [*pages, f"a/{self.asks[0]}", f"a/{self.asks[-1]}"]


@pytest.fixture
def story(app: Flask) -> Story:
    """The project before anybody is forgotten."""
    return Story(app)


def test_what_would_be_found(tmp_path: Path, app: Flask, story: Story) -> None:
    """Before the erasure everything personal is found, so that finding nothing afterwards says something."""
    assert set().union(*on_the_disk(tmp_path).values()) == set(PERSONAL)
    assert in_the_process(app) >= {NAME, MAIL, COMMENT}


def test_a_forgotten_person_is_nowhere(tmp_path: Path, app: Flask, story: Story) -> None:
    """Database, journal, snapshots, access log, bytes, temporary files, caches, pages; the project still verifies."""
    with app.app_context():
        current_portal.care.redact("web", story.zofie)
        assert on_the_disk(tmp_path) == {}
        assert in_the_process(app) == set()
        bob = story.visitors[story.bob]
        for path in story.paths:
            answer = bob.get(path)
            assert answer.status_code == 200
            assert found_in(answer.data) == set()
        assert current_portal.verify("web").ok
        assert list(current_portal.care.check_files(["web"])) == []
        assert on_the_disk(tmp_path) == {}
        assert in_the_process(app) == set()


@pytest.mark.parametrize("how", ["a person", "a project"])
def test_another_process_forgets_at_its_next_look(
    tmp_path: Path, app: Flask, story: Story, how: str
) -> None:
    """Whoever has the project in memory lets go of it once they look again after somebody else's erasure."""
    other = make_app(tmp_path / "app", PORTALKIT_KEYS=app.config["PORTALKIT_KEYS"])
    bob = browser(other)
    bob.enter(story.urls[story.bob])
    bob.get(f"a/{story.asks[-1]}")
    assert in_the_process(other) >= {NAME, COMMENT}
    with app.app_context():
        if how == "a person":
            current_portal.care.redact("web", story.zofie)
        else:
            current_portal.care.erase("web")
    assert bob.get("").status_code == (200 if how == "a person" else 403)
    assert in_the_process(other) == set()


def test_a_forgotten_person_stays_forgotten(tmp_path: Path, app: Flask, story: Story) -> None:
    """What is written afterwards, over pages that were freed and with new snapshots, brings nothing back."""
    with app.app_context():
        current_portal.care.redact("web", story.zofie)
        desk = current_portal.desk(MAYA)
        for number in range(60):
            with desk.change("web") as change:
                change.post_update(story.design, f"News {number}. " * 200)
        current_portal.care.rebuild(["web"])
    story.visitors[story.zofie].get("")
    assert browser(app).get(story.urls[story.zofie]).status_code in (403, 410)
    assert on_the_disk(tmp_path) == {}
    assert in_the_process(app) == set()
    fresh = make_app(tmp_path / "app")
    with fresh.app_context():
        assert current_portal.verify("web").ok
        assert current_portal.project("web").people[story.zofie].redacted
    assert in_the_process(fresh) == set()


def test_an_erased_project_is_nowhere(tmp_path: Path, app: Flask, story: Story) -> None:
    """Nothing of anybody in it, of its files and their names, of its titles and words, or of its links."""
    with app.app_context():
        key = current_portal.project("web").files[story.home].current.key
        [link, _] = current_portal.project("web").links
        assert current_portal.access.of("web")
        current_portal.care.erase("web")
        assert on_the_disk(tmp_path) == {}
        assert in_the_process(app) == set()
        with pytest.raises(NotFound):
            current_portal.project("web")
    kept = [path for path in (tmp_path / "app").rglob("*") if path.is_file()]
    words = [PDF, b"home.pdf", b"Bob Stone", b"bob@acme.example", b"Page 7", b"Larger"]
    for path in kept:
        data = path.read_bytes()
        assert not [word for word in [*words, link.encode(), key.encode()] if word in data], path

"""kill -9 of the whole server: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from socket import create_connection

import pytest
from attrs import astuple, define, field, frozen

from tests.faults.server import PATIENCE, Client, Server
from tests.faults.world import Scene, close, open_project
from tests.hosts import Host
from tests.hosts.fixtures import EVERY
from tests.hosts.flask import FlaskHost

KILLS, FEWER = 20, 6
"""At the first host, and at each other: what a kill can catch halfway lies in the core and in the stores."""
CROWD = 3

ENTRIES = {"update": 2, "upload": 2, "ask": 2, "decision": 1}
"""How many entries a block of each kind adds; each of them holds the block's mark."""


@frozen
class Deed:
    """Something that was done and acknowledged; its page shows ``there``, or bytes of this digest."""

    mark: str
    path: str
    there: str = ""
    sha256: str = ""


@define
class Journal:
    """What was tried and what was acknowledged, kept outside of the processes that are killed."""

    tried: dict[str, str] = field(factory=dict)
    acknowledged: list[Deed] = field(factory=list)
    problems: list[str] = field(factory=list)

    def attempt(self, kind: str) -> str:
        """Note that something is about to be tried, and return its mark."""
        mark = f"mark-{secrets.token_hex(8)}"
        self.tried[mark] = kind
        return mark


@define
class Worker:
    """One of those who work with the server: as staff, and as the client in a browser of her own."""

    server: Server
    scene: Scene
    url: str
    journal: Journal
    client: Client = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.client = Client(self.server.port)

    def do(self, kind: str) -> Deed:
        """Do something of a kind and note that it was acknowledged."""
        if kind == "decision":
            asked = self.do("ask").path.rpartition("/")[2]
            deed = self.decide(asked, self.journal.attempt(kind))
        else:
            deed = getattr(self, kind)(self.journal.attempt(kind))
        self.journal.acknowledged.append(deed)
        return deed

    def work_on(self) -> None:
        """Do one thing after another until the server is gone."""
        chance = random.Random()
        try:
            while True:
                self.do(chance.choice(["update", "upload", "decision"]))
        except (OSError, HTTPException):
            pass  # killed: what was under way was not acknowledged
        except Exception as error:
            self.journal.problems.append(repr(error))

    def update(self, mark: str) -> Deed:
        first, _ = self.staff("update", mark.encode())
        return Deed(mark, f"u/{first}", there=mark)

    def upload(self, mark: str) -> Deed:
        data = random.randbytes(random.randrange(1, 400_000))
        made = self.staff(f"file/{self.scene.home.id}?changed={mark}", data)
        path = f"f/{self.scene.home.id}/{made['version']}"
        return Deed(mark, path, sha256=hashlib.sha256(data).hexdigest())

    def ask(self, mark: str) -> Deed:
        asked = self.staff(f"ask/{self.scene.anna.id}", mark.encode())
        return Deed(mark, f"a/{asked}", there=mark)

    def decide(self, asked: str, mark: str) -> Deed:
        if not self.client.base:
            self.client.enter(self.url)
        fields = self.client.prepare(asked, "changes_requested", mark)
        answer = self.client.confirm(asked, fields)
        assert answer.status == 303, answer.text
        return Deed(mark, f"a/{asked}", there=mark)

    def staff(self, path: str, body: bytes) -> dict[str, str]:
        where = f"/staff/{self.scene.id}/{self.scene.design.id}/{path}"
        answer = self.client.send("POST", where, body, {"X-Staff-Token": self.server.token})
        assert answer.status == 200, answer.text
        made: dict[str, str] = json.loads(answer.body)
        return made

    @contextmanager
    def half_an_upload(self, files: Path) -> Iterator[None]:
        """Be in the middle of an upload, with bytes on the server's disk already."""
        mark = self.journal.attempt("upload")
        head = (
            f"POST /staff/{self.scene.id}/{self.scene.design.id}/file/{self.scene.home.id}"
            f"?changed={mark} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
            f"X-Staff-Token: {self.server.token}\r\n\r\n"
        )
        before = parts(files)
        with create_connection(("127.0.0.1", self.server.port), PATIENCE) as connection:
            connection.sendall(head.encode() + bytes(450_000))
            deadline = time.monotonic() + PATIENCE
            while not parts(files) - before:
                assert time.monotonic() < deadline, "the upload did not begin"
                time.sleep(0.005)
            yield


def parts(files: Path) -> set[Path]:
    """The files of uploads that are not whole."""
    return set(files.rglob(".*.part"))


@contextmanager
def crowd(me: Worker) -> Iterator[None]:
    """Let others work at the same time, until the block has killed the server."""
    workers = [Worker(me.server, me.scene, me.url, me.journal) for _ in range(CROWD)]
    threads = [threading.Thread(target=worker.work_on, daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        me.server.kill()
        deadline = time.monotonic() + PATIENCE
        while any(thread.is_alive() for thread in threads):
            assert time.monotonic() < deadline, "a client waits for ever"
            for worker, thread in zip(workers, threads, strict=True):
                worker.client.hang_up()  # the port is still open: nobody will answer there
                thread.join(0.02)


def check(server: Server, scene: Scene, journal: Journal, since: int) -> None:
    """See that the log and the bytes hold everything acknowledged, and nothing by halves."""
    portal = server.portal()
    try:
        verification = portal.verify(scene.id)
        assert verification.ok, verification.problem
        entries = portal.entries(scene.id)
        found = Counter(
            value.split()[0]
            for entry in entries
            for value in astuple(entry.fact)
            if isinstance(value, str) and value.startswith("mark-")
        )
        for deed in journal.acknowledged:
            assert found[deed.mark], f"lost: {deed}"
        for mark, count in found.items():
            assert count == ENTRIES[journal.tried[mark]], f"by halves: {journal.tried[mark]} {mark}"
        shas = {deed.mark: deed.sha256 for deed in journal.acknowledged[since:]}
        for entry in entries:
            if shas.get(getattr(entry.fact, "changed", "")):
                data = b"".join(portal.files.open(entry.fact.key))  # type: ignore[attr-defined]
                digest = hashlib.sha256(data).hexdigest()
                assert digest == shas[entry.fact.changed] == entry.fact.sha256  # type: ignore[attr-defined]

    finally:
        close(portal)


def look(client: Client, deed: Deed) -> None:
    """See with the client's eyes that something is there."""
    answer = client.get(client.base + deed.path)
    assert answer.status == 200, deed
    assert deed.there in answer.text if deed.there else True
    if deed.sha256:
        assert hashlib.sha256(answer.body).hexdigest() == deed.sha256


@pytest.fixture
def host(host_kind: Callable[[Path], Host], quick: Path) -> Iterator[Host]:
    """A host whose data lie where a sync costs nothing: more happens between two kills."""
    with host_kind(quick) as host:
        yield host


@pytest.mark.hosts(*EVERY)
def test_kills_of_a_server_lose_nothing(host: Host, server: Server) -> None:
    """After each of 20 kills, right after an answer and amid other work, the restarted server has it all."""
    portal = server.portal()
    scene = open_project(portal)
    url = scene.url
    close(portal)

    journal = Journal()
    me = Worker(server, scene, url, journal)
    server.start()
    me.client.enter(url)
    for number in range(KILLS if isinstance(host, FlaskHost) else FEWER):
        since = len(journal.acknowledged)
        kind = ("decision", "upload", "update", "half")[number % 4]
        with crowd(me):
            for _ in range(random.randrange(3)):
                me.do(random.choice(["update", "upload", "decision"]))
            if kind == "half":
                with me.half_an_upload(server.data / "files"):
                    last = me.do("update")
                    server.kill()
            else:
                last = me.do(kind)
                server.kill()
        server.start()
        assert journal.problems == []
        check(server, scene, journal, since)
        look(me.client, last)  # with the cookie from before

    check(server, scene, journal, 0)
    assert parts(server.data / "files"), "no upload was under way when the server was killed"
    server.stop()
    assert "Traceback" not in server.log.read_text()

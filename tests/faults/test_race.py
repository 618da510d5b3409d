"""Many at once: threads, processes and forks that write the same project."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from portalkit import ApprovalDecided, Outcome, Outdated
from portalkit.storage.sqlite import SQLiteStore
from tests.faults.server import Client, Server
from tests.faults.world import PATIENCE, Scene, forked, open_project, portal_at, result
from tests.hosts import Host
from tests.hosts.fixtures import EVERY

T = TypeVar("T")

RACERS = 50


def race(contender: Callable[[int], T], racers: int = RACERS) -> list[T]:
    """Call ``contender`` in many threads that start together, and return what they returned."""
    start = threading.Barrier(racers)

    def run(number: int) -> T:
        start.wait(PATIENCE)
        return contender(number)

    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(run, range(racers)))


# -- decisions ----------------------------------------------------------------------------------


@pytest.mark.hosts(*EVERY)
def test_racing_decisions_over_http(server: Server) -> None:
    """Of 50 confirmations by one person, half yes and half no, one counts; those that differ are 409."""
    scene = open_project(server.portal())
    server.start()
    browsers = [Client(server.port) for _ in range(4)]
    outcomes = ["approved", "declined"] * 2
    forms = []
    for client, outcome in zip(browsers, outcomes, strict=True):
        client.enter(scene.url)
        forms.append(client.prepare(scene.ask.id, outcome, "" if outcome == "approved" else "No."))

    def confirm(number: int) -> tuple[str, int]:
        which = number % len(browsers)
        return outcomes[which], browsers[which].confirm(scene.ask.id, forms[which]).status

    answers = Counter(race(confirm))
    (decision,) = scene.decisions
    won, lost = sorted(set(outcomes), key=lambda outcome: outcome != decision.outcome)
    assert answers == {(won, 303): RACERS // 2, (lost, 409): RACERS // 2}
    assert scene.whole()
    server.stop()
    assert "Traceback" not in server.log.read_text()


def test_racing_decisions_in_threads(tmp_path: Path, scene: Scene) -> None:
    """Of 50 decisions by one person in threads, through two portals on one file, one is on record."""
    heard: list[object] = []
    portals = [scene.portal, portal_at(tmp_path / "portal")]
    visits = [scene.visit(portals[number % 2]) for number in range(RACERS)]
    manifest = visits[0].approval(scene.ask).manifest
    for portal in portals:
        portal.on(ApprovalDecided, heard.append)

    def decide(number: int) -> str:
        outcome = (Outcome.APPROVED, Outcome.DECLINED)[number // 2 % 2]
        try:
            made = visits[number].decide(
                scene.ask, outcome, manifest=manifest, typed_name="Anna Keller", comment="So be it."
            )
        except Outdated:
            return f"{outcome}: outdated"
        return f"{outcome}: {made.outcome}"

    answers = Counter(race(decide))
    (decision,) = scene.decisions
    lost = {Outcome.APPROVED: "declined", Outcome.DECLINED: "approved"}[decision.outcome]
    assert set(answers) == {f"{decision.outcome}: {decision.outcome}", f"{lost}: outdated"}
    assert len(heard) == 1
    assert scene.whole()


# -- processes ----------------------------------------------------------------------------------


def test_four_processes_write_one_project(
    tmp_path: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four processes change one project at once: no error, every entry there, and the chain verifies."""
    each = 40
    before = len(scene.entries)

    def work(number: int) -> None:
        waits = []
        portal = portal_at(tmp_path / "portal")
        for turn in range(each):
            began = time.perf_counter()
            scene.post(f"process {number}, turn {turn}", portal)
            waits.append(time.perf_counter() - began)
        (tmp_path / f"waits-{number}").write_text(json.dumps(waits))

    children = [forked(lambda number=number: work(number)) for number in range(4)]  # type: ignore[misc]
    assert [result(child) for child in children] == [0, 0, 0, 0]
    waits = sorted(w for n in range(4) for w in json.loads((tmp_path / f"waits-{n}").read_text()))
    with capsys.disabled():
        p99, worst = (1000 * waits[place] for place in (len(waits) * 99 // 100, -1))
        print(f"\n4 processes, {len(waits)} commits: p99 wait {p99:.1f} ms, worst {worst:.1f} ms")

    assert len(scene.entries) - before == 4 * each
    for number in range(4):
        own = [text for text in scene.texts if text.startswith(f"process {number},")]
        assert own == [f"process {number}, turn {turn}" for turn in range(each)]
    assert scene.whole()


def test_a_portal_made_before_a_fork(scene: Scene) -> None:
    """Parent and children go on with the portal that the parent made, read and wrote before the fork."""
    scene.post("before")
    expected = ["before"]

    def work(number: int) -> None:
        assert "before" in scene.texts
        scene.visit().note("page")
        for turn in range(5):
            scene.post(f"child {number}, turn {turn}")

    children = [forked(lambda number=number: work(number)) for number in range(3)]  # type: ignore[misc]
    for turn in range(5):
        scene.post(f"parent, turn {turn}")
    assert [result(child) for child in children] == [0, 0, 0]
    expected += [f"parent, turn {turn}" for turn in range(5)]
    expected += [f"child {number}, turn {turn}" for number in range(3) for turn in range(5)]
    assert Counter(scene.texts) == Counter(expected)
    assert (
        1 <= len(scene.portal.access.of(scene.id)) <= 2
    )  # once an hour, and one may begin just now
    assert scene.whole()


@contextmanager
def busy(work: Callable[[], object], threads: int = 3) -> Iterator[None]:
    """Keep threads busy with something while the block runs."""
    over = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            while not over.is_set():
                work()
        except BaseException as error:
            failed.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in running:
            thread.join(PATIENCE)
    assert failed == []


def test_a_fork_amid_the_work_of_other_threads(scene: Scene) -> None:
    """A process forked while other threads read and write the portal can use it: nothing is left locked."""

    def read_and_write() -> None:
        scene.post("thread")
        assert scene.visit().project.title == "Website relaunch"

    with busy(read_and_write):
        for number in range(8):
            child = forked(lambda number=number: scene.post(f"child {number}"))  # type: ignore[misc]
            assert result(child) == 0
    assert [text for text in scene.texts if text != "thread"] == [f"child {n}" for n in range(8)]
    assert scene.whole()


def test_a_fork_at_the_worst_moment(scene: Scene) -> None:
    """A child works even if another thread was noting what it had read when the fork came."""
    scene.post("before")
    inside, onwards = threading.Event(), threading.Event()

    ledger = scene.portal.ledger

    class Stopping(OrderedDict[str, Any]):
        """Stops the thread where the ledger notes what it has read."""

        def __setitem__(self, key: str, value: object) -> None:
            if threading.current_thread() is thread:
                inside.set()
                assert onwards.wait(PATIENCE)
            super().__setitem__(key, value)

    ledger._remembered = Stopping()
    thread = threading.Thread(target=lambda: scene.post("thread"))
    thread.start()
    try:
        assert inside.wait(PATIENCE)
        assert result(forked(lambda: scene.post("child"))) == 0
    finally:
        onwards.set()
        thread.join(PATIENCE)
    assert Counter(scene.texts) == Counter(["before", "thread", "child"])


def test_a_fork_while_another_thread_has_the_turn(scene: Scene) -> None:
    """The child waits for that turn like everybody else, and then writes; the thread loses nothing."""
    store = scene.portal.ledger.store
    assert isinstance(store, SQLiteStore)
    inside, onwards = threading.Event(), threading.Event()

    def take_long() -> None:
        with store.turn(scene.id):
            inside.set()
            assert onwards.wait(PATIENCE)
            scene.post("thread")

    thread = threading.Thread(target=take_long)
    thread.start()
    assert inside.wait(PATIENCE)
    child = forked(lambda: scene.post("child"))
    onwards.set()
    assert result(child) == 0
    thread.join(PATIENCE)
    assert scene.texts == ["thread", "child"]
    assert scene.whole()


@pytest.mark.hosts(*EVERY)
def test_a_server_that_makes_its_app_before_it_forks(host: Host) -> None:
    """Gunicorn with ``preload_app``: all processes work on the one portal that its master made."""
    server = host.server(preload=True)
    scene = open_project(server.portal())
    server.start()
    anna = Client(server.port)
    anna.enter(scene.url)
    place = f"/staff/{scene.id}/{scene.design.id}"
    told = {"X-Staff-Token": server.token}

    def post(number: int) -> int:
        text = f"number {number}".encode()
        return Client(server.port).send("POST", f"{place}/update", text, told).status

    assert Counter(race(post, racers=24)) == {200: 24}
    assert sorted(scene.texts) == sorted(
        f"number {n} {p}" for n in range(24) for p in ("one", "two")
    )
    fields = anna.prepare(scene.ask.id, "approved")
    assert anna.confirm(scene.ask.id, fields).status == 303
    server.stop()
    assert "Traceback" not in server.log.read_text()
    assert len(scene.decisions) == 1
    assert scene.whole()


@pytest.mark.hosts(*EVERY)
def test_a_visitor_sees_what_another_process_wrote(server: Server) -> None:
    """Two processes serve; whichever answers shows the newest."""
    scene = open_project(server.portal())
    server.start()
    client = Client(server.port)
    client.enter(scene.url)
    for number in range(10):
        scene.post(f"news {number}")
        assert f"news {number}" in client.get(client.base).text
    server.stop()


# -- the connections ----------------------------------------------------------------------------


def test_many_threads_need_few_connections(tmp_path: Path, scene: Scene) -> None:
    """Threads that come and go leave no connection behind: a server runs for months."""
    race(lambda number: scene.post(f"{number}"), racers=8)
    database = str(tmp_path / "portal" / "portal.sqlite3")

    def is_open(descriptor: str) -> bool:
        try:
            return os.readlink(f"/proc/self/fd/{descriptor}") == database
        except FileNotFoundError:
            return False

    for _ in range(5):
        race(lambda number: scene.visit(), racers=4)
    assert 1 <= sum(map(is_open, os.listdir("/proc/self/fd"))) <= 8
    with closing(SQLiteStore(tmp_path / "portal" / "portal.sqlite3")) as other:
        assert len(other.history(scene.id)) == len(scene.entries)

"""kill -9 at every named fail point, at each pass: the law holds, and the next process goes on."""

from __future__ import annotations

import signal
import threading
import time
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.faults.deeds import SCRIPT, Hand, Told, check, check_leaks, opened
from tests.faults.points import POINTS, armed
from tests.faults.world import PATIENCE, Scene, forked, open_project, portal_at, result


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write snapshots often, so that they are met."""
    monkeypatch.setattr("portalkit.portal.ledger.SNAPSHOT_EVERY", 7)


@pytest.fixture
def data(quick: Path) -> Path:
    """A portal's folder."""
    return quick / "portal"


@pytest.fixture
def scene(data: Path) -> Scene:
    """A project in it; nothing of it is open."""
    scene = open_project(portal_at(data))
    scene.portal.ledger.store.close()  # type: ignore[attr-defined]
    return scene


def act_out(scene: Scene, data: Path, journal: Path) -> None:
    """Do every kind of deed, and tell of each in a journal."""
    with journal.open("ab", buffering=0) as file:

        def tell(told: Told) -> None:
            file.write(f"{told.kind} {told.mark} {told.project or '-'} {told.done:d}\n".encode())

        hand = Hand(scene, data, tell, Random(7), time.time())
        for kind in SCRIPT:
            hand.do(kind)


def be_another(scene: Scene, data: Path, journal: Path) -> None:
    """Do it as a process that has just come up."""
    with opened(scene, data) as scene:
        act_out(scene, data, journal)


def heard(journal: Path) -> list[Told]:
    """What the dead have told."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    return [
        Told(kind, mark, project.strip("-") and project, done == "1")
        for kind, mark, project, done in lines
    ]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_point(tmp_path: Path, data: Path, scene: Scene, point: str) -> None:
    """Killed at the first pass of the point, then at the second, and so on until all were tried."""
    journal = tmp_path / "journal"
    journal.touch()
    for nth in count(1):
        with armed(point, nth):
            ended = result(forked(lambda: be_another(scene, data, journal)))
        told = heard(journal)
        check(data, scene, told)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert nth > 1, "the point was never passed"
    check_leaks(data, scene, told)


class Died(BaseException):
    """What ends a thread in these tests."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("point", POINTS)
def test_a_thread_dies_at_a_point(tmp_path: Path, data: Path, scene: Scene, point: str) -> None:
    """A thread that ends in the midst of its work leaves the portal of its process usable by the others."""
    journal = tmp_path / "journal"
    journal.touch()
    dead: list[str] = []

    def end() -> None:
        dead.append(threading.current_thread().name)
        raise Died

    with opened(scene, data) as scene, armed(point, act=end):
        scene.portal.ledger.store.close()  # type: ignore[attr-defined]  # its next connections are watched
        thread = threading.Thread(target=lambda: act_out(scene, data, journal), name=point)
        thread.start()
        thread.join(PATIENCE)
        assert dead == [point]
        scene.post("goes on")
        assert scene.texts[-1] == "goes on"
    check(data, scene, heard(journal))

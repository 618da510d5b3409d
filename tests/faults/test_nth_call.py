"""The n-th call to the disk fails, for every n: refused and nothing of it there, or acknowledged and there."""

from __future__ import annotations

import errno
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve

from tests.faults.deeds import check
from tests.faults.order import from_notes, unsafe
from tests.faults.shim import FOREVER, SHORT, Fault, Preloaded, Ran, compiled
from tests.faults.world import TORTURE, Scene, open_project, portal_at

Attempt = Callable[[Fault, bool], Ran]

KINDS = ["open", "update", "deliver", "decide", "rebuild", "redact"]
EVERY = 1 if TORTURE else 10
"""Writes are many: `make test` lets every tenth of them fail, beginning by chance; `make torture` each one."""


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    """A process with the library loaded."""
    folder = tmp_path_factory.mktemp("shim")
    with Preloaded.start(compiled(folder), folder) as preloaded:
        yield preloaded


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portal's folder, to be copied for each run."""
    return tmp_path_factory.mktemp("template") / "portal"


@pytest.fixture(scope="module")
def scene(template: Path) -> Scene:
    """The project in it."""
    scene = open_project(portal_at(template))
    scene.portal.ledger.store.close()  # type: ignore[attr-defined]
    return scene


@pytest.fixture
def attempt(preloaded: Preloaded, template: Path, scene: Scene, quick: Path) -> Attempt:
    """Do all kinds of deeds under a fault, and see that the law holds."""

    def run(fault: Fault, abruptly: bool) -> Ran:
        data = quick / "portal"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(template, data)
        ran = preloaded.run("deeds", scene, data, fault, kinds=KINDS, abruptly=abruptly)
        assert ran.ended in ((0, -signal.SIGKILL) if abruptly else (0,)), (
            "an error that is not ours"
        )
        check(data, scene, ran.told, strict=not abruptly)
        assert unsafe(from_notes(ran.order)) == []
        return ran

    return run


ONCE = {
    "a sync fails": Fault("fsync", error=errno.EIO),
    "a sync finds no room": Fault("fsync", error=errno.ENOSPC),
    "a name fails": Fault("rename unlink mkdir ftruncate", error=errno.EIO),
    "too many open files": Fault("open", error=errno.EMFILE),
    "a write fails": Fault("write pwrite", error=errno.EIO),
    "a write finds no room": Fault("write pwrite", error=errno.ENOSPC),
}


def every(fault: Fault) -> Iterator[int]:
    """Yield the calls that are to fail; the caller stops when there are no more."""
    step = EVERY if "write" in fault.calls else 1
    return count(random.randrange(step) + 1, step)


@pytest.mark.parametrize("abruptly", [False, True], ids=["closed", "killed"])
@pytest.mark.parametrize("name", ONCE)
def test_a_call_fails_once(attempt: Attempt, name: str, abruptly: bool) -> None:
    """Whichever call it is: refused and nothing there, or done; and the same deed again is done, in order.

    In order means that a sync that fails is not made good by a later one that has nothing to write.
    """
    failed = 0
    for nth in every(ONCE[name]):
        ran = attempt(evolve(ONCE[name], nth=nth, until=nth), abruptly)
        done = [told.kind for told in ran.told if told.done]
        assert not done or set(done) == {*KINDS, "ask"}, "it was refused again"
        failed += bool(ran.refused)
        if ran.passed < nth:
            break
    assert failed > 1


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_every_call_fails_from_then_on(attempt: Attempt, error: int) -> None:
    """From whichever call on the disk fails or takes nothing more: what was acknowledged before is there.

    If it stops in the very act of a sync, nobody can know whether the commit is on it: it may turn up later.
    """
    calls = "write pwrite fsync ftruncate rename unlink mkdir open-to-write"
    fault, acknowledged = Fault(calls, error=error), set()
    for nth in every(fault):
        ran = attempt(evolve(fault, nth=nth, until=FOREVER), True)
        acknowledged.add(sum(told.done for told in ran.told))
        if ran.passed < nth:
            break
    assert acknowledged >= {0, len(KINDS) + 1}
    assert len(acknowledged) > 3


@pytest.mark.parametrize(
    "fault",
    [Fault("write pwrite", error=SHORT, until=FOREVER), Fault("write", error=errno.EINTR)],
    ids=["short writes", "interrupted writes"],
)
def test_a_write_that_does_less_is_gone_on_with(attempt: Attempt, fault: Fault) -> None:
    """A write of half the bytes, or none because a signal came, is no failure."""
    for nth in count(1) if fault.until == 0 else [1]:
        ran = attempt(evolve(fault, nth=nth, until=fault.until or nth), False)
        assert not ran.refused
        assert {told.kind for told in ran.told if told.done} == {*KINDS, "ask"}
        if ran.passed < nth:
            break
    assert ran.passed

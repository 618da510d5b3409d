"""kill -9 of workers in a loop: 200 times in `make test`, 1,000 times in `make torture`.

Two workers write at once.  One is killed, at a named fail point or at any moment; then the other, once it
has shown that nothing holds it up.  What was acknowledged stands in a journal that neither of them can
touch.  A failure tells its seed: ``PORTALKIT_SEED`` makes the same choices again.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Self

import pytest
from attrs import asdict, define, field

from tests.faults.deeds import BLOCKS, SCRIPT, Hand, Told, check, check_leaks, opened
from tests.faults.points import POINTS, armed, die
from tests.faults.world import KILLS, PATIENCE, Scene, forked, open_project, portal_at, result

KILLS_OF_A_PORTAL = 50
TICK = 0.05
"""Seconds, more than the time of a file may lag behind the clock."""
DEEDS = 8
"""After so many a worker that was not killed before kills itself, at leisure."""


class Journal:
    """What was told, fsynced before it counts, outside of the processes that are killed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self.told: list[Told] = []

    def add(self, lines: Sequence[bytes]) -> list[Told]:
        """Write lines down."""
        self._file.write(b"".join(line + b"\n" for line in lines))
        os.fsync(self._file.fileno())
        told = [Told(**json.loads(line)) for line in lines]
        self.told += told
        return told

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@define
class Worker:
    """A process that does one deed after another until it is killed, and tells of each over a pipe."""

    pid: int
    journal: Journal
    _pipe: int
    _rest: bytes = field(default=b"", init=False)

    @classmethod
    def start(
        cls,
        scene: Scene,
        data: Path,
        journal: Journal,
        seed: int,
        *,
        began: float,
        point: tuple[str, int] | None = None,
    ) -> Self:
        """Fork one; if a fail point is given, it dies there.  ``began``: as in `Hand`."""
        ours, theirs = os.pipe()

        def work() -> None:
            os.close(ours)
            chance = Random(seed)

            def tell(told: Told) -> None:
                os.write(theirs, json.dumps(asdict(told)).encode() + b"\n")

            with armed(*point) if point else nullcontext(), opened(scene, data) as mine:
                hand = Hand(mine, data, tell, chance, began)
                for _ in range(DEEDS):
                    hand.do(chance.choice([*SCRIPT, *BLOCKS]))
                die()

        worker = cls(forked(work), journal, ours)
        os.close(theirs)
        return worker

    def hear(self, timeout: float = PATIENCE) -> list[Told] | None:
        """Return what it has told since, as soon as it tells something; ``None`` once it is dead."""
        if not select.select([self._pipe], [], [], timeout)[0]:
            assert timeout == 0, "a worker hangs"
            return []
        heard = os.read(self._pipe, 65_536)
        if not heard:
            assert not self._rest
            return None
        *lines, self._rest = (self._rest + heard).split(b"\n")
        return self.journal.add(lines)

    def hear_out(self) -> None:
        """Hear what it has told until now."""
        while self.hear(timeout=0):
            pass

    def die(self) -> None:
        """Kill it, unless it has died already, and hear its last words."""
        os.kill(self.pid, signal.SIGKILL)
        self.outlive()

    def outlive(self) -> None:
        """Hear it until it dies."""
        while self.hear() is not None:
            pass
        os.close(self._pipe)
        assert result(self.pid) == -signal.SIGKILL


def kill_two(scene: Scene, data: Path, journal: Journal, chance: Random) -> None:
    """Let two workers write; kill one, see the other go on, and kill that one too."""
    at_a_point = chance.random() < 0.5
    point = (chance.choice(list(POINTS)), chance.randrange(1, 6)) if at_a_point else None
    # Earlier than either: a file that the other one is just about to name is no leftover.
    began = time.time() - TICK
    victim, other = (
        Worker.start(scene, data, journal, chance.getrandbits(32), began=began, point=each)
        for each in (point, None)
    )
    if not at_a_point:
        victim.hear()
        time.sleep(chance.uniform(0, 0.06))
        os.kill(victim.pid, signal.SIGKILL)
    victim.outlive()
    other.hear_out()
    heard: list[Told] | None = []
    while heard is not None and not any(told.done for told in heard):
        heard = other.hear()  # if the dead one still held the turn, this would be for ever
    other.die()


@pytest.mark.parametrize("portal", range(-(-KILLS // KILLS_OF_A_PORTAL)))
def test_kills_lose_nothing(
    tmp_path: Path, quick: Path, monkeypatch: pytest.MonkeyPatch, portal: int
) -> None:
    """50 times killed: after each the log and the bytes hold what the journal says; in the end nothing is left over."""
    seed = int(os.environ.get("PORTALKIT_SEED") or secrets.randbelow(2**32))
    monkeypatch.setattr("portalkit.portal.ledger.SNAPSHOT_EVERY", 7)
    data, journal, chance = quick / "portal", Journal(tmp_path / "journal"), Random(seed)
    scene = open_project(portal_at(data))
    scene.portal.ledger.store.close()  # type: ignore[attr-defined]
    try:
        for _ in range(KILLS_OF_A_PORTAL // 2):
            kill_two(scene, data, journal, chance)
            check(data, scene, journal.told)
        check_leaks(data, scene, journal.told)
    except BaseException as error:
        error.add_note(f"PORTALKIT_SEED={seed}; the journal: {tmp_path / 'journal'}")
        raise
    finally:
        journal.close()
    assert {told.kind for told in journal.told if told.done} == set(SCRIPT)

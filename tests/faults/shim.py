"""A process whose calls to the disk can be made to fail, by a library that is loaded before C's own.

`Preloaded` starts it; each `run` forks a fresh child of it, arms the library in that child, and lets it work
on a portal's folder.  As a script this module is that process.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import pytest
from attrs import asdict, define, frozen

from portalkit import FileError, Handle, PortalError, StoreError
from tests.faults.deeds import Hand, Told, opened
from tests.faults.points import die
from tests.faults.world import PATIENCE, Scene, forked, portal_at, result

ROOT = Path(__file__).parent.parent.parent
REMEDY = (
    "The fault suite needs a C compiler: apt-get install gcc libc6-dev, or whatever gives you `cc`"
)

SHORT = -1
"""In place of an error number: half of the bytes are written, and no error is told."""

FOREVER = 2**31


def compiled(folder: Path) -> Path:
    """Compile the library into a folder."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.fail(REMEDY, pytrace=False)
    library = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    options = ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run([compiler, *options], check=True)
    return library


@frozen
class Fault:
    """What is wrong with the disk: calls that fail, from the n-th to the ``until``-th.

    Attributes:
        calls: names with blanks between: write pwrite fsync ftruncate rename unlink mkdir open open-to-write.
        error: an error number, or `SHORT`.
    """

    calls: str = ""
    nth: int = 1
    until: int = 0
    error: int = 0


@frozen
class Ran:
    """How a child ended (its exit code, negative if by a signal), and what came of its deeds.

    ``passed`` is how many of the calls there were, ``order`` is what reached the disk and the client.
    """

    ended: int
    told: list[Told]
    refused: list[str]
    passed: int
    order: list[str]


@define
class Preloaded:
    """A warm process with the library loaded."""

    library: Path
    folder: Path
    _process: subprocess.Popen[str]

    @classmethod
    def start(cls, library: Path, folder: Path) -> Self:
        """Start it; what its children tell lies in the folder."""
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(library)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(library, folder, process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    def run(self, work: str, scene: Scene, data: Path, fault: Fault, **options: Any) -> Ran:
        """Let a child do something (a function of this module) under a fault."""
        assert self._process.stdin
        assert self._process.stdout
        for name in ("told", "refused", "passed", "order"):
            (self.folder / name).write_text("")
        ids = {name: getattr(scene, name).id for name in ("anna", "design", "home", "ask")}
        asked = {"work": work, "scene": {"id": scene.id, **ids}, "data": str(data), **options}
        print(json.dumps({"fault": asdict(fault), **asked}), file=self._process.stdin, flush=True)
        assert select.select([self._process.stdout], [], [], PATIENCE)[0], "the child hangs"
        ended = int(self._process.stdout.readline())
        told, refused, passed, order = (
            (self.folder / name).read_text().splitlines()
            for name in ("told", "refused", "passed", "order")
        )
        return Ran(
            ended,
            [Told(**json.loads(line)) for line in told],
            refused,
            int(passed[0] if passed else 0),
            order,
        )


# -- in that process ----------------------------------------------------------------------------


def serve(folder: Path) -> None:
    """Fork a child for each line that comes in, and tell how it ended."""
    portal_at(folder / "warm")  # what the first portal of a process loads, all children have
    for line in sys.stdin:
        child = forked(partial(work, folder, json.loads(line)))
        print(result(child), flush=True)


def work(folder: Path, asked: dict[str, Any]) -> None:
    """Arm the library and do what is asked."""
    data, fault = Path(asked.pop("data")), Fault(**asked.pop("fault"))
    ids = asked.pop("scene")
    handles = [Handle(ids[name]) for name in ("anna", "design", "home", "ask")]
    scene = Scene(None, ids["id"], *handles)  # type: ignore[arg-type]  # the work opens the portal
    SHIM.faults_watch(str(data).encode(), str(folder / "order").encode())
    nth, until = ctypes.c_long(fault.nth), ctypes.c_long(fault.until)
    SHIM.faults_fail(fault.calls.encode(), nth, until, fault.error)
    globals()[asked.pop("work")](folder, scene, data, **asked)


def deeds(folder: Path, scene: Scene, data: Path, *, kinds: list[str], abruptly: bool) -> None:
    """Do one deed after another, each again if it is refused by an error of ours; others end the process."""
    with (folder / "told").open("a") as file, (folder / "refused").open("a") as refused:

        def tell(told: Told) -> None:
            if told.done:
                SHIM.faults_answer()
            print(json.dumps(asdict(told)), file=file, flush=True)

        def do(scene: Scene, kind: str) -> None:
            try:
                Hand(scene, data, tell, Random(7), time.time()).do(kind)
            except PortalError as error:
                print(f"{kind}: {error}", file=refused, flush=True)
                raise

        with suppress(PortalError), opened(scene, data) as mine:
            for kind in kinds:
                try:
                    do(mine, kind)
                except PortalError:
                    with suppress(PortalError):
                        do(mine, kind)
            (folder / "passed").write_text(str(SHIM.faults_passed()))
            if abruptly:
                die()
    (folder / "passed").write_text(str(SHIM.faults_passed()))


def full(folder: Path, scene: Scene, data: Path, *, room: int) -> None:
    """See that a disk without room refuses in words of ours, is read, and takes in again once it has room."""

    def deliver() -> None:
        with mine.desk.change(mine.id) as change:
            change.add_version(mine.home, io.BytesIO(bytes(200_000)), changed="Larger")

    def post() -> None:
        with mine.desk.change(mine.id) as change:
            for _ in range(5):
                change.post_update(mine.design, "x" * 20_000)

    with opened(scene, data) as mine:
        SHIM.faults_room(ctypes.c_long(room))
        before = mine.entries, mine.blobs
        for write in (deliver, post):
            with pytest.raises((FileError, StoreError)) as caught:
                write()
            assert "room on" in caught.value.remedy
        assert (mine.entries, mine.blobs) == before
        assert mine.visit().project.title
        SHIM.faults_room(ctypes.c_long(FOREVER))
        mine.post(f"after {room}")
        deliver()
    (folder / "passed").write_text("0")


if __name__ == "__main__":
    SHIM = ctypes.CDLL(os.environ["LD_PRELOAD"])
    serve(Path(sys.argv[1]))

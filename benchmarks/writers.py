"""Four processes that write at the same time: how long each write waits, how many get through.

Run as a script this is one of the writers: it says that it is ready, waits for a line, writes, and
prints when it began and how long each write took.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import IO

import content
import ours
import peer
from attrs import frozen
from timing import percentile

PROCESSES = 4


@frozen
class Crowd:
    """What several writers did together."""

    rate: float
    p99: float


def crowd(kind: str, folder: Path, projects: Sequence[str], count: int) -> Crowd:
    """Let as many processes as there are projects write ``count`` updates each.

    Args:
        kind: ``ours`` or ``peer``.
        folder: where the databases are.
        projects: the project of each process; they may be the same.
        count: how many updates each process posts.
    """
    command = [sys.executable, __file__, kind, str(folder)]
    started = [
        subprocess.Popen(
            [*command, project, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for project in projects
    ]
    for process in started:
        _pipe(process.stdout).readline()  # it is ready
    for process in started:
        _pipe(process.stdin).write("go\n")
        _pipe(process.stdin).flush()
    found = [json.loads(process.communicate()[0]) for process in started]
    waits = sorted(wait for result in found for wait in result["waits"])
    spent = max(r["end"] for r in found) - min(r["start"] for r in found)
    return Crowd(len(waits) / spent, percentile(waits, 0.99))


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _our_writer(folder: Path, project: str) -> Callable[[int], None]:
    desk = ours.portal_of(ours.make_app(folder)).desk(ours.STAFF)
    milestones = list(desk.project(project).milestones)

    def write(number: int) -> None:
        with desk.change(project) as change:
            ours.post(change, milestones[number % content.STARTED], content.text(number))

    return write


def _peer_writer(folder: Path, project: str) -> Callable[[int], None]:
    portal = peer.Peer(folder / "peer.sqlite3")
    with portal.reading() as session:
        milestones = peer.milestones_of(session, project)
    return lambda number: portal.post(milestones[number % content.STARTED], content.text(number))


def _main(kind: str, folder: str, project: str, count: str) -> None:
    make = {"ours": _our_writer, "peer": _peer_writer}[kind]
    write = make(Path(folder), project)
    write(0)
    print("ready", flush=True)
    sys.stdin.readline()
    waits, start = [], monotonic()
    for number in range(int(count)):
        began = perf_counter()
        write(number)
        waits.append(perf_counter() - began)
    print(json.dumps({"start": start, "end": monotonic(), "waits": waits}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

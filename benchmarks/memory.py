"""What a process weighs: after it has served many projects, and while a large file goes up and down.

Run as a script this is such a process: it prints how many bytes it grew by.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import floors
import ours
import peer
import streams

MB = 1e6


def grown(what: str, folder: Path, *arguments: str) -> float:
    """Return by how many bytes a process of its own grows by doing this."""
    command = [sys.executable, __file__, what, str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _ours(folder: Path, projects: Sequence[str]) -> Callable[[], object]:
    app = ours.make_app(folder)
    ours.enter(app, projects[0])
    return lambda: [ours.enter(app, project) for project in projects]


def _peer(folder: Path, projects: Sequence[str]) -> Callable[[], object]:
    portal = peer.Peer(folder / "peer.sqlite3")
    app = peer.make_app(portal, cached=True)
    peer.enter(portal, app, projects[0])
    return lambda: [peer.enter(portal, app, project) for project in projects]


def _flask(_: Path, projects: Sequence[str]) -> Callable[[], object]:
    bare = floors.bare_flask(b"x" * 40_000)
    return lambda: [bare.again() for _ in projects]


def _stream(folder: Path, names: Sequence[str]) -> Callable[[], object]:
    (source,) = names
    app = ours.make_app(folder)
    browser = ours.enter(app, streams.content.TYPICAL)
    upload = streams.our_upload(ours.portal_of(app), Path(source))

    def both() -> None:
        upload()
        streams.our_download(app, browser)()

    return both


_KINDS = {"ours": _ours, "peer": _peer, "flask": _flask, "stream": _stream}


def _highest() -> int:
    """Return the most bytes of memory that this process ever had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _main(what: str, folder: str, names: str) -> None:
    act = _KINDS[what](Path(folder), json.loads(names))
    before = _highest()
    act()
    print(_highest() - before)


if __name__ == "__main__":
    _main(*sys.argv[1:])

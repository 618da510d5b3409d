"""The order in which an upload reaches the disk and its answer the client, seen from outside of a real server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.order import Event, from_notes, from_strace, outline, unsafe
from tests.faults.server import Client
from tests.faults.shim import compiled
from tests.faults.world import PDF, close, open_project
from tests.hosts import Host

CALLS = (
    "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,mkdir,rmdir,ftruncate,sendto"
)


def by_shim(folder: Path, work: Callable[..., None]) -> list[Event]:
    """See what a library notes that stands before C's own; it works everywhere."""
    notes = folder / "notes"
    preload = {"LD_PRELOAD": str(compiled(folder)), "FAULTS_TRACE": str(notes)}
    work(environment={**preload, "FAULTS_ROOT": str(folder / "portal")})
    return from_notes(notes.read_text().splitlines())


def by_strace(folder: Path, work: Callable[..., None]) -> list[Event]:
    """See what the kernel was asked for; it needs a machine on which processes may be traced."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.fail("The fault suite needs strace: apt-get install strace", pytrace=False)
    if subprocess.run([strace, "-f", "true"], capture_output=True).returncode:
        pytest.skip("no process may be traced here; the shim sees the same")
    notes = folder / "notes"
    work(around=[strace, "-f", "-y", "-s", "16", "-e", f"trace={CALLS}", "-o", str(notes)])
    return from_strace(notes.read_text(errors="replace").splitlines(), str(folder / "portal"))


@pytest.mark.parametrize("watch", [by_shim, by_strace])
def test_an_upload_is_on_the_disk_before_it_is_answered(
    host: Host, watch: Callable[[Path, Callable[..., None]], list[Event]]
) -> None:
    """Bytes, sync, name, sync of the folder, log, sync of the log, answer: in this order, and nothing is left unsynced."""

    def work(**options: object) -> None:
        server = host.server(**options)
        scene = open_project(server.portal())
        url = f"/staff/{scene.id}/{scene.design.id}/file/{scene.home.id}?changed=Tightened"
        close(scene.portal)
        server.start()
        answer = Client(server.port).send("POST", url, PDF, {"X-Staff-Token": server.token})
        assert answer.status == 200
        server.stop()

    events = watch(host.folder, work)
    assert unsafe(events) == []
    begin, *steps = outline(events)
    assert begin == "answer"  # to the question whether it is there
    before = steps[: steps.index("answer")]
    assert before[:4] == ["write half file", "fsync half file", "rename file", "fsync folder"]
    # SQLite closed the log before, so the log is new; its head is synced alone where it says so
    assert before[4:7] == ["write log", "fsync log", "fsync folder"]
    assert before[7:] in ([], ["write log", "fsync log"])


def test_the_rule_sees_what_is_wrong() -> None:
    """Whatever is left out or comes too late is told."""
    right = [
        Event("mkdir", "/d/files/p"),
        Event("fsync", "/d/files"),
        Event("write", "/d/files/p/.a.part"),
        Event("fsync", "/d/files/p/.a.part"),
        Event("rename", "/d/files/p/a", "/d/files/p/.a.part"),
        Event("fsync", "/d/files/p"),
        Event("write", "/d/portal.sqlite3-wal"),
        Event("fsync", "/d/portal.sqlite3-wal"),
        Event("answer"),
    ]
    assert unsafe(right) == []
    for place, event in enumerate(right):
        if event.what == "fsync":
            assert unsafe(right[:place] + right[place + 1 :]), event
            assert unsafe([*right[:place], *right[place + 1 :], event]), event


def test_strace_is_read() -> None:
    """Also where one thread interrupts another: a call counts when it is over, an answer when it begins."""
    lines = [
        '7 write(9</d/a>, "x"..., 1) = 1',
        "7 fsync(9</d/a> <unfinished ...>",
        '8 sendto(5<socket:[1]>, "HTTP/1.1 200 OK\\r"..., 99, 0, NULL, 0 <unfinished ...>',
        "7 <... fsync resumed>) = 0",
        "8 <... sendto resumed>) = 99",
        '7 rename("/d/a", "/d/b") = 0',
        '7 write(1</elsewhere>, "x", 1) = 1',
        '7 write(9</d/b>, "x", 1) = -1 ENOSPC (No space left on device)',
    ]
    assert from_strace(lines, "/d") == [
        Event("write", "/d/a"),
        Event("answer"),
        Event("fsync", "/d/a"),
        Event("rename", "/d/b", "/d/a"),
    ]
    assert unsafe(from_strace(lines, "/d")) == ["/d/a was answered for before it was synced"]

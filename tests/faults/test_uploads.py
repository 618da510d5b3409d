"""What clients hand in survives: whole once it was acknowledged, not at all before; in constant memory."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portalkit import FileDelivered, Portal
from portalkit.testing import FixedClock
from tests.faults.server import Answer, Client, Server
from tests.faults.world import Scene, forked, open_project, portal_at, result
from tests.hosts.fixtures import EVERY

SMALL = b"%PDF-1.7 a logo"
LARGE = 200 * 1024**2
MOST = 32 * 1024**2
BOUNDARY = "xxxxxxxxxx"


def fields_at(client: Client, scene: Scene) -> tuple[str, dict[str, str]]:
    """Where the form for files is sent, and its hidden fields."""
    page = client.get(f"{client.base}m/{scene.design.id}")
    return f"{client.base}m/{scene.design.id}/files", page.hidden


def parts(hidden: dict[str, str], files: Iterable[str]) -> tuple[list[bytes], bytes]:
    """What stands before each file in a multipart body, and what ends it."""
    before = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{hidden[n]}\r\n'
        for n in ("pk_csrf", "once")
    )
    heads = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        for name in files
    ]
    heads[0] = before + heads[0]
    end = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="pk_end"\r\n\r\nwhole\r\n'
        f"--{BOUNDARY}--\r\n"
    )
    return [head.encode() for head in heads], end.encode()


def hand_in(client: Client, scene: Scene, files: dict[str, bytes]) -> Answer:
    """Hand files in as a browser does."""
    path, hidden = fields_at(client, scene)
    heads, end = parts(hidden, files)
    body = b"".join(h + d + b"\r\n" for h, d in zip(heads, files.values(), strict=True)) + end
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.send("POST", path, body, {"Content-Type": kind})


def delivered(scene: Scene) -> list[FileDelivered]:
    """What clients have handed in."""
    return [e.fact for e in scene.entries if isinstance(e.fact, FileDelivered)]


@pytest.mark.hosts(*EVERY)
def test_what_was_acknowledged_survives_the_kill(server: Server) -> None:
    """SIGKILL to every process right after the answer: both files are there, byte for byte."""
    scene = open_project(server.portal())
    server.start()
    client = Client(server.port)
    client.enter(scene.url)
    files = {"a.pdf": SMALL, "b.bin": os.urandom(700_000)}
    answer = hand_in(client, scene, files)
    server.kill()
    assert answer.status == 303
    assert [f.sha256 for f in delivered(scene)] == [
        hashlib.sha256(data).hexdigest() for data in files.values()
    ]
    assert scene.whole()
    assert list(scene.portal.care.check_files([scene.id])) == []
    server.start()
    assert "b.bin" in client.get(answer.headers["Location"]).text


@pytest.mark.hosts(*EVERY)
def test_half_a_body_leaves_nothing(server: Server) -> None:
    """The first file arrived whole, the second did not; then the server dies, or the client goes."""
    scene = open_project(server.portal())
    server.start()
    client = Client(server.port)
    client.enter(scene.url)
    before, blobs = len(scene.entries), scene.blobs
    path, hidden = fields_at(client, scene)
    heads, _ = parts(hidden, ["a.pdf", "b.bin"])
    half = heads[0] + SMALL + b"\r\n" + heads[1] + bytes(100_000)
    cookies = "; ".join(f"{name}={value}" for name, value in client._cookies.items())
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 900000\r\n\r\n"
    )
    for dies in (False, True):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(request.encode() + half)
            if dies:
                server.kill()
            else:
                connection.shutdown(socket.SHUT_WR)
                assert b" 400 " in connection.recv(100)
    assert (len(scene.entries), scene.blobs) == (before, blobs)
    server.start()
    assert hand_in(client, scene, {"a.pdf": SMALL}).status == 303


def test_killed_between_bytes_and_entry_leaves_bytes_that_are_collected(
    portal: Portal, scene: Scene, tmp_path: Path
) -> None:
    """The log does not know of them, nothing names them, and after a day they go."""
    before, blobs = len(scene.entries), scene.blobs

    def die(upload: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        theirs = portal_at(tmp_path / "portal")
        theirs.inspect = die
        visit = scene.visit(theirs)
        visit.upload(scene.design, [("a.pdf", (tmp_path / "a.pdf").open("rb"))])

    (tmp_path / "a.pdf").write_bytes(SMALL)
    assert result(forked(work)) == -signal.SIGKILL
    assert len(scene.entries) == before
    assert len(scene.blobs) == len(blobs) + 1
    assert scene.whole()
    assert portal.care.collect([scene.id]) == 0
    later = FixedClock()
    later._now = portal.clock() + 25 * 3_600_000
    scene.portal.clock = later
    assert scene.portal.care.collect([scene.id]) == 1
    assert scene.blobs == blobs


def heaviest(server: Server) -> dict[int, int]:
    """The largest resident size, in bytes, that each of the server's processes ever had."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
            group = os.getpgid(int(status.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone meanwhile
        if server._process is not None and group == server._process.pid:
            peak = re.search(r"VmHWM:\s+(\d+) kB", text)
            found[int(status.parent.name)] = int(peak[1]) * 1024 if peak else 0
    return found


def test_a_large_file_takes_little_memory(server: Server) -> None:
    """200 MB through gunicorn add at most 32 MiB to any of its processes, and arrive byte for byte."""
    scene = open_project(server.portal())
    server.start()
    client = Client(server.port)
    client.enter(scene.url)
    assert hand_in(client, scene, {"small.pdf": SMALL}).status == 303
    path, hidden = fields_at(client, scene)
    (head,), end = parts(hidden, ["large.bin"])
    block, digest = os.urandom(1024**2), hashlib.sha256()

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(LARGE // len(block)):
            digest.update(block)
            yield block
        yield b"\r\n" + end

    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + LARGE + 2 + len(end)),
    }
    before = heaviest(server)
    answer = client.send("POST", path, body(), headers)  # type: ignore[arg-type]
    after = heaviest(server)
    assert answer.status == 303, answer.text
    grown = {pid: after[pid] - size for pid, size in before.items()}
    assert len(grown) >= 3
    assert max(grown.values()) <= MOST, grown
    assert delivered(scene)[-1].sha256 == digest.hexdigest()

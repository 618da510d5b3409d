"""Bytes that were swapped, flipped, cut or grown on the disk are never given out as good."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portalkit import BlobCorrupt, BlobMissing
from portalkit.portal import download
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryFiles
from tests.faults.server import PATIENCE, Client, Server
from tests.faults.world import open_project
from tests.hosts import Host
from tests.web.stage import MAYA, Answer, Browser, Stage, stream

HELD = download.HELD

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "a page": 20_000,
    "all that is held": HELD,
    "a byte more": HELD + 1,
    "three mebibytes": 3 * HELD,
}


def whole(size: int) -> bytes:
    """A PDF, as far as anybody looks, of so many bytes."""
    return (b"%PDF-1.7 " + bytes(range(256)) * (size // 256 + 1))[:size]


def flip(place: Callable[[int], int]) -> Callable[[bytes], bytes]:
    """What flips one bit at a place that depends on the size."""

    def flipped(data: bytes) -> bytes:
        at = place(len(data))
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return flipped


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "first bit flipped": flip(lambda size: 0),
    "bit in the middle flipped": flip(lambda size: size // 2),
    "last bit flipped": flip(lambda size: size - 1),
    "cut to nothing": lambda data: b"",
    "cut by one byte": lambda data: data[:-1],
    "cut to half": lambda data: data[: len(data) // 2],
    "grown by one byte": lambda data: data + b"x",
    "grown to the double": lambda data: data + data,
    "much longer, and the first bytes right": lambda data: data + b"x" * 2 * HELD,
    "much longer, and all of it other": lambda data: b"x" * (len(data) + 3 * HELD),
    "other bytes of equal size": lambda data: bytes(len(data)),
    "turned round": lambda data: data[::-1],
}

CASES = [
    pytest.param(size, damage, id=f"{size}, {damage}")
    for size in SIZES
    for damage, change in DAMAGES.items()
    if SIZES[size] and change(whole(SIZES[size])) != whole(SIZES[size])
]
CASES.append(pytest.param("nothing", "grown by one byte", id="nothing, grown"))


@pytest.fixture(params=["directory", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, host: Host) -> Stage:
    """A stage whose files lie in a directory, or in memory."""
    files = DirectoryFiles(tmp_path / "f") if request.param == "directory" else MemoryFiles()
    return host.stage(host.portal(files=files))


def deliver(stage: Stage, data: bytes) -> tuple[str, str]:
    """Deliver a file; its address below Anna's pages, and its key."""
    with stage.change() as change:
        file = change.add_file(stage.own.design, stream(data), name="a.pdf", purpose="Try")
    url = f"{stage.base(stage.own.anna)}f/{file.id}/1"
    return url, stage.project().files[file.id].current.key


def overwrite(stage: Stage, key: str, data: bytes) -> None:
    """Put other bytes in the place of a blob, as a broken disk or a burglar does."""
    files = stage.portal.files
    if isinstance(files, DirectoryFiles):
        path = Path(files.path(key))
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(data)
    else:
        assert isinstance(files, MemoryFiles)
        files._blobs[key] = data, 0


def received(stage: Stage, browser: Browser, url: str, **headers: str) -> tuple[Answer | int, int]:
    """An answer and the size it promises; or how many bytes came until it broke off, and that size."""
    from tests.web.stage import Request, answered

    request = Request(
        method="GET",
        path=url.removeprefix(stage.web.mount),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        cookies=browser.sent(url),
    )
    response = stage.web.handle(request)
    promised = int(response.get("content-length"))
    parts: list[bytes] = []
    try:
        parts.extend(response.body)
    except BlobCorrupt:
        return sum(map(len, parts)), promised
    response.body = b"".join(parts)
    return answered(url, response), promised


@pytest.mark.parametrize(("size", "damage"), CASES)
def test_damaged_bytes_never_make_a_whole_answer(
    kept: Stage, caplog: pytest.LogCaptureFixture, size: str, damage: str
) -> None:
    """Small files give the calm page before a byte was sent; larger ones break off before their end."""
    data = whole(SIZES[size])
    url, key = deliver(kept, data)
    anna = kept.enter()
    overwrite(kept, key, DAMAGES[damage](data))
    caplog.clear()
    answer, promised = received(kept, anna, url)
    if isinstance(answer, int):
        assert len(data) > HELD
        assert promised == len(data)
        assert answer <= len(data) - HELD < promised
    else:
        assert answer.status == 503
        assert "This cannot be shown at the moment" in answer.text
        assert b"PDF-1.7" not in answer.body
        assert answer.header("etag") == answer.header("content-disposition") == ""
        assert key not in answer.raw
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].name == "portalkit.web"
    assert "not the ones that were delivered" in errors[0].getMessage()


@pytest.mark.parametrize("damage", ["last bit flipped", "cut by one byte", "grown by one byte"])
@pytest.mark.parametrize("asked", ["bytes=0-0", "bytes=5-99", "bytes=-1", "bytes=100-", "bytes=0-"])
@pytest.mark.parametrize("size", [20_000, 3 * HELD])
def test_no_part_of_damaged_bytes_is_given_out(
    kept: Stage, size: int, asked: str, damage: str
) -> None:
    """Also if the damage is elsewhere in the file, and also if parts were given out before it."""
    data = whole(size)
    url, key = deliver(kept, data)
    anna = kept.enter()
    before, _ = received(kept, anna, url, range=asked)
    assert isinstance(before, Answer)
    divisible = size <= HELD or isinstance(kept.portal.files, DirectoryFiles)
    assert before.status == (206 if divisible else 200)
    assert before.header("accept-ranges") == ("bytes" if divisible else "none")
    assert before.body in data
    overwrite(kept, key, DAMAGES[damage](data))
    answer, promised = received(kept, anna, url, range=asked)
    if isinstance(answer, int):
        assert answer < promised == len(data), "asked for the whole"
    else:
        assert answer.status == 503


def test_a_part_is_not_paid_for_twice(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was hashed is remembered as long as it lies untouched; a swapped file is another one."""
    reads: list[tuple[int, int | None]] = []

    class Counted(DirectoryFiles):
        def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
            reads.append((start, length))
            return super().open(key, start, length)

    monkeypatch.setattr(download, "RESTED", 0)  # as if the file had lain there for a while
    stage = host.stage(host.portal(files=Counted(tmp_path / "f")))
    data = whole(3 * HELD)
    url, key = deliver(stage, data)
    anna = stage.enter()
    for _ in range(3):
        assert anna.get(url, range="bytes=7-9").body == data[7:10]
    assert reads == [(0, len(data) + 1), (7, 3), (7, 3), (7, 3)]
    path = Path(stage.portal.files.path(key))  # type: ignore[attr-defined]
    kept = path.stat()
    (tmp_path / "other").write_bytes(DAMAGES["last bit flipped"](data))
    os.utime(tmp_path / "other", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    os.replace(tmp_path / "other", path)
    assert anna.get(url, range="bytes=7-9").status == 503
    path.write_bytes(data)
    assert anna.get(url, range="bytes=7-9").status == 206, "put back from the backup"


@pytest.mark.parametrize("way", ["x-sendfile", "x-accel:/protected"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bytes_are_not_handed_over_either(
    host: Host, tmp_path: Path, way: str, damage: str
) -> None:
    """The web server in front is told no path of a file that is not what was delivered."""
    stage = host.stage(host.portal(files=DirectoryFiles(tmp_path / "f")), sendfile=way)
    data = whole(2 * HELD)
    url, key = deliver(stage, data)
    anna = stage.enter()
    header = way.partition(":")[0].replace("accel", "accel-redirect")
    assert anna.get(url).header(header)
    overwrite(stage, key, DAMAGES[damage](data))
    answer = anna.get(url)
    assert (answer.status, answer.header(header)) == (503, "")


def test_two_swapped_blobs_are_two_refusals(kept: Stage) -> None:
    """Of equal size, of one project, both genuine: each is the wrong one in the other's place."""
    first, second = whole(9000), whole(9000)[::-1]
    (url, key), (other_url, other_key) = deliver(kept, first), deliver(kept, second)
    anna = kept.enter()
    assert (anna.get(url).body, anna.get(other_url).body) == (first, second)
    overwrite(kept, key, second)
    overwrite(kept, other_key, first)
    assert (anna.get(url).status, anna.get(other_url).status) == (503, 503)


def test_missing_bytes_are_missing_and_not_corrupt(kept: Stage) -> None:
    """Whole and in part; the desk's own download says the same."""
    url, key = deliver(kept, whole(5000))
    kept.portal.files.delete(key)
    anna = kept.enter()
    assert anna.get(url).status == anna.get(url, range="bytes=0-1").status == 503
    visit = kept.portal.visit(kept.token(kept.own.anna))
    file = url.split("/f/")[1].partition("/")[0]
    for read in (lambda d: d.read(), lambda d: d.read(1, 2), lambda d: d.check()):
        with pytest.raises(BlobMissing):
            read(visit.download(file, 1))


def test_the_core_refuses_what_the_pages_refuse(kept: Stage) -> None:
    """A host that reads a download itself is told before it has a byte, or at the latest by the end."""
    url, key = deliver(kept, whole(5000))
    overwrite(kept, key, whole(5001))
    visit = kept.portal.visit(kept.token(kept.own.anna))
    file = url.split("/f/")[1].partition("/")[0]
    for read in (lambda d: d.read(), lambda d: d.read(1, 2), lambda d: d.check()):
        with pytest.raises(BlobCorrupt) as refusal:
            read(visit.download(file, 1))
        assert refusal.value.evidence["key"] == key


def test_a_browser_sees_a_failed_download_and_staff_see_why(gunicorn: Server) -> None:
    """Through a real server: the connection ends before the length that was promised is there."""
    portal = gunicorn.portal()
    scene = open_project(portal)
    data = whole(4 * HELD)
    with portal.desk(MAYA).change(scene.id) as change:
        film = change.add_file(scene.design, stream(data), name="film.mov", purpose="The film")
    key = portal.project(scene.id).files[film.id].current.key
    gunicorn.start()
    client = Client(gunicorn.port)
    client.enter(scene.url)
    path = f"{client.base}f/{film.id}/1"
    assert client.get(path).body == data
    swapped = Path(portal.files.path(key))  # type: ignore[attr-defined]
    swapped.write_bytes(DAMAGES["bit in the middle flipped"](data))
    head, body = _raw(gunicorn, client, path)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"Content-Length: %d\r\n" % len(data) in head
    assert len(body) <= len(data) - HELD
    assert hashlib.sha256(body).digest() != hashlib.sha256(data).digest()
    assert client.get(f"{client.base}f/{scene.home.id}/1").status == 200, "the server lives on"
    gunicorn.stop()
    assert "not the ones that were delivered" in gunicorn.log.read_text()


def _raw(server: Server, client: Client, path: str) -> tuple[bytes, bytes]:
    """Head and body of a GET, as far as they came."""
    cookies = "; ".join(f"{name}={value}" for name, value in client._cookies.items())
    asked = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
    got: Any = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(asked.encode())
        while part := connection.recv(1 << 16):
            got += part
    head, _, body = got.partition(b"\r\n\r\n")
    return head, body

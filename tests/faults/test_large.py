"""Large files go up and down through a real server in constant memory: 200 MiB in `make test`, 1 GiB in torture."""

from __future__ import annotations

import hashlib
import http.client
import random
import shutil
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

from tests.faults.server import PATIENCE, Client, Server
from tests.faults.world import TORTURE, open_project

MEBIBYTE = 1024 * 1024
SIZE = (1024 if TORTURE else 200) * MEBIBYTE
GROWTH = 32 * MEBIBYTE
"""What a file may add to the memory of a process, whatever its size."""


class Stream:
    """Bytes without end that repeat only where nobody looks, and their digest."""

    def __init__(self, size: int) -> None:
        self._block = random.randbytes(MEBIBYTE)
        self._size = size
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._size // MEBIBYTE):
            block = number.to_bytes(8, "big") + self._block[8:]
            self.digest.update(block)
            yield block


def memory_of(process: int, what: str) -> int:
    """Bytes of memory of a process by the kernel's name: ``VmRSS`` now, ``VmHWM`` at most."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(f"{what}:")]
    return int(line.split()[1]) * 1024


class Growth:
    """How much memory a server's processes came to need, at most, since they were first looked at."""

    def __init__(self, server: Server) -> None:
        self._before = {process: memory_of(process, "VmRSS") for process in server.processes}
        for process in self._before:
            Path(f"/proc/{process}/clear_refs").write_text("5")  # "at most" begins anew

    @property
    def bytes(self) -> int:
        """The growth of the process that grew most."""
        return max(memory_of(process, "VmHWM") - was for process, was in self._before.items())


def send(server: Server, path: str, stream: Stream, size: int) -> HTTPResponse:
    """Send a stream as staff do."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10 * PATIENCE)
    headers = {"X-Staff-Token": server.token, "Content-Length": str(size)}
    connection.request("POST", path, stream, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def receive(client: Client, path: str) -> tuple[int, str]:
    """Get a file as the client does, piece by piece, and return how many bytes came and their digest."""
    digest, size = hashlib.sha256(), 0
    for chunk in client.stream(path):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def test_a_large_file_in_constant_memory(server: Server) -> None:
    """Up by staff, down by the client, every byte; neither way adds more than 32 MiB to any process."""
    scene = open_project(server.portal())
    server.start()
    anna = Client(server.port)
    anna.enter(scene.url)
    place = f"/staff/{scene.id}/{scene.design.id}/file/{scene.home.id}"
    for number in range(4):  # every process has done each of it once
        assert send(server, f"{place}?changed=v{number}", Stream(MEBIBYTE), MEBIBYTE).status == 200
        assert receive(anna, f"f/{scene.home.id}/{number + 2}")[0] == MEBIBYTE

    stream, growth = Stream(SIZE), Growth(server)
    assert send(server, f"{place}?changed=large", stream, SIZE).status == 200
    assert growth.bytes <= GROWTH

    growth = Growth(server)
    assert receive(anna, f"f/{scene.home.id}/6") == (SIZE, stream.digest.hexdigest())
    assert growth.bytes <= GROWTH
    assert scene.portal.project(scene.id).files[scene.home.id].current.size == SIZE
    server.stop()
    shutil.rmtree(server.data)  # pytest keeps the folders of its last runs

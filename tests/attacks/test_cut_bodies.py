"""Requests that break off, on real sockets at a real server: they have no effect, and a whole one has one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote_plus

import pytest
from attrs import frozen

from tests.faults.server import PATIENCE, Client, Server
from tests.faults.world import Scene, open_project
from tests.hosts import Host

COMMENT = "Größe & Farbe = 50 % \r\n“ja”"
BOUNDARY = "----pk7MA4YWxkTrZu0gW"


@frozen
class Sent:
    """A request that would decide: its head, its body, and the places at which to cut each, by class."""

    head: bytes
    body: bytes
    cuts: dict[str, list[int]]


@pytest.fixture(scope="module")
def place(lasting_host: Host) -> Iterator[tuple[Server, Scene]]:
    """One server for all cuts."""
    server = lasting_host.server()
    scene = open_project(server.portal())
    server.start()
    yield server, scene
    server.stop()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def ready(place: tuple[Server, Scene]) -> tuple[Client, str, dict[str, str]]:
    """A client before the last click of a decision about a request of its own."""
    server, scene = place
    client = Client(server.port)
    client.enter(scene.url)
    with scene.desk.change(scene.id) as change:
        ask = change.request_approval(scene.design, "Go?", statement="Go", people=[scene.anna])
    return client, ask.id, client.prepare(ask.id, "declined", COMMENT)


def head_of(client: Client, ask: str, kind: str, length: int | None, *more: str) -> bytes:
    """The head of a post by a browser."""
    cookies = "; ".join(f"{name}={value}" for name, value in client._cookies.items())
    lines = [
        f"POST {client.base}a/{ask} HTTP/1.1", f"Host: 127.0.0.1:{client.port}", f"Cookie: {cookies}",
        f"Origin: http://127.0.0.1:{client.port}", "Sec-Fetch-Site: same-origin", f"Content-Type: {kind}",
        *([f"Content-Length: {length}"] if length is not None else []), *more, "Connection: close",
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def urlencoded(client: Client, ask: str, fields: dict[str, str]) -> Sent:
    """The form as browsers send it."""
    parts = [
        f"{name}={quote_plus(value)}" for name, value in [*fields.items(), ("pk_end", "whole")]
    ]
    body = "&".join(parts).encode()
    cuts: dict[str, list[int]] = {"nothing of the body": [0], "all but one byte": [len(body) - 1]}
    at = 0
    for part in parts:
        name, _, value = part.partition("=")
        cuts.setdefault("inside a name", []).extend(range(at + 1, at + len(name)))
        cuts.setdefault("behind a name", []).append(at + len(name))
        cuts.setdefault("behind the sign", []).append(at + len(name) + 1)
        middle = range(at + len(name) + 2, at + len(part), max(1, len(value) // 12))
        cuts.setdefault("inside a value", []).extend(middle)
        cuts.setdefault("behind a field", []).append(at + len(part))
        at += len(part) + 1
        cuts.setdefault("behind the ampersand", []).append(at)
    cuts = {name: [at for at in places if at < len(body)] for name, places in cuts.items()}
    return Sent(head_of(client, ask, "application/x-www-form-urlencoded", len(body)), body, cuts)


def multipart(client: Client, ask: str, fields: dict[str, str]) -> Sent:
    """The form as some proxies and scripts send it."""
    body, cuts = b"", {"nothing of the body": [0]}
    for name, value in [*fields.items(), ("pk_end", "whole")]:
        for what, piece in (
            ("inside a boundary", f"--{BOUNDARY}"), ("behind a boundary", "\r\n"),
            ("inside the head of a part", f'Content-Disposition: form-data; name="{name}"'), ("between head and value", "\r\n\r\n"),
            ("inside a value", value), ("behind a value", "\r\n"),
        ):  # fmt: skip
            data = piece.encode()
            cuts.setdefault(what, []).extend(
                range(len(body) + 1, len(body) + len(data) + 1, max(1, len(data) // 7))
            )
            body += data
    cuts["inside the end"] = [len(body) + n for n in range(len(BOUNDARY) + 4)]
    body += f"--{BOUNDARY}--\r\n".encode()
    return Sent(
        head_of(client, ask, f"multipart/form-data; boundary={BOUNDARY}", len(body)), body, cuts
    )


def send(port: int, data: bytes) -> bytes:
    """Send bytes and no more, and return what comes back until the server hangs up."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        with suppress(ConnectionError, BrokenPipeError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while part := connection.recv(1 << 16):
                got += part
    return got


def status_of(answer: bytes) -> int:
    """The status of an answer, or 0 if none came."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.mark.parametrize("kind", [urlencoded, multipart])
def test_a_body_cut_at_every_class_of_place_decides_nothing(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]], kind: object
) -> None:
    """400 for each cut; the same bytes whole are one decision, with the comment letter for letter."""
    server, scene = place
    client, ask, fields = ready
    sent: Sent = kind(client, ask, fields)  # type: ignore[operator]
    before = len(scene.entries)
    done = 0
    for name, places in sent.cuts.items():
        assert places, name
        for at in sorted(set(places)):
            if at == len(sent.body):
                continue
            answer = send(server.port, sent.head + sent.body[:at])
            assert status_of(answer) == 400, (name, at)
            assert b"Nothing was saved" in answer
            done += 1
    assert done > 50
    assert len(scene.entries) == before
    assert status_of(send(server.port, sent.head + sent.body)) == 303
    assert len(scene.entries) >= before + 1
    decided = [d for d in scene.decisions if d.comment == COMMENT.replace("\r", "")]
    assert len(scene.decisions) == len(decided) >= 1
    assert [e for e in scene.entries[before:] if e.kind == "approval.decided"] == [
        e for e in scene.entries if e.kind == "approval.decided" and e.subject == ask
    ]
    assert len([e for e in scene.entries if e.kind == "approval.decided" and e.subject == ask]) == 1


def test_a_comment_cut_inside_an_escape_is_not_taken_for_a_shorter_one(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]]
) -> None:
    """The step before: each escaped byte of a comment is cut in two, and no cut reaches the confirmation."""
    server, scene = place
    client, ask, _ = ready
    form = client.get(f"{client.base}a/{ask}").hidden
    fields = {"pk_csrf": form["pk_csrf"], "shown": form["shown"], "outcome": "declined", "comment": COMMENT,
              "reviewed": "yes", "typed_name": "Anna Keller"}  # fmt: skip
    sent = urlencoded(client, ask, fields)
    places = [at + n for at, c in enumerate(sent.body) if c == ord("%") for n in (1, 2)]
    assert len(places) >= 20
    before = len(scene.entries)
    for at in places:
        assert status_of(send(server.port, sent.head + sent.body[:at])) == 400, at
    whole = send(server.port, sent.head + sent.body)
    assert status_of(whole) == 200
    assert "Größe &amp; Farbe = 50 %" in whole.decode()
    assert len(scene.entries) == before


def test_a_head_cut_anywhere_decides_nothing(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]]
) -> None:
    """Before, inside and behind each line of the head: no answer or a refusal, and no entry."""
    server, scene = place
    client, ask, fields = ready
    sent = urlencoded(client, ask, fields)
    before = len(scene.entries)
    places = {at + n for at, c in enumerate(sent.head) if c in b"\r\n:" for n in (0, 1)} | set(
        range(0, 60, 3)
    )
    assert len(places) > 50
    for at in sorted(places - {len(sent.head)}):
        assert status_of(send(server.port, sent.head[:at])) in (0, 400), at
    assert len(scene.entries) == before


LIES = {
    "a byte too small": -1,
    "five bytes too small": -5,
    "half": None,
    "nothing": "0",
    "negative": "-1",
    "with a sign": "+{}",
    "in hex": "0x{:x}",
    "twice, different": "{}\r\nContent-Length: 5",
    "a list": "{}, {}",
    "empty": "",
    "beyond every number": "9" * 40,
    "chunked as well": "{}\r\nTransfer-Encoding: chunked",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_length_that_lies_decides_nothing(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]], lie: str
) -> None:
    """Too small, too large, doubled, in other spellings, beside chunks: nothing is recorded."""
    server, scene = place
    client, ask, fields = ready
    sent = urlencoded(client, ask, fields)
    size, said = len(sent.body), LIES[lie]
    if said is None:
        said = str(size // 2)
    elif isinstance(said, int):
        said = str(size + said)
    length = f"Content-Length: {said.format(size, size)}".encode()
    head = sent.head.replace(f"Content-Length: {size}".encode(), length)
    before = len(scene.entries)
    assert status_of(send(server.port, head + sent.body)) in (0, 400, 411, 413, 501)
    assert len(scene.entries) == before


@pytest.mark.parametrize("more", [1, 30_000])
def test_a_whole_form_is_whole_however_much_more_was_announced(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]], more: int
) -> None:
    """The last field came exactly, so nothing of ours is missing: one decision as confirmed, or a refusal."""
    server, scene = place
    client, ask, fields = ready
    sent = urlencoded(client, ask, fields)
    size = len(sent.body)
    head = sent.head.replace(b"Length: %d" % size, b"Length: %d" % (size + more))
    before = len(scene.decisions)
    status = status_of(send(server.port, head + sent.body))
    assert (status, len(scene.decisions) - before) in ((303, 1), (400, 0))
    assert status_of(send(server.port, head + sent.body[:-1])) == 400


@pytest.mark.parametrize(
    "cut", ["in the size", "in the chunk", "before the end", "no cut", "a second request inside"]
)
def test_a_chunked_body_decides_nothing(
    place: tuple[Server, Scene], ready: tuple[Client, str, dict[str, str]], cut: str
) -> None:
    """A body whose length nobody said is refused, whole or not: 411 without reading it."""
    server, scene = place
    client, ask, fields = ready
    body = urlencoded(client, ask, fields).body
    kind = "application/x-www-form-urlencoded"
    head = head_of(client, ask, kind, None, "Transfer-Encoding: chunked")
    chunks = b"%x\r\n%s\r\n" % (len(body), body)
    data = {
        "in the size": chunks[:1], "in the chunk": chunks[: len(chunks) // 2], "before the end": chunks, "no cut": chunks + b"0\r\n\r\n",
        "a second request inside": chunks + b"0\r\n\r\n" + head_of(client, ask, kind, len(body)) + body[:-1],
    }[cut]  # fmt: skip
    before = len(scene.entries)
    assert status_of(send(server.port, head + data)) in (0, 400, 411)
    assert len(scene.entries) == before

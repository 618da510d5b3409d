"""Requests as they stand on the wire, sent two ways: to a WSGI app, and to the core alone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest import mock
from urllib.parse import unquote, unquote_to_bytes, urlencode, urlsplit

from attrs import evolve, frozen

from ..errors import PortalError
from ..web import Request, SentFile, Web
from .sample import BASE_URL

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = [
    "FORM",
    "Answer",
    "Ask",
    "Read",
    "answered",
    "environ_of",
    "posted",
    "same_chances",
    "sent",
]

FORM: Final = "application/x-www-form-urlencoded"
ADDRESS: Final = "203.0.113.9"
HOST: Final = "agency.example"

Fields = tuple[tuple[str, str], ...]
Read = Fields | type[PortalError]
"""What the form of a request holds, or the error that reading it must give."""


@frozen(kw_only=True)
class Ask:
    """One request.

    Attributes:
        target: path and query as on the request line, percent-encoded.
        method: in capitals.
        headers: in order; some may stand there twice.
        body: the bytes that arrive; fewer than ``Content-Length`` says if the client hung up.
        form: what the core is to be told of the body.
        files: and of the files in it: field, name, type, bytes.
        hangs_up: whether the connection breaks when the bytes have been read.
    """

    target: str
    method: str = "GET"
    headers: Fields = ()
    body: bytes = b""
    form: Read = ()
    files: tuple[tuple[str, str, str, bytes], ...] = ()
    hangs_up: bool = False

    def with_headers(self, *headers: tuple[str, str]) -> Ask:
        """Return the request with these headers in place of those of the same names."""
        names = {name.lower() for name, _ in headers}
        kept = tuple((n, v) for n, v in self.headers if n.lower() not in names)
        return evolve(self, headers=(*kept, *headers))

    def without(self, *names: str) -> Ask:
        """Return the request without headers of these names."""
        return evolve(self, headers=tuple((n, v) for n, v in self.headers if n not in names))


@frozen
class Answer:
    """One response: status, headers by lower-case name in order of name, and the whole body."""

    status: int
    headers: Fields
    body: bytes


def posted(target: str, fields: Iterable[tuple[str, str]]) -> Ask:
    """Return the request that a browser makes of a form on one of our pages."""
    pairs = tuple(fields)
    body = urlencode(pairs).encode()
    headers = (
        ("content-type", FORM),
        ("content-length", str(len(body))),
        ("origin", f"https://{HOST}"),
        ("referer", f"https://{HOST}{target}"),
        ("sec-fetch-site", "same-origin"),
    )
    return Ask(target=target, method="POST", headers=headers, body=body, form=pairs)


# -- to the core alone --------------------------------------------------------------------------


def answered(web: Web, ask: Ask) -> Answer:
    """Return what the core says, told everything that stands in the request."""
    path, _, query = ask.target.partition("?")
    mount = urlsplit(BASE_URL).path
    headers: dict[str, str] = {"host": HOST}
    for name, value in ask.headers:
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    response = web.handle(
        Request(
            method=ask.method,
            path=unquote(path)[len(mount) :] or "/",
            query=query,
            headers=headers,
            address=ADDRESS,
            form=lambda: _read(ask.form),
            files=lambda: [SentFile(f, n, k, io.BytesIO(data)) for f, n, k, data in ask.files],
        )
    )
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    return Answer(response.status, _sorted(response.headers), body)


def _read(form: Read) -> Fields:
    if isinstance(form, tuple):
        return form
    raise form("as the adapter must say")


# -- to a WSGI app ------------------------------------------------------------------------------


class _Wire(io.RawIOBase):
    """A body as a server hands it over; when it ends, the connection may break."""

    def __init__(self, ask: Ask) -> None:
        self._bytes = io.BytesIO(ask.body)
        self._hangs_up = ask.hangs_up

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._bytes.readinto(buffer)
        if not count and self._hangs_up:
            raise ConnectionResetError("the client hung up")
        return count


def environ_of(ask: Ask) -> dict[str, Any]:
    """Return the WSGI environment of a request, as servers make it."""
    path, _, query = ask.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": ask.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": ask.target,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": ADDRESS,
        "HTTP_HOST": HOST,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BufferedReader(_Wire(ask)),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    given: dict[str, str] = {}
    for name, value in ask.headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        given[key] = f"{given[key]},{value}" if key in given else value
    return {**environ, **given}


def sent(app: WSGIApplication, ask: Ask) -> Answer:
    """Return what a WSGI app says to a request."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> Any:
        started.append((status, headers))
        return lambda data: None

    chunks = app(environ_of(ask), start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = started[-1]
    return Answer(int(status[:3]), _sorted(headers), body)


def _sorted(headers: Iterable[tuple[str, str]]) -> Fields:
    return tuple(sorted((name.lower(), value) for name, value in headers))


# -- chance -------------------------------------------------------------------------------------


@contextmanager
def same_chances(seed: str) -> Iterator[None]:
    """Let chance and the time of day fall the same way whenever this is entered with a seed.

    That of portalkit alone: libraries throw dice of their own, some of them only once.
    """
    chance = _chance(seed)
    stub = SimpleNamespace(
        urandom=chance,
        token_hex=lambda size: chance(size).hex(),
        time_ns=lambda: 1_767_603_600_000_000_000,
    )
    with ExitStack() as stack:
        for name in _DICE:
            stack.enter_context(mock.patch(f"portalkit.{name}", stub))
        yield


_DICE = ("model.ids.os", "model.ids.time", "codec.os", "links.secrets", "web.cookies.secrets")
"""Where portalkit takes chance and the time of day from."""


def _chance(seed: str) -> Callable[[int], bytes]:
    count = iter(range(10**9))

    def urandom(size: int) -> bytes:
        return hashlib.shake_128(f"{seed} {next(count)}".encode()).digest(size)

    return urandom

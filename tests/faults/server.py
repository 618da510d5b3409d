"""A real server for the tests of faults, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import html
import http.client
import os
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from attrs import define, field, frozen

import portalkit
from portalkit import Portal
from tests.faults.world import portal_at

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds after which a server or a client that should have answered has failed."""

CONFIG = """
worker_class = "gthread"
workers = 2
threads = 4
timeout = 120
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True
"""


class Server:
    """Gunicorn with 2 processes of 4 threads, in a process group of its own.

    Args:
        folder: where its data and its log lie.
        environment: more of its environment.
        around: a command to run it in.
        preload: make the app once, before its processes are forked.

    The test holds the listening socket and hands it on: the port stays the same over restarts, and a
    request that comes too early waits in the queue instead of being refused.
    """

    app = "tests.faults.app:create_app()"

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str] = {},
        around: Sequence[str] = (),
        preload: bool = False,
    ) -> None:
        self.data = folder / "portal"
        self.key = secrets.token_urlsafe(48)
        self.token = secrets.token_urlsafe(24)
        self.log = folder / "gunicorn.log"
        self._config = folder / "gunicorn.conf.py"
        self._config.write_text(f"{CONFIG}preload_app = {preload}\n")
        self._around = around
        self._more = environment
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._alive = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._socket.close()
        if error is not None and self.log.exists():
            error.add_note(f"gunicorn said:\n{self.log.read_text()[-4000:]}")

    @property
    def base_url(self) -> str:
        """The address of the portal."""
        return f"http://127.0.0.1:{self.port}/portal"

    def portal(self) -> Portal:
        """The same portal, in this process."""
        return portal_at(self.data, key=self.key, base_url=self.base_url)

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._process is None
        self._alive, theirs = os.pipe()
        here = f"fd://{self._socket.fileno()}"
        command = ["gunicorn", "--config", str(self._config), "--bind", here]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._around, sys.executable, "-m", *command, self.app],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self._socket.fileno(), theirs),
                start_new_session=True,
            )
        os.close(theirs)
        assert Client(self.port).get("/portal/").status == 404

    def _environment(self) -> dict[str, str]:
        source = Path(portalkit.__file__).parent.parent
        inherited = os.environ.get("PYTHONPATH", "")
        return {
            **os.environ,
            **self._more,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), str(source), inherited))),
            "FAULTS_DATA": str(self.data),
            "FAULTS_BASE_URL": self.base_url,
            "FAULTS_KEY": self.key,
            "FAULTS_TOKEN": self.token,
        }

    @property
    def processes(self) -> list[int]:
        """The processes that answer requests."""
        assert self._process is not None
        me = self._process.pid
        return [int(child) for child in Path(f"/proc/{me}/task/{me}/children").read_text().split()]

    def kill(self) -> None:
        """Kill every process of it at once with SIGKILL, and wait until the last one is dead."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._process = None
        # Each of its processes holds the other end of this pipe: it ends when the last one does.
        assert select.select([self._alive], [], [], PATIENCE)[0], "a killed process lives on"
        os.close(self._alive)

    def stop(self) -> None:
        """Ask it to end as an operator does, and wait for it."""
        assert self._process is not None
        if self._around:
            os.killpg(
                self._process.pid, signal.SIGTERM
            )  # what runs it may keep the signal to itself
        else:
            self._process.terminate()
        assert self._process.wait(PATIENCE) == 0
        self.kill()


@frozen
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the forms on the page."""
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.text)
        return {name: html.unescape(value) for name, value in found}


@define
class Client:
    """A browser with its own cookies; one connection for each request.

    Attributes:
        base: where the pages of the link are that it has entered.
    """

    port: int
    base: str = ""
    _cookies: dict[str, str] = field(factory=dict)
    _socket: socket.socket | None = None

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request and return its answer; raises `OSError` or `HTTPException` if none comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        self._socket = connection.sock
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            sent = {"Connection": "close", **({"Cookie": cookies} if cookies else {}), **headers}
            connection.request(method, path, body if method == "POST" else None, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self._cookies.pop(name, None)
                else:
                    self._cookies[name] = morsel.value
        return answer

    def stream(self, path: str) -> Iterator[bytes]:
        """Get a file below the link's pages, piece by piece."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection.request("GET", self.base + path, headers={"Cookie": cookies})
        with closing(connection), connection.getresponse() as answer:
            assert answer.status == 200
            while chunk := answer.read(64 * 1024):
                yield chunk

    def hang_up(self) -> None:
        """Break off the request that another thread of the test is waiting for."""
        with suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def get(self, path: str) -> Answer:
        """Get a page."""
        return self.send("GET", path)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form with the end that every form of ours has."""
        body = urlencode({**fields, "pk_end": "whole"}).encode()
        kind = "application/x-www-form-urlencoded"
        return self.send("POST", path, body, {"Content-Type": kind})

    # -- what a client does -----------------------------------------------------------------

    def enter(self, url: str) -> Answer:
        """Open a link as it stands in a mail."""
        path = urlsplit(url).path
        answer = self.get(path)
        while answer.status == 303:
            path = answer.headers["Location"]
            answer = self.get(path)
        assert answer.status == 200, answer.text
        self.base = path
        return answer

    def prepare(self, ask: str, outcome: str, comment: str = "") -> dict[str, str]:
        """Review a request up to its confirmation, and return the fields that confirm it."""
        form = self.get(f"{self.base}a/{ask}").hidden
        review = {
            "pk_csrf": form["pk_csrf"],
            "shown": form["shown"],
            "outcome": outcome,
            "comment": comment,
            "reviewed": "yes",
            "typed_name": "Anna Keller",
        }
        answer = self.post(f"{self.base}a/{ask}", review)
        assert answer.status == 200, answer.text
        return {"pk_csrf": answer.hidden["pk_csrf"], "intent": answer.hidden["intent"]}

    def confirm(self, ask: str, fields: Mapping[str, str]) -> Answer:
        """Confirm a decision."""
        return self.post(f"{self.base}a/{ask}", fields)

"""A way to the web of a portal that leads through a host's app, as requests from outside do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlencode, urlsplit

from portalkit.web import Request, Response, Web
from tests.web.stage import Sent

WSGI = Callable[..., Iterable[bytes]]

FORM = "application/x-www-form-urlencoded"


class Door:
    """What asks a `Web` can ask this: each request goes through the app, each answer comes from it.

    Args:
        web: what is behind the app.
        app: the host's app.
    """

    def __init__(self, web: Web, app: WSGI) -> None:
        self._web = web
        self._app = app

    def __getattr__(self, name: str) -> Any:
        return getattr(self._web, name)

    def handle(self, request: Request) -> Response:
        """Send a request through the app."""
        started: list[tuple[str, list[tuple[str, str]]]] = []
        chunks = self._app(self._environ(request), lambda *said: started.append(said))
        status, headers = started[-1]
        return Response(int(status[:3]), _whole(chunks), headers)

    def _environ(self, request: Request) -> dict[str, Any]:
        base = urlsplit(self._web.portal.base_url)
        body, headers = _body(request)
        if "cookie" not in headers and request.cookies:
            pairs = (f"{name}={value}" for name, value in request.cookies.items())
            headers["cookie"] = "; ".join(pairs)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": _wire(request.method),
            "SCRIPT_NAME": "",
            "PATH_INFO": _wire(self._web.mount + request.path),
            "QUERY_STRING": _wire(request.query),
            "SERVER_NAME": base.hostname,
            "SERVER_PORT": str(base.port or {"http": 80, "https": 443}[base.scheme]),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": request.address,
            "HTTP_HOST": base.netloc,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": base.scheme,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            environ[key if plain else f"HTTP_{key}"] = _wire(value)
        return environ


def _whole(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    finally:
        getattr(chunks, "close", lambda: None)()


def _wire(text: str) -> str:
    """A text as servers hand it over: its bytes, each as a character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _body(request: Request) -> tuple[bytes, dict[str, str]]:
    """The body and the headers: where a test gives fields and no bytes, the bytes are made of them."""
    headers = dict(request.headers)
    body = request.body if isinstance(request, Sent) else b""
    if not body and (fields := list(request.form())):
        headers.setdefault("content-type", FORM)
        body = urlencode(fields, errors="surrogatepass").encode()
        if "content-length" in headers:
            headers["content-length"] = str(len(body))
    return body, headers

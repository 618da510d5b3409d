"""A browser that costs next to nothing: it calls the WSGI app with an environ built beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import urlsplit

from werkzeug.test import create_environ

T = TypeVar("T")
ORIGIN = "https://agency.example"


class Browser:
    """Sends GET requests to an app and keeps its cookies.

    Args:
        app: the app, of Flask or of Django.
        cookies: what it has from earlier visits.

    Attributes:
        path: where it is.
    """

    def __init__(self, app: Any, cookies: Mapping[str, str] | None = None) -> None:
        self._app = getattr(app, "wsgi_app", app)  # Flask's without what Flask has around it
        self.cookies = dict(cookies or {})
        self.path = ""
        self._environ: dict[str, Any] = {}
        self._status = ""

    def go(self, address: str) -> None:
        """Make ready to ask for an address, with the cookies as they are."""
        self.path = urlsplit(address).path
        header = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._environ = create_environ(
            self.path,
            base_url=f"{ORIGIN}/",
            query_string=urlsplit(address).query,
            headers={"Cookie": header},
        )

    def get(self, address: str) -> bytes:
        """Go to an address, keep the cookies of the answer, and return its body."""
        self.go(address)
        return self.again()

    def again(self) -> bytes:
        """Send the request that is ready; this is what is timed."""
        return self._read(b"".join)

    def length(self) -> int:
        """Send the request that is ready and count the bytes of its answer, without keeping them."""
        return self._read(lambda parts: sum(map(len, parts)))

    def _read(self, read: Callable[[Iterable[bytes]], T]) -> T:
        parts = self._app({**self._environ, "wsgi.input": BytesIO()}, self._start)
        body = read(parts)
        close: Callable[[], None] | None = getattr(parts, "close", None)
        if close is not None:
            close()
        if self._status[:1] not in "23":
            raise RuntimeError(f"{self.path} answered {self._status}")
        return body

    def reload(self) -> None:
        """Make ready for the same page again, with the newest cookies."""
        self.go(self.path)

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        self._status = status
        for name, value in headers:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
                if "Max-Age=0" in rest:
                    del self.cookies[key]

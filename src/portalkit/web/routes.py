"""The route table: names and meaning are a contract with every host and every link ever mailed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

__all__ = ["ROUTES", "Match", "Route", "match"]


@frozen
class Route:
    """One route.

    Attributes:
        name: what it is called; with Flask its endpoint is ``portalkit.<name>``.
        methods: what it takes; with ``GET`` also ``HEAD``, and ``OPTIONS`` always.
        path: its path below the mount point, with ``<placeholders>``.
    """

    name: str
    methods: tuple[str, ...]
    path: str

    @property
    def pattern(self) -> str:
        """The path as a regular expression."""
        return re.sub(r"<(\w+)>", lambda m: f"(?P<{m[1]}>{_PARTS.get(m[1], _ID)})", self.path)

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the path with values in their places.

        Args:
            values: by the names of the places.
        """
        return re.sub(r"<(\w+)>", lambda m: values[m[1]], self.path)


_ID: Final = r"[A-Za-z0-9._~-]{1,120}"
_PARTS: Final = {
    "token": r"[^/]{1,1000}",
    "path": r".*",
    "version": r"[1-9][0-9]{0,8}",
    "asset": r"[A-Za-z0-9._-]{1,150}",
}

ROUTES: Final = (
    Route("enter", ("GET",), "/l/<token>"),
    Route("enter_at", ("GET",), "/l/<token>/<path>"),
    Route("project", ("GET",), "/p/<link>/"),
    Route("project_json", ("GET",), "/p/<link>/project.json"),
    Route("milestone", ("GET",), "/p/<link>/m/<milestone>"),
    Route("upload", ("POST",), "/p/<link>/m/<milestone>/files"),
    Route("update", ("GET",), "/p/<link>/u/<update>"),
    Route("question", ("GET",), "/p/<link>/q/<question>"),
    Route("ask", ("POST",), "/p/<link>/questions"),
    Route("recap", ("POST",), "/p/<link>/recap"),
    Route("history", ("GET",), "/p/<link>/history"),
    Route("file", ("GET",), "/p/<link>/f/<file>/<version>"),
    Route("decide", ("GET", "POST"), "/p/<link>/a/<approval>"),
    Route("notices", ("GET", "POST"), "/p/<link>/notices"),
    Route("seen", ("POST",), "/p/<link>/seen"),
    Route("resend", ("POST",), "/p/<link>/resend"),
    Route("leave", ("POST",), "/p/<link>/leave"),
    Route("unsubscribe", ("GET", "POST"), "/n/<token>"),
    Route("static", ("GET",), "/s/<asset>"),
)
"""Every route, most specific first.  ``GET`` includes ``HEAD``; ``OPTIONS`` is answered for all."""

_COMPILED: Final = tuple((route, re.compile(route.pattern)) for route in ROUTES)


@frozen
class Match:
    """The route that a path leads to, and the values in the path."""

    route: Route
    values: dict[str, str]


def match(path: str) -> Match | None:
    """Return where a path below the mount point leads, or ``None``."""
    for route, pattern in _COMPILED:
        found = pattern.fullmatch(path)
        if found:
            return Match(route, found.groupdict())
    return None

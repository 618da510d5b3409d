"""Requests and responses as the core sees them; adapters translate, and nothing else.

A `Request` has the path below the mount point, decoded.  Its form is read only when a view asks for it,
which is after cookie, link, scope, origin and length have been checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Final
from urllib.parse import parse_qsl, quote

from attrs import Factory, define, frozen

__all__ = [
    "Range",
    "Request",
    "Response",
    "SentFile",
    "accepted_languages",
    "content_disposition",
    "ranged",
]

Fields = Sequence[tuple[str, str]]


@frozen
class SentFile:
    """A file of a form as it arrived; nothing about it is believed.

    Attributes:
        field: the name of the form's field.
        name: what the browser calls it; ``""`` where no file was chosen.
        type: what the browser says it is.
        stream: its bytes, from the first on.
    """

    field: str
    name: str
    type: str
    stream: IO[bytes]


def _no_form() -> Fields:
    return ()


def _no_files() -> Sequence[SentFile]:
    return ()


@frozen(kw_only=True)
class Request:
    """One request.

    Attributes:
        method: ``GET``, ``POST`` and so on.
        path: the path below the mount point, decoded, beginning with ``/``.
        query: the raw query string.
        headers: by lower-case name.
        cookies: by name; read from the header unless given.
        address: the client's address as the host's server reports it.
        form: reads the body of a form, urlencoded or multipart, and returns its fields in order,
            without the files; raises `TooLarge` or `Incomplete` in place of whatever the framework
            raises (too large, too many parts, cut, disconnected), and `FileError` where the server
            itself fails.
        files: the files of the same body, in order; called after ``form``.  A file that is not whole
            is not among them.  Those in other fields, and unnamed ones, are handed over too.
        limit: how many bytes of body the host takes in one request, or ``None``.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = Factory(dict)
    cookies: Mapping[str, str] = Factory(
        lambda self: cookies_of(self.header("cookie")), takes_self=True
    )
    address: str = ""
    form: Callable[[], Fields] = _no_form
    files: Callable[[], Sequence[SentFile]] = _no_files
    limit: int | None = None

    def header(self, name: str) -> str:
        """Return a header, or ``""``.

        Args:
            name: in lower case.
        """
        return self.headers.get(name, "")

    def parameter(self, name: str) -> str:
        """Return a query parameter, or ``""``; one given twice, with a NUL or among too many is absent.

        Args:
            name: the parameter's name.
        """
        if not self.query:
            return ""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=20)
        except ValueError:
            return ""
        values = [value for key, value in pairs if key == name]
        return values[0] if len(values) == 1 and "\0" not in values[0] else ""


@define
class Response:
    """One response.

    Attributes:
        status: the HTTP status.
        body: bytes, or an iterator of them whose length a header tells.
        headers: pairs of name and value, in order.
    """

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: list[tuple[str, str]] = Factory(list)

    def set(self, name: str, value: str) -> None:
        """Set a header, replacing earlier ones of this name.

        Args:
            name: in any case.
            value: its value.
        """
        self.drop(name)
        self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Take a header away.

        Args:
            name: in any case.
        """
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]

    def add(self, name: str, value: str) -> None:
        """Add a header beside others of this name.

        Args:
            name: in any case.
            value: its value.
        """
        self.headers.append((name, value))

    def get(self, name: str) -> str:
        """Return a header, or ``""``.

        Args:
            name: in any case.
        """
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")


def cookies_of(header: str) -> dict[str, str]:
    """Return the cookies of a request by name; of two with one name the first counts (RFC 6265, 5.4).

    Args:
        header: what the browser sent as ``Cookie``.
    """
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        cookies.setdefault(name, value)
    return cookies


def accepted_languages(header: str) -> list[str]:
    """Return the language tags of an ``Accept-Language`` header, the preferred ones first."""
    found: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, quality = part.partition(";")
        match = re.fullmatch(r"\s*q=([01](\.\d{0,3})?)\s*", quality)
        found.append((-(float(match[1]) if match else 1.0), tag.strip()))
    return [tag for weight, tag in sorted(found, key=lambda item: item[0]) if tag and weight < 0]


# -- downloads ----------------------------------------------------------------------------------


@frozen
class Range:
    """Which bytes to send; ``total`` is the size of the whole."""

    start: int
    length: int
    total: int

    @property
    def header(self) -> str:
        """The value of ``Content-Range``."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.total}"


_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def ranged(header: str, total: int) -> Range | None:
    """Return the one range that a header asks for, or ``None`` for the whole.

    Several ranges and malformed ones mean the whole (RFC 9110, 14.2).

    Raises:
        ValueError: the range lies outside; answer 416.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), total)
        if length == 0:
            raise ValueError("an empty range")
        return Range(total - length, length, total)
    start, end = int(first), min(int(last) if last else total - 1, total - 1)
    if last and int(last) < start:
        return None
    if start >= total:
        raise ValueError("a range behind the end")
    return Range(start, end - start + 1, total)


def content_disposition(kind: str, name: str) -> str:
    """Return the one spelling of ``Content-Disposition`` for a file name (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9 ._()+,=@-]", "_", name)
    value = f'{kind}; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{quote(name, safe='')}"
    return value

"""Bytes: file versions, whole or in part, and static assets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

from portalkit.errors import FileError, NotFound
from portalkit.media import INLINE
from portalkit.model import Version
from portalkit.portal import Download
from portalkit.storage import HasPath, offers
from portalkit.web.app import Web
from portalkit.web.http import Request, Response, content_disposition, ranged
from portalkit.web.views.shared import Values
from portalkit.web.visitor import Visitor

__all__ = ["file", "static"]

_log = logging.getLogger("portalkit.web")


def file(web: Web, request: Request, values: Values, visitor: Visitor) -> Response:
    """The bytes of one file version: whole, in part, or not again if the browser has them."""
    download = visitor.visit.download(values["file"], int(values["version"]))
    version = download.version
    tag = f'"{version.sha256}"'
    response = Response(200)
    _file_headers(response, version, tag)
    response.set("Accept-Ranges", "bytes" if download.divisible else "none")
    if request.parameter("download") == "1":
        response.set("Content-Disposition", content_disposition("attachment", version.name))
    held = [t.strip().removeprefix("W/") for t in request.header("if-none-match").split(",")]
    if tag in held or "*" in held:
        response.status = 304  # it has no body, so nothing says what the body is (RFC 9110, 15.4.5)
        response.drop("Content-Type")
        return response
    fetched = partial(visitor.visit.note, f"file:{download.file.id}/{version.number}")
    return _bytes(web, request, response, download, fetched)


def _file_headers(response: Response, version: Version, tag: str) -> None:
    inline = version.type in INLINE
    response.set("Content-Type", version.type if inline else "application/octet-stream")
    kind = "inline" if inline else "attachment"
    response.set("Content-Disposition", content_disposition(kind, version.name))
    response.set("Content-Security-Policy", "default-src 'none'; sandbox")
    response.set("Referrer-Policy", "no-referrer")
    response.set("Cache-Control", "private, no-cache")
    response.set("ETag", tag)


def _bytes(
    web: Web,
    request: Request,
    response: Response,
    download: Download,
    fetched: Callable[[], None],
) -> Response:
    total = download.version.size
    fresh = download.divisible and request.header("if-range") in ("", response.get("ETag"))
    try:
        part = ranged(request.header("range"), total) if fresh and request.method == "GET" else None
    except ValueError:
        response.status = 416
        response.set("Content-Range", f"bytes */{total}")
        response.set("Content-Type", "text/plain; charset=utf-8")
        return response
    if _handed_over(web, response, download):
        if request.method == "GET":
            fetched()  # nobody will tell how it ended
        return response
    if part is not None:
        response.status = 206
        response.set("Content-Range", part.header)
    start, length = (part.start, part.length) if part else (0, total)
    response.set("Content-Length", str(length))
    body = _sent(download.read(start, length), download)
    response.body = _followed(body, fetched) if start + length == total else body
    return response


def _sent(chunks: Iterator[bytes], download: Download) -> Iterator[bytes]:
    """Pass bytes on; if they break off, the server breaks the connection off, and staff find it here."""
    try:
        yield from chunks
    except FileError as error:
        _log.error("%s version %d broke off: %s", download.file.id, download.version.number, error)
        raise


def _followed(chunks: Iterator[bytes], then: Callable[[], None]) -> Iterator[bytes]:
    """Pass bytes on, and call something once the server has taken the last and asks for more."""
    yield from chunks
    then()


def _handed_over(web: Web, response: Response, download: Download) -> bool:
    """Leave sending to the web server in front, if the host has set that up."""
    way, _, location = web.looks.sendfile.partition(":")
    files = web.portal.files
    if not way or not offers(files, HasPath):
        return False
    download.check()
    if way == "x-accel":
        response.set("X-Accel-Redirect", f"{location.rstrip('/')}/{download.version.key}")
    else:
        response.set("X-Sendfile", files.path(download.version.key))
    return True


def static(web: Web, request: Request, values: Values, _: None) -> Response:
    """A stylesheet or logo; its name holds its digest, so it never changes."""
    asset = web.assets.get(values["asset"])
    if asset is None:
        raise NotFound("no such asset")
    response = Response(200, asset.body)
    response.set("Content-Type", asset.type)
    response.set("Cache-Control", "public, max-age=31536000, immutable")
    response.set(
        "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    return response

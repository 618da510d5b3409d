"""Forms: who may post here, and whether what arrived is whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from portalkit.errors import Incomplete, NotAllowed, Refused, TooLarge
from portalkit.web.http import Request

__all__ = [
    "END",
    "LARGEST_FORM",
    "ONE_CLICK",
    "BadForm",
    "LengthRequired",
    "check_origin",
    "read_fields",
    "read_form",
    "whole_form",
]

END: Final = ("pk_end", "whole")
"""The last field of every form and its exact value: servers hand over cut bodies as if whole."""

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
"""All that a mail program posts in its user's name (RFC 8058): no cookie, no origin, no end of ours."""

LARGEST_FORM: Final = 64 * 1024


class BadForm(Refused):
    """The form is not one of ours: fields are missing, doubled, unknown or edited."""


class LengthRequired(Refused):
    """The request does not say how long its body is."""


def check_origin(request: Request, base_url: str) -> None:
    """Refuse a post from another site; the origin is compared with the base URL, never with ``Host``.

    Raises:
        NotAllowed: ``Origin``, ``Referer`` or ``Sec-Fetch-Site`` names another site.
    """
    own = origin_of(base_url)
    origin = request.header("origin")
    referer = request.header("referer")
    site = request.header("sec-fetch-site")
    foreign = (
        (origin and origin.lower() != own)
        or (not origin and referer and origin_of(referer) != own)
        or (site and site not in ("same-origin", "none"))
    )
    if foreign:
        raise NotAllowed(
            "this form was sent from another site",
            remedy="Open the page again and send the form there",
            origin=origin or referer,
        )


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, without the default port."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    shown = f":{port}" if port and port != default else ""
    host = (parts.hostname or "").lower()
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{shown}"


def read_form(
    request: Request, allowed: Collection[str], *, limit: int = LARGEST_FORM
) -> dict[str, str]:
    """Return the fields of a whole form that holds nothing but the allowed fields, each once.

    Args:
        request: the request.
        allowed: the names of the fields.
        limit: the bytes that the body may have.

    Raises:
        LengthRequired: there is no ``Content-Length``, or the body comes in chunks.
        TooLarge: the body is longer than it may be.
        Incomplete: the body was cut.
        BadForm: a field is doubled, unknown or holds a NUL, or this is no form.
    """
    return whole_form(read_fields(request, limit=limit), allowed)


def read_fields(request: Request, *, limit: int = LARGEST_FORM) -> list[tuple[str, str]]:
    """Return the fields of a body as they came, which says nothing about whether they are whole.

    Args:
        request: the request.
        limit: the bytes that the body may have.

    Raises:
        LengthRequired: there is no ``Content-Length``, or the body comes in chunks.
        TooLarge: the body is longer than it may be.
    """
    _check_length(request, limit)
    fields = list(request.form())
    if sum(len(name) + len(text) for name, text in fields) > LARGEST_FORM:
        raise TooLarge("the fields are too long", remedy="Shorten the text", limit=LARGEST_FORM)
    return fields


def whole_form(fields: Sequence[tuple[str, str]], allowed: Collection[str]) -> dict[str, str]:
    """Return the fields of a form that is whole and holds nothing but the allowed fields, each once.

    Args:
        fields: what `read_fields` gave.
        allowed: the names of the fields.

    Raises:
        Incomplete: the body was cut.
        BadForm: a field is doubled, unknown or holds a NUL, or this is no form.
    """
    if not fields or fields[-1] != END:
        raise Incomplete("the form arrived cut", remedy="Send it again")
    names = [name for name, _ in fields]
    doubled = len(set(names)) != len(names)
    if doubled or not set(names[:-1]) <= set(allowed) or any("\0" in text for _, text in fields):
        raise BadForm("the form is not one of ours", remedy="Open the page again", fields=names)
    return dict(fields[:-1])


def _check_length(request: Request, limit: int) -> None:
    length = request.header("content-length")
    chunked = bool(request.header("transfer-encoding"))
    if chunked or not length.isascii() or not length.isdigit():
        raise LengthRequired("the request does not say how long it is", remedy="Send a length")
    if len(length) > 15 or int(length) > limit:
        raise TooLarge("the form is too long", remedy="Send less", limit=limit)

"""Cleaning what comes in: every text, name and address passes here once, before it enters the log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from portalkit.errors import Invalid
from portalkit.moments import zone_of

__all__ = [
    "choice",
    "count",
    "email",
    "file_name",
    "flag",
    "identifier",
    "line",
    "locale",
    "mail_problem",
    "new_id",
    "one_of",
    "prose",
    "reported",
    "text",
    "url",
    "visible",
    "zone",
]

E = TypeVar("E", bound=StrEnum)

LINE_LIMIT = 200
PROSE_LIMIT = 20_000
NAME_BYTES = 255

_IDENTIFIER = re.compile(r"[a-z0-9._-]{1,64}")
_NEW_ID = re.compile(r"[a-z2-7]{26}")
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]{1,255}")
_LOCALE = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8}){0,3}")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def line(value: object, field: str, *, required: bool = True, limit: int = LINE_LIMIT) -> str:
    """Return one line of clean text: normal form C, no control characters, spaces folded.

    Raises:
        Invalid: empty although required, longer than ``limit`` characters, or no text at all.
    """
    text = " ".join(_clean(value, field, keep="").split())
    return _measured(text, field, required, limit)


def prose(value: object, field: str, *, required: bool = False, limit: int = PROSE_LIMIT) -> str:
    """Return text of several lines, cleaned; line breaks and tabs stay.

    Raises:
        Invalid: empty although required, longer than ``limit`` characters, or no text at all.
    """
    text = _clean(value, field, keep="\n\t")
    return _measured(text.strip(), field, required, limit)


def reported(value: object, limit: int = 500) -> str:
    """Return what a browser says of itself as one clean line: cut where it is too long, never refused."""
    text = value if isinstance(value, str) else ""
    return line(text[: 2 * limit], "reported", required=False, limit=2 * limit)[:limit]


_STATUS = re.compile(r"(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\w)", re.ASCII)
_REPLY = re.compile(r"(?<![\w.])[45]\d\d(?!\.?\w)", re.ASCII)
_PROBLEMS = frozenset((
    "account", "address", "attachment", "bad", "blocked", "complaint", "content", "disabled", "dns",
    "domain", "error", "exceeded", "expired", "full", "generic", "hard", "host", "inactive",
    "invalid", "large", "mail", "mailbox", "message", "network", "no", "not", "permanent", "policy",
    "quota", "recipient", "refused", "rejected", "relay", "route", "size", "soft", "spam", "such",
    "suppressed", "suppression", "temporary", "timeout", "too", "transient", "undeliverable",
    "undetermined", "unknown", "unreachable", "user", "virus",
))  # fmt: skip


def mail_problem(value: object) -> str:
    """Return why a mail came back: a status code, else what is left of known words, else ``bounced``.

    What mail systems and providers write may name an address or a person; nothing of that stays.
    """
    text = reported(value)
    code = _STATUS.search(text) or _REPLY.search(text)
    if code:
        return code[0]
    words = (word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text))
    known = dict.fromkeys(word for word in words if word in _PROBLEMS)
    return " ".join(list(known)[:6]) or "bounced"


def flag(value: object, field: str) -> bool:
    """Return a yes or no; what only counts as one, such as a text out of a form, could mean either.

    Raises:
        Invalid: neither ``True`` nor ``False``.
    """
    if not isinstance(value, bool):
        raise Invalid("this is no yes or no", remedy="Pass True or False", field=field, value=value)
    return value


def choice(kind: type[E], value: object, field: str) -> E:
    """Return the member of an enumeration that a value names.

    Raises:
        Invalid: it names none of them.
    """
    try:
        return kind(str(value))
    except ValueError:
        raise _none_of(tuple(kind), value, field) from None


def one_of(value: object, known: Sequence[str], field: str) -> None:
    """Refuse a value that is none of the known ones.

    Raises:
        Invalid: it is none of them.
    """
    if value not in known:
        raise _none_of(known, value, field)


def count(value: object, field: str, *, least: int = 1) -> None:
    """Refuse what does not say how many, or how far.

    Raises:
        Invalid: no whole number, less than ``least``, or more than any store can take.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**53:
        raise Invalid(
            "this is no usable whole number",
            remedy=f"Pass {least} or more, and less than 2**53",
            field=field,
            value=value,
        )


def text(value: object, field: str) -> str:
    """Return a text as it is.

    Raises:
        Invalid: no text at all.
    """
    if not isinstance(value, str):
        raise Invalid("this must be text", remedy="Pass a string", field=field, value=value)
    return value


def _none_of(known: Sequence[str], value: object, field: str) -> Invalid:
    return Invalid(
        "this is none of the possible values",
        remedy=f"Use one of {', '.join(known)}",
        field=field,
        value=value,
    )


def _clean(value: object, field: str, *, keep: str) -> str:
    found = text(value, field).replace("\r\n", "\n").replace("\r", "\n")
    if not keep:
        found = found.replace("\n", " ").replace("\t", " ")
    if not found.replace("\n", "").replace("\t", "").isprintable():
        found = "".join(filter(_fit, found))
    # last, because what was taken out may have kept a letter and its accent apart
    return found if found.isascii() else unicodedata.normalize("NFC", found)


def _fit(char: str) -> bool:
    if char in "\n\t":
        return True
    return unicodedata.category(char) not in ("Cc", "Cs") and char not in _BIDI


def visible(char: str) -> bool:
    """Whether a reader sees anything: to a program even a filler or a character of no width is one."""
    kind = unicodedata.category(char)
    return kind[0] not in "ZM" and kind not in ("Cc", "Cf", "Cs") and char not in _FILLERS


_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"


def _measured(text: str, field: str, required: bool, limit: int) -> str:
    if required and not any(map(visible, text)):
        raise Invalid("this must not be empty", remedy=f"Give a {field}", field=field)
    if len(text) > limit:
        raise Invalid(
            "this text is too long",
            remedy=f"Use at most {limit} characters",
            field=field,
            length=len(text),
        )
    return text


def file_name(value: object) -> str:
    """Return a file name that is safe to store, show and offer for download.

    Path parts, control characters, bidirectional marks and leading dots go; names of devices get an
    underscore in front; at most 255 bytes stay, with the ending.
    """
    text = _clean(value, "name", keep="") if isinstance(value, str) else ""
    text = re.split(r"[/\\]", text)[-1]
    text = "".join("_" if c in '<>:"|?*%;' else c for c in text)
    text = " ".join(text.split()).strip(". ")
    # again after shortening, which may leave the name of a device
    return _no_device(_shortened(_no_device(text))) or "file"


def _no_device(name: str) -> str:
    return "_" + name if _DEVICES.fullmatch(name) else name


def _shortened(name: str) -> str:
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending if dot and len(ending.encode()) <= 20 else ""
    stem = stem if ending else name
    kept = stem.encode()[: NAME_BYTES - len(ending.encode())].decode(errors="ignore")
    return kept.rstrip(". ") + ending


def email(value: object, *, required: bool = False) -> str:
    """Return a plausible e-mail address, or ``""`` if none is given and none is required.

    Raises:
        Invalid: it cannot be an address.
    """
    text = line(value, "email", required=required, limit=320)
    if text and not _EMAIL.fullmatch(text):
        raise Invalid(
            "this is no e-mail address", remedy="Use name@example.com", field="email", value=text
        )
    return text


def identifier(value: object, field: str) -> str:
    """Return an id that the host gave: 1 to 64 of ``a-z 0-9 . _ -``, and not only dots.

    Raises:
        Invalid: any other character or length.
    """
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value) or not value.strip("."):
        raise Invalid(
            "this is no usable id",
            remedy="Use 1 to 64 characters out of a-z, 0-9, '.', '_', '-'",
            field=field,
            value=value,
        )
    return value


def new_id(value: object, field: str) -> str:
    """Return the id of a thing to be made, as `portalkit.new_id` makes them.

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, str) or not _NEW_ID.fullmatch(value):
        raise Invalid(
            "this is no id of a new thing",
            remedy="Pass one that portalkit.new_id() made, or none",
            field=field,
            value=value,
        )
    return value


def zone(value: object) -> str:
    """Return the name of an IANA time zone; raise `Invalid` for an unknown one."""
    name = line(value, "zone")
    zone_of(name)
    return name


def locale(value: object) -> str:
    """Return a language tag such as ``de`` or ``en-GB``; raise `Invalid` for anything else."""
    if not isinstance(value, str) or not _LOCALE.fullmatch(value):
        raise Invalid(
            "this is no language tag", remedy="Use 'de' or 'en-GB'", field="locale", value=value
        )
    return value.replace("_", "-")


def url(value: object) -> str:
    """Return an address that is safe to offer as a link: http, https, mailto or tel.

    Raises:
        Invalid: any other scheme, credentials inside, or no address at all.
    """
    text = line(value, "url", limit=2000)
    try:
        parts = urlsplit(text)
        whole = bool(parts.hostname) if parts.scheme in ("http", "https") else bool(parts.path)
        unsafe = parts.scheme not in _SCHEMES or "@" in parts.netloc or " " in text
    except ValueError:
        whole, unsafe = False, True
    if unsafe or not whole:
        raise Invalid(
            "this address cannot be offered as a link",
            remedy="Use a full http, https, mailto or tel address",
            field="url",
            value=text,
        )
    return text

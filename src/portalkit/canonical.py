"""Canonical JSON: one text for one value, so that a digest of it means something.

Sorted keys, no spaces, UTF-8 in Unicode normal form C, no floats, integers below 2^53 in size, no NUL,
no lone surrogates.  What a store keeps is this text, and it is hashed as it lies there: a row
is never serialised again to be verified.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

from portalkit.errors import Invalid

__all__ = ["canonical", "digest", "is_canonical"]

_LARGEST = 2**53

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: Any) -> str:
    """Return the canonical JSON text of a value made of dicts, lists, strings, integers, booleans, None.

    Raises:
        Invalid: the value holds something that has no single JSON form; clean it first.
    """
    _check(value)
    return _encode(value)


def digest(text: str) -> str:
    """Return the sha256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_canonical(text: str) -> bool:
    """Return whether a JSON text is the canonical one: no duplicate keys, no spaces, no floats."""
    try:
        return canonical(json.loads(text)) == text
    except (ValueError, RecursionError, Invalid):
        return False


def _check(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _refused("a key that is no string", key)
            _check_text(key)
            _check(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, int):
        if not -_LARGEST < value < _LARGEST:
            raise _refused("an integer that not every reader can hold", value)
    elif value is not None:
        raise _refused("a value that has no canonical form", value)


def _check_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise _refused("a NUL character", text)
    elif (
        "\0" in text
        or not unicodedata.is_normalized("NFC", text)
        or any("\ud800" <= c <= "\udfff" for c in text)
    ):
        raise _refused("text that is not clean Unicode in normal form C", text)


def _refused(what: str, value: object) -> Invalid:
    return Invalid(
        f"canonical JSON cannot hold {what}",
        remedy="Clean the text or use strings, integers, booleans, lists and objects only",
        value=value,
    )

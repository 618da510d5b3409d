"""Addresses as they travel: domains in ASCII, whatever script they are written in."""

from __future__ import annotations

import unicodedata

__all__ = ["travelling"]


def travelling(address: str) -> str:
    """Return an address as mail systems take it: its domain in ASCII (IDNA 2008), the rest as it is.

    Python's own codec follows IDNA 2003, in which ``straße.example`` is ``strasse.example``: somebody else's.

    Args:
        address: an address, cleaned.
    """
    name, at, domain = address.rpartition("@")
    return name + at + ".".join(_ascii(label) for label in domain.split("."))


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    label = unicodedata.normalize("NFC", label.lower())
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")

"""What a file's bytes are, told by the bytes: the declared type is never believed."""

from __future__ import annotations

from typing import Final

__all__ = ["INLINE", "SNIFFED_BYTES", "sniff"]

SNIFFED_BYTES: Final = 512

INLINE: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf"}
)
"""The only types that a browser may show in place; everything else is an attachment."""

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
)


def sniff(start: bytes) -> str:
    """Return the media type that the first bytes prove, else ``application/octet-stream``."""
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[:2] == b"\0\0" and start[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return "application/octet-stream"

"""What a file is, told by its bytes: nothing that a browser could run is ever shown in place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit.media import INLINE, SNIFFED_BYTES, sniff


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF87a..", "image/gif"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x2cftypavis\0\0\0\0", "image/avif"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"", "application/octet-stream"),
        (b"\x89PN", "application/octet-stream"),
        (b"RIFF\x24\0\0\0WAVE", "application/octet-stream"),
        (b"\0\0\0\x20ftypmp42", "application/octet-stream"),
        (b"plain text", "application/octet-stream"),
        (b" %PDF-1.7", "application/octet-stream"),
    ],
)
def test_the_type_is_what_the_first_bytes_prove(start: bytes, kind: str) -> None:
    assert sniff(start) == kind


def test_only_pictures_and_pdf_are_shown_in_place() -> None:
    assert {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf",
    } == INLINE  # fmt: skip


MARKUP = st.sampled_from(
    [
        *(b"<!doctype html>", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<?xml ?>"),
        *(b"<script>", b"<!--", b"<!--ftypavif--><script>", b"<svgftypavif onload=x>", b"<", b"<a"),
        *(b"javascript:", b"body{}", b"{}", b"#!/bin/sh"),
    ]
)
BEFORE = st.sampled_from([b"", b" ", b"\n\t\r ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0"])


@given(BEFORE, MARKUP, st.binary(max_size=40), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
@settings(max_examples=200)
def test_markup_and_script_are_never_shown_in_place(
    before: bytes, markup: bytes, rest: bytes, encoding: str
) -> None:
    start = before + markup.decode("ascii").encode(encoding) + rest
    assert sniff(start) not in INLINE


@given(
    st.binary(max_size=16),
    st.sampled_from([b"%PDF-", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"ftypavif"]),
)
@settings(max_examples=100)
def test_a_magic_number_further_on_proves_nothing(before: bytes, magic: bytes) -> None:
    start = b"x" + before + magic
    assert sniff(start) == "application/octet-stream"


@given(st.binary(max_size=SNIFFED_BYTES + 100))
@settings(max_examples=50)
def test_what_follows_the_sniffed_bytes_does_not_matter(data: bytes) -> None:
    assert sniff(data) == sniff(data[:SNIFFED_BYTES])

"""Downloads: ranges, validators, names, types, old and withdrawn versions, and web servers in front."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from portalkit.errors import BlobCorrupt
from portalkit.media import INLINE
from portalkit.storage.directory import DirectoryFiles
from portalkit.web import Request
from tests.web.stage import Answer, Browser, Stage, make_portal, make_stage, stream

BODY = bytes(range(256)) * 700
"""179,200 bytes: several chunks of a store."""


def deliver(stage: Stage, data: bytes, name: str = "data.bin") -> str:
    """Deliver a file in Anna's project and return its address below her pages."""
    with stage.change() as change:
        file = change.add_file(stage.own.design, stream(data), name=name, purpose="Try")
    return f"{stage.base(stage.own.anna)}f/{file.id}/1"


@pytest.fixture
def url(stage: Stage) -> str:
    """The address of a file of 179,200 bytes."""
    return deliver(stage, BODY)


# -- ranges -------------------------------------------------------------------------------------

LAST = len(BODY) - 1


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=65530-65545", 65530, 65545),
        ("bytes=100-", 100, LAST),
        (f"bytes={LAST}-", LAST, LAST),
        (f"bytes=0-{LAST}", 0, LAST),
        ("bytes=0-999999999", 0, LAST),
        ("bytes=-1", LAST, LAST),
        ("bytes=-500", LAST - 499, LAST),
        ("bytes=-999999999", 0, LAST),
        (" bytes=5-6 ", 5, 6),
        ("bytes=005-006", 5, 6),
    ],
)
def test_one_range_gives_exactly_these_bytes(
    anna: Browser, url: str, asked: str, start: int, end: int
) -> None:
    """206 with Content-Range: single, open and suffix ranges, across chunks, up to the end."""
    answer = anna.get(url, range=asked)
    assert answer.status == 206
    assert answer.body == BODY[start : end + 1]
    assert answer.header("content-range") == f"bytes {start}-{end}/{len(BODY)}"
    assert answer.header("content-length") == str(end - start + 1)
    assert answer.header("etag") == f'"{hashlib.sha256(BODY).hexdigest()}"'


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,3-4", "bytes=0-0,-1", "bytes=0-1, 3-4", "bytes=,0-1", "bytes=0-1,",
        "bytes=-", "bytes=", "bytes", "", "bytes=a-b", "bytes=1-a", "bytes=--1", "bytes=5-2",
        "bytes=1.0-2", "bytes=0x0-0x1", "bytes=1e1-", "bytes = 0-1", "items=0-1", "none",
        "bytes=99999999999999999999999-", "bytes=0-99999999999999999999999", "bytes=²-", "0-1",
        "bytes=" + ",".join(f"{i}-{i}" for i in range(2000)),
    ],
)  # fmt: skip
def test_several_and_malformed_ranges_give_the_whole(anna: Browser, url: str, asked: str) -> None:
    """200: no multipart answers, no amplification, no error."""
    answer = anna.get(url, range=asked)
    assert answer.status == 200
    assert answer.body == BODY
    assert answer.header("content-range") == ""
    assert answer.header("content-length") == str(len(BODY))


@pytest.mark.parametrize(
    "asked",
    [f"bytes={len(BODY)}-", f"bytes={len(BODY)}-{len(BODY)}", "bytes=999999999-", "bytes=-0"],
)
def test_a_range_outside_is_refused_with_the_size(anna: Browser, url: str, asked: str) -> None:
    """416 and ``bytes */size``, without a byte of the file."""
    answer = anna.get(url, range=asked)
    assert answer.status == 416
    assert answer.header("content-range") == f"bytes */{len(BODY)}"
    assert answer.body == b""
    assert answer.header("content-length") == "0"


def test_the_parts_of_a_download_that_is_taken_up_again_fit_together(
    anna: Browser, url: str
) -> None:
    """A phone that loses its connection goes on where it was, with If-Range."""
    tag = anna.ask("HEAD", url).header("etag")
    got = b""
    while len(got) < len(BODY):
        end = min(len(got) + 50_000, len(BODY)) - 1
        answer = anna.get(url, range=f"bytes={len(got)}-{end}", if_range=tag)
        assert answer.status == 206
        got += answer.body
    assert hashlib.sha256(got).hexdigest() == tag.strip('"')


@pytest.mark.parametrize(
    "held",
    ['"0000"', "Wed, 21 Oct 2026 07:28:00 GMT", "W/{tag}", "*", "{tag}, {tag}", "x", "{bare}"],
)
def test_a_range_of_something_else_gives_the_whole(anna: Browser, url: str, held: str) -> None:
    """If-Range with anything but exactly this version's tag: bytes of two versions never mix."""
    tag = anna.ask("HEAD", url).header("etag")
    held = held.format(tag=tag, bare=tag.strip('"'))
    answer = anna.get(url, range="bytes=0-9", if_range=held)
    assert (answer.status, answer.body) == (200, BODY)
    outside = anna.get(url, range="bytes=999999999-", if_range=held)
    assert outside.status == 200


def test_an_empty_file_can_be_had(stage: Stage, anna: Browser) -> None:
    """Whole, and any range of it lies outside."""
    url = deliver(stage, b"")
    answer = anna.get(url)
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "0")
    for asked in ("bytes=0-", "bytes=-1"):
        assert anna.get(url, range=asked).status == 416


def test_head_tells_of_the_whole_and_sends_nothing(anna: Browser, url: str) -> None:
    """A range is for GET alone (RFC 9110, 14.2)."""
    for headers in ({}, {"range": "bytes=0-9"}, {"range": "bytes=999999999-"}):
        answer = anna.ask("HEAD", url, headers=headers)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.header("content-length") == str(len(BODY))
        assert answer.header("content-range") == ""


# -- validators ---------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["{tag}", "W/{tag}", '"x", {tag}', '{tag},"x"', "*"])
def test_what_the_browser_has_is_not_sent_again(anna: Browser, url: str, held: str) -> None:
    """304 without a body, with the headers that keep it fresh."""
    tag = anna.ask("HEAD", url).header("etag")
    answer = anna.get(url, if_none_match=held.format(tag=tag), range="bytes=0-1")
    assert (answer.status, answer.body) == (304, b"")
    assert answer.header("etag") == tag
    assert answer.header("cache-control") == "private, no-cache"


@pytest.mark.parametrize("held", ['"x"', "", "x", '"{bare}x"', "{bare}"])
def test_what_it_has_of_another_version_is_sent(anna: Browser, url: str, held: str) -> None:
    """Only exactly this digest counts."""
    tag = anna.ask("HEAD", url).header("etag")
    answer = anna.get(url, if_none_match=held.format(bare=tag.strip('"')))
    assert (answer.status, answer.body) == (200, BODY)


def test_the_tag_opens_nothing(stage: Stage, anna: Browser, url: str) -> None:
    """Who knows the digest and not the link gets the door, not a 304."""
    tag = anna.ask("HEAD", url).header("etag")
    answer = stage.browser().get(url, if_none_match=tag)
    assert answer.status == 403
    with stage.change() as change:
        change.revoke_link(stage.own.anna)
    assert anna.get(url, if_none_match=tag).status == 410


# -- names and types ----------------------------------------------------------------------------

ACTIVE = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "image.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "feed.xml": b'<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></x>',
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script/></html>',
    "script.js": b"alert(1)",
    "style.css": b"body{}",
    "mail.eml": b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>",
    "page.mht": b"MIME-Version: 1.0\r\nContent-Type: multipart/related",
    "app.swf": b"FWS\x09",
    "page.pdf": b"<html><script>alert(1)</script>%PDF-1.7",
    "picture.png": b"<script>alert(1)</script>\x89PNG\r\n\x1a\n",
    "picture.jpg": b"\n\xff\xd8\xff<script>",
    "picture.gif": b"gif89a<script>",
    "text.txt": b"plain",
    "archive.zip": b"PK\x03\x04",
    "empty": b"",
    "font.woff2": b"wOF2",
    "video.mp4": b"\0\0\0\x20ftypisom",
}


@pytest.mark.parametrize("name", ACTIVE)
def test_nothing_active_is_ever_shown_in_place(stage: Stage, anna: Browser, name: str) -> None:
    """The bytes decide, not the name: an attachment of no particular type, sandboxed."""
    url = deliver(stage, ACTIVE[name], name)
    for address in (url, url + "?download=1", url + "?download=0", url + "?inline=1"):
        answer = anna.get(address)
        assert answer.header("content-type") == "application/octet-stream"
        assert answer.header("content-disposition").startswith("attachment; ")
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("content-security-policy") == "default-src 'none'; sandbox"


SHOWN = {
    "a.png": (b"\x89PNG\r\n\x1a\n....", "image/png"),
    "b.jpg": (b"\xff\xd8\xff\xe0....", "image/jpeg"),
    "c.gif": (b"GIF89a....", "image/gif"),
    "d.webp": (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    "e.avif": (b"\0\0\0\x20ftypavif\0\0", "image/avif"),
    "f.html": (b"%PDF-1.7 named badly", "application/pdf"),
    "g.svg": (b"GIF87a<script>alert(1)</script>", "image/gif"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_pictures_and_documents_are_shown_in_place_unless_asked_otherwise(
    stage: Stage, anna: Browser, name: str
) -> None:
    """As what their first bytes prove; ``?download=1`` saves them."""
    data, kind = SHOWN[name]
    url = deliver(stage, data, name)
    answer = anna.get(url)
    assert answer.header("content-type") == kind
    assert answer.header("content-disposition").startswith("inline; ")
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    saved = anna.get(url + "?download=1")
    assert saved.header("content-disposition").startswith("attachment; ")
    assert saved.body == answer.body == data
    assert kind in INLINE


# -- versions -----------------------------------------------------------------------------------


def test_old_versions_stay_as_they_were(stage: Stage, anna: Browser, base: str) -> None:
    """Each version has its own address, bytes and name for ever."""
    with stage.change() as change:
        change.add_version(stage.own.home, stream(b"third"), changed="Again", name="third.bin")
    bodies = [anna.get(f"{base}f/{stage.own.home.id}/{number}").body for number in (1, 2, 3)]
    assert bodies == [b"%PDF-1.7 quokka one", b"%PDF-1.7 quokka two", b"third"]
    names = [
        anna.get(f"{base}f/{stage.own.home.id}/{n}").header("content-disposition") for n in (1, 3)
    ]
    assert "home quokka.pdf" in names[0]
    assert "third.bin" in names[1]
    page = anna.get(f"{base}m/{stage.own.design.id}")
    for number in (1, 2, 3):
        assert f"{base}f/{stage.own.home.id}/{number}" in page.page.links


def test_a_withdrawn_version_is_gone_at_once_and_says_why(
    stage: Stage, anna: Browser, base: str
) -> None:
    """410 for the bytes, also by range and tag; the other versions stay."""
    url = f"{base}f/{stage.own.home.id}/1"
    tag = anna.ask("HEAD", url).header("etag")
    with stage.change() as change:
        change.withdraw_file(stage.own.home, "Held <prices> of others", version=1)
    for answer in (anna.get(url), anna.get(url, range="bytes=0-1"), anna.get(url, if_none_match=tag),
                   anna.get(url + "?download=1")):  # fmt: skip
        assert answer.status == 410
        assert "This version was withdrawn" in answer.text
        assert "Held <prices> of others" in answer.text
        assert b"quokka one" not in answer.body
        assert answer.header("etag") == ""
        assert answer.header("content-disposition") == ""
        assert answer.header("cache-control") == "no-store"
    assert anna.ask("HEAD", url).status == 410
    assert anna.get(f"{base}f/{stage.own.home.id}/2").status == 200
    assert "Held <prices> of others" in anna.get(f"{base}m/{stage.own.design.id}").text


def test_without_the_scope_no_byte_is_sent(stage: Stage, anna: Browser, base: str) -> None:
    """Whole, part, tag, old and withdrawn: 403, and known and unknown look alike."""
    tag = anna.ask("HEAD", f"{base}f/{stage.own.home.id}/2").header("etag")
    with stage.change() as change:
        change.set_scopes(stage.own.anna, ["view", "decide"])
    for path in (
        f"f/{stage.own.home.id}/2",
        f"f/{stage.own.home.id}/1",
        f"f/{stage.own.wrong.id}/1",
        "f/none/1",
    ):
        answers = [anna.get(base + path), anna.get(base + path, range="bytes=0-1"),
                   anna.get(base + path, if_none_match=tag), anna.ask("HEAD", base + path)]  # fmt: skip
        for answer in answers:
            assert answer.status == 403
            assert b"PDF-1.7" not in answer.body
            assert answer.header("etag") == ""


# -- behind a web server ------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> DirectoryFiles:
    """Files in a directory."""
    return DirectoryFiles(tmp_path / "files")


def sent_by(disk: DirectoryFiles, sendfile: str) -> tuple[Stage, Answer, str]:
    """A stage behind a web server, a download from it, and the key of the bytes."""
    stage = make_stage(make_portal(files=disk), sendfile=sendfile)
    url = f"{stage.base(stage.own.anna)}f/{stage.own.home.id}/2"
    return stage, stage.enter().get(url), stage.project().files[stage.own.home.id].current.key


@pytest.mark.parametrize("location", ["/protected", "/protected/"])
def test_nginx_is_told_the_internal_address(disk: DirectoryFiles, location: str) -> None:
    """X-Accel-Redirect with the key below the internal location; the portal sends no byte."""
    _, answer, key = sent_by(disk, f"x-accel:{location}")
    assert answer.status == 200
    assert answer.body == b""
    assert answer.header("x-accel-redirect") == f"/protected/{key}"
    assert answer.header("x-sendfile") == ""
    assert answer.header("content-disposition").startswith("inline; ")
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"


def test_apache_is_told_the_path(disk: DirectoryFiles) -> None:
    """X-Sendfile with an absolute path that is there and holds the bytes."""
    _, answer, key = sent_by(disk, "x-sendfile")
    assert answer.body == b""
    path = Path(answer.header("x-sendfile"))
    assert path.is_absolute()
    assert path.read_bytes() == b"%PDF-1.7 quokka two"
    assert str(path).endswith(key)


def test_the_web_server_in_front_is_told_nothing_before_the_check(disk: DirectoryFiles) -> None:
    """No cookie, a revoked link, a withdrawn version, a tag that fits: no path leaves the house."""
    for way in ("x-accel:/protected", "x-sendfile"):
        stage, first, _ = sent_by(disk, way)
        anna, base = stage.enter(), stage.base(stage.own.anna)
        url = f"{base}f/{stage.own.home.id}/2"
        refused = [stage.browser().get(url), anna.get(f"{base}f/{stage.own.wrong.id}/1"),
                   anna.get(f"{base}f/{stage.far.home.id}/1"), anna.get(f"{base}f/{stage.own.leak.id}/1"),
                   anna.get(url, if_none_match=first.header("etag"))]  # fmt: skip
        with stage.change() as change:
            change.revoke_link(stage.own.anna)
        refused.append(anna.get(url))
        assert [a.status for a in refused] == [403, 410, 404, 404, 304, 410]
        for answer in refused:
            assert answer.header("x-accel-redirect") == ""
            assert answer.header("x-sendfile") == ""


def test_without_a_path_the_portal_sends_the_bytes_itself() -> None:
    """A file store without files on a disk cannot hand over; nothing breaks."""
    stage = make_stage(sendfile="x-sendfile")
    answer = stage.enter().get(f"{stage.base(stage.own.anna)}f/{stage.own.home.id}/2")
    assert (answer.status, answer.body) == (200, b"%PDF-1.7 quokka two")


def test_a_directory_streams_whole_files_and_ranges(disk: DirectoryFiles) -> None:
    """The same answers as from memory."""
    stage = make_stage(make_portal(files=disk))
    url, anna = deliver(stage, BODY), stage.enter()
    assert anna.get(url).body == BODY
    part = anna.get(url, range="bytes=60000-140000")
    assert (part.status, part.body) == (206, BODY[60000:140001])


@pytest.mark.parametrize("sendfile", ["", "x-sendfile"])
def test_bytes_that_are_missing_are_a_calm_page(
    disk: DirectoryFiles, sendfile: str, tmp_path: Path
) -> None:
    """503 before the first byte; no headers of the file and no path."""
    stage = make_stage(make_portal(files=disk), sendfile=sendfile)
    key = stage.project().files[stage.own.home.id].current.key
    Path(disk.path(key)).unlink()
    answer = stage.enter().get(f"{stage.base(stage.own.anna)}f/{stage.own.home.id}/2")
    assert answer.status == 503
    assert "This cannot be shown at the moment" in answer.text
    assert answer.header("content-disposition") == ""
    assert answer.header("etag") == ""
    assert str(tmp_path) not in answer.raw
    assert key not in answer.raw


# -- what counts as opened ----------------------------------------------------------------------

LARGE = bytes(range(256)) * 8192
"""2 MiB: its first half is sent before the last bytes are known to be right."""


def opened(stage: Stage) -> list[str]:
    """Which file versions the access log says were fetched."""
    return [a.what for a in stage.portal.access.of(stage.own.id) if a.what.startswith("file:")]


def begun(stage: Stage, anna: Browser, url: str) -> Iterator[bytes]:
    """A download on its way: the bytes as the server takes them, one piece after the other."""
    path = url.removeprefix(stage.web.mount)
    body = stage.web.handle(Request(method="GET", path=path, cookies=anna.sent(url))).body
    assert not isinstance(body, bytes)
    return body


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_a_file_counts_as_opened_once_its_last_byte_was_handed_on(
    stage: Stage, anna: Browser, data: bytes
) -> None:
    """A decision copies this into its evidence, so a beginning will not do."""
    body = begun(stage, anna, deliver(stage, data))
    got = b""
    for chunk in body:
        got += chunk
        assert opened(stage) == []
    assert got == data
    assert len(opened(stage)) == 1


@pytest.mark.parametrize("pieces", [0, 1, 20])
def test_a_download_that_the_browser_breaks_off_does_not_count(
    stage: Stage, anna: Browser, pieces: int
) -> None:
    """The server closes what it does not send to the end."""
    body = begun(stage, anna, deliver(stage, LARGE))
    for _ in range(pieces):
        assert next(body)
    body.close()  # type: ignore[attr-defined]
    assert opened(stage) == []


def test_a_download_of_wrong_bytes_does_not_count(disk: DirectoryFiles) -> None:
    """They break off before their end."""
    stage = make_stage(make_portal(files=disk))
    url, anna = deliver(stage, LARGE), stage.enter()
    (file,) = (f for f in stage.project().files.values() if f.name == "data.bin")
    Path(disk.path(file.current.key)).write_bytes(b"x" * len(LARGE))
    with pytest.raises(BlobCorrupt):
        list(begun(stage, anna, url))
    assert opened(stage) == []


def test_of_parts_the_one_with_the_end_counts(stage: Stage, anna: Browser, url: str) -> None:
    """So does a download that is taken up again; a HEAD, a 304, a 416 and a part before the end do not."""
    tag = anna.ask("HEAD", url).header("etag")
    anna.get(url, if_none_match=tag)
    for asked in ("bytes=999999999-", "bytes=0-0", f"bytes=0-{LAST - 1}"):
        anna.get(url, range=asked)
    anna.ask("HEAD", url, headers={"range": f"bytes={LAST}-"})
    assert opened(stage) == []
    anna.get(url, range="bytes=100000-", if_range=tag)
    assert len(opened(stage)) == 1


@pytest.mark.parametrize("way", ["x-accel:/protected", "x-sendfile"])
def test_behind_a_web_server_a_file_counts_once_it_was_handed_over(
    disk: DirectoryFiles, way: str
) -> None:
    """Nobody tells the portal how it ended; a HEAD and a file that is missing are not handed over."""
    stage = make_stage(make_portal(files=disk), sendfile=way)
    url, anna = deliver(stage, BODY), stage.enter()
    anna.ask("HEAD", url)
    assert opened(stage) == []
    anna.get(url, range="bytes=0-9")
    assert len(opened(stage)) == 1

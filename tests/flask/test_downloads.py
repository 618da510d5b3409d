"""Files through the adapter: streamed in pieces, ended cleanly, or left to the server in front."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import pytest
from flask import Flask

from portalkit import TooLarge
from portalkit.flask import current_portal
from tests.flask.host import MAYA, PDF, Browser, Seeded, browser, make_app, seed
from tests.streams import LARGE, LITTLE, Stream, measured, open_files

__all__ = ["measured"]


def add(app: Flask, seeded: Seeded, stream: Stream) -> str:
    """Deliver a file and return its id."""
    with app.app_context(), current_portal.desk(MAYA).change(seeded.project) as change:
        file = change.add_file(seeded.design, stream, name="film.mov", purpose="The film")
    return file.id


def test_a_large_file_needs_little_memory(
    app: Flask, anna: Browser, seeded: Seeded, measured: None
) -> None:
    """30 MB go up and down in pieces of at most 64 KiB: memory stays below 2 MB, every byte arrives."""
    stream = Stream(LARGE)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    film = add(app, seeded, stream)
    assert tracemalloc.get_traced_memory()[1] - before < LITTLE

    answer = anna.get(f"f/{film}/1")
    assert answer.headers["Content-Length"] == str(LARGE)
    digest, total, largest = hashlib.sha256(), 0, 0
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for chunk in answer.iter_encoded():
        digest.update(chunk)
        total += len(chunk)
        largest = max(largest, len(chunk))
    answer.close()
    assert tracemalloc.get_traced_memory()[1] - before < LITTLE
    assert (total, digest.digest()) == (LARGE, stream.digest.digest())
    assert largest <= 64 * 1024
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'


@pytest.mark.parametrize("read", [0, 1, 3])
def test_a_broken_download_leaves_nothing_open(
    app: Flask, anna: Browser, seeded: Seeded, tmp_path: Path, read: int
) -> None:
    """A client that goes away in the middle, or takes only the head, leaves no file open."""
    film = add(app, seeded, Stream(3 * 1024 * 1024))
    answer = anna.get(f"f/{film}/1")
    chunks = answer.iter_encoded()
    for _ in range(read):
        next(chunks)
    assert len(open_files(tmp_path / "portal" / "files")) == 1
    answer.close()
    assert open_files(tmp_path / "portal" / "files") == []
    anna.client.head(f"{anna.base}f/{film}/1")
    assert open_files(tmp_path / "portal" / "files") == []


def test_a_part_of_a_file(anna: Browser, seeded: Seeded) -> None:
    """One range comes through the adapter as 206 with exactly its bytes."""
    answer = anna.get(f"f/{seeded.home}/1", headers={"Range": "bytes=5-7"})
    assert (answer.status_code, answer.data) == (206, PDF[5:8])
    assert answer.headers["Content-Range"] == f"bytes 5-7/{len(PDF)}"
    assert answer.headers["Content-Length"] == "3"


def test_a_file_that_the_browser_has_already(anna: Browser, seeded: Seeded) -> None:
    """The digest is the ETag: a second visit costs no byte."""
    tag = anna.get(f"f/{seeded.home}/1").headers["ETag"]
    answer = anna.get(f"f/{seeded.home}/1", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    ("setting", "header"),
    [("x-sendfile", "X-Sendfile"), ("x-accel:/kept/", "X-Accel-Redirect")],
)
def test_a_server_in_front_may_send_the_file(tmp_path: Path, setting: str, header: str) -> None:
    """With ``PORTALKIT_SENDFILE`` the app sends where the bytes lie, under the same headers."""
    app = make_app(tmp_path, PORTALKIT_SENDFILE=setting)
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    answer = anna.get(f"f/{seeded.home}/1")
    (kept,) = (tmp_path / "portal" / "files" / seeded.project).iterdir()
    place = {"X-Sendfile": str(kept), "X-Accel-Redirect": f"/kept/{seeded.project}/{kept.name}"}
    assert answer.headers[header] == place[header]
    assert answer.data == b""
    assert answer.headers["Content-Disposition"] == 'inline; filename="homepage.pdf"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert browser(app).get(f"{anna.base}f/{seeded.home}/1").status_code == 403


def test_the_largest_file(tmp_path: Path) -> None:
    """``PORTALKIT_LARGEST_FILE`` is refused one byte beyond it, and nothing of it is kept."""
    app = make_app(tmp_path, PORTALKIT_LARGEST_FILE=1000)
    seeded = seed(app)
    add(app, seeded, Stream(1000))
    with pytest.raises(TooLarge):
        add(app, seeded, Stream(1001))
    assert len(list((tmp_path / "portal" / "files" / seeded.project).iterdir())) == 2


def test_lost_bytes_are_told_calmly(
    app: Flask, anna: Browser, seeded: Seeded, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that are gone from the disk are 503 on the calm page, and an error in the host's log."""
    for path in (tmp_path / "portal" / "files" / seeded.project).iterdir():
        path.unlink()
    answer = anna.get(f"f/{seeded.home}/1")
    assert answer.status_code == 503
    assert "Please try again in a few minutes" in answer.text
    assert any(record.levelname == "ERROR" for record in caplog.records)
    assert anna.get("").status_code == 200

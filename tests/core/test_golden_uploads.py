"""What was first written of uploads and requests for files is read for ever: recorded once, never made anew."""

from __future__ import annotations

from datetime import date
from typing import Any

from portalkit import RequestState
from portalkit.codec import entry_of
from portalkit.fold import fold, fold_request, versions
from tests.core.golden import recorded
from tests.core.test_golden import id_

ENTRIES = [entry_of(row) for row in recorded("uploads")]
PROJECT: Any = fold(ENTRIES)


def about(name: str) -> list[Any]:
    return [entry for entry in ENTRIES if entry.subject == id_(name)]


def test_its_requests() -> None:
    assert list(PROJECT.requests) == [id_("weights")]
    logo: Any = fold_request(about("logo"))
    assert (logo.title, logo.note, logo.due) == (
        "Logo as SVG",
        "Without the claim",
        date(2026, 12, 1),
    )
    assert (logo.state, logo.files, logo.people) == (
        RequestState.FULFILLED,
        (id_("file"),),
        (id_("anna"),),
    )
    photos: Any = fold_request(about("photos"))
    assert (photos.state, photos.withdrawn) == (RequestState.WITHDRAWN, "Found in our archive")


def test_its_files() -> None:
    file, other = PROJECT.files.values()
    assert (file.name, file.purpose) == ("Lögo.svg", "The newest")
    assert (other.name, other.purpose, other.current.by) == ("photo.png", "", id_("anna"))
    assert not file.current.quarantined
    assert file.current.delivered
    (kept,) = versions(about("file")[:2])
    assert (kept.quarantined, kept.key, kept.sha256) == (True, "p/one", "1" * 64)


def test_who_handed_it_in_and_how() -> None:
    fact = about("file")[0].fact
    assert (fact.link, fact.request) == (f"golden.{id_('link')}", id_("logo"))


def test_its_history() -> None:
    said = [(a.kind, a.title, a.detail, a.note) for a in PROJECT.recent[:6]]
    assert said == [
        ("request.withdrawn", "Photos", "", "Found in our archive"),
        ("file.released", "", "1", ""),
        ("file.delivered", "", "", ""),
        ("request.fulfilled", "Logo as SVG", "", ""),
        ("file.quarantined", "", "1", "Scripts inside"),
        ("file.delivered", "", "", "Logo as SVG"),
    ]

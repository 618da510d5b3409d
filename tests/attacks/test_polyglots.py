"""Files that are two things at once: an attachment of no type, or a picture and nothing else."""

from __future__ import annotations

import pytest

from portalkit.media import INLINE
from tests.attacks.polyglots import DECLARED, FAMILIES, POLYGLOTS, Polyglot
from tests.web.stage import Browser, Stage, stream

ACTIVE = ("html", "svg", "xml", "script", "css", "json", "flash", "multipart", "rfc822", "wasm")


def test_there_are_40_polyglots_of_every_kind() -> None:
    """Otherwise the tests below would prove little; half of the pictures could be taken for pages."""
    assert len(POLYGLOTS) >= 40
    assert len({file.data for file in POLYGLOTS}) == len(POLYGLOTS)
    assert {file.shown for file in POLYGLOTS} == {"", *INLINE}
    assert len(DECLARED) >= 15


@pytest.mark.parametrize("family", FAMILIES)
def test_the_bytes_decide_whatever_the_file_is_called(stage: Stage, family: str) -> None:
    """Each polyglot under each ending: no active type ever leaves, and only pictures and PDFs are in place."""
    with stage.change() as change:
        made = [
            (file, change.add_file(stage.own.build, stream(file.data), name=f"file.{ending}", purpose="Try"))
            for file in FAMILIES[family]
            for ending in DECLARED
        ]  # fmt: skip
    anna, base = stage.enter(), stage.base(stage.own.anna)
    for number, (file, handle) in enumerate(made):
        url = f"{base}f/{handle.id}/1"
        check(anna, file, url, {})
        if number % 7 == 0:  # seven and twenty endings: in the end each of them
            check(anna, file, url + "?download=1", {})
            check(anna, file, url + "?inline=1&type=text/html", {"accept": "text/html"})
            check(anna, file, url, {"range": "bytes=0-98"})
    page = anna.get(f"{base}m/{stage.own.build.id}")
    addresses = {e.get("src") for e in page.page.elements if e.get("src")}
    assert not any("/f/" in address for address in addresses), "no page embeds a file"


def check(anna: Browser, file: Polyglot, address: str, headers: dict[str, str]) -> None:
    """Ask for a file, and look at what would let a browser take it for a page."""
    answer = anna.get(address, **headers)
    if answer.status == 416:
        assert file.data == b""
        return
    kind = answer.header("content-type")
    shown = bool(file.shown) and not address.endswith("?download=1")
    assert answer.body == (file.data[:99] if "range" in headers else file.data), file.name
    assert kind == (file.shown or "application/octet-stream"), file.name
    assert not any(word in kind for word in ACTIVE)
    assert answer.header("content-disposition").startswith("inline; " if shown else "attachment; ")
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    assert answer.header("cross-origin-resource-policy") == "same-origin"
    assert answer.header("content-encoding") == answer.header("refresh") == ""

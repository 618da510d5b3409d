"""What every adapter must pass: the same requests, by its framework and by the core alone.

Subclass `AdapterContract` and override `app`.  Two portals are made alike, with the same clock and the
same chance; each request goes to your app on one and to the core on the other.  Status, headers, body and
the entries in the log must be the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from unittest import mock

import pytest
from attrs import evolve, frozen

from ..portal import Portal
from ..web import Brand, Looks, Web
from .asks import Answer, answered, environ_of, same_chances, sent
from .cases import CASES, Case, Stage
from .laws import law
from .sample import Sample, memory_portal, open_sample

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["LAWS", "AdapterContract", "Pair"]

LAWS = {
    1: "the path goes in below the mount, decoded once and else as it stands; nothing redirects by itself",
    2: "every method of every route reaches the core; what it says comes out, and HEAD without a body",
    3: "headers, cookies and query go in as they were sent, and the core alone judges them",
    4: "a body is asked for only by the core, streamed as it comes, and closed",
    5: "parts and validators of files are the core's: nothing is cut, compressed or compared again",
    6: "a form goes in field by field, in order, doubled and empty ones too, its files beside it, or as cut",
}


@frozen
class Pair:
    """Two portals made alike: one for the core alone, one for the app."""

    core: Portal
    web: Web
    behind: Portal
    app: Any

    def scene(self, seed: str) -> tuple[Stage, Sample]:
        """Open the same project on both."""
        with same_chances(seed):
            ours = open_sample(self.core)
        with same_chances(seed):
            theirs = open_sample(self.behind)
        assert ours.project == theirs.project
        return Stage(self.web, ours), theirs


class AdapterContract:
    """The laws of an adapter; override `app`.

    Attributes:
        adds: names of headers that the host's framework adds where the core says nothing, in lower case.
    """

    adds: ClassVar[Collection[str]] = ()
    _pairs: ClassVar[dict[type, Pair]] = {}

    def app(self, portal: Portal, looks: Looks) -> WSGIApplication:
        """Return a host's app that shows a portal at its base URL.

        Args:
            portal: what to show; its clock stands still.
            looks: how to dress the pages.
        """
        raise NotImplementedError("override `app` with a WSGI app that has your adapter in it")

    def made(self) -> Pair:
        """Return two portals made alike, and what stands before each."""
        looks = Looks(brands={"": Brand(name="Studio North")})
        core, behind = memory_portal(), memory_portal()
        return Pair(core, Web(core, looks), behind, self.app(behind, looks))

    @pytest.fixture
    def pair(self) -> Pair:
        """Give the pair that all requests of a class share; each has a project of its own on it."""
        kind = type(self)
        if kind not in self._pairs:
            self._pairs[kind] = self.made()
        return self._pairs[kind]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_the_answer_is_the_core_s(self, pair: Pair, case: Case) -> None:
        """Adapter laws 1 to 6: status, headers, body and log are those of the core alone."""
        self.check(pair, case)

    def check(self, pair: Pair, case: Case) -> None:
        """Send one request both ways; what differs is an error that names the law.

        Args:
            pair: the two portals.
            case: the request.
        """
        try:
            self._compare(pair, case)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"Broken: Adapter law {case.law}: {LAWS[case.law]}.")
            raise

    def _compare(self, pair: Pair, case: Case) -> None:
        stage, theirs = pair.scene(case.name)
        ask = case.make(stage)
        with same_chances("answer"):
            expected = answered(pair.web, ask)
        with same_chances("answer"):
            found = self._without_added(sent(pair.app, ask), expected)
        assert found.status == expected.status
        assert _alike(found.headers) == _alike(expected.headers)
        assert found.body == expected.body
        ours = stage.sample
        kept, wanted = pair.behind.ledger.store, pair.core.ledger.store
        assert list(kept.history(theirs.id)) == list(wanted.history(ours.id)), "the logs differ"
        assert pair.behind.access.of(theirs.id) == pair.core.access.of(ours.id)

    def _without_added(self, answer: Answer, expected: Answer) -> Answer:
        added = set(self.adds) - {name for name, _ in expected.headers}
        kept = tuple((name, value) for name, value in answer.headers if name not in added)
        return evolve(answer, headers=kept)

    @law
    def test_the_body_of_a_refused_form_is_not_read(self, pair: Pair) -> None:
        """Adapter law 4: a form is read only when the core asks for it, which is after its checks."""
        stage, _ = pair.scene("a form from elsewhere")
        form = stage.post(stage.ask, stage.confirmation())
        environ = environ_of(form.with_headers(("origin", "https://evil.example")))
        environ["wsgi.input"] = _Untouched()
        statuses: list[str] = []
        chunks = pair.app(environ, lambda status, *rest: statuses.append(status))
        b"".join(chunks)
        assert statuses[-1].startswith("403")

    @law
    def test_a_file_is_sent_as_it_is_read(self, pair: Pair) -> None:
        """Adapter law 4: a download is streamed, and let go of when the client hangs up."""
        stage, theirs = pair.scene("a large file")
        with theirs.desk.change(theirs.id) as change:
            data = io.BytesIO(bytes(_LARGE))
            large = change.add_file(theirs.design, data, name="large.bin", purpose="To be sent")
        stream = _Counted(pair.behind.files.open)
        with mock.patch.object(pair.behind.files, "open", stream):
            ask = stage.get(stage.page(f"f/{large.id}/1"))
            chunks = pair.app(environ_of(ask), lambda status, *rest: None)
            next(iter(chunks))
            assert 0 < stream.given < _LARGE, "all of it was read before any of it was sent"
            getattr(chunks, "close", lambda: None)()
            assert stream.closed, "the file was left open"


_LARGE = 4 * 1024 * 1024


class _Untouched:
    """A body that must not be read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read though the core did not ask for it")

    readline = readinto = __iter__ = read


class _Counted:
    """Opens files, counts the bytes that are asked for, and knows whether they were let go of."""

    def __init__(self, open: Callable[..., Iterator[bytes]]) -> None:
        self._open = open
        self.given = 0
        self.closed = False

    def __call__(self, *args: Any) -> Iterator[bytes]:
        try:
            for chunk in self._open(*args):
                self.given += len(chunk)
                yield chunk
        finally:
            self.closed = True


def _alike(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers without what has no meaning: the order of a cookie's attributes (RFC 6265)."""
    return [(name, _cookie(value) if name == "set-cookie" else value) for name, value in headers]


def _cookie(text: str) -> str:
    value, *attributes = (part.strip() for part in text.split(";"))
    return "; ".join([value, *sorted(attributes)])

"""Files that clients hand in, through raw multipart: names in every spelling, types that lie, bodies that break off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from urllib.parse import quote

import pytest
from attrs import frozen

from portalkit import CLIENT, FileDelivered
from portalkit.model import File
from portalkit.storage.memory import MemoryFiles
from tests.attacks.names import FAMILIES, NAMES
from tests.attacks.polyglots import DECLARED, POLYGLOTS
from tests.attacks.test_cut_bodies import BOUNDARY, head_of, send, status_of
from tests.attacks.test_names import check_header, faults_of
from tests.faults.server import Client, Server
from tests.faults.world import open_project
from tests.flask.host import MAYA, Browser
from tests.hosts import Home, Host
from tests.web.test_web_uploads import dropped

__all__ = ["dropped"]

_numbers = count()


def once() -> str:
    """A value as each form has its own."""
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    number, text = next(_numbers), ""
    while len(text) < 26:
        number, digit = divmod(number, 32)
        text += digits[digit]
    return text


def part(head: str | bytes, data: bytes) -> bytes:
    """A part of a multipart body."""
    raw = head if isinstance(head, bytes) else head.encode("utf-8", "surrogateescape")
    return b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (
        BOUNDARY.encode(),
        raw,
        data,
    )


def body_of(token: str, *files: bytes) -> bytes:
    """A whole form that hands files in."""
    fields = [
        part('name="pk_csrf"', token.encode()),
        part('name="once"', once().encode()),
        part('name="note"', b""),
    ]
    return (
        b"".join([*fields, *files, part('name="pk_end"', b"whole")])
        + f"--{BOUNDARY}--\r\n".encode()
    )


@frozen
class Place:
    """A host with a client before the form."""

    home: Home
    anna: Browser
    token: str

    def send(self, *files: bytes) -> int:
        """Hand files in and return the status."""
        answer = self.anna.client.post(
            f"{self.anna.base}m/{self.home.it.design}/files", data=body_of(self.token, *files),
            content_type=f"multipart/form-data; boundary={BOUNDARY}", headers={"Origin": "http://localhost"},
        )  # fmt: skip
        assert all(value.isprintable() for _, value in answer.headers)
        return answer.status_code

    @property
    def delivered(self) -> list[FileDelivered]:
        """What was handed in so far."""
        entries = self.home.portal.entries(self.home.it.project)
        return [e.fact for e in entries if isinstance(e.fact, FileDelivered)]

    @property
    def files(self) -> list[File]:
        """The files of the project, in order."""
        return list(self.home.portal.project(self.home.it.project).files.values())

    @property
    def blobs(self) -> list[str]:
        """The bytes that are kept."""
        return list(self.home.portal.files.keys())


@pytest.fixture
def place(host: Host) -> Place:
    """Files in memory, and no limit that is reached here."""
    home = host.home(FILES=MemoryFiles(), UPLOAD_DAY_FILES=100_000)
    anna = home.enter()
    return Place(home, anna, anna.form("")["pk_csrf"])


def spellings(name: str) -> Iterator[tuple[str, bytes]]:
    """The heads of a file's part: as browsers write a name, as scripts do, by RFC 5987, and both at odds."""
    raw = name.encode("utf-8", "surrogatepass")
    browsers = raw.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    encoded = quote(raw, safe="").encode()
    yield "browser", b'name="files"; filename="%s"' % browsers
    yield (
        "script",
        b'name="files"; filename="%s"' % raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"'),
    )
    yield "raw", b'name="files"; filename="%s"' % raw
    yield "extended", b"name=\"files\"; filename*=UTF-8''%s" % encoded
    yield "at odds", b'name="files"; filename="plain.pdf"; filename*=UTF-8\'\'%s' % encoded


@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_is_cleaned_however_it_is_sent(place: Place, family: str) -> None:
    """Five spellings of each name: taken in under a clean name, or refused whole with nothing kept."""
    taken = 0
    for number, name in enumerate(FAMILIES[family]):
        chosen = [s for n, s in enumerate(spellings(name)) if n in (number % 5, (number + 2) % 5)]
        for spelling, head in chosen:
            status = place.send(part(head + b"\r\nContent-Type: text/html", b"%PDF-1.7 x"))
            assert status in (303, 400, 422), (spelling, name)
            taken += status == 303
    facts = place.delivered
    assert len(facts) == taken == len(place.blobs) - 1
    assert taken > len(FAMILIES[family]), "most of them are only odd"
    for fact in facts:
        assert faults_of(fact.name) == [], fact.name
        whole = fact.size == len(
            b"%PDF-1.7 x"
        )  # a blank line in a raw name ends the head of its part
        assert fact.type == ("application/pdf" if whole else "application/octet-stream")
    files = [file for file in place.files if file.current.name != "homepage.pdf"]
    for file in files[::5]:
        answer = place.anna.get(f"f/{file.id}/1")
        assert answer.status_code == 200
        kind = "inline" if file.current.type == "application/pdf" else "attachment"
        check_header(answer.headers["Content-Disposition"], kind, file.current.name)


def test_300_names_went_through_multipart() -> None:
    """What the test above walks."""
    assert sum(map(len, FAMILIES.values())) >= len(NAMES) >= 300
    assert len(dict(spellings("x"))) == 5


def test_no_declared_type_is_believed(place: Place) -> None:
    """Each polyglot under declared types and endings of all kinds: the bytes decide."""
    kinds = list(DECLARED.items())
    for number, file in enumerate(POLYGLOTS):
        for ending, kind in (kinds[number % len(kinds)], kinds[(number * 7 + 3) % len(kinds)]):
            declared = kind.replace("\r\n", " ") or "text/html"
            head = f'name="files"; filename="f{number}.{ending}"\r\nContent-Type: {declared}'
            assert place.send(part(head, file.data)) == 303, (file.name, kind)
            fact = place.delivered[-1]
            assert fact.size == len(file.data)
            assert (
                fact.type
                if file.shown
                else fact.type in ("application/zip", "application/octet-stream")
            ) in (file.shown, True), file.name
            answer = place.anna.get(f"f/{place.files[-1].id}/1")
            assert answer.data == file.data
            assert answer.headers["Content-Type"] == (file.shown or "application/octet-stream")
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


BENT = {
    "another field": part('name="file"; filename="a.pdf"', b"x"),
    "a list": part('name="files[]"; filename="a.pdf"', b"x"),
    "the end as a file": part('name="pk_end"; filename="a.pdf"', b"whole"),
    "the token as a file": part('name="pk_csrf"; filename="a.pdf"', b"x"),
    "an unknown field": part('name="milestone"', b"x"),
    "a person": part('name="person"', b"x"),
    "a second token": part('name="pk_csrf"', b"x"),
    "a second once": part('name="once"', b"a" * 26),
    "a request of nobody": part('name="request"', b"a" * 26),
    "a nul in a field": part('name="request"', b"\0"),
    "an end in between": part('name="pk_end"', b"whole"),
    "a field that is too long": part('name="request"', b"x" * 200_000),
}


@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize("kind", BENT)
def test_a_form_that_is_not_exactly_ours_hands_nothing_in(place: Place, kind: str) -> None:
    """Beside a file that is in order: refused whole, and no byte of either is kept."""
    good = part('name="files"; filename="good.pdf"', b"%PDF-1.7 good")
    before = place.blobs
    for files in ((BENT[kind], good), (good, BENT[kind])):
        assert place.send(*files) in (400, 403, 404, 409, 413, 422)
    assert place.delivered == []
    assert place.blobs == before


def test_a_part_that_belongs_to_no_field_is_never_taken_in(place: Place) -> None:
    """Frameworks refuse the whole form or drop the part: they know no name to hand it over by."""
    good = part('name="files"; filename="good.pdf"', b"%PDF-1.7 good")
    before = len(place.blobs)
    for stray in (part('filename="stray.pdf"', b"stray"), part("x=y", b"stray")):
        taken = place.send(stray, good) == 303
        assert [f.name for f in place.delivered[before - 1 :]] == ["good.pdf"] * taken
        assert len(place.blobs) == before + taken
        before += taken


def test_an_upload_cut_at_every_class_of_place_hands_nothing_in(gunicorn: Server) -> None:
    """On real sockets: inside each head, boundary and file; no entry, no bytes kept. Whole, it is one of each file."""
    portal = gunicorn.portal()
    scene = open_project(portal)
    with portal.desk(MAYA).change(scene.id) as change:
        change.set_scopes(scene.anna, [*CLIENT, "upload"])
    gunicorn.start()
    client = Client(gunicorn.port)
    client.enter(scene.url)
    token = client.get(client.base).hidden["pk_csrf"]
    files = [
        part(f'name="files"; filename="{n}.bin"\r\nContent-Type: x/y', bytes([n]) * 3000)
        for n in (1, 2)
    ]
    body = body_of(token, *files)
    head = head_of(client, "x", f"multipart/form-data; boundary={BOUNDARY}", len(body))
    head = head.replace(
        f"{client.base}a/x".encode(), f"{client.base}m/{scene.design.id}/files".encode()
    )
    before, blobs = len(scene.entries), scene.blobs
    step = max(1, len(body) // 150)
    edges = [
        at + n
        for at in range(len(body))
        if body.startswith(b"--" + BOUNDARY.encode(), at)
        for n in (0, 1, 9, 24)
    ]
    places = sorted(
        {*range(0, len(body) - 4, step), *(at for at in edges if at < len(body) - 4), len(body) - 5}
    )
    assert len(places) > 100
    for at in places:
        assert status_of(send(gunicorn.port, head + body[:at])) == 400, (at, body[at - 20 : at])
    assert len(scene.entries) == before
    assert scene.blobs == blobs
    assert status_of(send(gunicorn.port, head + body)) == 303
    assert status_of(send(gunicorn.port, head + body)) == 303, "sent twice it is handed in once"
    assert [e.kind for e in scene.entries[before:]] == ["file.delivered"] * 2
    assert len(scene.blobs) == len(blobs) + 2
    assert scene.whole()
    gunicorn.stop()
    assert "Traceback" not in gunicorn.log.read_text()

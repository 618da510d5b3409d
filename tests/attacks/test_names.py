"""Names of files, as hostile as they come: cleaned once, and one header in every parser and on every page."""

from __future__ import annotations

import re
import unicodedata
from email import policy
from email.parser import BytesHeaderParser
from urllib.parse import unquote

import pytest
from werkzeug.http import parse_options_header

from portalkit.web.http import content_disposition
from tests.attacks.names import FAMILIES, NAMES
from tests.attacks.test_cut_bodies import send
from tests.faults.server import Client, Server
from tests.faults.world import open_project
from tests.web.stage import MAYA, Stage, stream

DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])[ .]*(\..*)?", re.IGNORECASE)
DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_there_are_300_names_of_many_kinds() -> None:
    """Otherwise the tests below would prove little."""
    assert len(NAMES) >= 300
    assert len(set(NAMES)) == len(NAMES)
    assert len(FAMILIES) >= 15
    assert min(map(len, FAMILIES.values())) >= 7


def faults_of(name: str) -> list[str]:
    """What a name holds that no file system, header or page should be given."""
    found = [f"U+{ord(c):04X}" for c in name if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    found += [f"U+{ord(c):04X}" for c in name if c in DIRECTION or c in '/\\<>:"|?*%;']
    if DEVICE.fullmatch(name):
        found.append("a device")
    if (
        not name.strip(". ")
        or name != name.strip(" ")
        or name.endswith(".")
        or name.startswith(".")
    ):
        found.append("dots or blanks at an end")
    if len(name.encode()) > 255:
        found.append("too long")
    if name != unicodedata.normalize("NFC", name):
        found.append("not in normal form C")
    return found


def check_header(value: str, kind: str, stored: str) -> None:
    """Parse a Content-Disposition by two parsers that know nothing of ours."""
    assert value.isascii()
    assert value.isprintable()
    shown, parameters = parse_options_header(value)
    assert shown == kind
    assert parameters == {"filename": stored}
    raw = f"Content-Disposition: {value}\r\n\r\n".encode()
    mail = BytesHeaderParser(policy=policy.HTTP).parsebytes(raw)
    assert len(mail) == 1
    header = mail["content-disposition"]
    assert header.content_disposition == kind
    assert set(header.params) == {"filename"}
    assert not header.defects or "filename*" in value, "the two spellings count as a doubled one"
    assert re.fullmatch(r"[A-Za-z0-9 ._()+,=@-]+", header.params["filename"])
    extended = re.search(r"filename\*=UTF-8''([A-Za-z0-9%._~-]+)$", value)
    assert (unquote(extended[1]) if extended else header.params["filename"]) == stored


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_is_cleaned_once_and_served_under_one_header(stage: Stage, family: str) -> None:
    """Delivered through the API; what is stored is what every parser of the header and every page says."""
    names = FAMILIES[family]
    with stage.change() as change:
        made = [
            change.add_file(stage.own.build, stream(b"%PDF-1.7 " + str(n).encode()), name=name, purpose="Try")
            for n, name in enumerate(names)
        ]  # fmt: skip
    anna, base = stage.enter(), stage.base(stage.own.anna)
    page = anna.get(f"{base}m/{stage.own.build.id}")
    twin = anna.get(base + "project.json")
    assert (page.status, twin.status) == (200, 200)
    for number, (name, file) in enumerate(zip(names, made, strict=True)):
        stored = stage.project().files[file.id].current.name
        assert faults_of(stored) == [], (name, stored)
        for address, kind in (
            (f"{base}f/{file.id}/1", "inline"),
            (f"{base}f/{file.id}/1?download=1", "attachment"),
        ):
            answer = anna.get(address)
            assert (answer.status, answer.body) == (200, b"%PDF-1.7 " + str(number).encode())
            check_header(answer.header("content-disposition"), kind, stored)
            assert answer.all("set-cookie") == []
            assert all(v.isprintable() and v.isascii() for _, v in answer.headers), name
        assert " ".join(stored.split()) in page.text, name


@pytest.mark.parametrize("family", FAMILIES)
def test_the_writer_of_the_header_trusts_no_caller(family: str) -> None:
    """A name that was never cleaned still makes one header of one parameter, or is refused."""
    for name in FAMILIES[family]:
        try:
            value = content_disposition("attachment", name)
        except UnicodeEncodeError:
            assert any(unicodedata.category(c) == "Cs" for c in name)
            continue
        assert value.isascii()
        assert value.isprintable()
        assert value.count('"') == 2


def test_every_name_passes_a_real_server(gunicorn: Server) -> None:
    """Each file through a socket: the head of each answer holds the lines it should and no other."""
    portal = gunicorn.portal()
    scene = open_project(portal)
    names = [*NAMES[::2], *NAMES[1:99:2]]
    with portal.desk(MAYA).change(scene.id) as change:
        made = [
            change.add_file(scene.design, stream(b"x%d" % n), name=name, purpose="Try")
            for n, name in enumerate(names)
        ]
    files = portal.project(scene.id).files
    gunicorn.start()
    client = Client(gunicorn.port)
    client.enter(scene.url)
    assert client.get(f"{client.base}m/{scene.design.id}").status == 200
    headers_seen: set[str] = set()
    cookie = "; ".join(f"{name}={value}" for name, value in client._cookies.items())
    for number, file in enumerate(made):
        asked = f"GET {client.base}f/{file.id}/1 HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        head, _, body = send(gunicorn.port, asked.encode()).partition(b"\r\n\r\n")
        assert body == b"x%d" % number
        status, *lines = head.decode("latin-1").split("\r\n")
        assert status == "HTTP/1.1 200 OK"
        sent = dict(line.split(": ", 1) for line in lines)
        assert len(sent) == len(lines) == 14, lines
        check_header(sent["Content-Disposition"], "attachment", files[file.id].current.name)
        headers_seen.add(sent["Content-Disposition"])
    assert len(made) >= 300
    assert len(headers_seen) > 100
    gunicorn.stop()
    assert "Traceback" not in gunicorn.log.read_text()

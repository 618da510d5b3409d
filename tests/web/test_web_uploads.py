"""Handing files in: who may, what arrives whole, what is said when it does not."""

from __future__ import annotations

import gc
import io
import random
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portalkit import FileDelivered, Quarantine, Scope, UploadLimits, Veto
from portalkit.flask import PortalKit
from portalkit.web import Brand
from tests.web.stage import (
    BASE,
    END,
    KEY,
    Answer,
    Browser,
    Form,
    Stage,
    make_portal,
    make_stage,
    unknown_link,
)

Fields = list[tuple[str, str]]


@pytest.fixture
def place(stage: Stage, base: str) -> str:
    """The address of a milestone's page."""
    return f"{base}m/{stage.own.design.id}"


@pytest.fixture
def form(anna: Browser, place: str) -> Form:
    """The form on it."""
    return anna.get(place).form("/files")


def ask(stage: Stage, **options: Any) -> str:
    """Ask Anna for a file."""
    with stage.change() as change:
        people = [stage.own.anna]
        return change.request_file(stage.own.design, "Logo quokka", people=people, **options).id


def delivered(stage: Stage) -> list[FileDelivered]:
    """What clients have handed in."""
    entries = stage.portal.entries(stage.own.id)
    return [entry.fact for entry in entries if isinstance(entry.fact, FileDelivered)]


def refuses(stage: Stage, before: Any, answer: Answer, status: int) -> None:
    """Nothing has happened, and a calm page says so."""
    assert answer.status == status, answer.text
    assert answer.page.words_of("h1")
    assert stage.picture() == before


# -- the way it should go --------------------------------------------------------------------------


def test_files_arrive_and_the_page_says_so(
    stage: Stage, anna: Browser, form: Form, place: str
) -> None:
    """303 to the milestone; there it says what arrived, from whom and why."""
    answer = anna.hand_in(form, ("a.txt", b"one"), ("b.txt", b"two"), note="Both of them")
    assert answer.status == 303
    page = anna.follow(answer.header("location"))
    assert "Your two files have arrived." in page.text or "Your 2 files have arrived." in page.text
    for word in ("a.txt", "b.txt", "Handed in", "Both of them", "You"):
        assert word in page.text
    link = stage.link(stage.own.anna)
    assert [(f.link, f.note) for f in delivered(stage)] == [(link, "Both of them")] * 2
    assert "arrived" not in anna.get(place).text
    for claim in ("x", stage.own.home.id, "%22%3E"):
        assert "arrived" not in anna.get(f"{place}?sent={claim}").text


def test_a_request_stands_on_its_pages_until_it_is_answered(
    stage: Stage, anna: Browser, base: str, place: str
) -> None:
    """On the project page first, in the sentence, at its milestone with a form of its own, in the data."""
    before = anna.get(base).text
    request = ask(stage, note="As *SVG* quokka")
    page = anna.get(base)
    assert "Needs you" in page.text and "Logo quokka" in page.text  # noqa: PT018
    assert page.page.words_of("strong") != before
    assert f"{place}#pk-request-{request}" in page.page.links
    data = anna.get(base + "project.json").json
    (wanted,) = data["answers"]["needs_files"]
    assert (wanted["id"], wanted["waits_for_you"]) == (request, True)
    forms = [f for f in anna.get(place).page.forms if f.action.endswith("/files")]
    assert [dict(f.fields).get("request") for f in forms] == [request, None]
    answer = anna.hand_in(forms[0], ("logo.svg", b"<svg/>"))
    page = anna.follow(answer.header("location"))
    assert "Fulfilled" in page.text
    assert len([f for f in page.page.forms if f.action.endswith("/files")]) == 1
    assert "Logo quokka" not in anna.get(base).page.words_of("article")
    assert anna.get(base + "project.json").json["answers"]["needs_files"] == []
    assert "delivered what was asked for: Logo quokka" in anna.get(base + "history").text


def test_others_see_that_it_waits_and_for_whom(stage: Stage) -> None:
    """Bob may answer too and is not told that it waits for him; Rita has no form at all."""
    ask(stage)
    for person, forms in ((stage.own.bob, 2), (stage.own.rita, 0)):
        browser, base = stage.enter(person), stage.base(person)
        assert "Logo quokka" not in browser.get(base).page.words_of("article")
        assert "waits for Anna quokka" in browser.get(base).text
        page = browser.get(f"{base}m/{stage.own.design.id}")
        assert "Logo quokka" in page.text
        found = [f for f in page.page.forms if f.action.endswith("/files")]
        assert len(found) == forms
        scripts = [e.get("src") for e in page.page.elements if e.tag == "script"]
        assert any("upload.js" in script for script in scripts) == bool(forms)


def test_a_double_post_has_one_effect(stage: Stage, anna: Browser, form: Form) -> None:
    """The second is answered like the first, and so is one that comes late."""
    answers = [anna.hand_in(form, ("a", b"1"), ("b", b"2")) for _ in range(3)]
    assert {a.status for a in answers} == {303}
    assert len({a.header("location") for a in answers}) == 1
    assert len(delivered(stage)) == 2


def test_the_same_form_with_another_file_hands_that_in_too(
    stage: Stage, anna: Browser, form: Form
) -> None:
    """Going back and choosing another file is no double post."""
    anna.hand_in(form, ("a", b"1"))
    anna.hand_in(form, ("a", b"2"))
    assert len(delivered(stage)) == 2


# -- who may ---------------------------------------------------------------------------------------


def unread() -> Any:
    raise AssertionError("the body was read")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": None, "referer": "https://evil.example/x"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-length": None}, 411),
        ({"content-length": "many"}, 411),
        ({"transfer-encoding": "chunked"}, 411),
        ({"content-length": str(10**14)}, 413),
        ({"content-length": str(10**30)}, 413),
        ({"content-length": "9" * 5000}, 413),
    ],
)
def test_a_body_is_not_even_read(
    stage: Stage, anna: Browser, form: Form, headers: Any, status: int
) -> None:
    """From elsewhere, without a length, in chunks, or too long."""
    before = stage.picture()
    given = {"content-length": "900", "origin": anna.origin, **headers}
    answer = anna.ask("POST", form.action, headers=given, form=unread)
    refuses(stage, before, answer, status)


def test_the_body_is_not_read_either_where_it_may_not_go(stage: Stage, anna: Browser) -> None:
    """No cookie, no scope, no such milestone, an internal one, one of another project, an archived project."""
    design, base = stage.own.design.id, stage.base(stage.own.anna)
    rita = stage.enter(stage.own.rita)
    cases = [
        (stage.browser(), f"{base}m/{design}/files", 403),
        (anna, f"{stage.web.mount}/p/{unknown_link()}/m/{design}/files", 403),
        (anna, f"{stage.base(stage.own.bob)}m/{design}/files", 403),
        (rita, f"{stage.base(stage.own.rita)}m/{design}/files", 403),
        (anna, f"{base}m/nowhere/files", 404),
        (anna, f"{base}m/{stage.own.vault.id}/files", 404),
        (anna, f"{base}m/{stage.far.design.id}/files", 404),
    ]
    before = stage.picture()
    for browser, url, status in cases:
        given = {"content-length": "900", "origin": anna.origin}
        answer = browser.ask("POST", url, headers=given, form=unread)
        refuses(stage, before, answer, status)
    with stage.change() as change:
        change.set_status("archived")
    before = stage.picture()
    answer = anna.ask("POST", f"{base}m/{design}/files", headers=given, form=unread)
    refuses(stage, before, answer, 403)
    assert not anna.get(f"{base}m/{design}").has_form("/files")


def without(fields: Fields, name: str) -> Fields:
    return [pair for pair in fields if pair[0] != name]


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        (lambda f: without(f, "pk_end"), 400),
        (lambda f: [*f[:-1], ("pk_end", "whol")], 400),
        (lambda f: [f[-1], *f[:-1]], 400),
        (lambda f: [*f, END], 400),
        (lambda f: [*f[:-1], ("note", "again"), f[-1]], 400),
        (lambda f: [("path", "/etc"), *f], 400),
        (lambda f: [*without(f[:-1], "note"), ("note", "a\0b"), f[-1]], 400),
        (lambda f: without(f, "once"), 400),
        (lambda f: [*without(f[:-1], "once"), ("once", "../../x"), f[-1]], 400),
        (lambda f: without(f, "pk_csrf"), 403),
        (lambda f: [*without(f[:-1], "pk_csrf"), ("pk_csrf", "0" * 64), f[-1]], 403),
        (lambda f: [*f[:-1], ("request", "nothing"), f[-1]], 404),
        (lambda f: [*without(f[:-1], "note"), ("note", "x" * 501), f[-1]], 422),
    ],
)
def test_an_edited_form_hands_nothing_in(
    stage: Stage, anna: Browser, form: Form, edit: Callable[[Fields], Fields], status: int
) -> None:
    before = stage.picture()
    fields = edit(without(form.data(), "files"))
    refuses(stage, before, anna.hand_in(form, ("a", b"1"), fields=fields), status)


def test_a_file_in_another_field_is_none_of_ours(stage: Stage, anna: Browser, form: Form) -> None:
    before = stage.picture()
    refuses(stage, before, anna.hand_in(form, ("a", b"1"), field="file"), 400)


def test_a_form_of_another_browser_or_link_is_refused(stage: Stage, form: Form) -> None:
    before = stage.picture()
    refuses(stage, before, stage.enter().hand_in(form, ("a", b"1")), 403)


# -- what is said ----------------------------------------------------------------------------------

LIMITS = UploadLimits(files=2, file_bytes=1_000, day_files=3, day_bytes=1_500)
A, B, C = (("a.txt", b"x" * 600), ("b.txt", b"y" * 600), ("c.txt", b"z" * 600))


@pytest.fixture
def narrow() -> Stage:
    """A stage with narrow limits."""
    return make_stage(make_portal(uploads=LIMITS))


def opened(stage: Stage) -> tuple[Browser, Form]:
    """Anna's browser and the form for files."""
    anna = stage.enter()
    return anna, anna.get(f"{stage.base(stage.own.anna)}m/{stage.own.design.id}").form("/files")


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ([], 422, "Choose at least one file."),
        ([A, B, C], 413, "These are too many: 2 files can be sent at once."),
        ([A, ("big.pdf", b"x" * 1001)], 413, "“big.pdf” is too large: a file may have up to 1 KB."),
    ],
)
def test_a_problem_is_said_on_the_page_that_has_the_form(
    narrow: Stage, files: Any, status: int, said: str
) -> None:
    """What it is, which file, which limit; and the note is still there."""
    anna, form = opened(narrow)
    before = narrow.picture()
    answer = anna.hand_in(form, *files, note="My note")
    refuses(narrow, before, answer, status)
    assert said in answer.text
    assert "Nothing was handed in." in answer.text
    assert answer.form("/files").value("note") == "My note"
    assert answer.form("/files").value("once") != form.value("once")


def test_what_is_too_much_for_a_day_is_429(narrow: Stage) -> None:
    """By what was sent; and what is more than a whole day's worth is not even read."""
    anna, form = opened(narrow)
    assert anna.hand_in(form, A, B).status == 303
    anna, form = opened(narrow)
    before = narrow.picture()
    answer = anna.hand_in(form, C)
    refuses(narrow, before, answer, 429)
    assert "Within 24 hours you can hand in 3 files with 2 KB together." in answer.text
    wide = make_stage(make_portal(uploads=UploadLimits(day_bytes=1_000)))
    anna, form = opened(wide)
    given = {"content-length": "1000000", "origin": anna.origin}
    assert anna.ask("POST", form.action, headers=given, form=unread).status == 429


@pytest.mark.parametrize(
    "limits",
    [UploadLimits(day_files=2), UploadLimits(day_bytes=200_000)],
    ids=["files", "bytes"],
)
def test_a_double_post_is_answered_like_the_first_though_the_day_is_used_up(
    limits: UploadLimits,
) -> None:
    """Its files are in; a further one is not."""
    stage = make_stage(make_portal(uploads=limits))
    anna, form = opened(stage)
    files = (("a", b"1" * 100_000), ("b", b"2" * 100_000))
    first = anna.hand_in(form, *files)
    before = stage.picture()
    again = anna.hand_in(form, *files)
    assert (first.status, again.status) == (303, 303)
    assert again.header("location") == first.header("location")
    assert stage.picture() == before
    refuses(stage, before, anna.hand_in(form, files[0], ("c", b"3")), 429)


def test_the_limit_of_the_host_is_told(stage: Stage, anna: Browser, place: str, form: Form) -> None:
    """If the host takes less in one request than we do, the page says so, and so does a refusal."""
    before = stage.picture()
    answer = anna.ask("GET", place, limit=3_000_000)
    assert "together up to 3.0 MB" in answer.text
    assert "together up to" not in anna.get(place).text
    answer = anna.hand_in(form, ("a", b"1"), headers={"content-length": "4000000"}, limit=3_000_000)
    refuses(stage, before, answer, 413)
    assert "These are too large: 3.0 MB can be sent at once." in answer.text


def test_a_veto_is_said_and_a_failing_inspection_is_calm() -> None:
    verdicts: list[Any] = [Veto("A <b>virus</b>"), RuntimeError("the scanner is down")]

    def inspect(upload: Any) -> Any:
        verdict = verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    portal = make_portal()
    stage = make_stage(portal)
    portal.inspect = inspect
    anna, form = opened(stage)
    before = stage.picture()
    answer = anna.hand_in(form, ("a.exe", b"MZ"))
    refuses(stage, before, answer, 422)
    assert "“a.exe” was not accepted: A <b>virus</b>" in answer.text
    answer = anna.hand_in(form, ("a.exe", b"MZ"))
    refuses(stage, before, answer, 503)
    assert "scanner" not in answer.raw


def test_a_file_in_quarantine_is_named_and_not_given() -> None:
    """403 with a page of its own, for everybody, until staff release it."""
    portal = make_portal()
    stage = make_stage(portal)
    portal.inspect = lambda upload: Quarantine("Macros")
    anna, form = opened(stage)
    page = anna.follow(anna.hand_in(form, ("a.doc", b"1")).header("location"))
    assert "It is being checked before anybody can open it." in page.text
    file = next(f for f in stage.project().files.values() if f.current.delivered)
    url = f"{stage.base(stage.own.anna)}f/{file.id}/1"
    assert f"{url}?download=1" not in page.page.links
    answer = anna.get(url)
    assert (answer.status, answer.page.words_of("h1")) == (403, "This file is being checked")
    with stage.change() as change:
        change.release_file(file)
    assert anna.get(url).body == b"1"


def test_a_withdrawn_request_is_said_and_the_file_is_not_taken(
    stage: Stage, anna: Browser, place: str
) -> None:
    request = ask(stage)
    form = anna.get(place).form("/files")
    with stage.change() as change:
        change.withdraw_request(request, "Found it")
    before = stage.picture()
    answer = anna.hand_in(form, ("a", b"1"))
    refuses(stage, before, answer, 409)
    assert "What this answers is no longer asked for." in answer.text


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\r\nSet-Cookie: x=1", "\u202egpj.exe", "CON", "x" * 400 + ".pdf", "<svg onload=alert(1)>",
     "a;b", "\0", ".", "ä\u0308.pdf", "C:\\temp\\a.pdf", "\u2028"],
)  # fmt: skip
def test_hostile_names_come_out_clean(stage: Stage, anna: Browser, form: Form, name: str) -> None:
    """In the log, on the page and in the header of the download."""
    page = anna.follow(anna.hand_in(form, (name, b"<svg onload=alert(1)>")).header("location"))
    assert page.status == 200
    (fact,) = delivered(stage)
    assert fact.name.isprintable() and len(fact.name.encode()) <= 255  # noqa: PT018
    assert not set(fact.name) & set('/\\<>:"|?*\r\n\0')
    file = next(f for f in stage.project().files.values() if f.current.delivered)
    answer = anna.get(f"{stage.base(stage.own.anna)}f/{file.id}/1")
    assert answer.header("content-disposition").startswith("attachment;")
    assert answer.header("content-type") == "application/octet-stream"


# -- through a real parser -------------------------------------------------------------------------


@pytest.fixture
def client(stage: Stage) -> FlaskClient:
    """A client of a Flask app on the stores of the stage."""
    app = Flask("host")
    app.config.update(
        PORTALKIT_KEYS=[KEY],
        PORTALKIT_BASE_URL=BASE,
        PORTALKIT_STORE=stage.store,
        PORTALKIT_FILES=stage.portal.files,
        PORTALKIT_ACCESS=stage.portal.access,
        PORTALKIT_BRANDS={"": Brand(name="Studio North")},
    )
    PortalKit().init_app(app)
    portal = app.extensions["portalkit"].portal
    portal.clock = portal.ledger.clock = stage.clock
    return app.test_client(use_cookies=False)


@pytest.fixture
def dropped() -> Iterator[None]:
    """Werkzeug drops the parts it has read when it gives up; they go with the next collection."""
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        yield
        gc.collect()


def body_of(fields: Fields, files: list[tuple[str, bytes]], *, files_last: bool = False) -> bytes:
    """A multipart body as a browser writes it: the end last of all, unless said otherwise."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (n.encode(), v.encode())
        for n, v in fields
    ]
    sent = [
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n'
        b"Content-Type: text/html\r\n\r\n%b\r\n" % (name.encode(), data)
        for name, data in files
    ]
    order = [*parts, *sent] if files_last else [*parts[:-1], *sent, *parts[-1:]]
    return b"".join([*order, b"--x--\r\n"])


@pytest.fixture
def post(client: FlaskClient, anna: Browser, form: Form) -> Callable[[bytes], TestResponse]:
    """Send a multipart body as Anna's browser would."""
    cookies = anna.sent(urlsplit(form.action).path)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def send(body: bytes, **headers: str) -> TestResponse:
        return client.post(
            form.action,
            base_url="https://agency.example",
            data=body,
            content_type="multipart/form-data; boundary=x",
            headers={"Cookie": cookie, "Origin": "https://agency.example", **headers},
        )

    return send


@pytest.mark.usefixtures("dropped")
def test_a_body_cut_anywhere_has_no_effect(stage: Stage, post: Any, form: Form) -> None:
    """In a header, in a name, in a file, between two files, in the end mark, before the last line."""
    body = body_of(without(form.data(), "files"), [("a.txt", b"one" * 50), ("b.txt", b"two" * 50)])
    marks = [m.end() for m in re.finditer(rb"--x|\r\n|filename=|whole", body[:-1])]
    near = {m + d for m in marks for d in (-1, 0, 1)}
    chance = random.Random(7)
    anywhere = {chance.randrange(len(body) - 8) for _ in range(60)}
    whole = body.rindex(b"--x--") + 5
    before = stage.picture()
    for length in sorted(n for n in near | anywhere if n < whole):
        response = post(body[:length])
        if response.status_code == 303:  # all that says something has arrived
            pytest.fail(f"taken although cut at {length} of {len(body)}")
        assert response.status_code == 400, length
    assert stage.picture() == before
    assert post(body).status_code == 303
    assert [f.size for f in delivered(stage)] == [150, 150]


@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize("count", [40, 3000])
def test_thousands_of_parts_are_refused(stage: Stage, post: Any, form: Form, count: int) -> None:
    """More parts than files may come are not taken apart: each could need memory or an open file."""
    before = stage.picture()
    files = [(f"{n}.txt", b"x") for n in range(count)]
    assert post(body_of(without(form.data(), "files"), files)).status_code == 413
    assert stage.picture() == before


def test_a_giant_field_is_refused(stage: Stage, post: Any, form: Form) -> None:
    before = stage.picture()
    fields = [(n, "x" * 3_000_000 if n == "note" else v) for n, v in form.data() if n != "files"]
    assert post(body_of(fields, [("a", b"1")])).status_code == 413
    assert stage.picture() == before


def test_fields_may_not_be_large_even_if_the_body_may(stage: Stage, post: Any, form: Form) -> None:
    """Fields are kept in memory, unlike files: all of them together are no longer than a form may be."""
    before = stage.picture()
    fields = [(n, "x" * 70_000 if n == "note" else v) for n, v in form.data() if n != "files"]
    assert post(body_of(fields, [("a", b"1")])).status_code == 413
    assert stage.picture() == before


def test_garbage_is_refused(stage: Stage, post: Any) -> None:
    before = stage.picture()
    for body in (b"", b"--x--\r\n", b"\0" * 500, b"--x\r\n\r\n\r\n--x--", b"a=b&pk_end=whole"):
        assert post(body).status_code == 400
    assert stage.picture() == before


def test_an_empty_choice_and_a_repeated_field_are_told(stage: Stage, post: Any, form: Form) -> None:
    """A browser sends an empty field as a file without a name."""
    fields = without(form.data(), "files")
    before = stage.picture()
    assert post(body_of(fields, [("", b"")])).status_code == 422
    assert post(body_of([*fields[:-1], *fields], [("a", b"1")])).status_code == 400
    assert stage.picture() == before


def test_what_flask_hands_over_is_what_was_sent(stage: Stage, post: Any, form: Form) -> None:
    """Bytes, names and order; the type is told by the bytes."""
    files = [
        ("b.txt", b"\r\n--y\r\n" * 99),
        ("a.html", b"%PDF-1.7 x"),
        ("c", random.Random(1).randbytes(700_000)),
    ]
    assert post(body_of(without(form.data(), "files"), files)).status_code == 303
    found = delivered(stage)
    assert [f.name for f in found] == ["b.txt", "a.html", "c"]
    assert [f.type for f in found][:2] == ["application/octet-stream", "application/pdf"]
    assert [b"".join(stage.portal.files.open(f.key)) for f in found] == [data for _, data in files]


def test_the_hosts_limit_holds_for_this_route_too(
    stage: Stage, client: FlaskClient, post: Any, form: Form
) -> None:
    """It is neither lifted nor broken: our page says what it is."""
    client.application.config["MAX_CONTENT_LENGTH"] = 100_000
    before = stage.picture()
    response = post(body_of(without(form.data(), "files"), [("a", b"x" * 300_000)]))
    assert response.status_code == 413
    assert "100 KB can be sent at once" in response.text
    assert stage.picture() == before
    assert post(body_of(without(form.data(), "files"), [("a", b"x" * 50_000)])).status_code == 303


def test_the_script_is_served_and_nothing_else_is_run(anna: Browser, place: str) -> None:
    """Two files, immutable, of this portal; the page holds no script of its own."""
    page = anna.get(place)
    scripts = [e.get("src") for e in page.page.elements if e.tag == "script"]
    assert [re.sub("-[0-9a-f]{16}$", "", s) for s in scripts] == [
        "/portal/s/seen.js",
        "/portal/s/upload.js",
    ]
    for script in scripts:
        answer = anna.get(script)
        assert answer.header("content-type") == "text/javascript; charset=utf-8"
        assert "immutable" in answer.header("cache-control")
    assert page.page.words_of("script") == ""


def test_scopes_decide_what_is_offered(stage: Stage, place: str) -> None:
    """Without `upload` a link shows no form; the next request after a change of scopes already does."""
    anna = stage.enter()
    with stage.change() as change:
        change.set_scopes(stage.own.anna, [Scope.VIEW, Scope.DECIDE])
    assert not anna.get(place).has_form("/files")
    with stage.change() as change:
        change.set_scopes(stage.own.anna, [Scope.UPLOAD])
    assert anna.get(place).has_form("/files")


def test_a_disk_that_is_full_is_no_fault_of_the_visitors(
    stage: Stage, post: Any, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where temporary files find no room, the page is calm and nothing is kept."""

    def full(*_: Any, **__: Any) -> io.BytesIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("werkzeug.wrappers.request.Request._get_file_stream", full)
    before = stage.picture()
    response = post(body_of(without(form.data(), "files"), [("a", b"x")]))
    assert response.status_code == 503
    assert "space" not in response.text
    assert stage.picture() == before

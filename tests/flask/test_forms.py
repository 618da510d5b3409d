"""Forms in a host's app: its own CSRF protection beside ours, its limits, and bodies that break off."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from portalkit import Entry
from portalkit.flask import PortalKit, current_portal
from tests.flask.host import (
    Browser,
    Seeded,
    browser,
    decisions_of,
    hidden,
    is_ours,
    make_app,
    seed,
)


def decisions(app: Flask, seeded: Seeded) -> list[Entry]:
    """The decisions in a project's log."""
    with app.app_context():
        return decisions_of(current_portal, seeded)


# -- two protections ----------------------------------------------------------------------------


def with_forms(app: Flask) -> None:
    """Give a host a form of its own, and a page that shows its token."""
    app.secret_key = "the host's own, for its sessions"
    app.add_url_rule("/token", "token", generate_csrf)
    app.add_url_rule("/send", "send", lambda: f"took {request.form['text']}", methods=["POST"])


def protected_first(data: Path) -> Flask:
    """The host's protection is set up, then the portal."""

    def before(app: Flask) -> None:
        with_forms(app)
        CSRFProtect(app)

    return make_app(data, before=before)


def portal_first(data: Path) -> Flask:
    """The portal is set up, then the host's protection."""
    app = make_app(data, before=with_forms)
    CSRFProtect(app)
    return app


def both_by_factory(data: Path) -> Flask:
    """Both are made without an app, as a module does, and get it from a factory."""
    csrf, kit = CSRFProtect(), PortalKit()
    app = make_app(data, kit=kit, before=with_forms)
    csrf.init_app(app)
    return app


ORDERS = {
    "protection first": protected_first,
    "portal first": portal_first,
    "by a factory": both_by_factory,
}


@pytest.fixture(params=ORDERS)
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """An app with Flask-WTF's protection and a portal, set up in either order."""
    order: Callable[[Path], Flask] = ORDERS[request.param]
    return order(tmp_path)


def test_the_portals_forms_work(guarded: Flask) -> None:
    """With the host's protection on, a client decides and leaves: the core's own token is enough."""
    seeded = seed(guarded)
    anna = browser(guarded)
    anna.enter(seeded.url)
    assert anna.decide(seeded.ask).status_code == 303
    assert len(decisions(guarded, seeded)) == 1
    assert anna.post("leave", {"pk_csrf": anna.form("")["pk_csrf"]}).status_code == 200


def test_a_post_is_the_very_first_request(guarded: Flask) -> None:
    """The exemption holds from the first request on, also in a process that has served none."""
    answer = guarded.test_client().post("/portal/p/no.link/resend", data={"pk_end": "whole"})
    assert answer.status_code == 200
    assert is_ours(answer)


def test_the_portals_forms_stay_protected(guarded: Flask) -> None:
    """Exempt from the host's protection does not mean open: without our token it is 403."""
    seeded = seed(guarded)
    anna = browser(guarded)
    anna.enter(seeded.url)
    form = hidden(anna.review(seeded.ask))
    for token in ("", "x" * 64, anna.get("/token").text):
        answer = anna.post(f"a/{seeded.ask}", {"pk_csrf": token, "intent": form["intent"]})
        assert answer.status_code == 403
        assert is_ours(answer)
    assert decisions(guarded, seeded) == []


def test_the_hosts_forms_stay_protected(guarded: Flask) -> None:
    """The host's own forms need the host's token as before; ours does not open them."""
    seeded = seed(guarded)
    anna = browser(guarded)
    anna.enter(seeded.url)
    ours = anna.form("")["pk_csrf"]
    for token in ("", ours):
        refused = anna.client.post("/send", data={"text": "hello", "csrf_token": token})
        assert refused.status_code == 400
        assert not is_ours(refused)
    theirs = anna.client.get("/token").text
    sent = anna.client.post("/send", data={"text": "hello", "csrf_token": theirs})
    assert (sent.status_code, sent.text) == (200, "took hello")


def test_the_hosts_https_check_does_not_stop_our_forms(tmp_path: Path) -> None:
    """Flask-WTF wants a referrer on https; a portal page has none to give, and needs none."""
    app = make_app(tmp_path, before=with_forms, PORTALKIT_BASE_URL="https://agency.example/portal")
    CSRFProtect(app)
    seeded = seed(app)
    anna = Browser(app.test_client(), server="https://agency.example")
    anna.enter(seeded.url)
    assert anna.decide(seeded.ask).status_code == 303


# -- limits -------------------------------------------------------------------------------------

LIMITS: dict[str, tuple[dict[str, Any], int]] = {
    "the host's own": ({"MAX_CONTENT_LENGTH": 3000}, 4500),
    "ours": ({}, 66_000),
}
"""Settings, and the length of a comment that is too much for them."""


@pytest.mark.parametrize("case", LIMITS)
def test_a_body_beyond_the_limit(tmp_path: Path, case: str) -> None:
    """Beyond the host's limit or ours it is 413 on the calm page in the person's own project."""
    settings, length = LIMITS[case]
    app = make_app(tmp_path, **settings)
    app.register_error_handler(413, lambda error: ("the host's 413", 413))
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    answer = anna.review(seeded.ask, "changes_requested", comment="x" * length)
    assert answer.status_code == 413
    assert is_ours(answer)
    assert "That is too much at once" in answer.text
    assert f'href="{anna.base}"' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert decisions(app, seeded) == []
    assert anna.decide(seeded.ask).status_code == 303


def test_a_comment_within_our_limit_passes_the_hosts(tmp_path: Path) -> None:
    """The longest comment fits through Flask's own default limits."""
    app = make_app(tmp_path)
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    answer = anna.review(seeded.ask, "changes_requested", comment="ä" * 5000)
    assert answer.status_code == 200
    assert "Please confirm" in answer.text


def test_a_form_of_very_many_parts(tmp_path: Path) -> None:
    """A form of more parts than Werkzeug takes is refused calmly, not with an error page."""
    app = make_app(tmp_path)
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    form = anna.form(f"a/{seeded.ask}")
    fields = [("pk_csrf", form["pk_csrf"]), *[("x", "")] * 1100]
    answer = anna.client.post(
        f"{anna.base}a/{seeded.ask}", data=multipart(fields), content_type=MULTIPART
    )
    assert answer.status_code == 413
    assert is_ours(answer)


MULTIPART = "multipart/form-data; boundary=b"


def multipart(fields: list[tuple[str, str]]) -> bytes:
    """The parts of a multipart body, without its end."""
    return b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    )


class Broken(io.RawIOBase):
    """A body whose connection breaks off after a few bytes."""

    def __init__(self, start: bytes, error: Exception | None) -> None:
        self._start = io.BytesIO(start)
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._start.readinto(buffer)
        if not read and self._error:
            raise self._error
        return read


BREAKS: dict[str, Exception | None] = {
    "it ends early": None,
    "it is reset": ConnectionResetError("reset"),
    "it times out": TimeoutError("too slow"),
}


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
@pytest.mark.parametrize("case", BREAKS)
def test_a_body_that_breaks_off(anna: Browser, seeded: Seeded, case: str, kind: str) -> None:
    """A cut confirmation is never taken for a whole one: it is 400 on the calm page."""
    form = hidden(anna.review(seeded.ask))
    if kind == "urlencoded":
        sent = f"pk_csrf={form['pk_csrf']}&intent={form['intent']}".encode()
        content_type = "application/x-www-form-urlencoded"
    else:
        sent = multipart([("pk_csrf", form["pk_csrf"]), ("intent", form["intent"])])
        content_type = MULTIPART
    answer = anna.client.post(
        f"{anna.base}a/{seeded.ask}",
        content_type=content_type,
        environ_overrides={
            "wsgi.input": Broken(sent, BREAKS[case]),
            "CONTENT_LENGTH": str(len(sent) + 60),
        },
    )
    assert answer.status_code == 400
    assert is_ours(answer)
    assert "This form arrived incomplete" in answer.text
    assert "Nothing was saved" in answer.text
    assert "Your decision is on record" not in anna.get(f"a/{seeded.ask}").text


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "", "multipart/form-data"]
)
def test_a_body_that_is_no_form(anna: Browser, seeded: Seeded, content_type: str) -> None:
    """Another kind of body than a form is 400, whatever it holds."""
    answer = anna.client.post(
        f"{anna.base}a/{seeded.ask}", data=b'{"pk_end": "whole"}', content_type=content_type
    )
    assert answer.status_code == 400
    assert is_ours(answer)


def test_a_body_of_unknown_length(anna: Browser, seeded: Seeded) -> None:
    """A body that does not say how long it is is 411: nobody can tell whether it is whole."""
    answer = anna.client.post(
        f"{anna.base}a/{seeded.ask}",
        headers={"Transfer-Encoding": "chunked"},
        content_type="application/x-www-form-urlencoded",
        environ_overrides={
            "wsgi.input": io.BytesIO(b"pk_end=whole"),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )
    assert answer.status_code == 411
    assert is_ours(answer)


@pytest.mark.parametrize("agent", ["x" * 4000, "\x1b[31m é ” \u202e", ""])
def test_a_browser_may_call_itself_anything(anna: Browser, seeded: Seeded, agent: str) -> None:
    """An unusual or endless user agent never stops a decision; it is cut in the evidence."""
    headers = {"User-Agent": agent.encode("utf-8").decode("latin-1")}
    assert anna.decide(seeded.ask, headers=headers).status_code == 303


def test_a_form_sent_twice_is_one_decision(app: Flask, anna: Browser, seeded: Seeded) -> None:
    """A double click on the confirmation gives the same answer twice and one entry."""
    form = hidden(anna.review(seeded.ask))
    fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"]}
    answers = [anna.post(f"a/{seeded.ask}", fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(decisions(app, seeded)) == 1

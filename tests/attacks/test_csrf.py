"""Forms that another site, page, browser or person made: every token with every origin, and who gets through."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import product
from urllib.parse import urlencode

import pytest

from portalkit.links import Keys
from tests.flask.host import hidden
from tests.hosts import Host
from tests.web.stage import BASE, KEY, Browser, Headers, Stage, review

OURS = "https://agency.example"
ORIGINS: dict[str, tuple[str | None, bool]] = {
    "ours": (OURS, True),
    "ours in capitals": ("HTTPS://AGENCY.EXAMPLE", True),
    "none sent": (None, True),
    "null": ("null", False),
    "evil": ("https://evil.example", False),
    "by http": ("http://agency.example", False),
    "another port": (OURS + ":8443", False),
    "the default port": (OURS + ":443", False),  # browsers leave it out
    "a subdomain": ("https://cdn.agency.example", False),
    "a domain above": ("https://example", False),
    "ours and more": (OURS + ".evil.example", False),
    "more and ours": ("https://evil-agency.example", False),
    "ours as a user": ("https://agency.example@evil.example", False),
    "ours as a password": ("https://x:agency.example@evil.example", False),
    "a backslash": ("https://evil.example\\.agency.example", False),
    "cyrillic": ("https://\u0430gency.example", False),
    "cyrillic, encoded": ("https://xn--gency-43d.example", False),
    "fullwidth": ("https://\uff41gency.example", False),
    "a dot behind": (OURS + ".", False),
    "a slash behind": (OURS + "/", False),
    "a path": (BASE, False),
    "two": (f"{OURS} https://evil.example", False),
    "two with a comma": (f"{OURS}, {OURS}", False),
    "a blank before": (" " + OURS, False),
    "a file": ("file://", False),
    "an extension": ("chrome-extension://agency.example", False),
    "an address": ("https://[::1]", False),
    "only a host": ("agency.example", False),
}  # fmt: skip
"""What stands in ``Origin``, and whether it is ours."""

SITES: dict[str, tuple[str | None, bool]] = {
    "none sent": (None, True),
    "same-origin": ("same-origin", True),
    "none": ("none", True),
    "same-site": ("same-site", False),
    "cross-site": ("cross-site", False),
    "rubbish": ("same-origin, cross-site", False),
}
"""What stands in ``Sec-Fetch-Site``, and whether a form of ours can come with it."""

REFERERS: dict[str, tuple[str | None, bool]] = {
    "none sent": (None, True),
    "ours": (BASE + "/p/x/", True),
    "evil": ("https://evil.example/" + OURS, False),
    "by http": ("http://agency.example/", False),
}
"""What stands in ``Referer``: it counts where there is no ``Origin``."""

Token = Callable[[Stage, str], "str | None"]


def form_token(stage: Stage, browser: Browser, base: str) -> str:
    return browser.get(base).form("leave").value("pk_csrf")


TOKENS: dict[str, Token] = {
    "its own": lambda stage, own: own,
    "missing": lambda stage, own: None,
    "empty": lambda stage, own: "",
    "zeros": lambda stage, own: "0" * 64,
    "cut": lambda stage, own: own[:-1],
    "longer": lambda stage, own: own + "0",
    "in capitals": lambda stage, own: own.upper(),
    "of another session": lambda stage, own: form_token(stage, stage.enter(), stage.base(stage.own.anna)),
    "of another person": lambda stage, own: form_token(stage, stage.enter(stage.own.bob), stage.base(stage.own.bob)),
    "of another project": lambda stage, own: form_token(
        stage, stage.enter(place=stage.far), stage.base(stage.far.anna, stage.far)
    ),
    "by another key": lambda stage, own: Keys(["z" + KEY[::-1]]).form_token(stage.link(stage.own.anna), "s"),
    "the cookie": lambda stage, own: stage.cookie(stage.own.anna)[1],
    "the link's token": lambda stage, own: stage.token(stage.own.anna),
    "fullwidth digits": lambda stage, own: own.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
}  # fmt: skip


def test_of_all_combinations_only_a_form_of_our_own_page_decides(stage: Stage) -> None:
    """Every token with every origin, fetch metadata and referrer: one rule, and 403 for all that break it."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    page = review(anna, base, stage.own.ask)
    form = next(f for f in page.page.forms if "intent" in dict(f.fields))
    own = form.value("pk_csrf")
    tokens = {name: make(stage, own) for name, make in TOKENS.items()}
    before = stage.picture()
    answers: Counter[int] = Counter()
    passing = []
    for names in product(TOKENS, ORIGINS, SITES, REFERERS):
        token, (origin, origin_fits), (site, site_fits), (referer, referer_fits) = (
            tokens[names[0]], ORIGINS[names[1]], SITES[names[2]], REFERERS[names[3]],
        )  # fmt: skip
        headers: Headers = {"origin": origin, "sec-fetch-site": site, "referer": referer}
        if names[0] == "its own" and origin_fits and site_fits and (origin or referer_fits):
            passing.append(headers)
            continue
        fields = [(n, token if n == "pk_csrf" else v) for n, v in form.fields]
        answer = anna.post(
            form.action, [(n, v) for n, v in fields if v is not None], headers=headers
        )
        answers[answer.status] += 1
        assert answer.status == 403, names
        assert answer.all("set-cookie") == []
    assert answers.total() > 5000
    assert len(passing) == 3 * (4 + 4 + 2)
    assert stage.picture() == before
    for headers in passing:
        assert anna.post(form.action, form.fields, headers=headers).status == 303, headers
    assert len(stage.decisions()) == 1


@pytest.mark.parametrize("value", ["expired", "revoked", "rotated", "left", "none"])
def test_a_right_token_without_a_cookie_that_stands_is_nothing(stage: Stage, value: str) -> None:
    """The token is bound to a session, and the session is the cookie's."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = next(
        f for f in review(anna, base, stage.own.ask).page.forms if "intent" in dict(f.fields)
    )
    cookies: dict[str, str] | None = None
    if value == "expired":
        stage.clock.advance(days=181)
    elif value == "left":
        anna.submit(anna.get(base).form("leave"))
    elif value == "none":
        cookies = {}
    else:
        with stage.change() as change:
            (change.revoke_link if value == "revoked" else change.rotate_link)(stage.own.anna)
    before = stage.picture()
    answer = anna.post(form.action, form.fields, cookies=cookies)
    assert answer.status == (410 if value in ("revoked", "rotated") else 403)
    assert stage.picture() == before


KINDS = (
    "text/plain", "text/plain; application/x-www-form-urlencoded", "application/json", "application/octet-stream", "text/html",
    "application/x-www-form-urlencoded-x", "multipart/form-data", "multipart/mixed; boundary=b", "", "application/xml",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_other_sites_can_send_without_asking_is_no_form(host: Host, kind: str) -> None:
    """Right fields, right token, another kind of content: nothing is read out of it."""
    home = host.home()
    anna, ask = home.enter(), home.it.ask
    form = hidden(anna.review(ask))
    fields = {"pk_csrf": form["pk_csrf"], "intent": form["intent"], "pk_end": "whole"}
    bodies = [
        urlencode(fields),
        json.dumps(fields),
        "\r\n".join(f"{n}={v}" for n, v in fields.items()),
    ]
    for body in bodies:
        answer = anna.client.post(
            f"{anna.base}a/{ask}",
            data=body,
            content_type=kind,
            headers={"Origin": "http://localhost"},
        )
        assert answer.status_code == 400, body[:30]
    assert home.decisions == []
    anna.client.post(
        f"{anna.base}a/{ask}",
        data=bodies[0],
        content_type="application/x-www-form-urlencoded",
    )
    assert len(home.decisions) == 1


def test_a_form_in_the_address_is_no_form(host: Host) -> None:
    """Fields in the query, by GET or by POST, decide nothing: there is no unsubscribing, leaving or deciding by a link."""
    home = host.home()
    anna, ask = home.enter(), home.it.ask
    form = hidden(anna.review(ask))
    query = urlencode({"pk_csrf": form["pk_csrf"], "intent": form["intent"], "pk_end": "whole"})
    for path in (f"a/{ask}", "leave", "resend"):
        for method in ("GET", "POST"):
            answer = anna.client.open(f"{anna.base}{path}?{query}", method=method)
            assert answer.status_code in (200, 400, 405, 411), (path, method)
            assert "Set-Cookie" not in answer.headers
    assert anna.get("").status_code == 200
    assert home.decisions == []

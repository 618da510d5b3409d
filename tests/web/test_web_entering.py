"""Entering by a link: where it leads, what the browser gets, how long it lasts, and what is new."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from portalkit.links import Keys
from portalkit.portal import Portal
from tests.web.stage import (
    END,
    KEY,
    Answer,
    Browser,
    Stage,
    fill,
    make_portal,
    make_stage,
    parts_of,
    read_set_cookie,
    unknown_link,
)

MINUTE, DAY = 60, 86_400
BLOCKED = "Your browser blocks cookies"


def cookies_set(answer: Answer) -> dict[str, tuple[str, dict[str, str]]]:
    """Value and attributes of each cookie that an answer sets."""
    read = [read_set_cookie(header) for header in answer.all("set-cookie")]
    return {name: (value, attributes) for name, value, attributes in read}


# -- where a link leads -------------------------------------------------------------------------


def test_a_link_leads_to_the_project_page_without_its_token(stage: Stage) -> None:
    """The address that stays in the bar, in bookmarks and in histories holds no secret."""
    browser = stage.browser()
    answer = browser.follow(stage.url(stage.own.anna))
    assert answer.status == 200
    assert urlsplit(answer.url).path == stage.base(stage.own.anna)
    assert urlsplit(answer.url).query == ""
    assert "Relaunch quokka" in answer.text


def test_a_link_works_again_and_again(stage: Stage) -> None:
    """Scanners open it first; the person who comes later gets in all the same."""
    for _ in range(3):
        assert stage.browser().follow(stage.url(stage.own.anna)).status == 200


def test_a_link_with_a_slash_at_its_end_leads_to_the_project(stage: Stage) -> None:
    """Mail programs and people add slashes."""
    answer = stage.browser().follow(stage.url(stage.own.anna) + "/")
    assert urlsplit(answer.url).path == stage.base(stage.own.anna)


@pytest.mark.parametrize(
    "path",
    [
        "m/<milestone>",
        "u/<update>",
        "a/<approval>",
        "f/<file>/<version>",
        "history",
        "project.json",
    ],
)
def test_a_deep_link_leads_to_that_page(stage: Stage, path: str) -> None:
    """Mails point at the update or decision they are about; one click is enough."""
    place = fill(path, parts_of(stage.own)[0])
    browser = stage.browser()
    answer = browser.follow(stage.url(stage.own.anna, place))
    assert answer.status == 200
    assert urlsplit(answer.url).path == stage.base(stage.own.anna) + place


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/m/x",
        "https://evil.example/",
        "https:/evil.example/",
        "\\\\evil.example",
        "/evil.example",
        "..%2f..%2fevil",
        "../../../evil",
        "..",
        "m/../../../../evil",
        "%2e%2e/%2e%2e/",
        "m/x?next=//evil.example",
        "m/x%0d%0aLocation:%20//evil.example",
        "m/x%0aSet-Cookie:%20a=b",
        "m/%00",
        "javascript:alert(1)",
        "leave",
        "resend",
        "?next=https://evil.example/",
        "#//evil.example",
        "nowhere",
        "m",
        "m/a/b",
        "project.json/x",
        "%2F%2Fevil.example",
        "@evil.example",
        ".evil.example",
    ],
)
def test_a_link_leads_nowhere_but_to_pages_of_itself(stage: Stage, path: str) -> None:
    """There is no open redirect, and no way to a form's address: what is no page is the project."""
    url = stage.url(stage.own.anna).partition("/portal")[2]
    for form in (f"/portal{url}/{path}", f"https://agency.example/portal{url}/{path}"):
        answer = raw_get(stage, form)
        location = answer.header("location")
        if answer.status == 404:  # a path with a line break is no address at all
            assert "%0" in path
            assert location == ""
            continue
        base = stage.base(stage.own.anna)
        assert answer.status == 303
        expected = {base + "?entered=1"}
        if path.startswith(("m/x?", "m/x#")):
            expected = {base + "m/x?entered=1"}
        assert location in expected
        assert "evil" not in answer.raw.replace(form, "")
        assert all("\n" not in value and "\r" not in value for _, value in answer.headers)


def raw_get(stage: Stage, url: str) -> Answer:
    """GET an address as it stands, dots and slashes and all, which browsers would fold."""
    from urllib.parse import unquote

    from portalkit.web import Request
    from tests.web.stage import answered

    path, _, query = url.removeprefix("https://agency.example").partition("?")
    path = unquote(path.partition("#")[0]).removeprefix("/portal")
    return answered(url, stage.web.handle(Request(method="GET", path=path, query=query)))


@pytest.mark.parametrize("where", ["own bob", "far anna", "static", "unknown", "enter"])
def test_a_link_does_not_lead_to_another_link_or_asset(stage: Stage, where: str) -> None:
    """Also not with dots, which browsers fold after the redirect."""
    targets = {
        "own bob": f"p/{stage.link(stage.own.bob)}/",
        "far anna": f"p/{stage.link(stage.far.anna, stage.far)}/m/{stage.far.design.id}",
        "static": f"s/{stage.web.assets.style}",
        "unknown": f"p/{unknown_link()}/",
        "enter": f"l/{stage.token(stage.own.bob)}",
    }
    for way in ("{}", "/{}", "../../{}", "..%2f..%2f{}", "/portal/{}", "m/../../../{}"):
        path = way.format(targets[where])
        token = stage.token(stage.own.anna)
        answer = raw_get(stage, f"/portal/l/{token}/{path}")
        assert answer.header("location") == stage.base(stage.own.anna) + "?entered=1", path


def test_an_odd_name_in_a_deep_link_stays_below_the_link(stage: Stage) -> None:
    """Dots as an id are folded by the browser, and what they fold to is the person's own page."""
    for path in ("m/..", "u/..", "a/..", "f/../1", "m/."):
        answer = raw_get(stage, f"/portal/l/{stage.token(stage.own.anna)}/{path}")
        browser = stage.enter()
        landed = browser.follow(answer.header("location"))
        assert urlsplit(landed.url).path.startswith(stage.base(stage.own.anna))
        assert landed.status in (200, 404)


def test_entering_says_who_holds_the_token_and_asks_not_to_be_referred(stage: Stage) -> None:
    """The address with the secret sends no referrer, is not kept and not indexed."""
    for url in (stage.url(stage.own.anna), "/portal/l/garbage", "/portal/l/", "/portal/l/a/b"):
        answer = stage.browser().get(url)
        assert answer.header("referrer-policy") == "no-referrer", url
        assert answer.header("cache-control") == "no-store", url
        assert "noindex" in answer.header("x-robots-tag"), url


@pytest.mark.parametrize("change", ["=", "==", "A", " ", "%20", "é", ".", "%0a", "\\"])
def test_a_token_in_another_spelling_opens_nothing(stage: Stage, change: str) -> None:
    """Base64 is malleable: one spelling opens, so that a link is one string."""
    token = stage.token(stage.own.anna)
    for other in (token + change, change + token):
        answer = stage.browser().get(f"/portal/l/{other}")
        assert answer.status == 403
        assert answer.all("set-cookie") == []


# -- the cookie ---------------------------------------------------------------------------------


@pytest.fixture(
    params=["https://agency.example/portal", "http://localhost:8000", "http://[::1]:8000/a/b"]
)
def anywhere(request: pytest.FixtureRequest) -> Stage:
    """Stages at three addresses: the public one, a developer's, and one with a deep mount."""
    return make_stage(make_portal(base_url=request.param))


def test_every_cookie_is_bound_to_its_link_and_closed_to_scripts(anywhere: Stage) -> None:
    """Name by scheme, path of the link's pages, HttpOnly, SameSite=Lax, no Domain."""
    secure = anywhere.portal.base_url.startswith("https:")
    link, base = anywhere.link(anywhere.own.anna), anywhere.base(anywhere.own.anna)
    browser = anywhere.browser()
    answers = [browser.get(anywhere.url(anywhere.own.anna))]
    answers.append(browser.get(answers[-1].header("location")))
    answers.append(browser.get(answers[-1].header("location")))
    answers.append(browser.submit(answers[-1].form("leave")))
    seen = set()
    for answer in answers:
        for name, (_, attributes) in cookies_set(answer).items():
            seen.add(name)
            assert attributes["path"] == base
            assert "httponly" in attributes
            assert attributes["samesite"] == "Lax"
            assert ("secure" in attributes) == secure
            assert "domain" not in attributes
            assert name.startswith("__Secure-") == secure
            assert name.endswith(link)
    prefix = "__Secure-" if secure else ""
    assert seen == {f"{prefix}pk_{link}", f"{prefix}pk-new_{link}"}


def test_the_scheme_of_the_base_url_decides_about_the_cookie_and_nothing_else(stage: Stage) -> None:
    """Headers of the request cannot talk the portal out of Secure."""
    answer = stage.browser().get(
        stage.url(stage.own.anna), host="http.example", x_forwarded_proto="http"
    )
    assert answer.all("set-cookie")
    assert all("; Secure" in header for header in answer.all("set-cookie"))


def test_the_scheme_of_the_base_url_counts_in_any_spelling() -> None:
    stage = make_stage(make_portal(base_url="HTTPS://Agency.Example/portal"))
    link = stage.url(stage.own.anna)
    assert link.startswith("https://agency.example/portal/l/")
    sent = stage.browser().get(link).all("set-cookie")
    assert sent
    assert all(header.startswith("__Secure-") and "; Secure" in header for header in sent)


def test_one_browser_can_hold_many_links_and_each_opens_its_own(stage: Stage) -> None:
    """Sessions do not mix: a page of one link is answered for that link's person."""
    browser = stage.browser()
    people = [(stage.own.anna, stage.own), (stage.own.bob, stage.own), (stage.far.anna, stage.far)]
    for person, place in people:
        browser.follow(stage.url(person, place=place))
    for (person, place), name in zip(
        people, ("Anna quokka", "Bob quokka", "Anna zebra"), strict=True
    ):
        page = browser.get(stage.base(person, place))
        assert f"Not {name}?" in page.text
        assert len(browser.sent(stage.base(person, place))) == 1, "only its own cookie goes there"


def test_after_entering_only_the_lasting_cookie_stays(stage: Stage) -> None:
    """The one that was handed out on entering is taken back by the first page."""
    browser = stage.enter()
    assert list(browser.sent(stage.base(stage.own.anna))) == [
        f"__Secure-pk_{stage.link(stage.own.anna)}"
    ]


def until(answer: Answer, stage: Stage) -> int | None:
    """When the lasting cookie of an answer ends, in UTC milliseconds; ``None`` if it sets none."""
    for name, (_, attributes) in cookies_set(answer).items():
        if name.startswith(("pk_", "__Secure-pk_")):
            return stage.clock() + int(attributes["max-age"]) * 1000
    return None


def test_the_cookie_lasts_180_days_and_is_renewed_once_a_day_at_most(stage: Stage) -> None:
    """A regular visitor never has to look for the mail; the end moves with the visits, day by day."""
    browser, base = stage.browser(), stage.base(stage.own.anna)
    browser.follow(stage.url(stage.own.anna))
    start = stage.clock()
    ends = []
    for _ in range(24 * 6):
        stage.clock.advance(seconds=20 * MINUTE)
        end = until(browser.get(base), stage)
        if end is not None:
            ends.append(end)
    assert len(set(ends)) <= 3, "two days of visits every twenty minutes"
    assert min(ends) >= start + 179 * DAY * 1000
    assert max(ends) <= stage.clock() + 180 * DAY * 1000
    assert max(ends) > min(ends)


def test_the_cookie_is_not_sent_again_with_every_page(
    stage: Stage, anna: Browser, base: str
) -> None:
    """A busy visitor's pages carry no Set-Cookie as long as there is nothing to remember."""
    anna.get(base)
    for path in ("", f"m/{stage.own.design.id}", "history", f"a/{stage.own.ask}", ""):
        stage.clock.advance(seconds=30)
        assert anna.get(base + path).all("set-cookie") == [], path


def test_a_visitor_who_stays_away_for_180_days_needs_the_link_again(
    stage: Stage, anna: Browser, base: str
) -> None:
    """And gets in with it."""
    stage.clock.advance(days=181)
    assert anna.get(base).status == 403
    assert anna.follow(stage.url(stage.own.anna)).status == 200


def test_a_cookie_ends_on_the_server_too(stage: Stage) -> None:
    """A browser, or who copied its cookie, may send it for ever: ten minutes or 180 days it is, by any name."""
    browser, base = stage.browser(), stage.base(stage.own.anna)
    browser.get(stage.url(stage.own.anna))
    entering = browser.sent(base)
    ((name, value),) = entering.items()
    copies = (entering, {name.replace("pk-new_", "pk_"): value})
    browser.get(base)
    lasting = browser.sent(base)
    for clock, cookies, status in (
        (9 * MINUTE, copies, 200),
        (2 * MINUTE, copies, 403),
        (179 * DAY, (lasting,), 200),
        (DAY, (lasting,), 403),
    ):
        stage.clock.advance(seconds=clock)
        for sent in cookies:
            assert stage.browser(keeps=False).ask("GET", base, cookies=sent).status == status, clock


@pytest.mark.parametrize("days", [0.001, 1, 30, 179])
def test_no_cookie_outlives_the_expiry_of_its_link(stage: Stage, days: float) -> None:
    """On entering, settling and renewing; the link says when it ends."""
    with stage.change() as change:
        change.extend_link(stage.own.anna, stage.clock() + int(days * DAY * 1000))
    link = stage.project().link_of(stage.own.anna.id)
    assert link is not None
    assert link.expires_at is not None
    browser, base = stage.browser(), stage.base(stage.own.anna)
    answers = [browser.get(stage.url(stage.own.anna)), browser.get(base + "?entered=1")]
    answers.append(browser.get(base))
    for _ in range(3):
        left = link.expires_at - stage.clock()
        stage.clock.advance(seconds=left / 2000)
        answers.append(browser.get(base))
        for name, (_, attributes) in cookies_set(answers[-1]).items():
            assert stage.clock() + int(attributes["max-age"]) * 1000 <= link.expires_at, name
    for kept in browser.cookies.values():
        assert kept.until is not None
        assert kept.until <= link.expires_at
    stage.clock.advance(days=days)
    assert browser.get(base).status == 403, "the browser has dropped it"


def test_leaving_takes_the_cookie_away(stage: Stage, anna: Browser, base: str) -> None:
    """“Not Anna?” on a shared device: afterwards this browser opens nothing."""
    answer = anna.submit(anna.get(base).form("leave"))
    assert answer.status == 200
    assert "You have left the project" in answer.text
    assert anna.sent(base) == {}
    assert anna.get(base).status == 403


def test_leaving_does_not_close_the_link_elsewhere(stage: Stage, anna: Browser, base: str) -> None:
    """Another browser of the same person stays in."""
    other = stage.enter()
    anna.submit(anna.get(base).form("leave"))
    assert other.get(base).status == 200


def test_entering_again_keeps_the_session_so_that_open_forms_still_work(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Somebody fills in a form, clicks the mail once more, and sends the form in the first tab."""
    page = anna.get(f"{base}a/{stage.own.ask}")
    anna.follow(stage.url(stage.own.anna))
    assert anna.submit(page.form(f"a/{stage.own.ask}")).status == 422


def test_a_key_that_was_rotated_opens_its_links_and_cookies_as_long_as_it_is_listed() -> None:
    """Newest first; an old key verifies, a removed one opens nothing."""
    first = make_stage()
    url, browser = first.url(first.own.anna), first.enter()
    base = first.base(first.own.anna)
    for keys, status in ([["n" + KEY[::-1], KEY], 200], [["n" + KEY[::-1]], 403]):  # type: ignore[misc]
        portal = Portal(
            store=first.store,
            files=first.portal.files,
            base_url=first.portal.base_url,
            keys=keys,
            clock=first.clock,
        )
        stage = make_stage_of(portal, first)
        old = Browser(stage.web, cookies=dict(browser.cookies), keeps=False)
        assert old.get(base).status == status
        assert Browser(stage.web).follow(url).status == status


def make_stage_of(portal: Portal, stage: Stage) -> Stage:
    from tests.web.stage import make_web

    return Stage(portal, make_web(portal), stage.own, stage.far)


# -- the door -----------------------------------------------------------------------------------


def test_without_a_cookie_the_door_says_what_to_do(stage: Stage) -> None:
    """Open the link from the mail, or have it sent again to the address on file."""
    answer = stage.browser().get(stage.base(stage.own.anna))
    assert answer.status == 403
    assert "Open the link from your e-mail" in answer.text
    assert "e-mail address on file" in answer.text
    assert answer.has_form("/resend")
    assert BLOCKED not in answer.text


def test_the_door_shows_no_address_on_file(stage: Stage) -> None:
    """Nor any name, whether the link exists or not."""
    answer = stage.browser().get(stage.base(stage.own.anna))
    assert "@" not in answer.text
    assert "quokka" not in answer.raw


def test_a_browser_that_blocks_cookies_is_told_so(stage: Stage) -> None:
    """Right after entering, and only then."""
    blocked = stage.browser(keeps=False)
    answer = blocked.follow(stage.url(stage.own.anna))
    assert answer.status == 403
    assert BLOCKED in answer.text
    assert BLOCKED not in blocked.get(stage.base(stage.own.anna)).text
    deep = blocked.follow(stage.url(stage.own.anna, f"a/{stage.own.ask}"))
    assert BLOCKED in deep.text


@pytest.mark.parametrize("fate", ["revoked", "expired", "rotated", "reissued"])
def test_holders_of_what_was_genuine_are_told_that_it_is_gone(
    stage: Stage, anna: Browser, base: str, fate: str
) -> None:
    """410 with the reason, by the old address and by the old cookie, on every page of the link."""
    old = stage.url(stage.own.anna)
    said = end(stage, fate)
    visits: list[Answer] = [anna.get(old), anna.get(old + "/history"), anna.get(base)]
    visits += [anna.get(base + fill("f/<file>/<version>", parts_of(stage.own)[0]))]
    visits += [anna.get(f"{base}a/{stage.own.ask}"), anna.get(base + "project.json")]
    for answer in visits:
        assert answer.status == 410
        assert said in answer.text
        assert "quokka" not in answer.raw
        assert answer.all("set-cookie") == []


def end(stage: Stage, fate: str) -> str:
    """Let Anna's link end, and return what she should read."""
    with stage.change() as change:
        if fate == "revoked":
            change.revoke_link(stage.own.anna, "left")
        if fate == "expired":
            change.extend_link(stage.own.anna, stage.clock() + 1)
        if fate == "rotated":
            change.rotate_link(stage.own.anna)
        if fate == "reissued":
            change.revoke_link(stage.own.anna)
            change.issue_link(stage.own.anna)
    stage.clock.advance(seconds=1)
    return {
        "revoked": "This link is no longer valid",
        "expired": "This link has expired",
        "rotated": "A newer link took the place of this one",
        "reissued": "A newer link took the place of this one",
    }[fate]


@pytest.mark.parametrize("fate", ["revoked", "expired", "rotated", "reissued"])
def test_every_lock_has_a_way_out_and_bookmarks_survive(
    stage: Stage, anna: Browser, base: str, fate: str
) -> None:
    """After it was issued again, extended or mailed anew, the same addresses work again."""
    end(stage, fate)
    assert anna.get(base).status == 410
    with stage.change() as change:
        if fate == "revoked":
            change.issue_link(stage.own.anna)
        if fate == "expired":
            change.extend_link(stage.own.anna, None)
    anna.follow(stage.url(stage.own.anna))
    assert stage.base(stage.own.anna) == base
    assert anna.get(f"{base}m/{stage.own.design.id}").status == 200


def test_an_extended_link_needs_no_new_mail(stage: Stage, anna: Browser, base: str) -> None:
    """The old address and the old cookie work again at once."""
    old = stage.url(stage.own.anna)
    end(stage, "expired")
    with stage.change() as change:
        change.extend_link(stage.own.anna, None)
    assert anna.get(base).status == 200
    assert stage.browser().follow(old).status == 200


def test_asking_for_the_link_again_is_noted_once_a_day_and_mails_nobody_else(stage: Stage) -> None:
    """One entry a day however often the button is pressed; it names the person and no address."""
    base = stage.base(stage.own.anna)
    browser = stage.browser()
    for _ in range(3):
        assert browser.submit(browser.get(base).form("resend")).status == 200
    stage.clock.advance(days=1)
    browser.submit(browser.get(base).form("resend"))
    facts = [e for e in stage.portal.entries("p-own") if e.kind == "link.requested"]
    assert len(facts) == 2
    assert {entry.fact.person for entry in facts} == {stage.own.anna.id}  # type: ignore[attr-defined]


@pytest.mark.parametrize("fate", ["expired", "revoked", "rotated"])
def test_a_link_that_opens_nothing_can_be_asked_for_where_it_says_so(
    stage: Stage, fate: str
) -> None:
    """That page hides its own address from every other, so browsers post from it with an origin of null."""
    old = stage.url(stage.own.anna)
    end(stage, fate)
    browser = stage.browser()
    door = browser.follow(old)
    assert (door.status, door.header("referrer-policy")) == (410, "no-referrer")
    form = door.form("resend")
    answer = browser.post(form.action, form.data(), headers={"origin": "null"})
    assert (answer.status, "Your request was noted" in answer.text) == (200, True)
    assert stage.portal.entries("p-own")[-1].kind == "link.requested"


def test_asking_for_the_link_again_takes_no_more_than_the_button(stage: Stage) -> None:
    """An address in the form would be a way to have somebody's link sent elsewhere."""
    url = f"{stage.base(stage.own.anna)}resend"
    for extra in (("email", "eve@evil.example"), ("to", "x"), ("pk_csrf", "x")):
        answer = stage.browser().post(url, [extra, END])
        assert answer.status == 400
    assert all(e.kind != "link.requested" for e in stage.portal.entries("p-own"))


# -- since the last visit -----------------------------------------------------------------------

NEW = "new since your last visit"


def news(stage: Stage, text: str = "Fresh news") -> None:
    """Post an update."""
    with stage.change() as change:
        change.post_update(stage.own.design, done=text)


def said(answer: Answer) -> str:
    """The words of a page, in small letters."""
    return answer.text.lower()


def test_on_the_first_visit_nothing_is_called_new(stage: Stage, anna: Browser, base: str) -> None:
    """Everything would be; also not what arrives while the visit lasts."""
    assert NEW not in said(anna.get(base))
    news(stage)
    stage.clock.advance(seconds=10 * MINUTE)
    assert NEW not in said(anna.get(base))


@pytest.mark.parametrize("way", ["bookmark", "mail", "deep link"])
def test_on_the_second_visit_what_came_in_between_is_new(
    stage: Stage, anna: Browser, base: str, way: str
) -> None:
    """However the person comes back: by bookmark, or by the link in the mail, as most do."""
    stage.clock.advance(days=7)
    news(stage)
    if way == "mail":
        anna.follow(stage.url(stage.own.anna))
    if way == "deep link":
        anna.follow(stage.url(stage.own.anna, f"a/{stage.own.ask}"))
    assert "one thing is new since your last visit" in said(anna.get(base))
    stage.clock.advance(seconds=10 * MINUTE)
    assert "one thing is new since your last visit" in said(anna.get(base)), "while the visit lasts"
    data = anna.get(base + "project.json").json
    assert [line["text"] for line in data["activity"] if line["new"]] == [
        "Maya Lindt posted Fresh news"
    ]
    assert data["latest_update"]["new"] is True


def test_the_visit_after_that_calls_it_old(stage: Stage, anna: Browser, base: str) -> None:
    """New is what came since the visit before, not since the first."""
    stage.clock.advance(days=7)
    news(stage)
    anna.get(base)
    stage.clock.advance(days=7)
    assert NEW not in said(anna.get(base))
    news(stage, "More")
    stage.clock.advance(days=7)
    assert "one thing is new since your last visit" in said(anna.get(base))


@pytest.mark.parametrize(("minutes", "shown"), [(29, False), (31, True)])
def test_a_visit_ends_after_thirty_quiet_minutes(
    stage: Stage, anna: Browser, base: str, minutes: int, shown: bool
) -> None:
    """Shorter pauses belong to the same visit."""
    news(stage)
    stage.clock.advance(seconds=minutes * MINUTE)
    assert (NEW in said(anna.get(base))) == shown


def test_a_visit_lasts_as_long_as_pages_are_opened(stage: Stage, anna: Browser, base: str) -> None:
    """Two hours of reading, a page every quarter of an hour, are one visit."""
    for number in range(8):
        stage.clock.advance(seconds=15 * MINUTE)
        news(stage, f"News {number}")
        assert NEW not in said(anna.get(base)), number


def test_what_the_visitor_has_seen_is_counted_per_browser_and_person(
    stage: Stage, anna: Browser
) -> None:
    """Bob's first visit knows nothing of Anna's."""
    stage.clock.advance(days=1)
    news(stage)
    bob = stage.enter(stage.own.bob)
    assert NEW not in said(bob.get(stage.base(stage.own.bob)))
    assert NEW in said(anna.get(stage.base(stage.own.anna)))


def test_the_marker_survives_a_rotated_link(stage: Stage, anna: Browser, base: str) -> None:
    """The secret is replaced, what was seen is remembered."""
    with stage.change() as change:
        change.rotate_link(stage.own.anna)
    stage.clock.advance(days=3)
    news(stage)
    anna.follow(stage.url(stage.own.anna))
    assert NEW in said(anna.get(base))


def test_somebody_who_left_starts_anew(stage: Stage, anna: Browser, base: str) -> None:
    """On a shared device the next person's visit is a first one."""
    anna.submit(anna.get(base).form("leave"))
    stage.clock.advance(days=1)
    news(stage)
    anna.follow(stage.url(stage.own.anna))
    assert NEW not in said(anna.get(base))


def test_a_clock_that_is_set_back_locks_nobody_out(stage: Stage, anna: Browser, base: str) -> None:
    """Links and cookies hold no signed time that would reject them."""
    stage.clock.advance(days=-3)
    assert anna.get(base).status == 200
    assert stage.browser().follow(stage.url(stage.own.anna)).status == 200


def test_an_edited_cookie_is_no_cookie(stage: Stage, anna: Browser, base: str) -> None:
    """Each character of it is signed."""
    name, value = next(iter(anna.sent(base).items()))
    keys = Keys([KEY])
    assert keys.read_cookie(value).link == stage.link(stage.own.anna)
    for place in range(0, len(value), 7):
        changed: Any = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        answer = Browser(stage.web, keeps=False).ask("GET", base, cookies={name: changed})
        assert answer.status == 403, place

"""Nothing lags: what staff change, and what time changes, shows on the very next request."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from attrs import evolve

from portalkit.web import Brand, Page, Request
from portalkit.web.cache import Bodies
from portalkit.web.host import Host
from tests.web.stage import (
    Browser,
    Stage,
    below,
    decide,
    fill,
    hidden_parts,
    leaks,
    make_portal,
    make_stage,
    make_web,
    plain,
    stream,
)


@pytest.fixture(autouse=True)
def warm(stage: Stage, anna: Browser, base: str) -> None:
    """Every test starts with pages that were made before."""
    for _ in range(2):
        anna.get(base)
        anna.get(f"{base}m/{stage.own.design.id}")


# -- changes ------------------------------------------------------------------------------------

CHANGES: dict[str, tuple[Callable[..., object], str]] = {
    "project's title": (lambda c, p: c.describe(title="Renamed thing"), "Renamed thing"),
    "client's name": (lambda c, p: c.describe(client="Renamed Ltd"), "Renamed Ltd"),
    "summary": (lambda c, p: c.describe(summary="Fresh summary"), "Fresh summary"),
    "status": (lambda c, p: c.set_status("on_hold", "Holidays"), "Holidays"),
    "quick links": (lambda c, p: c.set_resources([("Wiki", "https://wiki.example/")]), "Wiki"),
    "own name": (lambda c, p: c.change_person(p.anna, name="Anna Renamed"), "Anna Renamed"),
    "other's name": (lambda c, p: c.change_person(p.bob, name="Bob Renamed"), "Bob Renamed"),
    "milestone's title": (lambda c, p: c.change_milestone(p.design, title="Redesign"), "Redesign"),
    "milestone's due day": (
        lambda c, p: c.change_milestone(p.design, due=date(2026, 1, 6)),
        "Due tomorrow",
    ),
    "milestone started": (lambda c, p: c.start(p.build), "started Build quokka"),
    "milestone completed": (lambda c, p: c.complete(p.design, "All agreed"), "All agreed"),
    "milestone reopened": (lambda c, p: c.reopen(p.kickoff, "Once more"), "Once more"),
    "new milestone": (lambda c, p: c.add_milestone("Launch day"), "Launch day"),
    "update": (lambda c, p: c.post_update(p.build, done="Server bought"), "Server bought"),
    "revised update": (lambda c, p: c.revise_update(p.news, done="Said better"), "Said better"),
    "file": (lambda c, p: c.add_file(p.build, stream("x"), name="new.pdf", purpose="New"), "new.pdf"),
    "version": (lambda c, p: c.add_version(p.home, stream("x"), changed="Made wider"), "Made wider"),
    "file state": (lambda c, p: c.set_file_state(p.plan, "final"), "Final"),
    "withdrawn file": (lambda c, p: c.withdraw_file(p.home, "Taken back"), "Taken back"),
    "request": (
        lambda c, p: c.request_approval(p.build, "Colours", statement="Blue", people=[p.anna]),
        "Colours",
    ),
    "decision elsewhere": (
        lambda c, p: c.record_decision(p.terms, p.bob, "declined", source="phone", comment="No"),
        "declined Terms quokka",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_shows_on_the_next_request(
    stage: Stage, anna: Browser, base: str, name: str
) -> None:
    """On the project page and in its twin's chain, without a wait, for everybody."""
    change_it, expected = CHANGES[name]
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    pages = ((anna, base), (bob, theirs))
    assert all(expected.lower() not in b.get(url).text.lower() for b, url in pages)
    with stage.change() as change:
        change_it(change, stage.own)
    for browser, url in pages:
        assert expected.lower() in browser.get(url).text.lower()


def test_a_cached_page_is_the_page_that_would_be_made_anew(
    stage: Stage, anna: Browser, base: str
) -> None:
    """After every change, with warm caches and with none: the same page, but for the form token."""
    for name, (change_it, _) in CHANGES.items():
        with stage.change() as change:
            change_it(change, stage.own)
        cold = Browser(make_web(stage.portal), cookies=dict(anna.cookies), keeps=False)
        assert plain(anna.get(base))[2] == plain(cold.get(base))[2], name
        assert plain(anna.get(base))[2] == plain(cold.get(base))[2], name


def test_deleting_every_snapshot_changes_no_page(stage: Stage, anna: Browser, base: str) -> None:
    """Snapshots are a cache of the log."""
    before = anna.get(base)
    loaded = stage.store.load("p-own")
    assert loaded is not None
    rows = list(stage.store.history("p-own"))
    stage.store.erase("p-own")
    stage.store.commit(evolve(loaded[0], doc=None, doc_version=0, fold=""), rows, expected="")
    fresh = make_portal(store=stage.store, files=stage.portal.files, clock=stage.clock)
    browser = Browser(make_web(fresh), cookies=dict(anna.cookies), keeps=False)
    assert plain(browser.get(base)) == plain(before)


def test_a_project_that_was_put_back_shows_what_it_was(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Versions repeat after a restored backup; chains do not."""
    loaded, rows = stage.store.load("p-own"), list(stage.store.history("p-own"))
    assert loaded is not None
    with stage.change() as change:
        change.describe(title="Never happened")
    assert "Never happened" in anna.get(base).text
    stage.store.erase("p-own")
    stage.store.commit(loaded[0], rows, expected="")
    assert "Never happened" not in anna.get(base).raw
    with stage.change() as change:
        change.describe(title="Happened instead")
    assert "Happened instead" in anna.get(base).text
    assert "Never happened" not in anna.get(base).raw


def test_an_erased_project_is_gone_at_once(stage: Stage, anna: Browser, base: str) -> None:
    """Nothing of it is left in any cache; its addresses are unknown ones."""
    stage.store.erase("p-own")
    for path in (
        "",
        "project.json",
        "history",
        f"m/{stage.own.design.id}",
        f"f/{stage.own.home.id}/1",
    ):
        answer = anna.get(base + path)
        assert answer.status == 403
        assert "quokka" not in answer.raw


# -- access -------------------------------------------------------------------------------------


def everywhere(stage: Stage, base: str) -> list[str]:
    """The addresses of one link."""
    values = {
        "milestone": stage.own.design.id, "update": stage.own.news.id, "approval": stage.own.ask,
        "file": stage.own.home.id, "version": "2", "question": stage.own.asked,
    }  # fmt: skip
    return [base + fill(path, values) for _, methods, path in below() if "GET" in methods]


def test_a_revoked_link_is_closed_on_the_next_request_everywhere(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Pages, data, files, also half-way through a download."""
    for url in everywhere(stage, base):
        assert anna.get(url).status == 200, url
    part = anna.get(f"{base}f/{stage.own.home.id}/2", range="bytes=0-3")
    with stage.change() as change:
        change.revoke_link(stage.own.anna)
    for url in everywhere(stage, base):
        assert anna.get(url).status == 410, url
    rest = anna.get(part.url, range="bytes=4-", if_range=part.header("etag"))
    assert rest.status == 410


def test_an_expired_link_is_closed_at_the_millisecond(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The log decides when; a cached page does not stay open."""
    with stage.change() as change:
        change.extend_link(stage.own.anna, stage.clock() + 60_000)
    cookies = anna.sent(base)
    for moment, status in ((59.999, 200), (0.001, 410)):
        stage.clock.advance(seconds=moment)
        for url in everywhere(stage, base):
            assert anna.ask("GET", url, cookies=cookies).status == status, (url, moment)


def test_revoking_one_persons_link_leaves_the_others_open(stage: Stage, anna: Browser) -> None:
    """People are independent."""
    bob = stage.enter(stage.own.bob)
    with stage.change() as change:
        change.revoke_link(stage.own.anna)
        change.rotate_link(stage.own.rita)
    assert bob.get(stage.base(stage.own.bob)).status == 200


def test_scopes_that_were_narrowed_count_from_the_next_request(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Files first, then decisions; the page stops offering what is refused."""
    with stage.change() as change:
        change.set_scopes(stage.own.anna, ["view", "decide"])
    assert anna.get(f"{base}f/{stage.own.home.id}/2").status == 403
    assert anna.get(f"{base}a/{stage.own.ask}").has_form(f"a/{stage.own.ask}")
    with stage.change() as change:
        change.set_scopes(stage.own.anna, ["view"])
    assert "Nothing waits for you" in anna.get(base).text
    assert "Review and decide" not in anna.get(base).text
    assert not anna.get(f"{base}a/{stage.own.ask}").has_form(f"a/{stage.own.ask}")
    with stage.change() as change:
        change.set_scopes(stage.own.anna, ["view", "download", "decide"])
    assert "Two things wait for you" in anna.get(base).text


def test_an_archived_project_offers_no_decision_on_the_next_request(
    stage: Stage, anna: Browser, base: str
) -> None:
    """It can be read, files included, and comes back with its decisions."""
    with stage.change() as change:
        change.set_status("archived")
    assert "Review and decide" not in anna.get(base).text
    assert anna.get(f"{base}f/{stage.own.home.id}/2").status == 200
    with stage.change() as change:
        change.set_status("active")
    assert "Review and decide" in anna.get(base).text


def test_a_milestone_made_internal_disappears_everywhere(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Page, data, permalinks, files, approvals, history: as if it had never been."""
    place = stage.own
    ids = {"milestone": place.design.id, "update": place.news.id, "approval": place.ask,
           "file": place.home.id, "version": "2", "question": place.asked}  # fmt: skip
    urls = [
        base + fill(path, ids) for _, methods, path in below() if "<" in path and "GET" in methods
    ]
    urls += [f"{base}f/{place.home.id}/1", f"{base}a/{place.first}", f"{base}u/{place.old.id}"]
    assert {anna.get(url).status for url in urls} == {200}
    words = ["design quokka", "homepage quokka", "home quokka", "news quokka", "hero tightened",
             place.design.id, place.news.id, place.ask, place.first, place.home.id, place.old.id,
             place.asked, "which font quokka"]  # fmt: skip
    with stage.change() as change:
        change.change_milestone(place.design, internal=True)
    for url in urls:
        assert anna.get(url).status == 404, url
    assert anna.get(f"{base}history?milestone={place.design.id}").status == 404
    for path in ("", "project.json", "history", f"m/{place.build.id}", "history?before=40"):
        assert leaks(anna.get(base + path), words) == [], path
    with stage.change() as change:
        change.change_milestone(place.design, internal=False)
    assert {anna.get(url).status for url in urls} == {200}


def test_a_milestone_made_visible_appears_everywhere(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Its whole history comes with it."""
    with stage.change() as change:
        change.change_milestone(stage.own.vault, internal=False)
    ids = hidden_parts(stage.own)
    for _, methods, path in below():
        if "<" in path and "GET" in methods:
            assert anna.get(base + fill(path, ids)).status == 200, path
    assert "Vault mongoose" in anna.get(base).text
    assert "Gossip mongoose" in anna.get(base + "history").text


# -- people -------------------------------------------------------------------------------------


def test_two_people_never_share_a_page(stage: Stage) -> None:
    """Same project, same chain, same language, same second: name, links and decisions are one's own."""
    people = {"Anna": stage.own.anna, "Bob": stage.own.bob, "Rita": stage.own.rita}
    browsers = {name: stage.enter(person) for name, person in people.items()}
    for _ in range(3):
        for name, person in people.items():
            answer = browsers[name].get(stage.base(person))
            assert f"Not {name} quokka?" in answer.text
            for other, someone in people.items():
                if other != name:
                    assert stage.link(someone) not in answer.raw
                    assert f"Not {other} quokka?" not in answer.text
            waits = "Nothing waits for you" if name == "Rita" else "Two things wait for you"
            assert waits in answer.text


def test_two_browsers_of_one_person_share_the_page_and_not_the_token(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The form token is put in per request; the cached text holds none."""
    other = stage.enter()
    mine, theirs = anna.get(base), other.get(base)
    tokens = [a.form("leave").value("pk_csrf") for a in (mine, theirs)]
    assert tokens[0] != tokens[1]
    assert plain(mine)[2] == plain(theirs)[2]
    assert tokens[0] not in theirs.raw
    assert tokens[1] not in mine.raw
    assert anna.get(base).form("leave").value("pk_csrf") == tokens[0]


def test_language_and_zone_are_ones_own(stage: Stage, anna: Browser, base: str) -> None:
    """Changing them changes the page at once, and only that person's."""
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    before = bob.get(theirs).text
    with stage.change() as change:
        change.change_person(stage.own.anna, zone="Asia/Tokyo")
    assert "Asia/Tokyo" in anna.get(base).text
    assert "Asia/Tokyo" not in bob.get(theirs).text
    with stage.change() as change:
        change.change_person(stage.own.anna, locale="de")
    german = anna.get(base)
    assert german.page.elements[0].get("lang") == "de"
    assert bob.get(theirs).page.elements[0].get("lang") == "en"
    assert "Times are Europe/Berlin" in before


def test_a_name_that_was_changed_is_changed_in_old_lines_too(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Lines hold ids of people, so no cached part keeps the old name."""
    decide(anna, base, stage.own.ask)
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    assert "Anna quokka" in bob.get(theirs).text
    with stage.change() as change:
        change.change_person(stage.own.anna, name="Anna Neumann")
    for path in ("", "history", f"m/{stage.own.design.id}", f"a/{stage.own.ask}"):
        assert "Anna quokka" not in bob.get(theirs + path).raw, path
        assert "Anna Neumann" in bob.get(theirs + path).text, path


# -- time ---------------------------------------------------------------------------------------


def at(stage: Stage, *moment: int) -> None:
    """Put the clock to a moment in UTC."""
    stage.clock.set(datetime(*moment, tzinfo=UTC))  # type: ignore[misc, arg-type]


def test_when_midnight_passes_today_becomes_yesterday(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Midnight of the reader's zone: 23:00 UTC in Berlin's winter; no change in the log is needed."""
    words = (
        ((2026, 1, 7, 22, 59, 59), "Due Fri 9 Jan"),
        ((2026, 1, 7, 23, 0, 0), "Due tomorrow"),
        ((2026, 1, 8, 22, 59, 59), "Due tomorrow"),
        ((2026, 1, 8, 23, 0, 0), "Due today"),
        ((2026, 1, 9, 22, 59, 59), "Due today"),
        ((2026, 1, 9, 23, 0, 0), "Due yesterday"),
        ((2026, 1, 10, 23, 0, 0), "Overdue since Fri 9 Jan"),
    )
    for moment, expected in words:
        at(stage, *moment)
        for path in ("", f"a/{stage.own.ask}", f"m/{stage.own.design.id}"):
            assert expected in anna.get(base + path).text, (moment, path)
            assert expected in anna.get(base + path).text, "the second time it comes from the cache"


def test_a_due_day_is_the_projects_wherever_its_reader_is(
    stage: Stage, anna: Browser, base: str
) -> None:
    """On pages, as data, and for staff who look: it becomes late for all when it is over there."""
    with stage.change() as change:
        change.describe(zone="America/Los_Angeles")
        change.change_person(stage.own.bob, zone="Asia/Tokyo")
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    staff = Host(stage.web, "en")
    for moment, words, late in (
        ((2026, 1, 9, 7, 59, 59), "Due tomorrow", False),
        ((2026, 1, 9, 8, 0, 0), "Due today", False),
        ((2026, 1, 9, 16, 0, 0), "Due today", False),  # the 10th in Tokyo
        ((2026, 1, 10, 7, 59, 59), "Due today", False),
        ((2026, 1, 10, 8, 0, 0), "Due yesterday", True),
    ):
        at(stage, *moment)
        for browser, start in ((anna, base), (bob, theirs)):
            for path in ("", f"a/{stage.own.ask}", f"m/{stage.own.design.id}"):
                answer = browser.get(start + path)
                assert words in answer.text, (moment, path)
            assert ("pk-tag--late" in browser.get(start).raw) == late, moment
            asks = browser.get(f"{start}project.json").json["answers"]["needs_decision"]
            assert {ask["due"]: ask["late"] for ask in asks}["2026-01-09"] == late
        seen = staff.view_as("crm:p-own", stage.own.bob.id, "", address=str)
        assert words in seen.body


def test_a_day_of_23_hours_ends_at_its_own_midnight(stage: Stage, anna: Browser, base: str) -> None:
    """The night to 29 March 2026 is short in Berlin; midnight after it is at 22:00 UTC."""
    with stage.change() as change:
        change.change_milestone(stage.own.design, due=date(2026, 3, 30))
    for moment, expected in (
        ((2026, 3, 28, 22, 59, 59), "Due Mon 30 Mar"),
        ((2026, 3, 28, 23, 0, 0), "Due tomorrow"),
        ((2026, 3, 29, 21, 59, 59), "Due tomorrow"),
        ((2026, 3, 29, 22, 0, 0), "Due today"),
    ):
        at(stage, *moment)
        assert expected in anna.get(f"{base}").text, moment


def test_the_year_appears_when_it_is_another_one(stage: Stage, anna: Browser, base: str) -> None:
    """A cached page of New Year's Eve is not shown on New Year's Day."""
    at(stage, 2026, 12, 31, 22, 59, 59)
    anna.follow(stage.url(stage.own.anna))
    assert "5 Jan 2026" not in anna.get(base).text
    at(stage, 2026, 12, 31, 23, 0, 0)
    assert "5 Jan 2026" in anna.get(base).text


def test_the_hosts_shell_is_made_for_every_request() -> None:
    """Only what is ours is kept: the host's greeting, menu and banner are of the moment."""
    said: list[str] = []

    def shell(page: Page, request: Request) -> str:
        said.append(request.header("x-who"))
        return f"<!doctype html><title>x</title><p>Shell {len(said)} {said[-1]}</p>{page.body}"

    stage = make_stage(shell=shell)
    anna, other, base = stage.enter(), stage.enter(), stage.base(stage.own.anna)
    said.clear()
    for number, (browser, who) in enumerate(((anna, "a"), (anna, "b"), (other, "c")), start=1):
        answer = browser.get(base, x_who=who)
        assert f"Shell {number} {who}" in answer.text
        assert "Relaunch quokka" in answer.text
    assert anna.get(base).form("leave").value("pk_csrf") in anna.get(base).raw
    assert anna.get(base).form("leave").value("pk_csrf") not in other.get(base).raw


# -- the cache itself ---------------------------------------------------------------------------


def test_the_cache_forgets_the_least_used_when_it_is_full() -> None:
    """Bounded in bytes, whatever is put in."""
    bodies = Bodies(50_000)
    for number in range(200):
        bodies.put(number, "x" * 1000, 10)
        bodies.get(0, 0)
    assert bodies.get(0, 0) == "x" * 1000, "what is used stays"
    assert bodies.get(1, 0) is None
    assert bodies.get(199, 0) is not None
    kept = [n for n in range(200) if bodies.get(n, 0) is not None]
    assert 10 < len(kept) < 50


def test_the_cache_keeps_nothing_that_would_fill_it_alone() -> None:
    """One huge page does not throw out all others."""
    bodies = Bodies(50_000)
    bodies.put("small", "x", 10)
    bodies.put("huge", "x" * 20_000, 10)
    assert bodies.get("huge", 0) is None
    assert bodies.get("small", 0) == "x"


@pytest.mark.parametrize(("now", "found"), [(0, True), (9, True), (10, False), (11, False)])
def test_the_cache_gives_nothing_whose_time_is_over(now: int, found: bool) -> None:
    """`good_until` is the first instant at which it is no longer good."""
    bodies = Bodies(50_000)
    bodies.put("key", "text", 10)
    assert (bodies.get("key", now) is not None) == found


def test_putting_the_same_key_again_and_again_needs_no_more_room() -> None:
    """What is replaced is given back."""
    bodies = Bodies(50_000)
    bodies.put("first", "x" * 1000, 10)
    for number in range(1000):
        bodies.put("again", "x" * (number % 3000), 10)
    assert bodies.get("first", 0) is not None


def test_a_page_of_another_shell_or_brand_is_not_mixed_in() -> None:
    """Two webs of one portal, two looks: each shows its own."""
    first = make_stage()
    anna = first.enter()
    base = first.base(first.own.anna)
    other = make_web(first.portal, brands={"": Brand(name="Studio South")})
    second = Browser(other, cookies=dict(anna.cookies), keeps=False)
    assert "Studio South" in second.get(base).text
    assert "Studio North" in anna.get(base).text
    with first.change() as change:
        change.describe(brand="none such")
    assert "Studio South" in second.get(base).text


def test_a_child_that_is_forked_while_a_thread_uses_the_cache_does_not_wait_for_it() -> None:
    """The thread does not go on in the child, and its lock would never be given back."""
    cache, over = Bodies(1_000_000), threading.Event()

    def use() -> None:
        while not over.is_set():
            cache.put("page", "x" * 100, 10**15)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for _ in range(40):
            child = os.fork()
            if child == 0:
                signal.alarm(5)
                cache.put("other", "y", 10**15)
                os._exit(0 if cache.get("other", 0) == "y" else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        over.set()
        thread.join()

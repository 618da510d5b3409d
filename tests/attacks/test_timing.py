"""Unknown and forbidden cost the same work: the same questions to the store, the same signatures checked.

Time is never asserted, work is.  `python -m tests.attacks.timing` measures the time and prints it.
"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, field

from portalkit.links import Keys, new_nonce
from tests.hosts import Host
from tests.web.stage import (
    END,
    UNKNOWN,
    Browser,
    Stage,
    below,
    fill,
    hidden_parts,
    parts_of,
    unknown_link,
)


@define
class Work:
    """What a portal did since it was last asked: questions to the store, signatures checked."""

    done: list[str] = field(factory=list)

    def take(self) -> list[str]:
        """Return what was done, and begin anew."""
        done, self.done = self.done, []
        return done


class Told:
    """Something whose every call is told."""

    def __init__(self, inner: Any, work: Work, name: str) -> None:
        self._inner, self._work, self._name = inner, work, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def told(*args: Any, **kwargs: Any) -> Any:
            self._work.done.append(f"{self._name}.{name}")
            return found(*args, **kwargs)

        return told


@pytest.fixture
def watched(host: Host, monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, Work]:
    """A stage whose work is counted; signatures are not remembered, so that each one counts."""
    stage, work = host.stage(), Work()
    stage.portal.ledger.store = Told(stage.portal.ledger.store, work, "Store")  # type: ignore[assignment]
    stage.portal.access = Told(stage.portal.access, work, "AccessLog")  # type: ignore[assignment]
    for name in ("read_token", "read_cookie", "read_intent", "check_form_token"):
        inner = getattr(Keys, name)

        def told(self: Keys, *args: Any, inner: Any = inner, name: str = name) -> Any:
            work.done.append(f"Keys.{name}")
            return inner(self, *args)

        monkeypatch.setattr(Keys, name, told)
    return stage, work


def done_for(
    stage: Stage, work: Work, method: str, address: str, cookies: dict[str, str], session: str
) -> tuple[int, list[str]]:
    """Status of an answer, and the work it took."""
    browser = Browser(stage.web, keeps=False)
    token = (
        stage.portal.keys.form_token(address.split("/p/")[1].split("/")[0], session)
        if session
        else "x"
    )
    work.take()
    if method == "POST":
        answer = browser.post(address, [("pk_csrf", token), END], cookies=cookies)
    else:
        answer = browser.ask(method, address, cookies=cookies)
    return answer.status, work.take()


def test_foreign_hidden_and_unknown_ids_cost_the_same_work(watched: tuple[Stage, Work]) -> None:
    """Each route and method with Anna's cookie: whose id it is changes nothing in what is asked and checked."""
    stage, work = watched
    name, value = stage.cookie(stage.own.anna)
    session = stage.portal.keys.read_cookie(value).session
    base = stage.base(stage.own.anna)
    compared = 0
    for route, methods, path in below():
        if "<" not in path:
            continue
        for method in (*methods, *(("HEAD",) if "GET" in methods else ())):
            kinds = {
                "unknown": {**UNKNOWN, "version": "1"}, "foreign": {**parts_of(stage.far)[0], "version": "1"},
                "foreign and hidden": hidden_parts(stage.far), "hidden": hidden_parts(stage.own),
            }  # fmt: skip
            done = {
                kind: done_for(stage, work, method, base + fill(path, ids), {name: value}, session)
                for kind, ids in kinds.items()
            }
            assert len({str(d) for d in done.values()}) == 1, (route, method, done)
            assert done["unknown"][0] == 404
            compared += 1
    assert compared >= 8


def test_existing_and_unknown_links_cost_the_same_work(watched: tuple[Stage, Work]) -> None:
    """Without a cookie, with a stranger's and with rubbish: no question to any store, whether the link exists or not."""
    stage, work = watched
    _, strange = stage.cookie(stage.far.anna, stage.far)
    links = [
        stage.link(stage.own.anna),
        stage.link(stage.own.rita),
        unknown_link("p-own"),
        unknown_link(),
    ]
    for cookie in ("", strange, strange[:-1]):
        for _, methods, path in below():
            for method in methods:
                if path == "resend":
                    continue
                done = set()
                for link in links:
                    cookies = {stage.web.jar.name(link): cookie} if cookie else {}
                    address = f"{stage.web.mount}/p/{link}/" + fill(path, parts_of(stage.own)[0])
                    done.add(str(done_for(stage, work, method, address, cookies, "")))
                assert len(done) == 1, (path, method, done)
                assert "Store" not in done.pop()


def test_a_secret_that_is_wrong_costs_what_an_unknown_link_costs(
    watched: tuple[Stage, Work],
) -> None:
    """Who has the key alone learns from no work which links there are."""
    stage, work = watched
    keys = stage.portal.keys
    ticket = keys.read_token(stage.token(stage.own.anna))
    done = set()
    for link in (
        ticket.link,
        stage.link(stage.far.anna, stage.far),
        unknown_link("p-own"),
        unknown_link(),
    ):
        token = keys.token(type(ticket)(link, new_nonce()))
        work.take()
        assert stage.browser().get(f"/portal/l/{token}").status == 403
        done.add(str(work.take()))
    assert len(done) == 1, done


def test_the_work_that_is_counted_is_really_counted(watched: tuple[Stage, Work]) -> None:
    """A page that is shown asks the store and checks a cookie; otherwise the tests above would compare nothing."""
    stage, work = watched
    name, value = stage.cookie(stage.own.anna)
    base = stage.base(stage.own.anna)
    status, done = done_for(stage, work, "GET", f"{base}u/{stage.own.news.id}", {name: value}, "s")
    assert status == 200
    assert "Keys.read_cookie" in done
    assert {"Store.load", "Store.history"} <= set(done)

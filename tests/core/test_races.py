"""Races: of many at once exactly one wins, nothing is lost, and the log verifies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portalkit import ApprovalDecided, Conflict, Decision, Outcome, Outdated, Portal
from portalkit.storage import Store
from portalkit.storage.memory import MemoryStore
from portalkit.storage.sqlite import SQLiteStore
from tests.core.world import BEN, Passing, make_portal, stream, token_of

THREADS = 50


@pytest.fixture(params=["memory", "memory without turns", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every kind of store that writers may race for."""
    if request.param == "sqlite":
        sqlite = SQLiteStore(tmp_path / "portal.db")
        yield sqlite
        sqlite.close()
    else:
        yield MemoryStore() if request.param == "memory" else Passing(MemoryStore())


def all_at_once(run: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Call ``run`` in many threads at the same moment; return what came of each."""
    start = threading.Barrier(threads)

    def one(number: int) -> Any:
        start.wait()
        try:
            return run(number)
        except (Outdated, Conflict) as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def opened(portal: Portal) -> tuple[str, list[str], str]:
    """A project that asks two people about a file: the request, their tokens, the digest."""
    with portal.desk(BEN).open("T", client="C", id="p1") as change:
        milestone = change.add_milestone("M")
        people = [change.add_person(name) for name in ("Anna Keller", "Bob Stone")]
        file = change.add_file(milestone, stream(), name="a.pdf", purpose="p")
        ask = change.request_approval(milestone, "A", people=people, files=[file])
        for person in people:
            change.issue_link(person)
    tokens = [token_of(portal, "p1", person) for person in people]
    return ask.id, tokens, portal.project("p1").approvals[ask.id].manifest


def decided(portal: Portal) -> list[Any]:
    return [e for e in portal.entries("p1") if isinstance(e.fact, ApprovalDecided)]


def test_the_same_decision_from_many_threads_is_one_entry(store: Store) -> None:
    """A double click fifty times over, through two processes' portals."""
    portals = [make_portal(store), make_portal(store)]
    ask, (token, _), manifest = opened(portals[0])

    def decide(number: int) -> Decision:
        visit = portals[number % 2].visit(token)
        return visit.decide(ask, "approved", manifest=manifest, typed_name="Anna Keller")

    results = all_at_once(decide)
    assert len(decided(portals[0])) == 1
    assert len(set(results)) == 1
    assert results[0].outcome is Outcome.APPROVED
    assert portals[0].verify("p1").ok


def test_of_different_decisions_of_one_person_exactly_one_is_written(store: Store) -> None:
    """Two tabs, one approves and one declines: the other one learns what stands."""
    portal = make_portal(store)
    ask, (token, _), manifest = opened(portal)
    heard: list[Any] = []
    portal.on(ApprovalDecided, heard.append)
    outcomes = [Outcome.APPROVED, Outcome.DECLINED]

    def decide(number: int) -> Decision:
        return portal.visit(token).decide(
            ask, outcomes[number % 2], manifest=manifest, typed_name="Anna Keller", comment="So"
        )

    results = all_at_once(decide)
    (entry,) = decided(portal)
    assert len(heard) == 1
    for number, result in enumerate(results):
        if outcomes[number % 2] is entry.fact.outcome:
            assert result.seq == entry.seq
        else:
            assert isinstance(result, Outdated)
    assert portal.verify("p1").ok


def test_of_two_people_each_decides_once(store: Store) -> None:
    portal = make_portal(store)
    ask, tokens, manifest = opened(portal)

    def decide(number: int) -> Decision:
        return portal.visit(tokens[number % 2]).decide(
            ask, "approved", manifest=manifest, typed_name="Some Name"
        )

    results = all_at_once(decide)
    assert not [result for result in results if isinstance(result, Exception)]
    entries = decided(portal)
    assert len(entries) == 2
    assert len({entry.fact.person for entry in entries}) == 2
    assert portal.project("p1").approvals[ask].outcome is Outcome.APPROVED
    assert portal.verify("p1").ok


def test_a_decision_and_a_newer_version_at_once_end_in_one_of_two_true_stories(
    store: Store,
) -> None:
    """Decided and then a newer version, or superseded and the decision refused; never both."""
    portal = make_portal(store)
    ask, (token, _), manifest = opened(portal)
    (file,) = portal.project("p1").files

    def act(number: int) -> Any:
        if number % 2:
            return portal.visit(token).decide(
                ask, "declined", manifest=manifest, typed_name="Anna Keller", comment="No"
            )
        with portal.desk(BEN).change("p1") as change:
            change.add_version(file, stream(b"%d" % number), changed="x")
        return None

    all_at_once(act, threads=8)
    kinds = [e.kind for e in portal.entries("p1", subject=ask)]
    assert kinds in (
        ["approval.requested", "approval.decided"],
        ["approval.requested", "approval.superseded"],
    )
    assert portal.project("p1").files[file].versions == 5
    assert portal.verify("p1").ok


def test_of_many_updates_at_once_none_is_lost(store: Store) -> None:
    portals = [make_portal(store), make_portal(store)]
    opened(portals[0])
    (milestone,) = portals[0].project("p1").milestones

    def post(number: int) -> None:
        with portals[number % 2].desk(BEN).change("p1") as change:
            change.post_update(milestone, f"News {number}")

    results = all_at_once(post, threads=16)
    assert results == [None] * 16
    for portal in portals:
        assert portal.project("p1").milestones[milestone].updates == 16
    posted = {e.fact.body for e in portals[0].entries("p1") if e.kind == "update.posted"}  # type: ignore[attr-defined]
    assert posted == {f"News {number}" for number in range(16)}
    assert portals[0].verify("p1").ok


def test_of_many_who_open_the_same_project_one_does(store: Store) -> None:
    portal = make_portal(store)

    def open_one(number: int) -> str:
        with portal.desk(BEN).open(f"T{number}", client="C", id="p1", ref="r"):
            pass
        return f"T{number}"

    results = all_at_once(open_one, threads=8)
    winners = [result for result in results if not isinstance(result, Conflict)]
    assert winners == [portal.project("p1").title]
    assert portal.verify("p1").ok

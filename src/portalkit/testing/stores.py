"""What every store must pass: the laws of a `Store`, one test or more for each.

Subclass `StoreContract` and override its fixture with your store and `reopen`, so that the laws are
checked on what was really kept.  Where stores may differ, yours declares how, and a test checks that
too.  A test's docstring is the law; when it fails, pytest prints the law below the error.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from attrs import astuple, evolve

from ..errors import Conflict
from ..storage import Head, Order, Row, Scrubs, Store, TakesTurns, offers
from .laws import AWKWARD, JSON, RACERS, check_durable, law, race, unless_durable

__all__ = ["StoreContract"]


class StoreContract:
    """The laws of a `Store`; override `store`, and what differs.

    Attributes:
        durable: commits outlive the process; override `reopen` too.
        shared: it may be opened more than once at the same time, by several processes say.
        takes_turns: it queues writers (`TakesTurns`).
        scrubs: it may keep traces of erased text until `scrub` (`Scrubs`).
    """

    durable: bool = True
    shared: bool = True
    takes_turns: bool = False
    scrubs: bool = False

    @pytest.fixture
    def store(self) -> Store:
        """Give an empty store."""
        raise NotImplementedError("override the fixture `store` with an empty store of yours")

    def reopen(self, store: Store) -> Store:
        """Return the store as another process would open it, while the first is still open.

        Args:
            store: what the fixture gave.
        """
        return unless_durable(self, store)

    @law
    def test_what_is_declared_is_so(self, store: Store) -> None:
        """Store law 6: commits outlive the store exactly if that is declared; so turns and traces."""
        head = _fill(store, rows=2)
        again = self.reopen(store)
        check_durable(self, store, again)
        assert _loaded(again) == (evolve(head, leased_until=0), _rows(1, 2))
        assert offers(store, TakesTurns) == self.takes_turns, "declare takes_turns as it is"
        assert offers(store, Scrubs) == self.scrubs, "declare scrubs as it is"

    # Law 1

    @law
    def test_an_unknown_project_is_none(self, store: Store) -> None:
        """Store law 1: what is absent is `None`, or an empty sequence; looking makes nothing."""
        assert store.load("p") is None
        assert store.load("p", known=7) is None
        assert list(store.history("p")) == []
        assert list(store.projects()) == []
        assert list(store.claim(0, lease=1, limit=1)) == []
        store.erase("p")
        assert store.load("p") is None

    # Law 2

    @law
    def test_rows_come_back_as_they_went_in(self, store: Store) -> None:
        """Store law 2: every string of a row comes back byte for byte, every integer unchanged."""
        rows = [
            _row(1, at=2**53 - 1, data=AWKWARD, sealed=AWKWARD + AWKWARD),
            _row(2, at=0, data="007", sealed="1.0", subject="007", milestone="", kind="null"),
            _row(3, at=-1, data="x" * 200_000, sealed=""),
            _row(4, data=JSON, sealed=JSON),
        ]
        store.commit(_head(version=4), rows, expected="")
        store = self.reopen(store)
        assert _exact(*store.history("p")) == _exact(*rows)
        assert _exact(*_loaded(store)[1]) == _exact(*rows)

    @law
    def test_a_head_comes_back_as_it_went_in(self, store: Store) -> None:
        """Store law 2: every column of a head comes back unchanged."""
        large = iter(range(2**53 - 1, 0, -1))
        head = Head(
            project="p",
            version=1,
            chain=_chain(1),
            fold="1.0",
            doc=AWKWARD * 5000,
            doc_version=1,
            leased_until=None,
            account=_long("account"),
            ref=_long("ref"),
            client=_long("client"),
            client_name=_long("client_name"),
            title=_long("title"),
            status="on_hold",
            waiting_since=next(large),
            waiting_us_since=next(large),
            next_due=next(large),
            pending=next(large),
            questions=next(large),
            created_at=next(large),
            updated_at=next(large),
            wake_at=next(large),
            figures=AWKWARD * 11,
        )
        store.commit(head, [_row()], expected="")
        store = self.reopen(store)
        kept = evolve(head, leased_until=0)
        assert _exact(_loaded(store, known=0)[0]) == _exact(kept)
        found = store.projects(
            account=head.account, ref=head.ref, client=head.client, status=head.status
        )
        assert _exact(*found) == _exact(evolve(kept, doc=None))

    @law
    def test_ids_come_back_whole(self, store: Store) -> None:
        """Store law 2: ids of full length come back whole; a difference at their end counts."""
        ids = {"actor": "a" * 26, "milestone": "m" * 26, "subject": "s" * 26, "kind": "k" * 26}
        other = {column: f"{text[:-1]}z" for column, text in ids.items()}
        logs = {
            project: [_row(1, project, **ids), _row(2, project, **other)]
            for project in ("p" * 64, f"{'p' * 63}z")
        }
        for project, rows in logs.items():
            store.commit(_head(project, 2), rows, expected="")
        store = self.reopen(store)
        assert _listed(store) == sorted(logs)
        for project, rows in logs.items():
            assert _exact(*_loaded(store, project)[1]) == _exact(*rows)
            assert _seqs(store.history(project, milestone="m" * 26)) == [1]
            assert _seqs(store.history(project, subject="s" * 26)) == [1]

    @law
    def test_empty_columns_come_back_empty(self, store: Store) -> None:
        """Store law 2: a null column stays null, an empty text empty, a zero zero, digits text."""
        head = _fill(store)
        moved = _head(version=2, next_due=0, waiting_since=0, client="007", ref="1e5")
        assert _loaded(self.reopen(store))[0] == evolve(head, leased_until=0)
        store.commit(moved, [_row(2)], expected=head.chain)
        assert _loaded(self.reopen(store))[0] == evolve(moved, leased_until=0)

    # Law 3

    @law
    def test_history_ascends_without_gaps(self, store: Store) -> None:
        """Store law 3: rows ascend by ``seq`` without gaps, over several commits."""
        head = _fill(store, rows=3)
        store.commit(_head(version=12), _rows(4, 12), expected=head.chain)
        assert _seqs(self.reopen(store).history("p")) == list(range(1, 13))

    @law
    def test_after_is_exclusive(self, store: Store) -> None:
        """Store law 3: ``after`` is exclusive, and ``limit`` cuts from that side."""
        _fill(store, rows=5)
        assert _seqs(store.history("p", after=2)) == [3, 4, 5]
        assert _seqs(store.history("p", after=2, limit=2)) == [3, 4]
        assert _seqs(store.history("p", after=5)) == []
        assert _seqs(store.history("p", limit=2)) == [1, 2]

    @law
    def test_newest_turns_the_order_round(self, store: Store) -> None:
        """Store law 3: ``newest`` gives the rows before ``after``, descending; 0 is the end."""
        _fill(store, rows=5)
        assert _seqs(store.history("p", newest=True)) == [5, 4, 3, 2, 1]
        assert _seqs(store.history("p", newest=True, limit=2)) == [5, 4]
        assert _seqs(store.history("p", newest=True, after=4, limit=2)) == [3, 2]
        assert _seqs(store.history("p", newest=True, after=1)) == []

    @law
    def test_history_of_a_milestone_or_subject(self, store: Store) -> None:
        """Store law 3: ``milestone`` and ``subject`` keep the rows that have them, in order."""
        rows = [
            _row(1, milestone="design", subject="home"),
            _row(2, milestone="build", subject="home"),
            _row(3, milestone="design", subject="logo"),
            _row(4, milestone="", subject=""),
            _row(5, milestone="design", subject="home"),
        ]
        store.commit(_head(version=5), rows, expected="")
        assert _seqs(store.history("p", milestone="design")) == [1, 3, 5]
        assert _seqs(store.history("p", subject="home", after=1)) == [2, 5]
        assert _seqs(store.history("p", milestone="design", subject="home")) == [1, 5]
        assert _seqs(store.history("p", milestone="design", newest=True, limit=2)) == [5, 3]
        assert _seqs(store.history("p", milestone="", subject="")) == [4]
        assert _seqs(store.history("p", milestone="launch")) == []

    @law
    def test_load_gives_what_the_caller_lacks(self, store: Store) -> None:
        """Store law 3: `load` gives no document and the rows after ``known`` if that continues it.

        Otherwise it gives the document and the rows after ``doc_version``.
        """
        _fill(store, rows=6, doc='{"n":4}', doc_version=4, fold="1")
        for known, doc, seqs in [
            (0, '{"n":4}', [5, 6]),
            (3, '{"n":4}', [5, 6]),
            (4, None, [5, 6]),
            (5, None, [6]),
            (6, None, []),
            (7, '{"n":4}', [5, 6]),
        ]:
            head, rows = _loaded(store, known=known)
            assert (known, head.doc, _seqs(rows)) == (known, doc, seqs)
            assert (head.doc_version, head.fold, head.version) == (4, "1", 6)

    @law
    def test_load_without_a_snapshot_gives_all_rows(self, store: Store) -> None:
        """Store law 3: without a snapshot `load` gives every row that ``known`` does not cover."""
        _fill(store, rows=3)
        for known, seqs in [(0, [1, 2, 3]), (2, [3]), (3, []), (4, [1, 2, 3])]:
            head, rows = _loaded(store, known=known)
            assert (known, head.doc, head.doc_version, _seqs(rows)) == (known, None, 0, seqs)

    # Law 4

    @pytest.mark.parametrize("expected", ["", "another", "0" * 63 + "1"])
    @law
    def test_a_wrong_expected_leaves_nothing(self, store: Store, expected: str) -> None:
        """Store law 4: a wrong ``expected`` raises `Conflict` and leaves nothing behind."""
        head = _fill(store, rows=2, title="Before", doc="{}", doc_version=2)
        before = _loaded(store), list(store.history("p"))
        late = _head(version=3, title="After", doc='{"n":3}', doc_version=3, wake_at=1)
        with pytest.raises(Conflict):
            store.commit(late, [_row(3)], expected=expected, redact=[1])
        assert (_loaded(store), list(store.history("p"))) == before
        store.commit(late, [_row(3)], expected=head.chain)
        assert _seqs(self.reopen(store).history("p")) == [1, 2, 3]

    @law
    def test_an_expected_chain_of_an_absent_project(self, store: Store) -> None:
        """Store law 4: a project that is not there has no chain, so that is a `Conflict` too."""
        with pytest.raises(Conflict):
            store.commit(_head(version=2), [_row(2)], expected=_chain(1))
        assert store.load("p") is None
        assert list(store.history("p")) == []

    @law
    def test_the_chain_counts_and_not_the_version(self, store: Store) -> None:
        """Store law 4: two heads of the same version are told apart by their chain."""
        _fill(store, rows=2)
        another = _chain(2).replace("2", "a")
        with pytest.raises(Conflict):
            store.commit(_head(version=3), [_row(3)], expected=another, redact=[1])
        assert list(store.history("p")) == _rows(1, 2)

    # Law 5

    @law
    def test_of_racing_commits_one_wins(self, store: Store) -> None:
        """Store law 5: of racing commits with the same ``expected``, exactly one wins."""
        head = _fill(store)

        def contend(number: int) -> int:
            new = evolve(_head(version=2), chain=f"chain {number}")
            store.commit(new, [_row(2, actor=f"racer {number}")], expected=head.chain)
            return number

        outcomes = race(contend)
        winners = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
        assert len(winners) == 1
        found, rows = _loaded(self.reopen(store))
        assert found.chain == f"chain {winners[0]}"
        assert [row.actor for row in rows] == ["anna", f"racer {winners[0]}"]

    @law
    def test_of_racing_processes_one_wins(self, store: Store) -> None:
        """Store law 5: of racing commits one wins, though every racer has opened the store itself."""
        if not self.shared:
            return
        head = _fill(store)
        opened = [self.reopen(store) for _ in range(RACERS)]

        def contend(number: int) -> int:
            new = evolve(_head(version=2), chain=f"chain {number}")
            opened[number].commit(new, [_row(2)], expected=head.chain)
            return number

        winners = [won for won in race(contend) if not isinstance(won, Conflict)]
        assert len(winners) == 1
        assert _loaded(store)[0].chain == f"chain {winners[0]}"

    @law
    def test_of_racing_creations_one_wins(self, store: Store) -> None:
        """Store law 5: a project is made once, however many try at the same time."""

        def contend(number: int) -> int:
            store.commit(_head(title=f"racer {number}"), [_row()], expected="")
            return number

        outcomes = race(contend)
        winners = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
        assert len(winners) == 1
        assert _loaded(self.reopen(store))[0].title == f"racer {winners[0]}"

    @law
    def test_retrying_writers_lose_nothing(self, store: Store) -> None:
        """Store law 5: writers that load again after a `Conflict` all get in, without a gap."""
        _fill(store)

        def write_three(number: int) -> None:
            for _ in range(3):
                assert any(_add(store, f"racer {number}") for _ in range(1000)), "nobody gets in"

        race(write_three)
        rows = list(self.reopen(store).history("p"))
        assert _seqs(rows) == list(range(1, 3 * RACERS + 2))
        actors = [row.actor for row in rows[1:]]
        assert {actor: actors.count(actor) for actor in actors} == {
            f"racer {number}": 3 for number in range(RACERS)
        }

    @law
    def test_a_turn_keeps_other_writers_waiting(self, store: Store) -> None:
        """Store law 5: who holds the turn, if the store has turns, commits without a `Conflict`."""
        if not self.takes_turns:
            return
        assert isinstance(store, TakesTurns)
        turns = store
        _fill(store)

        def add_in_turn(number: int) -> bool:
            with turns.turn("p"):
                return _add(store, f"racer {number}")

        assert race(add_in_turn) == [True] * RACERS
        assert _seqs(store.history("p")) == list(range(1, RACERS + 2))

    @law
    def test_a_turn_may_be_taken_again_inside(self, store: Store) -> None:
        """Store law 5: a thread that holds the turn may take it again; an error gives it back."""
        if not self.takes_turns:
            return
        assert isinstance(store, TakesTurns)
        _fill(store)
        with pytest.raises(ZeroDivisionError), store.turn("p"), store.turn("p"):
            assert _add(store, "anna")
            raise ZeroDivisionError
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_add, store, "ben").result(timeout=10)

    # Law 6

    @law
    def test_a_reader_sees_whole_commits(self, store: Store) -> None:
        """Store law 6: head and rows of one commit appear together, also to racing readers."""
        _fill(store)
        reads, stop = [0, 0], threading.Event()

        def read(number: int) -> list[str]:
            torn = []
            while not stop.is_set():
                head, rows = _loaded(store)
                seqs = _seqs(rows)
                if seqs != list(range(1, head.version + 1)) or head.chain != rows[-1].chain:
                    torn.append(f"version {head.version} with rows {seqs}")
                reads[number] += 1
            return torn

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read, number) for number in range(2)]
            try:
                version = 1
                # longer if a reader starts late
                while version < 41 or (min(reads) < 5 and version < 1001):
                    version += 2
                    rows = _rows(version - 1, version)
                    store.commit(_head(version=version), rows, expected=_chain(version - 2))
            finally:
                stop.set()  # else the readers go on when a commit fails, and nobody hears of it
            assert [reader.result() for reader in readers] == [[], []]

    @law
    def test_a_commit_that_breaks_off_leaves_nothing(self, store: Store) -> None:
        """Store law 6: a commit whose rows cannot be read to their end leaves nothing behind."""
        head = _fill(store, rows=2, title="Before")
        late = _head(version=4, title="After", doc="{}", doc_version=4)
        with pytest.raises(ZeroDivisionError):
            store.commit(late, _BreakOff([_row(3), _row(4)]), expected=head.chain, redact=[1])
        store = self.reopen(store)
        assert _loaded(store) == (evolve(head, leased_until=0), _rows(1, 2))
        store.commit(_head(version=3), [_row(3)], expected=head.chain)
        assert list(store.history("p")) == _rows(1, 3)

    @law
    def test_a_commit_without_rows_changes_snapshot_and_columns(self, store: Store) -> None:
        """Store law 6: without rows only snapshot and columns change, under the same chain."""
        head = _fill(store, rows=2)
        renewed = evolve(head, doc='{"n":2}', doc_version=2, fold="1", title="New", wake_at=9)
        store.commit(renewed, [], expected=head.chain)
        found, rows = _loaded(self.reopen(store))
        assert (found, rows) == (evolve(renewed, leased_until=0), [])
        assert _seqs(store.history("p")) == [1, 2]

    # Law 7

    @law
    def test_projects_do_not_see_each_other(self, store: Store) -> None:
        """Store law 7: rows, redaction, conflicts and erasure of one project touch no other."""
        for project in ("p", "p.", "p-", "p_", "q"):
            _fill(store, project, rows=2, title=project)
        store.commit(_head("p", 3), [_row(3, "p")], expected=_chain(2), redact=[1, 2])
        store.erase("p_")
        store = self.reopen(store)
        for project in ("p.", "p-", "q"):
            assert list(store.history(project)) == _rows(1, 2, project)
            assert _loaded(store, project)[0].title == project
        assert _seqs(store.history("p")) == [1, 2, 3]

    # Law 8

    @law
    def test_redact_empties_exactly_the_named_rows(self, store: Store) -> None:
        """Store law 8: ``redact`` empties ``sealed`` of the named rows and touches nothing else."""
        head = _fill(store, rows=4)
        store.commit(_head(version=5), [_row(5)], expected=head.chain, redact=[1, 3, 99])
        expected = [evolve(row, sealed="") if row.seq in (1, 3) else row for row in _rows(1, 5)]
        assert list(self.reopen(store).history("p")) == expected

    @law
    def test_scrubbing_takes_nothing_that_stands(self, store: Store) -> None:
        """Store law 8: `scrub`, if the store has one, leaves all that was not redacted or erased."""
        if not self.scrubs:
            return
        assert isinstance(store, Scrubs)
        head = _fill(store, rows=2, doc="{}", doc_version=2)
        store.commit(_head(version=3), [_row(3)], expected=head.chain, redact=[1])
        before = _loaded(store), list(store.history("p"))
        store.scrub()
        store = self.reopen(store)
        assert (_loaded(store), list(store.history("p"))) == before

    # Law 9

    @law
    def test_no_document_keeps_the_snapshot(self, store: Store) -> None:
        """Store law 9: a ``head.doc`` of `None` keeps ``doc``, ``doc_version`` and ``fold``."""
        head = _fill(store, rows=2, doc='{"n":2}', doc_version=2, fold="1")
        plain = _head(version=3, fold="ignored", doc_version=3)
        store.commit(plain, [_row(3)], expected=head.chain)
        found, rows = _loaded(self.reopen(store))
        assert (found.doc, found.doc_version, found.fold) == ('{"n":2}', 2, "1")
        assert _seqs(rows) == [3]

    @law
    def test_a_new_document_replaces_the_snapshot(self, store: Store) -> None:
        """Store law 9: a new ``head.doc`` replaces the snapshot whole."""
        head = _fill(store, rows=2, doc='{"n":2}', doc_version=2, fold="1")
        newer = _head(version=3, doc='{"n":3}', doc_version=3, fold="2")
        store.commit(newer, [_row(3)], expected=head.chain)
        found, rows = _loaded(self.reopen(store))
        assert (found.doc, found.doc_version, found.fold, rows) == ('{"n":3}', 3, "2", [])

    # Law 10

    @law
    def test_a_lease_is_granted_once(self, store: Store) -> None:
        """Store law 10: of racing `claim` calls, exactly one gets the project."""
        projects = {f"p{number}" for number in range(5)}
        for project in projects:
            _fill(store, project, wake_at=100)
        claimed: list[str] = []
        race(lambda number: claimed.extend(store.claim(100, lease=50, limit=2)))
        assert sorted(claimed) == sorted(projects)

    @law
    def test_a_lease_runs_out(self, store: Store) -> None:
        """Store law 10: a claimed project can be claimed again once the lease has passed."""
        _fill(store, wake_at=100)
        assert list(store.claim(100, lease=50, limit=9)) == ["p"]
        assert _loaded(store)[0].leased_until == 150
        assert list(store.claim(149, lease=50, limit=9)) == []
        assert list(self.reopen(store).claim(151, lease=50, limit=9)) == ["p"]
        assert _loaded(store)[0].leased_until == 201

    @law
    def test_a_lease_of_today_holds(self, store: Store) -> None:
        """Store law 10: a lease holds until its end at the instants of a real clock, in UTC ms.

        It does so over a commit that leaves it alone.
        """
        head = _fill(store, wake_at=_TODAY - 1)
        assert list(store.claim(_TODAY - 2, lease=60_000, limit=9)) == []
        assert list(store.claim(_TODAY, lease=60_000, limit=9)) == ["p"]
        assert _loaded(store)[0].leased_until == _TODAY + 60_000
        moved = _head(version=2, wake_at=_TODAY - 1)
        store.commit(moved, [_row(2)], expected=head.chain)
        store = self.reopen(store)
        assert _loaded(store)[0].leased_until == _TODAY + 60_000
        assert list(store.claim(_TODAY + 59_999, lease=60_000, limit=9)) == []
        assert list(store.claim(_TODAY + 60_001, lease=60_000, limit=9)) == ["p"]

    @law
    def test_a_claim_takes_the_oldest_that_are_due(self, store: Store) -> None:
        """Store law 10: `claim` takes what is due, oldest first, and never more than ``limit``."""
        for project, wake_at in [("a", 30), ("b", 10), ("c", 20), ("d", 31), ("e", None)]:
            _fill(store, project, wake_at=wake_at, status="archived", account=project)
        assert list(store.claim(30, lease=50, limit=2)) == ["b", "c"]
        assert list(store.claim(30, lease=50, limit=2)) == ["a"]
        assert list(store.claim(30, lease=50, limit=2)) == []

    @law
    def test_a_claim_changes_nothing_but_the_lease(self, store: Store) -> None:
        """Store law 10: `claim` sets only ``leased_until``; an expected chain stays good."""
        head = _fill(store, rows=2, wake_at=1, doc="{}", doc_version=1, title="T", next_due=5)
        store.claim(1, lease=9, limit=1)
        assert _loaded(store) == (evolve(head, leased_until=10), [_row(2)])
        store.commit(_head(version=3), [_row(3)], expected=head.chain)

    @law
    def test_a_commit_leaves_or_releases_the_lease(self, store: Store) -> None:
        """Store law 10: ``leased_until`` of `None` leaves the lease alone, ``0`` releases it."""
        head = _fill(store, wake_at=1)
        store.claim(1, lease=9, limit=1)
        second = _head(version=2, wake_at=1)
        store.commit(second, [_row(2)], expected=head.chain)
        assert _loaded(store)[0].leased_until == 10
        assert list(store.claim(5, lease=9, limit=1)) == []
        third = _head(version=3, wake_at=1, leased_until=0)
        store.commit(third, [_row(3)], expected=second.chain)
        assert _loaded(store)[0].leased_until == 0
        assert list(store.claim(5, lease=9, limit=1)) == ["p"]

    # Law 11

    @law
    def test_erase_leaves_nothing(self, store: Store) -> None:
        """Store law 11: `erase` leaves no head, row, snapshot, lease or ref; the id is free."""
        _fill(store, rows=3, doc="{}", doc_version=3, fold="1", wake_at=1, ref="crm:1")
        store.claim(1, lease=9, limit=1)
        store.erase("p")
        store = self.reopen(store)
        assert store.load("p") is None
        assert list(store.history("p")) == []
        assert list(store.projects(status=None)) == []
        assert list(store.claim(99, lease=9, limit=9)) == []
        head = _fill(store, rows=1, ref="crm:1", title="Again")
        assert _loaded(store) == (evolve(head, leased_until=0), [_row(1)])

    # Law 12

    @pytest.mark.parametrize("order", ["waiting_since", "waiting_us_since", "next_due"])
    @law
    def test_a_list_leaves_out_nulls_and_breaks_ties(self, store: Store, order: Order) -> None:
        """Store law 12: heads without a value are left out; ties are broken by project id."""
        for project, value in [("d", 1), ("b", 2), ("e", 2), ("a", 2), ("c", None)]:
            columns: dict[str, Any] = {order: value}
            _fill(store, project, **columns)
        assert _listed(store, order=order) == ["d", "a", "b", "e"]

    @law
    def test_the_most_recently_updated_comes_first(self, store: Store) -> None:
        """Store law 12: ``updated_at`` alone is newest first; ties are broken by project id."""
        for project, value in [("d", 1), ("b", 2), ("e", 2), ("a", 2), ("c", 3)]:
            _fill(store, project, updated_at=value)
        assert _listed(store, order="updated_at") == ["c", "a", "b", "e", "d"]

    @pytest.mark.parametrize(
        "order", ["project", "waiting_since", "waiting_us_since", "next_due", "updated_at"]
    )
    @law
    def test_paging_gives_every_head_once(self, store: Store, order: Order) -> None:
        """Store law 12: with ``after`` the pages join up, also in the middle of a tie."""
        for number in range(12):
            columns: dict[str, Any] = {} if order == "project" else {order: _TODAY + number // 4}
            _fill(store, f"p{number:02}", **columns)
        whole = _listed(store, order=order)
        pages: list[str] = []
        after = None
        while len(pages) < 20 and (found := store.projects(order=order, after=after, limit=3)):
            pages += [head.project for head in found]
            after = (getattr(found[-1], order), found[-1].project)
        assert len(whole) == 12
        assert pages == whole

    @law
    def test_a_list_never_carries_documents(self, store: Store) -> None:
        """Store law 12: listed heads come without their document."""
        head = _fill(store, rows=2, doc="{}", doc_version=2, fold="1", title="T")
        assert list(store.projects()) == [evolve(head, doc=None, leased_until=0)]

    @law
    def test_a_list_follows_the_columns(self, store: Store) -> None:
        """Store law 12: a list shows the columns of the latest commit."""
        head = _fill(store, waiting_since=5, client="acme")
        moved = _head(version=2, waiting_us_since=6, client="zeta", status="archived")
        store.commit(moved, [_row(2)], expected=head.chain)
        assert _listed(store, order="waiting_since", status=None) == []
        assert _listed(store, client="acme", status=None) == []
        assert _listed(store, order="waiting_us_since", status="archived") == ["p"]
        assert _listed(store, client="zeta", status=None) == ["p"]

    @law
    def test_filters_of_a_list(self, store: Store) -> None:
        """Store law 12: account, ref, client, status and waiting each keep what has them."""
        _fill(store, "a", ref="crm:1", client="acme", waiting_since=1)
        _fill(store, "b", ref="crm:2", client="acme", waiting_us_since=1)
        _fill(store, "c", status="archived", client="acme", waiting_since=0)
        _fill(store, "d", account="other", ref="crm:1", client="acme", waiting_since=1)
        queries: list[tuple[dict[str, Any], list[str]]] = [
            ({}, ["a", "b"]),
            ({"status": None}, ["a", "b", "c"]),
            ({"status": "archived"}, ["c"]),
            ({"account": "other"}, ["d"]),
            ({"account": "nobody"}, []),
            ({"ref": "crm:1"}, ["a"]),
            ({"ref": "crm:9"}, []),
            ({"client": "acme", "status": None}, ["a", "b", "c"]),
            ({"client": "ACME"}, []),
            ({"waiting": "client", "status": None}, ["a", "c"]),
            ({"waiting": "us"}, ["b"]),
            ({"limit": 1}, ["a"]),
        ]
        for query, expected in queries:
            assert (query, _listed(store, **query)) == (query, expected)

    @law
    def test_text_is_searched_ignoring_case(self, store: Store) -> None:
        """Store law 12: ``text`` is found in title, client name and ref, in any case, literally."""
        _fill(store, "a", title="Äußere Gestaltung", client_name="ΣΊΣΥΦΟΣ", ref="CRM:7")
        _fill(store, "b", title="100% _new_ \\ [x]*", client_name="Šárka", ref=None)
        for text, expected in [
            ("äUSSERE", ["a"]),
            ("σίσυφος", ["a"]),
            ("crm:7", ["a"]),
            ("ŠÁR", ["b"]),
            ("100% _", ["b"]),
            ("0%_", []),
            ("_new_ \\ [X]*", ["b"]),
            ("%", ["b"]),
            ("GestaltungΣ", []),
            ("gestaltung\nσ", []),
            ("", ["a", "b"]),
        ]:
            assert (text, _listed(store, text=text)) == (text, expected)

    # Law 13

    @law
    def test_a_ref_is_unique_within_an_account(self, store: Store) -> None:
        """Store law 13: a second project with the same ref raises `Conflict` and leaves nothing."""
        _fill(store, "a", ref="crm:1")
        with pytest.raises(Conflict):
            _fill(store, "b", ref="crm:1")
        assert store.load("b") is None
        assert list(store.history("b")) == []
        _fill(store, "b", ref="crm:1", account="other")
        _fill(store, "c")
        _fill(store, "d")
        assert _listed(store) == ["a", "c", "d"]

    @law
    def test_a_ref_cannot_be_taken_over_later(self, store: Store) -> None:
        """Store law 13: moving to a ref that is taken raises `Conflict`; a ref given up is free."""
        first = _fill(store, "a", ref="crm:1")
        second = _fill(store, "b", ref="crm:2")
        wanted = evolve(second, version=2, chain=_chain(2), ref="crm:1")
        with pytest.raises(Conflict):
            store.commit(wanted, [_row(2, "b")], expected=second.chain)
        assert _loaded(store, "b") == (evolve(second, leased_until=0), [_row(1, "b")])
        freed = evolve(first, version=2, chain=_chain(2), ref=None)
        store.commit(freed, [_row(2, "a")], expected=first.chain)
        store.commit(wanted, [_row(2, "b")], expected=second.chain)
        assert _listed(store, ref="crm:1") == ["b"]


class _BreakOff(list[Row]):
    """Rows of which the first can be read and the second not."""

    def __iter__(self) -> Iterator[Row]:
        yield self[0]
        raise ZeroDivisionError


_TODAY = 1_774_785_600_000


def _long(column: str) -> str:
    """Return the longest line that the portal lets in, a different one for each column."""
    return (column + AWKWARD * 4)[:200]


def _exact(*things: Row | Head) -> list[tuple[str, object]]:
    """Return every value with its type: 1, 1.0 and True are equal, and not the same."""
    return [(type(value).__name__, value) for thing in things for value in astuple(thing)]


def _chain(version: int) -> str:
    return f"{version:064x}"


def _head(project: str = "p", version: int = 1, **columns: Any) -> Head:
    return Head(project=project, version=version, chain=_chain(version), **columns)


def _row(seq: int = 1, project: str = "p", **columns: Any) -> Row:
    values: dict[str, Any] = {
        "at": 1_700_000_000_000 + seq,
        "actor": "anna",
        "milestone": "design",
        "subject": "",
        "kind": "update.posted",
        "data": f'{{"n":{seq}}}',
        "sealed": f'{{"salt":"{seq}"}}',
        "sealed_digest": sha256(str(seq).encode()).hexdigest(),
        "chain": _chain(seq),
    }
    return Row(project=project, seq=seq, **(values | columns))


def _rows(first: int, last: int, project: str = "p") -> list[Row]:
    return [_row(seq, project) for seq in range(first, last + 1)]


def _fill(store: Store, project: str = "p", rows: int = 1, **columns: Any) -> Head:
    """Make a project with some rows and return its head."""
    head = _head(project, rows, **columns)
    store.commit(head, _rows(1, rows, project), expected="")
    return head


def _loaded(store: Store, project: str = "p", known: int = 0) -> tuple[Head, list[Row]]:
    found = store.load(project, known=known)
    assert found is not None, f"the project {project!r} is not there"
    head, rows = found
    return head, list(rows)


def _seqs(rows: Sequence[Row]) -> list[int]:
    return [row.seq for row in rows]


def _listed(store: Store, **query: Any) -> list[str]:
    return [head.project for head in store.projects(**query)]


def _add(store: Store, actor: str) -> bool:
    """Append one row after the newest and tell whether nobody was faster."""
    head, _ = _loaded(store)
    seq = head.version + 1
    try:
        store.commit(_head(version=seq), [_row(seq, actor=actor)], expected=head.chain)
    except Conflict:
        return False
    return True

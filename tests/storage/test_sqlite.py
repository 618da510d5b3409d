"""The SQLite stores obey every law; and what only a file shared by processes can get wrong."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import resource
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from portalkit.errors import ConfigError, Conflict, StoreError
from portalkit.storage import Head, Row, Store
from portalkit.storage.memory import MemoryStore
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.testing import AccessLogContract, StoreContract


class TestSQLiteStore(StoreContract):
    takes_turns = True
    scrubs = True

    @pytest.fixture
    def store(self, path: Path) -> Iterator[SQLiteStore]:
        with closing(SQLiteStore(path)) as store:
            self.path = path
            yield store

    def reopen(self, store: Store) -> SQLiteStore:
        return SQLiteStore(self.path)


class TestSQLiteAccessLog(AccessLogContract):
    @pytest.fixture
    def log(self, path: Path) -> Iterator[SQLiteAccessLog]:
        with closing(SQLiteAccessLog(path)) as log:
            self.path = path
            yield log

    def reopen(self, log: object) -> SQLiteAccessLog:
        return SQLiteAccessLog(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    with closing(SQLiteStore(path)) as store:
        yield store


def row(seq: int, **columns: Any) -> Row:
    values = {"actor": "a", "milestone": "m", "subject": "s", "kind": "k", "data": "{}"}
    kept = {"sealed": "secret", "sealed_digest": "d", "chain": f"chain {seq}"}
    return Row(project="p", seq=seq, at=seq, **(values | kept | columns))


def head(version: int, **columns: Any) -> Head:
    return Head(project="p", version=version, chain=f"chain {version}", **columns)


def add(store: Store, **columns: Any) -> int:
    """Append one row, raising `Conflict` if somebody was faster, and return its seq."""
    found = store.load("p")
    seq = found[0].version + 1 if found else 1
    expected = found[0].chain if found else ""
    store.commit(head(seq), [row(seq, **columns)], expected=expected)
    return seq


def seqs(store: Store) -> list[int]:
    return [row.seq for row in store.history("p")]


def open_files(path: Path) -> int:
    """How many descriptors of this process lead to the database or a file beside it."""
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(path))
        except FileNotFoundError:
            pass  # the descriptor that listed the others
    return count


def forked(work: Callable[[], object]) -> int:
    """Do something in a forked child and return its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    signal.alarm(20)  # a child that hangs dies, and its test fails
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def result(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Pipe:
    """Lets one process wait for a word of another."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def say(self, word: bytes = b"!") -> None:
        os.write(self._write, word)

    def hear(self) -> bytes:
        assert select.select([self._read], [], [], 20)[0], "the other process says nothing"
        return os.read(self._read, 1)

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def pipes() -> Iterator[tuple[Pipe, Pipe]]:
    both = Pipe(), Pipe()
    yield both
    for pipe in both:
        pipe.close()


# Processes and threads


def test_a_child_writes_on_when_its_parent_closes(
    path: Path, store: SQLiteStore, pipes: tuple[Pipe, Pipe]
) -> None:
    """A store inherited by a fork loses no commit, whatever the parent does with its own.

    With a connection carried across the fork, the parent's close deletes the journal that the
    child writes to.
    """
    to_parent, to_child = pipes
    add(store)

    def work() -> None:
        add(store)
        to_parent.say()
        to_child.hear()
        add(store)

    child = forked(work)
    to_parent.hear()
    assert seqs(store) == [1, 2]
    store.close()
    to_child.say()
    assert result(child) == 0
    assert seqs(store) == [1, 2, 3]


def test_a_fork_in_the_midst_of_other_threads_work(store: SQLiteStore) -> None:
    """Children can use a store that threads of the parent were using at the fork."""
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.is_set():
            with store.turn("p"):
                add(store)

    thread = threading.Thread(target=keep_busy)
    thread.start()
    try:
        for _ in range(10):
            assert result(forked(lambda: store.history("p", limit=1))) == 0
        assert result(forked(lambda: add_in_turn(store))) == 0
    finally:
        stop.set()
        thread.join()
    assert seqs(store) == list(range(1, len(seqs(store)) + 1))


def add_in_turn(store: SQLiteStore) -> None:
    with store.turn("p"):
        add(store)


def test_a_child_holds_no_turn_of_its_parent(
    path: Path, store: SQLiteStore, pipes: tuple[Pipe, Pipe]
) -> None:
    """A process killed in its turn frees it, even if it had just forked a child that lives on."""
    forked_in_turn, onwards = pipes

    def be_killed() -> None:
        with store.turn("p"):
            if os.fork():
                os.kill(os.getpid(), signal.SIGKILL)
            forked_in_turn.say()  # only here is it sure what the fork has left open
            onwards.hear()
            os._exit(0)

    child = forked(be_killed)
    assert result(child) == -signal.SIGKILL
    forked_in_turn.hear()
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
        add(store)
    finally:
        onwards.say()


def test_a_child_takes_a_turn_of_its_own(store: SQLiteStore, pipes: tuple[Pipe, Pipe]) -> None:
    """Forked in its parent's turn, it neither has that turn nor ends it."""
    entered, _ = pipes

    def work() -> None:
        with store.turn("p"):
            entered.say()
            add(store)

    with store.turn("p"):
        child = forked(work)
        assert not select.select([entered._read], [], [], 0.1)[0]
        add(store)
    entered.hear()
    assert result(child) == 0
    assert seqs(store) == [1, 2]


def test_processes_that_start_and_write_together(path: Path) -> None:
    """Four processes open a file that is not there, and commit to one project without a gap."""
    start = Pipe()

    def work() -> None:
        start.hear()
        store = SQLiteStore(path)
        for _ in range(25):
            try:
                add(store)
            except Conflict:
                add_in_turn(store)  # as Portal does: take the turn, then load again
        store.close()

    children = [forked(work) for _ in range(4)]
    start.say(b"1234")
    assert [result(child) for child in children] == [0, 0, 0, 0]
    start.close()
    with closing(SQLiteStore(path)) as store:
        assert seqs(store) == list(range(1, 101))


def test_a_second_store_on_a_file_takes_no_locks_from_the_first(
    path: Path, store: SQLiteStore
) -> None:
    """A program that opens and closes the file must not delete the journal that others write."""
    count = (
        "import sys; from portalkit.storage.sqlite import SQLiteStore;"
        "print(len(SQLiteStore(sys.argv[1]).history('p')))"
    )
    with closing(SQLiteStore(path)):
        for written in (1, 2, 3):
            add(store)
            command = [sys.executable, "-c", count, str(path)]
            seen = subprocess.run(command, check=True, capture_output=True, text=True)
            assert int(seen.stdout) == written


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.commit(head(2), [row(2)], expected=head(1).chain),
        lambda store: store.claim(1, lease=1, limit=1),
        lambda store: store.erase("p"),
        lambda store: store.scrub(),
    ],
    ids=["commit", "claim", "erase", "scrub"],
)
def test_whatever_writes_the_file_waits_for_the_turn(
    path: Path, store: SQLiteStore, write: Callable[[SQLiteStore], object]
) -> None:
    """So no two connections write or checkpoint at once, which an old SQLite may not survive."""
    add(store)
    with ThreadPoolExecutor(1) as pool:
        with store.turn("p"):
            waiting = pool.submit(write, store)
            opening = threading.Thread(target=lambda: SQLiteStore(path).close())
            opening.start()
            time.sleep(0.05)
            assert not waiting.done()
            assert opening.is_alive()
        waiting.result(timeout=10)
        opening.join(timeout=10)


def test_another_process_waits_for_the_turn(store: SQLiteStore, pipes: tuple[Pipe, Pipe]) -> None:
    """Nobody commits between what another process reads and writes in its turn."""
    ready, _ = pipes

    def work() -> None:
        with store.turn("p"):
            ready.say()
            found = store.history("p")
            time.sleep(0.1)
            assert store.history("p") == found
            add(store)

    child = forked(work)
    ready.hear()
    add_in_turn(store)
    assert result(child) == 0
    assert seqs(store) == [1, 2]


@pytest.mark.parametrize("after", [1, 2, 7, 20])
def test_a_killed_process_leaves_whole_commits(
    store: SQLiteStore, after: int, pipes: tuple[Pipe, Pipe]
) -> None:
    """After kill -9: acknowledged commits are there, and each commit wholly or not at all."""
    acknowledged, _ = pipes

    def commit_for_ever() -> None:
        version, chain = 0, ""
        while True:
            new = head(version + 3, doc=f"{version + 3}", doc_version=version + 3)
            rows = [row(seq) for seq in range(version + 1, version + 4)]
            store.commit(new, rows, expected=chain, redact=range(version - 2, version + 1))
            version, chain = new.version, new.chain
            acknowledged.say()

    child = forked(commit_for_ever)
    for _ in range(after):
        acknowledged.hear()
    os.kill(child, signal.SIGKILL)
    assert result(child) == -signal.SIGKILL

    rows = store.history("p")
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 3 * after
    found, _ = store.load("p") or pytest.fail("the project is gone")
    assert (found.version, found.chain) == (len(rows), rows[-1].chain)
    assert (found.doc, found.doc_version) == (str(len(rows)), len(rows))
    assert [row.sealed for row in rows] == [""] * (len(rows) - 3) + ["secret"] * 3
    add(store)


def test_finished_threads_leave_no_connection(path: Path, store: SQLiteStore) -> None:
    """Connections are as many as calls at the same time, not as many as threads there were."""
    add(store)
    before = open_files(path)
    for _ in range(20):
        thread = threading.Thread(target=store.load, args=["p"])
        thread.start()
        thread.join()
    assert open_files(path) == before > 0


def test_nothing_stays_open(path: Path) -> None:
    """`close` closes every file, and so does forgetting the store."""
    store = SQLiteStore(path)
    add(store)
    store.close()
    assert open_files(path) == 0
    add(store)
    assert open_files(path) > 0
    del store
    gc.collect()
    assert open_files(path) == 0


# Failures


def test_a_commit_waits_for_a_lock(path: Path, store: SQLiteStore) -> None:
    """A program outside our queue that locks the file for a moment only delays a commit."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.1, other.rollback)
        timer.start()
        add(store)
        timer.join()
    assert seqs(store) == [1]


def test_a_lock_held_too_long_is_an_error(path: Path) -> None:
    """It is a `StoreError` that says what to do, nothing is kept, and the store works on."""
    with closing(SQLiteStore(path, timeout=0.05)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for write in (lambda: add(store), lambda: store.claim(1, lease=1, limit=1)):
                with pytest.raises(StoreError) as caught:
                    write()
                assert not isinstance(caught.value, Conflict)
                assert caught.value.evidence["cause"] == "database is locked"
                assert "longer timeout" in caught.value.remedy
            assert store.load("p") is None
        assert add(store) == 1


def test_a_full_disk_is_an_error(store: SQLiteStore) -> None:
    """It is a `StoreError`, nothing of the commit is kept, and the store works on."""
    add(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(StoreError) as caught:
            add(store, data="x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "disk" in caught.value.remedy
    assert seqs(store) == [1]
    assert add(store, data="x" * 1_000_000) == 2


def test_an_interrupted_call_leaves_no_transaction(store: SQLiteStore) -> None:
    """Whatever breaks off a commit, the next one finds a clean connection."""

    def rows() -> Iterator[Row]:
        yield row(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.commit(head(1), rows(), expected="")  # type: ignore[arg-type]
    assert store.load("p") is None
    assert add(store) == 1


def test_a_newer_schema_is_refused(path: Path) -> None:
    """A file of a newer portalkit is not touched: `ConfigError` says to upgrade."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        SQLiteStore(path)
    assert caught.value.evidence["found"] == 99
    assert "Upgrade portalkit" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_file_of_the_first_schema_is_upgraded(path: Path) -> None:
    """What was committed is all there, and the file is then as a new one would be."""
    with closing(SQLiteStore(path)) as store:
        store.commit(head(2, doc="{}", doc_version=2, fold="1"), [row(1), row(2)], expected="")
    new = tables(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE snapshots")
        db.execute("""CREATE TABLE snapshots (
            project TEXT PRIMARY KEY, doc_version INTEGER, fold TEXT, doc TEXT) WITHOUT ROWID""")
        db.execute("INSERT INTO snapshots VALUES ('p', 2, '1', '{}')")
        db.execute("ALTER TABLE heads DROP COLUMN doc_version")
        db.execute("ALTER TABLE heads DROP COLUMN fold")
        db.execute("PRAGMA user_version = 1")
    assert tables(path) != new
    for _ in range(2):
        with closing(SQLiteStore(path)) as store:
            assert store.load("p") == (head(2, leased_until=0), [row(1), row(2)])
    assert tables(path) == new
    with closing(SQLiteStore(path)) as store:
        later = head(3, doc="{}", doc_version=3, fold="2")
        store.commit(later, [row(3)], expected="chain 2")
        assert store.load("p") == (evolve(later, leased_until=0), [])


def tables(path: Path) -> dict[str, list[object]]:
    """The columns of each table in a file, and its indexes."""
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema ORDER BY name")]
        return {name: db.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in names}


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"something else entirely, and long enough to have a header" * 9)
    with pytest.raises(StoreError, match="not a database"):
        SQLiteStore(path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "portal.db", tmp_path):
        with pytest.raises(StoreError) as caught:
            SQLiteStore(path)
        assert "let this user write" in caught.value.remedy


def test_a_file_that_vanished_does_not_come_back_empty(path: Path, store: SQLiteStore) -> None:
    """An empty database in place of the real one would look like projects that never were."""
    add(store)
    store.close()
    path.unlink()
    with pytest.raises(StoreError, match="unable to open"):
        store.load("p")
    assert not path.exists()


# The file


@pytest.mark.parametrize("name", ["plain.db", "a b?c#d%41&é.db"])
def test_the_file_is_private_and_its_directory_made(tmp_path: Path, name: str) -> None:
    """The directory is made when missing; the file and those beside it are the owner's alone."""
    path = tmp_path / "new" / "deep" / name
    with closing(SQLiteStore(path)) as store:
        add(store)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys([name, f"{name}-wal", f"{name}-shm", f"{name}.lock"], 0o600)


def test_a_chosen_journal_mode_stays(path: Path) -> None:
    """WAL is set when the file is made; who changes it later, for a network disk say, keeps it."""
    SQLiteStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        db.execute("PRAGMA journal_mode = DELETE")
    with closing(SQLiteStore(path)) as store:
        add(store)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_deleted_snapshots_are_not_missed(path: Path, store: SQLiteStore) -> None:
    """A snapshot is a cache: without it, `load` gives all rows."""
    store.commit(head(2, doc="{}", doc_version=2, fold="1"), [row(1), row(2)], expected="")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM snapshots")
    assert store.load("p") == (head(2, leased_until=0), [row(1), row(2)])


def test_redacted_text_is_overwritten(path: Path, store: SQLiteStore) -> None:
    """Nothing of a redacted or erased text is left in the closed file."""
    add(store, sealed="Anna Keller, redacted")
    add(store, sealed="Ben Braun, erased")
    new = head(3, doc="Anna Keller, replaced")
    store.commit(new, [row(3)], expected="chain 2", redact=[1])
    store.commit(head(4, doc="{}"), [row(4)], expected="chain 3")
    store.close()
    assert b"Anna Keller" not in path.read_bytes()
    assert b"Ben Braun" in path.read_bytes()
    store.erase("p")
    store.close()
    assert b"Ben Braun" not in path.read_bytes()


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("heads_project", {}),
        ("heads_project", {"after": ("p", "p")}),
        ("heads_client", {"client": "acme"}),
        ("heads_waiting_since", {"order": "waiting_since", "waiting": "client"}),
        ("heads_waiting_since", {"order": "waiting_since", "after": (5, "p")}),
        ("heads_waiting_us_since", {"order": "waiting_us_since"}),
        ("heads_next_due", {"order": "next_due", "after": (5, "p"), "text": "x"}),
        ("heads_updated", {"order": "updated_at", "after": (5, "p")}),
    ],
)
def test_lists_walk_an_index(store: SQLiteStore, index: str, query: dict[str, Any]) -> None:
    """A list is read in the order of its index, from where it starts: nothing is sorted."""
    plan = explained(store, lambda: store.projects(**query))
    assert f"SEARCH heads USING INDEX {index}" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_ref_is_found_by_its_index(store: SQLiteStore) -> None:
    plan = explained(store, lambda: store.projects(ref="crm:1", status=None))
    assert "SEARCH heads USING INDEX heads_ref (account=? AND ref=?)" in plan


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("sqlite_autoindex_entries_1", {}),
        ("sqlite_autoindex_entries_1", {"newest": True, "after": 7, "limit": 5}),
        ("entries_milestone", {"milestone": "m", "newest": True}),
        ("entries_subject", {"subject": "s", "after": 7}),
    ],
)
def test_history_walks_an_index(store: SQLiteStore, index: str, query: dict[str, Any]) -> None:
    """A permalink or a milestone's history is an index look-up, never a replay."""
    plan = explained(store, lambda: store.history("p", **query))
    assert f"SEARCH entries USING INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan


def test_a_claim_walks_an_index(store: SQLiteStore) -> None:
    plan = explained(store, lambda: store.claim(5, lease=1, limit=1))
    assert "SEARCH heads USING INDEX heads_wake" in plan
    assert "TEMP B-TREE" not in plan


def explained(store: SQLiteStore, call: Callable[[], object]) -> str:
    """How SQLite goes about the SELECT of a call."""
    statements: list[str] = []
    trace = statements.append
    store._database.run(lambda db: db.set_trace_callback(trace))
    call()
    (select,) = [statement for statement in statements if statement.startswith("SELECT")]
    plan = store._database.run(lambda db: db.execute(f"EXPLAIN QUERY PLAN {select}").fetchall())
    return "\n".join(detail for *_, detail in plan)


# Beside the reference

PROJECTS = st.sampled_from(["p", "q", "r"])
MOMENTS = st.none() | st.integers(0, 3)
TEXTS = st.sampled_from(["", "a", "A", "ä"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
)
ORDERS = st.sampled_from(["project", "waiting_since", "waiting_us_since", "next_due", "updated_at"])


class BesideTheReference(RuleBasedStateMachine):
    """Whatever is done to both, SQLite answers as the reference does."""

    @initialize()
    def start(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.stores = MemoryStore(), SQLiteStore(Path(self.directory.name) / "portal.db")

    def teardown(self) -> None:
        self.stores[1].close()
        self.directory.cleanup()

    def same(self, question: Callable[[Store], Any]) -> Any:
        answers = []
        for store in self.stores:
            try:
                answers.append(question(store))
            except Conflict as error:
                answers.append(str(error))
        assert answers[0] == answers[1]
        return answers[0]

    @rule(
        project=PROJECTS,
        rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=3),
        columns=st.fixed_dictionaries(
            {},
            optional={
                "doc": TEXTS,
                "doc_version": st.integers(0, 9),
                "fold": TEXTS,
                "leased_until": st.none() | st.just(0),
                "account": st.sampled_from(["", "x"]),
                "ref": st.sampled_from([None, "1", "2"]),
                "client": st.sampled_from(["", "x"]),
                "title": TEXTS,
                "client_name": TEXTS,
                "status": st.sampled_from(["active", "archived"]),
                "waiting_since": MOMENTS,
                "waiting_us_since": MOMENTS,
                "next_due": MOMENTS,
                "updated_at": st.integers(0, 3),
                "wake_at": MOMENTS,
            },
        ),
        stale=st.sampled_from([False, False, False, True]),
        redact=st.lists(st.integers(1, 9), max_size=2),
    )
    def commit(
        self,
        project: str,
        rows: list[tuple[str, str, str]],
        columns: dict[str, Any],
        stale: bool,
        redact: list[int],
    ) -> None:
        found = self.stores[0].load(project)
        version = found[0].version if found else 0
        new = Head(
            project, version + len(rows), chain=f"{project} {version + len(rows)}", **columns
        )
        entries = [
            evolve(row(seq, data=data, milestone=milestone, subject=subject), project=project)
            for seq, (data, milestone, subject) in enumerate(rows, version + 1)
        ]
        expected = "stale" if stale else found[0].chain if found else ""
        self.same(lambda store: store.commit(new, entries, expected=expected, redact=redact))

    @rule(project=PROJECTS)
    def erase(self, project: str) -> None:
        self.same(lambda store: store.erase(project))

    @rule(now=st.integers(0, 9), lease=st.integers(0, 3), limit=st.integers(0, 3))
    def claim(self, now: int, lease: int, limit: int) -> None:
        self.same(lambda store: list(store.claim(now, lease=lease, limit=limit)))

    @rule(
        query=st.fixed_dictionaries(
            {"order": ORDERS, "limit": st.integers(0, 3)},
            optional={
                "account": st.sampled_from(["", "x"]),
                "ref": st.sampled_from([None, "1", "2"]),
                "client": st.sampled_from([None, "", "x"]),
                "status": st.sampled_from([None, "active", "archived"]),
                "waiting": st.sampled_from([None, "client", "us"]),
                "text": st.none() | TEXTS,
            },
        )
    )
    def projects(self, query: dict[str, Any]) -> None:
        found = self.same(lambda store: list(store.projects(**query)))
        if found:
            after = getattr(found[-1], query["order"]), found[-1].project
            self.same(lambda store: list(store.projects(**query, after=after)))

    @rule(
        project=PROJECTS,
        query=st.fixed_dictionaries(
            {},
            optional={
                "after": st.integers(0, 9),
                "limit": st.none() | st.integers(0, 3),
                "milestone": st.none() | TEXTS,
                "subject": st.none() | TEXTS,
                "newest": st.booleans(),
            },
        ),
    )
    def history(self, project: str, query: dict[str, Any]) -> None:
        self.same(lambda store: list(store.history(project, **query)))

    @rule(project=PROJECTS, known=st.integers(0, 9))
    def load(self, project: str, known: int) -> None:
        def question(store: Store) -> object:
            found = store.load(project, known=known)
            return found and (found[0], list(found[1]))

        self.same(question)

    @invariant()
    def same_whole(self) -> None:
        for project in ("p", "q", "r"):
            self.load(project, 0)
            self.history(project, {})


TestBesideTheReference = BesideTheReference.TestCase
TestBesideTheReference.settings = settings(max_examples=25, stateful_step_count=25)


# The access log


@pytest.fixture
def log(path: Path) -> Iterator[SQLiteAccessLog]:
    with closing(SQLiteAccessLog(path)) as log:
        yield log


def test_a_record_that_fails_is_only_logged(
    path: Path, log: SQLiteAccessLog, caplog: pytest.LogCaptureFixture
) -> None:
    """A page does not fail because its use could not be noted; the next use is noted again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        log.record("p", "p.1", "page", 1)
    ((name, level, message),) = caplog.record_tuples
    assert (name.split(".")[0], level) == ("portalkit", logging.WARNING)
    assert "database is locked" in message
    log.record("p", "p.1", "page", 2)
    assert [use.at for use in log.of("p")] == [2]


def test_a_repeated_record_does_not_touch_the_disk(
    path: Path, log: SQLiteAccessLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.record("p", "p.1", "page", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        log.record("p", "p.1", "page", 2)
    assert not caplog.records


def test_what_is_remembered_is_bounded(
    log: SQLiteAccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalkit.storage.sqlite.access._REMEMBERED", 3)
    for number in range(10):
        log.record("p", "p.1", f"page {number}", number)
        assert len(log._recent) <= 3
    assert len(log.of("p")) == 10

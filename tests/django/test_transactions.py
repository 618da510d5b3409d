"""The portal inside the host's transactions: what the host rolls back has never been."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction

from portalkit import Conflict, Fact, NotFound, Outcome, Portal, StoreError, UpdatePosted
from portalkit.django.models import Head
from portalkit.django.store import DjangoAccessLog, DjangoStore
from portalkit.web import Looks, Request, Web
from tests.django.host.models import Job
from tests.django.postgres import Server
from tests.django.threads import request
from tests.faults.world import Scene, open_project, portal_at


@pytest.fixture
def portal(database: str, tmp_path: Path) -> Portal:
    """A portal in the host's database."""
    return make_portal(tmp_path)


@pytest.fixture
def scene(portal: Portal) -> Scene:
    """A project in it."""
    return open_project(portal)


def make_portal(data: Path) -> Portal:
    """A portal as another process would have it: with nothing remembered."""
    return portal_at(data, store=DjangoStore(), access=DjangoAccessLog())


def elsewhere(work: Callable[[], Any]) -> Any:
    """Do something in a thread of its own, with connections of its own, and wait for it."""
    found: list[Any] = []

    def run() -> None:
        with request():
            found.append(work())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert found, "the other thread failed or hangs"
    return found[0]


class Undone(Exception):
    """Makes the host roll back."""


@contextmanager
def undone(database: str) -> Iterator[None]:
    """A transaction of the host that is rolled back at its end."""
    with pytest.raises(Undone), transaction.atomic(using=database):
        yield
        raise Undone


# -- rolled back ----------------------------------------------------------------------------------


def test_what_the_host_rolls_back_leaves_no_trace(database: str, scene: Scene) -> None:
    """Log, columns, lists and uses are as before; nobody heard of it."""
    heard: list[object] = []
    scene.portal.on(Fact, heard.append)
    before, columns = scene.entries, Head.objects.using(database).values().get()
    with undone(database):
        scene.post("never said")
        scene.visit().note("page")
        assert "never said" in str(scene.portal.project(scene.id))
        assert "never said" not in str(scene.portal.ledger._remembered)
    assert scene.entries == before
    assert Head.objects.using(database).values().get() == columns
    assert scene.portal.access.of(scene.id) == []
    assert heard == []
    assert scene.whole()


def test_a_project_opened_in_a_transaction_that_is_rolled_back_has_never_been(
    database: str, portal: Portal
) -> None:
    with undone(database):
        scene = open_project(portal)
        assert portal.project(scene.id).title == "Website relaunch"
    with pytest.raises(NotFound):
        portal.project(scene.id)
    open_project(portal)  # its ref is free again


def test_no_page_shows_what_was_rolled_back(database: str, scene: Scene) -> None:
    """Nothing read inside enters a cache: the same process shows what was there before."""
    web = Web(scene.portal, Looks(brands={}))
    anna = Visitor(web, scene.url)
    with undone(database):
        scene.post("never said")
        assert "never said" in anna.page()
        inside = list(web.bodies._kept.values())
    assert not any("never said" in str(text) for _, text in inside)
    assert "never said" not in anna.page()
    with transaction.atomic(using=database):
        scene.post("said")
        assert "said" in anna.page()
    assert ">said<" in anna.page()
    assert len(web.bodies._kept) > 0


def test_after_a_rollback_the_same_place_of_the_log_is_told_anew(
    database: str, scene: Scene
) -> None:
    """Versions repeat after a rollback; the portal goes by the chain."""
    with undone(database):
        scene.post("never said")
        version = scene.portal.project(scene.id).version
    scene.post("said")
    assert scene.portal.project(scene.id).version == version
    assert scene.texts[-1:] == ["said"]
    assert scene.whole()


def test_a_part_of_the_hosts_transaction_can_be_rolled_back(database: str, scene: Scene) -> None:
    """A savepoint of the host takes back what was written in it, and no more."""
    heard: list[str] = []
    scene.portal.on(UpdatePosted, lambda event: heard.append(event.body))
    with transaction.atomic(using=database):
        scene.post("first")
        with undone(database):
            scene.post("second")
        scene.post("third")
        assert heard == []
    assert scene.texts[-2:] == ["first", "third"]
    assert heard == ["first", "third"]
    assert scene.whole()


def test_an_erasure_that_is_rolled_back_keeps_every_byte(database: str, scene: Scene) -> None:
    with undone(database):
        scene.portal.care.erase(scene.id)
        with pytest.raises(NotFound):
            scene.portal.project(scene.id)
    assert scene.whole()
    scene.portal.care.erase(scene.id)
    assert scene.blobs == []


# -- committed ------------------------------------------------------------------------------------


def test_with_autocommit_off_nothing_is_written_outside_of_atomic(
    database: str, scene: Scene
) -> None:
    """Nobody could tell hooks and caches when it stands: refused before a row is written."""
    before = scene.entries
    transaction.set_autocommit(False, using=database)
    try:
        for work in (
            lambda: scene.post("never said"),
            lambda: scene.portal.care.erase(scene.id),
            lambda: scene.portal.ledger.store.claim(scene.portal.clock(), lease=1, limit=1),
        ):
            with pytest.raises(StoreError, match="autocommit is off") as refusal:
                work()
            assert "transaction.atomic()" in refusal.value.remedy
        transaction.commit(using=database)
        assert scene.entries == before
        with transaction.atomic(using=database):
            scene.post("said")
        transaction.commit(using=database)
    finally:
        transaction.rollback(using=database)
        transaction.set_autocommit(True, using=database)
    assert scene.texts[-1:] == ["said"]
    assert scene.whole()


def test_hooks_run_after_the_outermost_commit_with_no_transaction_open(
    database: str, scene: Scene
) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(event: Any) -> None:
        heard.append((event.body, connections[database].in_atomic_block))
        if event.body == "said":
            scene.post("answered")

    scene.portal.on(UpdatePosted, hear)
    with transaction.atomic(using=database):
        with transaction.atomic(using=database):
            scene.post("said")
        assert heard == []
    assert heard == [("said", False), ("answered", False)]


def test_others_see_it_once_the_host_has_committed(postgres: str, tmp_path: Path) -> None:
    portal = make_portal(tmp_path)
    scene = open_project(portal)
    with transaction.atomic(using=postgres):
        scene.post("said")
        assert elsewhere(lambda: len(scene.texts)) == 0
    assert elsewhere(lambda: scene.texts) == ["said"]


def test_a_commit_of_the_host_and_one_of_ours_stand_together(database: str, scene: Scene) -> None:
    with transaction.atomic(using=database):
        head = Head.objects.using(database).get(ref="crm:17")
        Job.objects.using(database).create(title="Relaunch", portal=head)
        scene.post("said")
    assert Job.objects.using(database).get(portal__client_name="Acme").title == "Relaunch"


def test_erasing_a_project_lets_go_of_the_hosts_own_row(database: str, scene: Scene) -> None:
    head = Head.objects.using(database).get()
    job = Job.objects.using(database).create(title="Relaunch", portal=head)
    scene.portal.care.erase(scene.id)
    job.refresh_from_db(using=database)
    assert job.portal is None


def test_only_the_portal_writes_its_tables(database: str, scene: Scene) -> None:
    """Saving or deleting a row by hand is refused, with the remedy."""
    head = Head.objects.using(database).get()
    for forbidden in (head.save, head.delete, head.entries.first().save, head.snapshot.delete):
        with pytest.raises(Exception, match=r"current_portal\.desk"):
            forbidden()


# -- conflicts ------------------------------------------------------------------------------------


def test_after_a_conflict_the_hosts_transaction_goes_on(database: str, scene: Scene) -> None:
    """A commit that lost takes back its own savepoint and nothing of the host's."""
    with transaction.atomic(using=database):
        Job.objects.using(database).create(title="Before")
        with pytest.raises(Conflict):
            with scene.desk.change(scene.id, expected="0" * 64) as change:
                change.post_update(scene.design, "never said")
        with pytest.raises(Conflict), scene.desk.open("Again", client="Acme", ref="crm:17"):
            pass
        Job.objects.using(database).create(title="After")
        scene.post("said")
    assert Job.objects.using(database).count() == 2
    assert scene.texts == ["said"]


def test_in_read_committed_the_rules_run_again_on_what_the_winner_wrote(
    postgres: str, tmp_path: Path
) -> None:
    scene = open_project(make_portal(tmp_path))
    other = make_portal(tmp_path)
    with transaction.atomic(using=postgres):
        with scene.desk.change(scene.id) as change:
            change.post_update(scene.design, "second")
            elsewhere(lambda: scene.post("first", other) or True)
        assert scene.texts == ["first", "second"]
    assert scene.whole()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_where_the_winner_cannot_be_seen_a_conflict_is_raised_at_once(
    postgres: str, tmp_path: Path, level: str
) -> None:
    """Trying again would see the same snapshot; the host's transaction goes on without the change."""
    scene = open_project(make_portal(tmp_path))
    other = make_portal(tmp_path)
    tries: list[None] = []

    def count(project: Any) -> list[Any]:
        tries.append(None)
        return []

    with transaction.atomic(using=postgres):
        with connections[postgres].cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        Job.objects.using(postgres).create(title="Before")
        with pytest.raises(Conflict):
            with scene.desk.change(scene.id) as change:
                change.post_update(scene.design, "never said")
                elsewhere(lambda: scene.post("first", other) or True)
                change.step(count)
        Job.objects.using(postgres).create(title="After")
    assert tries == [None]
    assert scene.texts == ["first"]
    assert Job.objects.using(postgres).count() == 2


@pytest.mark.parametrize("level", ["read committed", "repeatable read"])
def test_racing_writers_all_get_in(
    postgres: str, tmp_path: Path, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers queue at the head, whatever the isolation that the host has set for everybody."""
    options = dict(connections.settings[postgres]["OPTIONS"])
    options["options"] += f" -c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"
    monkeypatch.setitem(connections.settings[postgres], "OPTIONS", options)
    connections[postgres].close()
    scene = open_project(make_portal(tmp_path))
    portals = [make_portal(tmp_path) for _ in range(4)]
    start = threading.Barrier(len(portals))
    failed: list[BaseException] = []

    def write(number: int) -> None:
        with request():
            start.wait()
            try:
                for turn in range(5):
                    scene.post(f"{number}.{turn}", portals[number])
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(portals))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert sorted(scene.texts) == sorted(f"{n}.{t}" for n in range(4) for t in range(5))
    assert scene.whole()


# -- a database that goes away ----------------------------------------------------------------------


def at_commit(database: str, happens: Callable[[Callable[[], None]], None]) -> None:
    """Let something happen in place of the next COMMIT; it is given the COMMIT itself."""
    connection = connections[database]
    commit = connection.commit

    def once() -> None:
        del connection.commit
        happens(commit)

    connection.commit = once


def test_a_server_that_restarts_after_the_commit_has_kept_it(
    postgres: str, tmp_path: Path, postgres_server: Server
) -> None:
    """The acknowledgement was lost, the entry was not: the portal looks, and says yes once."""
    scene = open_project(make_portal(tmp_path))
    heard: list[object] = []
    scene.portal.on(UpdatePosted, heard.append)

    def lost(commit: Callable[[], None]) -> None:
        commit()
        postgres_server.restart()
        with connections[postgres].cursor() as cursor:
            cursor.execute("SELECT 1")  # the driver finds the connection closed

    at_commit(postgres, lost)
    scene.post("said")
    assert scene.texts == ["said"]
    assert len(heard) == 1
    assert scene.whole()


def test_a_server_that_restarts_before_the_commit_has_nothing(
    postgres: str, tmp_path: Path, postgres_server: Server
) -> None:
    """The commit fails, and says so; the next one goes through on a new connection."""
    scene = open_project(make_portal(tmp_path))

    def too_early(commit: Callable[[], None]) -> None:
        postgres_server.restart()
        commit()

    at_commit(postgres, too_early)
    with pytest.raises(StoreError, match="could not be used"):
        scene.post("never said")
    assert scene.texts == []
    scene.post("said")
    assert scene.texts == ["said"]
    assert scene.whole()


def test_a_lost_acknowledgement_in_the_writers_turn_is_none(
    postgres: str, tmp_path: Path, postgres_server: Server
) -> None:
    """After a conflict it is the end of the turn that commits."""
    scene = open_project(make_portal(tmp_path))
    other = make_portal(tmp_path)

    def lost(commit: Callable[[], None]) -> None:
        commit()
        postgres_server.restart()
        with connections[postgres].cursor() as cursor:
            cursor.execute("SELECT 1")

    with scene.desk.change(scene.id) as change:
        change.post_update(scene.design, "second")
        elsewhere(lambda: scene.post("first", other) or True)
        # the optimistic try rolls back; what commits next is the turn
        at_commit(postgres, lost)
    assert scene.texts == ["first", "second"]
    assert scene.whole()


def test_a_connection_that_was_cut_is_given_up(postgres: str, tmp_path: Path) -> None:
    """The request that finds it cut fails with a remedy; the next one has a new connection."""
    scene = open_project(make_portal(tmp_path))
    with connections[postgres].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()

    def cut() -> bool:
        with connections[postgres].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            return bool(cursor.fetchone()[0])

    assert elsewhere(cut)
    with pytest.raises(StoreError, match="see that it can be reached"):
        scene.post("never said")
    scene.post("said")
    assert scene.texts == ["said"]


def test_a_locked_sqlite_says_what_to_do(sqlite: str, tmp_path: Path) -> None:
    """A transaction that began by reading cannot write once somebody else has: it names the setting."""
    scene = open_project(make_portal(tmp_path))
    with connections[sqlite].cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")

    def write(_: object = None) -> None:
        with pytest.raises(StoreError, match="IMMEDIATE"):
            scene.post("never said")

    connection = connections[sqlite]
    mode = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic(using=sqlite):
            assert Head.objects.using(sqlite).count() == 1
            elsewhere(lambda: scene.post("said", make_portal(tmp_path)) or True)
            write()
    finally:
        connection.transaction_mode = mode
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 30000")
    assert scene.texts == ["said"]


# -- forgetting -------------------------------------------------------------------------------------


def test_what_is_erased_is_gone_from_the_file_of_sqlite(sqlite: str, tmp_path: Path) -> None:
    """Neither the database nor its write-ahead log holds the name of an erased person any more."""
    scene = open_project(make_portal(tmp_path))
    path = Path(connections[sqlite].settings_dict["NAME"])
    files = [path, path.with_name(path.name + "-wal")]

    def held() -> bool:
        found = any(b"anna@acme" in file.read_bytes() for file in files if file.exists())
        connections[sqlite].close()  # who closes a file of SQLite's gives up the locks on it, too
        return found

    assert held()
    scene.portal.care.redact(scene.id, scene.anna.id)
    assert not held()
    assert scene.whole()


def test_after_a_redaction_nothing_that_was_erased_is_remembered(
    database: str, scene: Scene
) -> None:
    """The redaction is a turn, so it is read inside a transaction; what was known before is let go of."""
    visit = scene.visit()
    shown = visit.approval(scene.ask)
    words = "Anna's very own words"
    visit.decide(
        shown, Outcome.DECLINED, manifest=shown.manifest, typed_name="Anna Keller", comment=words
    )
    assert words in str(scene.portal.project(scene.id))
    scene.portal.care.redact(scene.id, scene.anna.id)
    assert words not in str(scene.portal.ledger._remembered)
    assert words not in str(scene.portal.project(scene.id))
    assert scene.whole()


class Visitor:
    """A client's browser at the core's web."""

    def __init__(self, web: Web, url: str) -> None:
        self._web = web
        self._cookies: dict[str, str] = {}
        path = url.removeprefix(web.portal.base_url)
        while True:
            response = self._get(path)
            if response.status != 303:
                break
            path = response.get("Location").removeprefix(web.mount)
        self._path = path

    def page(self) -> str:
        """The project page."""
        return bytes(self._get(self._path).body).decode()

    def _get(self, path: str) -> Any:
        path, _, query = path.partition("?")
        asked = Request(method="GET", path=path, query=query, cookies=self._cookies)
        response = self._web.handle(asked)
        for name, value in response.headers:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return response

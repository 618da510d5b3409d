"""Somebody with a SQL prompt: rows edited, deleted, swapped, appended, cut, forked, moved and put back.

The database is a real one and the statements are real; what the chain alone cannot see, one chain value
that was noted elsewhere does.  Rows in memory, each column of them, are in ``tests/core/test_chain.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from attrs import evolve, fields

from portalkit import ApprovalDecided, Outcome, Portal
from portalkit.canonical import is_canonical
from portalkit.storage import Row
from tests.faults.world import MAYA, Scene, open_project
from tests.hosts import Database, Host
from tests.hosts.fixtures import EVERY
from tests.web.stage import make_portal

pytestmark = pytest.mark.hosts(*EVERY)

Burglar = Callable[[Database, str], object]


@pytest.fixture
def database(host: Host) -> Database:
    """Where the log is, with a prompt for the burglar."""
    return host.database()


def portal_on(database: Database) -> Portal:
    """A portal as a process that has just started makes it."""
    return make_portal(store=database.store(), access=database.access())


@pytest.fixture
def robbed(database: Database) -> Scene:
    """A project in which Anna has decided, and a second one beside it."""
    portal = portal_on(database)
    scene = open_project(portal)
    decide(scene, Outcome.DECLINED, "Never")
    scene.post("after the decision")
    with portal.desk(MAYA).open("Other", client="Beta", id="other") as change:
        change.add_milestone("Other")
    return scene


def decide(scene: Scene, outcome: Outcome, comment: str) -> None:
    """Let Anna decide."""
    visit = scene.visit()
    manifest = visit.approval(scene.ask).manifest
    visit.decide(scene.ask, outcome, manifest=manifest, typed_name="Anna Keller", comment=comment)


def rows(database: Database) -> Sequence[tuple[object, ...]]:
    """All rows as they stand."""
    return database.run(f"SELECT * FROM {database.entries} ORDER BY project, seq")


def decided(database: Database, project: str) -> int:
    """The place of the decision."""
    [(seq,)] = database.run(
        f"SELECT seq FROM {database.entries} WHERE project = ? AND kind = 'approval.decided'",
        project,
    )
    return int(seq)


def set_column(name: str, value: str) -> Burglar:
    """Write something else into a column of the decision's row."""

    def run(database: Database, project: str) -> None:
        database.run(
            f"UPDATE {database.entries} SET {name} = {value} "
            "WHERE project = ? AND kind = 'approval.decided'",
            project,
        )

    return run


def delete(database: Database, project: str) -> None:
    database.run(
        f"DELETE FROM {database.entries} WHERE project = ? AND kind = 'approval.decided'", project
    )


def delete_and_renumber(database: Database, project: str) -> None:
    seq = decided(database, project)
    delete(database, project)
    database.run(
        f"UPDATE {database.entries} SET seq = seq - 1 WHERE project = ? AND seq > ?", project, seq
    )


def swap(database: Database, project: str) -> None:
    seq = decided(database, project)
    for old, new in ((seq, 9999), (seq + 1, seq), (9999, seq + 1)):
        database.run(
            f"UPDATE {database.entries} SET seq = ? WHERE project = ? AND seq = ?",
            new,
            project,
            old,
        )


def append(database: Database, project: str) -> None:
    columns = ", ".join(field.name for field in fields(Row) if field.name != "seq")
    database.run(
        f"INSERT INTO {database.entries} (seq, {columns}) "
        f"SELECT (SELECT max(seq) + 1 FROM {database.entries} WHERE project = ?), {columns} "
        f"FROM {database.entries} WHERE project = ? AND kind = 'approval.decided'",
        project,
        project,
    )


def cut_tail(database: Database, project: str) -> None:
    seq = decided(database, project)
    database.run(f"DELETE FROM {database.entries} WHERE project = ? AND seq >= ?", project, seq)


def move_in(database: Database, project: str) -> None:
    """A row of the other project in the place of the decision."""
    seq = decided(database, project)
    delete(database, project)
    database.run(
        f"UPDATE {database.entries} SET project = ?, seq = ? WHERE project = 'other' AND seq = 2",
        project,
        seq,
    )


def flip_letter(database: Database, project: str) -> None:
    database.run(
        f"UPDATE {database.entries} SET data = replace(data, 'declined', 'approved') "
        "WHERE project = ?",
        project,
    )


def forget(database: Database, project: str) -> None:
    """Empty what is sealed without a redaction's being on record: allowed, and it hides no decision."""
    set_column("sealed", "''")(database, project)


BURGLARS: dict[str, Burglar] = {
    "outcome edited": flip_letter, "time edited": set_column("at", "at - 1"), "actor edited": set_column("actor", "'x'"),
    "milestone edited": set_column("milestone", "'x'"), "subject edited": set_column("subject", "'x'"), "kind edited": set_column("kind", "'note.x'"),
    "comment edited": set_column("sealed", "replace(sealed, 'Never', 'Gladly')"), "digest edited": set_column("sealed_digest", "'0'"),
    "chain edited": set_column("chain", "'" + "0" * 64 + "'"), "data emptied": set_column("data", "'{}'"), "data no json": set_column("data", "'x'"),
    "key doubled": set_column("data", "replace(data, '{', '{\"outcome\":\"approved\",')"), "space added": set_column("data", "replace(data, ':', ': ')"),
    "number made nan": set_column("data", "replace(data, '\"round\":1', '\"round\":NaN')"), "number made big": set_column("data", "replace(data, '\"round\":1', '\"round\":9007199254740993')"),
    "deleted": delete, "deleted and renumbered": delete_and_renumber, "swapped": swap, "appended": append, "tail cut": cut_tail, "row of another project": move_in,
}  # fmt: skip


@pytest.mark.parametrize("name", BURGLARS)
def test_what_a_burglar_does_to_the_log_is_found(
    database: Database, robbed: Scene, name: str
) -> None:
    """By a process that remembers the project and by one that has just started."""
    assert robbed.portal.verify(robbed.id).ok
    before = rows(database)
    BURGLARS[name](database, robbed.id)
    assert rows(database) != before
    for portal in (robbed.portal, portal_on(database)):
        found = portal.verify(robbed.id)
        assert not found.ok
        assert found.problem


def test_an_emptied_comment_hides_nothing_that_was_decided(
    database: Database, robbed: Scene
) -> None:
    """`sealed` may be empty: outcome, digest and time stay provable, and a forged text does not fit the digest."""
    forget(database, robbed.id)
    portal = portal_on(database)
    assert portal.verify(robbed.id).ok
    [fact] = [e.fact for e in portal.entries(robbed.id) if isinstance(e.fact, ApprovalDecided)]
    assert (fact.outcome, fact.comment) == (Outcome.DECLINED, "")


def noted(scene: Scene) -> tuple[int, str]:
    """What a receipt holds: place and chain of the decision."""
    [entry] = [e for e in scene.entries if e.kind == "approval.decided"]
    return entry.seq, entry.chain


def test_a_restored_backup_verifies_and_a_noted_chain_shows_it(database: Database) -> None:
    """What the chain cannot see by itself: an older state is whole. One value kept elsewhere tells."""
    scene = open_project(portal_on(database))
    backup = database.copy()
    decide(scene, Outcome.DECLINED, "Never")
    seq, chain = noted(scene)
    restored = portal_on(backup)
    assert restored.verify(scene.id).ok
    assert [e.chain for e in restored.entries(scene.id, after=seq - 1, limit=1)] != [chain]


def test_a_fork_of_the_log_verifies_and_only_one_branch_holds_the_noted_chain(
    database: Database,
) -> None:
    """From one backup two histories: each is whole, and the receipt says which one the client was shown."""
    first = open_project(portal_on(database))
    chains = []
    for branch, outcome in ((database.copy(), Outcome.DECLINED), (database, Outcome.APPROVED)):
        scene = evolve(first, portal=portal_on(branch))
        decide(scene, outcome, "So be it")
        assert scene.portal.verify(scene.id).ok
        chains.append(noted(scene))
    assert chains[0][0] == chains[1][0]
    assert chains[0][1] != chains[1][1]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":NaN}',
        '{"a":1e999}',
        '{"a":9007199254740993}',
        '{"a":1.0}',
        '{"a":"u\u0308"}',
        '{"a":"\\ud800"}',
        '{"a":"\\u0000"}',
        "[" * 9999,
        '{"b":1,"a":2}',
    ],
)
def test_json_that_two_readers_read_differently_is_no_text_of_ours(text: str) -> None:
    """Duplicate keys, numbers beyond doubles, two forms of one letter: not canonical, whoever signed it."""
    assert not is_canonical(text)
    assert is_canonical(json.dumps({"a": 2, "b": 1}, separators=(",", ":")))

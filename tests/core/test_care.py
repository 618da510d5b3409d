"""Care: what an operator does with the data; above all, that a person can be forgotten for good."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import (
    ApprovalDecided,
    ApprovalState,
    BadLink,
    Caretaker,
    Circumstances,
    Conflict,
    FileError,
    Invalid,
    NewerLog,
    NotAllowed,
    NotFound,
    Outcome,
    PersonRedacted,
    Portal,
    PortalError,
    StoreError,
    UnknownFact,
)
from portalkit.codec import chain_of, entry_of, read_snapshot
from portalkit.errors import BrokenLog
from portalkit.facts import Line
from portalkit.fold import fold
from portalkit.portal import ledger
from portalkit.portal.care import UNREFERENCED_FOR
from portalkit.storage import Blob, FileStore, Head, Readable, Row, Store
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.web import Looks, Request, Web
from tests.core.world import (
    _MOVES,
    BEN,
    EVE,
    Doctored,
    Move,
    Passing,
    Scene,
    backup_of,
    journeys,
    log_of,
    make_portal,
    picture,
    play,
    put_back,
    stream,
    token_of,
)

NAME, MAIL, TYPED = "Zebrina Quux", "zebrina@quux.example", "Z. Quuxova"
COMMENT, AGENT, ADDRESS = "a remarkable comment", "Netscape/4.79", "203.0.113.77"
PERSONAL = (NAME, MAIL, TYPED, COMMENT, AGENT, ADDRESS)


@frozen
class World:
    """A portal with one project, in which Zebrina and Bob have each decided something."""

    portal: Portal
    zebrina: str
    bob: str
    ask: str
    home: str
    folder: Path | None = None

    @property
    def care(self) -> Caretaker:
        return self.portal.care

    @property
    def store(self) -> Store:
        return self.portal.ledger.store

    def rows(self) -> Sequence[Row]:
        return self.store.history("p")


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        if request.param == "memory":
            yield populated(make_portal())
        else:
            store = SQLiteStore(tmp_path / "portal.sqlite3")
            access = SQLiteAccessLog(tmp_path / "access.sqlite3")
            stack.callback(store.close)
            stack.callback(access.close)
            portal = make_portal(store, files=DirectoryFiles(tmp_path / "files"), access=access)
            yield populated(portal, tmp_path)


def populated(portal: Portal, folder: Path | None = None) -> World:
    with portal.desk(BEN).open("Website", client="Acme", id="p") as change:
        zebrina = change.add_person("Zeb", email="old@quux.example")
        change.change_person(zebrina, name=NAME, email=MAIL)
        bob = change.add_person("Bob Stone", email="bob@acme.example")
        design = change.add_milestone("Design").start()
        home = change.add_file(design, stream(), name="home.pdf", purpose="All screens")
        ask = change.request_approval(design, "Homepage", files=[home], people=[zebrina, bob])
        for person in (zebrina, bob):
            change.issue_link(person)
        change.rotate_link(zebrina)
    for person, typed in ((zebrina, TYPED), (bob, "Bob Stone")):
        visit = portal.visit(token_of(portal, "p", person))
        visit.note("page")
        visit.decide(
            ask,
            Outcome.APPROVED,
            manifest=visit.approval(ask).manifest,
            typed_name=typed,
            comment=COMMENT if person is zebrina else "Bob's own words",
            circumstances=Circumstances(
                confirmed=True, address=ADDRESS, user_agent=AGENT, sentence=f"I, {typed}, approve"
            )
            if person is zebrina
            else Circumstances(confirmed=True, sentence="Bob's sentence"),
        )
    return World(portal, zebrina.id, bob.id, ask.id, home.id, folder)


# -- what is held of a person ---------------------------------------------------------------------


def test_what_is_held_of_a_person_is_every_entry_that_holds_their_id_or_name(world: World) -> None:
    """As a search of the stored text finds it, and the uses of their own link."""
    anna = world.zebrina
    with world.portal.desk(BEN).change("p") as change:
        design = next(iter(change.project.milestones))
        change.nudge(change.request_file(design, "Logo", people=[anna]))
        change.request_file(design, "Photographs", people=[world.bob])
        change.choose_notices(anna, "weekly")
        change.record_recap("call", person=anna)
        change.post_update(design, body=f"Says {NAME}")
        change.post_update(design, body="Says nobody")
    rows = world.portal.ledger.store.history("p")
    held = world.portal.care.held_of("p", anna)
    expected = [
        row.seq
        for row in rows
        if anna in (row.actor, row.subject) or anna in row.data + row.sealed or NAME in row.data
    ]
    assert [entry.seq for entry in held.entries] == expected
    assert len(expected) < len(rows)
    link = world.portal.project("p").link_of(anna)
    assert link
    assert {use.link for use in held.uses} == {link.id}


def test_nothing_is_held_of_the_unknown(world: World) -> None:
    for project, person in (("gone", world.zebrina), ("p", "nobody")):
        with pytest.raises(NotFound):
            world.portal.care.held_of(project, person)


# -- a person is forgotten ------------------------------------------------------------------------


def test_nothing_personal_is_left(world: World) -> None:
    assert all(text in str(picture(world.store, "p")) for text in PERSONAL)
    found = world.care.redact("p", world.zebrina)
    assert found.entries == 5  # added, changed, issued, rotated, decided
    for text in (*PERSONAL, "Zeb", "old@quux.example"):
        assert text not in str(picture(world.store, "p"))
        assert text not in str(world.portal.project("p"))
        assert text not in str(world.portal.entries("p"))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_no_byte_of_it_is_left_on_the_disk(world: World) -> None:
    assert world.folder is not None
    paths = [p for p in world.folder.rglob("*") if p.is_file()]
    before = b"".join(path.read_bytes() for path in paths)
    assert all(text.encode() in before for text in PERSONAL)
    world.care.redact("p", world.zebrina)
    for path in (p for p in world.folder.rglob("*") if p.is_file()):
        for text in (*PERSONAL, "old@quux.example"):
            assert text.encode() not in path.read_bytes(), (path.name, text)


def test_what_was_decided_stays_provable(world: World) -> None:
    before = {row.seq: row for row in world.rows()}
    world.care.redact("p", world.zebrina)
    assert world.portal.verify("p").ok
    for row in world.rows()[: len(before)]:
        assert evolve(row, sealed="") == evolve(before[row.seq], sealed="")
    [decision] = [
        e.fact
        for e in world.portal.entries("p")
        if isinstance(e.fact, ApprovalDecided) and e.fact.person == world.zebrina
    ]
    assert (decision.outcome, decision.confirmed) == (Outcome.APPROVED, True)
    assert (decision.typed_name, decision.comment, decision.sentence) == ("", "", "")


def test_the_rows_of_others_are_untouched(world: World) -> None:
    before = world.rows()
    emptied = {row.seq for row in before if row.sealed}
    world.care.redact("p", world.zebrina)
    kept = {row.seq for row in world.rows() if row.sealed}
    bobs = {
        e.seq
        for e in map(entry_of, before)
        if e.seq in kept and (e.subject == world.bob or getattr(e.fact, "person", "") == world.bob)
    }
    assert len(bobs) == 3
    assert emptied - kept == {
        e.seq
        for e in map(entry_of, before)
        if e.seq in emptied and world.zebrina in (e.subject, getattr(e.fact, "person", ""))
    }
    bob = world.portal.project("p").people[world.bob]
    assert (bob.name, bob.email) == ("Bob Stone", "bob@acme.example")
    assert world.portal.visit(token_of(world.portal, "p", world.bob)).person == bob


def test_another_project_is_untouched(world: World) -> None:
    play(world.portal, [], project="q")
    before = picture(world.store, "q")
    world.care.redact("p", world.zebrina)
    assert picture(world.store, "q") == before


def test_the_link_is_dead_at_once(world: World) -> None:
    token = token_of(world.portal, "p", world.zebrina)
    other = make_portal(world.store)
    visit = other.visit(token)
    world.care.redact("p", world.zebrina)
    for portal in (world.portal, other, make_portal(world.store)):
        with pytest.raises(BadLink):
            portal.visit(token)
        with pytest.raises(PortalError):
            portal.visit_as("p", world.zebrina)
    with pytest.raises(PortalError):
        visit.decide(world.ask, Outcome.APPROVED, manifest="", typed_name=TYPED)
    link = world.portal.project("p").link_of(world.zebrina)
    assert link is not None
    assert link.revoked_at is not None
    version = world.portal.project("p").version
    world.portal.request_link(link.id)
    assert world.portal.project("p").version == version, "nobody is to send it again"


def test_staff_still_see_the_list_of_links(world: World) -> None:
    world.care.redact("p", world.zebrina)
    urls = {info.person.id: info.url for info in world.portal.desk(BEN).links("p")}
    assert urls[world.zebrina] == ""
    assert urls[world.bob].startswith("https://")


def test_another_process_forgets_too(world: World) -> None:
    other = make_portal(world.store)
    assert other.project("p").people[world.zebrina].name == NAME
    with other.desk(BEN).change("p") as change:
        change.describe(summary="They wrote meanwhile")
        world.care.redact("p", world.zebrina)
    for portal in (world.portal, other, make_portal(world.store)):
        assert not any(text in str(portal.project("p")) for text in PERSONAL)
    assert other.project("p") == world.portal.project("p") == make_portal(world.store).project("p")
    assert other.verify("p").ok


def test_doing_it_again_writes_nothing(world: World) -> None:
    world.care.redact("p", world.zebrina)
    before = picture(world.store, "p")
    again = world.care.redact("p", world.zebrina)
    assert again.entries == 0
    assert picture(world.store, "p") == before


def test_a_dry_run_changes_nothing(world: World) -> None:
    before = picture(world.store, "p")
    planned = world.care.would_redact("p", world.zebrina)
    assert picture(world.store, "p") == before
    assert planned == world.care.redact("p", world.zebrina)


@pytest.mark.parametrize("project", ["p", "gone"])
def test_nobody_unknown_is_forgotten(world: World, project: str) -> None:
    before = picture(world.store, "p")
    for run in (world.care.would_redact, world.care.redact):
        with pytest.raises(NotFound) as caught:
            run(project, "nobody")
        assert caught.value.remedy
    assert picture(world.store, "p") == before


def test_text_that_stays_is_told(world: World) -> None:
    with world.portal.desk(BEN).change("p") as change:
        design = next(iter(change.project.milestones))
        seq = change.project.version
        change.post_update(design, body=f"As {NAME.upper()} said")
        change.post_update(design, body="Mail zebrina@quux.example, please")
        change.post_update(design, body="Zebrina Quuxes are many")
        change.set_resources([(NAME, "https://quux.example")])
    found = world.care.redact("p", world.zebrina)
    assert found.mentions == (seq + 1, seq + 2, seq + 4)
    assert NAME in str(world.portal.project("p"))


def test_words_of_the_model_are_no_mentions() -> None:
    """Somebody may be called like a field, a state or a part of another word."""
    portal = make_portal()
    with portal.desk(BEN).open("Website", client="Acme", id="p") as change:
        person = change.add_person("draft")
        other = change.add_person("Craig Overdraft")
        design = change.add_milestone("Design")
        change.add_file(design, stream(), name="a.pdf", purpose="All", state="draft")
        change.issue_link(other)
    assert portal.care.would_redact("p", person.id).mentions == ()


def test_hooks_hear_of_it(world: World) -> None:
    heard: list[Any] = []
    world.portal.on(PersonRedacted, heard.append)
    world.care.redact("p", world.zebrina)
    world.care.redact("p", world.zebrina)
    [event] = heard
    assert event.entry.subject == world.zebrina
    assert event.fact.rows == 5


# -- and stays forgotten --------------------------------------------------------------------------


def test_a_forgotten_person_is_not_written_about_again(world: World) -> None:
    world.care.redact("p", world.zebrina)
    before = picture(world.store, "p")
    desk = world.portal.desk(BEN)
    design = next(iter(world.portal.project("p").milestones))
    steps: list[Callable[[Any], Any]] = [
        lambda change: change.issue_link(world.zebrina),
        lambda change: change.rotate_link(world.zebrina),
        lambda change: change.extend_link(world.zebrina, None),
        lambda change: change.set_scopes(world.zebrina, ["view"]),
        lambda change: change.change_person(world.zebrina, name=NAME),
        lambda change: change.change_person(world.zebrina, role="Owner"),
        lambda change: change.request_approval(
            design, "Again", statement="Words", people=[world.zebrina]
        ),
    ]
    for step in steps:
        with pytest.raises(NotAllowed, match="erased") as caught:
            with desk.change("p") as change:
                step(change)
        assert caught.value.remedy
    assert picture(world.store, "p") == before


def test_a_block_that_was_open_meanwhile_is_refused(world: World) -> None:
    with pytest.raises(NotAllowed):
        with make_portal(world.store).desk(BEN).change("p") as change:
            change.change_person(world.zebrina, role="Owner")
            world.care.redact("p", world.zebrina)
    assert NAME not in str(picture(world.store, "p"))


def test_open_requests_are_told_and_the_next_round_asks_the_others(world: World) -> None:
    desk = world.portal.desk(BEN)
    with desk.change("p") as change:
        design = next(iter(change.project.milestones))
        both = change.request_approval(
            design, "Both", files=[world.home], people=[world.zebrina, world.bob], needed=2
        )
        alone = change.request_approval(design, "Alone", files=[world.home], people=[world.zebrina])
    found = world.care.redact("p", world.zebrina)
    assert sorted(found.waiting) == sorted([both.id, alone.id])
    with pytest.raises(NotAllowed), desk.change("p") as change:
        change.record_decision(both, world.zebrina, "approved", source="phone")
    with desk.change("p") as change:
        change.add_version(world.home, stream(b"new"), changed="Tightened")
    rounds = {
        a.title: a
        for a in world.portal.project("p").approvals.values()
        if a.state is ApprovalState.OPEN
    }
    assert rounds["Both"].people == (world.bob,)
    assert rounds["Both"].needed == 1
    assert rounds["Alone"].people == (world.zebrina,), "nobody else can be asked: call it off"


def test_staff_can_be_forgotten_and_join_anew(world: World) -> None:
    [ben] = [p for p in world.portal.project("p").people.values() if p.side == "agency"]
    world.care.redact("p", ben.id)
    assert "ben@studio.example" not in str(picture(world.store, "p"))
    with world.portal.desk(BEN).change("p") as change:
        change.describe(summary="Back again")
    staff = [p for p in world.portal.project("p").people.values() if p.side == "agency"]
    assert [p.name for p in staff] == ["", "Ben Ode"]
    assert world.portal.entries("p")[-1].actor == staff[1].id
    assert world.portal.verify("p").ok


def test_pages_name_nobody(world: World) -> None:
    """In the process that forgot, and in another whose pages were cached before."""
    webs = [Web(portal, Looks(brands={})) for portal in (world.portal, make_portal(world.store))]
    token = token_of(world.portal, "p", world.bob)

    def pages(web: Web) -> str:
        entered = web.handle(Request(method="GET", path=f"/l/{token}"))
        cookies = dict(
            value.partition(";")[0].split("=", 1)
            for name, value in entered.headers
            if name.lower() == "set-cookie"
        )
        base = f"/p/{world.portal.project('p').link_of(world.bob).id}/"  # type: ignore[union-attr]
        found = ""
        for path in ("", "history", f"a/{world.ask}"):
            answer = web.handle(Request(method="GET", path=base + path, cookies=cookies))
            assert answer.status == 200, path
            body = answer.body
            found += (body if isinstance(body, bytes) else b"".join(body)).decode()
        return found

    for web in webs:
        assert NAME in pages(web)
    assert NAME in str(webs[0].bodies._kept)
    world.care.redact("p", world.zebrina)
    assert NAME not in str(webs[0].bodies._kept)
    for web in webs:
        found = pages(web)
        assert not any(text in found for text in PERSONAL)
        assert "Somebody whose name was erased" in found
        assert "The personal data of a person were erased" in found


@pytest.mark.parametrize("erase", [False, True], ids=["a person", "the project"])
def test_caches_forget_also_where_the_project_was_pushed_out_of_memory(
    world: World, monkeypatch: pytest.MonkeyPatch, erase: bool
) -> None:
    """Rendered texts may outlive the state that they were made of; the next look lets go of them, once."""
    monkeypatch.setattr(ledger, "PROJECTS_REMEMBERED", 1)
    other = make_portal(world.store)
    cleared: list[str] = []
    other.ledger.on_forget(cleared.append)
    other.project("p")
    play(other, [], project="q")
    if erase:
        world.care.erase("p")
    else:
        world.care.redact("p", world.zebrina)
    assert other.ledger.find("q") is not None
    assert cleared == []
    for _ in range(3):
        other.ledger.find("p")
        other.ledger.find("q")
    assert cleared == ["p"]


# -- the fold, the rows and the snapshot say the same ---------------------------------------------


@pytest.mark.parametrize("who", ["zebrina", "bob"])
def test_one_entry_more_forgets_like_a_replay(world: World, who: str) -> None:
    """Former secrets of a link, comments and all: what a process knew before needs no replay."""
    before = world.rows()
    known = fold(map(entry_of, before))
    world.care.redact("p", getattr(world, who))
    after = world.rows()
    assert fold(map(entry_of, after[len(before) :]), known) == fold(map(entry_of, after))


@given(journeys(), st.integers(0, 9), journeys(max_size=8))
@settings(max_examples=25, deadline=None)
def test_every_way_to_the_project_forgets_alike(
    moves: list[Move], pick: int, later: list[Move]
) -> None:
    """One entry more on what was known, a replay of the emptied rows, and the snapshot are equal."""
    portal, store = make_portal(), None
    play(portal, moves)
    store = portal.ledger.store
    people = list(portal.project("p").people)
    person = people[pick % len(people)]
    known = portal.project("p")
    before = store.history("p")
    other = make_portal(store)
    other.project("p")

    portal.care.redact("p", person)

    after = [entry_of(row) for row in store.history("p", after=known.version)]
    onwards = fold(after, known)
    replayed = fold(entry_of(row) for row in store.history("p"))
    loaded = store.load("p")
    assert loaded is not None
    assert loaded[0].doc is not None
    snapshot = read_snapshot(loaded[0].doc)
    assert snapshot is not None
    assert onwards == replayed == snapshot.project == portal.project("p") == other.project("p")
    assert portal.verify("p").ok
    assert [row.data for row in store.history("p")][: len(before)] == [r.data for r in before]

    for name, *choices in later:
        with contextlib.suppress(PortalError):
            with portal.desk(EVE).change("p") as change:
                _MOVES[name](change, *choices)
    assert portal.project("p").people[person].redacted
    assert portal.project("p") == fold(entry_of(row) for row in store.history("p"))
    assert portal.project("p") == other.project("p")
    assert portal.verify("p").ok


# -- redaction is atomic --------------------------------------------------------------------------


class Failing(Passing):
    """A store whose next commit raises: before it, or after it is on the disk."""

    fail = ""

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        how, self.fail = self.fail, ""
        if how == "before":
            raise StoreError("the disk is full")
        if how == "conflict":
            raise Conflict("somebody was faster")
        super().commit(head, rows, expected=expected, redact=redact)
        if how == "after":
            raise StoreError("no answer came")


def test_a_failed_commit_leaves_all_of_it() -> None:
    store = Failing()
    world = populated(make_portal(store))
    before = picture(store, "p")
    store.fail = "before"
    with pytest.raises(StoreError):
        world.care.redact("p", world.zebrina)
    assert picture(store, "p") == before
    assert world.portal.project("p").people[world.zebrina].name == NAME
    world.care.redact("p", world.zebrina)
    assert NAME not in str(picture(store, "p"))


@pytest.mark.parametrize("how", ["after", "conflict"])
def test_a_lost_answer_and_a_lost_race_are_made_good(how: str) -> None:
    store = Failing()
    world = populated(make_portal(store))
    store.fail = how
    assert world.care.redact("p", world.zebrina).entries == 5
    assert NAME not in str(picture(store, "p"))
    assert world.portal.verify("p").ok
    assert [e.kind for e in world.portal.entries("p")].count("person.redacted") == 1


def test_traces_that_a_reader_held_are_gone_after_the_next_run(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "portal.sqlite3", timeout=0.05)
    world = populated(make_portal(store), tmp_path)
    reader = sqlite3.connect(tmp_path / "portal.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entries").fetchone()
    with pytest.raises(StoreError) as caught:
        world.care.redact("p", world.zebrina)
    assert caught.value.remedy
    assert world.portal.project("p").people[world.zebrina].redacted
    reader.execute("COMMIT")
    reader.close()
    world.care.redact("p", world.zebrina)
    for path in tmp_path.glob("portal.sqlite3*"):
        assert NAME.encode() not in path.read_bytes()
    store.close()


def test_a_log_with_facts_of_a_newer_portalkit_is_not_touched(scene: Scene) -> None:
    """They may be about the person too, and we could not tell."""
    store = newer_log(scene)
    before = picture(store, scene.id)
    portal = make_portal(store)
    for run in (
        lambda: portal.care.redact(scene.id, scene.anna.id),
        lambda: portal.care.rebuild([scene.id]),
        lambda: portal.care.collect([scene.id]),
        lambda: list(portal.care.check_files([scene.id])),
    ):
        with pytest.raises(NewerLog):
            run()
    assert picture(store, scene.id) == before


def newer_log(scene: Scene) -> MemoryStore:
    store = MemoryStore()
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    lines = [Line(UnknownFact("future.upload", "{}", ""))]
    added = evolve(log_of(lines, scene.id)[0], seq=head.version + 1)
    added = evolve(added, chain=chain_of(head.chain, added))
    moved = evolve(head, version=added.seq, chain=added.chain)
    put_back(store, scene.id, (moved, [*rows, added]))
    return store


def test_a_broken_log_is_not_touched(scene: Scene) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (head, [evolve(rows[0], at=1), *rows[1:]]))
    with pytest.raises(BrokenLog):
        make_portal(store).care.redact(scene.id, scene.anna.id)


# -- a project is erased --------------------------------------------------------------------------


def test_a_project_is_erased_whole(world: World) -> None:
    planned = world.care.would_erase("p")
    assert (planned.entries, planned.files) == (world.portal.project("p").version, 1)
    assert world.store.load("p") is not None
    assert world.care.erase("p") == planned
    assert world.store.load("p") is None
    assert list(world.store.history("p")) == []
    assert list(world.portal.files.keys("p")) == []
    assert list(world.portal.access.of("p")) == []
    if world.folder:
        for path in world.folder.glob("portal.sqlite3*"):
            assert NAME.encode() not in path.read_bytes()
    with pytest.raises(NotFound) as caught:
        world.care.erase("p")
    assert caught.value.remedy
    with pytest.raises(NotFound):
        world.care.would_erase("p")


class Interrupted(Exception):
    """The power went off."""


@pytest.mark.parametrize("where", ["delete", "erase"])
def test_an_interrupted_erasure_is_finished_by_another(
    world: World, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise Interrupted

    target = world.portal.files if where == "delete" else world.portal.access
    with monkeypatch.context() as patch:
        patch.setattr(target, where, interrupted)
        with pytest.raises(Interrupted):
            world.care.erase("p")
    assert world.store.load("p") is None
    left = world.care.would_erase("p")
    assert (left.entries, left.files) == (0, 1 if where == "delete" else 0)
    world.care.erase("p")
    assert list(world.portal.files.keys("p")) == []
    assert list(world.portal.access.of("p")) == []


def test_a_project_that_no_longer_verifies_can_be_erased(scene: Scene) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (evolve(head, doc="{", fold=""), [evolve(rows[0], at=1), *rows[1:]]))
    assert make_portal(store).care.erase(scene.id).entries == head.version
    assert store.load(scene.id) is None


# -- files ----------------------------------------------------------------------------------------


def corrupt(world: World, key: str, data: bytes | None) -> None:
    """Change the bytes behind the file store's back, or take them away."""
    files = world.portal.files
    if isinstance(files, DirectoryFiles):
        path = Path(files.path(key))
        path.unlink()
        if data is not None:
            path.write_bytes(data)
    elif data is None:
        files.delete(key)
    else:
        files._blobs[key] = data, 0  # type: ignore[attr-defined]


def test_all_is_well(world: World) -> None:
    assert list(world.care.check_files(["p"])) == []


@pytest.mark.parametrize(("data", "problem"), [(None, "missing"), (b"%PDF-1.8 a page", "corrupt")])
def test_bytes_that_are_gone_or_changed_are_found(
    world: World, data: bytes | None, problem: str
) -> None:
    with world.portal.desk(BEN).change("p") as change:
        change.add_version(world.home, stream(b"second"), changed="All")
    key = world.portal.project("p").files[world.home].current.key
    corrupt(world, key, data)
    [found] = world.care.check_files(["p"])
    assert (found.project, found.key, found.problem) == ("p", key, problem)
    assert (found.name, found.version) == ("home.pdf", 2)


def test_bytes_that_no_entry_names_are_found(world: World) -> None:
    blob = world.portal.files.save("p", stream(b"lost"), limit=99)
    [found] = world.care.check_files(["p"])
    assert (found.key, found.problem) == (blob.key, "orphaned")


def test_the_collector_keeps_what_is_young_or_named(world: World) -> None:
    files, named = world.portal.files, world.portal.project("p").files[world.home].current.key
    orphan = files.save("p", stream(b"lost"), limit=99)
    if world.folder:  # an hour short of a day, by the clock of the disk
        now = os.stat(files.path(orphan.key)).st_mtime_ns // 1_000_000  # type: ignore[attr-defined]
    else:
        now = files._blobs[orphan.key][1]  # type: ignore[attr-defined]

    def care(at: int) -> Caretaker:
        return Caretaker(store=world.store, files=files, clock=lambda: at)

    assert care(now + UNREFERENCED_FOR).collect(["p"]) == 0
    assert set(files.keys("p")) == {orphan.key, named}
    assert care(now + UNREFERENCED_FOR + 1).collect(["p"]) == 1
    assert set(files.keys("p")) == {named}


def test_one_project_is_no_list_of_projects(world: World) -> None:
    """Its letters would be looked up one by one."""
    care = world.care
    for wrong in (
        care.rebuild,
        care.collect,
        lambda p: list(care.verify(p)),
        lambda p: list(care.check_files(p)),
    ):
        with pytest.raises(Invalid, match="must be a list"):
            wrong("p")


def test_care_takes_what_a_list_of_projects_gave(world: World) -> None:
    heads = world.portal.desk(BEN).projects()
    care = world.care
    assert [found.project for found in care.verify(heads)] == ["p"]
    assert list(care.check_files(heads)) == []
    assert (care.rebuild(heads), care.collect(heads)) == (1, 0)
    assert (care.known(heads[0]), care.project(heads[0]).id) == ("p", "p")


class AtAPath(MemoryFiles):
    """A file store that keeps where it is under the names of what it does not offer."""

    def __init__(self) -> None:
        super().__init__()
        self.path = self.sweep = "/srv/files"


def test_a_file_store_with_an_attribute_path_has_no_paths() -> None:
    world = populated(make_portal(files=AtAPath()))
    download = world.portal.desk(BEN).download("p", world.home)
    assert b"".join(download.read()) == b"".join(download.read(0, 9)) + b"".join(download.read(9))
    assert world.care.collect(["p"]) == 0


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_an_erasure_takes_half_uploads_along(world: World) -> None:
    """What a killed upload left may be personal too: it goes at once, even if nothing else is left."""
    assert world.folder is not None
    part = world.folder / "files" / "p" / f".{'a' * 26}.part"
    part.write_bytes(b"half")
    world.care.erase("p")
    assert not part.exists()
    part.write_bytes(b"half")
    with pytest.raises(NotFound):
        world.care.erase("p")
    assert not part.exists()


def test_bytes_of_no_project_are_found(world: World) -> None:
    """Once a day old, and whatever account it would have been."""
    key = world.portal.files.save("never", stream(b"lost"), limit=99).key
    assert list(world.care.strays()) == []
    care = Caretaker(store=world.store, files=world.portal.files, clock=lambda: 2**52)
    assert [(found.project, found.key, found.problem) for found in care.strays()] == [
        ("never", key, "orphaned")
    ]


class Meanwhile(FileStore):
    """A file store that lets something happen once its keys were listed."""

    def __init__(self, files: FileStore) -> None:
        self.files = files
        self.then: Callable[[], object] = lambda: None

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        return self.files.save(project, stream, limit=limit)

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return self.files.open(key, start, length)

    def delete(self, key: str) -> None:
        self.files.delete(key)

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        found = list(self.files.keys(project, older_than))
        self.then()
        return iter(found)


def test_an_upload_that_commits_while_the_collector_looks_is_safe(world: World) -> None:
    """Its bytes are old already: a block that stayed open for days."""
    files = Meanwhile(world.portal.files)
    change = world.portal.desk(BEN).change("p")
    change.__enter__()
    change.add_version(world.home, stream(b"late"), changed="Late")
    files.then = lambda: change.__exit__(None, None, None)
    care = Caretaker(store=world.store, files=files, clock=lambda: 2**52)
    assert care.collect(["p"]) == 0
    assert world.portal.project("p").files[world.home].versions == 2
    assert list(world.care.check_files(["p"])) == []


def test_an_upload_while_files_are_checked_is_no_problem(world: World) -> None:
    files = Meanwhile(world.portal.files)

    def upload() -> None:
        with world.portal.desk(BEN).change("p") as change:
            change.add_version(world.home, stream(b"late"), changed="Late")

    files.then = upload
    assert list(Caretaker(store=world.store, files=files).check_files(["p"])) == []


def test_files_of_an_unknown_project_are_left_alone(world: World) -> None:
    """A typing error, or the wrong database beside the files: nothing is deleted."""
    key = world.portal.project("p").files[world.home].current.key
    care = Caretaker(store=MemoryStore(), files=world.portal.files, clock=lambda: 2**52)
    for run in (care.collect, lambda ids: list(care.check_files(ids)), care.rebuild):
        with pytest.raises(NotFound):
            run(["p"])
    assert list(world.portal.files.keys("p")) == [key]


# -- rebuild and verify ---------------------------------------------------------------------------

BREAKS: dict[str, dict[str, Any]] = {
    "snapshot": {"doc": "{"},
    "title": {"title": "Another"},
    "pending": {"pending": 7, "waiting_since": 5},
    "status": {"status": "archived", "client_name": "Nobody", "updated_at": 1},
}


@pytest.mark.parametrize("name", BREAKS)
def test_rebuild_mends(scene: Scene, name: str) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (evolve(head, **BREAKS[name]), rows))
    portal = make_portal(store)
    found = portal.verify(scene.id)
    assert not found.ok
    assert found.problem.partition(":")[0] == ("snapshot" if name == "snapshot" else "head")
    assert portal.care.rebuild([scene.id]) == 1
    assert portal.verify(scene.id).ok
    assert portal.project(scene.id) == scene.project
    mended = store.load(scene.id)
    assert mended is not None
    assert mended[0].title == "Website relaunch"


def test_rebuild_refuses_a_broken_log(scene: Scene) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (head, [evolve(rows[0], at=1), *rows[1:]]))
    before = picture(store, scene.id)
    with pytest.raises(BrokenLog):
        make_portal(store).care.rebuild([scene.id])
    assert picture(store, scene.id) == before


def test_rebuild_keeps_the_snapshot_of_a_newer_fold(scene: Scene) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (evolve(head, fold="99-newer", doc="theirs", title="Bad"), rows))
    make_portal(store).care.rebuild([scene.id])
    loaded = store.load(scene.id)
    assert loaded is not None
    assert (loaded[0].doc, loaded[0].fold, loaded[0].title) == ("theirs", "99-newer", "Website relaunch")  # fmt: skip


def test_a_redaction_overwrites_even_the_snapshot_of_a_newer_fold(scene: Scene) -> None:
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    store = MemoryStore()
    put_back(store, scene.id, (evolve(head, fold="99-newer", doc="Anna Keller"), rows))
    make_portal(store).care.redact(scene.id, scene.anna.id)
    assert "Anna Keller" not in str(picture(store, scene.id))


def swapped(rows: list[Row]) -> list[Row]:
    a, b = rows[3], rows[4]
    return [*rows[:3], evolve(b, seq=a.seq), evolve(a, seq=b.seq), *rows[5:]]


def appended(rows: list[Row]) -> list[Row]:
    return [*rows, evolve(rows[-1], seq=rows[-1].seq + 1)]


TAMPERED: dict[str, tuple[Callable[[list[Row]], list[Row]], int, str]] = {
    "edited": (lambda rows: [*rows[:3], evolve(rows[3], data='{"a":1}'), *rows[4:]], 4, "chain"),
    "sealed": (lambda rows: [rows[0], evolve(rows[1], sealed='{"a":1}'), *rows[2:]], 2, "sealed"),
    "deleted": (lambda rows: [*rows[:3], *rows[4:]], 4, "sequence"),
    "swapped": (swapped, 4, "chain"),
    "appended": (appended, -1, "head"),
    "cut": (lambda rows: rows[:-1], 0, "head"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_verify_names_what_is_broken_first(scene: Scene, name: str) -> None:
    tamper, seq, kind = TAMPERED[name]
    store = Doctored(scene.portal.ledger.store, rows=tamper)
    [found] = Caretaker(store=store, files=MemoryFiles()).verify([scene.id])
    assert not found.ok
    assert found.problem.partition(":")[0] == kind
    assert found.seq == (scene.project.version + 1 if seq == -1 else seq)


def test_a_redaction_while_it_verifies_is_no_fault(world: World) -> None:
    """The head is read before the redaction, the rows after it."""

    class Moving(Passing):
        moved = False

        def history(self, project: str, **select: Any) -> Sequence[Row]:
            if not self.moved:
                self.moved = True
                world.care.redact("p", world.zebrina)
            return super().history(project, **select)

    store = Moving(world.store)
    [found] = Caretaker(store=store, files=MemoryFiles()).verify(["p"])
    assert store.moved
    assert found.ok, found.problem


# -- the rest -------------------------------------------------------------------------------------


def test_projects_of_an_account_are_found_however_many() -> None:
    portal = make_portal()
    for number in range(101):
        with portal.desk(BEN, account="studio").open("T", client="C", id=f"p{number:03}") as change:
            if number % 2:
                change.set_status("archived")
    assert list(portal.care.projects("studio")) == [f"p{number:03}" for number in range(101)]
    assert list(portal.care.projects()) == []


def test_progress_is_told(world: World) -> None:
    told: list[str] = []
    care = world.care
    list(care.verify(["p"], told.append))
    list(care.check_files(["p"], told.append))
    care.rebuild(["p"], told.append)
    care.collect(["p"], told.append)
    assert told == ["p"] * 4
    assert care.project("p") == world.portal.project("p")
    assert care.known("p") == "p"


def test_a_caretaker_needs_no_portal(world: World) -> None:
    """Neither keys nor a base URL: a script on the server has only the data."""
    Caretaker(store=world.store, files=world.portal.files).redact("p", world.zebrina)
    assert NAME not in str(picture(world.store, "p"))
    assert world.portal.project("p").people[world.zebrina].redacted


def test_bytes_that_cannot_be_read_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: Any) -> Iterator[bytes]:
        raise FileError("the disk is ill")

    monkeypatch.setattr(world.portal.files, "open", unreadable)
    assert [found.problem for found in world.care.check_files(["p"])] == ["unreadable"]

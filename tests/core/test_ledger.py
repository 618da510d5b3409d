"""The ledger: stores that lag, forget, go back or lose an answer never make a project wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings

from portalkit import (
    CLIENT,
    READER,
    BadLink,
    BrokenLog,
    ConfigError,
    Conflict,
    Fact,
    NewerLog,
    NotAllowed,
    NotFound,
    Outcome,
    Portal,
    ReplacedLink,
    StoreError,
    UnknownFact,
    codec,
)
from portalkit.codec import fold_id
from portalkit.facts import Line
from portalkit.portal import ledger as ledger_module
from portalkit.portal.ledger import head_of
from portalkit.storage import Head, Row
from portalkit.storage.memory import MemoryStore
from tests.core.world import (
    BEN,
    EVE,
    Doctored,
    Move,
    Passing,
    Queueing,
    Scene,
    backup_of,
    journeys,
    make_portal,
    picture,
    play,
    put_back,
    stream,
    token_of,
    without_snapshot,
)


def post(portal: Portal, scene: Scene, body: str) -> None:
    with portal.desk(BEN).change(scene.id) as change:
        change.post_update(scene.design, body)


def inject(portal: Portal, project: str, kind: str) -> None:
    """Write what a newer portalkit would write."""
    line = Line(UnknownFact(kind, '{"x":1}', ""))
    portal.ledger.write(project, lambda state: ("", [line]))


# -- snapshots are caches -----------------------------------------------------------------------


@given(journeys(40))
@settings(max_examples=30)
def test_deleting_every_snapshot_changes_nothing(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    store = portal.ledger.store
    without = make_portal(Doctored(store, head=without_snapshot))
    assert without.project("p") == make_portal(store).project("p") == portal.project("p")
    assert list(without.project("p").milestones) == list(portal.project("p").milestones)
    assert without.verify("p").ok


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda head: evolve(head, doc="rubbish"), id="unreadable"),
        pytest.param(lambda head: evolve(head, doc="{}"), id="empty"),
        pytest.param(lambda head: evolve(head, fold="0-older"), id="of an older fold"),
        pytest.param(lambda head: evolve(head, fold="99-newer"), id="of a newer fold"),
        pytest.param(lambda head: evolve(head, doc=head.doc.replace(head.doc[10:60], "0" * 50)), id="of another chain"),
    ],
)  # fmt: skip
def test_a_snapshot_that_is_of_no_use_is_replayed(scene: Scene, spoil: Any) -> None:
    portal = make_portal(Doctored(scene.portal.ledger.store, head=spoil))
    assert portal.project(scene.id) == scene.project


def test_a_snapshot_is_written_with_the_first_commit_and_about_every_fifty_entries(
    scene: Scene,
) -> None:
    store, places = scene.portal.ledger.store, []
    for number in range(120):
        post(scene.portal, scene, f"News {number}")
        head = head_at(store, scene)
        assert head.version - head.doc_version < 50
        assert head.fold == fold_id()
        places.append(head.doc_version)
    assert len(set(places)) == 3


def test_processes_that_take_turns_write_no_more_snapshots_than_one(scene: Scene) -> None:
    store, places = scene.portal.ledger.store, []
    for number in range(120):
        post(make_portal(store), scene, f"News {number}")
        places.append(head_at(store, scene).doc_version)
    assert len(set(places)) == 3


def head_at(store: Any, scene: Scene) -> Head:
    loaded = store.load(scene.id)
    assert loaded is not None
    head: Head = loaded[0]
    return head


def test_a_deleted_snapshot_is_written_anew_in_time(scene: Scene) -> None:
    store = MemoryStore()
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    put_back(store, scene.id, (without_snapshot(head), rows))
    portal = make_portal(store)
    for number in range(60):
        post(portal, scene, f"News {number}")
    assert head_at(store, scene).doc is not None
    assert portal.verify(scene.id).ok


def test_a_snapshot_of_a_newer_fold_is_never_overwritten(scene: Scene) -> None:
    """An older process beside a newer one must not throw away what the newer one wrote."""
    store = MemoryStore()
    head, rows = backup_of(scene.portal.ledger.store, scene.id)
    put_back(store, scene.id, (evolve(head, fold="99-newer", doc="theirs"), rows))
    portal = make_portal(store)
    for number in range(60):
        post(portal, scene, f"News {number}")
    kept = head_at(store, scene)
    assert (kept.doc, kept.fold, kept.doc_version) == ("theirs", "99-newer", head.doc_version)
    assert make_portal(store).project(scene.id) == portal.project(scene.id)


# -- the chain is the identity ------------------------------------------------------------------


def test_what_another_process_wrote_is_seen_at_once(scene: Scene) -> None:
    other = make_portal(scene.portal.ledger.store)
    for number in range(3):
        post(other, scene, f"News {number}")
        assert scene.project == other.project(scene.id)
        post(scene.portal, scene, f"More {number}")
        assert scene.project == other.project(scene.id)


def test_a_project_that_did_not_change_is_not_folded_again(scene: Scene) -> None:
    assert scene.project is scene.project


def test_only_so_many_projects_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that opens every project of a large agency once does not grow for ever."""
    monkeypatch.setattr(ledger_module, "PROJECTS_REMEMBERED", 2)
    portal = make_portal()
    for id in ("a", "b", "c"):
        with portal.desk(BEN).open("T", client="C", id=id):
            pass
    b = portal.project("b")
    c, a = portal.project("c"), portal.project("a")
    assert portal.project("c") is c
    assert portal.project("a") is a
    assert portal.project("b") is not b
    assert portal.project("b") == b


def test_only_what_is_not_known_yet_is_loaded(scene: Scene) -> None:
    loaded: list[tuple[bool, int]] = []

    class Watched(Passing):
        def load(self, project: str, *, known: int = 0) -> Any:
            found = super().load(project, known=known)
            assert found is not None
            loaded.append((found[0].doc is not None, len(found[1])))
            return found

    portal = make_portal(Watched(scene.portal.ledger.store))
    portal.project(scene.id)
    portal.project(scene.id)
    post(scene.portal, scene, "News")
    portal.project(scene.id)
    assert loaded == [(True, 0), (False, 0), (False, 1)]


def test_the_list_of_approvals_reads_the_log_once_and_decodes_nothing_else_of_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str | None] = []
    decoded: list[str] = []

    class Watched(Passing):
        def history(self, project: str, **select: Any) -> Any:
            reads.append(select.get("milestone"))
            return super().history(project, **select)

    def watched(row: Row, entry_of: Any = codec.entry_of) -> Any:
        decoded.append(row.kind)
        return entry_of(row)

    desk = make_portal(Watched(scene.portal.ledger.store)).desk(BEN)
    project = desk.project(scene.id)
    monkeypatch.setattr(codec, "entry_of", watched)
    assert desk.approvals(scene.id) == desk.approvals(project, milestone=scene.design.id) != ()
    assert reads == [None, scene.design.id]
    assert set(decoded) == {"approval.requested"}


@pytest.mark.parametrize("further", [0, 1, 2, 3, 60])
def test_after_a_rollback_no_remembered_state_is_served(scene: Scene, further: int) -> None:
    """However many entries others wrote instead: fewer, as many (equal versions), or more."""
    store = scene.portal.ledger.store
    before = backup_of(store, scene.id)
    post(scene.portal, scene, "Rolled back 1")
    post(scene.portal, scene, "Rolled back 2")
    assert scene.project.version == before[0].version + 2
    put_back(store, scene.id, before)
    other = make_portal(store)
    for number in range(further):
        post(other, scene, f"Instead {number}")

    fresh = make_portal(store).project(scene.id)
    assert scene.project == fresh
    assert "Rolled back" not in str(scene.project)
    assert scene.visit().project.updates == fresh.updates
    post(scene.portal, scene, "Afterwards")
    assert scene.portal.verify(scene.id).ok
    assert scene.project == make_portal(store).project(scene.id)


@pytest.mark.parametrize("further", [0, 1, 2])
def test_after_a_rollback_a_block_that_was_open_runs_again(scene: Scene, further: int) -> None:
    store = scene.portal.ledger.store
    before = backup_of(store, scene.id)
    post(scene.portal, scene, "Rolled back")
    with scene.change() as change:
        change.post_update(scene.design, "From the open block")
        put_back(store, scene.id, before)
        for number in range(further):
            post(make_portal(store), scene, f"Instead {number}")
    assert "Rolled back" not in str(scene.project)
    assert scene.portal.verify(scene.id).ok
    assert scene.project.updates_of(scene.design.id)[0].body == "From the open block"


def test_a_secret_that_was_rolled_back_opens_nothing(scene: Scene) -> None:
    store = scene.portal.ledger.store
    old = token_of(scene.portal, scene.id, scene.anna)
    before = backup_of(store, scene.id)
    with scene.change() as change:
        change.rotate_link(scene.anna)
    rolled_back = token_of(scene.portal, scene.id, scene.anna)
    with pytest.raises(ReplacedLink):
        scene.portal.visit(old)
    put_back(store, scene.id, before)
    with make_portal(store).desk(EVE).change(scene.id) as change:
        change.rotate_link(scene.bob)
    with pytest.raises(BadLink):
        scene.portal.visit(rolled_back)
    assert scene.portal.visit(old).person.id == scene.anna.id


@pytest.mark.parametrize("steps", [1, 30])
def test_a_project_erased_and_opened_again_under_its_id_is_the_new_one(
    scene: Scene, steps: int
) -> None:
    store, old = scene.portal.ledger.store, scene.visit()
    manifest = old.approval(scene.ask).manifest
    token = token_of(scene.portal, scene.id, scene.anna)
    store.erase(scene.id)
    with make_portal(store).desk(EVE).open("New", client="Other", id=scene.id) as change:
        for number in range(steps):
            change.add_milestone(f"M{number}")
    assert scene.project == make_portal(store).project(scene.id)
    assert (scene.project.title, len(scene.project.milestones)) == ("New", steps)
    with pytest.raises(BadLink):
        scene.portal.visit(token)
    with pytest.raises(NotFound):
        old.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    with pytest.raises(NotFound):
        with scene.change() as mine:
            mine.start(scene.design)
    assert scene.portal.verify(scene.id).ok


def test_an_erased_project_is_gone_at_once(scene: Scene) -> None:
    assert scene.project.id == scene.id
    scene.portal.ledger.store.erase(scene.id)
    with pytest.raises(NotFound):
        scene.portal.project(scene.id)


def test_rows_that_do_not_continue_the_chain_are_a_broken_log(scene: Scene) -> None:
    def cut(rows: list[Row]) -> list[Row]:
        return [row for row in rows if row.seq != 5]

    broken = make_portal(Doctored(scene.portal.ledger.store, rows=cut, head=without_snapshot))
    with pytest.raises(BrokenLog) as refusal:
        broken.project(scene.id)
    assert refusal.value.evidence == {"project": scene.id}
    assert broken.verify(scene.id).seq == 5


# -- lost answers -------------------------------------------------------------------------------


class Forgetful(Queueing):
    """A store that commits, and then the connection breaks before it can say so."""

    deaf = False

    def commit(self, head: Head, rows: Any, *, expected: str, redact: Any = ()) -> None:
        super().commit(head, rows, expected=expected, redact=redact)
        raise StoreError("the connection broke")

    def history(self, project: str, **select: Any) -> Any:
        if self.deaf:
            raise StoreError("still broken")
        return super().history(project, **select)


def test_a_commit_whose_acknowledgement_was_lost_counts_as_committed(scene: Scene) -> None:
    portal = make_portal(Forgetful(scene.portal.ledger.store), files=scene.portal.files)
    heard: list[Any] = []
    portal.on(Fact, heard.append)
    before = scene.project.version
    with portal.desk(BEN).change(scene.id) as change:
        file = change.add_file(scene.design, stream(b"kept"), name="a", purpose="p")
    visit = portal.visit(token_of(portal, scene.id, scene.anna))
    manifest = visit.approval(scene.ask).manifest
    made = visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    assert made.outcome is Outcome.APPROVED
    kinds = [entry.kind for entry in scene.portal.entries(scene.id, after=before)]
    assert kinds == ["file.added", "approval.decided"]
    assert len(heard) == 2
    assert portal.project(scene.id) == scene.project
    assert b"".join(visit.download(file, 1).read()) == b"kept"


def test_a_commit_that_nobody_can_ask_about_fails_and_is_seen_once_the_store_is_back(
    scene: Scene,
) -> None:
    store = Forgetful(scene.portal.ledger.store)
    portal = make_portal(store)
    store.deaf = True
    with pytest.raises(StoreError, match="the connection broke"):
        post(portal, scene, "Perhaps")
    store.deaf = False
    assert portal.project(scene.id).updates_of(scene.design.id)[0].body == "Perhaps"
    assert portal.verify(scene.id).ok


def test_a_commit_that_failed_leaves_the_portal_as_it_was(scene: Scene) -> None:
    class Full(Queueing):
        def commit(self, *args: Any, **kwargs: Any) -> None:
            raise StoreError("disk full")

    portal = make_portal(Full(scene.portal.ledger.store))
    before = portal.project(scene.id)
    with pytest.raises(StoreError, match="disk full"):
        post(portal, scene, "Lost")
    assert portal.project(scene.id) is before
    assert picture(scene.portal.ledger.store, scene.id)[0][0].version == before.version


def test_another_s_commit_in_the_place_of_a_lost_one_is_not_taken_for_it(scene: Scene) -> None:
    """The place in the log is the same; the chain tells them apart."""

    class Overtaken(Queueing):
        def commit(self, *args: Any, **kwargs: Any) -> None:
            post(make_portal(self.store), scene, "Faster")
            raise StoreError("the connection broke")

    portal = make_portal(Overtaken(scene.portal.ledger.store))
    with pytest.raises(StoreError):
        post(portal, scene, "Mine")
    assert [u.body for u in portal.project(scene.id).updates.values()] == ["", "Faster"]


# -- conflicts ----------------------------------------------------------------------------------


class Contended(Passing):
    """A store without turns, in which somebody else is faster a number of times."""

    def __init__(self, store: Any, times: int) -> None:
        super().__init__(store)
        self.times = times
        self.tries = 0

    def commit(self, head: Head, rows: Any, *, expected: str, redact: Any = ()) -> None:
        self.tries += 1
        if self.tries <= self.times:
            raise Conflict("somebody else was faster")
        super().commit(head, rows, expected=expected, redact=redact)


def test_a_writer_without_turns_tries_again(scene: Scene) -> None:
    store = Contended(scene.portal.ledger.store, times=5)
    post(make_portal(store), scene, "At last")
    assert store.tries == 6
    assert scene.project.updates_of(scene.design.id)[0].body == "At last"


def test_a_writer_without_turns_gives_up_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "PATIENCE", 0.05)
    store = Contended(scene.portal.ledger.store, times=10**9)
    with pytest.raises(Conflict):
        post(make_portal(store), scene, "Never")
    assert store.tries > 1


def test_a_writer_who_expects_a_chain_tries_once(scene: Scene) -> None:
    store = Contended(scene.portal.ledger.store, times=1)
    portal = make_portal(store)
    chain = portal.ledger.read(scene.id).chain
    with pytest.raises(Conflict):
        with portal.desk(BEN).change(scene.id, expected=chain) as change:
            change.start(scene.build)
    assert store.tries == 1


class Watched(Queueing):
    """A store with turns that notes what is asked of it."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.calls: list[str] = []

    def load(self, project: str, *, known: int = 0) -> Any:
        self.calls.append("load")
        return super().load(project, known=known)

    def commit(self, head: Head, rows: Any, *, expected: str, redact: Any = ()) -> None:
        self.calls.append("commit")
        super().commit(head, rows, expected=expected, redact=redact)

    def turn(self, project: str) -> Any:
        self.calls.append("turn")
        return super().turn(project)


def writing(
    portal: Portal, scene: Scene, between: Callable[[], object] = lambda: None
) -> list[str]:
    """What is asked of the store from the commit on, if something happens between block and commit."""
    store = portal.ledger.store
    assert isinstance(store, Watched)
    with portal.desk(BEN).change(scene.id) as change:
        change.post_update(scene.design, "Mine")
        between()
        store.calls.clear()
    return store.calls


def test_after_a_conflict_the_turn_is_taken_before_the_project_is_loaded_again(
    scene: Scene,
) -> None:
    portal = make_portal(Watched(scene.portal.ledger.store))
    calls = writing(portal, scene, lambda: post(scene.portal, scene, "Faster"))
    assert calls == ["commit", "turn", "load", "commit"]


def test_among_many_writers_the_turn_is_taken_at_once_until_nobody_else_writes(
    scene: Scene,
) -> None:
    """A try that will be in vain is not made."""

    def other() -> None:
        post(scene.portal, scene, "Faster")

    portal = make_portal(Watched(scene.portal.ledger.store))
    writing(portal, scene, other)
    assert writing(portal, scene, other) == ["turn", "load", "commit"]
    assert writing(portal, scene) == ["turn", "load", "commit"]
    assert writing(portal, scene) == ["commit"]


def test_a_refusal_counts_only_on_the_newest_state(scene: Scene) -> None:
    """What the visit showed forbids it, what stands now allows it: it is done."""
    desk = scene.portal.desk(BEN)
    with desk.change(scene.id) as change:
        change.set_scopes(scene.anna, READER)
    visit = scene.portal.visit(token_of(scene.portal, scene.id, scene.anna))
    manifest = visit.approval(scene.ask).manifest
    with pytest.raises(NotAllowed):
        visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    with desk.change(scene.id) as change:
        change.set_scopes(scene.anna, CLIENT)
    visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    (decision,) = scene.project.approvals[scene.ask.id].decisions
    assert (decision.person, decision.outcome) == (scene.anna.id, Outcome.APPROVED)


def test_nothing_is_written_to_a_project_that_is_not_there(portal: Portal) -> None:
    with pytest.raises(NotFound):
        portal.ledger.write("nothing", lambda state: ("", []))
    assert portal.ledger.store.load("nothing") is None


# -- newer logs ---------------------------------------------------------------------------------


def test_a_log_with_unknown_facts_is_read_and_not_written(scene: Scene) -> None:
    inject(scene.portal, scene.id, "future.thing")
    before = picture(scene.portal.ledger.store, scene.id)
    for portal in (scene.portal, make_portal(scene.portal.ledger.store)):
        assert portal.project(scene.id).title == "Website relaunch"
        with pytest.raises(NewerLog):
            post(portal, scene, "x")
        portal.verify(scene.id)
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert scene.portal.verify(scene.id).ok


def test_a_log_with_unknown_notes_is_written_as_ever(scene: Scene) -> None:
    inject(scene.portal, scene.id, "note.call")
    for portal in (scene.portal, make_portal(scene.portal.ledger.store)):
        post(portal, scene, "x")
    assert scene.portal.verify(scene.id).ok


def test_a_log_stays_newer_across_snapshots(scene: Scene) -> None:
    inject(scene.portal, scene.id, "future.thing")
    state = scene.portal.ledger.read(scene.id)
    store = MemoryStore()
    _, rows = backup_of(scene.portal.ledger.store, scene.id)
    put_back(store, scene.id, (head_of(state, with_snapshot=True), rows))
    with pytest.raises(NewerLog):
        post(make_portal(store), scene, "x")


# -- the head -----------------------------------------------------------------------------------


def test_the_head_says_who_waits_for_whom_and_since_when(scene: Scene) -> None:
    clock: Any = scene.portal.clock
    asked = clock()
    head = head_at(scene.portal.ledger.store, scene)
    assert (head.pending, head.waiting_since, head.waiting_us_since) == (1, asked, None)
    assert (head.title, head.client_name, head.ref, head.status) == (
        *("Website relaunch", "Acme Ceramics", "crm:17"),
        "active",
    )
    clock.advance(days=1)
    with scene.change() as change:
        change.record_decision(scene.ask, scene.anna, "declined", source="call", comment="No")
    head = head_at(scene.portal.ledger.store, scene)
    assert (head.pending, head.waiting_since, head.waiting_us_since) == (0, None, clock())
    assert head.updated_at == clock()
    assert head.created_at == asked
    clock.advance(days=1)
    with scene.change() as change:
        change.request_approval(
            scene.design, "Again", people=[scene.anna], files=[scene.home], previous=scene.ask
        )
    head = head_at(scene.portal.ledger.store, scene)
    assert (head.pending, head.waiting_since, head.waiting_us_since) == (1, clock(), None)


@given(journeys())
@settings(max_examples=30)
def test_the_columns_of_the_head_are_what_the_log_says(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    result = portal.verify("p")
    assert result.ok, result.problem


# -- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        *("", None, "agency.example/portal", "/portal", "ftp://agency.example", "https://"),
        *("https:///portal", "https://agency.example/portal?x=1", "https://[agency"),
        *("https://agency.example/#top", "javascript:alert(1)"),
        "https://müller.example/portal",  # browsers say xn--mller-kva in Origin
        *("https://agency.example/portal?", "https://agency.example#", "https://agency.example:no"),
        *("https://agency.example:99999", "https://<agency>/portal", r"https://agency\portal"),
        *(5, b"https://agency.example/portal", ["https://agency.example/portal"]),
    ],
)
def test_a_base_url_that_is_no_public_address_is_refused_at_the_start(url: Any) -> None:
    with pytest.raises(ConfigError) as refusal:
        make_portal(base_url=url)
    assert refusal.value.evidence["base_url"] == url
    in_full = "https://agency.example/portal" in refusal.value.remedy
    assert in_full or "xn--" in refusal.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        *("https://agency.example/portal\n", " https://agency.example/portal", "https://a.b/c\t"),
        *("https://agency.example/por tal", "https://agency.example/\x00", "\ufeffhttps://a.b/c"),
    ],
)
def test_a_base_url_with_blanks_is_refused_at_the_start(url: str) -> None:
    """One that was read from a file with its line break would break every link."""
    with pytest.raises(ConfigError) as refusal:
        make_portal(base_url=url)
    assert ".strip()" in refusal.value.remedy
    assert repr(url) in str(refusal.value)


def test_a_base_url_with_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as refusal:
        make_portal(base_url="https://maya:quokka@agency.example/portal")
    assert "quokka" not in str(refusal.value)
    assert "before the host" in refusal.value.remedy


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("HTTPS://Agency.Example/Portal", "https://agency.example/Portal"),
        ("Http://LOCALHOST:8000/", "http://localhost:8000"),
        ("https://[2001:DB8::1]:8443/p", "https://[2001:db8::1]:8443/p"),
    ],
)
def test_scheme_and_host_of_a_base_url_are_taken_in_small_letters(url: str, taken: str) -> None:
    """They mean the same in any spelling; the path does not."""
    assert make_portal(base_url=url).base_url == taken


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://agency.example/a/b/"])
def test_a_base_url_is_taken_without_its_last_slash(url: str) -> None:
    assert make_portal(base_url=url).base_url == url.rstrip("/")

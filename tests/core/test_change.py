"""A block of changes: all of it or nothing, on the project as it is when the block ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from portalkit import (
    ApprovalState,
    Change,
    Conflict,
    Desk,
    FileError,
    Handle,
    Invalid,
    MilestoneStatus,
    NewerLog,
    NotAllowed,
    NotFound,
    Outdated,
    Portal,
    Refused,
    Staff,
    StoreError,
    TooLarge,
    UnknownFact,
    new_id,
)
from portalkit.facts import Line
from portalkit.storage.memory import MemoryFiles
from portalkit.testing import FixedClock
from tests.core.world import BEN, EVE, Passing, Queueing, Scene, make_portal, picture, stream


def kinds(scene: Scene, after: int) -> list[str]:
    return [entry.kind for entry in scene.portal.entries(scene.id, after=after)]


# -- all or nothing -----------------------------------------------------------------------------


def test_a_block_is_one_commit_at_its_end(scene: Scene, clock: FixedClock) -> None:
    before = scene.project.version
    with scene.change() as change:
        change.post_update(scene.design, "One")
        change.complete(scene.design)
        assert scene.project.version == before
        assert change.project.version == before + 2
    entries = scene.portal.entries(scene.id, after=before)
    assert [entry.kind for entry in entries] == ["update.posted", "milestone.completed"]
    assert {(entry.at, entry.actor) for entry in entries} == {(clock(), entries[0].actor)}
    assert change.project == scene.project


@pytest.mark.parametrize("error", [RuntimeError("host"), KeyboardInterrupt(), Refused("no")])
def test_a_block_that_is_left_by_an_error_writes_nothing_and_deletes_its_blobs(
    scene: Scene, error: BaseException
) -> None:
    before, blobs = picture(scene.portal.ledger.store, scene.id), list(scene.portal.files.keys())
    with pytest.raises(type(error)):
        with scene.change() as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
            change.add_version(scene.home, stream(b"v2"), changed="x")
            assert len(list(scene.portal.files.keys())) == len(blobs) + 2
            raise error
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert list(scene.portal.files.keys()) == blobs


def test_a_refusal_is_raised_at_the_step_that_caused_it(scene: Scene) -> None:
    reached: list[str] = []
    with pytest.raises(NotAllowed):
        with scene.change() as change:
            reached.append("before")
            change.start(scene.design)
            reached.append("after")
    assert reached == ["before"]


def test_a_block_may_go_on_after_a_refusal_that_it_catches(scene: Scene) -> None:
    before = scene.project.version
    with scene.change() as change:
        with pytest.raises(NotAllowed):
            change.start(scene.design)
        change.start(scene.build)
    assert kinds(scene, before) == ["milestone.started"]


def test_a_block_without_steps_writes_nothing_not_even_who_opened_it(scene: Scene) -> None:
    before = picture(scene.portal.ledger.store, scene.id)
    with scene.portal.desk(EVE).change(scene.id):
        pass
    with scene.portal.desk(EVE).change(scene.id) as change:
        change.set_status("active")
    assert picture(scene.portal.ledger.store, scene.id) == before


def test_a_block_that_is_over_takes_no_more_steps(scene: Scene) -> None:
    with scene.change() as change:
        milestone = change.add_milestone("M")
    before = picture(scene.portal.ledger.store, scene.id)
    for late in (lambda: change.add_milestone("N"), milestone.start):
        with pytest.raises(NotAllowed):
            late()
    assert picture(scene.portal.ledger.store, scene.id) == before


@pytest.mark.parametrize("door", ["open", "change"])
def test_a_block_that_was_not_entered_takes_no_steps(scene: Scene, door: str) -> None:
    """They would never be committed, and nobody would be told."""
    desk = scene.desk
    change = desk.open("Next", client="Acme") if door == "open" else desk.change(scene.id)
    with pytest.raises(NotAllowed, match=r"with desk\.change"):
        change.add_milestone("Launch")


def test_an_address_that_a_staff_member_lacked_is_taken_over_and_no_other(scene: Scene) -> None:
    """Without one they are told nothing; what the project knows already stays."""
    bare, known = Staff("zoe", "Zoe"), Staff("zoe", "Zoe Q.", "zoe@agency.example")
    emails = []
    for staff in (bare, known, Staff("zoe", "Zoe", "other@agency.example"), bare):
        with scene.portal.desk(staff).change(scene.id) as change:
            change.post_update(scene.design, done=f"as {staff}")
        zoe = next(p for p in scene.project.people.values() if p.ref == "zoe")
        emails.append((zoe.name, zoe.email))
    assert emails == [("Zoe", ""), *[("Zoe", "zoe@agency.example")] * 3]


def test_what_a_list_of_projects_gives_can_be_passed_on(scene: Scene) -> None:
    [head] = scene.desk.projects()
    with scene.desk.change(head) as change:
        change.post_update(scene.design, done="from a list")
    assert scene.desk.links(head) == scene.desk.links(scene.id)


def test_the_history_of_a_thing_is_asked_for_by_the_thing_or_its_id(scene: Scene) -> None:
    desk, project = scene.desk, scene.project
    design = project.milestones[scene.design.id]
    assert (
        desk.history(scene.id, milestone=design) == desk.history(project, milestone=design.id) != []
    )
    assert (
        desk.history(scene.id, subject=scene.home)
        == desk.history(project, subject=scene.home.id)
        != []
    )


def test_a_file_larger_than_allowed_refuses_the_block_and_leaves_no_bytes() -> None:
    portal = make_portal(largest_file=10)
    with pytest.raises(TooLarge):
        with portal.desk(BEN).open("T", client="C", id="p1") as change:
            milestone = change.add_milestone("M")
            change.add_file(milestone, stream(b"x" * 10), name="a", purpose="p")
            change.add_file(milestone, stream(b"x" * 11), name="b", purpose="p")
    assert list(portal.files.keys()) == []
    assert portal.ledger.find("p1") is None


def test_a_stream_that_breaks_refuses_the_block_and_leaves_no_bytes(scene: Scene) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("gone")

    blobs = list(scene.portal.files.keys())
    with pytest.raises(OSError, match="gone"):
        with scene.change() as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
            change.add_file(scene.design, Broken(), name="b", purpose="p")
    assert list(scene.portal.files.keys()) == blobs


def test_bytes_that_cannot_be_deleted_do_not_hide_why_the_block_was_refused(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(MemoryFiles):
        def delete(self, key: str) -> None:
            raise FileError("the disk is read-only")

    portal = make_portal(scene.portal.ledger.store, files=Stuck())
    with pytest.raises(NotAllowed):
        with portal.desk(BEN).change(scene.id) as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
            change.start(scene.design)
    (left,) = portal.files.keys()
    assert left in caplog.text


def test_blobs_stay_when_nobody_knows_whether_the_commit_took_place(scene: Scene) -> None:
    """An entry may name them; the collector takes them later if none does."""

    class Failing(Passing):
        def commit(self, *args: Any, **kwargs: Any) -> None:
            raise StoreError("disk full")

    portal = make_portal(Failing(scene.portal.ledger.store), files=scene.portal.files)
    blobs = list(portal.files.keys())
    with pytest.raises(StoreError, match="disk full"):
        with portal.desk(BEN).change(scene.id) as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
    assert len(list(portal.files.keys())) == len(blobs) + 1


# -- opening ------------------------------------------------------------------------------------


def test_a_project_is_opened_once_under_its_id(scene: Scene) -> None:
    before = picture(scene.portal.ledger.store, scene.id)
    with pytest.raises(Conflict):
        with scene.desk.open("Again", client="C", id=scene.id) as change:
            change.add_file(change.add_milestone("M"), stream(), name="a", purpose="p")
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert len(list(scene.portal.files.keys())) == 3


def test_a_ref_is_taken_once_per_account(scene: Scene) -> None:
    with pytest.raises(Conflict):
        with scene.desk.open("Again", client="C", ref="crm:17"):
            pass
    with scene.portal.desk(BEN, account="other").open("Other", client="C", ref="crm:17"):
        pass
    assert scene.portal.project(ref="crm:17").id == scene.id
    assert scene.portal.project(ref="crm:17", account="other").title == "Other"


def test_an_id_is_generated_where_none_is_given(desk: Desk) -> None:
    with desk.open("T", client="C"), desk.open("T", client="C"):
        pass
    assert len({head.project for head in desk.projects()}) == 2


def test_a_project_is_found_by_its_id_its_ref_or_itself(scene: Scene) -> None:
    for found in (
        scene.desk.project(scene.id),
        scene.desk.project(ref="crm:17"),
        scene.desk.project(scene.project),
    ):
        assert found == scene.project
    for missing in ({"project": "none"}, {"ref": "none"}, {"ref": ""}, {}):
        with pytest.raises(NotFound):
            scene.desk.project(**missing)


# -- somebody else was faster -------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", [Queueing, Passing], ids=["with turns", "without turns"])
def test_steps_run_again_on_what_somebody_else_wrote_in_the_meantime(
    scene: Scene, wrapper: type[Passing]
) -> None:
    portal = make_portal(wrapper(scene.portal.ledger.store), files=scene.portal.files)
    before = scene.project.version
    with portal.desk(BEN).change(scene.id) as mine:
        added = mine.add_milestone("Mine")
        mine.add_version(scene.home, stream(b"mine"), changed="Mine")
        with portal.desk(EVE).change(scene.id) as theirs:
            theirs.add_version(scene.home, stream(b"theirs"), changed="Theirs")
    versions = scene.visit().versions(scene.home)
    assert [v.changed for v in versions] == ["", "Theirs", "Mine"]
    assert [v.number for v in versions] == [1, 2, 3]
    assert kinds(scene, before) == [
        "person.added", "file.version", "approval.superseded", "approval.requested",
        "milestone.added", "file.version", "approval.superseded", "approval.requested",
    ]  # fmt: skip
    assert scene.project.milestones[added.id].title == "Mine"
    rounds = [a.round for a in scene.project.approvals.values()]
    assert rounds == [3]
    assert portal.verify(scene.id).ok


def test_one_step_that_is_refused_on_the_newer_project_refuses_the_whole_block(
    scene: Scene,
) -> None:
    blobs = list(scene.portal.files.keys())
    with pytest.raises(NotAllowed):
        with scene.change() as mine:
            mine.add_file(scene.design, stream(), name="a", purpose="p")
            mine.complete(scene.build)
            with scene.portal.desk(EVE).change(scene.id) as theirs:
                theirs.complete(scene.build, "Faster")
            before = picture(scene.portal.ledger.store, scene.id)
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert list(scene.portal.files.keys()) == blobs
    assert scene.project.milestones[scene.build.id].outcome == "Faster"


def test_a_decision_recorded_in_a_block_is_refused_if_the_request_was_superseded_meanwhile(
    scene: Scene,
) -> None:
    with pytest.raises(Outdated):
        with scene.change() as mine:
            mine.record_decision(scene.ask, scene.anna, "approved", source="phone")
            with scene.portal.desk(EVE).change(scene.id) as theirs:
                theirs.add_version(scene.home, stream(b"v2"), changed="x")
    assert scene.visit().approval(scene.ask).decisions == ()


def test_ids_that_a_block_gave_are_final_even_if_its_steps_run_again(scene: Scene) -> None:
    """Those of the rounds that a new version opens too."""
    with scene.change() as mine:
        mine.add_version(scene.home, stream(b"v2"), changed="x")
        (newest,) = [a for a in mine.project.approvals.values() if a.previous == scene.ask.id]
        mine.record_decision(newest.id, scene.anna, "approved", source="phone")
        handles = [mine.add_person("P"), mine.post_update(scene.design, "x", about=newest)]
        with scene.portal.desk(EVE).change(scene.id) as theirs:
            theirs.post_update(scene.build, "Theirs")
    project = scene.project
    assert handles[0].id in project.people
    assert project.updates[handles[1].id].about == newest.id
    assert project.approvals[newest.id].decision_of(scene.anna.id) is not None
    assert newest.state is ApprovalState.OPEN


def test_both_staff_of_a_first_write_join_once(scene: Scene) -> None:
    with scene.portal.desk(EVE).change(scene.id) as one:
        one.post_update(scene.design, "One")
        with scene.portal.desk(EVE).change(scene.id) as other:
            other.post_update(scene.design, "Other")
    assert sum(person.ref == EVE.ref for person in scene.project.people.values()) == 1


def test_a_change_that_somebody_else_made_already_is_not_made_again(scene: Scene) -> None:
    with scene.change() as mine:
        mine.set_status("on_hold")
        with scene.portal.desk(EVE).change(scene.id) as theirs:
            theirs.set_status("on_hold")
    assert sum(e.kind == "project.status" for e in scene.portal.entries(scene.id)) == 1


def test_expected_refuses_whatever_came_between(scene: Scene) -> None:
    seen = scene.desk.state(scene.id).chain
    with scene.desk.change(scene.id, expected=seen) as change:
        change.start(scene.build)
    blobs = list(scene.portal.files.keys())
    before = picture(scene.portal.ledger.store, scene.id)
    with pytest.raises(Conflict) as refusal:
        with scene.desk.change(scene.id, expected=seen) as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
    assert refusal.value.evidence["expected"] == seen
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert list(scene.portal.files.keys()) == blobs


def test_expected_refuses_what_comes_between_while_the_block_runs(scene: Scene) -> None:
    seen = scene.desk.state(scene.id).chain
    with pytest.raises(Conflict):
        with scene.desk.change(scene.id, expected=seen) as mine:
            mine.start(scene.build)
            with scene.portal.desk(EVE).change(scene.id) as theirs:
                theirs.post_update(scene.design, "Harmless")
    assert scene.project.milestones[scene.build.id].status is MilestoneStatus.PLANNED


def test_a_project_erased_while_the_block_runs_is_not_found_and_not_made_again(
    scene: Scene,
) -> None:
    with pytest.raises(NotFound):
        with scene.change() as change:
            change.add_file(scene.design, stream(), name="late", purpose="p")
            scene.portal.ledger.store.erase(scene.id)
    assert scene.portal.ledger.store.load(scene.id) is None
    assert len(list(scene.portal.files.keys())) == 3


def test_a_project_of_a_newer_portalkit_is_not_changed_and_its_blobs_are_deleted(
    portal: Portal, scene: Scene
) -> None:
    line = Line(UnknownFact("future.thing", "{}", ""))
    portal.ledger.write(scene.id, lambda state: ("", [line]))
    before, blobs = picture(portal.ledger.store, scene.id), list(portal.files.keys())
    with pytest.raises(NewerLog):
        with scene.change() as change:
            change.add_file(scene.design, stream(), name="a", purpose="p")
    assert picture(portal.ledger.store, scene.id) == before
    assert list(portal.files.keys()) == blobs


# -- sent twice -----------------------------------------------------------------------------------

MAKERS: dict[str, Callable[[Change, Scene, str], Handle]] = {
    "person": lambda change, scene, id: change.add_person("Cleo", id=id),
    "milestone": lambda change, scene, id: change.add_milestone("Launch", id=id),
    "update": lambda change, scene, id: change.post_update(scene.design, "News", id=id),
    "file": lambda change, scene, id: change.add_file(
        scene.design, stream(), name="a.pdf", purpose="p", id=id
    ),
    "request for a file": lambda change, scene, id: change.request_file(
        scene.design, "Logo", people=[scene.anna], id=id
    ),
    "request for approval": lambda change, scene, id: change.request_approval(
        scene.design, "Words", statement="So it is", people=[scene.anna], id=id
    ),
}


@pytest.mark.parametrize("what", MAKERS)
def test_a_form_sent_twice_has_one_effect(scene: Scene, what: str) -> None:
    """The second one finds the thing there and adds no entry; in one block, in two, or long afterwards."""
    once, desk, make = new_id(), scene.portal.desk(BEN), MAKERS[what]
    before = scene.project.version
    for _ in range(2):
        with desk.change(scene.id) as change:
            assert make(change, scene, once).id == once
            assert make(change, scene, once).id == once
    with desk.change(scene.id) as change:  # news gives way to newer news, and is known all the same
        for number in range(5):
            change.post_update(scene.design, f"Later {number}")
    with desk.change(scene.id) as change:
        make(change, scene, once)
    about = [
        e for e in scene.portal.entries(scene.id, after=before) if once in (e.subject, e.milestone)
    ]
    assert len(about) == 1
    assert list(scene.portal.care.check_files([scene.id])) == []


@pytest.mark.parametrize("what", MAKERS)
def test_of_two_forms_sent_at_once_one_has_an_effect(scene: Scene, what: str) -> None:
    """The slower one meets the thing when its steps run again, and keeps no bytes."""
    once, make = new_id(), MAKERS[what]
    with scene.portal.desk(BEN).change(scene.id) as slow:
        make(slow, scene, once)
        with scene.portal.desk(BEN).change(scene.id) as fast:
            make(fast, scene, once)
        version = scene.project.version
    assert scene.project.version == version
    assert list(scene.portal.care.check_files([scene.id])) == []


@pytest.mark.parametrize("id", ["", "..", "p1", "A" * 26, "a" * 25, "a" * 27, 7])
def test_an_id_of_another_make_is_refused(scene: Scene, id: Any) -> None:
    with pytest.raises(Invalid, match="new_id"):
        with scene.portal.desk(BEN).change(scene.id) as change:
            change.add_milestone("Launch", id=id)

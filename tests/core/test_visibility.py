"""Who sees what: an internal milestone, and all that belongs to it, does not exist for clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import asdict
from hypothesis import given, settings

from portalkit import Desk, NotAllowed, NotFound, Person, Project, Side, Visit
from portalkit.codec import write_snapshot
from portalkit.model import new_id
from portalkit.rules import see, sees
from tests.core.world import (
    EVE,
    Move,
    Scene,
    client_of,
    journeys,
    make_portal,
    play,
    stream,
    token_of,
)


def hide_one(desk: Desk) -> None:
    """Make the milestone internal that has files and approvals from the start."""
    first = next(iter(desk.project("p").files.values())).milestone
    with desk.change("p") as change:
        change.change_milestone(first, internal=True)


def hidden_ids(project: Project, entries: list[Any]) -> set[str]:
    """The internal milestones and whatever was ever made in them."""
    internal = {id for id, milestone in project.milestones.items() if milestone.internal}
    return internal | {e.subject for e in entries if e.subject and e.milestone in internal}


@given(journeys())
@settings(max_examples=60)
def test_what_a_client_sees_holds_no_word_of_an_internal_milestone(moves: list[Move]) -> None:
    """Every text of a journey names its milestone, so a leak of any of them is found."""
    portal = make_portal()
    hide_one(play(portal, moves))
    project = portal.project("p")
    hidden = hidden_ids(project, portal.entries("p"))
    seen = write_snapshot("", see(project, client_of(project)))
    assert len(hidden) > 2
    assert [id for id in hidden if id in seen] == []


@given(journeys())
@settings(max_examples=30)
def test_a_client_sees_everything_else(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    project = portal.project("p")
    seen = see(project, client_of(project))
    visible = {id for id, milestone in project.milestones.items() if not milestone.internal}
    assert set(seen.milestones) == visible
    for things in ("updates", "files", "approvals"):
        whole, part = getattr(project, things), getattr(seen, things)
        assert list(part.values()) == [t for t in whole.values() if t.milestone in visible]


@given(journeys())
@settings(max_examples=30)
def test_every_door_of_a_visit_is_closed_to_what_is_internal(moves: list[Move]) -> None:
    portal = make_portal()
    desk = play(portal, moves)
    hide_one(desk)
    person = client_of(portal.project("p"))
    with desk.change("p") as change:
        link = change.project.link_of(person.id)
        if link is None or link.revoked_at is not None:
            change.issue_link(person)
    visit = portal.visit(token_of(portal, "p", person))
    hidden = hidden_ids(portal.project("p"), portal.entries("p"))
    for id in hidden:
        for door in DOORS.values():
            with pytest.raises(NotFound) as refusal:
                door(visit, id)
            assert str(refusal.value) == str(NotFound("there is no such thing here"))
    said = str([asdict(line) for line in visit.activity(limit=1000)])
    assert [id for id in hidden if id in said] == []


DOORS: dict[str, Callable[[Visit, str], Any]] = {
    "milestone": lambda visit, id: visit.milestone(id),
    "update": lambda visit, id: visit.update(id),
    "approval": lambda visit, id: visit.approval(id),
    "versions": lambda visit, id: visit.versions(id),
    "download": lambda visit, id: visit.download(id, 1),
    "activity": lambda visit, id: visit.activity(milestone=id),
    "decide": lambda visit, id: visit.decide(id, "approved", manifest="x", typed_name="Anna K"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_foreign_id_answers_exactly_like_an_unknown_one(scene: Scene, door: str) -> None:
    """Another project's, a hidden one's, another kind's, and one that nobody ever had."""
    other = scene.portal.desk(EVE, account="other")
    with other.open("Other", client="C", id="p2") as change:
        bob = change.add_person("Bob")
        milestone = change.add_milestone("M")
        file = change.add_file(milestone, stream(), name="a", purpose="p")
        ask = change.request_approval(milestone, "A", people=[bob], files=[file])
        news = change.post_update(milestone, "x")
    visit = scene.visit()
    foreign = [bob.id, milestone.id, file.id, ask.id, news.id]
    of_another_kind = scene.home.id if door in ("milestone", "activity") else scene.design.id
    hidden = [scene.secret.id, scene.leak.id]
    for id in (*foreign, *hidden, of_another_kind, scene.anna.id, "p1", new_id()):
        with pytest.raises(NotFound) as refusal:
            DOORS[door](visit, id)
        assert type(refusal.value) is NotFound
        assert str(refusal.value) == str(NotFound("there is no such thing here"))


def test_a_milestone_made_internal_vanishes_with_all_it_holds_and_comes_back_whole(
    scene: Scene,
) -> None:
    before = scene.visit()
    manifest = before.approval(scene.ask).manifest
    with scene.change() as change:
        change.change_milestone(scene.design, internal=True)
    hidden = scene.visit()
    assert scene.ask.id not in hidden.project.approvals
    assert hidden.answers.needs_decision == ()
    assert scene.design.id not in {line.milestone for line in hidden.activity()}
    with pytest.raises(NotFound):
        before.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna K")
    with scene.change() as change:
        change.change_milestone(scene.design, internal=False)
    after = scene.visit()
    assert after.project.approvals == before.project.approvals
    assert after.project.files == before.project.files
    assert after.project.updates == before.project.updates


def test_staff_see_everything(scene: Scene) -> None:
    staff = Person("x", Side.AGENCY, "Ben")
    assert see(scene.project, staff) is scene.project
    assert all(sees(scene.project, staff, activity) for activity in scene.project.recent)
    assert scene.secret.id in {activity.milestone for activity in scene.project.recent}


def test_a_client_sees_their_own_link_and_no_other(scene: Scene) -> None:
    for person in (scene.anna, scene.bob):
        links = scene.visit(person).project.links
        assert [link.person for link in links.values()] == [person.id]
    secrets = {link.nonce for link in scene.project.links.values() if link.person == scene.bob.id}
    seen = write_snapshot("", scene.visit(scene.anna).project)
    assert [nonce for nonce in secrets if nonce in seen] == []


def test_a_client_reads_nothing_of_links_and_notes_in_the_history(scene: Scene) -> None:
    with scene.change() as change:
        change.rotate_link(scene.bob)
        change.set_scopes(scene.anna, [])
    visit = scene.visit()
    kinds = {line.kind for line in (*visit.activity(), *visit.project.recent)}
    assert "milestone.added" in kinds
    assert {kind for kind in kinds if kind.startswith(("link.", "note."))} == set()


def test_projects_of_another_account_are_not_there(scene: Scene) -> None:
    other = scene.portal.desk(EVE, account="other")
    unknown: list[str] = []
    for id in (scene.id, "nothing"):
        with pytest.raises(NotFound) as refusal:
            other.change(id)
        unknown.append(str(refusal.value).replace(id, "ID"))
    assert unknown[0] == unknown[1]
    with pytest.raises(NotFound):
        other.project(ref="crm:17")
    assert other.projects() == []


def test_a_link_that_only_looks_does_nothing_else(scene: Scene) -> None:
    with scene.change() as change:
        change.set_scopes(scene.anna, [])
    visit = scene.visit()
    assert visit.approval(scene.ask).title == "Homepage"
    assert visit.answers.needs_decision == ()
    with pytest.raises(NotAllowed):
        visit.download(scene.home, 1)
    with pytest.raises(NotAllowed):
        visit.decide(scene.ask, "approved", manifest="x", typed_name="Anna K")

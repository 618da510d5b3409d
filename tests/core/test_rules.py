"""The rules: what is refused, that a refusal changes nothing, and what is written when nothing is."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from portalkit import (
    CLIENT,
    READER,
    ApprovalState,
    Change,
    Desk,
    FileState,
    Invalid,
    LinkState,
    MilestoneStatus,
    NotAllowed,
    NotFound,
    Outcome,
    Outdated,
    PersonAdded,
    Portal,
    ProjectStatus,
    Reminders,
    Scope,
    Side,
    Staff,
)
from portalkit.rules import add_person, join_staff, manifest_digest, people_named
from portalkit.storage import Order, Waiting
from portalkit.testing import FixedClock
from tests.core.world import BEN, EVE, Scene, make_portal, picture, stream

Try = Callable[[Change, Scene], Any]
D = date(2026, 6, 1)

INVALID: dict[str, tuple[str, Try]] = {
    "project without title": ("title", lambda c, s: c.describe(title=" ")),
    "project without client": ("client", lambda c, s: c.describe(client="")),
    "project in no zone": ("zone", lambda c, s: c.describe(zone="Europe/Atlantis")),
    "project in no language": ("locale", lambda c, s: c.describe(locale="deutsch, bitte")),
    "brand that is no text": ("brand", lambda c, s: c.describe(brand=5)),
    "status that is none": ("status", lambda c, s: c.set_status("asleep")),
    "quick link without label": ("label", lambda c, s: c.set_resources([("", "https://x.example")])),
    "quick link that runs script": ("url", lambda c, s: c.set_resources([("X", "javascript:x")])),
    "person without name": ("name", lambda c, s: c.add_person("\u200e \t")),
    "person with no address": ("email", lambda c, s: c.add_person("A", email="anna at acme")),
    "person in no zone": ("zone", lambda c, s: c.add_person("A", zone="Moon")),
    "person in no language": ("locale", lambda c, s: c.add_person("A", locale="?")),
    "person on no side": ("side", lambda c, s: c.add_person("A", side="both")),
    "person renamed to nothing": ("name", lambda c, s: c.change_person(s.anna, name="")),
    "link for staff": ("person", lambda c, s: c.issue_link(ben(s))),
    "link with a scope that is none": ("scopes", lambda c, s: c.set_scopes(s.anna, ["admin"])),
    "link that expires at a naive time": (
        "expires", lambda c, s: c.extend_link(s.anna, datetime(2026, 1, 1)),
    ),
    "link that expires out of reach": ("expires", lambda c, s: c.extend_link(s.anna, 2**60)),
    "milestone without title": ("title", lambda c, s: c.add_milestone("")),
    "milestone with an endless title": ("title", lambda c, s: c.add_milestone("x" * 201)),
    "milestone due before it starts": (
        "due", lambda c, s: c.add_milestone("M", starts=D, due=D - timedelta(days=1)),
    ),
    "milestone due at a time of day": ("due", lambda c, s: c.add_milestone("M", due=datetime(2026, 6, 1))),
    "milestone due on a word": ("due", lambda c, s: c.change_milestone(s.design, due="2026-06-01")),
    "milestone that starts out of reach": ("starts", lambda c, s: c.add_milestone("M", starts=date.max)),
    "order that leaves one out": ("order", lambda c, s: c.order_milestones([s.design, s.build])),
    "order that names one twice": (
        "order", lambda c, s: c.order_milestones([s.design, s.build, s.done, s.done]),
    ),
    "milestone reopened for no reason": ("reason", lambda c, s: c.reopen(s.done, " ")),
    "start that happened on a word": ("happened", lambda c, s: c.start(s.build, happened="today")),
    "start that happened in seconds": ("happened", lambda c, s: c.start(s.build, happened=1_790_000_000)),
    "start that happened at none": ("happened", lambda c, s: c.start(s.build, happened=-1)),
    "start that happened or not": ("happened", lambda c, s: c.start(s.build, happened=True)),
    "milestone hidden by a word": ("internal", lambda c, s: c.change_milestone(s.design, internal="no")),
    "milestone hidden by nothing": ("internal", lambda c, s: c.add_milestone("M", internal=None)),
    "project in no zone at all": ("zone", lambda c, s: c.describe(zone=None)),
    "project in no language at all": ("locale", lambda c, s: c.describe(locale=None)),
    "milestone that is none": ("id", lambda c, s: c.start(None)),
    "milestone that is a number": ("id", lambda c, s: c.start(7)),
    "request to one person, not in a list": ("people", lambda c, s: c.request_approval(s.design, "A", people=s.anna)),
    "request with a schedule that is none": (
        "reminders",
        lambda c, s: c.request_approval(s.design, "A", people=[s.anna], statement="B", reminders={"every": 3}),
    ),
    "quick links that are no pairs": ("resources", lambda c, s: c.set_resources({"Staging": "https://x.example"})),
    "file that is a path": ("stream", lambda c, s: c.add_file(s.design, Path("a.pdf"), name="a.pdf", purpose="P")),
    "file that is text": (
        "stream", lambda c, s: c.add_file(s.design, io.StringIO("a"), name="a.pdf", purpose="P"),
    ),
    "update that says nothing": ("update", lambda c, s: c.post_update(s.design, " ", title="\n")),
    "update revised to nothing": ("update", lambda c, s: c.revise_update(s.news, done="")),
    "endless update": ("body", lambda c, s: c.post_update(s.design, "x" * 20_001)),
    "file without purpose": (
        "purpose", lambda c, s: c.add_file(s.design, stream(), name="a", purpose=""),
    ),
    "file in no state": (
        "state", lambda c, s: c.add_file(s.design, stream(), name="a", purpose="p", state="ready"),
    ),
    "second version without a note": ("changed", lambda c, s: c.add_version(s.home, stream(), changed=" ")),
    "endless purpose": ("purpose", lambda c, s: c.add_file(s.design, stream(), name="a", purpose="x" * 501)),
    "endless note": ("changed", lambda c, s: c.add_version(s.home, stream(), changed="x" * 501)),
    "endless reason": ("reason", lambda c, s: c.withdraw_file(s.home, "x" * 501)),
    "endless statement": ("statement", lambda c, s: ask(c, s, statement="x" * 20_001)),
    "endless comment": ("comment", lambda c, s: record(c, s, comment="x" * 5001)),
    "withdrawal for no reason": ("reason", lambda c, s: c.withdraw_file(s.home, "")),
    "label that is none": ("state", lambda c, s: c.set_file_state(s.home, "ready")),
    "approval without title": ("title", lambda c, s: ask(c, s, title="")),
    "approval about nothing": ("files", lambda c, s: ask(c, s, files=[])),
    "approval by nobody": ("people", lambda c, s: ask(c, s, people=[])),
    "approval by staff": ("people", lambda c, s: ask(c, s, people=[ben(s)])),
    "approval by none of two": ("needed", lambda c, s: ask(c, s, needed=0)),
    "approval by three of two": ("needed", lambda c, s: ask(c, s, needed=3)),
    "approval by most": ("needed", lambda c, s: ask(c, s, needed="most")),
    "approval due at a time of day": ("due", lambda c, s: ask(c, s, due=datetime(2026, 6, 1))),
    "approval with a file of elsewhere": ("", lambda c, s: ask(c, s, files=[s.plan])),
    "approval after one of elsewhere": (
        "", lambda c, s: ask(c, s, milestone=s.build, files=[s.plan], previous=s.ask),
    ),
    "update about a file of elsewhere": ("", lambda c, s: c.post_update(s.design, "x", about=s.plan)),
    "update about an approval of elsewhere": ("", lambda c, s: c.post_update(s.build, "x", about=s.ask)),
    "revision about a file of elsewhere": ("", lambda c, s: c.revise_update(s.news, about=s.plan)),
    "evidence of elsewhere": ("", lambda c, s: record(c, s, evidence=s.plan)),
    "approval voided for no reason": ("reason", lambda c, s: c.void_approval(s.ask, "")),
    "decision that is none": ("outcome", lambda c, s: record(c, s, "maybe")),
    "decision from nowhere": ("source", lambda c, s: record(c, s, source="")),
    "changes requested without a comment": ("comment", lambda c, s: record(c, s, "changes_requested")),
    "declined without a comment": ("comment", lambda c, s: record(c, s, "declined", comment=" ")),
}  # fmt: skip

NOT_ALLOWED: dict[str, Try] = {
    "second link": lambda c, s: c.issue_link(s.anna),
    "rotation of no link": lambda c, s: c.rotate_link(c.add_person("New")),
    "rotation of a revoked link": lambda c, s: [c.revoke_link(s.anna), c.rotate_link(s.anna)],
    "revocation of a revoked link": lambda c, s: [c.revoke_link(s.anna), c.revoke_link(s.anna)],
    "scopes of a revoked link": lambda c, s: [c.revoke_link(s.anna), c.set_scopes(s.anna, READER)],
    "expiry of a revoked link": lambda c, s: [c.revoke_link(s.anna), c.extend_link(s.anna, None)],
    "start of what is started": lambda c, s: c.start(s.design),
    "start of what is completed": lambda c, s: c.start(s.done),
    "completion of what is completed": lambda c, s: c.complete(s.done),
    "reopening of what is planned": lambda c, s: c.reopen(s.build, "x"),
    "reopening of what is in progress": lambda c, s: c.reopen(s.design, "x"),
    "approval in an internal milestone": lambda c, s: ask(c, s, milestone=s.secret, files=[s.leak]),
    "label on a withdrawn version": lambda c, s: [
        c.withdraw_file(s.home, "wrong"),
        c.set_file_state(s.home, "final"),
    ],
    "approval of a withdrawn version": lambda c, s: [c.withdraw_file(s.home, "wrong"), ask(c, s)],
    "decision by somebody else": lambda c, s: record(c, s, person=c.add_person("New")),
    "decision by staff": lambda c, s: record(c, s, person=ben(s)),
}

OUTDATED: dict[str, Try] = {
    "decision on a void request": lambda c, s: [c.void_approval(s.ask, "x"), record(c, s)],
    "decision on a superseded request": lambda c, s: [ask(c, s, previous=s.ask), record(c, s)],
    "decision on the version before": lambda c, s: [
        c.add_version(s.home, stream(), changed="x"),
        record(c, s),
    ],
    "decision after the end": lambda c, s: [
        record(c, s, "declined", comment="no"),
        record(c, s, person=s.bob),
    ],
    "another decision of the same person": lambda c, s: [
        record(c, s),
        record(c, s, "declined", comment="no"),
    ],
    "the same decision from elsewhere": lambda c, s: [
        record(c, s),
        c.record_decision(s.ask, s.anna, "approved", source="the telephone"),
    ],
    "voiding a void request": lambda c, s: [
        c.void_approval(s.ask, "x"),
        c.void_approval(s.ask, "x"),
    ],
    "voiding a closed request": lambda c, s: [
        record(c, s, "declined", comment="no"),
        c.void_approval(s.ask, "x"),
    ],
    "voiding a superseded request": lambda c, s: [
        ask(c, s, previous=s.ask),
        c.void_approval(s.ask, "x"),
    ],
}

NOT_FOUND: dict[str, Try] = {
    "person": lambda c, s: c.change_person("nobody", name="X"),
    "person of a link": lambda c, s: c.issue_link("nobody"),
    "person of a rotation": lambda c, s: c.rotate_link("nobody"),
    "milestone to change": lambda c, s: c.change_milestone("none", title="X"),
    "milestone to start": lambda c, s: c.start("none"),
    "milestone to complete": lambda c, s: c.complete("none"),
    "milestone to reopen": lambda c, s: c.reopen("none", "x"),
    "milestone in an order": lambda c, s: c.order_milestones(["none"]),
    "milestone of an update": lambda c, s: c.post_update("none", "x"),
    "thing that an update is about": lambda c, s: c.post_update(s.design, "x", about="none"),
    "update to revise": lambda c, s: c.revise_update("none", body="x"),
    "milestone of a file": lambda c, s: c.add_file("none", stream(), name="a", purpose="p"),
    "file of a version": lambda c, s: c.add_version("none", stream(), changed="x"),
    "file to label": lambda c, s: c.set_file_state("none", "final"),
    "file to withdraw": lambda c, s: c.withdraw_file("none", "x"),
    "version to withdraw": lambda c, s: c.withdraw_file(s.home, "x", version=2),
    "version zero to withdraw": lambda c, s: c.withdraw_file(s.home, "x", version=0),
    "milestone of an approval": lambda c, s: ask(c, s, milestone="none"),
    "person of an approval": lambda c, s: ask(c, s, people=["nobody"]),
    "file of an approval": lambda c, s: ask(c, s, files=["none"]),
    "round before": lambda c, s: ask(c, s, previous="none"),
    "approval to void": lambda c, s: c.void_approval("none", "x"),
    "approval that is a file": lambda c, s: c.void_approval(s.home, "x"),
    "approval to decide": lambda c, s: c.record_decision("none", s.anna, "approved", source="x"),
    "file of the evidence": lambda c, s: record(c, s, evidence="none"),
}


def ben(scene: Scene) -> Any:
    return next(p for p in scene.project.people.values() if p.side is Side.AGENCY)


def ask(change: Change, scene: Scene, title: str = "Homepage", **options: Any) -> Any:
    milestone = options.pop("milestone", scene.design)
    options = {"files": [scene.home], "people": [scene.anna, scene.bob], **options}
    return change.request_approval(milestone, title, **options)


def record(
    change: Change,
    scene: Scene,
    outcome: str = "approved",
    person: Any = None,
    source: str = "phone",
    **rest: Any,
) -> None:
    change.record_decision(scene.ask, person or scene.anna, outcome, source=source, **rest)


def refused(scene: Scene, request: Try, kind: type[Exception]) -> Any:
    """Try a request after one that is allowed: both are refused, and nothing changes."""
    before = picture(scene.portal.ledger.store, scene.id)
    blobs = list(scene.portal.files.keys())
    with pytest.raises(kind) as refusal:
        with scene.change() as change:
            change.post_update(scene.design, "Allowed by itself")
            request(change, scene)
    assert type(refusal.value) is kind
    assert picture(scene.portal.ledger.store, scene.id) == before
    assert list(scene.portal.files.keys()) == blobs
    return refusal.value


@pytest.mark.parametrize("what", INVALID)
def test_an_unusable_value_is_invalid_names_its_field_and_changes_nothing(
    scene: Scene, what: str
) -> None:
    field, request = INVALID[what]
    error = refused(scene, request, Invalid)
    assert error.evidence.get("field", "") == field
    assert error.remedy


@pytest.mark.parametrize("what", NOT_ALLOWED)
def test_what_the_state_of_things_forbids_is_not_allowed_and_changes_nothing(
    scene: Scene, what: str
) -> None:
    assert refused(scene, NOT_ALLOWED[what], NotAllowed).remedy


@pytest.mark.parametrize("what", OUTDATED)
def test_what_no_longer_stands_is_outdated_and_changes_nothing(scene: Scene, what: str) -> None:
    """Also within one block, where the request is no longer in the project nor yet in the log."""
    assert refused(scene, OUTDATED[what], Outdated).remedy


@pytest.mark.parametrize("what", NOT_FOUND)
def test_what_is_not_there_is_not_found_and_changes_nothing(scene: Scene, what: str) -> None:
    refused(scene, NOT_FOUND[what], NotFound)


@pytest.mark.parametrize(
    ("staff", "field"),
    [(Staff("", "X"), "ref"), (Staff("u", " "), "name"), (Staff("u", "X", "no address"), "email")],
)
def test_staff_who_cannot_be_told_apart_get_no_desk(
    portal: Portal, staff: Staff, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        portal.desk(staff)
    assert refusal.value.evidence["field"] == field


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("title", {"title": ""}),
        ("client", {"client": ""}),
        ("id", {"id": "Not an id"}),
        ("id", {"id": ".."}),
        ("id", {"id": "x" * 65}),
        ("ref", {"ref": ""}),
        ("zone", {"zone": "Mars"}),
        ("locale", {"locale": ""}),
    ],
)
def test_a_project_is_not_opened_with_an_unusable_value(
    desk: Desk, field: str, options: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refusal:
        with desk.open(**{"title": "T", "client": "C", "id": "p9", **options}):
            pass
    assert refusal.value.evidence["field"] == field
    assert desk.projects() == []


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("waiting", "staff", "Use one of client, us"),
        ("waiting", "", "Use one of client, us"),
        (
            "order",
            "title",
            "Use one of project, waiting_since, waiting_us_since, next_due, updated_at",
        ),
        ("order", None, "Use one of project"),
        ("limit", 0, "Pass 1 or more"),
        ("limit", -1, "Pass 1 or more"),
        ("limit", 2.5, "Pass 1 or more"),
        ("limit", "10", "Pass 1 or more"),
        ("limit", True, "Pass 1 or more"),
        ("limit", 2**53, "Pass 1 or more"),
        ("status", "on-hold", "Use one of active, on_hold, completed, archived"),
        ("status", "", "Use one of active"),
        ("ref", 17, "Pass a string"),
        ("client", b"acme", "Pass a string"),
        ("text", 5, "Pass a string"),
        ("after", "x", "Pass (head.project, head.id)"),
        ("after", (1, "p1"), "Pass (head.project, head.id)"),
        ("after", ("p1",), "Pass (head.project, head.id)"),
    ],
)
def test_a_list_that_no_store_can_give_is_refused_before_the_store(
    desk: Desk, field: str, value: object, remedy: str
) -> None:
    """Stores would each take it in a way of their own; the refusal names the field and what there is."""
    with pytest.raises(Invalid) as refusal:
        desk.projects(**{field: value})
    assert refusal.value.evidence == {"field": field, "value": value}
    assert refusal.value.remedy.startswith(remedy)


def test_a_list_goes_on_after_a_value_of_its_own_column(scene: Scene) -> None:
    [head] = scene.desk.projects()
    assert scene.desk.projects(order="updated_at", after=(head.updated_at, head.id)) == []
    with pytest.raises(Invalid) as refusal:
        scene.desk.projects(order="updated_at", after=("p1", head.id))
    assert refusal.value.remedy.startswith("Pass (head.updated_at, head.id)")


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("after", "x", "Pass 0 or more"),
        ("after", -1, "Pass 0 or more"),
        ("after", None, "Pass 0 or more"),
        ("after", 2**64, "Pass 0 or more"),
        ("limit", "10", "Pass 1 or more"),
        ("limit", 0, "Pass 1 or more"),
        ("limit", -1, "Pass 1 or more"),
        ("newest", "no", "Pass True or False"),
    ],
)
def test_entries_that_no_store_can_give_are_refused_before_the_store(
    scene: Scene, field: str, value: object, remedy: str
) -> None:
    select: dict[str, Any] = {field: value}
    for read in (scene.desk.history, scene.portal.entries):
        with pytest.raises(Invalid) as refusal:
            read(scene.id, **select)
        assert refusal.value.evidence == {"field": field, "value": value}
        assert refusal.value.remedy.startswith(remedy)


def test_lines_of_a_history_are_counted_in_whole_numbers(scene: Scene) -> None:
    visit = scene.visit()
    for select in ({"limit": "5"}, {"limit": 0}, {"before": "x"}, {"before": -1}):
        wrong: dict[str, Any] = select
        with pytest.raises(Invalid):
            visit.activity(**wrong)


@pytest.mark.parametrize("waiting", [None, "client", "us"])
@pytest.mark.parametrize("order", get_args(Order))
def test_a_list_may_ask_for_all_that_there_is(
    scene: Scene, waiting: Waiting | None, order: Order
) -> None:
    assert len(scene.desk.projects(waiting=waiting, order=order, limit=1)) <= 1


def kinds(scene: Scene, request: Try) -> list[str]:
    """The kinds of the entries that a request adds."""
    before = scene.project.version
    with scene.change() as change:
        request(change, scene)
    return [entry.kind for entry in scene.portal.entries(scene.id, after=before)]


@pytest.mark.parametrize(
    "request_",
    [
        lambda c, s: c.describe(title="Website relaunch "),
        lambda c, s: c.set_status("active", "still"),
        lambda c, s: c.set_resources([]),
        lambda c, s: c.change_person(s.anna, name="Anna  Keller"),
        lambda c, s: c.change_milestone(s.design, title="Design"),
        lambda c, s: c.order_milestones(list(s.project.milestones)),
        lambda c, s: c.revise_update(s.news, done="Homepage"),
        lambda c, s: c.set_file_state(s.home, "draft"),
        lambda c, s: c.set_scopes(s.anna, CLIENT),
        lambda c, s: c.extend_link(s.anna, None),
    ],
)
def test_a_change_to_what_already_is_adds_nothing(scene: Scene, request_: Try) -> None:
    assert kinds(scene, request_) == []


# -- updates ------------------------------------------------------------------------------------


def test_a_lenient_portal_takes_an_update_without_reference_and_says_what_is_better(
    scene: Scene,
) -> None:
    with scene.change() as change:
        change.post_update(scene.design, "Just so")
        assert len(change.advice) == 1
        assert "neither an outcome nor a pending decision" in change.advice[0]
        change.post_update(scene.design, "On purpose", about=scene.ask)
        change.post_update(scene.design, "About its outcome", about=scene.design)
        assert len(change.advice) == 1


def test_a_strict_portal_refuses_an_update_that_refers_to_nothing() -> None:
    portal = make_portal(strict=True)
    with portal.desk(BEN).open("T", client="C", id="p1") as change:
        milestone = change.add_milestone("M")
        with pytest.raises(Invalid) as refusal:
            change.post_update(milestone, "Just so")
        assert refusal.value.evidence["field"] == "about"
        change.post_update(milestone, "The outcome", about=milestone)
    assert [u.body for u in portal.project("p1").updates.values()] == ["The outcome"]


def test_an_update_may_refer_to_an_approval_that_closed_long_ago(scene: Scene) -> None:
    with scene.change() as change:
        change.void_approval(scene.ask, "x")
    assert scene.ask.id not in scene.project.approvals
    assert kinds(scene, lambda c, s: c.post_update(s.design, "x", about=s.ask)) == ["update.posted"]
    refused(scene, lambda c, s: c.post_update(s.build, "x", about=s.ask), Invalid)


def test_an_update_that_left_the_page_can_still_be_revised(scene: Scene) -> None:
    with scene.change() as change:
        for number in range(3):
            change.post_update(scene.design, f"News {number}")
    assert scene.news.id not in scene.project.updates
    with scene.change() as change:
        change.revise_update(scene.news, done="Homepage and footer")
        change.revise_update(scene.news, need="A decision")
    revisions = scene.visit().update(scene.news)
    assert [(u.revision, u.done, u.need) for u in revisions] == [
        (1, "Homepage", ""),
        (2, "Homepage and footer", ""),
        (3, "Homepage and footer", "A decision"),
    ]


def test_completing_a_milestone_without_an_update_or_before_a_decision_is_advised_against(
    scene: Scene,
) -> None:
    with scene.change() as change:
        change.complete(scene.build)
        change.complete(scene.design)
    assert len(change.advice) == 2
    assert "without an update" in change.advice[0]
    assert "decision" in change.advice[1]


def test_completing_a_milestone_as_it_should_be_needs_no_advice(scene: Scene) -> None:
    with scene.change() as change:
        for person in (scene.anna, scene.bob):
            record(change, scene, person=person)
        change.complete(scene.design, "All screens approved")
        assert change.advice == []


NOBODY = "no link of theirs lets them answer"


def test_asking_somebody_who_cannot_answer_is_advised_against(scene: Scene) -> None:
    """Once for each kind of answer, by name; it is allowed, for a link may come later."""
    with scene.change() as change:
        eva = change.add_person("Eva Sommer")
        ask(change, scene, "First", people=[eva, scene.anna])
        ask(change, scene, "Second", people=[eva])
        change.request_file(scene.design, "Logo", people=[eva])
        assert change.advice == []
    assert change.advice == [
        f"Eva Sommer is asked for a decision, and {NOBODY}.",
        f"Eva Sommer is asked for a file, and {NOBODY}.",
    ]


@pytest.mark.parametrize(
    "before",
    [
        lambda c, s: c.revoke_link(s.anna),
        lambda c, s: c.extend_link(s.anna, date(2025, 12, 31)),
        lambda c, s: c.set_scopes(s.anna, ["view", "comment"]),
    ],
    ids=["revoked", "expired", "without the scope"],
)
def test_a_link_that_does_not_let_them_answer_is_as_good_as_none(scene: Scene, before: Try) -> None:
    with scene.change() as change:
        before(change, scene)
    assert change.advice == []
    with scene.change() as change:
        ask(change, scene, "Again", people=[scene.anna])
        change.request_file(scene.design, "Logo", people=[scene.anna])
    assert [NOBODY in said for said in change.advice] == [True, True]


def test_a_new_round_that_only_asks_somebody_forgotten_is_advised_against(scene: Scene) -> None:
    with scene.change() as change:
        eva = change.add_person("Eva Sommer")
        change.issue_link(eva)
        plan = change.add_file(scene.build, stream(), name="plan.pdf", purpose="The plan")
        ask(change, scene, "Plan", milestone=scene.build, people=[eva], files=[plan])
    scene.portal.care.redact(scene.id, eva.id)
    with scene.change() as change:
        change.add_version(plan, stream(b"v2"), changed="x")
    erased = "Somebody whose name was erased"
    assert change.advice == [f"{erased} is asked for a decision, and {NOBODY}."]


@pytest.mark.parametrize(
    "after",
    [
        lambda c, s, eva, asked: c.issue_link(eva),
        lambda c, s, eva, asked: c.void_approval(asked, "A mistake"),
        lambda c, s, eva, asked: c.record_decision(asked, eva, "approved", source="phone"),
        lambda c, s, eva, asked: ask(c, s, people=[s.anna], previous=asked),
    ],
    ids=["link", "void", "decided", "superseded"],
)
def test_what_counts_is_how_things_stand_at_the_end_of_the_block(
    scene: Scene, after: Callable[..., Any]
) -> None:
    with scene.change() as change:
        eva = change.add_person("Eva Sommer")
        asked = ask(change, scene, "First", people=[eva])
        after(change, scene, eva, asked)
        file = change.request_file(scene.design, "Logo", people=[eva])
        if not change.project.link_of(eva.id):
            change.withdraw_request(file, "A mistake")
    assert change.advice == []


# -- files --------------------------------------------------------------------------------------


def test_a_new_version_opens_the_next_round_of_every_open_request_about_the_file(
    scene: Scene,
) -> None:
    with scene.change() as change:
        other = ask(
            change,
            scene,
            "Colours",
            statement="All blue",
            people=[scene.bob],
            needed="any",
            due=D,
            reminders=Reminders(first=None, every=None, most=0),
        )
    added = kinds(scene, lambda c, s: c.add_version(s.home, stream(b"v2"), changed="Hero"))
    assert added == ["file.version", *["approval.superseded", "approval.requested"] * 2]
    for id in (scene.ask.id, other.id):
        old = scene.visit().approval(id)
        new = scene.project.approvals[old.superseded_by]
        assert old.state is ApprovalState.SUPERSEDED
        assert old.superseded_why == "homepage.pdf v2"
        assert (new.round, new.previous) == (2, old.id)
        assert (new.title, new.statement, new.people) == (old.title, old.statement, old.people)
        assert (new.needed, new.due, new.milestone) == (old.needed, old.due, old.milestone)
        assert new.reminders == old.reminders
        assert [item.version for item in new.files] == [2]
        assert new.files[0].sha256 != old.files[0].sha256
        assert new.manifest == manifest_digest(new.id, new.title, new.statement, new.files)
        assert new.manifest != old.manifest
        assert id not in scene.project.approvals


def test_a_new_version_keeps_the_other_files_of_the_request_as_they_are(scene: Scene) -> None:
    with scene.change() as change:
        extra = change.add_file(scene.design, stream(b"x"), name="x.txt", purpose="More")
        both = ask(change, scene, files=[scene.home, extra])
    with scene.change() as change:
        change.add_version(extra, stream(b"y"), changed="All of it")
    new = next(a for a in scene.project.approvals.values() if a.previous == both.id)
    assert [(i.file, i.version) for i in new.files] == [(scene.home.id, 1), (extra.id, 2)]
    assert scene.project.approvals[scene.ask.id].state is ApprovalState.OPEN


def test_a_new_version_leaves_closed_requests_alone(scene: Scene) -> None:
    with scene.change() as change:
        record(change, scene, "declined", comment="No")
    added = kinds(scene, lambda c, s: c.add_version(s.home, stream(b"v2"), changed="Hero"))
    assert added == ["file.version"]


def test_a_new_version_keeps_name_and_label_unless_told_otherwise(scene: Scene) -> None:
    with scene.change() as change:
        change.set_file_state(scene.home, "final")
        change.add_version(scene.home, stream(b"v2"), changed="Hero")
    current = scene.project.files[scene.home.id].current
    assert (current.name, current.state) == ("homepage.pdf", FileState.FINAL)
    with scene.change() as change:
        change.add_version(scene.home, stream(b"v3"), changed="x", name="home.pdf", state="draft")
    file = scene.project.files[scene.home.id]
    assert (file.name, file.state, file.versions) == ("home.pdf", FileState.DRAFT, 3)


def test_a_withdrawal_voids_the_open_requests_about_that_version(scene: Scene) -> None:
    added = kinds(scene, lambda c, s: c.withdraw_file(s.home, "Wrong client"))
    assert added == ["file.withdrawn", "approval.voided"]
    assert scene.visit().approval(scene.ask).void_why == "Wrong client"
    assert scene.project.files[scene.home.id].current.withdrawn == "Wrong client"
    assert kinds(scene, lambda c, s: c.withdraw_file(s.home, "Again")) == []


def test_the_withdrawal_of_an_older_version_voids_no_request_about_the_newer(scene: Scene) -> None:
    with scene.change() as change:
        change.add_version(scene.home, stream(b"v2"), changed="x")
    added = kinds(scene, lambda c, s: c.withdraw_file(s.home, "Wrong", version=1))
    assert added == ["file.withdrawn"]
    assert [v.withdrawn for v in scene.visit().versions(scene.home)] == ["Wrong", ""]


def test_an_older_version_is_withdrawn_once(scene: Scene) -> None:
    """The reason that was given first stands; a second in the same block, or later, adds nothing."""
    with scene.change() as change:
        change.add_version(scene.home, stream(b"v2"), changed="x")

    def twice(change: Change, scene: Scene) -> None:
        change.withdraw_file(scene.home, "Wrong", version=1)
        change.withdraw_file(scene.home, "Again", version=1)

    assert kinds(scene, twice) == ["file.withdrawn"]
    assert kinds(scene, lambda c, s: c.withdraw_file(s.home, "Again", version=1)) == []
    assert [v.withdrawn for v in scene.visit().versions(scene.home)] == ["Wrong", ""]
    with pytest.raises(NotFound):
        kinds(scene, lambda c, s: c.withdraw_file(s.home, "None", version=3))


# -- approvals ----------------------------------------------------------------------------------


def test_a_request_is_bound_to_the_exact_versions_and_words(scene: Scene) -> None:
    asked = scene.project.approvals[scene.ask.id]
    current = scene.project.files[scene.home.id].current
    assert [(i.file, i.version, i.sha256) for i in asked.files] == [
        (scene.home.id, 1, current.sha256)
    ]
    same = (asked.id, asked.title, asked.statement, asked.files)
    assert asked.manifest == manifest_digest(*same)
    for place, other in enumerate(("other", "Other", "Other", ())):
        changed = [*same[:place], other, *same[place + 1 :]]
        assert manifest_digest(*changed) != asked.manifest  # type: ignore[arg-type]


def test_the_order_in_which_files_are_named_does_not_change_the_digest(scene: Scene) -> None:
    with scene.change() as change:
        extra = change.add_file(scene.design, stream(b"x"), name="x.txt", purpose="More")
        one = ask(change, scene, files=[scene.home, extra])
    files = scene.project.approvals[one.id].files
    assert manifest_digest("a", "T", "", files) == manifest_digest("a", "T", "", files[::-1])


def test_people_are_named_by_id_or_address_and_nobody_by_nothing(scene: Scene) -> None:
    """Who has no address is not meant by an empty one."""
    with scene.change() as change:
        change.add_person("Eve")
        change.change_person(scene.anna, email="anna@acme.example")
    assert people_named(scene.project, scene.bob.id) == [scene.bob.id]
    assert people_named(scene.project, "Anna@ACME.example") == [scene.anna.id]
    assert people_named(scene.project, "nobody@acme.example") == []
    assert people_named(scene.project, "") == []


def test_people_and_files_named_twice_count_once(scene: Scene) -> None:
    with scene.change() as change:
        made = ask(change, scene, people=[scene.anna, scene.anna], files=[scene.home, scene.home])
    asked = scene.project.approvals[made.id]
    assert asked.people == (scene.anna.id,)
    assert len(asked.files) == 1


@pytest.mark.parametrize(("needed", "kept"), [("all", None), ("any", 1), (1, 1), (2, 2)])
def test_all_any_and_at_least_n_are_one_policy(scene: Scene, needed: Any, kept: Any) -> None:
    with scene.change() as change:
        made = ask(change, scene, needed=needed)
    assert scene.project.approvals[made.id].needed == kept


def test_a_request_may_be_about_a_statement_alone(scene: Scene) -> None:
    with scene.change() as change:
        made = ask(change, scene, files=[], statement="We launch in May.")
    assert scene.project.approvals[made.id].statement == "We launch in May."


def test_a_request_that_names_an_open_one_takes_its_place(scene: Scene) -> None:
    """The history of the old one says in which round it goes on."""
    added = kinds(scene, lambda c, s: ask(c, s, "Homepage, simpler", previous=s.ask))
    assert added == ["approval.superseded", "approval.requested"]
    assert [a.round for a in scene.project.approvals.values()] == [2]
    [said] = [e.fact for e in scene.portal.entries(scene.id) if e.kind == "approval.superseded"]
    assert said.why == "#2"


def test_a_request_that_names_a_closed_one_is_its_next_round(scene: Scene) -> None:
    with scene.change() as change:
        record(change, scene, "changes_requested", comment="Bigger")
    assert kinds(scene, lambda c, s: ask(c, s, previous=s.ask)) == ["approval.requested"]
    assert [a.round for a in scene.project.approvals.values()] == [1, 2]


def test_a_round_that_was_followed_is_not_followed_again(scene: Scene) -> None:
    """Rounds do not fork: neither after a new version in the same block, nor after a decision."""
    with scene.change() as change:
        change.add_version(scene.home, stream(b"v2"), changed="x")
        with pytest.raises(Outdated):
            ask(change, scene, "Homepage, again", previous=scene.ask)
    [second] = scene.project.approvals.values()
    with scene.change() as change:
        change.record_decision(second, scene.anna, "declined", source="mail", comment="No")
        third = ask(change, scene, "Third", previous=second)
        with pytest.raises(Outdated):
            ask(change, scene, "Third, sent twice", previous=second)
    assert [a.round for a in scene.project.approvals.values() if a.waiting_for] == [3]
    assert scene.project.approvals[third.id].previous == second.id


def test_a_round_that_was_followed_long_ago_is_not_followed_again(scene: Scene) -> None:
    """Also when neither it nor its follower is at hand any more: the log knows."""

    def closed(change: Change, **options: Any) -> Any:
        made = ask(change, scene, people=[scene.anna], **options)
        change.record_decision(made, scene.anna, "approved", source="mail")
        return made

    with scene.change() as change:
        first = closed(change)
    with scene.change() as change:
        second = closed(change, previous=first)
        closed(change)
        with pytest.raises(Outdated):
            ask(change, scene, previous=first)
    assert not {first.id, second.id} & set(scene.project.approvals)
    with scene.change() as change:
        with pytest.raises(Outdated) as refusal:
            ask(change, scene, previous=first)
        third = ask(change, scene, previous=second)
    assert refusal.value.evidence["by"] == second.id
    assert scene.project.approvals[third.id].round == 3


def test_the_desk_lists_every_request_ever_made_with_its_decisions_however_old(
    scene: Scene,
) -> None:
    """The project lets go of all but the last of a milestone; what was wanted then is still asked for."""
    asked = []
    for number in range(3):
        with scene.change() as change:
            made = ask(change, scene, f"Logo {number}", people=[scene.anna])
            change.record_decision(
                made, scene.anna, "approved_with_changes", source="mail", comment=f"Red {number}"
            )
            asked.append(made.id)
    with scene.change() as change:
        again = ask(change, scene, "Logo again", people=[scene.anna], previous=asked[1])
        elsewhere = change.request_approval(
            change.add_milestone("Print"), "Cards", statement="All", people=[scene.anna]
        )
    found = scene.desk.approvals(scene.id)
    assert [a.id for a in found] == [elsewhere.id, again.id, *asked[::-1], scene.ask.id]
    assert [d.comment for a in found for d in a.decisions] == ["Red 2", "Red 1", "Red 0"]
    assert [a.followed_by for a in found] == ["", "", "", again.id, "", ""]
    assert scene.desk.approvals(scene.id, milestone=scene.design) == found[1:]
    assert not set(asked[:1]) & set(scene.project.approvals)


def test_what_was_sent_back_waits_for_the_agency_until_a_later_round(scene: Scene) -> None:
    """Also when another request in the same milestone was approved since, or is still open."""
    with scene.change() as change:
        change.record_decision(scene.ask, scene.anna, "declined", source="mail", comment="No")
        other = ask(change, scene, "Other", needed="any")
        change.record_decision(other, scene.anna, "approved", source="mail")
        ask(change, scene, "Open")
    [head] = scene.desk.projects()
    assert head.waiting_us_since == scene.project.approvals[scene.ask.id].ended_at
    with scene.change() as change:
        ask(change, scene, "Again", previous=scene.ask)
    [head] = scene.desk.projects()
    assert head.waiting_us_since is None


def test_a_block_that_is_over_is_not_entered_again(scene: Scene) -> None:
    with scene.change() as change:
        change.post_update(scene.design, "Once")
    with pytest.raises(NotAllowed), change:
        pass
    assert [u.body for u in scene.project.updates.values()].count("Once") == 1


@pytest.mark.parametrize("changes", [{"revision": 99}, {"foo": 1}])
def test_a_revision_changes_nothing_but_words(scene: Scene, changes: dict[str, Any]) -> None:
    with scene.change() as change, pytest.raises(Invalid):
        change.revise_update(scene.news, body="New", **changes)


def test_what_a_project_does_not_have_cannot_be_described(scene: Scene) -> None:
    with scene.change() as change:
        for wrong in ({"ref": "other"}, {"foo": 1}):
            with pytest.raises(Invalid, match="cannot be changed"):
                change.describe(**wrong)
        with pytest.raises(Invalid, match="cannot be changed"):
            change.change_person(scene.anna, side="agency")
        with pytest.raises(Invalid, match="cannot be changed"):
            change.change_milestone(scene.design, status="completed")


def test_a_revision_may_name_a_request_that_closed_long_ago(scene: Scene) -> None:
    with scene.change() as change:
        change.void_approval(scene.ask, "Asked too early")
    with scene.change() as change:
        change.revise_update(scene.news, body="More", about=scene.ask)
    assert scene.project.updates[scene.news.id].about == scene.ask.id


def test_a_decision_in_a_hidden_milestone_waits_for_nobody(scene: Scene) -> None:
    with scene.change() as change:
        change.change_milestone(scene.design, internal=True)
    [head] = scene.desk.projects()
    assert (head.pending, head.waiting_since) == (0, None)
    assert scene.project.answers.needs_decision == ()


def test_the_same_recorded_decision_twice_in_one_block_is_one(scene: Scene) -> None:
    assert kinds(scene, lambda c, s: [record(c, s), record(c, s)]) == ["approval.decided"]


def test_two_people_decide_in_one_block_until_the_end(scene: Scene, clock: FixedClock) -> None:
    """Also when an approval that closed later than the clock stands is the last closed one."""
    with scene.change() as change:
        early = ask(change, scene, "Early", needed="any")
    clock.advance(days=3)
    with scene.change() as change:
        change.record_decision(early, scene.anna, "approved", source="mail")
    clock.advance(days=-3)
    both = kinds(scene, lambda c, s: [record(c, s), record(c, s, person=s.bob)])
    assert both == ["approval.decided", "approval.decided"]
    assert scene.visit().approval(scene.ask).outcome is Outcome.APPROVED


def test_a_decision_given_elsewhere_says_who_wrote_it_down_from_where_and_when(
    scene: Scene,
) -> None:
    happened = datetime(2026, 1, 4, 12, tzinfo=UTC)
    with scene.change() as change:
        mail = change.add_file(scene.design, stream(b"Yes!"), name="yes.eml", purpose="Her mail")
        record(change, scene, source="mail", happened=happened, evidence=mail, comment="Yes!")
    decision = scene.project.approvals[scene.ask.id].decision_of(scene.anna.id)
    assert decision is not None
    assert decision.by == ben(scene).id != decision.person == scene.anna.id
    assert (decision.source, decision.comment) == ("mail", "Yes!")
    assert decision.at == happened.timestamp() * 1000
    fact: Any = scene.portal.entries(scene.id)[-1].fact
    assert (fact.recognised, fact.evidence_file, fact.typed_name) == ("elsewhere", mail.id, "")
    assert (fact.title, fact.round) == ("Homepage", 1)


def test_a_decision_may_have_been_given_before_its_request_was_written_down(scene: Scene) -> None:
    """A project is taken over with what was decided in it: both are written today, in one block."""
    with scene.change() as change:
        old = ask(change, scene, "Contract", statement="Ten screens", people=[scene.anna])
        change.record_decision(
            old, scene.anna, "approved", source="letter", happened=date(2024, 3, 1)
        )
    given = int(datetime(2024, 3, 1, tzinfo=UTC).timestamp() * 1000)
    approval = scene.visit().approval(old)
    assert (approval.outcome, approval.ended_at) == (Outcome.APPROVED, given)
    assert approval.asked_at > given
    assert scene.project.answers.needs_decision == (scene.project.approvals[scene.ask.id],)


# -- descriptions ---


def test_a_description_is_cleaned_and_kept_whole(scene: Scene) -> None:
    words = {name: f" New\u202e  {name} " for name in ("title", "client", "client_key", "brand")}
    with scene.change() as change:
        change.describe(**words, summary=" Two\r\nlines ", zone="Europe/Paris", locale="fr_CA")
    project = scene.project
    assert (project.title, project.brand) == ("New title", "New brand")
    assert (project.client_name, project.client) == ("New client", "New client_key")
    assert project.summary == "Two\nlines"
    assert (project.zone, project.locale) == ("Europe/Paris", "fr-CA")
    assert (project.ref, project.account) == ("crm:17", "")


def test_a_project_is_opened_with_a_clean_description(desk: Desk) -> None:
    options = {"client_key": " key ", "ref": " r ", "brand": " b ", "summary": " s "}
    with desk.open(" T ", client=" C ", id="p9", zone="Asia/Tokyo", locale="ja_JP", **options):
        pass
    project = desk.project("p9")
    assert (project.title, project.client_name, project.client) == ("T", "C", "key")
    assert (project.ref, project.brand, project.summary) == ("r", "b", "s")
    assert (project.zone, project.locale) == ("Asia/Tokyo", "ja-JP")


def test_the_particulars_of_a_person_are_cleaned_and_kept_whole(scene: Scene) -> None:
    with scene.change() as change:
        added = change.add_person(
            " Carl\tCox ", email=" c@x.example", role=" CTO ", locale="de_AT", zone="Europe/Vienna"
        )
        whole = change.project.people[added.id]
        change.change_person(added, role="CEO")
    carl = scene.project.people[added.id]
    assert (whole.name, whole.email, whole.role) == ("Carl Cox", "c@x.example", "CTO")
    assert (whole.locale, whole.zone) == ("de-AT", "Europe/Vienna")
    assert (carl.role, carl.name, carl.email) == ("CEO", whole.name, whole.email)
    assert (carl.locale, carl.zone, carl.side) == (whole.locale, whole.zone, Side.CLIENT)


def test_a_change_of_a_milestone_keeps_what_it_does_not_name(scene: Scene) -> None:
    with scene.change() as change:
        made = change.add_milestone("M", summary="S", starts=D, due=D, internal=True)
        change.change_milestone(made, title="N")
    milestone = scene.project.milestones[made.id]
    assert (milestone.title, milestone.summary) == ("N", "S")
    assert (milestone.starts, milestone.due, milestone.internal) == (D, D, True)


# -- milestones, status, people -----------------------------------------------------------------


def test_a_milestone_may_be_completed_without_having_been_started(scene: Scene) -> None:
    with scene.change() as change:
        change.complete(scene.build, "Online", happened=date(2025, 6, 1))
    milestone = scene.project.milestones[scene.build.id]
    assert milestone.status is MilestoneStatus.COMPLETED
    assert milestone.completed_at == datetime(2025, 6, 1, tzinfo=UTC).timestamp() * 1000


def test_what_lies_ahead_has_not_happened(scene: Scene, clock: FixedClock) -> None:
    with scene.change() as change:
        for happened in (clock() + 1, date(2099, 1, 1)):
            with pytest.raises(Invalid, match="not happened yet"):
                change.complete(scene.build, "Online", happened=happened)
            with pytest.raises(Invalid, match="not happened yet"):
                change.record_decision(
                    scene.ask, scene.anna, "approved", source="mail", happened=happened
                )
        change.complete(scene.build, "Online", happened=clock())


def test_one_id_is_no_list_of_ids(scene: Scene) -> None:
    """Its letters would be looked up one by one."""
    with scene.change() as change:
        for wrong in (
            lambda: ask(change, scene, people=scene.anna.id),
            lambda: ask(change, scene, files=scene.home.id),
            lambda: change.order_milestones(scene.design.id),
            lambda: change.set_scopes(scene.anna, "view"),
        ):
            with pytest.raises(Invalid, match="must be a list"):
                wrong()


def test_bytes_of_a_refused_step_are_not_kept_even_if_the_block_goes_on(scene: Scene) -> None:
    held = set(scene.portal.files.keys("p1"))
    with scene.change() as change:
        with pytest.raises(Invalid):
            change.add_file(scene.design, stream(b"x"), name="x.txt", purpose="")
        with pytest.raises(Invalid):
            change.add_version(scene.home, stream(b"y"), changed="")
        change.post_update(scene.design, "Goes on")
    assert set(scene.portal.files.keys("p1")) == held


def test_a_strict_portal_lets_no_revision_lose_its_reference(scene: Scene) -> None:
    scene.portal.strict = True
    with scene.change() as change, pytest.raises(Invalid, match="must refer"):
        change.revise_update(scene.news, about=None)


def test_a_reopened_milestone_is_in_progress_again(scene: Scene) -> None:
    with scene.change() as change:
        change.reopen(scene.done, "One more thing")
    milestone = scene.project.milestones[scene.done.id]
    assert milestone.status is MilestoneStatus.IN_PROGRESS


def test_an_order_puts_every_milestone_where_it_is_named(scene: Scene) -> None:
    order = list(scene.project.milestones)[::-1]
    with scene.change() as change:
        change.order_milestones(order)
    assert list(scene.project.milestones) == order


def test_a_status_holds_its_reason(scene: Scene) -> None:
    with scene.change() as change:
        change.set_status("on_hold", "Budget")
    assert scene.project.status is ProjectStatus.ON_HOLD
    assert scene.project.status_reason == "Budget"


def test_staff_become_a_person_of_the_project_at_their_first_write_and_once(
    portal: Portal, scene: Scene
) -> None:
    eve = portal.desk(Staff(" u2\t", "Eve  Park", "eve@studio.example"))
    for text in ("One", "Two"):
        with eve.change(scene.id) as change:
            change.post_update(scene.design, text)
    people = [p for p in scene.project.people.values() if p.ref == "u2"]
    assert [(p.name, p.side, p.email) for p in people] == [
        ("Eve Park", Side.AGENCY, "eve@studio.example")
    ]
    assert portal.entries(scene.id)[-1].actor == people[0].id


def test_staff_who_are_in_the_project_do_not_join_again(scene: Scene) -> None:
    assert join_staff(scene.project, BEN, "again") == []
    (line,) = join_staff(scene.project, EVE, "eve")
    assert line.subject == "eve"


def test_the_first_entry_opens_the_project_and_its_author_is_the_second(scene: Scene) -> None:
    first, second, *_ = scene.portal.entries(scene.id)
    assert (first.kind, second.kind) == ("project.opened", "person.added")
    assert first.actor == second.actor == second.subject == ben(scene).id


def test_a_client_is_never_taken_for_staff(portal: Portal, scene: Scene) -> None:
    """Even if a person of the client's side has the key of a staff member."""
    client = PersonAdded(Side.CLIENT, name="Not Eve", ref=EVE.ref)
    with scene.change() as change:
        change.step(lambda project: add_person(project, "client", client))
    with portal.desk(EVE).change(scene.id) as change:
        change.post_update(scene.design, "x")
    author = scene.project.people[portal.entries(scene.id)[-1].actor]
    assert (author.side, author.name) == (Side.AGENCY, EVE.name)


# -- links --------------------------------------------------------------------------------------


def test_the_life_of_a_link(scene: Scene, clock: FixedClock) -> None:
    """Issued, expired, extended, revoked, issued again: the id stays, the secret does not."""
    issued = scene.project.link_of(scene.anna.id)
    assert issued is not None
    assert issued.id.startswith("p1.")
    assert issued.scopes == CLIENT

    with scene.change() as change:
        change.extend_link(scene.anna, date(2026, 1, 31))
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    assert link.expires_at == datetime(2026, 2, 1, tzinfo=UTC).timestamp() * 1000
    clock.set(datetime(2026, 2, 1, tzinfo=UTC))
    assert link.state(clock()) is LinkState.EXPIRED

    with scene.change() as change:
        change.extend_link(scene.anna, None)
        change.set_scopes(scene.anna, [Scope.DOWNLOAD])
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    assert link.state(clock()) is LinkState.ACTIVE
    assert link.scopes == READER

    with scene.change() as change:
        change.revoke_link(scene.anna, "Left Acme")
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    assert link.state(clock()) is LinkState.REVOKED

    with scene.change() as change:
        handle = change.issue_link(scene.anna)
    again = scene.project.link_of(scene.anna.id)
    assert again is not None
    assert handle.id == again.id == issued.id
    assert again.state(clock()) is LinkState.ACTIVE
    assert again.nonce != issued.nonce
    assert issued.nonce in again.former
    assert again.scopes == READER  # issuing again never widens what was allowed


def test_a_rotation_replaces_the_secret_and_keeps_the_rest(scene: Scene) -> None:
    before = scene.project.link_of(scene.anna.id)
    with scene.change() as change:
        change.set_scopes(scene.anna, READER)
        change.rotate_link(scene.anna)
    after = scene.project.link_of(scene.anna.id)
    assert before is not None
    assert after is not None
    assert (after.id, after.person, after.scopes) == (before.id, before.person, READER)
    assert after.nonce != before.nonce


def test_every_link_allows_to_look(scene: Scene) -> None:
    with scene.change() as change:
        change.set_scopes(scene.anna, [])
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    assert link.scopes == {Scope.VIEW}


def test_a_link_is_asked_for_at_most_once_a_day(scene: Scene, clock: FixedClock) -> None:
    link = scene.project.link_of(scene.anna.id)
    assert link is not None

    def requests() -> int:
        return sum(e.kind == "link.requested" for e in scene.portal.entries(scene.id))

    for _ in range(3):
        scene.portal.request_link(link.id)
        clock.advance(seconds=60)
    assert requests() == 1
    clock.advance(days=1)
    scene.portal.request_link(link.id)
    assert requests() == 2


def test_asking_for_an_unknown_link_changes_nothing_and_says_nothing(scene: Scene) -> None:
    before = picture(scene.portal.ledger.store, scene.id)
    for link in ("", "nonsense", f"p1.{'a' * 26}", f"other.{'a' * 26}"):
        scene.portal.request_link(link)
    assert picture(scene.portal.ledger.store, scene.id) == before


def test_a_revoked_link_can_be_asked_for(scene: Scene) -> None:
    with scene.change() as change:
        change.revoke_link(scene.anna)
    link = scene.project.link_of(scene.anna.id)
    assert link is not None
    scene.portal.request_link(link.id)
    assert scene.portal.entries(scene.id)[-1].kind == "link.requested"

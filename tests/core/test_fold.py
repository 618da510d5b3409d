"""The fold: total, pure, bounded, and at one with the views of the log."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import asdict, evolve
from hypothesis import assume, given, settings

from portalkit import ApprovalState, Entry, MilestoneStatus, Outcome, Portal, Project, UnknownFact
from portalkit.codec import write_snapshot
from portalkit.facts import (
    KINDS,
    FileAdded,
    FileWithdrawn,
    Line,
    LinkIssued,
    LinkRotated,
    MilestoneAdded,
    MilestonesOrdered,
    PersonAdded,
    ProjectOpened,
    UpdatePosted,
    UpdateRevised,
    VersionAdded,
)
from portalkit.fold import (
    activity_of,
    apply,
    fold,
    fold_approval,
    fold_approvals,
    fold_update,
    versions,
)
from portalkit.rules import see
from tests.core.world import (
    LOGS,
    Move,
    Scene,
    client_of,
    entries_of,
    journeys,
    make_portal,
    play,
    with_marked_secrets,
)

POSITIVE = (Outcome.APPROVED, Outcome.APPROVED_WITH_CHANGES)
QUIET = ("link.", "note.", "notices.", "recap.", "reminder.", "future.")


@given(LOGS)
@settings(max_examples=100)
def test_any_sequence_of_entries_folds(lines: list[Line]) -> None:
    """Total: what is in the log has happened, so the fold refuses nothing."""
    entries = entries_of(lines)
    project = fold(entries)
    if not entries:
        assert project is None
    else:
        assert project is not None
        assert project.version == len(entries)
        assert (project.created_at, project.updated_at) == (entries[0].at, entries[-1].at)


@given(LOGS)
@settings(max_examples=50)
def test_folding_changes_nothing_but_its_result(lines: list[Line]) -> None:
    """Pure: the project before an entry stays as it was, and the same log gives the same project."""
    project: Project | None = None
    for entry in entries_of(lines):
        before = None if project is None else write_snapshot("", project)
        after = apply(project, entry)
        assert apply(project, entry) == after
        assert before is None or write_snapshot("", project) == before  # type: ignore[arg-type]
        project = after


@given(LOGS)
@settings(max_examples=30)
def test_a_log_may_be_folded_in_two_parts(lines: list[Line]) -> None:
    entries = entries_of(lines)
    half = len(entries) // 2
    assert fold(entries[half:], fold(entries[:half])) == fold(entries)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_understood(kind: str) -> None:
    entry = entries_of([Line(with_marked_secrets(kind), "m1", "s1")])[0]
    assert not apply(None, entry).newer


@pytest.mark.parametrize(("kind", "newer"), [("note.call", False), ("future.thing", True)])
def test_an_unknown_kind_makes_the_project_newer_unless_it_is_a_note(
    kind: str, newer: bool
) -> None:
    entries = entries_of([Line(ProjectOpened("T", "C")), Line(UnknownFact(kind, "{}", ""))])
    project = fold(entries)
    assert project is not None
    assert project.newer is newer
    assert project.version == 2
    assert [a.kind for a in project.recent] == ["project.opened"]


# -- bounds -------------------------------------------------------------------------------------


@given(journeys(40))
@settings(max_examples=40)
def test_a_project_keeps_what_its_page_needs_and_no_more(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    project, entries = portal.project("p"), portal.entries("p")
    assert len(project.recent) <= 60
    approvals = [a for a in fold_approvals(entries) if a.outcome in POSITIVE]
    for file in project.files.values():
        numbers = [i.version for a in approvals for i in a.files if i.file == file.id]
        assert file.approved == max(numbers, default=0)
    for id, milestone in project.milestones.items():
        delivered = [e.subject for e in entries if e.kind == "file.added" and e.milestone == id]
        assert [file.id for file in project.files_of(id)] == delivered
        mine = [e for e in entries if e.milestone == id]
        posted = [e.subject for e in mine if isinstance(e.fact, UpdatePosted)]
        assert [u.id for u in project.updates_of(id)] == posted[::-1][:3]
        assert milestone.updates == len(posted)
        assert milestone.seq == mine[-1].seq

        asked = list(dict.fromkeys(e.subject for e in mine if e.kind.startswith("approval.")))
        every = [a for a in (fold_approval(entries_about(entries, id)) for id in asked) if a]
        closed = [a for a in every if a.state is ApprovalState.CLOSED]
        last = max(closed, key=lambda a: a.decisions[-1].seq, default=None)
        taken_up = {a.previous: a.id for a in every if a.previous}
        every = [evolve(a, followed_by=taken_up.get(a.id, "")) for a in every]
        kept = [
            a
            for a in every
            if a.state is ApprovalState.OPEN or a.returned or (last and a.id == last.id)
        ]
        assert list(project.approvals_of(id)) == kept


def entries_about(entries: list[Entry], subject: str) -> list[Entry]:
    return [entry for entry in entries if entry.subject == subject]


@given(LOGS)
@settings(max_examples=60)
def test_even_an_absurd_log_folds_to_a_bounded_project(lines: list[Line]) -> None:
    entries = entries_of(lines * 3)
    project = fold(entries)
    if project is None:
        return
    assert len(project.recent) <= 60
    for milestone in {entry.milestone for entry in entries}:
        assert len(project.updates_of(milestone)) <= 3
    assert all(len(link.former) <= 5 for link in project.links.values())


@given(LOGS)
@settings(max_examples=60)
def test_the_recent_history_is_that_of_the_last_thirty_entries_that_are_news(
    lines: list[Line],
) -> None:
    entries = entries_of(lines * 3)
    project = fold(entries)
    assume(project is None or not any(m.internal for m in project.milestones.values()))
    news = [activity_of(entry) for entry in entries if not entry.kind.startswith(QUIET)]
    assert project is None or list(project.recent) == news[::-1][:30]


def test_work_in_an_internal_milestone_pushes_nothing_out_of_what_clients_see() -> None:
    """And staff still see the latest of both."""
    lines = [Line(ProjectOpened("Site", "Acme"))]
    lines += [
        Line(MilestoneAdded("Design"), "m1"),
        Line(MilestoneAdded("Costs", internal=True), "m2"),
    ]
    lines += [Line(UpdatePosted(body=f"{n}"), "m1", f"u{n}") for n in range(40)]
    lines += [Line(UpdatePosted(body=f"{n}"), "m2", f"i{n}") for n in range(40)]
    project = fold(entries_of(lines))
    assert project is not None
    found = [line.subject for line in project.recent]
    assert found == [f"{milestone}{n}" for milestone in "iu" for n in range(39, 9, -1)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_line_of_the_history_holds_no_personal_text(kind: str) -> None:
    entry = entries_of([Line(with_marked_secrets(kind), "m1", "s1")])[0]
    assert "PERSONAL" not in str(asdict(activity_of(entry)))


# -- the four answers ---------------------------------------------------------------------------


@given(journeys())
@settings(max_examples=40)
def test_each_visible_milestone_is_in_exactly_one_of_the_answers(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    project = portal.project("p")
    for seen in (project, see(project, client_of(project))):
        answers = seen.answers
        found = [m.id for m in (*answers.completed, *answers.in_progress, *answers.next)]
        assert sorted(found) == sorted(seen.milestones)
        for milestones, status in (
            (answers.completed, MilestoneStatus.COMPLETED),
            (answers.in_progress, MilestoneStatus.IN_PROGRESS),
            (answers.next, MilestoneStatus.PLANNED),
        ):
            assert {m.status for m in milestones} <= {status}
            order = [m.id for m in milestones]
            assert order == [id for id in seen.milestones if id in order]


@given(journeys())
@settings(max_examples=30)
def test_a_decision_is_needed_from_exactly_those_who_have_not_decided_yet(
    moves: list[Move],
) -> None:
    portal = make_portal()
    play(portal, moves)
    project = portal.project("p")
    for person in project.people:
        needed = {
            a.id
            for a in project.approvals.values()
            if a.state is ApprovalState.OPEN
            and not project.milestones[a.milestone].internal
            and person in a.people
            and a.decision_of(person) is None
        }
        assert {a.id for a in project.answers_for(person).needs_decision} == needed
    everybody = {a.id for p in project.people for a in project.answers_for(p).needs_decision}
    assert {a.id for a in project.answers.needs_decision} == everybody


# -- at one with the log ------------------------------------------------------------------------


@given(journeys(40))
@settings(max_examples=40)
def test_what_is_looked_up_in_the_log_equals_what_the_fold_kept(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    project, entries = portal.project("p"), portal.entries("p")
    for approval in project.approvals.values():
        alone = evolve(approval, followed_by="")  # a later round is an entry of its own
        assert fold_approval(entries_about(entries, approval.id)) == alone
        assert approval in fold_approvals(entries)
    for update in project.updates.values():
        revisions = fold_update(entries_about(entries, update.id))
        assert revisions[-1] == update
        assert [r.revision for r in revisions] == list(range(1, update.revision + 1))
    for file in project.files.values():
        every = versions(entries_about(entries, file.id))
        assert every[-1] == file.current
        assert [v.number for v in every] == list(range(1, file.versions + 1))


def test_what_is_about_something_else_is_no_approval_update_or_version() -> None:
    entries = entries_of([Line(MilestoneAdded("M"), "m1"), Line(PersonAdded("client"), "", "x")])  # type: ignore[arg-type]
    assert fold_approval(entries) is None
    assert fold_update(entries) == ()
    assert versions(entries) == ()


def test_a_note_of_a_newer_portalkit_about_an_approval_leaves_it_as_it_is(scene: Scene) -> None:
    """Unknown kinds that begin with ``note.`` may be written about anything."""
    entries = scene.portal.entries(scene.id, subject=scene.ask.id)
    note = evolve(entries[-1], seq=entries[-1].seq + 1, fact=UnknownFact("note.call", "{}", ""))
    assert fold_approval([*entries, note]) == fold_approval(entries)


# -- particular folds ---------------------------------------------------------------------------


def folded(*lines: Line) -> Project:
    project = fold(entries_of(lines))
    assert project is not None
    return project


def test_what_happened_earlier_than_it_was_written_down_counts_from_then(portal: Portal) -> None:
    fact = KINDS["milestone.completed"](outcome="Done", happened=77)  # type: ignore[call-arg]
    project = folded(Line(MilestoneAdded("M"), "m1"), Line(fact, "m1"))
    assert project.milestones["m1"].completed_at == 77
    assert project.recent[0].at == 77
    assert project.milestones["m1"].outcome == project.recent[0].note == "Done"


def test_a_reopened_milestone_has_no_outcome() -> None:
    project = folded(
        Line(MilestoneAdded("M"), "m1"),
        Line(KINDS["milestone.completed"](outcome="Done"), "m1"),  # type: ignore[call-arg]
        Line(KINDS["milestone.reopened"](reason="Too early"), "m1"),  # type: ignore[call-arg]
    )
    milestone = project.milestones["m1"]
    assert milestone.status is MilestoneStatus.IN_PROGRESS
    assert (milestone.completed_at, milestone.outcome) == (None, "")


def test_an_order_that_leaves_milestones_out_puts_them_last_as_they_were() -> None:
    added = [Line(MilestoneAdded("M"), id) for id in ("m1", "m2", "m3")]
    project = folded(*added, Line(MilestonesOrdered(("m3", "gone", "m1"))))
    assert list(project.milestones) == ["m3", "m1", "m2"]


def test_a_revision_keeps_author_time_and_place_of_the_update() -> None:
    project = folded(
        Line(MilestoneAdded("M"), "m1"),
        Line(UpdatePosted(body="First"), "m1", "u1"),
        Line(UpdateRevised(2, body="Second"), "m1", "u1"),
    )
    update = project.updates["u1"]
    assert (update.author, update.at, update.seq) == ("id2", 2000, 2)
    assert (update.body, update.revision, update.revised_at) == ("Second", 2, 3000)
    assert project.milestones["m1"].updates == 1


def test_a_withdrawal_of_an_older_version_leaves_the_current_one_alone() -> None:
    blob = {"key": "k", "size": 1, "sha256": "s", "type": "t"}
    lines = [
        Line(FileAdded("a.txt", "why", **blob), "m1", "f1"),  # type: ignore[arg-type]
        Line(VersionAdded(2, "b.txt", "all", **blob), "m1", "f1"),  # type: ignore[arg-type]
        Line(FileWithdrawn(1, "wrong"), "m1", "f1"),
    ]
    assert folded(*lines).files["f1"].current.withdrawn == ""
    assert [v.withdrawn for v in versions(entries_of(lines))] == ["wrong", ""]


def test_a_link_remembers_the_last_five_secrets_it_had() -> None:
    issued = Line(LinkIssued("id1", (), None, "n0"), "", "link")
    rotated = [Line(LinkRotated("id1", f"n{number}"), "", "link") for number in range(1, 8)]
    link = folded(issued, *rotated).links["link"]
    assert link.nonce == "n7"
    assert link.former == ("n6", "n5", "n4", "n3", "n2")


def test_a_redacted_link_has_no_secret_old_or_new() -> None:
    link = folded(Line(LinkIssued("id1", ()), "", "link"), Line(LinkRotated("id1"), "", "link"))
    assert link.links["link"].nonce == ""
    assert link.links["link"].former == ()


def test_the_answers_put_the_most_urgent_decision_first() -> None:
    def ask(id: str, due: date | None) -> Line:
        fact = KINDS["approval.requested"](title=id, manifest="x", people=("id1",), due=due)  # type: ignore[call-arg]
        return Line(fact, "m1", id)

    project = folded(
        Line(MilestoneAdded("M"), "m1"),
        *(ask("a1", None), ask("a2", date(2026, 5, 2)), ask("a3", date(2026, 5, 1))),
    )
    assert [a.id for a in project.answers.needs_decision] == ["a3", "a2", "a1"]


def test_a_closed_approval_gives_way_to_the_one_that_closed_after_it(portal: Portal) -> None:
    def ask(id: str) -> Line:
        fact = KINDS["approval.requested"](title=id, manifest="x", people=("id1",))  # type: ignore[call-arg]
        return Line(fact, "m1", id)

    def decided(id: str) -> Line:
        fact = KINDS["approval.decided"](person="id1", outcome=Outcome.APPROVED, manifest="x")  # type: ignore[call-arg]
        return Line(fact, "m1", id)

    start = [Line(MilestoneAdded("M"), "m1"), ask("a1"), ask("a2")]
    assert list(folded(*start, decided("a2")).approvals) == ["a1", "a2"]
    assert list(folded(*start, decided("a2"), decided("a1")).approvals) == ["a1"]

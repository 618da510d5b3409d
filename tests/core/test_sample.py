"""What an embedding developer types: the sample of the design, word for word, without a framework."""

from __future__ import annotations

from datetime import date

import pytest

from portalkit import (
    CLIENT,
    Answers,
    ApprovalDecided,
    ApprovalState,
    Desk,
    Event,
    FileState,
    MilestoneStatus,
    Outcome,
    Outdated,
    Portal,
)
from tests.core.world import stream as upload


@pytest.mark.parametrize("newer_version", [False, True])
def test_the_sample_works_word_for_word(portal: Portal, desk: Desk, newer_version: bool) -> None:
    """Decided before the new version arrives, or after it and then on the round that took its place."""
    stream = upload(b"%PDF-1.7 first")
    built: list[tuple[str | None, str]] = []

    @portal.on(ApprovalDecided)
    def start_build(event: Event[ApprovalDecided]) -> None:
        if event.outcome is Outcome.APPROVED:
            assert event.person is not None
            built.append((event.project.ref, event.person.name))

    with desk.open("Website relaunch", client="Acme Ceramics", ref="crm:17", zone="Europe/Berlin") as change:  # fmt: skip
        anna = change.add_person("Anna Keller", email="anna@acme.example", locale="de")
        design = change.add_milestone("Design", due=date(2026, 12, 4)).start()
        home = change.add_file(
            design, stream, name="homepage.pdf", purpose="All screens", state="final"
        )
        ask = change.request_approval(
            design, "Homepage design", files=[home], people=[anna], due=date(2026, 12, 1)
        )
        change.post_update(design, done="Homepage", next="Build", need="Your decision", about=ask)
        link = change.issue_link(anna, scopes=CLIENT)

    project = portal.project(ref="crm:17")
    token = desk.link_url(project, anna).rpartition("/")[2]
    assert portal.visit(token).link.id == link.id

    stream = upload(b"%PDF-1.7 second")
    if newer_version:
        with desk.change(ref="crm:17") as change:
            change.add_version(
                home, stream, changed="Hero tightened"
            )  # supersedes the open request
        visit = portal.visit(token)
        with pytest.raises(Outdated) as refusal:
            visit.decide(
                ask,
                Outcome.APPROVED,
                manifest=visit.approval(ask).manifest,
                typed_name="Anna Keller",
            )
        (newest,) = visit.answers.needs_decision
        assert refusal.value.evidence["by"] == newest.id == visit.approval(ask).superseded_by
        visit.decide(
            newest,
            Outcome.APPROVED,
            manifest=visit.approval(newest).manifest,
            typed_name="Anna Keller",
        )
    else:
        visit = portal.visit(token)
        visit.decide(
            ask, Outcome.APPROVED, manifest=visit.approval(ask).manifest, typed_name="Anna Keller"
        )
        with desk.change(ref="crm:17") as change:
            change.add_version(home, stream, changed="Hero tightened")
        assert portal.visit(token).approval(ask).state is ApprovalState.CLOSED

    answers = portal.project(ref="crm:17").answers
    assert isinstance(answers, Answers)
    assert [m.title for m in answers.in_progress] == ["Design"]
    assert answers.completed == answers.needs_decision == answers.next == ()
    assert built == [("crm:17", "Anna Keller")]

    project = portal.project(ref="crm:17")
    assert project.milestones[design.id].status is MilestoneStatus.IN_PROGRESS
    assert project.files[home.id].state is FileState.FINAL
    assert (project.people[anna.id].locale, project.zone) == ("de", "Europe/Berlin")
    assert project.latest_update is not None
    assert project.latest_update.about == ask.id
    assert portal.verify(project.id).ok

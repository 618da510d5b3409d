"""What people choose to be told, when they are reminded, and who is reminded at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portalkit import (
    Invalid,
    NotAllowed,
    NotFound,
    NoticeMode,
    NoticesChosen,
    Outdated,
    OverQuota,
    ReminderNudged,
    Reminders,
)
from portalkit.rules.notices import CHOICES_A_DAY
from portalkit.testing import FixedClock
from tests.core.world import Scene, stream


def last(scene: Scene) -> Any:
    """The last entry of the log."""
    return scene.portal.entries(scene.id)[-1]


# -- choosing -------------------------------------------------------------------------------------


def test_a_client_chooses_what_they_are_told(scene: Scene) -> None:
    visit = scene.visit()
    assert visit.notice_mode is NoticeMode.ALL
    visit.choose_notices("daily")
    assert visit.notice_mode is NoticeMode.DAILY
    entry = last(scene)
    assert (entry.actor, entry.subject, entry.fact) == (
        scene.anna.id,
        scene.anna.id,
        NoticesChosen(NoticeMode.DAILY),
    )


def test_choosing_the_same_again_writes_nothing(scene: Scene) -> None:
    before = scene.project.version
    scene.visit().choose_notices(NoticeMode.ALL)
    assert scene.project.version == before


def test_a_client_chooses_only_so_often_a_day(scene: Scene, clock: FixedClock) -> None:
    """The log does not grow without end; mail can still be ended, staff may help, and a day later all is new."""
    token = scene.portal.unsubscribe_url(scene.project, scene.anna.id).rpartition("/")[2]
    for number in range(CHOICES_A_DAY):
        clock.advance(seconds=1)
        scene.visit().choose_notices("daily" if number % 2 else "weekly")
    before = scene.project.version
    with pytest.raises(OverQuota) as refusal:
        scene.visit().choose_notices("all")
    assert refusal.value.remedy
    scene.visit().choose_notices("daily")
    assert scene.project.version == before
    scene.portal.unsubscribe(token)
    assert scene.visit().notice_mode is NoticeMode.DECISIONS
    scene.visit(scene.bob).choose_notices("daily")
    with scene.change() as change:
        change.choose_notices(scene.anna, "weekly")
    clock.advance(days=1)
    scene.visit().choose_notices("all")
    assert scene.visit().notice_mode is NoticeMode.ALL


def test_staff_choose_for_a_client(scene: Scene) -> None:
    with scene.change() as change:
        change.choose_notices(scene.bob, NoticeMode.WEEKLY)
    assert scene.visit(scene.bob).notice_mode is NoticeMode.WEEKLY


def test_a_choice_can_be_made_in_an_archived_project_too(scene: Scene) -> None:
    with scene.change() as change:
        change.set_status("archived")
    scene.visit().choose_notices("decisions")
    assert scene.visit().notice_mode is NoticeMode.DECISIONS


def test_there_is_no_other_mode_and_no_other_person(scene: Scene) -> None:
    with pytest.raises(Invalid):
        scene.visit().choose_notices("hourly")
    with scene.change() as change, pytest.raises(NotFound):
        change.choose_notices("stranger", "all")


# -- nudging --------------------------------------------------------------------------------------


def test_everybody_a_decision_waits_for_is_reminded_at_once(scene: Scene) -> None:
    with scene.change() as change:
        change.record_decision(scene.ask, scene.bob, "approved", source="phone")
        change.nudge(scene.ask)
    entry = last(scene)
    assert entry.fact == ReminderNudged((scene.anna.id,), "Homepage")
    assert (entry.subject, entry.milestone) == (scene.ask.id, scene.design.id)


def test_those_who_are_named_are_reminded_of_a_file(scene: Scene) -> None:
    with scene.change() as change:
        logo = change.request_file(scene.design, "Logo", people=[scene.anna, scene.bob])
        change.nudge(logo, people=[scene.bob])
    assert last(scene).fact == ReminderNudged((scene.bob.id,), "Logo")


def test_nobody_is_reminded_of_what_is_not_awaited_from_them(scene: Scene) -> None:
    with scene.change() as change:
        eve = change.add_person("Eve")
        with pytest.raises(NotAllowed):
            change.nudge(scene.ask, people=[eve])
        with pytest.raises(Invalid):
            change.nudge(scene.ask, people=[])
        with pytest.raises(NotFound):
            change.nudge(scene.ask, people=["stranger"])
        with pytest.raises(NotFound):
            change.nudge("nothing")


def test_what_is_over_is_not_reminded_of(scene: Scene) -> None:
    with scene.change() as change:
        logo = change.request_file(scene.design, "Logo", people=[scene.anna])
        change.withdraw_request(logo, "We have it")
        change.void_approval(scene.ask, "Another round")
        with pytest.raises(Outdated):
            change.nudge(logo)
        with pytest.raises(Outdated):
            change.nudge(scene.ask)


def test_who_is_forgotten_is_not_reminded(scene: Scene) -> None:
    scene.portal.care.redact(scene.id, scene.bob.id)
    with scene.change() as change, pytest.raises(NotAllowed):
        change.nudge(scene.ask, people=[scene.bob])


# -- schedules ------------------------------------------------------------------------------------


def test_a_request_carries_its_own_schedule_in_order(scene: Scene) -> None:
    plan = Reminders(first=2, every=None, before=(1, 3, 1), after=(7, 2), most=4)
    with scene.change() as change:
        home = change.add_file(scene.design, stream(), name="a.pdf", purpose="All")
        ask = change.request_approval(
            scene.design,
            "A",
            people=[scene.anna],
            files=[home],
            due=date(2026, 3, 1),
            reminders=plan,
        )
        logo = change.request_file(scene.design, "Logo", people=[scene.anna], reminders=plan)
    kept = Reminders(first=2, every=None, before=(3, 1), after=(2, 7), most=4)
    assert scene.project.approvals[ask.id].reminders == kept
    assert scene.project.requests[logo.id].reminders == kept


def test_what_says_nothing_follows_the_portal(scene: Scene) -> None:
    assert scene.project.approvals[scene.ask.id].reminders is None


@pytest.mark.parametrize(
    "plan",
    [
        Reminders(first=0),
        Reminders(every=0),
        Reminders(before=(0,)),
        Reminders(after=(400,)),
        Reminders(most=-1),
        Reminders(most=400),
        Reminders(every=1.0),  # type: ignore[arg-type]
        Reminders(first=True),
        Reminders(most=True),
        Reminders(before=2),  # type: ignore[arg-type]
        Reminders(after=("7",)),  # type: ignore[arg-type]
        (3, 3),
    ],
)
def test_a_schedule_counts_whole_days_within_reach(scene: Scene, plan: Reminders) -> None:
    with scene.change() as change, pytest.raises(Invalid):
        change.request_file(scene.design, "Logo", people=[scene.anna], reminders=plan)

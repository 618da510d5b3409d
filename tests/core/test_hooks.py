"""Hooks: after the commit, one after the other, each at most once, and harmless when they fail."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from portalkit import (
    ApprovalDecided,
    ConfigError,
    Event,
    Fact,
    Invalid,
    MilestoneStarted,
    Outcome,
    Portal,
    Project,
    StoreError,
    UpdatePosted,
)
from portalkit.django import on as django_on
from portalkit.flask import PortalKit
from tests.core.world import EVE, Passing, Scene, make_portal, stream


def test_a_hook_runs_after_the_commit_for_its_kind_of_fact_alone(scene: Scene) -> None:
    seen: list[tuple[str, bool]] = []

    @scene.portal.on(UpdatePosted)
    def hook(event: Event[UpdatePosted]) -> None:
        stored = make_portal(scene.portal.ledger.store).entries(scene.id, after=event.entry.seq - 1)
        seen.append((event.body, stored[0] == event.entry))

    with scene.change() as change:
        change.start(scene.build)
        change.post_update(scene.design, "One")
        change.post_update(scene.design, "Two")
        assert seen == []
    assert seen == [("One", True), ("Two", True)]


def test_no_transaction_is_open_while_a_hook_runs(scene: Scene) -> None:
    """Not even a writer's turn: another thread commits while the hook waits for it."""
    done: list[bool] = []

    @scene.portal.on(MilestoneStarted)
    def hook(event: Event[MilestoneStarted]) -> None:
        other = threading.Thread(target=write)
        other.start()
        other.join(timeout=10)
        done.append(not other.is_alive())

    def write() -> None:
        with scene.portal.desk(EVE).change(scene.id) as change:
            change.post_update(scene.design, "From another thread")

    with scene.change() as change:
        change.start(scene.build)
        write()  # so that the block takes the turn
    assert done == [True]


def test_a_hook_that_commits_again_queues_its_events_behind_the_running_ones(scene: Scene) -> None:
    order: list[str] = []

    @scene.portal.on(MilestoneStarted)
    def answer(event: Event[MilestoneStarted]) -> None:
        order.append("start begins")
        with scene.change() as change:
            change.post_update(scene.build, "We have begun")
        order.append("start ends")

    @scene.portal.on(UpdatePosted)
    def tell(event: Event[UpdatePosted]) -> None:
        order.append(event.body)

    with scene.change() as change:
        change.start(scene.build)
        change.post_update(scene.design, "In the same block")
    assert order == ["start begins", "start ends", "In the same block", "We have begun"]


def test_the_hooks_of_one_event_run_in_the_order_in_which_they_were_added(scene: Scene) -> None:
    order: list[int] = []
    for number in range(3):
        scene.portal.on(UpdatePosted, lambda event, number=number: order.append(number))
    with scene.change() as change:
        change.post_update(scene.design, "x")
    assert order == [0, 1, 2]


def test_a_hook_for_the_root_of_facts_hears_of_everything(scene: Scene) -> None:
    kinds: list[str] = []
    scene.portal.on(Fact, lambda event: kinds.append(event.entry.kind))
    before = scene.project.version
    with scene.portal.desk(EVE).change(scene.id) as change:
        change.add_version(scene.home, stream(b"v2"), changed="x")
    scene.portal.request_link(scene.visit().link.id)
    assert kinds == [entry.kind for entry in scene.portal.entries(scene.id, after=before)]
    assert kinds[0] == "person.added"
    assert kinds[-1] == "link.requested"


def test_a_hook_that_fails_is_logged_and_undoes_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[str] = []

    @scene.portal.on(UpdatePosted)
    def fail(event: Event[UpdatePosted]) -> None:
        raise ZeroDivisionError("the host's own fault")

    scene.portal.on(UpdatePosted, lambda event: reached.append(event.body))
    with caplog.at_level(logging.ERROR, logger="portalkit.hooks"):
        with scene.change() as change:
            change.post_update(scene.design, "One")
            change.post_update(scene.design, "Two")
    assert reached == ["One", "Two"]
    assert [u.body for u in scene.project.updates_of(scene.design.id)][:2] == ["Two", "One"]
    assert [record.name for record in caplog.records] == ["portalkit.hooks"] * 2
    record = caplog.records[0]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    seq = scene.project.version - 1
    assert f"kind=update.posted project={scene.id} seq={seq}" in record.getMessage()


def test_hooks_still_run_after_one_that_failed_in_an_earlier_block(scene: Scene) -> None:
    reached: list[str] = []

    @scene.portal.on(UpdatePosted)
    def hook(event: Event[UpdatePosted]) -> None:
        reached.append(event.body)
        if event.body == "One":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with scene.change() as change:
            change.post_update(scene.design, "One")
    with scene.change() as change:
        change.post_update(scene.design, "Two")
    assert reached == ["One", "Two"]


def test_what_was_refused_undone_or_nothing_new_runs_no_hook(scene: Scene) -> None:
    events: list[Any] = []
    scene.portal.on(Fact, events.append)
    with pytest.raises(Invalid):
        with scene.change() as change:
            change.post_update(scene.design, "Fine")
            change.post_update(scene.design, "")
    with scene.change() as change:
        change.set_status("active")
    assert events == []


def test_a_repeated_decision_runs_no_second_hook(scene: Scene) -> None:
    events: list[Any] = []
    scene.portal.on(ApprovalDecided, events.append)
    for _ in range(2):
        visit = scene.visit()
        manifest = visit.approval(scene.ask).manifest
        visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
    assert len(events) == 1


def test_a_block_whose_steps_ran_twice_runs_its_hooks_once(scene: Scene) -> None:
    bodies: list[str] = []
    scene.portal.on(UpdatePosted, lambda event: bodies.append(event.body))
    with scene.change() as mine:
        mine.post_update(scene.design, "Mine")
        with scene.portal.desk(EVE).change(scene.id) as theirs:
            theirs.post_update(scene.design, "Theirs")
    assert bodies == ["Theirs", "Mine"]


def test_a_commit_that_failed_runs_no_hook(scene: Scene) -> None:
    class Failing(Passing):
        def commit(self, *args: Any, **kwargs: Any) -> None:
            raise StoreError("disk full")

    portal = make_portal(Failing(scene.portal.ledger.store))
    events: list[Any] = []
    portal.on(Fact, events.append)
    with pytest.raises(StoreError):
        with portal.desk(EVE).change(scene.id) as change:
            change.post_update(scene.design, "x")
    assert events == []


def test_an_event_names_who_acted_whom_it_concerns_and_the_project_after_it(scene: Scene) -> None:
    events: list[Event[Any]] = []
    scene.portal.on(ApprovalDecided, events.append)
    with scene.change() as change:
        change.record_decision(scene.ask, scene.anna, "approved", source="phone")
    (event,) = events
    assert event.outcome is Outcome.APPROVED
    assert event.person is not None
    assert event.actor is not None
    assert (event.person.name, event.actor.name) == ("Anna Keller", "Ben Ode")
    assert event.project == scene.project
    assert event.entry == scene.portal.entries(scene.id)[-1]
    assert event.fact == event.entry.fact
    with pytest.raises(AttributeError):
        event.colour  # noqa: B018


def test_an_event_without_an_author_says_so(scene: Scene) -> None:
    events: list[Event[Any]] = []
    scene.portal.on(Fact, events.append)
    scene.portal.request_link(scene.visit().link.id)
    (event,) = events
    assert event.actor is None
    assert event.person is not None
    assert event.person.id == scene.anna.id


def test_on_gives_the_function_back_so_that_it_can_be_a_decorator(portal: Portal) -> None:
    def hook(event: Event[UpdatePosted]) -> None: ...

    assert portal.on(UpdatePosted, hook) is hook
    assert portal.on(UpdatePosted)(hook) is hook


def hear(event: Any) -> None:
    """A hook that could be one."""


async def wait(event: Any) -> None:
    """A hook that nobody would await."""


@pytest.mark.parametrize("kind", ["approval.decided", "approval", None, Project, hear])
def test_a_hook_for_what_is_no_class_of_facts_is_refused_at_once(scene: Scene, kind: Any) -> None:
    """Also without parentheses, where the function takes the place of the class."""
    for on in (scene.portal.on, PortalKit().on, django_on):
        for given in ((kind,), (kind, hear)):
            with pytest.raises(ConfigError, match="class of facts"):
                on(*given)


def test_the_name_of_a_kind_leads_to_its_class(scene: Scene) -> None:
    with pytest.raises(ConfigError, match=r"portalkit\.ApprovalDecided"):
        scene.portal.on("approval.decided", hear)  # type: ignore[call-overload]


@pytest.mark.parametrize("durable", ["", "crm"])
@pytest.mark.parametrize("hook", [wait, "hear", 7])
def test_a_hook_that_cannot_be_called_is_refused_at_once(
    scene: Scene, hook: Any, durable: str
) -> None:
    with pytest.raises(ConfigError, match="a hook is a function"):
        scene.portal.on(Fact, hook, durable=durable)

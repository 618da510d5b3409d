"""What a type checker must say of our public names; checked by mypy with `make check`, and never run.

An ignored error that is no error any more is one itself (``warn_unused_ignores``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import assert_type

import portalkit.django
from portalkit import (
    CLIENT,
    Answers,
    Approval,
    ApprovalDecided,
    ApprovalRequested,
    Change,
    Decision,
    Desk,
    Entry,
    Event,
    Handle,
    Outcome,
    Portal,
    Project,
    Staff,
    Verification,
    Visit,
)
from portalkit.flask import PortalKit
from portalkit.model import Milestone
from portalkit.portal.change import MilestoneHandle
from portalkit.storage import AccessLog, FileStore, Head, Row, Store
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.testing import FixedClock, Sample, memory_portal, open_sample
from portalkit.web import Looks, Request, Response, Web


def the_doors(portal: Portal, token: str) -> None:
    desk = portal.desk(Staff(ref="u1", name="Ben Ode"))
    assert_type(desk, Desk)
    assert_type(portal.visit(token), Visit)
    assert_type(portal.project(ref="crm:17"), Project)
    assert_type(portal.project("p").answers, Answers)
    assert_type(portal.verify("p"), Verification)
    assert_type(desk.projects(), Sequence[Head])
    assert_type(desk.projects(waiting="client", order="next_due", limit=10), Sequence[Head])
    assert_type(desk.history("p", newest=True), list[Entry])
    desk.projects(order="title")  # type: ignore[arg-type]
    desk.projects(orders="project")  # type: ignore[call-arg]
    desk.history("p", limit="10")  # type: ignore[arg-type]
    portal.entries("p", milstone="design")  # type: ignore[call-arg]
    portal.project(17)  # type: ignore[arg-type]
    portal.desk("Ben Ode")  # type: ignore[arg-type]


def a_block(desk: Desk) -> None:
    with desk.open("Website", client="Acme") as change:
        assert_type(change, Change)
        anna = change.add_person("Anna Keller")
        assert_type(anna, Handle)
        design = change.add_milestone("Design").start()
        assert_type(design, MilestoneHandle)
        change.request_approval(design, "Homepage", statement="Go?", people=[anna])
        change.issue_link(anna, scopes=CLIENT)
        change.add_person("Anna", "anna@acme.example")  # type: ignore[call-arg]
        change.add_milestone("Design", due="2026-12-04")  # type: ignore[arg-type]
    assert_type(change.project, Project)
    assert_type(change.project.milestones[design.id], Milestone)


def a_decision(visit: Visit) -> None:
    [shown] = visit.answers.needs_decision
    assert_type(shown, Approval)
    made = visit.decide(shown, Outcome.APPROVED, manifest=shown.manifest, typed_name="Anna")
    assert_type(made, Decision)
    assert_type(visit.approval(shown).outcome, Outcome | None)
    visit.decide(shown, Outcome.APPROVED)  # type: ignore[call-arg]
    shown.title = "another"  # type: ignore[misc]


def hooks(portal: Portal, kit: PortalKit) -> None:
    @portal.on(ApprovalDecided)
    @kit.on(ApprovalDecided, durable="decided")
    @portalkit.django.on(ApprovalDecided)
    def decided(event: Event[ApprovalDecided]) -> str:
        assert_type(event.fact.outcome, Outcome)
        assert_type(event.project, Project)
        print(event.fact.titel)  # type: ignore[attr-defined]
        print(event.person.nmae)  # type: ignore[union-attr]
        return f"{event.person.name} decided {event.fact.title}"

    assert_type(decided, Callable[[Event[ApprovalDecided]], str])

    def asked(event: Event[ApprovalRequested]) -> None: ...

    portal.on(ApprovalRequested, asked)
    portal.on(ApprovalDecided, asked)  # type: ignore[arg-type]
    kit.on(ApprovalDecided, asked)  # type: ignore[arg-type]
    portalkit.django.on(ApprovalDecided, asked)  # type: ignore[arg-type]


kit = PortalKit()


@kit.on(ApprovalDecided)
def readme(event: Event[ApprovalDecided]) -> None:
    if event.outcome is Outcome.APPROVED:
        print(f"{event.person.name} approved {event.title} of {event.project.ref}")


def the_seams(path: Path) -> None:
    stores: list[Store] = [MemoryStore(), SQLiteStore(path)]
    files: list[FileStore] = [MemoryFiles(), DirectoryFiles(path)]
    logs: list[AccessLog] = [MemoryAccessLog(), SQLiteAccessLog(path)]
    loaded = stores[0].load("p")
    assert_type(loaded, tuple[Head, Sequence[Row]] | None)
    Portal(
        store=stores[0], files=files[0], access=logs[0], base_url="https://a.example", keys=["k"]
    )
    Portal(store=files[0], files=files[0], base_url="https://a.example", keys=["k"])  # type: ignore[arg-type]


def the_kit() -> None:
    clock = FixedClock()
    sample = open_sample(memory_portal(clock=clock))
    assert_type(sample, Sample)
    assert_type(sample.visit(sample.anna), Visit)
    web = Web(sample.portal, Looks(brands={}))
    assert_type(web.handle(Request(method="GET", path="/")), Response)

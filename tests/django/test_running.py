"""Background work on the host's own database: claims, journal, durable hooks, nothing in its transactions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings

from portalkit import Fact, NotAllowed, Notify, Project, Ran
from portalkit.django import current_portal
from portalkit.portal import Portal
from portalkit.transports import Outbox
from tests.core.test_running import rendered
from tests.django.test_transactions import make_portal
from tests.faults.world import MAYA, Scene, open_project


def telling(portal: Portal) -> Outbox:
    """Let a portal tell people; return what it sends."""
    box = Outbox()
    portal.notify(Notify(render=rendered, transport=box))
    return box


@pytest.fixture
def scene(database: str, tmp_path: Path) -> Scene:
    return open_project(make_portal(tmp_path))


def test_what_is_due_is_sent_once(database: str, scene: Scene) -> None:
    box = telling(scene.portal)
    assert scene.portal.run_due().sent == 1
    scene.post("Up")
    assert scene.portal.run_due() == Ran(projects=1, sent=1)
    assert scene.portal.run_due() == Ran()
    assert [message.to for message in box] == ["anna@acme.example"] * 2
    assert scene.whole()


def test_what_was_accepted_before_a_crash_is_not_sent_again(
    database: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = telling(scene.portal)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(scene.portal.ledger, "settle", die)
        with pytest.raises(Killed):
            scene.portal.run_due()
    connections[database].cursor().execute("UPDATE portalkit_head SET leased_until = 0")
    assert scene.portal.run_due().sent == 1
    assert len(box) == 1


def test_nothing_is_sent_where_it_may_be_rolled_back(database: str, scene: Scene) -> None:
    box = telling(scene.portal)
    with transaction.atomic(using=database):
        with pytest.raises(NotAllowed):
            scene.portal.run_due()
    assert box == []


def test_a_durable_hook_runs_with_no_transaction_open(database: str, scene: Scene) -> None:
    seen: list[bool] = []
    scene.portal.on(
        Fact, lambda event: seen.append(connections[database].in_atomic_block), durable="all"
    )
    assert scene.portal.run_due().hooks == len(seen) > 0
    assert not any(seen)


def test_the_command_runs_the_background_work_of_the_project(
    sqlite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(PORTALKIT={**settings.PORTALKIT}):
        portal = current_portal
        box = telling(portal)
        open_project(portal)
        call_command("portalkit", "run", "--once", "--json")
        assert '"sent": 1' in capsys.readouterr().out
        assert len(box) == 1


def test_mail_leaves_by_djangos_own_from_its_own_address(
    sqlite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(
        PORTALKIT={**settings.PORTALKIT, "STAFF_URL": "tests.django.test_running.staff_page"},
        DEFAULT_FROM_EMAIL="Studio <studio@agency.example>",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    ):
        mail.outbox = []
        scene = open_project(current_portal)
        call_command("portalkit", "run", "--once")
        visit = scene.visit(current_portal)
        manifest = visit.approval(scene.ask).manifest
        visit.decide(scene.ask, "approved", manifest=manifest, typed_name="Anna Keller")
        call_command("portalkit", "run", "--once")
        told = {message.to[0].rpartition("<")[2].rstrip(">"): message for message in mail.outbox}
    assert set(told) == {"anna@acme.example", MAYA.email}
    assert told[MAYA.email].from_email == "Studio <studio@agency.example>"
    assert f"https://crm.example/{scene.id}" in told[MAYA.email].body


def staff_page(project: Project) -> str:
    """Where mails to staff lead."""
    return f"https://crm.example/{project.id}"

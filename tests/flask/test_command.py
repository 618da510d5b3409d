"""``flask portalkit``: the same command on the app's own portal, with its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from portalkit import ConfigError, Event, UpdatePosted
from portalkit.flask import PortalKit, current_portal
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.transports import Outbox
from tests.flask.host import MAYA, Seeded, make_app, seed

MAILS = Path(__file__).parent.parent / "mails"


def test_it_works_on_the_portal_of_the_app(app: Flask, seeded: Seeded) -> None:
    run = app.test_cli_runner().invoke(args=["portalkit", "--json", "links", seeded.project])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["url"] == seeded.url


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("verify", 0), ("fsck", 0), ("verify gone", 3), ("nonsense", 2), ("--help", 0), ("", 2)],
)
def test_its_exit_codes(app: Flask, seeded: Seeded, arguments: str, code: int) -> None:
    run = app.test_cli_runner().invoke(args=["portalkit", *arguments.split()])
    assert run.exit_code == code, run.output
    if code == 2 or "help" in arguments:
        assert "usage: flask portalkit" in run.output


def test_the_help_of_a_command_and_options_after_it_reach_it(app: Flask, seeded: Seeded) -> None:
    runner = app.test_cli_runner()
    assert "--person" in runner.invoke(args=["portalkit", "erase", "--help"]).output
    run = runner.invoke(
        args=["portalkit", "erase", seeded.project, "--person", seeded.person, "--yes"]
    )
    assert run.exit_code == 0, run.output
    with app.app_context():
        assert current_portal.project(seeded.project).people[seeded.person].name == ""


def test_doctor_looks_at_folder_and_address(app: Flask, seeded: Seeded) -> None:
    run = app.test_cli_runner().invoke(args=["portalkit", "doctor", "--json"])
    found = {json.loads(line)["what"] for line in run.stdout.splitlines()}
    assert {"database file", "base URL"} <= found


def test_a_store_of_the_hosts_own_needs_no_folder(tmp_path: Path) -> None:
    app = make_app(
        tmp_path,
        PORTALKIT_DATA=None,
        PORTALKIT_STORE=MemoryStore(),
        PORTALKIT_FILES=MemoryFiles(),
    )
    seeded = seed(app)
    run = app.test_cli_runner().invoke(args=["portalkit", "verify", seeded.project])
    assert run.exit_code == 0, run.output


def test_it_is_told_of_by_flask(app: Flask) -> None:
    assert (
        "Look after the data of the portal" in app.test_cli_runner().invoke(args=["--help"]).output
    )


def test_run_does_the_background_work_of_the_app(tmp_path: Path) -> None:
    heard: list[str] = []
    kit = PortalKit()

    @kit.on(UpdatePosted, durable="crm")
    def hear(event: Event[UpdatePosted]) -> None:
        heard.append(event.project.title)

    app = make_app(tmp_path, kit=kit)
    seed(app)
    run = app.test_cli_runner().invoke(args=["portalkit", "run", "--once", "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["hooks"] == len(heard) > 0


def test_mail_is_set_up_by_settings(tmp_path: Path) -> None:
    box = Outbox()
    app = make_app(
        tmp_path,
        PORTALKIT_MAIL=box,
        PORTALKIT_MAIL_FROM="Studio North <portal@agency.example>",
        PORTALKIT_REPLY_TO="maya@agency.example",
        PORTALKIT_NOTICES_OFF=["update.posted"],
    )
    seed(app)
    run = app.test_cli_runner().invoke(args=["portalkit", "run", "--once"])
    assert run.exit_code == 0, run.output
    assert {message.sender for message in box} == {"portal@agency.example"}
    assert {message.reply_to for message in box} == {"maya@agency.example"}
    assert all(message.html and message.text for message in box)


def test_bounce_notes_a_mail_that_came_back(tmp_path: Path) -> None:
    box = Outbox()
    app = make_app(tmp_path, PORTALKIT_MAIL=box, PORTALKIT_MAIL_FROM="portal@agency.example")
    seeded = seed(app)
    with app.app_context():
        with current_portal.desk(MAYA).change(seeded.project) as change:
            change.change_person(seeded.person, email="anna@acme.example")
            change.rotate_link(seeded.person)
        current_portal.run_due()
        names = [message.message_id for message in box if message.to == "anna@acme.example"]
    report = (MAILS / "postfix.eml").read_text("utf-8")
    old = "<0123456789abcdef0123456789abcdef.acme!site@agency.example>"
    runner, command = app.test_cli_runner(), ["portalkit", "bounce"]
    assert runner.invoke(args=command, input=report).exit_code == 1
    run = runner.invoke(args=command, input=report.replace(old, names[-1]))
    assert (run.exit_code, run.stdout) == (0, f"noted  {names[-1]}\n")
    with app.app_context():
        (failure,) = current_portal.desk(MAYA).failures(seeded.project)
    assert (failure.person.id, failure.problem) == (seeded.person, "5.1.1")


def test_mail_without_a_sender_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PORTALKIT_MAIL_FROM"):
        make_app(tmp_path, PORTALKIT_MAIL=Outbox())


def test_without_mail_the_command_says_so(app: Flask, seeded: Seeded) -> None:
    run = app.test_cli_runner().invoke(args=["portalkit", "run", "--once"])
    assert run.exit_code == 3

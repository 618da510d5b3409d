"""The portal in a Django project: settings, checks, shell, tags, models, migrations, the command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings, settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connection, connections, transaction
from django.template import Context, Template
from django.test import override_settings

from portalkit import ApprovalDecided, ConfigError, NotAllowed
from portalkit.django import current_portal, on
from portalkit.django.management.commands.portalkit import Command
from portalkit.django.models import Entry, Head, Snapshot, Use
from portalkit.django.store import DjangoStore
from portalkit.web import Brand
from tests.django.test_views import browser
from tests.faults.world import MAYA, Scene, open_project

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def scene(sqlite: str) -> Scene:
    """A project in the host's portal."""
    return open_project(current_portal)


@contextmanager
def portalkit(**values: Any) -> Iterator[None]:
    """Other settings of the portal."""
    with override_settings(PORTALKIT={**settings.PORTALKIT, **values}):
        yield


# -- settings ---------------------------------------------------------------------------------------


def test_settings_are_read_when_they_are_used(scene: Scene) -> None:
    with portalkit(BASE_URL="https://other.example/portal", BRANDS={"": Brand(name="Studio")}):
        assert scene.desk.link_url(scene.id, scene.anna).startswith("https://other.example/")
    assert scene.desk.link_url(scene.id, scene.anna).startswith("http://localhost/")


def test_without_keys_the_portal_does_not_start(sqlite: str) -> None:
    with portalkit(KEYS=[]), pytest.raises(ConfigError, match="KEYS"):
        _ = current_portal.base_url


def test_a_store_of_yours_by_its_dotted_path(scene: Scene) -> None:
    """Settings may name what makes a store, since models are not there when settings are read."""
    with portalkit(
        STORE="portalkit.storage.memory.MemoryStore", FILES="portalkit.storage.memory.MemoryFiles"
    ):
        assert current_portal.desk(MAYA).projects() == []
    assert len(current_portal.desk(MAYA).projects()) == 1


def test_a_hook_hears_what_a_client_decided(scene: Scene) -> None:
    """`on` works before there is a portal; the hook runs once the decision is committed."""
    heard: list[str] = []

    @on(ApprovalDecided)
    def hear(event: Any) -> None:
        heard.append(f"{event.person.name} {event.outcome}")

    anna = browser()
    anna.enter(scene.url)
    anna.decide(scene.ask.id)
    assert heard == ["Anna Keller approved"]


# -- checks -----------------------------------------------------------------------------------------


def found() -> list[str]:
    """The ids of what the portal's checks find."""
    return [str(message.id) for message in run_checks(tags=["portalkit"])]


def test_a_sound_project_passes_the_checks(sqlite: str) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("values", "id"),
    [
        ({"KEYS": []}, "portalkit.E002"),
        ({"KEYS": ["short"]}, "portalkit.E002"),
        ({"BASE_URL": ""}, "portalkit.E003"),
        ({"BASE_URL": "/portal"}, "portalkit.E003"),
        ({"BASE_URL": "https://agency.example/clients"}, "portalkit.W002"),
        ({"KEY": "misspelt"}, "portalkit.E001"),
        ({"STORAGE": "default"}, "portalkit.E004"),
        ({"STORAGE": "nowhere"}, "portalkit.E005"),
    ],
)
def test_a_check_finds_what_is_missing_or_unsafe(
    sqlite: str, values: dict[str, Any], id: str
) -> None:
    with portalkit(**values):
        (message,) = run_checks(tags=["portalkit"])
        assert message.id == id
        assert message.hint, "it says what to do"


def test_a_template_that_cannot_be_used_is_found_by_the_check(sqlite: str, tmp_path: Path) -> None:
    (tmp_path / "project.html").write_text("{% block side %}{% endblok %}")
    with portalkit(TEMPLATES=[tmp_path]):
        (message,) = run_checks(tags=["portalkit"])
    assert message.id == "portalkit.E008"
    assert "project.html" in message.msg
    assert "Correct it" in message.hint


def test_doctor_names_what_is_written_in_vain_in_a_template(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "projct.html").write_text("")
    with portalkit(TEMPLATES=[tmp_path]), pytest.raises(CommandError):
        call_command("portalkit", "doctor")
    assert "template='projct.html'" in capsys.readouterr().out


def test_a_proxy_may_take_a_part_of_the_path_away(sqlite: str) -> None:
    with portalkit(BASE_URL="https://agency.example/tools/portal"):
        assert found() == []


def test_a_project_without_the_addresses_is_warned(sqlite: str) -> None:
    with override_settings(ROOT_URLCONF=()):
        assert found() == ["portalkit.W001"]


def test_files_in_media_root_are_refused(sqlite: str, tmp_path: Path) -> None:
    """Whatever lies there, a web server hands to everybody."""
    storages = {**settings.STORAGES, "portalkit": storage(tmp_path / "media" / "portal")}
    with override_settings(STORAGES=storages, MEDIA_ROOT=str(tmp_path / "media")):
        assert found() == ["portalkit.E006"]
    with override_settings(STORAGES=storages, MEDIA_ROOT=str(tmp_path / "mediathek")):
        assert found() == []


def storage(folder: Path) -> dict[str, Any]:
    backend = "django.core.files.storage.FileSystemStorage"
    return {"BACKEND": backend, "OPTIONS": {"location": str(folder)}}


def test_sqlite_without_the_intent_to_write_or_a_log_is_warned(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections[sqlite].settings_dict, "OPTIONS", {})
    assert found() == ["portalkit.W003", "portalkit.W004"]


def test_a_journal_mode_that_somebody_chose_stays(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old SQLite is safer with another than the one that is advised."""
    options = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=DELETE;"}
    monkeypatch.setitem(connections[sqlite].settings_dict, "OPTIONS", options)
    assert found() == []


def test_mail_from_an_address_that_nobody_chose_is_warned(sqlite: str) -> None:
    """Django's own default is no address of anybody's."""
    with override_settings(DEFAULT_FROM_EMAIL=global_settings.DEFAULT_FROM_EMAIL):
        (message,) = run_checks(tags=["portalkit"])
        assert (message.id, "webmaster@localhost" in message.msg) == ("portalkit.W005", True)
        with portalkit(MAIL_FROM="Studio <portal@studio.example>"):
            assert found() == []


def test_another_database_is_refused(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[sqlite], "vendor", "mysql")
    assert found() == ["portalkit.E007"]


# -- the host's own pages ---------------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[None]:
    """A host with a page of its own around ours."""
    (tmp_path / "portalkit").mkdir()
    (tmp_path / "portalkit" / "shell.html").write_text(
        "<!doctype html><title>{{ page.title }}</title>{{ page.head }}"
        "<nav>Studio: {{ request.path }}</nav>{{ page.body }}"
    )
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with override_settings(TEMPLATES=templates):
        yield


def test_every_page_stands_in_the_hosts_shell(scene: Scene, shell: None) -> None:
    """A Django template, with the request; our markup is not escaped, theirs is."""
    anna = browser()
    page = anna.enter(scene.url)
    assert f"<nav>Studio: {anna.base}</nav>" in page.text
    assert '<div class="pk ' in page.text
    assert "<title>Website relaunch</title>" in page.text
    assert '<link rel="stylesheet" href="/portal/s/portal.css-' in page.text
    assert anna.decide(scene.ask.id).status_code == 303


def test_without_a_shell_the_page_stands_in_ours(scene: Scene) -> None:
    page = browser().enter(scene.url)
    assert "<nav>Studio" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_templates_of_the_tutorial_work(scene: Scene, tmp_path: Path) -> None:
    tags, own = re.findall(
        r"```django\n(.*?)```", (ROOT / "docs" / "django.md").read_text("utf-8"), re.DOTALL
    )
    job, client = {"ref": "crm:17"}, {"email": "anna@acme.example"}
    page = Template(tags).render(Context({"job": job, "client": client}))
    assert "One decision waits" in page
    assert f'href="{scene.url}"' in page
    (tmp_path / "portalkit").mkdir()
    (tmp_path / "portalkit" / "shell.html").write_text(own)
    blocks = "".join(f"{{% block {name} %}}{{% endblock %}}" for name in ("title", "head", "main"))
    (tmp_path / "base.html").write_text(f"<h1>The host</h1>{blocks}")
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]):
        page = browser().enter(scene.url).text
    for part in ("<h1>The host</h1>", "portal.css-", '<div class="pk ', "Website relaunch"):
        assert part in page


def rendered(text: str, **values: Any) -> str:
    return Template("{% load portalkit %}" + text).render(Context(values))


def test_the_answers_stand_in_the_hosts_own_pages(scene: Scene) -> None:
    assert rendered("{% portal_sentence ref %}", ref="crm:17").startswith("One decision waits")
    pending = "{% portal_pending ref as asks %}{% for ask in asks %}{{ ask.title }}{% endfor %}"
    assert rendered(pending, ref="crm:17") == "Homepage"
    answers = "{% portal_answers ref as answers %}{{ answers.in_progress.0.title }}"
    assert rendered(answers, ref="crm:17") == "Design"
    assert rendered("{% portal_link ref 'anna@acme.example' %}", ref="crm:17") == scene.url
    assert (
        rendered("{% portal_link ref email %}", ref="crm:17", email="Anna@ACME.example")
        == scene.url
    )
    assert rendered("{% portal_link ref email %}", ref="crm:17") == "", "nobody is named"
    assert rendered("{% portal_link ref person %}", ref="crm:17", person=scene.anna.id) == scene.url


def test_questions_and_the_review_stand_there_too(scene: Scene) -> None:
    portal = current_portal
    project = portal.project(ref="crm:17")
    portal.visit(scene.url.rpartition("/")[2]).ask(next(iter(project.milestones)), "Which <b>?")
    questions = "{% portal_questions ref as all %}{% for q in all %}{{ q.text }}{% endfor %}"
    assert rendered(questions, ref="crm:17") == "Which &lt;b&gt;?"
    review = rendered(
        "{% portal_review ref week=day %}", ref="crm:17", day=datetime.now(UTC).date()
    )
    assert "1 question asked" in review
    assert "Which &lt;b&gt;?" in review
    assert rendered("{% portal_review ref %}", ref="none") == ""


def test_where_there_is_no_project_the_tags_say_nothing(scene: Scene) -> None:
    assert rendered("{% portal_sentence ref %}{% portal_link ref 'x' %}", ref="none") == ""
    assert rendered("{% portal_answers ref as answers %}{{ answers }}", ref="none") == "None"
    assert rendered("{% portal_sentence ref account='b' %}", ref="crm:17") == ""


# -- models and migrations --------------------------------------------------------------------------


def test_heads_answer_the_questions_of_an_agency(scene: Scene) -> None:
    heads = Head.objects
    assert [str(head) for head in heads.waiting_on_client()] == ["Website relaunch"]
    assert list(heads.waiting_on_us()) == []
    assert list(heads.overdue()) == []
    assert heads.active().of_account("").count() == 1
    assert heads.of_account("other").count() == 0
    assert heads.of_client("").count() == 1
    assert heads.of_client("acme").count() == 0


def test_what_is_late_is_overdue(scene: Scene) -> None:
    with scene.desk.change(scene.id) as change:
        change.add_milestone("Launch", due=date(2020, 1, 1))
    assert Head.objects.overdue().count() == 1
    assert Head.objects.overdue(at=0).count() == 0


@pytest.mark.parametrize("model", [Head, Entry, Snapshot, Use])
@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows.all().delete(),
        lambda rows: rows.filter(pk="0").delete(),
        lambda rows: rows.update(pk="0"),
        lambda rows: rows.bulk_create([]),
        lambda rows: rows.bulk_update([], ["pk"]),
        lambda rows: rows.create(pk="0"),
        lambda rows: rows.get_or_create(pk="0"),
        lambda rows: rows.update_or_create(pk="0"),
    ],
    ids=[
        "delete",
        "filter",
        "update",
        "bulk_create",
        "bulk_update",
        "create",
        "get_or_create",
        "update_or_create",
    ],
)
def test_only_the_portal_writes_its_tables(
    scene: Scene, model: type[Any], write: Callable[[Any], object]
) -> None:
    """Many rows at once are refused like one: nothing of the log is lost, and it still verifies."""
    if model is Use:
        current_portal.access.record(scene.id, "l", "seen", 1)
    before = list(model.objects.values())
    assert before
    with pytest.raises(NotAllowed):
        write(model.objects)
    assert list(model.objects.values()) == before
    assert scene.whole()


def test_the_rows_of_a_head_are_not_written_by_its_relation(scene: Scene) -> None:
    head = Head.objects.get(project=scene.id)
    for write in (head.entries.all().delete, lambda: head.entries.update(sealed="")):
        with pytest.raises(NotAllowed):
            write()
    assert scene.whole()


@pytest.mark.parametrize("field", ["AutoField", "BigAutoField", "UUIDField"])
def test_no_migration_is_missing(sqlite: str, field: str) -> None:
    """Whatever the project's own DEFAULT_AUTO_FIELD is, nothing of ours changes with it."""
    with override_settings(DEFAULT_AUTO_FIELD=f"django.db.models.{field}"):
        call_command("makemigrations", "portalkit", check=True, dry_run=True, verbosity=0)


# -- the command ------------------------------------------------------------------------------------


def test_the_command_does_what_portalkit_does(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as code:
        Command().run_from_argv(["manage.py", "portalkit", "verify", "--json"])
    assert code.value.code == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    with pytest.raises(SystemExit) as code:
        Command().run_from_argv(["manage.py", "portalkit", "links", scene.id])
    assert code.value.code == 0
    assert scene.url in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        "verify --settings=tests.django.settings --json",
        "--settings tests.django.settings verify --traceback --json",
        "--json --no-color verify -v 2 --pythonpath=. --account=",
    ],
)
def test_the_command_takes_what_every_command_of_django_takes(
    scene: Scene, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    with pytest.raises(SystemExit) as code:
        Command().run_from_argv(["manage.py", "portalkit", *arguments.split()])
    assert code.value.code == 0, capsys.readouterr().err
    assert json.loads(capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize("arguments", ["nonsense", "verify --what", "verify -v nope", ""])
def test_a_wrong_call_of_the_command_is_told(
    scene: Scene, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    with pytest.raises(SystemExit) as code:
        Command().run_from_argv(["manage.py", "portalkit", *arguments.split()])
    assert code.value.code == 2
    assert capsys.readouterr().err


def test_the_command_can_be_called_from_code(scene: Scene) -> None:
    """By a scheduler, say: what it found is an error of Django's own kind, with the exit code."""
    out = StringIO()
    call_command("portalkit", "verify", "--json", stdout=out)
    assert json.loads(out.getvalue())["ok"] is True
    for arguments, code in (
        (["verify", "gone"], 3),
        (["nonsense"], 2),
        (["fsck", "--account=x"], 1),
    ):
        with pytest.raises(CommandError, match=arguments[0]) as raised:
            call_command("portalkit", *arguments)
        assert raised.value.returncode == code


@pytest.mark.parametrize("call", [["help", "portalkit"], ["portalkit", "--help"]])
def test_the_help_of_the_command_lists_its_own_commands(
    sqlite: str, capsys: pytest.CaptureFixture[str], call: list[str]
) -> None:
    with suppress(SystemExit):
        execute_from_command_line(["manage.py", *call])
    assert "write snapshots and list columns anew" in capsys.readouterr().out


def test_a_check_that_finds_something_ends_with_one(scene: Scene) -> None:
    for key in scene.blobs:
        current_portal.files.delete(key)
    with pytest.raises(SystemExit) as code:
        Command().run_from_argv(["manage.py", "portalkit", "fsck"])
    assert code.value.code == 1


def test_doctor_advises_another_sqlite_in_a_database_of_the_host(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Django's database nobody queues, so that an old SQLite with its write-ahead log is at risk."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 40, 1))
    assert DjangoStore().in_wal()
    with pytest.raises(CommandError):
        call_command("portalkit", "doctor")
    assert "pysqlite3" in capsys.readouterr().out
    monkeypatch.setattr(DjangoStore, "in_wal", lambda self: False)
    call_command("portalkit", "doctor")
    assert "SQLite" not in capsys.readouterr().out


def test_doctor_finds_that_a_table_is_gone(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        connection.cursor().execute("ALTER TABLE portalkit_entry RENAME TO gone")
        with pytest.raises(CommandError):
            call_command("portalkit", "doctor")
        transaction.set_rollback(True)
    assert "no such table: portalkit_entry" in capsys.readouterr().out
    with suppress(CommandError):  # an old SQLite is a finding too
        call_command("portalkit", "doctor")
    assert "has projects" in capsys.readouterr().out


def test_importing_the_package_needs_no_settings() -> None:
    """An app's package is imported before Django is set up."""
    code = "import portalkit.django, portalkit.django.apps; print('fine')"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "fine\n", run.stderr

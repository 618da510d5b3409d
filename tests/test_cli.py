"""The command: what it prints for people and machines, its exit codes, and that it breaks nothing."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from portalkit import Message, Notice, Notify, Portal, Ran, Staff, StoreError, cli
from portalkit.model import new_id
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore
from portalkit.transports import Outbox

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
BEN = Staff("u1", "Ben Ode")


@frozen
class Data:
    """A folder with a portal: project ``p`` with Anna, Bob and a file, and project ``q``."""

    folder: Path
    portal: Portal
    anna: str
    bob: str
    key: str

    def picture(self) -> Any:
        """All that is kept, to be compared with what is kept later."""
        store = self.portal.ledger.store
        files = self.portal.files
        return (
            [(store.load(id), list(store.history(id))) for id in ("p", "q")],
            {key: b"".join(files.open(key)) for key in list(files.keys())},
        )

    def write(self, sql: str) -> None:
        """Change the database behind portalkit's back."""
        with sqlite3.connect(self.folder / "portal.sqlite3") as db:
            db.execute(sql)
        db.close()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Data]:
    folder = tmp_path / "portal"
    store, access = (
        SQLiteStore(folder / "portal.sqlite3"),
        SQLiteAccessLog(folder / "access.sqlite3"),
    )
    portal = Portal(
        store=store,
        files=DirectoryFiles(folder / "files"),
        access=access,
        base_url="https://agency.example/portal",
        keys=[KEY],
    )
    with portal.desk(BEN).open("Website", client="Acme", id="p") as change:
        anna = change.add_person("Anna Kellér", email="anna@acme.example")
        bob = change.add_person("Bob Stone", email="bob@acme.example")
        design = change.add_milestone("Design")
        home = change.add_file(design, io.BytesIO(b"one"), name="home.pdf", purpose="All screens")
        change.issue_link(anna)
        change.post_update(design, body="Anna Kellér said so")
    with portal.desk(BEN).open("Shop", client="Acme", id="q") as change:
        change.set_status("archived")
    yield Data(folder, portal, anna.id, bob.id, portal.project("p").files[home.id].current.key)
    store.close()
    access.close()


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(data: Data, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command on the folder: its exit code, what it printed, what it complained about."""

    def run(*arguments: str, folder: Path = data.folder) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["--data", str(folder), *arguments])
        return code, *capsys.readouterr()

    return run


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# -- all is well ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["verify", "fsck", "rebuild", "links p", "erase p"])
def test_all_is_well(data: Data, call: Call, command: str) -> None:
    before = data.picture()
    code, out, complaints = call(*command.split())
    assert (code, complaints) == (0, "")
    assert out
    if command != "rebuild":
        assert data.picture() == before


@pytest.mark.parametrize("command", ["verify", "fsck --collect", "rebuild", "links p", "erase p"])
@pytest.mark.parametrize("before", [True, False])
def test_every_result_is_a_line_of_json(call: Call, command: str, before: bool) -> None:
    """Wherever ``--json`` stands."""
    words = ["--json", *command.split()] if before else [*command.split(), "--json"]
    code, out, complaints = call(*words)
    assert (code, complaints) == (0, "")
    assert lines(out)


def test_the_folder_may_stand_anywhere(
    data: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", "--data", str(data.folder)]) == 0
    monkeypatch.setenv("PORTALKIT_DATA", str(data.folder))
    assert cli.main(["verify"]) == 0
    assert capsys.readouterr().out.count("2 projects, 0 broken") == 2


def test_verify(call: Call) -> None:
    code, out, _ = call("--json", "verify", "p")
    assert code == 0
    [found] = lines(out)
    assert (found["project"], found["ok"], found["problem"]) == ("p", True, "")
    assert [line["project"] for line in lines(call("--json", "verify")[1])] == ["p", "q"]


def test_only_the_projects_of_an_account(data: Data, call: Call) -> None:
    with data.portal.desk(BEN, account="studio").open("T", client="C", id="tenant"):
        pass
    assert [f["project"] for f in lines(call("--json", "verify", "--account", "studio")[1])] == [
        "tenant"
    ]


# -- something is found ---------------------------------------------------------------------------


def test_verify_finds_an_edited_entry(data: Data, call: Call) -> None:
    data.write("UPDATE entries SET data = '{}' WHERE project = 'p' AND seq = 3")
    code, out, _ = call("verify")
    assert code == 1
    assert "BROKEN at entry 3: chain" in out
    assert "2 projects, 1 broken" in out
    code, out, _ = call("--json", "verify")
    assert code == 1
    assert [(f["project"], f["ok"], f["seq"]) for f in lines(out)] == [
        ("p", False, 3),
        ("q", True, 0),
    ]


def test_fsck_finds_bytes_that_are_gone_or_changed(data: Data, call: Call) -> None:
    path = data.folder / "files" / data.key
    path.write_bytes(b"two")
    code, out, _ = call("fsck")
    assert code == 1
    assert f"corrupt  {data.key}  home.pdf v1" in out
    path.unlink()
    code, out, _ = call("--json", "fsck")
    assert code == 1
    [found] = lines(out)
    assert (found["problem"], found["key"], found["version"]) == ("missing", data.key, 1)


def test_fsck_collects_old_orphans_only(data: Data, call: Call) -> None:
    files = data.portal.files
    old, young = (files.save("p", io.BytesIO(b"lost"), limit=9).key for _ in range(2))
    os.utime(data.folder / "files" / old, (1, 1))
    code, out, _ = call("fsck")
    assert code == 0, "bytes too many harm nobody"
    assert out.count("orphaned") == 2
    assert len(list(files.keys("p"))) == 3
    code, out, _ = call("--json", "fsck", "--collect")
    assert code == 0
    assert lines(out)[-1] == {"collected": 1}
    assert set(files.keys("p")) == {data.key, young}


def test_fsck_collects_what_a_killed_upload_left(data: Data, call: Call) -> None:
    old, young = (data.folder / "files" / "p" / f".{new_id()}.part" for _ in range(2))
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    code, out, _ = call("--json", "fsck", "--collect")
    assert (code, lines(out)[-1]) == (0, {"collected": 1})
    assert (old.exists(), young.exists()) == (False, True)


def test_fsck_finds_bytes_without_a_project(data: Data, call: Call) -> None:
    """An opening that was broken off, or a log that was lost: found when all projects are meant, once a day
    old, and deleted by `erase` of that id alone."""
    key = data.portal.files.save("never", io.BytesIO(b"lost"), limit=9).key
    assert call("fsck")[0] == 0, "it is young: its opening may be going on"
    os.utime(data.folder / "files" / key, (1, 1))
    code, out, _ = call("fsck", "p")
    assert (code, key in out) == (0, False)
    code, out, _ = call("fsck", "--collect")
    assert code == 1
    assert f"orphaned  {key}" in out
    assert "all files are there" not in out
    assert key in list(data.portal.files.keys())
    assert call("erase", "never", "--yes")[0] == 0
    assert key not in list(data.portal.files.keys())
    assert call("fsck")[0] == 0


@pytest.mark.parametrize("command", ["verify", "fsck", "fsck --collect", "rebuild"])
@pytest.mark.parametrize("json", [True, False])
def test_nothing_to_look_at_is_a_finding(
    tmp_path: Path, call: Call, command: str, json: bool
) -> None:
    """As when the database was lost and the app has made a new one: no night is fine without a project."""
    SQLiteStore(tmp_path / "portal.sqlite3").close()
    code, out, complaint = call(*command.split(), *(["--json"] if json else []), folder=tmp_path)
    assert code == 1
    assert "there are no projects without an account" in complaint
    assert "all files are there" not in out
    assert not json or all(set(line.values()) == {0} for line in lines(out))


@pytest.mark.parametrize("command", ["verify", "fsck", "rebuild"])
def test_a_misspelt_account_is_a_finding(call: Call, command: str) -> None:
    code, _, complaint = call(command, "--account", "nope")
    assert code == 1
    assert "there are no projects in the account nope" in complaint


def test_rebuild_mends_columns(data: Data, call: Call) -> None:
    data.write("UPDATE heads SET title = 'Another' WHERE project = 'p'")
    assert call("verify")[0] == 1
    code, out, _ = call("--json", "rebuild")
    assert (code, lines(out)) == (0, [{"rebuilt": 2}])
    assert call("verify")[0] == 0


def test_doctor_looks_at_the_folder(data: Data, call: Call) -> None:
    code, out, _ = call("--json", "doctor")
    found = {line["what"]: line for line in lines(out)}
    assert {"SQLite", "free space", "database file", "data folder", "user"} <= found.keys()
    assert found["database file"]["remedy"] == ""
    assert code == any(line["remedy"] for line in found.values())
    (data.folder / "portal.sqlite3").chmod(0o644)
    code, out, _ = call("doctor")
    assert code == 1
    assert "chmod 600" in out


def test_doctor_looks_at_the_folder_also_if_the_database_cannot_be_opened(
    data: Data, call: Call
) -> None:
    """On a full disk or one that is only read, it is the folder that tells why."""
    lock = data.folder / "portal.sqlite3.lock"
    lock.unlink()
    lock.mkdir()
    code, out, complaint = call("--json", "doctor")
    assert code == 3
    assert {"free space", "data folder"} <= {line["what"] for line in lines(out)}
    assert "the database could not be used" in complaint
    assert call("verify")[1] == ""


def logged(out: str) -> dict[str, Any]:
    (found,) = (line for line in lines(out) if line["what"] == "log")
    return found


@pytest.mark.parametrize("table", ["heads", "entries", "snapshots"])
def test_doctor_reads_what_every_project_has(data: Data, call: Call, table: str) -> None:
    assert logged(call("doctor", "--json")[1])["remedy"] == ""
    data.write(f"DROP TABLE {table}")
    code, out, complaints = call("doctor", "--json")
    assert (code, complaints) == (1, "")
    assert f"no such table: {table}" in logged(out)["found"]
    assert logged(out)["remedy"]


def test_doctor_tells_a_lost_log_from_a_new_one(data: Data, call: Call) -> None:
    """The bytes of its files are what is left."""
    for id in ("p", "q"):
        data.portal.ledger.store.erase(id)
    assert logged(call("doctor", "--json")[1])["remedy"] == ""
    os.utime(data.folder / "files" / data.key, (1, 1))
    code, out, _ = call("doctor", "--json")
    assert code == 1
    assert data.key in logged(out)["found"]
    assert "restore a backup" in logged(out)["remedy"]


@pytest.mark.parametrize(
    ("version", "in_wal", "advised"),
    [
        ((3, 40, 1), True, True),
        ((3, 51, 2), True, True),
        ((3, 50, 7), True, False),
        ((3, 51, 3), True, False),
        ((3, 40, 1), False, False),
    ],
)
def test_doctor_advises_another_sqlite_where_writers_do_not_queue(
    data: Data,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    in_wal: bool,
    advised: bool,
) -> None:
    """Our own store is safe with each version: those who write it take turns."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    store, out = data.portal.ledger.store, io.StringIO()
    cli.run(["doctor", "--json"], cli.Backend(store, MemoryFiles(), in_wal=lambda: in_wal), out)
    (found,) = (line for line in lines(out.getvalue()) if line["what"] == "SQLite")
    assert bool(found["remedy"]) == advised


def test_doctor_says_nothing_of_sqlite_where_it_is_not_used() -> None:
    out = io.StringIO()
    assert cli.run(["doctor"], cli.Backend(MemoryStore(), MemoryFiles()), out) == 0
    assert "SQLite" not in out.getvalue()


# -- erasing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "address"])
def test_a_person_is_erased(data: Data, call: Call, by: str) -> None:
    who = data.anna if by == "id" else "Anna@acme.example"
    before = data.picture()
    code, out, _ = call("erase", "p", "--person", who)
    assert code == 0
    assert "nothing was changed; add --yes" in out
    assert data.picture() == before
    code, out, _ = call("erase", "p", "--person", who, "--yes", "--json")
    assert code == 0
    [found] = lines(out)
    assert (found["person"], found["entries"], found["done"]) == (data.anna, 2, True)
    assert len(found["mentions"]) == 1
    assert data.portal.project("p").people[data.anna].name == ""
    assert data.portal.project("p").people[data.bob].name == "Bob Stone"
    assert call("verify")[0] == 0
    assert "(erased)" in call("links", "p")[1]


def test_text_that_stays_is_told(call: Call) -> None:
    assert "text that stays names the person in entries" in call("erase", "p", "--person", "anna@acme.example")[1]  # fmt: skip


def test_two_people_with_one_address_are_not_mixed_up(data: Data, call: Call) -> None:
    with data.portal.desk(BEN).change("p") as change:
        change.add_person("Anna's assistant", email="anna@acme.example")
    before = data.picture()
    code, _, complaint = call("erase", "p", "--person", "anna@acme.example", "--yes")
    assert code == 3
    assert "Give the id" in complaint
    assert data.picture() == before


def test_an_empty_person_does_not_mean_the_whole_project(data: Data, call: Call) -> None:
    """As when a script's variable was not set."""
    before = data.picture()
    assert call("erase", "p", "--person", "", "--yes")[0] == 3
    assert data.picture() == before


def test_a_project_is_erased(data: Data, call: Call) -> None:
    before = data.picture()
    code, out, _ = call("--json", "erase", "p")
    assert code == 0
    assert lines(out)[0]["files"] == 1
    assert lines(out)[0]["done"] is False
    assert data.picture() == before
    assert call("erase", "p", "--yes")[0] == 0
    assert data.portal.ledger.find("p") is None
    assert list(data.portal.files.keys()) == []
    assert data.portal.project("q").title == "Shop"
    assert call("erase", "p", "--yes")[0] == 3


# -- it cannot be done ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        *("verify p gone", "fsck gone", "fsck gone --collect", "rebuild gone"),
        *("links gone", "erase gone", "erase gone --yes", "erase gone --person x --yes"),
        *("erase p --person nobody", "erase p --person nobody --yes"),
    ],
)
def test_the_unknown_is_told_with_a_remedy(data: Data, call: Call, command: str) -> None:
    before = data.picture()
    code, out, complaint = call(*command.split())
    assert (code, out) == (3, "")
    assert complaint.startswith("no such ")
    assert len(complaint.split(". ")) == 2, complaint
    assert data.picture() == before


@pytest.mark.parametrize(
    "command", ["verify", "fsck", "rebuild", "doctor", "links p", "erase p --yes", "bounce"]
)
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_made_in_a_wrong_folder(
    tmp_path: Path, call: Call, command: str, there: bool
) -> None:
    folder = tmp_path / "elsewhere"
    if there:
        folder.mkdir()
    code, out, complaint = call(*command.split(), folder=folder)
    assert (code, out) == (3, "")
    assert "Pass --data" in complaint
    assert folder.exists() == there
    assert not there or list(folder.iterdir()) == []


def test_no_access_log_is_made(data: Data, call: Call) -> None:
    for path in data.folder.glob("access.sqlite3*"):
        path.unlink()
    assert call("verify")[0] == 0
    assert list(data.folder.glob("access.sqlite3*")) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path, call: Call) -> None:
    (tmp_path / "portal.sqlite3").write_bytes(b"no database at all, but long enough to be one" * 50)
    code, _, complaint = call("verify", folder=tmp_path)
    assert code == 3
    assert "Traceback" not in complaint


def test_trouble_with_the_disk_is_told(
    data: Data, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: Path) -> cli.Backend:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(cli, "backend_in", refused)
    code, out, complaint = call("verify")
    assert (code, out) == (3, "")
    assert "Permission denied" in complaint


def test_ctrl_c_ends_it_with_one_word(
    data: Data, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(folder: Path) -> cli.Backend:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "backend_in", interrupted)
    assert call("fsck") == (130, "", "interrupted\n")


def test_it_ends_quietly_where_nobody_reads_on(data: Data) -> None:
    """As `portalkit verify | head -1` leaves it."""
    command = [sys.executable, "-m", "portalkit.cli", "--data", str(data.folder), "verify"]
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, "")


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["erase"], ["links"], ["verify", "--what"]]
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: portalkit" in capsys.readouterr().err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name, _, _ in cli.COMMANDS)


# -- background work ------------------------------------------------------------------------------


def working(portal: Portal, transport: Any) -> cli.Backend:
    """A backend whose portal tells people, and has something to tell."""

    def render(notice: Notice) -> Message:
        return Message(
            id=notice.id, to=notice.person.email, sender="p@a.example", subject="S", text="T", at=0
        )

    portal.notify(Notify(render=render, transport=transport))
    with portal.desk(BEN).open("Site", client="Acme", id="w") as change:
        change.issue_link(change.add_person("Eve", email="eve@acme.example"))
    return cli.Backend(portal.ledger.store, portal.files, portal=portal)


def test_run_once_sends_what_is_due_and_says_so(data: Data) -> None:
    box, out = Outbox(), io.StringIO()
    backend = working(data.portal, box)
    assert cli.run(["run", "--once", "--json"], backend, out) == 0
    assert "eve@acme.example" in [message.to for message in box]
    assert sum(line["sent"] for line in lines(out.getvalue())) == len(box)
    out = io.StringIO()
    assert cli.run(["run", "--once"], backend, out) == 0
    assert out.getvalue() == "", "nothing was due, nothing is said"


def test_run_once_tells_a_script_that_something_failed(data: Data) -> None:
    def down(message: Message) -> None:
        raise OSError("no route")

    out = io.StringIO()
    assert cli.run(["run", "--once"], working(data.portal, down), out) == 1
    assert " failed" in out.getvalue()


def test_run_once_tells_a_script_that_a_project_could_not_be_worked_on(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever raised, it is counted and answered by 1, although no mail failed."""
    backend = working(data.portal, Outbox())
    monkeypatch.setattr(data.portal.ledger, "settle", lambda *_, **__: 1 / 0)
    out = io.StringIO()
    assert cli.run(["run", "--once", "--json"], backend, out) == 1
    (ran,) = lines(out.getvalue())
    assert (ran["stuck"], ran["failed"], ran["given_up"]) == (ran["projects"], 0, 0)


def test_run_goes_on_through_trouble_until_it_is_told_to_stop(
    data: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It pauses longer each time, and SIGTERM ends it with the exit code of success."""
    runs: list[int] = []

    def run_due(**_: Any) -> Ran:
        runs.append(1)
        if len(runs) == 1:
            raise StoreError("the database is away")
        if len(runs) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return Ran()

    before = signal.getsignal(signal.SIGTERM)
    backend = working(data.portal, Outbox())
    monkeypatch.setattr(data.portal, "run_due", run_due)
    refreshed: list[int] = []
    backend = evolve(backend, refresh=lambda: refreshed.append(1))
    assert cli.run(["run", "--pause", "0.1"], backend, io.StringIO()) == 0
    assert (len(runs), len(refreshed)) == (3, 3)
    assert "the database is away" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("pause", ["0", "-1", "nan", "inf", "0.05", "90000", "soon"])
def test_a_pause_that_would_spin_or_never_end_is_a_wrong_call(
    data: Data, pause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.run(["run", "--once", f"--pause={pause}"], working(data.portal, Outbox()))
    assert caught.value.code == 2
    assert "argument --pause: " in capsys.readouterr().err


def test_run_needs_an_app_with_something_to_do(data: Data, call: Call) -> None:
    code, _, complaint = call("run", "--once")
    assert code == 3
    assert "no background work" in complaint


# -- mails that come back -------------------------------------------------------------------------

MAILS = Path(__file__).parent / "mails"
NAMED = b"0123456789abcdef0123456789abcdef.acme!site"


def standard_input(patch: pytest.MonkeyPatch, data: bytes) -> io.BytesIO:
    """Let standard input hold these bytes."""
    stream = io.BytesIO(data)
    patch.setattr("sys.stdin", io.TextIOWrapper(stream))
    return stream


def report_of(message: Message) -> bytes:
    """A report that a message came back."""
    name = message.id.encode()
    return (MAILS / "postfix.eml").read_bytes().replace(NAMED, name)


def test_bounce_notes_once_what_a_report_says(
    data: Data, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the folder alone, by another process than that which sent the mail."""
    box = Outbox()
    working(data.portal, box).portal.run_due()  # type: ignore[union-attr]
    (message,) = (message for message in box if message.to == "eve@acme.example")
    stream = standard_input(monkeypatch, report_of(message) + b"x" * 1_000_000)
    code, out, complaints = call("bounce", "--json")
    assert (code, complaints) == (0, "")
    assert lines(out) == [{"message_id": message.message_id.replace("a.example", "agency.example")}]
    assert stream.read() == b"", "it is read to its end"
    (failure,) = data.portal.desk(BEN).failures("w")
    assert (failure.problem, failure.bounced_at is not None) == ("5.1.1", True)
    standard_input(monkeypatch, report_of(message))
    assert call("bounce") == (1, "nothing to note\n", "")
    assert call("verify", "w")[0] == 0


@pytest.mark.parametrize("name", ["postfix", "vacation", "postfix-delayed"])
def test_bounce_finds_nothing_to_note(
    data: Data, call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = data.picture()
    standard_input(monkeypatch, (MAILS / f"{name}.eml").read_bytes())
    assert call("bounce") == (1, "nothing to note\n", "")
    standard_input(monkeypatch, b"")
    assert call("bounce", "--json") == (1, "", "")
    assert data.picture() == before


def test_bounce_tells_when_it_is_to_be_tried_again(
    data: Data, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail system keeps a report that could not be taken, if its script says so."""
    box = Outbox()
    backend = working(data.portal, box)
    monkeypatch.setattr(data.portal.ledger, "settle", lambda *_, **__: 1 / 0)
    assert cli.run(["run", "--once"], backend, io.StringIO()) == 1
    standard_input(monkeypatch, report_of(box[-1]))
    code, out, complaint = call("bounce")
    assert (code, out) == (3, "")
    assert "again in ten minutes" in complaint


# -- a host's own backend -------------------------------------------------------------------------


def test_links_with_a_portal_have_addresses(data: Data) -> None:
    out = io.StringIO()
    backend = cli.Backend(data.portal.ledger.store, data.portal.files, portal=data.portal)
    assert cli.run(["links", "p", "--json"], backend, out) == 0
    [found] = lines(out.getvalue())
    assert found["url"] == data.portal.link_url(data.portal.project("p"), data.anna)
    assert (found["name"], found["state"]) == ("Anna Kellér", "active")
    assert data.portal.visit(found["url"].rpartition("/")[2]).person.id == data.anna


def test_a_backend_without_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    backend = cli.Backend(MemoryStore(), MemoryFiles())
    assert cli.run(["verify"], backend) == 1
    assert capsys.readouterr().out == "0 projects, 0 broken\n"
    with pytest.raises(SystemExit):
        cli.run(["--data", "x", "verify"], backend)


def test_progress_goes_to_a_terminal_only(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("verify")[2] == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    printer = cli.Printer(io.StringIO(), True)
    show = printer.progress(1)
    show("p")

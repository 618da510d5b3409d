"""The ``portalkit`` command: looks after the data of a portal from a terminal or a script.

Exit codes: 0 all is well, 1 something was found (``bounce``: nothing to note), 2 the call was wrong, 3 it
could not be done; as the shell has it, 130 it was interrupted, 141 nobody read on.
With ``--json`` every result is one line of JSON on standard output; progress goes to standard error, and
only when that is a terminal.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from attrs import Factory, asdict, frozen

from portalkit.errors import ConfigError, Invalid, NotFound, PortalError, StoreError
from portalkit.model import Link, Person, Project
from portalkit.moments import local, now
from portalkit.portal import Caretaker, Portal
from portalkit.rules import people_named
from portalkit.storage import AccessLog, FileStore, Store
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.sqlite import SQLiteAccessLog, SQLiteStore

if TYPE_CHECKING:
    from portalkit.web import Brand
    from portalkit.web.render import Renderer

__all__ = ["Backend", "main", "run"]

FINE, FOUND, WRONG, FAILED = 0, 1, 2, 3
INTERRUPTED, UNREAD = 130, 141


@frozen
class Backend:
    """What the command works on; with a portal it can also tell the addresses of links."""

    store: Store
    files: FileStore
    access: AccessLog | None = None
    folder: Path | None = None
    portal: Portal | None = None
    brands: Mapping[str, Brand] = Factory(dict)
    renderer: Renderer | None = None
    refresh: Callable[[], object] = lambda: None
    """Called before each run of the background work: lets go of what went stale."""
    in_wal: Callable[[], bool] = lambda: False
    """Tells whether the log lies in a WAL database of the host, in which writers do not queue as ours do."""

    @property
    def care(self) -> Caretaker:
        """The caretaker of this data."""
        if self.portal is not None:
            return self.portal.care
        return Caretaker(store=self.store, files=self.files, access=self.access)


def backend_in(folder: Path) -> Backend:
    """Return the embedded default that lies in a folder.

    Raises:
        NotFound: there is no portal in this folder; nothing is made.
    """
    if not (folder / "portal.sqlite3").is_file():
        raise NotFound(
            "there is no portal in this folder",
            remedy="Pass --data or set PORTALKIT_DATA",
            folder=str(folder),
        )
    accesses = folder / "access.sqlite3"
    return Backend(
        SQLiteStore(folder / "portal.sqlite3"),
        DirectoryFiles(folder / "files"),
        SQLiteAccessLog(accesses) if accesses.is_file() else None,
        folder,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command on a data folder; return the exit code."""
    options = _parser("portalkit", data=True).parse_args(arguments)

    def backend() -> Backend:
        try:
            return backend_in(options.data)
        except StoreError:
            if options.command is doctor:  # the folder may tell why it cannot be opened
                _report(_folder(options.data), Printer(sys.stdout, options.json))
            raise

    return _run(options, backend, sys.stdout)


def run(
    arguments: Sequence[str],
    backend: Backend,
    out: TextIO | None = None,
    *,
    program: str = "portalkit",
) -> int:
    """Run the command on a host's own backend; return the exit code.

    Args:
        arguments: what stands on the command line after the program.
        backend: what to work on.
        out: where results go; standard output if not given.
        program: what the help calls the command.

    Raises:
        SystemExit: the call was wrong (2), or only help was wanted (0).
    """
    options = _parser(program, data=False).parse_args(arguments)
    return _run(options, lambda: backend, out or sys.stdout)


def _run(options: argparse.Namespace, backend: Callable[[], Backend], out: TextIO) -> int:
    try:
        code: int = options.command(options, backend(), Printer(out, options.json))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # for what is written at exit
        return UNREAD
    except (PortalError, OSError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return code


def _parser(program: str, *, data: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Look after the data of a client portal.",
        epilog="Exit codes: 0 all is well, 1 something was found, 2 the call was wrong, 3 it failed.",
    )
    folder = Path(os.environ.get("PORTALKIT_DATA") or "instance/portal")
    _common_arguments(parser, json=False, **({"data": folder} if data else {}))
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, function, words in COMMANDS:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(command=function)
        never = argparse.SUPPRESS  # what stands before the command counts, unless it is said again
        _common_arguments(command, json=never, **({"data": never} if data else {}))
        _ARGUMENTS.get(name, _projects_argument)(command)
    return parser


def _common_arguments(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        default=defaults["json"],
        help="one line of JSON for each result",
    )
    if "data" in defaults:
        parser.add_argument(
            "--data",
            type=Path,
            default=defaults["data"],
            help="the folder with the portal's data (default: $PORTALKIT_DATA, else instance/portal)",
        )


def _projects_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument("project", nargs="*", help="ids of projects (default: all of the account)")
    command.add_argument(
        "--account",
        default="",
        help="the account (tenant) whose projects are meant (default: that without a name)",
    )


def _fsck_arguments(command: argparse.ArgumentParser) -> None:
    _projects_argument(command)
    command.add_argument(
        "--collect", action="store_true", help="delete bytes that no entry has named for a day"
    )


def _erase_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("project", help="id of the project")
    command.add_argument("--person", help="erase only this person (id or e-mail address)")
    command.add_argument(
        "--yes", action="store_true", help="do it; without this nothing is changed"
    )


def _one_project(command: argparse.ArgumentParser) -> None:
    command.add_argument("project", help="id of the project")


@frozen
class Printer:
    """Prints results as columns for people or as JSON lines for machines."""

    out: TextIO
    json: bool

    def line(self, *columns: object, **values: Any) -> None:
        """Print one result: ``columns`` for people, ``values`` for machines."""
        if self.json:
            print(json.dumps(values, ensure_ascii=False), file=self.out, flush=True)
        else:
            print("  ".join(str(column) for column in columns), file=self.out, flush=True)

    def note(self, words: str) -> None:
        """Print a closing word for people; machines count for themselves."""
        if not self.json:
            print(words, file=self.out, flush=True)

    def progress(self, total: int) -> Callable[[str], None]:
        """Return what shows progress on a terminal, and nothing elsewhere."""
        if not sys.stderr.isatty():
            return lambda what: None
        done = 0

        def show(what: str) -> None:
            nonlocal done
            done += 1
            end = "\n" if done == total else ""
            print(f"\r\033[K{done}/{total}  {what}", end=end, file=sys.stderr, flush=True)

        return show


def _chosen(options: argparse.Namespace, care: Caretaker) -> list[str]:
    """The projects that are meant; that one is unknown or that there are none is told before the work."""
    if options.project:
        return [care.known(id) for id in options.project]
    chosen = list(care.projects(options.account))
    if not chosen:  # a log that was lost looks like one that was never written
        where = f"in the account {options.account}" if options.account else "without an account"
        print(
            f"there are no projects {where}, so nothing was done. If there should be some,"
            " name their account with --account, or restore a backup",
            file=sys.stderr,
            flush=True,
        )
    return chosen


# -- commands -----------------------------------------------------------------------------------


def verify(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Check every entry, head and snapshot."""
    care = backend.care
    chosen = _chosen(options, care)
    broken = 0
    total = len(chosen)
    for result in care.verify(chosen, printer.progress(total)):
        broken += not result.ok
        told = "ok" if result.ok else f"BROKEN at entry {result.seq}: {result.problem}"
        printer.line(
            result.project, f"{result.entries} entries", told, **asdict(result), ok=result.ok
        )
    printer.note(f"{total} projects, {broken} broken")
    return FOUND if broken or not chosen else FINE


def fsck(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Read and hash every file: missing, corrupt, orphaned."""
    care = backend.care
    chosen = _chosen(options, care)
    strays = [] if options.project else list(care.strays())
    problems = list(strays)
    for found in chain(care.check_files(chosen, printer.progress(len(chosen))), strays):
        name = f"{found.name} v{found.version}" if found.name else ""
        printer.line(found.problem, found.key, name, **asdict(found))
        if found.problem != "orphaned":  # what is left over in a project harms nobody
            problems.append(found)
    if options.collect:
        count = care.collect(chosen)
        printer.line(f"{count} orphaned files deleted", collected=count)
    if problems or not chosen:
        return FOUND
    printer.note(f"{len(chosen)} projects: all files are there and unchanged")
    return FINE


def erase(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Erase a project, or one person in it; shows what would go unless --yes is given."""
    care = backend.care
    if options.person is not None:
        person = _person(backend, options.project, options.person)
        plan = care.redact if options.yes else care.would_redact
        result = plan(options.project, person)
    else:
        result = (care.erase if options.yes else care.would_erase)(options.project)
    told = "erased" if options.yes else "would erase"
    printer.line(
        told,
        f"{result.entries} entries",
        f"{result.files} files",
        **asdict(result),
        done=options.yes,
    )
    if result.mentions:
        printer.note(f"text that stays names the person in entries {_listed(result.mentions)}")
    if result.waiting:
        printer.note(f"open requests wait for the person: {_listed(result.waiting)}")
    if not options.yes:
        printer.note("nothing was changed; add --yes to do it")
    return FINE


def _listed(things: Iterable[object]) -> str:
    return ", ".join(str(thing) for thing in things)


def _person(backend: Backend, project: str, wanted: str) -> str:
    """Return the id of the one person who is meant: what is erased does not come back."""
    found = people_named(backend.care.project(project), wanted)
    if not found:
        raise NotFound(
            "no such person in this project",
            remedy="Give the id or the e-mail address of one of its people",
            project=project,
            person=wanted,
        )
    if len(found) > 1:
        raise Invalid(
            "several people of this project have this address",
            remedy="Give the id of the one you mean",
            project=project,
            people=found,
        )
    return found[0]


def rebuild(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Write snapshots and list columns anew from the logs."""
    care = backend.care
    chosen = _chosen(options, care)
    count = care.rebuild(chosen, printer.progress(len(chosen)))
    printer.line(f"{count} projects rebuilt", rebuilt=count)
    return FINE if chosen else FOUND


def links(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """List the links of a project: who, state, expiry, address."""
    project = backend.care.project(options.project)
    for link in project.links.values():
        person = project.people[link.person]
        state = str(link.state(now()))
        printer.line(
            f"{state:8}",
            f"{_until(link, project):24}",
            f"{person.name} <{person.email}>" if not person.redacted else "(erased)",
            _address(backend, project, person),
            person=person.id,
            name=person.name,
            email=person.email,
            state=state,
            scopes=sorted(link.scopes),
            expires_at=link.expires_at,
            url=_address(backend, project, person),
        )
    return FINE


def _until(link: Link, project: Project) -> str:
    if link.expires_at is None:
        return "no expiry"
    return f"until {local(link.expires_at, project.zone):%Y-%m-%d %H:%M %Z}"


def _address(backend: Backend, project: Project, person: Person) -> str:
    if backend.portal is None:
        return ""
    try:
        return backend.portal.link_url(project, person.id)
    except NotFound:
        return ""


# -- mails that come back -----------------------------------------------------------------------


def bounce(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Note what a mail on standard input reports as never delivered."""
    from portalkit.bounces import LARGEST, read  # takes a while, and only this command needs it

    care = backend.care
    reported = read(_standard_input(LARGEST))
    noted = [bounce for bounce in reported if care.bounced(bounce.message_id, bounce.problem)]
    for bounce in noted:
        printer.line("noted", bounce.message_id, message_id=bounce.message_id)
    if not noted:
        printer.note("nothing to note")
    return FINE if noted else FOUND


def _standard_input(most: int) -> bytes:
    """Return its beginning, and read it to its end: a mail system must not find it closed."""
    start = sys.stdin.buffer.read(most)
    while sys.stdin.buffer.read(65_536):
        pass
    return start


# -- background work ----------------------------------------------------------------------------

LONGEST_PAUSE: Final = 300.0
"""Seconds to wait at most after runs in which nothing went well."""


def work(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Send what is due and run durable hooks, until SIGTERM or Ctrl-C."""
    if backend.portal is None or not backend.portal.works:
        raise ConfigError(
            "there is no background work to do here",
            remedy="Set up mail or a durable hook in the app, and run the command of the app",
        )
    stopped = threading.Event()
    pause = options.pause
    with _signals(stopped.set):
        while not stopped.is_set():
            backend.refresh()
            went_well = _one_run(backend.portal, stopped.is_set, printer)
            if options.once:
                return FINE if went_well else FOUND
            pause = options.pause if went_well else min(pause * 2, LONGEST_PAUSE)
            stopped.wait(pause)
    return FINE


def _one_run(portal: Portal, stop: Callable[[], bool], printer: Printer) -> bool:
    """Do what is due; return whether that went well."""
    try:
        ran = portal.run_due(stop=stop)
    except StoreError as error:  # a database that is restarted comes back
        print(error, file=sys.stderr, flush=True)
        return False
    if ran.projects:
        told = [f"{count} {name.replace('_', ' ')}" for name, count in asdict(ran).items() if count]
        printer.line(*told, **asdict(ran))
    return not (ran.failed or ran.given_up or ran.stuck)


@contextmanager
def _signals(stop: Callable[[], object]) -> Iterator[None]:
    """Let the first SIGTERM or Ctrl-C end the work where it is safe; the next one ends it at once."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def asked(*_: object) -> None:
        restore()
        stop()

    for name in before:
        signal.signal(name, asked)
    try:
        yield
    finally:
        restore()


def seconds(text: str) -> float:
    """Read a pause: one that neither spins nor lasts longer than a day."""
    pause = float(text)
    if not 0.1 <= pause <= 86_400:
        raise argparse.ArgumentTypeError("give 0.1 to 86400 seconds")
    return pause


def _work_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--once", action="store_true", help="one run, as cron wants it")
    command.add_argument(
        "--pause",
        type=seconds,
        default=5.0,
        metavar="SECONDS",
        help="how long to wait between two runs (default: 5)",
    )


# -- doctor -------------------------------------------------------------------------------------


@frozen
class Finding:
    """One thing that was looked at; ``remedy`` is empty when all is well."""

    what: str
    found: str
    remedy: str = ""


def doctor(options: argparse.Namespace, backend: Backend, printer: Printer) -> int:
    """Look at what the portal stands on, and say what to mend."""
    findings = [
        *_sqlite(backend),
        *_folder(backend.folder),
        *_log(backend),
        *_portal(backend.portal),
        *_brands(backend.brands),
        *_templates(backend.renderer),
    ]
    _report(findings, printer)
    return FOUND if any(finding.remedy for finding in findings) else FINE


def _report(findings: Iterable[Finding], printer: Printer) -> None:
    for finding in findings:
        told = finding.found + (f"  -> {finding.remedy}" if finding.remedy else "")
        mark = "!!" if finding.remedy else "ok"
        printer.line(mark, f"{finding.what:18}", told, **asdict(finding))


def _sqlite(backend: Backend) -> Iterable[Finding]:
    """Two connections that write or checkpoint in one moment can damage a WAL database of an old SQLite.

    Ours take turns at it, so that no such moment comes.
    """
    in_wal = backend.in_wal()
    if not (in_wal or isinstance(backend.store, SQLiteStore)):
        return
    version = sqlite3.sqlite_version_info
    sound = version >= (3, 51, 3) or version in ((3, 44, 6), (3, 50, 7))
    yield Finding(
        "SQLite",
        sqlite3.sqlite_version,
        ""
        if sound or not in_wal
        else "before 3.51.3 it can, very rarely, damage a WAL database that several write: take a newer"
        " one, for instance that of the package pysqlite3, or another journal_mode",
    )


def _folder(folder: Path | None) -> Iterable[Finding]:
    if folder is None:
        return
    free = shutil.disk_usage(folder).free
    low = free < 1024**3
    yield Finding("free space", f"{free // 1024**2} MiB", "make room" if low else "")
    mode = (folder / "portal.sqlite3").stat().st_mode & 0o077
    yield Finding(
        "database file",
        "private" if not mode else "readable by others",
        "" if not mode else "chmod 600 portal.sqlite3",
    )
    owner = (folder / "portal.sqlite3").stat().st_uid
    yield Finding(
        "user",
        "owns the database file" if owner == os.geteuid() else "does not own the database file",
        "" if owner == os.geteuid() else "run this command as the user of the app",
    )
    writable = os.access(folder, os.W_OK)
    yield Finding("data folder", str(folder), "" if writable else "make it writable")


def _log(backend: Backend) -> Iterable[Finding]:
    """Read what every project has, if only that of one: a table may be missing, or all that was in it."""
    try:
        heads = backend.store.projects(status=None, limit=1)
        project = heads[0].project if heads else ""
        backend.store.load(project)
        backend.store.history(project, limit=1)
        left = None if heads else next(backend.care.strays(), None)
    except PortalError as error:
        cause = error.evidence.get("cause")
        yield Finding("log", f"{error.problem}: {cause}" if cause else error.problem, error.remedy)
        return
    told = "has projects" if heads else "no projects without an account"
    yield Finding(
        "log",
        told if left is None else f"{told}, and files of a project that is not there: {left.key}",
        "" if left is None else "restore a backup of the database",
    )


def _portal(portal: Portal | None) -> Iterable[Finding]:
    if portal is None:
        return
    secure = portal.base_url.startswith("https:") or "//localhost" in portal.base_url
    yield Finding(
        "base URL",
        portal.base_url,
        "" if secure else "serve it by https: links and cookies are secrets",
    )


def _brands(brands: Mapping[str, Brand]) -> Iterable[Finding]:
    if not brands:
        return
    from portalkit.web import colours  # takes a while, so not before

    for key, brand in brands.items():
        found = colours(brand)
        yield Finding(
            f"brand {key or brand.name}",
            found.problem or f"{found.light.accent} can be read",
            f"set the accent to {found.light.accent}" if found.problem else "",
        )


def _templates(renderer: Renderer | None) -> Iterable[Finding]:
    for error in renderer.without_effect() if renderer is not None else ():
        yield Finding(
            "template", str(ConfigError(error.problem, remedy="", **error.evidence)), error.remedy
        )


_ARGUMENTS: Final[dict[str, Callable[[argparse.ArgumentParser], None]]] = {
    "fsck": _fsck_arguments,
    "erase": _erase_arguments,
    "links": _one_project,
    "doctor": lambda command: None,
    "bounce": lambda command: None,
    "run": _work_arguments,
}

COMMANDS: Final = (
    ("run", work, "send what is due and run durable hooks, again and again"),
    ("verify", verify, "check every entry, head and snapshot"),
    ("fsck", fsck, "read and hash every file"),
    ("erase", erase, "erase a project, or one person in it"),
    ("rebuild", rebuild, "write snapshots and list columns anew"),
    ("doctor", doctor, "look at what the portal stands on"),
    ("links", links, "list the links of a project"),
    ("bounce", bounce, "note that a mail came back: reads its report from standard input"),
)


if __name__ == "__main__":
    sys.exit(main())

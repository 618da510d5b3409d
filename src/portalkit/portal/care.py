"""Care: what an operator does with the data itself: verify, check files, forget, rebuild.

The caretaker works on store and files alone; it needs neither keys nor a base URL.  Long work reports
its progress through a callable, so a terminal can show it and a machine can ignore it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import astuple, evolve, fields, frozen, has

from portalkit import clean, codec, moments, rules
from portalkit.errors import BlobMissing, FileError, NewerLog, NotFound
from portalkit.facts import (
    ApprovalDecided,
    Entry,
    Fact,
    FileAdded,
    FileDelivered,
    Line,
    LinkIssued,
    LinkRotated,
    PersonAdded,
    PersonChanged,
    PersonRedacted,
    QuestionAsked,
    RecapRecorded,
    UnknownFact,
    VersionAdded,
    sealed_fields,
)
from portalkit.model import Person, Project
from portalkit.portal.bouncing import note_bounce
from portalkit.portal.ledger import Ledger, State, Verification, Written, no_such_project
from portalkit.portal.things import Thing, id_of, ids_of
from portalkit.storage import Access, AccessLog, FileStore, Row, Store, Sweeps, offers

__all__ = ["Caretaker", "Erasure", "FileProblem", "Held"]

UNREFERENCED_FOR: Final = 86_400_000
"""Blobs younger than a day are never collected: an upload may be about to name them."""

Progress = Callable[[str], None]

_Bringing = FileAdded | VersionAdded | FileDelivered
"""The facts that bring bytes."""


def _silent(what: object) -> None:
    return None


@frozen
class FileProblem:
    """Something that is wrong with the bytes of a project.

    Attributes:
        project: the project's id.
        key: the key of the bytes.
        problem: ``missing``, ``corrupt``, ``unreadable``, or ``orphaned`` (named by no entry).
        name: the name of the file; empty for orphaned bytes.
        version: the number of the version; 0 for orphaned bytes.
    """

    project: str
    key: str
    problem: str
    name: str = ""
    version: int = 0


@frozen
class Erasure:
    """What an erasure removes, or would remove in a dry run.

    Attributes:
        project: the project's id.
        person: the person's id, or empty when the whole project goes.
        entries: how many entries are emptied or deleted.
        files: how many files are deleted.
        mentions: the places in the log where other text names the person, or a file that they handed in:
            such text is part of what was agreed, or somebody else's, and stays.
        waiting: the open requests that wait for the person: nobody can answer for them any more, so call
            those off or ask others.
    """

    project: str
    person: str = ""
    entries: int = 0
    files: int = 0
    mentions: tuple[int, ...] = ()
    waiting: tuple[str, ...] = ()


@frozen
class Held:
    """What is kept of one person.

    Attributes:
        project: the project's id.
        person: the person's id.
        entries: what was done by them, is about them or names them, in order; those of their link hold its
            secret (``nonce``), which is nobody else's to read.
        uses: when their link was used, oldest first.
    """

    project: str
    person: str
    entries: tuple[Entry, ...]
    uses: tuple[Access, ...]


class Caretaker:
    """Looks after the data of a portal.

    Args:
        store: where entries are kept.
        files: where bytes are kept.
        access: the access log, if there is one.
        clock: returns UTC milliseconds.
        ledger: the ledger of a running portal, so that what it remembers is forgotten too.
        announce: told what a redaction wrote, so that hooks hear of it.
    """

    def __init__(
        self,
        *,
        store: Store,
        files: FileStore,
        access: AccessLog | None = None,
        clock: Callable[[], int] = moments.now,
        ledger: Ledger | None = None,
        announce: Callable[[Written], object] = _silent,
    ) -> None:
        self._ledger = ledger if ledger is not None else Ledger(store, clock)
        self._files = files
        self._access = access
        self._clock = clock
        self._announce = announce

    # -- looking --------------------------------------------------------------------------------

    def projects(self, account: str = "") -> Iterator[str]:
        """Yield the ids of all projects of an account, whatever their status, in order.

        Args:
            account: the tenant; a store gives no list of accounts, so with several call it for each.

        Raises:
            Invalid: the account is no text.
        """
        clean.text(account, "account")
        after: tuple[int | str, str] | None = None
        while True:
            heads = self._ledger.store.projects(
                account=account, status=None, order="project", after=after
            )
            yield from (head.project for head in heads)
            if not heads:
                return
            after = (heads[-1].project, heads[-1].project)

    def known(self, project: Thing) -> str:
        """Return the id of a project that the store holds, readable or not.

        Args:
            project: the project or its id.

        Raises:
            NotFound: there is no such project.
        """
        id = id_of(project)
        if self._ledger.store.load(id) is None:
            raise no_such_project(id)
        return id

    def project(self, project: Thing) -> Project:
        """Return a project as it stands.

        Args:
            project: the project or its id.

        Raises:
            NotFound: there is no such project.
        """
        return self._ledger.read(id_of(project)).project

    def verify(
        self, projects: Iterable[Thing], progress: Progress = _silent
    ) -> Iterator[Verification]:
        """Yield for each project whether its log, head and snapshot are what was written.

        Args:
            projects: the projects or their ids.
            progress: called with each id before its turn.

        Raises:
            NotFound: no such project.
        """
        for project in ids_of(projects, "projects"):
            progress(project)
            yield self._ledger.verify(project)

    def check_files(
        self, projects: Iterable[Thing], progress: Progress = _silent
    ) -> Iterator[FileProblem]:
        """Yield what is wrong with the bytes of projects; every byte is read and hashed.

        Args:
            projects: the projects or their ids.
            progress: called with each id before its turn.

        Raises:
            NotFound: no such project.
            NewerLog: the project holds facts of a newer portalkit, which may name bytes too; upgrade
                first.
        """
        for project in ids_of(projects, "projects"):
            progress(project)
            held = set(self._files.keys(project))  # before the log: an upload may come in between
            named = self._named(project)
            for key, (fact, version) in named.items():
                problem = self._file_problem(key, fact.sha256)
                if problem:
                    yield FileProblem(project, key, problem, fact.name, version)
            for key in sorted(held - set(named)):
                yield FileProblem(project, key, "orphaned")

    def strays(self) -> Iterator[FileProblem]:
        """Yield bytes a day old under ids that no project has: of an opening that was broken off, say.

        `erase` of such an id deletes them.  Nothing else does: after an older backup of the log was
        restored, they are all that is left of a project.
        """
        before, unknown = self._clock() - UNREFERENCED_FOR, dict[str, bool]()
        for key in self._files.keys(older_than=before):
            project = key.partition("/")[0]
            if project not in unknown:
                unknown[project] = self._ledger.store.load(project) is None
            if unknown[project]:
                yield FileProblem(project, key, "orphaned")

    def _named(self, project: str) -> dict[str, tuple[_Bringing, int]]:
        """The blobs that the log names, with the fact that brought them."""
        self.known(project)
        named: dict[str, tuple[_Bringing, int]] = {}
        for entry in self._ledger.entries(project):
            fact = entry.fact
            if isinstance(fact, UnknownFact):
                raise NewerLog(
                    "this project holds facts of a newer portalkit, which may name bytes too",
                    remedy="Upgrade portalkit before you look after its files",
                    project=project,
                    kind=fact.kind,
                )
            if isinstance(fact, VersionAdded):
                named[fact.key] = (fact, fact.version)
            elif isinstance(fact, FileAdded | FileDelivered):
                named[fact.key] = (fact, 1)
        return named

    def _file_problem(self, key: str, sha256: str) -> str:
        digest = hashlib.sha256()
        try:
            for chunk in self._files.open(key):
                digest.update(chunk)
        except BlobMissing:
            return "missing"
        except FileError:
            return "unreadable"
        return "" if digest.hexdigest() == sha256 else "corrupt"

    def held_of(self, project: Thing, person: Thing) -> Held:
        """Return what is kept of a person, for an answer to them or to a supervisor.

        Args:
            project: the project or its id.
            person: the person or their id.

        Raises:
            NotFound: no such project or person.
        """
        project, person = id_of(project), id_of(person)
        found, rows, entries = self._log_with(project, person)
        named = set(_mentions(entries, person))
        named.update(row.seq for row in rows if f'"{person}"' in row.data + row.sealed)
        links = {link.id for link in found.links.values() if link.person == person}
        uses = self._access.of(project) if self._access is not None else ()
        return Held(
            project,
            person,
            tuple(e for e in entries if e.seq in named or person in (e.actor, e.subject)),
            tuple(use for use in uses if use.link in links),
        )

    def _log_with(self, project: str, person: str) -> tuple[Project, Sequence[Row], list[Entry]]:
        """Return a project in which there is this person, and its whole log, as rows and as entries."""
        found = self.project(project)
        if person not in found.people:
            raise _no_such_person(project, person)
        rows = self._ledger.store.history(project)
        return found, rows, [codec.entry_of(row) for row in rows]

    # -- mending --------------------------------------------------------------------------------

    def rebuild(self, projects: Iterable[Thing], progress: Progress = _silent) -> int:
        """Write the snapshots and promoted columns of projects anew from their logs; return how many.

        Args:
            projects: the projects or their ids.
            progress: called with each id before its turn.

        Raises:
            NotFound: no such project.
            BrokenLog: a log does not verify; it was not touched, nor were those after it.  Restore it.
            NewerLog: a project holds facts of a newer portalkit; upgrade first.
        """
        count = 0
        for project in ids_of(projects, "projects"):
            progress(project)
            self._ledger.rebuild(project)
            count += 1
        return count

    def collect(self, projects: Iterable[Thing], progress: Progress = _silent) -> int:
        """Delete blobs that no entry has named for a day; return how many.

        Safe while uploads run: the old keys are listed first and the log is read afterwards, so a blob
        that an entry came to name in between is kept.  What killed uploads left goes too, of whichever
        project, after a day without a further byte.

        Args:
            projects: the projects or their ids.
            progress: called with each id before its turn.

        Raises:
            NotFound: no such project; `erase` deletes what an interrupted erasure has left.
            NewerLog: the project holds facts of a newer portalkit, which may name bytes too; upgrade
                first.
        """
        count, before = 0, self._clock() - UNREFERENCED_FOR
        for project in ids_of(projects, "projects"):
            progress(project)
            old = set(self._files.keys(project, older_than=before))
            for key in sorted(old - set(self._named(project))):
                self._files.delete(key)
                count += 1
        return count + self._sweep(older_than=before)

    def _sweep(self, project: str | None = None, older_than: int | None = None) -> int:
        return self._files.sweep(project, older_than) if offers(self._files, Sweeps) else 0

    # -- hearing --------------------------------------------------------------------------------

    def bounced(self, message_id: str, problem: str = "") -> bool:
        """Note that a mail came back; see `Portal.bounced`.

        Args:
            message_id: the Message-ID of the mail.
            problem: why it came back.

        Raises:
            Conflict: the run that sends it has not recorded it yet; try again in ten minutes.
            StoreError: the log could not be read or written.
        """
        written = note_bounce(self._ledger, self._access, message_id, problem)
        if written is None or not written.entries:
            return False
        self._announce(written)
        return True

    # -- forgetting -----------------------------------------------------------------------------

    def would_redact(self, project: Thing, person: Thing) -> Erasure:
        """Return what `redact` would do, and do nothing.

        Args:
            project: the project or its id.
            person: the person or their id.

        Raises:
            NotFound: no such project or person.
        """
        project, person = id_of(project), id_of(person)
        found, rows, entries = self._log_with(project, person)
        full = {row.seq for row in rows if row.sealed}
        return Erasure(
            project,
            person,
            entries=sum(entry.seq in full and _is_about(entry, person) for entry in entries),
            mentions=_mentions(entries, person),
            waiting=(
                *(a.id for a in found.approvals.values() if person in a.waiting_for),
                *(r.id for r in found.requests.values() if person in r.people),
            ),
        )

    def redact(self, project: Thing, person: Thing) -> Erasure:
        """Erase a person's name, address, words and link secrets; what was decided stays provable.

        The person's link stops working at once.  The log still verifies.  Doing it again does what is
        left to do, and writes nothing if that is nothing.

        Args:
            project: the project or its id.
            person: the person or their id.

        Raises:
            NotFound: no such project or person.
            BrokenLog: the log does not verify; nothing was erased.  Restore it first.
            NewerLog: the project holds facts of a newer portalkit; nothing was erased.  Upgrade first.
            StoreError: erased, but traces may lie on the disk until it is done again.
        """
        project, person = id_of(project), id_of(person)
        planned = self.would_redact(project, person)

        def run(state: State, emptied: int) -> tuple[str, list[Line]]:
            who = state.project.people.get(person)
            if who is None:
                raise _no_such_person(project, person)
            if who.redacted and not emptied:
                return "", []
            redacted = Line(PersonRedacted(emptied), subject=person)
            return "", [*_closed_link(state.project, who), redacted]

        written = self._ledger.redact(project, run, lambda entry: _is_about(entry, person))
        self._announce(written)
        self._ledger.scrub()
        facts = [entry.fact for entry in written.entries]
        return evolve(planned, entries=sum(f.rows for f in facts if isinstance(f, PersonRedacted)))

    def would_erase(self, project: Thing) -> Erasure:
        """Return what `erase` would do, and do nothing.

        Args:
            project: the project or its id.

        Raises:
            NotFound: nothing is known of such a project.
        """
        project = id_of(project)
        loaded = self._ledger.store.load(project)
        entries, files = loaded[0].version if loaded else 0, len(list(self._files.keys(project)))
        used = self._access is not None and bool(self._access.of(project))
        if not (entries or files or used):
            raise no_such_project(project)
        return Erasure(project, entries=entries, files=files)

    def erase(self, project: Thing) -> Erasure:
        """Delete a project whole: log, snapshot, files, access log; also one that no longer verifies.

        The log goes first, so that an interruption leaves orphaned bytes and no entry without its bytes;
        running it again on the same id finishes the work.

        Args:
            project: the project or its id.

        Raises:
            NotFound: nothing is known of such a project.
        """
        project = id_of(project)
        try:
            planned = self.would_erase(project)
        except NotFound:
            self._finish(project)  # perhaps only this was left to do
            raise
        self._ledger.erase(project)
        self._ledger.after_commit(lambda: self._finish(project))
        return planned

    def _finish(self, project: str) -> None:
        for key in list(self._files.keys(project)):
            self._files.delete(key)
        self._sweep(project)
        if self._access is not None:
            self._access.erase(project)
        self._ledger.scrub()


def _no_such_person(project: str, person: str) -> NotFound:
    return NotFound(
        "no such person in this project",
        remedy="Take the person's id from the project's people",
        project=project,
        person=person,
    )


def _closed_link(project: Project, person: Person) -> list[Line]:
    link = project.link_of(person.id)
    if person.redacted or link is None or link.revoked_at is not None:
        return []
    return rules.revoke_link(project, person.id)


def _is_about(entry: Entry, person: str) -> bool:
    """Whether the sealed text of an entry is this person's."""
    match entry.fact:
        case PersonAdded() | PersonChanged():
            return entry.subject == person
        case LinkIssued(person=named) | LinkRotated(person=named) | ApprovalDecided(person=named):
            return named == person
        case FileDelivered() | QuestionAsked():
            return entry.actor == person
        case RecapRecorded():
            return entry.subject == person
    return False


def _mentions(entries: Sequence[Entry], person: str) -> tuple[int, ...]:
    """Where text that will stay holds a name or address that they had here, or the name of their file."""
    mine = (entry.fact for entry in entries if _is_about(entry, person))
    names = {name.casefold() for fact in mine for name in _names(fact)}
    if not names:
        return ()
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)))
    return tuple(
        entry.seq
        for entry in entries
        if any(named.search(text.casefold()) for text in _staying(entry, person))
    )


def _names(fact: Fact) -> Iterator[str]:
    found = (getattr(fact, field, "") for field in ("name", "email", "typed_name"))
    return (name for name in found if name)


def _staying(entry: Entry, person: str) -> Iterator[str]:
    """Yield the texts of an entry that a redaction of the person leaves."""
    sealed = sealed_fields(type(entry.fact)) if _is_about(entry, person) else ()
    for field in fields(type(entry.fact)):
        if field.name not in sealed:
            yield from _texts(getattr(entry.fact, field.name))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value of a fact; enumerations are not texts."""
    if type(value) is str:
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif has(type(value)):
        yield from _texts(astuple(value, recurse=False))

"""The ledger: load, run the rules, commit.  The only code that writes to a store."""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any, Final, TypeVar

from attrs import evolve, field, frozen

from portalkit import codec
from portalkit.errors import BrokenLog, Conflict, LinkError, NewerLog, NotFound, Refused, StoreError
from portalkit.facts import Entry, Line
from portalkit.fold import FOLD_NUMBER, apply, fold
from portalkit.model import (
    Approval,
    ApprovalState,
    FileRequest,
    MilestoneStatus,
    Person,
    Project,
    QuestionState,
)
from portalkit.moments import end_of_day
from portalkit.rules import see
from portalkit.storage import Head, JoinsTransactions, Row, Scrubs, Store, TakesTurns, offers

__all__ = ["Ledger", "State", "Verification", "Written", "no_such_project"]

SNAPSHOT_EVERY: Final = 50
PROJECTS_REMEMBERED: Final = 512
_NEVER: Final = 2**53
_PAGE: Final = 100
_NO: Final = (Refused, NotFound, LinkError)
"""How rules refuse."""
PATIENCE: Final = 2.0
"""Seconds that a writer without a turn keeps trying after a `Conflict`."""

Run = Callable[["State | None"], tuple[str, Sequence[Line]]]
"""Given the state (or ``None``): who acts, and the lines to be written."""

Forgetting = Callable[["State", int], tuple[str, Sequence[Line]]]
"""Given the state and how many entries will be emptied: who acts, and the lines that say so."""

_T = TypeVar("_T")


@frozen
class State:
    """A project at one place of its log.

    Attributes:
        project: the project.
        chain: the place's identity.
        snapshot: how many entries the snapshot in the store covers.
    """

    project: Project
    chain: str
    snapshot: int = 0
    _seen: dict[str, Project] = field(factory=dict, init=False, eq=False, repr=False)

    def seen_by(self, person: Person) -> Project:
        """Return the project as one of its people may see it; worked out once for each.

        Args:
            person: somebody of this project.
        """
        seen = self._seen.get(person.id)
        if seen is None:
            seen = self._seen[person.id] = see(self.project, person)
        return seen


@frozen
class Written:
    """What a write did: the state after it and the entries it added (none: nothing to do)."""

    state: State
    entries: tuple[Entry, ...]

    def follows(self, state: State) -> bool:
        """Whether nobody wrote between that state and these entries."""
        return self.state.project.version - len(self.entries) == state.project.version


@frozen
class Verification:
    """Whether a project's log verifies.

    Attributes:
        project: the project's id.
        entries: how many were checked.
        chain: the last chain value; note it elsewhere.
        seq: the first entry that is wrong, or 0.
        problem: what is wrong with it, or empty.
    """

    project: str
    entries: int
    chain: str
    seq: int = 0
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problem


def _when_somebody_runs(project: Project, now: int) -> int:
    """A ledger that knows of no background work leaves it to those who do it: at their next run."""
    return 0


class Ledger:
    """Reads and writes projects in one store.

    Args:
        store: where entries are kept.
        clock: returns UTC milliseconds.
        wake: returns when background work is to look at a project next, in UTC milliseconds, or ``None``.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int],
        wake: Callable[[Project, int], int | None] = _when_somebody_runs,
    ) -> None:
        self.store = store
        self.clock = clock
        self._wake = wake
        self._joins = store if offers(store, JoinsTransactions) else None
        self._remembered: OrderedDict[str, State] = OrderedDict()
        # Who was redacted, for each project ever looked at: caches may outlive the states remembered.
        self._redactions: dict[str, frozenset[str]] = {}
        self._crowded: set[str] = set()  # projects that others write to at the same time
        self._forgetters: list[Callable[[str], None]] = []

    # -- the host's transactions ----------------------------------------------------------------

    @property
    def provisional(self) -> bool:
        """Whether a transaction of the host is open, so that what is read here may never have been."""
        return self._joins is not None and self._joins.in_transaction()

    def after_commit(self, run: Callable[[], object]) -> None:
        """Call a function once what was written stands: at once, or after the host's commit."""
        if self._joins is None:
            run()
        else:
            self._joins.after_commit(run)

    # -- reading --------------------------------------------------------------------------------

    def read(self, project: str) -> State:
        """Return the state of a project; raise `NotFound` if there is none."""
        state = self.find(project)
        if state is None:
            raise no_such_project(project)
        return state

    def find(self, project: str) -> State | None:
        """Return the state of a project, or ``None``."""
        known = self._remembered.get(project)
        loaded = self.store.load(project, known=known.project.version if known else 0)
        if loaded is None:
            self._forget(project)
            if self._redactions.pop(project, None) is not None:
                self._forgotten(project)  # somebody else has erased it
            return None
        head, rows = loaded
        if known is not None and head.chain == known.chain:
            return known
        state = self._onwards(known, head, rows)
        if state is None and known is not None:
            loaded = self.store.load(project)
            if loaded is None:
                return None
            head, rows = loaded
        state = state or self._from_snapshot(head, rows) or self._whole(project)
        redacted = _redacted(state)
        if self._redactions.get(project, redacted) != redacted:
            self._forgotten(project)  # somebody else has erased a person
        return self._remember(state)

    def _onwards(self, known: State | None, head: Head, rows: Sequence[Row]) -> State | None:
        """Continue from a remembered state, if what came back continues its chain."""
        if known is None or head.doc is not None:
            return None
        return _continued(known.project, known.chain, head, rows)

    def _from_snapshot(self, head: Head, rows: Sequence[Row]) -> State | None:
        if head.doc is None or head.fold != codec.fold_id():
            return None
        snapshot = codec.read_snapshot(head.doc)
        if snapshot is None:
            return None
        return _continued(snapshot.project, snapshot.chain, head, rows)

    def _whole(self, project: str) -> State:
        """Replay the log from its first entry to the head."""
        for _ in range(3):
            loaded = self.store.load(project)
            if loaded is None:
                raise no_such_project(project)
            head = loaded[0]
            rows = self.store.history(project)
            state = _continued(None, codec.GENESIS, head, rows[: head.version])
            if state is not None:
                return state
        raise BrokenLog(
            "the log of this project does not verify",
            remedy="Run a verification and restore the project from a backup",
            project=project,
        )

    def entries(
        self, project: str, *, kinds: Collection[str] | None = None, **select: Any
    ) -> list[Entry]:
        """Return entries of a project, if given of some kinds; the selection is that of `Store.history`."""
        rows = self.store.history(project, **select)
        return [codec.entry_of(row) for row in rows if kinds is None or row.kind in kinds]

    def recent(
        self,
        project: str,
        since: int,
        *,
        kinds: Collection[str] | None = None,
        subject: str | None = None,
    ) -> list[Entry]:
        """Return the entries since an instant, the newest first; if given, of some kinds and one subject."""
        before, found = 0, []
        while True:
            page = self.store.history(
                project, after=before, limit=_PAGE, subject=subject, newest=True
            )
            wanted = (row for row in page if kinds is None or row.kind in kinds)
            found += [codec.entry_of(row) for row in wanted if row.at >= since]
            if len(page) < _PAGE or page[-1].at <= since:
                return found
            before = page[-1].seq

    def _remember(self, state: State) -> State:
        if self.provisional:
            return state
        self._redactions[state.project.id] = _redacted(state)
        # One atomic call after the other, and no lock: a child forked meanwhile would inherit it shut.
        self._remembered.pop(state.project.id, None)
        self._remembered[state.project.id] = state
        while len(self._remembered) > PROJECTS_REMEMBERED:
            with suppress(KeyError):
                self._remembered.popitem(last=False)
        return state

    def _forget(self, project: str) -> None:
        self._remembered.pop(project, None)

    # -- writing --------------------------------------------------------------------------------

    def write(
        self,
        project: str,
        run: Run,
        *,
        checked: State | None = None,
        expected: str | None = None,
    ) -> Written:
        """Run the rules on the newest state and commit the lines they give.

        The first try is optimistic.  After a `Conflict` the writer's turn is taken before the state is
        loaded again, the rules run again, and the lines are committed.  Where others got in between, they
        will again: from then on the turn is taken at once, until a write finds nobody before it.

        Args:
            project: the project's id.
            run: the rules; called once for each try.
            checked: a state that the caller has just loaded: the first try runs on it.  If it is an old
                one, the commit is a `Conflict`; and a refusal counts only on the newest.
            expected: refuse with `Conflict` unless the log is exactly at this chain.

        Raises:
            Conflict: ``expected`` did not hold, or others kept winning for two seconds.
            NewerLog: the project holds facts of a newer portalkit.
            Refused: a rule said no; nothing was written.
        """
        if expected is not None or self.provisional or project not in self._crowded:
            try:
                return self._first(project, run, checked, expected)
            except Conflict:
                if expected is not None:
                    raise
        self._crowded.add(project)
        written = self._in_turn(project, lambda: self._attempt(project, run, None, None))
        if checked is not None and written.follows(checked):
            self._crowded.discard(project)
        return written

    def _in_turn(self, project: str, attempt: Callable[[], Written]) -> Written:
        """Write while others wait; with some stores it is the end of the turn that commits."""
        written: Written | None = None
        try:
            with self._turn(project):
                written = self._patiently(attempt)
        except Conflict:
            raise
        except StoreError:
            if written is None or not self._stands(written):
                raise
        return written

    def _first(
        self, project: str, run: Run, checked: State | None, expected: str | None
    ) -> Written:
        if checked is not None:
            with suppress(*_NO):
                return self._attempt(project, run, checked, expected)
        return self._attempt(project, run, None, expected)

    def _turn(self, project: str) -> AbstractContextManager[None]:
        """Hold the writer's turn, if the store has one to give."""
        return self.store.turn(project) if offers(self.store, TakesTurns) else nullcontext()

    def _patiently(self, attempt: Callable[[], _T]) -> _T:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return attempt()
            except Conflict:
                if time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.001, 0.02))

    def _attempt(
        self, project: str, run: Run, checked: State | None, expected: str | None
    ) -> Written:
        before = checked or self.find(project)
        chain = before.chain if before else ""
        if expected is not None and expected != chain:
            raise Conflict(
                "the project moved on",
                remedy="Load it again and look at what changed",
                expected=expected,
                chain=chain,
            )
        actor, lines = run(before)
        if not lines:
            if before is None:
                raise no_such_project(project)
            return Written(before, ())
        if before is not None:
            _refuse_newer(before)
        return self._commit(project, before, actor, lines)

    def settle(self, project: str, run: Run, *, leased_until: int | None) -> Written:
        """Write what background work did, and put the head anew even if it adds nothing.

        Args:
            project: the project's id.
            run: gives the lines, from the newest state; called once for each try.
            leased_until: 0 to end the lease, ``None`` to leave it alone.

        Raises:
            NotFound: no such project.
            NewerLog: the project holds facts of a newer portalkit.
        """
        return self._in_turn(project, lambda: self._settled(project, run, leased_until))

    def _settled(self, id: str, run: Run, leased_until: int | None) -> Written:
        before = self.read(id)
        _refuse_newer(before)
        actor, lines = run(before)
        if lines:
            return self._commit(id, before, actor, lines, leased_until=leased_until)
        head = evolve(self._head(before, with_snapshot=False), leased_until=leased_until)
        self.store.commit(head, (), expected=before.chain)
        return Written(before, ())

    def _head(self, state: State, *, with_snapshot: bool) -> Head:
        wake_at = self._wake(state.project, self.clock())
        return head_of(state, with_snapshot=with_snapshot, wake_at=wake_at)

    def _commit(
        self,
        id: str,
        before: State | None,
        actor: str,
        lines: Sequence[Line],
        *,
        leased_until: int | None = None,
    ) -> Written:
        rows, entries = self._sealed(id, before, actor, lines)
        project = fold(entries, before.project if before else None)
        assert project is not None
        after = State(project, rows[-1].chain, before.snapshot if before else 0)
        if before is None or project.version - after.snapshot >= SNAPSHOT_EVERY:
            after = evolve(after, snapshot=project.version)
        head = self._head(after, with_snapshot=after.snapshot == project.version)
        if leased_until is not None:
            head = evolve(head, leased_until=leased_until)
        self._put(head, rows, expected=before.chain if before else "")
        self._remember(after)
        return Written(after, entries)

    def _put(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        """Commit; a lost acknowledgement is none if the rows are there."""
        try:
            self.store.commit(head, rows, expected=expected, redact=redact)
        except Conflict:
            raise
        except StoreError:
            if not self._landed(rows[-1]):
                raise

    def redact(self, project: str, run: Forgetting, personal: Callable[[Entry], bool]) -> Written:
        """Empty the sealed text of every entry that is personal, and commit the lines that say so.

        Head, rows, redaction and a new snapshot appear together; what the old rows said stays provable.
        No lines: nothing is left to forget, and nothing is written.

        Args:
            project: the project's id.
            run: the rules; called once for each try.
            personal: whether an entry's sealed text is to be emptied.

        Raises:
            NotFound: no such project.
            BrokenLog: the log does not verify; nothing was touched.
            NewerLog: the project holds facts of a newer portalkit, which may be about the person too.
        """
        return self._in_turn(project, lambda: self._redacted(project, run, personal))

    def _redacted(self, id: str, run: Forgetting, personal: Callable[[Entry], bool]) -> Written:
        before = self._whole(id)
        _refuse_newer(before)
        old = self.store.history(id)[: before.project.version]
        named = {row.seq for row in old if row.sealed and personal(codec.entry_of(row))}
        actor, lines = run(before, len(named))
        if lines:
            rows, entries = self._sealed(id, before, actor, lines)
            emptied = [evolve(row, sealed="") if row.seq in named else row for row in old]
            project = fold(codec.entry_of(row) for row in (*emptied, *rows))
            assert project is not None
            after = State(project, rows[-1].chain, project.version)
            # Even the snapshot of a newer fold is overwritten: it would remember the person.
            head = self._head(after, with_snapshot=True)
            self._put(head, rows, expected=before.chain, redact=sorted(named))
        else:
            after, entries = before, ()
        self._forgotten(id)
        self._remember(after)
        return Written(after, entries)

    def on_forget(self, forget: Callable[[str], None]) -> None:
        """Call ``forget(project)`` whenever text of a project was erased, so that caches let go of it."""
        self._forgetters.append(forget)

    def _forgotten(self, project: str) -> None:
        for forget in (self._forget, *self._forgetters):
            self.after_commit(partial(forget, project))

    def rebuild(self, project: str) -> None:
        """Replay a project's log and write its snapshot and promoted columns anew.

        Raises:
            NotFound: no such project.
            BrokenLog: the log does not verify; nothing was touched.
            NewerLog: the project holds facts of a newer portalkit, which this one cannot fold.
        """
        with self._turn(project):
            self._patiently(lambda: self._rebuilt(project))

    def _rebuilt(self, project: str) -> None:
        self._forget(project)
        state = self._whole(project)
        _refuse_newer(state)
        ours = state.snapshot != _NEVER  # that of a newer fold is never overwritten
        if ours:
            state = evolve(state, snapshot=state.project.version)
        self.store.commit(self._head(state, with_snapshot=ours), (), expected=state.chain)
        self._remember(state)

    def erase(self, project: str) -> None:
        """Delete a project's log whole."""
        self.store.erase(project)
        self._forgotten(project)

    def scrub(self) -> None:
        """Make sure that erased text is gone from the disk, once the erasure stands."""
        if offers(self.store, Scrubs):
            self.after_commit(self.store.scrub)

    def _sealed(
        self, id: str, before: State | None, actor: str, lines: Sequence[Line]
    ) -> tuple[list[Row], tuple[Entry, ...]]:
        at = self.clock()
        chain = before.chain if before else codec.GENESIS
        seq = before.project.version if before else 0
        rows: list[Row] = []
        entries: list[Entry] = []
        for line in lines:
            seq += 1
            row = codec.row_of(line, project=id, seq=seq, at=at, actor=actor, previous=chain)
            chain = row.chain
            rows.append(row)
            entries.append(
                Entry(id, seq, at, actor, line.milestone, line.subject, line.fact, chain)
            )
        return rows, tuple(entries)

    def _landed(self, last: Row | Entry) -> bool:
        """Whether a commit whose acknowledgement was lost is in the log: our chain at our place."""
        try:
            found = self.store.history(last.project, after=last.seq - 1, limit=1)
        except StoreError:
            return False
        return bool(found) and found[0].chain == last.chain

    def _stands(self, written: Written) -> bool:
        return not written.entries or self._landed(written.entries[-1])

    # -- verifying ------------------------------------------------------------------------------

    def verify(self, project: str) -> Verification:
        """Check every row of a project, its head, its snapshot and its promoted columns.

        What was committed meanwhile (a redaction empties rows that were read before) is no fault: a
        finding counts only if the project stood still.
        """
        for _ in range(3):
            found = self._verified(project)
            if found.ok:
                break
            loaded = self.store.load(project)
            if loaded is not None and loaded[0].chain == found.chain:
                break
        return found

    def _verified(self, project: str) -> Verification:
        loaded = self.store.load(project)
        if loaded is None:
            raise no_such_project(project)
        head, _ = loaded
        rows = self.store.history(project)
        chain = codec.GENESIS
        for seq, row in enumerate(rows[: head.version], start=1):
            problem = codec.verify_row(row, previous=chain, seq=seq)
            if problem:
                return Verification(project, head.version, head.chain, seq, problem)
            chain = row.chain
        stray = self._stray(project, rows)
        if stray:
            problem = "head: it does not know of this entry"
            return Verification(project, head.version, head.chain, stray, problem)
        problem = self._head_problem(head, rows[: head.version], chain)
        return Verification(project, head.version, head.chain, 0, problem)

    def _stray(self, project: str, rows: Sequence[Row]) -> int:
        """Return the place of the first row that the head does not know of, or 0."""
        loaded = self.store.load(project)  # again: others may have written since
        newest = loaded[0].version if loaded else 0
        return rows[newest].seq if len(rows) > newest else 0

    def _head_problem(self, head: Head, rows: Sequence[Row], chain: str) -> str:
        if len(rows) != head.version:
            return f"head: it counts {head.version} entries, {len(rows)} are there"
        if chain != head.chain:
            return "head: its chain is not that of the last entry"
        entries = [codec.entry_of(row) for row in rows]
        project = fold(entries)
        assert project is not None
        expected = head_of(State(project, chain), with_snapshot=False)
        for name in _COLUMNS:
            if getattr(head, name) != getattr(expected, name):
                return f"head: the column {name} is not what the log says"
        return _snapshot_problem(head, entries)


def _redacted(state: State) -> frozenset[str]:
    return frozenset(person.id for person in state.project.people.values() if person.redacted)


def no_such_project(project: str) -> NotFound:
    """Return the error for a project that is not in the store."""
    return NotFound("no such project", remedy="Check the project's id", project=project)


def _refuse_newer(state: State) -> None:
    if state.project.newer:
        raise NewerLog(
            "this project holds facts of a newer portalkit",
            remedy="Upgrade portalkit before writing",
            project=state.project.id,
        )


_COLUMNS: Final = (
    "account",
    "ref",
    "client",
    "client_name",
    "title",
    "status",
    "waiting_since",
    "waiting_us_since",
    "next_due",
    "pending",
    "questions",
    "created_at",
    "updated_at",
)


def _snapshot_problem(head: Head, entries: Sequence[Entry]) -> str:
    if head.doc is None or head.fold != codec.fold_id():
        return ""
    snapshot = codec.read_snapshot(head.doc)
    replayed = fold(entries[: head.doc_version])
    if snapshot is None or snapshot.project != replayed:
        return "snapshot: it is not what the log folds to; delete it"
    return ""


def _continued(
    project: Project | None, chain: str, head: Head, rows: Iterable[Row]
) -> State | None:
    """Fold rows that continue ``chain`` up to the head; ``None`` if they do not."""
    for row in rows:
        if codec.chain_of(chain, row) != row.chain:
            return None
        chain = row.chain
        project = apply(project, codec.entry_of(row))
    if project is None or chain != head.chain:
        return None
    return State(project, chain, _snapshot_place(head))


def _snapshot_place(head: Head) -> int:
    """Where the stored snapshot stands; out of reach if a newer fold wrote it, so that it stays."""
    number = head.fold.partition("-")[0]
    if number.isdigit() and int(number) > FOLD_NUMBER:
        return _NEVER
    return head.doc_version if head.fold == codec.fold_id() else 0


def head_of(state: State, *, with_snapshot: bool, wake_at: int | None = None) -> Head:
    """Return the head of a state: identity, promoted columns and, if wanted, a new snapshot."""
    project = state.project
    hidden = {id for id, milestone in project.milestones.items() if milestone.internal}
    approvals = [a for a in project.approvals.values() if a.milestone not in hidden]
    pending: list[Approval | FileRequest] = [
        *(a for a in approvals if a.state is ApprovalState.OPEN),
        *(r for r in project.requests.values() if r.milestone not in hidden),
    ]
    asked = [
        q.waiting_since
        for q in project.questions.values()
        if q.state is QuestionState.OPEN and q.milestone not in hidden
    ]
    return Head(
        project=project.id,
        version=project.version,
        chain=state.chain,
        fold=codec.fold_id() if with_snapshot else "",
        doc=codec.write_snapshot(state.chain, project) if with_snapshot else None,
        doc_version=project.version if with_snapshot else 0,
        account=project.account,
        ref=project.ref,
        client=project.client,
        client_name=project.client_name,
        title=project.title,
        status=str(project.status),
        waiting_since=min((a.asked_at for a in pending), default=None),
        waiting_us_since=min((*_returned(project), *asked), default=None),
        next_due=_next_due(project, pending),
        pending=len(pending),
        questions=len(asked),
        created_at=project.created_at,
        updated_at=project.updated_at,
        wake_at=wake_at,
    )


def _returned(project: Project) -> Iterable[int]:
    """When decisions came back that ask the agency for more work, not yet taken up by a new round."""
    for approval in project.approvals.values():
        if approval.returned:
            milestone = project.milestones.get(approval.milestone)
            if milestone is not None and milestone.status is not MilestoneStatus.COMPLETED:
                yield approval.ended_at or 0


def _next_due(project: Project, pending: Iterable[Approval | FileRequest]) -> int | None:
    days = [a.due for a in pending if a.due]
    days += [
        m.due
        for m in project.milestones.values()
        if m.due and m.status is not MilestoneStatus.COMPLETED
    ]
    return end_of_day(min(days), project.zone) if days else None

"""What the tests of the core share: a portal in memory, generated facts, logs and journeys.

A *log* is any sequence of entries, however absurd: what the fold must survive.  A *journey* is a
sequence of things that staff do through the desk: what the rules let into a log.
"""

from __future__ import annotations

import io
import types
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, evolve, fields, frozen, has
from hypothesis import strategies as st

from portalkit import Change, Desk, Handle, NotFound, Portal, Project, Refused, Staff, Visit
from portalkit.codec import GENESIS, row_of
from portalkit.facts import KINDS, Entry, Fact, Line, UnknownFact
from portalkit.model import new_id
from portalkit.storage import Head, Row, Store, TakesTurns
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.testing import FixedClock

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
BEN = Staff("u1", "Ben Ode", "ben@studio.example", "Designer")
EVE = Staff("u2", "Eve Park")


def make_portal(store: Store | None = None, **options: Any) -> Portal:
    """A portal in memory whose clock stands still."""
    settings: dict[str, Any] = {
        "files": MemoryFiles(),
        "base_url": "https://agency.example/portal",
        "keys": [KEY],
        "clock": FixedClock(),
    }
    return Portal(store=MemoryStore() if store is None else store, **{**settings, **options})


def stream(data: bytes = b"%PDF-1.7 a page") -> io.BytesIO:
    """A file that is being uploaded."""
    return io.BytesIO(data)


def token_of(portal: Portal, project: str, person: Any) -> str:
    """The token in the address of a person's link."""
    id = person if isinstance(person, str) else person.id
    return portal.link_url(portal.ledger.read(project).project, id).rpartition("/")[2]


def picture(store: Store, project: str) -> Any:
    """All that a store says of a project, to be compared with what it says later."""
    return store.load(project), list(store.history(project))


@frozen
class Scene:
    """A project in the middle of its life, and its parts by name."""

    portal: Portal
    desk: Desk
    id: str
    anna: Handle
    bob: Handle
    design: Handle
    build: Handle
    done: Handle
    secret: Handle
    home: Handle
    plan: Handle
    leak: Handle
    ask: Handle
    news: Handle

    @property
    def project(self) -> Project:
        """The project as it stands."""
        return self.portal.project(self.id)

    def change(self) -> Change:
        """A block of Ben's."""
        return self.desk.change(self.id)

    def visit(self, person: Handle | None = None) -> Visit:
        """What Anna's link opens, or somebody else's."""
        return self.portal.visit(token_of(self.portal, self.id, person or self.anna))


# -- generated facts ----------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
)
INTEGER = st.integers(-(2**53) + 1, 2**53 - 1)
PLAIN = {str: TEXT, int: INTEGER, bool: st.booleans(), date: st.dates(), type(None): st.none()}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that a fact may hold."""
    if hint in PLAIN:
        return PLAIN[hint]
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of(*map(values_of, get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(values_of(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    assert has(hint), f"no strategy for {hint}"
    return attrs_of(hint)


def attrs_of(
    cls: type[Any], known: Mapping[str, st.SearchStrategy[Any]] = types.MappingProxyType({})
) -> st.SearchStrategy[Any]:
    """Any value of an attrs class; ``known`` are strategies for fields of these names."""
    hints = get_type_hints(cls)
    names = [f.name for f in fields(cls)]
    chosen = {n: known[n] if n in known else values_of(hints[n]) for n in names}
    return st.builds(cls, **chosen)


def facts(kind: str) -> st.SearchStrategy[Fact]:
    """Any fact of a kind."""
    return attrs_of(KINDS[kind])


def with_marked_secrets(kind: str, mark: str = "PERSONAL") -> Fact:
    """A fact whose sealed fields, and only they, hold a mark and their own name."""
    hints = get_type_hints(KINDS[kind])
    values: dict[str, Any] = {}
    for f in fields(KINDS[kind]):
        if f.metadata.get("sealed"):
            values[f.name] = f"{mark}-{f.name}"
        elif f.default is NOTHING:
            values[f.name] = _any_of(hints[f.name])
    return KINDS[kind](**values)


def _any_of(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return ()
    return next(iter(hint)) if issubclass(hint, Enum) else hint("1")


# -- logs ---------------------------------------------------------------------------------------

IDS = [f"id{number}" for number in range(5)]
_WORDS = st.sampled_from(["", "one", "two\nlines", "# three"])
_PLACE = st.sampled_from(["m1", "m2", "m3", ""])
_SUBJECT = st.sampled_from(IDS)
_KNOWN = {
    **dict.fromkeys(("person", "by", "previous", "about"), _SUBJECT),
    **dict.fromkeys(("title", "name", "body", "done", "statement", "reason", "why"), _WORDS),
    "order": st.lists(st.sampled_from(["m1", "m2", "m3", "gone"]), max_size=4).map(tuple),
    "people": st.lists(_SUBJECT, max_size=3).map(tuple),
    "version": st.integers(0, 3),
    "revision": st.integers(0, 3),
    "needed": st.none() | st.integers(0, 3),
    "happened": st.none() | st.integers(0, 9),
}
_FACTS = {
    kind: attrs_of(cls, {name: s for name, s in _KNOWN.items() if name in get_type_hints(cls)})
    for kind, cls in KINDS.items()
}
_UNKNOWN = st.builds(
    UnknownFact, st.sampled_from(["note.call", "future.thing"]), st.just("{}"), st.just("")
)
LINES = st.builds(Line, st.one_of(_UNKNOWN, *_FACTS.values()), _PLACE, _SUBJECT)
LOGS = st.lists(LINES, max_size=6) | st.lists(LINES, min_size=10, max_size=25)


def log_of(lines: Iterable[Line], project: str = "p") -> list[Row]:
    """The rows that lines make, one after the other."""
    rows: list[Row] = []
    chain = GENESIS
    for seq, line in enumerate(lines, start=1):
        row = row_of(
            line, project=project, seq=seq, at=1000 * seq, actor=IDS[seq % 5], previous=chain
        )
        rows.append(row)
        chain = row.chain
    return rows


def entries_of(lines: Iterable[Line]) -> list[Entry]:
    """The entries that lines make, without the detour over text."""
    return [
        Entry("p", seq, 1000 * seq, IDS[seq % 5], line.milestone, line.subject, line.fact, f"{seq:064x}")
        for seq, line in enumerate(lines, start=1)
    ]  # fmt: skip


# -- journeys -----------------------------------------------------------------------------------

Pick = Callable[[Iterable[str]], str]
Move = tuple[str, int, int, int]


def _add_person(change: Change, a: int, b: int, c: int) -> None:
    change.add_person(f"Person {b}", email="p@acme.example" if c % 2 else "")


def _add_milestone(change: Change, a: int, b: int, c: int) -> None:
    made = change.add_milestone("Step", internal=b % 3 == 0)
    _say_where(change, made.id)


def _say_where(change: Change, milestone: str) -> None:
    change.change_milestone(milestone, title=f"Step {milestone}", summary=f"About {milestone}")


def _describe_milestone(change: Change, a: int, b: int, c: int) -> None:
    change.change_milestone(
        _at(change.project.milestones, a), internal=b % 2 == 0, due=date(2026, 3, 1 + c)
    )


def _move_milestone(change: Change, a: int, b: int, c: int) -> None:
    id = _at(change.project.milestones, a)
    if b % 3 == 0:
        change.start(id)
    elif b % 3 == 1:
        change.complete(id, f"Outcome of {id}", happened=c or None)
    else:
        change.reopen(id, f"Again {id}")


def _order(change: Change, a: int, b: int, c: int) -> None:
    ids = list(change.project.milestones)
    change.order_milestones(ids[a:] + ids[:a])


def _post(change: Change, a: int, b: int, c: int) -> None:
    id = _at(change.project.milestones, a)
    about = _at(change.project.approvals, b) if c % 2 else None
    change.post_update(id, f"News of {id}", need=f"Help with {id}", about=about)


def _revise(change: Change, a: int, b: int, c: int) -> None:
    update = change.project.updates[_at(change.project.updates, a)]
    change.revise_update(update, body=f"Better news {b} of {update.milestone}")


def _deliver(change: Change, a: int, b: int, c: int) -> None:
    id = _at(change.project.milestones, a)
    change.add_file(id, stream(), name=f"{id}.pdf", purpose=f"For {id}")


def _redeliver(change: Change, a: int, b: int, c: int) -> None:
    file = change.project.files[_at(change.project.files, a)]
    change.add_version(file, stream(b"new"), changed=f"Changed in {file.milestone}")


def _label(change: Change, a: int, b: int, c: int) -> None:
    file = _at(change.project.files, a)
    if b % 3:
        change.set_file_state(file, "final" if c % 2 else "draft")
    else:
        change.withdraw_file(file, f"Wrong for {change.project.files[file].milestone}")


def _ask(change: Change, a: int, b: int, c: int) -> None:
    id = _at(change.project.milestones, a)
    change.request_approval(
        id,
        f"Ask {id}",
        people=[p.id for p in change.project.people.values() if p.side == "client"][: 1 + b],
        files=[f.id for f in change.project.files_of(id)][:b],
        statement=f"Words of {id}",
        needed=(["all", "any", 2][c % 3]),  # type: ignore[arg-type]
        previous=_at(change.project.approvals, c) if b > 3 else None,
    )


def _decide(change: Change, a: int, b: int, c: int) -> None:
    approval = change.project.approvals[_at(change.project.approvals, a)]
    change.record_decision(
        approval,
        _at(approval.waiting_for, b),
        ["approved", "approved", "approved_with_changes", "changes_requested", "declined", "abstained"][c],
        source="phone",
        comment=f"Said in {approval.milestone}",
    )  # fmt: skip


def _void(change: Change, a: int, b: int, c: int) -> None:
    approval = change.project.approvals[_at(change.project.approvals, a)]
    change.void_approval(approval, f"Not in {approval.milestone}")


def _link(change: Change, a: int, b: int, c: int) -> None:
    person = _at(change.project.people, a)
    [change.issue_link, change.issue_link, change.rotate_link, change.revoke_link][b % 4](person)


def _status(change: Change, a: int, b: int, c: int) -> None:
    change.set_status(["active", "on_hold", "completed", "archived"][a % 4], "Because")


_MOVES = {
    move.__name__: move
    for move in (
        *(_add_person, _add_milestone, _describe_milestone, _move_milestone, _order),
        *(_post, _revise, _deliver, _redeliver, _label, _ask, _decide, _void, _link, _status),
    )
}
_WEIGHTED = [*_MOVES, "_ask", "_ask", "_decide", "_decide", "_decide", "_post", "_post", "_post"]
_CHOICE = st.integers(0, 5)


def journeys(max_size: int = 30) -> st.SearchStrategy[list[Move]]:
    """Any sequence of things that staff may try, a long one more often than not."""
    moves = st.tuples(st.sampled_from(_WEIGHTED), _CHOICE, _CHOICE, _CHOICE)
    return _short_or_long(moves, max_size)


def _short_or_long(items: st.SearchStrategy[Any], max_size: int) -> st.SearchStrategy[list[Any]]:
    long = st.lists(items, min_size=max_size // 2, max_size=max_size)
    return st.lists(items, max_size=6) | long | long


def _at(ids: Iterable[str], place: int) -> str:
    found = list(ids)
    if not found:
        raise NotFound("there is nothing of this kind yet")
    return found[place % len(found)]


def play(portal: Portal, moves: Sequence[Move], project: str = "p") -> Desk:
    """Open a project and try each move in a block of its own; what the rules refuse does not happen."""
    desk = portal.desk(BEN)
    with desk.open("Journey", client="Acme", id=project) as change:
        for name in ("Anna", "Bob"):
            change.add_person(name)
        for internal in (False, True):
            _say_where(change, change.add_milestone("Step", internal=internal).id)
        _deliver(change, 0, 0, 0)
        _ask(change, 0, 1, 0)
    for name, *choices in moves:
        portal.clock.advance(seconds=1)  # type: ignore[attr-defined]
        try:
            with desk.change(project) as change:
                _MOVES[name](change, *choices)
        except (Refused, NotFound):
            continue
    return desk


def client_of(project: Project) -> Any:
    """The first client of a project."""
    return next(p for p in project.people.values() if p.side == "client")


# -- stores that misbehave ----------------------------------------------------------------------


class Passing(Store):
    """A store that hands everything on, and takes no turns."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = MemoryStore() if store is None else store

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        return self.store.load(project, known=known)

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        self.store.commit(head, rows, expected=expected, redact=redact)

    def history(self, project: str, **select: Any) -> Sequence[Row]:
        return self.store.history(project, **select)

    def projects(self, **select: Any) -> Sequence[Head]:
        return self.store.projects(**select)

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        return self.store.claim(now, lease=lease, limit=limit)

    def erase(self, project: str) -> None:
        self.store.erase(project)


class Doctored(Passing):
    """A store whose rows and heads somebody edited behind our back."""

    def __init__(
        self,
        store: Store,
        *,
        rows: Callable[[list[Row]], list[Row]] = lambda rows: rows,
        head: Callable[[Head], Head] = lambda head: head,
    ) -> None:
        super().__init__(store)
        self._rows = rows
        self._head = head

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        loaded = self.store.load(project, known=known)
        if loaded is None:
            return None
        head = self._head(loaded[0])
        after = known if head.doc is None else head.doc_version
        return head, [row for row in self.history(project) if row.seq > after]

    def history(self, project: str, **select: Any) -> Sequence[Row]:
        found = self._rows(list(self.store.history(project)))
        after, limit = select.get("after", 0), select.get("limit")
        return [row for row in found if row.seq > after][:limit]


class Queueing(Passing, TakesTurns):
    """A store that hands everything on, turns too."""

    def turn(self, project: str) -> AbstractContextManager[None]:
        assert isinstance(self.store, TakesTurns)
        return self.store.turn(project)


def without_snapshot(head: Head) -> Head:
    """A head whose snapshot was deleted."""
    return evolve(head, doc=None, doc_version=0, fold="")


def put_back(store: Store, project: str, backup: tuple[Head, Sequence[Row]]) -> None:
    """Restore what `backup_of` took: as after a host's rollback or a restored backup."""
    store.erase(project)
    head, rows = backup
    store.commit(head, rows, expected="")


def backup_of(store: Store, project: str) -> tuple[Head, Sequence[Row]]:
    """All that is kept of a project."""
    loaded = store.load(project)
    assert loaded is not None
    return loaded[0], list(store.history(project))


def fresh_ids(count: int) -> Iterator[str]:
    """Ids that name nothing."""
    return (new_id() for _ in range(count))

"""Rows and documents: facts to canonical JSON text and back, digests, and the chain.

The only user of cattrs.  What lies in a row is hashed byte for byte; nothing is ever serialised again
to be verified.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import date
from functools import cache
from inspect import get_annotations
from typing import Any, Final, get_origin

import cattrs
from attrs import fields, frozen
from cattrs.gen import make_dict_unstructure_fn

from portalkit import model
from portalkit.canonical import canonical, digest, is_canonical
from portalkit.errors import BrokenLog
from portalkit.facts import KINDS, Entry, Fact, Line, UnknownFact, kind_of, sealed_fields
from portalkit.fold import FOLD_NUMBER
from portalkit.model import Project
from portalkit.storage import Row

__all__ = [
    "GENESIS",
    "Snapshot",
    "chain_of",
    "entry_of",
    "fold_id",
    "read_snapshot",
    "row_of",
    "verify_row",
    "write_snapshot",
]

GENESIS: Final = "0" * 64
"""The chain before the first entry."""

_DOMAIN: Final = "portalkit.entry.1"
_Placed = tuple[int, int, str, str, str, str]
"""What places an entry: seq, at, actor, milestone, subject, kind."""


def chain_of(previous: str, row: Row) -> str:
    """Return the chain value of a row that follows ``previous``."""
    placed = (row.seq, row.at, row.actor, row.milestone, row.subject, row.kind)
    return _chained(previous, placed, digest(row.data), row.sealed_digest)


def _chained(previous: str, placed: _Placed, *digests: str) -> str:
    parts = (_DOMAIN, previous, *map(str, placed), *digests)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def row_of(line: Line, *, project: str, seq: int, at: int, actor: str, previous: str) -> Row:
    """Return the row that puts a line in its place: author, time, text, digests, chain."""
    data, sealed = _texts(line.fact)
    sealed_digest = digest(sealed)
    placed = (seq, at, actor, line.milestone, line.subject, kind_of(line.fact))
    chain = _chained(previous, placed, digest(data), sealed_digest)
    return Row(project, *placed, data, sealed, sealed_digest, chain)


def _texts(fact: Fact) -> tuple[str, str]:
    if isinstance(fact, UnknownFact):
        return fact.data, fact.sealed
    values = _converter().unstructure(fact)
    personal = _SEALED[type(fact)]
    if not personal:
        return canonical(values), ""
    sealed: dict[str, Any] = {name: values.pop(name) for name in personal}
    sealed["salt"] = os.urandom(16).hex()
    return canonical(values), canonical(sealed)


_SEALED: Final = {cls: tuple(sorted(sealed_fields(cls))) for cls in KINDS.values()}


def entry_of(row: Row) -> Entry:
    """Return the entry that a row holds; unknown kinds are kept verbatim.

    Raises:
        BrokenLog: the text of a known kind does not hold what that kind needs.
    """
    return Entry(
        project=row.project,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        milestone=row.milestone,
        subject=row.subject,
        fact=_fact(row),
        chain=row.chain,
    )


def _fact(row: Row) -> Fact:
    cls = KINDS.get(row.kind)
    if cls is None:
        return UnknownFact(row.kind, row.data, row.sealed)
    try:
        values = json.loads(row.data)
        if row.sealed:
            values |= json.loads(row.sealed)
        return _converter().structure(values, cls)
    except Exception as error:
        raise BrokenLog(
            "an entry cannot be read",
            remedy="Verify the project and restore it from a backup",
            project=row.project,
            seq=row.seq,
            kind=row.kind,
        ) from error


def verify_row(row: Row, *, previous: str, seq: int) -> str:
    """Return what is wrong with a row that should follow ``previous`` at ``seq``, or ``""``.

    A redacted row (``sealed`` empty, its digest kept) is not wrong.
    """
    if row.seq != seq:
        return f"sequence: expected entry {seq}, found {row.seq}"
    if row.sealed and digest(row.sealed) != row.sealed_digest:
        return "sealed: the personal text is not what was sealed"
    if chain_of(previous, row) != row.chain:
        return "chain: the entry does not follow the one before it"
    if not is_canonical(row.data) or (row.sealed and not is_canonical(row.sealed)):
        return "text: the entry is not canonical JSON"
    try:
        entry_of(row)
    except BrokenLog:
        return "text: the entry does not hold what its kind needs"
    return ""


# -- snapshots ----------------------------------------------------------------------------------


@frozen
class Snapshot:
    """A folded project and the chain it was folded up to."""

    chain: str
    project: Project


def write_snapshot(chain: str, project: Project) -> str:
    """Return a snapshot as JSON text; a cache, so it need not be canonical."""
    values = {"chain": chain, "project": _converter().unstructure(project)}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def read_snapshot(text: str) -> Snapshot | None:
    """Return the snapshot, or ``None`` if it cannot be read: then the log is replayed."""
    try:
        values = json.loads(text)
        return Snapshot(values["chain"], _converter().structure(values["project"], Project))
    except Exception:
        return None


@cache
def fold_id() -> str:
    """Return what identifies this fold: a number kept by hand and a digest of the schemas."""
    shapes = [_shape(cls) for cls in (*KINDS.values(), *_models())]
    return f"{FOLD_NUMBER}-{digest(canonical(shapes))[:16]}"


def _models() -> Iterable[type]:
    found = (getattr(model, name) for name in sorted(model.__all__))
    return (item for item in found if hasattr(item, "__attrs_attrs__"))


def _shape(cls: type) -> list[str]:
    # the annotations as they are written: cattrs resolves those of the fields when it first meets them
    written = get_annotations(cls)
    return [cls.__name__, *(f"{f.name}:{written[f.name]}" for f in fields(cls))]


# -- cattrs -------------------------------------------------------------------------------------


def _is_frozenset(cls: Any) -> bool:
    return get_origin(cls) is frozenset


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False, prefer_attrib_converters=False)
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_unstructure_hook_func(_is_frozenset, sorted)
    models = frozenset(_models())
    converter.register_unstructure_hook_factory(
        lambda cls: cls in models,
        lambda cls: make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True),
    )
    return converter

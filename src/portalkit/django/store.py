"""The log and the uses of links in the host's own database, through its own connections.

What the portal writes inside a transaction of the host is a savepoint in it: it stands once the host
commits, and if the host rolls back it has never been.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from operator import attrgetter
from typing import Any, Final, TypeVar

from attrs import fields
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    connections,
    router,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, ProtectedError, Q, QuerySet, RestrictedError

from portalkit.django.models import Entry, Snapshot, Use
from portalkit.django.models import Head as HeadRow
from portalkit.errors import Conflict, StoreError
from portalkit.storage import (
    Access,
    AccessLog,
    Head,
    JoinsTransactions,
    Order,
    Row,
    Scrubs,
    Store,
    TakesTurns,
    Waiting,
)
from portalkit.storage.base import HOUR, moved_on, ref_taken

__all__ = ["DjangoAccessLog", "DjangoStore"]

_log = logging.getLogger("portalkit.django")

_Model = TypeVar("_Model", bound=Model)

_SNAPSHOT: Final = ("doc", "doc_version", "fold")
_COLUMNS: Final = tuple(
    field.name
    for field in fields(Head)
    if field.name not in {"project", "leased_until", *_SNAPSHOT}
)
_SEPARATOR: Final = "\x1f"
_TURNS: Final = 100

# The statements of every page are spelt out: the ORM would need longer to build them than the database to
# answer them.  What is known already is not fetched: the document is most of a project.
_STORED: Final = {
    "doc": (
        "CASE WHEN s.doc_version IS NULL"
        " OR (s.doc_version <= %s AND %s <= h.version) THEN NULL ELSE s.doc END"
    ),
    "doc_version": "COALESCE(s.doc_version, 0)",
    "fold": "COALESCE(s.fold, '')",
}
_LOAD: Final = (
    f"SELECT {', '.join(_STORED.get(field.name, f'h.{field.name}') for field in fields(Head))}"
    " FROM portalkit_head h LEFT JOIN portalkit_snapshot s ON s.project = h.project"
    " WHERE h.project = %s"
)
_ROW: Final = tuple(field.name for field in fields(Row))
_SELECT: Final = f"SELECT {', '.join(_ROW)} FROM portalkit_entry"
_ROWS: Final = f"{_SELECT} WHERE project = %s AND seq > %s AND seq <= %s ORDER BY seq"
_ROW_FIELDS: Final = ("head_id", *_ROW[1:])
_row_values = attrgetter(*_ROW)
_columns_of = attrgetter(*_COLUMNS)

_LISTED: Final = tuple(
    {"fold": "snapshot__fold", "doc_version": "snapshot__doc_version"}.get(field.name, field.name)
    for field in fields(Head)
    if field.name != "doc"
)
_ORDERS: Final[dict[Order, tuple[str, ...]]] = {
    "project": ("project",),
    "waiting_since": ("waiting_since", "project"),
    "waiting_us_since": ("waiting_us_since", "project"),
    "next_due": ("next_due", "project"),
    "updated_at": ("-updated_at", "project"),
}


def _rows(model: type[_Model], alias: str) -> QuerySet[_Model]:
    """Return all rows of a table, to be written too, which their managers refuse."""
    return QuerySet(model, using=alias)


class DjangoStore(Store, TakesTurns, Scrubs, JoinsTransactions):
    """A `Store` in a database of the host: PostgreSQL or SQLite.

    Every method may raise `StoreError`: the database cannot be reached, is locked, full or damaged;
    nothing was changed, and the remedy says what to do.

    Args:
        using: the alias of the database; that of the host's routers if not given.
    """

    def __init__(self, using: str | None = None) -> None:
        self._using = using

    @property
    def alias(self) -> str:
        """The alias of the database."""
        return self._using or router.db_for_write(HeadRow)

    @property
    def _connection(self) -> BaseDatabaseWrapper:
        return connections[self.alias]

    # -- the host's transactions ----------------------------------------------------------------

    def in_transaction(self) -> bool:
        return _in_transaction(self._connection)

    def after_commit(self, run: Callable[[], object]) -> None:
        transaction.on_commit(run, using=self.alias)

    @contextmanager
    def turn(self, project: str) -> Iterator[None]:
        """Hold the row of the project's head: other writers of the project wait until it is left.

        Raises:
            Conflict: the host's transaction cannot see what others have written: repeat all of it.
            StoreError: the database cannot be used.
        """
        self._refuse_uncommitted()
        self._refuse_blind(project)
        with _trouble(self._connection), ExitStack() as held:
            for _ in range(_TURNS):
                try:
                    held.enter_context(self._locked(project))
                    break
                except Conflict:  # waiting took longer than the snapshot lasts: take a new one
                    if self.in_transaction():
                        raise
            yield

    @contextmanager
    def _locked(self, project: str) -> Iterator[None]:
        alias = self.alias
        with transaction.atomic(using=alias):
            with _trouble(self._connection):
                self._become_writer()
                locked = _rows(HeadRow, alias).select_for_update()
                list(locked.filter(project=project).values_list("project"))
            yield

    def _refuse_uncommitted(self) -> None:
        """Refuse to write where nobody could tell when it stands: Django hears of no commit by hand."""
        db = self._connection
        if not db.in_atomic_block and not db.get_autocommit():
            raise StoreError(
                "autocommit is off, and no transaction is open that Django sees the end of",
                remedy="Write inside of transaction.atomic(), or leave autocommit on",
                database=db.alias,
            )

    def _refuse_blind(self, project: str) -> None:
        """Refuse a turn in a transaction whose snapshot hides what the winner wrote."""
        db = self._connection
        if db.vendor != "postgresql" or not _in_transaction(db):
            return
        with _trouble(db), db.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            (level,) = cursor.fetchone()
        if level != "read committed":
            raise Conflict(
                "somebody else wrote first, and this transaction cannot see it",
                remedy="Repeat the whole transaction, or run it in READ COMMITTED",
                project=project,
                isolation=level,
            )

    def _become_writer(self) -> None:
        """Take SQLite's one place for writers before anything is read; others have locks of rows."""
        if self._connection.vendor == "sqlite":
            _rows(HeadRow, self.alias).filter(project="").update(leased_until=0)

    # -- reading --------------------------------------------------------------------------------

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        db = self._connection
        with _trouble(db), db.cursor() as cursor:
            cursor.execute(_LOAD, (known, known, project))
            found = cursor.fetchone()
            if found is None:
                return None
            head = Head(*found)
            # No row after the head's own version: others may have committed since.
            held = head.doc_version <= known <= head.version
            if held and known == head.version:
                return head, ()
            after = known if held else head.doc_version
            cursor.execute(_ROWS, (project, after, head.version))
            return head, [Row(*values) for values in cursor.fetchall()]

    def history(
        self,
        project: str,
        *,
        after: int = 0,
        limit: int | None = None,
        milestone: str | None = None,
        subject: str | None = None,
        newest: bool = False,
    ) -> Sequence[Row]:
        wanted: dict[str, int | str | None] = {
            "project =": project,
            "milestone =": milestone,
            "subject =": subject,
            "seq <" if newest else "seq >": after or None,
        }
        asked = {condition: value for condition, value in wanted.items() if value is not None}
        sql = f"{_SELECT} WHERE {' %s AND '.join(asked)} %s ORDER BY seq"
        sql += " DESC" if newest else ""
        sql += "" if limit is None else f" LIMIT {limit:d}"
        db = self._connection
        with _trouble(db), db.cursor() as cursor:
            cursor.execute(sql, list(asked.values()))
            return [Row(*values) for values in cursor.fetchall()]

    def projects(
        self,
        *,
        account: str = "",
        ref: str | None = None,
        client: str | None = None,
        status: str | None = "active",
        waiting: Waiting | None = None,
        text: str | None = None,
        order: Order = "project",
        after: tuple[int | str, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Head]:
        wanted = {"account": account, "ref": ref, "client": client, "status": status}
        heads = _rows(HeadRow, self.alias).filter(
            **{name: value for name, value in wanted.items() if value is not None}
        )
        if order != "project":
            heads = heads.filter(**{f"{order}__isnull": False})
        if waiting is not None:
            column = "waiting_since" if waiting == "client" else "waiting_us_since"
            heads = heads.filter(**{f"{column}__isnull": False})
        if text:
            heads = heads.filter(searched__contains=_folded(text))
        if after is not None:
            heads = heads.filter(_beyond(order, *after))
        with _trouble(self._connection):
            return [
                _listed(*row)
                for row in heads.order_by(*_ORDERS[order]).values_list(*_LISTED)[:limit]
            ]

    # -- writing --------------------------------------------------------------------------------

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        self._refuse_uncommitted()
        alias = self.alias
        with _trouble(self._connection, head, expected), transaction.atomic(using=alias):
            _put_head(alias, head, expected)
            _rows(Entry, alias).bulk_create(
                [Entry(**dict(zip(_ROW_FIELDS, _row_values(row), strict=True))) for row in rows]
            )
            if head.doc is not None:
                _put_snapshot(alias, head)
            if redact:
                self._overwrite()
                named = _rows(Entry, alias).filter(head_id=head.project, seq__in=redact)
                named.update(sealed="")

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        """Lease projects that are due.

        Raises:
            RuntimeError: a transaction of the host is open: a lease must stand whatever it does.
        """
        self._refuse_uncommitted()
        alias = self.alias
        with _trouble(self._connection), transaction.atomic(using=alias, durable=True):
            self._become_writer()
            heads = _rows(HeadRow, alias).filter(wake_at__lte=now, leased_until__lte=now)
            due = heads.order_by("wake_at", "project").select_for_update(skip_locked=True)
            claimed = list(due.values_list("project", flat=True)[:limit])
            _rows(HeadRow, alias).filter(project__in=claimed).update(leased_until=now + lease)
        return claimed

    def erase(self, project: str) -> None:
        """Delete a project whole; what of the host points at its head follows its own ``on_delete``.

        Raises:
            StoreError: a model of the host protects the head.
        """
        self._refuse_uncommitted()
        alias = self.alias
        with _trouble(self._connection), transaction.atomic(using=alias):
            self._overwrite()
            _rows(HeadRow, alias).filter(project=project).delete()

    def _overwrite(self) -> None:
        """See that SQLite overwrites what it deletes."""
        if self._connection.vendor == "sqlite":
            with self._connection.cursor() as cursor:
                cursor.execute("PRAGMA secure_delete = ON")

    def in_wal(self) -> bool:
        """Tell whether the database is SQLite and keeps a write-ahead log.

        Raises:
            StoreError: the database cannot be used.
        """
        db = self._connection
        if db.vendor != "sqlite":
            return False
        with _trouble(db), db.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            return bool(cursor.fetchone() == ("wal",))

    def scrub(self) -> None:
        """Carry SQLite's write-ahead log over into the file; PostgreSQL tidies up by itself.

        Raises:
            StoreError: a reader holds the write-ahead log.
        """
        if self._connection.vendor != "sqlite":
            return
        with _trouble(self._connection), self._connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (busy, _, _) = cursor.fetchone()
        if busy:
            raise StoreError(
                "what was erased may still lie in the write-ahead log, because somebody reads it",
                remedy="Do the same again in a while: only that is left to do",
            )


def _listed(
    project: str, version: int, chain: str, fold: str | None, place: int | None, *columns: Any
) -> Head:
    """Return a head without its document; it may have no snapshot."""
    return Head(project, version, chain, fold or "", None, place or 0, *columns)


def _in_transaction(db: BaseDatabaseWrapper) -> bool:
    return db.in_atomic_block or not db.get_autocommit()


def _put_head(alias: str, head: Head, expected: str) -> None:
    values: dict[str, Any] = dict(zip(_COLUMNS, _columns_of(head), strict=True))
    texts = (head.title, head.client_name, head.ref)
    values["searched"] = _SEPARATOR.join(_folded(text) for text in texts if text)
    if head.leased_until is not None:
        values["leased_until"] = head.leased_until
    heads = _rows(HeadRow, alias)
    if not expected:
        heads.bulk_create([HeadRow(project=head.project, **values)])
    elif not heads.filter(project=head.project, chain=expected).update(**values):
        raise moved_on(head, expected)


def _put_snapshot(alias: str, head: Head) -> None:
    values = {name: getattr(head, name) for name in _SNAPSHOT}
    _rows(Snapshot, alias).bulk_create(
        [Snapshot(head_id=head.project, **values)],
        update_conflicts=True,
        unique_fields=["head"],
        update_fields=_SNAPSHOT,
    )


def _folded(text: str) -> str:
    """Return text as it is searched for: in one case, and without what keeps the columns apart."""
    return text.casefold().replace(_SEPARATOR, "")


def _beyond(order: Order, value: int | str, project: str) -> Q:
    """Return the condition for what comes after a head in a list."""
    if order == "project":
        return Q(project__gt=project)
    side = "lt" if order == "updated_at" else "gt"
    return Q((f"{order}__{side}e", value)) & (
        Q((f"{order}__{side}", value)) | Q(project__gt=project)
    )


# -- errors -------------------------------------------------------------------------------------

_LOST_RACES: Final = {"40001", "40P01"}  # serialization failure, deadlock
_REMEDIES: Final = {
    5: "Wait for the other writer, or give the database a longer timeout",
    8: "Let this user write the database and its directory",
    10: "Check the disk and the room on it",
    11: "Restore the file from a backup",
    13: "Make room on the disk",
    517: "Set transaction_mode to IMMEDIATE in the OPTIONS of the database, and repeat the request",
}


@contextmanager
def _trouble(
    db: BaseDatabaseWrapper, head: Head | None = None, expected: str = ""
) -> Iterator[None]:
    """Turn the database's errors into ours, and leave the connection usable."""
    try:
        yield
    except (ProtectedError, RestrictedError) as error:
        raise StoreError(
            "a model of the host protects this project",
            remedy="Give its relation to the head SET_NULL or CASCADE, or delete those rows first",
            cause=str(error),
        ) from error
    except (DatabaseError, InterfaceError) as error:
        cause = error.__cause__
        if head is not None and isinstance(error, IntegrityError):
            taken = "portalkit_ref" in str(error) or "portalkit_head.ref" in str(error)
            raise (ref_taken(head) if taken else moved_on(head, expected)) from error
        if getattr(cause, "sqlstate", None) in _LOST_RACES:
            raise Conflict(
                "somebody else wrote at the same time",
                remedy="Repeat the whole transaction",
                cause=str(error),
            ) from error
        if not db.in_atomic_block:
            db.close_if_unusable_or_obsolete()
        code = getattr(cause, "sqlite_errorcode", 0)
        remedy = _REMEDIES.get(code) or _REMEDIES.get(code & 0xFF)
        raise StoreError(
            "the database could not be used",
            remedy=remedy or "Read what the database says, and see that it can be reached",
            database=db.alias,
            cause=str(error),
        ) from error


# -- uses of links ------------------------------------------------------------------------------

_REMEMBERED: Final = 10_000


class DjangoAccessLog(AccessLog):
    """An `AccessLog` beside the log.

    A `record` that fails is logged as a warning and never raised, because a page must not fail over it.
    `of` and `erase` raise `StoreError`.

    Args:
        using: the alias of the database; that of the host's routers if not given.
    """

    def __init__(self, using: str | None = None) -> None:
        self._using = using
        self._recent: set[tuple[str, str, str, int]] = set()

    @property
    def _alias(self) -> str:
        return self._using or router.db_for_write(Use)

    def record(self, project: str, link: str, what: str, at: int) -> None:
        use = (project, link, what, at // HOUR)
        if use in self._recent:
            return
        db = connections[self._alias]
        try:
            with _trouble(db), transaction.atomic(using=db.alias):
                row = Use(project=project, link=link, what=what, hour=at // HOUR, at=at)
                _rows(Use, db.alias).bulk_create([row], ignore_conflicts=True)
        except StoreError as error:
            _log.warning("a use of a link was not recorded: %s", error)
            return
        if _in_transaction(db):
            return  # it may be undone
        if len(self._recent) >= _REMEMBERED:
            self._recent = set()
        self._recent.add(use)

    def of(self, project: str) -> Sequence[Access]:
        uses = _rows(Use, self._alias).filter(project=project)
        with _trouble(connections[self._alias]):
            found = list(uses.values_list("link", "what", "at"))
        return [Access(*use) for use in sorted(found, key=lambda use: (use[2], use[0], use[1]))]

    def erase(self, project: str) -> None:
        with _trouble(connections[self._alias]):
            _rows(Use, self._alias).filter(project=project).delete()
        self._recent = {use for use in self._recent.copy() if use[0] != project}

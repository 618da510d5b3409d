"""The storage seams: what portalkit asks of a store, a file store and an access log.

Only strings, integers and JSON text cross these seams, never facts or models, so a store needs
to know nothing about milestones or approvals.  The laws are numbered; each one is a test of the
conformance kit in `portalkit.testing`.

Laws of a `Store`:

1. Absent is ``None``: ``load`` of an unknown project returns ``None``, ``history`` an empty sequence.
2. Out as it went in: every string comes back byte for byte, every integer unchanged.
3. Rows ascend by ``seq`` without gaps; ``after`` is exclusive; ``newest`` turns the order round.
4. A wrong ``expected`` raises `Conflict` and leaves nothing: no row, no head, no redaction.
5. Of *n* racing commits with the same ``expected``, exactly one wins.
6. Head, rows and redaction of one commit appear together or not at all, also after a crash.
7. Projects do not see each other.
8. ``redact`` empties ``sealed`` of exactly the named rows and touches nothing else of them.
9. A ``head.doc`` of ``None`` keeps the stored snapshot (``doc``, ``doc_version``, ``fold``).
10. A lease is granted once: of racing ``claim`` calls, one gets the project; the others may claim
    again once ``leased_until`` has passed.  A commit leaves the lease alone
    (``head.leased_until`` is ``None``) or releases it (``0``).
11. ``erase`` leaves nothing, and the id is free again.
12. ``projects`` leaves out heads whose ordering column is null, breaks ties by project id, and never
    returns documents.
13. ``ref`` is unique within an account when it is set; a second one raises `Conflict`.

Laws of a `FileStore`:

1. What ``save`` returns can be opened at once, byte for byte, and survives a crash from then on.
2. A stream longer than ``limit`` raises `TooLarge`; a stream that raises leaves nothing behind.
3. Keys are ``<project>/<random>``; two saves never share a key, even of the same bytes.
4. ``open`` gives exactly the bytes asked for, in chunks; an unknown key raises `BlobMissing` at the call.
5. ``delete`` of an unknown key is no error.
6. ``sweep``, of a file store that has it, deletes what broken-off saves left and no bytes that a key
   names.

Laws of an `AccessLog`:

1. ``of`` gives the uses of one project, oldest first.
2. The first use of an hour is noted, per link and thing; of racing ``record`` calls, one.
3. ``erase`` forgets one project whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol, TypeGuard, TypeVar, runtime_checkable

from attrs import frozen

__all__ = [
    "Access",
    "AccessLog",
    "Blob",
    "FileStore",
    "HasPath",
    "Head",
    "JoinsTransactions",
    "Order",
    "Readable",
    "Row",
    "Scrubs",
    "Store",
    "Sweeps",
    "TakesTurns",
    "Waiting",
    "offers",
]

T = TypeVar("T")

Order = Literal["project", "waiting_since", "waiting_us_since", "next_due", "updated_at"]
"""The columns by which heads can be listed."""

Waiting = Literal["client", "us"]
"""Whom something waits for, clients or the agency."""


@frozen
class Row:
    """One entry of a project's log as a store keeps it; hashed and stored byte for byte.

    Attributes:
        project: the project's id.
        seq: its place, from 1 without gaps; order is by it alone.
        at: UTC milliseconds.
        actor: the id of a person.
        milestone: the id of a milestone, or empty.
        subject: the id of what it is about, or empty.
        kind: the kind of fact.
        data: canonical JSON text that stays for ever.
        sealed: canonical JSON text that may become ``""`` by redaction.
        sealed_digest: the sha256 of ``sealed``, in hex; stays.
        chain: the digest that ties it to all before it, in hex.
    """

    project: str
    seq: int
    at: int
    actor: str
    milestone: str
    subject: str
    kind: str
    data: str
    sealed: str
    sealed_digest: str
    chain: str


@frozen
class Head:
    """The newest state of one project's log, with a snapshot that may lag and columns for lists.

    ``chain`` identifies the state; compare-and-set and cache keys use it, never ``version`` alone.

    Attributes:
        project: the project's id.
        version: the ``seq`` of the newest row.
        chain: its chain.
        fold: what folded the snapshot; another fold does not use it.
        doc: the folded project as JSON at ``doc_version``, a cache; ``None`` in lists, and in a commit
            that
            keeps the stored one.
        doc_version: the ``seq`` that the snapshot covers, at most ``version``.
        leased_until: UTC milliseconds; in a commit ``None`` leaves the lease alone and ``0`` releases it.
        account: the tenant; leads every list.
        ref: the host's own key, unique in the account, or ``None``.
        client: the host's own key of the client, or empty.
        client_name: the client's name.
        title: the project's title.
        status: its status.
        waiting_since: UTC milliseconds since when the oldest decision waits for clients, or ``None``.
        waiting_us_since: UTC milliseconds since when something waits for the agency, or ``None``.
        next_due: UTC milliseconds of the next day at whose end something is due, or ``None``.
        pending: how many decisions wait for clients.
        questions: how many questions are open.
        created_at: UTC milliseconds.
        updated_at: UTC milliseconds of the newest row.
        wake_at: UTC milliseconds at which background work is due, or ``None``.
        figures: JSON of at most 1 KB, opaque to stores.
    """

    project: str
    version: int
    chain: str
    fold: str = ""
    doc: str | None = None
    doc_version: int = 0
    leased_until: int | None = None
    account: str = ""
    ref: str | None = None
    client: str = ""
    client_name: str = ""
    title: str = ""
    status: str = "active"
    waiting_since: int | None = None
    waiting_us_since: int | None = None
    next_due: int | None = None
    pending: int = 0
    questions: int = 0
    created_at: int = 0
    updated_at: int = 0
    wake_at: int | None = None
    figures: str = "{}"

    @property
    def id(self) -> str:
        """The project's id, so that a head from a list can be passed on wherever a project is asked for."""
        return self.project


@frozen
class Blob:
    """Bytes that a file store took in.

    Attributes:
        key: where they are.
        size: how many.
        sha256: of them, in hex.
    """

    key: str
    size: int
    sha256: str


@frozen
class Access:
    """Somebody's link was used.

    Attributes:
        link: the link's id.
        what: ``fetched`` if a machine or a person opened it, ``seen`` if a person acted,
            ``file:<file>/<version>`` for bytes that were downloaded to their end, ``mail:<id>`` for what
            concerns a mail; ``page`` is what earlier releases wrote for ``fetched``.
        at: UTC milliseconds.
    """

    link: str
    what: str
    at: int


class Readable(Protocol):
    """Anything with ``read(n) -> bytes``: an open file, an upload, `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


class Store(Protocol):
    """Keeps heads and rows; see the numbered laws above."""

    def load(self, project: str, *, known: int = 0) -> tuple[Head, Sequence[Row]] | None:
        """Return head and rows of one consistent moment, or ``None`` if there is no such project.

        If ``doc_version <= known <= version``, the head comes without its document and with only
        the rows after ``known``; otherwise with the document and the rows after ``doc_version``.

        Args:
            project: the project's id.
            known: the ``seq`` up to which the caller knows the log.
        """
        ...

    def commit(
        self, head: Head, rows: Sequence[Row], *, expected: str, redact: Sequence[int] = ()
    ) -> None:
        """Move the head from one chain to the next and append rows, whole or not at all.

        Args:
            head: the new head.
            rows: the rows to append; without any only snapshot and columns change.
            expected: the chain that the head must have now; ``""`` means that the project must not exist.
            redact: the ``seq`` of rows whose ``sealed`` is emptied.

        Raises:
            Conflict: the head is at another chain, or the ref is taken; nothing was written.
        """
        ...

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
        """Return rows of a project, ascending; of an unknown one none.  No cursor stays open.

        Args:
            project: the project's id.
            after: only rows after this ``seq``; with ``newest`` before it, where 0 starts at the newest.
            limit: at most so many.
            milestone: only rows of this milestone.
            subject: only rows about this thing.
            newest: descending.
        """
        ...

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
        """Return heads of one account without documents, ascending by a column, then by project.

        Args:
            account: the tenant.
            ref: only the project with this key of the host.
            client: only projects of this client, by the host's key.
            status: only projects of this status; ``None`` for all.
            waiting: only heads whose ``waiting_since`` (``client``) or ``waiting_us_since`` (``us``) is
                set.
            text: only projects with this text in title, client name or ref, ignoring case.
            order: the column; heads in which it is null are left out.  ``updated_at`` alone is newest
                first.
            after: (value, project) of the last head seen.
            limit: at most so many.
        """
        ...

    def claim(self, now: int, *, lease: int, limit: int) -> Sequence[str]:
        """Lease projects with ``wake_at <= now`` and no lease running, atomically, oldest first.

        Args:
            now: UTC milliseconds.
            lease: how long, in milliseconds: only ``leased_until`` is set, to ``now + lease``.
            limit: at most so many.

        Returns:
            The ids of the projects that this caller has now.
        """
        ...

    def erase(self, project: str) -> None:
        """Delete a project whole; unknown is no error.

        Args:
            project: the project's id.
        """
        ...


@runtime_checkable
class TakesTurns(Protocol):
    """A store that can queue writers of one project fairly; optional."""

    def turn(self, project: str) -> AbstractContextManager[None]:
        """Hold the writer's turn: other writers of this project wait until it is left.

        Args:
            project: the project's id.

        Raises:
            Conflict: what others have written cannot be seen from here, so trying again is useless.
        """
        ...


@runtime_checkable
class JoinsTransactions(Protocol):
    """A store that works inside the transactions of its host; optional.

    What the host rolls back has never been: nothing read inside is remembered beyond the transaction,
    and what follows a commit waits for the host's.
    """

    def in_transaction(self) -> bool:
        """Tell whether a transaction of the host is open in this thread."""
        ...

    def after_commit(self, run: Callable[[], object]) -> None:
        """Call a function once the host's outermost transaction has committed; at once if none is open.

        Args:
            run: what to call; it is not called if the host rolls back.
        """
        ...


@runtime_checkable
class Scrubs(Protocol):
    """A store that may keep traces of erased text for a while; optional."""

    def scrub(self) -> None:
        """Make sure that text which was redacted or erased is gone from the disk, logs included."""
        ...


class FileStore(Protocol):
    """Keeps bytes under random keys; see the numbered laws above."""

    def save(self, project: str, stream: Readable, *, limit: int) -> Blob:
        """Take in a stream, durably, under a fresh key ``<project>/<random>``.

        Args:
            project: the project's id.
            stream: read to its end, in chunks.
            limit: how many bytes it may have.

        Raises:
            TooLarge: it has more; nothing is kept.
            FileError: the bytes cannot be kept; nothing is.
        """
        ...

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield bytes in chunks, each read when it is asked for.

        Args:
            key: what `save` returned.
            start: where to begin.
            length: how many bytes; to the end if not given.

        Raises:
            BlobMissing: at the call: there are no such bytes.
            FileError: they cannot be read.
        """
        ...

    def delete(self, key: str) -> None:
        """Delete the bytes of a key; unknown is no error.

        Args:
            key: what `save` returned.
        """
        ...

    def keys(self, project: str | None = None, older_than: int | None = None) -> Iterator[str]:
        """Yield the keys there are.

        Args:
            project: only of this project.
            older_than: only those saved before this instant, in UTC milliseconds.
        """
        ...


@runtime_checkable
class HasPath(Protocol):
    """A file store whose bytes lie in the file system, for sendfile and X-Accel; optional."""

    def path(self, key: str) -> str:
        """Return the absolute path of the bytes.

        Args:
            key: what `FileStore.save` returned.

        Raises:
            BlobMissing: there are none.
        """
        ...


@runtime_checkable
class Sweeps(Protocol):
    """A file store in which a save that was broken off may leave something behind; optional."""

    def sweep(self, project: str | None = None, older_than: int | None = None) -> int:
        """Delete what broken-off saves left; return how many.

        A save that still goes on with one of them fails, and keeps nothing.

        Args:
            project: only of this project.
            older_than: only what was last written to before this instant, in UTC milliseconds.
        """
        ...


class AccessLog(Protocol):
    """Remembers when links were used: outside the chain, best effort, never evidence by itself."""

    def record(self, project: str, link: str, what: str, at: int) -> None:
        """Note a use, at most once per link, thing and hour.

        Args:
            project: the project's id.
            link: the link's id.
            what: such as ``fetched``, ``seen``, ``file:<file>/<version>``; any short text.
            at: UTC milliseconds.
        """
        ...

    def of(self, project: str) -> Sequence[Access]:
        """Return what is known of a project, oldest first.

        Args:
            project: the project's id.
        """
        ...

    def erase(self, project: str) -> None:
        """Forget a project whole.

        Args:
            project: the project's id.
        """
        ...


def offers(store: object, seam: type[T]) -> TypeGuard[T]:
    """Tell whether a store can do what an optional seam asks for, such as `HasPath`.

    Args:
        store: a store or a file store.
        seam: the protocol of the seam.
    """
    # isinstance sees names alone, and takes a file store that keeps its place in `path` for one
    names = (name for name in vars(seam) if not name.startswith("_"))
    return all(callable(getattr(store, name, None)) for name in names)

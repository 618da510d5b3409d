"""The tables: heads, entries, snapshots, uses of links.

Read, join and filter them as you like, and let a model of yours point at `Head`.  Only the portal writes:
a row that was changed otherwise no longer verifies.
"""

from __future__ import annotations

from typing import Any, NoReturn, Self, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from portalkit.errors import NotAllowed
from portalkit.moments import now

__all__ = ["Entry", "Head", "HeadQuerySet", "ProjectId", "Snapshot", "Use"]


class ProjectId(models.CharField):  # type: ignore[type-arg]  # generic for type checkers only
    """A project's id: compared and ordered byte by byte, whatever the language of the database."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 64, **options})

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class Kept(models.Model):
    """A row that only the portal writes."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: the log is written by `current_portal` alone."""
        raise _written_by_the_portal()

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: projects are erased by ``current_portal.care.erase``."""
        raise _written_by_the_portal()


def _written_by_the_portal() -> NotAllowed:
    return NotAllowed(
        "only the portal writes its tables",
        remedy="Change a project through current_portal.desk, erase it with current_portal.care",
    )


def _refuse(*args: Any, **options: Any) -> NoReturn:
    """Refuse: only the portal writes its tables."""
    raise _written_by_the_portal()


_refuse.alters_data = True  # type: ignore[attr-defined]  # so that no template calls it

_Row = TypeVar("_Row", bound=Kept)


class KeptQuerySet(models.QuerySet[_Row]):
    """Rows to read; what passes by a row's own ``save`` and ``delete`` is refused as these are."""

    delete = update = bulk_create = bulk_update = _refuse


class HeadQuerySet(KeptQuerySet["Head"]):
    """The questions that an agency asks of all its projects."""

    def of_account(self, account: str) -> Self:
        """Keep the projects of one account (tenant)."""
        return self.filter(account=account)

    def of_client(self, client: str) -> Self:
        """Keep the projects of one client, by the host's own key."""
        return self.filter(client=client)

    def active(self) -> Self:
        """Keep the projects that are being worked on."""
        return self.filter(status="active")

    def waiting_on_client(self) -> Self:
        """Keep the projects in which a client's decision is open, the oldest request first."""
        return self.filter(waiting_since__isnull=False).order_by("waiting_since", "project")

    def waiting_on_us(self) -> Self:
        """Keep the projects in which a question waits, or a decision asks for more work; oldest first."""
        return self.filter(waiting_us_since__isnull=False).order_by("waiting_us_since", "project")

    def overdue(self, at: int | None = None) -> Self:
        """Keep the projects in which something was due before an instant (UTC milliseconds), or now."""
        late = self.filter(next_due__lt=now() if at is None else at)
        return late.order_by("next_due", "project")


class Head(Kept):
    """The newest state of a project: where its log stands, and columns for lists.

    All times are UTC milliseconds; ``waiting_since``, ``waiting_us_since`` and ``next_due`` are null
    where nothing waits.  ``ref`` and ``client`` are the host's own keys.
    """

    project = ProjectId(primary_key=True)
    version = models.BigIntegerField()
    chain = models.CharField(max_length=64)
    leased_until = models.BigIntegerField(default=0)
    account = models.TextField()
    ref = models.TextField(null=True)
    client = models.TextField()
    client_name = models.TextField()
    title = models.TextField()
    status = models.TextField()
    waiting_since = models.BigIntegerField(null=True)
    waiting_us_since = models.BigIntegerField(null=True)
    next_due = models.BigIntegerField(null=True)
    pending = models.BigIntegerField()
    questions = models.BigIntegerField()
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()
    wake_at = models.BigIntegerField(null=True)
    figures = models.TextField()
    searched = models.TextField()

    objects = HeadQuerySet.as_manager()

    @property
    def id(self) -> str:
        """The project's id, so that a head can be passed on wherever a project is asked for."""
        return str(self.project)

    class Meta:
        db_table = "portalkit_head"
        verbose_name = "project"
        default_permissions = ("view",)
        permissions = [("manage_links", "Can issue, replace and revoke links of clients")]
        constraints = [
            models.UniqueConstraint(fields=["account", "ref"], name="portalkit_ref"),
        ]
        indexes = [
            models.Index(fields=["account", "project"], name="portalkit_project"),
            models.Index(fields=["account", "client", "project"], name="portalkit_client"),
            models.Index(fields=["account", "-updated_at", "project"], name="portalkit_updated"),
            *(
                models.Index(
                    fields=["account", column, "project"],
                    name=name,
                    condition=models.Q((f"{column}__isnull", False)),
                )
                for column, name in (
                    ("waiting_since", "portalkit_waiting"),
                    ("waiting_us_since", "portalkit_waiting_us"),
                    ("next_due", "portalkit_due"),
                )
            ),
            models.Index(
                fields=["wake_at", "project"],
                name="portalkit_wake",
                condition=models.Q(wake_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.project


class Entry(Kept):
    """One entry of a project's log, hashed and stored byte for byte."""

    id = models.BigAutoField(primary_key=True)
    head = models.ForeignKey(
        Head, models.CASCADE, db_column="project", related_name="entries", db_index=False
    )
    seq = models.BigIntegerField()
    at = models.BigIntegerField()
    actor = models.TextField()
    milestone = models.TextField()
    subject = models.TextField()
    kind = models.TextField()
    data = models.TextField()
    sealed = models.TextField()
    sealed_digest = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)

    objects = KeptQuerySet["Entry"].as_manager()

    class Meta:
        db_table = "portalkit_entry"
        default_permissions = ()
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["head", "seq"], name="portalkit_seq"),
        ]
        indexes = [
            models.Index(fields=["head", "milestone", "seq"], name="portalkit_milestone"),
            models.Index(fields=["head", "subject", "seq"], name="portalkit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.head_id} {self.seq}: {self.kind}"


class Snapshot(Kept):
    """A project as folded at some place of its log: a cache, which may be deleted at any time."""

    head = models.OneToOneField(
        Head, models.CASCADE, primary_key=True, db_column="project", related_name="snapshot"
    )
    doc_version = models.BigIntegerField()
    fold = models.TextField()
    doc = models.TextField()

    objects = KeptQuerySet["Snapshot"].as_manager()

    class Meta:
        db_table = "portalkit_snapshot"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.head_id} at {self.doc_version}"


class Use(Kept):
    """Somebody's link was used; best effort, never evidence by itself."""

    id = models.BigAutoField(primary_key=True)
    project = ProjectId()
    link = models.TextField()
    what = models.TextField()
    hour = models.BigIntegerField()
    at = models.BigIntegerField()

    objects = KeptQuerySet["Use"].as_manager()

    class Meta:
        db_table = "portalkit_use"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["project", "link", "what", "hour"], name="portalkit_use_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link}: {self.what}"

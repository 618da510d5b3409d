"""The tables of the hand-written peer."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = [
    "Approval",
    "Base",
    "Decision",
    "Event",
    "File",
    "Link",
    "Milestone",
    "Person",
    "Project",
    "Resource",
    "Update",
    "Version",
    "new_id",
]


def new_id() -> str:
    """Return a fresh id of 26 characters."""
    return secrets.token_hex(13)


class Base(DeclarativeBase):
    """The root of all tables."""


approval_people = Table(
    "approval_people",
    Base.metadata,
    Column("approval_id", ForeignKey("approval.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
)
approval_versions = Table(
    "approval_versions",
    Base.metadata,
    Column("approval_id", ForeignKey("approval.id"), primary_key=True),
    Column("version_id", ForeignKey("version.id"), primary_key=True),
)


class Project(Base):
    """A project; ``version`` counts its changes."""

    __tablename__ = "project"
    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    client_name: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="UTC")
    status: Mapped[str] = mapped_column(default="active")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
    resources: Mapped[list[Resource]] = relationship(lazy="selectin")


class Resource(Base):
    """A quick link."""

    __tablename__ = "resource"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    label: Mapped[str]
    url: Mapped[str]


class Person(Base):
    """Somebody on either side."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    side: Mapped[str]
    name: Mapped[str]
    project: Mapped[Project] = relationship()


class Link(Base):
    """A person's link."""

    __tablename__ = "link"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    nonce: Mapped[str]
    scopes: Mapped[str] = mapped_column(default="view download upload comment decide")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    project: Mapped[Project] = relationship()
    person: Mapped[Person] = relationship()


class Milestone(Base):
    """A milestone."""

    __tablename__ = "milestone"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    starts: Mapped[date]
    due: Mapped[date]
    status: Mapped[str] = mapped_column(default="planned")
    completed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    project: Mapped[Project] = relationship()


class Update(Base):
    """News of a milestone."""

    __tablename__ = "project_update"
    id: Mapped[str] = mapped_column(primary_key=True)
    milestone_id: Mapped[str] = mapped_column(ForeignKey("milestone.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    done: Mapped[str]
    doing: Mapped[str]
    next: Mapped[str]
    need: Mapped[str]
    milestone: Mapped[Milestone] = relationship()
    author: Mapped[Person] = relationship()

    __table_args__ = (Index("update_latest", "milestone_id", "at"),)

    @property
    def headline(self) -> str:
        """The first line that says something."""
        return (self.need or self.done or self.doing or self.next).partition("\n")[0]


class File(Base):
    """A file and its current version."""

    __tablename__ = "file"
    id: Mapped[str] = mapped_column(primary_key=True)
    milestone_id: Mapped[str] = mapped_column(ForeignKey("milestone.id"), index=True)
    current_id: Mapped[str | None] = mapped_column(ForeignKey("version.id", use_alter=True))
    purpose: Mapped[str]
    milestone: Mapped[Milestone] = relationship()
    current: Mapped[Version] = relationship(foreign_keys=current_id, post_update=True)
    versions: Mapped[list[Version]] = relationship(
        foreign_keys="Version.file_id", order_by="Version.number", back_populates="file"
    )


class Version(Base):
    """One delivery of a file."""

    __tablename__ = "version"
    id: Mapped[str] = mapped_column(primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("file.id"), index=True)
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]
    name: Mapped[str]
    key: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="final")
    changed: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[Person] = relationship()
    file: Mapped[File] = relationship(foreign_keys=file_id, back_populates="versions")
    approvals: Mapped[list[Approval]] = relationship(
        secondary=approval_versions, back_populates="versions"
    )


class Approval(Base):
    """A request for a decision."""

    __tablename__ = "approval"
    id: Mapped[str] = mapped_column(primary_key=True)
    milestone_id: Mapped[str] = mapped_column(ForeignKey("milestone.id"), index=True)
    asked_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str]
    statement: Mapped[str]
    asked_at: Mapped[datetime]
    due: Mapped[date]
    round: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default="open")
    outcome: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    milestone: Mapped[Milestone] = relationship()
    asked_by: Mapped[Person] = relationship()
    people: Mapped[list[Person]] = relationship(secondary=approval_people)
    versions: Mapped[list[Version]] = relationship(
        secondary=approval_versions, back_populates="approvals"
    )
    decisions: Mapped[list[Decision]] = relationship()

    __table_args__ = (Index("approval_waiting", "status", "asked_at"),)


class Decision(Base):
    """What one person decided."""

    __tablename__ = "decision"
    id: Mapped[str] = mapped_column(primary_key=True)
    approval_id: Mapped[str] = mapped_column(ForeignKey("approval.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str]
    comment: Mapped[str] = mapped_column(default="")
    typed_name: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    person: Mapped[Person] = relationship()


class Event(Base):
    """A line of the history."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    actor_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    verb: Mapped[str]
    thing: Mapped[str]
    path: Mapped[str]
    actor: Mapped[Person] = relationship()

"""What can happen in a project: one frozen class per kind of fact.

A fact says only what happened; the `Entry` around it says who, when, to which milestone and subject.
Fields marked *sealed* are personal: they are hashed apart, so that redaction can empty them while
the chain still verifies.  Kinds never change their meaning: a changed meaning is a new kind.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from attrs import field, fields, frozen

from portalkit.model import (
    FileState,
    HookRun,
    ManifestItem,
    NoticeMode,
    Outcome,
    ProjectStatus,
    RecapSource,
    Reminders,
    Resource,
    Scope,
    Sending,
    Side,
)

__all__ = [
    "KINDS",
    "ApprovalDecided",
    "ApprovalRequested",
    "ApprovalSuperseded",
    "ApprovalVoided",
    "Entry",
    "Fact",
    "FileAdded",
    "FileDelivered",
    "FileQuarantined",
    "FileReleased",
    "FileRequested",
    "FileStateChanged",
    "FileWithdrawn",
    "Line",
    "LinkChanged",
    "LinkIssued",
    "LinkRequested",
    "LinkRevoked",
    "LinkRotated",
    "MilestoneAdded",
    "MilestoneChanged",
    "MilestoneCompleted",
    "MilestoneReopened",
    "MilestoneStarted",
    "MilestonesOrdered",
    "NoticesBounced",
    "NoticesChosen",
    "NoticesSent",
    "PersonAdded",
    "PersonChanged",
    "PersonRedacted",
    "ProjectChanged",
    "ProjectOpened",
    "ProjectStatusChanged",
    "QuestionAnswered",
    "QuestionAsked",
    "QuestionClosed",
    "QuestionReopened",
    "RecapAsked",
    "RecapRecorded",
    "ReminderNudged",
    "RequestFulfilled",
    "RequestWithdrawn",
    "ResourcesChanged",
    "UnknownFact",
    "UpdatePosted",
    "UpdateRevised",
    "VersionAdded",
    "kind_of",
    "sealed_fields",
]


def _sealed(default: Any = "") -> Any:
    return field(default=default, metadata={"sealed": True})


@frozen
class Fact:
    """The root of all facts."""


@frozen
class ProjectOpened(Fact):
    """A project was opened for a client."""

    title: str
    client_name: str
    client: str = ""
    account: str = ""
    ref: str | None = None
    summary: str = ""
    zone: str = "UTC"
    locale: str = "en"
    brand: str = ""


@frozen
class ProjectChanged(Fact):
    """The project's description changed; it holds the whole new description."""

    title: str
    client_name: str
    client: str = ""
    summary: str = ""
    zone: str = "UTC"
    locale: str = "en"
    brand: str = ""


@frozen
class ProjectStatusChanged(Fact):
    """The project became active, on hold, completed or archived."""

    status: ProjectStatus
    reason: str = ""


@frozen
class ResourcesChanged(Fact):
    """The ordered quick links were replaced by these."""

    resources: tuple[Resource, ...]


@frozen
class PersonAdded(Fact):
    """A person joined the project; subject = the person."""

    side: Side
    role: str = ""
    locale: str = ""
    zone: str = ""
    name: str = _sealed()
    email: str = _sealed()
    ref: str = _sealed()


@frozen
class PersonChanged(Fact):
    """A person's particulars changed; it holds all of them.  Subject = the person."""

    role: str = ""
    locale: str = ""
    zone: str = ""
    name: str = _sealed()
    email: str = _sealed()


@frozen
class PersonRedacted(Fact):
    """A person's name, address, words and link secrets were erased.  Subject = the person.

    ``rows`` says in how many entries; what was decided stays provable, who it was is forgotten.
    """

    rows: int = 0


@frozen
class LinkIssued(Fact):
    """A person got their link, for the first time or again after a revocation.  Subject = the link."""

    person: str
    scopes: tuple[Scope, ...]
    expires_at: int | None = None
    nonce: str = _sealed()
    email: str = _sealed()


@frozen
class LinkRotated(Fact):
    """The link's secret was replaced; its address stays.  Subject = the link."""

    person: str
    nonce: str = _sealed()


@frozen
class LinkChanged(Fact):
    """The link's scopes or expiry changed.  Subject = the link."""

    person: str
    scopes: tuple[Scope, ...]
    expires_at: int | None = None


@frozen
class LinkRevoked(Fact):
    """The link no longer opens anything.  Subject = the link."""

    person: str
    reason: str = ""


@frozen
class LinkRequested(Fact):
    """Somebody who could not get in asked for the link to be sent again.  Subject = the link."""

    person: str


@frozen
class MilestoneAdded(Fact):
    """A milestone was planned."""

    title: str
    summary: str = ""
    starts: date | None = None
    due: date | None = None
    internal: bool = False


@frozen
class MilestoneChanged(Fact):
    """A milestone's description changed; it holds the whole new description."""

    title: str
    summary: str = ""
    starts: date | None = None
    due: date | None = None
    internal: bool = False


@frozen
class MilestonesOrdered(Fact):
    """The milestones were put in this order."""

    order: tuple[str, ...]


@frozen
class MilestoneStarted(Fact):
    """Work on a milestone began."""

    happened: int | None = None


@frozen
class MilestoneCompleted(Fact):
    """A milestone reached its outcome."""

    outcome: str = ""
    happened: int | None = None


@frozen
class MilestoneReopened(Fact):
    """A completed milestone is in progress again."""

    reason: str


@frozen
class UpdatePosted(Fact):
    """News of a milestone; ``about`` is the approval or milestone it refers to.  Subject = the update."""

    title: str = ""
    done: str = ""
    doing: str = ""
    next: str = ""
    need: str = ""
    body: str = ""
    about: str = ""


@frozen
class UpdateRevised(Fact):
    """A new text of an update; the old one stays readable.  Subject = the update."""

    revision: int
    title: str = ""
    done: str = ""
    doing: str = ""
    next: str = ""
    need: str = ""
    body: str = ""
    about: str = ""


@frozen
class FileAdded(Fact):
    """A file was delivered.  Subject = the file."""

    name: str
    purpose: str
    key: str
    size: int
    sha256: str
    type: str
    state: FileState = FileState.DRAFT


@frozen
class VersionAdded(Fact):
    """A newer version of a file was delivered.  Subject = the file."""

    version: int
    name: str
    changed: str
    key: str
    size: int
    sha256: str
    type: str
    state: FileState = FileState.DRAFT


@frozen
class FileStateChanged(Fact):
    """The current version of a file became draft or final.  Subject = the file."""

    version: int
    state: FileState
    name: str = ""


@frozen
class FileWithdrawn(Fact):
    """A version was taken back as a wrong delivery; its bytes answer 410.  Subject = the file."""

    version: int
    reason: str
    name: str = ""


@frozen
class FileDelivered(Fact):
    """A client handed a file in.  Subject = the file.

    ``name`` and ``note`` are the client's own words.  ``request`` is the request that the file answers
    and ``purpose`` its title; ``link`` is the link through which the file came.
    """

    key: str
    size: int
    sha256: str
    type: str
    link: str
    request: str = ""
    purpose: str = ""
    name: str = _sealed()
    note: str = _sealed()


@frozen
class FileQuarantined(Fact):
    """The host's inspection keeps a version back until staff release it.  Subject = the file."""

    version: int
    reason: str = ""


@frozen
class FileReleased(Fact):
    """Staff let a version out of quarantine.  Subject = the file."""

    version: int


@frozen
class FileRequested(Fact):
    """People were asked to hand in a file.  Subject = the request."""

    title: str
    people: tuple[str, ...]
    note: str = ""
    due: date | None = None
    reminders: Reminders | None = None


@frozen
class RequestFulfilled(Fact):
    """What a request asked for is there, in these files.  Subject = the request."""

    files: tuple[str, ...]
    title: str = ""


@frozen
class RequestWithdrawn(Fact):
    """An open request for a file was taken back.  Subject = the request."""

    reason: str
    title: str = ""


@frozen
class ApprovalRequested(Fact):
    """People were asked to decide about an exact subject.  Subject = the approval."""

    title: str
    manifest: str
    people: tuple[str, ...]
    statement: str = ""
    files: tuple[ManifestItem, ...] = ()
    needed: int | None = None
    due: date | None = None
    round: int = 1
    previous: str = ""
    reminders: Reminders | None = None


@frozen
class ApprovalDecided(Fact):
    """A person decided, and this is the evidence.  Subject = the approval.

    ``manifest`` is the digest that the person's page showed.  ``recognised`` says how the person was
    recognised and never more than that: ``link``, ``host`` (the host's own login) or ``elsewhere``
    (staff recorded it; ``source`` says from where).  ``confirmed`` says that the box was ticked, a name
    typed and the confirmation step passed.  ``served_at`` is when the page was served.  ``opened``
    copies from the access log which of the files this link had downloaded before.
    """

    person: str
    outcome: Outcome
    manifest: str
    title: str = ""
    round: int = 1
    link: str = ""
    recognised: str = "link"
    confirmed: bool = False
    locale: str = ""
    served_at: int | None = None
    opened: tuple[str, ...] = ()
    happened: int | None = None
    source: str = ""
    evidence_file: str = ""
    software: str = ""
    comment: str = _sealed()
    typed_name: str = _sealed()
    sentence: str = _sealed()
    session: str = _sealed()
    address: str = _sealed()
    user_agent: str = _sealed()


@frozen
class ApprovalSuperseded(Fact):
    """Something newer took the place of an open request.  Subject = the approval."""

    by: str
    why: str
    title: str = ""


@frozen
class ApprovalVoided(Fact):
    """An open request was called off.  Subject = the approval."""

    reason: str
    title: str = ""


@frozen
class QuestionAsked(Fact):
    """A client asked something, or asked further about an answer.  Subject = the question.

    ``about`` is the file, approval or update that it is about, or empty: the milestone itself.  ``text``
    is the client's own words; ``link`` is the link through which they came.
    """

    about: str = ""
    link: str = ""
    text: str = _sealed()


@frozen
class QuestionAnswered(Fact):
    """Staff answered a question.  Subject = the question."""

    text: str


@frozen
class QuestionClosed(Fact):
    """Staff closed a question.  Subject = the question."""

    reason: str = ""


@frozen
class QuestionReopened(Fact):
    """Staff opened a question again.  Subject = the question."""

    reason: str = ""


@frozen
class RecapAsked(Fact):
    """A client asked "where are we?" with the button of the page.  Subject = the person."""

    link: str = ""


@frozen
class RecapRecorded(Fact):
    """Staff recorded that somebody asked "where are we?" elsewhere.  Subject = the person, if known."""

    source: RecapSource
    happened: int | None = None
    note: str = _sealed()


@frozen
class ReminderNudged(Fact):
    """Staff asked for a reminder at once, to these people.  Subject = the approval or the request."""

    people: tuple[str, ...]
    title: str = ""


@frozen
class NoticesChosen(Fact):
    """What a person wants to be told by mail.  Subject = the person."""

    mode: NoticeMode


@frozen
class NoticesSent(Fact):
    """Messages were handed to the mail system, or could not be; durable hooks ran, or failed."""

    sent: tuple[Sending, ...] = ()
    hooks: tuple[HookRun, ...] = ()


@frozen
class NoticesBounced(Fact):
    """A mail came back after the mail system had accepted it.  Subject = whom it was for.

    ``message`` is the id of its `Sending`, ``problem`` a status code or a few known words, never a text of
    somebody's.
    """

    message: str
    problem: str = ""


@frozen
class UnknownFact(Fact):
    """A fact of a newer portalkit, kept verbatim.

    Attributes:
        kind: its kind.
        data: its JSON text.
        sealed: its personal JSON text.
    """

    kind: str
    data: str
    sealed: str


KINDS: Final[dict[str, type[Fact]]] = {
    "project.opened": ProjectOpened,
    "project.changed": ProjectChanged,
    "project.status": ProjectStatusChanged,
    "project.resources": ResourcesChanged,
    "person.added": PersonAdded,
    "person.changed": PersonChanged,
    "person.redacted": PersonRedacted,
    "link.issued": LinkIssued,
    "link.rotated": LinkRotated,
    "link.changed": LinkChanged,
    "link.revoked": LinkRevoked,
    "link.requested": LinkRequested,
    "milestone.added": MilestoneAdded,
    "milestone.changed": MilestoneChanged,
    "milestone.ordered": MilestonesOrdered,
    "milestone.started": MilestoneStarted,
    "milestone.completed": MilestoneCompleted,
    "milestone.reopened": MilestoneReopened,
    "update.posted": UpdatePosted,
    "update.revised": UpdateRevised,
    "file.added": FileAdded,
    "file.version": VersionAdded,
    "file.state": FileStateChanged,
    "file.withdrawn": FileWithdrawn,
    "file.delivered": FileDelivered,
    "file.quarantined": FileQuarantined,
    "file.released": FileReleased,
    "request.made": FileRequested,
    "request.fulfilled": RequestFulfilled,
    "request.withdrawn": RequestWithdrawn,
    "approval.requested": ApprovalRequested,
    "approval.decided": ApprovalDecided,
    "approval.superseded": ApprovalSuperseded,
    "approval.voided": ApprovalVoided,
    "question.asked": QuestionAsked,
    "question.answered": QuestionAnswered,
    "question.closed": QuestionClosed,
    "question.reopened": QuestionReopened,
    "recap.asked": RecapAsked,
    "recap.recorded": RecapRecorded,
    "reminder.nudged": ReminderNudged,
    "notices.chosen": NoticesChosen,
    "notices.sent": NoticesSent,
    "notices.bounced": NoticesBounced,
}
"""Every kind of fact and its class.  The kind is what a row stores."""

_KIND_OF: Final = {cls: kind for kind, cls in KINDS.items()}


def kind_of(fact: Fact) -> str:
    """Return the kind under which a ``fact`` is stored."""
    return fact.kind if isinstance(fact, UnknownFact) else _KIND_OF[type(fact)]


def sealed_fields(cls: type[Fact]) -> frozenset[str]:
    """Return the names of the personal fields of a kind of fact."""
    return frozenset(f.name for f in fields(cls) if f.metadata.get("sealed"))


@frozen
class Line:
    """A fact and what it concerns, before it has an author and a place in the log.

    Attributes:
        fact: what happened.
        milestone: the id of the milestone it belongs to, or empty.
        subject: the id of what it is about, or empty.
    """

    fact: Fact
    milestone: str = ""
    subject: str = ""


@frozen
class Entry:
    """A fact in its place in the log.

    Attributes:
        project: the project's id.
        seq: its place, from 1 without gaps.
        at: when it was written, in UTC milliseconds.
        actor: the id of the person who wrote it.
        milestone: the id of the milestone it belongs to, or empty.
        subject: the id of what the fact is about, or empty.
        fact: what happened.
        chain: the digest that ties it to all before it, in hex.
    """

    project: str
    seq: int
    at: int
    actor: str
    milestone: str
    subject: str
    fact: Fact
    chain: str

    @property
    def kind(self) -> str:
        """The kind of the fact."""
        return kind_of(self.fact)

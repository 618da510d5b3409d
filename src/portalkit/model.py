"""The project as it stands: frozen values that the fold builds and everything else reads.

Nothing here reads a clock.  Instants are integers in UTC milliseconds; days are `datetime.date` and
mean the whole day in the project's time zone.  The model is bounded: it keeps what the project page
and the rules need (per milestone the latest updates, the current version of each file, the open
approvals and the last closed one); everything older is an index look-up in the log.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from attrs import Factory, evolve, frozen

__all__ = [
    "CLIENT",
    "READER",
    "Activity",
    "Answers",
    "Approval",
    "ApprovalState",
    "Decision",
    "File",
    "FileRequest",
    "FileState",
    "HookRun",
    "HookState",
    "Link",
    "LinkState",
    "ManifestItem",
    "Milestone",
    "MilestoneStatus",
    "News",
    "NoticeMode",
    "Outcome",
    "Person",
    "Project",
    "ProjectStatus",
    "Question",
    "QuestionState",
    "RecapSource",
    "Remark",
    "Reminders",
    "RequestState",
    "Resource",
    "Scope",
    "Sending",
    "SendingState",
    "Side",
    "Subscription",
    "Update",
    "Version",
    "headline",
    "new_id",
]


def new_id() -> str:
    """Return a fresh id: 26 lowercase base32 characters, 48 bits of milliseconds and 80 random.

    Nothing relies on the order of ids.
    """
    stamp = (time.time_ns() // 1_000_000) & 0xFFFFFFFFFFFF
    raw = stamp.to_bytes(6, "big") + os.urandom(10)
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


class Side(StrEnum):
    """Which side of the project a person stands on."""

    CLIENT = "client"
    AGENCY = "agency"


class ProjectStatus(StrEnum):
    """The state of a project; an archived one can be read, and clients cannot write."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class MilestoneStatus(StrEnum):
    """Where a milestone stands; each visible one is in exactly one of the first three answers."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class FileState(StrEnum):
    """A label that clients see, which says whether this version is meant to stay."""

    DRAFT = "draft"
    FINAL = "final"


class Scope(StrEnum):
    """What a link allows its person to do."""

    VIEW = "view"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    COMMENT = "comment"
    DECIDE = "decide"


CLIENT = frozenset(Scope)
"""All scopes, which is what a client who decides usually gets."""

READER = frozenset({Scope.VIEW, Scope.DOWNLOAD})
"""Look and download only, for somebody who follows the project."""


class Outcome(StrEnum):
    """What a person decided, or how a request for approval ended."""

    APPROVED = "approved"
    APPROVED_WITH_CHANGES = "approved_with_changes"
    CHANGES_REQUESTED = "changes_requested"
    DECLINED = "declined"
    ABSTAINED = "abstained"

    @property
    def positive(self) -> bool:
        """Whether this lets the work go on."""
        return self in _POSITIVE


_POSITIVE = (Outcome.APPROVED, Outcome.APPROVED_WITH_CHANGES)
_ASKING = (Outcome.CHANGES_REQUESTED, Outcome.DECLINED)
_WORST_FIRST = (
    Outcome.DECLINED,
    Outcome.CHANGES_REQUESTED,
    Outcome.APPROVED_WITH_CHANGES,
    Outcome.APPROVED,
    Outcome.ABSTAINED,
)


class ApprovalState(StrEnum):
    """Where a request for approval stands."""

    OPEN = "open"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    VOID = "void"


class RequestState(StrEnum):
    """Where a request for a file stands."""

    OPEN = "open"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"


class QuestionState(StrEnum):
    """Where a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class RecapSource(StrEnum):
    """Where somebody asked "where are we?": with the button of the page, or elsewhere."""

    PAGE = "page"
    MAIL = "mail"
    CALL = "call"
    CHAT = "chat"
    MEETING = "meeting"


class NoticeMode(StrEnum):
    """What a person wants to be told by mail; what needs their decision comes at once in every mode."""

    ALL = "all"
    DECISIONS = "decisions"
    DAILY = "daily"
    WEEKLY = "weekly"


class SendingState(StrEnum):
    """What became of an attempt to send: handed over, to be tried again, or given up."""

    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class LinkState(StrEnum):
    """What a link is good for at a given instant."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@frozen
class Person:
    """Somebody on either side.

    Attributes:
        id: stable in this project; says nothing about who it is.
        side: client or agency.
        name: as everybody sees it; empty once the personal data were erased.
        email: where their link is sent, or empty.
        role: what they are in the project, or empty.
        locale: their language tag; empty for the project's.
        zone: IANA name of their time zone; empty for the project's.
        ref: the host's own key of a staff member.
    """

    id: str
    side: Side
    name: str
    email: str = ""
    role: str = ""
    locale: str = ""
    zone: str = ""
    ref: str = ""

    @property
    def redacted(self) -> bool:
        """Whether the personal data were erased; everybody else has a name."""
        return not self.name


@frozen
class Link:
    """One person's door.

    Attributes:
        id: stable for the person in this project.
        person: whose it is.
        scopes: what it allows.
        nonce: its secret.
        issued_at: when, in UTC milliseconds.
        expires_at: when it ends, in UTC milliseconds, or ``None``.
        revoked_at: when it was closed, in UTC milliseconds, or ``None``.
        former: the secrets it had before.
        requested_at: when it was last asked for again, in UTC milliseconds, or ``None``.
    """

    id: str
    person: str
    scopes: frozenset[Scope]
    nonce: str
    issued_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    former: tuple[str, ...] = ()
    requested_at: int | None = None

    def state(self, now: int) -> LinkState:
        """Return what the link is good for at an instant.

        Args:
            now: UTC milliseconds.
        """
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkState.EXPIRED
        return LinkState.ACTIVE


@frozen
class Milestone:
    """A step of the project that ends in an outcome.

    Attributes:
        id: stable.
        title: what it is called.
        summary: what it is about, in Markdown.
        starts: the day on which it shall begin, or ``None``.
        due: the day by whose end it shall be done, or ``None``.
        internal: whether it is hidden from clients.
        status: planned, in progress or completed.
        started_at: when it began, in UTC milliseconds, or ``None``.
        completed_at: when it was completed, in UTC milliseconds, or ``None``.
        outcome: what it led to, in Markdown.
        updates: how many updates it has.
        seq: the last entry that changed the milestone itself.
        mark: names the last entry that concerned it (a piece of its chain), for cache keys.
    """

    id: str
    title: str
    summary: str = ""
    starts: date | None = None
    due: date | None = None
    internal: bool = False
    status: MilestoneStatus = MilestoneStatus.PLANNED
    started_at: int | None = None
    completed_at: int | None = None
    outcome: str = ""
    updates: int = 0
    seq: int = 0
    mark: str = ""


def headline(*texts: str) -> str:
    """Return the first line of ``texts`` that says something, without the marks of a heading."""
    for text in texts:
        line = text.strip().partition("\n")[0].strip().lstrip("#").strip()
        if line:
            return line
    return ""


@frozen
class Update:
    """News of one milestone, structured (done, doing, next, need) or free Markdown (``body``).

    Attributes:
        id: stable over revisions.
        milestone: where it belongs.
        author: the id of the person who posted it.
        at: when, in UTC milliseconds.
        seq: its first entry.
        title: its headline, or empty; see `headline`.
        done: what was finished.
        doing: what is being worked on.
        next: what happens next.
        need: what is needed from the client.
        body: free Markdown.
        about: the id of the approval it announces, the file it is about, or the milestone whose outcome
            it
            reports; or empty.
        revision: 1, and one more with each new text.
        revised_at: when this text was written, in UTC milliseconds, or ``None`` for the first.
    """

    id: str
    milestone: str
    author: str
    at: int
    seq: int
    title: str = ""
    done: str = ""
    doing: str = ""
    next: str = ""
    need: str = ""
    body: str = ""
    about: str = ""
    revision: int = 1
    revised_at: int | None = None

    @property
    def headline(self) -> str:
        """The title, or else the first line that says something."""
        return headline(self.title, self.need, self.done, self.doing, self.next, self.body)


@frozen
class Version:
    """One delivery of a file.

    Attributes:
        number: from 1.
        name: the file name.
        key: where the bytes are in the file store.
        size: in bytes.
        sha256: of the bytes, in hex.
        type: media type, told by the bytes.
        state: draft or final.
        by: the id of the person who delivered it.
        at: when, in UTC milliseconds.
        changed: what is different from the version before.
        withdrawn: why staff took it back, or empty.
        delivered: whether a client handed it in.
        quarantined: whether its bytes are kept back from every client.
    """

    number: int
    name: str
    key: str
    size: int
    sha256: str
    type: str
    state: FileState
    by: str
    at: int
    changed: str = ""
    withdrawn: str = ""
    delivered: bool = False
    quarantined: bool = False


@frozen
class File:
    """A file in its context.

    Attributes:
        id: stable over versions.
        milestone: where it belongs.
        purpose: why it is there.
        current: the newest version.
        versions: how many there are.
    """

    id: str
    milestone: str
    purpose: str
    current: Version
    versions: int = 1

    @property
    def name(self) -> str:
        """The name of the current version."""
        return self.current.name

    @property
    def state(self) -> FileState:
        """The label of the current version, draft or final."""
        return self.current.state


@frozen
class Reminders:
    """When people are reminded of what they were asked for, in days of their own zone.

    Attributes:
        first: so many days after they were asked, or ``None``.
        every: so many days after each reminder of that kind, or ``None``.
        before: so many days before it is due.
        after: so many days after it was due.
        most: how many reminders one person gets of one thing.
    """

    first: int | None = 3
    every: int | None = 3
    before: tuple[int, ...] = (1,)
    after: tuple[int, ...] = (1, 7)
    most: int = 10


@frozen
class FileRequest:
    """A request for a file, which staff ask clients to hand in.

    Attributes:
        id: stable.
        milestone: the id of the milestone where the file will belong.
        title: what is asked for.
        people: ids of those who are asked; whoever may hand in there can answer.
        asked_by: the id of the person who asked.
        asked_at: when, in UTC milliseconds.
        seq: the place of the request in the log.
        note: what they should know, in Markdown.
        due: the day by which it is wanted, or ``None``.
        files: ids of the files that fulfilled it.
        withdrawn: why staff took it back, or empty.
        ended_at: when it was fulfilled or withdrawn, in UTC milliseconds, or ``None``.
        reminders: when people are reminded; ``None`` for the portal's own.
    """

    id: str
    milestone: str
    title: str
    people: tuple[str, ...]
    asked_by: str
    asked_at: int
    seq: int
    note: str = ""
    due: date | None = None
    files: tuple[str, ...] = ()
    withdrawn: str = ""
    ended_at: int | None = None
    reminders: Reminders | None = None

    @property
    def state(self) -> RequestState:
        """Open, fulfilled by files, or withdrawn."""
        if self.withdrawn:
            return RequestState.WITHDRAWN
        return RequestState.OPEN if self.ended_at is None else RequestState.FULFILLED


@frozen
class ManifestItem:
    """One exact file version that a decision is bound to.

    Attributes:
        file: the file's id.
        version: its number.
        name: the file name.
        size: in bytes.
        type: media type.
        sha256: of the bytes, in hex.
    """

    file: str
    version: int
    name: str
    size: int
    type: str
    sha256: str


@frozen
class Decision:
    """What one person decided, when, and who wrote it down.

    Attributes:
        person: who decided.
        outcome: what.
        at: when it was given, in UTC milliseconds.
        seq: its entry.
        by: who wrote it down: differs from ``person`` when staff recorded a decision given elsewhere.
        comment: their words.
        typed_name: the name they typed.
        source: where it was given, if it was recorded by staff.
    """

    person: str
    outcome: Outcome
    at: int
    seq: int
    by: str
    comment: str = ""
    typed_name: str = ""
    source: str = ""


@frozen
class Approval:
    """A request for a decision about an immutable subject: exact file versions, a statement, or both.

    Attributes:
        id: stable.
        milestone: where it belongs.
        title: what is decided on.
        manifest: the digest of the subject; a decision names it.
        people: the ids of those who are asked.
        asked_by: the id of the person who asked.
        asked_at: when, in UTC milliseconds.
        seq: its first entry.
        statement: words to decide on, in Markdown.
        files: the exact file versions.
        needed: how many positive decisions end it well; ``None`` means everyone who does not abstain.
        due: the day by whose end the decision is wanted, or ``None``.
        round: 1, and one more for each request that took the place of another.
        previous: the round before, or empty.
        followed_by: the round after; known only while the project keeps this one.
        decisions: what was decided so far, in order.
        superseded_by: what took its place, or empty.
        superseded_why: why, or empty.
        void_why: why it was called off, or empty.
        ended_at: when it ended, in UTC milliseconds, or ``None``.
        reminders: when people are reminded; ``None`` for the portal's own.
    """

    id: str
    milestone: str
    title: str
    manifest: str
    people: tuple[str, ...]
    asked_by: str
    asked_at: int
    seq: int
    statement: str = ""
    files: tuple[ManifestItem, ...] = ()
    needed: int | None = None
    due: date | None = None
    round: int = 1
    previous: str = ""
    followed_by: str = ""
    decisions: tuple[Decision, ...] = ()
    superseded_by: str = ""
    superseded_why: str = ""
    void_why: str = ""
    ended_at: int | None = None
    reminders: Reminders | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended by decisions, or ``None`` while a better or worse end is still possible.

        One rule: it ends when enough positive decisions are there (the worst positive one counts)
        or when they can no longer come (the worst negative one counts; none at all is `Outcome.ABSTAINED`).
        """
        if not self.decisions and (self.needed or 1) <= len(self.people):
            return None  # as most requests are: nobody has answered yet
        given = [decision.outcome for decision in self.decisions]
        positive = [outcome for outcome in given if outcome.positive]
        negative = [o for o in given if not o.positive and o is not Outcome.ABSTAINED]
        waiting = len(self.people) - len(given)
        if self.needed is None:
            if negative:
                return _worst(negative)
            return None if waiting else _worst(positive)
        if len(positive) >= self.needed:
            return _worst(positive)
        return None if len(positive) + waiting >= self.needed else _worst(negative)

    @property
    def state(self) -> ApprovalState:
        """Open, closed by decisions, superseded by something newer, or void."""
        if self.void_why:
            return ApprovalState.VOID
        if self.superseded_why:
            return ApprovalState.SUPERSEDED
        ended = self.ended_at is not None or self.outcome is not None
        return ApprovalState.CLOSED if ended else ApprovalState.OPEN

    @property
    def returned(self) -> bool:
        """Whether the decisions ask the agency for more work that no later round has taken up."""
        asks = any(decision.outcome in _ASKING for decision in self.decisions)
        if not asks or self.followed_by or self.state is not ApprovalState.CLOSED:
            return False
        return self.outcome in _ASKING

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """Ids of the people whose decision is still awaited."""
        if self.state is not ApprovalState.OPEN:
            return ()
        given = {decision.person for decision in self.decisions}
        return tuple(person for person in self.people if person not in given)

    def decision_of(self, person: str) -> Decision | None:
        """Return what a person decided, or ``None``.

        Args:
            person: the person's id.
        """
        return next((d for d in self.decisions if d.person == person), None)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return min(outcomes, key=_WORST_FIRST.index, default=Outcome.ABSTAINED)


@frozen
class Remark:
    """What somebody said in a question: the question itself, an answer, or a question after that.

    Attributes:
        by: the id of the person who said it.
        at: when, in UTC milliseconds.
        seq: its entry.
        text: their words; empty once they were erased.
    """

    by: str
    at: int
    seq: int
    text: str = ""


@frozen
class Question:
    """A question of a client, in its context, and what was said to it.

    Attributes:
        id: stable.
        milestone: where it belongs.
        person: the id of the client who asked.
        about: the id of the file, approval or update that it is about, or empty.
        remarks: what was said, the question first.
        answered: whether the agency had the last word.
        closed_at: when staff closed it, in UTC milliseconds, or ``None``.
        closed_why: why, or empty.
    """

    id: str
    milestone: str
    person: str
    about: str = ""
    remarks: tuple[Remark, ...] = ()
    answered: bool = False
    closed_at: int | None = None
    closed_why: str = ""

    @property
    def state(self) -> QuestionState:
        """Open while the agency owes an answer, else answered or closed."""
        if self.closed_at is not None:
            return QuestionState.CLOSED
        return QuestionState.ANSWERED if self.answered else QuestionState.OPEN

    @property
    def text(self) -> str:
        """The first words of the question; empty once they were erased."""
        return self.remarks[0].text if self.remarks else ""

    @property
    def asked_at(self) -> int:
        """When it was first asked, in UTC milliseconds."""
        return self.remarks[0].at if self.remarks else 0

    @property
    def waiting_since(self) -> int:
        """When the first words of the client came that nobody has answered, or else their last words."""
        said = [r.at for r in self.remarks if r.by == self.person]
        answered = [r.seq for r in self.remarks if r.by != self.person]
        waiting = [r.at for r in self.remarks if r.seq > max(answered, default=0)]
        return min(waiting, default=max(said, default=0))

    @property
    def waits(self) -> tuple[tuple[int, int], ...]:
        """When each answer came and how long the client had waited for it, both in milliseconds."""
        found, since = [], None
        for remark in self.remarks:
            if remark.by == self.person:
                since = remark.at if since is None else since
            elif since is not None:
                found.append((remark.at, max(0, remark.at - since)))
                since = None
        return tuple(found)

    @property
    def seq(self) -> int:
        """The entry of the last remark."""
        return self.remarks[-1].seq if self.remarks else 0


@frozen
class Resource:
    """A quick link to something outside, such as a staging site or a brand guide.

    Attributes:
        label: what is shown.
        url: where it leads.
    """

    label: str
    url: str


@frozen
class Activity:
    """One line of the history: who did what to which milestone and when.

    Attributes:
        seq: its entry.
        at: when it happened, in UTC milliseconds.
        actor: the id of the person who did it.
        kind: the kind of fact.
        milestone: where, or empty.
        subject: the id of what it is about, or empty.
        title: what that is called.
        detail: more, by kind: an outcome, a status, the number of a version, the id of a person.
        note: a reason or comment.
    """

    seq: int
    at: int
    actor: str
    kind: str
    milestone: str = ""
    subject: str = ""
    title: str = ""
    detail: str = ""
    note: str = ""


@frozen
class News:
    """Something that people of the project still have to be told by mail.

    Attributes:
        activity: what happened.
        people: ids of those whom it concerns and whom mail reaches.
        at: when it was written, in UTC milliseconds; it may have happened before.
    """

    activity: Activity
    people: tuple[str, ...]
    at: int

    @property
    def seq(self) -> int:
        """Its entry."""
        return self.activity.seq


@frozen
class Sending:
    """One attempt to send one message to one person.

    Attributes:
        id: of the message; the same at every attempt, and what its Message-ID is made of.
        person: the id of whom it is for.
        notice: what kind of message it is, such as ``update.posted``, ``digest`` or ``reminder``.
        state: what became of it.
        told: the last entry that it tells of, of those that need or answer the person; or 0.
        informed: the last entry that it tells of, of those that are news; or 0.
        asks: ids of the approvals and requests that it asks for or reminds of.
        attempt: which attempt it was, from 1.
        problem: why it failed, such as ``550 5.1.1``; never a text that may name an address.
    """

    id: str
    person: str
    notice: str
    state: SendingState
    told: int = 0
    informed: int = 0
    asks: tuple[str, ...] = ()
    attempt: int = 1
    problem: str = ""


@frozen
class HookRun:
    """One run of a durable hook over entries of this project.

    Attributes:
        name: the hook's.
        through: the last entry that it is done with, be it by giving up.
        state: done with them (``sent``), to be tried again at the next one, or given up at the last one.
        attempt: which attempt it was, from 1.
        problem: the name of the error that it failed with, or empty.
    """

    name: str
    through: int
    state: SendingState
    attempt: int = 1
    problem: str = ""


@frozen
class Subscription:
    """What a person wants to be told by mail, and how far they were told.

    Attributes:
        id: the person's.
        mode: what they want.
        told: the last entry of which they were told, of those that need or answer them.
        informed: the last entry of which they were told, of those that are news; at once or by a digest.
        attempts: how often in a row the next message failed.
        failed_at: when it last failed, in UTC milliseconds, or ``None``.
        problem: why the last message failed or was given up; empty after one that was sent.
    """

    id: str
    mode: NoticeMode = NoticeMode.ALL
    told: int = 0
    informed: int = 0
    attempts: int = 0
    failed_at: int | None = None
    problem: str = ""


@frozen
class HookState:
    """How far a durable hook came in this project.

    Attributes:
        id: the hook's name.
        through: the last entry that it is done with.
        attempts: how often in a row it failed at the next one.
        failed_at: when it last failed, in UTC milliseconds, or ``None``.
        problem: why; empty after a run that went well.
    """

    id: str
    through: int = 0
    attempts: int = 0
    failed_at: int | None = None
    problem: str = ""


@frozen
class Answers:
    """The four answers.  Each visible milestone is in exactly one of the first, second and last.

    Attributes:
        completed: milestones that are completed.
        in_progress: milestones that are being worked on.
        needs_decision: open requests, the most urgent first.
        next: milestones that are planned.
        needs_files: files that clients are asked to hand in; they belong to the third answer.
    """

    completed: tuple[Milestone, ...]
    in_progress: tuple[Milestone, ...]
    needs_decision: tuple[Approval, ...]
    next: tuple[Milestone, ...]
    needs_files: tuple[FileRequest, ...] = ()

    def of(self, person: str) -> Answers:
        """Return the answers with only what waits for one person.

        Args:
            person: the person's id.
        """
        return evolve(
            self,
            needs_decision=tuple(a for a in self.needs_decision if person in a.waiting_for),
            needs_files=tuple(r for r in self.needs_files if person in r.people),
        )


@frozen
class Project:
    """A project as it stands after entry ``version`` of its log.

    Attributes:
        id: stable.
        title: what it is called.
        client_name: the client's name.
        client: the host's own key of the client, or empty.
        account: the tenant it belongs to.
        ref: the host's own key of the project, or ``None``.
        summary: what it is about, in Markdown.
        zone: IANA name of the client's time zone.
        locale: language of people who have none of their own.
        brand: the key of its brand, or empty for the first.
        status: active, on hold, completed or archived.
        status_reason: why, or empty.
        created_at: UTC milliseconds.
        updated_at: UTC milliseconds of the last entry.
        version: how many entries it has.
        mark: names the last entry that concerned the whole project, for cache keys.
        newer: whether the log holds facts that this portalkit does not know: it cannot be written.
        people: by id.
        links: by id.
        milestones: by id, in order.
        updates: by id; of each milestone the latest three.
        files: by id, each with its current version.
        approvals: by id; the open ones, and of each milestone the one closed last.
        requests: the open requests for files, by id.
        resources: the quick links, in order.
        recent: the latest thirty lines of the history, newest first.
        questions: by id; the open ones, and of each milestone the three others that moved last.
        recaps: when each person last asked "where are we?" with the button, in UTC milliseconds.
        news: what people still have to be told by mail, oldest first.
        subscriptions: by the id of the person; who has none wants everything.
        reminded: by ``<approval or request>/<person>``, how often they were reminded, and when they were last
            told or reminded, in UTC milliseconds.
        hooked: by name, how far each durable hook came.
        latest: the last entry of each kind of fact.
    """

    id: str
    title: str
    client_name: str
    client: str = ""
    account: str = ""
    ref: str | None = None
    summary: str = ""
    zone: str = "UTC"
    locale: str = "en"
    brand: str = ""
    status: ProjectStatus = ProjectStatus.ACTIVE
    status_reason: str = ""
    created_at: int = 0
    updated_at: int = 0
    version: int = 0
    mark: str = ""
    newer: bool = False
    people: Mapping[str, Person] = Factory(dict)
    links: Mapping[str, Link] = Factory(dict)
    milestones: Mapping[str, Milestone] = Factory(dict)
    updates: Mapping[str, Update] = Factory(dict)
    files: Mapping[str, File] = Factory(dict)
    approvals: Mapping[str, Approval] = Factory(dict)
    requests: Mapping[str, FileRequest] = Factory(dict)
    resources: tuple[Resource, ...] = ()
    recent: tuple[Activity, ...] = ()
    questions: Mapping[str, Question] = Factory(dict)
    recaps: Mapping[str, int] = Factory(dict)
    news: tuple[News, ...] = ()
    subscriptions: Mapping[str, Subscription] = Factory(dict)
    reminded: Mapping[str, tuple[int, int]] = Factory(dict)
    hooked: Mapping[str, HookState] = Factory(dict)
    latest: Mapping[str, int] = Factory(dict)

    @property
    def answers(self) -> Answers:
        """The four answers with all that waits for clients, which is what staff see of them together."""
        hidden = {milestone.id for milestone in self.milestones.values() if milestone.internal}
        pending = [
            a for a in self.approvals.values() if a.waiting_for and a.milestone not in hidden
        ]
        wanted = [r for r in self.requests.values() if r.milestone not in hidden]
        by_status: dict[MilestoneStatus, list[Milestone]] = {s: [] for s in MilestoneStatus}
        for milestone in self.milestones.values():
            by_status[milestone.status].append(milestone)
        return Answers(
            completed=tuple(by_status[MilestoneStatus.COMPLETED]),
            in_progress=tuple(by_status[MilestoneStatus.IN_PROGRESS]),
            needs_decision=tuple(sorted(pending, key=_urgency)),
            next=tuple(by_status[MilestoneStatus.PLANNED]),
            needs_files=tuple(sorted(wanted, key=_urgency)),
        )

    def answers_for(self, person: str) -> Answers:
        """Return the four answers with only what waits for one person.

        Args:
            person: the person's id.
        """
        return self.answers.of(person)

    @property
    def latest_update(self) -> Update | None:
        """The update that was posted last, or ``None``."""
        return max(self.updates.values(), key=lambda update: update.seq, default=None)

    def updates_of(self, milestone: str) -> tuple[Update, ...]:
        """Return the latest updates of a milestone, newest first.

        Args:
            milestone: the milestone's id.
        """
        found = [u for u in self.updates.values() if u.milestone == milestone]
        return tuple(sorted(found, key=lambda update: -update.seq))

    def files_of(self, milestone: str) -> tuple[File, ...]:
        """Return the files of a milestone in the order they were added.

        Args:
            milestone: the milestone's id.
        """
        return tuple(f for f in self.files.values() if f.milestone == milestone)

    def approvals_of(self, milestone: str) -> tuple[Approval, ...]:
        """Return the open approvals and the last closed one of a milestone, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(a for a in self.approvals.values() if a.milestone == milestone)

    def requests_of(self, milestone: str) -> tuple[FileRequest, ...]:
        """Return the open requests for files of a milestone, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(r for r in self.requests.values() if r.milestone == milestone)

    def questions_of(self, milestone: str) -> tuple[Question, ...]:
        """Return the questions of a milestone that are at hand, oldest first.

        Args:
            milestone: the milestone's id.
        """
        return tuple(q for q in self.questions.values() if q.milestone == milestone)

    def subscription_of(self, person: str) -> Subscription:
        """Return what a person wants to be told by mail, and how far they were told.

        Args:
            person: the person's id.
        """
        return self.subscriptions.get(person) or Subscription(person)

    def link_of(self, person: str) -> Link | None:
        """Return a person's link, or ``None`` if none was issued.

        Args:
            person: the person's id.
        """
        return next((link for link in self.links.values() if link.person == person), None)


def _urgency(asked: Approval | FileRequest) -> tuple[date, int]:
    return (asked.due or date.max, asked.seq)

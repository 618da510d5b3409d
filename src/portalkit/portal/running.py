"""Background work: sends what is due and runs durable hooks, one project after the other.

A request never sends.  A commit only says when a project is to be looked at; `Runner` claims it then, sends
what is due at that moment, and commits what became of it as one entry.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from attrs import evolve, field, frozen

from portalkit.errors import AddressRefused, NotAllowed, NotFound, SendFailed
from portalkit.facts import Entry, Line, NoticesSent
from portalkit.fold import NEWS_KINDS, notices_sent
from portalkit.model import (
    HookRun,
    HookState,
    Person,
    Project,
    Sending,
    SendingState,
    Side,
)
from portalkit.notices import (
    Due,
    Message,
    Notice,
    Policy,
    Render,
    Transport,
    first_due,
    wake,
)
from portalkit.notices.due import ATTEMPTS, BACK_OFF_MS
from portalkit.notices.naming import name_of
from portalkit.portal.hooks import DurableHook, Event, Hooks
from portalkit.portal.journal import Journal
from portalkit.portal.ledger import State
from portalkit.rules import see

if TYPE_CHECKING:
    from portalkit.portal import Portal

__all__ = ["LEASE_MS", "Notify", "Ran", "Runner"]

_log = logging.getLogger("portalkit.notices")

LEASE_MS: Final = 600_000
"""How long a claim holds; work on a project stops after half of it."""

_PAGE: Final = 500
_UNANSWERED: Final = 2
"""After so many times a message was handed over without an answer, it is not sent again: it may be there."""


@runtime_checkable
class Delivers(Protocol):
    """A transport that says when it hands a message over: only from then on it may have been accepted."""

    def deliver(self, message: Message, *, handing_over: Callable[[], object]) -> object:
        """Hand a message over.

        Args:
            message: what to send.
            handing_over: to be called right before the moment from which on it may be accepted.

        Raises:
            SendFailed: it was not accepted; with a ``code`` only if the mail system said so.
        """
        ...


def _nowhere(*_: object) -> str:
    return ""


@frozen(kw_only=True)
class Notify:
    """How a portal tells people by mail.

    Attributes:
        render: makes the mail of a notice.
        transport: hands a mail to a mail system; if it has ``close``, that is called after each run.
        policy: what people are told, and at what hours.
        staff_url: gives the host's own page of a project, where mails to staff lead.
    """

    render: Render
    transport: Transport | Delivers
    policy: Policy = field(factory=Policy)
    staff_url: Callable[[Project], str] = _nowhere


@frozen(kw_only=True)
class Ran:
    """What a run of the background work did.

    Attributes:
        projects: how many projects were looked at.
        sent: how many messages were handed over.
        failed: how many could not be, and will be tried again.
        given_up: how many will not be tried again.
        hooks: how many calls of durable hooks went well.
        stuck: how many of the projects could not be worked on; the log says why, and they are tried again.
    """

    projects: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0
    hooks: int = 0
    stuck: int = 0

    def __add__(self, other: Ran) -> Ran:
        return Ran(
            projects=self.projects + other.projects,
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            given_up=self.given_up + other.given_up,
            hooks=self.hooks + other.hooks,
            stuck=self.stuck + other.stuck,
        )


class Runner:
    """Does the background work of a portal.

    Attributes:
        notify: how people are told by mail; ``None`` as long as nobody is.
    """

    def __init__(self, portal: Portal, hooks: Hooks) -> None:
        self._portal = portal
        self._hooks = hooks
        self.notify: Notify | None = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing that this portal could do."""
        return self.notify is None and not self._hooks.durable

    def wake(self, project: Project, now: int) -> int | None:
        """Return when a project is to be looked at next, or ``None`` if nothing lies ahead.

        A portal that does no background work leaves that to one that does: at its next run.

        Args:
            project: the project.
            now: UTC milliseconds.
        """
        if self.idle:
            return 0
        times = [_hook_at(project, hook) for hook in self._hooks.durable.values()]
        if self.notify is not None:
            times.append(wake(project, now, self.notify.policy))
        return min((at for at in times if at is not None), default=None)

    def run_due(self, *, limit: int, stop: Callable[[], bool]) -> Ran:
        """Claim projects one by one and do what is due in them; see `Portal.run_due`.

        Args:
            limit: at most so many projects.
            stop: asked before each project and each message.
        """
        ran = Ran()
        if self.idle:
            return ran
        if self._portal.ledger.provisional:
            raise NotAllowed(
                "messages are not sent inside a transaction, which may be rolled back",
                remedy="Call run_due where no transaction is open",
            )
        seen: set[str] = set()
        try:
            while ran.projects < limit and not stop():
                claim = self._claim(stop)
                if claim is None:
                    break
                if claim.project in seen:  # whatever the reason, no run goes round in circles
                    claim.let_go()
                    break
                seen.add(claim.project)
                ran += self._served(claim)
        finally:
            close = getattr(self.notify and self.notify.transport, "close", None)
            if close is not None:
                close()
        return ran

    def _claim(self, stop: Callable[[], bool]) -> _Claim | None:
        """Take the project that has waited longest."""
        now = self._portal.clock()
        claimed = self._portal.ledger.store.claim(now, lease=LEASE_MS, limit=1)
        if not claimed:
            return None
        return _Claim(self._portal, self._hooks, self.notify, claimed[0], now, stop)

    def _served(self, claim: _Claim) -> Ran:
        """Do what is due in a project; what fails here waits for the end of the lease, others do not."""
        try:
            return claim.serve()
        except Exception:
            _log.exception(
                "background work failed; it will be tried again (project=%s)", claim.project
            )
            return Ran(projects=1, stuck=1)


class _Claim:
    """One project under a lease: sends, runs hooks, and commits what became of it."""

    def __init__(
        self,
        portal: Portal,
        hooks: Hooks,
        notify: Notify | None,
        project: str,
        now: int,
        stop: Callable[[], bool],
    ) -> None:
        self._portal = portal
        self._hooks = hooks
        self._notify = notify
        self.project = project
        self._now = now
        self._stop = stop
        self._since = time.monotonic()
        self._sent: list[Sending] = []
        self._ran: list[HookRun] = []
        self._calls = 0

    def let_go(self) -> None:
        """End the lease with nothing done."""
        self._portal.ledger.settle(self.project, lambda state: ("", []), leased_until=0)

    def serve(self) -> Ran:
        """Do the work and record it."""
        before = self._portal.ledger.find(self.project)
        if before is None:
            return Ran(projects=1)
        if before.project.newer:
            _log.warning("the project was written by a newer portalkit (project=%s)", self.project)
            return Ran(projects=1)
        if self._notify is not None:
            self._send_all(self._notify)
        for hook in self._hooks.durable.values():
            self._run_hook(hook, before.project)
        self._record(before.project)
        states = [sending.state for sending in self._sent]
        return Ran(
            projects=1,
            sent=states.count(SendingState.SENT),
            failed=states.count(SendingState.FAILED),
            given_up=states.count(SendingState.GIVEN_UP),
            hooks=self._calls,
        )

    @property
    def _elapsed(self) -> float:
        """The part of the lease that has passed."""
        return (time.monotonic() - self._since) * 1000 / LEASE_MS

    @property
    def _over(self) -> bool:
        """Whether it is time to record and to let go."""
        return self._elapsed > 0.5 or self._stop()

    # -- sending --------------------------------------------------------------------------------

    def _send_all(self, notify: Notify) -> None:
        """Send message by message, each chosen by how the project stands at that moment."""
        journal: Journal | None = None
        while not self._over:
            state = self._portal.ledger.read(self.project)
            done = {sending.id for sending in self._sent}
            message = first_due(self._told(state.project), self._now, notify.policy)
            if message is None or message.id(self.project) in done:
                return
            if journal is None:
                journal = Journal(self._portal.access, self.project, self._portal.clock)
            accepted = journal.accepted(message.id(self.project))
            if accepted is None:
                self._sent.append(self._attempted(notify, message, state, journal))
            else:
                told, informed = accepted
                before = evolve(message, told=told, informed=informed)
                self._sent.append(before.sending(self.project, SendingState.SENT))

    def _told(self, project: Project) -> Project:
        """Return the project as it will stand once what was sent so far is on record."""
        if not self._sent:
            return project
        fact = NoticesSent(tuple(self._sent))
        entry = Entry(self.project, project.version, self._now, "", "", "", fact, "")
        return evolve(project, **notices_sent(project, entry, fact))

    def _attempted(self, notify: Notify, message: Due, state: State, journal: Journal) -> Sending:
        id, outcome, problem = message.id(self.project), SendingState.SENT, ""
        if journal.unanswered(id) >= _UNANSWERED:
            return message.sending(self.project, SendingState.GIVEN_UP, "unanswered")
        try:
            mail = notify.render(self._notice(notify, message, state))
            if isinstance(notify.transport, Delivers):
                notify.transport.deliver(mail, handing_over=lambda: journal.hand_over(id))
            else:
                notify.transport(mail)
        except Exception as error:
            final = isinstance(error, AddressRefused) or message.attempt >= ATTEMPTS
            outcome = SendingState.GIVEN_UP if final else SendingState.FAILED
            problem = error.code if isinstance(error, SendFailed) else ""
            if problem:
                journal.answer(id)
            problem = problem or type(error).__name__
            _log.warning(
                "a message could not be sent (project=%s person=%s kind=%s attempt=%s)",
                *(self.project, message.person.id, message.kind, message.attempt),
                exc_info=True,
            )
        else:
            journal.accept(id, told=message.told, informed=message.informed)
        return message.sending(self.project, outcome, problem)

    def _notice(self, notify: Notify, message: Due, state: State) -> Notice:
        person, project = message.person, state.project
        is_news = any(activity.kind in NEWS_KINDS for activity in message.news)
        return Notice(
            id=name_of(message.id(self.project), self.project),
            kind=message.kind,
            person=person,
            project=see(project, person),
            news=message.news,
            about=message.about,
            milestone=message.milestone,
            through=max(message.told, message.informed),
            attempt=message.attempt,
            url=self._url(notify, message, project),
            unsubscribe=self._unsubscribe_url(project, person) if is_news else "",
            at=self._now,
        )

    def _unsubscribe_url(self, project: Project, person: Person) -> str:
        if person.side is Side.AGENCY:
            return ""
        return self._portal.unsubscribe_url(project, person.id)

    def _url(self, notify: Notify, message: Due, project: Project) -> str:
        if message.person.side is Side.AGENCY:
            return notify.staff_url(project)
        if message.kind == "link.revoked":
            return ""
        return self._portal.link_url(project, message.person.id, _path(message, project))

    # -- hooks ----------------------------------------------------------------------------------

    def _run_hook(self, hook: DurableHook, project: Project) -> None:
        """Call a hook for the entries that it has not seen, in order, until one fails."""
        at = _hook_at(project, hook)
        if at is None or at > self._now:
            return
        state = project.hooked.get(hook.name) or HookState(hook.name)
        through, attempt = state.through, state.attempts + 1
        for entry in self._entries(through, project.version):
            if self._over:
                break
            if hook.wants(entry):
                problem = self._called(hook, entry)
                if problem:
                    final = attempt >= ATTEMPTS
                    self._ran.append(
                        HookRun(
                            hook.name,
                            entry.seq if final else through,
                            SendingState.GIVEN_UP if final else SendingState.FAILED,
                            attempt,
                            problem,
                        )
                    )
                    return
                self._calls += 1
                attempt = 1
            through = entry.seq
        if through > state.through:
            self._ran.append(HookRun(hook.name, through, SendingState.SENT))

    def _entries(self, after: int, last: int) -> Iterator[Entry]:
        """Yield what was there when the work began: a hook may write itself, for ever."""
        while after < last:
            limit = min(_PAGE, last - after)
            page = self._portal.entries(self.project, after=after, limit=limit)
            if not page:
                break  # the project was erased
            yield from page
            after = page[-1].seq

    def _called(self, hook: DurableHook, entry: Entry) -> str:
        project = self._portal.ledger.read(self.project).project
        try:
            hook.call(Event(entry.fact, entry, project))
        except Exception as error:
            _log.warning(
                "a durable hook failed (hook=%s project=%s seq=%s)",
                *(hook.name, self.project, entry.seq),
                exc_info=True,
            )
            return type(error).__name__
        return ""

    # -- recording ------------------------------------------------------------------------------

    def _record(self, before: Project) -> None:
        """Commit what was done, and let go of the project."""

        def run(state: State | None) -> tuple[str, list[Line]]:
            if state is None:
                raise NotFound("the project was erased", project=self.project)
            sent = tuple(s for s in self._sent if not _is_recorded(s, state.project, before))
            ran = tuple(
                r
                for r in self._ran
                if state.project.hooked.get(r.name) == before.hooked.get(r.name)
            )
            return "", [Line(NoticesSent(sent, ran))] if sent or ran else []

        ours = self._elapsed < 1  # else somebody else may hold the lease by now
        with suppress(NotFound):
            written = self._portal.ledger.settle(
                self.project, run, leased_until=0 if ours else None
            )
            self._portal.announce(written)


def _is_recorded(sending: Sending, now: Project, before: Project) -> bool:
    """Whether another worker, whose lease began when ours had run out, has recorded the same."""
    subscription = now.subscription_of(sending.person)
    if sending.told or sending.informed:
        if sending.told <= subscription.told and sending.informed <= subscription.informed:
            return True
    else:
        keys = [f"{id}/{sending.person}" for id in sending.asks]
        if any(now.reminded.get(key) != before.reminded.get(key) for key in keys):
            return True
    failed = sending.state is SendingState.FAILED
    return failed and sending.attempt <= subscription.attempts


def _hook_at(project: Project, hook: DurableHook) -> int | None:
    """Return when a durable hook is to be called next, or ``None`` if it has seen everything."""
    state = project.hooked.get(hook.name) or HookState(hook.name)
    if max((project.latest.get(kind, 0) for kind in hook.kinds), default=0) <= state.through:
        return None
    if state.failed_at is None:
        return project.updated_at
    return state.failed_at + BACK_OFF_MS[min(state.attempts, len(BACK_OFF_MS)) - 1]


def _path(message: Due, project: Project) -> str:
    """Return the page behind a person's link that a message leads to."""
    if message.kind.startswith("approval.") or message.about in project.approvals:
        return f"a/{message.about}"
    if message.kind.startswith("update."):
        return f"u/{message.about}"
    if message.kind.startswith("question."):
        return f"q/{message.about}"
    return f"m/{message.milestone}" if message.milestone else ""

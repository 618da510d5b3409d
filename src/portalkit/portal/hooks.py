"""Hooks: the host's own functions, run after a commit, one after the other, each at most once."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import date, datetime
from inspect import iscoroutinefunction
from typing import Any, Generic, TypeVar

from attrs import frozen

from portalkit.errors import ConfigError
from portalkit.facts import KINDS, Entry, Fact
from portalkit.model import Person, Project
from portalkit.moments import as_instant

__all__ = ["DurableHook", "Event", "Hooks"]

F = TypeVar("F", bound=Fact)
Hook = Callable[["Event[Any]"], object]

_NAME = re.compile(r"[a-z0-9._-]{1,64}")
_log = logging.getLogger("portalkit.hooks")


@frozen
class Event(Generic[F]):
    """A fact that is now in the log, and the project as it stands after it.

    The fact's own fields can be read from the event: ``event.outcome`` is ``event.fact.outcome``.

    Attributes:
        fact: what happened.
        entry: its place in the log: who, when, where.
        project: the project after the whole commit.
    """

    fact: F
    entry: Entry
    project: Project

    @property
    def person(self) -> Person | Any:
        """Whom the fact is about (who decided, whose link), else who did it; ``None`` where the log names
        nobody.
        """
        # `Any` for that `None`: of nearly all facts that hooks are for it is not, and nobody should
        # have to prove that to a type checker
        named = getattr(self.fact, "person", "") or self.entry.actor
        return self.project.people.get(named)

    @property
    def actor(self) -> Person | None:
        """Who did it; ``None`` where the log names nobody."""
        return self.project.people.get(self.entry.actor)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.fact, name)


@frozen
class DurableHook:
    """A function of the host that the background work calls for every entry of some kinds.

    Attributes:
        name: what its progress is kept under.
        kinds: the kinds of facts that it is called for.
        call: the function.
        since: entries before this instant, in UTC milliseconds, are left out.
    """

    name: str
    kinds: frozenset[str]
    call: Hook
    since: int = 0

    def wants(self, entry: Entry) -> bool:
        """Return whether it is called for an entry.

        Args:
            entry: an entry of a project's log.
        """
        return entry.kind in self.kinds and entry.at >= self.since


class Hooks:
    """Keeps the host's functions by kind of fact and runs them after commits.

    Attributes:
        durable: by name, those that the background work calls.

    A hook that commits again queues its own events behind the running ones, never inside them.  A hook
    that fails is logged and undoes nothing.
    """

    def __init__(self) -> None:
        self.durable: dict[str, DurableHook] = {}
        self._hooks: list[tuple[type[Fact], Hook]] = []
        self._local = threading.local()

    def add(self, kind: type[Fact], hook: Hook) -> None:
        """Run a function after every commit of a kind of fact.

        Args:
            kind: the class of the fact; `Fact` for every kind.
            hook: the function, which takes an `Event`.

        Raises:
            ConfigError: this is no class of facts, or no function that can be called.
        """
        _check_kind(kind)
        _check_hook(hook)
        self._hooks.append((kind, hook))

    def on(
        self,
        kind: type[Fact],
        hook: Hook | None = None,
        *,
        durable: str = "",
        since: datetime | date | int | None = None,
    ) -> Any:
        """Keep a function as `Portal.on` takes it, or return the decorator that does.

        Args:
            kind: the class of the fact.
            hook: the function, which takes an `Event`.
            durable: the name of a durable hook, or empty.
            since: for a durable one: leave out what was written before.

        Raises:
            ConfigError: this is no class of facts, no function that can be called, or the name is unusable.
        """
        _check_kind(kind)
        if hook is None:
            return lambda function: self.on(kind, function, durable=durable, since=since)
        if durable:
            self.add_durable(kind, hook, name=durable, since=since)
        else:
            self.add(kind, hook)
        return hook

    def add_durable(
        self, kind: type[Fact], hook: Hook, *, name: str, since: datetime | date | int | None = None
    ) -> None:
        """Have the background work call a function for every entry of a kind of fact.

        Args:
            kind: the class of the fact; `Fact` for every kind but `NoticesSent`.
            hook: the function, which takes an `Event`.
            name: what its progress is kept under; it must never change.
            since: leave out what was written before; the whole log counts if not given.

        Raises:
            ConfigError: the name is taken or unusable, or there is no such kind.
        """
        _check_kind(kind)
        _check_hook(hook)
        kinds = {known for known, cls in KINDS.items() if issubclass(cls, kind)}
        kinds.discard("notices.sent")  # its own trace would wake it again, for ever
        if not kinds or not _NAME.fullmatch(name) or name in self.durable:
            raise ConfigError(
                "this durable hook cannot be kept",
                remedy="Give a name of its own ([a-z0-9._-]{1,64}) and a class of facts",
                durable=name,
                kind=kind.__name__,
            )
        start = as_instant(since, "UTC", "since") or 0
        self.durable[name] = DurableHook(name, frozenset(kinds), hook, start)

    def run(self, events: Iterable[Event[Any]]) -> None:
        """Run the hooks of events in order, after whatever this thread is running already.

        Args:
            events: what was committed.
        """
        if not self._hooks:
            return
        queue: deque[Event[Any]] | None = getattr(self._local, "queue", None)
        if queue is not None:
            queue.extend(events)
            return
        self._local.queue = deque(events)
        try:
            self._drain(self._local.queue)
        finally:
            self._local.queue = None

    def _drain(self, queue: deque[Event[Any]]) -> None:
        while queue:
            event = queue.popleft()
            for kind, hook in self._hooks:
                if isinstance(event.fact, kind):
                    self._call(hook, event)

    def _call(self, hook: Hook, event: Event[Any]) -> None:
        try:
            hook(event)
        except Exception:
            _log.exception(
                "a hook failed; the commit stands (kind=%s project=%s seq=%s)",
                event.entry.kind,
                event.entry.project,
                event.entry.seq,
            )


# What is refused here could only fail later, when the commit stands already.


def _check_kind(kind: object) -> None:
    if not (isinstance(kind, type) and issubclass(kind, Fact)):
        named = KINDS.get(kind) if isinstance(kind, str) else None
        raise ConfigError(
            "a hook is for a class of facts",
            remedy=f"Pass portalkit.{named.__name__ if named else 'Fact'}, or another class of facts",
            kind=kind,
        )


def _check_hook(hook: object) -> None:
    if not callable(hook) or iscoroutinefunction(hook):
        raise ConfigError(
            "a hook is a function that is called with an event",
            remedy="Pass a plain function; what is asynchronous it can hand on to a queue",
            hook=hook,
        )

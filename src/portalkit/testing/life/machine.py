"""What a life is lived on: a portal on a store that dies at times and is opened again."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, Final
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ...errors import BadLink, LinkGone
from ...portal import Portal
from ...storage import FileStore, Store
from ...storage.memory import MemoryFiles
from ..clock import FixedClock
from ..sample import STAFF, memory_portal
from .model import Link, Project

__all__ = ["DAY", "PICK", "STAFF", "Machine", "only", "step"]

DAY: Final = 86_400_000
PICK: Final = st.integers(0, 1000)


class Crash(BaseException):
    """The process is dead."""


class _Nothing(Exception):
    """There is nothing that a step could be done to."""


def step(**given: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a rule of a method; where it finds nothing to do, it does nothing."""

    def made(method: Callable[..., None]) -> Any:
        @functools.wraps(method)
        def run(self: Machine, **values: Any) -> None:
            with suppress(_Nothing):
                method(self, **values)

        decorate: Any = rule(**given)
        return decorate(run)

    return made


def only(condition: object) -> None:
    """Leave the step that is being taken, unless the condition holds."""
    if not condition:
        raise _Nothing


class Machine(RuleBasedStateMachine):
    """A portal on a store, and the model of what is in it."""

    durable: ClassVar[bool] = True

    def open(self, folder: Path) -> Store:
        """Return the store whose data lie in a folder: an empty one at first, then the same again."""
        raise NotImplementedError("override `open` with a store of yours in this folder")

    def open_files(self, folder: Path) -> FileStore:
        """Return the file store whose bytes lie in a folder; in memory if nothing is said."""
        return MemoryFiles()

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._clock = FixedClock()
        self._model: dict[str, Project] = {}
        self._forgotten: list[tuple[str, str]] = []
        self._erased: list[str] = []
        self._dead_tokens: list[str] = []
        self._count = 0
        self._writes = 0
        self._store = self.open(Path(self._folder.name))
        self._files = self.open_files(Path(self._folder.name) / "bytes")
        self._portal = self._made()

    def teardown(self) -> None:
        """Close what can be closed, and take the folder away."""
        getattr(self._store, "close", lambda: None)()
        self._folder.cleanup()

    def _made(self) -> Portal:
        return memory_portal(store=self._store, files=self._files, clock=self._clock)

    def _reopen(self) -> None:
        if self.durable:
            self._store = self.open(Path(self._folder.name))
        self._portal = self._made()

    def _new(self, word: str) -> str:
        self._count += 1
        return f"{word} No{self._count}x"

    # -- choosing -------------------------------------------------------------------------------

    def _project(self, pick: int) -> tuple[str, Project]:
        """Return the id of a project and a copy of its model, to be changed and put back."""
        id = self._chosen(self._model, pick)
        return id, deepcopy(self._model[id])

    def _chosen(self, things: dict[str, Any], pick: int) -> str:
        only(things)
        return list(things)[pick % len(things)]  # in the order of the story: ids are random

    # -- writing, and dying of it ---------------------------------------------------------------

    def _write(self, id: str, after: Project | None, act: Callable[[], object]) -> bool:
        """Do something that makes the model ``after``; tell whether it came about.

        If the process dies of it, it came about wholly or not at all; which of the two, the log says.
        """
        before = self._version(id)
        if died := self._died(act):
            self._reopen()
            came_about = self._version(id) != before
            assert died != "before" or not came_about, "a write was kept that never began"
            assert died != "after" or came_about, "a write was lost that had come to its end"
            if not came_about:
                return False
        if after is None:
            del self._model[id]
        else:
            self._model[id] = after
        return True

    def _died(self, act: Callable[[], object]) -> str:
        """Do something, and say where the process died of it, if it did."""
        try:
            with self._crashing():
                act()
        except Crash as crash:
            return str(crash)
        return ""

    def _version(self, id: str) -> int:
        found = self._store.load(id)
        return found[0].version if found else 0

    @contextmanager
    def _crashing(self) -> Iterator[None]:
        """Let the process die around or within every fourth write."""
        self._writes += 1
        round, turn = divmod(self._writes, 4)
        if turn:
            yield
            return
        where, steps = ("before", "within", "after")[round % 3], round // 3 % 4
        kind = type(self._store)
        with (
            mock.patch.object(kind, "commit", _dying(kind.commit, where, steps)),
            mock.patch.object(kind, "erase", _dying(kind.erase, where, steps)),
        ):
            yield

    # -- links ----------------------------------------------------------------------------------

    def _standing(self, pick: int, who: int) -> tuple[str, Project, str, Link]:
        id, project = self._project(pick)
        links = {p: x.link for p, x in project.people.items() if x.link and not x.link.revoked}
        chosen = self._chosen(links, who)
        return id, project, chosen, links[chosen]

    def _token(self, id: str, person: str) -> str:
        project = self._portal.project(id)
        return self._portal.link_url(project, person).rpartition("/")[2]

    def _visit(self, token: str) -> Any:
        """Return the visit that a token opens, or the error that it raises."""
        try:
            return self._portal.visit(token)
        except (BadLink, LinkGone) as error:
            return error


def _dying(method: Callable[..., Any], where: str, steps: int) -> Callable[..., None]:
    """Return a method of a store that dies before, within (so many steps to the disk) or after."""

    def die(*args: Any, **options: Any) -> None:
        if where == "before":
            raise Crash(where)
        left = iter(range(steps))

        def step(call: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*args: Any, **options: Any) -> Any:
                if next(left, None) is None:
                    raise Crash(where)
                return call(*args, **options)

            return counted

        if where == "within":
            with (
                mock.patch.object(os, "fsync", step(os.fsync)),
                mock.patch.object(os, "replace", step(os.replace)),
            ):
                method(*args, **options)
        else:
            method(*args, **options)
        raise Crash("after")

    return die

"""The journal: what became of messages, noted in the access log before any commit can say it.

A sender may be killed at any moment.  Whoever comes after it must know what was accepted, and what was
handed over without an answer: that may have been accepted too.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from portalkit.errors import StoreError
from portalkit.storage import AccessLog

__all__ = ["Journal", "in_hand"]

_log = logging.getLogger("portalkit.notices")

_MAIL: Final = "mail:"
_ACCEPTED, _HANDED_OVER, _ANSWERED = "/", "?", "!"


def in_hand(access: AccessLog, project: str, id: str, *, since: int) -> bool:
    """Return whether a message was handed over since an instant; the log may not say so yet.

    Args:
        access: where it is noted.
        project: the project's id.
        id: the message's.
        since: UTC milliseconds.

    Raises:
        StoreError: the access log could not be read.
    """
    accesses = access.of(project)
    return any(use.at >= since and use.what.startswith(_MAIL + id) for use in accesses)


class Journal:
    """What is known of the messages of a project, read once.

    Args:
        access: where it is noted.
        project: the project's id.
        clock: returns UTC milliseconds.
    """

    def __init__(self, access: AccessLog, project: str, clock: Callable[[], int]) -> None:
        self._access = access
        self._project = project
        self._clock = clock
        self._accepted: dict[str, tuple[int, int]] = {}
        self._handed_over: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._read()

    def _read(self) -> None:
        try:
            accesses = self._access.of(self._project)
        except StoreError:
            _log.warning("the access log could not be read", exc_info=True)
            return
        for access in accesses:
            if access.what.startswith(_MAIL):
                self._learn(access.what.removeprefix(_MAIL))

    def _learn(self, what: str) -> None:
        if _ACCEPTED in what:
            id, told, informed = what.split(_ACCEPTED)
            self._accepted[id] = int(told), int(informed)
        elif _HANDED_OVER in what:
            self._handed_over[what.partition(_HANDED_OVER)[0]] += 1
        else:
            self._answered[what.partition(_ANSWERED)[0]] += 1

    def accepted(self, id: str) -> tuple[int, int] | None:
        """Return up to which entries a message told and informed that was accepted, or ``None``.

        Args:
            id: the message's.
        """
        return self._accepted.get(id)

    def unanswered(self, id: str) -> int:
        """Return how often a message was handed over and no answer came.

        Args:
            id: the message's.
        """
        return self._handed_over[id] - self._answered[id]

    def accept(self, id: str, *, told: int, informed: int) -> None:
        """Note that a message was accepted.

        Args:
            id: the message's.
            told: up to which entry it told.
            informed: up to which entry it informed.
        """
        self._note(_ACCEPTED.join((id, str(told), str(informed))))

    def hand_over(self, id: str) -> None:
        """Note that a message is about to be handed over.

        Args:
            id: the message's.
        """
        self._handed_over[id] += 1
        self._note(f"{id}{_HANDED_OVER}{self._handed_over[id]}")

    def answer(self, id: str) -> None:
        """Note that the answer to what was handed over was no.

        Args:
            id: the message's.
        """
        if self.unanswered(id):
            self._answered[id] += 1
            self._note(f"{id}{_ANSWERED}{self._answered[id]}")

    def _note(self, what: str) -> None:
        try:
            self._access.record(self._project, "", _MAIL + what, self._clock())
        except Exception:  # the mail goes out all the same
            _log.warning("the access log could not be written", exc_info=True)

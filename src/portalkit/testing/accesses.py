"""What every access log must pass: the laws of an `AccessLog`."""

from __future__ import annotations

import pytest

from ..storage import Access, AccessLog
from ..storage.base import HOUR
from .laws import AWKWARD, check_durable, law, race, unless_durable

__all__ = ["AccessLogContract"]


class AccessLogContract:
    """The laws of an `AccessLog`; override `log`, and what differs.

    Attributes:
        durable: it outlives the process; override `reopen` too.
    """

    durable: bool = True

    @pytest.fixture
    def log(self) -> AccessLog:
        """Give an empty access log."""
        raise NotImplementedError("override the fixture `log` with an empty access log of yours")

    def reopen(self, log: AccessLog) -> AccessLog:
        """Return the log as another process would open it, while the first is still open.

        Args:
            log: what the fixture gave.
        """
        return unless_durable(self, log)

    @law
    def test_what_is_declared_is_so(self, log: AccessLog) -> None:
        """AccessLog law 1: what is noted outlives the log, if it is declared to be durable."""
        log.record("p", "p.1", "fetched", 5)
        again = self.reopen(log)
        check_durable(self, log, again)
        assert list(again.of("p")) == [Access("p.1", "fetched", 5)]

    @law
    def test_a_use_is_remembered(self, log: AccessLog) -> None:
        """AccessLog law 1: uses come back oldest first, of one project only."""
        log.record("p", "p.1", AWKWARD, 5)
        log.record("p", "p.2", "fetched", 3)
        log.record("q", "q.1", "fetched", 4)
        log = self.reopen(log)
        assert list(log.of("p")) == [Access("p.2", "fetched", 3), Access("p.1", AWKWARD, 5)]
        assert list(log.of("unknown")) == []

    @law
    def test_a_use_is_noted_once_an_hour(self, log: AccessLog) -> None:
        """AccessLog law 2: the first use of an hour is noted, per link and thing."""
        for at in (HOUR, HOUR + 1, 2 * HOUR - 1, 2 * HOUR):
            log.record("p", "p.1", "fetched", at)
            log = self.reopen(log)
        log.record("p", "p.1", "file", HOUR + 2)
        log.record("p", "p.2", "fetched", HOUR + 3)
        assert list(log.of("p")) == [
            Access("p.1", "fetched", HOUR),
            Access("p.1", "file", HOUR + 2),
            Access("p.2", "fetched", HOUR + 3),
            Access("p.1", "fetched", 2 * HOUR),
        ]

    @law
    def test_erase_forgets_a_project(self, log: AccessLog) -> None:
        """AccessLog law 3: `erase` forgets one project whole; what comes later is noted again."""
        log.record("p", "p.1", "fetched", 5)
        log.record("q", "q.1", "fetched", 5)
        log.erase("p")
        log.erase("unknown")
        assert list(self.reopen(log).of("p")) == []
        assert len(log.of("q")) == 1
        log.record("p", "p.1", "fetched", 5)
        assert list(log.of("p")) == [Access("p.1", "fetched", 5)]

    @law
    def test_racing_records_are_noted_once(self, log: AccessLog) -> None:
        """AccessLog law 2: a use is noted once, however many threads record it."""
        race(lambda number: log.record("p", "p.1", "fetched", 5))
        assert list(self.reopen(log).of("p")) == [Access("p.1", "fetched", 5)]

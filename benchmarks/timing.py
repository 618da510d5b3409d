"""Timing contestants side by side, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from time import perf_counter

from attrs import frozen


def _nothing() -> None:
    pass


@frozen
class Contestant:
    """What is timed, and what is done before each time without being timed."""

    act: Callable[[], object]
    prepare: Callable[[], object] = _nothing


@frozen
class Times:
    """How long each act took, in seconds, round by round."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def all(self) -> list[float]:
        """Every time, shortest first."""
        return sorted(time for times in self.rounds for time in times)

    @property
    def median(self) -> float:
        """The time that half of the acts took at most."""
        return statistics.median(self.all)

    @property
    def p99(self) -> float:
        """The time that 99 of 100 acts took at most."""
        return percentile(self.all, 0.99)

    @property
    def rate(self) -> float:
        """How many acts a second, in the round that stands in the middle."""
        return statistics.median(len(times) / sum(times) for times in self.rounds)


def percentile(ordered: list[float], part: float) -> float:
    """Return the value that this part of the ordered values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def race(contestants: Mapping[str, Contestant], *, rounds: int, each: int) -> dict[str, Times]:
    """Time every contestant ``each`` times in a row, for so many rounds, after one to warm up."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, contestant in contestants.items():
            found[name].append(tuple(_time(contestant) for _ in range(each)))
    return {name: Times(tuple(times[1:])) for name, times in found.items()}


def _time(contestant: Contestant) -> float:
    contestant.prepare()
    start = perf_counter()
    contestant.act()
    return perf_counter() - start


def quotient(one: Times, other: Times) -> float:
    """Return how many times as long one took as the other, in the round that stands in the middle."""
    pairs = zip(one.rounds, other.rounds, strict=True)
    return statistics.median(statistics.median(a) / statistics.median(b) for a, b in pairs)


def difference(one: Times, other: Times) -> float:
    """Return how many seconds longer one took than the other, in the round that stands in the middle."""
    pairs = zip(one.rounds, other.rounds, strict=True)
    return statistics.median(statistics.median(a) - statistics.median(b) for a, b in pairs)


def rates(one: Times, other: Times) -> float:
    """Return how many times as many acts a second one does as the other."""
    pairs = zip(one.rounds, other.rounds, strict=True)
    return statistics.median(sum(b) / len(b) / (sum(a) / len(a)) for a, b in pairs)

"""What the contracts share: naming the broken law, racing threads, awkward text."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

import pytest

from ..errors import Conflict

__all__ = ["AWKWARD", "JSON", "RACERS", "check_durable", "law", "race", "unless_durable"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

RACERS = 8

# Text that careless stores change: what looks like a number, a wildcard, markup or an escape,
# letters that normalisation would merge, right to left, an emoji of several code points.
AWKWARD = (
    "007 1e5 %_\\ '\" ;-- <b>&amp;</b> {}  é e\u0301 ß İ ﬁ مرحبا"
    " \u202e\u2028\ufeff 👩\u200d🎨\r\n\t "
)

# JSON that is not the text that reading and writing it gives: it must not be taken apart.
JSON = '{"b": 1.0,"a":"\\u00e9é","n":9007199254740993,"b":null}'


def law(test: Callable[_P, None]) -> Callable[_P, None]:
    """Let a failing test name the law that its docstring states."""

    @functools.wraps(test)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            test(*args, **kwargs)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"Broken: {test.__doc__}")
            raise

    return run


def race(contender: Callable[[int], _T]) -> list[_T | Conflict]:
    """Call ``contender`` in several threads at once; return what they returned or lost by."""
    start = threading.Barrier(RACERS)

    def run(number: int) -> _T | Conflict:
        start.wait()
        try:
            return contender(number)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(run, range(RACERS)))


class _Declares(Protocol):
    durable: bool


def unless_durable(contract: _Declares, opened: _T) -> _T:
    """Return what is open itself: the same object is all there is of what outlives no process."""
    if contract.durable:
        raise NotImplementedError(
            "override `reopen`, so that the laws are checked on what was really kept;"
            " or declare `durable = False`"
        )
    return opened


def check_durable(contract: _Declares, opened: object, again: object) -> None:
    """See that what is declared to be durable was opened anew."""
    assert (again is not opened) == contract.durable, (
        "`reopen` must open the same data once more; of what is not durable it returns the object"
    )

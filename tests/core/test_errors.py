"""The errors: one tree, as it is drawn, and messages ready for a log line."""

from __future__ import annotations

import re

import pytest

from portalkit import BadLink, Conflict, NotFound, PortalError, errors


def drawn() -> dict[str, str]:
    """Each class in the drawing of the module's docstring, with its parent."""
    parents: dict[str, str] = {}
    path = ["PortalError"]
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│ ]*)[├└]── (\w+)", line)
        if found:
            depth = len(found[1]) // 4 + 1
            path[depth:] = [found[2]]
            parents[found[2]] = path[depth - 1]
    return parents


def test_the_tree_is_the_one_that_is_drawn() -> None:
    real = {
        name: getattr(errors, name).__base__.__name__
        for name in errors.__all__
        if name != "PortalError"
    }
    assert drawn() == real


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_one_of_ours(name: str) -> None:
    assert issubclass(getattr(errors, name), PortalError)


def test_a_message_holds_problem_evidence_and_remedy() -> None:
    error = Conflict("the project moved on", remedy="Load it again.", expected="a", chain="b")
    assert str(error) == "the project moved on (expected='a', chain='b'). Load it again."
    assert error.evidence == {"expected": "a", "chain": "b"}
    assert (error.problem, error.remedy) == ("the project moved on", "Load it again.")


def test_a_message_without_evidence_and_remedy_is_one_sentence() -> None:
    assert str(PortalError("there is no such thing here")) == "there is no such thing here."


@pytest.mark.parametrize("kind", [NotFound, BadLink])
def test_where_nothing_special_helps_the_class_says_what_does(kind: type[PortalError]) -> None:
    assert kind("it is not there").remedy == kind.general_remedy != ""
    assert kind("it is not there", remedy="Look twice").remedy == "Look twice"

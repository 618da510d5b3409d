"""The small promises of the model."""

from __future__ import annotations

import re

import pytest

from portalkit import CLIENT, READER, Link, LinkState, Scope, Update
from portalkit.model import new_id


def test_ids_are_26_lowercase_base32_characters_and_never_the_same() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[a-z2-7]{26}", id) for id in ids)


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "state"),
    [
        (None, None, LinkState.ACTIVE),
        (1001, None, LinkState.ACTIVE),
        (1000, None, LinkState.EXPIRED),
        (None, 5, LinkState.REVOKED),
        (1, 5, LinkState.REVOKED),
        (2000, 5, LinkState.REVOKED),
    ],
)
def test_a_link_is_active_until_its_expiry_and_revoked_whatever_that_is(
    expires_at: int | None, revoked_at: int | None, state: LinkState
) -> None:
    link = Link("l", "p", CLIENT, "n", 0, expires_at=expires_at, revoked_at=revoked_at)
    assert link.state(1000) is state


@pytest.mark.parametrize(
    ("texts", "headline"),
    [
        ({"title": "T", "need": "N", "body": "B"}, "T"),
        ({"need": "N\nmore", "done": "D"}, "N"),
        ({"done": "D", "doing": "G"}, "D"),
        ({"doing": "G", "next": "X"}, "G"),
        ({"next": "X", "body": "B"}, "X"),
        ({"body": "## A heading\n\nText"}, "A heading"),
        ({"title": "#", "body": "B"}, "B"),
        ({}, ""),
    ],
)
def test_the_headline_is_the_first_line_that_says_something(
    texts: dict[str, str], headline: str
) -> None:
    assert Update("u", "m", "a", 0, 1, **texts).headline == headline  # type: ignore[arg-type]


def test_a_client_may_do_everything_and_a_reader_may_look_and_download() -> None:
    assert frozenset(Scope) == CLIENT
    assert frozenset({Scope.VIEW, Scope.DOWNLOAD}) == READER

"""A stage: two projects on one portal in memory, whose clock stands still until a test moves it."""

from __future__ import annotations

import pytest

from portalkit.testing import FixedClock
from tests.web.stage import Browser, Stage, make_stage


@pytest.fixture
def stage() -> Stage:
    """Two projects that must know nothing of each other, and their web."""
    return make_stage()


@pytest.fixture
def clock(stage: Stage) -> FixedClock:
    """The clock of the stage."""
    return stage.clock


@pytest.fixture
def anna(stage: Stage) -> Browser:
    """A browser in which Anna has entered."""
    return stage.enter()


@pytest.fixture
def base(stage: Stage) -> str:
    """The address of Anna's pages."""
    return stage.base(stage.own.anna)

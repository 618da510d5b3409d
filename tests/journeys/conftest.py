"""Fixtures of the journeys: one server and one telling of every project per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys import tales
from tests.journeys.django_server import DjangoStage
from tests.journeys.server import Stage
from tests.journeys.shells import SHELLS
from tests.journeys.tales import Tale


@pytest.fixture(scope="session")
def stage(flask_stage: Stage) -> Stage:
    """The server; tests that change a project tell one of their own."""
    return flask_stage


@pytest.fixture(scope="session")
def flask_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The server with Flask apps, in every shell."""
    stage = Stage(tmp_path_factory.mktemp("stage"), SHELLS)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def django_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The server with a Django project."""
    stage = DjangoStage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture
def either_stage(request: pytest.FixtureRequest) -> Stage:
    """The server with either, as the parameters say."""
    stage: Stage = request.getfixturevalue(f"{request.param}_stage")
    return stage


@pytest.fixture(scope="session")
def told(stage: Stage) -> dict[str, Tale]:
    """Every project, to be looked at only."""
    return {
        tell.__name__: tell(stage)
        for tell in (
            tales.rich,
            tales.awkward,
            tales.wanted,
            tales.asked,
            tales.empty,
            tales.completed,
            tales.planned,
            tales.long,
        )
    }

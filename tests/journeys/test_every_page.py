"""What every page promises, whatever project it shows and in whatever state a client meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.server import Stage
from tests.journeys.survey import survey
from tests.journeys.tales import Tale
from tests.journeys.visits import EVERYWHERE


@pytest.mark.parametrize("where", EVERYWHERE)
def test_every_page_keeps_its_promises(
    where: str, stage: Stage, told: dict[str, Tale], page_at: Callable[..., Page]
) -> None:
    """For all eyes, hands, screens and papers, and without anything from elsewhere: see `Promise`.

    The pages of a project, or the states between them, are opened once for all the promises together.
    """
    found = str(survey(where, page_at(), stage, told))
    assert not found, f"\n{found}"

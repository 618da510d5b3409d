"""A host's app with a portal, a project in it, and a client who has opened their link."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.flask.host import Browser, Seeded, browser, make_app, seed


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with a portal at ``/portal``."""
    return make_app(tmp_path)


@pytest.fixture
def seeded(app: Flask) -> Seeded:
    """A project in that app."""
    return seed(app)


@pytest.fixture
def anna(app: Flask, seeded: Seeded) -> Browser:
    """The browser of a client who has opened her link."""
    anna = browser(app)
    anna.enter(seeded.url)
    return anna

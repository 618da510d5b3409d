"""Fixtures for every test.

`page_at(width, height, ...)` opens a page in a real Chromium.  Without one the tests that ask for
it fail with the remedy; they never skip.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import settings

from tests.browser import FLAGS
from tools.browser import REMEDY, find

settings.register_profile("portalkit", settings.default, deadline=None)
settings.load_profile("portalkit")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.django.postgres import Server

PageAt = Callable[..., "Page"]


@pytest.fixture(autouse=True)
def no_app_is_left_behind() -> Iterator[None]:
    """A Flask app that stayed current after its test would answer for the apps of later tests."""
    yield
    flask = sys.modules.get("flask")
    assert flask is None or not flask.has_app_context(), "an app context was not left"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium per test process."""
    from playwright.sync_api import sync_playwright  # not where only the rest of the tests runs

    path = find()
    if path is None:
        pytest.fail(REMEDY, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page_at(browser: Browser) -> Iterator[PageAt]:
    """A factory of pages, each in a fresh context (its own cookies), closed after the test.

    Further keywords go to Playwright's `new_context`, e.g. ``forced_colors="active"``.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        width: int = 1280,
        height: int = 800,
        *,
        color_scheme: Literal["light", "dark"] = "light",
        java_script_enabled: bool = True,
        locale: str = "en-GB",
        timezone: str = "UTC",
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            java_script_enabled=java_script_enabled,
            locale=locale,
            timezone_id=timezone,
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server, for this test process alone."""
    from tests.django import settings  # noqa: F401  (configures Django)
    from tests.django.postgres import Server

    with Server() as server:
        yield server

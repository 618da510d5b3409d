"""The site is built from the documents, without a warning, and holds every public name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sphinx.util.inventory import InventoryFile

import portalkit
from portalkit import django, flask, notices, storage, testing, web

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built as `make docs` builds it: what dangles is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-E", "-W", "--keep-going", "-n", "-q", "-b", "html", "-d", str(folder / "trees")]
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(folder / "html")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return folder / "html"


def test_every_public_name_has_its_place(site: Path) -> None:
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    documented = {name.rpartition(".")[2] for kind in inventory for name in inventory[kind]}
    for module in (portalkit, django, flask, notices, storage, testing, web):
        assert set(module.__all__) - documented == set()


def pages(site: Path) -> Iterator[Path]:
    """The pages that were written."""
    return (path for path in site.rglob("*.html") if "_static" not in path.parts)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """The site can be read offline, and tells nobody that it is."""
    for page in pages(site):
        text = page.read_text("utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "guides/theming", "api/doors"])
def test_a_page_fits_a_phone(
    name: str, scheme: str, site: Path, page_at: Callable[..., Page]
) -> None:
    """Nothing scrolls sideways but wide tables and code, and every drawing is there."""
    page = page_at(360, 740, color_scheme=scheme)
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    broken = "[...document.querySelectorAll('article img')].filter(i => i.complete && !i.naturalWidth).length"
    assert page.evaluate(broken) == 0

"""What is built holds what it needs, and works in a foreign package with the oldest packages that we allow."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.guides.guide import write_files
from tools.oldest import PYTHON, ROOT, build, install, run

SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and source distribution."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def site(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed."""
    assert PYTHON.exists(), "run: python3 -I tools/setup.py oldest"
    folder = tmp_path_factory.mktemp("site")
    install(built[0], folder)
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    """Modules, templates, styles, compiled catalogues and the mark that we are typed; no tests."""
    with zipfile.ZipFile(built[0]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    ours = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == ours
    languages = [path.name for path in (SOURCE / "portalkit" / "locale").iterdir() if path.is_dir()]
    for language in languages:
        assert f"portalkit/locale/{language}/LC_MESSAGES/portalkit.mo" in names
    assert {"portalkit/py.typed", "portalkit/web/static/portal.css"} <= names


def test_the_source_distribution_holds_what_a_build_needs(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/portalkit/py.typed"} <= names
    hidden = {name.partition("/")[0] for name in names if name.startswith(".")}
    assert hidden <= {".gitignore"}


def test_the_installed_core_loads_no_framework(site: Path) -> None:
    """And it is the installed one, with the command beside it."""
    code = "import sys, portalkit; print(portalkit.__file__, *sys.modules)"
    found = run(site, "-c", code, folder=site)
    file, *modules = found.stdout.split()
    assert Path(file).is_relative_to(site)
    assert {"flask", "django", "werkzeug", "jinja2"}.isdisjoint(modules)
    assert run(site, "-m", "portalkit.cli", "--help", folder=site).returncode == 0


def test_a_foreign_package_passes_the_kit(site: Path, tmp_path: Path) -> None:
    """The store and the adapter of the guides, in a package of their own, against what is installed."""
    for guide in sorted((ROOT / "docs" / "guides").glob("*.md")):
        write_files(guide, tmp_path)
    found = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " passed" in found.stdout


@pytest.mark.parametrize(
    "part",
    [
        ["tests/core/test_codec.py", "tests/core/test_links.py"],
        [
            "tests/web/test_web_deciding.py",
            "tests/flask/test_setup.py",
            "tests/flask/test_forms.py",
        ],
    ],
    ids=["core", "pages"],
)
def test_the_oldest_packages_that_we_allow_will_do(site: Path, part: list[str]) -> None:
    """Each library where it is used most, on the wheel; `make oldest` runs everything."""
    found = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", *part)
    assert found.returncode == 0, found.stdout + found.stderr

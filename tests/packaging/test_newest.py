"""The tests of Django on the newest Python that is on this machine, with the newest Django that it takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools.setup import DJANGO_6, NEWEST, ROOT

PYTHON = NEWEST / "bin" / "python"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Python of `.venv-newest`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [PYTHON, *arguments], cwd=ROOT, env=environment, text=True, capture_output=True
    )


@pytest.fixture(autouse=True)
def found() -> None:
    """Whether there is such a Python; a machine need not have one."""
    if sys.version_info >= DJANGO_6:
        pytest.skip("this Python is new enough: all tests run with the newest Django anyway")
    if not (NEWEST / "portalkit-setup.txt").exists():
        pytest.skip("no Python 3.12 or newer found: see `python3 -I tools/setup.py newest`")


def test_it_is_another_django() -> None:
    """6 or newer, where the other tests have the long-lived 5.2."""
    version = run("-c", "import django; print(django.VERSION[0])").stdout
    assert int(version) >= 6


PARTS = {
    "contract": ["tests/django/test_contract.py"],
    "the rest": ["tests/django", "--ignore=tests/django/test_contract.py"],
}


@pytest.mark.parametrize("part", PARTS)
def test_the_adapter_does_there_what_it_does_here(part: str) -> None:
    """Contract, stores, transactions, admin, checks, migrations, and the way of a client in a browser."""
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *PARTS[part])
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout

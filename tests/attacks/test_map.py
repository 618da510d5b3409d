"""The map of attacks is whole: it names every test here, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import tests.attacks

HERE = Path(__file__).parent


def test_the_map_names_every_test_and_no_other() -> None:
    """Who adds a file here says which attack it is for."""
    named = set(re.findall(r"(?:\.\./\w+/)?\btest_\w+", tests.attacks.__doc__ or ""))
    assert {name for name in named if not (HERE / f"{name}.py").exists()} == set()
    here = {path.stem for path in HERE.glob("test_*.py")} - {"test_map"}
    assert here - named == set()

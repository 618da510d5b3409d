"""What a guide builds passes the kit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.guides.guide import GUIDES, write_files


@pytest.mark.parametrize("name", ["your-own-store.md", "your-own-adapter.md"])
def test_what_a_guide_builds_passes_the_kit(name: str, tmp_path: Path) -> None:
    """As in the package of a reader: the files of the guide, and its tests run by pytest."""
    files = write_files(GUIDES / name, tmp_path)
    assert [path.name for path in files if path.name.startswith("test_")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

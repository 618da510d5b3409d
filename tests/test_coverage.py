"""What decides and what proves is tested to its last branch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("fold/*", "rules/*", "codec.py", "canonical.py", "links.py")
TESTS = ("fold", "rules", "codec", "canonical", "links", "golden", "chain", "approval_policy",
         "visibility", "change", "visit", "ledger", "care", "sample", "uploads", "golden_uploads", "news",
         "choices", "questions", "seen", "bouncing")  # fmt: skip
"""The tests that are about these rooms; others would only take longer."""


def test_fold_rules_codec_and_links_are_covered_to_the_last_branch(tmp_path: Path) -> None:
    """Their own tests reach every line and every branch of them."""
    rooms = ",".join(f"*/portalkit/{room}" for room in ROOMS)
    tests = [f"tests/core/test_{name}.py" for name in TESTS]
    _coverage(tmp_path, "run", "--branch", f"--include={rooms}", "-m", "pytest", "-q", *tests)
    _coverage(tmp_path, "report", "--show-missing", "--skip-covered", "--fail-under=100")


def _coverage(folder: Path, command: str, *arguments: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "coverage", command, f"--rcfile={_settings(folder)}", *arguments],
        cwd=ROOT,
        env=environment | {"COVERAGE_FILE": str(folder / "coverage")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def _settings(folder: Path) -> Path:
    """Settings of its own: those of the project measure everything, process by process."""
    path = folder / "coveragerc"
    path.write_text("[report]\nexclude_also =\n    if TYPE_CHECKING:\n    ^\\s*\\.\\.\\.$\n")
    return path

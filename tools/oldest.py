"""Run tests on the built wheel with the oldest packages that we allow.

    .venv/bin/python tools/oldest.py [arguments of pytest]

`tools/setup.py oldest` has made the environment.  Without arguments: core, stores, pages and Flask.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-oldest" / "bin" / "python"
USUAL = ["-q", "-n", "auto", "tests/core", "tests/storage", "tests/web", "tests/flask"]


def build(folder: Path) -> tuple[Path, Path]:
    """Build wheel and source distribution into a folder; return both."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def install(wheel: Path, site: Path) -> None:
    """Install a wheel into a folder by itself."""
    alone = ["--quiet", "--no-index", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run([PYTHON, "-m", "pip", "install", *alone], check=True, capture_output=True)


def run(site: Path, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the Python of `.venv-oldest` with what was installed into a folder; return what it said."""
    command = [str(PYTHON), *arguments]
    return subprocess.run(command, cwd=folder, env=_with(site), text=True, capture_output=True)


def _with(site: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**kept, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, _ = build(folder)
        install(wheel, folder / "site")
        command = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", *(arguments or USUAL)]
        return subprocess.run(command, cwd=ROOT, env=_with(folder / "site")).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

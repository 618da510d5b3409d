"""Make `.venv` ready: create it, install portalkit with one extra, remember that it is done.

    python3 -I tools/setup.py demo       what `make demo` needs
    python3 -I tools/setup.py dev        what `make test` needs; holds demo
    python3 -I tools/setup.py oldest     `.venv-oldest`: the oldest packages that we allow
    python3 -I tools/setup.py newest     `.venv-newest`: the newest Python on this machine, with Django 6

A second run does nothing and needs no network, until pyproject.toml changes.  Standard library
only; run by the system's Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "portalkit-setup.json"

OLDEST = ROOT / ".venv-oldest"
WITH_THEM = ["flask-wtf", "pytest-xdist", "time-machine"]  # what the tests there need too

NEWEST = ROOT / ".venv-newest"
DJANGO_6 = (3, 12)
"""The first Python that it runs on."""
OTHER_PLACES = (".pyenv/versions/*/bin", ".local/share/uv/python/*/bin")
"""Where people keep more Pythons, below their home."""

# What an oldest package may bring in a newer version than any of its time.
BROUGHT = {"werkzeug": "3.0.0"}

# pip settings that say where packages come from.  All other PIP_ variables (PIP_USER, PIP_TARGET,
# PIP_NO_DEPS, ...) would send the packages elsewhere or leave some out.
KEPT = {
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_INDEX",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
}


def main(extra: str) -> int | str:
    """Return 0, or the message to stop with."""
    # Where the environment stands and which Python made it; elsewhere it would not work.
    place = f"{ROOT} {sys.version_info[0]}.{sys.version_info[1]}"
    project = digest_of_project()
    done = read_stamp()
    works = runs_this_version(PYTHON)
    same_place = works and done.get("place") == place
    extras = done.get("extras", []) if same_place and done.get("project") == project else []
    if extra in extras or "dev" in extras:
        return 0

    if not find_spec("venv") or not find_spec("ensurepip"):
        return (
            f"{sys.executable} cannot create virtual environments: its venv or ensurepip module is "
            "missing.\nOn Debian and Ubuntu: apt-get install python3-venv\n"
            "Or name another Python: make test PYTHON=python3.12"
        )
    if not same_place:
        say("Creating .venv")
        clear = ["--clear"] if VENV.exists() and (done or not works) else []
        if subprocess.run([sys.executable, "-I", "-m", "venv", *clear, str(VENV)]).returncode:
            return "Creating .venv failed (see above). Delete the folder .venv and try again."
    say(f"Installing portalkit with its {extra} packages (once; needs a package index)")
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "-qq", "--editable", f".[{extra}]"]
    if subprocess.run(pip, cwd=ROOT, env=pip_environment()).returncode:
        return "Installing failed (see above). The first run needs a package index: try again."
    extras = sorted({*extras, extra})
    STAMP.write_text(json.dumps({"place": place, "project": project, "extras": extras}) + "\n")
    return 0


def make_oldest() -> int | str:
    """Make `.venv-oldest`: every package of ours and of Flask in its lower bound, and no portalkit."""
    pinned = "".join(f"{name}=={version}\n" for name, version in lower_bounds().items())
    wanted = f"{ROOT} {sys.version} {pinned} {WITH_THEM}"
    stamp = OLDEST / "portalkit-setup.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return 0
    say("Creating .venv-oldest, with the oldest packages that we allow (once)")
    if subprocess.run([sys.executable, "-I", "-m", "venv", "--clear", str(OLDEST)]).returncode:
        return "Creating .venv-oldest failed (see above). Delete the folder and try again."
    (OLDEST / "oldest.txt").write_text(pinned)
    pip = [str(OLDEST / "bin" / "python"), "-I", "-m", "pip"]
    install = [*pip, "install", "-qq", ".[flask,testing]", *WITH_THEM]
    for command in (
        [*install, "--constraint", str(OLDEST / "oldest.txt")],
        [*pip, "uninstall", "-qq", "-y", "portalkit-sdk"],  # tests bring the wheel they mean
    ):
        if subprocess.run(command, cwd=ROOT, env=pip_environment()).returncode:
            return "Installing failed (see above). The first run needs a package index: try again."
    stamp.write_text(wanted)
    return 0


def make_newest() -> int | str:
    """Make `.venv-newest` on the newest other Python that Django 6 runs on, if this machine has one.

    It is no fault if there is none, or if a package cannot be had for it yet: its tests are skipped then.
    """
    python = newest_python()
    if python is None:
        return 0
    wanted = f"{ROOT} {python} {digest_of_project()}"
    stamp = NEWEST / "portalkit-setup.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return 0
    say(f"Creating .venv-newest, with {python} (once)")
    pip = [str(NEWEST / "bin" / "python"), "-I", "-m", "pip", "install", "-qq"]
    for command in (
        [str(python), "-I", "-m", "venv", "--clear", str(NEWEST)],
        [*pip, "--editable", ".[test]"],
    ):
        if subprocess.run(command, cwd=ROOT, env=pip_environment()).returncode:
            say(
                f"Making .venv-newest failed (see above): without it nothing is tested on {python}."
            )
            return 0
    stamp.write_text(wanted)
    return 0


def newest_python() -> Path | None:
    """Return the newest Python on this machine, if Django 6 needs one that is newer than this."""
    if sys.version_info >= DJANGO_6:
        return None
    folders = [Path(name) for name in os.environ.get("PATH", "").split(os.pathsep) if name]
    for pattern in OTHER_PLACES:
        folders += Path.home().glob(pattern)
    found = {
        version: python
        for folder in folders
        for python in folder.glob("python3.[0-9]*")
        if (version := version_of(python)) and version >= DJANGO_6
    }
    return found[max(found)] if found else None


def version_of(python: Path) -> tuple[int, int] | None:
    """Return the version of a finished Python that can make environments, or nothing."""
    ask = (
        "import sys, venv, ensurepip; v = sys.version_info; "
        "print(v[0], v[1]) if v.releaselevel == 'final' else None"
    )
    if not re.fullmatch(r"python3\.\d+", python.name):
        return None  # python3.12-config
    try:
        said = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True).stdout
    except OSError:
        return None
    parts = said.split()
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 else None


def digest_of_project() -> str:
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def lower_bounds() -> dict[str, str]:
    """Return the oldest version of each package that the core and the adapter for Flask allow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["flask"]]
    bounds = (requirement.partition(">=") for requirement in named)
    return {**{name: version for name, _, version in bounds if version}, **BROUGHT}


def read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def runs_this_version(python: Path) -> bool:
    ask = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return subprocess.run([python, "-I", "-c", ask], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def pip_environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIP_") or k in KEPT}
    for name in ("PYTHONPATH", "PYTHONHOME"):
        kept.pop(name, None)
    return {**kept, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] not in (["demo"], ["dev"], ["oldest"], ["newest"]):
        sys.exit("usage: tools/setup.py demo | dev | oldest | newest")
    made = {"oldest": make_oldest, "newest": make_newest}.get(sys.argv[1])
    sys.exit(made() if made else main(sys.argv[1]))

"""Find the Chromium or Chrome of the browser tests; as a script, install what they lack.

The order: the path in PORTALKIT_BROWSER, an installed browser, Playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

REMEDY = """\
The browser tests need Chromium or Chrome, and none was found. One of these helps:
    apt-get install chromium                             Debian, as root
    .venv/bin/python -m playwright install chromium      a download of Playwright's own
    PORTALKIT_BROWSER=/path/to/chrome make test          one that is already there"""

DRIVER_REMEDY = """\
The browser tests need Playwright's driver, and it does not start: see what this says:
    .venv/bin/python -m playwright --version
On a bare Debian it lacks one library: apt-get install libatomic1"""


def find() -> str | None:
    """The path of a browser, or None."""
    if named := os.environ.get("PORTALKIT_BROWSER"):
        return shutil.which(named)
    for name in (*NAMES, MAC):
        if path := shutil.which(name):
            return path
    return playwrights_own()


def playwrights_own() -> str | None:
    # In a process of its own: the sync API must not run twice in one, and it is slow to start.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", ask], capture_output=True, text=True)
    path = answer.stdout.strip()
    return path if answer.returncode == 0 and os.access(path, os.X_OK) else None


def driver_starts() -> bool:
    command = [sys.executable, "-I", "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def main() -> int | str:
    """Return 0, or the message to stop with."""
    if not driver_starts():
        install("libatomic1")
        if not driver_starts():
            return DRIVER_REMEDY
    if not find():
        if named := os.environ.get("PORTALKIT_BROWSER"):
            return f"PORTALKIT_BROWSER is {named!r}, which is no program that can be run.\n{REMEDY}"
        install("chromium")
        if not find():
            return REMEDY
    return 0


def install(package: str) -> None:
    """Install a Debian package where that needs no question; elsewhere do nothing."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    print(f"Installing {package} for the browser tests", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
        if subprocess.run(["apt-get", *command], env=environment).returncode:
            return


if __name__ == "__main__":
    sys.exit(main())

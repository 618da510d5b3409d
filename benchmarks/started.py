"""What a new process pays: imports, and the first page that it serves.

Run as a script this serves one page in a folder that was seeded before and prints the milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import ours
from wsgi import Browser

OURS = "portalkit"
LIBRARIES = "attrs, cattrs, itsdangerous, jinja2"
FLASK = "flask"

_IMPORT = """
from time import perf_counter
start = perf_counter()
import {modules}
print((perf_counter() - start) * 1000)
"""


def imports(count: int) -> dict[str, float]:
    """Return the milliseconds that imports take, each in a process of its own, in turns."""
    found: dict[str, list[float]] = {OURS: [], LIBRARIES: [], FLASK: []}
    for _ in range(count + 1):  # the first compiles
        for modules, times in found.items():
            times.append(_run("-c", _IMPORT.format(modules=modules)))
    return {modules: statistics.median(times[1:]) for modules, times in found.items()}


def first_pages(folder: Path, key: str, browser: Browser, count: int) -> float:
    """Return the milliseconds that a browser waits for the first page of a new process."""
    arguments = (str(folder), key, browser.path, json.dumps(browser.cookies))
    return statistics.median(_run(__file__, *arguments) for _ in range(count))


def _run(*arguments: str) -> float:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_keeping())
    return float(done.stdout)


def _keeping() -> dict[str, str]:
    """An environment in which compiled modules are kept: those of the libraries are there already."""
    return {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _main(folder: str, key: str, path: str, cookies: str) -> None:
    browser = Browser(ours.make_app(Path(folder), key), json.loads(cookies))
    browser.go(path)
    start = perf_counter()
    browser.again()
    print((perf_counter() - start) * 1000)


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""The rooms of portalkit and who may enter: lower floors never import higher ones.

A new module needs a floor in the table below, or this test fails.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "portalkit"

FLOORS = {
    "errors": 0,
    "bounces": 0.5,  # plain helpers: above the errors, below the model
    "canonical": 0.5,
    "clean": 0.5,
    "media": 0.5,
    "moments": 0.5,
    "model": 1,
    "facts": 1,
    "language": 1,
    "fold": 2,
    "rules": 2,
    "codec": 3,
    "storage": 3,
    "links": 4,
    "portal": 5,
    "pages": 5,
    "metrics": 5,
    "notices": 5,
    "evidence": 5,
    "__init__": 5.5,  # the public names: all below, nothing above
    "web": 6,
    "transports": 6,
    "testing": 6.5,  # the shipped test kit; see `refusal`
    "cli": 6.8,  # the command; an adapter hands it the host's own backend
    "flask": 7,
    "django": 7,
}

# The only rooms that may import these packages.
ONLY_IN = {
    "itsdangerous": {"links"},
    "cattrs": {"codec"},
    "jinja2": {"web"},
    "markdown_it": {"web"},
    "nh3": {"web"},
    "flask": {"flask"},
    "click": {"flask"},
    "werkzeug": {"flask"},
    "django": {"django"},
    "asgiref": {"django"},
}

# What an adapter may know of us.  Rules, folds, links and pages are flow, and flow is not an adapter's.
FOR_ADAPTERS = {
    *("__init__", "cli", "errors", "facts", "model", "moments", "portal", "storage", "web"),
    *("flask", "django"),
}

NOT_WITH_THE_CORE = (
    *("flask", "django", "werkzeug", "jinja2", "markdown_it", "nh3", "sqlalchemy"),
    "portalkit.web",
)


def refusal(room: str, target: str) -> str | None:
    """Why `room` may not import the room `target`, or None if it may."""
    for name in (room, target):
        if name not in FLOORS:
            return f"no floor for {name!r}: give it one in FLOORS ({__name__})"
    if room == target:
        return None
    if target == "testing":
        return "testing is for tests only"
    if FLOORS[target] > FLOORS[room]:
        return f"{room} (floor {FLOORS[room]}) is below {target} (floor {FLOORS[target]})"
    if FLOORS[room] == 7 and FLOORS[target] == 7:
        return "adapters never import each other"
    return None


def violations(root: Path) -> list[str]:
    """Every forbidden import below `root`, the folder of the package."""
    found = []
    for path in sorted(root.rglob("*.py")):
        here = path.relative_to(root).with_suffix("").parts
        room = here[0]
        if room not in FLOORS:
            found.append(f"{path.name}: {refusal(room, room)}")
            continue
        for line, module in imports(path, here, root):
            top, *rest = module.split(".")
            if top == root.name:
                target = rest[0] if rest else "__init__"
                reason = refusal(room, target)
                concrete = target == "storage" and set(rest[1:2]) - {"memory"}
                if not reason and room == "portal" and concrete:
                    reason = "portal knows no concrete store, only portalkit.storage"
            elif room in ONLY_IN.get(top, {room}):
                reason = None
            else:
                reason = f"{top} is imported only in {', '.join(sorted(ONLY_IN[top]))}"
            if reason:
                found.append(f"{'/'.join(here)}.py:{line} imports {module}: {reason}")
    return found


def imports(path: Path, here: tuple[str, ...], root: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of each module that a file imports, wherever the import stands."""
    package = (root.name, *here[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else ())))
            for alias in node.names:
                inside = root.joinpath(*base.split(".")[1:], alias.name)
                ours = base.split(".")[0] == root.name
                is_module = ours and (inside.is_dir() or inside.with_suffix(".py").is_file())
                yield node.lineno, f"{base}.{alias.name}" if is_module else base


def test_lower_floors_never_import_higher_ones() -> None:
    """Each room imports only what stands below it, and each library has one room."""
    found = violations(SOURCE)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        ("model.py", "from .fold import fold", "is below fold"),
        ("model.py", "from . import fold", "is below fold"),
        ("model.py", "def f():\n    import portalkit.fold", "is below fold"),
        ("rules.py", "from portalkit import Portal", "is below __init__"),
        ("storage/sqlite.py", "from ..portal import Portal", "is below portal"),
        ("portal.py", "from .storage.sqlite import SQLiteStore", "no concrete store"),
        ("__init__.py", "from .web import handle", "is below web"),
        ("flask.py", "import portalkit.django", "adapters never"),
        ("web/app.py", "from ..testing import build", "for tests only"),
        ("testing/adapter.py", "from ..flask import PortalKit", "is below flask"),
        ("portal.py", "import itsdangerous.url_safe", "only in links"),
        ("web/app.py", "from flask import request", "only in flask"),
        ("cli.py", "import werkzeug.serving", "only in flask"),
        ("codec.py", "if TYPE_CHECKING:\n    from .links import Link", "is below links"),
        ("surprise.py", "", "no floor for 'surprise'"),
        ("facts.py", "from .surprise import x", "no floor for 'surprise'"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, path: str, code: str, reason: str) -> None:
    root = tmp_path / "portalkit"
    file = root / path
    file.parent.mkdir(parents=True)
    for name in ("fold.py", "storage/sqlite.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    file.write_text(code)
    (found,) = violations(root)
    assert reason in found


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("facts.py", "from .model import Project\nfrom . import errors"),
        ("portal.py", "from .storage import Head\nfrom .notices import due"),
        ("storage/memory.py", "from . import Head\nfrom .sqlite import x\nfrom ..errors import E"),
        ("links.py", "from itsdangerous import Signer\nimport json, attrs"),
        ("web/app.py", "import jinja2\nfrom .. import Portal\nfrom ..portal import Portal"),
        ("flask.py", "from flask import Flask\nfrom werkzeug.wrappers import Response"),
        ("testing/adapter.py", "from ..web import Request\nfrom ..storage.memory import x"),
    ],
)
def test_a_permitted_import_is_not(tmp_path: Path, path: str, code: str) -> None:
    root = tmp_path / "portalkit"
    file = root / path
    file.parent.mkdir(parents=True)
    (root / "errors.py").touch()
    file.write_text(code)
    assert violations(root) == []


def rooms_of(adapter: str) -> dict[str, ast.Module]:
    """The modules of an adapter."""
    paths = [*SOURCE.glob(f"{adapter}.py"), *SOURCE.glob(f"{adapter}/**/*.py")]
    return {str(p.relative_to(SOURCE)): ast.parse(p.read_text("utf-8")) for p in paths}


@pytest.mark.parametrize("adapter", ["flask", "django"])
def test_an_adapter_knows_nothing_of_rules_and_pages(adapter: str) -> None:
    """It translates requests and supplies what the host has; all that decides is below it."""
    known = set()
    for name in rooms_of(adapter):
        path = SOURCE / name
        here = path.relative_to(SOURCE).with_suffix("").parts
        modules = (module.split(".") for _, module in imports(path, here, SOURCE))
        known |= {(m[1:] or ["__init__"])[0] for m in modules if m[0] == SOURCE.name}
    public = set(importlib.import_module("portalkit").__all__)
    assert known - public <= FOR_ADAPTERS


def test_no_flow_stands_in_both_adapters() -> None:
    """What both needed is in `web`: no function of one has the body of a function of the other."""

    def bodies(adapter: str) -> dict[str, str]:
        found = {}
        for name, tree in rooms_of(adapter).items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    own = [s for s in node.body if not isinstance(s, ast.Expr)]
                    if sum(isinstance(part, ast.stmt) for s in own for part in ast.walk(s)) >= 3:
                        found["\n".join(map(ast.dump, own))] = f"{name}: {node.name}"
        return found

    flask, django = bodies("flask"), bodies("django")
    assert len(flask) > 5
    assert len(django) > 20
    assert {django[body] for body in flask.keys() & django.keys()} == set()


def test_the_core_loads_no_framework_and_no_pages() -> None:
    """`import portalkit` is cheap and needs none of the libraries of pages and adapters."""
    code = "import sys, portalkit; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert set(run.stdout.split()).isdisjoint(NOT_WITH_THE_CORE)

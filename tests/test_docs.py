"""The blocks of README.md and docs/ are true.

Every ```python block runs, from top to bottom of its document.  The blocks of one document share a
namespace; the current folder is an empty one.  Code that a reader need not see stands in
``<!-- invisible-code-block: python ... -->``.  A block that begins with the name of a file is a part of
that file, and of what the other blocks can import.

Commands in blocks for a terminal exist and take the options that are shown.  Blocks of other languages
have tests of their own: ``nginx`` in test_deployment.py, ``jinja`` in test_docs_complete.py, ``css`` here.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from types import ModuleType

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from portalkit import cli
from tests.guides.guide import write_files

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = [str(page.relative_to(ROOT)) for page in PAGES if "python" in page.read_text("utf-8")]


OWN_PROCESS = ["docs/django.md"]
"""What configures Django, which a process can do once."""


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in OWN_PROCESS])
def test_the_python_blocks_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "document", ModuleType("document"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for path in write_files(ROOT / name, tmp_path):
        module_name = ".".join(path.relative_to(tmp_path).with_suffix("").parts)
        monkeypatch.delitem(sys.modules, module_name, raising=False)
    # In a context of its own: a page may make its app current, and later tests have apps of theirs.
    copy_context().run(evaluate, name)


AS_IT_STANDS = [
    name for name in DOCUMENTS if "runs as it stands" in (ROOT / name).read_text("utf-8")
]
"""What promises that a reader can paste it."""


@pytest.mark.parametrize("name", AS_IT_STANDS)
def test_what_runs_as_it_stands_needs_nothing_that_is_hidden(name: str, tmp_path: Path) -> None:
    """The visible blocks alone, as one file, with a key in the environment."""
    text = re.sub(r"<!--.*?-->", "", (ROOT / name).read_text("utf-8"), flags=re.DOTALL)
    pasted = tmp_path / "pasted.py"
    pasted.write_text("\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)), "utf-8")
    environment = {**os.environ, "PORTAL_KEYS": "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"}
    command = [sys.executable, "-W", "error::ResourceWarning", str(pasted)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", OWN_PROCESS)
def test_the_python_blocks_run_in_a_process_of_their_own(name: str, tmp_path: Path) -> None:
    code = f"from tests.test_docs import evaluate; evaluate({name!r})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", code]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def evaluate(name: str) -> None:
    """Run the blocks of a document in the current folder."""
    # A real module, so that `Flask(__name__)`, attrs and dataclasses find what they look for.
    module = sys.modules.setdefault("document", ModuleType("document"))
    module.__file__ = str(Path.cwd() / "document.py")
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(ROOT / name)
    document.namespace = vars(module)
    for example in document.examples():
        example.evaluate()


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """The blocks in these languages, each with its document."""
    for page in PAGES:
        for language, block in re.findall(
            r"^```(\S*)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S
        ):
            if language in languages:
                yield str(page.relative_to(ROOT)), block


def test_every_block_is_of_a_language_that_is_tested() -> None:
    known = {
        "python",
        "console",
        "sh",
        "text",
        "nginx",
        "jinja",
        "css",
        "django",
        "diff",
        "{eval-rst}",
        "{toctree}",
        "{include}",
    }
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    found = set(re.findall(r"^```(\S+)\n.*?^```", text, re.M | re.S))
    assert found - known == set()


def commands() -> Iterator[tuple[str, list[str]]]:
    """The commands that blocks for a terminal show."""
    for page, block in blocks("console", "sh"):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words:
                end = next(
                    (i for i, word in enumerate(words) if word in ("||", "|", "&&")), len(words)
                )
                yield page, words[:end]


@pytest.mark.parametrize(("page", "words"), list(commands()), ids=lambda value: str(value)[:60])
def test_a_command_exists(
    page: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours are called, in an empty folder, where they find no portal; of others only these are shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORTALKIT_DATA", raising=False)
    if words[0] == "flask":
        assert words[1:3] == ["--app", "agency"], "without it flask finds no app"
        words = words[3:]
    if words[0] == "portalkit":
        assert cli.main(words[1:]) == cli.FAILED
    else:
        assert words[0] in ("gunicorn", "python"), page


def test_every_line_of_css_is_complete() -> None:
    """What is shown of our tokens names tokens that there are."""
    sheet = (ROOT / "src/portalkit/web/static/portal.css").read_text("utf-8")
    for page, block in blocks("css"):
        assert block.count("{") == block.count("}") > 0, page
        assert set(re.findall(r"--pk-[a-z-]+", block)) <= set(re.findall(r"--pk-[a-z-]+", sheet))

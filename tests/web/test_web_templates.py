"""Every template can be replaced by name: extended with one block changed, or taken over whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import UndefinedError

from portalkit.flask import current_portal, view_as
from portalkit.web.render import FOLDER
from tests.flask.host import MAYA, Browser, Seeded, make_app, seed

OURS = sorted((FOLDER / "templates").glob("*.html"))
BLOCK = re.compile(r"{%-? block (\w+)")
BLOCKS = {path.name: BLOCK.findall(path.read_text("utf-8")) for path in OURS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The host's folder of templates."""
    folder = tmp_path / "looks"
    folder.mkdir()
    return folder


def everything(app: Flask, seeded: Seeded) -> Iterator[str]:
    """Every kind of page, as text."""
    visitor = Browser(app.test_client())
    yield visitor.enter(seeded.url).text
    with app.app_context():
        project = current_portal.desk(MAYA).project(seeded.project)
        unsubscribe = current_portal.unsubscribe_url(project, seeded.person)
        visit = current_portal.visit(seeded.url.rpartition("/")[2])
        question = visit.ask(seeded.design, "Which font?").id
    [milestone, *_] = project.milestones
    [update, *_] = project.updates
    [ask, *_] = project.approvals
    for path in (
        f"m/{milestone}", f"u/{update}", f"q/{question}", "history", "notices", f"a/{ask}",
        "nowhere",
    ):  # fmt: skip
        yield visitor.get(path).text
    yield visitor.review(ask, comment="", typed_name="Anna").text
    yield app.test_client().get(visitor.base).text
    yield visitor.get(unsubscribe).text
    with app.test_request_context():
        yield str(view_as("crm:17", seeded.person, address=lambda path: "/as/" + path).body)
    with app.app_context():
        yield app.jinja_env.from_string("{{ portal_review('crm:17', week=day) }}").render(
            day=datetime.now(UTC).date()
        )


@pytest.mark.parametrize("template", [name for name, blocks in BLOCKS.items() if blocks])
def test_each_block_is_replaced_in_a_template_that_extends_ours(
    template: str, folder: Path, tmp_path: Path
) -> None:
    """The rest of the page stays as it is, and `super()` gives what the block holds."""
    changed = "".join(
        f"{{% block {block} %}}{{{{ super() }}}}<p>{block} of the host</p>{{% endblock %}}"
        for block in BLOCKS[template]
    )
    (folder / template).write_text(f'{{% extends "portalkit/{template}" %}}\n{changed}')
    app = make_app(tmp_path, PORTALKIT_TEMPLATES=folder)
    pages = list(everything(app, seed(app)))
    for block in BLOCKS[template]:
        found = [page for page in pages if f"<p>{block} of the host</p>" in page]
        assert found, block
        assert all(page.count('class="pk ') + page.count('class="pk-') > 3 for page in found)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_template_is_taken_over_whole(path: Path, folder: Path, tmp_path: Path) -> None:
    """A copy of ours with a change in it is used in place of ours."""
    text = path.read_text("utf-8")
    marked = rf'\g<0> data-host="{path.name}"'
    copy, count = re.subn(r"<(?:body|div|li|time)\b(?=[ >])", marked, text, count=1)
    assert count, "every template has an element to mark"
    (folder / path.name).write_text(copy)
    app = make_app(tmp_path, PORTALKIT_TEMPLATES=folder)
    assert any(f'data-host="{path.name}"' in page for page in everything(app, seed(app)))


def test_a_broken_template_is_an_error_with_its_name(folder: Path, tmp_path: Path) -> None:
    """A value that does not exist is never silently empty."""
    (folder / "message.html").write_text("{{ no_such_value }}")
    app = make_app(tmp_path, PORTALKIT_TEMPLATES=folder)
    app.testing = True
    with pytest.raises(UndefinedError, match="no_such_value"):
        app.test_client().get("/portal/nowhere")

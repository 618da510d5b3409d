"""Every template can be replaced by name: extended with one block changed, or taken over whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import UndefinedError

from portalkit import ConfigError
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


EXTENDS = '{% extends "portalkit/project.html" %}\n'


@pytest.mark.parametrize(
    ("files", "template", "line", "cause"),
    [
        ({"project.html": EXTENDS + "{% block side %}{% endblok %}"}, "project.html", 2, "endblok"),
        (
            {"project.html": EXTENDS + "{% block side %}{{ page | nofilter }}{% endblock %}"},
            "project.html",
            2,
            "nofilter",
        ),
        (
            {"project.html": '{% extends "project.html" %}'},
            "project.html",
            1,
            "portalkit/project.html",
        ),
        ({"project.html": '\n{% extends "base.html" %}'}, "project.html", 2, "base.html"),
        (
            {"project.html": EXTENDS + '{% include "a.html" %}', "a.html": "{% if %}"},
            "a.html",
            1,
            "",
        ),
        ({"mail/mail.txt": "{{ letter."}, "mail/mail.txt", 1, ""),
        ({"message.html": "{{"}, "message.html", 1, ""),
        ({"door.html": "Stra\u00dfe".encode("latin-1")}, "door.html", None, "utf-8"),
    ],
    ids=["syntax", "filter", "itself", "missing", "included", "mail", "trouble", "encoding"],
)
def test_a_template_that_cannot_be_used_stops_the_app_from_starting(
    folder: Path,
    tmp_path: Path,
    files: dict[str, str | bytes],
    template: str,
    line: int | None,
    cause: str,
) -> None:
    """No client is the first to meet it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match="PORTALKIT_TEMPLATES") as raised:
        make_app(tmp_path, PORTALKIT_TEMPLATES=[folder])
    evidence = raised.value.evidence
    assert str(evidence["template"]).endswith(template)
    assert evidence.get("line") == line
    assert cause in str(evidence["cause"])
    assert "Correct it" in raised.value.remedy


def test_templates_that_take_no_part_may_be_anything(folder: Path, tmp_path: Path) -> None:
    """Such as those of the host, which know more than ours do; and what is included if it is there."""
    (folder / "jobs.html").write_text("{{ job | of_the_host }}{% if %}")
    (folder / "project.html").write_text(EXTENDS + '{% include "extra.html" ignore missing %}')
    make_app(tmp_path, PORTALKIT_TEMPLATES=[folder])


def doctor(app: Flask) -> list[dict[str, str]]:
    """What it says of templates."""
    run = app.test_cli_runner().invoke(args=["portalkit", "doctor", "--json"])
    found = map(json.loads, run.stdout.splitlines())
    return [line for line in found if line["what"] == "template"]


def test_doctor_names_what_is_written_in_vain(folder: Path, tmp_path: Path) -> None:
    """A misspelt block or name shows nowhere: it is only without effect."""
    (folder / "project.html").write_text(
        EXTENDS + "{% block side %}{% block mine %}{% endblock %}{% endblock %}\n"
        "{% block sied %}{% endblock %}"
    )
    (folder / "mail.html").write_text("Hello")
    block, name = doctor(make_app(tmp_path, PORTALKIT_TEMPLATES=[folder]))
    assert "portalkit/project.html has no block of this name" in block["found"]
    assert "block='sied'" in block["found"]
    assert "line=3" in block["found"]
    assert "side" in block["remedy"]
    assert "template='mail.html'" in name["found"]
    assert "mail/mail.html" in name["remedy"]


def test_doctor_says_nothing_of_templates_that_are_used(folder: Path, tmp_path: Path) -> None:
    (folder / "project.html").write_text(
        '{% extends "base.html" %}{% block side %}{% include "part.html" %}{% endblock %}'
        "{% block mine %}{% endblock %}"
    )
    (folder / "base.html").write_text(
        EXTENDS + "{% block latest %}{% block mine %}{% endblock %}{% endblock %}"
    )
    (folder / "part.html").write_text("{% block own %}{% endblock %}")
    assert doctor(make_app(tmp_path, PORTALKIT_TEMPLATES=[folder])) == []

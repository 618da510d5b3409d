"""The documents are complete: whatever a user can set, hear, raise, open or call stands on its page.

The reference pages hold tables; a table is compared with the code it describes, in both directions.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import fields, has
from flask import Flask
from jinja2.defaults import DEFAULT_FILTERS
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Assign, Import

import portalkit
from portalkit import Caretaker, Change, Desk, Portal, PortalError, Staff, Visit, errors
from portalkit.cli import COMMANDS
from portalkit.facts import KINDS, sealed_fields
from portalkit.flask import DEFAULTS, PortalKit
from portalkit.fold import NEWS_KINDS
from portalkit.notices.due import LEADING
from portalkit.pages import values
from portalkit.pages.letter import WORDS, Item, Letter
from portalkit.portal import Looking
from tests.django import settings as _django_is_set_up  # noqa: F401

# isort: split

from portalkit.django import conf
from portalkit.django.models import HeadQuerySet
from portalkit.django.templatetags import portalkit as tags
from portalkit.storage import AccessLog, FileStore, Store
from portalkit.storage.memory import MemoryFiles, MemoryStore
from portalkit.web import ROUTES, Brand, Looks, Page, Request, Web
from portalkit.web.mail import Ground, Look
from portalkit.web.render import Renderer

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WEB = ROOT / "src" / "portalkit" / "web"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"


def rows(page: str, *header: str) -> list[list[str]]:
    """The rows of the tables of a page that have this header, cell by cell."""
    found: list[list[str]] = []
    table: list[list[str]] = []
    for line in [*(DOCS / page).read_text("utf-8").splitlines(), ""]:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if table and table[0][: len(header)] == list(header):
            found += table[2:]
        table = []
    assert found, f"{page} has no table with the columns {header}"
    return found


def names(cell: str) -> list[str]:
    """The names in a cell: what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def column(page: str, *header: str) -> list[str]:
    """The names in the first column of the tables with this header."""
    return [name for row in rows(page, *header) for name in names(row[0])]


def public(*classes: type) -> list[str]:
    """The public methods and properties of classes."""
    return [name for cls in classes for name in vars(cls) if not name.startswith("_")]


def make_portal(cls: type[Portal] = Portal) -> Portal:
    return cls(
        store=MemoryStore(),
        files=MemoryFiles(),
        base_url="https://agency.example/portal",
        keys=[KEY],
    )


# -- tables ---------------------------------------------------------------------------------------


def test_every_setting_stands_in_the_tutorial_with_its_default() -> None:
    found = {names(s)[0]: names(d)[0] for s, d, _ in rows("flask.md", "setting", "default")}
    assert {name: ast.literal_eval(default) for name, default in found.items()} == DEFAULTS


def test_every_setting_of_django_stands_in_its_tutorial_with_its_default() -> None:
    found = {names(s)[0]: names(d)[0] for s, d, _ in rows("django.md", "setting", "default")}
    assert {name: ast.literal_eval(default) for name, default in found.items()} == conf.DEFAULTS


def test_every_check_tag_and_query_of_django_stands_in_its_tutorial() -> None:
    source = (ROOT / "src" / "portalkit" / "django" / "checks.py").read_text("utf-8")
    checks = set(re.findall(r'"(portalkit\.[EW]\d+)"', source))
    assert sorted(column("django.md", "check", "finds")) == sorted(checks)
    assert sorted(column("django.md", "tag", "gives")) == sorted(tags.register.tags)
    queries = [name.split("(")[0] for name in column("django.md", "on `Head.objects`")]
    assert sorted(queries) == sorted(public(HeadQuerySet))


def test_the_lines_that_the_tutorial_shows_are_those_of_the_example() -> None:
    """Every line that it marks as added stands in the example app, and there are at most fifteen."""
    (shown,) = re.findall(r"```diff\n(.*?)```", (DOCS / "django.md").read_text("utf-8"), re.DOTALL)
    added = [line[1:] for line in shown.splitlines() if line.startswith("+")]
    agency = ROOT / "examples" / "django_app" / "agency"
    kept = [line for path in agency.glob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [line for line in added if line not in kept] == []
    assert len(added) <= 15


def test_every_kind_of_fact_stands_on_its_page_with_its_fields() -> None:
    found = {
        names(kind)[0]: (names(cls)[0], names(plain), names(sealed))
        for kind, cls, _, _, plain, sealed in rows("facts.md", "kind", "class")
    }
    assert found == {
        kind: (
            cls.__name__,
            [f.name for f in fields(cls) if f.name not in sealed_fields(cls)],
            [f.name for f in fields(cls) if f.name in sealed_fields(cls)],
        )
        for kind, cls in KINDS.items()
    }


def test_every_kind_of_fact_stands_among_the_notices_with_who_is_told_and_when() -> None:
    """The matrix is complete: each kind is told to somebody, or stands there with the reason why not."""
    told = {names(kind)[0]: when for kind, _, when in rows("notices.md", "kind", "who is told")}
    assert told == {kind: "news" if kind in NEWS_KINDS else "at once" for kind in LEADING}
    untold = column("notices.md", "kind", "because")
    assert sorted([*told, *untold]) == sorted(KINDS)


def test_every_field_of_a_fact_is_explained() -> None:
    found = column("facts.md", "field", "what")
    assert sorted(found) == sorted({f.name for cls in KINDS.values() for f in fields(cls)})


def test_every_error_stands_in_the_tree() -> None:
    """Each at its depth, below the error it is one of."""
    path: list[type] = []
    for row in rows("errors.md", "error", "when"):
        (name,) = names(row[0])
        depth = row[0].count("–")
        cls = getattr(errors, name)
        path[depth:] = [cls]
        assert cls.__base__ is (path[depth - 1] if depth else Exception), name
    assert sorted(column("errors.md", "error", "when")) == sorted(errors.__all__)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        (names(error)[0], int(status))
        for error, _, status in rows("errors.md", "error", "when")
        if status
    ],
)
def test_a_page_answers_an_error_as_documented(name: str, status: int) -> None:
    class Failing(Portal):
        def visit(self, token: str) -> Visit:
            raise getattr(portalkit, name)("it happened")

    web = Web(make_portal(Failing), Looks(brands={}))
    assert web.handle(Request(method="GET", path="/l/token")).status == status


def test_every_route_stands_on_its_page() -> None:
    found = [
        (names(name)[0], tuple(methods.split(", ")), names(path)[0])
        for name, methods, path, _ in rows("routes.md", "name", "method")
    ]
    assert found == [(route.name, route.methods, route.path) for route in ROUTES]


COMMON = {"say", "_", "n_", "visitor", "reader", "base", "mount", "csrf", "now", "zone"}
"""Values of every template but the shell."""


def test_every_template_stands_on_its_page_with_its_blocks_and_values() -> None:
    found = {
        names(template)[0]: (names(blocks), set(names(values)))
        for template, _, blocks, values in rows("templates.md", "template")
    }
    folder = WEB / "templates"
    assert found == {
        path.relative_to(folder).as_posix(): (
            re.findall(r"{%-? block (\w+)", text),
            undeclared(text) - COMMON,
        )
        for path in folder.rglob("*.*")
        for text in [path.read_text("utf-8")]
    }


def undeclared(template: str) -> set[str]:
    """The values that a template looks up; what it sets at its top can be used in its blocks."""
    tree = Renderer()._environment.parse(template)
    own = {
        str(getattr(node.target, "name", node.target)) for node in tree.find_all((Assign, Import))
    }
    return find_undeclared_variables(tree) - own


def test_every_value_of_a_template_is_explained() -> None:
    table = {
        (names(t)[0], value)
        for t, *_, values in rows("templates.md", "template")
        for value in names(values)
    }
    explained = {(names(t)[0], names(value)[0]) for t, value, kind, _ in rows("templates.md", "in")}
    assert explained == table
    kinds = {names(kind)[0] for *_, kind, _ in rows("templates.md", "in")}
    pages = {kind for kind in kinds if kind.endswith(("Page", "View")) and kind != "Page"}
    assert all(rows("templates.md", f"`{kind}`") for kind in pages)


VIEWS = [cls for cls in vars(values).values() if has(cls) and cls.__module__ == values.__name__]


@pytest.mark.parametrize(
    "cls", [*(cls for cls in VIEWS if cls is not values.Reader), Letter, Item, Look, Ground]
)
def test_every_value_of_a_page_or_mail_stands_there_with_its_type(cls: type) -> None:
    found = [
        (names(name)[0], names(kind)[0])
        for name, kind, _ in rows("templates.md", f"`{cls.__name__}`")
    ]
    assert found == [(f.name, str(f.type).replace("|", "or")) for f in fields(cls)]


def test_every_kind_of_news_stands_on_the_page_of_notices() -> None:
    found = {names(kind)[0]: headline for kind, headline in rows("mails.md", "news", "headline")}
    said = {kind: words.headline for kind, words in WORDS.items() if " by " not in kind}
    assert found == {kind: said or "{count} things are new" for kind, said in said.items()}


def test_every_attribute_of_a_page_stands_on_its_page() -> None:
    attributes = [f.name for f in fields(Page) if not f.name.startswith("_")]
    properties = [n for n, v in vars(Page).items() if isinstance(v, property)]
    found = [name.removeprefix("page.") for name in column("templates.md", "attribute")]
    assert sorted(found) == sorted([*attributes, *properties])


def test_every_custom_property_stands_on_its_page() -> None:
    used = re.findall(r"--pk-[a-z-]+", (WEB / "static" / "portal.css").read_text("utf-8"))
    assert sorted(column("guides/theming.md", "property")) == sorted(set(used))


def test_every_common_value_stands_on_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spy(Renderer):
        def render(self, template: str, values: Any) -> Any:
            if template == "message.html":
                seen.update(values)
            return super().render(template, values)

    seen: dict[str, Any] = {}
    monkeypatch.setattr("portalkit.web.app.Renderer", Spy)
    web = Web(make_portal(), Looks(brands={}))
    assert web.handle(Request(method="GET", path="/nowhere")).status == 404
    own = {"heading", "detail", "onward"}
    assert sorted(column("templates.md", "value")) == sorted(seen.keys() - own) == sorted(COMMON)


def test_every_filter_stands_on_its_page() -> None:
    text = (DOCS / "templates.md").read_text("utf-8")
    added = set(Renderer()._environment.filters) - set(DEFAULT_FILTERS)
    assert [name for name in added if f"`{name}`" not in text] == []


def test_every_method_of_the_two_doors_stands_on_its_page() -> None:
    found = column("doors.md", "method") + column("doors.md", "step")
    assert sorted(found) == sorted(public(Portal, Desk, *Change.__mro__[:-1], Looking, Visit))


def test_every_task_of_the_caretaker_stands_on_its_page() -> None:
    assert sorted(column("doors.md", "task")) == sorted(public(Caretaker))


def test_every_command_stands_on_its_page() -> None:
    found = [name.split()[0] for name in column("care.md", "command")]
    assert sorted(set(found)) == sorted(name for name, _, _ in COMMANDS)


def test_every_method_of_the_seams_stands_on_its_page() -> None:
    assert column("storage.md", "method") == public(Store, FileStore, AccessLog)


def test_every_public_name_stands_somewhere() -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)
    assert [n for n in portalkit.__all__ if not re.search(rf"\b{n}\b", text)] == []


# -- what the documents show ----------------------------------------------------------------------


def project_page(folder: Path, **config: Any) -> str:
    """A client's project page in an app of this folder."""
    app = Flask("host", root_path=str(folder))
    app.config.update(
        PORTALKIT_KEYS=[KEY],
        PORTALKIT_BASE_URL="https://agency.example/portal",
        PORTALKIT_DATA=folder / "data",
        **config,
    )
    PortalKit(app)
    portal = app.extensions["portalkit"].portal
    with portal.desk(Staff("u1", "Ben Ode")).open("Website", client="Acme") as change:
        anna = change.add_person("Anna Keller")
        change.issue_link(anna)
    url = portal.link_url(change.project, anna.id)
    page = app.test_client().get(url, base_url="https://agency.example", follow_redirects=True)
    assert page.status_code == 200
    return page.text


def jinja(page: str) -> str:
    """The template that a page shows."""
    (shown,) = re.findall(r"```jinja\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return str(shown)


def test_the_shell_of_the_tutorial_works(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    (templates / "portalkit").mkdir(parents=True)
    (templates / "portalkit" / "shell.html").write_text(jinja("flask.md"))
    blocks = "".join(f"{{% block {name} %}}{{% endblock %}}" for name in ("title", "head", "main"))
    (templates / "base.html").write_text(f"<h1>The host</h1>{blocks}")
    page = project_page(tmp_path, PORTALKIT_BRANDS={"studio": Brand(name="Studio")})
    for part in ("<h1>The host</h1>", "portal.css-", '<div class="pk ', "Website"):
        assert part in page


def test_the_template_of_the_guide_works(tmp_path: Path) -> None:
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "project.html").write_text(jinja("guides/theming.md"))
    page = project_page(tmp_path, PORTALKIT_TEMPLATES=tmp_path / "looks")
    assert "Call Ben: 040 123 456" in page
    assert "Whole history" in page


def test_the_store_of_the_documents_obeys_the_laws(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "storage.md").read_text("utf-8"), re.DOTALL)
    (shown,) = [block for block in blocks if "StoreContract" in block]
    (tmp_path / "test_shown.py").write_text(shown)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shown.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


# -- links and words ------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def links(path: Path) -> Iterator[str]:
    """The addresses that a document refers to, beside those of the web."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    for address in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
        yield next(filter(None, address))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_reference_leads_somewhere(path: Path) -> None:
    for address in links(path):
        if address.startswith(("https://", "http://")):
            continue
        file, _, anchor = address.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), address
        assert not anchor or anchor in anchors(target), address


def test_the_index_leads_to_every_document() -> None:
    """By a link in the repository; in the site there is the table of contents too."""
    led = {(DOCS / address.partition("#")[0]).resolve() for address in links(DOCS / "index.md")}
    taken_in = {DOCS / "contributing.md"}
    pages = {path for path in DOCS.rglob("*.md") if path.name != "index.md"}
    assert pages - led - taken_in == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_is_told_to_install_the_other_project(path: Path) -> None:
    """The name without ``-sdk`` belongs to somebody else."""
    text = path.read_text("utf-8")
    assert not re.search(r"(install|add|require)\s+[\"']?portalkit(?!-sdk)", text)


def test_every_error_is_public() -> None:
    assert all(issubclass(getattr(portalkit, name), PortalError) for name in errors.__all__)

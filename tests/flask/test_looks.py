"""How a host dresses the portal, and how its own pages tell where a project stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portalkit import Invalid
from portalkit.flask import current_portal, view_as
from portalkit.web import Brand
from tests.flask.host import MAYA, Browser, Seeded, browser, is_ours, make_app, seed

OWN_POLICY = "default-src 'none'; style-src 'self'"

SHELL = """<!doctype html><html lang="{{ page.language.locale }}"><head><title>{{ page.title }} at the studio</title>
{{ page.head }}</head><body class="studio"><nav>{{ config.STUDIO }} {{ motto }}</nav>
<main>{{ page.body }}</main><p>{{ page.viewer }} of {{ page.client }}, <a href="{{ page.home }}">home</a></p></body></html>"""


def hosted(tmp_path: Path, shell: str = SHELL, **config: Any) -> Flask:
    """An app with a template ``portalkit/shell.html``."""
    templates = tmp_path / "templates"
    (templates / "portalkit").mkdir(parents=True)
    (templates / "portalkit" / "shell.html").write_text(shell)
    app = make_app(tmp_path, templates=templates, STUDIO="The Studio", **config)
    app.context_processor(lambda: {"motto": "We build"})
    return app


def entered(app: Flask) -> tuple[Browser, Seeded]:
    """A project in an app, and the browser of its client."""
    seeded = seed(app)
    anna = browser(app)
    anna.enter(seeded.url)
    return anna, seeded


# -- the shell ----------------------------------------------------------------------------------


def test_the_hosts_shell_is_used_when_it_is_there(tmp_path: Path) -> None:
    """``portalkit/shell.html`` gets the page: its head and body stand inside, with the host's context."""
    anna, _ = entered(hosted(tmp_path))
    page = anna.get("").text
    assert "<title>Website relaunch at the studio</title>" in page
    assert "<nav>The Studio We build</nav>" in page
    head, body = page.split("</head>")
    assert re.search(r'<link rel="stylesheet" href="/portal/s/portal.css-\w+">', head)
    assert re.search(r'<main>\s*<div class="pk pk-page" lang="en" dir="ltr">', body)
    assert f'Anna Keller of Acme, <a href="{anna.base}">home</a>' in body
    assert "pk-shell" not in page
    assert page.count("<!doctype html>") == 1


def test_every_page_wears_the_hosts_shell(tmp_path: Path) -> None:
    """Errors and the closed door too: a client never falls out of the agency's look."""
    app = hosted(tmp_path)
    anna, seeded = entered(app)
    pages = [
        "",
        "history",
        f"a/{seeded.ask}",
        f"m/{seeded.design}",
        f"u/{seeded.update}",
        "nothing",
    ]
    answers = [anna.get(path) for path in pages]
    answers += [app.test_client().get(path) for path in ("/portal/x", anna.base, "/portal/l/x")]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404, 404, 403, 403]
    for answer in answers:
        assert '<body class="studio">' in answer.text
        assert is_ours(answer)


def test_the_policy_of_a_hosted_page_is_the_light_one(tmp_path: Path) -> None:
    """In the host's shell its scripts and styles go on working; framing and plug-ins stay forbidden."""
    anna, _ = entered(hosted(tmp_path))
    assert anna.get("").headers["Content-Security-Policy"] == (
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def test_a_file_is_as_safe_as_ever_in_a_hosted_portal(tmp_path: Path) -> None:
    """The host's light policy is for pages alone: files and answers without a page keep the strict one."""
    anna, seeded = entered(hosted(tmp_path))
    file = anna.get(f"f/{seeded.home}/1")
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    data = anna.get("project.json")
    assert data.headers["Content-Security-Policy"].startswith(OWN_POLICY)


def test_the_host_may_pass_its_own_policy(tmp_path: Path) -> None:
    """``PORTALKIT_POLICY`` replaces the light policy in the host's shell."""
    anna, _ = entered(hosted(tmp_path, PORTALKIT_POLICY="default-src 'self'"))
    assert anna.get("").headers["Content-Security-Policy"] == "default-src 'self'"


def test_without_a_shell_ours_is_used_with_the_strict_policy(app: Flask, anna: Browser) -> None:
    """A host without that template gets our shell, and no policy of its own loosens it."""
    answer = anna.get("")
    assert '<body class="pk pk-shell">' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith(OWN_POLICY)


def test_a_title_cannot_break_out_of_the_hosts_shell(tmp_path: Path) -> None:
    """What clients and staff typed is escaped in the host's template too."""
    app = hosted(tmp_path)
    seeded = seed(app)
    with app.app_context(), current_portal.desk(MAYA).change(seeded.project) as change:
        change.describe(title="</title><script>alert(1)</script>", client="<i>Acme</i>")
    anna = browser(app)
    page = anna.enter(seeded.url).text
    assert "<script>" not in page
    assert "<i>Acme" not in page
    assert "&lt;/title&gt;&lt;script&gt;" in page


def test_a_broken_shell_is_the_hosts_error(tmp_path: Path) -> None:
    """A mistake in the host's template is not hidden behind our own shell."""
    app = hosted(tmp_path, shell="{{ page.nothing.at_all }}")
    app.testing = False
    assert app.test_client().get("/portal/x").status_code == 500


# -- templates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a folder", "a path", "a list"])
def test_a_template_of_the_host_replaces_ours(tmp_path: Path, kind: str) -> None:
    """A file of the same name in ``PORTALKIT_TEMPLATES`` is used instead; the others stay ours."""
    folder = tmp_path / "portal-templates"
    folder.mkdir()
    (folder / "message.html").write_text("<h1>Sorry: {{ heading }}</h1><p>{{ '<b>' }}</p>")
    given: Any = {"a folder": str(folder), "a path": folder, "a list": [str(folder)]}[kind]
    app = make_app(tmp_path, PORTALKIT_TEMPLATES=given)
    anna, _ = entered(app)
    page = anna.get("nothing")
    assert page.status_code == 404
    assert "<h1>Sorry: There is no such page.</h1><p>&lt;b&gt;</p>" in page.text
    assert "Needs your decision" in anna.get("").text


def test_a_block_of_the_shell_can_be_replaced(tmp_path: Path) -> None:
    """Our shell is a template like the others: a host's own of that name takes its place."""
    folder = tmp_path / "portal-templates"
    folder.mkdir()
    (folder / "shell.html").write_text("<title>{{ page.title }}</title>{{ page.body }}<footer>")
    anna, _ = entered(make_app(tmp_path, PORTALKIT_TEMPLATES=[folder]))
    answer = anna.get("")
    assert answer.text.startswith("<title>Website relaunch</title>")
    assert answer.headers["Content-Security-Policy"].startswith(OWN_POLICY)


def test_the_hosts_own_templates_do_not_reach_in(tmp_path: Path) -> None:
    """A host's ``project.html`` or ``message.html`` for its own pages never replaces ours."""
    templates = tmp_path / "templates"
    templates.mkdir()
    for name in ("project.html", "message.html", "shell.html", "parts.html"):
        (templates / name).write_text("the host's own page")
    anna, _ = entered(make_app(tmp_path, templates=templates))
    assert "the host's own page" not in anna.get("").text + anna.get("nothing").text


# -- settings -----------------------------------------------------------------------------------


def test_a_brand_is_shown_by_its_key(tmp_path: Path) -> None:
    """``PORTALKIT_BRANDS`` are chosen by the project's brand; the first one is for all others."""
    brands = {
        "north": Brand(name="North Studio", footer="North, Hamburg"),
        "south": Brand(name="South Studio", links=(("Imprint", "https://south.example/"),)),
    }
    app = make_app(tmp_path, PORTALKIT_BRANDS=brands)
    pages = {}
    for key in ("north", "south", ""):
        pages[key] = browser(app).enter(seed(app, None, brand=key).url).text
    assert "North, Hamburg" in pages["north"]
    assert "https://south.example/" in pages["south"]
    assert "South Studio" in pages["south"]
    assert "North Studio" in pages[""]


def test_who_may_frame_the_pages(tmp_path: Path) -> None:
    """``PORTALKIT_FRAME_ANCESTORS`` lets the agency's own site show the portal in a frame."""
    allowed = "https://agency.example"
    anna, _ = entered(make_app(tmp_path, PORTALKIT_FRAME_ANCESTORS=allowed))
    assert f"frame-ancestors {allowed}" in anna.get("").headers["Content-Security-Policy"]


def test_strict_updates(tmp_path: Path) -> None:
    """``PORTALKIT_STRICT`` refuses news that refers to neither an outcome nor a decision."""
    app = make_app(tmp_path, PORTALKIT_STRICT=True)
    seeded = seed(app)
    with app.app_context(), current_portal.desk(MAYA).change(seeded.project) as change:
        with pytest.raises(Invalid):
            change.post_update(seeded.design, "Something happened")
        change.post_update(seeded.design, "It waits for you", about=seeded.ask)


# -- the host's pages ---------------------------------------------------------------------------

STATUS = """{% set answers = portal_answers(ref) %}{{ portal_sentence(ref) }}|
{{- answers.in_progress|map(attribute="title")|join(",") if answers }}|
{{- portal_pending(ref)|map(attribute="title")|join(",") }}"""


@pytest.fixture
def pages(tmp_path: Path) -> Flask:
    """An app with a page of its own about a project."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "status.html").write_text(STATUS)
    return make_app(tmp_path, templates=templates)


def status(app: Flask, ref: str, **values: Any) -> str:
    """What the host's page says of a project."""
    with app.test_request_context():
        template = app.jinja_env.get_template("status.html")
        return template.render(ref=ref, **values)


def test_a_host_page_tells_what_waits_for_the_agency_and_what_the_week_brought(
    pages: Flask,
) -> None:
    """`portal_questions` and `portal_review`; where there is no project they say nothing."""
    seeded = seed(pages)
    with pages.app_context():
        current_portal.visit(seeded.url.rpartition("/")[2]).ask(seeded.design, "Which <b>?")
        today = datetime.now(UTC).date()
    page = (
        "{{ portal_questions(ref)|map(attribute='text')|join }}|{{ portal_review(ref, week=day) }}"
    )
    with pages.test_request_context():
        tell = pages.jinja_env.from_string(page)
        questions, review = tell.render(ref="crm:17", day=today).split("|")
        assert questions == "Which &lt;b&gt;?"
        assert "1 question asked" in review
        assert "Which &lt;b&gt;?" in review
        assert tell.render(ref="none", day=today) == "|"


def test_a_host_page_tells_where_a_project_stands(pages: Flask) -> None:
    """`portal_sentence`, `portal_answers` and `portal_pending` look a project up by the host's own key."""
    seeded = seed(pages)
    sentence, doing, pending = status(pages, "crm:17").split("|")
    assert sentence == "One decision waits for the client. Design is in progress."
    assert (doing, pending) == ("Design", "Homepage design")

    anna = browser(pages)
    anna.enter(seeded.url)
    anna.decide(seeded.ask)
    sentence, doing, pending = status(pages, "crm:17").split("|")
    assert sentence == "No decision is open. Design is in progress."
    assert (doing, pending) == ("Design", "")


def test_a_project_without_a_portal_is_silence(pages: Flask) -> None:
    """An unknown key is no error in a host's list of all its projects: nothing is shown."""
    assert status(pages, "crm:unknown") == "||"


def test_another_accounts_project_is_not_shown(pages: Flask) -> None:
    """The same key in another account (tenant) is another project."""
    seed(pages, account="tenant-2")
    assert status(pages, "crm:17") == "||"
    with pages.test_request_context():
        tell = pages.jinja_env.from_string("{{ portal_sentence('crm:17', account='tenant-2') }}")
        assert tell.render().startswith("One decision waits")


def test_a_host_page_writes_nothing(pages: Flask) -> None:
    """Showing where a project stands adds no entry and is no visit."""
    seeded = seed(pages)
    with pages.app_context():
        before = current_portal.state(seeded.project, ref=None, account="").chain
    status(pages, "crm:17")
    with pages.app_context():
        assert current_portal.state(seeded.project, ref=None, account="").chain == before
        assert current_portal.access.of(seeded.project) == []


def test_a_host_page_shows_what_a_client_sees(pages: Flask) -> None:
    """`view_as` gives what goes into the host's own page; what there is not is the host's own 404."""
    seeded = seed(pages)

    def staff(page: str) -> str:
        shown = view_as("crm:17", seeded.person, page, address=lambda path: f"/as/{path}")
        return f"<head>{shown.head}</head>{shown.body}"

    pages.add_url_rule("/as/", view_func=lambda: staff(""), endpoint="as")
    pages.add_url_rule("/as/<path:page>", view_func=staff, endpoint="as_page")
    client = pages.test_client()
    found = client.get("/as/")
    assert "You see what Anna Keller sees." in found.text
    assert "portal.css-" in found.text
    assert f'href="/as/a/{seeded.ask}"' in found.text
    assert found.headers.getlist("Set-Cookie") == []
    assert "Homepage design" in client.get(f"/as/a/{seeded.ask}").text
    for path in ("m/nowhere", f"f/{seeded.home}/1", "leave"):
        assert client.get(f"/as/{path}").status_code == 404
    with pages.app_context():
        assert current_portal.access.of(seeded.project) == []


def test_a_host_page_tells_who_has_been_seen(pages: Flask) -> None:
    """`portal_seen` says in words what is known of each client."""
    seeded = seed(pages)
    tell = "{% for c in portal_seen(ref) %}{{ c.person.name }}: {{ c.said|join(' ') }} {{ c.downloads|join }}{% endfor %}"

    def told(ref: str = "crm:17") -> str:
        with pages.test_request_context():
            return pages.jinja_env.from_string(tell).render(ref=ref)

    assert told().strip() == "Anna Keller: No sign that anybody has looked yet."
    anna = browser(pages)
    anna.enter(seeded.url)
    assert "by a machine or a person" in told()
    assert "acted" not in told()
    assert anna.get(f"f/{seeded.home}/1").data  # to the end
    anna.decide(seeded.ask)
    assert "Somebody with Anna Keller’s link acted on the page on " in told()
    assert "homepage.pdf, version 1, was downloaded with the link on " in told()
    assert told("crm:unknown") == ""

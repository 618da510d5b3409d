"""Staff see a client's page exactly as the client does: inert, without a secret, and without a trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from portalkit import NotAllowed, NotFound
from portalkit.web import Page
from portalkit.web.host import Host
from portalkit.web.inert import inert
from tests.web.stage import HIDDEN, Document, Element, Stage

REF = "crm:p-own"


def at(path: str) -> str:
    """The host's address for a preview."""
    return f"/staff/as/anna?page={path.replace('?', '%3F').replace('&', '%26')}"


@pytest.fixture
def look(stage: Stage) -> Callable[..., Page]:
    """Look as Anna, or as somebody else, at a page."""
    host = Host(stage.web, "en")

    def view(path: str = "", person: str = stage.own.anna.id, ref: str = REF) -> Page:
        return host.view_as(ref, person, path, address=at)

    return view


def paths(stage: Stage) -> list[str]:
    """Every page that can be looked at."""
    own = stage.own
    asks = (own.ask, own.first, own.void.id, own.logo.id)
    return [
        "",
        f"m/{own.design.id}",
        f"u/{own.news.id}",
        "history",
        f"history?milestone={own.design.id}",
        *(f"a/{ask}" for ask in asks),
    ]


def words(markup: str) -> list[str]:
    return Document(markup).text.split()


def test_every_page_says_what_the_client_s_page_says(
    stage: Stage, look: Callable[..., Page]
) -> None:
    """Word for word, below one banner; what is hidden from the client is not there."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    for path in paths(stage):
        theirs = re.search(
            r'<main id="pk-main">(.*)</main>', anna.get(base + path).body.decode(), re.S
        )
        assert theirs
        mine = look(path).body
        _, banner, rest = mine.partition("switched off.</p>")
        assert banner
        assert words(rest) == words(theirs[1]), path
        assert HIDDEN not in mine


def test_a_banner_says_whose_page_it_is(stage: Stage, look: Callable[..., Page]) -> None:
    """In the language of staff, above a page in the client's."""
    with stage.change() as change:
        change.change_person(stage.own.anna, locale="de")
    page = look()
    assert "You see what Anna quokka sees." in page.body
    assert "Was fertig ist" in page.body or 'lang="de"' in page.body
    assert page.language.locale == "de"
    german = Host(stage.web, "de").view_as(REF, stage.own.anna.id, address=at)
    assert "Sie sehen, was Anna quokka sieht." in german.body


def test_looking_leaves_no_trace(stage: Stage, look: Callable[..., Page]) -> None:
    """No entry, no head that moved, no access, no use of the link."""
    before = stage.picture()
    for path in paths(stage):
        assert look(path).body
    assert stage.picture() == before
    assert list(stage.portal.access.of(stage.own.id)) == []
    assert all(link.last_used is None for link in stage.desk.links(stage.own.id))


def test_there_is_no_secret_on_it(stage: Stage, look: Callable[..., Page]) -> None:
    """No link, no token, no cookie, no signed form: staff could not act with it as the client."""
    link = stage.project().link_of(stage.own.anna.id)
    assert link is not None
    for path in paths(stage):
        page = look(path)
        everything = page.head + page.body
        for secret in (link.id, link.nonce, stage.token(stage.own.anna), "pk_csrf", "shown", "/l/"):
            assert f'"{secret}' not in everything
            assert link.id not in everything
        assert "\0" not in everything
        assert not [e for e in Document(everything).elements if e.tag == "script"]


def controls(markup: str) -> list[Element]:
    found = Document(markup).elements
    return [e for e in found if e.tag in ("input", "button", "select", "textarea", "form")]


def test_forms_are_switched_off(stage: Stage, look: Callable[..., Page]) -> None:
    """They are shown and cannot be sent: no form, no hidden field, every control disabled."""
    for path in (f"a/{stage.own.ask}", f"m/{stage.own.design.id}", ""):
        found = controls(look(path).body)
        assert found
        assert all(e.tag != "form" for e in found)
        assert all("disabled" in dict(e.attributes) for e in found)
        assert all(e.get("type") != "hidden" for e in found)


def test_links_lead_to_other_previews_or_nowhere(stage: Stage, look: Callable[..., Page]) -> None:
    """By the host's own route; to files, quick links and all other sites they lead nowhere."""
    led = set()
    for path in paths(stage):
        for element in Document(look(path).body).elements:
            assert not element.get("src")
            address = element.get("href")
            if address.startswith("#") or not address:
                continue
            assert address.startswith("/staff/as/anna?page=")
            led.add(urlsplit(address).query.removeprefix("page=").replace("%3F", "?"))
    assert led >= {"", "history", f"m/{stage.own.design.id}", f"a/{stage.own.ask}"}
    assert not [path for path in led if path.startswith("f/")]
    for path in led:
        assert look(path.replace("%26", "&")).body


def test_a_person_without_a_link_is_looked_as(stage: Stage, look: Callable[..., Page]) -> None:
    """The banner says that at the moment they see nothing of it."""
    with stage.change() as change:
        eve = change.add_person("Eve quokka")
        change.revoke_link(stage.own.bob, "Left")
    assert "They have no link yet" in look(person=eve.id).body
    assert "Their link was revoked" in look(person=stage.own.bob.id).body
    assert "at the moment they see nothing" not in look().body
    with stage.change() as change:
        change.extend_link(stage.own.anna, stage.clock() + 1)
    stage.clock.advance(seconds=1)
    assert "Their link has expired" in look().body


def test_what_may_not_be_done_is_not_shown(stage: Stage, look: Callable[..., Page]) -> None:
    """Rita only reads, so her page has no form for a decision."""
    path = f"a/{stage.own.ask}"
    assert len(controls(look(path).body)) > len(controls(look(path, stage.own.rita.id).body))


def test_staff_and_client_never_get_each_other_s_page(
    stage: Stage, look: Callable[..., Page]
) -> None:
    """Rendered texts are kept, and apart: whoever comes first."""
    anna, base = stage.enter(), stage.base(stage.own.anna)
    first = look().body
    theirs = anna.get(base)
    assert theirs.has_form("leave")
    assert "preview:" not in theirs.raw
    assert look().body == first
    assert look(person=stage.own.bob.id).body != first


def test_a_person_is_named_by_id_or_address(stage: Stage, look: Callable[..., Page]) -> None:
    assert look(person="anna@quokka.example").viewer == "Anna quokka"


@pytest.mark.parametrize(
    "path", ["nowhere", "leave", "seen", "f/x/1", "project.json", "m/nope", "../p-far/", "//evil"]
)
def test_there_is_no_preview_of_anything_else(path: str, look: Callable[..., Page]) -> None:
    """Files, data and what does not exist."""
    with pytest.raises(NotFound):
        look(path)


def test_ids_of_others_select_nothing(stage: Stage, look: Callable[..., Page]) -> None:
    """Hidden milestones, another project, its people, staff, and an unknown project."""
    for path in (f"m/{stage.own.vault.id}", f"u/{stage.own.gossip.id}", f"m/{stage.far.design.id}"):
        with pytest.raises(NotFound):
            look(path)
    staff = next(p.id for p in stage.project().people.values() if p.side == "agency")
    for person in (stage.far.anna.id, staff, "nobody@quokka.example"):
        with pytest.raises(NotFound):
            look(person=person)
    with pytest.raises(NotFound):
        look(ref="crm:none")
    stage.portal.care.redact(stage.own.id, stage.own.anna.id)
    with pytest.raises(NotAllowed):
        look()


# -- inert markup ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "made"),
    [
        ("<p>Caf&eacute; &#8217; &lt;b&gt; &amp;</p>", "<p>Caf&eacute; &#8217; &lt;b&gt; &amp;</p>"),
        ('<a href="#x" class="k">y</a>', '<a href="#x" class="k">y</a>'),
        ('<a href="in" title="a&quot;b">y</a>', '<a href="to/in" title="a&#34;b">y</a>'),
        (
            '<a href="https://evil.example" rel="nofollow" target="_blank">y</a>',
            '<a class="pk-inert" role="link" aria-disabled="true">y</a>',
        ),
        ('<a href="javascript:x" onclick="y">z</a>', '<a class="pk-inert" role="link" aria-disabled="true">z</a>'),
        ('<img src="https://tracker.example" alt="A &lt; B">', '<span class="pk-muted">A &lt; B</span>'),
        ('<form action="/x" method="post" class="f" data-a="b">1</form>', '<div role="group" aria-disabled="true" class="f">1</div>'),
        ('<input type="hidden" name="pk_csrf" value="s">', ""),
        ('<input name="a" value="&quot;" disabled>', '<input name="a" value="&#34;" disabled>'),
        ('<button type="submit" formaction="/x">B</button>', '<button type="submit" disabled>B</button>'),
        ("<script>if (a < b) alert('</p>')</script>after", "after"),
        ('<iframe src="x"></iframe><link href="x"><meta x><base href="x">', ""),
        ("<br><hr/>", "<br><hr>"),
        ('<video src="x" poster="y"></video>', '<video></video>'),
        ('<p onmouseover="x" style="background:url(//evil.example)">y</p>', "<p>y</p>"),
    ],
)  # fmt: skip
def test_markup_is_made_inert(markup: str, made: str) -> None:
    """What a host's own template adds is treated alike."""
    assert inert(markup, lambda link: f"to/{link}" if link == "in" else None) == made

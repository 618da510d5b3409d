"""No text of anybody becomes markup: hostile strings in every field, on every page."""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin, urlsplit

import pytest

from portalkit import CLIENT, Change, Invalid, Staff
from portalkit.web import Brand
from portalkit.web.markdown import markdown
from tests.attacks.strings import FAMILIES, STRINGS
from tests.flask.host import MAYA as HOST
from tests.hosts import Host
from tests.web.stage import (
    Answer,
    Browser,
    Element,
    Place,
    Stage,
    confirm,
    crawl,
    populate,
    review,
    stream,
)

TAGS = {
    "a", "article", "b", "bdi", "blockquote", "body", "br", "button", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "fieldset", "figure", "figcaption", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "head", "header", "hr", "html", "img", "input", "label", "legend", "li", "link", "main", "meta", "nav",
    "ol", "option", "p", "pre", "progress", "s", "script", "section", "select", "span", "strong", "summary", "table", "tbody", "td", "textarea",
    "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip
"""What our pages are made of; nothing here runs, but for the scripts that `faults` knows."""


def hostile_stage(host: Host, texts: tuple[str, ...]) -> Stage:
    """Two projects; in the first, each string stands in every field that takes text."""
    portal = host.portal()
    far = populate(portal, "p-far", "zebra", "zebra", staff=Staff("eve", "Eve"))
    maya = Staff("maya", texts[0] + " Maya", role=texts[1])
    desk = portal.desk(maya)
    own = populate(portal, "p-own", "quokka", "mongoose", staff=maya)
    with desk.change("p-own") as change:
        change.describe(title=texts[-1], client=texts[-2], summary="\n\n".join(texts))
        change.change_person(own.anna, name=texts[0] + " Anna", role=texts[1])
        change.change_person(own.bob, name=texts[-1] + " Bob")
    with desk.change("p-own") as change:
        for text in texts:
            fill_in(change, own, text)
        change.set_resources([(s, "https://evil.example/?q=x") for s in texts])
        change.set_status("on_hold", "\n".join(texts))
    visit = portal.visit(desk.link_url("p-own", own.anna).rpartition("/")[2])
    for text in texts:
        question = visit.ask(own.design, text, about=own.home)
        with desk.change("p-own") as change:
            change.answer(question, text)
            change.close_question(question, text)
            change.reopen_question(question, text)
    return Stage(portal, host.web(portal, brands={"": brand_of(texts)}), own, far)


def brand_of(texts: tuple[str, ...]) -> Brand:
    """A brand whose every text is hostile."""
    return Brand(
        name=texts[0], footer=texts[1], links=((texts[-1], "https://x.example/?a=\"'><b>"),)
    )


def fill_in(change: Change, own: Place, text: str) -> None:
    """Put a text into every field that one milestone and what stands in it have."""
    milestone = change.add_milestone(text, summary=text).start()
    file = change.add_file(milestone, stream(b"x"), name=text, purpose=text)
    change.add_version(file, stream(b"y"), changed=text)
    ask = change.request_approval(
        milestone, text, statement=text, files=[file], people=[own.anna, own.bob]
    )
    update = change.post_update(
        milestone, title=text, done=text, doing=text, next=text, need=text, body=text, about=ask
    )
    change.revise_update(update, done=text + " again", title="")
    change.record_decision(ask, own.bob, "approved_with_changes", source=text, comment=text)
    other = change.request_approval(milestone, text, statement=text, people=[own.anna])
    change.void_approval(other, text)
    wrong = change.add_file(milestone, stream(b"z"), name=text, purpose=text)
    change.withdraw_file(wrong, text)
    change.complete(milestone, text)
    change.reopen(milestone, text)


GROUPS = {
    f"{name} {at // 20 + 1}": family[at : at + 20]
    for name, family in FAMILIES.items()
    for at in range(0, len(family), 20)
}
"""The families in groups, so that no project has more milestones than there are in life."""
MIXED = {"of each family": tuple(text for family in FAMILIES.values() for text in family[:2])}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """At Django some of each family will do: what makes pages of texts is the core's."""
    groups = {"flask": list(GROUPS), "django": list(MIXED)}
    match "host_kind" in metafunc.fixturenames, "texts" in metafunc.fixturenames:
        case True, True:
            pairs = [(host, name) for host, names in groups.items() for name in names]
            metafunc.parametrize(("host_kind", "texts"), pairs, indirect=True, scope="module")
        case True, False:
            metafunc.parametrize("host_kind", groups, indirect=True, scope="module")
        case False, True:
            metafunc.parametrize("texts", GROUPS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def texts(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The strings of a group."""
    return (GROUPS | MIXED)[request.param]


@pytest.fixture(scope="module")
def hostile(lasting_host: Host, texts: tuple[str, ...]) -> Stage:
    """Built once for each group: it is long."""
    return hostile_stage(lasting_host, texts)


@pytest.fixture(scope="module")
def pages(hostile: Stage) -> list[Answer]:
    """Every page that Anna can reach, and some that answer mistakes."""
    browser, base = hostile.enter(), hostile.base(hostile.own.anna)
    found = [a for a in crawl(browser, hostile.url(hostile.own.anna)) if is_page(a)]
    found.append(hostile.browser().get(base))
    found.append(browser.get("/portal/nowhere"))
    found.append(browser.get(f"{base}m/unknown"))
    return found


def test_there_are_250_strings_of_many_kinds() -> None:
    """Otherwise the tests below would prove little."""
    assert len(STRINGS) >= 250
    assert len(set(STRINGS)) == len(STRINGS)
    assert min(map(len, FAMILIES.values())) >= 20


def is_page(answer: Answer) -> bool:
    return answer.header("content-type").startswith("text/html")


def faults(answer: Answer, own: str) -> list[str]:
    """What a page holds that our own templates never write."""
    document = answer.page
    found = [f"<{e.tag}>" for e in document.elements if e.tag not in TAGS]
    scripts = [e for e in document.elements if e.tag == "script"]
    found += [f"a script: {e.get('src')}" for e in scripts if not _is_ours(e, answer.url, own)]
    names = [e.get("src").rpartition("/")[2].partition(".")[0] for e in scripts]
    if names not in ([], ["seen"], ["seen", "upload"]):
        found.append(f"scripts that do not belong together: {names}")
    if "upload" in names and not answer.has_form("/files"):
        found.append("the script of the form for files, without the form")
    for element in document.elements:
        found += [f"{element.tag}: {fault}" for fault in _attributes(element, answer.url, own)]
    return found


def _is_ours(script: Element, url: str, own: str) -> bool:
    address = urljoin(url, script.get("src"))
    return re.fullmatch(re.escape(own) + r"/s/(seen|upload)\.js-[0-9a-f]{16}", address) is not None


def _attributes(element: Element, url: str, own: str) -> list[str]:
    found = []
    for name, value in element.attributes:
        address = urljoin(url, value.strip())
        if name.startswith("on") or name in (
            "style",
            "srcdoc",
            "formaction",
            "background",
            "srcset",
        ):
            found.append(f"{name}={value}")
        if name in ("href", "src", "action") and urlsplit(address).scheme not in (
            "https",
            "http",
            "mailto",
            "tel",
        ):
            found.append(f"{name}={value}")
        if name in ("src", "action") and not address.startswith(own):
            found.append(f"{name} leads out: {value}")
        if name == "http-equiv":
            found.append(name)
    if element.tag == "img" and element.get("class") != "pk-logo":
        found.append(f"an image: {element.get('src')}")
    if element.tag == "link" and not urljoin(url, element.get("href")).startswith(own + "/s/"):
        found.append(f"a stylesheet: {element.get('href')}")
    return found


def test_the_walk_sees_every_page_with_every_string(
    hostile: Stage, pages: list[Answer], texts: tuple[str, ...]
) -> None:
    """Otherwise the test below would prove little."""
    assert len(pages) > 4 * len(texts)
    kinds = {
        urlsplit(a.url).path.split("/p/")[-1].split("/")[1:2][0] for a in pages if "/p/" in a.url
    }
    assert {"", "m", "u", "a", "history"} <= kinds
    urls = " ".join(a.url for a in pages)
    milestones = [m for m in hostile.project().milestones.values() if not m.internal]
    assert len(milestones) >= len(texts)
    assert all(f"/m/{m.id}" in urls for m in milestones)
    assert sum("/u/" in a.url for a in pages) >= len(texts)
    assert sum("/a/" in a.url for a in pages) >= 2 * len(texts)


def test_no_text_becomes_markup_that_acts(hostile: Stage, pages: list[Answer]) -> None:
    """No script, frame, handler, style, image, foreign form or dangerous address on any page."""
    for answer in pages:
        assert faults(answer, hostile.portal.base_url) == [], answer.url


def test_the_check_itself_finds_what_it_looks_for() -> None:
    """Each kind of fault, planted into a page, is found."""
    planted = [
        "<script>1</script>", "<iframe></iframe>", "<p onclick=x>", "<p style='x'>", "<a href=javascript:x>",
        "<a href=' java\tscript:x'>", "<img src=x>", "<form action=https://evil.example>", "<button formaction=x>",
        "<meta http-equiv=refresh>", "<link href=https://evil.example>", "<svg>", "<base href=x>", "<a href='data:,x'>",
    ]  # fmt: skip
    for markup in planted:
        answer = Answer(
            "https://agency.example/portal/p/x/",
            200,
            (("Content-Type", "text/html"),),
            markup.encode(),
        )
        assert faults(answer, "https://agency.example/portal"), markup


def test_links_in_texts_pass_nothing_on(hostile: Stage, pages: list[Answer]) -> None:
    """Every address that leads out is marked: no opener, no referrer, no credit."""
    seen = 0
    for answer in pages:
        for element in answer.page.elements:
            href = element.get("href")
            if element.tag == "a" and urlsplit(href).netloc:
                seen += 1
                rel = element.get("rel").split()
                assert {"noopener", "noreferrer"} <= set(rel), (answer.url, href)
                assert element.get("target") == ""
    assert seen > len(hostile.project().resources)


def test_each_string_stands_on_the_page_as_it_was_written(
    hostile: Stage, pages: list[Answer]
) -> None:
    """Titles are text: escaping loses nothing and shows nothing twice."""
    titles = {
        "".join(heading.split())
        for answer in pages
        if "/m/" in answer.url
        for heading in [answer.page.words_of("h1")]
    }
    shown = {
        "".join(m.title.split()) for m in hostile.project().milestones.values() if not m.internal
    }
    assert shown <= titles


def test_what_a_visitor_types_is_only_text(hostile: Stage, texts: tuple[str, ...]) -> None:
    """Comment and name of each kind, on the page with problems, the confirmation and the record."""
    base = hostile.base(hostile.own.anna)
    browser = hostile.enter()
    waiting = browser.get(base + "project.json").json["answers"]["needs_decision"]
    assert len(waiting) >= len(texts)
    for string, ask in zip(texts, waiting, strict=False):
        if "\0" in string:
            continue  # no form of ours: see the tests of forms
        said = {"outcome": "declined", "comment": string, "typed_name": one_line(string) + " Anna"}
        problem = review(browser, base, ask["id"], **said, reviewed="")
        restated = review(browser, base, ask["id"], **said)
        assert (problem.status, restated.status) == (422, 200), string
        assert confirm(browser, restated).status == 303
        after = browser.get(f"{base}a/{ask['id']}")
        assert "Your decision is on record" in after.text
        for answer in (problem, restated, after):
            assert faults(answer, hostile.portal.base_url) == [], string
    for path in ("", "history"):
        assert faults(browser.get(base + path), hostile.portal.base_url) == []


def one_line(text: str) -> str:
    """A text as it may stand in a field of one line."""
    return " ".join(text.split())


def test_what_stands_on_a_page_only_once_is_only_text(
    host: Host, stage: Stage, texts: tuple[str, ...]
) -> None:
    """Title, client, people, staff, brand, quick links: each string in each of these fields."""
    base = stage.base(stage.own.anna)
    for text in texts:
        with stage.change() as change:
            change.describe(title=text, client=text, summary=text)
            change.change_person(stage.own.anna, name=text + " Anna", role=text)
            change.set_resources([(text, "https://x.example/")])
            change.post_update(stage.own.design, title=text, body=text)
        with stage.portal.desk(Staff("maya", text + " Maya", role=text)).change("p-own") as change:
            change.set_status("on_hold", text)
            change.set_status("active", text)
        web = host.web(stage.portal, brands={"": brand_of((text,) * 3)})
        browser = stage.enter()
        browser.web = web
        for path in ("", "history"):
            answer = browser.get(base + path)
            assert answer.status == 200
            assert faults(answer, stage.portal.base_url) == [], (text, path)
        door = Browser(web).get(base)
        assert faults(door, stage.portal.base_url) == [], text
        twin = browser.get(base + "project.json")
        assert twin.header("content-type") == "application/json"
        assert twin.json["project"]["title"] == stage.project().title


def test_the_sentences_that_a_host_shows_are_only_text(host: Host, texts: tuple[str, ...]) -> None:
    """`portal_sentence`, `portal_pending` and `portal_answers` in a page of the host's own."""
    with host.home().portal.desk(HOST).change(ref="crm:17") as change:
        [anna] = [p for p in change.project.people.values() if p.name == "Anna Keller"]
        for text in texts:
            milestone = change.add_milestone(text, summary=text).start()
            change.request_approval(milestone, text, statement=text, people=[anna])
    body = host.own_page().encode()
    answer = Answer(
        "http://localhost/job", 200, (("Content-Type", "text/html; charset=utf-8"),), body
    )
    assert {e.tag for e in answer.page.elements} == {"p"}
    assert {name for e in answer.page.elements for name, _ in e.attributes} == {"title"}
    assert len(answer.page.elements) > len(texts)


@pytest.mark.parametrize(
    "string", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "%22%3E%3Cscript%3E"]
)
def test_what_stands_in_an_address_or_header_is_only_text(
    stage: Stage, anna: Browser, base: str, string: str
) -> None:
    """Unknown ids, queries, languages and tokens are never repeated as markup."""
    for url in (base + "m/" + string, base + "?x=" + string, base + "history?before=" + string,
                base + "history?milestone=" + string, "/portal/" + string, "/portal/l/" + string,
                "/portal/p/" + string + "/", "/portal/s/" + string):  # fmt: skip
        for browser in (anna, stage.browser()):
            answer = browser.ask("GET", url, headers={"accept-language": string, "referer": string})
            assert "alert(1)" not in answer.raw
            if is_page(answer):
                assert faults(answer, stage.portal.base_url) == []


def test_data_is_never_taken_for_a_page(hostile: Stage) -> None:
    """The JSON twin says that it is JSON, may not be sniffed, and comes back as it was written."""
    answer = hostile.enter().get(hostile.base(hostile.own.anna) + "project.json")
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-content-type-options") == "nosniff"
    titles = {m["title"] for m in json.loads(answer.body)["milestones"]}
    assert titles == {m.title for m in hostile.project().milestones.values() if not m.internal}


def test_markdown_of_any_text_is_safe(texts: tuple[str, ...]) -> None:
    """Alone, inside emphasis, lists, quotes, tables and links."""
    for string in texts:
        forms = (string, f"**{string}**", f"- {string}", f"> {string}", f"# {string}", f"| {string} |\n|---|\n| {string} |",
                 f"[{string}](https://x.example)", f"[x]({string})", f"`{string}`", f"~~{string}~~")  # fmt: skip
        for text in forms:
            body = str(markdown(text)).encode()
            answer = Answer(
                "https://agency.example/portal/p/x/", 200, (("Content-Type", "text/html"),), body
            )
            assert faults(answer, "https://agency.example/portal") == [], text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "//evil.example", "https://a@evil.example", "blob:x", "about:blank", "ftp://x",
        "https:///x", "intent://x", "x", "", "\x01javascript:alert(1)", "javascript&colon;alert(1)",
    ],
)  # fmt: skip
def test_no_unsafe_address_becomes_a_quick_link(stage: Stage, address: str) -> None:
    """They are refused when staff enter them, so no page has to decide."""
    with pytest.raises(Invalid), stage.change() as change:
        change.set_resources([("Link", address)])
    assert len(stage.project().resources) == 1


def test_a_quick_link_cannot_leave_its_attribute(stage: Stage, anna: Browser, base: str) -> None:
    """Quotes and brackets in an address are escaped."""
    nasty = "https://x.example/?a=\"'><script>alert(1)</script>&b=`"
    with stage.change() as change:
        change.set_resources([("Link", nasty)])
    page = anna.get(base)
    assert nasty in page.page.links
    assert faults(page, stage.portal.base_url) == []


def test_names_are_kept_apart_from_the_direction_of_the_text_around_them(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Right-to-left names cannot turn the sentence of the history round: marks go, the rest is isolated."""
    with stage.change() as change:
        change.add_file(
            stage.own.design, stream(b"x"), name="\u202egnp.exe", purpose="\u202eevil\u202c"
        )
        change.issue_link(change.add_person("\u202eEve\u2066 שלום", role="\u200f"), scopes=CLIENT)
    for path in ("", "history", f"m/{stage.own.design.id}"):
        body = anna.get(base + path).body.decode()
        assert not set(body) & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        )
    page = anna.get(base + "history")
    assert any(e.tag == "bdi" for e in page.page.elements)

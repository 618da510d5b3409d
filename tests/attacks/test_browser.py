"""In a real Chromium, with its own policy switched off where that makes it harder for us: nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pytest
from attrs import define, field
from playwright.sync_api import Browser, BrowserContext, Page, Route
from playwright.sync_api import Error as BrowserError

from portalkit import CLIENT, Change, Handle
from tests.attacks.polyglots import FAMILIES, HTML, SCRIPT, Polyglot
from tests.attacks.strings import FAMILIES as STRINGS
from tests.journeys.django_server import DjangoStage
from tests.journeys.server import Stage
from tests.web.stage import stream

SHOWN = FAMILIES["pictures"] + tuple(f for f in FAMILIES["documents"] if f.shown)
SAVED = tuple(chain.from_iterable(family[::3] for family in FAMILIES.values()))
FILES = tuple(dict.fromkeys(SHOWN + SAVED))
TEXTS = tuple(chain.from_iterable(family[::4] for family in STRINGS.values()))
ALLOWED = {
    "a", "article", "aside", "b", "bdi", "blockquote", "body", "br", "button", "caption", "code", "dd", "del", "details", "div", "dl", "dt",
    "em", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "img", "input", "label",
    "legend", "li", "link", "main", "meta", "nav", "ol", "p", "pre", "progress", "s", "section", "span", "strong", "summary", "table", "tbody", "td",
    "textarea", "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip

FAULTS = """() => {
  const found = [];
  for (const element of document.querySelectorAll('*')) {
    if (element.localName === 'script' && /\\/portal\\/s\\/(upload|seen)\\.js-[0-9a-f]{16}$/.test(element.src)) continue;
    if (element.namespaceURI !== 'http://www.w3.org/1999/xhtml') found.push('foreign ' + element.nodeName);
    found.push('<' + element.localName + '>');
    for (const {name, value} of element.attributes) {
      if (name.startsWith('on') || ['style', 'srcdoc', 'srcset', 'formaction', 'background', 'ping'].includes(name)) found.push(name + '=' + value);
    }
    for (const name of ['href', 'src', 'action']) {
      const address = element[name];
      if (typeof address === 'string' && address && !/^(https?|mailto|tel):/.test(address)) found.push(name + '=' + address);
    }
  }
  return [...new Set(found)];
}"""
"""What a real parser made of the page."""


@define
class Watch:
    """Hears of everything that a script could do."""

    heard: list[str] = field(factory=list)

    def over(self, page: Page) -> Page:
        """Listen to a page."""
        page.on("dialog", lambda dialog: (self.heard.append("a dialog"), dialog.dismiss()))
        page.on(
            "console", lambda said: self.heard.append(said.text) if "CANARY" in said.text else None
        )
        page.on("request", lambda asked: self._asked(asked.url))
        page.on("popup", lambda popup: self.heard.append("a popup"))
        return page

    def _asked(self, url: str) -> None:
        if "canary" in url or "evil.example" in url or "tracker.example" in url:
            self.heard.append(url)


STAGES = {"flask": lambda folder: Stage(folder, {}), "django": DjangoStage}


@pytest.fixture(scope="module", params=STAGES)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A real server."""
    stage = STAGES[request.param](tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which policies that forbid scripts are not kept: only escaping stands in the way."""
    context = browser.new_context(bypass_csp=True, locale="en-GB")
    context.set_default_timeout(10_000)
    yield context
    context.close()


def deliver(stage: Stage) -> tuple[str, list[tuple[Polyglot, str]]]:
    """A project with every file; its link, and where each file is."""
    with stage.desk().open("Files", client="Acme") as change:
        anna = change.add_person("Anna Keller")
        design = change.add_milestone("Design").start()
        made = [(f, change.add_file(design, stream(f.data), name=f"{n}.html", purpose="Try").id) for n, f in enumerate(FILES)]  # fmt: skip
        change.issue_link(anna, scopes=CLIENT)
    link = change.project.link_of(anna.id)
    assert link is not None
    base = f"{stage.mount()}/p/{link.id}/f/"
    return stage.desk().link_url(change.project, anna), [(f, f"{base}{id}/1") for f, id in made]


def visit(page: Page, url: str) -> str:
    """Navigate; what is an attachment is a download and no page."""
    try:
        page.goto(url, wait_until="load")
    except BrowserError as error:
        if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
            return "saved"
        raise
    return "shown"


def serve(page: Page, url: str, body: str) -> None:
    """Let the browser find a page at an address that no server has."""

    def fulfil(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html; charset=utf-8", body=body)

    page.route(url, fulfil)


def test_the_watch_hears_a_script_that_runs(context: BrowserContext, stage: Stage) -> None:
    """Otherwise its silence below would prove nothing."""
    watch = Watch()
    page = watch.over(context.new_page())
    serve(page, f"{stage.origin}/host.html", HTML.decode())
    page.goto(f"{stage.origin}/host.html")
    assert page.title() == "CANARY"
    assert {"CANARY", "a dialog", f"{stage.origin}/canary"} <= set(watch.heard)


def test_no_polyglot_runs_when_it_is_opened(browser: Browser, stage: Stage) -> None:
    """Typed into the address bar, by the person whose cookie it takes: shown as a picture, or saved."""
    assert len(FILES) >= 40
    assert len(SHOWN) >= 10
    url, files = deliver(stage)
    context = browser.new_context(locale="en-GB")
    watch = Watch()
    page = watch.over(context.new_page())
    page.goto(url)
    results = {file.name: visit(page, address) for file, address in files}
    shown = {name for name, result in results.items() if result == "shown"}
    assert shown <= {file.name for file in SHOWN}
    assert shown >= {file.name for file in FAMILIES["pictures"]}
    assert watch.heard == []
    context.close()


def test_no_polyglot_runs_as_part_of_a_page_of_the_same_origin(
    browser: Browser, stage: Stage
) -> None:
    """A host's own page that was talked into loading a file as script, style, frame, object or worker."""
    url, files = deliver(stage)
    context = browser.new_context(locale="en-GB")
    watch = Watch()
    page = watch.over(context.new_page())
    page.goto(url)
    chosen = [
        (f, a)
        for f, a in files
        if f
        in FAMILIES["pictures"]
        + FAMILIES["scripts"]
        + FAMILIES["pages"][:3]
        + FAMILIES["drawings"][:3]
    ]
    assert len(chosen) >= 20
    parts = "".join(
        f'<script src="{a}"></script><script type=module src="{a}"></script><link rel=stylesheet href="{a}"><iframe src="{a}"></iframe>'
        f'<object data="{a}"></object><embed src="{a}"><img src="{a}"><video src="{a}"></video><svg><use href="{a}#x"/></svg>'
        f"<script>try {{ new Worker('{a}') }} catch (e) {{}}</script>"
        for _, a in chosen
    )  # fmt: skip
    serve(page, f"{stage.origin}/host.html", f"<!doctype html><title>Host</title>{parts}")
    page.goto(f"{stage.origin}/host.html", wait_until="load")
    assert page.title() == "Host"
    assert watch.heard == []
    context.close()


def test_another_site_gets_no_byte_of_a_file(browser: Browser, stage: Stage) -> None:
    """Loaded as a picture or script, fetched, framed by a page of another origin: the cookie stays at home."""
    url, files = deliver(stage)
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(url)
    address = next(a for f, a in files if f.name == "png with html behind it")
    other = stage.origin.replace("127.0.0.1", "localhost")
    serve(
        page,
        f"{other}/evil.html",
        f'<!doctype html><img id=a src="{address}"><iframe src="{url.partition("/l/")[0]}"></iframe>',
    )
    page.goto(f"{other}/evil.html", wait_until="load")
    assert page.evaluate("document.getElementById('a').naturalWidth") == 0
    assert (
        page.evaluate(
            f"fetch('{address}', {{credentials: 'include'}}).then(r => 'read', e => 'refused')"
        )
        == "refused"
    )
    context.close()


@pytest.mark.parametrize("stage", ["flask"], indirect=True)  # at Django: test_text
def test_no_string_runs_on_any_page(context: BrowserContext, stage: Stage) -> None:
    """Eighty strings in every field, scripts allowed by force: nothing runs, and the parser finds no element of theirs."""
    assert len(TEXTS) >= 80
    with stage.desk().open("Texts", client="Acme") as change:
        anna = change.add_person("Anna Keller")
        made = [fill_in(change, anna, text) for text in TEXTS]
        change.set_resources([(text, "https://x.example/") for text in TEXTS[:20]])
        change.issue_link(anna, scopes=CLIENT)
    watch = Watch()
    page = watch.over(context.new_page())
    page.goto(stage.desk().link_url(change.project, anna))
    base = page.url
    paths = [
        "",
        "history",
        *chain.from_iterable((f"m/{m}", f"a/{a}", f"u/{u}") for m, a, u in made[::10]),
    ]
    for path in paths:
        page.goto(base + path, wait_until="load")
        found = set(page.evaluate(FAULTS))
        assert found <= {f"<{tag}>" for tag in ALLOWED}, (
            path,
            found - {f"<{tag}>" for tag in ALLOWED},
        )
        assert page.evaluate("[...document.images].every(i => i.classList.contains('pk-logo'))")
    for (_, ask, _), text in list(zip(made, TEXTS, strict=True))[:10]:
        page.goto(f"{base}a/{ask}")
        page.locator("input[name=outcome][value=declined]").check()
        page.locator("textarea[name=comment]").fill(text)
        page.locator("input[name=reviewed]").check()
        page.locator("input[name=typed_name]").fill(text.replace("\n", " ") + " Anna")
        page.locator(f"form[action$='{ask}'] button[type=submit]").first.click()
        assert set(page.evaluate(FAULTS)) <= {f"<{tag}>" for tag in ALLOWED}
    assert watch.heard == []
    assert SCRIPT not in page.title()


def fill_in(change: Change, anna: Handle, text: str) -> tuple[str, str, str]:
    """Put a text into every field of a milestone, and return the ids of milestone, request and update."""
    milestone = change.add_milestone(text, summary=text).start()
    file = change.add_file(milestone, stream(b"x"), name=text, purpose=text)
    ask = change.request_approval(milestone, text, statement=text, files=[file], people=[anna])
    update = change.post_update(
        milestone, title=text, done=text, doing=text, next=text, need=text, body=text, about=ask
    )
    return milestone.id, ask.id, update.id

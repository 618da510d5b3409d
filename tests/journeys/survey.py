"""A survey: every page is opened once, and whatever a test may ask about it is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.browser import axe
from tests.journeys.server import Stage
from tests.journeys.tales import Tale
from tests.journeys.visits import visits

WIDTHS: Final = (320, 360, 768, 1280)
OPPOSITES: Final = ((360, "light"), (1280, "dark"))
"""Both widths and both schemes; what axe looks at depends on one or the other."""
ALL: Final = (*OPPOSITES, (1280, "light"), (360, "dark"))
IN_FULL: Final = ("rich: project", "rich: decision open", "a decision with problems")
ALIKE: Final = (
    "completed: history",
    "planned: history",
    "long: history",
    "rich: decision declined",
)
"""Pages that hold for axe only what others hold too."""

LOADED: Final = re.compile(
    r"/s/(portal\.css|theme-default\.css|logo-default\.svg|seen\.js|upload\.js)-[0-9a-f]{16}$"
)
PREVIEW: Final = re.compile(r"/p/[\w.]+/f/\w+/\d+$")
ANSWERED: Final = re.compile(r"status of (403|404|409|410|413|422|429)")
"""What a browser always says about such a status; it is no complaint about the page."""

UNFOLD = "document.querySelectorAll('details').forEach(d => { d.open = true })"
FOLD = "was => document.querySelectorAll('details').forEach((d, i) => { d.open = was[i] })"
FOLDS = "[...document.querySelectorAll('details')].map(d => d.open)"

TOO_WIDE = """() => {
  const root = document.documentElement, width = root.clientWidth;
  if (root.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll('*')]
    .filter(e => e.getBoundingClientRect().right > width + 1);
  return [`${root.scrollWidth} > ${width}`, ...wide.slice(-3).map(e => e.outerHTML.slice(0, 120))];
}"""

SPACE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
ENLARGE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(':root { font-size: 200% !important; }');
  document.adoptedStyleSheets = [sheet];
}"""
UNSTYLE = "document.adoptedStyleSheets = []"

TOO_SMALL = """() => {
  // WCAG 2.2, 2.5.8: at least 24 by 24 pixels, or far enough from the next target, or inside a sentence.
  const targets = [...document.querySelectorAll('a[href], button, summary, input, textarea, select')]
    .filter(e => e.type !== 'hidden' && e.checkVisibility() && !e.matches('.pk-skip'))
    .map(e => ({ element: e.closest('label') || e, box: (e.closest('label') || e).getBoundingClientRect() }));
  const inSentence = e => {
    if (!getComputedStyle(e).display.startsWith('inline') || e.matches('button, input')) return false;
    const block = e.closest('p, li, dd, td, th, h1, h2, h3, blockquote, span.pk-said') || e.parentElement;
    return block.textContent.trim().length > e.textContent.trim().length;
  };
  const small = t => t.box.width < 24 || t.box.height < 24;
  const middle = t => [(t.box.left + t.box.right) / 2, (t.box.top + t.box.bottom) / 2];
  const near = (t, other) => {
    const [x, y] = middle(t);
    if (small(other)) { const [u, v] = middle(other); return Math.hypot(x - u, y - v) < 24; }
    const dx = Math.max(other.box.left - x, 0, x - other.box.right);
    const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
    return Math.hypot(dx, dy) < 12;
  };
  const alone = e => e.matches('li *, td *') && e.parentElement.textContent.trim() === e.textContent.trim();
  return targets
    .filter(t => small(t) && (alone(t.element) || !inSentence(t.element)
      && targets.some(other => other.element !== t.element && near(t, other))))
    .map(t => `${Math.round(t.box.width)} × ${Math.round(t.box.height)}: ${t.element.outerHTML.slice(0, 120)}`);
}"""

RUNS = """() => [
  ...[...document.querySelectorAll('script, iframe, object, embed, style')]
    .filter(e => !(e.matches('head > script[defer]:not([type]):empty')
      && (/\\/s\\/seen\\.js-[0-9a-f]{16}$/.test(e.src)
        || /\\/s\\/upload\\.js-[0-9a-f]{16}$/.test(e.src) && document.querySelector('form[data-pk-upload]'))))
    .map(e => e.outerHTML),
  ...['seen.js', 'upload.js'].filter(name => document.querySelectorAll(`script[src*="/${name}-"]`).length > 1),
  ...[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()
    .filter(name => name.startsWith('on') || name === 'style').map(name => `${e.localName} ${name}`)),
]"""

PRESSED = """() => [...document.querySelectorAll('form, button, .pk-button')]
  .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 120))"""

FOLDED = """() => [...document.querySelectorAll('details:not(:has(form)) > :not(summary)')]
  .filter(e => !e.checkVisibility() || e.getBoundingClientRect().height < 1)
  .map(e => e.outerHTML.slice(0, 120))"""

UNSEEN = """() => [...document.querySelectorAll('.pk-button, .pk-tag, .pk-card, .pk-ask, .pk-choice, textarea')]
  .filter(e => e.checkVisibility()).filter(e => {
    const style = getComputedStyle(e);
    return parseFloat(style.borderTopWidth) < 1 || style.borderTopStyle !== 'solid'
      || [style.color, style.borderTopColor].includes(style.backgroundColor);
  }).map(e => e.outerHTML.slice(0, 120))"""


class Promise(StrEnum):
    """What every page promises."""

    AXE = "axe finds nothing, on phone and desk, in light and dark"
    WIDE = "nothing scrolls sideways at 320, 360, 768 and 1280 pixels"
    SPACED = "wider text fits too (WCAG 1.4.12)"
    LARGE = "text of twice the size fits on a phone too (WCAG 1.4.4)"
    SMALL = "everything can be touched (WCAG 2.5.8)"
    RUNS = "nothing runs but our two scripts, one of them beside a form for files: no frame, no handler, no inline style"
    FOREIGN = "nothing leaves the origin"
    SURPLUS = "no more is loaded than two stylesheets, the logo, previews, and our scripts"
    COMPLAINTS = "the browser blocks and reports nothing"
    PRESSED = "on paper there is nothing to press"
    FOLDED = "on paper nothing is folded but forms, which are not there"
    FORCED = "forced colours keep edges and text"


class Survey:
    """Which promises are broken, and by what."""

    def __init__(self) -> None:
        self._broken: dict[Promise, list[str]] = {}

    def add(self, promise: Promise, lines: Iterable[str], where: str = "") -> None:
        """Note what breaks a promise."""
        for line in lines:
            self._broken.setdefault(promise, []).append(f"{where}: {line}" if where else line)

    def __str__(self) -> str:
        return "\n".join(
            f"{promise} – broken by\n  " + "\n  ".join(dict.fromkeys(lines))
            for promise, lines in self._broken.items()
        )


def survey(where: str, page: Page, stage: Stage, told: dict[str, Tale]) -> Survey:
    """Look at every page of a project, or at the states between them."""
    found = Survey()
    _listen(found, page, stage)
    for name in visits(where, page, stage, told):
        found.add(Promise.RUNS, page.evaluate(RUNS), name)
        _look(found, name, page)
        _measure(found, name, page)
        _print(found, name, page)
        _force(found, name, page)
    page.wait_for_load_state("networkidle")
    return found


def _listen(found: Survey, page: Page, stage: Stage) -> None:
    def asked(request: Request) -> None:
        path = urlsplit(request.url).path
        if not request.url.startswith(f"{stage.mount()}/"):
            found.add(Promise.FOREIGN, [request.url])
        elif request.resource_type not in ("document", "xhr") and not (
            LOADED.search(path) or (request.resource_type == "image" and PREVIEW.search(path))
        ):
            found.add(Promise.SURPLUS, [f"{request.resource_type} {path}"])

    def said(message: ConsoleMessage) -> None:
        if not ANSWERED.search(message.text):
            found.add(Promise.COMPLAINTS, [message.text], page.url)

    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: found.add(Promise.COMPLAINTS, [str(error)], page.url))


def _look(found: Survey, name: str, page: Page) -> None:
    if name in ALIKE:
        return
    for width, scheme in ALL if name in IN_FULL else OPPOSITES:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found.add(Promise.AXE, axe(page), f"{name}, {width} {scheme}")


def _measure(found: Survey, name: str, page: Page) -> None:
    folds = page.evaluate(FOLDS)
    page.evaluate(UNFOLD)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found.add(Promise.WIDE, page.evaluate(TOO_WIDE), f"{name}, {width}")
        if width in (360, 1280):
            found.add(Promise.SMALL, page.evaluate(TOO_SMALL), f"{name}, {width}")
    page.set_viewport_size({"width": 320, "height": 800})
    page.evaluate(SPACE)
    found.add(Promise.SPACED, page.evaluate(TOO_WIDE), name)
    page.evaluate(UNSTYLE)
    page.set_viewport_size({"width": 360, "height": 800})
    page.evaluate(ENLARGE)
    found.add(Promise.LARGE, page.evaluate(TOO_WIDE), name)
    page.evaluate(UNSTYLE)
    page.evaluate(FOLD, folds)


def _print(found: Survey, name: str, page: Page) -> None:
    page.emulate_media(media="print")
    found.add(Promise.PRESSED, page.evaluate(PRESSED), name)
    found.add(Promise.FOLDED, page.evaluate(FOLDED), name)
    page.emulate_media(media="screen")


def _force(found: Survey, name: str, page: Page) -> None:
    for scheme in ("dark", "light"):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        found.add(Promise.FORCED, page.evaluate(UNSEEN), f"{name}, {scheme}")
    page.emulate_media(forced_colors="none")

"""What the tests of the web share: two projects on one portal, and a small browser to visit them.

Every text of a project holds the project's own mark, so that a page can be searched for what it
must not hold.  The browser keeps cookies by name and path as real ones do, and sends forms field by
field as they stand on the page.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

from attrs import define, field, frozen

from portalkit import CLIENT, READER, Desk, Handle, Portal, Project, Scope, Staff
from portalkit.links import link_id
from portalkit.model import new_id
from portalkit.storage import Store
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.testing import FixedClock
from portalkit.web import ROUTES, Brand, Looks, Request, Response, SentFile, Web, app
from portalkit.web.render import Renderer

KEY = "k9Zr2Lq8Wn4Tx6Vb1Mc3Pd5Fg7Hj0Ys-_AaBbCcDd"
BASE = "https://agency.example/portal"
MAYA = Staff("maya", "Maya Lindt", "maya@agency.example", "Design lead")

OWN, FAR, HIDDEN = "quokka", "zebra", "mongoose"
"""Marks: the texts that visitors of the first project may see, those of the second project, and
those of the first project's internal milestones."""

PDF = b"%PDF-1.7 "
END = ("pk_end", "whole")


# -- what answers look like ---------------------------------------------------------------------


@frozen
class Element:
    """A start tag of a page."""

    tag: str
    attributes: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """An attribute, or ``""``."""
        return dict(self.attributes).get(name, "")


@frozen
class Form:
    """A form of a page as a browser would send it: fields in order, each button apart."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    buttons: tuple[tuple[tuple[str, str], ...], ...]

    def data(self, **values: str) -> list[tuple[str, str]]:
        """The fields, some of them filled in; a field the page has not is put before the end."""
        known = [(n, values.pop(n, v)) for n, v in self.fields]
        return [*known[:-1], *values.items(), *known[-1:]]

    def value(self, name: str) -> str:
        """What a field holds."""
        return dict(self.fields)[name]


class Document(HTMLParser):
    """A page taken apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._fields: list[tuple[str, str]] = []
        self._buttons: list[tuple[str, str, int]] = []
        self._form: Element | None = None
        self._area: tuple[str, list[str]] | None = None
        self._silent = ""
        self._open: list[str] = []
        self._said: list[tuple[tuple[str, ...], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, tuple((name, value or "") for name, value in attrs))
        self.elements.append(element)
        self._open.append(tag)
        if tag in ("style", "title"):
            self._silent = tag
        if tag == "form":
            self._form, self._fields, self._buttons = element, [], []
        elif tag == "textarea":
            self._area = (element.get("name"), [])
        elif self._form is not None and element.get("name"):
            self._field(element)
        if tag == "button" and not element.get("name"):
            self._buttons.append(("", "", len(self._fields)))

    def _field(self, element: Element) -> None:
        name, value, kind = element.get("name"), element.get("value"), element.get("type")
        if element.tag == "button":
            self._buttons.append((name, value, len(self._fields)))
        elif kind not in ("radio", "checkbox"):
            self._fields.append((name, value))
        elif "checked" in dict(element.attributes):
            self._fields.append((name, value or "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
        if tag == self._silent:
            self._silent = ""
        if tag == "textarea" and self._area is not None:
            name, text = self._area
            self._fields.append((name, "".join(text).removeprefix("\n")))
            self._area = None
        if tag == "form" and self._form is not None:
            ways = tuple(
                (*self._fields[:at], *([(n, v)] if n else []), *self._fields[at:])
                for n, v, at in self._buttons
            )
            method = self._form.get("method").upper() or "GET"
            form = Form(self._form.get("action"), method, tuple(self._fields), ways)
            self.forms.append(form)
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        if not self._silent:
            self.words.append(data)
        self._said.append((tuple(self._open), data))

    def updatepos(self, i: int, j: int) -> int:
        """Count no lines: nobody asks where something stood."""
        return j

    @property
    def text(self) -> str:
        """The words of the page, spaces folded."""
        return " ".join("".join(self.words).split())

    def words_of(self, tag: str) -> str:
        """The words inside all elements of a kind, spaces folded."""
        return " ".join("".join(said for around, said in self._said if tag in around).split())

    @property
    def links(self) -> list[str]:
        """Every address that the page offers or loads."""
        found = (e.get("href") or e.get("src") for e in self.elements if e.tag != "form")
        return [address for address in found if address]


@frozen
class Answer:
    """A response as it reaches the browser."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """A header that stands there at most once, or ``""``."""
        found = [value for n, value in self.headers if n.lower() == name.lower()]
        assert len(found) <= 1, f"{name} stands there {len(found)} times"
        return found[0] if found else ""

    def all(self, name: str) -> list[str]:
        """Every header of a name."""
        return [value for n, value in self.headers if n.lower() == name.lower()]

    @property
    def raw(self) -> str:
        """Everything that was sent: status, headers, body."""
        lines = [f"{name}: {value}" for name, value in self.headers]
        return "\n".join([str(self.status), *lines, "", self.body.decode("utf-8", "replace")])

    @property
    def page(self) -> Document:
        """The page taken apart."""
        assert self.header("content-type").startswith("text/html"), self.header("content-type")
        return _parsed(self.body)

    @property
    def text(self) -> str:
        """The words of the page."""
        return self.page.text

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)

    def form(self, action: str) -> Form:
        """The form whose address ends so."""
        return next(f for f in self.page.forms if f.action.endswith(action))

    def has_form(self, action: str) -> bool:
        """Whether there is a form whose address ends so."""
        return any(f.action.endswith(action) for f in self.page.forms)


@lru_cache(maxsize=1024)
def _parsed(body: bytes) -> Document:
    return Document(body.decode())


# -- the browser --------------------------------------------------------------------------------


@define
class Kept:
    """A cookie as a browser keeps it; ``until`` is UTC milliseconds or ``None``."""

    value: str
    until: int | None
    attributes: dict[str, str]


def read_set_cookie(header: str) -> tuple[str, str, dict[str, str]]:
    """Name, value and attributes (by lower-case name) of a ``Set-Cookie`` header."""
    first, *rest = [part.strip() for part in header.split(";")]
    name, _, value = first.partition("=")
    pairs = (part.partition("=") for part in rest)
    return name, value, {n.lower(): v for n, _, v in pairs}


def _covers(path: str, asked: str) -> bool:
    return asked == path or (asked.startswith(path) and (path.endswith("/") or asked[len(path) :][:1] == "/"))  # fmt: skip


Headers = Mapping[str, "str | None"]


@frozen(kw_only=True)
class Sent(Request):
    """A request with the bytes of its body, where the browser has made them itself."""

    body: bytes = b""


@define
class Browser:
    """Visits a `Web` as a browser would; ``keeps`` says whether it keeps cookies."""

    web: Web
    keeps: bool = True
    language: str = "en"
    cookies: dict[tuple[str, str], Kept] = field(factory=dict)

    @property
    def origin(self) -> str:
        """The origin of the portal."""
        parts = urlsplit(self.web.portal.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def sent(self, path: str) -> dict[str, str]:
        """The cookies that go to a path now, those of longer paths first."""
        now = self.web.portal.clock()
        fitting = [
            (len(where), name, kept.value)
            for (name, where), kept in self.cookies.items()
            if _covers(where, path) and (kept.until is None or kept.until > now)
        ]
        found: dict[str, str] = {}
        for _, name, value in sorted(fitting, reverse=True):
            found.setdefault(name, value)
        return found

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Headers | None = None,
        cookies: Mapping[str, str] | None = None,
        form: Callable[[], Sequence[tuple[str, str]]] | None = None,
        files: Sequence[SentFile] = (),
        limit: int | None = None,
    ) -> Answer:
        """Send one request; ``cookies`` replaces those that the browser keeps."""
        parts = urlsplit(urljoin(self.web.portal.base_url + "/", url))
        assert f"{parts.scheme}://{parts.netloc}" == self.origin, f"{url} leaves the site"
        path = unquote(parts.path)
        assert path.startswith(self.web.mount), f"{url} leaves the portal"
        given = {"accept-language": self.language, "user-agent": "Small/1.0", **(headers or {})}
        request = Sent(
            method=method,
            path=path[len(self.web.mount) :] or "/",
            query=parts.query,
            headers={name: value for name, value in given.items() if value is not None},
            cookies=self.sent(parts.path) if cookies is None else cookies,
            address="203.0.113.9",
            form=form or (lambda: fields_of(body)),
            files=lambda: files,
            limit=limit,
            body=body,
        )
        response = self.web.handle(request)
        if self.keeps:
            self._keep(response)
        return answered(parts.geturl(), response)

    def _keep(self, response: Response) -> None:
        now = self.web.portal.clock()
        for name, value in response.headers:
            if name.lower() != "set-cookie":
                continue
            cookie, content, attributes = read_set_cookie(value)
            age = attributes.get("max-age")
            until = now + int(age) * 1000 if age is not None else None
            self.cookies[cookie, attributes["path"]] = Kept(content, until, attributes)

    def get(self, url: str, **headers: str) -> Answer:
        """GET without following; ``if_range=...`` sends ``if-range``."""
        return self.ask("GET", url, headers={n.replace("_", "-"): v for n, v in headers.items()})

    def follow(self, url: str, limit: int = 5) -> Answer:
        """GET, following redirects."""
        answer = self.get(url)
        for _ in range(limit):
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            answer = self.get(answer.header("location"))
        raise AssertionError(f"{url} redirects without end")

    def post(
        self,
        url: str,
        fields: Iterable[tuple[str, str]],
        *,
        headers: Headers | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST fields as a browser would, from a page of the portal, without following."""
        body = urlencode(list(fields)).encode()
        usual: dict[str, str | None] = {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(body)),
            "origin": self.origin,
            "referer": urljoin(self.web.portal.base_url + "/", url),
            "sec-fetch-site": "same-origin",
        }
        return self.ask(
            "POST", url, body=body, headers={**usual, **(headers or {})}, cookies=cookies
        )

    def hand_in(
        self,
        form: Form,
        *files: tuple[str, bytes],
        headers: Headers | None = None,
        fields: Sequence[tuple[str, str]] | None = None,
        field: str = "files",
        limit: int | None = None,
        **values: str,
    ) -> Answer:
        """Send a form for files as a framework hands it over: its fields, and the files apart."""
        filled = [p for p in form.data(**values) if p[0] != "files"] if fields is None else fields
        sent = [SentFile(field, name, "text/plain", io.BytesIO(data)) for name, data in files]
        usual: dict[str, str | None] = {
            "content-type": "multipart/form-data; boundary=x",
            "content-length": str(500 + sum(len(data) for _, data in files)),
            "origin": self.origin,
        }
        return self.ask(
            "POST",
            form.action,
            headers={**usual, **(headers or {})},
            form=lambda: filled,
            files=sent or [SentFile(field, "", "", io.BytesIO())],
            limit=limit,
        )

    def submit(self, form: Form, **values: str) -> Answer:
        """Send a form of a page, with some of its fields filled in."""
        return self.post(form.action, form.data(**values))


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form's body, as an adapter reads them."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def answered(url: str, response: Response) -> Answer:
    """What a browser gets of a response."""
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    return Answer(url, response.status, tuple(response.headers), body)


# -- the stage ----------------------------------------------------------------------------------


@frozen(kw_only=True)
class Place:
    """A project in the middle of its life, and its parts by name."""

    id: str
    anna: Handle
    bob: Handle
    rita: Handle
    design: Handle
    build: Handle
    kickoff: Handle
    vault: Handle
    home: Handle
    plan: Handle
    wrong: Handle
    leak: Handle
    first: str
    ask: str
    terms: Handle
    logo: Handle
    void: Handle
    secret: Handle
    news: Handle
    old: Handle
    gossip: Handle
    asked: str
    answered: str
    whisper: str


def make_portal(**options: Any) -> Portal:
    """A portal in memory whose clock stands still."""
    settings: dict[str, Any] = {
        "store": MemoryStore(),
        "files": MemoryFiles(),
        "access": MemoryAccessLog(),
        "base_url": BASE,
        "keys": [KEY],
        "clock": FixedClock(),
    }
    return Portal(**{**settings, **options})


def make_web(portal: Portal, **looks: Any) -> Web:
    """The web of a portal, with one brand; templates are compiled once for all tests."""
    with mock.patch.object(app, "Renderer", _renderer):
        return Web(portal, Looks(**{"brands": {"": Brand(name="Studio North")}, **looks}))


_renderer = cache(Renderer)


def stream(text: str | bytes) -> io.BytesIO:
    """A file that is being uploaded."""
    return io.BytesIO(text if isinstance(text, bytes) else PDF + text.encode())


def populate(portal: Portal, id: str, mark: str, hidden: str, *, staff: Staff = MAYA) -> Place:
    """Open a project in which every text holds ``mark``, those of the internal part ``hidden``."""
    m, desk = mark, portal.desk(staff)
    with desk.open(
        f"Relaunch {m}", client=f"Acme {m}", id=id, ref=f"crm:{id}", summary=f"About {m}",
        zone="Europe/Berlin",
    ) as change:  # fmt: skip
        anna = change.add_person(f"Anna {m}", email=f"anna@{m}.example", role=f"Owner {m}")
        bob = change.add_person(f"Bob {m}", email=f"bob@{m}.example")
        rita = change.add_person(f"Rita {m}", email=f"rita@{m}.example")
        kickoff = change.add_milestone(f"Kick-off {m}").complete(f"We know each other, {m}")
        design = change.add_milestone(
            f"Design {m}", summary=f"Screens {m}", due=date(2026, 1, 20)
        ).start()
        build = change.add_milestone(f"Build {m}", starts=date(2026, 2, 1))
        vault = change.add_milestone(f"Vault {hidden}")
        home = change.add_file(
            design, stream(f"{m} one"), name=f"home {m}.pdf", purpose=f"All screens {m}"
        )
        plan = change.add_file(
            build, stream(f"{m} plan".encode()), name=f"plan {m}.txt", purpose=f"The plan {m}"
        )
        wrong = change.add_file(
            build, stream(f"{m} wrong"), name=f"wrong {m}.pdf", purpose=f"Wrong {m}"
        )
        leak = change.add_file(
            vault, stream(f"{hidden} sums"), name=f"sums {hidden}.pdf", purpose=f"For us {hidden}"
        )
        logo = change.request_approval(
            kickoff, f"Logo {m}", statement=f"The logo {m}", people=[anna]
        )
        change.record_decision(
            logo, anna, "declined", source=f"phone {m}", comment=f"Too round {m}"
        )
        void = change.request_approval(build, f"Void {m}", files=[wrong], people=[anna, bob])
        change.withdraw_file(wrong, f"Not meant for you {m}")
        secret = change.request_approval(
            vault, f"Secret {hidden}", statement=f"Words {hidden}", people=[anna]
        )
        gossip = change.post_update(vault, body=f"Gossip {hidden}", about=secret)
        first = change.request_approval(
            design,
            f"Homepage {m}",
            statement=f"The page {m}",
            files=[home],
            people=[anna, bob],
            due=date(2026, 1, 9),
        )
        old = change.post_update(design, title=f"Old {m}", done=f"Done {m}", about=first)
        for number in range(3):
            change.post_update(design, done=f"Step {number} {m}", next=f"Next {m}")
        change.revise_update(old, done=f"Done and revised {m}")
        change.add_version(home, stream(f"{m} two"), changed=f"Hero tightened {m}")
        terms = change.request_approval(
            build, f"Terms {m}", statement=f"We begin {m}", people=[anna, bob], needed="any"
        )
        news = change.post_update(
            design, title=f"News {m}", done=f"Homepage {m}", doing=f"Footer {m}",
            next=f"Build {m}", need=f"Your decision {m}", about=home,
        )  # fmt: skip
        change.set_resources([(f"Staging {m}", f"https://staging.{m}.example/")])
        change.issue_link(anna, scopes=CLIENT)
        change.issue_link(bob, scopes=CLIENT)
        change.issue_link(rita, scopes=READER)
    visit = portal.visit(desk.link_url(id, anna).rpartition("/")[2])
    asked = visit.ask(design, f"Which font {m}?", about=home)
    answered = visit.ask(build, f"When {m}?")
    whisper = visit.ask(vault, f"Between us {hidden}?")
    with desk.change(id) as change:
        change.answer(answered, f"In May {m}.")
        change.change_milestone(vault, internal=True)
    approvals = change.project.approvals.values()
    ask = next(a.id for a in approvals if a.previous == first.id)
    return Place(
        id=id, anna=anna, bob=bob, rita=rita, design=design, build=build, kickoff=kickoff,
        vault=vault, home=home, plan=plan, wrong=wrong, leak=leak, first=first.id, ask=ask,
        terms=terms, logo=logo, void=void, secret=secret, news=news, old=old, gossip=gossip,
        asked=asked.id, answered=answered.id, whisper=whisper.id,
    )  # fmt: skip


@frozen
class Stage:
    """One portal, its web, and two projects that must know nothing of each other."""

    portal: Portal
    web: Web
    own: Place
    far: Place

    @property
    def clock(self) -> FixedClock:
        """The clock of the portal."""
        assert isinstance(self.portal.clock, FixedClock)
        return self.portal.clock

    @property
    def store(self) -> Store:
        """Where the log is."""
        return self.portal.ledger.store

    @property
    def desk(self) -> Desk:
        """Maya's desk."""
        return self.portal.desk(MAYA)

    def change(self, place: Place | None = None) -> Any:
        """A block of Maya's."""
        return self.desk.change((place or self.own).id)

    def project(self, place: Place | None = None) -> Project:
        """The project as it stands."""
        return self.portal.project((place or self.own).id)

    def link(self, person: Handle, place: Place | None = None) -> str:
        """The id of a person's link."""
        link = self.project(place).link_of(person.id)
        assert link is not None
        return link.id

    def base(self, person: Handle, place: Place | None = None) -> str:
        """The address of a link's pages."""
        return f"{self.web.mount}/p/{self.link(person, place)}/"

    def url(self, person: Handle, path: str = "", place: Place | None = None) -> str:
        """The address in a person's mail."""
        return self.portal.link_url(self.project(place), person.id, path)

    def token(self, person: Handle, place: Place | None = None) -> str:
        """The token in that address."""
        return self.url(person, place=place).rpartition("/")[2]

    def browser(self, **options: Any) -> Browser:
        """A fresh browser."""
        return Browser(self.web, **options)

    def enter(self, person: Handle | None = None, place: Place | None = None) -> Browser:
        """A browser in which a person (Anna, if nothing is said) has opened their link."""
        browser = self.browser()
        answer = browser.follow(self.url(person or (place or self.own).anna, place=place))
        assert answer.status == 200, answer.status
        return browser

    def cookie(self, person: Handle, place: Place | None = None) -> tuple[str, str]:
        """Name and value of the cookie of a person who has entered."""
        path = self.base(person, place)
        sent = self.enter(person, place).sent(path)
        assert len(sent) == 1
        return next(iter(sent.items()))

    def picture(self) -> Any:
        """All that the stores hold, to be compared with what they hold later."""
        logs = {
            place.id: (self.store.load(place.id), list(self.store.history(place.id)))
            for place in (self.own, self.far)
        }
        return logs, list(self.portal.files.keys())

    def decisions(self) -> list[Any]:
        """Every decision in the log that a visitor made."""
        return [
            entry
            for place in (self.own, self.far)
            for entry in self.portal.entries(place.id)
            if entry.kind == "approval.decided" and entry.fact.recognised != "elsewhere"
        ]


def make_stage(
    portal: Portal | None = None, *, web: Callable[..., Web] = make_web, **looks: Any
) -> Stage:
    """A stage, on a portal of its own or on a given one; ``web`` makes its web."""
    portal = portal or make_portal()
    own = populate(portal, "p-own", OWN, HIDDEN)
    far = populate(portal, "p-far", FAR, FAR)
    return Stage(portal, web(portal, **looks), own, far)


# -- addresses ----------------------------------------------------------------------------------

UNKNOWN = {
    "milestone": new_id(),
    "update": new_id(),
    "approval": new_id(),
    "file": new_id(),
    "question": new_id(),
}
"""Ids that name nothing."""

MALFORMED = ("nope", "..", "%00", "a b", "%2e%2e%2f", "x" * 121, "<script>", "é", "'", "0", "-1")
"""What cannot be an id, as it would stand in an address."""


def unknown_link(project: str = "p-none") -> str:
    """The id of a link that nobody has."""
    return link_id(project, new_id())


def parts_of(place: Place) -> list[dict[str, str]]:
    """Ids of a project, as the places in the route table take them; every id stands there once."""
    shown: list[dict[str, str]] = [
        {"milestone": place.design.id, "update": place.news.id, "approval": place.ask,
         "file": place.home.id, "version": "2", "question": place.asked},
        {"milestone": place.build.id, "update": place.old.id, "approval": place.first,
         "file": place.home.id, "version": "1", "question": place.answered},
        {"milestone": place.kickoff.id, "update": place.news.id, "approval": place.logo.id,
         "file": place.plan.id, "version": "1", "question": place.answered},
        {"milestone": place.design.id, "update": place.news.id, "approval": place.void.id,
         "file": place.wrong.id, "version": "1", "question": place.asked},
        {"milestone": place.design.id, "update": place.news.id, "approval": place.terms.id,
         "file": place.home.id, "version": "3", "question": place.asked},
    ]  # fmt: skip
    return shown


def hidden_parts(place: Place) -> dict[str, str]:
    """Ids of the internal milestone of a project."""
    return {
        "milestone": place.vault.id,
        "update": place.gossip.id,
        "approval": place.secret.id,
        "file": place.leak.id,
        "version": "1",
        "question": place.whisper,
    }


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """A path of the route table with its parts filled in."""
    return re.sub(r"<(\w+)>", lambda match: values[match[1]], pattern)


def below(routes: Iterable[str] | None = None) -> list[tuple[str, tuple[str, ...], str]]:
    """Name, methods and path (below a link's pages) of every route that belongs to a link."""
    return [
        (route.name, route.methods, route.path.removeprefix("/p/<link>/"))
        for route in ROUTES
        if route.path.startswith("/p/<link>/") and (routes is None or route.name in routes)
    ]


def crawl(browser: Browser, start: str) -> Iterator[Answer]:
    """Every page and file that can be reached by links from an address, each once."""
    waiting, seen = [start], set()
    while waiting:
        url = urljoin(browser.origin, waiting.pop()).partition("#")[0]
        if url in seen or not url.startswith(browser.web.portal.base_url + "/"):
            continue
        seen.add(url)
        answer = browser.follow(url)
        yield answer
        if answer.header("content-type").startswith("text/html"):
            waiting += [urljoin(url, address) for address in answer.page.links]


# -- secrets ------------------------------------------------------------------------------------


def strings_of(store: Store, project: str) -> set[str]:
    """Every string that a store holds of a project."""
    found: set[str] = set()
    for row in store.history(project):
        found |= {row.chain, row.sealed_digest, row.subject, row.milestone, row.actor}
        for text in (row.data, row.sealed):
            found |= set(_leaves(json.loads(text))) if text else set()
    return found


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def secrets_of(store: Store, project: str, *, beside: str) -> set[str]:
    """What only this project holds: texts, names, ids, digests, keys, secrets of links."""
    strings = strings_of(store, project) - strings_of(store, beside)
    return {s.lower() for s in strings if len(s) > 3}


def leaks(answer: Answer, secrets: Iterable[str], asked: Iterable[str] = ()) -> list[str]:
    """Which secrets an answer holds, besides the ids that were asked for."""
    raw = html.unescape(answer.raw).lower()
    for id in sorted(asked, key=len, reverse=True):
        raw = raw.replace(id.lower(), "")
    return _found(raw, frozenset(secrets))


@lru_cache(maxsize=256)
def _found(raw: str, secrets: frozenset[str]) -> list[str]:
    """Many answers are the same page; each is searched once."""
    return [secret for secret in secrets if secret in raw]


def plain(answer: Answer, *asked: str) -> tuple[int, tuple[tuple[str, str], ...], str]:
    """An answer without the ids that were asked for: two of them can be compared.

    The length is that of the body, so it goes where the ids differ in length.
    """

    def clean(text: str) -> str:
        for id in sorted(asked, key=len, reverse=True):
            text = text.replace(id, "<asked>")
        return re.sub(r'(name="pk_csrf" value="|data-csrf=")[0-9a-f]{64}"', r'\1"', text)

    headers = tuple(
        (name, clean(value)) for name, value in answer.headers if name.lower() != "content-length"
    )
    return answer.status, headers, clean(answer.body.decode("utf-8", "replace"))


def scopes(*given: Scope) -> frozenset[Scope]:
    """Scopes of a link."""
    return frozenset(given)


# -- deciding -----------------------------------------------------------------------------------

FILLED = {
    "outcome": "approved",
    "comment": "",
    "reviewed": "yes",
    "typed_name": "Anna Keller",
}
"""A review form filled in."""


def filled(form: Form, **values: str) -> list[tuple[str, str]]:
    """The fields of a review form, filled in."""
    chosen = {**FILLED, **values}
    order = ("pk_csrf", "shown", "outcome", "comment", "reviewed", "typed_name")
    given = {name: form.value(name) for name in ("pk_csrf", "shown")}
    return [*((name, {**chosen, **given}[name]) for name in order), END]


def review(browser: Browser, base: str, approval: str, **values: str) -> Answer:
    """Open the review page and send it filled in."""
    page = browser.get(f"{base}a/{approval}")
    return browser.post(f"{base}a/{approval}", filled(page.form(f"a/{approval}"), **values))


def confirm(browser: Browser, answer: Answer) -> Answer:
    """Send the confirmation form of a page."""
    form = next(f for f in answer.page.forms if "intent" in dict(f.fields))
    return browser.submit(form)


def decide(browser: Browser, base: str, approval: str, **values: str) -> Answer:
    """Review and confirm."""
    return confirm(browser, review(browser, base, approval, **values))

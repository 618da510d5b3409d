"""The requests that every adapter must answer as the core does: a table of named cases.

A case is the law that it checks, a name, and a function that makes the request for a stage.  To add one,
yield it from the function of its family.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

from attrs import define, evolve, frozen

from ..errors import Incomplete
from ..links import Cookie
from ..web import ROUTES, Web
from ..web.forms import END, ONE_CLICK
from .asks import FORM, Ask, Read, posted
from .laws import AWKWARD
from .sample import Sample

__all__ = ["CASES", "Case", "Stage"]

MOUNT: Final = "/portal"
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
BOUNDARY: Final = "----portalkit5e55"
SESSION: Final = "5e55105e55105e55105e5510"


@define(slots=False)  # `shown` is kept
class Stage:
    """Where a case plays: a sample project behind the core's own web."""

    web: Web
    sample: Sample

    @property
    def link(self) -> str:
        """The id of Anna's link."""
        return self.sample.link(self.sample.anna).id

    def page(self, path: str = "") -> str:
        """The target of a page behind Anna's link."""
        return f"{MOUNT}/p/{self.link}/{path}"

    def home(self, person: str) -> str:
        """The target of another person's project page."""
        return f"{MOUNT}/p/{self.sample.link(person).id}/"

    def file(self, query: str = "", version: int = 2) -> str:
        """The target of a version of the PDF."""
        return self.page(f"f/{self.sample.home}/{version}{query}")

    @property
    def ask(self) -> str:
        """The target of the request that waits for Anna."""
        return self.page(f"a/{self.sample.ask}")

    def cookie(self, person: str | None = None, **changes: Any) -> tuple[str, str]:
        """The cookie that a person's browser sends (Anna's), as a header."""
        link = self.sample.link(person or self.sample.anna)
        now = self.web.portal.clock()
        cookie = evolve(Cookie(link.id, link.nonce, SESSION, now, now, 0, 0), **changes)
        return "cookie", f"{self.web.jar.name(link.id)}={self.web.portal.keys.cookie(cookie)}"

    def get(self, target: str, *headers: tuple[str, str], method: str = "GET") -> Ask:
        """A request of Anna's browser."""
        return Ask(target=target, method=method, headers=(self.cookie(), *headers))

    def post(self, target: str, *fields: tuple[str, str]) -> Ask:
        """A form that Anna's browser sends, with the fields that every form of ours has."""
        token = self.web.portal.keys.form_token(self.link, SESSION)
        ask = posted(target, (("pk_csrf", token), *fields, END))
        return evolve(ask, headers=(*ask.headers, self.cookie()))

    @cached_property
    def shown(self) -> dict[str, Any]:
        """What the review page signs."""
        approval = self.sample.project.approvals[self.sample.ask]
        return {
            "step": "review",
            "link": self.link,
            "session": SESSION,
            "approval": approval.id,
            "manifest": approval.manifest,
            "at": self.web.portal.clock(),
        }

    def review(self, **changes: str) -> list[tuple[str, str]]:
        """The fields of a review that is filled in."""
        fields = {
            "shown": self.web.portal.keys.intent(self.shown),
            "outcome": "approved",
            "comment": "",
            "reviewed": "yes",
            "typed_name": "Anna Keller",
        }
        return list({**fields, **changes}.items())

    def confirmation(self, **changes: str) -> tuple[str, str]:
        """The field with which Anna confirms her decision."""
        intent = {
            **self.shown,
            "step": "confirm",
            "outcome": "approved",
            "comment": "",
            "typed_name": "Anna Keller",
            "sentence": "I, Anna Keller, approve “Homepage”.",
            "locale": "en",
        }
        return "intent", self.web.portal.keys.intent({**intent, **changes})

    @property
    def unsubscribe(self) -> str:
        """The target at which Anna's mail program ends her mail."""
        address = self.web.portal.unsubscribe_url(self.sample.project, self.sample.anna)
        return MOUNT + address.removeprefix(self.web.portal.base_url)

    def filled(self, path: str) -> str:
        """The target of a route, with the parts of this stage in it."""
        parts = {
            "token": self.sample.token(self.sample.anna),
            "path": "history",
            "link": self.link,
            "milestone": self.sample.design,
            "update": self.sample.news,
            "file": self.sample.home,
            "version": "2",
            "approval": self.sample.ask,
            "question": self.sample.question,
            "asset": self.web.assets.style,
        }
        return MOUNT + re.sub(r"<(\w+)>", lambda m: parts.get(m[1], "none"), path)


@frozen
class Case:
    """One request: the law that it checks, its name, and how it is made."""

    law: int
    name: str
    make: Callable[[Stage], Ask]


Make = Callable[[Stage], Ask]


def _at(target: Callable[[Stage], str], *headers: tuple[str, str], method: str = "GET") -> Make:
    """Anna's browser asks for a target."""
    return lambda s: s.get(target(s), *headers, method=method)


def _by_nobody(target: Callable[[Stage], str], *headers: tuple[str, str]) -> Make:
    """A browser without a cookie asks for a target."""
    return lambda s: Ask(target=target(s), headers=headers)


def _route(path: str, more: str = "") -> Callable[[Stage], str]:
    return lambda s: s.filled(path) + more


def _page(path: str = "") -> Callable[[Stage], str]:
    return lambda s: s.page(path)


def _fixed(path: str) -> Callable[[Stage], str]:
    return lambda s: MOUNT + path


def _routes() -> Iterator[Case]:
    for route in ROUTES:
        for method in METHODS:
            yield Case(2, f"{method} {route.name}", _at(_route(route.path), method=method))
        yield Case(2, f"GET {route.name}, by nobody", _by_nobody(_route(route.path)))
        yield Case(1, f"GET {route.name}, a slash more", _at(_route(route.path, "/")))
    for method in METHODS:
        yield Case(2, f"{method} the mount", _at(_fixed("/"), method=method))
        yield Case(2, f"{method} what is not there", _at(_fixed("/nowhere"), method=method))


def _paths() -> Iterator[Case]:
    for name, path in {
        "the mount with a slash": "/",
        "two slashes": "//",
        "two slashes in front": "//p/none/",
        "two slashes within": "/p//history",
        "a dot": "/p/./",
        "two dots": "/p/none/../",
        "two dots, encoded": "/p/none/%2e%2e/",
        "a slash, encoded": "/p%2fnone%2f",
        "what is not there": "/nowhere",
        "deep below": "/p/none/x/y/z",
        "letters": "/p/%C3%A9/",
        "bytes that are no UTF-8": "/p/%FF%FE/",
        "a cut letter": "/l/%C3",
        "a NUL": "/p/%00/",
        "a line break": "/p/a%0D%0AX-Y:%20z/",
        "a percent sign": "/p/100%25/",
        "a percent sign, encoded twice": "/p/%2525/",
        "a plus": "/p/a+b/",
        "a semicolon": "/p/none;x=1/",
        "a backslash": "/p/%5C%5Cevil.example/",
        "another address": "/p/https:%2F%2Fevil.example/",
        "markup": "/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "a route in capitals": "/P/none/",
        "a long one": "/p/" + "x" * 3000 + "/",
    }.items():
        yield Case(1, f"path: {name}", _by_nobody(_fixed(path)))
    for name, target in _BELOW.items():
        yield Case(1, f"page: {name}", _at(target))
    for path in (
        "project.json", "m/x", "f/x/1?download=1", "//evil.example/", "https://evil.example/", "%2e%2e/x",
    ):  # fmt: skip
        yield Case(1, f"enter at {path}", _by_nobody(_route("/l/<token>", f"/{path}")))


_BELOW: Final[dict[str, Callable[[Stage], str]]] = {
    "no slash after the link": lambda s: s.page()[:-1],
    "a hidden milestone": lambda s: s.page(f"m/{s.sample.vault}"),
    "a hidden file": lambda s: s.page(f"f/{s.sample.secret}/1"),
    "a withdrawn file": lambda s: s.page(f"f/{s.sample.wrong}/1"),
    "a version that is not there": lambda s: s.file(version=9),
    "version 0": lambda s: s.file(version=0),
    "an old version": lambda s: s.file(version=1),
    "the round before": lambda s: s.page(f"a/{s.sample.former}"),
    "an unknown milestone": _page("m/none"),
    "the form that asks about a file": lambda s: s.page(
        f"m/{s.sample.design}?about={s.sample.home}"
    ),
    "the form that asks about a hidden file": lambda s: s.page(
        f"m/{s.sample.design}?about={s.sample.secret}"
    ),
    "an encoded letter of a route": _page("%68istory"),
    "an encoded letter, encoded again": _page("%2568istory"),
    "a slash before a route": _page("/history"),
    "a slash in an id": _page("m/a%2fb"),
}


def _headers() -> Iterator[Case]:
    for query in (
        "?", "?entered=1", "?entered=1&entered=1", "?a=%FF", "?" + "a&" * 40, "?entered=%31",
        "??entered=1", "?x=" + "y" * 4000,
    ):  # fmt: skip
        yield Case(3, f"query {query[:24]}", _at(_page(query)))
    for before in ("9", "%C2%B2", "x", "9&before=8"):
        yield Case(3, f"query before={before}", _at(_page(f"history?before={before}")))
    for name, value in (
        ("accept-language", "de"),
        ("accept-language", "xx;q=2, ,;;"),
        ("user-agent", "x" * 8000),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-http-method-override", "DELETE"),
        ("if-modified-since", "Wed, 21 Oct 2099 07:28:00 GMT"),
        ("accept-encoding", "gzip"),
        ("accept", "application/json"),
        ("origin", "https://evil.example"),
        ("authorization", "Basic eDp5"),
    ):
        yield Case(3, f"{name}: {value[:16]}", _at(_page(), (name, value)))
    german = ("accept-language", "de")
    yield Case(3, "nobody, in German", _by_nobody(_page(), german))
    yield Case(3, "a header twice", _by_nobody(_page(), ("accept-language", "xx"), german))


def _cookies() -> Iterator[Case]:
    for name, change in _COOKIES.items():
        yield Case(3, f"cookie: {name}", _with_cookie(change))
    yield Case(3, "cookie: somebody else's", lambda s: _as(s, s.sample.bob, s.page()))
    yield Case(3, "cookie: Bob's own", lambda s: _as(s, s.sample.bob, s.home(s.sample.bob)))
    yield Case(3, "cookie: an old secret", lambda s: _as(s, s.sample.anna, s.page(), nonce="old"))
    yield Case(3, "cookie: of a reader", lambda s: _as(s, s.sample.rita, s.home(s.sample.rita)))


_COOKIES: Final[dict[str, Callable[[str], str]]] = {
    "cut": lambda c: c[:-3],
    "edited": lambda c: c[:-1] + ("A" if c[-1] != "A" else "B"),
    "empty": lambda c: c.partition("=")[0] + "=",
    "without a value": lambda c: c.partition("=")[0],
    "nonsense": lambda c: "=; =; ;;;",
    "not ASCII": lambda c: "pk=\xff; " + c,
    "among many": lambda c: "; ".join([*(f"a{n}=b" for n in range(80)), c]),
    "first of two": lambda c: f"{c}; {c.partition('=')[0]}=x",
    "second of two": lambda c: f"{c.partition('=')[0]}=x; {c}",
    "huge": lambda c: f"x={'y' * 6000}; {c}",
    "of another name": lambda c: "x" + c,
    "without a space": lambda c: f"x=y;{c};z=1",
}


def _with_cookie(change: Callable[[str], str]) -> Make:
    return lambda s: Ask(target=s.page(), headers=(("cookie", change(s.cookie()[1])),))


def _as(stage: Stage, person: str, target: str, **changes: Any) -> Ask:
    return Ask(target=target, headers=(stage.cookie(person, **changes),))


def _downloads() -> Iterator[Case]:
    for method in ("GET", "HEAD"):
        for value in (
            "bytes=0-3", "bytes=4-", "bytes=-3", "bytes=0-0", "bytes=0-999", "bytes=999-", "bytes=-0",
            "bytes=3-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=", "items=0-1", "bytes = 0-1", "bytes=-",
        ):  # fmt: skip
            made = _at(Stage.file, ("range", value), method=method)
            yield Case(5, f"{method} range {value}", made)
        for name, headers in {
            "If-Range holds": {"range": "bytes=0-3", "if-range": "<tag>"},
            "If-Range is old": {"range": "bytes=0-3", "if-range": '"old"'},
            "If-Range is weak": {"range": "bytes=0-3", "if-range": "W/<tag>"},
            "If-Range is a day": {
                "range": "bytes=0-3",
                "if-range": "Wed, 21 Oct 2099 07:28:00 GMT",
            },
            "If-None-Match holds": {"if-none-match": "<tag>"},
            "If-None-Match is weak": {"if-none-match": "W/<tag>"},
            "If-None-Match of several": {"if-none-match": '"x", <tag>'},
            "If-None-Match is old": {"if-none-match": '"old"'},
            "If-None-Match is a star": {"if-none-match": "*"},
            "If-Match is old": {"if-match": '"old"'},
            "a part of what is held": {"if-none-match": "<tag>", "range": "bytes=0-3"},
        }.items():
            yield Case(5, f"{method} {name}", _tagged(headers, method))
    yield Case(5, "download=1", lambda s: s.get(s.file("?download=1")))
    yield Case(5, "a text", lambda s: s.get(s.page(f"f/{s.sample.notes}/1")))


def _tagged(headers: dict[str, str], method: str) -> Make:
    def make(s: Stage) -> Ask:
        tag = f'"{s.sample.project.files[s.sample.home].current.sha256}"'
        filled = [(name, value.replace("<tag>", tag)) for name, value in headers.items()]
        return s.get(s.file(), *filled, method=method)

    return make


def _confirm(s: Stage) -> Ask:
    return s.post(s.ask, s.confirmation())


def _review(**changes: str) -> Make:
    return lambda s: s.post(s.ask, *s.review(**changes))


def _confirm_with(*headers: tuple[str, str], without: tuple[str, ...] = ()) -> Make:
    return lambda s: _confirm(s).without(*without).with_headers(*headers)


def _forms() -> Iterator[Case]:
    for name, make in _FORMS.items():
        yield Case(6, name, make)
    for comment in (AWKWARD[:70], "Zu rund – “ö” &amp; 50%+1; a=b", "one\r\ntwo\r\n\r\n  three "):
        name = f"review with the comment {comment[:12]!r}"
        yield Case(6, name, _review(outcome="declined", comment=comment))
    yield Case(6, "review, whole", _review())
    yield Case(6, "review without a name", _review(typed_name=""))
    yield Case(6, "review without a tick", _review(reviewed=""))
    yield Case(6, "review without an outcome", _review(outcome=""))
    yield Case(6, "review of no outcome", _review(outcome="maybe"))
    yield Case(6, "review with a NUL", _review(comment="a\0b"))
    yield Case(6, "review with a field more", _review(more="x"))
    yield Case(6, "review with an empty field more", _review(more=""))
    yield Case(6, "review with a long comment", _review(comment="x" * 6000))
    for name, text, fields in (
        ("plus and percent", "typed_name=Anna+Ke%6Cler", (("typed_name", "Anna Keller"),)),
        ("a bad percent", "comment=100%&reviewed=%zz", (("comment", "100%"), ("reviewed", "%zz"))),
        ("a semicolon is no separator", "comment=a;b=c", (("comment", "a;b=c"),)),
        ("no values", "comment=&typed_name=", (("comment", ""), ("typed_name", ""))),
        ("bytes that are no UTF-8", "comment=%FF%FEx", (("comment", "\ufffd\ufffdx"),)),
    ):
        yield Case(6, f"spelled with {name}", _spelled(text, fields))
    for cut in (1, 3, 12, 100):
        yield Case(6, f"a body cut by {cut}", _cut(_confirm, cut))
        yield Case(
            6, f"the client hangs up {cut} before the end", _cut(_confirm, cut, hangs_up=True)
        )
    for kind in ("text/plain", "application/json", "", "application/octet-stream"):
        yield Case(6, f"a body of type {kind!r}", _typed(_confirm, kind, ()))
    yield Case(
        6, "a type with a charset", _confirm_with(("content-type", f"{FORM}; charset=utf-8"))
    )


_FORMS: Final[dict[str, Make]] = {
    "confirm a decision": _confirm,
    "go back from a confirmation": lambda s: s.post(s.ask, s.confirmation(), ("back", "1")),
    "leave": lambda s: s.post(s.page("leave")),
    "have the link sent again": lambda s: posted(s.page("resend"), (END,)),
    "have an unknown link sent again": lambda s: posted(f"{MOUNT}/p/none/resend", (END,)),
    "an intent that was edited": lambda s: s.post(s.ask, ("intent", "x.y")),
    "decide in the round before": lambda s: s.post(
        s.page(f"a/{s.sample.former}"), s.confirmation()
    ),
    "a field twice": lambda s: s.post(s.ask, *s.review(), ("comment", "another")),
    "a field without a name": lambda s: s.post(s.ask, *s.review(), ("", "x")),
    "a form with nothing in it": lambda s: s.post(s.ask),
    "no end": lambda s: _again(s, lambda token, intent: (token, intent)),
    "the end in front": lambda s: _again(s, lambda token, intent: (END, token, intent)),
    "the end twice": lambda s: _again(s, lambda token, intent: (token, intent, END, END)),
    "no token": lambda s: _again(s, lambda token, intent: (intent, END)),
    "a wrong token": lambda s: _again(s, lambda token, intent: (("pk_csrf", "0"), intent, END)),
    "no body at all": lambda s: evolve(_confirm(s), body=b"", form=Incomplete),
}


def _again(stage: Stage, pick: Callable[..., tuple[tuple[str, str], ...]]) -> Ask:
    """A confirmation, put together anew from its token and intent."""
    confirmed = _confirm(stage)
    assert isinstance(confirmed.form, tuple)
    made = posted(stage.ask, pick(*confirmed.form[:2]))
    return evolve(made, headers=(*made.headers, stage.cookie()))


def _posts() -> Iterator[Case]:
    for name, header in {
        "another origin": ("origin", "https://evil.example"),
        "an origin of null": ("origin", "null"),
        "our origin by http": ("origin", "http://agency.example"),
        "our origin in capitals": ("origin", "HTTPS://AGENCY.EXAMPLE"),
        "another site": ("sec-fetch-site", "cross-site"),
        "another referer": ("referer", "https://evil.example/"),
        "another host": ("host", "evil.example"),
    }.items():
        yield Case(3, f"post with {name}", _confirm_with(header))
    yield Case(3, "post without an origin", _confirm_with(without=("origin",)))
    yield Case(
        3,
        "post with another referer alone",
        _confirm_with(("referer", "https://evil.example/"), without=("origin",)),
    )
    yield Case(3, "post by nobody", _confirm_with(without=("cookie",)))
    yield Case(3, "post without a length", _confirm_with(without=("content-length",)))
    for length in ("x", "-5", "9" * 20, "9" * 5000, "99999999", "", "1e3"):
        name = f"post with {len(length)} letters of length {length[:4]!r}"
        yield Case(3, name, _confirm_with(("content-length", length)))


def _multipart() -> Iterator[Case]:
    whole = _as_parts(_confirm)
    yield Case(6, "multipart", whole)
    yield Case(6, "multipart in words", _as_parts(_review(comment="ö – 👩\u200d🎨")))
    yield Case(6, "multipart, cut in a field", _cut(whole, 60))
    yield Case(6, "multipart, cut behind its end mark", _cut(whole, len(f"\r\n--{BOUNDARY}--\r\n")))
    for kind in ("multipart/form-data", "multipart/form-data; boundary=other"):
        yield Case(6, f"a body of type {kind}", _typed(whole, kind, Incomplete))


PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def _choices() -> Iterator[Case]:
    for mode in ("all", "decisions", "weekly", "never", ""):
        yield Case(6, f"be told: {mode or 'nothing chosen'}", _told(mode))
    one_click = _posted(ONE_CLICK)
    yield Case(6, "unsubscribe by one click", one_click)
    yield Case(6, "unsubscribe by one click, in parts", _as_parts(one_click))
    yield Case(3, "unsubscribe by one click, from elsewhere", _from_elsewhere(one_click))
    yield Case(3, "unsubscribe by one click, with a cookie", _by_anna(one_click))
    yield Case(6, "unsubscribe by one click, cut", _cut(one_click, 2))
    yield Case(6, "unsubscribe by form", _posted(("choice", "decisions"), END))
    yield Case(6, "unsubscribe by form, nothing chosen", _posted(END))
    yield Case(6, "unsubscribe by form, as it is", _posted(("choice", "same"), END))
    yield Case(6, "unsubscribe by form, without an end", _posted(("choice", "decisions")))
    yield Case(2, "look at what unsubscribes", _by_nobody(lambda s: s.unsubscribe))


def _told(mode: str) -> Make:
    return lambda s: s.post(s.page("notices"), ("mode", mode))


def _posted(*fields: tuple[str, str]) -> Make:
    """A form that is sent to the unsubscribe address, by a program without a cookie."""
    return lambda s: posted(s.unsubscribe, fields)


def _by_anna(make: Make) -> Make:
    return lambda s: make(s).with_headers(s.cookie())


def _uploads() -> Iterator[Case]:
    one = ("files", "logo.png", "image/png", PNG)
    for name, files in {
        "a file": (one,),
        "two files": (one, ("files", "Angebot ö.pdf", "application/pdf", b"%PDF-1.7\r\n\r\nx")),
        "an empty file": (("files", "empty.txt", "text/plain", b""),),
        "no file chosen": (("files", "", "application/octet-stream", b""),),
        "a file and none chosen": (one, ("files", "", "application/octet-stream", b"")),
        "a file of a strange name": (("files", "../../a b;c'.png", "image/png", PNG),),
        "a file of a false type": (("files", "page.html", "text/html", PNG),),
        "a file with line breaks at its end": (("files", "a.txt", "text/plain", b"a\r\n\r\n"),),
        "a file of 300,000 bytes": (("files", "a.bin", "application/octet-stream", PNG * 1136),),
        "a file in another field": (("photo", "logo.png", "image/png", PNG),),
    }.items():
        yield Case(6, f"hand in {name}", _upload(*files))
    yield Case(6, "hand in with a note", _upload(one, note="Für euch – “ö”"))
    yield Case(6, "hand in with a field more", _upload(one, more="x"))
    yield Case(6, "hand in, but urlencoded", lambda s: _handed_in(s, ()))
    yield Case(6, "hand in, cut in the file", _cut(_upload(one), 300))
    yield Case(6, "hand in, cut behind the file", _cut(_upload(one), 60))
    yield Case(6, "hand in, and hang up", _cut(_upload(one), 300, hangs_up=True))
    yield Case(3, "hand in from elsewhere", _from_elsewhere(_upload(one)))


def _upload(*files: tuple[str, str, str, bytes], **fields: str) -> Make:
    return lambda s: _parts(_handed_in(s, files, **fields))


def _handed_in(s: Stage, files: tuple[tuple[str, str, str, bytes], ...], **fields: str) -> Ask:
    """The form with which Anna hands files in at the milestone in progress."""
    filled = {"once": "a" * 26, "request": "", "note": "", **fields}
    return evolve(s.post(s.page(f"m/{s.sample.design}/files"), *filled.items()), files=files)


def _questions() -> Iterator[Case]:
    for name, fields in {
        "a question": {},
        "a question in words": {"text": "Größer?\r\n\r\n– “ö” &amp; 50%+1; a=b 👩\u200d🎨"},
        "nothing": {"text": " \r\n"},
        "too much": {"text": "x" * 2001},
        "about nothing": {"about": "none"},
        "in another milestone": {"milestone": "none"},
        "further in no question": {"question": "none"},
        "without an id of the form": {"once": ""},
        "with a field more": {"more": "x"},
    }.items():
        yield Case(6, f"ask {name}", _question(**fields))
    yield Case(6, "ask about a file", lambda s: _question(about=s.sample.home)(s))
    yield Case(6, "ask further", lambda s: _question(question=s.sample.question)(s))
    yield Case(6, "ask as multipart", _as_parts(_question()))
    yield Case(6, "ask, cut in the text", _cut(_question(), 40))
    yield Case(3, "ask from elsewhere", _from_elsewhere(_question()))
    yield Case(3, "ask by nobody", lambda s: _question()(s).without("cookie"))
    for ticked in ("yes", "on", ""):
        yield Case(6, f"where are we, ticked {ticked!r}", _recap(("looked", ticked)))
    yield Case(6, "where are we, not ticked", _recap())
    yield Case(3, "where are we from elsewhere", _from_elsewhere(_recap(("looked", "yes"))))


def _question(**fields: str) -> Make:
    """The form with which Anna asks at the milestone in progress."""

    def make(s: Stage) -> Ask:
        usual = {"milestone": s.sample.design, "once": "a" * 26, "text": "When?"}
        return s.post(s.page("questions"), *{**usual, **fields}.items())

    return make


def _recap(*fields: tuple[str, str]) -> Make:
    return lambda s: s.post(s.page("recap"), *fields)


def _from_elsewhere(make: Make) -> Make:
    return lambda s: make(s).with_headers(("origin", "https://evil.example"))


def _as_parts(make: Make) -> Make:
    return lambda s: _parts(make(s))


def _typed(make: Make, kind: str, form: Read) -> Make:
    """Call a body by another type."""
    return lambda s: evolve(make(s).with_headers(("content-type", kind)), form=form)


def _cut(make: Make, count: int, *, hangs_up: bool = False) -> Make:
    """Send less of a body than its length says."""

    def cut(s: Stage) -> Ask:
        ask = make(s)
        return evolve(ask, body=ask.body[:-count], form=Incomplete, hangs_up=hangs_up)

    return cut


def _spelled(text: str, fields: tuple[tuple[str, str], ...]) -> Make:
    """A form whose body is spelled by hand between token and end."""

    def make(s: Stage) -> Ask:
        ask = s.post(s.ask)
        assert isinstance(ask.form, tuple)
        token, end = ask.form
        body = f"{token[0]}={token[1]}&{text}&{end[0]}={end[1]}".encode()
        return evolve(_replaced(ask, body, FORM), form=(token, *fields, end))

    return make


def _parts(ask: Ask) -> Ask:
    """Send the fields of a form as multipart, which is the same form; its files before its end."""
    assert isinstance(ask.form, tuple)
    *fields, end = ask.form
    parts = [
        *(_part(name, value.encode()) for name, value in fields),
        *(_part(field, data, name, kind) for field, name, kind, data in ask.files),
        _part(end[0], end[1].encode()),
        f"--{BOUNDARY}--\r\n".encode(),
    ]
    return _replaced(ask, b"".join(parts), f"multipart/form-data; boundary={BOUNDARY}")


def _part(field: str, data: bytes, name: str | None = None, kind: str = "") -> bytes:
    file = "" if name is None else f'; filename="{name}"'
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n{typed}\r\n'
    return head.encode() + data + b"\r\n"


def _replaced(ask: Ask, body: bytes, kind: str) -> Ask:
    new = ask.with_headers(("content-type", kind), ("content-length", str(len(body))))
    return evolve(new, body=body)


CASES: Final = tuple(
    case
    for family in (
        _routes,
        _paths,
        _headers,
        _cookies,
        _downloads,
        _posts,
        _forms,
        _multipart,
        _choices,
        _uploads,
        _questions,
    )
    for case in family()
)
"""Every case, in families."""

"""Mails: what each kind of news says, in whose words, and that nothing in them can be made to lie."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from html.parser import HTMLParser
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from portalkit import CLIENT, Invalid, Portal, clean
from portalkit.facts import KINDS, Fact, NoticesBounced, NoticesChosen, NoticesSent
from portalkit.fold import news as told
from portalkit.model import Activity, Person, Project, Side
from portalkit.notices import Message, Notice
from portalkit.pages.letter import ITEMS_SHOWN, WORDS, short, unlinked
from portalkit.rules import see
from portalkit.web import Brand, Mails, Web
from tests.attacks.names import NAMES
from tests.attacks.strings import STRINGS
from tests.web.stage import MAYA, make_portal, make_web, stream

STAFF_URL = "https://crm.agency.example/projects/17"
HOSTS = {"agency.example", "crm.agency.example"}
FOR_STAFF = ("file.delivered", "question.asked", "recap.asked")
COLLECTIONS = ("digest", "catch_up")
STATUSES = tuple(kind for kind in WORDS if kind.startswith("project.status "))
KINDS_TOLD = tuple(k for k in WORDS if not k.startswith("project.status ") and " by " not in k)
HEADERS = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Reply-To",
    "References",
    "Auto-Submitted",
]
UNSUBSCRIBING = ["List-Unsubscribe", "List-Unsubscribe-Post"]


@frozen
class Desk:
    """A project in the middle of its life, and what makes notices and mails of it."""

    portal: Portal
    web: Web
    mails: Mails
    project: Project
    anna: Person
    maya: Person
    design: str
    home: str
    ask: str
    wanted: str

    def notice(self, kind: str, *, count: int = 1, **changes: Any) -> Notice:
        """What somebody is told of a kind of news; ``detail`` and ``actor`` are of the news."""
        kind, _, detail = kind.partition(" ")
        staff = changes.pop("staff", kind in FOR_STAFF)
        project = changes.pop("project", self.project)
        person = changes.pop("person", self.maya if staff else self.anna)
        detail = changes.pop("detail", detail or ("2" if kind.startswith("file.") else ""))
        title = changes.pop("title", "Hero done")
        kinds = cycle(("update.posted", "file.version", "milestone.completed"))
        news = tuple(
            self.activity(
                of if kind in COLLECTIONS else kind, detail=detail, title=title, staff=staff
            )
            for of in islice(kinds, count)
        )
        link = self.portal.link_url(self.project, self.anna.id, f"a/{self.ask}")
        usual: dict[str, Any] = {
            "id": "0f" * 16,
            "kind": kind,
            "person": person,
            "project": see(project, person),
            "news": () if kind == "reminder" else news,
            "about": self.wanted if kind == "request.made" else self.ask,
            "milestone": self.design,
            "url": "" if kind == "link.revoked" else STAFF_URL if staff else link,
            "unsubscribe": "" if staff else self.portal.unsubscribe_url(self.project, self.anna.id),
            "at": self.portal.clock(),
        }
        return Notice(**{**usual, **changes})

    def activity(self, kind: str, *, detail: str, title: str, staff: bool) -> Activity:
        """One piece of news."""
        room = kind.partition(".")[0]
        subject = {"approval": self.ask, "request": self.wanted, "file": self.home}
        if kind == "approval.decided" and not detail:
            detail = f"approved {self.anna.id}"
        if kind.startswith("link."):
            detail = self.anna.id
        return Activity(
            seq=9,
            at=self.portal.clock() - 3_600_000,
            actor=self.anna.id if staff or kind == "approval.decided" else self.maya.id,
            kind=kind,
            milestone="" if room in ("project", "link", "recap") else self.design,
            subject=subject.get(room, self.design),
            title="" if room in ("link", "milestone", "question", "recap") else title,
            detail=detail,
        )

    def render(self, kind: str, **changes: Any) -> Message:
        """The mail of a notice."""
        return self.mails.render(self.notice(kind, **changes))


@pytest.fixture(scope="module")
def desk() -> Desk:
    """A project with something of everything, and its mails."""
    portal = make_portal()
    with portal.desk(MAYA).open("Website relaunch", id="p-mail", client="Acme", zone="Europe/Berlin") as change:  # fmt: skip
        anna = change.add_person("Anna Keller", email="anna@acme.example", locale="en")
        design = change.add_milestone("Design", due=date(2026, 2, 4)).start()
        home = change.add_file(design, stream("x"), name="homepage.pdf", purpose="All screens")
        ask = change.request_approval(
            design, "Homepage design", files=[home], people=[anna], due=date(2026, 1, 27)
        )
        wanted = change.request_file(design, "The logo", people=[anna], due=date(2026, 1, 2))
        change.post_update(design, done="A long text of the agency", body="Body " * 90, about=ask)
        change.issue_link(anna, scopes=CLIENT)
    project = portal.project("p-mail")
    maya = next(p for p in project.people.values() if p.side is Side.AGENCY)
    web = make_web(portal, brands={"": Brand(name="Studio North", footer="Hamburg")})
    mails = Mails(web, sender="studio@agency.example", reply_to="maya@agency.example")
    return Desk(portal, web, mails, project, project.people[anna.id], maya, design.id, home.id, ask.id, wanted.id)  # fmt: skip


class Markup(HTMLParser):
    """The HTML of a mail, taken apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.style = ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def links(self) -> list[str]:
        """Where it leads."""
        return [value for name, value in self.attributes if name == "href"]

    @cached_property
    def text(self) -> str:
        """What it says, spaces folded."""
        return " ".join(" ".join(self.words).split())


def parsed(message: Message) -> EmailMessage:
    """A mail as the recipient's program reads it."""
    found = email.message_from_bytes(message.email().as_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


# -- what is said -------------------------------------------------------------------------------


def test_whatever_somebody_is_told_of_has_its_words() -> None:
    """Every kind of fact that `concerned` knows, and what leads without one."""
    known = {c for c in vars(told).values() if isinstance(c, type) and issubclass(c, Fact)}
    classes = known - {Fact, NoticesBounced, NoticesChosen, NoticesSent}
    kinds = {kind for kind, cls in KINDS.items() if cls in classes}
    assert len(kinds) > 20
    said = {kind.partition(" ")[0] for kind in WORDS}
    assert kinds | {"reminder", *COLLECTIONS} == said


@pytest.mark.parametrize("kind", [*KINDS_TOLD, *STATUSES])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_kind_of_news_makes_a_mail(desk: Desk, kind: str, locale: str) -> None:
    """Subject, text and HTML say the same, in the recipient's language."""
    base = desk.notice(kind)
    message = desk.mails.render(evolve(base, person=evolve(base.person, locale=locale)))
    headline = message.subject.removeprefix("Website relaunch · ")
    page = Markup(message.html)
    assert headline != message.subject
    assert "{" not in message.subject + message.text
    assert unlinked(headline) in page.text
    assert unlinked(headline) in message.text
    assert f'<html lang="{locale}"' in message.html
    assert (headline == desk.render(kind).subject.partition(" · ")[2]) == (locale == "en")


def test_a_decision_that_is_asked_for_says_what_until_when_and_in_which_zone(desk: Desk) -> None:
    message = desk.render("approval.requested", title="Homepage design")
    assert message.subject == "Website relaunch · Your decision is needed: Homepage design"
    for part in ("Maya Lindt · Design · Mon 5 Jan, 09:00 CET", "Due Tue 27 Jan (Europe/Berlin)"):
        assert part in Markup(message.html).text
        assert part in message.text
    there = evolve(desk.anna, zone="America/New_York")
    message = desk.render("approval.requested", person=there).text
    assert "03:00 EST" in message
    assert "(Europe/Berlin)" in message, "a due day is one of the project's zone"


@pytest.mark.parametrize("letter", ["語", "🦊", "é", "x"])
def test_no_line_of_a_header_is_longer_than_mail_servers_take(desk: Desk, letter: str) -> None:
    """998 bytes (RFC 5322): whoever is called so still gets their mail."""
    named = evolve(desk.anna, name=letter * 200)
    raw = desk.render("approval.requested", person=named, title=letter * 200).email().as_bytes()
    assert max(map(len, raw.splitlines())) <= 998


def test_what_is_overdue_says_so(desk: Desk) -> None:
    message = desk.render("request.made")
    assert "Overdue since Fri 2 Jan (Europe/Berlin)" in message.text
    assert 'class="warn"' in message.html


@pytest.mark.parametrize(
    ("about", "button"), [("ask", "Review and decide"), ("wanted", "Hand it in")]
)
def test_a_reminder_leads_to_what_waits(desk: Desk, about: str, button: str) -> None:
    message = desk.render("reminder", about=getattr(desk, about))
    assert "Reminder: " in message.subject
    assert button in message.text


def test_who_decided_gets_a_receipt_and_the_others_the_news(desk: Desk) -> None:
    assert "This is your receipt" in desk.render("approval.decided").text
    assert "This is your receipt" not in desk.render("approval.decided", staff=True).text
    declined = desk.render("approval.decided", detail=f"declined {desk.anna.id}")
    assert declined.subject == "Website relaunch · Declined: Hero done"


def test_the_agency_is_told_who_asks_for_access_and_what_to_do(desk: Desk) -> None:
    """The holder gets the link, once there is one that opens something."""
    message = desk.render("link.requested", staff=True)
    assert message.subject.endswith("asks for access")
    assert "Extend it or issue it again" in message.text
    assert desk.render("link.requested").subject.endswith("Your link to the project, once more")


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_many_things_are_one_short_list(desk: Desk, kind: str) -> None:
    message = desk.render(kind, count=12)
    assert message.subject == "Website relaunch · 12 things are new"
    assert message.html.count("<br><span") == ITEMS_SHOWN
    assert "and 7 things more" in message.text


@pytest.mark.parametrize(
    ("asking", "subject", "button"),
    [
        ("approval.requested", "Your decision is needed: Homepage design", "Review and decide"),
        ("request.made", "A file is needed from you: Homepage design", "Hand it in"),
        ("reminder.nudged", "Reminder: Homepage design", "Review and decide"),
    ],
)
def test_what_is_needed_of_somebody_is_the_subject_however_much_is_new(
    desk: Desk, asking: str, subject: str, button: str
) -> None:
    """Until when it is needed, and the button that leads to it; all that is new stands below."""
    needed = desk.activity(asking, detail="", title="Homepage design", staff=False)
    base = desk.notice("catch_up", count=8)
    about = desk.wanted if asking == "request.made" else desk.ask
    message = desk.mails.render(evolve(base, news=(needed, *base.news), about=about))
    assert message.subject == f"Website relaunch · {subject}"
    for part in ("(Europe/Berlin)", "all of it in one", "and 3 things more"):
        assert part in message.text
    assert f">{button}</a>" in message.html


def test_further_news_stand_below_what_leads(desk: Desk) -> None:
    message = desk.render("update.posted", count=3)
    assert message.subject == "Website relaunch · News: Hero done"
    assert message.text.count("* News: Hero done") == 2


def test_the_four_answers_stand_in_every_mail_to_who_has_access(desk: Desk) -> None:
    assert "Two things wait for you. Design is in progress." in desk.render("update.posted").text
    assert "One decision waits for the client." in desk.render("recap.asked").text
    assert "Design is in progress" not in desk.render("link.revoked").text


@pytest.mark.parametrize("kind", [*KINDS_TOLD, *STATUSES])
def test_no_mail_holds_what_belongs_into_the_portal(desk: Desk, kind: str) -> None:
    """Headlines and the sentence: no text of an update, no comment, no statement."""
    message = desk.render(kind)
    for part in (message.text, message.html):
        assert "Body" not in part
        assert "A long text" not in part


# -- where it leads -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS_TOLD, *STATUSES])
def test_there_is_one_button_and_one_way_to_the_choice(desk: Desk, kind: str) -> None:
    """Behind the person's own link; staff are led to the host, who has no choice to offer here."""
    notice = desk.notice(kind)
    message = desk.mails.render(notice)
    staff = notice.person.side is Side.AGENCY
    preferences = desk.portal.link_url(desk.project, desk.anna.id, "notices")
    expected = [notice.url] if staff else [notice.url, preferences] if notice.url else []
    assert Markup(message.html).links == expected
    assert message.html.count('class="button"') == bool(notice.url)
    for url in expected:
        assert url in message.text.splitlines() or f": {url}" in message.text


def test_a_mail_without_an_address_has_no_button(desk: Desk) -> None:
    """A host without pages of its own for staff gives none."""
    message = desk.render("file.delivered", url="")
    assert Markup(message.html).links == []
    assert "://" not in message.text


def test_news_can_be_ended_by_one_click(desk: Desk) -> None:
    """RFC 8058: both headers, and the address as it is, however long."""
    notice = desk.notice("update.posted")
    message = desk.mails.render(notice)
    raw = message.email().as_bytes().decode()
    assert f"\r\nList-Unsubscribe: <{notice.unsubscribe}>\r\n" in raw
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert notice.unsubscribe.startswith("https://agency.example/portal/n/")


def test_what_cannot_be_ended_offers_nothing(desk: Desk) -> None:
    mail = parsed(desk.render("approval.requested", unsubscribe=""))
    assert mail.keys()[: len(HEADERS)] == HEADERS
    assert "List-Unsubscribe" not in mail


def test_a_project_is_one_thread(desk: Desk) -> None:
    mails = [parsed(desk.render(kind)) for kind in KINDS_TOLD]
    assert {mail["References"] for mail in mails} == {"<p-mail@agency.example>"}
    assert all(mail["Subject"].startswith("Website relaunch · ") for mail in mails)


def test_a_long_id_of_a_project_stays_whole(desk: Desk) -> None:
    long = evolve(desk.project, id="a" * 64)
    raw = desk.mails.render(evolve(desk.notice("digest"), project=long)).email().as_bytes()
    assert b"\r\nReferences: <" + b"a" * 64 + b"@agency.example>\r\n" in raw


# -- from whom ----------------------------------------------------------------------------------


def test_a_mail_comes_from_the_brand(desk: Desk) -> None:
    mail = parsed(desk.render("update.posted"))
    assert mail["From"] == "Studio North <studio@agency.example>"
    assert mail["To"] == "Anna Keller <anna@acme.example>"
    assert mail["Reply-To"] == "maya@agency.example"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_sender_may_have_a_name_of_their_own(desk: Desk) -> None:
    mails = Mails(desk.web, sender="Maya Lindt <maya@agency.example>")
    mail = parsed(mails.render(desk.notice("update.posted")))
    assert mail["From"] == "Maya Lindt <maya@agency.example>"
    assert "Reply-To" not in mail


@pytest.mark.parametrize("address", ["", "studio", "a@b@c", "Studio <>"])
def test_a_sender_must_be_an_address(desk: Desk, address: str) -> None:
    with pytest.raises(Invalid):
        Mails(desk.web, sender=address)


def test_staff_are_written_to_in_their_language(desk: Desk) -> None:
    mails = Mails(desk.web, sender="studio@agency.example", locale="de")
    message = mails.render(desk.notice("file.delivered", title="logo.pdf"))
    assert "Eingereicht: " in message.subject


@pytest.mark.parametrize(
    ("scheme", "says", "asks"),
    [("auto", "light dark", True), ("light", "light", False), ("dark", "dark", False)],
)
def test_light_and_dark_are_the_brand_s(desk: Desk, scheme: Any, says: str, asks: bool) -> None:
    web = make_web(desk.portal, brands={"": Brand(name="Studio", scheme=scheme)})
    html = Mails(web, sender="a@agency.example").render(desk.notice("digest")).html
    assert f'<meta name="color-scheme" content="{says}">' in html
    assert ("prefers-color-scheme" in html) == asks


def test_an_accent_that_cannot_be_read_is_corrected(desk: Desk) -> None:
    web = make_web(desk.portal, brands={"": Brand(name="Studio", accent="#ffff00")})
    html = Mails(web, sender="a@agency.example").render(desk.notice("digest")).html
    assert "#ffff00" not in html


# -- a host's own -------------------------------------------------------------------------------

BLOCKS = {
    path.name: re.findall(r"{%-? block (\w+)", path.read_text("utf-8"))
    for path in Path("src/portalkit/web/templates/mail").iterdir()
}


@pytest.mark.parametrize(
    ("template", "block"), [(name, block) for name, blocks in BLOCKS.items() for block in blocks]
)
def test_a_block_of_a_mail_is_replaced(
    desk: Desk, template: str, block: str, tmp_path: Path
) -> None:
    """A template in the host's folder extends ours; the other part of the mail stays as it is."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / template).write_text(
        f'{{% extends "portalkit/mail/{template}" %}}\n'
        f"{{% block {block} %}}{{{{ super() }}}} from the host <&>{{% endblock %}}"
    )
    web = make_web(desk.portal, templates=(tmp_path,))
    message = Mails(web, sender="a@agency.example").render(desk.notice("digest"))
    assert ("from the host <&>" in message.text) == (template == "mail.txt")
    assert ("from the host <&>" in message.html) == (template == "mail.html")


def test_a_renderer_of_the_host_needs_a_notice_and_gives_a_message(desk: Desk) -> None:
    """Nothing else is asked of what takes the place of `Mails.render`."""

    def render(notice: Notice) -> Message:
        return Message(
            id=notice.id, to=notice.person.email, sender="me@agency.example", subject="News",
            text=f"Look: {notice.url}\n", at=notice.at,
        )  # fmt: skip

    mail = parsed(render(desk.notice("update.posted")))
    assert mail.get_content_type() == "text/plain"
    assert mail["Message-ID"] == f"<{'0f' * 16}@agency.example>"


# -- hostile words ------------------------------------------------------------------------------

INJECTIONS = (
    "x\r\nBcc: eve@evil.example", "x\nSubject: Bad", "x\rTo: eve@evil.example", "x\r\n\r\n<h1>body</h1>", "x\r\n .\r\n",
    "=?utf-8?q?x=0D=0ABcc:_eve@evil.example?=", "=?utf-8?b?PHNjcmlwdD4=?=", "x\x85Bcc: a@evil.example", "x\u2028Bcc: a@evil.example",
    "--===============1==--", "Content-Type: text/html", '"Anna" <eve@evil.example>', "Anna, eve@evil.example", "anna@acme.example;",
    "(comment) Anna", "Anna\\", '"', "<>", "undisclosed-recipients:;", "https://evil.example/pay", "http://evil.example", "www.evil.example",
    "evil.example", "EVIL.EXAMPLE", "evil.example/pay?now=1", "eve@evil.example", "mailto:eve@evil.example", "http:evil.example", "//evil.example",
    "https:\\\\evil.example", "evil\u3002example", "evil\uff0eexample", "http://192.0.2.1/x", "192.0.2.1", "ftp://evil.example", "javascript:alert(1)",
    "tel:+4912345678", "x.zip", "invoice.mov", "https://evil\u200b.example", "hxxps://evil.example", "[click](https://evil.example)", "<https://evil.example>",
    "\u202egpj.exe", "\u2066x\u2069", "a" * 200, "\U0001f469\u200d\U0001f3a8" * 30, "Z\u0351\u036b\u0343\u036a\u0302\u036b" * 20, "{thing} {actor} {0} %s", "{{ 7*7 }}", "&lt;b&gt;", "-- ",
)  # fmt: skip
"""What would get into a header, close a part, or be made a link by a mail program."""

LINKED = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:\w|[\w-]@\w|(?<![\w])[\w-]+(?:[.\u3002\uff0e][\w-]+)*[.\u3002\uff0e][^\W\d_]{2,}|\d+\.\d+\.\d+\.\d+",
    re.IGNORECASE,
)
"""What a mail program would make a link of."""

OURS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "p",
    "h1",
    "ul",
    "li",
    "br",
    "span",
    "a",
}


def hostile() -> Iterator[str]:
    """A thousand texts and more, as far as they can be stored at all."""
    for text in chain(INJECTIONS, NAMES, STRINGS):
        try:
            yield clean.line(text[:200], "title")
        except Invalid:
            yield text.encode("utf-8", "replace").decode("utf-8", "replace")[:200]


def poisoned(desk: Desk, text: str, name: str) -> Project:
    """The project with a text in every place that people write to, and a file of that name."""
    project = desk.project
    home = project.files[desk.home]
    return evolve(
        project,
        title=text,
        client_name=text,
        milestones={id: evolve(m, title=text) for id, m in project.milestones.items()},
        approvals={id: evolve(a, title=text) for id, a in project.approvals.items()},
        requests={id: evolve(r, title=text) for id, r in project.requests.items()},
        people={id: evolve(p, name=text) for id, p in project.people.items()},
        files={home.id: evolve(home, current=evolve(home.current, name=name))},
    )


def test_a_thousand_hostile_mails_parse_cleanly(desk: Desk) -> None:
    """No header more, no part more, no element more, no address more, and one screen each."""
    texts = islice(cycle(hostile()), 1200)  # each of them, some twice, with other kinds of news
    kinds = cycle([*KINDS_TOLD, *STATUSES])
    count = 0
    for text, kind in zip(texts, kinds, strict=False):
        title, name = (text, text) if count % 2 else (text, short(text, 120) or "x")
        project = poisoned(desk, text, name)
        notice = desk.notice(kind, project=project, title=title, count=7)
        notice = evolve(notice, person=project.people[notice.person.id])
        message = desk.mails.render(notice)
        checked(message, notice, text)
        count += 1
    assert count >= 1000


def checked(message: Message, notice: Notice, text: str) -> None:
    """All that a mail must hold, whatever somebody wrote."""
    mail = parsed(message)
    ending = UNSUBSCRIBING if notice.unsubscribe else []
    assert mail.keys() == [*HEADERS, *ending, "MIME-Version", "Content-Type"], text
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ], text
    assert [d for part in mail.walk() for d in part.defects] == [], text
    assert [d for value in mail.values() for d in value.defects] == [], text
    [to] = mail["To"].addresses
    assert to.addr_spec == notice.person.email, text
    _looked_at(message, notice, text)


def _looked_at(message: Message, notice: Notice, text: str) -> None:
    page = Markup(message.html)
    assert set(page.tags) <= OURS, text
    assert {name for name, _ in page.attributes} <= {
        "lang", "dir", "charset", "name", "content", "class", "style", "href",
    }, text  # fmt: skip
    styles = [page.style, *(value for name, value in page.attributes if name == "style")]
    assert not re.search(r"url\(|@import|\\", "".join(styles)), text
    assert {re.match(r"https://([^/]+)/", url)[1] for url in page.links} <= HOSTS, text  # type: ignore[index]
    shown = message.text
    for url in (notice.url, *page.links):
        shown = shown.replace(url, "") if url else shown
    assert LINKED.findall(shown) == [], text
    said = page.text.replace(
        " ".join(message.subject.split()), "", 1
    )  # the title, which is a header
    assert LINKED.findall(said) == [], text
    assert len(message.text) < 2500, text
    assert len(message.html) < 16_000, text
    assert all(len(line) < 400 for line in message.text.splitlines()), text
    assert len(message.text.splitlines()) < 40, text
    assert len(message.subject) < 240, text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("evil.example", "evil\u200b.example"),
        ("https://evil.example", "https:\u200b//evil\u200b.example"),
        ("eve@evil.example", "eve@\u200bevil\u200b.example"),
        ("homepage.pdf", "homepage\u200b.pdf"),
        ("16:40 CET, 2.4 MB", "16:40 CET, 2.4 MB"),
        ("Done. Next: Build", "Done. Next: Build"),
        ("", ""),
    ],
)
def test_nothing_that_people_wrote_becomes_a_link(text: str, said: str) -> None:
    """A space without width goes where an address would hold together; words stay as they are."""
    assert unlinked(text) == said


@pytest.mark.parametrize(
    ("text", "length", "said"),
    [
        ("Hero  done\n", 20, "Hero done"),
        ("\u202egpj.exe", 20, "gpj.exe"),
        ("a" * 30, 10, "a" * 9 + "…"),
        ("one two", 5, "one…"),
    ],
)
def test_words_of_people_are_one_short_line(text: str, length: int, said: str) -> None:
    assert short(text, length) == said

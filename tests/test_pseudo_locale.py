"""Nothing on any page stays untranslated.

A pseudo-language is made from the template of the catalogues: ⟦šûçĥ ţéẋţ⟧ for every text, with its
placeholders.  All that this test puts into the portal is Greek.  So a plain Latin letter on a page
is a text that no catalogue can reach, and so is an accented one outside of brackets.
"""

from __future__ import annotations

import html
import io
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from attrs import evolve
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import current_app
from werkzeug.test import TestResponse

from portalkit import (
    READER,
    Change,
    Desk,
    Handle,
    Outcome,
    Quarantine,
    Staff,
    UploadLimits,
    Veto,
    new_id,
)
from portalkit.flask import current_portal
from portalkit.fold import activity_of
from portalkit.language import SHIPPED
from portalkit.model import Side
from portalkit.notices import Notice
from portalkit.pages.letter import WORDS
from portalkit.rules import see
from portalkit.rules.questions import QUESTIONS_A_DAY
from portalkit.web import Brand, Mails
from portalkit.web.review import review_mail, review_markup
from tests.flask.host import Browser, hidden, make_app

ACCENTS = str.maketrans(
    string.ascii_letters, "åƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻḾÑÖÞǪŔŠŢÛṼŴẊÝŽ"
)
NOW = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
ZONE = "Europe/Athens"
FILE = "σχέδιο.ψδφ"
DATA = re.compile(
    rf"\{{(percent|name)\}}|{ZONE}|\b(sha256 )?[0-9a-f]{{64}}\b|{FILE} v\d"  # the last is a reason in the log
)
DIRECTION = "writing direction: ltr or rtl"


def pseudo(message: str) -> str:
    """A message in the pseudo-language."""
    said = re.sub(
        r"\{\w+\}|\w+", lambda m: m[0] if m[0][0] == "{" else m[0].translate(ACCENTS), message
    )
    return f"⟦{said}⟧"


def template() -> Catalog:
    """All messages of portalkit."""
    with (SHIPPED / "portalkit.pot").open("rb") as file:
        return read_po(file)


def write_catalogue(folder: Path) -> None:
    """Write the catalogue of the pseudo-language where `Languages` looks for it."""
    catalogue = template()
    for message in catalogue:
        if message.id and message.context != DIRECTION:
            one = isinstance(message.id, str)
            message.string = pseudo(message.id) if one else tuple(map(pseudo, message.id))
    place = folder / "en_XA" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "portalkit.mo").open("wb") as file:
        write_mo(file, catalogue)


class Words(HTMLParser):
    """Everything on a page that a person reads or hears."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        names = ["title", "aria-label", "aria-description", "alt", "placeholder"]
        if tag == "input" and values.get("type") in ("text", "submit", "button"):
            names.append("value")
        if tag != "script":
            names += [name for name in values if name.startswith("data-")]  # what the script says
        self.found += [value for name in names if (value := values.get(name))]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(page: str) -> list[str]:
    """What a page says, without the data that is Latin in every language."""
    return [DATA.sub("", text) for text in Words(page).found]


def leaks(page: str) -> list[str]:
    """What a page says in no language of its reader."""
    said = words(page)
    plain = [text.strip() for text in said if re.search("[A-Za-z]", text)]
    outside, inner = "".join(said), 1
    while inner:
        outside, inner = re.subn(r"⟦[^⟦⟧]*⟧", "", outside)
    stray = re.findall(r"[⟦⟧]|[^\W\d_A-Za-z]+", outside)
    return plain + [word for word in stray if "GREEK" not in unicodedata.name(word[0])]


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<p>⟦Ĥîšţöŕý⟧: Αννα, 12:30 <a>⟦öƒ <b>Αννα</b>⟧</a> · ⟦2⟦.⟧4 ɱƀ⟧</p>", []),
        ("<p>History</p>", ["History"]),
        ("<p>⟦Ĥîšţöŕý of⟧</p>", ["⟦Ĥîšţöŕý of⟧"]),
        ('<a aria-label="Close">Αννα</a>', ["Close"]),
        ('<img alt="Logo">', ["Logo"]),
        ("<p>Ĥîšţöŕý</p>", ["Ĥîšţöŕý"]),
        (f"<p>{ZONE} sha256 {'0f' * 32}</p>", []),
    ],
)
def test_a_leak_is_found(page: str, found: list[str]) -> None:
    assert leaks(page) == found


# -- a project in which everything has happened -------------------------------------------------

TODAY = NOW.date()
MAYA = Staff("maya", "Μάγια Λιντ", "maya@studio.example", "Σχεδιάστρια")


def day(distance: int) -> date:
    """A day from here."""
    return TODAY + timedelta(days=distance)


def upload(size: int = 9) -> io.BytesIO:
    """A file that is being uploaded."""
    return io.BytesIO(b"%PDF-1.7 " + bytes(size))


class World:
    """An app whose every text is Greek, and the addresses of what is in it."""

    def __init__(self, folder: Path) -> None:
        write_catalogue(folder / "locales")
        self.app = make_app(
            folder,
            PORTALKIT_LOCALES=[folder / "locales"],
            PORTALKIT_LOCALE="en-XA",
            PORTALKIT_BRANDS={"": Brand(name="Στούντιο", footer="Αθήνα")},
        )
        self.app.add_url_rule("/as/<person>", view_func=self.view_as)
        with self.app.app_context():
            self.desk: Desk = current_portal.desk(MAYA)
            with self.open("Ιστότοπος") as change:
                self.fill(change)
            self.project = change.project.id
            self.hand_in()
            self.milestones = list(change.project.milestones)
            self.updates = list(change.project.updates)
            self.asks = {*change.project.approvals, *(ask.id for ask in self.made)}

    def view_as(self, person: str) -> str:
        """A page of the host that shows the project as somebody sees it."""
        host = current_app.extensions["portalkit"].host
        state = self.desk.state(self.project)
        return str(host.view_of(state, person, "", address=lambda path: f"/as/{path}").body)

    def open(self, title: str) -> Change:
        """Open a project."""
        return self.desk.open(title, client="Άκμη", zone=ZONE, locale="en-XA")

    def fill(self, change: Change) -> None:
        """Do everything that a project can know."""
        self.anna = change.add_person("Άννα Κέλλερ", role="Διευθύντρια", locale="en-XA")
        self.bob = change.add_person("Βασίλης", locale="en-XA")
        self.guest = change.add_person("Γιώργος", locale="en-XA")
        change.change_person(self.bob, role="Σύμβουλος")
        change.describe(summary="Περίληψη")
        change.set_resources([("Οδηγός", "https://brand.example")])
        self.nobody = change.add_person("Δήμος", locale="en-XA")
        for person in (self.anna, self.bob):
            change.issue_link(person)
        change.issue_link(self.guest, scopes=READER)
        for status in ("on_hold", "completed", "archived", "active"):
            change.set_status(status, "Διακοπές")
        self.fill_milestones(change)
        self.fill_files(change)
        self.fill_approvals(change)
        self.fill_updates(change)

    def fill_milestones(self, change: Change) -> None:
        """Milestones in every state, with every kind of date."""
        self.first = change.add_milestone("Έρευνα", summary="Ρωτάμε").start()
        self.first.complete("Ξέρουμε")
        change.reopen(self.first, "Κι άλλο")
        self.first.complete("Τώρα ξέρουμε", happened=day(-400))
        self.design = change.add_milestone("Σχέδιο", due=day(-4)).start()
        for due in (None, day(0), day(1)):
            change.add_milestone("Κείμενα", due=due).start()
        change.add_milestone("Κώδικας", starts=day(20))
        change.add_milestone("Έλεγχος", due=day(200))
        change.add_milestone("Τέλος")
        change.change_milestone(self.design, summary="Όλες οι σελίδες")
        change.order_milestones(sorted(change.project.milestones, reverse=True))

    def fill_files(self, change: Change) -> None:
        """Files with versions, states and withdrawals."""
        self.draft = change.add_file(self.design, upload(), name=FILE, purpose="Αρχή")
        self.home = change.add_file(
            self.design, upload(2_400_000), name=FILE, purpose="Όλα", state="final"
        )
        self.bare = change.add_file(self.design, upload(40_000), name="σημείωμα", purpose="Εξήγηση")
        wrong = change.add_file(self.design, upload(), name=FILE, purpose="Λάθος")
        change.set_file_state(self.draft, "final")
        change.set_file_state(self.draft, "draft")
        change.withdraw_file(wrong, "Λάθος αρχείο")
        picture = io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(30))
        self.picture = change.add_file(self.design, picture, name="εικόνα.ψνγ", purpose="Δείγμα")
        self.many = [
            change.add_file(self.design, upload(), name=f"{n}.ψδφ", purpose="Σελίδα")
            for n in range(22)
        ]

    def fill_approvals(self, change: Change) -> None:
        """Requests that ended in every way, and some that wait."""
        self.made: list[Handle] = []

        def ask(title: str, people: list[Handle], **options: Any) -> Handle:
            self.made.append(change.request_approval(self.design, title, people=people, **options))
            return self.made[-1]

        both = [self.anna, self.bob]
        for outcome in Outcome:
            made = ask("Χρώματα", [self.anna], statement="Μπλε")
            change.record_decision(made, self.anna, outcome, source="τηλέφωνο", comment="Σχόλιο")
        made = ask("Αρχική", [self.anna], files=[self.home])
        change.record_decision(made, self.anna, "approved", source="τηλέφωνο")
        ask("Αρχή", both, files=[self.draft], due=day(-1))
        for changed in ("Διορθώσεις", "Κι άλλες"):
            change.add_version(self.draft, upload(), changed=changed)
        change.withdraw_file(self.draft, "Λάθος έκδοση", version=2)
        change.add_version(self.home, upload(), changed="Νέα χρώματα")
        change.void_approval(ask("Γραμματοσειρά", both, statement="Μία"), "Άλλαξε το σχέδιο")
        waiting: list[tuple[Any, int]] = [("any", 0), (2, 1), ("all", -9), ("all", 99)]
        for needed, distance in waiting:
            ask("Πλοήγηση", both, statement="Μενού", needed=needed, due=day(distance))
        self.long = ask("Σελίδες", [self.anna], files=[self.bare, self.picture, *self.many[:4]])
        self.mine = ask("Φωτογραφίες", [self.anna], statement="Δύο")
        self.theirs = ask("Ξένη", [self.bob, self.guest], statement="Τρία")

    def hand_in(self) -> None:
        """Requests for files in every state, and files handed in, one of them in quarantine."""
        visit = current_portal.visit(self.desk.link_url(self.project, self.anna).rpartition("/")[2])
        current_portal.inspect = lambda seen: Quarantine("Μακροεντολές") if seen.size < 9 else None
        with self.desk.change(self.project) as change:
            both = [self.anna, self.bob]
            asked = [
                change.request_file(self.design, "Λογότυπο", people=both, note="Καθαρό", due=day(n))
                for n in range(-1, 3)
            ]
            change.withdraw_request(asked[0], "Βρέθηκε")
        self.sent = visit.upload(self.design, [(FILE, upload())], request=asked[1], note="Ορίστε")
        self.kept = visit.upload(self.design, [("α.βγδ", io.BytesIO(b"1")), ("β.βγδ", upload())])
        with self.desk.change(self.project) as change:
            change.release_file(self.kept[0])
        self.kept = visit.upload(self.design, [("γ.βγδ", io.BytesIO(b"2"))])

    def fill_updates(self, change: Change) -> None:
        """News of every kind, one revised."""
        four = {"done": "Αρχική", "doing": "Μενού", "next": "Κώδικας", "need": "Απόφαση"}
        for thing in (self.design, self.home, self.mine):
            update = change.post_update(self.design, about=thing, **four)
        change.revise_update(update, done="Αρχική και μενού")
        change.post_update(self.first, "Ελεύθερο κείμενο")

    def link(self, person: object, path: str = "") -> str:
        """The address of a person's link."""
        with self.app.app_context():
            return self.desk.link_url(self.project, person, path)  # type: ignore[arg-type]

    def enter(self, person: object) -> Browser:
        """The browser of somebody who has opened their link."""
        visitor = self.browser()
        visitor.enter(self.link(person))
        return visitor

    def browser(self) -> Browser:
        """A browser that asks for the pseudo-language."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en-XA"
        return Browser(client)

    def change(self, step: Callable[[Change], object]) -> None:
        """Change the project."""
        with self.app.app_context(), self.desk.change(self.project) as change:
            step(change)


# -- the walk -----------------------------------------------------------------------------------

Pages = Iterator[tuple[str, TestResponse]]


def project_pages(world: World) -> Pages:
    """The project page for everybody, in every state of a project."""
    for person in (world.anna, world.bob, world.guest):
        yield "project", world.enter(person).get()
    with world.app.app_context():
        for completed, planned in ((0, 0), (1, 0), (2, 0), (2, 1)):
            title = f"{completed} + {planned}"
            with world.open(title) as change:
                person = change.add_person("Ελένη", locale="en-XA")
                change.issue_link(person)
                for _ in range(completed):
                    change.add_milestone("Αρχή").start().complete("Έτοιμο")
                for _ in range(planned):
                    change.add_milestone("Τέλος")
            url = world.desk.link_url(change.project, person)
            visitor = world.browser()
            yield f"project {title}", visitor.enter(url)
            for milestone in change.project.milestones:
                yield f"milestone of {title}", visitor.get(f"m/{milestone}")
            yield f"history of {title}", visitor.get("history")
            for status in ("on_hold", "completed", "archived"):
                with world.desk.change(change.project) as block:
                    block.set_status(status, "Διακοπές")
                yield f"project {title} {status}", visitor.get()


def inner_pages(world: World) -> Pages:
    """Milestones, updates, requests and the history."""
    anna, guest = world.enter(world.anna), world.enter(world.guest)
    for visitor in (anna, guest):
        for path in (
            *(f"m/{id}" for id in world.milestones),
            *(f"u/{id}" for id in world.updates),
            *(f"a/{id}" for id in world.asks),
            "history",
            "history?before=40",
            "history?before=1",
            *(f"history?milestone={id}" for id in world.milestones),
        ):
            yield path, visitor.get(path)


def handing_in(world: World) -> Pages:
    """What arrived, what is kept back, and every reason for which nothing is handed in."""
    anna, place = world.enter(world.anna), f"m/{world.design.id}"
    for files in (world.sent, world.kept):
        yield "arrived", anna.get(f"{place}?sent={files[0].id}")
    yield "kept back", anna.get(f"f/{world.kept[0].id}/1")
    with world.app.app_context():
        portal = current_portal._get_current_object()  # type: ignore[attr-defined]
    portal.inspect = lambda seen: Veto("Ιός")

    def post(*sizes: int, note: str = "") -> TestResponse:
        form = {n: v for n, v in anna.form(place).items() if n in ("pk_csrf", "once")}
        files = [(io.BytesIO(bytes(size)), FILE) for size in sizes]
        return anna.post(f"{place}/files", {**form, "note": note, "files": files})  # type: ignore[dict-item]

    yield "no file", post()
    yield "a veto", post(9)
    portal.uploads = UploadLimits(files=1, file_bytes=8)
    yield "one too many", post(1, 1)
    yield "too large", post(9)
    yield "too large together", post(80_000)
    yield "a long note", post(1, note="α" * 501)
    portal.uploads = UploadLimits(day_files=0)
    yield "over quota", post(1)


def asking(world: World) -> Pages:
    """Questions about everything, in every state, with every reason for which none is asked."""
    anna, guest = world.enter(world.anna), world.enter(world.guest)
    with world.app.app_context():
        visit = current_portal.visit(world.link(world.anna).rpartition("/")[2])
        about = (None, world.bare, world.mine, world.updates[0])
        asked = [visit.ask(world.design, "Πότε;", about=thing).id for thing in about]
        for _ in range(2):
            visit.ask(world.first, "Πού;")
    yield "one open question", anna.get()
    world.change(lambda change: change.answer(asked[0], "Αύριο"))
    world.change(lambda change: change.close_question(asked[1], "Ειπώθηκε"))
    world.change(lambda change: change.reopen_question(asked[1]))
    yield "project", anna.get()
    yield "history", anna.get("history")
    world.change(lambda change: change.close_question(asked[1], "Ειπώθηκε"))
    places = (f"m/{world.design.id}", f"m/{world.design.id}?about={world.bare.id}")
    for visitor in (anna, guest):
        for path in (*(f"q/{id}" for id in asked), f"a/{world.mine.id}", *places, ""):
            yield path, visitor.get(path)
    token = anna.form("")["pk_csrf"]
    form = {"pk_csrf": token, "milestone": world.design.id, "once": "a" * 26}
    yield "no words", anna.post("questions", {**form, "text": ""})
    yield "no words, further", anna.post("questions", {**form, "question": asked[0], "text": ""})
    with world.app.app_context():
        for number in range(QUESTIONS_A_DAY - len(asked) - 2):
            visit.ask(world.first, f"Πού; {number}")
    yield "over quota", anna.post("questions", {**form, "text": "Πώς;"})
    yield "where are we, unticked", anna.post("recap", {"pk_csrf": token})
    yield "where are we", anna.post("recap", {"pk_csrf": token, "looked": "yes"})


def reviewing(world: World) -> Pages:
    """The weekly review of a full week and of an empty one, in a page and as a mail."""
    world.change(lambda change: change.record_recap("call"))
    with world.app.app_context():
        web = world.app.extensions["portalkit"].web
        say = web.languages.choose(("en-XA",), ZONE)
        for week in (NOW.date(), day(-900)):
            found = world.desk.review(world.project, week=week)
            mail = review_mail(web, found, say, to="", sender="@", url="//")
            texts = {
                "page": review_markup(web, found, say),
                "mail": re.sub("<style>.*</style>", "", mail.html),
            }
            texts |= {"plain": html.escape(mail.text), "subject": html.escape(mail.subject)}
            for name, text in texts.items():
                yield f"review {week} {name}", SimpleNamespace(text=text)  # type: ignore[misc]


AGAIN = new_id()


def deciding(world: World) -> Pages:
    """Review with every problem, confirmation, the way back, the decision, the next round, what comes too late."""
    anna, ask = world.enter(world.anna), world.mine.id
    nothing = {"outcome": "", "reviewed": "", "typed_name": ""}
    yield "every problem", anna.review(ask, **nothing)
    yield "no comment", anna.review(ask, "declined", typed_name="Άννα")
    forms = []
    for outcome in reversed(Outcome):
        confirmation = anna.review(ask, outcome, comment="Σχόλιο", typed_name="Άννα")
        yield f"confirm {outcome}", confirmation
        forms.append(confirmed(confirmation))
    other, *_, chosen = forms
    yield "back", anna.post(f"a/{ask}", {**chosen, "back": "yes"})
    anna.post(f"a/{ask}", chosen)
    yield "decided", anna.get(f"a/{ask}")
    yield "decided otherwise", anna.post(f"a/{ask}", other)
    world.change(
        lambda change: change.request_approval(
            world.design, "Ξανά", id=AGAIN, statement="Λόγια", people=[world.anna], previous=ask
        )
    )
    yield "the next round", anna.get(f"a/{AGAIN}")
    confirmation = anna.review(world.long.id, comment="", typed_name="Άννα")
    yield "confirm files", confirmation
    world.change(lambda change: change.void_approval(world.long, "Άκυρο"))
    yield "too late", anna.post(f"a/{world.long.id}", confirmed(confirmation))
    yield "called off", anna.get(f"a/{world.long.id}")


def confirmed(confirmation: TestResponse) -> dict[str, str]:
    """What the form of a confirmation sends."""
    return {k: v for k, v in hidden(confirmation).items() if k in ("pk_csrf", "intent")}


def choosing(world: World) -> Pages:
    """What a person is told by mail: behind their link, and from a mail."""
    anna = world.enter(world.anna)
    yield "choice of notices", anna.get("notices")
    token = anna.form("notices")["pk_csrf"]
    anna.post("notices", {"pk_csrf": token, "mode": "weekly"})
    yield "choice saved", anna.get("notices?saved=weekly")
    with world.app.app_context():
        project = world.desk.project(world.project)
        url = current_portal.unsubscribe_url(project, world.bob.id)
    robot = world.browser()
    yield "unsubscribe", robot.get(url)
    for choice in ("", "same", "decisions"):
        yield f"unsubscribe {choice}", robot.post(url, {"choice": choice})
    yield "unsubscribed", robot.get(url)


def mails(world: World) -> Iterator[tuple[str, str]]:
    """A mail about everything in the log that mails tell of, to a client and to staff."""
    with world.app.app_context():
        portal = current_portal._get_current_object()  # type: ignore[attr-defined]
        project = world.desk.project(world.project)
        lines = [activity_of(entry) for entry in world.desk.history(world.project)]
    render = Mails(
        world.app.extensions["portalkit"].web, sender="studio@studio.example", locale="en-XA"
    ).render
    anna = project.people[world.anna.id]
    staff = next(person for person in project.people.values() if person.side is Side.AGENCY)
    for person, url in (
        (anna, portal.link_url(project, anna.id)),
        (staff, "https://studio.example"),
    ):
        made = Notice(id="0" * 32, kind="", person=person, project=see(project, person), url=url, at=portal.clock())  # fmt: skip
        news = [line for line in lines if line.kind in {k.partition(" ")[0] for k in WORDS}]
        told = [evolve(made, kind=a.kind, news=(a,), about=a.subject) for a in news]
        told += [evolve(made, kind=kind, news=tuple(news[:count])) for kind in ("digest", "catch_up") for count in (1, 6, 9)]  # fmt: skip
        told += [evolve(made, kind="reminder", about=id) for id in (*project.approvals, *project.requests)]  # fmt: skip
        told += [evolve(made, kind=kind) for kind in WORDS]
        for notice in told:
            message = render(notice)
            yield f"mail {notice.kind}", re.sub("<style>.*?</style>", "", message.html, flags=re.S)
            yield f"text of mail {notice.kind}", re.sub(r"https?://\S+", "", message.text)


def coming_back(world: World) -> Pages:
    """A second visit, after which some things are new."""
    anna = world.enter(world.anna)
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        world.change(lambda change: change.add_milestone("Νέο"))
        yield "one new thing", anna.get()
        world.change(lambda change: change.post_update(world.design, "Νέα"))
        with world.app.app_context():
            updates = list(world.desk.project(world.project).updates)
        yield "new things", anna.get()
        yield "a new update", anna.get(f"u/{updates[-1]}")
        yield "a milestone with news", anna.get(f"m/{world.design.id}")


def messages(world: World) -> Pages:
    """The pages that say what is the matter."""
    anna, ask = world.enter(world.anna), f"a/{world.theirs.id}"
    token = anna.form("")["pk_csrf"]
    yield "no such page", anna.get("m/nowhere")
    yield "withdrawn", anna.get(f"f/{world.draft.id}/2")
    yield "foreign form", anna.post(ask, {"pk_csrf": "x", "shown": "x"})
    yield "edited form", anna.post(ask, {"pk_csrf": token, "shown": "x"})
    yield "too long", anna.post(ask, {"pk_csrf": token, "comment": "x" * 300_000})
    yield "method", anna.client.put(anna.base)
    with world.app.app_context():
        bare = world.desk.project(world.project).files[world.bare.id]
        current_portal.files.delete(bare.current.key)
    yield "lost bytes", anna.get(f"f/{bare.id}/1")
    yield "leave", anna.post("leave", {"pk_csrf": token})


def resting(world: World) -> Pages:
    """A project that does not go on, with something that was never decided."""
    anna = world.enter(world.anna)
    for status in ("on_hold", "completed", "archived"):
        world.change(lambda change, status=status: change.set_status(status))  # type: ignore[misc]
        yield status, anna.get()
    yield "never decided", anna.get(f"a/{AGAIN}")


def doors(world: World) -> Pages:
    """What somebody sees whom no link lets in."""
    nobody = world.browser()
    base, old, bob = world.enter(world.anna).base, world.link(world.anna), world.link(world.bob)
    yield "no cookie", nobody.get(base)
    yield "cookies blocked", nobody.get(f"{base}?entered=1")
    yield "no such page", nobody.get("/portal/nowhere")
    yield "method", nobody.client.put(base)
    yield "resend", nobody.post(f"{base}resend", {})
    world.change(lambda change: change.rotate_link(world.anna))
    yield "replaced", nobody.get(old)
    world.change(lambda change: change.revoke_link(world.bob, "Τέλος"))
    yield "revoked", nobody.get(bob)
    world.change(lambda change: change.extend_link(world.guest, day(1)))
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        yield "expired", nobody.get(world.link(world.guest))


def previews(world: World) -> Pages:
    """What staff see as a client: one whose link is active, expired, revoked, or never was."""
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        for person in (world.anna, world.bob, world.guest, world.nobody):
            yield f"as {person.id}", world.browser().client.get(f"/as/{person.id}")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Every page, by what it is for."""
    with time_machine.travel(NOW, tick=False):
        world = World(tmp_path_factory.mktemp("world"))
        walks = (
            project_pages,
            inner_pages,
            handing_in,
            asking,
            reviewing,
            deciding,
            choosing,
            coming_back,
        )
        ends = (messages, resting, doors, previews)
        found = [(name, answer.text) for walk in walks for name, answer in walk(world)]
        found += mails(world)
        return found + [(name, answer.text) for walk in ends for name, answer in walk(world)]


def test_nothing_stays_untranslated(pages: list[tuple[str, str]]) -> None:
    found = {(name, leak) for name, page in pages for leak in leaks(page)}
    assert not found


def test_nearly_every_message_was_on_these_pages(pages: list[tuple[str, str]]) -> None:
    """Otherwise the test above would look away: a new message needs a page of the walk."""
    said = "\n".join("".join(Words(page).found) for _, page in pages)
    shown = [m.id for m in template() if any("/web/" in place for place, _ in m.locations)]
    missing = [id for id in shown if not any(re.search(form, said) for form in patterns(id))]
    assert len(missing) < len(shown) / 20, missing


def patterns(message: str | Sequence[str]) -> Iterator[str]:
    """What a message looks like on a page."""
    for form in (message,) if isinstance(message, str) else message:
        yield re.sub(r"\\{\w+\\}", ".+?", re.escape(pseudo(form)))

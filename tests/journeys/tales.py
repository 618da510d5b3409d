"""The projects of the journeys, each told through the public API: rich, awkward, long, and the quiet ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from attrs import field, frozen

from portalkit import CLIENT, READER, Handle, Outcome, Quarantine, Visit
from tests.journeys.server import NOW, OWN, Stage

WORD = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunte"[:60]
LONG_FILE = ("homepage-and-product-pages-at-three-widths-" * 5)[:196] + ".pdf"
ARABIC_FILE = "تصميم الصفحة الرئيسية.png"
ARABIC_MILESTONE = "اختبار القبول"
ARABIC_NAME = "ليلى حداد"
LONG_TITLE = "Homepage, product pages and checkout at three widths, corrected"


def pdf() -> bytes:
    """A document of one empty page."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 4\n0000000000 65535 f \n"
    return body + head + table + b"trailer<</Size 4/Root 1 0 R>>startxref %d\n%%%%EOF" % len(body)


def png(width: int = 640, height: int = 400) -> bytes:
    """A picture: a field of colour that changes from top to bottom."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(
        b"\0" + bytes((40 + 150 * y // height, 110, 150)) * width for y in range(height)
    )
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def archive() -> bytes:
    """A ZIP archive with one text."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("icons.txt", "all icons")
    return stream.getvalue()


PDF, PNG, ZIP = pdf(), png(), archive()


@frozen
class Tale:
    """A project that was told, and where its pages are.

    Attributes:
        project: its id.
        people: by first name.
        things: what the tests refer to by name.
        paths: every kind of page of this project, by name, below the link's pages.
    """

    stage: Stage
    project: str
    people: dict[str, Handle]
    things: dict[str, Any] = field(factory=dict)
    paths: dict[str, str] = field(factory=dict)

    def link(self, person: str = "anna", app: str = OWN) -> str:
        """The address of a person's link, as it would stand in a mail."""
        url = self.stage.desk().link_url(self.project, self.people[person])
        return url.replace(self.stage.mount(), self.stage.mount(app))

    def home(self, person: str = "anna", app: str = OWN) -> str:
        """The address of a person's project page."""
        found = self.stage.portal.project(self.project).link_of(self.people[person].id)
        assert found is not None
        return f"{self.stage.mount(app)}/p/{found.id}/"

    def approval(self, name: str) -> Any:
        """An approval as it stands."""
        return self.stage.portal.visit(self.link().rpartition("/")[2]).approval(self.things[name])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.paths.items())


def _decide(tale: Tale, who: str, ask: Any, outcome: Outcome, comment: str = "") -> None:
    visit = tale.stage.portal.visit(tale.link(who).rpartition("/")[2])
    visit.decide(
        ask,
        outcome,
        manifest=visit.approval(ask).manifest,
        typed_name=visit.person.name,
        comment=comment,
    )


def rich(stage: Stage, locale: str = "en") -> Tale:
    """Twelve milestones in all states and one hidden; two decisions wait for Anna, one is overdue."""
    stage.at(2026, 9, 28, 9)
    with stage.desk().open(
        "Website relaunch",
        client="Acme Ceramics",
        zone="Europe/Berlin",
        summary="A new shop for **Acme Ceramics**, in German and English.",
        locale=locale,
    ) as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example", locale=locale)
        jonas = change.add_person("Jonas Weber", email="jonas@acme.example", locale=locale)
        laila = change.add_person(ARABIC_NAME, email="laila@acme.example", locale=locale)
        guest = change.add_person("Gerda Gast", locale=locale)
        for person in (anna, jonas, laila):
            change.issue_link(person, scopes=CLIENT)
        change.issue_link(guest, scopes=READER)
        change.set_resources(
            [
                ("Staging site", "https://staging.acme.example/"),
                ("Brand guide", "https://acme.example/brand"),
                (f"Minutes of the {WORD}", "https://notes.example/acme"),
                (ARABIC_NAME, "https://acme.example/laila"),
            ]
        )
        kick = change.add_milestone("Kick-off").start()
        research = change.add_milestone("Research", summary="What customers look for.")
        wires = change.add_milestone("Wireframes", due=date(2026, 10, 28))
        design = change.add_milestone(
            "Design", summary="All screens, approved one by one.", due=date(2026, 12, 4)
        )
        content = change.add_milestone("Content", due=date(2026, 11, 20))
        build = change.add_milestone("Build", starts=date(2026, 12, 8), due=date(2027, 2, 5))
        change.add_milestone(ARABIC_MILESTONE, starts=date(2027, 1, 11))
        change.add_milestone(WORD, due=date(2027, 1, 29))
        change.add_milestone("Launch", starts=date(2027, 2, 15))
        change.add_milestone("Training of the editors")
        change.add_milestone("Search engines", summary="Old addresses lead to new ones.")
        change.add_milestone("Warranty", starts=date(2027, 2, 16), due=date(2028, 2, 16))
        change.add_milestone("Margins", internal=True)
    names = {"anna": anna, "jonas": jonas, "laila": laila, "guest": guest}
    tale = Tale(stage, change.project.id, names)

    with stage.desk().change(tale.project) as change:
        change.complete(kick, "Everybody knows everybody; goals agreed.")
        change.start(research)
    stage.at(2026, 10, 16, 9)
    with stage.desk().change(tale.project) as change:
        change.complete(research, "Twelve interviews; see the report.")
        report = change.add_file(
            research, io.BytesIO(ZIP), name="interviews.zip", purpose="Raw notes", state="final"
        )
        change.post_update(research, done="Interviews", about=research)
        change.start(wires)
        sketch = change.add_file(
            wires, io.BytesIO(PDF), name="wireframes.pdf", purpose="All page types", state="final"
        )
        decided = change.request_approval(
            wires, "Wireframes", files=[sketch], people=[anna, jonas], due=date(2026, 10, 28)
        )
    stage.at(2026, 10, 29, 9)
    _decide(tale, "anna", decided, Outcome.APPROVED_WITH_CHANGES, "Please move the **search** up.")
    with stage.desk().change(tale.project) as change:
        change.record_decision(decided, jonas, Outcome.APPROVED, source="phone")
    stage.at(2026, 10, 30, 15)
    with stage.desk().change(tale.project) as change:
        change.complete(wires, "Approved by Anna and Jonas.")
        change.start(design)
        change.start(content)
        home = change.add_file(
            design, io.BytesIO(PDF), name="homepage.pdf", purpose="All screens", state="draft"
        )
        mobile = change.add_file(
            design, io.BytesIO(PNG), name="homepage-mobile.png", purpose="On phones", state="draft"
        )
        first = change.request_approval(
            design, LONG_TITLE, files=[home, mobile], people=[anna], due=date(2026, 11, 10)
        )
        void = change.request_approval(
            content, "Tone of voice", statement="We say *you*.", people=[anna]
        )
        declined = change.request_approval(
            design, "A mascot", statement="A small clay figure.", people=[anna]
        )
    stage.at(2026, 11, 5, 9)
    _decide(tale, "anna", first, Outcome.CHANGES_REQUESTED, "The hero is too tall.")
    _decide(tale, "anna", declined, Outcome.DECLINED, "It does not fit us.")
    with stage.desk().change(tale.project) as change:
        change.void_approval(void, "The texts come from another agency now.")
        long = change.add_file(
            design, io.BytesIO(PDF), name=LONG_FILE, purpose="Everything in one", state="final"
        )
        arabic = change.add_file(
            design, io.BytesIO(PNG), name=ARABIC_FILE, purpose="The Arabic page", state="draft"
        )
        icons = change.add_file(
            design, io.BytesIO(ZIP), name="icons.zip", purpose=f"See {WORD}", state="final"
        )
        second = change.request_approval(
            design,
            LONG_TITLE,
            files=[home, mobile],
            people=[anna],
            statement="We tightened the hero and moved the shop teaser up, so that the three best "
            "sellers stand above the fold on phones too. Approving this starts the build.",
            due=date(2026, 11, 20),
            previous=first,
        )
    stage.at(2026, 11, 20, 9)
    with stage.desk().change(tale.project) as change:
        change.add_version(
            home, io.BytesIO(PDF + b"\n"), changed="Hero tightened, teaser moved up", state="final"
        )
        change.withdraw_file(icons, "Wrong archive")
        old = change.post_update(
            design,
            "Some text with a [link](https://example.org/) and `code`:\n\n"
            f"| Page | Width |\n|---|---|\n| {WORD} | 360 |\n| Home | 1280 |\n\n"
            f"    {'wide ' * 40}\n\n1. one\n2. two\n\n> quoted\n\n## A heading\n\n- {WORD}",
            title=f"Round two, and {WORD}",
        )
    stage.at(2026, 11, 21, 9)
    third = next(
        a for a in stage.portal.project(tale.project).approvals.values() if a.previous == second.id
    )
    with stage.desk().change(tale.project) as change:
        texts = change.request_approval(
            content,
            "Product texts, batch one",
            statement="24 descriptions in German and English.",
            people=[anna, jonas],
            due=date(2026, 11, 28),
        )
        others = change.request_approval(
            content, "Photos", statement="Twelve pictures.", people=[jonas, laila], needed="any"
        )
        change.revise_update(old, title="Round two is over")
        gallery = change.request_approval(
            design, "The Arabic page", files=[arabic, long], people=[laila]
        )
    stage.at(2026, 11, 23, 15, 40)
    with stage.desk().change(tale.project) as change:
        news = change.post_update(
            design,
            title="Round three is ready for you",
            done="Homepage and product page at three widths; icons redrawn.",
            doing="Checkout screens, ready on Thursday.",
            next="Hand-over to development once the homepage is approved.",
            need="The decision on the homepage, and the logo as vector file.",
            about=third,
        )
    visit = stage.portal.visit(tale.link().rpartition("/")[2])
    question = visit.ask(design, "Can the icons be a little rounder?", about=home)
    with stage.desk().change(tale.project) as change:
        change.answer(question, "Yes, we redraw them this week.")
    visit.ask(design, "When do we see the checkout?")
    stage.clock.set(NOW)
    tale.things.update(
        design=design,
        home=home,
        mobile=mobile,
        report=report,
        first=first,
        second=second,
        third=third,
        texts=texts,
        news=news,
    )
    tale.paths.update(
        {
            "project": "",
            "milestone in progress": f"m/{design.id}",
            "milestone completed": f"m/{wires.id}",
            "milestone planned": f"m/{build.id}",
            "update": f"u/{news.id}",
            "update with revisions": f"u/{old.id}",
            "history": "history",
            "history of a milestone": f"history?milestone={design.id}",
            "decision open": f"a/{third.id}",
            "decision without files": f"a/{texts.id}",
            "decision asked of others": f"a/{others.id}",
            "decision with pictures": f"a/{gallery.id}",
            "decision closed": f"a/{first.id}",
            "decision decided": f"a/{decided.id}",
            "decision declined": f"a/{declined.id}",
            "decision superseded": f"a/{second.id}",
            "decision void": f"a/{void.id}",
            "not found": "m/nowhere",
        }
    )
    return tale


def awkward(stage: Stage) -> Tale:
    """Every name is long, unbroken or runs from right to left."""
    stage.at(2026, 11, 2, 9)
    with stage.desk().open(
        f"Relaunch {WORD}", client=f"Acme {WORD}", zone="America/Argentina/ComodRivadavia"
    ) as change:
        anna = change.add_person(f"Anna {WORD}", email="anna@acme.example")
        laila = change.add_person(ARABIC_NAME, role=WORD)
        change.issue_link(anna)
        change.issue_link(laila)
        done = change.add_milestone(WORD).start().complete(WORD)
        busy = change.add_milestone(f"Design {WORD}", due=date(2026, 11, 3), summary=WORD).start()
        change.add_milestone(ARABIC_MILESTONE).start()
        change.add_milestone(WORD, starts=date(2027, 12, 30))
        long = change.add_file(
            busy, io.BytesIO(PDF), name=LONG_FILE, purpose=f"{WORD} {WORD}", state="final"
        )
        arabic = change.add_file(busy, io.BytesIO(PNG), name=ARABIC_FILE, purpose=ARABIC_MILESTONE)
        ask = change.request_approval(
            busy,
            f"{WORD} {WORD}",
            files=[long, arabic],
            people=[anna, laila],
            statement=f"{WORD}\n\n{'wide ' * 30}",
            due=date(2026, 11, 3),
        )
        rtl = change.request_approval(
            busy, ARABIC_MILESTONE, statement=ARABIC_MILESTONE, people=[anna], due=date(2026, 12, 1)
        )
        news = change.post_update(
            busy, title=f"{WORD} {WORD}", done=WORD, doing=WORD, need=ARABIC_NAME, about=long
        )
        change.set_resources([(WORD * 3, "https://example.org/")])
    tale = Tale(stage, change.project.id, {"anna": anna, "laila": laila})
    _decide(tale, "laila", ask, Outcome.APPROVED_WITH_CHANGES, f"{WORD}\n\n{ARABIC_NAME}")
    stage.clock.set(NOW)
    tale.paths.update(
        {
            "project": "",
            "milestone completed": f"m/{done.id}",
            "milestone in progress": f"m/{busy.id}",
            "update": f"u/{news.id}",
            "history": "history",
            "decision open": f"a/{ask.id}",
            "decision right to left": f"a/{rtl.id}",
        }
    )
    tale.things.update(ask=ask)
    return tale


def small(stage: Stage) -> Tale:
    """One milestone, one file, one decision; and people whose links no longer open."""
    stage.at(2026, 11, 20, 9)
    with stage.desk().open("Brochure", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example")
        late = change.add_person("Late Lara")
        gone = change.add_person("Gone Gustav")
        moved = change.add_person("Moved Mona")
        print_ = change.add_milestone("Print", due=date(2026, 12, 1)).start()
        draft = change.add_file(print_, io.BytesIO(PDF), name="brochure.pdf", purpose="To print")
        ask = change.request_approval(print_, "Brochure", files=[draft], people=[anna])
        for person in (anna, gone, moved):
            change.issue_link(person)
        change.issue_link(late, expires=date(2026, 11, 22))
    names = {"anna": anna, "late": late, "gone": gone, "moved": moved}
    tale = Tale(stage, change.project.id, names, {"draft": draft, "ask": ask})
    tale.things["old link"] = tale.link("moved")
    with stage.desk().change(tale.project) as change:
        change.revoke_link(gone, "Left the company")
        change.rotate_link(moved)
    stage.clock.set(NOW)
    return tale


def wanted(stage: Stage) -> Tale:
    """Files are asked for, handed in, kept back and no longer needed."""
    stage.at(2026, 11, 16, 9)
    with stage.desk().open("Packaging", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example")
        jonas = change.add_person("Jonas Weber")
        guest = change.add_person("Gerda Gast")
        for person in (anna, jonas):
            change.issue_link(person)
        change.issue_link(guest, scopes=READER)
        box = change.add_milestone("Box", due=date(2026, 12, 11)).start()
        change.add_milestone("Label")
        logo = change.request_file(
            box,
            "The logo as a vector file",
            people=[anna, jonas],
            due=date(2026, 11, 20),
            note="As SVG or PDF, **without** the claim. Your printer may have it.",
        )
        texts = change.request_file(box, f"Texts, and {WORD}", people=[anna])
        weights = change.request_file(box, "Weights of all bowls", people=[anna])
        photos = change.request_file(box, "Photos of the old box", people=[jonas])
        change.request_file(box, "The licence of the typeface", people=[jonas])
    tale = Tale(stage, change.project.id, {"anna": anna, "jonas": jonas, "guest": guest})
    stage.at(2026, 11, 18, 9)
    visit = stage.portal.visit(tale.link().rpartition("/")[2])
    visit.upload(
        box, [("weights.pdf", io.BytesIO(PDF)), (LONG_FILE, io.BytesIO(PDF))], request=weights
    )
    stage.portal.inspect = lambda upload: Quarantine("It holds macros")
    visit.upload(box, [(ARABIC_FILE, io.BytesIO(PNG))], note=f"From the archive, {WORD}")
    stage.portal.inspect = None
    with stage.desk().change(tale.project) as change:
        change.withdraw_request(photos, "Found in our archive.")
        change.post_update(box, done="Two sketches", need="The logo", about=box)
    stage.clock.set(NOW)
    tale.things.update(box=box, logo=logo, texts=texts)
    tale.paths.update({"project": "", "milestone": f"m/{box.id}", "history": "history"})
    return tale


def asked(stage: Stage) -> Tale:
    """Questions about everything: open, answered, closed, reopened, of others, and with words that were erased."""
    stage.at(2026, 11, 16, 9)
    with stage.desk().open("Catalogue", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller", email="anna@acme.example")
        jonas = change.add_person("Jonas Weber")
        gone = change.add_person("Gone Gustav")
        guest = change.add_person("Gerda Gast")
        for person in (anna, jonas, gone):
            change.issue_link(person)
        change.issue_link(guest, scopes=READER)
        pages = change.add_milestone("Pages", due=date(2026, 12, 11)).start()
        change.add_milestone("Print")
        proof = change.add_file(pages, io.BytesIO(PDF), name="proof.pdf", purpose="All pages")
        long = change.add_file(pages, io.BytesIO(PDF), name=LONG_FILE, purpose="One page")
        ask = change.request_approval(pages, "The proof", files=[proof], people=[jonas])
        update = change.post_update(pages, done="The proof", next="Print", about=ask)
    names = {"anna": anna, "jonas": jonas, "guest": guest}
    tale = Tale(stage, change.project.id, names)

    def visit(person: Handle) -> Visit:
        url = stage.desk().link_url(tale.project, person)
        return stage.portal.visit(url.rpartition("/")[2])

    stage.at(2026, 11, 18, 9)
    erased = visit(gone).ask(pages, "This is Gustav. May I see the old one?")
    closed = visit(jonas).ask(pages, f"Is it {WORD}?\n\n- {WORD}\n- or not?", about=long)
    answered = visit(anna).ask(pages, "Which paper will it be printed on?", about=proof)
    of_decision = visit(jonas).ask(pages, "Does Anna decide too?", about=ask)
    stage.at(2026, 11, 19, 16)
    with stage.desk().change(tale.project) as change:
        change.answer(erased, "It is in the archive.")
        change.close_question(closed, "We talked about it on the telephone.")
        change.answer(answered, "On **uncoated** paper, 120 g/m². Samples are on their way.")
        change.answer(of_decision, "No, you alone.")
    stage.portal.care.redact(tale.project, gone.id)
    stage.at(2026, 11, 20, 9)
    visit(anna).ask_further(answered, "Will they arrive before Friday?")
    stage.at(2026, 11, 20, 11)
    with stage.desk().change(tale.project) as change:
        change.answer(answered, "Yes, on Thursday.")
    stage.at(2026, 11, 23, 9)
    open_ = visit(anna).ask(pages, "How many copies do we get?", about=update)
    stage.clock.set(NOW)
    tale.things.update(pages=pages, proof=proof)
    tale.paths.update(
        {
            "project": "",
            "milestone": f"m/{pages.id}",
            "a form about a file": f"m/{pages.id}?about={long.id}",
            "history": "history",
            "decision": f"a/{ask.id}",
            "update": f"u/{update.id}",
            "question open": f"q/{open_.id}",
            "question answered": f"q/{answered.id}",
            "question closed": f"q/{closed.id}",
            "question erased": f"q/{erased.id}",
        }
    )
    return tale


def empty(stage: Stage) -> Tale:
    """Nothing has happened yet."""
    stage.at(2026, 11, 23, 9)
    with stage.desk().open("A new shop", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller")
        change.issue_link(anna)
    stage.clock.set(NOW)
    paths = {"project": "", "history": "history"}
    return Tale(stage, change.project.id, {"anna": anna}, paths=paths)


def completed(stage: Stage) -> Tale:
    """Everything is done."""
    stage.at(2025, 3, 3, 9)
    with stage.desk().open("Catalogue", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller")
        change.issue_link(anna)
        parts = [
            change.add_milestone(title).start().complete("Done and handed over.")
            for title in ("Concept", "Layout", "Print")
        ]
        change.post_update(parts[-1], done="Printed and delivered", about=parts[-1])
        change.set_status("completed", "Delivered on 3 March.")
    stage.clock.set(NOW)
    paths = {"project": "", "milestone completed": f"m/{parts[-1].id}", "history": "history"}
    return Tale(stage, change.project.id, {"anna": anna}, paths=paths)


def planned(stage: Stage) -> Tale:
    """Nothing has begun."""
    stage.at(2026, 11, 23, 9)
    with stage.desk().open("Trade fair", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller")
        change.issue_link(anna)
        first = change.add_milestone("Concept", starts=date(2026, 12, 1))
        change.add_milestone("Stand", due=date(2027, 2, 1))
        change.add_milestone("Fair")
    stage.clock.set(NOW)
    paths = {"project": "", "milestone planned": f"m/{first.id}", "history": "history"}
    return Tale(stage, change.project.id, {"anna": anna}, paths=paths)


def long(stage: Stage) -> Tale:
    """Thirty milestones, and twenty-five files in one of them."""
    stage.at(2026, 6, 1, 9)
    with stage.desk().open("Museum", client="Acme Ceramics", zone="Europe/Berlin") as change:
        anna = change.add_person("Anna Keller")
        change.issue_link(anna)
        rooms = [change.add_milestone(f"Room {number}") for number in range(1, 31)]
        for room in rooms[:12]:
            room.start().complete("Open to the public.")
        for room in rooms[12:16]:
            room.start()
        files = [
            change.add_file(
                rooms[12], io.BytesIO(PDF), name=f"plan-{n}.pdf", purpose=f"Wall {n}", state="final"
            )
            for n in range(1, 26)
        ]
        ask = change.request_approval(
            rooms[12], "All plans", files=files, people=[anna], due=date(2026, 11, 24)
        )
        for number in range(1, 7):
            change.post_update(rooms[12], done=f"Wall {number} is up", about=ask)
    stage.clock.set(NOW)
    paths = {
        "project": "",
        "milestone in progress": f"m/{rooms[12].id}",
        "history": "history",
        "decision open": f"a/{ask.id}",
    }
    return Tale(stage, change.project.id, {"anna": anna}, paths=paths)

"""The three stories of the demo: halfway through, just opened, and completed."""

from __future__ import annotations

from datetime import date, timedelta

import papers
from portalkit import CLIENT, READER, Change, Handle, Outcome, ProjectStatus
from story import Story, stream

__all__ = ["STORIES"]


class Relaunch(Story):
    """Halfway through: three milestones done, two in progress, two decisions pending."""

    ref = "job:2026-031"
    id = "website-relaunch"
    title = "Website relaunch"
    client = "Acme Ceramics"
    client_key = "acme"
    summary = "A new site and shop for the tableware and tile collections."
    city = "Berlin"
    zone = "Europe/Berlin"

    def tell(self) -> None:
        self._open()
        self._kick_off()
        self._research()
        self._wireframes()
        self._design_rounds()
        self._content()
        self._this_week()

    def _open(self) -> None:
        self.ago(62, "10:15")
        with self.opens(self.maya) as change:
            self.anna = change.add_person(
                "Anna Keller",
                email="anna.keller@acme.example",
                role="Head of marketing",
                locale="en",
            )
            self.jonas = change.add_person(
                "Jonas Weber",
                email="jonas.weber@acme.example",
                role="Managing director",
                locale="de",
            )
            self.sven = change.add_person(
                "Sven Albrecht", email="sven.albrecht@acme.example", role="Online shop"
            )
            self.kick_off = change.add_milestone(
                "Kick-off", summary="Goals, roles and plan.", due=self.ahead(-54)
            ).start()
            self.research = change.add_milestone(
                "Research", summary="Twelve interviews and the shop's figures.", due=self.ahead(-40)
            )
            self.wireframes = change.add_milestone(
                "Wireframes", summary="The structure of every page.", due=self.ahead(-26)
            )
            self.design = change.add_milestone(
                "Design",
                summary="All screens as clickable designs, approved one by one.",
                starts=self.ahead(-24),
                due=self.ahead(10),
            )
            self.content = change.add_milestone(
                "Content",
                summary="Product texts and pictures, in batches.",
                starts=self.ahead(-20),
                due=self.ahead(17),
            )
            self.build = change.add_milestone(
                "Build", summary="The site and the shop.", starts=self.ahead(14), due=self.ahead(42)
            )
            self.hosting = change.add_milestone(
                "Hosting contract",
                summary="Offers of three hosting partners.",
                due=self.ahead(21),
                internal=True,
            )
            self.launch = change.add_milestone(
                "Launch", summary="Switch-over and hand-over.", due=self.ahead(49)
            )
            for person in (self.anna, self.jonas, self.sven):
                change.issue_link(person, scopes=CLIENT)
            change.set_resources(
                [
                    ("Staging site", "https://staging.acme.example"),
                    ("Brand guide", "https://brand.acme.example"),
                    ("Write to us", "mailto:acme@northlight.example"),
                ]
            )

    def _kick_off(self) -> None:
        self.ago(61, "14:30")
        with self.maya.change(self.id) as change:
            plan = change.add_file(
                self.kick_off,
                stream(papers.project_plan()),
                name="project-plan.pdf",
                purpose="Goals, roles, milestones and dates",
                state="final",
            )
            ask = change.request_approval(
                self.kick_off,
                "Project plan",
                files=[plan],
                statement="The plan sets the order of work. Dates move only together.",
                people=[self.anna, self.jonas],
                due=self.ahead(-56),
            )
        self.ago(59, "09:20")
        self.decides(self.anna, ask, Outcome.APPROVED)
        self.ago(57, "17:05")
        self.decides(self.jonas, ask, Outcome.APPROVED, "Clear. Let us begin.")
        self.ago(56, "12:00")
        with self.maya.change(self.id) as change:
            notes = change.add_file(
                self.kick_off,
                stream(papers.kick_off_notes()),
                name="kick-off-notes.txt",
                purpose="What we agreed in the first meeting",
                state="final",
            )
            change.post_update(
                self.kick_off, KICK_OFF, title="Kick-off: what we agreed", about=notes
            )
        self.ago(53, "11:40")
        with self.maya.change(self.id) as change:
            change.complete(self.kick_off, "The plan is approved by Anna and Jonas.")
            change.post_update(
                self.kick_off,
                title="Kick-off is completed",
                done="The plan is approved, everybody has a link.",
                next="Twelve interviews with customers and dealers.",
                about=self.kick_off,
            )
            change.start(self.research)

    def _research(self) -> None:
        self.ago(45, "15:10")
        with self.tom.change(self.id) as change:
            report = change.add_file(
                self.research,
                stream(papers.research_report(final=False)),
                name="research-report.pdf",
                purpose="What twelve customers told us",
            )
            change.post_update(
                self.research,
                title="Nine of twelve interviews are done",
                done="Nine interviews; a first draft of the report.",
                doing="Three dealers this week.",
                next="The figures of the shop, then the findings.",
                about=report,
            )
        self.ago(42, "16:00")
        with self.tom.change(self.id) as change:
            change.add_version(
                report,
                stream(papers.research_report(final=True)),
                changed="All twelve interviews; findings ranked",
                state="final",
            )
            ask = change.request_approval(
                self.research,
                "Research findings",
                files=[report],
                statement="The five findings that the new structure will answer.",
                people=[self.anna, self.jonas],
                needed="any",
                due=self.ahead(-38),
            )
        self.ago(40, "11:25")
        with self.maya.change(self.id) as change:
            change.record_decision(
                ask,
                self.jonas,
                Outcome.APPROVED,
                source="phone call with Maya Lindt",
                comment="Go on with these five, shipping costs first.",
            )
        self.ago(39, "10:30")
        with self.maya.change(self.id) as change:
            change.complete(self.research, "Five findings; shipping costs come first.")
            change.post_update(
                self.research,
                title="Research is completed",
                done="Twelve interviews, five findings.",
                next="Wireframes that answer them.",
                about=self.research,
            )
            change.start(self.wireframes)

    def _wireframes(self) -> None:
        self.ago(33, "13:45")
        with self.tom.change(self.id) as change:
            document = change.add_file(
                self.wireframes,
                stream(papers.wireframes(1)),
                name="wireframes.pdf",
                purpose="The structure of all page types",
            )
            picture = change.add_file(
                self.wireframes,
                stream(papers.wireframe_picture()),
                name="wireframe-home.png",
                purpose="The homepage at a glance",
                state="final",
            )
            first = change.request_approval(
                self.wireframes,
                "Wireframes",
                files=[document, picture],
                statement="The structure only: colours and pictures follow in Design.",
                people=[self.anna, self.jonas],
                due=self.ahead(-29),
            )
        self.ago(31, "08:50")
        self.decides(
            self.anna,
            first,
            Outcome.CHANGES_REQUESTED,
            "Dealers need a way in of their own, at the top of every page.",
        )
        self.ago(28, "15:30")
        with self.tom.change(self.id) as change:
            change.add_version(
                document,
                stream(papers.wireframes(2)),
                changed="Way in for dealers at the top of every page",
                state="final",
            )
            second = change.request_approval(
                self.wireframes,
                "Wireframes",
                files=[document, picture],
                statement="The structure only: colours and pictures follow in Design.",
                people=[self.anna, self.jonas],
                due=self.ahead(-25),
                previous=first,
            )
        self.ago(27, "09:15")
        self.decides(self.anna, second, Outcome.APPROVED)
        self.ago(26, "18:20")
        self.decides(
            self.jonas, second, Outcome.APPROVED_WITH_CHANGES, "Please call it “For dealers”."
        )
        self.ago(25, "12:10")
        with self.maya.change(self.id) as change:
            change.complete(self.wireframes, "Approved by Anna and Jonas in round two.")
            change.post_update(
                self.wireframes,
                title="Wireframes are completed",
                done="All page types, with a way in for dealers.",
                next="Design of the homepage, then of the product page.",
                about=self.wireframes,
            )
            change.start(self.design)
            self.elif_ = change.add_person(
                "Elif Yılmaz", email="elif.yilmaz@acme.example", role="Trainee in marketing"
            )
            change.issue_link(self.elif_, scopes=READER)
            change.revoke_link(self.sven, "Sven has left Acme Ceramics.")

    def _design_rounds(self) -> None:
        self.ago(19, "16:30")
        with self.tom.change(self.id) as change:
            self.home = change.add_file(
                self.design,
                stream(papers.homepage(1)),
                name="homepage.pdf",
                purpose="The homepage at three widths",
            )
            self.mobile = change.add_file(
                self.design,
                stream(papers.mobile_picture(1)),
                name="homepage-mobile.png",
                purpose="The homepage on a phone",
            )
            first = self._ask_for_homepage(change, due=self.ahead(-15))
        self.ago(16, "09:12")
        self.decides(
            self.anna, first, Outcome.CHANGES_REQUESTED, "The hero is too loud for our tableware."
        )
        self.ago(12, "17:15")
        with self.tom.change(self.id) as change:
            change.add_version(
                self.home, stream(papers.homepage(2)), changed="Quieter hero, natural light"
            )
            change.add_version(
                self.mobile,
                stream(papers.mobile_picture(2)),
                changed="Follows the quieter hero",
                state="final",
            )
            second = self._ask_for_homepage(
                change, due=self.today - timedelta(days=1), previous=first
            )
            change.post_update(
                self.design,
                title="Homepage: round two",
                done="The hero is quieter; the phone layout is final.",
                doing="Product page.",
                need="Your decision on the homepage.",
                about=second,
            )
        self.ago(10, "11:00")
        with self.tom.change(self.id) as change:
            change.add_file(
                self.design,
                stream(papers.product_page()),
                name="product-page.pdf",
                purpose="One product with all its glazes",
            )
            icons = change.add_file(
                self.design,
                stream(papers.icons(20)),
                name="icons.zip",
                purpose="Every icon of shop and site",
            )
        self.ago(9, "14:20")
        with self.tom.change(self.id) as change:
            change.add_version(
                icons, stream(papers.icons(24)), changed="Redrawn on the 24 px grid", state="final"
            )
            wrong = change.add_file(
                self.design,
                stream(papers.homepage(1)),
                name="homepage-old-logo.pdf",
                purpose="The homepage for print",
            )
        self.ago(9, "15:00")
        with self.maya.change(self.id) as change:
            change.withdraw_file(wrong, "It shows the old logo. homepage.pdf is the right file.")

    def _ask_for_homepage(
        self, change: Change, *, due: date, previous: Handle | None = None
    ) -> Handle:
        return change.request_approval(
            self.design,
            "Homepage design",
            files=[self.home, self.mobile],
            statement="The homepage at three widths. Approving it starts the build.",
            people=[self.anna],
            due=due,
            previous=previous,
        )

    def _content(self) -> None:
        self.ago(8, "09:30")
        with self.maya.change(self.id) as change:
            change.start(self.content, happened=self.today - timedelta(days=20))
            tone = change.add_file(
                self.content,
                stream(papers.tone_of_voice()),
                name="tone-of-voice.pdf",
                purpose="How Acme sounds, on two pages",
                state="final",
            )
            self.texts = change.add_file(
                self.content,
                stream(papers.product_texts(final=False)),
                name="product-texts.txt",
                purpose="The first 24 product descriptions",
            )
            petra = change.add_person(
                "Petra Lang", email="petra@langtext.example", role="Copywriter"
            )
            change.issue_link(petra, scopes=READER, expires=self.ahead(-3))
            change.post_update(
                self.content,
                title="The first 24 texts are written",
                done="24 descriptions in the agreed tone.",
                doing="A second reading by Petra.",
                about=tone,
            )
        self.ago(7, "13:15")
        self.visits(petra)
        self.ago(6, "10:45")
        with self.maya.change(self.id) as change:
            change.add_version(
                self.texts,
                stream(papers.product_texts(final=True)),
                changed="Second reading; glazes named as in the shop",
                state="final",
            )
            change.add_file(
                self.content,
                stream(papers.photo_list()),
                name="photo-list.pdf",
                purpose="Which products still need a picture",
            )
            self.texts_ask = change.request_approval(
                self.content,
                "Product texts, batch one",
                files=[self.texts],
                statement="24 product descriptions. Both of you need to agree.",
                people=[self.anna, self.jonas],
                due=self.ahead(4),
            )
            change.post_update(
                self.content,
                title="Product texts, batch one, can be decided",
                done="24 descriptions after the second reading.",
                next="Batch two: tiles.",
                need="A decision of both Anna and Jonas.",
                about=self.texts_ask,
            )

    def _this_week(self) -> None:
        self.ago(5, "16:10")
        with self.tom.change(self.id) as change:
            change.add_version(
                self.home,
                stream(papers.homepage(3)),
                changed="Hero tightened, shop teaser moved up",
                state="final",
            )
        self.ago(4, "11:05")
        self.decides(
            self.jonas, self.texts_ask, Outcome.APPROVED, "Good. The bowls made me want one."
        )
        self.ago(3, "15:30")
        with self.maya.change(self.id) as change:
            change.start(self.hosting)
            change.post_update(
                self.hosting,
                title="Two of three offers are in",
                done="Offers compared.",
                about=self.hosting,
            )
        self.visits(self.elif_)
        self.ago(3, "17:45")
        asked = self.asks(
            self.anna,
            self.design,
            "Will the hero picture change with the seasons?",
            about=self.home,
        )
        self.ago(2, "08:30")
        self.visits(self.anna)
        self.ago(2, "09:40")
        with self.tom.change(self.id) as change:
            change.answer(asked, "Yes. *You* can swap it in the editor; four are prepared.")
            change.record_recap(
                "call", person=self.jonas, note="Wanted to know whether the build can begin."
            )
        self.ago(2, "14:10")
        self.misses(self.jonas)
        self.asks(self.jonas, self.content, "Who translates the second batch?")
        self.ago(1, "16:40")
        third = self.open_ask(self.design)
        with self.maya.change(self.id) as change:
            change.post_update(
                self.design,
                title="Round three is ready for you",
                done="Homepage and product page at three widths; icons redrawn.",
                doing="Checkout screens, ready this week.",
                next="Hand-over to development once the homepage is approved.",
                need="The decision on the homepage, and the logo as a vector file.",
                about=third,
            )


class Report(Story):
    """Just opened: no decision is pending, and one file is asked for."""

    ref = "job:2026-038"
    id = "annual-report-2026"
    title = "Annual report 2026"
    client = "Hanse Mutual"
    client_key = "hanse"
    summary = "The printed report and its short version for the web."
    locale = "en-GB"
    city = "London"
    zone = "Europe/London"

    def tell(self) -> None:
        self.ago(3, "09:40")
        with self.opens(self.maya) as change:
            fiona = change.add_person(
                "Fiona Whitfield", email="fiona.whitfield@hanse.example", role="Communications"
            )
            george = change.add_person(
                "George Ellery", email="george.ellery@hanse.example", role="Board office"
            )
            concept = change.add_milestone(
                "Concept", summary="Theme, structure and tone.", due=self.ahead(18)
            )
            for title, days in (("Layout", 45), ("Proofs", 73), ("Print", 94)):
                change.add_milestone(title, due=self.ahead(days))
            change.issue_link(fiona, scopes=CLIENT)
            change.issue_link(george, scopes=READER)
            change.set_resources([("Last year's report", "https://hanse.example/report-2025")])
        self.ago(2, "15:00")
        self.visits(fiona)
        self.ago(1, "11:20")
        with self.maya.change(self.id) as change:
            change.start(concept)
            brief = change.add_file(
                concept,
                stream(papers.report_brief()),
                name="brief.pdf",
                purpose="What we understood from our first talk",
            )
            change.request_file(
                concept,
                "Portraits of the board",
                people=[fiona],
                note="As large as you have them; phone pictures are fine for the concept.",
                due=self.ahead(9),
            )
            change.post_update(
                concept,
                title="We have begun",
                doing="Three directions for the theme.",
                next="We show them to you in two weeks.",
                need="Portraits of the board; you can hand them in here.",
                about=brief,
            )


class Film(Story):
    """Completed: everything approved, and still there to look at."""

    ref = "job:2026-012"
    id = "brand-film"
    title = "Brand film"
    client = "Fjord Coffee"
    client_key = "fjord"
    summary = "Ninety seconds on where the coffee comes from."
    city = "Oslo"
    zone = "Europe/Oslo"

    def tell(self) -> None:
        self._open()
        self._concept()
        self._shoot()
        self._edit()

    def _open(self) -> None:
        self.ago(140, "09:00")
        with self.opens(self.tom) as change:
            self.ingrid = change.add_person(
                "Ingrid Solheim", email="ingrid@fjord.example", role="Founder"
            )
            self.nora = change.add_person(
                "Nora Lie", email="nora@lie-foto.example", role="Photographer"
            )
            self.concept, self.shoot, self.edit = (
                change.add_milestone(title, summary=summary, due=self.ahead(-days))
                for title, summary, days in (
                    ("Concept", "Idea and storyboard.", 118),
                    ("Shoot", "Two days on the coast.", 88),
                    ("Edit and sound", "Cut, colour and mix.", 50),
                )
            )
            change.start(self.concept)
            change.issue_link(self.ingrid, scopes=CLIENT)
            change.issue_link(self.nora, scopes=READER, expires=self.ahead(-80))

    def _concept(self) -> None:
        self.ago(126, "10:30")
        with self.tom.change(self.id) as change:
            board = change.add_file(
                self.concept,
                stream(papers.storyboard()),
                name="storyboard.pdf",
                purpose="The film in six pictures",
                state="final",
            )
            ask = change.request_approval(
                self.concept,
                "Storyboard",
                files=[board],
                people=[self.ingrid],
                due=self.ahead(-120),
            )
        self.ago(122, "20:15")
        self.decides(self.ingrid, ask, Outcome.APPROVED, "This is us.")
        self._finish(self.concept, 119, "The storyboard is approved.", then=self.shoot)

    def _shoot(self) -> None:
        self.ago(93, "19:00")
        self.visits(self.nora)
        with self.tom.change(self.id) as change:
            change.add_file(
                self.shoot,
                stream(papers.still()),
                name="still-fjord.png",
                purpose="The opening picture",
                state="final",
            )
            ask = change.request_approval(
                self.shoot,
                "Material of the shoot",
                statement="All scenes of the storyboard were shot; nothing has to be repeated.",
                people=[self.ingrid],
            )
        self.ago(91, "08:40")
        self.decides(self.ingrid, ask, Outcome.APPROVED)
        self._finish(self.shoot, 90, "All scenes are in the box.", then=self.edit)

    def _edit(self) -> None:
        self.ago(57, "17:30")
        with self.tom.change(self.id) as change:
            sound = change.add_file(
                self.edit,
                stream(papers.sound_stems()),
                name="sound-stems.zip",
                purpose="Mix and stems for your own cuts",
                state="final",
            )
            ask = change.request_approval(
                self.edit,
                "Final film",
                files=[sound],
                statement="The film as shown on the 4K screening link, with this mix.",
                people=[self.ingrid],
                due=self.ahead(-52),
            )
        self.ago(53, "12:05")
        self.decides(self.ingrid, ask, Outcome.APPROVED, "Thank you all.")
        self._finish(self.edit, 50, "The film is approved and delivered.")
        with self.tom.change(self.id) as change:
            change.set_status(ProjectStatus.COMPLETED, "The film is delivered.")

    def _finish(
        self, milestone: Handle, days: int, outcome: str, *, then: Handle | None = None
    ) -> None:
        self.ago(days, "16:00")
        with self.tom.change(self.id) as change:
            change.complete(milestone, outcome)
            title = change.project.milestones[milestone.id].title
            change.post_update(
                milestone, title=f"{title} is completed", done=outcome, about=milestone
            )
            if then:
                change.start(then)


KICK_OFF = """
We met on site, saw the kiln, and agreed on **three goals**:

1. Visitors find the tableware within two clicks.
2. Dealers order tiles by themselves.
3. The shop works as well on a phone as on a desk.

| Role | Acme Ceramics | Northlight |
| --- | --- | --- |
| Lead | Anna Keller | Maya Lindt |
| Design | Anna Keller | Tom Brandt |
| Budget | Jonas Weber | Maya Lindt |

> One page for everything: what is not here was not agreed.

The notes are attached.
"""

STORIES: tuple[type[Story], ...] = (Relaunch, Report, Film)

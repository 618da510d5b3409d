"""What is in the demo's files: drawn and written on the spot, so that none has to be shipped."""

from __future__ import annotations

from drawing import Colour, Picture, Sheet, archive, chord, pdf

GREEN: Colour = (47, 93, 80)
CLAY: Colour = (190, 104, 74)
SAND: Colour = (233, 224, 209)
MIST: Colour = (226, 230, 233)
STONE: Colour = (158, 166, 172)
WHITE: Colour = (255, 255, 255)


# -- documents ----------------------------------------------------------------------------------


def report(title: str, client: str, *chapters: Sheet) -> bytes:
    """Return a document with a cover in front."""
    return pdf(title, [cover(title, client), *chapters])


def cover(title: str, client: str) -> Sheet:
    """Return a first page."""
    sheet = Sheet().box(0, 0, 595, 300, GREEN).box(60, 340, 48, 6, CLAY)
    sheet.text(60, 390, title, 30, bold=True).text(60, 420, client, 14)
    return sheet.text(60, 790, "Northlight Studio, Hafenstraße 12, Hamburg", 9)


def chapter(heading: str, *paragraphs: str) -> Sheet:
    """Return a page of text."""
    sheet = Sheet().box(60, 60, 48, 4, GREEN).text(60, 100, heading, 20, bold=True)
    for number, words in enumerate(paragraphs):
        sheet.paragraph(60, 140 + number * 64, words, 13, columns=74)
    return sheet


def project_plan() -> bytes:
    return report(
        "Project plan",
        "Website relaunch for Acme Ceramics",
        chapter(
            "Goals",
            "Visitors find the tableware within two clicks.",
            "Dealers order tiles by themselves, without calling the office.",
            "The shop works as well on a phone as on a desk.",
        ),
        chapter(
            "Milestones",
            "Kick-off, Research, Wireframes, Design, Content, Build, Launch. Each ends with an "
            "outcome that is written down in the portal.",
            "Design and Content run side by side. Build begins once the homepage is approved.",
            "A date that moves takes all later dates with it.",
        ),
        chapter(
            "Roles",
            "Anna Keller decides on design and texts, Jonas Weber on scope and budget.",
            "Maya Lindt leads the project; Tom Brandt designs.",
        ),
    )


def research_report(*, final: bool) -> bytes:
    answers = (("Shipping costs", 11), ("Real glaze colours", 9), ("Sets and spare parts", 8))
    rest = (("Delivery time", 6), ("Dealer prices", 5))
    chart = (
        Sheet().box(60, 60, 48, 4, GREEN).text(60, 100, "What customers ask first", 20, bold=True)
    )
    for number, (label, votes) in enumerate(answers + (rest if final else ())):
        top = 150 + number * 60
        chart.text(60, top, label).box(60, top + 10, votes * 36, 18, GREEN)
        chart.text(70 + votes * 36, top + 24, f"{votes} of {12 if final else 9}", 9)
    cover_ = cover("Research report", "Acme Ceramics, " + ("final" if final else "draft"))
    findings = chapter(
        "Findings",
        "Shipping costs decide whether a basket is finished: show them on the product page.",
        "Colours on screens are not believed: daylight photographs, with a hand for scale.",
        "Sets sell better than single pieces, and spare parts keep people for years.",
    )
    return pdf("Research report", [cover_, chart, findings] if final else [cover_, chart])


def wireframes(version: int) -> bytes:
    pages = ("Homepage", "Collection", "Product", "Basket", "For dealers")
    return pdf(f"Wireframes, version {version}", [_wireframe(page, version) for page in pages])


def _wireframe(page: str, version: int) -> Sheet:
    sheet = Sheet().text(60, 60, f"{page}, wireframe v{version}", 14, bold=True)
    sheet.box(60, 80, 475, 36, MIST).box(72, 92, 60, 12, STONE)
    for place in range(3 + (version > 1)):
        sheet.box(300 + place * 56, 94, 44, 8, STONE)
    sheet.box(60, 126, 475, 180, MIST).box(84, 200, 190, 16, STONE).box(84, 226, 120, 10, STONE)
    for place in range(3):
        left = 60 + place * 163
        sheet.box(left, 322, 149, 120, MIST).box(left, 452, 110, 9, STONE)
        sheet.box(left, 468, 80, 9, MIST)
    return sheet.box(60, 500, 475, 110, MIST).box(60, 700, 475, 60, STONE)


def homepage(version: int) -> bytes:
    hero = {1: CLAY, 2: SAND, 3: SAND}[version]
    height = {1: 300, 2: 260, 3: 190}[version]
    sheets = []
    for label, width in (("Desk", 475), ("Tablet", 330), ("Phone", 170)):
        sheet = Sheet().text(60, 50, f"Homepage, version {version}: {label}", 14, bold=True)
        sheet.box(60, 70, width, 30, GREEN).box(60, 100, width, height, hero)
        sheet.text(
            76, 100 + height / 2, "Made to be used daily", 20 if width > 200 else 11, bold=True
        )
        cards = max(1, width // 150)
        for place in range(cards):
            left = 60 + place * (width + 10) / cards
            sheet.box(left, 116 + height, width / cards - 10, 110, MIST)
            sheet.box(left, 232 + height, 60, 8, STONE)
        sheet.box(60, 270 + height, width, 90, GREEN if version == 3 else STONE)
        sheets.append(sheet.paragraph(60, 800, NOTES[version], 9, columns=110))
    return pdf(f"Homepage, version {version}", sheets)


NOTES = {
    1: "First version: clay red hero, shop teaser at the end.",
    2: "Quieter hero in natural light; the shop teaser has not moved yet.",
    3: "Hero tightened, shop teaser moved up and in the brand's green.",
}


def product_page() -> bytes:
    sheet = Sheet().text(60, 50, "Product page, draft", 14, bold=True)
    sheet.box(60, 70, 475, 30, GREEN).box(60, 116, 280, 280, SAND).box(100, 200, 200, 120, CLAY)
    sheet.text(360, 140, "Bowl No. 4", 20, bold=True).text(360, 165, "Stoneware, 18 cm")
    for place, glaze in enumerate((CLAY, GREEN, STONE, MIST)):
        sheet.box(360 + place * 34, 185, 26, 26, glaze)
    sheet.box(360, 230, 175, 36, GREEN)
    details = chapter(
        "How it behaves",
        "A glaze changes picture and price at once; the address keeps the choice.",
        "Shipping costs stand beside the price.",
    )
    return pdf("Product page", [sheet, details])


def tone_of_voice() -> bytes:
    return report(
        "Tone of voice",
        "Acme Ceramics",
        chapter(
            "Plain and warm",
            "We say what a thing is for, then what it is made of.",
            "Few adjectives, and never two in a row.",
        ),
        chapter(
            "Words we use", "Stoneware, glaze, kiln, by hand.", "Not: exclusive, unique, premium."
        ),
    )


def photo_list() -> bytes:
    sheet = Sheet().text(60, 80, "Pictures still needed", 20, bold=True)
    for number, (shape, _) in enumerate(SHAPES):
        top = 130 + number * 40
        sheet.box(60, top - 14, 18, 18, SAND if number % 3 else GREEN)
        sheet.text(92, top, f"{shape}, in daylight, with a hand for scale")
    return pdf("Photo list", [sheet])


def report_brief() -> bytes:
    return report(
        "Brief: annual report 2026",
        "Hanse Mutual",
        chapter(
            "What we understood",
            "The report is read by members, not by markets: figures need a sentence each.",
            "Print in 2,000 copies; a short version of twelve screens for the web.",
        ),
        chapter(
            "What we need",
            "The figures by the end of the quarter, and one person who answers us.",
        ),
    )


def storyboard() -> bytes:
    scenes = ("Fog", "Harbour", "Sacks", "Roast", "Hands", "First cup")
    sheets = [cover("Storyboard", "Brand film for Fjord Coffee")]
    for half in (scenes[:3], scenes[3:]):
        sheet = Sheet().box(60, 50, 48, 4, GREEN)
        for number, scene in enumerate(half):
            top = 70 + number * 245
            sheet.box(60, top, 380, 200, MIST).box(60, top + 130, 380, 70, STONE)
            sheet.box(200 + number * 50, top + 70, 60, 90, CLAY).text(
                60, top + 220, scene, bold=True
            )
        sheets.append(sheet)
    return pdf("Storyboard", sheets)


# -- pictures -----------------------------------------------------------------------------------


def wireframe_picture() -> bytes:
    picture = Picture(1280, 900).box(0, 0, 1280, 72, MIST).box(40, 26, 140, 20, STONE)
    for place in range(4):
        picture.box(760 + place * 120, 30, 84, 12, STONE)
    picture.box(40, 104, 1200, 360, MIST).box(96, 230, 420, 32, STONE).box(96, 284, 260, 18, STONE)
    for place in range(3):
        picture.box(40 + place * 410, 496, 380, 240, MIST).box(
            40 + place * 410, 756, 240, 18, STONE
        )
    return picture.box(0, 820, 1280, 80, STONE).png()


def mobile_picture(version: int) -> bytes:
    picture = Picture(720, 1440, WHITE).box(0, 0, 720, 110, GREEN)
    hero = CLAY if version == 1 else SAND
    picture.box(0, 110, 720, 520, hero).disc(360, 380, 150, WHITE).disc(360, 380, 110, hero)
    for place in range(2):
        picture.box(40, 680 + place * 320, 640, 220, MIST).box(
            40, 920 + place * 320, 380, 24, STONE
        )
    return picture.box(0, 1330, 720, 110, STONE).png()


def still() -> bytes:
    picture = Picture(1280, 720).fade((214, 224, 232), (120, 146, 160)).disc(930, 210, 70, SAND)
    for place, height in enumerate((190, 280, 230, 330, 260, 210, 300)):
        picture.disc(place * 220 - 30, 760, height, (58 + place * 4, 84 + place * 3, 96))
    return picture.box(0, 560, 1280, 160, (46, 70, 84)).png()


def icons(grid: int) -> bytes:
    names = ("basket", "search", "menu", "dealer", "glaze", "parcel", "heart", "kiln")
    return archive({f"icons/{grid}/{name}.png": _icon(i, grid) for i, name in enumerate(names)})


def _icon(number: int, grid: int) -> bytes:
    size = grid * 4
    icon = Picture(size, size, WHITE).disc(size // 2, size // 2, size // 2 - 4, GREEN)
    return icon.box(size // 4, size // 3 + number, size // 2, size // 8, WHITE).png()


# -- texts and sound ----------------------------------------------------------------------------


def kick_off_notes() -> bytes:
    return (
        b"Kick-off, Acme Ceramics, Berlin\n\n"
        b"Present: Anna Keller, Jonas Weber, Maya Lindt, Tom Brandt\n\n"
        b"1. Goals as in the plan. Dealers come first after the shop itself.\n"
        b"2. Anna decides on design and texts, Jonas on scope and budget.\n"
        b"3. Everything that counts is in the portal; no decisions by mail.\n"
        b"4. The old shop stays online until the launch.\n"
    )


SHAPES = (
    ("Bowl No. 4", "Holds soup for one and looks at home on any table."),
    ("Plate No. 2", "Flat, with a low rim that keeps sauce where it belongs."),
    ("Cup No. 7", "Sits in the hand without a handle; the wall keeps the heat."),
    ("Jug No. 1", "One litre, pours without a drop on the cloth."),
    ("Tile 10 x 10", "For walls in kitchen and bath, frost-proof."),
    ("Tile 5 x 20", "Narrow, for borders and the edge of a stove."),
    ("Vase No. 3", "For a single branch or a handful of herbs."),
    ("Pot No. 5", "With a saucer of the same clay."),
)


def product_texts(*, final: bool) -> bytes:
    glazes = ("clay", "moss", "mist") if final else ("red", "green", "grey")
    texts = [f"{shape}, {glaze}\n{words}\n" for shape, words in SHAPES for glaze in glazes]
    return "\n".join(["Product texts, batch one\n", *texts]).encode()


def sound_stems() -> bytes:
    """Return three sound files of 16 seconds each, unpacked as WAV: about 8 MB."""
    stems = {"mix": (220, 277, 330), "strings": (110, 165, 220), "piano": (440, 554, 659)}
    return archive(
        {f"sound/{name}.wav": chord(tones, 16) for name, tones in stems.items()}, packed=False
    )

"""The whole way of a client without any script, on a phone and on a desk, in English and German."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portalkit import Outcome
from portalkit.language import Language, Languages
from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import LONG_TITLE, PDF, PNG, ZIP
from tests.journeys.visits import fill_in, follow, go_on

PHONE, DESK = (360, 740), (1280, 800)


def language(locale: str) -> Language:
    """The words that a client with this locale must meet."""
    return Languages().choose((locale,), "Europe/Berlin")


def test_german_is_more_than_english_with_another_name() -> None:
    """What the German journey below expects is German."""
    german = language("de")
    assert german.locale == "de"
    for message in ("Review and decide", "Needs your decision", "Your decision is on record."):
        assert german.text(message) != message


@pytest.mark.parametrize(
    ("either_stage", "locale", "size", "scheme"),
    [
        ("flask", "en", PHONE, "light"),
        ("flask", "en", PHONE, "dark"),
        ("flask", "en", DESK, "light"),
        ("flask", "en", DESK, "dark"),
        ("flask", "de", PHONE, "dark"),
        ("flask", "de", DESK, "light"),
        ("django", "en", DESK, "light"),
        ("django", "de", PHONE, "dark"),
    ],
    indirect=["either_stage"],
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else value,
)
def test_a_client_decides_without_script(
    either_stage: Stage,
    locale: str,
    size: tuple[int, int],
    scheme: str,
    page_at: Callable[..., Page],
) -> None:
    """From the link in the mail to a decision on record, out of the project, and in again."""
    tale, say = tales.rich(either_stage, locale), language(locale)
    page = page_at(*size, color_scheme=scheme, java_script_enabled=False, locale="fr-FR")

    page.goto(tale.link())
    assert page.url == tale.home(), "the token must not stay in the address bar"
    assert page.get_attribute("html", "lang") == locale
    expect(page.get_by_role("heading", level=1)).to_have_text("Website relaunch")
    waiting = ("One thing waits for you.", "{number} things wait for you.")
    lead = say.plural(*waiting, 2, number=say.count(2))
    expect(page.locator(".pk-lede")).to_contain_text(lead)
    assert _answers(page)[:3] == ["3", "2", "2"]
    assert _pending(page) == [LONG_TITLE, "Product texts, batch one"]

    _opens_files(page, say)

    follow(page, page.get_by_role("link", name=say.text("Review and decide")).first)
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG_TITLE)
    go_on(page)
    assert _problems(page) == {"outcome", "reviewed", "typed_name"}
    page.check("input[value=changes_requested]")
    page.fill("input[name=typed_name]", "Anna Keller")
    page.check("input[name=reviewed]")
    go_on(page)
    assert _problems(page) == {"comment"}
    expect(page.locator("input[value=changes_requested]")).to_be_checked()
    expect(page.locator("input[name=typed_name]")).to_have_value("Anna Keller")

    fill_in(page, "changes_requested", "The hero is *still* too tall.\nSorry!")
    requested = say.text(
        "I, {name}, request changes to “{title}”.", name="Anna Keller", title=LONG_TITLE
    )
    expect(page.locator("#pk-sentence")).to_have_text(requested)
    expect(page.locator("blockquote")).to_contain_text("The hero is still too tall.")
    follow(page, page.get_by_role("button", name=say.text("Go back and change it")))
    expect(page.locator("input[value=changes_requested]")).to_be_checked()
    expect(page.locator("textarea[name=comment]")).to_have_value(
        "The hero is *still* too tall.\nSorry!"
    )
    expect(page.locator("input[name=reviewed]")).not_to_be_checked()

    fill_in(page, "approved")
    approved = say.text("I, {name}, approve “{title}”.", name="Anna Keller", title=LONG_TITLE)
    expect(page.locator("#pk-sentence")).to_have_text(approved)
    assert tale.approval("third").decisions == (), "nothing may count before it was confirmed"
    follow(page, page.get_by_role("button", name=say.text("Record my decision")))
    expect(page.get_by_role("status")).to_contain_text(say.text("Your decision is on record."))
    expect(page.locator("form[action*='/a/']")).to_have_count(0)
    (decision,) = tale.approval("third").decisions
    assert (decision.outcome, decision.person) == (Outcome.APPROVED, tale.people["anna"].id)

    follow(page, page.get_by_role("link", name="Website relaunch"))
    assert page.url == tale.home()
    lead = say.plural(*waiting, 1, number=say.count(1))
    expect(page.locator(".pk-lede")).to_contain_text(lead)
    assert _answers(page)[2] == "1"
    assert _pending(page) == ["Product texts, batch one"]

    follow(page, page.get_by_role("button", name=say.text("Not {name}?", name="Anna Keller")))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    answer = page.goto(tale.home())
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("main")).not_to_contain_text("Website relaunch")
    page.goto(tale.link())
    expect(page.get_by_role("heading", level=1)).to_have_text("Website relaunch")


def _answers(page: Page) -> list[str]:
    return page.locator(".pk-answers .pk-n").all_inner_texts()


def _pending(page: Page) -> list[str]:
    return page.locator(".pk-ask h3").all_inner_texts()


def _opens_files(page: Page, say: Language) -> None:
    """A picture opens in place, an archive is saved, a document arrives; all of them whole."""
    picture = page.locator(".pk-ask .pk-file", has_text="homepage-mobile.png")
    with page.expect_response(re.compile(r"/f/\w+/1$")) as answer:
        picture.click()
    assert answer.value.body() == PNG
    page.go_back()

    document = page.locator(".pk-ask .pk-file", has_text="homepage.pdf").get_attribute("href")
    assert document is not None
    arrived = page.request.get(page.url.partition("/own/")[0] + document)
    assert arrived.body() == PDF + b"\n"

    research = page.locator(".pk-step", has_text="Research")
    research.locator("summary").click()
    with page.expect_download() as download:
        research.locator(".pk-file").click()
    assert download.value.suggested_filename == "interviews.zip"
    assert download.value.path().read_bytes() == ZIP


def _problems(page: Page) -> set[str]:
    """The fields that the page names in its summary, each of which must say so itself."""
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    targets = [link.get_attribute("href") or "" for link in alert.get_by_role("link").all()]
    for target in targets:
        field = page.locator(target)
        expect(field).to_be_visible()
        described = field.get_attribute("aria-describedby")
        expect(page.locator(f"#{described}")).to_be_visible()
    return {target.removeprefix("#pk-") for target in targets}

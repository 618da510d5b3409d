"""Clients hand files in: with script they see how far it is, without it the same happens."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from portalkit import Upload, Veto
from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import PDF, PNG, Tale
from tests.journeys.visits import follow

LOGO = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": PDF}
PHOTO = {"name": "photo.png", "mimeType": "image/png", "buffer": PNG}


class Gate:
    """An inspection that waits until the test lets it go on."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, upload: Upload) -> None:
        assert self.open.wait(60)


@pytest.fixture
def gate(stage: Stage) -> Iterator[Gate]:
    """A gate behind which uploads wait, once a test has put it up."""
    gate = Gate()
    yield gate
    gate.open.set()
    stage.portal.inspect = None


def at_the_form(page: Page, tale: Tale, request: str = "own") -> Locator:
    """Open the milestone and return one of its forms for files."""
    page.goto(tale.link())
    page.goto(f"{tale.home()}m/{tale.things['box'].id}")
    return page.locator("form", has=page.locator(f"#pk-{request}-files"))


def choose(form: Locator, *files: dict[str, object]) -> None:
    """Choose files."""
    form.locator("input[type=file]").set_input_files(list(files))  # type: ignore[arg-type]


def delivered(tale: Tale) -> list[str]:
    """The names of all files that clients have handed in."""
    files = tale.stage.portal.project(tale.project).files.values()
    return [file.name for file in files if file.current.delivered]


@pytest.mark.parametrize("either_stage", ["flask", "django"], indirect=True)
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_several_files_answer_a_request(
    script: bool, either_stage: Stage, page_at: Callable[..., Page]
) -> None:
    """From the project page to the form, back to the milestone; there it says what has arrived."""
    tale = tales.wanted(either_stage)
    page = page_at(java_script_enabled=script)
    page.goto(tale.link())
    follow(page, page.locator(".pk-ask .pk-button").first)
    form = page.locator("article", has=page.get_by_text("The logo as a vector file")).locator(
        "form"
    )
    choose(form, LOGO, PHOTO)
    form.get_by_label("A note").fill("Both kinds")
    form.get_by_role("button", name="Hand in").click()
    page.wait_for_url(re.compile(r"\?sent="))
    notice = page.get_by_role("status").filter(has_text="arrived")
    expect(notice).to_contain_text("Your 2 files have arrived. logo.svg and photo.png")
    card = page.locator("article", has=page.get_by_role("heading", name="The logo as a vector"))
    expect(card).to_contain_text("Fulfilled")
    assert delivered(tale)[-2:] == ["logo.svg", "photo.png"]
    page.goto(tale.home())
    expect(page.locator(".pk-ask")).to_have_count(1)


def test_the_progress_is_seen_and_told(
    stage: Stage, gate: Gate, page_at: Callable[..., Page]
) -> None:
    """A bar with a name, words in a live region, a button that cannot be pressed twice."""
    tale = tales.wanted(stage)
    page = page_at()
    form = at_the_form(page, tale)
    stage.portal.inspect = gate
    choose(form, LOGO)
    expect(form.locator("progress")).to_be_hidden()
    form.get_by_role("button", name="Hand in").click()
    expect(form.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(form.get_by_role("status")).to_have_text("Sent; being saved …")
    expect(form.locator("[data-pk-send]")).to_be_disabled()
    expect(form.get_by_role("status")).to_be_focused()
    expect(form.get_by_role("button", name="Cancel")).to_be_hidden()  # it is too late for that
    gate.open.set()
    page.wait_for_url(re.compile(r"\?sent="))
    assert delivered(tale)[-1] == "logo.svg"


def test_it_can_be_cancelled_and_sent_again(stage: Stage, page_at: Callable[..., Page]) -> None:
    """While it is on its way; what was chosen is still chosen."""
    tale = tales.wanted(stage)
    page = page_at()
    form = at_the_form(page, tale)
    choose(form, LOGO)
    page.route("**/files", lambda route: None)  # it never gets anywhere
    send = form.get_by_role("button", name="Hand in")
    send.click()
    expect(form.get_by_role("status")).to_have_text("0 % sent")
    form.get_by_role("button", name="Cancel").click()
    expect(form.get_by_role("alert")).to_have_text("Cancelled. Nothing was saved.")
    expect(form.locator("progress")).to_be_hidden()
    expect(send).to_be_focused()
    assert "logo.svg" not in delivered(tale)
    page.unroute("**/files")
    send.click()
    page.wait_for_url(re.compile(r"\?sent="))
    assert delivered(tale).count("logo.svg") == 1


@pytest.mark.parametrize("either_stage", ["flask", "django"], indirect=True)
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_refusal_is_told_beside_the_form(
    script: bool, either_stage: Stage, page_at: Callable[..., Page]
) -> None:
    """The same words with script and without; the note is still there."""
    tale = tales.wanted(either_stage)
    page = page_at(java_script_enabled=script)
    form = at_the_form(page, tale)
    choose(form, LOGO)
    form.get_by_label("A note").fill("My note")
    either_stage.portal.inspect = lambda upload: Veto("It cannot be opened.")
    form.get_by_role("button", name="Hand in").click()
    alert = form.get_by_role("alert")
    expect(alert).to_contain_text("“logo.svg” was not accepted: It cannot be opened.")
    either_stage.portal.inspect = None
    expect(form.get_by_label("A note")).to_have_value("My note")
    assert "logo.svg" not in delivered(tale)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    stage: Stage, page_at: Callable[..., Page]
) -> None:
    """Nobody waits for an upload that must fail."""
    tale = tales.wanted(stage)
    page = page_at()
    form = at_the_form(page, tale)
    form.evaluate("form => { form.dataset.each = 10 }")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    choose(form, PHOTO)
    form.get_by_role("button", name="Hand in").click()
    expect(form.get_by_role("alert")).to_contain_text("“photo.png” is too large")
    assert sent == []


def test_nothing_chosen_is_told_by_the_browser_itself(
    stage: Stage, page_at: Callable[..., Page]
) -> None:
    """The field is required, so an empty form does not leave."""
    tale = tales.wanted(stage)
    page = page_at()
    form = at_the_form(page, tale)
    form.get_by_role("button", name="Hand in").click()
    assert form.locator("input[type=file]").evaluate("field => field.validity.valueMissing")
    assert "?sent" not in page.url


def test_the_connection_may_break(stage: Stage, page_at: Callable[..., Page]) -> None:
    """Then it says so, and the form is ready for another try."""
    tale = tales.wanted(stage)
    page = page_at()
    form = at_the_form(page, tale)
    choose(form, LOGO)
    page.route("**/files", lambda route: route.abort("connectionreset"))
    form.get_by_role("button", name="Hand in").click()
    expect(form.get_by_role("alert")).to_contain_text("The connection broke.")
    expect(form.locator("[data-pk-send]")).to_be_enabled()

"""Visits to every page that a client can meet: the pages of each project, and the states between them."""

from __future__ import annotations

import io
from collections.abc import Iterator

from playwright.sync_api import Locator, Page

from portalkit import Veto
from tests.journeys import tales
from tests.journeys.server import Stage
from tests.journeys.tales import PDF, ZIP, Tale

TALES = ("rich", "awkward", "wanted", "asked", "empty", "completed", "planned", "long")
EVERYWHERE = (*TALES, "states")
"""What `visits` takes: a project by name, or the states."""


def visits(where: str, page: Page, stage: Stage, told: dict[str, Tale]) -> Iterator[str]:
    """Open one page after the other and yield its name while it is open."""
    if where == "states":
        yield from _states(page, stage)
        return
    tale = told[where]
    page.goto(tale.link())
    for name, path in tale:
        if path:
            page.goto(tale.home() + path)
        yield f"{where}: {name}"


def fill_in(
    page: Page, outcome: str = "approved", comment: str = "", name: str = "Anna Keller"
) -> None:
    """Fill in a decision and go on to its confirmation."""
    page.check(f"input[value={outcome}]")
    page.fill("textarea[name=comment]", comment)
    page.check("input[name=reviewed]")
    page.fill("input[name=typed_name]", name)
    go_on(page)


def go_on(page: Page) -> None:
    """Send the form on the page."""
    follow(page, page.locator("form[action*='/a/'] button:not([name])"))


def follow(page: Page, pressed: Locator) -> None:
    """Press what leads to another page, and wait until that page is there: a click alone does not."""
    with page.expect_navigation():
        pressed.click()


def _states(page: Page, stage: Stage) -> Iterator[str]:
    yield from _deciding(page, stage)
    yield from _handing_in(page, stage)
    yield from _choosing(page, stage)
    yield from _asking(page, stage)
    yield from _missing(page, stage)
    yield from _doors(page, stage)


def _deciding(page: Page, stage: Stage) -> Iterator[str]:
    tale = tales.small(stage)
    page.goto(tale.link())
    page.goto(f"{tale.home()}a/{tale.things['ask'].id}")
    go_on(page)
    yield "a decision with problems"
    fill_in(page, "approved_with_changes", f"Larger, please.\n\n- {tales.WORD}")
    yield "the confirmation"
    go_on(page)
    yield "a decision on record"
    page.goto(tale.home())
    yield "a project in which nothing waits"

    tale = tales.small(stage)
    page.goto(tale.link())
    page.goto(f"{tale.home()}a/{tale.things['ask'].id}")
    with stage.desk().change(tale.project) as change:
        change.add_version(tale.things["draft"], io.BytesIO(PDF + b"\n"), changed="A new cover")
    fill_in(page)
    yield "a decision that came too late"
    page.goto(tale.home())
    follow(page, page.locator(".pk-closing button"))
    yield "the project left"


def _handing_in(page: Page, stage: Stage) -> Iterator[str]:
    tale = tales.wanted(stage)
    page.goto(tale.link())
    page.goto(f"{tale.home()}m/{tale.things['box'].id}")
    hand_in(page, "logo.svg", PDF, request=tale.things["logo"].id)
    yield "a file that arrived"
    stage.portal.inspect = lambda upload: Veto("It cannot be opened.")
    hand_in(page, "texts.odt", ZIP)
    page.locator("[data-pk-problem]:visible").wait_for()
    stage.portal.inspect = None
    yield "a file that was not accepted, with script"
    page.goto(f"{tale.home()}f/{kept_back(stage, tale)}/1")
    yield "a file that is being checked"


def kept_back(stage: Stage, tale: Tale) -> str:
    """The id of the file that is in quarantine."""
    files = stage.portal.project(tale.project).files.values()
    return next(file.id for file in files if file.current.quarantined)


def hand_in(page: Page, name: str, data: bytes, *, request: str = "own") -> None:
    """Choose a file in one of the forms of a milestone and send it."""
    chosen = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.locator(f"#pk-{request}-files").set_input_files(chosen)  # type: ignore[arg-type]
    form = page.locator("form", has=page.locator(f"#pk-{request}-files"))
    arrives = "?sent=" in page.url
    form.locator("[data-pk-send]").click()
    if not arrives:
        page.wait_for_url("**?sent=*")


def _choosing(page: Page, stage: Stage) -> Iterator[str]:
    tale = tales.small(stage)
    page.goto(tale.link())
    page.goto(f"{tale.home()}notices")
    yield "what is mailed"
    page.check("input[value=weekly]")
    follow(page, page.locator("form:has(input[type=radio]) button"))
    yield "what is mailed, chosen"
    page.goto(unsubscribe_url(stage, tale))
    yield "less mail"
    page.locator("input").evaluate_all("all => all.forEach(input => { input.required = false })")
    follow(page, page.locator("form:has(input[type=radio]) button"))
    yield "less mail, nothing chosen"
    page.check("input[value=decisions]")
    follow(page, page.locator("form:has(input[type=radio]) button"))
    yield "less mail, chosen"


def unsubscribe_url(stage: Stage, tale: Tale) -> str:
    """The address in Anna's mails that ends them."""
    project = stage.portal.project(tale.project)
    return stage.portal.unsubscribe_url(project, tale.people["anna"].id)


def _asking(page: Page, stage: Stage) -> Iterator[str]:
    tale = tales.asked(stage)
    page.goto(tale.link())
    page.goto(tale.home() + tale.paths["milestone"])
    page.locator("#pk-ask summary").click()
    page.evaluate("document.querySelector('#pk-ask-text').required = false")
    follow(page, page.get_by_role("button", name="Send the question"))
    yield "a question without words"
    page.fill("#pk-ask-text", "And the cover?")
    follow(page, page.get_by_role("button", name="Send the question"))
    yield "a question that was asked"
    page.goto(tale.home())
    page.locator(".pk-recap summary").click()
    page.check("input[name=looked]")
    follow(page, page.get_by_role("button", name="Let the agency know"))
    yield "where are we"


def _missing(page: Page, stage: Stage) -> Iterator[str]:
    page.goto(f"{stage.mount()}/nowhere")
    yield "no such page"


def _doors(page: Page, stage: Stage) -> Iterator[str]:
    tale = tales.small(stage)
    page.goto(tale.home())
    yield "the door"
    follow(page, page.locator("form button"))
    yield "the link asked for again"
    page.goto(f"{tale.home()}?entered=1")
    yield "the door to a browser without cookies"
    page.goto(tale.link("late"))
    yield "the door with an expired link"
    page.goto(tale.link("gone"))
    yield "the door with a revoked link"
    page.goto(tale.things["old link"])
    yield "the door with a replaced link"

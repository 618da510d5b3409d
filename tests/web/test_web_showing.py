"""What the pages say of a project, and to whom."""

from __future__ import annotations

from datetime import date

from tests.web.stage import Answer, Browser, Stage, stream


def test_an_update_says_to_those_who_are_asked_that_it_needs_something_from_them(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Others read that it is needed from the client: nothing waits for them."""
    own = stage.own
    pages = ["", f"m/{own.design.id}", f"u/{own.news.id}"]
    for path in pages:
        assert "Need from you" in anna.get(base + path).text
    rita, at = stage.enter(own.rita), stage.base(own.rita)
    assert "Nothing waits for you." in rita.get(at).text
    for path in pages:
        text = rita.get(at + path).text
        assert "Need from you" not in text
        assert "Needed from the client" in text


def test_in_an_archived_project_nothing_is_needed_from_anybody_who_looks(
    stage: Stage, anna: Browser, base: str
) -> None:
    with stage.change() as change:
        change.set_status("archived")
    assert "Need from you" not in anna.get(base).text


def test_a_file_that_was_asked_for_waits_for_nobody_in_an_archived_project(
    stage: Stage, anna: Browser, base: str
) -> None:
    own = stage.own
    with stage.change() as change:
        change.request_file(own.design, "Portrait", people=[own.bob], due=date(2026, 1, 4))
    place = f"{base}m/{own.design.id}"
    assert "waits for Bob quokka" in anna.get(place).text
    with stage.change() as change:
        change.set_status("archived")
    text = anna.get(place).text
    assert "Portrait" in text
    assert "waits for" not in text


def test_what_an_update_needs_from_nobody_by_name_is_needed_from_all_who_can_answer(
    stage: Stage, anna: Browser, base: str
) -> None:
    with stage.change() as change:
        update = change.post_update(change.add_milestone("Launch"), need="Opening hours")
    assert "Need from you" in anna.get(f"{base}u/{update.id}").text
    rita, at = stage.enter(stage.own.rita), stage.base(stage.own.rita)
    assert "Needed from the client" in rita.get(f"{at}u/{update.id}").text


# -- long projects ------------------------------------------------------------------------------


def folded(answer: Answer) -> str:
    """What the page keeps folded behind a line of its own."""
    return answer.raw.partition('<details class="pk-fold">')[2].partition("</details>\n<ol")[0]


def come_back(stage: Stage, browser: Browser, url: str) -> Answer:
    """Look now, and again on another day, when nothing of it is new any more."""
    browser.get(url)
    stage.clock.advance(days=1)
    return browser.get(url)


def test_milestones_that_were_completed_long_ago_are_folded(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Where the project is comes first; all the same, every milestone is on the page once."""
    desk, own = stage.desk, stage.own
    with desk.change(own.id) as change:
        for number in range(6):
            change.add_milestone(f"Step {number}").complete()
        order = [m for m in change.project.milestones if m not in (own.design.id, own.build.id)]
        change.order_milestones([*order, own.design.id, own.build.id])
    page = come_back(stage, anna, base)
    earlier = folded(page)
    assert "4 milestones completed earlier" in earlier
    for number in range(6):
        name = f'<span class="pk-name">Step {number}</span>'
        assert page.raw.count(name) == 1
        assert (name in earlier) is (number < 3)
    assert "Design" not in earlier


def test_what_is_new_is_not_folded(stage: Stage, anna: Browser, base: str) -> None:
    """Completed or not, it is what somebody comes for."""
    with stage.change() as change:
        steps = [change.add_milestone(f"Step {number}").complete() for number in range(8)]
        order = [m for m in change.project.milestones if m not in {step.id for step in steps}]
        change.order_milestones([*steps, *order])
    assert "Step 4" in folded(come_back(stage, anna, base))
    with stage.change() as change:
        change.post_update(steps[3], done="One thing more")
    earlier = folded(anna.get(base))
    assert "Step 2" in earlier
    assert "Step 3" not in earlier


def test_one_milestone_is_not_folded_for_it_takes_no_more_room_than_the_fold(
    stage: Stage, anna: Browser, base: str
) -> None:
    with stage.change() as change:
        for number in range(3):
            change.add_milestone(f"Step {number}").complete()
    assert "completed earlier" not in come_back(stage, anna, base).text


def test_a_milestone_with_many_files_folds_those_after_the_twentieth(
    stage: Stage, anna: Browser, base: str
) -> None:
    """What comes after the files is near, and the project page says how many more there are."""
    with stage.change() as change:
        for number in range(30):
            change.add_file(stage.own.design, stream("x"), name=f"{number}.pdf", purpose="A page")
    page = anna.get(f"{base}m/{stage.own.design.id}")
    first, _, rest = page.raw.partition('<details class="pk-fold">')
    assert "11 more files" in rest
    for number in range(30):
        assert f">{number}.pdf</bdi>" in (first if number < 19 else rest)
    assert "and 11 more files" in anna.get(base).text


# -- what was entered later ---------------------------------------------------------------------


def test_what_was_entered_for_a_day_says_so_and_claims_no_time(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The history is in the order in which things were written down, and says where that was later."""
    with stage.change() as change:
        change.start(stage.own.build, happened=date(2025, 12, 29))
    for path in ("", "history", f"m/{stage.own.build.id}"):
        text = anna.get(base + path).text
        assert "29 Dec 2025 Maya Lindt started" in text
        assert "Entered Mon 5 Jan" in text
        assert "00:00" not in text
    assert anna.get(f"{base}history").text.count("Entered") == 1

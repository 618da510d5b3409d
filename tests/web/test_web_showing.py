"""What the pages say of a project, and to whom."""

from __future__ import annotations

from tests.web.stage import Browser, Stage


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


def test_what_an_update_needs_from_nobody_by_name_is_needed_from_all_who_can_answer(
    stage: Stage, anna: Browser, base: str
) -> None:
    with stage.change() as change:
        update = change.post_update(change.add_milestone("Launch"), need="Opening hours")
    assert "Need from you" in anna.get(f"{base}u/{update.id}").text
    rita, at = stage.enter(stage.own.rita), stage.base(stage.own.rita)
    assert "Needed from the client" in rita.get(f"{at}u/{update.id}").text

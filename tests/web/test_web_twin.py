"""The JSON twin says what the page says, to the same person, from the same place in the log."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import NoticesBounced, Outcome
from portalkit.facts import Line
from tests.web.stage import Browser, Stage, decide, make_stage

KEYS = {
    "project", "viewer", "answers", "latest_update", "milestones", "resources", "activity", "as_of", "chain",
}  # fmt: skip
"""What the route table promises."""


@pytest.fixture
def data(anna: Browser, base: str) -> Any:
    """The twin of Anna's page."""
    return anna.get(base + "project.json").json


def test_the_twin_has_the_promised_keys(data: Any) -> None:
    """Names are a contract; more may come, none may go."""
    assert set(data) >= KEYS
    assert set(data["answers"]) >= {"completed", "in_progress", "needs_decision", "next"}
    for milestone in data["milestones"]:
        assert set(milestone) >= {"id", "title", "status", "updates", "files", "approvals"}


def test_the_twin_gives_the_same_four_answers_as_the_page(
    stage: Stage, anna: Browser, base: str, data: Any
) -> None:
    """The same milestones under the same headings, the same decisions, the same sentence."""
    page = anna.get(base)
    assert data["answers"]["sentence"] in page.text
    found = {
        name: [m["title"] for m in data["answers"][name]]
        for name in ("completed", "in_progress", "next")
    }
    assert found == {
        "completed": ["Kick-off quokka"],
        "in_progress": ["Design quokka"],
        "next": ["Build quokka"],
    }
    for titles in found.values():
        assert all(title in page.text for title in titles)
    asked = [ask["id"] for ask in data["answers"]["needs_decision"]]
    assert asked == [stage.own.ask, stage.own.terms.id]
    offered = [link.rpartition("/")[2] for link in page.page.links if "/a/" in link]
    assert list(dict.fromkeys(offered))[:2] == asked


def test_each_milestone_is_in_exactly_one_answer(data: Any) -> None:
    """Completed, in progress, next: together all that the person may see."""
    names = ("completed", "in_progress", "next")
    ids = [m["id"] for name in names for m in data["answers"][name]]
    assert sorted(ids) == sorted(m["id"] for m in data["milestones"])
    assert len(ids) == len(set(ids)) == 3


def test_every_id_in_the_twin_opens_its_page(
    stage: Stage, anna: Browser, base: str, data: Any
) -> None:
    """Milestones, updates, approvals, files: the data lead to the pages."""
    for milestone in data["milestones"]:
        assert anna.get(f"{base}m/{milestone['id']}").status == 200
        for update in milestone["updates"]:
            assert anna.get(f"{base}u/{update['id']}").status == 200
        for approval in milestone["approvals"]:
            assert anna.get(f"{base}a/{approval['id']}").status == 200
        for file in milestone["files"]:
            status = anna.get(f"{base}f/{file['id']}/{file['version']}").status
            assert status == (410 if file["withdrawn"] else 200)
    for line in data["activity"]:
        assert anna.get(base + line["path"]).status in (200, 410)


def test_every_thing_of_the_twin_stands_on_the_page(anna: Browser, base: str, data: Any) -> None:
    """Titles, files, quick links, the latest update, the history's lines."""
    text = anna.get(base).text
    assert data["project"]["title"] in text
    assert data["project"]["client"] in text
    assert data["viewer"]["name"] in text
    update = data["latest_update"]
    for part in ("done", "doing", "next", "need"):
        assert update[part] in text
    for milestone in data["milestones"]:
        assert milestone["title"] in text
        for file in milestone["files"]:
            assert file["name"] in text
    assert {r["url"] for r in data["resources"]} <= set(anna.get(base).page.links)
    for line in data["activity"]:
        assert line["text"] in text, line


def test_the_page_and_the_twin_stand_at_the_same_place_of_the_log(
    stage: Stage, anna: Browser, base: str, data: Any
) -> None:
    """`chain` is the identity, `as_of` the instant in the reader's zone."""
    head = stage.store.load("p-own")
    assert head is not None
    assert data["chain"] == head[0].chain
    assert data["as_of"] == "2026-01-05T10:00:00+01:00"
    with stage.change() as change:
        change.post_update(stage.own.design, done="More")
    again = anna.get(base + "project.json").json
    assert again["chain"] != data["chain"]
    assert again["latest_update"]["done"] == "More"


def test_the_twin_is_personal(stage: Stage) -> None:
    """What waits for Bob does not wait for Rita, and neither is told of the other's link."""
    bob = stage.enter(stage.own.bob).get(stage.base(stage.own.bob) + "project.json").json
    rita = stage.enter(stage.own.rita).get(stage.base(stage.own.rita) + "project.json").json
    assert [a["waits_for_you"] for a in bob["answers"]["needs_decision"]] == [True, True]
    assert rita["answers"]["needs_decision"] == []
    assert (bob["viewer"]["decides"], rita["viewer"]["decides"]) == (True, False)
    assert bob["viewer"]["id"] == stage.own.bob.id
    assert stage.link(stage.own.anna) not in str(bob)


def test_days_are_days_and_instants_have_an_offset(data: Any) -> None:
    """Machines read ISO dates; a due day is a whole day of the project's zone."""
    ask = data["answers"]["needs_decision"][0]
    assert ask["due"] == "2026-01-09"
    assert ask["asked_at"].endswith("+01:00")
    assert data["project"]["zone"] == "Europe/Berlin"
    design = next(m for m in data["milestones"] if m["title"].startswith("Design"))
    assert design["due"] == "2026-01-20"


def test_a_decision_changes_both_at_once(stage: Stage, anna: Browser, base: str) -> None:
    """What was decided leaves the list of what waits, and stands where its milestone is."""
    decide(anna, base, stage.own.terms.id)
    data = anna.get(base + "project.json").json
    assert [a["id"] for a in data["answers"]["needs_decision"]] == [stage.own.ask]
    build = next(m for m in data["milestones"] if m["title"].startswith("Build"))
    approval = next(a for a in build["approvals"] if a["id"] == stage.own.terms.id)
    assert approval["outcome"] == str(Outcome.APPROVED)
    assert approval["state"] == "closed"
    assert approval["decisions"][0]["person"] in ("You", "Anna quokka")
    assert "One thing waits for you" in anna.get(base).text


def test_the_manifest_in_the_twin_is_what_a_decision_will_name(
    stage: Stage, anna: Browser, base: str, data: Any
) -> None:
    """Machines can compare what they show with what is decided."""
    ask = data["answers"]["needs_decision"][0]
    decide(anna, base, ask["id"])
    assert stage.decisions()[0].fact.manifest == ask["manifest"]
    assert [f["version"] for f in ask["files"]] == [2]


def test_an_empty_project_has_empty_answers() -> None:
    """Every key is there from the first day."""
    stage = make_stage()
    with stage.desk.open("New", client="New Ltd", id="p-new") as change:
        cleo = change.add_person("Cleo")
        change.issue_link(cleo)
    browser = stage.browser()
    project = stage.portal.project("p-new")
    page = browser.follow(stage.portal.link_url(project, cleo.id))
    assert page.status == 200
    link = project.link_of(cleo.id)
    assert link is not None
    data = browser.get(f"/portal/p/{link.id}/project.json").json
    assert set(data) >= KEYS
    assert data["milestones"] == []
    assert data["latest_update"] is None
    assert data["answers"]["sentence"] in page.text


@pytest.mark.parametrize("name", ["{thing}", "{actor}", "{number}", "{0}"])
def test_names_with_braces_are_not_filled_in_again(
    stage: Stage, anna: Browser, base: str, name: str
) -> None:
    """The history of the twin reads like that of the page."""
    with stage.change() as change:
        change.change_person(stage.own.bob, name=name)
        change.add_milestone("{actor} and {thing}")
    data, text = anna.get(base + "project.json").json, anna.get(base).text
    for line in data["activity"]:
        assert line["text"] in text
    assert any("{actor} and {thing}" in line["text"] for line in data["activity"])


def test_a_mail_that_came_back_is_told_to_staff_and_to_nobody_else(
    stage: Stage, anna: Browser, base: str
) -> None:
    pages, own = (base, base + "history", base + "notices"), stage.own
    line = Line(NoticesBounced("1f" * 16, "mailbox full"), subject=own.anna.id)
    words = [anna.get(page).text for page in pages]
    activity = anna.get(base + "project.json").json["activity"]
    stage.portal.ledger.write(own.id, lambda state: ("", [line]))
    assert stage.desk.failures(own.id)[0].problem == "mailbox full"
    assert [anna.get(page).text for page in pages] == words
    twin = anna.get(base + "project.json")
    assert twin.json["activity"] == activity
    assert "mailbox full" not in twin.raw

"""The weekly review says what one week brought, as the log has it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit import Invalid, NotFound, QuestionState, RecapSource, Visit
from portalkit.model import Question, Remark
from portalkit.moments import day_of
from portalkit.pages import MilestoneReview, Review, review_as_json, week_of
from portalkit.testing import FixedClock
from tests.core.world import BEN, make_portal, stream, token_of

HOUR = 3_600_000
MONDAY = date(2026, 11, 16)


class Studio:
    """A project in Berlin, told day by day; ``at`` goes to a day of November and an hour there."""

    def __init__(self) -> None:
        self.clock = FixedClock(datetime(2026, 11, 2, 9, tzinfo=UTC))
        self.portal = make_portal(clock=self.clock)
        self.desk = self.portal.desk(BEN)
        with self.desk.open("Relaunch", client="Acme", id="p", zone="Europe/Berlin") as change:
            self.anna = change.add_person("Anna Keller")
            self.design = change.add_milestone("Design").start()
            self.build = change.add_milestone("Build")
            self.margins = change.add_milestone("Margins", internal=True)
            change.issue_link(self.anna)

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        self.clock.set(datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")))

    @property
    def anna_s(self) -> Visit:
        return self.portal.visit(token_of(self.portal, "p", self.anna))

    def change(self) -> Any:
        return self.desk.change("p")

    def review(self, week: date | None = MONDAY) -> Review:
        return self.desk.review("p", week=week)

    def of(self, milestone: Any, week: date | None = MONDAY) -> MilestoneReview:
        return next(m for m in self.review(week).milestones if m.milestone.id == milestone.id)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_questions_count_in_the_weeks_in_which_something_was_said(studio: Studio) -> None:
    """Asked in one week, answered in the next: open in the first, answered and timed in the second."""
    studio.at(20, 16)
    question = studio.anna_s.ask(studio.design, "Which font?")
    studio.at(23, 10)
    with studio.change() as change:
        change.answer(question, "Inter.")
    first, second = studio.of(studio.design), studio.of(studio.design, date(2026, 11, 24))
    assert (first.asked, first.answered, first.open) == (1, 0, 1)
    assert first.questions[0].question.state is QuestionState.OPEN
    assert (second.asked, second.answered, second.open) == (0, 1, 0)
    assert second.questions[0].waited == studio.review(date(2026, 11, 29)).waited == 66 * HOUR
    assert studio.review(date(2026, 11, 30)).milestones == ()


def test_what_is_still_open_stands_there_though_nothing_was_said(studio: Studio) -> None:
    studio.at(3, 9)
    studio.anna_s.ask(studio.build, "When?")
    found = studio.of(studio.build)
    assert (found.asked, found.answered, found.open) == (0, 0, 1)
    assert studio.review(date(2026, 10, 20)).milestones == ()


def test_decisions_files_and_updates_stand_in_their_milestones(studio: Studio) -> None:
    """Also in internal ones, for the review is for the agency; in the order in which they happened."""
    studio.at(16, 9)
    with studio.change() as change:
        file = change.add_file(studio.design, stream(), name="a.pdf", purpose="Screens")
        ask = change.request_approval(studio.design, "Screens", files=[file], people=[studio.anna])
        change.post_update(studio.design, done="Screens", about=ask)
        change.post_update(studio.margins, done="Sums")
    studio.at(18, 9)
    studio.anna_s.upload(studio.design, [("logo.svg", stream(b"<svg/>"))])
    approval = studio.anna_s.approval(ask)
    studio.anna_s.decide(ask, "approved", manifest=approval.manifest, typed_name="Anna Keller")
    studio.at(23, 0)
    with studio.change() as change:
        change.post_update(studio.build, done="Too late for that week")
    review = studio.review()
    assert [m.milestone.title for m in review.milestones] == ["Design", "Margins"]
    design = review.milestones[0]
    assert [a.kind for a in design.files] == ["file.added", "file.delivered"]
    assert [(a.kind, a.title) for a in design.decisions] == [("approval.decided", "Screens")]
    assert [a.title for a in design.updates] == ["Screens"]


def test_what_was_recorded_later_counts_when_it_happened(studio: Studio) -> None:
    """A decision by telephone on Friday, written down on Monday, is of Friday's week."""
    studio.at(17, 9)
    with studio.change() as change:
        ask = change.request_approval(
            studio.design, "Colours", statement="Blue", people=[studio.anna]
        )
    studio.at(23, 9)
    with studio.change() as change:
        friday = date(2026, 11, 20)
        change.record_decision(ask, studio.anna, "approved", source="phone", happened=friday)
        change.record_recap("call", person=studio.anna, happened=friday)
        change.record_recap("call")
    assert len(studio.of(studio.design).decisions) == 1
    assert studio.review().recaps == {RecapSource.CALL: 1}
    assert studio.review(date(2026, 11, 23)).recaps == {RecapSource.CALL: 1}


def test_recaps_are_counted_by_source(studio: Studio) -> None:
    studio.at(17, 9)
    studio.anna_s.recap()
    with studio.change() as change:
        for source in ("mail", "mail", "meeting"):
            change.record_recap(source)
    assert studio.review().recaps == {
        RecapSource.PAGE: 1,
        RecapSource.MAIL: 2,
        RecapSource.MEETING: 1,
    }


def test_recaps_stand_beside_those_of_the_week_before(studio: Studio) -> None:
    """Also where nobody asked any more; a call of that week counts in it, whenever it was written down."""
    studio.at(10, 9)
    asked = studio.anna_s.ask(studio.design, "Which font?")
    studio.anna_s.recap()
    studio.at(17, 9)
    with studio.change() as change:
        change.answer(asked, "Inter.")
        change.record_recap("call", happened=date(2026, 11, 15))
    before, quiet, after = (studio.review(date(2026, 11, day)) for day in (9, 16, 23))
    assert (before.recaps_before, sum(before.recaps.values())) == (0, 2)
    assert (quiet.recaps_before, quiet.recaps) == (2, {})
    assert (after.recaps_before, after.recaps) == (0, {})
    assert (before.asked, quiet.asked, quiet.answered, after.milestones) == (1, 0, 1, ())


def test_a_week_begins_on_monday_in_the_zone_of_the_project(studio: Studio) -> None:
    """Without a day it is the last one that is over; a week with another clock is not 168 hours."""
    studio.at(23, 0, 1)  # one minute into Monday in Berlin, still Sunday in London
    assert studio.review(None).week.starts == MONDAY
    studio.at(22, 23, 59)
    assert studio.review(None).week.starts == date(2026, 11, 9)
    week = week_of(date(2026, 10, 25), "Europe/Berlin", 0)
    assert (week.starts, week.ends) == (date(2026, 10, 19), date(2026, 10, 25))
    assert week.until - week.since == 169 * HOUR
    with pytest.raises(Invalid):
        studio.desk.review("p", week="last week")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        studio.portal.desk(BEN, account="other").review("p")


@given(at=st.integers(0, 4_000_000_000_000), zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Apia"]))  # fmt: skip
def test_every_instant_is_in_the_week_of_its_day_and_in_no_other(at: int, zone: str) -> None:
    day = day_of(at, zone)
    week = week_of(day, zone, 0)
    assert at in week
    assert week.starts.weekday() == 0
    for other in (week.until, week.since - 1):
        assert other not in week


def test_the_wait_begins_with_the_first_words_that_nobody_has_answered() -> None:
    """Asking again does not start it anew, an answer ends it, a second answer is no wait."""

    def said(by: str, at: int, seq: int) -> Remark:
        return Remark(by, at, seq, "words")

    question = Question("q", "m", "anna", remarks=(said("anna", 10, 1), said("anna", 30, 2)))
    assert (question.waiting_since, question.waits) == (10, ())
    more = (*question.remarks, said("ben", 50, 3), said("ben", 60, 4))
    answered = Question("q", "m", "anna", remarks=more, answered=True)
    assert (answered.waiting_since, answered.waits) == (30, ((50, 40),))
    again = Question("q", "m", "anna", remarks=(*more, said("anna", 90, 5)))
    assert (again.waiting_since, again.waits) == (90, ((50, 40),))
    assert (Question("q", "m", "anna").waiting_since, Question("q", "m", "anna").waits) == (0, ())


def test_a_review_is_data_too(studio: Studio) -> None:
    """Plain JSON: counts, milestones, days and instants of the project's zone."""
    studio.at(17, 9)
    question = studio.anna_s.ask(studio.design, "Which font?")
    studio.anna_s.recap()
    studio.at(17, 12)
    with studio.change() as change:
        change.answer(question, "Inter.")
        change.post_update(studio.design, done="Fonts")
    data = json.loads(json.dumps(review_as_json(studio.review())))
    assert data["week"] == {"starts": "2026-11-16", "ends": "2026-11-22", "zone": "Europe/Berlin"}
    assert data["questions"] == {"asked": 1, "answered": 1, "open": 0}
    assert (data["waited_ms"], data["recaps"]) == (3 * HOUR, {"page": 1})
    assert data["recaps_before"] == 0
    [milestone] = data["milestones"]
    assert milestone["questions"][0]["text"] == "Which font?"
    assert milestone["questions"][0]["asked_at"] == "2026-11-17T09:00:00+01:00"
    assert [line["kind"] for line in milestone["updates"]] == ["update.posted"]

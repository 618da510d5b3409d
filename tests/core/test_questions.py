"""Clients ask where it belongs, staff answer; "where are we?" is counted, once a day."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import (
    READER,
    Invalid,
    NotAllowed,
    NotFound,
    Outdated,
    OverQuota,
    ProjectStatus,
    QuestionState,
    RecapRecorded,
    RecapSource,
    Update,
    Visit,
)
from portalkit.facts import FileReleased, Line, QuestionAnswered, QuestionAsked
from portalkit.fold import fold, fold_question
from portalkit.rules.questions import QUESTIONS_A_DAY
from tests.core.world import BEN, entries_of, make_portal, stream, token_of


class Studio:
    """Two milestones, a hidden one, Anna and Bob who may ask, Rita who only reads."""

    def __init__(self) -> None:
        self.portal = make_portal()
        self.clock: Any = self.portal.clock
        self.desk = self.portal.desk(BEN)
        with self.desk.open("Relaunch", client="Acme", id="p") as change:
            self.anna = change.add_person("Anna Keller")
            self.bob = change.add_person("Bob Stone")
            self.rita = change.add_person("Rita Read")
            self.design = change.add_milestone("Design").start()
            self.build = change.add_milestone("Build")
            self.secret = change.add_milestone("Secret", internal=True)
            self.file = change.add_file(self.design, stream(), name="a.pdf", purpose="Screens")
            self.hidden = change.add_file(self.secret, stream(b"x"), name="b.txt", purpose="No")
            self.ask = change.request_approval(
                self.design, "Screens", files=[self.file], people=[self.anna]
            )
            self.update = change.post_update(self.design, done="Screens", about=self.ask)
            for person in (self.anna, self.bob):
                change.issue_link(person)
            change.issue_link(self.rita, scopes=READER)

    def visit(self, person: Any = None) -> Visit:
        return self.portal.visit(token_of(self.portal, "p", person or self.anna))

    def change(self) -> Any:
        return self.desk.change("p")

    @property
    def head(self) -> Any:
        loaded = self.portal.ledger.store.load("p")
        assert loaded is not None
        return loaded[0]

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.portal.entries("p")]


@pytest.fixture
def studio() -> Studio:
    return Studio()


# -- questions --------------------------------------------------------------------------------------


def test_a_question_waits_for_the_agency_until_it_is_answered(studio: Studio) -> None:
    """It stands in its milestone for everybody, and in the columns of lists."""
    question = studio.visit().ask(studio.design, "Which font is this?")
    asked_at = studio.clock()
    assert (studio.head.questions, studio.head.waiting_us_since) == (1, asked_at)
    assert question.state is QuestionState.OPEN
    assert studio.visit(studio.bob).project.questions_of(studio.design.id) == (question,)
    studio.clock.advance(seconds=60)
    with studio.change() as change:
        change.answer(question, "It is *Inter*.")
    answered = studio.visit().question(question)
    assert answered.state is QuestionState.ANSWERED
    assert [remark.text for remark in answered.remarks] == ["Which font is this?", "It is *Inter*."]
    assert answered.remarks[1].at - answered.asked_at == 60_000
    assert (studio.head.questions, studio.head.waiting_us_since) == (0, None)
    assert studio.portal.verify("p").ok


@pytest.mark.parametrize("thing", ["file", "ask", "update"])
def test_a_question_can_be_about_a_file_an_approval_or_an_update(
    studio: Studio, thing: str
) -> None:
    about = getattr(studio, thing)
    assert studio.visit().ask(studio.design, "Why?", about=about).about == about.id
    with pytest.raises(Invalid, match="same milestone"):
        studio.visit().ask(studio.build, "Why?", about=about)


def test_what_a_person_does_not_see_they_cannot_ask_about(studio: Studio) -> None:
    """A hidden thing and an unknown one are refused alike, and nothing is written."""
    before = studio.kinds()
    for milestone, about in (
        (studio.secret, None),
        ("nowhere", None),
        (studio.design, studio.hidden),
        (studio.design, "nothing"),
    ):
        with pytest.raises(NotFound, match="no such thing here"):
            studio.visit().ask(milestone, "What is that?", about=about)
    assert studio.kinds() == before


def test_the_same_form_sent_twice_asks_once(studio: Studio) -> None:
    """Also long after, when the question is closed and no longer at hand."""
    first = studio.visit().ask(studio.design, "Again?", once="form-1")
    assert studio.visit().ask(studio.design, "Again?", once="form-1") == first
    assert studio.visit(studio.bob).ask(studio.design, "Again?", once="form-1").id != first.id
    with studio.change() as change:
        change.close_question(first, "Asked and answered by telephone")
    for number in range(4):
        other = studio.visit().ask(studio.design, f"Other {number}")
        with studio.change() as change:
            change.answer(other, "Yes")
    assert first.id not in studio.portal.project("p").questions
    again = studio.visit().ask(studio.design, "Again?", once="form-1")
    assert (again.id, again.state) == (first.id, QuestionState.CLOSED)
    assert again.closed_why == "Asked and answered by telephone"
    assert studio.kinds().count("question.asked") == 6


def test_one_attempt_with_other_words_is_another_question(studio: Studio) -> None:
    """Another text, another milestone or another thing: none of them is taken for the first."""
    file, visit = studio.file, studio.visit()
    asked = [
        visit.ask(studio.design, "Again?", once="form-1"),
        visit.ask(studio.design, "And again?", once="form-1"),
        visit.ask(studio.design, "Again?", about=file, once="form-1"),
    ]
    assert [q.text for q in asked] == ["Again?", "And again?", "Again?"]
    assert len({q.id for q in asked}) == 3


def test_who_asked_can_ask_further_and_nobody_else_can(studio: Studio) -> None:
    """That opens the question again; the same words twice in a row are said once."""
    question = studio.visit().ask(studio.design, "Which font?")
    with studio.change() as change:
        change.answer(question, "Inter.")
        change.close_question(question)
    for _ in range(2):
        further = studio.visit().ask_further(question, "And on the web?")
    assert (further.state, len(further.remarks)) == (QuestionState.OPEN, 3)
    assert further.closed_at is None
    with pytest.raises(NotAllowed, match="somebody else's"):
        studio.visit(studio.bob).ask_further(question, "Mine too")
    with pytest.raises(NotFound):
        studio.visit().ask_further("nothing", "Hello?")
    with pytest.raises(Invalid):
        studio.visit().ask_further(question, "  ")


def test_staff_close_and_reopen_questions(studio: Studio) -> None:
    """Closing twice is closing once; what is open cannot be opened."""
    question = studio.visit().ask(studio.design, "When?")
    with studio.change() as change, pytest.raises(Outdated, match="is open"):
        change.reopen_question(question)
    for _ in range(2):
        with studio.change() as change:
            change.close_question(question)
    assert studio.kinds().count("question.closed") == 1
    with studio.change() as change:
        change.reopen_question(question, "Anna called")
    assert studio.visit().question(question).state is QuestionState.OPEN
    with studio.change() as change:
        change.close_question(question)
        change.answer(question, "On Friday")
    assert studio.visit().question(question).state is QuestionState.ANSWERED
    with studio.change() as change, pytest.raises(NotFound, match="no such question"):
        change.answer(studio.file, "No question")


def test_a_question_needs_words_the_scope_and_a_project_that_lives(studio: Studio) -> None:
    for text in ("", " \n", "x" * 2001):
        with pytest.raises(Invalid):
            studio.visit().ask(studio.design, text)
    assert not studio.visit(studio.rita).may_ask
    with pytest.raises(NotAllowed):
        studio.visit(studio.rita).ask(studio.design, "May I?")
    with studio.change() as change:
        change.set_status(ProjectStatus.ARCHIVED)
    for refused in (lambda: studio.visit().ask(studio.design, "Too late?"), studio.visit().recap):
        with pytest.raises(NotAllowed, match="archived"):
            refused()


def test_a_link_asks_only_so_much_a_day(studio: Studio) -> None:
    """Others are not touched by it, and the day after it may ask again."""
    for number in range(QUESTIONS_A_DAY):
        question = studio.visit().ask(studio.design, f"Question {number}", once=str(number))
    with pytest.raises(OverQuota):
        studio.visit().ask(studio.design, "One more")
    with pytest.raises(OverQuota):
        studio.visit().ask_further(question, "One more")
    assert studio.visit().ask(studio.design, "Question 0", once="0").text == "Question 0"
    studio.visit(studio.bob).ask(studio.design, "Me too")
    studio.clock.advance(days=1, seconds=1)
    studio.visit().ask(studio.design, "A new day")


def test_every_question_can_be_found_however_old(studio: Studio) -> None:
    """The project keeps the open ones and three others of each milestone; the log keeps all."""
    asked = [studio.visit().ask(studio.build, f"Q{n}") for n in range(5)]
    for question in asked:
        with studio.change() as change:
            change.answer(question, "A")
    assert [q.text for q in studio.portal.project("p").questions.values()] == ["Q2", "Q3", "Q4"]
    assert studio.visit(studio.rita).question(asked[0]).text == "Q0"
    with studio.change() as change:
        change.change_milestone(studio.build, internal=True)
    for question in asked:
        with pytest.raises(NotFound):
            studio.visit().question(question)


def test_whose_data_are_erased_has_asked_nothing_that_can_be_read(studio: Studio) -> None:
    """Words and the note of a recap go; that something was asked and answered stays."""
    question = studio.visit().ask(studio.design, "I am Anna Keller, which font?")
    with studio.change() as change:
        change.answer(question, "Inter.")
        change.record_recap("call", person=studio.anna, note="Anna called from home")
    known = studio.portal.project("p")
    before = known.version
    studio.portal.care.redact("p", studio.anna.id)
    project = studio.portal.project("p")
    entries = studio.portal.entries("p")
    assert project == fold(entries) == fold(entries[before:], known)
    assert [remark.text for remark in project.questions[question.id].remarks] == ["", "Inter."]
    assert [e.fact.note for e in entries if isinstance(e.fact, RecapRecorded)] == [""]
    assert studio.portal.verify("p").ok


def test_answers_stay_when_who_gave_them_is_forgotten(studio: Studio) -> None:
    """In the project, in its log, and for a question that is no longer at hand."""
    question = studio.visit().ask(studio.design, "Which font?")
    with studio.change() as change:
        change.answer(question, "Inter.")
    [ben] = [p.id for p in studio.portal.project("p").people.values() if p.side == "agency"]
    studio.portal.care.redact("p", ben)
    project, entries = studio.portal.project("p"), studio.portal.entries("p")
    assert project == fold(entries)
    assert project.questions[question.id].remarks[1].text == "Inter."
    assert fold_question(e for e in entries if e.subject == question.id) == studio.visit().question(
        question
    )


def test_a_question_that_is_not_in_the_log_is_none() -> None:
    """Nor is one that was answered and never asked; what is no question changes none."""
    asked, answered, other = entries_of(
        [
            Line(QuestionAsked(text="Why?"), subject="q"),
            Line(QuestionAnswered("So."), subject="q"),
            Line(FileReleased(1), subject="q"),
        ]
    )
    assert fold_question([]) is None
    assert fold_question([answered, other]) is None
    assert fold_question([asked, answered, other]) == fold_question([asked, answered])


def test_what_a_question_may_be_about_is_found_however_old(studio: Studio) -> None:
    """With its newest text; what is none of the three, hidden or unknown is not there."""
    with studio.change() as change:
        change.revise_update(studio.update, done="More screens")
        for number in range(4):
            change.post_update(studio.design, f"News {number}")
    visit = studio.visit()
    assert studio.update.id not in visit.project.updates
    found = visit.subject(studio.update)
    assert isinstance(found, Update)
    assert found.done == "More screens"
    assert visit.subject(studio.ask) == visit.approval(studio.ask)
    assert visit.subject(studio.file) == visit.project.files[studio.file.id]
    for nothing in (studio.hidden, studio.design, studio.anna, "nothing"):
        with pytest.raises(NotFound, match="no such thing here"):
            visit.subject(nothing)


# -- recap requests ---------------------------------------------------------------------------------


def test_where_are_we_counts_once_a_day_and_person(studio: Studio) -> None:
    """Pressing again is no error; the next day it counts again."""
    for _ in range(3):
        studio.visit().recap()
    studio.visit(studio.rita).recap()
    assert studio.kinds().count("recap.asked") == 2
    studio.clock.advance(days=1)
    studio.visit().recap()
    assert studio.kinds().count("recap.asked") == 3


def test_a_recap_is_for_the_agency_to_see(studio: Studio) -> None:
    """Other clients neither read of it in the history nor find it in the project."""
    studio.visit().recap()
    with studio.change() as change:
        change.record_recap(RecapSource.MAIL, note="Where are we?")
    assert all(not a.kind.startswith("recap.") for a in studio.visit(studio.bob).activity())
    assert studio.visit(studio.bob).project.recaps == {}


def test_staff_record_what_was_asked_elsewhere(studio: Studio) -> None:
    with studio.change() as change:
        change.record_recap("chat", person=studio.bob, happened=studio.clock() - 1000)
        change.record_recap("mail")
    facts = [e.fact for e in studio.portal.entries("p") if isinstance(e.fact, RecapRecorded)]
    assert [fact.source for fact in facts] == [RecapSource.CHAT, RecapSource.MAIL]
    assert facts[0].happened == studio.clock() - 1000


@pytest.mark.parametrize("source", ["page", "pigeon", ""])
def test_a_recap_is_recorded_with_the_source_it_came_by(studio: Studio, source: str) -> None:
    with studio.change() as change, pytest.raises(Invalid):
        change.record_recap(source)
    with studio.change() as change, pytest.raises(NotFound):
        change.record_recap("mail", person="nobody")

"""Asking: where it can be done, who reads it, what is said when it cannot be done, and "where are we?"."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import QuestionAsked, Scope
from portalkit.rules.questions import QUESTIONS_A_DAY
from tests.web.stage import END, Browser, Form, Stage, unknown_link


@pytest.fixture
def place(stage: Stage, base: str) -> str:
    """The address of a milestone's page."""
    return f"{base}m/{stage.own.design.id}"


@pytest.fixture
def form(anna: Browser, place: str) -> Form:
    """The form on it."""
    return anna.get(place).form("/questions")


def asked(stage: Stage) -> list[QuestionAsked]:
    """What clients have asked, in the order they did."""
    entries = stage.portal.entries(stage.own.id)
    return [entry.fact for entry in entries if isinstance(entry.fact, QuestionAsked)]


def recaps(stage: Stage) -> int:
    """How often somebody asked where the project stands."""
    return [entry.kind for entry in stage.portal.entries(stage.own.id)].count("recap.asked")


# -- a question and its answer ---------------------------------------------------------------------


def test_a_question_is_asked_answered_and_read_where_it_belongs(
    stage: Stage, anna: Browser, form: Form, base: str, place: str
) -> None:
    """303 to its own page; question and answer stand there, in the milestone, on the project page."""
    answer = anna.submit(form, text="Why so **round**?\n\nReally")
    assert answer.status == 303
    url = answer.header("location")
    page = anna.get(url)
    for words in ("Your question", "Open", "Your question is with the agency.", "Why so round?"):
        assert words in page.text
    id = url.rpartition("/")[2]
    with stage.change() as change:
        change.answer(id, "Because the *logo* is.")
    for address in (url, place):
        assert "Maya Lindt" in anna.get(address).text
        assert "Because the logo is." in anna.get(address).text
    assert "Your question is with the agency." not in anna.get(url).text
    assert "answered by Maya Lindt" in anna.get(base).text
    assert url in anna.get(base).page.links
    history = anna.get(base + "history")
    assert "answered a question about Design quokka" in history.text
    assert url in history.page.links
    assert "Because" not in history.text


def test_everybody_who_sees_the_milestone_reads_it(stage: Stage) -> None:
    """Bob and Rita too, by name; only who asked can ask further, only who may ask has a form at all."""
    for person, own_form in ((stage.own.bob, True), (stage.own.rita, False)):
        browser, base = stage.enter(person), stage.base(person)
        page = browser.get(f"{base}q/{stage.own.asked}")
        assert "Question by Anna quokka" in page.text
        assert "Which font quokka?" in page.text
        assert not page.has_form("/questions")
        assert browser.get(f"{base}m/{stage.own.design.id}").has_form("/questions") == own_form


def test_a_question_can_be_about_a_file_a_decision_or_an_update(
    stage: Stage, anna: Browser, base: str, place: str
) -> None:
    """Each page has its form; the question says what it is about and leads there."""
    own = stage.own
    places = {
        f"{place}?about={own.home.id}": (own.home.id, f"f/{own.home.id}/2"),
        f"{base}a/{own.ask}": (own.ask, f"a/{own.ask}"),
        f"{base}u/{own.old.id}": (own.old.id, f"u/{own.old.id}"),
    }
    for url, (about, leads_to) in places.items():
        answer = anna.submit(anna.get(url).form("/questions"), text=f"What is {about}?")
        assert asked(stage)[-1].about == about
        assert base + leads_to in anna.get(answer.header("location")).page.links
        assert f"What is {about}?" in anna.get(place).text
    for url in (f"{base}a/{own.ask}", f"{base}u/{own.old.id}"):
        assert "What is" in anna.get(url).text
    assert f"What is {own.home.id}?" in anna.get(f"{base}a/{own.ask}").text, (
        "it decides on that file"
    )
    assert f"What is {own.ask}?" not in anna.get(f"{base}u/{own.old.id}").text


def test_a_file_and_a_milestone_lead_to_the_form_that_asks_about_them(
    stage: Stage, anna: Browser, base: str, place: str
) -> None:
    """The form is unfolded then; a thing of another milestone, and one nobody sees, are unknown."""
    about = f"{place}?about={stage.own.home.id}"
    assert f"{about}#pk-ask" in anna.get(place).page.links
    for url, unfolded in ((place, False), (about, True)):
        [details] = [e for e in anna.get(url).page.elements if e.get("id") == "pk-ask"]
        assert ("open" in dict(details.attributes)) == unfolded
    ask = f"{place}?about={stage.own.design.id}#pk-ask"
    assert ask in anna.get(base).page.links
    [details] = [e for e in anna.get(ask).page.elements if e.get("id") == "pk-ask"]
    assert "open" in dict(details.attributes)
    for id in (stage.own.plan.id, stage.own.leak.id, stage.far.home.id, "nothing"):
        assert anna.get(f"{place}?about={id}").status == 404


def test_who_asked_asks_further_on_its_page(stage: Stage, anna: Browser, base: str) -> None:
    """The answered question is open again, and both stand in order."""
    url = f"{base}q/{stage.own.answered}"
    answer = anna.submit(anna.get(url).form("/questions"), text="In which week?")
    assert (answer.status, answer.header("location")) == (303, url)
    text = anna.get(url).text
    assert text.index("When quokka?") < text.index("In May quokka.") < text.index("In which week?")
    assert "Your question is with the agency." in text


def test_a_double_post_asks_once(stage: Stage, anna: Browser, form: Form) -> None:
    """The second is answered like the first; another form asks again."""
    before = len(asked(stage))
    answers = [anna.submit(form, text="Once?") for _ in range(3)]
    assert len({a.header("location") for a in answers}) == 1
    assert len(asked(stage)) == before + 1


def test_the_form_sent_again_with_another_text_asks_another_question(
    stage: Stage, anna: Browser, form: Form
) -> None:
    """As with the button "back": nothing is answered like a success that was not recorded."""
    before = len(asked(stage))
    first, second = (anna.submit(form, text=text) for text in ("Which font?", "Which colour?"))
    assert first.header("location") != second.header("location")
    assert "Which colour?" in anna.get(second.header("location")).text
    assert len(asked(stage)) == before + 2


def test_an_answer_is_marked_as_new_until_it_was_looked_at(
    stage: Stage, anna: Browser, base: str, place: str
) -> None:
    """One's own words are never news to oneself."""
    anna.get(base)
    stage.clock.advance(days=1)
    anna.get(base)
    answer = anna.submit(anna.get(place).form("/questions"), text="New?")
    url = answer.header("location")
    assert "New since your last visit" not in anna.get(url).text
    with stage.change() as change:
        change.answer(url.rpartition("/")[2], "Yes.")
    assert "New since your last visit" in anna.get(url).text


def test_a_closed_question_says_when_and_why(stage: Stage, anna: Browser, base: str) -> None:
    with stage.change() as change:
        change.close_question(stage.own.asked, "Said on the phone")
    text = anna.get(f"{base}q/{stage.own.asked}").text
    assert "Closed" in text
    assert "Said on the phone" in text
    assert "closed a question about home quokka.pdf" in anna.get(base + "history").text


def test_erased_words_are_called_erased(stage: Stage) -> None:
    """The answer stays; what the client said is gone from every page at once."""
    bob, base = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    pages = (f"{base}q/{stage.own.answered}", f"{base}m/{stage.own.build.id}", base)
    assert all("When quokka?" in bob.get(page).text for page in pages)
    stage.portal.care.redact(stage.own.id, stage.own.anna.id)
    assert all("When quokka?" not in bob.get(page).text for page in pages)
    assert "These words were erased." in bob.get(pages[0]).text
    assert "In May quokka." in bob.get(pages[0]).text


def test_the_data_says_the_same(stage: Stage, anna: Browser, base: str) -> None:
    """The open questions of each milestone and the one that was answered last, and who may ask."""
    data = anna.get(base + "project.json").json
    assert data["viewer"]["may_ask"] is True
    questions = {q["id"]: q for m in data["milestones"] for q in m["questions"]}
    assert set(questions) == {stage.own.asked, stage.own.answered}
    answered = questions[stage.own.answered]
    assert (answered["state"], answered["asked_by"], answered["yours"]) == ("answered", "You", True)
    assert [r["text"] for r in answered["remarks"]] == ["When quokka?", "In May quokka."]
    assert questions[stage.own.asked]["about"] == stage.own.home.id
    rita = stage.enter(stage.own.rita).get(stage.base(stage.own.rita) + "project.json").json
    assert rita["viewer"]["may_ask"] is False


def test_of_the_answered_ones_the_project_page_shows_the_last(
    stage: Stage, anna: Browser, base: str, place: str
) -> None:
    """The page of the milestone shows them all, what waits for an answer first."""
    visit = stage.portal.visit(stage.token(stage.own.anna))
    for number in range(5):
        question = visit.ask(stage.own.design, f"Number {number}?")
        with stage.change() as change:
            change.answer(question, "Yes.")
    assert [n for n in range(5) if f"Number {n}?" in anna.get(base).text] == [4]
    text = anna.get(place).text
    places = [text.index(words) for words in ("Which font", "Number 4?", "Number 3?", "Number 0?")]
    assert places == sorted(places)


# -- who may, and what is refused ------------------------------------------------------------------


@pytest.mark.parametrize(("text", "said"), [("", "Write your question"), ("x" * 2001, "2,000")])
@pytest.mark.parametrize("where", ["milestone", "file", "decision", "update", "question"])
def test_what_cannot_be_sent_loses_nothing(
    stage: Stage, anna: Browser, base: str, place: str, text: str, said: str, where: str
) -> None:
    """422, with the form unfolded, what was typed in it, and still about the same thing."""
    own, before = stage.own, stage.picture()
    url = {
        "milestone": place,
        "file": f"{place}?about={own.home.id}",
        "decision": f"{base}a/{own.ask}",
        "update": f"{base}u/{own.news.id}",
        "question": f"{base}q/{own.asked}",
    }[where]
    form = anna.get(url).form("/questions")
    answer = anna.submit(form, text=text)
    assert answer.status == 422
    assert said in answer.text
    again = answer.form("/questions")
    assert again.value("text") == text
    assert dict(again.fields).get("about") == dict(form.fields).get("about")
    assert dict(again.fields).get("question") == dict(form.fields).get("question")
    assert stage.picture() == before
    assert anna.submit(again, text="Now?").status == 303


def test_more_than_a_link_may_ask_in_a_day_is_429(stage: Stage, anna: Browser, form: Form) -> None:
    visit = stage.portal.visit(stage.token(stage.own.anna))
    for number in range(QUESTIONS_A_DAY - len(asked(stage))):
        visit.ask(stage.own.build, f"Number {number}?")
    before = stage.picture()
    answer = anna.submit(form, text="One more?")
    assert (answer.status, answer.form("/questions").value("text")) == (429, "One more?")
    assert f"you can ask {QUESTIONS_A_DAY} times" in answer.text
    assert stage.picture() == before


def unread() -> Any:
    raise AssertionError("the body was read")


def test_the_body_is_not_read_where_nothing_may_be_asked(stage: Stage, anna: Browser) -> None:
    """No cookie, no link, somebody else's link, no scope, an archived project, another site."""
    base, bob, rita = (stage.base(p) for p in (stage.own.anna, stage.own.bob, stage.own.rita))
    reader = stage.enter(stage.own.rita)
    usual = {"content-length": "90", "origin": anna.origin}
    for browser, url, headers in (
        (stage.browser(), base, usual),
        (anna, f"{stage.web.mount}/p/{unknown_link()}/", usual),
        (anna, bob, usual),
        (reader, rita, usual),
        (anna, base, {**usual, "origin": "https://evil.example"}),
    ):
        answer = browser.ask("POST", url + "questions", headers=headers, form=unread)
        assert answer.status == 403
    with stage.change() as change:
        change.set_status("archived")
    assert anna.ask("POST", base + "questions", headers=usual, form=unread).status == 403
    page = anna.get(f"{base}m/{stage.own.design.id}")
    assert not page.has_form("/questions")
    assert "Which font quokka?" in page.text
    assert not anna.get(base).has_form("/recap")


def test_without_the_scope_there_is_no_form(stage: Stage, anna: Browser, base: str) -> None:
    """On none of the pages, and no link to one."""
    with stage.change() as change:
        change.set_scopes(stage.own.anna, [Scope.VIEW, Scope.DECIDE])
    own = stage.own
    for path in ("", f"m/{own.design.id}", f"a/{own.ask}", f"u/{own.news.id}", f"q/{own.asked}"):
        page = anna.get(base + path)
        assert not page.has_form("/questions")
        assert not [link for link in page.page.links if link.endswith("#pk-ask")]


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ({"milestone": "nothing"}, 404),
        ({"milestone": "<vault>"}, 404),
        ({"milestone": "<far>"}, 404),
        ({"about": "<leak>"}, 404),
        ({"about": "<far home>"}, 404),
        ({"about": "<plan>"}, 400),
        ({"question": "<whisper>"}, 404),
        ({"question": "<far question>"}, 404),
        ({"once": "../../x"}, 400),
        ({"once": ""}, 400),
        ({"text": "a\0b"}, 400),
        ({"pk_csrf": "0" * 64}, 403),
        ({"more": "x"}, 400),
    ],
)
def test_an_edited_form_asks_nothing(
    stage: Stage, anna: Browser, form: Form, edit: dict[str, str], status: int
) -> None:
    """Ids select only what this person sees; foreign ones are unknown."""
    own, far, before = stage.own, stage.far, stage.picture()
    ids = {
        "<vault>": own.vault.id, "<far>": far.design.id, "<leak>": own.leak.id,
        "<far home>": far.home.id, "<plan>": own.plan.id, "<whisper>": own.whisper,
        "<far question>": far.asked,
    }  # fmt: skip
    values = {"text": "Why?", **{name: ids.get(value, value) for name, value in edit.items()}}
    assert anna.submit(form, **values).status == status
    assert stage.picture() == before


def test_somebody_elses_question_takes_nothing_of_mine(stage: Stage) -> None:
    bob, base = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    form = bob.get(f"{base}m/{stage.own.design.id}").form("/questions")
    before = stage.picture()
    assert bob.submit(form, text="Me too", question=stage.own.asked).status == 403
    assert stage.picture() == before


# -- where are we? ---------------------------------------------------------------------------------


def test_where_are_we_counts_once_a_day_and_thanks_every_time(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The form can be sent again, from an old page too; the day after it counts again."""
    form = anna.get(base).form("/recap")
    for _ in range(3):
        answer = anna.submit(form, looked="yes")
        assert answer.status == 200
        assert "Thank you" in answer.text
    assert recaps(stage) == 1
    stage.clock.advance(days=1, seconds=1)
    anna.submit(anna.get(base).form("/recap"), looked="yes")
    assert recaps(stage) == 2


def test_where_are_we_is_for_readers_too_and_for_the_agency_to_see(stage: Stage) -> None:
    """Whoever sees the page may say that it does not tell; no other client reads that."""
    rita, base = stage.enter(stage.own.rita), stage.base(stage.own.rita)
    assert rita.submit(rita.get(base).form("/recap"), looked="yes").status == 200
    assert recaps(stage) == 1
    bob = stage.enter(stage.own.bob)
    for path in ("", "history", "project.json"):
        assert "where the project stands" not in bob.get(
            stage.base(stage.own.bob) + path
        ).raw.replace("tell you where the project stands", "").replace(
            "Where the project stands", ""
        )


@pytest.mark.parametrize("ticked", [None, "", "on", "no", "YES"])
def test_without_the_tick_nothing_is_counted(
    stage: Stage, anna: Browser, base: str, ticked: str | None
) -> None:
    """The box is not ticked beforehand: whatever presses every button counts nothing."""
    form, before = anna.get(base).form("/recap"), stage.picture()
    values = {} if ticked is None else {"looked": ticked}
    answer = anna.submit(form, **values)
    assert (answer.status, "Tick the box" in answer.text) == (422, True)
    assert stage.picture() == before


def test_where_are_we_needs_a_form_of_ours(stage: Stage, anna: Browser, base: str) -> None:
    form, before = anna.get(base).form("/recap"), stage.picture()
    ticked = form.data(looked="yes")
    assert anna.post(form.action, ticked[:-1]).status == 400
    assert anna.post(form.action, [("looked", "yes"), END]).status == 403
    assert anna.post(form.action, ticked, headers={"origin": "https://evil.example"}).status == 403
    assert anna.post(form.action, [("more", "x"), *ticked]).status == 400
    assert stage.picture() == before

"""Deciding: reviewed, confirmed, recorded once, with evidence, about exactly what was shown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from portalkit import ApprovalDecided, Entry, Outcome
from portalkit.fold import fold_approval
from portalkit.links import Keys
from portalkit.web.views.showing import CHOICES
from tests.web.stage import (
    END,
    KEY,
    Answer,
    Browser,
    Form,
    Stage,
    confirm,
    decide,
    filled,
    make_portal,
    make_stage,
    make_web,
    review,
    stream,
)

RECORDED = "Your decision is on record"
NOT_YET = "Nothing is recorded yet"
CHANGED = "This has changed in the meantime"
ON_RECORD = "A decision of yours is on record already"


def one_decision(stage: Stage) -> Entry:
    """The one decision that a visitor made."""
    found = stage.decisions()
    assert len(found) == 1, [entry.fact for entry in found]
    return found[0]


def fact_of(entry: Entry) -> ApprovalDecided:
    """The fact of a decision's entry."""
    assert isinstance(entry.fact, ApprovalDecided)
    return entry.fact


def intent_form(answer: Answer) -> Form:
    """The form that records."""
    return next(f for f in answer.page.forms if "intent" in dict(f.fields))


# -- the journey --------------------------------------------------------------------------------


def test_from_the_mail_to_the_recorded_decision(stage: Stage) -> None:
    """Enter, read, review, confirm, and see it on record: no account, no script."""
    browser, base = stage.browser(), stage.base(stage.own.anna)
    page = browser.follow(stage.url(stage.own.anna))
    assert f"{base}a/{stage.own.ask}" in page.page.links
    shown = browser.get(f"{base}a/{stage.own.ask}")
    assert "home quokka.pdf" in shown.text
    assert f"{base}f/{stage.own.home.id}/2" in shown.page.links

    form = shown.form(f"a/{stage.own.ask}")
    restated = browser.post(form.action, filled(form))
    assert restated.status == 200
    assert NOT_YET in restated.text
    assert "I, Anna Keller, approve “Homepage quokka”." in restated.text
    assert "home quokka.pdf" in restated.text
    assert stage.decisions() == []

    recorded = confirm(browser, restated)
    assert recorded.status == 303
    assert recorded.header("location") == f"{base}a/{stage.own.ask}"
    after = browser.get(recorded.header("location"))
    assert RECORDED in after.text
    assert "Anna Keller" in after.text
    assert not after.has_form(f"a/{stage.own.ask}")
    assert fact_of(one_decision(stage)).outcome is Outcome.APPROVED


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_can_be_chosen_and_is_recorded_in_its_own_words(
    stage: Stage, anna: Browser, base: str, outcome: Outcome
) -> None:
    """The sentence in the log is the one that the confirmation showed, letter for letter."""
    answer = review(anna, base, stage.own.ask, outcome=str(outcome), comment="The footer is blue")
    shown = "I, " + answer.text.split(" I, ")[1]
    confirm(anna, answer)
    fact = fact_of(one_decision(stage))
    assert fact.outcome is outcome
    assert fact.comment == "The footer is blue"
    assert shown.startswith(fact.sentence)
    assert fact.sentence.startswith("I, Anna Keller, ")
    assert "“Homepage quokka”" in fact.sentence


def test_the_review_page_offers_every_outcome_and_chooses_none(
    stage: Stage, anna: Browser, base: str
) -> None:
    """No default decision, no ticked box, no name filled in."""
    page = anna.get(f"{base}a/{stage.own.ask}")
    inputs = [e for e in page.page.elements if e.tag in ("input", "textarea")]
    radios = [e for e in inputs if e.get("type") == "radio"]
    assert [e.get("value") for e in radios] == [str(outcome) for outcome, _, _ in CHOICES]
    assert {str(outcome) for outcome in Outcome} == {e.get("value") for e in radios}
    assert not any("checked" in dict(e.attributes) for e in inputs)
    form = page.form(f"a/{stage.own.ask}")
    assert [name for name, _ in form.fields] == [
        "pk_csrf",
        "shown",
        "comment",
        "typed_name",
        "pk_end",
    ]
    assert form.value("typed_name") == ""


def test_going_back_keeps_what_was_entered_and_records_nothing(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The confirmation is a real chance to think again."""
    answer = review(
        anna, base, stage.own.ask, outcome="declined", comment="No <b>", typed_name="A. K."
    )
    form = intent_form(answer)
    back = next(way for way in form.buttons if ("back", "yes") in way)
    again = anna.post(form.action, back)
    assert again.status == 200
    fields = again.form(f"a/{stage.own.ask}")
    assert (fields.value("outcome"), fields.value("comment")) == ("declined", "No <b>")
    assert fields.value("typed_name") == "A. K."
    assert "reviewed" not in dict(fields.fields), "the box is ticked anew"
    assert stage.decisions() == []
    assert confirm(anna, anna.post(fields.action, filled(fields, outcome="approved"))).status == 303


def test_both_parties_of_a_request_decide_for_themselves(
    stage: Stage, anna: Browser, base: str
) -> None:
    """It stays open until the second has decided, and each sees what the other said."""
    decide(anna, base, stage.own.ask)
    bob, theirs = stage.enter(stage.own.bob), stage.base(stage.own.bob)
    page = bob.get(f"{theirs}a/{stage.own.ask}")
    assert "Anna quokka" in page.text
    assert page.has_form(f"a/{stage.own.ask}")
    assert RECORDED not in page.text
    decide(bob, theirs, stage.own.ask, typed_name="Bob Stone")
    assert len(stage.decisions()) == 2
    closed = fold_approval(stage.portal.entries("p-own", subject=stage.own.ask))
    assert closed is not None
    assert closed.outcome is Outcome.APPROVED


def test_an_older_round_can_be_read_and_not_decided(stage: Stage, anna: Browser, base: str) -> None:
    """It says what took its place and leads there."""
    page = anna.get(f"{base}a/{stage.own.first}")
    assert page.status == 200
    assert "A newer request took the place of this one" in page.text
    assert f"{base}a/{stage.own.ask}" in page.page.links
    assert not page.has_form(f"a/{stage.own.first}")


def test_a_new_round_says_what_changed_and_what_was_asked_for_before(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Who looks the second time need not search for what they wanted, nor for what became of it."""
    decide(anna, base, stage.own.ask, outcome="changes_requested", comment="The hero is too loud")
    with stage.change() as change:
        change.add_version(stage.own.home, stream("three"), changed="Hero softened")
        again = change.request_approval(
            stage.own.design,
            "Homepage once more",
            files=[stage.own.home],
            people=[stage.own.anna],
            previous=stage.own.ask,
        )
    page = anna.get(f"{base}a/{again.id}").text
    assert "Hero softened" in page
    assert "What was decided in an earlier round" in page
    assert "The hero is too loud" in page
    assert "Hero softened" in anna.get(base).text.partition("Milestones")[0]
    with stage.change() as change:
        change.add_version(stage.own.home, stream("four"), changed="Hero darker")
    [third] = [a for a in stage.project().approvals.values() if a.previous == again.id]
    page = anna.get(f"{base}a/{third.id}").text
    assert "Hero darker" in page
    assert "The hero is too loud" in page, "nobody decided in the round between"
    older = anna.get(f"{base}a/{stage.own.ask}").text
    assert "Hero softened" not in older, "that version is not the one this was about"


def test_nobody_is_asked_to_leave_a_decision_to_others_who_are_not_there(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Abstaining would close the request undecided."""
    with stage.change() as change:
        alone = change.request_approval(
            stage.own.build, "Logo", statement="The blue one", people=[stage.own.anna]
        )
    offered = [e.get("value") for e in anna.get(f"{base}a/{alone.id}").page.elements]
    assert "declined" in offered
    assert "abstained" not in offered
    offered = [e.get("value") for e in anna.get(f"{base}a/{stage.own.ask}").page.elements]
    assert "abstained" in offered


def test_after_a_decision_the_page_leads_on_to_what_else_waits(
    stage: Stage, anna: Browser, base: str
) -> None:
    decide(anna, base, stage.own.ask)
    after = anna.get(f"{base}a/{stage.own.ask}")
    assert "One more thing waits for you." in after.text
    assert f"{base}a/{stage.own.terms.id}" in after.page.links
    decide(anna, base, stage.own.terms.id)
    after = anna.get(f"{base}a/{stage.own.terms.id}")
    assert "Nothing else waits for you." in after.text
    assert base in after.page.links
    with stage.change() as change:
        for title in ("Logo", "Fonts"):
            change.request_file(stage.own.build, title, people=[stage.own.anna])
    after = anna.get(f"{base}a/{stage.own.terms.id}")
    assert "2 more things wait for you." in after.text, "files to hand in wait too"


# -- problems -----------------------------------------------------------------------------------

OUTCOME = "Choose what you decide."
BOX = "Tick the box once you have looked at everything."
NAME = "Type your full name"
COMMENT = "Say what has to change, or why"
NASTY = '"><script>alert(1)</script>&amp;<b>'


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"outcome": ""}, [OUTCOME]),
        ({"reviewed": ""}, [BOX]),
        ({"reviewed": "no"}, [BOX]),
        ({"reviewed": "YES"}, [BOX]),
        ({"reviewed": "on"}, [BOX]),
        ({"typed_name": ""}, [NAME]),
        ({"typed_name": "   "}, [NAME]),
        ({"typed_name": "-"}, [NAME]),
        ({"typed_name": "x"}, [NAME]),
        ({"typed_name": "12 34"}, [NAME]),
        ({"typed_name": "\u202e\u200f"}, [NAME]),
        ({"typed_name": "A" * 201}, [NAME]),
        ({"outcome": "changes_requested"}, [COMMENT]),
        ({"outcome": "declined"}, [COMMENT]),
        ({"outcome": "declined", "comment": " \n\t "}, [COMMENT]),
        ({"outcome": "approved", "comment": "x" * 5001}, [COMMENT]),
        ({"outcome": "", "reviewed": "", "typed_name": "", "comment": "y" * 5001},
         [OUTCOME, BOX, NAME, COMMENT]),
        ({"outcome": "declined", "reviewed": "", "typed_name": ""}, [BOX, NAME, COMMENT]),
    ],
)  # fmt: skip
def test_every_problem_is_named_at_once_and_nothing_is_recorded(
    stage: Stage, anna: Browser, base: str, values: dict[str, str], problems: list[str]
) -> None:
    """All of them together, in words and beside the field, and what was entered stays."""
    answer = review(anna, base, stage.own.ask, **values)
    assert answer.status == 422
    assert "Nothing was recorded yet" in answer.text
    for problem in (OUTCOME, BOX, NAME, COMMENT):
        assert (problem in answer.text) == (problem in problems), problem
    form = answer.form(f"a/{stage.own.ask}")
    for name in ("comment", "typed_name"):
        assert form.value(name) == values.get(name, {"typed_name": "Anna Keller"}.get(name, ""))
    assert dict(form.fields).get("outcome", "") == values.get("outcome", "approved")
    assert stage.decisions() == []


def test_problems_lead_to_their_fields(stage: Stage, anna: Browser, base: str) -> None:
    """The summary's links name fields that are there, for people who use no mouse."""
    answer = review(
        anna, base, stage.own.ask, outcome="", reviewed="", typed_name="", comment="y" * 5001
    )
    ids = {e.get("id") for e in answer.page.elements}
    links = [link for link in answer.page.links if link.startswith("#pk-") and link != "#pk-main"]
    assert set(links) == {"#pk-outcome", "#pk-reviewed", "#pk-typed_name", "#pk-comment"}
    assert {link.removeprefix("#") for link in links} <= ids
    described = " ".join(e.get("aria-describedby") for e in answer.page.elements).split()
    assert set(described) <= ids
    assert any(e.get("role") == "alert" for e in answer.page.elements)


def test_what_was_entered_comes_back_escaped(stage: Stage, anna: Browser, base: str) -> None:
    """Markup in a comment or name is text, on the page with problems and on the confirmation."""
    for values in ({"reviewed": ""}, {}):
        answer = review(
            anna, base, stage.own.ask, outcome="declined", comment=NASTY, typed_name=NASTY, **values
        )
        assert NASTY not in answer.body.decode()
        assert not [e for e in answer.page.elements if e.tag == "b"]
        assert answer.page.words_of("script") == ""
        if values:
            form = answer.form(f"a/{stage.own.ask}")
            assert form.value("comment") == NASTY
            assert form.value("typed_name") == NASTY
        else:
            assert NASTY in answer.text


def test_a_comment_keeps_its_line_breaks_through_both_steps(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Browsers send CR LF, and swallow a line break that opens a text field."""
    comment = "\r\nFirst\r\n\r\nSecond"
    answer = review(anna, base, stage.own.ask, outcome="declined", comment=comment, reviewed="")
    assert (
        answer.form(f"a/{stage.own.ask}").value("comment").replace("\r", "") == "\nFirst\n\nSecond"
    )
    decide(anna, base, stage.own.ask, outcome="declined", comment=comment)
    assert fact_of(one_decision(stage)).comment == "First\n\nSecond"


@pytest.mark.parametrize(
    "name",
    ["Anna  Keller", " Anna Keller ", "\u202eAnna Keller\u202c", "Anna\tKeller", "Anna\nKeller"],
)
def test_the_confirmed_name_and_sentence_are_the_recorded_ones(
    stage: Stage, anna: Browser, base: str, name: str
) -> None:
    """Names are cleaned before they are restated, so that nobody confirms other words."""
    answer = review(anna, base, stage.own.ask, typed_name=name)
    assert "I, Anna Keller, approve “Homepage quokka”." in html.unescape(answer.body.decode())
    confirm(anna, answer)
    fact = fact_of(one_decision(stage))
    assert fact.typed_name == "Anna Keller"
    assert fact.sentence == "I, Anna Keller, approve “Homepage quokka”."


def test_braces_and_percent_signs_in_names_are_only_text(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Sentences are filled in once."""
    decide(anna, base, stage.own.ask, typed_name="{title} %s {0}")
    assert fact_of(one_decision(stage)).sentence == "I, {title} %s {0}, approve “Homepage quokka”."
    assert anna.get(base).status == 200


@pytest.mark.parametrize(
    "outcome", ["approve", "APPROVED", "approved ", "open", "void", "0", "<b>"]
)
def test_an_outcome_that_the_form_does_not_offer_is_no_form_of_ours(
    stage: Stage, anna: Browser, base: str, outcome: str
) -> None:
    """400: somebody edited it."""
    answer = review(anna, base, stage.own.ask, outcome=outcome)
    assert answer.status == 400
    assert "<b>" not in answer.body.decode()
    assert stage.decisions() == []


# -- edited values ------------------------------------------------------------------------------


def flips(value: str) -> list[str]:
    """A signed value with one character changed, at places all over it, and other spellings."""
    changed = [
        value[:i] + ("A" if value[i] != "A" else "B") + value[i + 1 :]
        for i in range(0, len(value), max(1, len(value) // 60))
    ]
    return [*changed, value + "=", value + "A", value[:-1], " " + value, value + "\n", "", "."]


def others(stage: Stage, anna: Browser, base: str) -> dict[str, Answer]:
    """Review pages that are not Anna's about this request."""
    bob = stage.enter(stage.own.bob)
    far = stage.enter(place=stage.far)
    return {
        "other approval": anna.get(f"{base}a/{stage.own.terms.id}"),
        "other session": stage.enter().get(f"{base}a/{stage.own.ask}"),
        "other person": bob.get(f"{stage.base(stage.own.bob)}a/{stage.own.ask}"),
        "other project": far.get(f"{stage.base(stage.far.anna, stage.far)}a/{stage.far.ask}"),
    }


def test_an_edited_review_is_refused(stage: Stage, anna: Browser, base: str) -> None:
    """Every change of the signed value: 400, and nothing is restated or recorded."""
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    for shown in flips(form.value("shown")):
        fields = [(n, shown if n == "shown" else v) for n, v in filled(form)]
        answer = anna.post(form.action, fields)
        assert answer.status == 400, shown
        assert NOT_YET not in answer.text
    assert stage.decisions() == []


def test_an_edited_confirmation_is_refused(stage: Stage, anna: Browser, base: str) -> None:
    """Every change of the signed value: 400, and nothing is recorded."""
    form = intent_form(review(anna, base, stage.own.ask))
    for intent in flips(form.value("intent")):
        assert anna.submit(form, intent=intent).status == 400, intent
    assert stage.decisions() == []


def lessened(value: str) -> dict[str, tuple[str, str]]:
    """For each part of a signed value: the same without it, and with nothing in its place."""
    parts = Keys([KEY]).read_intent(value)
    return {
        part: (
            Keys([KEY]).intent({n: v for n, v in parts.items() if n != part}),
            Keys([KEY]).intent({**parts, part: None}),
        )
        for part in parts
    }


def test_a_review_that_is_not_whole_is_refused(stage: Stage, anna: Browser, base: str) -> None:
    """Genuine, but with a part less, as another release may have signed it: nothing is restated."""
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    for part, values in lessened(form.value("shown")).items():
        for shown in values:
            fields = [(n, shown if n == "shown" else v) for n, v in filled(form)]
            answer = anna.post(form.action, fields)
            assert answer.status == (403 if part == "session" else 400), part
            assert NOT_YET not in answer.text
    assert stage.decisions() == []


@pytest.mark.parametrize("way", [{}, {"back": "yes"}], ids=["forward", "back"])
def test_a_confirmation_that_is_not_whole_is_refused(
    stage: Stage, anna: Browser, base: str, way: dict[str, str]
) -> None:
    """Genuine, but with a part less: nothing is recorded, and nothing comes back."""
    form = intent_form(review(anna, base, stage.own.ask))
    for part, values in lessened(form.value("intent")).items():
        for intent in values:
            fields = [("pk_csrf", form.value("pk_csrf")), ("intent", intent), *way.items(), END]
            answer = anna.post(form.action, fields)
            assert answer.status == (403 if part == "session" else 400), part
    assert stage.decisions() == []


@pytest.mark.parametrize(
    "whose", ["other approval", "other session", "other person", "other project"]
)
def test_a_review_page_of_something_else_decides_nothing_here(
    stage: Stage, anna: Browser, base: str, whose: str
) -> None:
    """A genuine value, but of another request, browser, person or project."""
    theirs = others(stage, anna, base)[whose]
    shown = next(f for f in theirs.page.forms if "shown" in dict(f.fields)).value("shown")
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    fields = [(n, shown if n == "shown" else v) for n, v in filled(form)]
    answer = anna.post(form.action, fields)
    assert answer.status == (403 if whose == "other session" else 400)
    assert stage.decisions() == []


@pytest.mark.parametrize(
    "whose", ["other approval", "other session", "other person", "other project"]
)
def test_a_confirmation_of_something_else_records_nothing(
    stage: Stage, anna: Browser, base: str, whose: str
) -> None:
    """A genuine value that another page signed."""
    places: dict[str, tuple[Browser, str, str]] = {
        "other approval": (anna, base, stage.own.terms.id),
        "other session": (stage.enter(), base, stage.own.ask),
        "other person": (stage.enter(stage.own.bob), stage.base(stage.own.bob), stage.own.ask),
        "other project": (
            stage.enter(place=stage.far),
            stage.base(stage.far.anna, stage.far),
            stage.far.ask,
        ),
    }
    theirs = intent_form(review(*places[whose])).value("intent")
    form = intent_form(review(anna, base, stage.own.ask))
    answer = anna.submit(form, intent=theirs)
    assert answer.status == (403 if whose == "other session" else 400)
    assert stage.decisions() == []


def test_the_values_of_the_two_steps_cannot_be_swapped(
    stage: Stage, anna: Browser, base: str
) -> None:
    """What a review page signed confirms nothing, and what a confirmation signed reviews nothing."""
    page = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    form = intent_form(review(anna, base, stage.own.ask))
    assert anna.submit(form, intent=page.value("shown")).status == 400
    fields = [(n, form.value("intent") if n == "shown" else v) for n, v in filled(page)]
    assert anna.post(page.action, fields).status == 400
    assert stage.decisions() == []


@pytest.mark.parametrize("kind", ["token", "cookie", "csrf", "other key"])
def test_nothing_else_that_is_signed_passes_for_a_confirmation(
    stage: Stage, anna: Browser, base: str, kind: str
) -> None:
    """Each purpose has its own salt."""
    form = intent_form(review(anna, base, stage.own.ask))
    intent = Keys([KEY]).read_intent(form.value("intent"))
    values = {
        "token": stage.token(stage.own.anna),
        "cookie": next(iter(anna.sent(base).values())),
        "csrf": form.value("pk_csrf"),
        "other key": Keys(["q" + KEY[::-1]]).intent(intent),
    }
    assert anna.submit(form, intent=values[kind]).status == 400
    assert stage.decisions() == []


def test_a_confirmation_takes_nothing_beside_itself(stage: Stage, anna: Browser, base: str) -> None:
    """A field that would change what was restated makes it no form of ours."""
    for name, value in (
        ("outcome", "declined"),
        ("comment", "x"),
        ("typed_name", "Eve Eve"),
        ("shown", ""),
    ):
        form = intent_form(review(anna, base, stage.own.ask))
        fields = [*form.fields[:-1], (name, value), END]
        assert anna.post(form.action, fields).status == 400
    assert stage.decisions() == []


def test_a_confirmation_sent_to_the_address_of_another_request_is_refused(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The address and the signed value must agree."""
    form = intent_form(review(anna, base, stage.own.ask))
    assert anna.post(f"{base}a/{stage.own.terms.id}", form.fields).status == 400
    assert stage.decisions() == []


# -- staleness ----------------------------------------------------------------------------------


def swap_file(stage: Stage) -> str:
    """Staff deliver a new version; the id of the round that takes the place of the open one."""
    with stage.change() as change:
        change.add_version(stage.own.home, stream("swapped"), changed="Swapped")
    return next(a.id for a in stage.project().approvals.values() if a.previous == stage.own.ask)


def void(stage: Stage) -> str:
    with stage.change() as change:
        change.void_approval(stage.own.ask, "Not needed")
    return stage.own.ask


def withdraw(stage: Stage) -> str:
    with stage.change() as change:
        change.withdraw_file(stage.own.home, "Wrong file")
    return stage.own.ask


def recorded_elsewhere(stage: Stage) -> str:
    with stage.change() as change:
        change.record_decision(
            stage.own.ask, stage.own.anna, "declined", source="phone", comment="No"
        )
    return stage.own.ask


def closed_by_bob(stage: Stage) -> str:
    bob = stage.enter(stage.own.bob)
    decide(
        bob,
        stage.base(stage.own.bob),
        stage.own.ask,
        outcome="declined",
        comment="No",
        typed_name="Bob S",
    )
    return stage.own.ask


MOVES: dict[str, Callable[[Stage], str]] = {
    "file swapped": swap_file,
    "called off": void,
    "file withdrawn": withdraw,
    "decided by phone": recorded_elsewhere,
    "closed by another": closed_by_bob,
}


@pytest.mark.parametrize("step", ["review", "confirm"])
@pytest.mark.parametrize("move", MOVES)
def test_what_changed_between_view_and_click_is_not_decided(
    stage: Stage, anna: Browser, base: str, move: str, step: str
) -> None:
    """409 with a way to what stands now; nothing is recorded for Anna."""
    page = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    restated = intent_form(anna.post(page.action, filled(page)))
    onward = MOVES[move](stage)
    before = stage.picture()
    if step == "review":
        answer = anna.post(page.action, filled(page))
    else:
        answer = anna.submit(restated)
    assert answer.status == 409
    assert (ON_RECORD if move == "decided by phone" else CHANGED) in answer.text
    assert f"{base}a/{onward}" in answer.page.links
    assert stage.picture() == before
    assert anna.get(f"{base}a/{onward}").status == 200


def test_after_a_swap_the_newer_round_is_decided_anew(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The link in the 409 leads to it, and its decision names the new version."""
    restated = intent_form(review(anna, base, stage.own.ask))
    swap_file(stage)
    answer = anna.submit(restated)
    newer = next(link for link in answer.page.links if "/a/" in link)
    decide(anna, base, newer.rpartition("/")[2])
    approval = fold_approval(stage.portal.entries("p-own", subject=newer.rpartition("/")[2]))
    assert approval is not None
    assert [item.version for item in approval.files] == [3]
    assert fact_of(one_decision(stage)).manifest == approval.manifest


@pytest.mark.parametrize("first", ["approved", "declined"])
def test_of_two_tabs_that_disagree_the_first_wins(
    stage: Stage, anna: Browser, base: str, first: str
) -> None:
    """The other gets 409 and sees the decision that stands."""
    second = "declined" if first == "approved" else "approved"
    tabs = {
        outcome: intent_form(review(anna, base, stage.own.ask, outcome=outcome, comment="Because"))
        for outcome in (first, second)
    }
    assert anna.submit(tabs[first]).status == 303
    answer = anna.submit(tabs[second])
    assert answer.status == 409
    page = anna.get(next(link for link in answer.page.links if "/a/" in link))
    assert RECORDED in page.text
    assert str(fact_of(one_decision(stage)).outcome) == first


def test_of_two_tabs_that_agree_but_for_a_word_the_second_is_told(
    stage: Stage, anna: Browser, base: str
) -> None:
    """What was restated and is not on record is not answered as recorded; nor is its first step."""
    outcome = "approved_with_changes"
    one, two = (
        intent_form(review(anna, base, stage.own.ask, outcome=outcome, comment=comment))
        for comment in ("Make the logo larger", "Remove the price on page 3")
    )
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    assert anna.submit(one).status == 303
    answer = anna.submit(two)
    assert answer.status == 409
    assert ON_RECORD in answer.page.text
    words = {"outcome": outcome, "comment": "And more", "reviewed": "yes", "typed_name": "Anna Kay"}
    assert anna.submit(form, **words).status == 409
    assert fact_of(one_decision(stage)).comment == "Make the logo larger"


def test_who_confirms_after_staff_recorded_it_for_them_is_told(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The note of a telephone call does not swallow their own name and sentence unseen."""
    form = intent_form(review(anna, base, stage.own.ask))
    with stage.change() as change:
        change.record_decision(stage.own.ask, stage.own.anna, "approved", source="phone")
    answer = anna.submit(form)
    assert answer.status == 409
    assert ON_RECORD in answer.page.text
    assert stage.decisions() == []


def test_a_form_sent_twice_is_one_decision(stage: Stage, anna: Browser, base: str) -> None:
    """Double clicks, retries of proxies and the back button: the same answer, one entry."""
    form = intent_form(review(anna, base, stage.own.ask))
    answers = [anna.submit(form) for _ in range(3)]
    assert [a.status for a in answers] == [303, 303, 303]
    assert len({a.header("location") for a in answers}) == 1
    one_decision(stage)
    again = decide(anna, base, stage.own.terms.id)
    assert again.status == 303
    assert len(stage.decisions()) == 2


# -- who may decide -----------------------------------------------------------------------------


def narrow(stage: Stage) -> None:
    with stage.change() as change:
        change.set_scopes(stage.own.anna, ["view", "download", "comment"])


def archive(stage: Stage) -> None:
    with stage.change() as change:
        change.set_status("archived")


def hide(stage: Stage) -> None:
    with stage.change() as change:
        change.change_milestone(stage.own.design, internal=True)


def revoke(stage: Stage) -> None:
    with stage.change() as change:
        change.revoke_link(stage.own.anna)


@pytest.mark.parametrize("step", ["review", "confirm"])
@pytest.mark.parametrize(
    ("move", "status"),
    [(narrow, 403), (archive, 403), (hide, 404), (revoke, 410)],
    ids=["scope taken", "archived", "hidden", "revoked"],
)
def test_who_may_no_longer_decide_cannot_finish_a_decision_begun_before(
    stage: Stage, anna: Browser, base: str, move: Callable[[Stage], None], status: int, step: str
) -> None:
    """Scopes, status, visibility and revocation count at the click, not at the view."""
    page = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    restated = intent_form(anna.post(page.action, filled(page)))
    move(stage)
    answer = anna.post(page.action, filled(page)) if step == "review" else anna.submit(restated)
    assert answer.status == status
    assert stage.decisions() == []


@pytest.mark.parametrize("move", [narrow, archive], ids=["scope taken", "archived"])
def test_the_page_of_who_may_not_decide_has_no_form_and_no_decision_waits(
    stage: Stage, anna: Browser, base: str, move: Callable[[Stage], None]
) -> None:
    """It can be read; nothing invites a click that would be refused."""
    move(stage)
    page = anna.get(f"{base}a/{stage.own.ask}")
    assert page.status == 200
    assert not page.has_form(f"a/{stage.own.ask}")
    assert "Homepage quokka" in page.text
    assert "Nothing waits for you" in anna.get(base).text
    assert anna.get(base + "project.json").json["answers"]["needs_decision"] == []


def test_somebody_who_was_not_asked_sees_and_cannot_decide(stage: Stage) -> None:
    """Also with a form of their own making."""
    with stage.change() as change:
        change.set_scopes(stage.own.rita, ["view", "download", "decide"])
    rita, base = stage.enter(stage.own.rita), stage.base(stage.own.rita)
    page = rita.get(f"{base}a/{stage.own.ask}")
    assert page.status == 200
    assert not page.has_form(f"a/{stage.own.ask}")
    assert "the decision was asked of others" in page.text
    cookie = Keys([KEY]).read_cookie(next(iter(rita.sent(base).values())))
    common = {
        "link": cookie.link,
        "session": cookie.session,
        "approval": stage.own.ask,
        "manifest": stage.project().approvals[stage.own.ask].manifest,
        "at": stage.clock(),
    }
    token = page.form("leave").value("pk_csrf")
    shown = Keys([KEY]).intent({**common, "step": "review"})
    fields = [("pk_csrf", token), ("shown", shown), ("outcome", "approved"), ("comment", ""),
              ("reviewed", "yes"), ("typed_name", "Rita Rita"), END]  # fmt: skip
    assert rita.post(f"{base}a/{stage.own.ask}", fields).status == 403
    intent = Keys([KEY]).intent(
        {**common, "step": "confirm", "outcome": "approved", "comment": "", "typed_name": "Rita",
         "sentence": "I, Rita", "locale": "en"}
    )  # fmt: skip
    fields = [("pk_csrf", token), ("intent", intent), END]
    assert rita.post(f"{base}a/{stage.own.ask}", fields).status == 403
    assert stage.decisions() == []


def test_nobody_can_name_another_person_or_digest(stage: Stage, anna: Browser, base: str) -> None:
    """Person, link, digest and time are no fields: adding them makes it no form of ours."""
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    for name in ("person", "link", "manifest", "session", "approval", "served_at", "recognised"):
        fields = filled(form)
        fields.insert(1, (name, stage.own.bob.id))
        assert anna.post(form.action, fields).status == 400, name
    assert stage.decisions() == []


# -- the evidence -------------------------------------------------------------------------------

LONG_AGENT = "Mozilla/5.0 (Linux; Android 14) [FB_IAB/FB4A;FBAV/440.0.0.0;] " + "x" * 700


def test_the_entry_holds_the_evidence(stage: Stage, anna: Browser, base: str) -> None:
    """Everything that an approval's evidence names and the fact has a field for."""
    anna.get(f"{base}f/{stage.own.home.id}/2")
    anna.get(f"{base}f/{stage.own.plan.id}/1")
    anna.get(f"{base}a/{stage.own.terms.id}")
    stage.clock.advance(seconds=90)
    page = anna.get(f"{base}a/{stage.own.ask}")
    served = stage.clock()
    stage.clock.advance(seconds=300)
    answer = anna.post(
        f"{base}a/{stage.own.ask}",
        filled(
            page.form(f"a/{stage.own.ask}"), outcome="approved_with_changes", comment="A bit bluer"
        ),
    )
    stage.clock.advance(seconds=60)
    form = intent_form(answer)
    anna.post(form.action, form.fields, headers={"user-agent": LONG_AGENT})

    entry = one_decision(stage)
    fact = fact_of(entry)
    approval = fold_approval(stage.portal.entries("p-own", subject=stage.own.ask))
    assert approval is not None
    link = stage.project().link_of(stage.own.anna.id)
    assert link is not None
    cookie = Keys([KEY]).read_cookie(next(iter(anna.sent(base).values())))
    assert entry.actor == stage.own.anna.id
    assert entry.at == stage.clock()
    assert entry.subject == stage.own.ask
    assert entry.milestone == stage.own.design.id
    assert fact.person == stage.own.anna.id
    assert fact.outcome is Outcome.APPROVED_WITH_CHANGES
    assert fact.comment == "A bit bluer"
    assert fact.manifest == approval.manifest
    assert (fact.title, fact.round) == (approval.title, 2)
    assert fact.link == link.id
    assert fact.recognised == "link"
    assert fact.confirmed is True
    assert fact.typed_name == "Anna Keller"
    assert fact.sentence == "I, Anna Keller, approve “Homepage quokka” with the changes below."
    assert fact.locale == "en"
    assert fact.served_at == served
    assert fact.opened == (f"{stage.own.home.id}/2",), (
        "what was opened of the subject, and only that"
    )
    assert fact.session == cookie.session
    assert fact.address == "203.0.113.9"
    assert fact.user_agent == LONG_AGENT[: len(fact.user_agent)]
    assert len(fact.user_agent) >= 200
    assert fact.software.startswith("portalkit")
    assert (fact.source, fact.happened, fact.evidence_file) == ("", None, "")
    assert stage.portal.verify("p-own").ok


def test_the_time_of_serving_is_that_of_the_page_that_was_filled_in(
    stage: Stage, anna: Browser, base: str
) -> None:
    """After a page with problems it is the time of that page; it was shown last."""
    first = anna.get(f"{base}a/{stage.own.ask}")
    stage.clock.advance(seconds=60)
    again = anna.post(
        f"{base}a/{stage.own.ask}", filled(first.form(f"a/{stage.own.ask}"), reviewed="")
    )
    shown = stage.clock()
    stage.clock.advance(seconds=60)
    answer = anna.post(f"{base}a/{stage.own.ask}", filled(again.form(f"a/{stage.own.ask}")))
    confirm(anna, answer)
    assert fact_of(one_decision(stage)).served_at == shown


def test_a_decision_without_opening_the_files_says_so(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The evidence claims no more than what happened; asking by HEAD opens nothing."""
    anna.ask("HEAD", f"{base}f/{stage.own.home.id}/2")
    anna.get(f"{base}f/{stage.own.home.id}/1")
    decide(anna, base, stage.own.ask)
    assert fact_of(one_decision(stage)).opened == ()


def test_what_others_opened_is_not_counted_for_the_decider(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Downloads belong to the link that made them."""
    bob = stage.enter(stage.own.bob)
    bob.get(f"{stage.base(stage.own.bob)}f/{stage.own.home.id}/2")
    decide(anna, base, stage.own.ask)
    assert fact_of(one_decision(stage)).opened == ()


@pytest.mark.parametrize(
    "header", ["", "x" * 20_000, "a\r\nb: c", "\0\x1b[31m", "🦆" * 600, "\u202eevil", "<script>"]
)
def test_no_user_agent_stands_in_the_way_of_a_decision(
    stage: Stage, anna: Browser, base: str, header: str
) -> None:
    """What a browser says of itself is cut and cleaned, never refused."""
    form = intent_form(review(anna, base, stage.own.ask))
    assert anna.post(form.action, form.fields, headers={"user-agent": header}).status == 303
    agent = fact_of(one_decision(stage)).user_agent
    assert len(agent) <= 500
    assert agent.isprintable()


def test_the_decision_is_told_in_the_persons_language() -> None:
    """Sentence and locale are those of the page that was confirmed."""
    stage = make_stage()
    with stage.change() as change:
        change.change_person(stage.own.anna, locale="de")
    anna, base = stage.enter(), stage.base(stage.own.anna)
    answer = review(anna, base, stage.own.ask)
    confirm(anna, answer)
    fact = fact_of(one_decision(stage))
    assert fact.locale == "de"
    assert fact.sentence in answer.text
    assert "“Homepage quokka”" not in fact.sentence or "I, " not in fact.sentence


def test_hooks_see_the_decision_after_it_was_recorded(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Once per decision, with the person; a hook that fails undoes nothing."""
    seen: list[Any] = []

    def note(event: Any) -> None:
        seen.append((event.person.name, event.outcome, len(stage.decisions())))
        raise RuntimeError("the host's own trouble")

    stage.portal.on(ApprovalDecided, note)
    form = intent_form(review(anna, base, stage.own.ask))
    assert anna.submit(form).status == 303
    anna.submit(form)
    assert seen == [("Anna quokka", Outcome.APPROVED, 1)]


def test_a_late_decision_is_still_taken(stage: Stage, anna: Browser, base: str) -> None:
    """A day that has passed is told, and locks nobody out."""
    stage.clock.advance(days=30)
    anna.follow(stage.url(stage.own.anna))
    assert "Overdue" in anna.get(f"{base}a/{stage.own.ask}").text
    assert decide(anna, base, stage.own.ask).status == 303
    assert date(2026, 1, 9).isoformat() in anna.get(base + "project.json").body.decode()


def test_a_decision_about_words_alone_needs_no_file(stage: Stage, anna: Browser, base: str) -> None:
    """The statement stands on the review page and on the confirmation."""
    answer = review(anna, base, stage.own.terms.id)
    assert "We begin quokka" in answer.text
    assert confirm(anna, answer).status == 303


def test_a_confirmation_survives_a_new_key_and_not_a_removed_one() -> None:
    """Rotating keys between view and click breaks no form as long as the old key is listed."""
    stage = make_stage()
    anna, base = stage.enter(), stage.base(stage.own.anna)
    form = intent_form(review(anna, base, stage.own.ask))
    new = "n" + KEY[::-1]
    for keys, status in (([new], 403), ([new, KEY], 303)):
        portal = make_portal(
            store=stage.store, files=stage.portal.files, keys=keys, clock=stage.clock
        )
        browser = Browser(make_web(portal), cookies=dict(anna.cookies), keeps=False)
        assert browser.submit(form).status == status


def test_a_withdrawn_file_is_shown_as_withdrawn_where_it_was_decided_on(
    stage: Stage, anna: Browser, base: str
) -> None:
    """It says why, and no link leads to what is no longer given out."""
    decide(anna, base, stage.own.ask)
    file = f"{base}f/{stage.own.home.id}/2"
    assert file in anna.get(f"{base}a/{stage.own.ask}").page.links
    with stage.change() as change:
        change.withdraw_file(stage.own.home, "Wrong customer")
    page = anna.get(f"{base}a/{stage.own.ask}").raw
    subject = page.partition('id="pk-subject"')[2].partition("</section>")[0]
    assert "Withdrawn: Wrong customer" in subject
    assert file not in subject


def test_a_file_stays_approved_whatever_else_is_decided_and_a_newer_version_says_so(
    stage: Stage, anna: Browser, base: str
) -> None:
    decide(anna, base, stage.own.ask)
    decide(stage.enter(stage.own.bob), stage.base(stage.own.bob), stage.own.ask)
    place = f"{base}m/{stage.own.design.id}"
    with stage.change() as change:
        words = change.request_approval(
            stage.own.design, "Words", statement="These", people=[stage.own.anna]
        )
    decide(anna, base, words.id)
    assert 'pk-tag--approved">Approved' in anna.get(place).raw
    with stage.change() as change:
        change.add_version(stage.own.home, stream("three"), changed="Wider")
    assert "Version 2 was approved; the newest is version 3." in anna.get(place).text
    assert "Approved was version 2." in anna.get(base).text


# -- projects that do not go on -----------------------------------------------------------------


@pytest.mark.parametrize("status", ["on_hold", "completed", "archived"])
def test_a_project_that_does_not_go_on_says_so_and_not_what_is_in_progress(
    stage: Stage, anna: Browser, base: str, status: str
) -> None:
    assert "in progress" in lede(anna.get(base))
    with stage.change() as change:
        change.set_status(status)
    said = {
        "on_hold": "The project is on hold.",
        "completed": "The project is completed.",
        "archived": "Nothing waits for you. The project is archived.",
    }
    answer = lede(anna.get(base))
    assert answer.endswith(said[status])
    assert "in progress" not in answer


def lede(answer: Answer) -> str:
    """The four answers in one sentence, as the page tells them first."""
    found = answer.raw.partition('<p class="pk-lede">')[2].partition("</p>")[0]
    return " ".join(re.sub("<[^>]+>", "", found).split())


def test_in_an_archived_project_nothing_is_late_and_nothing_waits(
    stage: Stage, anna: Browser, base: str
) -> None:
    """It can be read; and a request that was still open says that nothing is decided any more."""
    places = [f"{base}", f"{base}m/{stage.own.design.id}", f"{base}a/{stage.own.ask}"]
    stage.clock.advance(days=90)
    for late in places:
        assert "Overdue since" in anna.get(late).raw
    with stage.change() as change:
        change.set_status("archived")
    for late in places:
        answer = anna.get(late).raw
        assert "Overdue" not in answer
        assert "waits for" not in answer.replace("Nothing waits for you", "")
        assert "decision open" not in answer
    assert "the project is archived, and nothing is decided any more" in answer

"""Decisions that somebody bends: edited, replayed, forged with a leaked key, or said in words that hide."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from portalkit import Outcome
from portalkit.links import Keys
from tests.web.stage import (
    KEY,
    Answer,
    Browser,
    Form,
    Stage,
    confirm,
    decide,
    filled,
    review,
    stream,
)


def intent_of(answer: Answer) -> Form:
    return next(f for f in answer.page.forms if "intent" in dict(f.fields))


# -- a leaked key -------------------------------------------------------------------------------


def forge(form: Form, **changes: Any) -> str:
    """The confirmation with some values changed, signed as only the key can."""
    value = Keys([KEY]).read_intent(form.value("intent"))
    return Keys([KEY]).intent({**value, **changes})


def test_even_who_has_the_key_cannot_bind_a_decision_to_something_else(
    stage: Stage, anna: Browser, base: str
) -> None:
    """The log has the last word: another digest is 409, another approval, link or step is 400, another session 403."""
    form = intent_of(review(anna, base, stage.own.ask))
    before = stage.picture()
    for changes, status in (
        ({"manifest": "0" * 64}, 409), ({"manifest": ""}, 409), ({"manifest": stage.project().approvals[stage.own.terms.id].manifest}, 409),
        ({"manifest": stage.portal.visit(stage.token(stage.own.anna)).approval(stage.own.first).manifest}, 409),
        ({"approval": stage.own.terms.id}, 400), ({"approval": stage.far.ask}, 400), ({"link": stage.link(stage.own.bob)}, 400),
        ({"link": stage.link(stage.far.anna, stage.far)}, 400), ({"step": "review"}, 400), ({"step": ""}, 400),
        ({"session": ""}, 403), ({"session": "x"}, 403), ({"outcome": "voided"}, 400), ({"outcome": ""}, 400),
        ({"typed_name": ""}, 400), ({"typed_name": "-"}, 400), ({"comment": "x" * 5001}, 400), ({"outcome": "declined", "comment": ""}, 400),
    ):  # fmt: skip
        answer = anna.submit(form, intent=forge(form, **changes))
        assert answer.status == status, changes
    assert stage.picture() == before
    assert (
        anna.submit(
            form, intent=forge(form, person=stage.own.bob.id, project="p-far", account="x")
        ).status
        == 303
    )
    [decision] = stage.decisions()
    assert decision.fact.person == decision.actor == stage.own.anna.id, (
        "whose cookie it is decides, no field"
    )


# -- replayed -----------------------------------------------------------------------------------


def test_a_confirmation_is_no_ticket_for_later_rounds(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Kept and sent again after every later event: the first decision stands, and none is added."""
    kept = intent_of(review(anna, base, stage.own.ask))
    assert anna.submit(kept).status == 303
    with stage.change() as change:
        change.add_version(stage.own.home, stream("third"), changed="After the decision")
    for approval in stage.project().approvals:
        answer = anna.post(f"{base}a/{approval}", kept.fields)
        assert answer.status in (303, 400, 404, 409), approval
        assert len(stage.decisions()) == 1
    with stage.change() as change:
        change.withdraw_file(stage.own.home, "Wrong")
    stage.clock.advance(days=100)
    anna.follow(stage.url(stage.own.anna))
    anna.post(f"{base}a/{stage.own.ask}", kept.fields)
    assert len(stage.decisions()) == 1


def test_a_confirmation_outlives_neither_its_link_nor_its_browser(
    stage: Stage, anna: Browser, base: str
) -> None:
    """Rotated, left and entered anew: the words were restated to somebody in another session."""
    kept = intent_of(review(anna, base, stage.own.ask))
    anna.submit(anna.get(base).form("leave"))
    anna.follow(stage.url(stage.own.anna))
    token = anna.get(base).form("leave").value("pk_csrf")
    assert anna.submit(kept).status == 403
    assert anna.submit(kept, pk_csrf=token).status == 403
    assert stage.decisions() == []


# -- words that hide ----------------------------------------------------------------------------

HIDING = {
    "escape": "\x1b[2J\x1b[31mApproved", "backspaces": "no\x08\x08yes", "carriage return": "declined\rapproved", "bidi": "\u202edevorppa\u202c",
    "isolates": "\u2066\u2067x\u2069", "line separator": "a\u2028b", "vertical": "a\x0bb\x0cc", "c1": "a\x85b\x9bc", "delete": "a\x7fb",
    "lone": "a\ud800b", "decomposed": "Ja, u\u0308berall", "tabs": "a\t\tb", "many lines": "a" + "\n" * 400 + "b", "emoji": "👍🏿" * 99,
    "zalgo": "n" + "\u0301" * 200 + "o", "long": "x" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("kind", HIDING)
def test_what_is_recorded_is_what_was_restated_and_hides_nothing(
    stage: Stage, anna: Browser, base: str, kind: str
) -> None:
    """Comment and name are cleaned before they are shown for confirmation, so nobody confirms other words."""
    form = anna.get(f"{base}a/{stage.own.ask}").form(f"a/{stage.own.ask}")
    name = "Anna " + HIDING[kind][:60]
    fields = filled(form, outcome="declined", comment=HIDING[kind], typed_name=name)
    answer = anna.ask(
        "POST",
        form.action,
        headers={"content-length": "999", "origin": anna.origin},
        form=lambda: fields,
    )
    assert answer.status == 200
    assert confirm(anna, answer).status == 303
    fact = stage.decisions()[0].fact
    assert fact.outcome is Outcome.DECLINED
    for text in (fact.comment, fact.typed_name, fact.sentence):
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
        assert not set(text) & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
        )
        assert " ".join(text.split()) in answer.text
    assert stage.portal.verify("p-own").ok


@pytest.mark.parametrize("length", [5001, 20_001, 60_000])
def test_an_overlong_comment_is_refused_whole_and_never_cut(
    stage: Stage, anna: Browser, base: str, length: int
) -> None:
    """422, with the text still in the form; a cut comment could say the opposite."""
    answer = review(anna, base, stage.own.ask, outcome="declined", comment="x" * length)
    assert answer.status == 422
    assert answer.form(f"a/{stage.own.ask}").value("comment") == "x" * length
    assert stage.decisions() == []


# -- staff as the client ------------------------------------------------------------------------


def test_a_decision_by_staff_never_looks_like_one_by_the_client(stage: Stage) -> None:
    """Recorded at the desk it says so for ever; a desk cannot make one with a link, an address or a sentence."""
    with stage.change() as change:
        change.record_decision(stage.own.ask, stage.own.anna, "approved", source="on the phone")
    entry = next(
        e
        for e in stage.portal.entries("p-own", subject=stage.own.ask)
        if e.kind == "approval.decided"
    )
    fact: Any = entry.fact
    assert (fact.recognised, fact.link, fact.typed_name, fact.confirmed, fact.sentence) == (
        "elsewhere",
        "",
        "",
        False,
        "",
    )
    assert entry.actor != stage.own.anna.id
    assert fact.source == "on the phone"
    anna, base = stage.enter(), stage.base(stage.own.anna)
    assert "on the phone" in anna.get(f"{base}a/{stage.own.ask}").text
    assert not anna.get(f"{base}a/{stage.own.ask}").has_form(f"a/{stage.own.ask}")


def test_a_decision_by_the_page_is_the_same_as_by_the_core(
    stage: Stage, anna: Browser, base: str
) -> None:
    """There is no second way around the rules: the visit refuses what the page refuses."""
    visit = stage.portal.visit(stage.token(stage.own.anna))
    for bad in ("", "0" * 64, "é"):
        with pytest.raises(Exception, match=r".") as refusal:
            visit.decide(stage.own.ask, "approved", manifest=bad, typed_name="Anna Keller")
        assert type(refusal.value).__name__ == "Outdated"
    assert decide(anna, base, stage.own.ask).status == 303
    assert len(stage.decisions()) == 1

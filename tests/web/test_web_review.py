"""The weekly review in words: in a page of the host, and as a mail."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest

from portalkit.moments import day_of
from portalkit.pages import Review
from portalkit.web.review import review_mail, review_markup
from tests.web.stage import Document, Stage

HOSTILE = '<b onclick="x">"quoted"</b> & {{ 7*7 }}\r\nBcc: evil@example.org'


@pytest.fixture
def week(stage: Stage) -> date:
    """The week in which the stage's projects were told."""
    return day_of(stage.clock(), "Europe/Berlin")


def review(stage: Stage, week: date) -> Review:
    return stage.desk.review(stage.own.id, week=week)


def test_the_page_says_what_the_week_brought(stage: Stage, week: date) -> None:
    """Counts, recaps, and by milestone the questions with who asked, and what was done."""
    visit = stage.portal.visit(stage.token(stage.own.anna))
    visit.recap()
    say = stage.web.languages.choose(("en",), "Europe/Berlin")
    page = Document(review_markup(stage.web, review(stage, week), say))
    for words in (
        "3 questions asked · 1 answered · 2 open",
        "“Where are we?” was asked once (the week before: 0) · On the page: 1",
        "Anna quokka: Which font quokka? Open",
        "Anna quokka: When quokka? answered after 1 minute",
        "Maya Lindt posted News quokka",
        "Vault mongoose",
    ):
        assert words in page.text
    assert page.elements[0].get("class").startswith("pk")
    quiet = Document(review_markup(stage.web, review(stage, date(2020, 1, 1)), say))
    assert "Nothing happened in this week." in quiet.text
    assert "“Where are we?” was asked 0 times (the week before: 0)" in quiet.text


def test_a_week_in_which_nobody_asked_says_so_beside_the_one_before(
    stage: Stage, week: date
) -> None:
    """That is what the portal is there for: in the page, and in the mail."""
    stage.portal.visit(stage.token(stage.own.anna)).recap()
    say = stage.web.languages.choose(("de",), "Europe/Berlin")
    found = review(stage, week + timedelta(days=7))
    mail = review_mail(stage.web, found, say, to="a@b.example", sender="c@d.example")
    for text in (Document(review_markup(stage.web, found, say)).text, mail.text):
        assert "„Wie ist der Stand der Dinge?“ wurde 0-mal gefragt" in text
        assert "(in der Woche davor: 1)" in text


def test_the_mail_says_the_same_in_both_its_forms(stage: Stage, week: date) -> None:
    """The same review to the same address has the same id; in the recipient's language."""
    say = stage.web.languages.choose(("de",), "Europe/Berlin")

    def mail(to: str = "maya@agency.example") -> object:
        return review_mail(
            stage.web,
            review(stage, week),
            say,
            to=to,
            to_name="Maya Lindt",
            sender="portal@agency.example",
            url="https://agency.example/projects/1",
        )

    message = mail()
    assert message == mail()
    assert message.id != mail("tom@agency.example").id  # type: ignore[attr-defined]
    for text in (message.text, Document(message.html).text):  # type: ignore[attr-defined]
        assert "3 Fragen gestellt" in text
        assert "Which font quokka?" in text
        assert "Relaunch quokka" in text
    assert message.text.endswith("https://agency.example/projects/1\n")  # type: ignore[attr-defined]
    assert not re.search(r"\n\n\n\n", message.text)  # type: ignore[attr-defined]


def test_hostile_words_stay_words(stage: Stage, week: date) -> None:
    """They add no element to the markup, no header to the mail, and stand unescaped in plain text."""
    with stage.change() as change:
        change.describe(title="T " + HOSTILE.replace("\r\n", " "))
    stage.portal.visit(stage.token(stage.own.anna)).ask(stage.own.design, HOSTILE)
    say = stage.web.languages.choose(("en",), "Europe/Berlin")
    found = review(stage, week)
    page = Document(review_markup(stage.web, found, say))
    assert not [e for e in page.elements if e.tag == "b" or e.get("onclick")]
    message = review_mail(stage.web, found, say, to="a@b.example", sender="c@d.example")
    assert '<b onclick="x">"quoted"</b> & {{ 7*7 }} Bcc: evil@example.org' in message.text
    parsed = message_from_bytes(bytes(message.email()), policy=policy.default)
    assert parsed["Bcc"] is None
    assert parsed["To"] == "a@b.example"
    assert not [e for e in Document(message.html).elements if e.tag == "b"]

"""What was first written of questions, recaps and notices is read for ever: recorded once, never made anew."""

from __future__ import annotations

from typing import Any

from portalkit import NoticeMode, QuestionState, RecapRecorded, RecapSource, Reminders
from portalkit.codec import entry_of
from portalkit.fold import fold, fold_question
from tests.core.golden import recorded
from tests.core.test_golden import id_

ENTRIES = [entry_of(row) for row in recorded("notices")]
PROJECT: Any = fold(ENTRIES)
ANNA = id_("anna")


def test_its_schedules_of_reminders() -> None:
    assert PROJECT.approvals[id_("ask")].reminders == Reminders(2, None, (3, 1), (7,), 4)
    assert PROJECT.requests[id_("logo")].reminders == Reminders(None, None, (), (), 0)
    assert PROJECT.reminded == {
        f"{id_(name)}/{ANNA}": (1, ENTRIES[-1].at) for name in ("ask", "logo")
    }


def test_what_people_were_told_and_what_failed() -> None:
    anna, maya = (PROJECT.subscription_of(id_(name)) for name in ("anna", "maya"))
    assert (anna.mode, anna.told, anna.problem) == (NoticeMode.WEEKLY, 8, "")
    assert (maya.told, maya.attempts, maya.problem) == (16, 0, "550 5.1.1")
    halfway: Any = fold(ENTRIES[:9])
    failing = halfway.subscription_of(ANNA)
    assert (failing.attempts, failing.problem) == (2, "451 4.3.0")
    assert failing.failed_at == ENTRIES[8].at
    assert (halfway.hooked["invoicing"].attempts, halfway.hooked["invoicing"].through) == (1, 6)
    assert (PROJECT.hooked["invoicing"].attempts, PROJECT.hooked["invoicing"].through) == (0, 17)


def test_what_people_still_have_to_be_told() -> None:
    assert [(item.seq, item.people) for item in PROJECT.news] == [
        (seq, (ANNA,)) for seq in (12, 13, 14)
    ]


def test_its_question() -> None:
    question: Any = fold_question(entry for entry in ENTRIES if entry.subject == id_("font"))
    assert question == PROJECT.questions[id_("font")]
    assert (question.person, question.about) == (ANNA, id_("ask"))
    assert [remark.text for remark in question.remarks] == ["Which fönt is this?", "It is *Inter*."]
    assert question.state is QuestionState.OPEN


def test_its_recaps() -> None:
    assert PROJECT.recaps == {ANNA: ENTRIES[14].at}
    recorded = ENTRIES[15].fact
    assert isinstance(recorded, RecapRecorded)
    assert (recorded.source, recorded.note) == (RecapSource.CALL, "Wants to know the date")

"""What was first written of mails that came back is read for ever: recorded once, never made anew."""

from __future__ import annotations

from typing import Any

from portalkit.codec import entry_of
from portalkit.fold import fold
from tests.core.golden import recorded
from tests.core.test_golden import id_

ENTRIES = [entry_of(row) for row in recorded("bounces")]
PROJECT: Any = fold(ENTRIES)


def test_whom_mail_does_not_reach() -> None:
    anna, bob = (PROJECT.subscription_of(id_(name)) for name in ("anna", "bob"))
    assert (anna.problem, anna.bounced_at, anna.told) == ("5.1.1", ENTRIES[4].at, 3)
    assert (bob.problem, bob.bounced_at) == ("", None), "a later mail was accepted"
    before: Any = fold(ENTRIES[:6])
    assert before.subscription_of(id_("bob")).problem == "mailbox full"
    assert PROJECT.recent == before.recent

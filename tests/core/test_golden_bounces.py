"""What was first written of mails that came back is read for ever: recorded once, never made anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve

from portalkit.codec import GENESIS, entry_of, verify_row
from portalkit.fold import fold
from portalkit.storage import Row
from tests.core.test_golden import id_

CHAIN = "dc30c15032922f0ca1e5b6ade274209f8daba28f22abad391fb99b2b5d806431"
GOLDEN = Path(__file__).parent.parent / "golden" / "bounces.jsonl"
ROWS = [Row(**json.loads(line)) for line in GOLDEN.read_text("utf-8").splitlines()]
ENTRIES = [entry_of(row) for row in ROWS]
PROJECT: Any = fold(ENTRIES)


def test_every_row_verifies_also_when_it_is_redacted() -> None:
    chain = GENESIS
    for seq, row in enumerate(ROWS, start=1):
        assert verify_row(row, previous=chain, seq=seq) == ""
        assert verify_row(evolve(row, sealed=""), previous=chain, seq=seq) == ""
        chain = row.chain
    assert chain == CHAIN


def test_whom_mail_does_not_reach() -> None:
    anna, bob = (PROJECT.subscription_of(id_(name)) for name in ("anna", "bob"))
    assert (anna.problem, anna.bounced_at, anna.told) == ("5.1.1", ENTRIES[4].at, 3)
    assert (bob.problem, bob.bounced_at) == ("", None), "a later mail was accepted"
    before: Any = fold(ENTRIES[:6])
    assert before.subscription_of(id_("bob")).problem == "mailbox full"
    assert PROJECT.recent == before.recent

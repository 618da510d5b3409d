"""Rows and snapshots: what goes in comes out, personal text apart, and nothing depends on snapshots."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import BrokenLog, UnknownFact
from portalkit.canonical import digest, is_canonical
from portalkit.codec import (
    GENESIS,
    entry_of,
    fold_id,
    read_snapshot,
    row_of,
    verify_row,
    write_snapshot,
)
from portalkit.facts import KINDS, Fact, Line, sealed_fields
from portalkit.fold import FOLD_NUMBER, fold
from portalkit.storage import Row
from tests.core.world import (
    LOGS,
    Move,
    facts,
    journeys,
    log_of,
    make_portal,
    play,
    with_marked_secrets,
)

EVERY_KIND = pytest.mark.parametrize("kind", list(KINDS))
WITH_SECRETS = [kind for kind, cls in KINDS.items() if sealed_fields(cls)]
WITHOUT_SECRETS = [kind for kind in KINDS if kind not in WITH_SECRETS]


def row_from(fact: Fact) -> Row:
    line = Line(fact, milestone="m1", subject="s1")
    return row_of(line, project="p", seq=1, at=5, actor="a1", previous=GENESIS)


@EVERY_KIND
@given(data=st.data())
@settings(max_examples=12)
def test_every_fact_comes_back_from_its_row_as_it_went_in(kind: str, data: Any) -> None:
    fact = data.draw(facts(kind))
    row = row_from(fact)
    entry = entry_of(row)
    assert entry.fact == fact
    assert type(entry.fact) is KINDS[kind]
    assert entry.kind == row.kind == kind
    assert (entry.project, entry.seq, entry.at, entry.actor) == ("p", 1, 5, "a1")
    assert (entry.milestone, entry.subject, entry.chain) == ("m1", "s1", row.chain)


@EVERY_KIND
@given(data=st.data())
@settings(max_examples=5)
def test_both_texts_of_a_row_are_canonical_and_verify(kind: str, data: Any) -> None:
    row = row_from(data.draw(facts(kind)))
    assert is_canonical(row.data)
    assert row.sealed == "" or is_canonical(row.sealed)
    assert row.sealed_digest == digest(row.sealed)
    assert verify_row(row, previous=GENESIS, seq=1) == ""


@pytest.mark.parametrize("kind", WITH_SECRETS)
def test_personal_text_is_sealed_and_never_in_data(kind: str) -> None:
    row = row_from(with_marked_secrets(kind))
    personal = sealed_fields(KINDS[kind])
    assert personal.isdisjoint(json.loads(row.data))
    assert "PERSONAL" not in row.data
    assert {f"PERSONAL-{name}" for name in personal} <= set(json.loads(row.sealed).values())


@pytest.mark.parametrize("kind", WITH_SECRETS)
def test_equal_personal_text_has_another_digest_each_time(kind: str) -> None:
    """The salt keeps anybody from guessing a name and comparing digests after redaction."""
    one, two = row_from(with_marked_secrets(kind)), row_from(with_marked_secrets(kind))
    assert one.data == two.data
    assert one.sealed_digest != two.sealed_digest
    assert len(bytes.fromhex(json.loads(one.sealed)["salt"])) == 16


@pytest.mark.parametrize("kind", WITHOUT_SECRETS)
def test_a_fact_without_personal_text_has_nothing_sealed(kind: str) -> None:
    assert row_from(with_marked_secrets(kind)).sealed == ""


@pytest.mark.parametrize("kind", WITH_SECRETS)
def test_a_redacted_row_verifies_and_says_all_but_who(kind: str) -> None:
    fact = with_marked_secrets(kind)
    redacted = evolve(row_from(fact), sealed="")
    assert verify_row(redacted, previous=GENESIS, seq=1) == ""
    assert entry_of(redacted).fact == evolve(fact, **dict.fromkeys(sealed_fields(type(fact)), ""))


def test_the_personal_fields_are_the_ones_that_were_agreed() -> None:
    """Sealing another field, or none any more, changes what redaction takes away: do it on purpose."""
    assert {kind: sorted(sealed_fields(KINDS[kind])) for kind in WITH_SECRETS} == {
        "question.asked": ["text"],
        "recap.recorded": ["note"],
        "person.added": ["email", "name", "ref"],
        "person.changed": ["email", "name"],
        "link.issued": ["email", "nonce"],
        "link.rotated": ["nonce"],
        "file.delivered": ["name", "note"],
        "approval.decided": [
            "address", "comment", "sentence", "session", "typed_name", "user_agent",
        ],
    }  # fmt: skip


def test_every_personal_field_may_be_empty() -> None:
    """Or else a redacted row could not be read."""
    for kind in WITH_SECRETS:
        sealed = [f for f in fields(KINDS[kind]) if f.metadata.get("sealed")]
        assert [f.default for f in sealed] == [""] * len(sealed), kind


def test_an_unknown_kind_is_kept_word_for_word() -> None:
    row = Row("p", 1, 5, "a1", "m1", "s1", "future.thing", '{"x":[1]}', '{"y":"z"}', "d", "c")
    fact = entry_of(row).fact
    assert fact == UnknownFact("future.thing", '{"x":[1]}', '{"y":"z"}')
    again = row_from(fact)
    assert (again.kind, again.data, again.sealed) == (row.kind, row.data, row.sealed)


@pytest.mark.parametrize(
    "data", ["{}", "[]", "null", "", "{", '{"title":"T"}', '{"status":"nonsense"}', "not json"]
)
def test_a_row_that_does_not_hold_what_its_kind_needs_is_a_broken_log(data: str) -> None:
    row = Row("p", 7, 5, "a1", "", "", "project.status", data, "", "", "")
    with pytest.raises(BrokenLog) as refusal:
        entry_of(row)
    assert refusal.value.evidence == {"project": "p", "seq": 7, "kind": "project.status"}


# -- snapshots ----------------------------------------------------------------------------------


@given(journeys())
@settings(max_examples=40)
def test_a_snapshot_comes_back_as_the_project_it_was_taken_of(moves: list[Move]) -> None:
    portal = make_portal()
    play(portal, moves)
    project = portal.project("p")
    snapshot = read_snapshot(write_snapshot("c1", project))
    assert snapshot is not None
    assert snapshot.chain == "c1"
    assert snapshot.project == project
    assert list(snapshot.project.milestones) == list(project.milestones)
    assert list(snapshot.project.approvals) == list(project.approvals)


@given(LOGS.filter(bool), st.data())
@settings(max_examples=60)
def test_a_snapshot_and_the_rows_after_it_fold_to_what_the_whole_log_folds_to(
    lines: list[Line], data: Any
) -> None:
    entries = [entry_of(row) for row in log_of(lines)]
    whole = fold(entries)
    cut = data.draw(st.integers(1, len(entries)))
    start = fold(entries[:cut])
    assert start is not None
    snapshot = read_snapshot(write_snapshot("c1", start))
    assert snapshot is not None
    assert fold(entries[cut:], snapshot.project) == whole


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[]", "null", '"text"', '{"chain":"c"}', '{"chain":"c","project":{}}']
)
def test_a_snapshot_that_cannot_be_read_is_none(text: str) -> None:
    assert read_snapshot(text) is None


def test_the_name_of_the_fold_starts_with_the_number_kept_by_hand() -> None:
    assert fold_id().partition("-")[0] == str(FOLD_NUMBER)


def test_every_process_names_the_fold_alike_whatever_it_did_before() -> None:
    """Or else one process would throw away the snapshots of another."""
    busy = (
        "from portalkit.codec import *; from portalkit.facts import *; from portalkit.model import *;"
        "read_snapshot(write_snapshot('', Project('p', '', '')));"
        "row_of(Line(MilestoneAdded('x')), project='p', seq=1, at=1, actor='', previous=GENESIS);"
    )
    for before in ("", busy):
        code = f"{before}from portalkit.codec import fold_id; print(fold_id())"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.stdout.strip() == fold_id(), run.stderr

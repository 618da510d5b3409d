"""The chain: whatever somebody does to the rows of a log, its verification names the first wrong row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import NotFound, Portal
from portalkit.canonical import digest
from portalkit.codec import GENESIS, chain_of, fold_id, verify_row
from portalkit.facts import Line
from portalkit.storage import Head, Row
from tests.core.world import LINES, Doctored, Scene, log_of, make_portal

LOGS = st.lists(LINES, min_size=2, max_size=8)
Edit = Callable[[list[Row]], list[Row]]


def first_problem(rows: list[Row]) -> tuple[int, str]:
    """The place of the first wrong row and what is wrong; (0, "") if none is."""
    chain = GENESIS
    for seq, row in enumerate(rows, start=1):
        problem = verify_row(row, previous=chain, seq=seq)
        if problem:
            return seq, problem
        chain = row.chain
    return 0, ""


def chained(rows: list[Row]) -> list[Row]:
    """Rows as somebody would write them who knows how the chain is made."""
    done: list[Row] = []
    for seq, row in enumerate(rows, start=1):
        row = evolve(row, seq=seq)
        done.append(evolve(row, chain=chain_of(done[-1].chain if done else GENESIS, row)))
    return done


@given(LOGS)
@settings(max_examples=30)
def test_a_log_as_it_was_written_verifies(lines: list[Line]) -> None:
    assert first_problem(log_of(lines)) == (0, "")


@given(LOGS, st.data())
@settings(max_examples=100)
def test_an_edited_row_is_found_whichever_column_was_edited(lines: list[Line], data: Any) -> None:
    rows = log_of(lines)
    at = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(
        st.sampled_from(
            ["at", "actor", "milestone", "subject", "kind", "data", "sealed_digest", "chain"]
        )
    )
    old = getattr(rows[at], name)
    rows[at] = evolve(rows[at], **{name: old + 1 if name == "at" else old + "x"})
    assert first_problem(rows)[0] == at + 1


@given(LOGS, st.data())
@settings(max_examples=50)
def test_edited_personal_text_is_found(lines: list[Line], data: Any) -> None:
    rows = log_of(lines)
    at = data.draw(st.integers(0, len(rows) - 1))
    rows[at] = evolve(rows[at], sealed=rows[at].sealed + " ")
    assert first_problem(rows) == (at + 1, "sealed: the personal text is not what was sealed")


@given(LOGS, st.data(), st.booleans())
@settings(max_examples=50)
def test_a_deleted_row_is_found_even_if_the_rest_is_renumbered(
    lines: list[Line], data: Any, renumber: bool
) -> None:
    rows = log_of(lines)
    at = data.draw(st.integers(0, len(rows) - 2))
    del rows[at]
    if renumber:
        rows = [evolve(row, seq=seq) for seq, row in enumerate(rows, start=1)]
    assert first_problem(rows)[0] == at + 1


@given(LOGS, st.data(), st.booleans())
@settings(max_examples=50)
def test_swapped_rows_are_found(lines: list[Line], data: Any, renumber: bool) -> None:
    rows = log_of(lines)
    at = data.draw(st.integers(0, len(rows) - 2))
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    if renumber:
        rows = [evolve(row, seq=seq) for seq, row in enumerate(rows, start=1)]
    assert first_problem(rows)[0] == at + 1


@given(LOGS)
@settings(max_examples=20)
def test_the_rows_of_another_log_do_not_continue_this_one(lines: list[Line]) -> None:
    rows, others = log_of(lines), log_of(lines[::-1])
    foreign = evolve(others[0], seq=len(rows) + 1)
    assert first_problem([*rows, foreign]) == (
        len(rows) + 1,
        "chain: the entry does not follow the one before it",
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"actor": "a\nm", "milestone": "s", "subject": ""},
        {"actor": "am", "milestone": "", "subject": "s"},
        {"actor": "", "milestone": "am", "subject": "s"},
        {"actor": "a", "milestone": "m", "subject": "", "kind": "snote.x"},
    ],
)
def test_text_moved_from_one_column_to_the_next_changes_the_chain(columns: dict[str, str]) -> None:
    row = Row("p", 1, 1, "a", "m", "s", "note.x", "{}", "", digest(""), "")
    assert chain_of(GENESIS, evolve(row, **columns)) != chain_of(GENESIS, row)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param('{"title":"A","title":"B"}', id="duplicate key"),
        pytest.param('{"title": "A"}', id="space"),
        pytest.param('{"title":"e\u0301"}', id="not in normal form C"),
        pytest.param('{"due":NaN,"title":"A"}', id="NaN"),
        pytest.param('{"size":9007199254740993,"title":"A"}', id="big integer"),
    ],
)
def test_ambiguous_text_is_found_even_under_a_chain_that_fits(data: str) -> None:
    row = Row("p", 1, 1, "a", "m", "", "milestone.added", data, "", digest(""), "")
    assert first_problem(chained([row])) == (1, "text: the entry is not canonical JSON")


def test_text_that_says_nothing_is_found_even_under_a_chain_that_fits() -> None:
    row = Row("p", 1, 1, "a", "m", "", "milestone.added", "{}", "", digest(""), "")
    assert first_problem(chained([row]))[1] == "text: the entry does not hold what its kind needs"


# -- the whole project --------------------------------------------------------------------------


def verified(scene: Scene, edit: Edit | None = None, head: Any = None) -> Any:
    """What a verification says after somebody edited rows or head."""
    store = Doctored(
        scene.portal.ledger.store, rows=edit or (lambda rows: rows), head=head or (lambda h: h)
    )
    return make_portal(store).verify(scene.id)


def test_a_project_as_it_was_written_verifies(scene: Scene) -> None:
    result = scene.portal.verify(scene.id)
    assert result.ok
    assert (result.seq, result.problem) == (0, "")
    assert result.entries == len(scene.portal.entries(scene.id)) == scene.project.version
    assert result.chain == scene.desk.state(scene.id).chain


def test_a_verification_of_nothing_is_refused(portal: Portal) -> None:
    with pytest.raises(NotFound):
        portal.verify("nothing")


def _forged(rows: list[Row]) -> list[Row]:
    """Another word in the third row, and the chain made anew from there."""
    data = json.dumps(json.loads(rows[2].data) | {"role": "Boss"}, separators=(",", ":"))
    return chained([*rows[:2], evolve(rows[2], data=data), *rows[3:]])


@pytest.mark.parametrize(
    ("edit", "seq", "problem"),
    [
        pytest.param(
            lambda rows: [*rows[:4], evolve(rows[4], at=0), *rows[5:]], 5, "chain", id="edited"
        ),
        pytest.param(lambda rows: [*rows[:4], *rows[5:]], 5, "sequence", id="deleted"),
        pytest.param(
            lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]], 5, "sequence", id="swapped"
        ),
        pytest.param(lambda rows: rows[:-2], 0, "head: it counts", id="tail cut off"),
        pytest.param(lambda rows: [], 0, "head: it counts", id="all rows gone"),
        pytest.param(_forged, 0, "head: its chain", id="forged with a chain that fits"),
        pytest.param(
            lambda rows: chained([*rows, rows[-1]]), 18, "head: it does not know", id="appended"
        ),
    ],
)
def test_what_was_done_to_the_rows_is_found_and_named(
    scene: Scene, edit: Edit, seq: int, problem: str
) -> None:
    result = verified(scene, edit)
    assert not result.ok
    assert result.seq == seq
    assert result.problem.startswith(problem)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"chain": "0" * 64}, "head: its chain"),
        ({"version": 3}, "head: "),
        *(({name: "forged"}, f"head: the column {name}") for name in ("account", "ref", "client")),
        *(({name: "forged"}, f"head: the column {name}") for name in ("client_name", "title")),
        *(({name: 7}, f"head: the column {name}") for name in ("waiting_since", "next_due")),
        *(({name: 7}, f"head: the column {name}") for name in ("pending", "waiting_us_since")),
        *(({name: 7}, f"head: the column {name}") for name in ("created_at", "updated_at")),
        ({"status": "archived"}, "head: the column status"),
    ],
)
def test_what_was_done_to_the_head_is_found_and_named(
    scene: Scene, changes: dict[str, Any], problem: str
) -> None:
    result = verified(scene, head=lambda head: evolve(head, **changes))
    assert not result.ok
    assert result.problem.startswith(problem)


def test_an_edited_snapshot_is_found(scene: Scene) -> None:
    def edited(head: Head) -> Head:
        assert head.doc is not None
        assert head.fold == fold_id()
        return evolve(head, doc=head.doc.replace("Acme", "Evil"))

    assert verified(scene, head=edited).problem.startswith("snapshot: ")


def test_the_snapshot_of_another_fold_is_not_judged(scene: Scene) -> None:
    assert verified(scene, head=lambda head: evolve(head, doc="rubbish", fold="0-old")).ok


def test_a_redacted_project_verifies(scene: Scene) -> None:
    """Redaction takes who away, and what was decided stays proved."""

    def redacted(rows: list[Row]) -> list[Row]:
        return [evolve(row, sealed="") for row in rows]

    assert any(row.sealed for row in scene.portal.ledger.store.history(scene.id))
    assert verified(scene, redacted, head=lambda head: evolve(head, fold="")).ok


def test_another_name_in_the_place_of_a_sealed_one_is_found(scene: Scene) -> None:
    def renamed(rows: list[Row]) -> list[Row]:
        return [evolve(row, sealed=row.sealed.replace("Anna", "Evil")) for row in rows]

    result = verified(scene, renamed)
    assert result.problem == "sealed: the personal text is not what was sealed"
    assert scene.portal.entries(scene.id)[result.seq - 1].subject == scene.anna.id


def test_others_who_write_during_a_verification_do_not_disturb_it(scene: Scene) -> None:
    store = scene.portal.ledger.store

    def while_others_write(rows: list[Row]) -> list[Row]:
        with scene.change() as change:
            change.post_update(scene.design, "More")
        return list(store.history(scene.id))

    assert verified(scene, while_others_write).ok

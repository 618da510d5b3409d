"""Canonical JSON: one text for one value, and nothing that has several spellings."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portalkit import Invalid
from portalkit.canonical import canonical, digest, is_canonical
from tests.core.world import INTEGER, TEXT

VALUES = st.recursive(
    st.none() | st.booleans() | INTEGER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=150)
def test_a_value_has_one_text_which_reads_back_as_the_value(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert is_canonical(text)


@given(st.dictionaries(TEXT, INTEGER, max_size=6))
@settings(max_examples=50)
def test_the_order_in_which_keys_were_set_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_the_text_has_sorted_keys_no_spaces_and_no_escapes_that_are_not_needed() -> None:
    assert canonical({"b": [1, True, None], "a": "é\n"}) == '{"a":"é\\n","b":[1,true,null]}'


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.5, id="float"),
        pytest.param(1.0, id="float that is whole"),
        pytest.param(float("nan"), id="NaN"),
        pytest.param(2**53, id="big integer"),
        pytest.param(-(2**53), id="big negative integer"),
        pytest.param("a\0b", id="NUL"),
        pytest.param("é\0", id="NUL beside other letters"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("e\u0301", id="not in normal form C"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param({1, 2}, id="set"),
    ],
)
def test_what_has_no_single_form_is_refused_wherever_it_stands(value: Any) -> None:
    for whole in (value, [value], {"key": {"deep": value}}):
        with pytest.raises(Invalid):
            canonical(whole)


@pytest.mark.parametrize("key", [1, None, "a\0", "\udfff", "e\u0301"])
def test_keys_are_clean_strings(key: Any) -> None:
    with pytest.raises(Invalid):
        canonical({key: 1})


def test_the_largest_integers_that_every_reader_holds_are_accepted() -> None:
    assert canonical([2**53 - 1, 1 - 2**53]) == "[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":1,"a":1}', id="duplicate key"),
        pytest.param('{"a":1,"a":2}', id="duplicate key, two values"),
        pytest.param('{"a": 1}', id="space"),
        pytest.param(" {}", id="space before"),
        pytest.param("{}\n", id="line feed after"),
        pytest.param('{"b":1,"a":2}', id="unsorted"),
        pytest.param("1.0", id="float"),
        pytest.param("1e2", id="exponent"),
        pytest.param("-0", id="minus zero"),
        pytest.param("NaN", id="NaN"),
        pytest.param("9007199254740992", id="big integer"),
        pytest.param("9" * 5000, id="absurd integer"),
        pytest.param('"\\u0041"', id="needless escape"),
        pytest.param('"\\/"', id="escaped slash"),
        pytest.param('"\\u000A"', id="another escape of a line feed"),
        pytest.param('"e\u0301"', id="not in normal form C"),
        pytest.param('"\\u0000"', id="NUL"),
        pytest.param('"\\ud800"', id="lone surrogate"),
        pytest.param("", id="nothing"),
        pytest.param("{", id="cut"),
        pytest.param("[" * 100_000, id="too deep"),
    ],
)
def test_any_other_spelling_is_not_canonical(text: str) -> None:
    assert not is_canonical(text)


def test_the_digest_is_the_sha256_of_the_text_in_utf_8() -> None:
    assert digest("é") == hashlib.sha256("é".encode()).hexdigest()

"""A plain line takes a shorter way to HTML than Markdown does, and arrives as the same."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalkit.web import markdown as module

LINES = st.one_of(
    st.text("ab é1.)-:/\"'(?;,%–—…_*\n", min_size=1, max_size=12),
    st.text(st.characters(categories=["L", "N", "Z", "P"]), min_size=1, max_size=12),
)


@given(LINES)
def test_a_plain_line_is_what_markdown_makes_of_it(line: str) -> None:
    line = unicodedata.normalize("NFC", line)
    short = module.markdown(line, keep=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PLAIN", re.compile(r"(?!)"))
        assert module.markdown(line, keep=False) == short


@pytest.mark.parametrize(
    "line", ["*bold*", "a_b_c", "a <b>", "a & b", "1. one", "- one", "a ", "a\nb", "# a", "`a`"]
)
def test_a_line_that_may_mean_something_goes_through_markdown(line: str) -> None:
    assert not module._PLAIN.fullmatch(line)

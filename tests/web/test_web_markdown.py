"""What clients write cannot make a page huge, nor fill the memory of a worker."""

from __future__ import annotations

import pytest

from portalkit.web import markdown as module
from portalkit.web.markdown import markdown
from tests.web.stage import Browser, Stage, review

LIMIT = 5000

GREEDY = {
    "references": f"[a]: http://x/{'漢' * 2400}\n\n" + "[a]" * 800,
    "short rows under a wide header": f"{'|' * 210}\n|{'-|' * 209}\n" + "x\n" * 2000,
    "many such tables": (f"{'|a' * 20}\n{'|-' * 20}\n" + "x\n" * 60 + "\n") * 25,
    "quotes in quotes": (">" * 10 + "\n\n") * 400,
    "lists in lists": ("- " * 10 + "x\n\n") * 200,
    "empty links": "[](a)" * 1000,
    "small tables": "|a\n|-\n\n" * 700,
}


@pytest.mark.parametrize("text", GREEDY.values(), ids=GREEDY.keys())
def test_html_is_never_many_times_as_long_as_its_text(text: str) -> None:
    """Twenty times at most, whatever the text is made of."""
    text = text[:LIMIT]
    assert len(markdown(text)) <= 20 * len(text)


def test_a_text_that_would_grow_too_much_is_shown_as_it_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Escaped, line by line; nothing is left out."""
    assert markdown(">>") == "<p>&gt;&gt;</p>"
    monkeypatch.setattr(module, "_GROWTH", 1)
    assert markdown("*a* <b>\n\nc", keep=False) == "<p>*a* &lt;b&gt;<br>\n<br>\nc</p>"


def test_a_table_that_was_written_out_stays_a_table() -> None:
    """Cells may be empty, rows short, and the marks at both ends left out; only many short rows are refused."""
    for text in (
        "a|b\n-|-\n1|2",
        "|a|b|c|\n|-|-|-|\n|1|2|3|\n||||\n|1|",
        "|Part|Price|\n|:-|-:|\n|Logo|300|\n\nThanks",
        "> |a|b|\n> |-|-|\n> |1|2|",
    ):
        assert "<table>" in markdown(text), text
    assert "<table>" not in markdown("|a|b|c|d|\n|-|-|-|-|\n" + "x\n" * 30)


def test_there_are_no_references() -> None:
    """A link holds its own address; one that stands elsewhere in the text is no link."""
    assert "<a" not in markdown("[a]: http://x.example/\n\n[a] [b][a]")
    assert 'href="http://x.example/"' in markdown("*[a](http://x.example/)*")


def test_what_was_rendered_is_kept_within_a_number_of_bytes() -> None:
    """However many texts there are: the least used go."""
    module.forget()
    for number in range(400):
        markdown(f"{number} " + "[](a)" * 900)
    kept = sum(len(html) for _, html in module._KEPT._kept.values())
    assert 1_000_000 < kept < 5_000_000


def test_a_draft_is_not_kept(stage: Stage, anna: Browser, base: str) -> None:
    """The first step of a decision writes nothing, and leaves nothing in memory."""
    answer = review(anna, base, stage.own.ask, outcome="declined", comment="not *ours*")
    assert "not <em>ours</em>" in answer.raw
    assert not any("ours" in html for _, html in module._KEPT._kept.values())


@pytest.mark.parametrize("depth", [1, 5, 9, 10, 19, 20, 21, 60])
@pytest.mark.parametrize("kind", ["quotes", "lists"])
def test_no_word_is_lost_however_deep_it_lies(kind: str, depth: int) -> None:
    """The parser drops what lies too deep; then the text is shown as it was typed."""
    lists = "".join(f"{'  ' * level}- item\n" for level in range(depth - 1))
    text = ">" * depth + "word" if kind == "quotes" else f"{lists}{'  ' * (depth - 1)}- word"
    assert "word" in markdown(text)

"""Screens of plain lines: nothing is lost, nothing is too wide, and a terminal shows the same."""

from __future__ import annotations

import io

import pytest
from fakes.ui import as_text
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.ui.light import Piece, answer, cells, indented, mark, next_step, pairs, remark, screen, table, wrapped
from geos.wizard.ui.terminal import Terminal

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
TEXT = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)


@given(TEXT, st.integers(20, 120))
def test_wrapping_breaks_between_words_and_loses_none(text: str, width: int) -> None:
    lines = wrapped((Piece(text),), width)
    told = ["".join(piece.text for piece in line) for line in lines]
    assert " ".join(told).split() == text.split()
    for line in told:
        assert cells(line) <= width or len(line.split()) == 1


@given(st.lists(st.tuples(WORDS, TEXT, st.integers(0, 10**6).map(str)), min_size=1, max_size=8), st.integers(60, 140))
def test_tables_are_aligned_and_lose_nothing(rows: list[tuple[str, str, str]], width: int) -> None:
    shown = screen(table(("name", "words", "figure"), rows, right=[2], keep=[0])).plain(width)
    for name, words, figure in rows:
        assert all(word in shown for word in (name, figure))
        assert set(words.split()) <= set(shown.split()) | {words}
    ends = {len(line) for line in shown.splitlines()[:1]}
    assert ends == {shown.splitlines()[0].rindex("figure") + len("figure")}


def everything() -> object:
    return screen(
        answer("The answer in a sentence that is longer than a narrow terminal would show on one of its lines."),
        indented("! It may be short."),
        table(("#", "instance"), [("1", "c5.9xlarge"), ("2", mark("ok"))], right=[0]),
        None,
        pairs([("speed", "184 simulated days a day"), ("", "from 4x5")]),
        remark("A quiet paragraph."),
        next_step(("geos-recommend --grid 4x5 --days 365 --explain c5.9xlarge", "where its figures come from")),
    )


@pytest.mark.parametrize("width", [50, 80, 132])
def test_a_terminal_shows_what_a_file_gets(width: int) -> None:
    shown = everything()
    in_file = shown.plain(width)  # type: ignore[attr-defined]
    on_screen = "".join(f"{line.rstrip()}\n" for line in as_text(shown, width=width).splitlines())
    assert on_screen == in_file
    assert "\x1b[" in as_text(shown, width=width, colour=True)


def test_commands_are_never_broken() -> None:
    line = next(x for x in everything().plain(40).splitlines() if "geos-recommend" in x)  # type: ignore[attr-defined]
    assert line == "  next  geos-recommend --grid 4x5 --days 365 --explain c5.9xlarge"


def test_a_file_gets_plain_lines_of_the_width_that_columns_tells() -> None:
    out = io.StringIO()
    Terminal(environ={"COLUMNS": "50"}, stdin=io.StringIO(), stdout=out, stderr=io.StringIO()).show(everything())
    assert out.getvalue() == everything().plain(50)  # type: ignore[attr-defined]

"""Labels cover neither each other nor the marks, whatever lies around."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.ui.plots.labels import Box, place

AREA = Box(0, 0, 60, 20)
cells = st.tuples(st.integers(0, 59), st.integers(0, 19))


def box(cell: tuple[int, int]) -> Box:
    return Box(cell[0], cell[1], cell[0] + 1, cell[1] + 1)


@given(st.lists(st.tuples(cells, st.integers(1, 15)), max_size=20), st.lists(cells, max_size=10))
def test_nothing_is_covered(wanted: list[tuple[tuple[int, int], int]], others: list[tuple[int, int]]) -> None:
    marks = [box(cell) for cell, _ in wanted] + [box(cell) for cell in others]
    found = place([(box(cell), width, 1) for cell, width in wanted], AREA, never_on=marks)
    placed = [at for at in found if at is not None]
    assert len(found) == len(wanted)
    for i, at in enumerate(placed):
        assert at.within(AREA)
        assert not any(at.overlaps(other) for other in (*marks, *placed[:i]))


@given(cells, st.integers(1, 15))
def test_a_single_label_always_finds_a_place(cell: tuple[int, int], width: int) -> None:
    assert place([(box(cell), width, 1)], AREA, never_on=[box(cell)]) != [None]


def test_it_stands_right_of_its_mark_unless_a_line_runs_there() -> None:
    mark = box((10, 10))
    assert place([(mark, 5, 1)], AREA, never_on=[mark]) == [Box(12, 10, 17, 11)]
    line = [box((column, 10)) for column in range(11, 40)]
    assert place([(mark, 5, 1)], AREA, never_on=[mark], rather_not_on=line) == [Box(4, 10, 9, 11)]

"""Any figure fits the terminal and can be read without colour."""

from __future__ import annotations

import io
import re

import pytest
from fakes.ui import ScriptedUi, as_text
from hypothesis import given
from hypothesis import strategies as st
from parts.figures import COST, figures, one_axis
from rich.console import Console

from geos.wizard.ui.plots import Axis, Figure, Point, Series, drawn, show
from geos.wizard.ui.plots.grid import ASCII, UNICODE
from geos.wizard.ui.plots.text import LEAST_WIDTH, draw
from geos.wizard.ui.terminal import Terminal


def lines(figure: Figure, width: int = 80, *, ascii_only: bool = False) -> list[str]:
    return [line.plain for line in draw(figure, width, ASCII if ascii_only else UNICODE)]


@given(figures, st.integers(1, 200), st.booleans())
def test_any_figure_fits_the_width(figure: Figure, width: int, ascii_only: bool) -> None:
    found = draw(figure, width, ASCII if ascii_only else UNICODE)
    assert max(line.cell_len for line in found) <= max(width, LEAST_WIDTH)
    if ascii_only:
        assert all(line.plain.isascii() for line in found)


def test_everything_that_must_be_known_is_there() -> None:
    text = "\n".join(lines(COST))
    for words in (
        "365 days at 4x5: time against cost", "Cost of the run [USD], log scale", "Wall time [days], log scale",
        "● Spot", "▲ On-Demand", "─ nothing is both cheaper and faster", "Bands hold nine of ten runs.",
        "Sources: a paper (2019), table 3.", "c5.18xlarge", "c5.4xlarge", "c5.9xlarge",
    ):  # fmt: skip
        assert words in text
    plot = text[: text.index("Cost of the run")]
    assert (plot.count("●"), plot.count("▲")) == (3, 2)


def test_marks_tell_the_series_apart_without_colour() -> None:
    text = as_text(drawn(COST))
    assert "\x1b" not in text
    assert {"●", "▲"} <= set(text)
    assert "\x1b" in as_text(drawn(COST), colour=True)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    Console(file=stream, width=80).print(drawn(COST))
    stream.flush()
    stream.seek(0)
    text = stream.read()
    assert "o Spot" in text
    assert "x On-Demand" in text


def test_it_is_a_result_and_as_wide_as_the_terminal() -> None:
    ui = ScriptedUi(width=120)
    show(COST, ui)
    assert not ui.said
    assert 100 < max(map(len, ui.shown[0].splitlines())) <= 120


def test_a_pipe_gets_the_plot_without_colour() -> None:
    out, err = io.StringIO(), io.StringIO()
    show(COST, Terminal(stdout=out, stderr=err, environ={}))
    assert "● Spot" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert not err.getvalue()


def test_higher_values_stand_higher_and_further_right() -> None:
    found = lines(one_axis([1.0, 10.0, 100.0], "log"))
    marks = [(row, line.index("●")) for row, line in enumerate(found) if "●" in line]
    assert len(marks) == 3
    assert marks == sorted(marks, key=lambda mark: -mark[1])
    columns = sorted(column for _, column in marks)
    assert abs((columns[2] - columns[1]) - (columns[1] - columns[0])) <= 1


@pytest.mark.parametrize("values", [[7.0], [7.0, 7.0, 7.0], [-1e300, 1e300], [1e-300, 1e300], [0.0]])
def test_odd_data_still_shows_its_points(values: list[float]) -> None:
    assert "●" in "\n".join(lines(one_axis(values)))


def test_no_points_is_said() -> None:
    assert "no points" in "\n".join(lines(one_axis([])))


def test_a_log_axis_tells_what_it_has_no_place_for() -> None:
    told = " ".join(lines(one_axis([0.0, -3.0, 5.0], "log")))
    assert "2 points are left out: a log scale (Value) has no place for 0 and less." in told
    assert told.count("●") == 1
    assert "1 point is left out: not a number." in " ".join(lines(one_axis([float("nan"), 5.0])))


def test_what_is_left_out_is_counted_once() -> None:
    points = (Point(0, 1), Point(5, 1))
    line = Series("line", points, join="line", marks=False)
    told = " ".join(lines(Figure("", Axis("x", scale="log"), Axis("y"), (Series("marks", points), line))))
    assert "1 point is left out" in told


def test_a_band_that_is_open_reaches_the_margin() -> None:
    point = Point(10, 10, (0, 100), None)
    found = lines(Figure("", Axis("x", scale="log"), Axis("y"), (Series("", (point,)),)))
    row = next(line for line in found if "●" in line)
    assert re.search(r"[│┤]╶─+●", row)


def test_lines_join_where_they_cross() -> None:
    cross = Point(5, 5, (0, 10), (0, 10))
    across = Point(2, 5, None, (0, 10))
    text = "\n".join(lines(Figure("", Axis("x"), Axis("y"), (Series("", (cross, across), marks=False),))))
    assert text.count("┼") == 2
    figure = Figure("", Axis("x"), Axis("y"), (Series("", (Point(0, 9), Point(9, 0)), join="steps", marks=False),))
    assert "┐" in "\n".join(lines(figure))


def test_labels_without_room_are_told_below() -> None:
    crowd = tuple(Point(1.0, 1.0, label=f"instance-{i}") for i in range(30))
    text = " ".join(lines(Figure("", Axis("x"), Axis("y"), (Series("", crowd),))))
    assert "No room in the plot for:" in text
    assert all(f"instance-{i}" in text for i in range(30))


def test_a_ribbon_is_shaded_between_its_edges() -> None:
    curve = tuple(Point(n, n, None, (n / 2, n * 2)) for n in (1.0, 2.0, 4.0, 8.0))
    figure = Figure("", Axis("x"), Axis("y"), (Series("model", curve, join="line", marks=False, bands="ribbon"),))
    text = "\n".join(lines(figure))
    assert text.count("░") > 100
    assert "·░ model" in text

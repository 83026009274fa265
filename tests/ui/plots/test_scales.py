"""Ticks stand at round numbers, inside the axis, far enough apart and told apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geos.wizard.ui.plots import Axis
from geos.wizard.ui.plots.scales import figure_words, scale_for, written

LINEAR, LOG = Axis("x"), Axis("x", scale="log")
anything = st.lists(st.floats(-1e300, 1e300, allow_nan=False), min_size=1, max_size=5)
positive = st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 10.0], "0 2 4 6 8 10"),
        ([0.0, 1.0], "0 0.2 0.4 0.6 0.8 1.0"),
        ([950.0, 1200.0], "950 1,000 1,050 1,100 1,150 1,200"),
        ([-3.0, 4.0], "-2 0 2 4"),
        ([5.0, 5.0], "3 4 5 6 7"),
        ([0.0, 0.0], "-1.0 -0.5 0 0.5 1.0"),
        ([0.0, 3e9], "0 1e9 2e9 3e9"),
        ([], "0 0.2 0.4 0.6 0.8 1.0"),
    ],
)
def test_linear_ticks(values: list[float], ticks: str) -> None:
    assert " ".join(words for _, words in scale_for(LINEAR, values, 6).ticks) == ticks


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([20.0, 60.0], "20 30 40 50 60"),
        ([1.0, 30.0], "1 2 5 10 20"),
        ([1.0, 1000.0], "1 3 10 30 100 300 1,000"),
        ([1e-3, 1e6], "0.001 0.01 0.1 1 10 100 1,000 10,000 100,000 1e6"),
        ([100.0, 120.0], "100 105 110 115 120"),
        ([1e-12, 1e12], "1e-12 1e-9 1e-6 0.001 1 1,000 1e6 1e9 1e12"),
    ],
)
def test_log_ticks(values: list[float], ticks: str) -> None:
    most = 10 if values == [1e-3, 1e6] else 9 if max(values) >= 1e12 else 7
    assert " ".join(words for _, words in scale_for(LOG, values, most).ticks) == ticks


@given(anything, st.integers(2, 12))
@example([0.0, 5e-324], 5)
@example([1e300, -1e300], 5)
@example([1e9, 1e9 + 1e-3], 5)
def test_any_linear_axis_holds_its_values_and_some_ticks(values: list[float], most: int) -> None:
    scale = scale_for(LINEAR, values, most)
    check_scale(scale_for(LINEAR, values, most), values, most + 1)
    assert [scale.at(v) for v in sorted(values)] == sorted(scale.at(v) for v in values)


@given(positive, st.integers(2, 12))
@example([1e-300, 1e300], 5)
@example([1.0, 10.0], 2)
def test_any_log_axis_holds_its_values_and_some_ticks(values: list[float], most: int) -> None:
    check_scale(scale_for(LOG, values, most), values, most + 1)


def check_scale(scale: object, values: list[float], most: int) -> None:
    from geos.wizard.ui.plots.scales import Scale

    assert isinstance(scale, Scale)
    assert scale.low < scale.high
    assert all(scale.low <= v <= scale.high for v in values)
    assert 1 <= len(scale.ticks) <= most
    places = [scale.at(value) for value, _ in scale.ticks]
    assert places == sorted(places)
    told = [words for _, words in scale.ticks]
    assert len(set(told)) == len(told), told
    for value, text in scale.ticks:
        read = float(text.replace(",", ""))
        assert math.isclose(read, value, rel_tol=1e-6, abs_tol=(scale.high - scale.low) * 1e-6), (text, value)


def test_an_end_without_a_place_is_the_margin() -> None:
    scale = scale_for(LOG, [1.0, 10.0], 5)
    assert (scale.at(-math.inf), scale.at(math.inf)) == (0.0, 1.0)


@given(st.floats(1e-290, 1e290) | st.floats(-1e290, -1e-290))
def test_figures_are_told_to_three_digits(value: float) -> None:
    assert math.isclose(float(figure_words(value).replace(",", "")), value, rel_tol=0.0051)


@pytest.mark.parametrize(
    ("value", "words"),
    [(46, "46"), (46.5, "46.5"), (2.4, "2.40"), (0.0123, "0.0123"), (12345, "12,300"), (0, "0"), (1e9, "1.00e9")],
)
def test_figures_are_told_as_a_person_would(value: float, words: str) -> None:
    assert figure_words(value) == words


def test_a_step_with_two_digits_is_written_out() -> None:
    assert [written(v, 2.5) for v in (0.0, 2.5, 5.0, 7.5)] == ["0", "2.5", "5.0", "7.5"]

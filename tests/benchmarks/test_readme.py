"""The README's figures are those of the tables and fits as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from geos.benchmarks.accuracy import Summary, by_source, left_out, left_out_points, summarise
from geos.benchmarks.fits import load_fits
from geos.benchmarks.model import EXTRAPOLATED, INTERPOLATED
from geos.benchmarks.table import load

README = (Path(__file__).resolve().parents[2] / "benchmarks" / "README.md").read_text(encoding="utf-8")


def as_line(name: str, found: Summary, refused: int) -> str:
    assert found.median_error_percent is not None
    assert found.worst_error_percent is not None
    assert found.inside_band is not None
    assert found.median_band_width is not None
    return (
        f"| {name} | {found.predicted} | {refused} | {found.median_error_percent:.1f} "
        f"| {found.worst_error_percent:.1f} | {found.inside_band * 100:.0f} % | {found.median_band_width:.2f} |"
    )


def test_the_accuracy_is_that_of_today() -> None:
    points, machines, sources = map(summarise, (left_out_points(), left_out(), left_out(key=by_source)))
    lines = [
        as_line("cores inside a series", points[INTERPOLATED], 0),
        as_line("cores beyond a series", points[EXTRAPOLATED], points["all"].refused),
        as_line("a machine", machines[EXTRAPOLATED], machines["all"].refused),
        as_line("a source", sources[EXTRAPOLATED], sources["all"].refused),
    ]
    assert "\n".join(lines) in README, "\n".join(["the lines are now:", *lines])


@pytest.mark.parametrize("step", ["repeat", "between", "beyond", "size", "generation", "score", "grid", "version"])
def test_the_band_factors_are_those_of_today(step: str) -> None:
    assert f"| {load_fits().steps[step].factor:.2f} |" in README


def test_the_number_of_rows_is_that_of_today() -> None:
    assert f"| {len(load())} published runs" in README

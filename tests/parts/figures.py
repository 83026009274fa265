"""Figures to draw: one that looks like an answer of geos-recommend, and any figure at all."""

from __future__ import annotations

from hypothesis import strategies as st

from geos.wizard.ui.plots import Axis, Figure, Point, Series

SPOT = (
    Point(46, 3.0, (35, 58), (2.4, 3.8), "c5.9xlarge", "c5.9xlarge, Spot", "EXTRAPOLATED from rows 3 and 4"),
    Point(33, 4.4, (25, 44), (3.4, 5.5), "c5.4xlarge"),
    Point(70, 2.2, (50, 98), (1.7, 3.1), "c5.18xlarge"),
)
ON_DEMAND = (
    Point(115, 3.0, (89, 141), (2.4, 3.8), "c5.9xlarge"),
    Point(72, 4.4, (56, 90), (3.4, 5.5), "c5.4xlarge"),
)
FRONT = (Point(33, 4.4), Point(46, 3.0), Point(70, 2.2))
COST = Figure(
    "365 days at 4x5: time against cost",
    Axis("Cost of the run", "USD", "log"),
    Axis("Wall time", "days", "log"),
    (
        Series("Spot", SPOT, bands="stroke"),
        Series("On-Demand", ON_DEMAND),
        Series("nothing is both cheaper and faster", FRONT, join="steps", marks=False),
    ),
    ("Bands hold nine of ten runs.", "Sources: a paper (2019), table 3."),
)

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-5, 5).map(float)
words = st.text(max_size=30)
bands = st.none() | st.tuples(numbers, numbers).map(lambda ends: (min(ends), max(ends)))
points = st.builds(Point, numbers, numbers, bands, bands, words, words, words)
axes = st.builds(
    Axis, words, words, st.sampled_from(("linear", "log")), st.lists(numbers, max_size=2).map(tuple)
)  # fmt: skip
series = st.builds(
    Series,
    words,
    st.lists(points, max_size=8).map(tuple),
    st.sampled_from(("", "line", "steps")),
    st.booleans(),
    st.sampled_from(("", "cross", "stroke", "ribbon")),
)
figures = st.builds(
    Figure, words, axes, axes, st.lists(series, max_size=3).map(tuple), st.lists(words, max_size=2).map(tuple)
)  # fmt: skip


def one_axis(values: list[float], scale: str = "linear") -> Figure:
    """Points at these values, in the order given."""
    found = tuple(Point(value, float(i + 1)) for i, value in enumerate(values))
    axis = Axis("Value", scale="log" if scale == "log" else "linear")
    return Figure("Values", axis, Axis("Number"), (Series("", found),))

"""A figure as a value: what is plotted, in which units, and where it comes from. Nothing here draws."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

LARGEST = 1e300
"""Beyond it, and on a logarithmic axis below its inverse, ticks can no longer be reckoned in floating point."""

Band = tuple[float, float]
Bands = Literal["", "cross", "stroke", "ribbon"]
"""How bands are drawn. "": only told. `stroke`: x and y are uncertain for the same reason (cost is time x price), so
that one stroke leads from low to high. `ribbon`: the y bands of all points, as one area."""


@dataclass(frozen=True)
class Axis:
    title: str
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    shown: tuple[float, ...] = ()
    """Values that shall lie on the axis whatever the points are: 0, a budget."""

    @property
    def name(self) -> str:
        """`Cost of the run [USD]`."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def words(self) -> str:
        """What stands at the axis: `Cost of the run [USD], log scale`."""
        return f"{self.name}, log scale" if self.scale == "log" else self.name

    def holds(self, value: float) -> bool:
        """Whether the axis has a place for `value`."""
        if self.scale == "log":
            return 1 / LARGEST <= value <= LARGEST
        return abs(value) <= LARGEST


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    x_band: Band | None = None
    """(low, high); an infinite end reaches to the margin."""
    y_band: Band | None = None
    label: str = ""
    """Stands beside the point."""
    name: str = ""
    """What the point is, for hovering and for the table; empty: its label."""
    detail: str = ""
    """What else there is to say of it, its sources first of all."""


@dataclass(frozen=True)
class Series:
    """Points of one kind: one mark, one colour, one line in the legend."""

    name: str
    points: tuple[Point, ...]
    join: Literal["", "line", "steps"] = ""
    """`steps`: what can be had on a front; between two of its points there is nothing to choose."""
    marks: bool = True
    bands: Bands = "cross"

    @property
    def told(self) -> bool:
        """Whether its points can be pointed at and stand in tables. Those of steps are those of another series."""
        return self.marks or self.join == "line"


@dataclass(frozen=True)
class Figure:
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    """The most important first: it is drawn on top."""
    caption: tuple[str, ...] = ()
    """What must be known to read it, and the sources; a sentence or more each."""


def drawable(figure: Figure) -> Figure:
    """Only what the axes have a place for; the caption says how much was left out, and why."""
    series = tuple(replace(s, points=tuple(p for p in s.points if _fits(p, figure))) for s in figure.series)
    if series == figure.series:
        return figure
    # A line through the points of another series leaves out the same ones again.
    pairs = list(zip(figure.series, series, strict=True))
    counts = [len(before.points) - len(after.points) for before, after in pairs if before.marks]
    lost = sum(counts) or max(len(before.points) - len(after.points) for before, after in pairs)
    logs = [axis.title for axis in (figure.x, figure.y) if axis.scale == "log"]
    why = f"a log scale ({' and '.join(logs)}) has no place for 0 and less" if logs else "not a number"
    count = "1 point is" if lost == 1 else f"{lost} points are"
    return replace(figure, series=series, caption=(*figure.caption, f"{count} left out: {why}."))


def _fits(point: Point, figure: Figure) -> bool:
    return figure.x.holds(point.x) and figure.y.holds(point.y)


def band_within(band: Band | None, axis: Axis) -> Band | None:
    """None for a band that cannot be drawn; an end without a place on the axis is -inf or inf, which is its margin."""
    if band is None or any(math.isnan(end) for end in band):
        return None
    low, high = band
    return (low if axis.holds(low) else -math.inf, high if axis.holds(high) else math.inf)


def x_values(figure: Figure) -> Iterator[float]:
    """Every value that must lie on the x axis."""
    return _values(figure.x, ((p.x, p.x_band) for series in figure.series for p in series.points))


def y_values(figure: Figure) -> Iterator[float]:
    """Every value that must lie on the y axis."""
    return _values(figure.y, ((p.y, p.y_band) for series in figure.series for p in series.points))


def _values(axis: Axis, told: Iterable[tuple[float, Band | None]]) -> Iterator[float]:
    yield from filter(axis.holds, axis.shown)
    for value, band in told:
        yield value
        yield from filter(math.isfinite, band_within(band, axis) or ())


def plain(text: str) -> str:
    """Text on one line without anything that steers a terminal or is refused by XML."""
    return "".join(c if c.isprintable() else " " for c in text)

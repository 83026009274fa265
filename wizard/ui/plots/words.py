"""What a point says when it is pointed at, and what stands in the table under the picture."""

from __future__ import annotations

import math

from geos.wizard.ui.plots.figure import Axis, Band, Figure, Point, Series, plain
from geos.wizard.ui.plots.scales import figure_words


def described(point: Point, series: Series, figure: Figure) -> str:
    """Name, both values with their bands, details: a line each."""
    head = ", ".join(filter(None, (point.name or point.label, series.name)))
    lines = [head, _value(figure.x, point.x, point.x_band), _value(figure.y, point.y, point.y_band), detail(point)]
    return "\n".join(plain(line) for line in lines if line)


def detail(point: Point) -> str:
    return "" if point.detail == point.name else point.detail


def _value(axis: Axis, value: float, band: Band | None) -> str:
    return " ".join(filter(None, (f"{axis.title}: {figure_words(value)}", axis.unit, in_words(band, "({})"))))


def in_words(band: Band | None, form: str = "{}") -> str:
    """`2.40–3.80`; nothing for no band, or one without width."""
    if band is None or any(map(math.isnan, band)) or band[0] == band[1]:
        return ""
    low, high = map(figure_words, band)
    return form.format(f"{low}–{high}")

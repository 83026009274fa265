"""From values to places on an axis, and which values are written at it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geos.wizard.ui.plots.figure import LARGEST, Axis

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_FLAT = 1e-9
"""Values that differ by less than this share are one value."""
_MARGIN = 0.05
_DIGITS = 5
"""Numbers with more digits, or as many zeros behind the point, are written with a power of ten."""


@dataclass(frozen=True)
class Scale:
    """The part of an axis that is shown."""

    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, str], ...]
    """(value, as written), ascending."""

    def at(self, value: float) -> float:
        """Where `value` lies: 0 at the axis' low end, 1 at its high one, never beyond."""
        if not math.isfinite(value):
            return 1.0 if value > 0 else 0.0
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return min(1.0, max(0.0, (value - low) / (high - low)))


def scale_for(axis: Axis, values: Iterable[float], most_ticks: int) -> Scale:
    """A scale on which all `values` lie, with about `most_ticks` ticks at round numbers and never more."""
    found = sorted(values)
    if axis.scale == "log":
        return _log_scale(found or [1.0], max(2, most_ticks))
    return _linear_scale(found or [0.0, 1.0], max(2, most_ticks))


def _linear_scale(values: Sequence[float], most: int) -> Scale:
    low, high = values[0], values[-1]
    size = max(abs(low), abs(high))
    if size <= 1 / LARGEST:
        return Scale(-1.0, 1.0, False, _round_ticks(-1.0, 1.0, most))
    room = (high - low) * _MARGIN if high - low > size * _FLAT else size / 2
    # An axis of amounts begins at 0 rather than below it.
    low, high = max(low - room, 0.0) if low >= 0 else low - room, high + room
    return Scale(low, high, False, _round_ticks(low, high, most))


def _round_ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(s * power for s in _STEPS if s * power >= least * (1 - _FLAT))
    values = [i * step for i in range(math.ceil(low / step - _FLAT), math.floor(high / step + _FLAT) + 1)]
    return tuple((value, written(value, step)) for value in values[: most + 1])


def _log_scale(values: Sequence[float], most: int) -> Scale:
    low, high = values[0], values[-1]
    room = max((high / low) ** _MARGIN, 1.0) if high / low > 1 + _FLAT else math.sqrt(10.0)
    low, high = max(low / room, 1 / LARGEST / 10), min(high * room, LARGEST * 10)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for per_decade in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        decades = (m * 10.0**power for power in range(first, last + 1) for m in per_decade)
        ticks = [t for t in decades if low <= t <= high]
        if len(ticks) <= most:
            break
    else:
        nth = math.ceil(len(ticks) / most)
        ticks = [t for t in ticks if round(math.log10(t)) % nth == 0]
    if len(ticks) < 3 and high / low < 10:
        return Scale(low, high, True, _round_ticks(low, high, most))
    return Scale(low, high, True, tuple((t, written(t, t)) for t in ticks))


def written(value: float, step: float) -> str:
    """`value` as a person writes it, exact to `step`: 0.05, 1,000, 2.5e9."""
    if abs(value) < abs(step) * _FLAT:
        return "0"
    power, finest = _power(value), _power(step)
    lead = abs(step) / 10.0**finest
    odd = abs(lead - round(lead)) > _FLAT  # 2.5 has a second digit
    digits = max(0, power - finest) + odd
    if -_DIGITS < power <= _DIGITS:
        return f"{value:,.{max(0, digits - power)}f}"
    return f"{value / 10.0**power:.{digits}f}e{power}"


def figure_words(value: float) -> str:
    """A value of a point, to three figures at most; `open` for the end of a band that has none."""
    if not abs(value) <= LARGEST:
        return "open"
    rounded = float(f"{value:.3g}")
    if abs(rounded) <= 1 / LARGEST:
        return "0"
    return written(rounded, 1.0 if rounded.is_integer() and abs(rounded) < 1000 else 10.0 ** (_power(rounded) - 2))


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)) + _FLAT)

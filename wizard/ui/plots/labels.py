"""Where labels can stand without covering anything. In whatever unit the caller draws: cells or pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geos.wizard.ui.plots.figure import Point, plain
from geos.wizard.ui.plots.scales import figure_words


class Box(NamedTuple):
    """Half open, as ranges are: boxes that only touch do not overlap."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
"""Right of the mark first, where one looks for it."""


def place(
    wanted: Sequence[tuple[Box, float, float]],
    area: Box,
    *,
    never_on: Sequence[Box],
    rather_not_on: Sequence[Box] = (),
    gap: float = 1.0,
    away: Sequence[float] = (),
) -> list[Box | None]:
    """A place for each label, given as (box of its mark, width, height); None where there is no room.

    Labels stay inside `area` and cover neither each other nor `never_on`; they cross as few of `rather_not_on`
    as can be. Where there is no room beside a mark they stand `away` from it, in heights of a label: the caller has
    to lead to them.
    """
    taken = list(never_on)
    found: list[Box | None] = []
    for mark, width, height in wanted:
        best = None
        for lines in (0.0, *away):
            free = [
                box
                for box in _around(mark, width, height, gap, lines * height)
                if box.within(area) and not any(box.overlaps(other) for other in taken)
            ]
            best = min(free, key=lambda box: sum(box.overlaps(other) for other in rather_not_on), default=None)
            if best is not None:
                break
        found.append(best)
        if best is not None:
            taken.append(best)
    return found


def _around(mark: Box, width: float, height: float, gap: float, away: float) -> list[Box]:
    middle_x, middle_y = (mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2
    boxes = []
    for across, down in _SIDES if not away else [side for side in _SIDES if side[1]]:
        left = {1: mark.right + gap, -1: mark.left - gap - width, 0: middle_x - width / 2}[across]
        top = {1: mark.bottom + away, -1: mark.top - height - away, 0: middle_y - height / 2}[down]
        boxes.append(Box(left, top, left + width, top + height))
    return boxes


def told_elsewhere(points: Sequence[Point]) -> tuple[str, ...]:
    """What the caption says of labels for which there was no room."""
    named = (f"{plain(p.label)} ({figure_words(p.x)}, {figure_words(p.y)})" for p in points)
    return (f"No room in the plot for: {', '.join(named)}.",) if points else ()

"""A figure as SVG: text stays text, the colours can be told apart by the colour-blind and the marks without any.

The palette is that of Okabe and Ito (2008). The same figure gives the same bytes. Drawn here, so that saving a
picture works at once: matplotlib would be 170 MB more to install.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from geos.wizard.ui.plots.figure import Figure, Point, Series, band_within, drawable, plain, x_values, y_values
from geos.wizard.ui.plots.ink import (
    INK,
    PAPER,
    QUIET,
    RADIUS,
    RULE,
    Place,
    add,
    colour,
    draw_area,
    draw_line,
    draw_mark,
    draw_spot,
    write,
)
from geos.wizard.ui.plots.labels import Box, place, told_elsewhere
from geos.wizard.ui.plots.lettering import FONTS, text_width, wrapped
from geos.wizard.ui.plots.scales import Scale, scale_for
from geos.wizard.ui.plots.words import described

WIDTH = 720
"""The width of a page (190 mm), at 96 pixels to the inch."""
_PLOT_HEIGHT = 380
_MARGIN = 16
_TITLE, _BODY, _SMALL = 15, 12, 11
_LINE = 1.35
"""Height of a line of text, in font sizes."""
_LEGEND_LINE, _LEGEND_GAP = 20, 18

Stroke = tuple[Place, Place]


def svg(figures: Sequence[Figure]) -> str:
    """A whole SVG document, one figure below the other."""
    panels = [drawing(figure) for figure in figures]
    if len(panels) == 1:
        return ET.tostring(panels[0], encoding="unicode") + "\n"
    root, height = _root(), 0.0
    for panel in panels:
        panel.set("y", str(height))
        height += float(panel.attrib["height"])
        root.append(panel)
    _resize(root, math.ceil(height))
    return ET.tostring(root, encoding="unicode") + "\n"


def _root() -> ET.Element:
    return ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONTS})


def _resize(root: ET.Element, height: int) -> None:
    root.attrib.update(width=str(WIDTH), height=str(height), viewBox=f"0 0 {WIDTH} {height}")


def drawing(figure: Figure) -> ET.Element:
    """One figure as an svg element of its own."""
    figure = drawable(figure)
    root = _root()
    add(root, "title").text = plain(figure.title)
    add(root, "rect", width="100%", height="100%", fill=PAPER)
    end = _paragraph(root, figure.title, _MARGIN, _TITLE, font_weight="bold")
    end = _legend(root, figure.series, end + 4)
    sheet = _sheet(figure, end + 6)
    _axes(root, figure, sheet)
    homeless = _plot(root, figure, sheet)
    end = sheet.bottom + 3.5 * _BODY * _LINE
    for text in (*homeless, *figure.caption):
        end = _paragraph(root, text, end, _SMALL, fill=QUIET) + 2
    _resize(root, math.ceil(end + _MARGIN / 2))
    return root


@dataclass(frozen=True)
class _Sheet:
    """Where the plot lies on the page, and its scales."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> Place:
        return self.across(x), self.down(y)

    def across(self, x: float) -> float:
        return self.left + self.x.at(x) * (self.right - self.left)

    def down(self, y: float) -> float:
        return self.bottom - self.y.at(y) * (self.bottom - self.top)

    @property
    def middle(self) -> Place:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def _sheet(figure: Figure, top: float) -> _Sheet:
    y = scale_for(figure.y, y_values(figure), 8)
    x = scale_for(figure.x, x_values(figure), 9)
    left = _MARGIN + _BODY * _LINE + max(text_width(words, _BODY) for _, words in y.ticks) + 10
    return _Sheet(left, top, WIDTH - _MARGIN, top + _PLOT_HEIGHT, x, y)


# --- around the plot -------------------------------------------------------------------------


def _paragraph(root: ET.Element, words: str, top: float, size: int, **more: str) -> float:
    """Wrapped to the page; where it ends."""
    for line in wrapped(plain(words), WIDTH - 2 * _MARGIN, size):
        write(root, line, (_MARGIN, top + size), size, **more)
        top += size * _LINE
    return top


def _legend(root: ET.Element, series: Sequence[Series], top: float) -> float:
    """Marks and names, on as few lines as fit; where it ends."""
    named = [(number, one) for number, one in enumerate(series) if one.name]
    left, base = float(_MARGIN), top + _BODY
    for number, one in named:
        size = _LEGEND_LINE + 6 + text_width(one.name, _BODY) + _LEGEND_GAP
        if left > _MARGIN and left + size > WIDTH - _MARGIN:
            left, base = float(_MARGIN), base + _BODY * _LINE
        _sign(root, number, one, (left, base - _BODY * 0.35))
        write(root, one.name, (left + _LEGEND_LINE + 6, base), _BODY)
        left += size
    return base + 4 if named else top


def _sign(root: ET.Element, number: int, series: Series, at: Place) -> None:
    """What a series looks like, in small."""
    (left, middle), right = at, at[0] + _LEGEND_LINE
    if series.bands == "ribbon":
        draw_area(root, _corners(left, middle - 6, right, middle + 6), colour(number))
    if series.join or not series.marks:
        draw_line(root, [at, (right, middle)], colour(number), 1.8)
    if series.marks:
        draw_mark(root, number, ((left + right) / 2, middle))


def _corners(left: float, top: float, right: float, bottom: float) -> list[Place]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _axes(root: ET.Element, figure: Figure, sheet: _Sheet) -> None:
    taken = -math.inf
    for value, words in sheet.x.ticks:
        across, half = sheet.across(value), text_width(words, _BODY) / 2
        draw_line(root, [(across, sheet.top), (across, sheet.bottom)], RULE, 1)
        middle = min(across, WIDTH - 2 - half)
        if middle - half > taken:
            place_of_words = (middle, sheet.bottom + 1.4 * _BODY)
            write(root, words, place_of_words, _BODY, fill=QUIET, text_anchor="middle")
            taken = middle + half + _BODY / 2
    for value, words in sheet.y.ticks:
        down = sheet.down(value)
        draw_line(root, [(sheet.left, down), (sheet.right, down)], RULE, 1)
        write(root, words, (sheet.left - 8, down + _BODY * 0.35), _BODY, fill=QUIET, text_anchor="end")
    draw_line(root, [(sheet.left, sheet.top), (sheet.left, sheet.bottom), (sheet.right, sheet.bottom)], INK, 1)
    across, down = sheet.middle
    write(root, figure.x.words, (across, sheet.bottom + 3.2 * _BODY), _BODY, text_anchor="middle")
    edge = _MARGIN + _BODY * 0.7
    turned = f"rotate(-90 {edge:.2f} {down:.2f})"
    write(root, figure.y.words, (edge, down), _BODY, text_anchor="middle", transform=turned)


# --- the plot itself -------------------------------------------------------------------------


def _plot(root: ET.Element, figure: Figure, sheet: _Sheet) -> tuple[str, ...]:
    """Draw everything, the first series on top. Returns what found no room and must be told elsewhere."""
    below_first = list(reversed(list(enumerate(figure.series))))
    for number, series in below_first:
        if series.bands == "ribbon":
            draw_area(root, _ribbon(series, figure, sheet), colour(number))
    drawn: list[Stroke] = []
    for number, series in below_first:
        strokes, path = list(_strokes(series, figure, sheet)), list(_path(series, sheet))
        for stroke in strokes:
            draw_line(root, stroke, colour(number), 1.4, 0.5)
        if path:
            draw_line(root, path, colour(number), 1.8)
        drawn += [*strokes, *pairwise(path)]
    marked: list[Point] = []
    for number, series in below_first:
        for point in series.points if series.told else ():
            group = add(root, "g", class_="mark", tabindex="0")
            add(group, "title").text = described(point, series, figure)
            if series.marks:
                draw_mark(group, number, sheet.at(point.x, point.y))
                marked.append(point)
            else:
                draw_spot(group, sheet.at(point.x, point.y))
    if not any(series.points for series in figure.series):
        write(root, "no points", sheet.middle, _BODY, fill=QUIET, text_anchor="middle")
    return _label(root, marked[::-1], sheet, drawn)


def _ribbon(series: Series, figure: Figure, sheet: _Sheet) -> list[Place]:
    edges = [(p.x, band) for p in series.points if (band := band_within(p.y_band, figure.y))]
    return [*(sheet.at(x, high) for x, (_, high) in edges), *(sheet.at(x, low) for x, (low, _) in edges[::-1])]


def _strokes(series: Series, figure: Figure, sheet: _Sheet) -> Iterator[Stroke]:
    """The bands of all points."""
    for point in series.points if series.bands in ("cross", "stroke") else ():
        across, along = band_within(point.x_band, figure.x), band_within(point.y_band, figure.y)
        if series.bands == "stroke" and across and along:
            middle = sheet.at(point.x, point.y)
            yield sheet.at(across[0], along[0]), middle
            yield middle, sheet.at(across[1], along[1])
            continue
        if across:
            yield sheet.at(across[0], point.y), sheet.at(across[1], point.y)
        if along:
            yield sheet.at(point.x, along[0]), sheet.at(point.x, along[1])


def _path(series: Series, sheet: _Sheet) -> Iterator[Place]:
    """The line through all points."""
    before: Place | None = None
    for point in series.points if series.join else ():
        here = sheet.at(point.x, point.y)
        if before and series.join == "steps":
            yield here[0], before[1]
        yield here
        before = here


def _label(root: ET.Element, points: Sequence[Point], sheet: _Sheet, lines: Sequence[Stroke]) -> tuple[str, ...]:
    boxes = [(point, _box(sheet.at(point.x, point.y), RADIUS + 1)) for point in points]
    labelled = [(point, box) for point, box in boxes if point.label]
    places = place(
        [(box, text_width(point.label, _SMALL) + 3, _SMALL * 1.1) for point, box in labelled],
        Box(sheet.left + 2, sheet.top, sheet.right, sheet.bottom - 2),
        never_on=[box for _, box in boxes],
        rather_not_on=[_box(spot, 1) for line in lines for spot in _along(*line)],
        gap=2,
        away=(1, 2, 3.5, 5),
    )
    homeless = []
    for (point, mark), at in zip(labelled, places, strict=True):
        if at is None:
            homeless.append(point)
            continue
        if at.top >= mark.bottom + 1 or at.bottom <= mark.top - 1:
            _lead(root, mark, at)
        # A white rim keeps the words apart from the lines behind them.
        rim = {"stroke": PAPER, "stroke_width": "3", "stroke_linejoin": "round", "paint_order": "stroke"}
        across, anchor = _nearest_end(at, mark)
        write(root, point.label, (across, at.bottom - _SMALL * 0.25), _SMALL, text_anchor=anchor, **rim)
    return told_elsewhere(homeless)


def _nearest_end(label: Box, mark: Box) -> tuple[float, str]:
    """Where to hold the words, so that they stand close to their mark even when they are shorter than reckoned."""
    if label.left >= mark.right:
        return label.left, "start"
    if label.right <= mark.left:
        return label.right, "end"
    return (label.left + label.right) / 2, "middle"


def _lead(root: ET.Element, mark: Box, label: Box) -> None:
    """A thin line to a label that does not stand beside its mark."""
    middle = (mark.left + mark.right) / 2
    below = label.top > mark.top
    across = min(max(middle, label.left), label.right)
    draw_line(
        root, [(middle, mark.bottom if below else mark.top), (across, label.top if below else label.bottom)], QUIET, 0.6
    )  # fmt: skip


def _box(middle: Place, radius: float) -> Box:
    return Box(middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)


def _along(start: Place, end: Place) -> Iterator[Place]:
    """A spot every few pixels."""
    steps = max(1, math.ceil(math.dist(start, end) / 5))
    for i in range(steps + 1):
        yield start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps

"""A figure as text, for a terminal. Marks differ in form, so that it can be read without colour.

Drawn here and not by a library: plotext, the nearest, takes 0.13 s to be imported, and a whole answer of geos 0.12 s.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from geos.wizard.ui.plots.figure import Axis, Figure, Point, Series, band_within, drawable, plain, x_values, y_values
from geos.wizard.ui.plots.grid import ASCII, UNICODE, Alphabet, Grid
from geos.wizard.ui.plots.labels import Box, place, told_elsewhere
from geos.wizard.ui.plots.scales import scale_for

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

LEAST_WIDTH = 40
_FEWEST_ROWS, _MOST_ROWS = 10, 24
_COLUMNS_PER_ROW = 4
_QUIET = "bright_black"
_STYLES = ("blue", "yellow", "green", "magenta", "cyan", "red")
_IN_ASCII = str.maketrans({"–": "-", "—": "-", "×": "x", "≈": "~", "·": ".", "…": "~", "≤": "<", "≥": ">", "’": "'"})


class Picture:
    """A figure that rich can print, as wide as the terminal."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from draw(self.figure, options.max_width, ASCII if options.ascii_only else UNICODE)


def draw(figure: Figure, width: int, alphabet: Alphabet = UNICODE) -> list[Text]:
    """Lines of at most `width` columns, or of LEAST_WIDTH if that is more."""
    figure, width = drawable(figure), max(width, LEAST_WIDTH)
    rows = min(max(width // _COLUMNS_PER_ROW, _FEWEST_ROWS), _MOST_ROWS)
    y = scale_for(figure.y, y_values(figure), rows // 3)
    margin = max(len(words) for _, words in y.ticks) + 2
    x = scale_for(figure.x, x_values(figure), (width - margin) // 10)
    grid = Grid(rows, width - margin, x, y, alphabet)
    homeless = _fill(grid, figure)
    lines = [
        *_wrapped(figure.title, width, "bold"),
        Text(""),
        Text(_cut(figure.y.words, width), _QUIET),
        *_rows(grid, margin),
        *_x_axis(figure.x, grid, margin),
        *_legend(figure.series, width, alphabet),
        *(line for paragraph in (*homeless, *figure.caption) for line in _wrapped(paragraph, width, _QUIET)),
    ]
    return [_in_ascii(line) for line in lines] if alphabet is ASCII else lines


# --- the plot itself -------------------------------------------------------------------------


def _fill(grid: Grid, figure: Figure) -> tuple[str, ...]:
    """Draw everything, the first series on top. Returns what found no room and must be told elsewhere."""
    below_first = list(reversed(list(enumerate(figure.series))))
    for number, series in below_first:
        if series.bands == "ribbon":
            _ribbon(grid, series, figure.y, _style(number))
    for number, series in below_first:
        style = _style(number)
        if series.bands in ("cross", "stroke"):
            for point in series.points:
                _band(grid, point, figure, series.bands == "stroke", style)
        _join(grid, series, number)
    lines = list(grid.signs)
    marked = [(point, number) for number, series in below_first if series.marks for point in series.points]
    for point, number in marked:
        style = f"bold {_style(number)}"
        grid.put(grid.cell(point.x, point.y), _mark(number, grid.alphabet), style)
    if not any(series.points for series in figure.series):
        grid.write((grid.rows // 2, max(0, grid.columns // 2 - 5)), "no points", _QUIET)
    return _label(grid, [point for point, _ in reversed(marked)], lines)


def _style(number: int) -> str:
    return _STYLES[number % len(_STYLES)]


def _mark(number: int, alphabet: Alphabet) -> str:
    return alphabet.marks[number % len(alphabet.marks)]


def _dot(number: int, alphabet: Alphabet) -> str:
    return alphabet.dots[number % len(alphabet.dots)]


def _band(grid: Grid, point: Point, figure: Figure, as_stroke: bool, style: str) -> None:
    across, along = band_within(point.x_band, figure.x), band_within(point.y_band, figure.y)
    if as_stroke and across and along:
        dot = grid.alphabet.dots[0]
        grid.dots(grid.cell(across[0], along[0]), grid.cell(point.x, point.y), dot, style)
        grid.dots(grid.cell(point.x, point.y), grid.cell(across[1], along[1]), dot, style)
        return
    if across:
        grid.stroke(grid.cell(across[0], point.y), grid.cell(across[1], point.y), style)
    if along:
        grid.stroke(grid.cell(point.x, along[0]), grid.cell(point.x, along[1]), style)


def _ribbon(grid: Grid, series: Series, axis: Axis, style: str) -> None:
    edges = [(grid.column(p.x), band) for p in series.points if (band := band_within(p.y_band, axis))]
    ends = [(column, grid.row(low), grid.row(high)) for column, (low, high) in edges]
    for (left, left_low, left_high), (right, right_low, right_high) in pairwise(ends):
        for column in range(left, right + 1):
            share = (column - left) / max(right - left, 1)
            top = round(left_high + (right_high - left_high) * share)
            bottom = round(left_low + (right_low - left_low) * share)
            for row in range(top, bottom + 1):
                grid.put((row, column), grid.alphabet.shade, style)


def _join(grid: Grid, series: Series, number: int) -> None:
    style = _style(number)
    for one, other in pairwise(series.points if series.join else ()):
        start, end = grid.cell(one.x, one.y), grid.cell(other.x, other.y)
        if series.join == "steps":
            corner = (start[0], end[1])
            grid.stroke(start, corner, style)
            grid.stroke(corner, end, style)
        else:
            grid.dots(start, end, _dot(number, grid.alphabet), style)


def _label(grid: Grid, points: Sequence[Point], lines: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    boxes = {point: _box(grid.cell(point.x, point.y)) for point in points}
    labelled = [point for point in points if point.label]
    words = [plain(point.label) for point in labelled]
    places = place(
        # A blank behind each, so that two never run into one another.
        [(boxes[point], cell_len(label) + 1, 1) for point, label in zip(labelled, words, strict=True)],
        Box(0, 0, grid.columns + 1, grid.rows),
        never_on=list(boxes.values()),
        rather_not_on=[_box(cell) for cell in lines],
    )
    homeless = []
    for point, label, at in zip(labelled, words, places, strict=True):
        if at is None:
            homeless.append(point)
        else:
            grid.write((math.floor(at.top), math.floor(at.left)), label, "")
    return told_elsewhere(homeless)


def _box(cell: tuple[int, int]) -> Box:
    row, column = cell
    return Box(column, row, column + 1, row + 1)


# --- around it -------------------------------------------------------------------------------


def _rows(grid: Grid, margin: int) -> Iterator[Text]:
    ticks = {grid.row(value): words for value, words in grid.y.ticks}
    plain_edge, tick_edge = grid.alphabet.strokes[5], grid.alphabet.strokes[13]
    for row in range(grid.rows):
        words = ticks.get(row, "")
        edge = f"{words:>{margin - 2}} {tick_edge if words else plain_edge}"
        line = Text.assemble((edge, _QUIET), grid.line(row))
        line.rstrip()
        yield line


def _x_axis(axis: Axis, grid: Grid, margin: int) -> list[Text]:
    ticks = {grid.column(value): words for value, words in grid.x.ticks}
    strokes = grid.alphabet.strokes
    edge = "".join(strokes[14] if column in ticks else strokes[10] for column in range(grid.columns))
    numbers = ""
    for column, words in sorted(ticks.items()):
        start = max(0, min(margin + column - len(words) // 2, margin + grid.columns - len(words)))
        if not numbers or start >= len(numbers) + 2:
            numbers = f"{numbers:<{start}}{words}"
    title = _cut(axis.words, margin + grid.columns)
    room = grid.columns - cell_len(title)
    indent = margin + min(room // 2, room)
    return [
        Text(" " * (margin - 1) + strokes[3] + edge, _QUIET),
        Text(numbers, _QUIET),
        Text(" " * indent + title, _QUIET),
    ]


def _legend(series: Sequence[Series], width: int, alphabet: Alphabet) -> list[Text]:
    """A blank line, then what each mark means; nothing where no series has a name."""
    entries = []
    for number, one in enumerate(series):
        line = _dot(number, alphabet) if one.join == "line" else alphabet.strokes[10]
        sign = _mark(number, alphabet) if one.marks else line + (alphabet.shade if one.bands == "ribbon" else "")
        if one.name:
            name = _cut(one.name, width - cell_len(sign) - 1)
            entries.append(Text.assemble((sign, _style(number)), " ", name))
    lines = [Text("")] if entries else []
    for entry in entries:
        if len(lines) > 1 and lines[-1].cell_len + 3 + entry.cell_len <= width:
            lines[-1] = Text.assemble(lines[-1], "   ", entry)
        else:
            lines.append(entry)
    return [*lines, Text("")]


def _cut(words: str, width: int) -> str:
    words = plain(words)
    return words if cell_len(words) <= width else set_cell_size(words, width - 1) + "…"


def _wrapped(words: str, width: int, style: str) -> list[Text]:
    lines = textwrap.wrap(plain(words), width, break_on_hyphens=False)
    # textwrap counts letters; a line of wide ones is cut once more.
    return [Text(part, style) for line in lines for part in _halves(line, width)]


def _halves(line: str, width: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    half = len(line) // 2
    return [*_halves(line[:half], width), *_halves(line[half:], width)]


def _in_ascii(line: Text) -> Text:
    words = line.plain.translate(_IN_ASCII).encode("ascii", "replace").decode("ascii")
    return Text(words, style=line.style, spans=line.spans)

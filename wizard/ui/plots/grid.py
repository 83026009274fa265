"""The cells of a plot in a terminal: marks, lines that join where they cross, shades and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from geos.wizard.ui.plots.scales import Scale

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
Cell = tuple[int, int]
"""(row, column), from the upper left."""


@dataclass(frozen=True)
class Alphabet:
    """The signs that a terminal can show."""

    marks: str
    strokes: str
    """By the sum of the directions in which lines leave a cell."""
    dots: str
    """Of lines in any direction, by series."""
    shade: str


UNICODE = Alphabet("●▲■◆○△□◇", " ╵╶└╷│┌├╴┘─┴┐┤┬┼", "·∘×+~", "░")
ASCII = Alphabet("ox*#@%&$", " |-+||++-+-+++++", ".=~-'", ":")


@dataclass
class Grid:
    rows: int
    columns: int
    x: Scale
    y: Scale
    alphabet: Alphabet
    signs: dict[Cell, tuple[str, str]] = field(default_factory=dict)
    """Cell -> (sign, style)."""
    ways: dict[Cell, int] = field(default_factory=dict)
    """The directions in which lines leave a cell."""

    def column(self, x: float) -> int:
        return round(self.x.at(x) * (self.columns - 1))

    def row(self, y: float) -> int:
        return round((1 - self.y.at(y)) * (self.rows - 1))

    def cell(self, x: float, y: float) -> Cell:
        return self.row(y), self.column(x)

    def put(self, cell: Cell, sign: str, style: str) -> None:
        self.signs[cell] = (sign, style)

    def write(self, cell: Cell, words: str, style: str) -> None:
        """Words from `cell` on; signs that take two cells or none keep their neighbours in place."""
        row, column = cell
        for sign in words:
            if size := cell_len(sign):
                self.put((row, column), sign, style)
                for covered in range(1, size):
                    self.put((row, column + covered), "", style)
                column += size

    def stroke(self, start: Cell, end: Cell, style: str) -> None:
        """A line along one row or one column, joined to the lines it meets."""
        (top, left), (bottom, right) = min(start, end), max(start, end)
        if top == bottom:
            along, back, forth = [(top, column) for column in range(left, right + 1)], LEFT, RIGHT
        else:
            along, back, forth = [(row, left) for row in range(top, bottom + 1)], UP, DOWN
        for here, there in pairwise(along):
            self._leave(here, forth, style)
            self._leave(there, back, style)

    def _leave(self, cell: Cell, way: int, style: str) -> None:
        self.ways[cell] = self.ways.get(cell, 0) | way
        self.put(cell, self.alphabet.strokes[self.ways[cell]], style)

    def dots(self, start: Cell, end: Cell, sign: str, style: str) -> None:
        """A line in any direction."""
        for cell in straight(start, end):
            if cell not in self.ways:
                self.put(cell, sign, style)

    def line(self, row: int) -> Text:
        """One row, blanks and all."""
        pieces = (self.signs.get((row, column), (" ", "")) for column in range(self.columns))
        return Text.assemble(*((sign, style) for sign, style in pieces if sign))


def straight(start: Cell, end: Cell) -> Iterator[Cell]:
    """The cells from one to another."""
    (row, column), (last_row, last_column) = start, end
    steps = max(abs(last_row - row), abs(last_column - column), 1)
    for i in range(steps + 1):
        yield round(row + (last_row - row) * i / steps), round(column + (last_column - column) * i / steps)

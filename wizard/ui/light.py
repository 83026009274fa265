"""Screens made of plain lines: the voice of views/words.py, without the forty milliseconds that rich takes to load.

A command with a tenth of a second for everything shows its answer with these. On a terminal the same lines go through
rich, which colours them; into a file or a pipe they are written as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from geos.wizard.ui.wording import QUIET, SIGNS, sign_style

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

BOLD = "bold"


class Piece(NamedTuple):
    text: str
    style: str = ""


Line = tuple[Piece, ...]
Words = str | Line
"""One run of text, or pieces of it in styles of their own."""


class Part(Protocol):
    """Something that can be laid out."""

    def lines(self, width: int) -> Iterator[Line]: ...


class Screen:
    """Parts below each other; what a Ui shows."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = tuple(parts)

    def lines(self, width: int) -> Iterator[Line]:
        for part in self._parts:
            yield from part.lines(width)

    def plain(self, width: int) -> str:
        return "".join(f"{''.join(p.text for p in line).rstrip()}\n" for line in self.lines(width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for line in self.lines(options.max_width):
            yield Text.assemble(*((p.text, p.style) for p in line), no_wrap=True, overflow="ignore")


class _Paragraph:
    def __init__(self, words: Words, style: str, indent: int, *, wrap: bool = True) -> None:
        self._line, self._indent, self._wrap = _pieces(words, style), indent, wrap

    def lines(self, width: int) -> Iterator[Line]:
        start = Piece(" " * self._indent)
        room = max(20, width - self._indent)
        for line in wrapped(self._line, room) if self._wrap else [self._line]:
            yield (start, *line)


class _Empty:
    def lines(self, width: int) -> Iterator[Line]:
        yield ()


class _Table:
    def __init__(
        self, headings: Sequence[str], rows: Iterable[Sequence[Words]], right: Iterable[int], keep: Iterable[int],
        indent: int, gap: int,
    ) -> None:  # fmt: skip
        self._rows = [[_pieces(cell) for cell in row] for row in rows]
        self._headings = [_pieces(heading, QUIET) for heading in headings] if any(headings) else []
        self._right, self._kept = set(right), set(keep)
        self._indent, self._gap = indent, gap

    def lines(self, width: int) -> Iterator[Line]:
        rows = [self._headings, *self._rows] if self._headings else self._rows
        if not rows:
            return
        sizes = self._sizes(rows, width - self._indent)
        for row in rows:
            cells = [wrapped(cell, size) for cell, size in zip(row, sizes, strict=False)]
            for i in range(max(map(len, cells))):
                yield self._line([cell[i] if i < len(cell) else () for cell in cells], sizes)

    def _line(self, cells: Sequence[Line], sizes: Sequence[int]) -> Line:
        found = [Piece(" " * self._indent)]
        for i, (cell, size) in enumerate(zip(cells, sizes, strict=False)):
            blank = Piece(" " * max(0, size - _width(cell)))
            found += [blank, *cell] if i in self._right else [*cell, blank]
            found.append(Piece(" " * self._gap))
        return tuple(found)

    def _sizes(self, rows: Sequence[Sequence[Line]], room: int) -> list[int]:
        """The columns as wide as they are; where that is too much, the widest that may be broken give way."""
        count = max(map(len, rows))
        sizes = [max((_width(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]
        soft = [i for i in range(count) if i not in self._kept | self._right]
        over = sum(sizes) + self._gap * (count - 1) - room
        while over > 0 and soft:
            widest = max(soft, key=lambda i: sizes[i])
            second = max((sizes[i] for i in soft if i != widest), default=0)
            step = min(over, max(1, sizes[widest] - second))
            if sizes[widest] - step < _LEAST:
                break
            sizes[widest] -= step
            over -= step
        return sizes


_LEAST = 8
"""Cells of a column that words can still be read in."""


class _Commands:
    """The last lines of a screen: ready to paste, never broken by a margin, each with what it does."""

    def __init__(self, commands: Sequence[tuple[str, str]]) -> None:
        self._commands = commands

    def lines(self, width: int) -> Iterator[Line]:
        longest = max((len(command) for command, _ in self._commands), default=0)
        beside = all(8 + longest + 3 + len(does) <= width for _, does in self._commands)
        for i, (command, does) in enumerate(self._commands):
            start = Piece("  next  " if i == 0 else " " * 8, QUIET)
            if not does:
                yield start, Piece(command)
            elif beside:
                yield start, Piece(command), Piece(" " * (longest - len(command) + 3) + does, QUIET)
            else:
                yield start, Piece(command)
                yield Piece(" " * 10), Piece(does, QUIET)


# --- what views are made of ------------------------------------------------------------------


def screen(*parts: Part | None) -> Screen:
    """Parts with one empty line between them; None is left out."""
    found: list[Part] = []
    for part in parts:
        if part is not None:
            found += [_Empty(), part] if found else [part]
    return Screen(found)


def group(*parts: Part) -> Screen:
    return Screen(parts)


def answer(sentence: str) -> Part:
    """The first line of a screen."""
    return _Paragraph(sentence, BOLD, 0)


def indented(words: Words, by: int = 2, *, style: str = "") -> Part:
    return _Paragraph(words, style, by)


def remark(text: str) -> Part:
    """A quiet paragraph."""
    return _Paragraph(text, QUIET, 2)


def quiet(text: str) -> Line:
    return (Piece(text, QUIET),)


def mark(word: str, text: str = "") -> Line:
    """`! short by 59`: the sign in its colour, then the words."""
    sign, colour = SIGNS[word]
    return Piece(sign, colour), Piece(f" {text or word}")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Words]],
    *,
    right: Iterable[int] = (),
    keep: Iterable[int] = (),
    indent: int = 2,
    gap: int = 3,
) -> Part:
    """Aligned columns under their headings. `right`: columns of figures; `keep`: columns that never wrap."""
    return _Table(headings, rows, right, keep, indent, gap)


def pairs(rows: Iterable[tuple[str, Words]]) -> Part:
    """Names and what they are, in two columns."""
    return table(("", ""), [(quiet(name), value) for name, value in rows], keep=[0])


def next_step(*commands: tuple[str, str]) -> Part:
    return _Commands(commands)


# --- text ------------------------------------------------------------------------------------


def _pieces(words: Words, style: str = "") -> Line:
    if not isinstance(words, str):
        return words
    colour = sign_style(words)
    return (Piece(words[0], colour), Piece(words[1:], style)) if colour else (Piece(words, style),)


def wrapped(line: Line, width: int) -> list[Line]:
    """Broken between words only: a path or command that is broken cannot be pasted."""
    if _width(line) <= width:
        return [line]
    found: list[Line] = []
    current: list[Piece] = []
    used = 0
    for word, style in _words(line):
        size = cells(word)
        if current and used + size > width and not word.isspace():
            found.append(_trimmed(current))
            current, used = [], 0
        if current or not word.isspace():
            current.append(Piece(word, style))
            used += size
    return [*found, _trimmed(current)] if current else found


def _words(line: Line) -> Iterator[tuple[str, str]]:
    """Words and the blanks between them. Pieces that touch stay together as far as this knows: each is a word."""
    for text, style in line:
        for word in re.findall(r"\s+|\S+", text):
            yield word, style


def _trimmed(pieces: list[Piece]) -> Line:
    while pieces and pieces[-1].text.isspace():
        pieces.pop()
    return tuple(pieces)


def _width(line: Line) -> int:
    return sum(cells(piece.text) for piece in line)


def cells(text: str) -> int:
    """Columns of the screen that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1

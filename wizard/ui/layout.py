"""Lay out a question as lines of styled pieces. Pure, so that widths, scrolling and signs can be tested.

A piece is (style, text) as prompt_toolkit prints it; the styles are named in prompt.py. Nothing here depends on
colour: the cursor is a sign, a verdict is a sign and a word.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from prompt_toolkit.utils import get_cwidth

from geos.wizard.ui import Option, Question

Piece = tuple[str, str]
Line = list[Piece]

CURSOR = "❯"
SIGN_STYLES = {"✓": "class:ok", "!": "class:short", "?": "class:unknown", "✗": "class:failed", "~": "class:simulated"}
_NUMBER = re.compile(r"[≈~]?[\d.,]+(–[\d.,]+)?( ?%)?|-|")
_GAPS = (3, 2)
"""Between columns; the smaller one where only it lets all of them fit."""
_LEAST_WORDS = 24
"""A last column of words is cut rather than dropped, as long as so much of it can be read."""
_INDENT = 5


@dataclass(frozen=True)
class Table:
    """A choice laid out for a width."""

    heading: Line
    rows: list[Line]
    hidden: list[str]
    """Headings of the columns that did not fit."""
    cut: bool = False
    """The last column, of words, was cut."""


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells; what is cut off is marked."""
    if get_cwidth(text) <= width:
        return text
    kept = ""
    for letter in text:
        if get_cwidth(kept + letter) > width - 1:
            break
        kept += letter
    return kept + "…" if width > 0 else ""


def pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(0, width - get_cwidth(text))
    return space + text if right else text + space


def wrapped(text: str, width: int, indent: int = 2) -> list[str]:
    """Paragraphs wrapped by words; lines that begin with a space are kept as they are."""
    lines: list[str] = []
    for paragraph in text.strip("\n").splitlines():
        if paragraph.startswith(" ") or not paragraph:
            lines.append(" " * indent + paragraph if paragraph else "")
        else:
            lines += textwrap.wrap(
                paragraph, max(20, width - indent), initial_indent=" " * indent, subsequent_indent=" " * indent,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
    return lines


def head(question: Question, width: int) -> list[Line]:
    """`geos-setup  4 of 10  Region          sandbox: simulated account`; nothing for a question in passing."""
    if not question.steps:
        return []
    left: Line = [
        ("class:program", question.program),
        ("class:quiet", f"  {question.step} of {question.steps}  "),
        ("class:title", question.title or question.text),
    ]
    used = sum(get_cwidth(text) for _, text in left)
    room = width - used - 2
    if question.place and room >= 8:
        place = clip(question.place, room)
        left.append(("class:quiet", " " * (width - used - get_cwidth(place)) + place))
    return [[], left, []]


def hints(pairs: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """The keys and what they do, on as few lines as fit."""
    lines: list[Line] = []
    line: Line = []
    used = 0
    for key, does in pairs:
        size = get_cwidth(key) + 1 + get_cwidth(does) + 3
        if line and 2 + used + size - 3 > width:
            lines.append(line)
            line, used = [], 0
        line += [("", "  " if not line else "   "), ("class:key", key), ("class:quiet", f" {does}")]
        used += size
    return [*lines, line] if line else lines


def cell_pieces(text: str, style: str) -> Line:
    """A verdict's sign in its colour, the rest in the row's style."""
    sign, rest = text[:1], text[1:]
    if sign in SIGN_STYLES and (not rest or rest.startswith(" ")):
        return [(f"{style} {SIGN_STYLES[sign]}".strip(), sign), (style, rest)]
    return [(style, text)]


def column_widths(options: Sequence[Option], columns: Sequence[str]) -> list[int]:
    rows = [tuple(columns), *(option.cells for option in options)]
    count = max((len(row) for row in rows), default=0)
    return [max((get_cwidth(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]


def numeric(options: Sequence[Option], column: int) -> bool:
    cells = [option.cells[column] for option in options if column < len(option.cells)]
    return any(any(c.isdigit() for c in cell) for cell in cells) and all(_NUMBER.fullmatch(cell) for cell in cells)


def fitting(sizes: Sequence[int], width: int, *, words: bool = False) -> tuple[int, int, int]:
    """(how many columns fit from the left, at least one; the gap between them; the width of the last).

    `words`: the last column holds sentences, which may be cut.
    """
    gap = next((g for g in _GAPS if _INDENT + sum(sizes) + g * (len(sizes) - 1) <= width), _GAPS[0])
    used, count = _INDENT, 0
    for size in sizes:
        more = size + (gap if count else 0)
        if used + more > width and count:
            break
        used += more
        count += 1
    room = width - used - gap
    if count == len(sizes) - 1 and words and room >= _LEAST_WORDS:
        return count + 1, gap, room
    if count <= 1 and sizes:
        return 1, gap, min(sizes[0], max(4, width - _INDENT))
    return count, gap, sizes[count - 1] if sizes else 0


def table(
    options: Sequence[Option],
    columns: Sequence[str],
    width: int,
    *,
    cursor: int = -1,
    picked: frozenset[str] | None = None,
    widths_of: Sequence[Option] = (),
) -> Table:
    """Aligned columns with their headings. `picked` given: several can be chosen, each row has a box.

    `widths_of`: align for these rows too, so that filtering and scrolling do not make columns jump.
    """
    measured = list(widths_of) or list(options)
    box = 4 if picked is not None else 0
    sizes = column_widths(measured, columns)
    words = len(sizes) > 1 and sizes[-1] > _LEAST_WORDS and not numeric(measured, len(sizes) - 1)
    count, gap, last = fitting(sizes, width - box, words=words)
    sizes[count - 1 : count] = [last]
    right = [numeric(measured, i) for i in range(count)]

    def line(cells: Sequence[str], style: str) -> Line:
        pieces: Line = []
        for i in range(count):
            cell = cells[i] if i < len(cells) else ""
            shown = pad(clip(cell, sizes[i]), sizes[i], right=right[i])
            pieces += [(style, " " * gap)] if i else []
            pieces += cell_pieces(shown if i < count - 1 else shown.rstrip(), style)
        return pieces

    heading: Line = [("", " " * (_INDENT + box)), *line(columns, "class:heading")] if any(columns) else []
    rows: list[Line] = []
    for i, option in enumerate(options):
        style = "class:disabled" if option.disabled else ("class:current" if i == cursor else "")
        start: Line = [("class:cursor", f"  {CURSOR}  " if i == cursor else " " * _INDENT)]
        if picked is not None:
            start.append((style, "[x] " if option.value in picked else "[ ] "))
        rows.append([*start, *line(option.cells, style)])
    cut = words and count == len(sizes) and last < column_widths(measured, ())[-1]
    return Table(heading, rows, list(columns[count:]), cut)


def window(count: int, cursor: int, room: int) -> range:
    """Which rows of `count` to show in `room` lines, the cursor among them."""
    if count <= room:
        return range(count)
    start = min(max(0, cursor - room // 2), count - room)
    return range(start, start + room)


def details(option: Option, columns: Sequence[str], drawn: Table) -> str:
    """What the current row has to say beyond its line: why it cannot be taken, what did not fit."""
    if option.disabled:
        return f"{option.cells[0]} cannot be taken: {option.disabled}"
    if drawn.cut or (drawn.hidden and len(columns) == 2):
        return option.cells[len(columns) - 1] if len(option.cells) == len(columns) else ""
    first = len(columns) - len(drawn.hidden)
    pairs = [
        f"{name} {cell}" for name, cell in zip(drawn.hidden, option.cells[first:], strict=False) if cell and cell != "-"
    ]
    return f"{option.cells[0]}: {', '.join(pairs)}" if pairs else ""

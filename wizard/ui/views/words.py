"""The voice of all screens: verdict words and their signs, figures with their units, tables, the next command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from geos.wizard.ui.wording import QUIET, SIGNS, band, count, duration, listing, number, sign_style, usd

__all__ = [
    "QUIET",
    "SIGNS",
    "Next",
    "answer",
    "band",
    "count",
    "duration",
    "indented",
    "listing",
    "mark",
    "next_step",
    "number",
    "pairs",
    "remark",
    "screen",
    "signed",
    "table",
    "usd",
    "verbatim",
]


def mark(word: str, text: str = "") -> Text:
    """`! short by 59`: the sign in its colour, then the words."""
    sign, colour = SIGNS[word]
    return Text.assemble((sign, colour), " ", text or word)


def signed(cell: RenderableType) -> RenderableType:
    """Text that begins with a verdict's sign gets the sign's colour; anything else stays."""
    if isinstance(cell, str) and (style := sign_style(cell)):
        return Text.assemble((cell[0], style), cell[1:])
    return Text(cell) if isinstance(cell, str) else cell


def answer(sentence: str) -> Text:
    """The first line of a screen."""
    return Text(sentence, style="bold")


def verbatim(text: str) -> Group:
    """For a program to read: no margin breaks a line."""
    return Group(Text(text, no_wrap=True, overflow="ignore"))


def screen(*parts: RenderableType | None) -> Group:
    """Parts with one empty line between them; None is left out."""
    lines: list[RenderableType] = []
    for part in parts:
        if part is not None:
            lines += [Text(""), part] if lines else [part]
    return Group(*lines)


def indented(what: RenderableType, by: int = 2) -> Padding:
    return Padding(signed(what) if isinstance(what, str) else what, (0, 0, 0, by))


def remark(text: str) -> Padding:
    """A quiet paragraph."""
    return Padding(Text(text, style=QUIET), (0, 0, 0, 2))


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[RenderableType]],
    *,
    right: Iterable[int] = (),
    keep: Iterable[int] = (),
    indent: int = 2,
    gap: int = 3,
) -> Padding:
    """Aligned columns under their headings. `right`: columns of figures; `keep`: columns that never wrap."""
    numbers, kept = set(right), set(keep)
    found = Table(
        box=None, padding=(0, gap, 0, 0), pad_edge=False, show_edge=False, show_header=any(headings), header_style=QUIET
    )
    for i, heading in enumerate(headings):
        justify = "right" if i in numbers else "left"
        found.add_column(heading, justify=justify, no_wrap=i in numbers | kept)  # type: ignore[arg-type]
    for row in rows:
        found.add_row(*[signed(cell) for cell in row])
    return Padding(found, (0, 0, 0, indent))


def pairs(rows: Iterable[tuple[str, RenderableType]], *, indent: int = 2) -> Padding:
    """Names and what they are, in two columns."""
    return table(("", ""), [(Text(name, style=QUIET), value) for name, value in rows], keep=[0], indent=indent)


@dataclass(frozen=True)
class Next:
    """The last lines of a screen: commands ready to paste, never broken by a margin, each with what it does."""

    commands: tuple[tuple[str, str], ...]
    word: str = "next"
    room: int = 6
    """Cells for the word and the gap after it, so that it lines up with what stands above."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        longest = max((len(command) for command, _ in self.commands), default=0)
        beside = all(2 + self.room + longest + 3 + len(does) <= options.max_width for _, does in self.commands)
        for i, (command, does) in enumerate(self.commands):
            line = Text(no_wrap=True, overflow="ignore")
            line.append("  " + (self.word if i == 0 else "").ljust(self.room), style=QUIET)
            line.append(command)
            if does and beside:
                line.append(" " * (longest - len(command) + 3) + does, style=QUIET)
                yield line
            elif does:
                yield line
                yield Padding(Text(does, style=QUIET), (0, 0, 0, self.room + 4))
            else:
                yield line


def next_step(*commands: tuple[str, str] | str, room: int = 6) -> Next:
    """`next  geos-setup deploy     creates it`."""
    return Next(tuple((c, "") if isinstance(c, str) else c for c in commands), room=room)

"""The last look before anything is created."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from geos.wizard.ui.views.words import answer, band, count, indented, mark, usd

if TYPE_CHECKING:
    from geos.wizard.guide.parts import Review, ReviewLine


def review(found: Review) -> RenderableType:
    """What will be created and what it costs, then a line for each thing looked at."""
    return Group(indented(answer(headline(found))), Text(), _Lines(found.lines))


def lines(found: Sequence[ReviewLine]) -> RenderableType:
    """A line for each thing looked at."""
    return _Lines(tuple(found))


def headline(found: Review) -> str:
    amount = count(found.resources, "resource")
    start = f"Will create {amount} in {found.region}."
    if found.there_already:
        start = f"{found.deployment} is there already; will bring it up to date: {amount} in {found.region}."
    return f"{start} {costs(found.idle_usd_per_month, found.run_usd, found.run_words)}".rstrip()


def costs(idle_usd_per_month: float | None, run_usd: tuple[float, float, float] | None, run_words: str = "") -> str:
    """`run_usd`: low, likely and high of one run; `run_words`: why it is not known."""
    idle = "" if idle_usd_per_month is None else f"Idle {usd(idle_usd_per_month)} a month"
    if run_usd is not None:
        run = f"a run {band(*run_usd)}"
        return f"{idle}; {run}." if idle else f"{run[0].upper()}{run[1:]}."
    return " ".join(filter(None, (f"{idle}." if idle else "", run_words)))


class _Lines:
    """Sign, name, what was found, and at the right end what matters most; wrapped under itself."""

    def __init__(self, lines: tuple[ReviewLine, ...]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max((len(line.name) for line in self._lines), default=0)
        indent = 4 + width + 2
        for line in self._lines:
            start = Text.assemble("  ", mark(line.word, line.name.ljust(width)), "  ")
            room = max(12, options.max_width - indent - 1)
            beside = len(line.text) + 2 + len(line.remark) <= room
            gap = " " * (room - len(line.text) - len(line.remark)) if beside else ""
            pieces = Text(line.text).wrap(console, room)
            for i, piece in enumerate(pieces):
                tail = (gap + line.remark, "") if i == 0 and beside and line.remark else ("", "")
                yield (start if i == 0 else Text(" " * indent)) + piece + Text.assemble(tail)
            if line.remark and not beside:
                yield Text(line.remark.rjust(options.max_width - 1))

"""A build as it goes: finished steps in short, the running one with its last lines, what is still to come."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from geos.builder.progress import DONE, FAILED, RUNNING, WAITING, PartProgress, StepProgress
from geos.wizard.ui.views.words import QUIET, duration

_TURNING = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_PER_SECOND = 10
_LINES_SHOWN = {1: 4, 2: 2}
"""Of the build's output, by how many architectures are built at once."""


def progress(headline: str, right: str, parts: tuple[PartProgress, ...], *, tail: str = "") -> RenderableType:
    """The live region. `tail`: the last line, where the log is and when the host is gone at the latest."""
    return _Board(headline, right, parts, tail)


class _Board:
    """Drawn when printed, so that the sign turns between two changes too."""

    def __init__(self, headline: str, right: str, parts: tuple[PartProgress, ...], tail: str) -> None:
        self._headline, self._right, self._parts, self._tail = headline, right, parts, tail

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        gap = width - len(self._headline) - len(self._right)
        yield _cut(Text.assemble((self._headline, "bold"), " " * max(2, gap), (self._right, QUIET)), width)
        turning = _TURNING[int(console.get_time() * _TURNS_PER_SECOND) % len(_TURNING)]
        for part in self._parts:
            if len(self._parts) > 1:
                yield Text(f"  {part.architecture}", style="bold")
            shown = _LINES_SHOWN.get(len(self._parts), 1)
            for line in _part(part, turning, width, shown):
                yield _cut(line, width)
        if self._tail:
            yield _cut(Text(f"  {self._tail}", style=QUIET), width)


def _part(part: PartProgress, turning: str, width: int, shown: int) -> Iterator[Text]:
    yield from _in_rows([_ended(s) for s in part.steps if s.state in (DONE, FAILED)], width)
    for step in part.steps:
        if step.state != RUNNING:
            continue
        yield Text.assemble(
            "  ", turning, " ", step.title, (f"  {step.detail}" if step.detail else ""), (f"  {_time(step)}", QUIET)
        )
        for line in part.last_lines[-shown:]:
            yield Text.assemble(("    │ ", QUIET), (line, QUIET))
        if part.machine:
            yield Text(f"    {part.machine}", style=QUIET)
    if part.undoing:
        yield Text.assemble("  ", turning, " cleaning up")
        return
    waiting = [s.title for s in part.steps if s.state == WAITING]
    if waiting:
        yield Text("  " + "  ".join(f"· {title}" for title in waiting), style=QUIET)


def _ended(step: StepProgress) -> Text:
    sign = ("✓", "green") if step.state == DONE else ("✗", "red")
    words = f" {step.title}" + (f" {step.detail}" if step.detail else "")
    return Text.assemble(sign, words, (f"  {_time(step)}", QUIET))


def _in_rows(cells: list[Text], width: int, *, indent: int = 2, gap: int = 4) -> Iterator[Text]:
    """As many beside each other as fit."""
    line = Text(" " * indent)
    for cell in cells:
        if line.cell_len > indent and line.cell_len + cell.cell_len > width:
            line.rstrip()
            yield line
            line = Text(" " * indent)
        line.append_text(cell).append(" " * gap)
    if line.cell_len > indent:
        line.rstrip()
        yield line


def _time(step: StepProgress) -> str:
    return duration(step.seconds)


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line

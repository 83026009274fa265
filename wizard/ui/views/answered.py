"""The line that stays when a question is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table

from geos.wizard.ui import Question
from geos.wizard.ui.wording import QUIET

_LABEL_WIDTH = 34
_NAMED = 2
"""Of several picked; the answers file has them all."""


@dataclass(frozen=True)
class Answered:
    """`quiet`: it was answered another time."""

    question: Question
    answer: Any
    quiet: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=min(_LABEL_WIDTH, options.max_width // 2), style=QUIET)
        grid.add_column(overflow="fold", style=QUIET if self.quiet else "")
        grid.add_row(self.question.label or self.question.text.rstrip("?"), words(self.question, self.answer))
        yield Padding(grid, (0, 0, 0, 2))


def words(question: Question, answer: Any) -> str:
    """The answer as one would say it; a secret is not said."""
    if question.kind == "secret":
        return "•" * 8 if answer else "-"
    if question.kind == "confirm":
        return "yes" if answer else "no"
    names = {option.value: (option.cells or (option.value,))[0] for option in question.options}
    if isinstance(answer, list | tuple):
        shown = ", ".join(names.get(value, str(value)) for value in answer[:_NAMED]) or "-"
        return f"{shown} and {len(answer) - _NAMED} more" if len(answer) > _NAMED else shown
    return names.get(answer, str(answer)) or "-"

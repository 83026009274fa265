"""An error in one breath: what, where, what next. Never a stack trace, never only a code."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from geos.wizard.errors import BadAnswers, GeosError
from geos.wizard.ui.views.words import QUIET


def error(fault: GeosError, *, log: str = "", hint: str | None = None) -> RenderableType:
    """`hint` stands in for the fault's own."""
    faults = fault.faults if isinstance(fault, BadAnswers) else (fault.message,)
    lines: list[RenderableType] = [Text.assemble(("error:", "red"), f" {line}") for line in faults]
    if len(faults) > 1:
        lines.append(Text(f"{len(faults)} faults; nothing was created."))
    rows = (
        ("try:", fault.hint if hint is None else hint),
        ("AWS:", fault.aws_code),
        ("log:", log),
        ("why:", f"geos-setup explain {fault.code}"),
    )
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for word, what in rows:
        if what:
            grid.add_row(Text(f"  {word}", style=QUIET), Text(what))
    return Group(*lines, grid)

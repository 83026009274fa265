"""An error in one breath: what, where, what next. Never a stack trace, never only a code."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.errors import BadAnswers, GeosError
from geos.wizard.ui.views.words import QUIET


def error(fault: GeosError, *, log: str = "") -> RenderableType:
    faults = fault.faults if isinstance(fault, BadAnswers) else (fault.message,)
    lines = [Text.assemble(("error:", "red"), f" {line}") for line in faults]
    if len(faults) > 1:
        lines.append(Text(f"{len(faults)} faults; nothing was created."))
    if fault.hint:
        lines.append(Text.assemble(("  try: ", QUIET), fault.hint))
    aws = f"  AWS: {fault.aws_code}" if fault.aws_code else ""
    place = f"  log {log}" if log else ""
    lines.append(Text(f"  geos-setup explain {fault.code}{aws}{place}", style=QUIET))
    return Group(*lines)

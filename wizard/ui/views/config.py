"""`config show`: every setting, its value and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, answer, count, next_step, screen, table

if TYPE_CHECKING:
    from geos.wizard.systems.answers import Settled


def settings(settled: Settled, width: int = 80) -> RenderableType:
    """All keys in the order of the questions, grouped; those that do not apply are left out."""
    given = sum(settled.is_given(name) for name in settled.values)
    sentence = f"{count(len(settled.values), 'setting')}: {given} given, the rest defaults."
    titles = {group.name: group.title for group in settled.schema.groups}
    blocks: list[RenderableType] = []
    for group in dict.fromkeys(p.group for p in settled.schema.in_order()):
        rows = [
            _row(settled, p.name) for p in settled.schema.in_order() if p.group == group and _counts(settled, p.name)
        ]
        if rows:
            blocks += [Text(f"  {titles.get(group, group)}", style="bold")] if width >= 40 else []
            blocks += [table(("", "", ""), rows, keep=[0], indent=4), Text("")]
    faults = [Text(f"error: {fault}", style="red") for fault in settled.faults]
    missing = [Text(f"  ! {p.name} is not answered ({p.flag})", style="yellow") for p in settled.missing]
    return screen(
        answer(sentence),
        Group(*blocks[:-1]),
        Group(*faults, *missing) if faults or missing else None,
        next_step(("geos-setup plan", "shows what these settings would create")),
    )


def _counts(settled: Settled, name: str) -> bool:
    return name in settled.values and settled.applies.get(name, True)


def _row(settled: Settled, name: str) -> list[RenderableType]:
    origin = settled.origins.get(name, "default")
    return [name, _shown(settled.values[name]), Text(origin, style=QUIET if origin == "default" else "")]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in ("", None) else str(value)

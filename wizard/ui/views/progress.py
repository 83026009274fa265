"""A deployment as it goes, and how it failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, count, duration, mark, next_step

if TYPE_CHECKING:
    from geos.wizard.deployment.diagnosis import Diagnosis
    from geos.wizard.deployment.progress import Progress, ResourceProgress, StackProgress

_TURNING = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_PER_SECOND = 10
_WORKING_SHOWN = 4


def progress(state: Progress) -> RenderableType:
    """The live region: one line per stack, and the resources that are being worked on."""
    return _Board(state)


class _Board:
    """Drawn when printed, so that the sign turns between two changes too. Drawn by hand, line by line:
    a table would let its narrow columns starve on a small screen."""

    def __init__(self, state: Progress) -> None:
        self._state = state

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        state, width = self._state, options.max_width
        left = f"{state.deployment} in {state.region}"
        right = f"{state.finished} of {count(len(state.stacks), 'stack')}"
        gap = width - len(left) - len(right)
        yield Text.assemble((left, "bold"), " " * max(2, gap), (right, QUIET))
        turning = Text(_TURNING[int(console.get_time() * _TURNS_PER_SECOND) % len(_TURNING)])
        layers = max((len(stack.layer) for stack in state.stacks), default=0)
        amounts = max((len(_amount(stack)) for stack in state.stacks), default=0)
        for stack in state.stacks:
            start = Text.assemble("  ", _sign(stack, turning), " ", stack.layer.ljust(layers), "  ")
            start.append(_amount(stack).ljust(amounts) + "  ")
            yield from _lines(stack, start, width)


def _lines(stack: StackProgress, start: Text, width: int) -> Iterator[Text]:
    busy = stack.working[:_WORKING_SHOWN]
    if not busy:
        ended = stack.state in ("done", "gone", "failed")
        yield _cut(Text.assemble(start, (duration(stack.seconds) if ended else "", QUIET)), width)
        return
    room = width - start.cell_len
    for i, resource in enumerate(busy):
        yield _cut((start if i == 0 else Text(" " * start.cell_len)) + _at_work(resource, room), width)
    if len(stack.working) > len(busy):
        yield Text(" " * start.cell_len + f"and {len(stack.working) - len(busy)} more", style=QUIET)


def _at_work(resource: ResourceProgress, room: int) -> Text:
    undoing = "removing " if resource.state == "undoing" else ""
    name = f"{undoing}{resource.type.rsplit('::', 1)[-1]} {resource.logical_id}"
    time = duration(resource.seconds)
    usual = f" (usually {resource.usually_seconds:.0f})" if resource.usually_seconds else ""
    if len(name) + 2 + len(time) + len(usual) > room:
        usual = ""
    if len(name) + 2 + len(time) > room:
        name = name[: max(3, room - len(time) - 3)] + "…"
    return Text.assemble(name, (f"  {time}{usual}", QUIET))


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _sign(stack: StackProgress, turning: Text) -> Text:
    match stack.state:
        case "done" | "gone":
            return Text("✓", style="green")
        case "failed":
            return Text("✗", style="red")
        case "working" | "undoing":
            return turning.copy()
        case _:
            return Text("·", style=QUIET)


def _amount(stack: StackProgress) -> str:
    if stack.state == "waiting":
        return ""
    if stack.state in ("done", "gone"):
        told = count(stack.total - stack.kept, "resource")
        told += f", {stack.simulated} simulated" if stack.simulated else ""
        return told + (f", {stack.kept} kept" if stack.kept else "")
    return f"{stack.done} of {stack.total}"


def progress_lines(before: Progress | None, now: Progress) -> list[str]:
    """What changed, a line each, for where nothing can be redrawn."""
    old = {stack.stack_name: stack for stack in before.stacks} if before else {}
    lines: list[str] = []
    for stack in now.stacks:
        was = old.get(stack.stack_name)
        lines += _stack_lines(was, stack)
    return lines


def _stack_lines(was: StackProgress | None, stack: StackProgress) -> list[str]:
    lines = []
    states = {r.logical_id: r.state for r in was.resources} if was else {}
    for resource in stack.resources:
        if resource.state == states.get(resource.logical_id, "waiting"):
            continue
        if resource.state in ("done", "gone", "kept", "failed"):
            sign = {"failed": "✗", "kept": "~"}.get(resource.state, "✓")
            kind = resource.type.rsplit("::", 1)[-1]
            words = {"gone": "removed ", "kept": "kept "}.get(resource.state, "")
            tail = f": {resource.reason}" if resource.state == "failed" and resource.reason else ""
            note = "  simulated" if resource.simulated else ""
            took = duration(resource.seconds)
            lines.append(f"  {sign} {stack.layer}  {words}{kind} {resource.logical_id}  {took}{note}{tail}")
    if stack.total and stack.state != (was.state if was else "waiting") and stack.state in ("done", "gone", "failed"):
        sign = "✗" if stack.state == "failed" else "✓"
        lines.append(f"{sign} {stack.layer}  {_amount(stack)}  {duration(stack.seconds)}")
    return lines


def failure(
    diagnosis: Diagnosis, *, undone: str = "", next_commands: Sequence[str] = (), log: str = ""
) -> RenderableType:
    """The first failing resource, AWS's words, ours, what is left, and the way on."""
    title = Text.assemble(mark("failed"), f"   {diagnosis.layer}: {diagnosis.what}")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style=QUIET)
    grid.add_column()
    grid.add_row("  AWS says", Text(diagnosis.aws_says))
    grid.add_row("  Why", Text(diagnosis.why))
    if diagnosis.fix:
        grid.add_row("  Fix", Text(diagnosis.fix))
    if undone:
        grid.add_row("  Undone", Text(undone))
    for i, other in enumerate(diagnosis.others[:3]):
        grid.add_row("  Also" if i == 0 else "", Text(other, style=QUIET))
    parts: list[RenderableType] = [title, grid]
    parts.append(next_step(*[*next_commands, f"geos-setup explain {diagnosis.code}"], room=10))
    if log:
        parts.append(Text(f"  log       {log}", style=QUIET, no_wrap=True, overflow="ignore"))
    return Group(*parts)

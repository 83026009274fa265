"""A deployment that is as planned: what was made, how long it took, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import answer, count, duration, indented, mark, next_step, screen, table

if TYPE_CHECKING:
    from geos.wizard.deployment.apply import Deployed
    from geos.wizard.deployment.bring_up import StackResult


def deployed(found: Deployed, *, flags: str = "") -> RenderableType:
    """`flags`: what makes the next command reach the same account ("--sandbox ")."""
    place = f"{found.deployment} in {found.region}"
    next_commands = (
        (f"geos-setup {flags}validate", "reads back what was made"),
        (f"geos-setup {flags}outputs", "names, addresses, links"),
        (f"geos-setup {flags}destroy", "removes all of it"),
    )
    if not found.changed:
        return screen(answer(f"Nothing to change: {place} is as planned."), next_step(*next_commands))
    resources = sum(s.resources for s in found.stacks)
    took = duration(found.seconds)
    sentence = f"{place} is up: {count(resources, 'resource')} in {count(len(found.stacks), 'stack')}, {took}."
    return screen(
        answer(sentence),
        Group(table(("", "", "", ""), [_row(s) for s in found.stacks], keep=[0, 1, 2], gap=2), *_beside(found)),
        simulated(found.simulated),
        next_step(*next_commands),
    )


def _row(stack: StackResult) -> list[RenderableType]:
    took = duration(stack.seconds) if stack.outcome != "unchanged" else ""
    return [mark("ok", stack.layer), stack.outcome, count(stack.resources, "resource"), took]


def _beside(found: Deployed) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if found.roles_made:
        lines.append(indented(f"Made beside the stacks, kept on destroy: {', '.join(found.roles_made)}."))
    if found.removed:
        lines.append(indented(f"Removed because the answers no longer ask for them: {', '.join(found.removed)}."))
    return lines


def simulated(amount: int) -> RenderableType | None:
    """The line that says how much of a simulated account is only pretended; None when nothing is."""
    if not amount:
        return None
    words = f"{count(amount, 'resource')} simulated: recorded by the sandbox, with nothing behind"
    return Text.assemble("  ", mark("simulated", words))

"""What a deployment holds already, so that a second run does not ask for it again.

Read off the stacks that stand: of the planned resources, those that a stack lists as made. Running machines are
not told by stacks; they are recognised by their tags (counting.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from geos.wizard.concurrently import gather
from geos.wizard.errors import AwsRefused, GeosError
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.needs import Need, needs

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.aws.stack_facts import StackResource


def standing_needs(aws: Aws, stacks: Sequence[StackInRegion]) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    """(what the standing part of `stacks` takes, notes on stacks that could not be read)."""
    asked = {(s.region, s.resolved.name): partial(_resources, aws, s) for s in stacks}
    found = gather(asked)
    standing: list[StackInRegion] = []
    notes: list[str] = []
    for stack in stacks:
        told = found[stack.region, stack.resolved.name]
        if isinstance(told, GeosError):
            notes.append(f"What {stack.resolved.name} holds already could not be read: {told.message}")
        elif told:
            standing.append(standing_part(stack, told))
    return needs(standing), tuple(notes)


def _resources(aws: Aws, stack: StackInRegion) -> tuple[StackResource, ...]:
    from geos.wizard.aws.stacks import NO_SUCH_STACK

    try:
        return aws.in_region(stack.region).stacks.resources(stack.resolved.name)
    except AwsRefused as e:
        if e.aws_code == NO_SUCH_STACK:
            return ()
        raise


def standing_part(stack: StackInRegion, made: Sequence[StackResource]) -> StackInRegion:
    """The stack with only those of its resources that exist and are of the planned type."""
    there = {(r.logical_id, r.type) for r in made if r.physical_id and _exists(r.status)}
    kept = {name: r for name, r in stack.resolved.resources.items() if (name, r.type) in there}
    return replace(stack, resolved=replace(stack.resolved, resources=kept))


def _exists(status: str) -> bool:
    return not status.startswith("DELETE_") and status not in ("CREATE_FAILED", "CREATE_IN_PROGRESS")

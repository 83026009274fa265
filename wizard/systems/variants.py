"""The same design with another way out to the internet, priced beside it: the dearest choice of an idle network."""

from __future__ import annotations

from dataclasses import replace

from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.design import Design, design
from geos.wizard.systems.estimate import Beside, beside

WAY_OUT = "nat_mode"
"""The common parameter whose choices are priced."""


def ways_out(planned: Design) -> tuple[Beside, ...]:
    """Idle cost of every choice, cheapest first; () where the design makes no network of its own."""
    schema, settled = planned.system.schema, planned.settled
    if WAY_OUT not in schema.parameters or not settled.applies.get(WAY_OUT):
        return ()
    choices = [str(choice) for choice in schema.parameters[WAY_OUT].choices]
    return beside(str(settled.values[WAY_OUT]), {choice: _stacks(planned, choice) for choice in choices})


def _stacks(planned: Design, choice: str) -> tuple[StackInRegion, ...]:
    values = {**planned.settled.values, WAY_OUT: choice}
    other = design(planned.system, replace(planned.settled, values=values), planned.facts)
    pairs = zip(other.stacks, other.resolved, strict=True)
    return tuple(StackInRegion(resolved, stack.region, planned.facts.partition) for stack, resolved in pairs)

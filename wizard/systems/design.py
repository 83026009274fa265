"""What follows from a set of answers before any account is asked: the stacks, rendered and evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.cfn.resolve import Pseudo, Resolved
from geos.wizard.systems.answers import Settled
from geos.wizard.systems.expressions import Facts
from geos.wizard.systems.manifest import System
from geos.wizard.systems.render import RenderedStack, render, render_bootstrap, resolve_stacks


@dataclass(frozen=True)
class Design:
    """A system with its answers put in. Stacks are in the order of deployment, geos's own bootstrap stack first."""

    system: System
    settled: Settled = field(repr=False)
    facts: Facts = field(repr=False)
    stacks: tuple[RenderedStack, ...] = field(repr=False)
    resolved: tuple[Resolved, ...] = field(repr=False)

    @property
    def values(self) -> Mapping[str, Any]:
        return self.settled.values

    @property
    def deployment(self) -> str:
        return f"{self.values['project']}-{self.values['environment']}"

    @property
    def resource_count(self) -> int:
        return sum(len(r.resources) for r in self.resolved)


def design(system: System, settled: Settled, facts: Facts) -> Design:
    """Raises RenderFailed, BadTemplate."""
    stacks = (render_bootstrap(facts), *render(system, settled.values, facts))
    pseudo = Pseudo(account_id=facts.account_id, partition=facts.partition, availability_zones=facts.zones)
    return Design(system, settled, facts, stacks, resolve_stacks(stacks, pseudo))

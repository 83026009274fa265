"""What a design means before any account is asked: its workload, one job of it, quota needs, machines, costs. Pure.

Everything is read off the rendered stacks and the manifest's `workload` and `cost`, so it holds for any system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from geos.wizard.account.fits import JobShape
from geos.wizard.cfn.resolve import Unknown
from geos.wizard.facts import Price
from geos.wizard.sizing.jobs import Choice, Workload, recommend, why_not
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.arns import Names
from geos.wizard.systems.derive.batch import environments
from geos.wizard.systems.derive.needs import Need, needs
from geos.wizard.systems.derive.permissions import Grant, required_actions
from geos.wizard.systems.derive.regions import RegionFault, region_faults
from geos.wizard.systems.design import Design
from geos.wizard.systems.estimate import Estimate, estimate
from geos.wizard.systems.expressions import value_of
from geos.wizard.tables.instances import instance
from geos.wizard.tables.prices import price


@dataclass(frozen=True)
class Study:
    """One design, looked at. Every answer is worked out when first asked for."""

    design: Design = field(repr=False)

    @property
    def region(self) -> str:
        return str(self.design.values["region"])

    @cached_property
    def stacks(self) -> tuple[StackInRegion, ...]:
        partition = self.design.facts.partition
        pairs = zip(self.design.stacks, self.design.resolved, strict=True)
        return tuple(StackInRegion(resolved, stack.region or self.region, partition) for stack, resolved in pairs)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        return needs(self.stacks)

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Permissions for the stacks and for geos's own commands, narrowed to the deployment's names."""
        facts = self.design.facts
        names = Names(self.design.deployment, self.region, facts.account_id, facts.partition)
        return required_actions(self.stacks, names)

    @cached_property
    def faults(self) -> tuple[RegionFault, ...]:
        """What the region lacks, by the shipped tables."""
        return region_faults(self.stacks)

    @cached_property
    def workload(self) -> Workload | None:
        """What will be run; None for a system that runs nothing."""
        return workload_of(self.design)

    @cached_property
    def data_region(self) -> str:
        return self.workload.data_region if self.workload else ""

    @cached_property
    def job(self) -> JobShape | None:
        """One job with the machines it may run on, and the most vCPUs its environments take."""
        wanted = self.workload
        if wanted is None or not wanted.instance_types:
            return None
        spot = wanted.purchase == "spot"
        own = [e.max_vcpus for e in environments(self.stacks) if e.spot == spot]
        known = [most for most in own if not isinstance(most, Unknown)]
        return JobShape(
            wanted.vcpus,
            wanted.memory_mib,
            wanted.instance_types,
            spot,
            float(sum(known)) if known and len(known) == len(own) else None,
        )

    @cached_property
    def prices(self) -> dict[str, Price]:
        names = self.workload.instance_types if self.workload else ()
        return {name: found for name in names if (found := price(name, self.region)) is not None}

    @cached_property
    def machines(self) -> tuple[Choice, ...]:
        """Instance types that can take the job, best first."""
        if self.workload is None:
            return ()
        facts = self.design.facts
        return recommend(
            self.workload,
            prices=self.prices,
            offered=facts.offered,
            quota_vcpus_on_demand=facts.vcpu_quota_on_demand,
            quota_vcpus_spot=facts.vcpu_quota_spot,
        )

    @cached_property
    def refused(self) -> tuple[tuple[str, str], ...]:
        """Instance types that cannot take the job, each with the reason."""
        wanted = self.workload
        if wanted is None:
            return ()
        named = ((name, instance(name)) for name in wanted.instance_types)
        told = ((n, why_not(wanted, m, self.design.facts.offered) if m else "geos does not know it") for n, m in named)
        return tuple((name, why) for name, why in told if why)

    @cached_property
    def estimate(self) -> Estimate:
        """Reckoned with the best machine."""
        budget = self.design.values.get("budget_monthly_usd")
        return estimate(
            self.stacks,
            self.region,
            workload=self.workload,
            choice=self.machines[0] if self.machines else None,
            assumptions=value_of(self.design.system.cost, context_of(self.design)),
            budget_usd=float(budget) if budget is not None else None,
        )


def context_of(design: Design) -> dict[str, Any]:
    """What the manifest's expressions see."""
    system = design.system
    return {**design.values, "facts": design.facts, "jobs": system.jobs, "system": system.name}


def workload_of(design: Design) -> Workload | None:
    """The manifest's `workload`, worked out. None when it describes no job."""
    told: Mapping[str, Any] = value_of(design.system.workload, context_of(design))
    if not told.get("vcpus"):
        return None
    timings = told.get("timings", {})
    return Workload(
        model=str(timings.get("model", "")),
        simulation=str(timings.get("simulation", "")),
        grid=str(timings.get("resolution", "")),
        simulated_days=float(told.get("days_per_run") or 1),
        vcpus=int(told["vcpus"]),
        memory_mib=float(told.get("memory_mib") or 0),
        instance_types=tuple(told.get("instance_types") or ()),
        purchase=str(told.get("purchase") or "on-demand"),
        data_region=str(told.get("data_region") or ""),
        runs_per_month=float(told.get("runs_per_month") or 0),
        scratch_gib=float(told.get("scratch_gib") or 0),
        input_gib=float(told.get("input_gib") or 0),
        output_gib=float(told.get("output_gib") or 0),
    )

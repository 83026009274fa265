"""What fits now: how many jobs of one size could run at once inside the vCPU quotas as they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geos.wizard.account.numerals import figure
from geos.wizard.account.verdicts import Found, QuotaKey
from geos.wizard.facts import InstanceType
from geos.wizard.tables.quotas import vcpu_class, vcpu_quota_code


@dataclass(frozen=True)
class JobShape:
    """One job, and the machines it may run on."""

    vcpus: int
    memory_mib: float
    instance_types: tuple[str, ...]
    spot: bool = False
    max_vcpus: float | None = None
    """What the plan would let all jobs take together; None: no bound."""
    usable_memory: float = 0.95
    """The share of an instance's memory that jobs get; the rest is the system's and the agent's."""


@dataclass(frozen=True)
class Fit:
    """What could run now under one vCPU quota."""

    key: QuotaKey
    family_class: str
    """Standard, HPC, …"""
    spot: bool
    jobs: int | None
    """At once; None: not known, see `unknown`."""
    largest_max_vcpus: float | None
    """The largest maximum of vCPUs that the quota allows the deployment now."""
    takes_whole_plan: bool
    """Whether the plan's own maximum fits. False also where that is not known."""
    instance_types: tuple[str, ...] = ()
    """Those of the job's types that fall under this quota, are offered and hold a job."""
    unknown: str = ""

    @property
    def purchase(self) -> str:
        return "Spot" if self.spot else "On-Demand"


def jobs_on(machine: InstanceType, job: JobShape) -> int:
    """How many jobs one machine holds at once."""
    by_vcpus = machine.vcpus // job.vcpus if job.vcpus else 0
    if job.memory_mib <= 0:
        return by_vcpus
    return min(by_vcpus, math.floor(machine.memory_gib * 1024 * job.usable_memory / job.memory_mib))


def most_jobs(vcpus: float, machines: Iterable[tuple[int, int]]) -> int:
    """The most jobs that machines of (vCPUs, jobs) hold inside `vcpus`, any number of each.

    A machine counts with all its vCPUs, however few of them its jobs use. Exact, by the usual table over
    capacities in steps of the machines' common divisor.
    """
    sizes = sorted({(v, j) for v, j in machines if v > 0 and j > 0})
    if not sizes or vcpus < min(v for v, _ in sizes):
        return 0
    step = math.gcd(*(v for v, _ in sizes))
    best = [0] * (int(vcpus) // step + 1)
    for room in range(1, len(best)):
        best[room] = max((best[room - v // step] + j for v, j in sizes if v // step <= room), default=0)
    return best[-1]


def fit_keys(job: JobShape, region: str) -> tuple[QuotaKey, ...]:
    """The vCPU quotas that limit this job, and those of the other purchase option."""
    codes = [
        vcpu_quota_code(name, spot=spot) for spot in (job.spot, not job.spot) for name in job.instance_types if name
    ]
    return tuple(QuotaKey("ec2", code, region) for code in dict.fromkeys(codes) if code)


def fits(
    job: JobShape,
    region: str,
    found: Found,
    machines: Mapping[str, InstanceType],
    offered: frozenset[str] | None = None,
) -> tuple[Fit, ...]:
    """One per quota of `fit_keys`, the job's own purchase option first. `offered` None: not known, all taken."""
    told = []
    for key in fit_keys(job, region):
        for spot in (job.spot, not job.spot):
            names = [n for n in job.instance_types if vcpu_quota_code(n, spot=spot) == key.code]
            if names:
                told.append(_fit(job, key, spot, names, found, machines, offered))
    return tuple(told)


def _fit(
    job: JobShape,
    key: QuotaKey,
    spot: bool,
    names: Sequence[str],
    found: Found,
    machines: Mapping[str, InstanceType],
    offered: frozenset[str] | None,
) -> Fit:
    usable = tuple(n for n in names if _holds(machines.get(n), job, spot) and (offered is None or n in offered))
    family = vcpu_class(names[0])
    limit, use = found.limits.get(key), found.uses.get(key)
    if limit is None or not limit.trusted or limit.value is None or use is None or use.amount is None:
        reason = (limit.unread if limit and not limit.trusted else use.unread if use else "") or "it was not read"
        # Where nothing of the job is offered, no quota helps.
        return Fit(key, family, spot, None if usable else 0, None, False, usable, reason)
    room = max(0.0, limit.value - use.amount + min(use.own, use.amount))
    bound = room if job.max_vcpus is None else min(room, job.max_vcpus)
    count = most_jobs(bound, ((machines[n].vcpus, jobs_on(machines[n], job)) for n in usable))
    whole = bool(usable) and job.max_vcpus is not None and room >= job.max_vcpus
    return Fit(key, family, spot, count, room, whole, usable)


def _holds(machine: InstanceType | None, job: JobShape, spot: bool) -> bool:
    if machine is None or not (machine.spot_supported if spot else machine.on_demand_supported):
        return False
    return jobs_on(machine, job) > 0


def jobs_now(told: Iterable[Fit], job: JobShape, machines: Mapping[str, InstanceType]) -> int | None:
    """Jobs at once with the plan's own purchase option, over all its family classes; None: not known."""
    own = [f for f in told if f.spot == job.spot]
    known = sum(f.jobs or 0 for f in own)
    if not known and any(f.jobs is None for f in own):
        return None
    if job.max_vcpus is None:
        return known
    usable = {n for f in own for n in f.instance_types}
    return min(known, most_jobs(job.max_vcpus, ((machines[n].vcpus, jobs_on(machines[n], job)) for n in usable)))


def words(told: Sequence[Fit], job: JobShape) -> tuple[str, ...]:
    """Sentences for a screen, the answer first."""
    own = [f for f in told if f.spot == job.spot]
    lines = [_sentence(f, job, also=False) for f in own]
    others = [f for f in told if f.spot != job.spot and (f.jobs or 0) > sum(o.jobs or 0 for o in own)]
    lines += [_sentence(f, job, also=True) for f in others]
    return tuple(lines)


def _sentence(fit: Fit, job: JobShape, *, also: bool) -> str:
    start = f"As {fit.purchase}" if also else "What fits now"
    kind = f" ({fit.family_class} {fit.purchase})" if not also else ""
    if fit.jobs is None:
        return f"{start}{kind}: not known, {fit.unknown}."
    size = f"{fit.jobs:,} job{'' if fit.jobs == 1 else 's'} of {job.vcpus} vCPUs"
    if not fit.instance_types:
        return f"{start}{kind}: 0 jobs of {job.vcpus} vCPUs; none of the instance types can take one."
    whole = ", the whole plan" if fit.takes_whole_plan else ""
    return f"{start}{kind}: {size}{whole}; the largest maximum is {figure(fit.largest_max_vcpus)} vCPUs."

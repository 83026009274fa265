"""Which instance type for which run: measured speeds where somebody published them, price per core elsewhere.

Nothing is predicted here. A type whose speed nobody published for this model, simulation and grid is ordered
by what a usable core costs, and says so. Speeds are never carried from one architecture to the other, nor to
another number of cores.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geos.benchmarks.table import Run, load, measured, version_family
from geos.wizard.facts import InstanceType, Price
from geos.wizard.tables.instances import instance
from geos.wizard.tables.quotas import vcpu_class

USABLE_MEMORY = 0.95
"""Of an instance's memory; the rest is the system's and the agent's."""
MEASURED = "MEASURED"
NOT_PUBLISHED = "NO PUBLISHED FIGURE"
CURRENT_VERSION = "14.7"
"""What is run when nobody says otherwise."""

SAME_VERSION = (0.95, 1.05)
"""Replicates on one machine differ by 0.5 to 3 %."""
OTHER_VERSION = (0.5, 2.0)
"""Releases differ as much as machines do."""
SPOT_BAND = (0.5, 1.5)
"""The shipped Spot figures are regional averages of mid-2025."""


@dataclass(frozen=True)
class Band:
    low: float
    likely: float
    high: float

    def times(self, factor: float) -> Band:
        return Band(self.low * factor, self.likely * factor, self.high * factor)


@dataclass(frozen=True)
class Workload:
    """What will be run, as one job sees it."""

    model: str
    simulation: str
    grid: str
    simulated_days: float
    vcpus: int
    memory_mib: float
    instance_types: tuple[str, ...]
    purchase: str = "spot"
    """spot or on-demand."""
    runs_per_month: float = 0.0
    scratch_gib: float = 0.0
    input_gib: float = 0.0
    output_gib: float = 0.0
    data_region: str = ""
    version: str = CURRENT_VERSION


@dataclass(frozen=True)
class Choice:
    """One instance type for a workload. Times and costs are for one run that has a machine to itself."""

    instance_type: str
    architecture: str
    physical_cores: int
    vcpus: int
    memory_gib: float
    label: str
    """MEASURED or NO PUBLISHED FIGURE."""
    why: tuple[str, ...]
    sources: tuple[str, ...] = ()
    sim_days_per_day: Band | None = None
    wall_hours: Band | None = None
    cost_usd_on_demand: Band | None = None
    cost_usd_spot: Band | None = None
    price: Price | None = None
    jobs_per_machine: int = 1
    usd_per_core_hour: float | None = None
    """Of a core that a job can use, by the purchase option asked for."""
    jobs_now: int | None = None
    """How many such jobs today's quota allows; None: the quota was not read."""

    @property
    def measured(self) -> bool:
        return self.label == MEASURED

    def cost_usd(self, purchase: str) -> Band | None:
        return self.cost_usd_spot if purchase == "spot" else self.cost_usd_on_demand


def recommend(
    workload: Workload,
    *,
    prices: Mapping[str, Price],
    offered: frozenset[str] | None = None,
    quota_vcpus_on_demand: float | None = None,
    quota_vcpus_spot: float | None = None,
    runs: Iterable[Run] | None = None,
) -> tuple[Choice, ...]:
    """The types of the workload that can hold its job, best first.

    First come those that today's quota lets start at least once, then measured ones by cost of a run, then
    the others by the price of a usable core. `prices` are those of the region; `offered` None: not known,
    so nothing is left out for it.
    """
    quotas = {False: quota_vcpus_on_demand, True: quota_vcpus_spot}
    known = load() if runs is None else tuple(runs)
    found = []
    for name in dict.fromkeys(workload.instance_types):
        machine = instance(name)
        if machine is None or why_not(workload, machine, offered):
            continue
        quota = quotas[workload.purchase == "spot"] if vcpu_class(name) == "Standard" else None
        found.append(_choice(workload, machine, prices.get(name), quota, known))
    return tuple(sorted(found, key=lambda c: _rank(c, workload.purchase)))


def _rank(choice: Choice, purchase: str) -> tuple[bool, bool, float, float, int, str]:
    cost = choice.cost_usd(purchase) if choice.measured else None
    return (
        choice.jobs_now == 0,
        not choice.measured,
        cost.likely if cost else math.inf,
        choice.usd_per_core_hour if choice.usd_per_core_hour is not None else math.inf,
        choice.vcpus,  # of two with equal cores the smaller leaves less idle when there is one run only
        choice.instance_type,
    )


def why_not(workload: Workload, machine: InstanceType, offered: frozenset[str] | None = None) -> str:
    """Why a job cannot run on this type; "" when it can."""
    if offered is not None and machine.name not in offered:
        return f"{machine.name} is not offered in the region"
    if workload.purchase == "spot" and not machine.spot_supported:
        return f"{machine.name} cannot be had as Spot"
    if machine.vcpus < workload.vcpus:
        return f"{machine.name} has {machine.vcpus} vCPUs, the job needs {workload.vcpus}"
    usable = usable_mib(machine)
    if usable < workload.memory_mib:
        return f"{machine.name} leaves {usable:,.0f} MiB to jobs, the job needs {workload.memory_mib:,.0f}"
    return ""


def usable_mib(machine: InstanceType) -> float:
    return machine.memory_gib * 1024 * USABLE_MEMORY


def recommended_architecture(choices: Sequence[Choice]) -> str:
    """Of the best choice; "" without any."""
    return choices[0].architecture if choices else ""


def anecdotes(workload: Workload, runs: Iterable[Run] | None = None) -> tuple[Run, ...]:
    """Published runs of this workload that are too vague to be used; to be shown as what they are."""
    known = load() if runs is None else tuple(runs)
    wanted = (workload.model, workload.simulation, workload.grid)
    return tuple(r for r in known if r.shown_only and (r.model, r.simulation, r.grid) == wanted)


# --- one type --------------------------------------------------------------------------------


def _choice(
    workload: Workload, machine: InstanceType, price: Price | None, quota: float | None, runs: Iterable[Run]
) -> Choice:
    jobs = _jobs_per_machine(workload, machine)
    hourly = _hourly(price, workload.purchase)
    cores = jobs * workload.vcpus / machine.threads_per_core
    rows = measured_rows(workload, machine, runs)
    speed, why = _speed(workload, rows)
    hours = _hours(workload, speed)
    return Choice(
        instance_type=machine.name,
        architecture=machine.architecture,
        physical_cores=machine.physical_cores,
        vcpus=machine.vcpus,
        memory_gib=machine.memory_gib,
        label=MEASURED if rows else NOT_PUBLISHED,
        why=(*why, *_fit_words(workload, machine, jobs), *_price_words(price, workload.purchase)),
        sources=tuple(dict.fromkeys(r.source for r in rows)),
        sim_days_per_day=speed,
        wall_hours=hours,
        cost_usd_on_demand=_cost(hours, price.on_demand_usd_per_hour if price else None, (1.0, 1.0)),
        cost_usd_spot=_cost(hours, price.spot_usd_per_hour if price else None, SPOT_BAND),
        price=price,
        jobs_per_machine=jobs,
        usd_per_core_hour=None if hourly is None else hourly / cores,
        jobs_now=None if quota is None else int(quota // machine.vcpus) * jobs,
    )


def measured_rows(workload: Workload, machine: InstanceType, runs: Iterable[Run]) -> tuple[Run, ...]:
    """Usable rows of this very machine, wholly given to one job, as the workload gives it.

    A job of fewer vCPUs than the machine has runs on fewer cores than were measured, so nothing matches it.
    """
    if workload.vcpus != machine.vcpus:
        return ()
    found = measured(
        runs,
        model=workload.model,
        simulation=workload.simulation,
        grid=workload.grid,
        machine=machine.name,
        cores=machine.physical_cores,
    )
    return tuple(
        run
        for run in found
        if run.fittable and not run.variant and run.nodes in (None, 1) and run.threads in (None, workload.vcpus)
    )


def _speed(workload: Workload, rows: Sequence[Run]) -> tuple[Band | None, tuple[str, ...]]:
    if not rows:
        words = f"nobody has published a speed of {workload.model} {workload.simulation} {workload.grid} on it"
        return None, (f"{words} with {workload.vcpus} vCPUs",)
    family = version_family(workload.version)
    same = [r for r in rows if r.family == family]
    low, high = SAME_VERSION if same else OTHER_VERSION
    rates = sorted(r.sim_days_per_day for r in same or rows if r.sim_days_per_day)
    likely = statistics.median(rates)
    versions = ", ".join(sorted({r.version for r in same or rows}))
    count = f"{len(rates)} runs" if len(rates) > 1 else "1 run"
    told = [f"measured on {versions}: {count}, {rates[0]:.3g} to {rates[-1]:.3g} simulated days a day"]
    if not same:
        told.append(f"for {workload.version} that may be half or twice as much")
    return Band(rates[0] * low, likely, rates[-1] * high), tuple(told)


def _hours(workload: Workload, speed: Band | None) -> Band | None:
    if speed is None:
        return None
    return Band(*(workload.simulated_days / rate * 24 for rate in (speed.high, speed.likely, speed.low)))


def _cost(hours: Band | None, usd_per_hour: float | None, band: tuple[float, float]) -> Band | None:
    if hours is None or usd_per_hour is None:
        return None
    low, high = band
    return Band(hours.low * usd_per_hour * low, hours.likely * usd_per_hour, hours.high * usd_per_hour * high)


def _jobs_per_machine(workload: Workload, machine: InstanceType) -> int:
    by_memory = math.floor(usable_mib(machine) / workload.memory_mib) if workload.memory_mib else machine.vcpus
    return max(1, min(machine.vcpus // workload.vcpus, by_memory))


def _hourly(price: Price | None, purchase: str) -> float | None:
    """The Spot price where Spot is asked for and known, else the On-Demand price."""
    if price is None:
        return None
    if purchase == "spot" and price.spot_usd_per_hour is not None:
        return price.spot_usd_per_hour
    return price.on_demand_usd_per_hour


def _fit_words(workload: Workload, machine: InstanceType, jobs: int) -> list[str]:
    idle = machine.vcpus - jobs * workload.vcpus
    words = [f"{jobs} such {'job fits' if jobs == 1 else 'jobs fit'} on it"]
    if idle:
        words.append(f"{idle} of {machine.vcpus} vCPUs stay idle")
    return words


def _price_words(price: Price | None, purchase: str) -> list[str]:
    if price is None:
        return ["its price here is not known"]
    words = []
    if price.kind == "estimated":
        words.append(f"price estimated ({price.source})")
    if purchase == "spot" and price.spot_usd_per_hour is None:
        words.append("no Spot price is known; ordered by the On-Demand price")
    elif purchase == "spot":
        words.append(f"Spot price of {price.spot_date}, plus or minus half")
    return words

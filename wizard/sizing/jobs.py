"""Which instance type for one job of a deployment: the speeds of geos-recommend, price per core where there is none.

A job has so many vCPUs and so much memory, whatever the machine; several may share one. Speeds come from the same
fits as every other answer (geos.benchmarks.model), with their labels and bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geos.benchmarks.fits import Fits, load_fits
from geos.benchmarks.model import NO_FIGURE, Band, Prediction, predict
from geos.benchmarks.question import Question
from geos.benchmarks.table import runs_at
from geos.wizard.facts import InstanceType, Price
from geos.wizard.measuring.machines import machine_of
from geos.wizard.sizing.catalogue import SHIPPED_SPOT_BAND
from geos.wizard.sizing.memory import USABLE_MEMORY
from geos.wizard.tables.instances import instance
from geos.wizard.tables.quotas import vcpu_class


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
    version: str = ""
    """"": the latest release."""


@dataclass(frozen=True)
class Choice:
    """One instance type for a workload. Times and costs are for one run that has a machine to itself."""

    instance_type: str
    architecture: str
    physical_cores: int
    vcpus: int
    memory_gib: float
    label: str
    """Of geos.benchmarks.model.LABELS."""
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
    def told(self) -> bool:
        """Whether anything can be said of its speed."""
        return self.label != NO_FIGURE

    def cost_usd(self, purchase: str) -> Band | None:
        return self.cost_usd_spot if purchase == "spot" else self.cost_usd_on_demand


def recommend(
    workload: Workload,
    *,
    prices: Mapping[str, Price],
    offered: frozenset[str] | None = None,
    quota_vcpus_on_demand: float | None = None,
    quota_vcpus_spot: float | None = None,
    fits: Fits | None = None,
) -> tuple[Choice, ...]:
    """The types of the workload that can hold its job, best first.

    First come those that today's quota lets start at least once, then those with a speed by cost times time of a
    run, then the others by the price of a usable core. `prices` are those of the region; `offered` None: not known,
    so nothing is left out for it. `fits` None: the shipped ones.
    """
    quotas = {False: quota_vcpus_on_demand, True: quota_vcpus_spot}
    known = load_fits() if fits is None else fits
    found = []
    for name in dict.fromkeys(workload.instance_types):
        machine = instance(name)
        if machine is None or why_not(workload, machine, offered):
            continue
        quota = quotas[workload.purchase == "spot"] if vcpu_class(name) == "Standard" else None
        found.append(_choice(workload, machine, prices.get(name), quota, known))
    return tuple(sorted(found, key=lambda c: _rank(c, workload.purchase)))


def _rank(choice: Choice, purchase: str) -> tuple[bool, bool, float, float, int, str]:
    cost, hours = choice.cost_usd(purchase), choice.wall_hours
    return (
        choice.jobs_now == 0,
        not choice.told,
        cost.likely * hours.likely if cost and hours else math.inf,
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


# --- one type --------------------------------------------------------------------------------


def _choice(workload: Workload, machine: InstanceType, price: Price | None, quota: float | None, fits: Fits) -> Choice:
    jobs = _jobs_per_machine(workload, machine)
    hourly = _hourly(price, workload.purchase)
    cores = jobs * workload.vcpus / machine.threads_per_core
    said = _said(workload, machine, fits)
    hours = Band(*(seconds / 3600 for seconds in said.wall_seconds)) if said.wall_seconds else None
    return Choice(
        instance_type=machine.name,
        architecture=machine.architecture,
        physical_cores=machine.physical_cores,
        vcpus=machine.vcpus,
        memory_gib=machine.memory_gib,
        label=said.label,
        why=(
            _speed_words(workload, said),
            *_fit_words(workload, machine, jobs),
            *_price_words(price, workload.purchase),
        ),
        sources=tuple(dict.fromkeys(run.source for run in runs_at(said.rows))) if said.wall_seconds else (),
        sim_days_per_day=said.sim_days_per_day,
        wall_hours=hours,
        cost_usd_on_demand=_cost(hours, price.on_demand_usd_per_hour if price else None, (1.0, 1.0)),
        cost_usd_spot=_cost(hours, price.spot_usd_per_hour if price else None, SHIPPED_SPOT_BAND),
        price=price,
        jobs_per_machine=jobs,
        usd_per_core_hour=None if hourly is None else hourly / cores,
        jobs_now=None if quota is None else int(quota // machine.vcpus) * jobs,
    )


def _said(workload: Workload, machine: InstanceType, fits: Fits) -> Prediction:
    asked = Question(
        workload.model,
        workload.simulation.replace("_", ""),
        workload.grid,
        workload.version,
        days=workload.simulated_days,
        cores=max(1, workload.vcpus // machine.threads_per_core),
    )
    return predict(asked, machine_of(machine), fits)


def _speed_words(workload: Workload, said: Prediction) -> str:
    if said.sim_days_per_day is None:
        return f"no speed of {workload.model} {workload.simulation} {workload.grid} on it: {said.refused}"
    low, likely, high = said.sim_days_per_day
    return f"{said.label}, {low:.3g} to {high:.3g} simulated days a day, likely {likely:.3g}: from {said.why}"


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

"""One short run on each of some instance types: how long it may take, what it costs at most, and its job request.

Nobody knows how long a run takes on a type without a figure: that is why it is run. The price is therefore told
twice: as it would be if a core were as fast as the one most was measured on, and at most, by the time limit that
the request carries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from geos.benchmarks.configurations import GCHP
from geos.benchmarks.fits import Fits
from geos.benchmarks.machines import Machine
from geos.benchmarks.memory import memory_need
from geos.benchmarks.model import NO_FIGURE, Band, predict
from geos.benchmarks.question import Question, default_cores
from geos.wizard.errors import CannotCalibrate
from geos.wizard.facts import InstanceType, Price
from geos.wizard.measuring.machines import machine_of

DAYS = 1.0
"""Enough: start-up and first input are told apart by the timers, and reckoned with where they are not."""
_SLOWEST = 4.0
"""The time limit, over the likely time: as slow as the worst report on Graviton would be half of that again."""
_LEAST_LIMIT_SECONDS = 3600
_USABLE_MEMORY = 0.95
_STAND_IN_CPU = "Intel Xeon Platinum 8124M (Skylake)"
"""Most was measured on it."""
_UNSET = "UNSET"
"""A place in S3 that only its owner knows; the job says so if it is not filled in."""
SCHEMA = "geos-calibration-1"


@dataclass(frozen=True)
class Trial:
    """A calibration run on one type."""

    kind: InstanceType
    price: Price
    cores: int
    threads: int
    seconds: Band
    """Likely, and from the band of the prediction."""
    label: str
    """Of the prediction; NO PUBLISHED FIGURE when the time is a stand-in's."""
    limit_seconds: int
    """When the job is ended, whatever it does."""
    memory_mib: int

    @property
    def name(self) -> str:
        return self.kind.name

    def usd(self, seconds: float, *, spot: bool = False) -> float | None:
        hourly = self.price.spot_usd_per_hour if spot else self.price.on_demand_usd_per_hour
        return None if hourly is None else hourly * seconds / 3600

    @property
    def usd_likely(self) -> float | None:
        return self.usd(self.seconds.likely)

    @property
    def usd_at_most(self) -> float | None:
        return self.usd(self.limit_seconds)


def plan_trials(
    question: Question,
    kinds: Sequence[InstanceType],
    fits: Fits,
    price_of: Callable[[str], Price | None],
    *,
    not_sold: Callable[[str], str] = lambda _: "",
) -> tuple[Trial, ...]:
    """A trial on each type. Raises CannotCalibrate with the reason of each type that cannot be tried."""
    trials, wrong = [], []
    for kind in kinds:
        reason = not_sold(kind.name)
        price = price_of(kind.name)
        if not reason and (price is None or price.on_demand_usd_per_hour is None):
            reason = f"{kind.name}: no price is known in this region"
        made = reason or _trial(replace(question, days=DAYS), kind, fits, price)
        if isinstance(made, Trial):
            trials.append(made)
        else:
            wrong.append(made)
    if wrong:
        raise CannotCalibrate("\n".join(wrong), hint="name other types, or another region with --region")
    return tuple(trials)


def _trial(question: Question, kind: InstanceType, fits: Fits, price: Price | None) -> Trial | str:
    assert price is not None
    machine = machine_of(kind)
    cores = question.cores or default_cores(question.model, machine.physical_cores)
    need = memory_need(question.model, question.grid)
    have = kind.memory_gib * _USABLE_MEMORY
    if need and have < need.gib_least:
        return f"{kind.name}: leaves {have:.0f} GiB to a job; {question.grid} needs {need.gib_least:.0f} at least"
    answer = predict(question, machine, fits)
    label = answer.label
    if answer.wall_seconds is None:
        answer = predict(question, _stand_in(machine), fits)
        label = NO_FIGURE
    if answer.wall_seconds is None:
        return f"{kind.name}: {answer.refused}"
    limit = max(_LEAST_LIMIT_SECONDS, math.ceil(answer.wall_seconds.likely * _SLOWEST / 600) * 600)
    threads = cores if question.model == GCHP else cores * (question.threads_per_core or machine.threads_per_core)
    memory = int(have * 1024)
    return Trial(kind, price, cores, threads, answer.wall_seconds, label, limit, memory)


def _stand_in(machine: Machine) -> Machine:
    """The same machine with the CPU that most was measured on."""
    return Machine("", "x86_64", _STAND_IN_CPU, machine.physical_cores, machine.threads_per_core, machine.network)


# --- the request -----------------------------------------------------------------------------


def job_name(trial: Trial, question: Question) -> str:
    grid = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in question.grid)
    return f"geos-calibrate-{trial.name.replace('.', '-')}-{question.model}-{grid}"[:128]


def job_request(
    trial: Trial, question: Question, *, queue: str, definition: str, tags: Mapping[str, str], share: str = ""
) -> dict[str, Any]:
    """What `aws batch submit-job --cli-input-json` takes. `share`: whose, on a queue that shares fairly.

    The job asks for all vCPUs of the type, so that no smaller one takes it; which type it got is told by the
    line `geos: instance_type=…` in its log.
    """
    described = {"geos:calibrates": trial.name, "geos:model": question.model, "geos:grid": question.grid}
    return {
        "jobName": job_name(trial, question),
        "jobQueue": queue,
        "jobDefinition": definition,
        "timeout": {"attemptDurationSeconds": trial.limit_seconds},
        "retryStrategy": {"attempts": 1},
        "containerOverrides": {
            "resourceRequirements": [
                {"type": "VCPU", "value": str(trial.kind.vcpus)},
                {"type": "MEMORY", "value": str(trial.memory_mib)},
            ],
            "environment": [{"name": "OMP_NUM_THREADS", "value": str(trial.threads)}],
        },
        "parameters": {"inputPath": "none", "outputPath": _UNSET, "configFile": _UNSET},
        "propagateTags": True,
        "tags": {**tags, **described},
        **({"shareIdentifier": share} if share else {}),
    }


def job_configuration(trial: Trial, question: Question) -> str:
    """The file that the job reads: what is simulated."""
    first = date(2019, 7, 1)  # of the sample initial states that come with the releases
    told = {
        "simulation": question.simulation,
        "grid": question.grid,
        "met": question.met or "merra2",
        "start": first.isoformat(),
        "end": (first + timedelta(days=DAYS)).isoformat(),
        "threads": trial.threads,
    }
    return f"# One day on {trial.name}, for geos-recommend learn.\n" + "".join(f"{k}: {v}\n" for k, v in told.items())

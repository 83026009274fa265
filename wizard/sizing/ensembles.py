"""Many small jobs or few large machines, for independent runs: what each start costs, and what is left of the cores.

Memory bandwidth that runs on one machine share is not reckoned with: nobody has published how far it slows them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from geos.benchmarks.fits import Fits
from geos.benchmarks.memory import memory_need
from geos.benchmarks.model import predict
from geos.wizard.facts import InstanceType
from geos.wizard.sizing.catalogue import Catalogue
from geos.wizard.sizing.data import IMAGE_GB, data_of
from geos.wizard.sizing.memory import USABLE_MEMORY, node_need_gib
from geos.wizard.sizing.setup import question
from geos.wizard.sizing.values import Ask

BOOT_HOURS = 3 / 60
"""From asking for an instance to the agent taking a job. Our own figure."""
_PULL_GBPS = 1.0


class Packing(NamedTuple):
    """All runs of an ensemble, so many at once on each machine."""

    instance_type: str
    runs_per_machine: int
    cores_per_run: int
    machines: int
    starts: int
    """Instances started in all."""
    start_hours: float
    """Of each instance: boot, image, input of its first runs."""
    wall_hours: float
    usd: float
    start_share: float
    """Of the machine hours, spent before any run computes."""


def packings(ask: Ask, family: str, catalogue: Catalogue, fits: Fits) -> tuple[Packing, ...]:
    """One run a machine, two, four …, on each size of a family; the cheapest for each number of runs a machine."""
    best: dict[int, Packing] = {}
    for kind in catalogue.types.values():
        if kind.family != family:
            continue
        for together in (1, 2, 4, 8, 16, 32):
            found = _packing(ask, kind, together, catalogue, fits)
            if found and (
                together not in best or found.usd * found.wall_hours < best[together].usd * best[together].wall_hours
            ):
                best[together] = found
    return tuple(best[n] for n in sorted(best))


def _packing(ask: Ask, kind: InstanceType, together: int, catalogue: Catalogue, fits: Fits) -> Packing | None:
    cores = kind.physical_cores // together
    place = catalogue.places(ask.purchase).get(kind.name)
    need = node_need_gib(ask, memory_need(ask.model, ask.grid), 1) or 0.0
    if not cores or place is None or need * together > kind.memory_gib * USABLE_MEMORY or together > ask.runs:
        return None
    hourly = place.offer.hourly(ask.purchase)
    if hourly is None or kind.burstable or (ask.max_vcpus and kind.vcpus > ask.max_vcpus):
        return None
    machine = replace(catalogue.machines[kind.name])
    said = predict(question(ask, cores=cores, days=ask.days), machine, fits)
    if said.wall_seconds is None:
        return None
    machines = math.ceil(ask.runs / together)
    if ask.max_vcpus:
        machines = min(machines, ask.max_vcpus // kind.vcpus)
    rounds = math.ceil(ask.runs / (machines * together))
    data = data_of(ask, kind.network_gbps)
    copy = data.download_hours.likely * together if data.download_hours else 0.0
    start = BOOT_HOURS + IMAGE_GB * 8 / _PULL_GBPS / 3600 + copy
    wall = rounds * said.wall_seconds.likely / 3600 + start
    return Packing(kind.name, together, cores, machines, machines, start, wall, machines * wall * hourly, start / wall)

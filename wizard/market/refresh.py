"""Ask AWS for everything at once, region by region and figure by figure; what fails is told and stops nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.market.ages import now
from geos.wizard.market.snapshot import (
    FIGURES,
    OFFERS,
    ON_DEMAND,
    PLACEMENT,
    SPOT,
    TYPES,
    Reading,
    RegionMarket,
)
from geos.wizard.tables.instances import instances, offered, offers_known
from geos.wizard.tables.regions import pricing_endpoints

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

SCORED_VCPUS = 64
"""Placement scores are asked for so many vCPUs: one large run, or a few small ones."""
LEAST_TYPES_TO_SCORE = 3
"""With fewer, AWS always answers a low score."""
_WORKERS = 24


@dataclass(frozen=True)
class Step:
    """One figure of one region has come, or failed."""

    region: str
    figure: str
    error: str
    done: int
    of: int


Tell = Callable[[Step], None]


def read_market(
    aws: Aws, regions: Sequence[str], *, figures: Sequence[str] = FIGURES, tell: Tell | None = None
) -> tuple[Reading, ...]:
    """What AWS says of the regions today, in their order."""
    counted = _Counted(len(regions) * len(figures), tell)
    endpoints = pricing_endpoints()
    jobs = {}
    for number, region in enumerate(regions):
        here = aws.in_region(region)
        for figure in figures:
            read = partial(_READERS[figure], here, endpoints[number % len(endpoints)])
            jobs[region, figure] = partial(counted.run, region, figure, read)
    found = gather(jobs, workers=_WORKERS)
    return tuple(_reading(region, {f: found[region, f] for f in figures}) for region in regions)


class _Counted:
    """Tells of every job that ends, from whatever thread it ran in."""

    def __init__(self, of: int, tell: Tell | None) -> None:
        self._of = of
        self._done = 0
        self._tell = tell
        self._lock = threading.Lock()

    def run(self, region: str, figure: str, read: Callable[[], Any]) -> tuple[Any, str]:
        """(what was read, when)."""
        error = ""
        try:
            return read(), now()
        except GeosError as e:
            error = e.message
            raise
        finally:
            with self._lock:
                self._done += 1
                if self._tell is not None:
                    self._tell(Step(region, figure, error, self._done, self._of))


def _reading(region: str, found: Mapping[str, tuple[Any, str] | GeosError]) -> Reading:
    failed = {figure: said.message for figure, said in found.items() if isinstance(said, GeosError)}
    came = {figure: said for figure, said in found.items() if not isinstance(said, GeosError)}
    # An empty answer would wipe out what is known, and is never true of a region that is there.
    failed |= {figure: "the answer was empty" for figure, (value, _) in came.items() if not value}
    values = {figure: value for figure, (value, _) in came.items() if value}
    market = RegionMarket(
        region=region,
        read_at={figure: came[figure][1] for figure in values},
        offers=values.get(OFFERS, {}),
        on_demand_usd_per_hour=values.get(ON_DEMAND, {}),
        spot_usd_per_hour=values.get(SPOT, {}),
        placement=values.get(PLACEMENT, {}),
    )
    return Reading(market, values.get(TYPES, {}), failed)


# --- one figure ------------------------------------------------------------------------------


def _types(aws: Aws, _endpoint: str) -> object:
    return aws.market.instance_types()


def _offers(aws: Aws, _endpoint: str) -> object:
    return aws.market.offers()


def _on_demand(aws: Aws, endpoint: str) -> object:
    return aws.market.on_demand_usd_per_hour(endpoint)


def _spot(aws: Aws, _endpoint: str) -> object:
    return aws.market.spot_usd_per_hour()


def _placement(aws: Aws, _endpoint: str) -> object:
    wanted = {architecture: scored_types(architecture, aws.region) for architecture in ("arm64", "x86_64")}
    return {
        architecture: aws.market.placement_scores(types, SCORED_VCPUS)
        for architecture, types in wanted.items()
        if len(types) >= LEAST_TYPES_TO_SCORE
    }


_READERS: Mapping[str, Callable[[Aws, str], object]] = {
    TYPES: _types,
    OFFERS: _offers,
    ON_DEMAND: _on_demand,
    SPOT: _spot,
    PLACEMENT: _placement,
}


def scored_types(architecture: str, region: str) -> tuple[str, ...]:
    """The types whose Spot capacity is asked for together: all general ones with 16 to 64 vCPUs that are sold here."""
    here = offered(region) if offers_known(region) else None
    return tuple(
        kind.name
        for kind in instances().values()
        if kind.architecture == architecture and kind.spot_supported and not kind.burstable
        if kind.current_generation and 16 <= kind.vcpus <= SCORED_VCPUS and kind.name[0] in "cmr"
        if here is None or kind.name in here
    )

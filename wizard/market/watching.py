"""Spot prices of some types in some regions, read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.market.ages import now

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

EVERY_SECONDS = 60.0
"""Spot prices move every few minutes at most."""

Zones = Mapping[str, Mapping[str, float]]
"""Instance type -> zone id -> USD per hour."""


@dataclass(frozen=True)
class Quote:
    """One type in one region: its cheapest zone."""

    instance_type: str
    region: str
    zone: str
    usd: float
    usd_highest_zone: float
    on_demand_usd: float | None
    usd_at_start: float | None = None

    @property
    def of_on_demand(self) -> float | None:
        return self.usd / self.on_demand_usd if self.on_demand_usd else None


@dataclass(frozen=True)
class Look:
    """All quotes of one moment, cheapest first; `failed` tells of regions that did not answer."""

    quotes: tuple[Quote, ...]
    moment: str
    failed: Mapping[str, str]


def watch(
    aws: Aws,
    types: Iterable[str],
    regions: Sequence[str],
    on_demand: Callable[[str, str], float | None],
    wait: Callable[[], object],
) -> Iterator[Look]:
    """A look at once, and another after each `wait()`; it never ends by itself.

    Raises the error of the first region when none answers the first time.
    """
    wanted = sorted(set(types))
    first: dict[tuple[str, str], float] = {}
    while True:
        found = gather({r: partial(_spot_in, aws, r, wanted) for r in regions})
        failed = {r: said.message for r, said in found.items() if isinstance(said, GeosError)}
        if len(failed) == len(regions) and not first:
            raise next(said for said in found.values() if isinstance(said, GeosError))
        came = {r: said for r, said in found.items() if not isinstance(said, GeosError)}
        quotes = quotes_of(came, on_demand, first)
        first.update({(q.instance_type, q.region): q.usd for q in quotes if (q.instance_type, q.region) not in first})
        yield Look(quotes, now(), failed)
        wait()


def _spot_in(aws: Aws, region: str, types: Sequence[str]) -> Zones:
    return aws.in_region(region).market.spot_usd_per_hour(types)


def quotes_of(
    found: Mapping[str, Zones],
    on_demand: Callable[[str, str], float | None],
    first: Mapping[tuple[str, str], float],
) -> tuple[Quote, ...]:
    quotes = []
    for region, types in found.items():
        for name, zones in types.items():
            zone, usd = min(zones.items(), key=lambda item: (item[1], item[0]))
            start = first.get((name, region))
            quotes.append(Quote(name, region, zone, usd, max(zones.values()), on_demand(name, region), start))
    return tuple(sorted(quotes, key=lambda q: (q.usd, q.instance_type, q.region)))

"""What can be had where and for how much: shipped tables, with live data laid over them.

Regions are parsed as they are asked about; all of them take some tens of milliseconds.
"""

from __future__ import annotations

import functools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from geos.benchmarks.machines import Machine
from geos.wizard.facts import InstanceType
from geos.wizard.measuring.machines import machine_of
from geos.wizard.sizing.values import ON_DEMAND, SPOT
from geos.wizard.tables import first_not_below, sources, text
from geos.wizard.tables.instances import any_instance, instances, offered, offered_among, zone_ids
from geos.wizard.tables.prices import COLUMNS, priced_regions
from geos.wizard.tables.regions import regions

if TYPE_CHECKING:
    from geos.wizard.market.cache import Market
    from geos.wizard.market.snapshot import RegionMarket

LIVE = "live "
"""Before the moment when a figure was read, in place of a source's code."""
SHIPPED_SPOT_BAND = (0.5, 1.5)
"""The shipped Spot figures are regional averages of mid-2025."""
LIVE_SPOT_BAND = (0.8, 1.25)
"""Of today, in the cheapest zone; a run of days sees it move. Our own estimate."""


class Offer(NamedTuple):
    """A type in a region; USD per hour of one instance."""

    on_demand: float | None
    spot: float | None
    interruption: str
    source: str
    """Code in sources.csv of the On-Demand price, or "live <moment>"; "" without a price."""
    spot_source: str

    def hourly(self, purchase: str) -> float | None:
        """The least it can be had for that way."""
        if purchase == ON_DEMAND:
            return self.on_demand
        if purchase == SPOT or (self.spot is not None and self.on_demand is None):
            return self.spot
        return self.on_demand if self.spot is None else min(self.spot, self.on_demand)  # type: ignore[type-var]


Offers = Mapping[str, Offer]


class Place(NamedTuple):
    """Where a type is cheapest, and everywhere it is offered."""

    region: str
    offer: Offer
    regions: tuple[str, ...]


class Catalogue:
    """Instance types, and what of them is offered in each region asked about."""

    def __init__(
        self,
        types: Mapping[str, InstanceType],
        offers: Mapping[str, Offers],
        live: Mapping[str, RegionMarket] | None = None,
    ) -> None:
        """`offers`: region -> type -> offer; `live`: the regions whose figures were read."""
        self.types, self.offers, self.live = types, offers, live or {}
        self.memory: dict[object, object] = {}
        """What was looked up before; grows with the number of different questions, not with their days."""

    @functools.cached_property
    def machines(self) -> dict[str, Machine]:
        return {name: machine_of(kind) for name, kind in self.types.items()}

    def places(self, purchase: str) -> dict[str, Place]:
        """Each type that is offered at all, where it is cheapest."""
        key = ("places", purchase)
        if key not in self.memory:
            self.memory[key] = _places(self.offers, purchase)
        found: dict[str, Place] = self.memory[key]  # type: ignore[assignment]
        return found

    def unpriced(self, name: str) -> Place | None:
        """For a type without any price: where it is offered all the same. None: nowhere."""
        where = offered_among(name, [region for region in self.offers if region not in self.live])
        return Place(where[0], _UNPRICED, where) if where else None

    def zones(self, name: str, region: str) -> tuple[str, ...]:
        """Zone ids that offer it, where they are known to be fewer than all; live ones always."""
        live = self.live.get(region)
        if live and name in live.offers:
            return live.offers[name]
        return zone_ids(name, region)

    def read_on(self, offer: Offer) -> tuple[str, str, str]:
        """(kind, source, date) of an On-Demand price: list, estimated or live."""
        if not offer.source:
            return "unknown", "", ""
        if offer.source.startswith(LIVE):
            return "live", "AWS price list API", offer.source[len(LIVE) :][:10]
        source = sources()[offer.source]
        return ("estimated" if offer.source.startswith("~") else "list"), source.source, source.date

    def spot_read_on(self, offer: Offer) -> tuple[str, str, str]:
        """(kind, source, date) of a Spot price: average or live."""
        if not offer.spot_source:
            return "unknown", "", ""
        if offer.spot_source.startswith(LIVE):
            return "live", "EC2 Spot price history", offer.spot_source[len(LIVE) :][:10]
        source = sources()[offer.spot_source]
        return "average", source.source, source.date


def spot_band(offer: Offer) -> tuple[float, float]:
    return LIVE_SPOT_BAND if offer.spot_source.startswith(LIVE) else SHIPPED_SPOT_BAND


def _places(offers: Mapping[str, Offers], purchase: str) -> dict[str, Place]:
    best: dict[str, float] = {}
    home: dict[str, str] = {}
    where: defaultdict[str, list[str]] = defaultdict(list)
    for region, found in offers.items():
        for name, usd in _hourly(found, purchase):
            where[name].append(region)
            if name not in best or usd < best[name]:
                best[name], home[name] = usd, region
    return {name: Place(region, offers[region][name], tuple(where[name])) for name, region in home.items()}


def _hourly(found: Offers, purchase: str) -> Iterable[tuple[str, float]]:
    """Each type with the least it can be had for that way; without end where no price is known."""
    if isinstance(found, ShippedOffers):
        return found.hourly(purchase)
    prices = ((name, offer.hourly(purchase)) for name, offer in found.items())
    return ((name, math.inf if usd is None else usd) for name, usd in prices)


# --- the shipped tables ----------------------------------------------------------------------


def all_regions() -> tuple[str, ...]:
    """Those of AWS's commercial partition; GovCloud takes accounts of its own."""
    return tuple(r.code for r in regions() if r.partition == "aws" and r.code in priced_regions())


@functools.cache
def shipped(names: tuple[str, ...]) -> Catalogue:
    return Catalogue(instances(), {region: shipped_offers(region) for region in names})


class ShippedOffers(Mapping[str, Offer]):
    """What the tables say is offered in a region, by columns: an Offer is made when one is asked for.

    Fifteen thousand of them would take longer than all the rest of an answer over every region.
    """

    def __init__(self, region: str) -> None:
        data = text("prices.csv")
        start, end = first_not_below(data, f"{region},".encode()), first_not_below(data, f"{region},\x7f".encode())
        # One split and strides: a third of the time of a split per row.
        cells = data[start : max(start, end - 1)].decode().replace("\n", ",").split(",") if end > start else []
        self._columns = [cells[i::COLUMNS] for i in range(2, COLUMNS)]
        self._at = {name: i for i, name in enumerate(cells[1::COLUMNS])}
        self._unpriced = frozenset() if cells else offered(region)

    def __getitem__(self, name: str) -> Offer:
        if name in self._unpriced:
            return _UNPRICED
        i = self._at[name]
        on_demand, spot, *rest = (column[i] for column in self._columns)
        return Offer(float(on_demand), float(spot) if spot else None, *rest)

    def __iter__(self) -> Iterator[str]:
        return iter(self._at) if self._at else iter(sorted(self._unpriced))

    def __len__(self) -> int:
        return len(self._at) or len(self._unpriced)

    def hourly(self, purchase: str) -> Iterable[tuple[str, float]]:
        if not self._at:
            return ((name, math.inf) for name in self)
        on_demand, spot = self._columns[:2]
        if purchase == ON_DEMAND:
            return zip(self._at, map(float, on_demand), strict=True)
        otherwise = on_demand if purchase != SPOT else ["inf"] * len(spot)
        least = [float(s or o) for s, o in zip(spot, otherwise, strict=True)]
        return zip(self._at, least, strict=True)


@functools.cache
def shipped_offers(region: str) -> ShippedOffers:
    return ShippedOffers(region)


_UNPRICED = Offer(None, None, "", "", "")


# --- live data -------------------------------------------------------------------------------


def with_live(catalogue: Catalogue, market: Market) -> Catalogue:
    """The same with live figures of its regions over the shipped ones."""
    live = {name: found for name in catalogue.offers if (found := market.region(name))}
    if not live:
        return catalogue
    told = {n: _named(kind, catalogue.types) for n, kind in market.types().items() if _is_sized(n, catalogue.types)}
    types = {**catalogue.types, **told}
    offers = {name: _overlaid(shipped, live.get(name)) for name, shipped in catalogue.offers.items()}
    return Catalogue(types, offers, live)


_NEW = re.compile(r"(?:[cmr]|hpc)\d+[a-z-]*\.(?!metal)")


def _is_sized(name: str, known: Mapping[str, InstanceType]) -> bool:
    """Types that the shipped table has, and newer ones of the same kinds; no GPUs, bare metal or older families."""
    return name in known or (_NEW.match(name) is not None and any_instance(name) is None)


def _named(live: InstanceType, known: Mapping[str, InstanceType]) -> InstanceType:
    """The API gives no name of the CPU; the shipped table keeps its own."""
    if live.cpu or live.name not in known:
        return live
    from dataclasses import replace

    return replace(live, cpu=known[live.name].cpu)


def _overlaid(shipped: Offers, live: RegionMarket | None) -> Offers:
    if live is None:
        return shipped
    from geos.wizard.market.snapshot import OFFERS, ON_DEMAND, SPOT

    names: Iterable[str] = live.offers if live.has(OFFERS) else shipped
    found = {}
    for name in names:
        offer = shipped.get(name, _UNPRICED)
        usd = live.on_demand_usd_per_hour.get(name)
        if usd is not None:
            offer = offer._replace(on_demand=usd, source=f"{LIVE}{live.read_at[ON_DEMAND]}")
        if live.has(SPOT):
            # Without a price today it is not to be had as Spot there today.
            cheapest = live.cheapest_spot(name)
            offer = offer._replace(
                spot=cheapest[1] if cheapest else None, spot_source=f"{LIVE}{live.read_at[SPOT]}" if cheapest else ""
            )
        found[name] = offer
    return found

"""What the APIs said, as values: figures of a region with the moment each was read, and how new goes over old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from geos.wizard.facts import InstanceType, Price

OFFERS, ON_DEMAND, SPOT, PLACEMENT, TYPES = "offers", "on_demand", "spot", "placement", "types"
FIGURES = (TYPES, OFFERS, ON_DEMAND, SPOT, PLACEMENT)
"""What is read of each region."""
FIGURE_WORDS = {
    TYPES: "instance types",
    OFFERS: "offers by zone",
    ON_DEMAND: "On-Demand prices",
    SPOT: "Spot prices",
    PLACEMENT: "placement scores",
}
SOURCES = {
    TYPES: "ec2:DescribeInstanceTypes",
    OFFERS: "ec2:DescribeInstanceTypeOfferings",
    ON_DEMAND: "pricing:GetProducts",
    SPOT: "ec2:DescribeSpotPriceHistory",
    PLACEMENT: "ec2:GetSpotPlacementScores",
}


@dataclass(frozen=True)
class RegionMarket:
    """One region, as the APIs described it; a figure that was never read is empty and has no moment."""

    region: str
    read_at: Mapping[str, str] = field(default_factory=dict)
    """Figure -> when it was read (ISO, UTC)."""
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Instance type -> zone ids that offer it; a type that is not here is not offered."""
    on_demand_usd_per_hour: Mapping[str, float] = field(default_factory=dict)
    spot_usd_per_hour: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Instance type -> zone id -> price."""
    placement: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Architecture -> zone id -> 1 (unlikely) to 10 (likely) that 64 vCPUs of Spot can be had now."""

    def has(self, figure: str) -> bool:
        return figure in self.read_at

    def cheapest_spot(self, name: str) -> tuple[str, float] | None:
        """(zone id, USD per hour) of the cheapest zone."""
        zones = self.spot_usd_per_hour.get(name)
        return min(zones.items(), key=lambda item: (item[1], item[0])) if zones else None


@dataclass(frozen=True)
class Reading:
    """What one refresh brought of one region. Figures that failed are in `failed`, with the reason."""

    market: RegionMarket
    types: Mapping[str, InstanceType] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def came(self) -> bool:
        return bool(self.market.read_at)


_FIELD = {
    OFFERS: "offers",
    ON_DEMAND: "on_demand_usd_per_hour",
    SPOT: "spot_usd_per_hour",
    PLACEMENT: "placement",
}


def merge(old: RegionMarket | None, new: RegionMarket) -> RegionMarket:
    """The new figures over the old ones; a figure that was not read this time keeps its value and its age."""
    if old is None:
        return new
    taken = {_FIELD[figure]: getattr(new, _FIELD[figure]) for figure in new.read_at if figure in _FIELD}
    return replace(old, read_at={**old.read_at, **new.read_at}, **taken)


# --- over the shipped tables -----------------------------------------------------------------


def overlaid(shipped: Price | None, live: RegionMarket | None, name: str, region: str = "") -> Price | None:
    """The price of a type: each of its two figures live where it was read, else as the shipped table has it.

    A Spot price that the API did not give is none: the type is then not to be had as Spot there today.
    """
    if live is None or not (live.has(ON_DEMAND) or live.has(SPOT)):
        return shipped
    base = shipped or Price(name, region or live.region, None, None, "live", "", "")
    usd = live.on_demand_usd_per_hour.get(name)
    if usd is not None:
        date_read = live.read_at[ON_DEMAND][:10]
        base = replace(base, on_demand_usd_per_hour=usd, kind="live", source=SOURCES[ON_DEMAND], date=date_read)
    if live.has(SPOT):
        cheapest = live.cheapest_spot(name)
        base = replace(
            base,
            spot_usd_per_hour=cheapest[1] if cheapest else None,
            spot_source=SOURCES[SPOT],
            spot_date=live.read_at[SPOT][:10],
        )
    return None if base.on_demand_usd_per_hour is None and base.spot_usd_per_hour is None else base

"""What a build host costs, from the shipped list prices. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geos.wizard.tables.prices import price, service_price

HOURS_PER_MONTH = 730


@dataclass(frozen=True)
class HostCost:
    """What one host costs: list prices, with their date."""

    usd_per_hour: float | None
    """Of the type that is tried first, with its volume and address; None: no price is known."""
    worst_usd: float | None
    """The dearest type, On-Demand, until the time limit."""
    source: str = ""
    date: str = ""


def cost_of(types: Sequence[str], region: str, gib: int, *, spot: bool, time_limit_seconds: int) -> HostCost:
    """The worst case is On-Demand also for Spot hosts, because that is what they fall back to."""
    first, now = price(types[0], region), instance_usd_per_hour(types[0], region, spot=spot)
    dearest = [usd for name in types if (usd := instance_usd_per_hour(name, region, spot=False)) is not None]
    if first is None or now is None or len(dearest) < len(types):
        return HostCost(None, None)
    beside = volume_usd_per_hour(region, gib) + address_usd_per_hour(region)
    return HostCost(now + beside, (max(dearest) + beside) * time_limit_seconds / 3600, first.source, first.date)


def instance_usd_per_hour(name: str, region: str, *, spot: bool) -> float | None:
    """None: no price is known. Spot without a Spot price is taken for On-Demand, which is dearer."""
    found = price(name, region)
    if found is None:
        return None
    if spot and found.spot_usd_per_hour is not None:
        return found.spot_usd_per_hour
    return found.on_demand_usd_per_hour


def volume_usd_per_hour(region: str, gib: int) -> float:
    found = service_price("ebs", "gp3 storage", region)
    return found.usd * gib / HOURS_PER_MONTH if found else 0.0


def address_usd_per_hour(region: str) -> float:
    """A public IPv4 address."""
    found = service_price("vpc", "public ipv4 address in use or idle", region)
    return found.usd if found else 0.0

"""The shipped tables, as the simulated services need them: whole, and read once."""

from __future__ import annotations

import csv
import functools
import importlib.resources
from dataclasses import dataclass


@functools.cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Every row of a table, by its column names."""
    text = importlib.resources.files("geos.wizard.tables").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class InstancePrice:
    """What one type costs in one region. The Spot price may be unknown."""

    on_demand_usd_per_hour: float
    spot_usd_per_hour: float


@functools.cache
def prices(region: str) -> dict[str, InstancePrice]:
    """Every priced type of a region."""
    return {
        row["instance_type"]: InstancePrice(float(row["on_demand_usd_per_hour"]), float(row["spot_usd_per_hour"] or 0))
        for row in rows("prices")
        if row["region"] == region
    }

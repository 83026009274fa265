"""Regions: names, partition, whether they must be switched on first."""

from __future__ import annotations

import functools

from geos.wizard.facts import RegionFact
from geos.wizard.tables import plain_rows


@functools.cache
def regions() -> tuple[RegionFact, ...]:
    """Sorted by code. A zone count of 0 means that no source gives it."""
    return tuple(
        RegionFact(code, title, partition, opt_in == "opt-in", int(zones or 0), source, date)
        for code, title, partition, opt_in, zones, _, _, _, _, source, date in plain_rows("regions.csv")
    )


@functools.cache
def region(code: str) -> RegionFact | None:
    return next((r for r in regions() if r.code == code), None)


@functools.cache
def pricing_endpoints() -> tuple[str, ...]:
    """Regions whose endpoint answers price questions, whatever region is priced."""
    return tuple(row[0] for row in plain_rows("regions.csv") if row[6] == "yes")

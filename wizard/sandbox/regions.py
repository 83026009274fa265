"""Regions of the simulated account: which are on by default and which have to be switched on."""

from __future__ import annotations

import functools

from geos.wizard.sandbox.seeds import Seed
from geos.wizard.sandbox.shipped import rows


@functools.cache
def opt_in_regions() -> frozenset[str]:
    """Regions that are off until the account switches them on."""
    return frozenset(row["region"] for row in rows("regions") if row["opt_in"] == "opt-in")


@functools.cache
def all_regions() -> tuple[str, ...]:
    """Every region of the commercial partition."""
    return tuple(row["region"] for row in rows("regions") if row["partition"] == "aws")


def enabled(seed: Seed, region: str) -> bool:
    return region not in opt_in_regions() or region in seed.opted_in


def opt_in_status(seed: Seed, region: str) -> str:
    """EC2's word for it."""
    if region not in opt_in_regions():
        return "opt-in-not-required"
    return "opted-in" if region in seed.opted_in else "not-opted-in"

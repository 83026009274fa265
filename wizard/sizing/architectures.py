"""arm64 beside x86_64: what is known, what is not, and from which speed on the other one pays."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from geos.benchmarks.fits import Fits
from geos.wizard.sizing.catalogue import Catalogue
from geos.wizard.sizing.ranking import Advice, advise
from geos.wizard.sizing.values import ARCHITECTURES, Ask, Candidate, Unmeasured


class Side(NamedTuple):
    """One architecture."""

    architecture: str
    advice: Advice

    @property
    def types(self) -> int:
        """That would hold the run."""
        return len({c.row.kind.name for c in self.advice.ranked}) + len(self.advice.unmeasured)


class BreakEven(NamedTuple):
    """A type nobody has measured, beside the best one that has a figure."""

    found: Unmeasured
    days_per_day: float | None
    """From this speed on a simulated day costs less than with the best measured one."""
    per_core: float | None
    """The same for a core, as a share of what a core of the best one does."""


def sides(ask: Ask, catalogue: Catalogue, fits: Fits) -> tuple[Side, ...]:
    return tuple(Side(name, advise(replace(ask, architecture=name), catalogue, fits)) for name in ARCHITECTURES)


def break_evens(
    best: Candidate, days: float, unmeasured: tuple[Unmeasured, ...], *, most: int
) -> tuple[BreakEven, ...]:
    """The cheapest types per core of about the size of `best`, one for each family."""
    usd_per_day = best.usd.likely / days
    near = [u for u in unmeasured if best.physical_cores / 2 <= u.physical_cores <= best.physical_cores * 2]
    of_family: dict[str, Unmeasured] = {}
    for one in near:
        of_family.setdefault(one.instance_type.partition(".")[0], one)
    return tuple(_break_even(best, usd_per_day, one) for one in list(of_family.values())[:most])


def _break_even(best: Candidate, usd_per_day: float, one: Unmeasured) -> BreakEven:
    if one.usd_per_core_hour is None:
        return BreakEven(one, None, None)
    speed = one.usd_per_core_hour * one.physical_cores * 24 / usd_per_day
    each = best.sim_days_per_day.likely / best.physical_cores
    return BreakEven(one, speed, speed / one.physical_cores / each)

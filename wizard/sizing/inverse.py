"""The question from behind: how much can be simulated for a budget, until a deadline, or both?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from geos.benchmarks.configurations import MAXIMUM_DAYS
from geos.benchmarks.fits import Fits
from geos.benchmarks.model import Band
from geos.wizard.sizing.catalogue import Catalogue, spot_band
from geos.wizard.sizing.ranking import advise_on
from geos.wizard.sizing.setup import Row, Setup, setup
from geos.wizard.sizing.spot import restart_loss
from geos.wizard.sizing.values import SPOT, Ask, Candidate


class Reach(NamedTuple):
    """How far one type comes."""

    days: Band
    """Of each run. Low where machine and prices are at the bad ends of their bands."""
    bound_by: str
    """budget or deadline."""
    candidate: Candidate
    """With the likely days."""


def how_much(ask: Ask, catalogue: Catalogue, fits: Fits, *, most: int = 20) -> tuple[Reach, ...]:
    """The types that come farthest, first those on one node; equally far ones by what they cost."""
    found = setup(ask, catalogue, fits)
    reached = []
    for row in found.rows:
        days, bound = _days(ask, row, found.startup_days, at=1)
        if days >= 1:
            reached.append((row, min(days, MAXIMUM_DAYS), bound))
    reached.sort(key=lambda r: (r[0].nodes > 1, -r[1], r[0].on_demand or 0.0, r[0].kind.name))
    return tuple(_reach(ask, catalogue, found, *told) for told in reached[:most])


def _days(ask: Ask, row: Row, startup_days: float, *, at: int, price_factor: float = 1.0) -> tuple[float, str]:
    """(days, what bounds them) of one run. `at`: which end of the speed's band, 0 fast, 1 likely, 2 slow."""
    hours_per_day = row.seconds[at] / 3600
    at_once = min(ask.runs, ask.max_vcpus // (row.kind.vcpus * row.nodes)) if ask.max_vcpus else ask.runs
    by_time = by_money = math.inf
    if ask.deadline_hours is not None:
        by_time = ask.deadline_hours / math.ceil(ask.runs / at_once) / hours_per_day - startup_days
    if ask.budget_usd is not None:
        affordable = ask.budget_usd / ask.runs / price_factor / hours_per_day
        by_money = affordable / _hourly(ask, row, 1.0, hours_per_day) - startup_days
        for _ in range(_ROUNDS):  # what interruptions set back depends on the days
            by_money = affordable / _hourly(ask, row, max(1.0, by_money), hours_per_day) - startup_days
    return (by_time, "deadline") if by_time <= by_money else (by_money, "budget")


_ROUNDS = 3


def _hourly(ask: Ask, row: Row, days: float, hours_per_day: float) -> float:
    """USD of the cheaper way, with what Spot interruptions set back."""
    ways = [] if row.on_demand is None or ask.purchase == SPOT else [row.on_demand]
    if row.spot is not None:
        ways.append(row.spot * (1 + restart_loss(row.place.offer.interruption, days * hours_per_day, days)))
    return min(ways)


def _reach(ask: Ask, catalogue: Catalogue, found: Setup, row: Row, likely: float, bound: str) -> Reach:
    # Whole days, so that rounding never passes the limits.
    asked = replace(ask, days=float(math.floor(likely)), budget_usd=None, deadline_hours=None)
    best = advise_on(asked, catalogue, found._replace(rows=(row,))).best
    assert best is not None
    low, high = spot_band(row.place.offer) if best.purchase == SPOT else (1.0, 1.0)
    fewest = _days(ask, row, found.startup_days, at=2, price_factor=high)[0]
    most = _days(ask, row, found.startup_days, at=0, price_factor=low)[0]
    return Reach(Band(max(0.0, min(fewest, likely)), likely, min(max(most, likely), MAXIMUM_DAYS)), bound, best)

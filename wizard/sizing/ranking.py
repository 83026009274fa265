"""The ranking: what holds every constraint, by the product of cost and time, smallest first.

Halving the time is worth twice the price, no more. Without a deadline the cheapest run is one that takes months on a
single core, and the fastest one costs many times the rest; the product finds the bend between them, and more budget,
a later deadline or fewer days can only make it smaller. A constraint holds when it holds for the likely figures;
whether it holds over the whole band is told (`surely`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from geos.benchmarks.configurations import GCCLASSIC, SECONDS_PER_DAY
from geos.benchmarks.fits import Fits
from geos.benchmarks.memory import MemoryNeed, memory_need
from geos.benchmarks.model import Band
from geos.wizard.sizing.catalogue import Catalogue, spot_band
from geos.wizard.sizing.front import pareto
from geos.wizard.sizing.memory import node_memory
from geos.wizard.sizing.setup import Row, Setup, setup, unmeasured
from geos.wizard.sizing.spot import restart_loss
from geos.wizard.sizing.values import ON_DEMAND, SPOT, Ask, Candidate, Excluded, Unmeasured


class Ranked(NamedTuple):
    """A row with what the days, runs and constraints make of it."""

    key: tuple[bool, float, float, str]
    row: Row
    wall_hours: float
    """Of all runs, likely."""
    usd: float
    """Of all runs, likely, the cheaper way."""
    spot: bool
    loss: float
    at_once: int


class Advice:
    """The answer. What is costly to spell out is worked out when it is asked for."""

    def __init__(
        self, ask: Ask, catalogue: Catalogue, setup: Setup, ranked: tuple[Ranked, ...], missed: tuple[Ranked, ...]
    ) -> None:
        """`ranked`: those that hold every constraint, best first; `missed`: those that miss budget or deadline."""
        self.ask, self.catalogue, self.setup = ask, catalogue, setup
        self.ranked, self.missed = ranked, missed
        self.memory: dict[int, Candidate] = {}

    @functools.cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.first(None)

    def first(self, most: int | None) -> tuple[Candidate, ...]:
        """So many of the candidates: all of them are hundreds."""
        return tuple(candidate(self, found) for found in self.ranked[:most])

    @functools.cached_property
    def best(self) -> Candidate | None:
        return candidate(self, self.ranked[0]) if self.ranked else None

    @functools.cached_property
    def front(self) -> tuple[Candidate, ...]:
        """None of them is beaten in both time and cost; fastest first."""
        return tuple(candidate(self, r) for r in pareto(self.ranked, lambda r: r.wall_hours, lambda r: r.usd))

    @functools.cached_property
    def cheapest(self) -> Candidate | None:
        return candidate(self, min(self.ranked, key=lambda r: (r.usd, r.wall_hours))) if self.ranked else None

    @functools.cached_property
    def fastest(self) -> Candidate | None:
        return candidate(self, min(self.ranked, key=lambda r: (r.wall_hours, r.usd))) if self.ranked else None

    @functools.cached_property
    def closest(self) -> Candidate | None:
        """Where nothing holds budget and deadline: what misses them by least."""
        if self.ranked or not self.missed:
            return None
        return candidate(self, min(self.missed, key=lambda r: (_overrun(self.ask, r), r.key)))

    @functools.cached_property
    def known_memory(self) -> MemoryNeed | None:
        return memory_need(self.ask.model, self.ask.grid)

    @property
    def prices_date(self) -> str:
        """Of the oldest price that the first candidates are reckoned with."""
        offers = [(r.row.place.offer, r.spot) for r in (*self.ranked[:10], *self.missed[:1])]
        read = (self.catalogue.spot_read_on(o) if spot else self.catalogue.read_on(o) for o, spot in offers)
        return min((date for _, _, date in read if date), default="")

    @functools.cached_property
    def unmeasured(self) -> tuple[Unmeasured, ...]:
        return tuple(unmeasured(self.ask, self.setup))

    @functools.cached_property
    def excluded(self) -> tuple[Excluded, ...]:
        """One line a type: those of a type whose other node counts hold are left out."""
        held = {r.row.kind.name for r in self.ranked}
        told: dict[str, Excluded] = {e.instance_type: e for e in self.setup.excluded}
        for found in sorted(self.missed, key=lambda r: _overrun(self.ask, r)):
            name = found.row.kind.name
            if name not in held and name not in told:
                told[name] = _missed_words(self.ask, found)
        return tuple(told.values())


def advise(ask: Ask, catalogue: Catalogue, fits: Fits) -> Advice:
    """Some milliseconds for the first question of a set-up, below one for each further."""
    return advise_on(ask, catalogue, setup(ask, catalogue, fits))


def advise_on(ask: Ask, catalogue: Catalogue, found: Setup) -> Advice:
    held: list[Ranked] = []
    missed: list[Ranked] = []
    for ranked in _ranked(ask, found):
        (missed if _misses(ask, ranked) else held).append(ranked)
    held.sort()
    return Advice(ask, catalogue, found, tuple(held), tuple(missed))


def _ranked(ask: Ask, found: Setup) -> Iterator[Ranked]:
    hours_per_second = (ask.days + found.startup_days) / 3600
    only_spot = ask.purchase == SPOT
    for row in found.rows:
        hours = row.seconds[1] * hours_per_second
        at_once = ask.runs if not ask.max_vcpus else min(ask.runs, ask.max_vcpus // (row.kind.vcpus * row.nodes))
        wall = hours * math.ceil(ask.runs / at_once)
        loss, spot = 0.0, None
        if row.spot is not None:
            loss = restart_loss(row.place.offer.interruption, hours, ask.days)
            spot = row.spot * hours * (1 + loss) * ask.runs
        usd = math.inf if row.on_demand is None or only_spot else row.on_demand * hours * ask.runs
        by_spot = spot is not None and spot <= usd
        if by_spot:
            assert spot is not None
            usd = spot
        key = (row.nodes > 1, usd * wall, usd, row.kind.name)
        yield Ranked(key, row, wall, usd, by_spot, loss, at_once)


def _misses(ask: Ask, r: Ranked) -> bool:
    late = ask.deadline_hours is not None and r.wall_hours > ask.deadline_hours
    return late or (ask.budget_usd is not None and r.usd > ask.budget_usd)


def _overrun(ask: Ask, r: Ranked) -> float:
    """How many times the tighter constraint is passed."""
    late = r.wall_hours / ask.deadline_hours if ask.deadline_hours else 0.0
    dear = r.usd / ask.budget_usd if ask.budget_usd else 0.0
    return max(late, dear)


def _missed_words(ask: Ask, r: Ranked) -> Excluded:
    late = ask.deadline_hours is not None and r.wall_hours > ask.deadline_hours
    if late:
        return Excluded(
            r.row.kind.name, "deadline", f"likely {r.wall_hours:.1f} h, and the deadline is {ask.deadline_hours:g} h"
        )
    return Excluded(r.row.kind.name, "budget", f"likely {r.usd:.2f} USD, and the budget is {ask.budget_usd:g} USD")


# --- spelling out ----------------------------------------------------------------------------


def candidate(advice: Advice, found: Ranked) -> Candidate:
    kept = advice.memory.get(id(found))
    if kept is None:
        kept = advice.memory[id(found)] = _spelled_out(advice, found)
    return kept


def _spelled_out(advice: Advice, found: Ranked) -> Candidate:
    ask, row = advice.ask, found.row
    offer, kind = row.place.offer, row.kind
    span = (ask.days + advice.setup.startup_days) / 3600
    hours = Band(*(s * span for s in row.seconds))
    waves = math.ceil(ask.runs / found.at_once)
    on_demand = None if row.on_demand is None else Band(*(h * row.on_demand * ask.runs for h in hours))
    spot = None
    if row.spot is not None:
        usd = row.spot * (1 + found.loss) * ask.runs
        low, high = spot_band(offer)
        spot = Band(hours.low * usd * low, hours.likely * usd, hours.high * usd * high)
    wall = Band(*(h * waves for h in hours))
    cost = spot if found.spot else on_demand
    assert cost is not None
    surely = (ask.deadline_hours is None or wall.high <= ask.deadline_hours) and (
        ask.budget_usd is None or cost.high <= ask.budget_usd
    )
    return Candidate(
        instance_type=kind.name,
        architecture=kind.architecture,
        nodes=row.nodes,
        physical_cores=row.cores,
        threads=row.cores * (kind.threads_per_core if ask.model == GCCLASSIC else 1),
        vcpus=kind.vcpus * row.nodes,
        region=row.place.region,
        regions=row.place.regions,
        label=row.said.label,
        why=row.said.why,
        standing=_standing(advice, found),
        sim_days_per_day=Band(*(ask.days * SECONDS_PER_DAY / (h * 3600) for h in reversed(hours))),
        wall_hours=wall,
        on_demand_usd=on_demand,
        spot_usd=spot,
        purchase=SPOT if found.spot else ON_DEMAND,
        on_demand_usd_per_hour=row.on_demand,
        spot_usd_per_hour=row.spot,
        interruption=offer.interruption,
        restart_loss=found.loss if found.spot else 0.0,
        memory=node_memory(ask, kind.memory_gib, row.nodes, advice.known_memory),
        rows=row.said.rows,
        own_rows=row.said.own_rows,
        steps=row.said.steps,
        at_once=found.at_once,
        surely=surely,
    )


def _standing(advice: Advice, found: Ranked) -> str:
    ranked: Sequence[Ranked] = advice.ranked
    if not ranked:
        return "it misses the deadline or the budget by least"
    first = ranked[0]
    if found is first:
        return "the smallest product of cost and time" + (" on one node" if found.row.nodes == 1 else "")
    dearer, slower = found.usd / first.usd, found.wall_hours / first.wall_hours
    of_which = f"{first.row.nodes} x {first.row.kind.name}" if first.row.nodes > 1 else first.row.kind.name
    one_node = " on one node" if found.key[0] and not first.key[0] else ""
    return f"{slower:.2f} × the time and {dearer:.2f} × the cost of {of_which}{one_node}, which stands first"

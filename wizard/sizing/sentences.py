"""The advice in words, for screens and programs alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geos.benchmarks.configurations import GCHP
from geos.wizard.sizing.values import SPOT, Ask, Candidate

if TYPE_CHECKING:
    from geos.benchmarks.model import Band
    from geos.wizard.sizing.inverse import Reach
    from geos.wizard.sizing.ranking import Advice

_HOURS_UP_TO = 72.0
"""Longer times are told in days."""


def advice_sentence(advice: Advice) -> str:
    """The first line of the answer."""
    best, ask = advice.best, advice.ask
    if best is not None:
        return f"{named(best)}: about {span(best.wall_hours.likely)} and {usd(best.usd.likely)} for {task(ask)}."
    if advice.closest is not None:
        c = advice.closest
        return (
            f"Nothing keeps {_limits_named(ask)} for {task(ask)}; {named(c)} comes closest: "
            f"likely {span(c.wall_hours.likely)} and {usd(c.usd.likely)}."
        )
    if advice.unmeasured:
        what = f"{'GCHP' if ask.model == GCHP else 'GEOS-Chem Classic'} {ask.simulation} at {ask.grid}"
        on = f" on {ask.architecture}" if ask.architecture and _others_measured(advice) else ""
        return (
            f"Nobody has published a usable speed of {what}{on}; "
            f"{len(advice.unmeasured)} types would hold it, by price per core below."
        )
    return f"No instance type is left for {task(ask)}: {rules_in_words(advice)}."


def _others_measured(advice: Advice) -> bool:
    return any("CPUs" in u.refused or "machine" in u.refused for u in advice.unmeasured[:1])


def reach_sentence(ask: Ask, found: tuple[Reach, ...]) -> str:
    limits = _limits(ask)
    if not found:
        return f"Not a single day of {setup_words(ask)} can be simulated within {limits}."
    best = found[0]
    each = f"{ask.runs} runs of " if ask.runs > 1 else ""
    return (
        f"Within {limits}: {each}about {whole(best.days.likely)} days of {setup_words(ask)} on {named(best.candidate)}."
    )


def rules_in_words(advice: Advice) -> str:
    """`memory 180, burstable 21`: how many types each rule left out."""
    counts = Counter(e.rule for e in advice.excluded)
    return ", ".join(f"{rule} {count}" for rule, count in counts.most_common()) or "the catalogue is empty"


def named(c: Candidate) -> str:
    nodes = f"{c.nodes} × " if c.nodes > 1 else ""
    at_once = f", {c.at_once} at once" if c.at_once > 1 else ""
    return f"{nodes}{c.instance_type} as {'Spot' if c.purchase == SPOT else 'On-Demand'} in {c.region}{at_once}"


def task(ask: Ask) -> str:
    runs = f"{ask.runs:,} × " if ask.runs > 1 else ""
    return f"{runs}{ask.days:g} {'day' if ask.days == 1 else 'days'} of {setup_words(ask)}"


def setup_words(ask: Ask) -> str:
    return f"{ask.grid} {ask.simulation}{f' {ask.version}' if ask.version else ''}"


def _limits(ask: Ask) -> str:
    told = [] if ask.deadline_hours is None else [f"{span(ask.deadline_hours)}"]
    told += [] if ask.budget_usd is None else [usd(ask.budget_usd)]
    return " and ".join(told)


def _limits_named(ask: Ask) -> str:
    told = [] if ask.deadline_hours is None else [f"the deadline of {span(ask.deadline_hours)}"]
    told += [] if ask.budget_usd is None else [f"the budget of {usd(ask.budget_usd)}"]
    return " and ".join(told)


def cannot_be_told_apart(candidates: tuple[Candidate, ...], most: int = 10) -> int:
    """How many of the first ones overlap with the very first in both time and cost; 1: it stands alone."""
    first = candidates[0]
    count = 0
    for c in candidates[:most]:
        if not (_overlap(c.wall_hours, first.wall_hours) and _overlap(c.usd, first.usd)):
            break
        count += 1
    return count


def _overlap(a: Band, b: Band) -> bool:
    return a.low <= b.high and b.low <= a.high


# --- figures ---------------------------------------------------------------------------------


def figure(value: float) -> str:
    """Three digits, which is more than any of these are worth: 1,230, 36, 2.45, 0.0123."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}" if value >= 1 or value == 0 else f"{value:.2g}"


def short(value: float) -> str:
    """As few digits as bands in narrow columns need: 1,230, 107, 36, 2.5."""
    return figure(value) if value >= 100 else f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def usd(value: float) -> str:
    return f"{figure(value)} USD"


def whole(value: float) -> str:
    return f"{value:,.0f}"


def span(hours: float) -> str:
    """36 h, 3.2 days, 25 min."""
    if hours < 1:
        return f"{short(hours * 60)} min"
    return f"{short(hours)} h" if hours <= _HOURS_UP_TO else f"{short(hours / 24)} days"


def band(found: Band, scale: float = 1.0) -> str:
    """`23–36–56`: low, likely, high."""
    return "–".join(short(value / scale) for value in found)

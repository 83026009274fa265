"""What a deployment costs: every line with its formula, where the price is from, and how old it is.

Three sums: what is paid while nothing runs, what one run costs, and a month with the runs that are planned.
A line whose amount nobody can know stays in the list without a figure and is counted in no sum, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geos.benchmarks.model import Band
from geos.wizard.cfn.resolve import Unknown
from geos.wizard.facts import Price
from geos.wizard.sizing.jobs import Choice, Workload
from geos.wizard.systems.cost_lines import CostLine, priced_line, unknown_line
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.costs import (
    HOURS_PER_MONTH,
    Priced,
    has_nat,
    has_public_machines,
    paid_by_use,
    standing_costs,
)
from geos.wizard.tables.prices import price, service_price


@dataclass(frozen=True)
class Estimate:
    """All lines and their sums."""

    region: str
    lines: tuple[CostLine, ...]
    runs_per_month: float
    budget_usd: float | None = None
    left_out: tuple[str, ...] = ()
    """What is paid by use and has no assumption to reckon with."""

    @property
    def idle_usd_per_month(self) -> float:
        """While nothing runs; the low figure of a line is what it costs idle."""
        return sum(line.low or 0.0 for line in self.lines if line.per == "month")

    @property
    def fixed(self) -> Band:
        return _sum(line for line in self.lines if line.per == "month")

    @property
    def run(self) -> Band | None:
        """One run; None as soon as a part of it is not known."""
        parts = [line for line in self.lines if line.per == "run"]
        return None if any(line.band is None for line in parts) or not parts else _sum(parts)

    @property
    def month(self) -> Band | None:
        run = self.run
        if run is None:
            return self.fixed if not self.runs_per_month else None
        whole, runs = self.fixed, run.times(self.runs_per_month)
        return Band(whole.low + runs.low, whole.likely + runs.likely, whole.high + runs.high)

    @property
    def unknown(self) -> tuple[CostLine, ...]:
        return tuple(line for line in self.lines if line.band is None)

    @property
    def against_budget(self) -> str:
        """within, may-exceed (the high figure does), over (the likely one does), unknown, or "" without a budget."""
        month = self.month
        if self.budget_usd is None:
            return ""
        if self.fixed.likely > self.budget_usd:
            return "over"
        if month is None:
            return "unknown"
        if month.likely > self.budget_usd:
            return "over"
        return "may-exceed" if month.high > self.budget_usd else "within"

    def summary(self) -> dict[str, Any]:
        """What the whole comes to, for -o json."""
        return {
            "idle_usd_per_month": self.idle_usd_per_month,
            "run_usd": self.run.likely if self.run else None,
            "against_budget": self.against_budget,
        }


def estimate(
    stacks: Sequence[StackInRegion],
    region: str,
    *,
    workload: Workload | None = None,
    choice: Choice | None = None,
    assumptions: Mapping[str, Any] | None = None,
    budget_usd: float | None = None,
    live_prices: Mapping[str, Price] | None = None,
) -> Estimate:
    """Pure. `choice` is the instance type the runs are reckoned with; `assumptions` is the manifest's `cost:`,
    its expressions worked out; `live_prices` win over the table for instance hours."""
    monthly = [*(_standing(p, live_prices or {}) for p in _together(standing_costs(stacks)))]
    monthly += _assumed(assumptions, "monthly", "month", region)
    per_run = [*_run_lines(stacks, region, workload, choice)] if workload else []
    per_run += _assumed(assumptions, "per_run", "run", region)
    reckoned = {str(a["service"]) for part in ("monthly", "per_run") for a in (assumptions or {}).get(part, ())}
    left_out = tuple(what for service, what in paid_by_use(stacks).items() if service not in reckoned)
    runs = workload.runs_per_month if workload else 0.0
    return Estimate(region, (*monthly, *per_run), runs, budget_usd, left_out)


@dataclass(frozen=True)
class Beside:
    """Another way to build the same, priced: "NAT single: 36.50 USD a month more"."""

    name: str
    idle_usd_per_month: float
    more_usd: float


def beside(current: str, variants: Mapping[str, Sequence[StackInRegion]]) -> tuple[Beside, ...]:
    """Idle costs of variants (name -> its stacks, the current one among them), cheapest first."""
    idle = {name: estimate(stacks, "").idle_usd_per_month for name, stacks in variants.items()}
    found = (Beside(name, usd, usd - idle[current]) for name, usd in idle.items())
    return tuple(sorted(found, key=lambda b: (b.idle_usd_per_month, b.name)))


def _sum(lines: Any) -> Band:
    bands = [line.band for line in lines if line.band]
    return Band(sum(b.low for b in bands), sum(b.likely for b in bands), sum(b.high for b in bands))


# --- what stands all the time ----------------------------------------------------------------


def _together(parts: Sequence[Priced]) -> list[Priced]:
    """Equal items in one line: "2 NAT gateways"."""
    groups: dict[tuple[str, str, str, str], list[Priced]] = {}
    for p in parts:
        groups.setdefault((p.what, p.service, p.item, p.region), []).append(p)
    return [_merged(group) for group in groups.values()]


def _merged(group: list[Priced]) -> Priced:
    first, size = group[0], len(group)
    quantity: float | Unknown = 0.0
    most: float | Unknown = 0.0
    for p in group:
        quantity = _add(quantity, p.quantity)
        most = _add(most, p.quantity if p.most is None else p.most)
    name = first.what if size == 1 else f"{size} × {first.what}"
    return replace(first, what=name, quantity=quantity, most=most)


def _add(one: float | Unknown, two: float | Unknown) -> float | Unknown:
    if isinstance(one, Unknown) or isinstance(two, Unknown):
        return one if isinstance(one, Unknown) else two
    return one + two


def _standing(part: Priced, live: Mapping[str, Price]) -> CostLine:
    if part.service == "instance":
        return _always_on(part, live)
    found = service_price(part.service, part.item, part.region)
    if found is None:
        return unknown_line(part.what, f"no price of {part.service} {part.item} is known", "month")
    if isinstance(part.quantity, Unknown) or isinstance(part.most, Unknown):
        doubt = part.quantity if isinstance(part.quantity, Unknown) else part.most
        return unknown_line(part.what, str(doubt), "month")
    most = part.quantity if part.most is None else part.most
    band = Band(part.quantity * found.usd, most * found.usd, most * found.usd)
    return priced_line(part.what, f"{most:g} {part.unit} × {found.usd:g} USD", band, "month", found, part.region)


def _always_on(part: Priced, live: Mapping[str, Price]) -> CostLine:
    found = live.get(part.item) or price(part.item, part.region)
    if isinstance(part.quantity, Unknown):
        return unknown_line(part.what, str(part.quantity), "month")
    if found is None or found.on_demand_usd_per_hour is None:
        return unknown_line(part.what, f"no price of {part.item} in {part.region} is known", "month")
    usd = part.quantity * found.on_demand_usd_per_hour
    formula = f"{part.quantity:g} h {part.item} × {found.on_demand_usd_per_hour:g} USD"
    return CostLine(part.what, formula, usd, usd, usd, "month", found.kind, found.source, found.date)


def _assumed(assumptions: Mapping[str, Any] | None, part: str, per: str, region: str) -> list[CostLine]:
    """Lines of the manifest's `cost:`; a false `when` leaves one out."""
    found = []
    for raw in (assumptions or {}).get(part, ()):
        if raw.get("when", True) is False:
            continue
        known = service_price(str(raw["service"]), str(raw["price"]), region)
        if known is None:
            found.append(unknown_line(raw["item"], f"no price of {raw['service']} {raw['price']} is known", per))
            continue
        quantity = float(raw["quantity"])
        formula = f"{raw.get('formula') or f'assumed {quantity:g} {known.unit}'} × {known.usd:g} USD"
        usd = quantity * known.usd
        # Stored data and the like are there only after runs, so they cost nothing idle.
        found.append(
            priced_line(raw["item"], formula, Band(0.0 if per == "month" else usd, usd, usd), per, known, region)
        )
    return found


# --- one run ---------------------------------------------------------------------------------


def _run_lines(
    stacks: Sequence[StackInRegion], region: str, workload: Workload, choice: Choice | None
) -> list[CostLine]:
    if choice is None:
        return [unknown_line("instance hours", "no instance type can hold the job", "run")]
    lines = [_hours_line(workload, choice)]
    lines += _beside_the_machine(stacks, region, workload, choice.wall_hours)
    return lines


def _hours_line(workload: Workload, choice: Choice) -> CostLine:
    spot = workload.purchase == "spot"
    cost, found, hours = choice.cost_usd(workload.purchase), choice.price, choice.wall_hours
    option = "Spot" if spot else "On-Demand"
    name = f"{choice.instance_type} {option}"
    hourly = (found.spot_usd_per_hour if spot else found.on_demand_usd_per_hour) if found else None
    if found is None or hourly is None:
        return unknown_line(name, f"no {option} price of {choice.instance_type} is known here", "run")
    if cost is None or hours is None:
        why = f"hours × {hourly:g} USD; nobody has published how long {workload.simulation} {workload.grid} takes"
        return unknown_line(name, f"{why} on {choice.instance_type}", "run")
    # A shipped Spot figure is a regional average of its date, so never more than an estimate.
    kind = "estimated" if spot and found.kind == "list" else found.kind
    return CostLine(
        name,
        f"{hours.likely:.1f} h ({hours.low:.1f}–{hours.high:.1f}) × {hourly:g} USD",
        cost.low,
        cost.likely,
        cost.high,
        "run",
        kind,
        found.spot_source if spot else found.source,
        found.spot_date if spot else found.date,
        note="; ".join(choice.why),
    )


def _beside_the_machine(
    stacks: Sequence[StackInRegion], region: str, workload: Workload, hours: Band | None
) -> list[CostLine]:
    """Disk and address for the hours of the run; data by the gigabyte."""
    lines = []
    if workload.scratch_gib:
        month = hours.times(workload.scratch_gib / HOURS_PER_MONTH) if hours else None
        words = f"{workload.scratch_gib:g} GB × hours / {HOURS_PER_MONTH:g}"
        lines.append(_hourly("instance volume", "ebs", "gp3 storage", words, month, region))
    if has_public_machines(stacks):
        address = "public ipv4 address in use or idle"
        lines.append(_hourly("public IPv4 address", "vpc", address, "hours", hours, region))
    if workload.input_gib and has_nat(stacks) and workload.data_region not in ("", region):
        lines.append(_data("input through NAT", "vpc", "nat gateway data processed", workload.input_gib, region))
    return lines


def _hourly(item: str, service: str, price_item: str, words: str, quantity: Band | None, region: str) -> CostLine:
    found = service_price(service, price_item, region)
    if found is None:
        return unknown_line(item, f"no price of {service} {price_item} is known", "run")
    if quantity is None:
        return unknown_line(item, f"{words} × {found.usd:g} USD; the hours are not known", "run")
    return priced_line(item, f"{words} × {found.usd:g} USD", quantity.times(found.usd), "run", found, region)


def _data(item: str, service: str, price_item: str, gib: float, region: str) -> CostLine:
    band = Band(gib, gib, gib)
    return _hourly(item, service, price_item, f"{gib:g} GB", band, region)

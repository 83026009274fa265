"""What a deployment costs: the sums first, then each line with its formula and where its price is from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, answer, band, count, indented, mark, next_step, remark, screen, table, usd

if TYPE_CHECKING:
    from geos.wizard.study import Study
    from geos.wizard.systems.cost_lines import CostLine
    from geos.wizard.systems.estimate import Beside, Estimate


def estimate(study: Study, *, ways: Sequence[Beside] = (), verbose: bool = False, flags: str = "") -> RenderableType:
    """`ways`: the other ways out to the internet, priced."""
    found = study.estimate
    monthly = [line for line in found.lines if line.per == "month"]
    per_run = [line for line in found.lines if line.per == "run"]
    return screen(
        answer(headline(study)),
        _block("a month, whether it runs or not", monthly, verbose),
        _block(_run_title(study), per_run, verbose) if per_run else None,
        _sums(found),
        _ways(ways) if ways else None,
        _remarks(found, verbose),
        next_step(
            (f"geos-setup {flags}deploy", "creates it"),
            *(() if verbose else ((f"geos-setup {flags}estimate -v", "shows how each figure is reckoned"),)),
        ),
    )


def headline(study: Study) -> str:
    found, place = study.estimate, f"{study.design.deployment} in {study.region}"
    idle = f"{place} costs {usd(found.idle_usd_per_month)} a month idle"
    if found.run:
        return f"{idle}; a run {band(found.run.low, found.run.likely, found.run.high)}."
    return f"{idle}; what a run costs is not known." if study.workload else f"{idle}."


def _run_title(study: Study) -> str:
    wanted, best = study.workload, study.machines[0] if study.machines else None
    if wanted is None:
        return "a run"
    what = " ".join(filter(None, (wanted.simulation, wanted.grid)))
    where = f" on {best.instance_type}, {wanted.purchase}" if best else ""
    return f"a run of {wanted.simulated_days:g} days {what}{where}"


def _block(title: str, lines: Sequence[CostLine], verbose: bool) -> RenderableType:
    shown = [line for line in lines if verbose or line.band is None or line.band.high > 0]
    rows = [_row(line, verbose) for line in shown]
    rest = len(lines) - len(shown)
    parts: list[RenderableType] = [indented(Text(title, style="bold"))]
    if rows:
        parts.append(table(("", "USD", "", ""), rows, right=[1], indent=4, gap=2))
    if rest:
        parts.append(remark(f"  … {count(rest, 'item')} more at 0 USD (-v shows them)"))
    return Group(*parts)


_KINDS = {"list": "", "estimated": "estimated", "unverified": "not verified", "live": "live", "unknown": ""}


def _row(line: CostLine, verbose: bool) -> list[RenderableType]:
    if line.band is None:
        return [line.item, "?", "", Text(line.formula, style=QUIET)]
    low, likely, high = line.band.low, line.band.likely, line.band.high
    spread = "" if high - low < 0.005 else f"~{usd(low, unit=False)}–{usd(high, unit=False)}"
    age = f"@{line.date[:7]}" if line.date else ""
    notes = " ".join(filter(None, (age, _KINDS.get(line.kind, line.kind), f"({line.region})" if line.region else "")))
    if verbose:
        notes = "; ".join(filter(None, (line.formula, notes, line.source)))
    return [line.item, usd(likely, unit=False), spread, Text(notes, style=QUIET)]


def _ways(ways: Sequence[Beside]) -> RenderableType:
    rows: list[list[RenderableType]] = []
    for way in ways:
        chosen = way.more_usd == 0
        more = f"{'+' if way.more_usd > 0 else '-'}{usd(abs(way.more_usd), unit=False)}"
        rows.append(
            [way.name, usd(way.idle_usd_per_month, unit=False), Text("chosen" if chosen else more, style=QUIET)]
        )
    title = indented(Text("idle a month, by the way out to the internet", style="bold"))
    return Group(title, table(("", "USD", ""), rows, right=[1], indent=4, gap=2))


def _sums(found: Estimate) -> RenderableType:
    rows: list[list[RenderableType]] = []
    if found.month and found.runs_per_month:
        months = band(found.month.low, found.month.likely, found.month.high)
        rows.append([f"a month with {count(int(found.runs_per_month), 'run')}", months, _against(found)])
    elif found.budget_usd is not None:
        rows.append(["a month", f"≈ {usd(found.fixed.likely)} without runs", _against(found)])
    return table(("", "", ""), rows, keep=[0, 1], gap=2) if rows else Text("")


def _against(found: Estimate) -> Text:
    if found.budget_usd is None:
        return Text()
    limit = f"budget {usd(found.budget_usd)}"
    match found.against_budget:
        case "within":
            return mark("ok", f"within the {limit}")
        case "may-exceed":
            return mark("short", f"may pass the {limit}")
        case "over":
            return mark("short", f"over the {limit}")
        case _:
            return mark("unknown", f"{limit}; runs not reckoned")


def _remarks(found: Estimate, verbose: bool) -> RenderableType | None:
    lines: list[RenderableType] = []
    if found.left_out:
        lines.append(remark(f"Not reckoned, paid by use: {', '.join(found.left_out)}."))
    if any(line.region for line in found.lines):
        lines.append(remark("A region in brackets: the price is that region's, for want of one here."))
    return Group(*lines) if lines else None

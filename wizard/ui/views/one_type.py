"""One instance type, opened up: facts, speed with its rows, costs, memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from geos.benchmarks.configurations import GCHP
from geos.wizard.sizing.sentences import band, figure, span, task, usd
from geos.wizard.sizing.values import SPOT, Candidate, Memory, Quota
from geos.wizard.ui.light import (
    Part,
    Screen,
    Words,
    answer,
    group,
    indented,
    next_step,
    pairs,
    quiet,
    remark,
    screen,
    table,
)
from geos.wizard.ui.views.ranked import name_of
from geos.wizard.ui.views.sizing import notes_below, quota_words
from geos.wizard.ui.wording import QUIET, count, listing

if TYPE_CHECKING:
    from geos.benchmarks.model import Band
    from geos.benchmarks.table import Run
    from geos.wizard.cli.recommend.one_type import OfGrid, Opened, Verdict
    from geos.wizard.facts import InstanceType
    from geos.wizard.sizing.catalogue import Catalogue, Offer, Place
    from geos.wizard.sizing.values import Unmeasured


def why_not(found: Verdict, reason: str, flags: str) -> Screen:
    if found.excluded:
        line = f"{found.name} is left out by the rule {found.excluded.rule}: {reason}."
    elif found.unmeasured:
        line = f"{found.name} would do, and nobody has published a usable speed of it."
    else:
        line = f"{found.name} is not left out: {reason}."
    return screen(
        answer(line),
        remark(f"{reason}.") if found.unmeasured else None,
        next_step((f"geos-recommend {flags}--explain {found.name}", "all that is known of it")),
    )


# --- everything about one type ---------------------------------------------------------------


def explained(
    told: Opened,
    judge: Callable[[Candidate], Quota],
    calibrate: tuple[str, str],
    notes: Sequence[str],
    flags: str,
    *,
    verbose: bool = False,
) -> Screen:
    found, c = told.verdict, told.verdict.candidate
    return screen(
        answer(_headline(told)),
        indented(f"! Left out as the question was asked: {told.limits}.") if told.limits else None,
        _facts(told),
        _speed(told, c) if c else None,
        _cost(told, c, judge) if c else None,
        _unknown(found.unmeasured) if found.unmeasured else None,
        *(_memory(one.memory) for one in (c, found.unmeasured) if one),
        _rows(told.rows, "published runs", verbose) if told.rows else None,
        _rows(told.own_rows, "own runs", verbose) if told.own_rows else None,
        notes_below(notes),
        next_step(calibrate if calibrate[0] else (f"geos-recommend {flags}".rstrip(), "the ranking")),
    )


def _headline(told: Opened) -> str:
    c, ask = told.verdict.candidate, told.advice.ask
    if c:
        speed = c.sim_days_per_day
        return (
            f"{name_of(c)}: {figure(speed.likely)} simulated days a day with {ask.grid} {ask.simulation} "
            f"({c.label}, {figure(speed.low)} to {figure(speed.high)})."
        )
    if told.verdict.unmeasured:
        return f"{told.kind.name}: NO PUBLISHED FIGURE for {ask.grid} {ask.simulation}."
    assert told.verdict.excluded is not None
    return f"{told.kind.name} cannot run {ask.grid} {ask.simulation}: {told.verdict.excluded.reason}."


def _facts(told: Opened) -> Part:
    kind, catalogue = told.kind, told.advice.catalogue
    threads = f"{kind.physical_cores} cores, {kind.vcpus} vCPUs"
    network = f"{kind.network_gbps:g} Gbit/s{', EFA' if kind.efa else ''}"
    rows: list[tuple[str, Words]] = [
        ("machine", f"{kind.cpu}, {kind.architecture}; {threads}; {kind.memory_gib:g} GiB; {network}"),
        ("", quiet(f"{kind.source}, {kind.date}")),
    ]
    place = catalogue.places(told.advice.ask.purchase).get(kind.name)
    if place:
        rows += _prices(catalogue, place)
        zones = catalogue.zones(kind.name, place.region)
        rows.append(("offered in", f"{listing(place.regions, most=6)}{f'; zones {listing(zones)}' if zones else ''}"))
    return pairs(rows)


def _prices(catalogue: Catalogue, place: Place) -> Iterable[tuple[str, Words]]:
    offer: Offer = place.offer
    kind, source, date = catalogue.read_on(offer)
    if offer.on_demand is not None:
        yield "On-Demand", f"{offer.on_demand:g} USD/h in {place.region} ({kind}; {source}, {date})"
    kind, source, date = catalogue.spot_read_on(offer)
    if offer.spot is not None:
        often = f"; {offer.interruption} interrupted a month" if offer.interruption else ""
        yield "Spot", f"{offer.spot:g} USD/h{often} ({kind}; {source}, {date})"
    else:
        yield "Spot", "no price is known"


def _speed(told: Opened, c: Candidate) -> Part:
    rows: list[tuple[str, Words]] = [
        ("speed", f"{band(c.sim_days_per_day)} simulated days a day, {c.label}"),
        ("", f"from {c.why}"),
    ]
    if told.factors:
        steps = ", ".join(f"{step} ×{factor:.2f}" for step, factor in told.factors.items())
        rows.append(("", quiet(f"what widens the band: {steps} (geos-recommend accuracy)")))
    if told.advice.ask.model == GCHP:
        each = c.physical_cores // c.nodes
        rows.append(
            ("ranks", f"{c.physical_cores}, one a core: {each} on {'the node' if c.nodes == 1 else 'each node'}")
        )
    return pairs(rows)


def _cost(told: Opened, c: Candidate, judge: Callable[[Candidate], Quota]) -> Part:
    rows: list[tuple[str, Words]] = [
        ("time", f"{_span_band(c.wall_hours)} for {task(told.advice.ask)}, start-up included"),
    ]
    if c.on_demand_usd:
        rows.append(("On-Demand", f"{band(c.on_demand_usd)} USD = time × {c.on_demand_usd_per_hour:g} USD/h"))
    if c.spot_usd:
        loss = f", {c.restart_loss:.2%} for interruptions" if c.purchase == SPOT else ""
        rows.append(("Spot", f"{band(c.spot_usd)} USD = time × {c.spot_usd_per_hour:g} USD/h, which moves{loss}"))
    elif c.nodes > 1:
        rows.append(("Spot", "not for several nodes: losing one ends the run on all"))
    rows.append(("quota", quota_words(judge(c), c)))
    return pairs(rows)


def _span_band(found: Band) -> str:
    return f"{span(found.low)} to {span(found.high)}, likely {span(found.likely)}"


def _unknown(found: Unmeasured) -> Part:
    hourly = "?" if found.usd_per_core_hour is None else f"{found.usd_per_core_hour:.3f} USD"
    rows: list[tuple[str, Words]] = [("speed", f"{found.refused}."), ("per core", f"{hourly} an hour")]
    if found.read_gb_per_second:
        rows.append(("bandwidth", f"{found.read_gb_per_second:.0f} GB/s read (SpareCores inspector, CC BY-SA 4.0)"))
    return pairs(rows)


def _memory(memory: Memory) -> Part:
    if memory.need_gib is None:
        return pairs([("memory", f"{memory.have_gib:.0f} GiB usable; nobody has published what this grid takes")])
    bound = "at least " if memory.lower_bound else ""
    advised = f"; {memory.advised_gib:.0f} advised" if memory.advised_gib else ""
    short = memory.advised_gib is not None and memory.advised_gib > memory.have_gib
    words = f"{memory.have_gib:.0f} GiB usable of a node; {bound}{memory.need_gib:.0f} needed with headroom{advised}"
    rows: list[tuple[str, Words]] = [("memory", f"! {words}" if short else words)]
    if memory.source:
        rows.append(("", quiet(f"{memory.kind}: {memory.source}")))
    return pairs(rows)


def _rows(runs: Sequence[Run], what: str, verbose: bool) -> Part:
    shown = [_row([run]) for run in runs] if verbose else [_row(alike) for alike in _alike(runs)]
    titles: dict[str, list[Run]] = {}
    for run in runs:
        titles.setdefault(f"{run.source_title} ({run.source_year})", []).append(run)
    return group(
        indented(f"{count(len(runs), 'row')} of {what}", style=QUIET),
        table(("line", "grade", "machine", "cores", "grid, version", "days/day"), shown, right=(3, 5), gap=2),
        *(remark(_source(title, of, verbose)) for title, of in titles.items()),
    )


def _alike(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that differ in little but their speed, together."""
    found: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        found.setdefault((run.machine, run.cores, run.grid, run.version, run.grade), []).append(run)
    return list(found.values())


def _row(runs: Sequence[Run]) -> tuple[str, ...]:
    first = runs[0]
    speeds = sorted(run.sim_days_per_day for run in runs if run.sim_days_per_day)
    speed = "–".join(dict.fromkeys(figure(s) for s in (*speeds[:1], *speeds[-1:]))) or "?"
    return (
        _lines([run.row for run in runs]),
        first.grade or "own",
        first.machine,
        str(first.cores or "?"),
        f"{first.grid} {first.version}",
        speed,
    )


def _lines(rows: Sequence[int]) -> str:
    """17–20, 25: runs of numbers as such."""
    groups: list[list[int]] = []
    for row in sorted(rows):
        if groups and row == groups[-1][-1] + 1:
            groups[-1].append(row)
        else:
            groups.append([row])
    return ", ".join(str(g[0]) if len(g) == 1 else f"{g[0]}–{g[-1]}" for g in groups)


def _source(title: str, runs: Sequence[Run], verbose: bool) -> str:
    where = [run.source_locator for run in runs]
    told = where if verbose else where[:1]
    more = f" and {len(where) - len(told)} more (-v)" if len(where) > len(told) else ""
    return f"{_lines([run.row for run in runs])}: {title}: {'; '.join(told)}{more}"


# --- every grid ------------------------------------------------------------------------------


def every_grid(kind: InstanceType, place: Place | None, found: Sequence[OfGrid], remarks: Sequence[str]) -> Screen:
    known = sum(one.said is not None for one in found)
    where = f" in {place.region}" if place else ""
    rows = [
        (
            one.grid,
            one.model,
            band(one.said.sim_days_per_day) if one.said and one.said.sim_days_per_day else "-",
            _day(one.usd_per_day.get("spot")),
            _day(one.usd_per_day.get("on-demand")),
            _need(one.memory),
            one.said.label if one.said else "-",
        )
        for one in found
    ]
    reasons: dict[str, list[str]] = {}
    for one in found:
        if one.said is None:
            reasons.setdefault(one.why_not, []).append(one.grid)
    first = next((one for one in found if one.said), None)
    grid = first.grid if first else "4x5"
    return screen(
        answer(
            f"{kind.name}{where}: {kind.physical_cores} cores, {kind.memory_gib:g} GiB; "
            f"a figure for {known} of {len(found)} grids with full chemistry."
        ),
        group(
            indented("low–likely–high; cost of a simulated day in USD; GiB needed/there", style=QUIET),
            table(("grid", "model", "days/day", "Spot", "On-Demand", "GiB", "label"), rows, right=(2, 3, 4, 5), gap=2),
        ),
        group(*(remark(f"{', '.join(grids)}: {reason}.") for reason, grids in reasons.items())) if reasons else None,
        notes_below([f"{r[:1].upper()}{r[1:]}." for r in remarks]),
        next_step((f"geos-recommend --grid {grid} --days 31 --instance {kind.name}", "a whole run on it")),
    )


def _day(found: Band | None) -> str:
    return "-" if found is None else usd(found.likely).removesuffix(" USD")


def _need(memory: Memory | None) -> str:
    if memory is None:
        return "-"
    return f"{'?' if memory.need_gib is None else format(memory.need_gib, '.0f')}/{memory.have_gib:.0f}"

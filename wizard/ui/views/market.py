"""Live data: what was read, what failed, how old each figure is; and Spot prices as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.market.ages import age_words
from geos.wizard.market.snapshot import FIGURE_WORDS, FIGURES, OFFERS, ON_DEMAND, PLACEMENT, SPOT, TYPES
from geos.wizard.paths import shown
from geos.wizard.ui.views.words import (
    answer,
    count,
    indented,
    mark,
    next_step,
    number,
    remark,
    screen,
    table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geos.wizard.market.refresh import Step
    from geos.wizard.market.snapshot import Reading, RegionMarket
    from geos.wizard.market.watching import Look, Quote

_HEADINGS = {TYPES: "types", OFFERS: "offered", ON_DEMAND: "On-Demand", SPOT: "Spot", PLACEMENT: "placement"}


def figures_of(reading: Reading) -> dict[str, int]:
    """Figure -> how many were read."""
    market = reading.market
    return {
        TYPES: len(reading.types),
        OFFERS: len(market.offers),
        ON_DEMAND: len(market.on_demand_usd_per_hour),
        SPOT: sum(map(len, market.spot_usd_per_hour.values())),
        PLACEMENT: sum(map(len, market.placement.values())),
    }


def refreshed(
    readings: Sequence[Reading], kept: Mapping[str, RegionMarket], path: Path, *, simulated: bool
) -> RenderableType:
    """`kept`: what the cache holds now, with figures of earlier times where this one failed."""
    failed = [(r.market.region, figure, reason) for r in readings for figure, reason in r.failed.items()]
    came = sum(len(r.market.read_at) for r in readings)
    regions = count(len(readings), "region")
    sentence = (
        f"{came} of {came + len(failed)} figures of {regions} read" if failed else f"All figures of {regions} read"
    )
    rows = [[r.market.region, *(_cell(r, figure) for figure in FIGURES)] for r in readings]
    return screen(
        answer(f"{sentence}{' in the simulated account' if simulated else ''}."),
        table(("region", *(_HEADINGS[f] for f in FIGURES)), rows, right=range(1, 6), gap=2),
        Group(*[line for r in readings for line in _failures(r, kept)]) if failed else None,
        remark(f"Kept in {shown(path)}; every figure carries the day it was read."),
        next_step(
            ("geos-recommend --grid 4x5 --days 365", "answers with these prices"),
            ("geos-recommend refresh --region all", "every region that is enabled"),
        ),
    )


def _cell(reading: Reading, figure: str) -> RenderableType:
    return mark("failed") if figure in reading.failed else number(figures_of(reading)[figure])


def _failures(reading: Reading, kept: Mapping[str, RegionMarket]) -> Iterator[RenderableType]:
    """Figure by figure; where the region itself does not answer, one reason stands for all."""
    region = reading.market.region
    if len(reading.failed) >= len(FIGURES) - 1:  # On-Demand prices are asked elsewhere
        yield indented(mark("failed", f"{region}: {next(iter(reading.failed.values()))}"))
        yield indented(remark("So it is with its other figures; those known before stay."), 2)
        return
    for figure, reason in reading.failed.items():
        before = kept[region].read_at.get(figure, "") if region in kept else ""
        instead = (
            f"those that are {age_words(before).removeprefix('! ')} stay" if before else "the shipped table serves"
        )
        yield indented(mark("failed", f"{region}, {FIGURE_WORDS[figure]}: {reason}"))
        yield indented(remark(f"{instead}."), 2)


def reading_now(steps: Sequence[Step]) -> RenderableType:
    """While it runs: how far each region is."""
    last = steps[-1]
    failed = [one for one in steps if one.error]
    lines: list[RenderableType] = [
        Text(f"  reading live data  {last.done} of {last.of}  {last.region} {FIGURE_WORDS[last.figure]}")
    ]
    lines += [indented(mark("failed", f"{one.region}, {FIGURE_WORDS[one.figure]}")) for one in failed[-5:]]
    return Group(*lines)


def region_line(steps: Sequence[Step]) -> str:
    """A region that is through, where nothing can be redrawn."""
    failed = [FIGURE_WORDS[one.figure] for one in steps if one.error]
    said = f"✗ {steps[0].region}: no {', no '.join(failed)}" if failed else f"✓ {steps[0].region}"
    return f"  {said}  ({steps[-1].done} of {steps[-1].of})"


# --- Spot prices -----------------------------------------------------------------------------


def spot_prices(look: Look, *, simulated: bool, every_seconds: float) -> RenderableType:
    """The cheapest zone of each type and region, cheapest first."""
    quotes, moment = look.quotes, look.moment
    best = quotes[0] if quotes else None
    sentence = (
        f"Cheapest Spot now: {best.instance_type} in {best.zone}, {best.usd:.4g} USD/h."
        if best
        else "None of these types has a Spot price here."
    )
    rows = [
        [
            one.instance_type,
            one.region,
            one.zone,
            f"{one.usd:.4f}",
            "-" if one.of_on_demand is None else f"{one.of_on_demand * 100:.0f} %",
            f"{one.usd_highest_zone:.4f}",
            _moved(one),
        ]
        for one in quotes
    ]
    headings = ("instance", "region", "zone", "USD/h", "of list", "dearest", "moved")
    return screen(
        answer(f"{'Simulated account: ' if simulated else ''}{sentence}"),
        table(headings, rows, right=(3, 4, 5, 6), keep=(0, 1, 2), gap=2) if rows else None,
        Group(*[indented(mark("failed", f"{region}: {reason}")) for region, reason in look.failed.items()])
        if look.failed
        else None,
        remark(
            f"As of {moment[11:19]} UTC, the cheapest zone of each region beside its dearest; list is On-Demand. "
            f"Read again every {every_seconds:.0f} s, until Ctrl-C."
        ),
    )


def spot_lines(look: Look) -> list[str]:
    """The same where nothing can be redrawn."""
    quotes, moment = look.quotes, look.moment
    return [
        f"{moment[11:19]}  {one.instance_type}  {one.zone}  {one.usd:.4f} USD/h  {_moved(one)}".rstrip()
        for one in quotes
    ]


def _moved(one: Quote) -> str:
    if one.usd_at_start is None or abs(one.usd - one.usd_at_start) < 5e-5:
        return ""
    return f"{(one.usd / one.usd_at_start - 1) * 100:+.1f} %"

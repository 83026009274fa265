"""The ranked table of candidates, with as many columns as the screen has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from geos.benchmarks.model import LABELS
from geos.wizard.sizing.sentences import band, cannot_be_told_apart, figure
from geos.wizard.sizing.values import SPOT, Candidate, Quota
from geos.wizard.ui.light import Line, Part, Words, cells, group, indented, remark, table
from geos.wizard.ui.wording import QUIET

if TYPE_CHECKING:
    from geos.benchmarks.model import Band

Judge = Callable[[Candidate], Quota]
_HOURS = 24.0
_IN_DAYS_FROM = 100.0


class Column(NamedTuple):
    heading: str
    cell: Callable[[int, Candidate], str]
    right: bool = True


class Fitting(NamedTuple):
    """A table that takes as many of its columns as there is room for, in the order of their worth."""

    columns: Sequence[Column]
    basic: int
    """So many columns stand closer together before one of them is left out."""
    candidates: Sequence[Candidate]

    def lines(self, width: int) -> Iterator[Line]:
        rows = [[c.cell(i, one) for c in self.columns] for i, one in enumerate(self.candidates, 1)]
        sizes = [max(cells(column.heading), *(cells(row[i]) for row in rows)) for i, column in enumerate(self.columns)]
        gap = 2 if 2 + sum(sizes[: self.basic]) + 2 * (self.basic - 1) <= width else 1
        kept, used = 1, 2 + sizes[0]
        while kept < len(sizes) and used + gap + sizes[kept] <= width:
            used += gap + sizes[kept]
            kept += 1
        shown: list[list[Words]] = [list(row[:kept]) for row in rows]
        right = [i for i, c in enumerate(self.columns[:kept]) if c.right]
        headings = [c.heading for c in self.columns[:kept]]
        yield from table(headings, shown, right=right, keep=range(kept), gap=gap).lines(width)


def ranked(candidates: Sequence[Candidate], judge: Judge, total: int) -> Part:
    in_days = max(c.wall_hours.likely for c in candidates) >= _IN_DAYS_FROM
    scale, unit = (_HOURS, "days") if in_days else (1.0, "hours")
    labels = {c.label for c in candidates}
    columns = [
        Column("#", lambda i, _: str(i)),
        Column("instance", lambda _, c: name_of(c), right=False),
        Column("cores", lambda _, c: str(c.physical_cores)),
        Column("days/day", lambda _, c: band(c.sim_days_per_day)),
        Column(unit, lambda _, c: band(c.wall_hours, scale)),
        Column("Spot USD", lambda _, c: _money(c.spot_usd)),
        Column("On-Demand", lambda _, c: _money(c.on_demand_usd)),
    ]
    if len(labels) > 1:
        columns.insert(2, Column("", lambda _, c: c.label[0], right=False))
    columns += [
        Column("GiB", lambda _, c: _gib(c)),
        Column("quota", lambda _, c: _verdict(judge(c)), right=False),
        Column("region", lambda _, c: _where(c), right=False),
        Column("interrupted", lambda _, c: c.interruption or "-"),
        Column("lost", lambda _, c: f"{c.restart_loss:.1%}" if c.purchase == SPOT else "-"),
        Column(
            "USD/sim-day", lambda _, c: figure(c.usd.likely / (c.sim_days_per_day.likely * c.wall_hours.likely / 24))
        ),
    ]
    basic = 8 if len(labels) > 1 else 7
    same = cannot_be_told_apart(tuple(candidates))
    told = ", ".join(f"{label[0]} {label}" for label in LABELS if label in labels)
    words = [f"All of them {labels.pop()}." if len(labels) == 1 else f"{told}."]
    if same > 1:
        first_ones = "1 and 2" if same == 2 else f"1 to {same}"
        words.append(f"{first_ones} cannot be told apart: their bands overlap in time and in cost.")
    if total > len(candidates):
        words.append(f"{total - len(candidates)} more with -v.")
    return group(
        indented("low–likely–high; by cost × time", style=QUIET),
        Fitting(columns, basic, candidates),
        remark(" ".join(words)),
    )


def name_of(c: Candidate) -> str:
    return f"{c.instance_type} ×{c.nodes}" if c.nodes > 1 else c.instance_type


def _money(found: Band | None) -> str:
    return "-" if found is None else band(found)


def _gib(c: Candidate) -> str:
    need = "?" if c.memory.need_gib is None else f"{c.memory.need_gib:.0f}"
    return f"{need}/{c.memory.have_gib:.0f}"


def _verdict(quota: Quota) -> str:
    return {"ok": "✓ ok", "short": "! short", "unknown": "? unknown", "none": "-"}[quota.verdict]


def _where(c: Candidate) -> str:
    return c.region if len(c.regions) == 1 else f"{c.region} +{len(c.regions) - 1}"

"""What geos has to plot, as figures. Pure.

time_against_cost(advice)     what an answer of geos-recommend offers, with its front
throughput(curves, title)     how speed grows with cores; `curves` are those of sizing
efficiency(curves, title)     how much of each core is left of it
scaling(curves, title)        both of them, for one file
residuals(checked, what)      predictions beside what was measured
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from geos.wizard.ui.plots.figure import Axis, Figure, Point, Series

if TYPE_CHECKING:
    from geos.benchmarks.accuracy import Checked
    from geos.benchmarks.table import Run
    from geos.wizard.sizing.ranking import Advice
    from geos.wizard.sizing.scaling import Curve, CurvePoint
    from geos.wizard.sizing.values import Ask, Candidate

BANDS = "Bands are made to hold nine of ten runs."
_MOST_BESIDE = 30
"""Candidates that are not on the front, without their bands: more would be one blot."""
_DAYS_FROM_HOURS = 72.0
_PURCHASES = {"spot": "Spot", "on-demand": "On-Demand"}
_MODELS = {"gcclassic": "GEOS-Chem Classic", "gchp": "GCHP"}
_CORES = Axis("Physical cores", scale="log")
_EVERYWHERE = (-math.inf, math.inf)


# --- time against cost -----------------------------------------------------------------------


def time_against_cost(advice: Advice) -> Figure:
    """Every candidate by the cost and the time of the whole task, by the purchase option it is reckoned with."""
    front = sorted(advice.front, key=lambda c: c.usd.likely)
    beside = [c for c in advice.candidates if c not in front]
    shown = beside[:_MOST_BESIDE]
    hours = [c.wall_hours.likely for c in (*front, *beside)]
    unit, scale = ("days", 24.0) if hours and max(hours) >= _DAYS_FROM_HOURS else ("hours", 1.0)
    line = tuple(_candidate(c, scale) for c in front)
    series = [
        *(Series(name, tuple(_candidate(c, scale, _label(c)) for c in front if c.purchase == purchase), bands="stroke")
          for purchase, name in _PURCHASES.items()),
        Series("further types", tuple(_candidate(c, scale) for c in shown), bands=""),
        Series("nothing is both cheaper and faster", line, join="steps", marks=False, bands=""),
    ]  # fmt: skip
    ask = advice.ask
    several = f" of all {ask.runs} runs" if ask.runs > 1 else ""
    return Figure(
        f"{_task(ask)}: time against cost",
        Axis(f"Cost{several or ' of the run'}", "USD", "log"),
        Axis(f"Wall time{several}", unit, "log"),
        (*(one for one in series if one.points), *_limits(ask, line, scale)),
        (
            f"{BANDS} A run that takes longer costs more, so that each is one stroke.",
            _prices(advice, [*front, *shown]),
            _how_many(len(beside) - len(shown), len(front) + len(beside)),
            _sources_of_rows([*front, *shown]),
        ),
    )


def _task(ask: Ask) -> str:
    runs = f"{ask.runs} x " if ask.runs > 1 else ""
    version = f" {ask.version}" if ask.version else ""
    days = f"{runs}{ask.days:g} days of " if ask.days else ""
    return f"{days}{_MODELS.get(ask.model, ask.model)}{version}, {ask.simulation}, {ask.grid}"


def _candidate(candidate: Candidate, hours: float, label: str = "") -> Point:
    cost, time = candidate.usd, candidate.wall_hours
    return Point(
        cost.likely,
        time.likely / hours,
        (cost.low, cost.high),
        (time.low / hours, time.high / hours),
        label,
        f"{_label(candidate)}, {_PURCHASES[candidate.purchase]}, {candidate.region}",
        f"{candidate.label}: {candidate.why}",
    )


def _label(candidate: Candidate) -> str:
    return f"{candidate.instance_type} x {candidate.nodes}" if candidate.nodes > 1 else candidate.instance_type


def _limits(ask: Ask, points: Sequence[Point], hours: float) -> Iterable[Series]:
    """The budget and the deadline as lines across the plot."""
    if ask.budget_usd and points:
        line = Point(ask.budget_usd, points[0].y, None, _EVERYWHERE)
        yield Series(f"budget {ask.budget_usd:,g} USD", (line,), marks=False)
    if ask.deadline_hours and points:
        line = Point(points[0].x, ask.deadline_hours / hours, _EVERYWHERE, None)
        yield Series(f"deadline {ask.deadline_hours:g} h", (line,), marks=False)


_PRICES = {
    "list": "On-Demand list prices of",
    "estimated": "On-Demand prices estimated of",
    "average": "average Spot prices of",
    "live": "prices read from AWS on",
}
"""Kind of price, as a catalogue tells it -> words before its date."""


def _prices(advice: Advice, shown: Iterable[Candidate]) -> str:
    told: dict[str, None] = {}
    for one in shown:
        offer = advice.catalogue.offers[one.region][one.instance_type]
        read = advice.catalogue.spot_read_on if one.purchase == "spot" else advice.catalogue.read_on
        kind, _, date = read(offer)
        told[f"{_PRICES.get(kind, 'prices of an unknown day')} {date}".strip()] = None
    words = "; ".join(sorted(told))
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _how_many(hidden: int, total: int) -> str:
    return f"{hidden} further of {total} instance types are not drawn." if hidden > 0 else ""


def _sources_of_rows(shown: Iterable[Candidate | CurvePoint]) -> str:
    from geos.benchmarks.table import runs_at

    found = tuple(shown)
    return _sources(runs_at(row for one in found for row in one.rows), any(one.own_rows for one in found))


def _sources(runs: Iterable[Run], own: bool = False) -> str:
    told = dict.fromkeys(f"{run.source_title} ({run.source_year})" for run in runs if run.source_title and not run.own)
    words = [*told, *(["own runs"] if own else [])]
    return f"Sources: {'; '.join(words)}." if words else ""


# --- scaling ---------------------------------------------------------------------------------


def scaling(curves: Sequence[Curve], title: str) -> tuple[Figure, Figure]:
    """Both views of the same curves."""
    return throughput(curves, title), efficiency(curves, title)


def throughput(curves: Sequence[Curve], title: str) -> Figure:
    """Simulated days a day against physical cores; what was measured has a mark."""
    predicted = [curve for curve in curves if not all(p.measured for p in curve.points)]
    lines = [Series(c.name, tuple(map(_speed, c.points)), "line", marks=False, bands="ribbon") for c in predicted]
    scaled = [c for c in curves if c not in predicted and len(c.points) > 1]
    marked = [Series(f"{c.name}, measured", tuple(map(_speed, c.points)), "line", bands="") for c in scaled]
    single = [(c, p) for c in curves if c not in scaled for p in c.points if p.measured]
    alone = tuple(replace(_speed(p), label=_machine(c), name=c.name) for c, p in single)
    return Figure(
        f"{title}: throughput",
        _CORES,
        Axis("Throughput", "simulated days a day", "log"),
        (*([Series("measured", alone, bands="")] if alone else []), *marked, *lines),
        (
            f"{BANDS} Marks are measurements, with the release and the input that they were made with; lines without "
            "marks are predictions.",
            _sources_of_rows(point for curve in curves for point in curve.points),
        ),
    )


def _machine(curve: Curve) -> str:
    """Without what is told of the run or of the place it stood at."""
    return curve.name.partition(",")[0].partition(" (")[0]


def _speed(point: CurvePoint) -> Point:
    low, likely, high = point.sim_days_per_day
    return Point(point.cores, likely, None, (low, high), "", f"{point.cores} cores", point.detail)


def efficiency(curves: Sequence[Curve], title: str) -> Figure:
    """What a core does, in percent of what a core does where fewest of that machine are used."""
    from geos.wizard.sizing.scaling import efficiencies

    scaled = [curve for curve in curves if len(curve.points) > 1]
    fewest = sorted({curve.points[0].cores for curve in scaled})
    series = []
    for curve in scaled:
        measured = all(p.measured for p in curve.points)
        points = tuple(
            Point(one.point.cores, 100 * one.share, name=f"{one.point.cores} cores", detail=one.point.detail)
            for one in efficiencies(curve)
        )
        name = f"{curve.name}, measured" if measured else curve.name
        series.append(Series(name, points, "line", marks=measured, bands=""))
    return Figure(
        f"{title}: parallel efficiency",
        _CORES,
        Axis("Parallel efficiency", "%", shown=(0.0, 100.0)),
        tuple(series),
        (
            f"100 % is the work of a core where fewest are used: {' or '.join(map(str, fewest))}." if fewest else "",
            "Without bands: what makes a speed doubtful is mostly the same on any number of cores.",
            _sources_of_rows(point for curve in scaled for point in curve.points),
        ),
    )


# --- accuracy --------------------------------------------------------------------------------


def residuals(checked: Sequence[Checked], what: str = "") -> Figure:
    """How far each prediction was off. `what` was predicted, or left out of the fits."""
    from geos.benchmarks.model import LABELS

    found = [(one, _residual(one)) for one in checked if one.wall_seconds and one.measured_wall_seconds]
    sound = [(one, point) for one, point in found if not one.run.shown_only]
    series = [Series(label, tuple(p for one, p in sound if one.label == label)) for label in LABELS]
    series.append(Series("never fitted (vague, or faulty)", tuple(p for one, p in found if one.run.shown_only)))
    exact = [Series("as measured", (Point(found[0][1].x, 1.0, _EVERYWHERE, None),), marks=False)] if found else []
    inside = sum(bool(one.inside_band) for one, _ in sound)
    refused = sum(bool(one.refused) for one in checked)
    return Figure(
        f"Predicted and measured time{f': {what}' if what else ''}",
        Axis("Measured wall time", "hours", "log"),
        Axis("Predicted over measured time", scale="log"),
        (*(one for one in series if one.points), *exact),
        (
            f"{BANDS} {inside} of {len(sound)} runs lie inside (their bars reach 1); labels name the others."
            + (f" {refused} more were refused." if refused else ""),
            _sources(one.run for one, _ in found),
        ),
    )


def _residual(one: Checked) -> Point:
    band, measured = one.wall_seconds, one.measured_wall_seconds
    assert band is not None
    assert measured is not None
    run = one.run
    told = f"{run.model} {run.version}, {run.simulation}, {run.grid}, {run.cores} cores"
    return Point(
        measured / 3600,
        band.likely / measured,
        None,
        (band.low / measured, band.high / measured),
        "" if one.inside_band or run.shown_only else f"line {run.row}",
        f"line {run.row}: {run.machine}",
        f"{told}; {one.error_percent:+.1f} %; {run.source}",
    )

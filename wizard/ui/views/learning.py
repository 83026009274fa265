"""Own runs: what a log tells, how it compares, what was stored, what a calibration costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.benchmarks.model import CALIBRATED, NO_FIGURE
from geos.wizard.paths import shown
from geos.wizard.ui.views.words import (
    answer,
    count,
    duration,
    indented,
    listing,
    mark,
    next_step,
    pairs,
    remark,
    screen,
    table,
    usd,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geos.benchmarks.logs import LogRefused
    from geos.benchmarks.model import Band
    from geos.benchmarks.table import Run
    from geos.wizard.measuring.calibration import Trial
    from geos.wizard.measuring.deviation import Deviation
    from geos.wizard.measuring.learning import Understood

_TIME_BY = {
    "timers": "by the model's timers",
    "time -v": "by time -v",
    "clock": "by the clock, in whole minutes",
    "throughput": "time loop only, by its throughput",
}


@dataclass(frozen=True)
class Lesson:
    """One run that could be stored, beside what was known before."""

    found: Understood
    beside: Deviation


def understood(lessons: Sequence[Lesson], known: Sequence[Understood], refused: Sequence[LogRefused]) -> RenderableType:
    """Everything that the files told, before anything is stored."""
    parts = [f"{count(len(lessons), 'new run')} understood"] if lessons or not known else ["Nothing new"]
    parts += [f"{len(known)} stored already"] if known else []
    parts += [f"{count(len(refused), 'file')} of no use"] if refused else []
    return screen(
        answer(", ".join(parts) + "."),
        *[_lesson(one) for one in lessons],
        Group(*[indented(mark("kept", f"{one.name}: stored before from the same log")) for one in known])
        if known
        else None,
        refusals(refused),
    )


def refusals(refused: Sequence[LogRefused]) -> RenderableType | None:
    if not refused:
        return None
    return Group(*[indented(mark("failed", f"{one.name}: {one.kind}; {one.reason}")) for one in refused])


def _lesson(one: Lesson) -> RenderableType:
    found, run = one.found, one.beside.run
    rows: list[tuple[str, RenderableType]] = [
        ("run", f"{run.model} {run.version} {run.simulation} {run.grid}{', ' + run.met if run.met else ''}"),
        (
            "period",
            f"{found.run.start[:10]} to {found.run.end[:10]}, {run.sim_days:g} day{'' if run.sim_days == 1 else 's'}",
        ),
        ("where", _where(run)),
        ("time", _time(found, run)),
        ("speed", f"{run.sim_days_per_day:.4g} simulated days a day"),
    ]
    if found.run.memory_gib_peak:
        rows.append(("memory", f"{found.run.memory_gib_peak:.1f} GiB at its peak"))
    rows.append(("before", beside(one.beside)))
    doubts = [indented(mark("short", doubt), 4) for doubt in found.doubts]
    return Group(indented(Text(found.name, style="bold")), pairs(rows, indent=4), *doubts)


def _where(run: Run) -> str:
    nodes = f"{run.nodes} × " if (run.nodes or 1) > 1 else ""
    threads = f", {run.threads} threads" if run.threads and run.threads != run.cores else ""
    return f"{nodes}{run.machine}, {run.cores} cores{threads}"


def _time(found: Understood, run: Run) -> str:
    return f"{duration(run.wall_seconds or 0)} {_TIME_BY[found.run.wall_by]}"


def beside(found: Deviation) -> str:
    """What was expected of a run, and how far off it was."""
    band = found.expected.wall_seconds
    if band is None or found.percent is None:
        return "no figure; this is the first"
    word = "longer" if found.percent > 0 else "shorter"
    inside = "inside" if found.inside_band else "outside"
    kind = "stored" if found.stored else "predicted"
    return (
        f"{kind} {duration(band.low)} to {duration(band.high)} ({found.expected.label}): "
        f"{abs(found.percent):.1f} % {word} than likely, {inside} the band"
    )


def stored(runs: Sequence[Run]) -> RenderableType:
    machines = list(dict.fromkeys(run.machine for run in runs))
    return screen(
        answer(f"{count(len(runs), 'run')} stored. {CALIBRATED} now: {listing(machines)}."),
        remark("Other grids and numbers of cores of the same type follow from it, with bands that widen away from it."),
        next_step(
            (f"geos-recommend --instance {machines[0]}", "what that type does now"),
            ("geos-recommend export my-runs.csv", "shares them with others"),
        ),
    )


# --- check -----------------------------------------------------------------------------------


def compared(found: Sequence[Deviation], refused: Sequence[LogRefused]) -> RenderableType:
    """Runs beside what was stored or predicted for them."""
    off = [one for one in found if one.within is False]
    unknown = [one for one in found if not one.known]
    tolerance = f"{found[0].tolerance_percent:g} %"
    if off:
        sentence = (
            f"{len(off)} of {count(len(found), 'run')} deviate{'s' if len(off) == 1 else ''} by {tolerance} or more."
        )
    elif len(unknown) == len(found):
        sentence = "There is no other run and no prediction to compare with."
    else:
        sentence = f"{count(len(found) - len(unknown), 'run')} within {tolerance} of what was expected."
    rows = [_compared(one) for one in found]
    headings = ("run", "machine", "measured", "expected", "off", "by", "verdict")
    carried = [one for one in off if not one.stored]
    note = "A prediction with a wide band says little of a few percent; learn the run, and the next one has a standard."
    commands = [("geos-recommend learn LOG", "stores the run as the new standard")] if off or unknown else []
    return screen(
        answer(sentence),
        table(headings, rows, right=(2, 3, 4), gap=2),
        Group(*[remark(f"{one.run.source_locator}: {one.expected.refused}") for one in unknown]) if unknown else None,
        remark(note) if carried else None,
        refusals(refused),
        next_step(*commands) if commands else None,
    )


def _compared(one: Deviation) -> list[RenderableType]:
    band = one.expected.wall_seconds
    return [
        one.run.source_locator,
        one.run.machine,
        duration(one.run.wall_seconds or 0),
        duration(band.likely) if band else "-",
        "-" if one.percent is None else f"{one.percent:+.1f} %",
        ("own run" if one.expected.own_rows else "published") if one.stored else "prediction" if band else "-",
        {None: mark("unknown"), True: mark("ok"), False: mark("short", "deviates")}[one.within],
    ]


# --- calibrate -------------------------------------------------------------------------------


def trials(found: Sequence[Trial], what: str, region: str) -> RenderableType:
    """What a one-day run on each type would cost, before anything is written."""
    most = sum(one.usd_at_most or 0.0 for one in found)
    likely = sum(one.usd_likely or 0.0 for one in found)
    rows = [
        [
            one.name,
            str(one.cores),
            str(one.threads),
            _span(one.seconds) if one.label != NO_FIGURE else f"≈ {one.seconds.likely / 60:.2g} min †",
            duration(one.limit_seconds),
            f"≈ {usd(one.usd_likely, unit=False)}",
            usd(one.usd_at_most, unit=False),
            _spot(one),
        ]
        for one in found
    ]
    headings = ("instance", "cores", "threads", "time", "limit", "USD", "at most", "as Spot")
    stand_in = any(one.label == NO_FIGURE for one in found)
    return screen(
        answer(
            f"{count(len(found), 'run')} of one day of {what} in {region}: about {usd(likely)}, "
            f"at most {usd(most)} On-Demand."
        ),
        table(headings, rows, right=(1, 2, 3, 4, 5, 6, 7), keep=(0,), gap=2),
        remark("† Nobody has published a figure: as if a core were as fast as Skylake's, which most was measured on.")
        if stand_in
        else None,
        remark(
            f"List prices of {', '.join(dict.fromkeys(one.price.date for one in found))}, without storage and logs."
        ),
    )


def _span(band: Band) -> str:
    return f"~{band.low / 60:.2g}–{band.high / 60:.2g} min"


def _spot(one: Trial) -> str:
    cost = one.usd(one.seconds.likely, spot=True)
    return "-" if cost is None else f"≈ {usd(cost, unit=False)}"


def requests_written(paths: Sequence[Path], unplaced: Sequence[str], *, region: str) -> RenderableType:
    """Where the job requests lie, and that nothing was submitted."""
    first = shown(paths[0]).removeprefix("./")
    submit = f"aws batch submit-job --region {region} --cli-input-json file://{first}"
    return screen(
        answer(f"{count(len(paths), 'job request')} written. Nothing was submitted: geos cannot submit jobs yet."),
        Group(*[indented(Text(shown(path), no_wrap=True, overflow="ignore")) for path in paths]),
        remark(
            f"! No queue of a deployment here has {listing(unplaced)}: jobQueue and jobDefinition are left empty. Put "
            "the types among instance_types and deploy, then run this again."
        )
        if unplaced
        else None,
        remark(
            "Each is what AWS Batch's own command takes; beside it lies the configuration of its run. Put that into "
            "your bucket, and name it (configFile) and a place for results (outputPath) in the request. The images of "
            "geos print where they run; other logs want --instance and --cores."
        ),
        next_step(
            ("geos-setup deploy", "with these types among instance_types")
            if unplaced
            else (submit, "starts it: costs"),
            ("geos-recommend learn LOG", "takes the finished run"),
        ),
    )


# --- exchange --------------------------------------------------------------------------------


def taken(new: Sequence[Run], known: Sequence[Run], name: str) -> RenderableType:
    sentence = f"{count(len(new), 'run')} of {name} stored" + (f", {len(known)} known already." if known else ".")
    return screen(answer(sentence), Text("") if not new else remark(listing([_where(run) for run in new])))

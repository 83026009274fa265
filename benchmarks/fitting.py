"""From tables to fits: series, what timers tell, and from there the regression and the bands."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from geos.benchmarks import configurations
from geos.benchmarks.bands import FindMachine, expected_steps, learn_steps, loop_seconds_per_day
from geos.benchmarks.configurations import SECONDS_PER_DAY
from geos.benchmarks.fits import (
    REFERENCE_COLUMNS,
    Fits,
    ModelFit,
    Point,
    Series,
    log_mean,
    to_json,
)
from geos.benchmarks.machines import Machine, known_machines
from geos.benchmarks.regression import regress
from geos.benchmarks.shipped import shipped
from geos.benchmarks.table import Run, load


def fit(runs: Iterable[Run], find_machine: FindMachine | None = None, digest: str = "") -> Fits:
    """All that is needed to predict, from rows of the timings table."""
    find = find_machine or known_machines().get
    runs = tuple(runs)
    startup = {name: _startup_days(name, runs) for name in configurations.MODELS}
    series = make_series(runs, find, startup)
    models, speeds = _fit_models(runs, series, startup)
    fits = Fits(
        models=models,
        speeds=speeds,
        steps=expected_steps(),
        series=series,
        machines_by_kin=_count_kin(series),
        anecdotes=tuple((r.model, r.simulation.lower(), r.grid, r.row) for r in runs if not r.fittable),
        digest=digest,
    )
    return replace(fits, steps=learn_steps(fits, runs, find))


def with_own(fits: Fits, runs: Iterable[Run], find_machine: FindMachine) -> Fits:
    """The same fits with a user's own runs as further series; nothing is fitted again.

    What starting costs is taken from own runs whose timers tell it: one short run then foretells long ones.
    """
    runs = tuple(runs)
    models = {name: fit._replace(startup_days=_timed_startup(name, runs, fit)) for name, fit in fits.models.items()}
    startup = {name: fit.startup_days for name, fit in models.items()}
    own = tuple(s._replace(own=True) for s in make_series(runs, find_machine, startup))
    series = fits.series + own
    return replace(fits, models=models, series=series, machines_by_kin=_count_kin(series), memory={})


def _timed_startup(name: str, runs: tuple[Run, ...], fit: ModelFit) -> float:
    """In simulated days, by the timer of initialization; the fitted figure where no run tells it."""
    timed = [
        (run.components["init"], run.wall_seconds, run.sim_days)
        for run in runs
        if run.model == name and run.fittable and not run.run_phase_only and "init" in run.components
    ]
    found = [init * days / (wall - init) for init, wall, days in timed if wall and days and init < wall]
    return _median(found, fit.startup_days)


def shipped_digest() -> str:
    """Of every table the shipped fits depend on."""
    names = ("geoschem_timings.csv", "machines.csv", "cpus.csv", "ec2_cpu_proxies.csv")
    return hashlib.sha256(b"\0".join(shipped(name) for name in names)).hexdigest()[:16]


def fit_shipped() -> Fits:
    return fit(load(), digest=shipped_digest())


def write_shipped() -> None:
    """Put tables/fits.json in order after a table has changed: `python -m geos.benchmarks.refit`."""
    from importlib.resources import as_file, files

    with as_file(files("geos.benchmarks").joinpath("tables", "fits.json")) as path:
        path.write_text(to_json(fit_shipped()), encoding="utf-8")


# --- series ----------------------------------------------------------------------------------


def make_series(runs: Iterable[Run], find: FindMachine, startup: Mapping[str, float]) -> tuple[Series, ...]:
    """Runs that may be fitted, grouped by everything but cores; replicates become one point."""
    groups: dict[Series, dict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run.fittable and run.cores and (machine := find(run.machine)):
            groups[_empty_series(run, machine)][run.cores].append(run)
    return tuple(
        key._replace(points=tuple(_point(points[cores], startup) for cores in sorted(points)))
        for key, points in groups.items()
    )


def _empty_series(run: Run, machine: Machine) -> Series:
    return Series(
        model=run.model,
        simulation=run.simulation,
        grid=run.grid,
        version=run.version,
        family=run.family,
        machine=run.machine,
        cpu=machine.cpu,
        generation=machine.generation,
        kin=machine.kin,
        # One node and several belong together where the network is not told apart.
        network=run.network if run.network in ("efa", "tcp") else "",
        compiler=run.compiler_maker,
        threads_per_core=run.threads_per_core,
        coarse_met=run.coarse_met,
        variant=run.variant,
        points=(),
        own=run.own,
    )


def _point(runs: list[Run], startup: Mapping[str, float]) -> Point:
    return Point(
        cores=runs[0].cores or 0,
        seconds_per_day=log_mean(loop_seconds_per_day(r, startup) for r in runs),
        rows=tuple(r.row for r in runs),
        days=statistics.fmean(r.sim_days or 0.0 for r in runs),
    )


def _startup_days(name: str, runs: tuple[Run, ...]) -> float:
    """What starting costs in simulated days: from runs of two lengths, or from loop and whole job of one run."""
    found = []
    usable = [r for r in runs if r.model == name and r.fittable and not r.run_phase_only]
    for run in usable:
        if run.loop_sim_days_per_day and run.wall_seconds and run.sim_days:
            day = SECONDS_PER_DAY / run.loop_sim_days_per_day
            found.append(run.wall_seconds / day - run.sim_days)
    for short in usable:
        for long in usable:
            found += _startup_of_pair(short, long)
    return max(0.0, statistics.median(found)) if found else 0.0


def _startup_of_pair(short: Run, long: Run) -> list[float]:
    def set_up(r: Run) -> tuple[object, ...]:
        return (r.simulation, r.grid, r.version, r.machine, r.cores, r.threads, r.variant, r.own)

    if set_up(short) != set_up(long):
        return []
    d1, d2, t1, t2 = short.sim_days, long.sim_days, short.wall_seconds, long.wall_seconds
    if d1 is None or d2 is None or t1 is None or t2 is None or d2 < 3 * d1 or t2 <= t1:
        return []
    return [(d2 * t1 - d1 * t2) / (t2 - t1)]


def _count_kin(series: tuple[Series, ...]) -> dict[str, int]:
    machines = {(s.kin, s.machine) for s in series if s.kin}
    return {kin: sum(k == kin for k, _ in machines) for kin in sorted({k for k, _ in machines})}


# --- the fitted figures ----------------------------------------------------------------------

_FITTED_SIMULATION = "fullchem"
_SIGMAS = tuple(i / 200 for i in range(41))
"""Tried for the part of GEOS-Chem Classic's work that no core makes shorter: 0 to 20 %."""


def _fit_models(
    runs: tuple[Run, ...], series: tuple[Series, ...], startup: Mapping[str, float]
) -> tuple[dict[str, ModelFit], dict[str, float]]:
    default = [s for s in series if not s.variant and s.simulation.lower() == _FITTED_SIMULATION]
    models = {
        configurations.GCCLASSIC: _classic_io(runs, startup),
        configurations.GCHP: _gchp_io(runs, [s for s in default if s.model == configurations.GCHP]),
    }
    # The works's shape is searched, the rest follows from it.
    best = min(
        (regress(default, {**models, configurations.GCCLASSIC: models[configurations.GCCLASSIC]._replace(sigma=s)}))
        for s in _SIGMAS
    )
    return best.models, best.speeds


def _classic_io(runs: tuple[Run, ...], startup: Mapping[str, float]) -> ModelFit:
    """Input by the HEMCO timer, which no core makes shorter."""
    name = configurations.GCCLASSIC
    timers: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in runs:
        seconds = run.components.get("HEMCO")
        if seconds and run.sim_days and run.model == name and _is_default(run):
            timers[run.family, run.grid].append(seconds / (run.sim_days + startup[name]))
    by_grid = {key: statistics.median(values) for key, values in timers.items()}
    exponents = []
    for (family, grid_name), seconds in by_grid.items():
        grid = configurations.grid(grid_name)
        reference = by_grid.get((family, "4x5"))
        if grid and grid.columns > REFERENCE_COLUMNS[name] and reference:
            exponents.append(math.log(seconds / reference) / math.log(grid.columns / REFERENCE_COLUMNS[name]))
    by_family = {family: seconds for (family, grid_name), seconds in by_grid.items() if grid_name == "4x5"}
    usual = statistics.median(by_family.values()) if by_family else 100.0
    return ModelFit(usual, by_family, _median(exponents, 1.0), 0.0, 1.0, 0.0, {}, 1.0, startup[name])


def _is_default(run: Run) -> bool:
    return run.simulation.lower() == _FITTED_SIMULATION and not run.shown_only and not run.variant


def _median(values: list[float], otherwise: float) -> float:
    return statistics.median(values) if values else otherwise


def _gchp_io(runs: tuple[Run, ...], series: list[Series]) -> ModelFit:
    """What does not shrink with cores: the constant of each series that has three points or more."""
    name = configurations.GCHP
    reads = [
        r.components["extdata"] / r.sim_days
        for r in runs
        if r.model == name and r.fittable and r.sim_days and r.network != "tcp" and "extdata" in r.components
    ]
    # Native files take about three times as long to read as the coarse ones of those runs (their README).
    native = 2 * statistics.median(reads) if reads else 0.0
    constants: dict[int, list[float]] = defaultdict(list)
    for s in series:
        grid = configurations.grid(s.grid)
        if grid and len(s.points) > 2 and s.network != "tcp":
            constants[grid.columns].append(max(0.0, _constant(s.points)) + (native if s.coarse_met else 0.0))
    by_columns = {columns: statistics.median(values) for columns, values in constants.items()}
    reference = by_columns.get(REFERENCE_COLUMNS[name]) or 250.0
    exponents = [
        math.log(seconds / reference) / math.log(columns / REFERENCE_COLUMNS[name])
        for columns, seconds in by_columns.items()
        if columns != REFERENCE_COLUMNS[name] and seconds > 0
    ]
    startup = _startup_days(name, runs)
    return ModelFit(reference, {}, _median(exponents, 0.3), native, 1.0, 0.0, {}, 1.0, startup)


def _constant(points: tuple[Point, ...]) -> float:
    """S of T = S + P / n by least squares of relative errors."""
    rows = [(1 / p.seconds_per_day, 1 / (p.cores * p.seconds_per_day)) for p in points]
    a = sum(x * x for x, _ in rows)
    b = sum(x * y for x, y in rows)
    c = sum(y * y for _, y in rows)
    u, v = sum(x for x, _ in rows), sum(y for _, y in rows)
    return (u * c - v * b) / (a * c - b * b)

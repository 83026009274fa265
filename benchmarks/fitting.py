"""From tables to fits: series, the few fitted figures, and how far each kind of step misleads.

Everything here is small: a ridge regression in logarithms solved by elimination, medians of timers, and
residuals of pairs of measured points. Published estimates (section Bands of README.md) serve as
prior: each counts as a few observations, so that more rows move the figures and one odd row does not.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from geos.benchmarks import configurations
from geos.benchmarks.carry import MOST_CORES_TCP, estimates_of
from geos.benchmarks.configurations import SECONDS_PER_DAY
from geos.benchmarks.fits import (
    REFERENCE_COLUMNS,
    REFERENCE_GENERATION,
    Fits,
    ModelFit,
    Point,
    Series,
    Step,
    log_mean,
    to_json,
)
from geos.benchmarks.machines import Machine, core_scores, known_machines
from geos.benchmarks.question import question_of
from geos.benchmarks.shipped import shipped
from geos.benchmarks.table import Run, load

FindMachine = Callable[[str], "Machine | None"]

_PRIOR = {
    # step: (published or estimated factor, for how many measured points that estimate counts).
    # Replicates differ by 0.5 to 3 %, near-replicates by up to 5 %.
    "repeat": (1.05, 8),
    "between": (1.15, 8),
    "beyond": (1.25, 8),
    "threads": (1.12, 2),
    "size": (1.30, 2),
    "generation": (1.60, 2),
    # Scores said 1.0 where GEOS-Chem itself saw 1.3 to 1.4 (c4 to c5); elsewhere about 0.6 to 1.6 is expected.
    "score": (1.60, 4),
    "grid": (1.45, 2),
    "release": (1.15, 8),
    "version": (2.00, 2),
    "met": (1.30, 2),
    "network": (1.25, 2),
    "compiler": (1.15, 2),
    "variant": (1.20, 2),
}
_NINE_IN_TEN = 1.645
"""Standard deviations that hold nine of ten normal residuals."""


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
        steps={name: Step(factor, 0.0) for name, (factor, _) in _PRIOR.items()},
        series=series,
        machines_by_kin=_count_kin(series),
        anecdotes=tuple((r.model, r.simulation.lower(), r.grid, r.row) for r in runs if not r.fittable),
        digest=digest,
    )
    return replace(fits, steps=_learn_steps(fits, runs, find))


def with_own(fits: Fits, runs: Iterable[Run], find_machine: FindMachine) -> Fits:
    """The same fits with a user's own runs as further series; nothing is fitted again."""
    startup = {name: fit.startup_days for name, fit in fits.models.items()}
    own = tuple(s._replace(own=True) for s in make_series(tuple(runs), find_machine, startup))
    series = fits.series + own
    return replace(fits, series=series, machines_by_kin=_count_kin(series), memory={})


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
        seconds_per_day=log_mean(_loop_seconds_per_day(r, startup) for r in runs),
        rows=tuple(r.row for r in runs),
        days=statistics.fmean(r.sim_days or 0.0 for r in runs),
    )


def _loop_seconds_per_day(run: Run, startup: Mapping[str, float]) -> float:
    assert run.wall_seconds is not None
    assert run.sim_days is not None
    return run.wall_seconds / (run.sim_days + (0.0 if run.run_phase_only else startup[run.model]))


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
_FACTOR_SD = 0.35
"""Versions and CPU generations differ by about 1.4 before anything was measured."""
_THREADS_PRIOR = math.log(1.15)
_THREADS_SD = 0.1


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
        (_regress(default, {**models, configurations.GCCLASSIC: models[configurations.GCCLASSIC]._replace(sigma=s)}))
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


class _Regression:
    """One solved regression; ordered by its residuals."""

    def __init__(self, models: dict[str, ModelFit], speeds: dict[str, float], cost: float) -> None:
        self.models, self.speeds, self.cost = models, speeds, cost

    def __lt__(self, other: _Regression) -> bool:
        return self.cost < other.cost


def _regress(series: list[Series], models: dict[str, ModelFit]) -> _Regression:
    """Log work = work of the model + version family - speed of the CPU - second thread, by ridge regression."""
    rows: list[tuple[dict[str, float], float, float]] = []
    for s in series:
        rows += _observations(s, models[s.model])
    names = sorted({name for terms, _, _ in rows for name in terms})
    priors = {name: _prior(name) for name in names}
    solution = _solve(rows, names, priors)
    cost = sum(w * (y - sum(solution[k] * x for k, x in terms.items())) ** 2 for terms, y, w in rows)
    fitted = {}
    for name, fit in models.items():
        fitted[name] = fit._replace(
            work_core_seconds=math.exp(solution.get(f"work {name}", 0.0)),
            family_factors={
                k.rpartition(" ")[2]: math.exp(v) for k, v in solution.items() if k.startswith(f"family {name} ")
            },
            threads_factor=math.exp(solution.get(f"threads {name}", _THREADS_PRIOR)),
        )
    speeds = {k.removeprefix("speed "): math.exp(v) for k, v in solution.items() if k.startswith("speed ")}
    return _Regression(fitted, {REFERENCE_GENERATION: 1.0, **speeds}, cost)


def _observations(s: Series, fit: ModelFit) -> list[tuple[dict[str, float], float, float]]:
    grid = configurations.grid(s.grid)
    if not grid or grid.nested:
        return []
    size = grid.columns / REFERENCE_COLUMNS[s.model]
    io = fit.io_by_family.get(s.family, fit.io_seconds) * size**fit.io_exponent
    if s.coarse_met:
        io = max(io - fit.native_met_seconds, 0.2 * io)
    found = []
    for p in s.points:
        if s.network == "tcp" and p.cores > MOST_CORES_TCP:
            continue
        work = max(p.seconds_per_day - io, 0.2 * p.seconds_per_day)
        shape = fit.sigma + (1 - fit.sigma) / p.cores
        steps = configurations.timestep_factor(grid.columns, s.version)
        terms = {f"work {s.model}": 1.0}
        if s.family:
            terms[f"family {s.model} {s.family}"] = 1.0
        if s.generation != REFERENCE_GENERATION:
            # A machine whose CPU is not told has a speed of its own.
            terms[f"speed {s.generation or s.machine}"] = -1.0
        if s.threads_per_core > 1:
            terms[f"threads {s.model}"] = -1.0
        # Where input is most of the time, the work is known the less well.
        found.append((terms, math.log(work / (size * steps * shape)), (work / p.seconds_per_day) ** 2))
    return found


def _prior(name: str) -> tuple[float, float]:
    """(mean, standard deviation) before any row."""
    if name.startswith("work "):
        return math.log(50_000.0 if name.endswith("gchp") else 4_000.0), 3.0
    if name.startswith("threads "):
        return _THREADS_PRIOR, _THREADS_SD
    return 0.0, _FACTOR_SD


_NOISE_SD = 0.1


def _solve(
    rows: list[tuple[dict[str, float], float, float]], names: list[str], priors: dict[str, tuple[float, float]]
) -> dict[str, float]:
    """The normal equations of the ridge regression, by elimination; symmetric and positive definite by its prior."""
    place = {name: i for i, name in enumerate(names)}
    size = len(names)
    matrix = [[0.0] * (size + 1) for _ in range(size)]
    for name, (mean, sd) in priors.items():
        i, weight = place[name], (_NOISE_SD / sd) ** 2
        matrix[i][i] += weight
        matrix[i][size] += weight * mean
    for terms, y, weight in rows:
        for name, x in terms.items():
            line = matrix[place[name]]
            line[size] += weight * x * y
            for other, z in terms.items():
                line[place[other]] += weight * x * z
    for i in range(size):
        for j in range(i + 1, size):
            share = matrix[j][i] / matrix[i][i]
            for k in range(i, size + 1):
                matrix[j][k] -= share * matrix[i][k]
    answer = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(matrix[i][k] * answer[k] for k in range(i + 1, size))
        answer[i] = (matrix[i][size] - rest) / matrix[i][i]
    return dict(zip(names, answer, strict=True))


# --- how far each step misleads --------------------------------------------------------------


def _learn_steps(fits: Fits, runs: tuple[Run, ...], find: FindMachine) -> dict[str, Step]:
    """Band factors: published estimates, moved by the errors of every point as any one series would predict it.

    An error over several steps is shared out by their variances as they stand, which then are set anew from
    the shares, and again until they settle (expectation maximisation for variance components).
    Repeats are never taken to agree better than within 5 %: those of one author on one day say too little.
    """
    errors = _errors(fits, runs, find)
    prior = {name: (math.log(factor) / _NINE_IN_TEN) ** 2 for name, (factor, _) in _PRIOR.items()}
    variances, counts = dict(prior), dict.fromkeys(prior, 0.0)
    for _ in range(_ROUNDS):
        sums = {name: _PRIOR[name][1] * variance for name, variance in prior.items()}
        counts = dict.fromkeys(prior, 0.0)
        for weight, shares, error in errors:
            total = sum(share**2 * variances[name] for name, share in shares.items())
            for name, share in shares.items():
                part = share**2 * variances[name] / total
                sums[name] += weight * variances[name] * (1 - part + part * error**2 / total)
                counts[name] += weight
        variances = {name: sums[name] / (_PRIOR[name][1] + counts[name]) for name in prior}
    variances["repeat"] = max(variances["repeat"], prior["repeat"])
    return {
        name: Step(math.exp(_NINE_IN_TEN * math.sqrt(variance)), round(counts[name], 1))
        for name, variance in variances.items()
    }


_ROUNDS = 30


def _errors(fits: Fits, runs: tuple[Run, ...], find: FindMachine) -> list[tuple[float, dict[str, float], float]]:
    """(weight, share of each step, log error) of measured points as each other series alone predicts them."""
    found = [(1.0, {"repeat": 1.0}, math.log(one / mean)) for one, mean in _replicates(fits, runs)]
    found += [(1.0, {"score": 1.0}, error) for error in _score_errors(fits)]
    by_row = {r.row: r for r in runs}
    for s in fits.series:
        machine = find(s.machine)
        for p in s.points if machine else ():
            assert machine is not None
            question = replace(question_of(by_row[p.rows[0]]), days=1.0)
            others = [_without(s, p), *(o for o in fits.series if o is not s)]
            estimates = list(estimates_of(question, machine, p.cores, others, fits))
            for reach, said in estimates:
                # Together the series say one thing about a point, however many there are.
                error = math.log(p.seconds_per_day) - said
                found.append((1 / len(estimates), {"repeat": 1.0, **reach.steps}, error))
    return found


def _score_errors(fits: Fits) -> list[float]:
    """How far CPU scores miss the measured speed of a generation, within the maker of the reference."""
    scores, makers = core_scores(), {s.generation: s.kin for s in fits.series}
    reference = scores.get(REFERENCE_GENERATION)
    return [
        math.log(speed / (scores[name] / reference))
        for name, speed in fits.speeds.items()
        if reference and name in scores and name != REFERENCE_GENERATION
        if makers.get(name) == makers.get(REFERENCE_GENERATION)
    ]


def _without(series: Series, point: Point) -> Series:
    return series._replace(points=tuple(q for q in series.points if q.rows != point.rows))


def _replicates(fits: Fits, runs: tuple[Run, ...]) -> list[tuple[float, float]]:
    by_row = {r.row: r for r in runs}
    startup = {name: fit.startup_days for name, fit in fits.models.items()}
    pairs = []
    for s in fits.series:
        for p in s.points:
            if len(p.rows) > 1:
                # A mean of n hides 1/n of each run's own variance.
                stretch = math.sqrt(len(p.rows) / (len(p.rows) - 1))
                for row in p.rows:
                    each = _loop_seconds_per_day(by_row[row], startup)
                    pairs.append((p.seconds_per_day * (each / p.seconds_per_day) ** stretch, p.seconds_per_day))
    return pairs

"""The fitted figures of both models at once: a ridge regression in logarithms, small enough for plain Python."""

from __future__ import annotations

import math

from geos.benchmarks import configurations
from geos.benchmarks.carry import MOST_CORES_TCP
from geos.benchmarks.fits import REFERENCE_COLUMNS, REFERENCE_GENERATION, ModelFit, Series

_FACTOR_SD = 0.35
"""Versions and CPU generations differ by about 1.4 before anything was measured."""
_THREADS_PRIOR = math.log(1.15)
_THREADS_SD = 0.1


class Regression:
    """One solved regression; ordered by its residuals."""

    def __init__(self, models: dict[str, ModelFit], speeds: dict[str, float], cost: float) -> None:
        self.models, self.speeds, self.cost = models, speeds, cost

    def __lt__(self, other: Regression) -> bool:
        return self.cost < other.cost


def regress(series: list[Series], models: dict[str, ModelFit]) -> Regression:
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
    return Regression(fitted, {REFERENCE_GENERATION: 1.0, **speeds}, cost)


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

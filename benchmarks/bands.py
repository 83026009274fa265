"""How far each kind of step misleads: the factors from which bands are made.

Published estimates (README.md, Bands) are where each factor starts; they count as a few measured points, so
that more rows move the factors and one odd row does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from geos.benchmarks.carry import estimates_of
from geos.benchmarks.fits import REFERENCE_GENERATION, Fits, Point, Series, Step
from geos.benchmarks.machines import Machine, core_scores
from geos.benchmarks.question import question_of
from geos.benchmarks.table import Run

FindMachine = Callable[[str], "Machine | None"]
"""Machine name -> what is known of it."""

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


def expected_steps() -> dict[str, Step]:
    """The factors before any row was looked at."""
    return {name: Step(factor, 0.0) for name, (factor, _) in _PRIOR.items()}


def learn_steps(fits: Fits, runs: tuple[Run, ...], find: FindMachine) -> dict[str, Step]:
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
                    each = loop_seconds_per_day(by_row[row], startup)
                    pairs.append((p.seconds_per_day * (each / p.seconds_per_day) ** stretch, p.seconds_per_day))
    return pairs


def loop_seconds_per_day(run: Run, startup: Mapping[str, float]) -> float:
    """Of the time loop: start-up of the job taken off."""
    assert run.wall_seconds is not None
    assert run.sim_days is not None
    return run.wall_seconds / (run.sim_days + (0.0 if run.run_phase_only else startup[run.model]))

"""How one measured series speaks of a question: which steps lie between them, and what it then says.

Each step widens the band; the fitted model carries the figure across it by the ratio of two of its values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from geos.benchmarks import configurations
from geos.benchmarks.fits import Fits, Point, Series, day_seconds
from geos.benchmarks.machines import Machine
from geos.benchmarks.question import Question, Target, settle

MOST_CORES_TCP = 300
"""GCHP over TCP slows down beyond; only what was measured there is told."""


class Reach(NamedTuple):
    """A series that may speak of a question, the points it would start from, and how wide its band is."""

    series: Series
    points: tuple[Point, ...]
    steps: dict[str, float]
    """In what series and question differ, and how strongly."""
    square: float
    """Of half the band's width, in logarithms."""


def reach(series: Series, target: Target, fits: Fits) -> Reach | None:
    """None where nothing may be carried over from the series to the question."""
    machine_steps = _machine_steps(series, target.machine, fits)
    if machine_steps is None:
        return None
    steps = _remembered_steps(series, target, fits)
    if steps is None:
        return None
    steps = {**machine_steps, **steps}
    if series.threads_per_core != target.threads_per_core:
        steps["threads"] = 1.0
    if series.network and target.network and series.network != target.network:
        steps["network"] = 1.0
    points = _usable_points(series, target, steps)
    if not points:
        return None
    points, core_step, share = _around(points, target.cores)
    if core_step:
        steps[core_step] = share
    squares = fits.squares
    square = squares["repeat"] + sum(share * share * squares[name] for name, share in steps.items())
    return Reach(series, points, steps, square)


def _remembered_steps(series: Series, target: Target, fits: Fits) -> dict[str, float] | None:
    key = (target.question.rate_key, id(series))
    if key not in fits.memory:
        fits.memory[key] = fixed_steps(series, target.question, target.columns, target.version, target.family)
    steps = fits.memory[key]
    assert steps is None or isinstance(steps, dict)
    return steps


def fixed_steps(series: Series, question: Question, columns: int, version: str, family: str) -> dict[str, float] | None:
    """The steps that do not depend on the machine; None: too far apart to compare."""
    grid_steps = _grid_steps(series, question, columns)
    set_up_steps = _set_up_steps(series, question)
    if grid_steps is None or set_up_steps is None:
        return None
    steps = {**grid_steps, **set_up_steps}
    if series.family != family:
        steps["version"] = 1.0
    elif series.version != version:
        steps["release"] = 1.0
    return steps


def _grid_steps(series: Series, question: Question, columns: int) -> dict[str, float] | None:
    if series.grid.lower() == question.grid.lower():
        return {}
    other = configurations.grid(series.grid)
    if not other or other.nested:
        return None
    # One step for each fourfold number of columns; errors of several steps add up as independent ones do.
    return {"grid": math.sqrt(max(1.0, abs(math.log(columns / other.columns, 4))))}


def _set_up_steps(series: Series, question: Question) -> dict[str, float] | None:
    steps = {}
    if series.variant != question.variant:
        if series.variant:
            return None
        steps["variant"] = 1.0
    if series.coarse_met != question.coarse_met and question.model == configurations.GCHP:
        steps["met"] = 1.0
    if series.compiler and question.compiler and series.compiler != question.compiler:
        steps["compiler"] = 1.0
    return steps


def _machine_steps(series: Series, machine: Machine, fits: Fits) -> dict[str, float] | None:
    """The steps from the series' machine to another; None where speeds may not be carried over."""
    if series.machine == machine.name:
        return {}
    if not machine.kin or series.kin != machine.kin:
        return None
    # The very same CPU in another machine is near enough; otherwise one machine of a maker proves nothing.
    if series.cpu != machine.cpu and fits.machines_by_kin.get(machine.kin, 0) < 2:
        return None
    if series.generation == machine.generation:
        return {"size": 1.0}
    if None in (fits.speed(series.generation), fits.speed(machine.generation)):
        return None
    both_measured = machine.generation in fits.speeds and series.generation in fits.speeds
    return {"generation": 1.0} if both_measured else {"score": 1.0}


def _usable_points(series: Series, target: Target, steps: dict[str, float]) -> tuple[Point, ...]:
    """The points of the series that the question may start from.

    Above some 300 cores TCP itself is the limit, which says nothing of any other number of cores.
    """
    points = series.points
    if target.network == "tcp" and target.cores > MOST_CORES_TCP:
        return tuple(p for p in points if p.cores == target.cores and series.network == "tcp" and not steps)
    if series.network == "tcp" and steps:
        points = tuple(p for p in points if p.cores <= MOST_CORES_TCP)
    return points


def _around(points: tuple[Point, ...], cores: int) -> tuple[tuple[Point, ...], str, float]:
    """(points to start from, "" or "between" or "beyond", share of that step) for a number of cores."""
    first, last = points[0], points[-1]
    if cores <= first.cores or cores >= last.cores:
        nearest = first if cores <= first.cores else last
        if nearest.cores == cores:
            return (nearest,), "", 0.0
        return (nearest,), "beyond", abs(math.log2(cores / nearest.cores))
    place = next(i for i, p in enumerate(points) if p.cores >= cores)
    lower, upper = points[place - 1], points[place]
    if upper.cores == cores:
        return (upper,), "", 0.0
    return (lower, upper), "between", math.log2(min(cores / lower.cores, upper.cores / cores))


def joint_square(near: Sequence[Reach], weights: Sequence[float], squares: Mapping[str, float]) -> float:
    """Of half the band's width of what several series say together, in logarithms; the nearest comes first.

    A step's variance comes in halves from where it ends, which all series share, and from where it starts. The
    second half averages out as far as the series start from different versions, machines, grids ...
    """
    nearest = near[0]
    square = nearest.square
    for step, share in nearest.steps.items():
        origin = _origin(step, nearest.series)
        starts = [_origin(step, r.series) if step in r.steps else origin for r in near]
        square -= share * share * squares[step] / 2 * (1 - _concentration(starts, weights))
    return square


def _concentration(origins: Sequence[object], weights: Sequence[float]) -> float:
    """1 when all have the same origin, towards 0 the more there are."""
    total = sum(weights)
    parts: dict[object, float] = {}
    for origin, weight in zip(origins, weights, strict=True):
        parts[origin] = parts.get(origin, 0.0) + weight / total
    return sum(part * part for part in parts.values())


def _origin(step: str, series: Series) -> object:
    return getattr(series, _ORIGINS[step]) if step in _ORIGINS else None


_ORIGINS = {
    "version": "family",
    "release": "version",
    "size": "machine",
    "generation": "generation",
    "score": "generation",
    "grid": "grid",
}
"""Step -> field of a series whose values err independently; those of all other steps err alike."""


def log_seconds(found: Reach, target: Target, fits: Fits) -> float:
    """What the series says: the logarithm of the seconds that a simulated day takes."""
    points, cores = found.points, target.cores
    at = cores if len(points) > 1 else points[0].cores
    said = between(points[0], points[1], cores) if len(points) > 1 else math.log(points[0].seconds_per_day)
    if found.steps and set(found.steps) != {"between"}:
        said += math.log(_asked_seconds(target, fits) / _measured_seconds(found.series, target, fits, at))
    return said


def estimates_of(
    question: Question, machine: Machine, cores: int, series: Iterable[Series], fits: Fits
) -> Iterator[tuple[Reach, float]]:
    """What each series alone says; the errors of these teach how wide the bands must be."""
    target = settle(question, machine, cores)
    for s in series:
        if s.model == question.model and s.simulation == question.simulation and s.points:
            found = reach(s, target, replace(fits, memory={}))
            if found:
                yield found, log_seconds(found, target, fits)


def between(lower: Point, upper: Point, cores: int) -> float:
    """Log seconds per day between two points: halfway between a power law and a constant plus a share of 1/n.

    Left-out points lie on either side of both laws (facts: neither wins everywhere), and nearest to their mean.
    """
    low, high = math.log(lower.seconds_per_day), math.log(upper.seconds_per_day)
    part = math.log(cores / lower.cores) / math.log(upper.cores / lower.cores)
    inverse = (1 / lower.cores - 1 / cores) / (1 / lower.cores - 1 / upper.cores)
    straight = lower.seconds_per_day + (upper.seconds_per_day - lower.seconds_per_day) * inverse
    return (low + (high - low) * part + math.log(straight)) / 2


def _asked_seconds(target: Target, fits: Fits) -> float:
    """The fitted model's figure for the question."""
    model = target.question.model
    return day_seconds(
        fits.models[model],
        model,
        columns=target.columns,
        family=target.family,
        timesteps=target.timesteps,
        cores=target.cores,
        speed=fits.speed(target.machine.generation) or 1.0,
        threads_per_core=target.threads_per_core,
        coarse_met=target.question.coarse_met,
    )


def _measured_seconds(series: Series, target: Target, fits: Fits, cores: int) -> float:
    """The fitted model's figure for the set-up of a series."""
    grid = configurations.grid(series.grid)
    assert grid is not None
    same = series.machine == target.machine.name
    return day_seconds(
        fits.models[series.model],
        series.model,
        columns=grid.columns,
        family=series.family,
        timesteps=configurations.timestep_factor(grid.columns, series.version),
        cores=cores,
        speed=fits.speed(target.machine.generation if same else series.generation) or 1.0,
        threads_per_core=series.threads_per_core,
        coarse_met=series.coarse_met,
    )

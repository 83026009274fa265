"""What is known, boiled down: series of measured points, and the few figures fitted to them.

`Fits` is data. It is computed by `fitting.fit` when a table changes and shipped as tables/fits.json,
which `load_fits` reads; a test computes it again and compares. The model of a simulated day is

    GEOS-Chem Classic   io + work * (sigma + (1 - sigma) / n) / (speed * threads)
    GCHP                io + work * steps / (n * speed)

with n physical cores, io and work in proportion to the columns of the grid (for GCHP io does not grow
with the grid), a factor of each version family on the work, and a speed of each CPU generation. It is
never used alone: a prediction starts from a measured point and takes only the ratio of two of its values.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from geos.benchmarks.machines import core_scores
from geos.benchmarks.shipped import shipped

# Most values here and beside are named tuples and not dataclasses, which take ten times as long to define:
# the whole command has a tenth of a second.

FORMAT = 1
REFERENCE_GENERATION = "Skylake"
REFERENCE_COLUMNS = {"gcclassic": 72 * 46, "gchp": 6 * 48 * 48}


class Point(NamedTuple):
    """The mean of the runs with one number of cores."""

    cores: int
    seconds_per_day: float
    """Of the time loop: start-up of the job taken off."""
    rows: tuple[int, ...]
    """Lines of the timings table."""
    days: float
    """How long the runs were; the mean where they differ."""


class Series(NamedTuple):
    """Runs that differ in nothing but the number of cores."""

    model: str
    simulation: str
    grid: str
    version: str
    family: str
    machine: str
    cpu: str
    generation: str
    kin: str
    network: str
    compiler: str
    threads_per_core: int
    coarse_met: bool
    """GCHP fed with 4x5 meteorology, which reads about three times faster than native files."""
    variant: str
    points: tuple[Point, ...]
    """By ascending cores."""
    own: bool = False


class ModelFit(NamedTuple):
    """The fitted figures of one model, for a simulated day on the reference grid."""

    io_seconds: float
    io_by_family: Mapping[str, float]
    """Where timers tell it; `io_seconds` elsewhere."""
    io_exponent: float
    """How io grows with the columns of the grid."""
    native_met_seconds: float
    """What reading coarse instead of native meteorology saves."""
    work_core_seconds: float
    sigma: float
    """The part of the work that no further core makes shorter."""
    family_factors: Mapping[str, float]
    threads_factor: float
    """Speed-up of the work by a second thread on each core."""
    startup_days: float
    """What starting the job costs, in simulated days of the same run."""


class Step(NamedTuple):
    """One way in which a question may differ from what was measured, and how far that can mislead."""

    factor: float
    """The answer lies within likely / factor and likely * factor in nine of ten cases."""
    points: float
    """From how many measured points the factor was learnt, beside the estimate it started from."""


@dataclass(frozen=True, eq=False, repr=False)
class Fits:
    models: Mapping[str, ModelFit]
    speeds: Mapping[str, float]
    """Of CPU generations on which something was measured, in units of the reference generation."""
    steps: Mapping[str, Step]
    series: tuple[Series, ...]
    machines_by_kin: Mapping[str, int]
    """On how many CPU generations or machines of each kin something was measured."""
    anecdotes: tuple[tuple[str, str, str, int], ...] = ()
    """(model, simulation, grid, line of the timings table) of rows that are shown and never fitted."""
    digest: str = ""
    """Of the tables it was computed from."""
    memory: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """What was looked up before; grows with the number of different questions, not with their days."""

    @functools.cached_property
    def squares(self) -> dict[str, float]:
        """Of the steps' half widths in logarithms, to be added up."""
        return {name: math.log(step.factor) ** 2 for name, step in self.steps.items()}

    @functools.cached_property
    def measured_machines(self) -> frozenset[str]:
        return frozenset(s.machine for s in self.series)

    @functools.cached_property
    def by_model(self) -> dict[tuple[str, str], tuple[Series, ...]]:
        """(model, simulation) -> its series."""
        found: dict[tuple[str, str], list[Series]] = {}
        for s in self.series:
            found.setdefault((s.model, s.simulation.lower()), []).append(s)
        return {key: tuple(series) for key, series in found.items()}

    def of(self, model: str, simulation: str) -> tuple[Series, ...]:
        """The series of one model and simulation."""
        return self.by_model.get((model, simulation.lower()), ())

    def speed(self, generation: str) -> float | None:
        """Of one core; measured, else by CPU scores within the maker; None when neither is known."""
        if generation in self.speeds:
            return self.speeds[generation]
        scores = core_scores()
        reference = scores.get(REFERENCE_GENERATION)
        if generation not in scores or not reference:
            return None
        return scores[generation] / reference


def day_seconds(
    fit: ModelFit,
    model: str,
    *,
    columns: int,
    family: str,
    timesteps: float,
    cores: int,
    speed: float,
    threads_per_core: int,
    coarse_met: bool,
) -> float:
    """The model's own figure for one simulated day; only ratios of it are used."""
    size = columns / REFERENCE_COLUMNS[model]
    io = fit.io_by_family.get(family, fit.io_seconds) * math.pow(size, fit.io_exponent)
    if coarse_met:
        io = max(io - fit.native_met_seconds, 0.2 * io)
    shape = fit.sigma + (1 - fit.sigma) / cores
    threads = fit.threads_factor if threads_per_core > 1 else 1.0
    work = fit.work_core_seconds * size * timesteps * fit.family_factors.get(family, 1.0)
    return io + work * shape / (speed * threads)


# --- the shipped file ------------------------------------------------------------------------


def to_json(fits: Fits) -> str:
    """Canonical text: the same fits give the same bytes."""
    import dataclasses
    import json

    def plain(value: object) -> object:
        if isinstance(value, float):
            return float(f"{value:.6g}")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "memory"}
        if isinstance(value, Point | Step | Series | ModelFit):
            return plain(value._asdict())
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in sorted(value.items())}
        return [plain(v) for v in value] if isinstance(value, tuple) else value

    body = plain(fits)
    assert isinstance(body, dict)
    return json.dumps({"format": FORMAT, **body}, indent=1, sort_keys=True) + "\n"


def from_json(text: str | bytes) -> Fits:
    import json

    body = json.loads(text)
    return Fits(
        models={name: ModelFit(**fit) for name, fit in body["models"].items()},
        speeds=body["speeds"],
        steps={name: Step(**step) for name, step in body["steps"].items()},
        series=tuple(_series(s) for s in body["series"]),
        machines_by_kin=body["machines_by_kin"],
        anecdotes=tuple((a, b, c, d) for a, b, c, d in body["anecdotes"]),
        digest=body["digest"],
    )


def _series(body: dict[str, object]) -> Series:
    points = body.pop("points")
    assert isinstance(points, list)
    made = tuple(Point(p["cores"], p["seconds_per_day"], tuple(p["rows"]), p["days"]) for p in points)
    return Series(points=made, **body)  # type: ignore[arg-type]


@functools.cache
def load_fits() -> Fits:
    """The shipped fits."""
    return from_json(shipped("fits.json"))


def log_mean(values: Iterable[float]) -> float:
    """The geometric mean, which treats twice and half alike."""
    logs = [math.log(v) for v in values]
    return math.exp(sum(logs) / len(logs))

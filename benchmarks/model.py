"""How fast will it run, and how sure is that? `predict(question, machine, fits)` answers, or says why not.

A prediction starts from the measured series that differ least from the question. Within a series it
reads the speed off the measured cores; where question and series differ in grid, version, machine,
threads or cores, the ratio of two values of the fitted model carries the speed over, and each such
step widens the band. Speeds are never carried over between architectures or makers of CPUs, nor
within a maker on which fewer than two machines were measured.

A machine with the very CPU of a measured one is the exception to the last rule.

Labels, from what was done: MEASURED, INTERPOLATED (in cores, inside a series), CALIBRATED (own runs on
that very type), EXTRAPOLATED (anything else) and NO PUBLISHED FIGURE, which is a refusal with its reason.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from geos.benchmarks import configurations
from geos.benchmarks.carry import MOST_CORES_TCP, Reach, joint_square, log_seconds, reach
from geos.benchmarks.configurations import SECONDS_PER_DAY
from geos.benchmarks.fits import Fits
from geos.benchmarks.machines import Machine
from geos.benchmarks.question import (
    Question,
    Target,
    default_cores,
    never_measured,
    question_faults,
    settle,
)
from geos.benchmarks.shipped import shipped

__all__ = [
    "Band",
    "Machine",
    "Prediction",
    "Question",
    "days_within",
    "default_cores",
    "machine_kind",
    "predict",
    "question_faults",
]

MEASURED = "MEASURED"
INTERPOLATED = "INTERPOLATED"
CALIBRATED = "CALIBRATED"
EXTRAPOLATED = "EXTRAPOLATED"
NO_FIGURE = "NO PUBLISHED FIGURE"
LABELS = (MEASURED, CALIBRATED, INTERPOLATED, EXTRAPOLATED, NO_FIGURE)
"""Surest first."""


class Band(NamedTuple):
    low: float
    likely: float
    high: float

    @property
    def width(self) -> float:
        return self.high / self.low

    def times(self, factor: float) -> Band:
        return Band(self.low * factor, self.likely * factor, self.high * factor)


class Prediction(NamedTuple):
    """An answer with its label and reason; both bands are None when it was refused."""

    label: str
    why: str
    """One sentence on where the figure comes from, or why there is none."""
    sim_days_per_day: Band | None = None
    wall_seconds: Band | None = None
    rows: tuple[int, ...] = ()
    """Lines of the timings table it rests on; for a refusal, the anecdotes there are."""
    own_rows: tuple[int, ...] = ()
    """Lines of the user's own table it rests on."""
    steps: tuple[str, ...] = ()
    """In what the question differs from what was measured."""
    cores: int = 0
    refused: str = ""


class _Rate(NamedTuple):
    """What the series together say of a simulated day, whatever the number of days."""

    label: str
    why: str
    log_seconds: float
    half_width: float
    rows: tuple[int, ...]
    own_rows: tuple[int, ...]
    steps: tuple[str, ...]


def predict(question: Question, machine: Machine, fits: Fits) -> Prediction:
    """The throughput and the time of a run, or the reason why nothing honest can be said.

    The first question of its kind takes some tens of microseconds for a machine, later ones (other days,
    other machines with the same CPU generation and cores) a few.
    """
    cores = question.cores or default_cores(question.model, machine.physical_cores, question.nodes)
    key = (question.rate_key, machine_kind(question, machine, fits))
    rate = fits.memory.get(key)
    if not 0 < question.days <= configurations.MAXIMUM_DAYS:
        rate = _judge(question, machine, cores, fits)  # not remembered: the key holds no days
    elif rate is None:
        rate = fits.memory[key] = _judge(question, machine, cores, fits)
    if isinstance(rate, _Rate):
        return _prediction(question, rate, cores, fits)
    return Prediction(NO_FIGURE, str(rate), rows=_remembered_anecdotes(question, fits), cores=cores, refused=str(rate))


def _judge(question: Question, machine: Machine, cores: int, fits: Fits) -> _Rate | str:
    """The rate, or in words why there is none."""
    reason = next(question_faults(question, cores), "") or never_measured(question, machine, cores)
    if reason:
        return reason
    target = settle(question, machine, cores)
    return _rate(target, fits) or _why_nothing(target, fits)


def machine_kind(question: Question, machine: Machine, fits: Fits) -> tuple[object, ...]:
    """Machines of one kind get the very same answer to the question: whoever ranks hundreds asks once for each."""
    name = machine.name if machine.name in fits.measured_machines else ""
    network = machine.network if question.nodes > 1 else ""
    # The exact CPU matters only where a maker is hardly known.
    cpu = machine.generation if fits.machines_by_kin.get(machine.kin, 0) > 1 else machine.cpu
    return (name, cpu, machine.architecture, machine.physical_cores, machine.threads_per_core, network)


def _prediction(question: Question, rate: _Rate, cores: int, fits: Fits) -> Prediction:
    days = question.days
    started = days + (0.0 if question.run_phase_only else fits.models[question.model].startup_days)
    likely, factor = math.exp(rate.log_seconds) * started, math.exp(rate.half_width)
    produced = days * SECONDS_PER_DAY / likely
    return Prediction(
        label=rate.label,
        why=rate.why,
        sim_days_per_day=Band(produced / factor, produced, produced * factor),
        wall_seconds=Band(likely / factor, likely, likely * factor),
        rows=rate.rows,
        own_rows=rate.own_rows,
        steps=rate.steps,
        cores=cores,
    )


def days_within(question: Question, machine: Machine, fits: Fits, wall_seconds: float) -> Band | None:
    """How many days can be simulated in that time, whatever the question's days; None: nothing can be predicted."""
    answer = predict(question, machine, fits)
    if not answer.wall_seconds:
        return None
    started = 0.0 if question.run_phase_only else fits.models[question.model].startup_days
    seconds = answer.wall_seconds
    per_day = (s / (question.days + started) for s in (seconds.high, seconds.likely, seconds.low))
    return Band(*(max(0.0, wall_seconds / each - started) for each in per_day))


NEARLY = 2.0
"""Series whose bands are at most this much wider than the best one's take part in the answer."""


def _rate(target: Target, fits: Fits) -> _Rate | None:
    """None: no series may speak."""
    question = target.question
    found = [r for s in fits.of(question.model, question.simulation) if (r := reach(s, target, fits))]
    if not found:
        return None
    # What was measured is not blended with what was carried over, nor own runs with those of others.
    surest = min(_rank(r, target) for r in found)
    found = [r for r in found if _rank(r, target) == surest]
    best = min(r.square for r in found)
    near = sorted((r for r in found if r.square < best * NEARLY**2), key=lambda r: r.square)
    said = [log_seconds(r, target, fits) for r in near]
    # Fading out towards the limit, so that one more core never makes a series join or leave with a jump.
    weights = [(best * NEARLY**2 - r.square) / r.square for r in near]
    likely = sum(w * x for w, x in zip(weights, said, strict=True)) / sum(weights)
    # Where equally near series disagree, that is part of the doubt.
    spread = sum(w * (x - likely) ** 2 for w, x in zip(weights, said, strict=True)) / sum(weights)
    rows = [(row, r.series.own) for r in near for p in r.points for row in p.rows]
    return _Rate(
        label=_label(near[0], target),
        why=_why(near[0], len(near)),
        log_seconds=likely,
        half_width=math.sqrt(joint_square(near, weights, fits.squares) + spread),
        rows=tuple(sorted({row for row, own in rows if not own})),
        own_rows=tuple(sorted({row for row, own in rows if own})),
        steps=tuple(near[0].steps),
    )


def _rank(found: Reach, target: Target) -> tuple[int, bool]:
    """Looked up, interpolated, or carried over; own runs on that very type before those of others."""
    steps = found.steps.keys() - {"release"}
    own = found.series.own and found.series.machine == target.machine.name
    return (0 if not steps else 1 if steps == {"between"} else 2, not own)


def _label(nearest: Reach, target: Target) -> str:
    if nearest.series.own and nearest.series.machine == target.machine.name:
        return CALIBRATED
    steps = set(nearest.steps) - {"release"}
    if not steps:
        return MEASURED
    return INTERPOLATED if steps == {"between"} else EXTRAPOLATED


_WORDS = {
    "between": "between measured numbers of cores",
    "beyond": "beyond the measured numbers of cores",
    "size": "from another machine with the same CPU generation",
    "generation": "from another CPU generation",
    "score": "from another CPU generation, by CPU scores only",
    "grid": "from another grid",
    "version": "from another version family",
    "release": "from another release of the same family",
    "threads": "from another number of threads a core",
    "met": "from other meteorological input",
    "network": "from another network",
    "compiler": "from another compiler",
    "variant": "from the default set-up",
}
STEPS = ("repeat", *_WORDS)
"""Every way in which a question may differ from what was measured; "repeat" is not to differ at all."""


def _why(nearest: Reach, series: int) -> str:
    s = nearest.series
    cores = " and ".join(str(p.cores) for p in nearest.points)
    whose = "own runs" if s.own else f"{s.version or 'a release not told'}"
    text = f"{s.grid} on {s.machine}, {cores} cores, {whose}"
    if series > 1:
        text += f", and {series - 1} more series"
    return "; ".join((text, *(_WORDS[step] for step in nearest.steps)))


# --- refusals --------------------------------------------------------------------------------


def _remembered_anecdotes(question: Question, fits: Fits) -> tuple[int, ...]:
    key = ("anecdotes", question.model, question.simulation, question.grid)
    if key not in fits.memory:
        fits.memory[key] = anecdotes(question, fits)
    rows = fits.memory[key]
    assert isinstance(rows, tuple)
    return rows


def anecdotes(question: Question, fits: Fits) -> tuple[int, ...]:
    """Lines of the timings table that speak of the same grid and simulation without being fit to be used."""
    asked = (question.model, question.simulation.lower(), _domain(question.grid))
    return tuple(row for *key, row in fits.anecdotes if (key[0], key[1], _domain(key[2])) == asked)


def _domain(grid: str) -> str:
    """Nested grids are compared by resolution, whatever their domain."""
    return grid.lower().partition("-")[0].partition(" ")[0]


def _why_nothing(target: Target, fits: Fits) -> str:
    question, machine = target.question, target.machine
    series = fits.of(question.model, question.simulation)
    if not series:
        return f"nobody has published a usable timing of the {question.simulation} simulation with {question.model}"
    if not machine.kin:
        return "the CPU is not known, and nothing comparable was run on this very machine"
    if fits.machines_by_kin.get(machine.kin, 0) < 2:
        return _kin_refusal(machine, fits)
    if fits.speed(machine.generation) is None:
        return f"nothing is known of the speed of {machine.cpu}"
    if target.network == "tcp" and target.cores > MOST_CORES_TCP:
        return f"GCHP over TCP slows down above {MOST_CORES_TCP} cores; {target.cores} want EFA"
    return f"no published {question.model} run is near enough to carry a figure over"


def _kin_refusal(machine: Machine, fits: Fits) -> str:
    count = fits.machines_by_kin.get(machine.kin, 0)
    known = "one machine" if count else "no machine"
    text = f"usable timings exist for {known} with {machine.maker} {machine.architecture} CPUs"
    if count:
        text += ", which is too few to carry a speed over"
    said = reports().get(machine.kin)
    return f"{text}. {said[0]} ({said[1]})" if said else text


@functools.cache
def reports() -> dict[str, tuple[str, str]]:
    """Kin of machines -> (what is said of them, where); for kinds of machine without a usable figure."""
    rows = (line.split("|") for line in shipped("reports.csv").decode().splitlines()[1:])
    return {kin: (what, source) for kin, what, source in rows}

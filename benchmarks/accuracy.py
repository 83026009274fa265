"""How good is it? Every row predicted as if it had never been seen, and how often the bands held.

`accuracy(rows)` predicts any rows; `left_out` fits again without each machine (or source) and predicts
what was left out. Leaving out single rows would flatter: replicates are nearly the same run twice.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geos.benchmarks import fitting, model
from geos.benchmarks.fits import Fits, load_fits
from geos.benchmarks.machines import Machine, known_machines, scored_machines
from geos.benchmarks.model import Band
from geos.benchmarks.question import Question, question_faults, question_of
from geos.benchmarks.table import Run, load

SCHEMA = "geos-accuracy-1"


@dataclass(frozen=True)
class Checked:
    """One row beside its prediction."""

    run: Run
    label: str
    wall_seconds: Band | None
    refused: str
    left_out: str = ""
    """The machine or source that was left out of the fits; "" when nothing was."""

    @property
    def measured_wall_seconds(self) -> float | None:
        return self.run.wall_seconds

    @property
    def error_percent(self) -> float | None:
        """Of the likely time: above 0 when the run was predicted too slow."""
        if self.wall_seconds is None or self.run.wall_seconds is None:
            return None
        return (self.wall_seconds.likely / self.run.wall_seconds - 1) * 100

    @property
    def inside_band(self) -> bool | None:
        if self.wall_seconds is None or self.run.wall_seconds is None:
            return None
        return self.wall_seconds.low <= self.run.wall_seconds <= self.wall_seconds.high

    def to_json(self) -> dict[str, object]:
        band = self.wall_seconds
        return {
            "row": self.run.row,
            "label": self.label,
            "wall_seconds": None if band is None else {"low": band.low, "likely": band.likely, "high": band.high},
            "measured_wall_seconds": self.measured_wall_seconds,
            "error_percent": self.error_percent,
            "inside_band": self.inside_band,
            "refused": self.refused,
        }


@dataclass(frozen=True)
class Summary:
    """Of the rows with one label, or of all. Errors and bands are those of rows that are no mere anecdotes."""

    rows: int
    predicted: int
    refused: int
    anecdotes: int
    """Rows that are never fitted, because they are vague or known to be faulty."""
    median_error_percent: float | None
    """Without sign."""
    worst_error_percent: float | None
    inside_band: float | None
    """Share of the predicted rows, 0 to 1."""
    median_band_width: float | None
    """High over low."""

    def to_json(self) -> dict[str, object]:
        return dict(self.__dict__)


def accuracy(
    rows: Iterable[Run] | None = None,
    *,
    fits: Fits | None = None,
    find_machine: Callable[[str], Machine | None] | None = None,
) -> tuple[Checked, ...]:
    """Predict every row from the fits (without `rows`: the shipped table, which the fits have seen).

    `find_machine` tells of EC2 types, which the tables here know only in part; a machine that nobody knows is
    refused.
    """
    fits = fits or load_fits()
    return tuple(check(run, fits, find_machine) for run in (load() if rows is None else rows))


def check(
    run: Run, fits: Fits, find_machine: Callable[[str], Machine | None] | None = None, left_out: str = ""
) -> Checked:
    """One row beside its prediction."""
    machine = known_machines().get(run.machine) or (find_machine(run.machine) if find_machine else None)
    machine = machine or scored_machines().get(run.machine)
    refused = _unaskable(run, machine)
    if refused or machine is None:
        return Checked(run, model.NO_FIGURE, None, refused, left_out)
    answer = model.predict(question_of(run), machine, fits)
    return Checked(run, answer.label, answer.wall_seconds, answer.refused, left_out)


def _unaskable(run: Run, machine: Machine | None) -> str:
    """What a row must tell before anything can be predicted for it."""
    grid_fault = next(question_faults(Question(run.model, run.simulation, run.grid, run.version)), "")
    if grid_fault:
        return grid_fault
    if machine is None:
        return f"nothing is known of the machine {run.machine}"
    if run.cores is None:
        return "the row does not tell how many cores were used"
    if run.sim_days is None:
        return "the row does not tell how many days were simulated"
    return ""


def summarise(checked: Iterable[Checked]) -> dict[str, Summary]:
    """By label, and "all"; only labels that occur."""
    found = tuple(checked)
    labels = [label for label in model.LABELS if any(c.label == label for c in found)]
    return {
        **{label: _summary([c for c in found if c.label == label]) for label in labels},
        "all": _summary(list(found)),
    }


def _summary(checked: list[Checked]) -> Summary:
    sound = [c for c in checked if not c.run.shown_only]
    errors = sorted(abs(c.error_percent) for c in sound if c.error_percent is not None)
    widths = [c.wall_seconds.width for c in sound if c.wall_seconds]
    inside = [c.inside_band for c in sound if c.inside_band is not None]
    return Summary(
        rows=len(checked),
        predicted=sum(c.wall_seconds is not None for c in checked),
        anecdotes=len(checked) - len(sound),
        refused=sum(bool(c.refused) for c in checked),
        median_error_percent=statistics.median(errors) if errors else None,
        worst_error_percent=errors[-1] if errors else None,
        inside_band=sum(inside) / len(inside) if inside else None,
        median_band_width=statistics.median(widths) if widths else None,
    )


def report(checked: Iterable[Checked]) -> dict[str, object]:
    """As JSON has it."""
    found = tuple(checked)
    return {
        "schema": SCHEMA,
        "rows": [c.to_json() for c in found],
        "summary": {label: summary.to_json() for label, summary in summarise(found).items()},
    }


# --- leaving out -----------------------------------------------------------------------------


def by_machine(run: Run) -> str:
    return run.machine


def by_source(run: Run) -> str:
    return run.source_title


def left_out(
    runs: Iterable[Run] | None = None,
    key: Callable[[Run], str] = by_machine,
    find_machine: Callable[[str], Machine | None] | None = None,
) -> tuple[Checked, ...]:
    """Every row that may be fitted, predicted by fits that never saw its machine (or its source)."""
    runs = load() if runs is None else tuple(runs)
    find = find_machine or known_machines().get
    found = []
    for name in dict.fromkeys(key(r) for r in runs if r.fittable):
        fits = fitting.fit([r for r in runs if key(r) != name], find)
        found += [check(r, fits, find, name) for r in runs if r.fittable and key(r) == name]
    return tuple(found)


def left_out_points(
    runs: Iterable[Run] | None = None, find_machine: Callable[[str], Machine | None] | None = None
) -> tuple[Checked, ...]:
    """Every row of a series that also has other cores, predicted without any row of the same set-up and cores."""
    runs = load() if runs is None else tuple(runs)
    find = find_machine or known_machines().get

    def set_up(r: Run) -> tuple[object, ...]:
        return (r.model, r.simulation, r.grid, r.version, r.machine, r.network, r.compiler_maker, r.variant)

    usable = [r for r in runs if r.fittable]
    found = []
    for one in dict.fromkeys((set_up(r), r.cores) for r in usable):
        if len({r.cores for r in usable if set_up(r) == one[0]}) > 1:
            fits = fitting.fit([r for r in runs if (set_up(r), r.cores) != one], find)
            found += [check(r, fits, find, f"{one[1]} cores") for r in usable if (set_up(r), r.cores) == one]
    return tuple(found)

"""A run beside what was stored or predicted for it."""

from __future__ import annotations

from dataclasses import dataclass

from geos.benchmarks.fits import Fits
from geos.benchmarks.model import CALIBRATED, MEASURED, Band, Prediction, predict
from geos.benchmarks.question import question_of
from geos.benchmarks.table import Run
from geos.wizard.measuring.machines import find_machine

TOLERANCE_PERCENT = 5.0
SCHEMA = "geos-check-1"


@dataclass(frozen=True)
class Deviation:
    """How far a run is from what was expected of it."""

    run: Run
    expected: Prediction
    tolerance_percent: float

    @property
    def known(self) -> bool:
        """Whether anything was expected."""
        return self.expected.wall_seconds is not None

    @property
    def stored(self) -> bool:
        """Whether the same set-up was run before; else the figure was carried over from others."""
        return self.expected.label in (MEASURED, CALIBRATED) and not set(self.expected.steps) - {"release"}

    @property
    def percent(self) -> float | None:
        """Of the wall time: above 0 when the run took longer than expected."""
        if self.expected.wall_seconds is None or self.run.wall_seconds is None:
            return None
        return (self.run.wall_seconds / self.expected.wall_seconds.likely - 1) * 100

    @property
    def within(self) -> bool | None:
        """Whether the deviation is smaller than what is tolerated; None: nothing to compare with."""
        return None if self.percent is None else abs(round(self.percent, 6)) < self.tolerance_percent

    @property
    def inside_band(self) -> bool | None:
        band = self.expected.wall_seconds
        return None if band is None or self.run.wall_seconds is None else band.low <= self.run.wall_seconds <= band.high

    def to_json(self) -> dict[str, object]:
        return {
            "source": self.run.source_locator,
            "machine": self.run.machine,
            "measured_wall_seconds": self.run.wall_seconds,
            "expected_wall_seconds": _plain(self.expected.wall_seconds),
            "label": self.expected.label,
            "stored": self.stored,
            "why": self.expected.why,
            "deviation_percent": self.percent,
            "tolerance_percent": self.tolerance_percent,
            "within_tolerance": self.within,
            "inside_band": self.inside_band,
            "refused": self.expected.refused,
        }


def _plain(band: Band | None) -> dict[str, float] | None:
    return None if band is None else {"low": band.low, "likely": band.likely, "high": band.high}


def compare(run: Run, fits: Fits, tolerance_percent: float = TOLERANCE_PERCENT) -> Deviation:
    """`fits` must not hold the run itself: it would agree with itself."""
    machine = find_machine(run.machine)
    assert machine is not None, "rows are checked for known machines"
    return Deviation(run, predict(question_of(run), machine, fits), tolerance_percent)

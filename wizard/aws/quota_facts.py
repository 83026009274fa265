"""What Service Quotas and the counting calls answer, as frozen values. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from geos.wizard.facts import UsageMetric


@dataclass(frozen=True)
class QuotaFact:
    """A quota as Service Quotas lists it."""

    service: str
    code: str
    name: str
    value: float | None
    unit: str
    adjustable: bool
    is_global: bool
    metric: UsageMetric | None = None
    error: str = ""
    """ErrorReason, where AWS lists the quota but could not read its value."""


@dataclass(frozen=True)
class ReportedUse:
    """One line of the quota utilization report."""

    service: str
    code: str
    name: str
    percent: float
    applied: float | None
    default: float | None

    @property
    def used(self) -> float | None:
        """The report tells per cent only; uses are whole numbers, so rounding gives them back."""
        base = self.applied if self.applied is not None else self.default
        return None if base is None else round(base * self.percent / 100, 2)


@dataclass(frozen=True)
class Report:
    """The quota utilization report; without `done` its lines are not there yet."""

    done: bool
    failed: str = ""
    lines: tuple[ReportedUse, ...] = ()


@dataclass(frozen=True)
class IncreaseFact:
    """A request for an increase, as the history of requests has it."""

    id: str
    service: str
    code: str
    name: str
    desired: float
    status: str
    created: str = ""
    """UTC, ISO-8601."""
    case_id: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Tally:
    """A counted use. `by_container`: for limits per VPC, zone, role …: the use in each one that has any."""

    amount: float
    by_container: Mapping[str, float] | None = field(default=None, hash=False)

"""One line of an estimate: an amount with its formula, the price's source and its age."""

from __future__ import annotations

from dataclasses import dataclass

from geos.benchmarks.model import Band
from geos.wizard.facts import ServicePrice


@dataclass(frozen=True)
class CostLine:
    """One item. `low`, `likely`, `high` are None together, when the amount is not known."""

    item: str
    formula: str
    low: float | None
    likely: float | None
    high: float | None
    per: str
    """month or run."""
    kind: str
    """list, estimated, unverified, live, or unknown."""
    source: str = ""
    date: str = ""
    region: str = ""
    """The region of the price, where it is another than the deployment's."""
    note: str = ""

    @property
    def band(self) -> Band | None:
        if self.low is None or self.likely is None or self.high is None:
            return None
        return Band(self.low, self.likely, self.high)


def priced_line(item: str, formula: str, band: Band, per: str, found: ServicePrice, region: str) -> CostLine:
    borrowed = found.region not in (region, "global")
    kind = "estimated" if borrowed else "list"
    return CostLine(
        item,
        formula,
        band.low,
        band.likely,
        band.high,
        per,
        kind if found.verified else "unverified",
        found.source,
        found.date,
        found.region if borrowed else "",
        f"the price of {found.region}; none is known for {region}" if borrowed else "",
    )


def unknown_line(item: str, why: str, per: str) -> CostLine:
    return CostLine(item, why, None, None, None, per, "unknown")

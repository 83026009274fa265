"""The answer for programs, as recommendation.schema.json describes it. Keys are a contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geos.wizard.sizing.data import Data
from geos.wizard.sizing.values import Candidate, Memory, Quota, Unmeasured

if TYPE_CHECKING:
    from geos.benchmarks.model import Band
    from geos.benchmarks.table import Run
    from geos.wizard.sizing.ensembles import Packing
    from geos.wizard.sizing.inverse import Reach
    from geos.wizard.sizing.ranking import Advice

SCHEMA = "geos-recommendation-1"
Judge = Callable[[Candidate], Quota]
_DECIMALS = 6


def document(
    advice: Advice,
    sentence: str,
    judge: Judge,
    data: Data,
    *,
    packings: Iterable[Packing] = (),
    remarks: Iterable[str] = (),
) -> dict[str, Any]:
    best, closest = advice.best, advice.closest
    sources = _Sources()
    one = _One(advice, judge, sources)
    return {
        "schema": SCHEMA,
        "asked": _asked(advice),
        "advice": {
            "sentence": sentence,
            "fits": best is not None,
            **(one.of(best) if best else dict.fromkeys(("instance_type", "nodes", "region", "purchase", "label"))),
            "cheapest": _name(advice.cheapest),
            "fastest": _name(advice.fastest),
            "closest": one.of(closest) if closest else None,
        },
        "candidates": [one.of(c) for c in advice.candidates],
        "front": [_name(c) for c in advice.front],
        "unmeasured": [unmeasured(u) for u in advice.unmeasured],
        "excluded": [e._asdict() for e in advice.excluded],
        "excluded_by_rule": dict(Counter(e.rule for e in advice.excluded).most_common()),
        "data": data_of(data),
        "prices_date": advice.prices_date,
        "rows": {str(row): what for row, what in sorted(sources.used.items())},
        "packings": [p._asdict() for p in packings],
        "remarks": list(remarks),
    }


def reaches(advice: Advice, found: Sequence[Reach], sentence: str, judge: Judge) -> dict[str, Any]:
    """The same for the question how much can be simulated: each candidate has `days`."""
    sources = _Sources()
    one = _One(advice, judge, sources)
    candidates = [{"days": band(r.days), "bound_by": r.bound_by, **one.of(r.candidate)} for r in found]
    nothing = dict.fromkeys(("instance_type", "nodes", "region", "purchase", "label", "days"))
    return {
        "schema": SCHEMA,
        "asked": _asked(advice),
        "advice": {"sentence": sentence, "fits": bool(found), **(candidates[0] if candidates else nothing)},
        "candidates": candidates,
        "front": [],
        "unmeasured": [unmeasured(u) for u in advice.unmeasured],
        "excluded": [e._asdict() for e in advice.setup.excluded],
        "excluded_by_rule": dict(Counter(e.rule for e in advice.setup.excluded).most_common()),
        "data": None,
        "prices_date": advice.prices_date,
        "rows": {str(row): what for row, what in sorted(sources.used.items())},
        "packings": [],
        "remarks": [],
    }


def _asked(advice: Advice) -> dict[str, Any]:
    ask = advice.ask
    return {**asdict(ask), "days": ask.days or None}


def _name(candidate: Candidate | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    return {"instance_type": candidate.instance_type, "nodes": candidate.nodes, "region": candidate.region}


class _Sources:
    """Rows of the timings table by their line; the table is read once, if at all."""

    def __init__(self) -> None:
        self.used: dict[int, dict[str, Any]] = {}
        """Line -> what it is, for those that were asked for."""
        self._titles: dict[tuple[int, ...], list[str]] = {}

    def titles(self, rows: tuple[int, ...]) -> list[str]:
        if rows not in self._titles:
            self._titles[rows] = list(
                dict.fromkeys(f"{run.source_title} ({run.source_year})" for run in self._of(rows))
            )
        return self._titles[rows]

    def _of(self, rows: tuple[int, ...]) -> tuple[Run, ...]:
        from geos.benchmarks.table import runs_at

        found = runs_at(rows)
        for run in found:
            self.used[run.row] = {
                "grade": run.grade,
                "machine": run.machine,
                "grid": run.grid,
                "version": run.version,
                "physical_cores": run.cores,
                "sim_days_per_day": run.sim_days_per_day,
                "source": f"{run.source_title} ({run.source_year})",
                "locator": run.source_locator,
            }
        return found


class _One:
    def __init__(self, advice: Advice, judge: Judge, sources: _Sources) -> None:
        self._advice, self._judge, self._sources = advice, judge, sources

    def of(self, c: Candidate) -> dict[str, Any]:
        days = self._advice.ask.days * self._advice.ask.runs or c.sim_days_per_day.likely * c.wall_hours.likely / 24
        return {
            "instance_type": c.instance_type,
            "architecture": c.architecture,
            "nodes": c.nodes,
            "physical_cores": c.physical_cores,
            "threads": c.threads,
            "vcpus": c.vcpus,
            "runs_at_once": c.at_once,
            "region": c.region,
            "regions": list(c.regions),
            "zones": list(self._advice.catalogue.zones(c.instance_type, c.region)),
            "purchase": c.purchase,
            "label": c.label,
            "why": c.why,
            "standing": c.standing,
            "sim_days_per_day": band(c.sim_days_per_day),
            "wall_hours": band(c.wall_hours),
            "cost_usd": {"on_demand": band(c.on_demand_usd), "spot": band(c.spot_usd)},
            "cost_usd_per_sim_day": {"on_demand": band(c.on_demand_usd, days), "spot": band(c.spot_usd, days)},
            "usd_per_hour": {"on_demand": c.on_demand_usd_per_hour, "spot": c.spot_usd_per_hour},
            "spot": {"monthly_interruption": c.interruption or None, "restart_loss": _round(c.restart_loss)},
            "memory_gib": memory(c.memory),
            "quota": self._judge(c)._asdict(),
            "meets_surely": c.surely,
            "rows": list(c.rows),
            "own_rows": list(c.own_rows),
            "sources": [*self._sources.titles(c.rows), *(["own runs"] if c.own_rows else [])],
        }


def candidate(advice: Advice, found: Candidate, judge: Judge) -> dict[str, Any]:
    return _One(advice, judge, _Sources()).of(found)


def unmeasured(u: Unmeasured) -> dict[str, Any]:
    return {
        "instance_type": u.instance_type,
        "architecture": u.architecture,
        "nodes": u.nodes,
        "physical_cores": u.physical_cores,
        "vcpus": u.vcpus,
        "region": u.region,
        "regions": list(u.regions),
        "usd_per_core_hour": _round(u.usd_per_core_hour),
        "usd_per_hour": {"on_demand": u.on_demand_usd_per_hour, "spot": u.spot_usd_per_hour},
        "memory_gib": memory(u.memory),
        "memory_read_gb_per_second": u.read_gb_per_second,
        "why": u.refused,
        "rows": list(u.rows),
        "calibrate": f"geos-recommend calibrate --instance {u.instance_type}",
    }


def memory(m: Memory) -> dict[str, Any]:
    return {
        "need": _round(m.need_gib),
        "have": _round(m.have_gib),
        "advised": _round(m.advised_gib),
        "kind": m.kind,
        "lower_bound": m.lower_bound,
        "source": m.source,
    }


def data_of(data: Data) -> dict[str, Any]:
    return {**data._asdict(), "download_hours": band(data.download_hours)}


_LONG = ("why", "sources", "rows", "own_rows", "regions", "zones")
_BANDS = {"cost_usd": ("on_demand", "spot"), "cost_usd_per_sim_day": ("on_demand", "spot")}
_NO_BAND = dict.fromkeys(("low", "likely", "high"))


def as_rows(candidates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For CSV: the same columns in each row, and no lists that a spreadsheet cannot hold."""
    rows = []
    for one in candidates:
        row = {name: value for name, value in one.items() if name not in _LONG}
        for name, ways in _BANDS.items():
            row[name] = {way: row[name][way] or _NO_BAND for way in ways}
        rows.append(row)
    return rows


def band(found: Band | None, over: float = 1.0) -> dict[str, float | None] | None:
    if found is None:
        return None
    low, likely, high = (_round(value / over) for value in found)
    return {"low": low, "likely": likely, "high": high}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)

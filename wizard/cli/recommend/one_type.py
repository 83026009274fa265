"""One instance type: where its figures come from, why it was left out, what it does with every grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from geos.wizard.cli.recommend.question import check_types, unknown_type
from geos.wizard.cli.recommend.structured import put
from geos.wizard.errors import Exit, MissingWords

if TYPE_CHECKING:
    from geos.benchmarks.model import Band, Prediction
    from geos.benchmarks.table import Run
    from geos.wizard.cli.context import Context
    from geos.wizard.cli.recommend.answer import Sizing
    from geos.wizard.facts import InstanceType
    from geos.wizard.sizing.ranking import Advice
    from geos.wizard.sizing.values import Candidate, Excluded, Memory, Unmeasured


class Verdict(NamedTuple):
    """What became of one type; exactly one of the three is set."""

    name: str
    candidate: Candidate | None = None
    rank: int = 0
    unmeasured: Unmeasured | None = None
    excluded: Excluded | None = None


def verdict_of(advice: Advice, name: str) -> Verdict:
    for rank, c in enumerate(advice.candidates, 1):
        if c.instance_type == name:
            return Verdict(name, candidate=c, rank=rank)
    for u in advice.unmeasured:
        if u.instance_type == name:
            return Verdict(name, unmeasured=u)
    return Verdict(name, excluded=next(e for e in advice.excluded if e.instance_type == name))


def why_not(context: Context, sizing: Sizing) -> Exit:
    name = context.flags.why_not.strip()
    advice = _advice(sizing)
    if name not in advice.catalogue.types:
        raise unknown_type("--why-not", name, advice.catalogue)
    found = verdict_of(advice, name)
    body = {
        "schema": "geos-recommendation-why-not-1",
        "instance_type": name,
        "verdict": "candidate" if found.candidate else "unmeasured" if found.unmeasured else "excluded",
        "rank": found.rank or None,
        "rule": found.excluded.rule if found.excluded else None,
        "reason": _reason(found, advice),
    }
    if not put(context, body, [body]):
        from geos.wizard.ui.views.one_type import why_not as view

        context.ui.show(view(found, body["reason"], sizing.flags()))
    return Exit.OK


def _reason(found: Verdict, advice: Advice) -> str:
    if found.excluded:
        return found.excluded.reason
    if found.unmeasured:
        return found.unmeasured.refused
    assert found.candidate is not None
    return f"it stands {found.rank} of {len(advice.candidates)}: {found.candidate.standing}"


def explain(context: Context, sizing: Sizing) -> Exit:
    """Every figure of one type, with rows and sources."""
    name = context.flags.explain.strip()
    if name not in sizing.catalogue.types:
        raise unknown_type("--explain", name, sizing.catalogue)
    told = opened(sizing, name)
    judge = sizing.judge([told.verdict.candidate] if told.verdict.candidate else [])
    body = _opened_as_data(told, judge)
    if not put(context, body):
        from geos.wizard.cli.recommend.screens import calibration, notes
        from geos.wizard.ui.views.one_type import explained

        line = calibration(sizing, told.advice, [name])
        told_notes = notes(sizing, told.advice)
        verbose = context.flags.verbose
        context.ui.show(explained(told, judge, line, told_notes, sizing.flags(), verbose=verbose))
    return Exit.OK


class Opened(NamedTuple):
    """One type with all that its figures rest on."""

    kind: InstanceType
    advice: Advice
    """On this type alone, without limits."""
    verdict: Verdict
    limits: str
    """Why it is left out of the question as it was asked; "" when it is not."""
    said: Prediction | None
    factors: Mapping[str, float]
    """Of the steps that widen the band."""
    rows: tuple[Run, ...]
    own_rows: tuple[Run, ...]


def opened(sizing: Sizing, name: str) -> Opened:
    from geos.benchmarks.table import runs_at
    from geos.wizard.measuring.store import own_runs
    from geos.wizard.sizing.ranking import advise

    ask = sizing.ask
    days = ask.days or 1.0
    whole = verdict_of(advise(replace(ask, days=days, instances=(), excluded=()), sizing.catalogue, sizing.fits), name)
    alone = replace(
        ask, days=days, instances=(name,), excluded=(), budget_usd=None, deadline_hours=None, architecture="",
        max_vcpus=0, least_label="",
    )  # fmt: skip
    advice = advise(alone, sizing.catalogue, sizing.fits)
    found = verdict_of(advice, name)
    said = advice.ranked[0].row.said if advice.ranked else None
    rows = found.candidate.rows if found.candidate else found.unmeasured.rows if found.unmeasured else ()
    own = set(found.candidate.own_rows) if found.candidate else set()
    factors = {step: sizing.fits.steps[step].factor for step in said.steps} if said else {}
    return Opened(
        kind=sizing.catalogue.types[name],
        advice=advice,
        verdict=found,
        limits=whole.excluded.reason if whole.excluded and not found.excluded else "",
        said=said,
        factors=factors,
        rows=runs_at(rows),
        own_rows=tuple(run for run in own_runs() if run.row in own) if own else (),
    )


def _opened_as_data(told: Opened, judge: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from geos.wizard.cli.recommend import document

    found = told.verdict
    return {
        "schema": "geos-recommendation-explain-1",
        "instance_type": found.name,
        "facts": asdict(told.kind),
        "candidate": document.candidate(told.advice, found.candidate, judge) if found.candidate else None,
        "unmeasured": document.unmeasured(found.unmeasured) if found.unmeasured else None,
        "excluded": found.excluded._asdict() if found.excluded else None,
        "left_out_as_asked": told.limits or None,
        "band_factors": dict(told.factors),
        "rows": [asdict(run) for run in (*told.rows, *told.own_rows)],
    }


# --- one type, every grid --------------------------------------------------------------------


class OfGrid(NamedTuple):
    """One type with one grid, full chemistry."""

    model: str
    grid: str
    cores: int
    said: Prediction | None
    usd_per_day: Mapping[str, Band | None]
    """By purchase option."""
    memory: Memory | None
    why_not: str


def every_grid(context: Context, sizing: Sizing) -> Exit:
    """`--instance c7i.16xlarge` alone."""
    check_types(sizing.ask, sizing.catalogue)
    names = [name for name in sizing.ask.instances if name in sizing.catalogue.types]
    if len(names) != 1:
        raise MissingWords(
            "the question is not complete: --grid is missing, and --days. One type alone, such as "
            "--instance c7i.16xlarge, is told about for every grid.",
            hint="geos-recommend --grid 4x5 --days 365 --instance 'c7i.*'",
        )
    found = grids_of(sizing, names[0])
    rows = [_grid_as_data(one) for one in found]
    body = {"schema": "geos-recommendation-grids-1", "instance_type": names[0], "grids": rows}
    if not put(context, body, rows):
        from geos.wizard.ui.views.one_type import every_grid as view

        kind = sizing.catalogue.types[names[0]]
        place = sizing.catalogue.places("any").get(names[0])
        context.ui.show(view(kind, place, found, sizing.remarks))
    return Exit.OK


def grids_of(sizing: Sizing, name: str) -> list[OfGrid]:
    from geos.benchmarks.configurations import MODELS, grids

    return [_of_grid(sizing, name, model, grid) for model in MODELS for grid in grids(model)]


def _of_grid(sizing: Sizing, name: str, model: str, grid: str) -> OfGrid:
    from geos.benchmarks.memory import memory_need
    from geos.wizard.sizing.memory import node_memory
    from geos.wizard.sizing.ranking import advise

    kind = sizing.catalogue.types[name]
    ask = replace(sizing.ask, model=model, grid=grid, simulation="fullchem", days=1.0, nodes=0, instances=(name,))
    advice = advise(ask, sizing.catalogue, sizing.fits)
    best = advice.best
    memory = node_memory(ask, kind.memory_gib, 1, memory_need(model, grid))
    if best is not None:
        said = advice.ranked[0].row.said
        return OfGrid(
            model, grid, best.physical_cores, said, {"spot": best.spot_usd, "on-demand": best.on_demand_usd}, memory, ""
        )
    found = verdict_of(advice, name)
    why = found.unmeasured.refused if found.unmeasured else found.excluded.reason if found.excluded else ""
    return OfGrid(model, grid, 0, None, {}, memory, why)


def _grid_as_data(one: OfGrid) -> dict[str, Any]:
    from geos.wizard.cli.recommend import document

    return {
        "model": one.model,
        "grid": one.grid,
        "physical_cores": one.cores or None,
        "label": one.said.label if one.said else "NO PUBLISHED FIGURE",
        "sim_days_per_day": document.band(one.said.sim_days_per_day) if one.said else None,
        "cost_usd_per_sim_day": {
            "on_demand": document.band(one.usd_per_day.get("on-demand")),
            "spot": document.band(one.usd_per_day.get("spot")),
        },
        "memory_gib": document.memory(one.memory) if one.memory else None,
        "why": one.said.why if one.said else one.why_not,
    }


def _advice(sizing: Sizing) -> Advice:
    return sizing.advice if sizing.ask.days else sizing.of_a_day()

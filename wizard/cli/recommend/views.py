"""Views beside the ranking: scaling with cores, arm64 beside x86_64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geos.wizard.cli.recommend.structured import put
from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.cli.recommend.answer import Sizing
    from geos.wizard.sizing.scaling import Curve
    from geos.wizard.ui.plots import Figure

_FAMILIES = 3


def scaling(context: Context, sizing: Sizing) -> Exit:
    from geos.wizard.cli.recommend.document import band
    from geos.wizard.sizing.scaling import efficiencies

    curves = family_curves(sizing)
    rows = [
        {
            "machine": curve.name,
            "physical_cores": e.point.cores,
            "sim_days_per_day": band(e.point.sim_days_per_day),
            "speed_up": round(e.speed_up, 4),
            "efficiency": round(e.share, 4),
            "measured": e.point.measured,
            "why": e.point.detail,
        }
        for curve in curves
        for e in efficiencies(curve)
    ]
    if not put(context, {"schema": "geos-recommendation-scaling-1", "points": rows}, rows):
        from geos.wizard.ui.views.scaling import scaling as view

        context.ui.show(view(sizing.ask, curves, sizing.flags()))
    _plots(context, sizing)
    return Exit.OK if curves else Exit.SAID_NO


def family_curves(sizing: Sizing) -> list[Curve]:
    """Of the families that stand first, and what was measured on this grid."""
    from geos.wizard.sizing.scaling import family_curve, measured_curves

    advice = sizing.advice if sizing.ask.days else sizing.of_a_day()
    named = (advice.cheapest, advice.best, advice.fastest, *advice.candidates)
    families = list(dict.fromkeys(c.instance_type.partition(".")[0] for c in named if c))[:_FAMILIES]
    found = [family_curve(sizing.ask, name, advice.catalogue, sizing.fits) for name in families]
    return [*(c for c in found if c), *measured_curves(sizing.ask, sizing.fits)]


def figures_of(sizing: Sizing) -> list[Figure]:
    from geos.wizard.sizing.sentences import setup_words
    from geos.wizard.ui.plots import figures

    curves = family_curves(sizing)
    return list(figures.scaling(curves, setup_words(sizing.ask))) if curves else []


def _plots(context: Context, sizing: Sizing) -> None:
    from geos.wizard.cli.recommend.pictures import draw

    draw(context, lambda: figures_of(sizing))


def compare_arch(context: Context, sizing: Sizing) -> Exit:
    from dataclasses import replace

    from geos.wizard.sizing.architectures import break_evens, sides

    ask = sizing.ask if sizing.ask.days else replace(sizing.ask, days=1.0, budget_usd=None, deadline_hours=None)
    found = sides(ask, sizing.catalogue, sizing.fits)
    measured = [s.advice.best for s in found if s.advice.best]
    best = min(measured, key=lambda c: c.usd.likely * c.wall_hours.likely, default=None)
    others = tuple(u for s in found for u in s.advice.unmeasured)
    pays = break_evens(best, ask.days * ask.runs, others, most=12) if best else ()
    rows: list[dict[str, Any]] = [
        {
            "instance_type": one.found.instance_type,
            "architecture": one.found.architecture,
            "physical_cores": one.found.physical_cores,
            "usd_per_core_hour": one.found.usd_per_core_hour,
            "memory_read_gb_per_second": one.found.read_gb_per_second,
            "pays_from_sim_days_per_day": one.days_per_day,
            "pays_from_share_of_a_core": one.per_core,
        }
        for one in pays
    ]
    body = {
        "schema": "geos-recommendation-architectures-1",
        "architectures": [
            {
                "architecture": s.architecture,
                "types": s.types,
                "with_a_figure": len({c.instance_type for c in s.advice.candidates}),
                "best": s.advice.best.instance_type if s.advice.best else None,
            }
            for s in found
        ],
        "best": best.instance_type if best else None,
        "unmeasured": rows,
    }
    if not put(context, body, rows):
        from geos.wizard.cli.recommend.screens import calibration
        from geos.wizard.ui.views.scaling import architectures

        arm = next(s for s in found if s.architecture == "arm64")
        context.ui.show(architectures(ask, found, best, pays, calibration(sizing, arm.advice), sizing.flags()))
    return Exit.OK

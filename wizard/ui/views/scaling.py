"""Speed by cores, and one architecture beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geos.wizard.sizing.scaling import efficiencies
from geos.wizard.sizing.sentences import band, figure, setup_words, span, usd
from geos.wizard.sizing.values import Ask, Candidate
from geos.wizard.ui.light import BOLD, Part, Screen, answer, group, indented, next_step, remark, screen, table
from geos.wizard.ui.wording import QUIET

if TYPE_CHECKING:
    from geos.wizard.sizing.architectures import BreakEven, Side
    from geos.wizard.sizing.scaling import Curve

_GOOD = 0.5
"""Below half of a core's work, further cores are mostly paid for nothing."""


def scaling(ask: Ask, curves: Sequence[Curve], flags: str) -> Screen:
    return screen(
        answer(_scaling_headline(ask, curves)),
        *(_curve(curve) for curve in curves if len(curve.points) > 1),
        _singly([curve for curve in curves if len(curve.points) == 1]),
        remark("Efficiency: the work of a core, beside that of a core where fewest are used; start-up left out."),
        next_step((f"geos-recommend {flags}--scaling --plot".replace("  ", " "), "the same as a picture")),
    )


def _scaling_headline(ask: Ask, curves: Sequence[Curve]) -> str:
    if not curves:
        return f"Nobody has published how {setup_words(ask)} scales with cores."
    first = efficiencies(curves[0])
    good = [e for e in first if e.share >= _GOOD]
    last = good[-1] if good else first[0]
    return (
        f"{setup_words(ask)} on {curves[0].name}: cores do at least half of their work up to {last.point.cores}, "
        f"{figure(last.speed_up)} times as fast as on {first[0].point.cores}."
    )


def _curve(curve: Curve) -> Part:
    rows = [
        (
            str(e.point.cores),
            band(e.point.sim_days_per_day)
            if e.point.sim_days_per_day.width > 1
            else figure(e.point.sim_days_per_day.likely),
            f"{e.speed_up:.2f}",
            f"{e.share:.0%}",
            "measured" if e.point.measured else "",
        )
        for e in efficiencies(curve)
    ]
    return group(
        indented(curve.name, style=BOLD),
        table(("cores", "days/day", "speed-up", "efficiency", ""), rows, right=(0, 1, 2, 3), indent=4, gap=2),
    )


def _singly(curves: Sequence[Curve]) -> Part | None:
    """What was measured on one number of cores says nothing of scaling, but shows where the curves should pass."""
    if not curves:
        return None
    rows = [(c.name, str(c.points[0].cores), figure(c.points[0].sim_days_per_day.likely)) for c in curves]
    return group(
        indented("measured, on one number of cores each", style=BOLD),
        table(("machine", "cores", "days/day"), rows, right=(1, 2), indent=4, gap=2),
    )


def architectures(
    ask: Ask,
    found: Sequence[Side],
    best: Candidate | None,
    pays: Sequence[BreakEven],
    calibrate: tuple[str, str],
    flags: str,
) -> Screen:
    return screen(
        answer(_architectures_headline(ask, found)),
        _sides(found),
        _pays(best, pays) if best and pays else None,
        *(remark(reason) for reason in _reasons(found)),
        next_step(
            *((calibrate,) if calibrate[0] else ()),
            (f"geos-recommend {flags}--arch arm64", "all that is known of arm64"),
        ),
    )


def _architectures_headline(ask: Ask, found: Sequence[Side]) -> str:
    known = [s.architecture for s in found if s.advice.ranked]
    unknown = [s.architecture for s in found if not s.advice.ranked]
    if not known:
        return f"Nobody has published a usable speed of {setup_words(ask)} on either architecture."
    if unknown:
        return (
            f"{setup_words(ask)}: {known[0]} has figures, {unknown[0]} has none that can be trusted; "
            "one day on it settles that."
        )
    return f"{setup_words(ask)}: both architectures have figures."


def _sides(found: Sequence[Side]) -> Part:
    rows = []
    for side in found:
        best, cheap = side.advice.best, side.advice.unmeasured[:1]
        rows.append(
            (
                side.architecture,
                str(side.types),
                str(len({c.row.kind.name for c in side.advice.ranked})),
                f"{best.instance_type}, {span(best.wall_hours.likely)}, {usd(best.usd.likely)}" if best else "-",
                f"{cheap[0].instance_type}, {cheap[0].usd_per_core_hour:.3f}"
                if cheap and cheap[0].usd_per_core_hour
                else "-",
            )
        )
    headings = ("", "types", "with a figure", "best of those", "cheapest other, USD/core-h")
    return table(headings, rows, right=(1, 2), gap=2)


def _pays(best: Candidate, pays: Sequence[BreakEven]) -> Part:
    rows = [
        (
            p.found.instance_type,
            p.found.architecture,
            str(p.found.physical_cores),
            "?" if p.found.usd_per_core_hour is None else f"{p.found.usd_per_core_hour:.3f}",
            "-" if p.found.read_gb_per_second is None else figure(p.found.read_gb_per_second / p.found.physical_cores),
            "?" if p.days_per_day is None else figure(p.days_per_day),
            "?" if p.per_core is None else f"{p.per_core:.2f}",
        )
        for p in pays
    ]
    title = (
        f"From which speed on they cost less than {best.instance_type} "
        f"({figure(best.sim_days_per_day.likely)} days/day on {best.physical_cores} cores)"
    )
    headings = ("instance", "", "cores", "USD/core-h", "GB/s a core", "days/day", "of its core")
    return group(indented(title, style=QUIET), table(headings, rows, right=(2, 3, 4, 5, 6), gap=2))


def _reasons(found: Sequence[Side]) -> list[str]:
    told = dict.fromkeys(u.refused for s in found for u in s.advice.unmeasured)
    return [
        f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith((')', '.')) else '.'}" for reason in list(told)[:3]
    ]

"""What stands around the figures of an answer: notes, ages, the line that would settle what is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from geos.wizard.sizing.values import Ask

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.cli.recommend.answer import Sizing
    from geos.wizard.sizing.data import Data
    from geos.wizard.sizing.ensembles import Packing
    from geos.wizard.sizing.inverse import Reach
    from geos.wizard.sizing.ranking import Advice
    from geos.wizard.sizing.values import Candidate, Quota, Unmeasured
    from geos.wizard.ui.light import Part

    Judge = Callable[[Candidate], Quota]

_TRIALS = 2
"""Types in the calibration line: a maker is opened up by two of its types."""


def show(context: Context, sizing: Sizing, sentence: str, judge: Judge, data: Data, top: int) -> None:
    from geos.wizard.ui.views.sizing import Screen, recommendation

    advice = sizing.advice
    line, price = calibration(sizing, advice)
    context.ui.show(
        recommendation(
            advice,
            judge,
            data,
            Screen(
                sentence,
                top=top,
                verbose=context.flags.verbose,
                flags=sizing.flags(),
                calibrate=line,
                calibrate_price=price,
                notes=notes(sizing, advice),
                extra=_ensemble(sizing, advice),
            ),
        )
    )


def _ensemble(sizing: Sizing, advice: Advice) -> tuple[Part, ...]:
    """For several runs: many small machines beside few large ones."""
    found = packings_of(sizing, advice)
    if not found:
        return ()
    from geos.wizard.ui.views.ensembles import ensemble

    return (ensemble(sizing.ask, found),)


def packings_of(sizing: Sizing, advice: Advice) -> tuple[Packing, ...]:
    from geos.benchmarks.configurations import GCCLASSIC

    if sizing.ask.runs == 1 or advice.best is None or sizing.ask.model != GCCLASSIC:
        return ()
    from geos.wizard.sizing.ensembles import packings

    return packings(sizing.ask, advice.best.instance_type.partition(".")[0], advice.catalogue, sizing.fits)


def show_reach(context: Context, sizing: Sizing, found: Sequence[Reach], sentence: str, judge: Judge, top: int) -> None:
    from geos.wizard.ui.views.reach import reach

    most = None if context.flags.verbose else top
    context.ui.show(reach(sizing.ask, found[:most], sentence, judge, notes(sizing, sizing.of_a_day()), sizing.flags()))


def notes(sizing: Sizing, advice: Advice) -> tuple[str, ...]:
    """What was taken for granted, and how old the prices are."""
    from geos.wizard.market.ages import is_old

    told = [f"{remark[:1].upper()}{remark[1:]}." for remark in sizing.remarks]
    when = advice.prices_date
    if when:
        sign = "! " if is_old(when) else ""
        told.append(f"{sign}Prices of {when}{_age(when)}; geos-recommend refresh reads today's.")
    return tuple(told)


def _age(when: str) -> str:
    months = (datetime.now(UTC).date() - date.fromisoformat(when)).days // 30
    return f", {months} months old" if months > 2 else ""


def calibration(sizing: Sizing, advice: Advice, names: Sequence[str] = ()) -> tuple[str, str]:
    """The line that settles those types, else the cheapest unmeasured ones, and what it costs; empty without any."""
    from geos.wizard.errors import CannotCalibrate
    from geos.wizard.facts import Price
    from geos.wizard.measuring.calibration import plan_trials
    from geos.wizard.sizing.sentences import figure
    from geos.wizard.sizing.setup import question

    asked = [u for u in advice.unmeasured if u.instance_type in names] if names else advice.unmeasured
    picked = _worth_trying(asked, advice)
    if not picked:
        return "", ""
    prices = {
        u.instance_type: Price(u.instance_type, u.region, u.on_demand_usd_per_hour, u.spot_usd_per_hour, "", "", "")
        for u in picked
    }
    kinds = [advice.catalogue.types[u.instance_type] for u in picked]
    line = _calibrate_line(sizing.ask, picked)
    try:
        trials = plan_trials(question(sizing.ask), kinds, sizing.fits, prices.get)
    except CannotCalibrate:
        return line, "one day on it settles more than any table"
    likely, most = sum(t.usd_likely or 0.0 for t in trials), sum(t.usd_at_most or 0.0 for t in trials)
    each = "each" if len(picked) > 1 else "it"
    return line, f"one day on {each}: perhaps {figure(likely)} USD, at most {figure(most)}"


def _worth_trying(found: Sequence[Unmeasured], advice: Advice) -> list[Unmeasured]:
    """The cheapest, and the cheapest of another CPU generation of the same maker: two open the maker up."""
    picked: list[Unmeasured] = []
    for one in found:
        machine = advice.catalogue.machines[one.instance_type]
        others = [advice.catalogue.machines[u.instance_type] for u in picked]
        if all(machine.kin == o.kin and machine.generation != o.generation for o in others):
            picked.append(one)
        if len(picked) == _TRIALS:
            break
    return picked


def _calibrate_line(ask: Ask, picked: Sequence[Unmeasured]) -> str:
    usual = Ask()
    named = {"model": (ask.model, usual.model), "simulation": (ask.simulation, usual.simulation)}
    named |= {"grid": (ask.grid, usual.grid), "model-version": (ask.version, ""), "region": (picked[0].region, "")}
    flags = "".join(f"--{flag} {word} " for flag, (word, otherwise) in named.items() if word not in ("", otherwise))
    return f"geos-recommend calibrate {flags}--instance {','.join(u.instance_type for u in picked)}"

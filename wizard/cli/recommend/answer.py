"""geos-recommend without a verb: which instance type, how long, for how much, and how sure.

Offline by default: shipped tables, the cache of live data where there is one, and own runs. The account is asked for
its quotas where there are credentials; without, the documented defaults of a new account serve.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.cli.recommend.question import Heard, heard
from geos.wizard.errors import AccessError, Exit, MissingWords

if TYPE_CHECKING:
    from geos.benchmarks.fits import Fits
    from geos.wizard.cli.context import Context
    from geos.wizard.market.cache import Market
    from geos.wizard.sizing.catalogue import Catalogue
    from geos.wizard.sizing.ranking import Advice
    from geos.wizard.sizing.values import Ask, Candidate, Quota
    from geos.wizard.ui.plots import Figure


def run(context: Context) -> Exit:
    if context.flags.save_plot:
        from geos.wizard.ui.plots import check_suffix

        check_suffix(Path(context.flags.save_plot))
    told = heard(context)
    if told.missing == ("grid", "days") and told.ask.instances and not told.ask.days:
        from geos.wizard.cli.recommend.one_type import every_grid

        return every_grid(context, Sizing(context, told))
    if told.missing:
        told = _asked(context, told)
    return _view(context)(Sizing(context, told))


def _asked(context: Context, told: Heard) -> Heard:
    """The rest by questions, where somebody can answer."""
    if context.ui.interactive:
        from geos.wizard.cli.recommend.asking import ask_for

        return ask_for(context, told)
    words = {"grid": "--grid", "days": "--days (or --start and --end, or --budget or --deadline alone)"}
    raise MissingWords(
        f"the question is not complete: {' and '.join(words[name] for name in told.missing)} "
        f"{'are' if len(told.missing) > 1 else 'is'} missing.",
        hint="geos-recommend --model gcclassic --grid 4x5 --days 365",
    )


def _view(context: Context) -> Callable[[Sizing], Exit]:
    """What of the answer is wanted."""
    flags = context.flags
    if flags.watch_price:
        return partial(_watch, context)
    if flags.explain or flags.why_not:
        from geos.wizard.cli.recommend import one_type

        return partial(one_type.explain if flags.explain else one_type.why_not, context)
    if flags.compare_arch or flags.scaling:
        from geos.wizard.cli.recommend import views

        return partial(views.compare_arch if flags.compare_arch else views.scaling, context)
    return partial(_recommend, context)


class Sizing:
    """A question with all that it is answered from; each part is read when it is first needed."""

    def __init__(self, context: Context, told: Heard) -> None:
        self._context = context
        self.ask: Ask = told.ask
        self.remarks = list(told.remarks)

    @cached_property
    def fits(self) -> Fits:
        """The shipped ones, with own runs where there are any."""
        from geos.wizard.paths import data_dir

        if not any(data_dir().glob("*.csv")):  # nothing to be read, nothing to be imported for it
            from geos.benchmarks.fits import load_fits

            return load_fits()
        from geos.wizard.measuring.store import own_fits

        return own_fits()

    @cached_property
    def catalogue(self) -> Catalogue:
        from geos.wizard.sizing.catalogue import shipped, with_live

        found, market = shipped(self.ask.regions), self._market()
        return with_live(found, market) if market else found

    def _market(self) -> Market | None:
        """Live data: read now with --live, else what was read before."""
        from geos.wizard.paths import cache_dir

        if self._context.flags.live:
            from geos.wizard.cli.recommend.refresh import refresh

            try:
                return refresh(self._context, self.ask.regions)[1]
            except AccessError as e:
                self.remarks.append(f"nothing live could be read ({e.message.splitlines()[0].rstrip('.')})")
        if self._context.flags.offline or not any(cache_dir().glob("market*.txt")):
            return None
        from geos.wizard.cli.recommend.live import cached_market

        return cached_market(self._context)

    @cached_property
    def advice(self) -> Advice:
        from geos.wizard.cli.recommend.question import check_types
        from geos.wizard.sizing.ranking import advise

        check_types(self.ask, self.catalogue)
        return advise(self.ask, self.catalogue, self.fits)

    def of_a_day(self) -> Advice:
        """The advice for one day without limits: what the question from behind is answered on."""
        from dataclasses import replace

        from geos.wizard.cli.recommend.question import check_types
        from geos.wizard.sizing.ranking import advise

        check_types(self.ask, self.catalogue)
        return advise(replace(self.ask, days=1.0, budget_usd=None, deadline_hours=None), self.catalogue, self.fits)

    def judge(self, candidates: list[Candidate]) -> Callable[[Candidate], Quota]:
        """The quota verdict of a candidate; the account is asked about these ones only."""
        from geos.wizard.cli.recommend.account import quotas
        from geos.wizard.sizing.quota import judged

        known, failed = quotas(self._context, candidates)
        if failed:
            self.remarks.append(f"your quotas could not be asked for ({failed}); documented defaults serve")
        return partial(judged, known=known)

    def flags(self) -> str:
        """That ask the same question again."""
        from geos.wizard.cli.recommend.question import as_flags

        return as_flags(self._context.flags, self.ask)


def _recommend(context: Context, sizing: Sizing) -> Exit:
    if not sizing.ask.days:
        return _how_much(context, sizing)
    from geos.wizard.cli.recommend.pictures import draw
    from geos.wizard.sizing.data import data_of
    from geos.wizard.sizing.sentences import advice_sentence

    advice = sizing.advice
    top = _top(context)
    first = list(advice.first(top)) or ([advice.closest] if advice.closest else [])
    judge = sizing.judge(first)
    gbps = advice.catalogue.types[first[0].instance_type].network_gbps if first else 0.0
    data, sentence = data_of(sizing.ask, gbps), advice_sentence(advice)
    if context.flags.output != "table":
        from geos.wizard.cli.recommend.document import as_rows, document
        from geos.wizard.cli.recommend.screens import packings_of
        from geos.wizard.cli.recommend.structured import put

        several = packings_of(sizing, advice)
        body = document(advice, sentence, judge, data, packings=several, remarks=sizing.remarks)
        put(context, body, as_rows(body["candidates"]))
    else:
        from geos.wizard.cli.recommend.screens import show

        show(context, sizing, sentence, judge, data, top)
    draw(context, lambda: _figures(advice, sizing))
    return Exit.OK if advice.ranked or (advice.unmeasured and not advice.missed) else Exit.SAID_NO


def _figures(advice: Advice, sizing: Sizing) -> list[Figure]:
    if not advice.candidates:
        return []
    from geos.wizard.cli.recommend.views import figures_of
    from geos.wizard.ui.plots import figures

    return [figures.time_against_cost(advice), *figures_of(sizing)]


def _how_much(context: Context, sizing: Sizing) -> Exit:
    from geos.wizard.sizing.inverse import how_much
    from geos.wizard.sizing.sentences import reach_sentence

    advice = sizing.of_a_day()
    found = how_much(sizing.ask, advice.catalogue, sizing.fits)
    judge = sizing.judge([r.candidate for r in found[:1]])
    sentence = reach_sentence(sizing.ask, found)
    if context.flags.output != "table":
        from geos.wizard.cli.recommend.document import as_rows, reaches
        from geos.wizard.cli.recommend.structured import put

        body = reaches(advice, found, sentence, judge)
        put(context, body, as_rows(body["candidates"]))
    else:
        from geos.wizard.cli.recommend.screens import show_reach

        show_reach(context, sizing, found, sentence, judge, _top(context))
    return Exit.OK if found else Exit.SAID_NO


def _top(context: Context) -> int:
    from geos.wizard.cli.recommend.told import whole

    return whole(context.flags, "top") or 10


def _watch(context: Context, sizing: Sizing) -> Exit:
    from geos.wizard.cli.recommend.watch import watch_prices

    first = list(dict.fromkeys(c.instance_type for c in sizing.advice.candidates))[: _top(context)]
    types = first or [u.instance_type for u in sizing.advice.unmeasured[: _top(context)]]
    return watch_prices(context, types, sizing.ask.regions)

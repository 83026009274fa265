"""--watch-price: Spot prices of the types in question as they stand, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.market.watching import Look


def watch_prices(
    context: Context, types: Sequence[str], regions: Sequence[str], *, wait: Callable[[], object] | None = None
) -> Exit:
    """Redrawn in a terminal, a line for each type and look without one; with -o json the first look, once."""
    from geos.wizard.cli.recommend.live import cached_market, is_simulated, price_in
    from geos.wizard.market.watching import EVERY_SECONDS, watch
    from geos.wizard.ui.views.market import spot_lines, spot_prices
    from geos.wizard.waiting import pause

    market = cached_market(context)

    def on_demand(name: str, region: str) -> float | None:
        found = price_in(market, name, region)
        return found.on_demand_usd_per_hour if found else None

    aws = context.make_aws(context.target_in(regions[0], context.flags.profile))
    looks = watch(aws, types, regions, on_demand, wait or partial(pause, EVERY_SECONDS))
    with context.ui.waiting("reading Spot prices"):
        first = next(looks)
    if context.flags.output != "table":
        return _once(context, first)
    drawn = partial(spot_prices, simulated=is_simulated(context), every_seconds=EVERY_SECONDS)
    look = first
    try:
        with context.ui.live() as live:
            while True:
                live.show(drawn(look), line="\n".join(spot_lines(look)))
                look = next(looks)
    except KeyboardInterrupt:
        context.ui.show(drawn(look))  # what was drawn last stays
    return Exit.OK


def _once(context: Context, look: Look) -> Exit:
    from geos.wizard.cli.recommend.structured import put

    rows = [
        {
            "instance_type": quote.instance_type,
            "region": quote.region,
            "zone": quote.zone,
            "spot_usd_per_hour": quote.usd,
            "spot_usd_per_hour_dearest_zone": quote.usd_highest_zone,
            "on_demand_usd_per_hour": quote.on_demand_usd,
        }
        for quote in look.quotes
    ]
    put(context, {"schema": "geos-spot-1", "at": look.moment, "quotes": rows, "failed": dict(look.failed)}, rows)
    return Exit.OK if not look.failed else Exit.FAILED

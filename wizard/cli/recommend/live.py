"""The cache of live data as the verbs see it: damaged or missing, the shipped tables serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.errors import BadCache

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.facts import Price
    from geos.wizard.market.cache import Market


def is_simulated(context: Context) -> bool:
    """Whether what is read comes from a simulated account, whose figures must not be mixed with AWS's."""
    import os

    return bool(context.flags.sandbox or os.environ.get("AWS_ENDPOINT_URL"))


def cached_market(context: Context) -> Market | None:
    """What was read before; a damaged cache is told once and passed over."""
    from geos.wizard.market.cache import load_market

    try:
        return load_market(simulated=is_simulated(context))
    except BadCache as e:
        context.ui.say(f"! {e.message} {e.hint}")
        return None


def price_in(market: Market | None, name: str, region: str) -> Price | None:
    """Live where it was read, else of the shipped table."""
    from geos.wizard.market.snapshot import overlaid
    from geos.wizard.tables.prices import price

    return overlaid(price(name, region), market.region(region) if market else None, name)


def regions_named(context: Context) -> list[str]:
    """--region, else the region that everything else speaks of."""
    import os

    given = context.flags.region or os.environ.get("AWS_REGION") or context.given.first("region") or "us-east-1"
    return list(dict.fromkeys(name.strip() for name in str(given).split(",") if name.strip()))

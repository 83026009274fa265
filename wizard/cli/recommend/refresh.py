"""refresh: read instance types, offers, prices and placement scores from AWS into the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.errors import BadCache, Exit, NothingRead, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geos.wizard.aws import Aws
    from geos.wizard.cli.context import Context
    from geos.wizard.market.cache import Market
    from geos.wizard.market.refresh import Step
    from geos.wizard.market.snapshot import Reading
    from geos.wizard.ui import Live

ALL = "all"


def run(context: Context) -> Exit:
    from geos.wizard.cli.recommend.live import is_simulated, regions_named
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.market.cache import FORMAT, market_file
    from geos.wizard.ui.views.market import figures_of, refreshed

    readings, market = refresh(context, regions_named(context))
    path = market_file(simulated=is_simulated(context))
    regions = {r.market.region: market.region(r.market.region) for r in readings}
    body = {
        "schema": FORMAT,
        "simulated": is_simulated(context),
        "cache": str(path),
        "regions": {
            r.market.region: {
                "read": {f: {"count": figures_of(r)[f], "at": moment} for f, moment in r.market.read_at.items()},
                "failed": dict(r.failed),
            }
            for r in readings
        },
    }
    if not put(context, body):
        kept = {name: found for name, found in regions.items() if found}
        context.ui.show(refreshed(readings, kept, path, simulated=is_simulated(context)))
    return Exit.FAILED if any(r.failed for r in readings) else Exit.OK


def refresh(context: Context, names: Sequence[str]) -> tuple[tuple[Reading, ...], Market]:
    """Read and write; what the cache holds then. Raises NothingRead when no figure came; the old cache then stays.

    `--live` of the main question calls this too.
    """
    from geos.wizard.cli.recommend.live import is_simulated
    from geos.wizard.market.cache import load_market, with_readings, write_market
    from geos.wizard.market.refresh import read_market
    from geos.wizard.market.snapshot import FIGURES

    simulated = is_simulated(context)
    aws = context.make_aws(context.target_in(_first(names), context.flags.profile))
    regions = _regions(context, aws, names)
    for service in ("ec2", "pricing"):
        aws.door.client(service)  # made before the threads, which would wait for each other
    watcher = _Watcher(len(FIGURES))
    with context.ui.live() as live:
        readings = read_market(aws, regions, tell=lambda step: watcher.see(step, live))
    if not any(r.came for r in readings):
        reasons = dict.fromkeys(reason for r in readings for reason in r.failed.values())
        raise NothingRead("\n".join(list(reasons)[:5]), hint="geos-setup check tells what is missing")
    try:
        old = load_market(simulated=simulated)
    except BadCache:
        old = None  # it is written anew
    market = with_readings(old, readings, simulated=simulated)
    write_market(market)
    return readings, market


def _first(names: Sequence[str]) -> str:
    return "us-east-1" if names[0] == ALL else names[0]


def _regions(context: Context, aws: Aws, names: Sequence[str]) -> list[str]:
    """`all`: every region that the account has enabled. Unknown names are refused, with the nearest."""
    from difflib import get_close_matches

    from geos.wizard.tables.regions import regions

    known = [r.code for r in regions() if r.partition == "aws"]
    if list(names) == [ALL]:
        with context.ui.waiting("asking which regions are enabled"):
            return [state.code for state in aws.regions.states() if state.enabled]
    for name in names:
        if name not in {r.code for r in regions()}:
            near = get_close_matches(name, known, n=1)
            meant = f' Did you mean "{near[0]}"?' if near else ""
            raise UsageError(f'there is no region "{name}".{meant}', hint="regions are separated by commas; or all")
    return list(names)


class _Watcher:
    """Remembers the steps: all of them for the region that is redrawn, a plain line once a region is through."""

    def __init__(self, figures: int) -> None:
        self._figures = figures
        self._steps: list[Step] = []

    def see(self, step: Step, live: Live) -> None:
        from geos.wizard.ui.views.market import reading_now, region_line

        self._steps.append(step)
        of_region = [one for one in self._steps if one.region == step.region]
        live.show(reading_now(self._steps), line=region_line(of_region) if len(of_region) == self._figures else "")

"""estimate: what it costs, idle and per run, each line with its formula and where the price is from. Asks nobody."""

from __future__ import annotations

from dataclasses import asdict

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit


def run(context: Context) -> Exit:
    from geos.wizard.study import Study
    from geos.wizard.systems.variants import ways_out
    from geos.wizard.ui.views.estimate import estimate as view

    study = Study(context.offline_design)
    found, ways = study.estimate, ways_out(study.design)
    if context.json:
        month = found.month
        context.ui.data(
            {
                "deployment": study.design.deployment,
                "region": found.region,
                "idle_usd_per_month": found.idle_usd_per_month,
                "fixed_usd_per_month": found.fixed._asdict(),
                "run_usd": found.run._asdict() if found.run else None,
                "runs_per_month": found.runs_per_month,
                "month_usd": month._asdict() if month else None,
                "budget_usd": found.budget_usd,
                "against_budget": found.against_budget,
                "lines": [asdict(line) for line in found.lines],
                "left_out": list(found.left_out),
                "ways_out": [asdict(way) for way in ways],
            }
        )
    else:
        context.ui.show(view(study, ways=ways, verbose=context.flags.verbose, flags=context.plan_flags()))
    return Exit.SAID_NO if found.against_budget == "over" else Exit.OK

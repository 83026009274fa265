"""destroy: show what goes and what it holds, have the name typed, then remove it and prove that nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geos.wizard.cli.context import Context
from geos.wizard.errors import Cancelled, Exit, NeedsConfirmation
from geos.wizard.paths import shown
from geos.wizard.ui import Question

if TYPE_CHECKING:
    from geos.wizard.deployment.destroy import Destroyed, DestroyPlan
    from geos.wizard.deployment.leftovers import Leftover
    from geos.wizard.systems.cost_lines import CostLine


def run(context: Context) -> Exit:
    from geos.wizard.cli.watching import ScreenWatcher
    from geos.wizard.deployment.destroy import DestroyOptions, destroy, look_at
    from geos.wizard.systems.leftover_costs import monthly_cost_of_leftover
    from geos.wizard.ui.views import destroy as view

    found = context.found
    keep_data = context.flags.keep_data
    aws = context.aws_of(found)
    with context.ui.waiting("looking at what there is"):
        plan = look_at(aws, found.deployment, found.record, aws.identity.caller().account_id)
    if not context.json:
        context.ui.show(view.to_go(plan, keep_data=keep_data, verbose=context.flags.verbose))
    _agree(context, plan)
    options = DestroyOptions(keep_data=keep_data, break_lock=context.flags.break_lock)
    log = shown(context.log) if context.log else ""
    with ScreenWatcher(context.ui, log=log, region=plan.region, flags=context.account_flags()) as watcher:
        done = destroy(plan, aws, watcher, context.records, options)
    costs = {f.arn: monthly_cost_of_leftover(f.arn, f.region) for f in (*done.leftovers, *done.staying)}
    if context.json:
        context.ui.data(as_data(done, costs))
    else:
        context.ui.show(view.gone(done, costs=costs, flags=context.account_flags()))
    done.require()
    return Exit.OK


def _agree(context: Context, plan: DestroyPlan) -> None:
    if context.flags.yes:
        return
    if not context.ui.interactive:
        raise NeedsConfirmation(
            f"nobody is there to agree to removing {plan.deployment}.", hint="run it in a terminal, or add --yes"
        )
    typed = context.ui.ask(
        Question(
            "name",
            f"Type {plan.deployment} to remove it",
            "This cannot be undone. What the stacks hold is deleted with them; --keep-data leaves buckets and tables.",
        )
    )
    if typed != plan.deployment:
        raise Cancelled("That is another name; nothing was removed.")


def as_data(done: Destroyed, costs: Mapping[str, CostLine]) -> dict[str, object]:
    def told(found: Leftover) -> dict[str, object]:
        return {"service": found.service, "name": found.name, "monthly_usd": costs[found.arn].likely}

    return {
        "deployment": done.deployment,
        "region": done.region,
        "seconds": round(done.seconds, 3),
        "resources_removed": done.resources_gone,
        "kept": [{"type": r.type, "id": r.physical_id} for r in done.kept],
        "keys_deleted_later": [{"key": key, "date": date} for key, date in done.keys],
        "staying": [told(f) for f in done.staying],
        "leftovers": [told(f) for f in done.leftovers],
        "bootstrap_removed": done.bootstrap_removed,
    }

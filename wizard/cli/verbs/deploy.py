"""deploy: show what will happen and what it costs, ask once, then carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.cli.context import Context
from geos.wizard.cli.verbs import check as checking
from geos.wizard.cli.verbs import plan as planning
from geos.wizard.errors import Cancelled, CannotWork, Exit
from geos.wizard.paths import shown

if TYPE_CHECKING:
    from geos.wizard.deployment.apply import Deployed
    from geos.wizard.deployment.plan import Plan


def run(context: Context) -> Exit:
    if context.flags.plan:
        return planning.run(context)
    plan = planning.make(context)
    planning.write_files(context)
    if not plan.changes_nothing:
        _look_over(context, plan)
    if not plan.changes_nothing and not context.ui.confirm(
        f"Go ahead with {plan.deployment} in {plan.region}?", default=False
    ):
        raise Cancelled("Nothing was changed.")
    deployed = carry_out(context, plan)
    report(context, deployed)
    return Exit.OK


def _look_over(context: Context, plan: Plan) -> None:
    """Show what will change, what it costs, and all that could stop it or its jobs. Raises CannotWork."""
    from rich.console import Group

    from geos.wizard.guide.look_over import review_of
    from geos.wizard.ui.views.check import files

    looked = checking.look_over(context)
    found = review_of(looked)
    written = checking.write_policies(context, found)
    if not context.json:
        planning.show(context, plan, Group(planning.costs(looked.study, found.lines), *files(written)))
    if found.blocked:
        raise CannotWork(
            f"{plan.deployment} cannot work in {plan.region}: {found.blocked}.",
            hint=f"geos-setup {context.plan_flags()}check --regions all shows the others; nothing was created",
        )


def carry_out(context: Context, plan: Plan) -> Deployed:
    """Deploy what was shown and agreed to."""
    from geos.wizard.cli.watching import ScreenWatcher
    from geos.wizard.deployment.apply import Options, deploy
    from geos.wizard.systems.answers_files import answers_text

    options = Options(
        keep=context.flags.keep,
        break_lock=context.flags.break_lock,
        files={"geos.yaml": answers_text(context.settled)},
    )
    agreed = [change for stack in plan.stacks for change in stack.changes]
    log = shown(context.log) if context.log else ""
    with ScreenWatcher(context.ui, agreed=agreed, log=log, region=plan.region, flags=context.plan_flags()) as watcher:
        return deploy(plan, context.aws, watcher, context.records, options)


def report(context: Context, deployed: Deployed) -> None:
    if context.json:
        context.ui.data(
            {
                "deployment": deployed.deployment,
                "region": deployed.region,
                "changed": deployed.changed,
                "seconds": round(deployed.seconds, 3),
                "simulated_resources": deployed.simulated,
                "stacks": [
                    {
                        "layer": s.layer,
                        "stack_name": s.stack_name,
                        "outcome": s.outcome,
                        "resources": s.resources,
                        "simulated": s.simulated,
                    }
                    for s in deployed.stacks
                ],
                "outputs": dict(deployed.outputs),
            }
        )
        return
    from geos.wizard.ui.views.deployed import deployed as view

    context.ui.show(view(deployed, flags=context.account_flags()))

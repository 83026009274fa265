"""plan: what would be created, changed and removed. Writes files beside the user's work; changes nothing in AWS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit
from geos.wizard.paths import out_dir, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geos.wizard.deployment.plan import Plan
    from geos.wizard.guide.parts import ReviewLine
    from geos.wizard.study import Study

ANSWERS = "answers.yaml"
"""Every answer of a deployment, beside its templates; what later verbs go by where no geos.yaml speaks of it."""


def run(context: Context) -> Exit:
    from geos.wizard.guide.look_over import budget
    from geos.wizard.study import Study

    plan = make(context)
    folder = write_files(context)
    linted = _lint(context)
    study = Study(context.design)
    if context.json:
        more = {"files": str(folder), "linted": linted, "estimate": study.estimate.summary()}
        context.ui.data({**plan.to_json(), **more})
        return Exit.OK
    context.ui.say(f"The templates are in {shown(folder)}/; nothing was created.")
    show(
        context,
        plan,
        costs(study, tuple(budget(study))),
        (f"geos-setup {context.plan_flags()}deploy", "creates it, after asking"),
    )
    return Exit.OK


def costs(study: Study, looked_at: Sequence[ReviewLine]) -> RenderableType:
    """What it costs idle and for a run, and a line for each thing that was looked at."""
    from rich.console import Group

    from geos.wizard.guide.look_over import run_usd, run_words
    from geos.wizard.ui.views import review
    from geos.wizard.ui.views.words import answer, indented

    told = review.costs(study.estimate.idle_usd_per_month, run_usd(study), run_words(study))
    return Group(indented(answer(told)), review.lines(looked_at))


def _lint(context: Context) -> bool:
    """Hold the templates against cfn-lint where it is installed; whether it was. Raises RuleBroken."""
    from geos.wizard.errors import RuleBroken
    from geos.wizard.systems.lint import can_lint, lint

    if not can_lint():
        return False
    with context.ui.waiting("cfn-lint", usually_seconds=5.0):
        objections = lint(context.design.stacks)
    if objections:
        raise RuleBroken("\n".join(objections), hint="for a system of your own: correct the template named")
    return True


def make(context: Context) -> Plan:
    """The plan for the answers at hand, checked by our own rules. Raises BadAnswers, NameTaken, RuleBroken …"""
    from geos.wizard.deployment.existing_network import refuse_wrong_network
    from geos.wizard.deployment.names import refuse_taken
    from geos.wizard.deployment.plan import digest_of, look, make_plan
    from geos.wizard.deployment.records import check_target

    design = context.design
    deployment = context.deployment
    record = context.records.read(deployment)
    if record is not None:
        check_target(record, context.target, context.facts.account_id)
    check_rules(context)
    with context.ui.waiting("comparing with what exists"):
        refuse_wrong_network(context.aws, design.values, context.account_flags())
        standing = look(context.aws, design.stacks, deployment)
        plan = make_plan(
            design.stacks,
            standing,
            deployment=deployment,
            system=design.system.name,
            target=context.target,
            account_id=context.facts.account_id,
            answers_digest=digest_of(design.values),
            protect=bool(design.values.get("deletion_protection")),
        )
        refuse_taken(context.aws, plan)
    return plan


def check_rules(context: Context) -> None:
    """Raises RuleBroken for a template that would deploy and then disappoint."""
    from geos.wizard.errors import RuleBroken
    from geos.wizard.systems.rules import broken_rules

    faults = broken_rules(context.design.stacks, context.design.values)
    if faults:
        raise RuleBroken("\n".join(map(str, faults)), hint="geos-setup config show tells where each value came from")


def write_files(context: Context) -> Path:
    """Put the rendered templates where a person can read them; the folder."""
    from geos.wizard.files import write_whole
    from geos.wizard.systems.answers_files import answers_text
    from geos.wizard.systems.artefacts import artefacts

    folder = out_dir() / context.deployment
    write_whole(folder / ANSWERS, answers_text(context.settled))
    for name, text in artefacts(context.design.stacks).items():
        write_whole(folder / name, text, mode=0o644)
    return folder


def show(context: Context, plan: Plan, below: RenderableType, *next_commands: tuple[str, str]) -> None:
    """What would change, `below` it what that comes to."""
    from geos.wizard.ui.views.changes import changes

    context.ui.show(
        changes(
            {stack.layer: stack.changes for stack in plan.stacks if stack.changes},
            deployment=plan.deployment,
            region=plan.region,
            verbose=context.flags.verbose,
            below=below,
            next_commands=next_commands,
        )
    )

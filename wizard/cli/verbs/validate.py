"""validate: read back what was deployed and compare it with what was meant. Changes nothing, but for --job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geos.wizard.cli.context import Context
from geos.wizard.cli.report import with_account
from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from geos.wizard.deployment.images import BuildLine
    from geos.wizard.deployment.records import Record
    from geos.wizard.deployment.validate import Validation
    from geos.wizard.systems.manifest import System


def run(context: Context) -> Exit:
    from geos.wizard.deployment.checks import FAIL
    from geos.wizard.ui.views.standing import validation as view

    found = _validated(context)
    if context.json:
        context.ui.data(found.to_json())
    else:
        context.ui.show(view(found, verbose=context.flags.verbose, flags=context.account_flags()))
    return Exit.FAILED if found.of(FAIL) else Exit.OK


def _validated(context: Context) -> Validation:
    from dataclasses import replace

    from geos.wizard.deployment.probes import probes_of
    from geos.wizard.deployment.validate import validate

    found = context.found
    aws = context.aws_of(found)
    system, values = _system(context, found.record)
    expressions = {**values, "jobs": system.jobs, "system": system.name}
    line = build_line(system, expressions, with_recipe=has_recipe())
    with context.ui.waiting("reading back what was deployed"):
        told = validate(
            aws,
            found.deployment,
            account_id=aws.identity.caller().account_id,
            record=found.record,
            probes=probes_of(system.checks, expressions),
            build_line=line,
        )
    more = _trial(context, aws, found, system, line) if context.flags.job else ()
    findings = [replace(f, fix=with_account(f.fix, context.flags)) for f in (*told.findings, *more)]
    return replace(told, findings=tuple(findings))


def _trial(context: Context, aws: Any, found: Any, system: System, line: BuildLine) -> Any:
    from geos.wizard.cli.watching import ScreenWatcher
    from geos.wizard.deployment.deployed import read_deployed
    from geos.wizard.deployment.trial import run_trials

    command = [str(word) for word in system.jobs.get("test_command", ("true",))]
    with ScreenWatcher(context.ui) as watcher:
        stacks = read_deployed(aws, found.deployment, found.record)
        account_id = aws.identity.caller().account_id
        return run_trials(aws, stacks, command, watcher, account_id=account_id, build_line=line)


def _system(context: Context, record: Record | None) -> tuple[System, Mapping[str, Any]]:
    """The system that was deployed, with its answers: those at hand if they speak of it, else those kept beside it."""
    from geos.wizard.cli.verbs.plan import ANSWERS
    from geos.wizard.systems.answers import settle
    from geos.wizard.systems.answers_files import read_answers
    from geos.wizard.systems.expressions import shipped_facts
    from geos.wizard.systems.manifest import load_system

    if record is None or context.given.deployment == record.deployment:
        return context.given.system, context.given.offline.values
    kept = read_answers(context.records.path(record.deployment).parent / ANSWERS)
    named = kept.given.get("system") if kept else None
    system = load_system(str(named.raw) if named else record.system)
    return system, settle(system.schema, [kept] if kept else [], shipped_facts(record.region)).values


def build_line(system: System, expressions: Mapping[str, Any], *, with_recipe: bool) -> BuildLine:
    """The command that builds the image a job definition waits for; the manifest's is for copies with the recipe."""
    from geos.wizard.deployment.images import build_own
    from geos.wizard.systems.expressions import fill, names_in

    line = str(system.jobs.get("build", ""))
    if not with_recipe or not line or not names_in(line) <= expressions.keys():
        return build_own
    filled = fill(line, expressions)
    return lambda _: filled


def has_recipe() -> bool:
    """Whether this copy of geos can build the systems' own images. Told by the builder's data, because nothing here
    may import the builder."""
    from importlib.resources import files

    return files("geos.builder").joinpath("image", "Dockerfile.j2").is_file()

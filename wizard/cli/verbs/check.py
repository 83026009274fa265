"""check: everything that could stop a plan, or any CloudFormation template, before a thing exists. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.cli.context import Context
from geos.wizard.errors import BadTemplate, Exit, GeosError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geos.wizard.account.foreign import Checked
    from geos.wizard.account.permissions import Permissions
    from geos.wizard.guide.look_over import Looked
    from geos.wizard.guide.parts import Review
    from geos.wizard.systems.derive.regions import RegionFault
    from geos.wizard.systems.rules import Fault


def run(context: Context) -> Exit:
    if context.flags.template:
        return _templates(context)
    if context.flags.regions:
        from geos.wizard.cli.verbs import quotas

        return quotas.run(context)
    return _plan(context)


# --- the plan of the answers -----------------------------------------------------------------


def _plan(context: Context) -> Exit:
    from geos.wizard.guide.look_over import review_of
    from geos.wizard.systems.rules import broken_rules
    from geos.wizard.ui.views.check import plan as view

    faults = broken_rules(context.design.stacks, context.design.values)
    looked = look_over(context)
    code = _exit(looked, faults)
    if context.json:
        context.ui.data(_as_data(looked, faults, code))
    else:
        review = review_of(looked)
        written = write_policies(context, review)
        context.ui.show(
            view(review, looked, faults, written, verbose=context.flags.verbose, flags=context.plan_flags())
        )
    return code


def look_over(context: Context) -> Looked:
    """Everything that could stop the plan of the answers or its jobs. Raises AccessError."""
    from geos.wizard.guide.real import look
    from geos.wizard.study import Study

    with context.ui.waiting("checking identity, permissions and quotas", usually_seconds=6.0):
        return look(context.aws, Study(context.design))


def _exit(looked: Looked, faults: Sequence[Fault]) -> Exit:
    answers = [looked.advice, looked.permissions]
    exits = [Exit.COULD_NOT_CHECK if isinstance(a, GeosError) else a.exit for a in answers]
    lacking = any(f.certain and f.fatal for f in looked.study.faults)
    free_plan = looked.account.plan.kind == "FREE"
    over = looked.study.estimate.against_budget == "over"
    if faults or lacking or free_plan or looked.taken or looked.network or over or Exit.SAID_NO in exits:
        return Exit.SAID_NO
    return Exit.COULD_NOT_CHECK if Exit.COULD_NOT_CHECK in exits else Exit.OK


def write_policies(context: Context, review: Review) -> list[str]:
    """What an administrator should allow, as files; their paths."""
    from geos.wizard.files import write_whole
    from geos.wizard.paths import out_dir, shown

    folder = out_dir() / context.design.deployment
    for name, text in review.policies.items():
        write_whole(folder / name, text, mode=0o644)
    return [shown(folder / name) for name in review.policies]


def _as_data(looked: Looked, faults: Sequence[Fault], code: Exit) -> dict[str, Any]:
    return {
        "deployment": looked.study.design.deployment,
        "region": looked.study.region,
        "verdict": _word(code),
        "identity": {"arn": looked.account.identity.arn, "kind": looked.account.identity.kind},
        "account_plan": looked.account.plan.kind or "unknown",
        "quotas": _quotas(looked.advice),
        "permissions": _permissions(looked.permissions),
        "names_taken": list(looked.taken),
        "network": list(looked.network),
        "region_faults": [_region_fault(f) for f in looked.study.faults],
        "rules": [{"rule": f.rule, "stack": f.stack, "resource": f.logical_id, "message": f.message} for f in faults],
        "estimate": looked.study.estimate.summary(),
    }


# --- any template ----------------------------------------------------------------------------


def _templates(context: Context) -> Exit:
    from geos.wizard.account.foreign import check_templates
    from geos.wizard.cfn.load import load_template
    from geos.wizard.ui.views.check import templates as view

    templates = [load_template(_read(name), name) for name in context.flags.template]
    given = dict(_pair(word) for word in context.flags.parameters)
    with context.ui.waiting("checking quotas, permissions and the region", usually_seconds=6.0):
        found = check_templates(context.aws, templates, given)
    if context.json:
        context.ui.data(_checked_data(found))
    else:
        context.ui.show(view(found, verbose=context.flags.verbose, flags=context.account_flags()))
    return found.exit


def _read(name: str) -> str:
    from geos.wizard.files import read_text

    text = read_text(Path(name))
    if text is None:
        raise BadTemplate(f"{name}: there is no such file.", hint="give the path of a CloudFormation template")
    return text


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name:
        raise UsageError(f'--parameters takes Name=Value; "{word}" is none.')
    return name, value


def _checked_data(found: Checked) -> dict[str, Any]:
    return {
        "templates": list(found.names),
        "region": found.region,
        "verdict": _word(found.exit),
        "resources": found.resources,
        "quotas": _quotas(found.advice),
        "permissions": _permissions(found.permissions),
        "region_faults": [_region_fault(f) for f in found.faults],
        "not_looked_into": list(found.unseen),
        "open_parameters": list(found.open_parameters),
    }


# --- shared ----------------------------------------------------------------------------------


def _word(code: Exit) -> str:
    return {Exit.OK: "yes", Exit.SAID_NO: "no"}.get(code, "unknown")


def _quotas(advice: Any) -> Any:
    if isinstance(advice, GeosError):
        return {"unread": advice.message}
    return [v.to_json() for v in advice.verdicts]


def _permissions(found: Permissions | GeosError) -> dict[str, Any]:
    if isinstance(found, GeosError):
        return {"unread": found.message}
    return {
        "allowed": len(found.of("allowed")),
        "denied": [{"action": a.grant.action, "resource": a.grant.resource_pattern} for a in found.of("denied")],
        "not_told": [
            {"action": a.grant.action, "resource": a.grant.resource_pattern, "reason": a.reason}
            for a in found.of("not-told")
        ],
        "notes": list(found.notes),
    }


def _region_fault(fault: RegionFault) -> dict[str, Any]:
    return {
        "what": fault.what,
        "kind": fault.kind,
        "certain": fault.certain,
        "fatal": fault.fatal,
        "why": fault.why,
        "used_by": list(fault.used_by),
        "instead": list(fault.instead),
    }

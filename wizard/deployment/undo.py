"""Take back what a failed deployment made, as far as nothing older rests on it; say in sentences what was done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from geos.wizard.deployment.bootstrap import forget, remove_if_last
from geos.wizard.deployment.bring_up import StackFailed
from geos.wizard.deployment.diagnosis import Diagnosis
from geos.wizard.deployment.find import BOOTSTRAP_STACK
from geos.wizard.deployment.plan import CREATE, REPAIR, Plan, StackPlan
from geos.wizard.deployment.removal import Remover
from geos.wizard.errors import DeployFailed, GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws


def undo_stacks(
    failure: StackFailed,
    plan: Plan,
    made: Sequence[StackPlan],
    *,
    remover: Callable[[str], Remover],
    gone: Callable[[str], None],
) -> list[str]:
    """Remove the failed stack if it is new, and in a first deployment all that the run made before it.

    `remover` gives one for a region; `gone` is told the name of each stack that went.
    """
    layer = failure.diagnosis.layer
    said = [f"{layer} removed again" if failure.created else f"{layer} is as it was before"]
    failed = [s for s in plan.stacks if failure.created and s.layer == layer]
    earlier = [s for s in made if s.stack_name != BOOTSTRAP_STACK] if is_first(plan) else []
    for stack in (*failed, *reversed(earlier)):
        try:
            removed = remover(stack.region).remove(stack.stack_name, stack.layer)
        except GeosError as e:
            said.append(f"{stack.layer} is still there: {e.message}")
            break
        gone(stack.stack_name)
        if stack not in failed:
            said.append(f"{stack.layer} removed again, {len(removed.gone)} resources")
    return said


def undo_bootstrap(aws: Aws, plan: Plan, made: Sequence[StackPlan], remover: Remover) -> list[str]:
    """Remove state bucket and lock too, when this run made them and nobody else needs them by now."""
    if all(s.stack_name != BOOTSTRAP_STACK for s in made):
        return []
    with contextlib.suppress(GeosError):
        forget(aws, plan.deployment, plan.account_id)
        if remove_if_last(aws, plan.deployment, remover):
            return ["nothing left, nothing to pay"]
    return []


def is_first(plan: Plan) -> bool:
    """Whether nothing of the deployment stood before this run."""
    return all(s.action in (CREATE, REPAIR) for s in plan.stacks if s.stack_name != BOOTSTRAP_STACK)


def failure_of(diagnosis: Diagnosis) -> DeployFailed:
    """The error for a diagnosis: one breath, with the code of its cause."""
    return DeployFailed(
        f"{diagnosis.layer}: {diagnosis.what}: {diagnosis.title}; {diagnosis.why}. AWS says: {diagnosis.aws_says}",
        hint=diagnosis.fix,
        aws_code=diagnosis.aws_code,
        code=diagnosis.code,
    )

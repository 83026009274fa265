"""The calls of CloudFormation that make, change, remove and protect stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.stacks import parameters
from geos.wizard.sandbox.stacks.api_change_sets import launch
from geos.wizard.sandbox.stacks.changes import Comparison
from geos.wizard.sandbox.stacks.engine import Engine, Target, begin
from geos.wizard.sandbox.stacks.evaluation import Scope, check_capabilities, read_template
from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.stacks.requests import (
    can_change,
    new_id,
    tags_of,
)
from geos.wizard.sandbox.stacks.store import Stack
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World


def create_stack(world: World, call: Call) -> Mapping[str, Any]:
    params, name = call.params, str(call.params["StackName"])
    there = world.stacks.find(call.region, name)
    if there is not None and not there.gone:
        raise ApiError("AlreadyExistsException", f"Stack [{name}] already exists")
    text, template = read_template(world, call.region, params)
    values = parameters.settle(template, params.get("Parameters") or [], None)
    capabilities = list(params.get("Capabilities") or [])
    check_capabilities(template, capabilities)
    stack = Stack(new_id(world, call, "stack", name), name, call.region, "CREATE_IN_PROGRESS")
    stack.template = template
    Comparison(stack, Scope(world, call.region, name, stack.id, template, values), {}, values=False).changes()
    stack.protected = _true(params.get("EnableTerminationProtection"))
    on_failure = str(params.get("OnFailure") or "ROLLBACK")
    if _true(params.get("DisableRollback")):
        on_failure = "DO_NOTHING"
    world.stacks.stacks.append(stack)
    launch(world, stack, "CREATE", Target(template, text, values, tags_of(call), tuple(capabilities), on_failure), call)
    return {"StackId": stack.id}


def update_stack(world: World, call: Call) -> Mapping[str, Any]:
    params = call.params
    stack = _named(world, call)
    can_change(stack)
    text, template = read_template(world, call.region, params, stack.template_text)
    values = parameters.settle(template, params.get("Parameters") or [], stack.parameters)
    capabilities = list(params.get("Capabilities") or [])
    check_capabilities(template, capabilities)
    tags = tags_of(call) or stack.tags
    scope = Scope(world, call.region, stack.name, stack.id, template, values)
    changes = Comparison(stack, scope, tags, values=False).changes()
    old = stack.template.body if stack.template else {}
    if not changes and old.get("Outputs") == template.body.get("Outputs"):
        raise refused("No updates are to be performed.")
    on_failure = "DO_NOTHING" if _true(params.get("DisableRollback")) else "ROLLBACK"
    launch(world, stack, "UPDATE", Target(template, text, values, tags, tuple(capabilities), on_failure), call)
    return {"StackId": stack.id}


def continue_update_rollback(world: World, call: Call) -> Mapping[str, Any]:
    stack = _named(world, call)
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise refused(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
    skipped = frozenset(str(i).rsplit(".", 1)[-1] for i in call.params.get("ResourcesToSkip") or [])

    def work(engine: Engine) -> None:
        engine.continue_rollback(skipped)

    stack.record("UPDATE_ROLLBACK_IN_PROGRESS", reason="User Initiated")
    begin(world, stack, "CONTINUE_ROLLBACK", work, str(call.params.get("ClientRequestToken") or ""))
    return {}


def delete_stack(world: World, call: Call) -> Mapping[str, Any]:
    stack = world.stacks.find(call.region, str(call.params["StackName"]))
    if stack is None or stack.gone:
        return {}
    if stack.protected:
        raise refused(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    retained = frozenset(call.params.get("RetainResources") or [])
    force = call.params.get("DeletionMode") == "FORCE_DELETE_STACK"
    if (retained or force) and stack.status != "DELETE_FAILED":
        raise refused(
            f"Invalid operation on stack [{stack.id}]. Retaining resources is only possible for a stack in the "
            "DELETE_FAILED state."
        )
    if stack.status == "DELETE_IN_PROGRESS":
        return {}
    for operation in stack.operations:
        if operation.ended_at is None:
            operation.cancelled.set()

    def work(engine: Engine) -> None:
        if engine.stack.status != "DELETE_IN_PROGRESS":
            engine.stack.record("DELETE_IN_PROGRESS", reason="User Initiated", operation=engine.operation)
        engine.delete(retained, force=force)

    stack.record("DELETE_IN_PROGRESS", reason="User Initiated")
    begin(world, stack, "DELETE_STACK", work, str(call.params.get("ClientRequestToken") or ""))
    return {}


def _named(world: World, call: Call) -> Stack:
    found = world.stacks.find(call.region, str(call.params["StackName"]))
    if found is None or found.gone:
        raise refused(f"Stack [{call.params['StackName']}] does not exist")
    return found


def _true(value: Any) -> bool:
    return value in (True, "true")


# --- settings --------------------------------------------------------------------------------


def update_termination_protection(world: World, call: Call) -> Mapping[str, Any]:
    stack = _named(world, call)
    stack.protected = _true(call.params["EnableTerminationProtection"])
    return {"StackId": stack.id}


def set_stack_policy(world: World, call: Call) -> Mapping[str, Any]:
    _named(world, call).policy = str(call.params.get("StackPolicyBody") or "")
    return {}


def get_stack_policy(world: World, call: Call) -> Mapping[str, Any]:
    return {"StackPolicyBody": _named(world, call).policy or None}


ACTIONS = {
    "CreateStack": create_stack,
    "UpdateStack": update_stack,
    "ContinueUpdateRollback": continue_update_rollback,
    "DeleteStack": delete_stack,
    "UpdateTerminationProtection": update_termination_protection,
    "SetStackPolicy": set_stack_policy,
    "GetStackPolicy": get_stack_policy,
}

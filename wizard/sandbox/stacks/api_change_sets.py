"""The change-set calls of CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.stacks import parameters
from geos.wizard.sandbox.stacks.changes import Comparison
from geos.wizard.sandbox.stacks.engine import Engine, Target, begin
from geos.wizard.sandbox.stacks.evaluation import Scope, check_capabilities, read_template
from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.stacks.requests import can_change, masked, new_id, page, stack_of, tag_list, tags_of
from geos.wizard.sandbox.stacks.store import ChangeSet, Stack
from geos.wizard.sandbox.stacks.validation import validation_events
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def create_change_set(world: World, call: Call) -> Mapping[str, Any]:
    params = call.params
    name, kind = str(params["ChangeSetName"]), str(params.get("ChangeSetType") or "UPDATE")
    if kind not in ("CREATE", "UPDATE"):
        raise refused(f"ChangeSetType {kind} is not simulated by the geos sandbox")
    if params.get("ResourcesToImport") or params.get("IncludeNestedStacks"):
        raise refused("Imports and nested stacks are not simulated by the geos sandbox")
    stack, fresh = _stack_for(world, call, kind)
    if name in stack.change_sets:
        raise ApiError("AlreadyExistsException", f"ChangeSet {name} already exists")
    text, template = read_template(world, call.region, params, stack.template_text)
    values = parameters.settle(template, params.get("Parameters") or [], None if fresh else stack.parameters)
    check_capabilities(template, list(params.get("Capabilities") or []))
    scope = Scope(world, call.region, stack.name, stack.id, template, values)
    tags = tags_of(call)
    changes = Comparison(stack, scope, tags or stack.tags, values=False).changes()
    empty = not changes and not _other_changes(stack, template.body)
    found = ChangeSet(
        id=new_id(world, call, "changeSet", name),
        name=name,
        kind=kind,
        template=template,
        template_text=text,
        parameters=values,
        tags=tags or dict(stack.tags),
        capabilities=list(params.get("Capabilities") or []),
        changes=changes,
        status="FAILED" if empty else "CREATE_COMPLETE",
        status_reason=NO_CHANGES if empty else "",
        execution_status="UNAVAILABLE" if empty else "AVAILABLE",
        description=str(params.get("Description") or ""),
        on_failure=str(params.get("OnStackFailure") or ""),
        role_arn=str(params.get("RoleARN") or ""),
        notification_arns=list(params.get("NotificationARNs") or []),
    )
    if not params.get("DisableValidation"):
        found.validation = validation_events(world, stack, found)
        if any(v["ValidationFailureMode"] == "FAIL" for v in found.validation):
            found.status, found.execution_status = "FAILED", "UNAVAILABLE"
            found.status_reason = "ChangeSet validation failed: " + found.validation[0]["ValidationStatusReason"]
    if fresh:
        world.stacks.stacks.append(stack)
        stack.record("REVIEW_IN_PROGRESS", reason="User Initiated")
    stack.change_sets[name] = found
    return {"Id": found.id, "StackId": stack.id}


def _stack_for(world: World, call: Call, kind: str) -> tuple[Stack, bool]:
    """The stack a change set is for, and whether it is made just now."""
    name = str(call.params["StackName"])
    there = world.stacks.find(call.region, name)
    if kind == "UPDATE":
        if there is None or there.gone or there.status == "REVIEW_IN_PROGRESS":
            raise refused(f"Stack [{name}] does not exist")
        can_change(there)
        return there, False
    if there is not None and not there.gone:
        if there.status != "REVIEW_IN_PROGRESS":
            raise refused(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{call.params['ChangeSetName']}]."
            )
        return there, False
    if not _NAME.fullmatch(name):
        raise refused(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return Stack(new_id(world, call, "stack", name), name, call.region, "REVIEW_IN_PROGRESS"), True


def _other_changes(stack: Stack, body: Mapping[str, Any]) -> bool:
    """Outputs can change although no resource does."""
    old = stack.template.body if stack.template else {}
    return bool(stack.resources) and old.get("Outputs") != body.get("Outputs")


def find_change_set(world: World, call: Call) -> tuple[Stack, ChangeSet]:
    name, stack_name = str(call.params["ChangeSetName"]), call.params.get("StackName")
    for stack in world.stacks.in_region(call.region):
        if stack_name and stack_name != stack.id and (stack_name != stack.name or stack.gone):
            continue
        for found in stack.change_sets.values():
            if found.id == name or (found.name == name and stack_name):
                return stack, found
    if stack_name and world.stacks.find(call.region, str(stack_name)) is None:
        raise refused(f"Stack [{stack_name}] does not exist")
    raise ApiError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def describe_change_set(world: World, call: Call) -> Mapping[str, Any]:
    stack, found = find_change_set(world, call)
    changes = found.changes
    if call.params.get("IncludePropertyValues") and found.execution_status in ("AVAILABLE", "UNAVAILABLE"):
        scope = Scope(world, call.region, stack.name, stack.id, found.template, found.parameters)
        changes = Comparison(stack, scope, found.tags, values=True).changes()
    some, token = page(changes, call)
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": found.description or None,
        "Parameters": masked(found.template, found.parameters),
        "CreationTime": found.created_at,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.status_reason or None,
        "NotificationARNs": found.notification_arns,
        "Capabilities": found.capabilities,
        "Tags": tag_list(found.tags),
        "Changes": some,
        "NextToken": token,
        "OnStackFailure": found.on_failure or None,
    }


def list_change_sets(world: World, call: Call) -> Mapping[str, Any]:
    stack = stack_of(world, call)
    rows = [
        {
            "StackId": stack.id,
            "StackName": stack.name,
            "ChangeSetId": c.id,
            "ChangeSetName": c.name,
            "ExecutionStatus": c.execution_status,
            "Status": c.status,
            "StatusReason": c.status_reason or None,
            "CreationTime": c.created_at,
            "Description": c.description or None,
        }
        for c in stack.change_sets.values()
    ]
    some, token = page(rows, call)
    return {"Summaries": some, "NextToken": token}


def delete_change_set(world: World, call: Call) -> Mapping[str, Any]:
    try:
        stack, found = find_change_set(world, call)
    except ApiError as e:
        if e.code == "ChangeSetNotFound" and call.params.get("StackName"):
            return {}
        raise
    del stack.change_sets[found.name]
    return {}


def execute_change_set(world: World, call: Call) -> Mapping[str, Any]:
    stack, found = find_change_set(world, call)
    if found.execution_status != "AVAILABLE":
        status = found.status if found.status == "FAILED" else found.execution_status
        raise ApiError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{found.id}] cannot be executed in its current status of [{status}]",
        )
    if stack.status != "REVIEW_IN_PROGRESS":
        can_change(stack)
    found.execution_status = "EXECUTE_COMPLETE"
    keep = call.params.get("DisableRollback") in (True, "true") or found.on_failure == "DO_NOTHING"
    target = Target(
        found.template,
        found.template_text,
        found.parameters,
        found.tags,
        tuple(found.capabilities),
        "DO_NOTHING" if keep else found.on_failure or "ROLLBACK",
    )
    stack.disable_rollback = keep
    stack.role_arn, stack.notification_arns = found.role_arn, found.notification_arns
    # AWS forgets the other change sets of a stack once one is executed.
    stack.change_sets = {found.name: found}
    launch(world, stack, found.kind if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE", target, call)
    return {}


def launch(world: World, stack: Stack, kind: str, target: Target, call: Call) -> None:
    """Start making or changing `stack`; the status says so before the call returns."""
    token = str(call.params.get("ClientRequestToken") or "")

    def work(engine: Engine) -> None:
        (engine.create if kind == "CREATE" else engine.update)(target)

    stack.record(f"{kind}_IN_PROGRESS", reason="User Initiated")
    begin(world, stack, f"{kind}_STACK", work, token)


ACTIONS = {
    "CreateChangeSet": create_change_set,
    "DescribeChangeSet": describe_change_set,
    "ListChangeSets": list_change_sets,
    "DeleteChangeSet": delete_change_set,
    "ExecuteChangeSet": execute_change_set,
}

"""The calls of CloudFormation that only look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.stacks.api_change_sets import find_change_set
from geos.wizard.sandbox.stacks.engine import importers
from geos.wizard.sandbox.stacks.evaluation import check_capabilities, read_template
from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.stacks.requests import (
    living,
    masked,
    page,
    stack_of,
    tag_list,
)
from geos.wizard.sandbox.stacks.store import Operation, Stack, StackResource
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World


def describe_stacks(world: World, call: Call) -> Mapping[str, Any]:
    if call.params.get("StackName"):
        return {"Stacks": [_stack(stack_of(world, call))]}
    rows = [_stack(s) for s in world.stacks.in_region(call.region) if not s.gone]
    some, token = page(rows[::-1], call)
    return {"Stacks": some, "NextToken": token}


def _stack(s: Stack) -> dict[str, Any]:
    return {
        "StackId": s.id,
        "StackName": s.name,
        "Description": str(s.template.body["Description"]) if s.template and "Description" in s.template.body else None,
        "Parameters": masked(s.template, s.parameters),
        "CreationTime": s.created_at,
        "DeletionTime": s.deleted_at,
        "LastUpdatedTime": s.updated_at,
        "StackStatus": s.status,
        "StackStatusReason": s.reason or None,
        "DisableRollback": s.disable_rollback,
        "NotificationARNs": s.notification_arns,
        "Capabilities": s.capabilities,
        "Outputs": list(s.outputs),
        "RoleARN": s.role_arn or None,
        "Tags": tag_list(s.tags),
        "EnableTerminationProtection": s.protected,
        "DriftInformation": _drift(s),
        "LastOperations": [{"OperationType": o.kind, "OperationId": o.id} for o in s.operations[-1:]],
    }


def _drift(s: Stack) -> dict[str, Any]:
    return {"StackDriftStatus": s.drift, "LastCheckTimestamp": s.drift_checked_at}


def list_stacks(world: World, call: Call) -> Mapping[str, Any]:
    wanted = call.params.get("StackStatusFilter") or []
    rows = [
        {
            "StackId": s.id,
            "StackName": s.name,
            "CreationTime": s.created_at,
            "LastUpdatedTime": s.updated_at,
            "DeletionTime": s.deleted_at,
            "StackStatus": s.status,
            "StackStatusReason": s.reason or None,
            "DriftInformation": _drift(s),
        }
        for s in world.stacks.in_region(call.region)
        if not wanted or s.status in wanted
    ]
    some, token = page(rows[::-1], call)
    return {"StackSummaries": some, "NextToken": token}


def describe_stack_events(world: World, call: Call) -> Mapping[str, Any]:
    stack = stack_of(world, call)
    rows = [
        {
            "StackId": stack.id,
            "EventId": e.id,
            "StackName": stack.name,
            "OperationId": e.operation or None,
            "LogicalResourceId": e.logical_id,
            "PhysicalResourceId": e.physical_id,
            "ResourceType": e.type,
            "Timestamp": e.at,
            "ResourceStatus": e.status,
            "ResourceStatusReason": e.reason or None,
            "ResourceProperties": e.properties or None,
            "ClientRequestToken": e.token or None,
        }
        for e in reversed(list(stack.events))
    ]
    some, token = page(rows, call)
    return {"StackEvents": some, "NextToken": token}


def describe_events(world: World, call: Call) -> Mapping[str, Any]:
    """The operations view: progress events, and the validation events of a change set."""
    if call.params.get("ChangeSetName"):
        _, change_set = find_change_set(world, call)
        some, token = page(change_set.validation, call)
        return {"OperationEvents": some, "NextToken": token}
    operation_id = call.params.get("OperationId")
    rows: list[dict[str, Any]] = []
    for stack in world.stacks.in_region(call.region):
        if call.params.get("StackName") in (None, stack.name, stack.id):
            rows += [r for o in stack.operations if operation_id in (None, o.id) for r in _operation_events(stack, o)]
    if (call.params.get("Filters") or {}).get("FailedEvents"):
        rows = [r for r in rows if str(r.get("ResourceStatus", "")).endswith("FAILED")]
    some, token = page(rows[::-1], call)
    return {"OperationEvents": some, "NextToken": token}


def _operation_events(stack: Stack, operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "EventId": e.id,
            "StackId": stack.id,
            "OperationId": operation.id,
            "OperationType": operation.kind,
            "EventType": "PROVISIONING_ERROR" if e.status.endswith("FAILED") else "PROGRESS_EVENT",
            "LogicalResourceId": e.logical_id,
            "PhysicalResourceId": e.physical_id,
            "ResourceType": e.type,
            "Timestamp": e.at,
            "ResourceStatus": e.status,
            "ResourceStatusReason": e.reason or None,
        }
        for e in list(stack.events)
        if e.operation == operation.id
    ]


def _resource(stack: Stack, r: StackResource) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": r.logical_id,
        "PhysicalResourceId": r.physical_id or None,
        "ResourceType": r.type,
        "Timestamp": r.changed_at,
        "LastUpdatedTimestamp": r.changed_at,
        "ResourceStatus": r.status,
        "ResourceStatusReason": r.reason or None,
        "DriftInformation": {
            "StackResourceDriftStatus": r.drift,
            "LastCheckTimestamp": r.drift_checked_at,
        },
    }


def describe_stack_resources(world: World, call: Call) -> Mapping[str, Any]:
    wanted = call.params.get("LogicalResourceId")
    if call.params.get("PhysicalResourceId"):
        return _resources_beside(world, call)
    stack = stack_of(world, call)
    rows = [_resource(stack, r) for r in list(stack.resources.values()) if r.status]
    return {"StackResources": [r for r in rows if wanted in (None, r["LogicalResourceId"])][:PAGE_OF_RESOURCES]}


PAGE_OF_RESOURCES = 100


def _resources_beside(world: World, call: Call) -> Mapping[str, Any]:
    physical = call.params["PhysicalResourceId"]
    for stack in world.stacks.in_region(call.region):
        if not stack.gone and any(r.physical_id == physical for r in stack.resources.values()):
            return {"StackResources": [_resource(stack, r) for r in stack.resources.values()][:PAGE_OF_RESOURCES]}
    raise refused(f"Stack for {physical} does not exist")


def describe_stack_resource(world: World, call: Call) -> Mapping[str, Any]:
    stack = stack_of(world, call)
    found = stack.resources.get(str(call.params["LogicalResourceId"]))
    if found is None:
        raise refused(f"Resource {call.params['LogicalResourceId']} does not exist for stack {stack.name}")
    return {"StackResourceDetail": {**_resource(stack, found), "Metadata": _metadata(found)}}


def _metadata(r: StackResource) -> str | None:
    return json.dumps(r.extras["Metadata"]) if "Metadata" in r.extras else None


def list_stack_resources(world: World, call: Call) -> Mapping[str, Any]:
    stack = stack_of(world, call)
    some, token = page([_resource(stack, r) for r in list(stack.resources.values()) if r.status], call)
    return {"StackResourceSummaries": some, "NextToken": token}


def get_template(world: World, call: Call) -> Mapping[str, Any]:
    if call.params.get("ChangeSetName"):
        _, found = find_change_set(world, call)
        return {"TemplateBody": found.template_text, "StagesAvailable": ["Original", "Processed"]}
    stack = stack_of(world, call)
    if stack.status == "REVIEW_IN_PROGRESS":
        raise refused(f"Stack {stack.name} has no template yet")
    return {"TemplateBody": stack.template_text, "StagesAvailable": ["Original", "Processed"]}


def get_template_summary(world: World, call: Call) -> Mapping[str, Any]:
    if call.params.get("StackName"):
        stack = living(world, call)
        if stack.template is None:
            raise refused("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        return _summary(stack.template)
    return _summary(read_template(world, call.region, call.params)[1])


def validate_template(world: World, call: Call) -> Mapping[str, Any]:
    found = _summary(read_template(world, call.region, call.params)[1])
    parameters_found = [
        {
            "ParameterKey": p["ParameterKey"],
            "DefaultValue": p.get("DefaultValue"),
            "NoEcho": p["NoEcho"],
            "Description": p.get("Description"),
        }
        for p in found["Parameters"]
    ]
    return {
        "Description": found.get("Description"),
        "Parameters": parameters_found,
        "Capabilities": found["Capabilities"],
    }


def _summary(template: Any) -> dict[str, Any]:
    capabilities = []
    try:
        check_capabilities(template, [])
    except ApiError as e:
        capabilities = [e.message.rsplit("[", 1)[1].rstrip("]")]
    return {
        "Description": template.body.get("Description"),
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterType": str(spec.get("Type", "String")),
                "DefaultValue": str(spec["Default"]) if "Default" in spec else None,
                "NoEcho": str(spec.get("NoEcho", "")).lower() == "true",
                "Description": spec.get("Description"),
                "ParameterConstraints": {"AllowedValues": [str(v) for v in spec.get("AllowedValues", [])]},
            }
            for name, spec in template.section("Parameters").items()
        ],
        "Capabilities": capabilities,
        "ResourceTypes": sorted({r["Type"] for r in template.section("Resources").values()}),
        "Version": str(template.body.get("AWSTemplateFormatVersion", "2010-09-09")),
    }


def list_exports(world: World, call: Call) -> Mapping[str, Any]:
    rows = [
        {"ExportingStackId": stack.id, "Name": name, "Value": value}
        for name, (value, stack) in world.stacks.exports(call.region).items()
    ]
    some, token = page(rows, call)
    return {"Exports": some, "NextToken": token}


def list_imports(world: World, call: Call) -> Mapping[str, Any]:
    name = str(call.params["ExportName"])
    users = [s.name for s in importers(world, call.region, name)]
    if not users:
        raise refused(f"Export '{name}' is not imported by any stack.")
    return {"Imports": users}


def describe_type(world: World, call: Call) -> Mapping[str, Any]:
    """The parts of a published schema that the shipped table has."""
    from geos.wizard.tables.types import resource_type

    name = str(call.params.get("TypeName") or "")
    found = resource_type(name)
    if found is None or call.region in found.missing_in:
        raise ApiError("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
    handlers = {k: {"permissions": list(getattr(found, k))} for k in ("create", "read", "update", "delete")}
    schema = {
        "typeName": name,
        "createOnlyProperties": [f"/properties/{p.replace('.', '/')}" for p in found.create_only],
        "handlers": handlers,
        "tagging": {"taggable": found.tagging},
    }
    return {"TypeName": name, "Type": "RESOURCE", "Schema": json.dumps(schema), "Visibility": "PUBLIC"}


ACTIONS = {
    "DescribeStacks": describe_stacks,
    "ListStacks": list_stacks,
    "DescribeStackEvents": describe_stack_events,
    "DescribeEvents": describe_events,
    "DescribeStackResources": describe_stack_resources,
    "DescribeStackResource": describe_stack_resource,
    "ListStackResources": list_stack_resources,
    "GetTemplate": get_template,
    "GetTemplateSummary": get_template_summary,
    "ValidateTemplate": validate_template,
    "ListExports": list_exports,
    "ListImports": list_imports,
    "DescribeType": describe_type,
}

"""Drift: the live settings of a stack's resources beside what its template asked for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.handlers.base import Refused
from geos.wizard.sandbox.handlers.registry import handler_for
from geos.wizard.sandbox.stacks.changes import same
from geos.wizard.sandbox.stacks.engine import Engine
from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.stacks.requests import living, page
from geos.wizard.sandbox.stacks.store import Operation, Stack, StackResource, now
from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World


def detect_stack_drift(world: World, call: Call) -> Mapping[str, Any]:
    stack = living(world, call)
    if stack.busy or stack.status == "REVIEW_IN_PROGRESS":
        raise refused(f"Drift detection cannot be performed on stack [{stack.id}] in {stack.status} state.")
    wanted = set(call.params.get("LogicalResourceIds") or stack.resources)
    for resource in list(stack.resources.values()):
        if resource.logical_id in wanted and resource.physical_id:
            compare(world, stack, resource)
    drifted = [r for r in stack.resources.values() if r.drift in ("MODIFIED", "DELETED")]
    stack.drift = "DRIFTED" if drifted else "IN_SYNC"
    stack.drift_checked_at = now()
    detection = str(uuid.uuid4())
    stack.drift_detections[detection] = {
        "StackId": stack.id,
        "StackDriftDetectionId": detection,
        "StackDriftStatus": stack.drift,
        "DetectionStatus": "DETECTION_COMPLETE",
        "DriftedStackResourceCount": len(drifted),
        "Timestamp": stack.drift_checked_at,
    }
    return {"StackDriftDetectionId": detection}


def detect_stack_resource_drift(world: World, call: Call) -> Mapping[str, Any]:
    stack = living(world, call)
    resource = stack.resources.get(str(call.params["LogicalResourceId"]))
    if resource is None:
        raise refused(f"Resource {call.params['LogicalResourceId']} does not exist for stack {stack.name}")
    compare(world, stack, resource)
    return {"StackResourceDrift": _row(stack, resource)}


def compare(world: World, stack: Stack, resource: StackResource) -> None:
    """Write into `resource` how its live settings differ from the template's."""
    handler = handler_for(resource.type)
    resource.drift_differences, resource.drift_actual = [], {}
    if not handler.readable:
        resource.drift = "NOT_CHECKED"
        return
    place = Engine(world, stack, Operation("", "DETECT_DRIFT")).place(resource)
    from botocore.exceptions import ClientError

    from geos.wizard.sandbox.handlers.base import is_missing

    try:
        live = handler.read(place, resource.physical_id, resource.properties)
    except ClientError as e:
        if not is_missing(e):
            raise refused(f"{resource.logical_id}: {e}") from e
        live = None
    except Refused as e:
        raise refused(f"{resource.logical_id}: {e}") from e
    resource.drift_checked_at = now()
    if live is None:
        resource.drift = "DELETED"
        return
    resource.drift_actual = {**resource.properties, **live}
    for name, actual in live.items():
        if name in resource.properties:
            resource.drift_differences += _differences(f"/{name}", resource.properties[name], actual)
    resource.drift = "MODIFIED" if resource.drift_differences else "IN_SYNC"


def _differences(path: str, expected: Any, actual: Any) -> list[dict[str, str]]:
    """What the template names and the service has otherwise; what it does not name is the service's affair."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [d for key in expected for d in _differences(f"{path}/{key}", expected[key], actual.get(key))]
    if same(expected, actual):
        return []
    return [
        {
            "PropertyPath": path,
            "ExpectedValue": _text(expected),
            "ActualValue": _text(actual),
            "DifferenceType": "REMOVE" if actual is None else "NOT_EQUAL",
        }
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def describe_stack_drift_detection_status(world: World, call: Call) -> Mapping[str, Any]:
    wanted = str(call.params["StackDriftDetectionId"])
    for stack in world.stacks.in_region(call.region):
        if wanted in stack.drift_detections:
            return stack.drift_detections[wanted]
    raise refused(f"Drift detection {wanted} does not exist")


def describe_stack_resource_drifts(world: World, call: Call) -> Mapping[str, Any]:
    stack = living(world, call)
    wanted = call.params.get("StackResourceDriftStatusFilters") or []
    rows = [
        _row(stack, r)
        for r in stack.resources.values()
        if r.drift_checked_at is not None and (not wanted or r.drift in wanted)
    ]
    some, token = page(rows, call)
    return {"StackResourceDrifts": some, "NextToken": token}


def _row(stack: Stack, r: StackResource) -> dict[str, Any]:
    row: dict[str, Any] = {
        "StackId": stack.id,
        "LogicalResourceId": r.logical_id,
        "PhysicalResourceId": r.physical_id,
        "ResourceType": r.type,
        "StackResourceDriftStatus": r.drift,
        "PropertyDifferences": r.drift_differences,
        "Timestamp": r.drift_checked_at or now(),
    }
    if r.drift in ("MODIFIED", "IN_SYNC"):
        row["ExpectedProperties"] = json.dumps(r.properties, default=str)
        row["ActualProperties"] = json.dumps(r.drift_actual, default=str)
    return row


ACTIONS = {
    "DetectStackDrift": detect_stack_drift,
    "DetectStackResourceDrift": detect_stack_resource_drift,
    "DescribeStackDriftDetectionStatus": describe_stack_drift_detection_status,
    "DescribeStackResourceDrifts": describe_stack_resource_drifts,
}

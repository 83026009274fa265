"""Stacks in the simulated account, for tests: deploy through a change set, wait, look."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from parts.emulator import Emulator

_STEP_SECONDS = 0.02
_STEPS = 3000


def template(resources: Mapping[str, Any], **sections: Any) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": dict(resources), **sections}


def change_set(
    emulator: Emulator,
    name: str,
    body: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    *,
    kind: str = "CREATE",
    region: str = "us-east-1",
    **more: Any,
) -> dict[str, Any]:
    """Make a change set and describe it."""
    cloudformation = emulator.client("cloudformation", region)
    given = {
        "StackName": name,
        "ChangeSetName": f"c{uuid.uuid4().hex[:12]}",
        "ChangeSetType": kind,
        "TemplateBody": json.dumps(body),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": str(v)} for k, v in (parameters or {}).items()],
        **more,
    }
    made = cloudformation.create_change_set(**given)
    return dict(cloudformation.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True))


def deploy(
    emulator: Emulator,
    name: str,
    body: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    *,
    kind: str = "CREATE",
    region: str = "us-east-1",
    **more: Any,
) -> dict[str, Any]:
    """The stack after its change set was carried out, whatever became of it."""
    made = change_set(emulator, name, body, parameters, kind=kind, region=region, **more)
    assert made["Status"] == "CREATE_COMPLETE", made.get("StatusReason")
    emulator.client("cloudformation", region).execute_change_set(ChangeSetName=made["ChangeSetId"])
    return settled(emulator, made["StackId"], region)


def settled(emulator: Emulator, name: str, region: str = "us-east-1") -> dict[str, Any]:
    """The stack once nothing moves any more."""
    for _ in range(_STEPS):
        stack = emulator.client("cloudformation", region).describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            return dict(stack)
        threading.Event().wait(_STEP_SECONDS)
    raise AssertionError(f"{name} does not come to rest: {stack['StackStatus']}")


def delete(emulator: Emulator, stack: Mapping[str, Any], region: str = "us-east-1", **more: Any) -> dict[str, Any]:
    emulator.client("cloudformation", region).delete_stack(StackName=stack["StackId"], **more)
    return settled(emulator, str(stack["StackId"]), region)


def events(emulator: Emulator, stack: Mapping[str, Any], region: str = "us-east-1") -> list[dict[str, Any]]:
    """Oldest first."""
    pages = emulator.client("cloudformation", region).get_paginator("describe_stack_events")
    rows = [e for page in pages.paginate(StackName=stack["StackId"]) for e in page["StackEvents"]]
    return rows[::-1]


def resources(emulator: Emulator, stack: Mapping[str, Any], region: str = "us-east-1") -> dict[str, dict[str, Any]]:
    """By logical id."""
    rows = emulator.client("cloudformation", region).describe_stack_resources(StackName=stack["StackId"])
    return {r["LogicalResourceId"]: r for r in rows["StackResources"]}


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def problem(emulator: Emulator, stack: Mapping[str, Any]) -> str:
    """The reason of the first resource that failed."""
    return next(
        (e["ResourceStatusReason"] for e in events(emulator, stack) if e["ResourceStatus"].endswith("FAILED")), ""
    )

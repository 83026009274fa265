"""CloudFormation's own look at a change set before anything is made: names that are taken.

AWS also checks property syntax against the type's schema; the sandbox has no schemas and leaves that to
cfn-lint.
"""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.stacks.store import ChangeSet, Stack, now
from geos.wizard.sandbox.world import World


def validation_events(world: World, stack: Stack, change_set: ChangeSet) -> list[dict[str, Any]]:
    """One event per fault, in the shape of DescribeEvents."""
    found = []
    from geos.wizard.sandbox.handlers.base import Place
    from geos.wizard.sandbox.handlers.registry import handler_for
    from geos.wizard.sandbox.stacks.evaluation import Scope

    scope = Scope(world, stack.region, stack.name, stack.id, change_set.template, change_set.parameters)
    evaluator = scope.evaluator(_nothing)
    added = [c["ResourceChange"] for c in change_set.changes if c["ResourceChange"]["Action"] == "Add"]
    for change in added:
        logical_id, type_name = change["LogicalResourceId"], change["ResourceType"]
        resource = evaluator.resource(logical_id, change_set.template.section("Resources")[logical_id])
        place = Place(world, stack.region, stack.name, stack.id, logical_id, type_name, {})
        taken = handler_for(type_name).taken(place, resource.properties)
        if taken:
            found.append(_event(stack, change_set, logical_id, type_name, taken))
    return found


def _nothing(logical_id: str, attribute: str) -> Any:
    from geos.wizard.cfn.resolve import Unknown

    return Unknown(f"{logical_id} does not exist yet", logical_id, attribute)


def _event(stack: Stack, change_set: ChangeSet, logical_id: str, type_name: str, name: str) -> dict[str, Any]:
    return {
        "EventId": f"{change_set.operation}-{logical_id}",
        "StackId": stack.id,
        "OperationId": change_set.operation,
        "OperationType": "CREATE_CHANGESET",
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": logical_id,
        "ResourceType": type_name,
        "Timestamp": now(),
        "ValidationFailureMode": "FAIL",
        "ValidationName": "NAME_CONFLICT_VALIDATION",
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": f"Resource of type '{type_name}' with identifier '{name}' already exists.",
        "ValidationPath": f"/Resources/{logical_id}",
    }

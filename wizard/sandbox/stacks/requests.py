"""What every CloudFormation request needs: the stack it names, the state it must be in, pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.stacks.store import Stack
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

PAGE = 100


def stack_of(world: World, call: Call, *, key: str = "StackName") -> Stack:
    """The named stack; a deleted one only by its id."""
    name = str(call.params.get(key, ""))
    found = world.stacks.find(call.region, name)
    if found is None:
        raise refused(f"Stack with id {name} does not exist")
    return found


def living(world: World, call: Call) -> Stack:
    found = stack_of(world, call)
    if found.gone:
        raise refused(f"Stack [{found.name}] does not exist")
    return found


def can_change(stack: Stack) -> None:
    """AWS's refusals for stacks that may only be deleted, or waited for."""
    stuck = stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
    if stuck or stack.busy or stack.status == "UPDATE_ROLLBACK_FAILED":
        raise refused(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def new_id(world: World, call: Call, kind: str, name: str) -> str:
    return f"arn:aws:cloudformation:{call.region}:{world.account}:{kind}/{name}/{uuid.uuid4()}"


def tags_of(call: Call) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in call.params.get("Tags") or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def page(items: Sequence[Any], call: Call, size: int = PAGE) -> tuple[list[Any], str | None]:
    """One page and the token of the next."""
    token = call.params.get("NextToken")
    try:
        start = int(token) if token else 0
    except ValueError as e:
        raise ApiError("ValidationError", "NextToken is not valid") from e
    end = start + size
    return list(items[start:end]), str(end) if end < len(items) else None


def masked(template: Any, parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as AWS shows them: those marked NoEcho as stars."""
    declared = template.section("Parameters") if template else {}
    return [
        {
            "ParameterKey": name,
            "ParameterValue": "****" if str(declared.get(name, {}).get("NoEcho", "")).lower() == "true" else value,
        }
        for name, value in parameters.items()
    ]

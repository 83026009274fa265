"""What a reader wants to look at beside the templates: job definitions and policies, each in a file of its own.

All of it is taken from the rendered stacks; nothing is declared a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from geos.wizard.cfn.resolve import Pseudo, Resource, Unknown, Value
from geos.wizard.systems.render import RenderedStack, resolve_stacks

_KEPT_AS_WRITTEN = frozenset({"Parameters", "Options", "Tags"})
"""Mappings of the job definition whose keys are the user's words, not the API's."""

_WHOLE_NUMBERS = frozenset({"AttemptDurationSeconds", "Attempts", "SchedulingPriority"})
"""CloudFormation's parameters are text even where they are numbers."""


def artefacts(stacks: Sequence[RenderedStack], pseudo: Pseudo | None = None) -> dict[str, str]:
    """File name -> text: a template per stack, a job definition and a policy per file.

    Values that only deployment can tell stand in angle brackets.
    """
    found = {f"{stack.layer}.json": stack.text for stack in stacks}
    for stack, resolved in zip(stacks, resolve_stacks(stacks, pseudo), strict=True):
        for resource in resolved.resources.values():
            if resource.type == "AWS::Batch::JobDefinition":
                name = resource.properties.get("JobDefinitionName", resource.logical_id)
                found[f"jobs/{name}.json"] = _text(as_request(resource.properties))
            for name, document in _policies(resource):
                found[f"policies/{stack.layer}-{name}.json"] = _text(document)
    return found


def as_request(properties: Value) -> Value:
    """CloudFormation's names in the spelling of the Batch API: what register-job-definition takes as input."""
    if isinstance(properties, dict):
        return {key[:1].lower() + key[1:]: _entry(key, value) for key, value in properties.items()}
    return [as_request(item) for item in properties] if isinstance(properties, list) else properties


def _entry(key: str, value: Value) -> Value:
    if key in _WHOLE_NUMBERS and isinstance(value, str):
        return int(value)
    return value if key in _KEPT_AS_WRITTEN else as_request(value)


def _policies(resource: Resource) -> Iterator[tuple[str, Any]]:
    """(name, document) of the IAM policies in a resource."""
    properties = resource.properties
    if resource.type == "AWS::IAM::Role":
        yield f"{resource.logical_id}-trust", properties["AssumeRolePolicyDocument"]
        yield from (
            (f"{resource.logical_id}-{policy['PolicyName']}", policy["PolicyDocument"])
            for policy in properties.get("Policies", [])
        )
    elif resource.type in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        yield resource.logical_id, properties["PolicyDocument"]


def _text(value: Value) -> str:
    return json.dumps(value, indent=2, default=_placeholder) + "\n"


def _placeholder(value: object) -> str:
    if isinstance(value, Unknown):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")

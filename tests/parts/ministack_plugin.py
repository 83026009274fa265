"""Start ministack with the Batch types that its CloudFormation lacks. Runs in ministack's own environment.

Everything else, its CloudFormation engine above all, is ministack's: separate code from the sandbox's, strict
about unknown types. Adding Batch is only a bridge from its resource table to its own Batch service.
"""

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.services import batch
from ministack.services.cloudformation import provisioners


def camel(value: Any) -> Any:
    """CloudFormation's PascalCase as the Batch API's camelCase; keys of free-form maps stay."""
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: (v if k in ("Tags", "Parameters") else camel(v)) for k, v in value.items()}
    return [camel(v) for v in value] if isinstance(value, list) else value


def answered(answer: tuple[int, Any, Any]) -> dict[str, Any]:
    status, _, body = answer
    found: dict[str, Any] = json.loads(body)
    if status != 200:
        raise ValueError(found.get("message", body))
    return found


def environment(logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    name = props.get("ComputeEnvironmentName", f"{stack}-{logical_id}")
    arn = answered(batch._create_compute_environment({**camel(props), "computeEnvironmentName": name}))
    return arn["computeEnvironmentArn"], {"ComputeEnvironmentArn": arn["computeEnvironmentArn"]}


def queue(logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    for one in props.get("ComputeEnvironmentOrder", []):
        if one["ComputeEnvironment"].rsplit("/", 1)[-1] not in batch._compute_envs:
            raise ValueError(f"compute environment {one['ComputeEnvironment']} does not exist")
    name = props.get("JobQueueName", f"{stack}-{logical_id}")
    arn = answered(batch._create_job_queue({**camel(props), "jobQueueName": name}))["jobQueueArn"]
    return arn, {"JobQueueArn": arn}


def definition(logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    name = props.get("JobDefinitionName", f"{stack}-{logical_id}")
    arn = answered(batch._register_job_definition({**camel(props), "jobDefinitionName": name}))["jobDefinitionArn"]
    return arn, {"JobDefinitionArn": arn}


def gone(store: str) -> Any:
    def delete(physical_id: str, props: dict[str, Any]) -> None:
        getattr(batch, store).pop(physical_id.rsplit("/", 1)[-1].split(":")[0], None)

    return delete


provisioners._RESOURCE_HANDLERS.update(
    {
        "AWS::Batch::ComputeEnvironment": {"create": environment, "delete": gone("_compute_envs")},
        "AWS::Batch::JobQueue": {"create": queue, "delete": gone("_job_queues")},
        "AWS::Batch::JobDefinition": {"create": definition, "delete": gone("_job_definitions")},
    }
)

if __name__ == "__main__":
    app.main()

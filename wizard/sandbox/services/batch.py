"""AWS Batch, kept whole: moto drops update policies, time limits, timeouts and scheduling policies.

The rules are those of the Batch API reference: what has to be disabled before it is deleted, what may not
be in use, how many environments a queue takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services import batch_jobs, batch_queues
from geos.wizard.sandbox.services.batch_state import (
    batch_arn,
    batch_in,
    by_name_or_arn,
    checked_name,
    client_error,
    environment_of,
    new_id,
)
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

_GENERIC_TYPES = frozenset({"optimal", "default_x86_64", "default_arm64"})
_EC2_KINDS = frozenset({"EC2", "SPOT"})
_UPDATE_PARTS = ("computeResources", "serviceRole", "updatePolicy", "unmanagedvCpus", "context")


# --- compute environments --------------------------------------------------------------------


def create_compute_environment(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    region = batch_in(world, call.region)
    name = checked_name(p["computeEnvironmentName"], "computeEnvironmentName")
    if name in region.environments:
        raise client_error("Object already exists")
    kind = str(p["type"]).upper()
    resources = p.get("computeResources")
    if kind == "MANAGED":
        if not resources:
            raise client_error("computeResources must be provided for a MANAGED compute environment")
        _check_resources(world, call, resources)
    if p.get("serviceRole"):
        _check_role(world, call, p["serviceRole"])
    else:
        _ensure_linked_role(world, call)
    arn = batch_arn(world, call, "compute-environment", name)
    region.environments[name] = {
        "computeEnvironmentName": name,
        "computeEnvironmentArn": arn,
        "ecsClusterArn": f"arn:aws:ecs:{call.region}:{world.account}:cluster/AWSBatch-{name}-{new_id()}",
        "type": kind,
        "state": p.get("state") or "ENABLED",
        "status": "VALID",
        "statusReason": "ComputeEnvironment Healthy",
        "serviceRole": p.get("serviceRole") or _linked_role_arn(world),
        "computeResources": _with_defaults(resources) if resources else None,
        "updatePolicy": p.get("updatePolicy") or {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30},
        "containerOrchestrationType": "ECS",
        "uuid": new_id(),
        "tags": dict(p.get("tags") or {}),
        "context": p.get("context"),
        "unmanagedvCpus": p.get("unmanagedvCpus"),
    }
    return {"computeEnvironmentName": name, "computeEnvironmentArn": arn}


def _with_defaults(resources: Mapping[str, Any]) -> dict[str, Any]:
    ec2 = str(resources.get("type", "")).upper() in _EC2_KINDS
    defaults: dict[str, Any] = {"allocationStrategy": "BEST_FIT", "minvCpus": 0, "desiredvCpus": 0} if ec2 else {}
    return {**defaults, **resources}


def _check_resources(world: World, call: Call, resources: Mapping[str, Any]) -> None:
    kind = str(resources.get("type", "")).upper()
    if kind not in {*_EC2_KINDS, "FARGATE", "FARGATE_SPOT"}:
        raise client_error(f"computeResources type {kind or 'missing'} is not valid")
    least, most = int(resources.get("minvCpus") or 0), int(resources["maxvCpus"])
    if least > most:
        raise client_error("maxvCpus should be greater than or equal to minvCpus")
    if not resources.get("subnets"):
        raise client_error("computeResources.subnets must not be empty")
    ec2 = world.clients.get("ec2", call.region)
    _exists(lambda: ec2.describe_subnets(SubnetIds=list(resources["subnets"])))
    if resources.get("securityGroupIds"):
        _exists(lambda: ec2.describe_security_groups(GroupIds=list(resources["securityGroupIds"])))
    if kind in _EC2_KINDS:
        if not resources.get("instanceRole"):
            raise client_error("computeResources.instanceRole must be provided for an EC2 compute environment")
        check_types(list(resources.get("instanceTypes") or []))


def check_types(names: list[str]) -> None:
    """Batch knows every type EC2 has, whole families, and a few words; it never mixes architectures."""
    from geos.wizard.tables.instances import instances

    known = instances()
    families = {name.split(".")[0]: i.architecture for name, i in known.items()}
    if not names:
        raise client_error("computeResources.instanceTypes must not be empty")
    architectures = set()
    for name in names:
        if name in _GENERIC_TYPES:
            architectures.add("arm64" if name.endswith("arm64") else "x86_64")
        elif name in known:
            architectures.add(known[name].architecture)
        elif name in families:
            architectures.add(families[name])
        elif not _ec2_has(name):
            raise client_error(f"Specified instanceTypes are not valid: [{name}]")
    if len(architectures) > 1:
        raise client_error("Instance types of different architectures cannot share a compute environment")


def _ec2_has(name: str) -> bool:
    """Types that the shipped table leaves out (bare metal, accelerators)."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return name in INSTANCE_TYPES or any(known.startswith(f"{name}.") for known in INSTANCE_TYPES)


def _exists(look: Any) -> None:
    from botocore.exceptions import ClientError

    try:
        look()
    except ClientError as e:
        raise client_error(e.response["Error"]["Message"]) from e


def _check_role(world: World, call: Call, arn: str) -> None:
    from botocore.exceptions import ClientError

    try:
        world.clients.get("iam", call.region).get_role(RoleName=str(arn).rsplit("/", 1)[-1])
    except ClientError as e:
        raise client_error(f"Could not find IAM role {arn}") from e


def _linked_role_arn(world: World) -> str:
    return f"arn:aws:iam::{world.account}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def _ensure_linked_role(world: World, call: Call) -> None:
    """Batch makes its service-linked role when the first environment needs it."""
    from botocore.exceptions import ClientError

    iam = world.clients.get("iam", call.region)
    try:
        iam.get_role(RoleName="AWSServiceRoleForBatch")
    except ClientError:
        iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")


def describe_compute_environments(world: World, call: Call) -> Mapping[str, Any]:
    region = batch_in(world, call.region)
    wanted = call.params.get("computeEnvironments")
    rows = [
        e
        for e in region.environments.values()
        if not wanted or e["computeEnvironmentName"] in wanted or e["computeEnvironmentArn"] in wanted
    ]
    return paged(rows, call, "computeEnvironments")


def update_compute_environment(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    found = environment_of(batch_in(world, call.region), p["computeEnvironment"])
    if p.get("state"):
        found["state"] = p["state"]
    for name in _UPDATE_PARTS:
        if name not in p or p[name] is None:
            continue
        if name == "computeResources":
            changed = {**(found["computeResources"] or {}), **p[name]}
            if found["type"] == "MANAGED":
                _check_resources(world, call, changed)
            found["computeResources"] = changed
        else:
            found[name] = p[name]
    return {k: found[k] for k in ("computeEnvironmentName", "computeEnvironmentArn")}


def delete_compute_environment(world: World, call: Call) -> Mapping[str, Any]:
    region = batch_in(world, call.region)
    name = str(call.params["computeEnvironment"])
    found = by_name_or_arn(region.environments, "computeEnvironmentArn", name)
    if found is None:
        return {}
    if found["state"] != "DISABLED":
        raise client_error("Cannot delete, state must be DISABLED")
    arn = found["computeEnvironmentArn"]
    if any(o["computeEnvironment"] == arn for q in region.queues.values() for o in q["computeEnvironmentOrder"]):
        raise client_error("Cannot delete, found existing JobQueue relationship")
    del region.environments[found["computeEnvironmentName"]]
    return {}


# --- tags ------------------------------------------------------------------------------------


def _tagged(world: World, call: Call) -> dict[str, Any]:
    for arn, item in batch_in(world, call.region).tagged():
        if arn == call.params["resourceArn"]:
            return item
    raise client_error(f"Resource {call.params['resourceArn']} does not exist")


def tag_resource(world: World, call: Call) -> Mapping[str, Any]:
    _tagged(world, call)["tags"].update(call.params["tags"])
    return {}


def untag_resource(world: World, call: Call) -> Mapping[str, Any]:
    tags = _tagged(world, call)["tags"]
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(world: World, call: Call) -> Mapping[str, Any]:
    return {"tags": dict(_tagged(world, call)["tags"])}


ACTIONS = {
    "batch": {
        "CreateComputeEnvironment": create_compute_environment,
        "DescribeComputeEnvironments": describe_compute_environments,
        "UpdateComputeEnvironment": update_compute_environment,
        "DeleteComputeEnvironment": delete_compute_environment,
        "TagResource": tag_resource,
        "UntagResource": untag_resource,
        "ListTagsForResource": list_tags_for_resource,
        **batch_queues.ACTIONS,
        **batch_jobs.ACTIONS,
    }
}

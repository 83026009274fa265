"""AWS Batch: environments, queues, definitions, scheduling policies. Their Refs are their ARNs."""

from __future__ import annotations

import contextlib
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, lower_first

_USER_KEYS = frozenset({"Parameters", "Tags", "Options"})
"""Below these the keys are the user's, not Batch's."""

_NAMES = {
    "minvcpus": "minvCpus",
    "maxvcpus": "maxvCpus",
    "desiredvcpus": "desiredvCpus",
    "unmanagedvCpus": "unmanagedvCpus",
}
_NUMBERS = frozenset(
    (
        "minvCpus",
        "maxvCpus",
        "desiredvCpus",
        "bidPercentage",
        "priority",
        "order",
        "attempts",
        "attemptDurationSeconds",
        "maxTimeSeconds",
        "jobExecutionTimeoutMinutes",
        "shareDecaySeconds",
        "computeReservation",
        "schedulingPriority",
        "vcpus",
        "memory",
        "sharedMemorySize",
        "numNodes",
        "mainNode",
    )
)
_WEIGHTS = frozenset({"weightFactor"})
_REPLACING = (
    "AllocationStrategy",
    "BidPercentage",
    "Ec2Configuration",
    "Ec2KeyPair",
    "ImageId",
    "InstanceRole",
    "InstanceTypes",
    "LaunchTemplate",
    "PlacementGroup",
    "Tags",
    "Type",
)
"""Settings of ComputeResources whose change needs a new environment, unless updates in place are asked for."""

_FLAGS = frozenset(
    (
        "terminateJobsOnUpdate",
        "propagateTags",
        "privileged",
        "readonlyRootFilesystem",
        "readOnly",
        "initProcessEnabled",
        "replaceComputeEnvironment",
        "updateToLatestImageVersion",
    )
)


def as_api(value: Any, key: str = "") -> Any:
    """A template's properties as Batch's API takes them."""
    value = value if key else lower_first(value, keep=_USER_KEYS)
    if isinstance(value, dict):
        found = {}
        for k, v in value.items():
            name = str(_NAMES.get(k.lower(), k))
            keep = name in ("parameters", "tags", "options")
            found[name] = {a: str(b) for a, b in v.items()} if keep and isinstance(v, dict) else as_api(v, name)
        return found
    if isinstance(value, list):
        return [as_api(v, key or "item") for v in value]
    if key in _NUMBERS:
        return int(value)
    if key in _WEIGHTS:
        return float(value)
    if key in _FLAGS and isinstance(value, str):
        return value.lower() == "true"
    if key == "value" and not isinstance(value, str):
        return str(value)
    return value


def _arguments(at: Place, p: Properties) -> dict[str, Any]:
    found: dict[str, Any] = as_api({k: v for k, v in p.items() if k != "Tags"})
    return {**found, "tags": at.tags(p)}


@contextlib.contextmanager
def _told_of_doubles(at: Place, name: str) -> Any:
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as e:
        if e.response["Error"].get("Message") == "Object already exists":
            raise AlreadyExists(at.type, name) from e
        raise


def _as_template(wanted: Any, live: Any) -> Any:
    """Live settings in the template's words: its keys, the service's values."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        by_lower = {k.lower(): v for k, v in live.items()}
        return {k: _as_template(v, by_lower.get(k.lower())) for k, v in wanted.items()}
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return [_as_template(w, v) for w, v in zip(wanted, live, strict=True)]
    return live


class ComputeEnvironment(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("ComputeEnvironmentName") or at.name(128))
        given = _arguments(at, {k: v for k, v in p.items() if k not in ("ReplaceComputeEnvironment", "UpdatePolicy")})
        given["computeEnvironmentName"] = name
        given.get("computeResources", {}).pop("updateToLatestImageVersion", None)  # only updates know it
        with _told_of_doubles(at, name):
            arn = at.call("batch", "create_compute_environment", **given)["computeEnvironmentArn"]
        at.begun.append(arn)
        if "UpdatePolicy" in p:
            policy = as_api(p["UpdatePolicy"])
            at.call("batch", "update_compute_environment", computeEnvironment=arn, updatePolicy=policy)
        return Made(arn, {"ComputeEnvironmentArn": arn})

    def replaced_by(self, old: Properties, new: Properties) -> frozenset[str]:
        """ReplaceComputeEnvironment is true unless it is said otherwise (CloudFormation reference of the type)."""
        if str(new.get("ReplaceComputeEnvironment", True)).lower() != "true":
            return frozenset()
        return frozenset(f"ComputeResources.{name}" for name in _REPLACING)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        given = as_api(
            {k: v for k, v in new.items() if k in ("State", "ServiceRole", "UpdatePolicy", "UnmanagedvCpus")}
        )
        resources = as_api(new.get("ComputeResources") or {})
        if resources:
            given["computeResources"] = {k: v for k, v in resources.items() if k != "spotIamFleetRole"}
        at.call("batch", "update_compute_environment", computeEnvironment=made.physical_id, **given)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        if not at.call("batch", "describe_compute_environments", computeEnvironments=[physical_id])[
            "computeEnvironments"
        ]:
            return
        at.call("batch", "update_compute_environment", computeEnvironment=physical_id, state="DISABLED")
        at.call("batch", "delete_compute_environment", computeEnvironment=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("batch", "describe_compute_environments", computeEnvironments=[physical_id])
        if not rows["computeEnvironments"]:
            return None
        names = ("State", "ComputeResources", "UpdatePolicy", "ServiceRole", "ComputeEnvironmentName")
        wanted = {k: v for k, v in p.items() if k in names}
        found = dict(_as_template(wanted, rows["computeEnvironments"][0]))
        newest = wanted.get("ComputeResources", {}).get("UpdateToLatestImageVersion")
        if newest is not None:
            found["ComputeResources"]["UpdateToLatestImageVersion"] = newest  # said with updates; Batch never tells it
        return found


class JobQueue(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("JobQueueName") or at.name(128))
        with _told_of_doubles(at, name):
            arn = at.call("batch", "create_job_queue", **{**_arguments(at, p), "jobQueueName": name})["jobQueueArn"]
        return Made(arn, {"JobQueueArn": arn})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = (
            "State",
            "SchedulingPolicyArn",
            "Priority",
            "ComputeEnvironmentOrder",
            "JobStateTimeLimitActions",
        )
        given = as_api({k: v for k, v in new.items() if k in names})
        if "JobStateTimeLimitActions" in old and "JobStateTimeLimitActions" not in new:
            given["jobStateTimeLimitActions"] = []
        at.call("batch", "update_job_queue", jobQueue=made.physical_id, **given)
        _retag(at, made.physical_id, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        if not at.call("batch", "describe_job_queues", jobQueues=[physical_id])["jobQueues"]:
            return
        at.call("batch", "update_job_queue", jobQueue=physical_id, state="DISABLED")
        at.call("batch", "delete_job_queue", jobQueue=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("batch", "describe_job_queues", jobQueues=[physical_id])["jobQueues"]
        if not rows:
            return None
        return dict(_as_template({k: v for k, v in p.items() if k != "Tags"}, rows[0]))


class JobDefinition(Handler):
    """An update registers the next revision and retires the last, so the Ref changes (as with AWS)."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("JobDefinitionName") or at.name(128))
        given = {**_arguments(at, p), "jobDefinitionName": name}
        arn = at.call("batch", "register_job_definition", **given)["jobDefinitionArn"]
        return Made(arn, {"JobDefinitionArn": arn})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id.rsplit("/", 1)[-1].split(":")[0]
        again = self.create(at, {**new, "JobDefinitionName": name})
        at.quietly("batch", "deregister_job_definition", jobDefinition=made.physical_id)
        return again

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("batch", "deregister_job_definition", jobDefinition=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("batch", "describe_job_definitions", jobDefinitions=[physical_id])["jobDefinitions"]
        if not rows or rows[0]["status"] != "ACTIVE":
            return None
        return dict(_as_template({k: v for k, v in p.items() if k not in ("Tags", "Type")}, rows[0]))


class SchedulingPolicy(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("Name") or at.name(128))
        with _told_of_doubles(at, name):
            arn = at.call("batch", "create_scheduling_policy", **{**_arguments(at, p), "name": name})["arn"]
        return Made(arn, {"Arn": arn})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        given = as_api({k: v for k, v in new.items() if k == "FairsharePolicy"})
        at.call("batch", "update_scheduling_policy", arn=made.physical_id, **given)
        _retag(at, made.physical_id, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.call("batch", "delete_scheduling_policy", arn=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("batch", "describe_scheduling_policies", arns=[physical_id])["schedulingPolicies"]
        return dict(_as_template({k: v for k, v in p.items() if k != "Tags"}, rows[0])) if rows else None


def _retag(at: Place, arn: str, p: Properties) -> None:
    wanted = at.tags(p)
    there = at.call("batch", "list_tags_for_resource", resourceArn=arn)["tags"]
    gone = sorted(set(there) - set(wanted))
    if gone:
        at.call("batch", "untag_resource", resourceArn=arn, tagKeys=gone)
    if wanted:
        at.call("batch", "tag_resource", resourceArn=arn, tags=wanted)


HANDLERS: dict[str, Handler] = {
    "AWS::Batch::ComputeEnvironment": ComputeEnvironment(),
    "AWS::Batch::JobQueue": JobQueue(),
    "AWS::Batch::JobDefinition": JobDefinition(),
    "AWS::Batch::SchedulingPolicy": SchedulingPolicy(),
}

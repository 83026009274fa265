"""Queues and scheduling policies of AWS Batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services import batch_jobs
from geos.wizard.sandbox.services.batch_state import (
    BatchRegion,
    batch_arn,
    batch_in,
    by_name_or_arn,
    checked_name,
    client_error,
    environment_of,
)
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

MOST_ENVIRONMENTS_PER_QUEUE = 3


def create_job_queue(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    region = batch_in(world, call.region)
    name = checked_name(p["jobQueueName"], "jobQueueName")
    if name in region.queues:
        raise client_error("Object already exists")
    policy = p.get("schedulingPolicyArn")
    if policy and policy not in region.policies:
        raise client_error(f"Scheduling policy {policy} does not exist")
    arn = batch_arn(world, call, "job-queue", name)
    region.queues[name] = {
        "jobQueueName": name,
        "jobQueueArn": arn,
        "state": p.get("state") or "ENABLED",
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "priority": int(p["priority"]),
        "schedulingPolicyArn": policy,
        "computeEnvironmentOrder": _order(region, p.get("computeEnvironmentOrder") or []),
        "jobStateTimeLimitActions": list(p.get("jobStateTimeLimitActions") or []),
        "jobQueueType": p.get("jobQueueType"),
        "tags": dict(p.get("tags") or {}),
    }
    return {"jobQueueName": name, "jobQueueArn": arn}


def _order(region: BatchRegion, given: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not given:
        raise client_error("At least one compute environment must be provided")
    if len(given) > MOST_ENVIRONMENTS_PER_QUEUE:
        raise client_error(f"A job queue takes at most {MOST_ENVIRONMENTS_PER_QUEUE} compute environments")
    order = []
    for item in given:
        environment = environment_of(region, item["computeEnvironment"])
        order.append({"order": int(item["order"]), "computeEnvironment": environment["computeEnvironmentArn"]})
    return sorted(order, key=lambda o: int(o["order"]))


def describe_job_queues(world: World, call: Call) -> Mapping[str, Any]:
    wanted = call.params.get("jobQueues")
    rows = [
        q
        for q in batch_in(world, call.region).queues.values()
        if not wanted or q["jobQueueName"] in wanted or q["jobQueueArn"] in wanted
    ]
    return paged(rows, call, "jobQueues")


def update_job_queue(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    region = batch_in(world, call.region)
    found = by_name_or_arn(region.queues, "jobQueueArn", str(p["jobQueue"]))
    if found is None:
        raise client_error(f"{p['jobQueue']} does not exist")
    if p.get("schedulingPolicyArn") and not found["schedulingPolicyArn"]:
        raise client_error("A scheduling policy cannot be added to a job queue that was created without one")
    if p.get("computeEnvironmentOrder"):
        found["computeEnvironmentOrder"] = _order(region, p["computeEnvironmentOrder"])
    for name in ("state", "priority", "schedulingPolicyArn", "jobStateTimeLimitActions"):
        if p.get(name) is not None:
            found[name] = p[name]
    return {k: found[k] for k in ("jobQueueName", "jobQueueArn")}


def delete_job_queue(world: World, call: Call) -> Mapping[str, Any]:
    region = batch_in(world, call.region)
    found = by_name_or_arn(region.queues, "jobQueueArn", str(call.params["jobQueue"]))
    if found is None:
        return {}
    if found["state"] != "DISABLED":
        raise client_error("Cannot delete, state must be DISABLED")
    batch_jobs.end_jobs_of(region, found["jobQueueArn"])
    del region.queues[found["jobQueueName"]]
    return {}


# --- scheduling policies ---------------------------------------------------------------------


def create_scheduling_policy(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    region = batch_in(world, call.region)
    name = checked_name(p["name"], "name")
    arn = batch_arn(world, call, "scheduling-policy", name)
    if arn in region.policies:
        raise client_error("Object already exists")
    region.policies[arn] = {
        "name": name,
        "arn": arn,
        "fairsharePolicy": p.get("fairsharePolicy"),
        "quotaSharePolicy": p.get("quotaSharePolicy"),
        "tags": dict(p.get("tags") or {}),
    }
    return {"name": name, "arn": arn}


def describe_scheduling_policies(world: World, call: Call) -> Mapping[str, Any]:
    policies = batch_in(world, call.region).policies
    return {"schedulingPolicies": [policies[a] for a in call.params.get("arns") or [] if a in policies]}


def list_scheduling_policies(world: World, call: Call) -> Mapping[str, Any]:
    return paged([{"arn": a} for a in batch_in(world, call.region).policies], call, "schedulingPolicies")


def update_scheduling_policy(world: World, call: Call) -> Mapping[str, Any]:
    policies = batch_in(world, call.region).policies
    arn = str(call.params["arn"])
    if arn not in policies:
        raise client_error(f"Scheduling policy {arn} does not exist")
    if call.params.get("fairsharePolicy") is not None:
        policies[arn]["fairsharePolicy"] = call.params["fairsharePolicy"]
    return {}


def delete_scheduling_policy(world: World, call: Call) -> Mapping[str, Any]:
    region, arn = batch_in(world, call.region), str(call.params["arn"])
    if any(q["schedulingPolicyArn"] == arn for q in region.queues.values()):
        raise client_error("Cannot delete scheduling policy, found existing JobQueue relationship")
    region.policies.pop(arn, None)
    return {}


ACTIONS = {
    "CreateJobQueue": create_job_queue,
    "DescribeJobQueues": describe_job_queues,
    "UpdateJobQueue": update_job_queue,
    "DeleteJobQueue": delete_job_queue,
    "CreateSchedulingPolicy": create_scheduling_policy,
    "DescribeSchedulingPolicies": describe_scheduling_policies,
    "ListSchedulingPolicies": list_scheduling_policies,
    "UpdateSchedulingPolicy": update_scheduling_policy,
    "DeleteSchedulingPolicy": delete_scheduling_policy,
}

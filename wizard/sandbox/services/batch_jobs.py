"""Jobs and job definitions of AWS Batch. Nothing runs: a job that could be placed and has its image succeeds.

What would keep a real job waiting for ever keeps this one waiting too: more memory or vCPUs than any
instance of the queue has, or more vCPUs than the account's quota lets start.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services.batch_placement import why_failing, why_stuck
from geos.wizard.sandbox.services.batch_state import (
    BatchRegion,
    Job,
    batch_arn,
    batch_in,
    by_name_or_arn,
    checked_name,
    client_error,
    millis,
    new_id,
)
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

_STAGES = ((0.02, "SUBMITTED"), (0.05, "RUNNABLE"), (0.08, "STARTING"), (0.25, "RUNNING"))
"""Until how many seconds after its submission a job is in which state."""

_ENDED = ("SUCCEEDED", "FAILED")


# --- definitions -----------------------------------------------------------------------------


def register_job_definition(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    name = checked_name(p["jobDefinitionName"], "jobDefinitionName")
    kind = str(p["type"]).lower()
    container = p.get("containerProperties")
    if kind == "container" and not (container or p.get("ecsProperties") or p.get("eksProperties")):
        raise client_error("Container properties should not be empty")
    if container is not None:
        _check_container(container)
    revisions = batch_in(world, call.region).definitions.setdefault(name, [])
    revision = len(revisions) + 1
    arn = batch_arn(world, call, "job-definition", f"{name}:{revision}")
    kept = {k: v for k, v in p.items() if v is not None and k != "tags"}
    revisions.append(
        {
            **kept,
            "type": kind,
            "jobDefinitionArn": arn,
            "revision": revision,
            "status": "ACTIVE",
            "containerOrchestrationType": "ECS",
            "tags": dict(p.get("tags") or {}),
        }
    )
    return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}


def _check_container(container: Mapping[str, Any]) -> None:
    if not container.get("image"):
        raise client_error("Error executing request, Exception : Container image is required")
    needs = {r["type"]: r["value"] for r in container.get("resourceRequirements") or []}
    if "VCPU" not in needs and not container.get("vcpus"):
        raise client_error("Error executing request, Exception : VCPU is required in resourceRequirements")
    if "MEMORY" not in needs and not container.get("memory"):
        raise client_error("Error executing request, Exception : MEMORY is required in resourceRequirements")
    for kind, value in needs.items():
        if kind in ("VCPU", "MEMORY") and float(value) <= 0:
            raise client_error(f"Error executing request, Exception : {kind} must be greater than 0")


def describe_job_definitions(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    rows = [d for revisions in batch_in(world, call.region).definitions.values() for d in revisions]
    wanted = p.get("jobDefinitions")
    if wanted:
        rows = [d for d in rows if {d["jobDefinitionArn"], f"{d['jobDefinitionName']}:{d['revision']}"} & set(wanted)]
    if p.get("jobDefinitionName"):
        rows = [d for d in rows if d["jobDefinitionName"] == p["jobDefinitionName"]]
    if p.get("status"):
        rows = [d for d in rows if d["status"] == p["status"]]
    return paged(rows, call, "jobDefinitions")


def deregister_job_definition(world: World, call: Call) -> Mapping[str, Any]:
    _definition(batch_in(world, call.region), str(call.params["jobDefinition"]), active=False)["status"] = "INACTIVE"
    return {}


def _definition(region: BatchRegion, named: str, *, active: bool) -> dict[str, Any]:
    """By ARN or name, with or without revision; without one, the newest active."""
    name, _, revision = named.rsplit("/", 1)[-1].partition(":")
    rows = [
        d
        for d in region.definitions.get(name, [])
        if (not revision or str(d["revision"]) == revision) and (d["status"] == "ACTIVE" or not active)
    ]
    if not rows:
        raise client_error(f"JobDefinition {named} does not exist or is not active")
    return rows[-1]


# --- jobs ------------------------------------------------------------------------------------


def submit_job(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    region = batch_in(world, call.region)
    name = checked_name(p["jobName"], "jobName")
    queue = by_name_or_arn(region.queues, "jobQueueArn", str(p["jobQueue"]))
    if queue is None:
        raise client_error(f"JobQueue {p['jobQueue']} does not exist")
    if queue["state"] != "ENABLED":
        raise client_error(f"JobQueue {queue['jobQueueName']} is not enabled")
    definition = _definition(region, str(p["jobDefinition"]), active=True)
    if queue["schedulingPolicyArn"] and not p.get("shareIdentifier"):
        raise client_error("shareIdentifier is required for a queue with a fair-share policy")
    container = _container(definition, p.get("containerOverrides") or {})
    tags = dict(p.get("tags") or {})
    if p.get("propagateTags", definition.get("propagateTags")):
        tags = {**definition["tags"], **tags}
    job_id = new_id()
    record: dict[str, Any] = {
        "jobId": job_id,
        "jobName": name,
        "jobArn": batch_arn(world, call, "job", job_id),
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": definition["jobDefinitionArn"],
        "createdAt": millis(),
        "parameters": {**(definition.get("parameters") or {}), **(p.get("parameters") or {})},
        "retryStrategy": p.get("retryStrategy") or definition.get("retryStrategy"),
        "timeout": p.get("timeout") or definition.get("timeout"),
        "dependsOn": list(p.get("dependsOn") or []),
        "container": container,
        "tags": tags,
        "propagateTags": p.get("propagateTags", definition.get("propagateTags")),
        "shareIdentifier": p.get("shareIdentifier"),
        "platformCapabilities": definition.get("platformCapabilities") or ["EC2"],
    }
    job = Job(job_id, record)
    job.stuck = why_stuck(world, call.region, region, queue, container)
    job.failure = why_failing(world, call.region, container)
    region.jobs[job_id] = job
    size = int((p.get("arrayProperties") or {}).get("size") or 0)
    if size:
        record["arrayProperties"] = {"size": size}
    return {"jobName": name, "jobId": job_id, "jobArn": record["jobArn"]}


def _container(definition: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(definition.get("containerProperties") or {})
    for name in ("command", "environment"):
        if overrides.get(name) is not None:
            found[name] = overrides[name]
    needs = {r["type"]: r["value"] for r in found.get("resourceRequirements") or []}
    needs |= {r["type"]: r["value"] for r in overrides.get("resourceRequirements") or []}
    found["resourceRequirements"] = [{"type": k, "value": v} for k, v in needs.items()]
    return found


def status_of(world: World, region_name: str, region: BatchRegion, job: Job) -> str:
    """Where a job is now. Ends it, and writes its log line, when its time has come."""
    if job.ended:
        return job.ended
    for needed in job.record["dependsOn"]:
        other = region.jobs.get(str(needed.get("jobId")))
        if other is not None and status_of(world, region_name, region, other) not in _ENDED:
            job.submitted_at = time.monotonic()
            return "PENDING"
    age = time.monotonic() - job.submitted_at
    stage = next((name for until, name in _STAGES if age < until), "")
    if job.stuck and stage != "SUBMITTED":
        job.reason = job.stuck
        return "RUNNABLE"
    if stage:
        return stage
    _end(world, region_name, job, "FAILED" if job.failure else "SUCCEEDED", job.failure)
    return job.ended


def _end(world: World, region_name: str, job: Job, how: str, why: str) -> None:
    job.ended, job.reason = how, why
    record = job.record
    record["startedAt"] = record["createdAt"] + int(_STAGES[2][0] * 1000)
    record["stoppedAt"] = record["createdAt"] + int(_STAGES[3][0] * 1000)
    container = record["container"]
    if how == "SUCCEEDED":
        container["exitCode"] = 0
        container["logStreamName"] = f"{record['jobDefinition'].rsplit('/', 1)[-1].split(':')[0]}/default/{job.id}"
        _write_log(world, region_name, record)
    else:
        container["reason"] = why


def _write_log(world: World, region_name: str, record: Mapping[str, Any]) -> None:
    """One line that says what did not run."""
    from botocore.exceptions import ClientError

    container = record["container"]
    options = (container.get("logConfiguration") or {}).get("options") or {}
    group, stream = options.get("awslogs-group", "/aws/batch/job"), container["logStreamName"]
    logs = world.clients.get("logs", region_name)
    text = f"simulated by the geos sandbox: {' '.join(container.get('command') or [])}"
    try:
        if group == "/aws/batch/job" and not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": millis(), "message": text}]
        )
    except ClientError:
        container.pop("logStreamName")


def end_jobs_of(region: BatchRegion, queue_arn: str) -> None:
    """A queue that goes takes its unfinished jobs with it."""
    for job in region.jobs.values():
        if job.record["jobQueue"] == queue_arn and not job.ended:
            job.ended, job.reason = "FAILED", "Job queue deleted"


def _shown(world: World, call: Call, job: Job) -> dict[str, Any]:
    status = status_of(world, call.region, batch_in(world, call.region), job)
    shown = {**job.record, "status": status, "attempts": []}
    if job.reason:
        shown["statusReason"] = job.reason
    array = job.record.get("arrayProperties")
    if array:
        shown["arrayProperties"] = {**array, "statusSummary": {status: array["size"]}}
    if status in _ENDED and "startedAt" in job.record:
        shown["attempts"] = [
            {"startedAt": job.record["startedAt"], "stoppedAt": job.record["stoppedAt"], "container": {}}
        ]
    return shown


def describe_jobs(world: World, call: Call) -> Mapping[str, Any]:
    jobs = batch_in(world, call.region).jobs
    return {"jobs": [_shown(world, call, jobs[i]) for i in call.params["jobs"] if i in jobs]}


def list_jobs(world: World, call: Call) -> Mapping[str, Any]:
    p, region = call.params, batch_in(world, call.region)
    queue = by_name_or_arn(region.queues, "jobQueueArn", str(p.get("jobQueue")))
    if queue is None:
        raise client_error(f"JobQueue {p.get('jobQueue')} does not exist")
    wanted = p.get("jobStatus") or ("" if p.get("filters") else "RUNNING")
    rows = []
    for job in region.jobs.values():
        if job.record["jobQueue"] != queue["jobQueueArn"]:
            continue
        shown = _shown(world, call, job)
        if wanted in ("", shown["status"]) and _passes(shown, p.get("filters") or []):
            rows.append(shown)
    return paged(rows, call, "jobSummaryList")


def _passes(shown: Mapping[str, Any], filters: list[Mapping[str, Any]]) -> bool:
    for item in filters:
        value = {"JOB_NAME": shown["jobName"], "JOB_DEFINITION": shown["jobDefinition"]}.get(str(item["name"]))
        if value is not None and not any(
            value == v or (v.endswith("*") and value.startswith(v[:-1])) for v in item["values"]
        ):
            return False
    return True


def cancel_job(world: World, call: Call) -> Mapping[str, Any]:
    region = batch_in(world, call.region)
    job = region.jobs.get(str(call.params["jobId"]))
    if job is not None and status_of(world, call.region, region, job) in ("SUBMITTED", "PENDING", "RUNNABLE"):
        job.ended, job.reason = "FAILED", str(call.params["reason"])
    return {}


def terminate_job(world: World, call: Call) -> Mapping[str, Any]:
    region = batch_in(world, call.region)
    job = region.jobs.get(str(call.params["jobId"]))
    if job is not None and status_of(world, call.region, region, job) not in _ENDED:
        job.ended, job.reason = "FAILED", str(call.params["reason"])
    return {}


ACTIONS = {
    "RegisterJobDefinition": register_job_definition,
    "DescribeJobDefinitions": describe_job_definitions,
    "DeregisterJobDefinition": deregister_job_definition,
    "SubmitJob": submit_job,
    "DescribeJobs": describe_jobs,
    "ListJobs": list_jobs,
    "CancelJob": cancel_job,
    "TerminateJob": terminate_job,
}

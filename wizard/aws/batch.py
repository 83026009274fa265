"""AWS Batch: environments, queues, definitions, and jobs as far as a deployment needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


@dataclass(frozen=True)
class ComputeEnvironment:
    """A compute environment as Batch tells it."""

    name: str
    arn: str
    state: str
    status: str
    status_reason: str
    kind: str
    """EC2, SPOT, FARGATE or FARGATE_SPOT."""
    instance_types: tuple[str, ...]
    min_vcpus: int
    max_vcpus: int


@dataclass(frozen=True)
class JobQueue:
    """A job queue as Batch tells it; `environments` in the order in which they are tried."""

    name: str
    arn: str
    state: str
    status: str
    status_reason: str
    priority: int
    environments: tuple[str, ...]
    fair_share: bool = False
    """It has a scheduling policy, so that every job must name a share; on others none may."""


@dataclass(frozen=True)
class JobDefinition:
    """The newest active revision of a job definition."""

    name: str
    arn: str
    status: str
    image: str
    vcpus: str
    memory_mib: str
    job_role_arn: str


@dataclass(frozen=True)
class Job:
    """A job, as far as it has come."""

    job_id: str
    name: str
    status: str
    reason: str = ""


class Batch:
    """Batch in one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("batch")

    # --- reading -----------------------------------------------------------------------------

    def compute_environments(self, names: Sequence[str] = ()) -> tuple[ComputeEnvironment, ...]:
        """Those named (names or ARNs), or all."""
        raw = self._all("compute environments", "describe_compute_environments", "computeEnvironments", names)
        return tuple(_environment(r) for r in raw)

    def queues(self, names: Sequence[str] = ()) -> tuple[JobQueue, ...]:
        raw = self._all("job queues", "describe_job_queues", "jobQueues", names)
        return tuple(_queue(r) for r in raw)

    def definition(self, arn: str) -> JobDefinition | None:
        """The definition with this ARN; None when it is not there or not active."""
        with self._door.asking("read a Batch job definition"):
            found = self._client.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
        return next((_definition(r) for r in found if r.get("status") == "ACTIVE"), None)

    def unfinished_jobs(self, queue: str) -> tuple[Job, ...]:
        """Jobs that wait or run in a queue."""
        found: list[Job] = []
        for status in UNFINISHED:
            with self._door.asking(f"list the {status} jobs of queue {queue}"):
                pages = self._client.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status)
                found.extend(_job(raw) for page in pages for raw in page["jobSummaryList"])
        return tuple(found)

    def job(self, job_id: str) -> Job | None:
        with self._door.asking("read a Batch job"):
            found = self._client.describe_jobs(jobs=[job_id])["jobs"]
        return next((_job(raw) for raw in found), None)

    # --- changing ----------------------------------------------------------------------------

    def submit(
        self,
        name: str,
        queue: str,
        definition: str,
        *,
        command: Sequence[str] = (),
        vcpus: int = 0,
        memory_mib: int = 0,
        timeout_seconds: int = 0,
        share: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Submit a job; its id. `share`: whose, on a queue that shares fairly."""
        wanted = [("VCPU", vcpus), ("MEMORY", memory_mib)]
        overrides: dict[str, Any] = {
            "resourceRequirements": [{"type": kind, "value": str(value)} for kind, value in wanted if value]
        }
        if command:
            overrides["command"] = list(command)
        options: dict[str, Any] = {"timeout": {"attemptDurationSeconds": timeout_seconds}} if timeout_seconds else {}
        if share:
            options["shareIdentifier"] = share
        with self._door.asking(f"submit job {name}"):
            answer = self._client.submit_job(
                jobName=name,
                jobQueue=queue,
                jobDefinition=definition,
                containerOverrides=overrides,
                tags=dict(tags or {}),
                **options,
            )
        return str(answer["jobId"])

    def terminate(self, job_id: str, reason: str) -> None:
        """End a job in whatever state; one that has ended is fine."""
        with self._door.asking("end a Batch job"):
            self._client.terminate_job(jobId=job_id, reason=reason)

    def disable_queue(self, name: str) -> None:
        with self._door.asking(f"disable queue {name}"):
            self._client.update_job_queue(jobQueue=name, state="DISABLED")

    def _all(self, what: str, call: str, key: str, names: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        wanted = {_ARGUMENT[call]: list(names)} if names else {}
        with self._door.asking(f"read the Batch {what}"):
            pages = self._client.get_paginator(call).paginate(**wanted)
            return [raw for page in pages for raw in page[key]]


_ARGUMENT = {"describe_compute_environments": "computeEnvironments", "describe_job_queues": "jobQueues"}


def _environment(raw: Mapping[str, Any]) -> ComputeEnvironment:
    compute = raw.get("computeResources", {})
    return ComputeEnvironment(
        raw["computeEnvironmentName"],
        raw["computeEnvironmentArn"],
        raw.get("state", ""),
        raw.get("status", ""),
        raw.get("statusReason") or "",
        compute.get("type", ""),
        tuple(compute.get("instanceTypes") or ()),
        int(compute.get("minvCpus") or 0),
        int(compute.get("maxvCpus") or 0),
    )


def _queue(raw: Mapping[str, Any]) -> JobQueue:
    order = sorted(raw.get("computeEnvironmentOrder", ()), key=lambda e: e["order"])
    return JobQueue(
        raw["jobQueueName"],
        raw["jobQueueArn"],
        raw.get("state", ""),
        raw.get("status", ""),
        raw.get("statusReason") or "",
        int(raw.get("priority", 0)),
        tuple(e["computeEnvironment"] for e in order),
        bool(raw.get("schedulingPolicyArn")),
    )


def _definition(raw: Mapping[str, Any]) -> JobDefinition:
    container = raw.get("containerProperties", {})
    needs = {r["type"]: str(r["value"]) for r in container.get("resourceRequirements") or ()}
    return JobDefinition(
        raw["jobDefinitionName"],
        raw["jobDefinitionArn"],
        raw.get("status", ""),
        container.get("image", ""),
        needs.get("VCPU", ""),
        needs.get("MEMORY", ""),
        container.get("jobRoleArn", ""),
    )


def _job(raw: Mapping[str, Any]) -> Job:
    return Job(raw["jobId"], raw.get("jobName", ""), raw.get("status", ""), raw.get("statusReason") or "")

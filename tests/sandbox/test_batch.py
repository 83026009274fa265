"""AWS Batch of the simulated account."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from parts.emulator import Emulator


@pytest.fixture
def network(emulator: Emulator) -> dict[str, Any]:
    """What a compute environment needs."""
    iam, ec2 = emulator.client("iam"), emulator.client("ec2")
    arn = iam.create_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Arn"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    return {"type": "EC2", "maxvCpus": 16, "subnets": [subnet], "instanceRole": arn, "instanceTypes": ["r7g.xlarge"]}


def environment(emulator: Emulator, resources: dict[str, Any], name: str = "e", **more: Any) -> str:
    made = emulator.client("batch").create_compute_environment(
        computeEnvironmentName=name, type="MANAGED", computeResources=resources, **more
    )
    return str(made["computeEnvironmentArn"])


def queue(emulator: Emulator, arn: str, name: str = "q", **more: Any) -> str:
    made = emulator.client("batch").create_job_queue(
        jobQueueName=name, priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": arn}], **more
    )
    return str(made["jobQueueArn"])


def definition(emulator: Emulator, vcpus: int = 4, memory_mib: int = 28_000, image: str = "busybox") -> str:
    needs = [{"type": "VCPU", "value": str(vcpus)}, {"type": "MEMORY", "value": str(memory_mib)}]
    made = emulator.client("batch").register_job_definition(
        jobDefinitionName="d",
        type="container",
        containerProperties={"image": image, "command": ["echo", "Ref::what"], "resourceRequirements": needs},
        timeout={"attemptDurationSeconds": 60},
        propagateTags=True,
        tags={"Project": "x"},
    )
    return str(made["jobDefinitionArn"])


def run(emulator: Emulator, arn: str, **more: Any) -> dict[str, Any]:
    """A job after a while: at its end, or where it is stuck."""
    batch = emulator.client("batch")
    job = batch.submit_job(jobName="j", jobQueue="q", jobDefinition=arn, **more)["jobId"]
    for _ in range(40):
        found = batch.describe_jobs(jobs=[job])["jobs"][0]
        if found["status"] in ("SUCCEEDED", "FAILED") or found.get("statusReason"):
            break
        threading.Event().wait(0.05)
    return dict(found)


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as e:
        call(**given)
    assert e.value.response["Error"]["Code"] == "ClientException"
    return str(e.value.response["Error"]["Message"])


def test_environments_are_valid_without_a_service_role(emulator: Emulator, network: dict[str, Any]) -> None:
    environment(emulator, network)
    (found,) = emulator.client("batch").describe_compute_environments()["computeEnvironments"]
    assert (found["status"], found["state"]) == ("VALID", "ENABLED")
    assert found["serviceRole"].endswith("role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch")
    assert emulator.client("iam").get_role(RoleName="AWSServiceRoleForBatch")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"instanceTypes": ["zz9.bogus"]}, "not valid"),
        ({"instanceTypes": ["c7g.xlarge", "c6i.xlarge"]}, "different architectures"),
        ({"subnets": ["subnet-0123456789abcdef0"]}, "subnet-0123456789abcdef0"),
        ({"minvCpus": 32}, "greater than or equal"),
        ({"type": "MAINFRAME"}, "not valid"),
    ],
)
def test_impossible_environments_are_refused(
    emulator: Emulator, network: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    call = emulator.client("batch").create_compute_environment
    given = {"computeEnvironmentName": "e", "type": "MANAGED", "computeResources": {**network, **change}}
    assert words in refused(call, **given)


def test_things_go_in_their_order_only(emulator: Emulator, network: dict[str, Any]) -> None:
    batch = emulator.client("batch")
    arn = environment(emulator, network)
    queue(emulator, arn)
    assert "DISABLED" in refused(batch.delete_job_queue, jobQueue="q")
    batch.update_compute_environment(computeEnvironment="e", state="DISABLED")
    assert "JobQueue relationship" in refused(batch.delete_compute_environment, computeEnvironment="e")
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")
    batch.delete_compute_environment(computeEnvironment="e")
    assert (
        batch.describe_job_queues()["jobQueues"] == batch.describe_compute_environments()["computeEnvironments"] == []
    )


def test_a_queue_takes_three_environments(emulator: Emulator, network: dict[str, Any]) -> None:
    arns = [environment(emulator, network, f"e{i}") for i in range(4)]
    order = [{"order": i, "computeEnvironment": arn} for i, arn in enumerate(arns)]
    call = emulator.client("batch").create_job_queue
    assert "at most 3" in refused(call, jobQueueName="q", priority=1, computeEnvironmentOrder=order)


def test_what_is_set_is_kept(emulator: Emulator, network: dict[str, Any]) -> None:
    """Time limits, timeouts, scheduling policies and tags, which the emulator below drops."""
    batch = emulator.client("batch")
    policy = batch.create_scheduling_policy(name="s", fairsharePolicy={"shareDecaySeconds": 60})["arn"]
    limit = {"action": "CANCEL", "maxTimeSeconds": 600, "reason": "MISCONFIGURATION:X", "state": "RUNNABLE"}
    arn = environment(emulator, network, tags={"Project": "x"})
    queue(emulator, arn, schedulingPolicyArn=policy, jobStateTimeLimitActions=[limit])
    (found,) = batch.describe_job_queues()["jobQueues"]
    assert found["jobStateTimeLimitActions"] == [limit]
    assert found["schedulingPolicyArn"] == policy
    assert "found existing JobQueue" in refused(batch.delete_scheduling_policy, arn=policy)
    definition(emulator)
    (kept,) = batch.describe_job_definitions(jobDefinitionName="d")["jobDefinitions"]
    assert kept["timeout"] == {"attemptDurationSeconds": 60}
    assert kept["propagateTags"] is True
    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"Project": "x"}


def test_a_small_job_succeeds_and_says_that_nothing_ran(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, network))
    job = run(emulator, definition(emulator), parameters={"what": "hello"})
    assert job["status"] == "SUCCEEDED"
    assert job["tags"] == {"Project": "x"}
    stream = job["container"]["logStreamName"]
    (line,) = emulator.client("logs").get_log_events(logGroupName="/aws/batch/job", logStreamName=stream)["events"]
    assert line["message"].startswith("simulated by the geos sandbox: echo")


def test_jobs_pass_through_their_states(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, network))
    batch = emulator.client("batch")
    job = batch.submit_job(jobName="j", jobQueue="q", jobDefinition=definition(emulator))["jobId"]
    seen: list[str] = []
    while "SUCCEEDED" not in seen:
        seen.append(batch.describe_jobs(jobs=[job])["jobs"][0]["status"])
        threading.Event().wait(0.005)
    order = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert sorted(seen, key=order.index) == seen
    assert len(set(seen)) > 2


def test_a_quota_of_five_vcpus_keeps_a_large_job_waiting(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, {**network, "maxvCpus": 64, "instanceTypes": ["c7g.4xlarge"]}))
    arn = definition(emulator, 16)
    job = run(emulator, arn)
    assert job["status"] == "RUNNABLE"
    assert job["statusReason"].startswith("CAPACITY:")
    emulator.client("batch").terminate_job(jobId=job["jobId"], reason="enough")
    (ended,) = emulator.client("batch").describe_jobs(jobs=[job["jobId"]])["jobs"]
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "enough")
    emulator.seed(quotas={"ec2/L-1216C47A": 64})
    assert run(emulator, arn)["status"] == "SUCCEEDED"


def test_a_job_that_fits_nowhere_waits_for_ever(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, network))
    job = run(emulator, definition(emulator, 4, 64_000))
    assert (job["status"], job["statusReason"][:41]) == ("RUNNABLE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")


def test_a_missing_image_fails_the_job(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, network))
    ecr = emulator.client("ecr")
    uri = ecr.create_repository(repositoryName="geos-chem")["repository"]["repositoryUri"]
    arn = definition(emulator, image=f"{uri}:arm64-latest")
    job = run(emulator, arn)
    assert job["status"] == "FAILED"
    assert job["statusReason"].startswith("CannotPullContainerError")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    ecr.put_image(repositoryName="geos-chem", imageManifest=json.dumps(manifest), imageTag="arm64-latest")
    assert run(emulator, arn)["status"] == "SUCCEEDED"


def test_jobs_wait_for_one_another(emulator: Emulator, network: dict[str, Any]) -> None:
    queue(emulator, environment(emulator, network))
    batch, arn = emulator.client("batch"), definition(emulator)
    first = batch.submit_job(jobName="a", jobQueue="q", jobDefinition=arn)["jobId"]
    second = batch.submit_job(jobName="b", jobQueue="q", jobDefinition=arn, dependsOn=[{"jobId": first}])["jobId"]
    assert batch.describe_jobs(jobs=[second])["jobs"][0]["status"] == "PENDING"
    for _ in range(60):
        threading.Event().wait(0.05)
        states = {j["jobId"]: j["status"] for j in batch.describe_jobs(jobs=[first, second])["jobs"]}
        if states[second] == "SUCCEEDED":
            break
    assert states == {first: "SUCCEEDED", second: "SUCCEEDED"}
    listed = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert {j["jobId"] for j in listed} == {first, second}


def test_submission_is_checked(emulator: Emulator, network: dict[str, Any]) -> None:
    batch = emulator.client("batch")
    queue(emulator, environment(emulator, network))
    arn = definition(emulator)
    assert "does not exist" in refused(batch.submit_job, jobName="j", jobQueue="none", jobDefinition=arn)
    batch.deregister_job_definition(jobDefinition=arn)
    assert "not active" in refused(batch.submit_job, jobName="j", jobQueue="q", jobDefinition=arn)
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    assert "not enabled" in refused(batch.submit_job, jobName="j", jobQueue="q", jobDefinition=arn)

"""Drift: what somebody changed past CloudFormation is found, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from parts.everything import EVERYTHING
from parts.stacks import deploy, template

if TYPE_CHECKING:
    from collections.abc import Callable

    from parts.emulator import Emulator


def drifts(emulator: Emulator, name: str = "x") -> dict[str, dict[str, Any]]:
    """Logical id -> row, of what is not in sync."""
    cloudformation = emulator.client("cloudformation")
    detection = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    rows = cloudformation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    found = {r["LogicalResourceId"]: r for r in rows if r["StackResourceDriftStatus"] != "IN_SYNC"}
    assert status["DetectionStatus"] == "DETECTION_COMPLETE"
    assert status["DriftedStackResourceCount"] == len(found)
    assert status["StackDriftStatus"] == ("DRIFTED" if found else "IN_SYNC")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["DriftInformation"]["StackDriftStatus"] == status["StackDriftStatus"]
    return found


def test_a_fresh_stack_of_everything_has_not_drifted(emulator: Emulator) -> None:
    deploy(emulator, "x", EVERYTHING)
    assert drifts(emulator) == {}


def _queue_priority(emulator: Emulator) -> None:
    emulator.client("batch").update_job_queue(jobQueue="x-jq", priority=1)


def _retention(emulator: Emulator) -> None:
    group = emulator.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"]
    emulator.client("logs").put_retention_policy(logGroupName=group, retentionInDays=1)


def _versioning(emulator: Emulator) -> None:
    emulator.client("s3").put_bucket_versioning(
        Bucket="geos-x-123456789012", VersioningConfiguration={"Status": "Suspended"}
    )


def _open_ssh(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["batch"]}])["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_egress(GroupId=groups[0]["GroupId"], IpPermissions=[rule])


def _trust(emulator: Emulator) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    anyone = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("iam").update_assume_role_policy(RoleName="x-inst", PolicyDocument=anyone)


@pytest.mark.parametrize(
    ("change", "logical_id", "path"),
    [
        (_queue_priority, "Jq", "/Priority"),
        (_retention, "Lg", "/RetentionInDays"),
        (_versioning, "Bucket", "/VersioningConfiguration/Status"),
        (_open_ssh, "Sg", "/SecurityGroupEgress"),
        (_trust, "Role", "/AssumeRolePolicyDocument/Statement"),
    ],
)
def test_a_change_past_cloudformation_is_found(
    emulator: Emulator, change: Callable[[Emulator], None], logical_id: str, path: str
) -> None:
    deploy(emulator, "x", EVERYTHING)
    change(emulator)
    found = drifts(emulator)
    assert list(found) == [logical_id]
    assert found[logical_id]["StackResourceDriftStatus"] == "MODIFIED"
    assert [d["PropertyPath"] for d in found[logical_id]["PropertyDifferences"]] == [path]


def test_a_resource_that_is_gone_is_found(emulator: Emulator) -> None:
    deploy(emulator, "x", template({"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}}))
    emulator.client("logs").delete_log_group(logGroupName="g")
    assert drifts(emulator)["Logs"]["StackResourceDriftStatus"] == "DELETED"


def test_simulated_resources_are_not_checked(emulator: Emulator) -> None:
    deploy(emulator, "x", template({"M": {"Type": "AWS::CE::AnomalyMonitor"}}))
    assert drifts(emulator) == {}
    rows = emulator.client("cloudformation").describe_stack_resources(StackName="x")["StackResources"]
    assert rows[0]["DriftInformation"]["StackResourceDriftStatus"] == "NOT_CHECKED"

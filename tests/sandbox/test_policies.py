"""Evaluation of IAM policies: pure, then through the two simulation calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from geos.wizard.sandbox.policies import Request, decide, documents

if TYPE_CHECKING:
    from parts.emulator import Emulator

BUCKET = "arn:aws:s3:::geos-x"
CALLER = "arn:aws:iam::123456789012:user/explorer"


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "expected"),
    [
        ([allow()], "s3:GetObject", BUCKET, "allowed"),
        ([], "s3:GetObject", BUCKET, "implicitDeny"),
        ([allow(), deny("s3:*")], "s3:GetObject", BUCKET, "explicitDeny"),
        ([deny("s3:*"), allow()], "ec2:RunInstances", "*", "allowed"),
        ([allow("s3:Get*")], "s3:GetObject", BUCKET, "allowed"),
        ([allow("s3:get?bject")], "S3:GetObject", BUCKET, "allowed"),
        ([allow("s3:Get*")], "s3:PutObject", BUCKET, "implicitDeny"),
        ([allow("s3:*", f"{BUCKET}/*")], "s3:GetObject", f"{BUCKET}/a/b", "allowed"),
        ([allow("s3:*", f"{BUCKET}/*")], "s3:GetObject", "arn:aws:s3:::other/a", "implicitDeny"),
        ([allow("s3:*", f"{BUCKET}/*")], "s3:GetObject", "*", "implicitDeny"),
        ([allow("s3:*", BUCKET.replace("x", "X"))], "s3:ListBucket", BUCKET, "implicitDeny"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "s3:GetObject", "*", "allowed"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "iam:PassRole", "*", "implicitDeny"),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": BUCKET}], "s3:ListBucket", BUCKET, "implicitDeny"),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": BUCKET}], "s3:ListBucket", BUCKET + "2", "allowed"),
    ],
)
def test_decisions(statements: list[dict[str, Any]], action: str, resource: str, expected: str) -> None:
    assert decide(Request(action, resource), documents([policy(*statements)])).decision == expected


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {"aws:RequestedRegion": ["us-east-1"]}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}, {"AWS:requestedregion": ["us-east-1"]}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:RequestedRegion": "us-east-1"}}, {}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}, {}, True),
        (
            {"StringLike": {"iam:PassedToService": "*.amazonaws.com"}},
            {"iam:PassedToService": ["ec2.amazonaws.com"]},
            True,
        ),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*"}}, {"aws:SourceArn": ["arn:aws:sns:us-east-1:1:x"]}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": ["true"]}, False),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": ["9"]}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"aws:SourceIp": ["192.0.2.9"]}, True),
        ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"aws:SourceIp": ["192.0.2.9"]}, False),
        ({"Null": {"aws:TagKeys": "true"}}, {}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a", "c"]}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a", "c"]}, True),
        ({"NoSuchOperator": {"a": "b"}}, {"a": ["b"]}, False),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, list[str]], holds: bool) -> None:
    found = decide(Request("s3:GetObject", "*", context), documents([policy(allow(Condition=condition))]))
    assert (found.decision == "allowed") == holds


def test_a_missing_context_key_is_named() -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    found = decide(Request("s3:GetObject", "*"), documents([policy(allow(Condition=condition))]))
    assert found.missing_context == ("aws:RequestedRegion",)


# --- through the API -------------------------------------------------------------------------


def simulate(emulator: Emulator, *actions: str, arn: str = CALLER, **more: Any) -> dict[str, str]:
    rows = emulator.client("iam").simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions), **more)
    return {r["EvalActionName"]: r["EvalDecision"] for r in rows["EvaluationResults"]}


def test_the_caller_may_do_everything_unless_the_seed_says_otherwise(emulator: Emulator) -> None:
    assert simulate(emulator, "batch:CreateJobQueue") == {"batch:CreateJobQueue": "allowed"}
    emulator.seed(permissions=policy(allow("batch:*"), deny("batch:Delete*"), allow("iam:Simulate*")))
    assert simulate(emulator, "batch:CreateJobQueue", "batch:DeleteJobQueue", "s3:CreateBucket") == {
        "batch:CreateJobQueue": "allowed",
        "batch:DeleteJobQueue": "explicitDeny",
        "s3:CreateBucket": "implicitDeny",
    }


def test_a_boundary_limits_and_is_named(emulator: Emulator) -> None:
    emulator.seed(boundary=policy(allow("s3:*")))
    rows = emulator.client("iam").simulate_principal_policy(
        PolicySourceArn=CALLER, ActionNames=["s3:CreateBucket", "batch:CreateJobQueue"]
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in rows] == ["allowed", "implicitDeny"]
    assert rows[1]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_roles_are_simulated_with_all_their_policies(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    trust = json.dumps(policy({"Effect": "Allow", "Principal": {"AWS": CALLER}, "Action": "sts:AssumeRole"}))
    arn = iam.create_role(RoleName="r", Path="/team/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(policy(allow("sns:*"))))
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert simulate(emulator, "sns:Publish", "s3:GetObject", "s3:PutObject", arn=arn) == {
        "sns:Publish": "allowed",
        "s3:GetObject": "allowed",
        "s3:PutObject": "implicitDeny",
    }
    with pytest.raises(ClientError) as e:
        simulate(emulator, "sns:Publish", arn="arn:aws:iam::123456789012:role/r")
    assert e.value.response["Error"]["Code"] == "NoSuchEntity", "the path belongs to the ARN"


def test_session_arns_cannot_be_simulated(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as e:
        simulate(emulator, "sns:Publish", arn="arn:aws:sts::123456789012:assumed-role/r/me")
    assert e.value.response["Error"]["Code"] == "InvalidInput"


def test_resources_are_judged_one_by_one(emulator: Emulator) -> None:
    rows = emulator.client("iam").simulate_custom_policy(
        PolicyInputList=[json.dumps(policy(allow("s3:GetObject", f"{BUCKET}/*")))],
        ActionNames=["s3:GetObject"],
        ResourceArns=[f"{BUCKET}/a", "arn:aws:s3:::other/a"],
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in rows] == ["allowed", "implicitDeny"]


def test_what_is_not_permitted_is_refused(emulator: Emulator) -> None:
    """In each protocol's own words, and whoever he is the caller may ask who he is."""
    emulator.seed(permissions=policy(allow("logs:*")))
    assert emulator.client("sts").get_caller_identity()["Arn"] == CALLER
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []
    for service, call, code in (
        ("ec2", "describe_vpcs", "UnauthorizedOperation"),
        ("batch", "describe_job_queues", "AccessDeniedException"),
        ("cloudformation", "list_stacks", "AccessDenied"),
        ("s3", "list_buckets", "AccessDenied"),
        ("service-quotas", "list_services", "AccessDeniedException"),
    ):
        with pytest.raises(ClientError) as e:
            getattr(emulator.client(service), call)()
        assert e.value.response["Error"]["Code"] == code


def test_service_linked_roles_have_their_names_and_are_made_once(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    for service, name in (
        ("batch", "AWSServiceRoleForBatch"),
        ("autoscaling", "AWSServiceRoleForAutoScaling"),
        ("spot", "AWSServiceRoleForEC2Spot"),
    ):
        role = iam.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")["Role"]
        assert role["RoleName"] == name
        assert role["Path"] == f"/aws-service-role/{service}.amazonaws.com/"
    with pytest.raises(ClientError, match="has been taken in this account") as e:
        iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    assert e.value.response["Error"]["Code"] == "InvalidInput"

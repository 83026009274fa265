"""Permissions: allowed only where the simulator said so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.permissions import (
    ACTIONS_PER_CALL,
    RESOURCES_PER_CALL,
    Asked,
    _answer,
    check_permissions,
    plan_questions,
    principals,
)
from geos.wizard.aws.iam_facts import Simulated
from geos.wizard.errors import AccessDenied, Exit
from geos.wizard.facts import Identity
from geos.wizard.systems.derive.permissions import Grant

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from tests.parts.emulator import Emulator

ACCOUNT = "123456789012"
BUCKET = f"arn:aws:s3:::tiny-dev-{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tiny-dev-*"


def grant(action: str, resource: str = "*", *passed_to: str, region: str = "") -> Grant:
    return Grant(action, resource, ("AWS::S3::Bucket",), passed_to, region)


def who(arn: str, kind: str, role_arn: str = "") -> Identity:
    return Identity(ACCOUNT, arn, "AIDA", kind, role_arn)


USER = who(f"arn:aws:iam::{ACCOUNT}:user/ana", "user")
PLAN = (
    grant("s3:CreateBucket", BUCKET),
    grant("s3:PutBucketPolicy", BUCKET),
    grant("ec2:DescribeVpcs"),
    grant("ec2:CreateVpc"),
    grant("iam:CreateRole", ROLE),
    grant("iam:PassRole", ROLE, "batch.amazonaws.com", "ecs-tasks.amazonaws.com"),
)


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


SIMULATING = allow("iam:SimulatePrincipalPolicy", "sts:GetCallerIdentity")


# --- who is simulated ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (USER, (USER.arn,)),
        (
            who(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana", "assumed-role", "arn:aws:iam::1:role/x/deployer"),
            ("arn:aws:iam::1:role/x/deployer",),
        ),
        (
            who(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana", "assumed-role"),
            (f"arn:aws:iam::{ACCOUNT}:role/deployer", f"arn:aws:iam::{ACCOUNT}:role/service-role/deployer"),
        ),
        (
            who(f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_1a/ana", "sso-role"),
            (
                f"arn:aws-us-gov:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1a",
                f"arn:aws-us-gov:iam::{ACCOUNT}:role/AWSReservedSSO_Admin_1a",
            ),
        ),
        (who(f"arn:aws:sts::{ACCOUNT}:federated-user/ana", "federated-user"), ()),
    ],
)
def test_who_stands_for_the_caller(identity: Identity, expected: tuple[str, ...]) -> None:
    assert principals(identity) == expected


# --- what is asked ---------------------------------------------------------------------------

grants = st.lists(
    st.builds(
        grant,
        st.sampled_from([f"{s}:{a}" for s in ("s3", "iam", "ec2", "batch") for a in ("A", "B", "C", "D")]),
        st.sampled_from(["*", BUCKET, ROLE, f"{BUCKET}/*"]),
        region=st.sampled_from(["", "us-east-1", "eu-west-1"]),
    ),
    max_size=60,
)


@given(grants)
def test_every_grant_is_asked_about(wanted: list[Grant]) -> None:
    questions = plan_questions(wanted, "us-east-1")
    for question in questions:
        assert len(question.actions) <= ACTIONS_PER_CALL
        assert len(question.resources) <= RESOURCES_PER_CALL
        for g in question.grants:
            assert g.action in question.actions
            assert g.resource_pattern in question.resources
            assert (g.region or "us-east-1") == question.region
    assert {g for q in questions for g in q.grants} == set(wanted)


def test_a_hundred_grants_take_few_calls() -> None:
    many = [grant(f"ec2:Describe{n}") for n in range(50)] + [grant(f"s3:Put{n}", BUCKET) for n in range(50)]
    assert len(plan_questions(many, "us-east-1")) == 2


# --- what is answered ------------------------------------------------------------------------

QUESTION = Asked(("s3:CreateBucket",), (BUCKET,), "us-east-1", "", ())


@given(
    st.sampled_from(["allowed", "explicitDeny", "implicitDeny"]),
    st.booleans(),
    st.sampled_from([(), ("aws:MultiFactorAuthPresent",)]),
)
def test_allowed_is_said_only_where_nothing_was_missing(
    decision: str, boundary: bool, missing: tuple[str, ...]
) -> None:
    told = (Simulated("s3:CreateBucket", BUCKET, decision, boundary, False, missing),)
    found = _answer(PLAN[0], QUESTION, told)
    assert (found.word == "allowed") == (decision == "allowed" and not missing)
    assert found.word == "allowed" or found.reason


def test_what_was_refused_or_left_out_is_not_told() -> None:
    refused = AccessDenied("no", aws_code="AccessDenied")
    assert _answer(PLAN[0], QUESTION, refused).word == "not-told"
    assert _answer(PLAN[0], QUESTION, ()).word == "not-told"
    assert _answer(PLAN[0], QUESTION, None).word == "not-told"


# --- against the simulated account -----------------------------------------------------------


def caller(aws: Aws) -> Identity:
    return aws.identity.with_role(aws.identity.caller())


def test_an_administrator_may_do_everything(aws: Aws) -> None:
    found = check_permissions(aws, caller(aws), PLAN)
    assert {a.word for a in found.answers} == {"allowed"}
    assert found.exit is Exit.OK
    assert len(found.answers) == len(PLAN)


def test_what_no_policy_allows_is_denied(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(permissions=policy(SIMULATING, allow("ec2:*"), allow("s3:CreateBucket", resource=BUCKET)))
    found = check_permissions(aws, caller(aws), PLAN)
    assert {a.grant.action for a in found.of("allowed")} == {"s3:CreateBucket", "ec2:DescribeVpcs", "ec2:CreateVpc"}
    assert {a.grant.action for a in found.of("denied")} == {"s3:PutBucketPolicy", "iam:CreateRole", "iam:PassRole"}
    assert found.exit is Exit.SAID_NO


def test_a_role_may_be_passed_to_the_named_services_only(emulator: Emulator, aws: Aws) -> None:
    condition = {"StringEquals": {"iam:PassedToService": ["batch.amazonaws.com"]}}
    emulator.seed(permissions=policy(SIMULATING, allow("iam:PassRole", Condition=condition)))
    assert check_permissions(aws, caller(aws), (grant("iam:PassRole", ROLE, "batch.amazonaws.com"),)).exit is Exit.OK
    assert check_permissions(aws, caller(aws), PLAN[-1:]).exit is Exit.SAID_NO


def test_a_region_that_a_policy_does_not_allow_is_denied(emulator: Emulator, aws: Aws) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    emulator.seed(permissions=policy(SIMULATING, allow("ec2:CreateVpc", Condition=condition)))
    here, there = grant("ec2:CreateVpc"), grant("ec2:CreateVpc", region="eu-west-1")
    found = {a.grant: a.word for a in check_permissions(aws, caller(aws), (here, there)).answers}
    assert found == {here: "denied", there: "allowed"}


def test_a_boundary_counts(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(boundary=policy(SIMULATING, allow("ec2:*")))
    found = check_permissions(aws, caller(aws), PLAN)
    assert {a.grant.action.split(":")[0] for a in found.of("allowed")} == {"ec2"}
    assert "permissions boundary" in found.of("denied")[0].reason


def test_a_condition_that_cannot_be_known_is_not_told(emulator: Emulator, aws: Aws) -> None:
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    emulator.seed(permissions=policy(SIMULATING, allow("ec2:CreateVpc", Condition=condition)))
    (found,) = check_permissions(aws, caller(aws), (grant("ec2:CreateVpc"),)).answers
    assert found.word == "not-told"
    assert "aws:MultiFactorAuthPresent" in found.reason.replace(
        "aws:multifactorauthpresent", "aws:MultiFactorAuthPresent"
    )


def test_refused_simulation_is_said_and_not_taken_for_a_yes(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(permissions=policy(allow("ec2:*", "s3:*")))
    found = check_permissions(aws, caller(aws), PLAN)
    assert {a.word for a in found.answers} == {"not-told"}
    assert "AccessDenied" in found.answers[0].reason
    assert "iam:SimulatePrincipalPolicy" in found.notes[0]
    assert found.exit is Exit.COULD_NOT_CHECK


def test_a_call_that_fails_leaves_only_its_own_grants_untold(emulator: Emulator, aws: Aws) -> None:
    identity = caller(aws)
    emulator.fail("denied", n=2, service="iam", action="SimulatePrincipalPolicy")
    found = check_permissions(aws, identity, PLAN)
    assert found.of("not-told")
    assert found.of("allowed")


def test_an_assumed_role_is_simulated_as_the_role_with_its_path(emulator: Emulator, aws: Aws) -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    iam = emulator.client("iam")
    made = iam.create_role(RoleName="deployer", Path="/teams/", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(policy(allow("ec2:*"))))
    session = who(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana", "assumed-role")
    identity = aws.identity.with_role(session)
    assert identity.role_arn == made["Arn"]
    found = check_permissions(aws, identity, PLAN)
    assert found.principal == made["Arn"]
    assert {a.grant.action for a in found.of("allowed")} == {"ec2:DescribeVpcs", "ec2:CreateVpc"}
    assert "session" in found.notes[0]
    emulator.seed(unreadable=["iam:GetRole"])
    assert aws.identity.with_role(session).role_arn == ""
    assert check_permissions(aws, session, PLAN).exit is Exit.COULD_NOT_CHECK


def test_the_root_user_may_do_everything_and_nobody_is_asked(emulator: Emulator, aws: Aws) -> None:
    found = check_permissions(aws, who(f"arn:aws:iam::{ACCOUNT}:root", "root"), PLAN)
    assert found.exit is Exit.OK
    assert emulator.calls("iam") == []


def test_somebody_who_cannot_be_simulated_is_told_so(aws: Aws) -> None:
    found = check_permissions(aws, who(f"arn:aws:sts::{ACCOUNT}:federated-user/ana", "federated-user"), PLAN)
    assert {a.word for a in found.answers} == {"not-told"}

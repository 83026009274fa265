"""Permissions read off resource types, narrowed to names, written as policies and as a letter."""

from __future__ import annotations

import json
import textwrap
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.facts import Identity
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.arns import ARNS, BELONGS_TO, Names
from geos.wizard.systems.derive.own_calls import OWN_CALLS
from geos.wizard.systems.derive.permissions import ONLY_WITH, Grant, required_actions, unlisted_types
from geos.wizard.systems.derive.policies import MAX_POLICY_CHARACTERS, as_letter, as_policy
from geos.wizard.systems.derive.unpublished import UNPUBLISHED
from geos.wizard.tables.types import resource_type

NAMES = Names("lab-dev", "eu-west-1", "123456789012")

TEMPLATE = """
Parameters: {Given: {Type: String, Default: "arn:aws:iam::123456789012:role/site/existing"}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lab-dev-results-123456789012}}
  Other: {Type: AWS::S3::Bucket}
  Rules: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Other, PolicyDocument: {}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: lab-dev-instance
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
  JobRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: [ecs-tasks.amazonaws.com]}, Action: sts:AssumeRole}]
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Environment:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ServiceRole: !Ref Given
      ComputeResources: {Type: SPOT, MaxvCpus: 1, InstanceRole: !GetAtt Profile.Arn, InstanceTypes: [c7g], Subnets: [s]}
  Job:
    Type: AWS::Batch::JobDefinition
    Properties: {JobDefinitionName: lab-dev-run, ContainerProperties: {JobRoleArn: !GetAtt JobRole.Arn}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {}}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Scratch: {Type: AWS::FSx::FileSystem, Properties: {FileSystemType: LUSTRE, SubnetIds: [s]}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/batch/lab-dev}}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Name: /lab/dev/queue, Value: x}}
"""


def stacks(text: str = TEMPLATE, region: str = "eu-west-1") -> list[StackInRegion]:
    template = load_template(textwrap.dedent(text), "lab-dev-core")
    return [StackInRegion(resolve(template, {}, Pseudo("123456789012", region, stack_name="lab-dev-core")), region)]


def of_types(**more: Any) -> tuple[Grant, ...]:
    return required_actions(stacks(**more), NAMES, commands=())


def patterns(grants: tuple[Grant, ...], action: str) -> set[str]:
    return {g.resource_pattern for g in grants if g.action == action}


def test_every_published_action_of_every_type_is_granted_somewhere() -> None:
    granted = {g.action for g in of_types()}
    for name in {r.type for r in stacks()[0].resolved.resources.values()} - set(UNPUBLISHED):
        fact = resource_type(name)
        assert fact is not None
        for action in (*fact.create, *fact.read, *fact.update, *fact.delete):
            optional = (name, action.split(":")[0]) in ONLY_WITH or (name, action) in ONLY_WITH
            assert action in granted or optional or "." in action or action == "iam:PassRole", (name, action)


def test_grants_are_narrowed_to_names_where_the_action_can_be() -> None:
    found = of_types()
    assert patterns(found, "s3:CreateBucket") == {"arn:aws:s3:::lab-dev-*", "arn:aws:s3:::lab-dev-*/*"}
    assert patterns(found, "s3:PutBucketPolicy") == {"arn:aws:s3:::lab-dev-*", "arn:aws:s3:::lab-dev-*/*"}
    assert patterns(found, "iam:CreateRole") == {"arn:aws:iam::123456789012:role/lab-dev-*"}
    assert patterns(found, "kms:PutKeyPolicy") == {"arn:aws:kms:eu-west-1:123456789012:key/*"}
    assert patterns(found, "kms:CreateKey") == {"*"}
    assert patterns(found, "ssm:PutParameter") == {"arn:aws:ssm:eu-west-1:123456789012:parameter/lab/dev/queue"}
    assert "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/batch/lab-dev" in patterns(found, "logs:CreateLogGroup")
    assert patterns(found, "ec2:DescribeVpcs") == {"*"}
    (vpc,) = (g for g in found if g.action == "ec2:CreateVpc")
    assert (vpc.resource_pattern, vpc.region, vpc.why) == ("*", "eu-west-1", ("AWS::EC2::VPC",))
    (linked,) = patterns(found, "iam:CreateServiceLinkedRole")
    assert linked == "arn:aws:iam::123456789012:role/aws-service-role/*"


def test_roles_are_passed_by_name_to_the_services_they_trust() -> None:
    passed = {(g.resource_pattern, g.passed_to) for g in of_types() if g.action == "iam:PassRole"}
    assert passed == {
        ("arn:aws:iam::123456789012:role/lab-dev-*", ("ec2.amazonaws.com",)),
        ("arn:aws:iam::123456789012:role/lab-dev-*", ("ecs-tasks.amazonaws.com",)),
        ("arn:aws:iam::123456789012:role/site/existing", ()),
    }


def test_what_a_handler_does_only_with_an_option_is_asked_only_with_it() -> None:
    actions = {g.action for g in of_types()}
    assert not any(a.startswith(("s3tables:", "eks:", "firehose:")) for a in actions)
    with_tables = TEMPLATE.replace(
        "Other: {Type: AWS::S3::Bucket}", "Other: {Type: AWS::S3::Bucket, Properties: {MetadataConfiguration: {}}}"
    )
    assert any(g.action.startswith("s3tables:") for g in of_types(text=with_tables))


def test_types_that_aws_does_not_publish_are_marked() -> None:
    (created,) = (g for g in of_types() if g.action == "fsx:CreateFileSystem" and "file-system" in g.resource_pattern)
    assert not created.published
    assert unlisted_types(stacks()) == ()
    odd = "Resources: {Odd: {Type: AWS::Greengrass::Group, Properties: {}}}"
    assert unlisted_types(stacks(odd)) == ("AWS::Greengrass::Group",)


def test_commands_bring_their_own_calls() -> None:
    found = required_actions(stacks(), NAMES)
    assert patterns(found, "cloudformation:CreateChangeSet") >= {
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/lab-dev-*/*"
    }
    assert patterns(found, "dynamodb:PutItem") == {"arn:aws:dynamodb:eu-west-1:123456789012:table/geos-deploy-lock"}
    only_check = required_actions([], NAMES, commands=("check",))
    assert {w for g in only_check for w in g.why} == {"geos-setup check"}
    reading = ("Describe", "Get", "List", "Simulate")
    assert all(g.action.split(":")[1].startswith(reading) for g in only_check)


def test_quotas_start_a_report_and_change_nothing() -> None:
    """`check --template` promises no mutating call; the report it starts is a reading."""
    changing = [
        a
        for actions in OWN_CALLS["quotas"].values()
        for a in actions
        if not a.split(":")[1].startswith(("Describe", "Get", "List", "StartQuotaUtilizationReport"))
    ]
    assert changing == []


def test_stacks_of_two_regions_are_granted_in_each() -> None:
    both = required_actions([*stacks(), *stacks(region="us-east-1")], NAMES, commands=())
    assert {g.region for g in both if g.action == "ec2:CreateVpc"} == {"eu-west-1", "us-east-1"}
    assert {p.split(":")[3] for p in patterns(both, "kms:PutKeyPolicy")} == {"eu-west-1", "us-east-1"}


def test_rows_name_types_that_exist() -> None:
    for name in {*ARNS, *BELONGS_TO, *UNPUBLISHED, *(t for t, _ in ONLY_WITH)}:
        assert resource_type(name) is not None, name
    for name in UNPUBLISHED:
        assert not resource_type(name).handlers, name  # type: ignore[union-attr]
    for name, called in ONLY_WITH:
        fact = resource_type(name)
        assert fact is not None
        every = (*fact.create, *fact.read, *fact.update, *fact.delete)
        assert any(a == called or a.startswith(f"{called}:") for a in every), (name, called)


# --- policies --------------------------------------------------------------------------------


def _allowed(policies: tuple[dict[str, Any], ...], grant: Grant) -> bool:
    for policy in policies:
        for s in policy["Statement"]:
            resources = s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]]
            condition = s.get("Condition", {}).get("StringEquals", {})
            right_service = condition.get("iam:PassedToService", []) == list(grant.passed_to)
            right_region = condition.get("aws:RequestedRegion", grant.region) == grant.region
            covered = any(fnmatchcase(grant.resource_pattern, r) for r in resources)
            if grant.action in s["Action"] and covered and right_service and right_region:
                return True
    return False


def test_policies_hold_exactly_the_grants_and_fit_their_limit() -> None:
    grants = required_actions(stacks(), NAMES)
    policies = as_policy(grants)
    for grant in grants:
        assert _allowed(policies, grant), grant
    asked = {g.action for g in grants}
    for policy in policies:
        assert len(json.dumps(policy, separators=(",", ":"))) <= MAX_POLICY_CHARACTERS
        sids = [s["Sid"] for s in policy["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() for sid in sids)
        assert all(set(s["Action"]) <= asked for s in policy["Statement"])
        assert "*" not in [a for s in policy["Statement"] for a in s["Action"]]


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=400))
def test_any_number_of_grants_is_split_into_policies_that_fit(pairs: list[tuple[int, int]]) -> None:
    grants = tuple(
        Grant(f"svc{a % 7}:DoSomethingLong{a}", f"arn:aws:svc{a % 7}:::thing-{r}/*", ("x",)) for a, r in pairs
    )
    policies = as_policy(grants)
    assert all(len(json.dumps(p, separators=(",", ":"))) <= MAX_POLICY_CHARACTERS for p in policies)
    assert all(_allowed(policies, g) for g in grants)


@pytest.mark.parametrize("command", sorted(OWN_CALLS))
def test_own_calls_are_well_formed(command: str) -> None:
    for pattern, actions in OWN_CALLS[command].items():
        assert pattern == "*" or pattern.startswith("arn:{partition}:")
        assert list(actions) == sorted(actions)
        for action in actions:
            service, name = action.split(":")
            assert service == service.lower()
            assert name[:1].isupper()


# --- the letter ------------------------------------------------------------------------------


def test_the_letter_names_who_what_and_the_doubts() -> None:
    me = Identity(
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/Dev/me",
        "x",
        "assumed-role",
        "arn:aws:iam::123456789012:role/site/Dev",
    )
    text = as_letter(required_actions(stacks(), NAMES), me, "lab-dev")
    assert "arn:aws:iam::123456789012:role/site/Dev" in text
    assert "handed to ec2.amazonaws.com, ecs-tasks.amazonaws.com and to nothing else" in text
    assert "For AWS::FSx::FileSystem AWS does not publish" in text
    assert "Policy lab-dev-setup-1:" in text
    body = text.split("Policy lab-dev-setup-1:\n", 1)[1].split("\n\nPolicy ", 1)[0]
    assert json.loads(body)["Version"] == "2012-10-17"

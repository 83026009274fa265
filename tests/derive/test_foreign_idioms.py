"""Idioms of public templates that once stopped the reading, or made a need look known that is not."""

from __future__ import annotations

import textwrap

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.arns import Names
from geos.wizard.systems.derive.needs import needs
from geos.wizard.systems.derive.permissions import required_actions
from geos.wizard.systems.derive.regions import region_faults
from geos.wizard.systems.estimate import estimate


def stack(text: str) -> StackInRegion:
    template = load_template(textwrap.dedent(text), "foreign.yaml")
    return StackInRegion(resolve(template, {}, Pseudo("123456789012", "us-east-1")), "us-east-1")


def amounts(text: str) -> dict[str, float | None]:
    return {n.quota_code: n.amount for n in needs([stack(text)])}


def test_the_first_item_of_an_empty_list_parameter_is_blank() -> None:
    text = """
    Parameters: {Kinds: {Type: CommaDelimitedList, Default: ""}}
    Conditions: {Wanted: !Not [!Equals [!Select [0, !Ref Kinds], ""]]}
    Resources:
      Ip: {Type: AWS::EC2::EIP, Condition: Wanted}
      Topic: {Type: AWS::SNS::Topic}
    """
    assert "L-0263D0A3" not in amounts(text)
    assert amounts(text)["L-61103206"] == 1


def test_a_list_of_one_reference_may_stand_without_brackets() -> None:
    text = """
    Resources:
      Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x}}
      Db: {Type: AWS::RDS::DBInstance, Properties: {VPCSecurityGroups: !GetAtt Group.GroupId, AllocatedStorage: "5"}}
    """
    assert amounts(text)["L-2AFB9258"] == 1


def test_what_a_nested_stack_gives_out_may_be_a_list() -> None:
    text = """
    Resources:
      Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
      Fn: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: !GetAtt Net.Outputs.Subnets}}}
    """
    assert amounts(text)["L-DF5E4CA3"] is None


def test_a_macro_may_stand_for_all_properties() -> None:
    text = """
    Resources:
      Group:
        Type: AWS::AutoScaling::AutoScalingGroup
        Properties: {"Fn::Transform": {Name: AWS::Include, Parameters: {Location: s3://x}}}
      Bucket:
        Type: AWS::S3::Bucket
        Properties: {"Fn::Transform": {Name: AWS::Include, Parameters: {Location: s3://x}}}
    """
    found = amounts(text)
    assert found["L-CDE20ADC"] == 1
    assert found["L-1216C47A"] is None
    actions = {g.action for g in required_actions([stack(text)], Names("x", "us-east-1"), commands=())}
    assert "s3tables:CreateTable" in actions  # whether the option is used is not known
    assert estimate([stack(text)], "us-east-1").unknown


def test_database_engines_are_written_in_any_case_and_members_have_no_storage() -> None:
    text = """
    Resources:
      Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: MySQL, DBInstanceClass: db.t3.micro, AllocatedStorage: "5"}}
      Member: {Type: AWS::RDS::DBInstance, Properties: {DBClusterIdentifier: c, DBInstanceClass: db.r6g.large}}
    """
    assert amounts(text)["L-7ADDB58A"] == 5
    found = {line.item: line.likely for line in estimate([stack(text)], "us-east-1").lines}
    assert found["database storage"] == 5 * 0.115


def test_types_of_others_must_be_activated() -> None:
    text = """
    Resources:
      Chart: {Type: AWSQS::Kubernetes::Helm, Properties: {Name: x}}
      Note: {Type: AWS::CDK::Metadata, Properties: {Analytics: x}}
    """
    (fault,) = region_faults([stack(text)])
    assert fault.what == "AWSQS::Kubernetes::Helm"
    assert "must be activated" in fault.why
    assert not fault.certain

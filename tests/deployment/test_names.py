"""Names that something else has are told before anything is made; doubt is left to CloudFormation."""

from __future__ import annotations

import pytest
from parts.account import Case, changed
from parts.emulator import Emulator

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.deployment.names import NewStack, refuse_taken, taken_names
from geos.wizard.deployment.plan import look, make_plan
from geos.wizard.errors import NameTaken

RESOURCES = {
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tiny-dev-data"}},
    "Images": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "tiny-dev"}},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "tiny-dev-job", "AssumeRolePolicyDocument": {}}},
    "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/tiny/dev"}},
    "Other": {"Type": "AWS::S3::Bucket", "Properties": {}},
}


def new(stack_name: str = "tiny-dev-base") -> list[NewStack]:
    return [NewStack(stack_name, "", resolve(Template("t", {"Resources": RESOURCES}), {}, Pseudo()))]


def test_each_kind_of_name_is_looked_up(tiny: Case, emulator: Emulator) -> None:
    assert taken_names(tiny.aws, new()) == ()
    emulator.client("s3").create_bucket(Bucket="tiny-dev-data")
    emulator.client("ecr").create_repository(repositoryName="tiny-dev")
    emulator.client("iam").create_role(RoleName="tiny-dev-job", AssumeRolePolicyDocument="{}")
    emulator.client("logs").create_log_group(logGroupName="/tiny/dev-2")
    assert {str(one) for one in taken_names(tiny.aws, new())} == {
        "bucket tiny-dev-data", "repository tiny-dev", "role tiny-dev-job"
    }  # fmt: skip
    emulator.client("logs").create_log_group(logGroupName="/tiny/dev")
    assert len(taken_names(tiny.aws, new())) == 4
    assert taken_names(tiny.aws, new("geos-bootstrap")) == ()


def test_a_bucket_of_somebody_else_is_taken_and_doubt_is_not(tiny: Case, emulator: Emulator) -> None:
    emulator.fail("denied", n=0, service="s3")
    assert [str(one) for one in taken_names(tiny.aws, new())] == ["bucket tiny-dev-data"]
    emulator.clear()
    emulator.fail("denied", n=0, service="iam")
    assert taken_names(tiny.aws, new()) == ()


def test_a_plan_is_refused_unless_another_geos_made_the_stack_meanwhile(tiny: Case, emulator: Emulator) -> None:
    rendered = changed(tiny.rendered(), "base", Bucket=RESOURCES["Bucket"])

    def plan() -> None:
        made = make_plan(
            rendered, before, deployment="tiny-dev", system="tiny", target=tiny.aws.target, account_id="123456789012"
        )
        refuse_taken(tiny.aws, made)

    before = look(tiny.aws, rendered)
    plan()
    tiny.deploy(rendered)
    plan()  # by what was seen before, the bucket is in the way; but it is the stack's own
    before = look(tiny.aws, rendered)
    plan()
    tiny.destroy(keep_data=True)
    before = look(tiny.aws, rendered)
    with pytest.raises(NameTaken, match=r"removed with its data kept.*bucket tiny-dev-data") as refused:
        plan()
    assert "geos-setup destroy --deployment tiny-dev" in refused.value.hint
    emulator.client("s3").delete_bucket_tagging(Bucket="tiny-dev-data")
    with pytest.raises(NameTaken, match=r"something else has already: bucket tiny-dev-data") as refused:
        plan()
    assert "destroy" not in refused.value.hint, "nobody else's bucket is to be removed"
    emulator.client("s3").delete_bucket(Bucket="tiny-dev-data")
    plan()

"""Removing a deployment: nothing left, nothing lost that was to be kept, and again after any interruption."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from parts.account import Case, changed, put_image
from parts.emulator import Emulator

from geos.wizard.deployment.leftovers import Leftover, is_there
from geos.wizard.deployment.outside import belonging
from geos.wizard.deployment.removal import with_policies
from geos.wizard.errors import DestroyIncomplete, NoDeployment, StackStuck

TAGS = [
    {"Key": "Project", "Value": "tiny"},
    {"Key": "Environment", "Value": "dev"},
    {"Key": "ManagedBy", "Value": "geos"},
]
BUCKET = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"BucketName": "tiny-dev-data", "VersioningConfiguration": {"Status": "Enabled"}, "Tags": TAGS},
}
REPOSITORY = {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "tiny-dev", "Tags": TAGS}}


def fill(emulator: Emulator, bucket: str, count: int = 3) -> None:
    s3 = emulator.client("s3")
    for i in range(count):
        s3.put_object(Bucket=bucket, Key=f"results/{i}", Body=b"x" * 10)
        s3.put_object(Bucket=bucket, Key=f"results/{i}", Body=b"newer")
    s3.delete_object(Bucket=bucket, Key="results/0")
    s3.create_multipart_upload(Bucket=bucket, Key="unfinished")


def test_nothing_is_left(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy()
    done = tiny.destroy()
    assert emulator.inventory() == before
    assert [s.layer for s in done.stacks] == ["words", "base"]
    assert (done.resources_gone, done.leftovers, done.bootstrap_removed) == (3, (), True)
    done.require()
    assert tiny.records.read("tiny-dev") is None
    assert not tiny.records.names()


def test_full_buckets_and_repositories_go_with_all_versions(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy(changed(tiny.rendered(), "base", Bucket=BUCKET, Repository=REPOSITORY))
    fill(emulator, "tiny-dev-data")
    put_image(emulator, "tiny-dev", "arm64-latest")
    plan = tiny.look_at()
    assert plan.contents == (("tiny-dev-data", 6, 45),)
    assert plan.with_bootstrap
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_a_bucket_that_the_template_retains_goes_too(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy(changed(tiny.rendered(), "base", Bucket={**BUCKET, "DeletionPolicy": "Retain"}))
    fill(emulator, "tiny-dev-data")
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_keep_data_keeps_what_holds_data_and_says_so(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy(changed(tiny.rendered(), "base", Bucket=BUCKET))
    fill(emulator, "tiny-dev-data")
    assert [r.logical_id for r in tiny.look_at().data()] == ["Bucket"]
    done = tiny.destroy(keep_data=True)
    done.require()
    assert [r.physical_id for r in done.kept] == ["tiny-dev-data"]
    assert tiny.aws.s3.count("tiny-dev-data")[0] == 6
    assert set(tiny.states()) == set()
    # Later, without it, what was kept goes as well, and what it holds is told before.
    assert tiny.look_at().contents == (("tiny-dev-data", 6, 45),)
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_a_kept_key_frees_its_names_when_it_goes_at_last(tiny: Case, emulator: Emulator) -> None:
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}
    alias = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/tiny-dev", "TargetKeyId": {"Ref": "Key"}}}
    stacks = changed(tiny.rendered(), "base", Key=key, Alias=alias)
    tiny.deploy(stacks)
    done = tiny.destroy(keep_data=True)
    done.require()
    assert [r.type for r in done.kept] == ["AWS::KMS::Key"]
    assert [f.service for f in done.staying] == ["kms"]
    emulator.client("kms").create_alias(AliasName="alias/tiny-dev", TargetKeyId=done.kept[0].physical_id)
    tiny.destroy().require()
    tiny.deploy(stacks)  # the name is free again
    tiny.destroy().require()


def test_it_works_from_the_tags_alone(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy()
    shutil.rmtree(tiny.records.out_dir)
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_a_stack_that_was_never_executed_goes_too(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    emulator.fail("expired", service="cloudformation", action="ExecuteChangeSet", n=2, times=99)
    emulator.fail("expired", service="cloudformation", action="DeleteChangeSet", n=1, times=99)
    with pytest.raises(Exception, match="expired"):
        tiny.deploy()
    emulator.clear()
    assert tiny.states()["tiny-dev-base"] == "REVIEW_IN_PROGRESS"
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_the_bootstrap_stack_stays_while_another_deployment_needs_it(emulator: Emulator, tmp_path: Path) -> None:
    before = emulator.inventory()
    dev, staging = (Case(emulator.endpoint, tmp_path / "out", environment=e) for e in ("dev", "staging"))
    dev.deploy()
    staging.deploy()
    done = dev.destroy()
    assert not done.bootstrap_removed
    assert "geos-bootstrap" in dev.states()
    bucket = "geos-state-123456789012-us-east-1"
    keys = [o["Key"] for o in emulator.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys
    assert all(k.startswith("tiny-staging/") for k in keys)
    assert staging.destroy().bootstrap_removed
    assert emulator.inventory() == before


def test_protected_stacks_go_once_that_was_agreed(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy(protect=True)
    assert tiny.look_at().protected == ("tiny-dev-words", "tiny-dev-base")
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_log_groups_that_services_made_in_the_deployments_name_go(tiny: Case, emulator: Emulator) -> None:
    logs = emulator.client("logs")
    for name in ("/aws/lambda/tiny-dev-report", "/aws/lambda/tiny-developers", "/aws/lambda/other"):
        logs.create_log_group(logGroupName=name)
    tiny.deploy()
    done = tiny.destroy()
    assert done.swept == ("/aws/lambda/tiny-dev-report",)
    left = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
    assert sorted(left) == ["/aws/lambda/other", "/aws/lambda/tiny-developers"]


def test_a_longer_name_is_another_deployments() -> None:
    names = ["/aws/lambda/tiny-dev-a", "/aws/lambda/tiny-dev-two-a", "/aws/batch/tiny-dev"]
    assert belonging(names, "tiny-dev", ["tiny-dev-two"]) == ("/aws/lambda/tiny-dev-a", "/aws/batch/tiny-dev")
    assert belonging(names, "tiny-dev-two", ["tiny-dev"]) == ("/aws/lambda/tiny-dev-two-a",)


def test_tagged_things_outside_the_stacks_are_found_and_removed(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.deploy()
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="tiny-dev-by-hand")
    s3.put_bucket_tagging(Bucket="tiny-dev-by-hand", Tagging={"TagSet": TAGS})
    assert [f.name for f in tiny.look_at().beside] == ["tiny-dev-by-hand"]
    done = tiny.destroy()
    assert done.swept == ("tiny-dev-by-hand",)
    assert emulator.inventory() == before


def test_what_geos_cannot_remove_is_named(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    topic = emulator.client("sns").create_topic(Name="by-hand", Tags=TAGS)["TopicArn"]
    done = tiny.destroy()
    assert [f.arn for f in done.leftovers] == [topic]
    with pytest.raises(DestroyIncomplete, match="sns by-hand"):
        done.require()


def test_a_volume_that_is_gone_is_nothing_that_is_left(tiny: Case, emulator: Emulator) -> None:
    """AWS's search by tags names a machine's volumes for a while after they went."""
    tiny.deploy()
    aws = tiny.aws
    volume = emulator.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    found = Leftover(f"arn:aws:ec2:us-east-1:123456789012:volume/{volume}", "us-east-1")
    assert is_there(aws, found)
    emulator.client("ec2").delete_volume(VolumeId=volume)
    assert not is_there(aws, found)


def test_there_is_nothing_to_remove(tiny: Case) -> None:
    with pytest.raises(NoDeployment):
        tiny.look_at()


def test_GCP_IAM_4_a_policy_that_users_were_given_is_taken_away_first(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    text = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
    policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": text, "ManagedPolicyName": "tiny-dev"},
    }
    tiny.deploy(changed(tiny.rendered(), "base", Policy=policy))
    iam = emulator.client("iam")
    arn = "arn:aws:iam::123456789012:policy/tiny-dev"
    iam.create_group(GroupName="modellers")
    iam.create_user(UserName="ana")
    iam.attach_group_policy(GroupName="modellers", PolicyArn=arn)
    iam.attach_user_policy(UserName="ana", PolicyArn=arn)
    tiny.destroy().require()
    assert iam.list_attached_user_policies(UserName="ana")["AttachedPolicies"] == []
    iam.delete_group(GroupName="modellers")
    iam.delete_user(UserName="ana")
    assert emulator.inventory() == before


def test_a_stack_that_cannot_go_is_told_with_what_to_do(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy(changed(tiny.rendered(), "base", Vpc=VPC))
    ec2 = emulator.client("ec2")
    (vpc,) = [r.physical_id for r in tiny.aws.stacks.resources("tiny-dev-base") if r.logical_id == "Vpc"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    with pytest.raises(StackStuck, match="Vpc") as raised:
        tiny.destroy()
    assert "--retain-resources Vpc" in raised.value.hint
    assert tiny.states()["tiny-dev-base"] == "DELETE_FAILED"
    ec2.delete_subnet(SubnetId=subnet)
    tiny.destroy().require()
    assert tiny.states() == {}


VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16", "Tags": TAGS}}


def test_policies_keep_exactly_what_is_asked() -> None:
    template = {
        "Resources": {
            "Data": {"Type": "AWS::S3::Bucket", "Metadata": {"a": 1}},
            "Db": {"Type": "AWS::RDS::DBInstance"},
            "Old": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
            "Topic": {"Type": "AWS::SNS::Topic"},
        }
    }
    kept = with_policies(template, {"Data", "Db"})["Resources"]
    assert kept["Data"]["DeletionPolicy"] == "Retain"
    assert kept["Data"]["Metadata"] == {"a": 1, "GeosRemoval": "retain"}
    assert kept["Db"] == template["Resources"]["Db"], "a database is kept as a snapshot, which is its default"
    assert kept["Old"]["DeletionPolicy"] == "Delete"
    assert kept["Topic"] == {"Type": "AWS::SNS::Topic"}
    assert "DeletionPolicy" not in template["Resources"]["Data"], "the given template stays as it is"


@pytest.mark.parametrize(
    ("arn", "physical_id", "same"),
    [
        ("arn:aws:s3:::tiny-dev-data", "tiny-dev-data", True),
        ("arn:aws:ssm:us-east-1:1:parameter/tiny/dev/greeting", "/tiny/dev/greeting", True),
        ("arn:aws:sns:us-east-1:1:news", "arn:aws:sns:us-east-1:1:news", True),
        ("arn:aws:s3:::other-tiny-dev-data", "tiny-dev-data", False),
        ("arn:aws:s3:::x", "", False),
    ],
)
def test_a_leftover_is_known_by_its_physical_id(arn: str, physical_id: str, same: bool) -> None:
    assert Leftover(arn, "us-east-1").is_one_of([physical_id]) == same

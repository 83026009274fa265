"""Stacks of the simulated CloudFormation: made, watched, taken back, removed without a trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from parts.everything import EVERYTHING
from parts.stacks import change_set, delete, deploy, events, outputs, problem, resources, settled, template

if TYPE_CHECKING:
    from parts.emulator import Emulator

LOGS: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/geos/x", "RetentionInDays": 7}}
TOPIC: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "geos-x"}}
BUCKET: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "geos-x-123456789012"}}
BROKEN: dict[str, Any] = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24"},
}


def refused(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as e:
        call(**given)
    return e.value.response["Error"]["Code"], e.value.response["Error"]["Message"]


def test_every_real_type_is_made_and_removed_without_a_trace(emulator: Emulator) -> None:
    before = emulator.inventory()
    stack = deploy(emulator, "x", EVERYTHING, Tags=[{"Key": "Project", "Value": "x"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE", problem(emulator, stack)
    made = emulator.inventory()
    kinds = {kind for kind in made if made[kind].keys() - before.get(kind, {}).keys()}
    assert {"ec2:natgateway", "ec2:vpc-endpoint", "ec2:vpc-flow-log", "batch", "iam:policy", "ecr", "kms"} <= kinds
    assert outputs(stack)["Queue"].endswith(":job-queue/x-jq")
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"
    after = emulator.inventory()
    after.pop("iam:service-linked-role")  # Batch makes its own and AWS keeps it
    assert after == before


def test_simulated_resources_say_so_and_are_counted(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"M": {"Type": "AWS::CE::AnomalyMonitor"}, "Logs": LOGS}))
    rows = resources(emulator, stack)
    assert rows["M"]["ResourceStatusReason"] == "simulated by the geos sandbox"
    assert "ResourceStatusReason" not in rows["Logs"]
    assert len(emulator.inventory()["simulated"]) == 1


def test_a_type_that_aws_does_not_have_is_refused_up_front(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Bogus::Thing\]"):
        change_set(emulator, "x", template({"B": {"Type": "AWS::Bogus::Thing"}}))
    assert emulator.client("cloudformation").list_stacks()["StackSummaries"] == []


def test_events_tell_each_resource_in_the_order_of_dependence(emulator: Emulator) -> None:
    body = template({"Rule": _metric_filter(), "Logs": LOGS})
    rows = events(emulator, deploy(emulator, "x", body))
    told = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in rows]
    assert told[0] == ("x", "REVIEW_IN_PROGRESS")
    assert told[1] == ("x", "CREATE_IN_PROGRESS")
    assert told.index(("Logs", "CREATE_COMPLETE")) < told.index(("Rule", "CREATE_IN_PROGRESS"))
    assert told[-1] == ("x", "CREATE_COMPLETE")
    assert [e["Timestamp"] for e in rows] == sorted(e["Timestamp"] for e in rows)


def _metric_filter() -> dict[str, Any]:
    change = {"MetricName": "Failed", "MetricNamespace": "Geos/x", "MetricValue": "1"}
    given = {"LogGroupName": {"Ref": "Logs"}, "FilterPattern": "FAILED", "MetricTransformations": [change]}
    return {"Type": "AWS::Logs::MetricFilter", "Properties": given}


def test_a_failure_takes_everything_back(emulator: Emulator) -> None:
    before = emulator.inventory()
    stack = deploy(emulator, "x", template({"Logs": LOGS, "Broken": {**BROKEN, "DependsOn": "Logs"}}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    rows = events(emulator, stack)
    failed = next(e for e in rows if e["ResourceStatus"] == "CREATE_FAILED")
    assert failed["LogicalResourceId"] == "Broken"
    assert "vpc-0123456789abcdef0" in failed["ResourceStatusReason"]
    back = next(e for e in rows if e["ResourceStatus"] == "ROLLBACK_IN_PROGRESS")
    assert "The following resource(s) failed to create: [Broken]." in back["ResourceStatusReason"]
    delete(emulator, stack)
    assert emulator.inventory() == before


def test_what_is_half_made_is_taken_back_too(emulator: Emulator) -> None:
    """The bucket exists before its logging target turns out to be missing."""
    body = json.loads(json.dumps(BUCKET))
    body["Properties"]["LoggingConfiguration"] = {"DestinationBucketName": "no-such-bucket-anywhere"}
    stack = deploy(emulator, "x", template({"Bucket": body}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "s3" not in emulator.inventory()


@pytest.mark.parametrize(
    ("option", "status"),
    [("DO_NOTHING", "CREATE_FAILED"), ("ROLLBACK", "ROLLBACK_COMPLETE"), ("DELETE", "DELETE_COMPLETE")],
)
def test_what_happens_on_failure_can_be_chosen(emulator: Emulator, option: str, status: str) -> None:
    body = template({"Logs": LOGS, "Broken": {**BROKEN, "DependsOn": "Logs"}})
    stack = deploy(emulator, "x", body, OnStackFailure=option)
    assert stack["StackStatus"] == status
    assert ("logs" in emulator.inventory()) == (option == "DO_NOTHING")


def test_a_taken_name_fails_in_aws_words(emulator: Emulator) -> None:
    emulator.client("logs").create_log_group(logGroupName="/geos/x")
    stack = deploy(emulator, "x", template({"Logs": LOGS}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "/geos/x already exists" in problem(emulator, stack)
    assert emulator.client("logs").describe_log_groups()["logGroups"], "what was there before must stay"


def test_a_taken_bucket_is_found_before_anything_is_made(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="geos-x-123456789012")
    made = change_set(emulator, "x", template({"Bucket": BUCKET}))
    assert made["Status"] == "FAILED"
    rows = emulator.client("cloudformation").describe_events(ChangeSetName=made["ChangeSetId"])["OperationEvents"]
    assert [(r["LogicalResourceId"], r["ValidationStatus"]) for r in rows] == [("Bucket", "FAILED")]
    assert "already exists" in rows[0]["ValidationStatusReason"]


def test_rolled_back_stacks_can_only_be_deleted(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"Broken": BROKEN}))
    with pytest.raises(ClientError, match=r"is in ROLLBACK_COMPLETE state and can not be updated"):
        change_set(emulator, "x", template({"Logs": LOGS}), kind="UPDATE")
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"
    assert deploy(emulator, "x", template({"Logs": LOGS}))["StackStatus"] == "CREATE_COMPLETE"


def test_deleted_stacks_stay_in_the_list(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"Logs": LOGS}))
    delete(emulator, stack)
    cloudformation = emulator.client("cloudformation")
    assert refused(cloudformation.describe_stacks, StackName="x") == (
        "ValidationError",
        "Stack with id x does not exist",
    )
    rows = cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert [r["StackId"] for r in rows] == [stack["StackId"]]


def test_termination_protection_holds(emulator: Emulator) -> None:
    cloudformation = emulator.client("cloudformation")
    stack = deploy(emulator, "x", template({"Logs": LOGS}))
    cloudformation.update_termination_protection(StackName="x", EnableTerminationProtection=True)
    code, message = refused(cloudformation.delete_stack, StackName="x")
    assert (code, message) == (
        "ValidationError",
        "Stack [x] cannot be deleted while TerminationProtection is enabled",
    )
    cloudformation.update_termination_protection(StackName="x", EnableTerminationProtection=False)
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"


def test_a_bucket_with_objects_does_not_go(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"Bucket": BUCKET, "Logs": LOGS}))
    emulator.client("s3").put_object(Bucket="geos-x-123456789012", Key="a", Body=b"b")
    stuck = delete(emulator, stack)
    assert stuck["StackStatus"] == "DELETE_FAILED"
    assert stuck["StackStatusReason"] == "The following resource(s) failed to delete: [Bucket]. "
    assert "BucketNotEmpty" in problem(emulator, stack)
    assert "logs" not in emulator.inventory(), "the rest goes"
    emulator.client("s3").delete_object(Bucket="geos-x-123456789012", Key="a")
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"


def test_what_could_not_be_deleted_can_be_left_behind(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"Bucket": BUCKET}))
    cloudformation = emulator.client("cloudformation")
    assert refused(cloudformation.delete_stack, StackName="x", RetainResources=["Bucket"])[0] == "ValidationError"
    emulator.client("s3").put_object(Bucket="geos-x-123456789012", Key="a", Body=b"b")
    delete(emulator, stack)
    assert delete(emulator, stack, RetainResources=["Bucket"])["StackStatus"] == "DELETE_COMPLETE"
    assert "s3" in emulator.inventory()


@pytest.mark.parametrize("empty", [True, False])
def test_a_repository_with_images_goes_only_if_told(emulator: Emulator, empty: bool) -> None:
    given = {"RepositoryName": "geos-x", "EmptyOnDelete": empty}
    stack = deploy(emulator, "x", template({"R": {"Type": "AWS::ECR::Repository", "Properties": given}}))
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    emulator.client("ecr").put_image(repositoryName="geos-x", imageManifest=json.dumps(manifest), imageTag="t")
    assert delete(emulator, stack)["StackStatus"] == ("DELETE_COMPLETE" if empty else "DELETE_FAILED")


def test_an_environment_that_a_queue_still_uses_does_not_go(emulator: Emulator) -> None:
    environment = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"Type": "UNMANAGED"}}
    stack = deploy(emulator, "x", template({"E": environment}))
    batch = emulator.client("batch")
    order = [{"order": 1, "computeEnvironment": resources(emulator, stack)["E"]["PhysicalResourceId"]}]
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    assert delete(emulator, stack)["StackStatus"] == "DELETE_FAILED"
    assert "found existing JobQueue relationship" in problem(emulator, stack)
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"


def test_retained_resources_stay(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"Logs": {**LOGS, "DeletionPolicy": "Retain"}, "Topic": TOPIC}))
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"
    found = emulator.inventory()
    assert "logs" in found
    assert "sns" not in found
    assert ("Logs", "DELETE_SKIPPED") in [
        (e["LogicalResourceId"], e["ResourceStatus"]) for e in events(emulator, stack)
    ]


def test_outputs_and_exports(emulator: Emulator) -> None:
    exporting = template({"Topic": TOPIC}, Outputs={"Arn": {"Value": {"Ref": "Topic"}, "Export": {"Name": "geos-arn"}}})
    stack = deploy(emulator, "exporting", exporting)
    assert outputs(stack) == {"Arn": "arn:aws:sns:us-east-1:123456789012:geos-x"}
    reading = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "geos-arn"}},
    }
    user = deploy(emulator, "using", template({"P": reading}))
    assert user["StackStatus"] == "CREATE_COMPLETE"
    assert emulator.client("cloudformation").list_imports(ExportName="geos-arn")["Imports"] == ["using"]
    stuck = delete(emulator, stack)
    assert stuck["StackStatusReason"] == "Export geos-arn cannot be deleted as it is in use by using"
    delete(emulator, user)
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match=r"No export named geos-arn found"):
        change_set(emulator, "using", template({"P": reading}))


def test_an_export_in_use_may_not_change(emulator: Emulator) -> None:
    def exporting(name: str) -> dict[str, Any]:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
        return template({"T": topic}, Outputs={"A": {"Value": {"Ref": "T"}, "Export": {"Name": "geos-arn"}}})

    deploy(emulator, "exporting", exporting("a"))
    reading = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "geos-arn"}},
    }
    deploy(emulator, "using", template({"P": reading}))
    stuck = deploy(emulator, "exporting", exporting("b"), kind="UPDATE")
    assert stuck["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        "Export geos-arn cannot be updated as it is in use by using" in e.get("ResourceStatusReason", "")
        for e in events(emulator, stuck)
    )
    assert [arn.rsplit(":", 1)[-1] for arn in emulator.inventory()["sns"]] == ["a"]


def test_a_type_that_the_region_lacks_is_refused_there(emulator: Emulator) -> None:
    from geos.wizard.tables.types import resource_type

    known = resource_type("AWS::AccessAnalyzer::ArchiveRule")
    assert known is not None
    assert "us-east-1" in known.only_in
    assert "us-east-2" not in known.only_in
    body = template({"Z": {"Type": known.name, "Properties": {"AnalyzerName": "x"}}})
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        change_set(emulator, "x", body, region="us-east-2")
    assert change_set(emulator, "x", body)["Status"] == "CREATE_COMPLETE"


def test_a_missing_property_is_named(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", template({"V": {"Type": "AWS::KMS::Alias", "Properties": {"TargetKeyId": "k"}}}))
    assert "AliasName" in problem(emulator, stack)


def test_a_stack_can_be_deleted_while_it_is_made(emulator: Emulator) -> None:
    before = emulator.inventory()
    many = {f"Logs{i}": {"Type": "AWS::Logs::LogGroup"} for i in range(60)}
    made = change_set(emulator, "x", template(many))
    cloudformation = emulator.client("cloudformation")
    cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
    cloudformation.delete_stack(StackName=made["StackId"])
    assert settled(emulator, made["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert emulator.inventory() == before


def test_a_route_before_its_gateway_is_attached_fails_as_with_aws(emulator: Emulator) -> None:
    """The fault of a template that forgets DependsOn."""
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    table = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}}
    route = {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "Table"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": {"Ref": "Gateway"},
        },
    }
    body = template({"Vpc": vpc, "Gateway": {"Type": "AWS::EC2::InternetGateway"}, "Table": table, "Route": route})
    stack = deploy(emulator, "x", body)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "belong to different networks" in problem(emulator, stack)


def test_a_key_policy_that_names_a_missing_role_is_refused(emulator: Emulator) -> None:
    """Why service-linked roles have to be there before the key."""
    role = "arn:aws:iam::123456789012:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"}]}
    body = template({"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}})
    stack = deploy(emulator, "x", body)
    assert "invalid principals" in problem(emulator, stack)
    delete(emulator, stack)
    emulator.client("iam").create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    assert deploy(emulator, "x", body)["StackStatus"] == "CREATE_COMPLETE"


def test_an_access_log_does_not_fill_the_bucket_that_was_just_emptied(emulator: Emulator) -> None:
    """S3 delivers logs hours later; the account would not live to see them."""
    logged = {"LoggingConfiguration": {"DestinationBucketName": {"Ref": "Log"}}}
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Log.Arn}/*"},
    }
    policy = {"Bucket": {"Ref": "Log"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [delivery]}}
    body = template(
        {
            "Log": {"Type": "AWS::S3::Bucket"},
            "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
            "Data": {"Type": "AWS::S3::Bucket", "Properties": logged, "DependsOn": "Policy"},
        }
    )
    stack = deploy(emulator, "x", body)
    assert stack["StackStatus"] == "CREATE_COMPLETE", problem(emulator, stack)
    data = resources(emulator, stack)["Data"]["PhysicalResourceId"]
    emulator.client("s3").list_objects_v2(Bucket=data)
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"

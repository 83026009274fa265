"""Updates: what a change set foretells, what then happens in the service, and the way back."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from parts.everything import EVERYTHING
from parts.stacks import change_set, delete, deploy, events, outputs, problem, resources, template

if TYPE_CHECKING:
    from parts.emulator import Emulator

BROKEN: dict[str, Any] = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24"},
}


def logs(days: Any = 7, name: str = "/geos/x") -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, "RetentionInDays": days}}


def retention(emulator: Emulator) -> dict[str, int]:
    rows = emulator.client("logs").describe_log_groups()["logGroups"]
    return {r["logGroupName"]: r.get("retentionInDays") for r in rows}


def foretold(made: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Logical id -> (action, replacement)."""
    rows = [c["ResourceChange"] for c in made["Changes"]]
    return {r["LogicalResourceId"]: (r["Action"], r.get("Replacement", "")) for r in rows}


def test_a_change_set_without_changes_fails_in_aws_words(emulator: Emulator) -> None:
    deploy(emulator, "x", template({"Logs": logs()}))
    made = change_set(emulator, "x", template({"Logs": logs("7")}), kind="UPDATE")
    assert made["Status"] == "FAILED"
    assert made["ExecutionStatus"] == "UNAVAILABLE"
    assert made["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )


def test_nothing_of_everything_changes_by_itself(emulator: Emulator) -> None:
    """Unchanged conditional resources and values read back at deployment must not be listed."""
    deploy(emulator, "x", EVERYTHING)
    assert change_set(emulator, "x", EVERYTHING, kind="UPDATE")["Changes"] == []


def test_a_property_update_reaches_the_service(emulator: Emulator) -> None:
    body = template({"Logs": logs({"Ref": "Days"})}, Parameters={"Days": {"Type": "Number"}})
    deploy(emulator, "x", body, {"Days": 7})
    made = change_set(emulator, "x", body, {"Days": 14}, kind="UPDATE")
    (change,) = made["Changes"]
    assert change["ResourceChange"]["Replacement"] == "False"
    (detail,) = change["ResourceChange"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"]) == ("ParameterReference", "Days")
    assert detail["Target"] == {
        "Attribute": "Properties",
        "Name": "RetentionInDays",
        "Path": "/Properties/RetentionInDays",
        "RequiresRecreation": "Never",
        "AttributeChangeType": "Modify",
        "BeforeValue": "7",
        "AfterValue": "14",
    }
    stack = deploy(emulator, "x", body, {"Days": 14}, kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert retention(emulator) == {"/geos/x": 14}


def test_add_modify_remove_and_replace_are_told_apart(emulator: Emulator) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    deploy(emulator, "x", template({"Kept": logs(), "Gone": topic, "Renamed": logs(7, "/geos/old")}))
    new = {"Kept": logs(14), "Fresh": topic, "Renamed": logs(7, "/geos/new")}
    made = change_set(emulator, "x", template(new), kind="UPDATE")
    assert foretold(made) == {
        "Kept": ("Modify", "False"),
        "Fresh": ("Add", ""),
        "Renamed": ("Modify", "True"),
        "Gone": ("Remove", ""),
    }
    before = emulator.inventory()["sns"].keys()
    stack = deploy(emulator, "x", template(new), kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert retention(emulator) == {"/geos/x": 14, "/geos/new": 7}
    assert not emulator.inventory()["sns"].keys() & before


def test_a_replacement_has_a_new_id_and_the_old_goes_last(emulator: Emulator) -> None:
    old = deploy(emulator, "x", template({"Logs": logs(7, "/geos/old")}))
    before = resources(emulator, old)["Logs"]["PhysicalResourceId"]
    new = deploy(emulator, "x", template({"Logs": logs(7, "/geos/new")}), kind="UPDATE")
    assert resources(emulator, new)["Logs"]["PhysicalResourceId"] != before
    told = [(e["ResourceStatus"], e.get("PhysicalResourceId")) for e in events(emulator, new)]
    cleanup = [s for s, _ in told].index("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert ("DELETE_COMPLETE", before) in told[cleanup:]


def test_what_hangs_on_a_replaced_resource_is_conditional(emulator: Emulator) -> None:
    """Its new id is not known before the replacement is made."""

    def body(name: str) -> dict[str, Any]:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
        mail = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.org"}
        return template({"Topic": topic, "Mail": {"Type": "AWS::SNS::Subscription", "Properties": mail}})

    deploy(emulator, "x", body("old"))
    made = change_set(emulator, "x", body("new"), kind="UPDATE")
    assert foretold(made) == {"Topic": ("Modify", "True"), "Mail": ("Modify", "Conditional")}
    mail = next(c["ResourceChange"] for c in made["Changes"] if c["ResourceChange"]["LogicalResourceId"] == "Mail")
    assert mail["Details"][0]["Evaluation"] == "Dynamic"
    assert mail["Details"][0]["CausingEntity"] == "Topic"
    stack = deploy(emulator, "x", body("new"), kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_COMPLETE", problem(emulator, stack)
    topics = emulator.inventory()["sns"]
    assert {arn.rsplit(":", 1)[-1]: t["subscriptions"] for arn, t in topics.items()} == {"new": ["a@example.org"]}


def test_a_custom_name_forbids_replacement(emulator: Emulator) -> None:
    def role(path: str) -> dict[str, Any]:
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:*"}]}
        given = {"RoleName": "geos-x", "Path": path, "AssumeRolePolicyDocument": trust}
        return template({"Role": {"Type": "AWS::IAM::Role", "Properties": given}})

    deploy(emulator, "x", role("/a/"))
    stack = deploy(emulator, "x", role("/b/"), kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rename geos-x and update the stack again" in problem(emulator, stack)
    assert list(emulator.inventory()["iam:role"]) == ["arn:aws:iam::123456789012:role/a/geos-x"]


def test_a_failed_update_goes_back_to_what_was(emulator: Emulator) -> None:
    old = template({"Logs": logs(7), "Renamed": logs(7, "/geos/old")}, Outputs={"Name": {"Value": {"Ref": "Renamed"}}})
    deploy(emulator, "x", old)
    before = emulator.inventory()
    new = {"Logs": logs(14), "Renamed": logs(7, "/geos/new"), "Fresh": {"Type": "AWS::SNS::Topic"}}
    broken = {**BROKEN, "DependsOn": ["Logs", "Renamed", "Fresh"]}
    stack = deploy(emulator, "x", template({**new, "Broken": broken}), kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    after = emulator.inventory()
    before.pop("cloudformation"), after.pop("cloudformation")
    assert after == before
    assert outputs(stack) == {"Name": "/geos/old"}
    assert change_set(emulator, "x", old, kind="UPDATE")["Status"] == "FAILED", "nothing differs from the old template"


def test_a_failed_update_can_be_left_standing_and_mended(emulator: Emulator) -> None:
    deploy(emulator, "x", template({"Logs": logs(7)}))
    made = change_set(emulator, "x", template({"Logs": logs(14), "B": {**BROKEN, "DependsOn": "Logs"}}), kind="UPDATE")
    emulator.client("cloudformation").execute_change_set(ChangeSetName=made["ChangeSetId"], DisableRollback=True)
    from parts.stacks import settled

    assert settled(emulator, "x")["StackStatus"] == "UPDATE_FAILED"
    assert retention(emulator) == {"/geos/x": 14}
    assert deploy(emulator, "x", template({"Logs": logs(14)}), kind="UPDATE")["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize("skip", [True, False])
def test_a_way_back_that_fails_can_be_continued(emulator: Emulator, skip: bool) -> None:
    """Somebody deleted what the update was to change, so it can be changed neither on nor back."""
    from parts.stacks import settled

    deploy(emulator, "x", template({"Logs": logs(7)}))
    emulator.client("logs").delete_log_group(logGroupName="/geos/x")
    stack = deploy(emulator, "x", template({"Logs": logs(14)}), kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    cloudformation = emulator.client("cloudformation")
    if skip:
        cloudformation.continue_update_rollback(StackName="x", ResourcesToSkip=["Logs"])
    else:
        emulator.client("logs").create_log_group(logGroupName="/geos/x")
        cloudformation.continue_update_rollback(StackName="x")
    assert settled(emulator, "x")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert retention(emulator) == ({} if skip else {"/geos/x": 7})


def test_a_condition_that_flips_adds_and_removes(emulator: Emulator) -> None:
    body = template(
        {"Logs": logs(), "Extra": {**logs(7, "/geos/extra"), "Condition": "More"}},
        Parameters={"Flag": {"Type": "String", "Default": "no"}},
        Conditions={"More": {"Fn::Equals": [{"Ref": "Flag"}, "yes"]}},
    )
    deploy(emulator, "x", body)
    assert foretold(change_set(emulator, "x", body, {"Flag": "yes"}, kind="UPDATE")) == {"Extra": ("Add", "")}
    deploy(emulator, "x", body, {"Flag": "yes"}, kind="UPDATE")
    assert foretold(change_set(emulator, "x", body, {"Flag": "no"}, kind="UPDATE")) == {"Extra": ("Remove", "")}
    deploy(emulator, "x", body, {"Flag": "no"}, kind="UPDATE")
    assert list(retention(emulator)) == ["/geos/x"]


def test_batch_is_updated_in_place(emulator: Emulator) -> None:
    stack = deploy(emulator, "x", EVERYTHING, {"Max": 100})
    body = copy.deepcopy(EVERYTHING)
    queue = body["Resources"]["Jq"]["Properties"]
    queue["Priority"] = 77
    body["Resources"]["Jd"]["Properties"]["Timeout"] = {"AttemptDurationSeconds": 60}
    made = change_set(emulator, "x", body, {"Max": 200}, kind="UPDATE")
    assert foretold(made) == {"Ce": ("Modify", "False"), "Jq": ("Modify", "False"), "Jd": ("Modify", "False")}
    stack = deploy(emulator, "x", body, {"Max": 200}, kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_COMPLETE", problem(emulator, stack)
    batch = emulator.client("batch")
    environment = batch.describe_compute_environments()["computeEnvironments"][0]
    assert environment["computeResources"]["maxvCpus"] == 200
    assert environment["updatePolicy"]["jobExecutionTimeoutMinutes"] == 60
    found = batch.describe_job_queues()["jobQueues"][0]
    assert found["priority"] == 77
    assert found["jobStateTimeLimitActions"][0]["maxTimeSeconds"] == 600
    (definition,) = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    assert (definition["revision"], definition["timeout"]) == (2, {"attemptDurationSeconds": 60})
    assert delete(emulator, stack)["StackStatus"] == "DELETE_COMPLETE"


def test_an_environment_that_may_be_replaced_is(emulator: Emulator) -> None:
    """ReplaceComputeEnvironment is true by default: other instance types mean another environment."""
    body = copy.deepcopy(EVERYTHING)
    body["Resources"]["Ce"]["Properties"].pop("ReplaceComputeEnvironment")
    deploy(emulator, "x", body)
    body["Resources"]["Ce"]["Properties"]["ComputeResources"]["InstanceTypes"] = ["c8g.4xlarge"]
    made = change_set(emulator, "x", body, kind="UPDATE")
    assert foretold(made)["Ce"] == ("Modify", "True")


@pytest.mark.parametrize(
    ("logical_id", "changes"),
    [
        ("Vpc", {"EnableDnsHostnames": False}),
        ("Sn", {"MapPublicIpOnLaunch": False}),
        (
            "Sg",
            {"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "192.0.2.1/32"}]},
        ),
        ("Key", {"EnableKeyRotation": False}),
        ("Bucket", {"VersioningConfiguration": {"Status": "Suspended"}}),
        ("Role", {"MaxSessionDuration": 7200}),
        ("Repo", {"ImageScanningConfiguration": {"ScanOnPush": False}}),
        ("Lg", {"RetentionInDays": 90}),
        ("Mf", {"FilterPattern": "OTHER"}),
        ("Alarm", {"Threshold": 5}),
        ("Dash", {"DashboardBody": '{"widgets": [{"type": "text"}]}'}),
        ("Rule", {"State": "DISABLED"}),
        ("Topic", {"DisplayName": "geos"}),
        ("Param", {"Value": "other"}),
        ("Table", {"DeletionProtectionEnabled": False}),
        ("Fn", {"Timeout": 60}),
        ("Lt", {"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}}}),
    ],
)
def test_each_type_takes_its_update(
    emulator_with_everything: Emulator, logical_id: str, changes: dict[str, Any]
) -> None:
    """After the update the live settings are the template's: drift detection agrees."""
    emulator = emulator_with_everything
    body = copy.deepcopy(EVERYTHING)
    body["Resources"][logical_id]["Properties"] |= changes
    stack = deploy(emulator, "x", body, kind="UPDATE")
    assert stack["StackStatus"] == "UPDATE_COMPLETE", problem(emulator, stack)
    emulator.client("cloudformation").detect_stack_drift(StackName="x")
    rows = emulator.client("cloudformation").describe_stack_resource_drifts(StackName="x")["StackResourceDrifts"]
    differ = {
        r["LogicalResourceId"]: r["PropertyDifferences"] for r in rows if r["StackResourceDriftStatus"] != "IN_SYNC"
    }
    assert differ == {}
    assert logical_id in {r["LogicalResourceId"] for r in rows}
    back = deploy(emulator, "x", EVERYTHING, kind="UPDATE")
    assert back["StackStatus"] == "UPDATE_COMPLETE", problem(emulator, back)


def test_parameters_are_checked(emulator: Emulator) -> None:
    body = template(
        {"Logs": logs({"Ref": "Days"})},
        Parameters={
            "Days": {"Type": "Number", "MinValue": 1, "MaxValue": 30},
            "Kind": {"Type": "String", "AllowedValues": ["a", "b"], "Default": "a"},
            "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": 5, "Default": "abc"},
        },
    )
    for given, words in (
        ({}, r"Parameters: \[Days\] must have values"),
        ({"Days": 7, "Other": 1}, r"Parameters: \[Other\] do not exist in the template"),
        ({"Days": 31}, "must be a number not greater than 30"),
        ({"Days": "x"}, "must be a number"),
        ({"Days": 7, "Kind": "c"}, "Parameter 'Kind' must be one of AllowedValues"),
        ({"Days": 7, "Name": "A"}, "Parameter Name failed to satisfy constraint: must match pattern"),
        ({"Days": 7, "Name": "abcdef"}, "must contain at most 5 characters"),
    ):
        with pytest.raises(ClientError, match=words) as e:
            change_set(emulator, "x", body, given)
        assert e.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize("named", [True, False])
def test_iam_needs_the_callers_word(emulator: Emulator, named: bool) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:*"}]}
    given = {"AssumeRolePolicyDocument": trust, **({"RoleName": "geos-x"} if named else {})}
    body = template({"Role": {"Type": "AWS::IAM::Role", "Properties": given}})
    with pytest.raises(ClientError) as e:
        change_set(emulator, "x", body, Capabilities=["CAPABILITY_IAM"] if named else [])
    word = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
    assert e.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    assert e.value.response["Error"]["Message"] == f"Requires capabilities : [{word}]"


def test_large_templates_go_by_s3(emulator: Emulator) -> None:
    body = template({"Logs": logs()}, Metadata={"filler": "x" * 52_000})
    with pytest.raises(ClientError, match="51200"):
        change_set(emulator, "x", body)
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="geos-state")
    s3.put_object(Bucket="geos-state", Key="x/y.json", Body=json.dumps(body))
    for url in (
        "https://geos-state.s3.us-east-1.amazonaws.com/x/y.json",
        "https://s3.amazonaws.com/geos-state/x/y.json",
        f"{emulator.endpoint}/geos-state/x/y.json",
    ):
        cloudformation = emulator.client("cloudformation")
        made = cloudformation.create_change_set(
            StackName="x", ChangeSetName=f"c{abs(hash(url))}", ChangeSetType="CREATE", TemplateURL=url
        )
        assert cloudformation.describe_change_set(ChangeSetName=made["Id"])["Status"] == "CREATE_COMPLETE"


def test_change_sets_are_listed_by_stack(emulator: Emulator) -> None:
    change_set(emulator, "x", template({"Logs": logs()}))
    change_set(emulator, "y", template({"Logs": logs()}))
    rows = emulator.client("cloudformation").list_change_sets(StackName="x")["Summaries"]
    assert [r["StackName"] for r in rows] == ["x"]


def test_a_change_set_runs_once(emulator: Emulator) -> None:
    made = change_set(emulator, "x", template({"Logs": logs()}))
    cloudformation = emulator.client("cloudformation")
    cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
    with pytest.raises(ClientError) as e:
        cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert e.value.response["Error"]["Code"] in ("InvalidChangeSetStatus", "ValidationError")


def test_parameter_store_values_reach_the_template(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(Name="/geos/days", Value="14", Type="String")
    body = template(
        {"Logs": logs({"Ref": "Days"}), "Other": logs("{{resolve:ssm:/geos/days}}", "/geos/y")},
        Parameters={"Days": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/geos/days"}},
    )
    stack = deploy(emulator, "x", body)
    assert stack["StackStatus"] == "CREATE_COMPLETE", problem(emulator, stack)
    assert retention(emulator) == {"/geos/x": 14, "/geos/y": 14}

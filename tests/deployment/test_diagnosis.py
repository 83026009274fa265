"""What a failed stack's events are read as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from geos.wizard.aws.stack_facts import StackEvent, ValidationFault
from geos.wizard.deployment.causes import CAUSES, NO_CHANGES, UNKNOWN, aws_codes_in, cause_of
from geos.wizard.deployment.diagnosis import diagnose, first_failures, plain, refused_before, told
from geos.wizard.explanations import EXPLANATIONS

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STACK = "geos-chem-dev-batch"


def event(
    seconds: int, logical_id: str, status: str, reason: str = "", kind: str = "AWS::Batch::JobQueue"
) -> StackEvent:
    kind = "AWS::CloudFormation::Stack" if logical_id == STACK else kind
    return StackEvent(
        f"e{seconds}-{logical_id}", START + timedelta(seconds=seconds), logical_id, "", kind, status, reason
    )


REASONS = [
    (
        'Resource handler returned message: "The maximum number of VPCs has been reached. '
        '(Service: Ec2, Status Code: 400, Request ID: 1b2)" (RequestToken: 4f, HandlerErrorCode: ServiceLimitExceeded)',
        "GEOS-D102",
    ),
    (
        "The maximum number of VPCs has been reached. (Service: AmazonEC2; Error Code: VpcLimitExceeded)",
        "GEOS-D102",
    ),
    (
        "The maximum number of addresses has been reached. (Error Code: AddressLimitExceeded; Request ID: x)",
        "GEOS-D103",
    ),
    (
        'Resource handler returned message: "You have exceeded the compute environment limit" '
        "(RequestToken: 4f, HandlerErrorCode: ServiceLimitExceeded)",
        "GEOS-D101",
    ),
    (
        "geos-chem-dev-results-111122223333 already exists (Service: S3; Error Code: BucketAlreadyExists)",
        "GEOS-D105",
    ),
    ("The requested bucket name is not available. The bucket namespace is shared by all users", "GEOS-D105"),
    (
        'Resource handler returned message: "Role with name x already exists. (Service: Iam, Status Code: 409)" '
        "(RequestToken: 4f, HandlerErrorCode: AlreadyExists)",
        "GEOS-D104",
    ),
    (
        "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: batch:CreateComputeEnvironment on "
        "resource: * (Service: Batch, Status Code: 403) (HandlerErrorCode: AccessDenied)",
        "GEOS-D106",
    ),
    (
        'Resource handler returned message: "Instance type c6i.32xlarge is not supported in eu-south-2" '
        "(RequestToken: 4f, HandlerErrorCode: InvalidRequest)",
        "GEOS-D107",
    ),
    ("The image id '[ami-0abc]' does not exist (Error Code: InvalidAMIID.NotFound)", "GEOS-D108"),
    (
        'Resource handler returned message: "Policy contains a statement with one or more invalid principals. '
        '(Service: Kms, Status Code: 400)" (RequestToken: 4f, HandlerErrorCode: InvalidRequest)',
        "GEOS-D109",
    ),
    ("We currently do not have sufficient c7g.4xlarge capacity in the Availability Zone", "GEOS-D110"),
    ("Rate exceeded (Service: Batch, Status Code: 429) (HandlerErrorCode: Throttling)", "GEOS-D111"),
    ("The AWS Access Key Id needs a subscription for the service", "GEOS-D112"),
    ("resource sg-1 has a dependent object (Service: Ec2; Error Code: DependencyViolation)", "GEOS-D113"),
    ("Cannot delete, found existing JobQueue relationship (HandlerErrorCode: GeneralServiceException)", "GEOS-D113"),
    ("The bucket you tried to delete is not empty (Error Code: BucketNotEmpty)", "GEOS-D114"),
    (
        "The specified instance type is not eligible for Free Tier. (Error Code: InvalidParameterCombination)",
        "GEOS-D115",
    ),
    ("Resource did not stabilize: compute environment x went INVALID", "GEOS-D116"),
    ("Resource timed out waiting for creation (HandlerErrorCode: NotStabilized)", "GEOS-D117"),
    ("The subnet ID 'subnet-1' does not exist (Error Code: InvalidSubnetID.NotFound)", "GEOS-D118"),
    ("Internal Failure (HandlerErrorCode: InternalFailure)", "GEOS-D119"),
    ("Invalid request provided: desired vCPUs (HandlerErrorCode: InvalidRequest)", "GEOS-D120"),
    ("The caller may not create a service-linked role (HandlerErrorCode: AccessDenied)", "GEOS-D121"),
    ("Limit exceeded: job queues (HandlerErrorCode: GeneralServiceException)", "GEOS-D101"),
    ("Cannot exceed quota for RolesPerAccount: 1000 (HandlerErrorCode: InvalidRequest)", "GEOS-D101"),
    ("You have attempted to create more buckets than allowed (Service: S3)", "GEOS-D101"),
    ("The maximum number of internet gateways has been reached. (Service: Ec2)", "GEOS-D101"),
    ("The moon is in the wrong phase", "GEOS-D100"),
]


@pytest.mark.parametrize(("reason", "code"), REASONS, ids=lambda v: v[:40])
def test_each_reason_of_aws_has_its_code(reason: str, code: str) -> None:
    assert cause_of(reason).code == code


def test_every_row_is_reached_by_one_of_the_reasons() -> None:
    assert {c.code for c in CAUSES} | {UNKNOWN.code} == {code for _, code in REASONS}


def test_every_code_is_explained() -> None:
    assert {c.code for c in CAUSES} <= EXPLANATIONS.keys()


def test_codes_are_read_out_of_the_text_the_services_first() -> None:
    reason = "x (Service: S3; Error Code: NoSuchBucket) (RequestToken: 1, HandlerErrorCode: NotFound)"
    assert aws_codes_in(reason) == ("NoSuchBucket", "NotFound")


def test_the_first_failure_in_time_counts_not_the_cancelled_ones() -> None:
    events = [
        event(9, STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Queue, Spot]."),
        event(7, "Queue", "CREATE_FAILED", "Resource creation cancelled"),
        event(6, "Spot", "CREATE_FAILED", "Instance type zz is not supported in eu-south-2"),
        event(8, "Other", "CREATE_FAILED", "Rate exceeded"),
        event(1, STACK, "CREATE_IN_PROGRESS"),
    ]
    assert [e.logical_id for e in first_failures(events, STACK)] == ["Spot", "Other"]
    found = diagnose(events, layer="batch", stack_name=STACK, region="eu-south-2")
    assert (found.code, found.logical_id, found.what) == ("GEOS-D107", "Spot", "JobQueue Spot")
    assert found.others == ("Other: Rate exceeded",)
    assert "eu-south-2" in found.why


def test_a_failure_of_the_stack_alone_is_told_too() -> None:
    events = [event(1, STACK, "CREATE_FAILED", "Internal Failure")]
    assert diagnose(events, layer="batch", stack_name=STACK, region="x").code == "GEOS-D119"
    assert diagnose([], layer="batch", stack_name=STACK, region="x", reason="Rate exceeded").again


def test_request_ids_are_left_out() -> None:
    wrapped = (
        'Resource handler returned message: "No room (Service: Ec2, Status Code: 400, Request ID: 1-2-3)" '
        "(RequestToken: 4f5e, HandlerErrorCode: ServiceLimitExceeded)"
    )
    assert plain(wrapped) == "No room"
    assert plain("") == ""


def test_no_reason_is_not_an_empty_line() -> None:
    assert told("", layer="l", stack_name="s", region="r").aws_says == "AWS gave no reason"


def test_validation_that_only_warns_blocks_nothing() -> None:
    warning = ValidationFault("Bucket", "/x", "already exists", blocking=False)
    fault = ValidationFault("Role", "/y", "Role x already exists", blocking=True)
    place = {"layer": "core", "stack_name": "s", "region": "r"}
    assert refused_before([warning], **place) is None
    found = refused_before([warning, fault, fault], **place)
    assert found is not None
    assert (found.logical_id, found.code) == ("Role", "GEOS-D104")


def test_both_ways_of_saying_no_changes_are_known() -> None:
    assert NO_CHANGES.search("The submitted information didn't contain changes. Submit different information")
    assert NO_CHANGES.search("No updates are to be performed.")

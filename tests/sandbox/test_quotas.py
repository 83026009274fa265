"""Service Quotas of the simulated account, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from parts.emulator import Emulator

STANDARD, SPOT, HPC = "L-1216C47A", "L-34B43A08", "L-F7808C92"


def applied(emulator: Emulator, service: str = "ec2", region: str = "us-east-1") -> dict[str, float]:
    pages = emulator.client("service-quotas", region).get_paginator("list_service_quotas")
    return {q["QuotaCode"]: q["Value"] for page in pages.paginate(ServiceCode=service) for q in page["Quotas"]}


def code_of(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as e:
        call(**given)
    return str(e.value.response["Error"]["Code"])


def test_a_new_account_has_five_vcpus_and_an_old_one_hundreds(emulator: Emulator) -> None:
    new = applied(emulator)
    assert (new[STANDARD], new[SPOT], new[HPC]) == (5, 5, 0)
    assert applied(emulator, "lambda")["L-B99A9384"] == 10
    emulator.reset("established")
    assert applied(emulator)[STANDARD] == 640


def test_lists_come_in_pages(emulator: Emulator) -> None:
    quotas = emulator.client("service-quotas")
    first = quotas.list_service_quotas(ServiceCode="vpc", MaxResults=4)
    assert len(first["Quotas"]) == 4
    second = quotas.list_service_quotas(ServiceCode="vpc", MaxResults=4, NextToken=first["NextToken"])
    assert not {q["QuotaCode"] for q in first["Quotas"]} & {q["QuotaCode"] for q in second["Quotas"]}


def test_a_quota_without_applied_value_has_only_its_default(emulator: Emulator) -> None:
    emulator.seed(not_applied=[f"ec2/{STANDARD}"])
    quotas = emulator.client("service-quotas")
    assert code_of(quotas.get_service_quota, ServiceCode="ec2", QuotaCode=STANDARD) == "NoSuchResourceException"
    assert STANDARD not in applied(emulator)
    found = quotas.get_aws_default_service_quota(ServiceCode="ec2", QuotaCode=STANDARD)["Quota"]
    assert found["Value"] == 5
    listed = quotas.list_aws_default_service_quotas(ServiceCode="ec2")["Quotas"]
    assert STANDARD in {q["QuotaCode"] for q in listed}


def test_global_quotas_answer_in_one_region_only(emulator: Emulator) -> None:
    assert applied(emulator, "iam")
    elsewhere = emulator.client("service-quotas", "eu-west-1")
    assert code_of(elsewhere.list_service_quotas, ServiceCode="iam") == "NoSuchResourceException"
    assert code_of(elsewhere.get_service_quota, ServiceCode="s3", QuotaCode="L-DC2B2D3D") == "NoSuchResourceException"


def test_values_can_differ_by_region(emulator: Emulator) -> None:
    emulator.seed(quotas={f"ec2/{STANDARD}": 64, f"eu-west-1/ec2/{STANDARD}": 128})
    assert applied(emulator)[STANDARD] == 64
    assert applied(emulator, region="eu-west-1")[STANDARD] == 128


def test_an_increase_is_asked_for_once(emulator: Emulator) -> None:
    quotas = emulator.client("service-quotas")
    ask = {"ServiceCode": "ec2", "QuotaCode": STANDARD, "DesiredValue": 64.0}
    made = quotas.request_service_quota_increase(**ask)["RequestedQuota"]
    assert made["Status"] == "PENDING"
    assert code_of(quotas.request_service_quota_increase, **ask) == "ResourceAlreadyExistsException"
    found = quotas.list_requested_service_quota_change_history_by_quota(ServiceCode="ec2", QuotaCode=STANDARD)
    assert [(r["Id"], r["DesiredValue"]) for r in found["RequestedQuotas"]] == [(made["Id"], 64.0)]
    assert quotas.get_requested_service_quota_change(RequestId=made["Id"])["RequestedQuota"]["QuotaCode"] == STANDARD
    assert applied(emulator)[STANDARD] == 5, "asking does not grant"


def test_increases_have_their_own_limits(emulator: Emulator) -> None:
    quotas = emulator.client("service-quotas")
    ask = {"ServiceCode": "ec2", "QuotaCode": STANDARD}
    assert code_of(quotas.request_service_quota_increase, **ask, DesiredValue=5.0) == "IllegalArgumentException"
    emulator.seed(opted_in=["eu-south-1"])
    there = emulator.client("service-quotas", "eu-south-1")
    for quota in (STANDARD, SPOT):
        there.request_service_quota_increase(ServiceCode="ec2", QuotaCode=quota, DesiredValue=64.0)
    third = {"ServiceCode": "ec2", "QuotaCode": HPC, "DesiredValue": 64.0}
    assert code_of(there.request_service_quota_increase, **third) == "QuotaExceededException"


def test_requests_from_before_are_in_the_history(emulator: Emulator) -> None:
    emulator.seed(increase_requests=[{"service": "ec2", "code": STANDARD, "desired": 128, "status": "CASE_OPENED"}])
    rows = emulator.client("service-quotas").list_requested_service_quota_change_history(ServiceCode="ec2")
    assert [(r["Status"], r["DesiredValue"]) for r in rows["RequestedQuotas"]] == [("CASE_OPENED", 128.0)]


def test_call_rates_are_enforced_when_asked(emulator: Emulator) -> None:
    emulator.seed(quota_rates=True)
    quotas = emulator.client("service-quotas")
    codes = []
    for _ in range(30):
        try:
            quotas.get_service_quota(ServiceCode="ec2", QuotaCode=STANDARD)
        except ClientError as e:
            codes.append(e.response["Error"]["Code"])
    assert set(codes) == {"TooManyRequestsException"}
    assert emulator.client("service-quotas", "eu-west-1").get_service_quota(ServiceCode="ec2", QuotaCode=STANDARD)


def usage(emulator: Emulator, usage_class: str) -> list[float]:
    dimensions = {"Service": "EC2", "Type": "Resource", "Resource": "vCPU", "Class": usage_class}
    metric = {
        "Namespace": "AWS/Usage",
        "MetricName": "ResourceCount",
        "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
    }
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
    now = datetime.now(UTC)
    answer = emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now
    )
    return list(answer["MetricDataResults"][0]["Values"])


def test_use_is_counted_in_the_account(emulator: Emulator) -> None:
    """Running machines by family class, Spot apart; stopped and pending ones not; reservations also when empty."""
    emulator.seed(
        quotas={f"ec2/{STANDARD}": 640, f"ec2/{SPOT}": 640},
        instances=[
            {"type": "c6i.4xlarge", "count": 2},
            {"type": "c7g.4xlarge", "spot": True},
            {"type": "m6i.2xlarge", "state": "stopped"},
            {"type": "m6i.4xlarge", "state": "pending"},
            {"type": "hpc7g.4xlarge"},
        ],
        capacity_reservations=[{"type": "r6i.xlarge", "count": 3, "used": 1}],
    )
    emulator.client("ec2").describe_instances()
    assert usage(emulator, "Standard/OnDemand") == [2 * 16 + 2 * 4]
    assert usage(emulator, "Standard/Spot") == [16]
    assert usage(emulator, "F/OnDemand") == [], "an idle resource has no data points"
    report = emulator.client("service-quotas").start_quota_utilization_report()
    found = emulator.client("service-quotas").get_quota_utilization_report(ReportId=report["ReportId"])
    assert found["Status"] == "COMPLETED"
    percent = {q["QuotaCode"]: q["Utilization"] for q in found["Quotas"]}
    assert percent[STANDARD] == pytest.approx(100 * 40 / 640)
    states = [
        i["State"]["Name"] for r in emulator.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]
    ]
    assert sorted(states) == ["pending", "running", "running", "running", "running", "stopped"]


def test_the_report_can_be_late_or_refused(emulator: Emulator) -> None:
    quotas = emulator.client("service-quotas")
    emulator.seed(report="slow")
    report = quotas.start_quota_utilization_report()["ReportId"]
    assert quotas.get_quota_utilization_report(ReportId=report)["Status"] == "IN_PROGRESS"
    emulator.seed(report="refused")
    assert code_of(quotas.start_quota_utilization_report) == "InvalidResourceStateException"


def test_full_quotas_refuse_the_next_one(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    emulator.seed(quotas={"vpc/L-F678F1CE": 2})
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert code_of(ec2.create_vpc, CidrBlock="10.1.0.0/16") == "VpcLimitExceeded"


def test_machines_start_only_where_and_how_aws_lets_them(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    images = ec2.describe_images(Owners=["792107900819"])["Images"]
    image = {i["Architecture"]: i["ImageId"] for i in images if i["Name"].startswith("Rocky-9-EC2-Base-9.")}
    one = {"MinCount": 1, "MaxCount": 1}
    assert code_of(ec2.run_instances, ImageId=image["x86_64"], InstanceType="c6i.2xlarge", **one) == "VcpuLimitExceeded"
    assert (
        code_of(ec2.run_instances, ImageId=image["x86_64"], InstanceType="c7g.xlarge", **one) == "InvalidParameterValue"
    )
    assert code_of(ec2.run_instances, ImageId=image["x86_64"], InstanceType="hpc6a.48xlarge", **one) == "Unsupported"
    assert (
        code_of(ec2.run_instances, ImageId=image["x86_64"], InstanceType="zz9.bogus", **one) == "InvalidParameterValue"
    )
    assert code_of(ec2.run_instances, ImageId="ami-0123456789abcdef0", InstanceType="c6i.xlarge", **one) == (
        "InvalidAMIID.NotFound"
    )
    assert ec2.run_instances(ImageId=image["arm64"], InstanceType="c7g.xlarge", **one)["Instances"]
    emulator.seed(plan="FREE")
    code = code_of(ec2.run_instances, ImageId=image["x86_64"], InstanceType="c6i.large", **one)
    assert code == "InvalidParameterCombination"

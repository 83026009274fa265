"""How use is counted: every row against AWS's own service models and the shipped table, and the counting itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from geos.wizard.aws import Aws
from geos.wizard.aws.usage import SUMMARIES, read_metrics, readings
from geos.wizard.aws.usage_rows import ROWS, Row
from geos.wizard.errors import AwsRefused
from geos.wizard.facts import Target, UsageMetric
from geos.wizard.systems.derive.counting import ONE_EACH, UNCODED_EACH
from geos.wizard.tables.quotas import quota_defaults, vcpu_quota_codes

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator

MODELS: dict[str, Any] = {}
KNOWN = {(q.service, q.code or q.name) for q in quota_defaults()}


def operation_of(row: Row) -> Any:
    from botocore import xform_name

    service, wanted = row.call.split(".")
    model = MODELS.setdefault(service, botocore.session.Session().get_service_model(service))
    name = next(n for n in model.operation_names if xform_name(n) == wanted)
    return model.operation_model(name)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: "-".join(r.quota))
def test_every_row_names_a_call_its_arguments_and_its_list(row: Row) -> None:
    operation = operation_of(row)
    assert set(row.arguments) <= set(operation.input_shape.members)
    shape = operation.output_shape
    for part in row.items.split("."):
        shape = shape.members[part]
    assert shape.type_name == "list"
    assert row.quota in KNOWN


def test_no_quota_is_counted_twice() -> None:
    named = [row.quota for row in ROWS] + [q for _, quotas, _ in SUMMARIES for q in quotas]
    assert len(named) == len(set(named))
    assert set(named) <= KNOWN


def test_what_templates_use_is_counted() -> None:
    """One resource of a type takes one of a quota: those the advisor meets most often."""
    wanted = {quota for quotas in ONE_EACH.values() for quota in quotas} | set(UNCODED_EACH.values())
    counted = {q for reading in readings(wanted) for q in reading.quotas}
    counted |= {("ec2", c) for c in vcpu_quota_codes(spot=False) | vcpu_quota_codes(spot=True)}
    assert wanted - counted == set()


def test_quotas_that_the_same_call_tells_share_it() -> None:
    wanted = [("ebs", "L-7A658B76"), ("ebs", "L-D18FCD1D"), ("iam", "L-FE177D64"), ("iam", "L-6E65F664")]
    assert len(readings(wanted)) == 2


# --- the counting ----------------------------------------------------------------------------


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True, account_id="123456789012"))


def used(aws: Aws, *quotas: tuple[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for reading in readings(quotas):
        found |= {code: tally for (_, code), tally in reading.read(aws.door).items()}
    return found


def test_networks_are_counted_by_what_holds_them(emulator: Emulator, aws: Aws) -> None:
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    places = [("10.9.0.0/24", "us-east-1a"), ("10.9.1.0/24", "us-east-1b")]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for block, zone in places
    ]
    for subnet in (subnets[0], subnets[0], subnets[1]):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    found = used(
        aws,
        ("vpc", "L-F678F1CE"),
        ("vpc", "L-407747CB"),
        ("vpc", "L-FE5A380F"),
        ("vpc", "L-589F43AA"),
        ("ec2", "L-0263D0A3"),
    )
    assert found["L-F678F1CE"].amount == 2
    assert found["L-407747CB"].by_container[vpc] == 2
    assert found["L-589F43AA"].by_container[vpc] == 1
    assert found["L-FE5A380F"].by_container == {"us-east-1a": 2, "us-east-1b": 1}
    assert found["L-0263D0A3"].amount == 3


def test_rules_are_counted_by_group_direction_and_version(emulator: Emulator, aws: Aws) -> None:
    ec2 = emulator.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    ranges = [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "11.0.0.0/8"}]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}]
    )
    found = used(aws, ("vpc", "L-0EA8095F"))["L-0EA8095F"].by_container
    assert found[f"{group} inbound IPv4"] == 2
    assert found[f"{group} outbound IPv4"] == 1


def test_disks_are_counted_by_kind_and_size(emulator: Emulator, aws: Aws) -> None:
    ec2 = emulator.client("ec2")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=512, VolumeType="gp3")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1024, VolumeType="gp2")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="io2", Iops=3000)
    found = used(aws, *(("ebs", c) for c in ("L-7A658B76", "L-D18FCD1D", "L-8D977E7E")))
    assert {c: t.amount for c, t in found.items()} == {"L-7A658B76": 0.5, "L-D18FCD1D": 1.0, "L-8D977E7E": 3000}


def test_buckets_repositories_and_roles_are_counted(emulator: Emulator, aws: Aws) -> None:
    quotas = [("s3", "L-DC2B2D3D"), ("ecr", "L-CFEB8E8D"), ("sns", "L-61103206"), ("dynamodb", "L-F98FE922")]
    before = {c: t.amount for c, t in used(aws, *quotas).items()}
    emulator.client("s3").create_bucket(Bucket="one")
    emulator.client("ecr").create_repository(repositoryName="one")
    emulator.client("sns").create_topic(Name="one")
    after = {c: t.amount for c, t in used(aws, *quotas).items()}
    assert {c: after[c] - before[c] for c in after} == {
        "L-DC2B2D3D": 1,
        "L-CFEB8E8D": 1,
        "L-61103206": 1,
        "L-F98FE922": 0,
    }


def test_what_goes_on_without_end_is_not_counted_wrongly(emulator: Emulator, aws: Aws) -> None:
    """A count that stops early would be too small: it is refused instead."""
    from geos.wizard.aws import paging

    logs = emulator.client("logs")
    for n in range(60):
        logs.create_log_group(logGroupName=f"/g/{n}")
    client = aws.door.client("logs")
    pages = list(paging.pages(client, "describe_log_groups"))
    assert sum(len(p["logGroups"]) for p in pages) == 60
    with pytest.raises(AwsRefused, match="too many to count"):
        list(paging.pages(client, "describe_log_groups", most=1))


def test_metrics_tell_the_newest_point_and_nothing_for_none(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(usage={"ec2/L-1216C47A": 32, "ec2/L-34B43A08": -1})
    metrics = {
        ("ec2", q.code): q.usage_metric
        for q in quota_defaults()
        if q.service == "ec2" and q.code in ("L-1216C47A", "L-34B43A08") and q.usage_metric
    }
    strange = {("x", "y"): UsageMetric("AWS/Usage", "ResourceCount", "Maximum", (("Service", "None"),))}
    found = read_metrics(aws.door, {**metrics, **strange})
    assert {q: t.amount for q, t in found.items()} == {("ec2", "L-1216C47A"): 32}

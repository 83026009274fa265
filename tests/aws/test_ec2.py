"""EC2, read only, against the simulated account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geos.wizard.aws import Aws
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True))


def test_the_default_network_can_be_read(aws: Aws) -> None:
    (vpc,) = aws.ec2.vpcs()
    assert vpc.is_default
    subnets = aws.ec2.subnets(vpc.id)
    zones = {z.name: z.id for z in aws.ec2.zones()}
    assert {s.zone for s in subnets} == set(zones)
    assert all(s.vpc_id == vpc.id and s.free_addresses > 0 and s.public_ip_on_launch for s in subnets)
    assert all(zones[s.zone] == s.zone_id for s in subnets)
    assert zones["us-east-1a"].startswith("use1-az")
    (table,) = [t for t in aws.ec2.route_tables(vpc.id) if t.is_main]
    assert any(r.target == "local" for r in table.routes)
    assert aws.ec2.subnets("vpc-none") == ()
    assert aws.ec2.dns_hostnames(vpc.id) in (True, False)


def test_endpoints_tell_their_kind(emulator: Emulator, aws: Aws) -> None:
    (vpc,) = aws.ec2.vpcs()
    emulator.client("ec2").create_vpc_endpoint(VpcId=vpc.id, ServiceName="com.amazonaws.us-east-1.s3")
    (found,) = aws.ec2.endpoints(vpc.id)
    assert (found.kind, found.service, found.vpc_id) == ("Gateway", "com.amazonaws.us-east-1.s3", vpc.id)


def test_offers_sizes_and_spot_prices(aws: Aws) -> None:
    offers = aws.ec2.offers(["hpc7g.16xlarge", "c7g.4xlarge", "hpc6a.48xlarge"])
    assert set(offers) == {"hpc7g.16xlarge", "c7g.4xlarge"}
    assert len(offers["hpc7g.16xlarge"]) == 1
    assert all(z.startswith("use1-az") for z in offers["c7g.4xlarge"])
    assert aws.ec2.default_vcpus(["c7g.4xlarge", "inf1.xlarge"]) == {"c7g.4xlarge": 16, "inf1.xlarge": 4}
    assert 0.01 < aws.ec2.spot_prices(["c7g.4xlarge"])["c7g.4xlarge"] < 2


def test_regions_tell_whether_they_are_switched_on(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(opted_in=["ap-east-1"])
    states = {r.code: r for r in aws.regions.states()}
    assert states["us-east-1"].enabled
    assert states["ap-east-1"].enabled
    assert not states["af-south-1"].enabled
    assert list(states) == sorted(states)


def test_only_running_instances_are_listed_with_their_tags(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(instances=[{"type": "c5.large", "count": 2, "spot": True}, {"type": "m5.large", "state": "stopped"}])
    found = aws.ec2.running_instances()
    assert [(i.type, i.lifecycle, i.tenancy) for i in found] == [("c5.large", "spot", "default")] * 2
    assert found[0].id.startswith("i-")

"""What a region lacks of what templates use."""

from __future__ import annotations

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.regions import RegionFault, nearest, region_faults, types_used, zone_faults
from geos.wizard.tables.instances import instance, offered

TEMPLATE = """
Resources:
  Wide:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources: {Type: EC2, MaxvCpus: 1, InstanceTypes: [c6i, hpc7g.16xlarge, optimal], Subnets: [s]}
  Narrow:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {InstanceType: hpc7g.16xlarge}}
  Odd: {Type: AWS::EC2::Instance, Properties: {InstanceType: c99.huge}}
  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceClass: db.t4g.micro}}
  Search: {Type: AWS::OpenSearchService::Domain, Properties: {ClusterConfig: {InstanceType: r6g.large.search}}}
  Few: {Type: AWS::AccessAnalyzer::ArchiveRule, Properties: {}}
  Fantasy: {Type: AWS::Nothing::Here, Properties: {}}
  Own: {Type: Custom::Thing, Properties: {ServiceToken: x}}
"""


def stacks(region: str) -> list[StackInRegion]:
    return [StackInRegion(resolve(load_template(TEMPLATE, "t.yaml"), {}, Pseudo(region=region)), region)]


def by_name(region: str, **more: frozenset[str]) -> dict[str, RegionFault]:
    return {f.what: f for f in region_faults(stacks(region), {region: more["live"]} if more else None)}


def test_instance_types_that_the_region_lacks() -> None:
    there = by_name("us-east-1")
    assert "hpc7g.16xlarge" not in there
    missing = by_name("us-west-2")["hpc7g.16xlarge"]
    assert missing.certain
    assert missing.why == "us-west-2 does not offer hpc7g.16xlarge"
    assert missing.used_by == ("Wide", "Narrow")
    assert missing.fatal  # Narrow has no other type
    assert missing.instead
    assert all(instance(n).architecture == "arm64" for n in missing.instead)  # type: ignore[union-attr]


def test_types_the_table_does_not_hold_are_uncertain() -> None:
    odd = by_name("us-east-1")["c99.huge"]
    assert not odd.certain
    assert odd.why == "the table does not know c99.huge"
    assert "r6g.large.search" not in by_name("us-east-1")


def test_a_region_the_table_does_not_cover_is_not_called_lacking() -> None:
    found = by_name("ap-southeast-6")["hpc7g.16xlarge"]
    assert not found.certain
    assert "does not know what ap-southeast-6 offers" in found.why


def test_what_was_read_live_wins_over_the_table() -> None:
    live = frozenset({"c99.huge", "c6i.large"})
    found = by_name("us-east-1", live=live)
    assert "c99.huge" not in found
    assert found["hpc7g.16xlarge"].certain


def test_resource_types_that_the_region_lacks() -> None:
    assert "AWS::AccessAnalyzer::ArchiveRule" not in by_name("us-west-2")
    few = by_name("eu-west-3")["AWS::AccessAnalyzer::ArchiveRule"]
    assert (few.certain, few.kind, few.used_by) == (True, "resource-type", ("Few",))
    assert "us-east-1" in few.instead
    assert not by_name("us-east-1")["AWS::Nothing::Here"].certain
    assert "Custom::Thing" not in by_name("us-east-1")


def test_types_used_lists_what_to_ask_aws_about() -> None:
    assert types_used(stacks("us-east-1")) == {"c6i", "hpc7g.16xlarge", "c99.huge"}


def test_the_nearest_type_is_as_good_and_on_offer() -> None:
    available = offered("us-west-1")
    for name in ("c6a.48xlarge", "c6i.32xlarge", "c8g.48xlarge"):
        wanted = instance(name)
        assert wanted is not None
        for other in map(instance, nearest(name, available - {name})):
            assert other is not None
            assert other.name in available
            assert other.architecture == wanted.architecture
            assert other.vcpus >= wanted.vcpus
            assert other.memory_gib >= wanted.memory_gib
    assert nearest("c99.huge", available) == ()


ONE_ZONE = """
Resources:
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: vpc-1, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1b}
  Parallel:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources: {Type: EC2, MaxvCpus: 1, InstanceTypes: [hpc7g.16xlarge, c7g.large], Subnets: [!Ref Subnet]}
"""


def test_types_of_one_zone_need_a_subnet_there() -> None:
    resolved = resolve(load_template(ONE_ZONE, "t.yaml"), {}, Pseudo(region="us-east-1"))
    here = [StackInRegion(resolved, "us-east-1")]
    assert zone_faults(here, {"us-east-1": {"use1-az6": "us-east-1b"}}) == ()
    (away,) = zone_faults(here, {"us-east-1": {"use1-az6": "us-east-1d"}})
    assert away.certain
    assert away.why == "hpc7g.16xlarge is sold in zone use1-az6 of us-east-1 only, where none of the subnets is"
    assert away.instead == ("us-east-1d",)
    (unsure,) = zone_faults(here)
    assert not unsure.certain
    assert (unsure.kind, unsure.used_by) == ("zone", ("Parallel",))

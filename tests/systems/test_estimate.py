"""Estimates: every figure with formula, source and date; what is not known stays in sight and out of the sums."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.facts import Price
from geos.wizard.sizing.jobs import Choice, Workload, recommend
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.costs import BY_USE, EACH, RULES
from geos.wizard.systems.estimate import Estimate, beside, estimate
from geos.wizard.systems.leftover_costs import LEFTOVERS, monthly_cost_of_leftover
from geos.wizard.tables.prices import prices_in, service_price
from geos.wizard.tables.types import resource_type

NETWORK = """
Parameters: {Nat: {Type: String, Default: "yes"}}
Conditions: {WithNat: !Equals [!Ref Nat, "yes"]}
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {}}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: vpc-1, MapPublicIpOnLaunch: true}}
  IpA: {Type: AWS::EC2::EIP, Condition: WithNat, Properties: {Domain: vpc}}
  IpB: {Type: AWS::EC2::EIP, Condition: WithNat, Properties: {Domain: vpc}}
  NatA: {Type: AWS::EC2::NatGateway, Condition: WithNat, Properties: {SubnetId: s}}
  NatB: {Type: AWS::EC2::NatGateway, Condition: WithNat, Properties: {SubnetId: s}}
  Logs:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcEndpointType: Interface, ServiceName: x, VpcId: vpc-1, SubnetIds: [a, b]}
  Data: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: s3, VpcId: vpc-1}}
  Bucket: {Type: AWS::S3::Bucket}
  Images: {Type: AWS::ECR::Repository}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Period: 300}}
  Count: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{}, {}]}}
"""
WORKLOAD = Workload(
    "gcclassic",
    "fullchem",
    "4x5",
    31,
    16,
    28000,
    ("c5.4xlarge", "c7g.4xlarge"),
    runs_per_month=3,
    scratch_gib=200,
    input_gib=30,
    data_region="us-east-1",
)


def stacks(text: str = NETWORK, region: str = "us-east-1", **parameters: str) -> list[StackInRegion]:
    template = load_template(textwrap.dedent(text), "t.yaml")
    return [StackInRegion(resolve(template, parameters, Pseudo("123456789012", region)), region)]


def choice(name: str = "c5.4xlarge", region: str = "us-east-1", workload: Workload = WORKLOAD) -> Choice:
    found = recommend(workload, prices=prices_in(region))
    return next(c for c in found if c.instance_type == name)


def likely(found: Estimate, item: str) -> float | None:
    return next(line.likely for line in found.lines if line.item == item)


def test_what_stands_all_the_time_is_priced_with_its_formula() -> None:
    found = estimate(stacks(), "us-east-1")
    assert likely(found, "2 × NAT gateway") == pytest.approx(2 * 730 * 0.045)
    assert likely(found, "2 × public IPv4 address") == pytest.approx(2 * 730 * 0.005)
    assert likely(found, "interface endpoint") == pytest.approx(2 * 730 * 0.01)
    assert likely(found, "encryption key") == 1
    (nat,) = (line for line in found.lines if "NAT" in line.item)
    assert nat.formula == "1460 h × 0.045 USD"
    assert (nat.kind, nat.date, nat.region) == ("list", "2024-07-01", "")
    assert nat.source
    assert found.run is None
    assert found.idle_usd_per_month == pytest.approx(65.7 + 7.3 + 14.6 + 1 + 0.1)


def test_a_metric_costs_only_in_months_with_runs() -> None:
    found = estimate(stacks(), "us-east-1")
    (metric,) = (line for line in found.lines if line.item == "custom metric")
    assert (metric.low, metric.likely) == (0, pytest.approx(0.6))


def test_without_nat_and_endpoints_idle_costs_are_near_zero() -> None:
    text = NETWORK.replace("  Logs:\n    Type: AWS::EC2::VPCEndpoint\n", "  Logs:\n    Type: AWS::EC2::VPCEndpoint\n")
    found = estimate(stacks(text, Nat="no"), "us-east-1")
    names = {line.item for line in found.lines}
    assert not any("NAT" in name for name in names)
    assert found.idle_usd_per_month == pytest.approx(14.6 + 1 + 0.1)


def test_ways_out_are_priced_beside_each_other() -> None:
    found = beside("yes", {"yes": stacks(), "no": stacks(Nat="no")})
    assert [b.name for b in found] == ["no", "yes"]
    assert found[0].more_usd == pytest.approx(-73.0)
    assert found[1].more_usd == 0


def test_a_price_of_another_region_is_marked() -> None:
    found = estimate(stacks(region="eu-central-1"), "eu-central-1")
    (nat,) = (line for line in found.lines if "NAT" in line.item)
    assert (nat.kind, nat.region) == ("estimated", "us-east-1")
    assert nat.note == "the price of us-east-1; none is known for eu-central-1"


def test_a_measured_run_has_a_band_and_its_disk_and_address() -> None:
    best = choice()
    found = estimate(stacks(Nat="no"), "us-east-1", workload=WORKLOAD, choice=best, budget_usd=200)
    hours = best.wall_hours
    assert hours is not None
    (machine,) = (line for line in found.lines if line.item == "c5.4xlarge Spot")
    assert machine.band == best.cost_usd_spot
    assert (machine.kind, machine.date) == ("estimated", "2025-06-28")
    assert likely(found, "instance volume") == pytest.approx(hours.likely * 200 / 730 * 0.08)
    assert likely(found, "public IPv4 address") == pytest.approx(hours.likely * 0.005)
    run, month = found.run, found.month
    assert run is not None
    assert month is not None
    assert run.low < run.likely < run.high
    assert month.likely == pytest.approx(found.fixed.likely + 3 * run.likely)
    assert found.against_budget == "within"
    assert estimate(stacks(), "us-east-1", workload=WORKLOAD, choice=best, budget_usd=10).against_budget == "over"
    tight = replace(found, budget_usd=month.likely + 0.01)
    assert tight.against_budget == "may-exceed"


def test_a_run_that_nobody_has_timed_has_no_figure() -> None:
    graviton = choice("c7g.4xlarge")
    found = estimate(stacks(), "us-east-1", workload=WORKLOAD, choice=graviton, budget_usd=1000)
    assert found.run is None
    assert found.month is None
    assert found.against_budget == "unknown"
    (machine,) = (line for line in found.lines if line.item == "c7g.4xlarge Spot")
    assert machine.band is None
    assert "nobody has published how long" in machine.formula
    assert replace(found, budget_usd=5.0).against_budget == "over"  # what stands is above it already


def test_no_fitting_type_is_said() -> None:
    found = estimate(stacks(), "us-east-1", workload=WORKLOAD, choice=None)
    assert found.run is None
    assert found.unknown[-1].formula == "no instance type can hold the job"


def test_input_from_another_region_goes_through_nat_and_is_paid() -> None:
    far = estimate(stacks(region="eu-west-1"), "eu-west-1", workload=WORKLOAD, choice=choice(region="eu-west-1"))
    assert likely(far, "input through NAT") == pytest.approx(30 * 0.045)
    near = estimate(stacks(), "us-east-1", workload=WORKLOAD, choice=choice())
    assert "input through NAT" not in {line.item for line in near.lines}


def test_assumptions_of_the_manifest_are_lines_like_others() -> None:
    assumed = {
        "monthly": [
            {"item": "results", "service": "s3", "price": "standard storage first 50 TB", "quantity": 100},
            {"item": "off", "service": "s3", "price": "standard storage first 50 TB", "quantity": 1, "when": False},
        ],
        "per_run": [{"item": "logs", "service": "cloudwatch", "price": "log ingestion standard", "quantity": 0.01}],
    }
    found = estimate(stacks(), "us-east-1", workload=WORKLOAD, choice=choice(), assumptions=assumed)
    assert likely(found, "results") == pytest.approx(2.3)
    assert likely(found, "logs") == pytest.approx(0.005)
    assert "off" not in {line.item for line in found.lines}
    assert next(line for line in found.lines if line.item == "results").low == 0  # nothing is stored when idle
    assert found.left_out == ("data through NAT gateways", "stored images")
    without = estimate(stacks(), "us-east-1")
    assert "stored data and requests" in without.left_out
    odd = {"monthly": [{"item": "x", "service": "s3", "price": "no such item", "quantity": 1}]}
    assert estimate(stacks(), "us-east-1", assumptions=odd).unknown[0].item == "x"


MACHINES = """
Resources:
  Login: {Type: AWS::EC2::Instance, Properties: {InstanceType: t3.medium}}
  Warm:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources: {Type: EC2, MinvCpus: 32, MaxvCpus: 64, InstanceTypes: [c7g.4xlarge, c7g.8xlarge]}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties: {MinSize: 2, MaxSize: 4, LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: "1"}}
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {InstanceType: c5.large}}}
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Cpu: "1024", Memory: "2048"}}
  Web: {Type: AWS::ECS::Service, Properties: {LaunchType: FARGATE, DesiredCount: 2, TaskDefinition: !Ref Task}}
  Scratch:
    Type: AWS::FSx::FileSystem
    Properties:
      StorageCapacity: 1200
      LustreConfiguration: {DeploymentType: PERSISTENT_2, PerUnitStorageThroughput: 250}
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: 20, MultiAZ: true}
  Odd: {Type: AWS::RDS::DBInstance, Properties: {Engine: oracle-ee, DBInstanceClass: db.x1.huge}}
"""


def test_machines_file_systems_and_databases_that_are_always_on() -> None:
    found = estimate(stacks(MACHINES), "us-east-1")
    by_formula = {line.formula: line for line in found.lines}
    assert "730 h t3.medium × 0.0416 USD" in by_formula
    assert "1460 h c7g.4xlarge × 0.58 USD" in by_formula
    assert "1460 h c5.large × 0.085 USD" in by_formula
    assert likely(found, "Fargate vcpu") == pytest.approx(2 * 730 * 0.04048)
    assert likely(found, "Fargate memory") == pytest.approx(2 * 730 * 2 * 0.004445)
    assert likely(found, "Lustre file system") == pytest.approx(1200 * 0.21)
    assert "1460 h × 0.016 USD" in by_formula
    assert [line.formula for line in found.unknown] == ["no price of rds db.x1.huge oracle-ee single-AZ is known"]


def test_live_prices_win() -> None:
    live = Price("t3.medium", "us-east-1", 0.05, None, "live", "pricing:GetProducts", "2026-11-21")
    found = estimate(stacks(MACHINES), "us-east-1", live_prices={"t3.medium": live})
    line = next(x for x in found.lines if "t3.medium" in x.formula)
    assert (line.likely, line.kind) == (pytest.approx(36.5), "live")


def test_every_item_in_the_rules_is_in_the_price_table() -> None:
    for _, service, item, _, _ in EACH.values():
        assert service_price(service, item, "us-east-1") is not None, item
    for service, item, _, _ in LEFTOVERS.values():
        assert service_price(service, item, "us-east-1") is not None, item
    for name in {*EACH, *RULES, *BY_USE}:
        assert resource_type(name) is not None, name


@given(st.floats(0, 1e4), st.floats(0, 5000), st.sampled_from(["us-east-1", "eu-central-1", "me-central-1"]))
def test_bands_are_ordered_and_sums_never_negative(runs: float, scratch: float, region: str) -> None:
    workload = replace(WORKLOAD, runs_per_month=runs, scratch_gib=scratch)
    best = recommend(workload, prices=prices_in(region))[0]
    found = estimate(stacks(region=region), region, workload=workload, choice=best, budget_usd=100)
    for line in found.lines:
        assert line.formula
        if line.low is not None and line.likely is not None and line.high is not None:
            assert 0 <= line.low <= line.likely <= line.high
            assert line.source
            assert line.date
    if found.month:
        assert found.idle_usd_per_month <= found.month.low + 1e-9


@pytest.mark.parametrize(
    ("arn", "usd"),
    [
        ("arn:aws:ec2:us-east-1:123456789012:natgateway/nat-1", 32.85),
        ("arn:aws:kms:us-east-1:123456789012:key/1-2", 1.0),
        ("arn:aws:cloudwatch:us-east-1:123456789012:alarm:jobs-failed", 0.1),
        ("arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1", 0.0),
        ("arn:aws:batch:us-east-1:123456789012:job-queue/x", 0.0),
        ("arn:aws:s3:::lab-dev-results", None),
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-1", None),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch/x", None),
    ],
)
def test_leftovers_cost_what_their_arn_tells(arn: str, usd: float | None) -> None:
    line = monthly_cost_of_leftover(arn, "us-east-1")
    assert line.likely == (None if usd is None else pytest.approx(usd))
    assert line.formula

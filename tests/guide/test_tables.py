"""The tables that questions are answered from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geos.benchmarks.model import EXTRAPOLATED, NO_FIGURE, Band
from geos.wizard.account.fits import Fit, JobShape
from geos.wizard.account.networks import NEEDED, way_out
from geos.wizard.account.regions import Comparison, RegionFit
from geos.wizard.account.verdicts import QuotaKey
from geos.wizard.aws.ec2_facts import Endpoint, Route, RouteTable, Subnet, Vpc
from geos.wizard.facts import Price
from geos.wizard.guide.tables import instance_rows, region_rows, subnet_rows, vpc_rows
from geos.wizard.sizing.jobs import Choice

JOB = JobShape(16, 28_000, ("c7g.4xlarge", "c7g.8xlarge"), spot=True, max_vcpus=64)


def row(region: str, jobs: int | None, free: float | None, **more: Any) -> RegionFit:
    fit = Fit(QuotaKey("ec2", "L-34B43A08", region), "Standard", True, jobs, free, False, JOB.instance_types)
    told: dict[str, Any] = {"offered_types": JOB.instance_types, "usd_per_job_hour": 0.21, **more}
    return RegionFit(region, region, True, (), (fit,), jobs, **told)


def test_regions_keep_their_rank_and_those_that_cannot_be_taken_come_last() -> None:
    off = RegionFit("ap-east-1", "Hong Kong", False, offered_types=JOB.instance_types)
    unsold = row("ap-south-2", 0, 0.0, offered_types=())
    found = Comparison((off, row("eu-north-1", 10, 640.0), unsold, row("us-east-1", 0, 5.0, data_here=True)))
    choices = region_rows(found, JOB, "us-east-1")
    assert [o.value for o in choices.options] == ["eu-north-1", "us-east-1", "ap-east-1", "ap-south-2"]
    cells = {o.value: o.cells for o in choices.options}
    assert cells["eu-north-1"] == ("eu-north-1", "away", "2 of 2", "✓ 640 free", "≈0.21", "10")
    assert cells["us-east-1"][1:4] == ("here", "2 of 2", "! 5 free")
    assert "enable-region" in next(o.disabled for o in choices.options if o.value == "ap-east-1")
    assert "sold" in next(o.disabled for o in choices.options if o.value == "ap-south-2")
    assert "Input data lies in us-east-1" in choices.intro


def test_what_is_not_known_of_a_region_is_not_taken_for_a_no() -> None:
    choices = region_rows(Comparison((row("us-east-1", None, None),)), JOB, "")
    assert choices.options[0].cells[3] == "? unknown"
    assert choices.options[0].cells[5] == "?"
    assert not choices.options[0].disabled


def test_a_new_account_is_told_that_no_region_takes_the_job() -> None:
    assert "No region takes a job of 16 vCPUs today" in region_rows(Comparison((row("a", 0, 5.0),)), JOB, "").intro


def machine(name: str, label: str = NO_FIGURE, **more: Any) -> Choice:
    price = Price(name, "us-east-1", 1.2, 0.6, "list", "test", "2026-07-20")
    told: dict[str, Any] = {"price": price, "usd_per_core_hour": 0.0375, "jobs_now": 0, **more}
    return Choice(name, "arm64", 32, 32, 64.0, label, (), **told)


def test_machines_without_a_published_speed_stand_by_price_per_core() -> None:
    choices = instance_rows([machine("c7g.8xlarge")], [("c7g.4xlarge", "too small")], ["c7g.8xlarge"], "spot")
    assert choices.columns == ("type", "cores", "GiB", "USD/h", "/core", "jobs now")
    assert choices.options[0].cells == ("c7g.8xlarge", "32", "64", "≈0.60", "≈0.037", "0")
    assert choices.options[1].disabled == "too small"
    assert choices.default == ["c7g.8xlarge"]
    assert "price per core" in choices.intro


def test_machines_with_a_speed_tell_time_and_cost() -> None:
    told = machine("c7g.8xlarge", EXTRAPOLATED, wall_hours=Band(2, 3, 4), cost_usd_spot=Band(1, 1.8, 3))
    choices = instance_rows([told], [], [], "spot")
    assert choices.columns[5:7] == ("a run", "time")
    assert choices.options[0].cells[5:7] == ("≈1.80 USD", "≈3 h 00 m")
    assert "can be told for 1 of 1 (extrapolated)" in choices.intro


def test_what_cannot_be_taken_is_never_proposed() -> None:
    choices = instance_rows([machine("c7g.8xlarge")], [("c7g.4xlarge", "x")], ["c7g.4xlarge", "c7g.8xlarge"], "spot")
    assert choices.default == ["c7g.8xlarge"]


def subnet(name: str, zone: str, **more: Any) -> Subnet:
    told: dict[str, Any] = {"free_addresses": 250, "public_ip_on_launch": True, **more}
    return Subnet(f"subnet-{name}", "vpc-1", zone, zone, f"10.0.{ord(name) - 97}.0/24", **told)


MAIN = RouteTable("rtb-1", "vpc-1", True, frozenset(), (Route("0.0.0.0/0", "igw-1"),))
PRIVATE = RouteTable("rtb-2", "vpc-1", False, frozenset({"subnet-b"}), (Route("10.0.0.0/16", "local"),))
BROKEN = RouteTable("rtb-3", "vpc-1", False, frozenset({"subnet-c"}), (Route("0.0.0.0/0", "nat-1", "blackhole"),))
NAT = RouteTable("rtb-4", "vpc-1", False, frozenset({"subnet-d"}), (Route("0.0.0.0/0", "nat-2"),))


@pytest.mark.parametrize(("name", "way"), [("a", "internet"), ("b", ""), ("c", ""), ("d", "NAT")])
def test_the_way_out_is_the_default_route_that_works(name: str, way: str) -> None:
    assert way_out(subnet(name, "z"), [MAIN, PRIVATE, BROKEN, NAT]) == way


def test_subnets_without_a_way_out_cannot_be_taken() -> None:
    subnets = [subnet("a", "us-east-1a"), subnet("b", "us-east-1a"), subnet("d", "us-east-1b")]
    choices = subnet_rows(subnets, [MAIN, PRIVATE, NAT])
    disabled = {o.value: o.disabled for o in choices.options}
    assert "no route leads out" in disabled["subnet-b"]
    assert choices.default == ["subnet-a", "subnet-d"], "one in each zone"


def test_private_subnets_with_every_endpoint_can_be_taken() -> None:
    """The usual network of an IT department."""
    interfaces = [
        Endpoint(f"vpce-{name}", "vpc-1", f"com.amazonaws.us-east-1.{name}", "Interface", True) for name in NEEDED
    ]
    gateway = Endpoint(
        "vpce-s3", "vpc-1", "com.amazonaws.us-east-1.s3", "Gateway", False, frozenset(), frozenset({"rtb-2"})
    )
    (taken,) = subnet_rows([subnet("b", "z")], [MAIN, PRIVATE], [*interfaces, gateway]).options
    assert (taken.disabled, taken.cells[-1]) == ("", "endpoints")
    (refused,) = subnet_rows([subnet("b", "z")], [MAIN, PRIVATE], [*interfaces[1:], gateway]).options
    assert "ecs are not there" in refused.disabled
    elsewhere = replace(gateway, route_table_ids=frozenset({"rtb-1"}))
    assert subnet_rows([subnet("b", "z")], [MAIN, PRIVATE], [*interfaces, elsewhere]).options[0].disabled


def test_public_subnets_without_public_addresses_lead_nowhere() -> None:
    choices = subnet_rows(
        [subnet("a", "z", public_ip_on_launch=False), subnet("d", "z", free_addresses=0)], [MAIN, NAT]
    )
    assert all(o.disabled for o in choices.options)
    assert choices.default == []
    assert "subnet-a: it leads to an internet gateway, and instances get no public address there" in choices.intro
    assert "subnet-d: it has no free addresses" in choices.intro


def test_a_network_without_subnets_cannot_be_taken() -> None:
    vpcs = [Vpc("vpc-2", "10.1.0.0/16", False, "old"), Vpc("vpc-1", "172.31.0.0/16", True)]
    choices = vpc_rows(vpcs, [subnet("a", "us-east-1a"), subnet("b", "us-east-1b")])
    assert choices.options[0].cells == ("vpc-1", "default", "172.31.0.0/16", "2", "2")
    assert choices.options[1].disabled == "it has no subnets"
    assert "no VPC" in vpc_rows([], []).intro

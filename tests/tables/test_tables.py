"""The shipped tables: found by bisection exactly as by reading everything, and every row fit to be used."""

from __future__ import annotations

import csv
import time
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.tables import check, find_row, find_rows, sources, text
from geos.wizard.tables.instances import (
    any_family,
    any_instance,
    any_offered,
    family_sizes,
    instance,
    instances,
    offered,
    offers_known,
    regions_offering,
    zone_ids,
)
from geos.wizard.tables.prices import hourly_usd, price, priced_regions, prices_in, service_price
from geos.wizard.tables.quotas import quota_default, quota_defaults, uncoded_limit, vcpu_class, vcpu_quota_code
from geos.wizard.tables.regions import pricing_endpoints, region, regions
from geos.wizard.tables.types import resource_type


def test_every_row_of_every_table_passes_its_check() -> None:
    assert check.faults() == ()


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (
            "prices.csv",
            lambda s: s.replace(",c5.large,0.114,", ",c5.large,-0.114,", 1),
            "column on_demand_usd_per_hour",
        ),
        ("prices.csv", lambda s: s.replace(",c5.large,", ",c5.lrage,", 1), "not in instances.csv"),
        ("prices.csv", lambda s: s.replace(",shop,", ",hearsay,", 1), "column source"),
        ("instances.csv", lambda s: s.replace(",x86_64,", ",x86,", 1), 'is "x86"; one of arm64, x86_64'),
        ("quotas.csv", lambda s: s.replace(",2024-02-19\n", ",February\n", 1), 'is "February"; a date like'),
        ("regions.csv", lambda s: s.replace(",opt-in,", ",maybe,", 1), "column opt_in"),
        ("cfn_types.csv", lambda s: "\n".join([s.split("\n")[0], *reversed(s.strip().split("\n")[1:])]), "not sorted"),
        ("offerings.csv", lambda s: s + s.split("\n")[-2] + "\n", "the same as line"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_column(name: str, change: Callable[[str], str], expected: str) -> None:
    good = text(name).decode()
    bad = change(good)
    assert bad != good
    found = list(check.file_faults(name, bad.encode()))
    assert found
    assert all(f.startswith(f"{name}, line ") for f in found)
    assert any(expected in f for f in found), found[:3]


def test_all_tables_together_stay_within_their_share_of_the_wheel() -> None:
    assert sum(len(zlib.compress(text(name), 9)) for name in check.FILES) <= 1_500_000


def test_every_row_says_where_it_comes_from() -> None:
    for row in csv.DictReader(text("prices.csv").decode().splitlines()):
        assert sources()[row["source"]].date
        assert bool(row["spot_source"]) == bool(row["spot_usd_per_hour"])


@given(st.sets(st.text("abcz.-019", min_size=1, max_size=5), max_size=30), st.text("abcz.-019", min_size=1, max_size=5))
def test_bisection_finds_what_reading_every_line_finds(names: set[str], wanted: str) -> None:
    lines = sorted(f"{n},{len(n)}".encode() for n in names)
    data = b"\n".join([b"name,size", *lines]) + b"\n"
    expected = next((line.decode() for line in lines if line.startswith(f"{wanted},".encode())), "")
    assert find_row(data, f"{wanted},".encode()) == expected
    assert find_rows(data, wanted.encode()) == [b.decode() for b in lines if b.startswith(wanted.encode())]


def test_bisection_finds_every_shipped_type_and_instance() -> None:
    for line in text("cfn_types.csv").decode().splitlines()[1:]:
        name = line.split(",", 1)[0]
        assert resource_type(name) is not None, name
    for name, fact in instances().items():
        assert instance(name) == fact
    assert resource_type("AWS::Batch::ComputeEnvironmen") is None
    assert resource_type("AWS::Zzz::Last") is None
    assert resource_type("AWS::Aaa::First") is None
    assert instance("c5.larg") is None


def test_a_price_is_the_same_by_row_by_region_and_in_bulk() -> None:
    assert len(priced_regions()) == 34
    for code in ("us-east-1", "af-south-1", "us-west-2"):
        facts = prices_in(code)
        assert hourly_usd(code) == {n: (p.on_demand_usd_per_hour, p.spot_usd_per_hour) for n, p in facts.items()}
        assert price("c5.large", code) == facts["c5.large"]
    assert hourly_usd("eu-nowhere-1") == {}
    assert prices_in("eu-nowhere-1") == {}
    assert sum(len(hourly_usd(r)) for r in priced_regions()) == 14422


def test_a_price_keeps_its_kind_source_and_dates() -> None:
    listed = price("c7g.4xlarge", "us-east-1")
    assert listed is not None
    assert (listed.kind, listed.source, listed.date) == ("list", "karpenter-provider-aws", "2026-07-20")
    assert (listed.spot_source, listed.spot_date) == ("spot-advisor", "2025-06-28")
    estimated = price("c8a.4xlarge", "eu-west-3")
    assert estimated is None or estimated.kind == "estimated"
    assert any(p.kind == "estimated" and p.source.startswith("family-ratio:") for p in prices_in("eu-west-1").values())
    assert price("hpc7g.16xlarge", "us-east-1").on_demand_usd_per_hour == 1.6832  # type: ignore[union-attr]


def test_a_service_price_of_another_region_says_so() -> None:
    here = service_price("ebs", "gp3 storage", "eu-central-1")
    assert here is not None
    assert (here.usd, here.region) == (0.0952, "eu-central-1")
    borrowed = service_price("vpc", "nat gateway", "eu-central-1")
    assert borrowed is not None
    assert (borrowed.usd, borrowed.region, borrowed.verified) == (0.045, "us-east-1", True)
    assert service_price("vpc", "gateway endpoint s3 and dynamodb", "us-east-1").verified is False  # type: ignore[union-attr]
    assert service_price("vpc", "no such thing", "us-east-1") is None


@pytest.mark.parametrize(
    ("name", "family", "on_demand", "spot"),
    [
        ("c6i.8xlarge", "Standard", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "Standard", "L-1216C47A", "L-34B43A08"),
        ("t4g.nano", "Standard", "L-1216C47A", "L-34B43A08"),
        ("hpc7g.16xlarge", "HPC", "L-F7808C92", ""),
        ("h1.2xlarge", "Standard", "L-1216C47A", "L-34B43A08"),
        ("g5.xlarge", "G and VT", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.4xlarge", "G and VT", "L-DB2E81BA", "L-3819A6DF"),
        ("vt1.3xlarge", "G and VT", "L-DB2E81BA", "L-3819A6DF"),
        ("inf2.xlarge", "Inf", "L-1945791B", "L-B5D1601B"),
        ("i4i.large", "Standard", "L-1216C47A", "L-34B43A08"),
        ("trn1.2xlarge", "Trn", "L-2C3B7624", "L-6B0D517C"),
        ("x2idn.16xlarge", "X", "L-7295265B", "L-E3A00192"),
        ("dl1.24xlarge", "DL", "L-6E869C2A", "L-85EED4F7"),
        ("d3.xlarge", "Standard", "L-1216C47A", "L-34B43A08"),
        ("p4d.24xlarge", "P", "L-417A185B", "L-7212CCBC"),
        ("p5.48xlarge", "P", "L-417A185B", "L-C4BD4855"),
        ("p6-b200.48xlarge", "P", "L-417A185B", ""),
        ("u-6tb1.112xlarge", "High Memory", "L-43DA4232", ""),
        ("u7i-12tb.224xlarge", "High Memory", "L-43DA4232", ""),
        ("f2.6xlarge", "F", "L-74FC7D96", "L-88CF9481"),
        ("mac2.metal", "", "", ""),
        ("quantum.large", "", "", ""),
    ],
)
def test_vcpu_quotas_follow_the_family_class(name: str, family: str, on_demand: str, spot: str) -> None:
    assert vcpu_class(name) == family
    assert vcpu_quota_code(name, spot=False) == on_demand
    assert vcpu_quota_code(name, spot=True) == spot
    for code in filter(None, (on_demand, spot)):
        assert quota_default("ec2", code) is not None


def test_every_shipped_instance_type_has_a_quota_of_its_own_class() -> None:
    for name, fact in instances().items():
        assert vcpu_quota_code(name, spot=False), name
        assert bool(vcpu_quota_code(name, spot=True)) or not fact.spot_supported, name


def test_quota_defaults_carry_their_doubts_and_metrics() -> None:
    standard = quota_default("ec2", "L-1216C47A")
    assert standard is not None
    assert (standard.value, standard.scope, standard.value_verified) == (5, "region", True)
    assert standard.usage_metric is not None
    assert standard.usage_metric.statistic == "Maximum"
    assert ("Class", "Standard/OnDemand") in standard.usage_metric.dimensions
    assert quota_default("iam", "L-FE177D64").scope == "account"  # type: ignore[union-attr]
    assert quota_default("fsx", "L-0CD18A5D").value is None  # type: ignore[union-attr]
    assert quota_default("ec2", "") is None
    assert uncoded_limit("cloudformation", "Resources per template").value == 500  # type: ignore[union-attr]
    unsure = check.unverified()
    assert sum(not q.value_verified or not q.verified for q in quota_defaults()) == sum(
        u.startswith("quota ") for u in unsure
    )
    assert any(u.startswith("price of bedrock") for u in unsure)


def test_offers_and_zones() -> None:
    assert "c7g.4xlarge" in offered("us-east-1")
    assert "hpc7g.16xlarge" not in offered("us-east-2")
    assert regions_offering("hpc7g.16xlarge") >= {"us-east-1", "eu-west-1", "ap-northeast-1"}
    assert zone_ids("hpc7g.16xlarge", "us-east-1") == ("use1-az6",)
    assert zone_ids("hpc7g.16xlarge", "ap-northeast-1") == ("apne1-az4",)
    assert zone_ids("hpc7a.96xlarge", "eu-north-1") == ("eun1-az2",)
    assert zone_ids("c7g.4xlarge", "us-east-1") == ()
    assert offers_known("eu-west-1")
    assert not offers_known("ap-southeast-6")
    assert not offers_known("us-gov-west-1")
    assert "c5.large" in offered("us-gov-west-1")
    assert [i.vcpus for i in family_sizes("c7g")] == sorted(i.vcpus for i in family_sizes("c7g"))
    assert family_sizes("c77") == ()


def test_resource_types_say_where_they_are_and_what_replaces_them() -> None:
    cluster = resource_type("AWS::Batch::ComputeEnvironment")
    assert cluster is not None
    assert "ComputeEnvironmentName" in cluster.create_only
    assert cluster.handlers
    assert cluster.is_in("us-east-1")
    old = resource_type("AWS::FSx::FileSystem")
    assert old is not None
    assert not old.handlers
    assert not old.is_in("ap-southeast-6")
    few = resource_type("AWS::AccessAnalyzer::ArchiveRule")
    assert few is not None
    assert few.is_in("us-west-2")
    assert not few.is_in("eu-west-3")


def test_regions_know_their_names_and_switches() -> None:
    assert len(regions()) == 38
    assert region("us-east-1").title == "US East (N. Virginia)"  # type: ignore[union-attr]
    assert region("af-south-1").opt_in is True  # type: ignore[union-attr]
    assert region("eu-west-1").opt_in is False  # type: ignore[union-attr]
    assert region("nowhere") is None
    assert set(pricing_endpoints()) == {"us-east-1", "eu-central-1", "ap-south-1"}


def test_looking_up_one_row_takes_well_under_a_millisecond() -> None:
    for name in check.FILES:
        text(name)
    keys = [line.split(",", 1)[0] for line in text("cfn_types.csv").decode().splitlines()[1:400:4]]
    began = time.process_time()
    for key in keys:
        assert find_row(text("cfn_types.csv"), f"{key},".encode())
    assert (time.process_time() - began) / len(keys) < 0.001


def test_types_that_geos_never_proposes_are_known_for_their_quotas() -> None:
    old = any_instance("t2.small")
    assert old is not None
    assert (old.vcpus, old.memory_gib, old.architecture) == (1, 2, "x86_64")
    assert any_instance("p5.48xlarge").vcpus == 192  # type: ignore[union-attr]
    assert any_instance("c7g.metal").vcpus == 64  # type: ignore[union-attr]
    assert any_instance("c7g.4xlarge") == instance("c7g.4xlarge")
    assert any_instance("c99.huge") is None
    assert "t2.small" in any_offered("us-east-1")
    assert any_offered("us-east-1") > offered("us-east-1")
    assert [i.name for i in any_family("t2")][:2] == ["t2.micro", "t2.nano"]
    assert "c7g.metal" in {i.name for i in any_family("c7g")}
    assert not any("metal" in name or name.startswith("t2.") for name in instances())


def test_no_type_is_in_both_tables() -> None:
    names = [line.split(",", 1)[0] for line in text("other_types.csv").decode().splitlines()[1:]]
    assert len(names) > 600
    assert not set(names) & set(instances())
    assert all(vcpu_class(n) for n in names)

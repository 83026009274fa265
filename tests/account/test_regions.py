"""Many regions at once, ranked by what could run there today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.advice import move
from geos.wizard.account.fits import JobShape
from geos.wizard.account.regions import RegionFit, bare, choose, compare, rank
from geos.wizard.account.verdicts import demands
from geos.wizard.errors import UsageError
from geos.wizard.facts import RegionState
from tests.account.test_advice import ON_DEMAND, need, plan
from tests.parts.emulator import most_in_flight

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from tests.parts.emulator import Emulator

JOB = JobShape(16, 30_000, ("c7i.4xlarge",), max_vcpus=64)
rows = st.builds(
    RegionFit,
    st.sampled_from(["us-east-1", "eu-north-1", "eu-west-1"]),
    st.just(""),
    st.none(),
    jobs=st.one_of(st.none(), st.integers(0, 9)),
    usd_per_job_hour=st.one_of(st.none(), st.floats(0.1, 9)),
    data_here=st.booleans(),
)


@given(st.lists(rows, max_size=8))
def test_more_jobs_stand_higher_and_the_unknown_between_some_and_none(found: list[RegionFit]) -> None:
    places = [(1 if r.jobs is None else 0 if r.jobs else 2, -(r.jobs or 0)) for r in rank(found)]
    assert places == sorted(places)


def test_account_wide_quotas_do_not_move() -> None:
    wanted = demands([need(ON_DEMAND), need("L-FE177D64", 5.0, "iam")])
    assert [d.key.region for d in move(wanted, "us-east-1", "eu-north-1")] == ["eu-north-1", "us-east-1"]


def test_all_means_what_is_switched_on() -> None:
    known = {c: RegionState(c, on, "") for c, on in (("us-east-1", True), ("af-south-1", False))}
    assert choose(["all"], known) == ("us-east-1",)
    assert "af-south-1" not in choose(["all"], {})
    assert choose(["eu-west-1", "eu-west-1"], {}) == ("eu-west-1",)
    with pytest.raises(UsageError, match="us-moon-1"):
        choose(["us-moon-1"], known)


def test_the_tables_tell_offers_and_prices_without_asking() -> None:
    here = bare("us-east-1", JOB, None, data_region="us-east-1")
    assert here.offered_types == ("c7i.4xlarge",)
    assert here.usd_per_hour is not None
    assert here.data_here
    hpc = bare("us-west-2", JobShape(64, 1000, ("hpc7g.16xlarge",)), None)
    assert (hpc.offered_types, hpc.jobs) == ((), 0)


def test_regions_are_ranked_by_what_could_run_today(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"eu-north-1/ec2/{ON_DEMAND}": 640, f"eu-west-1/ec2/{ON_DEMAND}": 40},
        instances=[{"type": "c5.9xlarge", "count": 1, "region": "eu-west-1"}],
    )
    found = compare(aws, plan(), ["us-east-1", "eu-west-1", "eu-north-1", "af-south-1"], JOB, data_region="us-east-1")
    assert [(r.region, r.jobs) for r in found.regions] == [
        ("eu-north-1", 4),
        ("us-east-1", 0),
        ("eu-west-1", 0),
        ("af-south-1", 0),
    ]
    best, *_, off = found.regions
    assert best.takes_whole_plan
    assert best.to_json()["jobs_now"] == 4
    assert off.unread == "the region is not switched on"
    assert {c["region"] for c in emulator.calls("ec2")} == {"us-east-1", "eu-west-1", "eu-north-1"}
    assert most_in_flight(emulator.calls()) > 4


def test_all_regions_are_asked_at_the_same_time_and_within_their_rates(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quota_rates=True)
    found = compare(aws, [need(ON_DEMAND)], ["all"], JOB)
    assert len(found.regions) >= 17
    assert all(r.jobs == 0 for r in found.regions)
    assert all(c["status"] == 200 for c in emulator.calls("service-quotas"))


def test_a_region_that_cannot_be_read_is_unknown_and_stops_no_other(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        unreadable=["ec2:DescribeRegions", "servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas"]
    )
    found = compare(aws, [need(ON_DEMAND)], ["us-east-1", "eu-west-1", "af-south-1"], JOB)
    assert [r.jobs for r in found.regions] == [None, None, None]
    assert any("switched on was not told" in n for n in found.notes)

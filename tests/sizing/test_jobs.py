"""Choosing instance types: measured where published, else by the price of a usable core; memory must fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.benchmarks.fits import load_fits
from geos.benchmarks.model import EXTRAPOLATED, MEASURED, NO_FIGURE
from geos.wizard.sizing.catalogue import shipped
from geos.wizard.sizing.jobs import Workload, recommend, recommended_architecture, usable_mib, why_not
from geos.wizard.sizing.ranking import advise
from geos.wizard.sizing.values import Ask
from geos.wizard.tables.instances import instance, instances, offered
from geos.wizard.tables.prices import prices_in

LISTED = (
    "c7g.4xlarge",
    "c7g.8xlarge",
    "c7g.16xlarge",
    "c8g.8xlarge",
    "c5.4xlarge",
    "c5.9xlarge",
    "c6i.8xlarge",
    "c6a.8xlarge",
)
STANDARD = Workload("gcclassic", "fullchem", "4x5", 31, 16, 28000, LISTED)
PRICES = prices_in("us-east-1")


def names(workload: Workload, **more: object) -> list[str]:
    return [c.instance_type for c in recommend(workload, prices=PRICES, **more)]  # type: ignore[arg-type]


def test_a_type_with_a_speed_comes_first_and_says_where_it_is_from() -> None:
    best, *others = recommend(STANDARD, prices=PRICES)
    assert (best.instance_type, best.label) == ("c5.4xlarge", EXTRAPOLATED)
    assert best.sim_days_per_day is not None
    assert best.wall_hours is not None
    assert best.cost_usd_on_demand is not None
    assert best.sim_days_per_day.low < best.sim_days_per_day.likely < best.sim_days_per_day.high
    assert best.wall_hours.likely == pytest.approx(31 / best.sim_days_per_day.likely * 24)
    assert best.cost_usd_on_demand.likely == pytest.approx(best.wall_hours.likely * 0.68)
    assert best.sources
    assert any(w.startswith("EXTRAPOLATED") for w in best.why)
    told = [c.told for c in (best, *others)]
    assert told == sorted(told, reverse=True)


def test_what_was_measured_is_looked_up() -> None:
    found = recommend(replace(STANDARD, version="12.1.1"), prices=PRICES)
    (measured,) = (c for c in found if c.label == MEASURED)
    assert measured.instance_type == "c5.4xlarge"
    assert measured.sim_days_per_day is not None
    assert measured.sim_days_per_day.likely == pytest.approx(106.585, rel=0.02)  # the median of four runs
    assert all("BAMS" in s for s in measured.sources)


def test_a_job_of_a_whole_machine_has_the_speed_that_geos_recommend_tells() -> None:
    whole = replace(STANDARD, vcpus=36, memory_mib=60000, instance_types=("c5.9xlarge",))
    (choice,) = recommend(whole, prices=PRICES)
    asked = Ask(days=31, instances=("c5.9xlarge",), purchase="on-demand")
    best = advise(asked, shipped(("us-east-1",)), load_fits()).best
    assert best is not None
    assert choice.sim_days_per_day is not None
    assert choice.cost_usd_on_demand is not None
    assert best.usd.likely == pytest.approx(choice.cost_usd_on_demand.likely)
    assert list(best.sim_days_per_day) == pytest.approx(
        [choice.sim_days_per_day.low, choice.sim_days_per_day.likely, choice.sim_days_per_day.high]
    )
    assert best.label == choice.label


@given(st.sampled_from(["4x5", "2x2.5", "0.5x0.625-nested"]), st.sampled_from(["fullchem", "ch4"]))
def test_graviton_never_has_a_speed(grid: str, simulation: str) -> None:
    arm = tuple(n for n, i in instances().items() if i.architecture == "arm64" and i.vcpus == 16)
    for choice in recommend(replace(STANDARD, grid=grid, simulation=simulation, instance_types=arm), prices=PRICES):
        assert choice.label == NO_FIGURE
        assert choice.sim_days_per_day is None
        assert choice.cost_usd("spot") is None
        assert any(w.startswith("no speed of") for w in choice.why)


def test_without_a_measurement_the_price_of_a_usable_core_decides() -> None:
    ch4 = replace(STANDARD, simulation="ch4", purchase="on-demand")
    found = recommend(ch4, prices=PRICES)
    costs = [c.usd_per_core_hour for c in found]
    assert costs == sorted(costs)  # type: ignore[type-var]
    assert found[0].usd_per_core_hour == pytest.approx(0.0363, abs=0.0005)
    assert recommended_architecture(found) == "arm64"
    assert recommended_architecture(()) == ""


def test_waste_counts_in_the_price_of_a_core() -> None:
    """64,000 MiB fit c5.9xlarge once, so 20 of its 36 vCPUs stay idle and are paid all the same."""
    high = replace(STANDARD, memory_mib=64000, instance_types=("c5.9xlarge", "c7g.8xlarge", "c7g.16xlarge"))
    by_name = {c.instance_type: c for c in recommend(high, prices=PRICES)}
    assert "c7g.8xlarge" not in by_name
    assert by_name["c5.9xlarge"].jobs_per_machine == 1
    assert "20 of 36 vCPUs stay idle" in by_name["c5.9xlarge"].why
    assert "leaves 62,259 MiB" in why_not(high, instance("c7g.8xlarge"))  # type: ignore[arg-type]


def test_types_that_the_quota_cannot_start_come_last() -> None:
    starter = replace(STANDARD, vcpus=4, instance_types=("r7g.xlarge", "r6i.4xlarge", "c5.9xlarge"))
    found = recommend(starter, prices=PRICES, quota_vcpus_spot=5)
    assert found[0].instance_type == "r7g.xlarge"
    assert [c.jobs_now for c in found] == [1, 0, 0]
    plenty = recommend(starter, prices=PRICES, quota_vcpus_spot=64)
    assert {c.instance_type: c.jobs_now for c in plenty}["r6i.4xlarge"] == 16
    assert all(c.jobs_now is None for c in recommend(starter, prices=PRICES, quota_vcpus_on_demand=5))


def test_what_the_region_lacks_or_spot_cannot_give_is_left_out() -> None:
    assert "c6a.8xlarge" not in names(STANDARD, offered=offered("us-east-1") - {"c6a.8xlarge"})
    hpc = replace(STANDARD, instance_types=("hpc7g.4xlarge",))
    assert names(hpc) == []
    assert names(replace(hpc, purchase="on-demand")) == ["hpc7g.4xlarge"]
    assert names(replace(STANDARD, instance_types=("c99.huge",))) == []


def test_missing_and_estimated_prices_are_said() -> None:
    (unpriced,) = recommend(replace(STANDARD, instance_types=("r9g.4xlarge",)), prices=PRICES)
    assert unpriced.usd_per_core_hour is None
    assert "its price here is not known" in unpriced.why
    (estimated,) = recommend(replace(STANDARD, instance_types=("c8a.4xlarge",)), prices=prices_in("eu-west-1"))
    assert any(w.startswith("price estimated (family-ratio:") for w in estimated.why)
    assert any("no Spot price is known" in w for w in estimated.why)


def test_nested_grids_have_no_speed() -> None:
    nested = replace(STANDARD, grid="0.25x0.3125-nested-NA")
    assert {c.label for c in recommend(nested, prices=PRICES)} == {NO_FIGURE}


@given(st.integers(1, 192), st.integers(1024, 400_000), st.sampled_from(["spot", "on-demand"]))
def test_every_choice_holds_the_job(vcpus: int, memory_mib: int, purchase: str) -> None:
    workload = replace(
        STANDARD, vcpus=vcpus, memory_mib=memory_mib, purchase=purchase, instance_types=tuple(instances())
    )
    for choice in recommend(workload, prices=PRICES):
        machine = instance(choice.instance_type)
        assert machine is not None
        assert machine.vcpus >= vcpus * choice.jobs_per_machine
        assert usable_mib(machine) >= memory_mib * choice.jobs_per_machine
        assert choice.usd_per_core_hour is None or choice.usd_per_core_hour > 0

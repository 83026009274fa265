"""Everything asked at once of the simulated account; what fails is told and stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from parts.emulator import most_in_flight, most_per_second

from geos.wizard.aws import Aws
from geos.wizard.facts import Target
from geos.wizard.market.cache import load_market, with_readings, write_market
from geos.wizard.market.refresh import Step, read_market, scored_types
from geos.wizard.market.snapshot import FIGURES, OFFERS, ON_DEMAND, PLACEMENT, SPOT, TYPES

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True))


def test_two_regions_at_once_within_the_rates(emulator: Emulator, aws: Aws) -> None:
    steps: list[Step] = []
    found = read_market(aws, ["us-east-1", "eu-north-1"], tell=steps.append)
    assert [r.market.region for r in found] == ["us-east-1", "eu-north-1"]
    assert all(set(r.market.read_at) == set(FIGURES) and not r.failed for r in found)
    assert sorted(s.done for s in steps) == list(range(1, 11))
    assert {(s.region, s.figure) for s in steps} == {(r, f) for r in ("us-east-1", "eu-north-1") for f in FIGURES}
    prices = emulator.calls("pricing")
    by_endpoint = {c["region"]: [d for d in prices if d["region"] == c["region"]] for c in prices}
    assert len(by_endpoint) == 2
    assert all(most_per_second(calls) <= 15 for calls in by_endpoint.values())
    assert most_in_flight(emulator.calls()) > 2
    assert found[1].market.offers["c7i.16xlarge"][0].startswith("eun1-az")
    assert set(found[0].market.placement) == {"arm64", "x86_64"}
    assert "c8g.16xlarge" in found[0].types


def test_a_figure_that_is_denied_is_told_and_the_old_one_kept(emulator: Emulator, aws: Aws) -> None:
    write_market(with_readings(None, read_market(aws, ["us-east-1"]), simulated=True))
    before = load_market(simulated=True)
    assert before is not None
    emulator.fail("denied", 0, service="ec2", action="DescribeSpotPriceHistory")
    (found,) = read_market(aws, ["us-east-1"])
    assert set(found.failed) == {SPOT}
    assert "Spot prices" in found.failed[SPOT]
    after = with_readings(before, [found], simulated=True).region("us-east-1")
    old = before.region("us-east-1")
    assert after is not None
    assert old is not None
    assert after.spot_usd_per_hour == old.spot_usd_per_hour
    assert after.read_at[SPOT] == old.read_at[SPOT]
    assert after.read_at[OFFERS] >= old.read_at[OFFERS]


def test_a_region_that_is_not_there_fails_alone(aws: Aws) -> None:
    here, nowhere = read_market(aws, ["us-east-1", "xx-nowhere-1"], figures=[TYPES, OFFERS, ON_DEMAND, PLACEMENT])
    assert here.came
    assert not here.failed
    assert not nowhere.came
    assert set(nowhere.failed) == {TYPES, OFFERS, ON_DEMAND, PLACEMENT}
    assert all(nowhere.failed.values())


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_what_is_scored_together_is_one_architecture_and_sold_there(architecture: str) -> None:
    found = scored_types(architecture, "eu-west-3")
    assert len(found) >= 3
    assert len({name.partition(".")[0] for name in found}) >= 3
    assert not set(found) & set(scored_types("arm64" if architecture == "x86_64" else "x86_64", "eu-west-3"))

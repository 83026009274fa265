"""What AWS sells, and for how much, against the simulated account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geos.wizard.aws import Aws
from geos.wizard.aws.market import _priced
from geos.wizard.facts import Target
from geos.wizard.tables.instances import instance
from geos.wizard.tables.prices import price

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True))


def test_types_are_those_that_the_shipped_table_has(aws: Aws) -> None:
    found = aws.market.instance_types()
    for name in ("c7i.16xlarge", "c8g.16xlarge", "hpc7g.16xlarge", "c6a.large"):
        shipped, live = instance(name), found[name]
        assert shipped is not None
        assert (live.architecture, live.vcpus, live.physical_cores, live.threads_per_core, live.memory_gib) == (
            shipped.architecture,
            shipped.vcpus,
            shipped.physical_cores,
            shipped.threads_per_core,
            shipped.memory_gib,
        )
        assert (live.cpu, live.efa, live.spot_supported) == (shipped.cpu, shipped.efa, shipped.spot_supported)
    assert not [name for name in found if "metal" in name or name.startswith(("p5", "g5", "mac", "inf"))]


def test_offers_are_by_zone_id(aws: Aws) -> None:
    found = aws.market.offers()
    assert len(found) > 500
    assert len(found["hpc7g.16xlarge"]) == 1
    assert all(zone.startswith("use1-az") for zones in found.values() for zone in zones)


def test_prices_are_asked_where_the_price_list_answers(emulator: Emulator, aws: Aws) -> None:
    found = aws.in_region("eu-west-1").market.on_demand_usd_per_hour("eu-central-1")
    calls = emulator.calls("pricing", "GetProducts")
    assert {call["region"] for call in calls} == {"eu-central-1"}
    shipped = price("c7i.16xlarge", "eu-west-1")
    assert shipped is not None
    assert found["c7i.16xlarge"] == pytest.approx(shipped.on_demand_usd_per_hour)
    assert "" not in found
    assert len(calls) == -(-len(found) // 100)


def test_spot_prices_tell_each_zone(aws: Aws) -> None:
    found = aws.market.spot_usd_per_hour(["c7i.16xlarge", "c6i.8xlarge"])
    assert set(found) == {"c7i.16xlarge", "c6i.8xlarge"}
    assert len(found["c7i.16xlarge"]) > 1
    assert all(zone.startswith("use1-az") for zone in found["c7i.16xlarge"])
    assert len(aws.market.spot_usd_per_hour()) > 300


def test_placement_scores_are_of_zones(aws: Aws) -> None:
    found = aws.market.placement_scores(["c7i.16xlarge", "c6i.16xlarge", "m7i.16xlarge"], 64)
    assert found
    assert all(zone.startswith("use1-az") and 1 <= score <= 10 for zone, score in found.items())
    assert set(aws.market.placement_scores(["c7i.16xlarge"], 64).values()) == {1}


def test_only_plain_hours_are_prices() -> None:
    def entry(unit: str = "Hrs", usd: str = "1.5", **attributes: str) -> dict[str, object]:
        terms = {"OnDemand": {"t": {"priceDimensions": {"d": {"unit": unit, "pricePerUnit": {"USD": usd}}}}}}
        return {"product": {"attributes": {"instanceType": "c7i.large", **attributes}}, "terms": terms}

    assert _priced(entry()) == ("c7i.large", 1.5)
    assert _priced(entry(unit="Quantity"))[0] == ""
    assert _priced(entry(usd="0.0000000000"))[0] == ""
    assert _priced(entry(marketoption="CapacityBlock"))[0] == ""
    assert _priced({})[0] == ""

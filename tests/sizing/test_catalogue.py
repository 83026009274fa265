"""What can be had where: the shipped tables by columns, and live data over them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.market.cache import with_readings
from geos.wizard.market.snapshot import OFFERS, ON_DEMAND, SPOT, Reading, RegionMarket
from geos.wizard.sizing.catalogue import all_regions, shipped, shipped_offers, spot_band, with_live
from geos.wizard.tables.instances import instance, instances, offered, offered_among, regions_offering
from geos.wizard.tables.prices import price, priced_regions, prices_in

MOMENT = "2026-11-25T04:00:00+00:00"


@given(st.sampled_from(priced_regions()))
def test_columns_hold_what_the_rows_hold(region: str) -> None:
    offers = shipped_offers(region)
    assert dict(offers.items()).keys() == prices_in(region).keys()
    assert len(offers) == len(prices_in(region))
    for name in list(offers)[::17]:
        row, offer = price(name, region), offers[name]
        assert row is not None
        assert (offer.on_demand, offer.spot) == (row.on_demand_usd_per_hour, row.spot_usd_per_hour)
        assert offer.interruption == row.spot_interruption
        kind, source, date = shipped((region,)).read_on(offer)
        assert (kind, source, date) == (row.kind, row.source, row.date)


@given(st.sampled_from(priced_regions()), st.sampled_from(["any", "spot", "on-demand"]))
def test_a_type_is_priced_the_same_one_by_one_and_in_bulk(region: str, purchase: str) -> None:
    offers = shipped_offers(region)
    for name, usd in offers.hourly(purchase):
        one = offers[name].hourly(purchase)
        assert usd == (float("inf") if one is None else one)


def test_the_place_of_a_type_is_its_cheapest_region() -> None:
    found = shipped(all_regions()).places("any")
    assert {n for n in instances() if n not in found} == {n for n in instances() if n.startswith("r9g")}
    for name in ("c5.9xlarge", "hpc7a.96xlarge", "c8g.16xlarge"):
        place = found[name]
        known = {r: p for r in all_regions() if (p := shipped_offers(r).get(name))}
        assert set(place.regions) == set(known)
        assert place.offer.hourly("any") == min(o.hourly("any") for o in known.values())  # type: ignore[type-var]


def test_one_types_regions_are_found_without_reading_the_whole_table() -> None:
    for name in ("c5.9xlarge", "hpc7a.96xlarge", "r9g.large", "c99.huge"):
        assert offered_among(name, all_regions()) == tuple(r for r in all_regions() if name in offered(r))
        assert set(offered_among(name, all_regions())) <= regions_offering(name)


def live_market(**figures: object) -> RegionMarket:
    read = dict.fromkeys(figures.pop("read"), MOMENT)  # type: ignore[attr-defined]
    return RegionMarket("us-east-1", read, **figures)  # type: ignore[arg-type]


def test_live_figures_go_over_the_shipped_ones_with_their_moment() -> None:
    market = live_market(
        read=(OFFERS, ON_DEMAND, SPOT),
        offers={"c5.9xlarge": ("use1-az1", "use1-az2"), "c6i.8xlarge": ("use1-az4",)},
        on_demand_usd_per_hour={"c5.9xlarge": 1.11},
        spot_usd_per_hour={"c5.9xlarge": {"use1-az1": 0.5, "use1-az2": 0.4}},
    )
    found = with_live(shipped(("us-east-1", "eu-west-1")), with_readings(None, [Reading(market)], simulated=False))
    here, there = found.offers["us-east-1"], found.offers["eu-west-1"]
    assert set(here) == {"c5.9xlarge", "c6i.8xlarge"}, "what AWS does not list is not offered"
    assert (here["c5.9xlarge"].on_demand, here["c5.9xlarge"].spot) == (1.11, 0.4)
    assert found.read_on(here["c5.9xlarge"]) == ("live", "AWS price list API", "2026-11-25")
    assert found.spot_read_on(here["c5.9xlarge"]) == ("live", "EC2 Spot price history", "2026-11-25")
    assert here["c6i.8xlarge"].spot is None, "no price now: not to be had as Spot now"
    assert here["c6i.8xlarge"].on_demand == shipped_offers("us-east-1")["c6i.8xlarge"].on_demand
    assert found.zones("c6i.8xlarge", "us-east-1") == ("use1-az4",)
    assert there is shipped_offers("eu-west-1")
    assert spot_band(here["c5.9xlarge"]) != spot_band(there["c5.9xlarge"])


@pytest.mark.parametrize(("name", "taken"), [("c9i.4xlarge", True), ("p7.48xlarge", False), ("c9i.metal-48xl", False)])
def test_new_types_are_taken_when_they_are_of_a_kind_that_runs_models(name: str, taken: bool) -> None:
    base = instance("c5.9xlarge")
    assert base is not None
    market = live_market(read=(OFFERS,), offers={name: ("use1-az1",)})
    reading = Reading(market, {name: replace(base, name=name, cpu="", current_generation=True)})
    found = with_live(shipped(("us-east-1",)), with_readings(None, [reading], simulated=False))
    assert (name in found.types) == taken

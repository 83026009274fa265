"""Live figures over older ones, and over the shipped tables; ages; the cache file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geos.wizard.errors import BadCache, DiskRefused
from geos.wizard.facts import InstanceType, Price
from geos.wizard.market.ages import age_words, is_old
from geos.wizard.market.cache import Market, load_market, market_file, with_readings, write_market
from geos.wizard.market.snapshot import (
    FIGURES,
    ON_DEMAND,
    SPOT,
    Reading,
    RegionMarket,
    merge,
    overlaid,
)
from geos.wizard.tables.instances import instance

LARGE = instance("c7i.large")
assert LARGE is not None
SHIPPED = Price(
    "c7i.large", "us-east-1", 0.09, 0.04, "list", "a list", "2025-04-04", "the advisor", "2025-06-28", "<5%"
)
LIVE = RegionMarket(
    "us-east-1",
    read_at={ON_DEMAND: "2026-11-20T10:00:00+00:00", SPOT: "2026-11-20T10:00:01+00:00"},
    on_demand_usd_per_hour={"c7i.large": 0.1},
    spot_usd_per_hour={"c7i.large": {"use1-az1": 0.03, "use1-az2": 0.02}},
)


def test_each_figure_is_live_where_it_was_read_and_keeps_its_date() -> None:
    found = overlaid(SHIPPED, LIVE, "c7i.large")
    assert found == replace(
        SHIPPED,
        on_demand_usd_per_hour=0.1,
        spot_usd_per_hour=0.02,
        kind="live",
        source="pricing:GetProducts",
        date="2026-11-20",
        spot_source="ec2:DescribeSpotPriceHistory",
        spot_date="2026-11-20",
    )
    only_spot = replace(LIVE, read_at={SPOT: LIVE.read_at[SPOT]}, on_demand_usd_per_hour={})
    found = overlaid(SHIPPED, only_spot, "c7i.large")
    assert found is not None
    assert (found.on_demand_usd_per_hour, found.kind, found.date) == (0.09, "list", "2025-04-04")
    assert (found.spot_usd_per_hour, found.spot_date) == (0.02, "2026-11-20")


def test_nothing_live_leaves_the_shipped_price_and_new_types_get_one() -> None:
    assert overlaid(SHIPPED, None, "c7i.large") is SHIPPED
    assert overlaid(SHIPPED, RegionMarket("us-east-1"), "c7i.large") is SHIPPED
    found = overlaid(None, LIVE, "c7i.large")
    assert found is not None
    assert (found.region, found.kind, found.on_demand_usd_per_hour) == ("us-east-1", "live", 0.1)
    assert overlaid(None, LIVE, "c9z.large") is None


def test_a_spot_price_that_the_api_no_longer_gives_is_none() -> None:
    found = overlaid(replace(SHIPPED, instance_type="c6i.large"), LIVE, "c6i.large")
    assert found is not None
    assert found.spot_usd_per_hour is None


def test_a_figure_that_was_not_read_again_keeps_its_age() -> None:
    newer = RegionMarket(
        "us-east-1", read_at={SPOT: "2026-11-25T00:00:00+00:00"}, spot_usd_per_hour={"c7i.large": {"use1-az1": 0.05}}
    )
    merged = merge(LIVE, newer)
    assert merged.read_at == {ON_DEMAND: LIVE.read_at[ON_DEMAND], SPOT: "2026-11-25T00:00:00+00:00"}
    assert merged.on_demand_usd_per_hour == {"c7i.large": 0.1}
    assert merged.spot_usd_per_hour == {"c7i.large": {"use1-az1": 0.05}}
    assert merge(None, newer) is newer


@pytest.mark.parametrize(
    ("moment", "words", "old"),
    [
        ("2026-11-25T01:02:03+00:00", "today", False),
        ("2026-11-24", "1 day old", False),
        ("2026-08-27", "3 months old", False),
        ("2026-08-26", "! 3 months old", True),
        ("2025-04-04", "! 20 months old", True),
        ("", "! of unknown age", True),
        ("2026-12-01", "today", False),  # a clock that is behind
    ],
)
def test_ages(moment: str, words: str, old: bool) -> None:
    today = date(2026, 11, 25)
    assert age_words(moment, today) == words
    assert is_old(moment, today) == old


# --- the file ----------------------------------------------------------------------------------

NAMES = st.sampled_from(["c7i.large", "c8g.16xlarge", "hpc7a.96xlarge"])
USD = st.floats(1e-4, 100, allow_nan=False)
MARKETS = st.builds(
    RegionMarket,
    region=st.sampled_from(["us-east-1", "eu-west-1", "me-west-1"]),
    read_at=st.dictionaries(st.sampled_from(FIGURES), st.just("2026-11-20T10:00:00+00:00"), min_size=1),
    offers=st.dictionaries(NAMES, st.lists(st.sampled_from(["a-az1", "a-az2"]), unique=True).map(tuple)),
    on_demand_usd_per_hour=st.dictionaries(NAMES, USD),
    spot_usd_per_hour=st.dictionaries(NAMES, st.dictionaries(st.sampled_from(["a-az1", "a-az2"]), USD)),
    placement=st.dictionaries(st.just("arm64"), st.dictionaries(st.just("a-az1"), st.integers(1, 10))),
)
NEW = replace(LARGE, name="c99.large")
TYPES: dict[str, InstanceType] = {
    "c7i.large": LARGE,
    "c99.large": NEW,
    "m1.small": replace(LARGE, current_generation=False),
}


@given(st.lists(MARKETS, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_what_is_written_is_read_back(found: list[RegionMarket]) -> None:
    market_file(simulated=False).unlink(missing_ok=True)
    expected: dict[str, RegionMarket] = {}
    for one in found:
        expected[one.region] = merge(expected.get(one.region), one)
    write_market(with_readings(None, [Reading(one, TYPES) for one in found], simulated=False))
    back = load_market()
    assert back is not None
    assert {name: back.region(name) for name in back.regions} == expected
    assert back.types() == {"c99.large": NEW}
    assert back.region("types") is None


def test_a_type_that_has_changed_is_news_and_one_that_is_as_shipped_is_not() -> None:
    larger = replace(LARGE, memory_gib=LARGE.memory_gib * 2, source="ec2:DescribeInstanceTypes", date="2026-11-25")
    same = replace(LARGE, source="ec2:DescribeInstanceTypes", date="2026-11-25")
    assert with_readings(None, [Reading(LIVE, {"c7i.large": same})], simulated=False).types() == {}
    assert with_readings(None, [Reading(LIVE, {"c7i.large": larger})], simulated=False).types() == {"c7i.large": larger}


def written() -> Path:
    return write_market(with_readings(None, [Reading(LIVE, TYPES)], simulated=False))


@given(st.integers(0, 10_000), st.sampled_from([b"", b"0", b"\xff", b"\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_a_cache_with_one_wrong_byte_is_refused(place: int, byte: bytes) -> None:
    path = written()
    whole = path.read_bytes()
    at = place % len(whole)
    spoilt = whole[:at] + byte + whole[at + 1 :]
    path.write_bytes(spoilt)
    if spoilt == whole:
        return
    with pytest.raises(BadCache) as caught:
        load_market()
    assert "refresh" in caught.value.hint


def test_no_cache_is_no_fault_and_the_simulated_one_is_apart() -> None:
    assert load_market() is None
    written()
    assert load_market(simulated=True) is None
    assert load_market() is not None


def test_a_folder_that_cannot_be_written_leaves_the_old_cache() -> None:
    path = written()
    before = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "in the way").write_bytes(before)
    with pytest.raises(DiskRefused):
        written()
    assert (path / "in the way").read_bytes() == before


def test_a_reading_without_figures_changes_nothing() -> None:
    before = with_readings(None, [Reading(LIVE, TYPES)], simulated=False)
    after = with_readings(before, [Reading(RegionMarket("us-east-1"), {}, {SPOT: "denied"})], simulated=False)
    assert after == before
    assert isinstance(after, Market)

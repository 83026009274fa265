"""The ranking: what may run at all, what holds the limits, what is best, and that more room never makes it worse."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geos.benchmarks.configurations import grid
from geos.benchmarks.fits import load_fits
from geos.benchmarks.model import LABELS, MEASURED, NO_FIGURE
from geos.wizard.sizing.catalogue import Catalogue, shipped, shipped_offers
from geos.wizard.sizing.front import pareto
from geos.wizard.sizing.inverse import how_much
from geos.wizard.sizing.ranking import Advice, advise
from geos.wizard.sizing.sentences import advice_sentence, cannot_be_told_apart, reach_sentence
from geos.wizard.sizing.values import Ask

FITS = load_fits()
YEAR = Ask(days=365)


@functools.cache
def catalogue(regions: tuple[str, ...] = ("us-east-1",)) -> Catalogue:
    return shipped(regions)


def answer(ask: Ask) -> Advice:
    return advise(ask, catalogue(ask.regions), FITS)


def rules(advice: Advice) -> dict[str, str]:
    return {e.instance_type: e.rule for e in advice.excluded}


ASKS = st.builds(
    Ask,
    model=st.just("gcclassic"),
    grid=st.sampled_from(["4x5", "2x2.5"]),
    days=st.floats(0.5, 3000),
    version=st.sampled_from(["", "12.1.1", "14.2.0"]),
    runs=st.integers(1, 50),
    purchase=st.sampled_from(["any", "spot", "on-demand"]),
    architecture=st.sampled_from(["", "x86_64"]),
    regions=st.sampled_from([("us-east-1",), ("us-east-1", "eu-north-1"), ("ap-south-1",)]),
    max_vcpus=st.sampled_from([0, 0, 16, 200]),
    memory_margin=st.sampled_from([0.0, 0.25, 2.0]),
    excluded=st.sampled_from([(), ("c7i.*",), ("*i.*", "*8*")]),
    deadline_hours=st.none() | st.floats(1, 3000),
    budget_usd=st.none() | st.floats(1, 5000),
) | st.builds(
    Ask,
    model=st.just("gchp"),
    grid=st.sampled_from(["c24", "c48", "c90"]),
    days=st.floats(1, 400),
    purchase=st.sampled_from(["any", "on-demand"]),
    nodes=st.sampled_from([0, 0, 1, 2, 5]),
    max_vcpus=st.sampled_from([0, 400]),
    deadline_hours=st.none() | st.floats(1, 500),
    budget_usd=st.none() | st.floats(1, 20000),
)


# --- properties ------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(ASKS)
def test_every_candidate_holds_every_constraint(ask: Ask) -> None:
    advice = answer(ask)
    found = catalogue(ask.regions)
    for c in advice.candidates:
        kind = found.types[c.instance_type]
        assert ask.deadline_hours is None or c.wall_hours.likely <= ask.deadline_hours * (1 + 1e-9)
        assert ask.budget_usd is None or c.usd.likely <= ask.budget_usd * (1 + 1e-9)
        assert not ask.architecture or c.architecture == ask.architecture
        assert c.purchase == ask.purchase or ask.purchase == "any"
        assert not ask.max_vcpus or c.vcpus * c.at_once <= ask.max_vcpus
        assert not ask.nodes or c.nodes == ask.nodes
        assert c.nodes == 1 or (c.purchase == "on-demand" and c.spot_usd is None)
        assert c.memory.need_gib is None or c.memory.need_gib <= c.memory.have_gib
        assert c.region in ask.regions
        assert c.label != NO_FIGURE
        assert not kind.burstable
        assert c.physical_cores <= kind.physical_cores * c.nodes
        if ask.model == "gchp":
            known = grid(ask.grid)
            assert known is not None
            assert c.physical_cores % 6 == 0
            assert c.physical_cores <= known.maximum_cores


@settings(max_examples=40, deadline=None)
@given(ASKS)
def test_figures_are_bands_and_never_negative(ask: Ask) -> None:
    for c in answer(ask).candidates[:40]:
        for band in (c.sim_days_per_day, c.wall_hours, c.on_demand_usd, c.spot_usd):
            if band is not None:
                assert 0 < band.low <= band.likely <= band.high < 1e12
        assert c.restart_loss >= 0
        assert c.surely <= (ask.deadline_hours is None or c.wall_hours.high <= ask.deadline_hours)


@settings(max_examples=40, deadline=None)
@given(ASKS)
def test_every_type_is_in_exactly_one_list(ask: Ask) -> None:
    advice = answer(ask)
    lists = [
        {c.instance_type for c in advice.candidates},
        {u.instance_type for u in advice.unmeasured},
        {e.instance_type for e in advice.excluded},
    ]
    assert sum(map(len, lists)) == len(set().union(*lists)) == len(catalogue(ask.regions).types)


def worth(advice: Advice) -> tuple[bool, bool, float]:
    """Smaller is better: whether anything fits at all, on one node, and cost times time."""
    if not advice.ranked:
        return True, True, 0.0
    several, product, *_ = advice.ranked[0].key
    return False, several, product


@settings(max_examples=60, deadline=None)
@given(ASKS, st.floats(1, 4))
def test_more_room_never_makes_the_advice_worse(ask: Ask, more: float) -> None:
    before = worth(answer(ask))
    if ask.budget_usd is not None:
        assert worth(answer(replace(ask, budget_usd=ask.budget_usd * more))) <= before
        assert worth(answer(replace(ask, budget_usd=None))) <= before
    if ask.deadline_hours is not None:
        assert worth(answer(replace(ask, deadline_hours=ask.deadline_hours * more))) <= before
    assert worth(answer(replace(ask, days=ask.days / more))) <= before
    assert worth(answer(replace(ask, excluded=()))) <= before


@settings(max_examples=40, deadline=None)
@given(ASKS)
def test_the_front_is_one_and_holds_both_ends(ask: Ask) -> None:
    advice = answer(ask)
    front = advice.front
    assert bool(front) == bool(advice.candidates)
    for c in front:
        assert not any(
            o.wall_hours.likely < c.wall_hours.likely and o.usd.likely < c.usd.likely for o in advice.candidates
        )
    times, costs = [c.wall_hours.likely for c in front], [c.usd.likely for c in front]
    assert times == sorted(times)
    assert costs == sorted(costs, reverse=True)
    if front:
        assert advice.fastest == front[0]
        assert advice.cheapest == front[-1]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_nothing_outside_a_front_beats_it(points: list[tuple[int, int]]) -> None:
    front = pareto(points, lambda p: p[0], lambda p: p[1])
    for point in points:
        assert any(f[0] <= point[0] and f[1] <= point[1] for f in front)
    assert all(not (a[0] <= b[0] and a[1] <= b[1]) for a in front for b in front if a is not b)


@settings(max_examples=30, deadline=None)
@given(ASKS)
def test_there_is_always_a_sentence(ask: Ask) -> None:
    advice = answer(ask)
    assert advice_sentence(advice).endswith(".")
    if advice.missed and not advice.ranked:
        assert advice.closest is not None
        assert advice.closest.instance_type in advice_sentence(advice)


@settings(max_examples=30, deadline=None)
@given(ASKS.filter(lambda ask: ask.budget_usd or ask.deadline_hours))
def test_what_can_be_simulated_keeps_the_limits(ask: Ask) -> None:
    found = how_much(replace(ask, days=0.0), catalogue(ask.regions), FITS, most=3)
    assert reach_sentence(ask, found).endswith(".")
    for r in found:
        assert 0 <= r.days.low <= r.days.likely <= r.days.high
        assert ask.deadline_hours is None or r.candidate.wall_hours.likely <= ask.deadline_hours * 1.0001
        assert ask.budget_usd is None or r.candidate.usd.likely <= ask.budget_usd * 1.01


# --- the rules -------------------------------------------------------------------------------


def test_each_rule_leaves_out_what_it_is_for() -> None:
    found = rules(answer(YEAR))
    assert found["t3.2xlarge"] == "burstable"
    assert found["c7i-flex.4xlarge"] == "flex"
    assert found["c5.large"] == "memory"
    assert found["hpc7a.96xlarge"] == "region"
    assert rules(answer(replace(YEAR, purchase="spot", regions=("us-east-2",))))["hpc7a.96xlarge"] == "spot"
    assert rules(answer(replace(YEAR, instances=("c5.*",))))["c6i.large"] == "instance"
    assert rules(answer(replace(YEAR, architecture="arm64")))["c5.9xlarge"] == "architecture"
    assert rules(answer(replace(YEAR, max_vcpus=8)))["c5.9xlarge"] == "max-vcpus"
    assert rules(answer(replace(YEAR, least_label="MEASURED")))["c5.9xlarge"] == "label"
    assert rules(answer(replace(YEAR, deadline_hours=30.0)))["c5.xlarge"] in ("deadline", "memory")
    assert rules(answer(replace(YEAR, budget_usd=20.0)))["c8i.96xlarge"] == "budget"
    assert rules(answer(Ask("gchp", grid="c24", days=1)))["r5.xlarge"] == "cores"


def test_a_missing_price_drops_nothing_but_what_would_need_it() -> None:
    advice = answer(YEAR)
    unpriced = [u for u in advice.unmeasured if u.usd_per_core_hour is None]
    assert {u.instance_type.partition(".")[0] for u in unpriced} == {"r9g", "r9gd"}
    assert advice.unmeasured[-len(unpriced) :] == tuple(unpriced)
    nowhere = Catalogue({"c5.9xlarge": catalogue().types["c5.9xlarge"]}, {"us-east-1": shipped_offers("ap-east-2")})
    (excluded,) = advise(YEAR, nowhere, FITS).excluded
    assert (excluded.rule, excluded.reason) == ("price", "no price is known in us-east-1")
    assert rules(answer(replace(YEAR, purchase="spot")))["c8i.4xlarge"] == "price"


def test_measured_speeds_are_looked_up_and_labelled() -> None:
    advice = answer(Ask(days=31, version="12.1.1", least_label="MEASURED"))
    assert [c.instance_type for c in advice.candidates] == ["c5.4xlarge", "c5.9xlarge"]
    assert {c.label for c in advice.candidates} == {MEASURED}
    assert all(c.rows for c in advice.candidates)


@pytest.mark.parametrize("least", LABELS[:-1])
def test_no_candidate_is_less_sure_than_asked_for(least: str) -> None:
    advice = answer(Ask(days=31, version="12.1.1", least_label=least))
    assert all(LABELS.index(c.label) <= LABELS.index(least) for c in advice.candidates)
    assert advice.unmeasured == ()


def test_graviton_and_amd_are_listed_and_not_guessed() -> None:
    advice = answer(YEAR)
    assert {c.architecture for c in advice.candidates} == {"x86_64"}
    unknown = {u.instance_type: u for u in advice.unmeasured}
    assert {"c8g.16xlarge", "c7a.16xlarge", "m8g.8xlarge"} <= unknown.keys()
    assert "contradict each other" in unknown["c8g.16xlarge"].refused
    per_core = [u.usd_per_core_hour for u in advice.unmeasured if u.usd_per_core_hour]
    assert per_core == sorted(per_core)
    assert unknown["c8g.16xlarge"].read_gb_per_second == pytest.approx(469, abs=1)


def test_one_node_stands_before_several_and_several_are_never_spot() -> None:
    advice = answer(Ask("gchp", grid="c48", days=31))
    several = [c.nodes > 1 for c in advice.candidates]
    assert several == sorted(several)
    assert any(several)
    assert all(c.purchase == "on-demand" for c in advice.candidates if c.nodes > 1)
    assert all(catalogue().types[c.instance_type].efa for c in advice.candidates if c.nodes > 1)
    none = answer(Ask("gchp", grid="c48", days=31, nodes=4, purchase="spot"))
    assert none.candidates == ()
    assert "spot" in rules(none).values()


def test_runs_go_side_by_side_as_far_as_the_vcpus_reach() -> None:
    one, many = answer(YEAR).best, answer(replace(YEAR, runs=10, instances=("r7i.8xlarge",))).best
    limited = answer(replace(YEAR, runs=10, instances=("r7i.8xlarge",), max_vcpus=100)).best
    assert one is not None
    assert many is not None
    assert limited is not None
    assert many.usd.likely == pytest.approx(10 * one.usd.likely)
    assert many.wall_hours == one.wall_hours
    assert (many.at_once, limited.at_once) == (10, 3)
    assert limited.wall_hours.likely == pytest.approx(4 * one.wall_hours.likely)


def test_a_deadline_that_nothing_meets_is_told_with_the_closest() -> None:
    advice = answer(replace(YEAR, deadline_hours=2.0))
    assert advice.candidates == ()
    assert advice.closest is not None
    assert advice.closest.instance_type == "c8i.96xlarge"
    assert "Nothing keeps the deadline of 2 h" in advice_sentence(advice)


def test_of_several_regions_the_cheapest_counts() -> None:
    alone = {r: answer(replace(YEAR, regions=(r,), instances=("c5.9xlarge",))).best for r in ("us-east-1", "sa-east-1")}
    both = answer(replace(YEAR, regions=("sa-east-1", "us-east-1"), instances=("c5.9xlarge",))).best
    assert both is not None
    assert both.regions == ("sa-east-1", "us-east-1")
    assert both.usd.likely == min(c.usd.likely for c in alone.values() if c)


def test_overlapping_bands_cannot_be_told_apart() -> None:
    candidates = answer(YEAR).candidates
    assert cannot_be_told_apart(candidates) == 10
    assert cannot_be_told_apart(candidates[:1]) == 1


def test_a_set_up_nobody_timed_has_no_candidates() -> None:
    for ask in (replace(YEAR, simulation="ch4"), replace(YEAR, grid="0.25x0.3125-nested-na")):
        advice = answer(ask)
        assert advice.candidates == ()
        assert len(advice.unmeasured) > 100
        assert "Nobody has published a usable speed" in advice_sentence(advice)


def test_an_empty_catalogue_leaves_nothing_and_says_so() -> None:
    advice = advise(YEAR, Catalogue({}, {"us-east-1": {}}), FITS)
    assert advice.best is None
    assert advice_sentence(advice).endswith("the catalogue is empty.")

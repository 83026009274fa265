"""What stands beside the ranking: nodes, Spot, data, scaling, architectures, ensembles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.benchmarks.configurations import grid
from geos.benchmarks.fits import load_fits
from geos.benchmarks.inputs import meteorology
from geos.wizard.sizing.architectures import break_evens, sides
from geos.wizard.sizing.catalogue import shipped
from geos.wizard.sizing.data import data_of
from geos.wizard.sizing.ensembles import packings
from geos.wizard.sizing.nodes import ranks
from geos.wizard.sizing.quota import DOCUMENTED, Known, judged
from geos.wizard.sizing.ranking import advise
from geos.wizard.sizing.scaling import efficiencies, family_curve, measured_curves
from geos.wizard.sizing.spot import interruptions_per_hour, restart_loss
from geos.wizard.sizing.values import Ask

FITS, HERE = load_fits(), shipped(("us-east-1",))
YEAR = Ask(days=365)


@given(st.sampled_from(["c24", "c48", "c180"]), st.integers(1, 200), st.integers(1, 64))
def test_ranks_are_equal_on_each_node_and_a_multiple_of_six(name: str, cores: int, nodes: int) -> None:
    found, known = ranks(name, cores, nodes), grid(name)
    assert known is not None
    assert found % 6 == 0
    assert found % nodes == 0
    assert found <= min(cores * nodes, known.maximum_cores)
    if cores >= 6 and 6 * nodes <= known.maximum_cores:
        assert found > 0


def test_oftener_interrupted_and_longer_runs_lose_more() -> None:
    bands = ["<5%", "5-10%", "10-15%", "15-20%", ">20%"]
    rates = [interruptions_per_hour(b) for b in bands]
    assert rates == sorted(rates)
    assert restart_loss(">20%", 100, 31) > restart_loss("<5%", 100, 31) > 0
    assert restart_loss(">20%", 100, 31) > restart_loss(">20%", 10, 31)
    assert restart_loss(">20%", 100, 365) < restart_loss(">20%", 100, 31), "restart files every month set back less"


def test_input_is_that_of_the_grid_and_lies_where_it_is_free() -> None:
    year = data_of(YEAR)
    assert year.input_gb == pytest.approx(30, rel=0.01)
    assert year.region == "us-east-1"
    assert year.download_hours is not None
    slow = data_of(YEAR, network_gbps=1.0).download_hours
    assert slow is not None
    assert slow.low == slow.high > year.download_hours.low
    assert data_of(Ask(grid="0.125x0.15625-nested", days=31)).input_gb is None
    native = data_of(Ask("gchp", grid="c24", days=10))
    assert native.input_gb == pytest.approx(100)
    assert native.disk_gb is not None


@pytest.mark.parametrize("met", ["merra2", "geosfp", "geosit"])
def test_every_product_names_its_source(met: str) -> None:
    found = meteorology("gcclassic", "4x5", met)
    assert found is not None
    assert found.met == met
    assert found.source


def test_curves_start_at_full_efficiency_and_fall() -> None:
    curve = family_curve(YEAR, "c5", HERE, FITS)
    assert curve is not None
    found = efficiencies(curve)
    assert found[0].share == 1
    assert [e.point.cores for e in found] == sorted({e.point.cores for e in found})
    shares = [e.share for e in found]
    assert shares == sorted(shares, reverse=True)
    assert family_curve(YEAR, "c8g", HERE, FITS) is None, "nothing is guessed"
    several = family_curve(Ask("gchp", grid="c48", days=1), "c5n", HERE, FITS)
    assert several is not None
    assert max(p.cores for p in several.points) > 36


def test_what_was_measured_is_shown_as_it_is() -> None:
    curves = measured_curves(Ask(grid="2x2.5", days=1), FITS)
    assert {p.cores for c in curves for p in c.points} == {18}
    assert all(p.measured and p.sim_days_per_day.width == 1 for c in curves for p in c.points)


def test_an_architecture_without_figures_gets_a_break_even() -> None:
    arm, x86 = sides(YEAR, HERE, FITS)
    assert not arm.advice.ranked
    best = x86.advice.best
    assert best is not None
    found = break_evens(best, 365, arm.advice.unmeasured, most=5)
    assert len({b.found.instance_type.partition(".")[0] for b in found}) == 5
    for b in found:
        assert b.days_per_day is not None
        assert b.found.usd_per_core_hour is not None
        usd_per_day = b.found.usd_per_core_hour * b.found.physical_cores * 24 / b.days_per_day
        assert usd_per_day == pytest.approx(best.usd.likely / 365)


def test_an_ensemble_is_packed_in_several_ways() -> None:
    ask = Ask(days=31, runs=40)
    found = packings(ask, "c7i", HERE, FITS)
    assert [p.runs_per_machine for p in found] == sorted({p.runs_per_machine for p in found})
    for p in found:
        kind = HERE.types[p.instance_type]
        assert p.runs_per_machine * p.cores_per_run <= kind.physical_cores
        assert p.machines * p.runs_per_machine >= 40
        assert 0 < p.start_share < 1
    limited = packings(Ask(days=31, runs=40, max_vcpus=64), "c7i", HERE, FITS)
    assert all(p.machines * HERE.types[p.instance_type].vcpus <= 64 for p in limited)
    assert packings(ask, "c8g", HERE, FITS) == ()


def test_quotas_are_the_accounts_else_the_documented_ones() -> None:
    best = advise(YEAR, HERE, FITS).best
    assert best is not None
    new = judged(best, {})
    assert (new.verdict, new.limit_vcpus, new.source) == ("short", 5, DOCUMENTED)
    place = ("us-east-1", new.code)
    assert judged(best, {place: Known(640, 600, "your account")}).verdict == "ok"
    assert judged(best, {place: Known(640, 3, "your account")}).verdict == "short"
    assert judged(best, {place: Known(640, None, "your account")}).verdict == "unknown"
    assert judged(best, {place: Known(None, None, "your account")}).verdict == "unknown"
    assert judged(best._replace(at_once=30), {place: Known(640, 600, "your account")}).need_vcpus == 960

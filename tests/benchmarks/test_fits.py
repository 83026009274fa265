"""The shipped fits are those of the shipped tables, and follow when rows are added."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from parts.timings import BY_NAME, C6A, own_runs, table

from geos.benchmarks.fits import Fits, from_json, load_fits, to_json
from geos.benchmarks.fitting import fit, fit_shipped, shipped_digest
from geos.benchmarks.machines import core_scores, cpu_kind, known_machines, read_bandwidth_gb_per_second
from geos.benchmarks.model import EXTRAPOLATED, MEASURED, NO_FIGURE, Question, predict
from geos.benchmarks.shipped import shipped
from geos.benchmarks.table import load


@pytest.fixture(scope="module")
def fitted() -> Fits:
    return fit_shipped()


def test_the_shipped_file_is_what_the_tables_give(fitted: Fits) -> None:
    assert load_fits().digest == shipped_digest(), "a table changed: run python -m geos.benchmarks.refit"
    again, kept = from_json(to_json(fitted)), load_fits()
    assert again.series == kept.series
    assert again.anecdotes == kept.anecdotes
    assert again.machines_by_kin == kept.machines_by_kin
    assert dict(again.speeds) == pytest.approx(dict(kept.speeds), rel=1e-4)
    for name, step in kept.steps.items():
        assert again.steps[name] == pytest.approx(step, rel=1e-4)
    for name, model in kept.models.items():
        assert again.models[name].work_core_seconds == pytest.approx(model.work_core_seconds, rel=1e-4)
        assert dict(again.models[name].family_factors) == pytest.approx(dict(model.family_factors), rel=1e-4)


def test_the_file_reads_back_as_it_was_written() -> None:
    assert to_json(load_fits()).encode() == shipped("fits.json")


def test_no_anecdote_is_in_any_series() -> None:
    by_row = {r.row: r for r in load()}
    used = [row for s in load_fits().series for p in s.points for row in p.rows]
    assert len(used) == len(set(used))
    assert all(by_row[row].fittable and not by_row[row].shown_only for row in used)
    assert {row for *_, row in load_fits().anecdotes} == set(by_row) - set(used)


def test_fitted_figures_are_within_reason(fitted: Fits) -> None:
    for model in fitted.models.values():
        assert model.io_seconds > 0
        assert model.work_core_seconds > 0
        assert 0 <= model.sigma < 0.3
        assert 1.0 <= model.threads_factor < 1.4
        assert 0 <= model.startup_days < 1
    # Haswell to Skylake: 1.36 and 1.41 in the timers of two independent pairs of machines.
    assert 1 / fitted.speeds["Haswell"] == pytest.approx(1.38, abs=0.08)
    assert all(step.factor > 1 for step in fitted.steps.values())


def test_a_second_amd_machine_opens_amd_up() -> None:
    rows = own_runs({"platform": "c6a.16xlarge", "cores": "32", "cores_per_node": "32"})
    find = {**known_machines(), **BY_NAME}.get
    question = Question("gcclassic", "fullchem", "2x2.5")
    genoa = BY_NAME["hpc7a.96xlarge"]
    assert predict(question, genoa, load_fits()).label == NO_FIGURE
    more = fit([*load(), *rows], find)
    assert more.machines_by_kin[C6A.kin] == 2
    assert predict(question, genoa, more).label == EXTRAPOLATED


def test_a_new_row_becomes_measured_and_speaks_for_its_neighbours() -> None:
    rows = load(table({"platform": "c7i.16xlarge", "cores": "32", "cores_per_node": "32"}), name="new.csv")
    more = fit([*load(), *rows], {**known_machines(), **BY_NAME}.get)
    question = Question("gcclassic", "fullchem", "4x5", "14.7.1")  # with all 64 threads
    c7i = BY_NAME["c7i.16xlarge"]
    before, after = predict(question, c7i, load_fits()), predict(question, c7i, more)
    assert (before.label, after.label) == (EXTRAPOLATED, MEASURED)
    larger = replace(c7i, name="c7i.24xlarge", physical_cores=48)
    near, far = predict(question, larger, more), predict(question, larger, load_fits())
    assert near.wall_seconds is not None
    assert far.wall_seconds is not None
    assert near.wall_seconds.width < far.wall_seconds.width


def test_rows_that_contradict_widen_the_bands() -> None:
    find = {**known_machines(), **BY_NAME}.get
    base = {"platform": "c7i.16xlarge", "cores": "32", "cores_per_node": "32", "sim_days_per_day": ""}
    odd = own_runs({**base, "wall_seconds": "300"}, {**base, "wall_seconds": "900"}, {**base, "wall_seconds": "200"})
    assert fit([*load(), *odd], find).steps["repeat"].factor > load_fits().steps["repeat"].factor * 1.05


def test_nothing_but_numbers_above_zero_comes_of_a_table_with_one_row() -> None:
    few = fit([r for r in load() if r.row == 28])
    answer = predict(Question("gcclassic", "fullchem", "4x5", "12.1.1"), known_machines()["c5.9xlarge"], few)
    assert answer.wall_seconds is not None
    assert 0 < answer.wall_seconds.low < math.inf


@pytest.mark.parametrize(
    ("cpu", "kind"),
    [
        ("Intel Xeon Platinum 8124M/8275CL (Skylake or Cascade Lake)", ("Skylake", "Intel")),
        ("Intel Xeon 6 (Granite Rapids; model not measured)", ("Granite Rapids", "Intel")),
        ("AMD EPYC 5th gen (Turin high-frequency; model not measured)", ("Turin", "AMD")),
        ("AWS Graviton3E (Neoverse V1)", ("Graviton3", "AWS")),
        ("a CPU of tomorrow", ("", "")),
    ],
)
def test_cpu_kinds(cpu: str, kind: tuple[str, str]) -> None:
    assert cpu_kind(cpu) == kind


def test_scores_and_bandwidths_come_from_the_file_with_its_own_licence() -> None:
    assert core_scores()["Sapphire Rapids"] > core_scores()["Skylake"]
    assert read_bandwidth_gb_per_second()["hpc7a.96xlarge"] == 722.1
    assert b"CC BY-SA 4.0" in shipped("ec2_cpu_proxies.LICENCE.md")


def test_every_machine_with_a_fitted_row_is_known() -> None:
    fittable = {r.machine for r in load() if r.fittable}
    assert fittable <= set(known_machines())

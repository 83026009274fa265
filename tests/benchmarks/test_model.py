"""Predictions: labels, refusals, bands, and own runs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.timings import ALL, BY_NAME, C5, C5_LARGE, C5N, C6A, C7G, C7I, C8G, HPC7A, R8G, own_runs

from geos.benchmarks.fits import Fits, load_fits
from geos.benchmarks.fitting import with_own
from geos.benchmarks.machines import Machine, known_machines
from geos.benchmarks.model import (
    CALIBRATED,
    EXTRAPOLATED,
    INTERPOLATED,
    MEASURED,
    NO_FIGURE,
    Prediction,
    Question,
    days_within,
    default_cores,
    machine_kind,
    predict,
)
from geos.benchmarks.table import load

CLASSIC = Question("gcclassic", "fullchem", "4x5", "12.1.1", days=7)
PLEIADES = known_machines()["NASA Pleiades Haswell E5-2680v3"]


def with_runs(*rows: dict[str, str]) -> Fits:
    return with_own(load_fits(), own_runs(*rows), lambda name: BY_NAME.get(name))


def seconds(answer: Prediction) -> float:
    assert answer.wall_seconds is not None, answer.refused
    return answer.wall_seconds.likely


def changed(question: Question, **changes: object) -> Question:
    return replace(question, **changes)  # type: ignore[arg-type]


# --- labels ----------------------------------------------------------------------------------


def test_what_was_measured_comes_back_as_measured() -> None:
    answer = predict(CLASSIC, C5, load_fits())
    assert answer.label == MEASURED
    rows = [r for r in load() if r.row in answer.rows]
    assert {(r.machine, r.cores, r.grid) for r in rows} == {("c5.9xlarge", 18, "4x5")}
    measured = [r.wall_seconds for r in rows if r.wall_seconds]
    assert min(measured) <= seconds(answer) <= max(measured)
    assert answer.wall_seconds is not None
    assert answer.wall_seconds.width < 1.12


def test_between_measured_cores_of_one_machine_it_is_interpolated() -> None:
    question = Question(
        "gchp", "fullchem", "c180", "12.3.2", days=7, cores=576, nodes=16, network="efa", coarse_met=True
    )
    answer = predict(question, C5N, load_fits())
    assert answer.label == INTERPOLATED
    assert answer.wall_seconds is not None
    assert 1.1 < answer.wall_seconds.width <= 1.35
    # Between the published runs on 288 and on 1152 cores.
    assert 7186.9 < seconds(answer) < 18911.1


def test_another_machine_version_or_grid_is_extrapolated_with_a_wider_band() -> None:
    fits = load_fits()
    same = predict(CLASSIC, C5, fits)
    for question, machine in (
        (CLASSIC, C5_LARGE),
        (CLASSIC, C7I),
        (changed(CLASSIC, version="13.2.1"), C5),
        (changed(CLASSIC, cores=9), C5),
        (changed(CLASSIC, threads_per_core=1), C5),
    ):
        answer = predict(question, machine, fits)
        assert answer.label == EXTRAPOLATED
        assert answer.steps
        assert answer.wall_seconds is not None
        assert same.wall_seconds is not None
        assert answer.wall_seconds.width > same.wall_seconds.width
        assert answer.rows


def test_a_release_of_the_same_family_is_measured_with_a_wider_band() -> None:
    fits = load_fits()
    exact, near = predict(CLASSIC, C5, fits), predict(changed(CLASSIC, version="12.9.3"), C5, fits)
    assert near.label == MEASURED
    assert near.wall_seconds is not None
    assert exact.wall_seconds is not None
    assert near.wall_seconds.width > exact.wall_seconds.width
    assert "another release" in near.why


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "machine", "reason"),
    [
        (CLASSIC, C8G, "no machine with AWS arm64"),
        (CLASSIC, C6A, "one machine with AMD"),
        (Question("gchp", "fullchem", "c48"), HPC7A, "AMD"),
        (changed(CLASSIC, grid="0.25x0.3125-nested-NA"), C5, "anecdotes"),
        (Question("gchp", "fullchem", "c60-stretched-3.6"), C5N, "anecdotes"),
        (changed(CLASSIC, simulation="tomas"), C5, "nobody has published a usable timing of the tomas"),
        (changed(CLASSIC, simulation="ch4"), C5, "nobody has published a usable timing of the ch4"),
        (Question("gchp", "fullchem", "c360", nodes=8), C5N, "c360"),
        (Question("gchp", "fullchem", "c180", nodes=64), C5N, "more than 1152 cores"),
        (Question("gchp", "fullchem", "c180", nodes=16, network="tcp"), C5N, "TCP"),
        (changed(CLASSIC, cores=19), C5, "19 cores on one node with 18 each"),
        (CLASSIC, Machine("mystery", "x86_64", "", 24), "the CPU is not known"),
        (CLASSIC, Machine("mystery", "x86_64", "Intel Xeon (Skylake)", 0), "how many cores"),
        (changed(CLASSIC, days=0), C5, "days is 0"),
        (changed(CLASSIC, days=math.nan), C5, "days is nan"),
        (changed(CLASSIC, grid="4x6"), C5, "did you mean 4x5"),
        (changed(CLASSIC, threads_per_core=3), C5, "1 or 2 was expected"),
        (changed(CLASSIC, network="wet string"), C5, "one of efa, tcp, infiniband"),
    ],
)
def test_what_is_refused_and_why(question: Question, machine: Machine, reason: str) -> None:
    answer = predict(question, machine, load_fits())
    assert answer.label == NO_FIGURE
    assert reason in answer.refused
    assert answer.wall_seconds is None
    assert answer.sim_days_per_day is None


def test_a_refusal_points_at_the_anecdotes_there_are() -> None:
    answer = predict(changed(CLASSIC, grid="0.25x0.3125-nested-NA"), C5, load_fits())
    rows = [r for r in load() if r.row in answer.rows]
    assert len(rows) >= 3
    assert all(r.grid.startswith("0.25x0.3125") and r.shown_only for r in rows)


def test_the_conflicting_reports_are_told_with_their_source() -> None:
    assert "geoschem/GCHP#516" in predict(CLASSIC, C8G, load_fits()).refused
    assert "geoschem/GCHP#542" in predict(CLASSIC, C6A, load_fits()).refused


def test_a_senseless_number_of_days_does_not_spoil_later_questions() -> None:
    fits = with_runs({})
    assert predict(changed(CLASSIC, days=-1), C5, fits).refused
    assert not predict(CLASSIC, C5, fits).refused


def test_speeds_never_cross_architectures_or_makers() -> None:
    kin = {m.name: m.kin for m in known_machines().values()} | {m.name: m.kin for m in ALL}
    by_row = {r.row: r for r in load()}
    for machine in ALL:
        for grid in ("4x5", "2x2.5", "c24", "c48", "c180"):
            model = "gchp" if grid.startswith("c") else "gcclassic"
            answer = predict(Question(model, "fullchem", grid), machine, load_fits())
            if not answer.refused:
                assert {kin[by_row[row].machine] for row in answer.rows} == {machine.kin}


# --- own runs --------------------------------------------------------------------------------

ONE_DAY = changed(CLASSIC, version="14.7.1", days=1)


def test_one_own_run_answers_the_same_set_up_within_five_percent() -> None:
    answer = predict(ONE_DAY, C8G, with_runs({}))
    assert answer.label == CALIBRATED
    assert seconds(answer) == pytest.approx(300, rel=1e-6)
    assert answer.own_rows == (2,)
    assert answer.rows == ()


def test_calibrated_bands_widen_away_from_what_was_run() -> None:
    fits = with_runs({})
    widths = []
    for question in (
        ONE_DAY,
        changed(ONE_DAY, cores=48),
        changed(ONE_DAY, cores=32),
        changed(ONE_DAY, cores=32, grid="2x2.5"),
    ):
        answer = predict(question, C8G, fits)
        assert answer.label == CALIBRATED
        assert answer.wall_seconds is not None
        widths.append(answer.wall_seconds.width)
    assert widths == sorted(widths)
    assert widths[0] < widths[1] < widths[2] < widths[3]


def test_own_runs_speak_for_the_same_cpu_but_not_for_another_generation_alone() -> None:
    fits = with_runs({})
    assert predict(ONE_DAY, R8G, fits).label == EXTRAPOLATED
    assert predict(ONE_DAY, C7G, fits).label == NO_FIGURE
    both = with_runs({}, {"platform": "r8g.16xlarge"})
    assert predict(ONE_DAY, C7G, both).label == EXTRAPOLATED


def test_own_runs_win_over_published_ones_of_the_same_set_up() -> None:
    own = {
        "platform": "c5.9xlarge",
        "version": "12.1.1",
        "cores": "18",
        "cores_per_node": "18",
        "sim_days": "7",
        "wall_seconds": "5000",
        "sim_days_per_day": "",
        "notes": "A; 36 OpenMP threads on 18 physical cores",
    }
    answer = predict(CLASSIC, C5, with_runs(own))
    assert answer.label == CALIBRATED
    assert seconds(answer) == pytest.approx(5000)


def test_own_runs_elsewhere_do_not_displace_nearer_published_ones() -> None:
    fits = with_runs({"platform": "c7i.16xlarge", "cores": "32", "cores_per_node": "32"})
    question = changed(CLASSIC, version="14.7.1", cores=24)
    assert predict(question, C5_LARGE, fits).rows == predict(question, C5_LARGE, load_fits()).rows


# --- properties ------------------------------------------------------------------------------

machines = st.sampled_from([*ALL, *known_machines().values()])
versions = st.sampled_from(["", "11.1", "12.1.1", "13.4.0", "14.4.0", "14.7.1", "15.0.0"])


@st.composite
def questions(draw: st.DrawFn) -> Question:
    model = draw(st.sampled_from(["gcclassic", "gchp"]))
    grids = ["4x5", "2x2.5"] if model == "gcclassic" else ["c24", "c48", "c90", "c180"]
    cores = draw(st.integers(0, 200))
    return Question(
        model,
        "fullchem",
        draw(st.sampled_from(grids)),
        draw(versions),
        days=draw(st.floats(0.01, 36000)),
        cores=cores * 6 if model == "gchp" else cores,
        nodes=draw(st.integers(1, 40)) if model == "gchp" else 1,
        network=draw(st.sampled_from(["", "efa", "tcp"])),
        threads_per_core=draw(st.integers(0, 2)),
    )


@given(questions(), machines)
def test_bands_are_ordered_finite_and_above_zero(question: Question, machine: Machine) -> None:
    answer = predict(question, machine, load_fits())
    assert bool(answer.refused) == (answer.label == NO_FIGURE)
    for band in (answer.wall_seconds, answer.sim_days_per_day):
        assert (band is None) == bool(answer.refused)
        if band:
            assert 0 < band.low < band.likely < band.high < math.inf


@given(questions(), machines, st.floats(1.01, 10))
def test_more_days_never_take_less_time_and_never_run_slower(q: Question, machine: Machine, factor: float) -> None:
    longer = changed(q, days=min(q.days * factor, 36600.0))
    one, two = predict(q, machine, load_fits()), predict(longer, machine, load_fits())
    assert one.label == two.label
    if one.wall_seconds and two.wall_seconds and one.sim_days_per_day and two.sim_days_per_day:
        assert two.wall_seconds.likely >= one.wall_seconds.likely
        assert two.sim_days_per_day.likely >= one.sim_days_per_day.likely * (1 - 1e-9)


@given(
    st.sampled_from([C5_LARGE, C5N, C7I]), st.sampled_from(["4x5", "2x2.5", "c24", "c48", "c90"]), st.integers(1, 30)
)
def test_more_cores_of_a_machine_never_slow_a_run_down(machine: Machine, grid: str, cores: int) -> None:
    model, step = ("gchp", 6) if grid.startswith("c") else ("gcclassic", 1)
    few = cores * step
    if few + step > machine.physical_cores:
        return
    question = Question(model, "fullchem", grid, cores=few)
    one = predict(question, machine, load_fits())
    two = predict(changed(question, cores=few + step), machine, load_fits())
    assert seconds(two) <= seconds(one)


@given(questions(), machines, st.floats(1, 1e7))
def test_days_within_a_time_take_that_time(question: Question, machine: Machine, wall_seconds: float) -> None:
    found = days_within(question, machine, load_fits(), wall_seconds)
    assert (found is None) == bool(predict(question, machine, load_fits()).refused)
    if found:
        assert 0 <= found.low <= found.likely <= found.high
        if 0 < found.likely <= 36_600:
            again = predict(changed(question, days=found.likely), machine, load_fits())
            assert seconds(again) == pytest.approx(wall_seconds)


@given(questions(), machines, machines)
def test_machines_of_one_kind_have_one_answer(question: Question, one: Machine, other: Machine) -> None:
    fits = load_fits()
    twin = replace(one, name="a type that was never measured")
    assert predict(question, twin, fits) == predict(question, replace(twin, name="another"), fits)
    if machine_kind(question, one, fits) == machine_kind(question, other, fits):
        assert predict(question, one, fits) == predict(question, other, fits)


@given(questions(), machines)
def test_the_same_question_has_the_same_answer_remembered_or_not(question: Question, machine: Machine) -> None:
    remembered = predict(question, machine, load_fits())
    fresh = predict(question, machine, replace(load_fits(), memory={}))
    assert remembered == fresh


@pytest.mark.parametrize(
    ("model", "cores", "nodes", "used"),
    [("gchp", 32, 1, 30), ("gchp", 32, 3, 96), ("gchp", 4, 1, 4), ("gcclassic", 32, 1, 32)],
)
def test_default_cores(model: str, cores: int, nodes: int, used: int) -> None:
    assert default_cores(model, cores, nodes) == used

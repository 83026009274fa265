"""Logs of finished runs become rows; cut off, crashed, packed and foreign ones are told apart."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.timings import BY_NAME

from geos.benchmarks.fits import load_fits
from geos.benchmarks.fitting import with_own
from geos.benchmarks.logs import (
    CRASHED,
    DRY_RUN,
    EMPTY,
    FOREIGN,
    TRUNCATED,
    UNREADABLE,
    LogRefused,
    LogRun,
    read_lines,
    read_log,
)
from geos.benchmarks.model import CALIBRATED, Question, predict
from geos.benchmarks.table import as_csv, load

SAMPLES = Path(__file__).parent / "samples"


def sample(*names: str) -> LogRun:
    return read_log([SAMPLES / name for name in names])


def refused(text: str) -> LogRefused:
    with pytest.raises(LogRefused) as caught:
        read_lines(text.splitlines(), "run.log")
    return caught.value


def text(name: str) -> str:
    return (SAMPLES / name).read_text()


# --- what is read ----------------------------------------------------------------------------


def test_a_log_of_12_1() -> None:
    run = sample("classic-12.1.log")
    assert (run.model, run.version, run.grid, run.met) == ("gcclassic", "12.1.1", "4x5", "geosfp")
    assert (run.compiler, run.sim_days, run.wall_seconds, run.wall_by) == ("gfortran", 7.0, 4200.5, "timers")
    assert run.simulation == "fullchem"
    assert any("taken for fullchem" in doubt for doubt in run.doubts)
    assert run.timers == {"init": 20.0, "HEMCO": 1100.25, "chem": 1600.0, "gas-phase": 1200.0, "transport": 360.0}
    assert run.missing == ("machine", "cores")


def test_a_log_of_13_4_without_timers_nested_over_midnight() -> None:
    run = sample("classic-13.4.log")
    assert (run.version, run.simulation, run.met) == ("13.4.1", "ch4", "merra2")
    assert run.grid == "0.25x0.3125-nested"
    assert run.compiler == "Intel Fortran Compiler"
    assert (run.sim_days, run.wall_seconds, run.wall_by) == (31.0, 9000.0, "clock")
    assert run.doubts == ()


def test_a_log_of_14_7_that_says_where_it_ran() -> None:
    run = sample("classic-14.7.log")
    assert (run.version, run.simulation, run.grid, run.met) == ("14.7.1", "fullchem", "4x5", "merra2")
    assert (run.machine, run.cores, run.threads, run.missing) == ("c8g.16xlarge", 64, 64, ())
    assert (run.sim_days, run.wall_seconds, run.wall_by) == (1.0, 310.25, "timers")
    assert run.memory_gib_peak == 13.0
    assert run.sim_days_per_day == pytest.approx(86400 / 310.25)


def test_a_container_tells_its_own_peak_memory() -> None:
    lines = ["geos: peak_memory_mib=14336", "geos: peak_memory_mib=much", *text("classic-14.7.log").splitlines()]
    assert read_lines(lines, "run.log").memory_gib_peak == 14.0


def test_short_runs_timed_by_the_clock_alone_are_doubted() -> None:
    kept = [
        line
        for line in text("classic-14.7.log").splitlines()
        if "GEOS-Chem                     :" not in line and "Elapsed" not in line
    ]
    run = read_lines(kept, "run.log")
    assert (run.wall_seconds, run.wall_by) == (300.0, "clock")
    assert any("whole minutes" in doubt for doubt in run.doubts)


def test_time_v_is_the_second_choice() -> None:
    lines = text("classic-14.7.log").replace("  GEOS-Chem                     :", "  Something else      :")
    run = read_lines(lines.splitlines(), "run.log")
    assert (run.wall_seconds, run.wall_by) == (311.04, "time -v")


def test_a_gchp_log_with_its_profile() -> None:
    run = sample("gchp-13.log")
    assert (run.model, run.simulation, run.grid, run.cores) == ("gchp", "fullchem", "c48", 48)
    assert (run.sim_days, run.wall_seconds, run.wall_by) == (7.0, 10800.0, "timers")
    assert run.timers == {"init": 300.0, "extdata": 900.0, "chem": 5600.0, "dyn": 2900.0, "history": 160.0}
    assert run.memory_gib_peak == pytest.approx(1.28e5 / 1024)
    assert run.missing == ("machine", "version")


def test_a_log_of_gchp_12() -> None:
    run = sample("gchp-12.log")
    assert (run.model, run.grid, run.cores, run.sim_days) == ("gchp", "c180", 144, 7.0)
    assert (run.wall_seconds, run.wall_by) == (30000.0, "timers")
    assert run.timers == {"chem": 14000.0, "dyn": 5900.5, "extdata": 1242.0, "history": 561.0}


def test_a_gchp_log_without_its_profile_gives_the_run_phase() -> None:
    run = sample("gchp-14.log")
    assert (run.grid, run.cores, run.sim_days, run.start) == ("c24", 24, 1.0, "2019-07-01T12:00:00")
    assert (run.wall_seconds, run.wall_by) == (864.0, "throughput")
    row = run.row(machine="c8g.16xlarge", version="14.4.3")
    assert "run phase only" in row["notes"]


def test_a_gchp_log_and_its_allpes_log_are_one_run() -> None:
    run = sample("gchp-14.log", "gchp-14-allPEs.log")
    assert (run.wall_seconds, run.wall_by) == (960.0, "timers")
    assert run.timers == {"extdata": 60.0, "chem": 500.0, "dyn": 200.0, "history": 12.0}


def test_packed_logs_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "run.log.gz"
    path.write_bytes(gzip.compress((SAMPLES / "classic-14.7.log").read_bytes()))
    assert read_log([path]).wall_seconds == 310.25


def test_of_several_runs_in_one_file_the_last_counts() -> None:
    both = text("classic-12.1.log") + text("classic-14.7.log")
    run = read_lines(both.splitlines(), "run.log")
    assert run.version == "14.7.1"
    assert run.wall_seconds == 310.25
    assert any("several runs" in doubt for doubt in run.doubts)


# --- what is refused -------------------------------------------------------------------------


def test_empty_and_foreign_files(tmp_path: Path) -> None:
    assert refused("").kind == EMPTY
    assert refused("\n \n").kind == EMPTY
    assert refused("WRF V4.6.1 MODEL\n d01 wrf: SUCCESS COMPLETE WRF\n").kind == FOREIGN
    binary = tmp_path / "core"
    binary.write_bytes(b"\x7fELF\0\0\0")
    with pytest.raises(LogRefused, match="not a text file"):
        read_log([binary])


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.log", "no such file or directory"), (tmp_path, "name the logs in it")):
        with pytest.raises(LogRefused, match=why) as caught:
            read_log([path])
        assert caught.value.kind == UNREADABLE


def test_cut_off_logs_say_how_far_they_came() -> None:
    whole = text("classic-12.1.log")
    cut = refused(whole[: whole.index("X-HRS:    167.83")])
    assert cut.kind == TRUNCATED
    assert "2019-07-07 23:50" in cut.reason
    assert "before the first step" in refused(whole[: whole.index("---> DATE")]).reason
    assert refused(text("gchp-13.log").split(" NOT using buffer")[0]).kind == TRUNCATED


def test_crashed_logs_name_the_line() -> None:
    whole = text("classic-12.1.log")
    start = whole[: whole.index("---> DATE: 2019/07/07")]
    for words in (
        'GEOS-Chem ERROR: Error encountered in "Do_FlexChem"!',
        "GEOS-CHEM ERROR: negative concentrations",
        "forrtl: severe (174): SIGSEGV, segmentation fault occurred",
        "Program received signal SIGSEGV: Segmentation fault - invalid memory reference.",
        "slurmstepd: error: *** JOB 1 ON n1 CANCELLED DUE TO TIME LIMIT ***",
    ):
        found = refused(f"{start}{words}\n")
        assert found.kind == CRASHED
        assert words[:60] in found.reason
        assert f"line {len(start.splitlines()) + 1}" in found.reason
    gchp = text("gchp-13.log").split(" NOT using buffer")[0]
    found = refused(gchp + "pe=00006 FAIL at line=00324    MAPL_CapGridComp.F90   <something impossible happened>\n")
    assert found.kind == CRASHED


def test_an_error_before_a_good_end_does_not_matter() -> None:
    lines = text("classic-14.7.log").replace("---> DATE: 2019/07/02", "HEMCO ERROR: only a word\n---> DATE: 2019/07/02")
    assert read_lines(lines.splitlines(), "run.log").wall_seconds == 310.25


def test_dry_runs_simulate_nothing() -> None:
    lines = text("classic-14.7.log").replace(
        "---> DATE: 2019/07/01", "PHOTOLYSIS (dry-run): Opening ./FJX_spec.dat\n---> DATE: 2019/07/01"
    )
    assert refused(lines).kind == DRY_RUN


def test_a_packed_file_that_is_cut_off_or_damaged(tmp_path: Path) -> None:
    packed = gzip.compress((SAMPLES / "classic-14.7.log").read_bytes() * 50)
    cut = tmp_path / "cut.log.gz"
    cut.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(LogRefused) as caught:
        read_log([cut])
    assert caught.value.kind == TRUNCATED
    damaged = tmp_path / "damaged.log.gz"
    damaged.write_bytes(packed[:30] + bytes(50) + packed[80:])
    with pytest.raises(LogRefused) as caught:
        read_log([damaged])
    assert caught.value.kind in (UNREADABLE, TRUNCATED)


def test_a_period_that_is_none_is_refused() -> None:
    lines = text("classic-14.7.log").replace("20190702 000000", "20190701 000000")
    assert refused(lines).kind == UNREADABLE


@given(st.integers(0, 10_000))
def test_a_log_cut_anywhere_is_read_whole_or_refused(place: int) -> None:
    whole = text("classic-14.7.log")
    part = whole[: place % len(whole)]
    try:
        run = read_lines(part.splitlines(), "run.log")
    except LogRefused as e:
        assert e.kind in (EMPTY, FOREIGN, TRUNCATED)
    else:
        assert run.wall_seconds == 310.25


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(words: str) -> None:
    try:
        read_lines(words.splitlines(), "run.log")
    except LogRefused as e:
        assert e.reason


@given(st.lists(st.sampled_from(text("gchp-13.log").splitlines() + text("classic-12.1.log").splitlines())))
def test_no_mixture_of_lines_gives_a_senseless_run(lines: list[str]) -> None:
    try:
        run = read_lines(lines, "run.log")
    except LogRefused:
        return
    assert run.sim_days > 0
    assert run.wall_seconds > 0


# --- rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["classic-12.1.log"], {"machine": "c5.9xlarge", "cores": 18, "threads": 36}),
        (["classic-13.4.log"], {"machine": "c7i.16xlarge", "cores": 32}),
        (["classic-14.7.log"], {}),
        (["gchp-13.log"], {"machine": "c6i.32xlarge", "version": "13.4.1"}),
        (["gchp-14.log"], {"machine": "c7i.16xlarge", "version": "14.4.3"}),
        (["gchp-14.log", "gchp-14-allPEs.log"], {"machine": "c5n.18xlarge", "version": "14.4.3", "nodes": 1}),
    ],
)
def test_a_row_of_every_log_loads_into_the_table(names: list[str], told: dict[str, object]) -> None:
    run = sample(*names)
    (row,) = load(as_csv([run.row(**told)]).encode(), name="mine.csv", own=True)  # type: ignore[arg-type]
    assert row.fittable
    assert row.seconds_per_sim_day == pytest.approx(run.wall_seconds / run.sim_days)
    assert row.components == {k: pytest.approx(v) for k, v in run.timers.items()}
    assert row.run_phase_only == (run.wall_by == "throughput")
    if run.model == "gcclassic":
        assert row.threads == told.get("threads", run.threads or row.cores)


def test_what_the_log_does_not_tell_must_be_told() -> None:
    with pytest.raises(ValueError, match="machine, cores"):
        sample("classic-12.1.log").row()


def test_a_learnt_log_calibrates_its_machine() -> None:
    run = sample("classic-14.7.log")
    own = load(as_csv([run.row()]).encode(), name="mine.csv", own=True)
    fits = with_own(load_fits(), own, BY_NAME.get)
    question = Question("gcclassic", "fullchem", "4x5", "14.7.1", days=1)
    answer = predict(question, BY_NAME["c8g.16xlarge"], fits)
    assert answer.label == CALIBRATED
    assert answer.wall_seconds is not None
    assert answer.wall_seconds.likely == pytest.approx(310.25)

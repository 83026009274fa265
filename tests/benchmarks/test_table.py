"""The timings table: what a row says, what is refused, and how rows are found."""

from __future__ import annotations

import csv
import io

import pytest
from parts.timings import GOOD_ROW, table

from geos.benchmarks.table import COLUMNS, BadTable, as_csv, load, measured, runs_at, version_family


def test_the_shipped_table_is_whole() -> None:
    runs = load()
    assert len(runs) >= 78
    assert all(run.grade for run in runs)
    assert {run.model for run in runs} == {"gcclassic", "gchp"}


def test_a_row_becomes_a_run() -> None:
    (run,) = load(table({}), name="mine.csv", own=True)
    assert (run.row, run.cores, run.threads, run.threads_per_core) == (2, 64, 64, 1)
    assert run.seconds_per_sim_day == 300
    assert run.own
    assert run.fittable


def test_empty_numbers_are_allowed_and_never_fitted() -> None:
    empty = dict.fromkeys(("cores", "nodes", "cores_per_node", "sim_days", "wall_seconds", "sim_days_per_day"), "")
    (run,) = load(table(empty))
    assert run.cores is None
    assert run.seconds_per_sim_day is None
    assert not run.fittable


def test_notes_tell_threads_components_and_variants() -> None:
    runs = load(
        table(
            {"cores": "32", "notes": "A; 64 OpenMP threads; component s: HEMCO 345.5, chem 2007.9, gas-phase 1.5"},
            {"notes": "A-; as config A but auto-reduce KPP solver switched on"},
            {"notes": "C; 24 threads"},
            {"notes": "B; known defect; do not fit"},
        )
    )
    assert runs[0].threads_per_core == 2
    assert runs[0].components == {"HEMCO": 345.5, "chem": 2007.9, "gas-phase": 1.5}
    assert [r.variant for r in runs] == ["", "auto-reduce", "", ""]
    assert [r.fittable for r in runs] == [True, True, False, False]


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("model", "wrf", "one of gcclassic, gchp"),
        ("cores", "-8", "whole number from 1"),
        ("cores", "8.5", "whole number from 1"),
        ("cores", "99999999", "whole number from 1"),
        ("wall_seconds", "-1", "above 0"),
        ("wall_seconds", "0", "above 0"),
        ("wall_seconds", "nan", "above 0"),
        ("wall_seconds", "inf", "above 0"),
        ("wall_seconds", "1 h", "a number was expected"),
        ("sim_days_per_day", "7.0", "sim_days and wall_seconds give 288.00"),
        ("nodes", "0", "whole number"),
        ("cores_per_node", "16", None),
        ("source_title", "", "is empty"),
        ("source_locator", " ", "is empty"),
        ("source_year", "26", "a year"),
        ("notes", "fine run", "grade"),
        ("version", "latest", "a release"),
        ("platform", "", "is empty"),
    ],
)
def test_a_bad_cell_is_named_by_file_line_column_and_reason(cell: str, value: str, reason: str | None) -> None:
    with pytest.raises(BadTable) as caught:
        load(table({}, {cell: value}), name="mine.csv")
    column = "cores" if cell == "cores_per_node" else cell
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(f"mine.csv, line 3, column {column}: ")
    assert (reason or "64 on 1 nodes of 16") in caught.value.faults[0]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadTable) as caught:
        load(table({"cores": "x", "wall_seconds": "y"}, {"model": "z"}))
    assert len(caught.value.faults) == 3


def test_unknown_machines_are_a_fault_where_that_is_asked() -> None:
    assert load(table({}), known_machine=lambda name: name == "c8g.16xlarge")
    with pytest.raises(BadTable, match="no table of machines"):
        load(table({"platform": "z9.large"}), known_machine=lambda name: name == "c8g.16xlarge")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no column model"),
        (b"a,b\n1,2\n", "no column model"),
        (b"\xff\xfe\x00", "not a text file"),
        (table({}) + b"one,two\n", "line 3: 2 cells; 20 were expected"),
        (table({}) + b'"never closed', "line 3"),
    ],
)
def test_files_that_are_no_such_table(data: bytes, reason: str) -> None:
    with pytest.raises(BadTable, match=reason):
        load(data, name="mine.csv")


def test_columns_may_stand_in_another_order_with_more_beside_them() -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["extra", *reversed(COLUMNS)], lineterminator="\n")
    writer.writeheader()
    writer.writerow({**GOOD_ROW, "extra": "1"})
    assert load(out.getvalue().encode())[0].machine == "c8g.16xlarge"


@pytest.mark.parametrize(
    ("version", "family"),
    [
        ("11-02 pre-release (2017)", "11"),
        ("12.1.1", "12"),
        ("12.x (Oct 2019)", "12"),
        ("13.x", "13"),
        ("14.x", "14.0-14.6"),
        ("14.4.1", "14.0-14.6"),
        ("14.7.0-alpha.1", "14.7+"),
        ("14.10.0", "14.7+"),
        ("15.0.0", "14.7+"),
        ("", ""),
    ],
)
def test_version_families(version: str, family: str) -> None:
    assert version_family(version) == family


def test_measured_finds_by_any_of_its_words_and_puts_anecdotes_last() -> None:
    found = measured(load(), model="gcclassic", simulation="fullchem", grid="4x5", version="12.9", machine="c5.9xlarge")
    assert [r.cores for r in found] == [18, 18]
    everything = measured(load(), model="gchp")
    assert [r.shown_only for r in everything] == sorted(r.shown_only for r in everything)
    assert not measured(load(), machine="c8g.16xlarge")


def test_networks_are_told_apart() -> None:
    networks = {(r.machine, r.mpi): r.network for r in load() if r.grid == "c180" and r.nodes}
    assert networks["c5n.18xlarge", "OpenMPI (TCP, no EFA)"] == "tcp"
    assert networks["c5n.18xlarge", "Intel MPI 2019.4 (EFA)"] == "efa"
    assert networks["NASA Pleiades Haswell E5-2680v3", "SGI/HPE MPT"] == "infiniband"


def test_rows_that_are_only_predicted_need_no_source_year_or_grade() -> None:
    bare = {"source_title": "", "source_locator": "", "source_year": "", "notes": "", "sim_days_per_day": "1"}
    (run,) = load(table(bare), for_fitting=False)
    assert (run.grade, run.source_year, run.machine) == ("", 0, "c8g.16xlarge")
    assert measured([run], model="gcclassic") == (run,)
    with pytest.raises(BadTable, match="column wall_seconds"):
        load(table({**bare, "wall_seconds": "-3"}), for_fitting=False)


def test_rows_named_by_a_prediction_are_found() -> None:
    assert [r.row for r in runs_at((28, 2))] == [2, 28]


def test_a_table_written_is_a_table_read() -> None:
    assert load(as_csv([GOOD_ROW, GOOD_ROW]).encode()) == load(table({}, {}))

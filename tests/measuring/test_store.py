"""The user's table: rows go in once, come out as they went in, and bad ones are named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parts.timings import GOOD_ROW

from geos.benchmarks.fits import load_fits
from geos.benchmarks.table import COLUMNS, as_csv, load
from geos.wizard.errors import BadRows, DiskRefused
from geos.wizard.measuring.store import (
    add,
    export_text,
    fingerprint_of,
    own_file,
    own_fits,
    own_runs,
    rows_in,
    with_fingerprint,
)

ROWS = st.builds(
    lambda platform, cores, seconds, days: {
        **GOOD_ROW,
        "platform": platform,
        "cores": str(cores),
        "sim_days": f"{days}",
        "wall_seconds": f"{seconds}",
        "sim_days_per_day": f"{days * 86400 / seconds:.6g}",
        "notes": f"A; {cores} OpenMP threads on {cores} physical cores",
    },
    st.sampled_from(["c8g.16xlarge", "c7i.16xlarge", "c5.9xlarge"]),
    st.integers(1, 16),
    st.integers(60, 100_000),
    st.integers(1, 400),
)


@given(st.lists(ROWS, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_rows_are_stored_once_and_come_back(rows: list[dict[str, str]]) -> None:
    own_file().unlink(missing_ok=True)
    first = add(rows)
    distinct = list({tuple(row.items()): row for row in rows}.values())
    assert len(first.stored) == len(distinct)
    assert len(first.known_already) == len(rows) - len(distinct)
    again = add(rows)
    assert not again.stored
    assert len(again.known_already) == len(rows)
    assert rows_in(export_text(), "export") == distinct if rows else export_text() == ""
    assert [run.wall_seconds for run in own_runs()] == [float(row["wall_seconds"]) for row in distinct]
    assert all(run.own for run in own_runs())


def test_what_is_exported_is_what_the_shipped_table_takes() -> None:
    add([{**GOOD_ROW, "notes": f"{GOOD_ROW['notes']}; component s: HEMCO 45.5, chem 150; log 0123456789ab"}])
    text = export_text("Lee, Some University")
    assert text.splitlines()[0].split(",") == list(COLUMNS)
    (run,) = load(text.encode(), name="theirs.csv")
    assert run.source_title == "Lee, Some University"
    assert run.components == {"HEMCO": 45.5, "chem": 150.0}
    assert fingerprint_of(run.notes) == "0123456789ab"
    add([{**GOOD_ROW, "wall_seconds": "400", "sim_days_per_day": "216", "source_title": "Kim et al."}])
    titles = [row["source_title"] for row in rows_in(export_text("Lee"), "export")]
    assert titles == ["Lee", "Kim et al."]


def test_the_same_log_under_another_name_is_one_run() -> None:
    row = with_fingerprint(GOOD_ROW, "0123456789ab")
    assert len(add([row]).stored) == 1
    found = add([{**row, "source_locator": "renamed.log", "version": "14.7.2"}])
    assert not found.stored
    assert len(found.known_already) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cores": "many"}, "column cores"),
        ({"wall_seconds": "-3"}, "column wall_seconds"),
        ({"wall_seconds": "nan"}, "column wall_seconds"),
        ({"platform": "c99.huge"}, "column platform"),
        ({"notes": "no grade"}, "column notes"),
        ({"source_title": ""}, "column source_title"),
        ({"sim_days_per_day": "5"}, "column sim_days_per_day"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadRows) as caught:
        add([GOOD_ROW, {**GOOD_ROW, **change}])
    (fault,) = caught.value.faults
    assert "line 3" in fault
    assert words in fault
    assert own_runs() == ()


def test_a_table_that_was_spoilt_by_hand_is_refused_with_its_line() -> None:
    add([GOOD_ROW])
    own_file().write_text(own_file().read_text() + "gcclassic,what\n")
    for use in (own_runs, own_fits, export_text, lambda: add([GOOD_ROW])):
        with pytest.raises(BadRows, match=r"runs\.csv, line 3: 2 cells; 20 were expected"):
            use()


def test_a_table_that_is_no_text_is_refused() -> None:
    add([GOOD_ROW])
    own_file().write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DiskRefused, match="UTF-8"):
        own_runs()


def test_without_own_runs_the_fits_are_the_shipped_ones() -> None:
    assert own_fits() is load_fits()
    add([with_fingerprint(GOOD_ROW, "0123456789ab")])
    assert any(series.own for series in own_fits().series)
    assert own_fits(without="0123456789ab") is load_fits()


def test_a_table_with_foreign_columns_is_told_by_its_head() -> None:
    with pytest.raises(BadRows, match="line 1: no column"):
        rows_in("a,b\n1,2\n", "x.csv")
    assert rows_in(as_csv([GOOD_ROW]), "x.csv") == [GOOD_ROW]


def test_a_table_whose_columns_a_spreadsheet_has_moved_still_takes_rows() -> None:
    add([GOOD_ROW])
    moved = [",".join(reversed(line.split(","))) for line in own_file().read_text().splitlines()]
    own_file().write_text("\ufeff" + "\r\n".join(moved))
    add([{**GOOD_ROW, "wall_seconds": "400", "sim_days_per_day": "216"}])
    assert [run.wall_seconds for run in own_runs()] == [300, 400]


def test_runs_that_are_learnt_at_the_same_time_are_all_kept() -> None:
    rows = [{**GOOD_ROW, "wall_seconds": str(n), "sim_days_per_day": f"{86400 / n:.8g}"} for n in range(100, 112)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda row: add([row]), rows))
    assert sorted(run.wall_seconds or 0 for run in own_runs()) == list(range(100, 112))


def test_a_folder_that_cannot_be_written_is_told() -> None:
    own_file().parent.parent.mkdir(parents=True, exist_ok=True)
    own_file().parent.write_text("in the way")
    with pytest.raises(DiskRefused):
        add([GOOD_ROW])

"""How good the predictions are, by rows that the fits have not seen; the bars are those of the README."""

from __future__ import annotations

import json

import pytest
from parts.timings import BY_NAME, table

from geos.benchmarks.accuracy import (
    SCHEMA,
    Checked,
    accuracy,
    by_source,
    left_out,
    left_out_points,
    report,
    summarise,
)
from geos.benchmarks.model import EXTRAPOLATED, INTERPOLATED, MEASURED, NO_FIGURE
from geos.benchmarks.table import load


@pytest.fixture(scope="module")
def machines_left_out() -> tuple[Checked, ...]:
    return left_out()


@pytest.fixture(scope="module")
def points_left_out() -> tuple[Checked, ...]:
    return left_out_points()


def test_interpolations_hold_their_bars(points_left_out: tuple[Checked, ...]) -> None:
    found = summarise(points_left_out)[INTERPOLATED]
    assert found.predicted >= 6
    assert found.median_error_percent is not None
    assert found.median_error_percent <= 8
    assert found.worst_error_percent is not None
    assert found.worst_error_percent <= 15
    assert found.inside_band is not None
    assert found.inside_band >= 0.9
    assert found.median_band_width is not None
    assert found.median_band_width <= 1.35


def test_predictions_beyond_the_measured_cores_hold_their_bars(points_left_out: tuple[Checked, ...]) -> None:
    found = summarise(points_left_out)[EXTRAPOLATED]
    assert found.inside_band is not None
    assert found.inside_band >= 0.9
    assert found.median_band_width is not None
    assert found.median_band_width <= 2.7


def test_unseen_machines_hold_their_bars(machines_left_out: tuple[Checked, ...]) -> None:
    found = summarise(machines_left_out)[EXTRAPOLATED]
    assert found.predicted >= 40
    assert found.inside_band is not None
    assert found.inside_band >= 0.9
    assert found.median_band_width is not None
    assert found.median_band_width <= 2.7
    assert found.median_error_percent is not None
    assert found.median_error_percent <= 15


def test_unseen_sources_hold_their_bars() -> None:
    """Another source is another version family as well, so that these bands are wider (README)."""
    found = summarise(left_out(key=by_source))[EXTRAPOLATED]
    assert found.predicted >= 40
    assert found.inside_band is not None
    assert found.inside_band >= 0.9
    assert found.median_band_width is not None
    assert found.median_band_width <= 2.7
    assert found.worst_error_percent is not None
    assert found.worst_error_percent <= 50


def test_no_answer_for_a_left_out_machine_is_called_measured(machines_left_out: tuple[Checked, ...]) -> None:
    assert {c.label for c in machines_left_out} <= {EXTRAPOLATED, NO_FIGURE}
    assert all(c.refused for c in machines_left_out if c.label == NO_FIGURE)


def test_rows_that_were_seen_come_back_measured() -> None:
    checked = accuracy()
    assert len(checked) == len(load())
    for c in checked:
        if c.run.fittable:
            assert c.label == MEASURED
            assert c.inside_band


def test_the_report_has_the_promised_shape() -> None:
    body = json.loads(json.dumps(report(accuracy())))
    assert body["schema"] == SCHEMA
    keys = {"row", "label", "wall_seconds", "measured_wall_seconds", "error_percent", "inside_band", "refused"}
    assert all(set(row) == keys for row in body["rows"])
    assert [row["row"] for row in body["rows"]] == [r.row for r in load()]
    for row in body["rows"]:
        assert (row["wall_seconds"] is None) == bool(row["refused"])
        if row["wall_seconds"]:
            assert set(row["wall_seconds"]) == {"low", "likely", "high"}
    assert body["summary"]["all"]["rows"] == len(load())


EMPTY = dict.fromkeys(("nodes", "cores_per_node", "sim_days_per_day", "memory_gb_peak"), "")
PUBLISHED = {"platform": "c5.9xlarge", "version": "12.1.1", "cores": "18", "sim_days": "7", "met": "geosfp", **EMPTY}


@pytest.mark.parametrize(
    ("row", "label", "reason"),
    [
        ({**PUBLISHED, "wall_seconds": "4100", "notes": "A; 36 OpenMP threads"}, MEASURED, ""),
        ({**PUBLISHED, "wall_seconds": "", "notes": "A; 36 OpenMP threads"}, MEASURED, ""),
        ({**PUBLISHED, "wall_seconds": "4700", "notes": "A; 18 OpenMP threads"}, EXTRAPOLATED, ""),
        ({**PUBLISHED, "cores": ""}, NO_FIGURE, "how many cores"),
        ({**PUBLISHED, "sim_days": ""}, NO_FIGURE, "how many days"),
        ({**PUBLISHED, "platform": "a cluster of ours"}, NO_FIGURE, "nothing is known of the machine"),
        ({**PUBLISHED, "resolution": "0.25x0.3125-nested-NA"}, NO_FIGURE, "anecdotes"),
        ({**PUBLISHED, "simulation": "tomas"}, NO_FIGURE, "tomas"),
        ({**PUBLISHED, "resolution": "9x9"}, NO_FIGURE, "grid is"),
        ({"platform": "c8g.16xlarge"}, NO_FIGURE, "arm64"),
        ({"platform": "c7i.16xlarge", "cores": "32", "cores_per_node": "32"}, EXTRAPOLATED, ""),
        ({"platform": "NASA Pleiades Haswell E5-2680v3", "cores": "24", "cores_per_node": "24"}, EXTRAPOLATED, ""),
    ],
)
def test_rows_never_seen_are_predicted_or_refused(row: dict[str, str], label: str, reason: str) -> None:
    full = {"sim_days_per_day": "", **row}
    (checked,) = accuracy(load(table(full), name="theirs.csv"), find_machine=BY_NAME.get)
    assert checked.label == label
    assert reason in checked.refused
    assert bool(checked.refused) == (checked.wall_seconds is None)
    if not row.get("wall_seconds", "300"):
        assert checked.error_percent is None
        assert checked.inside_band is None


def test_a_retired_type_is_known_by_its_scores() -> None:
    row = {
        **PUBLISHED,
        "platform": "c4.8xlarge",
        "wall_seconds": "",
        "sim_days_per_day": "",
        "notes": "A; 36 OpenMP threads on 18 physical cores",
    }
    (checked,) = accuracy(load(table(row), name="theirs.csv"), find_machine=BY_NAME.get)
    assert checked.label == EXTRAPOLATED


@pytest.mark.parametrize(
    ("cell", "reason"),
    [({"model": "wrf"}, "model is"), ({"version": "latest"}, "version is"), ({"simulation": ""}, "simulation is")],
)
def test_words_that_mean_nothing_refuse_one_row_and_not_the_file(cell: dict[str, str], reason: str) -> None:
    unsourced = {"source_title": "", "source_year": "", "notes": ""}
    rows = load(table({**PUBLISHED, **unsourced, **cell}, PUBLISHED), name="theirs.csv", for_fitting=False)
    strange, sound = accuracy(rows, find_machine=BY_NAME.get)
    assert reason in strange.refused
    assert sound.wall_seconds

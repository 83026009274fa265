"""The table of published timings: every row checked, every bad row named."""

from __future__ import annotations

from importlib.resources import files

import pytest

from geos.benchmarks.table import Run, load, matching, runs, version_family
from geos.wizard.errors import BadTimings

TEXT = files("geos.benchmarks").joinpath("tables", "geoschem_timings.csv").read_text(encoding="utf-8")


def test_the_shipped_table_loads_whole() -> None:
    found = runs()
    assert len(found) == 78
    assert {r.grade for r in found} == {"A", "A-", "B", "B-", "C"}
    assert all(r.source_title and r.source_locator and r.source_year for r in found)


def test_grade_c_and_faulty_runs_are_kept_and_not_usable() -> None:
    vague = [r for r in runs() if r.grade == "C"]
    assert vague
    assert not any(r.usable for r in vague)
    assert not any(r.usable for r in runs() if "do not fit" in r.notes)
    assert not any(r.usable for r in runs() if r.cores is None)


def test_threads_are_read_from_the_notes() -> None:
    rows = [r for r in matching("gcclassic", "fullchem", "4x5") if r.platform == "c5.4xlarge"]
    assert {r.threads for r in rows} == {8, 16}
    assert {r.cores for r in rows} == {8}


@pytest.mark.parametrize(
    ("version", "family"),
    [
        ("12.1.1", "12"),
        ("13.x", "13"),
        ("14.4.1", "14.0-14.6"),
        ("14.7.1", "14.7+"),
        ("14.8.0-alpha.20", "14.7+"),
        ("14.7", "14.7+"),
        ("14.x", ""),
        ("", ""),
    ],
)
def test_version_families(version: str, family: str) -> None:
    assert version_family(version) == family


def test_matching_narrows_by_version_family() -> None:
    every = matching("gcclassic", "fullchem", "4x5")
    new = matching("gcclassic", "fullchem", "4x5", "14.7.2")
    assert set(new) < set(every)
    assert {r.version_family for r in new} == {"14.7+"}
    assert matching("gcclassic", "fullchem", "5x5") == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("gcclassic,12.1.1,", "gcclasic,12.1.1,", 'column model: is "gcclasic"'),
        (",c5.4xlarge,", ",c5.5xlarge,", '"c5.5xlarge" is not a known instance type'),
        (",105.28,", ",10528,", "are 105.3"),
        (",105.28,", ",-105.28,", "a number above 0 was expected"),
        (",5744.829,", ",1.6 h,", "a number above 0 was expected"),
        ('"A; first run; 16 OpenMP', '"first run; 16 OpenMP', "does not begin with a grade"),
        ("model,version", "model,release", "the columns must be"),
    ],
)
def test_a_bad_row_refuses_to_load_and_is_named(old: str, new: str, expected: str) -> None:
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    with pytest.raises(BadTimings) as refused:
        load(changed, "mine.csv")
    assert refused.value.code == "GEOS-R001"
    assert any(f.startswith("mine.csv, line ") and expected in f for f in refused.value.faults)


def test_all_faults_are_told_at_once() -> None:
    changed = TEXT.replace(",105.28,", ",-1,", 1).replace("gchp,12.3.2,", "gchp2,12.3.2,", 1)
    with pytest.raises(BadTimings) as refused:
        load(changed, "mine.csv")
    assert len(refused.value.faults) == 2


def test_only_x86_types_were_measured_in_a_usable_way() -> None:
    """Nobody has published a usable Graviton figure; a row that says otherwise needs a second source first."""
    from geos.wizard.tables.instances import instance

    used: set[Run] = {r for r in runs() if r.usable and r.on_ec2}
    machines = [instance(r.platform) for r in used]
    assert all(m is None or m.architecture == "x86_64" for m in machines)

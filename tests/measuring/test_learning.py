"""From log files to rows: files of one run, what must be told, contradictions, comparison."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from geos.benchmarks.fits import load_fits
from geos.benchmarks.logs import fingerprint
from geos.wizard.measuring.deviation import compare
from geos.wizard.measuring.learning import (
    Told,
    Understood,
    faults,
    known_as,
    row_of,
    run_of,
    together,
    understand,
)
from geos.wizard.measuring.store import add, own_fits, own_runs

SAMPLES = Path(__file__).parents[1] / "benchmarks" / "samples"
LOG = SAMPLES / "classic-14.7.log"


def one(name: str, **told: object) -> Understood:
    (found,), refused = understand([SAMPLES / name])
    assert not refused
    return Understood(found.paths, found.run, found.fingerprint, Told(**told))  # type: ignore[arg-type]


def test_an_allpes_log_goes_with_the_log_beside_it() -> None:
    runs = [Path("a/gchp.log"), Path("a/allPEs.log"), Path("b/run.log"), Path("b/run2.log"), Path("a/gchp.log")]
    assert together(runs) == [
        (Path("a/gchp.log"), Path("a/allPEs.log")),
        (Path("b/run.log"),),
        (Path("b/run2.log"),),
    ]
    assert together([Path("allPEs.log")]) == [(Path("allPEs.log"),)]
    two = [Path("one.log"), Path("two.log"), Path("allPEs.log")]
    assert len(together(two)) == 3


def test_files_that_hold_a_run_and_files_that_do_not(tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    found, refused = understand([LOG, empty, tmp_path / "none.log"])
    assert [run.name for run in found] == ["classic-14.7.log"]
    assert [(r.name, r.kind) for r in refused] == [("empty.log", "empty"), ("none.log", "unreadable")]


def test_files_that_are_said_to_be_one_run() -> None:
    paths = [SAMPLES / "gchp-14.log", SAMPLES / "gchp-14-allPEs.log"]
    (found,), _ = understand(paths, one_run=True)
    assert found.run.wall_by == "timers"


def test_a_packed_log_is_the_same_log(tmp_path: Path) -> None:
    packed = tmp_path / "other name.gz"
    packed.write_bytes(gzip.compress(LOG.read_bytes()))
    assert fingerprint([packed]) == fingerprint([LOG])
    add([row_of(one("classic-14.7.log"))])
    (again,), _ = understand([packed])
    assert known_as(again, own_runs()) is not None


def test_the_log_wins_over_what_is_told_and_the_contradiction_is_shown() -> None:
    found = one("classic-14.7.log", machine="c5.9xlarge", cores=18)
    assert (found.machine, found.cores) == ("c8g.16xlarge", 64)
    assert any("c5.9xlarge that you told is not used" in doubt for doubt in found.doubts)
    assert any("18 that you told are not used" in doubt for doubt in found.doubts)


def test_cores_follow_from_threads_on_a_known_machine() -> None:
    assert one("classic-12.1.log").missing == ("machine", "cores")
    assert one("classic-12.1.log", machine="c5.9xlarge").missing == ("cores",)
    assert one("classic-12.1.log", machine="c5.9xlarge", threads=36).cores == 18
    assert one("classic-12.1.log", machine="c5.9xlarge", threads=9).cores == 9


def test_threads_that_nobody_tells_are_doubted_where_cores_have_two() -> None:
    assert any("one a core is assumed" in d for d in one("classic-12.1.log", machine="c5.9xlarge", cores=18).doubts)
    told = one("classic-12.1.log", machine="c5.9xlarge", cores=18, threads=36)
    assert not any("one a core" in d for d in told.doubts)


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("classic-12.1.log", {"machine": "c99.huge", "cores": 8}, "no instance type"),
        ("classic-12.1.log", {"machine": "c5.9xlarge", "cores": 64}, "has 18 each"),
        ("gchp-14.log", {"machine": "c5.4xlarge"}, "has 8 each"),
        ("gchp-14.log", {"machine": "c5n.18xlarge", "version": "next"}, "version is"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, told: dict[str, object], words: str) -> None:
    assert any(words in fault for fault in faults(one(name, **told)))


def test_nothing_is_wrong_with_a_good_run() -> None:
    assert faults(one("classic-14.7.log")) == []
    assert faults(one("gchp-13.log", machine="c6i.32xlarge", version="13.4.1")) == []


# --- beside what was expected ------------------------------------------------------------------


def changed(seconds: float) -> Understood:
    found = one("classic-14.7.log")
    text = LOG.read_text().replace("310.250", f"{seconds:.3f}")
    from geos.benchmarks.logs import read_lines

    return Understood(found.paths, read_lines(text.splitlines(), "again.log"), "f" * 12)


@pytest.mark.parametrize(
    ("seconds", "within"),
    [(310.25, True), (325.7, True), (325.8, False), (294.8, True), (294.7, False), (620.5, False)],
)
def test_a_repeat_deviates_from_five_percent_on(seconds: float, within: bool) -> None:
    add([row_of(one("classic-14.7.log"))])
    found = compare(run_of(row_of(changed(seconds))), own_fits())
    assert found.stored
    assert found.percent == pytest.approx((seconds / 310.25 - 1) * 100)
    assert found.within is within


def test_a_run_is_never_compared_with_itself() -> None:
    found = one("classic-14.7.log")
    add([row_of(found)])
    alone = compare(run_of(row_of(found)), own_fits(without=found.fingerprint))
    assert not alone.known
    assert alone.within is None


def test_without_own_runs_the_published_ones_are_the_standard() -> None:
    found = one("classic-12.1.log", machine="c5.9xlarge", cores=18, threads=36)
    beside = compare(run_of(row_of(found)), load_fits())
    assert beside.stored
    assert beside.expected.label == "MEASURED"
    assert beside.within
    carried = compare(run_of(row_of(one("classic-12.1.log", machine="c5.9xlarge", cores=9, threads=18))), load_fits())
    assert not carried.stored
    assert carried.expected.label == "EXTRAPOLATED"

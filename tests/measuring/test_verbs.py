"""accuracy, learn, check, calibrate, export and import, as somebody types them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
import yaml
from fakes.ui import CTRL_C, TAKE, ScriptedUi
from parts.commands import Geos, typed
from parts.timings import GOOD_ROW, table

from geos.benchmarks.table import COLUMNS
from geos.wizard.cli.recommend import main
from geos.wizard.measuring.store import own_file, own_runs

SAMPLES = Path(__file__).parents[1] / "benchmarks" / "samples"
LOG = str(SAMPLES / "classic-14.7.log")
OLD_LOG = str(SAMPLES / "classic-12.1.log")
WHERE = ("--instance", "c5.9xlarge", "--cores", "18", "--threads", "36")


@pytest.fixture
def geos(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Geos:
    """Run a command in this process, in an empty folder; with `ui`, somebody answers."""
    monkeypatch.chdir(tmp_path)
    return typed(main, capsys)


# --- accuracy ----------------------------------------------------------------------------------


def test_accuracy_tells_every_bar_and_every_row(geos: Geos) -> None:
    done = geos("accuracy")
    assert done.code == 0
    assert done.out.startswith("Without having seen the machine")
    assert done.out.count("✓ ok") == 4
    assert all(len(line) <= 80 for line in done.out.splitlines())
    body = geos("accuracy", "-o", "json").data
    assert set(body["left_out"]) == {"cores", "machine", "source"}
    assert len(body["left_out"]["machine"]["rows"]) == 57
    assert body["schema"] == "geos-accuracy-1"


def test_accuracy_of_rows_never_seen_in_every_form(geos: Geos, tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    bare = dict.fromkeys(COLUMNS, "")
    told = {"model": "gcclassic", "simulation": "fullchem", "resolution": "4x5", "version": "14.7.1"}
    path.write_bytes(
        table(
            {**bare, **told, "platform": "c5.9xlarge", "cores": "18", "sim_days": "7", "wall_seconds": "3600"},
            {**bare, **told, "platform": "c8g.16xlarge", "cores": "64", "sim_days": "7"},
            {**bare, **told, "platform": "a cluster of ours", "cores": "64", "sim_days": "7"},
            {**bare, **told, "platform": "NASA Pleiades Haswell E5-2680v3", "cores": "24", "sim_days": "7"},
            {**bare, **told, "platform": "m6i.16xlarge"},
        )
    )
    body = geos("accuracy", "--rows", str(path), "-o", "json").data
    assert [row["row"] for row in body["rows"]] == [2, 3, 4, 5, 6]
    assert [bool(row["refused"]) for row in body["rows"]] == [False, True, True, False, True]
    first = body["rows"][0]
    assert set(first) == {
        "row", "label", "wall_seconds", "measured_wall_seconds", "error_percent", "inside_band", "refused"
    }  # fmt: skip
    assert set(first["wall_seconds"]) == {"low", "likely", "high"}
    assert body["rows"][3]["error_percent"] is None
    assert body["summary"]["all"]["refused"] == 3
    assert yaml.safe_load(geos("accuracy", "--rows", str(path), "-o", "yaml").out) == body
    rows = list(csv.DictReader(io.StringIO(geos("accuracy", "--rows", str(path), "-o", "csv").out)))
    assert float(rows[0]["wall_seconds.likely"]) == pytest.approx(first["wall_seconds"]["likely"])
    shown = geos("accuracy", "--rows", str(path))
    assert "2 of 5 rows predicted" in shown.out
    assert "1 × nothing is known of the machine a cluster of ours" in " ".join(shown.out.split())


def test_rows_that_make_no_sense_name_line_and_column(geos: Geos, tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_bytes(table({"wall_seconds": "-1"}, {"cores": "many"}))
    done = geos("accuracy", "--rows", str(path))
    assert done.code == 2
    assert "theirs.csv, line 2, column wall_seconds" in done.err
    assert "theirs.csv, line 3, column cores" in done.err
    assert geos("accuracy", "--rows", str(tmp_path / "none.csv")).code == 2


def test_accuracy_as_a_picture(geos: Geos, tmp_path: Path) -> None:
    assert geos("accuracy", "--save-plot", "errors.svg").code == 0
    assert (tmp_path / "errors.svg").read_text().startswith("<svg")
    assert geos("accuracy", "--save-plot", "errors.gif").code == 2
    assert "Measured wall time" in geos("accuracy", "--plot").out


# --- learn -------------------------------------------------------------------------------------


def test_learning_shows_asks_and_stores(geos: Geos) -> None:
    ui = ScriptedUi(answers={"confirm": True})
    assert geos("learn", LOG, ui=ui).code == 0
    said = "".join(ui.said)
    for words in ("gcclassic 14.7.1 fullchem 4x5, merra2", "c8g.16xlarge, 64 cores", "5 m 10 s", "13.0 GiB"):
        assert words in said
    assert ui.confirmed == ["Store this run?"]
    assert "CALIBRATED now: c8g.16xlarge" in "".join(ui.shown)
    (run,) = own_runs()
    assert (run.machine, run.cores, run.wall_seconds, run.memory_gb_peak) == ("c8g.16xlarge", 64, 310.25, 13.96)


def test_a_no_and_a_ctrl_c_store_nothing(geos: Geos) -> None:
    assert geos("learn", LOG, ui=ScriptedUi(answers={"confirm": False})).code == 130
    assert geos("learn", LOG, ui=ScriptedUi(answers={"confirm": CTRL_C})).code == 130
    assert not own_file().exists()


def test_the_same_log_twice_is_noticed(geos: Geos, tmp_path: Path) -> None:
    copy = tmp_path / "copy.log"
    shutil.copy(LOG, copy)
    assert geos("learn", LOG, str(copy), "--yes").code == 0
    assert len(own_runs()) == 1
    again = geos("learn", str(copy), "--yes", "-o", "json")
    assert again.code == 0
    assert again.data == {"schema": "geos-learn-1", "stored": [], "known_already": ["copy.log"], "refused": []}


def test_what_the_log_does_not_tell_is_asked_with_a_good_default(geos: Geos) -> None:
    ui = ScriptedUi(answers={"machine": "c5.9xlarge", "cores": TAKE, "threads": TAKE, "confirm": True})
    assert geos("learn", OLD_LOG, ui=ui).code == 0
    assert [question.key for question in ui.asked] == ["machine", "cores", "threads"]
    assert ui.asked[0].check("c5.9xlagre")
    assert ui.asked[1].default == "18"
    assert (own_runs()[0].cores, own_runs()[0].threads) == (18, 36)


def test_without_a_terminal_the_flags_that_are_missing_are_named(geos: Geos) -> None:
    done = geos("learn", OLD_LOG)
    assert done.code == 2
    assert "does not tell machine and cores" in done.err
    assert "--instance … --cores …" in " ".join(done.err.split())  # a long path wraps the line
    assert geos("learn", OLD_LOG, *WHERE, "--yes").code == 0
    assert geos("learn", LOG).code == 2  # nobody agrees


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--instance", "c5.9xlarge", "--cores", "zero"), "--cores"),
        (("--instance", "c5.9xlarge", "--cores", "0"), "--cores"),
        (("--instance", "c5.9xlarge,c4.large", "--cores", "2"), "several types"),
        (("--instance", "c99.huge", "--cores", "2"), "no instance type"),
        (("--instance", "c5.9xlarge", "--cores", "36"), "has 18 each"),
    ],
)
def test_senseless_words_are_refused(geos: Geos, flags: tuple[str, ...], words: str) -> None:
    done = geos("learn", OLD_LOG, *flags, "--yes")
    assert done.code == 2
    assert words in done.err
    assert not own_file().exists()


def test_files_of_no_use_are_told_and_the_others_taken(geos: Geos, tmp_path: Path) -> None:
    cut = tmp_path / "cut.log"
    cut.write_text("\n".join(Path(LOG).read_text().splitlines()[:20]))
    done = geos("learn", LOG, str(cut), "--yes")
    assert done.code == 1
    assert "cut.log: truncated" in done.err
    assert len(own_runs()) == 1
    alone = geos("learn", str(cut), "-o", "json")
    assert alone.code == 2
    assert alone.data["error"]["code"] == "GEOS-R031"


# --- check -------------------------------------------------------------------------------------


def faster(tmp_path: Path, seconds: float) -> str:
    path = tmp_path / f"{seconds}.log"
    path.write_text(Path(LOG).read_text().replace("310.250", f"{seconds:.3f}"))
    return str(path)


def test_check_says_no_from_the_tolerance_on(geos: Geos, tmp_path: Path) -> None:
    assert geos("learn", LOG, "--yes").code == 0
    assert geos("check", faster(tmp_path, 320.0)).code == 0
    off = geos("check", faster(tmp_path, 330.0))
    assert off.code == 3
    assert "deviates by 5 % or more" in off.out
    assert "+6.4 %" in off.out
    assert geos("check", faster(tmp_path, 330.0), "--tolerance", "10%").code == 0
    assert geos("check", faster(tmp_path, 290.0)).code == 3
    assert geos("check", faster(tmp_path, 290.0), "--tolerance", "some").code == 2


def test_check_with_nothing_to_compare_with_could_not_check(geos: Geos) -> None:
    done = geos("check", LOG, "-o", "json")
    assert done.code == 4
    assert done.data["runs"][0]["refused"]
    assert geos("learn", LOG, "--yes").code == 0
    assert geos("check", LOG).code == 4  # the run itself is no standard


def test_check_against_published_runs(geos: Geos) -> None:
    done = geos("check", OLD_LOG, *WHERE, "-o", "json")
    assert done.code == 0
    (run,) = done.data["runs"]
    assert run["label"] == "MEASURED"
    assert run["within_tolerance"]


# --- export and import -------------------------------------------------------------------------


def test_runs_go_out_and_come_in_again(geos: Geos, tmp_path: Path) -> None:
    assert geos("export").code == 2
    assert geos("learn", LOG, "--yes").code == 0
    assert geos("export", "mine.csv", "--title", "Lee").code == 0
    text = (tmp_path / "mine.csv").read_text()
    assert geos("export", "--title", "Lee").out == text
    own_file().unlink()
    assert geos("import", "mine.csv", ui=ScriptedUi(answers={"confirm": False})).code == 130
    assert geos("import", "mine.csv", "--yes").code == 0
    assert own_runs()[0].source_title == "Lee"
    again = geos("import", "mine.csv", "-o", "json")
    assert again.data == {"schema": "geos-import-1", "stored": 0, "known_already": 1}


def test_an_import_with_one_bad_row_stores_nothing(geos: Geos, tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_bytes(table(GOOD_ROW, {"platform": "c99.huge"}, {"sim_days": "x"}))
    done = geos("import", "theirs.csv", "--yes")
    assert done.code == 2
    assert "theirs.csv, line 3, column platform" in done.err
    assert "theirs.csv, line 4, column sim_days" in done.err
    assert not own_file().exists()
    assert geos("import", "none.csv").code == 2


def test_a_spoilt_own_table_is_named_with_its_line(geos: Geos) -> None:
    assert geos("learn", LOG, "--yes").code == 0
    own_file().write_text(own_file().read_text().replace(",64,64,", ",many,64,"))
    for argv in (
        ["check", LOG],
        ["learn", OLD_LOG, *WHERE, "--yes"],
        ["export"],
        ["calibrate", "--instance", "c7i.large"],
    ):
        done = geos(*argv)
        assert done.code == 2
        assert "runs.csv, line 2, column cores" in done.err


# --- calibrate ---------------------------------------------------------------------------------


def test_calibrating_prices_agrees_and_writes_requests(geos: Geos, tmp_path: Path) -> None:
    ui = ScriptedUi(answers={"confirm": True})
    assert geos("calibrate", "--instance", "c8g.16xlarge,c7i.16xlarge", ui=ui).code == 0
    assert "at most" in "".join(ui.said)
    assert "Nothing was submitted" in "".join(ui.shown)
    found = sorted((tmp_path / "geos-out" / "calibration").glob("*.json"))
    assert [path.name for path in found] == [
        "geos-calibrate-c7i-16xlarge-gcclassic-4x5.json",
        "geos-calibrate-c8g-16xlarge-gcclassic-4x5.json",
    ]
    assert json.loads(found[1].read_text())["tags"]["geos:calibrates"] == "c8g.16xlarge"
    configuration = yaml.safe_load(found[1].with_suffix(".yaml").read_text())
    assert (configuration["simulation"], configuration["grid"], configuration["threads"]) == ("fullchem", "4x5", 64)
    assert (configuration["end"] - configuration["start"]).days == 1


def test_a_no_writes_nothing(geos: Geos, tmp_path: Path) -> None:
    assert geos("calibrate", "--instance", "c8g.16xlarge", ui=ScriptedUi(answers={"confirm": False})).code == 130
    assert geos("calibrate", "--instance", "c8g.16xlarge").code == 2
    assert not (tmp_path / "geos-out").exists()


def test_a_deployment_gives_queue_and_definition(geos: Geos, tmp_path: Path) -> None:
    answers = "system: geos-chem\nproject: air\nenvironment: dev\nowner: ana\nregion: us-east-1\n"
    (tmp_path / "geos.yaml").write_text(answers + "architectures: arm64\ninstance_types: [c8g.16xlarge, c8g.8xlarge]\n")
    done = geos("calibrate", "--instance", "c8g.16xlarge,c7i.16xlarge", "--yes", "-o", "json")
    assert done.code == 0, done.err
    ours, other = (trial["request"] for trial in done.data["trials"])
    assert ours["jobQueue"].startswith("air-dev-arm64-")
    assert "arm64" in ours["jobDefinition"]
    assert other["jobQueue"] == ""
    assert done.data["submitted"] is False
    assert ours["tags"]["Project"] == "air"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "which instance types"),
        (("--instance", "c8g.16xlagre"), 'Did you mean "c8g.16xlarge"?'),
        (("--instance", "c8g.16xlarge", "--grid", "9x9"), "grid is"),
        (("--instance", "c8g.16xlarge", "--simulation", "tomas"), "tomas"),
        (("--instance", "hpc7a.96xlarge", "--region", "us-west-1"), "is not offered in us-west-1"),
        (("--instance", "c8g.large"), "GiB to a job"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(geos: Geos, flags: tuple[str, ...], words: str) -> None:
    done = geos("calibrate", *flags, "--yes")
    assert done.code == 2
    assert words in " ".join(done.err.split())

"""geos-recommend as a command: the answer on screen and for programs, its views, its questions, what it refuses."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from fakes.ui import BACK, TAKE, ScriptedUi
from parts.commands import Geos, typed
from parts.emulator import Emulator

from geos.wizard.cli.parsing import build_parser
from geos.wizard.cli.recommend import main
from geos.wizard.cli.recommend.words import DEFAULTS, OF_VERB, VERBS, WORDS
from geos.wizard.errors import Exit

EXAMPLE = Path(__file__).parents[2] / "examples" / "geos-chem-classic.yaml"
SCHEMA = json.loads(files("geos.wizard.cli.recommend").joinpath("recommendation.schema.json").read_text())
YEAR = ("--grid", "4x5", "--days", "365")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def recommend(capsys: pytest.CaptureFixture[str]) -> Geos:
    return typed(main, capsys)


# --- on screen -------------------------------------------------------------------------------


def test_the_first_line_is_the_advice_and_the_last_a_command(recommend: Geos) -> None:
    done = recommend(*YEAR)
    assert done.code == Exit.OK
    lines = done.out.splitlines()
    assert lines[0] == "r7i.8xlarge as Spot in us-east-1: about 36 h and 16 USD for 365 days of 4x5"
    assert "geos-recommend --grid 4x5 --days 365 --explain r7i.8xlarge" in lines[-2]
    for words in (
        "EXTRAPOLATED, from 4x5 on",
        "documented default of a",
        "cannot be told apart",
        "NO PUBLISHED FIGURE for",
        "types left out: memory",
        "From cheap to fast",
        "s3://geos-chem",
        "! Prices of 2025-06-28",
        "No region was named; us-east-1",
    ):
        assert words in done.out


def test_it_fits_into_eighty_columns_and_uses_more(recommend: Geos, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = recommend(*YEAR, "--region", "us-east-1")
    told = [line for line in narrow.out.splitlines() if "geos-recommend" not in line]
    assert max(map(len, told)) <= 80
    assert "interrupted" not in narrow.out
    monkeypatch.setenv("COLUMNS", "150")
    wide = recommend(*YEAR, "--region", "us-east-1")
    assert "interrupted" in wide.out
    assert "quota" in wide.out


def test_different_labels_are_told_in_the_narrowest_table(recommend: Geos) -> None:
    done = recommend("--grid", "4x5", "--days", "31", "--model-version", "12.1.1", "--instance", "c5.*")
    assert "  1  c5.4xlarge   M" in done.out
    assert "MEASURED, " in done.out
    assert "E EXTRAPOLATED." in done.out


def test_verbose_shows_every_type(recommend: Geos) -> None:
    short, full = recommend(*YEAR), recommend(*YEAR, "-v")
    assert len(full.out.splitlines()) > len(short.out.splitlines()) + 400
    three = recommend(*YEAR, "--top", "3")
    assert "  3  c7i.2xlarge" in three.out
    assert "  4  m7i.2xlarge" not in three.out


def test_nothing_that_meets_the_deadline_is_a_no_with_a_way_out(recommend: Geos) -> None:
    done = recommend(*YEAR, "--deadline", "2h")
    assert done.code == Exit.SAID_NO
    assert "Nothing keeps the deadline of 2 h" in done.out
    assert "No type is likely to take less than 25 h (c8i.96xlarge)." in done.out
    assert "simulates about 28 days a run" in done.out


@pytest.mark.parametrize(
    ("deadline", "told"),
    [("50h", "It may end late; the first that keeps the limits over its whole band is"), ("40h", "as may all others")],
)
def test_a_band_that_reaches_over_the_limit_is_told(recommend: Geos, deadline: str, told: str) -> None:
    done = recommend(*YEAR, "--deadline", deadline)
    assert done.code == Exit.OK
    assert told in " ".join(done.out.split())


def test_a_set_up_without_any_figure_is_still_answered(recommend: Geos) -> None:
    done = recommend("--grid", "4x5", "--simulation", "ch4", "--days", "31", "--arch", "arm64")
    assert done.code == Exit.OK
    assert done.out.startswith("Nobody has published a usable speed of GEOS-Chem Classic ch4 at 4x5; ")
    assert "geos-recommend calibrate --simulation ch4 " in done.out
    assert "USD/core-h" in done.out


def test_ensembles_are_compared(recommend: Geos) -> None:
    done = recommend("--grid", "4x5", "--days", "31", "--runs", "40")
    assert "about 3.1 h" in done.out
    assert "Many small or few large: 40 runs" in done.out
    assert recommend("--grid", "4x5", "--days", "31", "--runs", "40", "-o", "json").data["packings"]


# --- for programs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        YEAR,
        (*YEAR, "--region", "all"),
        (*YEAR, "--deadline", "1h", "--budget", "5"),
        (*YEAR, "--instance", "c5.9xlarge", "--model-version", "12.1.1"),
        ("--grid", "c48", "--model", "gchp", "--days", "31", "--deadline", "6h"),
        ("--grid", "c360", "--days", "3"),
        ("--grid", "4x5", "--budget", "200", "--deadline", "3d"),
        ("--grid", "4x5", "--budget", "0.01"),
        ("--grid", "2x2.5", "--days", "31", "--runs", "7", "--max-vcpus", "64"),
        ("--grid", "0.25x0.3125-nested-NA", "--days", "3", "--purchase", "spot"),
    ],
)
def test_json_is_as_its_schema_says(recommend: Geos, words: tuple[str, ...]) -> None:
    done = recommend(*words, "-o", "json")
    jsonschema.validate(done.data, SCHEMA)
    assert done.data["advice"]["fits"] == bool(done.data["candidates"])
    assert done.code == Exit.OK or not done.data["candidates"]
    closest = done.data["advice"].get("closest")
    shown = [*done.data["candidates"], *([closest] if closest else [])]
    named = {row for c in shown for row in c["rows"]}
    assert named == set(map(int, done.data["rows"]))


def test_GCP_REC_1_the_advice_is_the_first_candidate_with_every_figure(recommend: Geos) -> None:
    body = recommend(*YEAR, "-o", "json").data
    first = body["candidates"][0]
    assert {k: body["advice"][k] for k in first} == first
    assert first["cost_usd"]["spot"]["likely"] == pytest.approx(16, rel=0.05)
    assert first["sources"]
    assert body["excluded_by_rule"]["burstable"] == 21
    total = len({c["instance_type"] for c in body["candidates"]}) + len(body["unmeasured"]) + len(body["excluded"])
    assert total == 761


def test_csv_and_yaml_hold_the_same(recommend: Geos) -> None:
    body = recommend(*YEAR, "-o", "json").data
    rows = list(csv.DictReader(io.StringIO(recommend(*YEAR, "-o", "csv").out)))
    assert [r["instance_type"] for r in rows] == [c["instance_type"] for c in body["candidates"]]
    assert float(rows[0]["cost_usd.spot.likely"]) == body["candidates"][0]["cost_usd"]["spot"]["likely"]
    assert None not in rows[0]
    assert yaml.safe_load(recommend(*YEAR, "-o", "yaml").out)["advice"]["sentence"] == body["advice"]["sentence"]


# --- views -----------------------------------------------------------------------------------


def test_every_figure_opens_to_its_rows_and_sources(recommend: Geos) -> None:
    done = recommend(*YEAR, "--explain", "c5.9xlarge")
    for words in ("rows of published runs", "BAMS", "1.53 USD/h", "karpenter-provider-aws", "what widens the band"):
        assert words in done.out
    body = recommend(*YEAR, "--explain", "c5.9xlarge", "-o", "json").data
    assert body["candidate"]["rows"] == sorted(row["row"] for row in body["rows"])
    assert all(factor > 1 for factor in body["band_factors"].values())
    unknown = recommend(*YEAR, "--explain", "c8g.16xlarge")
    assert unknown.out.startswith("c8g.16xlarge: NO PUBLISHED FIGURE")
    assert "geos-recommend calibrate --region us-east-1 --instance c8g.16xlarge" in unknown.out
    left_out = recommend(*YEAR, "--deadline", "30h", "--explain", "c5.9xlarge")
    assert "! Left out as the question was asked: likely" in left_out.out


@pytest.mark.parametrize(
    ("name", "told", "verdict"),
    [
        ("t3.large", "by the rule burstable", "excluded"),
        ("c5.large", "by the rule memory", "excluded"),
        ("c8g.16xlarge", "nobody has published", "unmeasured"),
        ("c7i.4xlarge", "it stands 2 of", "candidate"),
    ],
)
def test_why_not_tells_of_one(recommend: Geos, name: str, told: str, verdict: str) -> None:
    assert told in recommend(*YEAR, "--why-not", name).out
    assert recommend(*YEAR, "--why-not", name, "-o", "json").data["verdict"] == verdict


def test_one_type_alone_is_told_for_every_grid(recommend: Geos) -> None:
    done = recommend("--instance", "c5.18xlarge")
    assert "a figure for 2 of 15 grids" in done.out.replace("\n", " ")
    body = recommend("--instance", "c5.18xlarge", "-o", "json").data
    assert [g["grid"] for g in body["grids"] if g["sim_days_per_day"]] == ["4x5", "2x2.5"]
    assert recommend("--instance", "c5.*").code == Exit.USAGE


def test_GCP_REC_2_architectures_and_efficiency_by_cores(recommend: Geos) -> None:
    done = recommend(*YEAR, "--compare-arch")
    assert "arm64 has none that can be trusted" in done.out.replace("\n", " ")
    body = recommend(*YEAR, "--compare-arch", "-o", "json").data
    assert [s["architecture"] for s in body["architectures"]] == ["arm64", "x86_64"]
    assert all(u["pays_from_sim_days_per_day"] > 0 for u in body["unmeasured"])
    assert "cores do at least half of their work up to 8" in recommend(*YEAR, "--scaling").out.replace("\n", " ")
    points = recommend("--grid", "c48", "--model", "gchp", "--days", "1", "--scaling", "-o", "json").data["points"]
    assert {p["measured"] for p in points} == {True, False}


def test_how_much_can_be_simulated(recommend: Geos) -> None:
    done = recommend("--grid", "4x5", "--budget", "200", "--deadline", "3d")
    assert done.code == Exit.OK
    assert done.out.startswith("Within 72 h and 200 USD: about ")
    assert "geos-recommend --grid 4x5 --budget 200 --deadline 3d --days " in done.out
    assert recommend("--grid", "4x5", "--budget", "0.001").code == Exit.SAID_NO


def test_plots_are_drawn_and_saved(recommend: Geos, folder: Path) -> None:
    done = recommend(*YEAR, "--plot", "--save-plot", "answer.svg")
    assert "time against cost" in done.out
    assert "written" in done.err
    assert (folder / "answer.svg").read_text().startswith("<svg")
    assert recommend(*YEAR, "--save-plot", "answer.gif").code == Exit.USAGE


# --- questions -------------------------------------------------------------------------------


def test_without_flags_it_asks() -> None:
    ui = ScriptedUi({"model": "gchp", "grid": "c48", "days": "31", "deadline": "2d", "budget": ""})
    assert main([], make_ui=lambda flags: ui) == Exit.OK
    assert [q.key for q in ui.asked] == ["model", "grid", "simulation", "days", "deadline", "budget"]
    assert all(q.help for q in ui.asked)
    assert {q.program for q in ui.asked} == {"geos-recommend"}
    assert "31 days of c48 fullchem" in ui.shown[0].replace("\n", " ")
    assert "--grid c48 --days 31 --deadline 48h --explain" in ui.shown[0], "the same question as flags"


def test_answers_can_be_taken_back_and_only_the_missing_is_asked() -> None:
    ui = ScriptedUi([TAKE, BACK, "gchp", "c24", "fullchem", "3", "", ""])
    assert main([], make_ui=lambda flags: ui) == Exit.OK
    ui = ScriptedUi({"days": "31", "deadline": "", "budget": ""})
    assert main(["--grid", "2x2.5"], make_ui=lambda flags: ui) == Exit.OK
    assert [q.key for q in ui.asked] == ["days", "deadline", "budget"]
    deadline = ui.asked[1]
    assert "write 48h for hours or 48d for days" in deadline.check("48")
    assert deadline.check("") == deadline.check("2d") == ""


def test_a_deployments_answers_are_taken(recommend: Geos) -> None:
    done = recommend("--config", str(EXAMPLE))
    assert done.code == Exit.OK
    assert "31 days of 4x5 fullchem" in done.out.replace("\n", " ")
    assert f"geos-recommend --config {EXAMPLE} --explain" in done.out
    other = recommend("--config", str(EXAMPLE), "--days", "5")
    assert "5 days of 4x5" in other.out.replace("\n", " ")


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--grid 4x6 --days 3", "did you mean 4x5?"),
        ("--grid 4x5 --days 3 --deadline 48", "write 48h for hours or 48d for days"),
        ("--grid 4x5 --days -3", "a number of days above 0"),
        ("--grid 4x5 --days 1e99", "a number of days above 0"),
        ("--grid 4x5 --days 99999999", "up to 36600"),
        ("--grid 4x5 --days 3 --simulation fulchem", "did you mean fullchem?"),
        ("--model gchp --grid 0.25x0.3125-nested-NA --days 3", "a grid of gcclassic"),
        ("--grid c360 --simulation ch4 --days 3", "its carbon simulation holds it"),
        ("--grid 4x5 --days 3 --model-version 99.1", "from 10-01 to 14.8"),
        ("--grid 4x5 --days 3 --region us-est-1", "did you mean us-west-1?"),
        ("--grid 4x5 --days 3 --instance c7i.16xlarg", "did you mean c7i.16xlarge?"),
        ("--grid 4x5 --days 3 --instance p5.48xlarge", "does not size"),
        ("--grid 4x5 --days 3 --explain c99.huge", "no instance type"),
        ("--grid 4x5 --days 3 --nodes 4", "runs on one node"),
        ("--grid 4x5 --days 3 --budget 0", "above 0"),
        ("--grid 4x5 --days 3 --runs 9999999", "from 1 to 100000"),
        ("--grid 4x5 --days 3 --memory-margin 25", "write 25% for percent"),
        ("--grid 4x5 --start 2019-07-01", "--end is missing"),
        ("--grid 4x5 --start 2019-07-01 --end 2019-06-01", "not after --start"),
        ("--grid 4x5 --days 3 --start 2019-07-01 --end 2019-08-01", "are 31; give one of them"),
        ("", "--grid and --days"),
        ("--grid 4x5", "--days (or --start and --end"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(recommend: Geos, words: str, told: str) -> None:
    done = recommend(*words.split())
    assert done.code == Exit.USAGE
    assert done.out == ""
    assert told in done.err.replace("\n", " ")
    assert "Traceback" not in done.err
    error = recommend(*words.split(), "-o", "json").data["error"]
    assert error["code"].startswith("GEOS-R00")


def test_all_faults_are_told_at_once(recommend: Geos) -> None:
    error = recommend("--grid", "4x6", "--days", "0", "--deadline", "48", "--arch", "sparc", "-o", "json").data["error"]
    assert len(error["message"].splitlines()) == 4


def test_a_region_without_any_price_leaves_nothing(recommend: Geos) -> None:
    done = recommend("--grid", "4x5", "--days", "3", "--region", "ap-east-2", "--min-label", "extrapolated")
    assert done.code == Exit.SAID_NO
    assert done.out.startswith("No instance type is left for 3 days of 4x5 fullchem: ")


# --- the account -----------------------------------------------------------------------------


def test_credentials_without_a_network_cost_neither_time_nor_the_answer(
    recommend: Geos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = recommend(*YEAR)
    assert done.code == Exit.OK
    assert "could not be asked for" in done.out.replace("\n", " ")
    assert "documented default of a" in done.out
    assert "could not be asked for" not in recommend(*YEAR, "--offline").out


def test_without_a_network_live_data_are_missed_and_the_tables_serve(
    recommend: Geos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = recommend(*YEAR, "--live", "--region", "us-east-1")
    assert done.code == Exit.OK
    assert "Nothing live could be read" in done.out
    assert "! Prices of 2025-06-28" in done.out


def test_the_accounts_own_quota_is_taken(recommend: Geos, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()
    try:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        body = recommend(*YEAR, "--region", "us-east-1", "-o", "json").data
    finally:
        emulator.stop()
    quota = body["candidates"][0]["quota"]
    assert quota["source"] == "your account"
    assert quota["limit_vcpus"] is not None
    assert quota["free_vcpus"] is not None


# --- words -----------------------------------------------------------------------------------


def test_every_verb_has_a_module_and_every_flag_a_default() -> None:
    from importlib import import_module

    names = {"import": "import_"}
    for verb in VERBS:
        assert callable(import_module(f"geos.wizard.cli.recommend.{names.get(verb, verb)}").run)
    parsed = vars(build_parser(WORDS).parse_args([]))
    assert "verb" in parsed
    for flags in OF_VERB.values():
        for flag_names, _ in flags:
            assert flag_names[-1].lstrip("-").replace("-", "_") in DEFAULTS


def test_help_shows_every_verb_and_flag(recommend: Geos, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for verb in VERBS:
        assert verb in out
    for flag_names, _ in OF_VERB[""]:
        assert flag_names[0] in out
    assert "%%" not in out


def test_the_profiles_region_counts_where_none_was_named(
    recommend: Geos, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config").write_text("[profile work]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    body = recommend(*YEAR, "--profile", "work", "--offline", "-o", "json").data
    assert body["asked"]["regions"] == ["eu-north-1"]
    assert body["remarks"] == []
    assert recommend(*YEAR, "--offline", "-o", "json").data["asked"]["regions"] == ["us-east-1"]


# --- own runs --------------------------------------------------------------------------------


def test_one_own_run_opens_up_an_architecture(recommend: Geos, folder: Path) -> None:
    shipped = files("geos.benchmarks").joinpath("tables", "geoschem_timings.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(shipped)))
    own = {
        **rows[36], "platform": "c8g.16xlarge", "cores": "64", "cores_per_node": "64", "sim_days": "1",
        "wall_seconds": "420", "sim_days_per_day": "205.7", "source_title": "own run", "source_locator": "own log",
        "notes": "A; threads=64",
    }  # fmt: skip
    with open(folder / "own.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerow(own)
    before = recommend(*YEAR, "--arch", "arm64", "-o", "json").data
    assert before["candidates"] == []
    assert recommend("import", "own.csv", "--yes").code == Exit.OK
    after = recommend(*YEAR, "--arch", "arm64", "-o", "json").data
    labels = {c["instance_type"]: c["label"] for c in after["candidates"]}
    assert labels["c8g.16xlarge"] == "CALIBRATED"
    assert labels["m8g.8xlarge"] == "EXTRAPOLATED"
    assert "c7g.16xlarge" not in labels, "another CPU generation is not spoken of by one machine"
    assert after["candidates"][0]["own_rows"]
    assert "own runs" in recommend(*YEAR, "--explain", "c8g.16xlarge").out

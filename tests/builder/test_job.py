"""What runs inside the image, its pure parts: configuration, places, dry runs, questions, files that are whole."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.image.job import dryrun, machine, places, questions, rundir, settings
from geos.builder.image.job.endings import Code, Ended
from geos.builder.image.job.settings import Settings, parse
from geos.builder.image.job.whole import is_whole

JULY = datetime.date(2019, 7, 1)
USUAL = {"simulation": "fullchem", "grid": "4x5", "start": "2019-07-01", "end": "2019-08-01"}


def usual(**changes: Any) -> Settings:
    return parse(json.dumps({**USUAL, **changes}).encode(), "run.yaml")


def fault(**changes: Any) -> str:
    with pytest.raises(Ended) as ended:
        usual(**changes)
    assert ended.value.code == Code.BAD_CONFIGURATION
    return ended.value.reason


# --- the configuration -----------------------------------------------------------------------


def test_yaml_and_json_mean_the_same() -> None:
    yaml = b"simulation: fullchem\ngrid: 4x5\nstart: 2019-07-01\nend: 2019-08-01\n"
    assert parse(yaml, "run.yaml") == usual()
    assert usual().start == JULY
    assert usual().mechanism == "fullchem"


def test_the_example_in_the_documentation_is_a_configuration() -> None:
    doc = settings.__doc__ or ""
    example = "\n".join(line[4:] for line in doc.splitlines() if line.startswith("    "))
    parsed = parse(example.encode(), "example")
    assert parsed.restart == "my-restart.nc4"
    assert set(USUAL) <= {line.split(":")[0] for line in example.splitlines()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grid": "4x6"}, "4x5?"),
        ({"gird": "4x5"}, "did you mean grid?"),
        ({"end": "2019-07-01"}, "is not after start"),
        ({"end": "2019-02-30"}, "a date like 2019-07-01"),
        ({"start": "2019-07-01T12:00"}, "a date like"),
        ({"every_days": 7}, "does not divide the 31 days"),
        ({"every_days": 0}, "a whole number, 1 to 28"),
        ({"every_days": True}, "a whole number"),
        ({"levels": 48}, "72 or 47"),
        ({"met": "geosit", "grid": "0.5x0.625"}, "geosit has no grid"),
        ({"domain": "asia"}, "a domain is for the grids"),
        ({"grid": "0.5x0.625", "domain": "russia"}, "has the domains"),
        ({"simulation": "Hg", "option": "benchmark"}, "belongs to fullchem"),
        ({"input": "http://example.org"}, "a place like s3://geos-chem"),
        ({"restart": ""}, "a file's name"),
        ({"threads": "many"}, "a whole number, 1 to 1024"),
        ({"simulation": ["fullchem"]}, "one of fullchem"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(changes: dict[str, Any], said: str) -> None:
    assert said in fault(**changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "holds no settings"),
        (b"- a\n- b\n", "holds no settings"),
        (b"a: [1\n", "is not YAML (line"),
        (b"a: \xff\n", "is not UTF-8"),
        (b"a: !!python/object/apply:os.system [id]\n", "is not YAML"),
        (b"#" * 70_000, "larger than 64 KiB"),
        (b"1: 2\n", '"1" is no setting'),
        (b"? [a]\n: b\n", "is not YAML"),
    ],
)
def test_what_is_no_configuration_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(Ended) as ended:
        parse(text, "run.yaml")
    assert said in ended.value.reason


@given(st.binary(max_size=400))
def test_any_bytes_are_a_configuration_or_refused_in_our_words(text: bytes) -> None:
    try:
        parse(text, "run.yaml")
    except Ended as e:
        assert e.code == Code.BAD_CONFIGURATION


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2000), st.floats(), st.text(max_size=12), st.lists(st.integers()),
    st.sampled_from(["4x5", "2x2.5", "merra2", "2019-07-01", "2019-07-03", "fullchem", "asia"]),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*Settings.__dataclass_fields__, "other"]), VALUES))
def test_any_mapping_is_a_configuration_or_names_each_fault(body: dict[str, Any]) -> None:
    try:
        found = parse(json.dumps(body).encode(), "run.yaml")
    except Ended as e:
        assert e.code == Code.BAD_CONFIGURATION
        for key in ("simulation", "grid", "start", "end"):
            if key not in body and body:
                assert f"{key} is missing" in e.reason
    else:
        assert found.start < found.end


def test_only_what_changes_results_makes_another_run() -> None:
    assert usual().fingerprint == usual(threads=4).fingerprint == usual(input="s3://copy").fingerprint
    assert len({usual().fingerprint, usual(grid="2x2.5").fingerprint, usual(end="2019-07-02").fingerprint}) == 3


# --- places ----------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab/.:s3-_~ \\%\n"), max_size=20)


@given(WORDS, WORDS, WORDS)
def test_accepted_places_are_always_one_users(own: str, output: str, config: str) -> None:
    texts = (f"s3://data/{own}", f"s3://data/{output}", config)
    try:
        found = places.arguments(*texts, user="")
    except Ended as e:
        assert e.code == Code.BAD_CONFIGURATION
    else:
        owners = {p.owner for p in (found.own, found.output, found.config) if p is not None}
        assert len(owners) == 1
        assert ".." not in found.output.key.split("/")


@pytest.mark.parametrize("text", ["s3://", "s3://A/b", "s3://ok-bucket//x", "s3://ok-bucket/a/./b", "/etc/passwd", ""])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(Ended):
        places.place(text)


# --- dry runs --------------------------------------------------------------------------------


def test_a_dry_run_names_each_file_once_and_tells_what_may_lack() -> None:
    found = dryrun.read(
        """
READ_INPUT_FILE: Opening ./geoschem_config.yml
PHOTOLYSIS (RD_AOD): REQUIRED FILE NOT FOUND /data/ExtData/CHEM_INPUTS/v2025-03//so4.dat
PHOTOLYSIS (RD_AOD): REQUIRED FILE NOT FOUND /data/ExtData/CHEM_INPUTS/v2025-03/so4.dat
HEMCO (VOLCANO): CLIMATOLOGY FILE NOT FOUND /data/ExtData/HEMCO/VOLCANO/a.rc
HEMCO: OPTIONAL FILE NOT FOUND /data/ExtData/HEMCO/NOAA/b.nc
HEMCO: REQUIRED FILE NOT FOUND ./Restarts/GEOSChem.Restart.20190701_0000z.nc4
**************   E N D   O F   G E O S -- C H E M   **************
""".splitlines()
    )
    assert found.required == (
        "/data/ExtData/CHEM_INPUTS/v2025-03/so4.dat",
        "/data/ExtData/HEMCO/VOLCANO/a.rc",
        "./Restarts/GEOSChem.Restart.20190701_0000z.nc4",
    )
    assert found.optional == ("/data/ExtData/HEMCO/NOAA/b.nc",)
    assert (found.there, found.finished) == (1, True)
    assert [dryrun.below_root(p) for p in found.required][-1] == ""
    assert dryrun.below_root(found.required[0]) == "CHEM_INPUTS/v2025-03/so4.dat"


def test_a_dry_run_that_was_cut_off_is_not_finished() -> None:
    assert not dryrun.read(["HEMCO: Opening a"]).finished


def test_names_that_are_links_in_the_archives_are_found() -> None:
    assert dryrun.stored_as("CHEM_INPUTS/gmi.clim.RIPA.geos5.2x25.nc") == "CHEM_INPUTS/gmi.clim.RIP.geos5.2x25.nc"
    assert dryrun.stored_as("a/b.nc") == "a/b.nc"


@given(st.lists(st.text(max_size=60)))
def test_any_log_can_be_read(lines: list[str]) -> None:
    assert not set(dryrun.read(lines).required) & set(dryrun.read(lines).optional)


# --- the run directory -----------------------------------------------------------------------

MENU = """
-----
Choose horizontal resolution:
-----
  1. 4.0  x 5.0 *
  2. 2.0  x 2.5
  3. 0.5  x 0.625 *
"""


@pytest.mark.parametrize(("grid", "number"), [("4x5", "1"), ("2x2.5", "2"), ("0.5x0.625", "3")])
def test_menus_are_answered_by_their_words(grid: str, number: str) -> None:
    known = questions.answers(usual(grid=grid), Path("/runs"))
    assert questions.reply(MENU, known) == number
    turned = MENU.replace("1. 4.0", "9. 4.0")
    assert questions.reply(turned, known) == ("9" if grid == "4x5" else number)


def test_the_last_question_counts() -> None:
    known = questions.answers(usual(), Path("/runs"))
    asked = MENU + "\nChoose number of levels:\n  1. 72 (native)\n  2. 47 (reduced)\n"
    assert questions.reply(asked, known) == "1"
    assert questions.reply("Enter path where the run directory will be created:\n", known) == "/runs"


@pytest.mark.parametrize("asked", ["What is your name (first and last)?", "Choose horizontal resolution:\n 1. 1x1\n"])
def test_an_unknown_question_or_menu_ends_the_run(asked: str) -> None:
    with pytest.raises(Ended) as ended:
        questions.reply(asked, questions.answers(usual(), Path("/runs")))
    assert ended.value.code == Code.BAD_CONFIGURATION


def test_the_newest_checkpoint_is_within_the_run() -> None:
    names = {rundir.restart_name(JULY + datetime.timedelta(d)): 100 for d in (-1, 0, 3, 5, 31)} | {"other.nc": 1}
    assert rundir.newest_checkpoint(names, usual()) == JULY + datetime.timedelta(5)
    assert rundir.newest_checkpoint({rundir.restart_name(JULY + datetime.timedelta(5)): 0}, usual()) is None
    assert rundir.newest_checkpoint({}, usual()) is None


def test_other_files_than_the_run_directorys_are_left_alone() -> None:
    names = dict.fromkeys(("HISTORY.rc", "CodeDir", "Restarts/a.nc4", "Restarts/deep/a", "x/y", "gcclassic"), 1)
    assert rundir.replaceable(names) == ("HISTORY.rc", "Restarts/a.nc4")


def test_settings_that_a_file_lacks_are_told() -> None:
    with pytest.raises(Ended, match="has no start_date"):
        rundir.set_config("end_date: x\n", usual(), JULY, Path("/data"))


# --- machine and files -----------------------------------------------------------------------


@pytest.mark.parametrize(("text", "count"), [("0\n", 1), ("0-1\n", 2), ("0,48\n", 2), ("", 1)])
def test_threads_of_a_core(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "siblings").write_text(text)
    assert machine.threads_per_core(tmp_path / "siblings") == count
    assert machine.threads_per_core(tmp_path / "none") == 1


@given(st.binary(max_size=200), st.sampled_from([0, 2, 3]))
def test_a_file_without_its_end_is_never_whole(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, kind: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "file.nc4"
    head = bytearray(64)
    head[:9] = b"\x89HDF\r\n\x1a\n" + bytes([kind])
    at = {0: 40, 2: 28, 3: 28}[kind]
    head[at : at + 8] = (64 + len(body)).to_bytes(8, "little")
    path.write_bytes(bytes(head) + body)
    assert is_whole(path)
    path.write_bytes((bytes(head) + body)[:-1])
    assert not is_whole(path)


def test_what_is_no_netcdf_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    (tmp_path / "b").write_bytes(b"CDF\x01 old")
    assert [is_whole(tmp_path / n) for n in ("a", "b", "none")] == [False, True, False]

"""The container's entrypoint, run for real outside Docker with a stand-in for the model and the sandbox's S3."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from parts.container import BUCKET, ENTRYPOINT, OUTPUT, OWN, PUBLIC, SETTINGS, STATE, Container, metadata_service
from parts.emulator import Emulator
from parts.standin_model import INPUTS

from geos.benchmarks.logs import read_log

LAST = "Restarts/GEOSChem.Restart.20190705_0000z.nc4"


@pytest.fixture
def box(tmp_path: Path, emulator: Emulator) -> Container:
    return Container(tmp_path, emulator)


@pytest.fixture
def whole_state(box: Container) -> bytes:
    """The last state of a run that nothing disturbed."""
    assert box.run(OWN, OUTPUT + "-whole").code == 0
    return box.results("july-whole")[LAST]


# --- a run -----------------------------------------------------------------------------------


def test_a_run_brings_its_results_to_s3_and_says_what_it_took(box: Container, tmp_path: Path) -> None:
    with metadata_service({"instance-type": "c7g.4xlarge"}) as service:
        box.more = service
        ended = box.run()
    assert ended.code == 0, ended.said
    found = box.results()
    days = ("01", "02", "03", "04")
    assert {f"OutputDir/GEOSChem.SpeciesConc.201907{d}_0000z.nc4" for d in days} <= set(found)
    assert LAST in found
    assert {"summary.json", "run-1.log", "dry-run.log", "geoschem_config.yml", "HISTORY.rc"} <= set(found)
    told = box.summary()
    assert (told["state"], told["exit_code"], told["resumed"]) == ("ok", 0, False)
    assert (told["instance_type"], told["threads"], told["simulated_days"]) == ("c7g.4xlarge", 2, 4)
    assert told["peak_memory_gib"] > 0
    assert told["staged_files"] == 1 + len(INPUTS)  # the optional file is nowhere, which is no fault
    assert told["image"]["compiler"] == "stand-in"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_its_log_is_one_that_geos_recommend_learns_from(box: Container, tmp_path: Path) -> None:
    with metadata_service({"instance-type": "c7g.4xlarge"}) as service:
        box.more = service
        assert box.run().code == 0
    log = tmp_path / "run.log"
    log.write_bytes(box.results()["run-1.log"])
    run = read_log([log])
    assert (run.machine, run.threads, run.nodes, run.simulation, run.grid) == (
        "c7g.4xlarge", 2, 1, "fullchem", "4x5",
    )  # fmt: skip
    assert run.cores
    assert run.memory_gib_peak
    assert run.missing == ()


def test_results_stay_and_checkpoints_go_by_their_tag(box: Container) -> None:
    process = box.start(standin="slow=0.3")
    box.wait_for("Restarts/GEOSChem.Restart.20190702_0000z.nc4")
    assert box.tag("Restarts/GEOSChem.Restart.20190702_0000z.nc4") == "temporary"
    assert box.end(process).code == 0
    assert box.tag(LAST) == "result"
    assert box.tag("OutputDir/GEOSChem.SpeciesConc.20190704_0000z.nc4") == "result"


def test_only_what_the_dry_run_names_is_fetched(box: Container) -> None:
    box.publish("GEOS_4x5/MERRA2/other.nc4", b"not asked for")
    assert box.run().code == 0
    assert box.summary()["staged_bytes"] == sum(100 * len(name) for name in INPUTS) + len(STATE)


def test_means_and_checkpoints_have_one_rhythm_and_comments_stay(box: Container) -> None:
    assert box.run().code == 0
    history, config = (box.results()[name].decode() for name in ("HISTORY.rc", "geoschem_config.yml"))
    assert history.count("00000001 000000") == 3
    assert "Hourly.frequency:           00000000 010000" in history
    assert "start_date: [20190701, 000000]  # comment stays" in config
    assert "end_date: [20190705, 000000]" in config
    assert "use_gcclassic_timers: true" in config


def test_files_of_ones_own_replace_those_of_the_run_directory(box: Container) -> None:
    box.upload("ana/uploads/july/HISTORY.rc", "  Mine.frequency: 00000000 030000\n")
    box.upload("ana/uploads/july/CodeDir", "no")
    box.upload("ana/uploads/july/deep/er/file", "no")
    box.upload("ana/uploads/july/Restarts/GEOSChem.Restart.20190701_0000z.nc4", b"\x89HDF\r\n\x1a\n my own state")
    ended = box.run()
    assert ended.code == 0, ended.said
    assert box.results()["HISTORY.rc"] == b"  Mine.frequency: 00000000 030000\n"
    assert "taken from" in ended.said
    assert "CodeDir" not in ended.said
    assert "Restarts/GEOSChem.Restart.20190701_0000z.nc4" not in box.results()  # it came from there


# --- interrupted -----------------------------------------------------------------------------


def test_a_spot_reclaim_costs_one_interval_and_changes_nothing(box: Container, whole_state: bytes) -> None:
    process = box.start(standin="slow=0.5")
    box.wait_for("Restarts/GEOSChem.Restart.20190702_0000z.nc4")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    ended = box.end(process)
    assert ended.code == 143, ended.said
    assert time.monotonic() - began < 30  # the agent's kill comes after 30 s
    told = box.summary()
    assert (told["state"], told["exit_code"]) == ("stopped", 143)
    assert told["newest_checkpoint"] >= "2019-07-02"
    again = box.run(attempt=2)
    assert again.code == 0, again.said
    assert "going on from the checkpoint of" in again.said
    told = box.summary()
    assert told["resumed"]
    assert told["start"] > "2019-07-01"
    assert box.results()[LAST] == whole_state
    assert {"run-1.log", "run-2.log"} <= set(box.results())


def test_a_kill_without_a_word_costs_one_interval_and_changes_nothing(box: Container, whole_state: bytes) -> None:
    process = box.start(standin="slow=0.5")
    box.wait_for("Restarts/GEOSChem.Restart.20190703_0000z.nc4")
    process.kill()
    box.end(process)
    again = box.run(attempt=2)
    assert again.code == 0, again.said
    assert box.summary()["start"] >= "2019-07-03"
    assert box.results()[LAST] == whole_state


def test_a_checkpoint_that_was_cut_off_is_never_saved(box: Container, whole_state: bytes) -> None:
    assert box.run(standin="cut-on=2019-07-03").code == 1
    assert "Restarts/GEOSChem.Restart.20190703_0000z.nc4" not in box.results()
    again = box.run(attempt=2)
    assert again.code == 0, again.said
    assert box.summary()["start"] == "2019-07-02"
    assert box.results()[LAST] == whole_state


def test_a_checkpoint_that_is_cut_off_in_s3_is_passed_over(box: Container, whole_state: bytes) -> None:
    assert box.run(standin="fail-on=2019-07-03").code == 1
    box.upload("ana/results/july/Restarts/GEOSChem.Restart.20190704_0000z.nc4", b"\x89HDF\r\n\x1a\n")
    again = box.run(attempt=2)
    assert again.code == 0, again.said
    assert "the checkpoint of 2019-07-04 is cut off" in again.said
    assert len(box.results()["Restarts/GEOSChem.Restart.20190704_0000z.nc4"]) > 96  # written anew, and saved
    assert box.results()[LAST] == whole_state


def test_a_spot_notice_saves_at_once(box: Container) -> None:
    answers = {"instance-type": "c7g.4xlarge"}
    with metadata_service(answers) as service:
        box.more = {**service, "GEOS_SETTLED_SECONDS": "600"}
        process = box.start(standin="slow=1.5")
        box.wait_for("run.json")
        answers["spot/instance-action"] = '{"action": "terminate", "time": "2026-11-25T05:00:00Z"}'
        box.wait_for("Restarts/GEOSChem.Restart.20190702_0000z.nc4")
        process.send_signal(signal.SIGTERM)
        ended = box.end(process)
    assert ended.code == 143
    assert "takes this instance back" in ended.said


def test_a_weak_moment_of_s3_does_not_end_the_run(box: Container) -> None:
    process = box.start(standin="slow=0.3")
    box.wait_for("Restarts/GEOSChem.Restart.20190702_0000z.nc4")
    box.emulator.fail("denied", service="s3", action="PutObject")
    ended = box.end(process)
    assert ended.code == 0, ended.said
    assert "not saved yet" in ended.said
    names = {name for name in box.results() if name.startswith("OutputDir/")}
    assert len(names) == 4


def test_a_stop_during_staging_ends_at_once(box: Container) -> None:
    box.emulator.delay(0.4)
    process = box.start()
    box.wait_for("run.json")
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    ended = box.end(process)
    box.emulator.delay(0)
    assert ended.code == 143, ended.said
    assert time.monotonic() - began < 20


# --- what goes wrong -------------------------------------------------------------------------


def test_a_failing_model_keeps_its_checkpoints_and_tells_its_error(box: Container) -> None:
    ended = box.run(standin="fail-on=2019-07-04")
    assert ended.code == 1
    assert "GEOS-Chem ERROR: the stand-in was told to fail" in ended.said
    assert box.summary()["newest_checkpoint"] == "2019-07-04"
    assert b"told to fail" in box.results()["run-1.log"]


@pytest.mark.parametrize("standin", ["oom-on=2019-07-02", "kill-on=2019-07-02"])
def test_out_of_memory_has_the_code_that_batch_knows(box: Container, standin: str) -> None:
    ended = box.run(standin=standin)
    assert ended.code == 137
    assert "out of memory" in ended.said
    assert ("the kernel killed it" in ended.said) == standin.startswith("oom")
    assert box.summary()["state"] == "out_of_memory"


@contextmanager
def memory_group(mebibytes: int) -> Iterator[Path]:
    """A real memory group of the kernel's."""
    for root in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = root / f"geos-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        limit = next((group / n for n in ("memory.limit_in_bytes", "memory.max") if (group / n).exists()), None)
        if limit is None:
            group.rmdir()
            continue
        try:
            limit.write_text(str(mebibytes * 2**20))
            yield group
        finally:
            (root / "cgroup.procs").exists()
            group.rmdir()
        return
    pytest.skip("NO MEMORY GROUPS: this machine lets nobody make one, so the real out-of-memory test is left out")


def test_the_kernels_own_out_of_memory_is_told_apart(box: Container) -> None:
    with memory_group(400) as group:
        box.more = {"GEOS_CGROUP": str(group)}
        model = box.folder / "model/bin/gcclassic-fullchem"
        lines = model.read_text().splitlines()
        # The model alone is put into the group, so that what the group says is what the kernel did to it.
        model.write_text("\n".join([lines[0], f'echo $$ > "{group}/cgroup.procs"', *lines[1:]]) + "\n")
        ended = box.run(standin="eat-on=2019-07-02")
    assert ended.code == 137, ended.said
    assert "the kernel killed it" in ended.said


def test_missing_input_is_named(box: Container) -> None:
    box.emulator.client("s3").delete_object(Bucket=PUBLIC, Key="GEOS_4x5/MERRA2/met.nc4")
    ended = box.run()
    assert ended.code == 3
    assert "s3://geos-chem/GEOS_4x5/MERRA2/met.nc4" in ended.said
    assert box.summary()["state"] == "missing_input"
    assert "dry-run.log" in box.results()


def test_a_start_without_a_state_is_told(box: Container) -> None:
    box.upload("ana/uploads/july/run.yaml", SETTINGS.replace("2019-07-01", "2019-07-02"))
    ended = box.run()
    assert ended.code == 3
    assert "no sample of fullchem's state on 2019-07-02" in ended.said
    box.upload("ana/uploads/july/my.nc4", b"\x89HDF\r\n\x1a\n my own state")
    box.upload("ana/uploads/july/run.yaml", SETTINGS.replace("2019-07-01", "2019-07-02") + "restart: my.nc4\n")
    ended = box.run(OWN, OUTPUT + "-2")
    assert ended.code == 0, ended.said


def test_every_fault_of_the_configuration_is_told_at_once(box: Container) -> None:
    box.upload("ana/uploads/july/run.yaml", "simulatoin: fullchem\ngrid: 3x3\nstart: soon\nend: 2019-07-05\n")
    ended = box.run()
    assert ended.code == 2
    for said in ("did you mean simulation?", "grid", "start", "simulation is missing"):
        assert said in ended.said
    assert box.results() == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("UNSET", OUTPUT, "run.yaml"), "inputPath was not given"),
        ((OWN, OUTPUT.replace("ana", "bob"), "run.yaml"), "is not bob's"),
        ((OWN.replace("ana", "bob"), OUTPUT, f"{OWN}/run.yaml"), "is not ana's"),
        ((OWN, f"s3://{BUCKET}/ana/results", "run.yaml"), "names no folder below results"),
        ((OWN, f"s3://{BUCKET}/ana/results/../../bob/results/x", "run.yaml"), "is no place in S3"),
        ((OWN, f"s3://{BUCKET}/ana/uploads/x", "run.yaml"), "does not lie in <user>/results/"),
        (("none", OUTPUT, "run.yaml"), "is looked for below inputPath"),
        ((OWN, OUTPUT, "other.yaml"), "does not exist"),
    ],
)
def test_places_that_are_not_the_users_are_refused(box: Container, arguments: tuple[str, str, str], said: str) -> None:
    ended = box.run(*arguments)
    assert ended.code == (3 if "exist" in said else 2)
    assert said in ended.said
    assert box.results() == {}


def test_a_job_of_another_user_is_refused_whatever_its_places_say(box: Container) -> None:
    box.more = {"GEOS_USER": "bob"}
    ended = box.run()
    assert ended.code == 2
    assert "is not bob's" in ended.said


def test_results_of_another_run_are_not_written_over(box: Container) -> None:
    assert box.run().code == 0
    before = box.results()["summary.json"]
    box.upload("ana/uploads/july/run.yaml", SETTINGS.replace("4x5", "2x2.5"))
    ended = box.run()
    assert ended.code == 2
    assert "holds another run's results" in ended.said
    assert box.results()[LAST]
    assert before == box.results()["summary.json"]


def test_an_image_without_the_mechanism_is_told(box: Container) -> None:
    box.upload("ana/uploads/july/run.yaml", SETTINGS.replace("fullchem", "carbon"))
    ended = box.run()
    assert ended.code == 2
    assert "needs an executable for carbon; this image has fullchem" in ended.said


def test_a_question_that_nobody_knows_ends_the_run(box: Container) -> None:
    box.more = {"STANDIN_QUESTION": "1"}
    ended = box.run()
    assert ended.code == 2
    assert "a number that nobody has heard of" in ended.said


def test_storage_that_is_not_there_or_refuses_has_a_code_of_its_own(box: Container) -> None:
    ended = box.run(OWN.replace(BUCKET, "no-such"), OUTPUT.replace(BUCKET, "no-such"), "run.yaml")
    assert ended.code == 3
    box.emulator.fail("denied", service="s3", action="PutObject")
    ended = box.run()
    assert ended.code == 4
    assert "the job's role does not allow it" in ended.said
    box.emulator.clear()
    box.more = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    ended = box.run()
    assert ended.code == 4


def test_without_a_scratch_disk_the_containers_own_is_used(box: Container) -> None:
    box.more = {"GEOS_SCRATCH": "/no/such/disk"}
    ended = box.run()
    assert ended.code == 0
    assert "/no/such/disk cannot be used" in ended.said


def test_help_tells_the_words_and_the_codes(box: Container) -> None:
    done = subprocess.run([str(ENTRYPOINT), "--help"], env=box.environment(), capture_output=True, text=True)
    assert done.returncode == 0
    for word in ("inputPath", "outputPath", "configFile", "137", "143"):
        assert word in done.stderr
    assert subprocess.run([str(ENTRYPOINT)], env=box.environment(), capture_output=True).returncode == 2

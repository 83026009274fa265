"""Builds that nobody carries on: told apart from running ones by what the account has, and closed by `clean`."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.commands import Geos
from parts.emulator import Emulator

from geos.builder.build import Part
from geos.builder.closing import Place, close_gone, close_removed, is_gone
from geos.builder.leftovers import Leftover, Removal
from geos.builder.records import Records
from geos.builder.request import HostWish
from geos.wizard.aws.hosts_facts import Remain
from geos.wizard.errors import Exit
from geos.wizard.facts import Target

from .test_records import BUILD
from .test_whole import came_to, start

LAUNCHED = datetime(2026, 11, 25, 4, tzinfo=UTC)
LATER = LAUNCHED + timedelta(minutes=20)
HERE = Place(Target("us-east-1", endpoint=BUILD.endpoint, sandbox=True), BUILD.account_id)
RUNNING = Part("arm64", instance_id="i-1", launched="2026-11-25T04:00:00Z", group_id="sg-1", leftovers=("sg-1",))


def left_by(build_id: str, kind: str, found: str) -> Leftover:
    return Leftover(Remain(kind, found, {"geos:build": build_id}), 0.0)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    found = Records(tmp_path / "builds")
    found.write(BUILD)
    found.write_part(BUILD.build_id, RUNNING)
    found.key(BUILD.build_id, "arm64").write_text("a key")
    return found


# --- told apart ------------------------------------------------------------------------------


def test_a_build_whose_machine_is_there_runs() -> None:
    assert not is_gone(BUILD, RUNNING, {"i-1"}, HERE, LATER)
    assert is_gone(BUILD, RUNNING, {"sg-1"}, HERE, LATER)


def test_what_has_just_been_launched_is_not_missed() -> None:
    assert not is_gone(BUILD, RUNNING, (), HERE, LAUNCHED + timedelta(seconds=10))
    unlaunched = replace(RUNNING, instance_id="", launched="")
    assert not is_gone(BUILD, unlaunched, (), HERE, LATER)
    assert is_gone(BUILD, unlaunched, (), HERE, datetime.fromisoformat(BUILD.expires))


def test_a_simulated_account_that_ended_took_its_machines_along() -> None:
    anew = replace(HERE, target=replace(HERE.target, endpoint="http://127.0.0.1:5001"))
    assert is_gone(BUILD, replace(RUNNING, launched=""), (), anew, LAUNCHED)


@given(
    st.sampled_from(["running", "lost", "done", "failed", "cancelled"]),
    st.sampled_from(["us-east-1", "eu-north-1"]),
    st.booleans(),
    st.sampled_from([BUILD.account_id, "111122223333"]),
    st.sampled_from(["", "ssh://me@build"]),
)
def test_a_record_of_another_place_is_left_alone(
    state: str, region: str, sandbox: bool, account_id: str, address: str
) -> None:
    place = Place(Target(region, endpoint=BUILD.endpoint, sandbox=sandbox), account_id)
    build = replace(BUILD, wish=HostWish(address=address))
    here = (region, sandbox, account_id, address) == ("us-east-1", True, BUILD.account_id, "")
    assert is_gone(build, replace(RUNNING, state=state), (), place, LATER) is (here and state in ("running", "lost"))


# --- closed ----------------------------------------------------------------------------------


def test_a_build_whose_things_were_removed_is_over(records: Records) -> None:
    gone = tuple(left_by(BUILD.build_id, kind, found) for kind, found in (("instance", "i-1"), ("volume", "v-1")))
    close_removed(records, Removal(gone, ()))
    (part,) = records.parts(BUILD.build_id)
    assert (part.state, part.leftovers) == ("cancelled", ())
    assert part.ended
    assert "clean" in part.error
    assert not records.key(BUILD.build_id, "arm64").exists()


def test_what_could_not_be_removed_stays_on_record(records: Records) -> None:
    held = left_by(BUILD.build_id, "security-group", "sg-1")
    close_removed(records, Removal((left_by(BUILD.build_id, "instance", "i-1"),), ((held, "held"),)))
    (part,) = records.parts(BUILD.build_id)
    assert (part.state, part.leftovers) == ("cancelled", ("sg-1",))


def test_a_build_whose_machine_could_not_be_removed_is_not_over(records: Records) -> None:
    machine = left_by(BUILD.build_id, "instance", "i-1")
    close_removed(records, Removal((left_by(BUILD.build_id, "volume", "v-1"),), ((machine, "refused"),)))
    assert records.parts(BUILD.build_id)[0].state == "running"


def test_how_a_build_ended_is_not_rewritten(records: Records) -> None:
    records.write_part(BUILD.build_id, replace(RUNNING, state="failed", error="the disk is full", ended="then"))
    close_removed(records, Removal((left_by(BUILD.build_id, "security-group", "sg-1"),), ()))
    (part,) = records.parts(BUILD.build_id)
    assert (part.state, part.error, part.ended, part.leftovers) == ("failed", "the disk is full", "then", ())


def test_strangers_builds_and_broken_records_are_passed_over(records: Records) -> None:
    (records.of("b-ffffff")).mkdir()
    (records.of("b-ffffff") / "build.json").write_text("{")
    close_removed(records, Removal((left_by("b-eeeeee", "instance", "i-9"), left_by("b-ffffff", "volume", "v-9")), ()))
    assert list(close_gone(records, {"i-1"}, HERE)) == []
    assert list(close_gone(records, (), HERE)) == [BUILD.build_id]
    assert records.parts(BUILD.build_id)[0].state == "cancelled"


# --- as a user meets it ----------------------------------------------------------------------


@pytest.fixture
def killed(geos: Geos, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A build whose client was killed while its host got ready."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Dockerfile").write_text("FROM scratch\n")
    process = start(project)
    assert came_to("host ready", process)
    process.kill()
    process.wait()
    return process


@pytest.mark.usefixtures("killed")
def test_list_says_over_once_clean_removed_a_builds_things(geos: Geos) -> None:
    assert "1 may be running" in geos("list").out
    assert geos("clean", "--all", "--yes").code == Exit.OK
    (build,) = geos("list", "-o", "json").data["builds"]
    assert build["parts"][0]["state"] == "cancelled"
    assert build["parts"][0]["leftovers"] == []
    assert "0 may be running" in geos("list").out


@pytest.mark.usefixtures("killed")
def test_list_tells_of_a_host_that_is_gone_and_rewrites_nothing(geos: Geos, emulator: Emulator) -> None:
    records = Records()
    (own,) = records.names()
    (part,) = records.parts(own)
    ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    records.write_part(own, replace(part, launched=ago))
    emulator.client("ec2").terminate_instances(InstanceIds=[part.instance_id])
    shown = geos("list")
    assert "its host is gone" in shown.out
    assert "0 may be running" in shown.out
    assert f"attach {own}" not in shown.out
    assert records.parts(own)[0].state == "running"
    assert geos("list", "-o", "json").data["builds"][0]["parts"][0]["host_gone"] is True
    assert geos("clean", "--all", "--yes").code == Exit.OK
    assert records.parts(own)[0].state == "cancelled"

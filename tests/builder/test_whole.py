"""geos-build as a user runs it, in the simulated account: from the plan to nothing left behind, whatever goes wrong.

The hosts are real OpenSSH servers of this machine where it has one; the engine is the machine's own where one
answers, else a stand-in that says so. tests/builder/test_engine.py has a real engine and a real registry.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.ui import ScriptedUi
from parts.emulator import ACCOUNT, Emulator
from parts.faults import REGISTRY

from geos.builder import recipe
from geos.builder.build import TAG_BUILD, TAG_MANAGED_BY
from geos.builder.cli import main
from geos.builder.leftovers import find_leftovers
from geos.builder.records import Records
from geos.wizard.aws import Aws
from geos.wizard.errors import Exit
from geos.wizard.facts import Target
from geos.wizard.ui import Ui
from geos.wizard.waiting import until

needs_recipe = pytest.mark.skipif(
    not recipe.shipped(), reason="NO RECIPE: this copy of geos cannot build GEOS-Chem's own images; not tested"
)
OWN = ["--context", "project", "--repository", "geos-chem-dev"]
"""Another project's folder, for whatever does not depend on what is built."""
STEPS = ["security group", "host", "host ready", "engine", "context", "build", "smoke test", "push"]


@pytest.fixture(autouse=True)
def _here(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def project(_here: None, tmp_path: Path) -> Path:
    """Another project's context, three lines long."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_text('FROM scratch\nCOPY hello /hello\nCMD ["/hello"]\n')
    (root / "hello").write_text("#!/bin/sh\necho hello\n")
    return root


Geos = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def geos(capsys: pytest.CaptureFixture[str]) -> Geos:
    """(exit code, the JSON result) of a command without a terminal."""

    def run(*argv: str, ui: Ui | None = None) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main([*argv, "-o", "json"], make_ui=(lambda flags: ui) if ui else None)
        out = capsys.readouterr().out
        return code, json.loads(out) if out.strip() else {}

    return run


def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True, account_id=ACCOUNT))


def left(emulator: Emulator) -> list[str]:
    """What still is there of any build and could cost or be in the way."""
    return [f"{one.kind} {one.id}" for one in find_leftovers(aws(emulator))]


def nothing_left(emulator: Emulator) -> bool:
    # A group goes a moment after its machine.
    return bool(until(lambda: True if not left(emulator) else None, at_most_seconds=20))


# --- the whole way ---------------------------------------------------------------------------


@needs_recipe
def test_from_the_plan_to_nothing_left_behind(geos: Geos, emulator: Emulator) -> None:
    before = emulator.inventory()
    code, found = geos("--arch", "x86_64", "--yes")
    assert code == Exit.OK, found
    part = found["parts"][0]
    assert part["state"] == "done"
    assert part["digest"].startswith("sha256:")
    assert {name.rsplit(":", 1)[1] for name in part["pushed"]} == {"x86_64-14.7.1-gcc12-openmpi4", "x86_64-latest"}
    assert found["left_behind"] == []
    assert nothing_left(emulator)
    there = aws(emulator).ecr.image("geos-chem-dev", "x86_64-14.7.1-gcc12-openmpi4")
    assert there is not None
    assert there.digest == part["digest"]
    after = emulator.inventory()
    new = {kind: set(after[kind]) - set(before.get(kind, {})) for kind in after}
    kinds = {kind for kind, arns in new.items() if arns}
    assert all("ecr" in kind.lower() or "instance" in kind.lower() for kind in kinds), new


def test_both_architectures_become_one_index(geos: Geos, emulator: Emulator) -> None:
    code, found = geos("--arch", "both", *OWN, "--tag", "1.0", "--yes")
    assert code == Exit.OK, found
    assert found["index"].startswith("geos-chem-dev:1.0 ")
    manifest = aws(emulator).ecr.manifest("geos-chem-dev", "1.0")
    assert manifest is not None
    children = {child["digest"] for child in json.loads(manifest.text)["manifests"]}
    assert children == {part["digest"] for part in found["parts"]}
    assert nothing_left(emulator)


def test_any_project_is_built_the_same_way(geos: Geos, emulator: Emulator, project: Path) -> None:
    code, found = geos("--arch", "arm64", "--context", str(project), "--repository", "backend", "--yes")
    assert code == Exit.OK, found
    assert aws(emulator).ecr.image("backend", "arm64-latest") is not None
    assert nothing_left(emulator)


@needs_recipe
def test_a_plan_creates_nothing(geos: Geos, emulator: Emulator) -> None:
    code, plan = geos("--arch", "both", "--model", "both", "--plan")
    assert code in (Exit.OK, Exit.SAID_NO), plan
    assert emulator.calls(mutating=True) == []
    assert plan["worst_usd"] > 0
    assert plan["steps"] == [*STEPS, "clean up"]
    assert plan["parts"][0]["dockerfile"].startswith("ARG BASE") or "FROM" in plan["parts"][0]["dockerfile"]


def test_GCP_SG_1_who_may_reach_the_host_is_an_answer_of_the_deployment(geos: Geos, tmp_path: Path) -> None:
    (tmp_path / "geos.yaml").write_text("system: geos-chem\nowner: ana\nadmin_cidr: 203.0.113.0/28\n")
    plan = geos("--arch", "x86_64", *OWN, "--plan")[1]
    assert plan["parts"][0]["host"]["open_to"] == "203.0.113.0/28"
    plan = geos("--arch", "x86_64", *OWN, "--plan", "--admin-cidr", "203.0.113.7/32")[1]
    assert plan["parts"][0]["host"]["open_to"] == "203.0.113.7/32"


def test_nothing_is_created_without_a_yes(emulator: Emulator) -> None:
    ui = ScriptedUi(answers=[False])
    assert main(["--arch", "x86_64", *OWN], make_ui=lambda flags: ui) == Exit.CANCELLED
    assert "at most" in ui.confirmed[0]
    assert emulator.calls(mutating=True) == []


def test_nobody_to_agree_creates_nothing(geos: Geos, emulator: Emulator) -> None:
    code, found = geos("--arch", "x86_64", *OWN)
    assert code == Exit.USAGE
    assert found["error"]["code"] == "GEOS-T013"
    assert emulator.calls(mutating=True) == []


def test_a_tag_that_names_an_image_stops_the_next_build_before_it_begins(geos: Geos, emulator: Emulator) -> None:
    again = ("--arch", "x86_64", *OWN, "--tag", "1.0", "--yes")
    assert geos(*again)[0] == Exit.OK
    emulator.clear()
    code, found = geos(*again)
    assert code == Exit.SAID_NO
    assert "--tag" in found["error"]["hint"]
    assert emulator.calls(mutating=True) == []


def test_what_is_forbidden_is_told_before_anything_exists_with_the_policy(geos: Geos, emulator: Emulator) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    launching = {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}
    emulator.seed(permissions={"Version": "2012-10-17", "Statement": [everything, launching]})
    code, plan = geos("--arch", "x86_64", *OWN, "--plan")
    assert code == Exit.SAID_NO
    finding = next(f for f in plan["findings"] if f["title"] == "permissions")
    assert "ec2:RunInstances" in finding["text"]
    assert "ec2:RunInstances" in json.dumps(finding["policies"])
    assert geos("--arch", "x86_64", *OWN, "--yes")[0] == Exit.SAID_NO
    assert emulator.calls("ec2", "RunInstances") == []


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["--arch", "arm64", "--compiler", "ifx"], "impossible"),
        (["--arch", "arm64", "--model", "gchp", "--mpi", "openmpi5"], "impossible"),
        (["--arch", "x86_64", "--compiler", "gcc21"], "gcc21"),
        (["--arch", "x86_64", "--geoschem-version", "latest"], "latest"),
        (["--arch", "x86_64", *OWN, "--time-limit", "3"], "90m or 3h"),
        (["--arch", "x86_64", "--context", "nowhere"], "no such folder"),
        (["--arch", "both", *OWN, "--host", "ssh://me@build"], "--host-key"),
        (["--arch", "x86_64", *OWN, "--host", "build", "--host-key", "missing.pub"], "ssh://"),
        (["--arch", "x86_64", *OWN, "--instance-type", "c7g.large"], "arm64 machine"),
        (["--arch", "x86_64", *OWN, "--instance-type", "c9z.huge"], "c9z.huge"),
        (["--arch", "x86_64", *OWN, "--admin-cidr", "0.0.0.0/0"], "whole internet"),
        (["--arch", "x86_64", *OWN, "--tag", "no spaces!"], "tag"),
        (["--arch", "x86_64", *OWN, "--ssh-port", "0"], "port"),
        (["--arch", "riscv"], "riscv"),
        ([], "--arch"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_created(
    geos: Geos, emulator: Emulator, argv: list[str], word: str
) -> None:
    code, found = geos(*argv, "--yes")
    assert code == Exit.USAGE, found
    assert word in found["error"]["message"] + found["error"]["hint"]
    assert emulator.calls(mutating=True) == []


# --- what goes wrong -------------------------------------------------------------------------


def stages(emulator: Emulator) -> list[str]:
    """The mutating calls of a whole build, in order, as the emulator saw them."""
    return [f"{c['service']}:{c['action']}" for c in emulator.calls(mutating=True)]


@pytest.mark.parametrize("kind", ["error", "cut", "denied", "expired"])
@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("ec2", "CreateSecurityGroup"),
        ("ec2", "AuthorizeSecurityGroupIngress"),
        ("ec2", "RunInstances"),
        ("ec2", "DescribeInstances"),
        ("ecr", "CreateRepository"),
        ("ecr", "GetAuthorizationToken"),
        ("ecr", "PutImage"),
    ],
)
def test_any_call_may_fail_and_nothing_is_left(
    geos: Geos, emulator: Emulator, project: Path, service: str, action: str, kind: str
) -> None:
    emulator.fail(kind, n=1, service=service, action=action)
    code, found = geos("--arch", "x86_64", "--context", str(project), "--repository", "backend", "--yes")
    told = found.get("error") or found["parts"][0]["error"] or found["index_error"]
    # What botocore tries again by itself may well come to a good end.
    assert code == Exit.OK or told["message"], found
    emulator.clear()
    assert main(["clean", "--all", "--yes"]) == Exit.OK
    assert nothing_left(emulator)


def test_a_push_that_breaks_is_tried_again(geos: Geos, emulator: Emulator, project: Path) -> None:
    """A long build must not be lost to a short fault of the network."""
    emulator.fail("error", n=1, service=REGISTRY, action="PUT manifests")
    code, found = geos("--arch", "x86_64", "--context", str(project), "--repository", "backend", "--yes")
    assert emulator.faults()[0]["struck"] == 1
    assert code == Exit.OK, found
    assert nothing_left(emulator)


def test_a_push_that_is_refused_for_good_says_why_and_leaves_nothing(
    geos: Geos, emulator: Emulator, project: Path
) -> None:
    emulator.fail("denied", n=0, service=REGISTRY, action="PUT manifests")
    code, found = geos("--arch", "x86_64", "--context", str(project), "--repository", "backend", "--yes")
    assert code == Exit.COULD_NOT_CHECK
    assert "your identity may not push there" in found["parts"][0]["error"]["message"]
    assert nothing_left(emulator)


@pytest.mark.parametrize("step", STEPS)
def test_a_build_that_was_killed_is_cleaned_by_its_tags(emulator: Emulator, project: Path, step: str) -> None:
    """kill -9 of the client while it is at `step`."""
    process = start(project)
    try:
        assert came_to(step, process)
    finally:
        process.kill()
        process.wait()
    assert main(["clean", "--all", "--yes"]) == Exit.OK
    assert nothing_left(emulator)


@pytest.mark.parametrize("step", ["host ready", "build"])
def test_a_build_that_was_killed_can_be_taken_up_again(
    geos: Geos, emulator: Emulator, project: Path, step: str
) -> None:
    process = start(project)
    assert came_to(step, process)
    process.kill()
    process.wait()
    code, found = geos("attach", Records().names()[-1], "--yes")
    assert code == Exit.OK, found
    assert found["parts"][0]["state"] == "done"
    assert len(emulator.calls("ec2", "RunInstances")) == 1
    assert nothing_left(emulator)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_wants_out_leaves_nothing_behind(emulator: Emulator, project: Path, number: signal.Signals) -> None:
    process = start(project)
    assert came_to("host ready", process)
    process.send_signal(number)
    assert process.wait(60) == Exit.CANCELLED
    assert nothing_left(emulator)


def start(project: Path) -> subprocess.Popen[bytes]:
    words = ["--arch", "x86_64", "--context", str(project), "--repository", "backend", "--yes"]
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("geos-build")), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def at_step(step: str) -> bool | None:
    """Whether the newest build on this machine has come to that step."""
    logs = [path for name in Records().names() for path in Records().logs(name, "x86_64") if path.name == "steps.log"]
    return True if any(f" {step} …\n" in path.read_text() for path in logs) else None


def came_to(step: str, process: subprocess.Popen[bytes]) -> bool:
    """False: the build ended without ever coming there."""

    def look() -> bool | None:
        return at_step(step) or (False if process.poll() is not None else None)

    return bool(until(look, at_most_seconds=60, first_seconds=0.01, longest_seconds=0.02))


# --- secrets ---------------------------------------------------------------------------------


def test_no_secret_is_left_in_any_artefact(
    geos: Geos, emulator: Emulator, project: Path, home: Path, arguments: Callable[[], str]
) -> None:
    """Nothing written here, in the account's tags, or seen in any command line holds a key, a token or a password."""
    code, found = geos("--arch", "x86_64", "--context", str(project), "--repository", "backend", "--yes", "--debug")
    assert code == Exit.OK, found
    told = json.dumps(found) + arguments()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "steps.log" for path in files)
    for path in files:
        told += path.read_bytes().decode(errors="replace")
    token = aws(emulator).ecr.token().password
    for secret in ("PRIVATE KEY", token, os.environ["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in told
    assert not re.search(r"docker.{0,80}-p[ =]\S", told)
    machines = aws(emulator).hosts.remains({TAG_MANAGED_BY: ["geos"], TAG_BUILD: []})
    assert "PRIVATE KEY" not in str(machines)


@pytest.fixture
def arguments() -> Iterator[Callable[[], str]]:
    """Every command line of this machine while the test runs, as far as a quick look sees it."""
    seen: set[bytes] = set()
    over_now = threading.Event()

    def look() -> None:
        while not over_now.wait(0.01):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(entry.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    yield lambda: b"\n".join(seen).replace(b"\0", b" ").decode(errors="replace")
    over_now.set()
    watcher.join()


@pytest.mark.skipif(recipe.shipped(), reason="this copy of geos has the recipe")
def test_without_the_recipe_it_is_said_before_anything_is_asked(geos: Geos, emulator: Emulator) -> None:
    code, found = geos("--arch", "arm64", "--yes")
    assert code == Exit.USAGE
    assert "--context" in found["error"]["hint"]
    assert emulator.calls() == []

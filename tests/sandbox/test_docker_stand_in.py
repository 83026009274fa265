"""The stand-in for a container engine, through the very lines that geos-build runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geos.builder import registry, smoke
from geos.builder.buildlog import build_failure, push_failure, step_of
from geos.builder.commands import Command
from geos.builder.docker import Docker, digest_of_push, engine_of, inspected
from geos.builder.errors import RegistryLoginRefused, RepositoryMissing, TagTaken
from geos.builder.host import Output
from geos.wizard.aws import Aws
from geos.wizard.facts import Target
from geos.wizard.sandbox.hosts import stand_ins

if TYPE_CHECKING:
    from parts.emulator import Emulator

DOCKERFILE = """\
# a comment
ARG BASE
FROM ${BASE} AS model
LABEL geos.models="gcclassic gchp" \\
      other=1
RUN make
FROM ${BASE}
COPY --from=model /opt /opt
"""


class Machine:
    """A machine whose docker is the stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stand_ins.write({"docker": stand_ins.engine()}, folder / "bin")
        self.docker = Docker(str(folder / "config"))
        self.context = folder / "context"
        self.context.mkdir()
        (self.context / "Dockerfile").write_text(DOCKERFILE)

    def run(self, command: Command, **_: object) -> Output:
        env = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "HOME": str(self.folder)}
        done = subprocess.run(command.words, input=command.stdin, capture_output=True, env=env, check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def build(self, name: str = "geos:b-1", **words: str) -> Output:
        return self.run(self.docker.build(str(self.context), name, architecture="arm64", labels={"a": "b"}, **words))  # type: ignore[arg-type]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    found = Aws(Target("us-east-1", "", emulator.endpoint, True, "123456789012"))
    registry.ensure(found, "geos", tags={})
    return found


def test_it_says_what_it_is(machine: Machine) -> None:
    engine = engine_of(machine.run(machine.docker.facts()).out)
    assert "simulated" in engine.version
    assert engine.driver == "simulated"


def test_build(machine: Machine) -> None:
    output = machine.build()
    marks = [mark for line in output.text.splitlines() if (mark := step_of(line))]
    assert [(m.number, m.of) for m in marks] == [(n, 6) for n in range(1, 7)]
    assert all(step_of(line) or "simulated" in line for line in output.text.splitlines())
    image = inspected(machine.run(machine.docker.inspect("geos:b-1")).out)
    assert image.architecture == "arm64"
    assert image.labels == {"geos.models": "gcclassic gchp", "other": "1", "a": "b", "geos.simulated": "true"}


def test_a_stage_alone(machine: Machine) -> None:
    assert "Step 4/4 : RUN make" in machine.build(target="model").text
    assert "nowhere" in machine.build(target="nowhere").last_lines()


@pytest.mark.parametrize(("line", "code"), [("RUN false", "1"), ("RUN exit 7", "7")])
def test_a_build_that_fails(machine: Machine, line: str, code: str) -> None:
    (machine.context / "Dockerfile").write_text(f"FROM a\n{line}\nRUN never\n")
    output = machine.build()
    assert output.status == 1
    assert f"non-zero code: {code}" in build_failure(output.last_lines()).message
    assert "never" not in output.text
    assert machine.run(machine.docker.inspect("geos:b-1")).status == 1


def test_no_dockerfile(machine: Machine) -> None:
    (machine.context / "Dockerfile").unlink()
    assert "cannot read" in machine.build().last_lines()


def test_smoke_tests_pass_and_tell_that_nothing_ran(machine: Machine) -> None:
    machine.build()
    image = inspected(machine.run(machine.docker.inspect("geos:b-1")).out)
    checks = smoke.checks(machine.docker, "geos:b-1", image, "arm64")
    found = smoke.run(machine, checks)  # type: ignore[arg-type]
    assert len(found) == 6
    assert all(b"simulated: not run" in machine.run(check.command).err for check in checks)


def test_a_push_is_real(machine: Machine, aws: Aws) -> None:
    machine.build()
    token = registry.token(aws)
    name = f"{token.registry}/geos:arm64-1"
    assert machine.run(machine.docker.login(token.registry, token.password)).status == 0
    machine.run(machine.docker.tag("geos:b-1", name))
    output = machine.run(machine.docker.push(name))
    digest = digest_of_push(output.text)
    assert registry.verify(aws, "geos", "arm64-1", digest).size_bytes
    again = machine.run(machine.docker.push(name))
    assert "already exists (simulated)" in again.text
    assert isinstance(push_failure(again.last_lines()), TagTaken)
    local = inspected(machine.run(machine.docker.inspect("geos:b-1")).out)
    assert registry.same_as_local(aws, "geos", "arm64-1", local.id).digest == digest
    config = machine.folder / "config" / "config.json"
    assert config.stat().st_mode & 0o077 == 0
    machine.run(machine.docker.logout(token.registry))
    assert token.registry not in config.read_text()
    machine.run(machine.docker.forget())
    assert not config.parent.exists()


def test_pushes_that_are_refused(machine: Machine, aws: Aws) -> None:
    machine.build()
    token = registry.token(aws)
    login = machine.run(machine.docker.login(token.registry, "wrong"))
    assert isinstance(push_failure(login.last_lines()), RegistryLoginRefused)
    machine.run(machine.docker.tag("geos:b-1", f"{token.registry}/geos:1"))
    without = machine.run(machine.docker.push(f"{token.registry}/geos:1"))
    assert isinstance(push_failure(without.last_lines()), RegistryLoginRefused)
    machine.run(machine.docker.login(token.registry, token.password))
    machine.run(machine.docker.tag("geos:b-1", f"{token.registry}/nowhere:1"))
    nowhere = machine.run(machine.docker.push(f"{token.registry}/nowhere:1"))
    assert isinstance(push_failure(nowhere.last_lines()), RepositoryMissing)


def test_it_never_pushes_to_a_real_registry(machine: Machine) -> None:
    machine.build()
    name = "123456789012.dkr.ecr.us-east-1.amazonaws.com/geos:1"
    machine.run(machine.docker.tag("geos:b-1", name))
    assert "this computer alone" in machine.run(machine.docker.push(name)).last_lines()
    registry_name = name.partition("/")[0]
    assert "this computer alone" in machine.run(machine.docker.login(registry_name, "x")).last_lines()


def test_clearing_up(machine: Machine) -> None:
    machine.build()
    assert "Untagged" in machine.run(machine.docker.remove("geos:b-1")).text
    assert machine.run(machine.docker.remove("geos:b-1")).status == 0
    assert machine.run(machine.docker.prune("b-1")).status == 0
    assert machine.run(machine.docker.inspect("geos:b-1")).status == 1


def test_what_it_does_not_know_it_says(machine: Machine) -> None:
    for words in ((), ("swarm",), ("build", "--file"), ("push",), ("tag",), ("run",), ("image",)):
        output = machine.run(Command(("docker", *words)))
        assert output.status == 1
        assert b"Traceback" not in output.err


def test_it_starts_quickly(machine: Machine) -> None:
    """Nothing heavy is loaded: it is started a dozen times in a build."""
    words = (sys.executable, "-X", "importtime", "-m", "geos.wizard.sandbox.hosts.docker_stand_in", "version")
    loaded = machine.run(Command(words)).err.decode()
    assert not [name for name in ("boto3", "moto", "paramiko", "rich", "yaml", "ssl") if f" {name}\n" in loaded]

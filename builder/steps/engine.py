"""A look at the host before anything is sent: its engine, its disk, and a folder of the build's own."""

from __future__ import annotations

import contextlib

from geos.builder.commands import command, script
from geos.builder.docker import engine_of
from geos.builder.errors import HostLost, NoSpaceLeft
from geos.builder.job import Job

LEAST_FREE_GB = 2.0
"""Where nothing more is known of what is built."""
# $1: the build's name. Everything in one round trip, a line each; the engine's own answer last.
_LOOK = """
mkdir -p "$HOME/.geos-build/$1" && cd "$HOME/.geos-build/$1" && pwd || exit 1
DOCKER_CONFIG=$PWD/docker-config
export DOCKER_CONFIG
sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1 | grep . || uname -m
program=docker
docker info --format '{{json .}}' >engine 2>/dev/null && ! grep -q '"ServerErrors":\\[' engine ||
  program="sudo -n docker"
[ "$program" = docker ] || $program info --format '{{json .}}' >engine 2>&1
echo "$program"
root=$(sed -n 's/.*"DockerRootDir":"\\([^"]*\\)".*/\\1/p' engine)
{ df -Pk "${root:-.}" 2>/dev/null || df -Pk .; } | tail -n 1
cat engine
"""


class LookAtHost:
    """Raises EngineUnusable, NoSpaceLeft."""

    title = "engine"

    def __init__(self, *, needs_gb: float = LEAST_FREE_GB, own_machine: bool = False) -> None:
        """`own_machine`: it stays, so that everything of this build has to go in the end."""
        self._needs_gb = needs_gb
        self._own_machine = own_machine

    def run(self, job: Job) -> None:
        name = f"{job.build.build_id}-{job.architecture}"
        told = job.the_host.run(script(_LOOK, name)).text.split("\n", 4)
        folder, cpu, program, disk, answer = [*told, *[""] * (5 - len(told))]
        job.note(folder=folder)
        job.docker_program = tuple(program.split())
        engine = job.engine = engine_of(answer.encode())
        self._require_room(disk)
        job.facts["builder-cpu"] = cpu
        emulated = "" if engine.architecture == job.architecture else f", {job.architecture} emulated: slow"
        job.tell(f"Docker {engine.version}, {engine.builder}{emulated}")

    def _require_room(self, disk: str) -> None:
        """`disk`: a line of df. Raises NoSpaceLeft."""
        columns = disk.split()
        if len(columns) < 4 or not columns[3].isdigit():
            return  # what df says on this machine cannot be read; the build tells in time
        free_gb = int(columns[3]) * 1024 / 1e9
        if free_gb < self._needs_gb:
            raise NoSpaceLeft(
                f"the host has {free_gb:.1f} GB free where its engine keeps images, and this build takes "
                f"{self._needs_gb:.0f} GB.",
                hint="on a machine of your own: docker system prune; otherwise the host's disk is too small",
            )

    def cleanup(self, job: Job) -> None:
        if not self._own_machine or job.connect is None or not job.part.folder:
            return
        with contextlib.suppress(HostLost):  # told by the step that lost it
            host = job.host = job.host or job.connect()
            lines = (
                job.docker.remove(job.local_image),
                job.docker.prune(job.build.build_id),
                command("rm", "-rf", job.part.folder),
            )
            host.run(script("; ".join(str(line) for line in lines)))  # one round trip; the last one's status counts

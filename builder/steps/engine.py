"""A look at the host before anything is sent: its engine, its disk, and a folder of the build's own."""

from __future__ import annotations

import contextlib

from geos.builder.commands import command, script
from geos.builder.docker import Engine, engine_of
from geos.builder.errors import CommandFailed, EngineUnusable, HostLost, NoSpaceLeft
from geos.builder.job import Job

LEAST_FREE_GB = 2.0
"""Where nothing more is known of what is built."""
_MADE = 'mkdir -p "$HOME/.geos-build/$1" && cd "$HOME/.geos-build/$1" && pwd'
_FREE = 'df -Pk "$1" 2>/dev/null || df -Pk "$HOME"'
_CPU = "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1; uname -m"


class LookAtHost:
    """Raises EngineUnusable, NoSpaceLeft."""

    title = "engine"

    def __init__(self, *, needs_gb: float = LEAST_FREE_GB, own_machine: bool = False) -> None:
        """`own_machine`: it stays, so that everything of this build has to go in the end."""
        self._needs_gb = needs_gb
        self._own_machine = own_machine

    def run(self, job: Job) -> None:
        name = f"{job.build.build_id}-{job.architecture}"
        job.note(folder=job.the_host.run(script(_MADE, name)).text.strip())
        engine = job.engine = self._engine(job)
        self._require_room(job, engine)
        cpu = job.the_host.run(script(_CPU), check=False).text.split("\n")
        job.facts["builder-cpu"] = next((line.strip() for line in cpu if line.strip()), "unknown")
        emulated = "" if engine.architecture == job.architecture else f", {job.architecture} emulated: slow"
        job.tell(f"Docker {engine.version}, {engine.builder}{emulated}")

    def _engine(self, job: Job) -> Engine:
        """With sudo where the user is not in the engine's group. Raises EngineUnusable."""
        refused: EngineUnusable | None = None
        for program in (("docker",), ("sudo", "-n", "docker")):
            job.docker_program = program
            output = job.the_host.run(job.docker.facts(), check=False)
            try:
                return engine_of(output.out or output.err)
            except EngineUnusable as e:
                refused = refused or e
        assert refused is not None
        raise refused

    def _require_room(self, job: Job, engine: Engine) -> None:
        """Raises NoSpaceLeft."""
        lines = job.the_host.run(script(_FREE, engine.root), check=False).text.splitlines()
        columns = lines[-1].split() if lines else []
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
            for line in (job.docker.remove(job.local_image), job.docker.prune(job.build.build_id)):
                with contextlib.suppress(CommandFailed):
                    host.run(line, check=False)
            host.run(command("rm", "-rf", job.part.folder))

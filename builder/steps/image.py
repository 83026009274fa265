"""The image is built on the host, detached from the connection: a line that breaks neither ends it nor ends it well."""

from __future__ import annotations

import contextlib

from geos.builder import buildlog, detached, registry
from geos.builder.commands import Command, command
from geos.builder.docker import LABEL_BUILD, Cache
from geos.builder.errors import HostLost, HostUnreachable
from geos.builder.images import ImageName, cache_repository
from geos.builder.job import Job
from geos.builder.plan import PartPlan
from geos.builder.recipe import INVENTORY, INVENTORY_STAGE, inventory, labels
from geos.wizard.errors import GeosError
from geos.wizard.waiting import growing

LOST_FOR_SECONDS = 600.0
"""How long a host that does not answer is called again before it is left to go on by itself."""
ENDING_BYTES = 16 * 1024
"""Of the log, in which the cause of an end is looked for."""
STEP_WORDS = 44


class BuildImage:
    """Two runs for GEOS-Chem: up to the finished model, whose inventory then becomes the labels of the whole."""

    title = "build"

    def __init__(self, plan: PartPlan, *, lost_for_seconds: float = LOST_FOR_SECONDS) -> None:
        self._plan = plan
        self._lost_for_seconds = lost_for_seconds
        self._ending = b""
        self._said = ""
        self._steps = 0

    def run(self, job: Job) -> None:
        if job.is_done(self.title):
            return
        cache = self._cache(job)
        recipe = self._plan.recipe
        if recipe is None:
            self._detached(job, "image", self._line(job, {}, cache))
        else:
            stage = f"{job.local_image}-{INVENTORY_STAGE}"
            self._detached(job, INVENTORY_STAGE, self._line(job, {}, cache, tag=stage, target=INVENTORY_STAGE))
            cat = job.docker.run(stage, INVENTORY, entrypoint="cat", architecture=job.architecture)
            found = labels(recipe, inventory(job.the_host.run(cat).text), job.facts)
            self._detached(job, "image", self._line(job, found, cache))
            job.the_host.run(job.docker.remove(stage), check=False)
        job.tell(f"{self._steps} steps of the Dockerfile" if self._steps else "")
        job.note(finished=(*job.part.finished, self.title))

    def _line(self, job: Job, told: dict[str, str], cache: Cache | None, *, tag: str = "", target: str = "") -> Command:
        recipe = self._plan.recipe
        return job.docker.build(
            job.folders["context"],
            tag or job.local_image,
            dockerfile=job.build.request.dockerfile,
            args=dict(recipe.arguments) if recipe else None,
            labels={**told, LABEL_BUILD: job.build.build_id},
            architecture=job.architecture,
            target=target,
            builder=job.the_engine.builder,
            cache=cache,
        )

    def _cache(self, job: Job) -> Cache | None:
        """The build's cache in the registry, which wants a login beforehand."""
        if job.build.request.cache != "registry":
            return None
        if not job.the_engine.registry_cache:
            job.tell("no cache in the registry: the host's engine has no buildx")
            return None
        repository = cache_repository(job.build.repository)
        registry.ensure(job.aws, repository, tags=job.build.tags, cache=True)
        token = registry.token(job.aws)
        job.the_host.run(job.docker.login(token.registry, token.password, user=token.user))
        found = Cache(str(ImageName(token.registry, repository, f"{job.architecture}-buildcache")))
        job.the_host.run(job.docker.create_builder(found.builder), check=False)
        return found

    # --- detached, and followed ----------------------------------------------------------------

    def _detached(self, job: Job, name: str, line: Command) -> None:
        """Run to the end, through lost connections. Raises what the log tells of a bad end, HostLost."""
        folder = job.folders["run"] = f"{job.part.folder}/{name}"
        detached.start(job.the_host, folder, line, unit=f"geos-{job.build.build_id}-{job.architecture}-{name}")
        status = self._followed(job, folder, name)
        job.folders.pop("run")
        if status != 0:
            raise buildlog.build_failure(self._ending.decode(errors="replace"))

    def _followed(self, job: Job, folder: str, name: str) -> int:
        lost = 0.0
        intervals = growing(0.5, 1.5, 30.0)
        while True:
            try:
                return detached.follow(
                    job.the_host,
                    folder,
                    job.log_offset(name),
                    lambda chunk: self._take(job, name, chunk),
                    on_machine=lambda machine: job.machine(str(machine)),
                )
            except (HostLost, HostUnreachable) as e:
                job.wait(0)  # closed because the user wants out?
                interval = next(intervals)
                lost += interval
                if lost > self._lost_for_seconds:
                    raise _left_alone(job, e) from e
                job.machine(f"the line is lost; calling again in {interval:.0f} s, the build goes on")
                job.wait(interval)
                with contextlib.suppress(HostUnreachable, HostLost):
                    _reconnect(job)

    def _take(self, job: Job, name: str, chunk: bytes) -> None:
        job.follow(name, chunk)
        self._ending = (self._ending + chunk)[-ENDING_BYTES:]
        for line in chunk.decode(errors="replace").splitlines():
            mark = buildlog.step_of(line)
            said = f"step {mark.number} of {mark.of}  {mark.words[:STEP_WORDS]}" if mark else ""
            if mark and said != self._said:
                self._said, self._steps = said, mark.of
                job.tell(said)

    def cleanup(self, job: Job) -> None:
        """Stop what still builds: on a machine that stays it would go on for nobody."""
        folder = job.folders.get("run", "")
        if not folder or not job.build.wish.address:
            return  # a launched host ends as a whole
        with contextlib.suppress(HostLost, HostUnreachable):
            _reconnect(job)
            detached.stop(job.the_host, folder)
            job.the_host.run(command("rm", "-rf", folder))


def _reconnect(job: Job) -> None:
    assert job.connect is not None, "a step that needs the host stands before the one that connects"
    if job.host is not None:
        job.host.close()
    job.host = job.connect()


def _left_alone(job: Job, error: GeosError) -> HostLost:
    return HostLost(
        f"{error.message.rstrip('.')}, and the host did not answer any more. The build may go on there.",
        hint=f"geos-build attach {job.build.build_id} takes it up where the log stopped",
    )

"""The image is tried on the host before anybody can get it."""

from __future__ import annotations

from geos.builder import smoke
from geos.builder.docker import inspected
from geos.builder.job import Job
from geos.wizard.ui.wording import count


class SmokeTest:
    title = "smoke test"

    def run(self, job: Job) -> None:
        if job.is_done(self.title):
            return
        docker, name = job.docker, job.local_image
        image = inspected(job.the_host.run(docker.inspect(name)).out)
        smoke.require_architecture(image, job.architecture)
        found = smoke.run(job.the_host, smoke.checks(docker, name, image, job.architecture), tell=job.tell)
        job.tell(f"{count(len(found), 'check')}  {image.size_bytes / 1e6:,.0f} MB")
        job.note(finished=(*job.part.finished, self.title))

    def cleanup(self, job: Job) -> None:
        """Containers of the checks are gone by themselves."""

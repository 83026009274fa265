"""The tested image goes to ECR; what lies there afterwards is proved to be what was built."""

from __future__ import annotations

import contextlib

from geos.builder import buildlog, registry
from geos.builder.commands import script
from geos.builder.docker import Docker, digest_of_push, inspected
from geos.builder.errors import CommandFailed, HostLost, PushFailed, TagTaken
from geos.builder.host import Host, Output
from geos.builder.images import ImageName, Tags
from geos.builder.job import Job
from geos.wizard.aws.ecr_facts import Token

SILENCE_SECONDS = 300.0
"""A large layer may take so long between two lines of progress."""
PAUSES_SECONDS = (3.0, 10.0)
"""Before a push that a broken line ended is tried again: a long build must not be lost to a short fault."""


class Push:
    """Login by standard input, one push, the moving tag set from here."""

    title = "push"

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._token: Token | None = None

    def run(self, job: Job) -> None:
        repository = job.build.repository
        ensured = registry.ensure(job.aws, repository, tags=job.build.tags)
        job.note(remarks=tuple(dict.fromkeys((*job.part.remarks, *ensured.remarks))))
        token = self._token = registry.fresh(job.aws, self._token)
        name = ImageName(token.registry, repository, self._tags.fixed)
        digest = self._push(job, token, name)
        registry.verify(job.aws, repository, self._tags.fixed, digest)
        registry.add_tag(job.aws, repository, digest, self._tags.moving)
        job.note(image_digest=digest, pushed=(str(name), str(name.tagged(self._tags.moving))))
        job.tell(f"{self._tags.fixed}  {digest[:19]}…")

    def _push(self, job: Job, token: Token, name: ImageName) -> str:
        """The digest under which ECR has the image."""
        host, docker = job.the_host, job.docker
        _checked(host.run(docker.login(token.registry, token.password), check=False))
        host.run(docker.tag(job.local_image, str(name)))
        for interval in (*PAUSES_SECONDS, None):
            output = host.run(docker.push(str(name)), timeout_seconds=SILENCE_SECONDS, check=False, on_chunk=job.output)
            if output.status == 0:
                return digest_of_push(output.text)
            error = buildlog.push_failure(output.text + output.err.decode(errors="replace"))
            if isinstance(error, TagTaken):
                break
            if type(error) is not PushFailed or interval is None:  # its kinds say what trying again would not mend
                raise error
            job.tell(f"{error.message.splitlines()[0]} Again in {interval:.0f} s")
            job.wait(interval)
        # Pushed before, perhaps by an attempt that was cut off: the very same image there is what was wanted.
        local_id = inspected(host.run(docker.inspect(job.local_image)).out).id
        return registry.same_as_local(job.aws, job.build.repository, self._tags.fixed, local_id).digest

    def cleanup(self, job: Job) -> None:
        """Nothing that opens the registry stays on the host."""
        if job.host is None or self._token is None:
            return
        with contextlib.suppress(HostLost, CommandFailed):  # a host that is gone keeps nothing
            forget(job.host, job.docker, self._token.registry)


def forget(host: Host, docker: Docker, name: str) -> None:
    host.run(script(f"{docker.logout(name)}; {docker.forget()}"))


def _checked(login: Output) -> None:
    if login.status != 0:
        error = buildlog.push_failure(login.last_lines())
        raise error if isinstance(error, PushFailed) else PushFailed(error.message, hint=error.hint)

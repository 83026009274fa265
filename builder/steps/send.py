"""The build context goes to the host."""

from __future__ import annotations

import hashlib
from pathlib import Path

from geos.builder.context.scan import Context, given, scan
from geos.builder.context.upload import upload
from geos.builder.job import Job
from geos.builder.plan import PartPlan
from geos.builder.recipe import context_files
from geos.wizard.paths import cache_dir

SAID_EVERY_BYTES = 4_000_000
KEPT = ".cache/geos-build"
"""On a machine of the user's own: what was sent stays there, so that next time only changes are."""


class SendContext:
    title = "context"

    def __init__(self, plan: PartPlan) -> None:
        self._plan = plan

    def run(self, job: Job) -> None:
        context = self._context(job)
        said = 0

        def tell(sent_bytes: int) -> None:
            nonlocal said
            if sent_bytes - said >= SAID_EVERY_BYTES:
                said = sent_bytes
                job.wait(0)
                job.machine(f"{sent_bytes / 1e6:,.0f} of {context.size_bytes / 1e6:,.0f} MB")

        job.folders["context"] = folder = _folder(job)
        sent = upload(job.the_host, context, folder, _memory(job, folder), tell=tell)
        packed = ", packed" if sent.packed else ""
        job.tell(f"{_size(sent.sent_bytes)} in {sent.files} files{packed}, {sent.unchanged} unchanged")

    def _context(self, job: Job) -> Context:
        """Raises BadContext."""
        recipe, request = self._plan.recipe, job.build.request
        if recipe is None:
            return scan(Path(request.context), request.dockerfile)
        files = context_files(recipe)
        return given(files, executable=[path for path in files if path.endswith(".sh")])

    def cleanup(self, job: Job) -> None:
        """The folder goes with its host, or stays on the user's own machine for the next time."""


def _size(sent_bytes: int) -> str:
    return f"{sent_bytes / 1e6:,.1f} MB" if sent_bytes >= 100_000 else f"{sent_bytes / 1e3:,.1f} kB"


def _folder(job: Job) -> str:
    if not job.build.wish.address:
        return f"{job.part.folder}/context"
    home = job.part.folder.rsplit("/.geos-build/", 1)[0]
    return f"{home}/{KEPT}/{job.build.repository.replace('/', '-')}"


def _memory(job: Job, folder: str) -> Path:
    """Where the manifest of what that machine has is kept here."""
    place = f"{job.part.user}@{job.part.host}:{job.part.port} {job.part.host_key} {folder}"
    return cache_dir() / "contexts" / hashlib.sha256(place.encode()).hexdigest()[:24]

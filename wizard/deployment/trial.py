"""A test job on a deployed Batch queue: does the whole chain from queue to container work? Costs a few cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.aws.batch import Job, JobQueue
from geos.wizard.deployment.checks import FAIL, PASS, WARN, Finding, has_image
from geos.wizard.deployment.images import BuildLine, ImagePlace, architecture_in, build_own, parse_image
from geos.wizard.errors import GeosError
from geos.wizard.facts import OWN_SHARE
from geos.wizard.tables.instances import instance
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.deployed import DeployedStack
    from geos.wizard.deployment.watcher import Watcher

LONGEST_SECONDS = 1800.0
"""An instance takes some minutes to start; a job that waits longer will not run today."""
TIMEOUT_SECONDS = 300
MEMORY_MIB = 512
"""Small, so that whatever instance the queue can get takes it."""
ENDED = ("SUCCEEDED", "FAILED")


@dataclass(frozen=True)
class Trial:
    """A definition with a queue that can run it."""

    layer: str
    definition: str
    queue: str
    share: str = ""
    """What Batch wants to be told on a queue that shares fairly, and on no other."""


def trials(aws: Aws, stacks: Sequence[DeployedStack]) -> tuple[Trial, ...]:
    """One trial for each job definition that has a queue of its architecture, the most urgent queue first."""
    definitions = [
        (s, r.physical_id) for s in stacks for r in s.resources.values() if r.type == "AWS::Batch::JobDefinition"
    ]
    names = [r.physical_id for s in stacks for r in s.resources.values() if r.type == "AWS::Batch::JobQueue"]
    queues = sorted(aws.batch.queues(names), key=lambda q: -q.priority) if names else []
    kinds = _queue_architectures(aws, queues)
    found = []
    for stack, arn in definitions:
        wanted = architecture_in(arn)  # Batch itself keeps none for jobs on EC2
        queue = next((q for q in queues if q.state == "ENABLED" and (not wanted or wanted in kinds[q.arn])), None)
        if queue is not None:
            found.append(Trial(stack.layer, arn, queue.arn, OWN_SHARE if queue.fair_share else ""))
    return tuple(found)


def run_trials(
    aws: Aws,
    stacks: Sequence[DeployedStack],
    command: Sequence[str],
    watcher: Watcher,
    *,
    account_id: str,
    build_line: BuildLine = build_own,
    longest_seconds: float = LONGEST_SECONDS,
) -> tuple[Finding, ...]:
    """Submit `command` to each, and wait until it has ended."""
    found = trials(aws, stacks)
    if not found:
        return (Finding(WARN, "", "test job", "there is no queue that could run a job", "geos-setup validate"),)
    without = {t.definition: missing_image(aws, t.definition, account_id) for t in found}
    return tuple(
        _without_image(t, image, build_line(image))
        if (image := without[t.definition])
        else _run(aws, t, command, watcher, longest_seconds)
        for t in found
    )


def _without_image(trial: Trial, image: ImagePlace, fix: str) -> Finding:
    said = f"there is no image {image} to run"
    return Finding(FAIL, trial.layer, f"test job of {_short(trial.definition)}", said, fix, lacks=str(image))


def missing_image(aws: Aws, definition: str, account_id: str) -> ImagePlace | None:
    """The image of a definition when it should be in this account's registry and is not."""
    found = aws.batch.definition(definition)
    place = parse_image(found.image) if found else None
    if place is None or place.account_id != account_id or has_image(aws, place):
        return None
    return place


def _run(aws: Aws, trial: Trial, command: Sequence[str], watcher: Watcher, longest_seconds: float) -> Finding:
    name = _short(trial.definition)
    watcher.waiting(f"a test job of {name}, which has to start an instance", 240.0)
    try:
        job_id = aws.batch.submit(
            "geos-test",
            trial.queue,
            trial.definition,
            command=command,
            vcpus=1,
            memory_mib=MEMORY_MIB,
            timeout_seconds=TIMEOUT_SECONDS,
            share=trial.share,
        )
        job = until(lambda: _ended(aws.batch.job(job_id)), at_most_seconds=longest_seconds)
        if job is None:
            aws.batch.terminate(job_id, "the test took too long")
    except GeosError as e:
        return Finding(FAIL, trial.layer, f"test job of {name}", e.message, e.hint)
    if job is None:
        said = f"did not end in {longest_seconds / 60:.0f} minutes and was stopped"
        return Finding(FAIL, trial.layer, f"test job of {name}", said, "geos-setup quotas tells what keeps it waiting")
    if job.status != "SUCCEEDED":
        return Finding(FAIL, trial.layer, f"test job of {name}", f"failed: {job.reason or 'no reason given'}")
    return Finding(PASS, trial.layer, f"test job of {name}", "succeeded")


def _ended(job: Job | None) -> Job | None:
    return job if job is not None and job.status in ENDED else None


def _queue_architectures(aws: Aws, queues: Sequence[JobQueue]) -> dict[str, frozenset[str]]:
    arns = [arn for q in queues for arn in q.environments]
    types = {e.arn: e.instance_types for e in aws.batch.compute_environments(arns)} if arns else {}
    return {q.arn: frozenset(_architecture(t) for e in q.environments for t in types.get(e, ())) for q in queues}


def _architecture(instance_type: str) -> str:
    known = instance(instance_type)
    return known.architecture if known else ""


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]

"""What a removal will find and do, read beforehand: stacks, running jobs, what the buckets hold. Reads only.

The account's tags are the truth; a local record only adds the regions and names of stacks that carry none yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.aws.batch import Job
from geos.wizard.aws.stack_facts import StackFact, StackResource
from geos.wizard.concurrently import gather
from geos.wizard.deployment.bootstrap import is_last
from geos.wizard.deployment.find import BOOTSTRAP_STACK, MANAGED_BY, MANAGER, deployments_in, layer_of, none_found
from geos.wizard.deployment.leftovers import Leftover, find_leftovers
from geos.wizard.deployment.removal import BUCKET, DATA_TYPES, QUEUE
from geos.wizard.deployment.states import is_there
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.records import Record


@dataclass(frozen=True)
class StackToGo:
    """A stack that will be removed."""

    layer: str
    stack_name: str
    region: str
    status: str
    resources: tuple[StackResource, ...] = ()
    protected: bool = False


@dataclass(frozen=True)
class DestroyPlan:
    """What a removal will do, for the user to agree to."""

    deployment: str
    account_id: str
    region: str
    tags: dict[str, str]
    stacks: tuple[StackToGo, ...]
    """In the order in which they go."""
    jobs: tuple[tuple[str, Job], ...] = ()
    """(queue, job) of everything that waits or runs; it would be ended."""
    contents: tuple[tuple[str, int, int], ...] = ()
    """(bucket, objects, bytes) of buckets that hold something."""
    beside: tuple[Leftover, ...] = ()
    """Things with the deployment's tags that are in no stack."""
    with_bootstrap: bool = False
    """It is the last deployment of the region, so state bucket and lock go too."""
    others: tuple[str, ...] = ()
    """Other deployments in the region."""

    @property
    def resources(self) -> int:
        return sum(len(s.resources) for s in self.stacks)

    @property
    def protected(self) -> tuple[str, ...]:
        """Stacks whose termination protection will be switched off."""
        return tuple(s.stack_name for s in self.stacks if s.protected)

    def data(self) -> tuple[StackResource, ...]:
        """What --keep-data would leave."""
        return tuple(r for s in self.stacks for r in s.resources if r.type in DATA_TYPES)


def look_at(aws: Aws, deployment: str, record: Record | None, account_id: str) -> DestroyPlan:
    """Read what there is of `deployment`. Raises NoDeployment when there is nothing at all."""
    regions = [aws.region, *sorted({s.region for s in record.stacks} - {aws.region})] if record else [aws.region]
    found: list[tuple[str, StackFact]] = []
    others: set[str] = set()
    for region in regions:
        there = aws.in_region(region).stacks.all()
        groups = deployments_in(there)
        found += [(region, s) for s in (*groups.get(deployment, ()), *_begun(aws, region, there, deployment, record))]
        others |= groups.keys() - {deployment}
    found.sort(key=lambda pair: (pair[1].created is not None, pair[1].created), reverse=True)
    stacks = tuple(_to_go(aws, deployment, region, fact) for region, fact in found)
    tags = _tags(deployment, found)
    beside = _beside(aws, tags, stacks)
    bootstrap = aws.stacks.describe(BOOTSTRAP_STACK)
    orphan = bootstrap is not None and not others
    if not stacks and not beside and record is None and not orphan:
        raise none_found(deployment)
    return DestroyPlan(
        deployment,
        account_id,
        aws.region,
        tags,
        stacks,
        _jobs(aws, stacks),
        _contents(aws, stacks, beside),
        beside,
        bootstrap is not None and is_last(aws, deployment),
        tuple(sorted(others)),
    )


def _begun(
    aws: Aws, region: str, stacks: Iterable[StackFact], deployment: str, record: Record | None
) -> list[StackFact]:
    """Stacks of which only a change set was made. They hold nothing and carry no tags yet, so record and words tell."""
    known = {s.stack_name for s in record.stacks} if record else set()
    begun = [s for s in stacks if s.status == "REVIEW_IN_PROGRESS" and s.name.startswith(f"{deployment}-")]
    words = f"{deployment}, layer "
    return [
        s
        for s in begun
        if not s.tags
        and (s.name in known or any(d.startswith(words) for d in aws.in_region(region).stacks.descriptions(s.stack_id)))
    ]


def _to_go(aws: Aws, deployment: str, region: str, fact: StackFact) -> StackToGo:
    held_by_it = aws.in_region(region).stacks.resources(fact.stack_id) if is_there(fact.status) else ()
    resources = tuple(r for r in held_by_it if r.physical_id and r.status != "DELETE_COMPLETE")
    return StackToGo(layer_of(fact.name, deployment), fact.name, region, fact.status, resources, fact.protected)


def _tags(deployment: str, found: list[tuple[str, StackFact]]) -> dict[str, str]:
    """The tags of the deployment's things: read off a stack; else the name says them, its last part the environment."""
    own = next((fact.tags for _, fact in found if fact.tags), None)
    if own:
        return {MANAGED_BY: MANAGER, "Project": own["Project"], "Environment": own["Environment"]}
    project, _, environment = deployment.rpartition("-")
    return {MANAGED_BY: MANAGER, "Project": project, "Environment": environment}


def _beside(aws: Aws, tags: dict[str, str], stacks: tuple[StackToGo, ...]) -> tuple[Leftover, ...]:
    inside = {r.physical_id for s in stacks for r in s.resources}
    names = {s.stack_name for s in stacks}
    found = find_leftovers(aws, tags)
    return tuple(f for f in found if not f.is_one_of(inside) and not names & set(f.name.split("/")))


def _jobs(aws: Aws, stacks: tuple[StackToGo, ...]) -> tuple[tuple[str, Job], ...]:
    queues = [(s.region, r.physical_id) for s in stacks for r in s.resources if r.type == QUEUE]

    def reader(region: str, queue: str) -> Callable[[], tuple[Job, ...]]:
        return lambda: aws.in_region(region).batch.unfinished_jobs(queue)

    answers = gather({(region, queue): reader(region, queue) for region, queue in queues})
    return tuple(
        (queue.rsplit("/", 1)[-1], job)
        for (_, queue), answer in answers.items()
        if not isinstance(answer, GeosError)
        for job in answer
    )


def _contents(
    aws: Aws, stacks: tuple[StackToGo, ...], beside: tuple[Leftover, ...]
) -> tuple[tuple[str, int, int], ...]:
    buckets = [r.physical_id for s in stacks for r in s.resources if r.type == BUCKET]
    buckets += [found.name for found in beside if found.service == "s3"]

    def reader(bucket: str) -> Callable[[], tuple[int, int]]:
        return lambda: aws.s3.count(bucket)

    answers = gather({b: reader(b) for b in buckets})
    return tuple((b, *a) for b, a in answers.items() if not isinstance(a, GeosError) and a[0])

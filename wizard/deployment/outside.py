"""Things that services make beside the stacks, in a deployment's name: log groups, mostly. Pure but for the listing.

A Lambda function, a CodeBuild project or a Batch job without its own log group makes one on first use; it
carries no tags and no retention, and would stay for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

PREFIXES = (
    "/aws/batch/",
    "/aws/codebuild/",
    "/aws/ecs/containerinsights/",
    "/aws/events/",
    "/aws/lambda/",
    "/aws/vendedlogs/",
    "/aws/vpc/",
    "/ecs/",
)
"""Where services put the groups that they make themselves."""


def log_groups_of(aws: Aws, deployment: str, others: Collection[str]) -> tuple[str, ...]:
    """Log groups in the deployment's name. `others`: deployments of the region whose names may begin alike."""
    answers = gather({prefix: _lister(aws, f"{prefix}{deployment}") for prefix in PREFIXES})
    found: list[str] = []
    for answer in answers.values():
        if isinstance(answer, GeosError):
            raise answer
        found += answer
    return belonging(found, deployment, others)


def _lister(aws: Aws, prefix: str) -> Callable[[], list[str]]:
    return lambda: [g.name for g in aws.logs.groups(prefix)]


def belonging(names: Iterable[str], deployment: str, others: Collection[str]) -> tuple[str, ...]:
    """Those of `names` that are `deployment`'s and not of another whose name is longer. Pure."""
    longer = [o for o in others if o != deployment and o.startswith(f"{deployment}-")]
    return tuple(n for n in names if _is_of(n, deployment) and not any(_is_of(n, o) for o in longer))


def _is_of(name: str, deployment: str) -> bool:
    return any(part == deployment or part.startswith(f"{deployment}-") for part in name.split("/"))

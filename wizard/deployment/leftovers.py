"""What still carries a deployment's tags after its stacks are gone.

The stack's own word is not enough: deletions can be skipped or fail without a trace. The tag search is not
enough either: it goes on listing some things for a while. So each find is looked up in its own service where
that is possible, and CloudFormation's word counts only for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.concurrently import gather
from geos.wizard.deployment.states import is_there as stands
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws


@dataclass(frozen=True)
class Leftover:
    """A thing that is still there."""

    arn: str
    region: str

    @property
    def service(self) -> str:
        return self.arn.split(":")[2]

    @property
    def name(self) -> str:
        """The last part of the ARN, as consoles show it."""
        return self.arn.split(":", 5)[-1]

    def is_one_of(self, physical_ids: Collection[str]) -> bool:
        """Whether CloudFormation knows it by one of these ids: ARNs, or names that end the ARN."""
        return any(
            self.arn == p or self.arn.endswith((f":{p}", f"/{p}")) or (p.startswith("/") and self.arn.endswith(p))
            for p in physical_ids
            if p
        )


def tags_of(deployment_tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that tell one deployment's things from all others."""
    return {key: deployment_tags[key] for key in ("ManagedBy", "Project", "Environment")}


def find_leftovers(aws: Aws, tags: Mapping[str, str], *, gone: Collection[str] = ()) -> tuple[Leftover, ...]:
    """Everything in the region that carries `tags` and exists. `gone`: physical ids that CloudFormation deleted."""
    found = [Leftover(t.arn, aws.region) for t in aws.tagging.find(tags)]
    answers = gather({f: _asker(aws, f, gone) for f in found})
    # A question that was not answered is no proof that the thing is gone.
    return tuple(f for f, answer in answers.items() if isinstance(answer, GeosError) or answer)


def _asker(aws: Aws, found: Leftover, gone: Collection[str]) -> Callable[[], bool]:
    return lambda: is_there(aws, found, gone)


def is_there(aws: Aws, found: Leftover, gone: Collection[str] = ()) -> bool:
    """Whether AWS still has what its search by tags names. `gone`: as for `find_leftovers`."""
    kind, _, rest = found.name.partition("/")
    look = _LOOKS.get((found.service, kind if rest else "")) or _LOOKS.get((found.service, ""))
    if look is not None:
        return look(aws, found)
    return not found.is_one_of(gone)


def _stack(aws: Aws, found: Leftover) -> bool:
    fact = aws.stacks.describe(found.arn)
    return fact is not None and stands(fact.status)


def _key(aws: Aws, found: Leftover) -> bool:
    key = aws.kms.key(found.name.partition("/")[2])
    return key is not None and key.gone_on is None


def _log_group(aws: Aws, found: Leftover) -> bool:
    name = log_group_name(found)
    return any(g.name == name for g in aws.logs.groups(name))


def log_group_name(found: Leftover) -> str:
    return found.name.removeprefix("log-group:").removesuffix(":*")


def _instance(aws: Aws, found: Leftover) -> bool:
    return bool(aws.launch_templates.living_instances([found.name.partition("/")[2]]))


def _volume(aws: Aws, found: Leftover) -> bool:
    """The tag search names a machine's volumes for a while after they went with it."""
    return aws.launch_templates.has_volume(found.name.partition("/")[2])


def _queue(aws: Aws, found: Leftover) -> bool:
    return any(q.status not in ("DELETED", "DELETING") for q in aws.batch.queues([found.arn]))


def _environment(aws: Aws, found: Leftover) -> bool:
    return any(e.status not in ("DELETED", "DELETING") for e in aws.batch.compute_environments([found.arn]))


_LOOKS: Mapping[tuple[str, str], Callable[[Aws, Leftover], bool]] = {
    ("batch", "compute-environment"): _environment,
    ("batch", "job-definition"): lambda aws, found: aws.batch.definition(found.arn) is not None,
    ("batch", "job-queue"): _queue,
    ("cloudformation", "stack"): _stack,
    ("ec2", "instance"): _instance,
    ("ec2", "volume"): _volume,
    ("ecr", "repository"): lambda aws, found: aws.ecr.repository(found.name.partition("/")[2]) is not None,
    ("kms", "key"): _key,
    ("logs", ""): _log_group,
    ("s3", ""): lambda aws, found: aws.s3.exists(found.name),
}
"""(service, kind of thing) -> whether it is there. An empty kind: all of the service."""


def sweep(aws: Aws, found: Leftover) -> bool:
    """Remove a leftover of a kind that geos can; whether it did."""
    kind, _, rest = found.name.partition("/")
    if found.service == "s3":
        aws.s3.empty(found.name)
        aws.s3.delete(found.name)
    elif found.service == "ecr" and kind == "repository":
        aws.ecr.delete(rest)
    elif found.service == "logs":
        aws.logs.delete(log_group_name(found))
    elif found.service == "kms" and kind == "key":
        aws.kms.delete_aliases(rest)
        aws.kms.schedule_deletion(rest, KEY_WINDOW_DAYS)
    else:
        return False
    return True


KEY_WINDOW_DAYS = 7
"""The shortest time after which KMS lets a key go; it costs nothing while it waits."""

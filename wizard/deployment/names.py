"""Names that a plan needs and something else has already, found before anything is made.

CloudFormation would find them too, but only one stack after the other, with everything before them to be undone.
What cannot be looked up is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.concurrently import gather
from geos.wizard.deployment.find import BOOTSTRAP_STACK
from geos.wizard.deployment.leftovers import find_leftovers, tags_of
from geos.wizard.deployment.plan import CREATE, Plan, resolved
from geos.wizard.errors import AccessDenied, GeosError, NameTaken, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.cfn.resolve import Resolved


@dataclass(frozen=True)
class NewStack:
    """A stack that is not there yet."""

    stack_name: str
    region: str
    """Empty: where the deployment is."""
    resolved: Resolved


@dataclass(frozen=True)
class Taken:
    """A name that a new stack cannot have."""

    stack_name: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def _role(aws: Aws, name: str) -> bool:
    try:
        aws.iam.role(name)
    except NotThere:
        return False
    return True


def _bucket(aws: Aws, name: str) -> bool:
    try:
        return aws.s3.exists(name)
    except AccessDenied:
        return True  # of another account: bucket names are unique over all of AWS


_NAMED: Mapping[str, tuple[str, str, Callable[[Aws, str], bool]]] = {
    "AWS::ECR::Repository": ("RepositoryName", "repository", lambda aws, name: aws.ecr.repository(name) is not None),
    "AWS::IAM::Role": ("RoleName", "role", _role),
    "AWS::Logs::LogGroup": (
        "LogGroupName",
        "log group",
        lambda aws, name: any(group.name == name for group in aws.logs.groups(name)),
    ),
    "AWS::S3::Bucket": ("BucketName", "bucket", _bucket),
}
"""Type -> (property with the name, word for it, whether something has it)."""


def taken_names(aws: Aws, new: Iterable[NewStack]) -> tuple[Taken, ...]:
    """The names that are taken. Those of the bootstrap stack may be, since it is shared."""
    wanted = {
        one: _asker(aws.in_region(stack.region or aws.region), type_name, one.name)
        for stack in new
        if stack.stack_name != BOOTSTRAP_STACK
        for type_name, one in _names(stack)
    }
    return tuple(one for one, answer in gather(wanted).items() if answer and not isinstance(answer, GeosError))


def _names(stack: NewStack) -> Iterator[tuple[str, Taken]]:
    for resource in stack.resolved.resources.values():
        key, kind, _ = _NAMED.get(resource.type, ("", "", None))
        name = resource.properties.get(key)
        if isinstance(name, str):
            yield resource.type, Taken(stack.stack_name, kind, name)


def _asker(aws: Aws, type_name: str, name: str) -> Callable[[], bool]:
    return lambda: _NAMED[type_name][2](aws, name)


def refuse_taken(aws: Aws, plan: Plan) -> None:
    """Raises NameTaken, unless a stack of the plan has come up meanwhile: then another geos is at work."""
    new = [NewStack(s.stack_name, s.region, resolved(s, plan.account_id)) for s in plan.stacks if s.action == CREATE]
    found = taken_names(aws, new)
    found = tuple(one for one in found if aws.stacks.describe(one.stack_name) is None)
    if not found:
        return
    own = _kept_by_itself(aws, plan, found)
    others = tuple(one for one in found if one not in own)
    if others:
        raise NameTaken(
            f"{plan.deployment} needs names that something else has already: {_listed(others)}.",
            hint="choose another --environment or --project; nothing was created",
        )
    raise NameTaken(
        f"{plan.deployment} was removed with its data kept, and a new one needs the names of what was kept: "
        f"{_listed(own)}.",
        hint="choose another --environment, the kept data stays readable; or give up the data, after which the name is "
        f"free: geos-setup destroy --deployment {plan.deployment}",
    )


def _listed(found: Sequence[Taken]) -> str:
    return ", ".join(map(str, found[:4])) + (f" and {len(found) - 4} more" if len(found) > 4 else "")


def _kept_by_itself(aws: Aws, plan: Plan, found: Sequence[Taken]) -> tuple[Taken, ...]:
    """What carries the plan's own tags: an earlier destroy --keep-data left it."""
    try:
        tagged = [thing for tags in _own_tags(plan) for thing in find_leftovers(aws, tags)]
    except GeosError:
        return ()
    return tuple(one for one in found if any(thing.is_one_of((one.name,)) for thing in tagged))


def _own_tags(plan: Plan) -> list[dict[str, str]]:
    return [tags_of(stack.tags) for stack in plan.stacks if stack.stack_name != BOOTSTRAP_STACK][:1]

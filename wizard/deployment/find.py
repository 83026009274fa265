"""Which deployment is meant: --deployment, geos.yaml's, the only one in ./geos-out, the only tagged one in the account.

The account is asked only when nothing nearer answers, so the question is passed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from geos.wizard.aws.stack_facts import StackFact
from geos.wizard.deployment.records import Record, Records
from geos.wizard.errors import AmbiguousDeployment, NoDeployment

MANAGED_BY, MANAGER = "ManagedBy", "geos"
BOOTSTRAP_STACK = "geos-bootstrap"


@dataclass(frozen=True)
class Found:
    """The deployment that a verb is about, and how it was found."""

    deployment: str
    record: Record | None
    how: str


def find_deployment(
    *, named: str, from_answers: str, records: Records, in_account: Callable[[], Sequence[str]]
) -> Found:
    """The one deployment that can be meant. Raises AmbiguousDeployment, NoDeployment, BadRecord."""
    if named:
        return Found(named, records.read(named), "--deployment")
    if from_answers:
        return Found(from_answers, records.read(from_answers), "the answers file")
    local = records.names()
    if len(local) == 1:
        return Found(local[0], records.read(local[0]), f"the only one in {records.out_dir}")
    if local:
        raise _which(local, f"{records.out_dir} holds {len(local)} deployments")
    there = sorted(set(in_account()))
    if len(there) == 1:
        return Found(there[0], None, "the only one in the account")
    if there:
        raise _which(there, f"the account holds {len(there)} deployments in this region")
    raise none_found()


def none_found(deployment: str = "") -> NoDeployment:
    """The error for a verb that needs a deployment."""
    if deployment:
        return NoDeployment(
            f"there is no deployment {deployment} in this account and region.",
            hint="geos-setup status lists those that exist; geos-setup deploy makes one",
        )
    return NoDeployment("there is no deployment here.", hint="geos-setup leads to one; geos-setup deploy makes it")


def deployment_of(tags: Mapping[str, str]) -> str:
    """The deployment that a tagged thing belongs to; empty for what is not geos's or not one deployment's."""
    if tags.get(MANAGED_BY) != MANAGER or not tags.get("Project") or not tags.get("Environment"):
        return ""
    return f"{tags['Project']}-{tags['Environment']}"


def deployments_in(stacks: Iterable[StackFact]) -> dict[str, list[StackFact]]:
    """Stacks by deployment, each in order of creation; stacks that are no deployment's are left out."""
    found: dict[str, list[StackFact]] = {}
    for stack in stacks:
        name = deployment_of(stack.tags)
        if name and stack.name != BOOTSTRAP_STACK and stack.status != "DELETE_COMPLETE":
            found.setdefault(name, []).append(stack)
    for members in found.values():
        members.sort(key=lambda s: (s.created is None, s.created, s.name))
    return dict(sorted(found.items()))


def layer_of(stack_name: str, deployment: str) -> str:
    """The layer, read off the stack's name."""
    prefix = f"{deployment}-"
    return stack_name[len(prefix) :] if stack_name.startswith(prefix) else stack_name


def _which(names: Sequence[str], where: str) -> AmbiguousDeployment:
    return AmbiguousDeployment(
        f"which deployment? {where}: {', '.join(names)}.", hint=f"name one, for example: --deployment {names[0]}"
    )

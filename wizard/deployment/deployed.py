"""A deployment as it stands in the account: its stacks with their templates, resources and values.

Everything is read off CloudFormation, so it works without a local record and for templates of any system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import StackFact, StackResource
from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, Resolved, Unknown, resolve
from geos.wizard.concurrently import gather
from geos.wizard.deployment.find import deployments_in, layer_of
from geos.wizard.deployment.progress import is_simulated
from geos.wizard.deployment.states import is_there
from geos.wizard.errors import BadTemplate, GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.records import Record


@dataclass(frozen=True)
class DeployedStack:
    """One stack as it stands."""

    layer: str
    region: str
    fact: StackFact
    resources: Mapping[str, StackResource] = field(default_factory=dict)
    """By logical id; what was deleted is left out."""
    resolved: Resolved | None = None
    """The deployed template with its parameters and physical ids; None when it could not be read."""

    @property
    def simulated(self) -> tuple[StackResource, ...]:
        """Resources that the endpoint says it only pretends to have."""
        return tuple(r for r in self.resources.values() if is_simulated(r.reason))


def read_deployed(aws: Aws, deployment: str, record: Record | None = None) -> tuple[DeployedStack, ...]:
    """The stacks of `deployment` in order of creation; none when there is none."""
    regions = [aws.region, *sorted({s.region for s in record.stacks} - {aws.region})] if record else [aws.region]
    listed = gather({region: aws.in_region(region).stacks.all for region in regions})
    found: list[tuple[str, StackFact]] = []
    for region, answer in listed.items():
        if isinstance(answer, GeosError):
            raise answer
        found += [(region, fact) for fact in deployments_in(answer).get(deployment, ())]
    stacks = gather({fact.name: _reader(aws, deployment, region, fact) for region, fact in found})
    return tuple(_or_raise(answer) for answer in stacks.values())


def _or_raise(answer: DeployedStack | GeosError) -> DeployedStack:
    if isinstance(answer, GeosError):
        raise answer
    return answer


def _reader(aws: Aws, deployment: str, region: str, fact: StackFact) -> Callable[[], DeployedStack]:
    def read() -> DeployedStack:
        layer = layer_of(fact.name, deployment)
        if not is_there(fact.status):
            return DeployedStack(layer, region, fact)
        stacks = aws.in_region(region).stacks
        resources = {r.logical_id: r for r in stacks.resources(fact.stack_id) if r.status != "DELETE_COMPLETE"}
        return DeployedStack(
            layer, region, fact, resources, _resolved(fact, region, stacks.template(fact.stack_id), resources)
        )

    return read


def _resolved(fact: StackFact, region: str, body: Any, resources: Mapping[str, StackResource]) -> Resolved | None:
    if not isinstance(body, Mapping):
        return None

    def lookup(logical_id: str, attribute: str) -> Any:
        resource = resources.get(logical_id)
        if resource is None or attribute:
            return Unknown(f"{logical_id}.{attribute} is known to AWS only", logical_id, attribute)
        return resource.physical_id

    parts = fact.stack_id.split(":")
    account, partition = (parts[4], parts[1]) if len(parts) > 5 else ("", "aws")
    pseudo = Pseudo(account, region, partition, fact.name, fact.stack_id)
    try:
        return resolve(Template(fact.name, dict(body)), fact.parameters, pseudo, lookup=lookup)
    except BadTemplate:
        return None

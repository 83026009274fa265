"""What a deployment gives to its users: names and addresses, by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.deployment.find import deployments_in, layer_of, none_found
from geos.wizard.deployment.records import Record

if TYPE_CHECKING:
    from geos.wizard.aws import Aws


@dataclass(frozen=True)
class Outputs:
    """Outputs of every stack, in the order of deployment."""

    deployment: str
    region: str
    layers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def flat(self) -> dict[str, str]:
        return {name: value for outputs in self.layers.values() for name, value in outputs.items()}

    def to_json(self) -> dict[str, Any]:
        return {
            "deployment": self.deployment,
            "region": self.region,
            "outputs": self.flat,
            "layers": {layer: dict(outputs) for layer, outputs in self.layers.items()},
        }


def outputs(aws: Aws, deployment: str, record: Record | None = None) -> Outputs:
    """Raises NoDeployment."""
    regions = [aws.region, *sorted({s.region for s in record.stacks} - {aws.region})] if record else [aws.region]
    found: dict[str, Mapping[str, str]] = {}
    for region in regions:
        for stack in deployments_in(aws.in_region(region).stacks.all()).get(deployment, ()):
            found[layer_of(stack.name, deployment)] = dict(sorted(stack.outputs.items()))
    if not found:
        raise none_found(deployment)
    return Outputs(deployment, aws.region, found)

"""Service-linked roles that must exist before a stack is made. Pure.

AWS makes these roles itself when a service is first used, but a key policy that names one is refused while
it does not exist, and Batch cannot be used without its own. They are per account, cost nothing and other
things may come to rely on them, so they are kept when the deployment is removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SERVICES: Mapping[str, str] = {
    "AWSServiceRoleForAmazonFSx": "fsx.amazonaws.com",
    "AWSServiceRoleForAutoScaling": "autoscaling.amazonaws.com",
    "AWSServiceRoleForBatch": "batch.amazonaws.com",
    "AWSServiceRoleForEC2Spot": "spot.amazonaws.com",
    "AWSServiceRoleForEC2SpotFleet": "spotfleet.amazonaws.com",
    "AWSServiceRoleForECS": "ecs.amazonaws.com",
    "AWSServiceRoleForElasticLoadBalancing": "elasticloadbalancing.amazonaws.com",
    "AWSServiceRoleForRDS": "rds.amazonaws.com",
}
"""Role name -> the service that owns it (IAM user guide, "AWS services that work with IAM")."""

_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "AWS::AutoScaling::AutoScalingGroup": ("AWSServiceRoleForAutoScaling",),
    "AWS::Batch::ComputeEnvironment": ("AWSServiceRoleForBatch", "AWSServiceRoleForECS"),
    "AWS::ECS::Cluster": ("AWSServiceRoleForECS",),
    "AWS::ECS::Service": ("AWSServiceRoleForECS",),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("AWSServiceRoleForElasticLoadBalancing",),
    "AWS::FSx::FileSystem": ("AWSServiceRoleForAmazonFSx",),
    "AWS::RDS::DBInstance": ("AWSServiceRoleForRDS",),
}

_NAMED = re.compile(r"AWSServiceRoleFor\w+")


@dataclass(frozen=True)
class ServiceRole:
    """A service-linked role that the plan needs."""

    name: str
    service: str
    why: str


def needed_roles(templates: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[ServiceRole, ...]:
    """Roles that (layer, template) pairs need, each once, in order of first need."""
    found: dict[str, ServiceRole] = {}
    for layer, body in templates:
        for name, why in _in_template(layer, body):
            if name in _SERVICES:
                found.setdefault(name, ServiceRole(name, _SERVICES[name], why))
    return tuple(found.values())


def _in_template(layer: str, body: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for logical_id, resource in body.get("Resources", {}).items():
        for name in dict.fromkeys(_NAMED.findall(json.dumps(resource.get("Properties", {})))):
            yield name, f"{layer}: {logical_id} names it"
        for name in _by_type(resource):
            yield name, f"{layer}: {logical_id} works through it"
        if _is_spot(resource):
            yield "AWSServiceRoleForEC2Spot", f"{layer}: {logical_id} starts Spot instances"


def _by_type(resource: Mapping[str, Any]) -> tuple[str, ...]:
    roles = _BY_TYPE.get(resource.get("Type", ""), ())
    if "ServiceRole" in resource.get("Properties", {}):
        # A role of the user's own takes the place of Batch's.
        return tuple(r for r in roles if r != "AWSServiceRoleForBatch")
    return roles


def _is_spot(resource: Mapping[str, Any]) -> bool:
    compute = resource.get("Properties", {}).get("ComputeResources", {})
    return isinstance(compute, dict) and compute.get("Type") == "SPOT"

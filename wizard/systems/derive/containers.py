"""ECS and Lambda: Fargate vCPUs, interfaces, reserved concurrency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope, count, items, mapping, number
from geos.wizard.systems.derive.claims import Amount, Claim, largest, product

FARGATE = {False: "L-3032A538", True: "L-36FBB829"}
"""Is Spot -> quota."""
LEFT_UNRESERVED = 100.0
"""Lambda refuses to reserve the last hundred of the account's concurrency."""


def service_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """Tasks at the top of their scaling, times what a rolling update may run beside them."""
    p = resource.properties
    now = number(p.get("DesiredCount"), 1)
    top = largest([now, *_scaling_limits(resource, scope)])
    percent = number(mapping(p.get("DeploymentConfiguration")).get("MaximumPercent"), 200)
    most = product(top, percent, 0.01)
    if not isinstance(most, Unknown):
        most = float(math.floor(most))
    task = scope.find(p.get("TaskDefinition"), "AWS::ECS::TaskDefinition", name_property="Family")
    cpu = _task_vcpus(task)
    for spot, doubt in _providers(p).items():
        each = doubt if isinstance(doubt, Unknown) else cpu
        yield Claim("fargate", FARGATE[spot], product(most, each), product(now, each))
    if p.get("NetworkConfiguration"):
        yield Claim("vpc", "L-DF5E4CA3", most, now)


def _providers(p: Mapping[str, Value]) -> dict[bool, Value]:
    """Is Spot -> whether it is used (or Unknown): each provider named may be given all the tasks."""
    kind = p.get("LaunchType")
    named = [kind] if kind else []
    named += [mapping(entry).get("CapacityProvider") for entry in items(p.get("CapacityProviderStrategy"))]
    found: dict[bool, Value] = {}
    for name in named:
        if isinstance(name, Unknown):
            found |= {False: name, True: name}
        elif name in ("FARGATE", "FARGATE_SPOT"):
            found.setdefault(name == "FARGATE_SPOT", True)
    return found


def _task_vcpus(task: Resource | None) -> Amount:
    """Cpu is in units of 1/1024 vCPU, or text such as "2 vCPU"."""
    if task is None:
        return Unknown("the task definition is not in this template")
    cpu = task.properties.get("Cpu")
    if isinstance(cpu, str) and cpu.lower().endswith("vcpu"):
        return number(cpu.lower().removesuffix("vcpu").strip())
    return product(number(cpu), 1 / 1024)


def _scaling_limits(service: Resource, scope: Scope) -> Iterator[Amount]:
    """MaxCapacity of the scalable targets that name this service."""
    for target in scope.resources("AWS::ApplicationAutoScaling::ScalableTarget"):
        named = target.properties.get("ResourceId")
        by_name = isinstance(named, str) and named.endswith(f"/{service.properties.get('ServiceName', '')}")
        namespace = target.properties.get("ServiceNamespace", "ecs")
        by_reference = isinstance(named, Unknown) and (isinstance(namespace, Unknown) or namespace == "ecs")
        if by_name or by_reference:
            yield number(target.properties.get("MaxCapacity"))


def function_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    p = resource.properties
    if "ReservedConcurrentExecutions" in p:
        yield Claim("lambda", "L-B99A9384", number(p["ReservedConcurrentExecutions"]))
    network = mapping(p.get("VpcConfig"))
    if network.get("SubnetIds"):
        # One interface per subnet and set of security groups, shared by the functions that use both.
        yield Claim("vpc", "L-DF5E4CA3", count(network.get("SubnetIds")))

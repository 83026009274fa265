"""AWS Batch: job definitions, compute environments and what fits into what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from geos.wizard.cfn.resolve import Resource
from geos.wizard.facts import InstanceType
from geos.wizard.systems.rules import Finding, Rule, Subject, as_list, mapping, number, of_types, texts

USABLE_MEMORY = 0.95
"""Share of an instance's memory that a job can get; the rest is the system's and the ECS agent's."""

FARGATE_MEMORY_MIB: dict[float, tuple[int, int, int]] = {
    0.25: (512, 2048, 512),
    0.5: (1024, 4096, 1024),
    1: (2048, 8192, 1024),
    2: (4096, 16384, 1024),
    4: (8192, 30720, 1024),
    8: (16384, 61440, 4096),
    16: (32768, 122880, 8192),
}
"""vCPUs -> least and most memory and the step between, from the Batch user guide ("resourceRequirements");
0.25 vCPU takes 512, 1024 and 2048 only."""


def job_definitions(subject: Subject) -> Iterator[Resource]:
    return of_types(subject, "AWS::Batch::JobDefinition")


def containers(definition: Resource) -> Iterator[dict[str, Any]]:
    """Every container of a job definition, whatever form it has."""
    properties = definition.properties
    yield from (mapping(c) for c in as_list(properties.get("ContainerProperties")))
    for node in as_list(mapping(properties.get("NodeProperties")).get("NodeRangeProperties")):
        yield from (mapping(c) for c in as_list(mapping(node).get("Container")))
        yield from _ecs_containers(mapping(node))
    yield from _ecs_containers(properties)


def _ecs_containers(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for task in as_list(mapping(properties.get("EcsProperties")).get("TaskProperties")):
        yield from (mapping(c) for c in as_list(mapping(task).get("Containers")))


def required(container: Mapping[str, Any], kind: str) -> float | None:
    """What a container asks for: VCPU, or MEMORY in MiB. None when that is not known."""
    for requirement in as_list(container.get("ResourceRequirements")):
        if mapping(requirement).get("Type") == kind:
            return number(mapping(requirement).get("Value"))
    return None


def _managed(subject: Subject) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Compute environments on EC2, with their resources."""
    for environment in of_types(subject, "AWS::Batch::ComputeEnvironment"):
        resources = mapping(environment.properties.get("ComputeResources"))
        if str(resources.get("Type", "")).upper() in ("EC2", "SPOT"):
            yield environment, resources


def listed(resources: Mapping[str, Any], instances: Mapping[str, InstanceType]) -> list[InstanceType]:
    """The instance types an environment may start; a family stands for all its sizes. Unknown words are left out."""
    found: list[InstanceType] = []
    for word in as_list(resources.get("InstanceTypes")):
        if word in instances:
            found.append(instances[word])
        elif isinstance(word, str) and "." not in word:
            found += [i for i in instances.values() if i.family == word]
    return found


def old_size_properties(subject: Subject) -> Iterator[Finding]:
    for definition in job_definitions(subject):
        for container in containers(definition):
            old = [key for key in ("Vcpus", "Memory") if key in container]
            # In EcsProperties Memory does not exist either, so no form is excepted.
            if old:
                yield definition.logical_id, f"{' and '.join(old)} are outdated; write ResourceRequirements instead."


def on_demand_only_in_spot(subject: Subject) -> Iterator[Finding]:
    for environment, resources in _managed(subject):
        if str(resources["Type"]).upper() != "SPOT":
            continue
        wrong = [i.name for i in listed(resources, subject.instances) if not i.spot_supported]
        if wrong:
            yield environment.logical_id, f"{', '.join(wrong)} cannot be had as Spot; take an EC2 environment for them."


def mixed_architectures(subject: Subject) -> Iterator[Finding]:
    for environment, resources in _managed(subject):
        kinds = {i.architecture: i.name for i in listed(resources, subject.instances)}
        if len(kinds) > 1:
            examples = ", ".join(f"{name} is {kind}" for kind, name in sorted(kinds.items()))
            yield environment.logical_id, f"one environment, one architecture: {examples}."


def job_fits_nowhere(subject: Subject) -> Iterator[Finding]:
    places = {e.logical_id: listed(r, subject.instances) for e, r in _managed(subject)}
    places = {logical_id: types for logical_id, types in places.items() if types}
    sizes = {d.logical_id: size for d in job_definitions(subject) if (size := _size(d))}
    for logical_id, (vcpus, memory) in sizes.items():
        if places and not any(_fits(vcpus, memory, i) for types in places.values() for i in types):
            yield logical_id, f"{vcpus:g} vCPUs and {memory:g} MiB fit into no listed instance type."
    for logical_id, types in places.items():
        if sizes and not any(_fits(vcpus, memory, i) for vcpus, memory in sizes.values() for i in types):
            largest = max(types, key=lambda i: (i.memory_gib, i.vcpus))
            usable = largest.memory_gib * 1024 * USABLE_MEMORY
            words = f"no job of this stack fits: the largest, {largest.name}, has {largest.vcpus} vCPUs"
            yield logical_id, f"{words} and {usable:,.0f} MiB for jobs."


def _size(definition: Resource) -> tuple[float, float] | None:
    for container in containers(definition):
        vcpus, memory = required(container, "VCPU"), required(container, "MEMORY")
        if vcpus is not None and memory is not None:
            return vcpus, memory
    return None


def _fits(vcpus: float, memory_mib: float, instance: InstanceType) -> bool:
    return vcpus <= instance.vcpus and memory_mib <= instance.memory_gib * 1024 * USABLE_MEMORY


def fargate_pairs(subject: Subject) -> Iterator[Finding]:
    for definition in job_definitions(subject):
        if "FARGATE" not in as_list(definition.properties.get("PlatformCapabilities")):
            continue
        size = _size(definition)
        if size and not fargate_pair_valid(*size):
            yield definition.logical_id, f"Fargate has no size of {size[0]:g} vCPUs and {size[1]:g} MiB."
    for task in of_types(subject, "AWS::ECS::TaskDefinition"):
        if "FARGATE" not in as_list(task.properties.get("RequiresCompatibilities")):
            continue
        cpu, memory = number(task.properties.get("Cpu")), number(task.properties.get("Memory"))
        if cpu is not None and memory is not None and not fargate_pair_valid(cpu / 1024, memory):
            yield task.logical_id, f"Fargate has no size of {cpu:g} CPU units and {memory:g} MiB."


def fargate_pair_valid(vcpus: float, memory_mib: float) -> bool:
    if vcpus == 0.25:
        return memory_mib in (512, 1024, 2048)
    least, most, step = FARGATE_MEMORY_MIB.get(vcpus, (0, -1, 1))
    return least <= memory_mib <= most and (memory_mib - least) % step == 0


_REFERENCE = re.compile(r"Ref::([A-Za-z0-9_-]+)")


def reference_without_default(subject: Subject) -> Iterator[Finding]:
    for definition in job_definitions(subject):
        defaults = mapping(definition.properties.get("Parameters"))
        used = {name for c in containers(definition) for _, text in texts(c) for name in _REFERENCE.findall(text)}
        for name in sorted(used - defaults.keys()):
            words = f"Ref::{name} has no default in Parameters; without one the job gets that very text."
            yield definition.logical_id, words


def retry_without_end(subject: Subject) -> Iterator[Finding]:
    for definition in job_definitions(subject):
        retry = mapping(definition.properties.get("RetryStrategy"))
        conditions = [mapping(c) for c in as_list(retry.get("EvaluateOnExit"))]
        attempts = number(retry.get("Attempts"))
        if not conditions and (attempts or 1) <= 1:
            continue
        if not conditions or not _catches_all(conditions[-1]):
            yield (
                definition.logical_id,
                'the last condition must be EXIT on "*", or what failed for good is tried again.',
            )


def _catches_all(condition: Mapping[str, Any]) -> bool:
    patterns = [condition[k] for k in ("OnReason", "OnStatusReason", "OnExitCode") if k in condition]
    return str(condition.get("Action", "")).upper() == "EXIT" and bool(patterns) and all(p == "*" for p in patterns)


def scratch_on_ram_disk(subject: Subject) -> Iterator[Finding]:
    images = {
        str(mapping(configuration).get("ImageType", ""))
        for _, resources in _managed(subject)
        for configuration in as_list(resources.get("Ec2Configuration"))
    }
    if images and all(image.startswith("ECS_AL2") and not image.startswith("ECS_AL2023") for image in images):
        return
    for definition in job_definitions(subject):
        for container in containers(definition):
            for volume in as_list(container.get("Volumes")):
                path = mapping(mapping(volume).get("Host")).get("SourcePath", "")
                if isinstance(path, str) and (path == "/tmp" or path.startswith("/tmp/")):  # noqa: S108 - the fault looked for
                    words = f"{path} is on a RAM disk of half the memory on Amazon Linux 2023; take /var/tmp."
                    yield definition.logical_id, words


RULES: dict[str, Rule] = {
    "RULE-1": old_size_properties,
    "RULE-2": on_demand_only_in_spot,
    "RULE-3": mixed_architectures,
    "RULE-4": job_fits_nowhere,
    "RULE-5": fargate_pairs,
    "RULE-10": reference_without_default,
    "RULE-18": retry_without_end,
    "RULE-20": scratch_on_ram_disk,
}

"""Whether a Batch job could ever be placed, and whether its image is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services.batch_state import BatchRegion
from geos.wizard.sandbox.world import World

USABLE_MEMORY = 0.95
"""The share of an instance's memory that ECS leaves to containers, roughly (Batch user guide, memory management)."""

_ECR = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?P<ref>[:@].+)?")


def why_stuck(
    world: World, region_name: str, region: BatchRegion, queue: Mapping[str, Any], container: Mapping[str, Any]
) -> str:
    """The status reason of a job that stays RUNNABLE; empty when it would start."""
    needs = {r["type"]: float(r["value"]) for r in container.get("resourceRequirements") or []}
    vcpus = needs.get("VCPU") or float(container.get("vcpus") or 1)
    memory_mib = needs.get("MEMORY") or float(container.get("memory") or 1)
    fits, over_quota = False, False
    for item in queue["computeEnvironmentOrder"]:
        environment = next(
            (e for e in region.environments.values() if e["computeEnvironmentArn"] == item["computeEnvironment"]), None
        )
        if environment is None or environment["state"] != "ENABLED":
            continue
        resources = environment["computeResources"] or {}
        sizes = _sizes(list(resources.get("instanceTypes") or []))
        if not sizes:
            return ""
        able = [s for s in sizes if s[0] >= vcpus and s[1] * USABLE_MEMORY >= memory_mib]
        able = [s for s in able if s[0] <= float(resources.get("maxvCpus", 0))]
        fits = fits or bool(able)
        limit = _quota(world, region_name, str(resources.get("type", "")).upper())
        if any(s[0] <= limit for s in able):
            return ""
        over_quota = over_quota or bool(able)
    if over_quota:
        return (
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Your Service quota for vCPUs is too small for any instance "
            "type of the compute environments connected to this job queue."
        )
    if fits:
        return ""
    return (
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The resource requirement of the job is higher than the "
        "compute environments connected to this job queue can meet."
    )


def _sizes(names: list[str]) -> list[tuple[float, float]]:
    """vCPUs and MiB of each type; none when a word such as `optimal` stands for types."""
    from geos.wizard.tables.instances import instances

    known = instances()
    sizes = []
    for name in names:
        rows = [known[name]] if name in known else [i for n, i in known.items() if n.startswith(f"{name}.")]
        if not rows:
            return []
        sizes += [(float(i.vcpus), float(i.memory_gib) * 1024) for i in rows]
    return sizes


def _quota(world: World, region_name: str, kind: str) -> float:
    code = "L-34B43A08" if kind == "SPOT" else "L-1216C47A"
    value = world.quotas.applied(world, region_name, "ec2", code)
    return float("inf") if value is None else value


def why_failing(world: World, region_name: str, container: Mapping[str, Any]) -> str:
    """The failure of a job whose image is not in this account's registry."""
    from botocore.exceptions import ClientError

    image = str(container.get("image", ""))
    found = _ECR.fullmatch(image)
    if found is None:
        return ""
    reference = found["ref"] or ":latest"
    key = "imageDigest" if reference.startswith("@") else "imageTag"
    try:
        world.clients.get("ecr", found["region"]).describe_images(
            repositoryName=found["name"], imageIds=[{key: reference[1:]}]
        )
    except ClientError:
        return f"CannotPullContainerError: failed to resolve ref {image}: not found"
    return ""

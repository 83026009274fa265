"""What AWS refuses although the request is well formed: quotas that are full, types that cannot start here.

Error codes and texts after the EC2 API reference ("Error codes for the Amazon EC2 API") and each service's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

_FULL: dict[tuple[str, str], tuple[str, str, str, str]] = {
    ("ec2", "CreateVpc"): ("vpc", "L-F678F1CE", "VpcLimitExceeded", "The maximum number of VPCs has been reached."),
    ("ec2", "CreateInternetGateway"): (
        "vpc",
        "L-A4707A72",
        "InternetGatewayLimitExceeded",
        "The maximum number of internet gateways has been reached.",
    ),
    ("ec2", "AllocateAddress"): (
        "ec2",
        "L-0263D0A3",
        "AddressLimitExceeded",
        "The maximum number of addresses has been reached.",
    ),
    ("s3", "CreateBucket"): (
        "s3",
        "L-DC2B2D3D",
        "TooManyBuckets",
        "You have attempted to create more buckets than allowed",
    ),
    ("batch", "CreateComputeEnvironment"): (
        "batch",
        "L-144F0CA5",
        "ClientException",
        "Error executing request, Exception : Limit exceeded: compute environments",
    ),
    ("batch", "CreateJobQueue"): (
        "batch",
        "L-4CEA37AD",
        "ClientException",
        "Error executing request, Exception : Limit exceeded: job queues",
    ),
    ("iam", "CreateRole"): (
        "iam",
        "L-FE177D64",
        "LimitExceeded",
        "Cannot exceed quota for RolesPerAccount",
    ),
    ("ecr", "CreateRepository"): (
        "ecr",
        "L-CFEB8E8D",
        "LimitExceededException",
        "The operation did not succeed because it would have exceeded the limit on repositories",
    ),
}
"""(service, action) -> the quota it draws on, and how a full one is refused."""

_GLOBAL = frozenset({"s3", "iam"})


def refusal(world: World, call: Call, parameters: Callable[[], Mapping[str, Any]]) -> ApiError | None:
    """Why AWS would refuse this call now; None when it would not. `parameters` is asked only where they matter."""
    if (call.service, call.action) == ("ec2", "RunInstances"):
        return _launch(world, call, parameters())
    full = _FULL.get((call.service, call.action))
    if full is None:
        return None
    service, code, error, message = full
    from geos.wizard.sandbox.services.quotas import row_of
    from geos.wizard.sandbox.services.usage import used

    region = "us-east-1" if service in _GLOBAL else call.region
    limit, row = world.quotas.applied(world, region, service, code), row_of(service, code)
    if limit is None or row is None:
        return None
    taken = used(world, region, row)
    return ApiError(error, message) if taken is not None and taken + 1 > limit else None


# --- machines --------------------------------------------------------------------------------


def _launch(world: World, call: Call, p: Mapping[str, Any]) -> ApiError | None:
    name = str(p.get("InstanceType") or "m1.small")
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    facts = INSTANCE_TYPES.get(name)
    if facts is None:
        return ApiError("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")
    if world.part("furnishing", list) or p.get("ClientToken") in world.part(f"launches/{call.region}", dict):
        return None  # nothing new is launched
    if world.seed.plan == "FREE" and not facts.get("FreeTierEligible"):
        return ApiError(
            "InvalidParameterCombination",
            "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run "
            "'describe-instance-types' with the filter 'free-tier-eligible=true'.",
        )
    return (
        _not_here(world, call, p, name) or _wrong_image(world, call, p, name, facts) or _no_vcpus(world, call, p, name)
    )


def _not_here(world: World, call: Call, p: Mapping[str, Any], name: str) -> ApiError | None:
    zone = str((p.get("Placement") or {}).get("AvailabilityZone") or "")
    ec2 = world.clients.get("ec2", call.region)
    if not zone and p.get("SubnetId"):
        subnets = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": [p["SubnetId"]]}])["Subnets"]
        zone = subnets[0]["AvailabilityZone"] if subnets else ""
    where = [{"Name": "instance-type", "Values": [name]}]
    if zone:
        where.append({"Name": "location", "Values": [zone]})
    offers = ec2.describe_instance_type_offerings(
        LocationType="availability-zone" if zone else "region", Filters=where
    )["InstanceTypeOfferings"]
    if offers:
        return None
    place = f"Availability Zone ({zone})" if zone else "Region"
    return ApiError("Unsupported", f"Your requested instance type ({name}) is not supported in your requested {place}.")


def _wrong_image(
    world: World, call: Call, p: Mapping[str, Any], name: str, facts: Mapping[str, Any]
) -> ApiError | None:
    if not p.get("ImageId"):
        return None
    from botocore.exceptions import ClientError

    try:
        image = world.clients.get("ec2", call.region).describe_images(ImageIds=[p["ImageId"]])["Images"][0]
    except (ClientError, IndexError):
        return None
    able = facts["ProcessorInfo"]["SupportedArchitectures"]
    has = image.get("Architecture")
    if has is None or has in able:
        return None
    return ApiError(
        "InvalidParameterValue",
        f"The architecture '{','.join(able)}' of the specified instance type does not match the architecture "
        f"'{has}' of the specified AMI. Specify an instance type and an AMI that have matching architectures.",
    )


def _no_vcpus(world: World, call: Call, p: Mapping[str, Any], name: str) -> ApiError | None:
    from geos.wizard.sandbox.services.usage import VCPU_CODES, family_class, vcpus_in_use, vcpus_of

    spot = (p.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    family = family_class(name)
    code = next((c for c, known in VCPU_CODES.items() if known == (family, spot)), None)
    limit = world.quotas.applied(world, call.region, "ec2", code) if code else None
    if limit is None:
        return None
    wanted = vcpus_of(name) * int(p.get("MinCount") or 1)
    if vcpus_in_use(world, call.region, family, spot) + wanted <= limit:
        return None
    if spot:
        return ApiError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    return ApiError(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} allows for the instance "
        "bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request "
        "to request an adjustment to this limit.",
    )

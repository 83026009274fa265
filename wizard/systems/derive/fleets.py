"""How many vCPUs, disks and interfaces a resource that starts machines may take, by quota.

Sources of the rules: Batch user guide (compute environment parameters), Auto Scaling user guide (mixed
instances groups), EC2 Fleet and Spot Fleet references, EKS managed node groups.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope, count, items, mapping, number
from geos.wizard.systems.derive.claims import Amount, Claim, largest, product
from geos.wizard.systems.derive.disks import disk_claims
from geos.wizard.tables.quotas import vcpu_class, vcpu_quota_code

SizeOf = Callable[[str], Amount]
"""Instance type -> an amount, if the fleet were made of this type alone."""


@dataclass(frozen=True)
class Launch:
    """What one machine of a fleet brings along."""

    types: tuple[Value, ...] = ()
    spot: bool | Unknown = False
    disks: tuple[Value, ...] = ()
    interfaces: Amount = 1.0
    on_host: bool = False
    """On a Dedicated Host, which has quotas of its own."""


def vcpus_of(name: str, scope: Scope) -> Amount:
    fact = scope.machine(name)
    return float(fact.vcpus) if fact else Unknown(f"{name} is not in the table of instance types")


def vcpu_claims(
    types: Iterable[Value], *, spot: bool | Unknown, most: SizeOf, now: SizeOf | None = None
) -> Iterator[Claim]:
    """One claim per quota: the largest that any of the types falling under it would take."""
    if isinstance(spot, Unknown):
        for either in (False, True):
            yield Claim("ec2", vcpu_quota_code("m5.large", spot=either), spot)
        return
    by_code: dict[str, list[str]] = {}
    for raw in types:
        name = Unknown("it is read at deployment") if str(raw).startswith("{{resolve:") else raw
        if isinstance(name, Unknown):
            yield Claim(
                "ec2", vcpu_quota_code("m5.large", spot=spot), Unknown(f"the instance type is not known: {name.why}")
            )
            continue
        by_code.setdefault(vcpu_quota_code(str(name), spot=spot), []).append(str(name))
    for code, names in by_code.items():
        if code:
            at_creation = largest(map(now, names)) if now else None
            yield Claim("ec2", code, largest(map(most, names)), at_creation)
        else:
            yield from (_no_quota(name, spot) for name in names)


def _no_quota(name: str, spot: bool) -> Claim:
    option = "Spot" if spot else "On-Demand"
    family = vcpu_class(name)
    what = f"{family} types have no {option} quota" if family else f"no {option} vCPU quota is published for {name}"
    return Claim("ec2", "", Unknown(what), name=f"{option} vCPUs of {name}")


# --- launch templates ------------------------------------------------------------------------


def launch_of(data: Value) -> Launch:
    """Read LaunchTemplateData, the Properties of an instance, or one of a fleet's specifications."""
    p = mapping(data)
    disks = tuple(mapping(b)["Ebs"] for b in items(p.get("BlockDeviceMappings")) if mapping(b).get("Ebs"))
    interfaces = count(p.get("NetworkInterfaces")) or 1.0
    on_host = mapping(p.get("Placement")).get("Tenancy", p.get("Tenancy")) == "host"
    types = (p["InstanceType"],) if p.get("InstanceType") else ()
    return Launch(types, _is_spot(p), disks, interfaces, on_host)


def _is_spot(p: Mapping[str, Value]) -> bool | Unknown:
    kind = mapping(p.get("InstanceMarketOptions")).get("MarketType")
    price = p.get("SpotPrice")
    doubt = next((v for v in (kind, price) if isinstance(v, Unknown)), None)
    return doubt if doubt is not None else kind == "spot" or bool(price)


def template_launch(specification: Value, scope: Scope) -> Launch:
    """The launch template that a LaunchTemplateSpecification names; an empty Launch when it is not to be seen."""
    p = mapping(specification)
    named = p.get("LaunchTemplateId", p.get("Id", p.get("TemplateId"))) or p.get("LaunchTemplateName", p.get("Name"))
    found = scope.find(named, "AWS::EC2::LaunchTemplate", name_property="LaunchTemplateName")
    if found is None:
        unseen = Unknown("the launch template belongs to another deployment")
        return Launch(types=(unseen,), disks=(unseen,)) if p else Launch()
    return launch_of(found.properties.get("LaunchTemplateData"))


def machine_claims(launch: Launch, most: Amount, now: Amount) -> Iterator[Claim]:
    """Disks and interfaces of up to `most` machines."""
    for disk in launch.disks:
        yield from disk_claims(disk, most, now)
    yield Claim("vpc", "L-DF5E4CA3", product(most, launch.interfaces), product(now, launch.interfaces))


# --- single machines -------------------------------------------------------------------------


def instance_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    launch = launch_of(resource.properties)
    under = template_launch(resource.properties.get("LaunchTemplate"), scope)
    types = launch.types or under.types
    if not (launch.on_host or under.on_host):
        yield from vcpu_claims(types or ("m1.small",), spot=under.spot, most=lambda name: vcpus_of(name, scope))
    disks = launch.disks or under.disks
    yield from machine_claims(Launch(disks=disks, interfaces=launch.interfaces), 1.0, 1.0)


# --- Auto Scaling ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Override:
    """One type of a mixed group, and how many units of capacity one machine of it stands for."""

    type: Value
    weight: Amount = 1.0
    launch: Launch | None = None


def overrides_of(listed: Value, scope: Scope) -> list[Override]:
    found = []
    for raw in items(listed):
        p = mapping(raw)
        launch = (
            template_launch(p["LaunchTemplateSpecification"], scope) if "LaunchTemplateSpecification" in p else None
        )
        kind = p.get("InstanceType") or (launch.types[0] if launch and launch.types else None)
        if kind is None:
            kind = Unknown("types are chosen by their attributes at launch")
        found.append(Override(kind, number(p.get("WeightedCapacity"), 1.0), launch))
    return found


def machines(capacity: Amount, unit: Value, override: Override, scope: Scope) -> Amount:
    """How many machines of one type make up a capacity."""
    if isinstance(capacity, Unknown) or isinstance(override.weight, Unknown):
        return capacity if isinstance(capacity, Unknown) else override.weight
    weight: Amount = override.weight or 1.0
    if isinstance(unit, Unknown):
        return unit
    if unit == "vcpu":
        weight = vcpus_of(str(override.type), scope)
    elif unit == "memory-mib":
        fact = scope.machine(str(override.type))
        weight = fact.memory_gib * 1024 if fact else Unknown(f"{override.type} is not in the table of instance types")
    return weight if isinstance(weight, Unknown) else float(math.ceil(capacity / weight))


def capacity_claims(
    overrides: list[Override], scope: Scope, *, unit: Value, spot: bool | Unknown, most: Amount, now: Amount
) -> Iterator[Claim]:
    """Claims of a fleet that may be filled with any of its types."""
    by_name = {str(o.type): o for o in overrides}

    def size(capacity: Amount) -> SizeOf:
        def of(name: str) -> Amount:
            return product(machines(capacity, unit, by_name[name], scope), vcpus_of(name, scope))

        return of

    if most == 0:
        return
    yield from vcpu_claims([o.type for o in overrides], spot=spot, most=size(most), now=size(now))


def group_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """An Auto Scaling group: as many machines as MaxSize allows, of the type that takes most."""
    p = resource.properties
    most = number(p.get("MaxSize"))
    now = number(p.get("DesiredCapacity", p.get("MinSize")), 0)
    policy = mapping(p.get("MixedInstancesPolicy"))
    launch, overrides = group_launch(p, policy, scope)
    unit = p.get("DesiredCapacityType", "units")
    for spot, top, first in _shares(mapping(policy.get("InstancesDistribution")), launch.spot, most, now):
        yield from capacity_claims(overrides, scope, unit=unit, spot=spot, most=top, now=first)
    count_most = largest(machines(most, unit, o, scope) for o in overrides)
    count_now = largest(machines(now, unit, o, scope) for o in overrides)
    yield from machine_claims(launch, count_most, count_now)


def group_launch(p: Mapping[str, Value], policy: Mapping[str, Value], scope: Scope) -> tuple[Launch, list[Override]]:
    if policy:
        inner = mapping(policy.get("LaunchTemplate"))
        launch = template_launch(inner.get("LaunchTemplateSpecification"), scope)
        overrides = overrides_of(inner.get("Overrides"), scope)
    elif p.get("LaunchTemplate"):
        launch, overrides = template_launch(p["LaunchTemplate"], scope), []
    else:
        configuration = scope.find(
            p.get("LaunchConfigurationName"),
            "AWS::AutoScaling::LaunchConfiguration",
            name_property="LaunchConfigurationName",
        )
        launch = launch_of(configuration.properties) if configuration else Launch()
        overrides = []
    unseen = Unknown("the instance type is not in this template")
    return launch, overrides or [Override(t) for t in launch.types or (unseen,)]


def _shares(
    distribution: Mapping[str, Value], spot_by_template: bool | Unknown, most: Amount, now: Amount
) -> Iterator[tuple[bool | Unknown, Amount, Amount]]:
    """(is Spot, at most, at creation): how a mixed group divides itself between the purchase options."""
    if not distribution:
        yield spot_by_template, most, now
        return
    base = number(distribution.get("OnDemandBaseCapacity"), 0)
    percent = number(distribution.get("OnDemandPercentageAboveBaseCapacity"), 100)
    for spot in (False, True):
        yield spot, _share(most, base, percent, spot), _share(now, base, percent, spot)


def _share(capacity: Amount, base: Amount, percent: Amount, spot: bool) -> Amount:
    if isinstance(percent, Unknown) or isinstance(capacity, Unknown) or isinstance(base, Unknown):
        return next(a for a in (percent, capacity, base) if isinstance(a, Unknown))
    first = min(base, capacity)
    on_demand = first + math.ceil((capacity - first) * min(percent, 100) / 100)
    return float(capacity - on_demand if spot else on_demand)


# --- fleets, node groups ---------------------------------------------------------------------


def spot_fleet_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    data = mapping(resource.properties.get("SpotFleetRequestConfigData"))
    target = number(data.get("TargetCapacity"))
    on_demand = number(data.get("OnDemandTargetCapacity"), 0)
    unit = data.get("TargetCapacityUnitType", "units")
    overrides = [
        Override(
            mapping(s).get("InstanceType", Unknown("types are chosen by their attributes at launch")),
            number(mapping(s).get("WeightedCapacity"), 1.0),
        )
        for s in items(data.get("LaunchSpecifications"))
    ] + _configured(data, scope)
    yield from _two_shares(overrides, scope, unit, target, on_demand)


def fleet_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    target = mapping(resource.properties.get("TargetCapacitySpecification"))
    whole = number(target.get("TotalTargetCapacity"))
    spot_by_default = target.get("DefaultTargetCapacityType", "on-demand") == "spot"
    on_demand = number(target.get("OnDemandTargetCapacity"), 0)
    if not spot_by_default:
        spot = number(target.get("SpotTargetCapacity"), 0)
        on_demand = _less(whole, spot)
    unit = target.get("TargetCapacityUnitType", "units")
    yield from _two_shares(_configured(resource.properties, scope), scope, unit, whole, on_demand)


def _configured(data: Mapping[str, Value], scope: Scope) -> list[Override]:
    found = []
    for config in items(data.get("LaunchTemplateConfigs")):
        listed = overrides_of(mapping(config).get("Overrides"), scope)
        launch = template_launch(mapping(config).get("LaunchTemplateSpecification"), scope)
        found += listed or [Override(t) for t in launch.types]
    return found


def _two_shares(
    overrides: list[Override], scope: Scope, unit: Value, whole: Amount, on_demand: Amount
) -> Iterator[Claim]:
    for spot, share in ((False, on_demand), (True, _less(whole, on_demand))):
        yield from capacity_claims(overrides, scope, unit=unit, spot=spot, most=share, now=share)


def _less(whole: Amount, part: Amount) -> Amount:
    if isinstance(whole, Unknown) or isinstance(part, Unknown):
        return whole if isinstance(whole, Unknown) else part
    return max(whole - part, 0.0)


def node_group_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """An EKS managed node group; without a type AWS takes t3.medium."""
    p = resource.properties
    scaling = mapping(p.get("ScalingConfig"))
    launch = template_launch(p.get("LaunchTemplate"), scope)
    overrides = [Override(t) for t in items(p.get("InstanceTypes")) or launch.types or ("t3.medium",)]
    most, now = number(scaling.get("MaxSize"), 2), number(scaling.get("DesiredSize"), 2)
    kind = p.get("CapacityType", "ON_DEMAND")
    spot = kind if isinstance(kind, Unknown) else kind == "SPOT"
    yield from capacity_claims(overrides, scope, unit="units", spot=spot, most=most, now=now)
    yield from machine_claims(launch, most, now)

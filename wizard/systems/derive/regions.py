"""Whether a region can take a set of templates: resource types and instance types that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Value, unknowns
from geos.wizard.facts import InstanceType
from geos.wizard.systems.derive import Scope, StackInRegion, items, mapping, scopes, visible
from geos.wizard.systems.derive.batch import CHOSEN_BY_BATCH
from geos.wizard.tables.instances import any_family, any_instance, any_offered, instances, offers_known, zone_ids
from geos.wizard.tables.regions import region
from geos.wizard.tables.types import resource_type

TYPE_KEYS = frozenset({"InstanceType", "InstanceTypes"})
"""Properties that hold EC2 instance types, wherever they stand."""
_EC2_TYPE = re.compile(r"(?!(db|cache|ml|kafka|dax)\.)[a-z][a-z0-9-]*(\.[a-z0-9-]+)?")
"""Instance classes of other services share the property's name (db.t4g.micro, r6g.large.search)."""
BUILT_IN = ("Custom::", "AWS::CDK::", "AWS::CloudFormation::", "AWS::Serverless::")
"""Types without an entry in the registry that exist everywhere, or are expanded before."""


@dataclass(frozen=True)
class RegionFault:
    """Something the templates use that the region lacks, or may lack."""

    region: str
    what: str
    """A resource type or an instance type."""
    kind: str
    """resource-type, instance-type or zone."""
    certain: bool
    """False: the tables do not know; ask AWS."""
    why: str
    used_by: tuple[str, ...]
    instead: tuple[str, ...] = ()
    """Nearest that the region has."""
    fatal: bool = True
    """False where the resource also names types that the region does offer."""


def region_faults(
    stacks: Sequence[StackInRegion], offers: Mapping[str, frozenset[str]] | None = None
) -> tuple[RegionFault, ...]:
    """Every fault, resource types first. `offers`: region -> instance types as read live; wins over the table."""
    found = [*_type_faults(stacks), *_instance_faults(stacks, offers or {})]
    return tuple(found)


# --- resource types --------------------------------------------------------------------------


def _type_faults(stacks: Sequence[StackInRegion]) -> Iterator[RegionFault]:
    for (where, name), users in _types_in(stacks).items():
        fact = resource_type(name)
        if fact is None:
            if not name.startswith(BUILT_IN):
                foreign = "somebody else's type; it must be activated in the account first"
                why = "no region's registry has this type" if name.startswith("AWS::") else foreign
                yield RegionFault(where, name, "resource-type", False, why, users)
        elif region(where) is None:
            yield RegionFault(where, name, "resource-type", False, "the region is not in the table", users)
        elif not fact.is_in(where):
            why = f"{where} does not have this resource type"
            yield RegionFault(where, name, "resource-type", True, why, users, tuple(sorted(fact.only_in))[:6])


def _types_in(stacks: Sequence[StackInRegion]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for stack in stacks:
        for resource in stack.resolved.resources.values():
            key = (stack.region, resource.type)
            found[key] = (*found.get(key, ()), resource.logical_id)
    return found


# --- instance types --------------------------------------------------------------------------


def _instance_faults(stacks: Sequence[StackInRegion], offers: Mapping[str, frozenset[str]]) -> Iterator[RegionFault]:
    missing: dict[tuple[str, str], list[str]] = {}
    left: set[tuple[str, str]] = set()
    for stack in stacks:
        available = offers.get(stack.region, any_offered(stack.region))
        for resource in map(visible, stack.resolved.resources.values()):
            names = set(instance_types_of(resource))
            lacking = {n for n in names if not _is_offered(n, available)}
            for name in lacking:
                missing.setdefault((stack.region, name), []).append(resource.logical_id)
            if lacking == names:
                left |= {(stack.region, name) for name in lacking}
    for (where, name), users in sorted(missing.items()):
        yield _instance_fault(where, name, tuple(users), offers, fatal=(where, name) in left)


def _is_offered(name: str, available: frozenset[str]) -> bool:
    """A family is offered when one of its sizes is."""
    if "." in name:
        return name in available
    return any(i.name in available for i in any_family(name)) or any(o.startswith(f"{name}.") for o in available)


def _instance_fault(
    where: str, name: str, users: tuple[str, ...], offers: Mapping[str, frozenset[str]], *, fatal: bool
) -> RegionFault:
    live = where in offers
    in_table = any_instance(name) is not None or bool(any_family(name))
    certain = live or (offers_known(where) and in_table)
    if not certain:
        why = (
            f"the table does not know {name}" if offers_known(where) else f"the table does not know what {where} offers"
        )
        return RegionFault(where, name, "instance-type", False, why, users, fatal=fatal)
    why = f"{where} does not offer {name}"
    near = nearest(name, offers.get(where, any_offered(where)))
    return RegionFault(where, name, "instance-type", True, why, users, near, fatal)


def nearest(name: str, available: frozenset[str], most: int = 3) -> tuple[str, ...]:
    """Types on offer with the same architecture and at least as many vCPUs and as much memory, closest first."""
    wanted = any_instance(name)
    if wanted is None:
        return ()
    known = instances()
    fitting = (known[n] for n in available if n in known)
    better = [i for i in fitting if _as_good(i, wanted)]
    return tuple(i.name for i in sorted(better, key=lambda i: _distance(i, wanted))[:most])


def _as_good(found: InstanceType, wanted: InstanceType) -> bool:
    return (
        found.architecture == wanted.architecture
        and found.vcpus >= wanted.vcpus
        and found.memory_gib >= wanted.memory_gib
        and found.burstable == wanted.burstable
    )


def _distance(found: InstanceType, wanted: InstanceType) -> tuple[float, bool, int, str]:
    size = found.vcpus / wanted.vcpus * found.memory_gib / wanted.memory_gib
    same_letter = found.family[0] == wanted.family[0]
    generation = int("".join(c for c in found.family if c.isdigit())[:1] or 0)
    return size, not same_letter, -generation, found.name


def instance_types_of(resource: Resource) -> Iterator[str]:
    """Every EC2 instance type and family a resource names, at any depth."""
    for name in _named(resource.properties):
        if name not in CHOSEN_BY_BATCH and _EC2_TYPE.fullmatch(name):
            yield name


def _named(value: Value) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _named(inner)
    for key, inner in mapping(value).items():
        if key in TYPE_KEYS:
            yield from (name for name in items(inner) if isinstance(name, str))
        else:
            yield from _named(inner)


def types_used(stacks: Sequence[StackInRegion]) -> frozenset[str]:
    """All instance types and families in use; those the table lacks are worth asking AWS about."""
    return frozenset(
        name for s in stacks for r in map(visible, s.resolved.resources.values()) for name in instance_types_of(r)
    )


# --- zones -----------------------------------------------------------------------------------


def zone_faults(
    stacks: Sequence[StackInRegion], zone_names: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[RegionFault, ...]:
    """Types that are sold in one zone of a region only (hpc), used where no subnet lies in that zone.

    `zone_names`: region -> {zone id: the name this account has for it}. Without it nothing can be said for
    certain, since names differ between accounts.
    """
    found = []
    for scope in scopes(stacks):
        names = (zone_names or {}).get(scope.region, {})
        for resource in map(visible, scope.stack.resolved.resources.values()):
            for name in dict.fromkeys(instance_types_of(resource)):
                fault = _zone_fault(name, resource, scope, names)
                found += [fault] if fault else []
    return tuple(found)


def _zone_fault(name: str, resource: Resource, scope: Scope, names: Mapping[str, str]) -> RegionFault | None:
    only = zone_ids(name, scope.region)
    subnets = {s.logical_id: s for s in _subnets_of(resource, scope)}.values()
    if not only or not subnets:
        return None
    there = [names.get(zone, "") for zone in only]
    used = [subnet.properties.get("AvailabilityZone") for subnet in subnets]
    if any(zone in there for zone in used if isinstance(zone, str)):
        return None
    certain = all(there) and all(isinstance(zone, str) for zone in used)
    why = f"{name} is sold in zone {', '.join(only)} of {scope.region} only"
    why += ", where none of the subnets is" if certain else "; whether a subnet is there is not known"
    used_by = (resource.logical_id,)
    return RegionFault(scope.region, name, "zone", certain, why, used_by, tuple(filter(None, there)), fatal=False)


def _subnets_of(resource: Resource, scope: Scope) -> Iterator[Resource]:
    for unknown in unknowns(resource.properties):
        subnet = scope.find(unknown, "AWS::EC2::Subnet")
        if subnet is not None:
            yield subnet

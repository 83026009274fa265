"""vCPUs of types that name their machines in a way of their own: capacity reservations, PCS and EMR clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope, items, mapping, number
from geos.wizard.systems.derive.claims import Amount, Claim
from geos.wizard.systems.derive.fleets import Override, capacity_claims, machine_claims, template_launch


def reservation_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """A reservation counts as if its machines were running, used or not."""
    p = resource.properties
    how_many = number(p.get("InstanceCount"))
    yield from capacity_claims(
        [Override(p.get("InstanceType"))], scope, unit="units", spot=False, most=how_many, now=how_many
    )


def node_group_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """A compute node group of AWS PCS."""
    p = resource.properties
    scaling = mapping(p.get("ScalingConfiguration"))
    most, now = number(scaling.get("MaxInstanceCount")), number(scaling.get("MinInstanceCount"), 0)
    overrides = [Override(mapping(c).get("InstanceType")) for c in items(p.get("InstanceConfigs"))]
    option = p.get("PurchaseOption", "ONDEMAND")
    spot = option if isinstance(option, Unknown) else option == "SPOT"
    yield from capacity_claims(overrides, scope, unit="units", spot=spot, most=most, now=now)
    yield from machine_claims(template_launch(p.get("CustomLaunchTemplate"), scope), most, now)


_GROUPS = ("MasterInstanceGroup", "CoreInstanceGroup")


def emr_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """Instance groups of an EMR cluster; fleets choose at launch and are not known."""
    instances = mapping(resource.properties.get("Instances"))
    groups = [mapping(instances[key]) for key in _GROUPS if key in instances]
    groups += [mapping(group) for group in items(instances.get("TaskInstanceGroups"))]
    for group in groups:
        yield from _emr_group(group.get("InstanceType"), group.get("Market"), number(group.get("InstanceCount")), scope)
    for key in ("MasterInstanceFleet", "CoreInstanceFleet", "TaskInstanceFleets"):
        if key in instances:
            yield from _emr_group(Unknown("an instance fleet chooses its types at launch"), None, 1.0, scope)


def _emr_group(kind: Value, market: Value, how_many: Amount, scope: Scope) -> Iterator[Claim]:
    spot = market if isinstance(market, Unknown) else market == "SPOT"
    yield from capacity_claims([Override(kind)], scope, unit="units", spot=spot, most=how_many, now=how_many)

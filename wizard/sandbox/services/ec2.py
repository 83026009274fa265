"""EC2 where moto is silent or wrong: regions, Spot prices, reservations, limits at launch, placement groups."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from geos.wizard.sandbox.regions import all_regions, opt_in_status
from geos.wizard.sandbox.services import images, instances, spot_scores
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.shipped import prices
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

_PRODUCT = "Linux/UNIX"
_HOURS_PER_PRICE = 6
_MOST_PRICES = 1000


def describe_regions(world: World, call: Call) -> Mapping[str, Any]:
    wanted = call.params.get("RegionNames")
    everything = str(call.params.get("AllRegions") or "").lower() == "true"
    rows = []
    for name in all_regions():
        status = opt_in_status(world.seed, name)
        if (wanted and name not in wanted) or (status == "not-opted-in" and not everything):
            continue
        rows.append({"RegionName": name, "OptInStatus": status, "Endpoint": f"ec2.{name}.amazonaws.com"})
    for item in call.params.get("Filters") or []:
        field = {"opt-in-status": "OptInStatus", "region-name": "RegionName", "endpoint": "Endpoint"}.get(item["Name"])
        if field is None:
            raise ApiError("InvalidParameterValue", f"The filter '{item['Name']}' is invalid")
        rows = [r for r in rows if r[field] in item["Values"]]
    if wanted and len(rows) < len(wanted):
        missing = sorted(set(wanted) - set(all_regions()))
        if missing:
            raise ApiError("InvalidParameterValue", f"Invalid region: [{missing[0]}]")
    return {"Regions": rows}


# --- types -----------------------------------------------------------------------------------


def _offered(region: str) -> frozenset[str]:
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    return frozenset(str(o["InstanceType"]) for o in INSTANCE_TYPE_OFFERINGS["region"].get(region, []))


def describe_instance_types(world: World, call: Call) -> Mapping[str, Any]:
    """moto answers the same 1,395 types in every region, in one page; AWS those that the region sells."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES, InstanceType
    from moto.ec2.utils import generic_filter

    p = call.params
    here = _offered(call.region) & INSTANCE_TYPES.keys()
    wanted = [str(t) for t in p.get("InstanceTypes") or sorted(here)]
    strange = sorted(set(wanted) - here)
    if strange:
        names = ", ".join(strange)
        raise ApiError("InvalidInstanceType", f"The following supplied instance types do not exist: [{names}]")
    if p.get("MaxResults") and not 5 <= int(p["MaxResults"]) <= 100:
        raise ApiError("InvalidParameterValue", "MaxResults must be between 5 and 100")
    rows: list[Any] = [InstanceType(name) for name in wanted]
    filters = {str(f["Name"]): list(f["Values"]) for f in p.get("Filters") or []}
    if filters:
        rows = list(generic_filter(filters, rows))
    return paged(rows, call, "InstanceTypes", size_key="MaxResults", token_key="NextToken", most=100)  # noqa: S106


# --- placement groups ------------------------------------------------------------------------


def _groups(world: World, call: Call) -> dict[str, dict[str, Any]]:
    return world.part(f"placement groups/{call.region}", dict)


def create_placement_group(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    groups, name = _groups(world, call), str(p["GroupName"])
    if name in groups:
        raise ApiError("InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists.")
    number = hashlib.sha256(f"{call.region}/{name}".encode()).hexdigest()[:17]
    tags = [t for s in p.get("TagSpecifications") or [] for t in s.get("Tags") or []]
    groups[name] = {
        "GroupName": name,
        "GroupId": f"pg-{number}",
        "GroupArn": f"arn:aws:ec2:{call.region}:{world.account}:placement-group/{name}",
        "Strategy": p.get("Strategy") or "cluster",
        "PartitionCount": p.get("PartitionCount"),
        "SpreadLevel": p.get("SpreadLevel"),
        "State": "available",
        "Tags": tags,
    }
    return {"PlacementGroup": groups[name]}


def describe_placement_groups(world: World, call: Call) -> Mapping[str, Any]:
    groups, wanted = _groups(world, call), call.params.get("GroupNames") or []
    missing = [n for n in wanted if n not in groups]
    if missing:
        raise ApiError("InvalidPlacementGroup.Unknown", f"The Placement Group '{missing[0]}' is unknown.")
    rows = [g for n, g in groups.items() if not wanted or n in wanted]
    for name, field in (("group-name", "GroupName"), ("strategy", "Strategy"), ("state", "State")):
        values = _filter(call.params, name)
        rows = [r for r in rows if not values or r[field] in values]
    return {"PlacementGroups": rows}


def delete_placement_group(world: World, call: Call) -> Mapping[str, Any]:
    name = str(call.params["GroupName"])
    if _groups(world, call).pop(name, None) is None:
        raise ApiError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    return {}


# --- Spot ------------------------------------------------------------------------------------


def describe_spot_price_history(world: World, call: Call) -> Mapping[str, Any]:
    """One price per type and zone, valid now; earlier ones every six hours back to StartTime."""
    p = call.params
    known = prices(call.region)
    types = _asked_types(p) or sorted(known)
    products = p.get("ProductDescriptions") or _filter(p, "product-description") or [_PRODUCT]
    start, end = _utc(p.get("StartTime")), _utc(p.get("EndTime")) or datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    if any(str(product).startswith(_PRODUCT) for product in products):
        zones = [z for z in _zones(world, call.region) if p.get("AvailabilityZone") in (None, z["ZoneName"])]
        for name in types:
            if name in known and known[name].spot_usd_per_hour:
                for zone in zones:
                    rows += _history(name, zone, known[name].spot_usd_per_hour, start, end)
    page = {"maxResults": p.get("MaxResults"), "nextToken": p.get("NextToken")}
    answer = paged(rows, Call("ec2", call.action, call.region, "", page), "SpotPriceHistory", most=_MOST_PRICES)
    return {"SpotPriceHistory": answer["SpotPriceHistory"], "NextToken": answer.get("nextToken", "")}


def _utc(moment: datetime | None) -> datetime | None:
    """The parser leaves out what every timestamp of AWS is in."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _asked_types(p: Mapping[str, Any]) -> list[str]:
    return [str(t) for t in p.get("InstanceTypes") or _filter(p, "instance-type")]


def _filter(p: Mapping[str, Any], name: str) -> list[Any]:
    return [v for f in p.get("Filters") or [] if f["Name"] == name for v in f["Values"]]


def _zones(world: World, region: str) -> list[dict[str, Any]]:
    def ask() -> list[dict[str, Any]]:
        found = world.clients.get("ec2", region).describe_availability_zones()["AvailabilityZones"]
        return [dict(z) for z in found]

    return world.part(f"zones/{region}", ask)


def _history(
    name: str, zone: Mapping[str, Any], price: float, start: datetime | None, end: datetime
) -> list[dict[str, Any]]:
    """The shipped price, moved by up to five percent for each zone and time, always the same way."""
    step = timedelta(hours=_HOURS_PER_PRICE)
    moment = end.replace(minute=0, second=0, microsecond=0)
    moment -= timedelta(hours=moment.hour % _HOURS_PER_PRICE)
    since = start or moment
    rows = []
    while True:
        seed = hashlib.sha256(f"{name}/{zone['ZoneName']}/{moment:%Y%m%d%H}".encode()).digest()[0]
        rows.append(
            {
                "AvailabilityZone": zone["ZoneName"],
                "AvailabilityZoneId": zone.get("ZoneId"),
                "InstanceType": name,
                "ProductDescription": _PRODUCT,
                "SpotPrice": f"{price * (0.95 + seed / 2550):.6f}",
                "Timestamp": moment,
            }
        )
        # The price valid at the start is part of the answer, so one step further back ends it.
        if moment <= since:
            return rows
        moment -= step


# --- reservations ----------------------------------------------------------------------------


def describe_capacity_reservations(world: World, call: Call) -> Mapping[str, Any]:
    rows = [
        {
            "CapacityReservationId": f"cr-{i:017x}",
            "CapacityReservationArn": f"arn:aws:ec2:{call.region}:{world.account}:capacity-reservation/cr-{i:017x}",
            "OwnerId": world.account,
            "InstanceType": r.type,
            "InstancePlatform": _PRODUCT,
            "AvailabilityZone": r.zone,
            "Tenancy": "default",
            "TotalInstanceCount": r.count,
            "AvailableInstanceCount": r.count - r.used,
            "State": r.state,
            "EndDateType": "unlimited",
            "InstanceMatchCriteria": "open",
        }
        for i, r in enumerate(world.seed.capacity_reservations, 1)
        if r.zone.startswith(call.region)
    ]
    for item in call.params.get("Filters") or []:
        field = {"state": "State", "instance-type": "InstanceType", "availability-zone": "AvailabilityZone"}.get(
            item["Name"]
        )
        if field is None:
            raise ApiError("InvalidParameterValue", f"The filter '{item['Name']}' is invalid")
        rows = [r for r in rows if r[field] in item["Values"]]
    return {"CapacityReservations": rows}


# --- removals that moto leaves half done -----------------------------------------------------


def _backend(world: World, call: Call) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[world.account][call.region]


def delete_nat_gateway(world: World, call: Call) -> Mapping[str, Any]:
    """moto keeps the gateway's network interface and its hold on the address."""
    backend, gateway_id = _backend(world, call), str(call.params["NatGatewayId"])
    gateway = backend.nat_gateways.get(gateway_id)
    if gateway is None:
        raise ApiError("NatGatewayNotFound", f"NAT gateway {gateway_id} was not found")
    gateway.state = "deleted"
    for address in backend.addresses:
        if getattr(address, "eni", None) is gateway._eni:
            address.eni = address.association_id = None
    backend.enis.pop(gateway._eni.id, None)
    return {"NatGatewayId": gateway_id}


def delete_vpc_endpoints(world: World, call: Call) -> Mapping[str, Any]:
    """moto shows deleted endpoints for ever."""
    backend = _backend(world, call)
    wanted = [str(i) for i in call.params["VpcEndpointIds"]]
    missing = [i for i in wanted if i not in backend.vpc_end_points]
    backend.delete_vpc_endpoints([i for i in wanted if i not in missing])
    for endpoint_id in wanted:
        backend.vpc_end_points.pop(endpoint_id, None)
    return {
        "Unsuccessful": [
            {
                "ResourceId": i,
                "Error": {
                    "Code": "InvalidVpcEndpoint.NotFound",
                    "Message": f"The Vpc Endpoint Id '{i}' does not exist",
                },
            }
            for i in missing
        ]
    }


ACTIONS = {
    "ec2": {
        "DeleteNatGateway": delete_nat_gateway,
        "DeleteVpcEndpoints": delete_vpc_endpoints,
        "DescribeRegions": describe_regions,
        "DescribeInstanceTypes": describe_instance_types,
        "CreatePlacementGroup": create_placement_group,
        "DescribePlacementGroups": describe_placement_groups,
        "DeletePlacementGroup": delete_placement_group,
        "DescribeSpotPriceHistory": describe_spot_price_history,
        "DescribeCapacityReservations": describe_capacity_reservations,
        "GetSpotPlacementScores": spot_scores.get_spot_placement_scores,
        **images.ACTIONS,
        **instances.ACTIONS,
    }
}

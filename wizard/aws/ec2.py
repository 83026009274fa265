"""EC2, read only: what runs, where a type is sold, and the networks that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.ec2_facts import (
    Endpoint,
    Reservation,
    Route,
    RouteTable,
    RunningInstance,
    SpotRequest,
    Subnet,
    Vpc,
    Zone,
)
from geos.wizard.aws.paging import items

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


class Ec2:
    """Describe calls of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ec2")

    # --- what runs -----------------------------------------------------------------------

    def running_instances(self) -> tuple[RunningInstance, ...]:
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        with self._door.asking("list running instances"):
            found = items(
                self._client,
                "describe_instances",
                "Reservations",
                Filters=running,
                PaginationConfig={"PageSize": 1000},
            )
            return tuple(_instance(i) for group in found for i in group.get("Instances", ()))

    def capacity_reservations(self) -> tuple[Reservation, ...]:
        with self._door.asking("list capacity reservations"):
            return tuple(
                Reservation(
                    r.get("InstanceType", ""),
                    int(r.get("AvailableInstanceCount", r.get("TotalInstanceCount", 0))),
                    r.get("State", ""),
                    r.get("ReservationType", "default"),
                    r.get("OwnerId", ""),
                )
                for r in items(self._client, "describe_capacity_reservations", "CapacityReservations")
            )

    def open_spot_requests(self) -> tuple[SpotRequest, ...]:
        still_open = [{"Name": "state", "Values": ["open"]}]
        with self._door.asking("list open Spot requests"):
            return tuple(
                SpotRequest(r.get("LaunchSpecification", {}).get("InstanceType", ""), r.get("State", ""))
                for r in items(
                    self._client, "describe_spot_instance_requests", "SpotInstanceRequests", Filters=still_open
                )
            )

    # --- types -----------------------------------------------------------------------------

    def default_vcpus(self, types: Iterable[str]) -> dict[str, int]:
        """Default vCPUs of the named types; those that the region does not know are left out."""
        named = [{"Name": "instance-type", "Values": sorted(types)}]
        with self._door.asking("read the sizes of instance types"):
            return {
                t["InstanceType"]: int(t["VCpuInfo"]["DefaultVCpus"])
                for t in items(self._client, "describe_instance_types", "InstanceTypes", Filters=named)
            }

    def offers(self, types: Iterable[str]) -> dict[str, frozenset[str]]:
        """Where each of the named types is sold: zone ids. A type that is sold nowhere here is missing."""
        named = [{"Name": "instance-type", "Values": sorted(types)}]
        found: dict[str, set[str]] = {}
        with self._door.asking("read where instance types are offered"):
            for o in items(
                self._client,
                "describe_instance_type_offerings",
                "InstanceTypeOfferings",
                LocationType="availability-zone-id",
                Filters=named,
            ):
                found.setdefault(o["InstanceType"], set()).add(o["Location"])
        return {name: frozenset(zones) for name, zones in found.items()}

    def spot_prices(self, types: Iterable[str]) -> dict[str, float]:
        """The Spot price now, USD per hour, in the cheapest zone of the region."""
        found: dict[str, float] = {}
        with self._door.asking("read Spot prices"):
            for p in items(
                self._client,
                "describe_spot_price_history",
                "SpotPriceHistory",
                InstanceTypes=sorted(types),
                ProductDescriptions=["Linux/UNIX"],
                StartTime=datetime.now(UTC),
            ):
                usd = float(p["SpotPrice"])
                found[p["InstanceType"]] = min(usd, found.get(p["InstanceType"], usd))
        return found

    # --- networks ----------------------------------------------------------------------------

    def zones(self) -> tuple[Zone, ...]:
        """Availability zones that can be used; local and wavelength zones left out."""
        with self._door.asking("list availability zones"):
            answer = self._client.describe_availability_zones()
        return tuple(
            Zone(z["ZoneName"], z.get("ZoneId", ""), z.get("State", "available"))
            for z in answer.get("AvailabilityZones", ())
            if z.get("ZoneType", "availability-zone") == "availability-zone"
            and z.get("OptInStatus", "opt-in-not-required") != "not-opted-in"
        )

    def vpcs(self) -> tuple[Vpc, ...]:
        with self._door.asking("list VPCs"):
            return tuple(
                Vpc(v["VpcId"], v.get("CidrBlock", ""), bool(v.get("IsDefault")), tags_of(v).get("Name", ""))
                for v in items(self._client, "describe_vpcs", "Vpcs")
            )

    def dns_hostnames(self, vpc_id: str) -> bool:
        with self._door.asking(f"read the DNS settings of {vpc_id}"):
            answer = self._client.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")
        return bool(answer.get("EnableDnsHostnames", {}).get("Value"))

    def subnets(self, vpc_id: str = "") -> tuple[Subnet, ...]:
        """Of one VPC, or of all."""
        with self._door.asking("list subnets"):
            return tuple(
                Subnet(
                    s["SubnetId"],
                    s.get("VpcId", ""),
                    s.get("AvailabilityZone", ""),
                    s.get("AvailabilityZoneId", ""),
                    s.get("CidrBlock", ""),
                    int(s.get("AvailableIpAddressCount", 0)),
                    bool(s.get("MapPublicIpOnLaunch")),
                    tags_of(s).get("Name", ""),
                )
                for s in items(self._client, "describe_subnets", "Subnets", **_in_vpc(vpc_id))
            )

    def route_tables(self, vpc_id: str = "") -> tuple[RouteTable, ...]:
        with self._door.asking("list route tables"):
            return tuple(
                _route_table(t) for t in items(self._client, "describe_route_tables", "RouteTables", **_in_vpc(vpc_id))
            )

    def endpoints(self, vpc_id: str = "") -> tuple[Endpoint, ...]:
        with self._door.asking("list VPC endpoints"):
            return tuple(
                Endpoint(
                    e["VpcEndpointId"],
                    e.get("VpcId", ""),
                    e.get("ServiceName", ""),
                    e.get("VpcEndpointType", "Gateway"),
                    bool(e.get("PrivateDnsEnabled")),
                    frozenset(e.get("SubnetIds", ())),
                    frozenset(e.get("RouteTableIds", ())),
                )
                for e in items(self._client, "describe_vpc_endpoints", "VpcEndpoints", **_in_vpc(vpc_id))
            )


def tags_of(thing: Mapping[str, Any]) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in thing.get("Tags", ()) if "Key" in t and "Value" in t}


def _in_vpc(vpc_id: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "vpc-id", "Values": [vpc_id]}]} if vpc_id else {}


def _instance(raw: Mapping[str, Any]) -> RunningInstance:
    return RunningInstance(
        raw.get("InstanceType", ""),
        raw.get("State", {}).get("Name", ""),
        raw.get("InstanceLifecycle") or "",
        raw.get("Placement", {}).get("Tenancy") or "default",
        tags_of(raw),
        raw.get("InstanceId", ""),
    )


_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _route_table(raw: Mapping[str, Any]) -> RouteTable:
    bound = raw.get("Associations", ())
    return RouteTable(
        raw["RouteTableId"],
        raw.get("VpcId", ""),
        any(a.get("Main") for a in bound),
        frozenset(a["SubnetId"] for a in bound if a.get("SubnetId")),
        tuple(
            Route(_first(r, _DESTINATIONS), _first(r, _TARGETS), r.get("State", "active"))
            for r in raw.get("Routes", ())
        ),
    )


def _first(raw: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((str(raw[k]) for k in keys if raw.get(k)), "")

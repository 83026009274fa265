"""In which subnet a host is launched. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geos.builder.errors import NoPlaceForHost
from geos.wizard.account.networks import leads_to
from geos.wizard.aws.ec2_facts import RouteTable, Subnet, Vpc


@dataclass(frozen=True)
class Place:
    """A subnet that leads to the internet."""

    vpc_id: str
    subnet_id: str
    zone: str
    zone_id: str
    public: bool
    """Whether machines in it can be given an address of their own; else they come out through a NAT gateway."""


def vpc_for(vpcs: Sequence[Vpc], deployment: str, region: str) -> Vpc:
    """The deployment's VPC, else the region's default one. Raises NoPlaceForHost."""
    own = next((v for v in vpcs if deployment and v.name == deployment), None)
    found = own or next((v for v in vpcs if v.is_default), None)
    if found is None:
        raise NoPlaceForHost(
            f"{region} has no default VPC{' and no VPC of ' + deployment if deployment else ''}, so a host has no "
            "network to be in.",
            hint=f"aws ec2 create-default-vpc --region {region} makes one again, free of charge",
        )
    return found


def places(vpc: Vpc, subnets: Iterable[Subnet], tables: Iterable[RouteTable], *, private: bool) -> tuple[Place, ...]:
    """Subnets of `vpc` with a way out, those with most free addresses first; `private`: those without a public side
    before the others. Raises NoPlaceForHost."""
    inside = [s for s in subnets if s.vpc_id == vpc.id and s.free_addresses > 0]
    routes = list(tables)
    found = [
        Place(vpc.id, s.id, s.zone, s.zone_id, target.startswith("igw-"))
        for s in sorted(inside, key=lambda s: (-s.free_addresses, s.zone, s.id))
        if (target := leads_to(s, routes)).startswith(("igw-", "nat-", "tgw-"))
    ]
    reachable = found if private else [place for place in found if place.public]
    if not reachable:
        how = "to the internet" if private else "to the internet through an internet gateway"
        raise NoPlaceForHost(
            f"no subnet of {vpc.id} with free addresses leads {how}.",
            hint="geos-build --transport ssm needs no public subnet; or add a route to an internet gateway",
        )
    return tuple(sorted(reachable, key=lambda place: place.public == private))


def selling(places_: Iterable[Place], offers: Mapping[str, frozenset[str]], type_name: str) -> tuple[Place, ...]:
    """Those in whose zone the type is sold; all when nothing is known of it."""
    zones = offers.get(type_name)
    return tuple(place for place in places_ if zones is None or place.zone_id in zones)

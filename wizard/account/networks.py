"""Whether instances in a subnet reach what they need: the internet, or AWS's services by endpoints. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geos.wizard.aws.ec2_facts import Endpoint, RouteTable, Subnet

NEEDED = ("ecs", "ecs-agent", "ecs-telemetry", "ecr.api", "ecr.dkr", "logs")
"""Interface endpoints without which a Batch instance never joins or its image never comes (facts of ECS and ECR)."""
ENDPOINTS, EVERYWHERE = "endpoints", "0.0.0.0/0"

_WAYS = (("igw-", "internet"), ("nat-", "NAT"), ("tgw-", "transit"), ("vgw-", "VPN"), ("eni-", "appliance"))


def way_out(subnet: Subnet, tables: Sequence[RouteTable], endpoints: Sequence[Endpoint] = ()) -> str:
    """Where the subnet's default route leads, in a word; "endpoints" where those stand for one; empty: nowhere."""
    target = leads_to(subnet, tables)
    if target:
        return next((word for prefix, word in _WAYS if target.startswith(prefix)), "other")
    return ENDPOINTS if not lacking(subnet, tables, endpoints) else ""


def leads_to(subnet: Subnet, tables: Sequence[RouteTable]) -> str:
    """The id of what the subnet's default route leads to (igw-…, nat-…); empty without one that works."""
    table = _table_of(subnet, tables)
    routes = [r for r in (table.routes if table else ()) if r.destination == EVERYWHERE and r.state == "active"]
    return routes[0].target if routes else ""


def lacking(subnet: Subnet, tables: Sequence[RouteTable], endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
    """The endpoints that instances without a way out would still need."""
    own = [e for e in endpoints if e.vpc_id == subnet.vpc_id]
    named = {service for e in own if e.kind == "Interface" and e.private_dns for service in (_service(e),)}
    table = _table_of(subnet, tables)
    s3 = any(_service(e) == "s3" and table is not None and table.id in e.route_table_ids for e in own)
    return (*(service for service in NEEDED if service not in named), *(() if s3 else ("s3",)))


def why_not(subnet: Subnet, tables: Sequence[RouteTable], endpoints: Sequence[Endpoint] = ()) -> str:
    """Why instances there would reach nothing; empty when they can run."""
    out = way_out(subnet, tables, endpoints)
    if not out:
        absent = lacking(subnet, tables, endpoints)
        if len(absent) <= len(NEEDED) // 2:
            return (
                f"no route leads out, and of the VPC endpoints that would do instead {', '.join(absent)} are not there"
            )
        return "no route leads out, so without VPC endpoints instances there reach nothing"
    if out == "internet" and not subnet.public_ip_on_launch:
        return "it leads to an internet gateway, and instances get no public address there"
    return "" if subnet.free_addresses > 0 else "it has no free addresses"


def _table_of(subnet: Subnet, tables: Sequence[RouteTable]) -> RouteTable | None:
    own = next((t for t in tables if subnet.id in t.subnet_ids), None)
    return own or next((t for t in tables if t.is_main and t.vpc_id == subnet.vpc_id), None)


def _service(endpoint: Endpoint) -> str:
    """com.amazonaws.us-east-1.ecr.api -> ecr.api"""
    return ".".join(endpoint.service.split(".")[3:])

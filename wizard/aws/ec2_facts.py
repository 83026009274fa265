"""EC2's answers as frozen values. Imports nothing heavy, so that pure code can use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunningInstance:
    """An instance as EC2 describes it."""

    type: str
    state: str = "running"
    lifecycle: str = ""
    """Empty for On-Demand, else spot, scheduled or capacity-block."""
    tenancy: str = "default"
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    id: str = ""


@dataclass(frozen=True)
class Reservation:
    """An On-Demand capacity reservation; `unused` of its places hold no instance."""

    type: str
    unused: int
    state: str = "active"
    kind: str = "default"
    """default or capacity-block."""
    owner: str = ""
    """Account that pays for it and whose quota it takes."""


@dataclass(frozen=True)
class SpotRequest:
    """A Spot request that may still start instances."""

    type: str
    state: str = "open"
    count: int = 1


@dataclass(frozen=True)
class Zone:
    name: str
    """us-east-1a; means another place in another account."""
    id: str
    """use1-az1; the same place in all accounts."""
    state: str = "available"


@dataclass(frozen=True)
class Vpc:
    id: str
    cidr: str
    is_default: bool
    name: str = ""
    dns_hostnames: bool | None = None
    """None: not asked."""


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc_id: str
    zone: str
    zone_id: str
    cidr: str
    free_addresses: int
    public_ip_on_launch: bool
    name: str = ""


@dataclass(frozen=True)
class Route:
    destination: str
    target: str
    """The id it leads to (igw-…, nat-…, vpce-…, local …)."""
    state: str = "active"


@dataclass(frozen=True)
class RouteTable:
    id: str
    vpc_id: str
    is_main: bool
    subnet_ids: frozenset[str]
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint."""

    id: str
    vpc_id: str
    service: str
    kind: str
    """Gateway or Interface."""
    private_dns: bool
    subnet_ids: frozenset[str] = frozenset()
    route_table_ids: frozenset[str] = frozenset()

"""What a simulated account is like when a session with it begins, as plain data.

Two kinds are built in: `new`, an account opened today, and `established`, one that has worked for years.
Tests describe any other by posting JSON with the same field names to the server's control address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

ACCOUNT_ID = "123456789012"
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's documented example
KINDS = ("new", "established")


class BadSeed(ValueError):
    """The description of an account names something that does not exist."""


@dataclass(frozen=True)
class QuotaSeed:
    """An applied value. `region` empty: in every region."""

    service: str
    code: str
    value: float
    region: str = ""


@dataclass(frozen=True)
class InstanceSeed:
    """Instances that were there before geos came."""

    type: str
    count: int = 1
    state: str = "running"
    spot: bool = False
    region: str = "us-east-1"


@dataclass(frozen=True)
class ReservationSeed:
    """A capacity reservation; `used` of its `count` places are filled by running instances."""

    type: str
    count: int
    used: int = 0
    zone: str = "us-east-1a"
    state: str = "active"


@dataclass(frozen=True)
class RequestSeed:
    """A quota increase that somebody has already asked for."""

    service: str
    code: str
    desired: float
    status: str = "PENDING"
    region: str = "us-east-1"


@dataclass(frozen=True)
class Seed:
    """One account. Every field can be set over the control address."""

    account: str = "new"
    plan: str = "PAID"
    credits_usd: float = 100.0
    quotas: tuple[QuotaSeed, ...] = ()
    not_applied: tuple[str, ...] = ()
    """`service/code` of quotas that have a default but no applied value."""
    instances: tuple[InstanceSeed, ...] = ()
    capacity_reservations: tuple[ReservationSeed, ...] = ()
    increase_requests: tuple[RequestSeed, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Services (`fsx`) or actions (`ec2:DescribeInstances`) that the caller may not use."""
    quota_rates: bool = False
    """Enforce the call rates of Service Quotas."""
    report: str = "ready"
    """The quota utilization report: `ready`, `slow` (stays in progress) or `refused`."""
    usage: Mapping[str, float] = field(default_factory=dict)
    """`service/code` -> use, told by AWS/Usage instead of what is counted. Negative: no data points."""
    permissions: Mapping[str, Any] | None = None
    """The caller's only policy. None: administrator."""
    boundary: Mapping[str, Any] | None = None
    opted_in: tuple[str, ...] = ()
    """Opt-in regions that are switched on."""
    billing_knows_tags: bool = False
    service_linked_roles: tuple[str, ...] = ()
    """Service names whose linked role exists already."""
    zones_without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_capacity: tuple[str, ...] = ()
    """Types of which AWS has none: `c7g.2xlarge`, `c7g.2xlarge/us-east-1a`, and either after `spot:`."""
    registry_token_seconds: float = 12 * 3600
    """How long a token for the container registry is good."""
    boot_fails: tuple[str, ...] = ()
    """Programs that fail while a build host starts: `docker`, `dnf`."""


_ITEMS: dict[str, type[Any]] = {
    "quotas": QuotaSeed,
    "instances": InstanceSeed,
    "capacity_reservations": ReservationSeed,
    "increase_requests": RequestSeed,
}

_ESTABLISHED_QUOTAS: dict[str, float] = {
    "ec2/L-1216C47A": 640,
    "ec2/L-34B43A08": 640,
    "ec2/L-F7808C92": 192,
    "ec2/L-DB2E81BA": 64,
    "fargate/L-3032A538": 100,
    "fargate/L-36FBB829": 100,
    "lambda/L-B99A9384": 1000,
    "vpc/L-F678F1CE": 10,
    "vpc/L-A4707A72": 10,
}

_NEW_QUOTAS: dict[str, float] = {
    "ec2/L-1216C47A": 5,
    "ec2/L-34B43A08": 5,
    "ec2/L-F7808C92": 0,
    "lambda/L-B99A9384": 10,
}


def seed_of_kind(kind: str) -> Seed:
    """The built-in account of that kind."""
    if kind == "new":
        return Seed(account="new", quotas=_quota_seeds(_NEW_QUOTAS))
    if kind == "established":
        return Seed(
            account="established",
            credits_usd=0.0,
            quotas=_quota_seeds(_ESTABLISHED_QUOTAS),
            instances=(
                InstanceSeed("m6i.2xlarge", 2),
                InstanceSeed("c6i.4xlarge", 4),
                InstanceSeed("c7g.4xlarge", 3, spot=True),
                InstanceSeed("r6i.xlarge", 2, state="stopped"),
            ),
            opted_in=("ap-east-1", "eu-south-1"),
            billing_knows_tags=True,
            service_linked_roles=("batch.amazonaws.com", "spot.amazonaws.com", "autoscaling.amazonaws.com"),
        )
    raise BadSeed(f"there is no account of kind {kind!r}; there are {' and '.join(KINDS)}")


def changed(seed: Seed, patch: Mapping[str, Any]) -> Seed:
    """`seed` with the fields of `patch` put in its place; lists replace lists, quotas are added."""
    known = {f.name for f in fields(Seed)}
    strange = sorted(set(patch) - known)
    if strange:
        raise BadSeed(f"an account has no {strange[0]!r}; it has {', '.join(sorted(known))}")
    ready = {name: _field(name, value) for name, value in patch.items()}
    if "quotas" in ready:
        ready["quotas"] = seed.quotas + ready["quotas"]
    return replace(seed, **ready)


def _field(name: str, value: Any) -> Any:
    if name == "quotas" and isinstance(value, dict):
        return _quota_seeds(value)
    if name in _ITEMS:
        try:
            return tuple(_ITEMS[name](**item) for item in value)
        except TypeError as e:
            raise BadSeed(f"{name}: {e}") from e
    return tuple(value) if isinstance(value, list) else value


def _quota_seeds(values: Mapping[str, float]) -> tuple[QuotaSeed, ...]:
    """From `service/code` or `region/service/code` to numbers."""
    seeds = []
    for key, value in values.items():
        *region, service, code = key.split("/")
        seeds.append(QuotaSeed(service, code, float(value), region[0] if region else ""))
    return tuple(seeds)

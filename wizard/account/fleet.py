"""The use of vCPU quotas in one region, from what EC2 answered; what it refused leaves its quotas unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from geos.wizard.account.asking import safely
from geos.wizard.account.counting import Fleet, IsOwn, count_vcpus
from geos.wizard.account.limits import why_unread
from geos.wizard.account.verdicts import QuotaKey, Use
from geos.wizard.errors import GeosError
from geos.wizard.tables.quotas import vcpu_quota_code, vcpu_quota_codes

if TYPE_CHECKING:
    from geos.wizard.aws import Aws


def counts_vcpus(key: QuotaKey) -> bool:
    return key.service == "ec2" and key.code in vcpu_quota_codes(spot=False) | vcpu_quota_codes(spot=True)


def vcpu_uses(
    aws: Aws, codes: Iterable[str], parts: Mapping[str, Any], is_own: IsOwn, account_id: str
) -> dict[str, Use]:
    """The vCPU quotas that are wanted. Spot counts no reservations, On-Demand no Spot requests."""
    failed = {name: part for name, part in parts.items() if isinstance(part, GeosError)}
    fleet = Fleet(account_id=account_id, **{n: () if n in failed else part for n, part in parts.items()})
    counts = count_vcpus(fleet, _sizes(aws, fleet), lambda name, spot: vcpu_quota_code(name, spot=spot), is_own)
    spot_codes = vcpu_quota_codes(spot=True)
    return {
        code: _unless_blind(counts.get(code, Use(0.0, "counted")), failed, spot=code in spot_codes) for code in codes
    }


def _unless_blind(use: Use, failed: Mapping[str, GeosError], *, spot: bool) -> Use:
    for name in ("instances", "spot_requests" if spot else "reservations"):
        if name in failed:
            error = failed[name]
            return Use(None, unread=f"{why_unread(error)} for {name.replace('_', ' ')}", aws_code=error.aws_code)
    return use


def _sizes(aws: Aws, fleet: Fleet) -> Callable[[str], int | None]:
    """Default vCPUs: from the shipped table, else asked once for all types that it lacks."""
    from geos.wizard.tables.instances import instance

    names = {i.type for i in fleet.instances} | {r.type for r in fleet.reservations}
    names |= {r.type for r in fleet.spot_requests}
    known = {name: fact.vcpus for name in names if (fact := instance(name)) is not None}
    strange = names - known.keys() - {""}
    if strange:
        asked = safely(aws.ec2.default_vcpus, strange)
        known |= {} if isinstance(asked, GeosError) else asked
    return known.get

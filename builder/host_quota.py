"""Whether the account has room for hosts: the vCPU quota that they take from, by the quota advisor's own judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.account.verdicts import Demand, Found, QuotaKey, Verdict, judge
from geos.wizard.tables.quotas import vcpu_quota_code

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

STANDARD_TYPE = "c6i.large"
"""Any type of the class that all usual hosts are of."""


def read_quota(aws: Aws, *, spot: bool) -> Found:
    """Limit, use and open requests."""
    from geos.wizard.account.collect import collect

    key = _key(aws.region, spot=spot)
    return collect(aws, {key: True}, account_id=aws.target.account_id, with_report=False)


def free_vcpus(found: Found, region: str, *, spot: bool) -> float | None:
    """What the quota leaves; None when its limit or its use is not known."""
    free = quota_verdict(found, region, 0, spot=spot).free
    return None if free is None else max(0.0, free)


def quota_verdict(found: Found, region: str, vcpus: int, *, spot: bool) -> Verdict:
    return judge(Demand(_key(region, spot=spot), float(vcpus), unit="vCPU", why=("build hosts",)), found)


def _key(region: str, *, spot: bool) -> QuotaKey:
    return QuotaKey("ec2", vcpu_quota_code(STANDARD_TYPE, spot=spot), region)

"""The permissions for counting what is used of the quotas that a plan needs.

Read off `count_method` in the table of quotas, which names the calls as boto3 does: ec2.describe_vpcs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from geos.wizard.systems.derive.needs import Need
from geos.wizard.tables.quotas import quota_default, uncoded_limit

_CALL = re.compile(r"(?:\b([a-z][a-z0-9-]*)\.|\+)([a-z]+_[a-z_]+)")
"""ecs.list_tasks(…)+describe_tasks: a call after a plus is of the same service."""

PREFIXES = {
    # boto3's name -> IAM's
    "amp": "aps",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
    "stepfunctions": "states",
}
SPELT_OTHERWISE = {
    "apigateway:GetDomainNames": "apigateway:GET",
    "apigateway:GetRestApis": "apigateway:GET",
    "apigateway:GetStages": "apigateway:GET",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "wafv2:ListIpSets": "wafv2:ListIPSets",
    "wafv2:ListWebAcls": "wafv2:ListWebACLs",
}
"""Calls whose permission has another name (service authorization reference)."""


def counting_actions(found: Iterable[Need]) -> tuple[str, ...]:
    """IAM actions, sorted."""
    actions = set()
    for need in found:
        fact = quota_default(need.service, need.quota_code) or uncoded_limit(need.service, need.name)
        service = ""
        for named, operation in _CALL.findall(fact.count_method if fact else ""):
            service = named or service
            action = f"{PREFIXES.get(service, service)}:{''.join(w.capitalize() for w in operation.split('_'))}"
            actions.add(SPELT_OTHERWISE.get(action, action))
    return tuple(sorted(actions))

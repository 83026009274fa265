"""The permissions that geos asks for itself are those of the calls it makes: compared with its own source."""

from __future__ import annotations

import re
from importlib.resources import files

import botocore.session
import pytest
from botocore import xform_name

from geos.wizard.systems.derive.counting_calls import PREFIXES, SPELT_OTHERWISE, counting_actions
from geos.wizard.systems.derive.needs import Need
from geos.wizard.systems.derive.own_calls import OTHER_PROGRAMS, OWN_CALLS
from geos.wizard.tables.quotas import quota_defaults

IAM_PREFIXES = {**PREFIXES, "resourcegroupstaggingapi": "tag"}
IAM_NAMES = {
    **SPELT_OTHERWISE,
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
}
NEEDS_NO_PERMISSION = ("sts:GetCallerIdentity", "sso:", "sso-oidc:")
"""Asking who one is, and signing in, which comes before there is an identity."""


def calls_in_the_source() -> dict[str, set[str]]:
    """IAM action -> files of the door that call it, as far as botocore's operation names show in their text."""
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for file in files("geos.wizard.aws").iterdir():
        if not file.name.endswith(".py"):
            continue
        text = file.read_text(encoding="utf-8")
        words = set(re.findall(r"\.([a-z_0-9]+)\(", text)) | set(re.findall(r'"([a-z_0-9]+)"', text))
        for service in set(re.findall(r'client\(\s*"([a-z0-9-]+)"', text)):
            names = {xform_name(name): name for name in session.get_service_model(service).operation_names}
            for word in words & set(names):
                action = f"{IAM_PREFIXES.get(service, service)}:{names[word]}"
                found.setdefault(IAM_NAMES.get(action, action), set()).add(file.name)
    return found


def counted() -> set[str]:
    everything = [Need(q.service, q.code, q.name, 1.0, q.unit, "", ("x",)) for q in quota_defaults()]
    return set(counting_actions(everything))


def test_every_call_in_the_source_is_asked_for() -> None:
    asked = {
        a
        for patterns in (*OWN_CALLS.values(), *OTHER_PROGRAMS.values())
        for actions in patterns.values()
        for a in actions
    }
    made = calls_in_the_source()
    assert len(made) > 60
    missing = {action: sorted(where) for action, where in made.items() if action not in asked | counted()}
    missing = {a: w for a, w in missing.items() if not a.startswith(NEEDS_NO_PERMISSION)}
    assert missing == {}, "name these in systems/derive/own_calls.py, under the command that makes the call"


def test_counting_asks_only_for_reading() -> None:
    for action in counted():
        assert re.match(r"[a-z0-9-]+:(Describe|Get|GET|List|View|Batch)", action), action


@pytest.mark.parametrize(
    ("service", "code", "actions"),
    [
        ("vpc", "L-F678F1CE", ("ec2:DescribeVpcs",)),
        (
            "elasticloadbalancing",
            "L-53DA6B97",
            ("elasticloadbalancing:DescribeAccountLimits", "elasticloadbalancing:DescribeLoadBalancers"),
        ),
        ("s3", "L-DC2B2D3D", ("s3:ListAllMyBuckets",)),
        ("wafv2", "L-2EC3DE7B", ("wafv2:ListWebACLs",)),
        ("fsx", "L-AD2FC696", ("fsx:DescribeFileSystems",)),
    ],
)
def test_counting_a_quota_asks_for_its_calls(service: str, code: str, actions: tuple[str, ...]) -> None:
    assert counting_actions([Need(service, code, "", 1.0, "", "", ("x",))]) == actions

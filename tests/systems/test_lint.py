"""PROOF-1: every template, for every example and three regions, is clean for cfn-lint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.lint import can_lint, lint
from geos.wizard.systems.manifest import System
from geos.wizard.systems.render import RenderedStack, render, render_bootstrap

Stacks = Callable[..., Mapping[str, RenderedStack]]
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]


def test_PROOF_1_every_example_is_clean_in_three_regions(rendered: Stacks, example: str) -> None:
    """A text that is the same everywhere is linted once, for all three regions."""
    texts: dict[str, list[str]] = {}
    stacks = {s.text: s for region in REGIONS for s in rendered(example, region).values()}
    for region in REGIONS:
        for stack in rendered(example, region).values():
            texts.setdefault(stack.text, []).append(region)
    assert sum(map(len, texts.values())) == len(REGIONS) * len(rendered(example))
    assert [said for text, regions in texts.items() for said in lint([stacks[text]], regions)] == []


@pytest.mark.parametrize(
    "more",
    [
        {"nat_mode": "endpoints", "flow_logs": True, "dashboard": True},
        {"nat_mode": "single", "admin_cidr": "203.0.113.4/32", "az_count": 1},
        {"vpc_mode": "existing", "vpc_id": "vpc-0a1b2c3d", "subnet_ids": "subnet-0a1b2c3d,subnet-1a1b2c3d"},
        {"waiting_check": False, "alert_email": "", "spot_max_price_percent": 60},
        {"cors_origins": "https://www.example.org", "transfer_acceleration": True, "on_demand_fallback": False},
        {
            "security_group_rules": '[{"Direction": "ingress", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, '
            '"CidrIp": "198.51.100.0/24"}]',
            "bucket_policy_statements": '[{"Sid": "Audit", "Effect": "Allow", "Action": "s3:ListBucket", '
            '"Principal": {"AWS": "arn:aws:iam::123456789012:role/audit"}}]',
        },
    ],
    ids=["endpoints", "single-nat", "existing-vpc", "little-monitoring", "bucket-options", "site-overrides"],
)
def test_PROOF_1_other_answers_are_clean_too(rendered: Stacks, more: Mapping[str, Any]) -> None:
    known = {stack.text for stack in rendered("geos-chem-classic").values()}
    changed = [s for s in rendered("geos-chem-classic", **more).values() if s.text not in known]
    assert changed
    assert lint(changed) == ()


def test_PROOF_1_the_bootstrap_stack_is_clean() -> None:
    assert lint([render_bootstrap(shipped_facts("us-east-1"))], REGIONS) == ()


def test_the_fixture_system_is_clean(tiny: System) -> None:
    from geos.wizard.systems.answers import settle

    facts = shipped_facts("us-east-1")
    assert lint(render(tiny, settle(tiny.schema, [], facts).values, facts)) == ()


def test_cfn_lint_really_looks() -> None:
    body = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketNme": "x"}}}}
    text = json.dumps(body)
    (said,) = lint([RenderedStack("one", "p-dev-one", "us-east-1", text, body)])
    assert can_lint()
    assert said.startswith("p-dev-one: E3002: ")
    assert "BucketNme" in said

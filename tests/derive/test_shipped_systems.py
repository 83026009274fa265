"""Needs, permissions, region fit and costs of the shipped systems with the shipped answers: known, and complete."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from geos.wizard.study import Study
from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import read_answers
from geos.wizard.systems.derive.arns import Names
from geos.wizard.systems.derive.needs import blind_spots
from geos.wizard.systems.derive.permissions import required_actions, unlisted_types
from geos.wizard.systems.derive.policies import MAX_POLICY_CHARACTERS, as_policy
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import list_systems, load_system
from geos.wizard.systems.variants import ways_out

FOLDER = Path(__file__).parents[2] / "examples"
ANSWERS = sorted(f.name for f in FOLDER.glob("*.yaml") if "\nsystem: " in f"\n{f.read_text()}")


@cache
def study(name: str) -> Study:
    answers = read_answers(FOLDER / name)
    assert answers is not None
    facts = shipped_facts("us-east-1")
    facts = replace(facts, account_id="123456789012", zones=("us-east-1a", "us-east-1b", "us-east-1c"))
    (system,) = (load_system(s.name) for s in list_systems() if f"system: {s.name}\n" in (FOLDER / name).read_text())
    settled = settle(system.schema, [answers], facts)
    return Study(design(system, settled, facts))


@pytest.mark.parametrize("name", ANSWERS)
def test_every_need_of_a_shipped_system_is_known(name: str) -> None:
    found = study(name).needs
    assert found
    assert [(n.name, n.unknown) for n in found if n.amount is None] == []
    assert blind_spots(study(name).stacks) == ()
    assert all(n.region == "us-east-1" for n in found)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_type_of_a_shipped_system_tells_its_permissions(name: str) -> None:
    stacks = study(name).stacks
    assert unlisted_types(stacks) == ()
    deployment = study(name).design.deployment
    grants = required_actions(stacks, Names(deployment, "us-east-1", "123456789012"))
    policies = as_policy(grants)
    assert len(policies) <= 5  # a role takes ten managed policies, and has some already
    assert all(len(json.dumps(p, separators=(",", ":"))) <= MAX_POLICY_CHARACTERS for p in policies)
    for grant in grants:
        service, verb = grant.action.split(":")
        creates = verb.startswith(("Create", "Put", "Delete", "Update"))
        if creates and service in ("iam", "s3", "ecr", "sns", "dynamodb", "lambda", "batch"):
            assert grant.resource_pattern != "*", grant
    passed = [g for g in grants if g.action == "iam:PassRole"]
    assert passed
    assert all(f"role/{deployment}" in g.resource_pattern and g.passed_to for g in passed)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_home_region_takes_every_shipped_system(name: str) -> None:
    assert [f for f in study(name).faults if f.fatal] == []


@pytest.mark.parametrize("name", ANSWERS)
def test_costs_are_known_and_idle_costs_depend_on_the_way_out(name: str) -> None:
    found = study(name).estimate
    assert [line for line in found.lines if line.per == "month" and line.band is None] == []
    if study(name).design.values.get("nat_mode") == "none":
        assert found.idle_usd_per_month < 10
    best = study(name).machines[0]
    assert (found.run is not None) == best.told


def test_ways_out_to_the_internet_are_priced_beside_each_other() -> None:
    (first, *_) = (n for n in ANSWERS if study(n).design.values.get("nat_mode") == "none")
    found = ways_out(study(first).design)
    usd = {b.name: b.more_usd for b in found}
    assert set(usd) == {"none", "single", "per-az", "endpoints"}
    assert found[0].name == "none"
    assert found[0].idle_usd_per_month == pytest.approx(study(first).estimate.idle_usd_per_month)
    assert usd["single"] == pytest.approx(730 * 0.05)  # a gateway and its address
    assert usd["per-az"] == pytest.approx(2 * 730 * 0.05)
    assert usd["endpoints"] > usd["single"]


def test_an_existing_network_has_no_ways_out_to_choose_from() -> None:
    planned = study(ANSWERS[0]).design
    settled = replace(planned.settled, applies={**planned.settled.applies, "nat_mode": False})
    assert ways_out(replace(planned, settled=settled)) == ()


def test_reading_a_system_takes_a_few_milliseconds() -> None:
    from geos.wizard.systems.derive.needs import needs
    from geos.wizard.systems.derive.regions import region_faults

    stacks = study(ANSWERS[0]).stacks
    names = Names(study(ANSWERS[0]).design.deployment, "us-east-1", "123456789012")
    times = []
    for _ in range(5):
        began = time.process_time()
        needs(stacks)
        required_actions(stacks, names)
        region_faults(stacks)
        times.append(time.process_time() - began)
    assert min(times) < 0.05

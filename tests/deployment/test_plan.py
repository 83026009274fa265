"""The plan as data."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from parts.account import ACCOUNT, TINY

from geos.wizard.aws.stack_facts import StackFact
from geos.wizard.deployment.plan import Plan, Standing, digest_of, is_unchanged, make_plan
from geos.wizard.deployment.service_roles import needed_roles
from geos.wizard.facts import Target
from geos.wizard.systems.answers import settle
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import load_system
from geos.wizard.systems.render import RenderedStack, render, render_bootstrap

FACTS = shipped_facts("us-east-1")
TOPIC = "arn:aws:sns:us-east-1:123456789012:tiny-dev-news"


def stacks() -> tuple[RenderedStack, ...]:
    system = load_system(TINY)
    return (render_bootstrap(FACTS), *render(system, settle(system.schema, [], FACTS).values, FACTS))


def plan(standing: Standing | None = None, *, protect: bool = False) -> Plan:
    return make_plan(
        stacks(),
        standing or Standing(),
        deployment="tiny-dev",
        system="tiny",
        target=Target("us-east-1"),
        account_id=ACCOUNT,
        protect=protect,
    )


def standing(**changes: StackFact) -> Standing:
    """Everything as planned."""
    bootstrap, base, words = stacks()
    facts = {
        "geos-bootstrap": StackFact("geos-bootstrap", "i0", "CREATE_COMPLETE", tags=bootstrap.tags),
        "tiny-dev-base": StackFact(
            "tiny-dev-base",
            "i1",
            "CREATE_COMPLETE",
            outputs={"TopicArn": TOPIC},
            parameters={"LogRetentionDays": "30"},
            tags=base.tags,
        ),
        "tiny-dev-words": StackFact(
            "tiny-dev-words",
            "i2",
            "UPDATE_COMPLETE",
            parameters={"TopicArn": TOPIC, "Greeting": "hello"},
            tags=words.tags,
        ),
    }
    bodies = {s.stack_name: s.body for s in (bootstrap, base, words)}
    return Standing({**facts, **{f.name: f for f in changes.values()}}, bodies)


def test_in_an_empty_account_everything_is_created_in_order() -> None:
    found = plan()
    assert [(s.layer, s.action, len(s.changes)) for s in found.stacks] == [
        ("bootstrap", "create", 3),
        ("base", "create", 2),
        ("words", "create", 1),
    ]
    assert found.new_resources == 6
    assert not found.changes_nothing


def test_the_same_again_is_the_same_plan_and_can_be_written_down() -> None:
    assert plan() == plan()
    written = json.loads(json.dumps(plan().to_json()))
    assert written["stacks"][2]["inputs"] == {"TopicArn": "TopicArn", "Greeting": "Greeting"}
    assert written["stacks"][1]["changes"][0] == {
        "logical_id": "Logs",
        "type": "AWS::Logs::LogGroup",
        "kind": "added",
        "properties": [],
    }


def test_what_stands_as_planned_is_left() -> None:
    found = plan(standing())
    assert found.changes_nothing
    assert [s.action for s in found.stacks] == ["leave", "leave", "leave"]


def test_another_parameter_tag_or_protection_is_an_update() -> None:
    words = standing().stacks["tiny-dev-words"]
    other = replace(words, parameters={**words.parameters, "Greeting": "other"})
    assert [s.action for s in plan(standing(w=other)).stacks] == ["leave", "leave", "update"]
    other = replace(words, tags={**words.tags, "Owner": "somebody"})
    assert [s.action for s in plan(standing(w=other)).stacks] == ["leave", "leave", "update"]
    assert [s.action for s in plan(standing(), protect=True).stacks] == ["leave", "update", "update"]


def test_a_failed_creation_is_repaired_and_a_missing_stack_created() -> None:
    failed = replace(standing().stacks["tiny-dev-words"], status="ROLLBACK_COMPLETE")
    assert plan(standing(w=failed)).stacks[2].action == "repair"
    gone = standing()
    del dict(gone.stacks)["tiny-dev-words"]
    without = Standing({k: v for k, v in gone.stacks.items() if k != "tiny-dev-words"}, gone.templates)
    assert plan(without).stacks[2].action == "create"


def test_a_stack_that_nobody_asks_for_any_more_is_to_be_removed() -> None:
    old = StackFact("tiny-dev-old", "i3", "CREATE_COMPLETE")
    found = plan(standing(old=old))
    assert found.gone == ("tiny-dev-old",)
    assert not found.changes_nothing


@pytest.mark.parametrize(
    "spec",
    [
        {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/aws/x"},
        {"Type": "String", "NoEcho": True, "Default": "x"},
    ],
)
def test_values_that_cannot_be_compared_ask_for_a_change_set(spec: dict[str, object]) -> None:
    base = plan(standing()).stacks[1]
    body = {**base.body, "Parameters": {"P": spec}}
    fact = StackFact("tiny-dev-base", "i1", "CREATE_COMPLETE", parameters={"P": "x"}, tags=base.tags)
    assert not is_unchanged(replace(base, body=body), fact, body, {"P": "x"})


def test_outputs_win_over_answers() -> None:
    words = plan().stacks[2]
    assert words.parameters_with({}) == {"Greeting": "hello"}
    assert words.parameters_with({"TopicArn": TOPIC, "Greeting": "out"}) == {"TopicArn": TOPIC, "Greeting": "out"}


def test_digests_do_not_depend_on_order() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


# --- service-linked roles --------------------------------------------------------------------


def test_roles_are_read_off_policies_and_types() -> None:
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Principal": {"AWS": {"Fn::Sub": "arn::role/x/AWSServiceRoleForAutoScaling"}}}},
    }
    environment = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"ComputeResources": {"Type": "SPOT"}}}
    found = needed_roles([("core", {"Resources": {"Key": key}}), ("batch", {"Resources": {"Spot": environment}})])
    assert [(r.name, r.service) for r in found] == [
        ("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"),
        ("AWSServiceRoleForBatch", "batch.amazonaws.com"),
        ("AWSServiceRoleForECS", "ecs.amazonaws.com"),
        ("AWSServiceRoleForEC2Spot", "spot.amazonaws.com"),
    ]
    assert found[0].why == "core: Key names it"


def test_a_service_role_of_ones_own_takes_the_place_of_batchs() -> None:
    environment = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"ServiceRole": "arn:x"}}
    found = needed_roles([("batch", {"Resources": {"A": environment}})])
    assert [r.name for r in found] == ["AWSServiceRoleForECS"]


def test_only_missing_roles_are_made() -> None:
    assert plan(Standing(roles=frozenset({"AWSServiceRoleForBatch"}))).roles == ()

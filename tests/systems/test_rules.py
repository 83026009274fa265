"""Own rules: each finds its fixture and nothing else does; every rendered template is clean."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import System
from geos.wizard.systems.render import RenderedStack, render_bootstrap
from geos.wizard.systems.rules import Fault, Subject, broken_rules, faults_of, rules
from geos.wizard.systems.rules.batch import fargate_pair_valid
from geos.wizard.systems.rules.storage import lustre_size_valid
from geos.wizard.tables.instances import instances

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/rules"
NAMES = sorted((p.stem for p in FIXTURES.glob("*.json")), key=lambda n: int(n.removeprefix("RULE-")))


def broken(
    body: Mapping[str, Any], *, region: str = "us-east-1", answers: Mapping[str, Any] | None = None
) -> list[Fault]:
    template = load_template(json.dumps(body), "fixture")
    resolved = resolve(template, pseudo=Pseudo("123456789012", region))
    return list(faults_of(Subject(resolved, body, region, instances(), answers or {})))


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return found


def test_every_rule_has_a_failing_fixture() -> None:
    assert sorted(rules()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_rule_finds_its_fixture_and_no_other_does(name: str) -> None:
    found = broken(fixture(name), region="eu-west-1" if name == "RULE-16" else "us-east-1")
    assert {f.rule for f in found} == {name}, found
    assert found[0].message.endswith(".")
    assert found[0].logical_id in fixture(name)["Resources"]


def _job(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["Resources"]["Job"]["Properties"]
    return found


def _properties(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def of(body: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = body["Resources"][name]["Properties"]
        return found

    return of


def mended(name: str, change: Callable[[dict[str, Any]], Any]) -> list[Fault]:
    body = copy.deepcopy(fixture(name))
    change(body)
    return broken(body)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("RULE-2", lambda b: _properties("Env")(b)["ComputeResources"].update(Type="EC2")),
        ("RULE-3", lambda b: _properties("Env")(b)["ComputeResources"].update(InstanceTypes=["c7g"])),
        ("RULE-4", lambda b: _properties("Env")(b)["ComputeResources"].update(InstanceTypes=["c7g.16xlarge"])),
        ("RULE-10", lambda b: _job(b).update(Parameters={"inputPath": "UNSET"})),
        ("RULE-12", lambda b: _properties("Logs")(b).update(RetentionInDays=30)),
        ("RULE-13", lambda b: _properties("Alarm")(b).update(AlarmActions=[{"Ref": "AWS::StackId"}])),
        ("RULE-18", lambda b: _job(b)["RetryStrategy"]["EvaluateOnExit"].append({"Action": "EXIT", "OnReason": "*"})),
        ("RULE-20", lambda b: _job(b)["ContainerProperties"]["Volumes"][0]["Host"].update(SourcePath="/var/tmp/s")),
        (
            "RULE-20",
            lambda b: _properties("Env")(b)["ComputeResources"].update(Ec2Configuration=[{"ImageType": "ECS_AL2"}]),
        ),
    ],
)
def test_a_mended_fixture_is_clean(name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    assert mended(name, change) == []


def _rule_17(statement: Mapping[str, Any], trust: Mapping[str, Any] | None = None) -> list[str]:
    body = copy.deepcopy(fixture("RULE-17"))
    role = body["Resources"]["Role"]["Properties"]
    role["Policies"][0]["PolicyDocument"]["Statement"] = [statement]
    if trust:
        role["AssumeRolePolicyDocument"]["Statement"] = [trust]
    return [f.message for f in broken(body)]


GOOD = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
OWN = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
TASKS = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
PASS = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/job"}}


@pytest.mark.parametrize(
    ("statement", "trust", "words"),
    [
        (GOOD, None, None),
        ({**GOOD, "Action": "*"}, None, "* grants everything"),
        ({**GOOD, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}, None, "s3:* grants everything"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b"}, None, "NotAction"),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, None, None),
        (PASS, None, "iam:PassedToService"),
        ({**PASS, "Condition": {"StringEquals": {"iam:PassedToService": "batch.amazonaws.com"}}}, None, None),
        (GOOD, TASKS, "aws:SourceAccount"),
        (GOOD, {**TASKS, "Condition": OWN}, None),
        (GOOD, {**TASKS, "Principal": "*"}, "everyone may take this role"),
    ],
    ids=["no-level", "star", "service", "not-action", "deny", "pass", "pass-ok", "deputy", "deputy-ok", "open"],
)
def test_RULE_17_COM_X_5(statement: Mapping[str, Any], trust: Mapping[str, Any] | None, words: str | None) -> None:
    found = _rule_17(statement, trust)
    assert (words is None and not found) or (words is not None and any(words in f for f in found)), found


@pytest.mark.parametrize(
    ("service", "condition", "words"),
    [
        ("cloudwatch.amazonaws.com", None, "add a condition"),
        ("cloudwatch.amazonaws.com", OWN, None),
        ("events.amazonaws.com", None, None),
        ("events.amazonaws.com", OWN, "take the condition away"),
    ],
)
def test_RULE_17_who_publishes_to_a_topic(service: str, condition: Mapping[str, Any] | None, words: str | None) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": "t"}
    if condition:
        statement["Condition"] = condition
    policy = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": ["t"], "PolicyDocument": {"Statement": [statement]}},
    }
    found = [f.message for f in broken({"Resources": {"Policy": policy}})]
    assert (words is None and not found) or (words is not None and any(words in f for f in found)), found


def test_RULE_19_what_an_answer_says_is_no_fault() -> None:
    answers = {"region": "eu-west-1", "permissions_boundary_arn": "arn:aws:sns:eu-west-1:123456789012:news"}
    assert broken(fixture("RULE-19"), answers=answers) == []
    assert broken(fixture("RULE-19"), answers={"region": "eu-west-1"}) != []


@pytest.mark.parametrize(
    ("vcpus", "mib", "valid"),
    [(0.25, 512, True), (0.25, 1536, False), (1, 2048, True), (1, 1024, False), (4, 30720, True), (8, 18000, False),
     (16, 122880, True), (3, 8192, False)],
)  # fmt: skip
def test_RULE_5_pairs(vcpus: float, mib: float, valid: bool) -> None:
    assert fargate_pair_valid(vcpus, mib) is valid


@pytest.mark.parametrize(
    ("gib", "kind", "valid"),
    [(1200, "SCRATCH_2", True), (2400, "SCRATCH_2", True), (3600, "SCRATCH_2", False), (4800, "SCRATCH_2", True),
     (3600, "SCRATCH_1", True), (0, "SCRATCH_2", False)],
)  # fmt: skip
def test_RULE_8_sizes(gib: float, kind: str, valid: bool) -> None:
    assert lustre_size_valid(gib, kind) is valid


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_every_example_is_clean(
    rendered: Callable[..., Mapping[str, RenderedStack]], example: str, region: str, answers: Mapping[str, Any]
) -> None:
    stacks = list(rendered(example, region).values())
    assert broken_rules(stacks, answers, pseudo=Pseudo("123456789012")) == ()


@pytest.mark.parametrize("mode", ["none", "single", "per-az", "endpoints"])
def test_every_network_is_clean(rendered: Callable[..., Mapping[str, RenderedStack]], mode: str) -> None:
    stacks = list(rendered("geos-chem-classic", nat_mode=mode, flow_logs=True).values())
    assert broken_rules(stacks, {}, pseudo=Pseudo("123456789012")) == ()


def test_the_bootstrap_stack_is_clean(tiny: System) -> None:
    assert broken_rules([render_bootstrap(shipped_facts("eu-west-1"))], {}) == ()

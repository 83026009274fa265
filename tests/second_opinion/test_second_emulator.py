"""The rendered templates on a second, stricter emulator, which shares no code with the sandbox (section 9).

What it refuses is taken out, counted and named, so that a silent gap cannot be mistaken for a pass.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from parts import second_emulator

from geos.wizard.cfn.resolve import references
from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import read_answers
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import load_system
from geos.wizard.systems.render import RenderedStack, parameters_for, render, render_bootstrap

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
UNRECOGNIZED = re.compile(r"Unrecognized resource types: \[(.*?)\]")

REFUSED = {"AWS::Budgets::Budget"}
"""Types that the second emulator does not know. The test fails when this list is no longer right."""
UNSUPPORTED = {"FailureRateAlarm"}
"""Resources of known types with a property that it says it lacks (metric math)."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        second_emulator.environment()
    except (subprocess.SubprocessError, OSError) as e:
        pytest.skip(f"NO SECOND OPINION: ministack {second_emulator.VERSION} could not be installed: {e}")
    with second_emulator.running(tmp_path_factory.mktemp("second")) as found:
        yield found


def stacks(example: str) -> tuple[RenderedStack, ...]:
    answers = read_answers(EXAMPLES / example)
    assert answers is not None
    system = load_system(str(answers.given["system"].raw))
    facts = shipped_facts("us-east-1")
    settled = settle(system.schema, [answers], facts).require()
    return render_bootstrap(facts), *render(system, settled.values, facts)


def without(body: dict[str, Any], refused: set[str]) -> dict[str, Any]:
    """The template without resources of these types or names, nor anything that needs one of them."""
    resources = dict(body["Resources"])
    gone = {name for name, r in resources.items() if {r["Type"], name} & refused}
    while True:
        more = {n for n, r in resources.items() if n not in gone and gone & {*references(r), *r.get("DependsOn", [])}}
        if not more:
            break
        gone |= more
    outputs = {n: o for n, o in body.get("Outputs", {}).items() if not gone & set(references(o))}
    kept = {n: r for n, r in resources.items() if n not in gone}
    return {**body, "Resources": kept, "Outputs": outputs}


class Second:
    def __init__(self, address: str) -> None:
        keys = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        self.cfn = boto3.client("cloudformation", endpoint_url=address, **keys)
        self.refused: set[str] = set()

    def deploy(self, stack: RenderedStack, outputs: dict[str, str]) -> dict[str, str]:
        while True:
            self.propose(stack, outputs)
            self.cfn.execute_change_set(StackName=stack.stack_name, ChangeSetName="first")
            fact = self.settled(stack.stack_name)
            if fact["StackStatus"] == "CREATE_COMPLETE":
                return {o["OutputKey"]: o["OutputValue"] for o in fact.get("Outputs", [])}
            reasons = self.why(stack.stack_name)
            lacking = {r.split(":", 1)[0] for r in reasons if "is not supported" in r}
            assert lacking, reasons
            assert not lacking & self.refused
            self.refused |= lacking
            self.remove(stack.stack_name)

    def propose(self, stack: RenderedStack, outputs: dict[str, str]) -> None:
        """Make the change set, without the types that are refused on the way."""
        while True:
            values = parameters_for(stack, outputs)
            try:
                self.cfn.create_change_set(
                    StackName=stack.stack_name,
                    ChangeSetName="first",
                    ChangeSetType="CREATE",
                    TemplateBody=json.dumps(without(dict(stack.body), self.refused)),
                    Capabilities=["CAPABILITY_NAMED_IAM"],
                    Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
                    Tags=[{"Key": k, "Value": v} for k, v in stack.tags.items()],
                )
                return
            except botocore.exceptions.ClientError as e:
                found = UNRECOGNIZED.search(str(e))
                assert found, e
                self.refused |= {t.strip(" '\"") for t in found.group(1).split(",")}

    def settled(self, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while True:
            (fact,) = self.cfn.describe_stacks(StackName=name)["Stacks"]
            if "IN_PROGRESS" not in fact["StackStatus"]:
                return dict(fact)
            assert time.monotonic() < deadline, fact["StackStatus"]
            time.sleep(0.05)

    def why(self, name: str) -> list[str]:
        events = self.cfn.describe_stack_events(StackName=name)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}"
            for e in events
            if e["ResourceStatus"].endswith("FAILED")
        ]

    def remove(self, name: str) -> None:
        self.cfn.delete_stack(StackName=name)
        deadline = time.monotonic() + 60
        while True:
            try:
                (fact,) = self.cfn.describe_stacks(StackName=name)["Stacks"]
            except botocore.exceptions.ClientError:
                return
            if fact["StackStatus"] == "DELETE_COMPLETE":
                return
            assert "FAILED" not in fact["StackStatus"], self.why(name)
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_every_stack_deploys_and_goes_again(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    second, outputs = Second(address), dict[str, str]()
    rendered = stacks("geos-chem-classic.yaml")
    for stack in rendered:
        outputs |= second.deploy(stack, outputs)
    total = sum(len(s.body["Resources"]) for s in rendered)
    left_out = sum(len(s.body["Resources"]) - len(without(dict(s.body), second.refused)["Resources"]) for s in rendered)
    with capsys.disabled():
        print(f"\nsecond opinion: {total - left_out} of {total} resources; not known to it: {sorted(second.refused)}")
    for stack in reversed(rendered):
        second.remove(stack.stack_name)
    assert second.refused == REFUSED | UNSUPPORTED
    assert left_out / total < 0.2


def test_it_refuses_what_does_not_exist(address: str) -> None:
    second = Second(address)
    with pytest.raises(botocore.exceptions.ClientError, match="Unrecognized resource types"):
        second.cfn.create_change_set(
            StackName="bogus",
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps({"Resources": {"A": {"Type": "AWS::Bogus::Thing"}}}),
        )

"""Templates in, values or a fault with its place out."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cfn.load import load_template
from geos.wizard.errors import BadTemplate

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


def test_json_and_yaml_read_alike() -> None:
    assert load_template(json.dumps(TOPIC), "t.json").body == load_template(yaml.safe_dump(TOPIC), "t.yaml").body


def test_short_forms_are_written_out() -> None:
    text = """
    Resources:
      Topic:
        Type: AWS::SNS::Topic
        Properties:
          A: !Ref Name
          B: !GetAtt Other.Outputs.Url
          C: !Sub ["${X}", {X: !Ref Name}]
          D: !If [Prod, 1, !Ref "AWS::NoValue"]
          E: !Condition Prod
          Version: 2012-10-17
    """
    found = load_template(text, "t.yaml").section("Resources")["Topic"]["Properties"]
    assert found == {
        "A": {"Ref": "Name"},
        "B": {"Fn::GetAtt": ["Other", "Outputs.Url"]},
        "C": {"Fn::Sub": ["${X}", {"X": {"Ref": "Name"}}]},
        "D": {"Fn::If": ["Prod", 1, {"Ref": "AWS::NoValue"}]},
        "E": {"Condition": "Prod"},
        "Version": "2012-10-17",  # a policy's version, not a date
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "blank file"),
        ("[]", "list"),
        ('{"Resources": }', "line 1, column 15"),
        ("Resources:\n  A: {Type: 'AWS::SNS::Topic'\n", "line 3"),
        ("Resources:\n  A: {Type: X}\n  A: {Type: Y}\n", '"A" stands twice'),
        ("Resources: {}", "no Resources"),
        ("Resources: {A: {}}", "A has no Type"),
        ("Resources: {A: {Type: X, Properties: []}}", "not a mapping"),
        ("Resources: {A: {Type: X}}\nnonsense: 1", "nonsense is not a section"),
        ("Resources: {'Fn::ForEach::A': [x, [y], {}]}", "language-extensions"),
        ("a: !!python/object/apply:os.system [id]", "line 1"),
    ],
)
def test_faults_name_the_place(text: str, words: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        load_template(text, "file.yaml")
    assert words in caught.value.message
    assert caught.value.message.startswith("file.yaml")


@given(st.text(max_size=300))
def test_any_text_is_a_template_or_a_clear_fault(text: str) -> None:
    try:
        load_template(text, "x")
    except BadTemplate as e:
        assert e.message.startswith("x")


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), json_values, max_size=4))
def test_any_mapping_is_a_template_or_a_clear_fault(resources: dict[str, Any]) -> None:
    try:
        load_template(json.dumps({"Resources": resources}), "x")
    except BadTemplate as e:
        assert e.message.startswith("x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Outputs": {"A": []}}, "A in Outputs is not a mapping"),
        ({"Outputs": []}, None),
        ({"Outputs": ["x"]}, "Outputs is a mapping in CloudFormation; this is a list"),
        ({"Parameters": {"Nodes": 3}}, "Nodes in Parameters is not a mapping"),
        ({"Conditions": {"Fn::ForEach::Zones": []}}, "language-extensions"),
        ({"Resources": {"A": {"Type": "T", "DependsOn": [{"Ref": "B"}]}}}, "DependsOn of resource A"),
        ({"Resources": {"A": {"Type": "T", "DependsOn": 3}}}, "DependsOn of resource A"),
    ],
)
def test_a_section_of_another_form_is_refused_in_words(change: dict[str, object], words: str | None) -> None:
    text = json.dumps({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}, **change})
    with pytest.raises(BadTemplate) as refused:
        load_template(text, "t.json")
    assert (words or "Outputs is a mapping") in refused.value.message

"""Parameters, conditions and functions; what cannot be known stays visible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, Resolved, Unknown, is_known, references, resolve, unknowns
from geos.wizard.errors import BadTemplate

PSEUDO = Pseudo(
    account_id="123456789012", region="eu-north-1", stack_name="s", availability_zones=("eu-north-1a", "eu-north-1b")
)


def evaluated(expression: Any, parameters: Mapping[str, Any] | None = None, **sections: Any) -> Any:
    """What `expression` becomes as a property."""
    body = {
        "Resources": {
            "Box": {"Type": "AWS::S3::Bucket"},
            "User": {"Type": "AWS::SNS::Topic", "Properties": {"Value": expression}},
        },
        **sections,
    }
    return resolve(Template("t", body), parameters, PSEUDO).resources["User"].properties.get("Value", "absent")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "AWS::Region"}, "eu-north-1"),
        ({"Fn::Sub": "a-${AWS::AccountId}-${!kept}"}, "a-123456789012-${kept}"),
        ({"Fn::Sub": ["${X}/${AWS::Region}", {"X": {"Fn::Join": ["-", ["a", "b"]]}}]}, "a-b/eu-north-1"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b,c"]}]}, "b"),
        ({"Fn::Select": ["0", {"Fn::GetAZs": ""}]}, "eu-north-1a"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 12]}, ["10.0.0.0/20", "10.0.16.0/20"]),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", {"Ref": "AWS::NoValue"}]}, "absent"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "n"]}, 7),
        ({"Fn::FindInMap": ["Sizes", "nowhere", "n", {"DefaultValue": 3}]}, 3),
        ({"Fn::Length": [1, 2]}, 2),
        ({"Fn::ToJsonString": {"a": 1}}, '{"a": 1}'),
    ],
)
def test_functions(expression: Any, value: Any) -> None:
    conditions = {
        "Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-north-1"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
    }
    assert evaluated(expression, Conditions=conditions, Mappings={"Sizes": {"eu-north-1": {"n": 7}}}) == value


def test_a_parameter_without_value_is_unknown_and_says_so() -> None:
    found = evaluated({"Fn::Join": ["-", ["n", {"Ref": "Nodes"}]]}, Parameters={"Nodes": {"Type": "Number"}})
    assert isinstance(found, Unknown)
    assert found.why == "parameter Nodes has no value"


def test_parameters_are_text_as_in_cloudformation() -> None:
    parameters = {"N": {"Type": "Number", "Default": 3}, "L": {"Type": "CommaDelimitedList", "Default": "a, b"}}
    assert evaluated([{"Ref": "N"}, {"Ref": "L"}], Parameters=parameters) == ["3", ["a", "b"]]
    assert evaluated({"Ref": "N"}, {"N": 5}, Parameters=parameters) == "5"


def test_what_exists_only_later_names_its_resource() -> None:
    found = evaluated({"Fn::Sub": "${Box.Arn}/*"})
    assert isinstance(found, Unknown)
    assert (found.logical_id, found.attribute) == ("Box", "Arn")


def test_an_unknown_condition_is_never_taken_for_a_no() -> None:
    body = {
        "Parameters": {"Env": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
        "Resources": {"Box": {"Type": "AWS::S3::Bucket", "Condition": "Prod"}},
    }
    resource = resolve(Template("t", body)).resources["Box"]
    assert "Env" in resource.condition_unknown


def test_and_or_with_unknowns_are_decided_where_they_can_be() -> None:
    unknown, no, yes = {"Fn::Equals": [{"Ref": "Env"}, "x"]}, {"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 1]}
    body = {
        "Parameters": {"Env": {"Type": "String"}},
        "Conditions": {"A": {"Fn::And": [unknown, no]}, "O": {"Fn::Or": [unknown, yes]}},
        "Resources": {c: {"Type": "T", "Condition": c} for c in ("A", "O")},
    }
    found = resolve(Template("t", body))
    assert found.unused_resources == {"A"}
    assert found.resources["O"].condition_unknown == ""


def test_real_values_can_be_looked_up() -> None:
    body = {
        "Resources": {"Box": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Box", "Arn"]}, "Export": {"Name": "box"}}},
    }
    found = resolve(Template("t", body), lookup=lambda name, attribute: f"{name}!{attribute}")
    assert found.outputs == {"Arn": "Box!Arn"}
    assert found.exports == {"box": "Box!Arn"}


def resolved(**resources: Any) -> Resolved:
    return resolve(Template("t", {"Resources": resources}))


def test_order_follows_references_and_depends_on() -> None:
    found = resolved(
        C={"Type": "T", "DependsOn": ["B"]},
        B={"Type": "T", "Properties": {"X": {"Fn::Sub": "${A.Arn}"}}},
        A={"Type": "T"},
    )
    assert found.creation_order() == ["A", "B", "C"]


def test_a_circle_is_refused() -> None:
    circle = resolved(A={"Type": "T", "Properties": {"X": {"Ref": "B"}}}, B={"Type": "T", "DependsOn": "A"})
    with pytest.raises(BadTemplate, match="circle"):
        circle.creation_order()


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "Nobody"},
        {"Fn::GetAtt": ["Nobody", "Arn"]},
        {"Fn::If": ["Nobody", 1, 2]},
        {"Fn::Join": ["-"]},
        {"Fn::Select": [9, ["a"]]},
        {"Fn::FindInMap": ["Nobody", "a", "b"]},
        {"Ref": "AWS::Nobody"},
    ],
)
def test_references_to_nothing_and_wrong_shapes_are_refused(expression: Any) -> None:
    with pytest.raises(BadTemplate, match=r"^t: "):
        evaluated(expression)


def test_conditions_that_refer_to_themselves_are_refused() -> None:
    body = {"Conditions": {"A": {"Fn::Not": [{"Condition": "A"}]}}, "Resources": {"R": {"Type": "T", "Condition": "A"}}}
    with pytest.raises(BadTemplate, match="itself"):
        resolve(Template("t", body))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(plain.filter(lambda v: "Ref" not in str(v) and "Condition" not in str(v)))
def test_data_without_functions_comes_out_as_it_went_in(value: Any) -> None:
    found = evaluated(value)
    assert found == value
    assert is_known(found)
    assert not list(unknowns(found))


@given(plain)
def test_references_of_anything_can_be_listed(value: Any) -> None:
    assert all(isinstance(name, str) for name in references(value))

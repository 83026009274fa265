"""Changes foretold from two templates."""

from __future__ import annotations

from typing import Any

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, Resolved, resolve
from geos.wizard.deployment.compare import foretell


def resolved(resources: dict[str, Any], **parameters: str) -> Resolved:
    body = {"Parameters": {name: {"Type": "String"} for name in parameters}, "Resources": resources}
    return resolve(Template("t", body), parameters, Pseudo(region="us-east-1"))


GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "a", "RetentionInDays": 30}}


def told(before: Resolved | None, after: Resolved) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(c.logical_id, c.kind, c.properties) for c in foretell(before, after)]


def test_of_a_new_stack_everything_is_added() -> None:
    assert told(None, resolved({"A": GROUP})) == [("A", "added", ())]


def test_the_same_template_changes_nothing() -> None:
    assert told(resolved({"A": GROUP}), resolved({"A": GROUP})) == []


def test_a_property_is_changed_in_place_or_replaces() -> None:
    longer = {**GROUP, "Properties": {**GROUP["Properties"], "RetentionInDays": 90}}  # type: ignore[dict-item]
    renamed = {**GROUP, "Properties": {**GROUP["Properties"], "LogGroupName": "b"}}  # type: ignore[dict-item]
    assert told(resolved({"A": GROUP}), resolved({"A": longer})) == [("A", "changed", ("RetentionInDays",))]
    assert told(resolved({"A": GROUP}), resolved({"A": renamed})) == [("A", "replaced", ("LogGroupName",))]


def test_a_nested_create_only_property_replaces() -> None:
    def environment(role: str) -> Resolved:
        compute = {"Type": "SPOT", "SpotIamFleetRole": role}
        return resolved({"A": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"ComputeResources": compute}}})

    assert told(environment("x"), environment("y")) == [("A", "replaced", ("ComputeResources",))]


def test_what_refers_to_a_replaced_resource_changes_with_it() -> None:
    def both(name: str) -> Resolved:
        filter_ = {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {"LogGroupName": {"Ref": "A"}, "FilterPattern": "x"},
        }
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}
        return resolved({"F": filter_, "A": group})

    assert told(both("a"), both("b")) == [("F", "replaced", ("LogGroupName",)), ("A", "replaced", ("LogGroupName",))]


def test_removed_and_of_another_type() -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    assert told(resolved({"A": GROUP, "B": GROUP}), resolved({"A": topic})) == [
        ("A", "replaced", ("Type",)),
        ("B", "removed", ()),
    ]


def test_policies_count() -> None:
    kept = {**GROUP, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    assert told(resolved({"A": GROUP}), resolved({"A": kept})) == [
        ("A", "changed", ("UpdateReplacePolicy", "DeletionPolicy"))
    ]


def test_a_parameter_counts_by_its_value() -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}}
    assert told(resolved({"A": group}, Days="30"), resolved({"A": group}, Days="30")) == []
    assert told(resolved({"A": group}, Days="30"), resolved({"A": group}, Days="60")) == [
        ("A", "changed", ("RetentionInDays",))
    ]

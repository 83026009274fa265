"""Evaluate a template: parameters, conditions, intrinsic functions.

Before anything exists some values cannot be known (the ARN of a bucket to be made, a parameter without a
value). They become `Unknown`, which carries its reason and stays visible inside the properties: a check
that meets one must say "unknown because …" and never count it as zero.

The same evaluator serves a deployment engine: pass `lookup` to give real values for Ref and GetAtt.
Reference of the functions: CloudFormation user guide, "Intrinsic function reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.cfn.functions import FUNCTIONS
from geos.wizard.cfn.load import Template
from geos.wizard.cfn.values import (
    NO_VALUE,
    Lookup,
    Pseudo,
    Resolved,
    Resource,
    Unknown,
    Value,
    is_known,
    planned,
    references,
    unknowns,
)
from geos.wizard.errors import BadTemplate

__all__ = [
    "Evaluator",
    "Lookup",
    "Pseudo",
    "Resolved",
    "Resource",
    "Unknown",
    "Value",
    "is_known",
    "references",
    "resolve",
    "unknowns",
]


def resolve(
    template: Template,
    parameters: Mapping[str, Value] | None = None,
    pseudo: Pseudo | None = None,
    *,
    lookup: Lookup = planned,
    imports: Mapping[str, Value] | None = None,
) -> Resolved:
    """Put `parameters` into `template`. Parameters without value or default become Unknown.

    Raises BadTemplate for functions with the wrong shape and references to nothing.
    """
    ev = Evaluator(template, parameters or {}, pseudo or Pseudo(), lookup=lookup, imports=imports or {})
    resources, unused = {}, set()
    for logical_id, raw in template.section("Resources").items():
        verdict = ev.condition(raw["Condition"]) if "Condition" in raw else True
        if verdict is False:
            unused.add(logical_id)
            continue
        resources[logical_id] = ev.resource(logical_id, raw, verdict)
    outputs, exports = ev.outputs()
    return Resolved(template.name, resources, outputs, exports, dict(ev.parameters), frozenset(unused))


class Evaluator:
    """Holds one template's context while its expressions are worked out, on demand and once."""

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Value],
        pseudo: Pseudo,
        *,
        lookup: Lookup = planned,
        imports: Mapping[str, Value] | None = None,
    ) -> None:
        self.template = template
        self.pseudo = pseudo
        self.lookup = lookup
        self.imports = imports or {}
        self._conditions: dict[str, bool | Unknown | None] = {}
        self.parameters = {
            name: _parameter_value(name, spec, parameters) for name, spec in template.section("Parameters").items()
        }

    # --- whole resources and outputs ---------------------------------------------------------

    def resource(self, logical_id: str, raw: Mapping[str, Any], verdict: bool | Unknown = True) -> Resource:
        properties = self.value(raw.get("Properties", {}), f"{logical_id}.Properties")
        named = raw.get("DependsOn", [])
        explicit = {named} if isinstance(named, str) else set(named)
        known = self.template.section("Resources")
        missing = sorted(d for d in explicit if d not in known)
        if missing:
            raise BadTemplate(
                f"{self.template.name}: {logical_id} depends on {missing[0]}, which is not in the template."
            )
        return Resource(
            logical_id,
            raw["Type"],
            properties,
            frozenset(explicit | (set(references(raw.get("Properties", {}))) & known.keys())),
            str(raw.get("DeletionPolicy", "Delete")),
            verdict.why if isinstance(verdict, Unknown) else "",
            {
                key: self.value(raw[key], f"{logical_id}.{key}")
                for key in ("UpdatePolicy", "CreationPolicy", "UpdateReplacePolicy", "Metadata")
                if key in raw
            },
        )

    def outputs(self) -> tuple[dict[str, Value], dict[str, Value]]:
        values: dict[str, Value] = {}
        exported: dict[str, Value] = {}
        for name, raw in self.template.section("Outputs").items():
            if "Condition" in raw and self.condition(raw["Condition"]) is False:
                continue
            values[name] = self.value(raw.get("Value"), f"Outputs.{name}")
            export = self.value(raw.get("Export", {}).get("Name"), f"Outputs.{name}.Export")
            if isinstance(export, str):
                exported[export] = values[name]
        return values, exported

    # --- conditions --------------------------------------------------------------------------

    def condition(self, name: str) -> bool | Unknown:
        if name not in self.template.section("Conditions"):
            raise BadTemplate(f"{self.template.name}: condition {name} is not defined.")
        if name in self._conditions:
            found = self._conditions[name]
            if found is None:
                raise BadTemplate(f"{self.template.name}: condition {name} refers to itself.")
            return found
        self._conditions[name] = None
        verdict = self.truth(self.template.section("Conditions")[name], f"Conditions.{name}")
        self._conditions[name] = verdict
        return verdict

    def truth(self, expression: Any, place: str) -> bool | Unknown:
        value = self.value(expression, place)
        if isinstance(value, bool | Unknown):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        raise BadTemplate(f"{self.template.name}: {place} is not a condition.")

    # --- values ------------------------------------------------------------------------------

    def value(self, raw: Any, place: str) -> Value:
        """`raw` with every function worked out. `place` is for messages."""
        if isinstance(raw, dict):
            if len(raw) == 1:
                (key, argument), *_ = raw.items()
                if key == "Ref":
                    return self.ref(argument, place)
                if key == "Condition" and isinstance(argument, str) and place.startswith("Conditions."):
                    return self.condition(argument)
                if isinstance(key, str) and key.startswith("Fn::"):
                    return self._function(key, argument, place)
            found = ((k, self.value(v, f"{place}.{k}")) for k, v in raw.items())
            return {k: v for k, v in found if v is not NO_VALUE}
        if isinstance(raw, list):
            items = (self.value(v, f"{place}[{i}]") for i, v in enumerate(raw))
            return [v for v in items if v is not NO_VALUE]
        return raw

    def ref(self, name: Any, place: str) -> Value:
        if not isinstance(name, str):
            raise BadTemplate(f"{self.template.name}: {place}: Ref takes a name.")
        if name.startswith("AWS::"):
            return self._pseudo(name, place)
        if name in self.parameters:
            return self.parameters[name]
        if name in self.template.section("Resources"):
            return self.lookup(name, "")
        raise BadTemplate(
            f"{self.template.name}: {place} refers to {name}, which is neither a parameter nor a resource."
        )

    def _pseudo(self, name: str, place: str) -> Value:
        p = self.pseudo
        known: dict[str, Value] = {
            "AWS::AccountId": p.account_id,
            "AWS::Region": p.region,
            "AWS::Partition": p.partition,
            "AWS::URLSuffix": p.url_suffix,
            "AWS::StackName": p.stack_name,
            "AWS::StackId": p.stack_id,
            "AWS::NotificationARNs": [],
            "AWS::NoValue": NO_VALUE,
        }
        if name not in known:
            raise BadTemplate(f"{self.template.name}: {place} refers to {name}, which CloudFormation does not have.")
        found = known[name]
        return Unknown(f"{name} is not known yet") if found == "" else found

    def _function(self, name: str, argument: Any, place: str) -> Value:
        function = FUNCTIONS.get(name)
        if function is None:
            return Unknown(f"{name} is not evaluated by geos")
        try:
            return function(self, argument, f"{place}.{name}")
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as e:
            raise BadTemplate(f"{self.template.name}: {place}: {name} has the wrong shape.") from e

    def get_att(self, argument: Any, place: str) -> Value:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if logical_id not in self.template.section("Resources"):
            raise BadTemplate(f"{self.template.name}: {place} refers to {logical_id}, which is not a resource.")
        attribute = self.value(attribute, place)
        return attribute if isinstance(attribute, Unknown) else self.lookup(logical_id, str(attribute))


def _parameter_value(name: str, spec: Mapping[str, Any], given: Mapping[str, Value]) -> Value:
    if name in given:
        value = given[name]
    elif "Default" in spec:
        value = spec["Default"]
    else:
        return Unknown(f"parameter {name} has no value")
    kind = str(spec.get("Type", "String"))
    if kind.startswith("AWS::SSM::Parameter::Value"):
        return Unknown(f"parameter {name} is read from Parameter Store at deployment")
    if isinstance(value, Unknown):
        return value
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        if isinstance(value, list):
            return value
        return [part.strip() for part in str(value).split(",")] if str(value) else []
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

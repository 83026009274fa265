"""Evaluate a template: parameters, conditions, intrinsic functions.

Before anything exists some values cannot be known (the ARN of a bucket to be made, a parameter without a
value). They become `Unknown`, which carries its reason and stays visible inside the properties: a check
that meets one must say "unknown because …" and never count it as zero.

The same evaluator serves a deployment engine: pass `lookup` to give real values for Ref and GetAtt.
Reference of the functions: CloudFormation user guide, "Intrinsic function reference".
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.cfn.load import Template
from geos.wizard.errors import BadTemplate

Value = Any
"""JSON data in which any place may hold an Unknown."""


@dataclass(frozen=True)
class Unknown:
    """A value nobody can know yet. `logical_id` is set when it comes from a resource of the template."""

    why: str
    logical_id: str = ""
    attribute: str = ""

    def __str__(self) -> str:
        return f"<{self.why}>"


class _NoValue:
    """What AWS::NoValue stands for: the property is as if it were not written."""


NO_VALUE = _NoValue()


@dataclass(frozen=True)
class Pseudo:
    """The pseudo parameters. Empty means: not known yet."""

    account_id: str = ""
    region: str = ""
    partition: str = "aws"
    stack_name: str = ""
    stack_id: str = ""
    url_suffix: str = "amazonaws.com"
    availability_zones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """One resource that will exist (its condition holds or is not known)."""

    logical_id: str
    type: str
    properties: dict[str, Value] = field(repr=False)
    depends_on: frozenset[str] = frozenset()
    deletion_policy: str = "Delete"
    condition_unknown: str = ""
    """Why it is not known whether the resource will exist; empty when it will."""
    attributes: Mapping[str, Value] = field(default_factory=dict, repr=False)
    """UpdatePolicy, CreationPolicy, Metadata … as resolved."""


@dataclass(frozen=True)
class Resolved:
    """A template with its parameters put in."""

    name: str
    resources: dict[str, Resource]
    outputs: dict[str, Value]
    exports: dict[str, Value]
    parameters: dict[str, Value]
    unused_resources: frozenset[str] = frozenset()
    """Logical ids whose condition is false."""

    def of_type(self, type_name: str) -> Iterator[Resource]:
        return (r for r in self.resources.values() if r.type == type_name)

    def creation_order(self) -> list[str]:
        """Every resource after all that it refers to; ties in template order. Raises BadTemplate on a circle."""
        return _ordered(self.resources, self.name)


Lookup = Callable[[str, str], Value]
"""(logical id, attribute or "" for Ref) -> value, for resources of the template."""


def _planned(logical_id: str, attribute: str) -> Unknown:
    name = f"{logical_id}.{attribute}" if attribute else logical_id
    return Unknown(f"{name} exists only after deployment", logical_id, attribute)


def is_known(value: Value) -> bool:
    """Whether no part of `value` is Unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, dict):
        return all(is_known(v) for v in value.values())
    if isinstance(value, list):
        return all(is_known(v) for v in value)
    return True


def unknowns(value: Value) -> Iterator[Unknown]:
    """Every Unknown inside `value`."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from unknowns(v)
    elif isinstance(value, list):
        for v in value:
            yield from unknowns(v)


def resolve(
    template: Template,
    parameters: Mapping[str, Value] | None = None,
    pseudo: Pseudo | None = None,
    *,
    lookup: Lookup = _planned,
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
        lookup: Lookup = _planned,
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
        verdict = self._truth(self.template.section("Conditions")[name], f"Conditions.{name}")
        self._conditions[name] = verdict
        return verdict

    def _truth(self, expression: Any, place: str) -> bool | Unknown:
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
        function = _FUNCTIONS.get(name)
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


# --- the functions ---------------------------------------------------------------------------


def _fn_if(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    name, yes, no = argument
    verdict = ev.condition(name)
    if isinstance(verdict, Unknown):
        return Unknown(f"condition {name} is not known ({verdict.why})")
    return ev.value(yes if verdict else no, place)


def _fn_equals(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    left, right = (ev.value(a, place) for a in argument)
    for side in (left, right):
        for unknown in unknowns(side):
            return unknown
    return _as_text(left) == _as_text(right)


def _fn_and(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    verdicts = [ev._truth(a, f"Conditions.{place}") for a in argument]
    if any(v is False for v in verdicts):
        return False
    return next((v for v in verdicts if isinstance(v, Unknown)), True)


def _fn_or(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    verdicts = [ev._truth(a, f"Conditions.{place}") for a in argument]
    if any(v is True for v in verdicts):
        return True
    return next((v for v in verdicts if isinstance(v, Unknown)), False)


def _fn_not(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    (only,) = argument
    verdict = ev._truth(only, f"Conditions.{place}")
    return verdict if isinstance(verdict, Unknown) else not verdict


def _fn_join(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    separator, raw = argument
    parts = ev.value(raw, place)
    for unknown in unknowns(parts):
        return unknown
    return str(separator).join(_as_text(p) for p in parts)


def _fn_split(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    separator, raw = argument
    text = ev.value(raw, place)
    return text if isinstance(text, Unknown) else str(text).split(str(separator))


def _fn_select(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    index, items = (ev.value(a, place) for a in argument)
    for side in (index, items):
        if isinstance(side, Unknown):
            return side
    if not items and int(index) == 0:
        return ""  # templates ask in this way whether a list parameter is empty
    return items[int(index)]


_SUB = re.compile(r"\$\{([^!${}][^${}]*)\}")


def _fn_sub(ev: Evaluator, argument: Any, place: str) -> Value:
    text, extra = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
    missing: list[Unknown] = []

    def put(match: re.Match[str]) -> str:
        name = match.group(1).strip()
        if name in extra:
            found = ev.value(extra[name], place)
        elif "." in name and not name.startswith("AWS::"):
            found = ev.get_att(name, place)
        else:
            found = ev.ref(name, place)
        missing.extend(unknowns(found))
        return "" if isinstance(found, Unknown) else _as_text(found)

    done = _SUB.sub(put, str(text))
    return missing[0] if missing else done.replace("${!", "${")


def _fn_find_in_map(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    keys = [ev.value(a, place) for a in argument[:3]]
    for key in keys:
        if isinstance(key, Unknown):
            return key
    name, top, second = keys
    table = ev.template.section("Mappings").get(name)
    if table is None:
        raise BadTemplate(f"{ev.template.name}: {place}: mapping {name} is not defined.")
    if top in table and second in table[top]:
        return table[top][second]
    if len(argument) == 4 and "DefaultValue" in argument[3]:
        return ev.value(argument[3]["DefaultValue"], place)
    raise BadTemplate(f"{ev.template.name}: {place}: mapping {name} has no entry {top}.{second}.")


def _fn_get_azs(ev: Evaluator, argument: Any, place: str) -> Value:
    region = ev.value(argument, place) if argument else ev.pseudo.region
    if isinstance(region, Unknown):
        return region
    if region in ("", ev.pseudo.region) and ev.pseudo.availability_zones:
        return list(ev.pseudo.availability_zones)
    return Unknown(f"the availability zones of {region or 'the region'} are not known yet")


def _fn_cidr(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    block, count, *rest = (ev.value(a, place) for a in argument)
    bits = rest[0] if rest else 8
    for side in (block, count, bits):
        if isinstance(side, Unknown):
            return side
    network = ipaddress.ip_network(str(block))
    subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
    return [str(next(subnets)) for _ in range(int(count))]


def _fn_base64(ev: Evaluator, argument: Any, place: str) -> Value:
    text = ev.value(argument, place)
    return text if isinstance(text, Unknown) else base64.b64encode(_as_text(text).encode()).decode()


def _fn_import_value(ev: Evaluator, argument: Any, place: str) -> Value:
    name = ev.value(argument, place)
    if isinstance(name, Unknown):
        return name
    return ev.imports.get(name, Unknown(f"the export {name} belongs to another stack"))


def _fn_length(ev: Evaluator, argument: Any, place: str) -> Value:
    items = ev.value(argument, place)
    return items if isinstance(items, Unknown) else len(items)


def _fn_to_json(ev: Evaluator, argument: Any, place: str) -> Value:
    data = ev.value(argument, place)
    for unknown in unknowns(data):
        return unknown
    return json.dumps(data)


_FUNCTIONS: dict[str, Callable[[Evaluator, Any, str], Value]] = {
    "Fn::If": _fn_if,
    "Fn::Equals": _fn_equals,
    "Fn::And": _fn_and,
    "Fn::Or": _fn_or,
    "Fn::Not": _fn_not,
    "Fn::Join": _fn_join,
    "Fn::Split": _fn_split,
    "Fn::Select": _fn_select,
    "Fn::Sub": _fn_sub,
    "Fn::FindInMap": _fn_find_in_map,
    "Fn::GetAtt": Evaluator.get_att,
    "Fn::GetAZs": _fn_get_azs,
    "Fn::Cidr": _fn_cidr,
    "Fn::Base64": _fn_base64,
    "Fn::ImportValue": _fn_import_value,
    "Fn::Length": _fn_length,
    "Fn::ToJsonString": _fn_to_json,
}


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


# --- references and order --------------------------------------------------------------------


def references(raw: Any) -> Iterator[str]:
    """Names that `raw` refers to: resources, parameters and pseudo parameters alike."""
    if isinstance(raw, list):
        for item in raw:
            yield from references(item)
    if not isinstance(raw, dict):
        return
    for key, argument in raw.items():
        if key == "Ref" and isinstance(argument, str):
            yield argument
        elif key == "Fn::GetAtt":
            yield argument.split(".", 1)[0] if isinstance(argument, str) else str(argument[0])
        elif key == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            yield from (m.group(1).strip().split(".", 1)[0] for m in _SUB.finditer(str(text)))
            if not isinstance(argument, str):
                yield from references(argument[1])
        else:
            yield from references(argument)


def _ordered(resources: Mapping[str, Resource], name: str) -> list[str]:
    done: dict[str, None] = {}
    waiting = {r.logical_id: {d for d in r.depends_on if d in resources} for r in resources.values()}
    while waiting:
        ready = [logical_id for logical_id, needs in waiting.items() if needs <= done.keys()]
        if not ready:
            raise BadTemplate(f"{name}: {', '.join(sorted(waiting)[:4])} depend on each other in a circle.")
        for logical_id in ready:
            done[logical_id] = None
            del waiting[logical_id]
    return list(done)

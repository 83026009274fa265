"""CloudFormation's intrinsic functions, one small function each."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from geos.wizard.cfn.values import SUBSTITUTION, Unknown, Value, unknowns
from geos.wizard.errors import BadTemplate

if TYPE_CHECKING:
    from geos.wizard.cfn.resolve import Evaluator


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
    verdicts = [ev.truth(a, f"Conditions.{place}") for a in argument]
    if any(v is False for v in verdicts):
        return False
    return next((v for v in verdicts if isinstance(v, Unknown)), True)


def _fn_or(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    verdicts = [ev.truth(a, f"Conditions.{place}") for a in argument]
    if any(v is True for v in verdicts):
        return True
    return next((v for v in verdicts if isinstance(v, Unknown)), False)


def _fn_not(ev: Evaluator, argument: Sequence[Any], place: str) -> Value:
    (only,) = argument
    verdict = ev.truth(only, f"Conditions.{place}")
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

    done = SUBSTITUTION.sub(put, str(text))
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


FUNCTIONS: dict[str, Callable[[Evaluator, Any, str], Value]] = {
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
    "Fn::GetAtt": lambda ev, argument, place: ev.get_att(argument, place),
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

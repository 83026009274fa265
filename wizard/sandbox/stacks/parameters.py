"""Template parameters as CloudFormation takes them: required, known, and within their constraints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from geos.wizard.cfn.load import Template
from geos.wizard.sandbox.wire import ApiError


def refused(message: str) -> ApiError:
    return ApiError("ValidationError", message)


def settle(
    template: Template, given: Sequence[Mapping[str, Any]], previous: Mapping[str, str] | None
) -> dict[str, str]:
    """The value of every parameter. `previous`: the stack's, for UsePreviousValue."""
    declared = template.section("Parameters")
    strange = [str(g["ParameterKey"]) for g in given if g["ParameterKey"] not in declared]
    if strange:
        raise refused(f"Parameters: [{', '.join(strange)}] do not exist in the template")
    values = {k: v for item in given for k, v in [_given(item, previous or {})] if v is not None}
    for name, spec in declared.items():
        if name not in values and "Default" in spec:
            values[name] = _text(spec["Default"])
    missing = [name for name in declared if name not in values]
    if missing:
        raise refused(f"Parameters: [{', '.join(missing)}] must have values")
    for name, spec in declared.items():
        _check(name, spec, values[name])
    return values


def _given(item: Mapping[str, Any], previous: Mapping[str, str]) -> tuple[str, str | None]:
    name, value = str(item["ParameterKey"]), item.get("ParameterValue")
    if not item.get("UsePreviousValue"):
        return name, None if value is None else str(value)
    if value is not None:
        raise refused(
            f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and non empty "
            "value for a parameter"
        )
    return name, previous.get(name)


def _text(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)


def _check(name: str, spec: Mapping[str, Any], value: str) -> None:
    kind = str(spec.get("Type", "String"))
    parts = [p.strip() for p in value.split(",")] if kind == "CommaDelimitedList" else [value]
    if "AllowedValues" in spec:
        allowed = [_text(a) for a in spec["AllowedValues"]]
        if any(part not in allowed for part in parts):
            raise refused(f"Parameter '{name}' must be one of AllowedValues")
    if kind == "Number":
        _check_number(name, spec, value)
    _check_text(name, spec, parts)


def _check_number(name: str, spec: Mapping[str, Any], value: str) -> None:
    try:
        number = float(value)
    except ValueError as e:
        raise refused(f"Parameter '{name}' must be a number.") from e
    if "MinValue" in spec and number < float(spec["MinValue"]):
        raise refused(f"Parameter '{name}' must be a number not less than {spec['MinValue']}")
    if "MaxValue" in spec and number > float(spec["MaxValue"]):
        raise refused(f"Parameter '{name}' must be a number not greater than {spec['MaxValue']}")


def _check_text(name: str, spec: Mapping[str, Any], parts: Sequence[str]) -> None:
    explained = spec.get("ConstraintDescription")
    for part in parts:
        if "AllowedPattern" in spec and not re.fullmatch(str(spec["AllowedPattern"]), part):
            why = explained or f"must match pattern {spec['AllowedPattern']}"
            raise refused(f"Parameter {name} failed to satisfy constraint: {why}")
        if "MinLength" in spec and len(part) < int(spec["MinLength"]):
            raise refused(f"Parameter '{name}' must contain at least {spec['MinLength']} characters")
        if "MaxLength" in spec and len(part) > int(spec["MaxLength"]):
            raise refused(f"Parameter '{name}' must contain at most {spec['MaxLength']} characters")

"""Evaluation of IAM policies, after the IAM user guide's "Policy evaluation logic": an explicit deny wins,
then an allow, then nothing. Of conditions, the operators are known that policies of deployments use; one that
is not known makes its statement not match.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One action on one resource. Context keys are compared without case."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """`decision` in IAM's words: allowed, explicitDeny, implicitDeny."""

    decision: str
    matched: tuple[str, ...] = ()
    missing_context: tuple[str, ...] = ()


def documents(sources: Iterable[Any]) -> list[tuple[str, Statement]]:
    """The statements of policy documents given as text or data, each with where it came from."""
    found = []
    for i, source in enumerate(sources):
        name, raw = source if isinstance(source, tuple) else (f"PolicyInputList.{i + 1}", source)
        data = raw
        if isinstance(raw, str):
            data = json.loads(raw if raw.lstrip().startswith("{") else unquote(raw))
        statements = data.get("Statement", [])
        found += [(name, s) for s in ([statements] if isinstance(statements, dict) else statements)]
    return found


def decide(request: Request, statements: Sequence[tuple[str, Statement]], *, any_resource: bool = False) -> Decision:
    """`any_resource`: an allow on some resource is enough, as for a request whose resource is not known."""
    allowed: list[str] = []
    missing: set[str] = set()
    for name, statement in statements:
        if not _action_matches(statement, request.action):
            continue
        deny = statement.get("Effect") == "Deny"
        if not (any_resource and not deny) and not _resource_matches(statement, request.resource):
            continue
        verdict, lacks = _conditions_hold(statement.get("Condition") or {}, request.context)
        missing |= lacks
        if not verdict:
            continue
        if deny:
            return Decision("explicitDeny", (name,), tuple(sorted(missing)))
        allowed.append(name)
    if allowed:
        return Decision("allowed", tuple(dict.fromkeys(allowed)), tuple(sorted(missing)))
    return Decision("implicitDeny", (), tuple(sorted(missing)))


def _listed(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _action_matches(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not any(_like(p.lower(), action.lower()) for p in _listed(statement["NotAction"]))
    return any(_like(p.lower(), action.lower()) for p in _listed(statement.get("Action", [])))


def _resource_matches(statement: Statement, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(_like(p, resource) for p in _listed(statement["NotResource"]))
    patterns = _listed(statement.get("Resource", []))
    # A simulation for "*" asks about all resources: only a statement for all of them answers it.
    return any(_like(p, resource) for p in patterns)


@functools.lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    """IAM's wildcards: * and ?, nothing else."""
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


# --- conditions ------------------------------------------------------------------------------

Test = Callable[[str, str], bool]


def _number(test: Callable[[float, float], bool]) -> Test:
    def check(value: str, wanted: str) -> bool:
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return check


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


_TESTS: dict[str, Test] = {
    "StringEquals": lambda v, w: v == w,
    "StringEqualsIgnoreCase": lambda v, w: v.lower() == w.lower(),
    "StringLike": lambda v, w: _like(w, v),
    "ArnEquals": lambda v, w: _like(w, v),
    "ArnLike": lambda v, w: _like(w, v),
    "Bool": lambda v, w: v.lower() == w.lower(),
    "NumericEquals": _number(lambda v, w: v == w),
    "NumericLessThan": _number(lambda v, w: v < w),
    "NumericLessThanEquals": _number(lambda v, w: v <= w),
    "NumericGreaterThan": _number(lambda v, w: v > w),
    "NumericGreaterThanEquals": _number(lambda v, w: v >= w),
    "IpAddress": _in_network,
}
_OPPOSITES = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "NotIpAddress": "IpAddress",
}


def _conditions_hold(
    conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, Sequence[str]]
) -> tuple[bool, set[str]]:
    """Whether all hold, and which context keys were asked for and not given."""
    known = {k.lower(): [str(v) for v in values] for k, values in context.items()}
    missing: set[str] = set()
    holds = True
    for operator, asked in conditions.items():
        for key, wanted in asked.items():
            values = known.get(key.lower())
            if values is None:
                missing.add(key)
            holds = holds and _one_holds(operator, values, _listed(wanted))
    return holds, missing


def _one_holds(operator: str, values: list[str] | None, wanted: list[str]) -> bool:
    quantifier, _, name = operator.rpartition(":")
    lenient = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return (values is None) == (wanted[0].lower() == "true")
    negative = name in _OPPOSITES
    test = _TESTS.get(_OPPOSITES.get(name, name))
    if test is None:
        return False
    if values is None:
        return lenient or negative or quantifier == "ForAllValues"

    def matches(value: str) -> bool:
        return any(test(value, w) for w in wanted) != negative

    if quantifier == "ForAllValues":
        return all(matches(v) for v in values)
    return any(matches(v) for v in values)


__all__ = ["Decision", "Request", "decide", "documents"]

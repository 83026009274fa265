"""What a template is made of once it is evaluated: values, some of them unknown; resources, and their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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


def planned(logical_id: str, attribute: str) -> Unknown:
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


SUBSTITUTION = re.compile(r"\$\{([^!${}][^${}]*)\}")
"""${Name} in Fn::Sub; ${!Name} is text."""


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
            yield from (m.group(1).strip().split(".", 1)[0] for m in SUBSTITUTION.finditer(str(text)))
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

"""What can be read off resolved templates, geos's own or anybody's: quota needs, permissions, region fit.

Pure. Nothing here is declared a second time by a system: the templates are the only source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from geos.wizard.cfn.resolve import Resolved, Resource, Unknown, Value
from geos.wizard.facts import InstanceType
from geos.wizard.tables.instances import any_instance


@dataclass(frozen=True)
class StackInRegion:
    """A resolved template and where it will be deployed."""

    resolved: Resolved
    region: str
    partition: str = "aws"


@dataclass(frozen=True)
class Scope:
    """One stack, and the others deployed with it."""

    stack: StackInRegion
    others: tuple[StackInRegion, ...] = ()
    machines: Mapping[str, InstanceType] = field(default_factory=dict, repr=False)
    """Instance types read live, for those the shipped table does not hold."""

    @property
    def region(self) -> str:
        return self.stack.region

    def resources(self, *types: str) -> Iterator[Resource]:
        """Those of the given types in this stack, then in the others of the same region."""
        for stack in (self.stack, *self.others):
            if stack.region == self.region:
                yield from (visible(r) for r in stack.resolved.resources.values() if r.type in types)

    def find(self, reference: Value, *types: str, name_property: str = "") -> Resource | None:
        """The resource that a Ref, a GetAtt or a physical name stands for."""
        for resource in self.resources(*types):
            if isinstance(reference, Unknown):
                if reference.logical_id == resource.logical_id:
                    return resource
            elif name_property and reference and resource.properties.get(name_property) == reference:
                return resource
        return None

    def machine(self, name: str) -> InstanceType | None:
        return self.machines.get(name) or any_instance(name)


def scopes(stacks: Sequence[StackInRegion], machines: Mapping[str, InstanceType] | None = None) -> Iterator[Scope]:
    for stack in stacks:
        yield Scope(stack, tuple(s for s in stacks if s is not stack), machines or {})


# --- reading values --------------------------------------------------------------------------


def number(value: Value, default: float | None = None) -> float | Unknown:
    """`value` as a number; Unknown when it is one, or is none."""
    if value is None and default is not None:
        return default
    if isinstance(value, Unknown):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Unknown("an amount is missing" if value is None else f"{value!r} is not a number")
    try:
        found = float(value)
    except ValueError:
        return Unknown(f'"{value}" is not a number')
    return found if 0 <= found < float("inf") else Unknown(f"{value} is not an amount")


def items(value: Value) -> list[Value]:
    """A list property; one value stands for a list of one, as CloudFormation has it."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


class Opaque(Mapping[str, Value]):
    """A mapping nobody has seen: every key is there and is Unknown, so that no rule takes it for empty."""

    def __init__(self, unknown: Unknown) -> None:
        self.unknown = unknown

    def __getitem__(self, key: str) -> Value:
        return self.unknown

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


def mapping(value: Value) -> Mapping[str, Value]:
    if isinstance(value, Unknown):
        return Opaque(value)
    return value if isinstance(value, dict | Opaque) else {}


def visible(resource: Resource) -> Resource:
    """The resource, its properties certain to be a mapping (a macro may stand for all of them)."""
    return (
        resource
        if isinstance(resource.properties, dict)
        else replace(resource, properties=mapping(resource.properties))
    )


def count(value: Value) -> float | Unknown:
    """How many items a list property has; a reference to one resource is a list of one."""
    if isinstance(value, Unknown) and (not value.logical_id or value.attribute.startswith("Outputs.")):
        return value
    return float(len(items(value)))

"""The questions of a system as values: groups, parameters, rules between answers, and their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.errors import BadManifest
from geos.wizard.systems.answers_types import Parameter
from geos.wizard.systems.expressions import Value, is_expression, names_in


@dataclass(frozen=True)
class Group:
    """Questions asked together; groups come in the order of the file."""

    name: str
    title: str
    help: str = ""


@dataclass(frozen=True)
class Rule:
    """Something that several answers must fulfil together."""

    that: str
    about: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Schema:
    """All questions of a system, those that every system shares included."""

    system: str
    parameters: Mapping[str, Parameter] = field(repr=False)
    groups: tuple[Group, ...] = ()
    rules: tuple[Rule, ...] = ()
    jobs: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def in_order(self) -> tuple[Parameter, ...]:
        """Parameters as they are asked: by group, then by their own order, then as written."""
        place = {group.name: i for i, group in enumerate(self.groups)}
        return tuple(sorted(self.parameters.values(), key=lambda p: (place.get(p.group, len(place)), p.order)))

    def in_dependency_order(self) -> tuple[Parameter, ...]:
        """Each parameter after all that its default, `when` and `required` refer to. Raises BadManifest on a circle."""
        waiting = {name: self._needs(parameter) for name, parameter in self.parameters.items()}
        done: dict[str, Parameter] = {}
        while waiting:
            ready = [name for name, needs in waiting.items() if needs <= done.keys()]
            if not ready:
                circle = ", ".join(sorted(waiting)[:4])
                raise BadManifest(f"{self.system}: the defaults of {circle} depend on each other in a circle.")
            for name in ready:
                done[name] = self.parameters[name]
                del waiting[name]
        return tuple(done.values())

    def _needs(self, parameter: Parameter) -> set[str]:
        return {n for n in dependencies(parameter) if n in self.parameters and n != parameter.name}


def dependencies(parameter: Parameter) -> frozenset[str]:
    """Names that the parameter's expressions refer to, `facts` and the like included."""
    found: set[str] = set()
    for text in (parameter.when, parameter.required, *expressions_in(parameter.default)):
        found |= names_in(text) if text else frozenset()
    return frozenset(found)


def expressions_in(raw: Value) -> Iterable[str]:
    """Every expression inside a default."""
    if is_expression(raw):
        yield raw
    elif isinstance(raw, list):
        for item in raw:
            yield from expressions_in(item)

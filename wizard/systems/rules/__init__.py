"""Faults of a rendered template that cfn-lint lets through and that AWS tells late or never.

    broken_rules(stacks, answers, account_id=…) -> tuple of Fault, empty when all is well

Each rule is one small pure function over one evaluated stack. What is not known before deployment never breaks
a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.cfn.resolve import Pseudo, Resolved, Resource
from geos.wizard.facts import InstanceType

if TYPE_CHECKING:
    from geos.wizard.systems.render import RenderedStack


@dataclass(frozen=True)
class Fault:
    """One place that breaks a rule."""

    rule: str
    stack: str
    logical_id: str
    message: str
    """What is wrong and what to do instead, as a sentence."""

    def __str__(self) -> str:
        return f"{self.rule}  {self.stack}: {self.logical_id}: {self.message}"


@dataclass(frozen=True)
class Subject:
    """What a rule may look at."""

    resolved: Resolved
    body: Mapping[str, Any] = field(repr=False)
    """The template as written, before anything is put in."""
    region: str
    instances: Mapping[str, InstanceType] = field(repr=False)
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)


Finding = tuple[str, str]
"""Logical id, message."""

Rule = Callable[[Subject], Iterator[Finding]]


def rules() -> Mapping[str, Rule]:
    """Every rule by its id."""
    from geos.wizard.systems.rules import batch, iam, literals, observability, services, storage

    return {**batch.RULES, **iam.RULES, **literals.RULES, **observability.RULES, **services.RULES, **storage.RULES}


def faults_of(subject: Subject) -> Iterator[Fault]:
    """All faults of one stack."""
    for name, rule in rules().items():
        for logical_id, message in rule(subject):
            yield Fault(name, subject.resolved.name, logical_id, message)


def broken_rules(
    stacks: Sequence[RenderedStack], answers: Mapping[str, Any], *, pseudo: Pseudo | None = None
) -> tuple[Fault, ...]:
    """All faults of a deployment's stacks. `answers` are the settled values: what they say literally is no fault."""
    from geos.wizard.systems.render import resolve_stacks
    from geos.wizard.tables.instances import instances

    pairs = zip(stacks, resolve_stacks(stacks, pseudo), strict=True)
    subjects = (Subject(resolved, stack.body, stack.region, instances(), answers) for stack, resolved in pairs)
    return tuple(fault for subject in subjects for fault in faults_of(subject))


# --- shared by the rules ---------------------------------------------------------------------


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, text) of every text in a value, keys left out."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from texts(item, f"{place}[{i}]")


def as_list(value: Any) -> list[Any]:
    """A list as it is; nothing as an empty one; anything else as the only item."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def mapping(value: Any) -> dict[str, Any]:
    """A mapping as it is; anything else, Unknown included, as an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """A number, also one written as text; None when it is not known."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def of_types(subject: Subject, *types: str) -> Iterator[Resource]:
    return (r for r in subject.resolved.resources.values() if r.type in types)

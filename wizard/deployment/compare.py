"""What an update would change, foretold from two templates, for plans that may not create a change set. Pure.

CloudFormation's change set has the last word at deployment; this is the same question answered from the
template that is deployed, the one that would be, and the properties whose change replaces a resource
(cfn_types.csv).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geos.wizard.aws.stack_facts import ADDED, CHANGED, REMOVED, REPLACED, ResourceChange
from geos.wizard.cfn.resolve import Resolved, Resource, Unknown
from geos.wizard.tables.types import resource_type

_ABSENT = object()


def foretell(before: Resolved | None, after: Resolved) -> tuple[ResourceChange, ...]:
    """Changes from `before` (None: no stack yet) to `after`; unchanged resources are not listed."""
    old = before.resources if before else {}
    return tuple(_changes(old, after.resources))


def _changes(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[ResourceChange]:
    replaced: set[str] = set()
    for name in sorted(old.keys() & new.keys()):
        change = _change(old[name], new[name])
        if change is not None and change.kind == REPLACED:
            replaced.add(name)
    for name, resource in new.items():
        if name not in old:
            yield ResourceChange(name, resource.type, ADDED)
            continue
        change = _change(old[name], resource) or _by_reference(old[name], resource, replaced)
        if change is not None:
            yield change
    for name, resource in old.items():
        if name not in new:
            yield ResourceChange(name, resource.type, REMOVED)


def _change(old: Resource, new: Resource) -> ResourceChange | None:
    if old.type != new.type:
        return ResourceChange(new.logical_id, new.type, REPLACED, properties=("Type",))
    changed = [p for p in sorted({*old.properties, *new.properties}) if _differs(old.properties, new.properties, p)]
    changed += [a for a in sorted({*old.attributes, *new.attributes}) if old.attributes.get(a) != new.attributes.get(a)]
    if old.deletion_policy != new.deletion_policy:
        changed.append("DeletionPolicy")
    if not changed:
        return None
    kind = REPLACED if _replaces(old, new) else CHANGED
    return ResourceChange(new.logical_id, new.type, kind, properties=tuple(changed))


def _by_reference(old: Resource, new: Resource, replaced: set[str]) -> ResourceChange | None:
    """A resource that names a replaced one gets its new id."""
    touched = [p for p, value in new.properties.items() if _refers(value, replaced)]
    if not touched:
        return None
    facts = resource_type(new.type)
    fixed = set(facts.create_only) if facts else set()
    kind = REPLACED if fixed & set(touched) else CHANGED
    return ResourceChange(new.logical_id, new.type, kind, properties=tuple(touched))


def _refers(value: Any, names: set[str]) -> bool:
    if isinstance(value, Unknown):
        return value.logical_id in names
    if isinstance(value, dict):
        return any(_refers(v, names) for v in value.values())
    return isinstance(value, list) and any(_refers(v, names) for v in value)


def _replaces(old: Resource, new: Resource) -> bool:
    facts = resource_type(new.type)
    return facts is not None and any(_differs(old.properties, new.properties, path) for path in facts.create_only)


def _differs(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> bool:
    return bool(_at(old, path) != _at(new, path))


def _at(properties: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(properties, Mapping) or part not in properties:
            return _ABSENT
        properties = properties[part]
    return properties

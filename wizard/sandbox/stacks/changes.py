"""What a change set would do, read off the old resources, the new template and the published create-only lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geos.wizard.cfn.resolve import Resource, Unknown, is_known, references
from geos.wizard.sandbox.handlers.registry import handler_for
from geos.wizard.sandbox.stacks.evaluation import Scope
from geos.wizard.sandbox.stacks.store import Stack, StackResource

NAME_PROPERTIES = {"AWS::EC2::SecurityGroup": "GroupName", "AWS::Events::Rule": "Name", "AWS::SSM::Parameter": "Name"}


@dataclass(frozen=True)
class Difference:
    """One property that is no longer the same."""

    name: str
    path: str
    before: Any
    after: Any
    recreation: str
    """Never, Conditionally or Always."""
    dynamic: bool
    """Whether the new value is known only when the change is carried out."""


def differences(type_name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Property by property, with what AWS publishes about replacement."""
    found = []
    for path, before, after in _walk("", old, new):
        dynamic = not is_known(after)
        recreation = _recreation(type_name, path, old, new)
        if recreation == "Always" and dynamic:
            recreation = "Conditionally"
        name = path.split(".", 1)[0]
        found.append(Difference(name, "/Properties/" + path.replace(".", "/"), before, after, recreation, dynamic))
    return found


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(k for k in new if k not in old)]:
            below = f"{path}.{key}" if path else str(key)
            yield from _walk(below, old.get(key), new.get(key))
    elif not same(old, new):
        yield path, old, new


def same(old: Any, new: Any) -> bool:
    """Whether CloudFormation takes two values for the same: 5 and "5" are, true and "true" too."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[k], new[k]) for k in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same(a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        return False
    if isinstance(old, str | int | float) and isinstance(new, str | int | float):
        return _plain(old) == _plain(new)
    return bool(old == new)


def _plain(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _recreation(type_name: str, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    from geos.wizard.tables.types import resource_type

    known = resource_type(type_name)
    create_only = known.create_only if known else ()
    if any(path == p or path.startswith(p + ".") for p in create_only):
        return "Always"
    if path in handler_for(type_name).replaced_by(old, new):
        return "Always"
    # Below a list the published paths go through its items; which item changed does not matter.
    parents = [p for p in create_only if p.startswith(path + ".")]
    return "Conditionally" if parents else "Never"


def needs_replacement(type_name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """For values that are all known."""
    return any(d.recreation == "Always" for d in differences(type_name, old, new))


def custom_name(type_name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The name the template gives a resource, when it gives the same one again."""
    kind = type_name.rsplit("::", 1)[-1]
    prop = NAME_PROPERTIES.get(type_name, f"{kind}Name")
    name = new.get(prop)
    return str(name) if name is not None and old.get(prop) == name else ""


class Comparison:
    """An existing stack beside a template that is to replace its own."""

    def __init__(self, stack: Stack, scope: Scope, tags: Mapping[str, str], *, values: bool) -> None:
        self.stack = stack
        self.scope = scope
        self.tags_changed = dict(tags) != stack.tags and bool(stack.resources)
        self.values = values
        self.replaced: set[str] = set()
        self.raw_old = stack.template.section("Resources") if stack.template and stack.resources else {}

    def changes(self) -> list[dict[str, Any]]:
        """In the shape of DescribeChangeSet's Changes."""
        from geos.wizard.cfn.resolve import Resolved

        evaluator = self.scope.evaluator(self._lookup)
        planned = self.scope.resources(evaluator)
        order = Resolved("template", planned, {}, {}, {}).creation_order()
        found: dict[str, dict[str, Any]] = {}
        for logical_id in order:
            # Evaluated again, in order: what came before may have turned out to be replaced.
            raw = self.scope.template.section("Resources")[logical_id]
            resource = evaluator.resource(logical_id, raw)
            change = self._one(resource, raw)
            if change is not None:
                found[logical_id] = change
        in_template_order = [found[i] for i in planned if i in found]
        removed = [self._removed(r) for i, r in self.stack.resources.items() if i not in planned]
        return [{"Type": "Resource", "ResourceChange": c} for c in (*in_template_order, *removed)]

    def _lookup(self, logical_id: str, attribute: str) -> Any:
        there = self.stack.resources.get(logical_id)
        name = f"{logical_id}.{attribute}" if attribute else logical_id
        if there is None or not there.physical_id or logical_id in self.replaced:
            return Unknown(f"{name} exists only after deployment", logical_id, attribute)
        if not attribute:
            return there.physical_id
        return there.attributes.get(attribute, Unknown(f"{name} is read at deployment", logical_id, attribute))

    def _one(self, new: Resource, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        old = self.stack.resources.get(new.logical_id)
        if old is None:
            return self._row("Add", new.logical_id, new.type, after=new.properties)
        if old.type != new.type:
            self.replaced.add(new.logical_id)
            return self._row("Modify", new.logical_id, new.type, old=old, replacement="True", scope=["Properties"])
        found = [d for d in differences(new.type, old.properties, new.properties) if self._really(d, old, raw)]
        details = [self._detail(d, old, raw) for d in found]
        if self.tags_changed and _taggable(new.type):
            details.append(_tag_detail())
        # Metadata counts (cfn-hup lives by that); a deletion policy alone does not, as in AWS.
        extras, before = new.attributes, old.extras
        names = sorted({*extras, *before})
        details += [_attribute_detail(k) for k in names if not same(before.get(k), extras.get(k))]
        if not details:
            return None
        replacement = _replacement(found)
        if replacement != "False":
            self.replaced.add(new.logical_id)
        scope = sorted({d["Target"]["Attribute"] for d in details})
        row = self._row("Modify", new.logical_id, new.type, old=old, replacement=replacement, scope=scope)
        row["Details"] = details
        if replacement == "True":
            row["PolicyAction"] = "ReplaceAndRetain" if old.replace_policy == "Retain" else "ReplaceAndDelete"
        if self.values:
            row["AfterContext"] = _context(new.properties)
        return row

    def _really(self, difference: Difference, old: StackResource, raw: Mapping[str, Any]) -> bool:
        """A value read back only at deployment counts as changed only if something it hangs on changes."""
        if not difference.dynamic or not isinstance(difference.after, Unknown):
            return True
        if difference.after.logical_id in self.replaced or difference.after.logical_id not in self.stack.resources:
            return True
        before = self.raw_old.get(old.logical_id, {}).get("Properties", {})
        return bool(before.get(difference.name) != raw.get("Properties", {}).get(difference.name))

    def _removed(self, old: StackResource) -> dict[str, Any]:
        row = self._row("Remove", old.logical_id, old.type, old=old)
        row["PolicyAction"] = "Retain" if old.deletion_policy == "Retain" else "Delete"
        return row

    def _row(
        self,
        action: str,
        logical_id: str,
        type_name: str,
        *,
        old: StackResource | None = None,
        replacement: str = "",
        scope: list[str] | None = None,
        after: Any = None,
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "Action": action,
            "LogicalResourceId": logical_id,
            "ResourceType": type_name,
            "Scope": scope or [],
            "Details": [],
        }
        if old is not None:
            row["PhysicalResourceId"] = old.physical_id
        if replacement:
            row["Replacement"] = replacement
        if self.values and old is not None:
            row["BeforeContext"] = _context(old.properties)
        if self.values and after is not None:
            row["AfterContext"] = _context(after)
        return row

    def _detail(self, d: Difference, old: StackResource, raw: Mapping[str, Any]) -> dict[str, Any]:
        target: dict[str, Any] = {
            "Attribute": "Properties",
            "Name": d.name,
            "Path": d.path,
            "RequiresRecreation": d.recreation,
            "AttributeChangeType": "Add" if d.before is None else "Remove" if d.after is None else "Modify",
        }
        if d.name == "Tags":
            target = {"Attribute": "Tags", "RequiresRecreation": d.recreation}
        elif self.values:
            target |= {
                k: _context_value(v) for k, v in (("BeforeValue", d.before), ("AfterValue", d.after)) if v is not None
            }
        return {"Target": target, "Evaluation": "Dynamic" if d.dynamic else "Static", **self._cause(d, old, raw)}

    def _cause(self, d: Difference, old: StackResource, raw: Mapping[str, Any]) -> dict[str, str]:
        now_raw = raw.get("Properties", {}).get(d.name)
        if self.raw_old.get(old.logical_id, {}).get("Properties", {}).get(d.name) != now_raw:
            return {"ChangeSource": "DirectModification"}
        if isinstance(d.after, Unknown) and d.after.logical_id:
            source = "ResourceAttribute" if d.after.attribute else "ResourceReference"
            entity = f"{d.after.logical_id}.{d.after.attribute}" if d.after.attribute else d.after.logical_id
            return {"ChangeSource": source, "CausingEntity": entity}
        declared = self.scope.template.section("Parameters")
        for name in references(now_raw):
            if name in declared and self.scope.parameters.get(name) != self.stack.parameters.get(name):
                return {"ChangeSource": "ParameterReference", "CausingEntity": name}
        return {"ChangeSource": "DirectModification"}


def _replacement(found: list[Difference]) -> str:
    if any(d.recreation == "Always" for d in found):
        return "True"
    return "Conditional" if any(d.recreation == "Conditionally" for d in found) else "False"


def _taggable(type_name: str) -> bool:
    from geos.wizard.tables.types import resource_type

    known = resource_type(type_name)
    return bool(known and known.tagging and "Tags" not in known.create_only)


def _tag_detail() -> dict[str, Any]:
    target = {"Attribute": "Tags", "RequiresRecreation": "Never"}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _attribute_detail(name: str) -> dict[str, Any]:
    target = {"Attribute": name, "RequiresRecreation": "Never"}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _context(properties: Any) -> str:
    return json.dumps({"Properties": _known_text(properties)}, default=str)


def _context_value(value: Any) -> str:
    value = _known_text(value)
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _known_text(value: Any) -> Any:
    """AWS's marker in place of what is not known yet."""
    if isinstance(value, Unknown):
        return "{{changeSet:KNOWN_AFTER_APPLY}}"
    if isinstance(value, dict):
        return {k: _known_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_known_text(v) for v in value]
    return value

"""Hold a manifest against templates/system.schema.json, with line numbers.

Knows just the words of JSON Schema 2020-12 that our schema uses; a test compares it with the jsonschema
package. Apart from that package, because importing it takes longer than everything else geos does here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from geos.wizard.systems.answers_types import nearest, shown
from geos.wizard.systems.lined import Path

Fault = tuple[Path, str]

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def faults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: Path = ()) -> Iterator[Fault]:
    """Every place of `value` that does not fit `schema`, with a sentence's end. `root` holds the $defs."""
    if "$ref" in schema:
        yield from faults(value, _definition(schema["$ref"], root), root, path)
    if "const" in schema and not _same(value, schema["const"]):
        yield path, f"is {shown(value)}; {shown(schema['const'])} was expected"
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        near = nearest(str(value), schema["enum"])
        hint = f'; did you mean "{near}"?' if near else ""
        yield path, f"is {shown(value)}; one of {', '.join(map(str, schema['enum']))} was expected{hint}"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield path, f"is {shown(value)}; {' or '.join(kinds)} was expected"
        return
    for kind, check in _CHECKS.items():
        if _is(value, kind):
            yield from check(value, schema, root, path)


def _definition(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS[kind])


def _check_text(value: str, schema: Mapping[str, Any], root: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if len(value) < schema.get("minLength", 0):
        yield path, "is empty"
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        yield path, f"is {shown(value)}, which does not match {schema['pattern']}"


def _check_number(value: float, schema: Mapping[str, Any], root: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if "minimum" in schema and value < schema["minimum"]:
        yield path, f"is {shown(value)}; at least {schema['minimum']} was expected"


def _check_list(value: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if len(value) < schema.get("minItems", 0):
        yield path, "is an empty list"
    if "items" in schema:
        for i, item in enumerate(value):
            yield from faults(item, schema["items"], root, (*path, i))


def _check_mapping(
    value: dict[Any, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: Path
) -> Iterator[Fault]:
    for key in schema.get("required", []):
        if key not in value:
            yield path, f"has no {key}"
    for key, others in schema.get("dependentRequired", {}).items():
        if key in value:
            yield from ((path, f"has {key} but no {other}") for other in others if other not in value)
    for key, item in value.items():
        inner = _schema_of(str(key), schema)
        if inner is False:
            near = nearest(str(key), schema.get("properties", {}))
            yield (*path, key), "is not a key known here" + (f'; did you mean "{near}"?' if near else "")
        elif isinstance(inner, Mapping):
            yield from faults(item, inner, root, (*path, key))


def _schema_of(key: str, schema: Mapping[str, Any]) -> Any:
    if key in schema.get("properties", {}):
        return schema["properties"][key]
    for pattern, inner in schema.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return inner
    return schema.get("additionalProperties", True)


_CHECKS: dict[str, Callable[[Any, Mapping[str, Any], Mapping[str, Any], Path], Iterator[Fault]]] = {
    "string": _check_text,
    "number": _check_number,
    "array": _check_list,
    "object": _check_mapping,
}


def _same(value: Any, wanted: Any) -> bool:
    """In JSON true is not 1, in Python it is."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)

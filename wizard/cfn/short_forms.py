"""YAML templates: the safe loader plus CloudFormation's tags. Apart, because importing yaml costs 13 ms."""

from __future__ import annotations

from typing import Any

import yaml

from geos.wizard.errors import BadTemplate

_BASE: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """The safe loader; dates stay text, because a policy's Version "2012-10-17" is one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _BASE.yaml_implicit_resolvers.items()  # type: ignore[attr-defined]
}


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    return {key: value}


def _no_doubles(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f'"{key}" stands twice', problem_mark=key_node.start_mark)
        seen.add(key)
    return dict(_BASE.construct_mapping(loader, node, deep))  # type: ignore[attr-defined]


def _mapping(loader: Any, node: yaml.MappingNode) -> Any:
    loader.flatten_mapping(node)
    return _no_doubles(loader, node, deep=True)


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse_yaml(text: str, name: str) -> object:
    """Raises BadTemplate with line and column."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, with tags added
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadTemplate(f"{name}{place}: {e.problem or 'not valid YAML'}.") from e
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as e:
        raise BadTemplate(f"{name}: not readable as YAML ({type(e).__name__}).") from e

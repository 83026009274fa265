"""What AWS publishes about each CloudFormation resource type (provider schemas of 38 regions)."""

from __future__ import annotations

import functools

from geos.wizard.facts import ResourceType
from geos.wizard.tables import find_row, text


@functools.cache
def resource_type(name: str) -> ResourceType | None:
    """None for a type that no region's registry had."""
    row = find_row(text("cfn_types.csv"), f"{name},".encode())
    if not row:
        return None
    _, create, read, update, delete, create_only, tagging, missing_in, only_in, _ = row.split(",")
    return ResourceType(
        name,
        _items(create),
        _items(read),
        _items(update),
        _items(delete),
        _items(create_only),
        tagging == "true",
        frozenset(_items(missing_in)),
        frozenset(_items(only_in)),
    )


def _items(field: str) -> tuple[str, ...]:
    return tuple(field.split("|")) if field else ()

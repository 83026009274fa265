"""Results for programs: JSON, YAML or CSV, whichever -o named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import UsageError

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def put(context: Context, body: Mapping[str, Any], rows: Iterable[Mapping[str, Any]] | None = None) -> bool:
    """Print `body`, or its `rows` as CSV; False when a person reads, who wants a screen instead.

    Raises UsageError for CSV where there are no rows.
    """
    match context.flags.output:
        case "json":
            context.ui.data(body)
        case "yaml":
            context.ui.data(_yaml(body))
        case "csv" if rows is not None:
            context.ui.data(_csv(rows))
        case "csv":
            raise UsageError("this result is no table, so that -o csv cannot print it.", hint="-o json or -o yaml")
        case _:
            return False
    return True


def _yaml(body: Mapping[str, Any]) -> str:
    import json

    import yaml

    # Through JSON, so that tuples and other kinds of mapping come out plain.
    return str(yaml.safe_dump(json.loads(json.dumps(body)), sort_keys=False, allow_unicode=True))


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Nested values become columns: wall_seconds.low, wall_seconds.likely …; a missing one is empty."""
    import csv
    import io

    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            found[prefix + name] = "|".join(str(one) for one in value)
        else:
            found[prefix + name] = "" if value is None else value
    return found

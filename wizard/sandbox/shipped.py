"""The shipped tables, as the simulated services need them: whole, and read once."""

from __future__ import annotations

import csv
import functools
import importlib.resources


@functools.cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Every row of a table, by its column names."""
    text = importlib.resources.files("geos.wizard.tables").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@functools.cache
def row_by(name: str, column: str) -> dict[str, dict[str, str]]:
    return {row[column]: row for row in rows(name)}

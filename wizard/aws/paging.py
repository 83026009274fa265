"""Walk through the pages of one call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geos.wizard.errors import AwsRefused

MOST_PAGES = 40
"""Beyond this a count costs more seconds than anybody waits for."""


def pages(client: Any, operation: str, *, most: int = MOST_PAGES, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Every page of an answer. Raises AwsRefused when there are more than `most`: half a count is a wrong one."""
    if not client.can_paginate(operation):
        yield getattr(client, operation)(**arguments)
        return
    for number, page in enumerate(client.get_paginator(operation).paginate(**arguments)):
        if number == most:
            raise AwsRefused(f"{operation} goes on after {most} pages: too many to count.")
        yield page


def items(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """The things listed under `key` (dots lead inwards) on every page."""
    for page in pages(client, operation, **arguments):
        found: Any = page
        for part in key.split("."):
            found = found.get(part) or {}
        yield from found

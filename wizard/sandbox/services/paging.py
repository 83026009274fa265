"""Pages of lists, for the services that the sandbox answers itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geos.wizard.sandbox.wire import ApiError, Call


def paged(
    rows: Sequence[Any],
    call: Call,
    key: str,
    *,
    size_key: str = "maxResults",
    token_key: str = "nextToken",  # noqa: S107 - the name of a page token
    most: int = 100,
) -> dict[str, Any]:
    """One page of `rows` under `key`, with the token of the next."""
    size = min(int(call.params.get(size_key) or most), most)
    token = call.params.get(token_key)
    try:
        start = int(token) if token else 0
    except ValueError as e:
        raise ApiError("InvalidPaginationTokenException", "The page token is not valid") from e
    end = start + size
    found: dict[str, Any] = {key: list(rows[start:end])}
    if end < len(rows):
        found[token_key] = str(end)
    return found

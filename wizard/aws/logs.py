"""CloudWatch Logs: log groups and how long they keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class LogGroup:
    """A log group. No retention means that it keeps, and costs, for ever."""

    name: str
    retention_days: int | None
    stored_bytes: int


class Logs:
    """The log groups of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("logs")

    def groups(self, prefix: str) -> tuple[LogGroup, ...]:
        with self._door.asking(f"list the log groups {prefix}*"):
            pages = self._client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
            return tuple(
                LogGroup(raw["logGroupName"], raw.get("retentionInDays"), int(raw.get("storedBytes") or 0))
                for page in pages
                for raw in page["logGroups"]
            )

    def delete(self, name: str) -> None:
        """Remove the group; one that is gone is fine."""
        try:
            with self._door.asking(f"delete log group {name}"):
                self._client.delete_log_group(logGroupName=name)
        except NotThere:
            return

"""Cost allocation tags. Billing is one for all regions and knows a tag only some hours after its first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


class Billing:
    """The cost-allocation tags of one account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ce")

    def tag_states(self, keys: Sequence[str]) -> dict[str, str]:
        """key -> Active or Inactive; a key that billing has not seen yet is left out."""
        with self._door.asking("read the cost allocation tags"):
            pages = self._client.get_paginator("list_cost_allocation_tags").paginate(
                TagKeys=list(keys), Type="UserDefined"
            )
            return {t["TagKey"]: t["Status"] for page in pages for t in page["CostAllocationTags"]}

    def activate(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Switch the tags on; those that billing did not take."""
        with self._door.asking("activate the cost allocation tags"):
            answer = self._client.update_cost_allocation_tags_status(
                CostAllocationTagsStatus=[{"TagKey": k, "Status": "Active"} for k in keys]
            )
        return tuple(e["TagKey"] for e in answer.get("Errors", ()))

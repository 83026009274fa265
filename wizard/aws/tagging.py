"""Resource Groups Tagging: everything in a region that carries given tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class Tagged:
    """A thing found by its tags."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return self.arn.split(":")[2] if self.arn.count(":") >= 5 else ""

    @property
    def name(self) -> str:
        """The last part of the ARN, which is how a person knows the thing."""
        return self.arn.split(":", 5)[-1]


class Tagging:
    """The tag search of one account and region. AWS goes on to list some things for a while after they are gone."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def find(self, tags: Mapping[str, str]) -> tuple[Tagged, ...]:
        """Everything that carries all of `tags`."""
        with self._door.asking("search by tags"):
            pages = (
                self._door.client("resourcegroupstaggingapi")
                .get_paginator("get_resources")
                .paginate(TagFilters=[{"Key": k, "Values": [v]} for k, v in tags.items()])
            )
            return tuple(
                Tagged(raw["ResourceARN"], {t["Key"]: t["Value"] for t in raw.get("Tags", ())})
                for page in pages
                for raw in page["ResourceTagMappingList"]
            )

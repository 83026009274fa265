"""Which regions an account sees, and whether they are switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.facts import RegionState

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


class RegionCalls:
    """ec2:DescribeRegions, which every region answers for all of them."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def states(self) -> tuple[RegionState, ...]:
        """All regions of the partition, also those that are switched off; sorted by code."""
        with self._door.asking("list the regions of the account"):
            answer = self._door.client("ec2").describe_regions(AllRegions=True)
        found = (
            RegionState(
                r["RegionName"],
                r.get("OptInStatus", "opt-in-not-required") != "not-opted-in",
                r.get("OptInStatus", "opt-in-not-required"),
            )
            for r in answer.get("Regions", ())
        )
        return tuple(sorted(found, key=lambda r: r.code))

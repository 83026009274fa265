"""AWS as geos needs it: one account, seen from one region, with only the calls that geos makes.

Each service has a file of its own; none is imported before it is used, because a service's model costs
3 to 90 ms to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.facts import Target

if TYPE_CHECKING:
    from geos.wizard.aws.door import AskCode, Door


class Aws:
    """One account in one region. Every method raises geos errors only."""

    def __init__(self, target: Target, *, ask_code: AskCode | None = None, door: Door | None = None) -> None:
        if door is None:
            from geos.wizard.aws.door import Door

            door = Door(target, ask_code=ask_code)
        self.door = door

    @property
    def target(self) -> Target:
        return self.door.target

    @property
    def region(self) -> str:
        return self.door.region

    def in_region(self, region: str) -> Aws:
        """The same account and session, seen from another region."""
        if region == self.region:
            return self
        return Aws(self.target, door=self.door.in_region(region))

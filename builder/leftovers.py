"""What builds left in the account: found by tags alone, priced, removed.

Independent of any record on this machine: a build that was killed, or started on a computer that is gone, is found
all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.builder.build import MANAGED_BY, TAG_BUILD, TAG_EXPIRES, TAG_MANAGED_BY
from geos.builder.host_cost import address_usd_per_hour, instance_usd_per_hour, volume_usd_per_hour
from geos.wizard.aws.hosts_facts import Remain
from geos.wizard.errors import GeosError
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

REMOVE_SECONDS = 180.0
"""A machine takes up to some minutes to end; its group is held until then."""
IN_USE = "in-use"
"""The state of a volume or network interface that a machine holds."""


@dataclass(frozen=True)
class Leftover:
    """One thing that a build made and that is still there."""

    remain: Remain
    usd_per_hour: float | None
    """While it stays; None: no price is known."""

    @property
    def kind(self) -> str:
        return self.remain.kind

    @property
    def id(self) -> str:
        return self.remain.id

    @property
    def build_id(self) -> str:
        return self.remain.tags.get(TAG_BUILD, "")

    @property
    def expires(self) -> str:
        """UTC, ISO 8601; empty when its tag was removed."""
        return self.remain.tags.get(TAG_EXPIRES, "")

    def seconds_left(self, now: datetime) -> float:
        """Until anybody may remove it; what does not say when is nobody's any more."""
        try:
            moment = datetime.fromisoformat(self.expires)
        except ValueError:
            return 0.0
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()

    def expired(self, now: datetime) -> bool:
        return self.seconds_left(now) <= 0


@dataclass(frozen=True)
class Removal:
    """What became of it."""

    removed: tuple[Leftover, ...]
    left: tuple[tuple[Leftover, str], ...]
    """What is still there, and why."""


def find_leftovers(aws: Aws, build_ids: Sequence[str] = ()) -> tuple[Leftover, ...]:
    """What those builds left, or all builds when none are named. What a running build uses is among it."""
    remains = aws.hosts.remains({TAG_BUILD: build_ids, TAG_MANAGED_BY: (MANAGED_BY,)})
    return tuple(Leftover(remain, _usd_per_hour(remain, aws.region)) for remain in remains)


def usd_per_hour(leftovers: Iterable[Leftover]) -> float | None:
    """Of all together; None when one has no known price."""
    found = [one.usd_per_hour for one in leftovers]
    return None if None in found else sum(usd for usd in found if usd is not None)


def remove_leftovers(
    aws: Aws,
    leftovers: Sequence[Leftover],
    *,
    tell: Callable[[str], None] = lambda text: None,
    at_most_seconds: float = REMOVE_SECONDS,
) -> Removal:
    """Remove them, machines first; what something still holds is tried again until the time is over.

    Returns what is left with the reason; raises nothing for single things that AWS does not let go.
    """
    waiting = {one.id: one for one in leftovers}
    reasons: dict[str, str] = {}
    refused: set[str] = set()

    def round_over() -> bool | None:
        there = {one.id: one for one in find_leftovers(aws, _builds(leftovers)) if one.id in waiting}
        for gone in [one for one in waiting if one not in there]:
            tell(f"removed {waiting.pop(gone).kind.replace('-', ' ')} {gone}")
        machines = {one.id for one in there.values() if one.kind == "instance"}
        for one in there.values():
            if one.id in refused or (machines and one.remain.state == IN_USE):
                continue  # what a machine uses goes with it
            try:
                aws.hosts.remove(one.remain)
                reasons.pop(one.id, None)
            except GeosError as e:
                reasons[one.id] = e.message
                if not _held(e):
                    refused.add(one.id)  # a second time would be refused for the same reason
        for_good = bool(machines) and machines <= refused  # and what they hold stays with them
        return True if for_good or refused >= set(there) else None

    until(round_over, at_most_seconds=at_most_seconds, longest_seconds=5.0)
    left = tuple((one, reasons.get(one.id, "it takes longer to go")) for one in waiting.values())
    return Removal(tuple(one for one in leftovers if one.id not in waiting), left)


def _held(error: GeosError) -> bool:
    from geos.wizard.aws import hosts

    return error.aws_code in hosts.IN_USE


def _builds(leftovers: Iterable[Leftover]) -> tuple[str, ...]:
    return tuple(sorted({one.build_id for one in leftovers}))


def _usd_per_hour(remain: Remain, region: str) -> float | None:
    if remain.kind == "instance":
        if remain.state == "stopped":
            return 0.0
        hourly = instance_usd_per_hour(remain.type, region, spot=remain.spot)
        return None if hourly is None else hourly + address_usd_per_hour(region)
    if remain.kind == "volume":
        return volume_usd_per_hour(region, remain.size_gib)
    return 0.0

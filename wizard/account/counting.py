"""Count vCPUs the way EC2's quotas do, from instances, reservations and Spot requests.

EC2 user guide, "Amazon EC2 instance type quotas" and "Spot request limits":
only running instances count (not pending, stopping or stopped); a type counts with its default vCPUs, also
where CPU options switch some off; unused places of a capacity reservation count as if they ran; Spot and
On-Demand are counted apart, open Spot requests with the instances they may start; each family class has a
quota of its own. Instances on Dedicated Hosts and in Capacity Blocks have quotas of other kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geos.wizard.account.verdicts import Use
from geos.wizard.aws.ec2_facts import Reservation, RunningInstance, SpotRequest


@dataclass(frozen=True)
class Fleet:
    """What runs in one region."""

    instances: tuple[RunningInstance, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    spot_requests: tuple[SpotRequest, ...] = ()
    account_id: str = ""
    """To tell own reservations from shared ones; empty: all count."""


Vcpus = Callable[[str], int | None]
"""Instance type -> its default vCPUs; None for a type nobody knows."""
QuotaOf = Callable[[str, bool], str]
"""(instance type, spot) -> EC2 quota code; "" where none applies."""
IsOwn = Callable[[RunningInstance], bool]


def _nobody(_: RunningInstance) -> bool:
    return False


def count_vcpus(fleet: Fleet, vcpus: Vcpus, quota_of: QuotaOf, is_own: IsOwn = _nobody) -> dict[str, Use]:
    """The use of every vCPU quota that is touched, by quota code. A code that is absent is used by nothing."""
    taken: dict[str, float] = {}
    own: dict[str, float] = {}
    unknown: dict[str, set[str]] = {}
    for type_name, spot, count, mine in _takers(fleet, is_own):
        code = quota_of(type_name, spot)
        each = vcpus(type_name)
        if not code:
            continue
        if each is None:
            unknown.setdefault(code, set()).add(type_name)
            continue
        taken[code] = taken.get(code, 0.0) + each * count
        if mine:
            own[code] = own.get(code, 0.0) + each * count
    return {
        code: _unknown_types(unknown[code]) if code in unknown else Use(taken[code], "counted", own.get(code, 0.0))
        for code in taken.keys() | unknown.keys()
    }


def _takers(fleet: Fleet, is_own: IsOwn) -> Iterable[tuple[str, bool, int, bool]]:
    """(type, spot, how many, own) of all that counts."""
    for i in fleet.instances:
        if i.state == "running" and i.lifecycle != "capacity-block" and i.tenancy != "host":
            yield i.type, i.lifecycle == "spot", 1, is_own(i)
    for r in fleet.reservations:
        theirs = bool(fleet.account_id and r.owner and r.owner != fleet.account_id)
        if r.state == "active" and r.kind != "capacity-block" and not theirs and r.unused > 0:
            yield r.type, False, r.unused, False
    for s in fleet.spot_requests:
        if s.state == "open" and s.type:
            yield s.type, True, s.count, False


def _unknown_types(names: set[str]) -> Use:
    return Use(None, unread=f"the vCPUs of {', '.join(sorted(names))} are not known")

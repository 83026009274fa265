"""A candidate against the vCPU quota that its type falls under: the account's, or what AWS documents for new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from geos.wizard.sizing.values import SPOT, Candidate, Quota
from geos.wizard.tables.quotas import vcpu_default, vcpu_quota_code

DOCUMENTED = "documented default of a new account"


class Known(NamedTuple):
    """One quota as the account has it."""

    limit_vcpus: float | None
    free_vcpus: float | None
    """None: how much is in use is not known."""
    source: str
    unread: str = ""
    """Why it is not known."""


Place = tuple[str, str]
"""(region, quota code)."""


def place_of(candidate: Candidate) -> Place:
    """The code is empty where EC2 has no such quota."""
    code = vcpu_quota_code(candidate.instance_type, spot=candidate.purchase == SPOT)
    return candidate.region, code


def judged(candidate: Candidate, known: Mapping[Place, Known]) -> Quota:
    """What is not among `known` is judged by the documented default, and says so."""
    place = place_of(candidate)
    need = candidate.vcpus * candidate.at_once
    if not place[1]:
        return Quota("none", need, None, None, "", "EC2 publishes no quota for it")
    found = known.get(place) or _documented(place[1])
    room = found.free_vcpus if found.free_vcpus is not None else found.limit_vcpus
    verdict = "unknown" if room is None else "ok" if need <= room else "short"
    if verdict == "ok" and found.free_vcpus is None and found.source != DOCUMENTED:
        verdict = "unknown"
    return Quota(verdict, need, found.limit_vcpus, found.free_vcpus, place[1], found.source)


def _documented(code: str) -> Known:
    return Known(vcpu_default(code), None, DOCUMENTED)

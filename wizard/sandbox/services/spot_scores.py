"""Spot placement scores, made up but always the same: a simulated account has no capacity to speak of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.regions import all_regions
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

_LEAST_TYPES = 3
_BEST = 10
_MOST_ANSWERS = 10
"""AWS names the ten best places only."""


def get_spot_placement_scores(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    if not p.get("TargetCapacity"):
        raise ApiError("MissingParameter", "The request must contain the parameter TargetCapacity")
    regions = [str(r) for r in p.get("RegionNames") or all_regions()]
    strange = sorted(set(regions) - set(all_regions()))
    if strange:
        raise ApiError("InvalidParameterValue", f"Invalid region: [{strange[0]}]")
    types = sorted(str(t) for t in p.get("InstanceTypes") or ())
    by_zone = str(p.get("SingleAvailabilityZone") or "").lower() == "true"
    places = [(r, z) for r in regions for z in (_zone_ids(world, r) if by_zone else [""])]
    rows: list[dict[str, Any]] = []
    for region, zone in places:
        score = _score(types, region, zone)
        rows.append({"Region": region, "Score": score, **({"AvailabilityZoneId": zone} if zone else {})})
    best = sorted(rows, key=lambda row: (-row["Score"], row["Region"], row.get("AvailabilityZoneId", "")))
    return paged(best[:_MOST_ANSWERS], call, "SpotPlacementScores", size_key="MaxResults", token_key="NextToken")  # noqa: S106


def _zone_ids(world: World, region: str) -> list[str]:
    zones = world.clients.get("ec2", region).describe_availability_zones()["AvailabilityZones"]
    return [str(zone["ZoneId"]) for zone in zones]


def _score(types: list[str], region: str, zone: str) -> int:
    """Fewer than three types always get the lowest."""
    if len(types) < _LEAST_TYPES:
        return 1
    seed = hashlib.sha256(f"{','.join(types)}/{region}/{zone}".encode()).digest()[0]
    return 1 + seed * _BEST // 256

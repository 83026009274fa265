"""Which regions the account has switched on, in the account service's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.regions import all_regions, enabled, opt_in_regions
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World


def _status(world: World, region: str) -> str:
    if region not in opt_in_regions():
        return "ENABLED_BY_DEFAULT"
    return "ENABLED" if enabled(world.seed, region) else "DISABLED"


def list_regions(world: World, call: Call) -> Mapping[str, Any]:
    wanted = call.params.get("RegionOptStatusContains")
    rows = [{"RegionName": r, "RegionOptStatus": _status(world, r)} for r in all_regions()]
    rows = [r for r in rows if not wanted or r["RegionOptStatus"] in wanted]
    return paged(rows, call, "Regions", size_key="MaxResults", token_key="NextToken", most=50)  # noqa: S106


def get_region_opt_status(world: World, call: Call) -> Mapping[str, Any]:
    region = str(call.params["RegionName"])
    if region not in all_regions():
        raise ApiError("ValidationException", f"{region} is not a region")
    return {"RegionName": region, "RegionOptStatus": _status(world, region)}


def enable_region(world: World, call: Call) -> Mapping[str, Any]:
    region = str(call.params["RegionName"])
    if region not in opt_in_regions():
        raise ApiError("ValidationException", f"{region} cannot be enabled or disabled")
    world.patch({"opted_in": [*world.seed.opted_in, region]})
    return {}


ACTIONS = {
    "account": {
        "ListRegions": list_regions,
        "GetRegionOptStatus": get_region_opt_status,
        "EnableRegion": enable_region,
    }
}

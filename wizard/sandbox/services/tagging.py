"""The tag search: every taggable thing geos makes, found in its own service (moto's search knows a part)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.inventory import REGIONAL
from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

_NOT_COVERED = frozenset({"simulated", "kms:alias", "cloudwatch:dashboard", "ec2:security-group-rule"})
_PAGE = 100


def get_resources(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    rows = []
    for kind, look in REGIONAL.items():
        if kind in _NOT_COVERED or not _service_wanted(kind, p.get("ResourceTypeFilters") or []):
            continue
        if kind.split(":")[0] not in world.used and not world.seed.instances:
            continue  # looking into fifteen empty corners of EC2 takes a tenth of a second
        for arn, item in look(world, call.region).items():
            if item["tags"] and _wanted(arn, item["tags"], p):
                tags = [{"Key": k, "Value": v} for k, v in item["tags"].items()]
                rows.append({"ResourceARN": arn, "Tags": tags})
    answer = paged(
        rows,
        call,
        "ResourceTagMappingList",
        size_key="ResourcesPerPage",
        token_key="PaginationToken",  # noqa: S106
        most=_PAGE,
    )
    return {"PaginationToken": "", **answer}


def _service_wanted(kind: str, filters: list[str]) -> bool:
    service = kind.split(":")[0]
    return not filters or any(f.split(":")[0] == service for f in filters)


def _wanted(arn: str, tags: Mapping[str, str], p: Mapping[str, Any]) -> bool:
    if p.get("ResourceARNList") and arn not in p["ResourceARNList"]:
        return False
    types = p.get("ResourceTypeFilters") or []
    if types and not any(":" not in t or f":{t.split(':', 1)[1]}" in arn for t in types):
        return False
    return all(
        f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in p.get("TagFilters") or []
    )


def get_tag_keys(world: World, call: Call) -> Mapping[str, Any]:
    keys = sorted(
        {t["Key"] for r in get_resources(world, _everything(call))["ResourceTagMappingList"] for t in r["Tags"]}
    )
    return {"TagKeys": keys, "PaginationToken": ""}


def get_tag_values(world: World, call: Call) -> Mapping[str, Any]:
    rows = get_resources(world, _everything(call))["ResourceTagMappingList"]
    values = {t["Value"] for r in rows for t in r["Tags"] if t["Key"] == call.params["Key"]}
    return {"TagValues": sorted(values), "PaginationToken": ""}


def _everything(call: Call) -> Call:
    return Call(call.service, call.action, call.region, call.access_key, {})


ACTIONS = {
    "resourcegroupstaggingapi": {
        "GetResources": get_resources,
        "GetTagKeys": get_tag_keys,
        "GetTagValues": get_tag_values,
    }
}

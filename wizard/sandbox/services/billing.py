"""The account's plan, and what billing knows of its tags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

PLAN_DAYS = 180


def get_account_plan_state(world: World, call: Call) -> Mapping[str, Any]:
    return {
        "accountId": world.account,
        "accountPlanType": world.seed.plan,
        "accountPlanStatus": "ACTIVE",
        "accountPlanRemainingCredits": {"amount": world.seed.credits_usd, "unit": "USD"},
        "accountPlanExpirationDate": datetime.now(UTC) + timedelta(days=PLAN_DAYS),
    }


def _tags(world: World) -> dict[str, str]:
    return world.part("cost tags", dict)


def update_cost_allocation_tags_status(world: World, call: Call) -> Mapping[str, Any]:
    """Billing refuses tags that it has not yet seen on a charge."""
    errors = []
    for item in call.params["CostAllocationTagsStatus"]:
        if world.seed.billing_knows_tags:
            _tags(world)[item["TagKey"]] = item["Status"]
        else:
            message = f"Tag keys not found: {item['TagKey']}"
            errors.append({"TagKey": item["TagKey"], "Code": "TagKeysNotFoundException", "Message": message})
    return {"Errors": errors}


def list_cost_allocation_tags(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    known = _tags(world)
    names = p.get("TagKeys") or sorted({"Project", "Environment", "Owner", "ManagedBy", *known})
    rows = [
        {"TagKey": n, "Type": "UserDefined", "Status": known.get(n, "Inactive")}
        for n in names
        if world.seed.billing_knows_tags and p.get("Type") in (None, "UserDefined")
    ]
    return {"CostAllocationTags": [r for r in rows if p.get("Status") in (None, r["Status"])]}


ACTIONS = {
    "freetier": {"GetAccountPlanState": get_account_plan_state},
    "ce": {
        "UpdateCostAllocationTagsStatus": update_cost_allocation_tags_status,
        "ListCostAllocationTags": list_cost_allocation_tags,
    },
}

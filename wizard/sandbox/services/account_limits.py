"""Services that tell an account's limits and use in one call of their own: Lambda and RDS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

_RDS = {
    "DBInstances": "L-7B6409FD",
    "AllocatedStorage": "L-7ADDB58A",
    "DBSubnetGroups": "L-48C6BF61",
    "DBParameterGroups": "L-DE55804A",
    "ManualSnapshots": "L-272F1212",
}
_CODE_BYTES = 80_530_636_800
_UNZIPPED_BYTES = 262_144_000
_ZIPPED_BYTES = 52_428_800


def get_account_settings(world: World, call: Call) -> Mapping[str, Any]:
    """Lambda's: what is reserved by functions is no longer free for the others."""
    limit = world.quotas.applied(world, call.region, "lambda", "L-B99A9384") or 0
    client = world.clients.get("lambda", call.region)
    functions = client.list_functions()["Functions"]
    reserved = sum(
        client.get_function_concurrency(FunctionName=f["FunctionName"]).get("ReservedConcurrentExecutions", 0)
        for f in functions
    )
    return {
        "AccountLimit": {
            "TotalCodeSize": _CODE_BYTES,
            "CodeSizeUnzipped": _UNZIPPED_BYTES,
            "CodeSizeZipped": _ZIPPED_BYTES,
            "ConcurrentExecutions": int(limit),
            "UnreservedConcurrentExecutions": int(limit) - reserved,
        },
        "AccountUsage": {"TotalCodeSize": sum(f["CodeSize"] for f in functions), "FunctionCount": len(functions)},
    }


def describe_account_attributes(world: World, call: Call) -> Mapping[str, Any]:
    """RDS's: use and limit side by side."""
    rds = world.clients.get("rds", call.region)
    instances = rds.describe_db_instances()["DBInstances"]
    snapshots = rds.describe_db_snapshots()["DBSnapshots"]
    used = {
        "DBInstances": len(instances),
        "AllocatedStorage": sum(i["AllocatedStorage"] for i in instances),
        "DBSubnetGroups": len(rds.describe_db_subnet_groups()["DBSubnetGroups"]),
        "DBParameterGroups": len(rds.describe_db_parameter_groups()["DBParameterGroups"]),
        "ManualSnapshots": sum(1 for s in snapshots if s.get("SnapshotType") == "manual"),
    }
    rows = [
        {
            "AccountQuotaName": name,
            "Used": used[name],
            "Max": int(world.quotas.applied(world, call.region, "rds", code) or 0),
        }
        for name, code in _RDS.items()
    ]
    return {"AccountQuotas": rows}


ACTIONS = {
    "lambda": {"GetAccountSettings": get_account_settings},
    "rds": {"DescribeAccountAttributes": describe_account_attributes},
}

"""Limits and use of Auto Scaling, which moto does not tell. Everything else is moto's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

GROUPS = ("autoscaling", "L-CDE20ADC")
CONFIGURATIONS_MOST = 200
"""Launch configurations a region takes by default (EC2 Auto Scaling user guide, quotas)."""


def describe_account_limits(world: World, call: Call) -> Mapping[str, Any]:
    client = world.clients.get("autoscaling", call.region)
    limit = world.quotas.applied(world, call.region, *GROUPS)
    return {
        "MaxNumberOfAutoScalingGroups": int(limit or 500),
        "MaxNumberOfLaunchConfigurations": CONFIGURATIONS_MOST,
        "NumberOfAutoScalingGroups": len(client.describe_auto_scaling_groups()["AutoScalingGroups"]),
        "NumberOfLaunchConfigurations": len(client.describe_launch_configurations()["LaunchConfigurations"]),
    }


ACTIONS = {"autoscaling": {"DescribeAccountLimits": describe_account_limits}}

"""CloudFormation: the engine in `stacks` behind AWS's calls."""

from __future__ import annotations

from geos.wizard.sandbox.stacks import api_change_sets, api_drift, api_stacks, api_views

ACTIONS = {
    "cloudformation": {**api_stacks.ACTIONS, **api_views.ACTIONS, **api_change_sets.ACTIONS, **api_drift.ACTIONS}
}

"""ECR where moto is wrong: its tokens expired in 2015."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from geos.wizard.sandbox.wire import Call
from geos.wizard.sandbox.world import World

TOKEN_HOURS = 12


def get_authorization_token(world: World, call: Call) -> Mapping[str, Any]:
    rows = []
    for registry in call.params.get("registryIds") or [world.account]:
        token = base64.b64encode(f"AWS:{registry}-auth-token".encode()).decode()
        rows.append(
            {
                "authorizationToken": token,
                "expiresAt": datetime.now(UTC) + timedelta(hours=TOKEN_HOURS),
                "proxyEndpoint": f"https://{registry}.dkr.ecr.{call.region}.amazonaws.com",
            }
        )
    return {"authorizationData": rows}


ACTIONS = {"ecr": {"GetAuthorizationToken": get_authorization_token}}

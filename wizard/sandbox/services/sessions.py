"""Session Manager, simulated: a session leads to a port of a machine that really runs on this computer.

The way there is a plain TCP connection to the loopback address, which the stand-in of AWS's plugin opens
(`geos.wizard.sandbox.hosts.session_stand_in`); the token is looked at by nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services.instances import ADDRESS, hall
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import CALLER, World


def start_session(world: World, call: Call) -> Mapping[str, Any]:
    target = str(call.params["Target"])
    port = str((call.params.get("Parameters") or {}).get("portNumber", ["22"])[0])
    if not port.isdigit():
        raise ApiError("InvalidParameters", f"Parameter portNumber with value {port} is not a port.")
    if not hall(world).runs(target):
        raise ApiError("TargetNotConnected", f"{target} is not connected.")
    session_id = f"{CALLER}-{secrets.token_hex(8)}"
    _given(world).add(session_id)
    return {
        "SessionId": session_id,
        "TokenValue": secrets.token_urlsafe(48),
        "StreamUrl": f"tcp://{ADDRESS}:{port}/simulated/{session_id}",
    }


def terminate_session(world: World, call: Call) -> Mapping[str, Any]:
    session_id = str(call.params["SessionId"])
    if session_id not in _given(world):
        raise ApiError("DoesNotExistException", f"Session {session_id} does not exist")
    return {"SessionId": session_id}


def _given(world: World) -> set[str]:
    """Ids of sessions, also of those that are over."""
    return world.part("sessions", set[str])


ACTIONS = {"ssm": {"StartSession": start_session, "TerminateSession": terminate_session}}

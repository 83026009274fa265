"""moto's own answer to an EC2 call that the sandbox answers too, and the state it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World


def passing(world: World, call: Call) -> bool:
    """Whether a handler of ours asks at this moment, and moto is meant."""
    return call.action in _passed(world)


def by_moto(world: World, call: Call, params: Mapping[str, Any]) -> dict[str, Any]:
    from botocore import xform_name
    from botocore.exceptions import ClientError

    passed = _passed(world)
    passed.append(call.action)
    try:
        answer = dict(getattr(world.clients.get("ec2", call.region), xform_name(call.action))(**params))
    except ClientError as e:
        error = e.response["Error"]
        raise ApiError(error["Code"], error["Message"], e.response["ResponseMetadata"]["HTTPStatusCode"]) from e
    finally:
        passed.remove(call.action)
    answer.pop("ResponseMetadata", None)
    return answer


def backend_of(world: World, call: Call) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[world.account][call.region]


def _passed(world: World) -> list[str]:
    return world.part("passing", list)

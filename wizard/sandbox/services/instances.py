"""EC2 machines where moto is silent or wrong: tokens, capacity, tags of what comes along, groups in use; and machines
that really start (`geos.wizard.sandbox.hosts`) when their user data is a build host's."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.hosts.cloud_config import read_orders
from geos.wizard.sandbox.hosts.hall import Hall
from geos.wizard.sandbox.services.emulated import backend_of, by_moto, passing
from geos.wizard.sandbox.wire import PASS, ApiError, Call
from geos.wizard.sandbox.world import World

ADDRESS = "127.0.0.1"
_GONE = ("shutting-down", "terminated")


def hall(world: World) -> Hall:
    return world.part("hosts", Hall)


# --- launch ----------------------------------------------------------------------------------


def run_instances(world: World, call: Call) -> object:
    """Refused when no machine is free; the same token answers the same machine; then moto's, and perhaps a real one."""
    if passing(world, call):
        return PASS
    launches: dict[str, tuple[str, dict[str, Any]]] = world.part(f"launches/{call.region}", dict)
    token = str(call.params.get("ClientToken") or "")
    told = hashlib.sha256(json.dumps(call.params, sort_keys=True, default=str).encode()).hexdigest()
    if token in launches:
        before, answer = launches[token]
        if before != told:
            raise ApiError(
                "IdempotentParameterMismatch", "The client token you have provided is associated with other parameters."
            )
        return answer
    _no_capacity(world, call)
    data = _decoded(str(call.params.get("UserData") or ""))
    answer = by_moto(world, call, {**call.params, **({"UserData": data} if data else {})})
    for raw in answer["Instances"]:
        _furnish(world, call, raw, data.decode("utf-8", "replace"))
    if token and not call.params.get("DryRun"):
        launches[token] = (told, answer)
    return answer


def _no_capacity(world: World, call: Call) -> None:
    """Types, or types in one zone (`c7g.2xlarge/us-east-1a`), of which AWS has none; with `spot:` before, as Spot."""
    lacking = world.seed.no_capacity
    if not lacking:
        return
    name, zone = str(call.params.get("InstanceType")), _zone(world, call)
    spot = (call.params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    names = {name, f"{name}/{zone}"}
    if names & set(lacking) or (spot and {f"spot:{n}" for n in names} & set(lacking)):
        raise ApiError(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {name} capacity in the Availability Zone you requested ({zone}). Our "
            "system will be working on provisioning additional capacity.",
            500,
        )


def _zone(world: World, call: Call) -> str:
    placed = str((call.params.get("Placement") or {}).get("AvailabilityZone") or "")
    interfaces = call.params.get("NetworkInterfaces") or [{}]
    subnet_id = call.params.get("SubnetId") or interfaces[0].get("SubnetId")
    if placed or not subnet_id:
        return placed
    return str(backend_of(world, call).get_subnet(str(subnet_id)).availability_zone)


def _furnish(world: World, call: Call, raw: dict[str, Any], text: str) -> None:
    """What moto leaves away, and the machine itself. `raw` is the instance in the answer."""
    backend = backend_of(world, call)
    instance = backend.get_instance(raw["InstanceId"])
    tags = {s["ResourceType"]: {t["Key"]: t["Value"] for t in s["Tags"]} for s in _specifications(call)}
    given = call.params.get("NetworkInterfaces") or []
    for interface in instance.nics.values():
        if not given:
            interface.delete_on_termination = True  # moto keeps those that nobody asked for
        backend.create_tags([interface.id], tags.get("network-interface", {}))
    orders = read_orders(text)
    if orders is None or not call.own_user:
        return
    if instance.nics[0].public_ip:
        instance.nics[0].public_ip = raw["PublicIpAddress"] = ADDRESS
    region = call.region

    def ended(instance_id: str) -> None:
        with world.lock:
            _switched_off(world, region, instance_id)

    hall(world).start(raw["InstanceId"], orders, failing=tuple(world.seed.boot_fails), ended=ended)


def _switched_off(world: World, region: str, instance_id: str) -> None:
    """The machine ended by itself: with `terminate` on shutdown, that is the end of the instance."""
    from moto.ec2.models import ec2_backends
    from moto.ec2.models.instances import StateReason

    instance = ec2_backends[world.account][region].get_instance(instance_id)
    if instance.state in _GONE:
        return
    instance.terminate()
    code = "Client.InstanceInitiatedShutdown"
    instance.state_reason = StateReason(f"{code}: Instance initiated shutdown", code)


def _specifications(call: Call) -> list[dict[str, Any]]:
    return list(call.params.get("TagSpecifications") or [])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


# --- end -------------------------------------------------------------------------------------


def terminate_instances(world: World, call: Call) -> object:
    if passing(world, call):
        return PASS
    answer = by_moto(world, call, call.params)
    for raw in answer["TerminatingInstances"]:
        hall(world).end(raw["InstanceId"])
    return answer


def get_console_output(world: World, call: Call) -> Mapping[str, Any]:
    """moto shows a console of 2008 for every machine."""
    instance = backend_of(world, call).get_instance(str(call.params["InstanceId"]))
    text = hall(world).console(instance.id)
    return {"InstanceId": instance.id, "Output": base64.b64encode(text.encode()).decode()}


def delete_security_group(world: World, call: Call) -> object:
    """moto removes groups that are in use."""
    group_id = str(call.params.get("GroupId") or "")
    for interface in backend_of(world, call).enis.values():
        if group_id and group_id in [group.id for group in interface.group_set]:
            raise ApiError("DependencyViolation", f"resource {group_id} has a dependent object")
    return PASS


ACTIONS = {
    "DeleteSecurityGroup": delete_security_group,
    "GetConsoleOutput": get_console_output,
    "RunInstances": run_instances,
    "TerminateInstances": terminate_instances,
}

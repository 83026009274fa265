"""What an account holds before anybody works with it: its user, its linked roles, its running machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from geos.wizard.facts import SANDBOX_KEY_ID, SANDBOX_SECRET_KEY
from geos.wizard.sandbox import corrections
from geos.wizard.sandbox.seeds import InstanceSeed
from geos.wizard.sandbox.world import CALLER, World

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_CALLER_ID = "AIDACKCEVSQ6C2EXAMPLE"
_INLINE = "sandbox-permissions"
_BOUNDARY = "sandbox-boundary"


def _iam(world: World) -> None:
    """The caller's user, with the rights the seed says."""
    corrections.managed_policies_once()
    from moto.iam.models import AccessKey, iam_backends

    backend = iam_backends[world.account]["aws"]
    if CALLER not in backend.users:
        backend.create_user("us-east-1", CALLER)
        user = backend.users[CALLER]
        user.id = _CALLER_ID
        key: Any = cast("Any", AccessKey)(CALLER, "AKIA", world.account)
        key.access_key_id, key.secret_access_key = SANDBOX_KEY_ID, SANDBOX_SECRET_KEY
        user.access_keys.append(key)
    iam = world.clients.get("iam", "us-east-1")
    _rights(world, iam)
    for service in world.seed.service_linked_roles:
        _linked_role(iam, service)


def _rights(world: World, iam: Any) -> None:
    from botocore.exceptions import ClientError

    attached = [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=CALLER)["AttachedPolicies"]]
    if world.seed.permissions is None:
        if ADMINISTRATOR not in attached:
            iam.attach_user_policy(UserName=CALLER, PolicyArn=ADMINISTRATOR)
        if _INLINE in iam.list_user_policies(UserName=CALLER)["PolicyNames"]:
            iam.delete_user_policy(UserName=CALLER, PolicyName=_INLINE)
    else:
        if ADMINISTRATOR in attached:
            iam.detach_user_policy(UserName=CALLER, PolicyArn=ADMINISTRATOR)
        iam.put_user_policy(UserName=CALLER, PolicyName=_INLINE, PolicyDocument=json.dumps(world.seed.permissions))
    if world.seed.boundary is not None:
        text = json.dumps(world.seed.boundary)
        arn = f"arn:aws:iam::{world.account}:policy/{_BOUNDARY}"
        try:
            iam.create_policy(PolicyName=_BOUNDARY, PolicyDocument=text)
        except ClientError:
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _linked_role(iam: Any, service: str) -> None:
    from botocore.exceptions import ClientError

    try:
        iam.create_service_linked_role(AWSServiceName=service)
    except ClientError as e:
        if e.response["Error"]["Code"] != "InvalidInput":
            raise


def _ec2(world: World) -> None:
    """The seed's instances, each kind once, however often the seed is looked at again."""
    corrections.add_images()
    corrections.filter_by_token()
    corrections.open_default_vpcs()
    started = world.part("instances started", list)
    # What ran before geos came had its own limits, whatever they are today.
    furnishing = world.part("furnishing", list)
    furnishing.append(True)
    for seed in world.seed.instances:
        if seed not in started:
            started.append(seed)
            _start(world, seed)
    furnishing.clear()


def _start(world: World, seed: InstanceSeed) -> None:
    ec2 = world.clients.get("ec2", seed.region)
    from geos.wizard.sandbox.services.images import image_for

    given: dict[str, Any] = {"InstanceMarketOptions": {"MarketType": "spot"}} if seed.spot else {}
    made = ec2.run_instances(
        ImageId=image_for(world, seed.region, seed.type),
        InstanceType=seed.type,
        MinCount=seed.count,
        MaxCount=seed.count,
        **given,
    )
    ids = [i["InstanceId"] for i in made["Instances"]]
    if seed.state == "stopped":
        ec2.stop_instances(InstanceIds=ids)
    elif seed.state == "terminated":
        ec2.terminate_instances(InstanceIds=ids)
    elif seed.state == "pending":
        _keep_pending(world, seed.region, ids)


def _keep_pending(world: World, region: str, ids: list[str]) -> None:
    """moto has machines running at once; a pending one is what the count of vCPUs must not see."""
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[world.account][region]
    for instance_id in ids:
        state = backend.get_instance(instance_id)._state
        state.name, state.code = "pending", 0


def _s3(world: World) -> None:
    corrections.managed_policies_once()  # a bucket's policy is judged by the code for IAM's
    corrections.bucket_policies_with_conditions()
    corrections.late_access_logs()
    corrections.access_logs_with_any_policy()


def _ecr(world: World) -> None:
    corrections.image_sizes()


FURNISHERS: dict[str, Callable[[World], None]] = {"iam": _iam, "sts": _iam, "ec2": _ec2, "s3": _s3, "ecr": _ecr}

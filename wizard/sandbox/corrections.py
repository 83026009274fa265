"""Where moto answers otherwise than AWS and no answer of our own stands in front of it.

Each correction names the fault. They reach into moto's internals, so moto is pinned exactly.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any


def apply() -> None:
    """Once per process, before the first request: what costs nothing.

    What reads one service's modules (EC2's take half a second) is put right when that service is first asked; see
    furnish.py.
    """
    _look_at_images_and_keys()
    _no_docker()


def _look_at_images_and_keys() -> None:
    """moto starts machines from images and with keys that do not exist, unless told to look."""
    from moto import settings

    settings.ENABLE_AMI_VALIDATION = True
    settings.ENABLE_KEYPAIR_VALIDATION = True


def _no_docker() -> None:
    """moto would start containers for Lambda; a simulated account starts nothing."""
    from moto.core.config import default_user_config

    default_user_config["batch"]["use_docker"] = False
    default_user_config["lambda"]["use_docker"] = False


class _Later(dict[str, Any]):
    """A dictionary that is filled when somebody first looks into it."""

    def __init__(self, fill: Callable[[], None]) -> None:
        super().__init__()
        self._fill: Callable[[], None] | None = fill

    def _filled(self) -> None:
        fill, self._fill = self._fill, None
        if fill is not None:
            fill()

    def __getitem__(self, key: str) -> Any:
        self._filled()
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._filled()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self._filled()
        return super().__iter__()

    def __len__(self) -> int:
        self._filled()
        return super().__len__()

    def get(self, key: str, default: Any = None) -> Any:
        self._filled()
        return super().get(key, default)

    def keys(self) -> Any:
        self._filled()
        return super().keys()

    def values(self) -> Any:
        self._filled()
        return super().values()

    def items(self) -> Any:
        self._filled()
        return super().items()

    def copy(self) -> dict[str, Any]:
        self._filled()
        return super().copy()

    def pop(self, *args: Any) -> Any:
        self._filled()
        return super().pop(*args)


@functools.cache
def filter_by_token() -> None:
    """moto keeps a launch's client token and cannot look for it."""
    from moto.ec2.utils import filter_dict_attribute_mapping

    filter_dict_attribute_mapping["client-token"] = "client_token"


@functools.cache
def add_images() -> None:
    """moto has no Rocky Linux; its list can only be replaced, so the loading of it is extended.

    It reads 1,300 images for every region that is looked at, which takes longer than all else it does
    there; they are read when images are asked for.
    """
    from moto.ec2.models.amis import Ami, AmiBackend

    from geos.wizard.sandbox.services.images import rocky_images

    load = AmiBackend._load_amis

    def load_later(self: Any) -> None:
        def fill() -> None:
            load(self)
            for image in rocky_images(self.region_name):
                self.amis[image["ami_id"]] = Ami(self, **image)

        self.amis = _Later(fill)

    AmiBackend._load_amis = load_later  # type: ignore[method-assign]


@functools.cache
def open_default_vpcs() -> None:
    """moto's default VPC has no way out; AWS's has an internet gateway and a route to it."""
    from moto.ec2.models import EC2Backend

    begin = EC2Backend.__init__

    def begin_open(self: Any, region_name: str, account_id: str) -> None:
        begin(self, region_name, account_id)
        vpc = next((v for v in self.vpcs.values() if str(v.is_default).lower() == "true"), None)
        if vpc is None:
            return
        gateway = self.create_internet_gateway()
        self.attach_internet_gateway(gateway.id, vpc.id)
        table = next(t for t in self.route_tables.values() if t.vpc_id == vpc.id)
        self.create_route(table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)

    EC2Backend.__init__ = begin_open  # type: ignore[method-assign]


@functools.cache
def bucket_policies_with_conditions() -> None:
    """moto reads a Deny without its Condition, so "deny without TLS" (aws:SecureTransport) would deny everything.

    Statements under a condition are left out of its judgement; the policy itself is kept and answered whole.
    """
    import json

    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy.decode() if isinstance(self.policy, bytes) else self.policy)
        statements = policy.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        policy["Statement"] = [s for s in statements if "Condition" not in s]
        if not policy["Statement"]:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]


@functools.cache
def access_logs_with_any_policy() -> None:
    """moto looks for the logging service's statement and breaks on a principal that is "*" or on several resources."""
    import json
    from fnmatch import fnmatchcase

    from moto.s3.models import FakeBucket

    def allows_logs(target_bucket: Any, target_prefix: str | None) -> bool:
        log = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
        raw = target_bucket.policy
        policy = json.loads(raw.decode() if isinstance(raw, bytes) else raw or "{}")
        return any(
            s.get("Effect") == "Allow"
            and isinstance(s.get("Principal"), dict)
            and "logging.s3.amazonaws.com" in _listed(s["Principal"].get("Service"))
            and "s3:PutObject" in _listed(s.get("Action"))
            and any(fnmatchcase(log, pattern) for pattern in _listed(s.get("Resource")))
            for s in _listed(policy.get("Statement"))
        )

    FakeBucket._log_permissions_enabled_policy = staticmethod(allows_logs)  # type: ignore[method-assign]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@functools.cache
def managed_policies_once() -> None:
    """moto reads AWS's 1,500 managed policies anew for six partitions at every reset, which takes a second.

    They are made once for the partition `aws`, and handed out again unattached; the others have none here.
    """
    from types import SimpleNamespace

    from moto.iam.models import IAMBackend, ManagedPolicy

    make = IAMBackend._init_aws_policies

    @functools.cache
    def made(account_id: str, region_name: str) -> list[ManagedPolicy]:
        return make(SimpleNamespace(account_id=account_id, region_name=region_name))  # type: ignore[arg-type]

    def init(self: Any) -> list[ManagedPolicy]:
        if self.partition != "aws":
            return []
        found = made(self.account_id, self.region_name)
        for policy in found:
            policy.attachment_count = 0
        return found

    IAMBackend._init_aws_policies = init  # type: ignore[method-assign]


@functools.cache
def image_sizes() -> None:
    """moto takes the size of an image's configuration for the image's."""
    from moto.ecr.models import Image

    def size(self: Image) -> int | None:
        manifest = json.loads(self.image_manifest)
        if "layers" not in manifest:
            return None
        return sum(int(part.get("size", 0)) for part in (*manifest["layers"], manifest.get("config", {})))

    Image.get_image_size_in_bytes = size  # type: ignore[method-assign]


@functools.cache
def late_access_logs() -> None:
    """moto writes a bucket's access log the moment it is accessed; S3 does so hours later ("best effort").

    A removal that has just emptied the log bucket would find it full again.
    """
    from moto.s3.models import S3Backend

    def deliver_later(self: Any, request: Any, bucket_name: str) -> None:
        return

    S3Backend.log_incoming_request = deliver_later  # type: ignore[method-assign]

"""EC2 machines that are there for one task: images, groups, launch, state, removal.

Everything that is created carries the caller's tags from its first moment, so that what a crash leaves behind can
be found without any record (`remains`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.ec2 import tags_of
from geos.wizard.aws.hosts_facts import HostState, Launch, MachineImage, Remain
from geos.wizard.aws.paging import items
from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

ALIVE = ("pending", "running", "stopping", "stopped")
DUPLICATE_RULE, DUPLICATE_GROUP = "InvalidPermission.Duplicate", "InvalidGroup.Duplicate"
IN_USE = frozenset({"DependencyViolation", "InvalidGroup.InUse", "VolumeInUse", "InvalidNetworkInterface.InUse"})
"""Something still holds it; later it can be removed."""


class Hosts:
    """Machines of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ec2")

    # --- images ----------------------------------------------------------------------------

    def newest_image(self, owner_id: str, name_pattern: str, architecture: str) -> MachineImage | None:
        """The youngest image of that owner that is not deprecated."""
        wanted = {
            "name": name_pattern,
            "architecture": architecture,
            "state": "available",
            "root-device-type": "ebs",
        }
        with self._door.asking("look for a machine image"):
            found = [
                _image(raw)
                for raw in items(
                    self._client,
                    "describe_images",
                    "Images",
                    Owners=[owner_id],
                    Filters=[{"Name": name, "Values": [value]} for name, value in wanted.items()],
                )
            ]
        return max(found, key=lambda image: (image.created, image.name), default=None)

    def image(self, image_id: str) -> MachineImage | None:
        """That image, deprecated or not."""
        try:
            with self._door.asking(f"read machine image {image_id}"):
                found = self._client.describe_images(ImageIds=[image_id], IncludeDeprecated=True)["Images"]
        except AwsRefused as e:
            if e.aws_code.startswith("InvalidAMIID"):
                return None
            raise
        return _image(found[0]) if found else None

    # --- security groups -------------------------------------------------------------------

    def create_group(self, name: str, description: str, vpc_id: str, tags: Mapping[str, str]) -> str:
        """The id of a new group, or of the one of that name that an earlier attempt made."""
        try:
            with self._door.asking("create a security group"):
                answer = self._client.create_security_group(
                    GroupName=name,
                    Description=description,
                    VpcId=vpc_id,
                    TagSpecifications=[_tagged("security-group", tags)],
                )
        except AwsRefused as e:
            found = self.group_named(name, vpc_id) if e.aws_code == DUPLICATE_GROUP else ""
            if not found:
                raise
            return found
        return str(answer["GroupId"])

    def group_named(self, name: str, vpc_id: str) -> str:
        """Its id; empty when there is none."""
        wanted = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc_id]}]
        with self._door.asking("look for a security group"):
            found = self._client.describe_security_groups(Filters=wanted)["SecurityGroups"]
        return str(found[0]["GroupId"]) if found else ""

    def open_port(self, group_id: str, port: int, cidr: str, description: str) -> None:
        """Let `cidr` in at that one TCP port; a rule that is there is fine."""
        family = "CidrIpv6" if ":" in cidr else "CidrIp"
        ranges = "Ipv6Ranges" if ":" in cidr else "IpRanges"
        rule = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            ranges: [{family: cidr, "Description": description}],
        }
        try:
            with self._door.asking(f"open port {port} of {group_id} for {cidr}"):
                self._client.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[rule])
        except AwsRefused as e:
            if e.aws_code != DUPLICATE_RULE:
                raise

    # --- launch and state --------------------------------------------------------------------

    def launch(self, wanted: Launch) -> HostState:
        """Start one machine. A repeated call with the same token answers the machine that is there already."""
        with self._door.asking(f"launch a {wanted.instance_type}"):
            answer = self._client.run_instances(**_launch_parameters(wanted))
        return _state(answer["Instances"][0])

    def state(self, instance_id: str) -> HostState | None:
        """None: EC2 knows no such machine (any more, or not yet in every place)."""
        try:
            with self._door.asking(f"read instance {instance_id}"):
                found = self._client.describe_instances(InstanceIds=[instance_id])["Reservations"]
        except NotThere:
            return None
        return next((_state(raw) for group in found for raw in group["Instances"]), None)

    def with_token(self, client_token: str) -> HostState | None:
        """The machine that a launch with this token started, if it did."""
        wanted = [{"Name": "client-token", "Values": [client_token]}]
        with self._door.asking("look for an instance by its launch token"):
            found = self._client.describe_instances(Filters=wanted)["Reservations"]
        return next((_state(raw) for group in found for raw in group["Instances"]), None)

    def console(self, instance_id: str) -> str:
        """What the machine wrote to its console so far; only Nitro types tell the latest."""
        with self._door.asking(f"read the console of {instance_id}"):
            answer = self._client.get_console_output(InstanceId=instance_id, Latest=True)
        return str(answer.get("Output") or "")

    def terminate(self, instance_id: str) -> None:
        """Accepted is enough: from then on nothing is paid. One that is gone is fine."""
        try:
            with self._door.asking(f"terminate {instance_id}"):
                self._client.terminate_instances(InstanceIds=[instance_id])
        except NotThere:
            return

    # --- what is left --------------------------------------------------------------------------

    def remains(self, tags: Mapping[str, Sequence[str]]) -> tuple[Remain, ...]:
        """Everything of ours that is still there: `tags` maps a tag's name to its values, none meaning any value."""
        wanted: list[dict[str, Any]] = [
            {"Name": f"tag:{name}", "Values": list(values)} if values else {"Name": "tag-key", "Values": [name]}
            for name, values in tags.items()
        ]
        with self._door.asking("look for what builds left behind"):
            return (
                *self._spot_requests(wanted),
                *self._instances(wanted),
                *self._interfaces(wanted),
                *self._volumes(wanted),
                *self._groups(wanted),
            )

    def _instances(self, wanted: list[dict[str, Any]]) -> list[Remain]:
        alive = [*wanted, {"Name": "instance-state-name", "Values": list(ALIVE)}]
        found = items(self._client, "describe_instances", "Reservations", Filters=alive)
        states = [_state(raw) for group in found for raw in group.get("Instances", ())]
        return [Remain("instance", s.id, s.tags, s.state, s.type, s.lifecycle == "spot") for s in states]

    def _volumes(self, wanted: list[dict[str, Any]]) -> list[Remain]:
        found = items(self._client, "describe_volumes", "Volumes", Filters=wanted)
        return [
            Remain("volume", v["VolumeId"], tags_of(v), v["State"], v.get("VolumeType", ""), size_gib=int(v["Size"]))
            for v in found
        ]

    def _groups(self, wanted: list[dict[str, Any]]) -> list[Remain]:
        found = items(self._client, "describe_security_groups", "SecurityGroups", Filters=wanted)
        return [Remain("security-group", g["GroupId"], tags_of(g)) for g in found]

    def _interfaces(self, wanted: list[dict[str, Any]]) -> list[Remain]:
        found = items(self._client, "describe_network_interfaces", "NetworkInterfaces", Filters=wanted)
        return [Remain("network-interface", i["NetworkInterfaceId"], _tag_set(i), i.get("Status", "")) for i in found]

    def _spot_requests(self, wanted: list[dict[str, Any]]) -> list[Remain]:
        still = [*wanted, {"Name": "state", "Values": ["open", "active"]}]
        found = items(self._client, "describe_spot_instance_requests", "SpotInstanceRequests", Filters=still)
        return [Remain("spot-request", r["SpotInstanceRequestId"], tags_of(r), r.get("State", "")) for r in found]

    def remove(self, remain: Remain) -> None:
        """Remove it, or have it removed. What is gone is fine. Raises AwsRefused with a code of IN_USE when
        something still holds it."""
        operation, parameters = _REMOVALS[remain.kind](remain.id)
        try:
            with self._door.asking(f"remove {remain.kind.replace('-', ' ')} {remain.id}"):
                getattr(self._client, operation)(**parameters)
        except NotThere:
            return


_REMOVALS: dict[str, Any] = {
    "spot-request": lambda found: ("cancel_spot_instance_requests", {"SpotInstanceRequestIds": [found]}),
    "instance": lambda found: ("terminate_instances", {"InstanceIds": [found]}),
    "network-interface": lambda found: ("delete_network_interface", {"NetworkInterfaceId": found}),
    "volume": lambda found: ("delete_volume", {"VolumeId": found}),
    "security-group": lambda found: ("delete_security_group", {"GroupId": found}),
}
"""In the order in which they let go of each other. No key pairs: the keys of a host come with its user data."""
KINDS = tuple(_REMOVALS)


def _launch_parameters(wanted: Launch) -> dict[str, Any]:
    kinds = ["instance", "volume", "network-interface", *(["spot-instances-request"] if wanted.spot else [])]
    parameters: dict[str, Any] = {
        "ClientToken": wanted.client_token,
        "ImageId": wanted.image.id,
        "InstanceType": wanted.instance_type,
        "MinCount": 1,
        "MaxCount": 1,
        "UserData": wanted.user_data,
        # The machine's own timer powers it off, and off has to mean gone.
        "InstanceInitiatedShutdownBehavior": "terminate",
        # One hop keeps containers away from the machine's role.
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [
            {
                "DeviceName": wanted.image.root_device,
                "Ebs": {
                    "VolumeSize": max(wanted.volume_gib, wanted.image.root_gib),
                    "VolumeType": "gp3",
                    "Encrypted": True,
                    "DeleteOnTermination": True,
                },
            }
        ],
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "SubnetId": wanted.subnet_id,
                "Groups": [wanted.group_id],
                "AssociatePublicIpAddress": wanted.public_address,
                "DeleteOnTermination": True,
            }
        ],
        "TagSpecifications": [_tagged(kind, wanted.tags) for kind in kinds],
    }
    if wanted.spot:
        once = {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}
        parameters["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": once}
    if wanted.instance_profile:
        parameters["IamInstanceProfile"] = {"Name": wanted.instance_profile}
    return parameters


def _tagged(kind: str, tags: Mapping[str, str]) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tag_set(raw: Mapping[str, Any]) -> dict[str, str]:
    """Network interfaces call their tags otherwise than everything else does."""
    return tags_of({"Tags": raw.get("TagSet") or raw.get("Tags") or ()})


def _image(raw: Mapping[str, Any]) -> MachineImage:
    root = raw.get("RootDeviceName", "")
    sizes = [
        int(b["Ebs"].get("VolumeSize") or 0)
        for b in raw.get("BlockDeviceMappings", ())
        if b.get("DeviceName") == root and "Ebs" in b
    ]
    return MachineImage(
        raw["ImageId"],
        raw.get("Name", ""),
        raw.get("Architecture", ""),
        root,
        raw.get("CreationDate", ""),
        raw.get("OwnerId", ""),
        raw.get("DeprecationTime", ""),
        max(sizes, default=0),
    )


def _state(raw: Mapping[str, Any]) -> HostState:
    launched = raw.get("LaunchTime")
    return HostState(
        raw["InstanceId"],
        raw.get("State", {}).get("Name", ""),
        raw.get("InstanceType", ""),
        raw.get("Placement", {}).get("AvailabilityZone", ""),
        raw.get("InstanceLifecycle") or "",
        raw.get("PublicIpAddress") or "",
        raw.get("PrivateIpAddress") or "",
        launched.isoformat() if isinstance(launched, datetime) else "",
        (raw.get("StateReason") or {}).get("Message", ""),
        tags_of(raw),
    )

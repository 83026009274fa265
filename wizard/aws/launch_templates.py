"""EC2 launch templates as they are, and instances and volumes that may be left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class LaunchTemplate:
    """The latest version of a launch template."""

    template_id: str
    imds_tokens: str
    """required or optional; IMDSv2 is only safe when required."""
    hop_limit: int
    volumes_encrypted: bool


class LaunchTemplates:
    """Launch templates of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ec2")

    def latest(self, template_id: str) -> LaunchTemplate | None:
        try:
            with self._door.asking(f"read launch template {template_id}"):
                versions = self._client.describe_launch_template_versions(
                    LaunchTemplateId=template_id, Versions=["$Latest"]
                )["LaunchTemplateVersions"]
        except NotThere:
            return None
        if not versions:
            return None
        data = versions[0]["LaunchTemplateData"]
        options = data.get("MetadataOptions", {})
        disks = [b["Ebs"] for b in data.get("BlockDeviceMappings", ()) if "Ebs" in b]
        return LaunchTemplate(
            template_id,
            options.get("HttpTokens", ""),
            int(options.get("HttpPutResponseHopLimit") or 1),
            all(d.get("Encrypted") for d in disks),
        )

    def living_instances(self, instance_ids: Sequence[str]) -> frozenset[str]:
        """Those of `instance_ids` that are not terminated."""
        states = {i: self._state(i) for i in instance_ids}
        return frozenset(i for i, state in states.items() if state not in ("", "shutting-down", "terminated"))

    def has_volume(self, volume_id: str) -> bool:
        """Whether it is there and stays: one that is being deleted does not."""
        try:
            with self._door.asking(f"read volume {volume_id}"):
                found = self._client.describe_volumes(VolumeIds=[volume_id])["Volumes"]
        except NotThere:
            return False
        return any(volume["State"] not in ("deleting", "deleted") for volume in found)

    def _state(self, instance_id: str) -> str:
        try:
            with self._door.asking(f"read instance {instance_id}"):
                found = self._client.describe_instances(InstanceIds=[instance_id])["Reservations"]
        except (NotThere, AwsRefused):
            return ""
        return str(found[0]["Instances"][0]["State"]["Name"]) if found else ""

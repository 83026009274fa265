"""Launch templates and placement groups."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties, picked
from geos.wizard.sandbox.handlers.tagging import specification

_NUMBERS = frozenset({"VolumeSize", "Iops", "Throughput", "DeviceIndex", "HttpPutResponseHopLimit", "NetworkCardIndex"})
_FLAGS = frozenset({"Encrypted", "DeleteOnTermination", "AssociatePublicIpAddress", "EbsOptimized", "Enabled"})


class LaunchTemplate(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("LaunchTemplateName") or at.name(125))
        tags = [*_tag_specifications(p), *specification(at, "launch-template", {})]
        made = at.call(
            "ec2",
            "create_launch_template",
            LaunchTemplateName=name,
            LaunchTemplateData=_data(p["LaunchTemplateData"]),
            TagSpecifications=tags[:1],
        )["LaunchTemplate"]
        return Made(made["LaunchTemplateId"], self._attributes(made))

    def _attributes(self, made: dict[str, Any]) -> dict[str, Any]:
        return {
            "LaunchTemplateId": made["LaunchTemplateId"],
            "DefaultVersionNumber": str(made["DefaultVersionNumber"]),
            "LatestVersionNumber": str(made["LatestVersionNumber"]),
        }

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        template_id = made.physical_id
        if old["LaunchTemplateData"] != new["LaunchTemplateData"]:
            at.call(
                "ec2",
                "create_launch_template_version",
                LaunchTemplateId=template_id,
                LaunchTemplateData=_data(new["LaunchTemplateData"]),
            )
        found = at.call("ec2", "describe_launch_templates", LaunchTemplateIds=[template_id])["LaunchTemplates"][0]
        return Made(template_id, self._attributes(found))

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_launch_template", LaunchTemplateId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            versions = at.call(
                "ec2", "describe_launch_template_versions", LaunchTemplateId=physical_id, Versions=["$Latest"]
            )["LaunchTemplateVersions"]
        except ClientError:
            return None
        if not versions:
            return None
        live = versions[0]["LaunchTemplateData"]
        # moto adds the template's own tags to those of what it launches.
        tags = [t for t in live.get("TagSpecifications", ()) if t["ResourceType"] != "launch-template"]
        live = {**live, "TagSpecifications": tags}
        if "TagSpecifications" in live:
            # moto adds the template's own tags to those for what it starts.
            started = [t for t in live["TagSpecifications"] if t["ResourceType"] != "launch-template"]
            live = {**live, "TagSpecifications": started}
        wanted = p["LaunchTemplateData"]
        return {"LaunchTemplateData": {k: v if k not in live else _as_template(v, live[k]) for k, v in wanted.items()}}


def _as_template(wanted: Any, live: Any) -> Any:
    """The live value cut down to what the template names."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return {k: _as_template(v, live.get(k)) for k, v in wanted.items()}
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return [_as_template(w, v) for w, v in zip(wanted, live, strict=True)]
    return live


def _tag_specifications(p: Properties) -> list[dict[str, Any]]:
    return [s for s in p.get("TagSpecifications") or [] if s.get("ResourceType") == "launch-template"]


def _data(value: Any, key: str = "") -> Any:
    """Numbers and truths as EC2 wants them; templates may give them as text."""
    if isinstance(value, dict):
        return {k: _data(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_data(v) for v in value]
    if key in _NUMBERS:
        return int(value)
    if key in _FLAGS and isinstance(value, str):
        return value.lower() == "true"
    return value


class PlacementGroup(Handler):
    """Every property is create-only; the name is always generated."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = at.name(255)
        given = picked(p, "Strategy", "SpreadLevel")
        if "PartitionCount" in p:
            given["PartitionCount"] = int(p["PartitionCount"])
        tags = specification(at, "placement-group", p)
        at.call("ec2", "create_placement_group", GroupName=name, TagSpecifications=tags, **given)
        return Made(name, {"GroupName": name})

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        from botocore.exceptions import ClientError

        try:
            at.call("ec2", "delete_placement_group", GroupName=physical_id)
        except ClientError as e:
            if e.response["Error"]["Code"] != "InvalidPlacementGroup.Unknown":
                raise

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        where = [{"Name": "group-name", "Values": [physical_id]}]
        rows = at.call("ec2", "describe_placement_groups", Filters=where)["PlacementGroups"]
        return {"Strategy": rows[0]["Strategy"]} if rows else None


HANDLERS: dict[str, Handler] = {
    "AWS::EC2::LaunchTemplate": LaunchTemplate(),
    "AWS::EC2::PlacementGroup": PlacementGroup(),
}

"""Tags on EC2 resources, which all take them the same way."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Place, Properties

_RESERVED = "aws:"


def specification(at: Place, kind: str, p: Properties) -> list[dict[str, Any]]:
    """TagSpecifications for a create call; EC2 lets CloudFormation alone write aws: tags, so they come after."""
    tags = [{"Key": k, "Value": v} for k, v in at.tags(p).items() if not k.startswith(_RESERVED)]
    return [{"ResourceType": kind, "Tags": tags}] if tags else []


def retag(at: Place, physical_id: str, old: Properties, new: Properties) -> None:
    """Bring the tags of an EC2 resource to what they should be now."""
    wanted = {k: v for k, v in at.tags(new).items() if not k.startswith(_RESERVED)}
    there = at.call("ec2", "describe_tags", Filters=[{"Name": "resource-id", "Values": [physical_id]}])["Tags"]
    gone = [{"Key": t["Key"]} for t in there if t["Key"] not in wanted and not t["Key"].startswith(_RESERVED)]
    if gone:
        at.call("ec2", "delete_tags", Resources=[physical_id], Tags=gone)
    if wanted:
        tags = [{"Key": k, "Value": v} for k, v in wanted.items()]
        at.call("ec2", "create_tags", Resources=[physical_id], Tags=tags)


def own_tags(at: Place, tags: list[dict[str, str]] | None, p: Properties) -> list[dict[str, str]]:
    """The live tags that the template's own Tags speak of, in its order and form."""
    live = {t["Key"]: t["Value"] for t in tags or []}
    return [{"Key": t["Key"], "Value": live[t["Key"]]} for t in p.get("Tags") or [] if t["Key"] in live]

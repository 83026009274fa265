"""KMS keys and aliases."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties, Refused, boolean, picked
from geos.wizard.sandbox.handlers.iam import document


class Key(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        given = picked(p, "Description", "KeyUsage", "KeySpec", "Origin")
        if "MultiRegion" in p:
            given["MultiRegion"] = boolean(p["MultiRegion"])
        if "KeyPolicy" in p:
            self._check_principals(at, p["KeyPolicy"])
            given["Policy"] = document(p["KeyPolicy"])
        tags = [{"TagKey": k, "TagValue": v} for k, v in at.tags(p).items() if not k.startswith("aws:")]
        key = at.call("kms", "create_key", Tags=tags, **given)["KeyMetadata"]
        at.begun.append(key["KeyId"])
        self._settings(at, key["KeyId"], p)
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def _check_principals(self, at: Place, policy: Any) -> None:
        """KMS refuses a policy that names a role of this account that does not exist."""
        own = f"arn:aws:iam::{at.account}:role/"
        for statement in policy.get("Statement", []) if isinstance(policy, dict) else []:
            principal = statement.get("Principal")
            named = principal.get("AWS", []) if isinstance(principal, dict) else []
            for arn in [named] if isinstance(named, str) else named:
                if str(arn).startswith(own) and not _role_exists(at, str(arn).rsplit("/", 1)[-1]):
                    raise Refused(
                        "Policy contains a statement with one or more invalid principals. (Service: Kms, "
                        "Status Code: 400)"
                    )

    def _settings(self, at: Place, key_id: str, p: Properties) -> None:
        if boolean(p.get("EnableKeyRotation", False)):
            at.call("kms", "enable_key_rotation", KeyId=key_id)
        if not boolean(p.get("Enabled", True)):
            at.call("kms", "disable_key", KeyId=key_id)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        key_id = made.physical_id
        if new.get("KeyPolicy") != old.get("KeyPolicy") and "KeyPolicy" in new:
            self._check_principals(at, new["KeyPolicy"])
            at.call("kms", "put_key_policy", KeyId=key_id, PolicyName="default", Policy=document(new["KeyPolicy"]))
        if new.get("Description") != old.get("Description"):
            at.call("kms", "update_key_description", KeyId=key_id, Description=str(new.get("Description", "")))
        at.call("kms", "enable_key", KeyId=key_id)
        if not boolean(new.get("EnableKeyRotation", False)):
            at.call("kms", "disable_key_rotation", KeyId=key_id)
        self._settings(at, key_id, new)
        wanted = {k: v for k, v in at.tags(new).items() if not k.startswith("aws:")}
        there = [t["TagKey"] for t in at.call("kms", "list_resource_tags", KeyId=key_id)["Tags"]]
        if set(there) - set(wanted):
            at.call("kms", "untag_resource", KeyId=key_id, TagKeys=sorted(set(there) - set(wanted)))
        if wanted:
            tags = [{"TagKey": k, "TagValue": v} for k, v in wanted.items()]
            at.call("kms", "tag_resource", KeyId=key_id, Tags=tags)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        """As AWS: a key is never gone at once, only scheduled to go."""
        state = at.quietly("kms", "describe_key", KeyId=physical_id)
        if state is None or state["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return
        days = int(p.get("PendingWindowInDays", 30))
        at.quietly("kms", "schedule_key_deletion", KeyId=physical_id, PendingWindowInDays=days)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        key = at.call("kms", "describe_key", KeyId=physical_id)["KeyMetadata"]
        if key["KeyState"] == "PendingDeletion":
            return None
        rotation = at.call("kms", "get_key_rotation_status", KeyId=physical_id)
        return {
            "Description": key.get("Description", ""),
            "Enabled": key["Enabled"],
            "EnableKeyRotation": rotation["KeyRotationEnabled"],
        }


def _role_exists(at: Place, name: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        at.call("iam", "get_role", RoleName=name)
    except ClientError:
        return False
    return True


class Alias(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        at.call("kms", "create_alias", **picked(p, "AliasName", "TargetKeyId"))
        return Made(str(p["AliasName"]), {"AliasName": p["AliasName"]})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        at.call("kms", "update_alias", **picked(new, "AliasName", "TargetKeyId"))
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("kms", "delete_alias", AliasName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        for alias in at.call("kms", "list_aliases")["Aliases"]:
            if alias["AliasName"] == physical_id:
                wanted = str(p["TargetKeyId"])
                same = wanted.endswith(str(alias.get("TargetKeyId")))
                return {"TargetKeyId": wanted if same else alias.get("TargetKeyId")}
        return None


HANDLERS: dict[str, Handler] = {"AWS::KMS::Key": Key(), "AWS::KMS::Alias": Alias()}

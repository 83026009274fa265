"""IAM: roles, instance profiles, policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties, Refused, picked


def document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _load(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _role_tags(at: Place, p: Properties) -> list[dict[str, str]]:
    """IAM keeps the aws: tags to itself."""
    return [t for t in at.tag_list(p) if not t["Key"].startswith("aws:")]


class Role(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("RoleName") or at.name(64))
        given = picked(p, "Path", "Description", "PermissionsBoundary")
        if "MaxSessionDuration" in p:
            given["MaxSessionDuration"] = int(p["MaxSessionDuration"])
        role = at.call(
            "iam",
            "create_role",
            RoleName=name,
            AssumeRolePolicyDocument=document(p["AssumeRolePolicyDocument"]),
            Tags=_role_tags(at, p),
            **given,
        )["Role"]
        at.begun.append(name)
        self._policies(at, name, {}, p)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def _policies(self, at: Place, name: str, old: Properties, new: Properties) -> None:
        before, after = set(old.get("ManagedPolicyArns") or []), list(new.get("ManagedPolicyArns") or [])
        for arn in after:
            if arn not in before:
                at.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
        for arn in sorted(before - set(after)):
            at.quietly("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
        wanted = {str(i["PolicyName"]): i["PolicyDocument"] for i in new.get("Policies") or []}
        for policy, text in wanted.items():
            at.call("iam", "put_role_policy", RoleName=name, PolicyName=policy, PolicyDocument=document(text))
        for item in old.get("Policies") or []:
            if item["PolicyName"] not in wanted:
                at.quietly("iam", "delete_role_policy", RoleName=name, PolicyName=item["PolicyName"])

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id
        at.call(
            "iam",
            "update_assume_role_policy",
            RoleName=name,
            PolicyDocument=document(new["AssumeRolePolicyDocument"]),
        )
        changed = {"Description": str(new.get("Description", ""))}
        at.call(
            "iam", "update_role", RoleName=name, MaxSessionDuration=int(new.get("MaxSessionDuration", 3600)), **changed
        )
        if new.get("PermissionsBoundary"):
            boundary = new["PermissionsBoundary"]
            at.call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=boundary)
        elif old.get("PermissionsBoundary"):
            at.quietly("iam", "delete_role_permissions_boundary", RoleName=name)
        self._policies(at, name, old, new)
        tags = _role_tags(at, new)
        there = [t["Key"] for t in at.call("iam", "list_role_tags", RoleName=name)["Tags"]]
        gone = [k for k in there if k not in {t["Key"] for t in tags}]
        if gone:
            at.call("iam", "untag_role", RoleName=name, TagKeys=gone)
        if tags:
            at.call("iam", "tag_role", RoleName=name, Tags=tags)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        name = physical_id
        for arn in p.get("ManagedPolicyArns") or []:
            at.quietly("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
        for item in p.get("Policies") or []:
            at.quietly("iam", "delete_role_policy", RoleName=name, PolicyName=item["PolicyName"])
        at.quietly("iam", "delete_role", RoleName=name)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        role = at.call("iam", "get_role", RoleName=physical_id)["Role"]
        attached = at.call("iam", "list_attached_role_policies", RoleName=physical_id)["AttachedPolicies"]
        live_arns = {a["PolicyArn"] for a in attached}
        wanted = list(p.get("ManagedPolicyArns") or [])
        names = at.call("iam", "list_role_policies", RoleName=physical_id)["PolicyNames"]
        inline = [
            {
                "PolicyName": n,
                "PolicyDocument": _load(
                    at.call("iam", "get_role_policy", RoleName=physical_id, PolicyName=n)["PolicyDocument"]
                ),
            }
            for n in _in_order(p.get("Policies") or [], names)
        ]
        return {
            "AssumeRolePolicyDocument": _load(role["AssumeRolePolicyDocument"]),
            "MaxSessionDuration": role["MaxSessionDuration"],
            "ManagedPolicyArns": wanted if live_arns >= set(wanted) else sorted(live_arns),
            "Policies": inline,
        }


def _in_order(wanted: list[Mapping[str, Any]], live: list[str]) -> list[str]:
    """The live names that the template has, in its order. Policies of other resources are their affair."""
    return [str(w["PolicyName"]) for w in wanted if w["PolicyName"] in live]


class InstanceProfile(Handler):
    """Its Ref is its name."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("InstanceProfileName") or at.name(128))
        profile = at.call("iam", "create_instance_profile", InstanceProfileName=name, **picked(p, "Path"))
        at.begun.append(name)
        for role in p.get("Roles") or []:
            at.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)
        return Made(name, {"Arn": profile["InstanceProfile"]["Arn"]})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id
        for role in old.get("Roles") or []:
            at.quietly("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role)
        for role in new.get("Roles") or []:
            at.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        for role in p.get("Roles") or []:
            at.quietly("iam", "remove_role_from_instance_profile", InstanceProfileName=physical_id, RoleName=role)
        at.quietly("iam", "delete_instance_profile", InstanceProfileName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("iam", "get_instance_profile", InstanceProfileName=physical_id)["InstanceProfile"]
        return {"Roles": [r["RoleName"] for r in found["Roles"]]}


_ATTACH = {"Roles": ("role", "RoleName"), "Users": ("user", "UserName"), "Groups": ("group", "GroupName")}


class ManagedPolicy(Handler):
    """Its Ref is its ARN."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("ManagedPolicyName") or at.name(128))
        policy = at.call(
            "iam",
            "create_policy",
            PolicyName=name,
            PolicyDocument=document(p["PolicyDocument"]),
            **picked(p, "Path", "Description"),
        )["Policy"]
        arn = policy["Arn"]
        at.begun.append(arn)
        self._attach(at, arn, {}, p)
        return Made(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]})

    def _attach(self, at: Place, arn: str, old: Properties, new: Properties) -> None:
        for key, (kind, parameter) in _ATTACH.items():
            before, after = set(old.get(key) or []), set(new.get(key) or [])
            for name in sorted(after - before):
                at.call("iam", f"attach_{kind}_policy", PolicyArn=arn, **{parameter: name})
            for name in sorted(before - after):
                at.quietly("iam", f"detach_{kind}_policy", PolicyArn=arn, **{parameter: name})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        arn = made.physical_id
        if old["PolicyDocument"] != new["PolicyDocument"]:
            versions = at.call("iam", "list_policy_versions", PolicyArn=arn)["Versions"]
            spare = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
            for version in spare:
                at.quietly("iam", "delete_policy_version", PolicyArn=arn, VersionId=version)
            text = document(new["PolicyDocument"])
            at.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        self._attach(at, arn, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        self._attach(at, physical_id, p, {})
        held = at.quietly("iam", "list_entities_for_policy", PolicyArn=physical_id) or {}
        if any(held.get(f"Policy{key}") for key in _ATTACH):
            raise Refused("Cannot delete a policy attached to entities. (Service: Iam, Error Code: DeleteConflict)")
        versions = at.quietly("iam", "list_policy_versions", PolicyArn=physical_id)
        for version in (versions or {}).get("Versions", []):
            if not version["IsDefaultVersion"]:
                at.quietly("iam", "delete_policy_version", PolicyArn=physical_id, VersionId=version["VersionId"])
        at.quietly("iam", "delete_policy", PolicyArn=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        policy = at.call("iam", "get_policy", PolicyArn=physical_id)["Policy"]
        version = at.call("iam", "get_policy_version", PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])[
            "PolicyVersion"
        ]
        return {"PolicyDocument": _load(version["Document"])}


class InlinePolicy(Handler):
    """AWS::IAM::Policy: the same text put into each of its roles, users and groups."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        for kind, parameter, name in self._holders(p):
            self._put(at, kind, parameter, name, p)
        return Made(at.name(128), {"Id": str(p["PolicyName"])})

    def _holders(self, p: Properties) -> list[tuple[str, str, str]]:
        return [(kind, parameter, str(n)) for key, (kind, parameter) in _ATTACH.items() for n in p.get(key) or []]

    def _put(self, at: Place, kind: str, parameter: str, name: str, p: Properties) -> None:
        at.call(
            "iam",
            f"put_{kind}_policy",
            PolicyName=p["PolicyName"],
            PolicyDocument=document(p["PolicyDocument"]),
            **{parameter: name},
        )

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        for kind, parameter, name in self._holders(new):
            self._put(at, kind, parameter, name, new)
        kept = set(self._holders(new)) if old["PolicyName"] == new["PolicyName"] else set()
        for kind, parameter, name in set(self._holders(old)) - kept:
            at.quietly("iam", f"delete_{kind}_policy", PolicyName=old["PolicyName"], **{parameter: name})
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        for kind, parameter, name in self._holders(p):
            at.quietly("iam", f"delete_{kind}_policy", PolicyName=p["PolicyName"], **{parameter: name})

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        for kind, parameter, name in self._holders(p):
            found = at.call("iam", f"get_{kind}_policy", PolicyName=p["PolicyName"], **{parameter: name})
            return {"PolicyDocument": _load(found["PolicyDocument"])}
        return {}


class ServiceLinkedRole(Handler):
    def create(self, at: Place, p: Properties) -> Made:
        role = at.call(
            "iam", "create_service_linked_role", **picked(p, "AWSServiceName", "Description", "CustomSuffix")
        )
        return Made(role["Role"]["RoleName"], {"RoleName": role["Role"]["RoleName"]})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("iam", "delete_service_linked_role", RoleName=physical_id)


HANDLERS: dict[str, Handler] = {
    "AWS::IAM::Role": Role(),
    "AWS::IAM::InstanceProfile": InstanceProfile(),
    "AWS::IAM::ManagedPolicy": ManagedPolicy(),
    "AWS::IAM::Policy": InlinePolicy(),
    "AWS::IAM::ServiceLinkedRole": ServiceLinkedRole(),
}

"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties
from geos.wizard.sandbox.handlers.tagging import own_tags, retag, specification

_ANY_IPV4 = "0.0.0.0/0"


class SecurityGroup(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("GroupName") or at.name(255))
        given = {"VpcId": p["VpcId"]} if p.get("VpcId") else {}
        made = at.call(
            "ec2",
            "create_security_group",
            GroupName=name,
            Description=str(p["GroupDescription"]),
            TagSpecifications=specification(at, "security-group", p),
            **given,
        )
        group_id = made["GroupId"]
        at.begun.append(group_id)
        self._rules(at, group_id, p)
        group = at.call("ec2", "describe_security_groups", GroupIds=[group_id])["SecurityGroups"][0]
        return Made(group_id, {"GroupId": group_id, "Id": group_id, "VpcId": group.get("VpcId", "")})

    def _rules(self, at: Place, group_id: str, p: Properties) -> None:
        ingress = [permission(r, "Source") for r in p.get("SecurityGroupIngress") or []]
        egress = [permission(r, "Destination") for r in p.get("SecurityGroupEgress") or []]
        if ingress:
            at.call("ec2", "authorize_security_group_ingress", GroupId=group_id, IpPermissions=ingress)
        if egress:
            self._drop_all(at, group_id, "egress", "IpPermissionsEgress")
            at.call("ec2", "authorize_security_group_egress", GroupId=group_id, IpPermissions=egress)

    def _drop_all(self, at: Place, group_id: str, direction: str, key: str) -> None:
        there = at.call("ec2", "describe_security_groups", GroupIds=[group_id])["SecurityGroups"][0][key]
        if there:
            at.call("ec2", f"revoke_security_group_{direction}", GroupId=group_id, IpPermissions=there)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        group_id = made.physical_id
        if old.get("SecurityGroupIngress") != new.get("SecurityGroupIngress"):
            self._drop_all(at, group_id, "ingress", "IpPermissions")
            self._rules(at, group_id, {"SecurityGroupIngress": new.get("SecurityGroupIngress")})
        if old.get("SecurityGroupEgress") != new.get("SecurityGroupEgress"):
            everything = [{"IpProtocol": "-1", "CidrIp": _ANY_IPV4}]
            self._rules(at, group_id, {"SecurityGroupEgress": new.get("SecurityGroupEgress") or everything})
        retag(at, group_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_security_group", GroupId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        group = at.call("ec2", "describe_security_groups", GroupIds=[physical_id])["SecurityGroups"][0]
        return {
            "GroupDescription": group["Description"],
            "Tags": own_tags(at, group.get("Tags"), p),
            "SecurityGroupIngress": _read_back(p.get("SecurityGroupIngress"), group["IpPermissions"], "Source"),
            "SecurityGroupEgress": _read_back(
                p.get("SecurityGroupEgress"), group["IpPermissionsEgress"], "Destination"
            ),
        }


def permission(rule: Mapping[str, Any], side: str) -> dict[str, Any]:
    """One template rule as EC2's IpPermission. `side` is Source or Destination."""
    found: dict[str, Any] = {"IpProtocol": str(rule.get("IpProtocol", "-1"))}
    for name in ("FromPort", "ToPort"):
        if name in rule:
            found[name] = int(rule[name])
    text = {"Description": str(rule["Description"])} if rule.get("Description") else {}
    if rule.get("CidrIp"):
        found["IpRanges"] = [{"CidrIp": rule["CidrIp"], **text}]
    if rule.get("CidrIpv6"):
        found["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **text}]
    group = rule.get(f"{side}SecurityGroupId")
    if group:
        found["UserIdGroupPairs"] = [{"GroupId": group, **text}]
    prefix_list = rule.get(f"{side}PrefixListId")
    if prefix_list:
        found["PrefixListIds"] = [{"PrefixListId": prefix_list, **text}]
    return found


def _key(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two rules the same rule."""
    return tuple(
        str(rule.get(k, "")) for k in ("IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "group", "list")
    )


def _live_keys(permissions: list[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    found = set()
    for p in permissions:
        base = {k: p.get(k, "") for k in ("IpProtocol", "FromPort", "ToPort")}
        for part, name, key in (
            ("IpRanges", "CidrIp", "CidrIp"),
            ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
            ("UserIdGroupPairs", "GroupId", "group"),
            ("PrefixListIds", "PrefixListId", "list"),
        ):
            found |= {_key({**base, key: item.get(name, "")}) for item in p.get(part) or []}
    return found


def _read_back(
    expected: list[dict[str, Any]] | None, permissions: list[Mapping[str, Any]], side: str
) -> list[dict[str, Any]]:
    """The template's rules if the group has exactly those; else what it has, in plain form."""
    live = _live_keys(permissions)
    wanted = {key for r in expected or [] for key in _live_keys([{"IpProtocol": "-1", **permission(r, side)}])}
    if live == wanted:
        return list(expected or [])
    names = ("IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", f"{side}SecurityGroupId", f"{side}PrefixListId")
    return [{n: v for n, v in zip(names, key, strict=True) if v} for key in sorted(live)]


class _Rule(Handler):
    """A rule that is a resource of its own."""

    direction = "ingress"
    side = "Source"

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call(
            "ec2",
            f"authorize_security_group_{self.direction}",
            GroupId=p["GroupId"],
            IpPermissions=[permission(p, self.side)],
        )
        rules = made.get("SecurityGroupRules") or [{}]
        rule_id = str(rules[0].get("SecurityGroupRuleId") or at.name(40))
        return Made(rule_id, {"Id": rule_id})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self.delete(at, made.physical_id, old)
        return self.create(at, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=p["GroupId"],
            IpPermissions=[permission(p, self.side)],
        )


class Ingress(_Rule):
    """AWS::EC2::SecurityGroupIngress"""


class Egress(_Rule):
    """AWS::EC2::SecurityGroupEgress"""

    direction = "egress"
    side = "Destination"

"""Quotas of networks: what VPCs, gateways, endpoints and security groups take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope, count, items, mapping
from geos.wizard.systems.derive.claims import Claim, Rule, container_of, in_container


def _vpc(resource: Resource, scope: Scope) -> Iterable[Claim]:
    """A new VPC starts with one route table and one block of addresses."""
    yield Claim("vpc", "L-589F43AA", 1.0, container=resource.logical_id)
    yield Claim("vpc", "L-83CA0A9D", 1.0, container=resource.logical_id)


def _nat_gateway(resource: Resource, scope: Scope) -> Iterable[Claim]:
    yield Claim("vpc", "L-DF5E4CA3", 1.0)
    subnet = scope.find(resource.properties.get("SubnetId"), "AWS::EC2::Subnet")
    zone: Value = subnet.properties.get("AvailabilityZone") if subnet else resource.properties.get("SubnetId")
    if subnet is None or not isinstance(zone, str):
        why = zone.why if isinstance(zone, Unknown) else "the subnet's zone is chosen by AWS or must be looked up"
        yield Claim("vpc", "L-FE5A380F", Unknown(f"in which zone is not known: {why}"), container="?zone")
        return
    yield Claim("vpc", "L-FE5A380F", 1.0, container=zone, container_exists=True)


def _endpoint(resource: Resource, scope: Scope) -> Iterable[Claim]:
    p = resource.properties
    kind = p.get("VpcEndpointType", "Gateway")
    if isinstance(kind, Unknown):
        yield Claim("vpc", "L-1B52E74A", kind)
        yield Claim("vpc", "L-29B6F2EB", kind, container=container_of(p.get("VpcId"))[0])
    elif kind == "Gateway":
        yield Claim("vpc", "L-1B52E74A", 1.0)
        for table in items(p.get("RouteTableIds")):
            yield in_container("vpc", "L-93826ACB", 1.0, table)
    else:
        yield in_container("vpc", "L-29B6F2EB", 1.0, p.get("VpcId"))
        yield Claim("vpc", "L-DF5E4CA3", count(p.get("SubnetIds")))


_V4, _V6 = "IPv4", "IPv6"


def _versions(rule: Value) -> tuple[str, ...]:
    """IPv4 and IPv6 rules are counted apart; a rule that names a group or a prefix list counts as both."""
    if mapping(rule).get("CidrIp"):
        return (_V4,)
    return (_V6,) if mapping(rule).get("CidrIpv6") else (_V4, _V6)


def _security_group(resource: Resource, scope: Scope) -> Iterable[Claim]:
    p = resource.properties
    for direction, key in (("inbound", "SecurityGroupIngress"), ("outbound", "SecurityGroupEgress")):
        declared = p.get(key)
        if declared is None and direction == "outbound":
            declared = [{"CidrIp": "0.0.0.0/0"}]
        for rule in items(declared):
            for version in _versions(rule):
                place = f"{resource.logical_id} {direction} {version}"
                why = rule if isinstance(rule, Unknown) else 1.0
                yield Claim("vpc", "L-0EA8095F", why, container=place)


def _security_group_rule(resource: Resource, scope: Scope) -> Iterable[Claim]:
    direction = "inbound" if resource.type.endswith("Ingress") else "outbound"
    for version in _versions(resource.properties):
        claim = in_container("vpc", "L-0EA8095F", 1.0, resource.properties.get("GroupId"))
        yield Claim(
            "vpc",
            "L-0EA8095F",
            claim.amount,
            container=f"{claim.container} {direction} {version}",
            container_exists=claim.container_exists,
        )


# --- groups on an interface ------------------------------------------------------------------

GROUPS_AT = {
    # type: where its security groups stand
    "AWS::Batch::ComputeEnvironment": ("ComputeResources", "SecurityGroupIds"),
    "AWS::EC2::Instance": ("SecurityGroupIds",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData", "SecurityGroupIds"),
    "AWS::EC2::NetworkInterface": ("GroupSet",),
    "AWS::EC2::VPCEndpoint": ("SecurityGroupIds",),
    "AWS::ECS::Service": ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("SecurityGroups",),
    "AWS::FSx::FileSystem": ("SecurityGroupIds",),
    "AWS::Lambda::Function": ("VpcConfig", "SecurityGroupIds"),
    "AWS::RDS::DBInstance": ("VPCSecurityGroups",),
}


def groups_on_interface(resource: Resource) -> Iterator[Claim]:
    """Five groups may be on one interface; each machine, task or function has its own interfaces."""
    if resource.type not in GROUPS_AT:
        return
    value: Value = resource.properties
    for key in GROUPS_AT[resource.type]:
        value = mapping(value).get(key)
    if value:
        yield Claim("vpc", "L-2AFB9258", count(value), container=resource.logical_id)


NETWORK_RULES: dict[str, Rule] = {
    "AWS::EC2::NatGateway": _nat_gateway,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::SecurityGroupEgress": _security_group_rule,
    "AWS::EC2::SecurityGroupIngress": _security_group_rule,
    "AWS::EC2::VPC": _vpc,
    "AWS::EC2::VPCEndpoint": _endpoint,
}

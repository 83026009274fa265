"""VPCs and what lies in them."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties, Refused, boolean, picked
from geos.wizard.sandbox.handlers.security_groups import Egress, Ingress, SecurityGroup
from geos.wizard.sandbox.handlers.tagging import own_tags, retag, specification


class Vpc(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        vpc = at.call(
            "ec2",
            "create_vpc",
            **picked(p, "CidrBlock", "InstanceTenancy"),
            TagSpecifications=specification(at, "vpc", p),
        )["Vpc"]
        vpc_id = vpc["VpcId"]
        at.begun.append(vpc_id)
        self._dns(at, vpc_id, p)
        return Made(vpc_id, self._attributes(at, vpc))

    def _attributes(self, at: Place, vpc: dict[str, Any]) -> dict[str, Any]:
        here = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        groups = at.call("ec2", "describe_security_groups", Filters=here)["SecurityGroups"]
        acls = at.call("ec2", "describe_network_acls", Filters=here)["NetworkAcls"]
        return {
            "VpcId": vpc["VpcId"],
            "CidrBlock": vpc["CidrBlock"],
            "CidrBlockAssociations": [a["AssociationId"] for a in vpc.get("CidrBlockAssociationSet", [])],
            "DefaultSecurityGroup": next((g["GroupId"] for g in groups if g["GroupName"] == "default"), ""),
            "DefaultNetworkAcl": acls[0]["NetworkAclId"] if acls else "",
            "Ipv6CidrBlocks": [],
        }

    def _dns(self, at: Place, vpc_id: str, p: Properties) -> None:
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            if name in p:
                at.call("ec2", "modify_vpc_attribute", VpcId=vpc_id, **{name: {"Value": boolean(p[name])}})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._dns(at, made.physical_id, new)
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_vpc", VpcId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        vpc = at.call("ec2", "describe_vpcs", VpcIds=[physical_id])["Vpcs"][0]
        live = {"CidrBlock": vpc["CidrBlock"], "Tags": own_tags(at, vpc.get("Tags"), p)}
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            attribute = name[0].lower() + name[1:]
            answer = at.call("ec2", "describe_vpc_attribute", VpcId=physical_id, Attribute=attribute)
            live[name] = answer[name]["Value"]
        return live


class Subnet(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        subnet = at.call(
            "ec2",
            "create_subnet",
            **picked(p, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"),
            TagSpecifications=specification(at, "subnet", p),
        )["Subnet"]
        subnet_id = subnet["SubnetId"]
        at.begun.append(subnet_id)
        self._settings(at, subnet_id, p)
        acls = at.call(
            "ec2", "describe_network_acls", Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
        )["NetworkAcls"]
        attributes = {
            "SubnetId": subnet_id,
            "VpcId": subnet["VpcId"],
            "CidrBlock": subnet["CidrBlock"],
            "AvailabilityZone": subnet["AvailabilityZone"],
            "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "NetworkAclAssociationId": acls[0]["Associations"][0]["NetworkAclAssociationId"] if acls else "",
            "Ipv6CidrBlocks": [],
        }
        return Made(subnet_id, attributes)

    def _settings(self, at: Place, subnet_id: str, p: Properties) -> None:
        if "MapPublicIpOnLaunch" in p:
            value = {"Value": boolean(p["MapPublicIpOnLaunch"])}
            at.call("ec2", "modify_subnet_attribute", SubnetId=subnet_id, MapPublicIpOnLaunch=value)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._settings(at, made.physical_id, {"MapPublicIpOnLaunch": False, **new})
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_subnet", SubnetId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        subnet = at.call("ec2", "describe_subnets", SubnetIds=[physical_id])["Subnets"][0]
        names = ("CidrBlock", "VpcId", "AvailabilityZone", "MapPublicIpOnLaunch")
        return {**{n: subnet[n] for n in names}, "Tags": own_tags(at, subnet.get("Tags"), p)}


class InternetGateway(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call("ec2", "create_internet_gateway", TagSpecifications=specification(at, "internet-gateway", p))
        gateway_id = made["InternetGateway"]["InternetGatewayId"]
        return Made(gateway_id, {"InternetGatewayId": gateway_id})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_internet_gateway", InternetGatewayId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("ec2", "describe_internet_gateways", InternetGatewayIds=[physical_id])["InternetGateways"]
        return {"Tags": own_tags(at, found[0].get("Tags"), p)}


class Attachment(Handler):
    """An internet gateway's place in a VPC."""

    def create(self, at: Place, p: Properties) -> Made:
        if "InternetGatewayId" not in p:
            raise Refused("Only internet gateways can be attached in the sandbox")
        at.call("ec2", "attach_internet_gateway", **picked(p, "InternetGatewayId", "VpcId"))
        return Made(f"IGW|{p['VpcId']}", {"AttachmentType": "IGW"})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self.delete(at, made.physical_id, old)
        return self.create(at, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        _detach(at, str(p["InternetGatewayId"]), str(p["VpcId"]))


def _detach(at: Place, gateway_id: str, vpc_id: str) -> None:
    from botocore.exceptions import ClientError

    try:
        at.quietly("ec2", "detach_internet_gateway", InternetGatewayId=gateway_id, VpcId=vpc_id)
    except ClientError as e:
        if e.response["Error"]["Code"] != "Gateway.NotAttached":
            raise


class RouteTable(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call(
            "ec2", "create_route_table", VpcId=p["VpcId"], TagSpecifications=specification(at, "route-table", p)
        )
        table_id = made["RouteTable"]["RouteTableId"]
        return Made(table_id, {"RouteTableId": table_id})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_route_table", RouteTableId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        table = at.call("ec2", "describe_route_tables", RouteTableIds=[physical_id])["RouteTables"][0]
        return {"VpcId": table["VpcId"], "Tags": own_tags(at, table.get("Tags"), p)}


_ROUTE_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
)


class Route(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        self._same_network(at, p)
        at.call("ec2", "create_route", **self._parameters(p))
        return Made(f"{p['RouteTableId']}|{self._destination(p)}", {"CidrBlock": self._destination(p)})

    def _parameters(self, p: Properties) -> dict[str, Any]:
        return picked(p, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", *_ROUTE_TARGETS)

    def _destination(self, p: Properties) -> str:
        return str(p.get("DestinationCidrBlock") or p.get("DestinationIpv6CidrBlock"))

    def _same_network(self, at: Place, p: Properties) -> None:
        """AWS refuses a route to an internet gateway that is not attached to the table's VPC."""
        gateway = str(p.get("GatewayId", ""))
        if not gateway.startswith("igw-"):
            return
        table = at.call("ec2", "describe_route_tables", RouteTableIds=[p["RouteTableId"]])["RouteTables"][0]
        found = at.call("ec2", "describe_internet_gateways", InternetGatewayIds=[gateway])["InternetGateways"][0]
        if table["VpcId"] not in [a.get("VpcId") for a in found.get("Attachments", [])]:
            raise Refused(f"route table {p['RouteTableId']} and network gateway {gateway} belong to different networks")

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        at.call("ec2", "replace_route", **self._parameters(new))
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        where = picked(p, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
        at.quietly("ec2", "delete_route", **where)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        table = at.call("ec2", "describe_route_tables", RouteTableIds=[p["RouteTableId"]])["RouteTables"][0]
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock", route.get("DestinationIpv6CidrBlock")) == self._destination(p):
                return {name: route.get(name) for name in _ROUTE_TARGETS if name in p}
        return None


class Association(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call("ec2", "associate_route_table", **picked(p, "RouteTableId", "SubnetId"))
        return Made(made["AssociationId"], {"Id": made["AssociationId"]})

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "disassociate_route_table", AssociationId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        wanted = [{"Name": "association.route-table-association-id", "Values": [physical_id]}]
        tables = at.call("ec2", "describe_route_tables", Filters=wanted)["RouteTables"]
        return {"RouteTableId": tables[0]["RouteTableId"]} if tables else None


HANDLERS: dict[str, Handler] = {
    "AWS::EC2::VPC": Vpc(),
    "AWS::EC2::Subnet": Subnet(),
    "AWS::EC2::InternetGateway": InternetGateway(),
    "AWS::EC2::VPCGatewayAttachment": Attachment(),
    "AWS::EC2::RouteTable": RouteTable(),
    "AWS::EC2::Route": Route(),
    "AWS::EC2::SubnetRouteTableAssociation": Association(),
    "AWS::EC2::SecurityGroup": SecurityGroup(),
    "AWS::EC2::SecurityGroupIngress": Ingress(),
    "AWS::EC2::SecurityGroupEgress": Egress(),
}

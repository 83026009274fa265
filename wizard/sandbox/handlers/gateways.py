"""Ways in and out of a VPC: addresses, NAT gateways, endpoints; and the record of its traffic."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties, Refused, boolean, picked
from geos.wizard.sandbox.handlers.tagging import retag, specification


class Eip(Handler):
    """Its Ref is the address; the allocation id is an attribute."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call("ec2", "allocate_address", Domain="vpc", TagSpecifications=specification(at, "elastic-ip", p))
        at.begun.append(made["PublicIp"])
        if p.get("InstanceId"):
            at.call("ec2", "associate_address", AllocationId=made["AllocationId"], InstanceId=p["InstanceId"])
        return Made(made["PublicIp"], {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]})

    def _find(self, at: Place, address: str) -> dict[str, Any] | None:
        rows = at.call("ec2", "describe_addresses", Filters=[{"Name": "public-ip", "Values": [address]}])["Addresses"]
        return rows[0] if rows else None

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        retag(at, made.attributes["AllocationId"], old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        found = self._find(at, physical_id)
        if found is None:
            return
        if found.get("AssociationId"):
            at.quietly("ec2", "disassociate_address", AssociationId=found["AssociationId"])
        at.quietly("ec2", "release_address", AllocationId=found["AllocationId"])

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = self._find(at, physical_id)
        return None if found is None else {"Domain": found["Domain"]}


class NatGateway(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        made = at.call(
            "ec2",
            "create_nat_gateway",
            **picked(p, "SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress"),
            TagSpecifications=specification(at, "natgateway", p),
        )
        gateway_id = made["NatGateway"]["NatGatewayId"]
        return Made(gateway_id, {"NatGatewayId": gateway_id})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_nat_gateway", NatGatewayId=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("ec2", "describe_nat_gateways", NatGatewayIds=[physical_id])["NatGateways"]
        alive = [r for r in rows if r["State"] in ("pending", "available")]
        return {"SubnetId": alive[0]["SubnetId"]} if alive else None


class VpcEndpoint(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        kind = p.get("VpcEndpointType", "Gateway")
        given = picked(p, "VpcId", "ServiceName", "SubnetIds", "SecurityGroupIds", "PolicyDocument")
        if "PolicyDocument" in given:
            given["PolicyDocument"] = _text(given["PolicyDocument"])
        if kind == "Gateway":
            given["RouteTableIds"] = list(p.get("RouteTableIds") or [])
        if "PrivateDnsEnabled" in p:
            given["PrivateDnsEnabled"] = boolean(p["PrivateDnsEnabled"])
        made = at.call(
            "ec2",
            "create_vpc_endpoint",
            VpcEndpointType=kind,
            TagSpecifications=specification(at, "vpc-endpoint", p),
            **given,
        )["VpcEndpoint"]
        names = [e["DnsName"] for e in made.get("DnsEntries") or [] if "DnsName" in e]
        attributes = {
            "Id": made["VpcEndpointId"],
            "CreationTimestamp": str(made.get("CreationTimestamp", "")),
            "DnsEntries": names,
            "NetworkInterfaceIds": made.get("NetworkInterfaceIds") or [],
        }
        return Made(made["VpcEndpointId"], attributes)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        given: dict[str, Any] = {}
        for name, api in (
            ("RouteTableIds", "RouteTableIds"),
            ("SubnetIds", "SubnetIds"),
            ("SecurityGroupIds", "SecurityGroupIds"),
        ):
            before, after = set(old.get(name) or []), set(new.get(name) or [])
            if after - before:
                given[f"Add{api}"] = sorted(after - before)
            if before - after:
                given[f"Remove{api}"] = sorted(before - after)
        if new.get("PolicyDocument") != old.get("PolicyDocument"):
            given["PolicyDocument"] = _text(new.get("PolicyDocument", ""))
        if given:
            at.call("ec2", "modify_vpc_endpoint", VpcEndpointId=made.physical_id, **given)
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_vpc_endpoints", VpcEndpointIds=[physical_id])

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[physical_id])["VpcEndpoints"]
        if not rows or rows[0].get("State", "").lower() in ("deleting", "deleted"):
            return None
        return {"ServiceName": rows[0]["ServiceName"], "VpcId": rows[0]["VpcId"]}


def _text(policy: Any) -> str:
    import json

    return policy if isinstance(policy, str) else json.dumps(policy)


class FlowLog(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        given = picked(
            p,
            "ResourceType",
            "TrafficType",
            "LogDestination",
            "LogDestinationType",
            "LogGroupName",
            "LogFormat",
            "DeliverLogsPermissionArn",
            "MaxAggregationInterval",
        )
        if "MaxAggregationInterval" in given:
            given["MaxAggregationInterval"] = int(given["MaxAggregationInterval"])
        made = at.call(
            "ec2",
            "create_flow_logs",
            ResourceIds=[p["ResourceId"]],
            TagSpecifications=specification(at, "vpc-flow-log", p),
            **given,
        )
        failed = made.get("Unsuccessful") or []
        if failed:
            raise Refused(failed[0]["Error"]["Message"])
        return Made(made["FlowLogIds"][0], {"Id": made["FlowLogIds"][0]})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        retag(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ec2", "delete_flow_logs", FlowLogIds=[physical_id])

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("ec2", "describe_flow_logs", FlowLogIds=[physical_id])["FlowLogs"]
        return {"ResourceId": rows[0]["ResourceId"], "TrafficType": rows[0]["TrafficType"]} if rows else None


HANDLERS: dict[str, Handler] = {
    "AWS::EC2::EIP": Eip(),
    "AWS::EC2::NatGateway": NatGateway(),
    "AWS::EC2::VPCEndpoint": VpcEndpoint(),
    "AWS::EC2::FlowLog": FlowLog(),
}

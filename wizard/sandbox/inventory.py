"""Everything that exists in the simulated account, in one region and the global services, as plain data.

A test compares two of these to prove that a removal left nothing. What AWS itself keeps for a while after
a removal (keys that are scheduled to go, retired job definitions, terminated instances) does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geos.wizard.sandbox.world import World

Found = dict[str, dict[str, Any]]
"""From an ARN to what is worth knowing; `tags` always."""

Lister = Callable[[World, str], Found]


def _pairs(tags: Any, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {str(t[key]): str(t[value]) for t in tags or []}


def _ec2(kind: str, operation: str, list_key: str, id_key: str, **given: Any) -> Lister:
    def look(world: World, region: str) -> Found:
        client = world.clients.get("ec2", region)
        rows = getattr(client, operation)(**given)[list_key]
        return {
            f"arn:aws:ec2:{region}:{world.account}:{kind}/{row[id_key]}": {"tags": _pairs(row.get("Tags"))}
            for row in rows
        }

    return look


def _instances(world: World, region: str) -> Found:
    found = {}
    for reservation in world.clients.get("ec2", region).describe_instances()["Reservations"]:
        for row in reservation["Instances"]:
            if row["State"]["Name"] != "terminated":
                arn = f"arn:aws:ec2:{region}:{world.account}:instance/{row['InstanceId']}"
                found[arn] = {
                    "type": row["InstanceType"],
                    "state": row["State"]["Name"],
                    "tags": _pairs(row.get("Tags")),
                }
    return found


def _rules(world: World, region: str) -> Found:
    rows = world.clients.get("ec2", region).describe_security_group_rules()["SecurityGroupRules"]
    return {str(r["SecurityGroupRuleId"]): {"group": r["GroupId"], "tags": {}} for r in rows}


def _routes(world: World, region: str) -> Found:
    found: Found = {}
    for table in world.clients.get("ec2", region).describe_route_tables()["RouteTables"]:
        arn = f"arn:aws:ec2:{region}:{world.account}:route-table/{table['RouteTableId']}"
        routes = sorted(str(r.get("DestinationCidrBlock", "")) for r in table["Routes"])
        subnets = sorted(str(a.get("SubnetId", "main")) for a in table["Associations"])
        found[arn] = {"routes": routes, "subnets": subnets, "tags": _pairs(table.get("Tags"))}
    return found


def _nat_gateways(world: World, region: str) -> Found:
    rows = world.clients.get("ec2", region).describe_nat_gateways()["NatGateways"]
    return {
        f"arn:aws:ec2:{region}:{world.account}:natgateway/{r['NatGatewayId']}": {"tags": _pairs(r.get("Tags"))}
        for r in rows
        if r["State"] in ("pending", "available")
    }


def _buckets(world: World, region: str) -> Found:
    from botocore.exceptions import ClientError

    s3 = world.clients.get("s3", region)
    found: Found = {}
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        home = s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
        if home != region:
            continue
        try:
            tags = _pairs(s3.get_bucket_tagging(Bucket=name)["TagSet"])
        except ClientError:
            tags = {}
        versions = s3.list_object_versions(Bucket=name)
        objects = len(versions.get("Versions", [])) + len(versions.get("DeleteMarkers", []))
        found[f"arn:aws:s3:::{name}"] = {"objects": objects, "tags": tags}
    return found


def _keys(world: World, region: str) -> Found:
    kms = world.clients.get("kms", region)
    found: Found = {}
    for row in _all(kms, "list_keys", "Keys"):
        meta = kms.describe_key(KeyId=row["KeyId"])["KeyMetadata"]
        # moto calls the services' own keys customer keys; their description gives them away.
        own = meta["Description"].startswith("Default ") or meta["KeyManager"] == "AWS"
        if meta["KeyState"] != "PendingDeletion" and not own:
            tags = kms.list_resource_tags(KeyId=row["KeyId"])["Tags"]
            found[meta["Arn"]] = {"tags": _pairs(tags, "TagKey", "TagValue")}
    return found


def _aliases(world: World, region: str) -> Found:
    rows = _all(world.clients.get("kms", region), "list_aliases", "Aliases")
    return {r["AliasArn"]: {"tags": {}} for r in rows if not r["AliasName"].startswith("alias/aws/")}


def _repositories(world: World, region: str) -> Found:
    ecr = world.clients.get("ecr", region)
    return {
        r["repositoryArn"]: {"tags": _pairs(ecr.list_tags_for_resource(resourceArn=r["repositoryArn"])["tags"])}
        for r in _all(ecr, "describe_repositories", "repositories")
    }


def _batch(world: World, region: str) -> Found:
    from geos.wizard.sandbox.services.batch_state import batch_in

    return {
        arn: {"tags": dict(item["tags"])}
        for arn, item in batch_in(world, region).tagged()
        if item.get("status") != "INACTIVE" and ":job/" not in arn
    }


def _log_groups(world: World, region: str) -> Found:
    logs = world.clients.get("logs", region)
    found: Found = {}
    for row in _all(logs, "describe_log_groups", "logGroups"):
        arn = row["arn"].removesuffix(":*")
        filters = logs.describe_metric_filters(logGroupName=row["logGroupName"])["metricFilters"]
        tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
        names = sorted(f["filterName"] for f in filters)
        found[arn] = {"retention": row.get("retentionInDays"), "filters": names, "tags": dict(tags)}
    return found


def _topics(world: World, region: str) -> Found:
    sns = world.clients.get("sns", region)
    found: Found = {}
    for row in _all(sns, "list_topics", "Topics"):
        arn = row["TopicArn"]
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        tags = _pairs(sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        found[arn] = {"subscriptions": sorted(s["Endpoint"] for s in subscriptions), "tags": tags}
    return found


def _tables(world: World, region: str) -> Found:
    dynamodb = world.clients.get("dynamodb", region)
    found: Found = {}
    for name in _all(dynamodb, "list_tables", "TableNames"):
        arn = f"arn:aws:dynamodb:{region}:{world.account}:table/{name}"
        found[arn] = {"tags": _pairs(dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags"))}
    return found


def _alarms(world: World, region: str) -> Found:
    cloudwatch = world.clients.get("cloudwatch", region)
    return {
        r["AlarmArn"]: {"tags": _pairs(cloudwatch.list_tags_for_resource(ResourceARN=r["AlarmArn"])["Tags"])}
        for r in _all(cloudwatch, "describe_alarms", "MetricAlarms")
    }


def _dashboards(world: World, region: str) -> Found:
    rows = world.clients.get("cloudwatch", region).list_dashboards()["DashboardEntries"]
    return {r["DashboardArn"]: {"tags": {}} for r in rows}


def _event_rules(world: World, region: str) -> Found:
    events = world.clients.get("events", region)
    found: Found = {}
    for row in events.list_rules()["Rules"]:
        tags = _pairs(events.list_tags_for_resource(ResourceARN=row["Arn"])["Tags"])
        targets = events.list_targets_by_rule(Rule=row["Name"])["Targets"]
        found[row["Arn"]] = {"targets": sorted(t["Id"] for t in targets), "tags": tags}
    return found


def _parameters(world: World, region: str) -> Found:
    ssm = world.clients.get("ssm", region)
    found: Found = {}
    for row in _all(ssm, "describe_parameters", "Parameters"):
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=row["Name"])["TagList"]
        arn = f"arn:aws:ssm:{region}:{world.account}:parameter/{row['Name'].lstrip('/')}"
        found[arn] = {"tags": _pairs(tags)}
    return found


def _functions(world: World, region: str) -> Found:
    client = world.clients.get("lambda", region)
    return {
        f["FunctionArn"]: {"tags": dict(client.list_tags(Resource=f["FunctionArn"])["Tags"])}
        for f in _all(client, "list_functions", "Functions")
    }


def _stacks(world: World, region: str) -> Found:
    return {
        s.id: {"name": s.name, "status": s.status, "tags": dict(s.tags)}
        for s in world.stacks.in_region(region)
        if not s.gone
    }


def _simulated(world: World, region: str) -> Found:
    return {
        f"{s.name}/{r.logical_id}": {"type": r.type, "tags": {}}
        for s in world.stacks.in_region(region)
        if not s.gone
        for r in s.resources.values()
        if r.simulated and r.physical_id and r.status != "DELETE_COMPLETE"
    }


# --- global services -------------------------------------------------------------------------


def _roles(world: World, region: str) -> Found:
    iam = world.clients.get("iam", region)
    found: Found = {}
    for row in _all(iam, "list_roles", "Roles"):
        if not row["Path"].startswith("/aws-service-role/"):
            name = row["RoleName"]
            inline = sorted(iam.list_role_policies(RoleName=name)["PolicyNames"])
            attached = sorted(
                p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            )
            tags = _pairs(iam.list_role_tags(RoleName=name)["Tags"])
            found[row["Arn"]] = {"inline": inline, "attached": attached, "tags": tags}
    return found


def _linked_roles(world: World, region: str) -> Found:
    rows = _all(world.clients.get("iam", region), "list_roles", "Roles")
    return {r["Arn"]: {"tags": {}} for r in rows if r["Path"].startswith("/aws-service-role/")}


def _policies(world: World, region: str) -> Found:
    iam = world.clients.get("iam", region)
    return {p["Arn"]: {"tags": {}} for p in iam.list_policies(Scope="Local")["Policies"]}


def _profiles(world: World, region: str) -> Found:
    rows = _all(world.clients.get("iam", region), "list_instance_profiles", "InstanceProfiles")
    return {r["Arn"]: {"roles": sorted(x["RoleName"] for x in r["Roles"]), "tags": {}} for r in rows}


def _budgets(world: World, region: str) -> Found:
    answer = world.clients.get("budgets", "us-east-1").describe_budgets(AccountId=world.account)
    return {f"budget/{b['BudgetName']}": {"tags": {}} for b in answer.get("Budgets", [])}


def _all(client: Any, operation: str, key: str) -> list[Any]:
    """Every page of a list call."""
    if not client.can_paginate(operation):
        return list(getattr(client, operation)()[key])
    return [item for page in client.get_paginator(operation).paginate() for item in page.get(key, [])]


REGIONAL: Mapping[str, Lister] = {
    "ec2:vpc": _ec2("vpc", "describe_vpcs", "Vpcs", "VpcId"),
    "ec2:subnet": _ec2("subnet", "describe_subnets", "Subnets", "SubnetId"),
    "ec2:internet-gateway": _ec2(
        "internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "ec2:route-table": _routes,
    "ec2:security-group": _ec2("security-group", "describe_security_groups", "SecurityGroups", "GroupId"),
    "ec2:security-group-rule": _rules,
    "ec2:elastic-ip": _ec2("elastic-ip", "describe_addresses", "Addresses", "AllocationId"),
    "ec2:natgateway": _nat_gateways,
    "ec2:vpc-endpoint": _ec2("vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "ec2:vpc-flow-log": _ec2("vpc-flow-log", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "ec2:network-interface": _ec2(
        "network-interface", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"
    ),
    "ec2:volume": _ec2("volume", "describe_volumes", "Volumes", "VolumeId"),
    "ec2:key-pair": _ec2("key-pair", "describe_key_pairs", "KeyPairs", "KeyPairId"),
    "ec2:launch-template": _ec2("launch-template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    "ec2:placement-group": _ec2("placement-group", "describe_placement_groups", "PlacementGroups", "GroupName"),
    "ec2:instance": _instances,
    "s3": _buckets,
    "kms": _keys,
    "kms:alias": _aliases,
    "ecr": _repositories,
    "batch": _batch,
    "logs": _log_groups,
    "sns": _topics,
    "dynamodb": _tables,
    "cloudwatch:alarm": _alarms,
    "cloudwatch:dashboard": _dashboards,
    "events": _event_rules,
    "ssm": _parameters,
    "lambda": _functions,
    "cloudformation": _stacks,
    "simulated": _simulated,
}

GLOBAL: Mapping[str, Lister] = {
    "iam:role": _roles,
    "iam:service-linked-role": _linked_roles,
    "iam:policy": _policies,
    "iam:instance-profile": _profiles,
    "budgets": _budgets,
}


def inventory(world: World, region: str) -> dict[str, Any]:
    """Kind to ARN to facts; kinds with nothing in them are left out."""
    found = {kind: look(world, region) for kind, look in {**REGIONAL, **GLOBAL}.items()}
    return {kind: rows for kind, rows in found.items() if rows}
